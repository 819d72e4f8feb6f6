"""How a function of `xgrad.scipy` is judged: against SciPy's value, differences, and both modes.

A program gets the namespace of SciPy's chapters and arrays. With ``scipy`` it gives the expected
value and, by differences, the expected derivatives; with ``xgrad.scipy`` what is checked.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

import xgrad as xg


@dataclass(frozen=True)
class Program:
    """A function of a namespace and arrays, and how exact its library is.

    Attributes:
        name: what it is called.
        f: ``f(sp, xp, *arrays)``, with SciPy's chapters and the array functions to use.
        args: where, NumPy arrays of floating-point numbers.
        rtol: how near derivatives are to those of differences.
        value: how near the value is to SciPy's.
        order: the highest order of derivative that is checked.
        step: of the differences.
    """

    name: str
    f: Callable[..., Any]
    args: tuple[Any, ...]
    rtol: float = 1e-6
    value: float = 1e-10
    order: int = 2
    step: float = 1e-4


def leaves(out: Any) -> list[Any]:
    """Return the arrays of a result."""
    return [x for part in out for x in leaves(part)] if isinstance(out, (list, tuple)) else [out]


def near(got: Any, expected: Any, rtol: float, what: str) -> None:
    """Raise unless two arrays agree, in proportion to the largest number."""
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.shape == expected.shape, f"{what}: shape {got.shape}; expected {expected.shape}"
    size = np.max(np.abs(expected), initial=0.0)
    worst = np.max(np.abs(got - expected), initial=0.0)
    assert worst <= rtol * (size + 1e-2), f"{what}: got {got!r:.300}; expected {expected!r:.300}"


def slope(f: Callable[..., Any], args: Any, along: Any, h: float) -> list[Any]:
    """Return the derivative along a direction, by differences of the fourth order."""

    def at(k: int) -> list[Any]:
        moved = [x + k * h * t for x, t in zip(args, along, strict=True)]
        return [np.asarray(y) for y in leaves(f(*moved))]

    pairs = [(a - b) for a, b in zip(at(1), at(-1), strict=True)]
    wide = [(a - b) for a, b in zip(at(2), at(-2), strict=True)]
    return [(8 * a - b) / (12 * h) for a, b in zip(pairs, wide, strict=True)]


def check_single(program: Program) -> None:
    """Raise an AssertionError if a dtype is not SciPy's in single precision, nor of a gradient."""
    args = [np.asarray(x) for x in program.args]
    args = [x.astype(np.complex64 if x.dtype.kind == "c" else np.float32) for x in args]

    def ours(*xs: Any) -> list[Any]:
        return [xg.asarray(y) for y in leaves(program.f(xg.scipy, xg, *xs))]

    expected = leaves(program.f(scipy, np, *[np.array(x) for x in args]))
    values, pullback = xg.vjp(ours, *args)
    found = [str(y.dtype) for y in values]
    assert found == [str(np.asarray(y).dtype) for y in expected], f"dtypes {found} are not SciPy's"
    gradients = pullback([np.ones_like(np.asarray(y)) for y in values])
    for g, x in zip(gradients, args, strict=True):
        assert g.dtype == x.dtype, f"a gradient is of {g.dtype}; expected {x.dtype}"


def check(program: Program) -> None:
    """Raise an AssertionError if the value or a derivative is not what it should be."""
    args = [np.array(x, dtype=np.result_type(x, np.float64)) for x in program.args]
    rng = np.random.default_rng(len(program.name))

    def plain(*xs: Any) -> Any:
        return [np.asarray(y) for y in leaves(program.f(scipy, np, *[np.array(x) for x in xs]))]

    def ours(*xs: Any) -> list[Any]:
        return [xg.asarray(y) for y in leaves(program.f(xg.scipy, xg, *xs))]

    def random(x: Any) -> Any:
        t = rng.normal(size=x.shape)
        return t + 1j * rng.normal(size=x.shape) if x.dtype.kind == "c" else t

    along = [random(x) for x in args]
    values = plain(*args)
    for got in (program.f(xg.scipy, xg, *args), ours(*map(xg.asarray, args))):
        for y, expected in zip(leaves(got), values, strict=True):
            near(y.data if isinstance(y, xg.Array) else y, expected, program.value, "value")
    _, tangents = xg.jvp(ours, tuple(args), tuple(along))
    for t, expected in zip(tangents, slope(plain, args, along, program.step), strict=True):
        near(t, expected, program.rtol, "jvp")
    again, pullback = xg.vjp(ours, *args)
    weights = [np.asarray(random(np.asarray(y))) for y in again]
    gradients = pullback([np.asarray(w) for w in weights])
    left = sum(
        np.sum(np.conj(w) * np.asarray(t)).real for w, t in zip(weights, tangents, strict=True)
    )
    right = sum(np.sum(np.conj(g) * t).real for g, t in zip(gradients, along, strict=True))
    size = sum(np.sum(np.abs(g) * np.abs(t)) for g, t in zip(gradients, along, strict=True))
    assert abs(left - right) <= max(1e-9, program.value) * (size + 1e-2), (
        f"<g, J t> is {left!r}; <J^T g, t> is {right!r}"
    )
    if program.order > 1:
        _second_order(program, ours, args, along, weights)
    _owned(ours, args, weights)
    _let_go(ours, args, weights)


def _owned(ours: Any, args: Any, weights: Any) -> None:
    """Raise if gradients are not the caller's own, or an argument was written to."""
    given = [np.array(x) for x in args]
    for x in (*given, *weights):
        x.setflags(write=False)
    _, pullback = xg.vjp(ours, *given)
    gradients = pullback(weights)
    for i, g in enumerate(gradients):
        assert g.flags.writeable, f"gradient {i} cannot be written to"
        others = [*given, *weights, *(h for h in gradients if h is not g)]
        assert not any(np.shares_memory(g, x) for x in others), f"gradient {i} is shared"
    for x, y in zip(given, args, strict=True):
        assert np.array_equal(x, y, equal_nan=True), "an argument was written to"


def _let_go(ours: Any, args: Any, weights: Any) -> None:
    """Raise if anything keeps the arguments when results and walks are gone."""
    given = [np.array(x) for x in args]
    left = [weakref.ref(x) for x in given]
    _, pullback = xg.vjp(ours, *given)
    pullback(weights)
    del pullback, given, _
    if any(x() is not None for x in left):
        gc.collect()  # SciPy's own objects may hold each other
    assert all(x() is None for x in left), "the arguments are kept"


def _second_order(program: Program, ours: Any, args: Any, along: Any, weights: Any) -> None:
    def scalar(*xs: Any) -> Any:
        total = 0.0
        for y, w in zip(ours(*xs), weights, strict=True):
            total = total + xg.sum(xg.real(xg.conj(xg.asarray(w)) * y))
        return total

    gradient = xg.grad(scalar, tuple(range(len(args))))
    expected = slope(gradient, args, along, program.step)
    products = xg.hvp(scalar, tuple(args), tuple(along))
    for h, e in zip(products, expected, strict=True):
        near(h, e, 10 * program.rtol, "hvp")

    def sloped(*xs: Any) -> Any:
        return sum(
            xg.sum(xg.real(g * xg.conj(xg.asarray(t))))
            for g, t in zip(gradient(*xs), along, strict=True)
        )

    for h, e in zip(xg.grad(sloped, tuple(range(len(args))))(*args), expected, strict=True):
        near(h, e, 10 * program.rtol, "gradient of a gradient")
