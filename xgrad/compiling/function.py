"""`compile`: a function that is recorded at its first call, and replayed at later ones."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Callable, Sequence
from contextvars import Context
from functools import update_wrapper
from types import MethodType
from typing import Any

import numpy as np

from .. import errors
from .. import tree as trees
from ..arrays.array import SCALARS, Array
from ..backends import (
    Backend,
    backend_of,
    backend_of_type,
    creating_like,
    current,
    is_deterministic,
)
from ..engine import tape
from . import engines
from .captures import Place, places
from .lazy import Lazy, lazy_backend
from .lowered import Lowered
from .passes import optimised
from .program import Program, Var
from .rolled import use
from .trace import Captured, Trace

__all__ = ["Compiled", "compile"]

logger = logging.getLogger("xgrad.compile")

MOST = 64
"""How many programs a function keeps; the one that was used longest ago goes first."""

MANY = 8
"""After how many recordings a function warns that it is recorded again and again."""


def compile(
    f: Callable[..., Any] | None = None,
    /,
    *,
    static: int | str | Sequence[int | str] = (),
    engine: str | None = None,
    donate: int | Sequence[int] = (),
    on_value: str = "error",
) -> Any:
    """Return a function that gives what `f` gives, recorded once and replayed without Python.

    The first call with arguments of new shapes, dtypes or Python values runs `f` and records every
    array operation, those of derivatives inside as well. Later calls run the record: equal steps
    merged, unused ones left out, memory planned once, elementwise steps together.

    Args:
        f: a function of arrays and pytrees, such as a loss, a whole training step, or what
            `xgrad.grad`, `xgrad.hessian` or another transform returns. Its arrays may vary from
            call to call. Everything else among its arguments (numbers, strings, functions)
            belongs to the program: a new value makes a new one.
        static: positions or names of arguments that belong to the program though they hold
            arrays; they may then decide branches.
        engine: what runs the program. ``"numpy"``, the default, gives bit for bit what `f` gives.
            ``"native"`` compiles elementwise steps by the machine's C compiler; exponentials and
            the like then differ from NumPy's in the last bits, by at most 4 ulp. ``"auto"`` takes
            the first until a program has run often, and then the second, if there is a compiler.
        donate: positions of arguments whose memory results may be written to. They must not be
            used after the call.
        on_value: ``"error"``, or ``"eager"`` to run `f` itself, with one warning, where the value
            of an array is asked for.

    Returns:
        A function with ``lower(*args)``, which shows the program, ``stats`` and ``clear()``.
        Differentiated or recorded in turn, it runs `f`.

    Raises:
        TraceError: `f` asks for the value of an array that depends on an argument, as in
            ``if x > 0``, or for a shape that depends on one, as in ``x[x > 0]``.
        MutationError: `f` writes to an argument, or to an array from outside.

    >>> import numpy as np, xgrad as xg
    >>> slope = xg.compile(xg.grad(lambda x: xg.sum(xg.sin(x) ** 2)))
    >>> slope(np.asarray([0.0, np.pi / 4])).round(12)
    array([0., 1.])
    >>> slope.stats["programs"]
    1
    """
    options = {"static": static, "engine": engine, "donate": donate, "on_value": on_value}
    if f is None:
        return lambda f: Compiled(f, **options)  # type: ignore[arg-type]
    return Compiled(f, **options)  # type: ignore[arg-type]


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
        self, owner: Compiled, program: Program, structure: Any, donated: frozenset[Var]
    ) -> None:
        self.program, self.structure, self.donated = program, structure, donated
        self.owner, self.plan = owner, optimised(program)
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
                raw = value._data if type(value) is Array else value
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
            if not np.array_equal(holder._data, copy):
                return None
        found = []
        for hidden in self.hidden:
            raw = hidden.now()
            if raw is None:
                return None
            found.append(raw)
        return found


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
        raw: Any = x._data if type(x) is Array else x
        types: Any = self.backend.array_types  # as its classes are not known to be arrays
        if not isinstance(raw, types) or tuple(raw.shape) != self.shape:
            return None
        if raw.dtype != self.dtype or (type(x) is Array and x._node is not None):
            return None
        if self.baked is not None and not _equal(self.backend, raw, self.baked):
            return None
        return raw


def _equal(backend: Backend, x: Any, y: Any) -> bool:
    return bool(np.array_equal(backend.to_numpy(x), backend.to_numpy(y)))


class Compiled:
    """A function that is recorded once and replayed; `compile` makes it."""

    def __init__(
        self, f: Callable[..., Any], static: Any, engine: str | None, donate: Any, on_value: str
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
        self._quick: dict[Any, tuple[Entry, Any]] = {}
        self._lock = threading.RLock()
        self._traces = 0
        self._warned: set[str] = set()
        self._last_key: Any = None
        update_wrapper(self, f, ("__module__", "__name__", "__qualname__", "__doc__"), ())
        self.__wrapped__ = f

    @property
    def name(self) -> str:
        """The name of the function."""
        return str(getattr(self.f, "__qualname__", None) or repr(self.f))

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    # Calling ---------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program for arguments such as these, or record it."""
        if not kwargs and Trace.now() is None:
            key: Any = [tape.is_recording()]
            for x in args:
                if type(x) is not np.ndarray:
                    break
                key.append((x.shape, x.dtype))
            else:
                quick = self._quick.get(tuple(key))
                if quick is not None:
                    entry, unflatten = quick
                    if not entry.guarded:
                        return unflatten(entry.run(args))
                    hidden = entry.captured()
                    if hidden is not None:
                        return unflatten(entry.run((*args, *hidden)))
        return self._general(args, kwargs)

    def _general(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if Trace.now() is not None or self._is_watched(args, kwargs):
            return self.f(*args, **kwargs)
        call = Arguments(self, args, kwargs)
        entry = self.entries.get(call.key, self)
        if entry is None:
            return self.f(*args, **kwargs)
        if entry is not self:
            hidden = entry.captured()  # type: ignore[union-attr]
            if hidden is not None:
                self._require_apart(call)
                return call.result(entry, entry.run([*call.raws, *hidden]))  # type: ignore[arg-type, union-attr]
        with self._lock:
            return self._record(call, args, kwargs)

    def _is_watched(self, args: Any, kwargs: Any) -> bool:
        """Whether an outer tape looks at an argument, or an outer recording."""
        recording = tape.is_recording()
        for x in trees.leaves((args, kwargs)):
            raw = x
            if type(x) is Array:
                if recording and x._node is not None:
                    return True
                raw = x._data
            if isinstance(raw, Lazy):
                return True
            backend = backend_of_type(type(raw)) if not isinstance(raw, type) else None
            if backend is not None and backend.leads:
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
        self._note(call)
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
        self.entries.pop(call.key, None)
        self.entries[call.key] = entry
        if call.quick is not None:
            self._quick.pop(call.quick, None)
        while len(self.entries) > MOST:
            self.entries.pop(next(iter(self.entries)))
            self._quick.clear()
        if call.quick is not None and not call.donated:
            single = entry.structure is trees.SINGLE
            unflatten = (lambda leaves: leaves[0]) if single else entry.structure.unflatten
            self._quick[call.quick] = entry, unflatten
        entry.prepare()
        return call.result(entry, found)

    def _recorded(self, call: Arguments) -> tuple[Entry, list[Any]]:
        cls: Any = lazy_backend(call.backend).array_types[0]
        trace = Trace(self.name, call.backend, cls)
        given = [trace.argument(raw) for raw in call.raws]
        inputs = [Array(x) for x in given]
        like = given[0] if given else cls(call.backend.xp.zeros(()))
        try:
            with trace, creating_like(like):
                out = _recorded_run(self.f, *call.arguments(inputs))
            leaves, structure = trees.flatten(out)
            trace.require_unwritten(inputs, given, call.name)
        except BaseException:
            trace.undo()
            raise
        flat = [x._data if type(x) is Array else x for x in leaves]
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
        entry.watched = list(trace.watched)
        entry.watch(hidden, self.f)
        examples = [x.value if isinstance(x, Lazy) else x for x in flat]
        copy = call.backend.xp.asarray
        found = [
            copy(x, copy=True) if isinstance(x, call.backend.array_types) else x for x in examples
        ]
        return entry, found

    def _note(self, call: Arguments) -> None:
        """Log a recording; warn if there are many."""
        self._traces += 1
        why = "" if self._last_key is None else difference(self._last_key, call.key)
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
            self._quick.clear()

    def __repr__(self) -> str:
        stats = ", ".join(f"{v} {k}" for k, v in self.stats.items())
        return f"<xgrad.compile of {self.name}, engine {self.engine!r}: {stats}>"


def _recorded_run(f: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Call the function that is recorded; see `Trace.line`."""
    return f(*args, **kwargs)


class Arguments:
    """The arguments of one call, taken apart into arrays and what belongs to the program.

    Attributes:
        leaves: all leaves, with None in the places of arrays.
        raws: the arrays.
        key: what tells this call from one that needs another program.
        lifts: whether an `Array` is among them, so that results are `Array` objects.
        donated: the positions among `raws` of those whose memory is given away.
    """

    def __init__(self, owner: Compiled, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.fixed: list[tuple[Any, Any]] = []
        self.args, self.kwargs = args, kwargs
        if owner.static:
            args, kwargs = self._without_static(owner, args, kwargs)
        self.leaves, self.structure = trees.flatten((args, kwargs) if kwargs else args)
        self.raws: list[Any] = []
        self.places: list[int] = []
        self.lifts = False
        parts: list[Any] = [(name, _static_key(owner, name, x)) for name, x in self.fixed]
        for i, x in enumerate(self.leaves):
            raw = x
            if type(x) is not np.ndarray:
                if type(x) is Array:
                    raw, self.lifts = x._data, True
                elif isinstance(x, np.generic):
                    raw = np.asarray(x)
                elif isinstance(x, type) or backend_of_type(type(x)) is None:
                    parts.append(_static_key(owner, i, x))
                    continue
            if type(raw) is np.ndarray:
                parts.append((raw.shape, raw.dtype))
            else:
                backend = backend_of(raw)
                parts.append((tuple(raw.shape), raw.dtype, backend.name, str(backend.device(raw))))
            self.raws.append(raw)
            self.places.append(i)
        self.backend = self._backend(owner)
        switches = (tape.is_recording(), is_deterministic(), self.lifts)
        self.key = (self.structure, tuple(parts), switches)
        self.donated = self._donated(owner) if owner.donate else []
        self.quick: Any = None
        if not kwargs and not owner.static and all(type(x) is np.ndarray for x in args):
            self.quick = (switches[0], *[(x.shape, x.dtype) for x in args])

    def _without_static(
        self, owner: Compiled, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Set static arguments aside."""
        kept: list[Any] = []
        for i, x in enumerate(args):
            if i in owner.static:
                self.fixed.append((i, x))
            kept.append(None if i in owner.static else x)
        self.fixed += [(name, x) for name, x in kwargs.items() if name in owner.static]
        return tuple(kept), {n: x for n, x in kwargs.items() if n not in owner.static}

    def _backend(self, owner: Compiled) -> Backend:
        if not self.raws:
            return current()[0]
        backend = backend_of(self.raws[0])
        for x in self.raws:
            if type(x) is not type(self.raws[0]) and backend_of(x) is not backend:
                raise errors.MixedBackendError(
                    f"compile: {owner.name} got arrays of two backends, {backend.name!r} and "
                    f"{backend_of(x).name!r}. Move one of them with x.to_backend({backend.name!r})"
                )
        return backend

    def _donated(self, owner: Compiled) -> list[int]:
        """Return which of the arrays belong to arguments whose memory is given away."""
        found, start = [], 0
        for i, x in enumerate(self.args):
            count = len(trees.leaves(x)) if i not in owner.static else 0
            if i in owner.donate:
                found += [k for k, p in enumerate(self.places) if start <= p < start + count]
            start += count
        return found

    def name(self, i: int) -> str:
        """Return how to reach the array number `i`, for a message."""
        names = trees.names(self.structure, "args")
        return names[self.places[i]]

    def arguments(self, arrays: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return arguments with other arrays in the places of these."""
        leaves = list(self.leaves)
        for i, x in zip(self.places, arrays, strict=True):
            leaves[i] = x
        found = self.structure.unflatten(leaves)
        dynamic = {n for n in self.kwargs if n not in dict(self.fixed)}
        args, kwargs = found if dynamic else (found, {})
        args = list(args)
        for name, x in self.fixed:
            if isinstance(name, int):
                args[name] = x
            else:
                kwargs = {**kwargs, name: x}
        return tuple(args), kwargs

    def result(self, entry: Entry, leaves: list[Any]) -> Any:
        """Return the results of a run as the function returns them."""
        if self.lifts:
            types = self.backend.array_types
            leaves = [Array(x) if isinstance(x, types) else x for x in leaves]
        return entry.structure.unflatten(leaves)


def _static_key(owner: Compiled, name: Any, x: Any) -> Any:
    """Return what tells a value that belongs to the program from another."""
    if isinstance(x, np.ndarray):
        return ("array", x.shape, x.dtype, x.tobytes())
    if type(x) is Array:
        return _static_key(owner, name, x._numpy())
    if type(x) is float:
        return (float, x.hex())  # 0.0 == -0.0, and NaN != NaN
    try:
        hash(x)
    except TypeError:
        raise TypeError(
            f"compile: an argument of {owner.name} is {x!r:.60} of type {type(x).__qualname__}, "
            "which is no array and cannot be compared by its hash. Make it a pytree of arrays, a "
            "frozen dataclass, or a tuple"
        ) from None
    return (type(x), x)


def difference(old: Any, new: Any) -> str:
    """Return in words what differs between the keys of two recordings."""
    if old[0] != new[0]:
        return "its arguments have another structure"
    for a, b in zip(old[1], new[1], strict=False):
        if a == b:
            continue
        if isinstance(a[0], tuple) and isinstance(b[0], tuple):
            if a[0] != b[0]:
                return f"an array has shape {b[0]} after {a[0]}"
            return f"an array has dtype {b[1]} after {a[1]}"
        return f"an argument is {b[-1]!r:.40} after {a[-1]!r:.40}"
    return ""
