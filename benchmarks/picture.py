"""The table as a picture: a bar for xgrad, marks for the others, one row per workload."""

from pathlib import Path
from typing import Any

from .report import by_hand

STYLES = {
    "autograd": ("#d95f02", "s"),
    "mygrad": ("#7570b3", "D"),
    "torch": ("#e7298a", "o"),
    "torch_compile": ("#e7298a", "*"),
    "jax": ("#66a61e", "^"),
    "jax_jit": ("#66a61e", "v"),
}


def plot(results: dict[str, Any], path: Path) -> None:
    """Write a picture of the ratios."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    workloads = results["workloads"]
    names = list(workloads)[::-1]
    figure, axes = plt.subplots(figsize=(10, 1.6 + 0.38 * len(names)), layout="constrained")
    places = range(len(names))
    own = [workloads[n]["xgrad"]["ratio"] if "xgrad" in workloads[n] else None for n in names]
    for y, value in zip(places, own, strict=True):
        if value is not None:
            axes.barh(y, value - 0.01, left=0.01, height=0.6, color="#1b9e77", alpha=0.85)
            axes.annotate(
                f"{value:.3g}",
                (1, y),
                (6, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                va="center",
                weight="bold",
                color="#0b5c43",
            )
    axes.barh([-5], [1], color="#1b9e77", alpha=0.85, label="xgrad")
    for library, (color, marker) in STYLES.items():
        points = [
            (workloads[n][library]["ratio"], y)
            for y, n in zip(places, names, strict=True)
            if library in workloads[n]
        ]
        if points:
            axes.scatter(
                *zip(*points, strict=True),
                color=color,
                marker=marker,
                s=34,
                zorder=3,
                edgecolor="white",
                linewidth=0.5,
                label=library.replace("_", "."),
            )
    for y, n in zip(places, names, strict=True):
        target = results["targets"].get(n)
        if target is not None:
            axes.plot([target, target], [y - 0.42, y + 0.42], color="black", linewidth=1.5)
    axes.plot([], [], color="black", linewidth=1.5, label="target")
    axes.axvline(1, color="gray", linewidth=1, linestyle="--", zorder=0)
    every = [e["ratio"] for found in workloads.values() for e in found.values()]
    axes.set(
        xscale="log",
        xlim=(min(0.5, *every) / 1.3, max(every) * 1.4),
        ylim=(-0.7, len(names) - 0.3),
        yticks=list(places),
        yticklabels=names,
        xlabel=f"time over that of {by_hand(results)} (1), less is better",
        title="Forward and backward",
    )
    axes.xaxis.set_major_formatter("{x:g}")
    axes.grid(axis="x", which="major", alpha=0.3)
    figure.legend(loc="outside upper right", ncols=4, fontsize=8, frameon=False)
    figure.savefig(path, dpi=130)
    plt.close(figure)
