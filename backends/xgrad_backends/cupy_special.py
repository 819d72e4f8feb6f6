"""``cupyx.scipy.special``, with what differs there from SciPy.

Nothing of CuPy is imported before a function is asked for.
"""

from __future__ import annotations

import importlib
import math
from typing import Any

from xgrad.backends import Functions

from .scipy_special import in_precision

_SPECIAL = Functions("cupy", "cupyx.scipy.special")


def _betaincc(a: Any, b: Any, x: Any, /) -> Any:
    return _SPECIAL.betainc(b, a, 1 - x)


def _ellipe(m: Any, /) -> Any:
    return _SPECIAL.ellipeinc(math.pi / 2, m)


def _lambertw(z: Any, /, k: Any = 0, tol: float = 1e-8) -> Any:
    return in_precision(_SPECIAL.lambertw)(z, k, tol)


def _nbdtr(k: Any, n: Any, p: Any, /) -> Any:
    return in_precision(_SPECIAL.nbdtr)(k, n, p)


def _nbdtrc(k: Any, n: Any, p: Any, /) -> Any:
    return in_precision(_SPECIAL.nbdtrc)(k, n, p)


def _polygamma(n: Any, x: Any, /) -> Any:
    if not hasattr(n, "dtype"):  # CuPy fails on a number
        n = importlib.import_module("cupy").full((), n, dtype=x.dtype)
    return in_precision(_SPECIAL.polygamma)(n, x)


def _zeta(x: Any, q: Any = 1.0, /) -> Any:
    return _SPECIAL.zeta(x, q)


SPECIAL = Functions(
    "cupy",
    _SPECIAL,
    betaincc=_betaincc,
    ellipe=_ellipe,
    lambertw=_lambertw,
    nbdtr=_nbdtr,
    nbdtrc=_nbdtrc,
    polygamma=_polygamma,
    zeta=_zeta,
)
