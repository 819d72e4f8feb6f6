"""Quadrature of functions: by what the integrand reads, and by the limits."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import partial
from typing import Any

import numpy as np

import xgrad

from ... import errors
from ...arrays.array import Array
from ...engine import tape
from ..common import arrays_in, chapter, is_tracked, joined, outside, raw, raws, result
from ..examples import of_one
from ..mistakes import told
from .integral import between, integral

__all__ = ["fixed_quad", "quad", "quad_vec", "tanhsinh"]

Function = Callable[..., Any]


def _integrand(func: Function, args: tuple[Any, ...]) -> Callable[[Array], Array]:
    return lambda x: xgrad.asarray(joined(func(x, *args)))


def as_args(args: Any) -> tuple[Any, ...]:
    return tuple(args) if isinstance(args, (tuple, list)) else (args,)


def reached(like: Any, absolute: float, relative: float) -> tuple[float, float]:
    """Return the tolerances that a derivative can reach: single precision ends at its rounding."""
    if np.finfo(np.result_type(like, np.float32)).eps < 1e-8:
        return absolute, relative
    size = float(np.max(np.abs(like), initial=0.0))
    return max(absolute, 1e-6 * size), max(relative, 1e-5)


@told("integrate")
@of_one("scipy.integrate.quad")
def quad(
    func: Function,
    a: Any,
    b: Any,
    args: Any = (),
    full_output: int = 0,
    epsabs: float = 1.49e-8,
    epsrel: float = 1.49e-8,
    limit: int = 50,
    points: Any = None,
    weight: Any = None,
    wvar: Any = None,
    wopts: Any = None,
    maxp1: int = 50,
    limlst: int = 50,
    complex_func: bool = False,
) -> Any:
    """Integrate a function of one number, by QUADPACK; see ``scipy.integrate.quad``.

    Derivatives flow to `a`, `b`, `args` and whatever `func` closes over. Arguments are SciPy's.

    Returns:
        The integral, an estimate of its error, and with `full_output` what SciPy adds.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import scipy
    >>> area = lambda k: scipy.integrate.quad(lambda x: xg.exp(-k * x * x), -np.inf, np.inf)[0]
    >>> round(float(xg.grad(area)(1.0)), 6), round(-(np.pi**0.5) / 2, 6)
    (-0.886227, -0.886227)
    """
    args = as_args(args)
    if is_tracked(wvar, points):
        raise errors.NotDifferentiableError(
            "quad: wvar or points is tracked, but has no derivative here. Write the weight into "
            "func, or use xgrad.stop_gradient"
        )
    scipy = chapter("integrate")
    ends = (float(raw(a)), float(raw(b)))
    options = {
        "epsabs": epsabs,
        "epsrel": epsrel,
        "limit": limit,
        "points": raw(points),
        "weight": weight,
        "wvar": raws(wvar),
        "wopts": wopts,
        "maxp1": maxp1,
        "limlst": limlst,
        "complex_func": complex_func,
    }
    value, *rest = scipy.quad(
        outside(lambda x: func(x, *args)), *ends, full_output=full_output, **options
    )

    def quadrature(g: Callable[[float], Any]) -> Any:
        first = np.asarray(g(ends[0] if weight else 0.5))
        if weight is None and first.ndim and points is None:
            absolute, relative = reached(first, epsabs, epsrel)
            run = partial(scipy.quad_vec, norm="max", limit=1000)
            return run(g, *ends, epsabs=absolute, epsrel=relative)[0]
        flat = [
            scipy.quad(lambda x, i=i: np.ravel(g(x))[i], *ends, **options)[0]
            for i in range(first.size)
        ]
        return np.reshape(np.asarray(flat), first.shape)

    integrand = _integrand(func, args)
    if weight is not None and is_tracked(a, b):
        weighs = _weight(weight, raws(wvar))
        integrand = _integrand(lambda x: func(x, *args) * weighs(x), ())
        options |= {"weight": None, "wvar": None}
        weight = None
    out = integral(integrand, (a, b), quadrature, value)
    given = out._node is not None or arrays_in(a, b, args)
    return (out if given else value, *rest)


def _weight(weight: str, wvar: Any) -> Function:
    """Return a weight of QUADPACK's that is smooth, to be written into the integrand."""
    if weight not in ("cos", "sin"):
        raise errors.NotDifferentiableError(
            f"quad: a limit is tracked, and weight={weight!r} is singular there, so that the "
            "integral has no derivative in it here; map the interval to [0, 1] in func"
        )
    wave = xgrad.cos if weight == "cos" else xgrad.sin
    return lambda x: wave(wvar * x)


@told("integrate")
@of_one("scipy.integrate.quad_vec")
def quad_vec(
    f: Function,
    a: Any,
    b: Any,
    epsabs: float = 1e-200,
    epsrel: float = 1e-8,
    norm: str = "2",
    cache_size: float = 100e6,
    limit: float = 10000,
    workers: Any = 1,
    points: Any = None,
    quadrature: Any = None,
    full_output: bool = False,
    *,
    args: Any = (),
) -> Any:
    """Integrate an array-valued function of one number; see ``scipy.integrate.quad_vec``.

    Derivatives flow to `a`, `b`, `args` and whatever `f` closes over.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import scipy
    >>> powers = lambda b: scipy.integrate.quad_vec(lambda x: xg.stack([x, x * x]), 0.0, b)[0]
    >>> xg.jacfwd(powers)(2.0).round(6)
    array([2., 4.])
    """
    args = as_args(args)
    ends = (float(raw(a)), float(raw(b)))
    run = partial(
        chapter("integrate").quad_vec,
        a=ends[0],
        b=ends[1],
        epsrel=epsrel,
        norm=norm,
        cache_size=cache_size,
        limit=limit,
        workers=workers,
        points=points,
        quadrature=quadrature,
    )
    value, *rest = run(outside(lambda x: f(x, *args)), epsabs=epsabs, full_output=full_output)
    # a derivative that is zero has no relative error, so that it needs an absolute one
    small = max(epsabs, epsrel * float(np.max(np.abs(value), initial=0.0)))

    def integrate(g: Callable[[float], Any]) -> Any:
        absolute, relative = reached(g(between(*ends)), small, epsrel)
        return run(g, epsabs=absolute, epsrel=relative)[0]

    out = integral(_integrand(f, args), (a, b), integrate, value)
    given = out._node is not None or arrays_in(a, b, args)
    return (out if given else value, *rest)


@told("integrate")
@of_one("scipy.integrate.fixed_quad")
def fixed_quad(func: Function, a: Any, b: Any, args: Any = (), n: int = 5) -> Any:
    """Integrate by Gauss-Legendre quadrature of order `n`; see ``scipy.integrate.fixed_quad``.

    Args:
        func: a function of a vector of points, which may return more axes in front.
        a: the lower limit.
        b: the upper limit.
        args: more arguments of `func`.
        n: the number of points.
    """
    nodes, weights = chapter("special").roots_legendre(n)
    half = (b - a) / 2
    with tape.recording(tape.is_recording()):
        values = func(half * (xgrad.real(nodes) + 1) + a, *as_args(args))
    return half * xgrad.sum(weights * values, axis=-1), None


class _Noticing(outside):
    """A function as a solver calls it, which notices whether what it reads is tracked."""

    reads: bool | None = None

    def __call__(self, *args: Any) -> Any:
        """Return what the function returns, raw."""
        if self.reads is not None or not tape.is_recording():
            return super().__call__(*args)
        out = joined(self.f(*args))
        self.reads = is_tracked(out)
        return raw(out)


@told("integrate")
@of_one("scipy.integrate.tanhsinh")
def tanhsinh(f: Function, a: Any, b: Any, *, args: Any = (), **options: Any) -> Any:
    """Integrate elementwise by tanh-sinh quadrature; see ``scipy.integrate.tanhsinh``.

    Args:
        f: ``f(x, *args)``, elementwise.
        a: the lower limits.
        b: the upper limits; limits and `args` broadcast. Several infinite ones must all be so.
        args: more arguments of `f`, a tuple.
        options: SciPy's other arguments; ``log=True`` has no derivative.

    Returns:
        SciPy's result; its ``integral`` has derivatives by the limits, `args` and what `f` reads.
    """
    args = as_args(args)
    scipy = chapter("integrate")
    options = {k: raw(v) for k, v in options.items()}
    told = options.get("callback")

    def shown(found: Any) -> Any:
        """Return SciPy's result with arrays like those given in it."""
        for about in ("error", "success", "status", "nfev", "maxlevel"):
            setattr(found, about, result(getattr(found, about), [a, b, args]))
        return found

    if callable(told):

        def callback(found: Any) -> None:
            found = shown(copy(found))
            found.integral = result(found.integral, [a, b, args])
            told(found)

        options["callback"] = callback
    run = _Noticing(f) if callable(f) else f  # SciPy says what is no function
    found = shown(scipy.tanhsinh(run, raws(a), raws(b), args=raws(args), **options))
    value = np.asarray(found.integral)
    ends = [np.asarray(raw(x), dtype=float) for x in (a, b)]
    finite = all(np.all(np.isfinite(e)) for e in ends)
    whole = all(e.ndim == 0 for e in ends)

    def quadrature(limits: tuple[float, float]) -> Any:
        def run(g: Callable[[float], Any]) -> Any:
            def each(x: Any) -> Any:  # a derivative is taken point by point
                flat = [np.asarray(g(float(v))) for v in np.ravel(x)]
                return np.reshape(np.stack(flat, axis=-1), (*flat[0].shape, *np.shape(x)))

            return scipy.tanhsinh(each, *limits, preserve_shape=True, rtol=1e-11).integral

        return run

    def over_unit(s: Array) -> Array:
        span = xgrad.asarray(b) - xgrad.asarray(a)
        span = span if span.dtype.kind in "fc" else span * 1.0
        values = xgrad.asarray(joined(f(a + span * s.astype(span.dtype), *args)))
        return xgrad.broadcast_to(span * values, value.shape)

    if not tape.is_recording() or not (is_tracked(a, b, args) or run.reads):
        found.integral = result(found.integral, [a, b, args])
        return found
    if options.get("log") and is_tracked(a, b, args):
        raise errors.NotDifferentiableError(
            "tanhsinh: log=True has no derivative; integrate f itself and take xgrad.log"
        )
    if finite:
        out = integral(over_unit, (0.0, 1.0), quadrature((0.0, 1.0)), value)
    elif whole:
        limits = (float(ends[0]), float(ends[1]))
        out = integral(
            lambda x: xgrad.broadcast_to(xgrad.asarray(joined(f(x, *args))), value.shape),
            (a, b),
            quadrature(limits),
            value,
        )
    elif is_tracked(a, b, args):
        raise errors.NotDifferentiableError(
            "tanhsinh: several limits of which some are infinite have no derivative together; "
            "call it once for each"
        )
    else:
        out = Array(value)
    found.integral = out if out._node is not None else result(found.integral, [a, b, args])
    return found
