"""The batteries: nothing comes back without its gradient, and what worked goes on working.

`python -m tests.interop` runs them with a line for each program; `nox -s interop` installs all.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDS = {
    "numpy": "numpy",
    "scipy": "scipy",
    "sklearn": "sklearn",
    "others": "numpy array_api_extra einops opt_einsum xarray pandas",
}
LEAST = {
    ("numpy", "numpy"): 480,
    ("scipy", "numpy"): 390,
    ("sklearn", "numpy"): 120,
    ("others", "numpy"): 95,
    ("numpy", "torch"): 440,
    ("scipy", "torch"): 310,
    ("sklearn", "torch"): 115,
    ("others", "torch"): 90,
}
"""How many programs are ok, with some room for other versions of the libraries."""


def counts(battery: str, backend: str, dispatch: str = "1") -> dict[str, int]:
    """Run a battery in a process of its own: SciPy reads its switch once, when it is imported."""
    for library in (*NEEDS[battery].split(), *([backend] if backend != "numpy" else [])):
        if find_spec(library) is None:
            pytest.skip(f"{library} is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "tests.interop", battery, "--backend", backend],
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
    return {kind: int(number) for kind, number in found.items()}


@pytest.mark.parametrize(("battery", "backend"), LEAST)
def test_battery(battery: str, backend: str) -> None:
    assert counts(battery, backend)["ok"] >= LEAST[battery, backend]


def test_scipy_that_does_not_dispatch() -> None:
    assert counts("scipy", "numpy", dispatch="")["ok"] >= 150
