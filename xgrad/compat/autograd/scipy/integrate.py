"""Ordinary differential equations, with the gradient of the solver's steps."""

from __future__ import annotations

from typing import Any

import numpy as np  # noqa: F401 - autograd's module has this name, and the next
import scipy.integrate as _scipy

from xgrad.scipy.integrate import odeint as _odeint

from .. import refused
from ..misc.flatten import flatten  # noqa: F401

__getattr__ = refused.lookup(__name__, _scipy)


def odeint(func: Any, y0: Any, t: Any, args: Any = (), **kwargs: Any) -> Any:
    """Integrate ``dy/dt = func(y, t, *args)`` from `y0`, as ``scipy.integrate.odeint``.

    Derivatives flow to `y0`, `t` and `args`, of any order and in both modes, and beyond autograd to
    whatever `func` closes over.
    """
    return _odeint(func, y0, t, args, **kwargs)
