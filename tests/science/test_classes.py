# Tests of xgrad/scipy
"""Objects made of an `Array` have the attributes and methods of SciPy's, with the same values."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import scipy

import xgrad as xg

RNG = np.random.default_rng(0)
T = np.linspace(0.0, 1.0, 8)
Y = np.cumsum(RNG.uniform(0.5, 1.0, 8))
CLOUD, ON_CLOUD, GRID = RNG.uniform(size=(9, 2)), RNG.normal(size=9), RNG.normal(size=(8, 8))
NUMBER, MATRIX = np.asarray(0.3), 3 * np.eye(3) + 0.1

OF_POINTS = (
    "Akima1DInterpolator BarycentricInterpolator CubicSpline FloaterHormannInterpolator "
    "InterpolatedUnivariateSpline KroghInterpolator PchipInterpolator interp1d make_interp_spline "
    "make_smoothing_spline"
).split()
OF_CLOUDS = (
    "CloughTocher2DInterpolator LinearNDInterpolator NearestNDInterpolator RBFInterpolator"
).split()
MADE: dict[str, Any] = {
    **{n: (lambda s, v, n=n: getattr(s.interpolate, n)(T, v), Y) for n in OF_POINTS},
    **{n: (lambda s, v, n=n: getattr(s.interpolate, n)(CLOUD, v), ON_CLOUD) for n in OF_CLOUDS},
    "CubicHermiteSpline": (lambda s, v: s.interpolate.CubicHermiteSpline(T, v, Y), Y),
    "PPoly": (lambda s, v: s.interpolate.PPoly(v, T[:5]), GRID[:4, :4]),
    "BPoly": (lambda s, v: s.interpolate.BPoly(v, T[:5]), GRID[:4, :4]),
    "BSpline": (lambda s, v: s.interpolate.BSpline(np.arange(12.0), v, 3), Y),
    "NdBSpline": (lambda s, v: s.interpolate.NdBSpline((np.arange(12.0),) * 2, v, 3), GRID),
    "RectBivariateSpline": (lambda s, v: s.interpolate.RectBivariateSpline(T, T, v), GRID),
    "RegularGridInterpolator": (lambda s, v: s.interpolate.RegularGridInterpolator((T, T), v), GRID),
    "KDTree": (lambda s, v: s.spatial.KDTree(v), CLOUD),
    "ConvexHull": (lambda s, v: s.spatial.ConvexHull(v), CLOUD),
    "Delaunay": (lambda s, v: s.spatial.Delaunay(v), CLOUD),
    "Voronoi": (lambda s, v: s.spatial.Voronoi(v), CLOUD),
    "Normal": (lambda s, v: s.stats.Normal(mu=v, sigma=2.0), NUMBER),
    "Uniform": (lambda s, v: s.stats.Uniform(a=v, b=2.0), NUMBER),
    "Binomial": (lambda s, v: s.stats.Binomial(n=5, p=v), NUMBER),
    "Mixture": (lambda s, v: s.stats.Mixture([s.stats.Normal(mu=v), s.stats.Normal()]), NUMBER),
    "a made class": (lambda s, v: s.stats.make_distribution(s.stats.gamma)(a=v), NUMBER),
    "gamma": (lambda s, v: s.stats.gamma(v, loc=1.0), NUMBER),
    "poisson": (lambda s, v: s.stats.poisson(v), NUMBER),
    "multivariate_normal": (lambda s, v: s.stats.multivariate_normal(v), CLOUD[0]),
    "multivariate_t": (lambda s, v: s.stats.multivariate_t(v, df=3), CLOUD[0]),
    "dirichlet": (lambda s, v: s.stats.dirichlet(v), CLOUD[0]),
    "gaussian_kde": (lambda s, v: s.stats.gaussian_kde(v), CLOUD.T.copy()),
    "csr_array": (lambda s, v: s.sparse.csr_array(v), MATRIX),
    "coo_array": (lambda s, v: s.sparse.coo_array(v), MATRIX),
    "csc_matrix": (lambda s, v: s.sparse.csc_matrix(v), MATRIX),
    "aslinearoperator": (lambda s, v: s.sparse.linalg.aslinearoperator(v), MATRIX),
    "solve_ivp": (lambda s, v: s.integrate.solve_ivp(lambda t, y: -v * y, (0, 1), [1.0]), NUMBER),
    "ShortTimeFFT": (lambda s, v: s.signal.ShortTimeFFT(np.hanning(8) + 0.1, 3, 2.0), Y),
    "lti": (lambda s, v: s.signal.lti(v, [1.0, 2.0, 3.0]), Y[:2]),
    "minimize": (lambda s, v: s.optimize.minimize(lambda x: ((x - v) ** 2).sum(), [0.0, 0.0]), Y[:2]),
    "root": (lambda s, v: s.optimize.root(lambda x: x**3 - v, [1.0, 1.0]), Y[:2]),
    "linprog": (lambda s, v: s.optimize.linprog(v, A_ub=[[1, 1]], b_ub=[1.0]), Y[:2]),
    "linregress": (lambda s, v: s.stats.linregress(T, v), Y),
    "ttest_ind": (lambda s, v: s.stats.ttest_ind(v, v[::-1] ** 2), Y),
}  # fmt: skip
"""How an object is made of SciPy's chapters and an array."""

CHANGES = (
    "add_points add_xi close construct_fast extend fill_value from_bernstein_basis from_derivatives "
    "from_power_basis insert_knot prune reset_cache resize set_shape set_smoothing_factor set_yi"
).split()
"""What changes an object, or makes another one of it by formulas that SciPy has compiled."""
INSIDE = (
    "args cache_policy check_format copy d d_dtype d_shape dtype fp get_residual grad grid "
    "has_canonical_format has_sorted_indices is_complex maxprint n neighbors r scale smoothing "
    "sorted_indices tck tol tri validate_input validation_policy values_shape wi xgrad_new "
    "xgrad_twin A abseps allow_singular cho_cov cov_object dim log_det maxpts releps shape_info rng "
    "powers deg2rad rad2deg ab rvs asfptype getmaxprint query_ball_tree query_pairs tree"
).split()
"""What a user does not ask for."""
WITHOUT = (
    "derivative design_matrix kurtosis logentropy mode partial_derivative plot poles residues roots "
    "sample tensordot"
).split()
"""What has no derivative here, which an error says."""
SHAPED = "c yi values xi a b".split()
"""What SciPy keeps in a shape of its own, or makes at another time."""
NAMED = "pdf logpdf pmf logpmf cdf logcdf ccdf logccdf icdf iccdf ilogcdf ilogccdf".split()
"""Whose arguments are given by position alone."""


def parameters(f: Any) -> Any:
    """Return names and defaults of what a function takes, None if nobody knows or it takes any."""
    try:
        found = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        return None
    if any(p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL) for p in found):
        return None
    return [(p.name, repr(p.default)) for p in found if p.name not in ("copy", "order")]


def faults(ours: Any, own: Any) -> list[str]:
    """Return what an object lacks of SciPy's, or has in another way."""
    found = []
    for name in dir(own):
        hidden = name.startswith("_") and name != "__call__"
        if hidden or name in {*CHANGES, *INSIDE, *WITHOUT, *SHAPED} or not hasattr(own, name):
            continue
        theirs = getattr(own, name)
        try:
            mine = getattr(ours, name)
        except AttributeError:
            found.append(f"lacks {name}")
            continue
        if callable(theirs):
            one, two = parameters(mine), parameters(theirs)
            if one is not None and two is not None and one != two and name not in NAMED:
                found.append(f"{name}{one} is not {two}")
        elif isinstance(theirs, (np.ndarray, np.generic, float, int)):
            given = np.asarray(mine.data if isinstance(mine, xg.Array) else mine)
            if given.shape != np.shape(theirs) or not np.allclose(given, theirs, equal_nan=True):
                found.append(f"{name} is {given!r:.60}, not {theirs!r:.60}")
    return found


def test_what_an_object_has_not_is_told_from_a_slip() -> None:
    spline = xg.scipy.interpolate.RectBivariateSpline(T, T, xg.asarray(GRID))
    with pytest.raises(
        AttributeError, match=r"'partial_derivative' has no derivative here; it has.*ev"
    ):
        spline.partial_derivative(1, 0)
    with pytest.raises(AttributeError, match="object has no attribute 'nosuch'"):
        spline.nosuch  # noqa: B018 - asked for alone


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MADE)
def test_an_object_has_what_scipys_has(name: str) -> None:
    make, x = MADE[name]
    assert not faults(make(xg.scipy, xg.asarray(x)), make(scipy, x))
