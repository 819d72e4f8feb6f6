"""Run the batteries: ``python -m tests.interop [NAME ...] [--backend NAME]``, counts last."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # SciPy reads it once, when it is imported

BATTERIES = ("numpy", "scipy", "sklearn", "xarray", "others")


def main() -> int:
    """Print a line for every program that is not ok, and the counts; fail if any is silent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=BATTERIES, metavar="NAME")
    parser.add_argument("--backend", action="append", default=[])
    parser.add_argument("--verbose", action="store_true", help="also name those that are ok")
    options = parser.parse_args()
    from .harness import report

    counts = [
        report(
            name, import_module(f"{__package__}.{name}_programs").PROGRAMS, backend, options.verbose
        )
        for name in options.names
        for backend in options.backend or ["numpy"]
    ]
    return 1 if any(count["silent"] + count["mistake"] for count in counts) else 0


if __name__ == "__main__":
    sys.exit(main())
