"""Eigenvalues, with their vectors."""

from __future__ import annotations

from typing import Any

from ..arrays.array import Array
from ..arrays.types import as_given
from ..backends import XP, backend_of
from ..engine.op import constant, rule
from ..ops.dtypes import is_tracked
from ..ops.elementwise import is_complex
from .common import (
    EighResult,
    EigResult,
    H,
    column,
    hermitian,
    identity,
    raw_call,
    require_square,
    row,
)
from .degenerate import inverse_gaps, watch, watch_order
from .solving import solve


def _eigh_vjp(xp: XP, g: Any, out: Any) -> Any:
    """G_A = V (diag(G_w) + F o V^H G_V) V^H, F the inverse gaps."""
    (gw, gV), (w, V) = g, out
    inner = H(xp, V) @ gV
    watch("eigh", w, inner - H(xp, inner), inner, gw)
    inner = inner * xp.astype(inverse_gaps(xp, w), V.dtype)
    inner = inner + identity(xp, V) * column(xp, xp.astype(gw, V.dtype))
    return hermitian(xp, V @ inner @ H(xp, V))


def _eigh_jvp(xp: XP, t: Any, out: Any) -> tuple[Any, Any]:
    w, V = out
    inner = H(xp, V) @ hermitian(xp, t) @ V
    dV = V @ (inner * xp.astype(inverse_gaps(xp, w), V.dtype))
    return real_diagonal(xp, inner), dV


def real_diagonal(xp: XP, x: Any) -> Any:
    """Return the real part of the diagonal."""
    diagonal = xp.sum(x * identity(xp, x), axis=-1)
    return xp.real(diagonal) if is_complex(diagonal) else diagonal


@rule(vjp=_eigh_vjp, jvp=_eigh_jvp, path="linalg.", core=2)
def eigh(x: Array, /) -> EighResult:
    """Return eigenvalues, in ascending order, and eigenvectors of Hermitian matrices.

    At equal eigenvalues the derivative is exact for losses that treat these alike: of traces, and
    of the spaces that their vectors span. Others warn (see `DegenerateSpectrumWarning`); functions
    of matrices are exact as `matrix_function`.
    """
    return EighResult(*raw_call("eigh", x))


def _eigh_again_vjp(xp: XP, g: Any, out: Any) -> Any:
    w, V = out
    watch_order("eigvalsh", w, H(xp, V) @ g[1])
    return _eigh_vjp(xp, g, out)


def _eigh_again_jvp(xp: XP, t: Any, out: Any) -> tuple[Any, Any]:
    w, V = out
    watch_order("eigvalsh", w, H(xp, V) @ hermitian(xp, t) @ V)
    return _eigh_jvp(xp, t, out)


@rule(vjp=_eigh_again_vjp, jvp=_eigh_again_jvp, core=2)
def _eigh_again(x: Array, /) -> EighResult:
    """Return the same as `eigh`, inside a derivative: its own derivative is of second order."""
    return EighResult(*raw_call("eigh", x))


def _eigvalsh_vjp(xp: XP, g: Any, x: Any) -> Any:
    _, V = _eigh_again(x)
    return (V * row(xp, xp.astype(g, V.dtype))) @ H(xp, V)


def _eigvalsh_jvp(xp: XP, t: Any, x: Any) -> Any:
    _, V = _eigh_again(x)
    return real_diagonal(xp, H(xp, V) @ hermitian(xp, t) @ V)


@rule(vjp=_eigvalsh_vjp, jvp=_eigvalsh_jvp, path="linalg.", core=2)
def eigvalsh(x: Array, /) -> Array:
    """Return the eigenvalues of Hermitian matrices, in ascending order."""
    return raw_call("eigvalsh", x)


def _eig_vjp(xp: XP, g: Any, out: Any) -> Any:
    """G_A = V^-H (diag(G_w) + conj(F) o (V^H G_V - V^H V o Re diag(V^H G_V))) V^H."""
    (gw, gV), (w, V) = g, out
    VH, eye_ = H(xp, V), identity(xp, V)
    inner = VH @ gV
    length = xp.astype(xp.real(xp.sum(inner * eye_, axis=-2)), V.dtype)
    turns = inner - (VH @ V) * row(xp, length)
    watch("eig", w, turns, inner, gw)
    inner = turns * xp.conj(inverse_gaps(xp, w))
    return solve(VH, (inner + eye_ * column(xp, gw)) @ VH)


def _eig_jvp(xp: XP, t: Any, out: Any) -> tuple[Any, Any]:
    w, V = out
    eye_ = identity(xp, V)
    inner = solve(V, xp.astype(t, V.dtype) @ V)
    turn = inner * inverse_gaps(xp, w)
    length = xp.astype(xp.real(xp.sum((H(xp, V) @ V @ turn) * eye_, axis=-2)), V.dtype)
    return xp.sum(inner * eye_, axis=-1), V @ turn - V * row(xp, length)


@rule(vjp=_eig_vjp, jvp=_eig_jvp, path="linalg.", core=2)
def eig(x: Array, /) -> EigResult:
    """Return eigenvalues and unit eigenvectors of square matrices, always complex."""
    return EigResult(*[_as_complex(part) for part in raw_call("eig", x)])


def _as_complex(x: Any) -> Any:
    """Return a raw array as complex: some libraries give real eigenvalues where they can."""
    if is_complex(x):
        return x
    backend = backend_of(x)
    narrow = backend.numpy_dtype(x.dtype) == "float32"
    return backend.xp.astype(x, backend.raw_dtype("complex64" if narrow else "complex128"))


@as_given
def eigvals(x: Array, /) -> Array:
    """Return the eigenvalues of square matrices, always complex."""
    require_square("eigvals", "x", x)
    if is_tracked(x):
        return eig(x).eigenvalues
    return _eigvals_untracked(x)


@constant
def _eigvals_untracked(x: Array, /) -> Array:
    """Return the eigenvalues."""
    return _as_complex(raw_call("eigvals", x))
