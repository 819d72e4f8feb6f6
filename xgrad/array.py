"""The array that users hold: raw data of some backend, and its place on the tape.

An `Array` is a pair (raw data, tape node). The node never refers back to the array, so there is no
reference cycle, and a write ``x[i] = v`` only *rebinds* the pair: the tape keeps the old value.
Operators and methods look the public functions up in the `xgrad` module when they are called; it is
the one reference upward in the layers, and the standard's ``__array_namespace__`` forces it anyhow.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterator
from typing import Any, SupportsIndex

import numpy as np

import xgrad

from . import errors
from .backends import REAL, COMPLEX, Raw, backend_of, backend_of_type

__all__ = ["Array"]

SCALARS = frozenset((bool, int, float, complex))
OPERANDS: set[type] = {*SCALARS}
"""The types that operators take; filled as they are seen."""


class Array:
    """An array on some backend that may be tracked for differentiation.

    Make one with `xgrad.asarray` or another creation function; transforms such as `xgrad.grad`
    make them of what they are given. It has the methods and attributes of the Array API standard,
    and those of ``numpy.ndarray`` that array code commonly calls.

    Attributes:
        data: the raw array, as its library knows it.
    """

    __slots__ = ("__weakref__", "_data", "_grad", "_node", "_view", "_views")

    def __init__(self, data: Raw, node: Any = None) -> None:
        self._data = data
        self._node = node

    # What it is ------------------------------------------------------------------------------

    @property
    def data(self) -> Raw:
        """The raw array of the backend's library, without its place on the tape."""
        return self._data

    @property
    def backend(self) -> str:
        """The name of the backend whose library holds the data."""
        return backend_of(self._data).name

    @property
    def device(self) -> Any:
        """The device that holds the data; ``"cpu"`` for NumPy."""
        return backend_of(self._data).device(self._data)

    @property
    def dtype(self) -> Any:
        """The data type, a NumPy dtype on every backend."""
        return backend_of(self._data).numpy_dtype(self._data.dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return tuple(self._data.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._data.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self._data.shape)

    @property
    def itemsize(self) -> int:
        """The number of bytes of an element."""
        return int(np.dtype(self.dtype).itemsize)

    @property
    def nbytes(self) -> int:
        """The number of bytes of all elements."""
        return self.size * self.itemsize

    @property
    def T(self) -> Array:
        """The transpose of a matrix, with the axes reversed."""
        return xgrad.permute_dims(self, tuple(range(self.ndim))[::-1])

    @property
    def mT(self) -> Array:
        """The array with its last two axes swapped."""
        return xgrad.matrix_transpose(self)

    @property
    def real(self) -> Array:
        """The real part; the array itself if it is real."""
        return xgrad.real(self) if self._data.dtype in COMPLEX else self

    @property
    def imag(self) -> Array:
        """The imaginary part; zeros if the array is real."""
        return xgrad.imag(self) if self._data.dtype in COMPLEX else xgrad.zeros_like(self)

    # The tape ----------------------------------------------------------------------------------

    @property
    def is_tracked(self) -> bool:
        """Whether a derivative can flow through this array."""
        return self._node is not None

    @property
    def requires_grad(self) -> bool:
        """Whether `backward` leaves this array's gradient in `grad`."""
        return self._node is not None and xgrad.tape.is_parameter(self._node)

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if value == self.requires_grad:
            return
        if self._node is not None and value:
            raise errors.MutationError(
                "requires_grad: this array is a result, not a leaf; "
                "set it on x.detach() or pass requires_grad=True to xgrad.asarray"
            )
        self._node = xgrad.tape.parameter(self) if value else None

    @property
    def grad(self) -> Array | None:
        """The gradient that `backward` has accumulated here, or None."""
        return getattr(self, "_grad", None)

    @grad.setter
    def grad(self, value: Array | None) -> None:
        if value is not None and (value.shape != self.shape or value.dtype != self.dtype):
            raise ValueError(
                f"grad: got {value.dtype}{list(value.shape)}; "
                f"expected {self.dtype}{list(self.shape)}, as the array itself"
            )
        self._grad = value

    def backward(self, cotangent: Any = None, *, create_graph: bool = False) -> None:
        """Add the gradient of this array to `grad` of every leaf with `requires_grad`.

        Args:
            cotangent: the gradient of the final result with respect to this array; needed unless
                it is a real scalar, whose cotangent is 1.
            create_graph: keep the graph, and record this walk, so that gradients can be
                differentiated again. Otherwise the graph is freed.
        """
        xgrad.tape.backward(self, cotangent, create_graph)

    def detach(self) -> Array:
        """Return an untracked array with the same data."""
        return Array(self._data)

    # Leaving the tape --------------------------------------------------------------------------

    def _untracked(self, what: str) -> Raw:
        """Return the data, or say that `what` would drop the gradient."""
        if self._node is not None and xgrad.tape.is_recording():
            raise errors.TracedConversionError(
                f"{what} of a tracked array ({self.dtype}{list(self.shape)}) would drop its "
                "gradient. Use the xgrad function of the same purpose to keep it, "
                "or x.detach() (an array) or x.item() (a number) to leave the tape on purpose"
            )
        return self._data

    def item(self) -> Any:
        """Return the only element as a Python number, off the tape."""
        if self.size != 1:
            raise ValueError(f"item: got shape {self.shape}; expected exactly one element")
        return self._data.item() if hasattr(self._data, "item") else self._numpy().item()

    def tolist(self) -> Any:
        """Return the elements as nested lists of Python numbers, off the tape."""
        return self._numpy().tolist()

    def _numpy(self) -> Any:
        return backend_of(self._data).to_numpy(self._data)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        self._untracked("numpy.asarray")
        return np.array(self._numpy(), dtype=dtype, copy=copy)

    def __float__(self) -> float:
        return float(self._untracked("float()"))

    def __complex__(self) -> complex:
        return complex(self._untracked("complex()"))

    def __int__(self) -> int:
        return int(self._untracked("int()"))

    def __index__(self) -> int:
        if self._data.dtype in REAL or self._data.dtype in COMPLEX:
            raise TypeError(f"an index must be an integer; got an array of {self.dtype}")
        return int(self._data)

    def __bool__(self) -> bool:
        return bool(self._data)

    def __dlpack__(self, **kwargs: Any) -> Any:
        return self._untracked("from_dlpack").__dlpack__(**kwargs)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._data.__dlpack_device__()  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        # Only called for names the class lacks. CuPy takes any object with this attribute for one
        # of its own arrays, so it must be there for untracked data, and refuse tracked data.
        if name == "__cuda_array_interface__" and hasattr(type(self._data), name):
            return self._untracked("a CUDA array interface").__cuda_array_interface__
        raise AttributeError(f"xgrad.Array has no attribute {name!r}")

    # Moving ------------------------------------------------------------------------------------

    def to_device(self, device: Any, /, *, stream: Any = None) -> Array:
        """Return this array on another device of its backend; cotangents travel back."""
        return xgrad.to_device(self, device)

    def to_backend(self, backend: str, *, device: Any = None) -> Array:
        """Return this array on another backend; cotangents travel back."""
        return xgrad.to_backend(self, backend, device=device)

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        if api_version not in (None, *xgrad.API_VERSIONS):
            raise ValueError(
                f"api_version: got {api_version!r}; expected one of {xgrad.API_VERSIONS}"
            )
        return xgrad

    def __copy__(self) -> Array:
        return xgrad.positive(self)

    def __deepcopy__(self, memo: Any) -> Array:
        return self.copy()

    def __reduce__(self) -> Any:
        # Pickling leaves the tape, as it must; a leaf comes back as a leaf.
        return _unpickle, (self.backend, self._numpy(), str(self.device), self.requires_grad)

    # Writing -----------------------------------------------------------------------------------

    def _rebind(self, new: Array, what: str) -> Array:
        """Take over another array's data and node: what every in-place write comes down to."""
        if self.requires_grad and xgrad.tape.is_recording():
            raise errors.MutationError(
                f"{what}: this array is a leaf that requires a gradient, so a write would lose it. "
                "Write to x * 1 or another result, or update it inside xgrad.no_grad()"
            )
        node = new._node
        if self.requires_grad:  # inside no_grad: an optimiser's update; it stays a leaf
            node = self._node
        self._data, self._node = new._data, node
        view = getattr(self, "_view", None)
        if view is not None:
            base, write, rest, kwargs = view
            base._rebind(write(base, self, *rest, **kwargs), what)
        self._refresh()
        return self

    def _refresh(self) -> None:
        """Bring every living view of this array up to date after a write."""
        for ref, again, rest, kwargs in getattr(self, "_views", ()):
            other = ref()
            if other is not None:
                new = again(self, *rest, **kwargs)
                other._data, other._node = new._data, new._node
                other._refresh()

    def _is_view_of(self, base: Array, again: Any, write: Any, rest: Any, kwargs: Any) -> None:
        """Note that this array shows a part of `base`, as NumPy's views do.

        ``again(base, *rest, **kwargs)`` makes the view anew, and ``write(base, view, ...)`` gives
        the base after a write to the view.
        """
        self._view = (base, write, rest, kwargs)
        try:
            views = base._views
        except AttributeError:
            base._views = views = []
        if len(views) > 16:  # keep a loop over many short-lived views from piling up dead entries
            views[:] = [entry for entry in views if entry[0]() is not None]
        views.append((weakref.ref(self), again, rest, kwargs))

    def __setitem__(self, key: Any, value: Any) -> None:
        copy = not backend_of(self._data).owns(self._data)
        self._rebind(xgrad.ops.indexing.setitem(self, value, key=key, copy=copy), "x[key] = value")

    def _inplace(self, new: Array, symbol: str) -> Array:
        if new._data.shape != self._data.shape:
            raise ValueError(f"{symbol}: a result of shape {new.shape} does not fit {self.shape}")
        if new._data.dtype != self._data.dtype:
            if not np.can_cast(new.dtype, self.dtype, "same_kind"):
                raise TypeError(f"{symbol}: cannot store {new.dtype} in an array of {self.dtype}")
            new = xgrad.astype(new, self.dtype)
        return self._rebind(new, symbol)

    # Operators ---------------------------------------------------------------------------------

    __array_priority__ = 1000.0
    __hash__ = None  # type: ignore[assignment]

    def __getitem__(self, key: Any) -> Array:
        return xgrad.ops.indexing.getitem(self, key)

    def __len__(self) -> int:
        if not self._data.shape:
            raise TypeError("len() of a 0-d array")
        return int(self._data.shape[0])

    def __iter__(self) -> Iterator[Array]:
        if not self._data.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(self._data.shape[0]))

    def __contains__(self, value: Any) -> bool:
        return bool(xgrad.any(self == value))

    def __neg__(self) -> Array:
        return xgrad.negative(self)

    def __pos__(self) -> Array:
        return xgrad.positive(self)

    def __abs__(self) -> Array:
        return xgrad.abs(self)

    def __invert__(self) -> Array:
        return xgrad.bitwise_invert(self)

    def __round__(self, ndigits: int | None = None) -> Array:
        if ndigits is None:
            return xgrad.round(self)
        return xgrad.round(self * 10.0**ndigits) / 10.0**ndigits

    def __add__(self, other: Any) -> Array:
        return xgrad.add(self, other) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __radd__(self, other: Any) -> Array:
        return xgrad.add(other, self) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __sub__(self, other: Any) -> Array:
        return xgrad.subtract(self, other) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __rsub__(self, other: Any) -> Array:
        return xgrad.subtract(other, self) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __mul__(self, other: Any) -> Array:
        return xgrad.multiply(self, other) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __rmul__(self, other: Any) -> Array:
        return xgrad.multiply(other, self) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __truediv__(self, other: Any) -> Array:
        return xgrad.divide(self, other) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __rtruediv__(self, other: Any) -> Array:
        return xgrad.divide(other, self) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __floordiv__(self, other: Any) -> Array:
        return xgrad.floor_divide(self, other) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __rfloordiv__(self, other: Any) -> Array:
        return xgrad.floor_divide(other, self) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __mod__(self, other: Any) -> Array:
        return xgrad.remainder(self, other) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __rmod__(self, other: Any) -> Array:
        return xgrad.remainder(other, self) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __divmod__(self, other: Any) -> tuple[Array, Array]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Array, Array]:
        return other // self, other % self

    def __pow__(self, other: Any) -> Array:
        return xgrad.pow(self, other) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __rpow__(self, other: Any) -> Array:
        return xgrad.pow(other, self) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __matmul__(self, other: Any) -> Array:
        return xgrad.matmul(self, other) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __rmatmul__(self, other: Any) -> Array:
        return xgrad.matmul(other, self) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __and__(self, other: Any) -> Array:
        return xgrad.bitwise_and(self, other) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __rand__(self, other: Any) -> Array:
        return xgrad.bitwise_and(other, self) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __or__(self, other: Any) -> Array:
        return xgrad.bitwise_or(self, other) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __ror__(self, other: Any) -> Array:
        return xgrad.bitwise_or(other, self) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __xor__(self, other: Any) -> Array:
        return xgrad.bitwise_xor(self, other) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __rxor__(self, other: Any) -> Array:
        return xgrad.bitwise_xor(other, self) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __lshift__(self, other: Any) -> Array:
        return xgrad.bitwise_left_shift(self, other) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __rlshift__(self, other: Any) -> Array:
        return xgrad.bitwise_left_shift(other, self) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __rshift__(self, other: Any) -> Array:
        return xgrad.bitwise_right_shift(self, other) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __rrshift__(self, other: Any) -> Array:
        return xgrad.bitwise_right_shift(other, self) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __lt__(self, other: Any) -> Array:
        return xgrad.less(self, other) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __le__(self, other: Any) -> Array:
        return xgrad.less_equal(self, other) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __gt__(self, other: Any) -> Array:
        return xgrad.greater(self, other) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __ge__(self, other: Any) -> Array:
        return xgrad.greater_equal(self, other) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __eq__(self, other: object) -> Array:  # type: ignore[override]
        return xgrad.equal(self, other) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __ne__(self, other: object) -> Array:  # type: ignore[override]
        return xgrad.not_equal(self, other) if type(other) in OPERANDS or is_operand(other) else NotImplemented

    def __iadd__(self, other: Any) -> Array:
        return self._inplace(self + other, "+=")

    def __isub__(self, other: Any) -> Array:
        return self._inplace(self - other, "-=")

    def __imul__(self, other: Any) -> Array:
        return self._inplace(self * other, "*=")

    def __itruediv__(self, other: Any) -> Array:
        return self._inplace(self / other, "/=")

    def __ifloordiv__(self, other: Any) -> Array:
        return self._inplace(self // other, "//=")

    def __imod__(self, other: Any) -> Array:
        return self._inplace(self % other, "%=")

    def __ipow__(self, other: Any) -> Array:
        return self._inplace(self**other, "**=")

    def __imatmul__(self, other: Any) -> Array:
        return self._inplace(self @ other, "@=")

    def __iand__(self, other: Any) -> Array:
        return self._inplace(self & other, "&=")

    def __ior__(self, other: Any) -> Array:
        return self._inplace(self | other, "|=")

    def __ixor__(self, other: Any) -> Array:
        return self._inplace(self ^ other, "^=")

    def __ilshift__(self, other: Any) -> Array:
        return self._inplace(self << other, "<<=")

    def __irshift__(self, other: Any) -> Array:
        return self._inplace(self >> other, ">>=")

    # NumPy's protocols and methods -------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return xgrad.numpy_protocol.ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return xgrad.numpy_protocol.function(func, args, kwargs)

    def astype(self, dtype: Any, *, copy: bool = True) -> Array:
        """Return this array with another data type."""
        return xgrad.astype(self, dtype, copy=copy)

    def copy(self) -> Array:
        """Return a copy; derivatives flow through it."""
        out = xgrad.positive(self) if self._data.dtype in REAL | COMPLEX else self
        return out if out is not self else xgrad.asarray(self, copy=True)

    def reshape(self, *shape: Any) -> Array:
        """Return this array with another shape, given as a tuple or as integers."""
        return xgrad.reshape(self, shape[0] if len(shape) == 1 else shape)

    def ravel(self) -> Array:
        """Return this array as a vector."""
        return xgrad.reshape(self, (-1,))

    def flatten(self) -> Array:
        """Return this array as a vector."""
        return xgrad.reshape(self, (-1,))

    def transpose(self, *axes: Any) -> Array:
        """Return this array with its axes permuted; reversed if none are given."""
        if not axes or axes == (None,):
            return self.T
        return xgrad.permute_dims(self, axes if isinstance(axes[0], SupportsIndex) else axes[0])

    def squeeze(self, axis: Any = None) -> Array:
        """Return this array without the axes of length one, or without the given ones."""
        if axis is None:
            axis = tuple(i for i, n in enumerate(self.shape) if n == 1)
        return xgrad.squeeze(self, axis)

    def sum(self, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Array:
        """Return the sum; see `xgrad.sum`."""
        return xgrad.sum(self, axis=axis, dtype=dtype, keepdims=keepdims)

    def prod(self, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Array:
        """Return the product; see `xgrad.prod`."""
        return xgrad.prod(self, axis=axis, dtype=dtype, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Array:
        """Return the mean; see `xgrad.mean`."""
        return xgrad.mean(self, axis=axis, keepdims=keepdims)

    def var(self, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Array:
        """Return the variance; see `xgrad.var`."""
        return xgrad.var(self, axis=axis, correction=ddof, keepdims=keepdims)

    def std(self, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Array:
        """Return the standard deviation; see `xgrad.std`."""
        return xgrad.std(self, axis=axis, correction=ddof, keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Array:
        """Return the maximum; see `xgrad.max`."""
        return xgrad.max(self, axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Array:
        """Return the minimum; see `xgrad.min`."""
        return xgrad.min(self, axis=axis, keepdims=keepdims)

    def argmax(self, axis: Any = None, keepdims: bool = False) -> Array:
        """Return the index of the maximum; see `xgrad.argmax`."""
        return xgrad.argmax(self, axis=axis, keepdims=keepdims)

    def argmin(self, axis: Any = None, keepdims: bool = False) -> Array:
        """Return the index of the minimum; see `xgrad.argmin`."""
        return xgrad.argmin(self, axis=axis, keepdims=keepdims)

    def any(self, axis: Any = None, keepdims: bool = False) -> Array:
        """Return whether any element is true; see `xgrad.any`."""
        return xgrad.any(self, axis=axis, keepdims=keepdims)

    def all(self, axis: Any = None, keepdims: bool = False) -> Array:
        """Return whether all elements are true; see `xgrad.all`."""
        return xgrad.all(self, axis=axis, keepdims=keepdims)

    def cumsum(self, axis: Any = None) -> Array:
        """Return the running sum; see `xgrad.cumulative_sum`."""
        return xgrad.cumulative_sum(self.ravel() if axis is None else self, axis=axis or 0)

    def clip(self, min: Any = None, max: Any = None) -> Array:
        """Return the elements limited to a range; see `xgrad.clip`."""
        return xgrad.clip(self, min, max)

    def conj(self) -> Array:
        """Return the complex conjugate."""
        return xgrad.conj(self)

    def dot(self, other: Any) -> Array:
        """Return the matrix product."""
        return xgrad.matmul(self, other) if self.ndim and np.ndim(other) else self * other

    # Showing -----------------------------------------------------------------------------------

    def __repr__(self) -> str:
        try:
            text = np.array2string(self._numpy(), separator=", ", prefix="Array(")
        except (RuntimeError, NotImplementedError, TypeError):  # data without values, as on meta
            text = f"<{list(self.shape)}>"
        words = [text, f"dtype={self.dtype}"]
        if self.backend != "numpy":
            words.append(f"backend={self.backend!r}, device={str(self.device)!r}")
        if self._node is not None:
            words.append("requires_grad=True" if self.requires_grad else "tracked=True")
        return f"Array({', '.join(words)})"

    def __str__(self) -> str:
        try:
            return str(self._numpy())
        except (RuntimeError, NotImplementedError, TypeError):
            return repr(self)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)


def _unpickle(backend: str, data: Any, device: str, requires_grad: bool) -> Array:
    with xgrad.use_backend(f"{backend}:{device}" if backend != "numpy" else backend):
        return xgrad.asarray(data, requires_grad=requires_grad)


OPERANDS.add(Array)


def is_operand(x: object) -> bool:
    """Whether an operator takes `x`; if not, the other operand's class may know what to do."""
    cls = type(x)
    if cls in OPERANDS:
        return True
    if isinstance(x, (bool, int, float, complex)) or backend_of_type(cls) is not None:
        OPERANDS.add(cls)
        return True
    return False
