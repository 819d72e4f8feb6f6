"""The solution of a differential equation between its steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.polynomial import chebyshev

import xgrad

from ...arrays.array import Array
from ..common import raw, with_derivative_of

__all__ = ["OdeSolution"]

DEGREE = 12
"""At least that of the polynomials of which SciPy's methods make a solution."""


class OdeSolution:
    """The solution as a function of time, differentiable in it; see `solve_ivp`.

    Attributes:
        ts: the times of the steps, raw.
        t_min, t_max: between which it is known.
    """

    def __init__(self, values: Any, path: Any) -> None:
        self.values, self.path, self.ts = values, path, values.ts
        self.t_min, self.t_max = values.t_min, values.t_max

    @classmethod
    def of(cls, plain: Any) -> OdeSolution:
        """Return the twin of a solution of SciPy's, in which nothing else is differentiable."""
        return cls(plain, _Pieces(plain))

    def __call__(self, t: Any) -> Any:
        """Return the values at a time, shape (n,), or at several, shape (n, number of times)."""
        times = xgrad.asarray(t)
        if times.ndim > 1:
            raise ValueError(
                f"solve_ivp: sol got times of shape {times.shape}; expected a number or a vector"
            )
        found = xgrad.matrix_transpose(self.path.at(xgrad.reshape(times, (-1,))))
        known = self.values(raw(times.detach()))
        return with_derivative_of(known, found[:, 0] if times.ndim == 0 else found)


class _Pieces:
    """A polynomial for each step, read off SciPy's at as many points as it has coefficients."""

    def __init__(self, plain: Any) -> None:
        self.plain, self.known = plain, dict[int, Any]()
        self.points = np.cos(np.pi * (np.arange(DEGREE + 1) + 0.5) / (DEGREE + 1))
        self.fit = np.linalg.inv(chebyshev.chebvander(self.points, DEGREE))

    def _coefficients(self, i: int) -> Any:
        if i not in self.known:
            piece = self.plain.interpolants[i]
            middle, half = (piece.t + piece.t_old) / 2, (piece.t - piece.t_old) / 2
            self.known[i] = middle, half, self.fit @ piece(middle + half * self.points).T
        return self.known[i]

    def at(self, times: Array) -> Any:
        """Return the values at some times, shape (number of times, n)."""
        plain, held = self.plain, np.asarray(raw(times.detach()))
        step = np.searchsorted(plain.ts_sorted, held, side=plain.side) - 1
        step = np.clip(step, 0, plain.n_segments - 1)
        pieces = [
            self._coefficients(int(i if plain.ascending else plain.n_segments - 1 - i))
            for i in step
        ]
        middle, half, c = (np.stack([np.asarray(p[k]) for p in pieces]) for k in range(3))
        x = (times - middle) / half
        before, now = xgrad.ones_like(x), x
        total = before[:, None] * c[:, 0] + now[:, None] * c[:, 1]
        for k in range(2, DEGREE + 1):
            before, now = now, 2.0 * x * now - before
            total = total + now[:, None] * c[:, k]
        return total
