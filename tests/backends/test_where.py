# Tests of backends/xgrad_backends/numpy.py
"""A long choice on NumPy goes by bits, and gives the bits of numpy.where."""

import itertools

import numpy as np

from tests.tables import over
from xgrad.backends import load

where = load("numpy").xp.where
rng = np.random.default_rng(0)
SHAPE = (200, 200)


some = rng.random(SHAPE) < 0.5
CONDITIONS = {
    "random": some,
    "in columns": np.asfortranarray(some),
    "a row": rng.random(200) < 0.5,
    "a column": rng.random((200, 1)) < 0.5,
    "half and half": np.arange(200)[:, None] + np.zeros(200) < 100,
    "every other": some[:, ::-1],
    "integers": some.astype("int64"),
}


def sides(dtype):
    x = (9 * rng.normal(size=SHAPE)).astype(dtype)
    if dtype != "int64":
        x.flat[::7], x.flat[1::7], x.flat[2::7] = np.nan, np.inf, -0.0
    return [x, np.asfortranarray(x[::-1]), x[:, :1], 0.0, -0.0, 0, 3, -np.inf, np.float64(2.0)]


@over("dtype", ["float32", "float64", "float16", "int64"])
@over("name", list(CONDITIONS))
def test_the_bits_are_those_of_numpy(name, dtype):
    condition = CONDITIONS[name]
    for a, b in itertools.product(sides(dtype), repeat=2):
        got, want = where(condition, a, b), np.where(condition, a, b)
        assert (got.dtype, got.shape) == (want.dtype, want.shape)
        assert np.ascontiguousarray(got).tobytes() == np.ascontiguousarray(want).tobytes()
        assert got.flags.owndata
