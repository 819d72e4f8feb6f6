"""Orthogonal factors, with SciPy's signs."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...backends import is_recorded
from ...errors import RuleError
from ..common import chapter, is_tracked, raw, twin
from .solving import H

__all__ = ["polar", "qr", "qr_delete", "qr_insert", "qr_multiply", "qr_update", "rq"]


@twin("linalg")
def polar(a: Any, side: str = "right") -> Any:
    """Return a unitary and a positive factor, ``a = u @ p``; see ``scipy.linalg.polar``."""
    if side not in ("right", "left"):
        raise ValueError(f"polar: side is {side!r}; expected 'right' or 'left'")
    a = xgrad.asarray(a)
    if a.shape[-2] >= a.shape[-1]:
        u, p = xgrad.linalg.polar(a)
    else:
        u, p = xgrad.linalg.polar(H(a))
        u = H(u)
        p = H(u) @ a
        p = 0.5 * (p + H(p))
    return (
        (u, p) if side == "right" else (u, u @ p @ H(u) if a.shape[-2] <= a.shape[-1] else a @ H(u))
    )


@twin("linalg")
def qr(
    a: Any, overwrite_a: bool = False, lwork: Any = None, mode: str = "full",
    pivoting: bool = False, check_finite: bool = True,
) -> Any:  # fmt: skip
    """Return an orthonormal and an upper triangular factor; see ``scipy.linalg.qr``.

    Args:
        a: a matrix.
        mode: ``"full"``, ``"economic"`` or ``"r"``.
        pivoting: whether to choose the order of the columns, which is returned last.
        overwrite_a, lwork, check_finite: as SciPy's.
    """
    if mode not in ("full", "economic", "r"):
        raise ValueError(f"qr: mode is {mode!r}; expected 'full', 'economic' or 'r'")
    a = xgrad.asarray(a)
    order: tuple[Any, ...] = ()
    if pivoting:
        order = (chapter("linalg", a).qr(raw(a.detach()), mode="r", pivoting=True)[1],)
        a = xgrad.take(a, xgrad.asarray(order[0]), axis=1)
    q, r = xgrad.linalg.qr(a, mode="reduced" if mode == "economic" else "complete")
    if is_tracked(a) and not is_recorded(raw(a)):
        sizes = np.abs(np.asarray(raw(xgrad.linalg.diagonal(r).detach())))
        if sizes.size and sizes.min() <= 1e-13 * sizes.max():
            raise RuleError(
                "qr: the columns are dependent, so that the factors have no derivative. Leave "
                "columns out, or use svd, whose singular values have one"
            )
    return (r, *order) if mode == "r" else (q, r, *order)


@twin("linalg")
def qr_multiply(
    a: Any, c: Any, mode: str = "right", pivoting: bool = False, conjugate: bool = False,
    overwrite_a: bool = False, overwrite_c: bool = False,
) -> Any:  # fmt: skip
    """Return ``c @ q`` or ``q @ c`` for the factors of `a`, and the rest of `qr`; see SciPy's."""
    if mode not in ("left", "right"):
        raise ValueError(f"qr_multiply: mode is {mode!r}; expected 'left' or 'right'")
    a, c = xgrad.asarray(a), xgrad.asarray(c)
    reduced, *rest = qr(a, mode="economic", pivoting=pivoting)
    rows = c.shape[0] if c.ndim == 1 or mode == "left" else c.shape[1]
    q = reduced if mode == "right" or rows == reduced.shape[1] else qr(a, pivoting=pivoting)[0]
    q = xgrad.conj(q) if conjugate else q
    return (c @ q if mode == "right" else q @ c, *rest)


@twin("linalg")
def rq(
    a: Any, overwrite_a: bool = False, lwork: Any = None, mode: str = "full",
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """Return an upper triangular and an orthonormal factor, ``a = r @ q``; see ``scipy.linalg.rq``.

    They are those of `qr` of the adjoint of `a`, with rows and columns in the opposite order.
    """
    if mode not in ("full", "economic", "r"):
        raise ValueError(f"rq: mode is {mode!r}; expected 'full', 'economic' or 'r'")
    a = xgrad.asarray(a)
    size = "economic" if mode == "economic" else "full"
    q, r = qr(H(xgrad.flip(a, axis=0)), mode=size)
    q, r = xgrad.flip(H(q), axis=0), xgrad.flip(H(r))
    theirs = chapter("linalg", a).rq(raw(a.detach()), mode=size)[1]
    turn = xgrad.asarray(theirs @ raw(H(q.detach())))  # of signs, and of what is not in `a`
    r = xgrad.triu(r @ H(turn), k=r.shape[1] - r.shape[0])
    return r if mode == "r" else (r, turn @ q)


def _as_theirs(a: Any, theirs: Any) -> Any:
    """Return the factors of a matrix by `qr`, with the signs of others of the library."""
    q, r = qr(a, mode="economic" if theirs.shape[0] != theirs.shape[1] else "full")
    turn = xgrad.asarray(raw(H(q.detach())) @ theirs)
    return q @ turn, xgrad.triu(H(turn) @ r)


@twin("linalg")
def qr_insert(
    Q: Any, R: Any, u: Any, k: Any, which: str = "row", rcond: Any = None,
    overwrite_qru: bool = False, check_finite: bool = True,
) -> Any:  # fmt: skip
    """Return the factors with rows or columns put in; see ``scipy.linalg.qr_insert``."""
    Q, R, u = xgrad.asarray(Q), xgrad.asarray(R), xgrad.asarray(u)
    here = [raw(x.detach()) for x in (Q, R, u)]
    theirs = chapter("linalg", Q).qr_insert(*here, k, which, rcond)[0]
    axis = 0 if which == "row" else 1
    a = xgrad.moveaxis(Q @ R, axis, 0)
    new = u[None, :] if u.ndim == 1 else xgrad.moveaxis(u, axis, 0)
    k = k % (a.shape[0] + 1)
    return _as_theirs(xgrad.moveaxis(xgrad.concat([a[:k], new, a[k:]]), 0, axis), theirs)


@twin("linalg")
def qr_delete(
    Q: Any, R: Any, k: Any, p: int = 1, which: str = "row", overwrite_qr: bool = False,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """Return the factors without some rows or columns; see ``scipy.linalg.qr_delete``."""
    Q, R = xgrad.asarray(Q), xgrad.asarray(R)
    here = [raw(x.detach()) for x in (Q, R)]
    theirs = chapter("linalg", Q).qr_delete(*here, k, p, which)[0]
    axis = 0 if which == "row" else 1
    a = xgrad.moveaxis(Q @ R, axis, 0)
    k = k % a.shape[0]
    return _as_theirs(xgrad.moveaxis(xgrad.concat([a[:k], a[k + p :]]), 0, axis), theirs)


@twin("linalg")
def qr_update(
    Q: Any, R: Any, u: Any, v: Any, overwrite_qruv: bool = False, check_finite: bool = True
) -> Any:
    """Return the factors of ``Q @ R + u @ v*``; see ``scipy.linalg.qr_update``."""
    Q, R, u, v = (xgrad.asarray(x) for x in (Q, R, u, v))
    here = [raw(x.detach()) for x in (Q, R, u, v)]
    theirs = chapter("linalg", Q).qr_update(*here)[0]
    left, right = (x[:, None] if x.ndim == 1 else x for x in (u, v))
    return _as_theirs(Q @ R + left @ H(right), theirs)
