"""The raw array that stands for many, its operators, and how operands are laid side by side."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

import numpy as np

from ... import errors
from .. import Backend, backend_of, backend_of_type

__all__ = ["Batch", "NotBatchedError", "again", "behind", "count_of", "elementwise", "library",
           "reshaped", "spread", "top"]  # fmt: skip


class NotBatchedError(errors.MissingFunctionError):
    """Something that cannot be done to many arrays at once."""


def _no_value(what: str, advice: str = "") -> NoReturn:
    raise NotBatchedError(
        f"vmap: {what} of an array that has another value for each example. {advice}Choose with "
        "xgrad.where(condition, a, b) instead of `if`, or give f what decides with in_axes=None"
    )


_INDEX = "An array of NumPy is indexed by it as in xgrad.asarray(table)[i]. "


class Batch:
    """Many raw arrays of one shape, side by side along the first axis of `data`.

    Attributes:
        data: an array of the library, or a batch of a lower rank. If its first axis has the length
            one, all are the same.
        level: the call of `vmap`, or the sweep, that this is a batch of.
    """

    __slots__ = ("data", "level")
    __array_ufunc__ = None  # NumPy's operators leave the work to those below
    __hash__ = None  # type: ignore[assignment]
    rank = 0

    def __init__(self, data: Any, level: Any) -> None:
        self.data, self.level = data, level

    def of(self, data: Any) -> Any:
        """Return another batch of the same level."""
        return type(self)(data, self.level)

    @property
    def is_shared(self) -> bool:
        """Whether it is seen to be the same for all."""
        return int(self.data.shape[0]) == 1

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of each array."""
        return tuple(self.data.shape[1:])

    @property
    def ndim(self) -> int:
        """The number of axes of each array."""
        return len(self.data.shape) - 1

    @property
    def dtype(self) -> Any:
        """The library's dtype."""
        return self.data.dtype

    @property
    def mT(self) -> Any:  # noqa: N802 - the standard's name
        """Each with its last two axes swapped."""
        return elementwise(lambda xp, x: xp.matrix_transpose(x), self)

    def __getattr__(self, name: str) -> Any:
        raise NotBatchedError(f"a batch has no attribute {name!r}")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        _no_value("numpy.asarray()", _INDEX)

    def __bool__(self) -> bool:  # noqa: PLE0304 - it raises
        _no_value("bool()")

    def __float__(self) -> float:
        _no_value("float()")

    def __complex__(self) -> complex:
        _no_value("complex()")

    def __int__(self) -> int:
        _no_value("int()")

    def __index__(self) -> int:  # noqa: PLE0305 - it raises
        _no_value("an index made", _INDEX)

    def __getitem__(self, key: Any) -> Any:
        return backend_of(self).getitem(self, key)

    def __add__(self, other: Any) -> Any:
        return _operate(operator.add, "add", self, other)

    def __radd__(self, other: Any) -> Any:
        return _operate(operator.add, "add", other, self)

    def __sub__(self, other: Any) -> Any:
        return _operate(operator.sub, "subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return _operate(operator.sub, "subtract", other, self)

    def __mul__(self, other: Any) -> Any:
        return _operate(operator.mul, "multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return _operate(operator.mul, "multiply", other, self)

    def __truediv__(self, other: Any) -> Any:
        return _operate(operator.truediv, "divide", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _operate(operator.truediv, "divide", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return _operate(operator.floordiv, "floor_divide", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return _operate(operator.floordiv, "floor_divide", other, self)

    def __mod__(self, other: Any) -> Any:
        return _operate(operator.mod, "remainder", self, other)

    def __rmod__(self, other: Any) -> Any:
        return _operate(operator.mod, "remainder", other, self)

    def __pow__(self, other: Any) -> Any:
        return _operate(operator.pow, "pow", self, other)

    def __rpow__(self, other: Any) -> Any:
        return _operate(operator.pow, "pow", other, self)

    def __matmul__(self, other: Any) -> Any:
        return backend_of(self).xp.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return backend_of(self).xp.matmul(other, self)

    def __and__(self, other: Any) -> Any:
        return _operate(operator.and_, "bitwise_and", self, other)

    __rand__ = __and__

    def __or__(self, other: Any) -> Any:
        return _operate(operator.or_, "bitwise_or", self, other)

    __ror__ = __or__

    def __xor__(self, other: Any) -> Any:
        return _operate(operator.xor, "bitwise_xor", self, other)

    __rxor__ = __xor__

    def __eq__(self, other: object) -> Any:
        return _operate(operator.eq, "equal", self, other)

    def __ne__(self, other: object) -> Any:
        return _operate(operator.ne, "not_equal", self, other)

    def __lt__(self, other: Any) -> Any:
        return _operate(operator.lt, "less", self, other)

    def __le__(self, other: Any) -> Any:
        return _operate(operator.le, "less_equal", self, other)

    def __gt__(self, other: Any) -> Any:
        return _operate(operator.gt, "greater", self, other)

    def __ge__(self, other: Any) -> Any:
        return _operate(operator.ge, "greater_equal", self, other)

    def __neg__(self) -> Any:
        return self.of(-self.data)

    def __invert__(self) -> Any:
        return self.of(~self.data)

    def __abs__(self) -> Any:
        return self.of(abs(self.data))


def _operate(f: Callable[..., Any], name: str, x1: Any, x2: Any) -> Any:
    """Apply an operator; where a batch of a lower rank is left, the function of the same name.

    Some libraries' arrays refuse an operand that they do not know, and do not let it answer.
    """
    lead, other = (x1, x2) if isinstance(x1, Batch) else (x2, x1)
    if type(other) in _NUMBERS:  # the quickest ways first
        return lead.of(f(lead.data, other) if lead is x1 else f(other, lead.data))
    if type(other) is type(lead):
        a, b = x1.data, x2.data
        if type(a) is type(b) and len(a.shape) == len(b.shape):
            return lead.of(f(a, b))
    elif type(other) is type(lead.data) and len(other.shape) < len(lead.data.shape):
        return lead.of(f(lead.data, other) if lead is x1 else f(other, lead.data))

    def operate(xp: Any, a: Any, b: Any) -> Any:
        lower = isinstance(a, Batch) or isinstance(b, Batch)
        return getattr(xp, name)(a, b) if lower else f(a, b)

    return elementwise(operate, x1, x2)


_NUMBERS = frozenset((bool, int, float, complex))

# Operands side by side ----------------------------------------------------------------------------


def top(args: Any) -> Any:
    """Return the batch of the largest rank among operands, or None."""
    found = None
    for x in args:
        if isinstance(x, Batch) and (found is None or x.rank > found.rank):
            found = x
    return found


def library(args: Any) -> Backend:
    """Return the backend whose functions take all of these: a batch's, else the library's."""
    batch = top(args)
    if batch is not None:
        return backend_of(batch)
    found = None
    for x in args:
        backend = backend_of_type(type(x))
        if backend is not None:
            found = backend
            if not (isinstance(x, (np.generic, np.ndarray)) and x.shape == ()):
                break  # a number of NumPy's may stand beside any library's arrays
    if found is None:
        raise NotBatchedError("no array to tell the library by")
    return found


def _ndim(x: Any) -> int:
    return len(x.shape) if hasattr(x, "shape") else 0


def inside(x: Any, lead: Batch, ndim: int) -> Any:
    """Return what stands for `x` beside arrays of `ndim` axes: axes are added behind the first."""
    if type(x) is not type(lead):
        return x
    data, missing = x.data, ndim - x.ndim
    if missing <= 0:
        return data
    shape = tuple(data.shape)
    return backend_of(data).xp.reshape(data, (shape[0], *(1,) * missing, *shape[1:]))


def reshaped(xp: Any, data: Any, shape: Sequence[int]) -> Any:
    """Return each in another shape, in which one length may be -1 even if there are no examples."""
    count, *lengths = data.shape
    if count == 0 and -1 in shape:
        known = math.prod(n for n in shape if n != -1)
        left = math.prod(lengths) // known if known else -1
        shape = [left if n == -1 else n for n in shape]
    return xp.reshape(data, (count, *shape))


def again(lead: Batch, out: Any) -> Any:
    """Return what a function gave for all as a batch, a tuple of results as a tuple of them."""
    if type(out) is not type(lead.data) and isinstance(out, (tuple, list)):
        return tuple(lead.of(part) for part in out)
    return lead.of(out)


def elementwise(f: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Apply ``f(xp, *arrays)`` with axes aligned from the last one, each beside each."""
    lead = top(args)
    if lead is None:
        return f(library(args).xp, *args, **kwargs)
    if len(args) == 1:
        return again(lead, f(backend_of(lead.data).xp, lead.data, **kwargs))
    ndim = max([_ndim(x) for x in args])
    parts = [inside(x, lead, ndim) for x in args]
    return again(lead, f(library(parts).xp, *parts, **kwargs))


def count_of(args: Iterable[Any], lead: Batch) -> int:
    """Return how many arrays lie side by side in operands: one if they are the same for all."""
    counts = (int(x.data.shape[0]) for x in args if type(x) is type(lead))
    return next((n for n in counts if n != 1), 1)


def spread(x: Any, lead: Batch, count: int) -> Any:
    """Return an operand's data once for each of a batch, also if it is the same for all."""
    if type(x) is type(lead):
        if not x.is_shared:
            return x.data
        return backend_of(x.data).xp.broadcast_to(x.data, (count, *x.shape))
    return backend_of(x).xp.broadcast_to(x, (count, *x.shape))


def behind(axis: Any) -> Any:
    """Return axes of each array as axes of all."""
    if isinstance(axis, (tuple, list)):
        return tuple(behind(a) for a in axis)
    return axis + 1 if axis >= 0 else axis
