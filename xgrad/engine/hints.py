"""What to do about an error of a library's function, as far as the shapes of its arrays tell.

Each is a note below the library's own message, in words that hold for every library.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

import numpy as np

Shape = tuple[int, ...]

PRODUCTS = frozenset("dot matmul matvec vecmat multi_dot inner".split())
SQUARE = frozenset(
    "linalg.cholesky linalg.det linalg.eig linalg.eigh linalg.eigvals linalg.eigvalsh linalg.expm "
    "linalg.inv linalg.matrix_power linalg.slogdet linalg.solve".split()
)


def hint(path: str, shapes: Sequence[Shape], error: Exception) -> str:
    """Return what to do about an error of an op, for arrays of these shapes; "" if unknown."""
    if not shapes or any(n != n for shape in shapes for n in shape):  # noqa: PLR0124 - not known
        return ""
    for names, find in HINTS:
        if (names is None or path in names) and (found := find(shapes, error)):
            return found
    return ""


def _product(shapes: Sequence[Shape], error: Exception) -> str:
    if len(shapes) != 2 or not all(shapes):
        return ""
    (one, other) = shapes
    last, first = one[-1], other[-2] if len(other) > 1 else other[0]
    if last == first:
        return ""
    axis = "last axis but one" if len(other) > 1 else "axis"
    return (
        f"The last axis of x1 has length {last}, the {axis} of x2 {first}; expected the same. "
        "Transpose one, as in x1 @ x2.T, or multiply element by element, as in x1 * x2"
    )


def _square(shapes: Sequence[Shape], error: Exception) -> str:
    shape = shapes[0]
    if len(shape) < 2:
        return f"Expected square matrices, of shape (..., n, n); got an array of shape {shape}"
    if shape[-1] != shape[-2]:
        return (
            f"Expected square matrices, of shape (..., n, n); got {shape}. For others there are "
            "xgrad.linalg.pinv, xgrad.linalg.lstsq and xgrad.linalg.svd"
        )
    return ""


def _solve(shapes: Sequence[Shape], error: Exception) -> str:
    rows = [s for s in shapes if s]
    if len(rows) < 2 or len(rows[0]) < 2 or rows[0][-1] in rows[-1][-2:]:
        return ""
    have = rows[-1][-2] if len(rows[-1]) > 1 else rows[-1][-1]
    return (
        f"x1 has {rows[0][-1]} rows, and x2 has {have}; expected as many. Transpose x2, or cut it"
    )


def _broadcast(shapes: Sequence[Shape], error: Exception) -> str:
    text = str(error)
    if len(shapes) < 2 or not ("broadcast" in text or "must match the size" in text):
        return ""
    with contextlib.suppress(ValueError):
        np.broadcast_shapes(*shapes)
        return ""
    ndim = max(map(len, shapes))
    for i in range(1, ndim + 1):
        lengths = {s[-i] for s in shapes if len(s) >= i} - {1}
        if len(lengths) > 1:
            got = " and ".join(str(s[-i]) for s in shapes if len(s) >= i)
            return (
                f"Along axis -{i} the lengths are {got}; expected the same, or 1. A new axis, as "
                "in x[:, None] * y, makes all pairs; xgrad.reshape and a slice change a length"
            )
    return ""


def _joining(shapes: Sequence[Shape], error: Exception) -> str:
    if len(set(shapes)) < 2:
        return ""
    return (
        f"The shapes are {' and '.join(map(str, shapes))}; expected the same, for concat but along "
        "the axis. Use xgrad.reshape, xgrad.expand_dims or xgrad.broadcast_to first"
    )


def _reshape(shapes: Sequence[Shape], error: Exception) -> str:
    (shape, *_) = shapes
    size = int(np.prod(shape))
    return f"x has {size} elements; expected a shape of as many, or with one -1 for what is left"


def _reading(shapes: Sequence[Shape], error: Exception) -> str:
    shape = shapes[0]
    if not isinstance(error, IndexError) or not shape:
        return ""
    if "integer" in str(error) or "valid indices" in str(error):
        return "Expected integers, slices, None, ... or arrays of integers or truths, as x[0, 1:]"
    spans = ", ".join(f"{-n} to {n - 1}" for n in shape)
    axes = "1 axis" if len(shape) == 1 else f"{len(shape)} axes"
    return f"x has shape {shape}: expected indices of {axes}, from {spans}; slices may go beyond"


_BEYOND = ("out of bounds", "Dimension out of range", "tuple index out of range")


def _axis(shapes: Sequence[Shape], error: Exception) -> str:
    text = str(error)
    if not any(told in text for told in _BEYOND):
        return ""
    n = len(shapes[0])
    if not n:
        return "x has no axes: expected axis=None"
    return f"x has shape {shapes[0]}: expected an axis from {-n} to {n - 1}"


def _writing(shapes: Sequence[Shape], error: Exception) -> str:
    if len(shapes) < 2 or "shape" not in str(error):
        return ""
    return (
        f"The value has shape {shapes[1]}; expected that of x[key], or one that broadcasts to it. "
        "x[key].shape says what it is"
    )


Find = Callable[[Sequence[Shape], Exception], str]

HINTS: tuple[tuple[frozenset[str] | None, Find], ...] = (
    (PRODUCTS, _product),
    (SQUARE, _square),
    (frozenset(["linalg.solve"]), _solve),
    (frozenset(["concat", "stack", "hstack", "vstack", "column_stack", "dstack"]), _joining),
    (frozenset(["reshape"]), _reshape),
    (frozenset(["getitem", "take"]), _reading),
    (frozenset(["setitem"]), _writing),
    (None, _axis),
    (None, _broadcast),
)
"""For which functions, and what the shapes tell; the first that has something to say is taken."""
