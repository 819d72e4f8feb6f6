"""Many arrays side by side, computed with as if they were one: what `vmap` and Jacobians run on.

A `Batch` stands for an array of which there are many; it shows the shape of one. It is the raw
array of a backend whose namespace does to each what the library's own does to one, mostly by
counting axes from one further on. So the same rules run on it without a change, and so do the
walks. What this namespace lacks it says (`NotBatchedError`).

Each call of `vmap`, and each sweep of a Jacobian, is a `Level` of its own: a batch of one level
beside that of another gives a batch of batches, the one of the larger rank outside.
"""

from .backend import Level, hand, within
from .batch import Batch, NotBatchedError
from .border import adopt, enter, holds, leave, total
from .indexing import is_mask
from .memory import largest
from .running import drawn, ended, levels, require_running, running, running_levels, without

__all__ = [
    "Batch",
    "Level",
    "NotBatchedError",
    "adopt",
    "drawn",
    "ended",
    "enter",
    "hand",
    "holds",
    "is_mask",
    "largest",
    "leave",
    "levels",
    "require_running",
    "running",
    "running_levels",
    "total",
    "within",
    "without",
]
