"""Windows that slide along axes, as ``numpy.lib.stride_tricks`` has them."""

from __future__ import annotations

from ..ops.windows import sliding_window_view

__all__ = ["sliding_window_view"]
