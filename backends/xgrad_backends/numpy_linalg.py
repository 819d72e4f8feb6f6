"""Linear systems on NumPy arrays by SciPy's LAPACK, if it is installed: factor once, solve often.

NumPy factors a matrix anew for every right-hand side, and has no solver for triangular ones.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Factors(NamedTuple):
    """A square matrix, ready to be solved with: its LU factors, or itself if it is triangular."""

    matrix: Any
    pivots: Any
    lower: bool


def solve_triangular(x1: Any, x2: Any, /, *, lower: bool = False) -> Any:
    """Return the solution X of ``x1 @ X = x2``, looking only at one triangle of `x1`."""
    if x1.ndim == x2.ndim == 2 and x1.dtype == x2.dtype and x1.size and x2.size:
        lapack = _lapack()
        if lapack is not None:
            _require_diagonal(x1)
            return lapack.solve_triangular(x1, x2, lower=lower, check_finite=False)
    return np.linalg.solve(np.tril(x1) if lower else np.triu(x1), x2)


def cholesky(x: Any, /, *, upper: bool = False) -> Any:
    """Return the Cholesky factor, in half of NumPy's time for a single matrix."""
    lapack = _lapack() if x.ndim == 2 and x.size and x.dtype.char in "fdFD" else None
    if lapack is None or x.shape[0] != x.shape[1]:
        return np.linalg.cholesky(x, upper=upper)
    (potrf,) = lapack.get_lapack_funcs(("potrf",), (x,))
    factor, info = potrf(x, lower=not upper, clean=True)
    if info > 0:
        raise np.linalg.LinAlgError("Matrix is not positive definite")
    return factor


def solve(x1: Any, x2: Any, /) -> Any:
    """Return the solution X of ``x1 @ X = x2``."""
    same = x1.dtype == x2.dtype and x1.ndim == x2.ndim == 2 and x2.size
    factors = factored(x1) if same else None
    return np.linalg.solve(x1, x2) if factors is None else solve_factored(factors, x2, False)


def factored(x: Any) -> Factors | None:
    """Return a matrix factored, or None if NumPy solves as well: for stacks, or without SciPy."""
    if x.ndim != 2 or x.shape[0] != x.shape[1] or not x.size or x.dtype.char not in "fdFD":
        return None
    lapack = _lapack()
    if lapack is None:
        return None
    # the first row or column tells almost every full matrix apart, at no cost
    for lower, beside in ((True, x[0, 1:]), (False, x[1:, 0])):
        if not beside.any() and not (np.triu(x, 1) if lower else np.tril(x, -1)).any():
            _require_diagonal(x)
            return Factors(x, None, lower)
    (getrf,) = lapack.get_lapack_funcs(("getrf",), (x,))
    lu, pivots, info = getrf(x)
    if info > 0:
        raise np.linalg.LinAlgError("Singular matrix")
    return Factors(lu, pivots, False)


def solve_factored(factors: Factors, b: Any, adjoint: bool) -> Any:
    """Return the solution X of ``x @ X = b``, or of the adjoint of x."""
    lapack = _lapack()
    trans = 2 if adjoint else 0
    if factors.pivots is None:
        return lapack.solve_triangular(
            factors.matrix, b, trans=trans, lower=factors.lower, check_finite=False
        )
    (getrs,) = lapack.get_lapack_funcs(("getrs",), (factors.matrix, b))
    x, _ = getrs(factors.matrix, factors.pivots, b, trans=trans)
    return x


def _require_diagonal(x: Any) -> None:
    if not np.diagonal(x).all():
        raise np.linalg.LinAlgError("Singular matrix")


def _lapack() -> Any:
    try:
        import scipy.linalg
    except ImportError:
        return None
    return scipy.linalg
