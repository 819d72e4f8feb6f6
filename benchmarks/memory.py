"""Peak memory: what one evaluation adds to a process that holds the inputs already.

Each measurement has a process of its own. Linux keeps the highest resident size of a process and
lets it be reset, so every allocation of every library counts, not only those of NumPy. On a GPU it
is what CuPy's and PyTorch's own allocators hand out.
`python -m benchmarks.memory WORKLOAD LIBRARY DEVICE` prints the number of bytes.
"""

import contextlib
import ctypes
import gc
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

RESET = Path("/proc/self/clear_refs")
STATUS = Path("/proc/self/status")


def available(device: str) -> bool:
    """Whether this system can reset and tell the peak."""
    return device == "cuda" or (RESET.exists() and "VmHWM" in STATUS.read_text())


def resident(what: str) -> int:
    """Return a size of this process in bytes: VmRSS is the present one, VmHWM the highest."""
    line = next(s for s in STATUS.read_text().splitlines() if s.startswith(what))
    return int(line.split()[1]) * 1024


def peak(workload: str, library: str, device: str) -> int | None:
    """Return the bytes that a new process needs for one evaluation, None if it cannot tell."""
    command = [sys.executable, "-m", "benchmarks.memory", workload, library, device]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return int(done.stdout.split()[-1]) if done.returncode == 0 else None


def give_back() -> None:
    """Return freed memory to the system, so that using it again counts (glibc)."""
    gc.collect()
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def main(name: str, library_name: str, device: str) -> None:
    """Evaluate once at a tiny size, so that all code is loaded, and once at the real one."""
    import numpy as np

    from .libraries import load
    from .places import named
    from .workloads import on

    workload, place = on(device)[name], named(device)
    library = None if library_name == place.by_hand else load(library_name, 1, device)
    f, put, measure = partial(workload.by_hand, place.xp), place.put, place.peak
    if library is not None:
        f = library.ways[workload.derivative](library.bind(workload.model), workload.wrt)
        put, measure = library.put, library.peak or measure
    most = 0
    for size in (workload.tiny, workload.size):
        inputs = [put(x) for x in workload.inputs(np.random.default_rng(1), **size)]
        if library is not None and library.traces:
            f(*inputs)
        most = (measure or _resident_peak)(partial(f, *inputs))
    sys.stdout.write(f"{most}\n")


def _resident_peak(call: Callable[[], Any]) -> int:
    give_back()
    RESET.write_text("5")
    before = resident("VmRSS")
    call()
    return resident("VmHWM") - before


if __name__ == "__main__":
    main(*sys.argv[1:])
