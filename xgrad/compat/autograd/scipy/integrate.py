"""Ordinary differential equations, with the gradient by the adjoint equation."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.integrate as _scipy

import xgrad

from .. import refused
from ..border import make_vjp
from ..extend import defvjp_argnums, primitive
from ..misc.flatten import flatten

__getattr__ = refused.lookup(__name__, _scipy)


@primitive
def odeint(func: Any, y0: Any, t: Any, args: Any = (), **kwargs: Any) -> Any:
    """Integrate ``dy/dt = func(y, t, *args)`` from `y0`, as ``scipy.integrate.odeint``.

    Derivatives flow to `y0`, `t` and `args`; `func` must get all that is tracked by `args`.
    """
    return _scipy.odeint(func, y0, t, args, **kwargs)


def _odeint_vjp(argnums: Any, yt: Any, given: Any, kwargs: Any) -> Any:
    # The adjoint method: the cotangent of y, and the integrals that give those of t and the
    # arguments, are carried back in one system with y itself (Froehlich et al., arXiv:1711.08079).
    func, _, t, *rest = given
    args = rest[0] if rest else ()
    flat_args, unflatten = flatten(args)
    steps, size = yt.shape

    def flat_func(values: Any) -> Any:
        y, t, flat = values
        return func(y, t, *unflatten(flat))

    def backward(state: Any, t: Any, flat: Any) -> Any:
        vjp, slope = make_vjp(flat_func, (state[:size], t, flat))
        of_y, of_t, of_args = vjp(-state[size : 2 * size])
        parts = (slope, of_y, of_t, of_args)
        return xgrad.concat([xgrad.reshape(xgrad.asarray(x), (-1,)) for x in parts])

    def vjp(g: Any) -> Any:
        of_y, of_t0 = g[-1, :], 0.0 * t[:1]
        of_args = xgrad.zeros_like(flat_args) if len(flat_args) else xgrad.asarray(np.zeros(0))
        of_times = []
        for i in range(steps - 1, 0, -1):
            slope = xgrad.asarray(func(yt[i, :], t[i], *args))
            of_t = xgrad.reshape(xgrad.vecdot(slope, g[i, :]), (1,))
            of_times.append(of_t)
            state = xgrad.concat([yt[i, :], of_y, of_t0 - of_t, xgrad.asarray(of_args)])
            times = xgrad.stack([t[i], t[i - 1]])
            state = odeint(backward, state, times, (flat_args,), **kwargs)[1, :]
            of_y = state[size : 2 * size] + g[i - 1, :]
            of_t0, of_args = state[2 * size : 2 * size + 1], state[2 * size + 1 :]
        of_times.append(of_t0)
        found = (None, of_y, xgrad.concat(of_times[::-1]), unflatten(of_args))
        return [found[i] for i in argnums]

    return vjp


defvjp_argnums(odeint, _odeint_vjp)
