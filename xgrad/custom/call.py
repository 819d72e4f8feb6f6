"""One call of a function with a rule of its own, and its place on the tape."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from .. import errors
from .. import tree as trees
from ..arrays.array import Array
from ..arrays.lent import LENT, lend
from ..arrays.node import (
    PARENTS,
    SAVED,
    SERIAL,
    Node,
    Parts,
    Rule,
    end,
    new_leaf,
    next_serial,
    selected,
)
from ..backends import BY_TYPE, COMPLEX, REAL
from ..backends.batched import ended, without
from ..engine import effects, handed, tape
from ..engine.calls.results import require_numbers
from ..engine.guarding import guarded, is_lent, taken, unshared
from ..engine.operands import leading, taken_along
from ..engine.projection import Like, cast, zeros


class Call:
    """The arguments of one call of a custom function, with its arrays taken apart."""

    def __init__(self, args: tuple[Any, ...]) -> None:
        self.leaves, self.structure = trees.flatten(args)
        self.places = [i for i, x in enumerate(self.leaves) if is_floating(x)]
        arrays = [self.leaves[i] for i in self.places]
        lead = leading(arrays)
        if lead is not None:  # batches take the others along, as in any op
            arrays = [taken_along(trees.as_array(x, "custom rule"), (lead,)) for x in arrays]
        self.parents = tuple(x._node if isinstance(x, Array) else None for x in arrays)
        kept = _kept if self.is_tracked else _raw
        self.arrays = [kept(x) for x in arrays]  # a node never holds an Array
        for i in self.places:
            self.leaves[i] = None
        self.ended = ended()

    @property
    def is_tracked(self) -> bool:
        """Whether the tape must know of this call."""
        return tape.is_recording() and any(node is not None for node in self.parents)

    def arguments(self, arrays: list[Any]) -> tuple[Any, ...]:
        """Return the arguments with other arrays in the places of the floating-point ones."""
        leaves = list(self.leaves)
        for i, x in zip(self.places, arrays, strict=True):
            leaves[i] = x
        return tuple(self.structure.unflatten(leaves))

    def lifted(self, node: Node) -> list[Array]:
        """Return the floating-point arrays with their places on the outer tape."""
        return [Array(x, parent) for x, parent in zip(self.arrays, node[PARENTS], strict=False)]

    def constants(self) -> list[Array]:
        """Return the floating-point arrays, untracked."""
        return [Array(x) for x in self.arrays]


def at_home(left: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator of rules that run where their node was made.

    That is outside of `vmap` for one example alone: ``left(*args)`` tells what had been left there.
    A rule that takes derivatives itself would take them for all examples of `vmap` otherwise.
    """

    def decorate(rule: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(rule)
        def call(*args: Any) -> Any:
            levels = left(*args)
            if not levels:
                return rule(*args)
            with without(levels):
                return rule(*args)

        return call

    return decorate


def _left(*args: Any) -> Any:
    saved = args[-3] if len(args) > 3 else args[-1][SAVED]
    call = saved[0] if isinstance(saved[0], Call) else saved[1]
    return call.ended


alone = at_home(_left)
"""Of a rule of a call: ``rule(..., saved, fit, times)``, or of its node alone."""


def _raw(x: Any) -> Any:
    return x._raw if isinstance(x, Array) else trees.as_array(x, "custom rule")._raw


def _kept(x: Any) -> Any:
    return guarded(_raw(x)) if is_lent(x) else _raw(x)


def kept(residuals: Any) -> Any:
    """Return what a rule saves for its other half; arrays that their owner may refill guarded."""
    if type(residuals) is Array:
        return unshared(residuals) if LENT and is_lent(residuals) else residuals
    if type(residuals) in BY_TYPE:
        return guarded(residuals)
    if type(residuals) is tuple:
        return tuple([kept(x) for x in residuals])
    if residuals is None or trees.is_leaf_type(residuals):
        return residuals
    return trees.map(lambda x: kept(x) if trees.is_leaf_type(x) else x, residuals)


def is_floating(x: Any) -> bool:
    """Whether a leaf is a floating-point array or number, which may have a derivative."""
    if not trees.is_leaf_type(x) or type(x) in (bool, int):
        return False
    dtype = _raw(x).dtype
    return dtype in REAL or dtype in COMPLEX


def recorded(
    out: Any,
    rule: Rule,
    parents: tuple[Any, ...],
    saved: Any,
    name: str,
    near: Any = None,
    constant: Collection[int] = (),
) -> Any:
    """Return the result of a custom function with its place on the tape.

    Args:
        out: the result.
        rule: how to walk through it.
        parents: the nodes of its arguments.
        saved: what the rule is given.
        name: what the function is called.
        near: a raw array of its library and device, if a walk is to visit it in any case.
        constant: which parts of the result are known to depend on nothing.
    """
    flat, structure = trees.flatten(out)
    arrays = [trees.as_array(taken(x), name) for x in flat]
    fit = ([(x._raw.shape, x._raw.dtype) for x in arrays], structure)
    for x in arrays:
        require_numbers(name, x._raw.dtype)
    node = [next_serial(), rule, parents, saved, fit]
    if near is not None:
        effects.note(node, near)
    return structure.unflatten(
        [
            Array(x._raw, selected(node, i)) if is_floating(x) and i not in constant else x
            for i, x in enumerate(arrays)
        ]
    )


def filled(g: Parts, fit: Any) -> list[Array]:
    """Return a cotangent for every output, zeros where there is none, as `Array`."""
    near = next(iter(g.values()))
    parts = [g[i] if i in g else zeros(Like(*f), near) for i, f in enumerate(fit[0])]
    return [p if isinstance(p, Array) else Array(p) for p in parts]


def checked(call: Call, cotangents: Any, what: str, raw: bool) -> list[Any]:
    """Return what a custom rule gave, a cotangent for each array, or say what is wrong."""
    count = call.structure.num_children
    if not isinstance(cotangents, tuple) or len(cotangents) != count:
        got = (
            f"{len(cotangents)} values" if isinstance(cotangents, tuple) else repr(cotangents)[:60]
        )
        raise errors.RuleError(
            f"{what} returned {got}; expected a tuple with {count} cotangents, "
            "one for each argument (None for one without)"
        )
    parts: list[Any] = []
    for ct, structure in zip(cotangents, call.structure.children(), strict=True):
        if ct is None:
            parts += [None] * structure.num_leaves
        else:
            leaves, _ = trees.flatten(ct)
            if len(leaves) != structure.num_leaves:
                raise errors.RuleError(
                    f"{what} returned a cotangent of {len(leaves)} leaves; "
                    f"expected {structure.num_leaves}, in the structure of the argument"
                )
            parts += leaves
    found: list[Any] = []
    for i, x in zip(call.places, call.arrays, strict=True):
        c = parts[i]
        if c is None:
            found.append(None)
            continue
        c = trees.as_array(c, what)
        if c.shape != tuple(x.shape):
            raise errors.RuleError(
                f"{what} returned a cotangent of shape {c.shape}; "
                f"expected {tuple(x.shape)}, as its argument"
            )
        c = cast(handed.namespace, c, x.dtype)
        found.append(c._raw if raw else c)
    return found


def transposed_jvp(
    tangent: Callable[[list[Array]], list[Array]], call: Call, g: Parts, fit: Any
) -> list[Any]:
    """Return the cotangents that a jvp implies: it is linear in its tangents, so record and pull.

    ``tangent(ts)`` gives the tangents of all outputs for tangents of all arrays, as `Array`.
    """
    raw = type(next(iter(g.values()))) is not Array
    with tape.recording(True):
        leaves = [Array(zeros(Like(x.shape, x.dtype), x), new_leaf()) for x in call.arrays]
        outs = tangent(leaves)
        seeds: dict[int, Any] = {}
        for i, out in enumerate(outs):  # of what nobody used there is none
            if out._node is not None and i in g:
                serial, ct = out._node[SERIAL], g[i] if isinstance(g[i], Array) else Array(g[i])
                seeds[serial] = seeds[serial] + ct if serial in seeds else ct
        nodes = [out._node for out in outs if out._node is not None]
        path, _ = tape.cone(nodes, [x._node for x in leaves])
        end([x._node for x in leaves])
    with tape.recording(not raw):
        found = tape.pullback(path, seeds, taped=True)
    cs = [found.get(x._node[SERIAL]) for x in leaves]
    return [c if c is None or not raw else c._raw for c in cs]


def given_tangents(call: Call, ts: Any) -> list[Array]:
    """Return a tangent for each array of a call, zeros where it does not vary, as `Array`."""
    near = next(t for t in ts if t is not None)
    given = [
        zeros(Like(x.shape, x.dtype), near) if t is None else t
        for t, x in zip(ts, call.arrays, strict=True)
    ]
    return [t if isinstance(t, Array) else Array(t) for t in given]


def fitting_tangents(tangent: Any, fit: Any, what: str) -> list[Array]:
    """Return the leaves of a tangent that a rule gave, or say what is wrong with it."""
    flat = [trees.as_array(t, what) for t in trees.leaves(tangent)]
    if len(flat) != len(fit[0]):
        raise errors.RuleError(
            f"{what} returned a tangent of {len(flat)} arrays; expected {len(fit[0])}, "
            "as the result"
        )
    for t, (shape, _) in zip(flat, fit[0], strict=True):
        if t.shape != tuple(shape):
            raise errors.RuleError(
                f"{what} returned a tangent of shape {t.shape}; expected {tuple(shape)}, "
                "as the result"
            )
    found = [cast(handed.namespace, t, dtype) for t, (_, dtype) in zip(flat, fit[0], strict=True)]
    for t in found:
        lend(t._raw)  # a rule may give a buffer that it keeps
    return found
