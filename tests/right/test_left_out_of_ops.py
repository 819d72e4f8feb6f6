# Tests of xgrad/engine/unused.py, xgrad/engine/kinds.py, xgrad/engine/ruled.py
"""A result that is left out altogether reaches no gradient, be all that it was made of NaN.

Whatever the op, its kind and its rule: the op table, in both modes and twice.
"""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg
from tests.tables import over
from xgrad.testing.cases import Place
from xgrad.testing.table import ROWS

pytestmark = pytest.mark.filterwarnings("ignore")  # of NumPy, of constants, of what NaN is to SciPy
PLACE = Place.named("numpy")
FLOATING = ("real floating", "complex floating")
DERIVATIVES = {
    "reverse": lambda f, xs, ts, all_: xg.grad(f, all_)(*xs),
    "forward": lambda f, xs, ts, all_: xg.jvp(f, xs, ts)[1],
    "forward over reverse": lambda f, xs, ts, all_: xg.hvp(f, xs, ts),
    "reverse over reverse": lambda f, xs, ts, all_: xg.grad(
        lambda *xs: sum(xg.sum(xg.real(g)) for g in xg.grad(f, all_)(*xs)), all_
    )(*xs),
}


def first_case(row):
    return next((c for c in row.cases(PLACE, "f") if c.varying and c.order), None)


@over("row", ROWS, lambda row: row.name)
def test_over_the_op_table(row):
    if row.left_out(PLACE, row.samples[0], "f") or (case := first_case(row)) is None:
        return
    raw = [np.array(x) if isinstance(x, np.ndarray) else x for x in case.raw_arrays()]
    xs = tuple([np.full_like(raw[i], np.nan) for i in case.varying])
    program = case.of_varying(raw)

    def loss(*xs):
        found = (y for y in xg.tree.leaves(program(*xs)) if xg.isdtype(y.dtype, FLOATING))
        return sum(xg.sum(xg.where(False, xg.abs(y) ** 2, 0.0)) for y in found)

    try:
        with xg.no_grad():
            program(*map(xg.asarray, xs))
    except (np.linalg.LinAlgError, ValueError):
        return  # a library refuses NaN
    ts, everything = tuple(map(np.ones_like, xs)), tuple(range(len(xs)))
    for name, derivative in DERIVATIVES.items():
        for g in xg.tree.leaves(derivative(loss, xs, ts, everything)):
            assert not np.any(g), f"{row.name}: {name} gave {g}"
