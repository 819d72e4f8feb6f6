# Tests of xgrad/distributed/mpi.py, backends/xgrad_backends/torch_messages.py
"""The programs of `programs.py` on processes: MPI, and PyTorch's gloo.

They run where XGRAD_PROCESSES is set, as ``nox -s tests_mpi`` does.
"""

import hashlib
import os
import random
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import xgrad as xg
from xgrad import nn, optim
from xgrad.nn.functional import cross_entropy

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
KILLS = int(os.environ.get("XGRAD_KILLS", "4"))

pytestmark = pytest.mark.skipif(
    "XGRAD_PROCESSES" not in os.environ, reason="processes take seconds to start"
)
needs_mpi = pytest.mark.skipif(
    shutil.which("mpiexec") is None or find_spec("mpi4py") is None,
    reason="there is no MPI: apt-get install openmpi-bin libopenmpi-dev; pip install mpi4py",
)
ENV = {
    **os.environ,
    "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'backends'}",
    "OMP_NUM_THREADS": "1",
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "GLOO_SOCKET_IFNAME": "lo",
}


def mpi(ranks, *words, timeout=90):
    """Run a part of `mpi_programs` on so many processes; return its end, and what it printed."""
    command = ["mpiexec", "--oversubscribe", "-n", str(ranks)]
    if "Open MPI" in _version():
        command += ["--mca", "mpi_yield_when_idle", "1", "--mca", "btl_tcp_if_include", "lo"]
    command += [sys.executable, str(HERE / "mpi_programs.py"), *words]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, env=ENV, cwd=ROOT, check=False
    )
    return done.returncode, done.stdout, done.stderr


def _version():
    return subprocess.run(
        ["mpiexec", "--version"], capture_output=True, text=True, check=False
    ).stdout.replace("OpenRTE", "Open MPI")


@needs_mpi
@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_derivatives_of_each_program(ranks):
    end, out, err = mpi(ranks, "derivatives", timeout=170)
    assert end == 0, err
    assert out.startswith("worst")


@needs_mpi
def test_each_dtype():
    end, out, err = mpi(2, "dtypes")
    assert (end, out) == (0, "dtypes ok\n"), err


ENDS = {
    "wrong_shape": ("rank 0: allreduce of float64[2]", "rank 1: allreduce of float64[3]"),
    "one_more": ("rank 0: nothing: its program has ended", "rank 1: allreduce"),
    "raises": ("rank 1 of 2 raised", "ZeroDivisionError: here"),
    "dies": ("rank 1", "signal 9"),
    "wrong_size": ("rank 0 sent 16 bytes; expected 24",),
}


@needs_mpi
@pytest.mark.parametrize("name", ENDS)
def test_what_goes_wrong_on_one_rank_ends_all_and_is_named(name):
    end, out, err = mpi(2, name, timeout=20)
    assert end != 0
    for text in ENDS[name]:
        assert text in out + err


def alone(ranks, epochs=25):
    """Train as `mpi_programs.train` does, with the parts of all ranks, in this process."""
    rng = np.random.default_rng(0)
    arrays = rng.normal(size=(64, 6)).astype(np.float32), rng.integers(0, 3, 64)
    model = nn.astype(
        nn.Sequential(nn.Linear(6, 16, rng=0), xg.tanh, nn.Linear(16, 3, rng=1)), "float32"
    )
    optimizer = optim.Optimizer(optim.Adam(lr=0.01), model)
    for epoch in range(epochs):
        shards = [
            xg.data.batches(arrays, 8, seed=0, epoch=epoch, shard=(r, ranks)) for r in range(ranks)
        ]
        for batch in zip(*shards, strict=True):
            total = None
            for x, y in batch:
                g = xg.grad(lambda m, x=x, y=y: cross_entropy(m(x), y))(optimizer.model)
                total = g if total is None else xg.tree.map(lambda a, b: a + b, total, g)
            optimizer.step(xg.tree.map(lambda g: g / ranks, total))
    leaves = [np.ascontiguousarray(np.asarray(x)) for x in xg.tree.leaves(optimizer.model)]
    return hashlib.sha1(b"".join(x.tobytes() for x in leaves)).hexdigest()


@needs_mpi
def test_200_steps_have_the_bits_of_one_process():
    for ranks, words in ((2, ()), (4, ("--deterministic",))):
        end, out, err = mpi(ranks, "train", *words)
        assert end == 0, err
        assert out.split() == ["200", alone(ranks)]


@needs_mpi
def test_a_run_whose_ranks_are_killed_ends_with_the_same_numbers(tmp_path):
    path, wanted = tmp_path / "run.safetensors", alone(2)
    rng = random.Random(int(os.environ.get("XGRAD_SEED", "0")))
    pytest.importorskip("safetensors")
    step, killed = 0, 0
    while killed < KILLS:
        step = rng.randint(step + 5, step + max(6, 2 * (190 - step) // (KILLS - killed + 1)))
        step = min(step, 190 - (KILLS - killed))
        end, _, err = mpi(2, "train", str(path), "25", str(step * 2 + rng.randint(0, 1)))
        assert end != 0
        assert "signal 9" in err
        killed += 1
    end, out, err = mpi(2, "train", str(path))
    assert end == 0, err
    assert out.split() == ["200", wanted]


@needs_mpi
def test_a_divided_domain_has_the_gradient_of_the_whole():
    end, out, err = mpi(2, "heat")
    assert end == 0, err
    assert out.startswith("heat ok")


@pytest.mark.parametrize("ranks", [2])
def test_on_tensors_through_gloo(ranks, tmp_path):
    pytest.importorskip("torch")
    command = [sys.executable, str(HERE / "gloo_programs.py"), str(ranks), str(tmp_path / "store")]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=170, env=ENV, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("worst") == 2


def script(*words, timeout=170):
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=timeout, env=ENV, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_mpi
def test_the_example_of_training(tmp_path):
    """Two processes have the losses of one but for rounding, and go on from its file."""
    program = [sys.executable, "examples/train_digits_mpi.py", "--examples", "512"]
    two = ["mpiexec", "--oversubscribe", "-n", "2", *program]
    path = str(tmp_path / "run.safetensors")
    alone = script(*program, "--epochs", "3", "--file", path)
    together = script(*two, "--epochs", "3", "--shard-state")
    assert alone.splitlines()[:3] == together.splitlines()[:3]
    on = script(*two, "--epochs", "4", "--file", path)
    assert on.splitlines()[0].startswith("epoch 4")


def test_the_example_out_of_core():
    pytest.importorskip("distributed")
    out = script(sys.executable, "examples/regression_out_of_core.py", "--gigabytes", "0.02")
    assert "step 3" in out
    assert float(out.rsplit(" ", 1)[-1]) < 0.05
