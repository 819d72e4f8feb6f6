# Tests of backends/xgrad_backends/numpy.py, xgrad/backends
"""Arrays of a subclass, as a memory map, meet plain arrays of the same library."""

import numpy as np
import pytest

import xgrad as xg


@pytest.fixture
def mapped(tmp_path):
    return np.memmap(tmp_path / "numbers", dtype="float64", mode="w+", shape=(3,))


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: x + y,
        lambda x, y: y @ x,
        lambda x, y: xg.where(xg.asarray([True, False, True]), x, y),
        lambda x, y: xg.hypot(y, x + 1),
        lambda x, y: xg.concat([x, y]),
        lambda x, y: xg.clip(x, -y, y),
    ],
)
def test_a_memory_map_meets_an_array(mapped, f):
    mapped[:] = [0.5, -1.0, 2.0]
    plain, other = np.array(mapped), np.array([1.0, 2.0, 3.0])
    for tracked in (0, 1):
        found = xg.jacrev(f, tracked)(mapped, other)
        np.testing.assert_array_equal(found, xg.jacrev(f, tracked)(plain, other))
    np.testing.assert_array_equal((f(xg.asarray(mapped), xg.asarray(other))).data, f(plain, other))
