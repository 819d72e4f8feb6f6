"""What mpi4py, PyTorch and JAX call what the ranks do, and what to write here."""

from __future__ import annotations

import difflib

_GATHERED = "{comm}allgather(x), of which each rank uses what it needs"

INSTEAD = {
    "allgather": "{comm}allgather(x)",
    "allgatherintotensor": "{comm}allgather(x)",
    "allgatherv": "{comm}allgather(x), of arrays that are padded to one shape",
    "allreduce": "{comm}allreduce(x)",
    "alltoall": "{comm}alltoall(x)",
    "alltoallsingle": "{comm}alltoall(x)",
    "axisindex": "{comm}rank",
    "barrier": "{comm}barrier()",
    "bcast": "{comm}bcast(x, root)",
    "broadcast": "xgrad.distributed.broadcast(tree) for a model, {comm}bcast(x) with a derivative",
    "distributeddataparallel": "xgrad.distributed.grad(loss), or Optimizer(..., comm=comm)",
    "gather": _GATHERED,
    "gatherv": _GATHERED,
    "getrank": "{comm}rank",
    "getsize": "{comm}size",
    "getworldsize": "{comm}size",
    "init": "xgrad.distributed.use(communicator)",
    "initialize": "xgrad.distributed.use(communicator)",
    "initprocessgroup": "torch.distributed.init_process_group(...), then xgrad.distributed.use("
    "torch.distributed.group.WORLD)",
    "irecv": "{comm}sendrecv(source=rank, like=x)",
    "isend": "{comm}sendrecv(x, dest=rank)",
    "newgroup": "xgrad.distributed.use(communicator) of another communicator",
    "pmap": "xgrad.distributed.run_threads(f, size), or a process for each rank",
    "pmax": '{comm}allreduce(x, "max")',
    "pmean": '{comm}allreduce(x, "mean")',
    "pmin": '{comm}allreduce(x, "min")',
    "ppermute": "{comm}shift(x, by, wraps=True), or {comm}sendrecv(x, dest=, source=)",
    "psum": "{comm}allreduce(x)",
    "psumscatter": "{comm}reduce_scatter(x)",
    "rank": "{comm}rank",
    "recv": "{comm}sendrecv(source=rank, like=x)",
    "reduce": "{comm}reduce(x, root=0)",
    "reducescatter": "{comm}reduce_scatter(x)",
    "reducescatterblock": "{comm}reduce_scatter(x)",
    "scatter": "{comm}bcast(rows, root)[{comm}rank]",
    "send": "{comm}sendrecv(x, dest=rank)",
    "sendrecv": "{comm}sendrecv(x, dest=, source=)",
    "shift": "{comm}shift(x, by)",
    "size": "{comm}size",
    "split": "xgrad.distributed.use(communicator.Split(color)), of mpi4py's",
    "worldsize": "{comm}size",
}
"""For each name, in small letters without underscores, what to write."""


def missing(owner: str, name: str, known: list[str], comm: str) -> str:
    """Return the text of the error for a name that is not here.

    Args:
        owner: what was asked for it.
        name: what was asked for.
        known: the names that are there.
        comm: how the ranks are written, with a point behind it.
    """
    text = f"{owner} has no attribute {name!r}"
    instead = INSTEAD.get(name.lower().replace("_", ""))
    if instead is not None:
        return f"{text}. Instead: {instead.format(comm=comm)}"
    near = difflib.get_close_matches(name, known, 1)
    return f"{text}. Did you mean: {near[0]!r}?" if near else text
