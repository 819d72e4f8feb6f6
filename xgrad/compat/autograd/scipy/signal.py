"""Convolution along chosen axes, with products along others."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.signal as _scipy

import xgrad

from .. import refused
from ..borrowed import borrowed

__getattr__ = refused.lookup(__name__, _scipy)


@borrowed
def convolve(A: Any, B: Any, axes: Any = None, dot_axes: Any = None, mode: str = "full") -> Any:
    """Convolve two arrays along some axes, and multiply and sum along others.

    Args:
        A: an array.
        B: an array.
        axes: a pair of lists, the axes of A and of B to convolve along; all, if None.
        dot_axes: a pair of lists, the axes to multiply and sum along; none, if None.
        mode: ``"full"``, ``"valid"`` or ``"same"`` (centred, of A's size).

    Returns:
        An array with the other axes of A, the other axes of B, and the convolved axes.
    """
    if mode not in ("full", "valid", "same"):
        raise ValueError(f"convolve: mode is {mode!r}; expected 'full', 'valid' or 'same'")
    axes = axes if axes is not None else (range(A.ndim), range(A.ndim))
    dots = dot_axes if dot_axes is not None else ((), ())
    along = [[int(i) % x.ndim for i in side] for x, side in zip((A, B), axes, strict=True)]
    sizes = [(A.shape[i], B.shape[j]) for i, j in zip(*along, strict=True)]
    if mode == "valid" and any(b > a for a, b in sizes):
        if any(a > b for a, b in sizes):
            raise ValueError(
                "convolve: mode is 'valid', and neither array is the larger one along all axes: "
                f"got lengths {sizes}"
            )
        out = convolve(B, A, axes=along[::-1], dot_axes=dots[::-1], mode=mode)
        of_B = B.ndim - len(dots[1]) - len(sizes)
        of_A = A.ndim - len(dots[0]) - len(sizes)
        order = [*range(of_B, of_B + of_A), *range(of_B), *range(of_B + of_A, out.ndim)]
        return xgrad.permute_dims(out, tuple(order))
    for axis, (_, b) in zip(along[0], sizes, strict=True):
        before = {"full": b - 1, "valid": 0, "same": b - 1 - (b - 1) // 2}[mode]
        after = {"full": b - 1, "valid": 0, "same": (b - 1) // 2}[mode]
        A = xgrad.pad(A, [(before, after) if i == axis else (0, 0) for i in range(A.ndim)])
    B = xgrad.flip(B, axis=tuple(along[1])) if along[1] else B
    labels = iter(range(A.ndim + 2 * B.ndim))
    of_A, of_B, of_out = {}, {}, []
    for i, j in zip(*along, strict=True):
        of_B[j] = of_A[i] = next(labels)
    for i, j in zip(*dots, strict=True):
        of_B[int(j) % B.ndim] = of_A[int(i) % A.ndim] = next(labels)
    for x, of in ((A, of_A), (B, of_B)):
        for i in range(x.ndim):
            if i not in of:
                of[i] = next(labels)
                of_out.append(of[i])
    of_A, of_B = [of_A[i] for i in range(A.ndim)], [of_B[i] for i in range(B.ndim)]
    for axis, (_, b) in sorted(zip(along[0], sizes, strict=True), reverse=True):
        count = A.shape[axis] - b + 1
        windows = np.arange(b)[:, None] + np.arange(count)
        A = A[(slice(None),) * axis + (windows,)]
        of_A.insert(axis + 1, next(labels))
    window = {of_A[k]: of_A[k + 1] for k in range(len(of_A) - 1)}
    of_out += [window[of_B[j]] for j in along[1]]
    text = ["".join(chr(ord("a") + label) for label in side) for side in (of_A, of_B, of_out)]
    return xgrad.einsum(f"{text[0]},{text[1]}->{text[2]}", A, B)
