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
from ...backends.batched import Level, leave
from ...custom.equation import Recorded, implicit
from ...engine import tape
from ...engine.op import linear
from ..common import raw, with_derivative_of
from .schemes import Scheme

__all__ = ["ComplexPath", "Path", "Slope"]

Slope = Callable[[Any, Array], Array]

WIDE = 32
"""From how many unknowns on the steps of an explicit scheme are recorded one by one instead."""

ENTRIES = 1 << 22
"""How many numbers the matrices of a block of steps may hold."""


class Path:
    """The steps of a solution, on the tape.

    Attributes:
        states: the values at which steps begin, and that at which the last one ends, as rows.
    """

    def __init__(
        self, scheme: Scheme, f: Slope, times: Any, start: Array, states: Any, slopes: Any
    ) -> None:
        """Take the steps again.

        Args:
            scheme: of the steps.
            f: the right-hand side, of real values.
            times: when steps begin, and when the last one ends: raw, or tracked.
            start: the first value.
            states: all values, raw; see the attribute.
            slopes: raw, by step, stage and unknown.
        """
        self.scheme, self.f = scheme, f
        self.times = times if isinstance(times, Array) else np.asarray(times)
        self.ts = np.asarray(raw(times), dtype=float)
        self.h = times[1:] - times[:-1]
        steps, stages, n = slopes.shape
        example = [(self._nodes(0, 1)[0, i], states[0] + 0.0 * i) for i in range(2)]
        batched = _works_batched(f, example)
        if scheme.explicit and (n >= WIDE or not batched):
            states_taken = self._one_by_one(start)
        else:
            self.call = xgrad.vmap(f) if batched else _called_in_turn(f)
            per_step = stages * n * max(n if scheme.explicit else stages * n, 16)
            size = max(1, ENTRIES // per_step)
            taken = [start.reshape((1, n))]
            found = []
            for first in range(0, steps, size):
                k, ends = self._block(slice(first, first + size), taken[-1][-1, :], slopes)
                found.append(k)
                taken.append(ends)
            self.slopes = xgrad.concat(found) if len(found) > 1 else found[0]
            states_taken = xgrad.concat(taken)
        self.states = with_derivative_of(states, states_taken)

    def _nodes(self, first: int, last: int) -> Any:
        """Return the times of the stages of some steps, as rows."""
        t, h = self.times[first:last], self.h[first:last]
        nodes = self.scheme.nodes
        return t[:, None] + h[:, None] * (xgrad.asarray(nodes) if isinstance(h, Array) else nodes)

    def _block(self, which: slice, start: Array, slopes: Any) -> tuple[Array, Array]:
        """Return the slopes of some steps in a row, and the values where they end."""
        known = slopes[which]
        h = self.h[which]
        steps, stages, n = known.shape
        nodes = self._nodes(which.start, which.start + steps)
        scheme, lengths = self.scheme, np.asarray(raw(h), dtype=float)

        def ends(k: Array) -> Array:
            return start + _summed(h, k, scheme.weights)

        def points(k: Array) -> Array:
            starts = xgrad.concat([start.reshape((1, n)), ends(k)[:-1, :]])
            return starts[:, None, :] + _staged(h, k, scheme.matrix)

        def equation(k: Array) -> Array:
            values = self.call(nodes.reshape((-1,)), points(k).reshape((-1, n)))
            return k - values.reshape((steps, stages, n))

        def jacobians() -> Any:
            with tape.recording(False):
                y = raw(points(Array(known))).reshape((-1, n))
            t = raw(nodes).reshape((-1,))
            run = Recorded(lambda y: self.call(t, y), Array(y))
            units = np.zeros((n, *y.shape), y.dtype)
            units[np.arange(n), :, np.arange(n)] = 1.0
            return np.moveaxis(_pulled(run, units), 0, 1).reshape((steps, stages, n, n))

        k = implicit(equation, known, _Sweep(scheme, lengths, jacobians))
        return k, ends(k)

    def _one_by_one(self, start: Array) -> Array:
        """Return the values at which steps end, from one recorded call for each slope."""
        scheme, f = self.scheme, self.f
        inner = np.flatnonzero(scheme.weights)[-1] + 1
        rows, y, k = [start], start, f(self.times[0], start)
        self._taken: list[list[Array]] = []
        for i in range(len(self.h)):
            t, h = self.times[i], self.h[i]
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
            t, h, all_of_it = self.times[i], self.h[i], list(taken)
            for row, c in list(zip(scheme.matrix, scheme.nodes, strict=True))[len(taken) :]:
                at = _moved(self.states[i, :], h, all_of_it, row)
                all_of_it.append(self.f(t + float(c) * h, at))
            found.append(xgrad.stack(all_of_it))
        return xgrad.stack(found)

    def at(self, times: Array) -> Array:
        """Return the values at some times, as rows."""
        ts, values = self.ts, np.asarray(raw(times), dtype=float)
        sign = 1.0 if ts[-1] >= ts[0] else -1.0
        which = np.searchsorted(sign * ts, sign * values, side="left") - 1
        which = np.clip(which, 0, len(ts) - 2)
        if not isinstance(self.times, Array) and times._node is None:
            times = values
        t, h = self.times[:-1][which], self.h[which]
        theta = (times - t) / h
        power, powers = theta, [theta]
        for _ in range(self.scheme.basis.shape[1] - 1):
            power = power * theta
            powers.append(power)
        if isinstance(theta, Array):
            basis = xgrad.asarray(self.scheme.basis.T)
            weights = h[:, None] * xgrad.matmul(xgrad.stack(powers, axis=1), basis)
        else:
            weights = xgrad.asarray(h[:, None] * (np.stack(powers, axis=1) @ self.scheme.basis.T))
        moved = xgrad.matmul(weights[:, None, :], self.slopes[which])
        return self.states[which] + moved[:, 0, :]


class ComplexPath:
    """The steps of a complex solution: those of its real and imaginary parts, side by side."""

    def __init__(
        self, scheme: Scheme, f: Slope, times: Any, start: Array, states: Any, slopes: Any
    ) -> None:
        def split(t: Any, y: Array) -> Array:
            return _parts(f(t, _joined(y)))

        raws = [np.concat([x.real, x.imag], axis=-1) for x in (states, slopes)]
        self.inner = Path(scheme, split, times, _parts(start), *raws)
        self.ts, self.times = self.inner.ts, self.inner.times
        self.states = _joined(self.inner.states)

    def at(self, times: Array) -> Array:
        """Return the values at some times, as rows."""
        return _joined(self.inner.at(times))


def _parts(y: Array) -> Array:
    return xgrad.concat([xgrad.real(y), xgrad.imag(y)], axis=-1)


def _joined(y: Array) -> Array:
    n = y.shape[-1] // 2
    return y[..., :n] + 1j * y[..., n:]


def _works_batched(f: Slope, examples: list[tuple[Any, Any]]) -> bool:
    """Whether the right-hand side gives for many states at once what it gives for each."""
    with tape.recording(False):
        each = [raw(f(raw(t), Array(y))) for t, y in examples]
        try:
            found = xgrad.vmap(f)(
                np.asarray([raw(t) for t, _ in examples]), np.stack([y for _, y in examples])
            )
        except Exception:  # it is a caller's code, which may refuse a batch in any way
            return False
    found = raw(found)
    return found.shape == np.shape(each) and np.allclose(found, each, 1e-6, 0.0, equal_nan=True)


def _called_in_turn(f: Slope) -> Callable[[Any, Array], Array]:
    """Return the right-hand side of many states, from one call for each."""

    def call(t: Any, y: Array) -> Array:
        return xgrad.stack([f(t[i], y[i, :]) for i in range(y.shape[0])])

    return call


def _pulled(run: Recorded, units: Any) -> Any:
    """Return what a run pulls back from each of some cotangents, raw."""
    try:
        level = Level(len(units), is_sweep=True)
        found = run.pull_x(level.batch(units), False)
        if found is not None:
            return leave(found, level, 0)
    except Exception:  # a rule of a caller's may refuse a batch in any way
        each = [run.pull_x(u, False) for u in units]
        if each[0] is not None:
            return np.stack(each)
    return np.zeros_like(units)


@linear(lambda xp, g, arrays, weights: [w * g for w in weights])
def _combination(*arrays: Array, weights: Sequence[float]) -> Array:
    """Return a sum with constant weights."""
    total = weights[0] * arrays[0]
    for w, x in zip(weights[1:], arrays[1:], strict=True):
        if w:
            total = total + w * x
    return total


def _moved(y: Array, h: Any, slopes: Sequence[Array], weights: Any) -> Array:
    """Return ``y + h * sum(weights * slopes)``."""
    used = [(float(w), k) for w, k in zip(weights, slopes, strict=False) if w]
    if isinstance(h, Array):
        return y + h * _combination(*(k for _, k in used), weights=[w for w, _ in used])
    weights = [1.0, *(float(h) * w for w, _ in used)]
    return _combination(y, *(k for _, k in used), weights=weights)


def _summed(h: Any, k: Array, weights: Any) -> Array:
    """Return how far the steps so far have gone, as rows."""
    moved = xgrad.matmul(xgrad.asarray(weights), k)
    return xgrad.cumulative_sum(_column(h, 1) * moved, axis=0)


def _staged(h: Any, k: Array, matrix: Any) -> Array:
    """Return how far the stages of each step are from where it begins."""
    return _column(h, 2) * xgrad.matmul(xgrad.asarray(matrix), k)


def _column(h: Any, more: int) -> Array:
    return xgrad.reshape(xgrad.asarray(h), (-1, *[1] * more))


class _Sweep:
    """The inverse of the Jacobian of all steps: step after step, or back, over small matrices."""

    def __init__(self, scheme: Scheme, h: Any, jacobians: Callable[[], Any]) -> None:
        self.scheme, self.h, self.make = scheme, h, jacobians

    @cached_property
    def jacobians(self) -> Any:
        """The Jacobian at each stage of each step."""
        return self.make()

    @cached_property
    def inverse(self) -> Any:
        """The inverse of what the slopes of one step solve, where they need each other."""
        steps, stages, n, _ = self.jacobians.shape
        scaled = self.h[:, None, None, None] * self.jacobians
        coupled = scaled[:, :, :, None, :] * self.scheme.matrix[:, None, :, None]
        return np.linalg.inv(np.eye(stages * n) - coupled.reshape((steps, stages * n, stages * n)))

    @cached_property
    def moves(self) -> tuple[Any, Any]:
        """How the slopes of each step move with where it begins, and where it ends with it."""
        slopes = self._stages(self.jacobians, False)
        ends = np.einsum("i,bixy->bxy", self.scheme.weights, slopes) * self.h[:, None, None]
        return slopes, ends + np.eye(ends.shape[-1])

    def __call__(self, b: Any, adjoint: bool) -> Any:
        slopes, ends = self.moves
        weights = self.h[:, None] * self.scheme.weights
        if adjoint:
            arrived = np.einsum("bixy,bix->by", slopes, b)
            after, state = np.empty_like(arrived), np.zeros_like(arrived[0])
            turned = ends.transpose((0, 2, 1))
            for i in range(len(b) - 1, -1, -1):
                after[i] = state
                state = turned[i] @ state + arrived[i]
            given = b + weights[:, :, None] * after[:, None, :]
            return self._stages(given[..., None], True)[..., 0]
        moved = self._stages(b[..., None], False)[..., 0]
        gone = np.einsum("bi,bix->bx", weights, moved)
        before, state = np.empty_like(gone), np.zeros_like(gone[0])
        for i in range(len(b)):
            before[i] = state
            state = ends[i] @ state + gone[i]
        return moved + np.einsum("bixy,by->bix", slopes, before)

    def _stages(self, b: Any, adjoint: bool) -> Any:
        """Solve for the slopes of each step alone, or with the adjoint; `b` has columns."""
        if not self.scheme.explicit:
            steps, stages, n, columns = b.shape
            matrix = self.inverse.transpose((0, 2, 1)) if adjoint else self.inverse
            return (matrix @ b.reshape((steps, stages * n, columns))).reshape(b.shape)
        jac = self.jacobians.swapaxes(-1, -2) if adjoint else self.jacobians
        matrix = self.scheme.matrix.T if adjoint else self.scheme.matrix
        h = self.h[:, None, None]
        found, turned = np.array(b), np.zeros_like(b)
        order = range(b.shape[1])
        for i in reversed(order) if adjoint else order:
            arrived = h * np.einsum("j,bjxy->bxy", matrix[i], turned if adjoint else found)
            found[:, i] += arrived if adjoint else jac[:, i] @ arrived
            if adjoint:
                turned[:, i] = jac[:, i] @ found[:, i]
        return found
