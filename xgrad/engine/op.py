"""The kinds of op, and what the engine owns for every derivative rule.

The decorator is the mathematics, the ``def`` is the standard's signature, and the backend's
function of the same name is the body; a body is written only where the backends have none.

    @elementwise(lambda xp, x: xp.cos(x))
    def sin(x, /): ...

======================== ===================================== =====================================
kind                     the rule states                       the engine derives
======================== ===================================== =====================================
``elementwise``          each partial derivative, once         vjp = conj(partial) g,
                                                               jvp = partial t
``linear``               the transpose                         jvp = the op itself on the tangents
``joint``                the transpose, to each of a sequence  jvp = the op itself on the tangents
``multilinear``          one transpose per argument            jvp = sum with one argument replaced
``rule``                 vjp, and jvp if it is not to be the   a missing jvp = transpose of the vjp
                         transpose of vjp
``constant``             that there is no derivative           zeros
======================== ===================================== =====================================

A rule asks for what it needs *by parameter name*, and what no rule names the tape does not keep:

``xp``     the namespace to compute with: a raw one, or `xgrad` itself when an outer tape watches
``g``      cotangent of the result       ``t``  tangent of the argument (a tuple, if several)
``out``    the result                    any other name: the op's argument or parameter of that name

A linear argument reaches its rule as a `Like`: shape and dtype, never its values.

The engine owns, so that no rule says it: the conj of partials; reducing a cotangent to its
argument's shape (broadcasting), to its realness and to its dtype; skipping arguments that nobody
asked about; summing contributions; zeros, and keeping structural zeros zero; the argument's device.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any

from ..arrays import operators
from . import frames
from .calls.binary import binary_call
from .calls.general import general_call
from .calls.joint import joint_call
from .calls.keyed import writing_call
from .calls.single import single_call
from .calls.unary import unary_call
from .definition import Op
from .kinds import Constant, Elementwise, Joint, Kind, Linear, Multilinear
from .own import Own, Root, SquaresRoots
from .partials import Partial, factor, mask, over
from .ruled import Ruled
from .slices import Writing

if TYPE_CHECKING:
    from ..arrays.protocols import Decorator

__all__ = [
    "Root",
    "SquaresRoots",
    "constant",
    "constant_operator",
    "elementwise",
    "factor",
    "joint",
    "linear",
    "mask",
    "multilinear",
    "over",
    "rule",
]


def elementwise(
    *partials: Partial,
    zeros: bool = False,
    path: str = "",
    product: Any = None,
    own: Own | None = None,
    symbol: str = "",
    name: str = "",
) -> Decorator:
    """Define an op that acts element by element, by its partial derivatives.

    Args:
        partials: for each array argument ``f(xp, ...)``, ``factor(name)`` for one of the op's own
            values, ``over(f)`` for one over it, 1 or -1.
        zeros: whether the partials have structural zeros, as those of ``clip`` have.
        path: the prefix of the backend's name of the function, as ``"linalg."``.
        product: how to multiply by the partials, if not by the ordinary product.
        own: what this op alone knows, as a root knows its square.
        symbol: the operator of two arrays that is this op.
        name: what the op is called, if not as the function.
    """

    def decorate(f: Any) -> Any:
        op = Op(f, "elementwise", path, len(partials), name=name)
        for partial in partials:
            op.require_names(partial, 1)
        kind = Elementwise(op, partials, zeros, own, product)
        return _finish(op, f, _call(op, kind), symbol, kind)

    return decorate


def linear(
    *transposes: Callable[..., Any] | None,
    zeros: bool = False,
    path: str = "",
    view: Any = None,
    adapter: str = "",
    own: Own | None = None,
    fills: bool | None = None,
) -> Decorator:
    """Define an op that is linear in its arrays together, by its transposes.

    Args:
        transposes: for each array argument ``f(xp, g, ...)``, or None if the op is not linear in
            that argument.
        zeros: whether the transposes fill unused entries with zeros.
        path: the prefix of the backend's name of the function.
        view: if the result shows the argument's own entries, ``view(base, new, **params)`` gives
            the base after the view was written to.
        adapter: the field of `Backend` that holds the raw function, where the standard has none.
        own: what this op alone knows, as reading and writing at an index do.
        fills: whether the result has entries that come from no argument; by default if `zeros`.
    """

    def decorate(f: Any) -> Any:
        op = Op(f, "linear", path, len(transposes), adapter)
        for transpose in transposes:
            op.require_names(transpose, 2)
        kind = Linear(op, transposes, zeros, own)
        kind.fills = fills
        return _finish(op, f, _call(op, kind, view))

    return decorate


def joint(transpose: Callable[..., Any]) -> Decorator:
    """Define an op that is linear in any number of arrays together, given as one sequence.

    Args:
        transpose: ``f(xp, g, likes, ...)`` gives the cotangent of each array; `likes` says what
            each of them is like.
    """

    def decorate(f: Any) -> Any:
        op = Op(f, "joint", "", 1, joins=True)
        op.require_names(transpose, 2)
        kind = Joint(op, (transpose,))
        return _finish(op, f, joint_call(op, kind))

    return decorate


def multilinear(
    *transposes: Callable[..., Any], path: str = "", axes: tuple[int, int] = (0, 0)
) -> Decorator:
    """Define an op that is linear in each of its arrays alone, by the transpose in each.

    Args:
        transposes: one for each array argument.
        path: the prefix of the backend's name of the function.
        axes: with how many axes there is nothing to broadcast, so that cotangents fit.
    """

    def decorate(f: Any) -> Any:
        op = Op(f, "multilinear", path, len(transposes))
        for transpose in transposes:
            op.require_names(transpose, 2)
        kind = Multilinear(op, transposes)
        return _finish(op, f, _call(op, kind, axes=axes))

    return decorate


def rule(
    *,
    vjp: Callable[..., Any],
    jvp: Callable[..., Any] | None = None,
    arrays: int | None = None,
    zeros: bool = False,
    path: str = "",
    own: Own | None = None,
    strong: Callable[..., Any] | None = None,
    core: int | None = None,
) -> Decorator:
    """Define an op by its vjp, and by its jvp where that is not to be the vjp's transpose.

    Args:
        vjp: ``f(xp, g, ...)`` gives the cotangent of the array, or a tuple if there are several;
            `g` is a tuple if the op has several results.
        jvp: ``f(xp, t, ...)`` gives the tangent of the result, or a tuple of them.
        arrays: how many arguments are arrays; by default the positional-only ones.
        zeros: whether the vjp fills unused entries with zeros.
        path: the prefix of the backend's name of the function.
        own: what this op alone knows, as a root knows its square.
        strong: the vjp for a cotangent with structural zeros, where zeros stay zero within what is
            worked on together; by default `vjp`.
        core: how many of the last axes of its arguments the op works on together: 0 element by
            element, 2 matrix by matrix. If None those in its parameter ``axis``, or all.
    """

    def decorate(f: Any) -> Any:
        op = Op(f, "rule", path, arrays)
        for function in (vjp, jvp, strong):
            op.require_names(function, 2)
        kind = Ruled(op, vjp, jvp, zeros, own, strong, core)
        return _finish(op, f, _call(op, kind))

    return decorate


def _constant(f: Any, /) -> Any:
    """Define an op whose result has no derivative: it is said, not left out."""
    return constant_operator("")(f)


def constant_operator(symbol: str) -> Decorator:
    """Define an op whose result has no derivative, and which is an operator of two arrays."""

    def decorate(f: Any) -> Any:
        op = Op(f, "constant", "", None)
        kind = Constant(op)
        return _finish(op, f, _call(op, kind), symbol, kind)

    return decorate


def _call(op: Op, kind: Kind, view: Any = None, axes: Any = None) -> Callable[..., Any]:
    """Return the function that users call, by the shortest way for so many arrays."""
    plain = not op.parameters and isinstance(kind, (Elementwise, Multilinear, Constant))
    if len(op.arrays) == 1 and op.keywords.isdisjoint(op.arrays):
        return unary_call(op, kind) if plain else single_call(op, kind, view)
    if isinstance(kind.own, Writing):
        return writing_call(op, kind)
    return binary_call(op, kind, axes) if plain and len(op.arrays) == 2 else general_call(op, kind)


constant: Decorator = _constant


def _finish(op: Op, f: Any, call: Callable[..., Any], symbol: str = "", kind: Any = None) -> Any:
    """Give the function that does the work the name, docstring and signature of the definition."""
    if symbol:
        operators.define(symbol, call, lambda other: binary_call(op, kind, None, other))
    update_wrapper(call, f)
    frames.define(f, call)
    call.op = op  # type: ignore[attr-defined]
    return call
