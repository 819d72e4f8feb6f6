"""How a program of another library is judged: against differences of its run on plain NumPy.

A program is a function of arrays that knows nothing of xgrad. It runs on NumPy arrays, which gives
the expected values and, by central differences, the expected tangents; then forward and in reverse
on arrays that xgrad tracks. It is ``ok`` if all agree, an ``error`` if it raises, and ``silent`` if
it comes back with another value, another derivative, or none. The last must never happen.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

import xgrad as xg

STEP = 1e-4


@dataclass(frozen=True)
class Program:
    """A function of another library, with the arrays to vary and those to keep."""

    name: str
    f: Callable[..., Any]
    args: tuple[Any, ...]
    const: tuple[Any, ...] = ()
    rtol: float = 1e-5
    step: float = STEP


class Verdict(NamedTuple):
    """How a program went: ``ok``, ``error`` or ``silent``, and why."""

    kind: str
    why: str = ""


def leaves(tree: Any) -> list[Any]:
    """Return the arrays and numbers in what a program returned."""
    if isinstance(tree, dict):
        return [leaf for value in tree.values() for leaf in leaves(value)]
    if isinstance(tree, (list, tuple)):
        return [leaf for value in tree for leaf in leaves(value)]
    return [] if tree is None or isinstance(tree, str) else [tree]


def is_floating(x: Any) -> bool:
    return np.dtype(getattr(x, "dtype", np.result_type(x))).kind in "fc"


def host(x: Any) -> np.ndarray:
    """Return an array of any library as a NumPy array."""
    return np.asarray(xg.asarray(x).detach()._numpy())


def floats(tree: Any) -> tuple[Any, ...]:
    return tuple(xg.asarray(leaf) for leaf in leaves(tree) if is_floating(leaf))


def run(program: Program, backend: str = "numpy") -> Verdict:
    """Return how a program goes on arrays of a backend."""
    with warnings.catch_warnings(record=True) as shown, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        verdict = _run(program, backend)
    if any("TracedConversionError" in str(warning.message) for warning in shown):
        return Verdict("error", "in a warning of the library, which has caught it")
    return verdict


def _run(program: Program, backend: str) -> Verdict:
    args = [np.array(x) for x in program.args]
    rng = np.random.default_rng(len(program.name))
    tangents = [rng.normal(size=x.shape).astype(x.dtype) for x in args]

    def at(shift: float) -> list[np.ndarray]:
        moved = [np.array(x + shift * t) for x, t in zip(args, tangents, strict=True)]
        out = program.f(*moved, *[np.array(x) for x in program.const])
        return [np.array(leaf) for leaf in leaves(out) if is_floating(leaf)]

    # the reference: a program that does not run on NumPy arrays is a mistake in the table
    values, h = at(0.0), program.step
    one, two = (
        [(up - down) / h for up, down in zip(at(k * h), at(-k * h), strict=True)] for k in (1, 2)
    )
    expected = [(8 * a - b) / 12 for a, b in zip(one, two, strict=True)]

    def placed(x: Any) -> Any:
        return xg.asarray(x).to_backend(backend) if backend != "numpy" else xg.asarray(x)

    const = [placed(np.array(x)) for x in program.const]

    def f(*xs: Any) -> tuple[Any, ...]:
        return floats(program.f(*xs, *[c.copy() for c in const]))

    primals = [placed(x) for x in args]
    try:
        out, got = xg.jvp(f, tuple(primals), tuple(placed(t) for t in tangents))
        again, pullback = xg.vjp(f, *primals)
        cotangents = tuple(xg.asarray(rng.normal(size=y.shape)).astype(y.dtype) for y in again)
        if backend != "numpy":
            cotangents = tuple(g.to_backend(backend) for g in cotangents)
        gradients = pullback(cotangents)
    except Exception as error:
        return Verdict("error", f"{type(error).__name__}: {error}".partition("\n")[0])
    return _compared(program, values, expected, out, got, tangents, cotangents, gradients)


def _compared(
    program: Program,
    values: list[np.ndarray],
    expected: list[np.ndarray],
    out: tuple[Any, ...],
    got: tuple[Any, ...],
    tangents: list[np.ndarray],
    cotangents: tuple[Any, ...],
    gradients: tuple[Any, ...],
) -> Verdict:
    if len(out) != len(values):
        return Verdict("silent", f"{len(out)} floating results; expected {len(values)}")
    for i, (value, raw) in enumerate(zip(values, out, strict=True)):
        y = host(raw)
        if y.shape != value.shape:
            return Verdict("silent", f"result {i} has shape {y.shape}; expected {value.shape}")
        if not np.allclose(y, value, rtol=1e-7, atol=1e-9, equal_nan=True):
            return Verdict("silent", f"result {i} is {y!r:.80}; expected {value!r:.80}")
        if y.dtype != value.dtype:
            return Verdict("silent", f"result {i} has dtype {y.dtype}; expected {value.dtype}")
    inner = 0.0
    for i, (tangent, raw, g) in enumerate(zip(expected, got, cotangents, strict=True)):
        t, use = host(raw), np.isfinite(tangent)
        size = np.max(np.abs(tangent[use]), initial=0.0)
        if not np.allclose(t[use], tangent[use], rtol=0, atol=program.rtol * (size + 1e-2)):
            return Verdict("silent", f"tangent {i} is {t!r:.80}; expected {tangent!r:.80}")
        inner += np.sum(np.conj(host(g)) * t).real
    other = sum(np.sum(np.conj(host(g)) * t).real for g, t in zip(gradients, tangents, strict=True))
    if not np.isclose(inner, other, rtol=1e-6, atol=1e-8, equal_nan=True):
        return Verdict("silent", f"reverse gives {other!r}; forward gives {inner!r}")
    return Verdict("ok")


def report(
    title: str, programs: Iterable[Program], backend: str = "numpy", verbose: bool = False
) -> dict[str, int]:
    """Run programs, print those that are not ok, or all if `verbose`, and the counts last."""
    counts = {"ok": 0, "error": 0, "silent": 0, "mistake": 0}
    for program in programs:
        try:
            kind, why = run(program, backend)
        except Exception as error:
            kind, why = "mistake", f"in the table: {type(error).__name__}: {error}"
        counts[kind] += 1
        if kind != "ok":
            print(f"  {kind:7} {program.name}: {why:.150}".replace("\n", " "), flush=True)
        elif verbose:
            print(f"  ok      {program.name}", flush=True)
    total = sum(counts.values())
    words = ", ".join(f"{kind} {n}" for kind, n in counts.items() if n or kind != "mistake")
    print(f"{title} on {backend}: {total} programs: {words}", flush=True)
    return counts
