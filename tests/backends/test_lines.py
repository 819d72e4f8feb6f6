# Tests of xgrad/backends/lines.py, xgrad/ops/lines.py, backends/xgrad_backends/numpy_lines.py
"""Orders, recurrences and distances: what a library does quickly is what the standard says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import xgrad as xg
from xgrad.backends import lines, load
from xgrad.ops.lines import drawn

RNG = np.random.default_rng(3)
NAMES = ("numpy", "torch")


@pytest.fixture(autouse=True)
def _installed(request: pytest.FixtureRequest) -> None:
    """Leave out a library that is not there."""
    parameters = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    pytest.importorskip(parameters.get("name", "numpy"))


def raw(name: str, x: Any) -> Any:
    """Return an array of NumPy's as one of a backend."""
    return load(name).from_numpy(np.asarray(x), None)


ROWS = {
    "vector": RNG.standard_normal(500),
    "rows": RNG.standard_normal((3, 2, 200)),
    "many equal": RNG.integers(0, 5, (4, 300)),
    "small integers": RNG.integers(0, 200, 400).astype(np.uint8),
    "single precision": RNG.standard_normal((2, 101)).astype(np.float32),
    "NaN": np.where(RNG.random(300) < 0.1, np.nan, RNG.standard_normal(300)),
    "infinite": np.where(RNG.random(300) < 0.1, np.inf, -np.inf),
    "short": RNG.standard_normal((5, 7)),
    "no rows": np.zeros((0, 100)),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rows", ROWS)
def test_ranks_are_those_of_a_stable_sort(name: str, rows: str) -> None:
    x = ROWS[rows]
    n = x.shape[-1]
    for start, stop in ((0, 1), (0, 5), (n // 2, n // 2 + 2), (n - 1, n), (3, 6), (0, n), (2, 2)):
        for descending in (False, True):
            expected = lines.ranked(load("numpy").xp, x, start, stop, descending)
            found = load(name).ranked(raw(name, x), start, stop, descending)
            np.testing.assert_array_equal(np.asarray(found), expected)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(1,), (5,), (64,), (1000,), (2, 3, 31), (100, 7), (0, 9)])
@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128"])
def test_a_recurrence_is_its_loop(name: str, shape: tuple[int, ...], dtype: str) -> None:
    a, b = (RNG.standard_normal(shape).astype(dtype) for _ in range(2))
    a[..., ::7] = 0
    expected = b.copy()
    for i in range(1, shape[-1]):
        expected[..., i] += a[..., i] * expected[..., i - 1]
    found = np.asarray(load(name).recurrence(raw(name, a), raw(name, b)))
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, tolerance, tolerance)
    np.testing.assert_allclose(
        lines.recurrence(load("numpy").xp, a, b), expected, tolerance, tolerance
    )


@pytest.mark.parametrize("name", NAMES)
def test_distances_keep_the_digits_of_near_pairs(name: str) -> None:
    x = RNG.standard_normal((40, 3)) + 1e3
    y = np.concatenate([RNG.standard_normal((30, 3)) + 1e3, x[:5] + 1e-7, x[5:7]])
    w = RNG.standard_normal((40, 37))
    apart = x[:, None] - y
    length = np.sqrt(np.sum(apart**2, -1))
    expected = np.sum(
        np.where(length > 0, w / np.where(length > 0, length, 1), 0)[..., None] * apart, 1
    )

    def total(x: Any) -> Any:
        return xg.sum(xg.nn.functional.cdist(x, raw(name, y)) * raw(name, w))

    found = xg.grad(total)(xg.asarray(raw(name, x)))
    np.testing.assert_allclose(np.asarray(found.to_backend("numpy")), expected, 1e-10, 1e-10)


def test_distances_leave_out_what_counts_for_nothing() -> None:
    x, y = RNG.standard_normal((4, 2)), RNG.standard_normal((5, 2))
    y[2] = np.nan
    w = RNG.standard_normal((4, 5))
    w[:, 2] = 0
    kept = [0, 1, 3, 4]
    expected = drawn(w[:, kept], x, y[kept])
    np.testing.assert_allclose(drawn(w, x, y), expected, 1e-12)
    keep = np.arange(5) != 2
    distances = xg.nn.functional.cdist
    given = xg.grad(lambda x: xg.sum(xg.where(keep, distances(x, y), 0.0)))(x)
    np.testing.assert_allclose(given, xg.grad(lambda x: xg.sum(distances(x, y[kept])))(x), 1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_a_write_through_a_view_is_done_once(name: str) -> None:
    seen = xg.asarray(raw(name, np.zeros((4, 4))))
    with pytest.MonkeyPatch.context() as patch:
        count = []
        own = xg.Array._refresh
        patch.setattr(xg.Array, "_refresh", lambda *args: (count.append(1), own(*args))[1])
        for _ in range(5):
            row = seen[1:3, :]
            seen[1:3, :] += 1.0
            seen[0, :] = seen[1, :]
    assert np.asarray(row.detach().to_backend("numpy")).tolist() == [[5.0] * 4] * 2
    assert len(count) < 5 * 8
