"""Train a network on real handwritten digits, on any backend.

    python examples/train_digits.py --layers 64,128,10  # on a GPU: --backend cupy

The network is the textbook's: with the input a^0 = x, each layer computes z^m = W^m a^(m-1) + b^m
and a^m = f(z^m), and the last z^L are the logits of a softmax. The data are 1,797 digits that were
scanned from forms. Pictures and the loss curve are written to ``out/``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

import xgrad as xg

Params = list[dict[str, xg.Array]]
History = dict[str, list[float]]

ACTIVATIONS = {"relu": xg.relu, "tanh": xg.tanh, "sigmoid": xg.sigmoid}
BATCH = 32


# ---------------------------------------------------------------- data


class Digits(NamedTuple):
    """Images as rows of 64 pixels in [0, 1], and their labels."""

    x: np.ndarray
    label: np.ndarray

    def on_backend(self) -> tuple[xg.Array, xg.Array]:
        """Return the images and the one-hot labels as arrays of the current backend."""
        return xg.asarray(self.x), xg.asarray(np.eye(10)[self.label])


def load(seed: int) -> tuple[Digits, Digits]:
    """Return the training digits and the held-out fifth, each label equally frequent in both."""
    from sklearn.datasets import load_digits  # seconds, the first time, which `main` tells of
    from sklearn.model_selection import train_test_split

    x, label = load_digits(return_X_y=True)
    x_train, x_test, label_train, label_test = train_test_split(
        x / 16, label, test_size=0.2, stratify=label, random_state=seed
    )
    return Digits(x_train, label_train), Digits(x_test, label_test)


# ---------------------------------------------------------------- network


def glorot(n_in: int, n_out: int) -> float:
    """Keep the variance of activations and of gradients, as far as one number can do both."""
    return (2 / (n_in + n_out)) ** 0.5


def he(n_in: int, n_out: int) -> float:
    """Keep the variance of activations behind a ReLU, which halves it."""
    return (2 / n_in) ** 0.5


def naive(n_in: int, n_out: int) -> float:
    """Draw from N(0, 1), whatever the width."""
    return 1.0


def small(n_in: int, n_out: int) -> float:
    """Draw from N(0, 0.01^2), whatever the width."""
    return 0.01


INITS = {"glorot": glorot, "he": he, "naive": naive, "small": small}


def initial(layers: Sequence[int], init: str, rng: np.random.Generator) -> Params:
    """Draw the weights on the host, so that every backend starts from the same ones."""
    return [
        {
            "W": xg.asarray(rng.normal(0, INITS[init](n_in, n_out), (n_out, n_in))),
            "b": xg.asarray(np.zeros(n_out)),
        }
        for n_in, n_out in pairwise(layers)
    ]


def logits(params: Params, x: xg.Array, activation: str) -> xg.Array:
    """Return the last layer's z^L for a batch of inputs, one per row."""
    f = ACTIVATIONS[activation]
    *hidden, last = params
    a = x
    for layer in hidden:
        a = f(a @ layer["W"].T + layer["b"])
    return a @ last["W"].T + last["b"]


def cross_entropy(params: Params, x: xg.Array, y: xg.Array, activation: str) -> xg.Array:
    """Return the mean of -log p(label) over a batch with one-hot labels `y`."""
    return -xg.mean(xg.sum(y * xg.log_softmax(logits(params, x, activation)), axis=1))


def predict(params: Params, x: xg.Array, activation: str) -> xg.Array:
    """Return the most probable label of each image."""
    return xg.argmax(logits(params, x, activation), axis=1)


# ---------------------------------------------------------------- optimizers


def each(f: Callable[..., xg.Array], *trees: Params) -> Params:
    """Apply `f` to the weights, and to the biases, of each layer of networks of one shape."""
    return [
        {name: f(*(layer[name] for layer in layers)) for name in layers[0]}
        for layers in zip(*trees, strict=True)
    ]


class Momentum:
    """Gradient descent with momentum: v <- mu v + g, p <- p - rate v."""

    def __init__(self, params: Params, rate: float = 0.1, mu: float = 0.9) -> None:
        self.rate, self.mu = rate, mu
        self.v = each(xg.zeros_like, params)

    def step(self, params: Params, grads: Params, decay: float) -> Params:
        """Return the parameters after one step of `decay` times the full rate."""
        self.v = each(lambda v, g: self.mu * v + g, self.v, grads)
        return each(lambda p, v: p - decay * self.rate * v, params, self.v)


class Adam:
    """Steps of the gradient's mean over its root mean square (Kingma and Ba 2015, algorithm 1)."""

    def __init__(self, params: Params, rate: float = 0.005, mu: float = 0.9, nu: float = 0.999):
        self.rate, self.mu, self.nu, self.t = rate, mu, nu, 0
        self.m = self.v = each(xg.zeros_like, params)

    def step(self, params: Params, grads: Params, decay: float) -> Params:
        """Return the parameters after one step of `decay` times the full rate."""
        self.t += 1
        self.m = each(lambda m, g: self.mu * m + (1 - self.mu) * g, self.m, grads)
        self.v = each(lambda v, g: self.nu * v + (1 - self.nu) * g * g, self.v, grads)
        # Both means start at zero; this scale removes their bias.
        rate = decay * self.rate * (1 - self.nu**self.t) ** 0.5 / (1 - self.mu**self.t)
        return each(lambda p, m, v: p - rate * m / (xg.sqrt(v) + 1e-8), params, self.m, self.v)


OPTIMIZERS = {"momentum": Momentum, "adam": Adam}


# ---------------------------------------------------------------- training


class Result(NamedTuple):
    """The trained network and how it got there, one number per epoch."""

    params: Params
    history: History


def train(
    train_set: Digits,
    test_set: Digits,
    *,
    layers: Sequence[int] = (64, 128, 10),
    init: str = "glorot",
    activation: str = "relu",
    optimizer: str = "adam",
    epochs: int = 30,
    seed: int = 0,
    report: Callable[[History], None] = lambda history: None,
) -> Result:
    """Train a network on the current backend.

    Args:
        train_set: the digits to learn from.
        test_set: the held-out digits.
        layers: the width of each layer, from the 64 pixels to the 10 labels.
        init: how the weights are drawn, a key of `INITS`.
        activation: the hidden layers' nonlinearity, a key of `ACTIVATIONS`.
        optimizer: a key of `OPTIMIZERS`.
        epochs: how often each digit is seen.
        seed: fixes the first weights and the batches, the same ones on every backend.
        report: is called with the history after each epoch.
    """
    rng = np.random.default_rng(seed)
    (x, y), (x_test, y_test) = train_set.on_backend(), test_set.on_backend()
    label_test = xg.asarray(test_set.label)
    params = initial(layers, init, rng)
    descent = OPTIMIZERS[optimizer](params)
    step = xg.value_and_grad(lambda params, x, y: cross_entropy(params, x, y, activation))
    history: History = {"loss": [], "test_loss": [], "test_accuracy": [], "seconds": []}

    for epoch in range(epochs):
        start = time.perf_counter()
        order = xg.asarray(rng.permutation(x.shape[0]))
        x, y = xg.take(x, order, axis=0), xg.take(y, order, axis=0)
        losses = []
        for first in range(0, x.shape[0], BATCH):
            batch = slice(first, first + BATCH)
            loss, grads = step(params, x[batch], y[batch])
            params = descent.step(params, grads, decay=1 - epoch / epochs)
            losses.append(loss)
        # Numbers leave the device here, once per epoch: a look at each loss would stall a GPU.
        hit = predict(params, x_test, activation) == label_test
        history["loss"].append(xg.mean(xg.stack(losses)).item())
        history["test_loss"].append(cross_entropy(params, x_test, y_test, activation).item())
        history["test_accuracy"].append(xg.mean(xg.astype(hit, xg.float64)).item())
        history["seconds"].append(time.perf_counter() - start)
        report(history)
    return Result(params, history)


def gradient_norms(activation: str, init: str, seed: int, depth: int = 10) -> list[float]:
    """Return the norm of dC/dW^m for each layer m of an untrained deep network."""
    rng = np.random.default_rng(seed)
    layers = [64, *[256] * (depth - 1), 10]
    x, y = load(seed)[0].on_backend()
    params = initial(layers, init, rng)
    grads = xg.grad(cross_entropy)(params, x[:256], y[:256], activation)
    return [xg.sqrt(xg.sum(layer["W"] ** 2)).item() for layer in grads]


# ---------------------------------------------------------------- pictures


def draw_curves(history: History) -> Figure:
    """Draw loss and accuracy over the epochs."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    epochs = range(1, len(history["loss"]) + 1)
    left.plot(epochs, history["loss"], label="training")
    left.plot(epochs, history["test_loss"], label="held out")
    left.set(title="Loss (cross-entropy)", xlabel="epoch", yscale="log")
    left.legend(frameon=False)
    right.plot(epochs, [100 * accuracy for accuracy in history["test_accuracy"]], color="C1")
    right.set(title="Accuracy on held-out digits, %", xlabel="epoch", ylim=(None, 100))
    for ax in (left, right):
        ax.grid(color="0.9")
    return figure


def draw_digits(digits: Digits, predicted: np.ndarray, columns: int = 12, rows: int = 5) -> Figure:
    """Draw digits with their predicted labels, the wrong ones first and in red."""
    wrong = predicted != digits.label
    shown = np.argsort(~wrong, stable=True)[: columns * rows]
    figure = Figure(figsize=(columns * 0.8, rows * 1.02 + 0.5), layout="constrained")
    figure.suptitle(f"{wrong.sum()} of {len(wrong)} held-out digits are read wrongly (red)")
    for ax, i in zip(figure.subplots(rows, columns).flat, shown, strict=True):
        title = f"{predicted[i]}, not {digits.label[i]}" if wrong[i] else f"{predicted[i]}"
        color, frame, width = ("tab:red", "tab:red", 2) if wrong[i] else ("0.3", "0.8", 1)
        ax.imshow(digits.x[i].reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
        ax.set_title(title, color=color, fontsize=9, pad=3)
        ax.spines[:].set(color=frame, linewidth=width)
    return figure


def draw_gradients(seed: int) -> Figure:
    """Draw the gradient's norm per layer of deep networks: it vanishes, explodes or is kept."""
    styles = {
        "naive": ("N(0, 1)", "o-"),
        "glorot": ("Glorot", "s-"),
        "small": ("too small: N(0, 0.01²)", "^-"),
    }
    figure = Figure(figsize=(9, 4), layout="constrained")
    figure.suptitle("Gradient norm per layer of an untrained 10-layer network")
    axes = figure.subplots(1, 2, sharey=True)
    for ax, activation in zip(axes, ("sigmoid", "tanh"), strict=True):
        for init, (label, style) in styles.items():
            norms = gradient_norms(activation, init, seed)
            ax.plot(range(1, len(norms) + 1), norms, style, label=label)
        ax.set(title=activation, xlabel="layer m", yscale="log", xticks=range(1, 11))
        ax.grid(axis="y", color="0.9")
    axes[0].set_ylabel("‖∂C/∂Wᵐ‖")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


# ---------------------------------------------------------------- command line


def widths(text: str) -> tuple[int, ...]:
    """Parse the layers' widths."""
    layers = tuple(int(width) for width in text.split(","))
    if len(layers) < 2 or layers[0] != 64 or layers[-1] != 10 or min(layers) < 1:
        raise argparse.ArgumentTypeError(f"{text} does not lead from 64 pixels to 10 labels")
    return layers


def usable(name: str) -> str:
    """Parse the name of a backend that works here."""
    try:
        with xg.use_backend(name):
            return name
    except xg.errors.BackendError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description="Train a network on real handwritten digits.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--backend", type=usable, default="numpy", help="numpy, cupy, torch, ...")
    add("--layers", type=widths, default="64,128,10", help="widths, from 64 pixels to 10 labels")
    add("--init", choices=INITS, default="glorot", help="how weights are drawn")
    add("--activation", choices=ACTIVATIONS, default="relu", help="the hidden nonlinearity")
    add("--optimizer", choices=OPTIMIZERS, default="adam", help="how weights are improved")
    add("--epochs", type=int, default=30, help="how often each digit is seen")
    add("--seed", type=int, default=0, help="fixes the split, the weights and the batches")
    add("--out", type=Path, default=Path("out"), help="the folder to write to")
    return parser.parse_args(argv)


@contextmanager
def progress(console: Console, epochs: int) -> Iterator[Callable[[History], None]]:
    """Show a progress bar; the context's value updates it from the history."""
    columns = (
        TextColumn("epoch {task.completed}/{task.total}"),
        BarColumn(),
        TextColumn("loss {task.fields[loss]:.4f}  accuracy {task.fields[accuracy]:.2%}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=epochs, loss=float("nan"), accuracy=0.0)

        def report(history: History) -> None:
            loss, accuracy = history["loss"][-1], history["test_accuracy"][-1]
            bar.update(task, advance=1, loss=loss, accuracy=accuracy)

        yield report


def summary(backend: str, options: dict[str, Any], result: Result, wrong: int, of: int) -> Table:
    """Return the final table."""
    layers, history = "-".join(map(str, options["layers"])), result.history
    size = sum(array.size for layer in result.params for array in layer.values())
    rows = {
        "backend": backend,
        "network": f"{layers}, {options['activation']}, {size:,} parameters",
        "training": f"{options['optimizer']}, {options['init']} weights, seed {options['seed']}",
        "time": f"{sum(history['seconds']):.1f} s, {options['epochs']} epochs",
        "loss": f"{history['loss'][-1]:.4f} training, {history['test_loss'][-1]:.4f} held out",
        "accuracy": f"[bold]{1 - wrong / of:.2%}[/] held out ({wrong} of {of} read wrongly)",
    }
    table = Table(show_header=False)
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def main(argv: Sequence[str] | None = None) -> None:
    """Train, report and draw."""
    options = vars(parse(argv))
    backend, out = options.pop("backend"), options.pop("out")
    console = Console()
    with console.status("loading scikit-learn and its digits"):
        train_set, test_set = load(options["seed"])

    with xg.use_backend(backend):
        with progress(console, options["epochs"]) as report:
            result = train(train_set, test_set, **options, report=report)
        predicted = predict(result.params, test_set.on_backend()[0], options["activation"])
        predicted = np.asarray(predicted.tolist())
        wrong = int(np.sum(predicted != test_set.label))
        console.print(summary(backend, options, result, wrong, len(predicted)))

        out.mkdir(parents=True, exist_ok=True)
        (out / "history.json").write_text(json.dumps(result.history, indent=2))
        drawings = {  # one after the other, each told of, as drawing takes seconds
            "learning_curves.png": lambda: draw_curves(result.history),
            "digits.png": lambda: draw_digits(test_set, predicted),
            "gradient_norms.png": lambda: draw_gradients(options["seed"]),
        }
        for name, draw in drawings.items():
            draw().savefig(out / name, dpi=150)
            console.print(f"written: {out / name}")


if __name__ == "__main__":
    main()
