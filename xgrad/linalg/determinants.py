"""Determinants. Their derivatives are polynomials, which singular matrices have as well."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..arrays.array import Array
from ..backends import XP, backend_of
from ..engine.op import rule
from ..engine.projection import conj
from ..ops.elementwise import is_complex, strong_multiply
from ..ops.statistical import products_of_others
from .common import H, SlogdetResult, column, identity, raw_call, row, svd_of_finite
from .degenerate import epsilon

# Matrices of up to three rows --------------------------------------------------------------------


def _crossed(xp: XP, x: Any, y: Any) -> Any:
    """Return twice the polarised cofactors of 3 x 3 matrices: of x and x they are twice its own.

    The indices of the minor of an entry follow on the entry's, cyclically, which makes the signs.
    """

    def after(m: Any, i: int, j: int) -> Any:
        return xp.roll(m, (-i, -j), axis=(-2, -1))

    total = after(x, 1, 1) * after(y, 2, 2) - after(x, 1, 2) * after(y, 2, 1)
    if x is y:
        return total + total
    return total + after(y, 1, 1) * after(x, 2, 2) - after(y, 1, 2) * after(x, 2, 1)


def _small_cofactor(xp: XP, x: Any) -> Any:
    """Return the cofactors of up to three rows, as they are written out."""
    if x.shape[-1] < 2:
        return xp.ones_like(x)
    if x.shape[-1] == 2:
        return xp.flip(x, axis=(-2, -1)) * (2 * identity(xp, x) - 1)
    return 0.5 * _crossed(xp, x, x)


def _small_slope(xp: XP, x: Any, e: Any) -> Any:
    """Return how these change along `e`."""
    if x.shape[-1] < 2:
        return xp.zeros_like(e)
    return _small_cofactor(xp, e) if x.shape[-1] == 2 else _crossed(xp, x, e)


# Larger ones, by their inverse -------------------------------------------------------------------


def _inverses(xp: XP, x: Any, d: Any, loss: float) -> tuple[Any, Any, Any]:
    """Return determinants, inverses, and which of them have lost more than a part of the digits.

    The inverse of one that counts as singular is that of the unit matrix: libraries raise there.
    """
    lost = (d == 0) | ~xp.isfinite(d)
    d = xp.reshape(d, (*d.shape, 1, 1))
    inverse, x, lost = _inverted(xp, x, lost)
    size = _squares(xp, x) * _squares(xp, inverse)  # at least that of the condition number
    return d, inverse, lost | ~(size < epsilon(x) ** (-2 * loss))


def _inverted(xp: XP, x: Any, singular: Any) -> tuple[Any, Any, Any]:
    """Return inverses, of which matrices, and where these are units in the place of singular ones.

    Libraries raise at a pivot of 0. That of a determinant may have been nearly 0 in their own way
    of dividing: then each matrix is asked by itself.
    """
    at = (*singular.shape, 1, 1)
    regular = xp.where(xp.reshape(singular, at), identity(xp, x), x)
    try:
        return xp.linalg.inv(regular), regular, singular
    except (RuntimeError, ValueError):
        flat = xp.reshape(regular, (-1, *x.shape[-2:]))
    lost = xp.reshape(singular, (-1,))
    number = xp.cumulative_sum(xp.astype(xp.ones_like(lost), xp.int64)) - 1
    for k in range(lost.shape[0]):
        try:
            xp.linalg.inv(flat[k, ...])
        except (RuntimeError, ValueError):
            lost = lost | (number == k)
    singular = xp.reshape(lost, singular.shape)
    regular = xp.where(xp.reshape(singular, at), identity(xp, x), x)
    return xp.linalg.inv(regular), regular, singular


def _squares(xp: XP, x: Any) -> Any:
    x = xp.reshape(x, (*x.shape[:-2], x.shape[-2] * x.shape[-1]))
    out = xp.vecdot(x, x)
    return xp.real(out) if is_complex(out) else out


def _mended(lost: Any, out: Any, exact: Callable[..., Any], *args: Any) -> Any:
    """Return `out` with the matrices that are lost computed by ``exact(xp, *args)``."""
    xp = backend_of(out).xp
    shape, flat = out.shape, (-1, *out.shape[-2:])
    lost = xp.reshape(lost, (-1,))
    (which,) = xp.nonzero(lost)
    if not which.shape[0]:
        return out
    if which.shape[0] == lost.shape[0]:
        return exact(xp, *args)
    found = exact(xp, *(xp.take(xp.reshape(a, flat), which, axis=0) for a in args))
    places = xp.cumulative_sum(xp.astype(lost, which.dtype))
    kept = xp.arange(lost.shape[0], dtype=which.dtype, device=backend_of(out).device(out))
    order = xp.where(lost, places + (lost.shape[0] - 1), kept)
    return xp.reshape(xp.take(xp.concat([xp.reshape(out, flat), found]), order, axis=0), shape)


# Any, by singular values -------------------------------------------------------------------------


def _spectrum(xp: XP, x: Any) -> tuple[Any, Any, Any, Any]:
    """Return conj(U), S, conj(V^H) and the determinant of U V^H, of A = U S V^H."""
    u, s, vh = svd_of_finite(xp, x)
    turn = xp.linalg.det(u) * xp.linalg.det(vh)
    return conj(xp, u), s, conj(xp, vh), xp.reshape(turn, (*turn.shape, 1, 1))


def _singular_cofactor(xp: XP, x: Any) -> Any:
    """Return conj(det(U) det(V^H) U S' V^H), S' holding the products of the others."""
    u, s, vh, turn = _spectrum(xp, x)
    return turn * ((u * row(xp, xp.astype(products_of_others(xp, s), x.dtype))) @ vh)


def _singular_slope(xp: XP, x: Any, e: Any) -> Any:
    """Return the same of its change along `e`.

    In the bases of the singular vectors, where M_ij is the product of the singular values without
    the two, it is sum_j M_ij e_jj on the diagonal, and -M_ij e_ji elsewhere.
    """
    u, s, vh, turn = _spectrum(xp, x)
    e = xp.matrix_transpose(u) @ e @ xp.matrix_transpose(vh)
    diagonal = xp.astype(identity(xp, s), xp.bool)
    without = products_of_others(xp, xp.where(diagonal, 1.0, row(xp, s)))
    M = xp.astype(xp.where(diagonal, 0.0, without), x.dtype)
    on = M @ column(xp, xp.sum(xp.where(diagonal, e, 0.0), axis=-1))
    return turn * (u @ xp.where(diagonal, on, -M * xp.matrix_transpose(e)) @ vh)


# The determinant, and its derivatives ------------------------------------------------------------


def _third(xp: XP, g: Any, x: Any, e: Any) -> Any:
    """Return the derivative of ``sum(g * _cofactor_slope(x, e))``.

    Of three rows it is the same function again; of more it divides by the matrix.
    """
    if x.shape[-1] <= 3:
        return _cofactor_slope(e, g) if x.shape[-1] == 3 else xp.zeros_like(x)
    inverse, c = xp.linalg.inv(x), _cofactor(x, det(x))
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
    """Return how the cofactor matrix changes with `x` in the direction `e`: a polynomial."""
    backend = backend_of(x)
    xp = backend.xp
    if x.shape[-1] <= 3 or not math.prod(x.shape):
        return _small_slope(xp, x, e)
    if not backend.on_host(x):
        return _singular_slope(xp, x, e)
    d, inverse, lost = _inverses(xp, x, xp.linalg.det(x), 0.2)  # the terms below cancel
    turned = inverse @ e
    trace = xp.expand_dims(_trace(xp, turned), axis=(-2, -1))
    out = xp.matrix_transpose(d * (trace * inverse - turned @ inverse))
    return _mended(lost, out, _singular_slope, x, e)


@rule(
    vjp=lambda xp, g, x, d: (conj(xp, _cofactor_slope(x, conj(xp, g))), None),
    jvp=lambda xp, t, x, d: _cofactor_slope(x, t[0]),
    core=2,
)
def _cofactor(x: Array, d: Array, /) -> Array:
    """Return the cofactor matrix, the derivative of the determinant `d`, also where that is 0."""
    backend = backend_of(x)
    xp = backend.xp
    if x.shape[-1] <= 3 or not math.prod(x.shape):
        return _small_cofactor(xp, x)
    if not backend.on_host(x):
        return _singular_cofactor(xp, x)
    d, inverse, lost = _inverses(xp, x, d, 0.4)
    return _mended(lost, d * xp.matrix_transpose(inverse), _singular_cofactor, x)


@rule(
    vjp=lambda xp, g, x, out: xp.reshape(g, (*g.shape, 1, 1)) * conj(xp, _cofactor(x, out)),
    jvp=lambda xp, t, x, out: xp.sum(t * _cofactor(x, out), axis=(-2, -1)),
    path="linalg.",
    core=2,
)
def det(x: Array, /) -> Array:
    """Return the determinant of square matrices.

    It is a polynomial, and its first and second derivatives are exact also where it is 0: of up to
    three rows as it is written out, of more by the inverse or, where digits would be lost, by
    products of singular values. Third derivatives of more than three rows divide by the matrix.
    """


# Its logarithm -----------------------------------------------------------------------------------


def _inverse(xp: XP, x: Any, sign: Any) -> Any:
    """Return the inverse of matrices, infinite where one is singular: libraries would raise."""
    inverse, _, singular = _inverted(xp, x, sign == 0)
    return xp.where(xp.reshape(singular, (*singular.shape, 1, 1)), math.inf, inverse)


def _slogdet_vjp(xp: XP, g: Any, x: Any, out: Any) -> Any:
    """With tau = tr(A^-1 dA): d log|det| = Re tau and d sign = i sign Im tau."""
    g_sign, g_log, sign = (xp.reshape(v, (*v.shape, 1, 1)) for v in (*g, out[0]))
    turn = xp.imag(g_sign * xp.conj(sign)) * 1j + g_log if is_complex(sign) else g_log
    return strong_multiply(turn, H(xp, _inverse(xp, x, out[0])))


def _slogdet_jvp(xp: XP, t: Any, x: Any, out: Any) -> tuple[Any, Any]:
    inverse = xp.matrix_transpose(_inverse(xp, x, out[0]))
    tau = xp.sum(strong_multiply(t, inverse), axis=(-2, -1))
    if not is_complex(tau):
        return xp.zeros_like(out[0]), tau
    return 1j * out[0] * xp.imag(tau), xp.real(tau)


@rule(vjp=_slogdet_vjp, jvp=_slogdet_jvp, core=2)
def slogdet(x: Array, /) -> SlogdetResult:
    """Return sign and logarithm of the modulus of the determinant.

    Where a matrix is singular the logarithm is -inf, and its derivative infinite; where nothing
    depends on it, as behind a `where`, that is 0.
    """
    return SlogdetResult(*raw_call("slogdet", x))


def _trace(xp: XP, x: Any) -> Any:
    return xp.sum(x * identity(xp, x), axis=(-2, -1))
