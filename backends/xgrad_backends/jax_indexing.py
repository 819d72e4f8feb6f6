"""Reading and writing parts of JAX's arrays, by NumPy's rules."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from .detect import require

__all__ = ["getitem", "index_add", "placed", "setitem"]

jax: Any = require("jax")
jnp: Any = importlib.import_module("jax.numpy")


def _key(x: Any, key: Any) -> Any:
    """Return a key with lists as arrays, whose numbers have been looked at where they are known."""
    parts = list(key if isinstance(key, tuple) else (key,))
    for i, k in enumerate(parts):
        if isinstance(k, list):
            parts[i] = k = np.asarray(k, None if k else np.int64)  # noqa: PLW2901 - as it is used
        if isinstance(k, float) or str(getattr(k, "dtype", "")).startswith(("float", "complex")):
            raise IndexError(f"jax: got the index {k}; expected integers, slices or booleans")
    if not any(map(_is_mask, parts)):
        _require_inside(x, parts)
    return tuple(parts)


def _is_mask(k: Any) -> bool:
    return isinstance(k, (bool, np.bool_)) or "bool" in str(getattr(k, "dtype", ""))


def _require_inside(x: Any, parts: list[Any]) -> None:
    """Raise where an index is out of bounds, which JAX would move to the nearest element."""
    taken = sum(k is not None and k is not ... for k in parts)
    axis = 0
    for k in parts:
        if k is ...:
            axis += len(x.shape) - taken
        elif k is not None:
            if isinstance(k, (int, np.integer, np.ndarray)) and axis < len(x.shape):
                n, found = x.shape[axis], np.asarray(k)
                if found.size and not (-n <= found.min() and found.max() < n):
                    raise IndexError(
                        f"jax: index {k} is out of bounds for axis {axis} with size {n}"
                    )
            axis += 1


def getitem(x: Any, key: Any) -> Any:
    """Return a part of an array; an index out of bounds raises, where JAX would move it."""
    return x[_key(x, key)]


def setitem(x: Any, key: Any, value: Any, copy: bool = True) -> Any:
    """Return an array with a part that is written anew."""
    x, key, value = jnp.asarray(x), _key(x, key), _value(x, value)
    window = _window(x.shape, key)
    if window is None:
        return x.at[key].set(value)
    return jax.lax.dynamic_update_slice(x, _over(window, value), [start for start, _, _ in window])


def index_add(x: Any, key: Any, value: Any) -> Any:
    """Return an array with a value added to a part, or to each place as often as it is named."""
    x, key, value = jnp.asarray(x), _key(x, key), _value(x, value)
    window = _window(x.shape, key)
    if window is None:
        return x.at[key].add(value)
    starts, part = [start for start, _, _ in window], _over(window, value)
    if 2 * part.size >= x.size:  # one loop with what is around it, where a write ends the loop
        ends = [n - start - m for n, (start, m, _) in zip(x.shape, window, strict=True)]
        around = [(start, end, 0) for start, end in zip(starts, ends, strict=True)]
        return x + jax.lax.pad(part, jnp.zeros((), x.dtype), around)
    before = jax.lax.slice(x, starts, [start + n for start, n, _ in window])
    return jax.lax.dynamic_update_slice(x, before + part, starts)


def placed(x: Any, key: Any, shape: tuple[int, ...]) -> Any:
    """Return zeros of a shape with `x` at a basic index, which XLA makes in a loop with others."""
    window = _window(shape, key if type(key) is tuple else (key,))
    if window is None:
        return setitem(jnp.zeros(shape, x.dtype), key, x)
    around = [(start, n - start - m, 0) for n, (start, m, _) in zip(shape, window, strict=True)]
    return jax.lax.pad(_over(window, x), jnp.zeros((), x.dtype), around)


Window = list[tuple[int, int, bool]]
"""For each axis its start, its length, and whether the key keeps it."""


def _window(shape: tuple[int, ...], key: tuple[Any, ...]) -> Window | None:
    """Return the part of an array that a key of numbers and slices without steps shows.

    XLA writes it where the array is, or makes one loop of it and what is around it; of any other
    key it makes a scatter, which takes a loop of its own.
    """
    rest = len(shape) - sum(k is not ... for k in key)
    parts: list[Any] = []
    for k in key:
        parts += [slice(None)] * rest if k is ... else [k]
    parts += [slice(None)] * (len(shape) - len(parts))
    found: Window = []
    for n, k in zip(shape, parts, strict=False):
        if type(k) is int:
            found.append((k % n, 1, False))
        elif type(k) is slice and k.step in (None, 1) and _is_known(k):
            start, stop, _ = k.indices(n)
            found.append((start, max(stop - start, 0), True))
        else:
            return None
    return found if len(parts) == len(shape) and all(n for _, n, _ in found) else None


def _is_known(k: slice) -> bool:
    return all(end is None or type(end) is int for end in (k.start, k.stop))


def _over(window: Window, value: Any) -> Any:
    """Return a value broadcast over a window, with all axes."""
    kept = tuple(n for _, n, keeps in window if keeps)
    return jnp.broadcast_to(value, kept).reshape([n for _, n, _ in window])


def _value(x: Any, value: Any) -> Any:
    """Return what is written in the dtype of `x`, without leading axes of length one."""
    value = jnp.asarray(value)
    if value.dtype != x.dtype:
        value = (value.real if value.dtype.kind == "c" != x.dtype.kind else value).astype(x.dtype)
    while value.ndim > 1 and value.shape[0] == 1:
        value = value[0]
    return value
