"""The dtype of what is made of Python numbers, and of new arrays for which none is named."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np

from .switches import switch

__all__ = ["default_dtype", "get_default_dtype", "set_default_dtype"]

_FLOAT64 = np.dtype("float64")
_default: ContextVar[Any] = ContextVar("xgrad_default_dtype", default=_FLOAT64)
_KNOWN = ("float16", "float32", "float64", "bfloat16")


def _checked(dtype: Any) -> Any:
    """Return a real floating-point dtype, also of another library's name for one."""
    name = str(getattr(dtype, "__name__", dtype)).rpartition(".")[2]
    if name not in _KNOWN:
        raise TypeError(
            f"set_default_dtype: got {dtype!r}; expected a real floating-point dtype, "
            "as xgrad.float32 or 'float64'"
        )
    if name == "bfloat16":
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(name)


def set_default_dtype(dtype: Any) -> None:
    """Set the dtype of new arrays for which none is named, in this context and thread.

    It is that of `xgrad.zeros`, of Python floats in `xgrad.asarray`, of random numbers, and of the
    parameters of `xgrad.nn`. Arrays keep the dtype that they have, and a Python number beside an
    array takes the array's. At the start it is float64.

    Args:
        dtype: a real floating-point dtype, or its name; complex numbers are of twice its size.

    Raises:
        TypeError: if it is another dtype.

    >>> import xgrad as xg
    >>> with xg.default_dtype("float32"):
    ...     print(xg.zeros(2).dtype, xg.asarray(1.0).dtype, xg.nn.Linear(2, 3, rng=0).weight.dtype)
    float32 float32 float32
    """
    _default.set(_checked(dtype))


@switch
def get_default_dtype() -> Any:
    """Return the dtype of new arrays for which none is named."""
    return _default.get()


@contextlib.contextmanager
def default_dtype(dtype: Any) -> Iterator[None]:
    """Use a dtype for new arrays inside a ``with`` block; see `set_default_dtype`."""
    token = _default.set(_checked(dtype))
    try:
        yield
    finally:
        _default.reset(token)


def default_complex() -> Any:
    """Return the complex dtype of new arrays for which none is named."""
    return np.dtype("complex128" if _default.get().itemsize == 8 else "complex64")
