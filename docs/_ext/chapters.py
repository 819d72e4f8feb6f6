"""Which public name is on which page of the reference.

A chapter lists public names; every name of every public ``__all__`` must be in one. It needs no
Sphinx, so that the tests ask it as well.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from typing import Any, NamedTuple

import xgrad
from xgrad.testing.table import CHAPTERS, NOT_OPS


class Chapter(NamedTuple):
    """A page of the reference."""

    file: str
    title: str
    module: str
    paths: list[str]
    intro: str = ""


KINDS = {
    "class": ("array", "Arrays", "What the functions below take and return."),
    "transform": ("transforms", "Derivatives", "From a function to its derivatives."),
    "tape": ("custom", "Rules of your own", "What a tape records, and rules that you write."),
    "implicit": ("implicit", "Implicit differentiation", "The derivative of a solver's solution."),
    "debugging": ("debugging", "Finding what is wrong", "Where a NaN or a zero comes from."),
    "backend": ("backends", "Backends", "Where new arrays are made, and with which library."),
    "compiling": ("compiled", "Compiling", "Record a function once, and replay it without Python."),
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
    "programs": "Files of programs",
    "show": "Showing the work",
    "compiling": "Compiled functions",
    "distributed": "Many processes, many chunks",
    "interchange": "PyTorch and JAX",
    "scipy.integrate": "SciPy: differential equations, quadrature",
    "scipy.interpolate": "SciPy: interpolation",
    "scipy.linalg": "SciPy: dense linear algebra",
    "scipy.ndimage": "SciPy: images",
    "scipy.optimize": "SciPy: roots, minima, fits",
    "scipy.signal": "SciPy: signals",
    "scipy.sparse": "SciPy: sparse arrays",
    "scipy.sparse.csgraph": "SciPy: graphs",
    "scipy.sparse.linalg": "SciPy: sparse solvers",
    "scipy.spatial": "SciPy: rotations and points in space",
    "scipy.spatial.distance": "SciPy: distances",
    "scipy.stats": "SciPy: distributions and statistics",
    "compat.autograd": "autograd's own names",
    "lib.stride_tricks": "Sliding windows",
    "testing": "Checks of derivatives",
    "errors": "Errors and warnings",
}
"""The public modules, and the titles of their pages."""


def find(path: str) -> Any:
    """Return what a path such as ``linalg.solve`` names in `xgrad`, whose own path is empty."""
    module, _, name = f"xgrad.{path}".rstrip(".").rpartition(".")
    return getattr(importlib.import_module(module), name) if module else xgrad


def public(module: str) -> list[str]:
    """Return the public names of a module, as paths."""
    found = importlib.import_module(f"xgrad.{module}".rstrip("."))
    names = getattr(found, "__all__", None)
    if names is None:
        names = [
            name
            for name, value in vars(found).items()
            if getattr(value, "__module__", "") == found.__name__ and not name.startswith("_")
        ]
    return [f"{module}.{name}".lstrip(".") for name in sorted(names, key=str.lower)]


def public_modules() -> set[str]:
    """Return the modules that `xgrad` offers, and those which these offer."""
    waiting = {"", *xgrad._LAZY} - {"compat", "numpy_protocol"}
    found = {"compat.autograd"}  # its modules are autograd's
    while waiting:
        module = waiting.pop()
        found.add(module)
        waiting |= {path for path in public(module) if inspect.ismodule(find(path))} - found
    return found


def functions_and_classes(module: str) -> list[str]:
    """Return the public names of a module that are no modules themselves, as paths."""
    return [path for path in public(module) if not inspect.ismodule(find(path))]


def chapters() -> Iterator[Chapter]:
    """Yield the pages in the order in which the reference shows them."""
    by_kind: dict[str, list[str]] = {}
    for name in functions_and_classes(""):
        by_kind.setdefault(NOT_OPS.get(name, "op"), []).append(name)
    for kind, (file, title, intro) in KINDS.items():
        yield Chapter(file, title, "", by_kind[kind], intro)
    ops = set(by_kind["op"])
    for title, rows in CHAPTERS.items():
        named = {row.name.split(" ")[0] for row in rows}
        if names := sorted(ops & named, key=str.lower):
            ops -= named
            file = "ops_" + title.lower().replace("beside the standard: ", "more_")
            yield Chapter(file.replace(" ", "_").replace(",", ""), title, "", names)
    for module, title in MODULES.items():
        file = "in_" + module.replace(".", "_")
        yield Chapter(file, title, module, functions_and_classes(module))


def without_page() -> set[str]:
    """Return the public names that no page documents."""
    shown = {path for chapter in chapters() for path in chapter.paths}
    wanted = {path for module in public_modules() for path in functions_and_classes(module)}
    return wanted - shown
