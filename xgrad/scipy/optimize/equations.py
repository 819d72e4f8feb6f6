"""Roots: the derivative of a solution from the equation that it solves, by all that it reads."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...custom.equation import implicit
from ..common import arrays_in, chapter, joined, outside, raw, raws
from ..examples import of_one
from ..mistakes import told
from .sparse import Factors, inverse_of, preconditioner, sparse_or_none

__all__ = ["bisect", "brenth", "brentq", "fixed_point", "fsolve", "newton", "ridder", "root",
           "root_scalar", "toms748"]  # fmt: skip

Function = Callable[..., Any]
RTOL = 4 * float(np.finfo(float).eps)
"""SciPy's relative tolerance of a root."""


def args_of(args: Any) -> tuple[Any, ...]:
    """Return further arguments as a tuple, as SciPy takes one that is none."""
    return tuple(args) if isinstance(args, tuple) else (args,)


def held(f: Function | None, args: Any = ()) -> Any:
    """Return a function as a solver calls it: of raw arrays alone, with raw results."""
    return None if f is None else outside(lambda *x: f(*x, *args))


def given_back(out: Any, *given: Any) -> Any:
    """Return a solution raw where nothing that was given is an `Array`, nor anything tracked."""
    tracked = isinstance(out, Array) and out._node is not None
    return out if tracked or arrays_in(*given) else raw(out)


def warn_of(name: str, message: Any) -> None:
    """Say that a solver did not converge; its status is kept."""
    warnings.warn(
        f"{name}: the solver did not converge ({message}); derivatives are those of the equation "
        "where it stopped",
        RuntimeWarning,
        stacklevel=3,
    )


def _value(fun: Function, x: Any, args: tuple[Any, ...]) -> Any:
    return xgrad.asarray(joined(fun(x, *args)))


@told("optimize")
@of_one("scipy.optimize.root")
def root(
    fun: Function, x0: Any, args: Any = (), method: str = "hybr", jac: Any = None, tol: Any = None,
    callback: Any = None, options: Any = None,
) -> Any:  # fmt: skip
    """Find a root of a vector function; see ``scipy.optimize.root``.

    Derivatives of ``x`` flow to `args` and whatever `fun` closes over, at every order. A result
    without success warns; where the Jacobian is singular there is no derivative, and it raises.
    Where there are many unknowns and the Jacobian is sparse, ``"hybr"``, which would make a dense
    one, is replaced by ``"krylov"`` with the factors of the sparse one.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import scipy
    >>> cube = lambda a: scipy.optimize.root(lambda x: x**3 - a, np.ones(2)).x
    >>> xg.jacfwd(cube)(np.asarray([1.0, 8.0])).round(4)
    array([[0.3333, 0.    ],
           [0.    , 0.0833]])
    """
    args = args_of(args)
    given = held(jac, args) if callable(jac) else jac
    start = np.asarray(raw(xgrad.asarray(x0)))

    def equation(x: Array) -> Any:
        out = fun(x, *args)
        return _value(lambda x: out[0] if jac is True else out, x, ())

    sparse = (
        None
        if jac is not None or method != "hybr" or options
        else sparse_or_none(equation, start * 1.0)
    )
    if sparse is not None:
        near = tol or 1e-10 * max(1.0, float(np.max(np.abs(raw(held(fun, args)(start))))))
        method = "krylov"
        options = {"fatol": near, "jac_options": {"inner_M": preconditioner(sparse, start * 1.0)}}

    def both(x: Any) -> Any:
        value, slope = fun(x, *args)
        return joined(value), joined(slope)

    found = chapter("optimize").root(
        outside(both, whole=True) if jac is True else held(fun, args), start, method=method,
        jac=given, tol=None if sparse else tol,
        callback=callback and outside(callback), options=options,
    )  # fmt: skip
    x = np.asarray(found.x)
    inverse = None if sparse is None else Factors(sparse, x)
    if inverse is None and jac is not True:
        inverse = inverse_of(equation, x)
    found.x = given_back(implicit(equation, x, inverse), x0, args)
    if not found.success and getattr(found.x, "is_tracked", False):
        warn_of("root", found.message)
    return found


@told("optimize")
@of_one("scipy.optimize.fsolve")
def fsolve(
    func: Function, x0: Any, args: Any = (), fprime: Any = None, full_output: Any = 0,
    col_deriv: Any = 0, xtol: float = 1.49012e-8, maxfev: int = 0, band: Any = None,
    epsfcn: Any = None, factor: float = 100, diag: Any = None,
) -> Any:  # fmt: skip
    """Find a root of a vector function by MINPACK; see ``scipy.optimize.fsolve`` and `root`."""
    args = args_of(args)
    start = np.atleast_1d(np.asarray(raw(xgrad.asarray(x0))))
    options = {"col_deriv": col_deriv, "xtol": xtol, "maxfev": maxfev, "band": band,
               "epsfcn": epsfcn, "factor": factor, "diag": raw(diag)}  # fmt: skip
    x, about, status, message = chapter("optimize").fsolve(
        held(func, args), start, fprime=held(fprime, args), full_output=True, **options
    )
    out = implicit(lambda x: xgrad.reshape(_value(func, x, args), x.shape), x)
    out = given_back(out, x0, args)
    if status != 1 and getattr(out, "is_tracked", False):
        warn_of("fsolve", message)
    return (out, about, status, message) if full_output else out


def _scalar(fun: Function, args: tuple[Any, ...], x: Any) -> Any:
    """Return the root of a function of a number, or of each of many, with its derivative."""
    value = np.asarray(x, dtype=np.result_type(x, float))
    if value.ndim == 0:
        return implicit(lambda x: xgrad.reshape(_value(fun, x, args), ()), value)
    return implicit(lambda x: _value(fun, x, args), value)


@told("optimize")
@of_one("scipy.optimize.root_scalar")
def root_scalar(
    f: Function, args: Any = (), method: Any = None, bracket: Any = None, fprime: Any = None,
    fprime2: Any = None, x0: Any = None, x1: Any = None, xtol: Any = None, rtol: Any = None,
    maxiter: Any = None, options: Any = None,
) -> Any:  # fmt: skip
    """Find a root of a function of one number; see ``scipy.optimize.root_scalar`` and `root`."""
    args = args_of(args)
    slopes = [held(d, args) if callable(d) else d for d in (fprime, fprime2)]
    found = chapter("optimize").root_scalar(
        held(f, args), method=method, bracket=raws(bracket), fprime=slopes[0], fprime2=slopes[1],
        x0=raw(x0), x1=raw(x1), xtol=xtol, rtol=rtol, maxiter=maxiter, options=options,
    )  # fmt: skip
    if not found.converged:
        warn_of("root_scalar", found.flag)

    def fun(x: Any, *args: Any) -> Any:
        out = f(x, *args)
        return out[0] if isinstance(out, tuple) else out

    found.root = given_back(_scalar(fun, args, found.root), x0, bracket, args)
    return found


def _bracketed(
    name: str, f: Function, a: Any, b: Any, args: Any, full_output: bool, options: dict[str, Any]
) -> Any:
    args = args_of(args)
    x, about = getattr(chapter("optimize"), name)(
        held(f, args), float(raw(a)), float(raw(b)), full_output=True, **options
    )
    if not about.converged:
        warn_of(name, about.flag)
    out = given_back(_scalar(f, args, x), a, b, args)
    out = float(x) if not isinstance(out, Array) else out
    about.root = out
    return (out, about) if full_output else out


@told("optimize")
@of_one("scipy.optimize.brentq")
def brentq(
    f: Function, a: Any, b: Any, args: Any = (), xtol: float = 2e-12, rtol: float = RTOL,
    maxiter: int = 100, full_output: bool = False, disp: bool = True,
) -> Any:  # fmt: skip
    """Find a root between two numbers; see ``scipy.optimize.brentq`` and `root`."""
    options = {"xtol": xtol, "rtol": rtol, "maxiter": maxiter, "disp": disp}
    return _bracketed("brentq", f, a, b, args, full_output, options)


@told("optimize")
@of_one("scipy.optimize.brenth")
def brenth(
    f: Function, a: Any, b: Any, args: Any = (), xtol: float = 2e-12, rtol: float = RTOL,
    maxiter: int = 100, full_output: bool = False, disp: bool = True,
) -> Any:  # fmt: skip
    """Find a root between two numbers; see ``scipy.optimize.brenth`` and `root`."""
    options = {"xtol": xtol, "rtol": rtol, "maxiter": maxiter, "disp": disp}
    return _bracketed("brenth", f, a, b, args, full_output, options)


@told("optimize")
@of_one("scipy.optimize.ridder")
def ridder(
    f: Function, a: Any, b: Any, args: Any = (), xtol: float = 2e-12, rtol: float = RTOL,
    maxiter: int = 100, full_output: bool = False, disp: bool = True,
) -> Any:  # fmt: skip
    """Find a root between two numbers; see ``scipy.optimize.ridder`` and `root`."""
    options = {"xtol": xtol, "rtol": rtol, "maxiter": maxiter, "disp": disp}
    return _bracketed("ridder", f, a, b, args, full_output, options)


@told("optimize")
@of_one("scipy.optimize.bisect")
def bisect(
    f: Function, a: Any, b: Any, args: Any = (), xtol: float = 2e-12, rtol: float = RTOL,
    maxiter: int = 100, full_output: bool = False, disp: bool = True,
) -> Any:  # fmt: skip
    """Find a root between two numbers; see ``scipy.optimize.bisect`` and `root`."""
    options = {"xtol": xtol, "rtol": rtol, "maxiter": maxiter, "disp": disp}
    return _bracketed("bisect", f, a, b, args, full_output, options)


@told("optimize")
@of_one("scipy.optimize.toms748")
def toms748(
    f: Function, a: Any, b: Any, args: Any = (), k: int = 1, xtol: float = 2e-12,
    rtol: float = RTOL, maxiter: int = 100, full_output: bool = False, disp: bool = True,
) -> Any:  # fmt: skip
    """Find a root between two numbers; see ``scipy.optimize.toms748`` and `root`."""
    options = {"k": k, "xtol": xtol, "rtol": rtol, "maxiter": maxiter, "disp": disp}
    return _bracketed("toms748", f, a, b, args, full_output, options)


@told("optimize")
@of_one("scipy.optimize.newton")
def newton(
    func: Function, x0: Any, fprime: Any = None, args: Any = (), tol: float = 1.48e-8,
    maxiter: int = 50, fprime2: Any = None, x1: Any = None, rtol: float = 0.0,
    full_output: bool = False, disp: bool = True,
) -> Any:  # fmt: skip
    """Find a root near a number, or near each of many; see ``scipy.optimize.newton`` and `root`."""
    args = args_of(args)
    options = {"tol": tol, "maxiter": maxiter, "fprime2": held(fprime2, args), "x1": raw(x1),
               "rtol": rtol, "disp": disp, "full_output": full_output}  # fmt: skip
    found = chapter("optimize").newton(
        held(func, args), raw(xgrad.asarray(x0)), held(fprime, args), **options
    )
    x, *rest = found if full_output else (found,)
    out = given_back(_scalar(func, args, x), x0, args)
    if rest and hasattr(rest[0], "root"):  # of many numbers SciPy tells which have converged
        rest[0].root = out
    return (out, *rest) if full_output else out


@told("optimize")
@of_one("scipy.optimize.fixed_point")
def fixed_point(
    func: Function, x0: Any, args: Any = (), xtol: float = 1e-8, maxiter: int = 500,
    method: str = "del2",
) -> Any:  # fmt: skip
    """Find x with ``func(x) == x``; see ``scipy.optimize.fixed_point`` and `root`."""
    args = args_of(args)
    start = raw(xgrad.asarray(x0))
    x = chapter("optimize").fixed_point(held(func, args), start, (), xtol, maxiter, method)
    return given_back(_scalar(lambda x, *a: _value(func, x, a) - x, args, x), x0, args)
