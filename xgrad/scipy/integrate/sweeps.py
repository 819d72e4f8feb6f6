"""The inverse of the Jacobian of all steps: step after step, or back, over what one step solves."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from ... import errors
from ...arrays.array import Array
from ...backends.batched import Level, leave
from ...custom.again import require_same, sample
from ...custom.equation import Recorded
from ...engine import tape
from ..jacobians import sparse_jacobian
from .schemes import Scheme

__all__ = ["Slope", "Sweep", "WideSweep", "sparse_or_none"]

Slope = Callable[[Any, Array], Array]

FEW = 0.25
"""How many colours a Jacobian may have, of the number of its columns, to be made as sparse."""


class _Steps:
    """What both know: the scheme, the lengths of the steps, and the right-hand side.

    Args:
        scheme: of the steps.
        h: their lengths.
        f: the right-hand side.
        call: that of many states.
        at: returns times and values of the stages, raw, by step and stage.
    """

    def __init__(
        self, scheme: Scheme, h: Any, f: Slope, call: Slope, at: Callable[[], tuple[Any, Any]]
    ) -> None:
        self.scheme, self.h, self.f, self.call, self.at = scheme, h, f, call, at
        self.first: Any = None

    def noted(self, values: Array) -> Array:
        """Return what the right-hand side gave at all stages, and remember it, as rows."""
        if self.first is None:
            self.first = sample(values._raw)
        return values

    def run(self, t: Any, y: Any) -> Recorded:
        """Return the right-hand side at all stages: what it was when the equation was solved."""
        run = Recorded(lambda y: self.call(t.reshape(-1), y), Array(y.reshape((-1, y.shape[-1]))))
        require_same("solve_ivp", self.first, run.out._raw)
        return run


class Sweep(_Steps):
    """The inverse for few unknowns: dense matrices, of all steps at once."""

    @cached_property
    def jacobians(self) -> Any:
        """The Jacobian at each stage of each step."""
        t, y = self.at()
        steps, stages, n = y.shape
        run = self.run(t, y)
        units = np.zeros((n, steps * stages, n), y.dtype)
        units[np.arange(n), :, np.arange(n)] = 1.0
        return np.moveaxis(_pulled(run, units), 0, 1).reshape((steps, stages, n, n))

    @cached_property
    def inverse(self) -> Any:
        """The inverse of what the slopes of one step solve, where they need each other."""
        steps, stages, n, _ = self.jacobians.shape
        scaled = self.h[:, None, None, None] * self.jacobians
        coupled = scaled[:, :, :, None, :] * self.scheme.matrix[:, None, :, None]
        return np.linalg.inv(np.eye(stages * n) - coupled.reshape((steps, stages * n, stages * n)))

    @cached_property
    def moves(self) -> tuple[Any, Any]:
        """How the slopes of each step move with where it begins, and where it ends with it."""
        slopes = self._stages(self.jacobians, False)
        ends = np.einsum("i,bixy->bxy", self.scheme.weights, slopes) * self.h[:, None, None]
        return slopes, ends + np.eye(ends.shape[-1])

    def __call__(self, b: Any, adjoint: bool) -> Any:
        """Solve with the Jacobian, or its adjoint."""
        slopes, ends = self.moves
        weights = self.h[:, None] * self.scheme.weights
        if adjoint:
            arrived = np.einsum("bixy,bix->by", slopes, b)
            after, state = np.empty_like(arrived), np.zeros_like(arrived[0])
            turned = ends.transpose((0, 2, 1))
            for i in range(len(b) - 1, -1, -1):
                after[i] = state
                state = turned[i] @ state + arrived[i]
            given = b + weights[:, :, None] * after[:, None, :]
            return self._stages(given[..., None], True)[..., 0]
        moved = self._stages(b[..., None], False)[..., 0]
        gone = np.einsum("bi,bix->bx", weights, moved)
        before, state = np.empty_like(gone), np.zeros_like(gone[0])
        for i in range(len(b)):
            before[i] = state
            state = ends[i] @ state + gone[i]
        return moved + np.einsum("bixy,by->bix", slopes, before)

    def _stages(self, b: Any, adjoint: bool) -> Any:
        """Solve for the slopes of each step alone, or with the adjoint; `b` has columns."""
        if not self.scheme.explicit:
            steps, stages, n, columns = b.shape
            matrix = self.inverse.transpose((0, 2, 1)) if adjoint else self.inverse
            return (matrix @ b.reshape((steps, stages * n, columns))).reshape(b.shape)
        jac = self.jacobians.swapaxes(-1, -2) if adjoint else self.jacobians
        matrix = self.scheme.matrix.T if adjoint else self.scheme.matrix
        h = self.h[:, None, None]
        found, turned = np.array(b), np.zeros_like(b)
        order = range(b.shape[1])
        for i in reversed(order) if adjoint else order:
            arrived = h * np.einsum("j,bjxy->bxy", matrix[i], turned if adjoint else found)
            found[:, i] += arrived if adjoint else jac[:, i] @ arrived
            if adjoint:
                turned[:, i] = jac[:, i] @ found[:, i]
        return found


class WideSweep(_Steps):
    """The inverse for many unknowns: one sparse matrix where it is one, else products only."""

    @cached_property
    def steps(self) -> list[Any]:
        """What solves for the slopes of each step."""
        t, y = self.at()
        scaled = self.scheme.matrix * self.h[:, None, None]
        found = _coloured(self, t, y)
        if found is None:
            return [_FreeStep(m, self, *ty) for m, *ty in zip(scaled, t, y, strict=True)]
        rows, cols, entries = found
        pairs = zip(scaled, entries, strict=True)
        return [_SparseStep(m, rows, cols, e, y.shape) for m, e in pairs]

    def __call__(self, b: Any, adjoint: bool) -> Any:
        """Solve with the Jacobian, or its adjoint."""
        found, state = np.empty_like(b), np.zeros_like(b[0, 0])
        order = range(len(b))
        for i in reversed(order) if adjoint else order:
            step, weights = self.steps[i], self.h[i] * self.scheme.weights
            if adjoint:
                found[i] = step.solve(b[i] + np.outer(weights, state), True)
                state = state + step.times(found[i], True).sum(0)
            else:
                moved = step.times(np.tile(state, (b.shape[1], 1)), False)
                found[i] = step.solve(b[i] + moved, False)
                state = state + weights @ found[i]
        return found


def _coloured(sweep: _Steps, t: Any, y: Any) -> Any:
    """Return rows and columns of the entries of the Jacobian, and the entries at each stage.

    None if there are too many of them.
    """
    run = sweep.run(t, y)
    jac = sparse_or_none(sweep.f, t[0, 0], y[0, 0])
    if jac is None:
        return None
    colours, flat = jac.colours, y.reshape((-1, y.shape[-1]))

    def pushed(tangent: Any) -> Any:
        found = run.push_x(np.tile(tangent, (len(flat), 1)), False)
        return np.zeros_like(flat) if found is None else found

    entries = np.empty((len(flat), len(colours.cols)), y.dtype)
    for colour in range(colours.count):
        here = colours.of[colours.cols] == colour
        entries[:, here] = pushed((colours.of == colour).astype(y.dtype))[:, colours.rows[here]]
    tangent = np.random.default_rng(0).normal(size=y.shape[-1])
    product, known = np.zeros_like(flat), pushed(tangent)
    np.add.at(product.T, colours.rows, (entries * tangent[colours.cols]).T)
    if not np.allclose(product, known, 1e-5, 1e-5 * np.max(np.abs(known), initial=0.0)):
        return None  # other stages have entries where this one has none
    return colours.rows, colours.cols, entries.reshape((*t.shape, -1))


class _SparseStep:
    """One step whose Jacobians are sparse: its matrix, factorised."""

    def __init__(
        self, matrix: Any, rows: Any, cols: Any, entries: Any, shape: tuple[int, ...]
    ) -> None:
        from scipy.sparse import coo_array, csr_array, eye_array, kron
        from scipy.sparse.linalg import splu

        _, stages, n = shape
        down = np.arange(stages)[:, None] * n
        where = [(down + x).reshape(-1) for x in (rows, cols)]
        size = (stages * n, stages * n)
        self.jacobian = csr_array(coo_array((entries.reshape(-1), where), shape=size))
        coupled = self.jacobian @ kron(csr_array(matrix), eye_array(n))
        self.factors = splu((eye_array(stages * n) - coupled).tocsc())

    def times(self, v: Any, adjoint: bool) -> Any:
        """Return the Jacobian at each stage, or its adjoint, times a vector."""
        jacobian = self.jacobian.T if adjoint else self.jacobian
        return (jacobian @ v.reshape(-1)).reshape(v.shape)

    def solve(self, b: Any, adjoint: bool) -> Any:
        """Solve for the slopes."""
        return self.factors.solve(b.reshape(-1), "T" if adjoint else "N").reshape(b.shape)


class _FreeStep:
    """One step of which only products with the Jacobian are known: GMRES.

    Where that is slow, as for a stiff equation, it is preconditioned by the matrix of a single
    implicit stage.
    """

    def __init__(self, matrix: Any, sweep: _Steps, t: Any, y: Any) -> None:
        self.matrix, self.sweep, self.t, self.y = matrix, sweep, t, y
        self.stiff = False

    @cached_property
    def run(self) -> Recorded:
        """The stages of the step."""
        return Recorded(lambda y: self.sweep.call(self.t, y), Array(self.y))

    @cached_property
    def factors(self) -> Any:
        """The factors of one minus the Jacobian at the last stage times a typical length."""
        from scipy.linalg import lu_factor

        n = self.y.shape[1]
        run = Recorded(lambda y: self.sweep.f(self.t[-1], y), Array(self.y[-1]))
        length = self.matrix[-1].sum()
        typical = length * np.linalg.det(self.matrix / length) ** (1 / len(self.matrix))
        return lu_factor(np.eye(n) - typical * _pulled(run, np.eye(n)))

    def times(self, v: Any, adjoint: bool) -> Any:
        """Return the Jacobian at each stage, or its adjoint, times a vector."""
        found = self.run.pull_x(v, False) if adjoint else self.run.push_x(v, False)
        return np.zeros_like(v) if found is None else found

    def solve(self, b: Any, adjoint: bool) -> Any:
        """Solve for the slopes."""
        from scipy.linalg import lu_solve
        from scipy.sparse.linalg import LinearOperator, gmres

        def product(v: Any) -> Any:
            v = v.reshape(b.shape)
            if adjoint:
                return (v - self.matrix.T @ self.times(v, True)).reshape(-1)
            return (v - self.times(self.matrix @ v, False)).reshape(-1)

        def near(v: Any) -> Any:
            rows = v.reshape(b.shape).T
            return lu_solve(self.factors, rows, 1 if adjoint else 0).T.reshape(-1)

        shape = (b.size, b.size)
        operator = LinearOperator(shape, product, dtype=b.dtype)
        for stiff in (True,) if self.stiff else (False, True):
            self.stiff = stiff
            helped = LinearOperator(shape, near, dtype=b.dtype) if self.stiff else None
            found, failed = gmres(
                operator,
                b.reshape(-1),
                rtol=1e-11,
                restart=30,
                maxiter=1 + 9 * self.stiff,
                M=helped,
            )
            if not failed:
                return found.reshape(b.shape)
        raise errors.RuleError(
            "solve_ivp: the equation for the derivative of a step was not solved by GMRES; use "
            "adjoint='continuous', or a smaller max_step"
        )


def sparse_or_none(f: Slope, t: Any, y: Any) -> Any:
    """Return ``jac(t, y)``, the sparse Jacobian of a right-hand side; None if it is not sparse."""
    jac: Any = sparse_jacobian(lambda y, t: f(t, y))

    def made(t: Any, y: Any) -> Any:
        with tape.recording(False):
            return jac(y, t)

    try:
        made(t, y)
    except errors.MissingFunctionError:
        return None
    made.colours = jac.colours  # type: ignore[attr-defined]
    return made if jac.colours.count <= FEW * len(y) else None


def _pulled(run: Recorded, units: Any) -> Any:
    """Return what a run pulls back from each of some cotangents, raw."""
    try:
        level = Level(len(units), is_sweep=True)
        found = run.pull_x(level.batch(units), False)
        if found is not None:
            return leave(found, level, 0)
    except Exception:  # a rule of a caller's may refuse a batch in any way
        each = [run.pull_x(u, False) for u in units]
        if each[0] is not None:
            return np.stack(each)
    return np.zeros_like(units)
