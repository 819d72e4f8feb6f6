"""MPI, through mpi4py: arrays on the host, and on a device where MPI can read there.

An exception that nobody catches ends all ranks, as ``python -m mpi4py`` does it, and a rank that
ends while others still wait for it is named on all.
"""

from __future__ import annotations

import atexit
import os
import sys
import traceback
from types import TracebackType
from typing import Any

import numpy as np

from ..backends import Raw, backend_of
from .messages import disagreement, exchanged

THE_END = "nothing: its program has ended"


class _MPI:
    """A communicator of mpi4py's, of which a copy of our own carries the messages."""

    def __init__(self, comm: Any) -> None:
        self._comm = comm.Dup()
        self.rank, self.size = comm.Get_rank(), comm.Get_size()
        self._on_device = bool(int(os.environ.get("XGRAD_CUDA_AWARE_MPI", "0")))

    # Buffers -------------------------------------------------------------------------------------

    def _host(self, x: Raw) -> Any:
        """Return a buffer that MPI can read: a contiguous copy on the host, or on the device."""
        backend = backend_of(x)
        if self._on_device and not backend.on_host(x):
            backend.synchronize(backend.device(x))
            return backend.copied(x)
        host = backend.to_numpy(x)
        dtype = host.dtype if host.dtype.isnative else host.dtype.newbyteorder()
        return np.array(host, dtype, order="C")

    def _home(self, y: Any, near: Raw) -> Raw:
        """Return what came back on the library and the device of an array."""
        backend = backend_of(near)
        if not isinstance(y, np.ndarray):
            return y
        return y if isinstance(near, np.ndarray) else backend.from_numpy(y, backend.device(near))

    def _combine(self, call: Any, x: Raw, op: str, shape: tuple[int, ...], **kwargs: Any) -> Any:
        """Combine values in a dtype of which MPI knows the arithmetic, and return them in ours."""
        from mpi4py import MPI

        ways = {"sum": MPI.SUM, "max": MPI.MAX, "min": MPI.MIN}
        data = self._host(x)
        dtype = data.dtype
        if dtype.kind == "b":
            data = data.astype(np.uint8)
        elif dtype.kind not in "iufc" or (dtype.itemsize == 2 and dtype.kind == "f"):
            data = data.astype(np.float32)  # halves, and what NumPy does not know
        out = np.empty(shape, data.dtype) if isinstance(data, np.ndarray) else data[:0].copy()
        if not isinstance(data, np.ndarray):
            out = backend_of(x).xp.empty(shape, dtype=data.dtype, device=backend_of(x).device(x))
        call(data, out, op=ways[op], **kwargs)
        return self._home(out.astype(dtype) if out.dtype != dtype else out, x)

    # The seven -----------------------------------------------------------------------------------

    def allreduce(self, x: Raw, op: str) -> Raw:
        return self._combine(self._comm.Allreduce, x, op, tuple(x.shape))

    def reduce(self, x: Raw, op: str, root: int) -> Raw:
        y = self._combine(self._comm.Reduce, x, op, tuple(x.shape), root=root)
        return y if self.rank == root else None

    def reduce_scatter(self, x: Raw) -> Raw:
        return self._combine(self._comm.Reduce_scatter_block, x, "sum", tuple(x.shape)[1:])

    def allgather(self, x: Raw) -> Raw:
        data = self._host(x)
        out = _empty((self.size, *data.shape), data)
        self._comm.Allgather(_bytes(data), _bytes(out))
        return self._home(out, x)

    def alltoall(self, x: Raw) -> Raw:
        data = self._host(x)
        out = _empty(data.shape, data)
        self._comm.Alltoall(_bytes(data), _bytes(out))
        return self._home(out, x)

    def bcast(self, x: Raw, root: int) -> Raw:
        data = self._host(x)
        self._comm.Bcast(_bytes(data), root=root)
        return self._home(data, x)

    def sendrecv(self, x: Raw, dest: int | None, source: int | None, like: Raw) -> Raw:
        from mpi4py import MPI

        near = self._host(like) if source is not None else np.empty(0)
        out, status = _empty(near.shape, near), MPI.Status()
        self._comm.Sendrecv(
            _bytes(self._host(x) if dest is not None else np.empty(0)),
            dest=MPI.PROC_NULL if dest is None else dest,
            recvbuf=_bytes(out),
            source=MPI.PROC_NULL if source is None else source,
            status=status,
        )
        if source is None:
            return None
        came = status.Get_count(MPI.BYTE)
        if came != out.nbytes:
            raise ValueError(
                f"sendrecv: rank {source} sent {came} bytes; expected {out.nbytes}, as like= is "
                f"{out.dtype}{list(out.shape)}"
            )
        return self._home(out, like)

    # The end -------------------------------------------------------------------------------------

    def watch(self, checks: bool) -> None:
        """End all ranks if one raises, and say so if one ends while others wait for it."""
        if self.size == 1:
            return
        before = sys.excepthook

        def hook(
            kind: type[BaseException], error: BaseException, trace: TracebackType | None
        ) -> None:
            print(f"xgrad: rank {self.rank} of {self.size} raised:", file=sys.stderr)
            before(kind, error, trace)
            sys.stderr.flush()
            self._comm.Abort(1)

        sys.excepthook = hook
        if checks:
            atexit.register(self._ended)

    def _ended(self) -> None:
        from mpi4py import MPI

        if MPI.Is_finalized():
            return
        try:
            calls = exchanged(self, THE_END, np.empty(0))
        except MPI.Exception:
            traceback.print_exc()
            return
        if len(set(calls)) > 1:
            print(disagreement(calls), file=sys.stderr, flush=True)


def _empty(shape: tuple[int, ...], like: Any) -> Any:
    if isinstance(like, np.ndarray):
        return np.empty(shape, like.dtype)
    backend = backend_of(like)
    return backend.xp.empty(shape, dtype=like.dtype, device=backend.device(like))


def _bytes(x: Any) -> Any:
    """Return a buffer as bytes, of which MPI knows how to carry any number."""
    from mpi4py import MPI

    return [x, MPI.BYTE]


def adapted(comm: Any) -> Any:
    """Return a communicator of mpi4py's as one of ours."""
    return _MPI(comm)
