"""Cholesky and QR factorisation."""

from __future__ import annotations

from typing import Any

from ..arrays.array import Array
from ..arrays.types import as_given
from ..backends import XP, Raw, backend_of
from ..engine.op import rule
from ..engine.operands import require_array
from ..ops.manipulation import matrix_transpose
from .common import H, QRResult, hermitian, identity, raw_call, require_square
from .solving import triangular


def _lower_half(xp: XP, x: Any) -> Any:
    """Return the lower triangle with half the diagonal."""
    return xp.tril(x) / (identity(xp, x) + 1)


def _inwards(xp: XP, L: Any, x: Any) -> Any:
    """Return L^-1 X L^-H."""
    return H(xp, triangular(L, H(xp, triangular(L, x))))


def _outwards(xp: XP, L: Any, x: Any) -> Any:
    """Return L^-H X L^-1."""
    return H(xp, triangular(L, H(xp, triangular(L, x, adjoint=True)), adjoint=True))


def _pull_vjp(xp: XP, g: Any, x1: Any, x2: Any, out: Any) -> tuple[Any, Any]:
    g = hermitian(xp, g)
    inner = _lower_half(xp, _inwards(xp, x1, g))
    turned = 2 * H(xp, triangular(x1, g @ out))
    return xp.tril(xp.tril(x2) @ H(xp, inner) - turned), xp.tril(x1 @ inner)


def _pull_jvp(xp: XP, t: Any, x1: Any, x2: Any, out: Any) -> Any:
    dL = xp.tril(t[0])
    inner = H(xp, dL) @ xp.tril(x2) + H(xp, x1) @ xp.tril(t[1])
    turned = 2 * triangular(x1, H(xp, dL) @ out, adjoint=True)
    return hermitian(xp, _outwards(xp, x1, _lower_half(xp, inner)) - turned)


@rule(vjp=_pull_vjp, jvp=_pull_jvp, core=2)
def _cholesky_pull(x1: Raw, x2: Raw, /) -> Array:
    """Return sym(L^-H phi(L^H G) L^-1), phi the lower triangle with half the diagonal."""
    backend = backend_of(x2)
    if backend.cholesky_pull is not None:
        return backend.cholesky_pull(x1, x2)
    xp = backend.xp
    inner = _lower_half(xp, H(xp, x1) @ xp.tril(x2))
    return hermitian(xp, _outwards(xp, x1, inner))


def _cholesky_jvp(xp: XP, t: Any, out: Any) -> Any:
    """DL = L phi(L^-1 dA L^-H), which is lower triangular though A be NaN."""
    return xp.tril(out @ _lower_half(xp, _inwards(xp, out, hermitian(xp, t))))


@rule(vjp=lambda xp, g, out: _cholesky_pull(out, g), jvp=_cholesky_jvp, path="linalg.", core=2)
def _cholesky(x: Array, /) -> Array:
    """Return the lower Cholesky factor."""
    return raw_call("cholesky", x)


@as_given
def cholesky(x: Array, /, *, upper: bool = False) -> Array:
    """Return the Cholesky factor of Hermitian positive-definite matrices.

    Args:
        x: matrices of shape ``(..., n, n)``; only one triangle is read, and the derivative is that
            of a Hermitian matrix.
        upper: whether to return U with ``U^H U = x`` instead of L with ``L L^H = x``.

    Returns:
        Triangular matrices of the shape and dtype of `x`. The rule is that of Murray,
        arXiv:1602.07527.

    Raises:
        LinAlgError: from the backend, if a matrix is not positive definite.
    """
    require_square("cholesky", "x", x)
    lower = _cholesky(x)
    return _adjoint(lower) if upper else lower


def _adjoint(x: Array) -> Array:
    from ..ops.elementwise import conj as conjugate

    return conjugate(matrix_transpose(x))


def _qr_square_or_tall(xp: XP, gQ: Any, gR: Any, Q: Any, R: Any) -> Any:
    """G_A = (G_Q + Q (tril(M, -1) + its adjoint + Re diag)) R^-H, with M = R G_R^H - G_Q^H Q."""
    M = R @ H(xp, gR) - H(xp, gQ) @ Q
    strict = xp.tril(M, k=-1)
    diagonal = M * identity(xp, M)
    full = strict + H(xp, strict) + (diagonal + H(xp, diagonal)) * 0.5
    return H(xp, triangular(R, H(xp, gQ + Q @ full), upper=True))


def _qr_vjp(xp: XP, g: Any, x: Any, out: Any) -> Any:
    (gQ, gR), (Q, R) = g, out
    m, n = x.shape[-2], x.shape[-1]
    if m >= n:
        return _qr_square_or_tall(xp, gQ, gR, Q, R)
    gR = xp.triu(gR)
    left, right = gR[..., :m], gR[..., m:]
    gX = _qr_square_or_tall(xp, gQ + x[..., m:] @ H(xp, right), left, Q, R[..., :m])
    return xp.concat([gX, Q @ right], axis=-1)


@rule(vjp=_qr_vjp, path="linalg.", core=2)
def _qr_reduced(x: Array, /) -> QRResult:
    """Return the reduced factors."""
    return QRResult(*raw_call("qr", x, mode="reduced"))


def _qr_complete_vjp(xp: XP, g: Any, x: Any, out: Any) -> Any:
    """Of a tall matrix: the columns of Q beyond R's turn as little as they must."""
    (gQ, gR), (Q, R) = g, out
    n = x.shape[-1]
    Q1, Q2, R1 = Q[..., :n], Q[..., n:], R[..., :n, :]
    seen = _qr_square_or_tall(xp, gQ[..., :n], gR[..., :n, :], Q1, R1)
    hidden = Q2 @ (H(xp, gQ[..., n:]) @ Q1)
    return seen - H(xp, triangular(R1, H(xp, hidden), upper=True))


@rule(vjp=_qr_complete_vjp, path="linalg.", core=2)
def _qr_complete(x: Array, /) -> QRResult:
    """Return the complete factors of tall matrices."""
    return QRResult(*raw_call("qr", x, mode="complete"))


@as_given
def qr(x: Array, /, *, mode: str = "reduced") -> QRResult:
    """Return the QR factors of matrices, ``"reduced"`` or ``"complete"``.

    The derivative needs the first min(M, N) columns to be independent. Of a complete Q the columns
    beyond R's are determined only up to a rotation; their derivative is the one without rotation.

    Args:
        x: matrices of shape ``(..., M, N)``.
        mode: ``"reduced"``, for a Q of ``K = min(M, N)`` columns, or ``"complete"``, for a square
            one.

    Returns:
        A named tuple ``(Q, R)`` with ``Q @ R = x``: Q of shape ``(..., M, K)`` or ``(..., M, M)``,
        its columns orthonormal, and R upper triangular.

    Raises:
        ValueError: if `mode` is neither.
    """
    require_array("linalg.qr", "x", x, axes=2)
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr: mode is {mode!r}; expected 'reduced' or 'complete'")
    tall = x.shape[-2] > x.shape[-1]
    return _qr_complete(x) if mode == "complete" and tall else _qr_reduced(x)
