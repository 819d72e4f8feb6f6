"""Special functions, named and with arguments as in ``scipy.special``, with derivatives.

The values come from the library of the array's backend: ``scipy.special``, ``cupyx.scipy.special``
or ``torch.special``. Where it has no such function a NotImplementedError says so; nothing moves to
the host. Every other name of ``scipy.special`` is answered with the plain function of values, which
refuses arrays that a derivative may flow through.

    >>> import numpy as np, xgrad as xg
    >>> xg.grad(lambda a: xg.special.gammainc(a, 2.0))(np.asarray(3.0)).round(6)
    np.float64(-0.231849)
"""

from __future__ import annotations

from typing import Any

from .bessel import (
    i0,
    i0e,
    i1,
    i1e,
    iv,
    ive,
    j0,
    j1,
    jv,
    k0,
    k0e,
    k1,
    k1e,
    kv,
    kve,
    y0,
    y1,
    yv,
)
from .gammas import (
    beta,
    betaln,
    digamma,
    gamma,
    gammaln,
    loggamma,
    polygamma,
    psi,
    zeta,
)
from .gaussian import (
    dawsn,
    erf,
    erfc,
    erfcinv,
    erfcx,
    erfinv,
    log_ndtr,
    ndtr,
    ndtri,
    wofz,
)
from .incomplete import betainc, betaincc, gammainc, gammaincc
from .information import (
    entr,
    expit,
    huber,
    kl_div,
    log_expit,
    log_softmax,
    logit,
    logsumexp,
    pseudo_huber,
    rel_entr,
    softmax,
    xlog1py,
    xlogy,
)
from .integrals import (
    ellipe,
    ellipk,
    exp1,
    expi,
    expn,
    hyp1f1,
    hyp2f1,
    lambertw,
    sici,
    spence,
)
from .others import without_derivative

__all__ = [
    "beta",
    "betainc",
    "betaincc",
    "betaln",
    "dawsn",
    "digamma",
    "ellipe",
    "ellipk",
    "entr",
    "erf",
    "erfc",
    "erfcinv",
    "erfcx",
    "erfinv",
    "exp1",
    "expi",
    "expit",
    "expn",
    "gamma",
    "gammainc",
    "gammaincc",
    "gammaln",
    "huber",
    "hyp1f1",
    "hyp2f1",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "iv",
    "ive",
    "j0",
    "j1",
    "jv",
    "k0",
    "k0e",
    "k1",
    "k1e",
    "kl_div",
    "kv",
    "kve",
    "lambertw",
    "log_expit",
    "log_ndtr",
    "log_softmax",
    "loggamma",
    "logit",
    "logsumexp",
    "ndtr",
    "ndtri",
    "polygamma",
    "pseudo_huber",
    "psi",
    "rel_entr",
    "sici",
    "softmax",
    "spence",
    "wofz",
    "xlog1py",
    "xlogy",
    "y0",
    "y1",
    "yv",
    "zeta",
]


def __getattr__(name: str) -> Any:
    return without_derivative(name)
