"""Ranks that are threads of this process: for tests, for notebooks, and to try a program out."""

from __future__ import annotations

import contextvars
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from .. import errors
from ..backends import backend_of
from .communicator import folded

__all__ = ["run_threads"]


RUNNING: set[int] = set()
"""The boards of programs whose ranks are threads, while these run."""


class _Board:
    """What the threads share: a slot for each, and letter boxes."""

    def __init__(self, size: int, timeout: float) -> None:
        self.size, self.timeout = size, timeout
        self.slots: list[Any] = [None] * size
        self.latest: list[Any] = []
        self.count = self.turn = 0
        self.changed = threading.Condition()
        self.boxes = {(i, j): deque[Any]() for i in range(size) for j in range(size)}
        self.failed: list[tuple[int, BaseException]] = []
        self.done: set[int] = set()

    def fail(self, rank: int, error: BaseException) -> None:
        """Let everybody who waits know that a rank has failed."""
        with self.changed:
            self.failed.append((rank, error))
            self.changed.notify_all()

    def end(self, rank: int) -> None:
        """Let everybody who waits for a rank know that it has returned."""
        with self.changed:
            self.done.add(rank)
            self.changed.notify_all()

    def alone(self, rank: int, what: str) -> errors.DistributedError:
        """Return the error of a rank that waits for somebody who does not come."""
        if self.failed:
            first, error = self.failed[0]
            return errors.DistributedError(
                f"{what}: rank {rank} waits for rank {first}, which failed with "
                f"{type(error).__name__}: {error}"
            )
        if self.done:
            gone = ", ".join(map(str, sorted(self.done)))
            return errors.DistributedError(
                f"{what}: rank {rank} waits, but rank {gone} has ended: the ranks made another "
                "number of collectives. Each has to make the same collectives in the same order"
            )
        return errors.DistributedError(
            f"{what}: rank {rank} waited for {self.timeout:g} s in vain. Each rank has to make the "
            "same collectives in the same order, and each message needs one who takes it"
        )

    def exchange(self, rank: int, value: Any, what: str) -> list[Any]:
        """Return what each rank put up, in their order."""
        with self.changed:
            turn = self.turn
            self.slots[rank] = value
            self.count += 1
            if self.count == self.size:
                self.latest, self.slots = self.slots, [None] * self.size
                self.count, self.turn = 0, turn + 1
                self.changed.notify_all()
            self.changed.wait_for(
                lambda: self.turn != turn or self.failed or self.done, self.timeout
            )
            if self.turn == turn:
                raise self.alone(rank, what)
            return self.latest

    def send(self, rank: int, dest: int, value: Any) -> None:
        """Put a message into the box of another rank."""
        with self.changed:
            self.boxes[rank, dest].append(value)
            self.changed.notify_all()

    def take(self, source: int, rank: int, what: str) -> Any:
        """Return the next message from one rank to another."""
        box = self.boxes[source, rank]
        with self.changed:
            self.changed.wait_for(lambda: box or self.failed or source in self.done, self.timeout)
            if not box:
                raise self.alone(rank, what)
            return box.popleft()


class _Thread:
    """The communicator of one of the threads; sums are made in the order of the ranks."""

    def __init__(self, rank: int, size: int, board: _Board) -> None:
        self.rank, self.size, self._board = rank, size, board

    def _exchange(self, x: Any, what: str) -> list[Any]:
        return self._board.exchange(self.rank, backend_of(x).copied(x), what)

    def allreduce(self, x: Any, op: str) -> Any:
        return _own(folded(self._exchange(x, "allreduce"), op))

    def allgather(self, x: Any) -> Any:
        return backend_of(x).xp.stack(self._exchange(x, "allgather"))

    def reduce_scatter(self, x: Any) -> Any:
        rows = [part[self.rank, ...] for part in self._exchange(x, "reduce_scatter")]
        return _own(folded(rows, "sum"))

    def alltoall(self, x: Any) -> Any:
        rows = [part[self.rank, ...] for part in self._exchange(x, "alltoall")]
        return backend_of(x).xp.stack(rows)

    def bcast(self, x: Any, root: int) -> Any:
        return _own(self._exchange(x, "bcast")[root])

    def reduce(self, x: Any, op: str, root: int) -> Any:
        parts = self._exchange(x, "reduce")
        return _own(folded(parts, op)) if self.rank == root else None

    def sendrecv(self, x: Any, dest: int | None, source: int | None, like: Any) -> Any:
        if dest is not None:
            self._board.send(self.rank, dest, backend_of(x).copied(x))
        return None if source is None else self._board.take(source, self.rank, "sendrecv")


def _own(x: Any) -> Any:
    """Return an array in a buffer of its own: what is put up is seen by all."""
    return backend_of(x).copied(x)


def run_threads(f: Callable[..., Any], size: int, *, timeout: float = 60.0) -> list[Any]:
    """Run a program on several ranks that are threads of this process, and return their results.

    Args:
        f: ``f(communicator)``; give what it gets to `use`.
        size: how many ranks there are.
        timeout: for how many seconds a rank waits for another one.

    Returns:
        What `f` returned on each rank, in their order.

    Raises:
        DistributedError: if ranks wait for each other in vain; if one of them raises, the others
            stop too, and its error is raised here.

    >>> from xgrad import distributed as dist
    >>> dist.run_threads(lambda comm: float(dist.use(comm).allreduce(comm.rank + 1.0)), 3)
    [6.0, 6.0, 6.0]
    """
    if size < 1:
        raise ValueError(f"run_threads: got size={size}; expected a positive number of ranks")
    board = _Board(size, timeout)
    results: list[Any] = [None] * size

    def work(rank: int) -> None:
        try:
            results[rank] = f(_Thread(rank, size, board))
        except BaseException as error:  # it is raised again where the threads are joined
            board.fail(rank, error)
        else:
            board.end(rank)

    threads = [
        threading.Thread(target=contextvars.Context().run, args=(work, rank), daemon=True)
        for rank in range(size)
    ]
    RUNNING.add(id(board))
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        RUNNING.discard(id(board))
    if board.failed:
        raise _first(board.failed)
    return results


def _first(failed: list[tuple[int, BaseException]]) -> BaseException:
    """Return the error that was not made by waiting for a rank which has failed."""
    for rank, error in failed:
        if not isinstance(error, errors.DistributedError):
            error.add_note(f"xgrad: on rank {rank}")
            return error
    return failed[0][1]
