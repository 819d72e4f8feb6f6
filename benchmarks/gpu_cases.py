"""What the checks on a GPU run: functions, the op table, and how arrays get there and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import xgrad as xg
from xgrad.testing import ROWS
from xgrad.testing.cases import Place


def losses() -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """Yield functions whose derivatives are compared with those of NumPy."""
    fn = xg.nn.functional
    yield "products", lambda x: xg.sum(xg.tanh(x @ x) @ xg.matrix_transpose(x))
    yield "rows", lambda x: xg.sum(xg.softmax(x, axis=-1) * xg.log_softmax(x, axis=-1))
    yield "norms", lambda x: xg.sum(xg.linalg.vector_norm(x, axis=-1) * xg.var(x, axis=-1))
    yield "strong zeros", lambda x: xg.sum(xg.where(x > 0, xg.sqrt(x), 0.0))
    yield "elements", lambda x: xg.sum(fn.gelu(x, approximate="tanh") / (1 + xg.hypot(x, 2.0)))
    yield "indices", lambda x: xg.sum(x[xg.asarray([0, 0, 2])] ** 3)
    yield "maxima of windows", lambda x: xg.sum(fn.max_pool2d(x[None, None], 3, 2, 1) ** 2)
    yield "means of windows", lambda x: xg.sum(fn.avg_pool2d(x[None, None], 3, 2, 1) ** 2)
    yield "means of parts", lambda x: xg.sum(fn.adaptive_avg_pool2d(x[None, None], 4) ** 2)
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


def table() -> Iterator[tuple[Any, Callable[..., Any], list[Any]]]:
    """Yield of each row of the op table a function of what varies, and these raw arrays."""
    for row in ROWS:
        case = next(iter(row.cases(Place.named("numpy"), "f")), None)
        if case is None or not case.order or not case.varying:
            continue
        raws = case.raw_arrays()

        def f(*xs: Any, case: Any = case, raws: list[Any] = raws) -> Any:
            like = xs[0]._raw if isinstance(xs[0], xg.Array) else xs[0]
            name = xg.backends.backend_of(like).name
            rest = [xg.Array(x if name == "numpy" else moved(name, x)) for x in raws]
            return flat(case.of_varying(rest)(*xs))

        yield row, f, [raws[i] for i in case.varying]


def flat(out: Any) -> list[Any]:
    """Return the results that have derivatives."""
    ys = [y for y in xg.tree.leaves(out) if isinstance(y, xg.Array)]
    return [y for y in ys if np.dtype(y.dtype).kind in "fc"]


def walk(f: Callable[..., Any], xs: list[Any]) -> None:
    """Go down and up through a function."""
    ys, pull = xg.vjp(f, *xs)
    pull(xg.tree.map(xg.ones_like, ys))
    xg.jvp(f, tuple(xs), tuple(map(xg.ones_like, xs)))
