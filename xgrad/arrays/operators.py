"""The operators of an array: each is the op itself, as the op's definition says."""

from __future__ import annotations

import array
import operator
from collections.abc import Callable, Iterator
from numbers import Rational
from typing import TYPE_CHECKING, Any, Self

import numpy as np

import xgrad

from ..backends import Raw, backend_of_type
from ..errors import SubclassError
from ..errors.kinds import length

public: Any = xgrad
"""The namespace, whose functions are looked up when they are called."""

SCALARS = frozenset((bool, int, float, complex))

SEQUENCES = (list, tuple, range, array.array, memoryview)
"""Classes of Python's own that hold numbers, and beside an array stand for one."""


class _Takes(dict[type, bool]):
    """Whether an operator takes an operand of a type; if not, the other one's class may know."""

    def __missing__(self: Any, cls: type) -> bool:
        try:
            takes = issubclass(cls, tuple(SCALARS)) or backend_of_type(cls) is not None
        except SubclassError:
            return True  # the op says so, by its name
        self[cls] = takes
        return takes


TAKES = _Takes(dict.fromkeys(SCALARS, True))


OPERATORS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "@": operator.matmul,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_COMPARISONS = frozenset(("<", "<=", ">", ">=", "==", "!="))
_COMMUTE = frozenset("+*")
_BITWISE = frozenset(("&", "|", "^", "<<", ">>"))


def define(
    symbol: str, function: Callable[..., Any], record: Callable[..., Any] | None = None
) -> None:
    """Make an op what an operator does, with an array on its left, on its right, and in place.

    Args:
        symbol: the operator.
        function: the op, for whatever it takes.
        record: ``record(other)`` gives the op itself as a method, which hands what is not an array
            beside another or beside a number to `other`: a call of a function less, a tenth of
            what an op costs. None if the op is made of others.
    """

    def other(x1: Any, x2: Any) -> Any:
        return function(x1, x2) if TAKES[type(x2)] else listed(symbol, x1, x2)

    def reflected(x2: Any, x1: Any) -> Any:
        return function(x1, x2) if TAKES[type(x1)] else listed(symbol, x1, x2)

    operate, shown = OPERATORS[symbol], f"{symbol}="

    def in_place(x1: Any, x2: Any) -> Any:
        return x1._inplace(operate(x1, x2), shown)

    name = operate.__name__.strip("_")
    method = record(other) if record else other
    methods = {f"__{name}__": method}
    if symbol not in _COMPARISONS:
        methods[f"__r{name}__"] = method if symbol in _COMMUTE else reflected
        methods[f"__i{name}__"] = in_place
    for called, made in methods.items():
        made.__name__, made.__qualname__ = called, f"Array.{called}"
        setattr(Operators, called, made)


def listed(symbol: str, x1: Any, x2: Any) -> Any:
    """Apply an operator to an array and a list, tuple or fraction, or a sparse matrix."""
    if symbol in _BITWISE:
        return NotImplemented
    if isinstance(x1, Rational):  # a fraction of Python's, and those of algebra systems
        return OPERATORS[symbol](float(x1), x2)
    if isinstance(x2, Rational):
        return OPERATORS[symbol](x1, float(x2))
    if isinstance(x1, SEQUENCES):
        return OPERATORS[symbol](made_beside(x2, x1), x2)
    if isinstance(x2, SEQUENCES):
        return OPERATORS[symbol](x1, made_beside(x1, x2))
    for x, other in ((x1, x2), (x2, x1)):  # a table, which gives up its labels for a gradient
        if hasattr(x, "__pandas_priority__") and not isinstance(x, Operators):
            if other._node is None or (values := numbers_of(x)) is None:
                return NotImplemented
            made = made_beside(other, values)
            return OPERATORS[symbol](made, other) if x is x1 else OPERATORS[symbol](other, made)
    if symbol == "@":  # CuPy's sparse matrices leave it to who stands on the right
        for A, x, product in ((x1, x2, "sparse_times"), (x2, x1, "times_sparse")):
            if hasattr(A, "tocsr") and not hasattr(A, "pattern"):
                return getattr(public.ops.sparse, product)(x, A=A)
    name = OPERATORS[symbol].__name__.strip("_")
    for x, other, own in ((x1, x2, f"__{name}__"), (x2, x1, f"__r{name}__")):
        if isinstance(other, Operators) and not hasattr(type(x), own):  # nor knows what to do
            if (values := numbers_of(x)) is None:
                return NotImplemented
            made = made_beside(other, values)
            return OPERATORS[symbol](made, other) if x is x1 else OPERATORS[symbol](other, made)
    return NotImplemented


def numbers_of(x: Any) -> Any:
    """Return the numbers in a table of another library's, as pandas has them, or None."""
    cls = type(x)
    if not hasattr(cls, "__array__") or isinstance(x, Operators) or backend_of_type(cls):
        return None
    values = np.asarray(x)
    return values if values.dtype.kind in "biufc" else None


def made_beside(like: Any, values: Any) -> Any:
    """Return a nested sequence of numbers as an array on the backend and device of another."""
    made = public.asarray(values)
    return made if made.device == like.device else made.to_backend(like.backend, device=like.device)


class Data:
    """What every part of the array's class may use: the raw data, its place on the tape."""

    __slots__ = ()

    if TYPE_CHECKING:
        _raw: Raw
        _node: Any

        shape: Any
        ndim: Any
        size: Any
        dtype: Any
        T: Any

        def _inplace(self, new: Any, symbol: str) -> Self: ...
        def __setitem__(self, key: Any, value: Any) -> None: ...


class Operators(Data):  # noqa: PLW1641 - arrays are compared element by element, and so not hashed
    """The operators of the Array API standard, and Python's own for containers and numbers."""

    __slots__ = ()

    if TYPE_CHECKING:  # each is set by the op's definition; see `define`

        def __add__(self, other: Any, /) -> Self: ...
        def __radd__(self, other: Any, /) -> Self: ...
        def __iadd__(self, other: Any, /) -> Self: ...
        def __sub__(self, other: Any, /) -> Self: ...
        def __rsub__(self, other: Any, /) -> Self: ...
        def __isub__(self, other: Any, /) -> Self: ...
        def __mul__(self, other: Any, /) -> Self: ...
        def __rmul__(self, other: Any, /) -> Self: ...
        def __imul__(self, other: Any, /) -> Self: ...
        def __truediv__(self, other: Any, /) -> Self: ...
        def __rtruediv__(self, other: Any, /) -> Self: ...
        def __itruediv__(self, other: Any, /) -> Self: ...
        def __floordiv__(self, other: Any, /) -> Self: ...
        def __rfloordiv__(self, other: Any, /) -> Self: ...
        def __ifloordiv__(self, other: Any, /) -> Self: ...
        def __mod__(self, other: Any, /) -> Self: ...
        def __rmod__(self, other: Any, /) -> Self: ...
        def __imod__(self, other: Any, /) -> Self: ...
        def __pow__(self, other: Any, /) -> Self: ...
        def __rpow__(self, other: Any, /) -> Self: ...
        def __ipow__(self, other: Any, /) -> Self: ...
        def __matmul__(self, other: Any, /) -> Self: ...
        def __rmatmul__(self, other: Any, /) -> Self: ...
        def __imatmul__(self, other: Any, /) -> Self: ...
        def __and__(self, other: Any, /) -> Self: ...
        def __rand__(self, other: Any, /) -> Self: ...
        def __iand__(self, other: Any, /) -> Self: ...
        def __or__(self, other: Any, /) -> Self: ...
        def __ror__(self, other: Any, /) -> Self: ...
        def __ior__(self, other: Any, /) -> Self: ...
        def __xor__(self, other: Any, /) -> Self: ...
        def __rxor__(self, other: Any, /) -> Self: ...
        def __ixor__(self, other: Any, /) -> Self: ...
        def __lshift__(self, other: Any, /) -> Self: ...
        def __rlshift__(self, other: Any, /) -> Self: ...
        def __ilshift__(self, other: Any, /) -> Self: ...
        def __rshift__(self, other: Any, /) -> Self: ...
        def __rrshift__(self, other: Any, /) -> Self: ...
        def __irshift__(self, other: Any, /) -> Self: ...
        def __lt__(self, other: Any, /) -> Self: ...
        def __le__(self, other: Any, /) -> Self: ...
        def __gt__(self, other: Any, /) -> Self: ...
        def __ge__(self, other: Any, /) -> Self: ...
        def __getitem__(self, key: Any, /) -> Self: ...  # set by `ops.indexing`
        def __eq__(self, other: Any, /) -> Self: ...  # type: ignore[override] # elementwise
        def __ne__(self, other: Any, /) -> Self: ...  # type: ignore[override] # elementwise

    def __len__(self) -> int:
        if not self._raw.shape:
            raise TypeError("len() of a 0-d array: it has no axis to count along; x.size is 1")
        return length(self._raw.shape[0])

    def __iter__(self) -> Iterator[Self]:
        if not self._raw.shape:
            raise TypeError(
                "iteration over a 0-d array: it has no axis to go along. "
                "Use x itself, or xgrad.atleast_1d(x)"
            )
        return (self[i] for i in range(length(self._raw.shape[0])))

    def __contains__(self, value: Any) -> bool:
        return bool(public.any(self == value))

    def __neg__(self) -> Self:
        return public.negative(self)

    def __pos__(self) -> Self:
        return public.positive(self)

    def __abs__(self) -> Self:
        return public.abs(self)

    def __invert__(self) -> Self:
        return public.bitwise_invert(self)

    def __round__(self, ndigits: int | None = None) -> Self:
        if ndigits is None:
            return public.round(self)
        return public.round(self * 10.0**ndigits) / 10.0**ndigits

    def __divmod__(self, other: Any) -> tuple[Self, Self]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Self, Self]:
        return other // self, other % self
