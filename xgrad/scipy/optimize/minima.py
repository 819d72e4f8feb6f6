"""Minima: the equation is that the gradient vanishes, but where a bound or constraint is active.

What is active there stays so, as long as its multiplier is not zero: the others solve their
equations with it (Fiacco 1976, Mathematical Programming 10, 287). A solution at which that is not
decided has no derivative, and one at which the gradient does not vanish is none.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...custom.equation import implicit
from ...engine import tape
from ...errors import RuleError
from ..common import arrays_in, chapter, joined, outside, raw, raws
from .equations import args_of, given_back, held, warn_of

__all__ = ["curve_fit", "least_squares", "linear_sum_assignment", "linprog", "lsq_linear",
           "minimize", "minimize_scalar", "nnls"]  # fmt: skip

Function = Callable[..., Any]
NEAR = 1e-7
"""How near to a bound, in proportion to its size, a variable is at it."""


def _sides(bounds: Any, n: int) -> tuple[Any, Any]:
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
            "hold it, as the gradient vanishes there too: the solution has a kink, and no derivative"
        )
    return pushed, at_low


def _require_still(name: str, slope: Any, x: Any, curve: Any) -> None:
    """Refuse a solution at which the gradient of what may move does not vanish."""
    size = float(np.max(np.abs(slope), initial=0.0))
    if size == 0.0:
        return
    along = float(np.vdot(slope, curve(slope)).real)
    step = size * float(np.vdot(slope, slope).real) / along if along > 0 else np.inf
    if not step <= 1e-2 * (1.0 + float(np.max(np.abs(x), initial=0.0))):
        raise RuleError(
            f"{name}: the gradient at the solution is {size:.3g}, so that it is no minimum, or one "
            "that something holds: give all bounds and constraints to the solver, or a tighter tol"
        )


def _held_solution(
    name: str, x: Any, f: Function, low: Any, high: Any, constraints: list[Function]
) -> Any:
    """Return a minimum with its derivative.

    Args:
        name: of the function, for errors.
        x: where it is, raw.
        f: the objective, of an `Array`.
        low, high: the bounds.
        constraints: functions that are zero at the solution, and stay so.
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
    pushed, at_low = _active(name, x, free if m else slope, low, high)
    mask, lower = xgrad.asarray(pushed), xgrad.asarray(at_low)
    bound = xgrad.where(lower, xgrad.asarray(low), xgrad.asarray(high))
    bound = xgrad.where(mask, bound, 0.0)
    if m and pushed.any():  # the multipliers once more, with the bounds among what holds
        both = np.concatenate([stacked, np.eye(n)[pushed]])
        multipliers = np.linalg.lstsq(both.T, slope, rcond=None)[0][:m]
        free = np.where(pushed, 0.0, slope - stacked.T @ multipliers)
    rest = np.where(pushed, 0.0, free)
    if tape.is_recording():
        _require_still(name, rest, x, lambda t: _curvature(gradient, x, t))

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

    found = implicit(equation, np.concatenate([x, multipliers]))
    return Array(x, found[:n]._node) if found._node is not None else Array(x)


def _curvature(gradient: Any, x: Any, t: Any) -> Any:
    with tape.recording(False):
        return np.asarray(raw(xgrad.jvp(gradient, (Array(x),), (Array(t),))[1]))


def _constraints(given: Any, x: Any, args: tuple[Any, ...]) -> tuple[Any, list[Function]]:
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
            at = np.flatnonzero(np.abs(value - finite) <= 1e-6 * np.maximum(1.0, np.abs(value)))
            if len(at):
                active.append(
                    lambda v, f=f, at=at, side=side, n=len(value): (
                        _part(f(v), at) - _part(side, at, n)
                    )
                )
            if np.array_equal(raw(low), raw(high)):
                break
    return theirs, active


def _flat(f: Function, args: Any) -> Function:
    """Return a constraint as a function to vectors."""
    return lambda v: xgrad.reshape(xgrad.asarray(joined(f(v, *args))), (-1,))


def _part(x: Any, at: Any, n: int | None = None) -> Any:
    x = xgrad.asarray(x) * 1.0
    x = x if n is None else xgrad.broadcast_to(x, (n,))
    return xgrad.take(x, xgrad.asarray(at))


def minimize(
    fun: Function, x0: Any, args: Any = (), method: Any = None, jac: Any = None, hess: Any = None,
    hessp: Any = None, bounds: Any = None, constraints: Any = (), tol: Any = None,
    callback: Any = None, options: Any = None,
) -> Any:  # fmt: skip
    """Minimise a function of a vector; see ``scipy.optimize.minimize``.

    Derivatives of ``x`` and ``fun`` flow to `args`, to `bounds`, and to whatever `fun` and
    `constraints` close over. At an active bound or constraint the others' equations are solved
    with it. SciPy gets the gradient by xgrad where `jac` is None.

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
    start = np.asarray(raw(xgrad.asarray(x0)), dtype=float)
    given = {"jac": jac, "hess": hess}
    given = {k: held(v, args) if callable(v) else v for k, v in given.items()}
    theirs, _ = _constraints(constraints, None, args)

    def objective(v: Any) -> Any:
        out = fun(v, *args)
        return out[0] if jac is True else out

    watched = _reads_anything(objective, start, args, bounds, constraints)
    if watched and jac is None and str(method).lower() not in GRADIENT_FREE:
        slope = xgrad.grad(lambda v: xgrad.reshape(xgrad.asarray(objective(v)), ()))
        given["jac"] = outside(lambda v: _recorded(slope, v))
    found = chapter("optimize").minimize(
        held(fun, args), start, method=method, bounds=_raw_bounds(bounds), tol=tol,
        hessp=held(hessp, args), callback=callback and outside(callback), options=options,
        **({"constraints": theirs} if theirs else {}), **given,
    )  # fmt: skip
    x = np.asarray(found.x, dtype=float)
    if not watched:
        return found if not arrays_in(x0, args) else _lifted(found)
    if not found.success:
        warn_of("minimize", found.message)
    _, active = _constraints(constraints, x, args)
    low, high = _sides(bounds, x.size)
    flat = _held_solution(
        "minimize", x.ravel(), lambda v: objective(xgrad.reshape(v, x.shape)), low, high, active
    )
    found.x = given_back(xgrad.reshape(flat, x.shape), x0, args)
    if type(found.x) is Array:
        value = xgrad.reshape(xgrad.asarray(objective(found.x)), ())
        found.fun = Array(np.asarray(found.fun), value._node)
    return found


GRADIENT_FREE = {"nelder-mead", "powell", "cobyla", "cobyqa"}


def _recorded(f: Function, v: Any) -> Any:
    """Return a gradient inside of a solver, where nothing is recorded for the outside."""
    with tape.recording(True):
        return f(Array(v)).detach()


def _lifted(found: Any) -> Any:
    found.x, found.fun = Array(found.x), Array(np.asarray(found.fun))
    return found


def _reads_anything(f: Function, x: Any, *given: Any) -> bool:
    """Whether a derivative may flow into what a solver was given."""
    from ...custom.equation import Recorded
    from ..common import is_tracked

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
                try:
                    more = c.get("args", ()) if isinstance(c, dict) else ()
                    if Recorded(
                        lambda v, i=inner, m=more: xgrad.asarray(joined(i(v, *m))), Array(x)
                    ).reads:
                        return True
                except RuleError:
                    continue
    return bool(Recorded(lambda v: xgrad.asarray(joined(f(v))), Array(x)).reads)


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
    if bounds is not None:  # a bounded search only comes near to a bound
        edges = np.asarray(raws(list(bounds)), dtype=float)
        near = np.abs(x - edges) <= 1e-4 * max(1.0, float(np.ptp(edges)))
        with tape.recording(False):
            slope = float(raw(xgrad.grad(lambda v: xgrad.asarray(fun(v, *args)))(Array(x[0]))))
        if (near[0] and slope > 1e-3) or (near[1] and slope < -1e-3):
            edge = bounds[0] if near[0] else bounds[1]
            found.x = given_back(
                Array(x[0], xgrad.asarray(edge)._node) if type(edge) is Array else Array(x[0]), args
            )
            return found
        low, high = -np.inf, np.inf
    f = lambda v: fun(v[0], *args)  # noqa: E731
    if not _reads_anything(lambda v: fun(v, *args), x[0], args):
        return found
    out = _held_solution("minimize_scalar", x, f, np.full(1, low), np.full(1, high), [])
    found.x = given_back(out[0], args)
    if type(found.x) is Array:
        found.fun = Array(np.asarray(found.fun), xgrad.asarray(fun(found.x, *args))._node)
    return found


LOSSES: dict[str, Callable[[Any], Any]] = {
    "linear": lambda z: z,
    "soft_l1": lambda z: 2.0 * (xgrad.sqrt(1.0 + z) - 1.0),
    "huber": lambda z: xgrad.where(
        z <= 1.0, z, 2.0 * xgrad.sqrt(xgrad.where(z > 1.0, z, 1.0)) - 1.0
    ),
    "cauchy": xgrad.log1p,
    "arctan": xgrad.atan,
}
"""SciPy's loss functions of squared residuals."""


def least_squares(
    fun: Function, x0: Any, jac: Any = "2-point", bounds: Any = (-np.inf, np.inf),
    method: str = "trf", ftol: Any = 1e-8, xtol: Any = 1e-8, gtol: Any = 1e-8, x_scale: Any = None,
    loss: str = "linear", f_scale: float = 1.0, args: Any = (), kwargs: Any = None, **options: Any,
) -> Any:  # fmt: skip
    """Minimise the sum of squares of residuals; see SciPy's ``least_squares`` and `minimize`."""
    args, named = args_of(args), dict(kwargs or {})
    if loss not in LOSSES:
        raise ValueError(f"least_squares: loss is {loss!r}; expected one of {', '.join(LOSSES)}")
    start = np.atleast_1d(np.asarray(raw(xgrad.asarray(x0)), dtype=float))

    def residuals(v: Any) -> Any:
        return xgrad.reshape(xgrad.asarray(joined(fun(v, *args, **named))), (-1,))

    scale = {} if x_scale is None else {"x_scale": x_scale}
    edges = tuple(
        np.asarray(raw(s), dtype=float)
        for s in ((bounds.lb, bounds.ub) if hasattr(bounds, "lb") else bounds)
    )
    slopes = outside(lambda v: jac(v, *args, **named)) if callable(jac) else jac
    given = arrays_in(args, named)
    found = chapter("optimize").least_squares(
        outside(lambda v: residuals(Array(v)) if given else fun(v, *args, **named)), start,
        slopes, edges, method, ftol, xtol, gtol, loss=loss, f_scale=f_scale, **scale, **options,
    )  # fmt: skip

    def cost(v: Any) -> Any:
        z = residuals(v) / f_scale
        return 0.5 * f_scale**2 * xgrad.sum(LOSSES[loss](z * z))

    if not _reads_anything(cost, found.x, args, list(named.values()), bounds):
        return found
    if not found.success:
        warn_of("least_squares", found.message)
    low, high = (
        _sides(bounds if hasattr(bounds, "lb") else tuple(bounds), len(found.x))
        if len(found.x) != 2
        else (
            xgrad.broadcast_to(xgrad.asarray(s) * 1.0, (2,))
            for s in ((bounds.lb, bounds.ub) if hasattr(bounds, "lb") else bounds)
        )
    )
    found.x = given_back(_held_solution("least_squares", found.x, cost, low, high, []), x0, args)
    if type(found.x) is Array:
        value, each = cost(found.x), residuals(found.x)
        found.cost, found.fun = (
            Array(np.asarray(found.cost), value._node),
            Array(found.fun, each._node),
        )
    return found


def curve_fit(
    f: Function, xdata: Any, ydata: Any, p0: Any = None, sigma: Any = None,
    absolute_sigma: bool = False, check_finite: Any = None, bounds: Any = (-np.inf, np.inf),
    method: Any = None, jac: Any = None, **options: Any,
) -> Any:  # fmt: skip
    """Fit a function to data by least squares; see ``scipy.optimize.curve_fit``.

    Derivatives of the parameters and of their covariance flow to the data, to `sigma` and to
    whatever `f` closes over.
    """
    if options.get("full_output"):
        raise NotImplementedError("curve_fit: full_output has no derivative here")
    y, spread = xgrad.asarray(ydata), None if sigma is None else xgrad.asarray(sigma)
    if spread is not None and spread.ndim > 1:
        raise NotImplementedError(
            "curve_fit: sigma as a matrix has no derivative here; whiten the data"
        )
    if p0 is None:
        names = inspect.signature(f).parameters
        p0 = np.ones(len(names) - 1) if np.ndim(bounds[0]) == 0 and np.isinf(bounds[0]) else None
    popt, pcov = chapter("optimize").curve_fit(
        functools.wraps(f)(outside(f)), raws(xdata), raw(y), raws(p0), raw(sigma), absolute_sigma,
        check_finite, bounds,
        method, outside(jac) if callable(jac) else jac, **options,
    )  # fmt: skip

    def residuals(p: Any) -> Any:
        away = xgrad.reshape(xgrad.asarray(f(xdata, *(p[i] for i in range(len(popt)))) - y), (-1,))
        return away if spread is None else away / spread

    low, high = (np.broadcast_to(np.asarray(raw(s), dtype=float), popt.shape) for s in bounds)
    x = _held_solution(
        "curve_fit", popt, lambda p: 0.5 * xgrad.sum(residuals(p) ** 2), low, high, []
    )
    if x._node is None and not arrays_in(xdata, ydata, sigma):
        return popt, pcov
    J = xgrad.jacfwd(residuals)(x)
    cov = xgrad.linalg.inv(xgrad.matrix_transpose(J) @ J)
    if not absolute_sigma:
        away = residuals(x)
        cov = cov * (xgrad.sum(away * away) / (away.shape[0] - len(popt)))
    return x, Array(pcov, cov._node) if np.all(np.isfinite(pcov)) else Array(pcov)


def _bounded_squares(name: str, A: Any, b: Any, x: Any, low: Any, high: Any) -> Any:
    A, b = xgrad.asarray(A), xgrad.asarray(b)
    return _held_solution(name, x, lambda v: 0.5 * xgrad.sum((A @ v - b) ** 2), low, high, [])


def nnls(A: Any, b: Any, **options: Any) -> Any:
    """Solve least squares with x not negative; see ``scipy.optimize.nnls``.

    Returns:
        The solution and the norm of the residual, differentiable in `A` and `b`.
    """
    if not arrays_in(A, b):
        return chapter("optimize").nnls(A, b, **options)
    x, norm = chapter("optimize").nnls(
        *(np.asarray(raw(xgrad.asarray(v).detach())) for v in (A, b)), **options
    )
    out = _bounded_squares("nnls", A, b, x, np.zeros(len(x)), np.full(len(x), np.inf))
    away = xgrad.linalg.vector_norm(xgrad.asarray(A) @ out - xgrad.asarray(b))
    return out, Array(np.asarray(norm), away._node)


def lsq_linear(A: Any, b: Any, bounds: Any = (-np.inf, np.inf), **options: Any) -> Any:
    """Solve least squares with bounds; see ``scipy.optimize.lsq_linear``."""
    if not arrays_in(A, b):
        return chapter("optimize").lsq_linear(A, b, bounds, **options)
    held_A, held_b = (np.asarray(raw(xgrad.asarray(v).detach())) for v in (A, b))
    found = chapter("optimize").lsq_linear(held_A, held_b, raws(bounds), **options)
    low, high = (np.broadcast_to(np.asarray(raw(s), dtype=float), found.x.shape) for s in bounds)
    found.x = _bounded_squares("lsq_linear", A, b, found.x, low, high)
    return found


def linprog(
    c: Any, A_ub: Any = None, b_ub: Any = None, A_eq: Any = None, b_eq: Any = None,
    bounds: Any = (0, None), method: str = "highs", callback: Any = None, options: Any = None,
    x0: Any = None, integrality: Any = None,
) -> Any:  # fmt: skip
    """Minimise a linear function under linear constraints; see ``scipy.optimize.linprog``.

    The solution is the corner where the active constraints meet, and moves with them.

    Raises:
        RuleError: where more or fewer constraints are active than there are variables.
    """
    parts = (c, A_ub, b_ub, A_eq, b_eq, bounds)
    if not arrays_in(*parts):
        return chapter("optimize").linprog(*parts, method, callback, options, x0, integrality)
    if integrality is not None:
        raise NotImplementedError("linprog: integers have no derivative")
    plain = [None if p is None else np.asarray(raw(xgrad.asarray(p).detach())) for p in parts[:5]]
    found = chapter("optimize").linprog(*plain, raws(bounds), method, callback, options, x0)
    if not found.success:
        warn_of("linprog", found.message)
        return found
    x, n = np.asarray(found.x), len(found.x)
    rows: list[Any] = []
    sides: list[Any] = []

    def add(A: Any, b: Any, at: Any) -> None:
        if len(at):
            where = xgrad.asarray(np.asarray(at))
            rows.append(xgrad.take(xgrad.asarray(A) * 1.0, where, axis=0))
            sides.append(xgrad.take(xgrad.asarray(b) * 1.0, where))

    if A_eq is not None:
        add(A_eq, b_eq, np.arange(plain[3].shape[0]))  # type: ignore[union-attr]
    if A_ub is not None:
        slack = plain[2] - plain[1] @ x  # type: ignore[operator]
        size = np.maximum(1.0, np.abs(np.asarray(plain[2])))
        add(A_ub, b_ub, np.flatnonzero(np.abs(slack) <= 1e-8 * size))
    single = isinstance(bounds, (tuple, list)) and len(bounds) == 2 and not np.ndim(raw(bounds[0]))
    low, high = _sides([bounds] * n if single else bounds, n)
    for side in (low, high):
        edge = np.asarray(raw(side))
        add(np.eye(n), side, np.flatnonzero(np.abs(x - edge) <= 1e-8 * np.maximum(1.0, np.abs(x))))
    count = sum(r.shape[0] for r in rows)
    if count != n:
        raise RuleError(
            f"linprog: {count} constraints are active at the solution, of {n} variables: it is not "
            "one corner where as many meet, and has no derivative"
        )
    A, b = xgrad.concat(rows), xgrad.concat(sides)
    found.x = implicit(lambda v: A @ v - b, x)
    found.fun = Array(np.asarray(found.fun), xgrad.sum(xgrad.asarray(c) * found.x)._node)
    return found


def linear_sum_assignment(cost_matrix: Any, maximize: bool = False) -> Any:
    """Return the rows and columns of the best assignment, raw: they have no derivative."""
    plain = raw(xgrad.asarray(cost_matrix).detach()) if arrays_in(cost_matrix) else cost_matrix
    return chapter("optimize").linear_sum_assignment(plain, maximize)
