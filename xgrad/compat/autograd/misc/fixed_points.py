"""Fixed points, differentiated implicitly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import xgrad

from .. import refused
from ..border import raw


def fixed_point(
    f: Callable[[Any], Callable[[Any], Any]],
    a: Any,
    x0: Any,
    distance: Callable[[Any, Any], Any],
    tol: float,
) -> Any:
    """Return the limit of ``x = f(a)(x)``, iterated from `x0` until a step is shorter than `tol`.

    Its derivative with respect to `a` is that of the limit, whatever the path to it.
    """

    def iterate(x0: Any, a: Any) -> Any:
        step = f(a)
        x, previous = step(x0), x0
        while raw(distance(x, previous)) > tol:
            x, previous = step(x), x
        return x

    return xgrad.implicit_fixed_point(lambda x, a: f(a)(x))(iterate)(x0, a)


__getattr__ = refused.lookup(__name__)
