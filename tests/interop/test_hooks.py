# Tests of xgrad/hooks
"""Libraries with a register of arrays learn of xgrad whichever is imported first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = {
    "einops": "einops.rearrange(x, 'a b -> b a')[0, 1] * 2.0",
    "scipy.fft": "scipy.fft.dct(x)[1, 0]",
}


def run(script: str, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'backends'}", **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("library", PROGRAMS)
@pytest.mark.parametrize("first", [True, False])
def test_either_may_be_imported_first(library: str, first: bool) -> None:
    pytest.importorskip(library)
    imports = [f"import {library}", "import xgrad as xg"]
    script = "\n".join(
        [
            "import numpy as np",
            *(imports if first else imports[::-1]),
            f"f = lambda x: {PROGRAMS[library]}",
            "print(xg.grad(f)(np.eye(3))[1, 0].round(9))",
        ]
    )
    assert float(run(script, SCIPY_ARRAY_API="")) == 2.0


def test_importing_xgrad_imports_none_of_them() -> None:
    assert run("import sys, xgrad; print('scipy' in sys.modules, 'einops' in sys.modules)") == (
        "False False"
    )


def test_a_module_keeps_its_own_loader() -> None:
    pytest.importorskip("einops")
    script = "import xgrad, einops._backends as m; print(type(m.__loader__).__name__)"
    assert run(script) == "SourceFileLoader"


SCIPY = "\n".join(
    [
        "import numpy as np, xgrad as xg",
        "from scipy import {module}",
        "try:",
        "    xg.grad(lambda x: {call})(np.ones(9))",
        "except Exception as error:",
        "    print(type(error).__name__, error)",
    ]
)


def test_a_missing_switch_is_named() -> None:
    pytest.importorskip("scipy")
    out = run(SCIPY.format(module="stats", call="stats.gmean(x)"), SCIPY_ARRAY_API="")
    assert out.startswith("TracedConversionError")
    assert "set SCIPY_ARRAY_API=1 in the environment before scipy is imported" in out
    assert "<string>, line 4" in out
    out = run(SCIPY.format(module="stats", call="stats.gmean(x)"), SCIPY_ARRAY_API="1")
    assert out == ""


def test_compiled_code_is_named() -> None:
    pytest.importorskip("scipy")
    out = run(SCIPY.format(module="signal", call="signal.medfilt(x)[0]"), SCIPY_ARRAY_API="1")
    assert "this one leaves Python for compiled code" in out
