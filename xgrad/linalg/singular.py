"""Singular values, with their vectors."""

from __future__ import annotations

from typing import Any

from ..arrays.array import Array
from ..arrays.types import as_given
from ..backends import XP, backend_of
from ..engine import handed
from ..engine.op import constant, rule
from ..engine.operands import require_array
from ..ops.dtypes import is_tracked
from .common import H, SVDResult, column, identity, raw_call, row, svd_of_finite
from .degenerate import inverse, inverse_gaps, uncertainty, watch, watch_order
from .spectra import real_diagonal


def _inverses(xp: XP, x: Any, S: Any, dtype: Any) -> tuple[Any, Any, Any]:
    """Return ``1 / (s_j - s_i)``, ``1 / (s_j + s_i)`` and ``1 / s_j``; 0 for infinity."""
    least = uncertainty(xp, S, max(x.shape[-2:]))
    total = inverse(xp, row(xp, S) + column(xp, S), xp.expand_dims(least, axis=-1))
    parts = inverse_gaps(xp, S), total, row(xp, inverse(xp, S, least))
    return xp.astype(parts[0], dtype), xp.astype(parts[1], dtype), xp.astype(parts[2], dtype)


def _svd_vjp(xp: XP, g: Any, x: Any, out: Any) -> Any:
    """Split U^H G_U and V^H G_V into what turns both the same way, and what turns them apart."""
    (gU, gS, gVh), (U, S, Vh) = g, out
    dtype = U.dtype
    UH, V, gV = H(xp, U), H(xp, Vh), H(xp, gVh)
    A, B = UH @ gU, Vh @ gV
    terms = xp.concat([A, B], axis=-1)
    A, B = A - H(xp, A), B - H(xp, B)
    watch("svd", S, A + B, terms, gS)
    minus, plus, scale = _inverses(xp, x, S, dtype)
    # (A s_j + s_i B) / (s_j^2 - s_i^2), in partial fractions, since the squares would overflow;
    # on the diagonal, the relative phase
    inner = 0.5 * (minus * (A + B) + plus * (A - B))
    diagonal = xp.astype(gS, dtype)
    inner = inner + identity(xp, A) * column(xp, diagonal)
    total = U @ inner @ Vh
    m, n, k = x.shape[-2], x.shape[-1], S.shape[-1]
    if m > k:
        rest = gU * scale
        total = total + (rest - U @ (UH @ rest)) @ Vh
    if n > k:
        rest = gV * scale
        total = total + U @ H(xp, rest - V @ (Vh @ rest))
    return total


def _svd_jvp(xp: XP, t: Any, x: Any, out: Any) -> tuple[Any, Any, Any]:
    """The turns of U and V have a sum and a difference, over the gap and over the sum of s."""
    U, S, Vh = out
    UH, V = H(xp, U), H(xp, Vh)
    minus, plus, scale = _inverses(xp, x, S, U.dtype)
    P = UH @ t @ V
    total, apart = minus * (P + H(xp, P)), plus * (P - H(xp, P))
    dU, dV = 0.5 * U @ (total + apart), 0.5 * V @ (total - apart)
    m, n, k = x.shape[-2], x.shape[-1], S.shape[-1]
    if m > k:
        rest = (t @ V) * scale
        dU = dU + rest - U @ (UH @ rest)
    if n > k:
        rest = (H(xp, t) @ U) * scale
        dV = dV + rest - V @ (Vh @ rest)
    return dU, real_diagonal(xp, P), H(xp, dV)


@rule(vjp=_svd_vjp, jvp=_svd_jvp, path="linalg.", core=2)
def _svd(x: Array, /) -> SVDResult:
    """Return the reduced decomposition."""
    return SVDResult(*raw_call("svd", x, full_matrices=False))


def _svd_again_vjp(xp: XP, g: Any, x: Any, out: Any) -> Any:
    U, S, Vh = out
    watch_order("svdvals", S, H(xp, U) @ g[0] + Vh @ H(xp, g[2]))
    return _svd_vjp(xp, g, x, out)


def _svd_again_jvp(xp: XP, t: Any, x: Any, out: Any) -> tuple[Any, Any, Any]:
    U, S, Vh = out
    watch_order("svdvals", S, H(xp, U) @ t @ H(xp, Vh))
    return _svd_jvp(xp, t, x, out)


@rule(vjp=_svd_again_vjp, jvp=_svd_again_jvp, core=2)
def _svd_again(x: Array, /) -> SVDResult:
    """Return the same as `_svd`, inside a derivative: its own derivative is of second order."""
    return SVDResult(*svd_of_finite(backend_of(x).xp, x))


@constant
def _svd_full(x: Array, /) -> SVDResult:
    """Return the full decomposition, without a derivative."""
    return SVDResult(*raw_call("svd", x, full_matrices=True))


def _completed(xp: Any, some: Any, rest: Any) -> Any:
    """Return the orthonormal columns of `rest`, with `some`, which turn as little as they must.

    ``rest - some C`` with ``C = some^H rest = 0`` stays orthogonal to `some`; the series of ``(1 -
    C^H C)^(-1/2)`` keeps the columns orthonormal, up to the fifth derivative.
    """
    turn = H(xp, some) @ rest
    longer = H(xp, turn) @ turn
    rest = rest - some @ turn
    return xp.concat([some, rest + 0.5 * rest @ longer + 0.375 * rest @ longer @ longer], axis=-1)


@as_given
def svd(x: Array, /, *, full_matrices: bool = True) -> SVDResult:
    """Return the singular value decomposition of matrices.

    At equal singular values the derivative is exact for losses of the spaces that equal ones span,
    and of the polar factor ``U @ Vh``; others warn (see `DegenerateSpectrumWarning`). The full
    matrices have more columns than the argument determines; those beyond the reduced ones have no
    derivative, and asking for it is an error.

    Args:
        x: matrices of shape ``(..., m, n)``; let ``k = min(m, n)``.
        full_matrices: whether U and Vh are square, the default of the standard; with derivatives
            False is what one wants, unless x is square.

    Returns:
        A named tuple ``(U, S, Vh)`` with ``x = U @ diag(S) @ Vh``: U of shape ``(..., m, k)``, Vh
        of ``(..., k, n)``, and the singular values S, real and in descending order, of ``(...,
        k)``.
    """
    require_array("linalg.svd", "x", x, axes=2)
    if not full_matrices or x.shape[-2] == x.shape[-1]:
        return _svd(x)
    if not is_tracked(x):
        return _svd_full(x)
    (U, S, Vh), full, xp = _svd(x), _svd_full(Array(x._raw)), handed.namespace
    k = S.shape[-1]
    if x.shape[-2] > k:
        return SVDResult(_completed(xp, U, full.U[..., k:]), S, Vh)
    V = _completed(xp, H(xp, Vh), H(xp, full.Vh[..., k:, :]))
    return SVDResult(U, S, H(xp, V))


def _svdvals_vjp(xp: XP, g: Any, x: Any) -> Any:
    U, _, Vh = _svd_again(x)
    return (U * row(xp, xp.astype(g, U.dtype))) @ Vh


def _svdvals_jvp(xp: XP, t: Any, x: Any) -> Any:
    U, _, Vh = _svd_again(x)
    return real_diagonal(xp, H(xp, U) @ t @ H(xp, Vh))


@rule(vjp=_svdvals_vjp, jvp=_svdvals_jvp, path="linalg.", core=2)
def svdvals(x: Array, /) -> Array:
    """Return the singular values of matrices, in descending order."""
    return raw_call("svdvals", x)
