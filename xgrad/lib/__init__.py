"""What NumPy keeps in ``numpy.lib``, for libraries that look it up in an array's namespace."""

from __future__ import annotations

from . import stride_tricks

__all__ = ["stride_tricks"]
