"""Special functions for PyTorch: those of ``torch.special`` under SciPy's names.

A few that PyTorch lacks are one line of others. What it has nothing for is left out.
"""

from __future__ import annotations

import math
from typing import Any

from xgrad.backends import Functions

from .detect import require

torch: Any = require("torch")


def _tensors(*args: Any) -> list[Any]:
    """Return the arguments with numbers made tensors like the first one that is a tensor."""
    like = next(x for x in args if isinstance(x, torch.Tensor))
    return [
        x if isinstance(x, torch.Tensor) else torch.full_like(like, x, dtype=_floating(like))
        for x in args
    ]


def _floating(x: Any) -> Any:
    return x.dtype if x.dtype.is_floating_point else torch.get_default_dtype()


def _gammainc(a: Any, x: Any, /) -> Any:
    return torch.special.gammainc(*_tensors(a, x))


def _gammaincc(a: Any, x: Any, /) -> Any:
    return torch.special.gammaincc(*_tensors(a, x))


def _loggamma(x: Any, /) -> Any:
    return torch.where(x < 0, math.nan, torch.lgamma(x))


def _gamma(x: Any, /) -> Any:
    odd = torch.remainder(torch.floor(x), 2) == 1  # between poles the sign alternates
    size = torch.exp(torch.lgamma(x))
    size = torch.where((x < 0) & (torch.floor(x) == x), math.nan, size)
    return torch.where((x < 0) & odd, -size, torch.copysign(size, torch.where(x == 0, x, 1.0)))


def _betaln(a: Any, b: Any, /) -> Any:
    a, b = _tensors(a, b)
    return torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b)


def _beta(a: Any, b: Any, /) -> Any:
    a, b = _tensors(a, b)
    sign = torch.sign(_gamma(a)) * torch.sign(_gamma(b)) * torch.sign(_gamma(a + b))
    return sign * torch.exp(_betaln(a, b))


def _polygamma(n: int, x: Any, /) -> Any:
    # PyTorch's own is good to 1e-9 only
    if n == 0:
        return torch.special.digamma(x)
    return (-1) ** (n + 1) * math.factorial(n) * torch.special.zeta(n + 1.0, x)


def _zeta(x: Any, q: Any = 1.0, /) -> Any:
    return torch.special.zeta(x, q)


def _erfcinv(y: Any, /) -> Any:
    return -torch.special.ndtri(0.5 * y) * math.sqrt(0.5)


def _log_expit(x: Any, /) -> Any:
    return torch.nn.functional.logsigmoid(x)


def _rel_entr(x: Any, y: Any, /) -> Any:
    x, y = _tensors(x, y)
    inside = torch.where((x > 0) & (y > 0), x * torch.log(x / y), math.inf)
    inside = torch.where((x == 0) & (y >= 0), 0.0, inside)
    return torch.where(torch.isnan(x) | torch.isnan(y), math.nan, inside)


def _kl_div(x: Any, y: Any, /) -> Any:
    x, y = _tensors(x, y)
    return _rel_entr(x, y) - x + y


def _huber(delta: Any, r: Any, /) -> Any:
    delta, r = _tensors(delta, r)
    size = torch.abs(r)
    loss = torch.where(size <= delta, 0.5 * r * r, delta * (size - 0.5 * delta))
    return torch.where(delta < 0, math.inf, loss)


def _pseudo_huber(delta: Any, r: Any, /) -> Any:
    delta, r = _tensors(delta, r)
    h = torch.hypot(delta, r)
    loss = torch.where(h == 0, 0.0, delta * r * r / torch.where(h == 0, 1.0, h + delta))
    return torch.where(delta < 0, math.inf, loss)


SPECIAL = Functions(
    "torch",
    "torch.special",
    beta=_beta,
    betaln=_betaln,
    erfcinv=_erfcinv,
    gamma=_gamma,
    gammainc=_gammainc,
    gammaincc=_gammaincc,
    huber=_huber,
    j0=torch.special.bessel_j0,
    j1=torch.special.bessel_j1,
    k0=torch.special.modified_bessel_k0,
    k0e=torch.special.scaled_modified_bessel_k0,
    k1=torch.special.modified_bessel_k1,
    k1e=torch.special.scaled_modified_bessel_k1,
    kl_div=_kl_div,
    log_expit=_log_expit,
    loggamma=_loggamma,
    polygamma=_polygamma,
    pseudo_huber=_pseudo_huber,
    rel_entr=_rel_entr,
    y0=torch.special.bessel_y0,
    y1=torch.special.bessel_y1,
    zeta=_zeta,
)
