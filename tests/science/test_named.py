# Tests of xgrad/scipy
"""Each function that `xgrad.scipy` is about is called by a program of each order of derivative.

A program's value is compared with SciPy's, its vjp, jvp and second order with differences, and the
two modes with each other; see `programs.check`.
"""

from __future__ import annotations

import types
import warnings
from typing import Any

import numpy as np
import scipy

from .rows import programs
from .test_cupy_names import NAMED

MORE = {
    "linalg": "cholesky inv eigvals_banded solve_circulant solve_lyapunov orth null_space",
    "sparse": "diags vstack hstack block_diag tril triu eye_array",
    "spatial.distance": "cityblock chebyshev canberra braycurtis correlation jensenshannon",
    "integrate": "tplquad fixed_quad solve_bvp nsum",
    "stats": "norm gamma beta t poisson binom kstest theilslopes boxcox order_statistic",
    "optimize": "minimize_scalar newton curve_fit lsq_linear leastsq fixed_point",
}
"""What else is asked for often, by chapter."""
FIRST = {
    "integrate.nsum": "by order 1: seconds for each product with a Hessian",
    "integrate.solve_bvp": "in test_integrate.py, without a program",
    "integrate.tplquad": "as dblquad, by the same lines, but for a hundred times as long",
    "optimize.leastsq": "by order 1: as least_squares, but with MINPACK's accuracy",
    "stats.kstest": "by order 1: its second derivative is that of a density",
}
"""Those without a program of second order, and why."""


class Seen:
    """SciPy's chapters, which note what is looked up in them."""

    def __init__(self, own: Any, path: str, found: set[str]) -> None:
        self._own, self._path, self._found = own, path, found

    def __getattr__(self, name: str) -> Any:
        found, path = getattr(self._own, name), f"{self._path}.{name}".lstrip(".")
        if isinstance(found, types.ModuleType):
            return Seen(found, path, self._found)
        self._found.add(path)
        return found


def orders() -> dict[str, int]:
    """Return by name the highest order of derivative that a program of it is checked for."""
    known: dict[str, int] = {}
    for _, program in programs():
        found: set[str] = set()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            args = [np.array(x, np.result_type(x, 0.0)) for x in program.args]
            program.f(Seen(scipy, "", found), np, *args)
        for path in found:
            known[path] = max(known.get(path, 0), program.order)
    return known


def test_every_named_function_has_programs_of_both_orders() -> None:
    known = orders()
    wanted = {c: f"{names} {MORE.get(c, '')}".split() for c, names in NAMED.items()}
    paths = [f"{chapter}.{name}" for chapter, names in wanted.items() for name in names]
    lacking = {path: known.get(path, 0) for path in paths if known.get(path, 0) < 2}
    assert lacking.keys() == FIRST.keys(), lacking
