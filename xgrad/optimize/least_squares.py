"""`least_squares`, `root` and `curve_fit`: SciPy's solvers with exact Jacobians."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad
from xgrad.backends.install import needed
from xgrad.errors.kinds import require_function
from xgrad.scipy.examples import of_one

from .minimizing import STOPPED, _bounds
from .progress import Stopped, Watch
from .results import Result
from .vectors import Space, host, jacobian

WITH_JACOBIAN = {"hybr", "lm"}


class _System:
    """A system of functions of NumPy vectors, with its Jacobian."""

    def __init__(self, what: str, f: Callable[..., Any], x0: Any, args: tuple[Any, ...]) -> None:
        self.space = Space(what, x0)
        self.f = self.space.residuals(f, args)
        self._jacobian = jacobian(self.f, self.space)
        self.evaluations = 0
        self.watch: Any = None
        self.last = host(self.space.start)

    def value(self, x: Any) -> Any:
        """Return the residuals."""
        self.evaluations += 1
        out = host(self.f(self.space.on_device(x)))
        self.watch.value = float(out @ out) / 2
        return out

    def jacobian(self, x: Any) -> Any:
        """Return the Jacobian; both solvers ask for it once in an iteration."""
        self.last = np.array(x)
        return host(self._jacobian(self.space.on_device(x)))

    def operator(self, x: Any) -> Any:
        """Return the Jacobian as its products with vectors, without forming it."""
        from scipy.sparse.linalg import LinearOperator

        self.last = np.array(x)
        space, raw = self.space, self.space.on_device(x)
        out, forward = xgrad.linearize(self.f, raw)
        _, back = xgrad.vjp(self.f, raw)
        return LinearOperator(
            (out.shape[0], space.size),
            matvec=lambda v: host(forward(space.on_device(np.ravel(v)))),
            rmatvec=lambda v: host(back(space.on_device(np.ravel(v)))[0]),
            dtype=np.float64,
        )

    def step(self, x: Any, *more: Any, **named: Any) -> None:
        """Note the end of an iteration."""
        self.last = np.array(x)
        self.watch.step(lambda: self.space.home(self.space.on_device(x)))

    def result(self, found: Any) -> Result:
        """Return SciPy's result as ours."""
        jac = found.get("jac", found.get("fjac"))
        return Result(
            self.space.home(self.space.on_device(found.x)),
            found.get("fun"),
            jac,
            bool(found.success),
            str(found.message),
            int(found.get("nit", found.get("njev", self.watch.nit) or 0)),
            int(found.get("nfev", self.evaluations)),
            found,
        )

    def stopped(self) -> Any:
        """Return SciPy's result for a run that the callback stopped."""
        import scipy.optimize

        return scipy.optimize.OptimizeResult(
            x=self.last, success=False, message=STOPPED, nit=self.watch.nit
        )


@of_one("optimize.least_squares")
def least_squares(
    residual: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    bounds: Any = None,
    method: str = "trf",
    matrix_free: bool = False,
    callback: Callable[[Any], Any] | None = None,
    progress: bool = False,
    **options: Any,
) -> Result:
    """Minimise the sum of squares of residuals, by ``scipy.optimize.least_squares``.

    Args:
        residual: ``residual(x, *args)`` returns an array or a pytree of residuals.
        x0: where to start, a pytree of arrays and numbers.
        args: more arguments of `residual`.
        bounds: a pair ``(lower, upper)`` of numbers, None or pytrees like `x0`.
        method: ``"trf"``, ``"dogbox"``, or ``"lm"`` without bounds.
        matrix_free: give SciPy the products of the Jacobian, and not the matrix; not for ``"lm"``.
        callback: ``callback(x)`` at each Jacobian; it stops the solver by returning True.
        progress: whether to show a line on stderr.
        **options: what else ``scipy.optimize.least_squares`` takes, such as ``loss="huber"``.

    Returns:
        A `Result`, whose ``x`` has the structure of `x0` and whose ``fun`` are the residuals.

    Raises:
        ValueError: if ``"lm"`` is to be matrix-free.

    >>> import numpy as np, xgrad as xg
    >>> t = np.linspace(0, 1, 20)
    >>> result = xg.optimize.least_squares(
    ...     lambda p: p["a"] * xg.exp(-p["k"] * t) - 2 * np.exp(-3 * t), {"a": 1.0, "k": 1.0})
    >>> round(float(result.x["a"]), 4), round(float(result.x["k"]), 4)
    (2.0, 3.0)
    """
    solvers = needed("scipy.optimize", "optimize.least_squares", "scipy")

    system = _System("least_squares", residual, x0, args)
    if matrix_free:
        if method == "lm":
            raise ValueError("least_squares: matrix_free=True is for 'trf' and 'dogbox'; got 'lm'")
        options.setdefault("tr_solver", "lsmr")

    def jac(x: Any) -> Any:
        system.step(x)
        return system.operator(x) if matrix_free else system.jacobian(x)

    found_bounds = _bounds(system.space, bounds)
    with Watch(callback, progress) as watch:
        system.watch = watch
        try:
            found = solvers.least_squares(
                system.value,
                host(system.space.start),
                jac=jac,
                bounds=(-np.inf, np.inf) if bounds is None else found_bounds,
                method=method,
                **options,
            )
        except Stopped:
            found = system.stopped()
    return system.result(found)


@of_one("optimize.root")
def root(
    f: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    method: str = "hybr",
    *,
    tol: float | None = None,
    callback: Callable[[Any], Any] | None = None,
    progress: bool = False,
    options: dict[str, Any] | None = None,
) -> Result:
    """Find where a system of equations is zero, by ``scipy.optimize.root``.

    To differentiate the solution with respect to parameters, see `xgrad.implicit_root`.

    Args:
        f: ``f(x, *args)`` returns as many numbers as `x` has, in any pytree.
        x0: where to start, a pytree of arrays and numbers.
        args: more arguments of `f`.
        method: SciPy's name of the method; ``"hybr"`` and ``"lm"`` use the exact Jacobian.
        tol: the tolerance, whose meaning is the method's.
        callback: ``callback(x)`` after an iteration; it stops the solver by returning True.
        progress: whether to show a line on stderr.
        options: the method's options.

    Returns:
        A `Result`, whose ``x`` has the structure of `x0` and whose ``fun`` are the residuals.

    Raises:
        ValueError: if there are not as many equations as unknowns.
    """
    solvers = needed("scipy.optimize", "optimize.root", "scipy")

    system = _System("root", f, x0, args)
    exact = method in WITH_JACOBIAN
    equations = int(system.f(system.space.start).shape[0])
    if equations != system.space.size:
        raise ValueError(
            f"root: f returned {equations} numbers for {system.space.size} unknowns; expected as "
            "many equations as unknowns. least_squares takes any number"
        )

    def jac(x: Any) -> Any:
        system.step(x)
        return system.jacobian(x)

    with Watch(callback, progress) as watch:
        system.watch = watch
        try:
            found = solvers.root(
                system.value,
                host(system.space.start),
                method=method,
                jac=jac if exact else None,
                tol=tol,
                callback=None if exact else system.step,
                options=options,
            )
        except Stopped:
            found = system.stopped()
    return system.result(found)


@of_one("optimize.curve_fit")
def curve_fit(
    f: Callable[..., Any],
    xdata: Any,
    ydata: Any,
    p0: Any = None,
    *,
    sigma: Any = None,
    absolute_sigma: bool = False,
    bounds: Any = None,
    method: str | None = None,
    **options: Any,
) -> tuple[Any, Any]:
    """Fit a function to data, by ``scipy.optimize.curve_fit``.

    Args:
        f: ``f(xdata, *params)``, where a parameter may be an array or a pytree.
        xdata: the independent variable, handed to `f` as it is.
        ydata: the data, an array.
        p0: where to start, a tuple or list of parameters; ones if None.
        sigma: the uncertainties of `ydata`, or their covariance matrix.
        absolute_sigma: whether `sigma` is in the units of `ydata`, not only relative.
        bounds: a pair ``(lower, upper)`` of numbers, None, or tuples like `p0`.
        method: ``"lm"``, ``"trf"`` or ``"dogbox"``; SciPy chooses by the bounds if None.
        options: what else SciPy's solver takes.

    Returns:
        The parameters, in the structure of `p0` (a NumPy vector if it is None), and the covariance
        matrix of the parameters as one vector.

    Raises:
        ValueError: if `f` takes ``*params`` and there is no `p0` that tells how many.
    """
    require_function("curve_fit", "f", f)
    import scipy.optimize

    names = list(inspect.signature(f).parameters.values())[1:]
    if p0 is None and any(name.kind is name.VAR_POSITIONAL for name in names):
        raise ValueError("curve_fit: f takes *params, so their number is unknown; pass p0")
    start = tuple(np.ones(len(names))) if p0 is None else tuple(p0)
    system = _System("curve_fit", lambda params: f(xdata, *params), start, ())
    given = {"bounds": _bounds(system.space, bounds)} if bounds is not None else {}
    with Watch(None, False) as system.watch:
        vector, covariance, *_ = scipy.optimize.curve_fit(
            lambda _, *values: system.value(values),
            np.zeros(1),
            np.ravel(host(ydata)),
            host(system.space.start),
            sigma=sigma,
            absolute_sigma=absolute_sigma,
            method=method,
            jac=lambda _, *values: system.jacobian(values),
            **given,
            **options,
        )
    found = system.space.home(system.space.on_device(vector))
    return np.asarray([float(x) for x in found]) if p0 is None else type(p0)(found), covariance
