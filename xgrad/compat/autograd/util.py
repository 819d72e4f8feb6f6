"""Small helpers that extensions of autograd import."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import refused
from .tape import toposort

__all__ = ["func", "quick_grad_check", "subval", "subvals", "toposort"]


def subvals(x: Iterable[Any], ivs: Iterable[tuple[int, Any]]) -> tuple[Any, ...]:
    """Return the values of `x` with others in some places."""
    values = list(x)
    for i, v in ivs:
        values[i] = v
    return tuple(values)


def subval(x: Iterable[Any], i: int, v: Any) -> tuple[Any, ...]:
    """Return the values of `x` with another in one place."""
    return subvals(x, [(i, v)])


def func(f: Any) -> Any:
    """Return the function: a method that is looked up on its class."""
    return f


def quick_grad_check(
    fun: Any, arg0: Any, extra_args: Any = (), kwargs: Any = None, **options: Any
) -> None:
    """Check the gradient in the first argument against differences; autograd deprecates it."""
    from .test_util import check_grads

    check_grads(lambda x: fun(x, *extra_args, **(kwargs or {})), modes=["rev"], order=1)(arg0)


__getattr__ = refused.lookup(__name__)
