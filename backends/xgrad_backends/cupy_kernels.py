"""Kernels of compiled functions on NVIDIA GPUs: NVRTC compiles them, through CuPy.

CuPy keeps what was compiled in a folder, so that the next process need not compile it again.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from functools import cache
from typing import Any

OPTIONS = ("-std=c++17",)
THREADS = 256
"""Of a block that goes over elements: a multiple of 32, and several blocks fit a processor."""

BLOCKS = 1 << 16
"""At most so many blocks: each of them goes over further elements or rows where there are more."""


class Kernels:
    """Kernels of a text; see `xgrad.backends.kernels.Kernels`."""

    @staticmethod
    def view(buffer: Any, shape: tuple[int, ...], dtype: Any) -> Any:
        """Return an array in the first bytes of a buffer."""
        return _cupy().ndarray(shape, dtype, buffer.data)

    @staticmethod
    def flat(x: Any) -> Any:
        """Return an array in C order: itself if it lies so."""
        return x if x.flags.c_contiguous else _cupy().ascontiguousarray(x)

    @staticmethod
    def queue() -> Any:
        """Return what tells the queues of work: memory of one must not be used by another."""
        cuda = _cupy().cuda
        return cuda.runtime.getDevice(), cuda.get_current_stream().ptr

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


def _cupy() -> Any:
    return importlib.import_module("cupy")


@cache
def _module(source: str) -> Any:
    return _cupy().RawModule(code=source, options=OPTIONS)
