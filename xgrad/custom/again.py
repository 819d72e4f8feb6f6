"""Whether a function that a walk calls again gives what it gave before."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import errors
from ..backends import backend_of, under

_SAMPLE = 1024
"""How many entries of a result are kept, to see whether the function gives it again."""


def sample(x: Any) -> Any:
    """Return some entries of a raw result in a buffer of their own, None if it is lazy."""
    x = under(x)
    backend = backend_of(x)
    if backend.is_lazy:
        return None
    flat = backend.xp.reshape(x, (-1,))
    step = max(1, flat.shape[0] // _SAMPLE)
    return backend.xp.asarray(backend.getitem(flat, slice(None, None, step)), copy=True)


def agree(a: Any, b: Any, beside: Any = None) -> bool:
    """Whether two samples are the same but for rounding; of numbers beside a sample of others."""
    if a is None or b is None:
        return a is b
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    try:
        x, y = (np.asarray(backend_of(s).to_numpy(s)) for s in (a, b))
    except (NotImplementedError, RuntimeError, TypeError):  # no values, as on the meta device
        return True
    if x.dtype.kind not in "fc":  # bfloat16 too, of which NumPy knows no precision
        return bool(np.array_equal(x, y))
    close = float(np.finfo(x.dtype).eps) ** 0.5
    size = _size(x) if beside is None else max(_size(x), _size(beside))
    return bool(np.allclose(x, y, rtol=close, atol=close * size, equal_nan=True))


def _size(x: Any) -> float:
    return float(np.max(np.abs(x), where=np.isfinite(x), initial=0.0))


def require_same(what: str, first: Any, raw: Any, beside: Any = None) -> None:
    """Raise if a function that a solver was given gives another result than at first.

    Args:
        what: the solver.
        first: a sample of what the function gave.
        raw: what it gives now, a raw array.
        beside: numbers of which a small result is the difference, a raw array.
    """
    if beside is not None:
        beside = np.asarray(backend_of(beside).to_numpy(sample(beside)))
    if agree(first, sample(raw), beside):
        return
    raise errors.ReplayError(
        f"{what}: the function that it was given gave another result when it was called again for "
        "the derivative, which would belong to another result than yours. It may read an array "
        "that has been written to since, a clock or a generator. Let it read a copy, as "
        "xgrad.asarray(x, copy=True)"
    )
