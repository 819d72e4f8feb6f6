"""Orthogonal polynomials, whose degree is constant (DLMF 18)."""

from __future__ import annotations

from typing import Any

from ..arrays.array import Array
from ..backends import XP
from ..ops.elementwise import Operand
from .define import (
    special,
)


def _below(n: Any) -> Any:
    """Return the degree below, which counts for nothing below 0 itself."""
    return n - 1 if isinstance(n, (int, float)) and n else (n - 1) * (n != 0)


def _where(xp: XP, condition: Any, x: Any, y: Any) -> Any:
    """Return x or y, by a truth value of a degree or of an array of degrees."""
    if isinstance(condition, bool):
        return x if condition else y
    return xp.where(condition, x, y)


def _mirrored(xp: XP, n: Any, shift: int) -> Any:
    """Return the degree, or ``-n - shift`` of a negative one, which has the same polynomial."""
    return _where(xp, n < 0, -n - shift, n)


def _unless_constant(xp: XP, n: Any, slope: Any) -> Any:
    """Return the slope of a polynomial, which is 0 for the degree 0."""
    return _where(xp, n != 0, slope, 0.0 * slope)


def _legendre_slope(xp: XP, n: Any, x: Any) -> Any:
    """Return the derivative of the polynomial of degree n, which is that of degree -n - 1."""
    n = _mirrored(xp, n, 1)
    return _unless_constant(xp, n, xp.special.eval_gegenbauer(_below(n), 1.5, x))


def _second_kind_slope(xp: XP, n: Any, x: Any) -> Any:
    """Return that of Chebyshev's second kind: minus the one of degree -n - 2, and 0 for -1."""
    up = _mirrored(xp, n, 2)
    up = _where(xp, up == -1, 0 * up, up)
    slope = 2 * xp.special.eval_gegenbauer(_below(up), 2.0, x)
    return _unless_constant(xp, up, _where(xp, n < 0, -slope, slope))


@special(None, lambda xp, n, x: _legendre_slope(xp, n, x))
def eval_legendre(n: Operand, x: Operand, /) -> Array:
    """Return the Legendre polynomial of degree `n` (DLMF 18.9.15).

    Args:
        n: degrees.
        x: where to evaluate, as a rule in [-1, 1]; shapes are broadcast.

    Returns:
        An array of the broadcast shape.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.

    >>> import numpy as np, xgrad as xg
    >>> xg.special.eval_legendre(2, np.asarray([0.0, 1.0]))
    array([-0.5,  1. ])
    """


@special(None, lambda xp, n, x: n * xp.special.eval_chebyu(_below(n), x))
def eval_chebyt(n: Operand, x: Operand, /) -> Array:
    """Return the Chebyshev polynomial of the first kind (DLMF 18.9.21).

    Args:
        n: degrees.
        x: where to evaluate, as a rule in [-1, 1]; shapes are broadcast.

    Returns:
        An array of the broadcast shape: ``cos(n * acos(x))`` inside.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


@special(None, lambda xp, n, x: _second_kind_slope(xp, n, x))
def eval_chebyu(n: Operand, x: Operand, /) -> Array:
    """Return the Chebyshev polynomial of the second kind (DLMF 18.9.19).

    Args:
        n: degrees.
        x: where to evaluate, as a rule in [-1, 1]; shapes are broadcast.

    Returns:
        An array of the broadcast shape: ``sin((n + 1) * t) / sin(t)`` with ``t = acos(x)`` inside.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


@special(None, lambda xp, n, x: -1 * (n != 0) * xp.special.eval_genlaguerre(_below(n), 1.0, x))
def eval_laguerre(n: Operand, x: Operand, /) -> Array:
    """Return the Laguerre polynomial (DLMF 18.9.23).

    Args:
        n: degrees.
        x: where to evaluate; shapes are broadcast.

    Returns:
        An array of the broadcast shape.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


@special(
    None,
    None,
    lambda xp, n, alpha, x: -1 * (n != 0) * xp.special.eval_genlaguerre(_below(n), alpha + 1.0, x),
)
def eval_genlaguerre(n: Operand, alpha: Operand, x: Operand, /) -> Array:
    """Return the generalized Laguerre polynomial (DLMF 18.9.23).

    Args:
        n: degrees.
        alpha: the parameter of its weight ``exp(-x) * x**alpha``, above -1.
        x: where to evaluate; shapes are broadcast.

    Returns:
        An array of the broadcast shape.

    Raises:
        NotDifferentiableError: if `n` or `alpha` is tracked: there is no derivative in them.
    """


@special(
    None,
    None,
    lambda xp, n, alpha, x: (
        2 * (n != 0) * alpha * xp.special.eval_gegenbauer(_below(n), alpha + 1.0, x)
    ),
)
def eval_gegenbauer(n: Operand, alpha: Operand, x: Operand, /) -> Array:
    """Return the Gegenbauer polynomial (DLMF 18.9.19).

    Args:
        n: degrees.
        alpha: the parameter of its weight ``(1 - x**2)**(alpha - 1/2)``, above -1/2.
        x: where to evaluate, as a rule in [-1, 1]; shapes are broadcast.

    Returns:
        An array of the broadcast shape.

    Raises:
        NotDifferentiableError: if `n` or `alpha` is tracked: there is no derivative in them.
    """


@special(
    None,
    None,
    None,
    lambda xp, n, alpha, beta, x: (
        (0.5 * (n != 0))
        * (n + alpha + beta + 1.0)
        * xp.special.eval_jacobi(_below(n), alpha + 1.0, beta + 1.0, x)
    ),
)
def eval_jacobi(n: Operand, alpha: Operand, beta: Operand, x: Operand, /) -> Array:
    """Return the Jacobi polynomial (DLMF 18.9.15).

    Args:
        n: degrees.
        alpha: the exponent in its weight ``(1 - x)**alpha * (1 + x)**beta``, above -1.
        beta: the other exponent, above -1.
        x: where to evaluate, as a rule in [-1, 1]; shapes are broadcast.

    Returns:
        An array of the broadcast shape.

    Raises:
        NotDifferentiableError: if `n`, `alpha` or `beta` is tracked: there is no derivative in
            them.
    """


@special(None, lambda xp, n, x: 2 * n * xp.special.eval_hermite(_below(n), x))
def eval_hermite(n: Operand, x: Operand, /) -> Array:
    """Return the physicist's Hermite polynomial (DLMF 18.9.25).

    It is orthogonal with the weight ``exp(-x**2)``; see `eval_hermitenorm` for the other one.

    Args:
        n: degrees.
        x: where to evaluate; shapes are broadcast.

    Returns:
        An array of the broadcast shape.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


@special(None, lambda xp, n, x: n * xp.special.eval_hermitenorm(_below(n), x))
def eval_hermitenorm(n: Operand, x: Operand, /) -> Array:
    """Return the probabilist's Hermite polynomial (DLMF 18.9.27).

    It is orthogonal with the weight ``exp(-x**2 / 2)``; see `eval_hermite` for the other one.

    Args:
        n: degrees.
        x: where to evaluate; shapes are broadcast.

    Returns:
        An array of the broadcast shape.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


@special(None, lambda xp, n, x: n * xp.special.eval_chebys(_below(n), x))
def eval_chebyc(n: Operand, x: Operand, /) -> Array:
    """Return the Chebyshev polynomial of the first kind on [-2, 2], ``2 * eval_chebyt(n, x/2)``.

    Args:
        n: degrees.
        x: where to evaluate; shapes are broadcast.

    Returns:
        An array of the broadcast shape.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


@special(None, lambda xp, n, x: 0.5 * _second_kind_slope(xp, n, 0.5 * x))
def eval_chebys(n: Operand, x: Operand, /) -> Array:
    """Return the Chebyshev polynomial of the second kind on [-2, 2], ``eval_chebyu(n, x / 2)``.

    Args:
        n: degrees.
        x: where to evaluate; shapes are broadcast.

    Returns:
        An array of the broadcast shape.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


@special(None, lambda xp, n, x: 2 * n * xp.special.eval_sh_chebyu(_below(n), x))
def eval_sh_chebyt(n: Operand, x: Operand, /) -> Array:
    """Return the Chebyshev polynomial of the first kind on [0, 1].

    Args:
        n: degrees.
        x: where to evaluate, as a rule in [0, 1]; shapes are broadcast.

    Returns:
        An array of the broadcast shape: ``eval_chebyt(n, 2 * x - 1)``.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


@special(None, lambda xp, n, x: 2 * _second_kind_slope(xp, n, 2 * x - 1))
def eval_sh_chebyu(n: Operand, x: Operand, /) -> Array:
    """Return the Chebyshev polynomial of the second kind on [0, 1].

    Args:
        n: degrees.
        x: where to evaluate, as a rule in [0, 1]; shapes are broadcast.

    Returns:
        An array of the broadcast shape: ``eval_chebyu(n, 2 * x - 1)``.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


@special(None, lambda xp, n, x: 2 * _legendre_slope(xp, n, 2 * x - 1))
def eval_sh_legendre(n: Operand, x: Operand, /) -> Array:
    """Return the Legendre polynomial on [0, 1].

    Args:
        n: degrees.
        x: where to evaluate, as a rule in [0, 1]; shapes are broadcast.

    Returns:
        An array of the broadcast shape: ``eval_legendre(n, 2 * x - 1)``.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """
