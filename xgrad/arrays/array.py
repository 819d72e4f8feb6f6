"""The array that users hold: raw data of some backend, and its place on the tape.

An `Array` is a pair (raw data, tape node). The node never refers back to the array, so there is no
reference cycle, and a write ``x[i] = v`` only *rebinds* the pair: the tape keeps the old value.
Operators and methods look the public functions up in the `xgrad` module when they are called; it is
the one reference upward in the layers, and the standard's ``__array_namespace__`` forces it anyhow.
"""

from __future__ import annotations

import math
import sys
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any, ClassVar, NoReturn, TypeVar

import numpy as np

import xgrad

from .. import errors
from ..backends import COMPLEX, REAL, Raw, backend_of, current, under
from ..backends.batched import Batch
from ..errors.folding import folded
from .absent import INSTEAD, absent
from .chunked import Chunked
from .lent import LENT
from .methods import Methods
from .node import FREED, LEAF, RULE, is_parameter, is_recording, left, next_serial, parameter
from .operators import SCALARS, SEQUENCES, TAKES

__all__ = ["SCALARS", "Array"]

_LISTS = frozenset(SEQUENCES)


N = TypeVar("N")


class _ArrayUfunc(property):
    """NumPy's ``__array_ufunc__``, which NumPy looks up on the class and calls.

    On an array itself it is None, so that the operators of CuPy, Dask and masked arrays, which look
    there (NEP 13), leave the work to ``__radd__`` and its like; CuPy's ``@`` comes no other way.
    """

    def __call__(self, x: Array, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__" and not kwargs and _LISTS.isdisjoint(map(type, inputs)):
            function = xgrad.numpy_protocol.plain(ufunc)
            return NotImplemented if function is None else function(*inputs)
        return xgrad.numpy_protocol.ufunc(ufunc, method, inputs, kwargs)


class Array(Methods, Chunked):
    """An array on some backend that may be tracked for differentiation.

    Make one with `xgrad.asarray` or another creation function; transforms such as `xgrad.grad`
    make them of what they are given. It has the methods and attributes of the Array API standard,
    and those of ``numpy.ndarray`` that array code commonly calls.

    Args:
        data: the raw array, as its library knows it.
        node: its place on the tape; for the engine.
    """

    __slots__ = ("__weakref__", "_grad", "_node", "_raw", "_view", "_views")

    _grad: Array | None
    _view: tuple[Any, ...]
    _views: list[weakref.ref[Array]]

    def __init__(self, data: Raw, node: Any = None) -> None:
        self._raw = data
        self._node = node

    # What it is ------------------------------------------------------------------------------

    @property
    def data(self) -> Raw:
        """The raw array of the backend's library, without its place on the tape."""
        if self._node is not None:
            left("data", self._node)
        return self._raw

    @data.setter
    def data(self, value: Any) -> NoReturn:
        raise AttributeError(
            "an xgrad.Array's data is not replaced. Write to the array, off the tape: "
            "with xgrad.no_grad(): x[...] = value"
        )

    @property
    def backend(self) -> str:
        """The name of the backend whose library holds the data."""
        return backend_of(under(self._raw)).name

    @property
    def device(self) -> Any:
        """The device that holds the data; ``"cpu"`` for NumPy."""
        raw = under(self._raw)
        return backend_of(raw).device(raw)

    @property
    def dtype(self) -> Any:
        """The data type, a NumPy dtype on every backend."""
        return backend_of(self._raw).numpy_dtype(self._raw.dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return tuple(self._raw.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._raw.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self._raw.shape)

    @property
    def itemsize(self) -> int:
        """The number of bytes of an element."""
        return int(np.dtype(self.dtype).itemsize)

    @property
    def strides(self) -> tuple[int, ...]:
        """How many bytes lie between neighbours along each axis, where the library tells."""
        found: tuple[int, ...] = self._raw.strides
        return found

    @property
    def nbytes(self) -> int:
        """The number of bytes of all elements."""
        return self.size * self.itemsize

    @property
    def T(self) -> Array:
        """The transpose of a matrix, with the axes reversed."""
        return xgrad.permute_dims(self)

    @property
    def mT(self) -> Array:
        """The array with its last two axes swapped."""
        return xgrad.matrix_transpose(self)

    @property
    def real(self) -> Array:
        """The real part; the array itself if it is real."""
        return xgrad.real(self) if self._raw.dtype in COMPLEX else self

    @property
    def imag(self) -> Array:
        """The imaginary part; zeros if the array is real."""
        return xgrad.imag(self) if self._raw.dtype in COMPLEX else xgrad.zeros_like(self)

    # The tape ----------------------------------------------------------------------------------

    @property
    def is_tracked(self) -> bool:
        """Whether a derivative can flow through this array."""
        return self._node is not None

    @property
    def requires_grad(self) -> bool:
        """Whether `backward` leaves this array's gradient in `grad`."""
        return self._node is not None and is_parameter(self._node)

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if value == self.requires_grad:
            return
        if self._node is not None and value:
            raise errors.MutationError(
                "requires_grad: this array is a result, not a leaf; "
                "set it on x.detach() or pass requires_grad=True to xgrad.asarray"
            )
        if value and id(self._raw) in LENT:  # who lent it may have refilled it at the walk
            self._raw = backend_of(self._raw).copied(self._raw)
        self._node = parameter(self) if value else None

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

        Raises:
            NotDifferentiableError: if no leaf with `requires_grad` led here, or inside `vmap`.
        """
        if isinstance(self._raw, Batch):
            raise errors.NotDifferentiableError(
                "backward: called inside vmap, where a leaf has no one gradient; use xgrad.grad(f) "
                "inside, or call backward on what vmap returns"
            )
        xgrad.transforms.backward.backward(self, cotangent, create_graph)

    def detach(self) -> Array:
        """Return an untracked array with the same data."""
        if self._node is not None:
            left("detach()", self._node)
        return Array(self._raw)

    # Leaving the tape --------------------------------------------------------------------------

    def _untracked(self, what: str) -> Raw:
        """Return the data, or say that `what` would drop the gradient."""
        if self._node is None:
            return self._raw
        left(what, self._node)
        if is_recording():
            from . import leaving  # only for what is mostly an error

            if what != "float()" or not leaving.judges_an_error():
                text = leaving.message(what, self.dtype, self.shape)
                raise errors.TracedConversionError(text)
        return self._raw

    def item(self, *index: Any) -> Any:
        """Return the only element, or the one at an index, as a Python number, off the tape.

        It is the user's way to leave the tape, and an error in SciPy and scikit-learn.

        Args:
            *index: as NumPy's method takes it: nothing, one number that counts in C order, or one
                for each axis.

        Returns:
            A number of Python's.

        Raises:
            ValueError: if there is no index, and not exactly one element.
        """
        if self._node is not None:
            if _is_library(sys._getframe(1)):
                self._untracked("item()")
            left("item()", self._node)
        if index:
            return self._numpy().item(*index)
        if self.size != 1:
            raise ValueError(
                f"item: got shape {self.shape}; expected exactly one element. "
                "Use x.tolist() for all of them, or x[i].item() for one"
            )
        return self._raw.item() if hasattr(self._raw, "item") else self._numpy().item()

    def tolist(self) -> Any:
        """Return the elements as nested lists of Python numbers, off the tape."""
        if self._node is not None:
            if _is_library(sys._getframe(1)):
                self._untracked("tolist()")
            left("tolist()", self._node)
        return self._numpy().tolist()

    def _numpy(self) -> Any:
        return backend_of(self._raw).to_numpy(self._raw)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        self._untracked("numpy.asarray")
        if not backend_of(self._raw).exports:
            raise TypeError(
                f"numpy.asarray: got an array of {self.backend} on {self.device}, "
                f"{self.dtype}{list(self.shape)}, which is not copied to the host unasked. Write "
                "x.to_backend('numpy') if that is meant"
            )
        return np.array(self._numpy(), dtype=dtype, copy=copy)

    def _sympy_(self) -> Any:  # what SymPy asks of objects that it does not know
        self._untracked("sympy.sympify")
        x = self._numpy()
        return sys.modules["sympy"].sympify(x if x.ndim else x.item())

    def _number(self, cls: Callable[[Any], N]) -> N:
        """Return the only element as a Python number of a class."""
        raw = self._untracked(f"{cls.__name__}()")
        try:
            return cls(raw)
        except TypeError:
            if self.size == 1:
                raise
            raise TypeError(
                f"{cls.__name__}(): got {self.dtype}{list(self.shape)}; expected one element. "
                f"{cls.__name__}(x[i]) is that of one, and x.tolist() has all of them"
            ) from None

    def __float__(self) -> float:
        return self._number(float)

    def __complex__(self) -> complex:
        return self._number(complex)

    def __int__(self) -> int:
        return self._number(int)

    def __index__(self) -> int:
        if self._raw.dtype in REAL or self._raw.dtype in COMPLEX:
            raise TypeError(
                f"an index, a length or a count must be an integer; got an array of {self.dtype}. "
                "Use int(x.item()), or x.astype(xgrad.int64) to index an array"
            )
        return int(self._raw)

    def __bool__(self) -> bool:
        try:
            return bool(self._raw)
        except (ValueError, RuntimeError) as error:
            if isinstance(error, errors.XgradError) or self.size == 1:
                raise
            raise ValueError(
                f"bool(): got {self.dtype}{list(self.shape)}; expected one element, since `if`, "
                "`and`, max() and their like need one answer. Use xgrad.all(x) or xgrad.any(x) for "
                "one, and xgrad.where(x, a, b) or xgrad.maximum(a, b) element by element"
            ) from None

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        given = {"stream": stream, "max_version": max_version, "dl_device": dl_device, "copy": copy}
        given = {name: value for name, value in given.items() if value is not None}
        self._untracked("from_dlpack")
        return self._exporting().__dlpack__(**given)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._exporting().__dlpack_device__()  # type: ignore[no-any-return]

    def _exporting(self) -> Any:
        """Return the raw array, or its values if it has no DLPack, as those of Dask."""
        return self._raw if hasattr(self._raw, "__dlpack__") else self._numpy()

    @property
    def __cuda_array_interface__(self) -> Any:
        # CuPy takes any object with this attribute for one of its own arrays, so it must be there
        # for untracked data on a GPU, and refuse tracked data. No `__getattr__`, which would make
        # every attribute of every array three times slower.
        interface = self._raw.__cuda_array_interface__  # what lacks it lacks it here too
        self._untracked("a CUDA array interface")
        return interface

    # Moving ------------------------------------------------------------------------------------

    def to_device(self, device: Any, /, *, stream: Any = None) -> Array:
        """Return this array on another device of its backend; cotangents travel back.

        Args:
            device: a device, or its name, as in ``"cuda:1"``.
            stream: here for the standard's sake; it must be None or is not used.

        Returns:
            An `Array` of the same values there; this one if it is there already.
        """
        return xgrad.to_device(self, device)

    def to_backend(self, backend: str, *, device: Any = None) -> Array:
        """Return this array on another backend; cotangents travel back.

        Args:
            backend: the backend's name, with a device if wanted, as in ``"torch:meta"``.
            device: the device there; the backend's default if None.

        Returns:
            An `Array` of the same values there; this one if it is there already.
        """
        return xgrad.to_backend(self, backend, device=device)

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        if api_version not in (None, *xgrad.API_VERSIONS):
            raise ValueError(
                f"api_version: got {api_version!r}; expected one of {xgrad.API_VERSIONS}"
            )
        return xgrad

    def __copy__(self) -> Array:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Array:
        if not self.requires_grad:
            return self.copy()
        copied = xgrad.asarray(self.detach(), copy=True, requires_grad=True)  # of a model, say
        copied.grad = None if self.grad is None else self.grad.detach().copy()
        return copied

    def __reduce__(self) -> Any:
        # Pickling leaves the tape, as it must; only a leaf is whole without it, and comes back so.
        if not self.requires_grad:
            self._untracked("a pickle")
        return _unpickle, (self.backend, self._numpy(), str(self.device), self.requires_grad)

    # Writing -----------------------------------------------------------------------------------

    def _rebind(self, new: Array, what: str, by: Array | None = None) -> Array:
        """Take over another array's data and node: what every in-place write comes down to.

        The write may have come `by` one of the array's views, which then shows it already.
        """
        leaf = self._node is not None and is_parameter(self._node)
        if leaf and is_recording():
            raise errors.MutationError(
                f"{what}: this array is a leaf that requires a gradient, so a write would lose it. "
                "Write to x * 1 or another result, or update it inside xgrad.no_grad()"
            )
        if isinstance(new._raw, Batch) and type(new._raw) is not type(self._raw):
            new._raw.level.written.append((weakref.ref(self), self._raw, self._node))
        if not leaf:  # one is written to inside no_grad, as optimisers do, and stays one
            self._node = new._node
        self._raw = new._raw
        view = getattr(self, "_view", None)
        if view is not None:
            base, again, write, rest, kwargs = view
            plain = again is xgrad.ops.indexing._read and self._node is None
            if not (plain and base._write_plainly(rest[0], self, type(base) is Array, self)):
                base._rebind(write(base, self, *rest, **kwargs), what, self)
        self._refresh(by)
        return self

    def _refresh(self, by: Array | None = None) -> None:
        """Bring every living view of this array, but the one given, up to date after a write."""
        views = getattr(self, "_views", None)
        if not views:
            return
        self._views = living = []
        for ref in views:
            other = ref()
            if other is None:
                continue
            living.append(ref)
            if other is not by:  # to look anew adds to the living ones
                _, again, _, rest, kwargs = other._view
                if self._node is None and hasattr(again, "op"):  # the data is all there is to it
                    type(self)._outdate(other)
                else:
                    new = again(self, *rest, **kwargs)
                    other._raw = xgrad.ops.indexing.apart(self._raw, new._raw)
                    other._node = new._node
                other._refresh()

    def _is_view_of(self, base: Array, again: Any, write: Any, rest: Any, kwargs: Any) -> None:
        """Note that this array shows a part of `base`, as NumPy's views do.

        ``again(base, *rest, **kwargs)`` makes the view anew, and ``write(base, view, ...)`` gives
        the base after a write to the view.
        """
        self._view = (base, again, write, rest, kwargs)
        views = getattr(base, "_views", None)
        if views is None:
            base._views = [weakref.ref(self)]
            return
        count = len(views)
        if count >= 16 and count & (count - 1) == 0:  # now and then, drop the dead
            views[:] = [ref for ref in views if ref() is not None]
        views.append(weakref.ref(self))

    _filled: ClassVar[Callable[[Array], None]]  # see `arrays.filling`
    _outdate: ClassVar[Callable[[Array], None]]

    def __setitem__(self, key: Any, value: Any) -> None:
        if type(value) is not Array or not self._has_written(key, value):
            self._write(key, value, copy=True)

    def _write(self, key: Any, value: Any, copy: bool) -> None:
        """Write to this array; into its own buffer only if `copy` is False."""
        if self._write_plainly(key, value, copy):
            return
        if (
            isinstance(value, Array)
            and value._node is not None
            and not xgrad.ops.indexing.is_basic(key)
        ):
            new = xgrad.index_set(self, key, value)  # an entry may be named twice: who wins it?
        else:
            new = xgrad.ops.indexing.setitem(self, value, key=key, copy=copy)
        self._rebind(new, "x[key] = value")
        del new
        if getattr(self, "_view", None) is None:
            type(self)._filled(self)

    def _has_written(self, key: Any, value: Array) -> bool:
        """Whether ``x[key] += y`` has written already, through the view that it made.

        To be called by what the user's code calls: Python's shuffle, which swaps views, is refused.
        """
        view = getattr(value, "_view", None)
        if view is None or view[0] is not self:
            return False
        if view[3] and view[3][0] is key:
            return True
        if (caller := sys._getframe(2)).f_code.co_name == "shuffle":
            from . import leaving  # only for what is mostly an error

            leaving.refuse_swaps(caller, self)
        return False

    def _write_plainly(self, key: Any, value: Any, copy: bool, by: Array | None = None) -> bool:
        """Write to this array if neither has a tape; return whether it is done."""
        if self._node is not None or hasattr(self, "_view"):
            return False
        raw = xgrad.ops.indexing.written(self._raw, value, key, copy)
        if raw is None:
            return False
        self._raw = raw
        self._refresh(by)
        type(self)._filled(self)
        return True

    def _inplace(self, new: Array, symbol: str) -> Array:
        made, held = new._raw, self._raw
        if made.shape != held.shape:
            raise ValueError(f"{symbol}: a result of shape {new.shape} does not fit {self.shape}")
        if made.dtype is not held.dtype and made.dtype != held.dtype:
            if not np.can_cast(new.dtype, self.dtype, "same_kind"):
                raise TypeError(
                    f"{symbol}: cannot store dtype {new.dtype} in an array of dtype {self.dtype}"
                )
            new = xgrad.astype(new, self.dtype)
        return self._rebind(new, symbol)

    # NumPy's protocols ---------------------------------------------------------------------------

    __array_priority__ = 1000.0
    __hash__ = None  # type: ignore[assignment]

    @property
    def __pandas_priority__(self) -> int:
        """Lets an array with a gradient decide over the tables of pandas, one without leaves it."""
        return 0 if self._node is None else 5000

    __array_ufunc__ = _ArrayUfunc(lambda self: None)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        try:
            return xgrad.numpy_protocol.function(func, args, kwargs, self)
        except Exception as error:
            folded(error)
            raise

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in INSTEAD]

    # Showing -----------------------------------------------------------------------------------

    def __repr__(self) -> str:
        try:
            if backend_of(self._raw).is_lazy:  # to be looked at is no reason to be computed
                text = repr(self._raw)
            else:
                text = np.array2string(self._numpy(), separator=", ", prefix="Array(")
        except (RuntimeError, NotImplementedError, TypeError):  # data without values, as on meta
            text = f"<{list(self.shape)}>"
        words = [text, f"dtype={self.dtype}"]
        if self.backend != "numpy":
            words.append(f"backend={self.backend!r}, device={str(self.device)!r}")
        if self._node is not None:
            gone = self._node[RULE] is FREED  # by `backward`: no derivative comes here any more
            what = "requires_grad" if self.requires_grad else "freed" if gone else "tracked"
            words.append(f"{what}=True")
        return f"Array({', '.join(words)})"

    def _repr_html_(self) -> str:
        return xgrad.show.array_html(self)

    def __str__(self) -> str:
        if backend_of(self._raw).is_lazy:
            return repr(self)
        try:
            return str(self._numpy())
        except (RuntimeError, NotImplementedError, TypeError):
            return repr(self)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)


def array_of(number: complex) -> Array:
    """Return a Python number as a 0-d array on the current backend, of the widest dtype."""
    backend, device = current()
    with backend.on_device(device):
        return Array(backend.from_numpy(np.asarray(number), device))


def leaf(x: Array, outer: bool) -> Array:
    """Return `x` as a fresh leaf: a new variable here, the same one to a recording outer tape."""
    return Array(x._raw, [next_serial(), LEAF, x._node if outer else None, None, None])


def _is_library(frame: FrameType) -> bool:
    """Return whether the code that runs is of a library that asks arrays for their numbers."""
    return frame.f_globals.get("__name__", "").partition(".")[0] in ("scipy", "sklearn")


def _unpickle(backend: str, data: Any, device: str, requires_grad: bool) -> Array:
    with xgrad.use_backend(f"{backend}:{device}" if backend != "numpy" else backend):
        return xgrad.asarray(data, requires_grad=requires_grad)


TAKES[Array] = True
for _name, _absent in absent(Array).items():
    setattr(Array, _name, _absent)
