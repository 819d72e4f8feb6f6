"""Beyond one machine: collectives with derivatives, training on many ranks, pools of workers.

What is run by MPI, PyTorch's process groups, NCCL, threads or nobody else is told by `use`; a
`Group` has the collectives as methods, which are differentiable in any mode and order. Nothing of
these packages is imported before one of their communicators is handed over.
"""

from typing import TYPE_CHECKING

from .chunks import compute, map_blocks, map_overlap, persist, sum_chunks
from .communicator import Communicator, Serial
from .group import Group, group, use
from .planning import Plan, plan
from .pools import starmap
from .threads import run_threads
from .training import average, broadcast, grad, value_and_grad

__all__ = [
    "Communicator",
    "Group",
    "Plan",
    "Serial",
    "average",
    "broadcast",
    "compute",
    "grad",
    "group",
    "map_blocks",
    "map_overlap",
    "persist",
    "plan",
    "run_threads",
    "starmap",
    "sum_chunks",
    "use",
    "value_and_grad",
]


if not TYPE_CHECKING:  # checkers know the names from above, and of others that there are none

    def __getattr__(name):
        from .names import missing

        raise AttributeError(missing(f"module {__name__!r}", name, __all__, "dist.group()."))
