"""autograd's name for the drop-in, so that programs and libraries need no change at all.

import xgrad.compat.alias; xgrad.compat.alias.install()   # before anything imports autograd
python -m xgrad.compat.alias program.py ...               # the same for a program
python -m pytest -p xgrad.compat.alias ...                # and for the tests of a library
"""

from __future__ import annotations

import importlib
import runpy
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from xgrad import Array

HOME = "xgrad.compat."


class Alias(MetaPathFinder, Loader):
    """Answer an import of ``autograd...`` with the module of that name in `xgrad.compat`."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a module of autograd."""
        if name.partition(".")[0] != "autograd":
            return None
        try:
            importlib.import_module(HOME + name)
        except ModuleNotFoundError as error:
            if error.name != HOME + name:
                raise
            raise ModuleNotFoundError(f"No module named {name!r}", name=name) from None
        return ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module that stands for one of autograd."""
        return importlib.import_module(HOME + spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Make known the modules that this one, which has run, imported of itself.

        Importing one of them later would bind its name in `module`, over a function of that name.
        """
        for name, known in [*sys.modules.items()]:
            if name.startswith(f"{module.__name__}."):
                sys.modules.setdefault(name.removeprefix(HOME), known)


def install() -> None:
    """Have ``import autograd`` find `xgrad.compat.autograd` from now on, in this process.

    Raises:
        RuntimeError: if autograd itself was imported before.
    """
    own = sys.modules.get("autograd")
    if own is not None and own.__name__ != HOME + "autograd":
        raise RuntimeError(
            "alias.install: autograd itself was imported before. Call install() first"
        )
    if not any(isinstance(finder, Alias) for finder in sys.meta_path):
        sys.meta_path.insert(0, Alias())
    if find_spec("autoray"):  # which libraries ask whose an array is; autograd's, they must hear
        importlib.import_module("autoray").register_backend(Array, "autograd")


def main(arguments: list[str]) -> None:
    """Run a program with its arguments."""
    if not arguments:
        sys.exit("usage: python -m xgrad.compat.alias PROGRAM [ARGUMENT ...]")
    install()
    sys.argv = arguments
    sys.path.insert(0, str(Path(arguments[0]).resolve().parent))
    runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])


def pytest_load_initial_conftests() -> None:
    """Install it, as a plugin of pytest, before the tests are found."""
    install()
