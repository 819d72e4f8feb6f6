"""A loop inside a program: its body is recorded once, and run as often as the loop goes round.

`roll` is one op on the tape, with several results. Its derivatives are loops in turn: reverse mode
goes through the carries backwards with a body that walks one step back, forward mode takes tangents
along. So they are rolled too, and so are theirs, at any order.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from ..arrays.array import Array
from ..arrays.node import end
from ..backends import COMPLEX, REAL
from ..custom.checkpoint import captured_by
from ..engine import tape
from ..engine.projection import Like, zeros
from ..engine.tape import SELECT, SERIAL, Node, Parts, Rule, next_serial
from .lazy import Lazy
from .loop import Loop
from .passes import optimised
from .program import Program
from .trace import Trace

__all__ = ["roll"]

Step = Callable[[list[Array], list[Array]], tuple[list[Array], list[Array]]]


def roll(
    step: Step, carry: list[Array], xs: list[Array], count: int, reverse: bool = False
) -> tuple[list[Array], list[Array]]:
    """Return the carry after all rounds, and the results of each round, row by row.

    Args:
        step: ``step(carry, rows)`` returns the next carry and the rows of results, as `Array`.
        carry: what is handed on from round to round.
        xs: sequences, of which each round is given a row.
        count: how many rounds.
        reverse: whether the last row comes first.
    """
    outer = Trace.now()
    assert outer is not None
    recording = tape.is_recording()
    body = _Body(outer, step, carry, xs, count - 1 if reverse else 0, recording)
    tracked = recording and (bool(body.captured) or any(x._node is not None for x in (*carry, *xs)))
    kept = len(carry) if tracked else 0  # each round's carry, for the way back
    loop, constants = body.loop(kept, count, reverse)
    out = _recorded(outer, loop, body, constants, [*carry, *xs])
    k, rows = len(carry), len(out) - kept
    if not tracked:
        return [Array(x) for x in out[:k]], [Array(x) for x in out[k:]]
    parents = (*[x._node for x in (*carry, *xs)], *body.captured)
    shapes = [x._raw for x in (*carry, *xs)]
    saved = (_Way(step, k, len(xs), rows - k, count, reverse, body.captured), shapes, out, None)
    fit = ([(x.shape, x.dtype) for x in out], None)
    node = [next_serial(), RULE, parents, saved, fit]
    made = [_selected(x, node, i) for i, x in enumerate(out)]
    return made[:k], made[k:rows]


def _selected(x: Any, node: Node, i: int) -> Array:
    return Array(x, [next_serial(), SELECT, node, i, None]) if _is_floating(x) else Array(x)


def _is_floating(x: Any) -> bool:
    return x.dtype in REAL or x.dtype in COMPLEX


class _Body:
    """One round of a loop, recorded as a program of its own."""

    def __init__(
        self,
        outer: Trace,
        step: Step,
        carry: list[Array],
        xs: list[Array],
        first: int,
        recording: bool,
    ) -> None:
        self.outer = outer
        cls = outer.cls
        self.trace = Trace(outer.name, outer.base, cls, outer)
        getitem = outer.base.getitem
        with self.trace, tape.recording(recording):
            given = [self.trace.argument(x._raw.value) for x in carry]
            rows = [self.trace.argument(getitem(x._raw.value, (first, ...))) for x in xs]
            arrays = [Array(x) for x in (*given, *rows)]
            leaves = [tape.leaf(x, False) if _is_floating(x._raw) else x for x in arrays]
            start = leaves if recording else arrays
            carried, made = step(start[: len(carry)], start[len(carry) :])
        end([x._node for x in leaves if x._node is not None])
        nodes = [x._node for x in (*carried, *made) if x._node is not None]
        own = [x._node for x in leaves if x._node is not None]
        self.captured = captured_by(nodes, own) if recording else []
        _require_same(carried, carry)
        self.given, self.carried, self.made, self.cls = given, carried, made, cls
        self.sequences = len(xs)

    def loop(self, kept: int, count: int, reverse: bool) -> tuple[Loop, list[Any]]:
        """Return the loop of this body, and the constants that it is called with."""
        inner, outer = self.trace, self.outer
        hidden = list(inner.hidden.values())
        imported = list(inner.outer.values())
        raws = [x._raw for x in (*self.carried, *self.made)] + self.given[:kept]
        self.values = [x.value if isinstance(x, Lazy) else x for x in raws]
        outs = [_symbol(inner, x) for x in raws]
        inputs = [*inner.inputs, *[c.var for c in hidden], *[v for v, _ in imported]]
        program = Program(
            "loop", inner.base, inputs, len(inputs) - len(inner.inputs), inner.equations, outs
        )
        loop = Loop(optimised(program), len(self.carried), self.sequences, count, reverse)
        outer.streams.update(inner.streams)
        outer.watched += inner.watched
        constants: list[Any] = [self.cls(c.raw, outer.captured(c.holder), outer) for c in hidden]
        return loop, constants + [x for _, x in imported]


def _symbol(trace: Trace, x: Any) -> Any:
    if not isinstance(x, Lazy):
        return x
    if x.var is None:
        return x.value
    return x.var if x.trace is trace else trace.imported(x)


def _require_same(carried: list[Array], carry: list[Array]) -> None:
    """Refuse a step that changes the shape or dtype of what it carries."""
    if len(carried) != len(carry):
        raise ValueError(
            f"scan: step returned a carry of {len(carried)} arrays; expected {len(carry)}"
        )
    for new, old in zip(carried, carry, strict=True):
        if new.shape != old.shape or new.dtype != old.dtype:
            raise ValueError(
                f"scan: step was given a carry {old.dtype}{list(old.shape)} and returned "
                f"{new.dtype}{list(new.shape)}; expected the same shape and dtype. Start with "
                "xgrad.astype or xgrad.broadcast_to of the carry"
            )


def _recorded(
    outer: Trace, loop: Loop, body: _Body, constants: list[Any], given: list[Array]
) -> list[Any]:
    """Write the equation of a loop, and return its results; the first round was run already."""
    lazies = [*[x._raw for x in given], *constants]
    raws = [x.value for x in lazies]
    k = loop.carried
    stacks = [loop.stack(y) for y in body.values[k:]]
    first = loop.rows()[0]
    for i, y in enumerate(body.values[k:]):
        stacks[i] = outer.base.setitem(stacks[i], (first, ...), y, False)
    with outer.base.quiet():
        value = loop.resumed(tuple(raws), stacks, body.values[:k], 1)
    symbols = tuple(
        x.value if x.var is None else x.var if x.trace is outer else outer.imported(x)
        for x in lazies
    )
    effect = any(e.effect for e in loop.program.equations)
    made = outer.record(
        body.cls, "loop.scan", loop, symbols, {}, tuple(value), tuple(raws), effect=effect
    )
    return list(made)


# Derivatives --------------------------------------------------------------------------------------


class _Way:
    """What a walk must know of a loop."""

    def __init__(
        self,
        step: Step,
        carried: int,
        sequences: int,
        results: int,
        count: int,
        reverse: bool,
        captured: list[Node],
    ) -> None:
        self.step, self.carried, self.sequences, self.results = step, carried, sequences, results
        self.count, self.reverse, self.captured = count, reverse, captured

    def again(
        self, arrays: list[Array], taped: bool
    ) -> tuple[list[Array], list[Array], list[Node]]:
        """Run one round on fresh leaves: the leaves, the results, and the path between."""
        with tape.recording(True):
            leaves = [tape.leaf(x, taped) if _is_floating(x._raw) else x for x in arrays]
            carried, rows = self.step(leaves[: self.carried], leaves[self.carried :])
        end([x._node for x in leaves if x._node is not None])
        outs = [*carried, *rows]
        ends = [x._node for x in leaves if x._node is not None] + self.captured
        path, _ = tape.cone([x._node for x in outs if x._node is not None], ends)
        return leaves, outs, path

    def back(
        self, arrays: list[Array], cts: list[Array | None], totals: list[Array], sparse: bool
    ) -> tuple[list[Any], list[Any]]:
        """Return the cotangents of a round's arrays, and of what it captures; None for zero.

        What is captured is added to the totals on the way, in the order of a walk through all.
        """
        taped = tape.is_recording()
        leaves, outs, path = self.again(arrays, taped)
        seeds: dict[int, Any] = {
            node[SERIAL]: t if taped else t._raw
            for node, t in zip(self.captured, totals, strict=False)
        }
        for out, ct in zip(outs, cts, strict=True):
            if out._node is not None and ct is not None:
                serial, part = out._node[SERIAL], ct if taped else ct._raw
                seeds[serial] = seeds[serial] + part if serial in seeds else part
        found = tape.pullback(path, seeds, taped=taped, sparse=sparse)
        return (
            [None if x._node is None else _array(found.get(x._node[SERIAL])) for x in leaves],
            [_array(found.get(node[SERIAL])) for node in self.captured],
        )

    def along(
        self, arrays: list[Array], ts: list[Any], captured: list[Any], sparse: bool
    ) -> list[Array]:
        """Return a round's results and their tangents."""
        taped = tape.is_recording()
        leaves, outs, path = self.again(arrays, taped)
        tangents = {
            x._node[SERIAL]: t if taped else t._raw
            for x, t in zip(leaves, ts, strict=True)
            if x._node is not None and t is not None
        }
        for node, t in zip(self.captured, captured, strict=True):
            if t is not None:
                tangents[node[SERIAL]] = t if taped else t._raw
        gone = tape.last_uses(path, [x._node[SERIAL] for x in outs if x._node is not None])
        found = tape.pushforward(path, tangents, gone, taped=taped, sparse=sparse)
        made = [_array(found.get(x._node[SERIAL])) if x._node is not None else None for x in outs]
        plain = [Array(x._raw, _outside(x, taped)) for x in outs]
        return plain + [_zeros(x) if t is None else t for x, t in zip(outs, made, strict=True)]


def _outside(x: Array, taped: bool) -> Any:
    return x._node if taped else None


def _array(x: Any) -> Any:
    return x if x is None or isinstance(x, Array) else Array(x)


def _zeros(like: Any) -> Array:
    raw = like._raw if isinstance(like, Array) else like
    return Array(zeros(Like(raw.shape, raw.dtype), raw))


def _lift(node: Node) -> Any:
    way, shapes, out, _ = node[tape.SAVED]
    lifted = [Array(x, parent) for x, parent in zip(shapes, node[tape.PARENTS], strict=False)]
    return way, shapes, [_selected(x, node, i) for i, x in enumerate(out)], lifted


def _parts(saved: Any) -> tuple[_Way, list[Array], list[Array]]:
    """Return the way, the inputs and the results of a loop as `Array`."""
    way, shapes, out, lifted = saved
    inputs = [Array(x) for x in shapes] if lifted is None else lifted
    return way, inputs, [x if isinstance(x, Array) else Array(x) for x in out]


def _pull(xp: Any, g: Parts, saved: Any, fit: Any, times: Any) -> Any:
    way, inputs, out = _parts(saved)
    raw, sparse = not isinstance(next(iter(g.values())), Array), times is not operator.mul
    cts = [_array(g[i]) if i in g else _zeros(x) for i, x in enumerate(out)]
    k, m, r = way.carried, way.sequences, way.results
    xs, carries = inputs[k:], out[k + r :]
    floating = [i for i, x in enumerate(inputs) if _is_floating(x._raw)]
    of_carry = [i for i in floating if i < k]
    of_xs = [i for i in floating if i >= k]

    given = {i if i < k + r else i - k - r for i in g}  # of a carry, or of what a round began with
    used, totals = _totals(way, inputs, out, cts, given)
    sparse = sparse or bool(used - given)  # not by the last round, but by the others

    def back(carry: list[Array], rows: list[Array]) -> tuple[list[Array], list[Array]]:
        ct, total = carry[:k], carry[k:]
        ct_rows, row, at, ct_at = (
            rows[:r],
            rows[r : r + m],
            rows[r + m : r + m + k],
            rows[r + m + k :],
        )
        found, total = way.back([*at, *row], _used([*ct, *ct_rows], used), total, sparse)
        new = [
            (_zeros(at[i]) if found[i] is None else found[i]) + ct_at[i] if i in of_carry else ct[i]
            for i in range(k)
        ]
        return new + total, [_zeros(row[i - k]) if found[i] is None else found[i] for i in of_xs]

    with tape.recording(not raw):
        start = [*cts[:k], *totals]
        ends, ct_xs = roll(
            back, start, [*cts[k : k + r], *xs, *carries, *cts[k + r :]], way.count, not way.reverse
        )
    by_place: dict[int, Any] = {i: ends[i] for i in of_carry}
    by_place.update(zip(of_xs, ct_xs, strict=True))
    found = [by_place.get(i) for i in range(len(inputs))] + ends[k:]
    return [None if c is None else c._raw if raw else c for c in found]


def _used(cts: list[Array], used: set[int]) -> list[Array | None]:
    """Return the cotangents of a round's results, None for those that nobody uses.

    A zero in its place might meet an infinite slope.
    """
    return [c if i in used else None for i, c in enumerate(cts)]


def _totals(
    way: _Way, inputs: list[Array], out: list[Array], cts: list[Array], used: set[int]
) -> tuple[set[int], list[Array]]:
    """Return which results of a round are used, and zeros in the shapes of what a loop captures.

    Rounds back show both: a carry that is not used itself may be by the next round.
    """
    k, r = way.carried, way.results
    if not way.captured and used.issuperset(range(k)):
        return used, []
    outer = Trace.now()
    assert outer is not None
    probe = Trace(outer.name, outer.base, outer.cls, outer)
    with probe, tape.recording(False):
        row = [Array(x._raw[0, ...]) for x in inputs[k:]]
        at = [Array(x._raw) for x in inputs[:k]]
        ct = [Array(x._raw) for x in cts[:k]] + [Array(x._raw[0, ...]) for x in cts[k : k + r]]
        while True:
            found, captured = way.back([*at, *row], _used(ct, used), [], False)
            more = {i for i in range(k) if found[i] is not None} - used
            if not more:
                return used, [_like(c, out[0]) for c in captured]
            used = used | more


def _like(c: Any, near: Array) -> Array:
    if c is None:
        return _zeros(near)
    return Array(zeros(Like(c._raw.shape, c._raw.dtype), near._raw))


def _push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
    way, inputs, _out = _parts(saved)
    near = next(t for t in ts if t is not None)
    raw, sparse = not isinstance(near, Array), times is not operator.mul
    given = [_array(t) for t in ts]
    tangents = [_zeros(x) if t is None else t for x, t in zip(inputs, given, strict=False)]
    k, m, r = way.carried, way.sequences, way.results
    captured = given[k + m :]

    def along(carry: list[Array], rows: list[Array]) -> tuple[list[Array], list[Array]]:
        x, t = carry[:k], carry[k:]
        made = way.along([*x, *rows[:m]], [*t, *rows[m:]], captured, sparse)
        values, found = made[: k + r], made[k + r :]
        return values[:k] + found[:k], found[k:] + t

    with tape.recording(not raw):
        ends, rows = roll(
            along,
            [*inputs[:k], *tangents[:k]],
            [*inputs[k:], *tangents[k:]],
            way.count,
            way.reverse,
        )
    found = [*ends[k:], *rows]
    return tuple(t._raw if raw else t for t in found)


def _never(*args: Any) -> Any:
    raise AssertionError("a node with several outputs is always walked by pull_to")


RULE = Rule("scan", _never, _pull, _push, _lift)
