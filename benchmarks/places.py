"""Where a benchmark runs: on the CPU beside NumPy, or on a GPU beside CuPy.

On a GPU a call returns before its work is done, so time is taken between two CUDA events: from one
moment at which nothing is queued to the next.
"""

import contextlib
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Call = Callable[[], Any]


@dataclass(frozen=True)
class Place:
    """One kind of device, and how to measure there.

    Attributes:
        device: ``cpu`` or ``cuda``.
        by_hand: the library of the hand-written code.
        xp: that library.
        put: makes its array of a NumPy array.
        take: makes a NumPy array of its array.
        processor: the name of what computes.
        clock: gives seconds, those that libraries take until their work is done.
        peak: the most bytes that a call of that library's adds on a GPU.
    """

    device: str
    by_hand: str
    xp: Any
    put: Callable[[Any], Any]
    take: Callable[[Any], Any]
    processor: str
    clock: Callable[[], float]
    peak: Callable[[Call], int] | None = None


def processor() -> str:
    """Return the name of the processor."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(s.split(": ")[1] for s in lines if s.startswith("model name"))
    return platform.processor() or platform.machine()


def cpu(clock: Callable[[], float] = time.perf_counter) -> Place:
    """Return the CPU, with a clock: on a busy machine ``time.process_time``."""
    import numpy as np

    return Place("cpu", "numpy", np, lambda x: x, lambda x: x, processor(), clock)


def cuda() -> Place:
    """Return the first GPU; raise SystemExit if there is none that CuPy can use."""
    try:
        import cupy as cp
    except ImportError as error:
        raise SystemExit(f"benchmarks: --device cuda needs CuPy: {error}") from error
    if not cp.is_available():
        raise SystemExit("benchmarks: --device cuda: CuPy finds no GPU that it can use")
    last, seconds = cp.cuda.Event(), 0.0
    last.record()

    def clock() -> float:
        nonlocal last, seconds
        now = cp.cuda.Event()
        now.record()
        now.synchronize()
        seconds += cp.cuda.get_elapsed_time(last, now) / 1e3
        last = now
        return seconds

    def peak(call: Call) -> int:
        pool = cp.get_default_memory_pool()
        before = most = pool.used_bytes()

        class Most(cp.cuda.MemoryHook):  # type: ignore[misc]  # CuPy has no types
            name = "most"

            def malloc_postprocess(self, **_: object) -> None:
                nonlocal most
                most = max(most, pool.used_bytes())

        with Most():
            call()
        return int(most - before)

    name = cp.cuda.runtime.getDeviceProperties(0)["name"].decode()
    return Place(
        "cuda", "cupy", cp, cp.asarray, cp.asnumpy, f"{name} beside {processor()}", clock, peak
    )


def named(device: str, clock: Callable[[], float] = time.perf_counter) -> Place:
    """Return a place by its device."""
    return cuda() if device == "cuda" else cpu(clock)
