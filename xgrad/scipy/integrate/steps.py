"""The steps of a solver of differential equations, taken again in code that the tape records.

SciPy chooses the steps; what is recorded is only what it computed in them, so that the derivative
is that of the numbers it returned. An explicit method is arithmetic on a few slopes. A step of an
implicit one solves an equation, the collocation of the Radau IIA family, whose stages are read off
the solver's own interpolation (Hairer and Wanner, Solving ODEs II, IV.5).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

import xgrad

from ...arrays.array import Array
from ...custom.equation import implicit
from ...engine.op import linear
from ..common import chapter, joined

__all__ = ["COLLOCATED", "Step", "collocated", "explicit"]

Slope = Callable[[Any, Array], Array]

COLLOCATED = {"Radau": 3, "BDF": 3, "LSODA": 5}
"""How many stages stand for a step of each implicit method: as its order needs."""


@linear(lambda xp, g, arrays, weights: [w * g for w in weights])
def _combination(*arrays: Array, weights: Sequence[float]) -> Array:
    """Return a sum with constant weights."""
    total = weights[0] * arrays[0]
    for w, x in zip(weights[1:], arrays[1:], strict=True):
        if w:
            total = total + w * x
    return total


def _moved(y: Array, h: Any, slopes: Sequence[Array], weights: Sequence[float]) -> Array:
    """Return ``y + h * sum(weights * slopes)``."""
    if isinstance(h, Array):
        used = [(w, k) for w, k in zip(weights, slopes, strict=True) if w]
        return y + h * _combination(*(k for _, k in used), weights=[w for w, _ in used])
    used = [(h * w, k) for w, k in zip(weights, slopes, strict=True) if w]
    return _combination(y, *(k for _, k in used), weights=[1.0, *(w for w, _ in used)])


class Step(NamedTuple):
    """One step, and how to interpolate in it.

    Attributes:
        t: where it begins.
        h: its length.
        points: arrays, as rows, of which values inside of the step are made.
        basis: ``basis[i, k]``, the coefficient of ``theta**k`` in the weight of the i-th one.
        end: the value where it ends.
    """

    t: Any
    h: Any
    points: Callable[[], list[Any]]
    basis: Any
    end: Array

    def at(self, times: Any) -> Any:
        """Return the values at some times as rows."""
        theta = (times - self.t) / self.h
        powers = xgrad.stack([theta**0, *(theta**k for k in range(1, self.basis.shape[1]))])
        weights = xgrad.matrix_transpose(xgrad.matmul(xgrad.asarray(self.basis), powers))
        return xgrad.matmul(weights, xgrad.stack(self.points()))


@cache
def _tableau(method: str) -> Any:
    solver = getattr(chapter("integrate"), method)
    rows = [[float(w) for w in row[:i]] for i, row in enumerate(solver.A)]
    return solver, rows, [float(w) for w in solver.B], [float(c) for c in solver.C]


def explicit(method: str, f: Slope, t: Any, y: Array, k: Array, h: Any) -> tuple[Step, Array]:
    """Return a step of an explicit Runge-Kutta method, and the slope at its end.

    Args:
        method: ``"RK23"``, ``"RK45"`` or ``"DOP853"``.
        f: the right-hand side.
        t: where it begins.
        y: the value there.
        k: the slope there.
        h: its length.
    """
    solver, rows, last, nodes = _tableau(method)
    slopes = [k]
    for row, c in zip(rows[1:], nodes[1:], strict=False):
        slopes.append(f(t + c * h, _moved(y, h, slopes, row)))
    end = _moved(y, h, slopes, last)
    slopes.append(f(t + h, end))
    if method == "DOP853":
        return Step(t, h, _dop853(solver, f, t, y, h, slopes, end), _dop853_basis(), end), slopes[
            len(last)
        ]
    basis = np.zeros((len(slopes) + 1, solver.P.shape[1] + 1))
    basis[0, 0], basis[1:, 1:] = 1.0, solver.P
    return Step(t, h, lambda: [y, *(h * s for s in slopes)], basis, end), slopes[-1]


def _dop853(
    solver: Any, f: Slope, t: Any, y: Array, h: Any, slopes: list[Array], end: Array
) -> Callable[[], list[Any]]:
    """Return what gives the rows of its interpolation, which takes three more slopes."""

    def points() -> list[Any]:
        found = list(slopes)
        for row, c in zip(solver.A_EXTRA, solver.C_EXTRA, strict=True):
            weights = [float(w) for w in row[: len(found)]]
            found.append(f(t + float(c) * h, _moved(y, h, found, weights)))
        moved = end - y
        rows = [y, moved, h * found[0] - moved]
        rows.append(2.0 * moved - h * (found[len(slopes) - 1] + found[0]))
        return rows + [
            h * _combination(*found, weights=[float(w) for w in row]) for row in solver.D
        ]

    return points


@cache
def _dop853_basis() -> Any:
    """Return the polynomials x, x (1 - x), x^2 (1 - x), ..., in which SciPy nests its rows."""
    rows, factor = [np.asarray([1.0])], np.asarray([1.0])
    for i in range(7):
        factor = np.convolve(factor, [0.0, 1.0] if i % 2 == 0 else [1.0, -1.0])
        rows.append(factor)
    basis = np.zeros((8, 8))
    for i, row in enumerate(rows):
        basis[i, : len(row)] = row
    return basis


@cache
def _radau(stages: int) -> tuple[Any, Any, Any]:
    """Return nodes and matrix of the Radau IIA method, and the basis that interpolates in it."""
    s = stages
    poly = np.polynomial.legendre
    zeros = np.sort(poly.legroots([*[0.0] * (s - 1), 1.0, -1.0]).real)[:-1]
    nodes = np.append((zeros + 1) / 2, 1.0)
    powers = np.arange(1, s + 1)
    vander = nodes[:, None] ** (powers - 1)
    matrix = (nodes[:, None] ** powers / powers) @ np.linalg.inv(vander)
    basis = np.linalg.inv(np.append(0.0, nodes)[:, None] ** np.arange(s + 1)).T
    return nodes, matrix, basis


def collocated(
    stages: int, f: Slope, t: Any, y: Array, h: Any, interpolate: Callable[[float], Any]
) -> Step:
    """Return a step of an implicit method, as the collocation through values of the solver.

    Args:
        stages: of how many stages.
        f: the right-hand side.
        t: where it begins.
        y: the value there.
        h: its length.
        interpolate: the solver's values inside of the step, raw, by time.
    """
    nodes, matrix, basis = _radau(stages)
    start, length = (float(x.detach() if isinstance(x, Array) else x) for x in (t, h))
    found = np.stack([interpolate(start + c * length) for c in nodes])
    rows = xgrad.asarray(matrix)

    def equation(values: Array) -> Any:
        slopes = [f(t + float(c) * h, values[i, :]) for i, c in enumerate(nodes)]
        return values - y - h * xgrad.matmul(rows, xgrad.stack(slopes))

    values = implicit(equation, found.astype(y.dtype))
    inner = [values[i, :] for i in range(stages)]
    return Step(t, h, lambda: [y, *inner], basis, inner[-1])


def slope_of(fun: Callable[..., Any], args: tuple[Any, ...], dtype: Any) -> Slope:
    """Return the right-hand side as a function of time and an `Array`."""

    def f(t: Any, y: Array) -> Array:
        out = xgrad.asarray(joined(fun(t, y, *args)))
        return out if out.dtype == dtype else xgrad.astype(out, dtype)

    return f
