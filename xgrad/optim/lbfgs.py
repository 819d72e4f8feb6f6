"""L-BFGS with a line search that meets the strong Wolfe conditions.

Nocedal & Wright, Numerical Optimization, 2nd ed. (2006): algorithm 7.4 for the direction, and the
line search of `xgrad.optimize.lbfgs`, algorithms 3.5 and 3.6. Vectors stay where the parameters
are; only the numbers that decide, a value and a slope at each evaluation, come to the host.

This one can be left and taken up again, and step without a search, as training needs it;
`xgrad.optimize.lbfgs` is its sibling beside SciPy's solvers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import xgrad as xg

from .. import tree as trees
from ..optimize.lbfgs import strong_wolfe

_EPSILON = 2.2e-16


class Point(NamedTuple):
    """A point of a line: how far it is, the value, the slope along the line, and the gradient."""

    t: float
    value: float
    slope: float
    gradient: Any


@dataclass
class LBFGSState:
    """What L-BFGS remembers: recent steps and the changes of the gradient along them.

    Attributes:
        count: how many steps there were in all.
        steps: the recent steps, vectors, the oldest first.
        changes: how the gradient changed along each of them.
    """

    count: int = 0
    steps: list[Any] = field(default_factory=list)
    changes: list[Any] = field(default_factory=list)


@dataclass
class Result:
    """Where a minimisation ended.

    Attributes:
        params: the parameters.
        value: the value of the function there.
        gradient_norm: the largest size of an element of the gradient there.
        iterations: how many steps there were.
        evaluations: how often the function was called.
        converged: whether a tolerance was met.
        message: why it ended.
        state: what `LBFGS.minimize` can go on from.
    """

    params: Any
    value: float
    gradient_norm: float
    iterations: int
    evaluations: int
    converged: bool
    message: str
    state: LBFGSState = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class LBFGS:
    """A quasi-Newton method for smooth functions without noise.

    Attributes:
        lr: the length of the first trial step along a direction; 1 lets Newton's steps be.
        max_iter: the largest number of iterations of one call.
        history_size: how many steps are remembered.
        tolerance_grad: ends where no element of the gradient is larger.
        tolerance_change: ends where no parameter, nor the value, changes by more.
        line_search: ``"strong_wolfe"``, or None for steps of length `lr` without a search.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import optim
    >>> def rosenbrock(x):
    ...     return xg.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
    >>> found = optim.LBFGS(max_iter=200).minimize(rosenbrock, np.zeros(5))
    >>> found.converged, found.params.round(6).tolist()
    (True, [1.0, 1.0, 1.0, 1.0, 1.0])
    """

    lr: float = 1.0
    max_iter: int = 100
    history_size: int = 10
    tolerance_grad: float = 1e-7
    tolerance_change: float = 1e-12
    line_search: str | None = "strong_wolfe"

    def __post_init__(self) -> None:
        if self.line_search not in ("strong_wolfe", None):
            raise ValueError(
                f"LBFGS: line_search is {self.line_search!r}; expected 'strong_wolfe' or None"
            )
        for name in ("lr", "max_iter", "history_size"):
            if getattr(self, name) <= 0:
                raise ValueError(
                    f"LBFGS: {name} is {getattr(self, name)}; expected a positive number"
                )

    def minimize(
        self,
        f: Callable[[Any], Any],
        params: Any,
        state: LBFGSState | None = None,
        *,
        callback: Callable[[int, float], None] | None = None,
    ) -> Result:
        """Minimise a function of a pytree from given parameters on.

        Args:
            f: a function that returns a real scalar.
            params: where to start.
            state: what an earlier call ended with, to go on from there.
            callback: is called with the number and the value of each iteration.

        Returns:
            A `Result`: the parameters, the value there, and why it ended.

        Raises:
            ValueError: if the function is not finite where it starts.
        """
        line = _Line(f, params)
        state = LBFGSState() if state is None else state
        steps, changes, count = list(state.steps), list(state.changes), state.count
        x = line.vector(trees.leaves(params))
        here = line.at(x)
        converged, message = False, f"{self.max_iter} iterations"
        done = 0
        if not math.isfinite(here.value):
            raise ValueError(f"LBFGS: the function is {here.value} where it starts")
        while done < self.max_iter:
            largest = float(xg.max(xg.abs(here.gradient)))
            if largest <= self.tolerance_grad:
                converged, message = True, "the gradient is small enough"
                break
            d = _direction(here.gradient, steps, changes)
            slope = float(xg.sum(here.gradient * d))
            if not slope < 0:  # what is remembered does not fit here: start afresh
                steps, changes = [], []
                d = -here.gradient
                slope = -float(xg.sum(xg.square(d)))
            first = count == 0
            t = min(1.0, 1.0 / float(xg.sum(xg.abs(here.gradient)))) * self.lr if first else self.lr
            start = Point(0.0, here.value, slope, here.gradient)
            if self.line_search is None:
                there = line.at(x + t * d, t, d)
            else:
                there = _searched(line, x, d, start, t)
            done, count = done + 1, count + 1
            if there.t == 0.0:
                message = "no lower point was found along the direction"
                break
            step = there.t * d
            change = there.gradient - here.gradient
            if float(xg.sum(change * step)) > _EPSILON * float(xg.sum(change * change)):
                steps, changes = (
                    [*steps, step][-self.history_size :],
                    [*changes, change][-self.history_size :],
                )
            x, previous, here = x + step, here, there
            if callback is not None:
                callback(count, here.value)
            moved = float(xg.max(xg.abs(step)))
            if moved <= self.tolerance_change or (
                abs(here.value - previous.value) < self.tolerance_change
            ):
                converged, message = True, "the last step changed nearly nothing"
                break
        return Result(
            line.params(x),
            here.value,
            float(xg.max(xg.abs(here.gradient))),
            done,
            line.evaluations,
            converged,
            message,
            LBFGSState(count, steps, changes),
        )


class _Line:
    """A function of a pytree as one of a vector."""

    def __init__(self, f: Callable[[Any], Any], params: Any) -> None:
        self.leaves, self.structure = trees.flatten(params)
        self.first = trees.ties(self.leaves)
        if not self.leaves:
            raise ValueError("LBFGS: the parameters hold no arrays")
        self.f = xg.value_and_grad(f)
        self.evaluations = 0

    def vector(self, leaves: list[Any]) -> Any:
        own = [p for i, p in enumerate(leaves) if self.first[i] == i]
        parts = [xg.reshape(xg.asarray(p).detach(), (-1,)) for p in own]
        return parts[0] if len(parts) == 1 else xg.concat(parts, axis=0)

    def params(self, x: Any) -> Any:
        found: list[Any] = []
        at = 0
        for i, p in enumerate(self.leaves):
            if self.first[i] != i:
                found.append(found[self.first[i]])
                continue
            shape = tuple(getattr(p, "shape", ()))
            n = math.prod(shape)
            part = xg.reshape(x[at : at + n], shape)
            part = xg.astype(part, xg.asarray(p).dtype, copy=False)
            found.append(part if isinstance(p, xg.Array) else part.data)
            at += n
        return self.structure.unflatten(found)

    def at(self, x: Any, t: float = 0.0, d: Any = None) -> Point:
        """Return the value and gradient at a point, and the slope along a direction."""
        self.evaluations += 1
        value, gradient = self.f(self.params(x))
        g = self.vector(trees.gathered(trees.leaves(gradient), self.first))
        slope = 0.0 if d is None else float(xg.sum(g * d))
        return Point(t, float(value), slope, g)


def _direction(g: Any, steps: list[Any], changes: list[Any]) -> Any:
    """Return minus the gradient times the approximate inverse of the Hessian: algorithm 7.4."""
    if not steps:
        return -g
    q = -g
    rho = [1 / xg.sum(y * s) for s, y in zip(steps, changes, strict=True)]
    alphas = []
    for s, y, r in zip(reversed(steps), reversed(changes), reversed(rho), strict=True):
        a = r * xg.sum(s * q)
        alphas.append(a)
        q = q - a * y
    y, s = changes[-1], steps[-1]
    q = q * (xg.sum(s * y) / xg.sum(y * y))  # equation 7.20
    for s, y, r, a in zip(steps, changes, rho, reversed(alphas), strict=True):
        q = q + (a - r * xg.sum(y * q)) * s
    return q


def _searched(line: _Line, x: Any, d: Any, start: Point, t: float) -> Point:
    """Return a point along a direction that meets the Wolfe conditions, or else the start."""
    found = {0.0: start}

    def at(t: float) -> tuple[float, float]:
        if t not in found:
            found[t] = line.at(x + t * d, t, d)
        return found[t].value, found[t].slope

    end = strong_wolfe(at, start.value, start.slope, t)
    return start if end is None else found[end]
