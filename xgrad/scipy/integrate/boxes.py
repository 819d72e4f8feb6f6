"""Integrals over several variables, whose limits may move with each other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...custom.again import kept
from ...engine import tape
from ..common import arrays_in, chapter, joined, outside, raw, raws
from ..examples import of_one
from ..mistakes import told
from .integral import integral
from .quadrature import as_args, quad, reached

__all__ = ["dblquad", "nquad", "tplquad"]

Function = Callable[..., Any]
PLAIN = {"epsabs", "epsrel", "limit"}
"""Options of `quad` under which an integral is that of a box of fixed limits."""
REGIONS = 40
"""Into how many parts a box is divided before it is integrated along one axis after the other."""


@told("integrate")
@of_one("scipy.integrate.nquad")
def nquad(
    func: Function,
    ranges: Sequence[Any],
    args: Any = None,
    opts: Any = None,
    full_output: bool = False,
) -> Any:
    """Integrate a function of several numbers by nested `quad`; see ``scipy.integrate.nquad``.

    Args:
        func: ``func(x0, ..., xn, *args)``.
        ranges: a pair of limits for each variable, or a function of the outer variables and `args`.
        args: more arguments of `func`.
        opts: options of `quad`, a dict, or one or a function for each variable.
        full_output: whether to return the number of evaluations as well.

    Returns:
        The integral, the largest of the error estimates, and with `full_output` a dict.
    """
    depth = len(ranges)
    more = () if args is None else as_args(args)
    limits = [r if callable(r) else (lambda *x, r=r: r) for r in ranges]
    given = [{}] * depth if opts is None else [opts] * depth if isinstance(opts, dict) else opts
    if all(isinstance(o, dict) and PLAIN.issuperset(o) for o in given):
        return _over_box(func, limits, more, given, full_output)
    options = [o if callable(o) else (lambda *x, o=o: o) for o in given]
    count, worst = [0], [0.0]

    def level(i: int, *outer: Any) -> Any:
        def inner(x: Any, *rest: Any) -> Any:
            if i == 0:
                count[0] += 1
                return func(x, *rest)
            return level(i - 1, x, *rest)

        low, high = limits[i](*outer)
        value, error, *_ = quad(inner, low, high, args=outer, **options[i](*outer))
        worst[0] = max(worst[0], float(raw(error)))
        return value

    value = level(depth - 1, *more)
    return (value, worst[0], {"neval": count[0]}) if full_output else (value, worst[0])


def _over_box(
    func: Function, limits: Any, args: Any, options: Any, full_output: bool
) -> tuple[Any, ...]:
    """Return the integral by SciPy's nested one; its derivative is that over a box of fixed limits.

    Every variable is its lower limit and a share of the way to the upper one, so that whatever
    moves is in the integrand, and all its derivatives are one integral of a vector.
    """
    scipy, shape = chapter("integrate"), Box(func, limits, args)
    plain = [outside(lambda *x, r=r: tuple(map(raw, r(*x))), whole=True) for r in limits]
    value, *rest = scipy.nquad(outside(func), plain, raws(args), list(options), full_output)
    if not tape.is_recording():
        return (shape.like(value), *rest)
    absolute = min(o.get("epsabs", 1.49e-8) for o in options)
    relative = min(o.get("epsrel", 1.49e-8) for o in options)

    def quadrature(g: Callable[[Any], Any]) -> Any:
        return over(g, shape.ends, relative, max(absolute, relative * abs(value)))

    out = integral(shape, (0.0, 1.0), quadrature, value, np.asarray(shape.middle))
    return (out if out._node is not None else shape.like(value), *rest)


class Box:
    """An integrand of several variables as a function of a vector in a box of fixed limits.

    Attributes:
        ends: the limits of the box for each variable, of which some are infinite.
        middle: a point in it.
    """

    def __init__(self, func: Function, limits: Any, args: tuple[Any, ...]) -> None:
        self.func, self.limits, self.args = kept(func), [kept(v) for v in limits], args
        self.kinds: list[tuple[bool, bool]] = []
        self.given = [args]
        inside: tuple[Any, ...] = ()
        with tape.recording(False):
            for limit in reversed(limits):
                pair = limit(*inside, *args)
                self.given.append(pair)
                low, high = (float(raw(x)) for x in pair)
                self.kinds.insert(0, (math.isfinite(low), math.isfinite(high)))
                at = _placed(self.kinds[0], low, high, MIDDLE[self.kinds[0]])[0]
                inside = (at, *inside)
        self.ends = [ENDS[kind] for kind in self.kinds]
        self.middle = [MIDDLE[kind] for kind in self.kinds]

    def __call__(self, s: Array) -> Array:
        """Return the integrand, and how the variables are stretched, at a point of the box."""
        held = raw(s.detach())  # nobody asks for a derivative by where it is looked at
        inside: tuple[Any, ...] = ()
        stretch: Any = 1.0
        for i in reversed(range(len(self.limits))):
            low, high = self.limits[i](*inside, *self.args)
            found = math.isfinite(raw(low)), math.isfinite(raw(high))
            if found != self.kinds[i]:
                raise ValueError(
                    f"nquad: the limits of variable {i} are {raw(low)} and {raw(high)} here and "
                    "elsewhere not both as finite or infinite as that, which has no derivative"
                )
            at, by = _placed(found, low, high, held[i])
            at = at if isinstance(at, Array) else Array(np.asarray(at))
            inside, stretch = (at, *inside), stretch * by
        out: Array = xgrad.asarray(joined(self.func(*inside, *self.args))) * stretch
        return out

    def like(self, value: Any) -> Any:
        """Return a value as an `Array` if one was given."""
        return Array(np.asarray(value)) if arrays_in(self.given) else value


ENDS = {
    (True, True): (0.0, 1.0),
    (True, False): (0.0, math.inf),
    (False, True): (0.0, math.inf),
    (False, False): (-math.inf, math.inf),
}
"""The limits of a variable in the box, by whether its own are finite."""
MIDDLE = {kind: 0.4375 if kind[0] and kind[1] else 0.8125 for kind in ENDS}
"""Where it is looked at; not in the middle, where integrands like abs(x - 1/2) have kinks."""


def _placed(kind: tuple[bool, bool], low: Any, high: Any, s: Any) -> tuple[Any, Any]:
    """Return a variable and by how much it is stretched, for its place in the box."""
    if kind == (True, True):
        return low + (high - low) * s, high - low
    if not any(kind):
        return s, math.copysign(1.0, raw(high) - raw(low))
    end, sign = (
        (low, 1.0 if raw(high) > 0 else -1.0) if kind[0] else (high, 1.0 if raw(low) < 0 else -1.0)
    )
    return end + (sign if kind[0] else -sign) * s, sign


def over(g: Callable[[Any], Any], ends: Any, relative: float, absolute: float) -> Any:
    """Return the integral of a vector over a box, by a rule for all axes, or along one by one."""
    first = np.asarray(g(np.asarray([MIDDLE[_kind(e)] for e in ends])))
    scipy, shape = chapter("integrate"), first.shape
    absolute, relative = reached(first, absolute, relative)

    def each(points: Any) -> Any:
        return np.stack([np.ravel(g(x)) for x in points])

    low, high = np.transpose(np.asarray(ends))
    rule = "gk15" if len(ends) < 4 else "genz-malik"
    found = scipy.cubature(
        each, low, high, rule=rule, rtol=relative, atol=absolute, max_subdivisions=REGIONS
    )
    if found.status == "converged":
        return np.reshape(found.estimate, shape)

    def along(i: int, *outer: float) -> Any:
        if i < 0:
            return g(np.asarray(outer))
        inner = len(ends) - 1 - i  # is more exact, or its rounding would be refined outside
        share, run = 0.05**inner, scipy.quad_vec
        return run(
            lambda x: along(i - 1, x, *outer),
            *ends[i],
            epsabs=absolute * share,
            epsrel=relative * share,
            norm="max",
            limit=50,
        )[0]

    return along(len(ends) - 1)


def _kind(end: tuple[float, float]) -> tuple[bool, bool]:
    return math.isfinite(end[0]), math.isfinite(end[1])


@told("integrate")
@of_one("scipy.integrate.dblquad")
def dblquad(
    func: Function,
    a: Any,
    b: Any,
    gfun: Any,
    hfun: Any,
    args: Any = (),
    epsabs: float = 1.49e-8,
    epsrel: float = 1.49e-8,
) -> Any:
    """Integrate ``func(y, x, *args)`` over x from `a` to `b` and y from ``gfun(x)`` to ``hfun(x)``.

    See ``scipy.integrate.dblquad``; `gfun` and `hfun` may be numbers.
    """

    def inner(x: Any, *args: Any) -> tuple[Any, Any]:
        return _limit(gfun, x), _limit(hfun, x)

    return nquad(func, [inner, (a, b)], args, {"epsabs": epsabs, "epsrel": epsrel})


@told("integrate")
@of_one("scipy.integrate.tplquad")
def tplquad(
    func: Function,
    a: Any,
    b: Any,
    gfun: Any,
    hfun: Any,
    qfun: Any,
    rfun: Any,
    args: Any = (),
    epsabs: float = 1.49e-8,
    epsrel: float = 1.49e-8,
) -> Any:
    """Integrate ``func(z, y, x, *args)`` over three variables; see ``scipy.integrate.tplquad``."""

    def innermost(y: Any, x: Any, *args: Any) -> tuple[Any, Any]:
        return _limit(qfun, x, y), _limit(rfun, x, y)

    def inner(x: Any, *args: Any) -> tuple[Any, Any]:
        return _limit(gfun, x), _limit(hfun, x)

    return nquad(func, [innermost, inner, (a, b)], args, {"epsabs": epsabs, "epsrel": epsrel})


def _limit(f: Any, *x: Any) -> Any:
    return f(*x) if callable(f) else f
