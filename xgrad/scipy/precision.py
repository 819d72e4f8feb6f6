"""The precision of results: SciPy keeps single precision in some functions, and in others never."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ..arrays.array import Array

__all__ = ["DOUBLE", "SINGLE", "doubled", "doubled_alone", "precise"]

SINGLE = {"float64": "float32", "complex128": "complex64"}
DOUBLE = {v: k for k, v in SINGLE.items()}


def doubled_alone(x: Any) -> Any:
    """Return an `Array` of NumPy in double precision, anything else as it is."""
    to = DOUBLE.get(str(x.dtype)) if isinstance(x, Array) and x.backend == "numpy" else None
    return xgrad.astype(x, np.dtype(to)) if to else x


def precise(out: Any, letters: str, arrays: list[Array]) -> Any:
    """Return results in the precision that SciPy's have."""
    if isinstance(out, (tuple, list)):
        padded = letters.ljust(len(out), letters[-1])
        return type(out)(precise(x, c, arrays) for x, c in zip(out, padded, strict=True))
    if not isinstance(out, Array) or letters[0] in "-D":
        return out
    single = letters[0] == "g" and all(str(x.dtype) not in SINGLE for x in arrays)
    to = (SINGLE if single else {} if letters[0] == "g" else DOUBLE).get(str(out.dtype))
    return xgrad.astype(out, np.dtype(to)) if to else out


def doubled(x: Any) -> Any:
    """Return numbers in double precision, in which much of SciPy calculates."""
    x = xgrad.asarray(x)
    return xgrad.astype(x, np.complex128 if x.dtype.kind == "c" else np.float64, copy=False)
