"""The names of ``autograd.core`` that programs import."""

from __future__ import annotations

from .border import pull as make_vjp
from .border import push as make_jvp
from .extend import (
    def_linear,
    defjvp,
    defjvp_argnum,
    defjvp_argnums,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
    primitive,
)
from .vspace import VSpace, vspace

primitive_vjps: dict[object, object] = {}
primitive_jvps: dict[object, object] = {}
"""The tables of rules that autograd has; here an op carries its own."""

__all__ = [
    "VSpace",
    "def_linear",
    "defjvp",
    "defjvp_argnum",
    "defjvp_argnums",
    "defvjp",
    "defvjp_argnum",
    "defvjp_argnums",
    "make_jvp",
    "make_vjp",
    "primitive",
    "primitive_jvps",
    "primitive_vjps",
    "vspace",
]
