"""Piecewise polynomials: by values, by points, and by where they are looked at."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...custom.equation import implicit
from ..common import Later, chapter, is_tracked, raw, result
from ..examples import of_one, of_one_class
from ..given import like_given
from ..linalg.structured import solve_banded
from ..mistakes import told
from ..precision import doubled

__all__ = ["Akima1DInterpolator", "CubicHermiteSpline", "CubicSpline", "PPoly",
           "PchipInterpolator", "pchip_interpolate"]  # fmt: skip

bsplines: Any = Later("xgrad.scipy.interpolate.bsplines")
"""What pieces are made of, and which itself knows of pieces."""


def points_and_values(name: str, x: Any, y: Any, axis: int) -> tuple[Array, Array]:
    """Return increasing points and values with the axis in front, or say what is wrong."""
    x, y = doubled(x), doubled(y)
    held = raw(x.detach())
    if x.ndim != 1 or not -y.ndim <= axis < y.ndim or y.shape[axis] != x.shape[0]:
        raise ValueError(
            f"{name}: x has shape {x.shape} and y {y.shape}; expected a vector, and as many values "
            f"along axis {axis}"
        )
    if np.any(np.diff(held) <= 0):
        raise ValueError(f"{name}: x is not strictly increasing; sort it, and y with it")
    return x, xgrad.moveaxis(y, axis, 0)


def behind(v: Any, like: Any) -> Any:
    """Return a vector that multiplies the first axis of an array."""
    return xgrad.reshape(v, (-1,) + (1,) * (like.ndim - 1))


@told("interpolate")
@like_given
@of_one_class("scipy.interpolate.PPoly", whole=True)
class PPoly:
    """A piecewise polynomial; see ``scipy.interpolate.PPoly``.

    Args:
        c: the coefficients, shape (k, m, ...), the highest power first.
        x: the m + 1 points between the pieces.
        extrapolate: whether to go on beyond them, or ``"periodic"``; NaN if False.
        axis: where the axis of points is in the result.
    """

    def __init__(self, c: Any, x: Any, extrapolate: Any = None, axis: int = 0) -> None:
        self.c, self.x = doubled(c), doubled(x)
        self.extrapolate = True if extrapolate is None else extrapolate
        self.axis = axis
        if self.c.ndim < 2 or self.x.ndim != 1 or self.c.shape[1] != self.x.shape[0] - 1:
            raise ValueError(
                f"PPoly: c has shape {self.c.shape} and x {self.x.shape}; expected (k, m, ...) and "
                "m + 1 points"
            )

    @classmethod
    def of(cls, plain: Any) -> PPoly:
        """Return the twin of a piecewise polynomial of SciPy, of whatever class."""
        return PPoly(plain.c, plain.x, plain.extrapolate, plain.axis)

    @classmethod
    def from_spline(cls, tck: Any, extrapolate: Any = None) -> PPoly:
        """Return the pieces of a B-spline, given as an object or as ``(t, c, k)``."""
        spline = bsplines.BSpline(*tck) if isinstance(tck, tuple) else tck
        t, _, k = spline.tck
        slope, parts = spline, []
        for i in range(k + 1):
            parts.append(slope(t[:-1]) / math.factorial(i))
            slope = slope.derivative()
        beyond = spline.extrapolate if extrapolate is None else extrapolate
        return PPoly(xgrad.stack(parts[::-1]), t, beyond)

    def __call__(self, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
        """Return the values at some points, or those of the `nu`-th derivative."""
        at = doubled(x)
        flat = xgrad.reshape(at, (-1,))
        beyond = self.extrapolate if extrapolate is None else extrapolate
        knots = raw(self.x.detach())
        if beyond == "periodic":
            period = self.x[-1] - self.x[0]
            turns = np.floor((raw(flat.detach()) - knots[0]) / (knots[-1] - knots[0]))
            flat = flat - turns * period
        held = raw(flat.detach())
        place = np.clip(np.searchsorted(knots, held, side="right") - 1, 0, len(knots) - 2)
        where = xgrad.asarray(place)
        step = flat - xgrad.take(self.x, where)
        c = self.derived(nu)
        total = xgrad.take(c[0, ...], where, axis=0)
        for i in range(1, c.shape[0]):
            total = total * behind(step, total) + xgrad.take(c[i, ...], where, axis=0)
        if not beyond:
            outside = (held < knots[0]) | (held > knots[-1])
            total = xgrad.where(behind(xgrad.asarray(outside), total), np.nan, total)
        rest = tuple(self.c.shape[2:])
        out = xgrad.reshape(total, (*at.shape, *rest))
        if self.axis and rest:
            source = tuple(range(at.ndim))
            out = xgrad.moveaxis(out, source, tuple(self.axis + i for i in source))
        return out

    def derived(self, nu: int) -> Any:
        """Return the coefficients of a derivative, or for ``nu < 0`` of an antiderivative."""
        c = self.c
        for _ in range(max(nu, 0)):
            n = c.shape[0]
            if n == 1:
                return xgrad.zeros_like(c)
            c = c[:-1, ...] * behind(xgrad.asarray(np.arange(n - 1, 0, -1.0)), c)
        for _ in range(max(-nu, 0)):
            n = c.shape[0]
            c = c / behind(xgrad.asarray(np.arange(n, 0, -1.0)), c)
            h = behind(self.x[1:] - self.x[:-1], c[0, ...])
            total = c[0, ...]
            for i in range(1, n):
                total = total * h + c[i, ...]
            ends = xgrad.cumulative_sum(total * h, axis=0)
            start = xgrad.concat([xgrad.zeros_like(ends[:1, ...]), ends[:-1, ...]])
            c = xgrad.concat([c, start[None, ...]])
        return c

    def derivative(self, nu: int = 1) -> PPoly:
        """Return the derivative as a piecewise polynomial."""
        return PPoly(self.derived(nu), self.x, self.extrapolate, self.axis)

    def antiderivative(self, nu: int = 1) -> PPoly:
        """Return the integral from the first point on as a piecewise polynomial."""
        return PPoly(self.derived(-nu), self.x, self.extrapolate, self.axis)

    def integrate(self, a: Any, b: Any, extrapolate: Any = None) -> Any:
        """Return the integral between two points."""
        whole = self.antiderivative()
        return whole(b, extrapolate=extrapolate) - whole(a, extrapolate=extrapolate)

    def roots(self, discontinuity: bool = True, extrapolate: Any = None) -> Any:
        """Return where the polynomials are zero; see `solve`."""
        return self.solve(0.0, discontinuity, extrapolate)

    @of_one("scipy.interpolate.PPoly.solve")
    def solve(self, y: Any = 0.0, discontinuity: bool = True, extrapolate: Any = None) -> Any:
        """Return where one piecewise polynomial has a value, by the equation that this is."""
        if self.c.ndim != 2:
            raise NotImplementedError(
                f"PPoly.solve: c has shape {self.c.shape}; expected (k, m), one polynomial"
            )
        plain = chapter("interpolate").PPoly(raw(self.c.detach()), raw(self.x.detach()))
        beyond = self.extrapolate if extrapolate is None else extrapolate
        found = plain.solve(raw(y), discontinuity, beyond)
        if np.isnan(found).any() or not is_tracked(self.c, self.x, y):
            return result(found, [self.c, self.x, y])
        slopes = plain.derivative()(found)

        def inverse(b: Any, adjoint: bool) -> Any:
            return b / slopes

        return implicit(lambda at: self(at, extrapolate=True) - y, found, inverse)


def _hermite(x: Array, y: Array, slopes: Any) -> Any:
    """Return the coefficients of the cubics with these values and slopes."""
    h = behind(x[1:] - x[:-1], y)
    rise = (y[1:, ...] - y[:-1, ...]) / h
    t = (slopes[:-1, ...] + slopes[1:, ...] - 2.0 * rise) / h
    return xgrad.stack([t / h, (rise - slopes[:-1, ...]) / h - t, slopes[:-1, ...], y[:-1, ...]])


@told("interpolate")
@like_given
@of_one_class("scipy.interpolate.CubicHermiteSpline", whole=True)
class CubicHermiteSpline(PPoly):
    """A cubic spline with given slopes; see ``scipy.interpolate.CubicHermiteSpline``."""

    def __init__(self, x: Any, y: Any, dydx: Any, axis: int = 0, extrapolate: Any = None) -> None:
        x, values = points_and_values("CubicHermiteSpline", x, y, axis)
        slopes = xgrad.moveaxis(doubled(dydx), axis, 0)
        super().__init__(_hermite(x, values, slopes), x, extrapolate, axis % values.ndim)


@told("interpolate")
@like_given
@of_one_class("scipy.interpolate.PchipInterpolator", whole=True)
class PchipInterpolator(PPoly):
    """A cubic spline that keeps monotony; see ``scipy.interpolate.PchipInterpolator``."""

    def __init__(self, x: Any, y: Any, axis: int = 0, extrapolate: Any = None) -> None:
        x, values = points_and_values("PchipInterpolator", x, y, axis)
        super().__init__(_hermite(x, values, _pchip(x, values)), x, extrapolate, axis % values.ndim)


def _pchip(x: Array, y: Array) -> Any:
    """Return the slopes: harmonic means where neighbours agree, zero elsewhere."""
    h = behind(x[1:] - x[:-1], y)
    rise = (y[1:, ...] - y[:-1, ...]) / h
    if y.shape[0] == 2:
        return xgrad.concat([rise, rise])
    one, two, h0, h1 = rise[:-1, ...], rise[1:, ...], h[:-1, ...], h[1:, ...]
    same = one * two > 0
    w1, w2 = 2.0 * h1 + h0, h1 + 2.0 * h0
    safe1, safe2 = xgrad.where(same, one, 1.0), xgrad.where(same, two, 1.0)
    middle = xgrad.where(same, (w1 + w2) / (w1 / safe1 + w2 / safe2), 0.0)

    def edge(h0: Any, h1: Any, m0: Any, m1: Any) -> Any:
        d = ((2.0 * h0 + h1) * m0 - h0 * m1) / (h0 + h1)
        away = xgrad.sign(d) != xgrad.sign(m0)
        steep = (xgrad.sign(m0) != xgrad.sign(m1)) & (xgrad.abs(d) > 3.0 * xgrad.abs(m0))
        return xgrad.where(away, 0.0, xgrad.where(steep, 3.0 * m0, d))

    first = edge(h[0, ...], h[1, ...], rise[0, ...], rise[1, ...])
    last = edge(h[-1, ...], h[-2, ...], rise[-1, ...], rise[-2, ...])
    return xgrad.concat([first[None, ...], middle, last[None, ...]])


@told("interpolate")
def pchip_interpolate(xi: Any, yi: Any, x: Any, der: Any = 0, axis: int = 0) -> Any:
    """Interpolate by `PchipInterpolator` at once; see ``scipy.interpolate.pchip_interpolate``."""
    p = PchipInterpolator(xi, yi, axis)
    return p(x, der) if np.ndim(der) == 0 else [p(x, nu) for nu in der]


@told("interpolate")
@like_given
@of_one_class("scipy.interpolate.Akima1DInterpolator", whole=True)
class Akima1DInterpolator(PPoly):
    """Akima's spline; see ``scipy.interpolate.Akima1DInterpolator``.

    Args:
        x: the points.
        y: the values.
        axis: along which they lie.
        method: ``"akima"`` or ``"makima"``.
        extrapolate: whether to go on beyond the points.
    """

    def __init__(
        self, x: Any, y: Any, axis: int = 0, *, method: str = "akima", extrapolate: Any = None
    ) -> None:
        if method not in ("akima", "makima"):
            raise ValueError(
                f"Akima1DInterpolator: method is {method!r}; expected 'akima', 'makima'"
            )
        x, values = points_and_values("Akima1DInterpolator", x, y, axis)
        rise = (values[1:, ...] - values[:-1, ...]) / behind(x[1:] - x[:-1], values)
        slopes = xgrad.concat([rise, rise]) if x.shape[0] == 2 else _akima(rise, method)
        beyond = False if extrapolate is None else extrapolate
        super().__init__(_hermite(x, values, slopes), x, beyond, axis % values.ndim)


def _akima(rise: Any, method: str) -> Any:
    first = 2.0 * rise[:1, ...] - rise[1:2, ...]
    last = 2.0 * rise[-1:, ...] - rise[-2:-1, ...]
    m = xgrad.concat([2.0 * first - rise[:1, ...], first, rise, last, 2.0 * last - rise[-1:, ...]])
    dm = xgrad.abs(m[1:, ...] - m[:-1, ...])
    if method == "makima":
        pm = xgrad.abs(m[1:, ...] + m[:-1, ...])
        f1, f2 = dm[2:, ...] + 0.5 * pm[2:, ...], dm[:-2, ...] + 0.5 * pm[:-2, ...]
    else:
        f1, f2 = dm[2:, ...], dm[:-2, ...]
    total = f1 + f2
    limit = 1e-9 * float(np.max(raw(total.detach()), initial=-np.inf))
    used = total > limit
    safe = xgrad.where(used, total, 1.0)
    plain = 0.5 * (m[3:, ...] + m[:-3, ...])
    return xgrad.where(used, (f1 / safe) * m[1:-2, ...] + (f2 / safe) * m[2:-1, ...], plain)


@told("interpolate")
@like_given
@of_one_class("scipy.interpolate.CubicSpline", whole=True)
class CubicSpline(PPoly):
    """The cubic spline through points; see ``scipy.interpolate.CubicSpline``.

    Args:
        x: the points.
        y: the values.
        axis: along which they lie.
        bc_type: ``"not-a-knot"``, ``"clamped"``, ``"natural"``, ``"periodic"``, or a pair of these
            or of ``(order, value)``, a first or second derivative, for both ends.
        extrapolate: whether to go on beyond the points.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import scipy
    >>> x = np.arange(4.0)
    >>> middle = lambda y: scipy.interpolate.CubicSpline(x, y)(1.5)
    >>> xg.grad(middle)(np.zeros(4))
    array([-0.0625,  0.5625,  0.5625, -0.0625])
    """

    def __init__(
        self, x: Any, y: Any, axis: int = 0, bc_type: Any = "not-a-knot", extrapolate: Any = None
    ) -> None:
        x, values = points_and_values("CubicSpline", x, y, axis)
        slopes = _spline_slopes(x, values, bc_type)
        beyond = extrapolate
        if beyond is None:
            beyond = "periodic" if isinstance(bc_type, str) and bc_type == "periodic" else True
        super().__init__(_hermite(x, values, slopes), x, beyond, axis % values.ndim)


def _condition(bc: Any, shape: Any) -> Any:
    if isinstance(bc, str):
        known = {"clamped": (1, 0.0), "natural": (2, 0.0), "not-a-knot": "not-a-knot"}
        if bc not in known:
            raise ValueError(f"CubicSpline: bc_type has {bc!r}; expected one of {', '.join(known)}")
        return known[bc]
    order, value = bc
    if order not in (1, 2):
        raise ValueError(f"CubicSpline: bc_type has the derivative {order}; expected 1 or 2")
    return order, xgrad.broadcast_to(xgrad.asarray(value), shape)


def _spline_slopes(x: Array, y: Array, bc_type: Any) -> Any:
    n, shape = x.shape[0], y.shape[1:]
    flat = xgrad.reshape(y, (n, -1))
    h = x[1:] - x[:-1]
    col = h[:, None]
    rise = (flat[1:, :] - flat[:-1, :]) / col
    if isinstance(bc_type, str) and bc_type == "periodic":
        return xgrad.reshape(_periodic(h, rise), (n, *shape))
    pair = (bc_type, bc_type) if isinstance(bc_type, str) else bc_type
    first, last = (_condition(bc, shape) for bc in pair)
    if n == 2:
        first, last = ((1, rise[0, :]) if bc == "not-a-knot" else bc for bc in (first, last))
    if n == 3 and first == last == "not-a-knot":
        return xgrad.reshape(_parabola(h, rise), (n, *shape))
    inner = 3.0 * (col[1:, :] * rise[:-1, :] + col[:-1, :] * rise[1:, :])
    zero = 0.0 * h[0]

    def end(bc: Any, h0: Any, h1: Any, m0: Any, m1: Any, sign: float) -> tuple[Any, Any, Any]:
        if isinstance(bc, str):
            d = h0 + h1
            return h1, d, ((h0 + 2.0 * d) * h1 * m0 + h0 * h0 * m1) / d
        order, value = bc
        value = xgrad.reshape(xgrad.asarray(value) + xgrad.zeros(shape), (-1,))
        if order == 1:
            return zero + 1.0, zero, value
        return 2.0 * h0, h0, 3.0 * m0 * h0 - sign * 0.5 * value * h0 * h0

    two = min(1, n - 2)
    d0, u0, r0 = end(first, h[0], h[two], rise[0, :], rise[two, :], 1.0)
    d1, u1, r1 = end(last, h[-1], h[-1 - two], rise[-1, :], rise[-1 - two, :], -1.0)
    one: Any = lambda v: xgrad.reshape(v, (1,))  # noqa: E731 - of a number a vector
    main = xgrad.concat([one(d0), 2.0 * (h[:-1] + h[1:]), one(d1)])
    upper = xgrad.concat([one(zero), one(u0), h[:-1]])
    lower = xgrad.concat([h[1:], one(u1), one(zero)])
    rows = xgrad.concat([r0[None, :], inner, r1[None, :]])
    slopes = solve_banded((1, 1), xgrad.stack([upper, main, lower]), rows)
    return xgrad.reshape(slopes, (n, *shape))


def _parabola(h: Any, rise: Any) -> Any:
    """Return the slopes of the parabola through three points."""
    second = (rise[1, :] - rise[0, :]) / (h[0] + h[1])
    a = rise[0, :] - second * h[0]
    b = rise[0, :] + second * h[0]
    return xgrad.stack([a, b, rise[1, :] + second * h[1]])


def _periodic(h: Any, rise: Any) -> Any:
    """Return the slopes of the spline whose ends join, by a dense system."""
    n = h.shape[0]
    before = xgrad.roll(h, 1)
    unit = np.eye(n)
    near = xgrad.asarray(unit) * (2.0 * (before + h))[:, None]
    right = xgrad.asarray(np.roll(unit, 1, axis=1)) * before[:, None]
    left = xgrad.asarray(np.roll(unit, -1, axis=1)) * h[:, None]
    back = xgrad.roll(rise, 1, axis=0)
    rows = 3.0 * (h[:, None] * back + before[:, None] * rise)
    slopes = xgrad.linalg.solve(near + right + left, rows)
    return xgrad.concat([slopes, slopes[:1, :]])
