"""SciPy's functions that have no derivative, and what has one in their place."""

from __future__ import annotations

__all__ = ["WITHOUT"]

_STEPPER = "use xgrad.scipy.integrate.solve_ivp(method={name!r}), which takes the same steps"

_TRUTH = (
    "give it a comparison, as x > 0.5, since what is true has no derivative; "
    "xgrad.scipy.ndimage.{name} of the grey image has one"
)
_SHAPE = "binary_closing binary_dilation binary_erosion binary_opening".split()

WITHOUT: dict[str, str] = {
    **{
        f"scipy.ndimage.{name}": _TRUTH.format(name=name.replace("binary", "grey"))
        for name in _SHAPE
    },
    **{
        f"scipy.ndimage.{name}": _TRUTH.format(name="maximum_filter")
        for name in ("binary_fill_holes", "binary_hit_or_miss", "binary_propagation")
    },
    **{
        f"scipy.ndimage.{name}": (
            "give it a comparison, as x > 0.5: how far it is from there is a step function of x"
        )
        for name in ("distance_transform_bf", "distance_transform_cdt")
    },
    "scipy.ndimage.histogram": (
        "count x.detach(): how many numbers are in a bin is a step function of them"
    ),
    **{
        f"scipy.integrate.{name}": _STEPPER.format(name=name)
        for name in ("BDF", "DOP853", "LSODA", "RK23", "RK45", "Radau")
    },
    "scipy.integrate.qmc_quad": "use xgrad.scipy.integrate.cubature",
    "scipy.interpolate.AAA": (
        "use a spline or xgrad.scipy.interpolate.BarycentricInterpolator at points of your own, as "
        "AAA chooses them by the values"
    ),
    "scipy.interpolate.SmoothBivariateSpline": (
        "use xgrad.scipy.interpolate.RBFInterpolator(smoothing=), as FITPACK chooses knots by the "
        "values"
    ),
    "scipy.interpolate.LSQBivariateSpline": "use xgrad.scipy.interpolate.RectBivariateSpline",
    "scipy.spatial.SphericalVoronoi": "use the vertices of a triangulation held constant",
    **{
        f"scipy.stats.levy_stable.{name}": (
            "use the integral of its characteristic function, by xgrad.scipy.integrate.quad"
        )
        for name in ("pdf", "logpdf", "cdf", "sf")
    },
    "scipy.signal.remez": (
        "use xgrad.scipy.signal.firls, which has the least square in the place of the least maximum"
    ),
    "scipy.ndimage.label": "give it x.detach() > 0.5: regions are a step function",
    "scipy.optimize.check_grad": "use xgrad.testing.check_grads",
    "scipy.cluster.hierarchy.linkage": (
        "cluster x.detach(), and take distances of the clusters that it names: which are joined is "
        "a step function"
    ),
    "scipy.cluster.vq.kmeans": (
        "cluster x.detach(), and average the points of each label: which cluster a point is in is "
        "a step function"
    ),
    "scipy.cluster.vq.kmeans2": (
        "cluster x.detach(), and average the points of each label: which cluster a point is in is "
        "a step function"
    ),
}
"""By full name: what to write, in words that follow \"To keep it, \"."""
