# Tests of xgrad/compiling/xla.py
"""The engine ``"jax"``: programs of NumPy that XLA runs."""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg
from tests.compiling.table import disagreement
from tests.compiling.test_scan import ARGS, OTHERS, recurrent
from tests.compiling.test_table import REFUSED, SOMETIMES, cases
from xgrad.testing import ROWS

jax = pytest.importorskip("jax")
X = np.linspace(0.5, 1.5, 6)


@pytest.fixture(autouse=True, scope="module")
def _double():
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        xg.backends.load("jax")
    except xg.errors.BackendError as error:
        pytest.skip(str(error))
    yield
    jax.config.update("jax_enable_x64", before)


@pytest.mark.parametrize("row", ROWS[::6], ids=lambda row: row.name)
def test_a_replay_gives_what_eager_code_gives(row):
    """Every sixth op: XLA takes a while for each."""
    wrong = []
    for case in [c for c in cases(row, False) if c.dtype == "float64"]:
        try:
            found = disagreement(case, 1, rtol=1e-10, engine="jax")
        except (xg.errors.MissingFunctionError, NotImplementedError):
            continue  # what JAX lacks
        refused = SOMETIMES.get(row.name, REFUSED.get(row.name, "no refusal"))
        wrong += [f"{case}: {t}" for t in found if not ("TraceError" in t and refused in t)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "f",
    [
        xg.value_and_grad(lambda x: xg.sum(xg.sin(x) ** 2 / (1 + xg.exp(x)))),
        xg.hessian(lambda x: xg.sum(x**3) * xg.prod(x)),
        xg.grad(lambda x: xg.sum(xg.where(x > 1, xg.sqrt(x), 0.0))),
        lambda x: {"a": (x, x + 1), "b": [x[1:] * 2, 3.0, "text", None]},
    ],
)
def test_functions(f):
    g = xg.compile(f, engine="jax")
    for x in (X, X, -X, X):
        with np.errstate(all="ignore"):
            want, got = xg.tree.leaves(f(x)), xg.tree.leaves(g(x))
        for a, b in zip(want, got, strict=True):
            if isinstance(a, np.ndarray):
                np.testing.assert_allclose(a, b, rtol=1e-12)
                assert b.flags.writeable
            else:
                assert a == b


def test_arrays_of_jax_go_in_and_come_out():
    weights = jax.numpy.arange(6.0)

    def f(p):
        gradient = xg.grad(lambda p: xg.sum(xg.tanh(p["x"] * weights) ** 2))(p)
        return gradient, weights, "text", xg.scan(lambda c, _: (xg.sin(c), c), p["x"], None, 3)

    g = xg.compile(f, engine="jax")
    for x in (X, -2 * X):
        p = {"x": jax.numpy.asarray(x)}
        for want, got in zip(xg.tree.leaves(f(p)), xg.tree.leaves(g(p)), strict=True):
            if isinstance(want, str):
                assert got == want
            else:
                assert isinstance(got, jax.Array)
                np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-15)


def test_other_libraries_are_refused():
    torch = pytest.importorskip("torch")
    with pytest.raises(ValueError, match="arrays; this one is of torch"):
        xg.compile(xg.sin, engine="jax")(torch.ones(3))


def test_loops():
    f = xg.grad(recurrent(xg.scan), (0, 1, 2))
    g = xg.compile(f, engine="jax")
    for args in (ARGS, OTHERS, ARGS):
        for a, b in zip(f(*args), g(*args), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


def test_effects_are_refused():
    rng = xg.random.default_rng(0)
    with pytest.raises(xg.errors.BackendUnavailableError, match="cannot run standard_normal"):
        xg.compile(lambda x: x + rng.normal(size=6), engine="jax")(xg.asarray(X))
