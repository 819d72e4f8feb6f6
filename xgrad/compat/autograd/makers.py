"""From rules for each argument to the rule for several."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from xgrad import tree

from .vspace import vspace

Maker = Callable[..., Any] | None
"""``maker(ans, *args, **kwargs)`` gives a vjp; None stands for zero."""


def undefined(what: str, name: str, argnums: Any) -> NotImplementedError:
    """Return the error that there is no rule for some arguments."""
    return NotImplementedError(
        f"{what} of {name} wrt argnums {argnums} not defined; "
        f"define it with def{what.lower()}({name}, ..., argnums={list(argnums)})"
    )


def vjps(name: str, makers: Mapping[int, Maker]) -> Callable[..., Any]:
    """Return ``of_argnums(argnums, ans, args, kwargs)`` for makers by position."""

    def of_argnums(argnums: Sequence[int], ans: Any, args: Any, kwargs: Any) -> Any:
        made = []
        for i in argnums:
            if i not in makers:
                raise undefined("VJP", name, (i,))
            maker = makers[i]
            made.append(_zero(args[i]) if maker is None else maker(ans, *args, **kwargs))
        if len(made) == 1:
            (vjp,) = made
            return lambda g: (vjp(g),)
        return lambda g: tuple([vjp(g) for vjp in made])

    return of_argnums


def _zero(x: Any) -> Callable[[Any], Any]:
    return lambda g: vspace(x).zeros()


def jvps(fun: Any, rules: Mapping[int, Any]) -> Callable[..., Any]:
    """Return ``of_argnums(argnums, gs, ans, args, kwargs)`` for jvps by position."""

    def of_argnum(i: int, g: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        if i not in rules:
            raise undefined("JVP", fun.__name__, (i,))
        rule = rules[i]
        if rule is None:
            return vspace(ans).zeros()
        if rule == "same":
            return fun(*args[:i], g, *args[i + 1 :], **kwargs)
        return rule(g, ans, *args, **kwargs)

    return summed(of_argnum)


def summed(of_argnum: Callable[..., Any]) -> Callable[..., Any]:
    """Return the jvp of several arguments, the sum of those of each."""

    def of_argnums(argnums: Any, gs: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        parts = [of_argnum(i, g, ans, args, kwargs) for i, g in zip(argnums, gs, strict=True)]
        total = parts[0]
        for part in parts[1:]:
            total = tree.map(lambda a, b: a + b, total, part)
        return total

    return of_argnums
