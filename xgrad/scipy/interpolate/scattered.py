"""Interpolation in several variables: on grids, in triangles, by radial functions."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ..common import chapter, raw, with_derivative_of
from ..examples import of_one, of_one_class
from ..given import like_given
from ..mistakes import told
from ..precision import doubled
from .bsplines import make_interp_spline
from .pieces import PchipInterpolator
from .places import places, unit_of

__all__ = ["LinearNDInterpolator", "NearestNDInterpolator", "RBFInterpolator",
           "RegularGridInterpolator", "griddata", "interpn"]  # fmt: skip


@told("interpolate")
@like_given
@of_one_class("scipy.interpolate.RegularGridInterpolator", whole=True)
class RegularGridInterpolator:
    """Interpolation on a grid; see ``scipy.interpolate.RegularGridInterpolator``.

    Args:
        points: the coordinates along each axis.
        values: the values on the grid, perhaps with more axes.
        method: ``"linear"``, ``"nearest"``, ``"slinear"``, ``"cubic"``, ``"quintic"``, ``"pchip"``.
        bounds_error: whether a point outside of the grid raises.
        fill_value: what is returned there otherwise; None to extrapolate.
    """

    SPLINES = {"slinear": 1, "cubic": 3, "quintic": 5}  # noqa: RUF012 - a table, never written to

    def __init__(
        self, points: Any, values: Any, method: str = "linear", bounds_error: bool = True,
        fill_value: Any = np.nan, **options: Any,
    ) -> None:  # fmt: skip
        self.points = [xgrad.asarray(p) for p in points]
        self.values = xgrad.asarray(values)
        if self.values.dtype.kind not in "fc":
            self.values = xgrad.astype(self.values, np.float64)
        self.method, self.bounds_error, self.fill_value = method, bounds_error, fill_value
        self.options = options
        for i, p in enumerate(self.points):
            held = raw(p.detach())
            if i >= self.values.ndim or len(held) != self.values.shape[i]:
                raise ValueError(
                    f"RegularGridInterpolator: points {i} has {len(held)} and values have shape "
                    f"{self.values.shape}; expected as many along axis {i}"
                )
            if np.all(np.diff(held) < 0):
                self.points[i] = xgrad.flip(p)
                self.values = xgrad.flip(self.values, axis=i)
            elif np.any(np.diff(held) <= 0):
                raise ValueError(f"RegularGridInterpolator: points {i} are not strictly monotonic")

    def __call__(self, xi: Any, method: Any = None, **options: Any) -> Any:
        """Return the values at points, the last axis of which are their coordinates."""
        method = self.method if method is None else method
        known = ("linear", "nearest", "pchip", *self.SPLINES)
        if method not in known:
            raise ValueError(
                f"RegularGridInterpolator: method is {method!r}; expected one of {known}"
            )
        ndim = len(self.points)
        at, shape = places(xi, ndim, "RegularGridInterpolator")
        held = raw(at.detach())
        outside = np.zeros(len(held), dtype=bool)
        for i, p in enumerate(self.points):
            edge = raw(p.detach())
            outside = outside | (held[:, i] < edge[0]) | (held[:, i] > edge[-1])
        if self.bounds_error and outside.any():
            raise ValueError(
                "RegularGridInterpolator: a point is out of bounds; give bounds_error=False, and "
                "fill_value=None to extrapolate"
            )
        if method in self.SPLINES:
            out = self._spline(at, self.SPLINES[method])
            if ndim > 1:  # SciPy's coefficients are those of an iterative solver
                out = with_derivative_of(self._of_scipy(method, held), out)
        elif method == "pchip":
            out = self._pchip(at)
        else:
            out = self._cells(at, held, method)
        if not self.bounds_error and self.fill_value is not None:
            mask = xgrad.reshape(xgrad.asarray(outside), (-1,) + (1,) * (out.ndim - 1))
            out = xgrad.where(mask, self.fill_value, out)
        return xgrad.reshape(out, (*shape, *self.values.shape[ndim:]))

    def _cells(self, at: Any, held: Any, method: str) -> Any:
        ndim = len(self.points)
        rest = self.values.ndim - ndim
        sides = []
        for i, p in enumerate(self.points):
            edge = raw(p.detach())
            left = np.clip(np.searchsorted(edge, held[:, i], side="right") - 1, 0, len(edge) - 2)
            x0, x1 = (xgrad.take(p, xgrad.asarray(left + k)) for k in (0, 1))
            share = (at[:, i] - x0) / (x1 - x0)
            if method == "nearest":
                right = np.asarray(raw(share.detach())) > 0.5
                sides.append([(left + right, None)])
            else:
                sides.append([(left, 1.0 - share), (left + 1, share)])
        flat = xgrad.reshape(self.values, (-1, *self.values.shape[ndim:]))
        total = None
        for corner in itertools.product(*sides):
            place = np.ravel_multi_index(tuple(c for c, _ in corner), self.values.shape[:ndim])
            term = xgrad.take(flat, xgrad.asarray(place), axis=0)
            for _, weight in corner:
                if weight is not None:
                    term = term * xgrad.reshape(weight, (-1,) + (1,) * rest)
            total = term if total is None else total + term
        return total

    def _spline(self, at: Any, k: int) -> Any:
        """Return the tensor product of splines: a row of weights for each point and axis."""
        ndim = len(self.points)
        flat = xgrad.reshape(self.values, (*self.values.shape[:ndim], -1))
        letters = "abcdefgh"[:ndim]
        weights = []
        for i, p in enumerate(self.points):
            unit = make_interp_spline(p, xgrad.asarray(np.eye(p.shape[0])), k)
            weights.append(unit(at[:, i]))
        rows = ",".join(f"p{c}" for c in letters)
        out = xgrad.einsum(f"{letters}z,{rows}->pz", flat, *weights)
        return xgrad.reshape(out, (at.shape[0], *self.values.shape[ndim:]))

    def _of_scipy(self, method: str, at: Any) -> Any:
        """Return SciPy's values, extrapolated."""
        points = tuple(np.asarray(raw(p.detach())) for p in self.points)
        values = raw(self.values.detach())
        return chapter("interpolate").RegularGridInterpolator(
            points, values, method, bounds_error=False, fill_value=None, **self.options
        )(at)

    def _pchip(self, at: Any) -> Any:
        found = []
        for n in range(at.shape[0]):
            values = self.values
            for i in range(len(self.points) - 1, -1, -1):
                values = PchipInterpolator(self.points[i], values, axis=i)(at[n, i])
            found.append(values)
        return xgrad.stack(found)


@told("interpolate")
@like_given
@of_one("scipy.interpolate.interpn", True)
def interpn(
    points: Any, values: Any, xi: Any, method: str = "linear", bounds_error: bool = True,
    fill_value: Any = np.nan,
) -> Any:  # fmt: skip
    """Interpolate on a grid at once; see ``scipy.interpolate.interpn``."""
    if method == "splinef2d":
        return _by_surface(points, values, xi, bounds_error, fill_value)
    return RegularGridInterpolator(points, values, method, bounds_error, fill_value)(xi)


def _by_surface(points: Any, values: Any, xi: Any, bounds_error: bool, fill_value: Any) -> Any:
    """Interpolate on a plane grid by a bivariate spline, with nothing but a constant beyond it."""
    from .surfaces import RectBivariateSpline

    at = xgrad.stack([xgrad.asarray(v) for v in xi], axis=-1) if isinstance(xi, tuple) else xi
    at = xgrad.asarray(at) * 1.0
    held = np.asarray(raw(at.detach()))
    edges = [np.asarray(raw(p), dtype=float)[[0, -1]] for p in points]
    outside = np.any([(held[..., i] < a) | (held[..., i] > b) for i, (a, b) in enumerate(edges)], 0)
    if bounds_error and outside.any():
        raise ValueError("interpn: a point is outside of the grid, and bounds_error is True")
    x, y = points
    found = RectBivariateSpline(x, y, values).ev(at[..., 0], at[..., 1])
    if fill_value is None and outside.any():
        raise ValueError("interpn: 'splinef2d' does not extrapolate; give a fill_value")
    return xgrad.where(xgrad.asarray(outside), fill_value, found) if outside.any() else found


@told("interpolate")
@like_given
@of_one_class("scipy.interpolate.LinearNDInterpolator", whole=True)
class LinearNDInterpolator:
    """Linear interpolation in triangles; see ``scipy.interpolate.LinearNDInterpolator``.

    Differentiable in points, values and where it is looked at; the triangles are SciPy's.
    """

    def __init__(
        self, points: Any, values: Any, fill_value: float = np.nan, rescale: bool = False
    ) -> None:
        mesh = hasattr(points, "simplices")
        self.points = xgrad.asarray(points.points if mesh else points)
        self.values, self.fill_value = doubled(values), fill_value
        held = raw(self.points.detach())
        self.unit = unit_of(held, rescale)  # shares of corners do not change with it, triangles do
        self.mesh = points if mesh else chapter("spatial").Delaunay(self.unit(held))

    def __call__(self, *args: Any) -> Array:
        """Return the values at points, given as rows or as coordinates."""
        n = self.points.shape[1]
        at, shape = places(args if len(args) > 1 else args[0], n, "LinearNDInterpolator")
        inside = self.mesh.find_simplex(self.unit(raw(at.detach())))
        corners = self.mesh.simplices[inside]
        spots = xgrad.reshape(
            xgrad.take(self.points, xgrad.asarray(corners.ravel()), axis=0), (*corners.shape, n)
        )
        edges = spots[:, :n, :] - spots[:, n:, :]
        rest = (at - spots[:, n, :])[:, :, None]
        share = xgrad.linalg.solve(xgrad.matrix_transpose(edges), rest)[:, :, 0]
        share = xgrad.concat([share, 1.0 - xgrad.sum(share, axis=1, keepdims=True)], axis=1)
        given = xgrad.reshape(self.values, (self.values.shape[0], -1))
        held = xgrad.reshape(
            xgrad.take(given, xgrad.asarray(corners.ravel()), axis=0), (*corners.shape, -1)
        )
        out = xgrad.sum(share[:, :, None] * held, axis=1)
        out = xgrad.where(xgrad.asarray(inside < 0)[:, None], self.fill_value, out)
        return xgrad.reshape(out, (*shape, *self.values.shape[1:]))


@told("interpolate")
@like_given
@of_one_class("scipy.interpolate.NearestNDInterpolator", whole=True)
class NearestNDInterpolator:
    """The value of the nearest point; see ``scipy.interpolate.NearestNDInterpolator``."""

    def __init__(self, x: Any, y: Any, rescale: bool = False, tree_options: Any = None) -> None:
        self.points, self.values = xgrad.asarray(x), doubled(y)
        held = raw(self.points.detach())
        self.unit = unit_of(held, rescale)
        self.tree = chapter("spatial").cKDTree(self.unit(held))

    def __call__(self, *args: Any, **options: Any) -> Array:
        """Return the values at points, given as rows or as coordinates."""
        n = self.points.shape[1]
        at, shape = places(args if len(args) > 1 else args[0], n, "NearestNDInterpolator")
        place = self.tree.query(self.unit(raw(at.detach())))[1]
        out: Array = xgrad.take(self.values, xgrad.asarray(place), axis=0)
        return xgrad.reshape(out, (*shape, *self.values.shape[1:]))


@told("interpolate")
@like_given
@of_one("scipy.interpolate.griddata")
def griddata(
    points: Any, values: Any, xi: Any, method: str = "linear", fill_value: float = np.nan,
    rescale: bool = False,
) -> Any:  # fmt: skip
    """Interpolate scattered data; see ``scipy.interpolate.griddata``.

    Args:
        points: rows of coordinates, or a tuple of them.
        values: the value of each point.
        xi: where to interpolate, rows or a tuple.
        method: ``"linear"``, ``"nearest"``, or ``"cubic"``, which has derivatives by the values.
        fill_value: what is returned outside of all triangles.
        rescale: must be False.
    """
    if isinstance(points, tuple):
        points = xgrad.stack([xgrad.reshape(xgrad.asarray(p), (-1,)) for p in points], axis=-1)
    points = xgrad.asarray(points)
    if points.ndim == 1:
        points = points[:, None]
    if points.shape[1] == 1:
        from .polynomials import interp1d

        if method not in ("linear", "nearest", "cubic"):
            raise ValueError(f"griddata: method is {method!r}")
        at = xi[0] if isinstance(xi, tuple) else xi
        more = {"fill_value": "extrapolate"} if method == "nearest" else {"fill_value": fill_value}
        return interp1d(points[:, 0], values, method, 0, bounds_error=False, **more)(at)
    if method == "nearest":
        return NearestNDInterpolator(points, values, rescale)(xi)
    if method == "cubic":
        from .surfaces import CloughTocher2DInterpolator

        return CloughTocher2DInterpolator(points, values, fill_value, rescale=rescale)(xi)
    if method != "linear":
        raise ValueError(f"griddata: method is {method!r}; expected 'linear', 'nearest' or 'cubic'")
    return LinearNDInterpolator(points, values, fill_value, rescale)(xi)


def _radial(kernel: str, r2: Any) -> Any:
    """Return a radial function of a squared distance, smooth also where that is zero."""
    if kernel == "multiquadric":
        return -xgrad.sqrt(1.0 + r2)
    if kernel == "inverse_multiquadric":
        return 1.0 / xgrad.sqrt(1.0 + r2)
    if kernel == "inverse_quadratic":
        return 1.0 / (1.0 + r2)
    if kernel == "gaussian":
        return xgrad.exp(-r2)
    apart = r2 > 0
    safe = xgrad.where(apart, r2, 1.0)
    r = xgrad.sqrt(safe)
    found = {"linear": lambda: -r, "thin_plate_spline": lambda: 0.5 * safe * xgrad.log(safe),
             "cubic": lambda: safe * r, "quintic": lambda: -safe * safe * r}  # fmt: skip
    return xgrad.where(apart, found[kernel](), 0.0)


SCALE_FREE = {"linear": 0, "thin_plate_spline": 1, "cubic": 1, "quintic": 2}
KERNELS = {**SCALE_FREE, "multiquadric": 0, "inverse_multiquadric": -1, "inverse_quadratic": -1,
           "gaussian": -1}  # fmt: skip


@told("interpolate")
@like_given
@of_one_class("scipy.interpolate.RBFInterpolator", whole=True)
class RBFInterpolator:
    """Interpolation by radial functions; see ``scipy.interpolate.RBFInterpolator``.

    Args:
        y: the points, as rows.
        d: the value of each.
        neighbors: of how many nearest points a value is made; None for all.
        smoothing: a number, or one for each point.
        kernel: SciPy's name of the function.
        epsilon: its scale; needed by all but the first four.
        degree: of the polynomial that is added; -1 for none.
    """

    def __init__(
        self, y: Any, d: Any, neighbors: Any = None, smoothing: Any = 0.0,
        kernel: str = "thin_plate_spline", epsilon: Any = None, degree: Any = None,
    ) -> None:  # fmt: skip
        if kernel not in KERNELS:
            raise ValueError(
                f"RBFInterpolator: kernel is {kernel!r}; expected one of {', '.join(KERNELS)}"
            )
        if epsilon is None and kernel not in SCALE_FREE:
            raise ValueError(f"RBFInterpolator: kernel {kernel!r} needs epsilon")
        self.y, d = xgrad.asarray(y), xgrad.asarray(d)
        self.kernel, self.epsilon = kernel, 1.0 if epsilon is None else epsilon
        self.shape, self.nearest = tuple(d.shape[1:]), None
        if neighbors is not None:
            self.nearest = min(int(neighbors), self.y.shape[0])
            self.given = d, xgrad.asarray(smoothing) * 1.0, epsilon, degree
            self.tree = chapter("spatial").cKDTree(raw(self.y.detach()))
            return
        order = max(KERNELS[kernel], 0) if degree is None else int(degree)
        n = self.y.shape[1]
        self.powers = (
            np.asarray(
                [p for p in itertools.product(range(order + 1), repeat=n) if sum(p) <= order]
            ).reshape(-1, n)
            if order >= 0
            else np.zeros((0, n), dtype=int)
        )
        held = raw(self.y.detach())
        low, high = held.min(axis=0), held.max(axis=0)
        self.shift = (low + high) / 2
        self.scale = np.where(high > low, (high - low) / 2, 1.0)
        K = _radial(kernel, self._squares(self.y))
        P = self._monomials(self.y)
        count, m = P.shape
        K = K + xgrad.diag(xgrad.broadcast_to(xgrad.asarray(smoothing) * 1.0, (count,)))
        zero = xgrad.zeros((m, m))
        matrix = xgrad.concat([xgrad.concat([K, P], axis=1), xgrad.concat([P.T, zero], axis=1)])
        rows = xgrad.concat(
            [xgrad.reshape(d, (count, -1)), xgrad.zeros((m, math.prod(self.shape)))]
        )
        self.c = xgrad.linalg.solve(matrix, rows)

    def _squares(self, x: Any) -> Any:
        away = (x[:, None, :] - self.y[None, :, :]) * self.epsilon
        return xgrad.sum(away * away, axis=-1)

    def _monomials(self, x: Any) -> Any:
        scaled = (x - self.shift) / self.scale
        columns = [xgrad.prod(scaled ** (p * 1.0), axis=1) for p in self.powers]
        return xgrad.stack(columns, axis=1) if columns else xgrad.zeros((x.shape[0], 0))

    def __call__(self, x: Any) -> Any:
        """Return the values at points, given as rows."""
        x = xgrad.asarray(x)
        if x.ndim != 2 or x.shape[1] != self.y.shape[1]:
            raise ValueError(
                f"RBFInterpolator: x has shape {x.shape}; expected (n, {self.y.shape[1]})"
            )
        if self.nearest is not None:
            return self._near(x)
        parts = xgrad.concat([_radial(self.kernel, self._squares(x)), self._monomials(x)], axis=1)
        return xgrad.reshape(parts @ self.c, (x.shape[0], *self.shape))

    def _near(self, x: Any) -> Any:
        """Return the values by the nearest points alone: those that have the same ones at once."""
        held = raw(x.detach())
        found = self.tree.query(held, self.nearest)[1].reshape(len(held), -1)
        groups, group = np.unique(np.sort(found, axis=1), axis=0, return_inverse=True)
        order = np.argsort(group, kind="stable")
        d, smoothing, epsilon, degree = self.given
        parts = []
        for i, near in enumerate(groups):
            of = xgrad.asarray(near)
            some = smoothing if smoothing.ndim == 0 else xgrad.take(smoothing, of)
            points, values = (xgrad.take(v, of, axis=0) for v in (self.y, d))
            made = RBFInterpolator(points, values, None, some, self.kernel, epsilon, degree)
            parts.append(made(xgrad.take(x, xgrad.asarray(np.flatnonzero(group == i)), axis=0)))
        return xgrad.take(xgrad.concat(parts), xgrad.asarray(np.argsort(order)), axis=0)
