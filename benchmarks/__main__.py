"""``python -m benchmarks``: measure, print tables, and keep them as JSON and as a picture."""

import argparse
import contextlib
import datetime as dt
import importlib.metadata
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from . import report

PARTS = ("ratios", "cost", "growth", "memory", "footprint")
THREADS = "OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS NPROC".split()


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("--only", metavar="NAME,...", help="workloads whose names start so")
    parser.add_argument("--libs", metavar="NAME,...", help="libraries; numpy is always there")
    parser.add_argument("--parts", metavar="NAME,...", help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=15, help="interleaved rounds (15)")
    parser.add_argument("--budget", type=float, default=40, help="seconds per workload (40)")
    parser.add_argument("--threads", type=int, default=1, help="threads for every library (1)")
    parser.add_argument(
        "--clock",
        choices=("wall", "cpu"),
        default="wall",
        help="cpu: only this process's time, for a busy machine",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the ratios there")
    parser.add_argument("--show", type=Path, metavar="FILE", help="show earlier results instead")
    return parser.parse_args(argv)


def chosen(names: str | None, among: list[str]) -> list[str]:
    """Return the names that start with one of those asked for, all of them without a wish."""
    if names is None:
        return among
    found = [n for n in among if any(n.startswith(wish) for wish in names.split(","))]
    if not found:
        raise SystemExit(f"benchmarks: nothing is called {names}; there are {', '.join(among)}")
    return found


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Give a function that says what is going on: on one line with rich, else line by line."""
    try:
        from rich.console import Console
    except ImportError:
        yield lambda text: print(text, file=sys.stderr, flush=True)
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text: console.print(text, highlight=False)
        return
    with console.status("starting") as status:

        def say(text: str) -> None:
            if "left out" in text:
                console.print(text, highlight=False)
            else:
                status.update(text)

        yield say


def processor() -> str:
    """Return the name of the processor."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(s.split(": ")[1] for s in lines if s.startswith("model name"))
    return platform.processor() or platform.machine()


def run(options: argparse.Namespace, say: Callable[[str], None]) -> report.Results:
    """Return all that was measured."""
    for variable in THREADS:  # read when NumPy and the others are first imported
        os.environ[variable] = str(options.threads)
    if options.threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"

    from . import footprint, memory, timing
    from .libraries import LIBRARIES, USUAL, load
    from .workloads import GROWTHS, WORKLOADS

    parts = chosen(options.parts, list(PARTS))
    libraries, versions = [], {"python": platform.python_version()}
    asked = options.libs.split(",") if options.libs else USUAL
    for name in asked:
        if name in {"numpy", ""}:
            continue
        if name not in LIBRARIES:
            raise SystemExit(f"benchmarks: no library {name}; there are {', '.join(LIBRARIES)}")
        try:
            libraries.append(load(name, options.threads))
        except ImportError as error:
            say(f"{name} is left out: {error}")
    for package in ["numpy", *(p for x in libraries for p in LIBRARIES[x.name][1])]:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    if "xgrad" not in versions and any(x.name == "xgrad" for x in libraries):
        versions["xgrad"] = sys.modules["xgrad"].__version__

    everything = [*WORKLOADS, *GROWTHS]
    names = chosen(options.only, everything)
    results: report.Results = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": {
            "processor": processor(),
            "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.machine()}",
        },
        "threads": options.threads,
        "clock": options.clock,
        "versions": versions,
        "libraries": ["numpy", *(x.name for x in libraries)],
        "targets": {n: WORKLOADS[n].target for n in names if n in WORKLOADS},
        "workloads": {},
        "per operation": {},
        "growth": {},
        "memory": {},
        "footprint": {},
    }
    clock = time.perf_counter if options.clock == "wall" else time.process_time
    plan = timing.Plan(options.rounds, options.budget, say, clock)
    few = timing.Plan(min(options.rounds, 3), 2 * options.budget, say, clock)
    if "ratios" in parts:
        for name in names:
            if name in WORKLOADS:
                found = timing.measure(WORKLOADS[name], libraries, plan)
                results["workloads"][name] = found
    if "cost" in parts and any(name.startswith("chain") for name in names):
        for elements in (1, 10):
            found = timing.per_operation(elements, libraries, plan)
            results["per operation"][elements] = found
    if "growth" in parts:
        for name in names:
            if name in GROWTHS:
                growth = timing.grow(GROWTHS[name], libraries, few)
                results["growth"][name] = growth
    if "memory" in parts and memory.available():
        for name in names:
            if name in {"black-scholes-1000000", "mlp-512", "wave"}:
                say(f"{name}: memory")
                results["memory"][name] = {n: memory.peak(name, n) for n in results["libraries"]}
    if "footprint" in parts and options.only is None:
        say("imports and sizes")
        results["footprint"] = footprint.footprints(results["libraries"])
    return results


def main(argv: list[str] | None = None) -> None:
    """Do what the command line says."""
    options = arguments(argv)
    if options.show:
        results = json.loads(options.show.read_text())
    else:
        with progress() as say:
            results = run(options, say)
    print(report.everything(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    if options.plot:
        from .picture import plot

        plot(results, options.plot)


if __name__ == "__main__":
    main()
