"""`minimize`: SciPy's minimisers with exact derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import xgrad
from xgrad import errors, tree
from xgrad.backends.install import needed
from xgrad.errors.kinds import require_function
from xgrad.scipy.examples import of_one

from .progress import Stopped, Watch
from .results import Result
from .vectors import Space, host, jacobian

GRADIENT_FREE = {"nelder-mead", "powell", "cobyla", "cobyqa"}
HESSIAN_PRODUCT = {"newton-cg", "trust-ncg", "trust-krylov", "trust-constr"}
HESSIAN = {"dogleg", "trust-exact"}
STOPPED = "Stopped by the callback."


@of_one("optimize.minimize")
def minimize(
    f: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    method: str | None = None,
    *,
    bounds: Any = None,
    constraints: Any = (),
    tol: float | None = None,
    callback: Callable[[Any], Any] | None = None,
    progress: bool = False,
    options: dict[str, Any] | None = None,
) -> Result:
    """Minimise a scalar function of a pytree, by ``scipy.optimize.minimize``.

    The gradient is exact, and so are the Hessian or its products where the method takes them, and
    the Jacobians of the constraints. The parameters may be on any backend: the function runs there,
    and the solver on the host.

    Args:
        f: ``f(x, *args)`` returns a real scalar.
        x0: where to start, a pytree of arrays and numbers; complex ones are two real unknowns.
        args: more arguments of `f` and of the constraints.
        method: SciPy's name of the method; it chooses one by the bounds and constraints if None.
        bounds: a pair ``(lower, upper)`` of numbers, None, or pytrees like `x0`; or what SciPy
            takes, a list of pairs or a ``scipy.optimize.Bounds``, for `x0` as one vector.
        constraints: one or several of ``{"type": "eq" or "ineq", "fun": c}``, where
            ``c(x, *args)`` is to be zero or not negative, and
            ``scipy.optimize.NonlinearConstraint(c, lower, upper)`` with ``c(x)``. Other ones of
            SciPy's are handed on, for `x0` as one vector.
        tol: the tolerance, whose meaning is the method's.
        callback: ``callback(x)`` after each iteration; it stops the solver by returning True or
            raising StopIteration.
        progress: whether to show a line on stderr.
        options: the method's options, as ``{"maxiter": 100}``.

    Returns:
        A `Result`, whose ``x`` has the structure of `x0`.

    Raises:
        NotScalarError: if `f` does not return a real scalar.
        ValueError: if a constraint has other keys.

    >>> import numpy as np, xgrad as xg
    >>> circle = {"type": "eq", "fun": lambda x: xg.sum(x**2) - 2}
    >>> xg.optimize.minimize(xg.sum, np.asarray([-2.0, 0.0]), constraints=circle).x.round(4)
    array([-1., -1.])
    """
    require_function("minimize", "f", f)
    solvers = needed("scipy.optimize", "optimize.minimize", "scipy")

    space = Space("minimize", x0)
    name = (method or "").lower()
    given = {"type", "fun"}
    constraints = [constraints] if _is_one(constraints) else list(constraints)
    for c in constraints:
        if isinstance(c, dict) and not given <= set(c):
            raise ValueError(f"minimize: a constraint has the keys {sorted(c)}; expected {given}")
    objective = _Objective(space, f, args)
    if name not in GRADIENT_FREE:
        derivatives: dict[str, Any] = {"jac": True}
        if name in HESSIAN_PRODUCT:
            derivatives["hessp"] = objective.hessian_product
        elif name in HESSIAN:
            derivatives["hess"] = objective.hessian
    else:
        derivatives = {}
    exact = name == "trust-constr"
    with Watch(callback, progress) as watch:
        objective.watch = watch
        try:
            found = solvers.minimize(
                objective.value_and_gradient if derivatives else objective.value,
                host(space.start),
                method=method,
                bounds=_bounds(space, bounds),
                constraints=[_constraint(space, c, args, exact) for c in constraints],
                tol=tol,
                callback=objective.step,
                options=options,
                **derivatives,
            )
        except Stopped:
            found = solvers.OptimizeResult(
                x=objective.last, fun=watch.value, success=False, message=STOPPED, nit=watch.nit
            )
    jac = found.get("jac")
    nit, nfev = found.get("nit", watch.nit), found.get("nfev", objective.evaluations)
    return Result(
        space.home(space.on_device(found.x)),
        found.fun,
        jac if isinstance(jac, np.ndarray) else None,
        bool(found.success),
        str(found.message),
        int(nit),
        int(nfev),
        found,
    )


class _Objective:
    """The function and its derivatives as functions of NumPy vectors."""

    def __init__(self, space: Space, f: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.space = space
        self.f = space.on_vectors(f, args)
        self.both = xgrad.value_and_grad(self.f)
        self.watch: Any = None
        self.last = host(space.start)
        self.evaluations = 0
        self._gradient = xgrad.grad(self.f)
        self._hessian = xgrad.hessian(self.f)

    def value(self, x: Any) -> float:
        """Return the value."""
        self.evaluations += 1
        out = self.f(self.space.on_device(x))
        if np.shape(out) != () or host(np.real(host_complex(out))) != host_complex(out):
            raise errors.NotScalarError(
                f"minimize: the function returned the shape {np.shape(out)}; expected a real scalar"
            )
        self.watch.value = float(host(out))
        return float(self.watch.value)

    def value_and_gradient(self, x: Any) -> tuple[float, Any]:
        """Return the value and the gradient."""
        self.evaluations += 1
        try:
            value, gradient = self.both(self.space.on_device(x))
        except errors.NotScalarError as error:
            raise errors.NotScalarError(
                f"minimize: the function must return a real scalar; {error}"
            ) from None
        gradient = host(gradient)
        self.watch.value, self.watch.slope = float(host(value)), float(np.max(np.abs(gradient)))
        return float(self.watch.value), gradient

    def hessian_product(self, x: Any, v: Any) -> Any:
        """Return the Hessian times a vector."""
        x, v = self.space.on_device(x), self.space.on_device(v)
        return host(xgrad.jvp(self._gradient, (x,), (v,))[1])

    def hessian(self, x: Any) -> Any:
        """Return the Hessian."""
        return host(self._hessian(self.space.on_device(x)))

    def step(self, x: Any, *state: Any) -> None:
        """Note the end of an iteration."""
        self.last = np.array(x)
        self.watch.step(lambda: self.space.home(self.space.on_device(x)))


def host_complex(x: Any) -> Any:
    """Return a number as NumPy knows it."""
    return np.asarray(x.tolist() if hasattr(x, "tolist") else x)


def _is_one(constraints: Any) -> bool:
    return isinstance(constraints, dict) or not isinstance(constraints, Sequence)


def _bounds(space: Space, bounds: Any) -> Any:
    """Return SciPy's bounds of the vector."""
    import scipy.optimize

    if not isinstance(bounds, tuple):
        return bounds
    if len(bounds) != 2:
        raise ValueError(
            f"minimize: bounds is a tuple of {len(bounds)}; expected a pair (lower, upper), each a "
            "number, None or a pytree like x0, or a list with a pair for each number of x0"
        )
    if any(np.dtype(dtype).kind == "c" for _, dtype in space.kinds):
        raise ValueError("minimize: bounds on a complex number have no meaning; split it in two")
    lower, upper = (
        side if tree.leaves(side) else default
        for side, default in zip(bounds, (-np.inf, np.inf), strict=True)
    )
    sides = [
        np.full(space.size, side) if np.isscalar(side) else space.vector(side)
        for side in (lower, upper)
    ]
    return scipy.optimize.Bounds(*sides)


def _constraint(space: Space, c: Any, args: tuple[Any, ...], exact: bool) -> Any:
    """Return a constraint with its derivatives, on vectors."""
    import scipy.optimize

    new = isinstance(c, scipy.optimize.NonlinearConstraint)
    if not new and not isinstance(c, dict):
        return c
    fun = c.fun if new else c["fun"]
    f = space.residuals(fun, () if new else (*args, *c.get("args", ())))
    jac = jacobian(f, space)

    def value(x: Any) -> Any:
        return host(f(space.on_device(x)))

    def matrix(x: Any) -> Any:
        return host(jac(space.on_device(x)))

    if not new and not exact:
        return {"type": c["type"], "fun": value, "jac": matrix}

    def hessian(x: Any, v: Any) -> Any:
        from scipy.sparse.linalg import LinearOperator

        x, v = space.on_device(x), space.on_device(v)
        gradient = xgrad.grad(lambda x: xgrad.vecdot(f(x), v))

        def product(t: Any) -> Any:
            return host(xgrad.jvp(gradient, (x,), (space.on_device(np.ravel(t)),))[1])

        return LinearOperator((space.size, space.size), matvec=product, dtype=np.float64)

    lower, upper = (c.lb, c.ub) if new else (0.0, 0.0 if c["type"] == "eq" else np.inf)
    more = {"keep_feasible": c.keep_feasible} if new else {}
    return scipy.optimize.NonlinearConstraint(value, lower, upper, matrix, hessian, **more)
