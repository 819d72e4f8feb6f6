"""Where two structures of pytrees differ, in words for a message."""

from __future__ import annotations

from typing import Any

from .. import tree as trees


def difference(got: Any, expected: Any, name: str) -> str:
    """Say at which place two structures that are not the same first differ, and how.

    Args:
        got: what `tree.flatten` gave for what a user passed.
        expected: what it gave for what that should be like.
        name: what the user's tree is called.
    """
    if _kind(got) != _kind(expected):
        return f"{name} is {_told(got)}; expected {_told(expected)}"
    for entry, mine, theirs in _children(got, expected):
        if mine != theirs:
            is_key = got.type in (tuple, list, dict)
            return difference(mine, theirs, f"{name}[{entry!r}]" if is_key else f"{name}.{entry}")
    return f"{name} is {_told(got)} with other settings than expected"


def _children(got: Any, expected: Any) -> Any:
    return zip(got.entries(), got.children(), expected.children(), strict=True)


def _is_leaf(structure: Any) -> bool:
    return structure is trees.SINGLE or bool(structure.is_leaf())


def _kind(structure: Any) -> Any:
    return None if _is_leaf(structure) else (structure.type, structure.entries())


def _told(structure: Any) -> str:
    """Return what a structure is at its top."""
    if _is_leaf(structure):
        return "an array"
    cls, entries = structure.type, structure.entries()
    if cls is type(None):
        return "None"
    if cls is dict:
        return f"a dict with {', '.join(map(repr, entries)) or 'no keys'}"
    of = f" of {len(entries)}" if cls in (tuple, list) else ""
    article = "an" if cls.__name__[0] in "AEIOU" else "a"
    return f"{article} {cls.__name__}{of}"
