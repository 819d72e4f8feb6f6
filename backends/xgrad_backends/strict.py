"""array-api-strict, which refuses all that the standard does not promise; for tests.

Its devices besides ``CPU_DEVICE`` behave like an accelerator: arrays of two devices do not mix, and
NumPy cannot read them. Only indexing is wider than the standard's, since xgrad promises NumPy's.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from xgrad.backends import Backend, Functions, Namespace, refusing
from xgrad.errors import MixedDeviceError

from . import lapack, scipy_special
from .detect import require

xp: Any = require("array_api_strict")
_Array: Any = type(xp.empty(0))
_DType: Any = type(xp.bool)


def _same_dtype(self: Any, other: Any) -> bool:
    return self is other or (type(other) is _DType and self._np_dtype == other._np_dtype)


# Its dtypes have the hashes of NumPy's, and warn of every comparison with those; but a table that
# holds both, as that of the floating-point dtypes of all backends, has to compare them.
_DType.__eq__ = _same_dtype

_DTYPES = {
    np.dtype(name): getattr(xp, name)
    for name in (
        "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
        "float32 float64 complex64 complex128"
    ).split()
}


def _unwrapped(x: Any, part: Any) -> Any:
    """Return a key for, or a value to write to, `x` with NumPy arrays in place of the library's."""
    if isinstance(part, tuple):
        return tuple(_unwrapped(x, p) for p in part)
    if not isinstance(part, _Array):
        return part
    if part.device != x.device:
        raise MixedDeviceError(f"index: got {part.device} with {x.device}; expected one device")
    return part._array


def _getitem(x: Any, key: Any) -> Any:
    return xp.asarray(x._array[_unwrapped(x, key)], dtype=x.dtype, device=x.device, copy=True)


def _setitem(x: Any, key: Any, value: Any, copy: bool = True) -> Any:
    out = xp.asarray(x, copy=True) if copy else x
    out._array[_unwrapped(x, key)] = _unwrapped(x, value)
    return out


def _index_add(x: Any, key: Any, value: Any) -> Any:
    np.add.at(x._array, _unwrapped(x, key), _unwrapped(x, value))
    return x


def _reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> Any:
    return xp.reshape(x, (shape,) if isinstance(shape, int) else shape, copy=copy)


def _clip(x: Any, /, min: Any = None, max: Any = None) -> Any:
    """Limit by the standard's own extremes: `clip` makes numbers double inside."""
    x = +x if min is None else xp.maximum(x, min)
    return x if max is None else xp.minimum(x, max)


class _Special(Functions):
    """The functions of ``scipy.special``, applied to the NumPy arrays inside."""

    def __getattr__(self, attr: str) -> Any:
        function = super().__getattr__(attr)

        def call(*args: Any, **kwargs: Any) -> Any:
            like = next(x for x in args if isinstance(x, _Array))
            out = function(*(_unwrapped(like, x) for x in args), **kwargs)
            if isinstance(out, tuple):
                return tuple(xp.asarray(part, device=like.device) for part in out)
            return xp.asarray(out, device=like.device)

        setattr(self, attr, call)
        return call


def _parse_device(device: Any) -> Any:
    if isinstance(device, xp.Device):
        return device
    try:
        return xp.Device(re.sub(r"array_api_strict\.Device\('(\w+)'\)", r"\1", device))
    except (TypeError, ValueError):
        names = ", ".join(d._device for d in _devices())
        raise ValueError(
            f"array_api_strict: got device {device!r}; expected one of {names}"
        ) from None


def _devices() -> list[Any]:
    return list(xp.__array_namespace_info__().devices())


class _Random:
    """The few methods of ``numpy.random.Generator`` that xgrad needs, drawn by NumPy."""

    def __init__(self, seed: int | None, device: Any = None) -> None:
        info = xp.__array_namespace_info__()
        self.device = info.default_device() if device is None else device
        self.defaults = info.default_dtypes(device=self.device)
        self.generator = np.random.default_rng(seed)

    def _lift(self, x: Any, dtype: Any) -> Any:
        return xp.asarray(np.asarray(x), dtype=dtype, device=self.device)

    def random(self, size: Any = None, dtype: Any = None) -> Any:
        dtype = BACKEND.raw_dtype(dtype) or self.defaults["real floating"]
        return self._lift(self.generator.random(size), dtype)

    def standard_normal(self, size: Any = None, dtype: Any = None) -> Any:
        dtype = BACKEND.raw_dtype(dtype) or self.defaults["real floating"]
        return self._lift(self.generator.standard_normal(size), dtype)

    def integers(self, low: int, high: int | None = None, size: Any = None) -> Any:
        return self._lift(self.generator.integers(low, high, size), self.defaults["integral"])

    def permutation(self, n: int) -> Any:
        return self._lift(self.generator.permutation(n), self.defaults["indexing"])


def _expm(x: Any) -> Any:
    return xp.asarray(lapack.expm(x._array), device=x.device)


BACKEND = Backend(
    name="array_api_strict",
    xp=Namespace(
        "array_api_strict",
        xp,
        reshape=_reshape,
        clip=_clip,
        special=_Special("array_api_strict", scipy_special.named("array_api_strict")),
    ),
    array_types=(_Array,),
    dtypes=_DTYPES,
    devices=_devices,
    device=lambda x: x.device,
    to_numpy=lambda x: x._array,
    from_numpy=lambda x, device: xp.asarray(np.asarray(x), device=device),
    index_add=_index_add,
    random=_Random,
    getitem=_getitem,
    setitem=_setitem,
    owns=lambda x: x._array.base is None and x._array.flags.writeable,
    parse_device=_parse_device,
    on_host=lambda x: x.device == xp.Device("CPU_DEVICE"),
    expm=_expm,
    instead_of=refusing("Pass an array of array_api_strict with its numbers", _Array),
)
