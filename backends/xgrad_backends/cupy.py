"""CuPy, on NVIDIA GPUs.

Functions of CuPy or array-api-compat that wait for the GPU, are slow, or fall short of the
standard are replaced here. As in CuPy, ops run on the current GPU, out-of-range integers in index
arrays wrap around, and matrix functions return NaN where NumPy raises LinAlgError, since a check
would wait for the GPU; ``with cupyx.errstate(linalg="raise")`` turns it on.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from xgrad.backends import Backend, Namespace, is_deterministic, refusing
from xgrad.errors import BackendUnavailableError

from .cublas import Products
from .cupy_kernels import Kernels
from .cupy_queues import Queues
from .cupy_special import SPECIAL
from .detect import require

cp: Any = require("cupy")

_STANDARD = Namespace("cupy", "array_api_compat.cupy")
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

# Indexing -------------------------------------------------------------------------------------

_ATOMIC_ADD = frozenset("iIlLqQefd")  # the dtypes that cupy.add.at takes


def _setitem(x: Any, key: Any, value: Any, duplicate: bool = True) -> Any:
    out = x.copy() if duplicate else x
    keys = key if isinstance(key, tuple) else (key,)
    several = isinstance(value, cp.ndarray) and value.size > 1
    if several and any(isinstance(k, list) or _may_repeat(k) for k in keys):
        value = _of_the_last(x, key, value)
    out[key] = value
    return out


def _may_repeat(key: Any) -> bool:
    """Whether an array of indices may name an entry twice, as no mask does."""
    return getattr(key, "ndim", 0) > 0 and key.dtype.kind != "b"


def _of_the_last(x: Any, key: Any, value: Any) -> Any:
    """Return the value, in which all that is written to one entry is what NumPy writes last.

    A GPU writes in any order.
    """
    entries = _entries(x.shape, key)
    value = cp.broadcast_to(value, entries.shape)
    order, _, ends = _sorted(entries.reshape(-1))
    last = cp.empty_like(order)
    last[order] = order[ends]
    return value.reshape(-1)[last].reshape(entries.shape)


def _sorted(entries: Any) -> tuple[Any, Any, Any]:
    """Return the order of entries, them in it, and where the last that equals each one is."""
    order = cp.argsort(entries, kind="stable")
    places = entries[order]
    return order, places, cp.searchsorted(places, places, side="right") - 1


def _entries(shape: tuple[int, ...], key: Any) -> Any:
    """Return the number of each entry that an index names, at the cost of the index alone."""
    parts: list[Any] = []
    for k in key if isinstance(key, tuple) else (key,):
        k = cp.asarray(k) if isinstance(k, list) else k  # noqa: PLW2901 - as CuPy takes it
        is_mask = getattr(k, "ndim", 0) > 0 and k.dtype.kind == "b"
        parts += cp.nonzero(k) if is_mask else [k]  # which waits, as CuPy does for a mask
    new_axes = [k for k in parts if k is None]
    if new_axes or any(getattr(k, "dtype", None) == np.bool_ or type(k) is bool for k in parts):
        return cp.arange(math.prod(shape)).reshape(shape)[key]
    if not any(k is Ellipsis for k in parts):
        parts.append(Ellipsis)
    i = next(i for i, k in enumerate(parts) if k is Ellipsis)
    parts[i : i + 1] = [slice(None)] * (len(shape) - len(parts) + 1)
    arrays = [d for d, k in enumerate(parts) if not isinstance(k, slice)]
    wide = len(np.broadcast_shapes(*[getattr(parts[d], "shape", ()) for d in arrays]))
    together = arrays == list(range(arrays[0], arrays[-1] + 1)) if arrays else True
    front = arrays[0] if arrays and together else 0  # where NumPy puts the axes of the arrays
    rest = len(parts) - len(arrays)
    total, step, axis = 0, math.prod(shape), 0
    for k, n in zip(parts, shape, strict=True):
        step //= max(n, 1)
        if isinstance(k, slice):
            place = axis if axis < front else axis + wide
            c = cp.arange(*k.indices(n)).reshape((-1,) + (1,) * (rest + wide - place - 1))
            axis += 1
        elif hasattr(k, "astype"):
            c = k.astype(np.int64) % max(n, 1)
            c = c.reshape(c.shape + (1,) * (rest - front))
        else:
            c = k % max(n, 1)
        total = total + c * step
    return cp.asarray(total)


def _index_add(x: Any, key: Any, value: Any) -> Any:
    keys = key if isinstance(key, tuple) else (key,)
    if all(k is None or k is Ellipsis or isinstance(k, slice) or type(k) is int for k in keys):
        view = x[keys if Ellipsis in keys else (*keys, ...)]
        view += value
    elif is_deterministic():
        x[key] = x[key] + _sums(x, key, value)
    elif x.dtype.kind == "c":
        cp.add.at(x.real, key, value.real)
        cp.add.at(x.imag, key, value.imag)
    elif x.dtype.char in _ATOMIC_ADD:
        cp.add.at(x, key, value)
    else:
        wide = x.astype(np.int32 if x.dtype.kind in "biu" else np.float32)
        cp.add.at(wide, key, value)
        x[...] = wide
    return x


def _sums(x: Any, key: Any, value: Any) -> Any:
    """Return what is added to the entries that an index names, always summed in the same order.

    The entries are sorted; values of equal ones are summed by doubling. Nothing waits for the GPU,
    if the index has no mask, and the cost is that of the index.
    """
    entries = _entries(x.shape, key)
    total = cp.broadcast_to(value, entries.shape).astype(x.dtype).reshape(-1)
    if not total.size:
        return total.reshape(entries.shape)
    order, places, ends = _sorted(entries.reshape(-1))
    total, step = total[order], 1
    while step < places.size:
        same = places[step:] == places[:-step]
        more = cp.where(same, total[:-step], cp.zeros_like(total[:-step]))
        total = cp.concatenate([total[:step], total[step:] + more])
        step *= 2
    sums = cp.empty_like(total)
    sums[order] = total[ends]
    return sums.reshape(entries.shape)


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
    return _STANDARD.var(x, axis=axis, correction=correction, keepdims=keepdims)


def _matmul(x1: Any, x2: Any, /) -> Any:
    # one large product instead of CuPy's batched one, which copies transposed operands
    if x1.ndim > 2 and x2.ndim == 2:
        rows = x1.reshape(math.prod(x1.shape[:-1]), x1.shape[-1])
        return cp.matmul(rows, x2).reshape(*x1.shape[:-1], x2.shape[-1])
    if x1.ndim == 2 and x2.ndim > 2:
        return _matmul(x2.swapaxes(-1, -2), x1.T).swapaxes(-1, -2)
    return cp.matmul(x1, x2)


def _vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    if x1.shape[axis] != x2.shape[axis]:
        raise ValueError(
            f"vecdot: got sizes {x1.shape[axis]} and {x2.shape[axis]} along axis {axis}; "
            "expected equal ones"
        )
    product = cp.conj(x1) * x2
    return product.sum(axis=axis, dtype=product.dtype)


def _solve(x1: Any, x2: Any, /) -> Any:
    if x2.ndim == 1:
        return _solve(x1, x2[:, None])[..., 0]
    batch = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    x1 = cp.broadcast_to(x1, batch + x1.shape[-2:])
    return cp.linalg.solve(x1, cp.broadcast_to(x2, batch + x2.shape[-2:]))


def _solve_triangular(x1: Any, x2: Any, upper: bool, adjoint: bool) -> Any:
    is_batch = x1.ndim > 2 or x2.ndim > 2
    if x1.size and x2.size and (not is_batch or (x1.dtype.char in "fdFD" and x1.dtype == x2.dtype)):
        solve = importlib.import_module("cupyx.scipy.linalg").solve_triangular
        if is_batch:  # in one call, of arrays with the same batch
            batch = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
            x1 = cp.broadcast_to(x1, batch + x1.shape[-2:])
            x2 = cp.broadcast_to(x2, batch + x2.shape[-2:])
        return solve(x1, x2, trans=2 if adjoint else 0, lower=not upper, check_finite=False)
    half = cp.triu(x1) if upper else cp.tril(x1)
    return _solve(half.swapaxes(-1, -2).conj() if adjoint else half, x2)


def _expm(x: Any) -> Any:
    expm = importlib.import_module("cupyx.scipy.linalg").expm
    if x.ndim == 2:
        return expm(x)
    flat = x.reshape(math.prod(x.shape[:-2]), *x.shape[-2:])
    parts = [expm(flat[i]) for i in range(len(flat))]
    return cp.stack(parts).reshape(x.shape) if parts else cp.empty_like(x)


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


# Devices, the host, and random numbers --------------------------------------------------------


def _on_device(device: Any) -> contextlib.AbstractContextManager[Any]:
    if device is None or device.id == cp.cuda.runtime.getDevice():
        return contextlib.nullcontext()
    return cp.cuda.Device(device.id)  # type: ignore[no-any-return]


def _placed(name: str) -> Callable[..., Any]:
    """Return the creation function of this name, which honours ``device=``."""

    def create(*args: Any, device: Any = None, **kwargs: Any) -> Any:
        if device is None and name.endswith("_like"):
            device = args[0].device
        with _on_device(device):
            return getattr(_STANDARD, name)(*args, **kwargs)

    return create


def _asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: Any = None) -> Any:
    if device is None and isinstance(obj, cp.ndarray):
        device = obj.device  # a copy of an array lies where the array does
    with _on_device(device):
        if copy is None:
            return cp.asarray(obj, dtype=dtype)
        return _STANDARD.asarray(obj, dtype=dtype, copy=copy)


def _from_numpy(x: Any, device: Any = None) -> Any:
    with _on_device(device):
        return cp.asarray(x)


def _devices() -> list[Any]:
    return [cp.cuda.Device(i) for i in range(cp.cuda.runtime.getDeviceCount())]


def _parse_device(device: Any) -> Any:
    if isinstance(device, cp.cuda.Device):
        return device
    count = cp.cuda.runtime.getDeviceCount()
    found = re.fullmatch(r"(?:cuda|gpu|<CUDA Device )?:?(\d*)>?", str(device))
    if found is None:
        raise ValueError(f"cupy: got device {device!r}; expected one such as 'cuda:0'")
    number = int(found[1] or cp.cuda.runtime.getDevice())
    if number >= count:
        raise BackendUnavailableError(
            f"cupy: device {device!r} cannot be used; usable are cuda:0 to cuda:{count - 1}"
        )
    return cp.cuda.Device(number)


def _synchronize(device: Any = None) -> None:
    (cp.cuda.Device() if device is None else device).synchronize()


class _Random:
    """The few methods of ``numpy.random.Generator`` that xgrad needs, drawn on the GPU."""

    def __init__(self, seed: int | None, device: Any = None) -> None:
        self.device = device
        with _on_device(device):
            self.bits = cp.random.XORWOW(seed)
        self.generator = cp.random.Generator(self.bits)

    def __deepcopy__(self, memo: Any) -> _Random:
        new = copy.copy(self)
        new.bits = copy.copy(self.bits)  # its lock has no copy
        with _on_device(self.device):
            new.bits._state = self.bits._state.copy()
        new.generator = cp.random.Generator(new.bits)
        return new

    def random(self, size: Any = None, dtype: Any = None) -> Any:
        with _on_device(self.device):
            return self.generator.random(size, dtype=dtype or np.float64)

    def standard_normal(self, size: Any = None, dtype: Any = None) -> Any:
        dtype = np.dtype(dtype or np.float64)
        drawn = dtype if dtype.char in "fd" else np.dtype(np.float32)
        with _on_device(self.device):
            return self.generator.standard_normal(size, dtype=drawn).astype(dtype, copy=False)

    def integers(self, low: int, high: int | None = None, size: Any = None) -> Any:
        with _on_device(self.device):
            return self.generator.integers(low, high, size)

    def permutation(self, n: int) -> Any:
        with _on_device(self.device):
            return cp.argsort(self.generator.random(n))


_QUEUES = Queues(cp)

BACKEND = Backend(
    name="cupy",
    xp=Namespace(
        "cupy",
        _STANDARD,
        asarray=_asarray,
        atan2=_atan2,
        clip=_clip,
        fft=Namespace("cupy.fft", _FFT, **{n: _transform(n) for n in ("fft", "ifft", "rfft")}),
        linalg=Namespace("cupy.linalg", _LINALG, matmul=_matmul, solve=_solve, vecdot=_vecdot),
        matmul=_matmul,
        sign=cp.sign,
        special=SPECIAL,
        var=_var,
        vecdot=_vecdot,
        where=_where,
        **{
            name: _placed(name)
            for name in (
                "arange empty empty_like eye full full_like linspace ones ones_like "
                "zeros zeros_like"
            ).split()
        },
    ),
    array_types=(cp.ndarray,),
    dtypes=_DTYPES,
    devices=_devices,
    device=lambda x: x.device,
    to_numpy=cp.asnumpy,
    from_numpy=_from_numpy,
    copied=_QUEUES.copy,
    index_add=_QUEUES.here(_index_add),
    setitem=_QUEUES.here(_setitem),
    random=_Random,
    in_place=True,
    owns=lambda x: x.base is None,
    strong_multiply=_strong_multiply,
    synchronize=_synchronize,
    parse_device=_parse_device,
    on_device=_on_device,
    solve_triangular=_solve_triangular,
    expm=_expm,
    instead_of=refusing(
        "Pass x.view(cupy.ndarray), its numbers alone, if they are what is meant", cp.ndarray
    ),
    scipy="cupyx.scipy",
    kernels=Kernels(_QUEUES, Products(cp)),
    exports=False,
)
