"""Least squares, with bounds, robust losses and fits: minima of a sum of squares."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ..common import arrays_in, chapter, joined, outside, raw, raws, with_derivative_of
from ..examples import of_one
from ..mistakes import told
from .equations import args_of, given_back, warn_of
from .minima import held_solution, reads_anything, sides
from .sparse import sparse_or_none

__all__ = ["curve_fit", "least_squares", "leastsq", "lsq_linear", "nnls"]

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
    loss: Any = "linear", f_scale: float = 1.0, diff_step: Any = None, tr_solver: Any = None,
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
    if not callable(loss) and loss not in LOSSES:
        raise ValueError(f"least_squares: loss is {loss!r}; expected one of {', '.join(LOSSES)}")
    rho: Any = (lambda z: joined(loss(z))[0, ...]) if callable(loss) else LOSSES[loss]
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
        slopes, edges, method, ftol, xtol, gtol, loss=outside(loss) if callable(loss) else loss,
        f_scale=f_scale, **scale, **options,
    )  # fmt: skip

    def cost(v: Any) -> Any:
        z = residuals(v) / f_scale
        return 0.5 * f_scale**2 * xgrad.sum(rho(z * z))

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
            with_derivative_of(np.asarray(found.cost), value),
            with_derivative_of(found.fun, each),
        )
        if isinstance(found.jac, np.ndarray) and loss == "linear":
            rows = xgrad.jacfwd(residuals)(found.x)
            found.jac = with_derivative_of(found.jac, rows)
            found.grad = with_derivative_of(found.grad, (each @ rows))
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
    y, spread = xgrad.asarray(ydata), None if sigma is None else xgrad.asarray(sigma)
    if nan_policy is not None:
        xdata, y, spread = _without_nan(nan_policy, xdata, y, spread)
    if p0 is None:
        names = inspect.signature(f).parameters
        p0 = np.ones(len(names) - 1) if np.ndim(bounds[0]) == 0 and np.isinf(bounds[0]) else None
    popt, pcov, *more = chapter("optimize").curve_fit(
        functools.wraps(f)(outside(f)), raws(xdata), raw(y), raws(p0), raw(spread), absolute_sigma,
        check_finite, raws(bounds), method, outside(jac) if callable(jac) else jac,
        full_output=full_output, **kwargs,
    )  # fmt: skip

    def residuals(p: Any) -> Any:
        away = xgrad.reshape(xgrad.asarray(f(xdata, *(p[i] for i in range(len(popt)))) - y), (-1,))
        if spread is None or spread.ndim < 2:
            return away if spread is None else away / spread
        return xgrad.linalg.solve_triangular(xgrad.linalg.cholesky(spread), away, lower=True)

    low, high = (np.broadcast_to(np.asarray(raw(s), dtype=float), popt.shape) for s in bounds)
    x = held_solution(
        "curve_fit", popt, lambda p: 0.5 * xgrad.sum(residuals(p) ** 2), low, high, []
    )
    if x._node is None and not arrays_in(xdata, ydata, sigma):
        return (popt, pcov, *more)
    J = xgrad.jacfwd(residuals)(x)
    cov = xgrad.linalg.inv(xgrad.matrix_transpose(J) @ J)
    if not absolute_sigma:
        away = residuals(x)
        cov = cov * (xgrad.sum(away * away) / (away.shape[0] - len(popt)))
    spread_of = with_derivative_of(pcov, cov) if np.all(np.isfinite(pcov)) else Array(pcov)
    return (x, spread_of, *more)


def _without_nan(policy: str, xdata: Any, y: Any, sigma: Any) -> tuple[Any, Any, Any]:
    """Return the data without NaN, or raise if there is one, as a policy says."""
    x = xgrad.asarray(xdata) if not hasattr(xdata, "shape") else xdata
    bad = np.isnan(np.asarray(raw(y.detach())))
    bad = bad | np.isnan(np.asarray(raw(xgrad.asarray(x).detach()))).reshape(-1, len(bad)).any(0)
    if policy == "raise" and bad.any():
        raise ValueError("curve_fit: the data hold NaN; give nan_policy='omit', or leave it out")
    if policy not in ("omit", "raise"):
        raise ValueError(f"curve_fit: nan_policy is {policy!r}; expected None, 'omit' or 'raise'")
    kept = np.flatnonzero(~bad)
    if sigma is not None:
        sigma = sigma[kept] if sigma.ndim == 1 else sigma[kept, :][:, kept]
    return x[..., kept], y[kept], sigma


@told("optimize")
@of_one("scipy.optimize.leastsq")
def leastsq(
    func: Function, x0: Any, args: Any = (), Dfun: Any = None, full_output: bool = False,
    col_deriv: bool = False, ftol: float = 1.49012e-8, xtol: float = 1.49012e-8, gtol: float = 0.0,
    maxfev: int = 0, epsfcn: Any = None, factor: float = 100, diag: Any = None,
) -> Any:  # fmt: skip
    """Minimise a sum of squares by MINPACK; see ``scipy.optimize.leastsq`` and `least_squares`."""
    args = args_of(args)
    start = np.atleast_1d(np.asarray(raw(xgrad.asarray(x0)), dtype=float))

    def residuals(v: Any) -> Any:
        return xgrad.reshape(xgrad.asarray(joined(func(v, *args))), (-1,))

    x, cov, *more = chapter("optimize").leastsq(
        outside(lambda v: residuals(Array(v))), start,
        Dfun=None if Dfun is None else outside(lambda v: Dfun(v, *args)), full_output=True,
        col_deriv=col_deriv, ftol=ftol, xtol=xtol, gtol=gtol, maxfev=maxfev, epsfcn=epsfcn,
        factor=factor, diag=raw(diag),
    )  # fmt: skip
    if more[-1] not in (1, 2, 3, 4):
        warn_of("leastsq", more[-2])
    edge = np.full(len(x), np.inf)
    out = held_solution("leastsq", x, lambda v: 0.5 * xgrad.sum(residuals(v) ** 2), -edge, edge, [])
    if cov is not None and out._node is not None:
        rows = xgrad.jacfwd(residuals)(out)
        cov = with_derivative_of(cov, xgrad.linalg.inv(xgrad.matrix_transpose(rows) @ rows))
    out = given_back(out, x0, args)
    return (out, cov, *more) if full_output else (out, more[-1])


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
    return out, with_derivative_of(np.asarray(norm), away)


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
    away = xgrad.asarray(A) @ found.x - xgrad.asarray(b)
    found.fun = with_derivative_of(np.asarray(found.fun), away)
    found.cost = Array(np.asarray(found.cost), (0.5 * xgrad.sum(away * away))._node)
    return found
