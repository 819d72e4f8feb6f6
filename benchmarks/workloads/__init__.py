"""The problems: each is written once as a model for any library, and once by hand."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from . import (
    adam,
    black_scholes,
    chain,
    cnn,
    deconvolution,
    gaussian_process,
    layers,
    lstm,
    mlp,
    rosenbrock,
    scatter,
    wave,
)


@dataclass(frozen=True)
class Workload:
    """One problem at one size.

    Attributes:
        name: what it is called in tables and after ``--only``.
        model: ``model(xp, *inputs)`` in terms of a library's namespace.
        by_hand: ``by_hand(xp, *inputs)``, the same derivative in plain NumPy or CuPy.
        inputs: ``inputs(rng, **size)`` makes the arrays.
        size: the size that is measured.
        tiny: a size for tests.
        derivative: what is computed: gradient, hessian, product, jacobian, or a step of Adam.
        wrt: how many of the inputs, counted from the first, are differentiated.
        target: the ratio to `by_hand` that xgrad is meant to reach.
    """

    name: str
    model: Callable[..., Any]
    by_hand: Callable[..., Any]
    inputs: Callable[..., tuple[Any, ...]]
    size: dict[str, Any]
    tiny: dict[str, Any]
    derivative: str = "gradient"
    wrt: int = 1
    target: float | None = None


@dataclass(frozen=True)
class Growth:
    """One problem at growing sizes.

    Attributes:
        model: ``model(xp, *inputs)`` in terms of a library's namespace, for a size n.
        by_hand: the same derivative in plain NumPy, ``by_hand(xp, *inputs)`` too.
        inputs: ``inputs(rng, n)`` makes the arrays.
    """

    name: str
    model: Callable[[int], Callable[..., Any]]
    by_hand: Callable[[int], Callable[..., Any]]
    inputs: Callable[..., tuple[Any, ...]]
    sizes: tuple[int, ...] = field(default=(10**3, 10**4, 10**5))


def _chain(elements: int, target: float | None) -> Workload:
    parts = chain.model, chain.by_hand, chain.inputs
    size, tiny = {"elements": elements}, {"elements": min(elements, 3)}
    return Workload(f"chain-{elements}", *parts, size, tiny, target=target)


def _mlp(name: str, layers: tuple[int, ...], batch: int, target: float | None) -> Workload:
    size = {"layers": layers, "batch": batch}
    tiny = {"layers": tuple(2 + i for i in range(len(layers))), "batch": 5}
    wrt = 2 * len(layers) - 2
    return Workload(name, mlp.model, mlp.by_hand, mlp.inputs, size, tiny, wrt=wrt, target=target)


def _black_scholes(points: int, target: float) -> Workload:
    parts = black_scholes.model, black_scholes.by_hand, black_scholes.inputs
    size, tiny = {"points": points}, {"points": 4}
    return Workload(f"black-scholes-{points}", *parts, size, tiny, wrt=5, target=target)


def _fft(side: int) -> Workload:
    parts = deconvolution.model, deconvolution.by_hand, deconvolution.inputs
    return Workload(f"fft-{side}", *parts, {"side": side}, {"side": 6})


def _larger(name: str, larger: str, **size: Any) -> Workload:
    return replace(WORKLOADS[name], name=larger, size=size)


WORKLOADS = {
    w.name: w
    for w in (
        _chain(1, 2.5),
        _chain(10, None),
        _chain(1_000, 1.5),
        _chain(10_000, None),
        _mlp("mlp-small", (64, 32, 10), 32, 1.9),
        _mlp("mlp-64", (784, 256, 128, 10), 64, None),
        _mlp("mlp-512", (784, 256, 128, 10), 512, 1.1),
        Workload(
            "adam-small",
            adam.model,
            adam.by_hand,
            adam.inputs,
            {"layers": (64, 32, 10), "batch": 32},
            {"layers": (3, 4, 2), "batch": 5},
            "adam",
            wrt=4,
        ),
        Workload(
            "lstm",
            lstm.model,
            lstm.by_hand,
            lstm.inputs,
            {"steps": 100, "batch": 16, "features": 32, "hidden": 64},
            {"steps": 3, "batch": 2, "features": 3, "hidden": 4},
            wrt=3,
            target=1.5,
        ),
        Workload(
            "cnn",
            cnn.model,
            cnn.by_hand,
            cnn.inputs,
            {"side": 28, "batch": 32, "channels": (16, 32), "classes": 10},
            {"side": 8, "batch": 3, "channels": (2, 3), "classes": 4},
            wrt=6,
            target=1.0,
        ),
        _black_scholes(10_000, 1.7),
        _black_scholes(1_000_000, 1.5),
        _fft(64),
        _fft(512),
        Workload(
            "gaussian-process",
            gaussian_process.model,
            gaussian_process.by_hand,
            gaussian_process.inputs,
            {"points": 300},
            {"points": 7},
            target=2.0,
        ),
        Workload(
            "wave", wave.model, wave.by_hand, wave.inputs, {"side": 64}, {"side": 6}, target=3.0
        ),
        Workload(
            "hessian",
            rosenbrock.model,
            rosenbrock.hessian_by_hand,
            rosenbrock.inputs,
            {"n": 50},
            {"n": 5},
            "hessian",
            target=150,
        ),
        Workload(
            "hessian-vector",
            rosenbrock.model,
            rosenbrock.product_by_hand,
            rosenbrock.inputs_with_direction,
            {"n": 10_000},
            {"n": 5},
            "product",
            target=6,
        ),
        Workload(
            "jacobian",
            layers.model,
            layers.by_hand,
            layers.inputs,
            {"n": 100},
            {"n": 4},
            "jacobian",
            target=15,
        ),
    )
}

ON_GPU = {
    w.name: w
    for w in (
        _larger("mlp-512", "mlp-4096", layers=(4096, 4096, 4096, 10), batch=4096),
        _larger("lstm", "lstm-1024", steps=100, batch=256, features=512, hidden=1024),
        _larger("cnn", "cnn-512", side=28, batch=512, channels=(32, 64), classes=10),
        _larger("black-scholes-1000000", "black-scholes-10000000", points=10**7),
        _larger("fft-512", "fft-4096", side=4096),
        _larger("gaussian-process", "gaussian-process-3000", points=3000),
        _larger("wave", "wave-1024", side=1024),
    )
}
"""Sizes at which a GPU has something to do."""


def on(device: str) -> dict[str, Workload]:
    """Return the workloads for a device; the targets are those of a CPU."""
    if device == "cpu":
        return WORKLOADS
    return {name: replace(w, target=None) for name, w in (WORKLOADS | ON_GPU).items()}


GROWTHS = {
    g.name: g
    for g in (
        Growth(
            "reads",
            lambda n: scatter.reads,
            lambda n: scatter.reads_by_hand,
            scatter.inputs,
        ),
        Growth(
            "stack",
            lambda n: scatter.stacked,
            lambda n: scatter.stacked_by_hand,
            scatter.rows,
        ),
        Growth(
            "gather",
            lambda n: scatter.gathered,
            lambda n: scatter.gathered_by_hand,
            scatter.drawn,
            (10**3, 10**4, 10**5, 10**6),
        ),
        Growth(
            "take",
            lambda n: scatter.taken,
            lambda n: scatter.gathered_by_hand,
            scatter.drawn,
            (10**3, 10**4, 10**5, 10**6),
        ),
        Growth(
            "writes",
            lambda n: scatter.scaled,
            lambda n: scatter.scaled_by_hand,
            scatter.inputs,
        ),
        Growth(
            "tape",
            lambda n: lambda xp, x: chain.chain(xp, x, n),
            lambda n: lambda xp, x: chain.chain_by_hand(xp, x, n),
            lambda rng, n: chain.inputs(rng, 1),
            (10**3, 10**4, 10**5, 10**6),
        ),
    )
}
