"""What the chapters of `xgrad.special` share: their decorator, and functions that rules use.

The values come from the backend's library, ``backend.xp.special``; here stand signatures and
derivatives. DLMF is the NIST Digital Library of Mathematical Functions, https://dlmf.nist.gov.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper, wraps
from typing import TYPE_CHECKING, Any, NoReturn

from ..arrays.array import SCALARS, Array
from ..arrays.node import is_recording
from ..backends import COMPLEX, REAL, XP, backend_of
from ..engine.op import elementwise
from ..engine.partials import Partial
from ..errors import NotDifferentiableError
from ..ops.elementwise import strong_multiply
from ..ops.halves import each_in_single
from ..ops.slopes import all_known

if TYPE_CHECKING:
    from ..arrays.protocols import Decorator

EULER = 0.5772156649015329


def special(*partials: Partial | None, zeros: bool = False) -> Decorator:
    """Define an elementwise special function by its partial derivatives.

    Args:
        partials: for each argument ``f(xp, ...)``, 1 or -1, or None where there is no derivative,
            as in the order of a Bessel function: a tracked argument is refused there.
        zeros: whether the partials have structural zeros.
    """

    def decorate(f: Any) -> Any:
        filled = [_undefined if p is None else p for p in partials]
        function: Any = elementwise(*filled, zeros=zeros, path="special.")(f)
        names = function.op.arrays
        fixed = [(i, names[i]) for i, p in enumerate(partials) if p is None]
        if not fixed:
            return each_in_single(function)

        def call(*args: Any) -> Any:
            for i, name in fixed:
                if i < len(args):
                    refuse_tracked(f.__name__.lstrip("_"), name, args[i])
            return function(*args)

        update_wrapper(call, f)
        call.op = function.op  # type: ignore[attr-defined]
        return each_in_single(call)

    return decorate


def _undefined(xp: XP) -> NoReturn:
    raise NotDifferentiableError("special: an argument has no derivative")  # refused at the call


def refuse_tracked(function: str, name: str, x: Any) -> None:
    """Raise if a derivative may flow through an argument in which there is none."""
    if isinstance(x, Array) and x._node is not None and is_recording():
        raise NotDifferentiableError(
            f"special.{function}: the argument {name} is tracked, but {function} has no derivative "
            f"in {name} here. Use xgrad.stop_gradient({name}) if it is meant to be constant"
        )


def arrays(xp: XP, *args: Any) -> list[Any]:
    """Return the arguments with each Python number made an array, like the first of fractions."""
    given = [x for x in args if type(x) not in SCALARS]
    if len(given) == len(args):
        return given
    like = next((x for x in given if holds_fractions(x)), given[0])
    if not holds_fractions(like):  # a number beside integers alone keeps what is behind its point
        like = xp.astype(like, xp.float64)
    return [xp.full_like(like, x) if type(x) in SCALARS else x for x in args]


def with_ends(slope: Callable[..., Any], *ends: tuple[float, Any]) -> Callable[..., Any]:
    """Return a rule with the derivatives that it has at the ends of x, where its terms are NaN.

    Args:
        slope: the rule, of the namespace, x and perhaps the result.
        ends: pairs of an x, as infinity, and the derivative there: a number, or where that is
            infinite a function of the namespace and x, which has the next derivatives, too.
    """

    @wraps(slope)
    def call(xp: XP, x: Any, *out: Any) -> Any:
        if x.dtype in COMPLEX:
            return slope(xp, x, *out)
        inside = x
        for end, _ in ends:
            inside = xp.where(x == end, 1.0, inside)
        found = slope(xp, inside, *out)
        for end, limit in ends:
            there = limit(xp, xp.where(x == end, x, 1.0)) if callable(limit) else limit
            found = xp.where(x == end, there, found)
        return found

    return call


def with_limits(f: Callable[[Any], Any], x: Any, *limits: tuple[float, float]) -> Any:
    """Return a function's values with its limits at infinities, where the library has NaN.

    Args:
        f: the library's function.
        x: its argument, raw.
        limits: pairs of an infinity and the limit there.
    """
    out, backend = f(x), backend_of(x)
    xp = backend.xp
    if x.dtype in COMPLEX or (backend.on_host(x) and not xp.any(xp.isinf(x))):
        return out
    for end, limit in limits:
        out = xp.where(x == end, limit, out)
    return out


def falling(xp: XP, x: Any) -> Any:
    """Return ``-1 / x``, as a derivative that is -inf at 0."""
    return -1 / x


def growing(xp: XP, x: Any) -> Any:
    """Return an exponential, as a derivative that is infinite at infinity."""
    return xp.exp(x)


def in_double(slope: Callable[..., Any]) -> Callable[..., Any]:
    """Let a rule of real arrays compute in double precision, and round once, at the end.

    For what divides by numbers that single precision lacks, or takes exponentials of sums. Where
    the library has no double precision, as JAX until it is switched on, it stays in single.
    """

    @wraps(slope)
    def call(xp: XP, *args: Any, **kwargs: Any) -> Any:
        given = arrays(xp, *args)
        single = [x.dtype == xp.float32 for x in given]
        if not any(single) or not _holds_double(given[single.index(True)]):
            return slope(xp, *given, **kwargs)
        wide = [
            xp.astype(x, xp.float64) if one else x for x, one in zip(given, single, strict=True)
        ]
        out = slope(xp, *wide, **kwargs)
        more = any(x.dtype == xp.float64 or x.dtype in (xp.int32, xp.int64) for x in given)
        return out if more else xp.astype(out, xp.float32)

    return call


def _holds_double(x: Any) -> bool:
    raw = x._raw if isinstance(x, Array) else x
    return backend_of(raw).holds_double(raw)


def holds_everywhere(mask: Any) -> bool:
    """Whether a mask is known to be true everywhere: one on a device, or recorded, is not."""
    return all_known(mask._raw if isinstance(mask, Array) else mask)


def holds_fractions(x: Any) -> bool:
    """Whether an array is real or complex, and not of integers or truth values."""
    return x.dtype in REAL or x.dtype in COMPLEX


def floats(xp: XP, *args: Any) -> list[Any]:
    """Return the arguments with integers as floating-point numbers, whose products are right."""
    return [
        x if type(x) in SCALARS or holds_fractions(x) else xp.astype(x, xp.float64) for x in args
    ]


def held(x: Any) -> Any:
    """Return the values of an array: for what a result does not depend on, as a cut-off."""
    return x.detach() if isinstance(x, Array) else x


def polynomial(x: Any, coefficients: Sequence[float]) -> Any:
    """Return the sum of ``coefficients[k] * x**k``."""
    total = x * coefficients[-1] + coefficients[-2]
    for c in coefficients[-3::-1]:
        total = total * x + c
    return total


def over(xp: XP, numerator: Any, x: Any, series: Sequence[float], scale: Any = 1.0) -> Any:
    """Return ``numerator / x`` of an odd function, right at 0 with its derivatives.

    Args:
        xp: the namespace.
        numerator: the value of the function at `x`.
        x: its argument.
        series: the coefficients of the quotient's power series in ``x**2``, for ``|x| < 1``.
        scale: a factor that `numerator` has, and the series has not.
    """
    near = xp.abs(x) < 1
    inner = scale * polynomial(xp.where(near, x * x, 0.0), series)
    return xp.where(near, inner, numerator / xp.where(near, 1.0, x))


def pull_each(xp: XP, g: Sequence[Any], slopes: Sequence[Any]) -> Any:
    """Return the cotangent of an argument, from those of several results and their derivatives.

    An infinite derivative counts for nothing where its result's cotangent is zero.
    """
    total, *others = (strong_multiply(h, xp.conj(s)) for h, s in zip(g, slopes, strict=True))
    for other in others:
        total = total + other
    return total


def push_each(t: Any, slopes: Sequence[Any]) -> tuple[Any, ...]:
    """Return the tangents of several results, from that of the argument and their derivatives."""
    return tuple(t * slope for slope in slopes)
