"""Python's own functions and containers, for values that may be tracked.

xgrad gives functions the containers they were called with, so that `list`, `tuple` and `dict` are
Python's, and a box of one is the container itself.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from typing import Any

from xgrad import Array, tree

from . import refused
from .border import raw
from .extend import (
    Box,
    SparseObject,
    VSpace,
    defjvp,
    defjvp_argnum,
    defvjp,
    defvjp_argnum,
    notrace_primitive,
    primitive,
    vspace,
)
from .util import subvals
from .vspace import (
    ContainerVSpace,
    DictVSpace,
    ListVSpace,
    NamedTupleVSpace,
    SequenceVSpace,
    TupleVSpace,
)

isinstance_, type_ = builtins.isinstance, builtins.type
dict_, list_, tuple_ = builtins.dict, builtins.list, builtins.tuple

__all__ = [
    "Box",
    "ContainerVSpace",
    "DictBox",
    "DictVSpace",
    "ListVSpace",
    "NamedTupleVSpace",
    "SequenceBox",
    "SequenceVSpace",
    "SparseObject",
    "TupleVSpace",
    "VSpace",
    "container_take",
    "container_untake",
    "defjvp",
    "defjvp_argnum",
    "defvjp",
    "defvjp_argnum",
    "dict",
    "isinstance",
    "list",
    "make_sequence",
    "notrace_primitive",
    "primitive",
    "sequence_extend_left",
    "sequence_extend_right",
    "subvals",
    "tuple",
    "type",
    "vspace",
]


class _Own(builtins.type):
    """The class of classes that make and know Python's own containers.

    They are classes of their own, as in autograd, so that other libraries may register them.
    """

    kind: Any

    def __instancecheck__(cls, x: object) -> bool:
        return isinstance_(x, cls.kind)


class tuple(builtins.tuple[Any, ...], metaclass=_Own):  # noqa: N801 - Python's name
    """Python's tuple."""

    __slots__ = ()
    kind = tuple_

    def __new__(cls, *args: Any) -> Any:
        """Return Python's own tuple."""
        return tuple_(*args)


class list(builtins.list[Any], metaclass=_Own):  # noqa: N801 - Python's name
    """Python's list."""

    kind = list_

    def __new__(cls, *args: Any) -> Any:
        """Return Python's own list."""
        return list_(*args)


class dict(builtins.dict[Any, Any], metaclass=_Own):  # noqa: N801 - Python's name
    """Python's dict."""

    kind = dict_

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Return Python's own dict."""
        return dict_(*args, **kwargs)


class _Containers(builtins.type):
    """The class of classes of which containers that hold tracked values are instances."""

    kinds: builtins.tuple[Any, ...]

    def __instancecheck__(cls, x: object) -> bool:
        return isinstance_(x, cls.kinds) and any(isinstance_(y, Array) for y in tree.leaves(x))


class SequenceBox(metaclass=_Containers):
    """A list or tuple that holds tracked values."""

    kinds = (builtins.list, builtins.tuple)


class DictBox(metaclass=_Containers):
    """A dict that holds tracked values."""

    kinds = (builtins.dict,)


def isinstance(x: Any, class_or_tuple: Any) -> bool:
    """Whether the value of `x`, tracked or not, is of a class."""
    return isinstance_(raw(x), class_or_tuple)


def type(x: Any) -> Any:
    """Return the class of the value of `x`, tracked or not."""
    return type_(raw(x))


def container_take(A: Any, idx: Any) -> Any:
    """Return an item of a container."""
    return A[idx]


def container_untake(x: Any, idx: Any, vs: VSpace) -> Any:
    """Return a container of zeros but for an item, or for a slice of a sequence."""
    zeros = vs.zeros()
    if isinstance_(zeros, builtins.dict):
        return {**zeros, idx: x}
    made: Callable[[Iterable[Any]], Any] = type_(zeros)
    items = [*zeros]
    items[idx] = x
    return made(items)


def make_sequence(seq_type: Any, *args: Any) -> Any:
    """Return a sequence of some items."""
    return seq_type(args)


def sequence_extend_right(seq: Any, *elts: Any) -> Any:
    """Return a sequence with more items after its own."""
    return seq + type_(seq)(elts)


def sequence_extend_left(seq: Any, *elts: Any) -> Any:
    """Return a sequence with more items before its own."""
    return type_(seq)(elts) + seq


__getattr__ = refused.lookup(__name__)
