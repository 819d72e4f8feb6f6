"""Sparse arrays with differentiable entries, as in ``scipy.sparse``."""

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
from .arrays import SparseArray, coo_array, csc_array, csr_array, dia_array

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
