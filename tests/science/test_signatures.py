# Tests of xgrad/scipy
"""Twins take SciPy's parameters, by its names, in its order, with its defaults; none is ignored."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest

import xgrad

CHAPTERS = (
    "linalg sparse sparse.linalg integrate interpolate ndimage signal spatial spatial.distance "
    "stats optimize"
).split()
OWN = {"SparseArray", "OdeResult", "OdeSolution", "Continuous", "Discrete", "Frozen", "SuperLU"}
"""What SciPy has under no name, or makes by itself alone."""
DIFFERENT = {
    "solve_ivp": {"adjoint"},  # a keyword more
    "svds": {"random_state"},  # the older name of rng
    "tanhsinh": {"options", "log", "maxlevel", "minlevel", "atol", "rtol", "preserve_shape", "callback"},
    "sqrtm": {"disp", "blocksize"}, "logm": {"disp"}, "signm": {"disp"},  # what is none in SciPy has no name
    "brute": {"finish"}, "fmin_l_bfgs_b": {"iprint", "disp"},  # whose defaults are objects
    "diags": {"dtype"}, "diags_array": {"dtype"}, "lombscargle": {"precenter"}, "nnls": {"atol"},
    "spline_filter": {"output"}, "spline_filter1d": {"output"}, "vectorized_filter": {"batch_memory"}, "boxcox_normmax": {"ymax"},
}  # fmt: skip
OLDER = {"inv", "anderson", "cg", "newton", "least_squares", "curve_fit", "brentq"}
"""What other versions of SciPy have with other parameters."""


def functions():
    for chapter in CHAPTERS:
        ours, theirs = (
            importlib.import_module(f"{home}.{chapter}") for home in ("xgrad.scipy", "scipy")
        )
        for name in ours.__all__:
            f, own = getattr(ours, name), getattr(theirs, name, None)
            if (
                name in OWN
                or own is None
                or isinstance(f, type)
                or isinstance(own, type)
                or not callable(f)
            ):
                continue
            try:
                yield f"{chapter}.{name}", *(inspect.signature(g).parameters for g in (f, own))
            except ValueError:  # of compiled code
                continue


def test_functions_take_scipys_parameters():
    wrong, count = [], 0
    for name, ours, theirs in functions():
        known = DIFFERENT.get(name.rpartition(".")[2], set())
        if not hasattr(xgrad.scipy.stats, "DISTRIBUTIONS") or "kwargs" in ours:
            continue  # distributions are called to be frozen
        count += 1
        one, two = (
            [(p.name, p.kind, p.default) for p in ps.values() if p.name not in known]
            for ps in (ours, theirs)
        )
        same = [a[:2] for a in one] == [b[:2] for b in two]
        if not same or not all(
            bool(a[2] == b[2]) or a[2] is b[2] for a, b in zip(one, two, strict=True)
        ):
            wrong.append(f"{name}: {[a[0] for a in one]} are not SciPy's {[b[0] for b in two]}")
    assert count > 200
    assert not wrong, "\n".join(wrong)


HARMLESS = set(
    "check_finite lwork driver lapack_driver "
    "workers overwrite maxpts copy show check use_umfpack checks tol threshold batch_memory quiet rng seed xp device method".split()
)  # fmt: skip
"""Parameters that say how a value is found, not which."""
READ_ELSEWHERE = {"output", "out"}  # by the decorator
ELSEWHERE = {
    "toarray", "tobsr",
    "interp1d", "generic_filter1d", "shapiro", "moment", "RegularGridInterpolator", "_BarycentricInterpolator",
}  # fmt: skip
ALLOWED = {
    "options": "of solvers and trees, which change no value", "tree_options": "the same",
    "irlen": "an approximation that is not made", "allow_singular": "a singular one raises",
    "lmbda": "not in this moment", "mu": "not in this moment", "plain": "has no parameter", "adjoint": "the matrix is its own",
    "size": "internal", "args": "internal", "f": "SciPy's signature", "N": "of a sample that is drawn",
}  # fmt: skip


def test_no_parameter_is_ignored():
    root, wrong = Path(xgrad.__file__).parent / "scipy", []
    for path in sorted(root.rglob("*.py")):
        for f in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(f, ast.FunctionDef) or len(f.body) < 2 or f.name in ELSEWHERE:
                continue
            if isinstance(f.body[-1], ast.Raise):  # others define it
                continue
            a = f.args
            names = [x.arg for x in (*a.posonlyargs, *a.args, *a.kwonlyargs)]
            names += [x.arg for x in (a.vararg, a.kwarg) if x]
            read = {n.id for n in ast.walk(ast.Module(f.body, [])) if isinstance(n, ast.Name)}
            known = HARMLESS | READ_ELSEWHERE | ALLOWED.keys() | {"self", "cls"}
            lost = [n for n in names if n not in read | known and not n.startswith("overwrite_")]
            if lost and not f.name.startswith("_"):
                wrong.append(f"{path.name}: {f.name} ignores {lost}")
    assert not wrong, "\n".join(wrong)


PROGRAMS_OF = "linalg sparse sparse.linalg integrate interpolate optimize".split()
UNTESTED = {"bandwidth", "tplquad"}
"""What no program has: each other twin of these chapters stands in one, by which it is checked."""


def test_each_twin_is_in_a_program():
    files = set(Path(__file__).parent.glob("test_*.py")) - {Path(__file__)}
    text = "".join(p.read_text(encoding="utf-8") for p in files)
    words = set(re.findall(r"\w+", text))
    names = {
        name
        for chapter in PROGRAMS_OF
        for name in importlib.import_module(f"xgrad.scipy.{chapter}").__all__
    }
    assert len(names) > 200
    left = sorted(names - words - UNTESTED - OWN)
    assert not left


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda s, x: s.ndimage.gaussian_filter(x, 1.0, output=x.detach()), "output is an array to write into"),
        (lambda s, x: s.spatial.distance.cdist(x, x, out=x.detach()), "out is an array to write into"),
        (lambda s, x: s.stats.linregress(x[0], x[1], keepdims=True), "keepdims=True has no derivative here"),
        (lambda s, x: s.stats.linregress(x[0], x[1], nan_policy="omit"), "nan_policy='omit'"),
        (lambda s, x: s.stats.chi2_contingency(x, method=object()), "method=<object"),
        (lambda s, x: s.linalg.sqrtm(x, disp=False), "disp=False"),
        (lambda s, x: s.spatial.distance.squareform(x[0], force="tovector"), "force='tovector'"),
    ],
)  # fmt: skip
def test_what_has_no_derivative_is_refused_by_its_name(call, says):
    x = xgrad.asarray([[4.0, 1.0, 0.3], [1.2, 3.0, 0.2], [0.1, 0.7, 2.0]])
    with pytest.raises(NotImplementedError, match=says):
        call(xgrad.scipy, x)


def test_an_output_may_be_a_type():
    x = xgrad.asarray([[4.0, 1.0], [1.2, 3.0]])
    assert str(xgrad.scipy.ndimage.gaussian_filter(x, 1.0, output="float32").dtype) == "float32"
