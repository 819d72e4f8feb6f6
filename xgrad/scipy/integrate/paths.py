"""The steps of a solver of differential equations on the tape: all of them as one equation.

SciPy chooses the steps and computes them; the derivative is that of the numbers it returned. What a
step computes are slopes, and the slopes of all steps together solve one equation,
``k = f(t, y0 + sums of k)``, which is evaluated in one batched call of the right-hand side. Its
Jacobian is block triangular, step by step: a derivative is one sweep over small matrices, one more
batched walk gives it to whatever the right-hand side reads, and every order follows (`implicit`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...custom.equation import implicit
from ...engine import tape
from ...engine.op import joint
from ..common import is_tracked, raw, with_derivative_of
from .schemes import Scheme
from .sweeps import Slope, Sweep, WideSweep

__all__ = ["WIDE", "ComplexPath", "Path", "called_batched", "carried", "parts", "split"]

WIDE = 32
"""From how many unknowns on no dense matrices are made of a step.

Steps of an explicit scheme are then recorded one by one.
"""

ENTRIES = 1 << 22
"""How many numbers the matrices of a block of steps may hold."""


class Path:
    """The steps of a solution, on the tape: when they begin they keep, whatever moves the ends.

    Attributes:
        times: when steps begin, and when the last one ends: raw, or tracked.
        ts: the same, raw.
        taken: the values at these times as they are, as rows; see `states`.
    """

    def __init__(
        self, scheme: Scheme, f: Slope, times: Any, start: Array, states: Any, slopes: Any
    ) -> None:
        """Take the steps again.

        Args:
            scheme: of the steps.
            f: the right-hand side, of real values.
            times: see the attribute.
            start: the first value.
            states: the values at these times, raw.
            slopes: raw, by step, stage and unknown.
        """
        self.scheme, self.f, self.times = scheme, f, times
        self.ts = np.array(raw(times), dtype=float)
        self.h = np.diff(self.ts)
        if is_tracked(times):
            start = carried(f, start[None, :], times[:1], self.ts[:1])[0, :]
        steps, stages, n = slopes.shape
        batched = works_batched(f, raw(self._nodes(0, 1))[0, :2], states[:2])
        if scheme.explicit and (n >= WIDE or not batched):
            taken = [self._one_by_one(start)]
        else:
            self.call = xgrad.vmap(f) if batched else called_in_turn(f)
            row = 16 if n >= WIDE else max(n if scheme.explicit else stages * n, 16)
            per_step = stages * n * row
            size = max(1, ENTRIES // per_step)
            taken = [start.reshape((1, n))]
            found = []
            for first in range(0, steps, size):
                k, ends = self._block(slice(first, first + size), taken[-1][-1, :], slopes)
                found.append(k)
                taken.append(ends)
            self.slopes = xgrad.concat(found) if len(found) > 1 else found[0]
        self.taken = with_derivative_of(states, xgrad.concat(taken))

    @property
    def states(self) -> Array:
        """The values where steps begin, and where the last one ends, as rows; they move in time."""
        if not is_tracked(self.times):
            return self.taken
        return carried(self.f, self.taken, self.ts, self.times)

    def _nodes(self, first: int, last: int) -> Any:
        """Return the times of the stages of some steps, as rows."""
        return self.ts[first:last, None] + self.h[first:last, None] * self.scheme.nodes

    def _block(self, which: slice, start: Array, slopes: Any) -> tuple[Array, Array]:
        """Return the slopes of some steps in a row, and the values where they end."""
        known = slopes[which]
        h, scheme = self.h[which], self.scheme
        steps, stages, n = known.shape
        nodes = self._nodes(which.start, which.start + steps)

        def ends(k: Array) -> Array:
            return start + _summed(h, k, scheme.weights)

        def points(k: Array) -> Array:
            starts = xgrad.concat([start.reshape((1, n)), ends(k)[:-1, :]])
            return starts[:, None, :] + _staged(h, k, scheme.matrix)

        def equation(k: Array) -> Array:
            values = self.call(nodes.reshape((-1,)), points(k).reshape((-1, n)))
            return k - sweep.noted(values).reshape((steps, stages, n))

        def at() -> tuple[Any, Any]:
            with tape.recording(False):
                y = raw(points(Array(known)))
            return nodes, y

        sweep = (WideSweep if n >= WIDE else Sweep)(scheme, h, self.f, self.call, at)
        k = implicit(equation, known, sweep)
        return k, ends(k)

    def _one_by_one(self, start: Array) -> Array:
        """Return the values at which steps end, from one recorded call for each slope."""
        scheme, f = self.scheme, self.f
        inner = np.flatnonzero(scheme.weights)[-1] + 1
        rows, y, k = [start], start, f(self.ts[0], start)
        self._taken: list[list[Array]] = []
        for i in range(len(self.h)):
            t, h = self.ts[i], self.h[i]
            taken = [k]
            for row, c in zip(scheme.matrix[1:inner], scheme.nodes[1:inner], strict=True):
                taken.append(f(t + float(c) * h, _moved(y, h, taken, row)))
            y = _moved(y, h, taken, scheme.weights)
            k = f(t + h, y)
            taken.append(k)
            self._taken.append(taken)
            rows.append(y)
        return xgrad.stack(rows)

    @cached_property
    def slopes(self) -> Array:
        """The slopes by step, stage and unknown; those between steps are taken when asked for."""
        scheme, found = self.scheme, []
        for i, taken in enumerate(self._taken):
            t, h, all_of_it = self.ts[i], self.h[i], list(taken)
            for row, c in list(zip(scheme.matrix, scheme.nodes, strict=True))[len(taken) :]:
                at = _moved(self.taken[i, :], h, all_of_it, row)
                all_of_it.append(self.f(t + float(c) * h, at))
            found.append(xgrad.stack(all_of_it))
        return xgrad.stack(found)

    def at(self, times: Array) -> Array:
        """Return the values at some times, as rows."""
        ts, values = self.ts, np.asarray(raw(times), dtype=float)
        sign = 1.0 if ts[-1] >= ts[0] else -1.0
        which = np.searchsorted(sign * ts, sign * values, side="left") - 1
        which = np.clip(which, 0, len(ts) - 2)
        t, h = self.ts[which], self.h[which]
        theta = np.divide(values - t, h, out=np.zeros_like(values), where=h != 0)
        powers = np.vander(theta, self.scheme.basis.shape[1] + 1, increasing=True)[:, 1:]
        weights = xgrad.asarray(h[:, None] * (powers @ self.scheme.basis.T))
        moved = xgrad.matmul(weights[:, None, :], self.slopes[which])
        found: Array = self.taken[which] + moved[:, 0, :]
        return carried(self.f, found, values, times) if is_tracked(times) else found


class ComplexPath:
    """The steps of a complex solution: those of its real and imaginary parts, side by side."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.ts, self.times = inner, inner.ts, inner.times

    @property
    def states(self) -> Array:
        """The values where steps begin, and where the last one ends, as rows."""
        return _joined(self.inner.states)

    def at(self, times: Array) -> Array:
        """Return the values at some times, as rows."""
        return _joined(self.inner.at(times))


def split(f: Slope) -> Slope:
    """Return a complex right-hand side as one of real and imaginary parts, side by side."""

    def parted(t: Any, y: Array) -> Array:
        both: Array = parts(f(t, _joined(y)))
        return both

    return parted


def parts(y: Any) -> Any:
    """Return real and imaginary parts, side by side."""
    if not isinstance(y, Array):
        return np.concat([y.real, y.imag], axis=-1)
    return xgrad.concat([xgrad.real(y), xgrad.imag(y)], axis=-1)


def _joined(y: Array) -> Array:
    n = y.shape[-1] // 2
    whole: Array = y[..., :n] + 1j * y[..., n:]
    return whole


def works_batched(f: Slope, t: Any, y: Any) -> bool:
    """Whether the right-hand side gives for many states at once what it gives for each."""
    with tape.recording(False):
        each = raw(called_in_turn(f)(t, Array(y)))
        try:
            found = raw(xgrad.vmap(f)(t, y))
        except Exception:  # it is a caller's code, which may refuse a batch in any way
            return False
    return found.shape == each.shape and np.allclose(found, each, 1e-6, 0.0, equal_nan=True)


def called_batched(f: Slope, t: Any, y: Any) -> Callable[[Any, Array], Array]:
    """Return the right-hand side of many states: in one call if it can be."""
    return xgrad.vmap(f) if works_batched(f, t[:2], y[:2]) else called_in_turn(f)


def called_in_turn(f: Slope) -> Callable[[Any, Array], Array]:
    """Return the right-hand side of many states, from one call for each."""

    def call(t: Any, y: Array) -> Array:
        return xgrad.stack([f(t[i], y[i, :]) for i in range(y.shape[0])])

    return call


def carried(f: Slope, y: Array, since: Any, until: Any) -> Array:
    """Return rows of values carried on by no time at all, but with the derivatives by both ends.

    It is one step of the classical method of Runge and Kutta, and so its derivatives by time are
    those of the solution up to the fourth.
    """
    call = called_batched(f, np.asarray(raw(since), dtype=float), raw(y))
    h = until - since
    wide = xgrad.reshape(h, (-1, 1))
    k1 = call(since, y)
    k2 = call(since + h / 2, y + wide / 2 * k1)
    k3 = call(since + h / 2, y + wide / 2 * k2)
    k4 = call(until, y + wide * k3)
    moved: Array = y + wide / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return moved


@joint(lambda xp, g, arrays, weights: [w * g for w in weights])
def _combination(arrays: Sequence[Array], /, *, weights: Sequence[float]) -> Array:
    """Return a sum with constant weights."""
    total = weights[0] * arrays[0]
    for w, x in zip(weights[1:], arrays[1:], strict=True):
        if w:
            total = total + w * x
    return total


def _moved(y: Array, h: Any, slopes: Sequence[Array], weights: Any) -> Array:
    """Return ``y + h * sum(weights * slopes)``."""
    used = [(float(h * w), k) for w, k in zip(weights, slopes, strict=False) if w]
    return _combination([y, *(k for _, k in used)], weights=[1.0, *(w for w, _ in used)])


def _summed(h: Any, k: Array, weights: Any) -> Array:
    """Return how far the steps so far have gone, as rows."""
    moved = xgrad.matmul(xgrad.asarray(weights), k)
    return xgrad.cumulative_sum(_column(h, 1) * moved, axis=0)


def _staged(h: Any, k: Array, matrix: Any) -> Array:
    """Return how far the stages of each step are from where it begins."""
    return _column(h, 2) * xgrad.matmul(xgrad.asarray(matrix), k)


def _column(h: Any, more: int) -> Array:
    return xgrad.reshape(xgrad.asarray(h), (-1, *[1] * more))
