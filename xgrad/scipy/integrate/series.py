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
    if np.ndim(found.sum) or log:
        fixed("nsum of several sums, or of logarithms", args=args)
        found.sum = result(found.sum, arrays_in(args))
        return found

    def quadrature(g: Callable[[float], Any]) -> Any:
        first = np.asarray(g(float(low)))

        def each(x: Any, i: Any) -> Any:  # a derivative is taken term by term
            flat = [np.ravel(g(float(v)))[int(j)] for v, j in np.broadcast(x, i)]
            return np.reshape(np.asarray(flat), np.broadcast_shapes(np.shape(x), np.shape(i)))

        which = np.arange(float(first.size))
        return np.reshape(scipy.nsum(each, low, high, args=(which,), **options).sum, first.shape)

    at = np.asarray(float(low) if np.isfinite(low) else float(high))
    out = integral(
        lambda x: xgrad.asarray(joined(f(x, *args))), (0.0, 1.0), quadrature, found.sum, at
    )
    if out._node is not None or arrays_in(args):
        found.sum = out if isinstance(out, Array) else Array(np.asarray(out))
    return found
