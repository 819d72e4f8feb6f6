"""`vmap`: a function of one example, done to many at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from operator import index
from typing import Any, Literal

import xgrad

from .. import errors, random
from .. import tree as trees
from ..arrays.array import Array
from ..arrays.node import is_inside
from ..backends import backend_of, creating_like, on_device_of
from ..backends import current as current_place
from ..backends.batched import Level, holds, running, within
from ..engine.guarding import unshared
from ..engine.ownership import Others
from ..engine.picklable import picklable
from ..errors.kinds import length
from ..ops.batching import adopted, entered, left
from ..ops.manipulation import at_axis, front

__all__ = ["vmap"]

Axes = Any
"""An axis, None, or a pytree of them in front of that of the arguments or results."""


@picklable
def vmap(
    f: Callable[..., Any],
    in_axes: Axes = 0,
    out_axes: Axes = 0,
    *,
    chunk_size: int | None = None,
    randomness: Literal["same", "different"] | None = None,
) -> Callable[..., Any]:
    """Return a function that does to many examples at once what `f` does to one.

    Inside, each array has the shape of one example, and every op works on all of them together: no
    loop, and no axis to keep in mind. It is an op like any other to derivatives, so that
    ``vmap(grad(f))`` gives the gradient of each example, and ``grad`` of a function with `vmap` in
    it that of all.

    Args:
        f: a function of arrays or pytrees that returns an array or pytree.
        in_axes: which axis of the positional arguments counts the examples; None for one that is
            the same for all. A tuple has an entry for each argument, which may be a pytree in the
            argument's structure, or the front of it. Keyword arguments are the same for all.
        out_axes: where that axis goes in the results; None for a result that is the same for all. A
            pytree in the structure of the result, or the front of it, has an entry for each.
        chunk_size: how many examples are done at a time, where memory is short; all if None.
        randomness: whether generators of `xgrad.random` draw other numbers in each example,
            ``"different"``, or the same in all, ``"same"``; if None, drawing is an error.

    Returns:
        A function of the same arguments, each with one axis more where `in_axes` says so, that
        gives the results of `f` for all examples, joined along `out_axes`.

    Raises:
        ValueError: if an argument has no such axis, or the lengths of the axes differ.
        MissingFunctionError: if `f` asks for a value, as an ``if`` does, or for something whose
            shape would differ from example to example.
        MutationError: if `f` writes examples into an array from outside.

    >>> import numpy as np, xgrad as xg
    >>> def loss(w, x, y):
    ...     return (xg.sum(w * x) - y) ** 2
    >>> w, X, Y = np.ones(2), np.asarray([[1.0, 2.0], [3.0, 4.0]]), np.asarray([0.0, 5.0])
    >>> xg.vmap(xg.grad(loss), in_axes=(None, 0, 0))(w, X, Y)  # one gradient for each example
    array([[ 6., 12.],
           [12., 16.]])
    """
    if randomness not in (None, "same", "different"):
        raise ValueError(f"vmap: randomness is {randomness!r}; expected 'same' or 'different'")
    if chunk_size is not None and (isinstance(chunk_size, bool) or chunk_size < 1):
        raise ValueError(f"vmap: chunk_size is {chunk_size!r}; expected a positive number")

    @wraps(f, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
    def mapped(*args: Any, **kwargs: Any) -> Any:
        leaves, structure = trees.flatten(args)
        names = trees.names(structure, "args")
        given_axes: Any = tuple(in_axes) if isinstance(in_axes, list) else in_axes
        axes = _prefix(given_axes, args, "in_axes", "arguments")
        xs, axes = _inputs(leaves, axes, names)
        count = _count(xs, axes, names)

        def run(xs: list[Any], count: int) -> tuple[list[Array], list[int | None], Any]:
            return _run(f, structure, xs, axes, count, kwargs, out_axes, randomness)

        if chunk_size is None or count <= chunk_size:
            outs, _, home = run(xs, count)
        else:
            outs, home = _in_chunks(run, xs, axes, count, chunk_size, randomness)
        given = next((x for x in leaves if isinstance(x, Array)), None)
        if given is None:
            own = Others([x for x in xs if isinstance(x, Array)]).own
            outs = [own(y) for y in outs]
        return home.unflatten([trees.like_input(y, given) for y in outs])

    return mapped


def _prefix(axes: Axes, tree: Any, what: str, fitted: str) -> list[Any]:
    """Return an axis for each leaf of a tree."""
    if axes is None or type(axes) is int:
        return [axes] * len(trees.leaves(tree))
    import optree  # as in `tree`

    expected = (
        f"vmap: {what} is {axes!r:.80}; expected an axis, which is an integer, None, or a "
        "pytree of them"
    )
    entries, home = optree.tree_flatten(axes, none_is_leaf=True, namespace=trees.NAMESPACE)
    if isinstance(axes, trees.CONSTANTS) or any(isinstance(a, bool) for a in entries):
        raise TypeError(expected)
    marked = home.unflatten([_NONE if a is None else a for a in entries])
    try:
        found: list[Any] = optree.broadcast_prefix(marked, tree, namespace=trees.NAMESPACE)
    except ValueError:
        several = isinstance(axes, (tuple, list)) and isinstance(tree, (tuple, list))
        counts = f" (there are {len(tree)})" if several and len(axes) != len(tree) else ""
        raise ValueError(
            f"vmap: {what} is {axes!r:.80}, which does not fit the {fitted}{counts}. Expected an "
            "axis, None, or a pytree of them in the structure of what it belongs to"
        ) from None
    try:
        return [None if a is _NONE else index(a) for a in found]
    except TypeError:
        raise TypeError(expected) from None


_NONE = object()
"""Stands for None in a tree of axes, where it would not count as a leaf."""


def _inputs(
    leaves: list[Any], axes: list[Any], names: list[str]
) -> tuple[list[Any], list[int | None]]:
    """Return the leaves, mapped ones as arrays, and their axes counted from the front."""
    xs, found = [], list[int | None]()
    for x, axis, name in zip(leaves, axes, names, strict=True):
        if axis is None:  # an `Array` too, which the index of an example can read from
            held = trees.as_array(x, "vmap") if hasattr(x, "shape") else x
            if held is not x and is_inside() is not None:
                held = unshared(held._raw)
            xs.append(held)
            found.append(None)
            continue
        if not trees.is_leaf_type(x) or not getattr(x, "shape", ()):
            got = f"an array of shape {x.shape}" if hasattr(x, "shape") else repr(x)[:60]
            raise ValueError(
                f"vmap: in_axes has {axis} for {name}, which is {got}; expected an array with that "
                "axis. Say None in in_axes for what is the same for each example"
            )
        array = trees.as_array(x, "vmap")
        if is_inside() is not None:
            array = unshared(x if isinstance(x, Array) else array._raw)
        here = current_place()[0]
        if here.leads and not backend_of(array._raw).leads:  # a program is recorded, and reads it
            array = here.adopt(array, None)
        if not -array.ndim <= axis < array.ndim:
            raise ValueError(
                f"vmap: in_axes has {axis} for {name}, which has shape {array.shape}; expected an "
                f"axis below {array.ndim}"
            )
        xs.append(array)
        found.append(front(axis, array.ndim, "vmap"))
    return xs, found


def _count(xs: list[Any], axes: list[int | None], names: list[str]) -> int:
    """Return how many examples there are."""
    sizes = {
        name: x.shape[axis]
        for x, axis, name in zip(xs, axes, names, strict=True)
        if axis is not None
    }
    if not sizes:
        raise ValueError(
            "vmap: no argument is mapped, so there is no number of examples; expected in_axes to "
            "have an axis for one at least"
        )
    known = [length(n) for n in sizes.values()]
    if len(set(known)) > 1:
        shown = ", ".join(f"{name} has {n}" for name, n in sizes.items())
        raise ValueError(
            f"vmap: the arguments hold different numbers of examples: {shown}. Say None in in_axes "
            "for what is the same for each example"
        )
    return known[0]


def _run(
    f: Callable[..., Any],
    structure: Any,
    xs: list[Any],
    axes: list[int | None],
    count: int,
    kwargs: dict[str, Any],
    out_axes: Axes,
    randomness: str | None,
) -> tuple[list[Array], list[int | None], Any]:
    """Do it to some examples: return the results, where their axes are, and their structure."""
    like = next(x for x, axis in zip(xs, axes, strict=True) if axis is not None)
    level = Level(count)
    with on_device_of(like._raw):
        inside = [
            x if axis is None else _entered(x, level, axis)
            for x, axis in zip(xs, axes, strict=True)
        ]
        with creating_like(like._raw), running(level, randomness):
            out = f(*structure.unflatten(inside), **kwargs)
        del inside
        flat, home = trees.flatten(out)
        places = _prefix(out_axes, out, "out_axes", "result of f")
        outs = [
            _left(trees.as_array(y, "vmap: the result of f"), level, axis)
            for y, axis in zip(flat, places, strict=True)
        ]
    del flat, out
    _require_none_outside(level)
    return outs, places, home


def _entered(x: Array, level: Level, axis: int) -> Array:
    """Return an argument as a batch, at every level if a derivative is taken by it."""
    x = entered(x, level=level, axis=axis)
    return x if x._node is None else within(x)


def _left(y: Array, level: Level, axis: int | None) -> Array:
    """Return a result with the axis of the examples."""
    if axis is None:
        if type(y._raw) is level.kind:
            raise ValueError(
                "vmap: out_axes has None for a result that differs from example to example; "
                "expected an axis"
            )
        return y
    if not -y.ndim - 1 <= axis <= y.ndim:
        raise ValueError(
            f"vmap: out_axes has {axis} for a result of shape {y.shape} in each example; expected "
            f"an axis below {y.ndim + 1}"
        )
    if not holds(y._raw, level):
        y = adopted(y, level=level)
    return left(y, level=level, axis=axis % (y.ndim + 1))


def _require_none_outside(level: Level) -> None:
    """Raise if examples were written into an array that outlives the function; undo it."""
    outside = [(x, data, node) for ref, data, node in level.written if (x := ref()) is not None]
    for x, data, node in reversed(outside):
        x._raw, x._node = data, node
    if outside:
        x, data, _ = outside[0]
        raise errors.MutationError(
            f"vmap: f writes examples into an array of shape {tuple(data.shape)} from outside, "
            "which has no room for all of them. Return the values instead, or write to an array "
            "that f makes itself"
        )


def _in_chunks(
    run: Callable[..., Any],
    xs: list[Any],
    axes: list[int | None],
    count: int,
    size: int,
    randomness: str | None,
) -> tuple[list[Array], Any]:
    """Do some examples at a time, and join the results."""
    pieces: list[list[Array]] = []
    states: random.States = {}
    for first in range(0, count, size):
        last = min(first + size, count)
        # never one alone, if there are two: libraries sum a lone example in another order
        start, stop = max(min(first, last - 2), 0), max(last, min(count, 2))
        part = [
            x if axis is None else x[at_axis(axis, slice(start, stop))]
            for x, axis in zip(xs, axes, strict=True)
        ]
        if randomness == "same" and states:  # what the first chunk drew
            with random.replayed(states):
                outs, places, home = run(part, stop - start)
        else:
            with random.watched() as states:
                outs, places, home = run(part, stop - start)
        own = slice(first - start, last - start)
        pieces.append([_part(y, a, own) for y, a in zip(outs, places, strict=True)])
    joined = [
        parts[0] if axis is None else xgrad.concat(list(parts), axis=front(axis, parts[0].ndim, ""))
        for axis, *parts in zip(places, *pieces, strict=True)
    ]
    return joined, home


def _part(y: Array, axis: int | None, own: slice) -> Array:
    """Return the results of a chunk's own examples, without those that kept it company."""
    if axis is None:
        return y
    axis = front(axis, y.ndim, "vmap")
    return y if y.shape[axis] == own.stop - own.start else y[at_axis(axis, own)]
