# Tests of xgrad/scipy
"""What is asked of ``cupyx.scipy`` is there, under the parameters it is given.

The table cupy_names.json is what an installed CuPy has; cupy_table.py writes it.
"""

import ast
import importlib
import inspect
import json
from pathlib import Path

import pytest

import xgrad
from xgrad.scipy.sparse.linalg.operators import with_tolerance

TABLE = json.loads(Path(__file__).with_name("cupy_names.json").read_text(encoding="utf-8"))
ROOT = Path(xgrad.__file__).parent / "scipy"


def calls():
    """Yield chapter, name and call for each ``chapter("signal", x).name(...)`` of xgrad.scipy."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            home = node.func.value if isinstance(node, ast.Call) and is_attribute(node) else None
            if isinstance(home, ast.Call) and home.args and isinstance(home.args[0], ast.Constant):
                called = home.func.attr if is_attribute(home) else getattr(home.func, "id", "")
                if called == "chapter" and home.args[0].value in TABLE:
                    yield home.args[0].value, node.func.attr, node, path.name


def is_attribute(node):
    return isinstance(node.func, ast.Attribute)


def fits(call, names):
    """Return the parameter that a call gives and a function has not, or None."""
    wanted = names.split()
    plain = [n for n in wanted if not n.startswith("*")]
    has_any = any(n.startswith("**") for n in wanted)
    positional = [a for a in call.args if not isinstance(a, ast.Starred)]
    if len(positional) > len(plain) and not any(n.startswith("*") for n in wanted):
        return f"argument {len(positional)}"
    for keyword in call.keywords:
        if keyword.arg and keyword.arg not in plain and not has_any:
            return keyword.arg
    return None


LACKING = {
    "integrate": "CuPy has no such chapter; a call says so",
    "optimize": "CuPy has no such chapter; a call says so",
}


def test_calls_of_cupyx_fit_its_signatures():
    found, wrong, lacking = 0, [], {}
    for chapter, name, call, file in calls():
        if chapter in LACKING:
            continue
        if name not in TABLE[chapter]:
            lacking.setdefault(chapter, set()).add(name)
            continue
        found += 1
        names = TABLE[chapter][name]
        missing = fits(call, names) if names is not None else None
        if missing:
            wrong.append(f"{file}: {chapter}.{name} has no {missing}; it has {names}")
    assert found > 20
    assert not wrong, "\n".join(wrong)
    assert lacking == WITHOUT


WITHOUT = {
    "linalg": set(
        "cdf2rdf cholesky_banded eig eig_banded eigh eigh_tridiagonal eigvals funm ishermitian issymmetric ldl logm null_space qr qr_delete qr_insert qr_update rq rsf2csf solve_continuous_are solve_discrete_are solve_discrete_lyapunov sqrtm".split()
    ),
    "interpolate": {"RectBivariateSpline", "make_smoothing_spline", "sproot"},
    "signal": set("CZT ShortTimeFFT ZoomFFT find_peaks_cwt".split()),
    "spatial": set("cKDTree".split()),
    "special": set("roots_legendre".split()),
    "stats": set(
        "Binomial Logistic Mixture Normal Uniform abs anderson binned_statistic binned_statistic_dd boxcox boxcox_normmax chi2_contingency cramervonmises cumfreq dunnett exp expectile kendalltau ks_1samp ks_2samp log order_statistic probplot ranksums relfreq siegelslopes somersd theilslopes truncate tukey_hsd weightedtau yeojohnson_normmax".split()
    ),
}
"""What CuPy has not: a call on its arrays says so, and names SciPy on the CPU."""

CHAPTERS = [c for c in TABLE if c not in ("version", "integrate", "optimize", "fft", "special")]
PLACES = {"output", "overwrite_x", "plan", "out", "dtype", "copy"}
"""Parameters that name a place to write to."""
DIFFERENT = {
    "affine_transform": {"texture_memory", "float64_coords"},  # of CuPy alone
    "distance_transform_edt": {"image", "block_params", "float64_distances"},
    "symiirorder1": {"input"},
    "firwin2": {"nyq"},  # the older name of fs
    "expm": {"a"},  # the rest: by SciPy's names, which are other ones
    "eigsh": {"a"},
    "svds": {"a"},
    "minres": {"tol"},
    "jensenshannon": {"u", "v"},
}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_twins_take_the_parameters_of_cupyx(chapter):
    module, wrong = importlib.import_module(f"xgrad.scipy.{chapter}"), []
    for name in module.__all__:
        names = TABLE[chapter].get(name)
        f = getattr(module, name)
        if names is None or isinstance(f, type) or not callable(f):
            continue
        ours = inspect.signature(f).parameters.values()
        if any(p.kind is p.VAR_KEYWORD for p in ours):
            continue
        known = {p.name for p in ours} | PLACES | DIFFERENT.get(name, set())
        lost = [n for n in names.split() if not n.startswith("*") and n not in known]
        if lost:
            wrong.append(f"{name}: {lost} of {names}")
    assert not wrong, "\n".join(wrong)


def test_a_solver_gets_its_tolerance_under_its_own_name():
    given = {"cg": "rtol", "minres": "tol"}
    for name, parameter in given.items():
        assert parameter in TABLE["sparse.linalg"][name].split()
        made = eval(f"lambda {', '.join(TABLE['sparse.linalg'][name].split())}: 0")
        assert with_tolerance(made, 0.1) == {parameter: 0.1}


NAMED = {
    "linalg": """
        solve solve_triangular cho_factor cho_solve lu_factor lu_solve lu qr ldl eig eigh
        eigvals eigvalsh svd schur expm logm sqrtm fractional_matrix_power solve_sylvester
        solve_continuous_lyapunov solve_discrete_lyapunov solve_continuous_are
        solve_discrete_are solve_banded solveh_banded solve_toeplitz toeplitz circulant
        hankel block_diag khatri_rao lstsq pinv polar det
    """,
    "sparse": """
        csr_array csc_array coo_array dia_array csr_matrix csc_matrix coo_matrix dia_matrix
        diags diags_array kron block_array
    """,
    "sparse.linalg": """
        spsolve splu factorized cg gmres minres bicgstab eigsh svds expm_multiply
        LinearOperator
    """,
    "integrate": """
        solve_ivp odeint quad quad_vec dblquad nquad tanhsinh cubature simpson romb
        trapezoid cumulative_trapezoid cumulative_simpson
    """,
    "interpolate": """
        interp1d CubicSpline PchipInterpolator Akima1DInterpolator BarycentricInterpolator
        BSpline make_interp_spline make_smoothing_spline RegularGridInterpolator
        RBFInterpolator LinearNDInterpolator griddata
    """,
    "ndimage": """
        map_coordinates affine_transform rotate shift zoom spline_filter spline_filter1d
        convolve convolve1d correlate correlate1d gaussian_filter gaussian_filter1d
        uniform_filter uniform_filter1d sobel laplace median_filter percentile_filter
        minimum_filter maximum_filter grey_erosion grey_dilation grey_opening grey_closing
        sum_labels mean variance standard_deviation minimum maximum median center_of_mass
        extrema
    """,
    "signal": """
        lfilter filtfilt sosfilt sosfiltfilt fftconvolve oaconvolve convolve2d resample
        resample_poly decimate hilbert stft istft ShortTimeFFT welch spectrogram csd
        coherence savgol_filter detrend czt medfilt lombscargle freqz lsim dlsim
        cont2discrete butter cheby1 cheby2 ellip bessel firwin firwin2 firls bilinear tf2zpk
        zpk2tf tf2sos zpk2sos sos2tf sos2zpk tf2ss ss2tf lp2lp lp2hp lp2bp lp2bs iirfilter
        iirdesign
    """,
    "spatial.distance": """
        cdist pdist squareform euclidean cosine minkowski mahalanobis
    """,
    "stats": """
        gaussian_kde multivariate_normal multivariate_t dirichlet wishart Normal
        make_distribution pearsonr spearmanr kendalltau linregress ttest_ind
        wasserstein_distance energy_distance ks_2samp
    """,
    "optimize": """
        root root_scalar brentq fsolve least_squares minimize nnls linprog
    """,
}
"""The functions that `xgrad.scipy` is about, by chapter."""

NOT_THERE = {
    "linalg": """
        solve cho_factor cho_solve qr ldl eig eigh eigvals eigvalsh svd schur logm sqrtm
        fractional_matrix_power solve_sylvester solve_continuous_lyapunov
        solve_discrete_lyapunov solve_continuous_are solve_discrete_are solve_banded
        solveh_banded solve_toeplitz lstsq pinv polar det
    """,
    "sparse.linalg": """
        expm_multiply
    """,
    "interpolate": """
        make_smoothing_spline griddata
    """,
    "signal": """
        ShortTimeFFT czt bessel
    """,
    "spatial.distance": """
        squareform mahalanobis
    """,
    "stats": """
        gaussian_kde multivariate_normal multivariate_t dirichlet wishart Normal
        make_distribution pearsonr spearmanr kendalltau linregress ttest_ind
        wasserstein_distance energy_distance ks_2samp
    """,
}
"""Those of them that CuPy has not; it has no such chapter as `integrate` or `optimize` at all."""


@pytest.mark.parametrize("chapter", NAMED)
def test_what_is_named_is_here_and_looked_for_in_cupyx(chapter):
    module, own = (importlib.import_module(f"{x}.{chapter}") for x in ("xgrad.scipy", "scipy"))
    names, known = NAMED[chapter].split(), TABLE.get(chapter, {})
    for name in names:
        assert callable(getattr(own, name)), name
        assert callable(getattr(module, name)), name
    absent = {name for name in names if name not in known}
    assert absent == (set(NOT_THERE[chapter].split()) if chapter in NOT_THERE else absent)
    for name in names:
        f = getattr(module, name)
        if isinstance(f, type) and known.get(name) and chapter != "sparse":
            ours = inspect.signature(f.__init__).parameters
            theirs = [n for n in known[name].split() if not n.startswith("*")]
            lost = [n for n in theirs if n not in ours]
            assert not lost or any(p.kind is p.VAR_KEYWORD for p in ours.values()), (name, lost)
