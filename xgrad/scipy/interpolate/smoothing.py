"""Smoothing splines: values that are pulled to a straight line, and a natural spline through them.

With ``R`` and ``Q`` such that the roughness of a natural spline through `g` is
``(Q^T g)^T R^-1 (Q^T g)``, the values solve one banded system (Green and Silverman, Nonparametric
Regression and Generalized Linear Models, 1994, section 2.3.3).
"""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...custom.equation import implicit
from ..common import chapter, is_tracked, raw, with_derivative_of
from ..examples import of_one
from ..given import like_given
from ..linalg import solveh_banded
from ..mistakes import told
from ..precision import doubled
from .bsplines import BSpline, make_interp_spline
from .pieces import behind, points_and_values

__all__ = ["make_smoothing_spline"]


@told("interpolate")
@like_given
@of_one("scipy.interpolate.make_smoothing_spline")
def make_smoothing_spline(
    x: Any, y: Any, w: Any = None, lam: Any = None, *, axis: int = 0
) -> BSpline:
    """Return the smoothing spline, in points, values, weights and `lam`; see SciPy's.

    Where `lam` is None it is the minimum of the criterion of cross-validation, and moves with the
    data as that does.
    """
    x, values = points_and_values("make_smoothing_spline", x, y, axis)
    weights = xgrad.ones_like(x) if w is None else doubled(w)
    plain = [raw(v.detach()) for v in (x, values, weights)]
    found = chapter("interpolate").make_smoothing_spline(*plain, raw(lam))
    columns = xgrad.reshape(values, (x.shape[0], -1))
    system = _System(x, weights)
    if lam is None:
        lam = system.chosen(columns)
    lams = doubled(lam)
    if lams.ndim:
        parts = [system.smooth(columns[:, i : i + 1], lams[i]) for i in range(columns.shape[1])]
        smooth = xgrad.concat(parts, axis=1)
    else:
        smooth = system.smooth(columns, lams)
    made = make_interp_spline(x, xgrad.reshape(smooth, values.shape), bc_type="natural")
    made.c = with_derivative_of(found.c, made.c)
    made.axis = axis % values.ndim
    return made


class _System:
    """The banded matrices of some points and weights.

    Attributes:
        ends: by row the three entries of each column of ``Q``.
        rough: the bands of ``R``, as `solveh_banded` wants them.
        pull: the bands of ``Q^T W^-1 Q``.
    """

    def __init__(self, x: Array, w: Array) -> None:
        h, v = x[1:] - x[:-1], 1.0 / w
        before, after = 1.0 / h[:-1], 1.0 / h[1:]
        self.v, self.ends = v, (before, -before - after, after)
        q0, q1, q2 = self.ends
        none, n = xgrad.zeros_like(before), x.shape[0]
        self.rough = _bands((h[:-1] + h[1:]) / 3.0, h[1:-1] / 6.0, none[2:])
        self.pull = _bands(
            q0 * q0 * v[:-2] + q1 * q1 * v[1:-1] + q2 * q2 * v[2:],
            q1[:-1] * q0[1:] * v[1 : n - 2] + q2[:-1] * q1[1:] * v[2 : n - 1],
            q2[:-2] * q0[2:] * v[2 : n - 2],
        )

    def smooth(self, y: Array, lam: Any) -> Array:
        """Return the smoothed values, column by column."""
        return y - self._residual(y, lam)

    def _residual(self, y: Array, lam: Any) -> Array:
        q0, q1, q2 = (behind(q, y) for q in self.ends)
        second = q0 * y[:-2] + q1 * y[1:-1] + q2 * y[2:]
        bent = solveh_banded(self.rough + lam * self.pull, second)
        parts = [
            xgrad.pad(q * bent, ((k, 2 - k), (0, 0)))  # of the k-th of the three
            for k, q in enumerate((q0, q1, q2))
        ]
        found: Array = lam * behind(self.v, y) * (parts[0] + parts[1] + parts[2])
        return found

    def criterion(self, y: Array, lam: Any) -> Array:
        """Return the criterion of generalised cross-validation, as SciPy defines it."""
        away = self._residual(y, lam)
        diagonals = [xgrad.diag(self.pull[2 - k, k:], k=k) for k in range(3)]
        pull = sum((d + xgrad.matrix_transpose(d) for d in diagonals[1:]), diagonals[0])
        share = lam * xgrad.trace(solveh_banded(self.rough + lam * self.pull, pull))
        found: Array = y.shape[0] * xgrad.sum(away * away) / (share * share)
        return found

    def chosen(self, y: Array) -> Any:
        """Return the `lam` of the least criterion of each column; at a bound a number."""
        n = y.shape[0]
        lams = [self._chosen(y[:, i : i + 1], float(n)) for i in range(y.shape[1])]
        return lams[0] if len(lams) == 1 else xgrad.stack(lams)

    def _chosen(self, y: Array, high: float) -> Any:
        held = _held(self)
        value = (
            chapter("optimize")
            .minimize_scalar(
                lambda lam: float(raw(held.criterion(y.detach(), lam))),
                bounds=(0, high),
                method="bounded",
                options={"xatol": 1e-9 * high},
            )
            .x
        )
        at_a_bound = min(value, high - value) < 1e-6 * high
        if at_a_bound or not is_tracked(y, self.v, self.rough):
            return xgrad.asarray(value)
        slope = xgrad.grad(self.criterion, argnums=1)
        root = implicit(lambda lam: slope(y, lam[0])[None], np.asarray([value]))
        return root[0]


def _bands(diagonal: Array, next_one: Array, second: Array) -> Array:
    """Return the upper bands of a symmetric matrix, by its diagonals."""
    rows = [xgrad.pad(d, ((k, 0),)) for k, d in ((2, second), (1, next_one), (0, diagonal))]
    return xgrad.stack(rows)


def _held(system: _System) -> _System:
    """Return a system without derivatives."""
    made = object.__new__(_System)
    q0, q1, q2 = system.ends
    made.v, made.ends = system.v.detach(), (q0.detach(), q1.detach(), q2.detach())
    made.rough, made.pull = system.rough.detach(), system.pull.detach()
    return made
