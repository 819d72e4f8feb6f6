# Tests of xgrad/hooks
"""Libraries with a register of arrays learn of xgrad whichever is imported first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import xgrad as xg

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


@pytest.mark.parametrize("package", PROGRAMS)
@pytest.mark.parametrize("first", [True, False])
def test_either_may_be_imported_first(package: str, first: bool) -> None:
    pytest.importorskip(package)
    imports = [f"import {package}", "import xgrad as xg"]
    script = "\n".join(
        [
            "import numpy as np",
            *(imports if first else imports[::-1]),
            f"f = lambda x: {PROGRAMS[package]}",
            "print(xg.grad(f)(np.eye(3))[1, 0].round(9))",
        ]
    )
    assert float(run(script, SCIPY_ARRAY_API="")) == 2.0


CHAPTERS = (
    "integrate interpolate linalg ndimage optimize signal signal.windows sparse sparse.linalg "
    "spatial spatial.distance stats"
)
CHECK = """
import sys
for chapter in '{0}'.split():
    own, twin = sys.modules['scipy.' + chapter], sys.modules['xgrad.scipy.' + chapter]
    for name in twin.__all__:
        f = getattr(own, name, None)
        if hasattr(f, '__code__') and not hasattr(f, 'xgrad_original'):
            print(chapter, name)
"""


@pytest.mark.parametrize(
    ("order", "chapters"),
    [
        (("scipy.", "xgrad.scipy."), CHAPTERS),
        (("xgrad", "scipy.", "xgrad.scipy."), CHAPTERS),
        (("xgrad.scipy.", "scipy."), CHAPTERS),
        (("xgrad.scipy.", "scipy."), "sparse sparse.linalg"),
    ],
)
def test_chapters_may_be_imported_in_any_order(order: tuple[str, ...], chapters: str) -> None:
    pytest.importorskip("scipy")
    imports = [
        f"import {name}{chapter if name.endswith('.') else ''}"
        for name in order
        for chapter in chapters.split()
    ]
    assert run("\n".join(imports) + CHECK.format(chapters)) == ""


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
    script = "from xgrad import hooks; hooks.disable()\n" + SCIPY
    out = run(script.format(module="stats", call="stats.gmean(x)"), SCIPY_ARRAY_API="")
    assert out.startswith("TracedConversionError")
    assert "set SCIPY_ARRAY_API=1 in the environment before scipy is imported" in out
    assert "<string>, line 5" in out
    out = run(SCIPY.format(module="stats", call="stats.gmean(x)"), SCIPY_ARRAY_API="1")
    assert out == ""


def test_compiled_code_is_named() -> None:
    pytest.importorskip("scipy")
    call = "linalg.expm_cond(x[:, None] * x)"
    out = run(SCIPY.format(module="linalg", call=call), SCIPY_ARRAY_API="1")
    assert "use another function, since scipy.linalg.expm_cond has no derivative here" in out


def test_a_refusal_names_the_twin() -> None:
    pytest.importorskip("scipy")
    script = "from xgrad import hooks; hooks.disable()\n" + SCIPY
    out = run(script.format(module="signal", call="signal.medfilt(x)[0]"), SCIPY_ARRAY_API="1")
    assert "call xgrad.scipy.signal.medfilt: scipy.signal.medfilt leaves Python" in out


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    "call",
    [
        "scipy.signal.lfilter([1.0], [1.0, -0.5], x)[1]",
        "scipy.interpolate.CubicSpline(np.arange(3.0), x)(0.5)",
        "scipy.stats.norm.logpdf(x, 0.5)[0]",
        "scipy.integrate.quad(lambda t: t * x[0], 0, 1)[0]",
        "scipy.ndimage.correlate1d(x, np.ones(3))[0]",
    ],
)
def test_unchanged_scipy_is_answered(call: str, first: bool) -> None:
    pytest.importorskip("scipy")
    modules = "scipy.signal, scipy.interpolate, scipy.stats, scipy.integrate, scipy.ndimage"
    imports = [f"import {modules}", "import xgrad as xg"]
    lines = ["import numpy as np", *(imports if first else imports[::-1])]
    lines += [f"f = lambda x: {call}", "x = np.asarray([0.3, 1.0, 2.0])", "h = np.eye(3)[0] * 1e-6"]
    lines += ["print(xg.grad(f)(x)[0] - (f(x + h) - f(x - h)) / 2e-6)"]
    assert abs(float(run("\n".join(lines), SCIPY_ARRAY_API=""))) < 1e-8


def test_raw_arrays_get_what_scipy_gives() -> None:
    pytest.importorskip("scipy")
    script = "\n".join(
        [
            "import numpy as np, xgrad, scipy.signal, scipy.interpolate",
            "x = np.arange(4.0)",
            "y = scipy.signal.lfilter([1.0], [1.0, -0.5], x)",
            "s = scipy.interpolate.CubicSpline(x, y)",
            "spline = isinstance(s, scipy.interpolate.PPoly)",
            "print(type(y).__name__, type(s).__module__.split('.')[0], spline)",
        ]
    )
    assert run(script) == "ndarray scipy True"


def test_threads_of_scipy_fft_are_left_out_inside_transforms_and_refused_outside() -> None:
    fft = pytest.importorskip("scipy.fft")
    x = np.asarray([1.0, 2.0, 4.0, 3.0])

    def program(x: Any, **about: Any) -> Any:
        parts = (
            fft.rfft(x, workers=2, **about),
            fft.fftn(x, workers=2, **about),
            fft.dct(x, 2, None, -1, None, False, 2),
            fft.dctn(x, workers=-1),
        )
        return sum(xg.sum(xg.abs(part) ** 3) for part in parts)

    def plain(x: Any) -> Any:
        parts = (fft.rfft(x), fft.fftn(x), fft.dct(x), fft.dctn(x))
        return sum(xg.sum(xg.abs(part) ** 3) for part in parts)

    expected = xg.grad(plain)(x)
    assert np.allclose(xg.grad(program)(x), expected)
    assert np.allclose(xg.grad(lambda x: program(x, plan=None))(x), expected)
    assert np.allclose(xg.compile(program)(x), plain(xg.asarray(x)).item())
    assert np.allclose(xg.vmap(program)(x[None]), plain(xg.asarray(x)).item())
    with pytest.raises(ValueError, match=r"workers is 2.*Give x\.data, or leave workers= out"):
        fft.fft(xg.asarray(x), workers=2)
    assert np.allclose(fft.fft(xg.asarray(x).data, workers=2), fft.fft(x))
