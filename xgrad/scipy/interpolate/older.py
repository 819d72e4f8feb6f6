"""Other bases and older interpolators: Bernstein's polynomials, Pade's fractions, Lagrange, Rbf."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import xgrad

from ..common import raw, twin
from ..examples import of_one_class
from ..given import like_given
from ..mistakes import told
from ..precision import doubled
from ..spatial.distance import cdist
from .pieces import PPoly, behind

__all__ = ["BPoly", "Rbf", "lagrange", "pade"]


@told("interpolate")
@like_given
@of_one_class("scipy.interpolate.BPoly", whole=True)
class BPoly:
    """A piecewise polynomial in Bernstein's basis; see ``scipy.interpolate.BPoly``.

    Args:
        c: the coefficients, shape (k, m, ...).
        x: the m + 1 points between the pieces.
        extrapolate: whether to go on beyond them, or ``"periodic"``; NaN if False.
        axis: where the axis of points is in the result.
    """

    def __init__(self, c: Any, x: Any, extrapolate: Any = None, axis: int = 0) -> None:
        self.c, self.x, self.axis = doubled(c), doubled(x), axis
        k = self.c.shape[0] - 1
        power = np.zeros((k + 1, k + 1))
        for a in range(k + 1):
            for j in range(a, k + 1):
                power[k - j, a] = math.comb(k, a) * math.comb(k - a, j - a) * (-1) ** (j - a)
        flat = xgrad.reshape(self.c, (k + 1, -1))
        c = xgrad.reshape(xgrad.asarray(power) @ flat, self.c.shape)
        h = behind(self.x[1:] - self.x[:-1], c[0, ...])
        scaled = xgrad.stack([c[i, ...] / h ** (k - i) for i in range(k + 1)])
        self.plain = PPoly(scaled, self.x, extrapolate, axis)
        self.extrapolate = self.plain.extrapolate

    def __call__(self, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
        """Return the values at some points, or those of the `nu`-th derivative."""
        return self.plain(x, nu, extrapolate)

    def derivative(self, nu: int = 1) -> PPoly:
        """Return the derivative, by powers."""
        return self.plain.derivative(nu)

    def antiderivative(self, nu: int = 1) -> PPoly:
        """Return the integral from the first point on, by powers."""
        return self.plain.antiderivative(nu)

    def integrate(self, a: Any, b: Any, extrapolate: Any = None) -> Any:
        """Return the integral between two points."""
        return self.plain.integrate(a, b, extrapolate)


def _polynomial(c: Any) -> Any:
    """Return NumPy's polynomial of these coefficients, also of those that are zero here."""
    p = np.poly1d([1.0])
    p.__dict__["coeffs"] = c
    return p


@twin("interpolate")
def lagrange(x: Any, w: Any) -> Any:
    """Return the polynomial through points, a ``numpy.poly1d``; see SciPy's ``lagrange``."""
    x, w = xgrad.asarray(x) * 1.0, xgrad.asarray(w) * 1.0
    n, total = x.shape[0], None
    for j in range(n):
        others = [k for k in range(n) if k != j]
        rest = xgrad.take(x, xgrad.asarray(np.asarray(others, dtype=int)))
        part = w[j] * xgrad.poly(rest) / xgrad.prod(x[j] - rest)
        total = part if total is None else total + part
    return _polynomial(total)


@twin("interpolate")
def pade(an: Any, m: int, n: int | None = None) -> Any:
    """Return numerator and denominator of a fraction with these Taylor coefficients, as SciPy's."""
    an = xgrad.asarray(an) * 1.0
    n = an.shape[0] - 1 - m if n is None else n
    if n < 0 or m + n > an.shape[0] - 1:
        raise ValueError(
            f"pade: m is {m} and n {n}, of {an.shape[0]} coefficients; expected their sum to be "
            "less than these, and neither negative"
        )
    an = an[: m + n + 1]
    columns = [
        xgrad.concat([xgrad.zeros((j,), dtype=an.dtype), -an[: m + n + 1 - j]])
        for j in range(1, m + 1)
    ]
    unit = xgrad.asarray(np.eye(m + n + 1, n + 1, dtype=an.dtype))
    matrix = xgrad.concat([unit, *(c[:, None] for c in columns)], axis=1)
    pq = xgrad.linalg.solve(matrix, an)
    q = xgrad.concat([xgrad.ones((1,), dtype=an.dtype), pq[n + 1 :]])
    return _polynomial(xgrad.flip(pq[: n + 1])), _polynomial(xgrad.flip(q))


FUNCTIONS: dict[str, Any] = {
    "multiquadric": lambda r, e: xgrad.sqrt((r / e) ** 2 + 1.0),
    "inverse_multiquadric": lambda r, e: 1.0 / xgrad.sqrt((r / e) ** 2 + 1.0),
    "gaussian": lambda r, e: xgrad.exp(-((r / e) ** 2)),
    "linear": lambda r, e: r,
    "cubic": lambda r, e: r**3,
    "quintic": lambda r, e: r**5,
    "thin_plate": lambda r, e: xgrad.special.xlogy(r**2, r),
}
"""SciPy's functions of the distance, by its names."""
SPELLED = {
    "inverse": "inverse_multiquadric",
    "inverse multiquadric": "inverse_multiquadric",
    "thin-plate": "thin_plate",
}


@told("interpolate")
@like_given
@of_one_class("scipy.interpolate.Rbf")
class Rbf:
    """Radial functions through points, by coordinates; see ``scipy.interpolate.Rbf``.

    Args:
        args: the coordinates of the points, each an array, and their values.
        function: SciPy's name of the function of the distance, or one of an array.
        epsilon: its scale; by default about the distance of neighbours.
        smooth: how far the values may be missed.
        norm: SciPy's name of the distance.
        mode: ``"1-D"``, or ``"N-D"`` for vectors as values.
    """

    def __init__(
        self, *args: Any, function: Any = "multiquadric", epsilon: Any = None, smooth: Any = 0.0,
        norm: Any = "euclidean", mode: str = "1-D",
    ) -> None:  # fmt: skip
        self.xi = xgrad.stack([xgrad.reshape(doubled(a), (-1,)) for a in args[:-1]], axis=1)
        d = xgrad.asarray(args[-1])
        self.di = xgrad.reshape(d, (-1,)) if mode == "1-D" else d
        function = SPELLED.get(str(function).lower(), function)
        if not callable(function) and function not in FUNCTIONS:
            raise ValueError(
                f"Rbf: function is {function!r}; expected a function or one of "
                f"{', '.join(FUNCTIONS)}"
            )
        self.norm, self.smooth = norm, smooth
        n = self.xi.shape[0]
        if epsilon is None:
            edges = xgrad.max(self.xi, axis=0) - xgrad.min(self.xi, axis=0)
            wide = np.flatnonzero(np.asarray(raw(edges.detach())))
            edges = xgrad.take(edges, xgrad.asarray(wide))
            epsilon = (xgrad.prod(edges) / n) ** (1.0 / len(wide))
        self.epsilon = epsilon
        known = FUNCTIONS.get(function) if isinstance(function, str) else None
        self.function = function if known is None else lambda r: known(r, self.epsilon)
        self.A = self.function(cdist(self.xi, self.xi, norm)) - xgrad.eye(n) * smooth
        self.nodes = xgrad.linalg.solve(self.A, self.di)

    def __call__(self, *args: Any) -> Any:
        """Return the values at points, given by their coordinates."""
        at = [doubled(a) for a in args]
        shape = at[0].shape
        x = xgrad.stack([xgrad.reshape(a, (-1,)) for a in at], axis=1)
        out = self.function(cdist(x, self.xi, self.norm)) @ self.nodes
        return xgrad.reshape(out, (*shape, *out.shape[1:]))
