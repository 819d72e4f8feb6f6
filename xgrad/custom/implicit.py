"""Derivatives of what a solver finds, from the equation that it solves, whatever the solver does.

At a root of ``residual(x, *params) = 0`` the implicit function theorem gives

    dx = -(dF/dx)^-1 (dF/dp) dp

so a derivative costs one linear solve, and none of the solver's iterations is recorded. That solve
is itself the root of an affine equation, and so is its derivative: the same few lines give every
order, in both modes (Blondel et al. 2022, arXiv:2105.15183).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import xgrad

from .. import errors
from .. import tree as trees
from ..arrays.array import Array
from ..backends import COMPLEX, REAL, backend_of, creating_like
from ..transforms.gradients import grad, jvp, linearize, vjp
from .primitive import primitive

__all__ = ["implicit_argmin", "implicit_fixed_point", "implicit_root"]

Function = Callable[..., Any]
Decorator = Callable[[Function], Function]
Solve = Callable[[Function, Any], Any]


def implicit_root(residual: Function, *, solve: Solve | None = None) -> Decorator:
    """Give a solver of ``residual(x, *params) = 0`` the derivative of its solution.

    Args:
        residual: a differentiable function of the solution and the parameters, pytrees, which
            returns a pytree like the solution.
        solve: ``solve(matvec, b)`` returns v with ``matvec(v) = b``, all raw vectors: CG or GMRES,
            say. By default the matrix is formed, column by column, and solved.

    Returns:
        A decorator. The decorated ``solver(x0, *params)`` gets raw arrays and is never recorded; it
        may be any code. Derivatives flow to `params`, and none to the initial value `x0`.

    Raises:
        TypeError: if the equation is no function.

    >>> import numpy as np, scipy.optimize, xgrad as xg
    >>> @xg.implicit_root(lambda x, a: x**3 - a)
    ... def cube_root(x0, a):
    ...     return scipy.optimize.root(lambda x: x**3 - a, x0).x
    >>> xg.grad(lambda a: xg.sum(cube_root(np.ones(2), a)))(np.asarray([1.0, 8.0])).round(4)
    array([0.3333, 0.0833])
    """
    if not callable(residual):
        raise TypeError(f"implicit: the equation is {residual!r:.60}; expected a function")

    def decorate(solver: Function) -> Function:
        return _Implicit(solver, residual, solve)

    return decorate


def implicit_fixed_point(f: Function, *, solve: Solve | None = None) -> Decorator:
    """Give a solver of ``x = f(x, *params)`` the derivative of its solution; see `implicit_root`.

    Args:
        f: a differentiable function of the solution and the parameters, pytrees, which returns a
            pytree like the solution.
        solve: ``solve(matvec, b)`` returns v with ``matvec(v) = b``, all raw vectors. By default
            the matrix is formed, column by column, and solved.

    Returns:
        A decorator of ``solver(x0, *params)``, as `implicit_root` returns it.

    >>> import numpy as np, xgrad as xg
    >>> @xg.implicit_fixed_point(lambda x, a: (x + a / x) / 2)
    ... def root(x0, a):
    ...     for _ in range(20):
    ...         x0 = (x0 + a / x0) / 2
    ...     return x0
    >>> float(xg.grad(lambda a: root(1.0, a))(4.0))
    0.25
    """
    return implicit_root(lambda x, *params: _minus(f(x, *params), x), solve=solve)


def implicit_argmin(
    objective: Function, *, solve: Solve | None = None, bounds: Any = None
) -> Decorator:
    """Give a minimiser of ``objective(x, *params)`` the derivative of its solution.

    The gradient must vanish at the solution, where the Hessian is regular; with `bounds` it may
    point out of them there, and what is at such a bound stays. See `implicit_root`. With ``solve=``
    the Hessian is never formed; CG suits it.

    Args:
        objective: a function of the solution and the parameters, pytrees, that returns a real
            scalar and has second derivatives.
        solve: ``solve(matvec, b)`` returns v with ``matvec(v) = b``, all raw vectors. By default
            the Hessian is formed, column by column, and solved.
        bounds: a pair of lower and upper bounds, each a number, None or like the solution.

    Returns:
        A decorator of ``solver(x0, *params)``, as `implicit_root` returns it.

    Raises:
        RuleError: for a derivative at a solution at which the gradient does not vanish.
        ValueError: if `bounds` is no pair.

    >>> import numpy as np, xgrad as xg
    >>> @xg.implicit_argmin(lambda x, a: xg.sum((x - a) ** 2), bounds=(0.0, None))
    ... def nearest(x0, a):
    ...     return np.maximum(a, 0.0)
    >>> xg.grad(lambda a: xg.sum(nearest(np.ones(2), a)))(np.asarray([-1.0, 2.0])) + 0.0
    array([0., 1.])
    """
    if bounds is not None and (not isinstance(bounds, tuple) or len(bounds) != 2):
        raise ValueError(
            f"implicit_argmin: bounds is {bounds!r:.60}; expected a pair (lower, upper)"
        )
    gradient = grad(objective)

    def residual(x: Any, *params: Any) -> Any:
        slope = gradient(x, *params)
        if bounds is None:
            return slope
        low, high = bounds
        return trees.map(_free, slope, x, _spread(low, -math.inf, x), _spread(high, math.inf, x))

    def decorate(solver: Function) -> Function:
        return _Implicit(solver, residual, solve, still=True)

    return decorate


def _spread(side: Any, none: float, x: Any) -> Any:
    """Return a bound for each leaf, infinity where there is none."""
    side = none if side is None else side
    return trees.map(lambda _: side, x) if isinstance(side, (int, float)) else side


def _free(slope: Any, x: Any, low: Any, high: Any) -> Any:
    """Return the gradient where a variable may move; elsewhere what moves only with the variable.

    A variable that is at a bound, and that the gradient pushes against it, stays there.
    """
    s, v = _array(slope).detach(), _array(x).detach()
    near = 1e-7 * (1.0 + xgrad.abs(v))
    held = ((v - low <= near) & (s > 0)) | ((high - v <= near) & (s < 0))
    return xgrad.where(held, x - v, slope)


class _Implicit(primitive):
    """A solver as a black box, whose rule is the implicit function theorem."""

    def __init__(
        self, solver: Function, residual: Function, solve: Solve | None, *, still: bool = False
    ) -> None:
        super().__init__(solver, vjp=self._vjp, jvp=self._jvp)
        self.residual, self.solve, self.still = residual, solve or _dense, still

    def _vjp(self, ct: Any, out: Any, x0: Any, *params: Any) -> tuple[Any, ...]:
        floats, join = _floats(params)
        self._require_still(out, params)

        def adjoint(u: Any, ct: Any, out: Any, *floats: Any) -> Any:
            _, pullback = vjp(lambda x: self._checked(x, join(floats)), out)
            return _minus(pullback(u)[0], ct)

        u = _solved(adjoint, self.solve, ct, ct, out, *floats)
        _, pullback = vjp(lambda *floats: self._checked(out, join(floats)), *floats)
        cotangents = pullback(trees.map(lambda v: -v, u)) if floats else ()
        return (None, *join(cotangents))

    def _jvp(self, tangents: Any, out: Any, x0: Any, *params: Any) -> Any:
        floats, join = _floats(params)
        varying, _ = _floats(tangents[1:])
        self._require_still(out, params)

        def tangent(t: Any, out: Any, floats: Any, varying: Any) -> Any:
            primals, along = (out, *floats), (t, *varying)
            return jvp(lambda x, *floats: self._checked(x, join(floats)), primals, along)[1]

        return _solved(tangent, self.solve, out, out, floats, varying)

    def _require_still(self, x: Any, params: tuple[Any, ...]) -> None:
        """Refuse a minimum at which the gradient does not vanish, by the step along it."""
        if not self.still:
            return
        slope, push = linearize(lambda v: self.residual(v, *params), trees.map(_held, x))
        along, turned = _vector(slope), _vector(push(trees.map(_held, slope)))
        square = float(along @ along)
        if square == 0.0:
            return
        curve = abs(float(along @ turned))
        size, far = max(abs(along)), max(abs(_vector(x)))
        if curve == 0.0 or not size * square / curve <= 1e-2 * (1.0 + far):
            raise errors.RuleError(
                f"implicit_argmin: the gradient at what {self.name} returned is {float(size):.3g}, "
                "so that it is no minimum, or one that a bound holds: then pass bounds=(lower, "
                "upper), or use xgrad.scipy.optimize.minimize, which knows what is active"
            )

    def _checked(self, x: Any, params: tuple[Any, ...]) -> Any:
        found = self.residual(x, *params)
        if [r.shape for r in _arrays(found)] != [v.shape for v in _arrays(x)]:
            raise errors.RuleError(
                f"implicit: the residual of {self.name} has the shapes "
                f"{[r.shape for r in _arrays(found)]}; expected those of the solution, "
                f"{[v.shape for v in _arrays(x)]}: as many equations as unknowns"
            )
        return found


def _solved(affine: Function, solve: Solve, like: Any, *args: Any) -> Any:
    """Return the root of a function that is affine in its first argument, differentiably."""

    def solver(zero: Any, *args: Any) -> Any:
        start, forward = linearize(lambda u: affine(u, *args), zero)
        vector, back = _vector(start), _tree_of(zero)
        with creating_like(vector):
            found = solve(lambda v: _vector(forward(back(v))), -vector)
        if tuple(found.shape) != tuple(vector.shape):
            raise errors.RuleError(
                f"implicit: solve returned the shape {tuple(found.shape)}; "
                f"expected {tuple(vector.shape)}, as b"
            )
        return back(found)

    zero = trees.map(lambda leaf: Array(trees.zeros_like(_array(leaf))), like)
    return _Implicit(solver, affine, solve)(zero, *args)


def _dense(matvec: Function, b: Any) -> Any:
    """Solve by forming the matrix."""
    xp = backend_of(b).xp
    eye = xgrad.eye(b.shape[0], dtype=_numpy_dtype(b)).data
    columns = [matvec(eye[i, :]) for i in range(b.shape[0])]
    try:
        return xp.linalg.solve(xp.stack(columns, axis=-1), b)
    except Exception as error:
        raise errors.RuleError(
            "implicit: the equation has no unique solution here, as its Jacobian is singular, so "
            "that the solution has no derivative. For a least-squares one pass solve=, such as "
            "lambda matvec, b: scipy.sparse.linalg.gmres(LinearOperator(...), b)[0]"
        ) from error


def _held(leaf: Any) -> Array:
    return _array(leaf).detach()


def _array(leaf: Any) -> Array:
    return trees.as_array(leaf, "implicit")


def _arrays(tree: Any) -> list[Array]:
    return [_array(leaf) for leaf in trees.leaves(tree)]


def _numpy_dtype(raw: Any) -> Any:
    return backend_of(raw).numpy_dtype(raw.dtype)


def _minus(a: Any, b: Any) -> Any:
    return trees.map(lambda x, y: x - y, a, b)


def _floats(args: tuple[Any, ...]) -> tuple[list[Any], Function]:
    """Return the floating-point leaves, and the function that puts others in their places."""
    leaves, structure = trees.flatten(args)
    places = [
        i
        for i, x in enumerate(leaves)
        if trees.is_leaf_type(x) and _array(x)._raw.dtype in REAL | COMPLEX
    ]

    def join(floats: Any) -> tuple[Any, ...]:
        joined = list(leaves)
        for i, x in zip(places, floats, strict=True):
            joined[i] = x
        return tuple(structure.unflatten(joined))

    return [leaves[i] for i in places], join


# A derivative that is linear over the reals only, as that of abs is, needs real coordinates.


def _vector(tree: Any) -> Any:
    """Return all numbers of a pytree as one raw real vector."""
    parts = []
    for x in _arrays(tree):
        flat = xgrad.reshape(x.detach(), (-1,))
        complex_ = x._raw.dtype in COMPLEX
        parts += [xgrad.real(flat), xgrad.imag(flat)] if complex_ else [flat]
    return xgrad.concat(parts).data


def _tree_of(like: Any) -> Function:
    """Return the function from a raw real vector to the raw pytree of its numbers."""
    leaves, structure = trees.flatten(like)
    kinds = [(x.shape, x.dtype, x._raw.dtype in COMPLEX) for x in map(_array, leaves)]

    def back(vector: Any) -> Any:
        found, start = [], 0
        for shape, dtype, complex_ in kinds:
            size = math.prod(shape)
            part = Array(vector)[start : start + size]
            start += size
            if complex_:
                part = part + 1j * Array(vector)[start : start + size]
                start += size
            found.append(xgrad.reshape(xgrad.astype(part, dtype, copy=False), shape).data)
        return structure.unflatten(found)

    return back
