"""Each reduction, normalisation, loss, method and clipping of the library in half precision.

Functions are found by walking the public namespaces and called by the names of their parameters, so
that a new loss is in the table without a word here. Values and gradients of float16 and bfloat16
are compared with those of float64 at the same rounded numbers, 70,000 of them: of size 300, of size
1e-6 and near 1. ``python -m tests.right.halves`` prints the worst of each call; ``--library torch``
says where, ``--only PATTERN`` selects.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import warnings
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any

import numpy as np

import xgrad as xg
from xgrad import nn, optim
from xgrad.testing import Place

from .halves_calls import Call, N, calls, numbers

BAR = 4.0
LIMITS = {"float16": (2.0**-10, 2.0**-24, 65504.0), "bfloat16": (2.0**-7, 2.0**-133, 3.3895e38)}
"""Of each kind its precision, the least number that is not zero, and the largest."""

CANCELLED = 1e-3
"""What is this much smaller than the largest element is the difference of sums that cancel."""

_SIGNS = np.where(np.arange(N) % 3 == 0, -1.0, 1.0)
_NOISE = np.random.default_rng(0).normal(size=N)
SAMPLES = {
    "300": 300 * _SIGNS + _NOISE,
    "1e-6": 1e-6 * _SIGNS * (1 + 0.3 * np.tanh(_NOISE)),
    "near 1": 1 + 0.05 * _NOISE,
}


def rounded(place: Place, x: Any, kind: str) -> tuple[Any, Any]:
    """Return numbers as halves of a library, and as the doubles that they are rounded to."""
    if kind == "float16":
        half = x.astype(np.float16)
        return place.raw(half), half.astype(float)
    xp = place.backend.xp
    half = xp.astype(place.raw(x.astype(np.float32)), xp.bfloat16)
    return half, host(half)


def host(x: Any) -> Any:
    """Return an array of any library and dtype as NumPy's doubles."""
    raw = getattr(x, "_raw", x)
    if not isinstance(raw, (np.ndarray, np.generic)):
        raw = raw.detach().double().numpy() if hasattr(raw, "detach") else np.asarray(raw)
    return np.asarray(raw).astype(float)


def dtype_of(x: Any) -> str:
    """Return the name of an array's dtype."""
    return str(getattr(x, "_raw", x).dtype).rpartition(".")[2]


def error(got: Any, want: Any, kind: str) -> float:
    """Return by how many ulp halves are off: relative to each true value, infinite for a dtype.

    A number that no half holds is to be infinite, and one below the normal ones may be off by one
    of the least.
    """
    if dtype_of(got) != kind:
        return np.inf
    eps, least, most = LIMITS[kind]
    got, want = host(got), np.asarray(want, float)
    fits = np.isfinite(want) & (np.abs(want) <= most * (1 - eps))
    beyond = ~fits & ~np.isnan(want)
    with np.errstate(invalid="ignore"):
        right = np.where(np.abs(want) > most * (1 + eps), np.sign(want) * np.inf, got)
    if not np.array_equal(got[beyond], right[beyond]):
        return np.inf
    size = np.maximum(np.abs(want[fits]), CANCELLED * np.max(np.abs(want[fits]), initial=0.0))
    with np.errstate(all="ignore"):
        off = np.maximum(np.abs(got - want)[fits] - least, 0.0) / (eps * size)
    off = np.where(np.isnan(off) & ~np.isnan(got[fits]), 0.0, off)
    return float(np.max(np.where(np.isnan(off), np.inf, off), initial=0.0))


def _derived(f: Any, xs: list[Any], weights: Any) -> tuple[Any, list[Any]]:
    """Return the value, and the gradient of its sum, or of a weighting of its elements."""
    y, pull = xg.vjp(f, *xs)
    y = y[0] if isinstance(y, tuple) else y
    return y, list(pull(weights(y)))


def measured(call: Call, sample: str, kind: str, place: Place) -> tuple[float, float]:
    """Return the errors of a call's value and of its gradient."""
    pairs = [
        rounded(place, numbers(k, SAMPLES[sample], shape, i), kind)
        for i, (shape, k) in enumerate(zip(call.shapes, call.kinds, strict=True))
    ]
    halves, exact = [h for h, _ in pairs], [e for _, e in pairs]
    places = [place.raw(np.asarray(h)) for h in call.helpers]
    draw = np.random.default_rng(1).integers(1, 9, 2 * N * 8) / 8.0

    def ones(y: Any) -> Any:
        w = draw[: int(np.prod(y.shape))].reshape(y.shape) if y.shape else np.asarray(1.0)
        if isinstance(getattr(y, "_raw", y), np.ndarray | np.generic) and y.dtype == np.float64:
            return w
        return rounded(place, w, kind)[0]

    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want, slopes = _derived(lambda *xs: call.of(*xs, *call.helpers), exact, ones)
        got, steps = _derived(lambda *xs: call.of(*xs, *places), halves, ones)
    first = max(error(g, w, kind) for g, w in zip(steps, slopes, strict=True))
    return error(got, want, kind), first


# Methods, clipping, layers ------------------------------------------------------------------------


def methods() -> Iterator[tuple[str, Any]]:
    """Yield each method of optimisation, by its defaults and by each switch that it has."""
    for name in optim.__all__:
        cls = getattr(optim, name)
        if not (inspect.isclass(cls) and issubclass(cls, optim.Method)) or cls is optim.Method:
            continue
        fields = inspect.signature(cls).parameters
        yield name, cls(lr=0.03)
        for field, p in fields.items():
            if p.default is False:
                more = {"momentum": 0.9} if field == "nesterov" else {}
                yield f"{name}({field})", cls(lr=0.03, **{field: True, **more})
        for field, value in {"momentum": 0.9, "weight_decay": 0.1}.items():
            if field in fields:
                yield f"{name}({field})", cls(lr=0.03, **{field: value})


def stepped(method: Any, sample: str, kind: str, place: Place) -> float:
    """Return the error of parameters after three updates, which start at 1."""
    g, exact = rounded(place, SAMPLES[sample], kind)
    zero, none = g * 0, exact * 0
    results = []
    for gradients in ((g, zero), (exact, none)):
        p = {"w": xg.ones_like(gradients[0]), "b": xg.ones_like(gradients[1])}
        state = method.init(p)
        for _ in range(3):
            p, state = method.update(p, dict(zip("wb", gradients, strict=True)), state)
            # both go on from the same numbers: a half has no digits for the rest of a step
            step = {name: host(x) for name, x in p.items()}
            results.append(step if gradients[0] is exact else p)
            if gradients[0] is not exact:
                continue
            p = {name: host(rounded(place, x, kind)[0]) for name, x in p.items()}
    halves, right = results[:3], results[3:]
    return max(
        error(h[name], r[name], kind) for h, r in zip(halves, right, strict=True) for name in "wb"
    )


def clipped(name: str, sample: str, kind: str, place: Place) -> float:
    """Return the error of what a function that clips, or measures, gradients returns."""
    f = getattr(optim, name)
    g, exact = rounded(place, SAMPLES[sample], kind)
    limits = () if name.endswith("_norm") and not name.startswith("clip") else (1e-2,)
    worst = 0.0
    for got, want in zip(*(xg.tree.leaves(f({"g": x}, *limits)) for x in (g, exact)), strict=True):
        if dtype_of(got) != kind:  # a norm is told in single precision
            assert dtype_of(got) == "float32", (name, got.dtype)
            right = float(host(want))
            worst = max(worst, abs(float(host(got)) - right) / right / LIMITS[kind][0])
        else:
            worst = max(worst, error(got, host(want), kind))
    return worst


def layers() -> Iterator[tuple[str, Any]]:
    """Yield each layer that normalises, with the shape that it takes."""
    for name in nn.__all__:
        if "Norm" in name:
            least = int(name[-2]) if name[-2:-1].isdigit() else 1
            yield name, (70, 10, *{1: (100,), 2: (10, 10), 3: (10, 5, 2)}[least])


def normalised(name: str, shape: Any, sample: str, kind: str, place: Place) -> float:
    """Return the error of a layer with parameters in half precision, and of what it keeps."""
    cls = getattr(nn, name)
    needed = [p for p in inspect.signature(cls).parameters.values() if p.default is p.empty]
    given = {"num_groups": 2, "num_channels": 10, "num_features": 10, "size": 100, "channels": 10}
    sizes = [given.get(p.name, 100) for p in needed]
    more = {"eps": 2.0**-23} if name == "RMSNorm" else {}  # its default is the dtype's
    x, exact = rounded(place, SAMPLES[sample].reshape(shape), kind)
    if name in ("LayerNorm", "RMSNorm"):
        x, exact = (xg.reshape(a, (700, 100)) for a in (x, exact))
    single = nn.astype(cls(*sizes, **more), "float32")  # JAX has no double until it is asked
    layer = nn.to_backend(single, place.backend.name)
    halved = nn.astype(layer, place.backend.xp.bfloat16 if kind == "bfloat16" else kind)
    exactly = nn.astype(cls(*sizes, **more), "float64")
    return error(halved(x), host(exactly(exact)), kind)


def others() -> Iterator[tuple[str, Any]]:
    """Yield the methods, clippings and layers, each with what measures it."""
    for name, method in methods():
        yield f"optim.{name}", lambda *where, method=method: stepped(method, *where)
    for name in optim.__all__:
        if name.startswith("clip") or "norm" in name:
            yield f"optim.{name}", lambda *where, name=name: clipped(name, *where)
    for name, shape in layers():
        yield f"nn.{name}", lambda *where, a=(name, shape): normalised(*a, *where)


def table() -> Iterator[tuple[str, Any]]:
    """Yield the names of all calls, and what measures them for a sample, a kind and a place."""
    for call in calls():
        yield call.name, lambda *where, call=call: max(measured(call, *where))
    yield from others()


def main() -> int:
    """Print the worst of each call, and say whether all are within the bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[], help="a pattern, as *norm*")
    parser.add_argument("--library", default="numpy", help="numpy, torch or jax")
    parser.add_argument("--kind", action="append", default=[], choices=list(LIMITS))
    chosen = parser.parse_args()
    place, failed = Place.named(chosen.library), 0
    kinds = chosen.kind or (list(LIMITS) if chosen.library != "numpy" else ["float16"])
    for name, measure in table():
        if chosen.only and not any(fnmatch(name, only) for only in chosen.only):
            continue
        for kind in kinds:
            worst = {sample: measure(sample, kind, place) for sample in SAMPLES}
            bad = [sample for sample, ulps in worst.items() if not ulps <= BAR]
            failed += len(bad)
            told = ", ".join(f"{ulps:.3g} of {sample}" for sample, ulps in worst.items())
            print(f"{'FAIL' if bad else 'ok  '} {name:52} {kind:8} ulp: {told}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
