# Tests of xgrad/engine/calls, xgrad/arrays/operators.py

"""Tests of xgrad/engine/calls and xgrad/arrays: how many Python calls each path takes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import xgrad as xg

OURS = tuple(str(Path(m.__file__).parent) for m in (xg, sys.modules["xgrad_backends"]))
INDEX = np.asarray([0, 2])
PATHS = {  # on a tracked array of NumPy, when warm
    "sin": (1, lambda x: xg.sin(x)),
    "x * y": (2, lambda x: x * x),
    "x * 2.0": (1, lambda x: x * 2.0),
    "2.0 * x": (1, lambda x: 2.0 * x),
    "x ** 2": (6, lambda x: x**2),
    "x.sum()": (5, lambda x: x.sum()),
    "x.mean()": (8, lambda x: x.mean()),
    "np.sin(x)": (2, lambda x: np.sin(x)),
    "np.sum(x)": (9, lambda x: np.sum(x)),
    "x[0]": (5, lambda x: x[0]),
    "x[index]": (5, lambda x: x[INDEX]),
    "asarray(x)": (1, lambda x: xg.asarray(x)),
}


def calls(f):
    """Return the functions of this library that a call runs, when it is warm."""
    f()
    found = []

    def profile(frame, event, arg):
        if event == "call" and frame.f_code.co_filename.startswith(OURS):
            found.append(frame.f_code.co_qualname)

    sys.setprofile(profile)
    try:
        f()
    finally:
        sys.setprofile(None)
    return found


@pytest.mark.parametrize("path", PATHS)
def test_python_calls_of_a_path(path):
    most, f = PATHS[path]
    counted = []

    def run(x):
        counted.append(calls(lambda: f(x)))
        return xg.sum(x)

    xg.grad(run)(np.ones(3))
    assert len(counted[0]) <= most, counted[0]


@xg.custom_vjp
def twice(x):
    return x * 2.0


twice.defvjp(lambda x: (x * 2.0, None), lambda residuals, ct: (ct * 2.0,))


def test_python_calls_of_a_gradient():
    x = np.ones(3)
    plain, custom = (xg.grad(lambda x, f=f: xg.sum(f(x))) for f in (xg.sin, twice))
    assert len(calls(lambda: plain(x))) <= 41
    assert len(calls(lambda: custom(x))) <= 50
