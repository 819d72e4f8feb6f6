"""Random numbers: NumPy's own functions, see the package."""

from __future__ import annotations

import numpy.random as _random

from .. import refused

__getattr__ = refused.lookup(__name__, _random)
