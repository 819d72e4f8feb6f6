"""Loops in reverse mode with the memory of a few carries: the others are computed again.

Which to keep, and when to compute which again, is what the package ``checkpoint_schedules`` knows:
binomial checkpointing (revolve) and its relatives, in memory and on disk. Here is what carries out
its actions. The loop is one op on the tape, as `checkpoint` is.
"""

from __future__ import annotations

import operator
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .. import errors
from .. import tree as trees
from ..arrays.array import Array
from ..arrays.node import end
from ..backends import backend_of
from ..backends.install import needed
from ..custom.call import Call, recorded
from ..custom.checkpoint import captured_by
from ..custom.no_grad import stop_gradient
from ..engine import tape
from ..engine.projection import Like, zeros
from ..engine.tape import SAVED, SERIAL, Node, Parts, Rule
from .unrolled import looped, pair, stacked

__all__ = ["maker", "scheduled"]

NAMES = ("revolve", "multistage")


def scheduled(
    step: Callable[..., Any],
    carry: Any,
    xs: Any,
    count: int,
    schedule: Any,
    slots: int | None,
    disk: tuple[Any, int] | None,
) -> tuple[Any, Any]:
    """Run a loop whose gradient takes the memory of a few carries; see `scan`."""
    make = maker(schedule, slots, disk)
    call = Call((carry, xs))
    if not tape.is_recording():
        return looped(step, carry, xs, count)
    run = _Run(step, count, make, None if disk is None else disk[0])
    arrays = call.constants()
    run.captured = run.captured_in(call.arguments(arrays))
    parents = (*call.parents, *run.captured)
    call.parents = ()
    if not any(p is not None for p in parents):
        return looped(step, carry, xs, count)
    with tape.recording(False):
        out = run.forward(*call.arguments(arrays))
    rule = Rule("scan", _never, _pull, _push, _lift)
    return recorded(stop_gradient(out), rule, parents, (run, call, None), "scan")  # type: ignore[no-any-return]


def maker(schedule: Any, slots: int | None, disk: Any) -> Callable[[int], Any]:
    """Return what makes a schedule for a number of rounds."""
    if callable(schedule):
        return schedule  # type: ignore[no-any-return]
    if schedule not in NAMES:
        raise ValueError(
            f"scan: schedule is {schedule!r}; expected one of {', '.join(map(repr, NAMES))}, or a "
            "function of the number of rounds that returns one of checkpoint_schedules"
        )
    if slots is None or slots < 1:
        raise ValueError(
            f"scan: schedule={schedule!r} needs slots=, a positive number; got {slots}"
        )
    if disk is not None and schedule != "multistage":
        raise ValueError(f"scan: disk= needs schedule='multistage'; got {schedule!r}")
    checkpoint_schedules = needed("checkpoint_schedules", "scan: schedule=", "schedules")
    on_disk = 0 if disk is None else disk[1]

    def make(count: int) -> Any:
        # its class `Revolve` fills a table that grows with the square of the number of rounds; this
        # one makes the same number of steps, by the formula
        return checkpoint_schedules.MultistageCheckpointSchedule(count, min(slots, count), on_disk)

    return make


class _Store:
    """Carries that are kept, in memory or in a folder."""

    def __init__(self, folder: Any) -> None:
        self.kept: dict[int, Any] = {}
        self.folder = None
        if folder is not None:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.folder = Path(tempfile.mkdtemp(prefix="scan-", dir=folder))

    def put(self, n: int, carry: Any, storage: Any) -> None:
        """Keep a carry."""
        if getattr(storage, "name", "") == "DISK" and self.folder is not None:
            leaves, structure = trees.flatten(carry)
            path = self.folder / f"{n}.npz"
            np.savez(path, *[np.asarray(_numpy(x)) for x in leaves])
            carry = path, structure, leaves[0]._raw if leaves else None
        self.kept[n] = carry

    def get(self, n: int, last: bool) -> Any:
        """Return a carry; the last time, it is kept no longer."""
        found = self.kept.pop(n) if last else self.kept[n]
        if isinstance(found, tuple) and len(found) == 3 and isinstance(found[0], Path):
            path, structure, like = found
            backend = backend_of(like)
            with np.load(path) as file:
                leaves = [file[name] for name in file.files]
            found = structure.unflatten(
                [Array(backend.from_numpy(x, backend.device(like))) for x in leaves]
            )
            if last:
                path.unlink()
        return found

    def close(self) -> None:
        """Remove what is left."""
        self.kept.clear()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def _numpy(x: Any) -> Any:
    return x._numpy() if isinstance(x, Array) else x


class _Run:
    """One loop: how to go forward, and how to go back, by a schedule."""

    def __init__(
        self, step: Callable[..., Any], count: int, make: Callable[[int], Any], folder: Any
    ) -> None:
        self.step, self.count, self.make, self.folder = step, count, make, folder
        self.captured: list[Node] = []
        self.actions: Any = None
        self.store = _Store(None)
        self.work: dict[int, Any] = {}

    def row(self, xs: Any, t: int) -> Any:
        """Return what one round is given."""
        return None if xs is None else trees.map(lambda x: x[t], xs)

    def captured_in(self, args: tuple[Any, ...]) -> list[Node]:
        """Return the nodes of outer tapes that a round joins in."""
        carry, xs = args
        _, outs, leaves = self.recorded(carry, self.row(xs, 0))
        nodes = [x._node for x in outs if x._node is not None]
        return captured_by(nodes, [x._node for x in leaves if x._node is not None])

    def recorded(self, carry: Any, row: Any) -> tuple[list[int], list[Array], list[Array]]:
        """Record one round on fresh leaves: where they stand, the results, and the leaves."""
        call = Call((carry, row))
        leaves = [tape.leaf(Array(x), False) for x in call.arrays]
        with tape.recording(True):
            out = pair(self.step(*call.arguments(leaves)))
        end([x._node for x in leaves])
        outs = [trees.as_array(x, "scan") for x in trees.leaves(out)]
        return call.places, outs, leaves

    def forward(self, carry: Any, xs: Any) -> tuple[Any, Any]:
        """Go forward once, and keep what the schedule says."""
        self.store.close()
        self.store, self.work = _Store(self.folder), {}
        self.actions = iter(self.make(self.count))
        found: list[Any] = []
        carry = trees.map(_array, carry)
        for action in self.actions:
            kind = type(action).__name__
            if kind == "EndForward":
                break
            if kind == "Forward":
                carry = self._advance(action, carry, xs, found)
        return carry, stacked(found)

    def _advance(self, action: Any, carry: Any, xs: Any, found: list[Any] | None) -> Any:
        if action.write_ics:
            self.store.put(action.n0, carry, action.storage)
        for t in range(action.n0, min(action.n1, self.count)):
            if action.write_adj_deps:
                self.work[t] = carry
                if found is None and t == action.n1 - 1:
                    return carry  # the way back runs this round itself
            carry, y = pair(self.step(carry, self.row(xs, t)))
            if found is not None:
                found.append(y)
        return carry

    def back(self, carry: Any, xs: Any, one_back: Callable[[int, Any], None]) -> None:
        """Go back through all rounds: ``one_back(t, carry)`` for each, the last one first."""
        if self.actions is None:  # it went back before
            self.forward(carry, xs)
        here: Any = None
        for action in self.actions:
            kind = type(action).__name__
            if kind == "Forward":
                with tape.recording(False):
                    here = self._advance(action, here, xs, None)
            elif kind == "Reverse":
                for t in range(min(action.n1, self.count) - 1, action.n0 - 1, -1):
                    one_back(t, self.work.pop(t))
            elif kind in ("Copy", "Move"):
                carried = self.store.get(action.n, kind == "Move")
                if action.to_storage.name == "WORK":
                    here = carried
                else:
                    self.store.put(action.n, carried, action.to_storage)
            elif kind == "EndReverse":
                break
        self.actions = None
        self.store.close()


def _array(x: Any) -> Any:
    return x if isinstance(x, Array) or not trees.is_leaf_type(x) else trees.as_array(x, "scan")


def _never(*args: Any) -> Any:
    raise AssertionError("a node with several outputs is always walked by pull_to")


def _lift(node: Node) -> Any:
    run, call, _ = node[SAVED]
    return run, call, call.lifted(node)


def _pull(xp: Any, g: Parts, saved: Any, fit: Any, times: Any) -> Any:
    run, call, lifted = saved
    sparse = times is not operator.mul
    if isinstance(next(iter(g.values())), Array):  # an outer tape sees the walk: keep everything
        return _pull_recorded(run, call, lifted, g, sparse)
    carry, xs = call.arguments(call.constants())
    ends, rows = trees.leaves(carry), trees.leaves(xs)
    count, width = len(ends), len(ends) + len(rows)
    ct: list[Any] = [g.get(i) for i in range(count)]  # None of what nobody uses
    of_rows = [g.get(i) for i in range(count, len(fit[0]))]
    stacks: dict[int, Any] = {}
    total: list[Any] = [None] * len(run.captured)

    def one_back(t: int, carry: Any) -> None:
        places, outs, leaves = run.recorded(carry, run.row(xs, t))
        nodes = [x._node for x in outs if x._node is not None]
        path, others = tape.cone(nodes, [x._node for x in leaves] + run.captured)
        known = {n[SERIAL] for n in run.captured}
        own = [x._node for x in leaves]
        if others and any(n[SERIAL] not in known for n in captured_by(nodes, own)):
            raise errors.RuleError(
                f"scan: round {t} uses a tracked array that round 0 did not use, so that its "
                "gradient would be lost. Use every captured array in each round"
            )
        seeds: dict[int, Any] = {  # added to in the order of a walk through all rounds
            n[SERIAL]: c for n, c in zip(run.captured, total, strict=True) if c is not None
        }
        backend = backend_of(like)
        given = [*ct, *[None if c is None else backend.getitem(c, (t, ...)) for c in of_rows]]
        for x, c in zip(outs, given, strict=True):
            if x._node is not None and c is not None:
                serial = x._node[SERIAL]
                seeds[serial] = seeds[serial] + c if serial in seeds else c
        found = tape.pullback(path, seeds, taped=False, free=True, sparse=sparse)
        new: list[Any] = [None] * width
        for place, x in zip(places, leaves, strict=True):
            new[place] = found.get(x._node[SERIAL])
        for i in range(count):
            ct[i] = new[i]
        for i in range(count, width):
            if new[i] is not None:
                stack = stacks.get(i)
                stack = _zeros(rows[i - count]) if stack is None else stack
                stacks[i] = backend.setitem(stack, (t, ...), new[i], False)
        for i, node in enumerate(run.captured):
            total[i] = found.get(node[SERIAL])

    like = next(iter(g.values()))
    run.back(carry, xs, one_back)
    found = {**{i: ct[i] for i in range(count)}, **stacks}
    return [found.get(i) for i in call.places] + total


def _zeros(like: Any) -> Any:
    raw = like._raw if isinstance(like, Array) else like
    return zeros(Like(raw.shape, raw.dtype), raw)


def _again(run: Any, call: Any, lifted: Any) -> tuple[list[Node], list[Array], list[Node]]:
    """Record the whole loop: its leaves, its results, and the path between."""
    with tape.recording(True):
        leaves = [tape.leaf(x, True) for x in lifted]
        carry, xs = call.arguments(leaves)
        out = looped(run.step, carry, xs, run.count)
    end([x._node for x in leaves])
    ends = [x._node for x in leaves] + run.captured
    outs = [trees.as_array(x, "scan") for x in trees.leaves(out)]
    path, _ = tape.cone([x._node for x in outs if x._node is not None], ends)
    return ends, outs, path


def _pull_recorded(run: Any, call: Any, lifted: Any, g: Parts, sparse: bool) -> list[Any]:
    ends, outs, path = _again(run, call, lifted)
    seeds: dict[int, Any] = {}
    for i, out in enumerate(outs):
        if out._node is not None and i in g:
            serial = out._node[SERIAL]
            seeds[serial] = seeds[serial] + g[i] if serial in seeds else g[i]
    found = tape.pullback(path, seeds, taped=True, sparse=sparse)
    return [found.get(node[SERIAL]) for node in ends]


def _push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
    run, call, lifted = saved
    near = next(t for t in ts if t is not None)
    taped = isinstance(near, Array)
    ends, outs, path = _again(run, call, call.constants() if lifted is None else lifted)
    tangents = {n[SERIAL]: t for n, t in zip(ends, ts, strict=True) if t is not None}
    gone = tape.last_uses(path, [x._node[SERIAL] for x in outs if x._node is not None])
    sparse = times is not operator.mul
    found = tape.pushforward(path, tangents, gone, taped=taped, sparse=sparse)
    made = []
    for x, f in zip(outs, fit[0], strict=True):
        t = found.get(x._node[SERIAL]) if x._node is not None else None
        made.append(zeros(Like(*f), near) if t is None else t)
    return tuple(made)
