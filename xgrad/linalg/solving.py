"""Inverse, linear systems, determinants, pseudoinverse."""

from __future__ import annotations

from typing import Any

from ..array import Array
from ..backends import backend_of
from ..fitting import conj
from ..op import rule
from ..ops.dtypes import is_tracked
from ..ops.elementwise import is_complex
from ..ops.manipulation import reshape
from .common import (
    H,
    SlogdetResult,
    identity,
    raw_call,
    row,
)


@rule(
    vjp=lambda xp, g, out: -H(xp, out) @ g @ H(xp, out),
    jvp=lambda xp, t, out: -out @ t @ out,
    path="linalg.",
)
def inv(x: Array, /) -> Array:
    """Return the inverse of square matrices."""


def _solve_vjp(xp: Any, g: Any, x1: Any, out: Any) -> tuple[Any, Any]:
    g2 = xp.linalg.solve(H(xp, x1), g)
    return -g2 @ H(xp, out), g2


@rule(
    vjp=_solve_vjp,
    jvp=lambda xp, t, x1, out: xp.linalg.solve(x1, t[1] - t[0] @ out),
)
def _solve(x1: Array, x2: Array, /) -> Array:
    """Return the solution X of ``x1 @ X = x2`` for matrices."""
    return raw_call("solve", x1, x2)  # type: ignore[no-any-return]


def _factored_vjp(xp: Any, g: Any, x1: Any, out: Any, factors: Any, adjoint: bool) -> Any:
    """As for solve; of the adjoint, A^H X = B, the cotangent of A is the adjoint of that of A^H."""
    c = _solve_factored(x1, g, factors=factors, adjoint=not adjoint)
    left, right = (out, c) if adjoint else (c, out)
    return -left @ H(xp, right), c


@rule(
    vjp=_factored_vjp,
    jvp=lambda xp, t, x1, out, factors, adjoint: _solve_factored(
        x1,
        t[1] - (H(xp, t[0]) if adjoint else t[0]) @ out,
        factors=factors,
        adjoint=adjoint,
    ),
)
def _solve_factored(x1: Array, x2: Array, /, *, factors: Any, adjoint: bool = False) -> Array:
    """Return the solution X of ``x1 @ X = x2``, or of the adjoint of `x1`, by factors of `x1`."""
    return backend_of(x2).xp.linalg.solve_factored(factors, x2, adjoint)  # type: ignore[no-any-return]


def _factors(x1: Any, x2: Any) -> Any:
    """Return what spares the derivatives a second factorisation, if there will be any."""
    if type(x1) is not Array or not (is_tracked(x1) or is_tracked(x2)):
        return None
    raw = x2._data if type(x2) is Array else x2
    factored = getattr(backend_of(x1._data).xp.linalg, "factored", None)
    if factored is None or type(raw) is not type(x1._data) or raw.dtype != x1._data.dtype:
        return None
    return factored(x1._data) if len(raw.shape) == 2 and 0 not in raw.shape else None


def solve(x1: Array, x2: Array, /) -> Array:
    """Return the solution of ``x1 @ x = x2``, for a vector or for stacks of matrices."""
    if len(x2.shape) == 1:
        out = solve(x1, reshape(x2, (-1, 1)))
        return reshape(out, tuple(out.shape[:-1]))
    factors = _factors(x1, x2)
    return _solve(x1, x2) if factors is None else _solve_factored(x1, x2, factors=factors)


@rule(
    vjp=lambda xp, g, x1, out, lower: _triangular_vjp(xp, g, x1, out, lower),
    jvp=lambda xp, t, x1, out, lower: _solve_triangular(
        x1, t[1] - _triangle(xp, t[0], lower) @ out, lower=lower
    ),
)
def _solve_triangular(x1: Array, x2: Array, /, *, lower: bool = False) -> Array:
    """Return the solution X of ``x1 @ X = x2`` for matrices of which one triangle counts."""
    xp = backend_of(x1).xp
    own = getattr(xp.linalg, "solve_triangular", None)
    if own is None:
        return xp.linalg.solve(_triangle(xp, x1, lower), x2)  # type: ignore[no-any-return]
    return own(x1, x2, lower=lower)  # type: ignore[no-any-return]


def _triangle(xp: Any, x: Any, lower: bool) -> Any:
    return xp.tril(x) if lower else xp.triu(x)


def _triangular_vjp(xp: Any, g: Any, x1: Any, out: Any, lower: bool) -> tuple[Any, Any]:
    c = _solve_triangular(H(xp, x1), g, lower=not lower)
    return _triangle(xp, -c @ H(xp, out), lower), c


def solve_triangular(x1: Array, x2: Array, /, *, lower: bool = False) -> Array:
    """Return the solution of ``x1 @ x = x2``, where `x1` is triangular.

    Args:
        x1: square matrices; only the upper triangle is looked at, or the lower one.
        x2: a vector, or stacks of matrices.
        lower: whether `x1` is lower triangular.

    The work is a third of that of `solve`. Named after ``scipy.linalg.solve_triangular``.
    """
    if len(x1.shape) < 2 or x1.shape[-1] != x1.shape[-2]:
        raise ValueError(f"solve_triangular: x1 has shape {tuple(x1.shape)}; expected square ones")
    if len(x2.shape) == 1:
        out = _solve_triangular(x1, reshape(x2, (-1, 1)), lower=lower)
        return reshape(out, tuple(out.shape[:-1]))
    return _solve_triangular(x1, x2, lower=lower)


def _cofactor_vjp(xp: Any, g: Any, x: Any, out: Any) -> Any:
    """With C = det(A) A^-T, dC = tr(A^-1 dA) C - C dA^T A^-T."""
    inverse_t = xp.matrix_transpose(xp.linalg.inv(x))
    inner = xp.sum(g * conj(xp, out), axis=(-2, -1), keepdims=True)
    turned = xp.matrix_transpose(H(xp, out) @ g @ H(xp, inverse_t))
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
    return xp.reshape(turn, (*turn.shape, 1, 1)) * conj(xp, (u * row(xp, others)) @ vh)  # type: ignore[no-any-return]


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
    return xp.reshape(turn, (*turn.shape, 1, 1)) * H(xp, xp.linalg.inv(x))


def _slogdet_jvp(xp: Any, t: Any, x: Any, out: Any) -> tuple[Any, Any]:
    tau = _trace(xp, xp.linalg.solve(x, t))
    if not is_complex(tau):
        return xp.zeros_like(out[0]), tau
    return 1j * out[0] * xp.imag(tau), xp.real(tau)


@rule(vjp=_slogdet_vjp, jvp=_slogdet_jvp)
def slogdet(x: Array, /) -> SlogdetResult:
    """Return sign and logarithm of the modulus of the determinant."""
    return SlogdetResult(*raw_call("slogdet", x))


def _trace(xp: Any, x: Any) -> Any:
    return xp.sum(x * identity(xp, x), axis=(-2, -1))


def _pinv_vjp(xp: Any, g: Any, x: Any, out: Any) -> Any:
    """For constant rank; P the pseudoinverse."""
    P, PH, GH = out, H(xp, out), H(xp, g)
    left = GH - x @ (P @ GH)
    right = GH - (GH @ P) @ x
    return left @ (P @ PH) + (PH @ P) @ right - PH @ g @ PH


@rule(vjp=_pinv_vjp)
def _pinv(x: Array, /, *, rtol: Any = None) -> Array:
    """Return the pseudoinverse."""
    return raw_call("pinv", x) if rtol is None else raw_call("pinv", x, rtol=rtol)  # type: ignore[no-any-return]


def pinv(x: Array, /, *, rtol: float | Array | None = None) -> Array:
    """Return the pseudoinverse; the derivative assumes that the rank does not change."""
    return _pinv(x, rtol=rtol._data if type(rtol) is Array else rtol)
