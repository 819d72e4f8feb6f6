"""`odeint`: the older spelling of differential equations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ..common import arrays_in, chapter, joined, outside, raw, raws, with_derivative_of
from ..examples import of_one
from ..mistakes import told
from .ivp import solve_ivp

__all__ = ["odeint"]


_DEFAULT = 1.49012e-8
"""ODEPACK's tolerance."""


@told("integrate")
@of_one("scipy.integrate.odeint")
def odeint(
    func: Callable[..., Any],
    y0: Any,
    t: Any,
    args: Any = (),
    Dfun: Any = None,
    col_deriv: bool = False,
    full_output: bool = False,
    ml: Any = None,
    mu: Any = None,
    rtol: Any = None,
    atol: Any = None,
    tcrit: Any = None,
    h0: float = 0.0,
    hmax: float = 0.0,
    hmin: float = 0.0,
    ixpr: bool = False,
    mxstep: int = 0,
    mxhnil: int = 0,
    mxordn: int = 12,
    mxords: int = 5,
    printmessg: bool = False,
    tfirst: bool = False,
) -> Any:
    """Solve ``dy/dt = func(y, t, *args)`` by LSODA; see ``scipy.integrate.odeint``.

    The values are those of ODEPACK; derivatives are those of `solve_ivp` with the same method and
    tolerances, by `y0`, `t`, `args` and whatever `func` closes over.

    Returns:
        The states as rows, one for each time, and with `full_output` SciPy's dict.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import scipy
    >>> end = lambda k: scipy.integrate.odeint(lambda y, t: -k * y, [1.0], np.asarray([0.0, 1.0]))
    >>> round(float(xg.grad(lambda k: end(k)[-1, 0])(0.5)), 5)
    -0.60653
    """
    given = tuple(args) if isinstance(args, (tuple, list)) else (args,)
    start, times = (_floating(xgrad.asarray(joined(x))) for x in (y0, t))
    start = start.reshape((1,)) if start.ndim == 0 else start

    def forward(t: Any, y: Any, *more: Any) -> Any:
        return func(t, y, *more) if tfirst else func(y, t, *more)

    options = {
        "Dfun": Dfun and outside(Dfun),
        "col_deriv": col_deriv,
        "ml": ml,
        "mu": mu,
        "rtol": rtol,
        "atol": atol,
        "tcrit": tcrit,
        "h0": h0,
        "hmax": hmax,
        "hmin": hmin,
        "ixpr": ixpr,
        "mxstep": mxstep,
        "mxhnil": mxhnil,
        "mxordn": mxordn,
        "mxords": mxords,
    }
    if start.ndim != 1 or times.ndim != 1:
        name, x = ("y0", start) if start.ndim != 1 else ("t", times)
        raise ValueError(f"odeint: {name} has shape {x.shape}; expected a vector")
    found = chapter("integrate").odeint(
        outside(func), raw(start), raw(times), raws(given), full_output=True,
        printmessg=printmessg, tfirst=tfirst, **options,
    )  # fmt: skip
    values, about = found
    out = Array(values) if arrays_in(y0, t, args) else values
    if times.shape[0] > 1 and np.all(np.isfinite(values)):
        steps: dict[str, Any] = {"rtol": _DEFAULT if rtol is None else rtol}
        steps["atol"] = _DEFAULT if atol is None else atol
        if hmax:
            steps["max_step"] = hmax
        span = (times[0], times[-1])
        y = solve_ivp(forward, span, start, "LSODA", t_eval=times, args=given, **steps).y
        if isinstance(y, Array) and y._node is not None:
            out = with_derivative_of(values, xgrad.matrix_transpose(y))
    return (out, about) if full_output else out


def _floating(x: Array) -> Array:
    return x if x.dtype.kind == "f" else xgrad.astype(x, np.float64)
