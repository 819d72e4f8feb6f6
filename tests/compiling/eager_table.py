# Tests of xgrad/compiling/device and xgrad/engine/on_device.py
"""``python -m tests.compiling.eager_table``: how many kernels an op launches on a GPU.

For each op of elements or rows, of its value and of what walks do at it: how many functions of a
library its record has, each of which is a kernel at the least, and how many kernels xgrad launches.
What is one function in any case is left out. ``--write`` keeps the table in ``eager_kernels.txt``.

``--check`` compiles the kernels as C++ in every dtype and compares what they give with the text
that they were made from; ``--nvrtc`` compiles them for GPUs, which needs CuPy and NVRTC, but no
GPU.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import operator
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import xgrad as xg
import xgrad.nn
from xgrad.compiling.device import Fused, FusedRows
from xgrad.compiling.device.eager import plan_of
from xgrad.compiling.device.plan import Call
from xgrad.compiling.device.prelude import PRELUDE
from xgrad.compiling.device.rows import KEPT, SIZES, WHOLE, row_text
from xgrad.engine.definition import Op
from xgrad.engine.handed import NAMESPACES, STRONG
from xgrad.engine.kinds import Kind

from .device_table import errors_of
from .host import HostKernels

FILE = Path(__file__).with_name("eager_kernels.txt")
DTYPES = "float16 float32 float64 complex64 complex128".split()
COMPOSED = ("clip",)
"""Functions of CuPy that are several kernels each."""
LONG = 400
"""Records of more functions take seconds each."""


class Way(NamedTuple):
    """A function of raw arrays that an op, or a walk at it, is.

    Attributes:
        op: the op.
        name: value, pull, strong or push.
        function: of raw arrays.
        operands: ``"x"`` for an array, ``"row"`` for one of rows that are reduced; else the value.
        names: of the operands.
    """

    op: Op
    name: str
    function: Callable[..., Any]
    operands: list[Any]
    names: tuple[str, ...]

    @property
    def arrays(self) -> list[bool]:
        """Which operands are arrays."""
        return [type(x) is str and x in ("x", "row") for x in self.operands]

    def given(self, dtype: str) -> list[Any]:
        """Return arguments, some of them out of the ordinary."""
        draw = np.random.default_rng(7)
        found = []
        for x, is_array in zip(self.operands, self.arrays, strict=True):
            shape = (4, 1) if x == "row" else (4, 9)
            part = draw.uniform(0.1, 0.9, shape) + (0.3j if dtype[0] == "c" else 0)
            found.append(part.astype(dtype) if is_array else x)
        return found


KINDS = {kind.op: kind for kind in gc.get_objects() if issubclass(type(kind), Kind)}
"""What makes the rules of each op; looked up now, since tests freeze what the collector sees."""


def ops(kind: str) -> list[Op]:
    """Return the ops of a kind, by name."""
    found = [op for op in KINDS if op.kind == kind]
    return sorted(found, key=lambda op: (op.path, op.parameters))


def ways(op: Op) -> Iterator[Way]:
    """Yield what is one kernel of elements, if it can be: the value of an op, and walks at it."""
    tracked = tuple(range(len(op.arrays)))
    rule = KINDS[op].rule(tracked)
    standard = dict(zip(op.parameters, op.standard, strict=True))
    if op.body is not None or op.path in COMPOSED:
        body, count, names = op.body or op._named, len(op.arrays), tuple(standard)

        def value(*xs: Any) -> Any:
            return body(*xs[:count], **dict(zip(names, xs[count:], strict=True)))

        yield Way(op, "value", value, ["x"] * count + [*standard.values()], (*op.arrays, *names))
    if not rule.keeps:
        return
    saved = [standard.get(name, "x") if name in standard else "x" for name in rule.keeps]
    several = len(rule.keeps) > 1

    def pull(g: Any, *given: Any) -> Any:
        return rule.pull(NAMESPACES[type(g)], g, given if several else given[0])

    def strong(g: Any, *given: Any) -> Any:
        saved = given if several else given[0]
        return rule.pull_to(NAMESPACES[type(g)], g, saved, None, STRONG[type(g)])

    def push(*given: Any) -> Any:
        ts, rest = given[: len(tracked)], given[len(tracked) :]
        saved = rest if several else rest[0]
        return rule.push(NAMESPACES[type(ts[0])], ts, saved, None, operator.mul)

    ts = tuple(f"t{i}" for i in tracked)
    yield Way(op, "pull", pull, ["x", *saved], ("g", *rule.keeps))
    yield Way(op, "strong", strong, ["x", *saved], ("g", *rule.keeps))
    yield Way(op, "push", push, ["x"] * len(tracked) + saved, (*ts, *rule.keeps))


def row_ways(op: Op) -> Iterator[Way]:
    """Yield what is one kernel of rows, if it can be: the value of an op, and walks at it."""
    rule = KINDS[op].rule((0,))
    parameters = dict(zip(op.parameters, op.standard, strict=True))
    parameters |= {name: 1 for name in ("axis",) if name in parameters}
    parameters |= {name: (1,) for name in ("axes",) if name in parameters}
    parameters |= {name: 0.5 for name in parameters if parameters[name] is None}
    out = "x"
    if "keepdims" in parameters:
        parameters["keepdims"], out = True, "row"
    saved = [parameters.get(n, out if n == "out" else "x") for n in rule.keeps]
    several = len(rule.keeps) > 1

    def walk(way: str, g: Any, *given: Any) -> Any:
        xp, values = NAMESPACES[type(g)], given if several else given[0]
        if way == "pull":
            return rule.pull(xp, g, values)
        return rule.push(xp, (g,), values, None, operator.mul)

    names, body = tuple(parameters), op.body
    if body is not None:

        def value(x: Any, *rest: Any) -> Any:
            return body(x, **dict(zip(names, rest, strict=True)))

        yield Way(op, "value", value, ["x", *parameters.values()], ("x", *names))
    yield Way(op, "pull", partial(walk, "pull"), [out, *saved], ("g", *rule.keeps))
    yield Way(op, "push", partial(walk, "push"), ["x", *saved], ("t", *rule.keeps))


def of_rows() -> list[Op]:
    """Return the ops that may act on rows."""
    return [op for op in ops("rule") if len(op.arrays) == 1 and {"axis", "axes"} & {*op.parameters}]


def counted(way: Way) -> tuple[int, int] | None:
    """Return how many kernels a way of elements is one by one, and as xgrad launches it."""
    f64 = np.dtype(np.float64)
    operands = [
        f64 if is_array else x for x, is_array in zip(way.operands, way.arrays, strict=True)
    ]
    plan = plan_of(way.function, way.op.name, operands, way.arrays)
    if plan is None:
        return None
    return plan.before, min(plan.before, len(plan.steps))


def row_counted(way: Way) -> tuple[int, int] | None:
    """Return the same of a way of rows."""
    text = text_of_rows(way, np.dtype(np.float64))
    return None if text is None else (text.steps, 1)


def text_of_rows(way: Way, dtype: Any) -> Any:
    """Return the text of a way of rows, if it is one kernel."""
    words = {"x": (WHOLE, dtype), "row": (KEPT, dtype)}
    operands = [
        words[x] if is_array else x for x, is_array in zip(way.operands, way.arrays, strict=True)
    ]
    found = None
    for sizes in (SIZES, ((3, 9), (2, 9))):
        found = found or row_text(way.function, way.op.name, operands, way.arrays, (), sizes)
    return found


def lines(only: Callable[[Op], bool] = lambda op: True) -> list[str]:
    """Return the table, of some ops."""
    names = ("value", "pull", "strong", "push")
    table = [f"{'op':24s}" + "".join(f"{name:>13s}" for name in names)]
    rows: list[tuple[Op, dict[str, Any]]] = []
    rows += [(op, {w.name: counted(w) for w in ways(op)}) for op in ops("elementwise") if only(op)]
    rows += [(op, {w.name: row_counted(w) for w in row_ways(op)}) for op in of_rows() if only(op)]
    for op, row in rows:
        cells = [row.get(name) for name in names]
        if any(c is not None and c[0] > 1 for c in cells):
            shown = ["-" if c is None else f"{c[0]} -> {c[1]}" for c in cells]
            label = f"{op.path}({', '.join(op.arrays)})"
            table.append(f"{label:24s} " + "".join(f"{c:>13s}" for c in shown))
    return table


def wrong(
    kernels: HostKernels, only: Callable[[Op], bool] = lambda op: True, every: int = 1
) -> tuple[int, list[str]]:
    """Return how many ways were compared, and where kernels give something else than their text.

    Args:
        kernels: what compiles them.
        only: whether an op is looked at.
        every: how many of the ways of elements count as one.
    """
    backend = replace(xg.backends.load("numpy"), name="host", kernels=kernels)
    todo: list[tuple[str, Any, Any, list[Any]]] = []
    for way in [w for op in ops("elementwise") if only(op) for w in ways(op)][::every]:
        for dtype in DTYPES:
            given = way.given(dtype)
            fused: Any = Fused(way.function, way.op.name, backend)
            todo.append((f"{way.op.path} {way.name} {dtype}", fused, way, given))
    for way in [w for op in of_rows() if only(op) for w in row_ways(op)]:
        for dtype in DTYPES:
            fused = FusedRows(way.function, way.op.name, backend, way.names)
            todo.append((f"{way.op.path} {way.name} {dtype}", fused, way, way.given(dtype)))
    found = [(label, run, way, x) for label, f, way, x in todo if (run := f.found(tuple(x)))]
    bad = []
    with kernels.waiting(), np.errstate(all="ignore"):  # so that all are compiled at once
        for _, run, _, given in found:
            run(tuple(given))
    for label, run, way, given in found:
        with np.errstate(all="ignore"):
            try:
                want = way.function(*given)
                if any(getattr(x, "dtype", None) == np.float16 for x in given):
                    want = in_single(want, way.function, given)
            except Exception as error:
                bad.append(f"{label}: a kernel for what raises {type(error).__name__}")
                continue
            got = run(tuple(given))
        several = isinstance(want, (list, tuple))
        for a, b in zip(want if several else [want], got if several else [got], strict=True):
            text = difference(np.asarray(a), b)
            if text:
                bad.append(f"{label}: {text}")
    return len(found), bad


def wrong_on(name: str, seconds: float) -> tuple[int, list[str]]:
    """Compare kernels of another library with their text there, within so many seconds."""
    backend, end = xg.backends.load(name), time.perf_counter() + seconds
    count, bad = 0, []
    todo: list[tuple[Way, bool]] = [(w, True) for op in of_rows() for w in row_ways(op)]
    todo += [(w, False) for op in ops("elementwise") for w in ways(op)]
    for way, is_rows in todo:
        for dtype in DTYPES if time.perf_counter() < end else ():
            given = tuple(
                [
                    backend.from_numpy(x, None) if is_array else x
                    for x, is_array in zip(way.given(dtype), way.arrays, strict=True)
                ]
            )
            make: Any = FusedRows if is_rows else Fused
            fused = make(way.function, way.op.name, backend, *([way.names] * is_rows))
            try:
                want = way.function(*given)
            except Exception:
                continue  # what the library lacks
            label = f"{way.op.path} {way.name} {dtype}"
            try:
                run = fused.found(given)
                if run is None:
                    continue
                got = run(given)
                count += 1
                several = isinstance(want, (list, tuple))
                pairs = zip(want if several else [want], got if several else [got], strict=True)
                for a, b in pairs:
                    text = difference(backend.to_numpy(a), backend.to_numpy(b), loose=64)
                    if text:
                        bad.append(f"{label}: {text}")
            except Exception as error:
                bad.append(f"{label}: {type(error).__name__}: {error}"[:300])
    return count, bad


def in_single(want: Any, function: Callable[..., Any], given: list[Any]) -> Any:
    """Return the results of a function of halves that is computed in single precision."""
    wide = [x.astype(np.float32) if getattr(x, "dtype", None) == np.float16 else x for x in given]
    got = function(*wide)
    if not isinstance(want, (list, tuple)):
        return got.astype(want.dtype)
    return [a.astype(b.dtype) for a, b in zip(got, want, strict=True)]


def difference(want: Any, got: Any, loose: int = 1) -> str:
    """Say how two results differ by more than what rounding once, not after each step, makes.

    On a GPU functions have a few more units in the last place, hence `loose`.
    """
    if (got.dtype, got.shape) != (want.dtype, want.shape):
        return f"{got.dtype}{got.shape}, not {want.dtype}{want.shape}"
    eps = np.finfo(want.dtype).eps
    most = loose * (4 if want.dtype == np.float16 else 512)
    size = np.abs(want[np.isfinite(want)]).max(initial=1.0)
    off = ~np.isclose(got, want, rtol=most * eps, atol=most / 8 * eps * float(size), equal_nan=True)
    return f"{got[off][0]}, not {want[off][0]}" if off.any() else ""


def sources(dtype: str, only: Callable[[Op], bool]) -> Iterator[str]:
    """Yield each kernel as CuPy writes it, under names that differ, without the prelude."""
    import cupy
    from cupy._core import _carray, _kernel

    from xgrad_backends.cupy_kernels import elementwise_text

    numbers = itertools.count()
    d = np.dtype(cupy.dtype(dtype) if dtype != "bfloat16" else _bfloat16())
    for way in [w for op in ops("elementwise") if only(op) for w in ways(op)]:
        operands = [
            d if is_array else x for x, is_array in zip(way.operands, way.arrays, strict=True)
        ]
        plan = plan_of(way.function, way.op.name, operands, way.arrays)
        if plan is None or plan.before > LONG:
            continue
        dtypes: list[Any] = [*operands]
        for step in plan.steps:
            if isinstance(step, Call):
                dtypes.append(step.dtype)
                continue
            outs = [d if dtype == "bfloat16" and o == np.float16 else o for o in step.outs]
            reads = tuple([dtypes[i] for i in step.reads])
            dtypes += outs
            name = f"{way.op.name}_{dtype}_{next(numbers)}"
            text = elementwise_text(name, reads, tuple(outs), step.lines, step.results)
            kernel = cupy.ElementwiseKernel(*text)
            ins, made, types = kernel._decide_params_type(reads, ())
            info = [_kernel._ArgInfo(1, cupy.ndarray, t, 1, True, True) for t in (*ins, *made)]
            info.append(_kernel._ArgInfo(2, _carray.Indexer, None, 1, True, True))
            yield _kernel._get_elementwise_kernel_code(
                tuple(info),
                types,
                kernel.params,
                kernel.operation,
                kernel.name,
                kernel.preamble,
                **kernel.kwargs,
            )
    for way in [w for op in of_rows() if only(op) for w in row_ways(op)]:
        found = text_of_rows(way, d)
        if found is not None:
            yield f"KERNEL rows_{dtype}_{next(numbers)}{found.body}"


def _bfloat16() -> Any:
    import ml_dtypes

    return ml_dtypes.bfloat16


def nvrtc(
    arch: str = "compute_90", only: Callable[[Op], bool] = lambda op: True, every: int = 1
) -> tuple[int, list[str]]:
    """Return how many kernels were compiled for GPUs, and what NVRTC says of those that fail."""
    texts = [text for dtype in (*DTYPES, "bfloat16") for text in sources(dtype, only)][::every]

    def errors(some: list[str]) -> list[str]:
        wrong = errors_of(PRELUDE + "\n".join(some), arch)
        if not wrong or len(some) == 1:
            return wrong
        middle = len(some) // 2
        return errors(some[:middle]) + errors(some[middle:])

    found = [e for i in range(0, len(texts), 40) for e in errors(texts[i : i + 40])]
    return len(texts), found


def main() -> None:
    """Print the table, or check it."""
    parser = argparse.ArgumentParser("python -m tests.compiling.eager_table", description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep it as what is expected")
    parser.add_argument("--check", action="store_true", help="compare kernels with their text")
    parser.add_argument("--nvrtc", action="store_true", help="compile for GPUs, in every dtype")
    parser.add_argument("--arch", default="compute_90", help="the GPUs (compute_90)")
    options = parser.parse_args()
    start = time.perf_counter()
    if options.check or options.nvrtc:
        if options.nvrtc:
            count, bad = nvrtc(options.arch)
        else:
            with tempfile.TemporaryDirectory() as folder:
                count, bad = wrong(HostKernels(Path(folder)))
        print("\n".join(bad[:40]))
        seconds = time.perf_counter() - start
        print(f"{count} kernels of single ops, {len(bad)} wrong, in {seconds:.0f} s")
        sys.exit(bool(bad))
    text = "\n".join(lines()) + "\n"
    if options.write:
        FILE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
