# Tests of xgrad/compiling/abreast.py
"""Equal steps on neighbouring parts of an array are one step, bit by bit."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import xgrad as xg
from xgrad.compiling.abreast import LARGEST, NARROWEST, NEAR, abreast

STEPS: list[Any] = [
    xg.exp,
    xg.sin,
    xg.tanh,
    xg.sigmoid,
    lambda x: x * 2.0,
    lambda x: 1.0 / (x + 3.0),
    lambda x: x * x,
    xg.abs,
]


def _exponentials(f: Any, x: Any) -> int:
    """Return how many exponentials are left of a program."""
    compiled = xg.compile(f)
    compiled(x)
    program = abreast(compiled.lower(x).after)
    return sum(e.name == "exp" for e in program.equations)


def _random_parts(rng: Any, n: int) -> list[slice]:
    """Return slices of an axis: neighbours, some apart, some overlapping, in any order."""
    ends = np.unique(rng.integers(0, n, 6))
    found = [slice(int(a), int(b)) for a, b in itertools.pairwise(ends)]
    found.append(slice(int(ends[0]), int(ends[-1]) + 1))
    return [found[i] for i in rng.permutation(len(found))]


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.filterwarnings("ignore:overflow")
def test_random_parts_have_the_bits_of_the_loop(seed: int, dtype: str) -> None:
    rng = np.random.default_rng(seed)
    axis, shape = int(rng.integers(2)), (70, 80)
    x, y = (rng.standard_normal(shape).astype(dtype) for _ in range(2))
    parts = _random_parts(rng, shape[axis])
    steps = [STEPS[i] for i in rng.integers(0, len(STEPS), 3)]
    pairs = bool(rng.integers(2))

    def f(x: Any, y: Any) -> list[Any]:
        found = []
        for part in parts:
            key = (part,) if axis == 0 else (slice(None), part)
            z = x[key]
            for step in steps:
                z = step(z)
            found.append(z * step(y[key]) if pairs else z)
        return found

    def loss(x: Any, y: Any) -> Any:
        return sum(xg.sum(z) for z in f(x, y))

    for g in (f, xg.grad(loss, argnums=(0, 1), strict=False)):
        compiled = xg.compile(g)
        compiled(y, x)
        for a, b in zip(compiled(x, y), g(x, y), strict=True):
            assert np.asarray(a).tobytes() == np.asarray(b).tobytes()


def _gates(count: int, width: int, *, between: int = 0) -> Any:
    def f(x: Any) -> Any:
        total = x[0, :width]
        for i in range(count):
            gate = xg.exp(x[:, i * width : (i + 1) * width])
            for _ in range(between):
                total = xg.cos(total)
            total = total + xg.sum(gate, axis=0)
        return total

    return f


def test_gates_are_one_step() -> None:
    x = np.random.default_rng(0).standard_normal((8, 4 * NARROWEST))
    assert _exponentials(_gates(4, NARROWEST), x) == 1


@pytest.mark.parametrize(
    ("rows", "width", "between"),
    [(8, NARROWEST - 1, 0), (8, NARROWEST, NEAR), (LARGEST // 128, NARROWEST, 0)],
    ids=["narrow", "far apart", "large"],
)
def test_others_stay_apart(rows: int, width: int, between: int) -> None:
    x = np.random.default_rng(0).standard_normal((rows, 4 * width))
    assert _exponentials(_gates(4, width, between=between), x) == 4


def test_results_stay_apart() -> None:
    x = np.random.default_rng(0).standard_normal((8, 4 * NARROWEST))
    parts = [slice(i * NARROWEST, (i + 1) * NARROWEST) for i in range(4)]
    assert _exponentials(lambda x: [xg.exp(x[:, p]) for p in parts], x) == 4
