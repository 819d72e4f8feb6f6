"""Fourier transforms: NumPy's own functions, see the package."""

from __future__ import annotations

from typing import Any

import numpy.fft as _fft


def __getattr__(name: str) -> Any:
    return getattr(_fft, name)
