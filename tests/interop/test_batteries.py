# Tests of xgrad/numpy_protocol, xgrad/hooks
"""The batteries: nothing comes back without its gradient, and what worked goes on working.

`python -m tests.interop` runs them with a line for each program; `nox -s interop` installs all.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from .needs import CHECKED, DISTRIBUTIONS, LEAST, NEEDS

ROOT = Path(__file__).parents[2]


def required(battery: str, backend: str) -> set[str]:
    """Return the names of the programs that have to be ok."""
    text = (ROOT / "tests" / "interop" / "required.txt").read_text(encoding="utf-8")
    section = re.search(rf"(?ms)^\[{battery}\]\n(.*?)(?:\n\n|\Z)", text)
    assert section is not None, battery
    lines = [line.partition("\t") for line in section[1].splitlines()]
    return {name for name, _, why in lines if backend == "numpy" or not why}


def is_checked(battery: str) -> bool:
    numbers = re.findall(r"\d+", version(DISTRIBUTIONS.get(battery, battery)))
    return tuple(map(int, numbers[:2])) >= CHECKED[battery]


def counts(battery: str, backend: str, dispatch: str = "1") -> tuple[dict[str, int], set[str]]:
    """Run a battery in a process of its own: SciPy reads its switch once, when it is imported.

    Returns:
        How many programs are ok, errors or silent, and the names of those that are ok.
    """
    for library in (*NEEDS[battery].split(), *([backend] if backend != "numpy" else [])):
        if find_spec(library) is None:
            pytest.skip(f"{library} is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "tests.interop", battery, "--backend", backend, "--verbose"],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'backends'}",
            "SCIPY_ARRAY_API": dispatch,
            "OMP_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stdout.strip().rpartition("\n")[2]
    found = dict(re.findall(r"(ok|error|silent|mistake) (\d+)", last))
    assert found, done.stdout[-2000:] + done.stderr[-2000:]
    bad = [line for line in done.stdout.splitlines() if re.match(r"\s*(silent|mistake)", line)]
    assert done.returncode == bool(bad)
    assert not bad, "\n".join(bad)
    passed = re.findall(r"(?m)^  ok      (.*)$", done.stdout)
    return {kind: int(number) for kind, number in found.items()}, set(passed)


@pytest.mark.parametrize(("battery", "backend"), LEAST)
def test_battery(battery: str, backend: str) -> None:
    found, passed = counts(battery, backend)
    assert found["ok"] >= LEAST[battery, backend]
    if battery == "others" or is_checked(battery):
        gone = required(battery, backend) - passed
        assert not gone, f"required.txt, not ok on {backend}: {sorted(gone)}"


@pytest.mark.skipif("XGRAD_ALL_SAMPLES" not in os.environ, reason="nox -s samples runs it")
def test_scipy_that_does_not_dispatch() -> None:
    assert counts("scipy", "numpy", dispatch="")[0]["ok"] >= 150
