"""The operators of an array. Each looks its function up in `xgrad` when it is called."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import xgrad

from ..backends import backend_of_type

if TYPE_CHECKING:
    from .array import Array

SCALARS = frozenset((bool, int, float, complex))


class _Takes(dict[type, bool]):
    """Whether an operator takes an operand of a type; if not, the other one's class may know."""

    def __missing__(self: Any, cls: type) -> bool:
        self[cls] = takes = issubclass(cls, tuple(SCALARS)) or backend_of_type(cls) is not None
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
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def define(symbol: str, function: Callable[..., Any], record: Callable[..., Any]) -> None:
    """Make an op what an operator does when an array is on its left.

    That saves a call of a function, a tenth of what an op costs. ``record(other)`` records the op,
    and hands what is not an array beside another or beside a number to `other`.
    """

    def other(x1: Any, x2: Any) -> Any:
        return function(x1, x2) if TAKES[type(x2)] else listed(symbol, x1, x2)

    name = f"__{OPERATORS[symbol].__name__}__"
    method = record(other)
    method.__name__, method.__qualname__ = name, f"Array.{name}"
    setattr(Operators, name, method)


def listed(symbol: str, x1: Any, x2: Any) -> Any:
    """Apply an operator to an array and a list or tuple of numbers, or a sparse matrix."""
    if isinstance(x1, (list, tuple)):
        return OPERATORS[symbol](made_beside(x2, x1), x2)
    if isinstance(x2, (list, tuple)):
        return OPERATORS[symbol](x1, made_beside(x1, x2))
    if symbol == "@" and hasattr(x2, "tocsr") and not hasattr(x2, "pattern"):
        return xgrad.ops.products.times_sparse(x1, A=x2)
    return NotImplemented


def made_beside(like: Array, values: Any) -> Array:
    """Return a nested sequence of numbers as an array on the backend and device of another."""
    made = xgrad.asarray(values)
    return made if made.device == like.device else made.to_backend(like.backend, device=like.device)


class Operators:  # noqa: PLW1641 - arrays are compared element by element, and so not hashed
    """The operators of the Array API standard, and Python's own for containers and numbers."""

    __slots__ = ()

    if TYPE_CHECKING:  # the op itself, as its definition says; see `define`

        def __add__(self, other: Any) -> Array: ...
        def __sub__(self, other: Any) -> Array: ...
        def __mul__(self, other: Any) -> Array: ...
        def __truediv__(self, other: Any) -> Array: ...

    def __getitem__(self: Any, key: Any) -> Array:
        return xgrad.ops.indexing.getitem(self, key)

    def __len__(self: Any) -> int:
        if not self._data.shape:
            raise TypeError("len() of a 0-d array")
        return int(self._data.shape[0])

    def __iter__(self: Any) -> Iterator[Array]:
        if not self._data.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(self._data.shape[0]))

    def __contains__(self: Any, value: Any) -> bool:
        return bool(xgrad.any(self == value))

    def __neg__(self: Any) -> Array:
        return xgrad.negative(self)

    def __pos__(self: Any) -> Array:
        return xgrad.positive(self)

    def __abs__(self: Any) -> Array:
        return xgrad.abs(self)

    def __invert__(self: Any) -> Array:
        return xgrad.bitwise_invert(self)

    def __round__(self: Any, ndigits: int | None = None) -> Array:
        if ndigits is None:
            return xgrad.round(self)
        return xgrad.round(self * 10.0**ndigits) / 10.0**ndigits

    def __radd__(self: Any, other: Any) -> Array:
        return xgrad.add(other, self) if TAKES[type(other)] else listed("+", other, self)

    def __rsub__(self: Any, other: Any) -> Array:
        return xgrad.subtract(other, self) if TAKES[type(other)] else listed("-", other, self)

    def __rmul__(self: Any, other: Any) -> Array:
        return xgrad.multiply(other, self) if TAKES[type(other)] else listed("*", other, self)

    def __rtruediv__(self: Any, other: Any) -> Array:
        return xgrad.divide(other, self) if TAKES[type(other)] else listed("/", other, self)

    def __floordiv__(self: Any, other: Any) -> Array:
        return xgrad.floor_divide(self, other) if TAKES[type(other)] else listed("//", self, other)

    def __rfloordiv__(self: Any, other: Any) -> Array:
        return xgrad.floor_divide(other, self) if TAKES[type(other)] else listed("//", other, self)

    def __mod__(self: Any, other: Any) -> Array:
        return xgrad.remainder(self, other) if TAKES[type(other)] else listed("%", self, other)

    def __rmod__(self: Any, other: Any) -> Array:
        return xgrad.remainder(other, self) if TAKES[type(other)] else listed("%", other, self)

    def __divmod__(self: Any, other: Any) -> tuple[Array, Array]:
        return self // other, self % other

    def __rdivmod__(self: Any, other: Any) -> tuple[Array, Array]:
        return other // self, other % self

    def __pow__(self: Any, other: Any) -> Array:
        return xgrad.pow(self, other) if TAKES[type(other)] else listed("**", self, other)

    def __rpow__(self: Any, other: Any) -> Array:
        return xgrad.pow(other, self) if TAKES[type(other)] else listed("**", other, self)

    def __matmul__(self: Any, other: Any) -> Array:
        return xgrad.matmul(self, other) if TAKES[type(other)] else listed("@", self, other)

    def __rmatmul__(self: Any, other: Any) -> Array:
        return xgrad.matmul(other, self) if TAKES[type(other)] else listed("@", other, self)

    def __and__(self: Any, other: Any) -> Array:
        return xgrad.bitwise_and(self, other) if TAKES[type(other)] else NotImplemented

    def __rand__(self: Any, other: Any) -> Array:
        return xgrad.bitwise_and(other, self) if TAKES[type(other)] else NotImplemented

    def __or__(self: Any, other: Any) -> Array:
        return xgrad.bitwise_or(self, other) if TAKES[type(other)] else NotImplemented

    def __ror__(self: Any, other: Any) -> Array:
        return xgrad.bitwise_or(other, self) if TAKES[type(other)] else NotImplemented

    def __xor__(self: Any, other: Any) -> Array:
        return xgrad.bitwise_xor(self, other) if TAKES[type(other)] else NotImplemented

    def __rxor__(self: Any, other: Any) -> Array:
        return xgrad.bitwise_xor(other, self) if TAKES[type(other)] else NotImplemented

    def __lshift__(self: Any, other: Any) -> Array:
        return xgrad.bitwise_left_shift(self, other) if TAKES[type(other)] else NotImplemented

    def __rlshift__(self: Any, other: Any) -> Array:
        return xgrad.bitwise_left_shift(other, self) if TAKES[type(other)] else NotImplemented

    def __rshift__(self: Any, other: Any) -> Array:
        return xgrad.bitwise_right_shift(self, other) if TAKES[type(other)] else NotImplemented

    def __rrshift__(self: Any, other: Any) -> Array:
        return xgrad.bitwise_right_shift(other, self) if TAKES[type(other)] else NotImplemented

    def __lt__(self: Any, other: Any) -> Array:
        return xgrad.less(self, other) if TAKES[type(other)] else listed("<", self, other)

    def __le__(self: Any, other: Any) -> Array:
        return xgrad.less_equal(self, other) if TAKES[type(other)] else listed("<=", self, other)

    def __gt__(self: Any, other: Any) -> Array:
        return xgrad.greater(self, other) if TAKES[type(other)] else listed(">", self, other)

    def __ge__(self: Any, other: Any) -> Array:
        return xgrad.greater_equal(self, other) if TAKES[type(other)] else listed(">=", self, other)

    def __eq__(self: Any, other: Any) -> Array:  # type: ignore[override] # elementwise, as the standard has it
        return xgrad.equal(self, other) if TAKES[type(other)] else listed("==", self, other)

    def __ne__(self: Any, other: Any) -> Array:  # type: ignore[override] # elementwise, as the standard has it
        return xgrad.not_equal(self, other) if TAKES[type(other)] else listed("!=", self, other)

    def __iadd__(self: Any, other: Any) -> Array:
        return self._inplace(self + other, "+=")  # type: ignore[no-any-return]

    def __isub__(self: Any, other: Any) -> Array:
        return self._inplace(self - other, "-=")  # type: ignore[no-any-return]

    def __imul__(self: Any, other: Any) -> Array:
        return self._inplace(self * other, "*=")  # type: ignore[no-any-return]

    def __itruediv__(self: Any, other: Any) -> Array:
        return self._inplace(self / other, "/=")  # type: ignore[no-any-return]

    def __ifloordiv__(self: Any, other: Any) -> Array:
        return self._inplace(self // other, "//=")  # type: ignore[no-any-return]

    def __imod__(self: Any, other: Any) -> Array:
        return self._inplace(self % other, "%=")  # type: ignore[no-any-return]

    def __ipow__(self: Any, other: Any) -> Array:
        return self._inplace(self**other, "**=")  # type: ignore[no-any-return]

    def __imatmul__(self: Any, other: Any) -> Array:
        return self._inplace(self @ other, "@=")  # type: ignore[no-any-return]

    def __iand__(self: Any, other: Any) -> Array:
        return self._inplace(self & other, "&=")  # type: ignore[no-any-return]

    def __ior__(self: Any, other: Any) -> Array:
        return self._inplace(self | other, "|=")  # type: ignore[no-any-return]

    def __ixor__(self: Any, other: Any) -> Array:
        return self._inplace(self ^ other, "^=")  # type: ignore[no-any-return]

    def __ilshift__(self: Any, other: Any) -> Array:
        return self._inplace(self << other, "<<=")  # type: ignore[no-any-return]

    def __irshift__(self: Any, other: Any) -> Array:
        return self._inplace(self >> other, ">>=")  # type: ignore[no-any-return]
