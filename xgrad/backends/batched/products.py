"""Matrix products, each with each; with one matrix for all they are one large product."""

from __future__ import annotations

from typing import Any

from .. import backend_of
from .batch import Batch, elementwise, inside, library, top

__all__ = ["matmul"]


def _one(x: Any) -> Any:
    """Return what is the same for all as the one array, on its own."""
    return backend_of(x.data).getitem(x.data, (0, ...)) if isinstance(x, Batch) else x


def matmul(x1: Any, x2: Any, /) -> Any:
    """Return the products of matrices and vectors, each with each."""
    lead = top((x1, x2))
    if lead is None:
        return library((x1, x2)).xp.matmul(x1, x2)
    shared = [type(x) is not type(lead) or x.is_shared for x in (x1, x2)]
    if all(shared):
        parts = [_one(x) if type(x) is type(lead) else x for x in (x1, x2)]
        xp = library(parts).xp
        return lead.of(xp.expand_dims(xp.matmul(*parts), axis=0))
    n1, n2 = len(x1.shape), len(x2.shape)
    if n1 == 1 and n2 == 1:
        product = elementwise(lambda xp, a, b: xp.multiply(a, b), x1, x2)
        return lead.of(library((product.data,)).xp.sum(product.data, axis=1, dtype=product.dtype))
    if shared[1] and n2 <= 2 and (n1 <= 2 or n2 == 1):
        return _rows(x1, _one(x2) if type(x2) is type(lead) else x2)
    if shared[0] and n1 == 2 and n2 == 1:
        x1 = _one(x1) if type(x1) is type(lead) else x1
        return _rows(x2, backend_of(x1).xp.matrix_transpose(x1))
    if n1 == 1:
        return matmul(_expanded(x1, 0), x2)[..., 0, :]
    if n2 == 1:
        return matmul(x1, _expanded(x2, -1))[..., 0]
    if x1.shape[-1] == 1:  # of columns and rows: products of numbers
        return elementwise(lambda xp, a, b: xp.multiply(a, b), x1, x2)
    ndim = max(n1, n2)
    parts = [inside(x, lead, ndim) for x in (x1, x2)]
    return lead.of(library(parts).xp.matmul(*parts))


def _rows(x1: Batch, x2: Any) -> Any:
    """Return the products of rows, each batch's own, with one matrix or vector on the right."""
    data = x1.data
    xp = library((data, x2)).xp
    if len(data.shape) == 2 or len(x2.shape) == 1:
        return x1.of(xp.matmul(data, x2))
    count, rows, n = data.shape
    out = xp.matmul(xp.reshape(data, (count * rows, n)), x2)
    return x1.of(xp.reshape(out, (count, rows, x2.shape[-1])))


def _expanded(x: Any, axis: int) -> Any:
    return library((x,)).xp.expand_dims(x, axis=axis)
