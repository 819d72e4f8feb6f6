"""Linear systems: conversions, and responses by the one equation of a recurrence."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import numpy as np

import xgrad

from ...custom.equation import implicit
from ..common import arrays_in, chapter, fixed, raw, twin
from .design import vector, zpk2tf

__all__ = ["cont2discrete", "dimpulse", "dlsim", "dstep", "impulse", "lsim", "ss2tf", "ss2zpk",
           "step", "tf2ss", "zpk2ss"]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])


@twin("signal", "dd-")
def tf2ss(num: Any, den: Any) -> Any:
    """Return the state space of a transfer function; see ``scipy.signal.tf2ss``."""
    num, den = xgrad.atleast_2d(xgrad.asarray(num)), vector(den)
    num, den = num / den[0], den / den[0]
    n = den.shape[0]
    num = xgrad.pad(num, ((0, 0), (n - num.shape[1], 0)))
    D = num[:, :1]
    if n == 1:
        zero = xgrad.zeros((1, 1), dtype=D.dtype)
        return (
            zero,
            xgrad.zeros((1, D.shape[1]), dtype=D.dtype),
            xgrad.zeros((D.shape[0], 1), dtype=D.dtype),
            D,
        )
    A = xgrad.concat([-den[None, 1:], xgrad.asarray(np.eye(n - 2, n - 1, dtype=den.dtype))])
    return A, xgrad.asarray(np.eye(n - 1, 1, dtype=den.dtype)), num[:, 1:] - D * den[None, 1:], D


def _characteristic(A: Any) -> Any:
    """Return the coefficients of the characteristic polynomial, by Faddeev and LeVerrier."""
    n = A.shape[0]
    unit = xgrad.asarray(np.eye(n, dtype=A.dtype))
    M, c = xgrad.zeros_like(A), [xgrad.ones((), dtype=A.dtype)]
    for k in range(1, n + 1):
        M = A @ M + c[-1] * unit
        c.append(-xgrad.trace(A @ M) / k)
    return xgrad.stack(c)


@twin("signal")
def ss2tf(A: Any, B: Any, C: Any, D: Any, input: int = 0) -> Any:
    """Return the transfer functions of a state space; see ``scipy.signal.ss2tf``."""
    A, B, C, D = (xgrad.atleast_2d(xgrad.asarray(v)) for v in (A, B, C, D))
    B, D = B[:, input : input + 1], D[:, input : input + 1]
    den = _characteristic(A)
    rows = [
        _characteristic(A - B @ C[i : i + 1, :]) + (D[i, 0] - 1.0) * den for i in range(C.shape[0])
    ]
    return xgrad.stack(rows), den


def parts_of(system: Any) -> Any:
    """Return a system of SciPy's as the tuple of its arrays; a tuple as it is."""
    for names in ("A B C D", "num den", "zeros poles gain"):
        found = names.split()
        if all(hasattr(system, n) for n in found):
            parts = tuple(getattr(system, n) for n in found)
            return parts if system.dt is None else (*parts, system.dt)
    return system


def system_twin(f: F) -> F:
    """Define the twin of a function of a system, which may be an object that holds an `Array`."""
    answer = twin("signal")(f)

    @wraps(f)
    def call(system: Any, *args: Any, **kwargs: Any) -> Any:
        parts = parts_of(system)
        given = arrays_in(parts, args, kwargs)
        return answer(parts if given else system, *args, **kwargs)

    return call  # type: ignore[return-value]


def _states(system: Any) -> tuple[Any, Any, Any, Any]:
    parts = [system.A, system.B, system.C, system.D] if hasattr(system, "A") else list(system)
    if len(parts) == 2:
        parts = list(tf2ss(xgrad.asarray(parts[0]), parts[1]))
    elif len(parts) == 3:
        parts = list(tf2ss(*zpk2tf(xgrad.asarray(parts[0]), parts[1], parts[2])))
    elif len(parts) != 4:
        raise ValueError(f"a system of {len(parts)} parts; expected 2, 3 or 4")
    A, B, C, D = (xgrad.atleast_2d(xgrad.asarray(v)) for v in parts)
    return A, B, C, D


@system_twin
def cont2discrete(system: Any, dt: Any, method: str = "zoh", alpha: Any = None) -> Any:
    """Make a discrete system of a continuous one; see ``scipy.signal.cont2discrete``."""
    A, B, C, D = _states(system)
    n, m = B.shape
    unit = xgrad.asarray(np.eye(n))
    if method == "zoh":
        both = xgrad.concat([xgrad.concat([A, B], axis=1) * dt, xgrad.zeros((m, n + m))])
        whole = xgrad.linalg.expm(both)
        found = whole[:n, :n], whole[:n, n:], C, D
    elif method == "foh":
        top = xgrad.concat([A * dt, B * dt, xgrad.zeros((n, m))], axis=1)
        middle = np.concatenate([np.zeros((m, n + m)), np.eye(m)], axis=1)
        both = xgrad.concat([top, xgrad.asarray(middle), xgrad.zeros((m, n + 2 * m))])
        whole = xgrad.linalg.expm(both)
        Ad, one, two = whole[:n, :n], whole[:n, n : n + m], whole[:n, n + m :]
        found = Ad, one - two + Ad @ two, C, D + C @ two
    elif method in ("gbt", "bilinear", "tustin", "euler", "forward_diff", "backward_diff"):
        fixed = {
            "bilinear": 0.5,
            "tustin": 0.5,
            "euler": 0.0,
            "forward_diff": 0.0,
            "backward_diff": 1.0,
        }
        share = fixed.get(method, alpha)
        if share is None:
            raise ValueError("cont2discrete: method='gbt' needs alpha, a number from 0 to 1")
        left = unit - share * dt * A
        Ad = xgrad.linalg.solve(left, unit + (1.0 - share) * dt * A)
        Bd = xgrad.linalg.solve(left, dt * B)
        Cd = xgrad.matrix_transpose(
            xgrad.linalg.solve(xgrad.matrix_transpose(left), xgrad.matrix_transpose(C))
        )
        found = Ad, Bd, Cd, D + share * (C @ Bd)
    elif method == "impulse":
        Ad = xgrad.linalg.expm(A * dt)
        found = Ad, Ad @ B * dt, C, C @ B * dt
    else:
        raise ValueError(f"cont2discrete: method is {method!r}; see scipy.signal.cont2discrete")
    count = 4 if hasattr(system, "A") else len(system)
    if count == 2:
        num, den = ss2tf(*found)
        return num, den, dt
    return (*found, dt)


def _recurrence(A: Any, forced: Any, start: Any) -> Any:
    """Return the states of ``x[k + 1] = A x[k] + forced[k]`` as rows, by their one equation."""
    held = raw(A.detach())

    def run(rows: Any, adjoint: bool) -> Any:
        out = np.empty_like(rows)
        matrix = held.conj() if adjoint else held.T
        order = range(len(rows) - 1, -1, -1) if adjoint else range(len(rows))
        state = np.zeros(rows.shape[1], rows.dtype)
        for k in order:
            state = out[k] = rows[k] + state @ matrix
        return out

    rows = xgrad.concat([start[None, :], forced[:-1, :]])
    turned = xgrad.matrix_transpose(A)

    def equation(x: Any) -> Any:
        before = xgrad.pad(x[:-1, :] @ turned, ((1, 0), (0, 0)))
        return x - before - rows

    return implicit(equation, run(raw(rows.detach()), False), run)


@system_twin
def dlsim(system: Any, u: Any, t: Any = None, x0: Any = None) -> Any:
    """Return the response of a discrete system to an input; see ``scipy.signal.dlsim``.

    Derivatives flow to the system's matrices, `u` and `x0`; `t` must be None.
    """
    if t is not None:
        raise NotImplementedError("dlsim: t has no derivative here; interpolate u beforehand")
    parts = list(system)
    A, B, C, D = _states(parts[:-1])
    dt = float(fixed("dlsim", dt=parts[-1]))
    u = xgrad.astype(xgrad.asarray(u), np.float64, copy=False)
    u = u[:, None] if u.ndim == 1 else u
    start = xgrad.zeros((A.shape[0],), dtype=u.dtype) if x0 is None else xgrad.asarray(x0)
    x = _recurrence(A, u @ xgrad.matrix_transpose(B), start)
    y = x @ xgrad.matrix_transpose(C) + u @ xgrad.matrix_transpose(D)
    times = np.arange(u.shape[0]) * dt
    return (times, y, x) if len(parts) == 5 else (times, y)


def _driven(name: str, system: Any, n: Any, t: Any, x0: Any, shape: str) -> Any:
    parts = list(system)
    count = 100 if n is None else int(n)
    if t is not None:
        count = len(np.asarray(fixed(name, t=t)))
    D = _states(parts[:-1])[3]
    inputs = D.shape[1]
    found = []
    for i in range(inputs):
        u = np.zeros((count, inputs))
        u[: 1 if shape == "impulse" else None, i] = 1.0
        found.append(dlsim((*(xgrad.asarray(p) for p in parts[:-1]), parts[-1]), u, None, x0)[1])
    return np.arange(count) * float(fixed(name, dt=parts[-1])), tuple(found)


@system_twin
def dimpulse(system: Any, x0: Any = None, t: Any = None, n: Any = None) -> Any:
    """Return the impulse response of a discrete system; see ``scipy.signal.dimpulse``."""
    return _driven("dimpulse", system, n, t, x0, "impulse")


@system_twin
def dstep(system: Any, x0: Any = None, t: Any = None, n: Any = None) -> Any:
    """Return the step response of a discrete system; see ``scipy.signal.dstep``."""
    return _driven("dstep", system, n, t, x0, "step")


@system_twin
def lsim(system: Any, U: Any, T: Any, X0: Any = None, interp: bool = True) -> Any:
    """Return the response of a continuous system; see ``scipy.signal.lsim``.

    Args:
        system: matrices A, B, C, D, a numerator and denominator, or zeros, poles and a gain.
        U: the input at each time; None or 0 for none.
        T: the times, evenly spaced, which have no derivative.
        X0: the state at the first.
        interp: whether the input is linear between the times, or constant.
    """
    A, B, C, D = _states(system)
    times = np.asarray(fixed("lsim", T=T), dtype=float)
    n, m = B.shape
    start = xgrad.zeros((n,)) if X0 is None else xgrad.asarray(X0)
    if U is None or (np.ndim(raw(U)) == 0 and float(raw(U)) == 0.0):
        u: Any = xgrad.zeros((len(times), m))
    else:
        u = xgrad.asarray(U)
        u = u[:, None] if u.ndim == 1 else u
    dt = times[1] - times[0] if len(times) > 1 else 1.0
    if not np.allclose(np.diff(times), dt):
        raise ValueError("lsim: T is not evenly spaced; SciPy wants it so")
    first = xgrad.linalg.expm(A * times[0]) @ start if times[0] > 0 else start
    if interp:
        top = xgrad.concat([A * dt, B * dt, xgrad.zeros((n, m))], axis=1)
        middle = np.concatenate([np.zeros((m, n + m)), np.eye(m)], axis=1)
        whole = xgrad.linalg.expm(
            xgrad.concat([top, xgrad.asarray(middle), xgrad.zeros((m, n + 2 * m))])
        )
        Ad, two = whole[:n, :n], whole[:n, n + m :]
        one = whole[:n, n : n + m] - two
        later = xgrad.concat([u[1:, :], u[-1:, :]])
        forced = u @ xgrad.matrix_transpose(one) + later @ xgrad.matrix_transpose(two)
    else:
        Ad, Bd, *_ = cont2discrete((A, B, C, D), dt)
        forced = u @ xgrad.matrix_transpose(Bd)
    x = _recurrence(Ad, forced, first)
    y = x @ xgrad.matrix_transpose(C) + u @ xgrad.matrix_transpose(D)
    return times, xgrad.squeeze(y, axis=1) if y.shape[1] == 1 else y, x


def _times(name: str, system: Any, T: Any, N: Any) -> Any:
    """Return the times of a response, as SciPy chooses them where none are given."""
    if T is not None:
        return np.asarray(fixed(name, T=T))
    held = tuple(np.asarray(raw(v.detach())) for v in _states(system))
    return chapter("signal").step(held, N=N)[0]


@system_twin
def step(system: Any, X0: Any = None, T: Any = None, N: Any = None) -> Any:
    """Return the step response of a continuous system; see ``scipy.signal.step``."""
    times = _times("step", system, T, N)
    states = _states(system)
    return lsim(states, np.ones((len(times), states[1].shape[1])), times, X0, interp=False)[:2]


@system_twin
def impulse(system: Any, X0: Any = None, T: Any = None, N: Any = None) -> Any:
    """Return the impulse response of a continuous system; see ``scipy.signal.impulse``."""
    times = _times("impulse", system, T, N)
    states = _states(system)
    start = states[1] if X0 is None else states[1] + xgrad.asarray(X0)
    start = xgrad.squeeze(start, axis=1) if start.shape[1] == 1 else start
    return lsim(states, 0.0, times, start, interp=False)[:2]


@twin("signal")
def zpk2ss(z: Any, p: Any, k: Any) -> Any:
    """Return the state space of zeros, poles and a gain; see ``scipy.signal.zpk2ss``."""
    return tf2ss(*zpk2tf(xgrad.asarray(z), p, k))


@twin("signal")
def ss2zpk(A: Any, B: Any, C: Any, D: Any, input: int = 0) -> Any:
    """Return zeros, poles and a gain of a state space; see ``scipy.signal.ss2zpk``."""
    return chapter("signal").tf2zpk(*ss2tf(xgrad.asarray(A), B, C, D, input))
