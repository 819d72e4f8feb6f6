"""Reductions that skip NaN. What is skipped has the derivative 0, whatever the cotangent is."""

from __future__ import annotations

import math
from typing import Any

from ..arrays.array import Array
from ..arrays.types import DType, as_given
from ..backends import backend_of
from ..engine.op import rule
from .beside import array_of, floating, mask_beside
from .creation import ones_like, zeros_like
from .dtypes import astype, isdtype
from .elementwise import conj, divide, is_complex, isnan, logical_not, multiply, real, sqrt
from .elementwise import where as choose
from .halves import in_single
from .more_elementwise import fmax, fmin
from .running import cumprod, cumsum
from .statistical import Axis, optimum_jvp, optimum_vjp
from .statistical import max as max_over
from .statistical import min as min_over
from .statistical import prod as prod_over
from .statistical import sum as sum_over


def _is_exact(x: Any) -> bool:
    return not any(kind in str(x.dtype) for kind in ("float", "complex"))


def _filled(x: Any, neutral: Any, where: Any = None) -> Any:
    """Return an array with what does not count filled: NaN, and what a mask leaves out."""
    x = x if _is_exact(x) else choose(isnan(x), neutral(x), x)
    return x if where is None else choose(mask_beside(x, where), x, neutral(x))


def _seen(x: Any, where: Any, dtype: Any = None) -> Any:
    """Return a floating-point array with NaN where a mask leaves elements out."""
    x = x if dtype is None else astype(x, dtype)
    return x if where is None else choose(mask_beside(x, where), x, math.nan)


@as_given
def nansum(
    x: Array,
    /,
    axis: Axis = None,
    dtype: DType | None = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Array:
    """Return the sum over axes, with NaN as 0.

    Args:
        x: the array.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        dtype: the dtype of the sums; that of `sum` if None.
        keepdims: whether the reduced axes stay in the result, with length one.
        initial: what the sum begins with; 0 if None.
        where: which elements take part, broadcast to `x`; all if None.

    Returns:
        An array of `x`'s shape without the reduced axes. The derivative in an element that is NaN
        is 0.
    """
    x = _filled(array_of(x, "nansum", axis), zeros_like, where)
    out = sum_over(x, axis=axis, dtype=dtype, keepdims=keepdims)
    return out if initial is None else out + initial


@as_given
def nanprod(
    x: Array,
    /,
    axis: Axis = None,
    dtype: DType | None = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Array:
    """Return the product over axes, with NaN as 1.

    Args:
        x: the array.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        dtype: the dtype of the products; that of `prod` if None.
        keepdims: whether the reduced axes stay in the result, with length one.
        initial: what the product begins with; 1 if None.
        where: which elements take part, broadcast to `x`; all if None.

    Returns:
        An array of `x`'s shape without the reduced axes. The derivative in an element that is NaN
        is 0.
    """
    x = _filled(array_of(x, "nanprod", axis), ones_like, where)
    out = prod_over(x, axis=axis, dtype=dtype, keepdims=keepdims)
    return out if initial is None else out * initial


@as_given
def nancumsum(x: Array, /, *, axis: int | None = None, dtype: DType | None = None) -> Array:
    """Return the running sum along an axis, with NaN as 0.

    Args:
        x: the array.
        axis: the axis; if None, `x` is flattened first.
        dtype: the dtype of the sums; that of `cumulative_sum` if None.

    Returns:
        An array of the shape of `x`, a vector if `axis` is None. The derivative in an element that
        is NaN is 0.
    """
    x = _filled(array_of(x, "nancumsum", axis), zeros_like)
    return cumsum(x, axis=axis, dtype=dtype)


@as_given
def nancumprod(x: Array, /, *, axis: int | None = None, dtype: DType | None = None) -> Array:
    """Return the running product along an axis, with NaN as 1.

    Args:
        x: the array.
        axis: the axis; if None, `x` is flattened first.
        dtype: the dtype of the products; that of `cumulative_prod` if None.

    Returns:
        An array of the shape of `x`, a vector if `axis` is None. The derivative in an element that
        is NaN is 0.
    """
    x = _filled(array_of(x, "nancumprod", axis), ones_like)
    return cumprod(x, axis=axis, dtype=dtype)


def _count(x: Any, axis: Axis, keepdims: bool) -> Any:
    """Return how many elements are no NaN, in the real dtype of `x`."""
    return sum_over(astype(logical_not(isnan(x)), real(x).dtype), axis=axis, keepdims=keepdims)


@as_given
@in_single
def nanmean(
    x: Array,
    /,
    axis: Axis = None,
    *,
    dtype: DType | None = None,
    keepdims: bool = False,
    where: Any = None,
) -> Array:
    """Return the mean over axes of the elements that are no NaN; NaN where there are none.

    Args:
        x: the array.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        dtype: the dtype in which to sum, and of the result; that of `x` if None.
        keepdims: whether the reduced axes stay in the result, with length one.
        where: which elements take part, broadcast to `x`; all if None.

    Returns:
        An array of `x`'s shape without the reduced axes. The derivative in an element that is NaN
        is 0.
    """
    x = _seen(floating(x, "nanmean", axis), where, dtype)
    return divide(nansum(x, axis, keepdims=keepdims), _count(x, axis, keepdims))


@as_given
@in_single
def nanvar(
    x: Array,
    /,
    axis: Axis = None,
    *,
    dtype: DType | None = None,
    ddof: float = 0,
    correction: float | None = None,
    keepdims: bool = False,
    where: Any = None,
) -> Array:
    """Return the variance over axes of the elements that are no NaN.

    Args:
        x: the array.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        dtype: the dtype in which to calculate, and of the result; that of `x` if None.
        ddof: what is subtracted from the number of elements: 0 for the mean square of these
            numbers, 1 for the unbiased estimate from a sample.
        correction: the standard's name of `ddof`, which it replaces unless None.
        keepdims: whether the reduced axes stay in the result, with length one.
        where: which elements take part, broadcast to `x`; all if None.

    Returns:
        An array of `x`'s shape without the reduced axes, real; NaN where no more than `ddof`
        elements are left.
    """
    x = _seen(floating(x, "nanvar", axis), where, dtype)
    away = x - nanmean(x, axis, keepdims=True)
    away = choose(isnan(x), zeros_like(x), away)
    squares = real(multiply(conj(away), away)) if is_complex(x) else away * away
    total = sum_over(squares, axis=axis, keepdims=keepdims)
    freedom = _count(x, axis, keepdims) - (ddof if correction is None else correction)
    known = freedom > 0
    return choose(known, total / choose(known, freedom, ones_like(freedom)), math.nan)


@as_given
@in_single
def nanstd(
    x: Array,
    /,
    axis: Axis = None,
    *,
    dtype: DType | None = None,
    ddof: float = 0,
    correction: float | None = None,
    keepdims: bool = False,
    where: Any = None,
) -> Array:
    """Return the standard deviation of the elements that are no NaN; its derivative is 0 at 0.

    Args:
        x: the array.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        dtype: the dtype in which to calculate, and of the result; that of `x` if None.
        ddof: what is subtracted from the number of elements: 0 for that of these numbers, 1 for the
            unbiased estimate from a sample.
        correction: the standard's name of `ddof`, which it replaces unless None.
        keepdims: whether the reduced axes stay in the result, with length one.
        where: which elements take part, broadcast to `x`; all if None.

    Returns:
        An array of `x`'s shape without the reduced axes, real; NaN where no more than `ddof`
        elements are left.
    """
    free = ddof if correction is None else correction
    x = array_of(x, "nanstd", axis)
    out = nanvar(x, axis, dtype=dtype, ddof=free, keepdims=keepdims, where=where)
    return choose(out == 0, zeros_like(out), sqrt(out))


@rule(vjp=optimum_vjp, jvp=optimum_jvp, zeros=True)
def _nanmax(x: Array, /, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Return the largest element that is no NaN; NaN is equal to nothing, and so has no share."""
    xp = backend_of(x).xp
    none = xp.isnan(x)
    out = xp.max(xp.where(none, xp.full_like(x, -math.inf), x), axis=axis, keepdims=keepdims)
    none = xp.all(none, axis=axis, keepdims=keepdims)
    return xp.where(none, xp.full_like(out, math.nan), out)


@as_given
def nanmax(
    x: Array,
    /,
    axis: Axis = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Array:
    """Return the largest element over axes that is no NaN; equal ones share the derivative.

    Args:
        x: a real array.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        keepdims: whether the reduced axes stay in the result, with length one.
        initial: a number that takes part too; none if None.
        where: which elements take part, broadcast to `x`; all if None.

    Returns:
        An array of `x`'s shape without the reduced axes; NaN where there is nothing but NaN.
    """
    x = array_of(x, "nanmax", axis)
    if where is None and isdtype(x, ("integral", "bool")):
        out = max_over(x, axis=axis, keepdims=keepdims)
        return out if initial is None else fmax(out, initial)
    x = _seen(floating(x, "nanmax", axis), where)
    out = _nanmax(x, axis=axis, keepdims=keepdims)
    return out if initial is None else fmax(out, initial)


@rule(vjp=optimum_vjp, jvp=optimum_jvp, zeros=True)
def _nanmin(x: Array, /, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Return the smallest element that is no NaN."""
    xp = backend_of(x).xp
    none = xp.isnan(x)
    out = xp.min(xp.where(none, xp.full_like(x, math.inf), x), axis=axis, keepdims=keepdims)
    none = xp.all(none, axis=axis, keepdims=keepdims)
    return xp.where(none, xp.full_like(out, math.nan), out)


@as_given
def nanmin(
    x: Array,
    /,
    axis: Axis = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Array:
    """Return the smallest element over axes that is no NaN; equal ones share the derivative.

    Args:
        x: a real array.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        keepdims: whether the reduced axes stay in the result, with length one.
        initial: a number that takes part too; none if None.
        where: which elements take part, broadcast to `x`; all if None.

    Returns:
        An array of `x`'s shape without the reduced axes; NaN where there is nothing but NaN.
    """
    x = array_of(x, "nanmin", axis)
    if where is None and isdtype(x, ("integral", "bool")):
        out = min_over(x, axis=axis, keepdims=keepdims)
        return out if initial is None else fmin(out, initial)
    x = _seen(floating(x, "nanmin", axis), where)
    out = _nanmin(x, axis=axis, keepdims=keepdims)
    return out if initial is None else fmin(out, initial)
