"""Functions of NumPy and SciPy as primitives: a program may give them rules of its own.

In autograd each of them is a primitive. Here NumPy's own functions come to xgrad by themselves, so
that a rule for one of them is put where they are looked up: by NumPy's protocols, and by the
operator or method that is the same function.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable
from importlib import import_module
from typing import Any

import numpy as np

import xgrad
from xgrad import Array, numpy_protocol, tree
from xgrad.arrays.operators import OPERATORS, define
from xgrad.numpy_protocol.taken import TAKEN

from .border import conj
from .primitives import primitive

_SYMBOLS = {
    "add": "+",
    "divide": "/",
    "equal": "==",
    "floor_divide": "//",
    "greater": ">",
    "greater_equal": ">=",
    "less": "<",
    "less_equal": "<=",
    "matmul": "@",
    "multiply": "*",
    "not_equal": "!=",
    "power": "**",
    "remainder": "%",
    "subtract": "-",
}
assert set(_SYMBOLS.values()) <= set(OPERATORS)

_METHODS = frozenset(
    "all any argmax argmin argpartition argsort clip compress cumprod cumsum diagonal max mean min "
    "nonzero prod ravel repeat reshape round searchsorted squeeze std sum swapaxes take trace "
    "transpose var".split()
)
"""NumPy's functions that are methods of an array too."""

_UNARY = {"absolute": "__abs__", "negative": "__neg__", "positive": "__pos__"}


class borrowed(primitive):  # noqa: N801 - a kind of `primitive`
    """A function of NumPy or SciPy: xgrad's way through it, or the rules that a program gave.

    Args:
        f: the function, on raw arrays.
        instead: what is called while it has no such rules; by default the function itself.
        place: the module here that has it, and its name there.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        instead: Callable[..., Any] | None = None,
        place: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(f)
        self.instead, self.place = instead or f, place
        self.own = self.instead  # without the rules of a program
        if str(getattr(f, "__module__", "")).startswith("xgrad."):
            self.place = f.__module__, self.name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        if self.has_rule or not self.is_traced:
            return super().__call__(*args, **kwargs)
        return self.instead(*args, **kwargs)

    @property
    def pulls(self) -> bool:  # noqa: D102 - see the base
        if self.vjp_of_argnums is None and self.jvp_of_argnums is not None:
            self.vjp_of_argnums = self._own_vjps
        return super().pulls

    def _own_vjps(self, argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        """Return the vjps that it has here anyway: a program gave its jvps only."""

        def chosen(*xs: Any) -> Any:
            values = list(args)
            for i, x in zip(argnums, xs, strict=True):
                values[i] = x
            return self.own(*values, **kwargs)

        out, pullback = xgrad.vjp(chosen, *[args[i] for i in argnums])
        structure = tree.flatten(out)[1]  # a named tuple of xgrad's where NumPy has one of its own
        return lambda g: conj(pullback(structure.unflatten(tree.leaves(conj(g)))))

    def __reduce__(self) -> Any:
        return (_found, self.place) if self.place else (primitive_of, (self.f, "a pickle"))


def _found(module: str, name: str) -> Any:
    """Return a function that a module here has borrowed: what a pickle of it says."""
    return getattr(import_module(module), name)


_BORROWED: dict[Any, borrowed] = {}


def borrow(module: str, name: str, f: Any, instead: Any = None) -> Any:
    """Return the primitive of a function of SciPy that a module has; no function as it is."""
    if not callable(f) or isinstance(f, type):
        return f
    own = getattr(f, "xgrad_original", f)
    if own not in _BORROWED:
        _BORROWED[own] = borrowed(own, instead or f, (module, name))
    return _BORROWED[own]


def primitive_of(fun: Any, what: str) -> primitive:
    """Return the primitive whose rules `defvjp` or `defjvp` is to define."""
    if isinstance(fun, borrowed):
        _install(fun.f, fun)
    if isinstance(fun, primitive):
        return fun
    fun = getattr(fun, "borrowed_from", getattr(fun, "xgrad_original", fun))
    if isinstance(fun, Hashable) and fun in _BORROWED:
        return primitive_of(_BORROWED[fun], what)
    if _top(fun) not in ("numpy", "scipy"):
        warnings.warn(
            f"{what}: {getattr(fun, '__name__', fun)!s} is no primitive, so that this rule is "
            "never asked, as in autograd. Decorate it with @primitive, and define the rule for "
            "what that gives",
            xgrad.errors.XgradWarning,
            stacklevel=3,
        )
        return primitive(fun)
    _BORROWED[fun] = borrowed(fun)
    return primitive_of(_BORROWED[fun], what)


def _top(fun: Any) -> str:
    """Return the library that a function is of; ufuncs of SciPy's are taken for NumPy's."""
    return str(getattr(fun, "__module__", None) or "numpy").partition(".")[0]


def _install(fun: Any, made: borrowed) -> None:
    """Have the protocols of NumPy, operators and methods ask a primitive."""
    if fun in TAKEN:
        return
    own = numpy_protocol.take(fun, made)
    if made.instead is fun and _top(fun) == "numpy":
        made.own = own
    name = fun.__name__
    if getattr(np, name, None) is not fun:
        return
    method = lambda self, *args, **kwargs: made(self, *args, **kwargs)  # noqa: E731
    if name in _SYMBOLS:
        define(_SYMBOLS[name], made)
    if name in _METHODS:
        setattr(Array, name, method)
    if name in _UNARY:
        setattr(Array, _UNARY[name], method)
