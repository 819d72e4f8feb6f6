# Tests of backends/xgrad_backends/dask.py
"""Shapes that follow from values, on Dask: masks, places and unique elements have gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import xgrad as xg
from tests.tables import over
from xgrad.distributed import compute
from xgrad.testing.cases import Place, Row
from xgrad.testing.table import ROWS

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")

X = np.arange(12.0).reshape(3, 4) + 0.5
MASK = X % 3 > 1


def _written(x: Any, mask: Any) -> Any:
    y = x * 1
    y[mask] = x[mask] * 3
    y[mask[:, 0]] = 2 * y[0]
    return y**2


PROGRAMS = {
    "x[mask]": lambda x, m: xg.cumulative_sum(x[m]) ** 2,
    "x[rows]": lambda x, m: x[m[:, 1]] ** 2,
    "x[rows, 1:]": lambda x, m: x[m[:, 1], 1:] ** 2,
    "x[:, columns]": lambda x, m: x[:, m[0]] ** 2,
    "writes": _written,
    "nonzero": lambda x, m: x[xg.nonzero(m)] ** 2,
    "flatnonzero": lambda x, m: np.ravel(x)[np.flatnonzero(m)] ** 2,
    "extract": lambda x, m: np.extract(m, x) ** 3,
    "unique_all": lambda x, m: xg.unique_all(xg.round(x / 3) * x).values ** 2,
    "unique_counts": lambda x, m: xg.unique_counts(x).values * xg.unique_counts(x).counts,
    "unique_inverse": lambda x, m: xg.unique_inverse(x).values[:2] ** 2,
    "union1d": lambda x, m: np.union1d(x, x + 1) ** 2,
    "median": lambda x, m: xg.median(x[m]),
    "repeat": lambda x, m: xg.repeat(x, xg.astype(m[:, 0], xg.int64) + 1, axis=0) ** 2,
}


@over("name", PROGRAMS)
def test_shapes_that_follow_from_values(name: str) -> None:
    f = PROGRAMS[name]
    expected = xg.grad(lambda x: xg.sum(f(x, xg.asarray(MASK))))(X)
    x, mask = (xg.asarray(da.from_array(a, chunks=(2, 2))) for a in (X, MASK))
    with dask.config.set(scheduler="synchronous"):
        found = xg.grad(lambda x: xg.sum(f(x, mask)))(x)
        np.testing.assert_allclose(found._numpy(), expected)


@pytest.mark.parametrize("name", ["unique_values", "unique_counts", "unique_all"])
def test_each_nan_is_unique(name: str) -> None:
    """Dask's own ``unique`` counts each of them 0 times."""
    values = np.asarray([np.nan, 1.0, np.nan, 1.0])
    f = getattr(xg, name)
    found = xg.tree.leaves(f(xg.asarray(da.from_array(values, chunks=2))))
    for a, b in zip(found, xg.tree.leaves(f(values)), strict=True):
        np.testing.assert_array_equal(a._numpy(), b)


NUMPY = Place.named("numpy")
FIRST = [row for row in ROWS if len(next(row.cases(NUMPY)).specs) > 1]


@over("row", FIRST, ids=lambda row: row.name)
def test_arrays_of_numpy_beside_one_of_dask(row: Row, request: Any) -> None:
    """Each op takes them, whichever of its arrays is Dask's, with the values of NumPy."""
    if "dask" not in request.config.getoption("backend"):
        pytest.skip("the session tests_dask does")
    case = next(row.cases(NUMPY))
    arrays = case.numpy_arrays()
    wanted = xg.tree.leaves(case.call(list(arrays)))
    for i in range(len(arrays)):
        mixed = [*arrays[:i], da.from_array(arrays[i]), *arrays[i + 1 :]]
        with dask.config.set(scheduler="synchronous"):
            found = compute(xg.tree.leaves(case.call(mixed)))
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-5)
