"""Derivatives of what an equation or an integral defines, by whatever its function reads.

A function that is handed to a solver reads more than its arguments: arrays of the scope around it.
It is run once on a fresh leaf; what its result was made from, and is older than that leaf, is what
it has read. Those nodes are the parents of the result, so that derivatives flow to them, and the
rule runs the function again under whichever tape watches: so every order follows from one line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import errors
from ..arrays.array import Array
from ..backends import backend_of
from ..backends.batched import Batch, Level, ended, leave, without
from ..engine import tape
from ..engine.rereading import reading_again
from ..engine.tape import SAVED, SERIAL, Node, Rule, next_serial
from .again import kept, require_same, sample
from .call import at_home

__all__ = ["Inverse", "Recorded", "alone", "implicit"]

Function = Callable[..., Any]
Inverse = Callable[[Any, bool], Any]
"""``inverse(b, adjoint)`` solves with the Jacobian of an equation, or its adjoint, raw arrays."""


SINGULAR = (
    "implicit: the equation has no unique solution here, as its Jacobian is singular, so that the "
    "solution has no derivative"
)
"""What is said where a solution has no derivative."""


class Recorded:
    """One run of a function of one array, with what it has read.

    Attributes:
        out: the result, an `Array`.
        at: the node of the argument, None where the result does not depend on it.
        reads: the nodes of what else the result was made from.
    """

    def __init__(self, f: Function, x: Array) -> None:
        with tape.recording(True):
            start = tape.leaf(x, True)
            self.at: Node = start._node
            with reading_again():
                out = f(start)
        if not isinstance(out, Array):
            raise errors.RuleError(
                f"the function returned {type(out).__name__}; expected an array of xgrad. Use "
                "functions that know it, such as xgrad.sin or numpy.sin of an xgrad.Array"
            )
        self.out = out
        self.reads = _reads(out._node, self.at)
        self.at_alone = [self.at]
        self.paths: dict[bool, list[Node]] = {}

    def pull_x(self, g: Any, taped: bool) -> Any:
        """Return the cotangent of the argument, None if the result does not depend on it."""
        return self._pull(self.at_alone, g, taped)[0]

    def pull_reads(self, g: Any, taped: bool) -> list[Any]:
        """Return the cotangent of each thing read."""
        return self._pull(self.reads, g, taped)

    def push_x(self, t: Any, taped: bool) -> Any:
        """Return the tangent of the result for a tangent of the argument."""
        return self._push(self.at_alone, [t], taped)

    def push_reads(self, ts: Any, taped: bool) -> Any:
        """Return the tangent of the result for tangents of what was read, None for a constant."""
        return self._push(self.reads, ts, taped)

    def _pull(self, leaves: list[Node], g: Any, taped: bool) -> list[Any]:
        node = self.out._node
        if node is None or not leaves:
            return [None] * len(leaves)
        path = self._path(leaves)
        with tape.recording(taped):
            found = tape.pullback(path, {node[SERIAL]: g}, taped=taped)
        return [found.get(leaf[SERIAL]) for leaf in leaves]

    def _push(self, leaves: list[Node], ts: Any, taped: bool) -> Any:
        node = self.out._node
        seeds = {x[SERIAL]: t for x, t in zip(leaves, ts, strict=True) if t is not None}
        if node is None or not seeds:
            return None
        path = self._path(leaves)
        with tape.recording(taped):
            found = tape.pushforward(path, seeds, tape.last_uses(path, [node[SERIAL]]), taped=taped)
        return found.get(node[SERIAL])

    def _path(self, leaves: list[Node]) -> list[Node]:
        """Return the nodes between leaves and the result; the argument's own past is no part."""
        kind = leaves is self.at_alone
        if kind not in self.paths:
            ends = leaves if kind else [*leaves, self.at]
            self.paths[kind] = tape.cone([self.out._node], ends)[0]
        return self.paths[kind]


def _reads(out: Node | None, start: Node) -> list[Node]:
    """Return the nodes older than `start` that a result was made from, and none behind them."""
    found: list[Node] = []
    seen = {start[SERIAL]}
    stack = [] if out is None else [out]
    while stack:
        node = stack.pop()
        if node[SERIAL] not in seen:
            seen.add(node[SERIAL])
            if node[SERIAL] < start[SERIAL]:
                found.append(node)
            else:
                stack.extend(tape.parents_of(node))
    return found


class _Saved:
    """What the node of a root keeps."""

    __slots__ = ("ended", "equation", "first", "inverse", "reads", "record", "x")

    def __init__(
        self,
        equation: Function,
        x: Any,
        inverse: Inverse,
        reads: list[Node],
        record: Any,
        first: Any,
    ) -> None:
        self.equation, self.x, self.inverse = equation, x, inverse
        self.reads, self.record, self.first = reads, record, first
        self.ended = ended()

    def run(self) -> Recorded:
        """Return the run of the equation to walk through: the one that was kept, or a fresh one."""
        run: Recorded | None = self.record
        if run is not None:
            return run
        run = Recorded(self.equation, self.x)
        require_same("implicit", self.first, run.out._raw, self.x._raw)
        return run


def implicit(equation: Function, x: Any, inverse: Inverse | None = None) -> Any:
    """Return a root of an equation with its derivative by everything that the equation reads.

    Args:
        equation: ``equation(x)`` is an array like `x`, zero at the root; differentiable in `x` and
            in the arrays that it closes over.
        x: the root, a raw array, found by any means.
        inverse: ``inverse(b, adjoint)`` solves with the Jacobian at the root, or with its adjoint;
            raw arrays like `x`. By default the matrix is formed and factorised, once.

    Returns:
        The root as an `Array`, of every order of derivative in both modes: one factorisation
        serves them all, as the derivative solves an equation with the same matrix.
    """
    if not tape.is_recording():
        return Array(x)
    record = Recorded(equation, Array(x))
    if not record.reads:
        return Array(x)
    if record.out.shape != tuple(x.shape):
        raise errors.RuleError(
            f"implicit: the equation has the shape {record.out.shape}; expected "
            f"{tuple(x.shape)}, that of the solution: as many equations as unknowns"
        )
    first = sample(record.out._raw)
    equation = kept(equation)
    saved = _Saved(equation, x, inverse or _Dense(record, x), record.reads, record, first)
    return Array(x, [next_serial(), _ROOT, tuple(record.reads), saved, None])


def _solved(inverse: Inverse, b: Any, adjoint: bool) -> Any:
    """Return what an inverse gives, for each array of a batch."""
    if not isinstance(b, Batch):
        return inverse(b, adjoint)
    rows = [_solved(inverse, b.data[i, ...], adjoint) for i in range(b.data.shape[0])]
    return b.of(backend_of(rows[0]).xp.stack(rows))


def _lift(node: Node) -> Any:
    saved = node[SAVED]
    with without(saved.ended):
        x = Array(saved.x, node)
        return _Saved(saved.equation, x, saved.inverse, saved.reads, None, saved.first)


alone = at_home(lambda xp, g, saved, *more: saved.ended)
"""Of a rule ``rule(xp, g, saved, fit, times)`` of what is saved with where it was made."""


def _aligned(values: list[Any], nodes: list[Node], order: list[Node]) -> list[Any]:
    """Return values that belong to nodes in another order of these."""
    if nodes is order:
        return values
    of = {node[SERIAL]: value for node, value in zip(nodes, values, strict=True)}
    return [of.get(node[SERIAL]) for node in order]


@alone
def _pull(xp: Any, g: Any, saved: Any, fit: Any = None, times: Any = None) -> Any:
    """With u the solution for g with the adjoint Jacobian, what is read has the cotangent of -u."""
    taped = isinstance(g, Array)
    run = saved.run()
    if taped:
        raw = _solved(saved.inverse, g._raw, True)
        u = implicit(lambda u: run.pull_x(u, True) - g, raw, _Turned(saved.inverse))
    else:
        u = _solved(saved.inverse, g, True)
    return _aligned(run.pull_reads(-u, taped), run.reads, saved.reads)


@alone
def _push(xp: Any, ts: Any, saved: Any, fit: Any = None, times: Any = None) -> Any:
    """What is read moves the equation, and the solution moves so that it holds again."""
    taped = any(isinstance(t, Array) for t in ts)
    run = saved.run()
    moved = run.push_reads(_aligned(list(ts), saved.reads, run.reads), taped)
    if moved is None:
        return None
    if not taped:
        return -_solved(saved.inverse, moved, False)
    raw = -_solved(saved.inverse, moved._raw, False)
    return implicit(lambda t: run.push_x(t, True) + moved, raw, saved.inverse)


_ROOT = Rule("implicit", _pull, _pull, _push, _lift)


class _Turned:
    """The inverse of the adjoint."""

    def __init__(self, inverse: Inverse) -> None:
        self.inverse = inverse

    def __call__(self, b: Any, adjoint: bool) -> Any:
        return self.inverse(b, not adjoint)


class _Dense:
    """The Jacobian of a recorded equation, formed row by row and factorised when first needed."""

    def __init__(self, record: Recorded, x: Any) -> None:
        self.record, self.x = record, x
        self.factors: Any = None

    def __call__(self, b: Any, adjoint: bool) -> Any:
        backend = backend_of(self.x)
        xp = backend.xp
        matrix = self._matrix(backend) if self.factors is None else None
        shape = self.x.shape
        try:
            if matrix is not None:
                self.factors = backend.lu_factor(matrix)
            lu, pivots = self.factors
            found = backend.lu_solve(lu, pivots, xp.reshape(b, (-1, 1)), adjoint)
        except Exception as error:
            raise errors.RuleError(SINGULAR) from error
        return xp.reshape(found, shape)

    def _matrix(self, backend: Any) -> Any:
        """Return the Jacobian: all its rows in one walk, or in one each."""
        xp, x = backend.xp, self.x
        n = x.size if hasattr(x, "size") else 1
        eye = xp.eye(n, dtype=x.dtype, device=backend.device(x))
        try:
            level = Level(n, is_sweep=True)
            swept = self.record.pull_x(level.batch(xp.reshape(eye, (n, *x.shape))), False)
            matrix = xp.reshape(leave(swept, level, 0), (n, n))
        except (errors.MissingFunctionError, TypeError, AttributeError):
            rows = [self.record.pull_x(xp.reshape(eye[i, :], x.shape), False) for i in range(n)]
            flat = [eye[0, :] * 0 if r is None else xp.reshape(r, (-1,)) for r in rows]
            matrix = xp.stack(flat)
        return xp.conj(matrix) if "complex" in str(x.dtype) else matrix
