"""Linear algebra, on stacks of matrices.

In the formulas A is the argument, G the cotangent, ^H the conjugate transpose. A Hermitian argument
(`cholesky`, `eigh`) stands for its Hermitian part. Sources: M. Giles, "Collected matrix derivative
results for forward and reverse mode algorithmic differentiation", 2008; for complex matrices and
the singular value decomposition J. Townsend, "Differentiating the SVD", 2016, and Z.-Q. Wan and
S.-X. Zhang, arXiv:1909.02659; for QR M. Seeger et al., arXiv:1710.08717, and H.-J. Liao et al.,
arXiv:1903.09650.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from .array import Array
from .backends import backend_of
from .fitting import conj
from .op import constant, rule
from .ops.creation import zeros_like
from .ops.dtypes import astype, is_tracked
from .ops.elementwise import abs as absolute
from .ops.elementwise import is_complex, multiply, subtract
from .ops.indexing import getitem
from .ops.manipulation import expand_dims, matrix_transpose, reshape, roll
from .ops.products import adjoint, matmul, tensordot, vecdot
from .ops.statistical import Axis, axes_of, kept, spread
from .ops.statistical import max as max_over
from .ops.statistical import min as min_over
from .ops.statistical import sum as sum_over

# ruff: noqa: N802 - matrices are capitals; the standard's names shadow builtins

__all__ = [
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]


class EighResult(NamedTuple):
    """Eigenvalues in ascending order, and eigenvectors in columns."""

    eigenvalues: Array
    eigenvectors: Array


class EigResult(NamedTuple):
    """Eigenvalues, and eigenvectors in columns; always complex."""

    eigenvalues: Array
    eigenvectors: Array


class QRResult(NamedTuple):
    """An orthonormal and an upper triangular factor."""

    Q: Array
    R: Array


class SlogdetResult(NamedTuple):
    """The sign (or phase) and the logarithm of the modulus of a determinant."""

    sign: Array
    logabsdet: Array


class SVDResult(NamedTuple):
    """Left singular vectors, singular values in descending order, right singular vectors."""

    U: Array
    S: Array
    Vh: Array


def _H(xp: Any, x: Any) -> Any:
    return adjoint(xp, x)


def _hermitian(xp: Any, x: Any) -> Any:
    """Return the Hermitian part."""
    return (x + _H(xp, x)) * 0.5


def _column(xp: Any, v: Any) -> Any:
    """Return a vector as a column, to scale rows with."""
    return xp.expand_dims(v, axis=-1)


def _row(xp: Any, v: Any) -> Any:
    """Return a vector as a row, to scale columns with."""
    return xp.expand_dims(v, axis=-2)


def _identity(xp: Any, x: Any, n: int | None = None) -> Any:
    """Return the unit matrix in the dtype and on the device of `x`."""
    n = x.shape[-1] if n is None else n
    raw = x._data if type(x) is Array else x
    backend = backend_of(raw)
    made = backend.xp.eye(n, dtype=raw.dtype, device=backend.device(raw))
    return Array(made) if type(x) is Array else made


def _raw(name: str, x: Any, *args: Any, **kwargs: Any) -> Any:
    """Call the backend's own function of the linalg extension."""
    return getattr(backend_of(x).xp.linalg, name)(x, *args, **kwargs)


# Inverse, solve, determinant --------------------------------------------------------------------


@rule(
    vjp=lambda xp, g, out: -_H(xp, out) @ g @ _H(xp, out),
    jvp=lambda xp, t, out: -out @ t @ out,
    path="linalg.",
)
def inv(x: Array, /) -> Array:
    """Return the inverse of square matrices."""


def _solve_vjp(xp: Any, g: Any, x1: Any, out: Any) -> tuple[Any, Any]:
    g2 = xp.linalg.solve(_H(xp, x1), g)
    return -g2 @ _H(xp, out), g2


@rule(
    vjp=_solve_vjp,
    jvp=lambda xp, t, x1, out: xp.linalg.solve(x1, t[1] - t[0] @ out),
)
def _solve(x1: Array, x2: Array, /) -> Array:
    """Return the solution X of ``x1 @ X = x2`` for matrices."""
    return _raw("solve", x1, x2)  # type: ignore[no-any-return]


def solve(x1: Array, x2: Array, /) -> Array:
    """Return the solution of ``x1 @ x = x2``, for a vector or for stacks of matrices."""
    if len(x2.shape) == 1:
        out = _solve(x1, reshape(x2, (-1, 1)))
        return reshape(out, tuple(out.shape[:-1]))
    return _solve(x1, x2)


def _cofactor_vjp(xp: Any, g: Any, x: Any, out: Any) -> Any:
    """With C = det(A) A^-T, dC = tr(A^-1 dA) C - C dA^T A^-T."""
    inverse_t = xp.matrix_transpose(xp.linalg.inv(x))
    inner = xp.sum(g * conj(xp, out), axis=(-2, -1), keepdims=True)
    turned = xp.matrix_transpose(_H(xp, out) @ g @ _H(xp, inverse_t))
    return inner * conj(xp, inverse_t) - turned


@rule(vjp=_cofactor_vjp)
def _cofactor(x: Array, /) -> Array:
    """Return the cofactor matrix, the derivative of the determinant, also of singular matrices.

    With A = U S V^H it is conj(det(U) det(V^H) U S' V^H), S' holding the products of the others.
    """
    xp = backend_of(x).xp
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    n = x.shape[-1]
    one = xp.ones_like(s[..., :1])
    before = xp.cumulative_prod(xp.concat([one, s[..., :-1]], axis=-1), axis=-1) if n else s
    after = xp.cumulative_prod(xp.concat([one, xp.flip(s, axis=-1)[..., :-1]], axis=-1), axis=-1)
    others = before * xp.flip(after, axis=-1) if n else s
    turn = xp.linalg.det(u) * xp.linalg.det(vh)
    others = xp.astype(others, x.dtype)
    return xp.reshape(turn, (*turn.shape, 1, 1)) * conj(xp, (u * _row(xp, others)) @ vh)  # type: ignore[no-any-return]


@rule(
    vjp=lambda xp, g, x: xp.reshape(g, (*g.shape, 1, 1)) * conj(xp, _cofactor(x)),
    jvp=lambda xp, t, x: xp.sum(t * _cofactor(x), axis=(-2, -1)),
    path="linalg.",
)
def det(x: Array, /) -> Array:
    """Return the determinant of square matrices; its derivative exists also where it is 0."""


def _slogdet_vjp(xp: Any, g: Any, x: Any, out: Any) -> Any:
    """With tau = tr(A^-1 dA): d log|det| = Re tau and d sign = i sign Im tau."""
    g_sign, g_log = g
    sign = out[0]
    turn = xp.imag(g_sign * xp.conj(sign)) * 1j + g_log if is_complex(sign) else g_log
    return xp.reshape(turn, (*turn.shape, 1, 1)) * _H(xp, xp.linalg.inv(x))


def _slogdet_jvp(xp: Any, t: Any, x: Any, out: Any) -> tuple[Any, Any]:
    tau = _trace(xp, xp.linalg.solve(x, t))
    if not is_complex(tau):
        return xp.zeros_like(out[0]), tau
    return 1j * out[0] * xp.imag(tau), xp.real(tau)


@rule(vjp=_slogdet_vjp, jvp=_slogdet_jvp)
def slogdet(x: Array, /) -> SlogdetResult:
    """Return sign and logarithm of the modulus of the determinant."""
    return SlogdetResult(*_raw("slogdet", x))


def _trace(xp: Any, x: Any) -> Any:
    return xp.sum(x * _identity(xp, x), axis=(-2, -1))


def _pinv_vjp(xp: Any, g: Any, x: Any, out: Any) -> Any:
    """For constant rank; P the pseudoinverse."""
    P, PH, GH = out, _H(xp, out), _H(xp, g)
    left = GH - x @ (P @ GH)
    right = GH - (GH @ P) @ x
    return left @ (P @ PH) + (PH @ P) @ right - PH @ g @ PH


@rule(vjp=_pinv_vjp)
def _pinv(x: Array, /, *, rtol: Any = None) -> Array:
    """Return the pseudoinverse."""
    return _raw("pinv", x) if rtol is None else _raw("pinv", x, rtol=rtol)  # type: ignore[no-any-return]


def pinv(x: Array, /, *, rtol: float | Array | None = None) -> Array:
    """Return the pseudoinverse; the derivative assumes that the rank does not change."""
    return _pinv(x, rtol=rtol._data if type(rtol) is Array else rtol)


# Factorisations ---------------------------------------------------------------------------------


def _lower_half(xp: Any, x: Any) -> Any:
    """Return the lower triangle with half the diagonal."""
    return xp.tril(x) - 0.5 * x * _identity(xp, x)


def _cholesky_vjp(xp: Any, g: Any, out: Any) -> Any:
    """A' = sym(L^-H phi(L^H G) L^-1), phi the lower triangle with half the diagonal."""
    LH = _H(xp, out)
    middle = _lower_half(xp, LH @ xp.tril(g))
    half = xp.linalg.solve(LH, middle)
    return _hermitian(xp, _H(xp, xp.linalg.solve(LH, _H(xp, half))))


def _cholesky_jvp(xp: Any, t: Any, out: Any) -> Any:
    """DL = L phi(L^-1 dA L^-H)."""
    half = xp.linalg.solve(out, _hermitian(xp, t))
    return out @ _lower_half(xp, _H(xp, xp.linalg.solve(out, _H(xp, half))))


@rule(vjp=_cholesky_vjp, jvp=_cholesky_jvp)
def _cholesky(x: Array, /) -> Array:
    """Return the lower Cholesky factor."""
    return _raw("cholesky", x)  # type: ignore[no-any-return]


def cholesky(x: Array, /, *, upper: bool = False) -> Array:
    """Return the Cholesky factor of Hermitian positive-definite matrices."""
    lower = _cholesky(x)
    return _adjoint(lower) if upper else lower


def _adjoint(x: Array) -> Array:
    from .ops.elementwise import conj as conjugate

    return conjugate(matrix_transpose(x))


def _qr_square_or_tall(xp: Any, gQ: Any, gR: Any, Q: Any, R: Any) -> Any:
    """G_A = (G_Q + Q (tril(M, -1) + its adjoint + Re diag)) R^-H, with M = R G_R^H - G_Q^H Q."""
    M = R @ _H(xp, gR) - _H(xp, gQ) @ Q
    strict = xp.tril(M, k=-1)
    diagonal = M * _identity(xp, M)
    full = strict + _H(xp, strict) + (diagonal + _H(xp, diagonal)) * 0.5
    return _H(xp, xp.linalg.solve(R, _H(xp, gQ + Q @ full)))


def _qr_vjp(xp: Any, g: Any, x: Any, out: Any) -> Any:
    (gQ, gR), (Q, R) = g, out
    m, n = x.shape[-2], x.shape[-1]
    if m >= n:
        return _qr_square_or_tall(xp, gQ, gR, Q, R)
    gR = xp.triu(gR)
    left, right = gR[..., :m], gR[..., m:]
    gX = _qr_square_or_tall(xp, gQ + x[..., m:] @ _H(xp, right), left, Q, R[..., :m])
    return xp.concat([gX, Q @ right], axis=-1)


@rule(vjp=_qr_vjp)
def _qr_reduced(x: Array, /) -> QRResult:
    """Return the reduced factors."""
    return QRResult(*_raw("qr", x, mode="reduced"))


def _qr_complete_vjp(xp: Any, g: Any, x: Any, out: Any) -> Any:
    """Of a tall matrix: the columns of Q beyond R's turn as little as they must."""
    (gQ, gR), (Q, R) = g, out
    n = x.shape[-1]
    Q1, Q2, R1 = Q[..., :n], Q[..., n:], R[..., :n, :]
    seen = _qr_square_or_tall(xp, gQ[..., :n], gR[..., :n, :], Q1, R1)
    hidden = Q2 @ (_H(xp, gQ[..., n:]) @ Q1)
    return seen - _H(xp, xp.linalg.solve(R1, _H(xp, hidden)))


@rule(vjp=_qr_complete_vjp)
def _qr_complete(x: Array, /) -> QRResult:
    """Return the complete factors of tall matrices."""
    return QRResult(*_raw("qr", x, mode="complete"))


def qr(x: Array, /, *, mode: str = "reduced") -> QRResult:
    """Return the QR factors of matrices, ``"reduced"`` or ``"complete"``.

    The derivative needs the first min(M, N) columns to be independent. Of a complete Q the columns
    beyond R's are determined only up to a rotation; their derivative is the one without rotation.
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr: mode is {mode!r}; expected 'reduced' or 'complete'")
    tall = x.shape[-2] > x.shape[-1]
    return _qr_complete(x) if mode == "complete" and tall else _qr_reduced(x)


def _gaps(xp: Any, w: Any) -> Any:
    """Return ``1 / (w_j - w_i)``, and 0 where the two are equal."""
    gap = _row(xp, w) - _column(xp, w)
    same = gap == 0
    return xp.where(same, xp.zeros_like(gap), 1 / xp.where(same, xp.ones_like(gap), gap))


def _eigh_vjp(xp: Any, g: Any, out: Any) -> Any:
    """G_A = V (diag(G_w) + F o V^H G_V) V^H, F the inverse gaps."""
    (gw, gV), (w, V) = g, out
    inner = (_H(xp, V) @ gV) * xp.astype(_gaps(xp, w), V.dtype)
    inner = inner + _identity(xp, V) * _column(xp, xp.astype(gw, V.dtype))
    return _hermitian(xp, V @ inner @ _H(xp, V))


def _eigh_jvp(xp: Any, t: Any, out: Any) -> tuple[Any, Any]:
    w, V = out
    inner = _H(xp, V) @ _hermitian(xp, t) @ V
    dV = V @ (inner * xp.astype(_gaps(xp, w), V.dtype))
    return _real_diagonal(xp, inner), dV


def _real_diagonal(xp: Any, x: Any) -> Any:
    diagonal = xp.sum(x * _identity(xp, x), axis=-1)
    return xp.real(diagonal) if is_complex(diagonal) else diagonal


@rule(vjp=_eigh_vjp, jvp=_eigh_jvp)
def eigh(x: Array, /) -> EighResult:
    """Return eigenvalues, in ascending order, and eigenvectors of Hermitian matrices."""
    return EighResult(*_raw("eigh", x))


@rule(vjp=lambda xp, g, x: _eigvalsh_vjp(xp, g, x), jvp=lambda xp, t, x: _eigvalsh_jvp(xp, t, x))
def eigvalsh(x: Array, /) -> Array:
    """Return the eigenvalues of Hermitian matrices, in ascending order."""
    return _raw("eigvalsh", x)  # type: ignore[no-any-return]


def _eigvalsh_vjp(xp: Any, g: Any, x: Any) -> Any:
    _, V = xp.linalg.eigh(x)
    return (V * _row(xp, xp.astype(g, V.dtype))) @ _H(xp, V)


def _eigvalsh_jvp(xp: Any, t: Any, x: Any) -> Any:
    _, V = xp.linalg.eigh(x)
    return _real_diagonal(xp, _H(xp, V) @ _hermitian(xp, t) @ V)


def _eig_vjp(xp: Any, g: Any, out: Any) -> Any:
    """G_A = V^-H (diag(G_w) + conj(F) o (V^H G_V - V^H V o Re diag(V^H G_V))) V^H."""
    (gw, gV), (w, V) = g, out
    VH, eye_ = _H(xp, V), _identity(xp, V)
    inner = VH @ gV
    length = xp.astype(xp.real(xp.sum(inner * eye_, axis=-2)), V.dtype)
    inner = (inner - (VH @ V) * _row(xp, length)) * xp.conj(_gaps(xp, w))
    return xp.linalg.solve(VH, (inner + eye_ * _column(xp, gw)) @ VH)


def _eig_jvp(xp: Any, t: Any, out: Any) -> tuple[Any, Any]:
    w, V = out
    eye_ = _identity(xp, V)
    inner = xp.linalg.solve(V, xp.astype(t, V.dtype) @ V)
    turn = inner * _gaps(xp, w)
    length = xp.astype(xp.real(xp.sum((_H(xp, V) @ V @ turn) * eye_, axis=-2)), V.dtype)
    return xp.sum(inner * eye_, axis=-1), V @ turn - V * _row(xp, length)


@rule(vjp=_eig_vjp, jvp=_eig_jvp)
def eig(x: Array, /) -> EigResult:
    """Return eigenvalues and unit eigenvectors of square matrices, always complex."""
    return EigResult(*[_as_complex(part) for part in _raw("eig", x)])


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
    return _as_complex(_raw("eigvals", x))  # type: ignore[no-any-return]


def _inverse(xp: Any, s: Any) -> Any:
    """Return ``1 / s``, and 0 where it is 0."""
    none = s == 0
    return xp.where(none, xp.zeros_like(s), 1 / xp.where(none, xp.ones_like(s), s))


def _svd_gaps(xp: Any, s: Any) -> tuple[Any, Any]:
    """Return ``1 / (s_j - s_i)`` and ``1 / (s_j + s_i)``, 0 where they are infinite.

    The two factors of 1 / (s_j^2 - s_i^2): the squares would overflow first.
    """
    total = _row(xp, s) + _column(xp, s)
    return _gaps(xp, s), _inverse(xp, total)


def _svd_vjp(xp: Any, g: Any, x: Any, out: Any) -> Any:
    """Split U^H G_U and V^H G_V into what turns both the same way, and what turns them apart."""
    (gU, gS, gVh), (U, S, Vh) = g, out
    dtype = U.dtype
    UH, V, gV = _H(xp, U), _H(xp, Vh), _H(xp, gVh)
    A, B = UH @ gU, Vh @ gV
    A, B = A - _H(xp, A), B - _H(xp, B)
    minus, plus = (xp.astype(f, dtype) for f in _svd_gaps(xp, S))
    # (A s_j + s_i B) / (s_j^2 - s_i^2), in partial fractions; on the diagonal, the relative phase
    inner = 0.5 * (minus * (A + B) + plus * (A - B))
    diagonal = xp.astype(gS, dtype)
    inner = inner + _identity(xp, A) * _column(xp, diagonal)
    total = U @ inner @ Vh
    m, n, k = x.shape[-2], x.shape[-1], S.shape[-1]
    scale = _row(xp, xp.astype(_inverse(xp, S), dtype))
    if m > k:
        rest = gU * scale
        total = total + (rest - U @ (UH @ rest)) @ Vh
    if n > k:
        rest = gV * scale
        total = total + U @ _H(xp, rest - V @ (Vh @ rest))
    return total


@rule(vjp=_svd_vjp)
def _svd(x: Array, /) -> SVDResult:
    """Return the reduced decomposition."""
    return SVDResult(*_raw("svd", x, full_matrices=False))


@constant
def _svd_full(x: Array, /) -> SVDResult:
    """Return the full decomposition, without a derivative."""
    return SVDResult(*_raw("svd", x, full_matrices=True))


def svd(x: Array, /, *, full_matrices: bool = True) -> SVDResult:
    """Return the singular value decomposition of matrices.

    The derivative of singular vectors exists where the singular values are distinct, and, unless
    the matrix is square, positive. The full matrices have more columns than the argument
    determines; those beyond the reduced ones have no derivative, and asking for it is an error.
    """
    if not full_matrices or x.shape[-2] == x.shape[-1]:
        return _svd(x)
    if is_tracked(x):
        from .errors import NotDifferentiableError

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
    return _raw("svd", x, full_matrices=False)[1]  # type: ignore[no-any-return]


@constant
def matrix_rank(x: Array, /, *, rtol: float | Array | None = None) -> Array:
    """Return the rank of matrices. It has no derivative."""
    if rtol is None:
        return _raw("matrix_rank", x)  # type: ignore[no-any-return]
    return _raw("matrix_rank", x, rtol=rtol._data if type(rtol) is Array else rtol)  # type: ignore[no-any-return]


# Products, traces, powers ------------------------------------------------------------------------


def outer(x1: Array, x2: Array, /) -> Array:
    """Return the outer product of two vectors."""
    if len(x1.shape) != 1 or len(x2.shape) != 1:
        raise ValueError(f"outer: got shapes {x1.shape} and {x2.shape}; expected two vectors")
    return multiply(reshape(x1, (-1, 1)), reshape(x2, (1, -1)))


def cross(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
    """Return the cross product of vectors of three elements along an axis."""
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ValueError(
            f"cross: axis {axis} has length {x1.shape[axis]} in x1 and {x2.shape[axis]} in x2; "
            "expected 3"
        )
    if axis >= 0 and len(x1.shape) != len(x2.shape):
        raise ValueError("cross: a non-negative axis needs x1 and x2 to have as many axes")
    return subtract(
        multiply(roll(x1, -1, axis=axis), roll(x2, -2, axis=axis)),
        multiply(roll(x1, -2, axis=axis), roll(x2, -1, axis=axis)),
    )


def diagonal(x: Array, /, *, offset: int = 0) -> Array:
    """Return a diagonal of matrices, the main one unless an offset is given."""
    rows, columns = x.shape[-2], x.shape[-1]
    n = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    flat = reshape(x, (*x.shape[:-2], rows * columns))
    start = -offset * columns if offset < 0 else offset
    step = columns + 1
    return getitem(flat, (..., slice(start, start + step * (n - 1) + 1 if n else start, step)))


def trace(x: Array, /, *, offset: int = 0, dtype: Any = None) -> Array:
    """Return the sum of a diagonal of matrices."""
    return sum_over(diagonal(x, offset=offset), axis=-1, dtype=dtype)


def matrix_power(x: Array, n: int, /) -> Array:
    """Return square matrices to a power; a power of the inverse if it is negative."""
    if x.shape[-1] != x.shape[-2]:
        raise ValueError(f"matrix_power: got shape {tuple(x.shape)}; expected square matrices")
    if n < 0:
        x, n = inv(x), -n
    if n == 0:
        unit: Array = _identity(None, x)
        return zeros_like(x) + unit
    result: Array | None = None
    while n:
        if n & 1:
            result = x if result is None else matmul(result, x)
        n >>= 1
        if n:
            x = matmul(x, x)
    assert result is not None
    return result


# Norms ------------------------------------------------------------------------------------------


def _direction(xp: Any, x: Any, out: Any, axis: Axis, keepdims: bool) -> Any:
    """Return ``x / norm(x)``, and 0 where the norm is 0."""
    length = spread(xp, out, x.shape, axis, keepdims)
    none = length == 0
    return xp.where(none, xp.zeros_like(x), x / xp.where(none, xp.ones_like(length), length))


@rule(
    vjp=lambda xp, g, x, out, axis, keepdims: (
        spread(xp, g, x.shape, axis, keepdims) * _direction(xp, x, out, axis, keepdims)
    ),
    jvp=lambda xp, t, x, out, axis, keepdims: xp.sum(
        t * conj(xp, _direction(xp, x, out, axis, keepdims)), axis=axis, keepdims=keepdims
    ),
)
def _norm2(x: Array, /, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Return the Euclidean norm over axes, scaled so that the squares do not overflow."""
    xp = backend_of(x).xp
    size = xp.abs(x)
    if 0 in x.shape:
        return xp.sum(size, axis=axis, keepdims=keepdims)  # type: ignore[no-any-return]
    top = xp.max(size, axis=axis, keepdims=True)
    plain = (top == 0) | (top == math.inf)
    scaled = size / xp.where(plain, xp.ones_like(top), top)
    out = xp.sqrt(xp.sum(scaled * scaled, axis=axis, keepdims=True))
    out = out * xp.where(plain, xp.ones_like(top), top)
    shape = kept(x.shape, axis)
    if not keepdims:
        axes = axes_of(len(x.shape), axis)
        shape = tuple(n for i, n in enumerate(x.shape) if i not in axes)
    return xp.reshape(out, shape)  # type: ignore[no-any-return]


def vector_norm(x: Array, /, *, axis: Axis = None, keepdims: bool = False, ord: float = 2) -> Array:
    """Return the norm of vectors along axes, of any order; its derivative at 0 is 0.

    Args:
        x: the array.
        axis: the axes that hold the vectors; all of them if None.
        keepdims: keep the axes with length one.
        ord: the order: a number, ``inf`` or ``-inf``; 0 counts the non-zero elements.
    """
    if ord == 2:
        return _norm2(x, axis=axis, keepdims=keepdims)
    size = absolute(x)
    if ord == math.inf:
        return max_over(size, axis=axis, keepdims=keepdims)
    if ord == -math.inf:
        return min_over(size, axis=axis, keepdims=keepdims)
    if ord == 0:
        return sum_over(astype(size != 0, size.dtype), axis=axis, keepdims=keepdims)
    if ord == 1:
        return sum_over(size, axis=axis, keepdims=keepdims)
    return _norm_p(size, axis=axis, keepdims=keepdims, ord=float(ord))


def _p_direction(xp: Any, x: Any, out: Any, axis: Axis, keepdims: bool, ord: float) -> Any:
    length = spread(xp, out, x.shape, axis, keepdims)
    none = (length == 0) | (x == 0)
    ratio = xp.where(none, xp.ones_like(x), x) / xp.where(none, xp.ones_like(length), length)
    return xp.where(none, xp.zeros_like(x), ratio ** (ord - 1))


@rule(
    vjp=lambda xp, g, x, out, axis, keepdims, ord: (
        spread(xp, g, x.shape, axis, keepdims) * _p_direction(xp, x, out, axis, keepdims, ord)
    ),
    jvp=lambda xp, t, x, out, axis, keepdims, ord: xp.sum(
        t * _p_direction(xp, x, out, axis, keepdims, ord), axis=axis, keepdims=keepdims
    ),
)
def _norm_p(x: Array, /, *, axis: Axis, keepdims: bool, ord: float) -> Array:
    """Return the p-norm of non-negative elements over axes."""
    xp = backend_of(x).xp
    return xp.sum(x**ord, axis=axis, keepdims=keepdims) ** (1 / ord)  # type: ignore[no-any-return]


def matrix_norm(x: Array, /, *, keepdims: bool = False, ord: Any = "fro") -> Array:
    """Return the norm of matrices: ``"fro"``, ``"nuc"``, 1, -1, 2, -2, ``inf`` or ``-inf``."""
    if ord == "fro":
        return _norm2(x, axis=(-2, -1), keepdims=keepdims)
    if ord in ("nuc", 2, -2):
        s = svdvals(x)
        reduce = {"nuc": sum_over, 2: max_over, -2: min_over}[ord]
        out = reduce(s, axis=-1)
        return expand_dims(expand_dims(out, -1), -1) if keepdims else out
    if ord not in (1, -1, math.inf, -math.inf):
        raise ValueError(
            f"matrix_norm: ord is {ord!r}; expected 'fro', 'nuc', 1, -1, 2, -2, inf or -inf"
        )
    sums = sum_over(absolute(x), axis=-2 if ord in (1, -1) else -1, keepdims=True)
    reduce = max_over if ord > 0 else min_over
    return reduce(sums, axis=(-2, -1), keepdims=keepdims)
