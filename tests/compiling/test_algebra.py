# Tests of xgrad/compiling/algebra.py, xgrad/compiling/writes.py
"""Programs are shorter than what was recorded, and no bit of their results is another."""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg

NUMBERS = [
    *(0.0, -0.0, 1.0, -1.0, 0.1, -3.7, 1e-300, np.inf, -np.inf, np.nan),
    *(5e-324, -1.5e-323, 2.2e-308, -4e-308, 1e-45, 3e-39, 1.7e308, -9e307, 3.4e38, -1e38),
]
PAIRS = [
    *((2, 100), (100, 2.0), (1.5, 2), (2, 1.5), (0.1, 2), (1e300, 4.0), (3, -2), (-2.0, -7)),
    *((0.5, 2), (2, 0.5), (0, 2), (2, -1), (4.0, 2.0**-1030), (1e38, 1e38), (2.0**127, 2)),
]


def chains(x, y):
    """Signs and constants in all kinds of places; each part of `x` stands in one of them only."""
    x, y = xg.asarray(x), xg.asarray(y)
    found = []
    for k, (a, b) in enumerate(PAIRS):
        z = xg.concat([x, y[: k + 1]])
        found += [(z * a) * b, -(z / b), -(z[1:] * b) / a if a else z, (-z[2:]) * a]
    u, v = -x, -(x * y)
    found += [u + y, y + u, u - y, y - u, u + v, u - v, u * v, u / v, u * y, y / u, -u]
    found += [xg.square(u), xg.abs(u), -(u * 2), (u * y) * 2 + v, -(u + v), u * xg.sum(-y)]
    z = xg.zeros_like(x)
    z[1:] = -x[1:]
    z[1:] += y[1:] * 2
    z[:1] += x[:1]
    w = xg.zeros_like(x)
    w[2:] = x[2:] * y[:-2]
    w[:2] = z[1:3] + w[:2]
    w[1:-1] = w[2:] * 2
    return [*found, z, w]


def bits(x):
    """Return the bits of an array, every NaN being the same."""
    x = np.asarray(x)
    return np.where(np.isnan(x), np.asarray(np.nan, x.dtype), x).view(f"u{x.dtype.itemsize}")


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_no_bit_is_another(dtype):
    with np.errstate(all="ignore"):
        x = np.asarray(NUMBERS).astype(dtype)
        f = xg.compile(chains)
        for shift in range(4):
            given = x, np.roll(x, shift)
            for a, b in zip(chains(*given), f(*given), strict=True):
                np.testing.assert_array_equal(bits(a.data), bits(b))


def test_negations_of_a_second_derivative_are_left_out():
    def valley(x):
        return xg.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    lowered = xg.compile(lambda x, v: xg.hvp(valley, x, v)).lower(np.ones(9), np.ones(9))
    names = [e.name for e in lowered.after.equations]
    assert "negative" not in names
    assert len(names) < 0.5 * len(lowered.before)
