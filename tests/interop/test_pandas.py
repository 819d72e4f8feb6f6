# Tests of xgrad/hooks/pandas.py, xgrad/arrays/operators.py, xgrad/numpy_protocol/lists.py
"""Tables of pandas as constants beside an array with a gradient: the same as their numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import xgrad as xg
import xgrad.compat.autograd.numpy as anp
from tests.tables import over

pd = pytest.importorskip("pandas")

FRAME = pd.DataFrame([[1.0, 2.0], [3.0, 4.0], [0.5, 1.5]], columns=["a", "b"], index=list("xyz"))
COLUMN = pd.Series([1.0, -2.0], index=["p", "q"])
X = np.asarray([0.5, 0.7])

PROGRAMS = {
    "d @ x": lambda x, d, s: d @ x,
    "x @ d.T": lambda x, d, s: x @ d.T,
    "s @ x": lambda x, d, s: s @ x,
    "x @ s": lambda x, d, s: x @ s,
    "d * x": lambda x, d, s: d * x,
    "x * d": lambda x, d, s: x * d,
    "d - x": lambda x, d, s: d - x,
    "x / s": lambda x, d, s: x / s,
    "s ** x": lambda x, d, s: abs(s) ** x,
    "d['a'] * x": lambda x, d, s: d["a"] * x[0] if hasattr(d, "columns") else d[:, 0] * x[0],
    "np.multiply(d, x)": lambda x, d, s: np.multiply(d, x),
    "np.add(x, s)": lambda x, d, s: np.add(x, s),
    "np.maximum(x, s)": lambda x, d, s: np.maximum(x, s),
    "np.matmul": lambda x, d, s: np.matmul(d, x),
    "np.dot": lambda x, d, s: np.dot(d, x),
    "np.dot reversed": lambda x, d, s: np.dot(x, s),
    "np.inner": lambda x, d, s: np.inner(d, x),
    "np.outer": lambda x, d, s: np.outer(s, x),
    "np.einsum": lambda x, d, s: np.einsum("ij,j->i", d, x),
    "np.tensordot": lambda x, d, s: np.tensordot(d, x, 1),
    "np.concatenate": lambda x, d, s: np.concatenate([x, s]) ** 2,
    "np.stack": lambda x, d, s: np.stack([s, x]) ** 2,
    "np.where": lambda x, d, s: np.where(s > 0, x, x**2),
    "np.interp": lambda x, d, s: np.interp(x, [0.0, 1.0], s),
    "np.average": lambda x, d, s: np.average(x, weights=s + 5),
    "np.polyval": lambda x, d, s: np.polyval(s, x),
    "np.clip": lambda x, d, s: np.clip(x, s, 0.6),
    "np.kron": lambda x, d, s: np.kron(d, x),
    "xg.add": lambda x, d, s: xg.add(x, s),
    "xg.matmul": lambda x, d, s: xg.matmul(d, x),
    "xg.where": lambda x, d, s: xg.where(s > 0, x, x**2),
    "xg.einsum": lambda x, d, s: xg.einsum("ij,j->i", d, x),
    "xg.tensordot": lambda x, d, s: xg.tensordot(d, x, axes=1),
    "xg.concat": lambda x, d, s: xg.concat([x, s]) ** 2,
    "xg.stack": lambda x, d, s: xg.stack([s, x]) ** 2,
    "xg.dot": lambda x, d, s: xg.dot(d, x),
    "xg.hypot": lambda x, d, s: xg.hypot(s, x),
    "xg.asarray": lambda x, d, s: xg.asarray(d) @ x,
    "anp.dot": lambda x, d, s: anp.dot(d, x),
    "anp.einsum": lambda x, d, s: anp.einsum("ij,j->i", d, x),
    "anp.concatenate": lambda x, d, s: anp.concatenate([x, s]) ** 2,
    "anp.where": lambda x, d, s: anp.where(s > 0, x, x**2),
}


@over("name", PROGRAMS)
def test_a_table_is_a_constant(name: str) -> None:
    f = PROGRAMS[name]

    def of(d: Any, s: Any) -> Any:
        return xg.grad(lambda x: xg.sum(xg.asarray(f(x, d, s)) ** 2))(X)

    np.testing.assert_allclose(of(FRAME, COLUMN), of(FRAME.to_numpy(), COLUMN.to_numpy()))


def test_an_array_without_a_gradient_leaves_the_labels_to_pandas() -> None:
    x = xg.asarray(X)
    assert isinstance(COLUMN * x, pd.Series)
    assert isinstance(FRAME @ x, pd.Series)


def test_a_table_of_words_is_refused() -> None:
    words = pd.Series(["a", "b"])
    with pytest.raises(TypeError, match=r"(?s)x2 is .* of type Series; expected an array"):
        xg.grad(lambda x: xg.sum(xg.add(x, words)))(X)


def test_missing_numbers_are_a_mask(computing: Any) -> None:
    """https://github.com/pydata/xarray/blob/main/xarray/core/nputils.py asks pandas, not NumPy."""
    x = xg.asarray(computing.raw(np.asarray([1.0, np.nan, 3.0])))
    for mask in (pd.isna, pd.isnull, lambda x: ~pd.notna(x)):
        gradient = xg.grad(lambda x, mask=mask: xg.sum(xg.where(mask(x), 0.0, x * x)))(x)
        assert gradient.detach()._numpy().tolist() == [2.0, 0.0, 6.0]
    assert pd.isna(FRAME).sum().sum() == 0
