"""The norm of all gradients together."""

from __future__ import annotations

import functools
import operator
from typing import Any

import xgrad as xg

from .. import tree as trees
from ..errors.folding import told_as
from ..ops.halves import widened


def global_norm(tree: Any) -> Any:
    """Return the 2-norm of all elements of a pytree together, of halves in float32."""
    leaves = trees.leaves(tree)
    if not leaves:
        raise ValueError("global_norm: got a pytree without arrays")
    with told_as("global_norm", "abs"):
        squares = [xg.sum(xg.square(xg.abs(widened(x)))) for x in leaves]
    return xg.sqrt(functools.reduce(operator.add, squares))
