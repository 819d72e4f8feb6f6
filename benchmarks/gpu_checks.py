"""``python -m benchmarks.gpu_checks``: what only a GPU can say, in a minute or two.

Each check prints ``ok NAME`` or ``WRONG NAME`` with what is wrong, and none stops the others:
kernels of single ops against their text, derivatives while nothing may wait for the GPU, products
by our own handle of cuBLAS, also in a graph, gradients on a second GPU and in other streams.

``--dry`` runs them on NumPy, where those of CuPy alone say that they are left out.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import xgrad as xg


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


def losses() -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """Yield functions whose derivatives are compared with those of NumPy."""
    fn = xg.nn.functional
    yield "products", lambda x: xg.sum(xg.tanh(x @ x) @ xg.matrix_transpose(x))
    yield "rows", lambda x: xg.sum(xg.softmax(x, axis=-1) * xg.log_softmax(x, axis=-1))
    yield "norms", lambda x: xg.sum(xg.linalg.vector_norm(x, axis=-1) * xg.var(x, axis=-1))
    yield "strong zeros", lambda x: xg.sum(xg.where(x > 0, xg.sqrt(x), 0.0))
    yield "elements", lambda x: xg.sum(fn.gelu(x, approximate="tanh") / (1 + xg.hypot(x, 2.0)))
    yield "indices", lambda x: xg.sum(x[xg.asarray([0, 0, 2])] ** 3)
    yield "triangles", lambda x: xg.sum(xg.linalg.solve(x @ x.T + 9 * xg.eye(x.shape[0]), x))


X = np.random.default_rng(0).normal(size=(6, 6))


def moved(name: str, x: Any, device: Any = None) -> Any:
    """Return an array of a library."""
    return xg.backends.load(name).from_numpy(x, device)


def back(name: str, x: Any) -> Any:
    """Return an array of the host."""
    return xg.backends.load(name).to_numpy(x)


def near(want: Any, got: Any, what: str) -> None:
    """Raise unless two arrays are nearly the same."""
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-11, err_msg=what)


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
            with xg.use_backend(name):
                near(want, back(name, h(moved(name, X))), f"{what}, {mode}")
    return "3 modes of 7 functions"


def check_nothing_waits(name: str, seconds: float) -> str:
    """Take derivatives while a copy to the host, or a wait for the GPU, raises."""
    if name == "numpy":
        raise LeftOut("NumPy waits for nobody")
    import cupyx

    x = moved(name, X)
    waits = []
    for what, f in losses():
        with xg.use_backend(name), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            xg.grad(f)(x)  # libraries make handles at their first call
            try:
                with cupyx.allow_synchronize(False):
                    xg.grad(f)(x)
                    xg.jvp(f, (x,), (x,))
            except Exception as error:
                waits.append(f"{what}: {error}"[:200])
    if waits:
        raise AssertionError("; ".join(waits))
    return "gradients and tangents of 7 functions"


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
    return f"7 functions, by {', '.join(engines)}"


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
    return "gradients of 7 functions"


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
