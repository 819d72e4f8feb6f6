"""The record of one run of a function: what a `Lazy` array tells."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from types import CodeType, FrameType
from typing import Any

import numpy as np

from .. import errors
from .. import tree as trees
from ..arrays.array import Array
from ..backends import Backend, effects, get_backend, use_backend
from ..engine import tape
from ..engine.unused import has_nan
from .examples import as_raw, order_of, shares_of, symbol_of
from .mended import mended
from .mending import Mending, bare, dressed
from .passes import optimised
from .program import Equation, Opaque, Program, Var, inputs_of, line_text
from .streams import Stream
from .users import is_users

__all__ = ["Trace", "current", "recording_now"]

_now: ContextVar[Trace | None] = ContextVar("xgrad_trace", default=None)
recording_now = _now.get
"""Return what is being recorded here, if anything is."""


class Captured:
    """An array that a function captures.

    Attributes:
        holder: the `Array` that holds it.
        var: its variable.
        raw: what `holder` held when it was captured.
        baked: a copy of the values that the program was recorded for, if it depends on them.
        unchanged: tells whether the function has not refilled it since.
    """

    __slots__ = ("baked", "holder", "raw", "unchanged", "var")

    def __init__(self, holder: Array, var: Var, base: Backend) -> None:
        self.holder, self.var, self.raw = holder, var, holder._raw
        self.baked: Any = None
        raw, look = self.raw, base.unchanged if isinstance(self.raw, base.array_types) else None
        self.unchanged = look(raw) if look is not None else lambda: True
        if look is not None and base.lock is not None:  # a recording has the time for all entries
            before = base.copied(raw)
            self.unchanged = lambda: base.same(raw, before)


class Trace:
    """A program that is being recorded."""

    def __init__(self, name: str, base: Backend, cls: Any, parent: Trace | None = None) -> None:
        self.name, self.base, self.cls, self.parent = name, base, cls, parent
        self.start = tape.next_serial()
        self.equations: list[Equation] = []
        self.inputs: list[Var] = []
        self.hidden: dict[int, Captured] = {}
        self.outer: dict[Var, tuple[Var, Any]] = {}  # arrays of a program around this one
        self.watched: list[tuple[Array, Any]] = []  # arrays of NumPy on other libraries, and copies
        self.streams: dict[int, Stream] = {}
        self.region = 0
        self.frames: dict[CodeType, dict[str, Any]] = {}  # the user's code that ran
        if parent is not None:
            self.frames = parent.frames
        self._tokens: list[Any] = []

    def __enter__(self) -> Trace:
        self._tokens = [_now.set(self), effects.recorder.set(self)]
        return self

    def __exit__(self, *error: object) -> None:
        _now.reset(self._tokens[0])
        effects.recorder.reset(self._tokens[1])

    @staticmethod
    def now() -> Trace | None:
        """Return what is being recorded here, if anything is."""
        return _now.get()

    # Arrays --------------------------------------------------------------------------------------

    def argument(self, raw: Any) -> Any:
        """Return an array among the arguments as a recorded one."""
        var = Var(raw.shape, raw.dtype, order_of(raw))
        self.inputs.append(var)
        return self.cls(raw, var, self)

    def require_own(self, x: Array) -> None:
        """Refuse a captured array whose derivative an outer tape would miss."""
        if x._node is not None and (
            tape.is_parameter(x._node) or (x._node[0] < self.start and tape.is_recording())
        ):
            raise errors.TraceError(
                f"compile: {self.name} captures a tracked array ({x.dtype}{list(x.shape)}), whose "
                "derivative would be lost. Pass it, or the model that holds it, as an argument, "
                f"or use xgrad.stop_gradient(x){self.where_now()}"
            )

    def captured(self, x: Array) -> Var:
        """Return the variable of an array that the function captures."""
        raw = x._raw
        found = self.hidden.get(id(raw))
        if found is None or found.raw is not raw:
            var = Var(raw.shape, raw.dtype, order_of(raw))
            found = self.hidden[id(raw)] = Captured(x, var, self.base)
        elif not found.unchanged():
            raise errors.MutationError(_refilled(self.name, found))
        return found.var

    def imported(self, x: Any) -> Var:
        """Return the variable of an array that an outer program recorded."""
        found = self.outer.get(x.var)
        if found is None:
            found = self.outer[x.var] = Var(x.shape, x.dtype, x.var.order), x
        return found[0]

    def record(
        self,
        cls: Any,
        path: str,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        value: Any,
        raws: Any = (),
        *,
        effect: bool = False,
    ) -> Any:
        """Write an equation for a call that gave `value`, and return its results."""
        several = isinstance(value, (tuple, list))
        values = value if several else (value,)
        arrays = cls.base.array_types
        if not all(isinstance(v, arrays) for v in values):
            raise errors.TraceError(
                f"compile: {path.rpartition('.')[2]} gives {type(value).__name__}, which is no "
                "array, of one that depends on an argument, and is not recorded. Compile with "
                f"on_value='eager', or call it outside of what is compiled{self.where_now()}"
            )
        if not effect:
            self._require_fixed_shape(path, args, kwargs)
        given = [np.asarray(v) if isinstance(v, np.generic) else v for v in values]
        outs = [Var(v.shape, v.dtype, order_of(v)) for v in given]
        shares: tuple[Var | None, ...] = ()
        if type(function) is not np.ufunc and not effect:
            shares = shares_of(given, path, args, raws)
        self.equations.append(
            Equation(
                path,
                function,
                args,
                kwargs,
                outs,
                line=self.line(),
                region=self.region,
                effect=effect,
                shares=shares,
                several=several,
            )
        )
        made = [cls(v, o, self) for v, o in zip(given, outs, strict=True)]
        if not several:
            return made[0]
        return value._make(made) if hasattr(value, "_make") else tuple(made)

    def _require_fixed_shape(
        self, path: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Refuse a function whose result has another shape for other values."""
        name = path.rpartition(".")[2]
        if name == "getitem":
            key = args[1] if type(args[1]) is tuple else (args[1],)
            vary = [k for k in key if isinstance(k, Var) and k.dtype == self.base.dtypes[BOOL]]
            instead, what = "xgrad.where(mask, x, 0)", "x[mask]"
        elif name in OF_VALUES:
            vary = inputs_of(args[1:] if name == "repeat" else (args, tuple(kwargs.values())))
            instead, what = OF_VALUES[name], name
        else:
            return
        if not vary or self._baked(vary):
            return
        raise errors.TraceError(
            f"compile: the shape of {what} depends on the values of an array that depends on an "
            f"argument. Write {instead}, which keeps the shape, or compile with "
            f"on_value='eager'{self.where_now()}"
        )

    def _baked(self, variables: list[Var]) -> bool:
        """Record that the program holds for these values only, if they are captured ones."""
        hidden = {c.var: c for c in self.hidden.values()}
        if not all(v in hidden for v in variables):
            return False
        for v in variables:
            found = hidden[v]
            found.baked = self.base.xp.asarray(found.raw, copy=True)
        return True

    def require_unwritten(
        self, inputs: list[Array], given: list[Any], name: Callable[[int], str]
    ) -> None:
        """Refuse a function that writes to an argument, or to an array that it captures."""
        for i, (x, raw) in enumerate(zip(inputs, given, strict=True)):
            if x._raw is not raw:
                raise errors.MutationError(
                    f"compile: {self.name} writes to its argument {name(i)}; a recorded function "
                    "may only return new arrays. Write to a copy (x * 1), and return it"
                )
        for captured in self.hidden.values():
            if captured.holder._raw is not captured.raw:
                raise errors.MutationError(
                    f"compile: {self.name} writes to an array that it captures "
                    f"({captured.var!r}); a recorded function may only return new arrays. Pass it "
                    "as an argument, and return what it becomes"
                )
            if not captured.unchanged():
                raise errors.MutationError(_refilled(self.name, captured))

    def undo(self) -> None:
        """Put captured arrays and random generators back to where they were."""
        for captured in self.hidden.values():
            captured.holder._raw = captured.raw
        for stream in self.streams.values():
            stream.raw._raw = stream.before

    # Effects -------------------------------------------------------------------------------------

    def apart(self) -> None:
        """Let nothing recorded from here on be merged with what was recorded before."""
        self.region += 1

    def stream(self, generator: Any) -> Any:
        """Return what stands for a generator's stream, and records what is drawn from it."""
        if isinstance(generator._raw, Stream):  # made in this program, or replayed in it
            return generator._raw
        if id(generator) not in self.streams:
            self.streams[id(generator)] = Stream(self, generator, generator)
        return self.streams[id(generator)]

    def new_stream(self, base: Backend, seed: Any, device: Any) -> Any:
        """Return a generator that is made anew in each run."""
        raw, var = base.random(seed, device), Opaque()
        equation = Equation(
            "backend.random", base.random, (seed, device), {}, [var], line=self.line(), effect=True
        )
        self.equations.append(equation)
        return Stream(self, raw, var)

    def opaque(self, name: str, f: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Call a black box on raw arrays, and record the call as one step."""
        leaves, structure = trees.flatten((args, kwargs))
        cls = self.cls
        symbols = [symbol_of(x) for x in leaves]
        structures: list[Any] = []

        def call(*leaves: Any) -> Any:
            args, kwargs = structure.unflatten(leaves)
            with unrecorded(self.base):
                out, out_structure = trees.flatten(f(*args, **kwargs))
            structures[:] = [out_structure]
            return tuple([as_raw(x) for x in out])

        call.__name__ = name
        raws = [x.value if isinstance(x, cls) else x for x in leaves]
        value = call(*raws)
        made = self.record(cls, f"opaque.{name}", call, tuple(symbols), {}, value, effect=True)
        return structures[0].unflatten(list(made))

    # What depends on values ----------------------------------------------------------------------

    def has_values(self, x: Any) -> bool:
        """Whether the values of a recorded array may be looked at when the program runs."""
        return self.base.on_host(x.value)

    def if_nan(self, found: list[Any], again: Callable[[], list[Any]]) -> list[Any]:
        """Return recorded arrays, in the place of which ``again()`` is to stand if one has NaN.

        It is recorded as a program of its own, and whether it is run each run decides.
        """
        inner = Trace(self.name, self.base, self.cls, self)
        with inner:
            made = again()
        parts = [x if isinstance(x, self.cls) else self.cls(x) for x in map(bare, made)]
        outs = [
            inner.imported(x) if x.var is not None and x.trace is not inner else symbol_of(x)
            for x in parts
        ]
        needed = [self.cls(c.raw, self.captured(c.holder), self) for c in inner.hidden.values()]
        needed += [x for _, x in inner.outer.values()]
        given = [*map(bare, found), *needed]
        if all(x.var is None for x in given):
            return made if any(has_nan(x.value) for x in given[: len(found)]) else found
        inputs = [*[c.var for c in inner.hidden.values()], *[v for v, _ in inner.outer.values()]]
        program = Program("mending", self.base, inputs, len(inputs), inner.equations, outs)
        step = Mending(optimised(program), len(found))
        symbols = tuple(
            [symbol_of(x) if x.trace is self or x.var is None else self.imported(x) for x in given]
        )
        raws = tuple([x.value for x in given])
        with self.base.quiet():
            value = step(*raws)
        out = self.record(self.cls, "compiling.if_nan", step, symbols, {}, value, raws)
        self.equations[-1].shares = tuple(  # mostly it is what it was given
            [x if isinstance(x, Var) else None for x in symbols[: len(found)]]
        )
        self.watched += inner.watched
        results = [out] if len(found) == 1 else out
        return [dressed(like, x) for like, x in zip(made, results, strict=True)]

    def mended(self, plain: Any, careful: Any, arrays: list[Any]) -> list[Any]:
        """Return the same of arrays on a tape, by ``plain(xp, arrays)`` and ``careful(...)``."""
        return mended(plain, careful, arrays)

    # Lines ---------------------------------------------------------------------------------------

    def line(self) -> tuple[str, int] | None:
        """Return file and number of the user's line that runs, if the function is on the stack."""
        frame: FrameType | None = sys._getframe(2)
        found = None
        while frame is not None:
            code = frame.f_code
            if is_users(code):
                if found is None:
                    found = code.co_filename, frame.f_lineno
                if code in self.frames:
                    return found
                self.frames[code] = frame.f_globals
            if code.co_name == "_recorded_run":
                return found
            frame = frame.f_back
        return found

    def where_now(self) -> str:
        """Return the user's line that runs as the end of a message."""
        text = line_text(self.line())
        return f"\n  {text}" if text else ""


def _refilled(name: str, captured: Captured) -> str:
    return (
        f"compile: {name} refills an array that it captures ({captured.var!r}); a recorded "
        "function reads it once, as it is before a call. Use a new array for other values, as "
        "x.copy() is one, or pass them as an argument"
    )


@contextlib.contextmanager
def unrecorded(base: Backend) -> Iterator[None]:
    """Record nothing in the block, and make new arrays where the program has its own."""
    tokens = _now.set(None), effects.recorder.set(None)
    try:
        if get_backend() == f"recorded_{base.name}":
            with use_backend(base.name):
                yield
        else:
            yield
    finally:
        _now.reset(tokens[0])
        effects.recorder.reset(tokens[1])


OF_VALUES = {
    "nonzero": "xgrad.where(condition, x, 0)",
    "argwhere": "xgrad.where(condition, x, 0)",
    "flatnonzero": "xgrad.where(condition, x, 0)",
    "unique_all": "xgrad.sort, or segment_sum with num_segments=",
    "unique_counts": "xgrad.sort, or segment_sum with num_segments=",
    "unique_inverse": "xgrad.sort, or segment_sum with num_segments=",
    "unique_values": "xgrad.sort",
    "repeat": "repeats as a Python integer, or xgrad.take with indices of a fixed length",
    "bincount": "segment_sum with num_segments=",
}
"""Functions whose result has a shape that depends on values, and what to write instead."""

BOOL = np.dtype(bool)


def current(x: Any) -> Trace:
    """Return what is being recorded, or say that an array outlived its recording."""
    trace = outer = Trace.now()
    while outer is not None and x.trace is not None and outer is not x.trace:
        outer = outer.parent
    if trace is None or outer is None:
        raise errors.TraceError(
            "compile: an array of a program that was recorded is used after its recording has "
            "ended, or in another thread. Return it from the compiled function instead of keeping "
            "it elsewhere, and compute in the thread that calls the function"
        )
    return trace
