"""Integrals and differential equations, as in ``scipy.integrate``."""

from ..common import rest_of
from .boxes import dblquad, nquad, tplquad
from .bvp import solve_bvp
from .ivp import OdeResult, OdeSolution, solve_ivp
from .odes import odeint
from .quadrature import fixed_quad, quad, quad_vec, tanhsinh
from .samples import cumulative_simpson, cumulative_trapezoid, romb, simpson, trapezoid

__all__ = [
    "OdeResult",
    "OdeSolution",
    "cumulative_simpson",
    "cumulative_trapezoid",
    "dblquad",
    "fixed_quad",
    "nquad",
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

__getattr__ = rest_of("integrate")
