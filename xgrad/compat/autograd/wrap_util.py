"""From operators on functions of one argument to operators with ``argnum``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def unary_to_nary(unary_operator: Callable[..., Any]) -> Callable[..., Any]:
    """Return an operator that takes ``argnum``, an integer or a list or tuple of them."""

    @wraps(unary_operator)
    def nary_operator(fun: Any, argnum: Any = 0, *op_args: Any, **op_kwargs: Any) -> Any:
        if type(argnum) not in (int, tuple, list):
            raise TypeError(
                f"{get_name(unary_operator)}: argnum is {argnum!r}; expected an integer, or a list "
                "or tuple of integers"
            )

        def nary_f(*args: Any, **kwargs: Any) -> Any:
            @wraps(fun)
            def unary_f(x: Any) -> Any:
                values = list(args)
                pairs = [(argnum, x)] if isinstance(argnum, int) else zip(argnum, x, strict=True)
                for i, value in pairs:
                    values[i] = value
                return fun(*values, **kwargs)

            x = args[argnum] if isinstance(argnum, int) else tuple(args[i] for i in argnum)
            return unary_operator(unary_f, x, *op_args, **op_kwargs)

        name, wrt = get_name(unary_operator), f"argument number {argnum}"
        nary_f.__name__ = f"{name}_of_{get_name(fun)}_wrt_argnum_{argnum}"
        nary_f.__doc__ = f"    {name} of function {get_name(fun)} with respect to {wrt}.\n"
        return nary_f

    return nary_operator  # type: ignore[no-any-return]  # `wraps` returns what it is given


def wraps(fun: Any) -> Callable[[Any], Any]:
    """Return a decorator that copies the name and docstring of `fun`, if it has them."""

    def decorate(f: Any) -> Any:
        f.__name__ = get_name(fun)
        f.__doc__ = getattr(fun, "__doc__", None)
        return f

    return decorate


def get_name(f: Any) -> str:
    """Return the name of a function."""
    return getattr(f, "__name__", "[unknown name]")
