"""The norm of all gradients together."""

from __future__ import annotations

import functools
from typing import Any

import xgrad as xg

from .. import tree as trees
from ..errors.folding import told_as
from ..ops.halves import widened


def global_norm(tree: Any) -> Any:
    """Return the 2-norm of all elements of a pytree together, of halves in float32.

    No square overflows or vanishes on the way; of no elements it is 0.
    """
    with told_as("global_norm", "linalg.vector_norm"):
        norms = [xg.linalg.vector_norm(widened(x)) for x in trees.leaves(tree)]
    return functools.reduce(xg.hypot, norms) if norms else xg.asarray(0.0)
