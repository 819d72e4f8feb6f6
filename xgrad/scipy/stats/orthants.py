"""The probability that a normal vector lies below another one.

Its derivative is a density times such a probability of fewer variables (Plackett 1954, Biometrika
41, 351), so that each order follows from the same two lines; of one variable it is ``ndtr``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import xgrad
from xgrad import special

from ..common import chapter, raw

__all__ = ["below"]


def below(h: Any, R: Any) -> Any:
    """Return the probability below `h`, by the matrix of correlations of standard variables."""
    if h.shape[0] == 0:
        return xgrad.ones(())
    return special.ndtr(h[0]) if h.shape[0] == 1 else _orthant(h, R)


@xgrad.custom_jvp
def _orthant(h: Any, R: Any) -> Any:
    held, cov = (np.asarray(raw(xgrad.asarray(v).detach())) for v in (h, R))
    return xgrad.asarray(
        chapter("stats").multivariate_normal.cdf(held, cov=cov, allow_singular=True, rng=0)
    )


def _given(h: Any, R: Any, known: tuple[int, ...]) -> Any:
    """Return the density of some variables at their bounds times what is below for the others."""
    rest = [i for i in range(h.shape[0]) if i not in known]
    at, others = (xgrad.asarray(np.asarray(i, dtype=np.int64)) for i in (known, rest))
    inner, outer = xgrad.take(h, at), xgrad.take(h, others)
    rows = xgrad.take(R, at, axis=0)
    S, across = xgrad.take(rows, at, axis=1), xgrad.take(rows, others, axis=1)
    solved = xgrad.linalg.solve(S, xgrad.concat([inner[:, None], across], axis=1))
    quadratic, det = xgrad.sum(inner * solved[:, 0]), xgrad.linalg.det(S)
    density = xgrad.exp(-0.5 * quadratic) / xgrad.sqrt((2 * math.pi) ** len(known) * det)
    if not rest:
        return density
    cov = xgrad.take(xgrad.take(R, others, axis=0), others, axis=1)
    cov = cov - xgrad.matrix_transpose(across) @ solved[:, 1:]
    spread = xgrad.sqrt(xgrad.linalg.diagonal(cov))
    moved = (outer - xgrad.matrix_transpose(across) @ solved[:, 0]) / spread
    return density * below(moved, cov / (spread[:, None] * spread))


@_orthant.defjvp
def _rule(primals: Any, tangents: Any) -> Any:
    (h, R), (dh, dR) = primals, tangents
    n = h.shape[0]
    total = sum((_given(h, R, (i,)) * dh[i] for i in range(n)), 0.0)
    for i in range(n):
        for j in range(i):
            total = total + _given(h, R, (i, j)) * 0.5 * (dR[i, j] + dR[j, i])
    return _orthant(h, R), total
