"""The message for a name that a module has not: what it is called here, or the nearest name."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module

from . import autograd, jax, numpy, torch

LIBRARIES = {
    "numpy": numpy.INSTEAD,
    "torch": torch.INSTEAD,
    "jax": jax.INSTEAD,
    "autograd": autograd.INSTEAD,
}
"""For each library, its names and what to write instead; the first that knows a name answers."""

SHOWN = {"numpy": "NumPy", "torch": "PyTorch", "jax": "JAX", "autograd": "autograd"}

CHAPTERS = (
    *("linalg", "fft", "special", "random", "nn", "nn.functional", "nn.init", "optim", "optimize"),
    *("tree", "data", "files", "interchange", "show", "errors"),
)
IF_LOADED = (
    *("testing", "scipy.stats", "scipy.signal", "scipy.integrate", "scipy.interpolate"),
    *("scipy.ndimage", "scipy.linalg", "scipy.spatial", "scipy.sparse", "scipy.optimize"),
)
"""Where a name is looked for that another module was asked for; some take long to load."""

ROOT = __name__.partition(".")[0]


@cache
def missing(module: str, name: str) -> str:
    """Return the message for a name that a module has not."""
    text = f"module {module!r} has no attribute {name!r}"
    chapter = module.partition(".")[2]
    path = f"{chapter}.{name}" if chapter else name
    for library, instead in LIBRARIES.items():
        if path in instead:
            return f"{text}. Instead of {SHOWN[library]}'s: {instead[path]}"
    elsewhere = [f"{place}.{name}" for place in _places(module) if name in _names(place)]
    if elsewhere:
        return f"{text}. There is {elsewhere[0]}"
    if near := _near(name, _names(module)):
        return f"{text}. Did you mean {' or '.join(f'{module}.{other}' for other in near)}?"
    for library, instead in LIBRARIES.items():  # as `xg.nn.grad` or `xg.linalg.mm`
        if name in instead:
            return f"{text}. Instead of {SHOWN[library]}'s: {instead[name]}"
    return f"{text}. dir({module}) lists what there is"


def _places(own: str) -> Iterator[str]:
    """Yield the modules to look in, the namespace first."""
    loaded = [chapter for chapter in IF_LOADED if f"{ROOT}.{chapter}" in sys.modules]
    for place in (ROOT, *(f"{ROOT}.{chapter}" for chapter in (*CHAPTERS, *loaded))):
        if place != own:
            yield place


def _names(module: str) -> list[str]:
    """Return the public names of a module; none if it needs what is not installed."""
    try:
        found = import_module(module)
    except ImportError:
        return []
    return [name for name in getattr(found, "__all__", dir(found)) if not name.startswith("_")]


def _near(name: str, names: list[str]) -> list[str]:
    """Return the names nearest to one, those first that differ in their capitals alone."""
    own = name.lower().replace("_", "")
    same = [other for other in names if other.lower().replace("_", "") == own]
    return same[:2] or difflib.get_close_matches(name, names, n=2, cutoff=0.72)
