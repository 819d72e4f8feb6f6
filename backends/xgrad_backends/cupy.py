"""CuPy, on NVIDIA GPUs.

Functions of CuPy or array-api-compat that wait for the GPU, are slow, or fall short of the
standard are replaced here. As in CuPy, ops run on the current GPU, out-of-range integers in index
arrays wrap around, and matrix functions return NaN where NumPy raises LinAlgError, since a check
would wait for the GPU; ``with cupyx.errstate(linalg="raise")`` turns it on.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from xgrad.backends import Backend, Namespace, refusing

from . import cupy_devices as devices
from . import cupy_indexing as indexing
from . import cupy_linalg as linalg
from . import detect
from .cublas import Products
from .cupy_kernels import Kernels
from .cupy_queues import Queues
from .cupy_special import SPECIAL

cp: Any = detect.require("cupy")

_LINALG = Namespace("cupy.linalg", "array_api_compat.cupy.linalg")
_FFT = Namespace("cupy.fft", "array_api_compat.cupy.fft")
_DTYPES = {
    np.dtype(name): np.dtype(name)
    for name in (
        "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
        "float16 float32 float64 complex64 complex128"
    ).split()
}
with contextlib.suppress(ImportError):  # CuPy has bfloat16 where this is installed
    _BFLOAT16 = np.dtype(importlib.import_module("ml_dtypes").bfloat16)
    _DTYPES[_BFLOAT16] = _BFLOAT16

# Functions ------------------------------------------------------------------------------------


def _clip(x: Any, /, min: Any = None, max: Any = None) -> Any:
    out = cp.positive(x) if min is None else cp.maximum(x, min)
    out = out if max is None else cp.minimum(out, max)
    return out.astype(x.dtype, copy=False)


def _atan2(x1: Any, x2: Any, /) -> Any:
    if "c" in x1.dtype.kind + x2.dtype.kind:  # CuPy has a loop for them that does not compile
        raise TypeError(f"atan2: got {x1.dtype} and {x2.dtype}; expected real numbers")
    return cp.arctan2(x1, x2)


def _checked(x: Any, axis: Any) -> None:
    """Raise unless the axes exist: CuPy counts them round, or says nothing of them."""
    for i in axis if isinstance(axis, tuple) else () if axis is None else (axis,):
        if not -x.ndim <= i < x.ndim:
            raise np.exceptions.AxisError(i, x.ndim)


def _transform(name: str) -> Callable[..., Any]:
    """Return the Fourier transform of this name."""

    def transform(x: Any, /, *, n: Any = None, axis: int = -1, norm: str = "backward") -> Any:
        _checked(x, axis)
        return getattr(_FFT, name)(x, n=n, axis=axis, norm=norm)

    return transform


def _var(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    _checked(x, axis)
    return devices.STANDARD.var(x, axis=axis, correction=correction, keepdims=keepdims)


_strong_kernel = cp.ElementwiseKernel(
    "T a, T b", "T out", "out = a == T(0) || b == T(0) ? T(0) : T(a * b)", "xgrad_strong_multiply"
)


def _strong_multiply(a: Any, b: Any) -> Any:
    if type(a) is type(b) and a.dtype == b.dtype:
        return _strong_kernel(a, b)
    out = cp.multiply(a, b)
    return cp.where(cp.equal(a, 0) | cp.equal(b, 0), cp.zeros((), out.dtype), out)


_choose_kernel = cp.ElementwiseKernel(
    "bool c, T a, T b", "T out", "out = c ? a : b", "xgrad_choose"
)


def _where(condition: Any, x1: Any, x2: Any, /) -> Any:
    """Choose in one kernel; CuPy makes arrays of numbers first."""
    like = x2 if type(x1) in (int, float, bool) else x1
    numbers = [x for x in (x1, x2) if not isinstance(x, cp.ndarray)]
    plain = all(type(x) in (int, float) for x in numbers) and isinstance(like, cp.ndarray)
    if not plain or like.dtype.char not in "fd" or condition.dtype != np.bool_:
        return cp.where(condition, x1, x2)
    if not numbers and x1.dtype != x2.dtype:
        return cp.where(condition, x1, x2)
    given = [x if isinstance(x, cp.ndarray) else like.dtype.type(x) for x in (x1, x2)]
    return _choose_kernel(condition, *given)


_QUEUES = Queues(cp)

BACKEND = Backend(
    name="cupy",
    xp=Namespace(
        "cupy",
        devices.STANDARD,
        asarray=devices.asarray,
        atan2=_atan2,
        clip=_clip,
        fft=Namespace("cupy.fft", _FFT, **{n: _transform(n) for n in ("fft", "ifft", "rfft")}),
        linalg=Namespace(
            "cupy.linalg",
            _LINALG,
            matmul=linalg.matmul,
            solve=linalg.solve,
            vecdot=linalg.vecdot,
        ),
        matmul=linalg.matmul,
        sign=cp.sign,
        special=SPECIAL,
        var=_var,
        vecdot=linalg.vecdot,
        where=_where,
        **{
            name: devices.placed(name)
            for name in (
                "arange empty empty_like eye full full_like linspace ones ones_like "
                "zeros zeros_like"
            ).split()
        },
    ),
    array_types=(cp.ndarray,),
    dtypes=_DTYPES,
    devices=devices.devices,
    device=lambda x: x.device,
    to_numpy=cp.asnumpy,
    from_numpy=devices.from_numpy,
    copied=_QUEUES.copy,
    index_add=_QUEUES.here(indexing.index_add),
    setitem=_QUEUES.here(indexing.setitem),
    random=devices.Random,
    in_place=True,
    owns=lambda x: x.base is None,
    strong_multiply=_strong_multiply,
    synchronize=devices.synchronize,
    parse_device=devices.parse_device,
    on_device=devices.on_device,
    solve_triangular=linalg.solve_triangular,
    expm=linalg.expm,
    instead_of=refusing(
        "Pass x.view(cupy.ndarray), its numbers alone, if they are what is meant", cp.ndarray
    ),
    scipy="cupyx.scipy",
    kernels=Kernels(_QUEUES, Products(cp)),
    exports=False,
)
