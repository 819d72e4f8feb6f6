"""One program of a compiled function, ready to run, and what it was made for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import Context
from typing import Any

import numpy as np

from ..arrays.array import Array
from ..backends import (
    Backend,
)
from . import engines
from .captures import guards_of
from .guards import Values
from .loop import use
from .passes import optimised
from .program import Program, Var
from .repeats import rolled
from .trace import Captured

__all__ = ["Entry"]

LONG = 10_000
"""How many equations are planned one by one: shorter programs run faster so, without a loop."""


class Entry:
    """One program of a compiled function, ready to run.

    Attributes:
        program: as it was recorded.
        source: what runs it.
        plan: the shorter program that is run.
        structure: of the result.
        donated: the inputs whose memory is given away.
    """

    def __init__(
        self, owner: Any, program: Program, structure: Any, donated: frozenset[Var]
    ) -> None:
        self.program, self.structure, self.donated = program, structure, donated
        self.owner, self.plan = owner, shorter(optimised(program), owner.engine)
        self._now: Callable[[], Any] = list
        self.guards: tuple[list[str], list[str], list[Any]] = [], [], []
        self.quick: Callable[[Any], Any] | None = None
        self.changed = ""  # what is no longer as it was
        self.computed: list[Values] = []  # what is captured and stands nowhere: it was computed
        self.unproved = self.proves = False  # that this does not depend on what is captured
        self._first: list[tuple[int, Values]] = []
        self.watched: list[tuple[Array, Any]] = []
        self.free: list[Any] = []
        self.bytes = 0
        self.turns = engines.OFTEN if owner.engine == "auto" else 0
        self.guarded = False
        self.sources: list[str] = []  # clocks and the like
        self.changes = ""  # what the function itself changed
        self.calls_out = any(e.effect for e in program.equations)
        self.hits = 0
        self._allocate: Any = None
        self._lock = threading.RLock()

    def watch(
        self, captured: list[Captured], f: Callable[..., Any], given: list[Any], frames: Any
    ) -> None:
        """Find where the function finds what it captures, and what else it sees."""
        backend = self.program.backend
        guards = guards_of(f, given, frames, {id(c.raw) for c in captured})
        self.sources = guards.sources
        places = [guards.found.get(id(c.raw), []) for c in captured]
        hidden = [Hidden(c, backend) for c in captured]
        self.guarded = bool(hidden or guards or self.watched)
        self.guards = guards.written(hidden, places)
        self._now = guards.compiled(*self.guards[:2])
        given_raws = list(zip(captured, places, strict=True))
        self.computed = [Values(c.raw) for c, found in given_raws if not found]
        self._first = [(i, Values(c.raw)) for i, (c, found) in enumerate(given_raws) if found]
        self.unproved = bool(self.computed and self._first)

    def prepare(self) -> None:
        """Make the source, and what runs it."""
        with self._lock:
            if self._allocate is None:
                use(self.plan, self.owner.source_of)
                self.source = self.owner.source_of(self.plan, self.donated)
                self._allocate = self.source.compiled()
                self.bytes = self.source.bytes
                self.free.append(self.made())  # a compiler, if there is one, runs here

    def made(self) -> Any:
        """Return a set of buffers, and a context in which NumPy does not warn."""
        if self._allocate is None:
            self.prepare()
        if self.calls_out:  # a black box is to see the context of who calls
            return _quietly, self._allocate()
        quiet = Context().run
        quiet(np.seterr, all="ignore")
        return quiet, self._allocate()

    def run(self, inputs: Any) -> list[Any]:
        """Run the program: one set of buffers for each call that is running."""
        self.hits += 1
        if self.hits == self.turns:
            self.turn()
        free = self.free
        try:
            run = free.pop()
        except IndexError:
            run = self.made()
        try:
            return run[0](run[1], *inputs)  # type: ignore[no-any-return]
        finally:
            free.append(run)

    def turn(self) -> None:
        """Take a faster engine, if there is one: the program is run often."""
        use(self.plan, engines.ENGINES["native"])
        source = engines.faster(self.plan, self.donated)
        if source is not None:
            self.source, self._allocate, self.bytes = source, source.compiled(), source.bytes
            self.free = []  # who runs at the moment puts the old buffers where nobody looks

    def captured(self) -> list[Any] | None:
        """Return the arrays that the function captures; None if the program is not for them."""
        for holder, copy in self.watched:
            if not np.array_equal(holder._raw, copy):
                return None
        found = self._now()
        if type(found) is str:
            self.changed = found
            return None
        if self.unproved and not all(first.hold(found[i]) for i, first in self._first):
            self.changed, self.proves = "the values of an array", True
            return None
        return found  # type: ignore[no-any-return]

    def follow(self, old: Entry) -> None:
        """Take the place of an entry whose captured arrays had other values.

        If what the function computes of arrays from outside is the same for both, it is taken
        for independent of them, and is not computed again.
        """
        if old.proves and len(old.computed) == len(self.computed):
            pairs = zip(old.computed, self.computed, strict=True)
            self.unproved = self.unproved and not all(a.equal(b) for a, b in pairs)


def shorter(program: Program, engine: str) -> Program:
    """Return a program with loops in it, where planning each round would take too long."""
    return rolled(program) if engine == "jax" or len(program) > LONG else program


def _quietly(run: Callable[..., Any], *inputs: Any) -> Any:
    with np.errstate(all="ignore"):
        return run(*inputs)


class Hidden:
    """A captured array.

    Attributes:
        holder: what holds it where the function finds it nowhere.
    """

    holder: Any

    def __init__(self, captured: Captured, backend: Backend) -> None:
        self.holder, self.baked = captured.holder, captured.baked
        self.shape, self.dtype = tuple(captured.raw.shape), captured.raw.dtype
        self.backend = backend

    def now(self, x: Any, *others: Any) -> Any:
        """Return the raw array as it is now at all its places; None if the program does not fit."""
        for other in others:
            if other is not x:
                return None
        raw: Any = x._raw if isinstance(x, Array) else x
        types: Any = self.backend.array_types  # as its classes are not known to be arrays
        if not isinstance(raw, types) or tuple(raw.shape) != self.shape:
            return None
        if raw.dtype != self.dtype or (isinstance(x, Array) and x._node is not None):
            return None
        if self.baked is not None and not _equal(self.backend, raw, self.baked):
            return None
        return raw


def _equal(backend: Backend, x: Any, y: Any) -> bool:
    return bool(np.array_equal(backend.to_numpy(x), backend.to_numpy(y)))
