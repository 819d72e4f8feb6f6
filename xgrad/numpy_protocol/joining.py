"""NumPy's functions that join arrays, with ``dtype=`` and ``casting=``; grids and the like."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import xgrad

from ..arrays.array import Array
from ..engine.plain import integers
from .storing import stored


def cast(name: str, arrays: Sequence[Any], dtype: Any, casting: str) -> list[Any]:
    """Return arrays in one dtype, that of NumPy's promotion if None, by its rules of casting."""
    if isinstance(arrays, Iterator):  # NumPy looked for arrays in it, and has used it up
        raise TypeError(
            f"numpy.{name}: arrays is a {type(arrays).__name__}; expected a list or a tuple, as of "
            "NumPy's. xgrad.stack and xgrad.concat take what can be looped over once"
        )
    if dtype is None and casting in ("same_kind", "unsafe"):
        return list(arrays)
    parts = [xgrad.asarray(x) for x in arrays]
    target = np.result_type(*(x.dtype for x in parts)) if dtype is None else np.dtype(dtype)
    for x in parts:
        if not np.can_cast(x.dtype, target, casting):  # type: ignore[arg-type]
            raise TypeError(
                f"numpy.{name}: casting={casting!r} does not let {x.dtype} become {target}; "
                "expected another dtype, or casting='unsafe'"
            )
    return [x.astype(target) for x in parts]


def concatenate(
    arrays: Any,
    axis: Any = 0,
    out: Any = None,
    *,
    dtype: Any = None,
    casting: str = "same_kind",
) -> Array:
    """Return arrays joined along an axis, as ``numpy.concatenate``."""
    result = xgrad.concat(cast("concatenate", arrays, dtype, casting), axis=axis)
    return stored(result, out, "numpy.concatenate(out=)")


def stack(
    arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Array:
    """Return arrays joined along a new axis, as ``numpy.stack``."""
    result = xgrad.stack(cast("stack", arrays, dtype, casting), axis=integers(axis))
    return stored(result, out, "numpy.stack(out=)")


def _joining(name: str) -> Callable[..., Array]:
    def call(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Array:
        out: Array = getattr(xgrad, name)(cast(name, tup, dtype, casting))
        return out

    return call


def _meshgrid(
    *xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> tuple[Any, ...]:
    vectors = [xgrad.ravel(xgrad.asarray(x)) for x in xi]
    if not sparse or not vectors:
        return xgrad.meshgrid(*vectors, indexing=indexing)
    if indexing not in ("xy", "ij"):
        raise ValueError(f"numpy.meshgrid: indexing is {indexing!r}; expected 'xy' or 'ij'")
    swapped = {0: 1, 1: 0} if indexing == "xy" and len(vectors) > 1 else {}
    places = [swapped.get(i, i) for i in range(len(vectors))]
    return tuple(
        xgrad.reshape(x, tuple(-1 if j == i else 1 for j in range(len(vectors))))
        for i, x in zip(places, vectors, strict=True)
    )


def _ix(*args: Any) -> tuple[Any, ...]:
    found = []
    for i, x in enumerate(map(xgrad.asarray, args)):
        if x.ndim != 1:
            raise ValueError(f"numpy.ix_: args has an array of {x.ndim} axes; expected vectors")
        places = xgrad.nonzero(x)[0] if x.dtype == np.bool_ else x
        places = places if places.size else places.astype(np.int64)  # as an empty list
        shape = tuple(-1 if j == i else 1 for j in range(len(args)))
        found.append(xgrad.reshape(places, shape))
    return tuple(found)


def _broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    held = [xgrad.asarray(x) if isinstance(x, (list, Array)) else np.asarray(x) for x in args]
    shape = xgrad.broadcast_shapes(*[x.shape for x in held])
    return tuple(
        np.broadcast_to(x, shape)  # None and text stay in NumPy, as a bar chart has them
        if isinstance(x, np.ndarray) and x.dtype.kind in "OSU"
        else xgrad.broadcast_to(xgrad.asarray(x), shape)
        for x in held
    )


def _sort_complex(a: Any) -> Array:
    a = xgrad.asarray(a)
    if a.dtype.kind != "c":
        wide = np.complex64 if a.dtype in (np.int8, np.int16, np.uint8, np.uint16) else None
        return xgrad.sort(a).astype(wide or np.complex128)
    first = xgrad.argsort(xgrad.imag(a))
    a = xgrad.take_along_axis(a, first, axis=-1)
    return xgrad.take_along_axis(a, xgrad.argsort(xgrad.real(a), stable=True), axis=-1)


def _shares_memory(a: Any, b: Any, max_work: Any = None) -> bool:
    first, second = (x._raw if isinstance(x, Array) else x for x in (a, b))
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return bool(np.may_share_memory(first, second, max_work=max_work))
    raise NotImplementedError(
        "numpy.shares_memory: a and b are not both in NumPy's memory, and no other library tells"
    )


ADAPTED: dict[str, Callable[..., Any]] = {
    "broadcast_arrays": _broadcast_arrays,
    "concat": concatenate,
    "concatenate": concatenate,
    "hstack": _joining("hstack"),
    "ix_": _ix,
    "may_share_memory": _shares_memory,
    "meshgrid": _meshgrid,
    "shares_memory": _shares_memory,
    "sort_complex": _sort_complex,
    "stack": stack,
    "vstack": _joining("vstack"),
}
"""NumPy's functions by name, where their meaning or arguments are not the standard's."""
