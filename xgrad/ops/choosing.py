"""Choosing among several arrays element by element, polynomials, and the largest elements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..arrays.array import Array
from ..arrays.types import ArrayLike, as_given
from ..engine.operands import require_one_place
from .beside import array_of, beside
from .converting import is_array
from .creation import zeros_like
from .elementwise import add, clip, multiply, remainder, where
from .halves import in_single
from .indexing import take_along_axis
from .manipulation import (
    broadcast_arrays,
    expand_dims,
    front,
    moveaxis,
    squeeze,
    stack,
    unstack,
)
from .sorting import ranked


@as_given
def select(
    condlist: Sequence[Array], choicelist: Sequence[ArrayLike], default: ArrayLike = 0
) -> Array:
    """Return, for each element, the choice of the first condition that holds, else the default.

    A choice that is not taken has no influence, also where its value or derivative is not finite.

    Args:
        condlist: arrays of booleans, in order of precedence.
        choicelist: an array or a number for each condition; all are broadcast.
        default: an array or a number for the elements where no condition holds.

    Returns:
        An array of the broadcast shape.

    Raises:
        ValueError: if there are not as many choices as conditions, or none.
    """
    condlist, choicelist = list(condlist), list(choicelist)
    if len(condlist) != len(choicelist) or not condlist:
        raise ValueError(
            f"select: got {len(condlist)} conditions and {len(choicelist)} choices; "
            "expected as many of both, at least one"
        )
    like = next((x for x in choicelist if is_array(x)), condlist[0])
    out = beside(like, default)
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        out = where(array_of(condition, "select"), beside(like, choice), out)
    return out


@as_given
def piecewise(
    x: Array, condlist: Sequence[Array], funclist: Sequence[Any], /, *args: Any, **kwargs: Any
) -> Array:
    """Return, for each element, the function of the last condition that holds.

    Every function is given all of `x`; where its condition does not hold, neither its value nor its
    derivative matters, even where it is infinite or NaN.

    Args:
        x: the array.
        condlist: arrays of booleans, of the shape of `x` or broadcast against it.
        funclist: a function or a number for each of them, and one more for all other elements,
            which are 0 without it.
        *args: more arguments of the functions.
        **kwargs: and by name.

    Returns:
        An array of the shape of `x`.

    Raises:
        ValueError: if there are neither as many functions as conditions nor one more.
    """
    x = array_of(x, "piecewise")
    conditions, choices = list(condlist), list(funclist)
    if len(choices) not in (len(conditions), len(conditions) + 1):
        raise ValueError(
            f"piecewise: got {len(conditions)} conditions and {len(choices)} functions; "
            "expected as many, or one function more"
        )
    default = choices.pop() if len(choices) > len(conditions) else 0

    def value(f: Callable[..., Any] | Any) -> Any:
        return f(x, *args, **kwargs) if callable(f) else f

    out = value(default)
    out = out if is_array(out) else zeros_like(x) + out
    for condition, f in zip(conditions, choices, strict=True):
        out = where(condition, value(f), out)
    return out


@as_given
def choose(x: Array, choices: Any, /, mode: str = "raise") -> Array:
    """Return, for each element of an array of integers, that element of the choice it numbers.

    Args:
        x: the array of integers.
        choices: arrays that broadcast against it, as a sequence or along a first axis.
        mode: what a number without a choice does: ``"raise"``, where the backend checks an index,
            ``"wrap"`` (its remainder is taken), or ``"clip"`` (the nearest one is).

    Returns:
        An array of the shape to which `x` and the choices are broadcast.

    Raises:
        ValueError: if `mode` is none of these.
    """
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"choose: mode is {mode!r}; expected 'raise', 'wrap' or 'clip'")
    x = array_of(x, "choose")
    choices = unstack(choices) if is_array(choices) else choices
    choices = [beside(x, c) for c in choices]
    require_one_place("choose", (x, *choices))
    x, *parts = broadcast_arrays(x, *choices)
    if mode != "raise":
        x = remainder(x, len(parts)) if mode == "wrap" else clip(x, 0, len(parts) - 1)
    return squeeze(take_along_axis(stack(parts), expand_dims(x, 0), axis=0), 0)


@as_given
def polyval(p: ArrayLike, x: ArrayLike, /) -> Array:
    """Return the polynomial with coefficients `p`, that of the highest power first, at `x`.

    Horner's scheme; with derivatives in `p` and in `x`.

    Args:
        p: the coefficients: a vector, or a sequence of numbers or arrays.
        x: where to evaluate; an array of any shape.

    Returns:
        An array of the shape of `x`.

    >>> import numpy as np, xgrad as xg
    >>> xg.polyval([1.0, 0.0, -1.0], np.asarray([2.0, 3.0]))
    array([3., 8.])
    """
    x = array_of(x, "polyval")
    if is_array(p):
        require_one_place("polyval", (p, x))
    coefficients = list(p) if isinstance(p, (list, tuple)) else unstack(array_of(p, "polyval"))
    return _horner(x, *coefficients)


@in_single
def _horner(x: Any, *coefficients: Any) -> Array:
    out = zeros_like(x)
    for c in coefficients:
        out = add(multiply(out, x), c)
    return out


@as_given
def topk(x: Array, k: int, /, axis: int = -1, *, largest: bool = True) -> tuple[Array, Array]:
    """Return the `k` largest elements along an axis in descending order, and their indices.

    Args:
        x: the array.
        k: how many.
        axis: the axis.
        largest: if False, the smallest ones in ascending order.

    Returns:
        The elements, which have derivatives, and the indices, which have none: two arrays of the
        shape of `x`, along `axis` of length `k`.

    Raises:
        ValueError: if `k` is negative or longer than the axis.

    >>> import numpy as np, xgrad as xg
    >>> xg.topk(np.asarray([1.0, 5.0, 3.0]), 2)
    (array([5., 3.]), array([1, 2]))
    """
    axis = front(axis, len(array_of(x, "topk").shape), "topk")
    if not 0 <= k <= x.shape[axis]:
        raise ValueError(f"topk: k is {k}; expected a number from 0 to {x.shape[axis]}")
    first = ranked(moveaxis(x, axis, -1), start=0, stop=int(k), descending=largest)
    indices = moveaxis(first, -1, axis)
    return take_along_axis(x, indices, axis=axis), indices
