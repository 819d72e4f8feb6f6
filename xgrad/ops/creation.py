"""Making arrays, on the current backend and device; ``*_like`` follow their argument."""

from __future__ import annotations

from typing import Any, overload

import numpy as np

from ..arrays.array import SCALARS, Array
from ..arrays.lent import lend
from ..arrays.node import parameter
from ..arrays.types import AnyArray, ArrayLike, Device, DType, as_given
from ..backends import backend_of, backend_of_type, creating_like, current, native
from ..backends.defaults import default_complex, get_default_dtype
from ..engine.op import constant, linear
from ..engine.operands import require_array
from ..engine.plain import as_tuple, integer, integers, number
from .dtypes import astype, result_type
from .halves import is_half, widened
from .manipulation import broadcast_arrays, broadcast_to, moveaxis, reshape, stack


def _make(name: str, args: tuple[Any, ...], dtype: Any, device: Any, **kwargs: Any) -> Array:
    """Return what the current backend's creation function makes of a shape, or of numbers."""
    if type(dtype) is int:
        raise TypeError(
            f"{name}: got {dtype} for the dtype; expected one such as xgrad.float64. The lengths "
            f"of the axes are one argument, as in xgrad.{name}((2, 3))"
        )
    plain = [_plain(x) for x in args]
    if name in _OF_SHAPES and not _is_shape(plain[0]):
        raise TypeError(
            f"{name}: shape is {args[0]!r:.60} of type {type(args[0]).__qualname__}; expected an "
            "integer or a tuple of integers"
        )
    backend, default = current()
    device = default if device is None else backend.parse_device(device)
    try:
        with backend.on_device(device):
            make: Any = getattr(backend.xp, name)
            out = make(*plain, dtype=backend.raw_dtype(dtype), device=device, **kwargs)
    except TypeError as error:
        _note(error, name, args)
        raise
    return Array(out)


_OF_SHAPES = frozenset(("empty", "full", "ones", "zeros"))


def _is_shape(x: Any) -> bool:
    return not isinstance(x, (float, complex, str, bytes, type(None)))


def _note(error: TypeError, name: str, args: tuple[Any, ...]) -> None:
    """Add to an error what the function was given, and what it takes."""
    given = ", ".join(f"{x!r:.40}" for x in args if x is not None)
    error.add_note(
        f"in xgrad.{name}({given}): expected integers for lengths and counts, and numbers else"
    )


def _plain(x: Any) -> Any:
    """Return a shape or a number as Python's own."""
    several = isinstance(x, (list, tuple, range)) or (hasattr(x, "shape") and x.shape != ())
    return integers(x) if several else number(x)


def _number_dtype(*numbers: Any) -> Any:
    """Return the default dtype of Python numbers, the same one on every backend."""
    kinds = {type(n) for n in numbers}
    if complex in kinds:
        return default_complex()
    if float in kinds:
        return get_default_dtype()
    return np.bool_ if kinds == {bool} else np.int64


COPIED = frozenset((*SCALARS, list, tuple))
"""Of what an array is always made in a buffer of its own."""


def _is_array(x: Any) -> bool:
    return isinstance(x, Array) or backend_of_type(type(x)) is not None


def asarray(
    obj: Any,
    /,
    dtype: DType | None = None,
    *,
    device: Device | None = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Array:
    """Return `obj` as an array.

    Args:
        obj: a number, a nested sequence of numbers or arrays, a raw array, or an `Array`. Numbers,
            sequences and NumPy arrays go to the current backend; arrays of other libraries stay
            where they are. A sequence that holds tracked arrays is stacked, and keeps their
            derivatives.
        dtype: the dtype; by default that of `obj`, `get_default_dtype` for Python floats.
        device: the device; by default that of `obj`, or the current one.
        copy: whether to copy: always if True, never if False (an error if one is needed); if None
            as needed, and a raw array that requires a gradient.
        requires_grad: whether `backward` is to leave a gradient in this array.

    Returns:
        An `Array`; `obj` itself if it is one and nothing has to change.

    >>> import xgrad as xg
    >>> xg.asarray([1.0, 2.0])
    Array([1., 2.], dtype=float64)
    """
    if isinstance(obj, Array) and dtype is device is None and not copy and not requires_grad:
        return obj
    out = _asarray(obj, dtype, device, copy)
    if not copy and not isinstance(obj, Array) and type(obj) not in COPIED:
        lend(out._raw)  # of a memoryview or a table too, which NumPy shows
    if requires_grad:
        out = Array(out._raw)
        if copy is False:  # it is asked to share its buffer
            out._node = parameter(out)
        else:
            out.requires_grad = True
    return out


def array(
    object: Any,
    dtype: DType | None = None,
    *,
    copy: bool | None = True,
    ndmin: int = 0,
    requires_grad: bool = False,
) -> Array:
    """Return an array of numbers, sequences or arrays, as ``numpy.array``: a copy.

    Args:
        object: what `asarray` takes. Tracked arrays, alone or in nested sequences, keep their
            derivatives.
        dtype: the dtype; by default that of `object`, float64 for Python floats.
        copy: whether to copy: always if True, never if False (an error if one is needed), as
            needed if None.
        ndmin: how many axes the result has at least; those of length one are put in front.
        requires_grad: whether `backward` is to leave a gradient in this array.

    Returns:
        An `Array`.

    Raises:
        TypeError: if `object` holds something that is no number.
        ValueError: if `copy` is False and a copy is needed.

    >>> import xgrad as xg
    >>> xg.array([1, 2], dtype=xg.float64, ndmin=2)
    Array([[1., 2.]], dtype=float64)
    """
    if copy and (not _is_array(object) or isinstance(object, np.generic)):
        copy = None  # numbers and sequences are copied anyhow
    out = asarray(object, dtype, copy=copy)
    if (more := ndmin - out.ndim) > 0:
        out = reshape(out, (*more * (1,), *out.shape))
    return asarray(out, requires_grad=True) if requires_grad else out


def _asarray(obj: Any, dtype: Any, device: Any, copy: bool | None) -> Array:
    if isinstance(obj, (list, tuple)) and _holds_array(obj):
        return _asarray(stack([_asarray(x, dtype, device, None) for x in obj]), dtype, device, None)
    backend, default = current()
    if isinstance(obj, np.ndarray) and not obj.dtype.isnative:
        if copy is False:
            raise ValueError(f"asarray: copy=False, but the byte order of {obj.dtype} needs a copy")
        obj = native(obj)
    if isinstance(obj, (np.generic, np.ndarray)) and not isinstance(obj, backend.array_types):
        # numbers on the host belong to no library: they go where new arrays go
        if backend.leads and isinstance(obj, np.ndarray):  # its holder may fill it again
            return _array_of(backend.adopt(Array(obj), None), dtype, device, copy)
        values = np.asarray(obj) if dtype is None else np.asarray(obj).astype(dtype)
        return Array(
            backend.from_numpy(values, default if device is None else backend.parse_device(device))
        )
    if isinstance(obj, np.generic):
        obj = np.asarray(obj)
    if _is_array(obj):
        return _array_of(obj, dtype, device, copy)
    if copy is False:
        raise ValueError("asarray: copy=False, but numbers and sequences must be copied")
    device = default if device is None else backend.parse_device(device)
    try:
        values = np.asarray(obj, dtype=None if dtype is None else np.dtype(dtype))
    except ValueError as error:
        if "inhomogeneous" in str(error):
            error.add_note(
                "in xgrad.asarray: the rows differ in length or depth; expected a full array. Pad "
                "the rows, or keep a list of arrays, which transforms take as an argument"
            )
        raise
    if values.dtype.kind not in "biufc" and values.dtype.name != "bfloat16":
        raise TypeError(
            f"asarray: got {obj!r:.60} of type {type(obj).__qualname__}; expected numbers, "
            "nested sequences of numbers, or arrays"
            + ("; text stays in numpy.array" if values.dtype.kind in "US" else "")
        )
    if dtype is None and values.dtype.kind in "fc":
        wanted = get_default_dtype() if values.dtype.kind == "f" else default_complex()
        values = values.astype(wanted, copy=False)
    return Array(backend.from_numpy(values, device))


def _holds_array(x: list[Any] | tuple[Any, ...]) -> bool:
    """Whether a nested sequence holds an array: few types are asked, however long it is."""
    types = set(map(type, x))
    if any(_means_arrays(cls) for cls in types):
        return True
    nested = any(issubclass(cls, (list, tuple)) for cls in types)
    return nested and any(_holds_array(y) for y in x if isinstance(y, (list, tuple)))


def _means_arrays(cls: type) -> bool:
    if issubclass(cls, np.generic):
        return False
    return issubclass(cls, Array) or backend_of_type(cls) is not None


def _array_of(x: Any, dtype: Any, device: Any, copy: bool | None) -> Array:
    x = x if isinstance(x, Array) else Array(x)
    moved: Array = x
    if dtype is not None and np.dtype(dtype) != x.dtype:
        moved = astype(x, dtype)
    if device is not None:
        moved = moved.to_device(device)
    if copy is False and moved._raw is not x._raw:
        raise ValueError("asarray: copy=False, but the dtype or device asked for needs a copy")
    if copy and moved._raw is x._raw:
        return _copied(x) if x._node is None else x * 1
    return moved


@constant
def _copied(x: Array, /) -> Array:
    """Return a copy."""
    backend = backend_of(x)
    return backend.xp.asarray(x, copy=True)


@as_given
def from_dlpack(x: Array, /, *, device: Device | None = None, copy: bool | None = None) -> Array:
    """Return an array made from an object that exports its memory by DLPack.

    Args:
        x: an array of any library with the methods ``__dlpack__`` and ``__dlpack_device__``.
        device: the device of the result; where the memory is, if None.
        copy: whether to copy: always if True, never if False (an error if one is needed), as
            needed if None.

    Returns:
        An `Array` of the same shape and dtype. Without a copy both see each other's writes.
    """
    if isinstance(x, Array):
        x = x._untracked("from_dlpack")
    backend, _ = current()
    backend = backend_of_type(type(x)) or backend
    raw = x if isinstance(x, backend.array_types) else backend.xp.from_dlpack(x)
    out = _array_of(raw, None, device, copy)
    if not copy:
        lend(out._raw)
    return out


def empty(
    shape: int | tuple[int, ...], dtype: DType | None = None, *, device: Device | None = None
) -> Array:
    """Return an array of a shape with arbitrary values.

    Args:
        shape: the lengths of the axes; an int is the length of the only one.
        dtype: the dtype of the result; `get_default_dtype` if None.
        device: the device of the result; the current backend's if None.

    Returns:
        An `Array` whose values are whatever the memory held before: to be overwritten.
    """
    return _make("empty", (shape,), dtype or get_default_dtype(), device)


def zeros(
    shape: int | tuple[int, ...], dtype: DType | None = None, *, device: Device | None = None
) -> Array:
    """Return zeros of a shape.

    Args:
        shape: the lengths of the axes; an int is the length of the only one.
        dtype: the dtype of the result; `get_default_dtype` if None.
        device: the device of the result; the current backend's if None.

    Returns:
        An `Array` of that shape.
    """
    return _make("zeros", (shape,), dtype or get_default_dtype(), device)


def ones(
    shape: int | tuple[int, ...], dtype: DType | None = None, *, device: Device | None = None
) -> Array:
    """Return ones of a shape.

    Args:
        shape: the lengths of the axes; an int is the length of the only one.
        dtype: the dtype of the result; `get_default_dtype` if None.
        device: the device of the result; the current backend's if None.

    Returns:
        An `Array` of that shape.
    """
    return _make("ones", (shape,), dtype or get_default_dtype(), device)


def full(
    shape: int | tuple[int, ...],
    fill_value: ArrayLike,
    dtype: DType | None = None,
    *,
    device: Device | None = None,
) -> Array:
    """Return an array of a shape filled with a value, a number or a 0-d array.

    Args:
        shape: the lengths of the axes; an int is the length of the only one.
        fill_value: a number, or an array that is broadcast to the shape; if it is tracked,
            derivatives flow back to it.
        dtype: the dtype of the result; if None that of the value; of numbers bool, int64,
            `get_default_dtype` or the complex dtype of twice its size.
        device: the device of the result; the current backend's if None.

    Returns:
        An `Array` of that shape.

    Raises:
        TypeError, ValueError: if the backend cannot make such an array; a note says of what value.

    >>> import xgrad as xg
    >>> xg.full((2, 2), 7)
    Array([[7, 7],
           [7, 7]], dtype=int64)
    """
    if _is_array(fill_value):
        fill_value = fill_value if isinstance(fill_value, Array) else asarray(fill_value)
        shape = as_tuple(shape)
        value = fill_value if dtype is None else astype(fill_value, dtype)
        return broadcast_to(value, shape) * 1 if value._node is not None else _full(shape, value)
    if dtype is None:
        dtype = _number_dtype(fill_value)
    try:
        return _make("full", (shape, fill_value), dtype, device)
    except (TypeError, ValueError) as error:
        error.add_note(f"in xgrad.full: fill_value is {fill_value!r:.60}")
        raise


def _full(shape: tuple[int, ...], value: Array) -> Array:
    return _copied(broadcast_to(value, shape))


def arange(
    start: float | AnyArray,
    /,
    stop: float | AnyArray | None = None,
    step: float | AnyArray = 1,
    dtype: DType | None = None,
    *,
    device: Device | None = None,
) -> Array:
    """Return evenly spaced values of a half-open interval.

    Args:
        start: the first value; if `stop` is None it is the end, and the first value is 0.
        stop: the end, which is not included.
        step: the distance of neighbours; negative ones count down.
        dtype: the dtype of the result; if None, int64 where all arguments are integers, else
            `get_default_dtype`.
        device: the device of the result; the current backend's if None.

    Returns:
        A vector of ``ceil((stop - start) / step)`` values. With a step that is no integer the
        length depends on rounding: `linspace` takes the length itself.

    >>> import xgrad as xg
    >>> xg.arange(1, 10, 3)
    Array([1, 4, 7], dtype=int64)
    """
    if stop is None:
        start, stop = 0, start
    start, stop, step = (number(n) for n in (start, stop, step))
    if dtype is None:
        dtype = _number_dtype(start, stop, step)
        dtype = np.int64 if dtype is np.bool_ else dtype
    return _make("arange", (start, stop, step), dtype, device)


def linspace(
    start: complex | AnyArray,
    stop: complex | AnyArray,
    /,
    num: int = 50,
    *,
    dtype: DType | None = None,
    device: Device | None = None,
    endpoint: bool = True,
) -> Array:
    """Return `num` evenly spaced values of an interval, with its end unless `endpoint` is False.

    Derivatives go through ends that are arrays; the values of an array of ends are along axis 0.

    Args:
        start: the first value, a number or an array.
        stop: the end of the interval, a number or an array; the last value if `endpoint` is True.
        num: how many values, 0 or more; 50 by default, as in NumPy.
        dtype: the dtype of the result; if None, `get_default_dtype`, or complex where an end is;
            for ends that are arrays, theirs.
        device: the device of the result; the current backend's if None.
        endpoint: whether `stop` is the last of the values. If so the step is
            ``(stop - start) / (num - 1)``, else ``(stop - start) / num``, and `stop` is left out.

    Returns:
        A vector of length `num`; for ends that are arrays, of the shape ``(num, *shape)``.

    >>> import xgrad as xg
    >>> xg.linspace(0.0, 1.0, 5)
    Array([0.  , 0.25, 0.5 , 0.75, 1.  ], dtype=float64)
    >>> xg.linspace(0.0, 1.0, 5, endpoint=False)
    Array([0. , 0.2, 0.4, 0.6, 0.8], dtype=float64)
    """
    try:
        num = integer(num)
    except TypeError as error:
        _note(error, "linspace", (start, stop, num))
        raise
    if isinstance(start, np.generic) or isinstance(stop, np.generic):
        both = (x.dtype if hasattr(x, "dtype") else x for x in (start, stop))
        dtype = np.result_type(*both, 1.0) if dtype is None else dtype
        start, stop = (x.item() if isinstance(x, np.generic) else x for x in (start, stop))
    if _is_array(start) or _is_array(stop):
        return _between(start, stop, num, dtype, endpoint)
    if dtype is None:
        dtype = _number_dtype(start, stop, 0.0)
    return _make("linspace", (start, stop, num), dtype, device, endpoint=endpoint)


def _between(start: Any, stop: Any, num: int, dtype: Any, endpoint: bool) -> Any:
    """Return evenly spaced values between ends that are arrays, of halves in float32."""
    if is_half(start) or is_half(stop):
        found = result_type(start, stop) if dtype is None else dtype
        return astype(_between(widened(start), widened(stop), num, None, endpoint), found)
    width = stop - start
    raw = width._raw if isinstance(width, Array) else width
    backend = backend_of(raw)
    kind = backend.numpy_dtype(raw.dtype)
    with creating_like(raw):
        real = np.finfo(kind).dtype if kind.kind in "fc" else np.float64
        part = reshape(
            linspace(0.0, 1.0, num, dtype=real, endpoint=endpoint), (num, *raw.ndim * (1,))
        )
    out = start * (1 - part) + stop * part
    return out if dtype is None else astype(out, dtype)


def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    k: int = 0,
    dtype: DType | None = None,
    *,
    device: Device | None = None,
) -> Array:
    """Return a matrix with ones on one diagonal and zeros elsewhere.

    Args:
        n_rows: the number of rows.
        n_cols: the number of columns; as many as rows if None.
        k: which diagonal: 0 is the main one, a positive number lies above it, a negative below.
        dtype: the dtype of the result; `get_default_dtype` if None.
        device: the device of the result; the current backend's if None.

    Returns:
        An `Array` of shape ``(n_rows, n_cols)``.
    """
    return _make("eye", (n_rows, n_cols), dtype or get_default_dtype(), device, k=k)


def _like(name: str, x: Any, dtype: Any, device: Any, *args: Any) -> Any:
    """Return what the backend of `x` makes in its shape, on its device."""
    raw = x._raw if isinstance(x, Array) else x
    if type(x) in SCALARS:
        raw = asarray(x)._raw
    require_array(f"{name}_like", "x", raw)
    backend = backend_of(raw)
    where = backend.device(raw) if device is None else backend.parse_device(device)
    kind = raw.dtype if dtype is None else backend.raw_dtype(dtype)
    with backend.on_device(where):
        make: Any = getattr(backend.xp, name)
        out = make(tuple(raw.shape), *args, dtype=kind, device=where)
    return Array(out) if isinstance(x, Array) or type(x) in SCALARS else out


@as_given
def empty_like(x: Array, /, dtype: DType | None = None, *, device: Device | None = None) -> Array:
    """Return arbitrary values in the shape, dtype, backend and device of `x`.

    Args:
        x: the array to be like; its values are not read.
        dtype: the dtype of the result; that of `x` if None.
        device: the device of the result; that of `x` if None.

    Returns:
        An array of the shape of `x` whose values are to be overwritten.
    """
    return _like("empty", x, dtype, device)


@as_given
def zeros_like(x: Array, /, dtype: DType | None = None, *, device: Device | None = None) -> Array:
    """Return zeros in the shape, dtype, backend and device of `x`.

    Args:
        x: the array to be like; its values are not read.
        dtype: the dtype of the result; that of `x` if None.
        device: the device of the result; that of `x` if None.

    Returns:
        An array of the shape of `x`.
    """
    return _like("zeros", x, dtype, device)


@as_given
def ones_like(x: Array, /, dtype: DType | None = None, *, device: Device | None = None) -> Array:
    """Return ones in the shape, dtype, backend and device of `x`.

    Args:
        x: the array to be like; its values are not read.
        dtype: the dtype of the result; that of `x` if None.
        device: the device of the result; that of `x` if None.

    Returns:
        An array of the shape of `x`.
    """
    return _like("ones", x, dtype, device)


@as_given
def full_like(
    x: Array, /, fill_value: ArrayLike, *, dtype: DType | None = None, device: Device | None = None
) -> Array:
    """Return a value in the shape, dtype, backend and device of `x`.

    Args:
        x: the array to be like; its values are not read.
        fill_value: a number, or a 0-d array; if that is tracked, derivatives flow back to it.
        dtype: the dtype of the result; that of `x` if None.
        device: the device of the result; that of `x` if None.

    Returns:
        An array of the shape of `x`, of its dtype also where the value is of another one.

    Raises:
        TypeError, ValueError: if the backend cannot make such an array; a note says of what value.
    """
    if _is_array(fill_value):
        fill_value = fill_value if isinstance(fill_value, Array) else asarray(fill_value)
        require_array("full_like", "x", x)
        like = x if isinstance(x, Array) else Array(x)
        out = zeros_like(like, dtype=dtype, device=device) + astype(fill_value, dtype or like.dtype)
        return out if isinstance(x, Array) or out._node is not None else out._raw
    try:
        return _like("full", x, dtype, device, fill_value)
    except (AttributeError, TypeError, ValueError) as error:
        error.add_note(f"in xgrad.full_like: fill_value is {fill_value!r:.60}")
        raise


@linear(lambda xp, g, k: xp.tril(g, k=k), zeros=True)
def _tril(x: Array, /, *, k: int = 0) -> Array:
    """Return the lower triangle."""


@linear(lambda xp, g, k: xp.triu(g, k=k), zeros=True)
def _triu(x: Array, /, *, k: int = 0) -> Array:
    """Return the upper triangle."""


@as_given
def tril(x: Array, /, *, k: int = 0) -> Array:
    """Return the lower triangle of matrices, up to the diagonal `k`, with zeros above.

    Args:
        x: matrices, in the last two axes.
        k: the last diagonal that is kept: 0 is the main one, a positive number lies above it, a
            negative below.

    Returns:
        An array of the shape and dtype of `x`.
    """
    require_array("tril", "x", x, axes=2)
    return _tril(_matrices(x, "tril"), k=k)


@as_given
def triu(x: Array, /, *, k: int = 0) -> Array:
    """Return the upper triangle of matrices, from the diagonal `k`, with zeros below.

    Args:
        x: matrices, in the last two axes.
        k: the first diagonal that is kept: 0 is the main one, a positive number lies above it, a
            negative below.

    Returns:
        An array of the shape and dtype of `x`.
    """
    require_array("triu", "x", x, axes=2)
    return _triu(_matrices(x, "triu"), k=k)


def _matrices(x: Array, name: str) -> Array:
    if len(x.shape) < 2:
        raise ValueError(f"{name}: x has shape {tuple(x.shape)}; expected at least two axes")
    return x


@overload
def meshgrid(*arrays: Array, indexing: str = "xy") -> tuple[Array, ...]: ...
@overload
def meshgrid(*arrays: AnyArray, indexing: str = "xy") -> tuple[Any, ...]: ...
def meshgrid(*arrays: Any, indexing: str = "xy") -> tuple[Any, ...]:
    """Return coordinate arrays of the grid that vectors span.

    Args:
        *arrays: the coordinates along each axis, vectors of lengths n1, n2, ...
        indexing: ``"ij"`` for grids of shape ``(n1, n2, ...)``, ``"xy"`` (the default) for
            ``(n2, n1, ...)``, with the first coordinate along the columns, as in a picture.

    Returns:
        A tuple of as many arrays, all of the shape of the grid.

    Raises:
        ValueError: if `indexing` is neither.
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing is {indexing!r}; expected 'xy' or 'ij'")
    n = len(arrays)
    grids = broadcast_arrays(
        *[reshape(x, (1,) * i + (-1,) + (1,) * (n - i - 1)) for i, x in enumerate(arrays)]
    )
    if indexing == "xy" and n > 1:
        grids = tuple(moveaxis(x, 0, 1) for x in grids)
    return grids
