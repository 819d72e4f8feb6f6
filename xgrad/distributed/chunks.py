"""Data in chunks, as Dask's: sums over chunks and maps of them as single ops, in any order.

Plain array code on Dask has right derivatives, but a value and a gradient that share chunks are two
graphs, and of the chunks that both need many wait in memory. Here one task for each chunk gives
both, and one tree adds them.
"""

from __future__ import annotations

import importlib
import importlib.util
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import tree as trees
from ..arrays.array import Array
from ..arrays.node import is_recording
from ..backends import backend_of_type
from ..custom.call import is_floating
from ..custom.primitive import primitive
from ..transforms.gradients import jvp, vjp

__all__ = ["compute", "map_blocks", "map_overlap", "persist", "sum_chunks"]

_numbers = itertools.count()


def sum_chunks(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return the sum of `f` over the chunks of arrays, which is differentiable in any order.

    It is lazy. A value and its gradient by the parameters are one pass over the data: ask for both
    in one `compute`. How much memory that takes does not depend on how many chunks there are.

    Args:
        f: ``f(params, *chunks)`` returns a number, or a pytree of arrays whose shapes do not depend
            on the chunk, for instance the sum of the losses of the chunk's rows. It runs on the
            workers, on arrays of NumPy where the chunks are.

    Returns:
        A function ``(params, *arrays)``: `params` is a pytree of arrays of NumPy or Dask, of which
        each task gets the whole, and the arrays are split along their first axes, as the first of
        them in chunks is. It gives lazy arrays; of arrays of NumPy alone what `f` gives.

    Raises:
        ValueError: in the call, if the arrays differ in length.
        TypeError: in the call, if no array is given.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import distributed as dist
    >>> def loss(w, X, y):
    ...     return xg.sum((X @ w - y) ** 2)
    >>> X, y = np.eye(2), np.ones(2)  # or arrays of Dask's, of any size
    >>> value, g = dist.value_and_grad(dist.sum_chunks(loss))(np.zeros(2), X, y)
    >>> dist.compute((value, g))
    (array(2.), array([-2., -2.]))
    """
    op = _Sum(f)

    def summed(params: Any, *arrays: Any) -> Any:
        kit = _kit_of("sum_chunks", arrays)
        return op(params, *_aligned(kit, arrays)) if kit else f(params, *arrays)

    return summed


def map_blocks(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return an array made of arrays chunk by chunk, differentiable in any order.

    Args:
        f: ``f(params, *chunks)`` returns an array of the shape of the first chunk. It runs on the
            workers.

    Returns:
        A function ``(params, *arrays)``, as for `sum_chunks`; it gives a lazy array in the chunks
        of the first one.

    Raises:
        ValueError: in the call, if the arrays differ in length.
        TypeError: in the call, if no array is given.

    >>> import numpy as np
    >>> from xgrad import distributed as dist
    >>> dist.map_blocks(lambda p, x: p * x**2)(2.0, np.asarray([1.0, 2.0]))
    array([2., 8.])
    """
    op = _Map(_listed(f))

    def mapped(params: Any, *arrays: Any) -> Any:
        kit = _kit_of("map_blocks", arrays)
        if kit is None:
            return f(params, *arrays)
        if not kit.same_blocks([_raw(x) for x in arrays]):
            arrays = tuple(_aligned(kit, arrays))
        return op(params, *arrays)[0]

    return mapped


def map_overlap(
    f: Callable[..., Any], depth: int | dict[int, int], boundary: float | str | None = None
) -> Callable[..., Any]:
    """Return an array made chunk by chunk, of chunks with a halo of their neighbours' entries.

    A step of a stencil is a task or two for each chunk then, and so is its derivative.

    Args:
        f: ``f(params, *chunks)`` gets chunks with their halos, and returns an array of the first
            one's shape without its halo.
        depth: how wide the halo is on both sides, along the first axis or for each axis in a dict.
        boundary: what stands beyond the ends of the whole array: a number, ``"periodic"`` for the
            entries of the other end, or None for nothing: then `f` gets shorter chunks at the ends,
            and returns them shorter by as much as the others.

    Returns:
        A function ``(params, *arrays)`` that gives a lazy array in the chunks of the first one.

    Raises:
        ValueError: in the call, if the arrays differ in length, or a chunk is shorter than the
            halo.

    >>> import numpy as np
    >>> from xgrad import distributed as dist
    >>> smooth = dist.map_overlap(lambda _, u: (u[:-2] + u[2:]) / 2, 1, "periodic")
    >>> smooth((), np.asarray([1.0, 2.0, 4.0, 8.0]))
    array([5. , 2.5, 5. , 2.5])
    """
    wide = {0: depth} if isinstance(depth, int) else dict(depth)
    if isinstance(boundary, str) and boundary != "periodic":
        raise ValueError(
            f"map_overlap: got boundary={boundary!r}; expected a number, 'periodic' or None"
        )
    halo, op = _Halo(wide, boundary), _Map(_listed(f), depth=wide)

    def mapped(params: Any, *arrays: Any) -> Any:
        kit = _kit_of("map_overlap", arrays)
        if kit is None:
            return f(params, *[_padded(x, wide, boundary) for x in arrays])
        if not kit.same_blocks([_raw(x) for x in arrays]):
            arrays = tuple(_aligned(kit, arrays))
        for x in arrays:
            for axis, d in wide.items():
                short = min(_raw(x).chunks[axis])
                if short < d:
                    raise ValueError(
                        f"map_overlap: got a chunk of length {short} along axis {axis}; expected "
                        f"at least the depth of the halo, {d}. Call x.rechunk(...) first"
                    )
        return op(params, *[halo(x) for x in arrays])[0]

    return mapped


def persist(tree: Any) -> Any:
    """Return a pytree whose lazy arrays are computed, and stay in chunks where they are.

    Between the steps of a training loop this keeps the graph from growing with every step.

    Args:
        tree: a pytree; what is not lazy comes back as it is. Tracked arrays keep their place.

    Returns:
        A pytree of the structure of `tree`.
    """
    return _evaluated(tree, "persisted", keeps=True)


def compute(tree: Any) -> Any:
    """Return a pytree with the values of its lazy arrays, made in one pass.

    Args:
        tree: a pytree of lazy arrays; what is not lazy comes back as it is.

    Returns:
        A pytree of the structure of `tree`, of arrays of NumPy for Dask's.

    Raises:
        TracedConversionError: if an array is tracked.
    """
    return _evaluated(tree, "computed", keeps=False)


def _evaluated(tree: Any, how: str, keeps: bool) -> Any:
    leaves, structure = trees.flatten(tree)
    lazy = [
        i
        for i, x in enumerate(leaves)
        if (backend := backend_of_type(type(_raw(x)))) is not None and backend.is_lazy
    ]
    if not lazy:
        return tree
    kit = _kit([leaves[i] for i in lazy])
    for i in lazy:
        if not keeps and isinstance(leaves[i], Array) and leaves[i].is_tracked:
            leaves[i]._untracked("compute()")
    found = getattr(kit, how)([_raw(leaves[i]) for i in lazy])
    for i, y in zip(lazy, found, strict=True):
        x = leaves[i]
        leaves[i] = Array(y, x._node) if isinstance(x, Array) else y
    return structure.unflatten(leaves)


# What is in chunks, and who knows them ------------------------------------------------------------


def _raw(x: Any) -> Any:
    return x._raw if isinstance(x, Array) else x


def _kit(arrays: Any) -> Any:
    """Return the module that knows the chunks of these arrays, None if none is in chunks."""
    for x in arrays:
        backend = backend_of_type(type(_raw(x)))
        if backend is not None and backend.is_lazy:
            return importlib.import_module(f"xgrad_backends.{backend.name}_chunks")
    return None


def _kit_of(what: str, arrays: tuple[Any, ...]) -> Any:
    """Return the module that knows the chunks, or say that these are no arrays."""
    if not arrays:
        raise TypeError(f"{what}: got no arrays; expected (params, *arrays)")
    for i, x in enumerate(arrays):
        if backend_of_type(type(_raw(x))) is None:
            raise TypeError(
                f"{what}: array {i} is {x!r:.60} of type {type(x).__name__}; expected arrays, or "
                "parameters in the first place"
            )
    return _kit(arrays)


def _aligned(kit: Any, arrays: Any) -> list[Any]:
    """Return arrays in the same rows of chunks, in their places on the tape."""
    raws = kit.aligned([_raw(x) for x in arrays])
    return [_with(new, x) for x, new in zip(arrays, raws, strict=True)]


def _with(new: Any, x: Any) -> Any:
    """Return a raw array of the values of `x` in its place on the tape."""
    return Array(new, x._node) if isinstance(x, Array) else new


def _padded(x: Any, depth: dict[int, int], boundary: Any) -> Any:
    """Return an array with the halo of its ends."""
    import xgrad

    for axis, d in depth.items():
        if boundary is None or not d:
            continue
        at = (slice(None),) * axis
        first, last = x[(*at, slice(0, d))], x[(*at, slice(-d, None))]
        if boundary != "periodic":
            first = last = xgrad.full_like(first, boundary)
        x = xgrad.concat([last, x, first], axis=axis)
    return x


# The functions that tasks run ---------------------------------------------------------------------


def _listed(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function with its result in a list."""
    return lambda params, *chunks: [f(params, *chunks)]


class _Local:
    """A function of a list of parameters and of chunks that returns a list of raw arrays."""

    def __init__(self, f: Callable[..., Any], structure: Any) -> None:
        self.f, self.structure = f, structure

    def __call__(self, params: list[Any], *chunks: Any) -> list[Any]:
        out = self.f(self.structure.unflatten(params), *chunks)
        return [_bare(x) for x in trees.leaves(out)]


class _WithGradient(_Local):
    """The same with its gradient by the floating-point parameters behind it."""

    def __call__(self, params: list[Any], *chunks: Any) -> list[Any]:
        out, pull = vjp(_By(self.f, self.structure, params, chunks), _floating(params))
        (cs,) = pull(1.0)
        return [_bare(x) for x in (out, *cs)]


def _bare(x: Any) -> Any:
    return trees.as_array(x, "a function of chunks")._raw


def _floating(params: list[Any]) -> list[Any]:
    return [p for p in params if is_floating(p)]


class _By:
    """A function of chunks as one of its floating-point parameters."""

    def __init__(self, f: Any, structure: Any, params: list[Any], chunks: Any) -> None:
        self.f, self.structure, self.params, self.chunks = f, structure, params, chunks

    def __call__(self, floating: list[Any]) -> Any:
        own = iter(floating)
        params = [next(own) if is_floating(p) else p for p in self.params]
        return self.f(self.structure.unflatten(params), *self.chunks)


class _Pulled:
    """Cotangents of the parameters, or of the chunks, of a call: what a walk down asks for.

    Its parameters are those of the function and, if the results are added, the cotangent; if they
    are chunks, so are their cotangents, which come behind the chunks.
    """

    def __init__(self, f: Any, by_params: bool, adds: bool, count: int) -> None:
        self.f, self.by_params, self.adds, self.count = f, by_params, adds, count

    def __call__(self, params: Any, *chunks: Any) -> Any:
        if self.adds:
            params, ct = params
        else:
            chunks, ct = chunks[: self.count], list(chunks[self.count :])
        if self.by_params:
            leaves, structure = trees.flatten(params)
            (cs,) = vjp(_By(self.f, structure, leaves, chunks), _floating(leaves))[1](ct)
            own = iter(cs)
            return structure.unflatten([next(own) if is_floating(p) else 0.0 for p in leaves])
        at = [i for i, x in enumerate(chunks) if is_floating(x)]

        def by_chunks(*some: Any) -> Any:
            given = list(chunks)
            for i, x in zip(at, some, strict=True):
                given[i] = x
            return self.f(params, *given)

        return list(vjp(by_chunks, *[chunks[i] for i in at])[1](ct))


class _Pushed:
    """The tangent of a call; those of the parameters and of some chunks come behind them."""

    def __init__(self, f: Any, moves: bool, varying: list[int], count: int) -> None:
        self.f, self.moves, self.varying, self.count = f, moves, varying, count

    def __call__(self, params: Any, *chunks: Any) -> Any:
        ts: tuple[Any, ...] = ()
        if self.moves:
            params, ts = params
        leaves, structure = trees.flatten(params)
        own, tangents = list(chunks[: self.count]), chunks[self.count :]
        places = [i for i, p in enumerate(leaves) if is_floating(p)] if self.moves else []
        along = trees.leaves(ts)

        def moved(some: list[Any], others: list[Any]) -> Any:
            params, given = list(leaves), list(own)
            for i, x in zip(places, some, strict=True):
                params[i] = x
            for i, x in zip(self.varying, others, strict=True):
                given[i] = x
            return self.f(structure.unflatten(params), *given)

        at = [leaves[i] for i in places], [own[i] for i in self.varying]
        directions = [along[i] for i in places], list(tangents)
        if not at[1]:
            return jvp(lambda some: moved(some, []), at[:1], directions[:1])[1]
        if not at[0]:
            return jvp(lambda others: moved([], others), at[1:], directions[1:])[1]
        return jvp(moved, at, directions)[1]


# Ops ----------------------------------------------------------------------------------------------


class _Op(primitive):
    """A function of chunks as one op: its arguments are the parameters, and each array."""

    adds: bool
    has_rule = pulls = pushes = True

    def __init__(self, f: Any) -> None:
        super().__init__(self._made)
        self.name = f"{type(self).__name__.strip('_').lower()} over chunks"
        self.of, self.token = f, f"{id(self)}-{next(_numbers)}"

    def _made(self, params: Any, *arrays: Any) -> Any:
        raise NotImplementedError

    def _pushing(self, pushed: _Pushed, out: Any) -> _Op:
        raise NotImplementedError

    def cotangents(
        self, ct: Any, out: Any, args: Any, kwargs: Any, tracked: tuple[bool, ...]
    ) -> Any:
        """Return a sum over the chunks for the parameters, and chunks for the arrays."""
        params, *arrays = args
        kit, count = _kit(arrays), len(arrays)
        if self.adds:
            given = ((params, ct), *arrays)
        else:
            pairs = zip(trees.leaves(ct), trees.leaves(out), strict=True)
            cts = [_with(kit.in_chunks_of(_raw(c), _raw(y)), c) for c, y in pairs]
            given = (params, *arrays, *cts)
        found: list[Any] = [None] * (1 + count)
        if tracked[0]:
            found[0] = self._by_params(ct, out, params, given)
        floating = [i for i, x in enumerate(arrays) if is_floating(x)]
        if any(tracked[1 + i] for i in floating):
            pulled = _Pulled(self.of, False, self.adds, count)
            likes = [(_raw(arrays[i]).chunks, arrays[i].dtype) for i in floating]
            for i, c in zip(floating, _Map(pulled, likes=likes)(*given), strict=True):
                found[1 + i] = c
        return tuple(found)

    def _by_params(self, ct: Any, out: Any, params: Any, given: Any) -> Any:
        count = len(given) - 1 - (0 if self.adds else len(trees.leaves(out)))
        pulled = _Pulled(self.of, True, self.adds, count)
        return _Sum(pulled, like=trees.map(_number_or_array, params))(*given)

    def tangent(
        self, tangents: Any, out: Any, args: Any, kwargs: Any, tracked: tuple[bool, ...]
    ) -> Any:
        """Return the tangent, by one pass over the chunks and those of their tangents."""
        params, *arrays = args
        kit = _kit(arrays)
        varying = [i for i in range(len(arrays)) if tracked[1 + i]]
        moved = [
            _with(kit.in_chunks_of(_raw(tangents[1 + i]), _raw(arrays[i])), tangents[1 + i])
            for i in varying
        ]
        pushed = _Pushed(self.of, tracked[0], varying, len(arrays))
        given = (params, tangents[0]) if tracked[0] else params
        return self._pushing(pushed, out)(given, *arrays, *moved)


class _Sum(_Op):
    """The sum over the chunks.

    Args:
        f: ``f(params, *chunks)``.
        like: a tree of what the result is like; None finds it out.
    """

    adds = True

    def __init__(self, f: Any, like: Any = None) -> None:
        super().__init__(f)
        self.like = like

    def __call__(self, params: Any, *arrays: Any) -> Any:
        """Return the sum; of a loss that is tracked it is made with the gradient at once."""
        watched = any(isinstance(p, Array) and p.is_tracked for p in trees.leaves(params))
        return super().__call__(params, *arrays, both=watched and is_recording())

    def _made(self, params: Any, *arrays: Any, both: Any = False) -> Any:
        kit = _kit(arrays)
        leaves, structure = trees.flatten(params)
        leaves = [_bare(p) for p in leaves]
        like = self.like
        if like is None:
            at = structure.unflatten([kit.zeros(p) for p in leaves])
            like = kit.tried(lambda *chunks: self.of(at, *chunks), arrays, {})
        likes, home = trees.flatten(like)
        likes = [_bare(y) for y in likes]
        if both and _is_loss(likes):
            return home.unflatten(self._with_gradient(kit, leaves, structure, arrays, likes)[:1])
        local = _Local(self.of, structure)
        return home.unflatten(kit.summed(local, self.token, leaves, list(arrays), likes))

    def _with_gradient(
        self, kit: Any, leaves: Any, structure: Any, arrays: Any, likes: Any
    ) -> list[Any]:
        """Return the value and its gradient; equal calls make the same tasks."""
        local = _WithGradient(self.of, structure)
        likes = [*likes, *_floating(leaves)]
        found: list[Any] = kit.summed(local, f"{self.token}-both", leaves, list(arrays), likes)
        return found

    def _by_params(self, ct: Any, out: Any, params: Any, given: Any) -> Any:
        """Return the gradient that the value's tasks give too, unless somebody watches it."""
        leaves, structure = trees.flatten(params)
        arrays = given[1:]
        near = [*trees.leaves(ct), *leaves, *arrays]
        outs = [_bare(y) for y in trees.leaves(out)]
        if not _is_loss(outs) or any(isinstance(x, Array) and x.is_tracked for x in near):
            return super()._by_params(ct, out, params, given)
        raws = [_raw(x) for x in arrays]
        made = self._with_gradient(_kit(raws), [_bare(p) for p in leaves], structure, raws, outs)
        own, (c,) = iter(made[1:]), trees.leaves(ct)
        return structure.unflatten(
            [c * Array(next(own)) if is_floating(p) else 0.0 for p in leaves]
        )

    def _pushing(self, pushed: _Pushed, out: Any) -> _Op:
        return _Sum(pushed, like=trees.map(_raw, out))


class _Map(_Op):
    """Arrays made chunk by chunk.

    Args:
        f: ``f(params, *chunks)`` gives a list of arrays.
        likes: for each result its chunks and its dtype; by default there is one, like the first
            array, whose dtype is found out.
        depth: of the halo of that array, without which the result is.
    """

    adds = False

    def __init__(self, f: Any, likes: Any = None, depth: dict[int, int] | None = None) -> None:
        super().__init__(f)
        self.likes, self.depth = likes, depth or {}

    def _made(self, params: Any, *arrays: Any) -> Any:
        kit = _kit(arrays)
        leaves, structure = trees.flatten(params)
        leaves, likes = [_bare(p) for p in leaves], self.likes
        if likes is None:
            at = structure.unflatten([kit.zeros(p) for p in leaves])
            (out,) = kit.tried(lambda *chunks: self.of(at, *chunks), arrays, self.depth)
            likes = [(kit.fitting(arrays[0], self.depth, _bare(out)), _bare(out).dtype)]
        return kit.mapped(_Local(self.of, structure), self.token, leaves, list(arrays), likes)

    def _pushing(self, pushed: _Pushed, out: Any) -> _Op:
        return _Map(pushed, likes=[(_raw(y).chunks, _raw(y).dtype) for y in trees.leaves(out)])


class _Halo(primitive):
    """Chunks with some of their neighbours' entries, and its transpose, which is linear too."""

    has_rule = pulls = pushes = True

    def __init__(self, depth: dict[int, int], boundary: Any, back: _Halo | None = None) -> None:
        super().__init__(self._made)
        self.name = "halo"
        self.depth, self.boundary = depth, boundary
        self.is_back = back is not None
        self.back = back or _Halo(
            depth, 0.0 if isinstance(boundary, float | int) else boundary, self
        )

    def _made(self, x: Any) -> Any:
        kit = _kit([x])
        return (kit.added_back if self.is_back else kit.overlapped)(x, self.depth, self.boundary)

    def cotangents(
        self, ct: Any, out: Any, args: Any, kwargs: Any, tracked: tuple[bool, ...]
    ) -> Any:
        """Return the transpose of the cotangent."""
        ct = _with(_kit([ct]).in_chunks_of(_raw(ct), _raw(out)), ct)
        return (self.back(ct),)

    def tangent(
        self, tangents: Any, out: Any, args: Any, kwargs: Any, tracked: tuple[bool, ...]
    ) -> Any:
        """Return the same of the tangent, with zeros beyond the ends."""
        (t,) = tangents
        t = _with(_kit([t]).in_chunks_of(_raw(t), _raw(args[0])), t)
        return (self.back.back if self.is_back else _Halo(self.depth, self.back.boundary))(t)


def _is_loss(likes: list[Any]) -> bool:
    return len(likes) == 1 and likes[0].shape == () and is_floating(likes[0])


def _number_or_array(p: Any) -> Any:
    return _bare(p) if is_floating(p) else np.zeros(())
