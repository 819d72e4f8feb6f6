"""The backend of recorded arrays: a library's namespace, every function of which is recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import errors
from ..arrays.array import Array
from ..backends import RECORDS, Backend, backend_of_type, register
from ..backends import current as current_place
from .lazy import Lazy, define_operators, perform
from .program import mapped
from .trace import Trace

__all__ = ["Functional", "lazy_backend"]


OF_TYPES = frozenset("can_cast result_type finfo iinfo isdtype broadcast_shapes".split())
"""Functions of dtypes and shapes, whose results are no arrays."""

OF_SHAPES = frozenset("zeros_like ones_like empty_like".split())
"""Functions that look at nothing but shape, dtype and device of their argument."""


ZEROS = {"empty": "zeros", "empty_like": "zeros_like"}
"""What makes memory that is all written to: a program keeps it, and is to be the same each time."""


class Recorded:
    """A namespace of functions that are recorded; whatever else a library's has is its own."""

    def __init__(self, cls: type[Lazy], raw: Any, path: str, **own: Any) -> None:
        self._cls, self._raw, self._path = cls, raw, path
        self.__dict__.update(own)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self._raw, ZEROS.get(name, name))
        if not callable(found) or isinstance(found, type):
            if type(found).__name__ == "module" or hasattr(found, "_sources"):
                found = Recorded(self._cls, found, f"{self._path}.{name}")
        else:
            found = self._recorded(name, found)
        setattr(self, name, found)
        return found

    def _recorded(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        cls, path = self._cls, f"{self._path}.{name}"
        if name in OF_SHAPES:
            return lambda x, *args, **kwargs: cls(function(_example(x), *args, **kwargs))
        if name in OF_TYPES:
            return lambda *args, **kwargs: function(*[mapped(_example, x) for x in args], **kwargs)

        def call(*args: Any, **kwargs: Any) -> Any:
            return perform(cls, path, function, args, kwargs)

        return call


def _example(x: Any) -> Any:
    return x.value if isinstance(x, Lazy) else x


# The backend --------------------------------------------------------------------------------------


class _OfRecorded(Backend):
    """A backend of recorded arrays, whose SciPy is that of the library."""

    def chapter(self, name: str) -> Any:
        """Return a chapter of SciPy, every function of which is recorded."""
        cls: Any = self.array_types[0]
        return Recorded(cls, cls.base.chapter(name), f"chapter.{name}")


_MADE: dict[Backend, Backend] = {}


def lazy_backend(base: Backend) -> Backend:
    """Return the backend of recorded arrays over a library's own."""
    if base not in _MADE:
        _MADE[base] = _made(base)
    return _MADE[base]


def _made(base: Backend) -> Backend:
    class LazyOf(Lazy):
        __slots__ = ()

    LazyOf.__name__ = LazyOf.__qualname__ = f"Lazy[{base.name}]"
    cls = LazyOf
    cls.base = base
    define_operators(cls, base)

    def recorded(name: str) -> Any:
        function = getattr(base, name)
        if function is None:
            return None
        return lambda *args: perform(cls, f"backend.{name}", function, args)

    def added(x: Any, key: Any, value: Any) -> Any:
        return perform(cls, "compiling.index_add", Functional(base).index_add, (x, key, value))

    def written(x: Any, key: Any, value: Any, copy: bool = True) -> Any:
        return perform(cls, "compiling.setitem", Functional(base).setitem, (x, key, value))

    def adopted(x: Array, like: Any) -> Array:
        return _adopted(
            cls, x, base.device(like.value) if type(like) is cls else current_place()[1]
        )

    own = _OfRecorded(
        name=f"recorded_{base.name}",
        xp=Recorded(cls, base.xp, "xp"),
        array_types=(cls,),
        dtypes=base.dtypes,
        devices=base.devices,
        device=lambda x: base.device(x.value),
        to_numpy=lambda x: base.to_numpy(x.known("numpy.asarray()")),
        from_numpy=lambda x, device: cls(base.from_numpy(x, device)),
        index_add=added,
        random=lambda seed, device: _stream(base, seed, device),
        getitem=recorded("getitem"),
        setitem=written,
        strong_multiply=recorded("strong_multiply"),
        synchronize=base.synchronize,
        parse_device=base.parse_device,
        on_device=base.on_device,
        leads=RECORDS,
        adopt=adopted,
        holds_double=lambda x: base.holds_double(x.value),
        solve_triangular=recorded("solve_triangular"),
        lu_factor=recorded("lu_factor"),
        lu_solve=recorded("lu_solve"),
        cholesky_pull=recorded("cholesky_pull"),
        expm=recorded("expm"),
        ranked=recorded("ranked"),
        running_max=recorded("running_max"),
        running_logsumexp=recorded("running_logsumexp"),
        segment_max=recorded("segment_max"),
        recurrence=recorded("recurrence"),
        distances=recorded("distances"),
    )
    cls.own = own
    return register(own)


def _stream(base: Backend, seed: Any, device: Any) -> Any:
    trace = Trace.now()
    if trace is None:
        return base.random(seed, device)
    return trace.new_stream(base, seed, device)


def _adopted(cls: type[Lazy], x: Array, device: Any) -> Array:
    """Return an `Array` that a recorded function captures as one of its hidden inputs."""
    raw, trace = x._raw, Trace.now()
    if trace is None:
        raise errors.TraceError(
            "compile: an array of a program that was recorded is used after its recording has "
            "ended, or in another thread. Return it from the compiled function instead of keeping "
            "it elsewhere, and compute in the thread that calls the function"
        )
    trace.require_own(x)
    if not isinstance(raw, cls.base.array_types):
        backend = backend_of_type(type(raw))
        if not isinstance(raw, np.ndarray):
            raise errors.MixedBackendError(
                f"compile: got arrays of two backends, {cls.base.name!r} and "
                f"{backend.name if backend else type(raw).__name__!r}. Move one of them with "
                f"x.to_backend({cls.base.name!r}); nothing is copied silently"
            )
        trace.watched.append((x, np.array(raw)))
        return Array(cls(cls.base.from_numpy(raw, device)), x._node)
    return Array(cls(raw, trace.captured(x), trace), x._node)


class Functional:
    """Writing to a copy, with what a library has for it."""

    def __init__(self, base: Backend) -> None:
        self.base = base

    def _copy(self, x: Any) -> Any:
        return self.base.xp.asarray(x, copy=True)

    def setitem(self, x: Any, key: Any, value: Any) -> Any:
        """Return a copy with a value at an index."""
        return self.base.setitem(self._copy(x), key, value, False)

    def index_add(self, x: Any, key: Any, value: Any) -> Any:
        """Return a copy with a value added at an index."""
        return self.base.index_add(self._copy(x), key, value)
