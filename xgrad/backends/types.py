"""The names that annotations have for axes, dtypes and devices; they compute nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    import numpy as np

__all__ = ["Axes", "DType", "Device"]

Axes: TypeAlias = "int | tuple[int, ...] | None"
"""One axis, several, or all of them."""

DType: TypeAlias = "np.dtype[Any] | type[Any] | str | Hashable"
"""A dtype: NumPy's, as xgrad has them, or one of the library's own, of which no more is known."""

Device: TypeAlias = "str | Hashable"
"""A device: its name, or what the library calls one."""
