"""The kinds of op: for each, how its walks follow from what its definition states.

There is one class for each kind. It makes the `Rule` of an op for a choice of tracked arguments:
how to pull a cotangent down, to push a tangent up, and to lift saved values to an outer tape. The
functions that users call (`engine.calls`) choose among these rules and save what they name.

`tracked` are the positions of the tracked arrays: one parent and cotangent, or a tuple of them.
"""

# ruff: noqa: D102 - the methods of the kinds are explained in `Kind`

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, ClassVar

from ..arrays.node import Rule
from .contractions import Protected
from .definition import Op
from .handed import strong
from .lifting import lifting
from .partials import Partial, applied, asking, factor, mask, names_of, over, reader
from .projection import bring, brought, conj, fitted, spread_to, tangents, total

Tracked = tuple[int, ...]
Keeps = tuple[str, ...]
Walk = Callable[..., Any]


class Kind:
    """An op's derivatives: what its definition states, and the rules that follow from it."""

    skip: ClassVar[int] = 2  # rules start with xp and g
    fits = True  # whether a cotangent may fit its argument as the rule makes it
    fills: bool | None = (
        None  # whether the result has entries of no argument; None: if it makes zeros
    )
    sort = ""  # what its rules act on; see `Rule`

    def __init__(self, op: Op, makes_zeros: bool = False, own: Any = None) -> None:
        self.op, self.makes_zeros, self.own = op, makes_zeros, own
        self.likes: frozenset[str] = frozenset()
        self.rules: dict[Tracked, Rule] = {}
        self.call: Callable[..., Any]

    def stated(self, tracked: Tracked) -> list[Any]:
        """Return the functions of the definition that walks may call for this choice."""
        raise NotImplementedError

    def walks(self, tracked: Tracked, keeps: Keeps) -> tuple[Walk, Walk, Walk]:
        """Return pull, pull_to and push for this choice."""
        raise NotImplementedError

    def asked(self, tracked: Tracked) -> set[str]:
        """Return the names of what must be saved for this choice."""
        return {name for f in self.stated(tracked) for name in names_of(f, self.skip)}

    def is_finite(self, tracked: Tracked) -> bool:
        """Whether the rule multiplies by nothing that could be infinite."""
        return False

    def rule(self, tracked: Tracked) -> Rule:
        """Return the rule for a choice of tracked arguments; made once."""
        if (known := self.rules.get(tracked)) is not None:
            return known
        asked = self.asked(tracked)
        keeps = tuple(name for name in self.op.sources if name in asked)
        lift = lifting([self._origin(name, tracked) for name in keeps])
        own = self.own if self.own is not None and self.own.serves(tracked) else None
        walks = self.walks(tracked, keeps)
        rule = Rule(self.op.name, *walks, lift, self.makes_zeros, keeps, own)
        rule.is_finite, rule.is_opaque = self.is_finite(tracked), False
        rule.fills = self.makes_zeros if self.fills is None else self.fills
        rule.sort = self.sort
        self.rules[tracked] = rule
        return rule

    def _origin(self, name: str, tracked: Tracked) -> int | str:
        """Return whose value a saved one is: a parent's, by number, the result's, or nobody's."""
        arrays = self.op.arrays
        if name not in arrays or name in self.likes:
            return name if name == "out" else "parameter"
        i = arrays.index(name)
        return tracked.index(i) if i in tracked else "constant"

    def again(self, keeps: Keeps) -> Callable[..., Any]:
        """Return ``again(saved, *arrays)``, which calls the op with its recorded parameters."""
        op = self.op
        ask = asking(op.parameters, keeps)
        count, names = len(op.rest), op.parameters[len(op.rest) :]

        def again(saved: Any, *arrays: Any) -> Any:
            values = ask(saved)
            keywords = dict(zip(names, values[count:], strict=True))
            return self.call(*arrays, *values[:count], **keywords)

        return again if op.parameters else lambda saved, *arrays: self.call(*arrays)

    def held(self, keeps: Keeps) -> Callable[[Any], list[Any]]:
        """Return ``held(saved)``: for each array its value, what it is like, or None."""
        names = [name for name in self.op.arrays if name in keeps]
        ask = asking(names, keeps)
        places = [names.index(name) if name in names else None for name in self.op.arrays]

        def held(saved: Any) -> list[Any]:
            values = ask(saved)
            return [None if i is None else values[i] for i in places]

        return held


class Elementwise(Kind):
    """An op that acts element by element; it states its partial derivatives.

    `product` is how to multiply by them, if not by the ordinary product.
    """

    skip, sort = 1, "elements"

    def __init__(
        self, op: Op, partials: tuple[Partial, ...], zeros: bool, own: Any, product: Any
    ) -> None:
        super().__init__(op, zeros, own)
        self.partials, self.product = partials, product

    def stated(self, tracked: Tracked) -> list[Any]:
        return [self.partials[i] for i in tracked]

    def is_finite(self, tracked: Tracked) -> bool:
        return all(type(p) in (int, mask) for p in self.stated(tracked))

    def rule(self, tracked: Tracked) -> Rule:
        rule, partials = super().rule(tracked), self.stated(tracked)
        if (
            len(partials) == 1
            and self.product is None
            and type(partials[0]) not in (factor, mask, over)
        ):
            rule.partial = reader(partials[0], rule.keeps)  # None for the numbers 1 and -1
        return rule

    def walks(self, tracked: Tracked, keeps: Keeps) -> tuple[Walk, Walk, Walk]:
        partials, product = self.stated(tracked), self.product
        parts = [(reader(p, keeps), applied(p, keeps)) for p in partials]

        def times_partial(part: Any, xp: Any, g: Any, saved: Any, times: Any, adj: bool) -> Any:
            read, apply = part  # the one place where a cotangent or tangent meets a partial
            if read is None or (times is operator.mul and product is None and not adj):
                return apply(xp, g, saved)
            p = read(xp, saved)
            return (product or times)(g, conj(xp, p) if adj else p)

        def pull_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
            cs = [times_partial(part, xp, g, saved, times, True) for part in parts]
            cs = brought(xp, cs, fit[1]) if fit else cs
            return cs if len(cs) > 1 else cs[0]

        def pull_two_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
            first, second = parts  # the same without loops
            c1 = times_partial(first, xp, g, saved, times, True)
            c2 = times_partial(second, xp, g, saved, times, True)
            if fit:
                like1, like2 = fit[1]
                c1 = bring(xp, c1, *like1) if like1 else c1
                c2 = bring(xp, c2, *like2) if like2 else c2
            return c1, c2

        def push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
            if self.makes_zeros:  # what is clipped stays zero, though its tangent be infinite
                times = strong
            pairs = [(part, t) for part, t in zip(parts, ts, strict=True) if t is not None]
            t = total([times_partial(part, xp, t, saved, times, False) for part, t in pairs])
            return spread_to(xp, t, *fit[0]) if fit else t

        if product is not None:
            return lambda xp, g, saved: pull_to(xp, g, saved, None, product), pull_to, push
        if len(parts) == 1 and not self.makes_zeros:
            ((_, apply),) = parts

            def push_one(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
                if times is not operator.mul or fit:
                    return push(xp, ts, saved, fit, times)
                return apply(xp, ts[0], saved)

            return apply, pull_to, push_one
        careful = pull_two_to if len(parts) == 2 else pull_to
        return _pull(partials, [apply for _, apply in parts], keeps), careful, push


def _pull(partials: list[Partial], applies: list[Walk], keeps: Keeps) -> Walk:
    """Return ``pull`` of an elementwise op: the cotangent times each partial."""
    if len(applies) == 1:
        return applies[0]
    if len(applies) > 2:
        return lambda xp, g, saved: [apply(xp, g, saved) for apply in applies]
    if partials == [1, 1]:
        return lambda xp, g, saved: (g, g)
    if all(isinstance(p, factor) for p in partials):  # a product
        i, j = (keeps.index(p.name) for p in partials if isinstance(p, factor))
        return lambda xp, g, saved: (g * saved[i], g * saved[j])
    first, second = applies
    return lambda xp, g, saved: (first(xp, g, saved), second(xp, g, saved))


class Transposed(Kind):
    """An op that states a transpose for each of its arrays, None for one without a derivative."""

    def __init__(
        self, op: Op, transposes: tuple[Any, ...], zeros: bool = False, own: Any = None
    ) -> None:
        super().__init__(op, zeros, own)
        self.transposes = transposes

    def stated(self, tracked: Tracked) -> list[Any]:
        return [self.transposes[i] or _nothing for i in tracked]

    def is_finite(self, tracked: Tracked) -> bool:
        return True

    def pull(self, tracked: Tracked, keeps: Keeps) -> Walk:
        """Return ``pull``: each transpose of the cotangent."""
        parts = [(f, asking(names_of(f, 2), keeps)) for f in self.stated(tracked)]
        if len(parts) == 2:  # as of a product, without a loop
            (first, ask1), (second, ask2) = parts
            return lambda xp, g, saved: (first(xp, g, *ask1(saved)), second(xp, g, *ask2(saved)))
        if len(parts) > 2:
            return lambda xp, g, saved: [f(xp, g, *ask(saved)) for f, ask in parts]
        ((transpose, ask),) = parts
        if not names_of(transpose, 2):
            return lambda xp, g, saved: transpose(xp, g)
        return lambda xp, g, saved: transpose(xp, g, *ask(saved))

    def walks(self, tracked: Tracked, keeps: Keeps) -> tuple[Walk, Walk, Walk]:
        pull = self.pull(tracked, keeps)
        return pull, fitted(pull), self.push(tracked, keeps)

    def push(self, tracked: Tracked, keeps: Keeps) -> Walk:
        """Return ``push``, which calls the op again."""
        raise NotImplementedError


def _nothing(xp: Any, g: Any) -> None:
    """Stand for a transpose where there is no derivative."""


class Linear(Transposed):
    """An op that is linear in its arrays together: its jvp is the op itself on the tangents."""

    def __init__(
        self, op: Op, transposes: tuple[Any, ...], zeros: bool = False, own: Any = None
    ) -> None:
        super().__init__(op, transposes, zeros, own)
        names = zip(op.arrays, transposes, strict=False)
        self.likes = frozenset(name for name, f in names if f is not None)

    def asked(self, tracked: Tracked) -> set[str]:
        arrays = enumerate(self.op.arrays)  # to call the op again, but for one that has a tangent
        again = {name for i, name in arrays if (i,) != tracked or name not in self.likes}
        return super().asked(tracked).union(again, self.op.parameters)

    def push(self, tracked: Tracked, keeps: Keeps) -> Walk:
        again, held = self.again(keeps), self.held(keeps)
        linear = [not self.op.arrays or self.op.arrays[i] in self.likes for i in tracked]

        def push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
            if len(ts) == 1 == len(self.op.arrays):
                return again(saved, ts[0])
            given = tangents(ts, tracked or range(len(ts)), held(saved), linear)
            return again(saved, *[0.0 if t is None else t for t in given])  # a number stood there

        return push


class Joint(Linear):
    """A linear op of any number of arrays, whose one transpose gives all cotangents.

    The transpose is ``f(xp, g, likes, ...)``, where `likes` says what each array is like; the
    result has a cotangent for each of them. So one rule, of no choice, serves any number of arrays.
    """

    def stated(self, tracked: Tracked) -> list[Any]:
        return list(self.transposes)

    def asked(self, tracked: Tracked) -> set[str]:
        return {"likes", *self.op.parameters}

    def pull(self, tracked: Tracked, keeps: Keeps) -> Walk:
        (transpose,) = self.transposes
        ask = asking(["likes", *names_of(transpose, 3)], keeps)
        return lambda xp, g, saved: transpose(xp, g, *ask(saved))

    def again(self, keeps: Keeps) -> Callable[..., Any]:
        again = super().again(keeps)
        return lambda saved, *arrays: again(saved, arrays)

    def held(self, keeps: Keeps) -> Callable[[Any], list[Any]]:
        ask = asking(["likes"], keeps)
        return lambda saved: list(*ask(saved))


class Multilinear(Transposed):
    """An op that is linear in each array alone: its jvp replaces one array after the other."""

    def asked(self, tracked: Tracked) -> set[str]:
        beside = {name for i, name in enumerate(self.op.arrays) if (i,) != tracked}
        return super().asked(tracked) | beside | set(self.op.parameters)

    def is_finite(self, tracked: Tracked) -> bool:
        return False

    def walks(self, tracked: Tracked, keeps: Keeps) -> tuple[Walk, Walk, Walk]:
        pull, plainly, push = super().walks(tracked, keeps)
        strongly = fitted(Protected(pull, [name in self.op.arrays for name in keeps]))

        def pull_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
            return (plainly if times is operator.mul else strongly)(xp, g, saved, fit, times)

        return pull, pull_to, push

    def push(self, tracked: Tracked, keeps: Keeps) -> Walk:
        again, held = self.again(keeps), self.held(keeps)

        def push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
            values, parts = held(saved), []
            for i, t in zip(tracked, ts, strict=True):
                if t is not None:
                    parts.append(again(saved, *values[:i], t, *values[i + 1 :]))
            return spread_to(xp, total(parts), *fit[0]) if fit else total(parts)

        return push


class Constant(Kind):
    """An op whose result has no derivative: nothing of it is ever recorded."""
