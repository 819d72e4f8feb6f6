# Tests of benchmarks
"""The benchmarks compare like with like: what xgrad computes is what the hand-written code does."""

import contextlib
import json

import numpy as np
import pytest

from benchmarks import gpu_checks, libraries, on_gpu, report, scan, scatter, timing
from benchmarks.__main__ import main
from benchmarks.workloads import GROWTHS, WORKLOADS


def xgrad_and_hand(workload, size):
    rng = np.random.default_rng(3)
    inputs = workload.inputs(rng, **size)
    library = libraries.load("xgrad", threads=1)
    timing.checked(workload, library, inputs, workload.by_hand(np, *inputs))


@pytest.mark.parametrize("name", WORKLOADS)
def test_xgrad_gives_what_the_hand_written_code_gives(name):
    xgrad_and_hand(WORKLOADS[name], WORKLOADS[name].tiny)


@pytest.mark.parametrize("name", GROWTHS)
def test_xgrad_gives_what_the_hand_written_loops_give(name):
    growth, n = GROWTHS[name], 40
    model, by_hand = growth.model(n), growth.by_hand(n)
    xgrad_and_hand(timing.Workload(name, model, by_hand, growth.inputs, {}, {}), {"n": n})


def test_a_wrong_gradient_is_not_timed():
    right = WORKLOADS["chain-1"]
    wrong = timing.Workload(
        "wrong", right.model, lambda xp, x: (2 * right.by_hand(xp, x)[0],), right.inputs, {}, {}
    )
    with pytest.raises(AssertionError, match="xgrad and the hand-written code differ"):
        xgrad_and_hand(wrong, right.tiny)


def test_a_run_prints_a_table_and_keeps_it(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(timing, "SAMPLE", 0.0)
    file = tmp_path / "results.json"
    given = "--only chain-10 --libs xgrad --parts ratios --rounds 1 --json".split()
    main([*given, str(file)])
    printed = capsys.readouterr().out
    assert "| forward + backward |" in printed
    assert "| chain-10 " in printed
    main(["--show", str(file)])
    assert capsys.readouterr().out == printed


def test_libraries_and_workloads_are_asked_for_by_name(capsys):
    with pytest.raises(SystemExit, match="no library tensors; there are xgrad, xgrad_compile"):
        main("--only chain-1 --libs tensors".split())
    with pytest.raises(SystemExit, match="nothing is called sudoku; there are chain-1"):
        main("--only sudoku --libs xgrad".split())


def test_numbers_in_tables_have_three_digits():
    assert [report.number(x) for x in (0.123, 9.949, 9.96, 99.6, 1234.5, None)] == [
        "0.12",
        "9.95",
        "10.0",
        "100",
        "1234",
        "-",
    ]


def test_the_growth_of_scatter_is_measured_in_processes_and_bounded_by_a_limit(capsys, tmp_path):
    file, page = tmp_path / "scatter.json", tmp_path / "page.md"
    page.write_text(f"before\n{scatter.BEGIN}\n{scatter.END}\nafter\n")
    assert scatter.one("take", "xgrad", 100) > 0
    file.write_text(
        '{"limit": 50, "date": "today", "machine": "this", "versions": {"numpy": "2"}, "seconds": '
        '{"stack": {"xgrad": {"1000": 0.01, "10000": 0.1, "100000": 1.0, "1000000": 10.0}, '
        '"autograd": {"1000": 0.3, "10000": 30.0, "100000": null, "1000000": null}}, '
        '"writes": {"xgrad": {"1000": 0.01, "10000": 0.1, "100000": null, "1000000": null}, '
        '"autograd": null}}}'
    )
    scatter.main(["--show", str(file), "--write", str(page)])
    assert capsys.readouterr().out in page.read_text()
    lines = [line for line in page.read_text().splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    cells = {name: rest for name, *rest in rows}
    assert cells["stack, xgrad"] == ["10.0", "10.0", "10.0", "10.0", "1.00"]
    assert cells["stack, autograd"] == ["300", "3000", "> 500", "", "2.00"]
    assert cells["stack, autograd / xgrad"] == ["30.0", "300", "> 50.0", "> 5.00", ""]
    assert cells["writes, xgrad"] == ["10.0", "10.0", "> 500", "", "1.00"]
    assert cells["writes, autograd"] == ["-"] * 5


def test_what_a_gpu_is_asked_needs_none_to_be_planned(capsys, tmp_path):
    on_gpu.main(["--out", str(tmp_path), "--parts", "place,counts", "--workloads", "mlp-small"])
    found = json.loads((tmp_path / "results.json").read_text())
    assert found["counts"]["mlp-small"]["fused"] <= 10 < found["counts"]["mlp-small"]["op by op"]
    assert (tmp_path / "tables.md").read_text() in capsys.readouterr().out
    with pytest.raises(SystemExit):
        on_gpu.main(["--parts", "counts,luck"])
    assert "no part luck; there are place, counts" in capsys.readouterr().err


def test_a_part_that_takes_too_long_is_stopped_and_said_to_be(tmp_path):
    found = on_gpu.run(
        ["-c", "print('3 passed'); import time; time.sleep(60)"], tmp_path / "x", 1.5
    )
    assert found["ended"] in ("stopped after 2 s", "stopped after 3 s")
    still = "import time; print('3 passed', flush=True); time.sleep(60)"
    found = on_gpu.run(["-c", still], tmp_path / "x", 60, tmp_path / "never written", 1.0)
    assert found["ended"] in ("stopped after 1 s", "stopped after 2 s")
    assert found["counted"] == {"passed": 3} or "KeyboardInterrupt" in found["last"][-1]
    found = on_gpu.run(["-c", "print('3 passed, 1 failed in 2 s')"], tmp_path / "x", 20)
    assert (found["ended"], found["counted"]) == (0, {"passed": 3, "failed": 1})


def test_a_schedule_of_the_wave_holds_few_carries(capsys):
    pytest.importorskip("checkpoint_schedules")
    scan.main("--steps 60 --slots 4 --side 6 --rounds 1".split())
    printed = capsys.readouterr().out
    assert "equal bit by bit after 60 steps, 8 x 8 points: True" in printed


def test_checks_of_a_gpu_run_without_one_and_find_what_waits(capsys):
    with pytest.raises(SystemExit) as ended:
        gpu_checks.main(["--dry"])
    said = capsys.readouterr().out
    assert ended.value.code == 0, said
    assert "WRONG" not in said
    entered = []

    @contextlib.contextmanager
    def asleep():
        entered.append(0)
        yield
        if len(entered) == 4:  # the walks of the second function
            raise RuntimeError("a wait")

    with pytest.raises(AssertionError, match=r"^1 of \d+ walks wait: rows: a wait$"):
        gpu_checks.check_nothing_waits("numpy", 60, asleep)
