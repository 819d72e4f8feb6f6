"""The names of ``autograd.tracer``: boxes, nodes, and functions that are traced or not."""

from __future__ import annotations

from . import refused
from .border import raw as getval
from .extend import notrace_primitive, primitive, register_notrace
from .tape import Box, Node, TraceStack, isbox, new_box, toposort, trace, trace_stack
from .util import subvals
from .wrap_util import wraps

box_types = Box.types
box_type_mappings = Box.type_mappings

__all__ = [
    "Box",
    "Node",
    "TraceStack",
    "box_type_mappings",
    "box_types",
    "getval",
    "isbox",
    "new_box",
    "notrace_primitive",
    "primitive",
    "register_notrace",
    "subvals",
    "toposort",
    "trace",
    "trace_stack",
    "wraps",
]

__getattr__ = refused.lookup(__name__)
