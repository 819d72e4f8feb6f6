# Tests of backends/xgrad_backends/numpy_scatter.py
"""Adding at repeated indices, beside ``numpy.add.at`` on indices drawn at random."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xgrad_backends import numpy_scatter


def drawn(rng: Any) -> tuple[Any, Any]:
    """Return an array and an index of it: whole axes, then integers and arrays of them."""
    shape = tuple(rng.integers(1, 6, rng.integers(1, 5)))
    before = rng.integers(0, len(shape))
    wide = tuple(rng.integers(1, 5, rng.integers(0, 3)))
    key = [slice(None)] * before
    for n in shape[before : before + rng.integers(1, len(shape) - before + 1)]:
        places = rng.integers(-n, n, [m if rng.random() < 0.7 else 1 for m in wide])
        if rng.random() < 0.4:
            places = np.sort(places % n, axis=None).reshape(places.shape)
        made: Any = places.astype(rng.choice(["i1", "i8"]))
        key.append(int(rng.integers(-n, n)) if rng.random() < 0.2 else made)
    return rng.standard_normal(shape), tuple(key) if len(key) > 1 else key[0]


def test_it_is_add_at(monkeypatch: Any) -> None:
    rng = np.random.default_rng(0)
    monkeypatch.setattr(numpy_scatter, "_FEW", 1)
    for _ in range(1500):
        monkeypatch.setattr(numpy_scatter, "_BLOCK", int(rng.integers(1, 40)))
        monkeypatch.setattr(numpy_scatter, "_LONG", int(rng.integers(0, 4)))
        x, key = drawn(rng)
        value = np.asarray(rng.standard_normal(x[key].shape))
        expected = x.copy()
        np.add.at(expected, key, value)
        found = numpy_scatter.index_add(x.copy(), key, value)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12, err_msg=str(key))


@pytest.mark.parametrize("at", [5, -6])
def test_an_index_out_of_bounds_raises(at: int) -> None:
    with pytest.raises(IndexError, match=f"{at} is out of bounds"):
        numpy_scatter.index_add(np.zeros(5), np.full(300, at), np.ones(300))
