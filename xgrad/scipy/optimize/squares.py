"""Least squares, with bounds, robust losses and fits: minima of a sum of squares."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ..common import arrays_in, chapter, joined, only, outside, raw, raws
from ..examples import of_one
from ..mistakes import told
from .equations import args_of, given_back, warn_of
from .minima import held_solution, reads_anything, sides
from .sparse import sparse_or_none

__all__ = ["curve_fit", "least_squares", "lsq_linear", "nnls"]

Function = Callable[..., Any]

SPARSE_OPTIONS = {"tr_solver", "jac_sparsity", "diff_step"}
"""What a caller says about the Jacobian to whom none is given."""

LOSSES: dict[str, Callable[[Any], Any]] = {
    "linear": lambda z: z,
    "soft_l1": lambda z: 2.0 * (xgrad.sqrt(1.0 + z) - 1.0),
    "huber": lambda z: xgrad.where(
        z <= 1.0, z, 2.0 * xgrad.sqrt(xgrad.where(z > 1.0, z, 1.0)) - 1.0
    ),
    "cauchy": xgrad.log1p,
    "arctan": xgrad.atan,
}
"""SciPy's loss functions of squared residuals."""


@told("optimize")
@of_one("scipy.optimize.least_squares")
def least_squares(
    fun: Function, x0: Any, jac: Any = "2-point", bounds: Any = (-np.inf, np.inf),
    method: str = "trf", ftol: Any = 1e-8, xtol: Any = 1e-8, gtol: Any = 1e-8, x_scale: Any = None,
    loss: str = "linear", f_scale: float = 1.0, diff_step: Any = None, tr_solver: Any = None,
    tr_options: Any = None, jac_sparsity: Any = None, max_nfev: Any = None, verbose: int = 0,
    args: Any = (), kwargs: Any = None, callback: Any = None, workers: Any = None,
) -> Any:  # fmt: skip
    """Minimise the sum of squares of residuals; see SciPy's ``least_squares`` and `minimize`.

    Where there are many unknowns and the Jacobian is sparse, SciPy gets it as a sparse array.
    """
    args, named = args_of(args), dict(kwargs or {})
    options: dict[str, Any] = {
        "diff_step": diff_step, "tr_solver": tr_solver, "tr_options": tr_options,
        "jac_sparsity": jac_sparsity, "max_nfev": max_nfev, "callback": callback,
        "workers": workers,
    }  # fmt: skip
    options = {k: v for k, v in options.items() if v is not None} | {"verbose": verbose}
    if loss not in LOSSES:
        raise ValueError(f"least_squares: loss is {loss!r}; expected one of {', '.join(LOSSES)}")
    start = np.atleast_1d(np.asarray(raw(xgrad.asarray(x0)), dtype=float))

    def residuals(v: Any) -> Any:
        return xgrad.reshape(xgrad.asarray(joined(fun(v, *args, **named))), (-1,))

    scale = {} if x_scale is None else {"x_scale": x_scale}
    edges = tuple(
        np.asarray(raw(s), dtype=float)
        for s in ((bounds.lb, bounds.ub) if hasattr(bounds, "lb") else bounds)
    )
    slopes = outside(lambda v: jac(v, *args, **named)) if callable(jac) else jac
    if jac == "2-point" and method != "lm" and not SPARSE_OPTIONS & options.keys():
        slopes = sparse_or_none(residuals, start) or jac
    given = arrays_in(args, named)
    found = chapter("optimize").least_squares(
        outside(lambda v: residuals(Array(v)) if given else fun(v, *args, **named)), start,
        slopes, edges, method, ftol, xtol, gtol, loss=loss, f_scale=f_scale, **scale, **options,
    )  # fmt: skip

    def cost(v: Any) -> Any:
        z = residuals(v) / f_scale
        return 0.5 * f_scale**2 * xgrad.sum(LOSSES[loss](z * z))

    if not reads_anything(cost, found.x, args, list(named.values()), bounds):
        return found
    if not found.success:
        warn_of("least_squares", found.message)
    low, high = (
        sides(bounds if hasattr(bounds, "lb") else tuple(bounds), len(found.x))
        if len(found.x) != 2
        else (
            xgrad.broadcast_to(xgrad.asarray(s) * 1.0, (2,))
            for s in ((bounds.lb, bounds.ub) if hasattr(bounds, "lb") else bounds)
        )
    )
    found.x = given_back(held_solution("least_squares", found.x, cost, low, high, []), x0, args)
    if isinstance(found.x, Array):
        value, each = cost(found.x), residuals(found.x)
        found.cost, found.fun = (
            Array(np.asarray(found.cost), value._node),
            Array(found.fun, each._node),
        )
    return found


@told("optimize")
@of_one("scipy.optimize.curve_fit")
def curve_fit(
    f: Function, xdata: Any, ydata: Any, p0: Any = None, sigma: Any = None,
    absolute_sigma: bool = False, check_finite: Any = None, bounds: Any = (-np.inf, np.inf),
    method: Any = None, jac: Any = None, *, full_output: bool = False, nan_policy: Any = None,
    **kwargs: Any,
) -> Any:  # fmt: skip
    """Fit a function to data by least squares; see ``scipy.optimize.curve_fit``.

    Derivatives of the parameters and of their covariance flow to the data, to `sigma` and to
    whatever `f` closes over.
    """
    only("curve_fit", full_output=(bool(full_output), False), nan_policy=(nan_policy, None))
    y, spread = xgrad.asarray(ydata), None if sigma is None else xgrad.asarray(sigma)
    if spread is not None and spread.ndim > 1:
        raise NotImplementedError(
            "curve_fit: sigma as a matrix has no derivative here; whiten the data"
        )
    if p0 is None:
        names = inspect.signature(f).parameters
        p0 = np.ones(len(names) - 1) if np.ndim(bounds[0]) == 0 and np.isinf(bounds[0]) else None
    popt, pcov = chapter("optimize").curve_fit(
        functools.wraps(f)(outside(f)), raws(xdata), raw(y), raws(p0), raw(sigma), absolute_sigma,
        check_finite, bounds,
        method, outside(jac) if callable(jac) else jac, **kwargs,
    )  # fmt: skip

    def residuals(p: Any) -> Any:
        away = xgrad.reshape(xgrad.asarray(f(xdata, *(p[i] for i in range(len(popt)))) - y), (-1,))
        return away if spread is None else away / spread

    low, high = (np.broadcast_to(np.asarray(raw(s), dtype=float), popt.shape) for s in bounds)
    x = held_solution(
        "curve_fit", popt, lambda p: 0.5 * xgrad.sum(residuals(p) ** 2), low, high, []
    )
    if x._node is None and not arrays_in(xdata, ydata, sigma):
        return popt, pcov
    J = xgrad.jacfwd(residuals)(x)
    cov = xgrad.linalg.inv(xgrad.matrix_transpose(J) @ J)
    if not absolute_sigma:
        away = residuals(x)
        cov = cov * (xgrad.sum(away * away) / (away.shape[0] - len(popt)))
    return x, Array(pcov, cov._node) if np.all(np.isfinite(pcov)) else Array(pcov)


def _bounded_squares(name: str, A: Any, b: Any, x: Any, low: Any, high: Any) -> Any:
    A, b = xgrad.asarray(A), xgrad.asarray(b)
    return held_solution(name, x, lambda v: 0.5 * xgrad.sum((A @ v - b) ** 2), low, high, [])


@told("optimize")
@of_one("scipy.optimize.nnls")
def nnls(A: Any, b: Any, *, maxiter: Any = None, atol: Any = None) -> Any:
    """Solve least squares with x not negative; see ``scipy.optimize.nnls``.

    Returns:
        The solution and the norm of the residual, differentiable in `A` and `b`.
    """
    options = {"maxiter": maxiter} | ({} if atol is None else {"atol": atol})
    if not arrays_in(A, b):
        return chapter("optimize").nnls(A, b, **options)
    x, norm = chapter("optimize").nnls(
        *(np.asarray(raw(xgrad.asarray(v).detach())) for v in (A, b)), **options
    )
    out = _bounded_squares("nnls", A, b, x, np.zeros(len(x)), np.full(len(x), np.inf))
    away = xgrad.linalg.vector_norm(xgrad.asarray(A) @ out - xgrad.asarray(b))
    return out, Array(np.asarray(norm), away._node)


@told("optimize")
@of_one("scipy.optimize.lsq_linear")
def lsq_linear(
    A: Any, b: Any, bounds: Any = (-np.inf, np.inf), method: str = "trf", tol: float = 1e-10,
    lsq_solver: Any = None, lsmr_tol: Any = None, max_iter: Any = None, verbose: int = 0, *,
    lsmr_maxiter: Any = None,
) -> Any:  # fmt: skip
    """Solve least squares with bounds; see ``scipy.optimize.lsq_linear``."""
    options = {
        "method": method, "tol": tol, "lsq_solver": lsq_solver, "lsmr_tol": lsmr_tol,
        "max_iter": max_iter, "verbose": verbose, "lsmr_maxiter": lsmr_maxiter,
    }  # fmt: skip
    if not arrays_in(A, b):
        return chapter("optimize").lsq_linear(A, b, bounds, **options)
    held_A, held_b = (np.asarray(raw(xgrad.asarray(v).detach())) for v in (A, b))
    found = chapter("optimize").lsq_linear(held_A, held_b, raws(bounds), **options)
    low, high = (np.broadcast_to(np.asarray(raw(s), dtype=float), found.x.shape) for s in bounds)
    found.x = _bounded_squares("lsq_linear", A, b, found.x, low, high)
    return found
