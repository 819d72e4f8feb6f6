"""What a single op knows beyond its kind: an object that its definition owns."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from ..arrays.array import Array
from ..arrays.node import FIT, PARENTS, RULE, Node, kept
from .partials import names_of


class Own:
    """The base of these objects. One that `walks` may take over a node on the way down."""

    walks = False

    def passive(self) -> Own:
        """Return this object, but for taking nodes over: for who wants to see each rule's work."""
        if not self.walks:
            return self
        other = copy(self)
        other.walks = False
        return other

    def serves(self, tracked: tuple[int, ...]) -> bool:
        """Return whether it has to do with the rule for these tracked arguments."""
        return True

    def pull(self, walk: Any, node: Node, xp: Any, g: Any) -> bool:
        """Pass a raw cotangent on in a way of its own; return whether it did."""
        return False

    def leaves_zeros(self, walk: Any, node: Node, xp: Any, g: Any) -> bool:
        """Return whether the cotangent that the rule has made has structural zeros."""
        return True


class Apart(Own):
    """Of an op whose results are parts of its array: a part that is not used leaves zeros there."""

    def leaves_zeros(self, walk: Any, node: Node, xp: Any, g: Any) -> bool:
        """Return whether the cotangent that the rule has made has structural zeros."""
        return len(g) < len(node[FIT][0])


class Root(Own):
    """Of a root (sqrt, abs, hypot, norm, std): its square as a function of what is under the root.

    The derivative of the root itself is infinite or undefined at 0, and that of its square is not.
    The square is recorded from the root's own arguments; its value is not used.

    Args:
        square: ``square(...)``, by names of the root's arguments and parameters.
    """

    def __init__(self, square: Callable[..., Any]) -> None:
        self.square, self.names = square, names_of(square, 0)

    def squared(self, node: Node) -> Any:
        """Return the square of the root that left this node."""
        rule = node[RULE]
        values = kept(node, rule.lift(node))
        missing = [name for name in self.names if name not in values]
        if missing:  # the tape holds the root alone, of the shape of its one argument
            tracked = type(node[PARENTS]) is list and len(self.names) == 1
            stand_in = Array(values["out"]._raw, node[PARENTS]) if tracked else 0.0
            values.update(dict.fromkeys(missing, stand_in))
        return self.square(*[values[name] for name in self.names])


def root_of(x: Array) -> Root | None:
    """Return what is known of the root that made an array, None if none did."""
    own = None if x._node is None else x._node[RULE].own
    return own if isinstance(own, Root) else None


class SquaresRoots(Own):
    """Of a product: ``of_root(y)`` gives ``y * y`` where `y` is a root."""

    def __init__(self, of_root: Callable[[Any], Any]) -> None:
        self.of_root = of_root
