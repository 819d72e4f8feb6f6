"""One program of a compiled function, ready to run, and what it was made for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import Context
from typing import Any

import numpy as np

from ..arrays.array import SCALARS, Array
from ..backends import (
    Backend,
)
from . import engines
from .captures import Place, places
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
        self.hidden: list[Hidden] = []
        self.numbers: list[tuple[Place, Any]] = []
        self.watched: list[tuple[Array, Any]] = []
        self.free: list[Any] = []
        self.bytes = 0
        self.turns = engines.OFTEN if owner.engine == "auto" else 0
        self.guarded = False
        self.calls_out = any(e.effect for e in program.equations)
        self.hits = 0
        self._allocate: Any = None
        self._lock = threading.RLock()

    def watch(self, captured: list[Captured], f: Callable[..., Any]) -> None:
        """Find where the function finds what it captures."""
        found: dict[int, list[Place]] = {}
        for place, value in places(f):
            if type(value) in SCALARS:
                self.numbers.append((place, value))
            else:
                raw = value._raw if isinstance(value, Array) else value
                found.setdefault(id(raw), []).append(place)
        backend = self.program.backend
        self.hidden = [Hidden(c, found.get(id(c.raw), []), backend) for c in captured]
        self.guarded = bool(self.hidden or self.numbers or self.watched)

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
        for place, value in self.numbers:
            now = place.get()
            if now is not value and not (type(now) is type(value) and now == value):
                return None
        for holder, copy in self.watched:
            if not np.array_equal(holder._raw, copy):
                return None
        found = []
        for hidden in self.hidden:
            raw = hidden.now()
            if raw is None:
                return None
            found.append(raw)
        return found


def shorter(program: Program, engine: str) -> Program:
    """Return a program with loops in it, where planning each round would take too long."""
    return rolled(program) if engine == "jax" or len(program) > LONG else program


def _quietly(run: Callable[..., Any], *inputs: Any) -> Any:
    with np.errstate(all="ignore"):
        return run(*inputs)


class Hidden:
    """A captured array, and the places where the function finds it."""

    holder: Any

    def __init__(self, captured: Captured, found: list[Place], backend: Backend) -> None:
        self.holder, self.baked, self.places = captured.holder, captured.baked, found
        self.shape, self.dtype = tuple(captured.raw.shape), captured.raw.dtype
        self.backend = backend

    def now(self) -> Any:
        """Return the raw array as it is now; None if the program does not fit it."""
        x: Any = self.places[0].get() if self.places else self.holder
        for place in self.places[1:]:
            if place.get() is not x:
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
