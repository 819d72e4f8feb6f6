"""Sphinx extension: the pages that are written from the package and from files outside `docs`.

Which name is on which page, `chapters` says; a name that is on none fails the build. Beside the
docstring of an op stand the backends on which its derivatives have been checked,
from the table of `derivatives.md`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from chapters import MODULES, Chapter, chapters, find, public, without_page
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from xgrad.testing.derivatives import CONSTANT, marks_in

logger = logging.getLogger(__name__)


def _entry(path: str) -> list[str]:
    """Return the directive that documents a name."""
    value = find(path)
    if isinstance(value, type) and getattr(value, "__module__", "").startswith("xgrad"):
        lines = [
            f".. autoclass:: xgrad.{path}",
            "   :members:",
            "   :inherited-members: Exception,Warning,dict,list,tuple",
        ]
        return [*lines, ""]
    if callable(value) and not isinstance(value, type):
        return [f".. autofunction:: xgrad.{path}", ""]
    text = f"``{value!r}``" if len(repr(value)) < 60 else f"A ``{type(value).__name__}``."
    return [f".. py:data:: {path.rpartition('.')[2]}", "", f"   {text}", ""]


def page(chapter: Chapter) -> str:
    """Return the text of a page."""
    space = f"xgrad.{chapter.module}".rstrip(".")
    lines = [f"# {chapter.title}", ""]
    if chapter.intro:
        lines += [chapter.intro, ""]
    lines += ["```{eval-rst}"]
    if chapter.module:
        lines += [f".. automodule:: {space}", "   :no-members:", "   :no-index:", ""]
    lines += [f".. currentmodule:: {space}", ""]
    own = [getattr(find(path), "__module__", None) or "" for path in chapter.paths]
    listed = [p for p, m in zip(chapter.paths, own, strict=True) if m.startswith("xgrad")]
    if len(listed) > 2 and chapter.file != "dtypes":
        lines += [".. autosummary::", "   :nosignatures:", ""]
        lines += [f"   {path.rpartition('.')[2]}" for path in listed] + [""]
    for path in chapter.paths:
        lines += _entry(path)
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
    path = target.removeprefix("xgrad.")
    module = path.rpartition(".")[0]
    return module in ("", *MODULES) and path in public(module)


def check_all(app: Sphinx, env: Any) -> None:
    """Warn, which ends a build with ``-W``, of names without a page."""
    if missing := without_page():
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
