"""What carries messages: seven functions on raw arrays, for one process, threads, MPI and others.

A communicator knows nothing of derivatives. It has a `rank` and a `size`, and these functions, of
which each rank calls the same one at the same time (`sendrecv` aside):

================= ==================================================================================
`allreduce`       the sum, the largest or the smallest over the ranks, on every rank
`allgather`       the arrays of all ranks side by side on a new first axis, on every rank
`reduce_scatter`  of arrays with a first axis as long as there are ranks the sum of each rank's row
`alltoall`        row j of rank i becomes row i of rank j
`bcast`           the array of one rank, on every rank
`reduce`          as `allreduce`, on one rank; None on the others
`sendrecv`        send to one rank, or to none, and receive from one, or from none, like an array
================= ==================================================================================
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from ..backends import backend_of

__all__ = ["Communicator", "Serial"]


@runtime_checkable
class Communicator(Protocol):
    """Carries raw arrays between ranks; anything with these members is one.

    Attributes:
        rank: the number of this process, from 0.
        size: how many there are.
    """

    rank: int
    size: int

    def allreduce(self, x: Any, op: str) -> Any:
        """Return the ``"sum"``, ``"max"`` or ``"min"`` of all ranks' arrays of one shape."""

    def allgather(self, x: Any) -> Any:
        """Return all ranks' arrays of one shape, stacked in the order of the ranks."""

    def reduce_scatter(self, x: Any) -> Any:
        """Return the sum over all ranks of ``x[rank]``."""

    def alltoall(self, x: Any) -> Any:
        """Return, stacked, row `rank` of the array of each rank."""

    def bcast(self, x: Any, root: int) -> Any:
        """Return the array of rank `root`; those of the others say only what it is like."""

    def reduce(self, x: Any, op: str, root: int) -> Any:
        """Return on rank `root` what `allreduce` gives, and None on the others."""

    def sendrecv(self, x: Any, dest: int | None, source: int | None, like: Any) -> Any:
        """Send `x` to a rank and return what another one sends, of the shape and dtype of `like`.

        Nothing is sent if `dest` is None, and None is returned if `source` is.
        """


class Serial:
    """The communicator of a single process, which is its only rank."""

    rank, size = 0, 1

    def allreduce(self, x: Any, op: str) -> Any:
        """Return a copy."""
        return _copied(x)

    def allgather(self, x: Any) -> Any:
        """Return the array with a first axis of length one."""
        return backend_of(x).xp.stack([x])

    def reduce_scatter(self, x: Any) -> Any:
        """Return a copy of the only row."""
        return _copied(x[0, ...])

    def alltoall(self, x: Any) -> Any:
        """Return a copy."""
        return _copied(x)

    def bcast(self, x: Any, root: int) -> Any:
        """Return a copy."""
        return _copied(x)

    def reduce(self, x: Any, op: str, root: int) -> Any:
        """Return a copy."""
        return _copied(x)

    def sendrecv(self, x: Any, dest: int | None, source: int | None, like: Any) -> Any:
        """Return what was sent to oneself, None if nothing was."""
        return None if source is None else _copied(x)


def _copied(x: Any) -> Any:
    return backend_of(x).copied(x)


def folded(parts: Any, op: str) -> Any:
    """Return the sum, the largest or the smallest of some raw arrays, in their order."""
    found = parts[0]
    xp = backend_of(found).xp
    step = {"sum": xp.add, "max": xp.maximum, "min": xp.minimum}[op]
    for part in parts[1:]:
        found = step(found, part)
    return found
