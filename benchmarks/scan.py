"""``python -m benchmarks.scan``: the gradient of a long loop in the memory of a few of its rounds.

The wave equation of the benchmark runs for ten thousand steps. `xgrad.scan` with a schedule keeps
thirty of its carries, the displacement now and one step before, and computes the others again.
Told are the time of a step beside that of the plain gradient of a tenth of the length, the peak of
memory in carries, and whether the gradients agree in every bit: at the tenth of the length, and at
the whole of it on a small grid, where the plain gradient fits.
"""

import argparse
import gc
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad as xg

from .libraries.xgrad import bordered
from .workloads import wave


def gradient(steps: int, **schedule: Any) -> Callable[..., Any]:
    """Return the gradient with respect to the squared speed, after so many steps."""

    def misfit(c: Any, start: Any, observed: Any) -> Any:
        def step(carry: Any, _: Any) -> Any:
            old, u = carry
            around = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2]
            middle = u[1:-1, 1:-1]
            new = 2 * middle - old[1:-1, 1:-1] + c * (around - 4 * middle)
            return (u, bordered(new)), None

        (_, u), _ = xg.scan(step, (start, start), length=steps, **schedule)
        return xg.sum((u - observed) ** 2)

    return xg.grad(misfit)


def seconds(f: Callable[..., Any], *inputs: Any) -> float:
    """Return the process time of a call."""
    gc.collect()
    start = time.process_time()
    f(*inputs)
    return time.process_time() - start


def peak(f: Callable[..., Any], *inputs: Any) -> int:
    """Return the most bytes that a call holds at one time."""
    gc.collect()
    tracemalloc.start()
    f(*inputs)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def main(argv: list[str] | None = None) -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser("python -m benchmarks.scan", description=__doc__)
    parser.add_argument("--steps", type=int, default=10_000, help="rounds of the loop (10000)")
    parser.add_argument("--slots", type=int, default=30, help="carries that are kept (30)")
    parser.add_argument("--side", type=int, default=64, help="points along a side (64)")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (3)")
    options = parser.parse_args(argv)
    draw = np.random.default_rng
    inputs = wave.inputs(draw(1), options.side)
    carry = 2 * inputs[1].nbytes
    tenth = max(1, options.steps // 10)
    few = {"schedule": "revolve", "slots": options.slots}
    plain, scheduled = gradient(tenth), gradient(options.steps, **few)
    times = [(seconds(plain, *inputs), seconds(scheduled, *inputs)) for _ in range(options.rounds)]
    whole, part = min(s for _, s in times) / options.steps, min(p for p, _ in times) / tenth
    print(f"{options.steps} steps, {options.slots} slots, {options.side} x {options.side} points")
    print(f"a step takes {whole * 1e6:.0f} us, in a plain gradient of {tenth} {part * 1e6:.0f} us:")
    print(f"  {whole / part:.2f} times; the minimum of {options.rounds} interleaved rounds")
    print(f"peak {peak(scheduled, *inputs) / carry:.1f} carries of {carry} bytes")
    same = np.array_equal(plain(*inputs), gradient(tenth, **few)(*inputs))
    print(f"equal bit by bit after {tenth} steps: {same}")
    small = wave.inputs(draw(1), min(8, options.side))
    same = np.array_equal(gradient(options.steps)(*small), scheduled(*small))
    print(f"equal bit by bit after {options.steps} steps, 8 x 8 points: {same}")


if __name__ == "__main__":
    main()
