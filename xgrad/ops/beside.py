"""Numbers, sequences and counters beside an array: on its backend and device, raw if it is raw."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.array import SCALARS, Array
from ..arrays.lent import lend
from ..arrays.operators import numbers_of
from ..backends import backend_of, backend_of_type
from ..engine.frames import called
from ..engine.op import constant
from .converting import COPIED, asarray, is_array
from .creation import full_like
from .dtypes import astype, isdtype
from .manipulation import front


def array_of(x: Any, name: str, axis: int | tuple[int, ...] | None = None) -> Any:
    """Return an argument that must be an array, with these axes; a Python number as a new one."""
    if type(x) in SCALARS:
        x = asarray(x)
    if not is_array(x):
        x = tabled(x)
    if not is_array(x):
        raise TypeError(
            f"{called(name)}: got {x!r:.60} of type {type(x).__qualname__}; expected an array. "
            "xgrad.asarray(x) makes one of numbers and of nested sequences"
        )
    if axis is not None:
        several: Any = axis if isinstance(axis, (list, tuple)) or np.ndim(axis) else (axis,)
        for a in several:
            front(a, len(x.shape), name)
    return x


def tabled(x: Any) -> Any:
    """Return a table of another library's, as pandas has them, as an array; others as they are."""
    if isinstance(x, Array) or (values := numbers_of(x)) is None:
        return x
    return asarray(values)


def floating(x: Any, name: str, axis: int | tuple[int, ...] | None = None) -> Any:
    """Return an array whose dtype can hold fractions: integers and booleans as float64."""
    x = array_of(x, name, axis)
    if isdtype(x, ("real floating", "complex floating")) or "float" in str(x.dtype):
        return x
    return astype(x, np.float64)


def placed(like: Any, values: Any, dtype: Any = None) -> Any:
    """Return numbers of the host as an array beside another one, by default in its dtype."""
    raw = like._raw if isinstance(like, Array) else like
    backend = backend_of(raw)
    dtype = backend.numpy_dtype(raw.dtype) if dtype is None else dtype
    if values is None:  # which NumPy would make NaN
        raise TypeError(f"{called('asarray')}: got None; expected numbers or an array")
    copied = type(values) in COPIED
    try:
        values = np.asarray(values, dtype)
    except (TypeError, ValueError) as error:
        error.add_note(f"in xgrad.{called('asarray')}, of {values!r:.60}")
        raise
    made = backend.from_numpy(values, backend.device(raw))
    if not isinstance(like, Array):
        return made
    if not copied:
        lend(made)
    return Array(made)


def beside(like: Any, x: Any) -> Any:
    """Return an argument that may be numbers as an array beside another one, in its dtype.

    Fractions beside integers, and complex numbers beside real ones, keep a dtype of their own: they
    would be cut off without a word.
    """
    if is_array(x) and not _is_foreign_number(x, like):
        return x
    return placed(like, x, None if type(x) in _WHOLE else _wider(like, x))


_WHOLE = (bool, int)


def _wider(like: Any, x: Any) -> Any:
    """Return the dtype of numbers that another array's dtype would cut off, None of others."""
    raw = like._raw if isinstance(like, Array) else like
    kind = np.dtype(backend_of(raw).numpy_dtype(raw.dtype)).kind
    if kind == "c" or (kind not in "biu" and type(x) is float):
        return None
    dtype = np.asarray(x).dtype
    cut = dtype.kind == "c" or (kind in "biu" and dtype.kind == "f")
    return dtype if cut or (kind == "b" and dtype.kind in "iu") else None


def _is_foreign_number(x: Any, like: Any) -> bool:
    """Whether this is a number of NumPy's beside an array of another library."""
    raw = like._raw if isinstance(like, Array) else like
    return is_number(x) and backend_of_type(type(x)) is not backend_of(raw)


def paired(x1: Any, x2: Any, name: str) -> tuple[Any, Any]:
    """Return two operands as floating-point arrays; a Python number in the dtype of the other."""
    if type(x1) in SCALARS and type(x2) not in SCALARS:
        x2 = floating(x2, name)
        return full_like(x2, x1), x2
    x1 = floating(x1, name)
    return x1, full_like(x1, x2) if type(x2) in SCALARS else floating(x2, name)


def is_number(x: Any) -> bool:
    """Whether this is a number: of Python, or of NumPy, whose 0-d arrays belong to no backend."""
    return isinstance(x, (*SCALARS, np.generic)) or (isinstance(x, np.ndarray) and x.shape == ())


def mask_beside(like: Any, mask: Any) -> Any:
    """Return a mask that may be a truth value or a list of them as an array beside another one."""
    return mask if is_array(mask) and not is_number(mask) else placed(like, mask, np.bool_)


@constant
def counting(like: Array, /, *, n: int) -> Array:
    """Return the integers below `n`, beside another array."""
    backend = backend_of(like)
    return backend.xp.arange(n, device=backend.device(like))


@constant
def fractions(like: Array, /, *, n: int) -> Array:
    """Return the integers below `n` in the real dtype of another array."""
    backend = backend_of(like)
    dtype = backend.xp.real(like).dtype if "complex" in str(like.dtype) else like.dtype
    return backend.xp.arange(n, dtype=dtype, device=backend.device(like))
