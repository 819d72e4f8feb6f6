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
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the import system asks for methods, not for classes, and these load slowly
    from importlib.abc import Loader

TWINS = {
    f"scipy.{name}": f"scipy.{name}"
    for name in (
        "integrate interpolate linalg ndimage optimize signal signal.windows sparse sparse.csgraph "
        "sparse.linalg spatial spatial.distance spatial.transform stats"
    ).split()
}
"""The modules of SciPy of which functions are handed an `Array`, and where their twins are."""

HOOKS = {
    "autoray": "autoray",
    "einops._backends": "einops",
    "pandas.core.dtypes.missing": "pandas",
    "pandas.core.frame": "pandas",
    "pandas.core.series": "pandas",
    "scipy.fft": "scipy_fft",
    "scipy._lib._array_api": "scipy_namespace",
    "xarray.core.duck_array_ops": "xarray",
    "xarray.core.indexing": "xarray",
    "xarray.core.variable": "xarray",
    **dict.fromkeys(TWINS, "scipy_twins"),
    "xgrad.scipy.sparse": "scipy_twins",  # it imports SciPy's module, which comes too early then
    "xgrad.scipy.sparse.csgraph": "scipy_twins",
    "xgrad.scipy.sparse.linalg": "scipy_twins",
}
"""The module that brings the register, and the module here that enters xgrad into it."""

ABOUT = {
    "autoray": "finds NumPy's functions for an Array, and with it cotengra and quimb do",
    "einops": "finds Array among its kinds of arrays",
    "pandas": "multiplies a table's numbers with an Array that has a gradient, and sees its NaN",
    "scipy_fft": "transforms an Array by xgrad.fft, through SciPy's registry of backends",
    "scipy_namespace": "takes NumPy's constants beside an Array for arrays of xgrad",
    "scipy_twins": "hands an Array to the function of the same name in xgrad.scipy",
    "xarray": "takes an Array's entries at labelled indices, as NumPy's, and its std and var",
}
"""What each hook changes, for ``python -m xgrad``."""

__all__ = ["disable", "enable", "install", "is_enabled"]

_state = {"on": True}


def is_enabled() -> bool:
    """Whether SciPy's functions are answered by xgrad where an `Array` is given."""
    return _state["on"]


def disable() -> None:
    """Leave SciPy as it is, from now on: an `Array` goes to it, and it raises where it must.

    What raw arrays get is the same with the hooks and without.

    >>> import xgrad as xg
    >>> from xgrad import hooks
    >>> hooks.disable(), hooks.is_enabled(), hooks.enable()
    (None, False, None)
    """
    _state["on"] = False


def enable() -> None:
    """Have SciPy's functions answered again; see `disable`."""
    _state["on"] = True


def install() -> None:
    """Enter xgrad into the registers of what is imported, now or later."""
    found = [(name, hook) for name, hook in HOOKS.items() if name in sys.modules]
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())  # first: to enter a module may import another
    for name, hook in found:
        _enter(name, hook)
    if any(hook == "scipy_twins" for _, hook in found):
        import_module(f"{__name__}.scipy_twins").replace_names()


def _enter(name: str, hook: str) -> None:
    """Enter xgrad into what a module has brought."""
    module = import_module(f"{__name__}.{hook}")
    if hasattr(module, "enter"):
        module.enter(name)


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
            loader: Any = _Loader(spec.loader, fullname, hook)  # see the import above
            spec.loader = loader
        return spec


class _Loader:
    """Loads a module as its own loader does, then runs a hook."""

    def __init__(self, loader: Loader, name: str, hook: str) -> None:
        self.loader, self.name, self.hook = loader, name, hook

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        assert spec is not None
        spec.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        _enter(self.name, self.hook)
