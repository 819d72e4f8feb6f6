"""Singular values, with their vectors."""

from __future__ import annotations

from typing import Any

from ..array import Array
from ..errors import NotDifferentiableError
from ..op import constant, rule
from ..ops.dtypes import is_tracked
from .common import H, SVDResult, column, identity, raw_call, row
from .degenerate import inverse, inverse_gaps, uncertainty, watch, watch_order
from .spectra import real_diagonal


def _svd_vjp(xp: Any, g: Any, x: Any, out: Any) -> Any:
    """Split U^H G_U and V^H G_V into what turns both the same way, and what turns them apart."""
    (gU, gS, gVh), (U, S, Vh) = g, out
    dtype = U.dtype
    UH, V, gV = H(xp, U), H(xp, Vh), H(xp, gVh)
    A, B = UH @ gU, Vh @ gV
    terms = xp.concat([A, B], axis=-1)
    A, B = A - H(xp, A), B - H(xp, B)
    watch("svd", S, A + B, terms, gS)
    watch_order("svd", S)
    least = uncertainty(xp, S, max(x.shape[-2:]))
    minus = xp.astype(inverse_gaps(xp, S), dtype)
    plus = row(xp, S) + column(xp, S)
    plus = xp.astype(inverse(xp, plus, xp.expand_dims(least, axis=-1)), dtype)
    # (A s_j + s_i B) / (s_j^2 - s_i^2), in partial fractions, since the squares would overflow;
    # on the diagonal, the relative phase
    inner = 0.5 * (minus * (A + B) + plus * (A - B))
    diagonal = xp.astype(gS, dtype)
    inner = inner + identity(xp, A) * column(xp, diagonal)
    total = U @ inner @ Vh
    m, n, k = x.shape[-2], x.shape[-1], S.shape[-1]
    scale = row(xp, xp.astype(inverse(xp, S, least), dtype))
    if m > k:
        rest = gU * scale
        total = total + (rest - U @ (UH @ rest)) @ Vh
    if n > k:
        rest = gV * scale
        total = total + U @ H(xp, rest - V @ (Vh @ rest))
    return total


@rule(vjp=_svd_vjp, path="linalg.")
def _svd(x: Array, /) -> SVDResult:
    """Return the reduced decomposition."""
    return SVDResult(*raw_call("svd", x, full_matrices=False))


@constant
def _svd_full(x: Array, /) -> SVDResult:
    """Return the full decomposition, without a derivative."""
    return SVDResult(*raw_call("svd", x, full_matrices=True))


def svd(x: Array, /, *, full_matrices: bool = True) -> SVDResult:
    """Return the singular value decomposition of matrices.

    At equal singular values the derivative is exact for losses of the spaces that equal ones span,
    and of the polar factor ``U @ Vh``; others warn (see `DegenerateSpectrumWarning`). The full
    matrices have more columns than the argument determines; those beyond the reduced ones have no
    derivative, and asking for it is an error.
    """
    if not full_matrices or x.shape[-2] == x.shape[-1]:
        return _svd(x)
    if is_tracked(x):
        raise NotDifferentiableError(
            f"svd: full_matrices=True of a tracked {list(x.shape)} array: the extra singular "
            "vectors are arbitrary and have no derivative. Use full_matrices=False"
        )
    return _svd_full(x)


def _svdvals_vjp(xp: Any, g: Any, x: Any) -> Any:
    U, S, Vh = _svd(x)
    watch_order("svdvals", S)
    return (U * row(xp, xp.astype(g, U.dtype))) @ Vh


def _svdvals_jvp(xp: Any, t: Any, x: Any) -> Any:
    U, S, Vh = _svd(x)
    watch_order("svdvals", S)
    return real_diagonal(xp, H(xp, U) @ t @ H(xp, Vh))


@rule(vjp=_svdvals_vjp, jvp=_svdvals_jvp, path="linalg.")
def svdvals(x: Array, /) -> Array:
    """Return the singular values of matrices, in descending order."""
    return raw_call("svdvals", x)  # type: ignore[no-any-return]
