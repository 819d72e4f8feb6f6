"""The Runge-Kutta schemes whose steps stand for those of SciPy's solvers.

An explicit solver is its own scheme. A step of an implicit one is the collocation of the Radau IIA
family (Hairer and Wanner, Solving ODEs II, IV.5), whose stages are read off the solver's own
interpolation.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ..common import chapter

__all__ = ["COLLOCATED", "EXPLICIT", "Scheme", "keeping_slopes", "scheme_of"]

EXPLICIT = ("RK23", "RK45", "DOP853")

COLLOCATED = {"Radau": 3, "BDF": 3, "LSODA": 5}
"""How many stages stand for a step of each implicit method: as its order needs."""


class Scheme(NamedTuple):
    """A step from y: slopes ``k[i] = f(t + nodes[i] h, y + h sum_j matrix[i, j] k[j])``.

    Attributes:
        matrix: how the slopes make the stages; lower triangular if the scheme is explicit.
        weights: the step ends at ``y + h sum_i weights[i] k[i]``.
        nodes: where the stages lie.
        basis: inside of it is ``y + h sum_i k[i] sum_m basis[i, m] theta**(m + 1)``.
        explicit: whether each slope needs those before it only.
    """

    matrix: Any
    weights: Any
    nodes: Any
    basis: Any
    explicit: bool


@cache
def scheme_of(method: str) -> Scheme:
    """Return the scheme of a method of `solve_ivp`."""
    if method in COLLOCATED:
        return _radau(COLLOCATED[method])
    solver = getattr(chapter("integrate"), method)
    inner = len(solver.B)
    extra = solver.A_EXTRA if method == "DOP853" else ()
    size = inner + 1 + len(extra)
    matrix = np.zeros((size, size))
    matrix[:inner, : solver.A.shape[1]], matrix[inner, :inner] = solver.A, solver.B
    for i, row in enumerate(extra):
        matrix[inner + 1 + i] = row
    weights = np.append(solver.B, np.zeros(size - inner))
    nodes = np.concat([solver.C, [1.0], solver.C_EXTRA if method == "DOP853" else []])
    basis = _dop853(solver, weights) if method == "DOP853" else np.asarray(solver.P)
    return Scheme(matrix, weights, nodes, basis, True)


def _dop853(solver: Any, weights: Any) -> Any:
    """Return the basis of its interpolation, which SciPy nests: F0 x + F1 x (1 - x) + ..."""
    first = np.eye(len(weights))[0]
    last = np.eye(len(weights))[len(solver.B)]
    rows = [weights, first - weights, 2 * weights - last - first, *solver.D]
    factor, basis = np.asarray([1.0]), np.zeros((len(weights), len(rows)))
    for i, row in enumerate(rows):
        factor = np.convolve(factor, [0.0, 1.0] if i % 2 == 0 else [1.0, -1.0])
        basis[:, : len(factor) - 1] += np.outer(row, factor[1:])
    return basis


def _radau(stages: int) -> Scheme:
    poly = np.polynomial.legendre
    zeros = np.sort(poly.legroots([*[0.0] * (stages - 1), 1.0, -1.0]).real)[:-1]
    nodes = np.append((zeros + 1) / 2, 1.0)
    powers = np.arange(1, stages + 1)
    basis = np.linalg.inv(nodes[:, None] ** (powers - 1)).T / powers
    matrix = nodes[:, None] ** powers @ basis.T
    return Scheme(matrix, matrix[-1], nodes, basis, False)


@cache
def keeping_slopes(method: str) -> Any:
    """Return an explicit solver of SciPy's whose interpolants keep the slopes of their steps."""
    base: Any = getattr(chapter("integrate"), method)

    class Keeping(base):  # type: ignore[misc]
        def _dense_output_impl(self) -> Any:
            found = super()._dense_output_impl()
            kept: Any = getattr(self, "K_extended", self.K)
            found.slopes = kept.copy()
            return found

    Keeping.__name__ = method
    return Keeping
