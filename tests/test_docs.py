"""The Python blocks of the documentation run, and print what stands below them."""

from __future__ import annotations

import ctypes
import ctypes.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import xgrad as xg

# The page on other people's code needs SCIPY_ARRAY_API before SciPy is imported, and so a process
# of its own: tests/interop/test_docs.py.
DOCS = sorted(p for p in (Path(__file__).parents[1] / "docs").glob("*.md") if p.stem != "interop")
BLOCK = re.compile(r"(?ms)^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?")


@pytest.mark.skipif(ctypes.util.find_library("m") is None, reason="the example needs libm")
@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")  # PyTorch's own
@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.stem)
def test_blocks_print_what_is_shown(path: Path, capsys: Any) -> None:
    names: dict[str, Any] = {}
    text = path.read_text(encoding="utf-8")
    for library in re.findall(r"(?m)^import (torch|jax)$", text):
        pytest.importorskip(library)
    for code, expected in BLOCK.findall(text):
        if "import cupy" not in code:
            exec(compile(code, str(path), "exec"), names)  # it is our own text
            assert capsys.readouterr().out == expected


class Kernel:
    """A RawKernel that runs the one kernel of the documentation on the host, thread by thread."""

    def __init__(self, code: str, name: str) -> None:
        assert f"void {name}(const double* x, double* y, int n, int size)" in code
        self.jn = ctypes.CDLL(ctypes.util.find_library("m")).jn
        self.jn.restype, self.jn.argtypes = ctypes.c_double, (ctypes.c_int, ctypes.c_double)

    def __call__(self, grid: tuple[int], block: tuple[int], args: Any) -> None:
        x, y, n, size = args
        assert grid[0] * block[0] >= size == x.size
        assert n.dtype == size.dtype == np.int32
        assert x.dtype == y.dtype == np.float64
        assert x.flags.c_contiguous
        for i in range(size):
            y[i] = self.jn(int(n), float(x[i]))


@pytest.mark.skipif(ctypes.util.find_library("m") is None, reason="the stand-in needs libm")
def test_the_kernel_example_on_a_stand_in(monkeypatch: Any, capsys: Any) -> None:
    text = (DOCS[0].parent / "custom_rules.md").read_text(encoding="utf-8")
    (code,) = [code for code, _ in BLOCK.findall(text) if "import cupy" in code]
    assert len(code.strip().splitlines()) <= 25
    cupy = ModuleType("cupy")
    cupy.__dict__.update(np.__dict__, __name__="cupy", RawKernel=Kernel)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    names: dict[str, Any] = {}
    exec(compile(code, "<docs>", "exec"), names)
    assert capsys.readouterr().out
    xg.testing.check_grads(names["bessel"], (np.linspace(0.5, 9.5, 4),), order=3)


@pytest.mark.gpu
def test_the_kernel_example_on_a_gpu(capsys: Any) -> None:
    if not pytest.importorskip("cupy").is_available():
        pytest.skip("needs a usable CUDA GPU")
    text = (DOCS[0].parent / "custom_rules.md").read_text(encoding="utf-8")
    (code,) = [code for code, _ in BLOCK.findall(text) if "import cupy" in code]
    exec(compile(code, "<docs>", "exec"), {})
    assert capsys.readouterr().out
