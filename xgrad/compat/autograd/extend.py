"""Rules of one's own in autograd's form: ``primitive``, ``defvjp``, ``defjvp`` and their relatives.

A vjp maker gets the result and the arguments, and returns the function from a cotangent to the
cotangent of one argument, in autograd's complex convention. A jvp gets the tangent of one argument,
the result and the arguments. Rules get `xgrad.Array` objects, and the function raw arrays. One of
the two is enough for both modes, except that a jvp which is the function itself (``"same"``) says
nothing about its transpose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from itertools import count
from typing import Any

import xgrad
from xgrad import Array, tree

from .border import conj, raw
from .vspace import VSpace, vspace

Box = Array

__all__ = [
    "Box",
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
    "vspace",
]


class primitive(xgrad.primitive):  # noqa: N801 - used as a decorator
    """Make an op of a function, whose rules `defvjp` and `defjvp` define."""

    def __init__(self, f: Callable[..., Any]) -> None:
        super().__init__(f)
        self.vjp_of_argnums: Callable[..., Any] | None = None
        self.jvp_of_argnums: Callable[..., Any] | None = None

    @property
    def fun(self) -> Callable[..., Any]:
        """The function itself, on raw arrays."""
        return self.f

    @property
    def pulls(self) -> bool:  # noqa: D102 - see the base
        return self.vjp_of_argnums is not None

    @property
    def pushes(self) -> bool:  # noqa: D102 - see the base
        return self.jvp_of_argnums is not None

    @property
    def has_rule(self) -> bool:  # noqa: D102 - see the base
        return self.pulls or self.pushes

    def no_rule(self) -> Exception:  # noqa: D102 - see the base
        return NotImplementedError(
            f"{self.name} has no derivative rule; define one with defvjp({self.name}, ...) or "
            f"defjvp({self.name}, ...)"
        )

    def cotangents(  # noqa: D102 - see the base
        self, ct: Any, out: Any, args: Any, kwargs: Any, tracked: tuple[bool, ...]
    ) -> Any:
        argnums = tuple(i for i, asked in enumerate(tracked) if asked)
        pull = self.vjp_of_argnums(argnums, out, args, kwargs)  # type: ignore[misc]
        found: list[Any] = [None] * len(args)
        for i, c in zip(argnums, pull(conj(ct)), strict=True):
            found[i] = conj(c)
        return tuple(found)

    def tangent(  # noqa: D102 - see the base
        self, tangents: Any, out: Any, args: Any, kwargs: Any, tracked: tuple[bool, ...]
    ) -> Any:
        argnums = tuple(i for i, varies in enumerate(tracked) if varies)
        chosen = tuple(tangents[i] for i in argnums)
        return self.jvp_of_argnums(argnums, chosen, out, args, kwargs)  # type: ignore[misc]


def _undefined(what: str, fun: Any, argnums: Any) -> NotImplementedError:
    return NotImplementedError(
        f"{what} of {fun.__name__} wrt argnums {argnums} not defined; "
        f"define it with def{what.lower()}({fun.__name__}, ..., argnums={list(argnums)})"
    )


def defvjp_argnums(fun: Any, vjpmaker: Callable[..., Any]) -> None:
    """Define all vjps at once: ``vjpmaker(argnums, ans, args, kwargs)`` gives ``g -> tuple``."""
    fun.vjp_of_argnums = vjpmaker


def defvjp_argnum(fun: Any, vjpmaker: Callable[..., Any]) -> None:
    """Define the vjps by position: ``vjpmaker(argnum, ans, args, kwargs)`` gives ``g -> ...``."""

    def of_argnums(argnums: Sequence[int], ans: Any, args: Any, kwargs: Any) -> Any:
        vjps = [vjpmaker(argnum, ans, args, kwargs) for argnum in argnums]
        return lambda g: tuple(vjp(g) for vjp in vjps)

    defvjp_argnums(fun, of_argnums)


def defvjp(fun: Any, *vjpmakers: Callable[..., Any] | None, argnums: Any = None) -> None:
    """Define the vjp of each argument: ``vjpmaker(ans, *args, **kwargs)``, or None for zero."""
    makers = dict(zip(count() if argnums is None else argnums, vjpmakers, strict=False))

    def of_argnum(argnum: int, ans: Any, args: Any, kwargs: Any) -> Any:
        if argnum not in makers:
            raise _undefined("VJP", fun, (argnum,))
        maker = makers[argnum]
        if maker is None:
            return lambda g: tree.map(xgrad.zeros_like, args[argnum])
        return maker(ans, *args, **kwargs)

    defvjp_argnum(fun, of_argnum)


def defjvp_argnums(fun: Any, jvpmaker: Callable[..., Any]) -> None:
    """Define all jvps at once: ``jvpmaker(argnums, gs, ans, args, kwargs)`` gives the tangent."""
    fun.jvp_of_argnums = jvpmaker


def defjvp_argnum(fun: Any, jvpmaker: Callable[..., Any]) -> None:
    """Define the jvps by position: ``jvpmaker(argnum, g, ans, args, kwargs)``."""

    def of_argnums(argnums: Any, gs: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        parts = [
            jvpmaker(argnum, g, ans, args, kwargs) for argnum, g in zip(argnums, gs, strict=True)
        ]
        total = parts[0]
        for part in parts[1:]:
            total = tree.map(lambda a, b: a + b, total, part)
        return total

    defjvp_argnums(fun, of_argnums)


def defjvp(fun: Any, *jvpfuns: Any, argnums: Any = None) -> None:
    """Define the jvp of each argument: ``jvpfun(g, ans, *args, **kwargs)``.

    None stands for zero, and ``"same"`` for a function that is linear in the argument.
    """
    jvps = dict(zip(count() if argnums is None else argnums, jvpfuns, strict=False))

    def of_argnum(argnum: int, g: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        if argnum not in jvps:
            raise _undefined("JVP", fun, (argnum,))
        jvp = jvps[argnum]
        if jvp is None:
            return tree.map(xgrad.zeros_like, ans)
        if jvp == "same":
            return fun(*args[:argnum], g, *args[argnum + 1 :], **kwargs)
        return jvp(g, ans, *args, **kwargs)

    defjvp_argnum(fun, of_argnum)


def def_linear(fun: Any) -> None:
    """Say that a function is linear in each of its arguments, which defines its jvp."""
    defjvp_argnum(
        fun,
        lambda argnum, g, ans, args, kwargs: fun(*args[:argnum], g, *args[argnum + 1 :], **kwargs),
    )


def notrace_primitive(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return `f` called on plain values: no derivative flows through it."""

    @wraps(f)
    def untraced(*args: Any, **kwargs: Any) -> Any:
        return f(*tree.map(raw, args), **kwargs)

    return untraced
