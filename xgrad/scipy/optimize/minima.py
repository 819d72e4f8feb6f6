"""Minima: the equation is that the gradient vanishes, but where a bound or constraint is active.

What is active there stays so, as long as its multiplier is not zero: the others solve their
equations with it (Fiacco 1976, Mathematical Programming 10, 287). A solution at which that is not
decided has no derivative, and one at which the gradient does not vanish is none.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...custom.equation import implicit
from ...engine import tape
from ...errors import RuleError, TracedConversionError
from ..common import (
    arrays_in,
    chapter,
    estimated,
    is_tracked,
    joined,
    outside,
    raw,
    raws,
    with_derivative_of,
)
from ..examples import of_one
from ..mistakes import told
from .equations import args_of, given_back, held, warn_of
from .sparse import hessian_of, inverse_of

__all__ = ["minimize", "minimize_scalar"]  # fmt: skip

Function = Callable[..., Any]
NEAR = 1e-7
"""How near to a bound, in proportion to its size, a variable is at it."""
INNER = 1e-3
"""How near where a solver stays inside, and how much of the gradient then presses it there."""


def sides(bounds: Any, n: int) -> tuple[Any, Any]:
    """Return lower and upper bounds as vectors, tracked if they are."""
    if bounds is None:
        return np.full(n, -np.inf), np.full(n, np.inf)
    if hasattr(bounds, "lb"):
        low, high = bounds.lb, bounds.ub
    elif isinstance(bounds, tuple) and len(bounds) == 2 and n != 2:
        low, high = bounds
    else:
        rows = [tuple(row) for row in bounds]
        rows = rows * n if len(rows) == 1 else rows
        low = [-np.inf if a is None else a for a, _ in rows]
        high = [np.inf if b is None else b for _, b in rows]
    return _side(low, n), _side(high, n)


def _side(side: Any, n: int) -> Any:
    """Return one bound for each variable."""
    if arrays_in(side):
        return xgrad.broadcast_to(xgrad.asarray(joined(side)) * 1.0, (n,))
    return np.broadcast_to(np.asarray(side, dtype=float), (n,))


def _raw_bounds(bounds: Any) -> Any:
    if bounds is None or not arrays_in(getattr(bounds, "lb", bounds), getattr(bounds, "ub", ())):
        return bounds
    if hasattr(bounds, "lb"):
        return chapter("optimize").Bounds(raw(bounds.lb), raw(bounds.ub))
    return raws(bounds)


def _active(name: str, x: Any, slope: Any, low: Any, high: Any) -> tuple[Any, Any]:
    """Return which variables are at a bound that holds them, and which bound that is."""
    size = np.maximum(1.0, np.abs(x))
    edges = [np.asarray(raw(s), dtype=float) for s in (low, high)]
    at_low, at_high = x - edges[0] <= NEAR * size, edges[1] - x <= NEAR * size
    scale = max(1e-8, 1e-5 * float(np.max(np.abs(slope), initial=0.0)))
    fixed = edges[0] == edges[1]
    pushed = (at_low & (slope > scale)) | (at_high & (slope < -scale)) | fixed
    undecided = (at_low | at_high) & ~pushed & (np.abs(slope) <= scale)
    if undecided.any():
        raise RuleError(
            f"{name}: variable {int(np.flatnonzero(undecided)[0])} is at a bound which does not "
            "hold it, as the gradient vanishes there too: the solution has a kink, and no "
            "derivative"
        )
    return pushed, at_low


def _away(slope: Any, curve: Any) -> float:
    """Return how far a step of Newton's goes along the gradient of what may move."""
    size = float(np.max(np.abs(slope), initial=0.0))
    if size == 0.0:
        return 0.0
    along = float(np.vdot(slope, curve(slope)).real)
    return size * float(np.vdot(slope, slope).real) / along if along > 0 else np.inf


def _nearly_held(x: Any, slope: Any, low: Any, high: Any) -> Any:
    """Return which variables are near to a bound and pressed to it, as inner points are."""
    reach = INNER * np.maximum(1.0, np.abs(x))
    edges = [np.asarray(raw(s), dtype=float) for s in (low, high)]
    press = INNER * float(np.max(np.abs(slope), initial=0.0))
    at_low = (x - edges[0] <= reach) & (slope > press)
    return at_low, at_low | ((edges[1] - x <= reach) & (slope < -press))


def held_solution(
    name: str, x: Any, f: Function, low: Any, high: Any, constraints: list[Function],
    pressing: float = 0.0,
) -> Any:  # fmt: skip
    """Return a minimum with its derivative.

    Args:
        name: of the function, for errors.
        x: where it is, raw.
        f: the objective, of an `Array`.
        low, high: the bounds.
        constraints: functions that are zero at the solution, and stay so.
        pressing: how much each constraint has to hold, in proportion to the gradient.
    """
    if not tape.is_recording():
        return Array(x)
    gradient = xgrad.grad(lambda v: xgrad.reshape(xgrad.asarray(f(v)), ()))
    n = len(x)
    with tape.recording(False):
        slope = np.asarray(raw(gradient(Array(x))))
    rows = [c(Array(x)).shape[0] for c in constraints]
    m = sum(rows)
    multipliers = np.zeros(m)
    free = slope
    if m:
        stacked = np.concatenate([np.asarray(raw(xgrad.jacrev(c)(x))) for c in constraints])
        multipliers = np.linalg.lstsq(stacked.T, slope, rcond=None)[0]
        free = slope - stacked.T @ multipliers
        weights = np.abs(multipliers) * np.linalg.norm(stacked, axis=1)
        if np.min(weights) < pressing * np.max(np.abs(slope)):
            raise RuleError(
                f"{name}: a constraint is near at the solution, and does not hold it: give a "
                "tighter tol"
            )
    pushed, at_low = _active(name, x, free if m else slope, low, high)
    curve = lambda t: _curvature(gradient, x, t)  # noqa: E731
    most = 1e-2 * (1.0 + float(np.max(np.abs(x), initial=0.0)))
    if tape.is_recording() and not _away(np.where(pushed, 0.0, free), curve) <= most:
        also_low, also = _nearly_held(x, free, low, high)
        pushed, at_low = pushed | also, at_low | also_low
    mask, lower = xgrad.asarray(pushed), xgrad.asarray(at_low)
    bound = xgrad.where(lower, xgrad.asarray(low), xgrad.asarray(high))
    bound = xgrad.where(mask, bound, 0.0)
    if m and pushed.any():  # the multipliers once more, with the bounds among what holds
        both = np.concatenate([stacked, np.eye(n)[pushed]])
        multipliers = np.linalg.lstsq(both.T, slope, rcond=None)[0][:m]
        free = np.where(pushed, 0.0, slope - stacked.T @ multipliers)
    rest = np.where(pushed, 0.0, free)
    if tape.is_recording() and not _away(rest, curve) <= most:
        raise RuleError(
            f"{name}: the gradient at the solution is {float(np.max(np.abs(rest))):.3g}, so that "
            "it is no minimum, or one that something holds: give all bounds and constraints to the "
            "solver, or a tighter tol"
        )

    def equation(z: Array) -> Any:
        v, weights = z[:n], z[n:]

        def lagrangian(v: Any) -> Any:
            total = xgrad.reshape(xgrad.asarray(f(v)), ())
            start = 0
            for c, count in zip(constraints, rows, strict=True):
                total = total - xgrad.sum(weights[start : start + count] * c(v))
                start += count
            return total

        moved = xgrad.where(mask, v - bound, xgrad.grad(lagrangian)(v))
        return xgrad.concat([moved, *(c(v) for c in constraints)]) if m else moved

    solution = np.concatenate([x, multipliers])
    found = implicit(equation, solution, inverse_of(equation, solution))
    return with_derivative_of(x, found[:n]) if found._node is not None else Array(x)


def _curvature(gradient: Any, x: Any, t: Any) -> Any:
    with tape.recording(False):
        return np.asarray(raw(xgrad.jvp(gradient, (Array(x),), (Array(t),))[1]))


def _constraints(
    given: Any, x: Any, args: tuple[Any, ...], near: float = 1e-6
) -> tuple[Any, list[Function]]:
    """Return the constraints as SciPy gets them, and those that are active at a point."""
    several = [given] if isinstance(given, dict) or hasattr(given, "lb") else list(given)
    library, ours, theirs = chapter("optimize"), [], []
    for c in several:
        if isinstance(c, dict):
            more = c.get("args", ())
            f = _flat(c["fun"], more)
            theirs.append(
                {**c, "fun": held(c["fun"]), "args": raws(more)}
                | ({"jac": held(c["jac"])} if callable(c.get("jac")) else {})
            )
            ours.append((f, 0.0, 0.0 if c["type"] == "eq" else np.inf))
        elif hasattr(c, "A"):
            f = lambda v, A=c.A: xgrad.reshape(xgrad.asarray(A) @ v, (-1,))  # noqa: E731
            theirs.append(library.LinearConstraint(raw(c.A), raw(c.lb), raw(c.ub)))
            ours.append((f, c.lb, c.ub))
        else:
            f = _flat(c.fun, ())
            theirs.append(library.NonlinearConstraint(held(c.fun), raw(c.lb), raw(c.ub)))
            ours.append((f, c.lb, c.ub))
    if x is None:
        return theirs, []
    active: list[Function] = []
    for f, low, high in ours:
        with tape.recording(False):
            value = np.asarray(raw(f(Array(x))))
        for side in (low, high):
            edge = np.broadcast_to(np.asarray(raw(side), dtype=float), value.shape)
            finite = np.where(np.isfinite(edge), edge, 1e300)
            at = np.flatnonzero(np.abs(value - finite) <= near * np.maximum(1.0, np.abs(value)))
            if len(at):
                active.append(_difference(f, side, at, len(value)))
            if np.array_equal(raw(low), raw(high)):
                break
    return theirs, active


def _difference(f: Function, side: Any, at: Any, n: int) -> Function:
    """Return by how much some of n constraints are away from a side."""
    return lambda v: _part(f(v), at) - _part(side, at, n)


def _flat(f: Function, args: Any) -> Function:
    """Return a constraint as a function to vectors."""
    return lambda v: xgrad.reshape(xgrad.asarray(joined(f(v, *args))), (-1,))


def _part(x: Any, at: Any, n: int | None = None) -> Any:
    x = xgrad.asarray(x) * 1.0
    x = x if n is None else xgrad.broadcast_to(x, (n,))
    return xgrad.take(x, xgrad.asarray(at))


@told("optimize")
@of_one("scipy.optimize.minimize")
def minimize(
    fun: Function, x0: Any, args: Any = (), method: Any = None, jac: Any = None, hess: Any = None,
    hessp: Any = None, bounds: Any = None, constraints: Any = (), tol: Any = None,
    callback: Any = None, options: Any = None,
) -> Any:  # fmt: skip
    """Minimise a function of a vector; see ``scipy.optimize.minimize``.

    Derivatives of ``x`` and ``fun`` flow to `args`, to `bounds`, and to whatever `fun` and
    `constraints` close over. At an active bound or constraint the others' equations are solved
    with it. SciPy gets the gradient by xgrad where `jac` is None, and the Hessian that a method of
    second order wants: sparse for ``"trust-constr"`` if it is, products for the others.

    Raises:
        RuleError: for a derivative where the solution has none: a bound that does not hold a
            variable which is at it, or a gradient that does not vanish.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import scipy
    >>> def nearest(a):
    ...     away = lambda x: xg.sum((x - a) ** 2)
    ...     return scipy.optimize.minimize(away, np.ones(2), bounds=[(0, 9)] * 2).x
    >>> xg.jacfwd(nearest)(np.asarray([-1.0, 2.0])).round(6) + 0.0
    array([[0., 0.],
           [0., 1.]])
    """
    args = args_of(args)
    start = np.atleast_1d(np.asarray(raw(xgrad.asarray(x0)), dtype=float))
    given = {"jac": jac, "hess": hess, "hessp": hessp}
    given = {k: held(v, args) if callable(v) else v for k, v in given.items()}
    theirs, _ = _constraints(constraints, None, args)

    def objective(v: Any) -> Any:
        out = fun(v, *args)
        return out[0] if jac is True else out

    def both(v: Any) -> Any:
        value, slope = fun(v, *args)
        return value, joined(slope)

    watched = reads_anything(objective, start, args, bounds, constraints)
    if watched and jac is None and str(method).lower() not in GRADIENT_FREE:
        slope = xgrad.grad(lambda v: xgrad.reshape(xgrad.asarray(objective(v)), ()))
        given["jac"] = outside(lambda v: _recorded(slope, v))
        if hess is None and hessp is None:
            given |= hessian_of(objective, str(method).lower(), start)
    found = chapter("optimize").minimize(
        outside(both, whole=True) if jac is True else held(fun, args), start, method=method,
        bounds=_raw_bounds(bounds), tol=tol, callback=watching(callback), options=options,
        **({"constraints": theirs} if theirs else {}), **given,
    )  # fmt: skip
    x = np.asarray(found.x, dtype=float)
    if not watched:
        return found if not arrays_in(x0, args) else _lifted(found)
    if not found.success:
        warn_of("minimize", found.message)
    low, high = sides(bounds, x.size)

    def flatly(v: Any) -> Any:
        return objective(xgrad.reshape(v, x.shape))

    _, active = _constraints(constraints, x, args)
    try:
        flat = held_solution("minimize", x.ravel(), flatly, low, high, active)
    except RuleError:
        _, nearly = _constraints(constraints, x, args, INNER)
        if len(nearly) == len(active):
            raise
        flat = held_solution("minimize", x.ravel(), flatly, low, high, nearly, INNER)
    found.x = given_back(xgrad.reshape(flat, x.shape), x0, args)
    if isinstance(found.x, Array):
        value = xgrad.reshape(xgrad.asarray(objective(found.x)), ())
        found.fun = with_derivative_of(np.asarray(found.fun), value)
        if tape.is_recording() and found.x._node is not None:
            _complete(found, objective, bounds is not None or bool(theirs))
    return found


ESTIMATES = ("hess", "hess_inv", "multipliers")
"""What a solver returns besides, of which nobody knows how it moves."""


def _complete(found: Any, objective: Function, is_held: bool) -> None:
    """Give the rest of a result its derivative, or what refuses it where it is asked for."""
    if is_held and isinstance(found.get("jac"), np.ndarray):  # elsewhere it is zero, and stays so
        slope = xgrad.grad(lambda v: xgrad.reshape(xgrad.asarray(objective(v)), ()))(found.x)
        found.jac = with_derivative_of(found.jac, slope)
    for name in ESTIMATES:
        if isinstance(found.get(name), np.ndarray):
            instead = "xgrad.hessian of the function at x"
            found[name] = estimated(f"minimize: {name}", instead, found[name], found.x)


def watching(callback: Any) -> Any:
    """Return a callback as a solver calls it; SciPy asks for the name of its one argument."""
    if callback is None or list(signature(callback).parameters) != ["intermediate_result"]:
        return callback and outside(callback)

    def call(intermediate_result: Any) -> Any:
        with tape.recording(False):
            return raw(callback(intermediate_result=intermediate_result))

    return call


GRADIENT_FREE = {"nelder-mead", "powell", "cobyla", "cobyqa"}


def _recorded(f: Function, v: Any) -> Any:
    """Return a gradient inside of a solver, where nothing is recorded for the outside."""
    with tape.recording(True):
        return f(Array(v)).detach()


def _lifted(found: Any) -> Any:
    found.x, found.fun = Array(found.x), Array(np.asarray(found.fun))
    return found


def reads_anything(f: Function, x: Any, *given: Any) -> bool:
    """Whether a derivative may flow into what a solver was given."""
    if not tape.is_recording():
        return False
    if is_tracked(*[g for g in given if not hasattr(g, "lb")]):
        return True
    for g in given:
        several = g if isinstance(g, (list, tuple)) else [g]
        for c in several:
            inner = c.get("fun") if isinstance(c, dict) else getattr(c, "fun", None)
            if hasattr(c, "lb") and is_tracked(c.lb, c.ub, getattr(c, "A", None)):
                return True
            if callable(inner):
                more = c.get("args", ()) if isinstance(c, dict) else ()
                try:
                    if _reads_more(lambda v, i=inner, m=more: i(v, *m), Array(x)):
                        return True
                except RuleError:
                    continue
    return _reads_more(f, Array(x))


def _reads_more(f: Function, x: Array) -> bool:
    """Whether the result of a function is made from something tracked besides its argument."""
    from ...custom.equation import Recorded

    try:
        return bool(Recorded(lambda v: xgrad.asarray(joined(f(v))), x).reads)
    except TracedConversionError:  # it leaves the tape with its argument; what else would it read?
        if is_tracked(f(x)):
            raise
        return False


@told("optimize")
@of_one("scipy.optimize.minimize_scalar")
def minimize_scalar(
    fun: Function, bracket: Any = None, bounds: Any = None, args: Any = (), method: Any = None,
    tol: Any = None, options: Any = None,
) -> Any:  # fmt: skip
    """Minimise a function of one number; see ``scipy.optimize.minimize_scalar`` and `minimize`."""
    args = args_of(args)
    found = chapter("optimize").minimize_scalar(
        held(fun, args), raws(bracket), raws(bounds), (), method, tol, options
    )
    x = np.asarray(found.x, dtype=float).reshape(1)
    low, high = (-np.inf, np.inf) if bounds is None else bounds
    reads = reads_anything(lambda v: fun(v, *args), x[0], args)
    if not reads and not is_tracked(*bounds or ()):
        return found
    if bounds is not None:  # a bounded search only comes near to a bound
        edges = np.asarray(raws(list(bounds)), dtype=float)
        near = np.abs(x - edges) <= 1e-4 * max(1.0, float(np.ptp(edges)))
        with tape.recording(False):
            slope = float(raw(xgrad.grad(lambda v: xgrad.asarray(fun(v, *args)))(Array(x[0]))))
        if (near[0] and slope > 1e-3) or (near[1] and slope < -1e-3):
            edge = bounds[0] if near[0] else bounds[1]
            found.x = given_back(
                with_derivative_of(x[0], xgrad.asarray(edge))
                if isinstance(edge, Array)
                else Array(x[0]),
                args,
            )
            return found
        low, high = -np.inf, np.inf
    f = lambda v: fun(v[0], *args)  # noqa: E731
    if not reads:
        return found
    out = held_solution("minimize_scalar", x, f, np.full(1, low), np.full(1, high), [])
    found.x = given_back(out[0], args)
    if isinstance(found.x, Array):
        found.fun = with_derivative_of(np.asarray(found.fun), xgrad.asarray(fun(found.x, *args)))
    return found
