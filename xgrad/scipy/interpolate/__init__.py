"""Interpolation, as in ``scipy.interpolate``."""

from ..common import rest_of
from .bsplines import BSpline, make_interp_spline, make_lsq_spline, make_smoothing_spline, splev
from .fitpack import (
    InterpolatedUnivariateSpline,
    LSQUnivariateSpline,
    UnivariateSpline,
    make_splrep,
    splint,
    splprep,
    splrep,
)
from .older import BPoly, Rbf, lagrange, pade
from .pieces import (
    Akima1DInterpolator,
    CubicHermiteSpline,
    CubicSpline,
    PchipInterpolator,
    PPoly,
    pchip_interpolate,
)
from .polynomials import (
    BarycentricInterpolator,
    KroghInterpolator,
    barycentric_interpolate,
    interp1d,
    krogh_interpolate,
)
from .scattered import (
    LinearNDInterpolator,
    NearestNDInterpolator,
    RBFInterpolator,
    RegularGridInterpolator,
    griddata,
    interpn,
)
from .surfaces import CloughTocher2DInterpolator, NdBSpline, RectBivariateSpline

__all__ = [
    "Akima1DInterpolator",
    "BPoly",
    "BSpline",
    "BarycentricInterpolator",
    "CloughTocher2DInterpolator",
    "CubicHermiteSpline",
    "CubicSpline",
    "InterpolatedUnivariateSpline",
    "KroghInterpolator",
    "LSQUnivariateSpline",
    "LinearNDInterpolator",
    "NdBSpline",
    "NearestNDInterpolator",
    "PPoly",
    "PchipInterpolator",
    "RBFInterpolator",
    "Rbf",
    "RectBivariateSpline",
    "RegularGridInterpolator",
    "UnivariateSpline",
    "barycentric_interpolate",
    "griddata",
    "interp1d",
    "interpn",
    "krogh_interpolate",
    "lagrange",
    "make_interp_spline",
    "make_lsq_spline",
    "make_smoothing_spline",
    "make_splrep",
    "pade",
    "pchip_interpolate",
    "splev",
    "splint",
    "splprep",
    "splrep",
]

__getattr__ = rest_of("interpolate")
