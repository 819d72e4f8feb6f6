"""A function that is recorded at its first call, and replayed at later ones."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Callable
from functools import update_wrapper
from types import MethodType
from typing import Any, Generic, ParamSpec, TypeVar

import numpy as np

from .. import errors
from .. import tree as trees
from ..arrays.array import Array
from ..backends import (
    backend_of_type,
    creating_like,
)
from ..backends.batched import running_levels
from ..custom.streams import Draws
from ..debugging.observer import readers
from ..engine import tape
from ..engine.guarding import no_refills
from ..errors.folding import folded
from . import engines
from .arguments import Arguments, difference
from .captures import steady
from .entry import Entry
from .lazy import Lazy
from .lowered import Lowered
from .program import Program
from .quick import MISSED, quick_call
from .recording import lazy_backend
from .trace import Trace

__all__ = ["Compiled"]

logger = logging.getLogger("xgrad.compile")

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)

MOST = 64
"""How many programs a function keeps; the one that was used longest ago goes first."""

QUICK = 8
"""How many programs are looked at by the shortest way."""

MANY = 8
"""After how many recordings a function warns that it is recorded again and again."""


class Compiled(Generic[P, R_co]):
    """A function that is recorded once and replayed; `compile` makes it."""

    def __init__(
        self, f: Callable[P, R_co], static: Any, engine: str | None, donate: Any, on_value: str
    ) -> None:
        if not callable(f):
            raise TypeError(f"compile: got {f!r:.60}; expected a function")
        if on_value not in ("error", "eager"):
            raise ValueError(f"compile: on_value is {on_value!r}; expected 'error' or 'eager'")
        self.f = f
        self.static = frozenset((static,) if isinstance(static, (int, str)) else static)
        self.donate = frozenset((donate,) if isinstance(donate, int) else donate)
        self.engine, self.on_value = engine or "numpy", on_value
        self.source_of = engines.engine_named(self.engine)
        self.entries: dict[Any, Entry | None] = {}
        self._quick: tuple[Callable[[Any], Any], ...] = ()
        self._lock = threading.RLock()
        self._traces = 0
        self._warned: set[str] = set()
        self._unsteady: set[Any] = set()  # the calls that changed what the function sees
        self._last_key: Any = None
        update_wrapper(self, f, ("__module__", "__name__", "__qualname__", "__doc__"), ())
        self.__wrapped__ = f

    @property
    def name(self) -> str:
        """The name of the function."""
        return str(getattr(self.f, "__qualname__", None) or repr(self.f))

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> Any:
        home = sys.modules.get(getattr(self.f, "__module__", ""))
        if getattr(home, getattr(self.f, "__qualname__", ""), None) is self:
            return self.f.__qualname__  # a decorated function: by name, as functions are
        return Compiled, (self.f, self.static, self.engine, self.donate, self.on_value)

    # Calling ---------------------------------------------------------------------------------

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Run the program for arguments such as these, or record it."""
        if not kwargs:
            for quick in self._quick:
                found = quick(args)
                if found is not MISSED:
                    return found  # type: ignore[no-any-return]
        if readers():  # who looks for a NaN, say, is to see every op and its line
            return self.f(*args, **kwargs)
        try:
            return self._general(args, kwargs)  # type: ignore[no-any-return]
        except Exception as error:
            other = folded(error)
            try:
                if other is error:
                    raise
                raise other from None
            finally:
                del other  # it holds this frame

    def _general(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if Trace.now() is not None or running_levels() or self._is_watched(args, kwargs):
            return self.f(*args, **kwargs)
        call = Arguments(self, args, kwargs)
        entry = self.entries.get(call.key, self)
        if entry is None:
            return self.f(*args, **kwargs)
        if entry is not self:
            hidden = entry.captured()  # type: ignore[union-attr]
            if hidden is not None:
                self._require_apart(call)
                self._keep_quick(call, entry)
                return call.result(entry, entry.run([*call.raws, *hidden]))  # type: ignore[union-attr]
        with self._lock:
            return self._record(call, args, kwargs)

    def _is_watched(self, args: Any, kwargs: Any) -> bool:
        """Whether an outer tape looks at an argument, or an outer recording."""
        recording = tape.is_recording()
        for x in trees.leaves((args, kwargs)):
            raw = x
            if isinstance(x, Array):
                if recording and x._node is not None:
                    return True
                raw = x._raw
            if isinstance(raw, Lazy):
                return True
            backend = backend_of_type(type(raw)) if not isinstance(raw, type) else None
            if backend is not None and backend.leads > 1:
                return True
        return False

    def _require_apart(self, call: Arguments) -> None:
        """Refuse to give away the memory of an argument that another one shares."""
        for i in call.donated:
            others = [x for k, x in enumerate(call.raws) if k != i and isinstance(x, np.ndarray)]
            if any(np.may_share_memory(call.raws[i], x) for x in others):
                raise ValueError(
                    f"compile: {self.name} was given one array twice, and donate= gives its "
                    "memory away. Pass a copy, or leave the argument out of donate="
                )

    def _record(self, call: Arguments, args: Any, kwargs: Any) -> Any:
        """Run the function and record it; return what it returned."""
        self._require_apart(call)
        old = self.entries.get(call.key)
        self._note(call, old.changed if old else "")
        try:
            entry, found = self._recorded(call)
        except errors.TraceError as error:
            if self.on_value == "error":
                raise
            self._warn(
                f"compile: {self.name} runs uncompiled, since it asks for a value. {error}", "value"
            )
            self.entries[call.key] = None
            return self.f(*args, **kwargs)
        if entry.changes:
            self._let_go(call, entry)
            return call.result(entry, found)
        if old is not None:
            entry.follow(old)
        self.entries.pop(call.key, None)
        self.entries[call.key] = entry
        while len(self.entries) > MOST:
            self.entries.pop(next(iter(self.entries)))
        known = {e.quick for e in self.entries.values() if e is not None}
        self._quick = tuple([quick for quick in self._quick if quick in known])
        entry.prepare()
        self._keep_quick(call, entry)
        return call.result(entry, found)

    def _let_go(self, call: Arguments, entry: Entry) -> None:
        """Keep no program of a function that changes what it sees: a call of it would not.

        What is made once, when a function runs first, is there when it runs again.
        """
        if call.key in self._unsteady:
            self.entries[call.key] = None
            self._warn(
                f"compile: {self.name} runs uncompiled, since each call changes {entry.changes!r}, "
                "which a recorded program would not. Return it, or take it as an argument",
                "changes",
            )
        self._unsteady.add(call.key)

    def _keep_quick(self, call: Arguments, entry: Any) -> None:
        """Let the next calls such as this one go the shortest way to its program."""
        if call.kwargs or call.donated or self.static:
            return
        if entry.quick is None:
            entry.quick = quick_call(entry, call.args, call.backend.array_types)
        if entry.quick is not None:
            others = [quick for quick in self._quick if quick is not entry.quick]
            self._quick = (entry.quick, *others[: QUICK - 1])

    def _recorded(self, call: Arguments) -> tuple[Entry, list[Any]]:
        cls: Any = lazy_backend(call.backend).array_types[0]
        trace = Trace(self.name, call.backend, cls)
        given = [trace.argument(raw) for raw in call.raws]
        inputs = [Array(x) for x in given]
        like = given[0] if given else cls(call.backend.xp.zeros(()))
        try:
            args, kwargs = call.arguments(inputs)
            draws, before = Draws(self.f, (args, kwargs)), steady(self.f, call.others())
            with trace, no_refills(), creating_like(like), draws:  # captured arrays are read anew
                out = _recorded_run(self.f, args, kwargs)
            if draws:
                self._warn_of_draws(draws)
            leaves, structure = trees.flatten(out)
            trace.require_unwritten(inputs, given, call.name)
        except BaseException:
            trace.undo()
            raise
        flat = [x._raw if isinstance(x, Array) else x for x in leaves]
        outs = [(x.value if x.var is None else x.var) if isinstance(x, Lazy) else x for x in flat]
        hidden = list(trace.hidden.values())
        program = Program(
            self.name,
            call.backend,
            [*trace.inputs, *[c.var for c in hidden]],
            len(hidden),
            trace.equations,
            outs,
        )
        donated = frozenset(trace.inputs[i] for i in call.donated)
        entry = Entry(self, program, structure, donated)
        changed = before()
        if type(changed) is str and not entry.calls_out:  # a black box changes it in each call
            entry.changes = changed
        entry.watched = list(trace.watched)
        entry.watch(hidden, self.f, call.others(), trace.frames)
        if entry.sources:
            self._warn(
                f"compile: {self.name} calls {' and '.join(entry.sources)} while it is recorded, "
                "and every later call has the same values. Pass them as arguments, or call it "
                "outside of what is compiled",
                "sources",
            )
        examples = [x.value if isinstance(x, Lazy) else x for x in flat]
        copy = call.backend.xp.asarray
        found = [
            copy(x, copy=True) if isinstance(x, call.backend.array_types) else x for x in examples
        ]
        return entry, found

    def _note(self, call: Arguments, changed: str) -> None:
        """Log a recording; warn if there are many."""
        self._traces += 1
        why = "" if self._last_key is None else difference(self._last_key, call.key)
        why = why or (f"{changed} has changed" if changed else "")
        self._last_key = call.key
        logger.info("recording %s%s", self.name, f" again: {why}" if why else "")
        if self._traces == MANY:
            self._warn(
                f"compile: {self.name} was recorded {MANY} times; the last time because "
                f"{why or 'what it captures has changed'}. Each recording costs several calls. "
                "Pad arrays to a few shapes, or pass numbers that change as 0-d arrays",
                "many",
            )

    def _warn(self, text: str, kind: str) -> None:
        if kind not in self._warned:
            self._warned.add(kind)
            warnings.warn(text, errors.CompileWarning, stacklevel=5)

    def _warn_of_draws(self, draws: Draws) -> None:
        kinds = [getattr(d.stream.generator, "__name__", type(d.stream.generator)) for d in draws]
        names = [k if isinstance(k, str) else f"{k.__module__}.{k.__qualname__}" for k in kinds]
        self._warn(
            f"compile: {self.name} draws random numbers by {' and '.join(dict.fromkeys(names))} "
            "while it is recorded, and every later call has the same. Draw from "
            "xgrad.random.default_rng(seed), whose draws are recorded, or pass the numbers as an "
            "argument",
            "draws",
        )

    # Looking inside --------------------------------------------------------------------------

    def lower(self, *args: Any, **kwargs: Any) -> Lowered:
        """Return the program for such arguments, to be looked at, saved, and called.

        Args:
            *args: as for a call; an effect of the function, as a random draw, takes place.
            **kwargs: likewise.
        """
        call = Arguments(self, args, kwargs)
        entry = self.entries.get(call.key)
        if entry is None:
            entry, _ = self._recorded(call)
            self.entries[call.key] = entry
        entry.prepare()
        return Lowered(entry, call)

    @property
    def stats(self) -> dict[str, int]:
        """How often the function was recorded and replayed, and the bytes held between calls."""
        entries = [e for e in self.entries.values() if e is not None]
        return {
            "programs": len(entries),
            "traces": self._traces,
            "hits": sum(e.hits for e in entries),
            "bytes": sum(e.bytes * len(e.free) for e in entries),
        }

    def clear(self) -> None:
        """Forget all programs, and free their buffers."""
        with self._lock:
            self.entries.clear()
            self._quick = ()

    def __repr__(self) -> str:
        stats = ", ".join(f"{v} {k}" for k, v in self.stats.items())
        return f"<xgrad.compile of {self.name}, engine {self.engine!r}: {stats}>"


def _recorded_run(f: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Call the function that is recorded; see `Trace.line`."""
    return f(*args, **kwargs)
