"""Dask: lazy arrays in chunks, larger than memory or on many machines.

Nothing is computed before a value is asked for; a loss and its gradients are best asked for in one
``dask.compute``. Only where values decide on a shape, as those of a mask do, they are computed at
once, since everything after it needs the shape. Keys, reshapes and matrix functions that Dask
cannot split over chunks get the whole array, still lazily.
"""

from __future__ import annotations

import copy
import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from xgrad.backends import Backend, Functions, Generators, Namespace, Stream, refusing
from xgrad.errors import UNKNOWN, MixedBackendError

from . import dask_panels, lapack, scipy_special
from .detect import require

dask: Any = require("dask")
da: Any = dask.array

# where Dask is missing, require says so
from .dask_indexing import (  # noqa: E402
    added_rows,
    added_span,
    as_remembered,
    is_zeros,
    joined,
    picks,
    placed,
    remember,
    rolled,
    sliced,
    spans_of,
    spread,
    taken,
)
from .dask_linalg import FFT, LINALG, by_columns  # noqa: E402

_STANDARD = Namespace("dask", "array_api_compat.dask.array")
_HOST = Namespace("numpy", "array_api_compat.numpy")
_DTYPES = {
    np.dtype(name): np.dtype(name)
    for name in (
        "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
        "float16 float32 float64 complex64 complex128"
    ).split()
}


def _whole(function: Callable[..., Any], x: Any, shape: Any, *args: Any) -> Any:
    """Apply a NumPy function to `x` and other arguments, whole, when the value is asked for."""
    out = dask.delayed(function, pure=True)(x, *args)
    return da.from_delayed(out, tuple(shape), dtype=x.dtype, meta=x._meta)


def _parts(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _is_basic(key: Any) -> bool:
    return all(
        k is None or k is Ellipsis or isinstance(k, slice) or type(k) is int for k in _parts(key)
    )


def _is_assignable(key: Any) -> bool:
    """Whether Dask itself writes right at this key, chunk by chunk."""
    return _is_basic(key) and all(
        k is not None and (not isinstance(k, slice) or (k.step or 1) > 0) for k in _parts(key)
    )


def _stand_in(k: Any) -> Any:
    """Return an index that gives the same shape, without computing a lazy one."""
    if not isinstance(k, da.Array):
        return k
    if k.dtype.kind not in "iu":
        raise IndexError(f"dask: got an index of dtype {k.dtype}; expected integers or booleans")
    return np.zeros(k.shape, int)


def _sized(x: Any) -> Any:
    """Return an array whose shape follows from values, with these computed and the shape known."""
    return x.compute_chunk_sizes() if any(n != n for n in x.shape) else x  # noqa: PLR0124 - NaN


def _places(k: Any) -> tuple[Any, ...]:
    """Return one part of a key as parts that are no masks, but for a single truth value."""
    if not isinstance(k, da.Array) or k.dtype != bool:
        return (k,)
    return tuple(map(_sized, da.nonzero(k))) if k.ndim else (bool(k),)


def _getitem(x: Any, key: Any) -> Any:
    _require_known(x.shape)
    if isinstance(key, da.Array) and key.dtype == bool and key.ndim:
        return _sized(x[key])
    if _is_basic(key):
        remember(x)
        return sliced(x, key)
    key = _without_masks(key)
    if picks(key) is not None:
        remember(x)
        return taken(x, key)
    return _whole(operator.getitem, x, _shape_at(x, key), key)


def _shape_at(x: Any, key: Any) -> tuple[int, ...]:
    """Return the shape of a part, by an index that computes nothing."""
    known = tuple(map(_stand_in, _parts(key)))
    shape: tuple[int, ...] = np.broadcast_to(np.False_, x.shape)[known].shape
    return shape


def _replaced(x: Any, key: Any, value: Any) -> Any:
    out = x.copy() if isinstance(x, da.Array) else np.array(x)  # a 0-d one may be a scalar
    out[key] = value
    return out


def _added(x: Any, key: Any, value: Any) -> Any:
    out = np.array(x)
    np.add.at(out, key, value)
    return out


def _as_it_is(x: Any) -> Any:
    """Return an array of the same tasks, which stays as it is where ``x[key] = v`` changes `x`."""
    return da.Array(x.dask, x.name, x.chunks, meta=x._meta)


def _setitem(x: Any, key: Any, value: Any, copy: bool = True) -> Any:
    if not copy and is_zeros(x):
        x = as_remembered(x)
        spans = spans_of(x, key)
        if spans is not None:
            return placed(x, spans, value)
    if _is_assignable(key) and x[key].size:
        return _replaced(x, key, value)
    return _whole(_replaced, x, x.shape, key, value).rechunk(x.chunks)


def _index_add(x: Any, key: Any, value: Any) -> Any:
    x = as_remembered(x)
    spans = spans_of(x, key)
    if spans is not None:
        return placed(x, spans, value) if is_zeros(x) else added_span(x, spans, value)
    if _is_assignable(key) and x[key].size:
        return _replaced(x, key, x[key] + value)
    key = _without_masks(key)
    if picks(key) is not None:
        return added_rows(x, key, da.broadcast_to(da.asarray(value), _shape_at(x, key)))
    return _whole(_added, x, x.shape, key, value).rechunk(x.chunks)


def _nonzero(x: Any, /) -> tuple[Any, ...]:
    return tuple(map(_sized, _STANDARD.nonzero(x)))


def _unique(name: str) -> Callable[[Any], Any]:
    """Return the standard's function of this name, whose results have a known shape."""

    def call(x: Any, /) -> Any:
        if x.dtype.kind in "fc" and bool(da.isnan(x).any()):  # Dask's own counts a NaN 0 times
            found = getattr(_HOST, name)(np.asarray(x))
            parts = [da.from_array(part) for part in _parts(found)]
            return type(found)(*parts) if isinstance(found, tuple) else parts[0]
        out = getattr(_STANDARD, name)(x)
        return type(out)(*map(_sized, out)) if isinstance(out, tuple) else _sized(out)

    return call


def _repeat(x: Any, repeats: Any, /, *, axis: int | None = None) -> Any:
    if not isinstance(repeats, (da.Array, np.ndarray)) or repeats.ndim == 0:
        return _STANDARD.repeat(x, repeats, axis=axis)
    x, axis = (x.ravel(), 0) if axis is None else (x, axis)
    return da.take(x, np.repeat(np.arange(x.shape[axis]), np.asarray(repeats)), axis=axis)


def _searchsorted(x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Any:
    x1 = x1 if sorter is None else _take(x1, sorter)  # Dask has no sorter
    if x2.ndim:
        return da.searchsorted(x1, x2, side=side)
    return da.searchsorted(x1, x2.reshape(1), side=side)[0]  # it writes into what it finds


def _reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> Any:
    shape = (shape,) if isinstance(shape, int) else shape
    try:
        return _STANDARD.reshape(x, shape, copy=copy)
    except NotImplementedError:  # neither a merge nor a split of axes
        return _whole(np.reshape, x, np.empty(x.shape, np.void).reshape(shape).shape, shape)


def _concat(arrays: Any, /, *, axis: Any = 0) -> Any:
    if axis is None or not all(isinstance(x, da.Array) and x.ndim for x in arrays):
        return _STANDARD.concat(arrays, axis=axis)
    for x in arrays:
        _require_known(x.shape)
    return joined(arrays, axis)


def _roll(x: Any, /, shift: Any, *, axis: Any = None) -> Any:
    """Return an array rolled, in its chunks; Dask's own is in pieces of those and the shift."""
    _require_known(x.shape)
    if axis is None:
        out = da.roll(x, shift)
        return out if out.chunks == x.chunks else out.rechunk(x.chunks)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    for by, along in zip(np.broadcast_to(shift, len(axes)), axes, strict=True):
        x = rolled(x, int(by), along % x.ndim)
    return x


def _shaped(name: str) -> Callable[..., Any]:
    """Return a function that makes an array of a shape, which has to be known."""

    def made(*args: Any, **kwargs: Any) -> Any:
        for shape in (*args[:2], kwargs.get("shape")):
            if isinstance(shape, tuple):
                _require_known(shape)
        return getattr(_STANDARD, name)(*args, **kwargs)

    return made


def _broadcast_to(x: Any, /, shape: Any) -> Any:
    shape = tuple(shape)
    _require_known(shape)
    return spread(da.asarray(x), shape)


def _reduced(name: str) -> Callable[..., Any]:
    """Return a reduction, whose cotangents are spread over the chunks of what it was given."""

    def call(x: Any, /, **kwargs: Any) -> Any:
        remember(x)
        return getattr(_STANDARD, name)(x, **kwargs)

    return call


def _require_known(shape: tuple[Any, ...]) -> None:
    if any(n != n for n in shape):  # noqa: PLR0124 - a length that is not known is NaN
        raise ValueError(f"dask: got {UNKNOWN}")


def _without_masks(key: Any) -> tuple[Any, ...]:
    """Return a key in which masks are indices; those of Dask are computed to know how many."""
    parts: list[Any] = []
    for k in _parts(key):
        if isinstance(k, np.ndarray) and k.dtype == bool and k.ndim:
            parts += np.nonzero(k)
        else:
            parts += _places(k)
    return tuple(parts)


def _take(x: Any, indices: Any, /, *, axis: int = 0) -> Any:
    return _getitem(x, (slice(None),) * (axis % x.ndim) + (indices,))


def _take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> Any:
    out = da.apply_gufunc(
        lambda x, i: np.take_along_axis(x, i, axis=-1),
        "(n),(k)->(k)",
        da.moveaxis(x, axis, -1),
        da.moveaxis(indices, axis, -1),
        output_dtypes=x.dtype,
        allow_rechunk=True,
    )
    return da.moveaxis(out, -1, axis)


def _tril(x: Any, /, *, k: int = 0) -> Any:
    """Return the lower triangle; Dask's own casts complex numbers to real ones on its way."""
    return da.where(np.tri(x.shape[-2], x.shape[-1], k, dtype=bool), x, np.zeros((), x.dtype))


def _triu(x: Any, /, *, k: int = 0) -> Any:
    return da.where(np.tri(x.shape[-2], x.shape[-1], k - 1, dtype=bool), np.zeros((), x.dtype), x)


class _Special(Functions):
    """The functions of ``scipy.special``, applied to each chunk when a value is asked for."""

    def __getattr__(self, attr: str) -> Any:
        function = super().__getattr__(attr)

        def call(*args: Any, **kwargs: Any) -> Any:
            of_chunks = functools.partial(function, **kwargs)
            ones = (np.ones((), x.dtype) if isinstance(x, da.Array) else x for x in args)
            like = of_chunks(*ones)  # one element tells the dtypes
            if not isinstance(like, tuple):
                return da.core.elemwise(of_chunks, *args, dtype=like.dtype)
            return tuple(
                da.core.elemwise(functools.partial(_part, of_chunks, i), *args, dtype=x.dtype)
                for i, x in enumerate(like)
            )

        setattr(self, attr, call)
        return call


def _part(function: Callable[..., Any], i: int, *args: Any) -> Any:
    return function(*args)[i]


class _Random:
    """The few methods of ``numpy.random.Generator`` that xgrad needs, drawn by Dask."""

    def __init__(self, seed: int | None, device: Any = None) -> None:
        self.generator = da.random.default_rng(seed)

    def random(self, size: Any = None, dtype: Any = None) -> Any:
        return self.generator.random(size).astype(BACKEND.raw_dtype(dtype) or np.float64)

    def standard_normal(self, size: Any = None, dtype: Any = None) -> Any:
        return self.generator.standard_normal(size).astype(BACKEND.raw_dtype(dtype) or np.float64)

    def integers(self, low: int, high: int | None = None, size: Any = None) -> Any:
        return self.generator.integers(low, high, size)

    def permutation(self, n: int) -> Any:
        return self.generator.permutation(n)


def _spawned(generator: Any) -> Any:
    """Return the state of Dask's generator: how many seeds it gave away, and what gives them."""
    bits = generator._bit_generator
    return {"count": bits.seed_seq.n_children_spawned, "bits": [copy.deepcopy(bits)]}


def _set_spawned(generator: Any, state: Any) -> None:
    generator._bit_generator = copy.deepcopy(state["bits"][0])


def _streams() -> tuple[list[Stream], Generators]:
    # what ``da.random.normal`` and its like draw from; it is made at their first call
    shared = da.random._cached_states
    own = shared.setdefault(da.random.array_creation_dispatch.backend, da.random.RandomState())
    legacy = (
        (lambda g: g._numpy_state.get_state(legacy=False)),
        (lambda g, state: g._numpy_state.set_state(state)),
    )
    return [Stream(own, *legacy)], {
        da.random.Generator: (_spawned, _set_spawned),
        da.random.RandomState: legacy,
    }


def _parse_device(device: Any) -> str:
    if device != "cpu":
        raise ValueError(f"dask: got device {device!r}; expected 'cpu'")
    return "cpu"


class _Known(Namespace):
    """Functions that say what to do where they cannot do without a length that is not known."""

    def __getattr__(self, attr: str) -> Any:
        function = super().__getattr__(attr)
        if not callable(function) or isinstance(function, type):
            return function

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if type(kwargs.get("axis")) is bool:  # NumPy takes it for a number, but not in a block
                kwargs["axis"] = int(kwargs["axis"])
            try:
                return function(*args, **kwargs)
            except (TypeError, ValueError, NotImplementedError):
                for x in args:
                    if isinstance(x, da.Array):
                        _require_known(x.shape)
                raise

        setattr(self, attr, call)
        return call


def _lu_factor(x: Any) -> tuple[Any, Any]:
    """Factorise a matrix larger than a chunk; others are, where they are solved with."""
    return dask_panels.lu_factor(x) if dask_panels.is_wide(x) else (x, x)


def _solve_triangular(x1: Any, x2: Any, upper: bool, adjoint: bool) -> Any:
    if dask_panels.is_wide(x1) and x2.ndim == 2:
        return dask_panels.solve_triangular(x1, x2, upper, adjoint)
    half = _triu(x1) if upper else _tril(x1)
    return LINALG.solve(half.swapaxes(-1, -2).conj() if adjoint else half, x2)


def _lu_solve(lu: Any, pivots: Any, x2: Any, adjoint: bool) -> Any:
    """Solve; what NumPy has factorised serves every chunk of columns."""
    if dask_panels.are_panels(lu, pivots):
        return dask_panels.lu_solve(lu, pivots, x2, adjoint)
    if pivots.ndim == lu.ndim:
        return LINALG.solve(lu.swapaxes(-1, -2).conj() if adjoint else lu, x2)
    dtype = np.result_type(lu.dtype, x2.dtype)
    solved = functools.partial(lapack.lu_solve, adjoint=adjoint)
    return by_columns(solved, x2.astype(dtype), lu.astype(dtype), pivots)


def _expm(x: Any) -> Any:
    dtypes = {"output_dtypes": x.dtype, "allow_rechunk": True}
    return da.apply_gufunc(lapack.expm, "(m,n)->(m,n)", x, **dtypes)


def _adopt(x: Any, like: Any) -> Any:
    """Return an array of NumPy as one that stands beside Dask's, in its place on the tape.

    Its cotangents stay lazy.
    """
    if not isinstance(x._raw, (np.ndarray, np.generic)):
        raise MixedBackendError(
            f"dask: got an array of {x.backend!r} beside one of Dask's; expected one of Dask or "
            "NumPy, which become Dask's. Make it NumPy's first, with x.to_backend('numpy')"
        )
    return type(x)(da.from_array(np.array(x._raw)), x._node)


def _settled(c: Any, x: Any) -> Any:
    """Return a derivative in the chunks of the array that it is by."""
    if not isinstance(x, da.Array) or c.shape != x.shape or c.chunks == x.chunks:
        return c
    return c.rechunk(x.chunks)


BACKEND = Backend(
    name="dask",
    xp=_Known(
        "dask",
        Namespace(
            "dask",
            _STANDARD,
            concat=_concat,
            nonzero=_nonzero,
            repeat=_repeat,
            searchsorted=_searchsorted,
            **{name: _shaped(name) for name in ("zeros", "ones", "full", "empty")},
            **{name: _reduced(name) for name in ("sum", "mean", "prod", "max", "min")},
            broadcast_to=_broadcast_to,
            reshape=_reshape,
            roll=_roll,
            sign=da.sign,
            special=_Special("dask", scipy_special.named("dask")),
            take=_take,
            take_along_axis=_take_along_axis,
            tril=_tril,
            triu=_triu,
            unique_all=_unique("unique_all"),
            unique_counts=_unique("unique_counts"),
            unique_inverse=_unique("unique_inverse"),
            unique_values=_unique("unique_values"),
        ),
        fft=FFT,
        linalg=LINALG,
    ),
    array_types=(da.Array,),
    dtypes=_DTYPES,
    devices=lambda: ["cpu"],
    device=lambda x: "cpu",
    to_numpy=lambda x: np.asarray(x.compute()),
    from_numpy=lambda x, device: da.from_array(np.array(x)),
    index_add=_index_add,
    random=_Random,
    getitem=_getitem,
    setitem=_setitem,
    copied=_as_it_is,
    owns=lambda x: True,  # a write makes it another graph, of this one object
    parse_device=_parse_device,
    lu_factor=_lu_factor,
    lu_solve=_lu_solve,
    solve_triangular=_solve_triangular,
    expm=_expm,
    streams=_streams,
    is_lazy=True,
    leads=1,
    adopt=_adopt,
    settled=_settled,
    instead_of=refusing("Pass a dask.array.Array of its numbers", da.Array),
)
