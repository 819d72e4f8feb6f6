"""The part of SciPy that autograd has: special, stats, linalg, signal, integrate."""

from __future__ import annotations

from . import integrate, linalg, signal, special, stats

__all__ = ["integrate", "linalg", "signal", "special", "stats"]
