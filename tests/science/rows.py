"""Programs of SciPy's chapters as rows of the op table, so that its generic checks run on them."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

import numpy as np
import scipy

import xgrad as xg
from xgrad.testing import CHECKS, Place, Row, Sample
from xgrad.testing.cases import fixed

from .programs import Program, leaves

CHAPTERS = "integrate interpolate linalg ndimage optimize signal sparse spatial stats".split()
"""The chapters, each with a table of programs in its test file."""

GENERIC = ("taped", "alone", "jacobians", "single")
"""The checks of the op table that a program does not make by itself; see `programs.check`."""


def programs() -> list[tuple[str, Program]]:
    """Return every program with its chapter."""
    return [
        (chapter, program)
        for chapter in CHAPTERS
        for program in import_module(f"{__package__}.test_{chapter}").PROGRAMS
    ]


def row_of(program: Program) -> Row:
    """Return the row of a program: one sample, whose derivatives are by all of its arrays."""
    arrays = [np.asarray(x) for x in program.args]
    is_complex = any(x.dtype.kind == "c" for x in arrays)
    specs = tuple(fixed(x, "real" if is_complex and x.dtype.kind != "c" else "any") for x in arrays)

    def function(*xs: Any) -> list[Any]:
        return [xg.asarray(y) for y in leaves(program.f(xg.scipy, xg, *xs))]

    return Row(
        program.name,
        (Sample(specs),),
        dtypes="c" if is_complex else "f",
        function=function,
        reference=lambda *xs: leaves(program.f(scipy, np, *xs)),
        keeps=None,
        order=program.order,
    )


class _OfStages(Place):
    """NumPy, whose product of an equation's stages rounds by where they lie in memory."""

    rounds_by_layout = True


def check_generic(program: Program) -> None:
    """Raise an AssertionError if a generic check fails, in as far as the method is exact.

    What is iterated to a tolerance has no last digits to compare, nor others in single precision.
    """
    kind = _OfStages if program.name.startswith("solve_ivp") else Place
    row, place = row_of(program), kind.named("numpy")
    exact = ("taped", "alone") if program.value > 1e-9 else GENERIC
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", BEYOND_SINGLE)
        for name in exact:
            if program.name not in KNOWN.get(name, {}):
                CHECKS[name](row, place)


BEYOND_SINGLE = ".*(no convergence|did not converge|may be inaccurate|same type precision)"
"""What solvers warn of where a program's tolerance is beyond single precision."""


ADJOINT = "an adjoint's own steps follow its rounding"
DENSE = "by times alone SciPy's solution is what is differentiated, else the equation"
SIGNS = "LAPACK chooses other signs in single precision"
KNOWN: dict[str, dict[str, str]] = {
    "single": {
        "logm": "SciPy warns that it is not exact in single precision",
        "schur": SIGNS,
        "eigh_tridiagonal": SIGNS,
        "morphology": "numbers that differ in double precision are equal",
    },
    "taped": {
        "splines of images": "SciPy's sums end earlier in single precision",
        "zipf": "differences of zeta functions round",
        "lsq_linear": "SciPy's takes no single precision",
        "lsq_linear, cost": "SciPy's takes no single precision",
        "norm": "SciPy begins somewhere at random",
        "gcrotmk": "SciPy's divides by zero in single precision",
        "solve_ivp continuous DOP853": ADJOINT,
        "solve_ivp continuous Radau": ADJOINT,
    },
    "alone": {
        "solve_ivp continuous DOP853": ADJOINT,
        "solve_ivp continuous Radau": ADJOINT,
        "solve_ivp dense DOP853": DENSE,
        "solve_ivp dense Radau": DENSE,
    },
}
"""By check, the programs that it leaves out, and why."""
