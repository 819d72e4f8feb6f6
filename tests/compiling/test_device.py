# Tests of xgrad/compiling/device
"""Programs of a device: few kernels, whose arithmetic C++ shows to be that of NumPy.

The same texts are compiled for GPUs where NVRTC is installed, which needs no GPU.
``python -m tests.compiling.device_table`` goes through the whole op table.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np
import pytest

import xgrad as xg
from benchmarks.libraries import load
from benchmarks.workloads import WORKLOADS
from xgrad.compiling import engines
from xgrad.testing import ROWS
from xgrad_backends import cublas

from .device_table import in_dtypes, nvrtc_errors, wrong_replays
from .host import COMPILER, HostKernels

RNG = np.random.default_rng(3)
X = RNG.normal(size=(5, 7))


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """The device: what is recorded before the first launch is compiled at once."""
    if COMPILER is None:
        pytest.skip("no C++ compiler")
    kernels = HostKernels(tmp_path_factory.mktemp("kernels"))
    kernels.sources = []

    def source(program, donated, **options):
        kernels.sources.append(kernels.source(program))
        return kernels.sources[-1]

    engines.ENGINES["host"] = source
    yield kernels
    del engines.ENGINES["host"]


def compiled(host, f, *args):
    """Return a function on the device, and how many kernels a call launches."""
    g = xg.compile(f, engine="host")
    g.lower(*args)
    return g, host.sources[-1].launches


def of_workload(name, **size):
    w = WORKLOADS[name]
    inputs = w.inputs(np.random.default_rng(1), **{**w.size, **size})
    library = load("xgrad", 1, "cpu")
    return library.ways[w.derivative](library.bind(w.model), w.wrt), inputs


LAUNCHES = {  # the most kernels, and what stands for a size that takes long
    "black-scholes-10000": (3, {"points": 50}),
    "mlp-small": (10, {}),
    "cnn": (40, {"side": 12, "batch": 2}),
    "lstm": (16 * 8, {"steps": 8, "batch": 2, "features": 3, "hidden": 4}),
    "hessian-vector": (4, {"n": 20}),
    "wave": (1500, {"side": 6}),
    "adam-small": (16, {}),
    "fft-64": (4, {"side": 6}),
    "gaussian-process": (21, {"points": 7}),
    "jacobian": (8, {"n": 4}),
}


def rows_of(x):
    """What goes by rows: softmax and its like, norms, and the pullbacks of all."""
    a = xg.log_softmax(x, axis=-1) * 0.3 + xg.softmax(x, axis=-1)
    mean = xg.mean(x, axis=-1, keepdims=True)
    scale = xg.sqrt(xg.var(x, axis=-1, keepdims=True) + 1e-5)
    norms = xg.linalg.vector_norm(x, axis=-1) + xg.special.logsumexp(x, axis=-1)
    return xg.sum(a * ((x - mean) / scale)) + xg.sum(norms) + xg.sum(xg.max(x, axis=-1))


def writes(x):
    y = xg.zeros((8, 7)) + 0.5
    y[1:6] = x
    y[2:, ::2] = y[2:, ::2] * xg.sin(x[0, :4])
    y[3, 1:4] += 2.0
    return xg.sum(y * y[:, ::-1]) + xg.sum(x.T[2:5] * x[:, 2:5].T)


def numbers(x):
    y = xg.where(x > 0, xg.sqrt(x), 0.0) + xg.maximum(x, 0.1) + xg.clip(x, -0.5, 0.5)
    y = y + xg.logaddexp(x, 2 * x) + xg.remainder(x, 0.3) + xg.sign(x) * xg.hypot(x, 1.0)
    return xg.sum(y / (1 + xg.abs(x)) ** 2.5)


def halves(x):
    return xg.sum(xg.tanh(x * 3) / (1 + xg.exp(-x)), axis=-1)


def complexes(x):
    z = x + 1j * x[::-1]
    return xg.sum(xg.abs(xg.exp(z) * xg.conj(z) / (1 + z * z)) + xg.real(xg.sqrt(z)))


FUNCTIONS = {f.__name__: xg.grad(f) for f in (rows_of, writes, numbers, complexes)}


def near(want, got, rtol, atol):
    for a, b in zip(xg.tree.leaves(want), xg.tree.leaves(got), strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_allclose(b, a, rtol=rtol, atol=atol * max(1.0, float(abs(a).max())))


def test_few_kernels_give_what_eager_code_gives(host):
    """All at once, as a compiler takes a second each time."""
    todo = []
    for name, (most, size) in LAUNCHES.items():
        f, inputs = of_workload(name, **size)
        g, launches = compiled(host, f, *inputs)
        assert launches <= most, name
        single = inputs[0].dtype == np.float32
        todo.append((f, g, inputs, 2e-4 if single else 1e-10, 1e-6 if single else 1e-12))
    for f in FUNCTIONS.values():
        g, _ = compiled(host, f, X)
        todo += [(f, g, (x,), 1e-11, 1e-13) for x in (X, X[::-1] * 0.7, np.asfortranarray(X))]
    g, _ = compiled(host, halves, X.astype(np.float16))
    todo.append((halves, g, (X.astype(np.float16),), 2e-3, 2e-3))
    for f, g, inputs, rtol, atol in todo:
        with np.errstate(all="ignore"):
            near(f(*inputs), g(*inputs), rtol, atol)


def test_rows_are_one_kernel(host):
    """A softmax with its pullback, as one would write it by hand."""
    _, launches = compiled(host, xg.grad(lambda x: xg.sum(xg.softmax(x, axis=-1) ** 2)), X)
    assert launches <= 2
    _, launches = compiled(host, xg.grad(rows_of), X)
    assert launches <= 4


def test_nan_and_infinity_stay(host):
    x = np.asarray([[np.nan, np.inf, -np.inf, -0.0, 0.0, 1e308, -2.0]] * 3)

    def f(x):
        return xg.maximum(x, 0.0), xg.minimum(x, 0.0), xg.max(x, axis=-1), xg.isinf(x), -x

    def strong(x):
        return xg.grad(lambda x: xg.sum(xg.where(x > 0, xg.log(x), 0.0)))(x)

    pairs = [(h, compiled(host, h, x)[0]) for h in (f, strong)]
    for h, g in pairs:
        with np.errstate(all="ignore"):
            want = xg.tree.leaves(h(xg.asarray(x)) if h is f else h(x))
        for a, b in zip(want, xg.tree.leaves(g(x)), strict=True):
            np.testing.assert_array_equal(np.asarray(a.data if hasattr(a, "data") else a), b)


def test_a_call_runs_on_the_device_of_its_arrays_with_buffers_of_its_queue(host, tmp_path):
    entered, queues = [], iter("aab")

    class Queued(HostKernels):
        def queue(self):
            return next(queues)

    kernels = Queued(tmp_path)
    backend = replace(
        xg.backends.load("numpy"),
        kernels=kernels,
        device=lambda x: "cuda:1",
        on_device=lambda device: entered.append(device) or contextlib.nullcontext(),
    )
    program = xg.compile(lambda x: xg.sin(xg.cumulative_sum(xg.cos(x)))).lower(X[0]).after
    source = kernels.source(program)
    source.program.backend = backend
    made, buffers = [], source.buffers
    source.buffers = lambda: made.append(buffers()) or made[-1]
    run = source.compiled()()
    for _ in range(3):
        np.testing.assert_allclose(run(X[0])[0], np.sin(np.cumsum(np.cos(X[0]))), rtol=1e-14)
    assert entered == ["cuda:1"] * 3
    assert len(made) == 2
    assert not np.may_share_memory(made[0][0], made[1][0])


def test_launches_between_products_are_one_graph(host):
    engines.ENGINES["graphs"] = lambda p, donated, **options: host.source(p, graphs=True)

    def f(w, x):
        for _ in range(3):
            x = xg.tanh(x @ w + xg.softmax(x, axis=-1))
        return xg.sum(x * x), x

    try:
        g = xg.compile(lambda w, x: (xg.grad(lambda w: f(w, x)[0])(w), f(w, x)[1]), engine="graphs")
        w = RNG.normal(size=(7, 7))
        for a, b in ((w, X), (w * 0.3, X + 1), (w.T, np.asfortranarray(X))):
            want = xg.grad(lambda w, b=b: f(w, xg.asarray(b))[0])(a), f(a, xg.asarray(b))[1].data
            g(a, b)
            host.replayed = 0
            got = g(a, b)
            near(want, got, 1e-12, 1e-13)
            assert 6 <= host.replayed <= 12
        first, second = g(w, X), g(w * 0.5, X)
        assert not np.may_share_memory(first[0], second[0]), "results are the caller's own"
    finally:
        del engines.ENGINES["graphs"]
    with pytest.raises(ValueError, match="engine='cuda-graph' runs programs of arrays on a GPU"):
        xg.compile(xg.sin, engine="cuda-graph")(X)


class InGraphs:
    """Products that a graph may hold."""

    fits = staticmethod(cublas.fits)

    @staticmethod
    def matmul(out, a, b, queue):
        np.matmul(a, b, out=out)


def test_products_are_part_of_one_graph_where_the_library_can(host, monkeypatch):
    monkeypatch.setattr(host, "products", InGraphs, raising=False)
    monkeypatch.setitem(
        engines.ENGINES, "graphs", lambda p, donated, **options: host.source(p, graphs=True)
    )

    def f(w, x):
        for _ in range(3):
            x = xg.tanh(x @ w + xg.softmax(x, axis=-1))
        return xg.sum(x * x)

    def batched(w, x):
        y = xg.reshape(x, (2, 3, 4)) @ xg.reshape(w, (2, 4, 2))
        return xg.sum(xg.exp(y) @ xg.matrix_transpose(y))

    cases = [
        (f, RNG.normal(size=(7, 7)), X, 1),
        (batched, RNG.normal(size=16), RNG.normal(size=24), 2),  # a view of an argument is copied
    ]
    for loss, w, x, most in cases:
        g = xg.compile(xg.grad(loss, (0, 1)), engine="graphs")
        for scale in (1.0, 0.5, -0.3):
            host.replayed = 0
            got = g(w * scale, np.asfortranarray(x) * scale)
            near(xg.grad(loss, (0, 1))(w * scale, x * scale), got, 1e-12, 1e-13)
        assert host.replayed <= most, "the whole replay"


def test_loops_run_their_rounds_by_kernels(host):
    def f(a, xs):
        def step(c, x):
            c = xg.tanh(a * c + x)
            return c, c

        return xg.sum(xg.scan(step, xg.zeros(7), xs)[1])

    g, _ = compiled(host, xg.grad(f), np.asarray(0.5), X)
    near(xg.grad(f)(np.asarray(0.3), X), g(np.asarray(0.3), X), 1e-12, 1e-13)


def test_a_kernel_has_no_more_equations_than_a_compiler_bears(host):
    def f(x):
        for _ in range(200):
            x = xg.sin(x) * 0.9
        return x

    _, launches = compiled(host, f, X)
    assert 4 <= launches <= 5


SAMPLE = [row for row in ROWS[::36] if "." not in row.name]


def test_some_rows_of_the_op_table(host, tmp_path):
    count, wrong = wrong_replays(SAMPLE, tmp_path)
    assert count > 9
    assert not wrong, "\n".join(wrong)


def test_a_wrong_kernel_is_found(host, tmp_path, monkeypatch):
    from xgrad.compiling.device import expressions

    kinds, to, _ = expressions.TABLE["sin"]
    monkeypatch.setitem(expressions.TABLE, "sin", (kinds, to, lambda t, a: f"sin({a} * ({t})2)"))
    row = next(row for row in ROWS if row.name == "sin")
    assert wrong_replays([row], tmp_path)[1]


def test_gpus_can_be_compiled_for():
    """Some kernels in every dtype, and those of a network; all by ``device_table --nvrtc``."""
    cupy = pytest.importorskip("cupy", reason="CuPy is not installed")
    try:
        cupy.cuda.nvrtc.getVersion()
    except Exception as error:
        pytest.skip(f"NVRTC is not installed: {type(error).__name__}")
    bodies = list(in_dtypes([row for row in ROWS if row.name in ("multiply", "where", "max")]))
    kernels = HostKernels(None)
    for name in ("mlp-small", "cnn"):
        f, inputs = of_workload(name)
        kernels.source(xg.compile(f).lower(*inputs).after)
    assert not nvrtc_errors(bodies + list(kernels.pending))
