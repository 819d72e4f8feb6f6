"""FITPACK's spellings of interpolating splines, by the splines of `bsplines`."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...custom.equation import implicit
from ..common import chapter, only, raw, twin
from ..examples import of_one
from ..given import like_given
from ..mistakes import told
from .bsplines import BSpline, make_interp_spline, make_lsq_spline, splev

__all__ = ["InterpolatedUnivariateSpline", "LSQUnivariateSpline", "UnivariateSpline",
           "make_splrep", "splint", "splprep", "splrep"]  # fmt: skip

SMOOTHING = (
    "{name}: a smoothing s > 0 lets FITPACK choose knots by the values, which has no derivative; "
    "use s=0, which interpolates, or make_smoothing_spline"
)


def _fitted(name: str, x: Any, y: Any, w: Any, k: int, s: Any, t: Any) -> BSpline:
    """Return the spline that interpolates, or with knots inside fits, some values."""
    if t is not None:
        ends = np.asarray(raw(xgrad.asarray(x).detach()))[[0, -1]]
        inner = np.asarray(raw(xgrad.asarray(t).detach()))
        knots = np.concatenate([np.repeat(ends[0], k + 1), inner, np.repeat(ends[1], k + 1)])
        return make_lsq_spline(x, y, knots, k, w=w)
    if (s is None and w is not None) or s:
        raise NotImplementedError(SMOOTHING.format(name=name))
    return make_interp_spline(x, y, k)


@twin("interpolate")
@of_one("scipy.interpolate.splrep")
def splrep(
    x: Any, y: Any, w: Any = None, xb: Any = None, xe: Any = None, k: int = 3, task: int = 0,
    s: Any = None, t: Any = None, full_output: int = 0, per: int = 0, quiet: int = 1,
) -> Any:  # fmt: skip
    """Return knots, coefficients and degree of a spline; see ``scipy.interpolate.splrep``.

    It interpolates, or fits by least squares with the knots `t`; smoothing is refused.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad.scipy import interpolate
    >>> middle = lambda y: interpolate.splev(1.5, interpolate.splrep(np.arange(4.0), y))
    >>> xg.grad(middle)(np.asarray([0.0, 1.0, 0.0, 1.0])).round(4)
    array([-0.0625,  0.5625,  0.5625, -0.0625])
    """
    if per or xb is not None or xe is not None or task or full_output:
        raise NotImplementedError(
            "splrep: per, xb, xe, task and full_output have no derivative here; use "
            "make_interp_spline, with bc_type='periodic' for per"
        )
    made = _fitted("splrep", x, y, w, k, s, t)
    return made.t, xgrad.concat([made.c, xgrad.zeros_like(made.c[: k + 1])]), k


@twin("interpolate")
@of_one("scipy.interpolate.splprep")
def splprep(
    x: Any, w: Any = None, u: Any = None, ub: Any = None, ue: Any = None, k: int = 3, task: int = 0,
    s: Any = None, t: Any = None, full_output: int = 0, nest: Any = None, per: int = 0,
    quiet: int = 1,
) -> Any:  # fmt: skip
    """Return the spline of a curve through points, and their parameters; see SciPy's ``splprep``.

    Args:
        x: the coordinates, a vector for each axis.
        u: the parameters; the share of the length so far, along straight lines, if None.
        k: the degree.
        s: must be 0, that it interpolates.
        w, ub, ue, task, t, full_output, nest, per: must be as they are by default.
        quiet: nothing.
    """
    if s is None or s:
        raise NotImplementedError(SMOOTHING.format(name="splprep"))
    only(
        "splprep", w=(w, None), ub=(ub, None), ue=(ue, None), task=(task, 0), t=(t, None),
        full_output=(int(full_output), 0), nest=(nest, None), per=(int(per), 0),
    )  # fmt: skip
    rows = [xgrad.asarray(each) * 1.0 for each in x]
    if u is None:
        steps = xgrad.sqrt(sum((v[1:] - v[:-1]) ** 2 for v in rows))
        length = xgrad.cumulative_sum(steps)
        u = xgrad.concat([xgrad.zeros((1,)), length / length[-1]])
    made = [make_interp_spline(u, v, k) for v in rows]
    return (made[0].t, [m.c for m in made], k), u


@twin("interpolate")
@of_one("scipy.interpolate.make_splrep")
def make_splrep(
    x: Any, y: Any, *, w: Any = None, xb: Any = None, xe: Any = None, k: int = 3, s: Any = 0,
    t: Any = None, nest: Any = None, bc_type: Any = None,
) -> BSpline:  # fmt: skip
    """Return the spline through points; see ``scipy.interpolate.make_splrep``, with ``s=0``."""
    if s:
        raise NotImplementedError(SMOOTHING.format(name="make_splrep"))
    only(
        "make_splrep", xb=(xb, None), xe=(xe, None), t=(t, None), nest=(nest, None),
        bc_type=(bc_type, None), w=(w, None),
    )  # fmt: skip
    return make_interp_spline(x, y, k)


@twin("interpolate")
@of_one("scipy.interpolate.splint")
def splint(a: Any, b: Any, tck: Any, full_output: int = 0) -> Any:
    """Return the integral of a spline; see ``scipy.interpolate.splint``."""
    only("splint", full_output=(bool(full_output), False))
    t, c, k = tck
    return BSpline(t, xgrad.asarray(c)[: xgrad.asarray(t).shape[0] - k - 1], k).integrate(a, b)


@told("interpolate")
@like_given
class UnivariateSpline:
    """A spline through the values, in values and points; see ``scipy.interpolate``.

    Args:
        x: the points, increasing.
        y: the values.
        w: the weights of a fit.
        bbox: must hold None.
        k: the degree.
        s: must be 0, that it interpolates.
        ext: what is outside: 0 the spline goes on, 1 zeros, 2 an error, 3 the value at the end.
        check_finite: nothing.

    Raises:
        NotImplementedError: for a smoothing `s`, whose knots depend on the values.
    """

    def __init__(
        self, x: Any, y: Any, w: Any = None, bbox: Any = (None, None), k: int = 3, s: Any = None,
        ext: Any = 0, check_finite: bool = False,
    ) -> None:  # fmt: skip
        s = 1.0 if s is None else s
        self._set(_fitted(type(self).__name__, x, y, w, k, s, None), bbox, ext)

    def _set(self, spline: BSpline, bbox: Any, ext: Any) -> None:
        if any(b is not None for b in bbox):
            raise NotImplementedError(f"{type(self).__name__}: bbox has no derivative here")
        self.spline = spline
        self.ext = {"extrapolate": 0, "zeros": 1, "raise": 2, "const": 3}.get(ext, ext)

    def __call__(self, x: Any, nu: int = 0, ext: Any = None) -> Any:
        """Return the value, or a derivative in `x`, at some points."""
        b = self.spline
        return splev(x, (b.t, b.c, b.k), nu, self.ext if ext is None else ext)

    def _of(self, spline: BSpline) -> Any:
        made = object.__new__(UnivariateSpline)
        made._set(spline, (None, None), self.ext)
        return made

    def derivative(self, n: int = 1) -> Any:
        """Return the derivative as a spline."""
        return self._of(self.spline.derivative(n))

    def antiderivative(self, n: int = 1) -> Any:
        """Return an integral as a spline."""
        return self._of(self.spline.antiderivative(n))

    def integral(self, a: Any, b: Any) -> Any:
        """Return the integral between two points."""
        return self.spline.integrate(a, b)

    def derivatives(self, x: Any) -> Any:
        """Return the value and all derivatives at a point."""
        return xgrad.stack([xgrad.asarray(self(x, nu)) for nu in range(self.spline.k + 1)])

    def roots(self) -> Any:
        """Return where a cubic spline is zero, by the equation that this is."""
        b = self.spline
        if b.k != 3:
            raise NotImplementedError(f"roots: the degree is {b.k}; SciPy finds those of degree 3")
        plain = chapter("interpolate").PPoly.from_spline((raw(b.t), raw(b.c.detach()), b.k))
        found = plain.roots(extrapolate=False)
        slopes = plain.derivative()(found)
        return implicit(lambda x: xgrad.asarray(self(x)), found, lambda g, adjoint: g / slopes)

    def get_coeffs(self) -> Any:
        """Return the coefficients."""
        return self.spline.c

    def get_knots(self) -> Any:
        """Return the knots, those at the ends once."""
        t, k = self.spline.t, self.spline.k
        return t[k : t.shape[0] - k]


@told("interpolate")
@like_given
class InterpolatedUnivariateSpline(UnivariateSpline):
    """A spline through the values; see ``scipy.interpolate.InterpolatedUnivariateSpline``."""

    def __init__(
        self, x: Any, y: Any, w: Any = None, bbox: Any = (None, None), k: int = 3, ext: Any = 0,
        check_finite: bool = False,
    ) -> None:  # fmt: skip
        self._set(_fitted("InterpolatedUnivariateSpline", x, y, None, k, 0, None), bbox, ext)


@told("interpolate")
@like_given
class LSQUnivariateSpline(UnivariateSpline):
    """A spline with given knots inside, fitted; see ``scipy.interpolate.LSQUnivariateSpline``."""

    def __init__(
        self, x: Any, y: Any, t: Any, w: Any = None, bbox: Any = (None, None), k: int = 3,
        ext: Any = 0, check_finite: bool = False,
    ) -> None:  # fmt: skip
        self._set(_fitted("LSQUnivariateSpline", x, y, w, k, 0, t), bbox, ext)
