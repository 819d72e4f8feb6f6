"""Inverse, linear systems, determinants, pseudoinverse."""

from __future__ import annotations

from typing import Any

from ..arrays.array import Array
from ..arrays.types import AnyArray, as_given
from ..backends import XP, Raw, backend_of
from ..engine.op import constant, rule
from ..engine.operands import require_array
from ..engine.projection import conj
from ..ops.elementwise import is_complex
from ..ops.manipulation import reshape
from ..ops.products import promoted
from ..ops.statistical import products_of_others
from .common import H, SlogdetResult, column, identity, raw_call, require_square, row, svd_of_finite


@rule(
    vjp=lambda xp, g, out: -H(xp, out) @ g @ H(xp, out),
    jvp=lambda xp, t, out: -out @ t @ out,
    path="linalg.",
    core=2,
)
def inv(x: Array, /) -> Array:
    """Return the inverse of square matrices."""


@constant
def _solve_by_lu(x1: Array, /) -> tuple[Array, Array]:
    """Return factors of square matrices, to solve with them again and again."""
    return backend_of(x1).lu_factor(x1)


def _used(xp: XP, g: Any, x: Any) -> Any:
    """Return a matrix without what is not finite in columns whose cotangents are zero."""
    used = xp.any(g != 0, axis=-2, keepdims=True)
    return xp.where(xp.logical_or(used, xp.isfinite(x)), x, 0.0)


def _solve_vjp(xp: XP, g: Any, x1: Any, lu: Any, pivots: Any, out: Any, adjoint: bool) -> Any:
    g2 = _solve(x1, lu, pivots, g, adjoint=not adjoint)
    left, right = (out, g2) if adjoint else (g2, out)
    return -left @ H(xp, right), None, None, g2


def _solve_jvp(xp: XP, t: Any, x1: Any, lu: Any, pivots: Any, out: Any, adjoint: bool) -> Any:
    dA = H(xp, t[0]) if adjoint else t[0]
    return _solve(x1, lu, pivots, t[3] - dA @ out, adjoint=adjoint)


@rule(
    vjp=_solve_vjp,
    strong=lambda xp, g, x1, lu, pivots, out, adjoint: _solve_vjp(
        xp, g, x1, lu, pivots, _used(xp, g, out), adjoint
    ),
    jvp=_solve_jvp,
    path="linalg.",
    core=2,
)
def _solve(x1: Raw, lu: Raw, pivots: Raw, x2: Raw, /, *, adjoint: bool = False) -> Array:
    """Return the solution X of ``x1 @ X = x2``, or of its adjoint, with the factors of `x1`."""
    return backend_of(x2).lu_solve(lu, pivots, x2, adjoint)


@as_given
def solve(x1: AnyArray, x2: AnyArray, /) -> Array:
    """Return the solution of ``x1 @ x = x2``, for a vector or for stacks of matrices.

    The matrices are factorised once, for the value and for all derivatives.

    Args:
        x1: square matrices of shape ``(..., n, n)``.
        x2: a vector ``(n,)``, or matrices ``(..., n, k)``; axes before are broadcast.

    Returns:
        An array of the shape of `x2`, with the broadcast axes before.

    Raises:
        LinAlgError: from the backend, if a matrix is singular.
    """
    require_square("solve", "x1", x1)
    require_array("linalg.solve", "x2", x2)
    x1, x2 = promoted(x1, x2)
    factors: tuple[Array, Array] = _solve_by_lu(x1)
    if len(x2.shape) == 1:
        out = _solve(x1, *factors, reshape(x2, (-1, 1)))
        return reshape(out, tuple(out.shape[:-1]))
    return _solve(x1, *factors, x2)


def _halved(xp: XP, x: Any, upper: bool) -> Any:
    return xp.triu(x) if upper else xp.tril(x)


def _triangular_vjp(xp: XP, g: Any, x1: Any, out: Any, upper: bool, adjoint: bool) -> Any:
    g2 = triangular(x1, g, upper=upper, adjoint=not adjoint)
    left, right = (out, g2) if adjoint else (g2, out)
    return _halved(xp, -left @ H(xp, right), upper), g2


def _triangular_jvp(xp: XP, t: Any, x1: Any, out: Any, upper: bool, adjoint: bool) -> Any:
    dA = _halved(xp, t[0], upper)
    dB = t[1] - (H(xp, dA) if adjoint else dA) @ out
    return triangular(x1, dB, upper=upper, adjoint=adjoint)


@rule(
    vjp=_triangular_vjp,
    strong=lambda xp, g, x1, out, upper, adjoint: _triangular_vjp(
        xp, g, x1, _used(xp, g, out), upper, adjoint
    ),
    jvp=_triangular_jvp,
    path="linalg.",
    core=2,
)
def _solve_triangular(x1: Raw, x2: Raw, /, *, upper: bool = False, adjoint: bool = False) -> Array:
    """Return the solution X of ``x1 @ X = x2`` for a triangle of `x1`, or of its adjoint."""
    return backend_of(x2).solve_triangular(x1, x2, upper, adjoint)


triangular = _solve_triangular
"""The op, as other rules use it."""


@as_given
def solve_triangular(x1: AnyArray, x2: AnyArray, /, *, lower: bool = False) -> Array:
    """Return the solution of ``x1 @ x = x2``, where `x1` is triangular.

    The work is a third of that of `solve`. Named after ``scipy.linalg.solve_triangular``.

    Args:
        x1: square matrices of shape ``(..., n, n)``; only the upper triangle is looked at, or the
            lower one.
        x2: a vector ``(n,)``, or matrices ``(..., n, k)``.
        lower: whether `x1` is lower triangular.

    Returns:
        An array of the shape of `x2`, with the broadcast axes before.

    >>> import xgrad as xg
    >>> L = xg.asarray([[2.0, 0.0], [1.0, 4.0]])
    >>> xg.linalg.solve_triangular(L, xg.asarray([2.0, 9.0]), lower=True).tolist()
    [1.0, 2.0]
    """
    require_square("solve_triangular", "x1", x1)
    require_array("linalg.solve_triangular", "x2", x2)
    x1, x2 = promoted(x1, x2)
    if len(x2.shape) == 1:
        out = triangular(x1, reshape(x2, (-1, 1)), upper=not lower)
        return reshape(out, tuple(out.shape[:-1]))
    return triangular(x1, x2, upper=not lower)


def _spectrum(xp: XP, x: Any) -> tuple[Any, Any, Any, Any]:
    """Return conj(U), S, conj(V^H) and the determinant of U V^H, of A = U S V^H."""
    u, s, vh = svd_of_finite(xp, x)
    turn = xp.linalg.det(u) * xp.linalg.det(vh)
    return conj(xp, u), s, conj(xp, vh), xp.reshape(turn, (*turn.shape, 1, 1))


def _third(xp: XP, g: Any, x: Any, e: Any) -> Any:
    """Return the derivative of ``sum(g * _cofactor_slope(x, e))``; it divides by the matrix."""
    inverse, c = xp.linalg.inv(x), _cofactor(x)
    P, G, E = (xp.matrix_transpose(m) for m in (inverse, g, e))
    tau_g, tau_e, both = (
        xp.expand_dims(_trace(xp, m), axis=(-2, -1))
        for m in (inverse @ g, inverse @ e, inverse @ g @ inverse @ e)
    )
    mixed = (tau_g * tau_e - both) * c
    return mixed - c @ (tau_g * E + tau_e * G - G @ P @ E - E @ P @ G) @ P


@rule(
    vjp=lambda xp, g, x, e: (
        conj(xp, _third(xp, conj(xp, g), x, e)),
        conj(xp, _cofactor_slope(x, conj(xp, g))),
    ),
    core=2,
)
def _cofactor_slope(x: Array, e: Array, /) -> Array:
    """Return how the cofactor matrix changes with `x` in the direction `e`: a polynomial.

    In the bases of the singular vectors, where M_ij is the product of the singular values without
    the two, it is sum_j M_ij e_jj on the diagonal, and -M_ij e_ji elsewhere.
    """
    xp = backend_of(x).xp
    n = x.shape[-1]
    if not n:
        return xp.zeros_like(x)
    u, s, vh, turn = _spectrum(xp, x)
    e = xp.matrix_transpose(u) @ e @ xp.matrix_transpose(vh)
    diagonal = xp.astype(identity(xp, s), xp.bool)
    without = products_of_others(xp, xp.where(diagonal, 1.0, row(xp, s)))
    M = xp.astype(xp.where(diagonal, 0.0, without), x.dtype)
    on = M @ column(xp, xp.sum(xp.where(diagonal, e, 0.0), axis=-1))
    return turn * (u @ xp.where(diagonal, on, -M * xp.matrix_transpose(e)) @ vh)


@rule(
    vjp=lambda xp, g, x: conj(xp, _cofactor_slope(x, conj(xp, g))),
    jvp=lambda xp, t, x: _cofactor_slope(x, t),
    core=2,
)
def _cofactor(x: Array, /) -> Array:
    """Return the cofactor matrix, the derivative of the determinant, also of singular matrices.

    With A = U S V^H it is conj(det(U) det(V^H) U S' V^H), S' holding the products of the others.
    """
    xp = backend_of(x).xp
    if not x.shape[-1]:
        return xp.zeros_like(x)
    u, s, vh, turn = _spectrum(xp, x)
    return turn * ((u * row(xp, xp.astype(products_of_others(xp, s), x.dtype))) @ vh)


@rule(
    vjp=lambda xp, g, x: xp.reshape(g, (*g.shape, 1, 1)) * conj(xp, _cofactor(x)),
    jvp=lambda xp, t, x: xp.sum(t * _cofactor(x), axis=(-2, -1)),
    path="linalg.",
    core=2,
)
def det(x: Array, /) -> Array:
    """Return the determinant of square matrices.

    It is a polynomial, and its first and second derivatives are exact also where it is 0, by
    products of singular values; third derivatives divide by the matrix.
    """


def _slogdet_vjp(xp: XP, g: Any, x: Any, out: Any) -> Any:
    """With tau = tr(A^-1 dA): d log|det| = Re tau and d sign = i sign Im tau."""
    g_sign, g_log, sign = (xp.reshape(v, (*v.shape, 1, 1)) for v in (*g, out[0]))
    turn = xp.imag(g_sign * xp.conj(sign)) * 1j + g_log if is_complex(sign) else g_log
    return turn * H(xp, xp.linalg.inv(x))


def _slogdet_jvp(xp: XP, t: Any, x: Any, out: Any) -> tuple[Any, Any]:
    tau = _trace(xp, solve(x, t))
    if not is_complex(tau):
        return xp.zeros_like(out[0]), tau
    return 1j * out[0] * xp.imag(tau), xp.real(tau)


@rule(vjp=_slogdet_vjp, jvp=_slogdet_jvp, core=2)
def slogdet(x: Array, /) -> SlogdetResult:
    """Return sign and logarithm of the modulus of the determinant."""
    return SlogdetResult(*raw_call("slogdet", x))


def _trace(xp: XP, x: Any) -> Any:
    return xp.sum(x * identity(xp, x), axis=(-2, -1))


def _pinv_vjp(xp: XP, g: Any, x: Any, out: Any) -> Any:
    """For constant rank; P the pseudoinverse."""
    P, PH, GH = out, H(xp, out), H(xp, g)
    left = GH - x @ (P @ GH)
    right = GH - (GH @ P) @ x
    return left @ (P @ PH) + (PH @ P) @ right - PH @ g @ PH


@rule(vjp=_pinv_vjp, core=2)
def _pinv(x: Array, /, *, rtol: Any = None) -> Array:
    """Return the pseudoinverse."""
    return raw_call("pinv", x) if rtol is None else raw_call("pinv", x, rtol=rtol)


@as_given
def pinv(x: Array, /, *, rtol: float | Array | None = None) -> Array:
    """Return the pseudoinverse; the derivative assumes that the rank does not change.

    The formula is that of Golub & Pereyra, SIAM J. Numer. Anal. 10 (1973).

    Args:
        x: matrices of shape ``(..., m, n)``.
        rtol: singular values below this part of the largest one count as 0; ``max(m, n)`` times the
            precision of the dtype if None. It is a constant.

    Returns:
        Matrices of shape ``(..., n, m)``.
    """
    return _pinv(x, rtol=rtol._data if isinstance(rtol, Array) else rtol)
