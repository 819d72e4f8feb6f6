"""Sparse arrays with differentiable entries, as in ``scipy.sparse``."""

import functools
from typing import Any

from ...arrays.array import Array
from . import linalg
from .algebra import (
    block_array,
    block_diag,
    diags,
    diags_array,
    eye_array,
    hstack,
    kron,
    tril,
    triu,
    vstack,
)
from .arrays import SparseArray, as_sparse, coo_array, csc_array, csr_array, dia_array

def patch(module: Any) -> None:
    """Have SciPy's matrices multiply an `Array` on their right, as they do arrays of NumPy."""
    base = module._base._spbase
    own = base.__matmul__
    if hasattr(own, "xgrad_original"):
        return

    @functools.wraps(own)
    def matmul(self: Any, other: Any) -> Any:
        if type(other) is Array or isinstance(other, SparseArray):
            return as_sparse(self) @ other
        return own(self, other)

    matmul.xgrad_original = own  # type: ignore[attr-defined]
    base.__matmul__ = matmul


__all__ = [
    "SparseArray",
    "block_array",
    "block_diag",
    "coo_array",
    "csc_array",
    "csr_array",
    "dia_array",
    "diags",
    "diags_array",
    "eye_array",
    "hstack",
    "kron",
    "linalg",
    "tril",
    "triu",
    "vstack",
]
