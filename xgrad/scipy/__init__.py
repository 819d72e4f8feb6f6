"""SciPy's chapters under SciPy's names and signatures, differentiable on NumPy and CuPy.

The value of each function is what ``scipy`` computes, or ``cupyx.scipy`` for arrays of CuPy; its
derivative is a few calls of the same library again. Three kinds of functions belong here: those
linear in their data, whose rule is one transpose; those that solve an equation, whose rule is that
equation; and integrals.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import scipy
    >>> def reached(rate):
    ...     decay = scipy.integrate.solve_ivp(lambda t, y: -rate * y, (0, 1), np.ones(1), rtol=1e-8)
    ...     return decay.y[0, -1]
    >>> round(float(xg.grad(reached)(0.5)), 5)
    -0.60653
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import integrate as integrate
    from . import interpolate as interpolate
    from . import linalg as linalg
    from . import ndimage as ndimage
    from . import optimize as optimize
    from . import signal as signal
    from . import sparse as sparse
    from . import spatial as spatial
    from . import stats as stats

CHAPTERS = (
    "integrate",
    "interpolate",
    "linalg",
    "ndimage",
    "optimize",
    "signal",
    "sparse",
    "spatial",
    "stats",
)
"""The chapters that are here, imported when first used."""

OWN = ("cluster", "constants", "datasets", "differentiate", "fft", "io", "special")
"""SciPy's own chapters, so that a program's ``scipy`` may be this one throughout."""

__all__ = [*CHAPTERS]  # noqa: PLE0604 - their names


def __getattr__(name: str) -> Any:
    if name in CHAPTERS:
        return import_module(f"{__name__}.{name}")
    if name in OWN:  # what is array code needs no twin
        return import_module(f"scipy.{name}")
    raise AttributeError(
        f"module {__name__!r} has no attribute {name!r}; it has {', '.join((*CHAPTERS, *OWN))}"
    )


def __dir__() -> list[str]:
    return sorted({*globals(), *CHAPTERS})
