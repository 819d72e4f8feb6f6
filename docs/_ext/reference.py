"""Sphinx extension: the pages that are written from the package and from files outside `docs`.

A chapter lists public names; every name of every public ``__all__`` must be in one, or the build
fails. Beside the docstring of an op stand the backends on which its derivatives have been checked,
from the table of `derivatives.md`.
"""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

import xgrad
from xgrad.testing.derivatives import CONSTANT, marks_in
from xgrad.testing.table import CHAPTERS, NOT_OPS

logger = logging.getLogger(__name__)


class Chapter(NamedTuple):
    """A page of the reference."""

    file: str
    title: str
    module: str
    names: list[str]
    intro: str = ""


KINDS = {
    "class": ("array", "Arrays", "What the functions below take and return."),
    "transform": ("transforms", "Derivatives", "From a function to its derivatives."),
    "tape": ("custom", "Rules of your own", "What a tape records, and rules that you write."),
    "implicit": ("implicit", "Implicit differentiation", "The derivative of a solver's solution."),
    "debugging": ("debugging", "Finding what is wrong", "Where a NaN or a zero comes from."),
    "backend": ("backends", "Backends", "Where new arrays are made, and with which library."),
    "creation": ("creation", "New arrays", "They are made on the current backend."),
    "inspection": ("inspection", "Dtypes and shapes", "Questions about dtypes and shapes."),
    "dtype": ("dtypes", "The dtypes", "They are NumPy's own, on every backend."),
    "constant": ("constants", "Constants", "Numbers that go by a name."),
}
"""By a kind of name that is no op: the file, title and first line of its page."""

MODULES = {
    "linalg": "Linear algebra",
    "fft": "Fourier and cosine transforms",
    "special": "Special functions",
    "random": "Random numbers",
    "tree": "Trees of arrays",
    "nn": "Networks: layers",
    "nn.functional": "Networks: functions",
    "nn.init": "Networks: initial values",
    "optim": "Gradient methods",
    "optimize": "Solvers with exact derivatives",
    "data": "Minibatches",
    "files": "Files of arrays",
    "show": "Showing the work",
    "interchange": "PyTorch and JAX",
    "compat.autograd": "autograd's own names",
    "testing": "Checks of derivatives",
    "errors": "Errors and warnings",
}


def public(module: str) -> list[str]:
    """Return the public names of a module of xgrad."""
    found = importlib.import_module(f"xgrad.{module}" if module else "xgrad")
    names = getattr(found, "__all__", None)
    if names is None:
        names = [
            name
            for name, value in vars(found).items()
            if getattr(value, "__module__", "") == found.__name__ and not name.startswith("_")
        ]
    return sorted(names, key=str.lower)


def found_modules() -> dict[str, str]:
    """Return the public modules and their titles, those that no title was given as well."""
    titles = dict(MODULES)
    loaded = [name for name in dir(xgrad) if not name.startswith("_")]
    listed = [name for name in loaded if inspect.ismodule(getattr(xgrad, name, None))]
    own = {"arrays", "backends", "compat", "custom", "debugging", "engine", "hooks", "ops"}
    for name in sorted({*listed, *xgrad._LAZY} - own - {"transforms", "numpy_protocol", "tape"}):
        module = importlib.import_module(f"xgrad.{name}")
        if not module.__name__.startswith("xgrad."):
            continue
        if getattr(module, "__all__", None):
            titles.setdefault(name, f"xgrad.{name}")
        for info in pkgutil.iter_modules(getattr(module, "__path__", ())):
            inner = f"{name}.{info.name}"
            if name == "scipy" and getattr(importlib.import_module(f"xgrad.{inner}"), "__all__", 0):
                titles.setdefault(inner, f"xgrad.{inner}")
    return titles


def chapters() -> Iterator[Chapter]:
    """Yield the pages in the order in which the reference shows them."""
    by_kind: dict[str, list[str]] = {}
    for name in public(""):
        if not inspect.ismodule(getattr(xgrad, name)):
            by_kind.setdefault(NOT_OPS.get(name, "op"), []).append(name)
    ops = set(by_kind.pop("op", ()))
    for kind, (file, title, intro) in KINDS.items():
        if kind in by_kind:
            yield Chapter(file, title, "", by_kind.pop(kind), intro)
    for kind, names in by_kind.items():
        yield Chapter(kind, kind.capitalize(), "", names)
    for title, rows in CHAPTERS.items():
        named = {row.name.split(" ")[0] for row in rows}
        if names := sorted(ops & named, key=str.lower):
            ops -= named
            file = "ops_" + title.lower().replace("beside the standard: ", "more_")
            yield Chapter(file.replace(" ", "_").replace(",", ""), title, "", names)
    if ops:
        yield Chapter("ops_others", "Other functions", "", sorted(ops))
    for module, title in found_modules().items():
        names = [n for n in public(module) if not inspect.ismodule(_object(module, n))]
        yield Chapter("in_" + module.replace(".", "_"), title, module, names)


def _object(module: str, name: str) -> Any:
    found = importlib.import_module(f"xgrad.{module}" if module else "xgrad")
    return getattr(found, name)


def _entry(chapter: Chapter, name: str) -> list[str]:
    """Return the directive that documents a name."""
    path = ".".join(filter(None, ["xgrad", chapter.module, name]))
    value = _object(chapter.module, name)
    if isinstance(value, type) and getattr(value, "__module__", "").startswith("xgrad"):
        lines = [
            f".. autoclass:: {path}",
            "   :members:",
            "   :inherited-members: Exception,Warning",
        ]
        return [*lines, ""]
    if callable(value) and not isinstance(value, type):
        return [f".. autofunction:: {path}", ""]
    text = f"``{value!r}``" if len(repr(value)) < 60 else f"A ``{type(value).__name__}``."
    return [f".. py:data:: {name}", "", f"   {text}", ""]


def page(chapter: Chapter) -> str:
    """Return the text of a page."""
    space = ".".join(filter(None, ["xgrad", chapter.module]))
    lines = [f"# {chapter.title}", ""]
    if chapter.intro:
        lines += [chapter.intro, ""]
    lines += ["```{eval-rst}"]
    if chapter.module:
        lines += [f".. automodule:: {space}", "   :no-members:", "   :no-index:", ""]
    lines += [f".. currentmodule:: {space}", ""]
    own = [getattr(_object(chapter.module, n), "__module__", None) or "" for n in chapter.names]
    listed = [n for n, m in zip(chapter.names, own, strict=True) if m.startswith("xgrad")]
    if len(listed) > 2 and chapter.file != "dtypes":
        lines += [".. autosummary::", "   :nosignatures:", ""]
        lines += [f"   {name}" for name in listed] + [""]
    for name in chapter.names:
        lines += _entry(chapter, name)
    return "\n".join([*lines, "```", ""])


def write_pages(app: Sphinx, config: Any) -> None:
    """Write the pages, and the list of them; leave alone what has not changed."""
    folder = Path(app.srcdir) / "api" / "generated"
    folder.mkdir(parents=True, exist_ok=True)
    pages = {chapter.file: page(chapter) for chapter in chapters()}
    for file, text in pages.items():
        path = folder / f"{file}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in folder.glob("*.md"):
        if path.stem not in pages:
            path.unlink()


REPOSITORY = "https://github.com/xgrad/xgrad/blob/main/"
OUTSIDE = ("CHANGELOG.md", "CONTRIBUTING.md", "benchmarks/README.md")
"""Files of the repository that are pages of the site as well."""


def write_files_from_outside(app: Sphinx, config: Any) -> None:
    """Write the pages that are files elsewhere, with links that are right where they are read."""
    root, folder = Path(app.srcdir).parent, Path(app.srcdir) / "generated"
    folder.mkdir(exist_ok=True)
    for name in OUTSIDE:
        source = root / name
        stem = source.parent.name if source.stem == "README" else source.stem.lower()

        def moved(match: re.Match[str], source: Path = source) -> str:
            path, _, anchor = match[1].partition("#")
            target = (source.parent / path).resolve()
            if not path or "://" in path or not target.exists():
                return match[0]
            inside = target.is_relative_to(app.srcdir) or target.suffix == ".png"
            where = os.path.relpath(target, folder) if inside else None
            if str(target.relative_to(root)) in OUTSIDE:
                where = f"{target.stem.lower()}.md"
            anchor = f"#{anchor}" if anchor else ""
            return f"]({where or REPOSITORY + str(target.relative_to(root))}{anchor})"

        text = re.sub(r"\]\(([^)\s]+)\)", moved, source.read_text(encoding="utf-8"))
        path = folder / f"{stem}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


SOURCE = """---
orphan: true
---

# examples/{name}.py

The picture and what it shows are in [the gallery](../../gallery/README.md).

```{{literalinclude}} ../../../examples/{name}.py
:language: python
```
"""


def write_sources(app: Sphinx, config: Any) -> None:
    """Write a page with the source of each example."""
    folder = Path(app.srcdir) / "generated" / "source"
    folder.mkdir(parents=True, exist_ok=True)
    for path in (Path(app.srcdir).parent / "examples").glob("*.py"):
        page = folder / f"{path.stem}.md"
        if not page.exists():
            page.write_text(SOURCE.format(name=path.stem), encoding="utf-8")


def link_sources(app: Sphinx, docname: str, source: list[str]) -> None:
    """Lead links out of `docs` to the pages made of those files; link the gallery's sources."""
    if "/" not in docname:
        for name in OUTSIDE:
            stem = Path(name).parent.name if name.endswith("README.md") else Path(name).stem.lower()
            source[0] = source[0].replace(f"](../{name}", f"](generated/{stem}.md")
    if docname == "gallery/README":
        link = r"\g<0>\n[Source of `examples/\1.py`](../generated/source/\1.md)\n"
        source[0] = re.sub(r"(?m)^    python examples/(\w+)\.py$\n", link, source[0])


def missing_names() -> set[str]:
    """Return the public names that no page documents."""
    shown = {(c.module, name) for c in chapters() for name in c.names}
    wanted = {
        (module, name)
        for module in ["", *found_modules()]
        for name in public(module)
        if not inspect.ismodule(_object(module, name))
    }
    return {".".join(filter(None, pair)) for pair in wanted - shown}


_MARKS: dict[str, Any] = {}


def note_backends(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: Any) -> None:
    """Say below an op on which backends its derivatives have been checked."""
    if what != "function":
        return
    if not _MARKS:
        table = (Path(app.srcdir) / "derivatives.md").read_text(encoding="utf-8")
        _MARKS.update(marks_in(table))
    marks = _MARKS.get(name.removeprefix("xgrad."))
    if not marks:
        return
    all_marks = set().union(*marks.values())
    where = [backend for backend, found in marks.items() if set(found) == all_marks and found]
    partly = [
        f"{backend} ({', '.join(sorted(found))})" if found else f"not {backend}"
        for backend, found in marks.items()
        if backend not in where
    ]
    if all_marks <= set(CONSTANT):
        heading, what_holds = "Derivative", "none: results are untracked"
    else:
        modes = [m for m in ("vjp", "jvp", "order 2") if m in all_marks]
        domain = " and ".join(m for m in ("real", "complex") if m in all_marks)
        heading, what_holds = "Checked derivatives", f"{', '.join(modes)}; {domain}"
    lines += ["", f":{heading}: {what_holds}", f":Backends: {', '.join(where + partly)}", ""]


def leave_foreign_names(app: Sphinx, env: Any, node: Any, contnode: Any) -> nodes.Node | None:
    """Show names of Python, NumPy and type aliases as code; only xgrad's own must be found."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py":
        return None
    if node.get("reftype") == "obj" or not target.startswith("xgrad."):
        return contnode
    return contnode if not _is_public(target) else None


def _is_public(target: str) -> bool:
    """Whether a full name is one that users write, and so must be on a page."""
    module, _, name = target.removeprefix("xgrad.").rpartition(".")
    return module in ("", *MODULES) and name in public(module)


def check_all(app: Sphinx, env: Any) -> None:
    """Warn, which ends a build with ``-W``, of names without a page."""
    if missing := missing_names():
        logger.warning("public names without a page: %s", ", ".join(sorted(missing)))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("config-inited", write_pages)
    app.connect("config-inited", write_files_from_outside)
    app.connect("config-inited", write_sources)
    app.connect("source-read", link_sources)
    app.connect("autodoc-process-docstring", note_backends, priority=900)
    app.connect("missing-reference", leave_foreign_names)
    app.connect("env-updated", check_all)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
