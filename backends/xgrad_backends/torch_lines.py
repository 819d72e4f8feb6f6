"""Orders, running values and distances of PyTorch's tensors; see `xgrad.backends.lines`.

On the CPU they are those of NumPy, on the same memory: PyTorch has no recurrence, and sorts all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from xgrad.backends import lines, load

from . import numpy_lines
from .detect import require

torch: Any = require("torch")


def _on_memory(own: Callable[..., Any], general: Callable[..., Any]) -> Callable[..., Any]:
    """Return NumPy's function for tensors in the memory of the CPU, else the general one."""

    @wraps(general)
    def call(*args: Any) -> Any:
        tensors = [x for x in args if isinstance(x, torch.Tensor)]
        if any(x.device.type != "cpu" or x.requires_grad for x in tensors):
            return general(load("torch").xp, *args)
        try:
            held = [x.numpy() if isinstance(x, torch.Tensor) else x for x in args]
        except (RuntimeError, TypeError):  # of bfloat16, or of a transform of PyTorch's own
            return general(load("torch").xp, *args)
        return torch.from_numpy(np.asarray(own(*held)))

    return call


ranked = _on_memory(numpy_lines.ranked, lines.ranked)
recurrence = _on_memory(numpy_lines.recurrence, lines.recurrence)


def running_max(x: Any) -> Any:
    """Return the running maximum; NaN stays."""
    return torch.cummax(x, -1).values


def distances(x1: Any, x2: Any) -> Any:
    """Return the Euclidean distance of each row to each, from the differences themselves."""
    return torch.cdist(x1, x2, compute_mode="donot_use_mm_for_euclid_dist")
