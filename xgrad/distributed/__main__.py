"""``python -m xgrad.distributed plan program.py:step``: what a step would take on more ranks.

The file defines a function without arguments that is one step of a program; what is to be made
ready, it makes ready when it is imported. Under ``mpiexec`` its messages are those of all ranks.
"""

from __future__ import annotations

import argparse
import runpy
import sys
from collections.abc import Sequence

from .group import group
from .planning import plan


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says, and return 0, or 2 if there is no such function."""
    parser = argparse.ArgumentParser(prog="python -m xgrad.distributed", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    planning = commands.add_parser("plan", help="what a step would take on more ranks")
    planning.add_argument("step", help="the function of one step, as program.py:step")
    planning.add_argument("--ranks", default="1,2,4,8,16,32,64", help="for which numbers of ranks")
    planning.add_argument("--latency", type=float, default=2e-5, help="seconds a message")
    planning.add_argument("--bandwidth", type=float, default=1e9, help="bytes a second")
    options = parser.parse_args(arguments)
    file, _, name = options.step.rpartition(":")
    if not file:
        parser.error(f"got {options.step!r}; expected a file and a function, as program.py:step")
    step = runpy.run_path(file, run_name="__plan__").get(name)
    if not callable(step):
        print(f"{file} defines no function {name!r}", file=sys.stderr)
        return 2
    found = plan(step, latency=options.latency, bandwidth=options.bandwidth)
    if group().rank == 0:
        print(found.table([int(n) for n in options.ranks.split(",")]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
