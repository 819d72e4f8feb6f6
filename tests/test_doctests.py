# Tests of xgrad
"""The examples in public docstrings."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import xgrad as xg

MODULES = ["xgrad"] + [
    info.name
    for info in pkgutil.walk_packages(xg.__path__, "xgrad.")
    if not info.name.startswith(("xgrad.__", "xgrad.hooks."))  # hooks import their libraries
]


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name: str) -> None:
    if name.startswith("xgrad.special"):
        pytest.importorskip("scipy", reason="the values of xgrad.special on NumPy are SciPy's")
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module)
    assert not failed


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    count = sum(
        bool(test.examples)
        for name in MODULES
        for test in finder.find(importlib.import_module(name))
    )
    assert count >= 8
