"""Fourier transforms: NumPy's own functions, see the package."""

from __future__ import annotations

import numpy.fft as _fft

from .. import refused
from .numpy_vjps import match_complex

__all__ = ["match_complex"]
__all__ += _fft.__all__

globals().update({name: getattr(_fft, name) for name in _fft.__all__})
__getattr__ = refused.lookup(__name__, _fft)
