"""What the namespace can do: the inspection functions of the standard."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backends import current
from ..backends.defaults import default_complex, get_default_dtype

_KINDS: dict[str, tuple[str, ...]] = {
    "bool": ("bool",),
    "signed integer": ("int8", "int16", "int32", "int64"),
    "unsigned integer": ("uint8", "uint16", "uint32", "uint64"),
    "real floating": ("float32", "float64"),
    "complex floating": ("complex64", "complex128"),
}
_GROUPS: dict[str, tuple[str, ...]] = {
    "integral": ("signed integer", "unsigned integer"),
    "numeric": ("signed integer", "unsigned integer", "real floating", "complex floating"),
}


class _Devices(tuple[Any, ...]):
    """A tuple, as in the standard of 2025.12, that joins lists as the list did that it was."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return [*self, *other] if isinstance(other, list) else super().__add__(other)


class NamespaceInfo:
    """Capabilities, devices and dtypes of the current backend."""

    def capabilities(self) -> dict[str, Any]:
        """Return what may differ between libraries."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> Any:
        """Return the device on which new arrays are made."""
        backend, device = current()
        return backend.devices()[0] if device is None else device

    def default_dtypes(self, *, device: Any = None) -> dict[str, Any]:
        """Return the dtypes of Python numbers and of indices."""
        return {
            "real floating": get_default_dtype(),
            "complex floating": default_complex(),
            "integral": np.dtype("int64"),
            "indexing": np.dtype("int64"),
        }

    def devices(self) -> tuple[Any, ...]:
        """Return the usable devices of the current backend."""
        return _Devices(current()[0].devices())

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, Any]:
        """Return the dtypes by name: all of the standard, or those of a kind or several.

        They are NumPy dtypes, as those of arrays are, since libraries look arrays' dtypes up among
        them; ``numpy.float64`` is equal to its dtype, but has another hash.
        """
        kinds = tuple(_KINDS) if kind is None else kind if isinstance(kind, tuple) else (kind,)
        names = [n for k in kinds for g in _GROUPS.get(k, (k,)) for n in _KINDS[g]]
        return {n: np.dtype(n) for n in names}


def __array_namespace_info__() -> NamespaceInfo:  # noqa: N807 - the standard's name
    """Return an object that tells capabilities, devices and dtypes."""
    return NamespaceInfo()
