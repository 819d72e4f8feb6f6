"""NCCL, through ``cupyx.distributed``, as a communicator of `xgrad.distributed`.

Each rank has a GPU of its own. Messages are put on CuPy's current stream, and nothing waits for
them. Arrays of other libraries go by way of CuPy's.
"""

from __future__ import annotations

from typing import Any

import cupy as cp
from cupy.cuda import nccl

from xgrad.backends import backend_of

_WIDER = {"?": "uint8", "h": "int32", "H": "int32"}
"""What NCCL does not add, by its character, and what it adds instead."""


class _NCCL:
    """A backend of ``cupyx.distributed``."""

    checks = False  # to read what the others are about to do, each message would wait for the GPU

    def __init__(self, backend: Any) -> None:
        self._nccl = backend
        self.rank, self.size = backend.rank, backend._n_devices

    def _sent(self, x: Any) -> Any:
        """Return a contiguous array of CuPy's that is sent."""
        x = x if isinstance(x, cp.ndarray) else cp.asarray(backend_of(x).to_numpy(x))
        return x if x.flags.c_contiguous else x.copy(order="C")

    def _home(self, y: Any, near: Any) -> Any:
        """Return what came back in the library and on the device of an array."""
        if isinstance(near, cp.ndarray):
            return y
        backend = backend_of(near)
        return backend.from_numpy(cp.asnumpy(y), backend.device(near))

    def _combined(self, call: Any, x: Any, shape: Any, *how: Any) -> Any:
        """Combine values, in a dtype whose arithmetic NCCL knows, and return them in theirs."""
        data = self._sent(x)
        sums = data.astype(_WIDER.get(data.dtype.char, data.dtype), copy=False)
        out = cp.empty(tuple(shape), sums.dtype)
        call(sums, out, *how)
        return self._home(out.astype(data.dtype, copy=False), x)

    def allreduce(self, x: Any, op: str) -> Any:
        return self._combined(self._nccl.all_reduce, x, x.shape, op)

    def reduce(self, x: Any, op: str, root: int) -> Any:
        y = self._combined(self._nccl.reduce, x, x.shape, root, op)
        return y if self.rank == root else None

    def reduce_scatter(self, x: Any) -> Any:
        shape = tuple(x.shape)[1:]
        count = self._sent(x).size // self.size
        return self._combined(self._nccl.reduce_scatter, x, shape, count, "sum")

    def allgather(self, x: Any) -> Any:
        data = self._sent(x)
        out = cp.empty((self.size, *data.shape), data.dtype)
        self._nccl.all_gather(_bytes(data), _bytes(out), data.nbytes)
        return self._home(out, x)

    def alltoall(self, x: Any) -> Any:
        data = self._sent(x)
        out = cp.empty(data.shape, data.dtype)
        rows = (_bytes(data).reshape(self.size, -1), _bytes(out).reshape(self.size, -1))
        self._nccl.all_to_all(*rows)
        return self._home(out, x)

    def bcast(self, x: Any, root: int) -> Any:
        data = self._sent(x).copy()
        self._nccl.broadcast(_bytes(data), root)
        return self._home(data, x)

    def sendrecv(self, x: Any, dest: int | None, source: int | None, like: Any) -> Any:
        sent = None if dest is None else _bytes(self._sent(x))
        near = None if source is None else self._sent(like)
        out = None if near is None else cp.empty(near.shape, near.dtype)
        nccl.groupStart()  # else a ring would wait for itself
        try:
            if sent is not None:
                self._nccl.send(sent, dest)
            if out is not None:
                self._nccl.recv(_bytes(out), source)
        finally:
            nccl.groupEnd()
        return None if out is None else self._home(out, like)


def _bytes(x: Any) -> Any:
    """Return a buffer as bytes, of which NCCL knows how to carry any number."""
    return x.reshape(x.size).view(cp.uint8)


def adapted(backend: Any) -> Any:
    """Return a backend of ``cupyx.distributed`` as a communicator of ours."""
    return _NCCL(backend)
