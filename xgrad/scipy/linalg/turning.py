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

__all__ = ["cdf2rdf", "hessenberg", "matrix_balance", "rsf2csf", "schur"]


def _turned(a: Any, z: Any, pairs: list[tuple[int, int]], first: int) -> tuple[Any, ...]:
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
    return tuple(xgrad.astype(x, z.dtype, copy=False) for x in (q, H(q) @ a @ q))


UNDECIDED = (
    "schur: a pair of complex eigenvalues has a real basis only up to a rotation, which LAPACK "
    "chooses anew near by, so that the form has no derivative; use output='complex', eigvals, or "
    "functions of the matrix, such as expm and sqrtm"
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

    Eigenvalues have to be distinct, and with ``output="real"`` real, where derivatives are asked
    for. The columns of a complex basis have phases that LAPACK chooses: derivatives are those that
    leave them as they are, as of complex singular vectors, for what does not depend on them.

    Args:
        a: a square matrix.
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
        if np.any(np.diag(t, -1) != 0):
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


@twin("linalg")
def rsf2csf(T: Any, Z: Any, check_finite: bool = True) -> Any:
    """Return the complex form of a real one of Schur's; see ``scipy.linalg.rsf2csf`` and `schur`.

    It is that of ``Z @ T @ Z*`` by the unitary matrix that SciPy has found.
    """
    T, Z = xgrad.asarray(T), xgrad.asarray(Z)
    form, basis = chapter("linalg", T).rsf2csf(raw(T.detach()), raw(Z.detach()))
    if not is_tracked(T, Z):
        return Array(form), Array(basis)
    pairs = [(i, j) for j in range(len(form)) for i in range(j + 1, len(form))]
    basis, form = _turned(Z @ T @ H(Z) + 0j, basis, pairs, 0)
    return xgrad.triu(form), basis


@twin("linalg")
def cdf2rdf(w: Any, v: Any) -> Any:
    """Return real blocks and vectors for pairs of complex ones; see ``scipy.linalg.cdf2rdf``."""
    w, v = xgrad.asarray(w), xgrad.asarray(v)
    is_first = np.imag(np.asarray(raw(w.detach()))) > 0
    blocks, _ = chapter("linalg", w).cdf2rdf(raw(w.detach()), raw(v.detach()))
    x, y = xgrad.real(w), xgrad.imag(w)
    n = w.shape[-1]
    beside = np.sign(blocks) * (
        1.0 - np.eye(n, dtype=blocks.dtype)
    )  # where SciPy has the imaginary parts
    wr = xgrad.eye(n, dtype=x.dtype) * x[..., None] + beside * xgrad.abs(y)[..., None]
    vr = xgrad.where(is_first[..., None, :], -xgrad.imag(v), xgrad.real(v))
    return wr, xgrad.astype(vr, np.float64, copy=False)


@twin("linalg")
def matrix_balance(
    A: Any, permute: bool = True, scale: bool = True, separate: bool = False,
    overwrite_a: bool = False,
) -> Any:  # fmt: skip
    """Return a matrix with rows and columns of like size, and how; see ``matrix_balance``.

    The scales are powers of two that SciPy chooses, so that the matrix is linear in `A`.
    """
    A = xgrad.asarray(A)
    library = chapter("linalg", A)
    here = raw(A.detach())
    how = library.matrix_balance(here, permute, scale, separate)[1]
    turn = library.matrix_balance(here, permute, scale, False)[1]
    balanced = xgrad.asarray(np.linalg.inv(turn)) @ A @ xgrad.asarray(turn)
    return balanced, how
