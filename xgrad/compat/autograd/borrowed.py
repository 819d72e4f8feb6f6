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
from xgrad.arrays.node import (
    FIT,
    PARENTS,
    RULE,
    SAVED,
    Node,
    Rule,
    is_recording,
    next_serial,
    parents_of,
)
from xgrad.arrays.operators import OPERATORS, define
from xgrad.engine.guarding import guarded_key
from xgrad.engine.projection import like
from xgrad.numpy_protocol.taken import TAKEN

from .border import conj, home
from .primitives import lift, primitive

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
        self._of_own = Rule(self.name, _pull_own, _pull_own_to, self._push_arrays, _lift_own)
        self._of_own.is_opaque = False
        if str(getattr(f, "__module__", "")).startswith("xgrad."):
            self.place = f.__module__, self.name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        if self.vjp_of_argnums is None and self.jvp_of_argnums is None and self.is_traced:
            return self.instead(*args, **kwargs)
        return super().__call__(*args, **kwargs)

    def _tracked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the result; where a program gave jvps only, with its own node's way down."""
        if self.pulls and self.vjp_of_argnums == self._own_vjps and is_recording():
            nodes = [id(x._node) for x in args if isinstance(x, Array) and x._node is not None]
            y = self.own(*args, **kwargs)
            node = y._node if type(y) is Array else None
            if nodes and node is not None and [id(p) for p in parents_of(node)] == nodes:
                rule = node[RULE]
                if rule.is_plain and not (rule.fills or rule.makes_zeros or rule.is_opaque):
                    return self._noted(y, args, kwargs)
        return super()._tracked(args, kwargs)

    def _noted(self, y: Array, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Array:
        """Return what its own op gave, with a node that goes down by that op, and up by the jvp."""
        node: Any = y._node
        values = [home(x._raw) if isinstance(x, Array) else x for x in args]
        argnums = [i for i, x in enumerate(args) if isinstance(x, Array) and x._node is not None]
        saved = (y._raw, [guarded_key(x) for x in values], kwargs, tuple(argnums), _Own(node))
        fit = node[FIT] or (like(y._raw), tuple([like(args[i]._raw) for i in argnums]))
        return Array(y._raw, [next_serial(), self._of_own, node[PARENTS], saved, fit])

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


class _Own:
    """What its own op left: a node of which looks at saved arrays know nothing."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node


def _pull_own(xp: Any, g: Any, saved: Any) -> Any:
    """Return the cotangents by the rule of its own op."""
    node = saved[-1].node
    return node[RULE].pull(xp, g, node[SAVED])


def _pull_own_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
    node = saved[-1].node
    return node[RULE].pull_to(xp, g, node[SAVED], fit, times)


def _lift_own(node: Node) -> Any:
    """Return what a node saved with its arrays on the outer tape, those of its own op too."""
    *saved, _ = lift(node)
    own = node[SAVED][-1].node
    return *saved, _Own([*own[:SAVED], own[RULE].lift(own), *own[FIT:]])


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
