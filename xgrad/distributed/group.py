"""The ranks of a program, and what they do together: `use`, and the collectives."""

from __future__ import annotations

import importlib
import importlib.util
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from .. import errors
from .. import tree as trees
from ..backends import COMPLEX, REAL, switch
from .collectives import communicate
from .communicator import Communicator, Serial
from .messages import Line, Message
from .names import missing
from .threads import RUNNING

__all__ = ["Group", "group", "use"]

_ADAPTERS = {"mpi4py": f"{__package__}.mpi"}
"""Where communicators of a package are adapted, but for those of array libraries."""


class Group:
    """The ranks that run a program together; `use` makes one.

    The program on all ranks is one function of all ranks' inputs, and a gradient is that of the sum
    of what the ranks return. Each rank makes the same collectives in the same order, under the same
    transforms; then a walk visits each of them too, in the reverse order, whether or not this rank
    uses what it received. Within a transform, what is received is tracked, for another rank may
    have sent what it differentiates: `xgrad.stop_gradient`, or ``with xgrad.no_grad()`` around a
    collective, says that it is not to be.

    The arguments are arrays, numbers or pytrees of them; all leaves of a dtype make one message.
    With ``backward()``, outside of a transform, a collective is walked only where its result is
    used: let every rank use it.

    Attributes:
        rank: the number of this process, from 0.
        size: how many there are.
        messages: how many messages of each kind this rank has taken part in.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import distributed as dist
    >>> def slope(communicator):
    ...     comm = dist.use(communicator)
    ...     f = lambda x: xg.sum(comm.allreduce(x) ** 2)  # each of 2 ranks returns (x0 + x1)**2
    ...     return float(xg.grad(f)(np.asarray(comm.rank + 1.0)))
    >>> dist.run_threads(slope, 2)
    [12.0, 12.0]
    """

    def __init__(self, to: Communicator, *, check: bool, deterministic: bool) -> None:
        self.rank, self.size = to.rank, to.size
        self.messages: dict[str, int] = {}
        self._line = Line(to, check, deterministic, self.messages)

    def __repr__(self) -> str:
        return f"<rank {self.rank} of {self.size}>"

    if not TYPE_CHECKING:  # for checkers there are no other names

        def __getattr__(self, name):
            known = [n for n in dir(type(self)) if n[0] != "_"]
            raise AttributeError(missing("a group of ranks", name, known, "comm."))

    def allreduce(self, x: Any, op: str = "sum") -> Any:
        """Return the sum, mean, largest or smallest of all ranks' arrays, on every rank.

        Its transpose is itself: a cotangent is the sum, or the mean, of those of all ranks. That of
        the largest and the smallest goes to the ranks that have it, in equal shares.

        Args:
            x: arrays, of one shape and dtype on all ranks.
            op: ``"sum"``, ``"mean"``, ``"max"`` or ``"min"``.

        Returns:
            Arrays of the shapes of `x`.

        Raises:
            DistributedError: on every rank, if their arrays differ in shape or dtype.
        """
        return communicate(self._line, Message("allreduce", _op("allreduce", op, x)), x)

    def allgather(self, x: Any) -> Any:
        """Return all ranks' arrays, stacked along a new first axis, on every rank.

        Its transpose is `reduce_scatter`.

        Args:
            x: arrays, of one shape and dtype on all ranks.

        Returns:
            Arrays of shape ``(size, *x.shape)``.

        Raises:
            DistributedError: on every rank, if their arrays differ in shape or dtype.
        """
        return communicate(self._line, Message("allgather", "sum"), x)

    def reduce_scatter(self, x: Any, op: str = "sum") -> Any:
        """Return the sum or mean over all ranks of row `rank` of their arrays.

        Its transpose is `allgather`.

        Args:
            x: arrays of shape ``(size, ...)``.
            op: ``"sum"`` or ``"mean"``.

        Returns:
            Arrays of the shape of a row.

        Raises:
            ValueError: if a first axis is not as long as there are ranks.
            DistributedError: on every rank, if their arrays differ in shape or dtype.
        """
        if op not in ("sum", "mean"):
            raise ValueError(f"reduce_scatter: got op={op!r}; expected 'sum' or 'mean'")
        self._require_rows("reduce_scatter", x)
        return communicate(self._line, Message("reduce_scatter", _op("reduce_scatter", op, x)), x)

    def alltoall(self, x: Any) -> Any:
        """Return, stacked, row `rank` of the array of each rank.

        Its transpose is itself.

        Args:
            x: arrays of shape ``(size, ...)``, of which row j is for rank j.

        Returns:
            Arrays of the same shape, of which row i is from rank i.

        Raises:
            ValueError: if a first axis is not as long as there are ranks.
            DistributedError: on every rank, if their arrays differ in shape or dtype.
        """
        self._require_rows("alltoall", x)
        return communicate(self._line, Message("alltoall"), x)

    def bcast(self, x: Any, root: int = 0) -> Any:
        """Return the arrays of one rank, on every rank.

        Its transpose is `reduce`: the root gets the sum of all cotangents, the others none.

        Args:
            x: arrays, of one shape and dtype on all ranks; only those of the root are sent.
            root: whose they are.

        Returns:
            Arrays of the shapes of `x`.

        Raises:
            DistributedError: on every rank, if their arrays differ in shape or dtype.
        """
        return communicate(self._line, Message("bcast", "sum", self._known("bcast", root)), x)

    def reduce(self, x: Any, op: str = "sum", root: int = 0) -> Any:
        """Return on one rank what `allreduce` gives, and None on the others.

        Its transpose is `bcast`: every rank gets the root's cotangent.

        Args:
            x: arrays, of one shape and dtype on all ranks.
            op: ``"sum"``, ``"mean"``, ``"max"`` or ``"min"``.
            root: who gets the result.

        Returns:
            Arrays of the shapes of `x` on the root, None on the others.

        Raises:
            DistributedError: on every rank, if their arrays differ in shape or dtype.
        """
        self._known("reduce", root)
        if op in ("max", "min"):  # all have to know whether theirs is the one
            found = self.allreduce(x, op)
            return found if self.rank == root else None
        return communicate(self._line, Message("reduce", _op("reduce", op, x), root), x)

    def sendrecv(
        self, x: Any = None, *, dest: int | None = None, source: int | None = None, like: Any = None
    ) -> Any:
        """Send arrays to one rank, and return what another one sends here.

        Its transpose sends the cotangent of what was received back to where it came from. The one
        that sends calls it, and so does the one that receives.

        Args:
            x: what is sent; may be left out if nothing is.
            dest: to which rank; None sends nothing.
            source: from which rank; None receives nothing.
            like: arrays of the shapes and dtypes of what is received; those of `x` by default.

        Returns:
            What was received, None if nothing was.

        Raises:
            ValueError: if neither `x` nor `like` is given, or they differ in their structure.

        >>> from xgrad import distributed as dist
        >>> def around(communicator):
        ...     comm = dist.use(communicator)
        ...     before, after = (comm.rank - 1) % comm.size, (comm.rank + 1) % comm.size
        ...     return float(comm.sendrecv(float(comm.rank), dest=after, source=before))
        >>> dist.run_threads(around, 3)
        [2.0, 0.0, 1.0]
        """
        for name, rank in (("dest", dest), ("source", source)):
            if rank is not None:
                self._known("sendrecv", rank, name)
        if x is None:
            if like is None or dest is not None:
                what = "x" if dest is not None else "like"
                raise ValueError(f"sendrecv: got no {what}; expected the arrays to send or receive")
            x = like
        _require_alike(x, like)
        return communicate(self._line, Message("sendrecv", dest=dest, source=source), x, like)

    def shift(self, x: Any, by: int = 1, *, wraps: bool = False) -> Any:
        """Return what the rank `by` places before this one has: a halo of a divided domain.

        Its transpose is a shift by ``-by``.

        Args:
            x: arrays, of one shape and dtype on all ranks.
            by: by how many ranks arrays go up.
            wraps: whether the first rank gets what the last one has; else it gets zeros.

        Returns:
            Arrays of the shapes of `x`.

        Raises:
            DistributedError: on every rank, if their arrays differ in shape or dtype.

        >>> import numpy as np
        >>> from xgrad import distributed as dist
        >>> dist.run_threads(lambda c: float(dist.use(c).shift(np.asarray(c.rank + 1.0))), 3)
        [0.0, 1.0, 2.0]
        """
        ends = [self.rank + by, self.rank - by]
        if wraps:
            ends = [end % self.size for end in ends]
        dest, source = [end if 0 <= end < self.size else None for end in ends]
        return communicate(self._line, Message("shift", "", by, dest, source, wraps), x)

    def barrier(self) -> None:
        """Wait until every rank has come here."""
        self.allreduce(0)

    def _known(self, what: str, rank: int, name: str = "root") -> int:
        if not 0 <= rank < self.size:
            raise ValueError(
                f"{what}: got {name}={rank}; expected a rank from 0 to {self.size - 1}"
            )
        return rank

    def _require_rows(self, what: str, x: Any) -> None:
        for leaf in trees.leaves(x):
            shape = tuple(getattr(leaf, "shape", ()))
            if not shape or shape[0] != self.size:
                raise ValueError(
                    f"{what}: got an array of shape {shape}; expected a first axis of length "
                    f"{self.size}, a row for each rank"
                )


def _op(what: str, op: str, tree: Any) -> str:
    """Return the name of a way to combine values, if there is one and it fits the arrays."""
    if op not in ("sum", "mean", "max", "min"):
        raise ValueError(f"{what}: got op={op!r}; expected 'sum', 'mean', 'max' or 'min'")
    for leaf in trees.leaves(tree):
        x = trees.as_array(leaf, what)
        kind = str(x.dtype)
        if "bool" in kind and op in ("sum", "mean"):
            raise TypeError(
                f"{what}: got booleans with op={op!r}; expected numbers. Pass "
                "xgrad.astype(x, xgrad.int64) to count, or op='max' for any, 'min' for all"
            )
        if op == "mean" and x._raw.dtype not in REAL and x._raw.dtype not in COMPLEX:
            raise TypeError(
                f"{what}: got {kind} with op='mean'; expected a floating-point dtype. Pass "
                "xgrad.astype(x, xgrad.float64)"
            )
        if op in ("max", "min") and x._raw.dtype in COMPLEX:
            raise TypeError(
                f"{what}: got {kind} with op={op!r}; expected real numbers, which have an order"
            )
    return op


def _require_alike(x: Any, like: Any) -> None:
    if like is None:
        return
    first, second = (
        [trees.as_array(a, "sendrecv").dtype for a in trees.leaves(t)] for t in (x, like)
    )
    if first != second:
        raise ValueError(
            f"sendrecv: x has leaves of {[str(d) for d in first]}, and like of "
            f"{[str(d) for d in second]}; expected as many of the same dtypes"
        )


# Which group --------------------------------------------------------------------------------------


_current: ContextVar[Group | None] = ContextVar("xgrad_group", default=None)
_of_process: list[Group] = []
"""What was chosen last in the main thread: other threads, as those of a pool, have it too."""


def use(
    communicator: Any = None, *, check: bool | None = None, deterministic: bool = False
) -> Group:
    """Let this program run on the ranks of a communicator, from here on in this context.

    What the main thread chooses holds for all threads that choose nothing themselves.

    Args:
        communicator: an ``mpi4py.MPI.Comm``, a process group of PyTorch's, a ``cupyx.distributed``
            backend, what `run_threads` hands out, or any object with the functions of
            `Communicator`. None is this process alone.
        check: whether the ranks compare their calls before each collective, which takes a small
            message of its own; one that differs raises on all ranks. By default where that does not
            make a device wait.
        deterministic: whether sums are made in the order of the ranks, so that they have the same
            bits on any machine; they take more memory then. ``with xgrad.deterministic()`` does the
            same for a block.

    Returns:
        The ranks, with the collectives as methods; `group` returns them too.

    Raises:
        TypeError: if `communicator` is none of these.

    >>> from xgrad import distributed as dist
    >>> dist.use()
    <rank 0 of 1>
    """
    to = _adapted(communicator)
    if check is None:
        check = bool(getattr(to, "checks", True))
    watch = getattr(to, "watch", None)
    if watch is not None:
        watch(check)
    made = Group(to, check=check, deterministic=deterministic)
    _current.set(made)
    if threading.current_thread() is threading.main_thread():
        _of_process[:] = [made]
    return made


@switch
def _chosen() -> Group | None:
    """Return the ranks that `use` chose, if it chose any."""
    return _current.get() or next(iter(_of_process), None)


def group() -> Group:
    """Return the ranks that `use` chose, this process alone if it chose none.

    >>> from xgrad import distributed as dist
    >>> dist.group().size
    1
    """
    found = _current.get()
    if found is None and RUNNING:
        raise errors.DistributedError(
            "group: run_threads is at work, and this thread has chosen no group; expected a rank. "
            "Call xgrad.distributed.use(communicator) in each rank, and hand what it returns to "
            "the threads that a rank starts"
        )
    alone = Group(Serial(), check=False, deterministic=False)
    return _chosen() or alone


def _adapted(given: Any) -> Communicator:
    """Return a communicator of whatever package as one of ours."""
    if given is None:
        return Serial()
    if isinstance(given, Group):
        return given._line.to
    for cls in type(given).__mro__:
        top = cls.__module__.partition(".")[0]
        name = _ADAPTERS.get(top) or f"xgrad_backends.{top}_messages"
        if top in _ADAPTERS or _exists(name):
            found: Communicator = importlib.import_module(name).adapted(given)
            return found
    if isinstance(given, Communicator):
        return given
    raise TypeError(
        f"use: got a communicator of type {type(given).__name__}; expected an mpi4py.MPI.Comm, a "
        "process group of PyTorch's, a backend of cupyx.distributed, or an object with rank, size "
        "and the seven functions of xgrad.distributed.Communicator"
    )


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
