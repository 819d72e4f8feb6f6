"""Peak memory: what one evaluation adds to a process that holds the inputs already.

Each measurement has a process of its own. Linux keeps the highest resident size of a process and
lets it be reset, so every allocation of every library counts, not only those of NumPy.
`python -m benchmarks.memory WORKLOAD LIBRARY` prints the number of bytes.
"""

import contextlib
import ctypes
import gc
import subprocess
import sys
from pathlib import Path

RESET = Path("/proc/self/clear_refs")
STATUS = Path("/proc/self/status")


def available() -> bool:
    """Whether this system can reset and tell the peak."""
    return RESET.exists() and "VmHWM" in STATUS.read_text()


def resident(what: str) -> int:
    """Return a size of this process in bytes: VmRSS is the present one, VmHWM the highest."""
    line = next(s for s in STATUS.read_text().splitlines() if s.startswith(what))
    return int(line.split()[1]) * 1024


def peak(workload: str, library: str) -> int | None:
    """Return the bytes that a new process needs for one evaluation, None if it cannot tell."""
    command = [sys.executable, "-m", "benchmarks.memory", workload, library]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return int(done.stdout.split()[-1]) if done.returncode == 0 else None


def give_back() -> None:
    """Return freed memory to the system, so that using it again counts (glibc)."""
    gc.collect()
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def main(name: str, library_name: str) -> None:
    """Evaluate once at a tiny size, so that all code is loaded, and once at the real one."""
    import numpy as np

    from .libraries import load
    from .workloads import WORKLOADS

    workload = WORKLOADS[name]
    library = None if library_name == "numpy" else load(library_name, 1)
    f, put = workload.by_hand, lambda x: x
    if library is not None:
        f = library.ways[workload.derivative](library.bind(workload.model), workload.wrt)
        put = library.put
    for size in (workload.tiny, workload.size):
        inputs = [put(x) for x in workload.inputs(np.random.default_rng(1), **size)]
        compiles = library is not None and library.traces
        if compiles:
            f(*inputs)
        give_back()
        RESET.write_text("5")
        before = resident("VmRSS")
        f(*inputs)
    sys.stdout.write(f"{resident('VmHWM') - before}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
