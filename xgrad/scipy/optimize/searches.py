"""Minima under older names, and global ones: SciPy's search, and the equation of its minimum.

Each finds a point by the values of a function; what that closes over moves the point as it does the
one of `minimize`. What is left to the library is passed on by name, so that the definitions here
are signatures and docstrings alone.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ..common import arrays_in, chapter, fixed, joined, outside, raw, raws, with_derivative_of
from ..examples import of_one
from ..mistakes import told
from .equations import args_of, given_back, held
from .minima import (
    held_solution,
    minimize,
    minimize_scalar,
    reads_anything,
    sides,
    watching,
)

__all__ = ["approx_fprime", "basinhopping", "brent", "brute", "differential_evolution", "direct",
           "dual_annealing", "fmin", "fmin_bfgs", "fmin_cg", "fmin_cobyla", "fmin_l_bfgs_b",
           "fmin_ncg", "fmin_powell", "fmin_slsqp", "fmin_tnc", "fminbound", "golden",
           "shgo"]  # fmt: skip

HOLDING = ("eqcons", "ieqcons", "f_eqcons", "f_ieqcons", "constraints", "integrality")
"""Arguments that hold a minimum, without a derivative here."""
UNCHANGED = ("finish", "init", "take_step", "accept_test", "norm", "method", "rng")
"""Arguments of SciPy's that may be called, but do not get the arguments of the function."""
WITH_VALUE = ("fmin_l_bfgs_b", "fmin_tnc")
"""Functions whose objective gives its gradient too, unless one is given."""


def _search(f: Any) -> Any:
    """Return the twin of a function of SciPy that finds a minimum, by its signature."""
    name, signature = f.__name__, inspect.signature(f)
    own = next(iter(signature.parameters))

    @functools.wraps(f)
    def call(*given: Any, **named: Any) -> Any:
        options = dict(signature.bind(*given, **named).arguments)
        local = options if name != "basinhopping" else dict(options.get("minimizer_kwargs") or {})
        func, args = options.pop(own), args_of(local.pop("args", ()))
        bounds = local.get("bounds")
        whole = name in WITH_VALUE and options.get("fprime") is None
        whole = (whole and not options.get("approx_grad")) or local.get("jac") is True
        held_by = [key for key in HOLDING if np.size(local.get(key, ())) > 0]
        held_by = [key for key in held_by if local[key] is not None]
        theirs = {key: _given(key, value, args) for key, value in options.items()}
        if local is not options:
            theirs["minimizer_kwargs"] = {k: _given(k, v, args) for k, v in local.items()}

        def both(v: Any) -> Any:
            value, slope = func(v, *args)
            return value, joined(slope)

        def objective(v: Any) -> Any:
            return func(v, *args)[0] if whole else func(v, *args)

        out = getattr(chapter("optimize"), name)(
            outside(both, whole=True) if whole else held(func, args), **theirs
        )
        x = out[0] if isinstance(out, tuple) else out.x if hasattr(out, "x") else out
        if x is None or not reads_anything(objective, np.asarray(x, dtype=float), args, bounds):
            return out
        if held_by:
            raise NotImplementedError(
                f"{name}: with {held_by[0]}= the minimum has no derivative here; use "
                "minimize(..., constraints=...), which has one"
            )
        moved = _moved(name, x, objective, bounds or None, args)
        value = xgrad.reshape(xgrad.asarray(objective(moved)), ())
        if not isinstance(out, tuple) and not hasattr(out, "x"):
            return moved
        if isinstance(out, tuple):
            return (moved, _valued(out[1], value), *out[2:])
        out.x, out.fun = moved, _valued(out.fun, value)
        return out

    return told("optimize")(of_one(f"scipy.optimize.{name}")(call))


def _given(key: str, value: Any, args: tuple[Any, ...]) -> Any:
    """Return an argument as the library gets it."""
    if key == "callback":
        return watching(value)
    if callable(value) and key not in UNCHANGED:
        return held(value, args)
    return raws(value)


def _valued(value: Any, x: Any) -> Any:
    """Return the value that was found with the derivative of the function there."""
    return with_derivative_of(np.asarray(value), x) if np.ndim(value) == 0 else value


def _moved(name: str, x: Any, f: Callable[..., Any], bounds: Any, args: tuple[Any, ...]) -> Any:
    """Return a point with its derivative, as a minimum within bounds."""
    value = np.asarray(x, dtype=float)
    low, high = sides(bounds, value.size)
    found = held_solution(
        name, value.reshape(-1), lambda v: f(xgrad.reshape(v, value.shape)), low, high, []
    )
    return given_back(xgrad.reshape(found, value.shape), args)


@_search
def fmin(
    func: Any, x0: Any, args: Any = (), xtol: float = 1e-4, ftol: float = 1e-4, maxiter: Any = None,
    maxfun: Any = None, full_output: Any = 0, disp: Any = 1, retall: Any = 0, callback: Any = None,
    initial_simplex: Any = None,
) -> Any:  # fmt: skip
    """Find a minimum by the simplex of Nelder and Mead; see ``scipy.optimize.fmin``."""


@_search
def fmin_powell(
    func: Any, x0: Any, args: Any = (), xtol: float = 1e-4, ftol: float = 1e-4, maxiter: Any = None,
    maxfun: Any = None, full_output: Any = 0, disp: Any = 1, retall: Any = 0, callback: Any = None,
    direc: Any = None,
) -> Any:  # fmt: skip
    """Find a minimum along one direction after the other; see ``scipy.optimize.fmin_powell``."""


@_search
def fmin_bfgs(
    f: Any, x0: Any, fprime: Any = None, args: Any = (), gtol: float = 1e-5, norm: Any = np.inf,
    epsilon: Any = 1.4901161193847656e-08, maxiter: Any = None, full_output: Any = 0,
    disp: Any = 1, retall: Any = 0, callback: Any = None, xrtol: Any = 0, c1: float = 1e-4,
    c2: float = 0.9, hess_inv0: Any = None,
) -> Any:  # fmt: skip
    """Find a minimum by the method of Broyden and others; see ``scipy.optimize.fmin_bfgs``."""


@_search
def fmin_cg(
    f: Any, x0: Any, fprime: Any = None, args: Any = (), gtol: float = 1e-5, norm: Any = np.inf,
    epsilon: Any = 1.4901161193847656e-08, maxiter: Any = None, full_output: Any = 0,
    disp: Any = 1, retall: Any = 0, callback: Any = None, c1: float = 1e-4, c2: float = 0.4,
) -> Any:  # fmt: skip
    """Find a minimum by conjugate gradients; see ``scipy.optimize.fmin_cg``."""


@_search
def fmin_ncg(
    f: Any, x0: Any, fprime: Any, fhess_p: Any = None, fhess: Any = None, args: Any = (),
    avextol: float = 1e-5, epsilon: Any = 1.4901161193847656e-08, maxiter: Any = None,
    full_output: Any = 0, disp: Any = 1, retall: Any = 0, callback: Any = None, c1: float = 1e-4,
    c2: float = 0.9,
) -> Any:  # fmt: skip
    """Find a minimum by Newton's method with products; see ``scipy.optimize.fmin_ncg``."""


@_search
def fmin_l_bfgs_b(
    func: Any, x0: Any, fprime: Any = None, args: Any = (), approx_grad: Any = 0,
    bounds: Any = None, m: int = 10, factr: float = 1e7, pgtol: float = 1e-5,
    epsilon: float = 1e-8, iprint: Any = -1, maxfun: int = 15000, maxiter: int = 15000,
    disp: Any = None, callback: Any = None, maxls: int = 20,
) -> Any:  # fmt: skip
    """Find a minimum within bounds; see ``scipy.optimize.fmin_l_bfgs_b``."""


@_search
def fmin_tnc(
    func: Any, x0: Any, fprime: Any = None, args: Any = (), approx_grad: Any = 0,
    bounds: Any = None, epsilon: float = 1e-8, scale: Any = None, offset: Any = None,
    messages: int = 15, maxCGit: int = -1, maxfun: Any = None, eta: float = -1, stepmx: float = 0,
    accuracy: float = 0, fmin: float = 0, ftol: float = -1, xtol: float = -1, pgtol: float = -1,
    rescale: float = -1, disp: Any = None, callback: Any = None,
) -> Any:  # fmt: skip
    """Find a minimum within bounds; see ``scipy.optimize.fmin_tnc``, whose value comes first."""


@_search
def fmin_slsqp(
    func: Any, x0: Any, eqcons: Any = (), f_eqcons: Any = None, ieqcons: Any = (),
    f_ieqcons: Any = None, bounds: Any = (), fprime: Any = None, fprime_eqcons: Any = None,
    fprime_ieqcons: Any = None, args: Any = (), iter: int = 100, acc: float = 1e-6, iprint: int = 1,
    disp: Any = None, full_output: Any = 0, epsilon: Any = 1.4901161193847656e-08,
    callback: Any = None,
) -> Any:  # fmt: skip
    """Find a minimum by quadratic programs; see ``scipy.optimize.fmin_slsqp``."""


@told("optimize")
def fmin_cobyla(
    func: Any, x0: Any, cons: Any, args: Any = (), consargs: Any = None, rhobeg: float = 1.0,
    rhoend: float = 1e-4, maxfun: int = 1000, disp: Any = None, catol: float = 2e-4, *,
    callback: Any = None,
) -> Any:  # fmt: skip
    """Find a minimum where functions are not negative; see ``scipy.optimize.fmin_cobyla``."""
    more = args_of(args) if consargs is None else args_of(consargs)
    each = cons if isinstance(cons, (list, tuple)) else (cons,)
    kept = tuple({"type": "ineq", "fun": c, "args": more} for c in each)
    options = {"rhobeg": rhobeg, "maxiter": maxfun, "disp": bool(disp), "catol": catol}
    return minimize(
        func, x0, args, "COBYLA", constraints=kept, tol=rhoend, callback=callback, options=options
    ).x


@_search
def basinhopping(
    func: Any, x0: Any, niter: int = 100, T: float = 1.0, stepsize: float = 0.5,
    minimizer_kwargs: Any = None, take_step: Any = None, accept_test: Any = None,
    callback: Any = None, interval: int = 50, disp: bool = False, niter_success: Any = None,
    rng: Any = None, *, target_accept_rate: float = 0.5, stepwise_factor: float = 0.9,
    seed: Any = None,
) -> Any:  # fmt: skip
    """Find the least of many minima by jumps; see ``scipy.optimize.basinhopping``."""


@_search
def brute(
    func: Any, ranges: Any, args: Any = (), Ns: int = 20, full_output: Any = 0,
    finish: Any = None, disp: bool = False, workers: Any = 1,
) -> Any:  # fmt: skip
    """Find a minimum on a grid, and polish it; see ``scipy.optimize.brute``."""


@_search
def differential_evolution(
    func: Any, bounds: Any, args: Any = (), strategy: Any = "best1bin", maxiter: int = 1000,
    popsize: int = 15, tol: float = 0.01, mutation: Any = (0.5, 1), recombination: float = 0.7,
    rng: Any = None, callback: Any = None, disp: bool = False, polish: Any = True,
    init: Any = "latinhypercube", atol: float = 0, updating: str = "immediate", workers: Any = 1,
    constraints: Any = (), x0: Any = None, *, integrality: Any = None, vectorized: bool = False,
    seed: Any = None,
) -> Any:  # fmt: skip
    """Find the least minimum by evolution; see ``scipy.optimize.differential_evolution``."""


@_search
def dual_annealing(
    func: Any, bounds: Any, args: Any = (), maxiter: int = 1000, minimizer_kwargs: Any = None,
    initial_temp: float = 5230.0, restart_temp_ratio: float = 2e-5, visit: float = 2.62,
    accept: float = -5.0, maxfun: float = 1e7, rng: Any = None, no_local_search: bool = False,
    callback: Any = None, x0: Any = None, *, seed: Any = None,
) -> Any:  # fmt: skip
    """Find the least minimum by annealing; see ``scipy.optimize.dual_annealing``."""


@_search
def shgo(
    func: Any, bounds: Any, args: Any = (), constraints: Any = None, n: int = 100, iters: int = 1,
    callback: Any = None, minimizer_kwargs: Any = None, options: Any = None,
    sampling_method: Any = "simplicial", *, workers: Any = 1,
) -> Any:  # fmt: skip
    """Find the least minimum on simplices; see ``scipy.optimize.shgo``."""


@_search
def direct(
    func: Any, bounds: Any, *, args: Any = (), eps: float = 1e-4, maxfun: Any = None,
    maxiter: int = 1000, locally_biased: bool = True, f_min: float = -np.inf,
    f_min_rtol: float = 1e-4, vol_tol: float = 1e-16, len_tol: float = 1e-6, callback: Any = None,
) -> Any:  # fmt: skip
    """Find the least minimum by halving rectangles; see ``scipy.optimize.direct``."""


# Of one number ------------------------------------------------------------------------------------


@told("optimize")
def brent(
    func: Any, args: Any = (), brack: Any = None, tol: float = 1.48e-8, full_output: Any = 0,
    maxiter: int = 500,
) -> Any:  # fmt: skip
    """Find a minimum of a function of one number; see ``scipy.optimize.brent``."""
    found = minimize_scalar(
        func, brack, args=args, method="brent", options={"xtol": tol, "maxiter": maxiter}
    )
    return (found.x, found.fun, found.nit, found.nfev) if full_output else found.x


@told("optimize")
def golden(
    func: Any, args: Any = (), brack: Any = None, tol: float = 1.4901161193847656e-08,
    full_output: Any = 0, maxiter: int = 5000,
) -> Any:  # fmt: skip
    """Find a minimum of a function of one number by sections; see ``scipy.optimize.golden``."""
    found = minimize_scalar(
        func, brack, args=args, method="golden", options={"xtol": tol, "maxiter": maxiter}
    )
    return (found.x, found.fun, found.nfev) if full_output else found.x


@told("optimize")
def fminbound(
    func: Any, x1: Any, x2: Any, args: Any = (), xtol: float = 1e-5, maxfun: int = 500,
    full_output: Any = 0, disp: Any = 1,
) -> Any:  # fmt: skip
    """Find a minimum between two numbers; see ``scipy.optimize.fminbound``."""
    found = minimize_scalar(
        func, bounds=(x1, x2), args=args, method="bounded",
        options={"xatol": xtol, "maxiter": maxfun, "disp": disp},
    )  # fmt: skip
    return (found.x, found.fun, found.status, found.nfev) if full_output else found.x


@told("optimize")
@of_one("scipy.optimize.approx_fprime")
def approx_fprime(xk: Any, f: Any, epsilon: Any = 1.4901161193847656e-08, *args: Any) -> Any:
    """Return difference quotients along each variable; see ``scipy.optimize.approx_fprime``.

    The derivative is that of the quotients; `xgrad.grad` has neither their error nor their cost.
    """
    x, epsilon = xgrad.asarray(xk) * 1.0, fixed("approx_fprime", epsilon=epsilon)
    theirs = chapter("optimize").approx_fprime(raw(x.detach()), held(f, args), epsilon)
    steps = np.broadcast_to(np.asarray(epsilon, dtype=float), x.shape)
    start = xgrad.asarray(joined(f(x, *args)))
    moved = [
        (xgrad.asarray(joined(f(x + xgrad.asarray(h * unit), *args))) - start) / h
        for h, unit in zip(steps, np.eye(len(steps)), strict=True)
    ]
    found = xgrad.stack(moved, axis=-1)
    return (
        with_derivative_of(theirs, found)
        if arrays_in(xk, args) or found._node is not None
        else theirs
    )
