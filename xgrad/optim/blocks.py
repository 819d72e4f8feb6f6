"""Memory of a training loop: Adam's update written piece by piece, and freed memory that is kept.

Each number of the update is what the formulas of `methods` give, rounding for rounding; what lies
between stays in the cache. It is for arrays on the host that no tape watches.
"""

from __future__ import annotations

from typing import Any

import xgrad as xg

from ..backends import backend_of

_PIECE = 2**15  # elements, of a few arrays, that a core's cache holds
_LEAST = 2**12  # of fewer the formulas are as quick


_KEPT = 31 * 2**20
"""Bytes: the C library of Linux takes no hint of 32 MB and more."""
_LARGE = 2**16  # bytes: of a smaller model nothing that is freed goes back to the system


def keep_freed(leaves: list[Any]) -> None:
    """Let the C library keep the memory that each step of a training loop frees.

    It gives blocks back to the system that are larger than the largest one freed so far, and a step
    then waits for new pages: of a small language model a fifth of its time. So one block is taken
    and freed that nobody writes to, and which thus takes no memory itself. What is kept is at most
    twice as much.

    Args:
        leaves: the arrays of the model; there must be large ones on the host.
    """
    for x in leaves:
        raw = x._raw if isinstance(x, xg.Array) else x
        if getattr(raw, "nbytes", 0) < _LARGE:
            continue
        backend = backend_of(raw)
        if backend.in_place and backend.on_host(raw):
            backend.xp.empty(_KEPT, dtype=backend.xp.uint8)
            return


def raw_parts(*arrays: Any) -> list[Any] | None:
    """Return raw arrays of one dtype in order of memory on the host, or None if they are not that.

    Args:
        *arrays: the arrays, of one shape.
    """
    raws = [x._raw if isinstance(x, xg.Array) else x for x in arrays]
    first = raws[0]
    if not backend_of(first).in_place or first.size < _LEAST:
        return None
    if any(isinstance(x, xg.Array) and x._node is not None for x in arrays):
        return None
    alike = all(
        type(x) is type(first) and x.dtype == first.dtype and x.flags.c_contiguous for x in raws
    )
    on_host = backend_of(first).on_host(first) and first.dtype.kind == "f"
    return raws if alike and on_host else None


def adam(
    raws: list[Any], betas: tuple[float, float], eps: float, root: float, rate: float
) -> tuple[Any, Any, Any]:
    """Return the parameter, the mean and the mean square after an update.

    Args:
        raws: the parameter, its gradient, the mean and the mean square before.
        betas: the decay of both means.
        eps: is added to the root.
        root: the factor of the root of the mean square.
        rate: the factor of the step.

    Returns:
        Three new raw arrays.
    """
    xp, (b1, b2) = backend_of(raws[0]).xp, betas
    shape, size = raws[0].shape, raws[0].size
    p, g, m, v = (x.reshape(-1) for x in raws)
    new_p, new_m, new_v = (xp.empty(size, dtype=p.dtype) for _ in range(3))
    work = xp.empty(min(size, _PIECE), dtype=p.dtype)
    for start in range(0, size, _PIECE):
        at = slice(start, start + _PIECE)
        part, step = g[at], new_p[at]
        w = work[: part.size]
        xp.multiply(m[at], b1, out=new_m[at])
        xp.multiply(part, 1 - b1, out=w)
        new_m[at] += w
        xp.multiply(v[at], b2, out=new_v[at])
        xp.square(part, out=w)
        w *= 1 - b2
        new_v[at] += w
        xp.sqrt(new_v[at], out=w)
        w *= root
        w += eps
        xp.divide(new_m[at], w, out=w)
        w *= rate
        xp.subtract(p[at], w, out=step)
    return new_p.reshape(shape), new_m.reshape(shape), new_v.reshape(shape)
