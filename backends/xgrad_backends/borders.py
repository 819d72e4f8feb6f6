"""What the bridges to other libraries share: which arrays take part in derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import xgrad
from xgrad import tree

Function = Callable[..., Any]


def has_floats(x: Any) -> bool:
    """Whether an array of xgrad's, raw or not, has a dtype with derivatives."""
    return xgrad.asarray(x).dtype.kind in "fc"


def of_floats(f: Function, primals: Sequence[Any]) -> tuple[list[Any], Function]:
    """Return the floating-point arrays, and `f` as a function of these, to such and to all."""
    places = [i for i, x in enumerate(primals) if has_floats(x)]

    def function(*floats: Any) -> tuple[list[Any], list[Any]]:
        given = list(primals)
        for i, x in zip(places, floats, strict=True):
            given[i] = x
        outs = list(f(*given))
        return [out for out in outs if has_floats(out)], outs

    return [primals[i] for i in places], function


def pullback_of(f: Function, primals: Sequence[Any]) -> tuple[list[Any], Function]:
    """Return all results of a function of flat arrays, and the pullback of the floating ones."""
    floats, function = of_floats(f, primals)
    _, pullback, outs = xgrad.vjp(function, *floats, has_aux=True)
    return outs, pullback


def pushforward_of(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Return the tangents of the floating results of a function of flat arrays."""
    floats, function = of_floats(f, primals)
    return xgrad.jvp(function, tuple(floats), tuple(tangents), has_aux=True)[1]


def split(
    f: Function, args: Any, is_floating: Callable[[Any], bool]
) -> tuple[list[Any], Function, Function]:
    """Take a call of another library's function apart.

    Returns:
        The floating leaves of the arguments, `f` as a function from these to its floating results,
        and the function that puts leaves in their places among others (zeros, if none are given).
    """
    leaves, structure = tree.flatten(args)

    def join(floats: Any, others: Any = None) -> Any:
        given = iter(floats)
        others = [0.0] * len(leaves) if others is None else others
        return structure.unflatten(
            [next(given) if is_floating(x) else o for x, o in zip(leaves, others, strict=True)]
        )

    def function(*floats: Any) -> tuple[Any, ...]:
        return tuple(o for o in tree.leaves(f(*join(floats, leaves))) if is_floating(o))

    return [x for x in leaves if is_floating(x)], function, join


def name_of(f: Any) -> str:
    """Return the name of a function, for messages."""
    return getattr(f, "__name__", type(f).__name__)
