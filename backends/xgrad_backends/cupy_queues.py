"""On which GPU ops run, and in which stream of it.

CuPy computes on the current GPU and in the current stream, wherever the arrays lie. An op runs on
the GPU of its arrays here, and a walk goes through each op on its GPU and in the stream in which it
ran: what was made there, and is freed there, is then in order. Where a walk goes from one stream to
another, an event says when.
"""

from __future__ import annotations

import contextlib
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

MOST = 64
"""So many streams are remembered, the last ones that ops ran in."""

LONGEST = 20_000
"""So many changes of stream are remembered in a thread."""


class Queue(NamedTuple):
    """A stream of a GPU.

    Attributes:
        device: the number of the GPU.
        stream: CuPy's stream.
    """

    device: int
    stream: Any


class _Log(threading.local):
    """What ops of this thread ran in: from which serial number on in which queue.

    Where xgrad copies an array, as it does with arguments that a later walk needs, the caller does
    not know of it: `copied` is the queue, behind which other streams go on.
    """

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.queues: list[Queue] = []
        self.last: Queue | None = None
        self.copied: Queue | None = None
        self.walks = 0


class Queues:
    """See the module, and `xgrad.backends.kernels.Queues`; `cp` is CuPy."""

    def __init__(self, cp: Any) -> None:
        self.cp = cp
        self.seen: list[Queue] = []
        self.log = _Log()

    @cached_property
    def several(self) -> bool:
        """Whether there is more than one GPU."""
        return bool(self.cp.cuda.runtime.getDeviceCount() > 1)

    def now(self) -> Queue:
        """Return the queue that CuPy computes in now."""
        cuda = self.cp.cuda
        return Queue(cuda.runtime.getDevice(), cuda.get_current_stream())

    def bound(self, f: Callable[..., Any], serial: Callable[[], int]) -> Callable[..., Any]:
        """Return a function of arrays as one that runs on their GPU, and notes its queue.

        Args:
            f: the function.
            serial: counts up as the nodes of a tape do.
        """
        log, arrays, cuda = self.log, self.cp.ndarray, self.cp.cuda
        device_now, stream_now = cuda.runtime.getDevice, cuda.get_current_stream

        def call(*args: Any, **kwargs: Any) -> Any:
            last = log.last
            if self.several:
                device = _device_of(args, arrays)
                if device is not None and device != device_now():
                    with cuda.Device(device):
                        self._note(serial)
                        return f(*args, **kwargs)
                if last is None or last.device != device_now():
                    self._note(serial)
                    return f(*args, **kwargs)
            if last is None or last.stream.ptr != stream_now().ptr:
                self._note(serial)
            return f(*args, **kwargs)

        return call

    def here(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of arrays as one that runs on the GPU of the first of them."""

        def call(x: Any, *args: Any) -> Any:
            if not self.several or x.data.device_id == self.cp.cuda.runtime.getDevice():
                return f(x, *args)
            with self.cp.cuda.Device(x.data.device_id):
                return f(x, *args)

        return call

    def copy(self, x: Any) -> Any:
        """Return a copy of an array, on its GPU."""
        with self._at(x.data.device_id):
            self.log.copied = self.now()
            return x.copy()

    def _note(self, serial: Callable[[], int]) -> None:
        """Note that ops run in another queue from now on."""
        log, queue = self.log, self.now()
        if log.copied is not None:
            self._wait(queue, log.copied)
        if queue == log.last:
            return
        log.last = queue
        log.starts.append(serial())
        log.queues.append(queue)
        if len(log.starts) > LONGEST:
            del log.starts[: LONGEST // 2], log.queues[: LONGEST // 2]
        if queue not in self.seen:
            self.seen = [*self.seen, queue][-MOST:]

    def of(self, serial: int) -> Queue | None:
        """Return the queue in which this thread ran the op of a node, if it is another than now."""
        if len(self.seen) < 2:
            return None
        i = bisect_right(self.log.starts, serial) - 1
        queue = self.log.queues[i] if i >= 0 else None
        return None if queue == self.now() else queue

    def is_here(self, x: Any) -> bool:
        """Return whether a walk may begin: on the GPU of an array, behind what other streams do."""
        if self.several and x.data.device_id != self.cp.cuda.runtime.getDevice():
            return False
        return bool(self.log.walks) or all(queue == self.now() for queue in self.seen)

    @contextlib.contextmanager
    def walking(self, x: Any) -> Iterator[None]:
        """Walk on the GPU of an array: behind what other streams did, and they go on behind it."""
        with self._at(x.data.device_id):
            here, outermost = self.now(), not self.log.walks
            for queue in self.seen if outermost else ():
                self._wait(here, queue)
            self.log.walks += 1
            try:
                yield
            finally:
                self.log.walks -= 1
                for queue in self.seen if outermost else ():
                    self._wait(queue, here)

    @contextlib.contextmanager
    def within(self, queue: Queue) -> Iterator[None]:
        """Compute in a queue, behind what was done here, which goes on behind it."""
        here = self.now()
        self._wait(queue, here)
        with self.cp.cuda.Device(queue.device), queue.stream:
            yield
        self._wait(here, queue)

    @contextlib.contextmanager
    def near(self, x: Any) -> Iterator[None]:
        """Compute on the GPU of an array, behind what was done here, which goes on behind it."""
        here = self.now()
        with self._at(x.data.device_id):
            there = self.now()
            self._wait(there, here)
            yield
        self._wait(here, there)

    def _at(self, device: int) -> contextlib.AbstractContextManager[Any]:
        if device == self.cp.cuda.runtime.getDevice():
            return contextlib.nullcontext()
        return self.cp.cuda.Device(device)  # type: ignore[no-any-return]

    def _wait(self, queue: Queue, other: Queue) -> None:
        """Let a queue go on when another one has done what it has to do so far."""
        if queue != other:
            with self._at(other.device):  # an event is of the GPU that it was made on
                event = other.stream.record()
            queue.stream.wait_event(event)


def _device_of(args: tuple[Any, ...], arrays: Any) -> int | None:
    """Return the number of the GPU of the first array among arguments."""
    for x in args:
        if type(x) is arrays:
            return int(x.data.device_id)
        if type(x) in (tuple, list) and x and type(x[0]) is arrays:
            return int(x[0].data.device_id)
    return None
