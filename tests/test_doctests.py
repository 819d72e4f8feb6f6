# Tests of xgrad
"""The examples in public docstrings."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import xgrad as xg

MODULES = ["xgrad"] + [
    info.name
    for info in pkgutil.walk_packages(xg.__path__, "xgrad.")
    if not info.name.startswith(("xgrad.__", "xgrad.hooks."))  # hooks import their libraries
]

BORROWED = {
    getattr(value, "__doc__", None)
    for space in (np, np.linalg, np.fft, np.random)
    for value in vars(space).values()
}
"""The docstrings of NumPy's functions, whose twins have them too: their examples are NumPy's."""


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name: str) -> None:
    if name.startswith("xgrad.special"):
        pytest.importorskip("scipy", reason="the values of xgrad.special on NumPy are SciPy's")
    module = importlib.import_module(name)
    runner = doctest.DocTestRunner()
    for test in doctest.DocTestFinder().find(module):
        if test.docstring not in BORROWED:
            runner.run(test)
    assert not runner.failures


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    count = sum(
        bool(test.examples)
        for name in MODULES
        for test in finder.find(importlib.import_module(name))
    )
    assert count >= 8
