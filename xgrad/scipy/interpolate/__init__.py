"""Interpolation, as in ``scipy.interpolate``."""

import functools
from typing import Any

from ..common import arrays_in, rest_of
from .bsplines import BSpline, make_interp_spline, make_lsq_spline, splev, sproot
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
    FloaterHormannInterpolator,
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
from .smoothing import make_smoothing_spline
from .surfaces import CloughTocher2DInterpolator, NdBSpline, RectBivariateSpline

__all__ = [
    "Akima1DInterpolator",
    "BPoly",
    "BSpline",
    "BarycentricInterpolator",
    "CloughTocher2DInterpolator",
    "CubicHermiteSpline",
    "CubicSpline",
    "FloaterHormannInterpolator",
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
    "sproot",
]

MAKERS = {"PPoly": "from_spline", "BSpline": "design_matrix"}
"""Methods of SciPy's classes, not of their objects, by class."""


def patch(module: Any) -> None:
    """Have them ask the twin where an `Array` or a spline of ours is given."""
    for cls, name in MAKERS.items():
        own = vars(getattr(module, cls))[name]
        if not hasattr(own, "xgrad_original"):
            setattr(getattr(module, cls), name, _made(own, globals()[cls], name))


def _made(own: Any, twin: Any, name: str) -> Any:
    @functools.wraps(own.__func__)
    def call(cls: Any, *args: Any, **kwargs: Any) -> Any:
        if arrays_in(args, kwargs) or any(isinstance(x, (BSpline, PPoly)) for x in args):
            return getattr(twin, name)(*args, **kwargs)
        return own.__get__(None, cls)(*args, **kwargs)

    made = classmethod(call)
    call.xgrad_original = own  # type: ignore[attr-defined]
    return made


__getattr__ = rest_of("interpolate")
