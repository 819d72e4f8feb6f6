"""Labelled indices of xarray, ``a.isel(t=a.argmax("t"))``, and its ``a.std(skipna=False)``.

xarray indexes an array that has a namespace by what the Array API standard promises, which is one
index array at most. An `Array` takes NumPy's indices, and is indexed as NumPy's arrays are. Of
index arrays without axes xarray takes NumPy's alone for integers. Of a namespace it wants NumPy's
``ddof=``, too, which is ``correction=`` in the standard.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import xgrad

NAMES = ("_oindex_get", "_oindex_set", "_vindex_get", "_vindex_set")
"""What xarray calls with index arrays for each axis by itself, and with those of all together."""


def enter(name: str) -> None:
    """Put a look for an `Array` before what a module of xarray's has brought."""
    module = sys.modules[name]
    if name.endswith("variable"):
        _wrap(module.Variable, "_item_key_to_tuple", _with_integers)
        return
    if name.endswith("duck_array_ops"):
        for function in ("std", "var"):
            _wrap(module, function, _corrected)
        return
    like_numpy = module.NdArrayLikeIndexingAdapter

    def indexed(own: Callable[..., Any], self: Any, *args: Any) -> Any:
        if isinstance(self.array, xgrad.Array):
            return getattr(like_numpy(self.array), own.__name__)(*args)
        return own(self, *args)

    for method in NAMES:
        _wrap(module.ArrayApiIndexingAdapter, method, indexed)


def _corrected(own: Callable[..., Any], x: Any, **kwargs: Any) -> Any:
    """Call with the standard's ``correction=`` where xarray calls the function of the namespace."""
    if isinstance(x, xgrad.Array) and "ddof" in kwargs:
        skips = kwargs.get("skipna")
        if not (x.dtype.kind in "fc" if skips is None else skips):
            kwargs["correction"] = kwargs.pop("ddof")
    return own(x, **kwargs)


def _with_integers(own: Callable[..., Any], self: Any, key: Any) -> Any:
    """Return the key with integers of Python's for 0-d arrays of them."""
    key = own(self, key)
    return tuple(map(_integer, key)) if isinstance(key, tuple) else _integer(key)


def _integer(k: Any) -> Any:
    data = getattr(k, "data", k) if hasattr(k, "dims") else k
    return operator.index(data) if isinstance(data, xgrad.Array) and data.shape == () else k


def _wrap(cls: Any, method: str, before: Callable[..., Any]) -> None:
    own = getattr(cls, method, None)
    if own is None or hasattr(own, "xgrad_original"):
        return

    @wraps(own)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return before(own, self, *args, **kwargs)

    call.xgrad_original = own  # type: ignore[attr-defined]
    setattr(cls, method, call)
