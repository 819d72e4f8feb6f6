# Tests of xgrad/compiling
"""The check that counts: record an op on some values, replay it on others, compare with eager."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

import xgrad as xg
from xgrad.compiling import Compiled
from xgrad.testing.cases import Case


class NotComparable(Exception):  # noqa: N818 - not an error
    """Eager code refuses these values, or has no derivative here."""


def floating(x: Any) -> bool:
    """Whether a result has derivatives."""
    return isinstance(x, xg.Array) and np.dtype(x.dtype).kind in "fc"


def directions(like: list[Any], salt: int) -> list[Any]:
    """Return arrays in the shapes and dtypes of others."""
    found = []
    for i, x in enumerate(like):
        draw = np.random.default_rng(salt + i)
        one = draw.uniform(-1, 1, x.shape)
        if np.dtype(x.dtype).kind == "c":
            one = one + 1j * draw.uniform(-1, 1, x.shape)
        found.append(xg.asarray(np.asarray(one).astype(x.dtype)))
    return found


def programs(case: Case, count: int) -> dict[str, Any]:
    """Return functions of all arrays of a case: its value, both modes, and the second order."""
    varying = case.varying if case.order else []
    held = weakref.ref(case)  # through which no recording looks for captures among the samples

    def split(raws: tuple[Any, ...]) -> tuple[Any, list[Any]]:
        arrays = [xg.asarray(x) for x in raws]
        return held().of_varying(arrays), [arrays[i] for i in varying]

    def value(*raws: Any) -> Any:
        return xg.tree.leaves(held().call([xg.asarray(x) for x in raws]))

    def pulled(*raws: Any) -> Any:
        f, xs = split(raws)
        ys, pull = xg.vjp(lambda *xs: [y for y in xg.tree.leaves(f(*xs)) if floating(y)], *xs)
        return [*ys, *pull(directions(ys, 3))]

    def pushed(*raws: Any) -> Any:
        f, xs = split(raws)

        def flat(*xs):
            return [y for y in xg.tree.leaves(f(*xs)) if floating(y)]

        return xg.jvp(flat, tuple(xs), tuple(directions(xs, 5)))[1]

    def squared(*xs: Any) -> Any:
        total = xg.asarray(0.0)
        for g in xs:
            total = total + xg.sum(xg.real(g * xg.conj(g)) if g.dtype.kind == "c" else g * g)
        return total

    def second(*raws: Any) -> Any:
        f, xs = split(raws)

        def slope(*xs: Any) -> Any:
            ys, pull = xg.vjp(lambda *xs: [y for y in xg.tree.leaves(f(*xs)) if floating(y)], *xs)
            return squared(*pull(directions(ys, 3)))

        return list(xg.grad(slope, tuple(range(len(xs))))(*xs))

    found: dict[str, Any] = {"value": value}
    if varying:
        found.update(vjp=pulled, jvp=pushed)
        if case.order > 1 and count > 1:
            found["second"] = second
    return found


def others(arrays: list[Any], varying: list[int]) -> dict[str, list[Any]]:
    """Return other values for the arrays of a case."""

    def changed(f: Any) -> list[Any]:
        return [f(x) if i in varying else x for i, x in enumerate(arrays)]

    def with_nan(x: Any) -> Any:
        y = np.array(x)
        y.reshape(-1)[: 1 + y.size // 3] = np.nan
        return y

    def shuffled(x: Any) -> Any:
        return np.ascontiguousarray(np.flip(x)) * np.asarray(0.8, x.dtype)

    return {
        "nearby": changed(lambda x: (x * np.asarray(0.97, x.dtype)).astype(x.dtype)),
        "shuffled": changed(shuffled),
        "negated": changed(lambda x: -x),
        "with NaN": changed(with_nan),
    }


def disagreement(case: Case, count: int = 2, rtol: float = 0.0, **options: Any) -> list[str]:
    """Return where replayed programs differ from eager code; nothing if nowhere."""
    wrong = []
    raws = case.raw_arrays()
    for name, f in programs(case, count).items():
        with np.errstate(all="ignore"):
            try:
                first = results(f(*raws))
            except Exception:
                continue
            compiled = Compiled(f, **{**DEFAULTS, **options})
            try:
                pairs = [("the first call", first, results(compiled(*raws)))]
            except xg.errors.TraceError as error:
                wrong.append(f"{name}: TraceError {str(error)[:150]}")
                continue
            for kind, ys in {"again": raws, **others(raws, case.varying)}.items():
                try:
                    want = results(f(*ys))
                except Exception as error:
                    _require_raises(compiled, ys, error)
                    continue
                pairs.append((kind, want, results(compiled(*ys))))
        for kind, want, got in pairs:
            text = different(want, got, rtol)
            if text:
                wrong.append(f"{name}, {kind}: {text}")
    return wrong


DEFAULTS = {"static": (), "engine": None, "donate": (), "on_value": "error"}


def _require_raises(compiled: Any, ys: list[Any], error: Exception) -> None:
    try:
        compiled(*ys)
    except Exception as other:
        if type(other) is not type(error):
            raise AssertionError(f"raised {other!r}; expected {error!r}") from other
    # code that looks at values to raise runs once only, when the program is recorded


def results(out: Any) -> list[Any]:
    """Return the leaves of a result as arrays of NumPy."""
    return [np.asarray(x.data if isinstance(x, xg.Array) else x) for x in xg.tree.leaves(out)]


def different(want: list[Any], got: list[Any], rtol: float = 0.0) -> str:
    """Return how results differ in number, dtype, shape or in any bit but the sign of a NaN.

    NumPy multiplies complex numbers, and numbers without axes, by other instructions in an array
    than as scalars, which its own functions return: those may differ in the last bits.
    """
    if len(want) != len(got):
        return f"{len(got)} results; expected {len(want)}"
    for a, b in zip(want, got, strict=True):
        if a.dtype != b.dtype or a.shape != b.shape:
            return f"{b.dtype}{list(b.shape)}; expected {a.dtype}{list(a.shape)}"
        if np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"):
            continue
        if a.dtype.kind in "fc" and (rtol or a.dtype.kind == "c" or not a.shape):
            eps = max(64 * np.finfo(a.dtype).eps, rtol)
            if np.allclose(a, b, rtol=eps, atol=eps * _size(a), equal_nan=True):
                continue
        return f"{b}; expected {a}"
    return ""


def _size(x: Any) -> float:
    finite = np.abs(x[np.isfinite(x)])
    return float(np.max(finite, initial=0.0))
