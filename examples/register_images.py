"""Two pictures of one scene brought to cover each other: a program of scipy.ndimage, fitted.

    python examples/register_images.py

The second picture is turned, stretched and moved, and has noise. ``scipy.ndimage.affine_transform``
with cubic splines moves it back; the six numbers that it takes are found by BFGS, first on blurred
pictures. The gradient goes through the spline, its prefilter and the blur.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.ndimage
import scipy.optimize
from matplotlib.figure import Figure
from page import options, save, table
from sklearn.datasets import load_sample_image

import xgrad as xg


def scene(size: int) -> Any:
    """Return a grey picture, 2 by 3 in shape: a temple in China."""
    grey = load_sample_image("china.jpg")[:426, :639].mean(axis=2) / 255
    return scipy.ndimage.zoom(scipy.ndimage.gaussian_filter(grey, 1.5), size / 426, order=1)


def moved(picture: Any, p: Any) -> Any:
    """Move a picture about its middle, by a matrix and a shift: nothing here knows xgrad."""
    middle = (np.array(picture.shape) - 1) / 2
    matrix = np.eye(2) + np.reshape(p[:4], (2, 2))
    offset = middle - matrix @ middle + 100 * p[4:]
    return scipy.ndimage.affine_transform(picture, matrix, offset, order=3, mode="reflect")


def misfit(p: Any, fixed: Any, other: Any, blur: float) -> Any:
    """Return the mean square of the difference, some way from the edges."""
    difference = moved(other, p) - fixed
    if blur:
        difference = scipy.ndimage.gaussian_filter(difference, blur)
    edge = fixed.shape[0] // 8
    return np.mean(difference[edge:-edge, edge:-edge] ** 2) * 1e3


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Register; return the error of the six numbers, in pixels at the corners, before and after."""
    chosen = options(__doc__, argv)
    fixed = scene(64 if chosen.quick else 160)
    true = np.array([-0.04, 0.13, -0.10, 0.05, 0.05, -0.04])
    rng = np.random.default_rng(0)
    turned = np.linalg.inv(np.eye(2) + true[:4].reshape(2, 2))
    back = np.concatenate([(turned - np.eye(2)).ravel(), -turned @ true[4:]])
    other = moved(fixed, back) + 0.02 * rng.normal(size=fixed.shape)

    def error(p: Any) -> float:
        corner = np.array(fixed.shape) / 2
        off = (p - true)[:4].reshape(2, 2) @ corner + 100 * (p - true)[4:]
        return float(np.linalg.norm(off))

    p, rows = (
        np.zeros(6),
        [["start", float(misfit(np.zeros(6), fixed, other, 0)), error(np.zeros(6))]],
    )
    for blur in (6.0, 2.0, 0.0):
        found = scipy.optimize.minimize(
            misfit, p, (fixed, other, blur), jac=xg.grad(misfit), method="BFGS",
            options={"maxiter": 40},
        )  # fmt: skip
        p = found.x
        rows.append([f"blur {blur:g}", float(misfit(p, fixed, other, 0)), error(p)])
    table(["", "misfit", "corner off by, pixels"], rows)

    figure = Figure(figsize=(8, 3.9), layout="constrained")
    axes = figure.subplots(2, 2)
    shown = {
        "first": fixed,
        "second": other,
        "difference before": other - fixed,
        "difference after": moved(other, p) - fixed,
    }
    for axis, (name, picture) in zip(axes.flat, shown.items(), strict=True):
        limits = (-0.5, 0.5) if "difference" in name else (0, 1)
        axis.imshow(picture, cmap="gray", vmin=limits[0], vmax=limits[1])
        axis.set_title(name, fontsize=9)
        axis.set_axis_off()
    save(figure, chosen, "register_images.png")
    return {"before": float(rows[0][2]), "after": error(p)}


if __name__ == "__main__":
    main()
