"""Data types: inspection, promotion and conversion. Dtypes are NumPy's on every backend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays.array import SCALARS, Array
from ..arrays.types import Device, as_given
from ..backends import Raw, backend_of, limits, loaded
from ..engine.op import constant, linear

_KINDS = {
    "bool": "b",
    "signed integer": "i",
    "unsigned integer": "u",
    "integral": "iu",
    "real floating": "f",
    "complex floating": "c",
    "numeric": "iufc",
}


def is_tracked(x: Any) -> bool:
    """Whether a derivative can flow through this value."""
    return isinstance(x, Array) and x._node is not None


def dtype_of(x: Any) -> Any:
    """Return the NumPy dtype of an array or of any backend's dtype; a Python number as it is."""
    if isinstance(x, Array):
        return x.dtype
    if type(x) in SCALARS:
        return x
    if not isinstance(x, type) and hasattr(x, "dtype") and hasattr(x, "shape"):
        return backend_of(x).numpy_dtype(x.dtype)
    try:
        return np.dtype(x)
    except TypeError:
        known = (b.numpy_dtypes.get(x) for b in loaded())
        dtype = next((d for d in known if d is not None), None)
        if dtype is None:
            raise
        return dtype


@linear(lambda xp, g: g)
def _astype(x: Array, /, *, dtype: Any) -> Array:
    """Return `x` converted to another floating-point dtype."""
    return _converted(x, dtype)


@constant
def _astype_untracked(x: Array, /, *, dtype: Any) -> Array:
    """Return `x` converted to another dtype."""
    return _converted(x, dtype)


def _converted(x: Raw, dtype: Any) -> Raw:
    backend = backend_of(x)
    return backend.xp.astype(x, backend.raw_dtype(dtype))


@as_given
def astype(x: Array, dtype: Any, /, *, copy: bool = True, device: Device | None = None) -> Array:
    """Return `x` converted to another dtype; derivatives flow between floating-point dtypes.

    Args:
        x: the array.
        dtype: the new dtype: xgrad's, NumPy's, or the backend's own.
        copy: if False, return `x` itself when it has the dtype already.
        device: the device of the result; that of `x` if None.

    Returns:
        An array of the shape of `x`. To an integer or boolean dtype there is no derivative; from
        complex to real the imaginary part is dropped.
    """
    dtype = np.float64 if dtype is None else dtype  # NumPy's meaning
    if not isinstance(x, Array):
        return _astype_untracked(x, dtype=dtype)
    dtype = backend_of(x._raw).numpy_dtype(dtype)
    if device is not None:
        x = x.to_device(device)
    if not copy and x.dtype == np.dtype(dtype):
        return x
    if np.dtype(dtype).kind in "fc" or np.dtype(dtype).name == "bfloat16":
        return _astype(x, dtype=dtype)
    return _astype_untracked(x, dtype=dtype)


def can_cast(from_: Any, to: Any, /) -> bool:
    """Return whether the promotion rules allow a conversion.

    Args:
        from_: an array or a dtype.
        to: the dtype to convert to.

    Returns:
        A bool of Python: True if no value is lost in kind or range, as from float32 to float64.
    """
    return bool(np.can_cast(dtype_of(from_), np.dtype(to)))


def isdtype(dtype: Any, kind: Any) -> bool:
    """Return whether a dtype is of a kind: a dtype, a kind's name, or a tuple of these.

    Args:
        dtype: a dtype, or an array.
        kind: a dtype to be equal to; or ``"bool"``, ``"signed integer"``, ``"unsigned integer"``,
            ``"integral"``, ``"real floating"``, ``"complex floating"`` or ``"numeric"``; or a
            tuple, of which one has to fit.

    Returns:
        A bool of Python.

    Raises:
        ValueError: if `kind` is a name that does not exist.
    """
    if isinstance(kind, tuple):
        return any(isdtype(dtype, k) for k in kind)
    if isinstance(kind, str):
        if kind not in _KINDS:
            raise ValueError(f"isdtype: kind is {kind!r}; expected one of {', '.join(_KINDS)}")
        return np.dtype(dtype_of(dtype)).kind in _KINDS[kind]
    return bool(np.dtype(dtype_of(dtype)) == np.dtype(kind))


def result_type(*arrays_and_dtypes: Any) -> Any:
    """Return the dtype that promotion gives; Python numbers are weak."""
    if not arrays_and_dtypes:
        raise ValueError("result_type: got no arguments; expected at least one array or dtype")
    kinds = [dtype_of(x) for x in arrays_and_dtypes]
    if all(type(x) in SCALARS for x in kinds):
        raise ValueError("result_type: got Python numbers only; expected an array or a dtype")
    return np.result_type(*kinds)


@dataclass(frozen=True)
class FloatInfo:
    """The limits of a floating-point dtype, as Python floats."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: Any


@dataclass(frozen=True)
class IntegerInfo:
    """The limits of an integer dtype."""

    bits: int
    max: int
    min: int
    dtype: Any


def finfo(type: Any, /) -> FloatInfo:
    """Return the limits of a floating-point dtype, or of an array's."""
    dtype = np.dtype(dtype_of(type))
    if dtype.kind not in "fc" and dtype.name != "bfloat16":
        raise ValueError(f"finfo: got {dtype}; expected a floating-point dtype")
    info = limits(dtype)
    return FloatInfo(
        bits=int(info.bits),
        eps=float(info.eps),
        max=float(info.max),
        min=float(info.min),
        smallest_normal=float(info.smallest_normal),
        dtype=np.dtype(info.dtype),
    )


def iinfo(type: Any, /) -> IntegerInfo:
    """Return the limits of an integer dtype, or of an array's."""
    info = np.iinfo(np.dtype(dtype_of(type)))
    return IntegerInfo(bits=info.bits, max=int(info.max), min=int(info.min), dtype=info.dtype)
