"""`lbfgs`: a quasi-Newton method whose vectors stay on the device of the parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad
from xgrad.backends import creating_like
from xgrad.scipy.examples import of_one

from .progress import Stopped, Watch
from .results import Result
from .vectors import Space

Evaluate = Callable[[float], tuple[float, float]]


@of_one("optimize.lbfgs")
def lbfgs(
    f: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    history: int = 10,
    max_iterations: int = 1000,
    tol: float = 1e-6,
    callback: Callable[[Any], Any] | None = None,
    progress: bool = False,
) -> Result:
    """Minimise a scalar function of a pytree by L-BFGS, on the device of the parameters.

    Only the value and the slope along the step, two numbers in an evaluation, come to the host. The
    line search meets the strong Wolfe conditions (Nocedal and Wright 2006, algorithms 7.5, 3.5).

    Args:
        f: ``f(x, *args)`` returns a real scalar.
        x0: where to start, a pytree of arrays and numbers on one device.
        args: more arguments of `f`.
        history: how many steps to remember.
        max_iterations: how many steps to take at most.
        tol: stop when no component of the gradient is larger.
        callback: ``callback(x)`` after each iteration; it stops by returning True.
        progress: whether to show a line on stderr.

    Returns:
        A `Result`, whose ``x`` has the structure of `x0`.

    >>> import numpy as np, xgrad as xg
    >>> xg.optimize.lbfgs(lambda x: xg.sum((x - 3.0) ** 4), np.zeros(2), tol=1e-10).x.round(2)
    array([3., 3.])
    """
    space = Space("lbfgs", x0)
    value_and_grad = xgrad.value_and_grad(space.on_vectors(f, args))
    steps: list[tuple[Any, Any, Any]] = []
    evaluations = 1
    x = space.start
    with creating_like(x), Watch(callback, progress) as watch:
        value, g = value_and_grad(x)
        watch.value, message = _number(value), ""
        while not message:
            watch.slope = _number(xgrad.max(xgrad.abs(g)))
            if watch.slope <= tol:
                message = f"The gradient is below the tolerance {tol:g}."
                break
            if watch.nit >= max_iterations:
                message = f"The limit of {max_iterations} iterations is reached."
                break
            p = _direction(g, steps)
            line = _Line(value_and_grad, x, p)
            first = 1.0 if steps else min(1.0, 1 / _number(xgrad.sum(xgrad.abs(g))))
            slope = _number(xgrad.vecdot(g, p))
            step = strong_wolfe(line, _number(value), slope, first)
            evaluations += line.count
            if step is None:
                message = "The line search finds no lower value: the precision is exhausted."
                break
            _, _, value, new, y = line.at[step]
            s, change = step * p, y - g
            curvature = xgrad.vecdot(s, change)
            if _number(curvature) > 1e-10 * _number(xgrad.vecdot(change, change)):
                steps = [*steps[1 - history :], (s, change, 1 / curvature)]
            x, g = new, y
            watch.value = _number(value)
            try:
                watch.step(lambda x=x: space.home(x))  # type: ignore[misc]
            except Stopped:
                message = "Stopped by the callback."
    success = watch.slope is not None and watch.slope <= tol
    return Result(space.home(x), watch.value, g, success, message, watch.nit, evaluations)


def _direction(g: Any, steps: list[tuple[Any, Any, Any]]) -> Any:
    """Return minus the inverse Hessian times the gradient, by the two-loop recursion."""
    q, factors = g, []
    for s, y, rho in reversed(steps):
        a = rho * xgrad.vecdot(s, q)
        factors.append(a)
        q = q - a * y
    if steps:
        s, y, rho = steps[-1]
        q = q / (rho * xgrad.vecdot(y, y))
    for (s, y, rho), a in zip(steps, reversed(factors), strict=True):
        q = q + (a - rho * xgrad.vecdot(y, q)) * s
    return -q


class _Line:
    """The function along a line, and what was found there."""

    def __init__(self, value_and_grad: Any, x: Any, p: Any) -> None:
        self.value_and_grad, self.x, self.p = value_and_grad, x, p
        self.at: dict[float, tuple[float, float, Any, Any, Any]] = {}
        self.count = 0

    def __call__(self, step: float) -> tuple[float, float]:
        if step not in self.at:
            x = self.x + step * self.p
            value, g = self.value_and_grad(x)
            self.count += 1
            self.at[step] = _number(value), _number(xgrad.vecdot(g, self.p)), value, x, g
        return self.at[step][:2]


def strong_wolfe(
    line: Evaluate,
    value: float,
    slope: float,
    step: float,
    c1: float = 1e-4,
    c2: float = 0.9,
) -> float | None:
    """Return a step that meets the strong Wolfe conditions, or None if there is none to be found.

    Args:
        line: gives the value and the slope at a step.
        value: the value at 0.
        slope: the slope at 0, which must be negative.
        step: the first step to try.
        c1: how much of the promised decrease there must be.
        c2: how much of the slope may remain.
    """
    if not slope < 0:
        return None
    low = (0.0, value, slope)
    for i in range(30):
        new = (step, *line(step))
        if not np.isfinite(new[1]):
            step = (low[0] + step) / 2
            continue
        if new[1] > value + c1 * step * slope or (i and new[1] >= low[1]):
            return _zoom(line, value, slope, low, new, c1, c2)
        if abs(new[2]) <= -c2 * slope:
            return step
        if new[2] >= 0:
            return _zoom(line, value, slope, new, low, c1, c2)
        low, step = new, 2 * step
    return None


def _zoom(
    line: Evaluate, value: float, slope: float, low: Any, high: Any, c1: float, c2: float
) -> float | None:
    """Return a good step between the best one so far, and one on the other side of the minimum."""
    for _ in range(30):
        step = _cubic_minimum(low, high)
        new = (step, *line(step))
        if not np.isfinite(new[1]) or new[1] > value + c1 * step * slope or new[1] >= low[1]:
            high = new
        else:
            if abs(new[2]) <= -c2 * slope:
                return step
            if new[2] * (high[0] - low[0]) >= 0:
                high = low
            low = new
        if abs(high[0] - low[0]) <= 1e-14 * max(abs(low[0]), abs(high[0])):
            break
    return float(low[0]) if low[1] < value else None


def _cubic_minimum(a: Any, b: Any) -> float:
    """Return the minimum of the cubic through two values and slopes, or the middle."""
    (x, f, d), (y, g, e) = a, b
    middle = (x + y) / 2
    with np.errstate(all="ignore"):
        t = d + e - 3 * (f - g) / (x - y)
        root = np.sqrt(t * t - d * e) * np.sign(y - x)
        found = float(y - (y - x) * (e + root - t) / (e - d + 2 * root))
    margin = 0.1 * abs(y - x)
    inside = min(x, y) + margin <= found <= max(x, y) - margin
    return found if inside else middle


def _number(x: Any) -> float:
    return float(x.item()) if hasattr(x, "item") else float(x)
