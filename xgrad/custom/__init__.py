"""Rules of one's own, recomputation, and switching the tape off."""

from __future__ import annotations

from .blackbox import primitive
from .forward import custom_jvp
from .recompute import checkpoint
from .reverse import custom_vjp
from .switches import no_grad, stop_gradient

__all__ = [
    "checkpoint",
    "custom_jvp",
    "custom_vjp",
    "no_grad",
    "primitive",
    "stop_gradient",
]
