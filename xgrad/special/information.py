"""Logistic functions, entropies, and the Huber losses.

Where the first argument of ``x log y`` is zero, so is the product, whatever the logarithm is: its
derivatives there are 0 in y and, at (0, 0) where no limit exists, 0 in x.
"""

from __future__ import annotations

import math
from typing import Any

from ..arrays.array import SCALARS, Array
from ..arrays.types import ArrayLike, as_given
from ..backends import XP, backend_of
from ..engine.op import elementwise
from ..ops import activations
from ..ops.elementwise import Operand
from ..ops.slopes import cosine, logit_slope, sigmoid_slope
from ..ops.statistical import max as max_over
from ..ops.statistical import sum as sum_over
from .define import arrays, floats, polynomial, special

Axis = int | tuple[int, ...] | None

_SMALLEST = 1e-37  # a quotient that single precision has with all its digits

# Logistic functions ------------------------------------------------------------------------------


@special(lambda xp, x: sigmoid_slope(x))
def expit(x: Array, /) -> Array:
    """Return the logistic function, ``1 / (1 + exp(-x))``."""


@special(lambda xp, x: logit_slope(x))
def logit(x: Array, /) -> Array:
    """Return the logarithm of the odds, ``log(x / (1 - x))``."""


@special(lambda xp, x: xp.special.expit(-x))
def log_expit(x: Array, /) -> Array:
    """Return the logarithm of `expit`, accurate also where it underflows."""


@as_given
def softmax(x: Array, axis: Axis = None) -> Array:
    """Return ``exp(x)`` over its sum along axes, as `xgrad.softmax`; by default over all axes.

    Args:
        x: real scores (logits), of a floating-point dtype.
        axis: the axis or axes over which the result sums to 1; all if None.

    Returns:
        An array of the shape and dtype of `x`.
    """
    return activations.softmax(x, axis=axis)


@as_given
def log_softmax(x: Array, axis: Axis = None) -> Array:
    """Return the logarithm of `softmax`, as `xgrad.log_softmax`; by default over all axes.

    Args:
        x: real scores (logits), of a floating-point dtype.
        axis: the axis or axes over which the probabilities sum to 1; all if None.

    Returns:
        An array of the shape and dtype of `x`.
    """
    return activations.log_softmax(x, axis=axis)


@as_given
def logsumexp(
    a: Array, axis: Axis = None, b: ArrayLike | None = None, keepdims: bool = False
) -> Array:
    """Return the logarithm of the sum of ``b * exp(a)`` along axes, as `xgrad.logsumexp`.

    Args:
        a: the exponents.
        axis: the axis or axes to sum over; all if None.
        b: the weights of the exponentials, if not 1.
        keepdims: whether to keep the axes, with length 1.

    Returns:
        An array of the shape of `a` without the axes; NaN where the weighted sum is negative.
    """
    import xgrad

    if b is None:
        return activations.logsumexp(a, axis=axis, keepdims=keepdims)
    top = max_over(a.detach() if isinstance(a, Array) else a, axis=axis, keepdims=True)
    top = xgrad.where(xgrad.isfinite(top), top, 0.0)
    total = sum_over(b * xgrad.exp(a - top), axis=axis, keepdims=True)
    out = xgrad.log(total) + top
    return out if keepdims else sum_over(out, axis=axis)


# Products with logarithms, and entropies ---------------------------------------------------------


def _ratio(xp: XP, x: Any, y: Any) -> Any:
    """Return ``x / y``, and 0 where both are; where only x is 0 its derivative is ``1 / y``."""
    x, y = arrays(xp, x, y)
    both = (x == 0) & (y == 0)
    return xp.where(both, 0.0, x / xp.where(both, xp.ones_like(y), y))


def _log(xp: XP, x: Any, y: Any) -> Any:
    x, y = arrays(xp, x, y)
    both = (x == 0) & (y == 0)
    return xp.log(xp.where(both, 1.0, y))


def _log1p(xp: XP, x: Any, y: Any) -> Any:
    x, y = arrays(xp, x, y)
    both = (x == 0) & (y == -1)
    return xp.log1p(xp.where(both, 0.0, y))


def _log_ratio(xp: XP, x: Any, y: Any) -> Any:
    """Return ``log(x / y)``, also where the quotient is infinite or vanishes."""
    x, y = arrays(xp, x, y)
    both = (x == 0) & (y == 0)
    x, y = xp.where(both, 1.0, x), xp.where(both, 1.0, y)
    ratio = x / y
    plain = (ratio > _SMALLEST) & (ratio < 1 / _SMALLEST)
    return xp.where(plain, xp.log(xp.where(plain, ratio, 1.0)), xp.log(x) - xp.log(y))


@special(lambda xp, x, y: _log(xp, x, y), lambda xp, x, y: _ratio(xp, x, y), zeros=True)
def xlogy(x: Operand, y: Operand, /) -> Array:
    """Return ``x * log(y)``, and 0 where x is 0.

    Args:
        x: an array or a number.
        y: numbers that are not negative if real; shapes are broadcast.

    Returns:
        An array of the broadcast shape. Where `x` is 0 the derivative in `y` is 0 too.

    >>> import numpy as np, xgrad as xg
    >>> xg.special.xlogy(np.asarray([0.0, 1.0]), np.asarray([0.0, 1.0]))
    array([0., 0.])
    """


@special(lambda xp, x, y: _log1p(xp, x, y), lambda xp, x, y: _ratio(xp, x, 1 + y), zeros=True)
def xlog1py(x: Operand, y: Operand, /) -> Array:
    """Return ``x * log1p(y)``, and 0 where x is 0.

    Args:
        x: an array or a number.
        y: numbers from -1 if real; shapes are broadcast.

    Returns:
        An array of the broadcast shape. Where `x` is 0 the derivative in `y` is 0 too.
    """


@special(lambda xp, x: -1 - xp.log(x))
def entr(x: Array, /) -> Array:
    """Return the entropy ``-x * log(x)``, 0 at 0, and -inf of negative elements."""


@special(
    lambda xp, x, y: _log_ratio(xp, x, y) + 1,
    lambda xp, x, y: -_ratio(xp, x, y),
    zeros=True,
)
def rel_entr(x: Operand, y: Operand, /) -> Array:
    """Return the relative entropy, ``x * log(x / y)``.

    Args:
        x: numbers that are not negative.
        y: numbers that are not negative; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape: 0 where `x` is 0, infinity where only `y` is 0.
    """


_EXCESS = [(-1) ** k / ((k + 1) * (k + 2)) for k in range(18)]


@special(
    lambda xp, x, y: _log_ratio(xp, x, y),
    lambda xp, x, y: 1 - _ratio(xp, x, y),
    zeros=True,
)
def kl_div(x: Operand, y: Operand, /) -> Array:
    """Return the Kullback-Leibler divergence, ``x * log(x / y) - x + y``.

    Args:
        x: numbers that are not negative.
        y: numbers that are not negative; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape, none negative: `y` where `x` is 0, infinity where only
        `y` is 0. Note the terms ``- x + y``, which `rel_entr` does not have.
    """
    return _divergence(backend_of(x if type(y) in SCALARS else y).xp, x, y)


def _divergence(xp: XP, x: Any, y: Any) -> Any:
    """Return the divergence from raw arrays, also where its terms cancel or their ratio is none."""
    x, y = arrays(xp, x, y)
    positive = (x > 0) & (y > 0) & xp.isfinite(x) & xp.isfinite(y)
    x1, y1 = xp.where(positive, x, 1.0), xp.where(positive, y, 1.0)
    t = xp.where(positive, x1 - y1, 1.0) / y1
    near = positive & (
        xp.abs(t) < 0.125
    )  # where the terms nearly cancel: y ((1 + t) log(1 + t) - t)
    t = xp.where(near, t, 0.0)
    plain = x1 * _log_ratio(xp, x1, y1) - x1 + y1
    inside = xp.where(near, y1 * t * t * polynomial(t, _EXCESS), plain)
    beyond = (x >= 0) & (y >= 0) & (xp.isinf(x) != xp.isinf(y))  # one is infinite: so is that
    outside = xp.special.kl_div(*(xp.where(positive | beyond, 1.0, z) for z in (x, y)))
    return xp.where(positive, inside, xp.where(beyond, math.inf, outside))


# Losses ------------------------------------------------------------------------------------------


def _excess(xp: XP, delta: Any, r: Any) -> Any:
    """Return by how much the residual is larger than delta, or 0."""
    delta, r = arrays(xp, delta, r)
    large = xp.abs(r) > delta
    return xp.where(large, xp.abs(r) - delta, 0.0)


def _clipped(xp: XP, delta: Any, r: Any) -> Any:
    delta, r = arrays(xp, delta, r)
    return xp.where(xp.abs(r) > delta, delta * xp.sign(r), r)


@special(
    lambda xp, delta, r: _excess(xp, delta, r),
    lambda xp, delta, r: _clipped(xp, delta, r),
    zeros=True,
)
def huber(delta: Operand, r: Operand, /) -> Array:
    """Return the Huber loss: ``r**2 / 2`` near 0, and linear where r is larger than delta.

    Args:
        delta: where it becomes linear, not negative; a negative one gives infinity.
        r: differences; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape: ``delta * (abs(r) - delta / 2)`` in the linear part.
    """


def _shares(xp: XP, delta: Any, r: Any) -> tuple[Any, Any, Any, Any]:
    """Return delta and r, and their shares of the hypotenuse, though that be infinite."""
    delta, r = arrays(xp, delta, r)
    return delta, r, cosine(0.5 * delta, 0.5 * r), cosine(0.5 * r, 0.5 * delta)


def _drop(xp: XP, delta: Any, r: Any) -> Any:
    """Return ``delta * r**2 / (hypot(delta, r) + delta)``, by shares that are not tiny."""
    delta, r, c, s = _shares(xp, delta, r)
    flat = delta * (r * (s / (1 + c)))
    return xp.where(xp.abs(r) > xp.abs(delta), flat, r * (r * (c / (1 + c))))


def _cube_of_share(xp: XP, x1: Any, x2: Any) -> Any:
    x1, x2 = arrays(xp, x1, x2)
    return cosine(0.5 * x1, 0.5 * x2) ** 3


def _delta_bend(xp: XP, delta: Any, r: Any) -> Any:
    _, _, c, s = _shares(xp, delta, r)
    return -xp.square(s * s / (1 + c)) * (2 + c)


@elementwise(
    lambda xp, delta, r: _delta_bend(xp, delta, r),
    lambda xp, delta, r: _cube_of_share(xp, r, delta),
)
def _delta_slope(delta: Operand, r: Operand, /) -> Array:
    """Return ``(h - delta)**2 / h`` with h = hypot(delta, r)."""
    xp = backend_of(delta if type(r) in SCALARS else r).xp
    delta, r, c, s = _shares(xp, delta, r)
    return r * s * s * s / xp.square(1 + c)


@elementwise(
    lambda xp, delta, r: _cube_of_share(xp, r, delta),
    lambda xp, delta, r: _cube_of_share(xp, delta, r),
)
def _pull(delta: Operand, r: Operand, /) -> Array:
    """Return ``delta * r / hypot(delta, r)``, by the larger share of the two."""
    xp = backend_of(delta if type(r) in SCALARS else r).xp
    delta, r, c, s = _shares(xp, delta, r)
    return xp.where(xp.abs(r) > xp.abs(delta), delta * s, r * c)


@special(
    lambda xp, delta, r: _delta_slope(delta, r),
    lambda xp, delta, r: _pull(delta, r),
)
def pseudo_huber(delta: Operand, r: Operand, /) -> Array:
    """Return the smooth Huber loss, ``delta**2 * (sqrt(1 + (r / delta)**2) - 1)``.

    Args:
        delta: about where it becomes linear, not negative; a negative one gives infinity.
        r: differences; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape, with derivatives in both.
    """
    xp = backend_of(delta if type(r) in SCALARS else r).xp
    width, rest = floats(xp, *arrays(xp, delta, r))
    return xp.where(width < 0, float("inf"), _drop(xp, width, rest))
