"""`solve_ivp`: differential equations by SciPy's solvers, differentiable in all they depend on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...custom.again import kept
from ...custom.equation import Recorded, implicit
from ...engine import tape
from ..common import (
    arrays_in,
    chapter,
    is_tracked,
    joined,
    outside,
    raw,
    raws,
    with_derivative_of,
)
from ..examples import of_one
from ..mistakes import told
from .dense import OdeSolution
from .flows import Flow, Solve
from .paths import WIDE, ComplexPath, Path, parts, split
from .schemes import COLLOCATED, EXPLICIT, keeping_slopes, scheme_of
from .sweeps import Slope, sparse_or_none

__all__ = ["OdeResult", "solve_ivp"]


@dataclass
class OdeResult:
    """What `solve_ivp` found; the attributes are those of SciPy's."""

    t: Any
    y: Any
    sol: OdeSolution | None
    t_events: list[Any] | None
    y_events: list[Any] | None
    nfev: int
    njev: int
    nlu: int
    status: int
    message: str
    success: bool

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def keys(self) -> list[str]:
        """Return the names of the attributes, as SciPy's result has them for keys."""
        return list(vars(self))


@told("integrate")
@of_one("scipy.integrate.solve_ivp")
def solve_ivp(
    fun: Callable[..., Any],
    t_span: Any,
    y0: Any,
    method: Any = "RK45",
    t_eval: Any = None,
    dense_output: bool = False,
    events: Any = None,
    vectorized: bool = False,
    args: Any = None,
    adjoint: str = "discrete",
    **options: Any,
) -> Any:
    """Solve ``dy/dt = fun(t, y, *args)`` from a first state, by ``scipy.integrate.solve_ivp``.

    SciPy solves it and chooses the steps. Derivatives are those of these steps, in both modes and
    of any order, to the accuracy of `rtol`: by `y0`, by `args`, which may hold pytrees, and by
    whatever `fun` and `events` close over. By `t_span` and `t_eval` they are those of the equation,
    up to the fourth. `fun` is then called for all steps
    at once, as by `vmap`; where it refuses that, as one with an ``if`` on a value does, in turn. A
    stiff method gets the Jacobian of `fun` by xgrad.

    Args:
        fun: ``fun(t, y, *args)``, the right-hand side: an array like `y`, or a list of numbers.
        t_span: the first and the last time.
        y0: the state at the first time, shape (n,), real or complex.
        method: ``"RK45"``, ``"RK23"``, ``"DOP853"``, ``"Radau"``, ``"BDF"`` or ``"LSODA"``, or
            SciPy's class of this name.
        t_eval: the times at which to give the solution; the solver's own steps if None.
        dense_output: whether to give the solution as a function of time, ``sol``.
        events: ``event(t, y, *args)`` or several, of whose zeros the times are found; one with
            ``event.terminal = True`` ends the integration. See SciPy.
        vectorized: whether `fun` takes several states as columns.
        args: more arguments of `fun` and of the events.
        adjoint: ``"discrete"``, the derivative of the steps, or ``"continuous"``: that of the
            equation, by solving another one for it. It keeps nothing of the steps but what
            interpolates in them, and is the slower one for few unknowns.
        options: ``rtol``, ``atol``, ``max_step``, ``first_step``, ``jac`` and others of SciPy's.

    Returns:
        An object with SciPy's attributes: ``t``, ``y`` of shape (n, number of times), ``sol``,
        ``t_events``, ``y_events``, ``status``, ``message``, ``success``, and the counts ``nfev``,
        ``njev`` and ``nlu``.

    Raises:
        ValueError: if SciPy refuses an argument, or the method is none of these.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import scipy
    >>> def fall(height):
    ...     ground = lambda t, y: y[0]
    ...     ground.terminal = True
    ...     start = xg.stack([height, 0.0 * height])
    ...     sol = scipy.integrate.solve_ivp(lambda t, y: xg.stack([y[1], -9.81 + 0 * y[0]]),
    ...                                     (0, 9), start, events=ground)
    ...     return sol.t_events[0][0]
    >>> round(float(xg.grad(fall)(10.0)), 5), round((2 * 9.81 * 10) ** -0.5, 5)
    (0.07139, 0.07139)
    """
    given = () if args is None else tuple(args) if isinstance(args, (list, tuple)) else (args,)
    known = (*EXPLICIT, *COLLOCATED)
    name = getattr(method, "__name__", "")
    if name in known and method is getattr(chapter("integrate"), name):
        method = name
    if not isinstance(method, str) or method not in known:
        raise ValueError(f"solve_ivp: method is {method!r}; expected one of {', '.join(known)}")
    if adjoint not in ("discrete", "continuous"):
        raise ValueError(f"solve_ivp: adjoint is {adjoint!r}; expected 'discrete' or 'continuous'")
    start = y0 if isinstance(y0, Array) else xgrad.asarray(y0)
    if start.ndim != 1:
        raise ValueError(f"solve_ivp: y0 has shape {start.shape}; expected a vector")
    if start.dtype.kind not in "fc":
        start = xgrad.astype(start, np.float64)
    t0, t1 = t_span
    checks = [events] if callable(events) else list(events or ())
    f = slope_of(fun, given, start.dtype)
    watched = is_tracked(start, t0, t1, t_eval, given) or (
        tape.is_recording()
        and any(
            Recorded(lambda y, g=g: g(raw(t0), y), start.detach()).reads
            for g in (f, *(slope_of(c, given, start.dtype) for c in checks))
        )
    )
    if watched and method in COLLOCATED and "jac" not in options and method != "LSODA":
        options["jac"] = _jacobian(f, raw(t0), raw(start))
    found = chapter("integrate", start).solve_ivp(
        outside(fun),
        (float(raw(t0)), float(raw(t1))),
        raw(start),
        keeping_slopes(method) if watched and method in EXPLICIT else method,
        t_eval=raw(t_eval),
        dense_output=watched or dense_output,
        events=[_raw_event(c) for c in checks] or None,
        vectorized=vectorized,
        args=raws(given) or None,
        **_raw_options(options, given),
    )
    if not watched:
        return _lifted(found, arrays_in(y0, t0, t1, t_eval, given), dense_output)
    solve = None if adjoint == "discrete" else _solver(method, options)
    span = (t0, t1)
    return _tracked(found, f, checks, given, method, span, t_eval, start, dense_output, solve)


def _solver(method: str, options: dict[str, Any]) -> Solve:
    """Return the solver with the options that suit another equation too."""
    kept = {k: raw(options[k]) for k in ("rtol", "atol", "max_step") if k in options}
    solver = keeping_slopes(method) if method in EXPLICIT else method

    def solve(fun: Callable[..., Any], span: tuple[float, float], y0: Any) -> Any:
        fitted = dict(kept)
        if np.ndim(kept.get("atol", 0.0)):
            fitted["atol"] = np.min(kept["atol"])
        found = chapter("integrate").solve_ivp(fun, span, y0, solver, dense_output=True, **fitted)
        if found.status < 0:
            raise RuntimeError(
                f"solve_ivp: the adjoint equation was not solved: {found.message} Use "
                "adjoint='discrete', or a looser rtol"
            )
        return found

    return solve


def _raw_event(event: Callable[..., Any]) -> Callable[..., Any]:
    call: Any = outside(event)
    for name in ("terminal", "direction"):
        if hasattr(event, name):
            setattr(call, name, getattr(event, name))
    return call  # type: ignore[no-any-return]


def _raw_options(options: dict[str, Any], args: Any) -> dict[str, Any]:
    own = {name: raw(value) for name, value in options.items()}
    if callable(own.get("jac")):
        own["jac"] = outside(own["jac"])
    return own


def _jacobian(f: Slope, t: Any, y: Any) -> Callable[..., Any]:
    """Return the Jacobian of the right-hand side: sparse if it is, else by one batched walk."""
    sparse = sparse_or_none(f, t, y) if len(y) >= WIDE and y.dtype.kind == "f" else None

    def jac(t: Any, y: Any, *args: Any) -> Any:
        if sparse is not None:
            return sparse(t, y)
        with tape.recording(True):
            return xgrad.jacrev(lambda y: f(t, y))(Array(y)).detach()

    return jac


def _lifted(found: Any, given: list[Array], dense: bool) -> OdeResult:
    """Return SciPy's result where no derivative is asked for."""
    if not given:
        return found  # type: ignore[no-any-return]

    def lift(x: Any) -> Any:
        return x if x is None else Array(x)

    times, values = (
        None if e is None else [lift(x) for x in e] for e in (found.t_events, found.y_events)
    )
    sol = found.sol if dense else None
    about = (found.nfev, found.njev, found.nlu, found.status, found.message, found.success)
    return OdeResult(lift(found.t), lift(found.y), sol, times, values, *about)


def _tracked(
    found: Any,
    f: Callable[..., Any],
    checks: list[Any],
    args: tuple[Any, ...],
    method: str,
    span: tuple[Any, Any],
    t_eval: Any,
    start: Array,
    dense: bool,
    solve: Solve | None,
) -> OdeResult:
    """Return SciPy's result with its derivatives."""
    if found.status < 0:
        raise RuntimeError(
            f"solve_ivp: the solver stopped before the end of t_span: {found.message} "
            "Its partial solution has no derivative; give a looser rtol or a shorter t_span"
        )
    path = _path(found, f, method, span, start, solve)
    ts = path.ts
    ts[-1] = np.asarray(found.sol.ts, dtype=float)[-1]
    t_events = y_events = None
    last: Any = None
    if found.t_events is not None:
        t_events, y_events = [], []
        for check, times, values in zip(checks, found.t_events, found.y_events, strict=True):
            g = slope_of(check, args, start.dtype)
            when = [_crossing(g, path, t) for t in times]
            t_events.append(xgrad.concat(when) if when else Array(np.asarray(times)))
            y_events.append(
                with_derivative_of(values, path.at(xgrad.concat(when)))
                if when
                else Array(np.asarray(values))
            )
            if found.status == 1 and len(times) and times[-1] == ts[-1]:
                last = when[-1]
    if t_eval is not None:
        times = xgrad.asarray(t_eval if np.size(raw(t_eval)) else np.zeros(0))
        times = times[: len(found.t)] if len(found.t) < times.shape[0] else times
        y = path.at(times) if len(found.t) else Array(np.asarray(found.y, dtype=float))
    else:
        y, times = path.states, path.times
        times = times if isinstance(times, Array) else Array(ts)
        if last is not None:
            y = xgrad.concat([y[:-1, :], path.at(last)])
            times = xgrad.concat([times[:-1], last])
    about = (found.nfev, found.njev, found.nlu, found.status, found.message, found.success)
    y = with_derivative_of(found.y, xgrad.matrix_transpose(y)) if len(found.t) else y
    sol = OdeSolution(found.sol, path) if dense else None
    return OdeResult(times, y, sol, t_events, y_events, *about)


def _times(ts: Any, span: tuple[Any, Any]) -> Any:
    """Return the times of the steps; on the tape if they move with the ends of the interval."""
    if not is_tracked(*span):
        return ts
    begin, end = (float(raw(t)) for t in span)
    length = end - begin
    share = (np.asarray(ts) - begin) / length if length else np.linspace(0.0, 1.0, len(ts))
    return span[0] + (span[1] - span[0]) * xgrad.asarray(share)


def _path(
    found: Any, f: Slope, method: str, span: tuple[Any, Any], start: Array, solve: Solve | None
) -> Any:
    """Return a solution on the tape: its steps, taken again, or with `solve` as a flow."""
    f, is_complex = kept(f), start.dtype.kind == "c"
    if is_complex:
        f, start = split(f), parts(start)
    if solve is not None:
        pieces = found.sol.interpolants
        ts = np.asarray([pieces[0].t_old, *(p.t for p in pieces)], dtype=float)
        sol = (lambda t: parts(found.sol(t).T).T) if is_complex else found.sol

        def steps_of(found: Any, f: Slope, start: Array) -> Path:
            return _steps(found, f, method, (None, None), start)

        made: Any = Flow(f, solve, steps_of, sol, _times(ts, span), start)
    else:
        made = _steps(found, f, method, span, start)
    return ComplexPath(made) if is_complex else made


def _steps(found: Any, f: Slope, method: str, span: tuple[Any, Any], start: Array) -> Path:
    """Return the steps of a solution, taken again."""
    states: Any
    scheme, pieces = scheme_of(method), found.sol.interpolants
    ts = np.asarray([pieces[0].t_old, *(p.t for p in pieces)], dtype=float)
    if ts[0] == ts[-1]:  # no time passes, but the last value moves with the last time
        with tape.recording(False):
            still = raw(f(ts[0], start.detach()))
        slopes = np.tile(still, (1, len(scheme.nodes), 1))
        states = [raw(start)]
    elif scheme.explicit:
        slopes = np.stack([p.slopes for p in pieces])
        states = [p.y_old for p in pieces]
    else:
        steps = np.diff(ts)
        stages = [p(t + h * scheme.nodes).T for p, t, h in zip(pieces, ts[:-1], steps, strict=True)]
        states = [pieces[0](ts[0]), *(values[-1] for values in stages[:-1])]
        moved = (np.stack(stages) - np.stack(states)[:, None, :]) / steps[:, None, None]
        slopes = np.linalg.inv(scheme.matrix) @ moved
    end = states[-1] + (ts[-1] - ts[-2]) * (scheme.weights @ slopes[-1])
    states = np.stack([*states, end])
    if np.iscomplexobj(states):
        states, slopes = parts(states), parts(slopes)
    return Path(scheme, f, _times(ts, span), start, states, slopes)


def _crossing(event: Callable[..., Any], path: Any, t: float) -> Array:
    """Return the time of an event, by the equation that it solves."""

    def equation(time: Array) -> Any:
        return xgrad.reshape(event(time[0], path.at(time)[0, :]), (1,))

    found: Array = implicit(equation, np.asarray([t]))
    return found


def slope_of(fun: Callable[..., Any], args: tuple[Any, ...], dtype: Any) -> Slope:
    """Return the right-hand side as a function of time and an `Array`."""

    def f(t: Any, y: Array) -> Array:
        out = xgrad.asarray(joined(fun(t, y, *args)))
        return out if out.dtype == dtype else xgrad.astype(out, dtype)

    return f
