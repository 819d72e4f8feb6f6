"""Kernels of compiled functions on NVIDIA GPUs: NVRTC compiles them, through CuPy.

CuPy keeps what was compiled in a folder, so that the next process need not compile it again.
"""

from __future__ import annotations

import importlib
import math
import threading
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

OPTIONS = ("-std=c++17",)
THREADS = 256
"""Of a block that goes over elements: a multiple of 32, and several blocks fit a processor."""

BLOCKS = 1 << 16
"""At most so many blocks: each of them goes over further elements or rows where there are more."""


class Kernels:
    """Kernels of a text; see `xgrad.backends.kernels.Kernels`."""

    composed = frozenset(["clip"])

    def __init__(self, queues: Any, products: Any) -> None:
        self.queues, self.products = queues, products
        self._graphs = threading.local()

    @staticmethod
    def view(buffer: Any, shape: tuple[int, ...], dtype: Any) -> Any:
        """Return an array in the first bytes of a buffer."""
        return _cupy().ndarray(shape, dtype, buffer.data)

    @staticmethod
    def flat(x: Any) -> Any:
        """Return an array in C order: itself if it lies so."""
        return x if x.flags.c_contiguous else _cupy().ascontiguousarray(x)

    @staticmethod
    def elementwise(
        name: str,
        dtypes: tuple[Any, ...],
        outs: tuple[Any, ...],
        lines: str,
        results: tuple[str, ...],
        prelude: str,
    ) -> Callable[[list[Any]], Sequence[Any]]:
        """Return a function of broadcast arrays: `lines` compute results of ``x0``, ``x1``, ..."""
        text = elementwise_text(name, dtypes, outs, lines, results)
        kernel = _cupy().ElementwiseKernel(*text, preamble=prelude)
        if len(outs) == 1:
            return lambda arrays: (kernel(*arrays),)
        return lambda arrays: kernel(*arrays)

    def queue(self) -> Any:
        """Return what tells the queues of work: memory of one must not be used by another."""
        cuda = _cupy().cuda
        own = getattr(self._graphs, "queue", None)
        return own or (cuda.runtime.getDevice(), cuda.get_current_stream().ptr)

    def graph(self, calls: list[tuple[Callable[..., None], tuple[Any, ...]]]) -> Callable[[], None]:
        """Return what launches some kernels as one graph, which is captured at the first.

        It is captured in a stream of its own, with what the queue of now has: each queue has its
        own graphs, and one of them runs after the other.
        """
        cuda, made, queue = _cupy().cuda, list[Any](), self.queue()

        def launch_all() -> None:
            self._graphs.queue = queue
            try:
                for launch, args in calls:
                    launch(*args)
            finally:
                self._graphs.queue = None

        def run() -> None:
            if made:
                made[0].launch(cuda.get_current_stream())
                return
            launch_all()  # the first time one by one: kernels are loaded then
            stream = cuda.Stream(non_blocking=True)
            with stream:
                stream.begin_capture()
                launch_all()
                made.append(stream.end_capture())

        return run

    @staticmethod
    def launcher(source: str, name: str, rows: int, count: int) -> Callable[..., None]:
        """Return what launches a kernel on arrays and numbers."""
        function = _module(source).get_function(name)
        if rows:
            threads = min(1024, 1 << max(5, math.ceil(math.log2(count))))
            grid = min(rows, BLOCKS)
        else:
            threads = THREADS
            grid = min(-(-count // threads), BLOCKS)
        blocks, block = (max(grid, 1),), (threads,)

        def launch(*args: Any) -> None:
            function(blocks, block, args)

        return launch


def elementwise_text(
    name: str, dtypes: tuple[Any, ...], outs: tuple[Any, ...], lines: str, results: tuple[str, ...]
) -> tuple[str, str, str, str]:
    """Return what CuPy makes a kernel for elements of: operands, results, lines and name.

    CuPy has classes for halves, which are computed with in single precision.
    """
    loads = [
        f"const {'float' if d.name in HALVES else 'auto'} x{i} = "
        + (f"(float)p{i};" if d.name in HALVES else f"p{i};")
        for i, d in enumerate(dtypes)
    ]
    given = ", ".join(f"{d.name} p{i}" for i, d in enumerate(dtypes))
    made = ", ".join(f"{d.name} o{k}" for k, d in enumerate(outs))
    stores = [
        f"o{k} = {f'{d.name}({result})' if d.name in HALVES else result};"
        for k, (d, result) in enumerate(zip(outs, results, strict=True))
    ]
    return given, made, "\n".join([*loads, lines, *stores]), f"xgrad_{name}"


HALVES = ("float16", "bfloat16")


def _cupy() -> Any:
    return importlib.import_module("cupy")


@cache
def _module(source: str) -> Any:
    return _cupy().RawModule(code=source, options=OPTIONS)
