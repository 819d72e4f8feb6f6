"""The heat equation with unknown conductivity: an inverse problem, solved through the solver.

    python examples/heat_conductivity.py  # elsewhere: --backend torch

A rod is heated at both ends, at the right one less. Its temperature obeys u_t = (k(x) u_x)_x, and
thermometers at ten places write it down, with noise. Which conductivity k(x) explains the readings?
The solver is differentiated as it stands, step by step:

    u <- u + dt / dx^2 (k_{i+1/2} (u_{i+1} - u_i) - k_{i-1/2} (u_i - u_{i-1})),

and log k minimises the misfit plus a little of its own roughness.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from page import host, number, options, save, table

import xgrad as xg
from xgrad import optim

N = 40
SENSORS = np.arange(2, N, 4)


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Find k(x); return its relative error before and after."""
    chosen = options(__doc__, argv)
    rng = np.random.default_rng(0)
    x = (np.arange(N) + 0.5) / N
    middle = x[:-1] + 0.5 / N
    true = 0.6 + 0.3 * np.tanh((middle - 0.35) * 15) - 0.6 * np.exp(-(((middle - 0.7) / 0.06) ** 2))
    dx = 1 / N
    dt = 0.4 * dx**2
    steps = 250 if chosen.quick else 1500
    every = steps // 25
    sensors = xg.asarray(SENSORS)

    def readings(log_k: xg.Array) -> xg.Array:
        k = xg.exp(log_k)
        u = xg.zeros(N, dtype=xg.float64)
        wall = dt / dx**2  # conductivity times the time step over the distance to a wall
        seen = []
        for step in range(1, steps + 1):
            flow = k * (u[1:] - u[:-1]) * (dt / dx**2)
            left, right = wall * (1.0 - u[:1]), wall * (0.6 - u[-1:])
            u = u + xg.concat([left + flow[:1], flow[1:] - flow[:-1], right - flow[-1:]])
            if step % every == 0:
                seen.append(xg.take(u, sensors, axis=0))
        return xg.stack(seen)

    clean = readings(xg.asarray(np.log(true)))
    noise = xg.asarray(0.002 * rng.normal(size=clean.shape))
    measured = clean + noise

    def misfit(log_k: xg.Array) -> xg.Array:
        rough = xg.sum((log_k[1:] - log_k[:-1]) ** 2)
        return xg.sum((readings(log_k) - measured) ** 2) / 0.002**2 / 2 + 2.0 * rough

    start = xg.full(N - 1, float(np.log(0.5)), dtype=xg.float64)
    method = optim.LBFGS(max_iter=10 if chosen.quick else 60)
    rows: list[list[float]] = []
    with xg.show.live("heat equation", every=5) as curves:

        def tell(i: int, value: float) -> None:
            rows.append([i, value])
            curves.update(log10_misfit=np.log10(value))

        found = method.minimize(misfit, start, callback=tell)
    k = np.exp(host(found.params))

    def error(k: np.ndarray) -> float:
        return float(np.sqrt(np.mean((np.log(k) - np.log(true)) ** 2)))

    table(["iteration", "misfit"], rows[:: max(len(rows) // 8, 1)])
    before, after = error(np.full(N - 1, 0.5)), error(k)
    print(f"rms error of log k: {before:.3f} before, {after:.3f} after")

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(middle, true, "k", label="true")
    left.plot(middle, np.full(N - 1, 0.5), ":", color="#888888", label="start")
    left.plot(middle, k, label="found")
    left.plot(x[SENSORS], np.zeros(len(SENSORS)), "^", color="#888888", label="thermometers")
    left.set(xlabel="x", ylabel="conductivity k")
    left.legend(frameon=False, fontsize=8)
    fitted = host(readings(found.params))
    time = np.arange(1, len(fitted) + 1) * every * dt
    for j in range(0, len(SENSORS), 2):
        (line,) = right.plot(time, fitted[:, j])
        right.plot(time, host(measured)[:, j], ".", color=line.get_color(), markersize=4)
    right.set(xlabel="time", ylabel="temperature", title="readings (dots) and fit")
    save(figure, chosen, "heat_conductivity.png")
    return {"before": before, "after": after, "misfit": number(misfit(found.params))}


if __name__ == "__main__":
    main()
