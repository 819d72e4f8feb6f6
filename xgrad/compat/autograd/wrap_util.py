"""From operators on functions of one argument to operators with ``argnum``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xgrad.engine.picklable import Derived

from . import refused


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
            if type(argnum) is int:
                x = args[argnum]
                if len(args) == 1 and not kwargs:  # nothing to put in between
                    return unary_operator(fun, x, *op_args, **op_kwargs)
            else:
                x = tuple([args[i] for i in argnum])

            def unary_f(x: Any) -> Any:
                values = list(args)
                if type(argnum) is int:
                    values[argnum] = x
                else:
                    for i, value in zip(argnum, x, strict=True):
                        values[i] = value
                return fun(*values, **kwargs)

            unary_f.__name__ = get_name(fun)
            return unary_operator(unary_f, x, *op_args, **op_kwargs)

        made: Any = Derived(nary_f, (nary_operator, (fun, argnum, *op_args), op_kwargs))
        op, name = nary_operator.__name__, get_name(fun)  # as `wrap_nary_f` does, in less time
        made.__name__ = f"{op}_of_{name}_wrt_argnum_{argnum}"
        made.__doc__ = f"    {op} of function {name} with respect to argument number {argnum}.\n"
        return made

    nary_operator.__module__ = unary_operator.__module__
    nary_operator.__qualname__ = nary_operator.__name__  # so that it is pickled by its name
    return nary_operator  # type: ignore[no-any-return]  # `wraps` returns what it is given


def wraps(
    fun: Any, namestr: str = "{fun}", docstr: str = "{doc}", **kwargs: Any
) -> Callable[[Any], Any]:
    """Return a decorator that names a function after `fun`, and gives it its docstring."""

    def decorate(f: Any) -> Any:
        f.__name__ = namestr.format(fun=get_name(fun), **kwargs)
        f.__doc__ = docstr.format(fun=get_name(fun), doc=get_doc(fun), **kwargs)
        return f

    return decorate


def wrap_nary_f(fun: Any, op: Any, argnum: Any) -> Callable[[Any], Any]:
    """Return a decorator that names a function after an operator and its argument."""
    doc = (
        "    {op} of function {fun} with respect to argument number {argnum}. It takes the\n"
        "    arguments of {fun}, and gives the {op}.\n"
    )
    return wraps(fun, "{op}_of_{fun}_wrt_argnum_{argnum}", doc, op=get_name(op), argnum=argnum)


def get_name(f: Any) -> str:
    """Return the name of a function."""
    return getattr(f, "__name__", "[unknown name]")


def get_doc(f: Any) -> str:
    """Return the docstring of a function."""
    return getattr(f, "__doc__", None) or ""


__getattr__ = refused.lookup(__name__)
