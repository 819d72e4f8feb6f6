"""Schur's and Hessenberg's forms: a matrix seen in another orthonormal basis.

Where the basis turns by ``expm(W - W*)``, W strictly lower triangular, elements below the diagonal
of the form stay what they are made to be. That is one equation for each element of W, and its
solution here is zero: so the basis and the form have their derivatives of every order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...custom.equation import implicit
from ...errors import RuleError
from ..common import chapter, is_tracked, raw, twin
from .solving import H

__all__ = ["hessenberg", "schur"]


def _turned(a: Any, z: Any, pairs: list[tuple[int, int]], first: int) -> Any:
    """Return a basis and the form of a matrix in it, with their derivatives.

    Args:
        a: the matrix, tracked.
        z: the basis, raw.
        pairs: the rows and columns of the elements that are made zero.
        first: from which vector of the basis on it may turn.
    """
    n, is_complex = z.shape[0], z.dtype.kind == "c"
    basis = xgrad.asarray(z)
    lower = [(i, j) for j in range(first, n) for i in range(j + 1, n)]
    count = len(lower)
    assert count == len(pairs)
    if not count:
        return basis, H(basis) @ a @ basis
    ones = np.zeros((count, n, n))
    ones[range(count), [i for i, _ in lower], [j for _, j in lower]] = 1.0
    place = xgrad.asarray(np.reshape(ones, (count, n * n)))
    rows, cols = (xgrad.asarray(np.asarray(v)) for v in zip(*pairs, strict=True))

    def turn(w: Any) -> Any:
        low = xgrad.reshape(w[:count] @ place, (n, n))
        if is_complex:
            low = low + 1j * xgrad.reshape(w[count:] @ place, (n, n))
        return basis @ xgrad.linalg.expm(low - H(low))

    def equation(w: Any) -> Any:
        q = turn(w)
        entries = (H(q) @ a @ q)[rows, cols]
        return xgrad.concat([xgrad.real(entries), xgrad.imag(entries)]) if is_complex else entries

    w = implicit(equation, np.zeros(2 * count if is_complex else count))
    q = turn(w)
    return q, H(q) @ a @ q


UNDECIDED = (
    "schur: a pair of complex eigenvalues has a basis only up to a rotation, which LAPACK chooses "
    "anew near by, so that the form has no derivative; use eigvals, or functions of the matrix, "
    "such as expm and sqrtm"
)


def _of_each(a: Any, f: Any) -> Any:
    """Return what a function of a matrix gives of each matrix of a batch."""
    if a.ndim == 2:
        return f(a)
    found = [_of_each(a[i, ...], f) for i in range(a.shape[0])]
    return tuple(xgrad.stack(list(v)) for v in zip(*found, strict=True))


@twin("linalg")
def schur(
    a: Any, output: str = "real", lwork: Any = None, overwrite_a: bool = False, sort: Any = None,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """Return Schur's triangular form and its basis, ``a = Z T Z*``; see ``scipy.linalg.schur``.

    Args:
        a: a square matrix, whose eigenvalues are real and distinct where derivatives are asked for.
        output: ``"real"`` for blocks of two on the diagonal, or ``"complex"``.
        sort: which eigenvalues come first; how many they are is then returned last.
        lwork, overwrite_a, check_finite: as SciPy's.
    """
    a = xgrad.asarray(a)
    library = chapter("linalg", a)
    if sort is not None and a.ndim > 2:
        raise NotImplementedError("schur: sort takes one matrix here; take them one by one")
    counts: list[Any] = []

    def one(a: Any) -> Any:
        found = library.schur(raw(a.detach()), output=output, sort=sort)
        t, z = found[:2]
        counts.extend(found[2:])
        if not is_tracked(a):
            return Array(t), Array(z)
        n = len(t)
        if t.dtype.kind == "c" or np.any(np.diag(t, -1) != 0):
            raise RuleError(UNDECIDED)
        pairs = [(i, j) for j in range(n) for i in range(j + 1, n)]
        z, form = _turned(a, z, pairs, 0)
        return xgrad.triu(form), z

    return (*_of_each(a, one), *counts)


@twin("linalg")
def hessenberg(
    a: Any, calc_q: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    """Return Hessenberg's form of a matrix, ``a = Q H Q*``; see ``scipy.linalg.hessenberg``.

    Args:
        a: a square matrix; no element below the diagonal of its form is zero where derivatives are
            asked for.
        calc_q: whether to return Q, too.
        overwrite_a, check_finite: as SciPy's.
    """
    a = xgrad.asarray(a)
    library = chapter("linalg", a)

    def one(a: Any) -> Any:
        form, q = library.hessenberg(raw(a.detach()), calc_q=True)
        if not is_tracked(a):
            return Array(form), Array(q)
        n = len(form)
        pairs = [(i, j) for j in range(n) for i in range(j + 2, n)]
        q, turned = _turned(a, q, pairs, 1)
        if form.dtype.kind == "c":  # LAPACK has what is below the diagonal real
            below = xgrad.linalg.diagonal(turned, offset=-1)
            phases = [xgrad.ones((), dtype=form.dtype)]
            for i in range(n - 1):
                phases.append(
                    phases[-1] * below[i] / xgrad.abs(below[i]) * np.sign(form[i + 1, i].real)
                )
            turn = xgrad.stack(phases)
            q, turned = q * turn, xgrad.conj(turn)[:, None] * turned * turn
        return xgrad.triu(turned, k=-1), q

    form, q = _of_each(a, one)
    return (form, q) if calc_q else form
