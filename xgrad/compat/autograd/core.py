"""The names of ``autograd.core``: derivatives of functions of one argument, rules, spaces."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

from . import refused
from .border import make_jvp, make_vjp
from .extend import (
    def_linear,
    defjvp,
    defjvp_argnum,
    defjvp_argnums,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
)
from .primitives import primitive
from .sparse import SparseObject
from .tape import Box, JVPNode, Node, VJPNode, backward_pass, isbox, new_box, toposort, trace
from .tracer import getval
from .util import func, subval
from .vspace import VSpace, vspace

primitive_vjps: dict[object, object] = {}
primitive_jvps: dict[object, object] = {}
"""The tables of rules that autograd has; here a primitive carries its own."""

primitive_ = primitive_with_deprecation_warnings = primitive
SparseBox = SparseObject
sparse_object_types = {SparseObject}

__all__ = [
    "Box",
    "JVPNode",
    "Node",
    "SparseBox",
    "SparseObject",
    "VJPNode",
    "VSpace",
    "add_outgrads",
    "backward_pass",
    "def_linear",
    "defjvp",
    "defjvp_argnum",
    "defjvp_argnums",
    "defvjp",
    "defvjp_argnum",
    "defvjp_argnums",
    "func",
    "getval",
    "identity_jvp",
    "identity_vjp",
    "isbox",
    "make_jvp",
    "make_vjp",
    "new_box",
    "primitive",
    "primitive_",
    "primitive_jvps",
    "primitive_vjps",
    "primitive_with_deprecation_warnings",
    "sparse_add",
    "sparse_object_types",
    "subval",
    "sum_outgrads",
    "toposort",
    "trace",
    "vspace",
]


def identity_vjp(argnums: Any, *args: Any) -> Callable[[Any], Any]:
    """Return the vjp of a function whose cotangent goes on as it is."""
    return lambda g: g


def identity_jvp(g: Any, *args: Any, **kwargs: Any) -> Any:
    """Return a tangent as it is."""
    return g


def sparse_add(vs: VSpace, x_prev: Any, x_new: Any) -> Any:
    """Return the sum of a vector, or None, and a `SparseObject`."""
    return x_new.mut_add(vs.zeros() if x_prev is None else x_prev)


def add_outgrads(prev_g_flagged: Any, g: Any) -> tuple[Any, bool]:
    """Return the sum of cotangents, and whether it is a buffer of its own; the first may be None.

    `prev_g_flagged` is such a pair.
    """
    sparse = isinstance(g, SparseObject)
    space = vspace(g)
    if not prev_g_flagged:
        return (sparse_add(space, None, g), True) if sparse else (g, False)
    held, mutable = prev_g_flagged
    if sparse:
        return sparse_add(space, held if mutable else space.add(space.zeros(), held), g), True
    return (space.mut_add if mutable else space.add)(held, g), True


def sum_outgrads(gs: Iterable[Any]) -> Any:
    """Return the sum of cotangents."""
    return reduce(add_outgrads, gs, None)[0]


__getattr__ = refused.lookup(__name__)
