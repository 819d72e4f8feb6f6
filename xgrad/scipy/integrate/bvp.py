"""Boundary value problems: the collocation equations on the mesh that SciPy chose."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...custom.equation import implicit
from ..common import arrays_in, chapter, is_tracked, joined, outside, raw
from ..examples import of_one
from ..interpolate.pieces import CubicHermiteSpline
from ..mistakes import told
from ..optimize.sparse import inverse_of

__all__ = ["solve_bvp"]

Function = Callable[..., Any]


@told("integrate")
@of_one("scipy.integrate.solve_bvp")
def solve_bvp(
    fun: Function, bc: Function, x: Any, y: Any, p: Any = None, S: Any = None, fun_jac: Any = None,
    bc_jac: Any = None, tol: float = 1e-3, max_nodes: int = 1000, verbose: int = 0,
    bc_tol: Any = None,
) -> Any:  # fmt: skip
    """Solve a differential equation with conditions at both ends; see SciPy's ``solve_bvp``.

    Derivatives of the solution and of the unknown parameters flow to whatever `fun` and `bc` close
    over. They are those of the collocation equations on the mesh that was reached.

    Args:
        fun: ``fun(x, y)`` or ``fun(x, y, p)``, the slopes at many points.
        bc: ``bc(ya, yb)`` or ``bc(ya, yb, p)``, zero at the solution.
        x: the first mesh.
        y: a first guess there.
        p: a first guess of unknown parameters.
        S: a singular term, with which there is no derivative.
        fun_jac, bc_jac, tol, max_nodes, verbose, bc_tol: as SciPy's.

    Returns:
        SciPy's result; its ``y``, ``yp``, ``p`` and ``sol`` are differentiable.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import scipy
    >>> def middle(load):  # y'' = load, held at both ends
    ...     fun = lambda x, y: xg.stack([y[1], load + 0.0 * y[0]])
    ...     bc = lambda a, b: xg.stack([a[0], b[0]])
    ...     start = np.linspace(0, 1, 5)
    ...     return scipy.integrate.solve_bvp(fun, bc, start, np.zeros((2, 5))).sol(0.5)[0]
    >>> round(float(xg.grad(middle)(3.0)), 6)
    -0.125
    """
    held = [None if v is None else np.asarray(raw(xgrad.asarray(v).detach())) for v in (x, y, p)]
    jacobians = [None if j is None else _several(j) for j in (fun_jac, bc_jac)]
    found = chapter("integrate").solve_bvp(
        outside(fun), outside(bc), *held, raw(S), *jacobians, tol, max_nodes, verbose, bc_tol
    )
    if S is not None and is_tracked(S):
        raise NotImplementedError(
            "solve_bvp: S has no derivative here; start beside the singularity"
        )
    mesh, values = found.x, found.y
    n, m = values.shape
    h = np.diff(mesh)
    count = 0 if found.p is None else len(found.p)

    def slopes(at: Any, y: Any, p: Any) -> Any:
        return xgrad.asarray(joined(fun(at, y, *([p] if count else []))))

    def equation(z: Array) -> Any:
        y, p = xgrad.reshape(z[: n * m], (n, m)), z[n * m :]
        f = slopes(mesh, y, p)
        half = 0.5 * (y[:, 1:] + y[:, :-1]) - 0.125 * h * (f[:, 1:] - f[:, :-1])
        middle = slopes(mesh[:-1] + 0.5 * h, half, p)
        rest = y[:, 1:] - y[:, :-1] - h / 6.0 * (f[:, :-1] + f[:, 1:] + 4.0 * middle)
        ends = xgrad.asarray(joined(bc(y[:, 0], y[:, -1], *([p] if count else []))))
        return xgrad.concat([xgrad.reshape(rest, (-1,)), xgrad.reshape(ends, (-1,))])

    z = np.concatenate([values.ravel(), found.p if count else np.zeros(0)])
    out = implicit(equation, z, inverse_of(equation, z))
    if out._node is None and not arrays_in(x, y, p):
        return found
    if S is not None and out._node is not None:
        raise NotImplementedError(
            "solve_bvp: S has no derivative here; start beside the singularity"
        )
    if not found.success and out._node is not None:
        warnings.warn(
            f"solve_bvp: the solver did not converge ({found.message}); derivatives are those of "
            "the equations where it stopped",
            RuntimeWarning,
            stacklevel=2,
        )
    found.y = xgrad.reshape(out[: n * m], (n, m))
    found.p = out[n * m :] if count else None
    found.yp = slopes(mesh, found.y, found.p)
    found.sol = CubicHermiteSpline(mesh, found.y, found.yp, axis=1)
    return found


def _several(f: Function) -> Function:
    """Return a function of a caller's that gives one or two raw arrays."""

    def call(*args: Any) -> Any:
        out = f(*args)
        return tuple(map(raw, out)) if isinstance(out, tuple) else raw(out)

    return call
