"""Cholesky and QR factorisation."""

from __future__ import annotations

from typing import Any

from ..array import Array
from ..op import rule
from ..ops.manipulation import matrix_transpose
from .common import (
    H,
    QRResult,
    hermitian,
    identity,
    raw_call,
)
from .solving import solve_triangular


def _lower_half(xp: Any, x: Any) -> Any:
    """Return the lower triangle with half the diagonal."""
    return xp.tril(x) - 0.5 * x * identity(xp, x)


def _cholesky_vjp(xp: Any, g: Any, out: Any) -> Any:
    """A' = sym(L^-H phi(L^H G) L^-1), phi the lower triangle with half the diagonal."""
    LH = H(xp, out)
    middle = _lower_half(xp, LH @ xp.tril(g))
    half = solve_triangular(LH, middle)
    return hermitian(xp, H(xp, solve_triangular(LH, H(xp, half))))


def _cholesky_jvp(xp: Any, t: Any, out: Any) -> Any:
    """DL = L phi(L^-1 dA L^-H)."""
    half = solve_triangular(out, hermitian(xp, t), lower=True)
    return out @ _lower_half(xp, H(xp, solve_triangular(out, H(xp, half), lower=True)))


@rule(vjp=_cholesky_vjp, jvp=_cholesky_jvp)
def _cholesky(x: Array, /) -> Array:
    """Return the lower Cholesky factor."""
    return raw_call("cholesky", x)  # type: ignore[no-any-return]


def cholesky(x: Array, /, *, upper: bool = False) -> Array:
    """Return the Cholesky factor of Hermitian positive-definite matrices."""
    lower = _cholesky(x)
    return _adjoint(lower) if upper else lower


def _adjoint(x: Array) -> Array:
    from ..ops.elementwise import conj as conjugate

    return conjugate(matrix_transpose(x))


def _qr_square_or_tall(xp: Any, gQ: Any, gR: Any, Q: Any, R: Any) -> Any:
    """G_A = (G_Q + Q (tril(M, -1) + its adjoint + Re diag)) R^-H, with M = R G_R^H - G_Q^H Q."""
    M = R @ H(xp, gR) - H(xp, gQ) @ Q
    strict = xp.tril(M, k=-1)
    diagonal = M * identity(xp, M)
    full = strict + H(xp, strict) + (diagonal + H(xp, diagonal)) * 0.5
    return H(xp, solve_triangular(R, H(xp, gQ + Q @ full)))


def _qr_vjp(xp: Any, g: Any, x: Any, out: Any) -> Any:
    (gQ, gR), (Q, R) = g, out
    m, n = x.shape[-2], x.shape[-1]
    if m >= n:
        return _qr_square_or_tall(xp, gQ, gR, Q, R)
    gR = xp.triu(gR)
    left, right = gR[..., :m], gR[..., m:]
    gX = _qr_square_or_tall(xp, gQ + x[..., m:] @ H(xp, right), left, Q, R[..., :m])
    return xp.concat([gX, Q @ right], axis=-1)


@rule(vjp=_qr_vjp)
def _qr_reduced(x: Array, /) -> QRResult:
    """Return the reduced factors."""
    return QRResult(*raw_call("qr", x, mode="reduced"))


def _qr_complete_vjp(xp: Any, g: Any, x: Any, out: Any) -> Any:
    """Of a tall matrix: the columns of Q beyond R's turn as little as they must."""
    (gQ, gR), (Q, R) = g, out
    n = x.shape[-1]
    Q1, Q2, R1 = Q[..., :n], Q[..., n:], R[..., :n, :]
    seen = _qr_square_or_tall(xp, gQ[..., :n], gR[..., :n, :], Q1, R1)
    hidden = Q2 @ (H(xp, gQ[..., n:]) @ Q1)
    return seen - H(xp, solve_triangular(R1, H(xp, hidden)))


@rule(vjp=_qr_complete_vjp)
def _qr_complete(x: Array, /) -> QRResult:
    """Return the complete factors of tall matrices."""
    return QRResult(*raw_call("qr", x, mode="complete"))


def qr(x: Array, /, *, mode: str = "reduced") -> QRResult:
    """Return the QR factors of matrices, ``"reduced"`` or ``"complete"``.

    The derivative needs the first min(M, N) columns to be independent. Of a complete Q the columns
    beyond R's are determined only up to a rotation; their derivative is the one without rotation.
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr: mode is {mode!r}; expected 'reduced' or 'complete'")
    tall = x.shape[-2] > x.shape[-1]
    return _qr_complete(x) if mode == "complete" and tall else _qr_reduced(x)
