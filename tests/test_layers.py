"""The layers: a file imports only from files of a lower one, and no array library but NumPy."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "xgrad"
LEVELS = [
    ["errors", "conversions", "backends"],
    ["operators", "methods", "array", "memory"],
    ["batching", "reads", "tape"],
    [
        *("dispatch", "fitting", "partials", "unary_calls", "binary_calls"),
        *("builders", "general_calls", "op"),
    ],
    [
        *("ops", "linalg", "fft", "special", "trees", "derived", "numpy_protocol", "hooks"),
        *("random", "info"),
    ],
    [
        "watching",
        "influence",
        "record",
        "transforms",
        "complex_forms",
        "jacobians",
        "custom",
        "implicit",
        "debugging",
        "explaining",
    ],
    ["__init__"],
    [
        "__main__",
        "testing",
        "nn",
        "optim",
        "data",
        "files",
        "show",
        "compat",
        "optimize",
        "interchange",
    ],
]
LIBRARIES = {"cupy", "cupyx", "torch", "dask", "array_api_strict", "array_api_compat", "jax"}
FILES = sorted(ROOT.rglob("*.py"))


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(p for p in parts if p != "__init__") or "__init__"


def level(name: str) -> int:
    top = name.partition(".")[0]
    (found,) = [i for i, names in enumerate(LEVELS) if top in names]
    return found


@cache
def imports(path: Path) -> set[str]:
    """Return the modules of xgrad that a file imports; not what it imports for type checkers."""
    package = [*path.relative_to(ROOT).parts[:-1]]
    found = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.level or node in for_types:
            continue
        base = package[: len(package) - node.level + 1]
        name = ".".join([*base, *([node.module] if node.module else [])])
        for alias in node.names:
            inner = f"{name}.{alias.name}" if name else alias.name
            is_file = ROOT.joinpath(*inner.split(".")).with_suffix(".py").exists()
            is_folder = ROOT.joinpath(*inner.split("."), "__init__.py").exists()
            found.add(inner if is_file or is_folder else name)
    return found - {"", module(path)}


@pytest.mark.parametrize("path", FILES, ids=module)
def test_a_file_imports_only_downwards(path: Path) -> None:
    own = level(module(path))
    above = {name for name in imports(path) if level(name) > own}
    assert not above, f"{module(path)} is in layer {own} and imports {above}"


def test_there_is_no_import_cycle() -> None:
    graph = {module(path): imports(path) for path in FILES if module(path) != "__init__"}
    order = list(TopologicalSorter(graph).static_order())
    assert order.index("errors") < order.index("tape") < order.index("transforms")


@pytest.mark.parametrize("path", FILES, ids=module)
def test_no_array_library_is_imported_outside_the_adapters(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        assert not {name.split(".")[0] for name in names} & LIBRARIES


def test_adapters_import_only_the_contract() -> None:
    for path in (ROOT.parent / "backends" / "xgrad_backends").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("xgrad."):
                assert node.module in (
                    *("xgrad.backends", "xgrad.backends.install", "xgrad.errors"),
                ), path


def test_importing_xgrad_imports_no_other_array_library() -> None:
    script = "import sys, xgrad; print(*{name.split('.')[0] for name in sys.modules})"
    found = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT.parent,
        env={"PYTHONPATH": f"{ROOT.parent}:{ROOT.parent / 'backends'}", "PATH": ""},
    )
    loaded = set(found.stdout.split())
    assert "numpy" in loaded
    assert not loaded & (LIBRARIES | {"scipy", "optree", "rich", "matplotlib"})
