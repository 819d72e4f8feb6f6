# Tests of docs
"""The Python blocks of the documentation run, and print what stands below them."""

from __future__ import annotations

import ctypes
import ctypes.util
import fnmatch
import importlib.util
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
FOLDER = Path(__file__).parents[1] / "docs"
DOCS = sorted(p for p in FOLDER.glob("*.md") if p.stem != "interop")
NOTEBOOKS = [
    *sorted(p for name in ("tutorials", "howto", "concepts") for p in (FOLDER / name).glob("*.md"))
]
CELL = re.compile(r"(?ms)^```\{code-cell\}\n(.*?)^```$")
BLOCK = re.compile(r"(?ms)^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?")


@pytest.mark.skipif(ctypes.util.find_library("m") is None, reason="the example needs libm")
@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")  # PyTorch's own
@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.stem)
def test_blocks_print_what_is_shown(path: Path, capsys: Any) -> None:
    names: dict[str, Any] = {}
    text = path.read_text(encoding="utf-8")
    for library in re.findall(r"(?m)^import (torch|jax|dask)$", text):
        pytest.importorskip(library)
    for code, expected in BLOCK.findall(text):
        if "import cupy" not in code:
            exec(compile(code, str(path), "exec"), names)  # it is our own text
            assert capsys.readouterr().out == expected


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_cells_of_a_page_run(path: Path, monkeypatch: Any) -> None:
    """From top to bottom, as a reader would; `nox -s docs` shows what they print."""
    text = path.read_text(encoding="utf-8")
    assert ("file_format: mystnb" in text) == bool(CELL.search(text))
    for library in ("sklearn", "scipy"):
        if library in text:
            pytest.importorskip(library)
    names: dict[str, Any] = {"__name__": "page"}
    for code in CELL.findall(text):
        exec(compile(code, str(path), "exec"), names)  # it is our own text


SPACES = {
    "xg": "xgrad",
    "nn": "xgrad.nn",
    "F": "xgrad.nn.functional",
    "optim": "xgrad.optim",
    "xgrad": "xgrad",
}


def found(dotted: str) -> bool:
    """Whether a name such as ``xg.linalg.solve`` exists."""
    space, *rest = dotted.split(".")
    value: Any = importlib.import_module(SPACES[space])
    for name in rest:
        try:
            value = getattr(value, name)
        except AttributeError:
            try:
                value = importlib.import_module(f"{value.__name__}.{name}")
            except (ImportError, AttributeError):
                return False
    return True


@pytest.mark.parametrize("path", [*DOCS, *NOTEBOOKS], ids=lambda path: path.stem)
def test_every_name_that_a_page_mentions_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    theirs = re.compile(r"(?m)^\| `[^|]*`[^|]* \|")  # the first column of a table of other names
    if path.stem.startswith("from_") or path.stem == "migrating":
        text = theirs.sub("|", text)
    inline = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    named = {
        name
        for code in inline
        for name in re.findall(r"(?<![\w./-])((?:xg|xgrad|nn|F|optim)(?:\.[A-Za-z_]\w*)+)", code)
    }
    missing = sorted(name for name in named if not found(name))
    assert not missing, f"{path.name} mentions {missing}"


def test_a_name_that_does_not_exist_is_noticed() -> None:
    assert found("xg.linalg.solve")
    assert found("nn.Linear")
    assert not found("xg.linalg.solved")


def reference() -> Any:
    """Return the module that says which name is on which page of the site."""
    path = FOLDER / "_ext" / "chapters.py"
    spec = importlib.util.spec_from_file_location("chapters", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_public_name_is_on_a_page() -> None:
    chapters = reference()
    assert not chapters.without_page()
    chapters.MODULES.pop("scipy.sparse.linalg")
    assert "scipy.sparse.linalg.splu" in chapters.without_page()


def test_every_page_is_in_a_table_of_contents() -> None:
    """Sphinx says so too, but only where the site is built."""
    tables, listed = re.compile(r"(?ms)^```\{toctree\}\n(.*?)^```$"), list[str]()
    for index in [FOLDER / "index.md", *FOLDER.glob("*/index.md")]:
        below = index.parent.relative_to(FOLDER)
        for lines in tables.findall(index.read_text(encoding="utf-8")):
            entries = re.findall(r"(?m)^\w.*$", lines)
            listed += [str(below / entry) for entry in entries]
    pages = {str(page.relative_to(FOLDER).with_suffix("")) for page in [*DOCS, *NOTEBOOKS]}
    pages |= {f"api/generated/{chapter.file}" for chapter in reference().chapters()}
    found = {page for page in pages for pattern in listed if fnmatch.fnmatch(page, pattern)}
    assert pages - found == {"index"}


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
    text = (FOLDER / "custom_rules.md").read_text(encoding="utf-8")
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
    text = (FOLDER / "custom_rules.md").read_text(encoding="utf-8")
    (code,) = [code for code, _ in BLOCK.findall(text) if "import cupy" in code]
    exec(compile(code, "<docs>", "exec"), {})
    assert capsys.readouterr().out
