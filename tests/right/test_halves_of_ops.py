# Tests of xgrad/ops, xgrad/linalg, xgrad/fft, xgrad/nn
"""The op table in float16: values and gradients against float64 of the same rounded numbers."""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg
from xgrad.testing import ROWS, Place
from xgrad.testing.cases import Case

EPS, MOST, LEAST = 2.0**-10, 65504.0, 2.0**-24
"""Of float16 the precision, the largest number, and the least one that is not zero."""

CANCELS = "a sum of products of halves, whose terms cancel"
SUBNORMAL = "goes through halves below 2**-14, which have fewer digits or an infinite inverse"
OVERFLOWS = "the square of its argument, or a product on the way, is beyond halves"
OF_ITS_OWN = "has the dtype that it says, whatever it is given"

EXCEPTIONS = {
    ("kron", "as it is"): CANCELS,
    ("kron", 300.0): CANCELS,
    ("kron", 1e-6): CANCELS,
    ("poly", "as it is"): CANCELS,
    ("sinc", 1e-6): CANCELS,
    **dict.fromkeys([(f, 1e-6) for f in ("divide", "x1 / x2", "x1 /= x2")], SUBNORMAL),
    **dict.fromkeys([(f, 1e-6) for f in ("hypot", "log2", "log10", "atan2")], SUBNORMAL),
    ("geomspace", 1e-6): SUBNORMAL,
    **dict.fromkeys([(f, 300.0) for f in ("atan", "atanh", "multi_dot")], OVERFLOWS),
    **dict.fromkeys(
        [(f, size) for f in ("astype", "float_power") for size in ("as it is", 300.0, 1e-6)],
        OF_ITS_OWN,
    ),
}
"""What is further off, at which sizes, and why."""

REAL = [
    row for row in ROWS if "f" in row.dtypes and row.of is None and not row.name.startswith("fft.")
]
"""Transforms give single precision for halves."""


def resized(x, size):
    most = np.max(np.abs(x), initial=0.0)
    return x if size == "as it is" or not most else (x * (size / most)).astype(x.dtype)


def results(case, halves, dtype):
    """Return the values of a call, and the gradients of a fixed weighting of them."""
    arrays = [xg.asarray(x.astype(dtype) if i in case.varying else x) for i, x in enumerate(halves)]
    xs, f = [arrays[i] for i in case.varying], case.of_varying(arrays)

    def floats(*xs):
        found = xg.tree.leaves(f(*xs))
        return [y for y in found if isinstance(y, xg.Array) and xg.isdtype(y, "real floating")]

    if not case.order or not xs:
        return [np.asarray(y) for y in floats(*xs)]
    ys, pull = xg.vjp(floats, *xs)
    draw = np.random.default_rng(1)
    weights = [draw.uniform(-1, 1, y.shape).astype(np.float16) for y in ys]
    grads = pull([xg.asarray(w.astype(y.dtype)) for w, y in zip(weights, ys, strict=True)])
    return [np.asarray(x) for x in (*ys, *(grads if ys else ()))]


def off(got, want):
    """Return how far a result is off, where it is too far."""
    if got.dtype != np.float16:
        return f"it has dtype {got.dtype}"
    fits = np.isfinite(want) & (np.abs(want) <= MOST)
    size = np.max(np.abs(want), initial=0.0, where=fits)
    right = np.where(fits, want, 0.0)
    error = np.abs(np.where(fits, got.astype(float), 0.0) - right)
    near = error <= 4 * EPS * np.maximum(np.abs(right), 1e-2 * size) + LEAST
    return "" if near.all() else f"{got[~near]} for {want[~near]}"


@pytest.mark.usefixtures("quiet")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("size", ["as it is", 300.0, 1e-6])
def test_the_op_table_in_halves(size):
    wrong, seen = [], 0
    for row in REAL:
        sample = next((s for s in row.samples if s.dtypes is None or "f" in s.dtypes), None)
        if sample is None:
            continue
        case = Case(row, sample, "float16", Place.named("numpy"))
        halves = [
            resized(x, size) if i in case.varying else x for i, x in enumerate(case.numpy_arrays())
        ]
        try:
            got = results(case, halves, np.float16)
        except TypeError as error:
            if "float16 is unsupported" not in str(error):  # by LAPACK
                raise
            continue
        except ValueError:
            assert size != "as it is", row.name  # beyond its domain
            continue
        seen += 1
        want = results(case, halves, np.float64)
        bad = [text for g, w in zip(got, want, strict=True) if (text := off(g, w))]
        if bool(bad) != ((row.name, size) in EXCEPTIONS):
            wrong.append(f"{row.name}: {bad or 'it is right, and an exception'}")
    assert seen > 200
    assert not wrong, "\n".join(wrong)
