"""Making an array of what a program holds: numbers, sequences, arrays of any library."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.array import SCALARS, Array
from ..arrays.lent import lend
from ..arrays.node import parameter
from ..arrays.types import Device, DType, as_given
from ..backends import backend_of, backend_of_type, current, native
from ..backends.defaults import default_complex, get_default_dtype
from ..engine.op import constant
from .dtypes import astype
from .manipulation import reshape, stack

COPIED = frozenset((*SCALARS, list, tuple))
"""Of what an array is always made in a buffer of its own."""


def is_array(x: Any) -> bool:
    """Whether this is an `Array` or an array of a known library, and no number."""
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
    if copy and (not is_array(object) or isinstance(object, np.generic)):
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
    if is_array(obj):
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
        return copied(x) if x._node is None else x * 1
    return moved


@constant
def copied(x: Array, /) -> Array:
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
