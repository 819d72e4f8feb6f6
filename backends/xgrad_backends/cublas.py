"""Products of matrices by a handle of cuBLAS of our own, which CUDA may capture in a graph.

CuPy refuses its own products while a graph is captured (cupy/cupy#6290). This handle has a
workspace that stays where it is, so that a graph may use it again.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import math
import threading
from typing import Any, NamedTuple

WORKSPACE = 32 << 20
"""Bytes that cuBLAS is given for each queue of work: what NVIDIA advises for Hopper."""

TYPES: dict[str, tuple[int, int, Any]] = {
    "float16": (2, 68, ctypes.c_float * 1),
    "bfloat16": (14, 68, ctypes.c_float * 1),
    "float32": (0, 68, ctypes.c_float * 1),
    "float64": (1, 70, ctypes.c_double * 1),
    "complex64": (4, 68, ctypes.c_float * 2),
    "complex128": (5, 70, ctypes.c_double * 2),
}
"""CUDA's number of the elements, of what is computed with, and the type of alpha and beta."""

_N, _T, _DEFAULT = 0, 1, -1


class Operand(NamedTuple):
    """How a stack of matrices lies in memory, as cuBLAS is told, which counts columns first.

    Attributes:
        transposed: whether it is what the array's transpose is in C order.
        lead: elements from one row to the next, or from one column to the next if transposed.
        step: elements from one matrix to the next.
    """

    transposed: bool
    lead: int
    step: int


def operand(x: Any, batch: tuple[int, ...]) -> Operand | None:
    """Return how an array lies, for a product with this batch; None if cuBLAS cannot be told."""
    size = x.dtype.itemsize
    rows, columns = x.shape[-2:]
    down, along = (s // size for s in x.strides[-2:])
    if along == 1 or columns == 1:
        transposed, lead, least = False, columns if rows == 1 else down, columns
    elif down == 1 or rows == 1:
        transposed, lead, least = True, rows if columns == 1 else along, rows
    else:
        return None
    step = _step([s // size for s in x.strides[:-2]], x.shape[:-2], batch)
    if step is None or lead < max(least, 1):
        return None
    return Operand(transposed, lead, step)


def _step(strides: list[int], shape: tuple[int, ...], batch: tuple[int, ...]) -> int | None:
    """Return how far apart the matrices of a stack are, if they are equally so."""
    missing = len(batch) - len(shape)
    steps = [0] * missing + [s if n > 1 else 0 for s, n in zip(strides, shape, strict=True)]
    step, inner = None, 1
    for s, n in zip(reversed(steps), reversed(batch), strict=True):
        if n == 1:
            continue
        if step is None:
            step = s
        elif s != step * inner:
            return None
        inner *= n
    return step or 0


def fits(out: Any, a: Any, b: Any) -> bool:
    """Whether one call makes a product: of one dtype, `out` in C order, operands at strides."""
    if not a.dtype == b.dtype == out.dtype or out.dtype.name not in TYPES:
        return False
    if len(a.shape) < 2 or len(b.shape) < 2 or not (out.shape and math.prod(out.shape)):
        return False
    batch = tuple(out.shape[:-2])
    own = operand(out, batch)
    if not a.shape[-1] or own is None or own.transposed:
        return False
    return operand(a, batch) is not None and operand(b, batch) is not None


class Products:
    """Products by handles of our own, one for each thread and GPU.

    Args:
        cp: CuPy.
        library: cuBLAS, if it is not to be looked for.
    """

    def __init__(self, cp: Any, library: Any = None) -> None:
        self.cp = cp
        self._library = library
        self._here = threading.local()
        self._workspaces: dict[Any, Any] = {}

    @functools.cached_property
    def library(self) -> Any:
        """The library, with the types of what is called."""
        found = self._library or ctypes.CDLL(_path())
        found.cublasGemmStridedBatchedEx.argtypes = _GEMM
        found.cublasSetStream_v2.argtypes = [ctypes.c_void_p] * 2
        found.cublasSetWorkspace_v2.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
        found.cublasCreate_v2.argtypes = [ctypes.c_void_p]
        return found

    @staticmethod
    def fits(out: Any, a: Any, b: Any) -> bool:
        """Return whether a product can be made by one call; see the function of this name."""
        return fits(out, a, b)

    def handle(self, queue: Any) -> Any:
        """Return the handle of this thread and GPU, on the current stream, with a workspace.

        The workspace is that of a queue, since two queues may be at work at once; setting a stream
        takes it away, so it is set last.
        """
        cuda = self.cp.cuda
        device = cuda.runtime.getDevice()
        handles = self._here.__dict__.setdefault("handles", {})
        if device not in handles:
            made = ctypes.c_void_p()
            _require(self.library.cublasCreate_v2(ctypes.addressof(made)), "cublasCreate")
            handles[device] = made
        if queue not in self._workspaces:
            self._workspaces[queue] = cuda.alloc(WORKSPACE)
        handle, space = handles[device], self._workspaces[queue]
        stream = cuda.get_current_stream().ptr
        _require(self.library.cublasSetStream_v2(handle, stream), "cublasSetStream")
        done = self.library.cublasSetWorkspace_v2(handle, space.ptr, WORKSPACE)
        _require(done, "cublasSetWorkspace")
        return handle

    def matmul(self, out: Any, a: Any, b: Any, queue: Any) -> None:
        """Write the product of two stacks of matrices to a third one in C order; see `fits`.

        In C order a matrix is what cuBLAS takes for its transpose: it is asked for b^T a^T.
        """
        batch = tuple(out.shape[:-2])
        first, second, own = operand(b, batch), operand(a, batch), operand(out, batch)
        if first is None or second is None or own is None:
            raise ValueError(f"cuBLAS: got strides {a.strides} and {b.strides}; see Products.fits")
        kind, computed, scalar = TYPES[out.dtype.name]
        alpha, beta = scalar(1), scalar(0)
        done = self.library.cublasGemmStridedBatchedEx(
            self.handle(queue),
            _T if first.transposed else _N,
            _T if second.transposed else _N,
            *(out.shape[-1], out.shape[-2], a.shape[-1]),
            ctypes.addressof(alpha),
            *(b.data.ptr, kind, first.lead, first.step),
            *(a.data.ptr, kind, second.lead, second.step),
            ctypes.addressof(beta),
            *(out.data.ptr, kind, own.lead, own.step or out.shape[-1] * out.shape[-2]),
            math.prod(batch),
            computed,
            _DEFAULT,
        )
        _require(done, "cublasGemmStridedBatchedEx")


_POINTER, _INT, _LONG = ctypes.c_void_p, ctypes.c_int, ctypes.c_longlong
_MATRIX = [_POINTER, _INT, _INT, _LONG]
_GEMM = [_POINTER, *[_INT] * 5, _POINTER, *_MATRIX, *_MATRIX, _POINTER, *_MATRIX, *[_INT] * 3]


def _require(status: int, what: str) -> None:
    if status:
        raise RuntimeError(f"{what} failed with status {status}; see cublasStatus_t")


def _path() -> str:
    """Return where cuBLAS is: as NVIDIA's packages say, or as the system finds it."""
    try:
        finder = importlib.import_module("cuda.pathfinder")
        return str(finder.load_nvidia_dynamic_lib("cublas").abs_path)
    except Exception:  # an older CuPy, or CUDA of the system
        return "libcublas.so"
