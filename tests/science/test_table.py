# Tests of xgrad/scipy
"""One table of SciPy's names: each is in a program, and the op table's checks run on programs.

CI runs them on one program in twelve; ``nox -s science`` on all.
"""

import ast
import os
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import xgrad as xg
from xgrad import scipy

from .arguments import check_arguments
from .rows import CHAPTERS, check_generic, programs

STEP = 1 if os.environ.get("XGRAD_SCIENCE") == "all" else 12
CHOSEN = programs()[::STEP]


@pytest.mark.parametrize(
    "program", [p for _, p in CHOSEN], ids=[f"{chapter} {p.name}" for chapter, p in CHOSEN]
)
def test_generic_checks_of_the_op_table(program):
    check_generic(program)


@pytest.mark.parametrize("program", CHOSEN[:: 1 if STEP == 1 else 8], ids=lambda item: item[1].name)
def test_no_argument_is_silently_a_constant(program):
    check_arguments(program[1])


MODULES = (*CHAPTERS, "sparse.linalg", "sparse.csgraph", "spatial.distance")


def names_used():
    """Return every attribute, name and word that the tests of the chapters use."""
    found = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.update(node.value.replace(",", " ").replace("(", " ").split())
    return found


def test_every_name_is_in_a_program():
    used = names_used()
    missing = {
        chapter: sorted(set(import_module(f"xgrad.scipy.{chapter}").__all__) - used)
        for chapter in MODULES
    }
    assert not {k: v for k, v in missing.items() if v}


def test_objects_of_raw_arrays_give_raw_arrays():
    x, at = np.linspace(0.0, 1.0, 6), np.asarray([0.3, 0.7])
    spline = scipy.interpolate.CubicSpline(x, x**3)
    for f in (spline, spline.derivative(), scipy.interpolate.make_interp_spline(x, x**2)):
        assert type(f(at)) is np.ndarray
        assert isinstance(f(xg.asarray(at)), xg.Array)
    assert isinstance(scipy.interpolate.CubicSpline(x, xg.asarray(x))(at), xg.Array)
    slope = xg.grad(lambda y: xg.sum(scipy.interpolate.make_interp_spline(x, y).derivative()(at)))
    assert np.abs(slope(x**2)).max() > 0.1


@pytest.mark.parametrize(
    ("twin", "letters"),
    [
        (lambda s, x: s.signal.savgol_filter(x, 5, 2), "f"),
        (lambda s, x: s.signal.welch(x, nperseg=8)[1], "f"),
        (lambda s, x: s.signal.stft(x, nperseg=8)[2], "F"),
        (lambda s, x: s.signal.decimate(x, 2), "f"),
        (lambda s, x: s.signal.deconvolve(x, x[:3])[0], "d"),
        (lambda s, x: s.spatial.distance.cdist(x[:, None], x[:4, None]), "d"),
        (lambda s, x: s.ndimage.spline_filter(x), "d"),
    ],
)
def test_single_precision_is_as_in_scipy(twin, letters):
    import scipy as plain

    x = np.random.default_rng(0).normal(size=64).astype("f")
    assert np.asarray(twin(plain, x)).dtype.char == letters
    assert np.dtype(twin(scipy, xg.asarray(x)).dtype).char == letters
    gradient = xg.grad(lambda x: xg.sum(xg.abs(twin(scipy, x)) ** 2))(x)
    assert gradient.dtype == x.dtype


def test_arrays_of_two_libraries_are_refused_by_name():
    strict = pytest.importorskip("array_api_strict")
    one, two = xg.asarray(np.ones(9)), xg.asarray(strict.ones(9))
    grid = scipy.interpolate.RegularGridInterpolator((np.arange(9.0),), one)
    for name, call in {
        "lfilter": lambda: scipy.signal.lfilter(one[:2], two[:2], one),
        "cdist": lambda: scipy.spatial.distance.cdist(one[:, None], two[:, None]),
        "RegularGridInterpolator": lambda: grid(two[:, None]),
    }.items():
        with pytest.raises(xg.errors.MixedBackendError, match=name):
            call()
