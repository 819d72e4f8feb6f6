# Tests of xgrad/compiling/device, xgrad/engine/on_device.py
"""Single ops on a device: one kernel for each, and one for what a walk does there.

Kernels are compiled as C++ and run on arrays of NumPy; see `host`. For all ops in every dtype:
``python -m tests.compiling.eager_table --check``, and ``--nvrtc`` for GPUs.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import xgrad as xg
from xgrad.backends import BY_TYPE
from xgrad.compiling.device import Fused, FusedRows
from xgrad.nn import functional as fn

from . import eager_table
from .host import COMPILER, HostKernels

X = np.random.default_rng(3).normal(size=(4, 6))


def losses(x):
    """What is checked, and the most kernels of value and derivative together."""
    return {
        "a product": (lambda x: xg.sin(x) * xg.tanh(x), 3),
        "broadcast": (lambda x: x[:2] / (1 + x[2:] ** 2), 4),
        "strong zeros": (lambda x: xg.where(x > 0, xg.sqrt(x), 0.0), 1),
        "clip": (lambda x: xg.clip(x, -0.5, 0.5) * x, 4),
        "clip of one array": (lambda x: xg.clip(x, 0.0, None), 2),
        "softmax": (lambda x: xg.softmax(x, axis=-1) ** 2, 4),
        "softmax, an axis by default": (lambda x: xg.softmax(x) * xg.log_softmax(x), 6),
        "by position of default": (lambda x: xg.std(x.reshape(2, 2, 6)) * xg.logsumexp(x), 99),
        "log_softmax": (lambda x: xg.log_softmax(x, axis=-1) * x, 3),
        "rows of two axes": (lambda x: fn.layer_norm(x.reshape(2, 2, 6), (2, 6)) ** 3, 4),
        "all elements": (lambda x: xg.logsumexp(x) * xg.linalg.vector_norm(x, axis=-1), 6),
        "var": (lambda x: xg.var(x, axis=-1, keepdims=True, correction=1) * x, 3),
        "other axes": (lambda x: xg.softmax(x, axis=0) * xg.logsumexp(x, axis=0), 4),
        "max": (lambda x: xg.max(x, axis=-1) * xg.sum(x, axis=-1), 3),
        "gelu": (lambda x: fn.gelu(x, approximate="tanh") + fn.silu(x) + fn.softplus(x), 8),
        "a function of the library": (lambda x: xg.special.gammaln(x * x + 1), 4),
        "powers": (lambda x: (x * x + 0.5) ** 1.5 + xg.abs(x) ** x, 8),
    }


def modes(f):
    """Yield value and derivatives of a function."""

    def loss(x):
        return xg.sum(f(x))

    yield "grad", xg.value_and_grad(loss)
    yield "jvp", lambda x: xg.jvp(loss, (x,), (np.cos(x),))
    yield "a pullback by zeros", lambda x: xg.vjp(f, x)[1](np.zeros(f(xg.asarray(x)).shape))
    yield (
        "second order",
        lambda x: xg.grad(lambda x: xg.sum(xg.grad(loss)(x) ** 2))(x),
    )


def test_walks_by_kernels_give_what_walks_on_numpy_give(device, monkeypatch):
    plain = xg.backends.load("numpy")
    todo = []
    cases = [
        (f"{name}, {mode}", run, most if mode == "grad" else None)
        for name, (f, most) in losses(X).items()
        for mode, run in modes(f)
    ]
    with np.errstate(all="ignore"):
        with device.waiting():  # so that all are compiled at once
            for case in cases:
                case[1](X)
        for label, run, most in cases:
            device.launched = 0
            got = run(X)
            assert most is None or 0 < device.launched <= most, (label, device.launched)
            todo.append((label, run, got))
        monkeypatch.setitem(BY_TYPE, np.ndarray, plain)
        for op in eager_table.KINDS:
            op.raws.clear()
        for label, run, got in todo:
            for a, b in zip(xg.tree.leaves(run(X)), xg.tree.leaves(got), strict=True):
                np.testing.assert_allclose(b, a, rtol=1e-12, atol=1e-13, err_msg=label)


def test_what_is_no_row_or_has_no_record_runs_as_it_is_written(device):
    backend = replace(xg.backends.load("numpy"), name="host", kernels=device)
    called = []

    def f(x, *, axis):
        called.append(axis)
        return np.exp(x - np.max(x, axis=axis, keepdims=True))

    rows = FusedRows(f, "f", backend, ("x", "axis"))
    long = np.zeros((2, 20_000))
    for x, axis in [(X, 0), (X, (0, 2)), (X[:0], 1), (long, -1), (X[:, :1], 1), (X, "no")]:
        called.clear()
        try:
            got = rows(x, axis=axis)
        except (TypeError, ValueError):
            got = None
        assert called[0] == axis
        assert got is None or got.shape == x.shape
    g = Fused(lambda x: x if float(x[0]) > 0 else -x, "g", backend)
    np.testing.assert_array_equal(g(np.asarray([-1.0])), [1.0])
    h = Fused(lambda x, n: x * n, "h", backend)
    with device.waiting():
        for n in (0, 0.0, -0.0, False, 2, 2.5, np.float64(3.0), *map(float, range(100))):
            assert h(X.astype(np.float32), n).dtype == (X.astype(np.float32) * n).dtype
    assert len(h.made) == 64, "one for each of equal numbers that differ, but not without end"


def short(op):
    """Whether the record of an op is made in a moment."""
    return not op.path.startswith("special.") and "slope" not in op.name


def test_kernels_of_some_ops_give_what_their_text_gives(tmp_path):
    if COMPILER is None:
        pytest.skip("no C++ compiler")
    count, bad = eager_table.wrong(HostKernels(tmp_path), short, every=5)
    assert count > 150
    assert not bad, "\n".join(bad)


def test_a_kernel_that_is_wrong_is_found(tmp_path, monkeypatch):
    if COMPILER is None:
        pytest.skip("no C++ compiler")
    from xgrad.compiling.device import expressions

    kinds, to, _ = expressions.TABLE["exp"]
    monkeypatch.setitem(expressions.TABLE, "exp", (kinds, to, lambda t, a: f"exp({a} * ({t})2)"))
    some = [op for op in eager_table.ops("elementwise") if op.name == "sigmoid"]
    monkeypatch.setattr(eager_table, "ops", lambda kind: some if kind == "elementwise" else [])
    assert eager_table.wrong(HostKernels(tmp_path))[1]


def test_the_table_of_kernels_is_what_is_recorded():
    kept = eager_table.FILE.read_text(encoding="utf-8").splitlines()
    found = eager_table.lines(short)
    assert not set(found) - set(kept), "run python -m tests.compiling.eager_table --write"
    assert len(found) > 50
    for line in found:
        if line.split("(")[0] in ("sigmoid", "softplus", "gelu_by_tanh", "softmax", "clip"):
            assert line.count("-> 1") == line.count("->")


def test_kernels_of_some_ops_compile_for_gpus_as_cupy_writes_them():
    pytest.importorskip("cupy", reason="CuPy is not installed")
    pytest.importorskip("ml_dtypes")
    count, bad = eager_table.nvrtc(only=short, every=61)
    assert count > 10
    assert not bad, bad[0]
