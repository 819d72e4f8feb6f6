"""Linear programs: the corner where the active constraints meet."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...custom.equation import implicit
from ...errors import RuleError
from ..common import arrays_in, chapter, is_tracked, raw, raws, with_derivative_of
from ..examples import of_one
from ..mistakes import told
from .equations import warn_of
from .minima import sides

__all__ = ["isotonic_regression", "linear_sum_assignment", "linprog", "milp"]


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

    places: list[Any] = []

    def add(A: Any, b: Any, at: Any) -> None:
        places.append(at)
        if len(at):
            where = xgrad.asarray(np.asarray(at))
            rows.append(xgrad.take(xgrad.asarray(A) * 1.0, where, axis=0))
            targets.append(xgrad.take(xgrad.asarray(b) * 1.0, where))

    if A_eq is None:
        places.append(())
    else:
        add(A_eq, b_eq, np.arange(plain[3].shape[0]))  # type: ignore[union-attr]
    if A_ub is None:
        places.append(())
    else:
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
    found.fun = with_derivative_of(np.asarray(found.fun), xgrad.sum(xgrad.asarray(c) * found.x))
    prices = xgrad.linalg.solve(xgrad.matrix_transpose(A), xgrad.asarray(c) * 1.0)
    _with_rest(found, parts, prices, places, (low, high))
    return found


def _with_rest(found: Any, parts: Any, prices: Any, places: Any, sides: Any) -> None:
    """Let the slacks and the prices of all constraints have their derivatives, too.

    The price of a constraint is what the minimum gains by it: as many equations with the
    transposed matrix as there are variables; that of a constraint which is not active is zero.
    """
    _, A_ub, b_ub, A_eq, b_eq, _ = parts
    edges = [(None, side) for side in sides]
    names = ("eqlin", "ineqlin", "lower", "upper")
    given = ((A_eq, b_eq), (A_ub, b_ub), *edges)
    residuals = ("con", "slack", "", "")
    start = 0
    for name, (A, b), residual, at in zip(names, given, residuals, places, strict=True):
        own, start = prices[start : start + len(at)], start + len(at)
        if b is None:
            continue
        if residual:
            left = xgrad.asarray(b) - xgrad.asarray(A) @ found.x
            found[residual] = with_derivative_of(np.asarray(found[residual]), left)
        else:
            left = found.x - xgrad.asarray(b) if name == "lower" else xgrad.asarray(b) - found.x
        if (about := found.get(name)) is not None:
            unit = np.zeros((len(at), len(about.marginals)))
            unit[np.arange(len(at)), at] = 1.0
            about.residual = with_derivative_of(np.asarray(about.residual), left)
            about.marginals = Array(np.asarray(about.marginals), (own @ xgrad.asarray(unit))._node)


@told("optimize")
def milp(
    c: Any, *, integrality: Any = None, bounds: Any = None, constraints: Any = None,
    options: Any = None,
) -> Any:  # fmt: skip
    """Minimise a linear function of integers; see ``scipy.optimize.milp``.

    The integers stay what they are near by, so that ``fun`` has a derivative by `c`. Constraints
    must not be tracked, nor may variables that are no integers be asked for.
    """
    if arrays_in(bounds, constraints) or any(
        is_tracked(getattr(x, n, None))
        for x in (bounds, *np.atleast_1d(np.asarray(constraints, dtype=object)))
        for n in ("A", "lb", "ub")
    ):
        raise NotImplementedError(
            "milp: bounds and constraints have no derivative here; linprog has them without "
            "integers"
        )
    found = chapter("optimize").milp(
        raw(c), integrality=integrality, bounds=bounds, constraints=constraints, options=options
    )
    if found.x is not None:
        value = xgrad.sum(xgrad.asarray(c) * xgrad.asarray(found.x))
        found.fun = with_derivative_of(np.asarray(found.fun), value)
    return found


@told("optimize")
@of_one("scipy.optimize.isotonic_regression")
def isotonic_regression(y: Any, *, weights: Any = None, increasing: bool = True) -> Any:
    """Return the nearest values that do not fall; see ``scipy.optimize.isotonic_regression``.

    They are means of neighbours, whose blocks stay what they are near by.
    """
    y = xgrad.asarray(y)
    w = None if weights is None else xgrad.asarray(weights)
    plain = [None if v is None else raw(v.detach()) for v in (y, w)]
    found = chapter("optimize").isotonic_regression(
        plain[0], weights=plain[1], increasing=increasing
    )
    block = xgrad.asarray(np.repeat(np.arange(len(found.blocks) - 1), np.diff(found.blocks)))
    count = len(found.blocks) - 1
    heavy = xgrad.ones_like(y) if w is None else w
    total = xgrad.segment_sum(heavy * y, block, count)
    means = total / xgrad.segment_sum(heavy, block, count)
    found.x = with_derivative_of(found.x, xgrad.take(means, block))
    if w is not None:
        found.weights = with_derivative_of(found.weights, xgrad.segment_sum(heavy, block, count))
    return found


@told("optimize")
@of_one("scipy.optimize.linear_sum_assignment")
def linear_sum_assignment(cost_matrix: Any, maximize: bool = False) -> Any:
    """Return the rows and columns of the best assignment, raw: they have no derivative."""
    plain = raw(xgrad.asarray(cost_matrix).detach()) if arrays_in(cost_matrix) else cost_matrix
    return chapter("optimize").linear_sum_assignment(plain, maximize)
