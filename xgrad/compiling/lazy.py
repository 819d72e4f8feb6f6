"""The raw array that records what is done to it, as one more backend.

A `Lazy` is the raw array of a pseudo-backend over a library's own. Its namespace calls the
library's functions on *example values*, those of the first call, and writes an equation for each
call. So shapes, dtypes and promotion are the library's own, and no shape rule is written here. The
tape, all derivative rules and both walks run on it as on any backend.

Nobody may look at the example value of what depends on an argument: that raises `TraceError`. What
depends on no argument has no variable; it is a constant of the program, computed once.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import errors
from ..arrays.array import SCALARS, Array
from ..backends import Backend, backend_of_type, register
from ..backends import current as current_place
from .program import mapped
from .trace import Trace, current

__all__ = ["Lazy", "lazy_backend"]


class Lazy:
    """An array of a program that is being recorded: an example value, and its variable.

    Attributes:
        value: the library's array of the first call.
        var: its variable; None for a constant.
        trace: what records it.
    """

    __slots__ = ("dtype", "shape", "trace", "value", "var")
    __hash__ = object.__hash__
    base: Backend
    own: Backend

    def __init__(self, value: Any, var: Any = None, trace: Trace | None = None) -> None:
        self.value, self.var, self.trace = value, var, trace
        self.shape, self.dtype = tuple(value.shape), value.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def mT(self) -> Any:  # noqa: N802 - the standard's name
        """The array with its last two axes swapped."""
        return self.own.xp.matrix_transpose(self)

    @property
    def T(self) -> Any:  # noqa: N802 - the standard's name
        """The array with its axes reversed."""
        return self.own.xp.permute_dims(self, tuple(range(self.ndim))[::-1])

    def known(self, what: str) -> Any:
        """Return the value of a constant; of anything else nobody knows it."""
        if self.var is None:
            return self.value
        raise errors.TraceError(
            f"compile: {what} asks for the value of an array that depends on an argument "
            f"({self.dtype}{list(self.shape)}); while a function is recorded only shape and dtype "
            "are known. Write xgrad.where(condition, a, b) for a branch, pass what decides as a "
            "Python number or in static=, or compile with on_value='eager'"
            + current(self).where_now()
        )

    def __bool__(self) -> bool:
        return bool(self.known("bool()"))

    def __float__(self) -> float:
        return float(self.known("float()"))

    def __int__(self) -> int:
        return int(self.known("int()"))

    def __complex__(self) -> complex:
        return complex(self.known("complex()"))

    def __index__(self) -> int:
        return int(self.known("an index"))

    def item(self) -> Any:
        """Return the only element of a constant."""
        return self.known("item()").item()

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self.base.to_numpy(self.known("numpy.asarray()")), dtype=dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs or not all(map(self.takes, inputs)):
            return NotImplemented
        return perform(type(self), f"numpy.{ufunc.__name__}", ufunc, inputs)

    def takes(self, x: Any) -> bool:
        """Whether an operator takes this operand."""
        return (
            type(x) is type(self)
            or type(x) in SCALARS
            or isinstance(x, (*self.base.array_types, *SCALARS))
        )

    def __len__(self) -> int:
        return int(self.shape[0])

    def __getitem__(self, key: Any) -> Any:
        return self.own.getitem(self, key)

    def __repr__(self) -> str:
        return f"<recorded {self.dtype}{list(self.shape)}>"


_BINARY = {
    **{name: getattr(operator, name) for name in "add sub mul truediv floordiv mod matmul".split()},
    **{name: getattr(operator, name) for name in "lt le gt ge eq ne pow".split()},
    "and": operator.and_,
    "or": operator.or_,
    "xor": operator.xor,
    "lshift": operator.lshift,
    "rshift": operator.rshift,
}
_NAMES = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "matmul": "matmul",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "eq": "equal",
    "ne": "not_equal",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "bitwise_left_shift",
    "rshift": "bitwise_right_shift",
    "pow": "pow",
    "neg": "negative",
    "invert": "bitwise_invert",
    "abs": "abs",
}


def _operator_of(base: Backend, name: str, f: Any) -> tuple[str, Any]:
    """Return path and function of an operator: a library's ufunc where the operator is that."""
    function = getattr(base.xp, _NAMES[name], None)
    if isinstance(function, np.ufunc):
        return f"xp.{_NAMES[name]}", function
    return f"operator.{f.__name__}", f


_POWERS = {2: np.square, 0.5: np.sqrt, -1: np.reciprocal, 1: np.positive}
"""What NumPy's operator calls for a power that is a Python number."""


def _short_power(p: Any, kind: str) -> Any:
    """Return the function that NumPy's operator calls for a power, if it is not `numpy.power`."""
    if type(p) not in (int, float) or kind not in "fc":
        return None
    if kind == "c" and type(p) is float and p != 0.5:
        return None
    return _POWERS.get(p)


def _define_operators(cls: type[Lazy], base: Backend) -> None:
    """Give a class the operators of arrays."""

    def binary(path: str, function: Any, swapped: bool) -> Any:
        def method(self: Lazy, other: Any) -> Any:
            if not self.takes(other):
                return NotImplemented
            return perform(cls, path, function, (other, self) if swapped else (self, other))

        return method

    def unary(path: str, function: Any) -> Any:
        return lambda self: perform(cls, path, function, (self,))

    def power(self: Lazy, p: Any) -> Any:
        if not self.takes(p):
            return NotImplemented
        short = _short_power(p, self.dtype.kind)
        if short is not None:
            return perform(cls, f"numpy.{short.__name__}", short, (self,))
        return perform(cls, *path_of_power, (self, p))

    for name, f in _BINARY.items():
        path, function = _operator_of(base, name, f)
        setattr(cls, f"__{name}__", binary(path, function, False))
        if name not in ("lt", "le", "gt", "ge", "eq", "ne"):
            setattr(cls, f"__r{name}__", binary(path, function, True))
    for name, f in {"neg": operator.neg, "invert": operator.invert, "abs": operator.abs}.items():
        setattr(cls, f"__{name}__", unary(*_operator_of(base, name, f)))
    path_of_power = _operator_of(base, "pow", operator.pow)
    if isinstance(path_of_power[1], np.ufunc):
        setattr(cls, "__pow__", power)  # noqa: B010 - as the others above


def perform(
    cls: type[Lazy],
    path: str,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None = None,
) -> Any:
    """Call a library's function on example values, and record it if an argument is behind it."""
    trace: Trace | None = None
    now = Trace.now()
    raw, symbols = [], []
    for x in args:
        kind = type(x)
        if kind is cls:
            raw.append(x.value)
            if x.var is None:
                symbols.append(x.value)
            else:
                trace = now
                symbols.append(x.var if x.trace is now else current(x).imported(x))
        elif kind is tuple or kind is list or isinstance(x, cls.base.array_types):
            r, s, t = _taken(cls, x)
            raw.append(r)
            symbols.append(s)
            trace = t or trace
        else:
            raw.append(x)
            symbols.append(x)
    named, symbols_of_named = {}, {}
    for key, x in (kwargs or {}).items():
        named[key], symbols_of_named[key], t = _taken(cls, x)
        trace = t or trace
    with cls.base.quiet():
        value = function(*raw, **named)
    if trace is None:
        return _constant(cls, value)
    return trace.record(cls, path, function, tuple(symbols), symbols_of_named, value, tuple(raw))


def _taken(cls: type[Lazy], x: Any) -> tuple[Any, Any, Trace | None]:
    """Return an argument as example value and as symbol, and the trace of what is in it."""
    found: list[Trace] = []

    def symbol(x: Any) -> Any:
        if type(x) is cls:
            if x.var is None:
                return x.value
            trace = current(x)
            found.append(trace)
            return x.var if x.trace is trace else trace.imported(x)
        if isinstance(x, cls.base.array_types) and not isinstance(x, np.generic):
            now = Trace.now()
            if now is not None:  # it may be filled again by whoever holds it
                found.append(now)
                return now.captured(Array(x))
        return x

    raw = mapped(lambda x: x.value if type(x) is cls else x, x)
    return raw, mapped(symbol, x), found[0] if found else None


def _constant(cls: type[Lazy], value: Any) -> Any:
    """Return what a function of constants gave as constants."""
    if isinstance(value, cls.base.array_types):
        return cls(np.asarray(value) if isinstance(value, np.generic) else value)
    if isinstance(value, (tuple, list)) and any(isinstance(v, cls.base.array_types) for v in value):
        made = [_constant(cls, v) for v in value]
        return value._make(made) if hasattr(value, "_make") else tuple(made)
    return value


# The namespace ------------------------------------------------------------------------------------

OF_TYPES = frozenset("can_cast result_type finfo iinfo isdtype broadcast_shapes".split())
"""Functions of dtypes and shapes, whose results are no arrays."""

OF_SHAPES = frozenset("zeros_like ones_like empty_like".split())
"""Functions that look at nothing but shape, dtype and device of their argument."""


class Recorded:
    """A namespace of functions that are recorded; whatever else a library's has is its own."""

    def __init__(self, cls: type[Lazy], raw: Any, path: str, **own: Any) -> None:
        self._cls, self._raw, self._path = cls, raw, path
        self.__dict__.update(own)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self._raw, name)
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
    _define_operators(cls, base)

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

    own = Backend(
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
        leads=1,
        adopt=adopted,
        solve_triangular=recorded("solve_triangular"),
        lu_factor=recorded("lu_factor"),
        lu_solve=recorded("lu_solve"),
        cholesky_pull=recorded("cholesky_pull"),
        expm=recorded("expm"),
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
    raw, trace = x._data, Trace.now()
    if trace is None:
        raise errors.TraceError(
            "compile: an array of a program that was recorded is used after its recording has "
            "ended. Return it from the compiled function instead of keeping it elsewhere"
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
