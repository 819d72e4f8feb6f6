"""The methods of ``numpy.ndarray`` that array code calls, beside the standard's functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self, SupportsIndex

import numpy as np

from ..backends import COMPLEX, REAL
from ..backends.types import Axes, DType
from .operators import SEQUENCES, Operators, made_beside, public

if TYPE_CHECKING:
    from ..backends.protocols import RawArray


def _is_one(x: Any) -> bool:
    """Whether this is one number, and not several in an array."""
    return isinstance(x, SupportsIndex) and not getattr(x, "ndim", 0)


class Methods(Operators):
    """Methods with NumPy's names and signatures, for code that was written for ``ndarray``."""

    __slots__ = ()

    def astype(
        self,
        dtype: DType,
        order: str = "K",
        casting: str = "unsafe",
        subok: bool = True,
        copy: bool = True,
    ) -> Self:
        """Return this array with another data type.

        Args:
            dtype: the new dtype.
            order: not used; here for NumPy's sake.
            casting: which conversions are made, in NumPy's words: all of them by default.
            subok: not used.
            copy: if False, this array itself is returned when it has the dtype already.

        Returns:
            An array of this one's shape.

        Raises:
            TypeError: if `casting` does not let this dtype become the other one.
        """
        if casting != "unsafe" and not np.can_cast(self.dtype, dtype, casting):  # type: ignore[arg-type]
            raise TypeError(
                f"x.astype: casting={casting!r} does not let {self.dtype} become {dtype}; expected "
                "another dtype, or casting='unsafe'"
            )
        return public.astype(self, dtype, copy=copy)

    def copy(self, order: str = "C") -> Self:
        """Return a copy; derivatives flow through it."""
        out = public.positive(self) if self._raw.dtype in REAL | COMPLEX else self
        return out if out is not self else public.asarray(self, copy=True)

    def reshape(self, *shape: Any, order: str = "C") -> Self:
        """Return this array with another shape, given as a tuple or as integers.

        Args:
            *shape: the lengths; one may be -1 and follows from the others.
            order: ``"C"`` to count the last axis fastest, ``"F"`` the first one.

        Returns:
            The same elements; a view where that needs no copy.
        """
        given = shape[0] if len(shape) == 1 and not _is_one(shape[0]) else shape
        if order != "C":
            return public.numpy_protocol.manipulation.reshape(self, given, order)
        return public.reshape(self, given)

    def ravel(self, order: str = "C") -> Self:
        """Return this array as a vector."""
        return public.reshape(self.T if order == "F" else self, (-1,))

    def flatten(self, order: str = "C") -> Self:
        """Return a copy of this array as a vector."""
        return self.ravel(order).copy()

    def transpose(self, *axes: Any) -> Self:
        """Return this array with its axes permuted; reversed if none are given."""
        if not axes or (len(axes) == 1 and axes[0] is None):
            return self.T
        return public.permute_dims(self, axes if _is_one(axes[0]) else axes[0])

    def squeeze(self, axis: Axes = None) -> Self:
        """Return this array without the axes of length one, or without the given ones."""
        return public.squeeze(self, axis)

    def sum(
        self,
        axis: Axes = None,
        dtype: DType | None = None,
        out: RawArray | None = None,
        keepdims: bool = False,
        **more: Any,
    ) -> Self:
        """Return the sum; see `xgrad.sum`.

        Args:
            axis: the axis or axes to reduce, negative ones counted from the end; all if None.
            dtype: the dtype of the sums; that of `xgrad.sum` if None.
            out: an array to write the result into, which is then returned.
            keepdims: whether the reduced axes stay in the result, with length one.
            **more: `initial` and `where`, as of NumPy's method.

        Returns:
            An array of this one's shape without the reduced axes.
        """
        if more or out is not None:
            return public.numpy_protocol.reductions.sum(self, axis, dtype, out, keepdims, **more)
        return public.sum(self, axis=axis, dtype=dtype, keepdims=keepdims)

    def prod(
        self,
        axis: Axes = None,
        dtype: DType | None = None,
        out: RawArray | None = None,
        keepdims: bool = False,
        **more: Any,
    ) -> Self:
        """Return the product; see `xgrad.prod`.

        Args:
            axis: the axis or axes to reduce, negative ones counted from the end; all if None.
            dtype: the dtype of the products; that of `xgrad.prod` if None.
            out: an array to write the result into, which is then returned.
            keepdims: whether the reduced axes stay in the result, with length one.
            **more: `initial` and `where`, as of NumPy's method.

        Returns:
            An array of this one's shape without the reduced axes.
        """
        return public.numpy_protocol.reductions.prod(self, axis, dtype, out, keepdims, **more)

    def mean(
        self,
        axis: Axes = None,
        dtype: DType | None = None,
        out: RawArray | None = None,
        keepdims: bool = False,
        **more: Any,
    ) -> Self:
        """Return the mean; see `xgrad.mean`.

        Args:
            axis: the axis or axes to reduce, negative ones counted from the end; all if None.
            dtype: the dtype to compute in; this one's if None, float64 for integers.
            out: an array to write the result into, which is then returned.
            keepdims: whether the reduced axes stay in the result, with length one.
            **more: `where`, as of NumPy's method.

        Returns:
            An array of this one's shape without the reduced axes.
        """
        return public.numpy_protocol.reductions.mean(self, axis, dtype, out, keepdims, **more)

    def var(
        self,
        axis: Axes = None,
        dtype: DType | None = None,
        out: RawArray | None = None,
        ddof: float = 0,
        keepdims: bool = False,
        **more: Any,
    ) -> Self:
        """Return the variance; see `xgrad.var`.

        Args:
            axis: the axis or axes to reduce, negative ones counted from the end; all if None.
            dtype: the dtype to compute in; this one's if None, float64 for integers.
            out: an array to write the result into, which is then returned.
            ddof: what is subtracted from the number of elements.
            keepdims: whether the reduced axes stay in the result, with length one.
            **more: `where`, `mean` and `correction`, as of NumPy's method.

        Returns:
            An array of this one's shape without the reduced axes.
        """
        return public.numpy_protocol.reductions.var(self, axis, dtype, out, ddof, keepdims, **more)

    def std(
        self,
        axis: Axes = None,
        dtype: DType | None = None,
        out: RawArray | None = None,
        ddof: float = 0,
        keepdims: bool = False,
        **more: Any,
    ) -> Self:
        """Return the standard deviation; see `xgrad.std`.

        Args:
            axis: the axis or axes to reduce, negative ones counted from the end; all if None.
            dtype: the dtype to compute in; this one's if None, float64 for integers.
            out: an array to write the result into, which is then returned.
            ddof: what is subtracted from the number of elements.
            keepdims: whether the reduced axes stay in the result, with length one.
            **more: `where`, `mean` and `correction`, as of NumPy's method.

        Returns:
            An array of this one's shape without the reduced axes.
        """
        return public.numpy_protocol.reductions.std(self, axis, dtype, out, ddof, keepdims, **more)

    def max(
        self, axis: Axes = None, out: RawArray | None = None, keepdims: bool = False, **more: Any
    ) -> Self:
        """Return the maximum; see `xgrad.max`.

        Args:
            axis: the axis or axes to reduce, negative ones counted from the end; all if None.
            out: an array to write the result into, which is then returned.
            keepdims: whether the reduced axes stay in the result, with length one.
            **more: `initial` and `where`, as of NumPy's method.

        Returns:
            An array of this one's shape without the reduced axes.
        """
        return public.numpy_protocol.reductions.max(self, axis, out, keepdims, **more)

    def min(
        self, axis: Axes = None, out: RawArray | None = None, keepdims: bool = False, **more: Any
    ) -> Self:
        """Return the minimum; see `xgrad.min`.

        Args:
            axis: the axis or axes to reduce, negative ones counted from the end; all if None.
            out: an array to write the result into, which is then returned.
            keepdims: whether the reduced axes stay in the result, with length one.
            **more: `initial` and `where`, as of NumPy's method.

        Returns:
            An array of this one's shape without the reduced axes.
        """
        return public.numpy_protocol.reductions.min(self, axis, out, keepdims, **more)

    def argmax(
        self, axis: int | None = None, out: RawArray | None = None, *, keepdims: bool = False
    ) -> Self:
        """Return the index of the maximum; see `xgrad.argmax`.

        Args:
            axis: the axis; if None the index counts in the flattened array.
            out: an array to write the result into, which is then returned.
            keepdims: whether the axis stays in the result, with length one.

        Returns:
            Integers, of this array's shape without the axis.
        """
        return _stored(public.argmax(self, axis=axis, keepdims=bool(keepdims)), out, "x.argmax")

    def argmin(
        self, axis: int | None = None, out: RawArray | None = None, *, keepdims: bool = False
    ) -> Self:
        """Return the index of the minimum; see `xgrad.argmin`.

        Args:
            axis: the axis; if None the index counts in the flattened array.
            out: an array to write the result into, which is then returned.
            keepdims: whether the axis stays in the result, with length one.

        Returns:
            Integers, of this array's shape without the axis.
        """
        return _stored(public.argmin(self, axis=axis, keepdims=bool(keepdims)), out, "x.argmin")

    def any(self, axis: Axes = None, out: RawArray | None = None, keepdims: bool = False) -> Self:
        """Return whether any element is true; see `xgrad.any`.

        Args:
            axis: the axis or axes to reduce, negative ones counted from the end; all if None.
            out: an array to write the result into, which is then returned.
            keepdims: whether the reduced axes stay in the result, with length one.

        Returns:
            Booleans, of this array's shape without the reduced axes.
        """
        return _stored(public.any(self, axis=axis, keepdims=keepdims), out, "x.any")

    def all(self, axis: Axes = None, out: RawArray | None = None, keepdims: bool = False) -> Self:
        """Return whether all elements are true; see `xgrad.all`.

        Args:
            axis: the axis or axes to reduce, negative ones counted from the end; all if None.
            out: an array to write the result into, which is then returned.
            keepdims: whether the reduced axes stay in the result, with length one.

        Returns:
            Booleans, of this array's shape without the reduced axes.
        """
        return _stored(public.all(self, axis=axis, keepdims=keepdims), out, "x.all")

    def cumsum(
        self, axis: int | None = None, dtype: DType | None = None, out: RawArray | None = None
    ) -> Self:
        """Return the running sum; see `xgrad.cumulative_sum`.

        Args:
            axis: the axis; if None the array is flattened first.
            dtype: the dtype of the sums; that of `xgrad.cumulative_sum` if None.
            out: an array to write the result into, which is then returned.

        Returns:
            An array of this one's shape, or a vector.
        """
        return public.numpy_protocol.running.cumsum(self, axis, dtype, out)

    def cumprod(
        self, axis: int | None = None, dtype: DType | None = None, out: RawArray | None = None
    ) -> Self:
        """Return the running product; see `xgrad.cumulative_prod`.

        Args:
            axis: the axis; if None the array is flattened first.
            dtype: the dtype of the products; that of `xgrad.cumulative_prod` if None.
            out: an array to write the result into, which is then returned.

        Returns:
            An array of this one's shape, or a vector.
        """
        return public.numpy_protocol.running.cumprod(self, axis, dtype, out)

    def round(self, decimals: int = 0, out: RawArray | None = None) -> Self:
        """Return the elements rounded to a number of decimals.

        Args:
            decimals: how many; of negative ones, to tens and hundreds.
            out: an array to write the result into, which is then returned.

        Returns:
            An array of this one's shape. Its derivative is 0.
        """
        return public.numpy_protocol.reductions.round(self, decimals, out)

    def clip(
        self,
        min: RawArray | complex | None = None,
        max: RawArray | complex | None = None,
        out: RawArray | None = None,
    ) -> Self:
        """Return the elements limited to a range; see `xgrad.clip`.

        Args:
            min: the lower bound, a number or an array; none if None.
            max: the upper bound, likewise.
            out: an array to write the result into, which is then returned.

        Returns:
            An array of the broadcast shape.
        """
        return _stored(public.clip(self, min, max), out, "x.clip")

    def conj(self) -> Self:
        """Return the complex conjugate."""
        return public.conj(self)

    def conjugate(self) -> Self:
        """Return the complex conjugate."""
        return public.conj(self)

    def dot(self, other: Any) -> Self:
        """Return the product, as `xgrad.dot`."""
        return public.dot(self, made_beside(self, other) if isinstance(other, SEQUENCES) else other)

    # Choosing and arranging elements -----------------------------------------------------------

    def take(
        self,
        indices: Any,
        axis: int | None = None,
        out: RawArray | None = None,
        mode: str = "raise",
    ) -> Self:
        """Return elements along an axis; of the flattened array without one.

        Args:
            indices: integers, of any shape.
            axis: the axis; None for the flattened array.
            out: an array to write the result into, which is then returned.
            mode: what an index out of bounds does: ``"raise"``, ``"wrap"`` or ``"clip"``.

        Returns:
            An array with the axis replaced by the shape of `indices`.
        """
        return public.numpy_protocol.choosing.take(self, indices, axis, out, mode)

    def compress(
        self, condition: Any, axis: int | None = None, out: RawArray | None = None
    ) -> Self:
        """Return the slices along an axis where a condition holds.

        Args:
            condition: booleans, one for each slice.
            axis: the axis; None for the elements of the flattened array.
            out: an array to write the result into, which is then returned.

        Returns:
            An array along the axis as long as the condition is true.
        """
        return _stored(public.compress(condition, self, axis), out, "x.compress")

    def choose(self, choices: Any, out: RawArray | None = None, mode: str = "raise") -> Self:
        """Return elements of the choices that this array's integers name.

        Args:
            choices: a sequence of arrays that broadcast against this one.
            out: an array to write the result into, which is then returned.
            mode: what a number without a choice does; see `xgrad.choose`.

        Returns:
            An array of the broadcast shape.
        """
        return _stored(public.choose(self, choices, mode), out, "x.choose")

    def repeat(self, repeats: Any, axis: int | None = None) -> Self:
        """Return each element repeated.

        Args:
            repeats: how often: a number, or one for each slice along the axis.
            axis: the axis; None for the flattened array.

        Returns:
            An array, longer along the axis.
        """
        repeats = np.asarray(repeats) if isinstance(repeats, (list, tuple)) else repeats
        return public.repeat(self, repeats, axis=axis)

    def swapaxes(self, axis1: int, axis2: int) -> Self:
        """Return this array with two axes swapped.

        Args:
            axis1: one axis.
            axis2: the other one.

        Returns:
            The same elements; a view where the backend has views.
        """
        return public.swapaxes(self, axis1, axis2)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Self:
        """Return the diagonals of two axes.

        Args:
            offset: which diagonal: 0 is the main one, a positive number lies above it.
            axis1: the axis along which rows are counted.
            axis2: the axis along which columns are counted.

        Returns:
            An array without these axes, the diagonal along a new last one.
        """
        return public.diagonal(self, offset, axis1, axis2)

    def trace(
        self, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: DType | None = None
    ) -> Self:
        """Return the sum along diagonals.

        Args:
            offset: which diagonal: 0 is the main one, a positive number lies above it.
            axis1: the axis along which rows are counted.
            axis2: the axis along which columns are counted.
            dtype: the dtype of the sums.

        Returns:
            An array without these axes.
        """
        return public.trace(self, offset, axis1, axis2, dtype)

    def nonzero(self) -> tuple[Self, ...]:
        """Return the indices of the elements that are not zero, an array for each axis."""
        return public.nonzero(self)

    def searchsorted(self, v: Any, side: str = "left", sorter: Any = None) -> Self:
        """Return where values would be inserted to keep this array sorted.

        Args:
            v: the values, of any shape.
            side: ``"left"`` for the first place that fits, ``"right"`` for the last one.
            sorter: the indices that sort this array, if it is not sorted.

        Returns:
            Integers of the shape of `v`.
        """
        v = made_beside(self, v) if isinstance(v, SEQUENCES) else public.asarray(v)
        return public.searchsorted(self, v, side=side, sorter=sorter)

    def argsort(
        self,
        axis: int | None = -1,
        kind: str | None = None,
        order: str | None = None,
        *,
        stable: bool | None = None,
    ) -> Self:
        """Return the indices that sort along an axis.

        Args:
            axis: the axis; None for the flattened array.
            kind: one of NumPy's; not used: the sort is stable.
            order: not used.
            stable: not used: the sort is stable.

        Returns:
            Integers of this array's shape.
        """
        return public.numpy_protocol.choosing.argsort(self, axis, kind)

    def argpartition(self, kth: int | tuple[int, ...], axis: int | None = -1) -> Self:
        """Return the indices that put the `kth` smallest in its place: all are sorted.

        Args:
            kth: a place or places that exist.
            axis: the axis; None for the flattened array.

        Returns:
            Integers of this array's shape.
        """
        return public.numpy_protocol.choosing.argpartition(self, kth, axis)

    # Writing in place --------------------------------------------------------------------------

    def sort(
        self,
        axis: int = -1,
        kind: str | None = None,
        order: str | None = None,
        *,
        stable: bool | None = None,
    ) -> None:
        """Sort along an axis, in place.

        Args:
            axis: the axis.
            kind: one of NumPy's; not used: the sort is stable.
            order: not used.
            stable: not used: the sort is stable.
        """
        self[...] = public.numpy_protocol.choosing.sort(self, axis, kind)

    def partition(self, kth: int | tuple[int, ...], axis: int = -1) -> None:
        """Put the `kth` smallest in its place along an axis, in place: all are sorted.

        Args:
            kth: a place or places that exist.
            axis: the axis.
        """
        self[...] = public.numpy_protocol.choosing.partition(self, kth, axis)

    def fill(self, value: Any) -> None:
        """Set every element to a number, in place."""
        self[...] = public.numpy_protocol.writing.or_nan(self, value, "x.fill: value")

    def put(self, indices: Any, values: Any, mode: str = "raise") -> None:
        """Write values at places of the flattened array, in place.

        Args:
            indices: integers that count in the flattened array.
            values: an array or a number; repeated if there are fewer values than indices.
            mode: what an index out of bounds does: ``"raise"``, ``"wrap"`` or ``"clip"``.
        """
        public.numpy_protocol.writing.put(self, indices, values, mode)

    # Looking at the same elements --------------------------------------------------------------

    @property
    def flat(self) -> Flat:
        """The elements one after another: to iterate over, to index, and to assign to."""
        return Flat(self)

    @flat.setter
    def flat(self, value: Any) -> None:
        Flat(self)[:] = value

    def view(self, dtype: Any = None, *shape: Any) -> Self:
        """Return a view of this array; its bytes cannot be read as another dtype.

        Args:
            dtype: the dtype of this array, or None.
            *shape: not used: lengths belong to `reshape`, which the error says.

        Returns:
            An array of the same values, in the same memory.

        Raises:
            TypeError: if it is another dtype, or a length.
        """
        if shape or isinstance(dtype, (int, tuple)):  # as PyTorch has it
            given = (dtype, *shape) if shape or isinstance(dtype, int) else dtype
            raise TypeError(
                f"view: got the lengths {given}; expected a dtype, if anything. For another shape "
                f"use x.reshape({', '.join(map(str, given))})"
            )
        if dtype is not None and np.dtype(dtype) != self.dtype:
            raise TypeError(
                f"view: got dtype {np.dtype(dtype)}; an xgrad.Array can be viewed only as its own "
                f"{self.dtype}, since no derivative goes through its bytes. Use x.astype(dtype)"
            )
        return self[...]

    def __floor__(self) -> Self:
        return public.floor(self)

    def __ceil__(self) -> Self:
        return public.ceil(self)

    def __trunc__(self) -> Self:
        return public.trunc(self)


class Flat:
    """The elements of an array one after another, as ``numpy.ndarray.flat``."""

    __slots__ = ("base",)

    def __init__(self, base: Any) -> None:
        self.base = base

    def __len__(self) -> int:
        return self.base.size

    def __iter__(self) -> Iterator[Any]:
        return iter(public.ravel(self.base))

    def __getitem__(self, key: Any) -> Any:
        return public.ravel(self.base)[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        elements = public.ravel(self.base).copy()
        elements[key] = value
        self.base[...] = public.reshape(elements, self.base.shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.asarray(public.ravel(self.base), dtype=dtype)


def _stored(result: Any, out: Any, name: str) -> Any:
    """Return a result, written into `out` if there is one."""
    return result if out is None else public.numpy_protocol.storing.stored(result, out, name)
