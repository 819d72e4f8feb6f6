"""Chains of one op each on a small array: what an op costs that is more than elementwise."""

from collections.abc import Callable
from typing import Any

from numpy import ndarray

OPS = 400

LINKS: dict[str, Callable[[Any, Any], Any]] = {
    "sin": lambda xp, z: xp.sin(z),
    "clip": lambda xp, z: xp.clip(z, 0.0, 1.0),
    "where": lambda xp, z: xp.where(z > 0, z, 0.0),
    "concat+slice": lambda xp, z: xp.concat([z, z])[: z.shape[0]],
    "stack+index": lambda xp, z: xp.stack([z, z])[0],
}
"""One step from the array to the next; the first is what the others are compared with."""


def model(name: str) -> Callable[[Any, ndarray], Any]:
    """Return the function that ends a chain of one op."""
    link = LINKS[name]

    def f(xp: Any, x: Any) -> Any:
        for _ in range(OPS):
            x = link(xp, x)
        return xp.sum(x)

    return f
