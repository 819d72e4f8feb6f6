# Tests of xgrad/compiling/device
"""``python -m tests.compiling.device_table``: the op table by kernels, which C++ compiles.

Every row's value and both walks are recorded, replayed by kernels on other values, and compared
with eager code. With ``--nvrtc`` the same texts are compiled for GPUs, in every dtype, which needs
CuPy and NVRTC, but no GPU. ``--backend cupy`` replays the table on a GPU.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

import xgrad as xg
from xgrad.backends import load
from xgrad.compiling import Compiled, engines
from xgrad.compiling.device.prelude import PRELUDE
from xgrad.testing import ROWS

from .host import HostKernels
from .table import DEFAULTS, different, others, programs, results
from .test_table import cases

RTOL = 1e-12


def recorded(rows: Any, kernels: HostKernels) -> Iterator[tuple[str, Any, Any, Any, Any, Any]]:
    """Yield the programs of the rows: label, mode, case, function, its arrays, compiled."""
    engines.ENGINES["host"] = kernels.source
    for row in rows:
        for case in cases(row, False):
            raws = case.raw_arrays()
            for mode, f in programs(case, 1).items():
                compiled = Compiled(f, **{**DEFAULTS, "engine": "host"})
                try:
                    with np.errstate(all="ignore"):
                        results(f(*raws))
                        compiled.lower(*raws)
                except Exception:
                    continue  # what eager code refuses, or what cannot be recorded
                yield f"{row.name} {case.dtype}, {mode}", mode, case, f, raws, compiled


def wrong_replays(rows: Any, folder: Path) -> tuple[int, list[str]]:
    """Return how many programs were compared, and where kernels differ from eager code."""
    wrong = []
    found = list(recorded(rows, HostKernels(folder)))
    for label, _mode, case, f, raws, compiled in found:
        for kind, ys in {"again": raws, **others(raws, case.varying)}.items():
            with np.errstate(all="ignore"):
                try:
                    want = results(f(*ys))
                except Exception:
                    continue
                got = results(compiled(*ys))
            text = different(want, got, RTOL)
            if text and not only_rounded(want, got):
                wrong.append(f"{label}, {kind}: {text}")
    return len(found), wrong


def only_rounded(want: list[Any], got: list[Any]) -> bool:
    """Whether results differ by the rounding of numbers of size one that cancel."""
    same = len(want) == len(got) and all(a.shape == b.shape for a, b in zip(want, got, strict=True))
    return same and all(
        np.allclose(a, b, rtol=RTOL, atol=1e-15, equal_nan=True)
        for a, b in zip(want, got, strict=True)
    )


def wrong_on(name: str, rows: Any, seconds: float, rtol: float = 1e-9) -> tuple[int, list[str]]:
    """Replay programs of another library, within so many seconds; see `wrong_replays`."""
    backend, end = load(name), time.perf_counter() + seconds
    count, wrong = 0, []

    def there(arrays: list[Any]) -> list[Any]:
        return [backend.from_numpy(np.ascontiguousarray(x), None) for x in arrays]

    def back(out: Any) -> list[Any]:
        raws = [x.data if isinstance(x, xg.Array) else x for x in xg.tree.leaves(out)]
        return [backend.to_numpy(x) for x in raws]

    with xg.use_backend(name), np.errstate(all="ignore"), suppress(KeyboardInterrupt):
        for row in rows:  # what was found until somebody interrupts it is told
            for case in [] if time.perf_counter() > end else cases(row, False):
                raws = case.raw_arrays()
                for mode, f in programs(case, 1).items():
                    if time.perf_counter() > end:
                        break
                    compiled = Compiled(f, **DEFAULTS)
                    try:
                        back(f(*there(raws)))
                        compiled.lower(*there(raws))
                    except Exception:
                        continue  # what eager code refuses, or what cannot be recorded
                    count += 1
                    for kind, ys in {"again": raws, **others(raws, case.varying)}.items():
                        try:
                            want = back(f(*there(ys)))
                        except Exception:
                            continue
                        label = f"{row.name} {case.dtype}, {mode}, {kind}"
                        try:
                            got = back(compiled(*there(ys)))
                        except Exception as error:
                            wrong.append(f"{label}: {type(error).__name__}: {error}"[:300])
                            continue
                        text = different(want, got, rtol)
                        if text:
                            wrong.append(f"{label}: {text}")
    return count, wrong


def errors_of(text: str, arch: str = "compute_90") -> list[str]:
    """Return what NVRTC says of a text that it does not compile."""
    from cupy._core import core
    from cupy.cuda import nvrtc

    options = core.assemble_cupy_compiler_options(("-std=c++17", f"-arch={arch}", "-ftz=true"))
    head = "".join(f"#include <cupy/{name}>\n" for name in HEADERS)
    program = nvrtc.createProgram(head + text, "kernels.cu", (), ())
    try:
        nvrtc.compileProgram(program, tuple(options))
    except Exception:
        return [nvrtc.getProgramLog(program)[:1000] + text[-2000:]]
    return []


HEADERS = ("complex.cuh", "carray.cuh", "atomics.cuh", "math_constants.h")
"""What CuPy puts before the kernels that it writes."""


def nvrtc_errors(bodies: list[str], arch: str = "compute_90") -> list[str]:
    """Return what NVRTC says of the kernels that it does not compile."""
    parts = [f"KERNEL k{i}{b}" for i, b in enumerate(bodies)]
    wrong = errors_of(PRELUDE + "\n".join(parts), arch)
    if wrong and len(bodies) > 1:
        middle = len(bodies) // 2
        return nvrtc_errors(bodies[:middle], arch) + nvrtc_errors(bodies[middle:], arch)
    return wrong


def in_dtypes(rows: Any) -> dict[str, None]:
    """Return the kernels of the rows in every dtype, also in bfloat16, which NumPy has not."""
    bodies: dict[str, None] = {}
    kernels = HostKernels(Path())
    engines.ENGINES["host"] = kernels.source
    for row in rows:
        for case in cases(row, False):
            raws = case.raw_arrays()
            for f in programs(case, 1).values():
                for name in ("float16", "float32", "float64", "complex64", "complex128"):
                    if (case.dtype.startswith("complex")) != name.startswith("complex"):
                        continue
                    ys = [x.astype(name) if x.dtype.kind in "fc" else x for x in raws]
                    compiled = Compiled(f, **{**DEFAULTS, "engine": "host"})
                    try:
                        with np.errstate(all="ignore"):
                            compiled.lower(*ys)
                    except Exception:
                        continue
    for body in kernels.pending:
        bodies[body] = None
        if "from_half" in body or "to_half" in body:
            bodies[body.replace("_half", "_bfloat")] = None
    return bodies


def main(argv: list[str] | None = None) -> None:
    """Check, print what was found, and fail if anything is wrong."""
    parser = argparse.ArgumentParser("python -m tests.compiling.device_table", description=__doc__)
    parser.add_argument("--nvrtc", action="store_true", help="compile for GPUs, in every dtype")
    parser.add_argument("--arch", default="compute_90", help="the GPUs (compute_90)")
    parser.add_argument("--only", help="rows whose names contain this")
    parser.add_argument("--backend", help="replay on this library instead, as cupy")
    parser.add_argument("--seconds", type=float, default=1e9, help="the time that --backend has")
    options = parser.parse_args(argv)
    warnings.simplefilter("ignore")
    rows = [row for row in ROWS if not options.only or options.only in row.name]
    start = time.perf_counter()
    if options.nvrtc:
        bodies, wrong, done = list(in_dtypes(rows)), [], 0
        with suppress(KeyboardInterrupt):
            for i in range(0, len(bodies), 50):
                wrong += nvrtc_errors(bodies[i : i + 50], options.arch)
                done = min(i + 50, len(bodies))
        print(f"{done} of {len(bodies)} kernels compiled for {options.arch}, {len(wrong)} failed")
    elif options.backend:
        count, wrong = wrong_on(options.backend, rows, options.seconds)
        print(f"{count} programs on {options.backend}, {len(wrong)} replays differ")
    else:
        with tempfile.TemporaryDirectory() as folder:
            count, wrong = wrong_replays(rows, Path(folder))
        print(f"{count} programs of {len(rows)} rows, {len(wrong)} replays differ")
    print(f"in {time.perf_counter() - start:.0f} s")
    print("\n".join(wrong[:40]))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
