"""The methods of ``numpy.ndarray`` that array code calls, beside the standard's functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np

import xgrad

from ..backends import COMPLEX, REAL

if TYPE_CHECKING:
    from .array import Array


class Methods:
    """Methods with NumPy's names and signatures, for code that was written for ``ndarray``."""

    __slots__ = ()

    def astype(
        self: Any,
        dtype: Any,
        order: str = "K",
        casting: str = "unsafe",
        subok: bool = True,
        copy: bool = True,
    ) -> Array:
        """Return this array with another data type."""
        return xgrad.astype(self, dtype, copy=copy)

    def copy(self: Any, order: str = "C") -> Array:
        """Return a copy; derivatives flow through it."""
        out = xgrad.positive(self) if self._data.dtype in REAL | COMPLEX else self
        return out if out is not self else xgrad.asarray(self, copy=True)

    def reshape(self: Any, *shape: Any, order: str = "C") -> Array:
        """Return this array with another shape, given as a tuple or as integers."""
        given = shape[0] if len(shape) == 1 and not isinstance(shape[0], SupportsIndex) else shape
        if order != "C":
            return xgrad.numpy_protocol.manipulation.reshape(self, given, order)
        return xgrad.reshape(self, given)

    def ravel(self: Any, order: str = "C") -> Array:
        """Return this array as a vector."""
        return xgrad.reshape(self.T if order == "F" else self, (-1,))

    def flatten(self: Any, order: str = "C") -> Array:
        """Return a copy of this array as a vector."""
        return self.ravel(order).copy()  # type: ignore[no-any-return]

    def transpose(self: Any, *axes: Any) -> Array:
        """Return this array with its axes permuted; reversed if none are given."""
        if not axes or axes == (None,):
            return self.T  # type: ignore[no-any-return]
        return xgrad.permute_dims(self, axes if isinstance(axes[0], SupportsIndex) else axes[0])

    def squeeze(self: Any, axis: Any = None) -> Array:
        """Return this array without the axes of length one, or without the given ones."""
        if axis is None:
            axis = tuple(i for i, n in enumerate(self.shape) if n == 1)
        return xgrad.squeeze(self, axis)

    def sum(
        self: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        **more: Any,
    ) -> Array:
        """Return the sum; see `xgrad.sum`."""
        if more or out is not None:
            return xgrad.numpy_protocol.reductions.sum(self, axis, dtype, out, keepdims, **more)
        return xgrad.sum(self, axis=axis, dtype=dtype, keepdims=keepdims)

    def prod(
        self: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        **more: Any,
    ) -> Array:
        """Return the product; see `xgrad.prod`."""
        return xgrad.numpy_protocol.reductions.prod(self, axis, dtype, out, keepdims, **more)

    def mean(
        self: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        **more: Any,
    ) -> Array:
        """Return the mean; see `xgrad.mean`."""
        return xgrad.numpy_protocol.reductions.mean(self, axis, dtype, out, keepdims, **more)

    def var(
        self: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: bool = False,
        **more: Any,
    ) -> Array:
        """Return the variance; see `xgrad.var`."""
        return xgrad.numpy_protocol.reductions.var(self, axis, dtype, out, ddof, keepdims, **more)

    def std(
        self: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: bool = False,
        **more: Any,
    ) -> Array:
        """Return the standard deviation; see `xgrad.std`."""
        return xgrad.numpy_protocol.reductions.std(self, axis, dtype, out, ddof, keepdims, **more)

    def max(
        self: Any, axis: Any = None, out: Any = None, keepdims: bool = False, **more: Any
    ) -> Array:
        """Return the maximum; see `xgrad.max`."""
        return xgrad.numpy_protocol.reductions.max(self, axis, out, keepdims, **more)

    def min(
        self: Any, axis: Any = None, out: Any = None, keepdims: bool = False, **more: Any
    ) -> Array:
        """Return the minimum; see `xgrad.min`."""
        return xgrad.numpy_protocol.reductions.min(self, axis, out, keepdims, **more)

    def argmax(self: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Array:
        """Return the index of the maximum; see `xgrad.argmax`."""
        return _stored(xgrad.argmax(self, axis=axis, keepdims=keepdims), out, "x.argmax")

    def argmin(self: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Array:
        """Return the index of the minimum; see `xgrad.argmin`."""
        return _stored(xgrad.argmin(self, axis=axis, keepdims=keepdims), out, "x.argmin")

    def any(self: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Array:
        """Return whether any element is true; see `xgrad.any`."""
        return _stored(xgrad.any(self, axis=axis, keepdims=keepdims), out, "x.any")

    def all(self: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Array:
        """Return whether all elements are true; see `xgrad.all`."""
        return _stored(xgrad.all(self, axis=axis, keepdims=keepdims), out, "x.all")

    def cumsum(self: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Array:
        """Return the running sum; see `xgrad.cumulative_sum`."""
        return xgrad.numpy_protocol.reductions.cumsum(self, axis, dtype, out)

    def cumprod(self: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Array:
        """Return the running product; see `xgrad.cumulative_prod`."""
        return xgrad.numpy_protocol.reductions.cumprod(self, axis, dtype, out)

    def round(self: Any, decimals: int = 0, out: Any = None) -> Array:
        """Return the elements rounded to a number of decimals."""
        return xgrad.numpy_protocol.reductions.round(self, decimals, out)

    def clip(self: Any, min: Any = None, max: Any = None, out: Any = None) -> Array:
        """Return the elements limited to a range; see `xgrad.clip`."""
        return _stored(xgrad.clip(self, min, max), out, "x.clip")

    def conj(self: Any) -> Array:
        """Return the complex conjugate."""
        return xgrad.conj(self)

    def conjugate(self: Any) -> Array:
        """Return the complex conjugate."""
        return xgrad.conj(self)

    def dot(self: Any, other: Any) -> Array:
        """Return the product, as `xgrad.dot`."""
        return xgrad.dot(self, other)

    # Choosing and arranging elements -----------------------------------------------------------

    def take(
        self: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise"
    ) -> Array:
        """Return elements along an axis; of the flattened array without one."""
        return xgrad.numpy_protocol.manipulation.take(self, indices, axis, out, mode)

    def compress(self: Any, condition: Any, axis: Any = None, out: Any = None) -> Array:
        """Return the slices along an axis where a condition holds."""
        return _stored(xgrad.compress(condition, self, axis), out, "x.compress")

    def choose(self: Any, choices: Any, out: Any = None, mode: str = "raise") -> Array:
        """Return elements of the choices that this array's integers name."""
        return _stored(xgrad.choose(self, choices, mode), out, "x.choose")

    def repeat(self: Any, repeats: Any, axis: Any = None) -> Array:
        """Return each element repeated."""
        repeats = np.asarray(repeats) if isinstance(repeats, (list, tuple)) else repeats
        return xgrad.repeat(self, repeats, axis=axis)

    def swapaxes(self: Any, axis1: int, axis2: int) -> Array:
        """Return this array with two axes swapped."""
        return xgrad.swapaxes(self, axis1, axis2)

    def diagonal(self: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
        """Return the diagonals of two axes."""
        return xgrad.diagonal(self, offset, axis1, axis2)

    def trace(
        self: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None
    ) -> Array:
        """Return the sum along diagonals."""
        return xgrad.trace(self, offset, axis1, axis2, dtype)

    def nonzero(self: Any) -> tuple[Array, ...]:
        """Return the indices of the elements that are not zero, an array for each axis."""
        return xgrad.nonzero(self)

    def searchsorted(self: Any, v: Any, side: str = "left", sorter: Any = None) -> Array:
        """Return where values would be inserted to keep this array sorted."""
        return xgrad.searchsorted(self, xgrad.asarray(v), side=side, sorter=sorter)

    def argsort(
        self: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None
    ) -> Array:
        """Return the indices that sort along an axis."""
        return xgrad.numpy_protocol.manipulation.argsort(self, axis)

    def argpartition(self: Any, kth: Any, axis: Any = -1) -> Array:
        """Return the indices that put the `kth` smallest in its place: all are sorted."""
        return xgrad.numpy_protocol.manipulation.argsort(self, axis)

    # Writing in place --------------------------------------------------------------------------

    def sort(
        self: Any, axis: int = -1, kind: Any = None, order: Any = None, *, stable: Any = None
    ) -> None:
        """Sort along an axis, in place."""
        self[...] = xgrad.sort(self, axis=axis)

    def partition(self: Any, kth: Any, axis: int = -1) -> None:
        """Put the `kth` smallest in its place along an axis, in place: all are sorted."""
        self[...] = xgrad.sort(self, axis=axis)

    def fill(self: Any, value: Any) -> None:
        """Set every element to a number, in place."""
        self[...] = value

    def put(self: Any, indices: Any, values: Any, mode: str = "raise") -> None:
        """Write values at places of the flattened array, in place."""
        xgrad.numpy_protocol.manipulation.put(self, indices, values, mode)

    # Looking at the same elements --------------------------------------------------------------

    @property
    def flat(self: Any) -> Flat:
        """The elements one after another: to iterate over, to index, and to assign to."""
        return Flat(self)

    @flat.setter
    def flat(self: Any, value: Any) -> None:
        Flat(self)[:] = value

    def view(self: Any, dtype: Any = None) -> Array:
        """Return a view of this array; its bytes cannot be read as another dtype."""
        if dtype is not None and np.dtype(dtype) != self.dtype:
            raise TypeError(
                f"view: got dtype {np.dtype(dtype)}; an xgrad.Array can be viewed only as its own "
                f"{self.dtype}, since no derivative goes through its bytes. Use x.astype(dtype)"
            )
        return self[...]  # type: ignore[no-any-return]

    def __divmod__(self: Any, other: Any) -> tuple[Array, Array]:
        return self // other, self % other

    def __rdivmod__(self: Any, other: Any) -> tuple[Array, Array]:
        return other // self, other % self

    def __floor__(self: Any) -> Array:
        return xgrad.floor(self)

    def __ceil__(self: Any) -> Array:
        return xgrad.ceil(self)

    def __trunc__(self: Any) -> Array:
        return xgrad.trunc(self)


class Flat:
    """The elements of an array one after another, as ``numpy.ndarray.flat``."""

    __slots__ = ("base",)

    def __init__(self, base: Array) -> None:
        self.base = base

    def __len__(self) -> int:
        return self.base.size

    def __iter__(self) -> Iterator[Array]:
        return iter(xgrad.ravel(self.base))

    def __getitem__(self, key: Any) -> Array:
        return xgrad.ravel(self.base)[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        elements = xgrad.ravel(self.base).copy()
        elements[key] = value
        self.base[...] = xgrad.reshape(elements, self.base.shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.asarray(xgrad.ravel(self.base), dtype=dtype)


def _stored(result: Array, out: Any, name: str) -> Array:
    """Return a result, written into `out` if there is one."""
    return result if out is None else xgrad.numpy_protocol.storing.stored(result, out, name)
