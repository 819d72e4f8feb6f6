# Tests of xgrad/ops/pieces.py
"""Long arrays, which are computed piece by piece, have the numbers of short ones."""

import numpy as np
import pytest

import xgrad as xg
from tests.nn.cases import CASES
from tests.nn.more_cases import MORE
from tests.right.test_owned import PLACE, first_case
from xgrad.testing.table import ROWS

F = xg.nn.functional
pytestmark = pytest.mark.filterwarnings("ignore::xgrad.errors.ConstantResultWarning")


def require_same_in_pieces(f, given, monkeypatch):
    """Fail if a function, or its pullback, has other numbers in pieces of two elements."""

    def both():
        out, pullback = xg.vjp(f, *given)
        ones = xg.tree.map(lambda y: np.ones(np.shape(y), y.dtype), out)
        return xg.tree.leaves((out, pullback(ones)))

    whole = both()
    monkeypatch.setattr("xgrad.ops.pieces._LONG", 1)
    monkeypatch.setattr("xgrad.ops.pieces._PIECE", 16)
    for x, y in zip(both(), whole, strict=True):
        size = np.max(np.abs(y), initial=1e-300, where=np.isfinite(y))
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-12 * size)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_over_the_op_table(row, monkeypatch):
    if row.left_out(PLACE, row.samples[0], "f") or (case := first_case(row)) is None:
        pytest.skip("no derivative here")
    raw = case.raw_arrays()
    f = case.of_varying(raw)

    def real(*xs):
        return [x for x in xg.tree.leaves(f(*xs)) if xg.isdtype(x.dtype, "real floating")]

    require_same_in_pieces(real, [np.array(raw[i]) for i in case.varying], monkeypatch)


@pytest.mark.parametrize("case", [*CASES, *MORE], ids=str)
def test_over_the_functions_of_networks(case, monkeypatch):
    f = case.ours or getattr(F, case.name)
    given = [np.asarray(x) for x in case.arrays()]
    require_same_in_pieces(lambda *xs: f(*xs, *case.rest, **case.options), given, monkeypatch)


def rows_of_all(x):
    """Return numbers normalised along all axes, by hand."""
    return (x - x.mean()) / np.sqrt(x.var() + 1e-5)


NORMALISED = {
    "layer_norm": (lambda x: F.layer_norm(x, x.shape), rows_of_all),
    "layer_norm of a batch": (
        lambda x: F.layer_norm(x, x.shape[1:]),
        lambda x: np.stack([rows_of_all(row) for row in x]),
    ),
    "rms_norm": (
        lambda x: F.rms_norm(x, x.shape, eps=1e-5),
        lambda x: x / np.sqrt(np.mean(x * x) + 1e-5),
    ),
    "batch_norm": (
        lambda x: F.batch_norm(x, None, None, training=True)[0],
        lambda x: np.stack([rows_of_all(column) for column in x.T], axis=1),
    ),
    "softmax": (
        lambda x: xg.softmax(x, axis=-2),
        lambda x: np.exp(x) / np.exp(x).sum(-2, keepdims=True),
    ),
    "log_softmax": (
        lambda x: xg.log_softmax(x, axis=(0, 1)),
        lambda x: x - np.log(np.exp(x).sum()),
    ),
}


@pytest.mark.parametrize("name", NORMALISED)
def test_long_rows(name):
    f, by_hand = NORMALISED[name]
    rng = np.random.default_rng(0)
    x, w, t = rng.normal(size=(3, 300, 250))
    np.testing.assert_allclose(f(x), by_hand(x), rtol=1e-9, atol=1e-12)
    got = np.sum(t * xg.grad(lambda x: xg.sum(f(x) * w))(x))
    h = 1e-6
    want = np.sum((by_hand(x + h * t) - by_hand(x - h * t)) * w) / (2 * h)
    np.testing.assert_allclose(got, want, rtol=1e-5)
