"""PyTorch: the CPU, CUDA GPUs, and the ``meta`` device, which has shapes and dtypes but no data."""

from __future__ import annotations

import contextlib
import importlib
import operator
from typing import Any

import numpy as np

from xgrad.backends import Backend, Namespace
from xgrad.errors import BackendUnavailableError

from .detect import require

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
# PyTorch stores these but has no kernels that index them; their bits are moved as signed ones
_SIGNED = {torch.uint16: torch.int16, torch.uint32: torch.int32, torch.uint64: torch.int64}

# Indexing: torch refuses negative steps, reads 0-d index tensors on the host, and leaves integers
# in place where the standard and NumPy count them among the index arrays ----------------------


def _is_basic(key: Any) -> bool:
    """Whether PyTorch's own indexing makes NumPy's view of this key."""
    return all(
        k is None
        or k is Ellipsis
        or type(k) is int
        or (type(k) is slice and (k.step is None or k.step > 0))
        for k in (key if type(key) is tuple else (key,))
    )


def _index_of(k: Any, device: Any) -> Any:
    """Return one part of a key as an int, a slice, None, Ellipsis, or a mask or int64 tensor."""
    if k is None or k is Ellipsis or isinstance(k, slice):
        return k
    if isinstance(k, bool | np.bool_):
        return torch.full((), bool(k), dtype=torch.bool, device=device)
    if not isinstance(k, torch.Tensor):
        try:
            return operator.index(k)
        except TypeError:
            array = np.asarray(k)
            k = _from_numpy(array if array.size else array.astype(np.int64), device)
    if k.dtype.is_floating_point or k.dtype.is_complex:
        raise IndexError(f"torch: got an index of dtype {k.dtype}; expected integers or booleans")
    return k if k.dtype == torch.bool else k.to(torch.int64)


def _axes(k: Any) -> int:
    """Return how many axes of the array one part of a key stands for."""
    if isinstance(k, torch.Tensor):
        return int(k.ndim) if k.dtype == torch.bool else 1
    return 0 if k is None or k is Ellipsis else 1


def _full_key(x: Any, key: Any) -> list[Any]:
    """Return the parts of a key, with full slices for the ellipsis and at the end."""
    parts = [_index_of(k, x.device) for k in (key if isinstance(key, tuple) else (key,))]
    missing = x.ndim - sum(map(_axes, parts))
    dots = [i for i, k in enumerate(parts) if k is Ellipsis]
    if missing < 0 or len(dots) > 1:
        raise IndexError(
            f"torch: got {'several ellipses' if dots[1:] else 'too many indices'} "
            f"for an array of shape {tuple(x.shape)}; expected at most {x.ndim} indices and one ..."
        )
    at = dots[0] if dots else len(parts)
    return [*parts[:at], *[slice(None)] * missing, *parts[at + 1 :]]


def _plan(x: Any, key: Any) -> tuple[tuple[Any, ...], list[int], list[Any] | None]:
    """Split a key into one that makes a view, the axes to flip in it, and index arrays per axis."""
    parts = _full_key(x, key)
    has_arrays = any(isinstance(k, torch.Tensor) for k in parts)
    basic: list[Any] = []
    flips: list[int] = []
    index: list[Any] = []
    axis = 0
    for k in parts:
        if isinstance(k, int) and has_arrays:
            if not -x.shape[axis] <= k < x.shape[axis]:
                raise IndexError(
                    f"torch: index {k} is out of bounds for axis {axis} with size {x.shape[axis]}"
                )
            index.append(torch.full((), k, dtype=torch.int64, device=x.device))
            basic.append(slice(None))
        elif isinstance(k, int):
            basic.append(k)
        elif isinstance(k, slice):
            span = range(*k.indices(x.shape[axis]))
            if span.step < 0:
                flips.append(sum(not isinstance(b, int) for b in basic))
                span = span[::-1]
            index.append(None)
            basic.append(slice(span.start, span.stop, span.step) if span else slice(0))
        elif k is None:
            index.append(None)
            basic.append(None)
        elif k.ndim == 0 and k.dtype == torch.bool:
            index.append(k.reshape(1))  # a scalar mask selects all or nothing of a new axis
            basic.append(None)
        else:
            index.append(k)
            basic.extend([slice(None)] * _axes(k))
        axis += _axes(k)
    return tuple(basic), flips, index if has_arrays else None


def _getitem(x: Any, key: Any) -> Any:
    if _is_basic(key):
        return x[key]
    if x.dtype in _SIGNED:
        return _getitem(x.view(_SIGNED[x.dtype]), key).view(x.dtype)
    basic, flips, index = _plan(x, key)
    view = x[basic].flip(flips) if flips else x[basic]
    return view if index is None else torch.ops.aten.index.Tensor(view, index)


def _write(x: Any, key: Any, value: Any, accumulate: bool) -> Any:
    """Write or add `value` at `key` of `x` itself; repeated indices count when adding."""
    value = _like(value, x)
    if x.dtype in _SIGNED:
        _write(x.view(_SIGNED[x.dtype]), key, value.view(_SIGNED[x.dtype]), accumulate)
        return x
    basic, flips, index = (key, [], None) if _is_basic(key) else _plan(x, key)
    view = x[basic]
    if index is None:
        value = value.broadcast_to(view.shape).flip(flips)
        (view.add_ if accumulate else view.copy_)(value)
        return x
    target = view.flip(flips) if flips else view
    torch.ops.aten.index_put_.default(target, index, value, accumulate)
    if flips:
        view.copy_(target.flip(flips))
    return x


def _like(value: Any, x: Any) -> Any:
    """Return a value to write as a tensor of the dtype and device of `x`, without leading ones."""
    if isinstance(value, torch.Tensor):
        value = value.to(x.dtype)
    elif isinstance(value, bool | int | float | complex):
        return torch.full((), value, dtype=x.dtype, device=x.device)
    else:
        value = _from_numpy(np.asarray(value), x.device).to(x.dtype)
    while value.ndim and value.shape[0] == 1:
        value = value[0]
    return value


def _setitem(x: Any, key: Any, value: Any, copy: bool = True) -> Any:
    return _write(x.clone() if copy else x, key, value, accumulate=False)


def _index_add(x: Any, key: Any, value: Any) -> Any:
    return _write(x, key, value, accumulate=True)


# Functions that array-api-compat leaves short of the standard ---------------------------------


def _sign(x: Any, /) -> Any:
    if x.dtype.is_complex:
        return torch.sgn(x)
    # no mask is written, since that would wait for the device
    return (
        torch.where(torch.isnan(x), x, torch.sign(x))
        if x.dtype.is_floating_point
        else torch.sign(x)
    )


def _std(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    return torch.sqrt(BACKEND.xp.var(x, axis=axis, correction=correction, keepdims=keepdims))


# Devices, the host, and random numbers --------------------------------------------------------


def _from_numpy(x: Any, device: Any = None) -> Any:
    x = np.array(x, order="C")  # a copy of its own: writable, in order, and not shared
    if x.dtype.name == "bfloat16":
        return torch.from_numpy(x.view(np.int16)).view(torch.bfloat16).to(device)
    return torch.from_numpy(x).to(device)


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
        raise TypeError("torch: NumPy has no bfloat16; pip install ml_dtypes, or cast to float32")
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


def _shape(size: Any) -> tuple[int, ...]:
    return () if size is None else (size,) if isinstance(size, int) else tuple(size)


BACKEND = Backend(
    name="torch",
    xp=Namespace("torch", "array_api_compat.torch", sign=_sign, std=_std),
    array_types=(torch.Tensor,),
    dtypes=_DTYPES,
    devices=_devices,
    device=lambda x: x.device,
    to_numpy=_to_numpy,
    from_numpy=_from_numpy,
    index_add=_index_add,
    random=_Random,
    getitem=_getitem,
    setitem=_setitem,
    synchronize=_synchronize,
    parse_device=_parse_device,
)
