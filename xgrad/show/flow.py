"""Where the gradient goes: mean and variance of activations and cotangents, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import xgrad as xg

from .graph import host, require_tracked
from .layers import layers_of, unique, weights
from .pictures import as_bytes, beside, figure
from .steps import graph_of, watch
from .tables import Column, short, table
from .walking import walk

__all__ = ["Flow", "Layer", "gradient_flow"]

VANISHING, EXPLODING = 1e-3, 1e3
"""Standard deviation of a layer's cotangent over that of the last layer's."""

SATURATED, DEAD = 0.5, 0.5
"""Fractions of elements and of units from which on a layer counts as such."""

_PLAIN = {"matrix_vector": "matmul", "vector_matrix": "matmul", "add": "+", "subtract": "-"}


@dataclass(frozen=True)
class Stats:
    """What is measured of an array.

    Attributes:
        mean: of all elements.
        variance: of all elements.
        dead: the fraction of units (of the last axis) that are 0 for every sample.
        flat: the fraction of elements within 0.02 of a bound of the sigmoid, and of tanh.
    """

    mean: float
    variance: float
    dead: float
    flat: tuple[float, float]


@dataclass(frozen=True)
class Layer:
    """A product with weights and the elementwise functions behind it.

    Attributes:
        name: the weights, as the model calls them.
        ops: what the layer computes.
        shape: of its activations.
        activation: what was measured of its result.
        cotangent: what was measured of the derivative of the loss by its result.
        verdict: healthy, vanishing, exploding, dead units, saturated, no gradient, or not finite.
    """

    name: str
    ops: str
    shape: tuple[int, ...]
    activation: Stats
    cotangent: Stats
    verdict: str


@dataclass(frozen=True)
class Flow:
    """The layers of a network in order, with a verdict on each; `print` shows a table."""

    layers: list[Layer]

    def __repr__(self) -> str:
        bad = [layer for layer in self.layers if layer.verdict != "healthy"]
        return f"<Flow through {len(self.layers)} layers, {len(bad)} of them not healthy>"

    def __str__(self) -> str:
        columns = [
            Column("layer"),
            Column("computes"),
            Column("shape"),
            Column("activation mean", right=True),
            Column("variance", right=True),
            Column("cotangent mean", right=True),
            Column("variance", right=True),
            Column("verdict"),
        ]
        rows = [
            (
                layer.name,
                layer.ops,
                "x".join(map(str, layer.shape)),
                short(layer.activation.mean),
                short(layer.activation.variance),
                short(layer.cotangent.mean),
                short(layer.cotangent.variance),
                layer.verdict,
            )
            for layer in self.layers
        ]
        return table(columns, rows, most=30)

    def save(self, path: str | Path) -> Path:
        """Write a picture: the spread of activations and of cotangents from layer to layer."""
        path = Path(path)
        path.write_bytes(self.picture(path.suffix.lstrip(".") or "png"))
        return path

    def picture(self, kind: str = "png") -> bytes:
        """Return the picture as the bytes of a png, svg or pdf file."""
        n = len(self.layers)
        drawn = figure("gradient_flow", figsize=(min(5.5 + 0.12 * n, 10), 5), layout="constrained")
        above, below = drawn.subplots(2, 1, sharex=True)
        x = np.arange(n)
        mean = np.array([layer.activation.mean for layer in self.layers])
        spread = np.sqrt([layer.activation.variance for layer in self.layers])
        above.fill_between(x, mean - spread, mean + spread, color="#dbe9f6", label="one deviation")
        above.plot(x, mean, "o-", color="#2f5f8f", markersize=4, label="mean")
        above.set_ylabel("activations")
        above.legend(loc="best", frameon=False, fontsize=8)
        size = np.sqrt([layer.cotangent.variance for layer in self.layers])
        below.plot(x, size, "-", color="#777777")
        seen: set[str] = set()
        for i, layer in enumerate(self.layers):
            label = None if layer.verdict in seen else layer.verdict
            seen.add(layer.verdict)
            below.plot(x[i], size[i], "o", color=COLOURS.get(layer.verdict, "black"), label=label)
        if np.any(size > 0):
            below.set_yscale("log")
        below.set_ylabel("deviation of cotangents")
        below.legend(loc="best", frameon=False, fontsize=8)
        step = max(1, -(-n // 16))
        names = [self.layers[i].name for i in range(0, n, step)]
        below.set_xticks(x[::step], names, rotation=60 if n > 3 else 0, fontsize=8)
        below.set_xlabel("layer, from the input to the loss")
        for axes in (above, below):
            axes.spines[["top", "right"]].set_visible(False)
        return as_bytes(drawn, kind)

    def _repr_html_(self) -> str:
        return beside(str(self), self.picture)


COLOURS = {
    "healthy": "#3a8f4d",
    "vanishing": "#2f5fcf",
    "exploding": "#c0392b",
    "dead units": "#555555",
    "saturated": "#c98a1b",
    "no gradient": "#999999",
    "not finite": "#000000",
}


def gradient_flow(
    model: Any, loss: Callable[..., Any], *args: Any, path: str | Path | None = None
) -> Flow:
    """Measure, layer by layer, the activations of ``loss(model, *args)`` and their cotangents.

    A layer is a product with weights (``matmul``, ``einsum``, a convolution) and the elementwise
    functions that follow it. Through a healthy network the variances of activations and of
    cotangents stay of one order of magnitude (Glorot and Bengio, 2010). The verdict is

    - vanishing or exploding: the cotangent's deviation is below 1/1000 of the last layer's, or
      above 1000 times it,
    - dead units: at least half of the units are 0 for every sample,
    - saturated: at least half of a sigmoid's or tanh's results are within 0.02 of a bound,
    - no gradient: every cotangent is 0; not finite: one is infinite or NaN.

    Args:
        model: the parameters, a module, or whatever else `loss` takes first.
        loss: a function with a real scalar result.
        args: its other arguments, such as a batch of inputs and labels.
        path: where to write the picture, if anywhere: png, svg or pdf.

    Returns:
        The layers: `print` shows a table, a notebook also the picture.

    Raises:
        NotScalarError: if the loss is not a real scalar.
        ValueError: if there is no layer between the arguments and the loss.
    """
    run = watch(loss, (model, *args), measure)
    y = require_tracked(run.result, "gradient_flow")
    if y.size != 1 or y.dtype.kind == "c":
        raise xg.errors.NotScalarError(
            f"gradient_flow: the loss has {y.dtype}{list(y.shape)}; expected one real number"
        )
    graph = graph_of(run)
    cotangents: dict[int, Stats | None] = {}

    def visit(serial: int, g: Any, parts: list[tuple[int, Any]], seconds: float) -> None:
        if hasattr(g, "shape"):
            cotangents[serial] = measure(xg.Array(g))

    walk(y, visit)
    found = [(ops, end, end.stats, cotangents.get(end.id)) for ops, end in layers_of(graph)]
    whole = [(ops, end, s, c) for ops, end, s, c in found if s is not None and c is not None]
    if not whole:
        raise ValueError(
            "gradient_flow: found no layer: no product (matmul, einsum, a convolution) between the "
            "arguments and the loss has a result with values. xg.show.draw(loss, ...) shows what "
            "was computed"
        )
    last = math.sqrt(whole[-1][3].variance + whole[-1][3].mean ** 2)
    names = unique([weights(graph, ops, next(iter(run.leaves.values()), "")) for ops, *_ in whole])
    layers = [
        Layer(
            name,
            " ".join(_PLAIN.get(step.op, step.op) for step in ops),
            end.shape or (),
            stats,
            cotangent,
            _verdict(end.op, stats, cotangent, last),
        )
        for name, (ops, end, stats, cotangent) in zip(names, whole, strict=True)
    ]
    flow = Flow(layers)
    if path is not None:
        flow.save(path)
    return flow


def measure(x: xg.Array) -> Stats | None:
    """Return mean, variance, and how much of an array is flat."""
    values = host(x) if x.ndim else None
    if values is None or values.size == 0:
        return None
    values = np.abs(values) if values.dtype.kind == "c" else values
    values = values.astype(np.float64, copy=False)
    rows = values.reshape(-1, values.shape[-1])
    ends = [float(np.mean((values < low + 0.02) | (values > 0.98))) for low in (0.0, -1.0)]
    with np.errstate(all="ignore"):  # an exploding network is what this is to find
        mean, variance = float(values.mean()), float(values.var())
    return Stats(mean, variance, float(np.mean(~rows.any(axis=0))), (ends[0], ends[1]))


def _verdict(op: str, activation: Stats, cotangent: Stats, last: float) -> str:
    size = math.sqrt(cotangent.variance + cotangent.mean**2)
    if not math.isfinite(size) or not math.isfinite(activation.variance):
        return "not finite"
    if size == 0:
        return "no gradient"
    if activation.dead >= DEAD:
        return "dead units"
    if last and size < VANISHING * last:
        return "vanishing"
    if last and size > EXPLODING * last:
        return "exploding"
    flat = {"sigmoid": activation.flat[0], "expit": activation.flat[0], "tanh": activation.flat[1]}
    if flat.get(op, 0.0) >= SATURATED:
        return "saturated"
    return "healthy"
