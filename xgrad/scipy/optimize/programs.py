"""Linear programs: the corner where the active constraints meet."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...custom.equation import implicit
from ...errors import RuleError
from ..common import arrays_in, chapter, raw, raws
from ..examples import of_one
from ..mistakes import told
from .equations import warn_of
from .minima import sides

__all__ = ["linear_sum_assignment", "linprog"]


@told("optimize")
@of_one("scipy.optimize.linprog")
def linprog(
    c: Any, A_ub: Any = None, b_ub: Any = None, A_eq: Any = None, b_eq: Any = None,
    bounds: Any = (0, None), method: str = "highs", callback: Any = None, options: Any = None,
    x0: Any = None, integrality: Any = None,
) -> Any:  # fmt: skip
    """Minimise a linear function under linear constraints; see ``scipy.optimize.linprog``.

    The solution is the corner where the active constraints meet, and moves with them.

    Raises:
        RuleError: where more or fewer constraints are active than there are variables.
    """
    parts = (c, A_ub, b_ub, A_eq, b_eq, bounds)
    if not arrays_in(*parts):
        return chapter("optimize").linprog(*parts, method, callback, options, x0, integrality)
    if integrality is not None:
        raise NotImplementedError("linprog: integers have no derivative")
    plain = [None if p is None else np.asarray(raw(xgrad.asarray(p).detach())) for p in parts[:5]]
    found = chapter("optimize").linprog(*plain, raws(bounds), method, callback, options, x0)
    if not found.success:
        warn_of("linprog", found.message)
        return found
    x, n = np.asarray(found.x), len(found.x)
    rows: list[Any] = []
    targets: list[Any] = []

    def add(A: Any, b: Any, at: Any) -> None:
        if len(at):
            where = xgrad.asarray(np.asarray(at))
            rows.append(xgrad.take(xgrad.asarray(A) * 1.0, where, axis=0))
            targets.append(xgrad.take(xgrad.asarray(b) * 1.0, where))

    if A_eq is not None:
        add(A_eq, b_eq, np.arange(plain[3].shape[0]))  # type: ignore[union-attr]
    if A_ub is not None:
        slack = plain[2] - plain[1] @ x
        size = np.maximum(1.0, np.abs(np.asarray(plain[2])))
        add(A_ub, b_ub, np.flatnonzero(np.abs(slack) <= 1e-8 * size))
    single = isinstance(bounds, (tuple, list)) and len(bounds) == 2 and not np.ndim(raw(bounds[0]))
    low, high = sides([bounds] * n if single else bounds, n)
    for side in (low, high):
        edge = np.asarray(raw(side))
        add(np.eye(n), side, np.flatnonzero(np.abs(x - edge) <= 1e-8 * np.maximum(1.0, np.abs(x))))
    count = sum(r.shape[0] for r in rows)
    if count != n:
        raise RuleError(
            f"linprog: {count} constraints are active at the solution, of {n} variables: it is not "
            "one corner where as many meet, and has no derivative"
        )
    A, b = xgrad.concat(rows), xgrad.concat(targets)
    found.x = implicit(lambda v: A @ v - b, x)
    found.fun = Array(np.asarray(found.fun), xgrad.sum(xgrad.asarray(c) * found.x)._node)
    return found


@told("optimize")
@of_one("scipy.optimize.linear_sum_assignment")
def linear_sum_assignment(cost_matrix: Any, maximize: bool = False) -> Any:
    """Return the rows and columns of the best assignment, raw: they have no derivative."""
    plain = raw(xgrad.asarray(cost_matrix).detach()) if arrays_in(cost_matrix) else cost_matrix
    return chapter("optimize").linear_sum_assignment(plain, maximize)
