"""Eigenvalues and singular values, with their vectors."""

from __future__ import annotations

from typing import Any

from ..array import Array
from ..backends import backend_of
from ..op import constant, rule
from ..ops.dtypes import is_tracked
from ..ops.elementwise import is_complex
from .common import (
    EighResult,
    EigResult,
    H,
    SVDResult,
    column,
    hermitian,
    identity,
    raw_call,
    row,
)


def _gaps(xp: Any, w: Any) -> Any:
    """Return ``1 / (w_j - w_i)``, and 0 where the two are equal."""
    gap = row(xp, w) - column(xp, w)
    same = gap == 0
    return xp.where(same, xp.zeros_like(gap), 1 / xp.where(same, xp.ones_like(gap), gap))


def _eigh_vjp(xp: Any, g: Any, out: Any) -> Any:
    """G_A = V (diag(G_w) + F o V^H G_V) V^H, F the inverse gaps."""
    (gw, gV), (w, V) = g, out
    inner = (H(xp, V) @ gV) * xp.astype(_gaps(xp, w), V.dtype)
    inner = inner + identity(xp, V) * column(xp, xp.astype(gw, V.dtype))
    return hermitian(xp, V @ inner @ H(xp, V))


def _eigh_jvp(xp: Any, t: Any, out: Any) -> tuple[Any, Any]:
    w, V = out
    inner = H(xp, V) @ hermitian(xp, t) @ V
    dV = V @ (inner * xp.astype(_gaps(xp, w), V.dtype))
    return _real_diagonal(xp, inner), dV


def _real_diagonal(xp: Any, x: Any) -> Any:
    diagonal = xp.sum(x * identity(xp, x), axis=-1)
    return xp.real(diagonal) if is_complex(diagonal) else diagonal


@rule(vjp=_eigh_vjp, jvp=_eigh_jvp)
def eigh(x: Array, /) -> EighResult:
    """Return eigenvalues, in ascending order, and eigenvectors of Hermitian matrices."""
    return EighResult(*raw_call("eigh", x))


@rule(vjp=lambda xp, g, x: _eigvalsh_vjp(xp, g, x), jvp=lambda xp, t, x: _eigvalsh_jvp(xp, t, x))
def eigvalsh(x: Array, /) -> Array:
    """Return the eigenvalues of Hermitian matrices, in ascending order."""
    return raw_call("eigvalsh", x)  # type: ignore[no-any-return]


def _eigvalsh_vjp(xp: Any, g: Any, x: Any) -> Any:
    _, V = xp.linalg.eigh(x)
    return (V * row(xp, xp.astype(g, V.dtype))) @ H(xp, V)


def _eigvalsh_jvp(xp: Any, t: Any, x: Any) -> Any:
    _, V = xp.linalg.eigh(x)
    return _real_diagonal(xp, H(xp, V) @ hermitian(xp, t) @ V)


def _eig_vjp(xp: Any, g: Any, out: Any) -> Any:
    """G_A = V^-H (diag(G_w) + conj(F) o (V^H G_V - V^H V o Re diag(V^H G_V))) V^H."""
    (gw, gV), (w, V) = g, out
    VH, eye_ = H(xp, V), identity(xp, V)
    inner = VH @ gV
    length = xp.astype(xp.real(xp.sum(inner * eye_, axis=-2)), V.dtype)
    inner = (inner - (VH @ V) * row(xp, length)) * xp.conj(_gaps(xp, w))
    return xp.linalg.solve(VH, (inner + eye_ * column(xp, gw)) @ VH)


def _eig_jvp(xp: Any, t: Any, out: Any) -> tuple[Any, Any]:
    w, V = out
    eye_ = identity(xp, V)
    inner = xp.linalg.solve(V, xp.astype(t, V.dtype) @ V)
    turn = inner * _gaps(xp, w)
    length = xp.astype(xp.real(xp.sum((H(xp, V) @ V @ turn) * eye_, axis=-2)), V.dtype)
    return xp.sum(inner * eye_, axis=-1), V @ turn - V * row(xp, length)


@rule(vjp=_eig_vjp, jvp=_eig_jvp)
def eig(x: Array, /) -> EigResult:
    """Return eigenvalues and unit eigenvectors of square matrices, always complex."""
    return EigResult(*[_as_complex(part) for part in raw_call("eig", x)])


def _as_complex(x: Any) -> Any:
    """Return a raw array as complex: some libraries give real eigenvalues where they can."""
    if is_complex(x):
        return x
    backend = backend_of(x)
    narrow = backend.numpy_dtype(x.dtype) == "float32"
    return backend.xp.astype(x, backend.raw_dtype("complex64" if narrow else "complex128"))


def eigvals(x: Array, /) -> Array:
    """Return the eigenvalues of square matrices, always complex."""
    if is_tracked(x):
        return eig(x).eigenvalues
    return _eigvals_untracked(x)


@constant
def _eigvals_untracked(x: Array, /) -> Array:
    """Return the eigenvalues."""
    return _as_complex(raw_call("eigvals", x))  # type: ignore[no-any-return]


def _inverse(xp: Any, s: Any) -> Any:
    """Return ``1 / s``, and 0 where it is 0."""
    none = s == 0
    return xp.where(none, xp.zeros_like(s), 1 / xp.where(none, xp.ones_like(s), s))


def _svd_gaps(xp: Any, s: Any) -> tuple[Any, Any]:
    """Return ``1 / (s_j - s_i)`` and ``1 / (s_j + s_i)``, 0 where they are infinite.

    The two factors of 1 / (s_j^2 - s_i^2): the squares would overflow first.
    """
    total = row(xp, s) + column(xp, s)
    return _gaps(xp, s), _inverse(xp, total)


def _svd_vjp(xp: Any, g: Any, x: Any, out: Any) -> Any:
    """Split U^H G_U and V^H G_V into what turns both the same way, and what turns them apart."""
    (gU, gS, gVh), (U, S, Vh) = g, out
    dtype = U.dtype
    UH, V, gV = H(xp, U), H(xp, Vh), H(xp, gVh)
    A, B = UH @ gU, Vh @ gV
    A, B = A - H(xp, A), B - H(xp, B)
    minus, plus = (xp.astype(f, dtype) for f in _svd_gaps(xp, S))
    # (A s_j + s_i B) / (s_j^2 - s_i^2), in partial fractions; on the diagonal, the relative phase
    inner = 0.5 * (minus * (A + B) + plus * (A - B))
    diagonal = xp.astype(gS, dtype)
    inner = inner + identity(xp, A) * column(xp, diagonal)
    total = U @ inner @ Vh
    m, n, k = x.shape[-2], x.shape[-1], S.shape[-1]
    scale = row(xp, xp.astype(_inverse(xp, S), dtype))
    if m > k:
        rest = gU * scale
        total = total + (rest - U @ (UH @ rest)) @ Vh
    if n > k:
        rest = gV * scale
        total = total + U @ H(xp, rest - V @ (Vh @ rest))
    return total


@rule(vjp=_svd_vjp)
def _svd(x: Array, /) -> SVDResult:
    """Return the reduced decomposition."""
    return SVDResult(*raw_call("svd", x, full_matrices=False))


@constant
def _svd_full(x: Array, /) -> SVDResult:
    """Return the full decomposition, without a derivative."""
    return SVDResult(*raw_call("svd", x, full_matrices=True))


def svd(x: Array, /, *, full_matrices: bool = True) -> SVDResult:
    """Return the singular value decomposition of matrices.

    The derivative of singular vectors exists where the singular values are distinct, and, unless
    the matrix is square, positive. The full matrices have more columns than the argument
    determines; those beyond the reduced ones have no derivative, and asking for it is an error.
    """
    if not full_matrices or x.shape[-2] == x.shape[-1]:
        return _svd(x)
    if is_tracked(x):
        from ..errors import NotDifferentiableError

        raise NotDifferentiableError(
            f"svd: full_matrices=True of a tracked {list(x.shape)} array: the extra singular "
            "vectors are arbitrary and have no derivative. Use full_matrices=False"
        )
    return _svd_full(x)


def svdvals(x: Array, /) -> Array:
    """Return the singular values of matrices, in descending order."""
    return _svd(x).S if is_tracked(x) else _svdvals_untracked(x)


@constant
def _svdvals_untracked(x: Array, /) -> Array:
    """Return the singular values."""
    return raw_call("svd", x, full_matrices=False)[1]  # type: ignore[no-any-return]
