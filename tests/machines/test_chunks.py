# Tests of xgrad/distributed/chunks.py, backends/xgrad_backends/dask.py
"""Data in chunks of Dask: values and derivatives are NumPy's, and all is lazy on the way."""

from contextlib import contextmanager

import numpy as np
import pytest

import xgrad as xg
from xgrad import distributed as dist
from xgrad.errors import MixedBackendError, TracedConversionError

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
pytest.importorskip("xgrad_backends.dask")

RNG = np.random.default_rng(0)
X, Y, W = RNG.normal(size=(40, 6)), RNG.normal(size=40), RNG.normal(size=6)
B = np.asarray(0.3)
FIELD = RNG.normal(size=(48, 5))


@contextmanager
def nothing_is_computed():
    def computes(*args, **kwargs):
        raise AssertionError("something was computed")

    with dask.config.set(scheduler=computes):
        yield


def lazily(f, *args):
    """Call a function of arrays on Dask's, computing nothing on the way; then its values."""
    with nothing_is_computed():
        made = f(*args)
    return dist.compute(made)


def same(found, wanted, rtol=1e-13):
    for a, b in zip(xg.tree.leaves(found), xg.tree.leaves(wanted), strict=True):
        x, y = np.asarray(a), np.asarray(b)
        assert x.shape == y.shape
        np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol * max(1.0, np.max(np.abs(y))))


def chunked(x, rows=10):
    return da.from_array(x, chunks=(rows, *x.shape[1:]))


DX, DY = chunked(X), chunked(Y)

# Sums over chunks ---------------------------------------------------------------------------------


def loss(p, x, y):
    return xg.sum(xg.tanh(x @ p["w"] + p["b"] - y) ** 2 * p["n"])


def statistics(p, x, y):
    return {"s": xg.sum(x * p["w"], axis=0), "q": [xg.sum(x**2) * p["b"] + xg.sum(y)]}


def of_loss(f, x, y):
    return lambda w, b: f({"w": w, "b": b, "n": 2}, x, y)


def of_statistics(f, x, y):
    def total(w, b):
        out = f({"w": w, "b": b, "n": 2}, x, y)
        return xg.sum(out["s"] ** 2) * out["q"][0]

    return total


BY_PARAMS = {
    "value": lambda f: f(W, B),
    "value and gradient": lambda f: xg.value_and_grad(f, (0, 1))(W, B),
    "tangent": lambda f: xg.jvp(f, (W, B), (W, B)),
    "hvp": lambda f: xg.hvp(f, (W, B), (W, B)),
    "reverse over reverse": lambda f: xg.grad(lambda w, b: xg.sum(xg.grad(f)(w, b) ** 2), (0, 1))(
        W, B
    ),
    "forward over reverse": lambda f: xg.jvp(xg.grad(f, (0, 1)), (W, B), (W, B))[1],
    "hessian": lambda f: xg.hessian(lambda w: f(w, B))(W),
    "regularised": lambda f: xg.value_and_grad(lambda w: f(w, B) / 40 + xg.sum(w**2))(W),
}


@pytest.mark.parametrize("kind", BY_PARAMS)
def test_sums_over_chunks_by_their_parameters(kind):
    for of, f in ((of_loss, loss), (of_statistics, statistics)):
        found = lazily(lambda of=of, f=f: BY_PARAMS[kind](of(dist.sum_chunks(f), DX, DY)))
        same(found, BY_PARAMS[kind](of(f, X, Y)))


P = {"w": W, "b": B, "n": 2}
BY_DATA = {
    "gradient": lambda f, x, y: xg.grad(lambda x, y: f(P, x, y), (0, 1))(x, y),
    "tangent": lambda f, x, y: xg.jvp(lambda x, y: f(P, x, y), (x, y), (x * 2, y))[1],
    "mixed": lambda f, x, y: xg.hvp(lambda w, x: f({"w": w, "b": B, "n": 2}, x, y), (W, x), (W, x)),
    "mixed, in reverse": lambda f, x, y: xg.grad(
        lambda w, x: xg.sum(xg.grad(lambda w: f({"w": w, "b": B, "n": 2}, x, y))(w) ** 2), (0, 1)
    )(W, x),
}


@pytest.mark.parametrize("kind", BY_DATA)
def test_sums_over_chunks_by_the_data(kind):
    same(lazily(BY_DATA[kind], dist.sum_chunks(loss), DX, DY), BY_DATA[kind](loss, X, Y))
    gradient = xg.grad(lambda x: dist.sum_chunks(loss)(P, x, DY))(DX)
    assert gradient.chunks == DX.chunks


def live(*results):
    """Return how many tasks there are, and how many results wait at once in Dask's own order."""
    from dask._task_spec import convert_legacy_graph
    from dask.order import diagnostics

    graph = {}
    for y in dask.optimize(*results):
        graph.update(dict(y.__dask_graph__()))
    _, waiting = diagnostics(convert_legacy_graph(graph))
    return len(graph), max(waiting)


def test_value_and_gradient_are_one_pass_in_little_memory():
    def logistic(w, x, y):
        return xg.sum(xg.logaddexp(xg.zeros_like(y), -y * (x @ w)))

    w = np.zeros(6)
    for count, most in ((8, 11), (128, 20)):
        x = da.random.default_rng(0).normal(size=(count * 10, 6), chunks=(10, 6))
        y = da.ones(count * 10, chunks=10)
        f = dist.sum_chunks(logistic)
        value, g = xg.value_and_grad(f)(w, x, y)
        h = xg.hvp(lambda w, f=f, x=x, y=y: f(w, x, y), w, w)
        blocks = zip(x.to_delayed()[:, 0], y.to_delayed(), strict=True)
        forward = sum(dask.delayed(logistic)(w, *block) for block in blocks)
        by_hand = len(dask.optimize(forward)[0].__dask_graph__())
        for results in ((value, g), (getattr(h, "data", h),)):
            tasks, waiting = live(*results)
            assert waiting <= most
            assert tasks <= 1.2 * by_hand


def test_each_chunk_is_read_once():
    reads = []

    def read(block):
        reads.append(block.shape)
        return block

    x = DX.map_blocks(read, dtype=X.dtype, meta=np.empty((0, 0)))
    f = dist.sum_chunks(loss)
    with dask.config.set(scheduler="synchronous"):
        dist.compute(xg.value_and_grad(of_loss(f, x, DY))(W, B))
        assert len(reads) == 4
        reads.clear()
        dist.compute(xg.hvp(of_loss(f, x, DY), (W, B), (W, B)))
        assert len(reads) == 4


def test_arrays_are_brought_into_the_same_chunks():
    f = dist.sum_chunks(loss)
    wanted = loss(P, X, Y)
    for x, y in (
        (DX.rechunk((7, 2)), DY),
        (DX, DY.rechunk(9)),
        (DX, Y),
        (DX.rechunk((40, 6)), DY),
        (xg.asarray(DX), xg.asarray(DY)),
    ):
        same(dist.compute(f(P, x, y)), wanted)
    unknown = chunked(X)[chunked(X)[:, 0] > 0], DY[chunked(X)[:, 0] > 0]
    keep = X[:, 0] > 0
    found = xg.value_and_grad(of_loss(f, *unknown))(W, B)
    same(dist.compute(found), xg.value_and_grad(of_loss(loss, X[keep], Y[keep]))(W, B))
    same(f(P, X, Y), wanted)
    same(dist.compute(f({"w": da.from_array(W, chunks=2), "b": B, "n": 2}, DX, DY)), wanted)


# Maps ---------------------------------------------------------------------------------------------


def scaled(p, x, y):
    return xg.sin(x * p) * y[:, None]


def stencil(a, u):
    return a * (u[2:] - 2 * u[1:-1] + u[:-2]) + u[1:-1] ** 2


def plane(a, u):
    return a * (u[1:-1, 2:] - u[1:-1, :-2] + u[2:, 1:-1] * u[:-2, 1:-1])


SECOND = {
    "gradient": lambda f, *at: xg.value_and_grad(f, tuple(range(len(at))))(*at),
    "tangent": lambda f, *at: xg.jvp(f, at, at)[1],
    "hvp": lambda f, *at: xg.hvp(f, at, at),
}


@pytest.mark.parametrize("kind", SECOND)
def test_maps_of_chunks(kind):
    def of(f):
        return lambda p, x, y: xg.sum(f(p, x, y) ** 3)

    found = lazily(SECOND[kind], of(dist.map_blocks(scaled)), W, DX, DY)
    same(found, SECOND[kind](of(scaled), W, X, Y))


@pytest.mark.parametrize("boundary", [None, 0.5, "periodic"])
@pytest.mark.parametrize("kind", SECOND)
def test_chunks_with_halos(boundary, kind):
    line, square = (
        dist.map_overlap(stencil, 1, boundary),
        dist.map_overlap(plane, {0: 1, 1: 1}, boundary),
    )

    def twice(a, u):
        v = line(a, u)
        return xg.sum((v if boundary is None else line(a, v)) ** 2)

    a = np.asarray(0.2)
    same(lazily(SECOND[kind], twice, a, DY), SECOND[kind](twice, a, Y))
    blocks = da.from_array(X, chunks=(10, 3))

    def flat(u):
        return xg.sum(square(0.2, u) ** 3)

    same(lazily(SECOND[kind], flat, blocks), SECOND[kind](flat, X))
    if boundary is not None:
        assert line(a, DY).chunks == DY.chunks
        assert xg.grad(flat)(blocks).chunks == blocks.chunks


# Plain array code ---------------------------------------------------------------------------------


def rolls(u):
    for _ in range(3):
        u = u + 0.1 * (xg.roll(u, 1, axis=0) - 2 * u + xg.roll(u, -1, axis=0))
    return xg.sum(u**4)


def slices(u):
    for _ in range(3):
        d = u[2:] - 2 * u[1:-1] + u[:-2]
        u = xg.concat([u[:1], u[1:-1] + 0.1 * d, u[-1:]])
    return xg.sum(u**4)


def written(u):
    v = u * 1.0
    v[1:-1] = u[2:] - u[:-2]
    return xg.sum(v**4)


PLAIN = {
    "rolls": rolls,
    "slices": slices,
    "written": written,
    "cumulative sum": lambda u: xg.sum(xg.cumulative_sum(u, axis=0) ** 2),
    "joined": lambda u: xg.sum(xg.concat([u, u[:3] ** 2]) ** 3),
    "indices": lambda u: xg.sum(u[np.asarray([3, 3, -1, 39, 12])] ** 3),
    "columns": lambda u: xg.sum(u[:, np.asarray([3, 3, -1, 0])] ** 3),
    "take": lambda u: xg.sum(xg.take(u, np.arange(0, 48, 5), axis=0) ** 2),
    "a mask": lambda u: xg.sum(u[FIELD[:, 0] > 0] ** 2),
    "a mask of all": lambda u: xg.sum(u[FIELD > 0] ** 2),
    "one row": lambda u: xg.sum(u[7] ** 2 * u[-1, ...]),
    "one entry": lambda u: u[3, 2] ** 2,
    "steps": lambda u: xg.sum(u[::3] ** 2) + xg.sum(u[::-1] ** 3),
    "beside numbers of NumPy": lambda u: xg.sum((u * np.arange(5.0)) ** 2) * np.float64(2.0),
    "where": lambda u: xg.sum(xg.where(u > 0, u**2, np.ones(5))),
    "a sum": lambda u: xg.sum(u) * 2.0,
    "a maximum": lambda u: xg.sum(xg.max(u, axis=0)),
    "FFT along rows": lambda u: xg.sum(xg.abs(xg.fft.fft(u, axis=0)) ** 4),
    "repeated": lambda u: xg.sum(xg.tile(u, (2, 1)) ** 3),
    "rolled twice": lambda u: xg.sum(xg.roll(u, (7, 1), axis=(0, 1)) * xg.roll(u, 50, axis=0)),
    "joined to others": lambda u: xg.sum(xg.concat([u[5:9], u**2, u[:, ::-1][40:]]) ** 3),
    "FFT": lambda u: xg.sum(xg.abs(xg.fft.fft(u, axis=1)) ** 4),
}


@pytest.mark.parametrize("name", PLAIN)
def test_gradients_of_array_code_keep_the_chunks(name):
    f, u = PLAIN[name], chunked(FIELD, 6)
    found = lazily(lambda u: (f(u), xg.grad(f)(u), xg.jvp(f, (u,), (u,))[1]), u)
    same(found, (f(FIELD), xg.grad(f)(FIELD), xg.jvp(f, (FIELD,), (FIELD,))[1]))
    g = xg.grad(f)(u)
    assert g.chunks == u.chunks


@pytest.mark.parametrize("name", ["rolls", "slices", "written", "cumulative sum", "take", "where"])
def test_tasks_are_at_most_three_times_those_of_the_value(name):
    f, u = PLAIN[name], chunked(FIELD, 6)

    def tasks(*results):
        graph = {}
        for y in dask.optimize(*[getattr(y, "data", y) for y in results]):
            graph.update(dict(y.__dask_graph__()))
        return len(graph)

    assert tasks(*xg.value_and_grad(f)(u)) <= 3 * tasks(f(u))


def test_repeated_lazy_indices():
    index = np.asarray([3, 3, -1, 39, 12, 3])

    def f(u, i):
        return xg.sum(u[i] ** 3)

    found = lazily(lambda u, i: xg.grad(f)(u, i), chunked(X), chunked(index, 4))
    same(found, xg.grad(f)(X, index))


@pytest.mark.parametrize("name", ["solve", "lstsq", "solve_triangular"])
def test_matrices_of_numpy_beside_columns_of_dask(name):
    f = getattr(xg.linalg, name)
    a = RNG.normal(size=(4, 4)) + 4 * np.eye(4)
    b = RNG.normal(size=(4, 6))
    columns = da.from_array(b, chunks=(4, 3))

    def total(a, b):
        x = f(a, b)
        return xg.sum((x[0] if isinstance(x, tuple) else x) ** 2)

    for kind in (
        lambda a, b: xg.grad(total, (0, 1))(a, b),
        lambda a, b: xg.hvp(total, (a, b), (a, b)),
    ):
        same(lazily(kind, a, columns), kind(a, b), rtol=1e-10)
    y, z = f(a, columns + 1j * columns), f(a, b + 1j * b)
    same(dist.compute(y), z, rtol=1e-10)


def test_parameters_of_numpy_beside_data():
    def f(w, x, y):
        return xg.mean((x @ w - y) ** 2) + xg.sum(w**2)

    same(lazily(xg.value_and_grad(f), W, DX, DY), xg.value_and_grad(f)(W, X, Y))
    same(lazily(lambda: xg.hvp(lambda w: f(w, DX, DY), W, W)), xg.hvp(lambda w: f(w, X, Y), W, W))
    same(lazily(xg.grad(lambda a: xg.sum((DX * a) ** 2)), 2.0), 4.0 * np.sum(X**2))
    torch = pytest.importorskip("torch")
    with pytest.raises(MixedBackendError, match=r"x\.to_backend\('numpy'\)"):
        xg.grad(f)(torch.ones(6, dtype=torch.float64), DX, DY)


def test_chunks_of_unknown_lengths_are_refused():
    unknown = DX[DX[:, 0] > 0]
    for f in (
        lambda: xg.logsumexp(unknown, axis=0),
        lambda: xg.sort(unknown, axis=0),
        lambda: xg.reshape(unknown, (-1,)),
        lambda: xg.roll(unknown, 1, axis=0),
        lambda: xg.expand_dims(unknown, axis=0),
        lambda: xg.tril(unknown),
        lambda: xg.argmax(unknown),
        lambda: xg.linalg.svd(unknown),
        lambda: xg.grad(lambda x: xg.sum(x[1:] ** 2))(unknown),
        lambda: xg.grad(lambda x: xg.sum(x**2))(unknown),
        lambda: xg.grad(lambda x: xg.mean(x**2))(unknown),
        lambda: xg.grad(lambda w: xg.sum((unknown @ w) ** 2))(W),
        lambda: xg.jvp(lambda w: xg.sum((unknown * w) ** 2), (W,), (W,)),
        lambda: xg.einsum("ij,ik->jk", unknown, unknown),
        lambda: xg.median(unknown, axis=0),
        lambda: xg.tile(unknown, (2, 1)),
        lambda: xg.split(unknown, 2),
        lambda: xg.vecdot(unknown, unknown, axis=0),
        lambda: xg.linalg.lstsq(unknown, unknown[:, 0]),
        lambda: xg.vmap(xg.sum)(unknown),
        lambda: xg.ones(unknown.shape),
        lambda: len(xg.asarray(unknown)),
        lambda: list(xg.asarray(unknown)),
    ):
        with pytest.raises(ValueError, match=r"compute_chunk_sizes\(\)"):
            f()
    keep = X[X[:, 0] > 0]
    same(dist.compute(xg.sum(unknown)), np.sum(keep))
    known = unknown.compute_chunk_sizes()
    same(dist.compute(xg.grad(lambda x: xg.sum(x**2))(known)), 2 * keep)


OUTSIDE = {
    "map_blocks": lambda x: xg.sum(da.map_blocks(lambda b: b * 2, x)),
    "sum": lambda x: da.sum(x * x),
    "asarray": lambda x: xg.sum(da.asarray(x)),
    "concatenate": lambda x: xg.sum(da.concatenate([x, x])),
    "where": lambda x: xg.sum(da.where(DX > 0, x, 0.0)),
    "beside": lambda x: xg.sum(da.map_blocks(lambda a, b: a * b, DX, x)),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_functions_of_dask_alone_refuse_what_is_tracked(name):
    for transform in (xg.grad, xg.jacfwd):
        with pytest.raises(TracedConversionError, match=r"map_blocks, map_overlap or sum_chunks"):
            transform(OUTSIDE[name])(DX)
    same(da.sum(xg.asarray(DX)).compute(), np.sum(X))


# Matrices in chunks -------------------------------------------------------------------------------

TALL, SQUARE = 8 * RNG.normal(size=(40, 4)), RNG.normal(size=(4, 4)) + 4 * np.eye(4)
SMALL = RNG.normal(size=(4, 40))


def by_svd(a):
    u, s, vh = xg.linalg.svd(a, full_matrices=False)
    return xg.sum(s**3) + xg.sum((u * s) @ vh * a**2)


def by_qr(a):
    q, r = xg.linalg.qr(a)
    return xg.sum((q @ r) ** 3) + xg.sum((r.T @ r) ** 2)


MATRICES = {
    "qr": (by_qr, TALL),
    "svd": (by_svd, TALL),
    "svd of a wide one": (lambda a: by_svd(a.T), TALL.T),
    "svdvals": (lambda a: xg.sum(xg.linalg.svdvals(a) ** 3), TALL),
    "lstsq": (lambda a: xg.sum((1e3 * xg.linalg.lstsq(a, Y)[0]) ** 2), TALL),
    "pinv": (lambda a: xg.sum((1e2 * xg.linalg.pinv(a) @ Y) ** 3), TALL),
    "normal equations": (lambda a: xg.sum((1e3 * xg.linalg.solve(a.T @ a, a.T @ Y)) ** 2), TALL),
    "solve": (lambda b: xg.sum(xg.linalg.solve(SQUARE, b) ** 3), SMALL),
    "solve, both": (lambda b: xg.sum(xg.linalg.solve(b[:, :4] + 4 * xg.eye(4), b) ** 3), SMALL),
    "triangular": (
        lambda b: xg.sum(xg.linalg.solve_triangular(SQUARE, b, lower=True) ** 3),
        SMALL,
    ),
    "cholesky": (lambda a: xg.sum(xg.linalg.cholesky(a.T @ a) ** 3), TALL),
}


SQUARES = ("lstsq", "pinv", "normal equations")
"""What makes a square as wide as the data is long, or lays out the whole Y beside it."""


@pytest.mark.parametrize("name", MATRICES)
def test_tall_and_wide_matrices_stay_in_chunks(name):
    f, a = MATRICES[name]
    axis = int(len(a) == 4)
    x = da.concatenate([da.from_array(part) for part in np.split(a, 4, axis)], axis)
    wanted = xg.value_and_grad(f)(a)
    with nothing_is_computed():
        found = xg.value_and_grad(f)(x)
        along = xg.jvp(f, (x,), (x,))[1]
    assert found[1].chunks == x.chunks
    sizes = []

    def measured(key, out, *more):
        if isinstance(out, np.ndarray) and all(out.strides):  # none that repeats one number
            sizes.append(out.nbytes)

    watch = dask.callbacks.Callback(posttask=measured)
    with dask.config.set(scheduler="synchronous"), watch:
        found, along = dist.persist((found, along))
    assert name in SQUARES or max(sizes) < a.nbytes / 2, "a task has the whole matrix"
    same(dist.compute((*found, along)), (*wanted, np.sum(wanted[1] * a)), rtol=1e-10)
    turned = a * (1 + 0.5j)
    g = xg.grad(lambda a: xg.abs(f(a)))
    rows = da.from_array(turned, chunks=x.chunks)
    same(dist.compute(g(rows)), g(turned), rtol=1e-9)


# Computing ----------------------------------------------------------------------------------------


def test_persist_and_compute():
    tree = {"a": xg.asarray(DX) * 2, "b": [DY + 1, 3.0], "c": W}
    kept = dist.persist(tree)
    assert kept["a"].chunks == DX.chunks
    assert kept["c"] is W
    assert len(kept["b"][0].__dask_graph__()) == 4
    values = dist.compute(tree)
    same(values, {"a": X * 2, "b": [Y + 1, 3.0], "c": W})
    assert type(values["b"][0]) is np.ndarray
    assert dist.persist((1.0, W))[1] is W

    def f(x):
        y = dist.persist(x * x)
        z = y.rechunk((20, 3)).persist()
        assert z.chunks == ((20, 20), (3, 3))
        for call in (lambda: dist.compute(z), z.compute):
            with pytest.raises(TracedConversionError, match=r"compute\(\) of a tracked array"):
                call()
        return xg.sum(z * x)

    same(xg.grad(f)(DX).compute(), 3 * X**2)
    assert not hasattr(xg.asarray(X), "chunks")
    assert not hasattr(xg.asarray(X), "compute")


def test_nothing_is_computed_to_be_shown():
    with nothing_is_computed():
        for x in (xg.asarray(DX), xg.asarray(DX, requires_grad=True)):
            for text in (repr(x), str(x), x._repr_html_()):
                assert "dask.array" in text
        xg.grad(lambda x: (print(x), xg.sum(x))[1])(DX)
    assert xg.asarray(DX).numblocks == (4, 1)
    assert xg.asarray(DX).npartitions == 4


def late(f, *args):
    return lambda: dist.compute(f(*args))


BAD = {
    "a result by rows": (
        late(dist.sum_chunks(lambda w, x: x @ w), W, DX),
        ValueError,
        r"sum_chunks: f returned an array of shape \(10,\) .* with xgrad.sum\(..., axis=0\)",
    ),
    "fewer axes": (
        lambda: dist.map_blocks(lambda _, x: xg.sum(x, axis=1))((), DX),
        ValueError,
        r"map_blocks: f returned an array of shape \(1,\) for a chunk of shape \(1, 6\)",
    ),
    "a halo left on": (
        lambda: dist.map_overlap(lambda _, x: x, 1, 0.0)((), DX),
        ValueError,
        r"map_overlap: .*; expected \(1, 6\), that of the first chunk without its halo",
    ),
    "no arrays": (lambda: dist.sum_chunks(loss)(P), TypeError, "got no arrays"),
    "no array": (lambda: dist.sum_chunks(loss)(P, DX, "y"), TypeError, "array 1 is 'y'"),
    "lengths": (lambda: dist.sum_chunks(loss)(P, DX, DY[1:]), ValueError, "of length 40"),
    "a halo": (
        lambda: dist.map_overlap(stencil, 11, 0.0)(0.2, DY),
        ValueError,
        r"at least the depth of the halo, 11\. Call x\.rechunk",
    ),
    "a boundary": (
        lambda: dist.map_overlap(stencil, 1, "reflect"),
        ValueError,
        "a number, 'periodic' or None",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named(name):
    call, kind, text = BAD[name]
    with pytest.raises(kind, match=text):
        call()
