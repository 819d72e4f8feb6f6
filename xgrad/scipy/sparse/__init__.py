"""Sparse arrays with differentiable entries, as in ``scipy.sparse``."""

from typing import Any

from ...arrays.array import Array
from ..common import is_tracked, rest_of, stands_for
from . import csgraph, linalg
from .algebra import (
    block_array,
    block_diag,
    bmat,
    diags,
    diags_array,
    eye_array,
    find,
    hstack,
    kron,
    kronsum,
    spdiags,
    tril,
    triu,
    vstack,
)
from .arrays import SparseArray, SparseMatrix, SparseVector, as_sparse
from .making import (
    coo_array,
    coo_matrix,
    csc_array,
    csc_matrix,
    csr_array,
    csr_matrix,
    dia_array,
    dia_matrix,
)

ANSWERS = (
    "__matmul__ __rmatmul__ __add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __truediv__ dot "
    "multiply maximum minimum"
).split()
"""What SciPy's matrices do with an `Array`, as they do it with arrays of NumPy."""


def patch(module: Any) -> None:
    """Have SciPy's matrices take an `Array` beside them, and refuse to store one."""
    bases = [module._base._spbase, module._matrix.spmatrix, module._compressed._cs_matrix]
    bases += [module._coo._coo_base, module._dia._dia_base, module._bsr._bsr_base]
    for cls in bases:
        for name in ANSWERS:
            own = cls.__dict__.get(name)
            if own is not None and not hasattr(own, "xgrad_original"):
                setattr(cls, name, _before(own, name))
    for cls in (module._index.IndexMixin, module._lil._lil_base, module._dok._dok_base):
        own = cls.__dict__.get("__setitem__")
        if own is not None and not hasattr(own, "xgrad_original"):
            cls.__setitem__ = _unless_tracked(own)


def _before(own: Any, name: str) -> Any:
    @stands_for(own)
    def call(self: Any, other: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(other, (Array, SparseArray)):
            return getattr(as_sparse(self), name)(other)
        return own(self, other, *args, **kwargs)

    return call


def _unless_tracked(own: Any) -> Any:
    @stands_for(own)
    def call(self: Any, key: Any, x: Any) -> Any:
        if is_tracked(x):
            raise NotImplementedError(
                f"{type(self).__name__} of SciPy cannot hold a tracked array at {key!r:.40}; "
                "collect rows, columns and values, and make xgrad.scipy.sparse.coo_array("
                "(xgrad.stack(values), (rows, columns)), shape)"
            )
        return own(self, key, x)

    return call


__all__ = [
    "SparseArray",
    "SparseMatrix",
    "SparseVector",
    "block_array",
    "block_diag",
    "bmat",
    "coo_array",
    "coo_matrix",
    "csc_array",
    "csc_matrix",
    "csgraph",
    "csr_array",
    "csr_matrix",
    "dia_array",
    "dia_matrix",
    "diags",
    "diags_array",
    "eye_array",
    "find",
    "hstack",
    "kron",
    "kronsum",
    "linalg",
    "spdiags",
    "tril",
    "triu",
    "vstack",
]

__getattr__ = rest_of("sparse")
