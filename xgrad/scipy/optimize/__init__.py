"""Roots and minima as differentiable functions, as in ``scipy.optimize``."""

from ..common import rest_of
from .equations import (
    bisect,
    brenth,
    brentq,
    fixed_point,
    fsolve,
    newton,
    ridder,
    root,
    root_scalar,
    toms748,
)
from .minima import minimize, minimize_scalar
from .programs import isotonic_regression, linear_sum_assignment, linprog, milp
from .squares import curve_fit, least_squares, leastsq, lsq_linear, nnls

__all__ = [
    "bisect",
    "brenth",
    "brentq",
    "curve_fit",
    "fixed_point",
    "fsolve",
    "isotonic_regression",
    "least_squares",
    "leastsq",
    "linear_sum_assignment",
    "linprog",
    "lsq_linear",
    "milp",
    "minimize",
    "minimize_scalar",
    "newton",
    "nnls",
    "ridder",
    "root",
    "root_scalar",
    "toms748",
]

__getattr__ = rest_of("optimize")
