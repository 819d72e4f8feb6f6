"""Sparse arrays with differentiable entries, as in ``scipy.sparse``."""

import functools
from typing import Any

from ...arrays.array import Array
from ..common import rest_of
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
from .arrays import (
    SparseArray,
    as_sparse,
    coo_array,
    coo_matrix,
    csc_array,
    csc_matrix,
    csr_array,
    csr_matrix,
    dia_array,
    dia_matrix,
)


def _product(A: SparseArray, other: Any) -> Any:
    return A @ other


def _multiplied(A: SparseArray, other: Any) -> Any:
    return A.multiply(other)


def _sum(A: SparseArray, other: Any) -> Any:
    return A + other if isinstance(other, SparseArray) else A.toarray() + other


def _difference(A: SparseArray, other: Any) -> Any:
    return A - other if isinstance(other, SparseArray) else A.toarray() - other


def _turned(A: SparseArray, other: Any) -> Any:
    return -_difference(A, other)


ANSWERS = {
    "__matmul__": _product,
    "dot": _product,
    "multiply": _multiplied,
    "__add__": _sum,
    "__radd__": _sum,
    "__sub__": _difference,
    "__rsub__": _turned,
}
"""What SciPy's matrices do with an `Array`, as they do it with arrays of NumPy."""


def patch(module: Any) -> None:
    """Have SciPy's matrices take an `Array` beside them."""
    for cls in (module._base._spbase, module._compressed._cs_matrix, module._coo._coo_base):
        for name, answer in ANSWERS.items():
            own = cls.__dict__.get(name)
            if own is not None and not hasattr(own, "xgrad_original"):
                setattr(cls, name, _before(own, answer))


def _before(own: Any, answer: Any) -> Any:
    @functools.wraps(own)
    def call(self: Any, other: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(other, (Array, SparseArray)):
            return answer(as_sparse(self), other)
        return own(self, other, *args, **kwargs)

    call.xgrad_original = own  # type: ignore[attr-defined]
    return call


__all__ = [
    "SparseArray",
    "block_array",
    "block_diag",
    "coo_array",
    "coo_matrix",
    "csc_array",
    "csc_matrix",
    "csr_array",
    "csr_matrix",
    "dia_array",
    "dia_matrix",
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

__getattr__ = rest_of("sparse")
