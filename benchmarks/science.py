"""What the derivatives of SciPy's chapters cost, in units of the value.

``python -m benchmarks.science [group ...]``: each line is one bound of the plan for `xgrad.scipy`.
Processor time, value and gradient in turn, the least of several rounds; the value is that of SciPy
on NumPy, without xgrad.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy as plain

import xgrad as xg
from xgrad import scipy

ROUNDS = 5


def least(*calls: Callable[[], Any]) -> list[float]:
    """Return the least processor time of each call, in milliseconds; they take turns."""
    best = [float("inf")] * len(calls)
    for call in calls:
        call()
    for _ in range(ROUNDS):
        for i, call in enumerate(calls):
            start = time.process_time()
            call()
            best[i] = min(best[i], 1e3 * (time.process_time() - start))
    return best


def show(what: str, value: float, most: float, detail: str = "") -> bool:
    """Print a line; return whether the bound holds."""
    good = value <= most
    print(f"{'ok  ' if good else 'OVER'} {what:<46} {value:8.2f}  at most {most:g}  {detail}")
    return good


def ratio(what: str, most: float, f: Callable[..., Any], *args: Any) -> bool:
    """Time a gradient by all arguments beside the value on NumPy."""
    wrt = tuple(range(len(args)))
    value, own, gradient = least(
        lambda: f(plain, np, *args),
        lambda: f(scipy, xg, *args),
        lambda: xg.grad(lambda *a: f(scipy, xg, *a), argnums=wrt)(*args),
    )
    detail = f"value {value:.2f} ms (own {own:.2f}), gradient {gradient:.2f} ms"
    return show(what, gradient / value, most, detail)


def equations() -> list[bool]:
    """Differential equations of four parameters, and a stiff one."""
    start, times = np.asarray([1.0, 0.8]), np.linspace(0.0, 10.0, 41)

    def predators(method: str) -> Callable[..., Any]:
        def loss(sp: Any, xp: Any, p: Any) -> Any:
            def rhs(t: Any, y: Any, p: Any) -> Any:
                return xp.stack(
                    [p[0] * y[0] - p[1] * y[0] * y[1], p[3] * y[0] * y[1] - p[2] * y[1]]
                )

            out = sp.integrate.solve_ivp(
                rhs, (0, 10), start, method, t_eval=times, args=(p,), rtol=1e-6, atol=1e-8
            )
            return xp.sum(out.y**2)

        return loss

    def stiff(sp: Any, xp: Any, mu: Any) -> Any:
        def rhs(t: Any, y: Any) -> Any:
            return xp.stack([y[1], mu * (1 - y[0] ** 2) * y[1] - y[0]])

        y0 = np.asarray([2.0, 0.0])
        return sp.integrate.solve_ivp(rhs, (0, 2000), y0, "Radau", rtol=1e-6, atol=1e-8).y[0, -1]

    p = np.asarray([1.5, 1.0, 3.0, 1.0])
    found = [
        ratio(f"solve_ivp, 4 parameters, {m}", 8, predators(m), p)
        for m in ("RK45", "RK23", "DOP853", "Radau", "BDF", "LSODA")
    ]
    found.append(ratio("solve_ivp, van der Pol, mu = 1000, Radau", 8, stiff, np.asarray(1000.0)))
    return found


def odeint() -> list[bool]:
    """The program of HIPS' report 561: seconds."""
    from xgrad.compat.autograd import grad
    from xgrad.compat.autograd import numpy as anp
    from xgrad.compat.autograd.scipy.integrate import odeint

    times, start = np.linspace(0, 30, 101), np.asarray([0.95, 0.05, 0.0])

    def sir(y: Any, t: Any, b: Any, g: Any) -> Any:
        s, i, _ = y
        return anp.array([-b * s * i, b * s * i - g * i, g * i])

    def loss(p: Any) -> Any:
        return anp.sum((0.3 - odeint(sir, start, times, (p[0], p[1]))) ** 2)

    p = np.asarray([0.4, 0.1])
    value, gradient = least(lambda: loss(p), lambda: grad(loss)(p))
    return [show("odeint of autograd, seconds", gradient / 1e3, 0.5, f"value {value:.2f} ms")]


def recurrences() -> list[bool]:
    """Ten thousand steps of a filter, and of a tridiagonal solve."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=10_000)
    b, a = plain.signal.butter(4, 0.2)
    sos = plain.signal.butter(4, 0.2, output="sos")
    bands = np.stack([rng.uniform(0.1, 1, 10_000), np.full(10_000, 4.0), rng.uniform(0, 1, 10_000)])

    def lfilter(sp: Any, xp: Any, b: Any, a: Any, x: Any) -> Any:
        return xp.sum(sp.signal.lfilter(b, a, x) ** 2)

    def sosfilt(sp: Any, xp: Any, sos: Any, x: Any) -> Any:
        return xp.sum(sp.signal.sosfilt(sos, x) ** 2)

    def banded(sp: Any, xp: Any, ab: Any, x: Any) -> Any:
        return xp.sum(sp.linalg.solve_banded((1, 1), ab, x) ** 2)

    return [
        ratio("lfilter, 10,000 steps, by x alone", 10, lambda s, p, x: lfilter(s, p, b, a, x), x),
        ratio("lfilter, 10,000 steps, by b, a and x", 10, lfilter, b, a, x),
        ratio("sosfilt, 10,000 steps, by sos and x", 10, sosfilt, sos, x),
        ratio("solve_banded, 10,000 unknowns", 10, banded, bands, x),
    ]


def conductivities(n: int) -> tuple[Any, Any, Any]:
    """Return the pattern of a plate of n by n cells: rows, columns, and the pairs of neighbours."""
    ids = np.arange(n * n).reshape(n, n)
    pairs = [(ids[:, :-1].ravel(), ids[:, 1:].ravel()), (ids[:-1].ravel(), ids[1:].ravel())]
    left, right = (np.concatenate(x) for x in zip(*pairs, strict=True))
    rows = np.concatenate([left, right, left, right, ids.ravel()])
    cols = np.concatenate([right, left, left, right, ids.ravel()])
    return rows, cols, (left, right)


def plates() -> list[bool]:
    """A Poisson problem on 100 by 100 cells, by the conductivity of each."""
    n = 100
    rows, cols, (left, right) = conductivities(n)
    heat = np.random.default_rng(0).normal(size=n * n)

    def loss(sp: Any, xp: Any, k: Any) -> Any:
        between = 2 * k[left] * k[right] / (k[left] + k[right])
        data = xp.concat([-between, -between, between, between, 1e-3 + 0 * k])
        matrix = sp.sparse.coo_array((data, (rows, cols)), shape=(n * n, n * n)).tocsc()
        return xp.sum(sp.sparse.linalg.spsolve(matrix, heat) ** 2)

    k = np.random.default_rng(1).uniform(0.5, 2.0, n * n)
    found = [ratio("Poisson 100 x 100, gradient", 2.5, loss, k)]
    counted = _counting(xg.backends.load("numpy").chapter("sparse.linalg"), ("splu", "spsolve"))
    for what, call in (
        ("gradient", lambda: xg.grad(lambda k: loss(scipy, xg, k))(k)),
        ("hvp", lambda: xg.hvp(lambda k: loss(scipy, xg, k), (k,), (heat,))),
    ):
        found.append(show(f"Poisson, factorisations of a {what}", counted(call), 1))
    return found


def _counting(home: Any, names: tuple[str, ...]) -> Callable[[Callable[[], Any]], int]:
    made: list[int] = []

    def noting(f: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*args: Any, **kwargs: Any) -> Any:
            made.append(1)
            return f(*args, **kwargs)

        return noted

    def count(call: Callable[[], Any]) -> int:
        made.clear()
        kept = {name: getattr(home, name) for name in names}
        for name, f in kept.items():
            home.__dict__[name] = noting(f)
        try:
            call()
        finally:
            home.__dict__.update(kept)
        return len(made)

    return count


def spectra() -> list[bool]:
    """Three eigenvalues of a matrix of 10,000, no dense one made."""
    n = 10_000
    here = np.arange(n)
    rows, cols = (
        np.concatenate([here, here[1:], here[:-1]]),
        np.concatenate([here, here[:-1], here[1:]]),
    )

    def loss(sp: Any, xp: Any, d: Any) -> Any:
        off = -1.0 + 0 * d[1:]
        matrix = sp.sparse.coo_array((xp.concat([d, off, off]), (rows, cols)), shape=(n, n))
        start = np.ones(n)
        return xp.sum(sp.sparse.linalg.eigsh(matrix.tocsc(), 3, sigma=0.0, v0=start)[0])

    d = 2.0 + np.random.default_rng(0).uniform(size=n)
    tracemalloc.start()
    ratio("eigsh, 3 of 10,000", 20, loss, d)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return [show("eigsh, 3 of 10,000, MB at most (dense: 800)", peak, 100)]


def coloured() -> list[bool]:
    """A tridiagonal Jacobian, and Rosenbrock's Hessian, of 100,000 unknowns."""

    def residual(x: Any) -> Any:
        left, right = xg.concat([xg.zeros(1), x[:-1]]), xg.concat([x[1:], xg.zeros(1)])
        return left - 2.0 * x + right + 0.1 * xg.exp(x) * x

    def rosenbrock(x: Any) -> Any:
        return xg.sum(100.0 * (x[1::2] - x[::2] ** 2) ** 2 + (1.0 - x[::2]) ** 2)

    def chained(x: Any) -> Any:
        return xg.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    x = np.random.default_rng(0).uniform(size=100_000)
    jacobian = xg.sparse_jacobian(residual)
    tracemalloc.start()
    jacobian(x)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    value, found = least(lambda: residual(x), lambda: jacobian(x))
    held = [
        show("sparse_jacobian, tridiagonal, residuals", found / value, 10, f"{found:.1f} ms"),
        show("sparse_jacobian, first call, MB", peak, 100),
    ]
    for name, f in (("extended", rosenbrock), ("chained", chained)):
        hessian: Any = xg.sparse_hessian(f)
        hessian(x)
        held.append(show(f"Hessian of {name} Rosenbrock, colours", hessian.colours.count, 5))
    return held


def main() -> int:
    """Print all lines, or those of the groups that are named; return whether a bound is broken."""
    groups = (equations, odeint, recurrences, plates, spectra, coloured)
    chosen = [g for g in groups if not sys.argv[1:] or g.__name__ in sys.argv[1:]]
    held = [good for group in chosen for good in group()]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
