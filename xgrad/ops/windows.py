"""Windows that slide along axes."""

from __future__ import annotations

import numpy as np

from ..arrays.array import Array
from ..arrays.types import as_given
from ..engine.plain import as_tuple
from .beside import array_of, placed
from .indexing import take
from .manipulation import front, moveaxis, reshape


@as_given
def sliding_window_view(
    x: Array,
    window_shape: int | tuple[int, ...],
    axis: int | tuple[int, ...] | None = None,
    *,
    subok: bool = False,
    writeable: bool = False,
) -> Array:
    """Return the windows of an array, each a part of it that starts one element further.

    Args:
        x: the array.
        window_shape: the length of the windows along each axis of `axis`.
        axis: the axis or axes along which they slide, which may be named more than once; all of
            them, in order, if None.
        subok: not used; here for NumPy's sake.
        writeable: not used: the windows are copies, into which one may write.

    Returns:
        An array of `x`'s axes, shorter by the length of a window less one, and behind them an axis
        for the elements of a window for each of `axis`.

    Raises:
        ValueError: if a window is longer than its axis, or there are not as many as axes.

    >>> import numpy as np, xgrad as xg
    >>> xg.lib.stride_tricks.sliding_window_view(np.asarray([1.0, 2.0, 4.0, 8.0]), 3)
    array([[1., 2., 4.],
           [2., 4., 8.]])
    """
    x = array_of(x, "sliding_window_view")
    windows = as_tuple(window_shape)
    given = range(len(x.shape)) if axis is None else as_tuple(axis)
    axes = [front(a, len(x.shape), "sliding_window_view") for a in given]
    if len(axes) != len(windows):
        raise ValueError(
            f"sliding_window_view: window_shape is {window_shape} for {len(axes)} axes; expected "
            "as many lengths"
        )
    for n, a in zip(windows, axes, strict=True):
        count = x.shape[a] - n + 1
        if n < 0 or count < 1:
            raise ValueError(
                f"sliding_window_view: window_shape has {n} for an axis of length {x.shape[a]}; "
                "expected no more"
            )
        places = placed(x, (np.arange(count)[:, None] + np.arange(n)).ravel(), np.int64)
        parts = (*x.shape[:a], count, n, *x.shape[a + 1 :])
        x = moveaxis(reshape(take(x, places, axis=a), parts), a + 1, -1)
    return x
