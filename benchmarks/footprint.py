"""What a library costs before it computes anything: seconds to import it, bytes on the disk."""

import importlib.util
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

IMPORT = """
import time
import numpy
start = time.perf_counter()
import {name}
print(time.perf_counter() - start)
"""

# What stands beside a library because of it alone; NumPy and SciPy are taken to be there.
WITH = {
    "xgrad": ["xgrad", "xgrad_backends"],
    "xgrad's dependencies": ["array_api_compat", "optree"],
    "autograd": ["autograd"],
    "mygrad": ["mygrad"],
    "torch": ["torch"],
    "jax": ["jax", "jaxlib"],
}


def import_seconds(name: str, times: int = 7) -> float:
    """Return the median of the seconds that ``import name`` takes after ``import numpy``."""
    command = [sys.executable, "-c", IMPORT.format(name=name)]
    runs = [
        subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(times)
    ]
    return statistics.median(float(run.stdout) for run in runs)


def size(package: str) -> int:
    """Return the bytes of an installed package, without compiled Python."""
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    return sum(
        path.stat().st_size
        for folder in folders or ()
        for path in Path(folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


def footprints(libraries: list[str]) -> dict[str, dict[str, Any]]:
    """Return import seconds and megabytes of the libraries that are asked for."""
    found: dict[str, dict[str, Any]] = {}
    for name, packages in WITH.items():
        if name.split("'")[0] in libraries:
            alone = len(packages) > 1 and "dependencies" in name
            found[name] = {
                "seconds": None if alone else import_seconds(name),
                "bytes": sum(size(package) for package in packages),
            }
    return found
