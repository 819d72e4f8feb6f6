"""What other libraries must be told about xgrad: said when they are imported, and only then.

Most libraries find an `xgrad.Array` by the protocols that it has. A few keep a register of the
kinds of arrays they know. Each has a module here that enters xgrad, run right after the library's
own module is imported, or at once if it has been imported before.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the import system asks for methods, not for classes, and these load slowly
    from importlib.abc import Loader

HOOKS = {"einops._backends": "einops", "scipy.fft": "scipy_fft"}
"""The module that brings the register, and the module here that enters xgrad into it."""

__all__ = ["install"]


def install() -> None:
    """Enter xgrad into the registers of what is imported, now or later."""
    for name, hook in HOOKS.items():
        if name in sys.modules:
            import_module(f"{__name__}.{hook}")
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds what the other finders find, and has the hook run after the import."""

    def __init__(self) -> None:
        self.waiting = dict(HOOKS)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        hook = self.waiting.pop(fullname, None)
        if hook is None:
            return None
        spec = find_spec(fullname)  # of the other finders: this one waits no more
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, hook)  # type: ignore[assignment] # see the import above
        return spec


class _Loader:
    """Loads a module as its own loader does, then runs a hook."""

    def __init__(self, loader: Loader, hook: str) -> None:
        self.loader, self.hook = loader, hook

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        assert spec is not None
        spec.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        import_module(f"{__name__}.{self.hook}")
