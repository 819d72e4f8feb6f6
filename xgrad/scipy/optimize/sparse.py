"""Jacobians with few entries, for the solvers of large problems and for their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...custom.equation import SINGULAR
from ...engine import tape
from ...errors import MissingFunctionError, RuleError, TracedConversionError
from ..common import joined
from ..jacobians import sparse_jacobian

__all__ = ["Factors", "inverse_of", "sparse_or_none"]

Function = Callable[..., Any]
WIDE = 200
"""From how many unknowns on a Jacobian is looked at for its zeros."""
FEW = 0.1
"""How many colours, in proportion to the unknowns, a Jacobian has at most that is called sparse."""


def sparse_or_none(f: Function, x: Any) -> Any:
    """Return ``jac(x)``, the sparse Jacobian of a function of a vector; None if it is dense."""
    if x.ndim != 1 or len(x) < WIDE or x.dtype.kind != "f":
        return None
    jac: Any = sparse_jacobian(lambda v: xgrad.reshape(xgrad.asarray(joined(f(v))), (-1,)))

    def made(v: Any) -> Any:
        with tape.recording(False):
            found = jac(np.asarray(v))
        return found.plain() if hasattr(found, "plain") else found

    try:
        made(x)
    except (MissingFunctionError, TracedConversionError):
        return None
    return made if jac.colours.count <= FEW * len(x) else None


class Factors:
    """The factors of a sparse Jacobian, made when they are first asked for."""

    def __init__(self, jac: Function, x: Any) -> None:
        self.jac, self.x = jac, x
        self.lu: Any = None

    def update(self, x: Any, f: Any = None) -> None:
        """Take another point, as SciPy's Krylov solvers say that they have one."""
        self.x, self.lu = x, None

    def __call__(self, b: Any, adjoint: bool = False) -> Any:
        """Return the solution with the Jacobian, or with its adjoint."""
        from scipy.sparse.linalg import splu

        if self.lu is None:
            try:
                self.lu = splu(self.jac(self.x).tocsc())
            except RuntimeError as error:
                raise RuleError(SINGULAR) from error
        return self.lu.solve(np.ravel(b), "H" if adjoint else "N").reshape(np.shape(b))


def inverse_of(equation: Function, x: Any) -> Factors | None:
    """Return what solves with the Jacobian of an equation if that is sparse, for ``implicit``."""
    if not tape.is_recording():
        return None
    jac = sparse_or_none(equation, np.asarray(x))
    return None if jac is None else Factors(jac, np.asarray(x))


def preconditioner(jac: Function, x: Any) -> Any:
    """Return the inverse of a sparse Jacobian, which follows the point where a solver is."""
    from scipy.sparse.linalg import LinearOperator

    factors, n = Factors(jac, x), len(x)
    made: Any = LinearOperator((n, n), matvec=factors, dtype=np.float64)
    made.update = factors.update
    return made


def hessian_of(objective: Function, method: str, x: Any) -> dict[str, Any]:
    """Return the second derivatives that a method of `minimize` wants, by its names for them."""
    gradient = xgrad.grad(lambda v: xgrad.reshape(xgrad.asarray(objective(v)), ()))

    def product(v: Any, t: Any, *_: Any) -> Any:
        with tape.recording(True):
            return np.asarray(
                xgrad.jvp(gradient, (Array(v),), (Array(np.asarray(t)),))[1].detach()._raw
            )

    def dense(v: Any, *_: Any) -> Any:
        with tape.recording(True):
            return np.asarray(xgrad.jacfwd(gradient)(Array(v)).detach()._raw)

    if method in ("newton-cg", "trust-ncg", "trust-krylov"):
        return {"hessp": product}
    if method in ("dogleg", "trust-exact"):
        return {"hess": dense}
    if method == "trust-constr":
        jac = sparse_or_none(gradient, x)
        return {"hess": (lambda v, *_: jac(v)) if jac is not None else dense}
    return {}
