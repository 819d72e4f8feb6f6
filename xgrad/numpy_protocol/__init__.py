"""NumPy functions on an `Array`: ``np.sin(x)`` comes here, whatever the backend.

``ufuncs`` answers ``__array_ufunc__``, and ``functions`` answers ``__array_function__``: by name
where NumPy's meaning is the standard's, and through the chapters below it where it is not.
"""

from __future__ import annotations

from . import reductions
from .functions import function
from .ufuncs import plain, take, ufunc

__all__ = ["function", "plain", "reductions", "take", "ufunc"]
