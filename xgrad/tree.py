"""Pytrees, and the boundary where raw arrays become `Array` and come back.

A pytree is an array, a number, or a dict, list, tuple, namedtuple, dataclass, class of attrs or
`SimpleNamespace` of pytrees. Text, paths, dates, members of enumerations, functions, classes,
dtypes and None belong to the structure wherever they stand, not to the leaves, since none has a
derivative. So do the fields of a dataclass with ``metadata={"static": True}``, and what a field
holds that can be called, or is a truth value.
An integer in a field with ``metadata={"counts": True}`` is an array among the leaves: it
changes from call to call, and a compiled function is to be one program for all of them. An array
that stands in several places is a leaf in each; `ties` tells which are the same.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from . import errors
from .arrays.array import SCALARS, Array, array_of
from .backends import BY_TYPE, backend_of, backend_of_type, is_inexact, lacking, native
from .backends.batched import require_running
from .names import find

NAMESPACE = "xgrad"

CONSTANTS = (
    *(str, bytes, PurePath, Enum, range, type, FunctionType, BuiltinFunctionType),
    *(np.ufunc, np.dtype, date, timedelta),
)
"""Classes of what has no derivative, and is compared as a part of the structure."""


_CONTAINERS = frozenset((tuple, list, dict))
"""Classes that are neither leaves nor constants, of which nothing need be asked."""


class _Single:
    """The structure of a lone array: what most calls have, at no cost."""

    num_leaves = 1

    def unflatten(self, leaves: Any) -> Any:
        """Return the one leaf."""
        (leaf,) = leaves
        return leaf

    def __repr__(self) -> str:
        return "PyTreeSpec(*)"


SINGLE = _Single()


def is_leaf_type(x: object) -> bool:
    """Whether `x` is an array or a number."""
    cls = type(x)
    if cls is Array or cls in SCALARS or cls in BY_TYPE:  # nearly all, at once
        return True
    return isinstance(x, Array) or backend_of_type(cls) is not None


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """Return the leaves of a pytree, and its structure."""
    if type(tree) not in _CONTAINERS and (
        is_leaf_type(tree) or isinstance(tree, CONSTANTS)  # the latter for an error by name
    ):
        return [tree], SINGLE
    if type(tree) is tuple:  # what several arguments are: arrays, at once
        for x in tree:
            if type(x) is not Array and type(x) not in BY_TYPE:
                break
        else:
            return [*tree], _tuple_of(len(tree))
    import optree  # its import costs more than most programs' first gradient

    while True:
        leaves, structure = optree.tree_flatten(tree, namespace=NAMESPACE)
        classes = {type(x) for x in leaves if type(x) not in BY_TYPE and not is_leaf_type(x)}
        made = [_register(cls) for cls in classes]
        if not any(made):
            return leaves, structure


@lru_cache(maxsize=64)
def _tuple_of(count: int) -> Any:
    """Return the structure of a tuple of leaves."""
    import optree

    leaves: Any = (0,) * count  # which optree's types expect to be a tree of trees
    return optree.tree_structure(leaves, namespace=NAMESPACE)


def _is_record(x: Any) -> bool:
    return dataclasses.is_dataclass(x) and not isinstance(x, type)


_registering = threading.Lock()
_registered: set[type] = set()


def _register(cls: type) -> bool:
    """Make a class known as one of pytrees or of constants; return whether it is one."""
    with _registering:  # another thread may have come upon it at the same time
        if cls not in _registered and not _is_now_one(cls):
            return False
        _registered.add(cls)
    return True


def _is_now_one(cls: type) -> bool:
    import optree

    node: Any = cls  # whose classes optree's types expect to be collections
    if dataclasses.is_dataclass(cls):
        _register_dataclass(cls)
    elif issubclass(cls, CONSTANTS):
        optree.register_pytree_node(node, _nothing, _itself, namespace=NAMESPACE)
    elif has_attributes(cls):
        optree.register_pytree_node(node, attributes, _with_attributes, namespace=NAMESPACE)
    else:
        return False
    return True


def _nothing(x: Any) -> tuple[tuple[()], Any, tuple[()]]:
    return (), x, ()


def _itself(x: Any, _: Any) -> Any:
    return x


def has_attributes(cls: type) -> bool:
    """Whether objects of a class are pytrees of their attributes: namespaces, classes of attrs."""
    return issubclass(cls, SimpleNamespace) or hasattr(cls, "__attrs_attrs__")


def attributes(x: Any) -> tuple[list[Any], Any, list[str]]:
    """Return the parts of such an object, what is known of it besides, and their names."""
    fields = getattr(type(x), "__attrs_attrs__", None)
    names = sorted(vars(x)) if fields is None else [f.name for f in fields]
    return [getattr(x, name) for name in names], (type(x), tuple(names)), names


def _with_attributes(known: Any, children: Any) -> Any:
    cls, names = known
    x: Any = cls.__new__(cls)
    for name, value in zip(names, children, strict=True):
        object.__setattr__(x, name, value)
    return x


def _register_dataclass(cls: Any) -> None:
    import optree

    fields = dataclasses.fields(cls)
    counts = {f.name for f in fields if f.metadata.get("counts", False)}

    def split(x: Any) -> tuple[list[Any], tuple[Any, ...], list[str]]:
        names, children, parts = [], [], []
        for f in fields:
            value = getattr(x, f.name)
            if is_structure(f, value):
                parts.append((f.name, value))
            else:
                names.append(f.name)
                children.append(value)
        if counts:
            children = [
                np.asarray(c) if n in counts and type(c) is int else c
                for n, c in zip(names, children, strict=True)
            ]
        return children, (tuple(names), tuple(parts)), names

    def join(known: Any, children: Any) -> Any:
        names, parts = known
        x: Any = object.__new__(cls)
        if counts:
            children = [
                _as_count(c) if n in counts else c for n, c in zip(names, children, strict=True)
            ]
        for name, value in [*zip(names, children, strict=True), *parts]:
            object.__setattr__(x, name, value)
        return x

    optree.register_pytree_node(cls, split, join, namespace=NAMESPACE)


def is_structure(field: dataclasses.Field[Any], value: Any) -> bool:
    """Whether what a field of a dataclass holds belongs to the structure: it has no derivative.

    Args:
        field: the field, which may say so itself, by ``metadata={"static": True}``.
        value: what an instance holds in it.

    Returns:
        True for text, truth values, None, and what can be called but is no pytree.
    """
    if field.metadata.get("static", False):
        return True
    if value is None or isinstance(value, (bool, *CONSTANTS)):
        return True
    return callable(value) and not _is_record(value) and not is_leaf_type(value)


def ties(leaves: list[Any]) -> list[int]:
    """Return for each leaf the place of the first one that is the very same array."""
    first: dict[int, int] = {}
    return [
        i if type(x) in SCALARS or isinstance(x, np.generic) else first.setdefault(id(x), i)
        for i, x in enumerate(leaves)
    ]


def gathered(leaves: list[Any], places: list[int]) -> list[Any]:
    """Return cotangents of leaves with those of one array summed where it stands first.

    Args:
        leaves: a cotangent for each leaf.
        places: what `ties` says of the leaves.

    Returns:
        A list as long; what stands at the other places of an array is left as it was.
    """
    out = list(leaves)
    for i, first in enumerate(places):
        if first != i:
            out[first] = out[first] + leaves[i]
    return out


def _as_count(x: Any) -> Any:
    """Return an integer on the host as a Python one; what else there is as it is."""
    raw = x._raw if type(x) is Array else x
    is_host = (
        isinstance(raw, (np.ndarray, np.generic)) and raw.shape == () and raw.dtype.kind in "iu"
    )
    return int(raw) if is_host else x


def map(f: Callable[..., Any], tree: Any, *rest: Any) -> Any:
    """Return a pytree with `f` applied to each leaf, or to the leaves of several trees in step.

    Args:
        f: a function of a leaf of each tree.
        tree: a leaf, or a tuple, list, dict, dataclass or other pytree of leaves.
        *rest: more trees of the same structure.

    Returns:
        A tree of the structure of `tree` that holds what `f` returned.

    Raises:
        ValueError: if the trees have different structures.

    >>> import xgrad as xg
    >>> xg.tree.map(lambda w, g: w - 0.1 * g, {"w": 1.0}, {"w": 2.0})
    {'w': 0.8}
    """
    leaves, structure = flatten(tree)
    others = []
    for other in rest:
        more, shape = flatten(other)
        if shape != structure:
            raise ValueError(f"tree.map: got trees of the structures {structure} and {shape}")
        others.append(more)
    return structure.unflatten([f(*xs) for xs in zip(leaves, *others, strict=True)])


def leaves(tree: object) -> list[Any]:
    """Return the leaves of a pytree."""
    return flatten(tree)[0]


def constants(tree: Any) -> list[Any]:
    """Return what belongs to the structure of a pytree, as text and functions do."""
    import optree

    found = optree.tree_leaves(tree, is_leaf=_is_constant, namespace=NAMESPACE)
    return [x for x in found if _is_constant(x)]


def _is_constant(x: object) -> bool:
    return isinstance(x, CONSTANTS)


def names(structure: Any, tree: str) -> list[str]:
    """Return how to reach each leaf of a tree of this name: ``tree['layers'][0].w``.

    Args:
        structure: what `flatten` gave beside the leaves.
        tree: how the tree itself is called.

    Returns:
        A list of expressions of Python, in the order of the leaves.
    """
    if structure is SINGLE:
        return [tree]
    return [accessor.codify(tree) for accessor in structure.accessors()]


def as_array(x: Any, what: str) -> Array:
    """Return a leaf as an `Array`: a number on the current backend, a raw array where it is.

    Args:
        x: an array or a number.
        what: what asks, as the error says it.

    Returns:
        `x` itself if it is an `Array`, else a new one that is not tracked.

    Raises:
        NotDifferentiableError: if `x` is neither.
    """
    if isinstance(x, Array):
        return x
    if backend_of_type(type(x)) is not None:
        return Array(np.asarray(x) if isinstance(x, np.generic) else x)
    if type(x) in SCALARS:
        return array_of(x)
    if hasattr(x, "to_numpy"):
        instead = "Pass its numbers, x.to_numpy()"
    else:
        instead = (
            'Mark a dataclass field that is configuration with field(metadata={"static": True})'
        )
    raise errors.NotDifferentiableError(
        f"{what}: got {x!r:.60} of type {type(x).__qualname__}; expected an array, a number, "
        f"or a dict, list, tuple, dataclass or SimpleNamespace of them. {instead}"
    )


def differentiable(x: object, what: str, name: str = "") -> Array:
    """Return a leaf as an `Array` of a dtype that has derivatives.

    Args:
        x: an array or a number.
        what: what asks, as the error says it.
        name: how to reach it, if it is one leaf of several.

    Returns:
        An `Array` of a floating-point dtype, in the byte order of the machine.

    Raises:
        NotDifferentiableError: if `x` is no array, or of integers or booleans.
    """
    out = x if isinstance(x, Array) else as_array(x, f"{what}: {name}" if name else what)
    if not is_inexact(out._raw):
        swapped = native(out._raw)
        if swapped is not out._raw:
            return differentiable(Array(swapped), what, name)
        raise errors.NotDifferentiableError(
            f"{what}: got {name or 'an argument'} of dtype {out.dtype}, which has no derivative; "
            "expected a floating-point one. Pass 3.0 instead of 3, or xgrad.astype(x, "
            f"xgrad.float64), or leave the argument out of argnums{lacking(out.dtype)}"
        )
    return out


def all_differentiable(leaves: list[Any], structure: Any, what: str, name: str) -> list[Array]:
    """Return the leaves of an argument as arrays of dtypes that have derivatives.

    Args:
        leaves: arrays and numbers.
        structure: the structure that they are the leaves of.
        what: what asks, as the error says it.
        name: what the argument is called in an error.

    Returns:
        An `Array` for each leaf; see `differentiable`.

    Raises:
        NotDifferentiableError: if one of them has no derivative; the error names it.
    """
    arrays: list[Array] = []
    try:
        for x in leaves:
            arrays.append(differentiable(x, what))  # noqa: PERF401 - to know which one raises
    except errors.NotDifferentiableError:
        if structure is not SINGLE:
            n = len(arrays)
            differentiable(leaves[n], what, names(structure, name)[n])
        raise
    return arrays


def like_input(result: Array, given: Any) -> Any:
    """Return a result raw if what it belongs to was given raw, unless an outer tape watches it.

    Args:
        result: an `Array`.
        given: the argument that it belongs to.

    Returns:
        `result`, or the raw array in it.
    """
    if isinstance(given, Array) or result._node is not None:
        return result
    require_running(result._raw, "a transform")
    return result._raw


def zeros_like(x: Array) -> Any:
    """Return raw zeros in the shape, dtype and device of an array."""
    backend = backend_of(x._raw)
    return backend.xp.zeros(tuple(x._raw.shape), dtype=x._raw.dtype, device=backend.device(x._raw))


if not TYPE_CHECKING:  # for checkers there are no other names

    def __getattr__(name):
        return find(__name__, name)
