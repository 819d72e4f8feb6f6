"""Which backends there are, and whose array something is."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Callable

import numpy as np

from .. import errors
from .contract import Backend, Raw
from .dtypes import COMPLEX, REAL

__all__ = [
    "ADAPTERS",
    "BY_TYPE",
    "LOADED",
    "RECORDS",
    "adds_nothing",
    "available_backends",
    "backend_of",
    "backend_of_type",
    "is_inexact",
    "is_recorded",
    "load",
    "loaded",
    "present",
    "refusing",
    "register",
    "under",
]

ADAPTERS: dict[str, str] = {
    "numpy": "xgrad_backends.numpy",
    "cupy": "xgrad_backends.cupy",
    "torch": "xgrad_backends.torch",
    "dask": "xgrad_backends.dask",
    "array_api_strict": "xgrad_backends.strict",
    "jax": "xgrad_backends.jax",
}
"""The built-in adapters. Others register in the entry-point group ``xgrad.backends``."""

LOADED: dict[str, Backend] = {}
BY_TYPE: dict[type, Backend] = {}


def register(backend: Backend) -> Backend:
    """Make a backend known under its name and for its array types."""
    LOADED[backend.name] = backend
    BY_TYPE.update(dict.fromkeys(backend.array_types, backend))
    for dtype, raw in backend.dtypes.items():
        kind = np.dtype(dtype).kind
        if np.dtype(dtype).name == "bfloat16":
            REAL.add(raw)  # NumPy's has no derivatives: see `is_inexact`
        elif kind == "f":
            REAL.update((np.dtype(dtype), raw))
        elif kind == "c":
            COMPLEX.update((np.dtype(dtype), raw))
    return backend


def load(name: str) -> Backend:
    """Return the backend of this name, importing its adapter on first use."""
    if name in LOADED:
        return LOADED[name]
    if name in ADAPTERS:
        return register(importlib.import_module(ADAPTERS[name]).BACKEND)
    from importlib.metadata import entry_points  # the scan takes milliseconds: unknown names only

    found = {point.name: point for point in entry_points(group="xgrad.backends")}
    if name in found:
        return register(found[name].load())
    raise errors.UnknownBackendError(
        f"backend {name!r} is unknown; known are {', '.join([*ADAPTERS, *found])}. "
        "Another package can add one in the entry-point group 'xgrad.backends'."
    )


def loaded() -> list[Backend]:
    """Return the backends whose adapters have been imported."""
    return list(LOADED.values())


_ARRAYS = {"dask": "dask.array"}
"""Where a library has its arrays, if not in the module of its name."""


def present() -> list[Backend]:
    """Return the backends whose libraries the program has imported, and those beside the table."""
    for name in ADAPTERS:
        if name not in LOADED and _ARRAYS.get(name, name) in sys.modules:
            # of a version that the adapter does not know
            with contextlib.suppress(ImportError, errors.BackendUnavailableError):
                load(name)
    return loaded()


_SAYS_NOTHING = frozenset(
    "__module__ __doc__ __qualname__ __dict__ __weakref__ __slots__ __annotations__ __orig_bases__ "
    "__parameters__ __firstlineno__ __static_attributes__ __annotate__ __annotate_func__ "
    "__annotations_cache__".split()
)


def adds_nothing(cls: type, plain: tuple[type, ...]) -> bool:
    """Whether a class differs from these base classes in its name alone.

    Any other subclass may give its arrays a meaning: a mask, a unit, another product. What is made
    of their numbers alone would then be silently wrong.
    """
    for base in cls.__mro__:
        if base in plain:
            return True
        if not _SAYS_NOTHING.issuperset(vars(base)):
            return False
    return True


def refusing(instead: str, *plain: type) -> Callable[[type], str]:
    """Return an `instead_of` that takes no subclasses but these, and what differs in name alone."""
    return lambda cls: "" if adds_nothing(cls, plain) else instead


def backend_of_type(cls: type) -> Backend | None:
    """Return the backend whose arrays have this type, or None; looks only at the type.

    A subclass that means more than its numbers is refused by name, wherever it turns up: every op,
    transform and write asks here before it takes an array of a type for the first time.
    """
    backend = BY_TYPE.get(cls)
    if backend is None:
        for base in cls.__mro__:
            root = base.__module__.partition(".")[0]
            if root in ADAPTERS and isinstance(cls, type):
                candidate = load(root)
                if issubclass(cls, candidate.array_types):
                    if instead := candidate.instead_of(cls):
                        raise errors.SubclassError(
                            f"got an array of the class {cls.__module__}.{cls.__qualname__}, "
                            "which may mean more than its numbers, and that would be lost. "
                            f"{instead}"
                        )
                    BY_TYPE[cls] = backend = candidate
                    break
    return backend


def backend_of(x: Raw) -> Backend:
    """Return the backend of a raw array."""
    backend = BY_TYPE.get(type(x)) or backend_of_type(type(x))
    if backend is None:
        raise errors.UnknownBackendError(
            f"{type(x).__module__}.{type(x).__qualname__} is not an array of a known backend "
            f"({', '.join(ADAPTERS)}); xgrad.asarray(x) makes an array of numbers and sequences"
        )
    return backend


def under(x: Raw) -> Raw:
    """Return the array of a library that holds the values of a raw array, mostly `x` itself."""
    while (inner := backend_of(x).under) is not None:
        x = inner(x)
    return x


def is_inexact(x: Raw) -> bool:
    """Whether an array is of floating-point numbers; NumPy's bfloat16 are none: see `lacking`."""
    dtype = x.dtype
    if dtype not in REAL:
        return dtype in COMPLEX
    # libraries share that dtype, which is of no kind that NumPy has a letter for
    return getattr(dtype, "kind", "f") == "f" or dtype in backend_of(under(x)).numpy_dtypes


RECORDS = 10
"""The `leads` of what stands in for arrays while a function is recorded."""


def is_recorded(x: Raw) -> bool:
    """Whether an array stands in for others while a function is recorded: it has no values yet."""
    return backend_of(under(x)).leads == RECORDS


def available_backends() -> list[str]:
    """Return the names of the backends that can be used here, NumPy first.

    Libraries that are not installed are not imported; the others are, to see whether they work.
    ``python -m xgrad`` says why one is missing and what to type.
    """
    found = []
    for name in ADAPTERS:
        if name not in sys.modules and importlib.util.find_spec(name) is None:
            continue
        with contextlib.suppress(errors.BackendUnavailableError):
            load(name)
            found.append(name)
    return found
