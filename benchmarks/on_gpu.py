"""``python -m benchmarks.on_gpu --out FOLDER``: all that needs a GPU, in one run of nine minutes.

It runs the tests on CuPy, the op table by compiled programs, NVRTC over the kernels of the op
table, and the benchmarks beside PyTorch and JAX, each in a process of its own with a limit of time.
What was found is left in the folder as it comes: ``results.json``, what each part printed, and
``tables.md``. Counting kernels needs no GPU: ``--parts counts`` runs anywhere.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable
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
    "tests": 0.30,
    "table": 0.20,
    "kernels": 0.12,
    "benchmarks": 0.30,
}
PACKAGES = "numpy cupy-cuda13x cupy-cuda12x torch jax jaxlib nvidia-cuda-nvrtc-cu12".split()


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
    except ImportError:
        pass
    return found


class _Texts:
    """Kernels of programs that are never run."""

    composed, queues, products = frozenset[str](), None, None
    view = flat = queue = graph = launcher = staticmethod(lambda *args: None)


def counts(names: list[str]) -> dict[str, dict[str, int]]:
    """Return for each workload the kernels of its program: op by op, fused, and different ones."""
    from dataclasses import replace

    import xgrad as xg
    from xgrad.compiling.buffers import shows
    from xgrad.compiling.device import DeviceSource

    from .libraries import load
    from .workloads import WORKLOADS

    library, found = load("xgrad", 1, "cpu"), {}
    for name in names:
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
    return found


def commands(out: Path, seconds: Callable[[str], float], capability: str) -> dict[str, list[str]]:
    """Return the command of each part that is a process of its own."""
    table = ["-m", "tests.compiling.device_table"]
    return {
        "tests": ["-m", "pytest", "--backend", "cupy", "--quick", "-q", "-x", "--maxfail=50"],
        "table": [*table, "--backend", "cupy", "--seconds", f"{seconds('table') * 0.9:.0f}"],
        "kernels": [*table, "--nvrtc", "--arch", f"compute_{capability}"],
        "benchmarks": [
            *("-m", "benchmarks", "--device", "cuda", "--parts", "ratios"),
            *("--libs", "xgrad,xgrad_compile,xgrad_graph,torch,torch_compile,jax_jit"),
            *("--only", ",".join(COUNTED), "--rounds", "9", "--budget", "5"),
            *("--json", str(out / "benchmarks.json")),
        ],
    }


def run(command: list[str], log: Path, seconds: float) -> dict[str, Any]:
    """Run a part, keep what it prints, and return how it ended and its last lines."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "backends")])
    environment = {**os.environ, "PYTHONPATH": path}
    start = time.perf_counter()
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environment, stdout=file, stderr=file
        )
        try:
            code: int | str = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code = f"stopped after {seconds:.0f} s"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    counted = re.findall(r"(\d+) (passed|failed|skipped|errors?)", "\n".join(lines[-3:]))
    return {
        "ended": code,
        "seconds": round(time.perf_counter() - start, 1),
        "counted": {what: int(n) for n, what in counted},
        "last": lines[-40:],
    }


def tables(results: dict[str, Any]) -> str:
    """Return what was found as Markdown."""
    parts = [f"# On {results.get('place', {}).get('gpu', 'no GPU')}\n"]
    parts += [f"- {k}: {v}" for k, v in results.get("place", {}).items()]
    if "counts" in results:
        parts.append(
            "\n| workload | kernels op by op | fused | different |\n| --- | ---: | ---: | ---: |"
        )
        parts += [
            f"| {n} | {' | '.join(map(str, c.values()))} |" for n, c in results["counts"].items()
        ]
    for name, found in results.items():
        if isinstance(found, dict) and "last" in found:
            parts.append(f"\n## {name}: {found['ended']}, {found['seconds']} s\n\n```text")
            parts += [*found["last"], "```"]
    return "\n".join(parts) + "\n"


def main(argv: list[str] | None = None) -> None:
    """Run the parts that were asked for, and leave what they found in a folder."""
    parser = argparse.ArgumentParser("python -m benchmarks.on_gpu", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("on-gpu"), help="the folder (on-gpu)")
    parser.add_argument("--seconds", type=float, default=530, help="for everything (530)")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--workloads", default=",".join(COUNTED), help="whose kernels are counted")
    options = parser.parse_args(argv)
    parts = options.parts.split(",")
    unknown = [p for p in parts if p not in PARTS]
    if unknown:
        parser.error(f"no part {unknown[0]}; there are {', '.join(PARTS)}")
    options.out.mkdir(parents=True, exist_ok=True)
    share = sum(PARTS[p] for p in parts)

    def seconds(part: str) -> float:
        return float(options.seconds * PARTS[part] / share)

    results: dict[str, Any] = {"place": place()}
    processes = [p for p in parts if p not in ("place", "counts")]
    if processes and "gpu" not in results["place"]:
        parser.error(
            f"no usable CUDA GPU, which {', '.join(processes)} need; "
            "--parts place,counts run without one"
        )
    todo = commands(options.out, seconds, results["place"].get("capability", "90"))
    for part in parts:
        print(f"{part} ...", flush=True)
        if part == "counts":
            results[part] = counts(options.workloads.split(","))
        elif part != "place":
            results[part] = run(todo[part], options.out / f"{part}.txt", seconds(part))
        (options.out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
        (options.out / "tables.md").write_text(tables(results))
    print(tables(results))


if __name__ == "__main__":
    main()
