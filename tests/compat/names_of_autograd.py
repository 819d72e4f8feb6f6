"""Write the names of autograd's modules to `names_of_autograd.txt`, for the test of their twins.

    python tests/compat/names_of_autograd.py

It is run where autograd itself is installed, which is not where the tests are. Left out is what is
no name of its own: other libraries' modules and functions, loop variables.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from types import ModuleType
from typing import Any

OUT = Path(__file__).with_suffix(".txt")
LOOPS = frozenset("fun method_name type_".split())


def is_own(module: str, name: str, value: Any) -> bool:
    """Whether a name of a module of autograd is one that programs may import from it."""
    if name.startswith("__") or name in LOOPS:
        return False
    if isinstance(value, ModuleType):
        return value.__name__.startswith("autograd")
    theirs = module.removeprefix("autograd.").replace("numpy.numpy_wrapper", "numpy")
    if theirs.startswith(("numpy", "scipy")) and hasattr(_module(theirs), name):
        return False
    home = getattr(value, "__module__", None)
    return not isinstance(home, str) or home.startswith("autograd")


def _module(name: str) -> Any:
    """Return a module of NumPy or SciPy, None if there is none of this name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


def lines() -> list[str]:
    """Return a line for each module: its name and those in it."""
    import autograd

    modules = ["autograd", *(m.name for m in pkgutil.walk_packages(autograd.__path__, "autograd."))]
    found = []
    for module in sorted(modules):
        names = vars(importlib.import_module(module)).items()
        found.append(f"{module}: {' '.join(sorted(n for n, v in names if is_own(module, n, v)))}")
    return found


if __name__ == "__main__":
    OUT.write_text("\n".join(lines()) + "\n", encoding="utf-8")
