"""What an optimiser returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_STATIC: dict[str, Any] = {"static": True}


@dataclass(frozen=True)
class Result:
    """The outcome of an optimisation; it is a pytree, of its first three fields.

    Attributes:
        x: the solution, in the structure, on the backend and of the dtypes of the start.
        fun: the value of the function there: a number, or the residuals.
        jac: the gradient or Jacobian there, with respect to `x` as one vector; None if unknown.
        success: whether the solver reached its tolerance.
        message: why it stopped.
        nit: the number of iterations.
        nfev: the number of evaluations of the function.
        details: SciPy's own result, whose arrays are vectors; None for our own solvers.
    """

    x: Any
    fun: Any
    jac: Any
    success: bool = field(metadata=_STATIC)
    message: str = field(metadata=_STATIC)
    nit: int = field(metadata=_STATIC)
    nfev: int = field(metadata=_STATIC)
    details: Any = field(default=None, metadata=_STATIC, repr=False, compare=False)
