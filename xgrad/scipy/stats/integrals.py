"""What SciPy finds of a distribution by quadrature: its value SciPy's, its derivative an integral.

The integrand's derivative is integrated by the double exponential rule of Takahasi and Mori (1974),
from the median to either end, over points that do not move with the parameters. So each order of
derivative is that of the integrand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ..common import is_tracked, raw, with_derivative_of
from .written import is_own, support

__all__ = ["beyond", "expectation", "points_between", "terms", "trusted"]

Function = Callable[..., Any]
STEPS = np.linspace(-3.6, 3.6, 91)
MOST = 10_000
"""How many probabilities are summed at most."""
GAUSS = np.polynomial.legendre.leggauss(4)


def points_between(edge: Any, middle: Any, width: Any) -> tuple[Any, Any]:
    """Return points between an end of the support and a middle, and their positive weights."""
    edge, middle, width = np.broadcast_arrays(edge, middle, width)
    edge, middle, width = edge[..., None], middle[..., None], width[..., None]
    rise = np.pi / 2 * np.cosh(STEPS) * (STEPS[1] - STEPS[0])
    grown = np.exp(np.pi / 2 * np.sinh(STEPS))
    share = 1.0 / (1.0 + 1.0 / grown**2)
    finite = np.isfinite(edge)
    side = np.sign(np.where(finite, edge - middle, edge))
    span = np.where(finite, edge - middle, 0.0)
    near = np.where(finite, edge, 0.0) - span * share  # counted from the end, which may be a pole
    far = middle + side * width * grown
    weights = np.where(
        finite, np.abs(span) * 2 * share * (1.0 - share) * rise, width * grown * rise
    )
    return np.where(finite, near, far), weights


def _held(plain: Any, shapes: Any) -> tuple[Any, Any, Any, list[Any]]:
    """Return the ends of the support, a width, and the shape parameters, raw."""
    held = [np.asarray(raw(xgrad.asarray(s).detach()), dtype=float) for s in shapes]
    if is_own(plain, "_get_support") and is_tracked(*shapes):
        raise NotImplementedError(
            f"{plain.name}: its support moves with its parameters, so that an integral over it has "
            "no derivative here. Write the integral by xgrad.scipy.integrate.quad of its pdf"
        )
    low, high = (np.asarray(v, dtype=float) for v in support(plain, shapes))
    width = np.asarray(plain.ppf(0.75, *held) - plain.ppf(0.25, *held), dtype=float)
    return low, high, width, held


def _integral(plain: Any, f: Function, shapes: Any, *parts: tuple[Any, Any]) -> Any:
    """Return the integral of ``f(y, *shapes)`` over points with weights, along the last axis."""
    wide = [s[..., None] if isinstance(s, Array) and s.ndim else s for s in shapes]
    held = [raw(xgrad.asarray(s).detach()) for s in wide]
    total: Any = 0.0
    for points, weights in parts:
        with np.errstate(all="ignore"):
            good = np.isfinite(points) & (weights > 0) & (plain.pdf(points, *held) > 1e-250)
        inside = np.where(good, points, points[..., len(STEPS) // 2, None])
        values = f(xgrad.asarray(inside), *wide)
        values = xgrad.where(xgrad.asarray(good), values, 0.0)
        total = total + xgrad.sum(values * xgrad.asarray(np.where(good, weights, 0.0)), axis=-1)
    return total


def beyond(plain: Any, density: Function, x: Array, shapes: Any, above: bool) -> Any:
    """Return the probability below or above points, by their density."""
    low, high, width, _ = _held(plain, shapes)
    at = np.asarray(raw(x.detach()))
    part = points_between(high if above else low, at, width)
    moved = x - x.detach()
    across: Any = 0.0
    for node, weight in zip(*GAUSS, strict=True):  # exact for the derivatives at x
        across = across + 0.5 * weight * density(x.detach() + 0.5 * (1.0 + node) * moved, *shapes)
    change = moved * across
    total = _integral(plain, density, shapes, part) + (-change if above else change)
    tail = plain.sf if above else plain.cdf
    return trusted(plain, lambda *held: tail(at, *held), total, shapes)


def trusted(plain: Any, f: Function, total: Any, shapes: Any) -> Any:
    """Return SciPy's value with the derivative of a sum, if the two are the same number."""
    held = [np.asarray(raw(xgrad.asarray(s).detach()), dtype=float) for s in shapes]
    value = np.asarray(f(*held), dtype=float)
    total = xgrad.broadcast_to(xgrad.asarray(total), value.shape)
    away = np.abs(np.asarray(raw(total.detach())) - value)
    if is_tracked(total) and not np.all(away <= 1e-7 * (1.0 + np.abs(value))):
        raise NotImplementedError(
            f"{plain.name}: the sum over its density did not converge, so that it has no "
            "derivative here. Write it by xgrad.scipy.integrate.quad of the pdf"
        )
    return with_derivative_of(value, total)


def expectation(plain: Any, f: Function, value: Any, shapes: Any) -> Any:
    """Return an integral of ``f(y, *shapes)`` over the support, with SciPy's value."""
    low, high, width, held = _held(plain, shapes)
    middle = np.asarray(plain.ppf(0.5, *held), dtype=float)
    total = _integral(
        plain, f, shapes, points_between(low, middle, width), points_between(high, middle, width)
    )
    return trusted(plain, value, total, shapes)


def terms(plain: Any, shapes: Any, last: Any = None) -> Any:
    """Return the values of a discrete distribution that count, up to the last of some."""
    held = [np.asarray(raw(xgrad.asarray(s).detach()), dtype=float) for s in shapes]
    low, high = (np.asarray(v, dtype=float) for v in support(plain, shapes))
    if last is not None:
        high = np.fmin(high, np.max(np.floor(last)))
    if not np.all(low > -np.inf):
        low = np.fmax(low, plain.ppf(1e-15, *held))
    if not np.all(high - low <= MOST) and np.all(plain.sf(low + MOST, *held) < 1e-13):
        high = np.fmin(high, plain.isf(1e-15, *held))  # SciPy's search takes all of a long tail
    low, high = np.min(low), np.max(high)
    if not high - low <= MOST:
        raise NotImplementedError(
            f"{plain.name}: its tail is too long for the sum of its probabilities to have a "
            f"derivative here, of which there are at most {MOST:,}"
        )
    return np.arange(low, high + 1.0)
