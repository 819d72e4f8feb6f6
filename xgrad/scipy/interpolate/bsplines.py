"""B-splines: by coefficients, knots and points; their coefficients from values by one equation."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...custom.equation import implicit
from ..common import chapter, raw, raws
from ..examples import of_one, of_one_class
from ..given import like_given
from ..mistakes import told
from ..precision import doubled
from ..sparse import csr_array
from .pieces import behind, points_and_values

__all__ = ["BSpline", "make_interp_spline", "make_lsq_spline", "splev", "sproot"]


@told("interpolate")
@like_given
@of_one_class("scipy.interpolate.BSpline", whole=True)
class BSpline:
    """A spline in the B-spline basis; see ``scipy.interpolate.BSpline``.

    Args:
        t: the knots.
        c: the coefficients.
        k: the degree.
        extrapolate: whether to go on beyond the base interval, or ``"periodic"``; NaN if False.
        axis: of the coefficients, and of the points in the result.
    """

    def __init__(self, t: Any, c: Any, k: int, extrapolate: Any = True, axis: int = 0) -> None:
        self.t, self.k = xgrad.asarray(t), int(k)
        c = xgrad.asarray(c)
        c = xgrad.astype(c, np.float64, copy=False) if c.dtype.kind not in "fc" else c
        self.axis = axis % c.ndim
        self.c = xgrad.moveaxis(c, axis, 0)
        self.extrapolate = extrapolate
        n = self.t.shape[0] - self.k - 1
        if n < self.k + 1 or self.c.shape[0] < n:
            raise ValueError(
                f"BSpline: {self.t.shape[0]} knots and {self.c.shape[0]} coefficients of degree "
                f"{self.k}; expected at least {2 * self.k + 2} knots, and {max(n, 0)} coefficients"
            )

    @classmethod
    def of(cls, plain: Any) -> BSpline:
        """Return the twin of a spline of SciPy."""
        made = BSpline(plain.t, plain.c, plain.k, plain.extrapolate)
        made.axis = plain.axis
        return made

    @classmethod
    def construct_fast(
        cls, t: Any, c: Any, k: int, extrapolate: Any = True, axis: int = 0
    ) -> BSpline:
        """Return a spline of coefficients whose axis is in front, and of points `axis`."""
        made = cls(t, c, k, extrapolate)
        made.axis = axis
        return made

    @classmethod
    def basis_element(cls, t: Any, extrapolate: Any = True) -> BSpline:
        """Return the one spline of the basis that has these knots."""
        inner = doubled(t)
        k = inner.shape[0] - 2
        outer = [xgrad.stack([end] * k) for end in (inner[0] - 1.0, inner[-1] + 1.0)] if k else []
        knots = xgrad.concat([outer[0], inner, outer[1]]) if k else inner
        return cls(knots, np.eye(1, knots.shape[0], k)[0], k, extrapolate)

    @property
    def tck(self) -> tuple[Any, Any, int]:
        """Knots, coefficients and degree."""
        return self.t, xgrad.moveaxis(self.c, 0, self.axis), self.k

    def __call__(self, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
        """Return the values at some points, or those of the `nu`-th derivative."""
        if nu:
            return self.derivative(nu)(x, extrapolate=extrapolate)
        at = xgrad.asarray(x)
        at = xgrad.astype(at, np.float64, copy=False) if at.dtype.kind not in "fc" else at
        flat = xgrad.reshape(at, (-1,))
        beyond = self.extrapolate if extrapolate is None else extrapolate
        k, knots = self.k, raw(self.t.detach())
        n = len(knots) - k - 1
        if beyond == "periodic":
            turns = np.floor((raw(flat.detach()) - knots[k]) / (knots[n] - knots[k]))
            flat = flat - turns * (self.t[n] - self.t[k])
        held = raw(flat.detach())
        place = np.clip(np.searchsorted(knots, held, side="right") - 1, k, n - 1)
        total = self._de_boor(flat, place)
        if not beyond:
            outside = (held < knots[k]) | (held > knots[n])
            total = xgrad.where(behind(xgrad.asarray(outside), total), np.nan, total)
        out = xgrad.reshape(total, (*at.shape, *self.c.shape[1:]))
        if self.axis and self.c.ndim > 1:
            source = tuple(range(at.ndim))
            out = xgrad.moveaxis(out, source, tuple(self.axis + i for i in source))
        return out

    def _de_boor(self, x: Array, place: Any) -> Any:
        """Return values by de Boor's recurrence."""
        k = self.k

        def knot(i: Any) -> Any:
            return xgrad.take(self.t, xgrad.asarray(i))

        d = [xgrad.take(self.c, xgrad.asarray(place - k + j), axis=0) for j in range(k + 1)]
        for r in range(1, k + 1):
            for j in range(k, r - 1, -1):
                low, high = knot(place - k + j), knot(place + 1 + j - r)
                share = behind((x - low) / (high - low), d[j])
                d[j] = (1.0 - share) * d[j - 1] + share * d[j]
        return d[k]

    def derivative(self, nu: int = 1) -> BSpline:
        """Return the derivative as a spline."""
        t, c, k = self.t, self.c, self.k
        for _ in range(nu):
            n = t.shape[0] - k - 1
            if k == 0:
                return _of(t, xgrad.zeros_like(c), 0, self)
            width = t[k + 1 : n + k] - t[1:n]
            apart = xgrad.asarray(raw(width.detach()) > 0)
            safe = xgrad.where(apart, width, 1.0)
            rise = c[1:n, ...] - c[: n - 1, ...]
            c = xgrad.where(behind(apart, rise), k * rise / behind(safe, rise), 0.0)
            t, k = t[1:-1], k - 1
        return _of(t, c, k, self)

    def antiderivative(self, nu: int = 1) -> BSpline:
        """Return the integral from the first knot on as a spline."""
        t, c, k = self.t, self.c, self.k
        for _ in range(nu):
            n = t.shape[0] - k - 1
            width = (t[k + 1 : n + k + 1] - t[:n]) / (k + 1)
            total = xgrad.cumulative_sum(c[:n, ...] * behind(width, c), axis=0)
            c = xgrad.concat([xgrad.zeros_like(total[:1, ...]), total])
            t, k = xgrad.concat([t[:1], t, t[-1:]]), k + 1
        return _of(t, c, k, self)

    def integrate(self, a: Any, b: Any, extrapolate: Any = None) -> Any:
        """Return the integral between two points."""
        whole = self.antiderivative()
        return whole(b, extrapolate=extrapolate) - whole(a, extrapolate=extrapolate)

    @staticmethod
    def design_matrix(x: Any, t: Any, k: int, extrapolate: bool = False) -> Any:
        """Return the values of all basis functions as a sparse array; see SciPy's."""
        x, t = xgrad.asarray(x), xgrad.asarray(t)
        plain = chapter("interpolate").BSpline.design_matrix(
            raw(x.detach()), raw(t.detach()), k, extrapolate
        )
        rows, cols = plain.tocoo().coords
        every = BSpline(t, xgrad.asarray(np.eye(plain.shape[1])), k)(x)
        data = every[xgrad.asarray(rows), xgrad.asarray(cols)]
        return csr_array((data, plain.indices, plain.indptr), shape=plain.shape)


def _of(t: Any, c: Any, k: int, like: BSpline) -> BSpline:
    made = object.__new__(BSpline)
    made.t, made.c, made.k, made.axis, made.extrapolate = t, c, k, like.axis, like.extrapolate
    return made


def _not_a_knot(x: Any, k: int) -> Any:
    if k == 0:
        return xgrad.concat([x, x[-1:]])
    if k % 2:
        inner = x[(k + 1) // 2 : x.shape[0] - (k + 1) // 2]
    else:
        inner = ((x[1:] + x[:-1]) * 0.5)[k // 2 : x.shape[0] - 1 - k // 2]
    return xgrad.concat([*[x[:1]] * (k + 1), inner, *[x[-1:]] * (k + 1)])


ENDS = {"clamped": (1,), "natural": (2,), "not-a-knot": ()}


@told("interpolate")
@like_given
@of_one("scipy.interpolate.make_interp_spline")
def make_interp_spline(
    x: Any, y: Any, k: int = 3, t: Any = None, bc_type: Any = None, axis: int = 0,
    check_finite: bool = True,
) -> BSpline:  # fmt: skip
    """Return the spline of a degree through points; see ``scipy.interpolate``.

    Args:
        x: the points.
        y: the values.
        k: the degree.
        t: the knots; chosen from `x` if None.
        bc_type: ``"not-a-knot"``, ``"natural"`` or ``"clamped"``, or a pair, for each end one of
            them, or a list of pairs of an order of derivative and its value.
        axis: along which the values lie.
        check_finite: as SciPy's.
    """
    x, values = points_and_values("make_interp_spline", x, y, axis)
    pair = (bc_type, bc_type) if bc_type is None or isinstance(bc_type, str) else tuple(bc_type)
    if any(isinstance(bc, str) and bc not in ENDS for bc in pair):
        raise NotImplementedError(
            f"make_interp_spline: bc_type={bc_type!r} has no derivative here; use 'natural', "
            "'clamped' or 'not-a-knot', or CubicSpline"
        )
    stated = [[(nu, 0.0) for nu in ENDS[bc]] if isinstance(bc, str) else bc or () for bc in pair]
    ends = [tuple(int(nu) for nu, _ in each) for each in stated]
    given = t is not None
    if given:
        knots: Any = xgrad.asarray(t)
    elif ends[0] or ends[1]:
        knots = xgrad.concat([*[x[:1]] * (k + 1), x[1:-1], *[x[-1:]] * (k + 1)])
    else:
        knots = _not_a_knot(x, k)
    found = chapter("interpolate").make_interp_spline(
        raw(x.detach()), raw(values.detach()), k, raw(knots) if given else None, raws(bc_type)
    )
    flat = xgrad.reshape(values, (values.shape[0], -1))
    shape = found.c.shape

    def equation(c: Array) -> Any:
        spline = BSpline(knots, xgrad.reshape(c, (shape[0], -1)), k)
        rows = [spline(x) - flat]
        for at, each in zip((x[:1], x[-1:]), stated, strict=True):
            rows += [
                spline(at, int(nu)) - xgrad.reshape(xgrad.asarray(v), (1, -1)) for nu, v in each
            ]
        return xgrad.reshape(xgrad.concat(rows), shape)

    coefficients = implicit(
        equation, found.c, _Collocation(raw(knots.detach()), raw(x.detach()), k, ends)
    )
    made = BSpline(knots, coefficients, k)
    made.axis = axis % values.ndim
    return made


class _Collocation:
    """Solves with the matrix of the basis at the points, which is the same for every column."""

    def __init__(self, t: Any, x: Any, k: int, ends: list[Any]) -> None:
        n = len(t) - k - 1
        basis = chapter("interpolate").BSpline(t, np.eye(n), k)
        rows = [basis(x)]
        for at, orders in zip((x[:1], x[-1:]), ends, strict=True):
            rows += [basis(at, nu) for nu in orders]
        self.matrix = np.concatenate(rows)

    def __call__(self, b: Any, adjoint: bool) -> Any:
        matrix = self.matrix.T if adjoint else self.matrix
        return np.linalg.solve(matrix, b.reshape(len(b), -1)).reshape(b.shape)


@told("interpolate")
@like_given
@of_one("scipy.interpolate.make_lsq_spline")
def make_lsq_spline(
    x: Any, y: Any, t: Any, k: int = 3, w: Any = None, axis: int = 0, check_finite: bool = True,
    *, method: str = "qr",
) -> BSpline:  # fmt: skip
    """Return the spline of least squares with given knots; see ``scipy.interpolate``."""
    x, values = points_and_values("make_lsq_spline", x, y, axis)
    knots = xgrad.asarray(t)
    n = knots.shape[0] - k - 1
    basis = BSpline(knots, np.eye(n), k)(x)
    flat = xgrad.reshape(values, (values.shape[0], -1))
    if w is not None:
        weights = xgrad.asarray(w)[:, None]
        basis, flat = basis * weights, flat * weights
    turned = xgrad.matrix_transpose(basis)
    c = xgrad.linalg.solve(turned @ basis, turned @ flat)
    made = BSpline(knots, xgrad.reshape(c, (n, *values.shape[1:])), k)
    made.axis = axis % values.ndim
    return made


@told("interpolate")
@like_given
@of_one("scipy.interpolate.splev")
def splev(x: Any, tck: Any, der: int = 0, ext: int = 0) -> Any:
    """Evaluate a spline of FITPACK; see ``scipy.interpolate.splev``."""
    if hasattr(tck, "tck"):
        tck = tck.tck
    t, c, k = tck
    n = xgrad.asarray(t).shape[0] - k - 1
    if isinstance(c, list):
        return [splev(x, (t, each, k), der, ext) for each in c]
    x = xgrad.asarray(x)
    if ext == 3:
        held = raw(xgrad.asarray(t).detach())
        x = xgrad.clip(x, float(held[k]), float(held[n]))
    out = BSpline(t, xgrad.asarray(c)[:n], k)(x, der)
    if ext in (0, 3):
        return out
    held, where = raw(xgrad.asarray(t).detach()), raw(x.detach())
    outside = (where < held[k]) | (where > held[n])
    if ext == 2 and outside.any():
        raise ValueError("splev: a point is outside of the knots, and ext is 2")
    return xgrad.where(xgrad.asarray(outside), 0.0, out)


@told("interpolate")
@of_one("scipy.interpolate.sproot")
def sproot(tck: Any, mest: int = 10) -> Any:
    """Return the zeros of a cubic spline, by the equation that this is; see SciPy's ``sproot``."""
    spline = tck if hasattr(tck, "tck") else BSpline(*tck)
    t, c, k = spline.tck
    found = chapter("interpolate").sproot((raw(t.detach()), raw(c.detach()), k), mest)
    slopes = raw(spline.derivative()(xgrad.asarray(found)).detach())

    def inverse(b: Any, adjoint: bool) -> Any:
        return b / slopes

    return implicit(lambda at: spline(at), found, inverse)
