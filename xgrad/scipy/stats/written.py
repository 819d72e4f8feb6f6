"""Distributions as SciPy has written them: its own array code, run on arrays of xgrad.

The methods of a distribution's standard form, ``_logpdf``, ``_cdf``, ..., are functions of arrays,
most of them plain mathematics. The public ones around them sort out arguments by writing into
arrays of NumPy's, which is what has no derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...errors import TracedConversionError
from ..common import raw

__all__ = ["CompiledError", "central", "is_own", "standard", "support", "written"]

Function = Callable[..., Any]


class CompiledError(NotImplementedError):
    """SciPy's code of a distribution is compiled, or writes into arrays of NumPy's."""


MOMENTS = ("_mean", "_var", "_skew", "_kurtosis")
"""What ``_stats`` returns, in its order."""


UNREADY = (TypeError, AttributeError, ValueError, TracedConversionError)
"""What code of SciPy's raises that is no array code."""


def is_own(plain: Any, name: str) -> bool:
    """Whether a distribution has a method of its own, not the one by differences or quadrature."""
    bases = [c for c in type(plain).__mro__ if c.__module__.endswith("_distn_infrastructure")]
    base = next(c for c in bases if c.__name__ in ("rv_continuous", "rv_discrete", "rv_sample"))
    return getattr(type(plain), name, None) is not getattr(base, name, None)


def written(plain: Any, name: str, place: int | None = None) -> Function | None:
    """Return a function of the standard form by SciPy's code, None if it has none of its own.

    Args:
        plain: the distribution of SciPy.
        name: of its method.
        place: which of the results of the method, if it has several.
    """
    if name in MOMENTS:
        return _moment(plain, MOMENTS.index(name))
    return _called(plain, name, place=place) if is_own(plain, name) else None


def standard(plain: Any, density: str) -> Function:
    """Return the density or probability by SciPy's code, or as the derivative of ``_cdf``."""
    found = written(plain, f"_{density}")
    if found is not None:
        return found
    below = written(plain, "_cdf")
    if below is None or density == "pmf":
        raise NotImplementedError(f"{plain.name}: its density has no derivative here")

    def slope(x: Array, *shapes: Any) -> Any:
        return xgrad.jvp(lambda x: below(x, *shapes), (x,), (xgrad.ones_like(x),))[1]

    return slope


def support(plain: Any, shapes: Any) -> Any:
    """Return the ends of the support of the standard form, raw."""
    if plain.name == "vonmises":  # SciPy's density goes on around the circle
        return -np.pi, np.pi
    held = [np.asarray(raw(xgrad.asarray(s).detach()), dtype=float) for s in shapes]
    return plain._get_support(*held)


def _called(plain: Any, name: str, *first: Any, place: int | None = None, **named: Any) -> Function:
    """Return a method as SciPy calls it: its arguments are vectors of one length."""
    method = getattr(plain, name)

    def call(*args: Any) -> Any:
        whole = xgrad.broadcast_arrays(*map(xgrad.asarray, args)) if args else []
        flat = [xgrad.reshape(x, (-1,)) for x in whole]
        try:
            out = method(*first, *flat, **named)
            out = xgrad.asarray(out if place is None else out[place])
        except UNREADY as error:
            raise CompiledError(
                f"{plain.name}: SciPy's code of its {name} has no derivative here ({error})"
            ) from error
        if not args:
            return out
        return xgrad.reshape(xgrad.broadcast_to(out, flat[0].shape), whole[0].shape)

    return call


def _moment(plain: Any, place: int) -> Function | None:
    if is_own(plain, "_stats"):
        named = {"moments": "mvsk"} if plain._stats_has_moments else {}
        return _called(plain, "_stats", place=place, **named)
    if not is_own(plain, "_munp"):
        return None
    moments = [_called(plain, "_munp", n) for n in range(1, place + 2)]
    return lambda *shapes: central([m(*shapes) for m in moments])


def central(m: list[Any]) -> Any:
    """Return the last of mean, variance, skewness and excess kurtosis from the raw moments."""
    if len(m) == 1:
        return m[0]
    var = m[1] - m[0] ** 2
    if len(m) == 2:
        return var
    third = m[2] - 3 * m[0] * m[1] + 2 * m[0] ** 3
    if len(m) == 3:
        return third / var**1.5
    fourth = m[3] - 4 * m[0] * m[2] + 6 * m[0] ** 2 * m[1] - 3 * m[0] ** 4
    return fourth / var**2 - 3.0
