"""Making arrays, on the current backend and device; ``*_like`` follow their argument."""

from __future__ import annotations

from typing import Any, overload

import numpy as np

from ..arrays.array import SCALARS, Array
from ..arrays.types import AnyArray, ArrayLike, Device, DType, as_given
from ..backends import backend_of, current
from ..backends.defaults import default_complex, get_default_dtype
from ..engine.operands import require_array
from ..engine.plain import as_tuple, integers, number
from .converting import asarray, copied, is_array
from .dtypes import astype
from .manipulation import broadcast_arrays, broadcast_to, moveaxis, reshape


def make(name: str, args: tuple[Any, ...], dtype: Any, device: Any, **kwargs: Any) -> Array:
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
        note(error, name, args)
        raise
    return Array(out)


_OF_SHAPES = frozenset(("empty", "full", "ones", "zeros"))


def _is_shape(x: Any) -> bool:
    return not isinstance(x, (float, complex, str, bytes, type(None)))


def note(error: TypeError, name: str, args: tuple[Any, ...]) -> None:
    """Add to an error what the function was given, and what it takes."""
    given = ", ".join(f"{x!r:.40}" for x in args if x is not None)
    error.add_note(
        f"in xgrad.{name}({given}): expected integers for lengths and counts, and numbers else"
    )


def _plain(x: Any) -> Any:
    """Return a shape or a number as Python's own."""
    several = isinstance(x, (list, tuple, range)) or (hasattr(x, "shape") and x.shape != ())
    return integers(x) if several else number(x)


def number_dtype(*numbers: Any) -> Any:
    """Return the default dtype of Python numbers, the same one on every backend."""
    kinds = {type(n) for n in numbers}
    if complex in kinds:
        return default_complex()
    if float in kinds:
        return get_default_dtype()
    return np.bool_ if kinds == {bool} else np.int64


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
    return make("empty", (shape,), dtype or get_default_dtype(), device)


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
    return make("zeros", (shape,), dtype or get_default_dtype(), device)


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
    return make("ones", (shape,), dtype or get_default_dtype(), device)


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
    if is_array(fill_value):
        fill_value = fill_value if isinstance(fill_value, Array) else asarray(fill_value)
        shape = as_tuple(shape)
        value = fill_value if dtype is None else astype(fill_value, dtype)
        return broadcast_to(value, shape) * 1 if value._node is not None else _full(shape, value)
    if dtype is None:
        dtype = number_dtype(fill_value)
    try:
        return make("full", (shape, fill_value), dtype, device)
    except (TypeError, ValueError) as error:
        error.add_note(f"in xgrad.full: fill_value is {fill_value!r:.60}")
        raise


def _full(shape: tuple[int, ...], value: Array) -> Array:
    return copied(broadcast_to(value, shape))


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
        dtype = number_dtype(start, stop, step)
        dtype = np.int64 if dtype is np.bool_ else dtype
    return make("arange", (start, stop, step), dtype, device)


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
    return make("eye", (n_rows, n_cols), dtype or get_default_dtype(), device, k=k)


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
    if is_array(fill_value):
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
