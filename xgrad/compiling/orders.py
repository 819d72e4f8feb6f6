"""In which order the dicts of a pytree have their keys: a compiled function may go through them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from .. import tree as trees
from ..arrays.array import Array
from ..backends import BY_TYPE

__all__ = ["orders"]


def orders(tree: Any, structure: Any) -> tuple[tuple[Any, ...], ...]:
    """Return the keys of each dict in a tree as they stand, which do not count in its structure.

    A structure holds them all the same, to make such a tree again: what it is pickled by has them
    at the end of each node, and a look there takes a tenth of a walk.

    Args:
        tree: a pytree.
        structure: its structure, as of `flatten`.

    Returns:
        The keys of each dict, as tuples.
    """
    if structure is trees.SINGLE:
        return ()
    if _pickles_tell():
        held = [node[-1] for node in structure.__getstate__()[0]]
        return tuple([tuple(keys) for keys in held if type(keys) is dict])
    found: list[tuple[Any, ...]] = []
    _find_orders(tree, found)
    return tuple(found)


@lru_cache(maxsize=1)
def _pickles_tell() -> bool:
    """Whether this version of optree pickles structures so."""
    structure = trees.flatten([{"b": 0.0, "a": 0.0}])[1]
    try:
        (nodes, *_) = structure.__getstate__()
        return [list(node[-1]) for node in nodes if type(node[-1]) is dict] == [["b", "a"]]
    except Exception:
        return False


def _find_orders(x: Any, found: list[tuple[Any, ...]]) -> None:
    if type(x) is Array or type(x) in BY_TYPE or x is None:
        return
    if isinstance(x, dict):
        found.append(tuple(x))
        parts: Any = x.values()
    elif isinstance(x, (tuple, list)):
        parts = x
    elif trees.is_leaf_type(x) or isinstance(x, trees.CONSTANTS):
        return
    else:
        import optree  # as in `tree.flatten`

        try:
            parts = optree.tree_flatten_one_level(x, namespace=trees.NAMESPACE)[0]
        except ValueError:  # a leaf
            return
    for part in parts:
        _find_orders(part, found)
