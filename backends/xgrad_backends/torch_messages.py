"""Process groups of PyTorch's as communicators of `xgrad.distributed`: gloo on the host, NCCL.

Arrays of NumPy travel too, as tensors that share their memory.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

from xgrad.backends import backend_of

_WIDER = {torch.uint16: torch.int32, torch.uint32: torch.int64, torch.bool: torch.uint8}


class _Group:
    """A process group; ranks are numbered within it."""

    def __init__(self, group: Any) -> None:
        self._group = group
        self.rank, self.size = dist.get_rank(group), dist.get_world_size(group)
        self._on_host = dist.get_backend(group) != "nccl"
        self.checks = self._on_host

    def _sent(self, x: Any) -> torch.Tensor:
        """Return a contiguous copy that is sent, where the group's messages start."""
        if not isinstance(x, torch.Tensor):
            host = np.array(backend_of(x).to_numpy(x))
            dtype = host.dtype if host.dtype.isnative else host.dtype.newbyteorder()
            x = torch.from_numpy(host.astype(dtype, copy=False))
        x = x.detach().to("cpu") if self._on_host else x.detach()
        return x.clone(memory_format=torch.contiguous_format)

    def _home(self, y: torch.Tensor, near: Any) -> Any:
        if isinstance(near, torch.Tensor):
            return y.to(near.device)
        backend = backend_of(near)
        out = y.cpu().numpy()
        return (
            out if isinstance(near, np.ndarray) else backend.from_numpy(out, backend.device(near))
        )

    def _combine(self, x: torch.Tensor, op: str) -> torch.Tensor:
        """Combine values of all ranks, complex numbers as pairs, in a dtype that is known there."""
        dtype, ways = x.dtype, dist.ReduceOp
        way = {"sum": ways.SUM, "max": ways.MAX, "min": ways.MIN}[op]
        parts = torch.view_as_real(x) if x.is_complex() else x
        parts = parts.to(_WIDER.get(parts.dtype, parts.dtype)).contiguous()
        dist.all_reduce(parts, op=way, group=self._group)
        return torch.view_as_complex(parts) if dtype.is_complex else parts.to(dtype)

    def allreduce(self, x: Any, op: str) -> Any:
        return self._home(self._combine(self._sent(x), op), x)

    def reduce(self, x: Any, op: str, root: int) -> Any:
        y = self.allreduce(x, op)  # what is there for one rank takes no complex numbers either
        return y if self.rank == root else None

    def reduce_scatter(self, x: Any) -> Any:
        total = self._combine(self._sent(x), "sum")
        return self._home(total[self.rank].clone(), x)

    def _gathered(self, data: torch.Tensor) -> torch.Tensor:
        rows = [_bytes(torch.empty_like(data)) for _ in range(self.size)]
        dist.all_gather(rows, _bytes(data), group=self._group)
        return torch.stack(rows).view(data.dtype).reshape((self.size, *data.shape))

    def allgather(self, x: Any) -> Any:
        return self._home(self._gathered(self._sent(x)), x)

    def alltoall(self, x: Any) -> Any:
        return self._home(self._gathered(self._sent(x))[:, self.rank].clone(), x)

    def bcast(self, x: Any, root: int) -> Any:
        data = self._sent(x)
        dist.broadcast(_bytes(data), self._at(root), group=self._group)
        return self._home(data, x)

    def sendrecv(self, x: Any, dest: int | None, source: int | None, like: Any) -> Any:
        work: list[Any] = []
        if dest is not None:
            sent = _bytes(self._sent(x))
            if dest == self.rank == source:
                return self._home(self._sent(x), like)
            work.append(dist.isend(sent, self._at(dest), group=self._group))
        if source is None:
            for each in work:
                each.wait()
            return None
        out = self._sent(like)
        dist.recv(_bytes(out), self._at(source), group=self._group)
        for each in work:
            each.wait()
        return self._home(out, like)

    def _at(self, rank: int) -> int:
        """Return the number in the whole program of a rank of this group."""
        return int(dist.get_global_rank(self._group, rank))


def _bytes(x: torch.Tensor) -> torch.Tensor:
    """Return a buffer as bytes, of which every group knows how to carry any number."""
    flat = x.reshape(math.prod(x.shape))
    return flat.view(torch.uint8)


def adapted(group: Any) -> Any:
    """Return a process group as a communicator of ours."""
    return _Group(group)
