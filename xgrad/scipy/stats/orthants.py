"""The probability that a normal vector, or one of Student's t, lies below another one.

Its derivative is a density times such a probability of fewer variables (Plackett 1954, Biometrika
41, 351; Genz 2004, Statistics and Computing 14, 251), so that each order follows from the same two
lines; of one variable it is ``ndtr`` or ``stdtr``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import xgrad
from xgrad import special

from ..common import chapter, raw

__all__ = ["below"]


def below(h: Any, R: Any, df: float = math.inf) -> Any:
    """Return the probability below `h`, by the matrix of correlations of standard variables.

    Args:
        h: the bounds, a vector.
        R: the correlations.
        df: the degrees of freedom; of a normal vector infinite.
    """
    if h.shape[0] == 0:
        return xgrad.ones(())
    if h.shape[0] > 1:
        return _orthant(h, R, np.asarray(df))
    return special.ndtr(h[0]) if math.isinf(df) else special.stdtr(df, h[0])


@xgrad.custom_jvp
def _orthant(h: Any, R: Any, df: Any) -> Any:
    held, cov = (np.asarray(raw(xgrad.asarray(v).detach())) for v in (h, R))
    stats, freedom = chapter("stats"), float(raw(df))
    if math.isinf(freedom):
        found = stats.multivariate_normal.cdf(held, cov=cov, allow_singular=True, rng=0)
    else:
        options = {"shape": cov, "df": freedom, "allow_singular": True, "random_state": 0}
        found = stats.multivariate_t.cdf(held, **options)
    return xgrad.asarray(found)


def _given(h: Any, R: Any, df: float, known: tuple[int, ...]) -> Any:
    """Return the density of some variables at their bounds times what is below for the others.

    A vector of Student's is a normal one divided by ``s = sqrt(chi2 / df)``. What is taken is the
    average of ``s**(2 - len(known))`` times the normal density and probability at ``s * h``.
    """
    rest = [i for i in range(h.shape[0]) if i not in known]
    at, others = (xgrad.asarray(np.asarray(i, dtype=np.int64)) for i in (known, rest))
    inner, outer = xgrad.take(h, at), xgrad.take(h, others)
    rows = xgrad.take(R, at, axis=0)
    S, across = xgrad.take(rows, at, axis=1), xgrad.take(rows, others, axis=1)
    solved = xgrad.linalg.solve(S, xgrad.concat([inner[:, None], across], axis=1))
    quadratic, det = xgrad.sum(inner * solved[:, 0]), xgrad.linalg.det(S)
    more = 2 - len(known)
    if math.isinf(df):
        kernel, narrower = xgrad.exp(-0.5 * quadratic), 1.0
    else:
        half = 0.5 * (df + more)
        size = math.exp(math.lgamma(half) - math.lgamma(0.5 * df)) * (2.0 / df) ** (0.5 * more)
        kernel = size * xgrad.exp(-half * xgrad.log1p(quadratic / df))
        narrower = xgrad.sqrt((df + more) / (df + quadratic))
    density = kernel / xgrad.sqrt((2 * math.pi) ** len(known) * det)
    if not rest:
        return density
    cov = xgrad.take(xgrad.take(R, others, axis=0), others, axis=1)
    cov = cov - xgrad.matrix_transpose(across) @ solved[:, 1:]
    spread = xgrad.sqrt(xgrad.linalg.diagonal(cov))
    moved = narrower * (outer - xgrad.matrix_transpose(across) @ solved[:, 0]) / spread
    return density * below(moved, cov / (spread[:, None] * spread), df + more)


@_orthant.defjvp
def _rule(primals: Any, tangents: Any) -> Any:
    (h, R, df), (dh, dR, _) = primals, tangents
    n, freedom = h.shape[0], float(raw(df))
    total = sum((_given(h, R, freedom, (i,)) * dh[i] for i in range(n)), 0.0)
    for i in range(n):
        for j in range(i):
            total = total + _given(h, R, freedom, (i, j)) * 0.5 * (dR[i, j] + dR[j, i])
    return _orthant(h, R, df), total
