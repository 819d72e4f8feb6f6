"""Indexing of PyTorch tensors as the Array API standard and NumPy have it.

PyTorch refuses negative steps, reads 0-d index tensors on the host, and leaves integers in place
where NumPy counts them among the index arrays. So a key is split into a basic one, which makes a
view, the axes to flip in that view, and the index arrays that are left.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .detect import require

torch: Any = require("torch")

# PyTorch stores these but has no kernels that index them; their bits are moved as signed ones
_SIGNED = {torch.uint16: torch.int16, torch.uint32: torch.int32, torch.uint64: torch.int64}


def _is_basic(key: Any) -> bool:
    """Whether PyTorch's own indexing makes NumPy's view of this key."""
    return all(
        k is None
        or k is Ellipsis
        or type(k) is int
        or (type(k) is slice and (k.step is None or k.step > 0))
        for k in (key if type(key) is tuple else (key,))
    )


def _index_of(k: Any, device: Any) -> Any:
    """Return one part of a key as an int, a slice, None, Ellipsis, or a mask or int64 tensor."""
    if k is None or k is Ellipsis or isinstance(k, slice):
        return k
    if isinstance(k, bool | np.bool_):
        return torch.full((), bool(k), dtype=torch.bool, device=device)
    if not isinstance(k, torch.Tensor):
        try:
            return operator.index(k)
        except TypeError:
            array = np.asarray(k)
            k = from_numpy(array if array.size else array.astype(np.int64), device)
    if k.dtype.is_floating_point or k.dtype.is_complex:
        raise IndexError(f"torch: got an index of dtype {k.dtype}; expected integers or booleans")
    return k if k.dtype == torch.bool else k.to(torch.int64)


def _axes(k: Any) -> int:
    """Return how many axes of the array one part of a key stands for."""
    if isinstance(k, torch.Tensor):
        return int(k.ndim) if k.dtype == torch.bool else 1
    return 0 if k is None or k is Ellipsis else 1


def _full_key(x: Any, key: Any) -> list[Any]:
    """Return the parts of a key, with full slices for the ellipsis and at the end."""
    parts = [_index_of(k, x.device) for k in (key if isinstance(key, tuple) else (key,))]
    missing = x.ndim - sum(map(_axes, parts))
    dots = [i for i, k in enumerate(parts) if k is Ellipsis]
    if missing < 0 or len(dots) > 1:
        raise IndexError(
            f"torch: got {'several ellipses' if dots[1:] else 'too many indices'} "
            f"for an array of shape {tuple(x.shape)}; expected at most {x.ndim} indices and one ..."
        )
    at = dots[0] if dots else len(parts)
    return [*parts[:at], *[slice(None)] * missing, *parts[at + 1 :]]


def _plan(x: Any, key: Any) -> tuple[tuple[Any, ...], list[int], list[Any] | None]:
    """Split a key into one that makes a view, the axes to flip in it, and index arrays per axis."""
    parts = _full_key(x, key)
    has_arrays = any(isinstance(k, torch.Tensor) for k in parts)
    basic: list[Any] = []
    flips: list[int] = []
    index: list[Any] = []
    axis = 0
    for k in parts:
        if isinstance(k, int) and has_arrays:
            if not -x.shape[axis] <= k < x.shape[axis]:
                raise IndexError(
                    f"torch: index {k} is out of bounds for axis {axis} with size {x.shape[axis]}"
                )
            index.append(torch.full((), k, dtype=torch.int64, device=x.device))
            basic.append(slice(None))
        elif isinstance(k, int):
            basic.append(k)
        elif isinstance(k, slice):
            span = range(*k.indices(x.shape[axis]))
            if span.step < 0:
                flips.append(sum(not isinstance(b, int) for b in basic))
                span = span[::-1]
            index.append(None)
            basic.append(slice(span.start, span.stop, span.step) if span else slice(0))
        elif k is None:
            index.append(None)
            basic.append(None)
        elif k.ndim == 0 and k.dtype == torch.bool:
            index.append(k.reshape(1))  # a scalar mask selects all or nothing of a new axis
            basic.append(None)
        else:
            index.append(k)
            basic.extend([slice(None)] * _axes(k))
        axis += _axes(k)
    return tuple(basic), flips, index if has_arrays else None


def getitem(x: Any, key: Any) -> Any:
    """Return ``x[key]``: a view if the key has no arrays and no negative steps."""
    if _is_basic(key):
        return x[key]
    if x.dtype in _SIGNED:
        return getitem(x.view(_SIGNED[x.dtype]), key).view(x.dtype)
    basic, flips, index = _plan(x, key)
    view = x[basic].flip(flips) if flips else x[basic]
    return view if index is None else torch.ops.aten.index.Tensor(view, index)


def _write(x: Any, key: Any, value: Any, accumulate: bool) -> Any:
    """Write or add `value` at `key` of `x` itself; repeated indices count when adding."""
    value = _like(value, x)
    if x.dtype in _SIGNED:
        _write(x.view(_SIGNED[x.dtype]), key, value.view(_SIGNED[x.dtype]), accumulate)
        return x
    basic, flips, index = (key, [], None) if _is_basic(key) else _plan(x, key)
    view = x[basic]
    if index is None:
        value = value.broadcast_to(view.shape).flip(flips)
        (view.add_ if accumulate else view.copy_)(value)
        return x
    target = view.flip(flips) if flips else view
    torch.ops.aten.index_put_.default(target, index, value, accumulate)
    if flips:
        view.copy_(target.flip(flips))
    return x


def _like(value: Any, x: Any) -> Any:
    """Return a value to write as a tensor of the dtype and device of `x`, without leading ones."""
    if isinstance(value, torch.Tensor):
        value = value.to(x.dtype)
    elif isinstance(value, bool | int | float | complex):
        return torch.full((), value, dtype=x.dtype, device=x.device)
    else:
        value = from_numpy(np.asarray(value), x.device).to(x.dtype)
    while value.ndim and value.shape[0] == 1:
        value = value[0]
    return value


def setitem(x: Any, key: Any, value: Any, copy: bool = True) -> Any:
    """Write `value` at `key` of `x`, or of a copy of it, and return what was written to."""
    return _write(x.clone() if copy else x, key, value, accumulate=False)


def index_add(x: Any, key: Any, value: Any) -> Any:
    """Add `value` at `key` to `x` itself, counting repeated indices."""
    return _write(x, key, value, accumulate=True)


def from_numpy(x: Any, device: Any = None) -> Any:
    """Return a tensor with a NumPy array's values on a device."""
    if device is None:
        device = torch.get_default_device()
    x = np.array(x, order="C")  # a copy of its own: writable, in order, and not shared
    if x.dtype.name == "bfloat16":
        return torch.from_numpy(x.view(np.int16)).view(torch.bfloat16).to(device)
    return torch.from_numpy(x).to(device)
