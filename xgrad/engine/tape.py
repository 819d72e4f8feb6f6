"""The tape in one place: nodes, and the walks over them, for tools that read a record.

``xgrad.tape`` is this module. `arrays.node` says what a node is, `engine.walks` how walks go.
"""

from __future__ import annotations

from ..arrays.array import leaf
from ..arrays.node import (
    FIT,
    FREED,
    LEAF,
    PARAMETER,
    PARENTS,
    RULE,
    SAVED,
    SELECT,
    SERIAL,
    Node,
    Parts,
    Rule,
    is_parameter,
    is_recording,
    kept,
    next_serial,
    parameter,
    parents_of,
    recording,
)
from .forward import last_uses, pushforward
from .handed import NAMESPACES, STRONG
from .walks import cone, pullback

__all__ = [
    "FIT",
    "FREED",
    "LEAF",
    "NAMESPACES",
    "PARAMETER",
    "PARENTS",
    "RULE",
    "SAVED",
    "SELECT",
    "SERIAL",
    "STRONG",
    "Node",
    "Parts",
    "Rule",
    "cone",
    "is_parameter",
    "is_recording",
    "kept",
    "last_uses",
    "leaf",
    "next_serial",
    "parameter",
    "parents_of",
    "pullback",
    "pushforward",
    "recording",
]
