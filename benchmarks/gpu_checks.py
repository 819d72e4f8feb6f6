"""``python -m benchmarks.gpu_checks``: what only a GPU can say, in a minute or two.

Each check prints ``ok NAME`` or ``WRONG NAME`` with what is wrong, and none stops the others:
kernels of single ops against their text, the op table and both walks at each op while nothing may
wait for the GPU, sums and writes at repeated indices, sparse matrices, products by our own handle
of cuBLAS, also in a graph, gradients on a second GPU and in other streams.

``--dry`` runs them on NumPy, where those of CuPy alone say that they are left out.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad as xg

from .gpu_cases import X, back, losses, moved, near, table, walk


class LeftOut(Exception):  # noqa: N818 - it is no error
    """This check is for something that is not here."""


def check_single_ops(name: str, seconds: float) -> str:
    """Compare the kernels of single ops with the functions that they were made from."""
    from tests.compiling import eager_table

    if name == "numpy":
        raise LeftOut("kernels need CuPy")
    count, bad = eager_table.wrong_on(name, seconds)
    if bad:
        raise AssertionError(f"{len(bad)} of {count} differ: " + "; ".join(bad[:12]))
    return f"{count} kernels"


def check_derivatives(name: str, seconds: float) -> str:
    """Compare gradients, tangents and second derivatives with those on NumPy."""
    for what, f in losses():
        for mode, h in (
            ("grad", xg.grad(f)),
            ("jvp", lambda x, f=f: xg.jvp(f, (x,), (x,))[1]),
            ("second", xg.grad(lambda x, f=f: xg.sum(xg.grad(f)(x) ** 2))),
        ):
            with xg.use_backend("numpy"), np.errstate(all="ignore"):
                want = h(X)
            with xg.use_backend(name), np.errstate(all="ignore"):
                near(want, back(name, h(moved(name, X))), f"{what}, {mode}")
    return f"3 modes of {len(list(losses()))} functions"


def check_nothing_waits(name: str, seconds: float, asleep: Any = contextlib.nullcontext) -> str:
    """Run each op and both walks at it while a copy to the host, or a wait for the GPU, raises.

    The first call is free, since libraries make handles then. An op that waits for its own value,
    as `unique_values` does, is named, and its walks are not looked at.
    """
    if name != "numpy":
        import cupyx

        asleep = functools.partial(cupyx.allow_synchronize, False)
    todo = [(what, f, [moved(name, X)]) for what, f in losses()]
    todo += [(row.name, f, [moved(name, x) for x in xs]) for row, f, xs in table()]
    end, waits, lack, wrong, ran = time.perf_counter() + seconds / 2, set(), set(), [], 0
    with xg.use_backend(name), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for what, f, xs in todo:
            if time.perf_counter() > end:
                break
            try:
                walk(f, xs)
            except Exception:
                lack.add(what)  # what the library has not
                continue
            ran += 1
            try:
                with asleep():
                    f(*xs)
            except Exception:
                waits.add(what)
                continue
            try:
                with asleep():
                    walk(f, xs)
            except Exception as error:
                wrong.append(f"{what}: {error}"[:200])
    if wrong:
        raise AssertionError(f"{len(wrong)} of {ran} walks wait: " + "; ".join(wrong[:20]))
    text = f"{ran} of {len(todo)} ops, values and both walks"
    text += f"; values wait of {', '.join(sorted(waits))}" if waits else ""
    return text + (f"; not run: {', '.join(sorted(lack))}" if lack else "")


def check_indices(name: str, seconds: float) -> str:
    """Compare sums and writes at an index that names entries often with those of NumPy."""
    count = 0
    for dtype in ("float16", "float32", "float64", "complex64", "int8", "int64"):
        for rows, high in ((40, 5), (5000, 3), (5000, 4000)):
            draw = np.random.default_rng(rows)
            x = (draw.normal(size=(4000, 3)) * 9).astype(dtype)
            key = draw.integers(0, high, rows)
            value = (draw.normal(size=(rows, 3)) * 9).astype(dtype)
            wide = x.astype("float32") if dtype == "float16" else x.copy()
            np.add.at(wide, key, value)
            last = x.copy()
            last[key] = value
            given = [moved(name, part) for part in (x, key, value)]
            for ordered in (True, False):
                with xg.deterministic(ordered):
                    found = [back(name, xg.index_add(*given).data) for _ in range(3)]
                if name != "numpy" or dtype != "float16":
                    rtol = {"float16": 2e-3, "float64": 1e-11}.get(dtype, 1e-3)
                    np.testing.assert_allclose(found[0], wide, rtol=rtol, atol=10 * rtol)
                if ordered:
                    assert len({y.tobytes() for y in found}) == 1, "sums that differ by bits"
            y = xg.asarray(given[0]).copy()
            y[given[1]] = given[2]
            np.testing.assert_array_equal(back(name, y.data), last)
            count += 3
    return f"{count} sums and writes"


def check_pools(name: str, seconds: float) -> str:
    """Compare pools and their gradients in each dtype with those of NumPy, where many are equal."""
    fn, count = xg.nn.functional, 0
    x = np.random.default_rng(2).integers(0, 5, size=(3, 4, 33, 30)) / 4.0
    for f in (
        lambda x: fn.max_pool2d(x, 2),
        lambda x: fn.max_pool2d(x, 3, 2, 1),
        lambda x: fn.max_pool2d(x, 5, 1, 2, dilation=1),
        lambda x: fn.max_pool2d(x, 3, 1, 1, 3, return_indices=True)[0],
        lambda x: fn.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False),
        lambda x: fn.adaptive_avg_pool2d(x, 7),
        lambda x: fn.adaptive_max_pool2d(x, (7, 5)),
    ):
        for dtype, rtol in (("float16", 2e-3), ("float32", 1e-5), ("float64", 1e-12)):
            y = x.astype(dtype)
            wide = y.astype(np.float32) if dtype == "float16" else y
            for h in (f, xg.grad(lambda x, f=f: xg.sum(f(x) ** 2))):
                got, want = h(moved(name, y)), h(wide)
                got = back(name, got.data if isinstance(got, xg.Array) else got)
                if name != "numpy" or dtype != "float16":
                    np.testing.assert_allclose(got, np.asarray(want), rtol=rtol, atol=rtol)
                count += 1
    return f"{count} values and gradients"


def check_sparse_products(name: str, seconds: float) -> str:
    """Compare products with a constant sparse matrix, and their derivatives, with dense ones."""
    dense = X * (X > 0)
    sparse = xg.backends.load(name).chapter("sparse")
    for form in ("csr", "csc", "coo", "dia"):
        A = getattr(sparse, f"{form}_matrix")(sparse.csr_matrix(moved(name, dense)))
        for f, g in (
            (lambda x, A=A: A @ x**2, lambda x: dense @ x**2),
            (lambda x, A=A: x**2 @ A, lambda x: x**2 @ dense),
        ):
            for x in (X, X[0]):
                got = xg.grad(lambda x, f=f: xg.sum(f(x) ** 2))(moved(name, x))
                near(xg.grad(lambda x, g=g: xg.sum(g(x) ** 2))(x), back(name, got), form)
    return "both sides of 4 formats"


def check_own_products(name: str, seconds: float) -> str:
    """Compare products by a handle of our own with CuPy's, one by one and in a graph."""
    if name == "numpy":
        raise LeftOut("cuBLAS is a library of GPUs")
    import cupy as cp

    from xgrad_backends.cublas import Products

    products, draw = Products(cp), np.random.default_rng(0)
    count = 0
    for dtype in ("float16", "float32", "float64", "complex64", "complex128"):
        for shapes in (((64, 96), (96, 80)), ((3, 64, 96), (3, 96, 80)), ((5, 1), (1, 7))):
            for flip in (False, True):
                a, b = (cp.asarray(draw.normal(size=s)).astype(dtype) for s in shapes)
                if flip:
                    a = cp.ascontiguousarray(a.swapaxes(-1, -2)).swapaxes(-1, -2)
                out = cp.empty((*a.shape[:-1], b.shape[-1]), dtype)
                assert products.fits(out, a, b)
                stream = cp.cuda.Stream(non_blocking=True)
                cp.cuda.Device().synchronize()
                with stream:
                    products.matmul(out, a, b, "checks")
                    stream.synchronize()
                    first = cp.asnumpy(out)
                    stream.begin_capture()
                    products.matmul(out, a, b, "checks")
                    graph = stream.end_capture()
                    a *= 2
                    graph.launch(stream)
                    stream.synchronize()
                rtol = 2e-2 if dtype == "float16" else 1e-3 if dtype[-2:] in ("32", "64") else 1e-10
                want = cp.asnumpy(cp.matmul(a, b))
                np.testing.assert_allclose(cp.asnumpy(out), want, rtol=rtol, atol=rtol * 10)
                np.testing.assert_allclose(2 * first, want, rtol=rtol, atol=rtol * 10)
                count += 1
    return f"{count} products, each also replayed"


def check_graphs(name: str, seconds: float) -> str:
    """Compare compiled functions, and their graphs, with eager ones on other values."""
    engines = ("numpy",) if name == "numpy" else ("numpy", "cuda-graph")
    for what, f in losses():
        for engine in engines:
            with xg.use_backend(name):
                g = xg.compile(xg.grad(f), engine=engine)
                for scale in (1.0, 0.7, -0.4):
                    x = moved(name, X * scale)
                    with np.errstate(all="ignore"):
                        near(back(name, xg.grad(f)(x)), back(name, g(x)), f"{what}, {engine}")
    return f"{len(list(losses()))} functions, by {', '.join(engines)}"


def check_a_second_device(name: str, seconds: float) -> str:
    """Take derivatives on a GPU that is not the current one."""
    backend = xg.backends.load(name)
    devices = backend.devices()
    if len(devices) < 2:
        raise LeftOut("there is one device")
    x = moved(name, X, devices[1])
    for what, f in losses():
        g = xg.grad(f)(x)
        assert str(backend.device(g)) == str(devices[1]), what
        with np.errstate(all="ignore"):
            near(xg.grad(f)(X), back(name, g), what)
    return f"gradients of {len(list(losses()))} functions"


def check_streams(name: str, seconds: float) -> str:
    """Walk from the null stream through what ran in a stream that does not wait for it."""
    if name == "numpy":
        raise LeftOut("NumPy has no streams")
    import cupy as cp

    big = np.random.default_rng(1).normal(size=(2048, 2048)) / 2048
    x = cp.asarray(big)
    cp.cuda.Device().synchronize()

    def f(x: Any) -> Any:
        y = x
        for _ in range(12):  # long enough that a walk which does not wait is too early
            y = xg.tanh(y @ x)
        return xg.sum(y)

    want = cp.asnumpy(xg.grad(f)(x))
    for _ in range(5):
        stream = cp.cuda.Stream(non_blocking=True)
        with stream:
            _, pull = xg.vjp(f, x)
        (g,) = pull(cp.ones(()))
        near(want, cp.asnumpy(g), "a walk outside of the stream")
        stream.synchronize()
    return "5 walks"


CHECKS: dict[str, Callable[[str, float], str]] = {
    f.__name__.removeprefix("check_").replace("_", " "): f
    for f in (
        check_derivatives,
        check_indices,
        check_pools,
        check_sparse_products,
        check_own_products,
        check_streams,
        check_graphs,
        check_nothing_waits,
        check_a_second_device,
        check_single_ops,
    )
}


def main(argv: list[str] | None = None) -> None:
    """Run the checks, print what each found, and fail if anything is wrong."""
    parser = argparse.ArgumentParser("python -m benchmarks.gpu_checks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="for all of them (120)")
    parser.add_argument("--dry", action="store_true", help="on NumPy")
    options = parser.parse_args(argv)
    name, end, wrong = "numpy" if options.dry else "cupy", time.perf_counter() + options.seconds, 0
    for what, check in CHECKS.items():
        start = time.perf_counter()
        left = end - start
        if left <= 0:
            print(f"left out {what}: there was no time left", flush=True)
            continue
        try:
            found = f"ok {what}: {check(name, left)}"
        except LeftOut as reason:
            found = f"left out {what}: {reason}"
        except Exception as error:
            wrong += 1
            found = f"WRONG {what}: {type(error).__name__}: {error}"[:3000]
            traceback.print_exc(limit=-4)
        print(f"{found}, {time.perf_counter() - start:.1f} s", flush=True)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
