# Tests of backends/xgrad_backends/numpy.py, xgrad/engine/calls
"""Arrays that came out of a file or another process: their dtype is equal to, and no longer, the
one that NumPy gives, so what asks for identity takes another way. It must give the same bits."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import xgrad as xg
from xgrad.testing.cases import Place
from xgrad.testing.table import ROWS

pytestmark = pytest.mark.filterwarnings("ignore")
PLACE = Place.named("numpy")


def results(case, arrays):
    """Return the values of a call, and the gradients of their sum."""

    def floats(*xs):
        found = xg.tree.leaves(case.of_varying(arrays)(*xs))
        return [y for y in found if isinstance(y, xg.Array) and xg.isdtype(y, "real floating")]

    ys, pull = xg.vjp(floats, *[arrays[i] for i in case.varying])
    return [*ys, *(pull([xg.ones_like(y) for y in ys]) if ys else ())]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_op_gives_the_same_bits(row, dtype):
    if "f" not in row.dtypes or row.left_out(PLACE, row.samples[0], "f"):
        pytest.skip("not of floats")
    case = next((c for c in row.cases(PLACE, "f") if c.varying and c.order), None)
    if case is None:
        pytest.skip("no derivative here")
    given = [
        np.asarray(x, dtype) if i in case.varying else x for i, x in enumerate(case.raw_arrays())
    ]
    sent = [pickle.loads(pickle.dumps(x)) for x in given]
    assert all(x.dtype is not y.dtype for x, y in zip(given, sent, strict=True) if x.ndim)
    try:
        expected = results(case, given)
    except Exception as error:
        with pytest.raises(type(error)):
            results(case, sent)
        return
    for x, y in zip(expected, results(case, sent), strict=True):
        assert (x.dtype, x.shape) == (y.dtype, y.shape)
        assert np.asarray(x).tobytes() == np.asarray(y).tobytes()
