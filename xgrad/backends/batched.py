"""Many cotangents or tangents side by side: one walk for all the rows of a Jacobian.

A `Batch` stands for an array of which there are many; it shows the shape of one. It is the raw
array of a backend whose namespace does to each what the library's own does to one, mostly by
counting axes from one further on. So the same rules run on it without a change, and so do the
walks. What this namespace lacks it says (`NotBatchedError`); then there is one walk for each row.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, NamedTuple

from .. import errors
from . import BY_TYPE, Backend, backend_of, backend_of_type

# ruff: noqa: N805 - `_for_batches` makes functions whose first argument is the library's namespace

__all__ = ["Batch", "NotBatchedError"]

Axis = int | tuple[int, ...] | None


class NotBatchedError(errors.MissingFunctionError):
    """Something that cannot be done to many arrays at once; it is then done to one by one."""


class Batch:
    """Many raw arrays of one shape, side by side along the first axis of `data`."""

    __slots__ = ("data",)
    __array_ufunc__ = None  # NumPy's operators leave the work to those below
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, data: Any) -> None:
        self.data = data

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
        return _elementwise("matrix_transpose", self)

    def __getattr__(self, name: str) -> Any:
        raise NotBatchedError(f"a batch has no attribute {name!r}")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise NotBatchedError("a batch is no array of NumPy")

    def __bool__(self) -> bool:
        raise NotBatchedError("a batch has no one truth value")

    def __getitem__(self, key: Any) -> Batch:
        return Batch(backend_of(self.data).getitem(self.data, _key(key)))

    def __neg__(self) -> Any:
        return Batch(-self.data)

    def __add__(self, other: Any) -> Any:
        return _operate(operator.add, self, other)

    def __radd__(self, other: Any) -> Any:
        return _operate(operator.add, other, self)

    def __sub__(self, other: Any) -> Any:
        return _operate(operator.sub, self, other)

    def __rsub__(self, other: Any) -> Any:
        return _operate(operator.sub, other, self)

    def __mul__(self, other: Any) -> Any:
        return _operate(operator.mul, self, other)

    def __rmul__(self, other: Any) -> Any:
        return _operate(operator.mul, other, self)

    def __truediv__(self, other: Any) -> Any:
        return _operate(operator.truediv, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _operate(operator.truediv, other, self)

    def __pow__(self, other: Any) -> Any:
        return _operate(operator.pow, self, other)

    def __matmul__(self, other: Any) -> Any:
        return _matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return _matmul(other, self)


def _raw(x: Any, ndim: int) -> Any:
    """Return what stands for `x` beside arrays of `ndim` axes: axes are added behind the first."""
    if type(x) is not Batch:
        return x
    data, missing = x.data, ndim - x.ndim
    if missing <= 0:
        return data
    shape = tuple(data.shape)
    return backend_of(data).xp.reshape(data, (shape[0], *(1,) * missing, *shape[1:]))


def _ndim(x: Any) -> int:
    return len(x.shape) if hasattr(x, "shape") else 0


def _operate(f: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Apply an elementwise function: axes are aligned from the last one, each beside each."""
    if Batch not in map(type, args):
        return f(*args, **kwargs)
    ndim = max(_ndim(x) for x in args)
    return Batch(f(*[_raw(x, ndim) for x in args], **kwargs))


def _key(key: Any) -> Any:
    """Return an index of each array as one of all; arrays in it must stand together."""
    parts = key if type(key) is tuple else (key,)
    advanced = [i for i, k in enumerate(parts) if hasattr(k, "shape") or type(k) is list]
    if advanced:
        whole = [i for i, k in enumerate(parts) if i in advanced or isinstance(k, int)]
        if whole != list(range(whole[0], whole[-1] + 1)):
            raise NotBatchedError("an index with arrays on both sides of a slice")
    return (slice(None), *parts)


def _of(args: Any) -> Backend:
    """Return the backend of what the batches, or the arrays, hold."""
    for x in args:
        if type(x) is Batch:
            return backend_of(x.data)
    for x in args:
        if backend_of_type(type(x)) is not None:
            return backend_of(x)
    raise NotBatchedError("no array to tell the library by")


def _number(x: Batch) -> int:
    return int(x.data.shape[0])


def _spread(x: Any, like: Batch) -> Any:
    """Return a batch's data; another array once for each of a batch."""
    if type(x) is Batch:
        return x.data
    return backend_of(x).xp.broadcast_to(x, (_number(like), *x.shape))


def _behind(axis: Any) -> Any:
    """Return axes of each array as axes of all."""
    if isinstance(axis, (tuple, list)):
        return tuple(_behind(a) for a in axis)
    return axis + 1 if axis >= 0 else axis


# The namespace ------------------------------------------------------------------------------------

ELEMENTWISE = frozenset(
    "abs acos acosh add asin asinh astype atan atan2 atanh bitwise_and bitwise_or bitwise_invert "
    "ceil conj copysign cos cosh divide equal exp expm1 floor floor_divide greater greater_equal "
    "hypot imag isfinite isinf isnan less less_equal log log10 log1p log2 logaddexp logical_and "
    "logical_not logical_or logical_xor maximum minimum multiply negative nextafter not_equal "
    "positive pow real reciprocal remainder round sign signbit sin sinh sqrt square subtract tan "
    "tanh trunc where tril triu matrix_transpose".split()
)
"""What is done to each element, or to the last two axes, which stay the last two."""

REDUCING = frozenset("sum prod mean max min all any".split())


def _elementwise(path: str, *args: Any, **kwargs: Any) -> Any:
    function: Any = _of(args).xp
    for part in path.split("."):
        function = getattr(function, part)
    return _operate(function, *args, **kwargs)


def _reduce(
    name: str, x: Any, /, *, axis: Axis = None, keepdims: bool = False, **dtype: Any
) -> Any:
    backend = _of((x,))
    _to_raw_dtype(backend, dtype)
    function = getattr(backend.xp, name)
    if type(x) is not Batch:
        return function(x, axis=axis, keepdims=keepdims, **dtype)
    axes = tuple(range(1, x.ndim + 1)) if axis is None else _behind(axis)
    if axes == ():
        return x
    return Batch(function(x.data, axis=axes, keepdims=keepdims, **dtype))


def _to_raw_dtype(backend: Backend, kwargs: dict[str, Any]) -> None:
    if kwargs.get("dtype") is not None:
        kwargs["dtype"] = backend.raw_dtype(kwargs["dtype"])


def _for_batches(f: Callable[..., Any]) -> Any:
    """Define ``f(xp, x, ...)`` on a batch, or a list with one; others get the library's own."""

    @wraps(f)
    def call(x: Any, /, *args: Any, **kwargs: Any) -> Any:
        arrays = x if isinstance(x, (tuple, list)) else (x,)
        xp = _of(arrays).xp
        if Batch not in map(type, arrays):
            return getattr(xp, f.__name__)(x, *args, **kwargs)
        return f(xp, x, *args, **kwargs)

    return staticmethod(call)


class _Special:
    """The special functions, all of them elementwise."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return partial(_elementwise, f"special.{name}")


class _Batched:
    """The functions of the standard that rules use, on batches and on raw arrays beside them."""

    special = _Special()

    def __getattr__(self, name: str) -> Any:
        if name in ELEMENTWISE:
            return partial(_elementwise, name)
        if name in REDUCING:
            return partial(_reduce, name)
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotBatchedError(f"{name}: not for many arrays at once")

    @staticmethod
    def zeros(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
        """Return zeros, which are the same for each."""
        return device.xp.zeros(shape, dtype=dtype, device=device.device)

    @staticmethod
    def zeros_like(x: Any, /) -> Any:
        """Return zeros in the shape of each."""
        return _filled(x, 0)

    @staticmethod
    def ones_like(x: Any, /) -> Any:
        """Return ones in the shape of each."""
        return _filled(x, 1)

    @staticmethod
    def full_like(x: Any, fill_value: Any, /) -> Any:
        """Return a number in the shape of each."""
        return _filled(x, fill_value)

    @_for_batches
    def reshape(xp: Any, x: Any, shape: Any, *, copy: Any = None) -> Any:
        """Return each in another shape."""
        shape = shape if isinstance(shape, (tuple, list)) else (shape,)
        return Batch(xp.reshape(x.data, (_number(x), *shape)))

    @_for_batches
    def broadcast_to(xp: Any, x: Any, shape: Any, /) -> Any:
        """Return each repeated to a shape."""
        return Batch(xp.broadcast_to(_raw(x, len(shape)), (_number(x), *shape)))

    @_for_batches
    def expand_dims(xp: Any, x: Any, /, axis: Any = 0) -> Any:
        """Return each with new axes."""
        return Batch(xp.expand_dims(x.data, axis=_behind(axis)))

    @_for_batches
    def squeeze(xp: Any, x: Any, /, axis: Any) -> Any:
        """Return each without axes of length one."""
        return Batch(xp.squeeze(x.data, axis=_behind(axis)))

    @_for_batches
    def permute_dims(xp: Any, x: Any, axes: Any, /) -> Any:
        """Return each with its axes in another order."""
        return Batch(xp.permute_dims(x.data, (0, *[a % x.ndim + 1 for a in axes])))

    @_for_batches
    def moveaxis(xp: Any, x: Any, source: Any, destination: Any, /) -> Any:
        """Return each with axes moved."""
        return Batch(xp.moveaxis(x.data, _behind(source), _behind(destination)))

    @_for_batches
    def flip(xp: Any, x: Any, /, *, axis: Axis = None) -> Any:
        """Return each with the order along axes reversed."""
        axes = tuple(range(1, x.ndim + 1)) if axis is None else _behind(axis)
        return Batch(xp.flip(x.data, axis=axes)) if axes != () else x

    @_for_batches
    def roll(xp: Any, x: Any, /, shift: Any, *, axis: Axis = None) -> Any:
        """Return each rotated along axes."""
        if axis is not None:
            return Batch(xp.roll(x.data, shift, axis=_behind(axis)))
        flat = xp.reshape(x.data, (_number(x), -1))
        return Batch(xp.reshape(xp.roll(flat, shift, axis=1), x.data.shape))

    @staticmethod
    def cumulative_sum(x: Any, /, *, axis: int | None = None, **kwargs: Any) -> Any:
        """Return the running sums of each."""
        backend = _of((x,))
        xp = backend.xp
        _to_raw_dtype(backend, kwargs)
        if type(x) is not Batch:
            return xp.cumulative_sum(x, axis=axis, **kwargs)
        return Batch(xp.cumulative_sum(x.data, axis=1 if axis is None else _behind(axis), **kwargs))

    @_for_batches
    def concat(xp: Any, arrays: Any, /, *, axis: int = 0) -> Any:
        """Return arrays joined along an axis, each with each."""
        like = next(x for x in arrays if type(x) is Batch)
        return Batch(xp.concat([_spread(x, like) for x in arrays], axis=_behind(axis)))

    @_for_batches
    def stack(xp: Any, arrays: Any, /, *, axis: int = 0) -> Any:
        """Return arrays joined along a new axis, each with each."""
        like = next(x for x in arrays if type(x) is Batch)
        return Batch(xp.stack([_spread(x, like) for x in arrays], axis=_behind(axis)))

    @staticmethod
    def matmul(x1: Any, x2: Any, /) -> Any:
        """Return the products of matrices and vectors, each with each."""
        if type(x1) is not Batch and type(x2) is not Batch:
            return _of((x1,)).xp.matmul(x1, x2)
        return _matmul(x1, x2)


def _filled(x: Any, value: Any) -> Any:
    """Return an array of one value in the shape of each of a batch, the same for each."""
    raw = x.data[0, ...] if type(x) is Batch else x
    return backend_of(raw).xp.full_like(raw, value)


def _matmul(x1: Any, x2: Any) -> Any:
    """Return matrix products; products with one matrix for all are one large product."""
    n1, n2 = x1.ndim, x2.ndim
    batch1, batch2 = type(x1) is Batch, type(x2) is Batch
    if n1 == 1 and n2 == 1:
        return _reduce("sum", x1 * x2, axis=0)
    if not batch2 and n2 <= 2 and (n1 <= 2 or n2 == 1):
        rows = x1.data  # one matrix, or vector, on the right
        return Batch(rows @ x2)
    if not batch1 and n1 == 2 and n2 == 1:
        return Batch(x2.data @ backend_of(x1).xp.matrix_transpose(x1))
    if n1 == 1:
        return _matmul(_Batched.expand_dims(x1, axis=0), x2)[..., 0, :]
    if n2 == 1:
        return _matmul(x1, _Batched.expand_dims(x2, axis=-1))[..., 0]
    ndim = max(n1, n2)
    return Batch(_raw(x1, ndim) @ _raw(x2, ndim))


def largest(path: list[Any]) -> int:
    """Return the number of elements of the largest array that the nodes of a path tell of."""
    most = 1
    for _, _, _, saved, fit in path:
        for value in (*(saved if type(saved) is tuple else (saved,)), *(fit or ())):
            for part in value if type(value) in (tuple, list) else (value,):
                shape = part if type(part) is tuple else getattr(part, "shape", ())
                if isinstance(shape, tuple) and all(type(n) is int for n in shape):
                    most = max(most, math.prod(shape))
    return most


# The backend --------------------------------------------------------------------------------------


class Place(NamedTuple):
    """Where new arrays beside a batch go."""

    xp: Any
    device: Any


def _device(x: Any) -> Place:
    backend = _of((x,))
    return Place(backend.xp, backend.device(x.data if type(x) is Batch else x))


def _getitem(x: Any, key: Any) -> Any:
    return x[key] if type(x) is Batch else backend_of(x).getitem(x, key)


def _written(x: Any, key: Any, value: Any, write: Callable[..., Any]) -> Any:
    """Return `x` after writing `value` at an index of each."""
    like = value if type(value) is Batch else x
    backend = _of((like,))
    data = backend.xp.asarray(_spread(x, like), copy=True)
    places = _key(key)
    if type(value) is Batch:
        ndim = len(backend.getitem(data, places).shape) - 1
        if value.ndim > ndim:  # an assigned value may have leading axes of length one
            count, *shape = value.data.shape
            value = Batch(backend.xp.reshape(value.data, (count, *shape[value.ndim - ndim :])))
        value = _raw(value, ndim)
    return Batch(write(backend, data, places, value))


def _setitem(x: Any, key: Any, value: Any, copy: bool = True) -> Any:
    return _written(x, key, value, lambda b, data, k, v: b.setitem(data, k, v, False))


def _index_add(x: Any, key: Any, value: Any) -> Any:
    return _written(x, key, value, lambda b, data, k, v: b.index_add(data, k, v))


def _strong_multiply(x1: Any, x2: Any) -> Any:
    return _operate(_of((x1, x2)).zero_wins, x1, x2)


def _adopt(x: Any, like: Batch) -> Any:
    """Return an `Array` of the library as a batch of the same for each."""
    if x._node is not None:
        raise NotBatchedError("a tracked array beside a batch")
    return type(x)(Batch(_spread(x._data, like)))


BATCHED = Backend(
    name="batched",
    xp=_Batched(),
    array_types=(Batch,),
    dtypes={},
    devices=list,
    device=_device,
    to_numpy=lambda x: x.__array__(),
    from_numpy=lambda x, device: x,
    index_add=_index_add,
    random=lambda seed, device: None,
    getitem=_getitem,
    setitem=_setitem,
    strong_multiply=_strong_multiply,
    leads=2,
    adopt=_adopt,
    under=lambda x: x.data,
)
BY_TYPE[Batch] = BATCHED
