# Tests of xgrad/distributed/planning.py, xgrad/distributed/__main__.py
"""A plan counts the messages of a step, and what they cost is that of the ring and the tree."""

import time

import numpy as np
import pytest

import xgrad as xg
from tests.machines import programs
from xgrad import distributed as dist
from xgrad.distributed.__main__ import main
from xgrad.distributed.messages import Sent
from xgrad.distributed.planning import Plan


def test_the_messages_of_a_step_are_counted():
    def part(comm):
        def step():
            x = np.ones(100) * comm.rank
            xg.grad(lambda x: xg.sum(comm.allreduce(x) ** 2))(x)
            comm.allgather(np.ones(10, np.float32))
            time.sleep(0.02)

        return dist.plan(step, comm=comm, latency=0.0, bandwidth=1e3)

    for found in programs.threads(part, 2):
        kinds = [(s.kind, s.size) for s in found.messages]
        assert kinds == [("allreduce", 800), ("allreduce", 800), ("allgather", 40)]
        assert 0.02 <= found.compute < 1.0
        assert found.seconds(1) == 0.0
        assert found.seconds(2) == pytest.approx(2 * 0.8 + 0.04)


COSTS = [  # on 8 ranks, of 8000 bytes at 8000 a second, with a latency of 1 s
    ("allreduce", "ring", 2 * 7 * (1 + 1 / 8)),
    ("allreduce", "tree", 2 * 3 * 2),
    ("bcast", "tree", 3 * 2),
    ("reduce_scatter", "ring", 7 * (1 + 1 / 8)),
    ("allgather", "ring", 7 * 2),
    ("allgather", "tree", 3 + 7),
    ("alltoall", "ring", 7 * (1 + 1 / 8)),
    ("shift", "tree", 2),
]


def test_costs_are_those_of_the_ring_and_the_tree():
    for kind, algorithm, seconds in COSTS:
        plan = Plan((Sent(kind, "sum", 8000, 0.0),), 3.0, 1.0, 8e3)
        assert plan.seconds(8, algorithm) == pytest.approx(seconds), (kind, algorithm)
        assert plan.efficiency(8, algorithm) == pytest.approx(3.0 / (3.0 + seconds))
    with pytest.raises(ValueError, match="expected 'ring' or 'tree'"):
        plan.seconds(8, "star")
    with pytest.raises(ValueError, match="positive"):
        dist.plan(lambda: None, repeats=0)


def test_the_command_prints_a_table(tmp_path, capsys):
    path = tmp_path / "program.py"
    path.write_text(
        "import numpy as np\nfrom xgrad import distributed as dist\n"
        "def step():\n    dist.group().allreduce(np.ones(5))\n"
    )
    assert main(["plan", f"{path}:step", "--ranks", "1,4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("1 messages a step")
    assert lines[1].split()[:3] == ["1", "x", "allreduce"]
    assert "40 bytes" in lines[1]
    assert [line.split()[0] for line in lines[3:]] == ["1", "4"]
    assert "100%" in lines[3]
    assert main(["plan", f"{path}:other"]) == 2
    with pytest.raises(SystemExit):
        main(["plan", "program.py"])
