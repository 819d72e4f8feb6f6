"""Rules of one's own in autograd's form: ``primitive``, ``defvjp``, ``defjvp`` and their relatives.

A vjp maker gets the result and the arguments, and returns the function from a cotangent to the
cotangent of one argument, in autograd's complex convention. A jvp gets the tangent of one argument,
the result and the arguments. The function gets raw arrays, and its rules do too, but for what an
outer derivative watches. One of the two is enough for both modes, except that a jvp which is the
function itself (``"same"``) says nothing about its transpose.

A rule for a function of NumPy or SciPy takes the place of xgrad's own, wherever NumPy's protocols
or the modules here are asked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from itertools import count
from typing import Any

from xgrad import tree

from .border import raw
from .borrowed import primitive_of
from .makers import jvps, summed, vjps
from .primitives import primitive
from .sparse import SparseObject
from .tape import Box, JVPNode, VJPNode
from .vspace import VSpace, vspace

__all__ = [
    "Box",
    "JVPNode",
    "SparseObject",
    "VJPNode",
    "VSpace",
    "def_linear",
    "defjvp",
    "defjvp_argnum",
    "defjvp_argnums",
    "defvjp",
    "defvjp_argnum",
    "defvjp_argnums",
    "notrace_primitive",
    "primitive",
    "register_notrace",
    "vspace",
]


def defvjp_argnums(fun: Any, vjpmaker: Callable[..., Any]) -> None:
    """Define all vjps at once: ``vjpmaker(argnums, ans, args, kwargs)`` gives ``g -> tuple``."""
    primitive_of(fun, "defvjp").vjp_of_argnums = vjpmaker


def defvjp_argnum(fun: Any, vjpmaker: Callable[..., Any]) -> None:
    """Define the vjps by position: ``vjpmaker(argnum, ans, args, kwargs)`` gives ``g -> ...``."""

    def of_argnums(argnums: Sequence[int], ans: Any, args: Any, kwargs: Any) -> Any:
        vjps = [vjpmaker(argnum, ans, args, kwargs) for argnum in argnums]
        return lambda g: tuple(vjp(g) for vjp in vjps)

    defvjp_argnums(fun, of_argnums)


def defvjp(fun: Any, *vjpmakers: Callable[..., Any] | None, argnums: Any = None) -> None:
    """Define the vjp of each argument: ``vjpmaker(ans, *args, **kwargs)``, or None for zero."""
    makers = dict(zip(count() if argnums is None else argnums, vjpmakers, strict=False))
    defvjp_argnums(fun, vjps(fun.__name__, makers))


def defjvp_argnums(fun: Any, jvpmaker: Callable[..., Any]) -> None:
    """Define all jvps at once: ``jvpmaker(argnums, gs, ans, args, kwargs)`` gives the tangent."""
    primitive_of(fun, "defjvp").jvp_of_argnums = jvpmaker


def defjvp_argnum(fun: Any, jvpmaker: Callable[..., Any]) -> None:
    """Define the jvps by position: ``jvpmaker(argnum, g, ans, args, kwargs)``."""
    defjvp_argnums(fun, summed(jvpmaker))


def defjvp(fun: Any, *jvpfuns: Any, argnums: Any = None) -> None:
    """Define the jvp of each argument: ``jvpfun(g, ans, *args, **kwargs)``.

    None stands for zero, and ``"same"`` for a function that is linear in the argument.
    """
    rules = dict(zip(count() if argnums is None else argnums, jvpfuns, strict=False))
    defjvp_argnums(fun, jvps(fun, rules))


def def_linear(fun: Any) -> None:
    """Say that a function is linear in each of its arguments, which defines its jvp."""
    defjvp_argnum(
        fun,
        lambda argnum, g, ans, args, kwargs: fun(*args[:argnum], g, *args[argnum + 1 :], **kwargs),
    )


def register_notrace(trace_type: Any, primitive_fun: Any) -> None:
    """Say that no derivative flows through a function, in either mode."""
    primitive_of(primitive_fun, "register_notrace").is_traced = False


def notrace_primitive(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return `f` called on plain values: no derivative flows through it."""

    @wraps(f)
    def untraced(*args: Any, **kwargs: Any) -> Any:
        return f(*tree.map(raw, args), **kwargs)

    return untraced
