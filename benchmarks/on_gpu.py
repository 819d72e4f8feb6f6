"""``python -m benchmarks.on_gpu --out FOLDER``: all that needs a GPU, in one run of nine minutes.

Each part is a process of its own with a limit of time, and none stops the others, whatever becomes
of it: single ops, their kernels, streams and products on the GPU (``benchmarks.gpu_checks``), the
benchmarks beside PyTorch and JAX, the tests on CuPy, the op table by compiled programs, and NVRTC
over the kernels of the op table. What was found is left in the folder as it comes:
``results.json``, what each part printed, and ``tables.md``. ``--dry`` runs the same on the CPU,
with NumPy in CuPy's place, to see that all parts run; ``--parts counts`` needs no GPU either.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
COUNTED = (
    "black-scholes-10000 mlp-small mlp-64 adam-small lstm cnn wave fft-64 gaussian-process "
    "hessian hessian-vector jacobian"
).split()
PARTS = {  # which share of the time each has
    "place": 0.02,
    "counts": 0.06,
    "checks": 0.16,
    "benchmarks": 0.34,
    "tests": 0.20,
    "table": 0.14,
    "kernels": 0.08,
}
PACKAGES = "numpy cupy-cuda13x cupy-cuda12x torch jax jaxlib nvidia-cuda-nvrtc-cu12".split()
LIBRARIES = "xgrad,xgrad_compile,xgrad_graph,torch,torch_compile,jax_jit"


def place() -> dict[str, Any]:
    """Return what machine this is, and the versions of what runs on it."""
    found: dict[str, Any] = {"python": platform.python_version(), "system": platform.platform()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    try:
        import cupy

        if cupy.is_available():
            properties = cupy.cuda.runtime.getDeviceProperties(0)
            found["gpu"] = properties["name"].decode()
            found["capability"] = f"{properties['major']}{properties['minor']}"
            found["driver"] = cupy.cuda.runtime.driverGetVersion()
            found["gpus"] = cupy.cuda.runtime.getDeviceCount()
    except Exception as error:  # not installed, or broken: the other parts say more
        found["cupy"] = f"{type(error).__name__}: {error}"[:300]
    return found


class _Texts:
    """Kernels of programs that are never run."""

    composed, queues, products = frozenset[str](), None, None
    view = flat = queue = graph = launcher = staticmethod(lambda *args: None)


def counts(names: list[str]) -> dict[str, Any]:
    """Return for each workload the kernels of its program: op by op, fused, and different ones."""
    from dataclasses import replace

    import xgrad as xg
    from xgrad.compiling.buffers import shows
    from xgrad.compiling.device import DeviceSource

    from .libraries import load
    from .workloads import WORKLOADS

    library, found = load("xgrad", 1, "cpu"), dict[str, Any]()
    for name in names:
        try:
            w = WORKLOADS[name]
            inputs = w.inputs(np.random.default_rng(1), **w.size)
            f = library.ways[w.derivative](library.bind(w.model), w.wrt)
            program = xg.compile(f).lower(*inputs).after
            program.backend = replace(program.backend, name="texts", kernels=_Texts())
            source = DeviceSource(program)
            found[name] = {
                "op by op": sum(shows(e) is None for e in program.equations),
                "fused": source.launches,
                "texts": len(source.kernels),
            }
        except Exception as error:  # the others are counted all the same
            found[name] = {"error": f"{type(error).__name__}: {error}"[:300]}
    return found


def command(part: str, seconds: float, capability: str, dry: bool) -> list[str]:
    """Return the command of a part that is one process."""
    table = ["-m", "tests.compiling.device_table"]
    library = "numpy" if dry else "cupy"
    limit = f"{max(seconds * 0.85, 1):.0f}"
    if part == "tests":
        workers = ["-n", "4"] if importlib.util.find_spec("xdist") else []
        chosen = ["tests/test_engine.py"] if dry else ["--quick"]
        flags = ["-q", "--maxfail=200", "-p", "no:cacheprovider", "-p", "no:benchmark"]
        return ["-m", "pytest", "--backend", library, *chosen, *flags, *workers]
    if part == "checks":
        return ["-m", "benchmarks.gpu_checks", "--seconds", limit, *(["--dry"] if dry else [])]
    if part == "table":
        return [*table, "--backend", library, "--seconds", limit]
    return [*table, "--nvrtc", "--arch", f"compute_{capability}", *(["--only", "softmax"] * dry)]


def benchmarks(out: Path, names: list[str], seconds: float, dry: bool) -> dict[str, Any]:
    """Run the benchmarks; where a workload ends the process, go on behind it."""
    from .workloads import WORKLOADS

    end, runs = time.perf_counter() + seconds, list[dict[str, Any]]()
    rest = [name for name in WORKLOADS if name in names]  # in the order in which they are run
    found: dict[str, Any] = {"ended": 0, "workloads": {}, "failed": {}}
    while rest and (left := end - time.perf_counter()) > 5:
        file = out / f"benchmarks-{len(runs)}.json"
        budget = max(min(left / len(rest) * 0.6, 12), 1)
        libraries = "xgrad,xgrad_compile,torch,jax_jit" if dry else LIBRARIES
        arguments = ["-m", "benchmarks", "--device", "cpu" if dry else "cuda", "--parts", "ratios"]
        arguments += ["--libs", libraries, "--only", ",".join(rest), "--rounds", "9"]
        arguments += ["--budget", f"{budget:.1f}", "--json", str(file)]
        stall = max(4 * budget, 60)  # a workload that never ends leaves time for the others
        runs.append(run(arguments, out / f"benchmarks-{len(runs)}.txt", left, file, stall))
        with contextlib.suppress(OSError, ValueError):
            found["workloads"] |= json.loads(file.read_text(encoding="utf-8"))["workloads"]
        missing = [n for n in rest if n not in found["workloads"]]
        if missing:  # the first of them ended the process, or took too long
            found["failed"][missing[0]] = runs[-1]["last"][-6:]
            found["ended"] = runs[-1]["ended"]
        rest = missing[1:]
    for name in rest:
        found["failed"][name] = ["there was no time left"]
    last = runs[-1]["last"] if runs else []
    return {**found, "seconds": sum(r["seconds"] for r in runs), "counted": {}, "last": last}


def run(
    command: list[str], log: Path, seconds: float, file: Path | None = None, stall: float = 1e9
) -> dict[str, Any]:
    """Run a part, keep what it prints, and return how it ended and its last lines.

    What takes too long is interrupted, so that it can say what it found, and ended if it does not
    stop then; so is what it has started.

    Args:
        command: the arguments of Python.
        log: where to keep what it prints.
        seconds: how long it may take.
        file: what it writes to as it goes on.
        stall: how many seconds may pass until it does.
    """
    path = os.pathsep.join([str(ROOT), str(ROOT / "backends")])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
    start = time.perf_counter()
    with log.open("w", encoding="utf-8") as lines_of_it:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            stdout=lines_of_it,
            stderr=lines_of_it,
            start_new_session=True,
        )
        code: int | str | None = None
        moved, size = start, -1
        while code is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(0.5)
            now = time.perf_counter()
            if file is not None and file.exists() and file.stat().st_size != size:
                moved, size = now, file.stat().st_size
            if code is None and (now - start > seconds or now - moved > stall):
                code = f"stopped after {now - start:.0f} s"
                _end(process)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    counted = re.findall(r"(\d+) (passed|failed|skipped|errors?)", "\n".join(lines[-3:]))
    return {
        "ended": code,
        "seconds": round(time.perf_counter() - start, 1),
        "counted": {what: int(n) for n, what in counted},
        "last": lines[-40:],
    }


def _end(process: subprocess.Popen[Any]) -> None:
    for number, seconds in ((signal.SIGINT, 8), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return


def tables(results: dict[str, Any]) -> str:
    """Return what was found as Markdown."""
    parts = [f"# On {results.get('place', {}).get('gpu', 'no GPU')}\n"]
    parts += [f"- {k}: {v}" for k, v in results.get("place", {}).items()]
    if "counts" in results and "last" not in results["counts"]:
        parts.append(
            "\n| workload | kernels op by op | fused | different |\n| --- | ---: | ---: | ---: |"
        )
        parts += [
            f"| {n} | {' | '.join(map(str, c.values()))} |" for n, c in results["counts"].items()
        ]
    measured = results.get("benchmarks", {}).get("workloads", {})
    if measured:
        names = list(dict.fromkeys(n for found in measured.values() for n in found))
        parts.append("\n## Times, as multiples of hand-written code\n")
        parts.append(f"| workload | {' | '.join(names)} |\n| --- |{' ---: |' * len(names)}")
        parts += [
            f"| {name} | {' | '.join(_ratio(found.get(n)) for n in names)} |"
            for name, found in measured.items()
        ]
    for name, found in results.items():
        if isinstance(found, dict) and "last" in found:
            parts.append(f"\n## {name}: {found['ended']}, {found['seconds']} s\n")
            parts += [f"- {n} failed: {why[-1]}" for n, why in found.get("failed", {}).items()]
            parts += ["```text", *found["last"], "```"]
    return "\n".join(parts) + "\n"


def _ratio(found: Any) -> str:
    """Return a ratio as text; what failed says so in the part's own output."""
    ratio = found.get("ratio") if isinstance(found, dict) else None
    return f"{ratio:.2f}" if isinstance(ratio, (int, float)) else "-"


def main(argv: list[str] | None = None) -> None:
    """Run the parts that were asked for, and leave what they found in a folder."""
    parser = argparse.ArgumentParser("python -m benchmarks.on_gpu", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("on-gpu"), help="the folder (on-gpu)")
    parser.add_argument("--seconds", type=float, default=530, help="for everything (530)")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--workloads", default=",".join(COUNTED), help="what is counted and timed")
    parser.add_argument("--dry", action="store_true", help="run all parts on the CPU, with NumPy")
    options = parser.parse_args(argv)
    parts = options.parts.split(",")
    unknown = [p for p in parts if p not in PARTS]
    if unknown:
        parser.error(f"no part {unknown[0]}; there are {', '.join(PARTS)}")
    options.out.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = {"place": place()}
    processes = [p for p in parts if p not in ("place", "counts")]
    if processes and "gpu" not in results["place"] and not options.dry:
        parser.error(
            f"no usable CUDA GPU, which {', '.join(processes)} need; "
            "--parts place,counts run without one, and --dry runs all with NumPy"
        )
    capability = results["place"].get("capability", "90")
    names, end = options.workloads.split(","), time.perf_counter() + options.seconds
    for k, part in enumerate(parts):
        share = PARTS[part] / sum(PARTS[p] for p in parts[k:])  # of what is left
        seconds = max((end - time.perf_counter()) * share, 1.0)
        print(f"{part}, at most {seconds:.0f} s ...", flush=True)
        try:
            if part == "counts":
                results[part] = counts(names)
            elif part == "benchmarks":
                results[part] = benchmarks(options.out, names, seconds, options.dry)
            elif part != "place":
                todo = command(part, seconds, capability, options.dry)
                results[part] = run(todo, options.out / f"{part}.txt", seconds)
        except Exception as error:  # the other parts run all the same
            last = traceback.format_exception(error)[-3:]
            results[part] = {"ended": repr(error), "seconds": 0, "counted": {}, "last": last}
        (options.out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
        (options.out / "tables.md").write_text(tables(results))
    print(tables(results))


if __name__ == "__main__":
    main()
