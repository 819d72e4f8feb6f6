"""The extensions of the standard, and of it what adapters add: matrices, transforms, special."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from .. import backend_of
from .batch import (
    Batch,
    NotBatchedError,
    again,
    behind,
    count_of,
    elementwise,
    inside,
    library,
    top,
)

__all__ = ["FFT", "LINALG", "SPECIAL", "expm", "lu_factor", "lu_solve", "ranked", "recurrence",
           "running_logsumexp", "running_max", "solve_triangular"]  # fmt: skip

STACKED = frozenset(
    "cholesky det eig eigh eigvals eigvalsh inv matrix_rank pinv qr slogdet svd svdvals".split()
)
"""Functions of stacks of matrices: a batch is one more axis of the stack."""


def _stacked(name: str, x: Any, /, **kwargs: Any) -> Any:
    data = x.data if isinstance(x, Batch) else x
    out = getattr(library((data,)).xp.linalg, name)(data, **kwargs)
    return again(x, out) if isinstance(x, Batch) else out


def _rank(x: Any, /, *, rtol: Any = None, **kwargs: Any) -> Any:
    """Return the ranks of matrices, whose tolerance may be a batch too."""
    if rtol is None:
        return _stacked("matrix_rank", x, **kwargs)
    return elementwise(lambda xp, a, r: xp.linalg.matrix_rank(a, rtol=r[..., 0, 0]), x, _wide(rtol))


def _wide(x: Any) -> Any:
    """Return numbers for matrices with two axes more, so that they stand beside them."""
    return x[..., None, None] if hasattr(x, "shape") else np.asarray(x)[None, None]


class _Linalg:
    """The linear algebra of the standard, which has the batch as one more axis of a stack."""

    def __getattr__(self, name: str) -> Any:
        if name == "matrix_rank":
            return _rank
        if name in STACKED:
            return partial(_stacked, name)
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotBatchedError(f"vmap: linalg.{name} is not for many arrays at once")


class _Fourier:
    """The Fourier transforms, whose axes are one further on."""

    def __getattr__(self, name: str) -> Any:
        if name in ("fft", "ifft", "rfft", "irfft"):
            return partial(_along_one, name)
        if name in ("fftn", "ifftn"):
            return partial(_along_several, name)
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotBatchedError(f"vmap: fft.{name} is not for many arrays at once")


def _along_one(name: str, x: Any, /, *, axis: int = -1, **kwargs: Any) -> Any:
    data = x.data if isinstance(x, Batch) else x
    function = getattr(library((data,)).xp.fft, name)
    if not isinstance(x, Batch):
        return function(x, axis=axis, **kwargs)
    return x.of(function(data, axis=behind(axis), **kwargs))


def _along_several(name: str, x: Any, /, *, s: Any = None, axes: Any = None, **kwargs: Any) -> Any:
    data = x.data if isinstance(x, Batch) else x
    function = getattr(library((data,)).xp.fft, name)
    if not isinstance(x, Batch):
        return function(x, s=s, axes=axes, **kwargs)
    if axes is None:
        axes = range(x.ndim) if s is None else range(x.ndim - len(s), x.ndim)
    axes = behind(tuple(axes))
    return x.of(function(data, s=s, axes=axes, **kwargs)) if axes else x


class _Special:
    """The special functions, which are all elementwise: `xgrad.special` lets no others in."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return partial(_special, name)


def _special(name: str, *args: Any, **kwargs: Any) -> Any:
    return elementwise(lambda xp, *xs: getattr(xp.special, name)(*xs, **kwargs), *args)


LINALG, FFT, SPECIAL = _Linalg(), _Fourier(), _Special()


# What adapters add --------------------------------------------------------------------------------


def expm(x: Batch) -> Any:
    """Return the exponentials of matrices."""
    return elementwise(lambda xp, a: backend_of(a).expm(a), x)


def ranked(x: Batch, start: int, stop: int, descending: bool) -> Any:
    """Return the places of these ranks; see `Backend`."""
    return again(x, backend_of(x.data).ranked(x.data, start, stop, descending))


def running_logsumexp(x: Batch) -> Any:
    """Return the logarithm of the running sum of exponentials along the last axis of each."""
    return again(x, backend_of(x.data).running_logsumexp(x.data))


def running_max(x: Batch) -> Any:
    """Return running maxima."""
    return again(x, backend_of(x.data).running_max(x.data))


def recurrence(a: Any, b: Any) -> Any:
    """Return the results of recurrences; see `Backend`."""
    return elementwise(lambda xp, p, q: backend_of(q).recurrence(p, q), a, b)


def solve_triangular(x1: Any, x2: Any, upper: bool, adjoint: bool) -> Any:
    """Solve with triangles; see `Backend`."""
    lead, ndim = top((x1, x2)), max(len(x1.shape), len(x2.shape))
    a, b = inside(x1, lead, ndim), inside(x2, lead, ndim)
    return lead.of(library((a, b)).solve_triangular(a, b, upper, adjoint))


def lu_factor(x: Batch) -> Any:
    """Factorise; what is the same for all once. See `Backend`."""
    backend = backend_of(x.data)
    if not x.is_shared:
        return again(x, backend.lu_factor(x.data))
    lu, pivots = backend.lu_factor(backend.getitem(x.data, (0, ...)))
    return tuple(x.of(backend.xp.expand_dims(part, axis=0)) for part in (lu, pivots))


def lu_solve(lu: Any, pivots: Any, x2: Any, adjoint: bool) -> Any:
    """Solve with factors; with those of one matrix for all, all in one go. See `Backend`."""
    lead = top((lu, pivots, x2))
    mapped = type(lu) is type(lead)
    if not mapped or lu.is_shared:
        one, turns = (_first(lu), _first(pivots)) if mapped else (lu, pivots)
        if type(x2) is not type(lead):
            backend = library((one, x2))
            out = backend.lu_solve(one, turns, x2, adjoint)
            return lead.of(backend.xp.expand_dims(out, axis=0))
        if len(one.shape) == 2:
            return lead.of(_solved_at_once(one, turns, x2.data, adjoint))
        lu, pivots = (lead.of(library((p,)).xp.expand_dims(p, axis=0)) for p in (one, turns))
    ndim = max(len(lu.shape), len(x2.shape))
    extra = ndim - len(lu.shape)
    count = count_of((lu, x2), lead)
    factors = _spread(lu, lead, ndim, count)
    turns = _spread(pivots, lead, pivots.ndim + extra, count)
    right = _spread(x2, lead, ndim, count)
    return lead.of(library((factors, right)).lu_solve(factors, turns, right, adjoint))


def _first(x: Batch) -> Any:
    return backend_of(x.data).getitem(x.data, (0, ...))


def _solved_at_once(lu: Any, pivots: Any, x2: Any, adjoint: bool) -> Any:
    """Solve with the factors of one matrix for all right-hand sides, as columns of one."""
    backend = library((lu, x2))
    xp = backend.xp
    columns = xp.moveaxis(x2, -2, 0)
    side_by_side = xp.reshape(columns, (x2.shape[-2], math.prod(columns.shape[1:])))
    out = backend.lu_solve(lu, pivots, side_by_side, adjoint)
    return xp.moveaxis(xp.reshape(out, columns.shape), 0, -2)


def _spread(x: Any, lead: Batch, ndim: int, count: int) -> Any:
    """Return matrices once for each, as some libraries do not broadcast them."""
    data = inside(x, lead, ndim)
    xp = backend_of(data).xp
    if type(x) is not type(lead):
        return xp.broadcast_to(data, (count, *data.shape))
    return data if data.shape[0] == count else xp.broadcast_to(data, (count, *data.shape[1:]))
