"""NumPy and threads standing in for CuPy and NCCL, as strict as these are.

The class has the methods of ``cupyx.distributed.NCCLBackend``, of the same parameters: they fill
buffers that they are given, which have to be contiguous, of the few dtypes that NCCL knows, and as
long as a count says. A send that stands in no group waits until somebody receives it.
"""

import threading
from types import SimpleNamespace

import numpy as np

from xgrad.distributed.threads import _Board

KNOWN = frozenset("bBiIlLqQefdFD")
_here = threading.local()


def group_start():
    _here.group = []


def group_end():
    calls, _here.group = _here.group, None
    for sends in (True, False):
        for is_send, call in calls:
            if is_send is sends:
                call()


CUPY = SimpleNamespace(
    **{name: getattr(np, name) for name in ("asarray", "empty", "ndarray", "uint8")},
    asnumpy=np.asarray,
    cuda=SimpleNamespace(nccl=SimpleNamespace(groupStart=group_start, groupEnd=group_end)),
)
"""The names of CuPy's that the adapter uses."""


class NCCLBackend:
    """One of the ranks; `board` is what they share."""

    def __init__(self, n_devices, rank, board):
        self._n_devices, self.rank, self._board = n_devices, rank, board

    def _all(self, what, array, *same):
        """Return what all ranks gave, if they gave as much and said the same."""
        _require(array)
        said = (what, array.dtype.char, array.size, *same)
        calls = self._board.exchange(self.rank, (said, array.copy()), what)
        assert len({call for call, _ in calls}) == 1, [call for call, _ in calls]
        return [x for _, x in calls]

    def _combined(self, what, array, out, op, *same):
        _require(out)
        assert out.dtype == array.dtype
        assert op == "sum" or (op in ("max", "min") and array.dtype.char not in "FD")
        step = {"sum": np.add, "max": np.maximum, "min": np.minimum}[op]
        return step.reduce(self._all(what, array, op, *same))

    def all_reduce(self, in_array, out_array, op="sum", stream=None):
        out_array[...] = self._combined("all_reduce", in_array, out_array, op)

    def reduce(self, in_array, out_array, root=0, op="sum", stream=None):
        total = self._combined("reduce", in_array, out_array, op, root)
        if self.rank == root:
            out_array[...] = total

    def broadcast(self, in_out_array, root=0, stream=None):
        in_out_array[...] = self._all("broadcast", in_out_array, root)[root]

    def reduce_scatter(self, in_array, out_array, count, op="sum", stream=None):
        total = self._combined("reduce_scatter", in_array, out_array, op, count)
        rows = np.reshape(total, (self._n_devices, count))
        np.reshape(out_array, count)[...] = rows[self.rank]

    def all_gather(self, in_array, out_array, count, stream=None):
        _require(out_array)
        assert count == in_array.size
        out_array[...] = np.concatenate(self._all("all_gather", in_array, count))

    def all_to_all(self, in_array, out_array, stream=None):
        assert in_array.shape[0] == out_array.shape[0] == self._n_devices
        _require(out_array)
        out_array[...] = [x[self.rank] for x in self._all("all_to_all", in_array)]

    def send(self, array, peer, stream=None):
        _require(array)
        sent = array.copy()
        if _grouped(True, lambda: self._board.send(self.rank, peer, sent)):
            return
        self._board.send(self.rank, peer, sent)
        raise AssertionError("a send outside of a group waits for whoever receives it")

    def recv(self, out_array, peer, stream=None):
        _require(out_array)

        def call():
            came = self._board.take(peer, self.rank, "recv")
            assert came.nbytes == out_array.nbytes
            out_array[...] = came

        if not _grouped(False, call):
            call()


NCCLBackend.__module__ = "cupyx.distributed._nccl_comm"


def _grouped(is_send, call):
    if getattr(_here, "group", None) is None:
        return False
    _here.group.append((is_send, call))
    return True


def _require(array):
    assert array.dtype.char in KNOWN, f"NCCL does not know {array.dtype}"
    assert array.flags.c_contiguous or array.flags.f_contiguous


def ranks(size, timeout=10.0):
    """Return a stand-in of the backend of each of so many ranks."""
    board = _Board(size, timeout)
    return [NCCLBackend(size, rank, board) for rank in range(size)]
