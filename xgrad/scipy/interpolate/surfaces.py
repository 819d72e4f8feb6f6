"""Functions of several variables: products of B-splines, and smooth ones over triangles."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...errors import NotDifferentiableError
from ..common import chapter, is_tracked, raw, with_derivative_of
from ..examples import of_one_class
from ..given import like_given
from ..mistakes import told
from .bsplines import BSpline
from .fitpack import SMOOTHING
from .places import places, unit_of

__all__ = ["CloughTocher2DInterpolator", "NdBSpline", "RectBivariateSpline"]


def _basis(t: Any, k: int, x: Any, nu: int = 0) -> Any:
    """Return the values at some points of each B-spline, or of their derivatives."""
    return BSpline(t, np.eye(len(raw(t)) - k - 1), k)(x, nu)


@told("interpolate")
@like_given
@of_one_class("scipy.interpolate.RectBivariateSpline", whole=True)
class RectBivariateSpline:
    """A spline through the values on a rectangle; see ``scipy.interpolate.RectBivariateSpline``.

    Differentiable in the values and in where it is looked at.

    Args:
        x: the first coordinates, increasing; constants.
        y: the second ones.
        z: the values, shape ``(len(x), len(y))``.
        bbox: the rectangle that the spline is made for; that of the points if None.
        kx: the degree along `x`.
        ky: the degree along `y`.
        s: must be 0, that it interpolates.
        maxit: nothing; of smoothing.
    """

    def __init__(
        self, x: Any, y: Any, z: Any, bbox: Any = (None, None, None, None), kx: int = 3,
        ky: int = 3, s: float = 0, maxit: int = 20,
    ) -> None:  # fmt: skip
        if s:
            raise NotImplementedError(SMOOTHING.format(name="RectBivariateSpline"))
        if is_tracked(x, y, bbox):
            raise NotDifferentiableError(
                "RectBivariateSpline: x, y or bbox is tracked, but has no derivative here; "
                "RegularGridInterpolator has one by its points"
            )
        x, y = (np.asarray(raw(v), dtype=float) for v in (x, y))
        z = xgrad.asarray(z)
        plain = chapter("interpolate").RectBivariateSpline(
            x, y, raw(z.detach()), list(bbox), kx, ky, 0, maxit
        )
        self.degrees = (kx, ky)
        self.knots = tuple(plain.get_knots())
        inner = xgrad.linalg.solve(xgrad.asarray(_basis(self.knots[0], kx, x)), z)
        turned = xgrad.matrix_transpose(inner)
        c = xgrad.linalg.solve(xgrad.asarray(_basis(self.knots[1], ky, y)), turned)
        self.c = xgrad.matrix_transpose(c)

    def __call__(self, x: Any, y: Any, dx: int = 0, dy: int = 0, grid: bool = True) -> Any:
        """Return values, or derivatives, on the grid of `x` and `y`, or at the points of both."""
        x, y = xgrad.asarray(x), xgrad.asarray(y)
        if not grid:
            return self.ev(x, y, dx, dy)
        rows = self._row(0, xgrad.reshape(x, (-1,)), dx)
        cols = self._row(1, xgrad.reshape(y, (-1,)), dy)
        return rows @ self.c @ xgrad.matrix_transpose(cols)

    def ev(self, xi: Any, yi: Any, dx: int = 0, dy: int = 0) -> Any:
        """Return values, or derivatives, at points."""
        x, y = xgrad.broadcast_arrays(xgrad.asarray(xi) * 1.0, xgrad.asarray(yi) * 1.0)
        rows = self._row(0, xgrad.reshape(x, (-1,)), dx)
        cols = self._row(1, xgrad.reshape(y, (-1,)), dy)
        return xgrad.reshape(xgrad.sum((rows @ self.c) * cols, axis=1), x.shape)

    def _row(self, i: int, x: Any, nu: int) -> Any:
        """Return the basis along one coordinate; beyond the ends that at the end."""
        t, k = self.knots[i], self.degrees[i]
        return xgrad.asarray(_basis(t, k, xgrad.clip(x * 1.0, float(t[k]), float(t[-k - 1])), nu))

    def integral(self, xa: Any, xb: Any, ya: Any, yb: Any) -> Any:
        """Return the integral over a rectangle."""
        parts = []
        for i, (a, b) in enumerate(((xa, xb), (ya, yb))):
            t, k = self.knots[i], self.degrees[i]
            parts.append(BSpline(t, np.eye(len(t) - k - 1), k).integrate(a, b))
        return xgrad.asarray(parts[0]) @ self.c @ xgrad.asarray(parts[1])

    def get_knots(self) -> tuple[Any, Any]:
        """Return the knots along both coordinates, raw."""
        return self.knots[0], self.knots[1]

    def get_coeffs(self) -> Any:
        """Return the coefficients."""
        return xgrad.reshape(self.c, (-1,))


@told("interpolate")
@like_given
@of_one_class("scipy.interpolate.NdBSpline", whole=True)
class NdBSpline:
    """A product of B-splines in several variables; see ``scipy.interpolate.NdBSpline``.

    Args:
        t: the knots along each variable; constants.
        c: the coefficients, the variables' axes first.
        k: the degree, or one for each.
        extrapolate: whether to go on beyond the knots; NaN if False.
    """

    def __init__(self, t: Any, c: Any, k: Any, *, extrapolate: Any = None) -> None:
        if is_tracked(t):
            raise NotDifferentiableError("NdBSpline: t is tracked, but has no derivative here")
        self.t = tuple(np.asarray(raw(each), dtype=float) for each in t)
        self.c = xgrad.asarray(c)
        self.k = (int(k),) * len(self.t) if np.ndim(k) == 0 else tuple(map(int, k))
        self.extrapolate = True if extrapolate is None else bool(extrapolate)

    @classmethod
    def of(cls, plain: Any) -> NdBSpline:
        """Return the twin of a spline of SciPy."""
        return NdBSpline(plain.t, plain.c, plain.k, extrapolate=plain.extrapolate)

    def __call__(self, xi: Any, *, nu: Any = None, extrapolate: Any = None) -> Any:
        """Return values, or derivatives of the orders `nu`, at points of shape (..., variables)."""
        at = xgrad.asarray(xi) * 1.0
        flat = xgrad.reshape(at, (-1, at.shape[-1]))
        orders = [0] * len(self.t) if nu is None else [int(n) for n in np.asarray(nu)]
        total = self.c[None, ...]
        outside = np.zeros(flat.shape[0], bool)
        for i, (t, k) in enumerate(zip(self.t, self.k, strict=True)):
            basis = xgrad.asarray(_basis(t, k, flat[:, i], orders[i]))
            share = xgrad.reshape(basis, (*basis.shape, *(1,) * (total.ndim - 2)))
            total = xgrad.sum(total[:, : basis.shape[1], ...] * share, axis=1)
            held = np.asarray(raw(flat[:, i].detach()))
            outside = outside | (held < t[k]) | (held > t[-k - 1])
        beyond = self.extrapolate if extrapolate is None else extrapolate
        if not beyond and outside.any():
            where = np.reshape(outside, (-1,) + (1,) * (total.ndim - 1))
            total = xgrad.where(xgrad.asarray(where), np.nan, total)
        return xgrad.reshape(total, (*at.shape[:-1], *self.c.shape[len(self.t) :]))


@told("interpolate")
@like_given
@of_one_class("scipy.interpolate.CloughTocher2DInterpolator", whole=True)
class CloughTocher2DInterpolator:
    """A smooth function over triangles; see ``scipy.interpolate.CloughTocher2DInterpolator``.

    Differentiable in the values and in where it is looked at; the points have no derivative.

    Args:
        points: where the values are, shape (n, 2), or a triangulation of SciPy's.
        values: the values, shape (n, ...).
        fill_value: outside of the triangles.
        tol: of the slopes that are estimated.
        maxiter: of the same.
        rescale: whether to bring the points to a unit square first.
    """

    def __init__(
        self, points: Any, values: Any, fill_value: Any = np.nan, tol: float = 1e-6,
        maxiter: int = 400, rescale: bool = False,
    ) -> None:  # fmt: skip
        self._require_constant("points", points)
        self.points = points if hasattr(points, "simplices") else np.asarray(raw(points))
        self.values = xgrad.asarray(values)
        self.fill_value = fill_value
        self.options: dict[str, Any] = {"tol": tol, "maxiter": maxiter, "rescale": rescale}

    @staticmethod
    def _require_constant(name: str, x: Any) -> None:
        if is_tracked(x):
            raise NotDifferentiableError(
                f"CloughTocher2DInterpolator: {name} is tracked, but only the values and where it "
                "is looked at have a derivative here; LinearNDInterpolator and RBFInterpolator "
                "have one by points"
            )

    def _at(self, values: Any, xi: Any) -> Any:
        library = chapter("interpolate")
        return library.CloughTocher2DInterpolator(self.points, values, 0.0, **self.options)(xi)

    def __call__(self, *args: Any) -> Any:
        """Return the values at points: one array of shape (..., 2), or two of coordinates."""
        at, shape = places(args if len(args) > 1 else args[0], 2, "CloughTocher2DInterpolator")
        held = np.asarray(raw(at.detach()))
        theirs = np.asarray(self._at(raw(self.values.detach()), held))
        unit = np.eye(self.values.shape[0])
        shares: Any = self._at(unit, held)
        outside = np.all(shares == 0.0, axis=-1)
        if is_tracked(at):
            shares = self._cubics(unit, at, held, outside)
        rows = xgrad.tensordot(xgrad.asarray(shares), self.values, axes=1)
        found = with_derivative_of(theirs, rows)
        wide = np.reshape(outside, (-1,) + (1,) * (found.ndim - 1))
        found = xgrad.where(xgrad.asarray(wide), self.fill_value, found)
        return xgrad.reshape(found, (*shape, *self.values.shape[1:]))

    def _cubics(self, unit: Any, at: Any, held: Any, outside: Any) -> Any:
        """Return the share of each value, a cubic polynomial within a third of a triangle.

        Ten points inside of it determine the polynomial, which is then taken at `at`.
        """
        given: Any = self.points
        corners: Any = given.points if hasattr(given, "simplices") else given
        scaled = unit_of(corners, self.options["rescale"])
        mesh = (
            given if hasattr(given, "simplices") else chapter("spatial").Delaunay(scaled(corners))
        )
        triangles = corners[mesh.simplices[np.where(outside, 0, mesh.find_simplex(scaled(held)))]]
        middle = triangles.mean(axis=1, keepdims=True)
        whole = np.swapaxes(np.concatenate([triangles, np.ones((len(held), 3, 1))], axis=2), 1, 2)
        share = np.linalg.solve(
            whole, np.concatenate([held, np.ones((len(held), 1))], 1)[..., None]
        )
        far = np.argmin(share[..., 0], axis=1)  # the corner that is not one of the third's
        third = np.where(np.arange(3)[None, :, None] == far[:, None, None], middle, triangles)
        third = middle + 0.9 * (third - middle)  # within, whatever the rounding
        nodes = np.einsum("jc,pcd->pjd", LATTICE, third)
        known = self._at(unit, np.reshape(nodes, (-1, 2))).reshape(len(held), 10, -1)
        frame = np.swapaxes(np.concatenate([third, np.ones((len(held), 3, 1))], axis=2), 1, 2)
        ones = xgrad.ones((len(held), 1))
        moving = xgrad.linalg.solve(
            xgrad.asarray(frame), xgrad.concat([at, ones], axis=1)[:, :, None]
        )[:, :, 0]
        weights = xgrad.stack(_monomials(moving), axis=1) @ xgrad.asarray(TO_VALUES)
        return xgrad.einsum("pj,pjv->pv", weights, xgrad.asarray(known))


POWERS = [(i, j, 3 - i - j) for i in range(4) for j in range(4 - i)]
LATTICE = np.asarray(POWERS) / 3.0
"""The ten points of a triangle that determine a cubic polynomial, by their shares of corners."""


def _monomials(shares: Any) -> list[Any]:
    """Return the products of three powers of the shares that each point has of the corners."""
    found = []
    for powers in POWERS:
        factors = [shares[:, i] for i, power in enumerate(powers) for _ in range(power)]
        found.append(factors[0] * factors[1] * factors[2])
    return found


TO_VALUES = np.linalg.inv(np.stack(_monomials(LATTICE), axis=1))
"""From the monomials at a point to its shares of the values at the ten."""
