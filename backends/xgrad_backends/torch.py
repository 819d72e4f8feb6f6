"""PyTorch: the CPU, CUDA GPUs, and the ``meta`` device, which has shapes and dtypes but no data."""

from __future__ import annotations

import contextlib
import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from xgrad.backends import Backend, Generators, Namespace, Stream, refusing
from xgrad.backends.install import pip_line
from xgrad.errors import BackendUnavailableError

from . import torch_lines, torch_special
from .detect import require
from .numpy import unchanged
from .torch_indexing import from_numpy, getitem, index_add, setitem

torch: Any = require("torch")

_DTYPES = {
    np.dtype(name): getattr(torch, name)
    for name in (
        "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
        "float16 float32 float64 complex64 complex128"
    ).split()
}
with contextlib.suppress(ImportError):  # which alone gives NumPy a bfloat16
    _DTYPES[np.dtype(importlib.import_module("ml_dtypes").bfloat16)] = torch.bfloat16

# Functions that array-api-compat leaves short of the standard ---------------------------------


def _sign(x: Any, /) -> Any:
    if not x.dtype.is_floating_point:
        return torch.sgn(x)
    # no mask is written, since that would wait for the device
    return torch.where(torch.isnan(x), x, torch.sign(x))


_FLOATING = (
    "acos acosh asin asinh atan atanh cos cosh exp expm1 log log10 log1p log2 "
    "sin sinh sqrt tan tanh"
)
"""Functions whose results are no integers, which PyTorch then gives in its default dtype."""


def _in_double(name: str) -> Callable[[Any], Any]:
    """Return a function that computes of integers in double precision, as every other library."""
    own = getattr(torch, name)

    def call(x: Any, /) -> Any:
        exact = x.dtype.is_floating_point or x.dtype.is_complex
        return own(x if exact else x.to(torch.float64))

    return call


def _std(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    return torch.sqrt(BACKEND.xp.var(x, axis=axis, correction=correction, keepdims=keepdims))


def _reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> Any:
    if copy is None:
        return torch.reshape(x, (shape,) if isinstance(shape, int) else shape)
    return _standard().reshape(x, shape, copy=copy)


def _standard() -> Any:
    return importlib.import_module("array_api_compat.torch")


def _searchsorted(x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Any:
    """Return what PyTorch does, but NaN is larger than every number, as in a sorted array."""
    if sorter is not None:
        x1 = torch.take_along_dim(x1, sorter, -1)
    if not (x1.dtype.is_floating_point and x2.dtype.is_floating_point):
        return torch.searchsorted(x1, x2, side=side)
    least, unknown = torch.isnan(x1), torch.isnan(x2)
    found = torch.searchsorted(
        x1.masked_fill(least, math.inf).contiguous(),
        x2.masked_fill(unknown, math.inf).contiguous(),
        side=side,
    )
    known = x1.shape[-1] - least.sum(-1, keepdim=True)
    known = known[0] if x1.ndim == 1 else known  # a 0-d array stands beside any x2
    last = known if side == "left" else torch.full_like(known, x1.shape[-1])
    return torch.where(unknown, last, torch.minimum(found, known))


def _unique_all(x: Any, /) -> Any:
    flat = x.reshape(-1)
    order = torch.argsort(flat, stable=True)
    ordered = flat[order]
    first = torch.ones_like(ordered, dtype=torch.bool)
    first[1:] = ordered[1:] != ordered[:-1]
    starts = torch.nonzero(first)[:, 0]
    inverse = torch.empty_like(order)
    inverse[order] = torch.cumsum(first, 0) - 1
    counts = torch.diff(starts, append=starts.new_full((1,), flat.shape[0]))
    result = BACKEND.xp.UniqueAllResult
    return result(ordered[starts], order[starts], inverse.reshape(x.shape), counts)


def _transform(name: str) -> Callable[..., Any]:
    """Return a Fourier transform that also takes no rows at all, which MKL refuses."""

    def call(x: Any, /, **kwargs: Any) -> Any:
        own = getattr(_standard().fft, name)
        if x.numel():
            return own(x, **kwargs)
        axes = kwargs.get("axes", kwargs.get("axis", -1))
        axes = range(x.ndim) if axes is None else (axes,) if isinstance(axes, int) else axes
        if not all(x.shape[a] for a in axes):
            return own(x, **kwargs)
        rows = own(x.new_zeros([n or 1 for n in x.shape]), **kwargs)
        return rows[tuple(slice(None if n else 0) for n in x.shape)]

    return call


_TRANSFORMS = "fft ifft rfft irfft fftn ifftn rfftn irfftn"

# Devices, the host, and random numbers --------------------------------------------------------


def _to_numpy(x: Any) -> Any:
    if x.requires_grad:
        raise TypeError(
            "torch: this tensor is tracked by PyTorch's own autograd, and a copy on the host would "
            "drop that gradient; pass x.detach()"
        )
    if x.is_meta:
        raise TypeError("torch: a tensor on the meta device has a shape and a dtype but no values")
    x = x.cpu().resolve_conj().resolve_neg()
    if x.dtype != torch.bfloat16:
        return x.numpy()
    if x.dtype not in BACKEND.numpy_dtypes:
        raise TypeError(
            "torch: NumPy has no bfloat16; cast to float32, or install the dtype: "
            + pip_line("install", "ml_dtypes")
        )
    return x.view(torch.int16).numpy().view(BACKEND.numpy_dtypes[x.dtype])


def _devices() -> list[Any]:
    cuda = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return [torch.device("cpu"), *(torch.device("cuda", i) for i in range(cuda))]


def _parse_device(device: Any) -> Any:
    usable = [*_devices(), torch.device("meta")]
    expected = f"usable here are {', '.join(map(str, usable))}"
    try:
        parsed = torch.device(device)
    except (RuntimeError, TypeError):
        raise ValueError(f"torch: got device {device!r}; {expected}") from None
    if parsed.type == "cuda" and parsed.index is None:  # the devices of tensors have their number
        parsed = torch.device("cuda", 0)
    if parsed in usable:
        return parsed
    raise BackendUnavailableError(f"torch: device {device!r} cannot be used; {expected}")


def _synchronize(device: Any = None) -> None:
    if torch.cuda.is_available() and (device is None or device.type == "cuda"):
        torch.cuda.synchronize(device)


class _Random:
    """The few methods of ``numpy.random.Generator`` that xgrad needs, drawn by PyTorch."""

    def __init__(self, seed: int | None, device: Any = None) -> None:
        self.device = torch.get_default_device() if device is None else device
        self.generator = None  # the meta device has no values, so none to draw
        if self.device.type != "meta":
            self.generator = torch.Generator(self.device)
            self.generator.manual_seed(self.generator.seed() if seed is None else seed)

    def __deepcopy__(self, memo: Any) -> _Random:
        copied = object.__new__(_Random)
        copied.device, copied.generator = self.device, None
        if self.generator is not None:
            copied.generator = torch.Generator(self.device)
            copied.generator.set_state(self.generator.get_state())
        return copied

    def _keywords(self, dtype: Any) -> dict[str, Any]:
        dtype = BACKEND.raw_dtype(dtype)
        return {"generator": self.generator, "device": self.device, "dtype": dtype}

    def random(self, size: Any = None, dtype: Any = None) -> Any:
        return torch.rand(_shape(size), **self._keywords(dtype))

    def standard_normal(self, size: Any = None, dtype: Any = None) -> Any:
        return torch.randn(_shape(size), **self._keywords(dtype))

    def integers(self, low: int, high: int | None = None, size: Any = None) -> Any:
        low, high = (0, low) if high is None else (low, high)
        return torch.randint(low, high, _shape(size), **self._keywords(torch.int64))

    def permutation(self, n: int) -> Any:
        return torch.randperm(n, **self._keywords(torch.int64))


def _streams() -> tuple[list[Stream], Generators]:
    shared = [torch.default_generator]
    if torch.cuda.is_initialized():
        shared += torch.cuda.default_generators
    return [Stream(g, _state, _set_state) for g in shared], {torch.Generator: (_state, _set_state)}


def _state(generator: Any) -> Any:
    return generator.get_state().numpy()


def _set_state(generator: Any, state: Any) -> None:
    generator.set_state(torch.from_numpy(state.copy()))


def _shape(size: Any) -> tuple[int, ...]:
    return () if size is None else (size,) if isinstance(size, int) else tuple(size)


# Linear algebra ---------------------------------------------------------------------------------


def _solve_triangular(x1: Any, x2: Any, upper: bool, adjoint: bool) -> Any:
    if adjoint:
        return torch.linalg.solve_triangular(x1.mH, x2, upper=not upper)
    return torch.linalg.solve_triangular(x1, x2, upper=upper)


def _lu_solve(lu: Any, pivots: Any, x2: Any, adjoint: bool) -> Any:
    return torch.linalg.lu_solve(lu, pivots, x2, adjoint=adjoint)


def _unchanged(x: Any) -> Callable[[], bool]:
    counted = not x.is_inference()  # PyTorch counts its own writes, but to these
    before = x._version if counted else 0
    try:  # an array of NumPy's may share the buffer
        holds = unchanged(x.detach().numpy())
    except (RuntimeError, TypeError):
        holds = lambda: True  # noqa: E731 - one that NumPy cannot see
    return lambda: (not counted or bool(x._version == before)) and holds()


BACKEND = Backend(
    name="torch",
    xp=Namespace(
        "torch",
        "array_api_compat.torch",
        fft=Namespace(
            "torch.fft",
            "array_api_compat.torch.fft",
            **{name: _transform(name) for name in _TRANSFORMS.split()},
        ),
        reshape=_reshape,
        searchsorted=_searchsorted,
        sign=_sign,
        special=torch_special.SPECIAL,
        std=_std,
        unique_all=_unique_all,
        **{name: _in_double(name) for name in _FLOATING.split()},
    ),
    array_types=(torch.Tensor,),
    dtypes=_DTYPES,
    devices=_devices,
    device=lambda x: x.device,
    to_numpy=_to_numpy,
    from_numpy=from_numpy,
    index_add=index_add,
    random=_Random,
    getitem=getitem,
    setitem=setitem,
    unchanged=_unchanged,
    owns=lambda x: x._base is None and x.untyped_storage().nbytes() == x.numel() * x.itemsize,
    synchronize=_synchronize,
    parse_device=_parse_device,
    on_host=lambda x: x.device.type == "cpu",
    solve_triangular=_solve_triangular,
    lu_factor=torch.linalg.lu_factor,
    lu_solve=_lu_solve,
    expm=torch.linalg.matrix_exp,
    ranked=torch_lines.ranked,
    running_max=torch_lines.running_max,
    recurrence=torch_lines.recurrence,
    distances=torch_lines.distances,
    streams=_streams,
    instead_of=refusing(
        "Pass x.as_subclass(torch.Tensor), its numbers alone, if they are what is meant",
        torch.Tensor,
        torch.nn.Parameter,
    ),
)
