"""Values spaced evenly on a logarithmic scale."""

from __future__ import annotations

from typing import Any

from ..arrays.array import SCALARS, Array
from ..arrays.types import AnyArray, DType
from .beside import array_of, is_array
from .creation import asarray, linspace
from .dtypes import astype
from .elementwise import divide, exp, log, multiply, pow
from .manipulation import broadcast_to


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
