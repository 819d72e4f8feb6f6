"""`levenberg_marquardt`: nonlinear least squares on the device of the parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import xgrad
from xgrad.backends import creating_like
from xgrad.scipy.examples import of_one

from .lbfgs import _number
from .progress import Stopped, Watch
from .results import Result
from .vectors import Space, jacobian


@of_one("optimize.levenberg_marquardt")
def levenberg_marquardt(
    residual: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    max_iterations: int = 200,
    tol: float = 1e-8,
    callback: Callable[[Any], Any] | None = None,
    progress: bool = False,
) -> Result:
    """Minimise half the sum of squares of residuals, on the device of the parameters.

    The Jacobian is formed by the cheaper mode, and the damped normal equations are solved there;
    three numbers an iteration come to the host. The damping follows Nielsen's rule (Madsen, Nielsen
    and Tingleff 2004, Methods for non-linear least squares problems, algorithm 3.16).

    Args:
        residual: ``residual(x, *args)`` returns an array or a pytree of residuals.
        x0: where to start, a pytree of arrays and numbers on one device.
        args: more arguments of `residual`.
        max_iterations: how many steps to try at most.
        tol: stop when no component of the gradient is larger, or when a step changes the
            parameters by a smaller part.
        callback: ``callback(x)`` after each iteration; it stops by returning True.
        progress: whether to show a line on stderr.

    Returns:
        A `Result`, whose `fun` are the residuals and `jac` the Jacobian.
    """
    space = Space("levenberg_marquardt", x0)
    f = space.residuals(residual, args)
    matrix = jacobian(f, space)
    x = space.start
    with creating_like(x), Watch(callback, progress) as watch:
        r, J = f(x), matrix(x)
        cost, evaluations = _number(xgrad.vecdot(r, r)) / 2, 1
        A, g = J.T @ J, J.T @ r
        diagonal = xgrad.linalg.diagonal(A)
        damping, grow = 1e-3 * _number(xgrad.max(diagonal)), 2.0
        message = ""
        success = False
        while not message:
            watch.value, watch.slope = cost, _number(xgrad.max(xgrad.abs(g)))
            if watch.slope <= tol:
                success, message = True, f"The gradient is below the tolerance {tol:g}."
                break
            if watch.nit >= max_iterations:
                message = f"The limit of {max_iterations} iterations is reached."
                break
            eye = xgrad.eye(space.size, dtype=space.backend.numpy_dtype(x.dtype)).data
            h = -xgrad.linalg.solve(A + damping * eye, g)
            length = _number(xgrad.linalg.vector_norm(h))
            if length <= tol * (_number(xgrad.linalg.vector_norm(x)) + tol):
                success, message = True, f"The step is below the tolerance {tol:g}."
                break
            new = x + h
            found = f(new)
            evaluations += 1
            new_cost = _number(xgrad.vecdot(found, found)) / 2
            promised = _number(xgrad.vecdot(h, damping * h - g)) / 2
            gain = (cost - new_cost) / promised if promised > 0 else -1.0
            if gain > 0:
                x, r, cost = new, found, new_cost
                J = matrix(x)
                A, g = J.T @ J, J.T @ r
                damping, grow = damping * max(1 / 3, 1 - (2 * gain - 1) ** 3), 2.0
            else:  # also where the cost is not a number
                damping, grow = damping * grow, 2 * grow
            try:
                watch.step(lambda x=x: space.home(x))  # type: ignore[misc]
            except Stopped:
                message = "Stopped by the callback."
    return Result(space.home(x), r, J, success, message, watch.nit, evaluations)
