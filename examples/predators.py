"""Hares and lynxes of the Hudson Bay Company: a program of SciPy's solve_ivp, fitted.

    python examples/predators.py

The equations of Lotka and Volterra, from 21 winters of pelts (1900 to 1920; Hewitt 1921). The
misfit is a program of NumPy and SciPy as its users write it; its gradient drives SciPy's own BFGS,
and its Hessian at the minimum says how well the data know each number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.integrate
import scipy.optimize
from matplotlib.figure import Figure
from page import options, save, table

import xgrad as xg

HARES = """30 47.2 70.2 77.4 36.3 20.6 18.1 21.4 22 25.4 27.1 40.3 57 76.6 52.3 19.5 11.2 7.6
    14.6 16.2 24.7"""
LYNXES = """4 6.1 9.8 35.2 59.4 41.7 19 13 8.3 9.1 7.4 8 12.3 19.5 45.7 51.1 29.7 15.8 9.7 10.1
    8.6"""
SEEN = np.array([[float(x) for x in row.split()] for row in (HARES, LYNXES)])
YEARS = np.arange(SEEN.shape[1], dtype=float)
NAMES = ("births", "hunting", "deaths", "feeding", "hares in 1900", "lynxes in 1900")


def populations(log_p: Any, times: Any) -> Any:
    """Solve the equations: nothing here knows xgrad."""
    births, hunting, deaths, feeding, hares, lynxes = np.exp(log_p)

    def change(t: Any, y: Any) -> Any:
        h, l = y  # noqa: E741 - hares and lynxes
        return [h * (births - hunting * l), l * (feeding * h - deaths)]

    start = np.stack([hares, lynxes])
    return scipy.integrate.solve_ivp(
        change, (0, times[-1]), start, t_eval=times, rtol=1e-8, atol=1e-8
    ).y


def misfit(log_p: Any) -> Any:
    """Return half the squares of the differences of logarithms, in units of their spread."""
    return np.sum((np.log(populations(log_p, YEARS)) - np.log(SEEN)) ** 2) / (2 * 0.25**2)


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Fit the six numbers; return the misfit before and after."""
    chosen = options(__doc__, argv)
    start = np.log([0.5, 0.02, 0.8, 0.02, 30.0, 5.0])
    found = scipy.optimize.minimize(
        misfit, start, jac=xg.grad(misfit), method="BFGS", options={"gtol": 1e-5}
    )
    spread = np.sqrt(np.diag(np.linalg.inv(xg.hessian(misfit)(found.x))))
    rows = [
        [name, np.exp(p), np.exp(p) * s] for name, p, s in zip(NAMES, found.x, spread, strict=True)
    ]
    table(["", "found", "+-"], rows)
    before = float(misfit(start))
    print(f"misfit {before:.0f} before, {found.fun:.1f} after {found.nit} steps of BFGS")

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    fine = np.linspace(0, YEARS[-1], 400)
    curves = populations(found.x, fine)
    for name, seen, curve in zip(("hares", "lynxes"), SEEN, curves, strict=True):
        (line,) = left.plot(1900 + fine, curve, label=name)
        left.plot(1900 + YEARS, seen, "o", color=line.get_color(), markersize=4)
    left.set(xlabel="winter", ylabel="thousand pelts", xticks=[1900, 1905, 1910, 1915, 1920])
    left.legend(frameon=False, fontsize=8)
    right.plot(*SEEN, "o-", color="#bbbbbb", markersize=4, linewidth=0.7)
    right.plot(*curves, color="k")
    right.set(xlabel="hares", ylabel="lynxes")
    save(figure, chosen, "predators.png")
    return {"before": before, "after": float(found.fun), "births": float(np.exp(found.x[0]))}


if __name__ == "__main__":
    main()
