"""Write cupy_names.json: what ``cupyx.scipy`` has, and the parameters of each function.

``python tests/science/cupy_table.py SITE_PACKAGES`` reads an installed CuPy's sources, as its import
needs CUDA's libraries.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

CHAPTERS = (
    "linalg ndimage signal sparse sparse.linalg interpolate spatial spatial.distance stats "
    "optimize integrate fft special"
).split()
HERE = Path(__file__).with_name("cupy_names.json")


def parameters(f: ast.FunctionDef) -> list[str]:
    """Return the names of the parameters; those that take any begin with stars."""
    a = f.args
    names = [x.arg for x in (*a.posonlyargs, *a.args)]
    names += [f"*{a.vararg.arg}"] if a.vararg else []
    names += [x.arg for x in a.kwonlyargs]
    return names + ([f"**{a.kwarg.arg}"] if a.kwarg else [])


def defined(path: Path, name: str) -> list[str] | None:
    """Return the parameters of what a file defines; None if it is no plain function or class."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return parameters(node)
        if isinstance(node, ast.ClassDef) and node.name == name:
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and inner.name == "__init__":
                    return parameters(inner)[1:]
    return None


def chapter(root: Path, name: str) -> dict[str, Any]:
    """Return the public names of a chapter, and their parameters."""
    home = root.joinpath("cupyx", "scipy", *name.split("."))
    file = home / "__init__.py" if home.is_dir() else home.with_suffix(".py")
    found: dict[str, Any] = {}
    if not file.exists():
        return found
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            source = root.joinpath(*node.module.split("."))
            source = source / "__init__.py" if source.is_dir() else source.with_suffix(".py")
            for alias in node.names:
                public = alias.asname or alias.name
                if not public.startswith("_") and source.exists():
                    found[public] = defined(source, alias.name)
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            found[node.name] = parameters(node)
    return dict(sorted(found.items()))


def main() -> None:
    """Write the table."""
    root = Path(sys.argv[1])
    version = next(root.glob("cupy_cuda*.dist-info")).name.split("-")[1]
    table: dict[str, Any] = {"version": version}
    for name in CHAPTERS:
        table[name] = {
            key: None if names is None else " ".join(names)
            for key, names in chapter(root, name).items()
        }
    HERE.write_text(json.dumps(table, indent=0, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
