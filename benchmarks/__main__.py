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
MEMORY = {
    "cpu": {"black-scholes-1000000", "mlp-512", "wave"},
    "cuda": {"black-scholes-10000000", "mlp-4096", "wave-1024"},
}
GPU: dict[str, list[str]] = {"cpu": [], "cuda": ["cupy-cuda13x", "cupy-cuda12x"]}
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
    parser.add_argument(
        "--device",
        choices=("cpu", "cuda"),
        default="cpu",
        help="cuda: beside hand-written CuPy, timed by CUDA events",
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


def run(options: argparse.Namespace, say: Callable[[str], None]) -> report.Results:
    """Return all that was measured; what there is of it is kept as it comes."""
    for variable in THREADS:  # read when NumPy and the others are first imported
        os.environ[variable] = str(options.threads)
    if options.threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # the GPU's memory is for all

    from . import footprint, memory, places, timing
    from .libraries import LIBRARIES, USUAL, load
    from .workloads import GROWTHS, on

    device = options.device
    clock = time.perf_counter if options.clock == "wall" else time.process_time
    place, workloads = places.named(device, clock), on(device)
    parts = chosen(options.parts, list(PARTS))
    libraries, versions = [], {"python": platform.python_version()}
    asked = options.libs.split(",") if options.libs else USUAL
    for name in asked:
        if name in {place.by_hand, ""}:
            continue
        if name not in LIBRARIES:
            raise SystemExit(f"benchmarks: no library {name}; there are {', '.join(LIBRARIES)}")
        try:
            libraries.append(load(name, options.threads, device))
        except ImportError as error:
            say(f"{name} is left out: {error}")
    for package in ["numpy", *GPU[device], *(p for x in libraries for p in LIBRARIES[x.name][1])]:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    if "xgrad" not in versions and any(x.name == "xgrad" for x in libraries):
        versions["xgrad"] = sys.modules["xgrad"].__version__

    everything = [*workloads, *GROWTHS]
    names = chosen(options.only, everything)
    results: report.Results = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": {
            "processor": place.processor,
            "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.machine()}",
        },
        "threads": options.threads,
        "clock": "event" if device == "cuda" else options.clock,
        "versions": versions,
        "libraries": [place.by_hand, *(x.name for x in libraries)],
        "targets": {n: workloads[n].target for n in names if n in workloads},
        "workloads": {},
        "per operation": {},
        "per link": {},
        "growth": {},
        "memory": {},
        "footprint": {},
    }
    plan = timing.Plan(options.rounds, options.budget, say, place)
    few = timing.Plan(min(options.rounds, 3), 2 * options.budget, say, place)
    if "ratios" in parts:
        for name in names:
            if name in workloads:
                found = timing.measure(workloads[name], libraries, plan)
                results["workloads"][name] = found
                keep(results, options)
    if "cost" in parts and any(name.startswith("chain") for name in names):
        for elements in (1, 10):
            found = timing.per_operation(elements, libraries, plan)
            results["per operation"][elements] = found
        results["per link"] = timing.per_link(1, libraries, plan)
    if "growth" in parts:
        for name in names:
            if name in GROWTHS:
                growth = timing.grow(GROWTHS[name], libraries, few)
                results["growth"][name] = growth
                keep(results, options)
    if "memory" in parts and memory.available(device):
        for name in names:
            if name in MEMORY[device]:
                say(f"{name}: memory")
                results["memory"][name] = {
                    n: memory.peak(name, n, device) for n in results["libraries"]
                }
    if "footprint" in parts and options.only is None:
        say("imports and sizes")
        results["footprint"] = footprint.footprints(results["libraries"])
    return results


def keep(results: report.Results, options: argparse.Namespace) -> None:
    """Write the results to the file that was asked for."""
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


def main(argv: list[str] | None = None) -> None:
    """Do what the command line says."""
    options = arguments(argv)
    if options.show:
        results = json.loads(options.show.read_text())
    else:
        with progress() as say:
            results = run(options, say)
    print(report.everything(results))
    keep(results, options)
    if options.plot:
        from .picture import plot

        plot(results, options.plot)


if __name__ == "__main__":
    main()
