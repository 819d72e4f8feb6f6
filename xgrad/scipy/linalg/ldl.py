"""Factors of Hermitian matrices that are not definite: pivots of one or two rows, as LAPACK's."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ..common import chapter, raw, twin
from .batches import of_each
from .solving import whole

__all__ = ["ldl"]


@twin("linalg")
@of_each(A="2")
def ldl(
    A: Any, lower: bool = True, hermitian: bool = True, overwrite_a: bool = False,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """Return unit triangular and diagonal factors of a Hermitian matrix; see ``scipy.linalg.ldl``.

    The order of the rows and the blocks on the diagonal are those that LAPACK chooses.
    """
    A = whole(xgrad.asarray(A), lower, hermitian)
    _, d, order = chapter("linalg", A).ldl(raw(A.detach()), lower=lower, hermitian=hermitian)
    n = A.shape[0]
    ordered = xgrad.asarray(order)
    rest = A[ordered, :][:, ordered]
    pairs = np.flatnonzero(np.diag(d, -1))
    if not lower:  # from the last row on
        rest, pairs = xgrad.flip(rest), n - 2 - pairs
    L, D = _eliminated(rest, set(pairs.tolist()), hermitian)
    if not lower:
        L, D = xgrad.flip(L), xgrad.flip(D)
    return L[xgrad.asarray(np.argsort(order)), :], D, order


def _eliminated(rest: Any, pairs: set[int], hermitian: bool) -> tuple[Any, Any]:
    """Return the factors, block by block: of two rows where a pair begins, else of one."""
    n, i = rest.shape[0], 0
    columns, blocks = [], []
    while i < n:
        k = 2 if i in pairs else 1
        block = rest[i : i + k, i : i + k]
        below = xgrad.asarray(np.arange(n)[:, None] >= i + k)
        unit = xgrad.astype(xgrad.asarray(np.eye(n)[:, i : i + k]), rest.dtype)
        taken = xgrad.where(below, rest[:, i : i + k] @ xgrad.linalg.inv(block), unit)
        turned = xgrad.matrix_transpose(taken)
        rest = rest - taken @ block @ (xgrad.conj(turned) if hermitian else turned)
        columns.append(taken)
        blocks.append(xgrad.pad(block, ((i, n - i - k), (i, n - i - k))))
        i += k
    D = blocks[0]
    for block in blocks[1:]:
        D = D + block
    return xgrad.concat(columns, axis=1), D
