"""Rules of one's own, recomputation, and switching the tape off."""

from __future__ import annotations

from .checkpoint import checkpoint
from .custom_jvp import custom_jvp
from .custom_vjp import custom_vjp
from .no_grad import no_grad, stop_gradient
from .primitive import primitive

__all__ = [
    "checkpoint",
    "custom_jvp",
    "custom_vjp",
    "no_grad",
    "primitive",
    "stop_gradient",
]
