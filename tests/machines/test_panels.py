# Tests of backends/xgrad_backends/dask_panels.py
"""Square matrices larger than a chunk: in panels, with the values and derivatives of whole ones."""

import numpy as np
import pytest

import xgrad as xg
from xgrad import distributed as dist

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
pytest.importorskip("scipy")

RNG = np.random.default_rng(0)
N = 25
A = RNG.normal(size=(N, N)) * (np.arange(N * N) > 0).reshape(N, N)  # it needs its pivots
TURNED = A + 1j * RNG.normal(size=(N, N))
B = RNG.normal(size=(N, 6))


def positive(a):
    return a @ a.conj().T + np.eye(N)


def logdet_and_misfit(a, b):
    low = xg.linalg.cholesky(a)
    z = xg.linalg.solve_triangular(low, b, lower=True)
    return xg.sum(xg.log(xg.abs(xg.linalg.diagonal(low)))) + xg.sum(xg.abs(z) ** 2)


GENERAL = {
    "solve": lambda a, b: xg.sum(xg.abs(xg.linalg.solve(a, b)) ** 2),
    "solve for a vector": lambda a, b: xg.sum(xg.abs(xg.linalg.solve(a, b[:, 0])) ** 2),
    "inv": lambda a, b: xg.sum(xg.abs(xg.linalg.inv(a) @ b) ** 2),
    "slogdet": lambda a, b: xg.linalg.slogdet(a)[1] * xg.sum(b**2),
    "det": lambda a, b: xg.abs(xg.linalg.det(a / 2)) * xg.sum(b**2),
}
POSITIVE = {
    "cholesky": lambda a, b: xg.sum(xg.abs(xg.linalg.cholesky(a)) ** 3) * xg.sum(b),
    "upper": lambda a, b: xg.sum(xg.abs(xg.linalg.cholesky(a, upper=True)) ** 3) * xg.sum(b),
    "a Gaussian process": logdet_and_misfit,
    "triangular": lambda a, b: xg.sum(xg.abs(xg.linalg.solve_triangular(a, b)) ** 2),
}


@pytest.mark.parametrize("name", [*GENERAL, *POSITIVE])
@pytest.mark.parametrize("a", [A, TURNED], ids=["real", "complex"])
def test_values_and_derivatives_are_those_of_whole_matrices(name, a):
    f = GENERAL.get(name) or POSITIVE[name]
    a = a if name in GENERAL else positive(a)
    rows, columns = da.from_array(a, chunks=(10, 7)), da.from_array(B, chunks=(N, 4))

    def derived(a, b):
        return xg.value_and_grad(f, (0, 1))(a, b), xg.jvp(f, (a, b), (a, 3 * b))[1]

    def computes(*args, **kwargs):
        raise AssertionError("something was computed")

    with dask.config.set({"array.chunk-size": "1kiB"}):
        with dask.config.set(scheduler=computes):
            found = derived(rows, columns)
            assert found[0][1][0].chunks == rows.chunks
            second = xg.hvp(f, (rows, columns), (rows, 3 * columns)) if a.dtype.kind == "f" else ()
        sizes = []
        watch = dask.callbacks.Callback(posttask=lambda k, y, *_: sizes.append(size_of(y)))
        with dask.config.set(scheduler="synchronous"), watch:
            dist.persist(xg.linalg.solve(rows, columns))
        found, second = dist.compute((found, second))
    assert max(sizes) < a.nbytes / 3  # a panel
    wanted = derived(a, B), xg.hvp(f, (a, B), (a, 3 * B)) if a.dtype.kind == "f" else ()
    for x, y in zip(xg.tree.leaves((found, second)), xg.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9 * np.max(np.abs(y)))


def size_of(y):
    return y.nbytes if isinstance(y, np.ndarray) and all(y.strides) else 0


def test_a_singular_matrix_is_named_when_it_is_computed():
    a = da.from_array(A * (np.arange(N) != 7), chunks=10)
    with dask.config.set({"array.chunk-size": "1kiB"}):
        x = xg.linalg.solve(a, da.from_array(B))
        with pytest.raises(np.linalg.LinAlgError, match="pivot 7 of its LU factors is 0"):
            x.compute()
