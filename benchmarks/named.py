"""``python -m benchmarks.named``: single functions beside PyTorch's of the same name, on the CPU.

Each cell is the value and the gradient together, of NumPy's arrays and of PyTorch's own, in one
thread. The two take turns; the table has the least of some rounds in milliseconds of this process's
time, and how often PyTorch's time fits into xgrad's. The results are compared first. A loop of
slices and in-place writes stands beside the same loop on plain NumPy. ``--json FILE`` keeps the
numbers, and ``--only median,topk`` runs these.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .__main__ import THREADS

ROUNDS = 7


def functions() -> dict[str, tuple[Callable[..., Any], Callable[..., Any], list[Any]]]:
    """Return the function of xgrad, that of PyTorch, and the inputs, by name."""
    import numpy as np
    import torch

    import xgrad as xg

    draw = np.random.default_rng(0).standard_normal
    long, matrices = draw(10**6), draw((20_000, 5, 5))
    near = 1 + 1e-3 * long
    return {
        "median": (xg.median, torch.median, [long[:-1]]),
        "median of rows": (
            lambda x: xg.sum(xg.median(x, axis=-1)),
            lambda x: torch.median(x, dim=-1)[0].sum(),
            [long[:-1000].reshape(1000, 999)],
        ),
        "topk": (lambda x: xg.sum(xg.topk(x, 10)[0]), lambda x: x.topk(10)[0].sum(), [long]),
        "quantile": (lambda x: xg.quantile(x, 0.3), lambda x: torch.quantile(x, 0.3), [long]),
        "quantiles": (
            lambda x: xg.sum(xg.quantile(x, np.asarray([0.1, 0.5, 0.9]))),
            lambda x: torch.quantile(x, torch.tensor([0.1, 0.5, 0.9], dtype=x.dtype)).sum(),
            [long],
        ),
        "sort": (
            lambda x: xg.vecdot(xg.sort(x), x),
            lambda x: torch.dot(torch.sort(x)[0], x),
            [long],
        ),
        "adaptive_avg_pool2d": (
            lambda x: xg.sum(xg.nn.functional.adaptive_avg_pool2d(x, 7) ** 2),
            lambda x: (torch.nn.functional.adaptive_avg_pool2d(x, 7) ** 2).sum(),
            [draw((8, 64, 30, 30))],
        ),
        "cumprod": (
            lambda x: xg.mean(xg.cumprod(x)),
            lambda x: torch.cumprod(x, 0).mean(),
            [near],
        ),
        "cumulative_max": (
            lambda x: xg.mean(xg.cumulative_max(x)),
            lambda x: torch.cummax(x, 0)[0].mean(),
            [long],
        ),
        "distances": (
            lambda x, y: xg.sum(xg.scipy.spatial.distance.cdist(x, y)),
            lambda x, y: torch.cdist(x, y).sum(),
            [draw((1000, 16)), draw((800, 16))],
        ),
        "distances, nn": (
            lambda x, y: xg.sum(xg.nn.functional.cdist(x, y)),
            lambda x, y: torch.cdist(x, y).sum(),
            [draw((1000, 16)), draw((800, 16))],
        ),
        "det": (lambda x: xg.sum(xg.linalg.det(x)), lambda x: torch.det(x).sum(), [matrices]),
        "det of 3": (
            lambda x: xg.sum(xg.linalg.det(x)),
            lambda x: torch.det(x).sum(),
            [draw((20_000, 3, 3))],
        ),
        "solve": (
            lambda a, b: xg.sum(xg.linalg.solve(a, b)),
            lambda a, b: torch.linalg.solve(a, b).sum(),
            [matrices + 5 * np.eye(5), draw((20_000, 5, 1))],
        ),
    }


def pairs(name: str, rounds: int) -> tuple[float, float]:
    """Return the seconds of xgrad and of PyTorch for one function and its gradient."""
    import numpy as np
    import torch

    import xgrad as xg

    mine, theirs, inputs = functions()[name]
    ours = xg.value_and_grad(mine, argnums=tuple(range(len(inputs))))
    tensors = [torch.tensor(x, requires_grad=True) for x in inputs]

    def other() -> Any:
        value = theirs(*tensors)
        return value.detach(), torch.autograd.grad(value, tensors)

    found, expected = ours(*inputs), other()
    np.testing.assert_allclose(found[0], expected[0].numpy(), rtol=1e-8)
    for a, b in zip(found[1], expected[1], strict=True):
        scale = float(np.max(np.abs(a)))
        np.testing.assert_allclose(a, b.numpy(), rtol=1e-6, atol=1e-8 * scale)
    return turns((lambda: ours(*inputs), other), rounds)


def turns(runs: tuple[Callable[[], Any], ...], rounds: int) -> Any:
    """Return the least process time of each, which take turns."""
    best = [float("inf")] * len(runs)
    for _ in range(rounds):
        for i, run in enumerate(runs):
            run()
            start = time.process_time()
            run()
            best[i] = min(best[i], time.process_time() - start)
    return tuple(best)


def smooth(x: Any, steps: int = 20) -> Any:
    """Return a square array after sweeps of a heat equation, written in place."""
    for _ in range(steps):
        x[1:-1, 1:-1] += 0.1 * (x[2:, 1:-1] + x[:-2, 1:-1] + x[1:-1, 2:] + x[1:-1, :-2])
        x[0, :] = x[1, :]
        x[-1, :] = x[-2, :]
        x[:, 0] *= 0.5
    return x


def loop(rounds: int) -> tuple[float, float, float]:
    """Return the seconds of a loop of slices and writes: plain, untracked, with the gradient."""
    import numpy as np

    import xgrad as xg

    start = np.random.default_rng(0).standard_normal((40, 40))
    gradient = xg.grad(lambda x: xg.sum(smooth(x + 0.0)))
    return turns(
        (
            lambda: smooth(start + 0.0),
            lambda: smooth(xg.asarray(start) + 0.0),
            lambda: gradient(start),
        ),
        rounds,
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser("python -m benchmarks.named", description=__doc__)
    parser.add_argument("--only", default="", help="names, of the table")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the seconds there")
    options = parser.parse_args()
    if os.environ.get(THREADS[0]) != "1":  # libraries read it when they are imported
        os.environ.update(dict.fromkeys(THREADS, "1"))
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks.named", *sys.argv[1:]])
    import torch

    torch.set_num_threads(1)
    only = options.only.split(",") if options.only else [*functions(), "loop"]
    seconds: dict[str, list[float]] = {}
    print("| function | xgrad, ms | PyTorch, ms | ratio |\n| --- | ---: | ---: | ---: |")
    for name in [n for n in functions() if n in only]:
        a, b = seconds[name] = list(pairs(name, options.rounds))
        print(f"| {name} | {a * 1e3:.2f} | {b * 1e3:.2f} | {a / b:.2f} |", flush=True)
    if "loop" in only:
        plain, untracked, tracked = seconds["loop"] = list(loop(5 * options.rounds))
        print(f"\nloop: plain NumPy {plain * 1e3:.2f} ms; ", end="")
        print(f"untracked {untracked / plain:.1f} times that, with gradient {tracked / plain:.1f}")
    if options.json:
        options.json.write_text(json.dumps(seconds, indent=1) + "\n")


if __name__ == "__main__":
    main()
