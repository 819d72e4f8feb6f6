"""The floating-point dtypes of all loaded backends, and what some dtypes lack."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["COMPLEX", "REAL", "lacking", "limits", "native"]

REAL: set[Any] = set()
"""The real floating-point dtypes of all loaded backends."""
COMPLEX: set[Any] = set()
"""The complex floating-point dtypes of all loaded backends."""


def native(x: Any) -> Any:
    """Return an array of NumPy in this machine's byte order: those of FITS files are in another."""
    dtype = x.dtype
    if getattr(dtype, "isnative", True):
        return x
    return x.astype(dtype.newbyteorder("="))


def limits(dtype: Any) -> Any:
    """Return what `numpy.finfo` tells of a NumPy dtype; of bfloat16 too, which it does not know."""
    if getattr(dtype, "name", "") != "bfloat16":
        return np.finfo(dtype)
    import ml_dtypes

    return ml_dtypes.finfo(dtype)


_NO_NUMBERS = frozenset("OSUVMm")
"""NumPy's kinds of dtype that no op of the standard takes: objects, texts, records, dates."""


def lacking(dtype: Any) -> str:
    """Return why a dtype has no derivatives, as the end of a message, if that needs to be said."""
    if getattr(dtype, "name", getattr(dtype, "__name__", "")) == "bfloat16":
        return (
            ". Many functions of NumPy widen bfloat16 to float32 or float64; use float16 or "
            "float32, or the bfloat16 of JAX or PyTorch: xgrad.asarray(x).to_backend('jax')"
        )
    if getattr(dtype, "kind", "") not in _NO_NUMBERS:
        return ""
    return (
        ". Its entries are no numbers to NumPy, though objects may hold some: convert what is of "
        "this dtype first, as numpy.asarray(x, dtype=float)"
    )
