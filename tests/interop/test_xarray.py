# Tests of xgrad/hooks/holding.py, xgrad/hooks/xarray.py, xgrad/lib, xgrad/numpy_protocol
"""Labelled arrays around an array with a gradient; `python -m tests.interop xarray` runs all."""

from __future__ import annotations

import pytest

from .harness import run

pytest.importorskip("xarray")

LEFT = ("weighted quantile",)
"""What goes through `numpy.vectorize`, which asks nobody."""


def test_programs_of_xarray_are_right() -> None:
    from .xarray_programs import PROGRAMS

    wrong = {}
    for program in PROGRAMS[::2]:
        kind, why = run(program)
        if kind != "ok" and not (program.name in LEFT and kind == "error"):
            wrong[program.name] = f"{kind}: {why}"
    assert not wrong, "\n".join(f"{name}: {why}" for name, why in wrong.items())
