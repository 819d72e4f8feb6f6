"""The numbers of a method, Python's or 0-d arrays on the tape, and the gradients beside them."""

from __future__ import annotations

from typing import Any

import xgrad as xg

from ..arrays.array import Array
from ..engine.op import rule
from ..ops.halves import is_half, widened


def counts(number: Any) -> bool:
    """Whether what has this factor is formed: a 0 may be on the tape, and has its derivative."""
    return isinstance(number, xg.Array) or bool(number)


def beside(p: Any, number: Any) -> Any:
    """Return a number as it may stand beside a parameter: it keeps the parameter's precision."""
    return xg.astype(number, p.dtype) if isinstance(number, xg.Array) else number


def decayed(p: Any, g: Any, weight_decay: Any) -> Any:
    """Return the gradient with that of a penalty on the parameter's size."""
    return g + beside(p, weight_decay) * p if counts(weight_decay) else g


def shrunk(p: Any, lr: Any, weight_decay: Any) -> Any:
    """Return the parameter less what decoupled weight decay takes of it."""
    return p * beside(p, 1 - lr * widened(weight_decay)) if counts(weight_decay) else p


def mixed(p: Any, share: Any, old: Any, new: Any) -> Any:
    """Return a running mean: this share of what was, and of the new the rest."""
    return beside(p, share) * old + beside(p, 1 - share) * new


_MOST = 65504.0  # of float16; a bfloat16 holds what a float32 does


@rule(vjp=lambda xp, g: xp.clip(g, -_MOST, _MOST), jvp=lambda xp, t: t, core=0)
def _held_back(x: Array, /) -> Array:
    """Return `x`, whose cotangents are no larger than the largest float16."""
    return x


def gradient(g: Any) -> Any:
    """Return a gradient as a step takes it, of halves in float32.

    The derivative of a step by a gradient of 0 is the rate over epsilon, 1e5 and more. As a
    float16 it would be infinite, and NaN where the gradient itself does not depend on anything.
    """
    wide = widened(g)
    return _held_back(wide) if is_half(g) and xg.finfo(g.dtype).max == _MOST else wide
