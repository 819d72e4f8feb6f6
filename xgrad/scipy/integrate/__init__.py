"""Integrals and differential equations, as in ``scipy.integrate``."""

from typing import Any

from ...errors import NotDifferentiableError
from ..common import is_tracked, rest_of, stands_for
from .boxes import dblquad, nquad, tplquad
from .bvp import solve_bvp
from .dense import OdeSolution
from .ivp import OdeResult, solve_ivp
from .odes import odeint
from .quadrature import fixed_quad, quad, quad_vec, tanhsinh
from .samples import cumulative_simpson, cumulative_trapezoid, romb, simpson, trapezoid
from .series import nsum

__all__ = [
    "OdeResult",
    "OdeSolution",
    "cumulative_simpson",
    "cumulative_trapezoid",
    "dblquad",
    "fixed_quad",
    "nquad",
    "nsum",
    "odeint",
    "quad",
    "quad_vec",
    "romb",
    "simpson",
    "solve_bvp",
    "solve_ivp",
    "tanhsinh",
    "tplquad",
    "trapezoid",
]


def patch(module: Any) -> None:
    """Have SciPy's older interface name what to use where it is given a tracked array."""
    for name in ("__init__", "set_f_params", "set_jac_params", "set_initial_value"):
        own = getattr(module.ode, name)
        if not hasattr(own, "xgrad_original"):
            setattr(module.ode, name, _unless_tracked(own))


def _unless_tracked(own: Any) -> Any:
    @stands_for(own)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        given = [*args, *kwargs.values()]
        cells = [c for f in given for c in getattr(f, "__closure__", None) or ()]
        if is_tracked(given, [c.cell_contents for c in cells]):
            name = "ode" if own.__name__ == "__init__" else f"ode.{own.__name__}"
            raise NotDifferentiableError(
                f"integrate.{name}: got a tracked array, and ode has no derivative. "
                "Use scipy.integrate.solve_ivp(f, (t0, t1), y0, args=...), which has one"
            )
        return own(self, *args, **kwargs)

    return call


__getattr__ = rest_of("integrate")
