"""NumPy's functions of what is no NaN in an `Array`, and its quantiles."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ..arrays.array import Array
from ..ops.manipulation import front
from ..ops.statistical import axes_of, listed
from .reductions import UNSET, _free, _inexact, _is_absent, _kept, _variance, require_inexact
from .storing import mask_of, started, stored


def _nanargmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Array:
    filled = xgrad.where(xgrad.isnan(a), -math.inf, a)
    return stored(xgrad.argmax(filled, axis=axis, keepdims=_kept(keepdims)), out, "nanargmax")


def _nanargmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Array:
    filled = xgrad.where(xgrad.isnan(a), math.inf, a)
    return stored(xgrad.argmin(filled, axis=axis, keepdims=_kept(keepdims)), out, "nanargmin")


def _ordered(name: str) -> Callable[..., Any]:
    """Return NumPy's median of quantiles, which may overwrite its argument, and here never does."""

    def call(
        a: Any,
        axis: Any = None,
        out: Any = None,
        overwrite_input: bool = False,
        keepdims: Any = False,
    ) -> Any:
        result = getattr(xgrad, name)(xgrad.asarray(a), axis=_axes(axis), keepdims=_kept(keepdims))
        return stored(result, out, f"numpy.{name}(out=)")

    return call


def _quantiles(name: str) -> Callable[..., Any]:
    def call(
        a: Any,
        q: Any,
        axis: Any = None,
        out: Any = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: Any = False,
        *,
        weights: Any = None,
    ) -> Any:
        more = {"axis": _axes(axis), "method": method, "keepdims": _kept(keepdims)}
        if weights is not None:
            result = _by_weights(name, xgrad.asarray(a), q, weights, **more)
        else:
            result = getattr(xgrad, name)(xgrad.asarray(a), q, **more)
        return stored(result, out, f"numpy.{name}(out=)")

    return call


def _by_weights(
    name: str, x: Array, q: Any, weights: Any, axis: Any, method: str, keepdims: bool
) -> Array:
    """Return weighted quantiles: each is an element, or several that are equal and share it."""
    if type(x._raw) is not np.ndarray:
        raise NotImplementedError(
            f"numpy.{name}: weights= beside an array of {type(x._raw).__module__}; expected one of "
            "NumPy. Sort x, and take x where the running sum of the weights reaches q times theirs"
        )
    if isinstance(weights, Array) and weights._node is not None:
        raise NotImplementedError(
            f"numpy.{name}: weights= is on the tape, but a quantile goes in steps as weights grow, "
            "and has no derivative by them; expected weights.detach()"
        )
    given = {"method": method, "weights": _spread_weights(np.asarray(weights), x.shape, axis)}
    found = getattr(np, name)(x._raw, q, axis=axis, keepdims=True, **given)
    shape = found.shape if keepdims else found.shape[: np.ndim(q)]
    if not keepdims and axis is not None:
        taken = axes_of(x.ndim, axis)
        shape += tuple(n for i, n in enumerate(x.shape) if i not in taken)
    if x._node is None:
        return Array(found.reshape(shape))
    over = tuple(np.ndim(q) + i for i in axes_of(x.ndim, axis))
    chosen = found == x._raw
    count = chosen.sum(axis=over, keepdims=True)
    mean = xgrad.sum(xgrad.where(chosen, x / np.maximum(count, 1), 0.0), axis=over, keepdims=True)
    return xgrad.reshape(xgrad.where(count == 0, math.nan, mean), shape)


def _spread_weights(weights: Any, shape: tuple[int, ...], axis: Any) -> Any:
    """Return weights of the reduced axes for every element, as NumPy's nanquantile needs them."""
    taken = [front(a, len(shape), "axis") for a in listed(axis)] if axis is not None else []
    if not taken or weights.shape != tuple(shape[i] for i in taken):
        return weights
    weights = np.transpose(weights, np.argsort(taken))
    beside = [i for i in range(len(shape)) if i not in taken]
    return np.broadcast_to(np.expand_dims(weights, beside), shape)


def _axes(axis: Any) -> Any:
    return tuple(axis) if isinstance(axis, list) else axis


def _spread_of(name: str) -> Callable[..., Any]:
    """Return NumPy's variance of what is no NaN, which may be told the mean."""

    def call(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: Any = False,
        *,
        where: Any = True,
        mean: Any = UNSET,
        correction: Any = UNSET,
    ) -> Any:
        a = xgrad.asarray(a)
        require_inexact(dtype, name)
        mask = None if where is True or where is UNSET else mask_of(where, a, f"numpy.{name}")
        kept, free = _kept(keepdims), _free(ddof, correction)
        if mean is UNSET:
            more = {"dtype": dtype, "ddof": free, "keepdims": kept, "where": mask}
            result = getattr(xgrad, name)(xgrad.asarray(a), axis, **more)
        else:
            a = _inexact(a, dtype, name)
            seen = ~xgrad.isnan(a) if mask is None else ~xgrad.isnan(a) & mask
            result = _variance(a, axis, dtype, free, keepdims, seen, mean)
            result = xgrad.sqrt(result) if name == "nanstd" else result
        return stored(result, out, f"numpy.{name}(out=)")

    return call


def _summed_seen(name: str) -> Callable[..., Any]:
    """Return NumPy's sum, product or mean of what is no NaN."""

    def call(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        **more: Any,
    ) -> Any:
        a = xgrad.asarray(a)
        if name == "nanmean":
            require_inexact(dtype, name)
        more = _given(name, a, more)
        result = getattr(xgrad, name)(a, axis, dtype=dtype, keepdims=_kept(keepdims), **more)
        return stored(result, out, f"numpy.{name}(out=)")

    return call


def _extreme_seen(name: str) -> Callable[..., Any]:
    """Return NumPy's maximum or minimum of what is no NaN."""

    def call(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, **more: Any) -> Any:
        a = xgrad.asarray(a)
        more = _given(name, a, more)
        result = getattr(xgrad, name)(a, axis, keepdims=_kept(keepdims), **more)
        return stored(result, out, f"numpy.{name}(out=)")

    return call


def _given(name: str, a: Array, more: dict[str, Any]) -> dict[str, Any]:
    """Return ``initial=`` and ``where=`` where they say anything."""
    unknown = more.keys() - {"initial", "where"}
    if unknown:
        raise TypeError(f"numpy.{name}() got an unexpected keyword argument {unknown.pop()!r}")
    if _is_absent(more.get("initial")):
        more.pop("initial", None)
    else:
        more["initial"] = started(more["initial"], a, f"numpy.{name}")
    if more.get("where", True) is True or more["where"] is UNSET:
        more.pop("where", None)
    else:
        more["where"] = mask_of(more["where"], a, f"numpy.{name}")
    return more


ADAPTED: dict[str, Callable[..., Any]] = {
    "median": _ordered("median"),
    "nanargmax": _nanargmax,
    "nanargmin": _nanargmin,
    "nanmax": _extreme_seen("nanmax"),
    "nanmedian": _ordered("nanmedian"),
    "nanmin": _extreme_seen("nanmin"),
    **{name: _summed_seen(name) for name in ("nanmean", "nanprod", "nansum")},
    **{name: _spread_of(name) for name in ("nanstd", "nanvar")},
    **{
        name: _quantiles(name)
        for name in ("nanpercentile", "nanquantile", "percentile", "quantile")
    },
}
"""NumPy's functions by name, where their meaning or arguments are not the standard's."""
