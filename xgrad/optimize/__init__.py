"""Optimisers of functions of pytrees, with exact derivatives.

`minimize`, `least_squares`, `root` and `curve_fit` are SciPy's solvers, given the derivatives that
they would otherwise approximate by differences. `lbfgs` and `levenberg_marquardt` are our own, and
keep every vector on the device of the parameters.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad.optimize import minimize
    >>> f = lambda p: xg.sum((p["a"] - 1) ** 2) + (p["b"] + 2) ** 2
    >>> result = minimize(f, {"a": np.zeros(2), "b": 0.0})
    >>> result.x["a"].round(3), round(float(result.x["b"]), 3)
    (array([1., 1.]), -2.0)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..names import find
from .lbfgs import lbfgs
from .least_squares import curve_fit, least_squares, root
from .lm import levenberg_marquardt
from .minimizing import minimize
from .results import Result

__all__ = [
    "Result",
    "curve_fit",
    "lbfgs",
    "least_squares",
    "levenberg_marquardt",
    "minimize",
    "root",
]


if not TYPE_CHECKING:  # for checkers there are no other names

    def __getattr__(name):
        return find(__name__, name)
