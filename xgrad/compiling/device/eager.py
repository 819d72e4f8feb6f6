"""Ops that are a composition of a library's functions, as one kernel each on a device.

The op's own body is recorded on the host, once for the dtypes that it is called with, and its
record is the text of the kernel. So there is one definition of the op, on every library.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...backends import Backend, backend_of_type
from ..lazy import Lazy
from ..passes import optimised
from ..program import Program, Var
from ..recording import lazy_backend
from ..trace import Trace
from .expressions import computed, expression, is_expression, number
from .prelude import PRELUDE

__all__ = ["fused", "lines_of"]


def fused(body: Callable[..., Any], name: str, backend: Backend) -> Callable[..., Any]:
    """Return the body of an elementwise op as kernels of a backend, one for each set of dtypes."""
    made: dict[Any, Callable[..., Any]] = {}
    arrays: Any = backend.array_types

    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs or not all(isinstance(x, arrays) for x in args):
            return body(*args, **kwargs)
        key = tuple([x.dtype for x in args])
        kernel = made.get(key)
        if kernel is None:
            kernel = made[key] = _kernel(body, name, backend, key) or body
        return kernel(*args)

    return call


def _kernel(
    body: Callable[..., Any], name: str, backend: Backend, dtypes: tuple[Any, ...]
) -> Callable[..., Any] | None:
    """Return the kernel of a body for operands of these dtypes, if its record is one."""
    found = lines_of(body, name, dtypes)
    kernels: Any = backend.kernels
    return None if found is None else kernels.elementwise(name, dtypes, *found, PRELUDE)


def lines_of(
    body: Callable[..., Any], name: str, dtypes: tuple[Any, ...]
) -> tuple[Any, str, str] | None:
    """Return the result's dtype, lines of C++ in ``x0``, ``x1``, ..., and the result in them."""
    program = _recorded(body, name, dtypes)
    if program is None or not program.equations:
        return None
    if not all(is_expression(e) for e in program.equations):
        return None
    names = {v: f"x{i}" for i, v in enumerate(program.inputs)}
    names |= {e.outs[0]: f"v{k}" for k, e in enumerate(program.equations)}

    def read(x: Any) -> tuple[str, str]:
        if isinstance(x, Var):
            return names[x], computed(x.dtype)
        return number(np.asarray(x).item(), computed(x.dtype)), computed(x.dtype)

    try:
        lines = [
            f"const {computed(e.outs[0].dtype)} {names[e.outs[0]]} = {expression(e, read)};"
            for e in program.equations
        ]
    except ValueError:  # a constant of several elements
        return None
    (out,) = program.outputs
    return out.dtype, "\n".join(lines), names[out]


def _recorded(body: Callable[..., Any], name: str, dtypes: tuple[Any, ...]) -> Program | None:
    """Return the record of a body on arrays of the host; None of what it refuses."""
    host = backend_of_type(np.ndarray)
    assert host is not None
    cls: Any = lazy_backend(host).array_types[0]
    trace = Trace(name, host, cls)
    try:
        given = [trace.argument(np.full((2,), 0.5).astype(dtype)) for dtype in dtypes]
        with trace:
            out = body(*given)
    except Exception:  # it refuses such operands, and says so itself, or asks for their values
        return None
    if not isinstance(out, Lazy) or out.var is None:
        return None
    return optimised(Program(name, host, trace.inputs, 0, trace.equations, [out.var]))
