"""The triangles of matrices."""

from __future__ import annotations

from ..arrays.array import Array
from ..arrays.types import as_given
from ..engine.op import linear
from ..engine.operands import require_array


@linear(lambda xp, g, k: xp.tril(g, k=k), zeros=True)
def _tril(x: Array, /, *, k: int = 0) -> Array:
    """Return the lower triangle."""


@linear(lambda xp, g, k: xp.triu(g, k=k), zeros=True)
def _triu(x: Array, /, *, k: int = 0) -> Array:
    """Return the upper triangle."""


@as_given
def tril(x: Array, /, *, k: int = 0) -> Array:
    """Return the lower triangle of matrices, up to the diagonal `k`, with zeros above.

    Args:
        x: matrices, in the last two axes.
        k: the last diagonal that is kept: 0 is the main one, a positive number lies above it, a
            negative below.

    Returns:
        An array of the shape and dtype of `x`.
    """
    require_array("tril", "x", x, axes=2)
    return _tril(_matrices(x, "tril"), k=k)


@as_given
def triu(x: Array, /, *, k: int = 0) -> Array:
    """Return the upper triangle of matrices, from the diagonal `k`, with zeros below.

    Args:
        x: matrices, in the last two axes.
        k: the first diagonal that is kept: 0 is the main one, a positive number lies above it, a
            negative below.

    Returns:
        An array of the shape and dtype of `x`.
    """
    require_array("triu", "x", x, axes=2)
    return _triu(_matrices(x, "triu"), k=k)


def _matrices(x: Array, name: str) -> Array:
    if len(x.shape) < 2:
        raise ValueError(f"{name}: x has shape {tuple(x.shape)}; expected at least two axes")
    return x
