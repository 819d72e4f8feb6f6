"""The methods of ``numpy.ndarray`` that array code calls, beside the standard's functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np

import xgrad

from .backends import COMPLEX, REAL

if TYPE_CHECKING:
    from .array import Array


class Methods:
    """Methods with NumPy's names and signatures, for code that was written for ``ndarray``."""

    __slots__ = ()

    def astype(self: Any, dtype: Any, *, copy: bool = True) -> Array:
        """Return this array with another data type."""
        return xgrad.astype(self, dtype, copy=copy)

    def copy(self: Any) -> Array:
        """Return a copy; derivatives flow through it."""
        out = xgrad.positive(self) if self._data.dtype in REAL | COMPLEX else self
        return out if out is not self else xgrad.asarray(self, copy=True)

    def reshape(self: Any, *shape: Any) -> Array:
        """Return this array with another shape, given as a tuple or as integers."""
        given = shape[0] if len(shape) == 1 and not isinstance(shape[0], SupportsIndex) else shape
        return xgrad.reshape(self, given)

    def ravel(self: Any) -> Array:
        """Return this array as a vector."""
        return xgrad.reshape(self, (-1,))

    def flatten(self: Any) -> Array:
        """Return a copy of this array as a vector."""
        return xgrad.reshape(self, (-1,)).copy()

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

    def sum(self: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Array:
        """Return the sum; see `xgrad.sum`."""
        return xgrad.sum(self, axis=axis, dtype=dtype, keepdims=keepdims)

    def prod(self: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Array:
        """Return the product; see `xgrad.prod`."""
        return xgrad.prod(self, axis=axis, dtype=dtype, keepdims=keepdims)

    def mean(self: Any, axis: Any = None, keepdims: bool = False) -> Array:
        """Return the mean; see `xgrad.mean`."""
        return xgrad.mean(self, axis=axis, keepdims=keepdims)

    def var(self: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Array:
        """Return the variance; see `xgrad.var`."""
        return xgrad.var(self, axis=axis, correction=ddof, keepdims=keepdims)

    def std(self: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Array:
        """Return the standard deviation; see `xgrad.std`."""
        return xgrad.std(self, axis=axis, correction=ddof, keepdims=keepdims)

    def max(self: Any, axis: Any = None, keepdims: bool = False) -> Array:
        """Return the maximum; see `xgrad.max`."""
        return xgrad.max(self, axis=axis, keepdims=keepdims)

    def min(self: Any, axis: Any = None, keepdims: bool = False) -> Array:
        """Return the minimum; see `xgrad.min`."""
        return xgrad.min(self, axis=axis, keepdims=keepdims)

    def argmax(self: Any, axis: Any = None, keepdims: bool = False) -> Array:
        """Return the index of the maximum; see `xgrad.argmax`."""
        return xgrad.argmax(self, axis=axis, keepdims=keepdims)

    def argmin(self: Any, axis: Any = None, keepdims: bool = False) -> Array:
        """Return the index of the minimum; see `xgrad.argmin`."""
        return xgrad.argmin(self, axis=axis, keepdims=keepdims)

    def any(self: Any, axis: Any = None, keepdims: bool = False) -> Array:
        """Return whether any element is true; see `xgrad.any`."""
        return xgrad.any(self, axis=axis, keepdims=keepdims)

    def all(self: Any, axis: Any = None, keepdims: bool = False) -> Array:
        """Return whether all elements are true; see `xgrad.all`."""
        return xgrad.all(self, axis=axis, keepdims=keepdims)

    def cumsum(self: Any, axis: Any = None) -> Array:
        """Return the running sum; see `xgrad.cumulative_sum`."""
        return xgrad.cumulative_sum(self.ravel() if axis is None else self, axis=axis or 0)

    def clip(self: Any, min: Any = None, max: Any = None) -> Array:
        """Return the elements limited to a range; see `xgrad.clip`."""
        return xgrad.clip(self, min, max)

    def conj(self: Any) -> Array:
        """Return the complex conjugate."""
        return xgrad.conj(self)

    def dot(self: Any, other: Any) -> Array:
        """Return the matrix product."""
        return xgrad.matmul(self, other) if self.ndim and np.ndim(other) else self * other
