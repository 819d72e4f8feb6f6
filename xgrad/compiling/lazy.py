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
from functools import partial
from typing import Any

import numpy as np

from .. import errors
from ..arrays.array import SCALARS, Array
from ..backends import Backend
from .program import mapped
from .trace import Trace, current

__all__ = ["Lazy", "define_operators", "perform"]


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

    def __getattr__(self, name: str) -> Any:
        method = getattr(type(self.value), name, None) if name in METHODS else None
        if method is None:
            raise AttributeError(f"a recorded array has no attribute {name!r}")
        return partial(self._called, name, method)

    def _called(self, name: str, method: Any, *args: Any, **kwargs: Any) -> Any:
        return perform(type(self), f"method.{name}", method, (self, *args), kwargs)

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


METHODS = frozenset(
    "all any argmax argmin astype clip conj conjugate copy cumsum cumprod diagonal dot max mean "
    "min prod ravel repeat reshape round squeeze std sum swapaxes take trace transpose var".split()
)
"""Methods of a library's own arrays, which code written for that library calls."""

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


def define_operators(cls: type[Lazy], base: Backend) -> None:
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
    if np.ndarray in base.array_types:  # its operator calls shorter functions
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
