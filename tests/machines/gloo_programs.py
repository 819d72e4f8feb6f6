"""What `test_mpi.py` runs on processes of PyTorch's: the programs on its tensors, through gloo."""

import os
import sys
import warnings

import numpy as np
import torch
import torch.distributed
import torch.multiprocessing

import xgrad as xg
from tests.machines import programs
from xgrad import distributed as dist

warnings.simplefilter("ignore", xg.errors.ConstantResultWarning)


def of_tensors(f):
    return lambda comm, x: f(comm, xg.to_backend(xg.asarray(x), "torch"))


def work(rank, size, store):
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{store}", rank=rank, world_size=size
    )
    comm = dist.use(torch.distributed.group.WORLD)

    def run(part, size):
        rows = [None] * size
        torch.distributed.all_gather_object(rows, np.asarray(part(comm)))
        return rows

    for tensors in (False, True):
        names = ("allreduce", "allgather", "reduce_scatter", "alltoall", "bcast", "reduce")
        names += ("sendrecv", "shift", "allreduce_max", "only_one_uses_it", "in_checkpoint")
        worst = 0.0
        for name in names if tensors else (*names, "trees", "a_pipeline", "sendrecv_of_others"):
            f = of_tensors(getattr(programs, name)) if tensors else getattr(programs, name)
            for what, error in programs.errors_of(run, f, size):
                assert error < 1e-8, (name, tensors, what, error)
                worst = max(worst, error)
        if rank == 0:
            print(f"tensors={tensors} worst {worst:.1e}", flush=True)
    for dtype in (torch.bfloat16, torch.float16, torch.complex64, torch.int64, torch.uint8):
        x = torch.asarray([1, 2, 3]).to(dtype)
        for y, wanted in (
            (comm.allreduce(x), x * size),
            (comm.allgather(x)[-1, ...], x),
            (comm.reduce_scatter(torch.stack([x] * size)), x * size),
        ):
            assert y.dtype == dtype
            assert torch.equal(y, wanted)
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    size, store = int(sys.argv[1]), sys.argv[2]
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    torch.multiprocessing.spawn(work, (size, store), nprocs=size)
