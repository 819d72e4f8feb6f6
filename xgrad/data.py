"""Minibatches: parts of arrays in an order that a seed decides, made ready ahead of time.

    >>> import numpy as np, xgrad as xg
    >>> x, y = np.arange(10.0).reshape(5, 2), np.arange(5)
    >>> [b.tolist() for _, b in xg.data.batches((x, y), 2, seed=0)]
    [[2, 4], [3, 0], [1]]
    >>> [b.tolist() for _, b in xg.data.batches((x, y), 2, seed=0, epoch=1)]
    [[1, 4], [3, 0], [2]]

The order is a function of the seed and the epoch, and of nothing else, so that a run that stopped
goes on with the batches that it would have had; see `Loader`.
"""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

import xgrad as xg

from . import tree as trees
from .errors.kinds import of_kinds
from .names import find

__all__ = ["Loader", "batches", "prefetch", "split"]

T = TypeVar("T")


def _length(arrays: Any, function: str) -> int:
    """Return the common length of the first axes of a pytree's arrays."""
    leaves = trees.leaves(arrays)
    shapes = [tuple(getattr(x, "shape", ())) for x in leaves]
    if not shapes or () in shapes:
        raise ValueError(
            f"{function}: got arrays of shapes {shapes}; expected at least one, each with an axis "
            "of examples"
        )
    if len({s[0] for s in shapes}) != 1:
        raise ValueError(
            f"{function}: the arrays hold {', '.join(str(s[0]) for s in shapes)} examples; "
            "expected as many in all"
        )
    return int(shapes[0][0])


def _order(n: int, seed: int, epoch: int) -> Any:
    """Return the order of an epoch, which is the same on every backend and machine."""
    return np.random.Generator(np.random.PCG64([seed, epoch])).permutation(n)


def _rows(x: Any, index: Any) -> Any:
    """Return the rows of an array at the places of a NumPy array, or at a slice."""
    if isinstance(index, slice):
        return x[index, ...]
    if isinstance(x, xg.Array) or type(x) is not np.ndarray:
        like = x if isinstance(x, xg.Array) else xg.asarray(x)
        places = xg.to_backend(xg.Array(index), like.backend, device=like.device)
        rows = xg.take(like, places, axis=0)
        return rows if isinstance(x, xg.Array) else rows.data
    return x[index]


@of_kinds
def batches(
    arrays: Any,
    batch_size: int,
    *,
    seed: int | None = None,
    epoch: int = 0,
    drop_last: bool = False,
    start: int = 0,
    shard: tuple[int, int] = (0, 1),
) -> Iterator[Any]:
    """Yield parts of a pytree of arrays along their first axes.

    Args:
        arrays: an array, or a tuple, dict or other pytree of arrays with as many examples each.
        batch_size: how many examples a part has; the last one has the rest.
        seed: shuffles the examples; None leaves them in order.
        epoch: each has an order of its own.
        drop_last: whether to leave out a last part that is not full.
        start: the first part to yield, counted from 0; to go on in the middle of an epoch.
        shard: ``(rank, size)`` yields of each part only what belongs to one of `size` ranks: a
            `size`-th, so that the ranks together have the batches of one process, whatever their
            number. Of a last part the fewer than `size` examples that are left over are left out.

    Returns:
        An iterator over pytrees of the structure of `arrays`.

    Raises:
        ValueError: if `batch_size` is not positive, or no multiple of the number of ranks, or the
            arrays differ in length.

    >>> import numpy as np, xgrad as xg
    >>> [x.tolist() for x in xg.data.batches(np.arange(5), 2)]
    [[0, 1], [2, 3], [4]]
    >>> [x.tolist() for x in xg.data.batches(np.arange(10), 4, shard=(1, 2))]
    [[2, 3], [6, 7], [9]]
    """
    _require_batch_size("batches", batch_size, shard)
    n = _length(arrays, "batches")
    order = None if seed is None else _order(n, seed, epoch)
    count = _count(n, batch_size, drop_last, shard[1])
    return _parts(arrays, order, count, batch_size, start, n, shard)


def _require_batch_size(function: str, batch_size: int, shard: tuple[int, int]) -> None:
    if batch_size < 1:
        raise ValueError(f"{function}: batch_size is {batch_size}; expected a positive integer")
    rank, size = shard
    if not 0 <= rank < size:
        raise ValueError(
            f"{function}: shard is {shard}; expected (rank, size) with 0 <= rank < size"
        )
    if batch_size % size:
        raise ValueError(
            f"{function}: batch_size is {batch_size} for all {size} ranks together; expected a "
            f"multiple of {size}, as {batch_size + -batch_size % size}"
        )


def _count(n: int, batch_size: int, drop_last: bool, ranks: int) -> int:
    full, rest = divmod(n, batch_size)
    return full if drop_last or rest < ranks else full + 1


def _parts(
    arrays: Any,
    order: Any,
    count: int,
    batch_size: int,
    start: int,
    n: int,
    shard: tuple[int, int],
) -> Iterator[Any]:
    rank, size = shard
    for i in range(start, count):
        first = i * batch_size
        own = min(batch_size, n - first) // size
        part: Any = slice(first + rank * own, first + (rank + 1) * own)
        part = part if order is None else order[part]
        yield trees.map(lambda x, part=part: _rows(x, part), arrays)


class Loader:
    """Minibatches epoch after epoch, with a position that can be saved and set.

    Args:
        arrays: a pytree of arrays with as many examples each.
        batch_size: how many examples a batch has.
        seed: shuffles the examples, anew in each epoch; None leaves them in order.
        drop_last: whether to leave out a last batch that is not full.
        shard: ``(rank, size)`` yields what belongs to one of `size` ranks; see `batches`.

    Attributes:
        state: ``{"epoch": ..., "batch": ...}``, the place of the next batch. Save it with the
            model, and set it again to go on.

    Iterating goes on from the position to the end of the epoch:

    >>> import numpy as np, xgrad as xg
    >>> loader = xg.data.Loader(np.arange(5), 2, seed=0)
    >>> [b.tolist() for b in loader]
    [[2, 4], [3, 0], [1]]
    >>> [b.tolist() for b in loader]
    [[1, 4], [3, 0], [2]]
    >>> loader.state = {"epoch": 0, "batch": 2}
    >>> [b.tolist() for b in loader]
    [[1]]
    """

    @of_kinds
    def __init__(
        self,
        arrays: Any,
        batch_size: int,
        *,
        seed: int | None = None,
        drop_last: bool = False,
        shard: tuple[int, int] = (0, 1),
    ) -> None:
        _require_batch_size("Loader", batch_size, shard)
        self.arrays, self.batch_size, self.shard = arrays, batch_size, shard
        self.seed, self.drop_last = seed, drop_last
        self.examples = _length(arrays, "Loader")
        self.state = {"epoch": 0, "batch": 0}

    def __len__(self) -> int:
        """Return the number of batches of an epoch."""
        return _count(self.examples, self.batch_size, self.drop_last, self.shard[1])

    def __iter__(self) -> Iterator[Any]:
        epoch, first = int(self.state["epoch"]), int(self.state["batch"])
        parts = batches(
            self.arrays,
            self.batch_size,
            seed=self.seed,
            epoch=epoch,
            drop_last=self.drop_last,
            start=first,
            shard=self.shard,
        )
        for i, batch in enumerate(parts, first + 1):
            # the position is that after the batch which is handed out now
            at_end = i == len(self)
            self.state = {"epoch": epoch + at_end, "batch": 0 if at_end else i}
            yield batch

    def __repr__(self) -> str:
        return (
            f"Loader({self.examples:,} examples, {len(self):,} batches of {self.batch_size}, "
            f"epoch {self.state['epoch']}, batch {self.state['batch']})"
        )


@of_kinds
def split(arrays: Any, fraction: float, *, seed: int = 0) -> tuple[Any, Any]:
    """Return two parts of the examples at random: a fraction of them, and the rest.

    Args:
        arrays: an array or a pytree of arrays with as many examples each.
        fraction: how large the first part is, from 0 to 1.
        seed: the same seed gives the same parts.

    Returns:
        Two pytrees of the structure of `arrays`.

    Raises:
        ValueError: if `fraction` is no number from 0 to 1, or the arrays differ in length.

    >>> import numpy as np, xgrad as xg
    >>> train, test = xg.data.split(np.arange(10), 0.8)
    >>> len(train), len(test)
    (8, 2)
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"split: fraction is {fraction}; expected 0 to 1")
    n = _length(arrays, "split")
    order, cut = _order(n, seed, 0), round(fraction * n)
    first, rest = order[:cut], order[cut:]
    return (
        trees.map(lambda x: _rows(x, first), arrays),
        trees.map(lambda x: _rows(x, rest), arrays),
    )


_END = object()


def prefetch(
    items: Iterable[T],
    size: int = 2,
    *,
    backend: str | None = None,
    device: Any = None,
) -> Iterator[T]:
    """Yield the items of an iterable that a thread makes ready ahead of time.

    An error in making an item is raised where the item would have come. The thread ends with the
    iteration, also if that is left early. A `Loader` that is read ahead is ahead in its position
    too, so to be able to go on from the position do not prefetch it.

    Args:
        items: as of `batches`.
        size: how many may wait.
        backend: moves their arrays to this backend in the thread, so that a device computes while
            the next batch is on its way.
        device: the device of the backend.

    Returns:
        An iterator over the items.

    Raises:
        ValueError: if `size` is not positive.

    >>> import numpy as np, xgrad as xg
    >>> [b.tolist() for b in xg.data.prefetch(xg.data.batches(np.arange(5), 2))]
    [[0, 1], [2, 3], [4]]
    """
    if size < 1:
        raise ValueError(f"prefetch: size is {size}; expected a positive integer")
    return _prefetched(items, size, backend, device)


def _prefetched(items: Iterable[T], size: int, backend: str | None, device: Any) -> Iterator[T]:
    ready: queue.Queue[tuple[Any, BaseException | None]] = queue.Queue(size)
    left = threading.Event()

    def moved(item: Any) -> Any:
        if backend is None:
            return item
        return trees.map(
            lambda x: xg.to_backend(
                x if isinstance(x, xg.Array) else xg.asarray(x), backend, device=device
            ),
            item,
        )

    def put(item: Any, error: BaseException | None) -> bool:
        while not left.is_set():
            try:
                ready.put((item, error), timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for item in items:
                if not put(moved(item), None):
                    return
            put(_END, None)
        except BaseException as error:  # it is raised by the reader
            put(_END, error)

    # the thread computes under the reader's backend and tape switch
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(work,), daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is _END:
                return
            yield item
    finally:
        left.set()
        thread.join()


if not TYPE_CHECKING:  # for checkers there are no other names

    def __getattr__(name):
        return find(__name__, name)
