"""Factorisations without a derivative here: each says what has one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import tree as trees
from ...arrays.array import Array
from ...errors import NotDifferentiableError
from ..common import chapter, is_tracked, raws

__all__ = ["cossin", "ordqz", "qz"]


def _refused(name: str, advice: str) -> Callable[..., Any]:
    """Return a function that is SciPy's for what is not tracked, and refuses what is."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if is_tracked(args, kwargs):
            raise NotDifferentiableError(f"scipy.linalg.{name} has no derivative here. {advice}")
        found = getattr(chapter("linalg"), name)(*raws(args), **raws(kwargs))
        return trees.map(lambda x: Array(x) if hasattr(x, "dtype") else x, found)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"Refuse what is tracked; else SciPy's ``{name}``."
    return call


cossin = _refused(
    "cossin", "The cosines are linalg.svdvals(X[:p, :q]), and the sines linalg.svdvals(X[p:, :q])"
)
qz = _refused("qz", "The generalised eigenvalues have one, linalg.eigvals(A, B)")
ordqz = _refused("ordqz", "The generalised eigenvalues have one, linalg.eigvals(A, B)")
