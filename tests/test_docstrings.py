# Tests of xgrad
"""Every public docstring tells a stranger what goes in and what comes out.

A function, class or method of the public namespaces that takes two or more parameters has a section
``Args:`` that names each of them once and nothing else, and one that says what is returned.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

NAMESPACES = [
    "xgrad",
    "xgrad.data",
    "xgrad.fft",
    "xgrad.files",
    "xgrad.interchange",
    "xgrad.linalg",
    "xgrad.nn",
    "xgrad.nn.functional",
    "xgrad.nn.init",
    "xgrad.optim",
    "xgrad.optimize",
    "xgrad.random",
    "xgrad.show",
    "xgrad.special",
    "xgrad.testing",
    "xgrad.tree",
]
SECTION = re.compile(r"^(Args|Attributes|Returns|Yields|Raises):\s*(.*)$")
ENTRY = re.compile(r"^    (\*{0,2}\w+(?:, \*{0,2}\w+)*): \S")


def public(module: Any) -> list[str]:
    """Return the names a module offers: its ``__all__``, or what it defines itself."""
    names = getattr(module, "__all__", None)
    if names is not None:
        return list(names)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]


def members(path: str, cls: type) -> Iterator[tuple[str, Any]]:
    """Yield a class's constructor and its public methods, also inherited ones, by dotted name."""
    yield path, cls
    for base in cls.__mro__:
        if not base.__module__.startswith("xgrad"):
            continue
        for name, value in vars(base).items():
            if not name.startswith("_") and inspect.isfunction(inspect.unwrap(getattr(base, name))):
                yield f"{path}.{name}", getattr(value, "__func__", value)  # also of a class method


def documented() -> Iterator[tuple[str, Any]]:
    """Yield every public function, class and method of the package, once."""
    seen: set[int] = set()
    for namespace in NAMESPACES:
        module = importlib.import_module(namespace)
        for name in public(module):
            value = getattr(module, name)
            if not callable(value) or not str(getattr(value, "__module__", "")).startswith("xgrad"):
                continue  # NumPy's dtypes among them
            path = f"{namespace}.{name}"
            for found, part in members(path, value) if inspect.isclass(value) else [(path, value)]:
                if id(part) not in seen:
                    seen.add(id(part))
                    yield found, part


DOCUMENTED = dict(documented())


def parameters(value: Any) -> list[str]:
    """Return the parameters of a call, as a docstring names them, without ``self``."""
    try:
        signature = inspect.signature(value)
    except ValueError:
        return []
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return [
        stars.get(p.kind, "") + name
        for name, p in signature.parameters.items()
        if name not in ("self", "cls") and not name.startswith("_")
    ]


def sections(docstring: str) -> dict[str, list[str]]:
    """Return the lines below each heading of a docstring."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in inspect.cleandoc(docstring).splitlines():
        match = SECTION.match(line)
        if match:
            lines = found.setdefault(match[1], [])
            if match[2]:
                lines.append(match[2])
        elif line and not line.startswith(" "):
            lines = []
        elif line:
            lines.append(line)
    return found


def entries(lines: list[str]) -> list[str]:
    """Return the names that a section ``Args:`` explains; several may share an entry."""
    return [
        name.lstrip("*")
        for line in lines
        if (match := ENTRY.match(line))
        for name in match[1].split(", ")
    ]


def faults(value: Any) -> list[str]:
    """Return what a docstring lacks or says wrongly."""
    text = value.__doc__ or ""
    first = text.strip().partition("\n")[0]
    if not first:
        return ["no docstring"]
    found = sections(text)
    named, expected = entries(found.get("Args", [])), [p.lstrip("*") for p in parameters(value)]
    if dataclasses.is_dataclass(value) or issubclass_of_tuple(value):
        fields = entries(found.get("Attributes", []))
        named += [name for name in fields if name in expected and name not in named]
    wrong = [] if first.rstrip().endswith((".", ":")) else ["the first line is no sentence"]
    if len(expected) < 2 and not named:
        return wrong
    missing = [name for name in expected if name not in named]
    unknown = [name for name in named if name not in expected]
    if missing:
        wrong.append(f"Args leaves out {', '.join(missing)}")
    if unknown:
        wrong.append(f"Args names {', '.join(unknown)}, which is no parameter")
    if len(set(named)) < len(named):
        wrong.append("Args names a parameter twice")
    untold = [name for name in raised(value) if name not in " ".join(found.get("Raises", []))]
    if untold:
        wrong.append(f"Raises leaves out {', '.join(untold)}")
    silent = inspect.isclass(value) or returns_nothing(value)
    if not silent and not found.get("Returns") and not found.get("Yields"):
        wrong.append("no Returns")
    return wrong


def raised(value: Any) -> list[str]:
    """Return the exceptions that a function raises in its own body, for its caller to know."""
    if inspect.isclass(value):
        return []
    try:
        lines = inspect.getsource(inspect.unwrap(value))
    except (OSError, TypeError):
        return []
    (definition,) = ast.parse(textwrap.dedent(lines)).body
    found = []
    for node in ast.walk(definition):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name = ast.unparse(node.exc.func).rpartition(".")[2]
            if name[:1].isupper() and name not in ("AttributeError", "NotImplementedError"):
                found.append(name)
    return list(dict.fromkeys(found))


def issubclass_of_tuple(value: Any) -> bool:
    """Return whether a class is a named tuple, whose fields are the arguments it is made of."""
    return inspect.isclass(value) and issubclass(value, tuple)


def returns_nothing(value: Callable[..., Any]) -> bool:
    """Return whether a function says by its annotation that it returns None."""
    annotation = inspect.signature(value).return_annotation
    return annotation is None or annotation == "None"


def test_a_docstring_tells_what_goes_in_and_what_comes_out() -> None:
    found = {path: faults(function) for path, function in DOCUMENTED.items()}
    assert len(found) > 900
    lacking = [f"{path}: {'; '.join(said)}" for path, said in found.items() if said]
    assert not lacking, "\n".join(lacking)


def _told(x: int, y: int) -> int:
    """Return the sum of two numbers.

    Args:
        x: a number.
        y: another one.

    Returns:
        Their sum.
    """
    return x + y


def _untold(x: int, y: int) -> int:
    """Return the sum of two numbers."""
    return x + y


def _misnamed(x: int, y: int) -> int:
    """Return the sum of two numbers.

    Args:
        x: a number.
        z: another one.

    Returns:
        Their sum.
    """
    return x + y


def _silent_about_its_error(x: int, y: int) -> int:
    """Return the sum of two numbers.

    Args:
        x: a number.
        y: another one.

    Returns:
        Their sum.
    """
    if x > y:
        raise ValueError(f"got {x} and {y}; expected them in order")
    return x + y


def test_the_check_of_docstrings_can_fail() -> None:
    assert faults(_told) == []
    assert faults(_untold) == ["Args leaves out x, y", "no Returns"]
    assert faults(_misnamed) == ["Args leaves out y", "Args names z, which is no parameter"]
    assert faults(_silent_about_its_error) == ["Raises leaves out ValueError"]


def test_every_chapter_is_looked_at() -> None:
    for namespace in NAMESPACES:
        assert any(path.startswith(f"{namespace}.") for path in DOCUMENTED), namespace
    assert len(DOCUMENTED) > 600
