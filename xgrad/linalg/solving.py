"""Inverse, linear systems, pseudoinverse."""

from __future__ import annotations

from typing import Any

from ..arrays.array import Array
from ..arrays.types import AnyArray, as_given
from ..backends import XP, Raw, backend_of
from ..engine.op import constant, rule
from ..engine.operands import require_array
from ..engine.unused import spared
from ..ops.beside import floating
from ..ops.manipulation import reshape
from ..ops.products import promoted
from .common import H, raw_call, require_square


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
    """Return a matrix without what is not finite in columns whose cotangents are zero.

    Nor have these derivatives that are not, where an outer tape looks.
    """
    used = xp.any(g != 0, axis=-2, keepdims=True)
    return spared(xp.where(xp.logical_or(used, xp.isfinite(x)), x, 0.0), xp.logical_not(used))


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
        ValueError: if `x2` is empty, and `x1` is not.
        LinAlgError: from the backend, if a matrix is singular.
    """
    require_square("solve", "x1", x1)
    require_array("linalg.solve", "x2", x2)
    if 0 in x2.shape[-2:][:1] and x1.shape[-1]:  # no library says so of an empty x2
        raise ValueError(f"linalg.solve: x2 has no rows; expected {x1.shape[-1]}, as x1")
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


def _between(a: Any, b: Any, c: Any) -> Any:
    """Return ``a @ b @ c`` of shapes (m, n), (n, m), (m, n) by the smaller square."""
    return a @ (b @ c) if a.shape[-2] >= a.shape[-1] else (a @ b) @ c


def _pinv_vjp(xp: XP, g: Any, x: Any, out: Any) -> Any:
    """For constant rank; P the pseudoinverse."""
    P, PH, GH = out, H(xp, out), H(xp, g)
    left = GH - _between(x, P, GH)
    right = GH - _between(GH, P, x)
    return _between(left, P, PH) + _between(PH, P, right) - _between(PH, g, PH)


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
    x = floating(x, "pinv")
    return _pinv(x, rtol=rtol._raw if isinstance(rtol, Array) else rtol)
