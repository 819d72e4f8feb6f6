"""The matrix product of the BLAS that NumPy brings, for code that is compiled.

NumPy's wheels hold a BLAS of their own. Called from compiled code it does what it does for
`numpy.matmul`, to the last bit, without a way through Python for each product. Where NumPy is built
with another one, products stay calls of NumPy.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["PRELUDE", "addresses"]

NAME = "scipy_cblas_{}gemm64_"
"""What the products are called there: of double and of single precision, with wide integers."""

ROWS, AS_IT_IS, TURNED = 101, 111, 112
"""The constants of CBLAS: rows first; a matrix as it is, or its transpose."""

PRELUDE = """
typedef void (*Gemm_double)(int, int, int, long long, long long, long long, double,
 const double*, long long, const double*, long long, double, double*, long long);
typedef void (*Gemm_float)(int, int, int, long long, long long, long long, float,
 const float*, long long, const float*, long long, float, float*, long long);
static Gemm_double gemm_double;
static Gemm_float gemm_float;
void products(void* d, void* s) { gemm_double = (Gemm_double)d; gemm_float = (Gemm_float)s; }
"""


@cache
def addresses() -> tuple[int, int] | None:
    """Return where the products of doubles and of floats are; None if NumPy has another BLAS."""
    for path in sorted(Path(np.__file__).parent.with_suffix(".libs").glob("*openblas*")):
        try:
            blas = ctypes.CDLL(str(path))
            found = [_address(getattr(blas, NAME.format(kind))) for kind in "ds"]
        except (OSError, AttributeError):
            continue
        return found[0], found[1]
    return None


def _address(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0
