"""Values spaced evenly, or evenly on a logarithmic scale."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.array import SCALARS, Array
from ..arrays.types import AnyArray, Device, DType
from ..backends import backend_of, creating_like
from ..engine.plain import integer
from .beside import array_of
from .converting import asarray, is_array
from .creation import make, note, number_dtype
from .dtypes import astype, result_type
from .elementwise import divide, exp, log, multiply, pow
from .halves import is_half, widened
from .manipulation import broadcast_to, reshape


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
        note(error, "linspace", (start, stop, num))
        raise
    if isinstance(start, np.generic) or isinstance(stop, np.generic):
        both = (x.dtype if hasattr(x, "dtype") else x for x in (start, stop))
        dtype = np.result_type(*both, 1.0) if dtype is None else dtype
        start, stop = (x.item() if isinstance(x, np.generic) else x for x in (start, stop))
    if is_array(start) or is_array(stop):
        return _between(start, stop, num, dtype, endpoint)
    if dtype is None:
        dtype = number_dtype(start, stop, 0.0)
    return make("linspace", (start, stop, num), dtype, device, endpoint=endpoint)


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


def _end(x: Any, name: str) -> Any:
    """Return a number as it is, and anything else if it is an array."""
    return x if type(x) in SCALARS else asarray(array_of(x, name))


def logspace(
    start: complex | AnyArray,
    stop: complex | AnyArray,
    /,
    num: int = 50,
    *,
    endpoint: bool = True,
    base: complex | AnyArray = 10.0,
    dtype: DType | None = None,
) -> Array:
    """Return `num` powers of a base whose exponents are evenly spaced.

    Args:
        start: the first exponent, a number or an array.
        stop: the end of the interval of exponents, a number or an array.
        num: how many values, 0 or more.
        endpoint: whether `stop` is the last exponent; see `linspace`.
        base: the base, a number or an array.
        dtype: the dtype of the result; if None that of the powers.

    Returns:
        A vector of length `num`; for ends or bases that are arrays, of the shape ``(num, *shape)``.
        Derivatives go through those that are arrays.

    >>> import xgrad as xg
    >>> xg.logspace(0.0, 2.0, 3)
    Array([  1.,  10., 100.], dtype=float64)
    """
    first, stop, given = (_end(x, "logspace") for x in (start, stop, base))
    if is_array(given) and given.shape and not is_array(first):
        first = broadcast_to(asarray(first, device=asarray(given).device), tuple(given.shape))
    out = pow(given, linspace(first, stop, int(num), endpoint=endpoint))
    return out if dtype is None else astype(out, dtype)


def geomspace(
    start: complex | AnyArray,
    stop: complex | AnyArray,
    /,
    num: int = 50,
    *,
    endpoint: bool = True,
    dtype: DType | None = None,
) -> Array:
    """Return `num` values between two ends, each the one before times the same factor.

    Args:
        start: the first value, a number or an array, not 0.
        stop: the end of the interval, of the sign of `start`; the last value if `endpoint`.
        num: how many values, 0 or more.
        endpoint: whether `stop` is the last value; see `linspace`.
        dtype: the dtype of the result; if None that of the ends, float64 for numbers.

    Returns:
        A vector of length `num`; for ends that are arrays, of the shape ``(num, *shape)``.
        Derivatives go through ends that are arrays.

    >>> import xgrad as xg
    >>> xg.geomspace(1.0, 8.0, 4).round(12)
    Array([1., 2., 4., 8.], dtype=float64)
    """
    start, stop = (_end(x, "geomspace") for x in (start, stop))
    if not is_array(start) and not is_array(stop):
        start = asarray(start * (1.0 + 0.0j if isinstance(stop, complex) else 1.0))
    ratio = log(divide(stop, start))
    out = multiply(start, exp(linspace(ratio * 0.0, ratio, int(num), endpoint=endpoint)))
    return out if dtype is None else astype(out, dtype)
