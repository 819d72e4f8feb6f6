"""Run a suite: ``python -m tests.suites NAME CHECKOUT [--backend NAME] [pytest's arguments]``.

The checkout is that of the project whose tests they are; nothing of it is copied here. Each adapter
puts xgrad where the suite expects NumPy, or adds it to the libraries that the suite knows.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # SciPy reads it once, when it is imported

import pytest

import xgrad as xg


def _array_api_extra(checkout: Path) -> list[str]:
    """array-api-extra's tests, whose library called numpy, or array_api_strict on that, is xgrad.

    Of array_api_strict they expect that it refuses to mix kinds of numbers.
    """
    sys.path.insert(0, str(checkout / "src"))
    backends: Any = import_module("array_api_extra._lib._backends")
    strict = xg.get_backend() == "array_api_strict"
    taken = backends.Backend.ARRAY_API_STRICT if strict else backends.Backend.NUMPY
    if strict:  # whose own names they call on the library under test
        for own_name in ("Device", "set_array_api_strict_flags"):
            setattr(xg, own_name, getattr(import_module("array_api_strict"), own_name))
    own = backends.Backend.modname.fget
    backends.Backend.modname = property(lambda self: "xgrad" if self is taken else own(self))
    chosen = f"{taken.name.lower()} and not readonly and not strictest"
    return [str(checkout / "tests" / "main"), "-k", chosen]


def _einops(checkout: Path) -> list[str]:
    """einops' tests, whose only library is xgrad."""
    sys.path.insert(0, str(checkout))
    import_module("einops._backends")  # the hook enters xgrad into its register
    os.environ["EINOPS_TEST_BACKENDS"] = "numpy,xgrad"
    names = ("ops", "einsum", "packing", "examples", "other", "array_api", "parsing")
    return [str(checkout / "einops" / "tests" / f"test_{name}.py") for name in names]


SUITES: dict[str, Callable[[Path], list[str]]] = {
    "array-api-extra": _array_api_extra,
    "einops": _einops,
}


def main() -> int:
    """Run one suite, and return pytest's exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=SUITES)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--backend", default="numpy", help="where new arrays of xgrad are made")
    options, more = parser.parse_known_args()
    xg.set_backend(options.backend)
    args = SUITES[options.name](options.checkout.resolve())
    os.chdir(options.checkout)
    for name in [n for n in sys.modules if n.partition(".")[0] == "tests"]:
        del sys.modules[name]  # theirs may have the name of ours
    sys.path.insert(0, str(Path.cwd()))
    return int(pytest.main(["-q", "-p", "no:cacheprovider", *args, *more]))


if __name__ == "__main__":
    sys.exit(main())
