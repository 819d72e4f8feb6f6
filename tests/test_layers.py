# Tests of xgrad
"""The layers of `xgrad/`: arrows between packages go down, and there is one door upward.

Every way in which a file can reach another one counts: relative and absolute imports, those that
only type checkers read, those inside functions, and attributes of the imported package, as
``xgrad.asarray`` is. The door is `arrays`: the standard's ``__array_namespace__`` makes an array
know the namespace, and its operators and methods are that namespace's functions. `__init__` puts
the package together, so it may reach everything; whoever reaches it stands above it.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "xgrad"
LEVELS = [
    ["errors", "names"],
    ["backends"],
    ["arrays"],
    ["engine", "tree"],
    ["random", "ops", "linalg", "fft", "special"],
    ["debugging"],
    ["transforms"],
    ["custom", "compiling"],
    ["scipy", "distributed"],
    ["__init__"],
    [
        *("numpy_protocol", "hooks", "nn", "optim", "optimize", "data", "files", "programs"),
        *("interchange", "lib", "show", "testing", "compat"),
    ],
    ["__main__"],
]
DOOR = "arrays"
CHAPTERS = {"ops", "linalg", "fft", "special"}  # of one standard, and so one room
LIBRARIES = {"cupy", "cupyx", "torch", "dask", "array_api_strict", "array_api_compat", "jax"}
FILES = sorted(ROOT.rglob("*.py"))
MODULES_AT_THE_ROOT = 9


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(p for p in parts if p != "__init__") or "__init__"


def package(name: str) -> str:
    return name.partition(".")[0]


def level(name: str) -> int:
    (found,) = [i for i, names in enumerate(LEVELS) if package(name) in names]
    return found


def is_module(name: str) -> bool:
    place = ROOT.joinpath(*name.split("."))
    return place.with_suffix(".py").exists() or (place / "__init__.py").exists()


def _deepest(dotted: list[str]) -> str | None:
    """Return the longest beginning of a dotted path that is a module."""
    for stop in range(len(dotted), 0, -1):
        if is_module(name := ".".join(dotted[:stop])):
            return name
    return None


@cache
def public() -> dict[str, str]:
    """Return the module from which `xgrad/__init__.py` takes each of its names."""
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            for alias in node.names:
                base = [*(node.module or "").split("."), alias.name]
                names[alias.asname or alias.name] = _deepest([p for p in base if p]) or "__init__"
    return names


def _reached(dotted: list[str]) -> str:
    """Return the module that ``xgrad.a.b`` leads to: one of that name, or whose name `a` is."""
    if found := _deepest(dotted):
        return found
    return public().get(dotted[0], "__init__") if dotted else "__init__"


def _relative(path: Path, node: ast.ImportFrom) -> Iterator[str]:
    folder = [*path.relative_to(ROOT).parts[:-1]]
    base = folder[: len(folder) - node.level + 1] + (node.module.split(".") if node.module else [])
    for alias in node.names:
        yield _deepest([*base, alias.name]) or "__init__"


def _chain(node: ast.expr, spelled: set[str]) -> list[str] | None:
    """Return the attributes of ``xgrad.a.b``, if that is what an expression is."""
    dotted: list[str] = []
    while isinstance(node, ast.Attribute):
        dotted.insert(0, node.attr)
        node = node.value
    return dotted if isinstance(node, ast.Name) and node.id in spelled else None


def reached(path: Path) -> set[str]:
    """Return the modules of xgrad that a file reaches, in whichever way."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    spelled = {
        alias.asname or "xgrad"
        for node in nodes
        if isinstance(node, ast.Import)
        for alias in node.names
        if package(alias.name) == "xgrad"
    }
    roots = {node.value for node in nodes if isinstance(node, ast.Attribute)}
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.level:
            found.update(_relative(path, node))
        elif isinstance(node, ast.ImportFrom) and package(node.module or "") == "xgrad":
            base = (node.module or "").split(".")[1:]
            found.update(_reached([*base, alias.name]) for alias in node.names)
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".")[1:] for alias in node.names]
            found.update(
                _reached(dotted)
                for dotted, alias in zip(names, node.names, strict=True)
                if package(alias.name) == "xgrad" and dotted
            )
        elif isinstance(node, ast.Attribute) and (dotted := _chain(node, spelled)) is not None:
            found.add(_reached(dotted))
        elif isinstance(node, ast.Name) and node.id in spelled and node not in roots:
            found.add("__init__")  # the namespace itself, as in ``getattr(xgrad, name)``
    return found - {module(path)}


def _is_door(own: str, other: str) -> bool:
    return package(own) == DOOR and package(other) != DOOR


@cache
def arrows() -> dict[str, set[str]]:
    """Return what each file reaches, but not through the door."""
    return {
        module(path): {
            other
            for other in reached(path)
            if not (_is_door(module(path), other) and level(other) > level(DOOR))
        }
        for path in FILES
        if module(path) != "__init__"
    }


def test_a_file_reaches_only_downwards() -> None:
    reaching = [
        f"{own} is in layer {level(own)} and reaches up to {above}"
        for own, others in arrows().items()
        if (above := sorted(name for name in others if level(name) > level(own)))
    ]
    assert not reaching, "\n".join(reaching)


def test_there_is_no_circle() -> None:
    graph = {name: others - {package(name)} for name, others in arrows().items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"these files reach each other in a circle: {' -> '.join(error.args[1])}")
    assert order.index("errors") < order.index("engine.walks") < order.index("transforms.gradients")


def test_packages_are_in_no_circle() -> None:
    def room(name: str) -> str:
        return "chapters" if package(name) in CHAPTERS else package(name)

    graph: dict[str, set[str]] = {}
    for name, others in arrows().items():
        graph.setdefault(room(name), set()).update(room(other) for other in others)
    graph = {name: others - {name} for name, others in graph.items()}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"these packages reach each other in a circle: {' -> '.join(error.args[1])}")


def test_the_root_holds_only_public_doors() -> None:
    modules = sorted(path.name for path in ROOT.glob("*.py"))
    assert len(modules) <= MODULES_AT_THE_ROOT, modules


def test_no_file_of_the_engine_is_long() -> None:
    lengths = {p.name: len(p.read_text().splitlines()) for p in (ROOT / "engine").rglob("*.py")}
    assert {name: n for name, n in lengths.items() if n > 350} == {}


def test_only_the_door_knows_the_namespace() -> None:
    """The engine and what is below it are handed what lies above; they look nothing up."""
    below = level("ops")
    looking = [
        module(path)
        for path in FILES
        if level(module(path)) < below
        and package(module(path)) != DOOR
        and any(level(name) >= below for name in reached(path))
    ]
    assert not looking


def test_no_array_library_is_imported_outside_the_adapters() -> None:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            assert not {name.split(".")[0] for name in names} & LIBRARIES, path


def test_adapters_import_only_the_contract() -> None:
    for path in (ROOT.parent / "backends" / "xgrad_backends").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("xgrad."):
                assert node.module in (
                    *(
                        "xgrad.backends",
                        "xgrad.backends.install",
                        "xgrad.errors",
                        "xgrad.errors.kinds",
                    ),
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
