"""What a step would take on more ranks: from the messages it sends, and what it computes.

The costs of a collective of `n` bytes on `N` ranks are those of Thakur, Rabenseifner and Gropp,
Optimization of Collective Communication Operations in MPICH, 2005: a ring takes ``2 (N - 1)`` steps
that each carry ``n / N`` bytes, a tree ``2 log2 N`` steps of ``n``.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .group import Group, group
from .messages import Sent, logged

__all__ = ["Plan", "plan"]


class Plan(NamedTuple):
    """What was recorded of a step, and what it would take elsewhere.

    Attributes:
        messages: kind, operation and bytes of each message that one rank sends, in their order.
        compute: how many seconds the step takes on this rank without its messages.
        latency: how many seconds a message takes, however short.
        bandwidth: how many bytes a second go through.
    """

    messages: tuple[Sent, ...]
    compute: float
    latency: float
    bandwidth: float

    def seconds(self, ranks: int, algorithm: str = "ring") -> float:
        """Return how long the messages of one step take on so many ranks.

        Args:
            ranks: how many there are.
            algorithm: ``"ring"`` or ``"tree"``, how collectives are made.

        Returns:
            A number of seconds.
        """
        return sum(self._cost(sent, ranks, algorithm) for sent in self.messages)

    def efficiency(self, ranks: int, algorithm: str = "ring") -> float:
        """Return the part of the time in which ranks compute, each as much as this one does.

        Args:
            ranks: how many there are.
            algorithm: ``"ring"`` or ``"tree"``, how collectives are made.

        Returns:
            A number from 0 to 1.
        """
        return self.compute / (self.compute + self.seconds(ranks, algorithm))

    def _cost(self, sent: Sent, ranks: int, algorithm: str) -> float:
        if algorithm not in ("ring", "tree"):
            raise ValueError(f"plan: got algorithm={algorithm!r}; expected 'ring' or 'tree'")
        if ranks == 1:
            return 0.0
        each = sent.size / self.bandwidth
        if sent.kind in ("sendrecv", "shift"):
            return self.latency + each
        if sent.kind == "alltoall":
            return (ranks - 1) * (self.latency + each / ranks)
        floors = math.ceil(math.log2(ranks))
        if sent.kind == "allgather":  # each rank has a part of what comes out
            return (
                _ringed(ranks, self.latency, each * ranks)
                if algorithm == "ring"
                else (floors * self.latency + (ranks - 1) * each)
            )
        once = sent.kind in ("bcast", "reduce", "reduce_scatter")
        if algorithm == "ring":
            return (1 if once else 2) * _ringed(ranks, self.latency, each)
        return (1 if once else 2) * floors * (self.latency + each)

    def table(self, ranks: Sequence[int] = (1, 2, 4, 8, 16, 32, 64)) -> str:
        """Return the plan as a table for people.

        Args:
            ranks: for which numbers of ranks.

        Returns:
            Some lines of text.
        """
        lines = [f"{len(self.messages)} messages a step, {self.compute:.2e} s of computing a rank"]
        kinds: dict[tuple[str, str], list[int]] = {}
        for sent in self.messages:
            kinds.setdefault((sent.kind, sent.op), []).append(sent.size)
        for (kind, op), sizes in kinds.items():
            lines.append(f"  {len(sizes):4} x {kind:14} {op:5} {sum(sizes):>14,} bytes")
        lines.append(
            f"{'ranks':>6} {'ring':>12} {'efficiency':>11} {'tree':>12} {'efficiency':>11}"
        )
        for n in ranks:
            cells = [
                f"{self.seconds(n, a):>10.2e} s {self.efficiency(n, a):>10.0%} "
                for a in ("ring", "tree")
            ]
            lines.append(f"{n:>6} {' '.join(cells)}".rstrip())
        return "\n".join(lines)


def _ringed(ranks: int, latency: float, each: float) -> float:
    return (ranks - 1) * (latency + each / ranks)


def plan(
    step: Callable[[], Any],
    *,
    comm: Group | None = None,
    latency: float = 2e-5,
    bandwidth: float = 1e9,
    repeats: int = 3,
) -> Plan:
    """Run a step on the ranks that there are, and return what it would take on more of them.

    The step is run once to get warm, and a few times more. What other ranks wait for counts as
    sending, so a step whose ranks have unlike work is planned too well.

    Args:
        step: a function of nothing, as one step of a training loop.
        comm: the ranks; those of `group` by default.
        latency: how many seconds a message takes, however short; 2e-5 is a cloud's network.
        bandwidth: how many bytes a second go through; 1e9 is a tenth of a fast one.
        repeats: how many runs are timed; the shortest counts.

    Returns:
        A plan; print its `table`.

    Raises:
        ValueError: if `repeats` is not positive.

    >>> import numpy as np
    >>> from xgrad import distributed as dist
    >>> found = dist.plan(lambda: dist.use().allreduce(np.ones(1000)), latency=0.0, bandwidth=8e3)
    >>> [sent.size for sent in found.messages], found.seconds(2), found.seconds(4, "tree")
    ([8000], 1.0, 4.0)
    """
    if repeats < 1:
        raise ValueError(f"plan: repeats is {repeats}; expected a positive number")
    (comm or group()).barrier()
    step()
    seconds = math.inf
    sent: list[Sent] = []
    for _ in range(repeats):
        with logged() as log:
            start = time.perf_counter()
            step()
            took = time.perf_counter() - start
        sent = list(log)
        seconds = min(seconds, took - sum(s.seconds for s in sent))
    return Plan(tuple(sent), max(seconds, 1e-9), latency, bandwidth)
