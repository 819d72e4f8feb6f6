"""The continuous adjoint of a differential equation: what `solve_ivp` takes where it is asked for.

Nothing of the solver's steps is kept but its interpolation. A cotangent travels back by an equation
of its own, ``c' = -(df/dy)^T c``, which the same solver solves (Chen et al., arXiv:1806.07366);
what the right-hand side reads gets the integral of ``(df/dp)^T c``, by Gauss points on the solver's
steps, all in one batched walk. A tangent travels with ``d' = df/dy d + df/dp``. Where derivatives
of these are asked for, they are solved together with the state, and are those of the steps taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import xgrad

from ... import errors
from ...arrays.array import Array
from ...backends.batched import Batch, NotBatchedError, ended
from ...custom.again import require_same, sample
from ...custom.equation import Recorded, alone
from ...engine import tape
from ...engine.tape import SAVED, SERIAL, Node, Rule, next_serial
from ..common import is_tracked, raw
from .paths import called_batched, carried
from .sweeps import Slope

__all__ = ["Flow"]

Solve = Callable[[Callable[..., Any], tuple[float, float], Any], Any]
"""``solve(fun, span, y0)``: SciPy's solver with its options, on raw arrays, with its ``sol``."""

POINTS = 5
"""How many Gauss points a step has: more digits than any of the methods."""


class Flow:
    """A solution with derivatives by the continuous adjoint; it has the face of a `Path`."""

    def __init__(
        self, f: Slope, solve: Solve, steps_of: Any, sol: Any, times: Any, start: Array
    ) -> None:
        """Take a solution.

        Args:
            f: the right-hand side.
            solve: the solver.
            steps_of: ``steps_of(found, f, start)``, the steps of what it found, as a `Path`.
            sol: the solution, by time, raw.
            times: when steps begin, and when the last one ends: raw, or tracked.
            start: the first value.
        """
        self.f, self.solve, self.steps_of, self.sol, self.times = f, solve, steps_of, sol, times
        self.ts = np.array(raw(times), dtype=float)
        self.begin = float(self.ts[0])
        if is_tracked(times):
            start = carried(f, start[None, :], times[:1], self.ts[:1])[0, :]
        self.start = start
        self.reads: list[Node] | None = None
        self.first: Any = None

    @property
    def states(self) -> Array:
        """The values where steps begin, and where the last one ends, as rows."""
        return self.at(self.times if isinstance(self.times, Array) else Array(self.ts))

    def at(self, times: Array) -> Array:
        """Return the values at some times, as rows."""
        values = np.asarray(raw(times), dtype=float)
        found = self._known(values)
        return carried(self.f, found, values, times) if is_tracked(times) else found

    def _known(self, times: Any) -> Array:
        """Return the values at raw times, as rows."""
        value = np.ascontiguousarray(self.sol(times).T)
        parents = self._parents()
        if self.start._node is not None:
            parents = [*parents, self.start._node]
        if not parents or not tape.is_recording():
            return Array(value)
        saved = _Saved(self, times, value, self.start, len(parents))
        return Array(value, [next_serial(), _FLOW, tuple(parents), saved, None])

    def _parents(self) -> list[Node]:
        """Return the nodes of what the right-hand side reads anywhere."""
        if self.reads is None:
            found: dict[int, Node] = {}
            for t in np.unique(np.linspace(0, len(self.ts) - 1, 9).astype(int)):
                at = float(self.ts[t])
                y = Array(self.sol(np.asarray([at]))[:, 0])
                run = Recorded(lambda y, at=at: self.f(at, y), y)
                found.update((n[SERIAL], n) for n in run.reads)
                if self.first is None:
                    self.first = sample(run.out._raw)
            self.reads = list(found.values())
        return self.reads

    def require_same(self) -> None:
        """Refuse a right-hand side that is not what it was when the equation was solved."""
        if self.first is not None:
            at = float(self.ts[0])
            with tape.recording(False):
                now = self.f(at, Array(self.sol(np.asarray([at]))[:, 0]))
            require_same("solve_ivp", self.first, raw(now))


@dataclass(frozen=True)
class _Saved:
    """What the node of a flow keeps; `value` and `start` are on the outer tape once lifted."""

    flow: Flow
    times: Any
    value: Any
    start: Any
    count: int
    ended: Any = field(default_factory=ended)

    def lifted(self, node: Node) -> _Saved:
        start = Array(raw(self.start))
        if self.moving:
            start = Array(raw(self.start), node[tape.PARENTS][-1])
        return replace(self, value=Array(self.value, node), start=start)

    @property
    def moving(self) -> bool:
        """Whether a derivative flows to the first value."""
        return self.count > len(self.flow.reads or ())

    def aligned(self, run: Recorded, found: list[Any]) -> list[Any]:
        """Return what belongs to the things read in a run in the order of the parents."""
        reads = self.flow.reads or []
        of = {n[SERIAL]: x for n, x in zip(run.reads, found, strict=True)}
        if of.keys() - {n[SERIAL] for n in reads}:
            raise errors.RuleError(
                "solve_ivp: the right-hand side reads a tracked array at some times only, which "
                "adjoint='continuous' cannot follow; use adjoint='discrete'"
            )
        return [of.get(n[SERIAL]) for n in reads]

    def orders(self, run: Recorded, ts: Any) -> list[Any]:
        """Return tangents of the parents in the order in which a run reads them."""
        of = {n[SERIAL]: t for n, t in zip(self.flow.reads or [], ts, strict=False)}
        return [of.get(n[SERIAL]) for n in run.reads]


def _wrapped(x: Any) -> Array:
    return x if isinstance(x, Array) else Array(np.asarray(x))


def _solved(flow: Flow, f: Slope, since: float, until: float, start: Array, taped: bool) -> Any:
    """Return the solution of another equation between two times: on the tape, by its steps."""

    def fun(t: Any, y: Any) -> Any:
        with tape.recording(False):
            return raw(f(float(t), Array(y)))

    found = flow.solve(fun, (since, until), raw(start))
    if taped:
        return flow.steps_of(found, f, start)
    made = Flow(f, flow.solve, flow.steps_of, found.sol, found.sol.ts, start)
    made.reads = []
    return made


@alone
def _pull(xp: Any, g: Any, saved: _Saved, fit: Any = None, times: Any = None) -> Any:
    taped = isinstance(g, Array)
    if isinstance(g, Batch):
        raise NotBatchedError("a flow is pulled back for one cotangent at a time")
    saved.flow.require_same()
    flow, n = saved.flow, saved.value.shape[1]
    sign = 1.0 if flow.ts[-1] >= flow.begin else -1.0
    order = np.argsort(-sign * saved.times, kind="stable")
    stops = [*(float(saved.times[i]) for i in order[1:]), flow.begin]
    arrived: Any = _wrapped(g)[0, :] * 0.0
    total: list[Any] = [None] * len(flow.reads or ())

    def adjoint(t: Any, y: Array, c: Array) -> Array:
        recorded = tape.is_recording()
        run = Recorded(lambda y: flow.f(t, y), y)
        found = run.pull_x(c if recorded else raw(c), recorded)
        return -(c * 0.0 if found is None else _wrapped(found))

    def alone(t: Any, c: Array) -> Array:
        return adjoint(t, Array(flow.sol(np.asarray([t]))[:, 0]), c)

    def both(t: Any, z: Array) -> Array:
        return xgrad.concat([flow.f(t, z[:n]), adjoint(t, z[:n], z[n:])])

    with tape.recording(taped):
        for i, until in zip(order, stops, strict=True):
            since = float(saved.times[i])
            arrived = arrived + _wrapped(g)[int(i), :]
            size = np.max(np.abs(raw(arrived)), initial=0.0)
            if since == until or not (taped or size):
                continue
            size = size or 1.0  # the equation is linear; its solution then suits the tolerances
            arrived = arrived / size
            if taped:
                z = xgrad.concat([saved.value[int(i), :], arrived])
                back = _solved(flow, both, since, until, z, True)
            else:
                back = _solved(flow, alone, since, until, arrived, False)
            t, weights = _gauss(back.ts)
            if total:
                found = back.at(Array(t))
                y, c = (found[:, :n], found[:, n:]) if taped else (_sampled(flow.sol, t), found)
                call = called_batched(flow.f, t, raw(y))
                run = Recorded(lambda y, call=call, t=t: call(t, y), y)
                seed = xgrad.asarray(-size * weights[:, None]) * c
                pulled = run.pull_reads(seed if taped else raw(seed), taped)
                for k, part in enumerate(saved.aligned(run, pulled)):
                    if part is not None:
                        total[k] = part if total[k] is None else total[k] + part
            arrived = size * back.at(Array(np.asarray([until])))[0, -n:]
    return [*total, arrived if taped else raw(arrived)] if saved.moving else total


def _sampled(sol: Any, t: Any) -> Array:
    return Array(np.ascontiguousarray(sol(t).T))


def _gauss(ts: Any) -> tuple[Any, Any]:
    """Return Gauss points between some times, and their weights."""
    x, w = np.polynomial.legendre.leggauss(POINTS)
    h = np.diff(ts)[:, None]
    return (ts[:-1, None] + h * (x + 1) / 2).reshape(-1), (h * w / 2).reshape(-1)


@alone
def _push(xp: Any, ts: Any, saved: _Saved, fit: Any = None, times: Any = None) -> Any:
    if any(isinstance(t, Batch) for t in ts):
        raise NotBatchedError("a flow is pushed forward for one tangent at a time")
    saved.flow.require_same()
    taped = any(isinstance(t, Array) for t in ts)
    flow, n = saved.flow, saved.value.shape[1]
    sizes = [np.max(np.abs(raw(t)), initial=0.0) for t in ts if t is not None]
    size = max(sizes, default=0.0) or 1.0  # as above
    ts = [t if t is None else t / size for t in ts]
    given = ts[: len(flow.reads or ())]
    first = ts[-1] if saved.moving else None

    def tangent(t: Any, y: Array, d: Array) -> Array:
        recorded = tape.is_recording()
        run = Recorded(lambda y: flow.f(t, y), y)
        seeds = [x if x is None or recorded else raw(x) for x in saved.orders(run, given)]
        parts = [run.push_x(d if recorded else raw(d), recorded), run.push_reads(seeds, recorded)]
        known = [_wrapped(p) for p in parts if p is not None]
        return sum(known[1:], known[0]) if known else d * 0.0

    def alone(t: Any, d: Array) -> Array:
        return tangent(t, Array(flow.sol(np.asarray([t]))[:, 0]), d)

    def both(t: Any, z: Array) -> Array:
        return xgrad.concat([flow.f(t, z[:n]), tangent(t, z[:n], z[n:])])

    sign = 1.0 if flow.ts[-1] >= flow.begin else -1.0
    until = sign * max(sign * saved.times)
    with tape.recording(taped):
        start = _wrapped(raw(flow.start) * 0.0 if first is None else first)
        if until == flow.begin:
            moved = xgrad.stack([start] * len(saved.times))
        elif taped:
            z = xgrad.concat([saved.start, start])
            moved = _solved(flow, both, flow.begin, until, z, True).at(Array(saved.times))[:, n:]
        else:
            moved = _solved(flow, alone, flow.begin, until, start, False).at(Array(saved.times))
        moved = size * moved
    return moved if taped else raw(moved)


_FLOW = Rule("solve_ivp", _pull, _pull, _push, lambda node: node[SAVED].lifted(node))
