"""In which precision NumPy computes with integers, where a result has fractions."""

from __future__ import annotations

from typing import Any

import numpy as np


def fractional(dtype: Any) -> Any:
    """Return the floating-point dtype that NumPy chooses for a dtype, that itself if it is one."""
    return np.sqrt(np.empty(0, dtype)).dtype


def with_fractions(x: Any) -> Any:
    """Return an `Array` of integers or truth values in that dtype, any other as it is."""
    return x.astype(fractional(x.dtype)) if x.dtype.kind in "biu" else x
