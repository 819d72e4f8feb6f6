"""Sums of a function of whole numbers: the derivative of a sum is the sum of the derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...errors import MissingFunctionError
from ..common import arrays_in, chapter, fixed, joined, outside, raws, result
from ..examples import of_one
from ..mistakes import told
from .integral import integral
from .quadrature import as_args

__all__ = ["nsum"]


@told("integrate")
@of_one("scipy.integrate.nsum")
def nsum(
    f: Callable[..., Any],
    a: Any,
    b: Any,
    *,
    step: Any = 1,
    args: Any = (),
    log: bool = False,
    maxterms: int = 2**20,
    tolerances: Any = None,
) -> Any:
    """Sum a function from `a` to `b`, which may be infinite; see ``scipy.integrate.nsum``.

    Derivatives flow to `args` and whatever `f` closes over, one sum at a time.

    Args:
        f: ``f(x, *args)``, elementwise.
        a, b, step: where to sum, numbers without a derivative.
        args: more arguments of `f`.
        log: whether `f` gives logarithms; it has no derivative.
        maxterms, tolerances: see SciPy.
    """
    scipy, args = chapter("integrate"), as_args(args)
    try:
        low, high, by = fixed("nsum", a=a, b=b, step=step)
    except NotImplementedError as error:  # SciPy's own code sums arrays term by term
        raise MissingFunctionError(str(error)) from None
    options = {"step": by, "log": log, "maxterms": maxterms, "tolerances": raws(tolerances)}
    found = scipy.nsum(outside(f), low, high, args=raws(args), **options)
    given = arrays_in(a, b, step, args, tolerances)
    if np.ndim(found.sum) or log:
        fixed("nsum of several sums, or of logarithms", args=args)
        return _as_given(found, given)

    first = next(float(x) for x in (low, high, 0.0) if np.isfinite(x))

    def quadrature(g: Callable[[float], Any]) -> Any:
        shape = np.shape(g(first))
        away = -1.0 if first == high else 1.0
        far = np.clip(first + away * by * 2.0 ** np.arange(20), low, high)
        signs = np.sign(_last(_terms(g, far)))  # SciPy counts on positive terms

        def each(x: Any, i: Any) -> Any:
            at, where = np.unique(x, return_inverse=True)
            which = i.astype(int)
            return (signs * _terms(g, at))[np.reshape(where, np.shape(x)), which]

        which = np.arange(float(signs.size))
        sums = scipy.nsum(each, low, high, args=(which,), **options).sum
        return np.reshape(signs * sums, shape)

    out = integral(
        lambda x: xgrad.asarray(joined(f(x, *args))),
        (0.0, 1.0),
        quadrature,
        found.sum,
        np.asarray(first),
    )
    found = _as_given(found, given)
    if out._node is not None or given:
        found.sum = out if isinstance(out, Array) else Array(np.asarray(out))
    return found


def _as_given(found: Any, given: list[Array]) -> Any:
    """Return SciPy's result, of arrays if any of the arguments was one."""
    for name in ("success", "status", "sum", "error", "nfev"):
        found[name] = result(found[name], given)
    return found


def _last(rows: Any) -> Any:
    """Return of each column the last number that is none of zero and NaN; else one."""
    known = np.where(np.isfinite(rows) & (rows != 0.0), rows, 0.0)
    last = np.where(known != 0.0, np.arange(1.0, len(rows) + 1)[:, None], 0.0).argmax(axis=0)
    found = np.take_along_axis(known, last[None, :], axis=0)[0]
    return np.where(found == 0.0, 1.0, found)


def _terms(g: Callable[[float], Any], at: Any) -> Any:
    """Return what a function gives of each number, as rows."""
    return np.stack([np.ravel(g(float(x))) for x in at])
