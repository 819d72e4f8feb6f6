"""Polynomials through points, and the older interpolator of many kinds."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ..common import chapter, fixed, raw
from ..examples import of_one_class
from ..given import like_given
from ..mistakes import told
from ..precision import doubled
from .bsplines import make_interp_spline
from .pieces import behind

__all__ = ["BarycentricInterpolator", "FloaterHormannInterpolator", "KroghInterpolator",
           "barycentric_interpolate", "interp1d", "krogh_interpolate"]  # fmt: skip


def _shaped(rows: Any, at: Any, values: Any, axis: int) -> Any:
    """Return what was found at some points with their axes where those of the values lay."""
    out = xgrad.reshape(rows, (*at.shape, *values.shape[1:]))
    source = tuple(range(at.ndim))
    return xgrad.moveaxis(out, source, tuple(axis + i for i in source)) if axis else out


@told("interpolate")
@like_given
@of_one_class("scipy.interpolate.KroghInterpolator", whole=True)
class KroghInterpolator:
    """The polynomial through points, by divided differences; see ``scipy.interpolate``.

    Args:
        xi: the points; one that is there several times has derivatives beside its value.
        yi: the values.
        axis: along which they lie.
    """

    def __init__(self, xi: Any, yi: Any, axis: int = 0, **options: Any) -> None:
        self.xi, values = doubled(xi), doubled(yi)
        self.axis = axis % values.ndim
        self.yi = xgrad.moveaxis(values, axis, 0)
        held = np.asarray(raw(self.xi.detach()))
        if len(held) != self.yi.shape[0]:
            raise ValueError(
                f"{type(self).__name__}: xi has {len(held)} points and yi {self.yi.shape[0]} "
                "values; expected as many"
            )
        self.c = self._differences() if len(np.unique(held)) == len(held) else self._slopes(held)

    def _differences(self) -> list[Any]:
        """Return divided differences."""
        count = self.yi.shape[0]
        rows = [self.yi[i, ...] for i in range(count)]
        found = [rows[0]]
        for order in range(1, count):
            rows = [
                (rows[i + 1] - rows[i]) / (self.xi[i + order] - self.xi[i])
                for i in range(len(rows) - 1)
            ]
            found.append(rows[0])
        return found

    def _slopes(self, held: Any) -> list[Any]:
        """Return SciPy's coefficients where a point has derivatives: they are linear in these."""
        if type(self).__name__ == "BarycentricInterpolator":
            raise ValueError("BarycentricInterpolator: xi has a point twice; expected others")
        fixed(type(self).__name__, xi=self.xi)
        matrix = chapter("interpolate").KroghInterpolator(held, np.eye(len(held))).c
        rows = xgrad.tensordot(xgrad.asarray(matrix), self.yi, axes=1)
        return [rows[i, ...] for i in range(len(held))]

    def __call__(self, x: Any, **options: Any) -> Any:
        """Return the values at some points."""
        return self._shaped(x, lambda flat: self._newton(flat))

    def _newton(self, x: Any) -> Any:
        total = xgrad.zeros((x.shape[0], *self.yi.shape[1:]), dtype=self.yi.dtype) + self.c[-1]
        for i in range(len(self.c) - 2, -1, -1):
            total = total * behind(x - self.xi[i], total) + self.c[i]
        return total

    def _shaped(self, x: Any, f: Any) -> Any:
        at = doubled(x)
        out = f(xgrad.reshape(at, (-1,)))
        return _shaped(out, at, self.yi, self.axis)

    def derivative(self, x: Any, der: int = 1) -> Any:
        """Return a derivative of the polynomial, by forward mode."""
        f: Any = self._newton
        for _ in range(der):
            f = lambda x, g=f: xgrad.jvp(g, (x,), (xgrad.ones_like(x),))[1]  # noqa: E731
        return self._shaped(x, f)

    def derivatives(self, x: Any, der: int | None = None) -> Any:
        """Return the value and derivatives of the polynomial, the first `der` of them."""
        count = len(self.c) if der is None else der
        return xgrad.stack([self(x) if k == 0 else self.derivative(x, k) for k in range(count)])


@told("interpolate")
@like_given
@of_one_class("scipy.interpolate.BarycentricInterpolator", whole=True)
class BarycentricInterpolator(KroghInterpolator):
    """The polynomial through points; see ``scipy.interpolate.BarycentricInterpolator``."""


@told("interpolate")
@like_given
@of_one_class("scipy.interpolate.FloaterHormannInterpolator", whole=True)
class FloaterHormannInterpolator:
    """The rational function through points; see ``scipy.interpolate.FloaterHormannInterpolator``.

    Args:
        points: where the values are.
        values: the values.
        d: the degree of the polynomials that are blended.
        axis: along which the values lie.
    """

    def __init__(self, points: Any, values: Any, *, d: int = 3, axis: int = 0) -> None:
        self.points, values = doubled(points), doubled(values)
        self.axis = axis % values.ndim
        self.values = xgrad.moveaxis(values, axis, 0)
        held = np.asarray(raw(self.points.detach()))
        order = xgrad.asarray(np.unique(held, return_index=True)[1])
        self.points, self.values = (
            xgrad.take(v, order, axis=0) for v in (self.points, self.values)
        )
        n = self.points.shape[0]
        if not 0 <= d < n:
            raise ValueError(f"FloaterHormannInterpolator: d is {d}; expected 0 <= d < {n}")
        total = [0.0] * n
        for i in range(n - d):  # each polynomial adds to the weights of its points
            some = self.points[i : i + d + 1]
            away = xgrad.abs(some[:, None] - some[None, :]) + np.eye(d + 1)
            each = 1.0 / xgrad.prod(away, axis=1)
            for k in range(d + 1):
                total[i + k] = total[i + k] + each[k]
        self.weights = xgrad.stack(total) * xgrad.asarray((-1.0) ** (np.arange(n) - d))

    def __call__(self, z: Any) -> Any:
        """Return the values at some points, counted from the nearest one, where it is smooth."""
        at = doubled(z)
        flat = xgrad.reshape(at, (-1,))
        apart = np.asarray(raw(flat.detach()))[:, None] - np.asarray(raw(self.points.detach()))
        near = np.argmin(np.abs(apart), axis=1)
        here = xgrad.asarray(np.arange(apart.shape[1]) == near[:, None])
        place = xgrad.asarray(near)
        away = flat - xgrad.take(self.points, place)
        steps = xgrad.where(here, 1.0, flat[:, None] - self.points)
        share = xgrad.where(here, 0.0, self.weights / steps)
        middle = xgrad.take(self.values, place, axis=0)
        below = away * xgrad.sum(share, axis=1) + xgrad.take(self.weights, place)
        above = xgrad.tensordot(share, self.values, axes=1)
        above = above - behind(xgrad.sum(share, axis=1), above) * middle
        out = middle + behind(away / below, above) * above
        out = xgrad.reshape(out, (*at.shape, *self.values.shape[1:]))
        return xgrad.moveaxis(out, 0, self.axis) if at.ndim else out


@told("interpolate")
def krogh_interpolate(xi: Any, yi: Any, x: Any, der: int = 0, axis: int = 0) -> Any:
    """Interpolate by a polynomial at once; see ``scipy.interpolate.krogh_interpolate``."""
    p = KroghInterpolator(xi, yi, axis)
    return p(x) if der == 0 else p.derivative(x, der)


@told("interpolate")
def barycentric_interpolate(
    xi: Any, yi: Any, x: Any, axis: int = 0, *, der: int = 0, rng: Any = None
) -> Any:
    """Interpolate by a polynomial at once; see ``scipy.interpolate.barycentric_interpolate``."""
    return krogh_interpolate(xi, yi, x, der, axis)


SPLINES = {"zero": 0, "slinear": 1, "quadratic": 2, "cubic": 3}
STEPS = ("nearest", "nearest-up", "previous", "next")


@told("interpolate")
@like_given
@of_one_class("scipy.interpolate.interp1d", whole=True)
class interp1d:  # noqa: N801 - SciPy's name
    """Interpolation in one variable; see ``scipy.interpolate.interp1d``.

    Args:
        x: the points.
        y: the values.
        kind: ``"linear"``, ``"nearest"``, ``"previous"``, ``"next"``, ``"zero"``, ``"slinear"``,
            ``"quadratic"``, ``"cubic"``, or the degree of a spline.
        axis: along which the values lie.
        copy: nothing.
        bounds_error: whether a point outside raises; by default, if no `fill_value` is given.
        fill_value: what is returned there, a pair for both sides, or ``"extrapolate"``.
        assume_sorted: whether the points increase already.
    """

    def __init__(
        self, x: Any, y: Any, kind: Any = "linear", axis: int = -1, copy: bool = True,
        bounds_error: Any = None, fill_value: Any = np.nan, assume_sorted: bool = False,
    ) -> None:  # fmt: skip
        x, values = xgrad.asarray(x), xgrad.asarray(y)
        self.axis = axis % values.ndim
        self.y = xgrad.moveaxis(values, axis, 0)
        if not assume_sorted:
            order = xgrad.asarray(np.argsort(raw(x.detach()), kind="mergesort"))
            x, self.y = xgrad.take(x, order), xgrad.take(self.y, order, axis=0)
        if kind not in ("linear", *STEPS, *SPLINES) and not isinstance(kind, int):
            raise NotImplementedError(
                f"interp1d: kind is {kind!r}; expected 'linear', {', '.join((*STEPS, *SPLINES))}"
            )
        if kind in ("slinear", "zero"):  # a spline of SciPy's, in double precision
            x, self.y = doubled(x), doubled(self.y)
        self.x, self.kind, self.fill = x, kind, fill_value
        self.extrapolates = isinstance(fill_value, str) and fill_value == "extrapolate"
        if self.extrapolates and kind in ("previous", "next"):  # one end has nothing to go on from
            ends = (np.nan, self.y[-1, ...]) if kind == "previous" else (self.y[0, ...], np.nan)
            self.fill, self.extrapolates, bounds_error = ends, False, False
        without = isinstance(fill_value, float) and np.isnan(fill_value)
        self.bounds_error = (
            without if bounds_error is None else bounds_error
        ) and not self.extrapolates
        degree = SPLINES.get(kind, kind) if not isinstance(kind, int) else kind
        self.spline = (
            make_interp_spline(x, self.y, degree)
            if isinstance(degree, int) and degree > 1
            else None
        )

    def __call__(self, x: Any) -> Any:
        """Return the values at some points."""
        at = xgrad.asarray(x)
        at = xgrad.astype(at, np.float64, copy=False) if at.dtype.kind not in "fc" else at
        flat = xgrad.reshape(at, (-1,))
        held, points = raw(flat.detach()), raw(self.x.detach())
        low, high = held < points[0], held > points[-1]
        if self.bounds_error and (low.any() or high.any()):
            side = "below" if low.any() else "above"
            raise ValueError(
                f"interp1d: a value in x is {side} the interpolation range, {points[0]} to "
                f"{points[-1]}; give fill_value, or fill_value='extrapolate'"
            )
        out = self._inside(flat, held, points)
        if not self.extrapolates:
            pair = self.fill if isinstance(self.fill, tuple) else (self.fill, self.fill)
            for mask, value in zip((low, high), pair, strict=True):
                out = xgrad.where(behind(xgrad.asarray(mask), out), value, out)
        return _shaped(out, at, self.y, self.axis)

    def _inside(self, flat: Any, held: Any, points: Any) -> Any:
        if self.spline is not None:
            return self.spline(flat)
        n = len(points)
        if self.kind in ("nearest", "nearest-up"):
            middle = (points[1:] + points[:-1]) / 2
            side: Any = "left" if self.kind == "nearest" else "right"
            where = np.clip(np.searchsorted(middle, held, side=side), 0, n - 1)
        elif self.kind in ("previous", "zero", 0):
            where = np.clip(np.searchsorted(points, held, side="right") - 1, 0, n - 1)
        elif self.kind == "next":
            where = np.clip(np.searchsorted(points, held, side="left"), 0, n - 1)
        else:
            right = np.clip(np.searchsorted(points, held), 1, n - 1)
            one, two = xgrad.asarray(right - 1), xgrad.asarray(right)
            x0, x1 = xgrad.take(self.x, one), xgrad.take(self.x, two)
            y0, y1 = xgrad.take(self.y, one, axis=0), xgrad.take(self.y, two, axis=0)
            return (y1 - y0) / behind(x1 - x0, y0) * behind(flat - x0, y0) + y0
        still = 0.0 * xgrad.astype(behind(flat, self.y), self.y.dtype, copy=False)
        return xgrad.take(self.y, xgrad.asarray(where), axis=0) + still
