"""Polynomials as NumPy has them: coefficients in a vector, that of the highest power first."""

from __future__ import annotations

from typing import Any

from ..arrays.array import Array
from ..arrays.types import AnyArray, ArrayLike, as_given
from .arranging import diag, vander
from .beside import array_of, beside, floating, fractions, is_number
from .choosing import polyval
from .converting import is_array
from .convolution import convolve
from .creation import ones_like, zeros_like
from .elementwise import add, divide, multiply, negative, sqrt, square, subtract
from .halves import in_single
from .indexing import getitem
from .joining import append
from .manipulation import concat, expand_dims, flip, reshape
from .statistical import sum as sum_over

__all__ = [
    "poly",
    "polyadd",
    "polyder",
    "polydiv",
    "polyfit",
    "polyint",
    "polymul",
    "polysub",
    "polyval",
    "roots",
]


def _vector(p: Any, name: str) -> Any:
    """Return coefficients as a floating-point vector."""
    p = floating(p, name)
    if len(p.shape) > 1:
        raise ValueError(f"{name}: the coefficients have {len(p.shape)} axes; expected 1")
    return p if p.shape else expand_dims(p, axis=0)


def _two(a1: Any, a2: Any, name: str) -> tuple[Any, Any]:
    """Return the coefficients of two polynomials; numbers beside the other's array."""
    like = next((x for x in (a1, a2) if is_array(x) and not is_number(x)), None)
    if like is not None:
        a1, a2 = beside(like, a1), beside(like, a2)
    return _vector(a1, name), _vector(a2, name)


def _long(p: Any, n: int) -> Any:
    """Return coefficients with zeros in front, `n` in all."""
    missing = n - p.shape[0]
    if missing <= 0:
        return p
    nothing = reshape(zeros_like(sum_over(p)), (1,))
    return concat([*[nothing] * missing, p], axis=0)


@as_given
def polyadd(a1: AnyArray, a2: AnyArray, /) -> Array:
    """Return the sum of two polynomials.

    Args:
        a1: coefficients, that of the highest power first; a vector.
        a2: those of the other polynomial.

    Returns:
        A vector as long as the longer one.

    >>> import numpy as np, xgrad as xg
    >>> xg.polyadd(np.asarray([1.0, 2.0]), np.asarray([3.0, 0.0, 1.0]))
    array([3., 1., 3.])
    """
    a1, a2 = _two(a1, a2, "polyadd")
    n = max(a1.shape[0], a2.shape[0])
    return add(_long(a1, n), _long(a2, n))


@as_given
def polysub(a1: AnyArray, a2: AnyArray, /) -> Array:
    """Return the difference of two polynomials.

    Args:
        a1: coefficients, that of the highest power first; a vector.
        a2: those of the polynomial that is subtracted.

    Returns:
        A vector as long as the longer one.
    """
    a1, a2 = _two(a1, a2, "polysub")
    n = max(a1.shape[0], a2.shape[0])
    return subtract(_long(a1, n), _long(a2, n))


@as_given
def polymul(a1: AnyArray, a2: AnyArray, /) -> Array:
    """Return the product of two polynomials.

    Args:
        a1: coefficients, that of the highest power first; a vector.
        a2: those of the other polynomial.

    Returns:
        A vector of as many coefficients as both have, less one: the convolution of the two.
    """
    return convolve(*_two(a1, a2, "polymul"))


@as_given
@in_single
def polydiv(u: Any, v: Any, /) -> tuple[Array, Array]:
    """Return quotient and remainder of two polynomials.

    The remainder has as many coefficients as `v` less one, at least one: where NumPy drops leading
    zeros, which depends on values, they are kept.

    Args:
        u: the dividend: coefficients, that of the highest power first.
        v: the divisor; its first coefficient must not be 0.

    Returns:
        Two vectors, quotient and remainder: ``u = polymul(quotient, v) + remainder``.
    """
    u, v = _two(u, v, "polydiv")
    n, rest = v.shape[0], u
    lead, parts = getitem(v, slice(0, 1)), []
    for _ in range(u.shape[0] - n + 1):
        q = divide(getitem(rest, slice(0, 1)), lead)
        head = subtract(getitem(rest, slice(1, n)), multiply(q, getitem(v, slice(1, n))))
        parts.append(q)
        rest = concat([head, getitem(rest, slice(n, None))], axis=0)
    quotient = concat(parts, axis=0) if parts else zeros_like(lead)
    return quotient, rest if rest.shape[0] else zeros_like(lead)


@as_given
def polyder(p: Array, /, m: int = 1) -> Array:
    """Return the `m`-th derivative of a polynomial in its variable.

    Args:
        p: coefficients, that of the highest power first; a vector.
        m: the order of the derivative.

    Returns:
        A vector shorter by `m`, empty if nothing is left.

    Raises:
        ValueError: if `m` is negative.

    >>> import numpy as np, xgrad as xg
    >>> xg.polyder(np.asarray([1.0, 0.0, 5.0]))
    array([2., 0.])
    """
    p = _vector(p, "polyder")
    if m < 0:
        raise ValueError(f"polyder: m is {m}; expected the order of a derivative, 0 or more")
    for _ in range(m):
        n = p.shape[0]
        powers = flip(add(fractions(p, n=max(n - 1, 0)), 1), axis=0)
        p = multiply(getitem(p, slice(0, max(n - 1, 0))), powers)
    return p


@as_given
def polyint(p: Array, /, m: int = 1, k: ArrayLike | None = None) -> Array:
    """Return the `m`-th antiderivative of a polynomial, with the constants `k`, else with zeros.

    Args:
        p: coefficients, that of the highest power first; a vector.
        m: how often to integrate.
        k: the constants of integration, one for all or one for each time; zeros if None.

    Returns:
        A vector longer by `m`.

    Raises:
        ValueError: if `m` is negative, or there are neither one nor `m` constants.
    """
    p = _vector(p, "polyint")
    if m < 0:
        raise ValueError(f"polyint: m is {m}; expected how often to integrate, 0 or more")
    constants = None if k is None else _vector(beside(p, k), "polyint")
    if constants is not None and constants.shape[0] not in (1, m):
        raise ValueError(f"polyint: k has {constants.shape[0]} constants; expected 1 or m = {m}")
    for i in range(m):
        powers = flip(add(fractions(p, n=p.shape[0]), 1), axis=0)
        if constants is None:
            last = zeros_like(getitem(powers, slice(0, 1)))
        else:
            j = min(i, constants.shape[0] - 1)
            last = getitem(constants, slice(j, j + 1))
        p = append(divide(p, powers), last)
    return p


@as_given
def poly(seq_of_zeros: Any, /) -> Array:
    """Return the polynomial with given zeros, or the characteristic one of a square matrix."""
    zeros = floating(seq_of_zeros, "poly")
    if len(zeros.shape) == 2:
        from ..linalg import eigvals

        zeros = eigvals(zeros)
    out = ones_like(getitem(zeros, slice(0, 1)))
    for i in range(zeros.shape[0]):
        shifted = multiply(out, getitem(zeros, slice(i, i + 1)))
        nothing = zeros_like(getitem(out, slice(0, 1)))
        out = subtract(concat([out, nothing], axis=0), concat([nothing, shifted], axis=0))
    return out


@as_given
def roots(p: Array, /) -> Array:
    """Return the zeros of a polynomial, complex ones always; its first coefficient is not 0.

    NumPy's are real where all are, and drops leading zeros: both depend on values.
    """
    from ..linalg import eigvals

    p = _vector(p, "roots")
    n = p.shape[0] - 1
    top = negative(divide(getitem(p, slice(1, None)), getitem(p, slice(0, 1))))
    if n < 1:
        return top
    below = diag(ones_like(getitem(top, slice(0, n - 1))), -1)
    return eigvals(concat([expand_dims(top, 0), getitem(below, slice(1, None))], axis=0))


@as_given
def polyfit(
    x: AnyArray, y: AnyArray, deg: int, /, rcond: float | None = None, w: AnyArray | None = None
) -> Array:
    """Return the polynomial of a degree that fits points best, in the least-squares sense.

    Args:
        x: where the points are, a vector.
        y: their values, a vector or a matrix with a column for each set of values.
        deg: the degree of the polynomial.
        rcond: singular values below this part of the largest one count as 0.
        w: weights of the differences, not of their squares.

    Returns:
        ``deg + 1`` coefficients, that of the highest power first; for a matrix `y` a column for
        each set. Derivatives flow to `x`, `y` and `w`.

    Raises:
        ValueError: if `x` and `y` do not have as many points, or `deg` is negative.
    """
    from ..linalg import lstsq

    y = floating(y, "polyfit")
    x = floating(beside(y, x), "polyfit")
    if len(x.shape) != 1 or y.shape[:1] != x.shape:
        raise ValueError(
            f"polyfit: x has shape {tuple(x.shape)} and y {tuple(y.shape)}; "
            "expected a vector, and as many values"
        )
    if deg < 0:
        raise ValueError(f"polyfit: deg is {deg}; expected 0 or more")
    powers = vander(x, deg + 1)
    if w is not None:
        w = array_of(beside(x, w), "polyfit")
        powers = multiply(powers, expand_dims(w, axis=-1))
        y = multiply(y, w if len(y.shape) == 1 else expand_dims(w, axis=-1))
    scale = sqrt(sum_over(square(powers), axis=0))
    found = lstsq(divide(powers, scale), y, rcond)[0]
    return divide(found, scale if len(y.shape) == 1 else expand_dims(scale, axis=-1))
