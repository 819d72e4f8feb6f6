"""How to walk through an op of parameters, several results, or any number of arrays.

What a rule names is saved in a dict, under that name; arrays it is linear in, as shape and dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import xgrad

from ..arrays.array import SCALARS, Array
from ..backends import backend_of_type
from .operands import Op
from .partials import Partial, names_of
from .projection import Like, bring, cast, conj, spread_to, zeros
from .tape import (
    LEAF,
    NAMESPACES,
    PARENTS,
    SAVED,
    SELECT,
    SERIAL,
    Node,
    Parts,
    Rule,
    cone,
    next_serial,
    pullback,
    recording,
)

Mask = tuple[bool, ...]
Saved = dict[str, Any]


class Builder:
    """How to record one op: its rule, and what to save, for each choice of tracked arguments."""

    skip = 2  # rules start with xp and g

    def __init__(self, op: Op, makes_zeros: bool) -> None:
        self.op, self.makes_zeros = op, makes_zeros
        self.call: Callable[..., Any]
        self.variants: dict[
            Mask, tuple[Rule, list[tuple[int, str]], list[tuple[int, str]], bool]
        ] = {}
        self.likes: set[str] = set()

    def rules(self, mask: Mask) -> list[Any]:
        """Return the functions that may be called for this choice."""
        raise NotImplementedError

    def walk(self, mask: Mask) -> tuple[Any, Any, Any]:
        """Return pull, pull_to and push for this choice."""
        raise NotImplementedError

    def variant(self, mask: Mask) -> Any:
        """Return the rule, the arrays to save by value and as `Like`, and whether to save out."""
        asked = {name for f in self.rules(mask) for name in names_of(f, self.skip)}
        arrays = list(enumerate(self.op.arrays))
        values = [(i, n) for i, n in arrays if n in asked and n not in self.likes]
        likes = [(i, n) for i, n in arrays if n in self.likes]
        lift = self._lift([n for _, n in values], self.op.arrays, "out" in asked)
        rule = Rule(self.op.name, *self.walk(mask), lift, self.makes_zeros)
        rule.square = self.op.square
        self.variants[mask] = variant = rule, values, likes, "out" in asked
        return variant

    def _lift(self, values: list[str], arrays: list[str], out: bool) -> Callable[[Node], Saved]:
        def lift(node: Node) -> Saved:
            saved = dict(node[SAVED])
            parents = node[PARENTS]
            for name in values:
                value = saved[name]
                if value is not None and type(value) not in SCALARS:
                    i = arrays.index(name)
                    parent = parents if type(parents) is list else parents[i]
                    saved[name] = Array(value, parent)
            if out:
                value = saved["out"]
                saved["out"] = (
                    tuple(
                        Array(v, [next_serial(), SELECT, node, i, None])
                        for i, v in enumerate(value)
                    )
                    if isinstance(value, tuple)
                    else Array(value, node)
                )
            return saved

        return lift

    def asking(self, f: Callable[..., Any]) -> Callable[[Saved], list[Any]]:
        """Return a function that finds in the saved values what `f` asks for, in its order."""
        names, defaults, likes = names_of(f, self.skip), self.op.defaults, self.likes

        def values(saved: Saved) -> list[Any]:
            return [
                Like(*saved[n]) if n in likes else saved[n] if n in saved else defaults[n]
                for n in names
            ]

        return values

    def parameters(self, saved: Saved) -> tuple[list[Any], dict[str, Any]]:
        """Return the parameters of the recorded call, positional and by keyword."""
        op = self.op
        rest = [saved.get(n, op.defaults.get(n)) for n in op.rest]
        return rest, {n: saved[n] for n in op.keywords if n in saved and n not in op.rest}


class ElementwiseBuilder(Builder):
    """An elementwise op of three or more arrays, or with parameters."""

    skip = 1

    def __init__(self, op: Op, partials: tuple[Partial, ...], makes_zeros: bool) -> None:
        super().__init__(op, makes_zeros)
        self.partials = partials

    def rules(self, mask: Mask) -> list[Any]:  # noqa: D102 - see Builder
        return [p for p, tracked in zip(self.partials, mask, strict=True) if tracked]

    def walk(self, mask: Mask) -> tuple[Any, Any, Any]:  # noqa: D102 - see Builder
        parts = [
            (i, p, self.asking(p) if callable(p) else None)
            for i, (p, tracked) in enumerate(zip(self.partials, mask, strict=True))
            if tracked
        ]
        alone, count = len(self.op.arrays) == 1, len(mask)

        def times_partial(
            p: Any, ask: Any, xp: Any, g: Any, saved: Saved, times: Any, adj: bool
        ) -> Any:
            if ask is None:
                return g if p == 1 else -g
            value = p(xp, *ask(saved))
            return times(g, conj(xp, value) if adj else value)

        def pull_to(xp: Any, g: Any, saved: Saved, fit: Any, times: Any) -> Any:
            cs: list[Any] = [None] * count
            for i, p, ask in parts:
                cs[i] = bring(xp, times_partial(p, ask, xp, g, saved, times, True), *fit[1][i])
            return cs[0] if alone else cs

        def push(xp: Any, ts: Any, saved: Saved, fit: Any, times: Any) -> Any:
            if self.makes_zeros:
                times = xgrad.ops.elementwise.strong_multiply
            total = None
            for i, p, ask in parts:
                if ts[i] is not None:
                    t = times_partial(p, ask, xp, ts[i], saved, times, False)
                    total = t if total is None else total + t
            return spread_to(xp, total, *fit[0])

        return pull_to, pull_to, push


class LinearBuilder(Builder):
    """An op that is jointly linear in its arrays: its jvp is the op itself."""

    def __init__(
        self,
        op: Op,
        transposes: tuple[Any, ...],
        makes_zeros: bool,
        add_to: Any = None,
        cover: Any = None,
        join: Any = None,
        reuse: Any = None,
    ) -> None:
        super().__init__(op, makes_zeros)
        self.transposes, self.add_to = transposes, add_to
        self.cover, self.join, self.reuse = cover, join, reuse
        if op.variadic:
            self.likes = set()
        else:
            self.likes = {n for n, t in zip(op.arrays, transposes, strict=True) if t is not None}

    def rules(self, mask: Mask) -> list[Any]:  # noqa: D102 - see Builder
        return [t for t in self.transposes if t is not None]

    def variant(self, mask: Mask) -> Any:  # noqa: D102 - see Builder
        rule, _, likes, _ = super().variant(mask)
        # the op itself is the jvp, so that arrays it is not linear in are always needed
        values = [(i, n) for i, n in enumerate(self.op.arrays) if n not in self.likes]
        rule.lift = self._lift([n for _, n in values], self.op.arrays, False)
        if self.add_to is not None:
            add_to, ask = self.add_to, self.asking(self.add_to)
            rule.add_to = lambda total, g, saved: add_to(total, g, *ask(saved))
        rule.cover, rule.join = self.cover, self.join
        if self.reuse is not None:
            reuse, needs = self.reuse, self.asking(self.reuse)
            rule.reuse = _fitted(lambda xp, g, saved: reuse(xp, g, *needs(saved)))
        self.variants[mask] = variant = rule, values, likes, False
        return variant

    def walk(self, mask: Mask) -> tuple[Any, Any, Any]:  # noqa: D102 - see Builder
        if self.op.variadic:
            return self._variadic_walk()
        parts = [
            (i, t, self.asking(t))
            for i, (t, tracked) in enumerate(zip(self.transposes, mask, strict=True))
            if tracked and t is not None
        ]
        count = len(mask)
        arrays = self.op.arrays

        if count == 1:
            (_, transpose, ask) = parts[0]

            def pull(xp: Any, g: Any, saved: Saved) -> Any:
                return transpose(xp, g, *ask(saved))

        else:

            def pull(xp: Any, g: Any, saved: Saved) -> Any:
                cs: list[Any] = [None] * count
                for i, transpose, ask in parts:
                    cs[i] = transpose(xp, g, *ask(saved))
                return cs

        def push(xp: Any, ts: Any, saved: Saved, fit: Any, times: Any) -> Any:
            near = next(t for t in ts if t is not None)
            given = [
                saved.get(n)
                if n not in self.likes
                else t
                if t is not None
                else zeros(Like(*saved[n]), near)
                if saved[n]
                else 0.0  # a number in the place of an array
                for n, t in zip(arrays, ts, strict=True)
            ]
            rest, keywords = self.parameters(saved)
            return self.call(*given, *rest, **keywords)

        return pull, _fitted(pull), push

    def _variadic_walk(self) -> tuple[Any, Any, Any]:
        transpose = self.transposes[0]
        names = names_of(transpose, 3)

        def pull_to(xp: Any, g: Any, saved: Saved, fit: Any, times: Any) -> Any:
            likes = [None if f is None else Like(*f) for f in fit[1]]
            params = [saved[n] if n in saved else self.op.defaults[n] for n in names]
            cs = transpose(xp, g, likes, *params)
            return [c if f is None else bring(xp, c, *f) for c, f in zip(cs, fit[1], strict=True)]

        def push(xp: Any, ts: Any, saved: Saved, fit: Any, times: Any) -> Any:
            near = next(t for t in ts if t is not None)
            given = [
                zeros(Like(*f), near) if t is None else t for t, f in zip(ts, fit[1], strict=True)
            ]
            return self.call(*given, **saved)

        return pull_to, pull_to, push


def _fitted(pull: Any) -> Any:
    """Return `pull` with its cotangents brought to their arrays."""

    def pull_to(xp: Any, g: Any, saved: Saved, fit: Any, times: Any) -> Any:
        if type(g) is Parts:
            near = next(iter(g.values()))
            xp = NAMESPACES[type(near)]
            g = tuple(g[i] if i in g else zeros(Like(*f), near) for i, f in enumerate(fit[0]))
        c = pull(xp, g, saved)
        if not fit:
            return c
        if isinstance(c, (list, tuple)):
            return [
                None if part is None or f is None else bring(xp, part, *f)
                for part, f in zip(c, fit[1], strict=True)
            ]
        return bring(xp, c, *fit[1][0])

    return pull_to


class MultilinearBuilder(Builder):
    """An op that is linear in each array alone."""

    def __init__(self, op: Op, transposes: tuple[Any, ...]) -> None:
        super().__init__(op, False)
        self.transposes = transposes

    def rules(self, mask: Mask) -> list[Any]:  # noqa: D102 - see Builder
        return [t for t, tracked in zip(self.transposes, mask, strict=True) if tracked]

    def walk(self, mask: Mask) -> tuple[Any, Any, Any]:  # noqa: D102 - see Builder
        parts = [
            (i, t, self.asking(t))
            for i, (t, tracked) in enumerate(zip(self.transposes, mask, strict=True))
            if tracked
        ]
        count, arrays = len(mask), self.op.arrays

        def pull(xp: Any, g: Any, saved: Saved) -> Any:
            cs: list[Any] = [None] * count
            for i, transpose, ask in parts:
                cs[i] = transpose(xp, g, *ask(saved))
            return cs

        def push(xp: Any, ts: Any, saved: Saved, fit: Any, times: Any) -> Any:
            rest, keywords = self.parameters(saved)
            total = None
            for i, _, _ in parts:
                if ts[i] is not None:
                    given = [ts[i] if k == i else saved[n] for k, n in enumerate(arrays)]
                    t = self.call(*given, *rest, **keywords)
                    total = t if total is None else total + t
            return cast(xp, total, fit[0][1])

        return pull, _fitted(pull), push


class RuleBuilder(Builder):
    """An op with a vjp of its own, and a jvp of its own or the transpose of the vjp."""

    def __init__(self, op: Op, vjp: Any, jvp: Any, makes_zeros: bool) -> None:
        super().__init__(op, makes_zeros)
        self.vjp, self.jvp = vjp, jvp

    def rules(self, mask: Mask) -> list[Any]:  # noqa: D102 - see Builder
        return [f for f in (self.vjp, self.jvp) if f is not None]

    def walk(self, mask: Mask) -> tuple[Any, Any, Any]:  # noqa: D102 - see Builder
        vjp, ask = self.vjp, self.asking(self.vjp)
        alone = len(mask) == 1

        def pull(xp: Any, g: Any, saved: Saved) -> Any:
            return vjp(xp, g, *ask(saved))

        pull_to = _fitted(pull)
        if self.jvp is None:

            def push(xp: Any, ts: Any, saved: Saved, fit: Any, times: Any) -> Any:
                saved = _lifted(saved)
                return transposed(lambda xp, g: pull_to(xp, g, saved, fit, times), ts, fit)

        else:
            jvp, ask_jvp = self.jvp, self.asking(self.jvp)

            def push(xp: Any, ts: Any, saved: Saved, fit: Any, times: Any) -> Any:
                if alone:
                    t = jvp(xp, ts[0], *ask_jvp(saved))
                else:
                    near = next(t for t in ts if t is not None)
                    given = tuple(
                        zeros(Like(*f), near) if t is None and f else t
                        for t, f in zip(ts, fit[1], strict=True)
                    )
                    t = jvp(xp, given, *ask_jvp(saved))
                if isinstance(t, tuple):
                    return tuple(spread_to(xp, p, *f) for p, f in zip(t, fit[0], strict=True))
                return spread_to(xp, t, *fit[0])

        return pull_to, pull_to, push


def _lifted(saved: Saved) -> Saved:
    """Return saved values with raw arrays as `Array`, for a rule that is about to be recorded."""
    return {name: _lifted_value(value) for name, value in saved.items()}


def _lifted_value(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_lifted_value(v) for v in value)
    return Array(value) if backend_of_type(type(value)) is not None else value


def transposed(pull: Callable[..., Any], ts: tuple[Any, ...], fit: Any) -> Any:
    """Return the jvp that a vjp implies: a vjp is linear in g, and its transpose is the jvp.

    It is recorded in g and pulled back once; the other way round, the vjp as the transpose of a
    jvp, never ends for ``solve``, whose jvp is a solve.
    """
    near = next(t for t in ts if t is not None)
    raw = type(near) is not Array
    lifted = [None if t is None else Array(t) if raw else t for t in ts]
    several = isinstance(fit[0], list)
    likes = fit[0] if several else (fit[0],)
    near = next(t for t in lifted if t is not None)
    leaves = []
    with recording(True):
        for like in likes:
            g = zeros(Like(*like), near)
            leaves.append(Array(g._data, [next_serial(), LEAF, None, None, None]))
        g = Parts(enumerate(leaves)) if several else leaves[0]
        cs = pull(xgrad, g)
        cs = cs if isinstance(cs, (list, tuple)) else (cs,)
        seeds: dict[int, Any] = {}
        outputs = []
        for c, t in zip(cs, lifted, strict=True):
            if c is not None and t is not None and c._node is not None:
                outputs.append(c._node)
                old = seeds.get(c._node[SERIAL])
                seeds[c._node[SERIAL]] = t if old is None else old + t
        path, _ = cone(outputs, [leaf._node for leaf in leaves])
    found = pullback(path, seeds, taped=True)
    result = tuple(
        found[leaf._node[SERIAL]] if leaf._node[SERIAL] in found else zeros(Like(*like), near)
        for leaf, like in zip(leaves, likes, strict=True)
    )
    if raw:
        result = tuple(c._data for c in result)
    return result if several else result[0]
