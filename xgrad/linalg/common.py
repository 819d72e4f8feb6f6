"""What the chapters of linear algebra share: names of results, and shorthand of the formulas."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from ..arrays.array import Array
from ..backends import XP, backend_of, is_recorded, under
from ..engine.frames import called
from ..engine.operands import require_array
from ..ops.products import adjoint

# ruff: noqa: N802 - matrices are capitals


class EighResult(NamedTuple):
    """Eigenvalues in ascending order, and eigenvectors in columns."""

    eigenvalues: Array
    eigenvectors: Array


class EigResult(NamedTuple):
    """Eigenvalues, and eigenvectors in columns; always complex."""

    eigenvalues: Array
    eigenvectors: Array


class QRResult(NamedTuple):
    """An orthonormal and an upper triangular factor."""

    Q: Array
    R: Array


class SlogdetResult(NamedTuple):
    """The sign (or phase) and the logarithm of the modulus of a determinant."""

    sign: Array
    logabsdet: Array


class SVDResult(NamedTuple):
    """Left singular vectors, singular values in descending order, right singular vectors."""

    U: Array
    S: Array
    Vh: Array


def H(xp: XP, x: Any) -> Any:
    """Return the conjugate transpose."""
    return adjoint(xp, x)


def hermitian(xp: XP, x: Any) -> Any:
    """Return the Hermitian part."""
    return (x + H(xp, x)) * 0.5


def column(xp: XP, v: Any) -> Any:
    """Return a vector as a column, to scale rows with."""
    return xp.expand_dims(v, axis=-1)


def row(xp: XP, v: Any) -> Any:
    """Return a vector as a row, to scale columns with."""
    return xp.expand_dims(v, axis=-2)


def identity(xp: XP | None, x: Any, n: int | None = None) -> Any:
    """Return the unit matrix in the dtype and on the device of `x`."""
    n = x.shape[-1] if n is None else n
    raw = x._raw if isinstance(x, Array) else x
    backend = backend_of(raw)
    made = backend.xp.eye(n, dtype=raw.dtype, device=backend.device(raw))
    return Array(made) if isinstance(x, Array) else made


def raw_call(name: str, x: Any, *args: Any, **kwargs: Any) -> Any:
    """Call the backend's own function of the linalg extension."""
    return getattr(backend_of(x).xp.linalg, name)(x, *args, **kwargs)


def svd_of_finite(xp: XP, x: Any) -> Any:
    """Return U, S, V^H; NaN of a matrix that is not finite, for which LAPACK refuses a whole batch.

    What a derivative multiplies by needs it: the value itself was found without it.
    """
    raw = x._raw if isinstance(x, Array) else x
    if is_recorded(raw):  # a choice by values is not to be had
        return xp.linalg.svd(x, full_matrices=False)
    bad = xp.any(xp.logical_not(xp.isfinite(x)), axis=(-2, -1), keepdims=True)
    if backend_of(raw).on_host(under(raw)) and not xp.any(bad):
        return xp.linalg.svd(x, full_matrices=False)
    u, s, vh = xp.linalg.svd(xp.where(bad, 0.0, x), full_matrices=False)
    return (
        xp.where(bad, math.nan, u),
        xp.where(bad[..., 0], math.nan, s),
        xp.where(bad, math.nan, vh),
    )


def require_square(name: str, argument: str, x: Any) -> None:
    """Refuse what is not a stack of square matrices, before a library says so in its own way."""
    require_array(f"linalg.{name}", argument, x)
    shape = tuple(x.shape)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ValueError(
            f"{called(f'linalg.{name}')}: {argument} has shape {shape}; expected square "
            "matrices in the last two axes"
        )
