"""A training step of two networks in float32, here and in PyTorch on the CPU.

A step is the value, the gradient and Adam's update: ``python -m benchmarks.networks``. Both
libraries take turns, each in one thread, and what is compared is the time of the processor, which
other programs on the machine disturb less than the clock on the wall. The networks have PyTorch's
layers by name and the same initial weights, and the losses of both are printed: they are equal.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as TF

import xgrad as xg
import xgrad.nn.functional as F
from xgrad import nn, optim


def cnn(lib: Any) -> Any:
    """Return the network of PyTorch's MNIST example: 1.2 million parameters."""
    return lib.Sequential(
        lib.Conv2d(1, 32, 3),
        lib.ReLU(),
        lib.Conv2d(32, 64, 3),
        lib.ReLU(),
        lib.MaxPool2d(2),
        lib.Flatten(),
        lib.Linear(9216, 128),
        lib.ReLU(),
        lib.Linear(128, 10),
    )


WIDTH, HEADS, LAYERS, STEPS, TOKENS = 128, 4, 4, 64, 65


@dataclass(init=False, repr=False, eq=False)
class Block(nn.Module):
    """A block of a GPT: causal attention and a network of two layers, each on a normed input."""

    norm1: Any
    qkv: Any
    out: Any
    norm2: Any
    up: Any
    down: Any

    def __init__(self) -> None:
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def __call__(self, x: Any, *, training: bool = False, rng: Any = None) -> Any:
        """Return an array of the shape of the input."""
        b, t, c = x.shape
        h = xg.reshape(self.qkv(self.norm1(x)), (b, t, 3, HEADS, c // HEADS))
        q, k, v = (xg.permute_dims(h[:, :, i], (0, 2, 1, 3)) for i in range(3))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(xg.reshape(xg.permute_dims(y, (0, 2, 1, 3)), (b, t, c)))
        return x + self.down(F.gelu(self.up(self.norm2(x)), "tanh"))


@dataclass(init=False, repr=False, eq=False)
class GPT(nn.Module):
    """A language model of 0.8 million parameters."""

    token: Any
    place: Any
    blocks: Any
    norm: Any
    head: Any

    def __init__(self) -> None:
        self.token, self.place = nn.Embedding(TOKENS, WIDTH), nn.Embedding(STEPS, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, TOKENS, bias=False)

    def __call__(self, x: Any, *, training: bool = False, rng: Any = None) -> Any:
        """Return the logits of the next token at each step."""
        h = self.token(x) + self.place.weight
        for block in self.blocks:
            h = block(h)
        return self.head(self.norm(h))


class TorchBlock(torch.nn.Module):
    """The same block in PyTorch."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = torch.nn.LayerNorm(WIDTH), torch.nn.LayerNorm(WIDTH)
        self.qkv, self.out = torch.nn.Linear(WIDTH, 3 * WIDTH), torch.nn.Linear(WIDTH, WIDTH)
        self.up, self.down = torch.nn.Linear(WIDTH, 4 * WIDTH), torch.nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: Any) -> Any:
        """Return a tensor of the shape of the input."""
        b, t, c = x.shape
        h = self.qkv(self.norm1(x)).reshape(b, t, 3, HEADS, c // HEADS)
        q, k, v = (h[:, :, i].permute(0, 2, 1, 3) for i in range(3))
        y = TF.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.permute(0, 2, 1, 3).reshape(b, t, c))
        return x + self.down(TF.gelu(self.up(self.norm2(x)), approximate="tanh"))


class TorchGPT(torch.nn.Module):
    """The same model in PyTorch."""

    def __init__(self) -> None:
        super().__init__()
        self.token = torch.nn.Embedding(TOKENS, WIDTH)
        self.place = torch.nn.Embedding(STEPS, WIDTH)
        self.blocks = torch.nn.ModuleList(TorchBlock() for _ in range(LAYERS))
        self.norm = torch.nn.LayerNorm(WIDTH)
        self.head = torch.nn.Linear(WIDTH, TOKENS, bias=False)

    def forward(self, x: Any) -> Any:
        """Return the logits of the next token at each step."""
        h = self.token(x) + self.place.weight
        for block in self.blocks:
            h = block(h)
        return self.head(self.norm(h))


def _data(kind: str) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    if kind == "cnn":
        return rng.normal(size=(64, 1, 28, 28)).astype("float32"), rng.integers(0, 10, 64)
    x = rng.integers(0, TOKENS, (16, STEPS + 1))
    return x[:, :-1], x[:, 1:]


def steps(kind: str) -> tuple[Callable[[], float], Callable[[], float]]:
    """Return functions that each do a step and return the loss: here, and in PyTorch."""
    torch.manual_seed(0)
    x, y = _data(kind)
    theirs = cnn(torch.nn) if kind == "cnn" else TorchGPT()
    with xg.default_dtype("float32"):
        ours = nn.load_state_dict(cnn(nn) if kind == "cnn" else GPT(), theirs.state_dict())
    optimizer = optim.Optimizer(optim.Adam(lr=1e-3), ours)

    def loss(model: Any) -> Any:
        out = model(x)
        return F.cross_entropy(xg.reshape(out, (-1, out.shape[-1])), y.reshape(-1))

    derived = xg.value_and_grad(loss)

    def here() -> float:
        value, gradient = derived(optimizer.model)
        optimizer.step(gradient)
        return float(value)

    tx, ty = torch.tensor(x), torch.tensor(y)
    adam = torch.optim.Adam(theirs.parameters(), lr=1e-3)

    def there() -> float:
        adam.zero_grad()
        out = theirs(tx)
        value = TF.cross_entropy(out.reshape(-1, out.shape[-1]), ty.reshape(-1))
        value.backward()
        adam.step()
        return float(value)

    return here, there


def measured(kind: str, rounds: int) -> tuple[float, float, float, float]:
    """Return the median times of a step in seconds, here and there, and the last losses."""
    both = steps(kind)
    times: list[list[float]] = [[], []]
    losses = [0.0, 0.0]
    for _ in range(rounds):
        for i, step in enumerate(both):
            start = time.process_time()
            losses[i] = step()
            times[i].append(time.process_time() - start)
    warm = [t[2:] for t in times]
    return statistics.median(warm[0]), statistics.median(warm[1]), *losses  # type: ignore[return-value]


def _batches(kind: str, rounds: int, seed: int) -> Iterator[tuple[Any, Any]]:
    """Yield new data for each step, of which a part can be learnt and a part is chance.

    Images are one of ten patterns in noise, and a fifth of their labels is drawn; tokens follow
    each other by a table of chances. So the loss stays well above zero, however long it is trained.
    """
    rng = np.random.default_rng(seed)
    patterns = rng.normal(size=(10, 1, 28, 28))
    chances = np.cumsum(rng.dirichlet(np.full(TOKENS, 0.05), TOKENS), axis=1)
    for _ in range(rounds):
        if kind == "cnn":
            y = rng.integers(0, 10, 64)
            x = 0.3 * patterns[y] + rng.normal(size=(64, 1, 28, 28))
            yield x.astype("float32"), np.where(rng.random(64) < 0.2, rng.integers(0, 10, 64), y)
            continue
        tokens = [rng.integers(0, TOKENS, 16)]
        for _ in range(STEPS):
            above = chances[tokens[-1]] < rng.random((16, 1))
            tokens.append(np.minimum(above.sum(axis=1), TOKENS - 1))
        x = np.stack(tokens, axis=1)
        yield x[:, :-1], x[:, 1:]


def mixed(kind: str, rounds: int, seed: int = 0) -> tuple[float, float]:
    """Return the losses after training in float32, and in mixed precision with a `LossScale`.

    Both on arrays of PyTorch, whose products of halves are quick, and with its bfloat16; the loss
    is the mean over the last quarter of the steps, each on data that were not seen before.
    """
    last = []
    for half in (False, True):
        torch.manual_seed(seed)
        like = cnn(torch.nn) if kind == "cnn" else TorchGPT()
        with xg.default_dtype("float32"):
            model = nn.load_state_dict(cnn(nn) if kind == "cnn" else GPT(), like.state_dict())
        scale = optim.LossScale() if half else None
        if half:
            model = nn.Autocast(model, "bfloat16")
        model = nn.to_backend(model, "torch")
        optimizer = optim.Optimizer(optim.Adam(lr=1e-3), model, loss_scale=scale)

        def loss(model: Any, x: Any, y: Any, optimizer: Any = optimizer) -> Any:
            out = model(x)
            value = F.cross_entropy(xg.reshape(out, (-1, out.shape[-1])), xg.reshape(y, (-1,)))
            return optimizer.scaled(value), value

        losses = []
        for batch in _batches(kind, rounds, seed):
            x, y = (xg.asarray(a).to_backend("torch") for a in batch)
            gradient, value = xg.grad(loss, has_aux=True)(optimizer.model, x, y)
            optimizer.step(gradient)
            losses.append(float(value))
        last.append(statistics.fmean(losses[-(rounds // 4) or -1 :]))
    return last[0], last[1]


def main() -> None:
    """Print the time of a step of each network in both libraries."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--only", choices=("cnn", "gpt"))
    parser.add_argument(
        "--mixed",
        action="store_true",
        help="compare losses in mixed precision with those in float32, best with --rounds 200",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the weights and data of --mixed")
    args = parser.parse_args()
    torch.set_num_threads(1)
    for kind in (args.only,) if args.only else ("cnn", "gpt"):
        if args.mixed:
            full, half = mixed(kind, args.rounds, args.seed)
            print(f"{kind}: loss {full:.5f} in float32, {half:.5f} in mixed precision")
            if not abs(half - full) < 0.01 * full:
                raise SystemExit(f"{kind}: mixed precision differs by more than 1 % from float32")
            continue
        a, b, here, there = measured(kind, args.rounds)
        print(
            f"{kind}: {1e3 * a:.1f} ms here, {1e3 * b:.1f} ms in PyTorch, {a / b:.2f} times; "
            f"loss {here:.5f} and {there:.5f}"
        )


if __name__ == "__main__":
    main()
