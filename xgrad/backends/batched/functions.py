"""The functions of the standard, done to each of a batch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import numpy as np

from .. import LOADED, backend_of, limits
from . import creation, searching
from .batch import (
    Batch,
    NotBatchedError,
    again,
    behind,
    count_of,
    elementwise,
    library,
    reshaped,
    spread,
    top,
)
from .extensions import FFT, LINALG, SPECIAL
from .products import matmul

__all__ = ["NAMESPACE"]

Axis = int | tuple[int, ...] | None

ELEMENTWISE = frozenset(
    "abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_invert bitwise_left_shift "
    "bitwise_or bitwise_right_shift bitwise_xor cbrt ceil clip conj copysign cos cosh divide equal "
    "exp exp2 expm1 floor floor_divide fmod frexp greater greater_equal hypot imag isfinite isinf "
    "isnan less less_equal log log10 log1p log2 logaddexp logical_and logical_not logical_or "
    "logical_xor maximum minimum multiply negative nextafter not_equal positive pow real "
    "reciprocal remainder round sign signbit sin sinh sqrt square subtract tan tanh trunc where "
    "tril triu matrix_transpose".split()
)
"""What is done to each element, or to the last two axes, which stay the last two."""

REDUCING = frozenset("sum prod mean max min all any std var count_nonzero".split())

DTYPES = frozenset(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
    "float16 float32 float64 complex64 complex128".split()
)

BY_VALUES = {
    "nonzero": "where(condition, a, b), or argsort of the condition, keeps every example's length",
    "unique_all": "sort(x), and x[1:] != x[:-1] of it, keep every example's length",
}
"""Functions whose results have another shape for each example, and what to do instead."""


def each(f: Callable[..., Any]) -> Callable[..., Any]:
    """Make ``f(xp, data, ...)``, which does it to all, the function of one batch."""

    @wraps(f)
    def call(x: Any, /, *args: Any, **kwargs: Any) -> Any:
        is_batch = isinstance(x, Batch)
        backend = library((x.data if is_batch else x,))
        if kwargs.get("dtype") is not None:
            kwargs["dtype"] = backend.raw_dtype(kwargs["dtype"])
        if not is_batch:
            return getattr(backend.xp, f.__name__)(x, *args, **kwargs)
        return again(x, f(backend.xp, x.data, *args, **kwargs))

    return staticmethod(call)


def listed(f: Callable[..., Any]) -> Callable[..., Any]:
    """Make ``f(xp, list of data, ...)`` the function of a list with a batch in it."""

    @wraps(f)
    def call(arrays: Any, /, *args: Any, **kwargs: Any) -> Any:
        lead = top(arrays)
        if lead is None:
            return getattr(library(arrays).xp, f.__name__)(arrays, *args, **kwargs)
        count = count_of(arrays, lead)
        parts = [spread(x, lead, count) for x in arrays]
        return lead.of(f(library(parts).xp, parts, *args, **kwargs))

    return staticmethod(call)


def _elementwise(name: str, *args: Any, **kwargs: Any) -> Any:
    if len(args) == 1 and not kwargs and isinstance(args[0], Batch):
        (x,) = args
        return again(x, getattr(backend_of(x.data).xp, name)(x.data))
    named = [key for key, value in kwargs.items() if isinstance(value, Batch)]
    if named:
        raise NotBatchedError(
            f"{name}: {named[0]} has another value for each example; pass it by position"
        )
    return elementwise(lambda xp, *xs: getattr(xp, name)(*xs, **kwargs), *args)


def _reduce(name: str, x: Any, /, *, axis: Axis = None, **kwargs: Any) -> Any:
    is_batch = isinstance(x, Batch)
    backend = library((x.data if is_batch else x,))
    if kwargs.get("dtype") is not None:
        kwargs["dtype"] = backend.raw_dtype(kwargs["dtype"])
    function = getattr(backend.xp, name)
    if not is_batch:
        return function(x, axis=axis, **kwargs)
    data, axes = x.data, tuple(range(1, x.ndim + 1)) if axis is None else behind(axis)
    if axes == ():  # over no axis: over one of length one
        data, axes = backend.xp.expand_dims(data, axis=1), 1
        kwargs.pop("keepdims", None)
    return x.of(function(data, axis=axes, **kwargs))


def _arg(name: str, x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return an index for each: that of the largest element, say."""
    is_batch = isinstance(x, Batch)
    xp = library((x.data if is_batch else x,)).xp
    function = getattr(xp, name)
    if not is_batch:
        return function(x, axis=axis, keepdims=keepdims)
    if axis is not None:
        return x.of(function(x.data, axis=behind(axis), keepdims=keepdims))
    count = x.data.shape[0]
    out = function(reshaped(xp, x.data, (-1,)), axis=1)
    return x.of(xp.reshape(out, (count, *(1,) * x.ndim)) if keepdims else out)


def _by_values(name: str, x: Any) -> Any:
    if not isinstance(x, Batch):
        return getattr(library((x,)).xp, name)(x)
    raise NotBatchedError(
        f"vmap: the shape of the result of {name} depends on values, and so would differ "
        f"from example to example; {BY_VALUES[name]}"
    )


class _Batched:
    """The functions of the standard that rules use, on batches and on raw arrays beside them."""

    special, linalg, fft = SPECIAL, LINALG, FFT
    matmul = staticmethod(matmul)
    isin = staticmethod(searching.isin)
    repeat = staticmethod(searching.repeat)
    searchsorted = staticmethod(searching.searchsorted)
    take = staticmethod(searching.take)
    take_along_axis = staticmethod(searching.take_along_axis)
    zeros = staticmethod(creation.zeros)
    ones = staticmethod(creation.ones)
    empty = staticmethod(creation.empty)
    full = staticmethod(creation.full)
    arange = staticmethod(creation.arange)
    eye = staticmethod(creation.eye)
    linspace = staticmethod(creation.linspace)
    zeros_like = staticmethod(creation.zeros_like)
    ones_like = staticmethod(creation.ones_like)
    full_like = staticmethod(creation.full_like)
    empty_like = staticmethod(creation.empty_like)

    def __getattr__(self, name: str) -> Any:
        kind = _KINDS.get(name)
        if kind is not None:
            function = self.__dict__[name] = partial(kind, name)
            return function
        if name in DTYPES:
            return np.dtype(name)
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotBatchedError(f"vmap: {name} is not for many arrays at once")

    # ruff: noqa: N805 - `each` and `listed` make functions whose first argument is a namespace

    @staticmethod
    def asarray(x: Any, /, *, dtype: Any = None, device: Any = None, copy: Any = None) -> Any:
        """Return each as an array; a number as the same for each."""
        data = x.data if isinstance(x, Batch) else x
        place = device if isinstance(device, creation.Place) else None
        backend = library((data,)) if place is None else place.backend
        kwargs = {"dtype": backend.raw_dtype(dtype), "copy": copy}
        out = backend.xp.asarray(data, **kwargs, device=device if place is None else place.device)
        if isinstance(x, Batch):
            return x.of(out)
        return out if place is None else place.shared(out)

    @staticmethod
    def astype(x: Any, dtype: Any, /, **kwargs: Any) -> Any:
        """Return each in another dtype."""
        data = x.data if isinstance(x, Batch) else x
        backend = library((data,))
        out = backend.xp.astype(data, backend.raw_dtype(dtype), **kwargs)
        return x.of(out) if isinstance(x, Batch) else out

    @staticmethod
    def result_type(*args: Any) -> Any:
        """Return the dtype of a result."""
        args = tuple(x.dtype if isinstance(x, Batch) else x for x in args)
        known = [x.dtype if hasattr(x, "dtype") else x for x in args]
        for backend in LOADED.values():
            if all(d in backend.numpy_dtypes for d in known if not isinstance(d, (int, float))):
                return backend.xp.result_type(*args)
        raise NotBatchedError(f"vmap: result_type knows no library of the dtypes {known}")

    @staticmethod
    def finfo(dtype: Any, /) -> Any:
        """Return what there is to know of a floating-point dtype."""
        for backend in LOADED.values():
            if dtype in backend.numpy_dtypes:
                return limits(backend.numpy_dtype(dtype))
        return limits(dtype)

    @each
    def reshape(xp: Any, x: Any, shape: Any, *, copy: Any = None) -> Any:
        """Return each in another shape."""
        return reshaped(xp, x, shape if isinstance(shape, (tuple, list)) else (shape,))

    @staticmethod
    def broadcast_to(x: Any, shape: Any, /) -> Any:
        """Return each repeated to a shape."""
        if not isinstance(x, Batch):
            return library((x,)).xp.broadcast_to(x, shape)
        count, *rest = x.data.shape
        xp = backend_of(x.data).xp
        data = xp.reshape(x.data, (count, *(1,) * (len(shape) - len(rest)), *rest))
        return x.of(xp.broadcast_to(data, (count, *shape)))

    @each
    def expand_dims(xp: Any, x: Any, /, axis: Any = 0) -> Any:
        """Return each with new axes."""
        return xp.expand_dims(x, axis=behind(axis))

    @each
    def squeeze(xp: Any, x: Any, /, axis: Any) -> Any:
        """Return each without axes of length one."""
        return xp.squeeze(x, axis=behind(axis))

    @each
    def permute_dims(xp: Any, x: Any, axes: Any, /) -> Any:
        """Return each with its axes in another order."""
        return xp.permute_dims(x, (0, *[a % (len(x.shape) - 1) + 1 for a in axes]))

    @each
    def moveaxis(xp: Any, x: Any, source: Any, destination: Any, /) -> Any:
        """Return each with axes moved."""
        return xp.moveaxis(x, behind(source), behind(destination))

    @each
    def flip(xp: Any, x: Any, /, *, axis: Axis = None) -> Any:
        """Return each with the order along axes reversed."""
        axes = tuple(range(1, len(x.shape))) if axis is None else behind(axis)
        return xp.flip(x, axis=axes) if axes != () else x

    @each
    def roll(xp: Any, x: Any, /, shift: Any, *, axis: Axis = None) -> Any:
        """Return each rotated along axes."""
        if axis is not None:
            return xp.roll(x, shift, axis=behind(axis))
        return xp.reshape(xp.roll(reshaped(xp, x, (-1,)), shift, axis=1), x.shape)

    @each
    def cumulative_sum(xp: Any, x: Any, /, *, axis: int | None = None, **kwargs: Any) -> Any:
        """Return the running sums of each."""
        return xp.cumulative_sum(x, axis=1 if axis is None else behind(axis), **kwargs)

    @each
    def cumulative_prod(xp: Any, x: Any, /, *, axis: int | None = None, **kwargs: Any) -> Any:
        """Return the running products of each."""
        return xp.cumulative_prod(x, axis=1 if axis is None else behind(axis), **kwargs)

    @each
    def sort(xp: Any, x: Any, /, *, axis: int = -1, **kwargs: Any) -> Any:
        """Return each sorted along an axis."""
        return xp.sort(x, axis=behind(axis), **kwargs)

    @each
    def argsort(xp: Any, x: Any, /, *, axis: int = -1, **kwargs: Any) -> Any:
        """Return the indices that sort each along an axis."""
        return xp.argsort(x, axis=behind(axis), **kwargs)

    @each
    def unstack(xp: Any, x: Any, /, *, axis: int = 0) -> Any:
        """Return the slices of each along an axis."""
        return xp.unstack(x, axis=behind(axis))

    @listed
    def concat(xp: Any, arrays: Any, /, *, axis: int | None = 0) -> Any:
        """Return arrays joined along an axis, each with each."""
        if axis is None:
            arrays, axis = [reshaped(xp, x, (-1,)) for x in arrays], 0
        return xp.concat(arrays, axis=behind(axis))

    @listed
    def stack(xp: Any, arrays: Any, /, *, axis: int = 0) -> Any:
        """Return arrays joined along a new axis, each with each."""
        return xp.stack(arrays, axis=behind(axis))


_KINDS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(ELEMENTWISE, _elementwise),
    **dict.fromkeys(REDUCING, _reduce),
    **dict.fromkeys(("argmax", "argmin"), _arg),
    **dict.fromkeys(BY_VALUES, _by_values),
}
NAMESPACE = _Batched()
