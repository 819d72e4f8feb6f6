"""Functions of one problem, called for each one of a batch, as SciPy's are."""

from __future__ import annotations

import functools
from collections.abc import Callable
from inspect import signature
from typing import Any, TypeVar

import numpy as np

import xgrad

from ...arrays.array import Array

__all__ = ["of_each"]

F = TypeVar("F", bound=Callable[..., Any])


def of_each(**cores: str) -> Callable[[F], F]:
    """Define a function of one problem; axes of its arrays before those of the problem are a batch.

    Args:
        cores: how many axes an argument has for one problem, as ``"2"``; ``"1|2"`` is one axis for
            a vector, else two.
    """

    def decorate(f: F) -> F:
        form = signature(f)

        @functools.wraps(f)
        def call(*args: Any, **kwargs: Any) -> Any:
            given = form.bind(*args, **kwargs).arguments
            arrays = {n: xgrad.asarray(given[n]) for n in cores if given.get(n) is not None}
            widths = {n: _width(cores[n], x.ndim) for n, x in arrays.items()}
            outer = {n: x.shape[: x.ndim - widths[n]] for n, x in arrays.items()}
            if not any(outer.values()):
                return f(*args, **kwargs)
            batch = np.broadcast_shapes(*outer.values())
            wide = {
                n: xgrad.broadcast_to(x, (*batch, *x.shape[len(outer[n]) :]))
                for n, x in arrays.items()
            }
            found = [
                f(**{**given, **{n: x[(*i, ...)] for n, x in wide.items()}})
                for i in np.ndindex(*batch)
            ]
            return _together(found, batch)

        return call  # type: ignore[return-value]

    return decorate


def _width(core: str, ndim: int) -> int:
    return min(int(core[-1]), ndim) if "|" in core else min(int(core), ndim)


def _together(found: list[Any], batch: tuple[int, ...]) -> Any:
    """Return the results of all problems side by side."""
    first = found[0]
    if isinstance(first, tuple):
        return tuple(_together(list(column), batch) for column in zip(*found, strict=True))
    if first is None or isinstance(first, (bool, str)):
        return first
    if any(isinstance(x, Array) for x in found):
        rows = xgrad.stack([xgrad.asarray(x) for x in found])
        return xgrad.reshape(rows, (*batch, *rows.shape[1:]))
    plain = np.stack([np.asarray(x) for x in found])
    return plain.reshape(*batch, *plain.shape[1:])
