"""One message: arrays packed by dtype, batches taken apart, ranks made sure that they agree."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np

from .. import errors
from ..backends import Raw, backend_of, is_deterministic
from ..backends.batched import Batch
from .communicator import Communicator, folded

SIGNATURE = 160
"""How many bytes of its own call each rank shows the others."""


class Line(NamedTuple):
    """A communicator with how it is used.

    Attributes:
        to: what carries the messages.
        checks: whether the ranks compare their calls before each collective.
        deterministic: whether sums are made in the order of the ranks.
        counts: how many messages of each kind this rank has taken part in.
    """

    to: Communicator
    checks: bool
    deterministic: bool
    counts: dict[str, int]

    @property
    def in_order(self) -> bool:
        """Whether sums are made in the order of the ranks."""
        return self.deterministic or bool(is_deterministic())


class Message(NamedTuple):
    """What is done to arrays between ranks, a linear map but for the largest and the smallest.

    Attributes:
        kind: the name of one of the functions of a communicator, or ``"shift"``.
        op: ``"sum"``, ``"mean"``, ``"max"`` or ``"min"``, where values are combined, or cotangents.
        root: the rank that alone gives or gets, where one does; of a shift, by how many ranks.
        dest: to which rank is sent, if to any.
        source: from which rank is received, if from any.
        wraps: whether a shift goes from the last rank to the first.
    """

    kind: str
    op: str = ""
    root: int = 0
    dest: int | None = None
    source: int | None = None
    wraps: bool = False

    @property
    def transpose(self) -> Message:
        """The message that carries cotangents back."""
        if self.kind in ("sendrecv", "shift"):
            return self._replace(dest=self.source, source=self.dest, root=-self.root)
        return self._replace(kind=_BACK.get(self.kind, self.kind))


_BACK = {
    "allgather": "reduce_scatter",
    "reduce_scatter": "allgather",
    "bcast": "reduce",
    "reduce": "bcast",
}

# which have an axis of ranks in front, of what is given and of what comes out
_IN, _OUT = ("reduce_scatter", "alltoall"), ("allgather", "alltoall")


def send(line: Line, message: Message, raws: list[Raw], likes: list[Raw]) -> list[Raw]:
    """Send raw arrays, one message for all of a dtype, and return what comes back.

    Args:
        line: through what.
        message: what is done.
        raws: what this rank gives.
        likes: what is received is like these; `raws` themselves but for `sendrecv`.

    Returns:
        An array for each; of nothing that is received an empty list.
    """
    taken, homes = zip(*[_unbatched(x, message.kind) for x in raws], strict=True)
    wanted = [_unbatched(x, message.kind)[0] for x in likes]
    groups: dict[Any, list[int]] = {}
    for i, x in enumerate(taken):
        groups.setdefault((type(x), x.dtype), []).append(i)
    found: list[Raw] = [None] * len(wanted)
    for members in groups.values():
        xs, ys = [taken[i] for i in members], [wanted[i] for i in members]
        for i, y in zip(members, _packed(line, message, xs, ys), strict=True):
            found[i] = y
    if any(y is None for y in found):
        return []
    return [home(y) for home, y in zip(homes, found, strict=True)]


def _unbatched(x: Raw, kind: str) -> tuple[Raw, Callable[[Raw], Raw]]:
    """Return a batch as one array, with the axis of ranks in front, and the way back."""
    if not isinstance(x, Batch):
        return x, lambda y: y
    level = x.level
    xp = backend_of(x.data).xp
    data = xp.broadcast_to(x.data, (level.count, *x.shape))
    if kind in _IN:
        data = xp.moveaxis(data, 1, 0)
    inner, home = _unbatched(data, kind)
    moves = kind in _OUT

    def back(y: Raw) -> Raw:
        y = home(y)
        return level.batch(backend_of(y).xp.moveaxis(y, 1, 0) if moves else y)

    return inner, back


def _packed(line: Line, message: Message, xs: list[Raw], likes: list[Raw]) -> list[Raw]:
    """Send some arrays of one dtype as one."""
    if len(xs) == 1:
        return [_sent(line, message, xs[0], likes[0])]
    xp, size = backend_of(xs[0]).xp, line.to.size
    lead_in = (size,) if message.kind in _IN else ()
    lead_out = (size,) if message.kind in _OUT else ()
    x = xp.concat([xp.reshape(x, (*lead_in, -1)) for x in xs], axis=-1)
    like = xp.concat([xp.reshape(y, (*lead_in, -1)) for y in likes], axis=-1)
    y = _sent(line, message, x, like)
    if y is None:
        return [None] * len(xs)
    parts, start = [], 0
    for near in likes:
        shape = tuple(near.shape)[len(lead_in) :]
        stop = start + math.prod(shape)
        parts.append(xp.reshape(y[..., start:stop], (*lead_out, *shape)))
        start = stop
    return parts


class Sent(NamedTuple):
    """One message, as a plan counts it: what it was, its bytes here, and how long it took."""

    kind: str
    op: str
    size: int
    seconds: float


_log: ContextVar[list[Sent] | None] = ContextVar("xgrad_sent", default=None)


@contextlib.contextmanager
def logged() -> Iterator[list[Sent]]:
    """Give the messages that are sent in the block."""
    log: list[Sent] = []
    token = _log.set(log)
    try:
        yield log
    finally:
        _log.reset(token)


def _sent(line: Line, message: Message, x: Raw, like: Raw) -> Raw:
    """Send one array, and take note of it."""
    log = _log.get()
    if log is None:
        return _carried(line, message, x, like)
    start = time.perf_counter()
    y = _carried(line, message, x, like)
    size = math.prod(x.shape) * np.dtype(backend_of(x).numpy_dtype(x.dtype)).itemsize
    log.append(Sent(message.kind, message.op, size, time.perf_counter() - start))
    return y


def _carried(line: Line, message: Message, x: Raw, like: Raw) -> Raw:
    """Send one array."""
    to, kind = line.to, message.kind
    line.counts[kind] = line.counts.get(kind, 0) + 1
    if line.checks and to.size > 1 and kind != "sendrecv":
        _agree(to, message, x)
    if kind in ("sendrecv", "shift"):
        y = to.sendrecv(x, message.dest, message.source, like)
        if y is None and kind == "shift":
            y = backend_of(x).xp.zeros_like(x)
    elif kind == "allgather":
        y = to.allgather(x)
    elif kind == "alltoall":
        y = to.alltoall(x)
    elif kind == "bcast":
        y = to.bcast(x, message.root)
    else:
        y = _combined(line, message, x)
    return y / to.size if message.op == "mean" and y is not None else y


def _combined(line: Line, message: Message, x: Raw) -> Raw:
    """Return values of all ranks combined, in the order of the ranks if that is wanted."""
    to, (kind, op, root, *_) = line.to, message
    op = "sum" if op == "mean" else op
    if line.in_order and op == "sum":
        if kind == "reduce_scatter":
            return folded(to.alltoall(x), "sum")
        total = folded(to.allgather(x), "sum")
        return None if kind == "reduce" and to.rank != root else total
    if kind == "reduce_scatter":
        return to.reduce_scatter(x)
    return to.reduce(x, op, root) if kind == "reduce" else to.allreduce(x, op)


def _agree(to: Communicator, message: Message, x: Raw) -> None:
    """Raise on every rank if the calls of the ranks are not one."""
    dtype = str(x.dtype).rpartition(".")[2]
    call = f"{message.kind} of {dtype}{list(x.shape)}"
    if message.kind in ("allreduce", "reduce", "reduce_scatter"):
        call += f" with op={message.op!r}"
    if message.kind in ("bcast", "reduce"):
        call += f" with root={message.root}"
    if message.kind == "shift":
        call += f" by {message.root}" + (" around" if message.wraps else "")
    calls = exchanged(to, call, x)
    if len(set(calls)) > 1:
        raise errors.DistributedError(disagreement(calls))


def exchanged(to: Communicator, text: str, near: Raw) -> list[str]:
    """Return a short text of each rank."""
    backend = backend_of(near)
    data = np.frombuffer(text.encode()[:SIGNATURE].ljust(SIGNATURE), np.uint8)
    raw = backend.from_numpy(data, backend.device(near))
    rows = backend.to_numpy(to.allgather(raw))
    return [bytes(row).decode(errors="replace").rstrip() for row in np.asarray(rows)]


def disagreement(calls: list[str]) -> str:
    """Return the message that the ranks call different things."""
    each = "\n".join(f"  rank {i}: {call}" for i, call in enumerate(calls))
    return (
        "distributed: the ranks disagree. Each has to make the same collectives in the same order, "
        f"of arrays of one shape and dtype; they were about to make\n{each}"
    )
