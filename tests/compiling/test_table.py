# Tests of xgrad/compiling
"""Every op, recorded on some values and replayed on others, gives the bits of eager code."""

from __future__ import annotations

import os

import numpy as np
import pytest

import xgrad as xg
from tests.compiling.table import disagreement
from xgrad.compiling import engines
from xgrad.compiling.buffers import Memory
from xgrad.compiling.replay import Source
from xgrad.testing import ROWS, Place

REFUSED = {
    "nonzero": "depends on the values",
    "unique_all": "depends on the values",
    "unique_counts": "depends on the values",
    "unique_inverse": "depends on the values",
    "unique_values": "depends on the values",
    "to_backend": "asks for the value",
}
"""Ops whose result has a shape that depends on values, or that leave the library."""

SOMETIMES = {
    **dict.fromkeys(("getitem", "setitem", "compress"), "x[mask] depends"),
    "repeat": "of repeat",
    "bincount": "asks for the value",
}
"""Ops of which some samples are refused: those with a mask, or an array of repeats."""


@pytest.fixture(autouse=True)
def _poisoned(monkeypatch):
    """Make an engine that fills memory which nobody may read with NaN, and has tiny blocks."""

    def poisoned(p, donated, **options):
        return Source(p, donated=donated, poison=True, block=2, **options)

    monkeypatch.setitem(engines.ENGINES, "poisoned", poisoned)


def cases(row, everything):
    done = set()
    for case in row.cases(Place.named("numpy"), "fc"):
        if not everything and (case.dtype in done or case.dtype in ("float32", "complex64")):
            continue
        done.add(case.dtype)
        yield case


OTHERWISE = (
    "betaincinv betainccinv fdtri gammaincinv gammainccinv chdtri gdtrix stdtrit "
    "fdtr fdtrc stdtr boxcox boxcox1p"
).split()
ROUNDED = {"linalg.cond", *(f"special.{name}" for name in OTHERWISE)}
"""Rows whose derivative leaves a branch out where no element takes it, and so adds up otherwise."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_replay_on_other_values_gives_what_eager_code_gives(row):
    """The first sample in double precision; all with XGRAD_ALL_SAMPLES=1."""
    wrong = []
    for case in cases(row, "XGRAD_ALL_SAMPLES" in os.environ):
        rtol = 1e-13 if row.name in ROUNDED else 0.0
        for text in disagreement(case, rtol=rtol, engine="poisoned"):
            refused = SOMETIMES.get(row.name, REFUSED.get(row.name, "no refusal"))
            if not ("TraceError" in text and refused in text):
                wrong.append(f"{case}: {text}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", REFUSED)
def test_what_depends_on_values_is_refused(name):
    row = next(row for row in ROWS if row.name == name)
    case = next(row.cases(Place.named("numpy"), "fi"))

    def f(*raws):
        return xg.tree.leaves(case.call([xg.asarray(x) for x in raws]))

    with np.errstate(all="ignore"), pytest.raises(xg.errors.TraceError, match=REFUSED[name]):
        xg.compile(f)(*case.raw_arrays())


def test_the_check_can_fail(monkeypatch):
    """With memory that is freed while it is still read, replays are wrong."""
    monkeypatch.setattr(Memory, "of", lambda self, v: v)
    row = next(row for row in ROWS if row.name == "flip")
    rows = [row, *(r for r in ROWS if r.name in ("matmul", "roll", "getitem", "var"))]
    assert any(disagreement(case, engine="poisoned") for r in rows for case in cases(r, True))
