"""The kinds of op: for each, how its walks follow from what its definition states.

There is one class for each kind. It makes the `Rule` of an op for a choice of tracked arguments,
for any number of arguments: how to pull a cotangent down, to push a tangent up, and to lift saved
values to an outer tape. The functions that users call (`engine.calls`) only choose among these
rules and save what they name.

`tracked` are the positions of the tracked arrays. A rule of one of them has one parent and gives
one cotangent; a rule of several has a tuple of each.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, ClassVar

from ..arrays.array import SCALARS, Array
from ..arrays.node import PARENTS, SAVED, Node, Parts, Rule, selected
from ..backends import backend_of_type
from .definition import Op
from .handed import NAMESPACES, strong
from .partials import Partial, applied, asking, factor, is_product, names_of, reader
from .projection import Like, bring, brought, conj, spread_to, zeros
from .transposing import transposed

Tracked = tuple[int, ...]
Walk = Callable[..., Any]


class Kind:
    """An op's derivatives: what its definition states, and the rules that follow from it."""

    skip: ClassVar[int] = 2  # rules start with xp and g

    def __init__(self, op: Op, makes_zeros: bool = False, own: Any = None) -> None:
        self.op, self.makes_zeros, self.own = op, makes_zeros, own
        self.likes: frozenset[str] = frozenset()
        self.fits = True  # whether what its rules make may fit as it is
        self.rules: dict[Tracked, Rule] = {}
        self.call: Callable[..., Any]

    def stated(self, tracked: Tracked) -> list[Any]:
        """Return the functions of the definition that walks may call for this choice."""
        raise NotImplementedError

    def walks(self, tracked: Tracked, keeps: tuple[str, ...]) -> tuple[Walk, Walk, Walk]:
        """Return pull, pull_to and push for this choice."""
        raise NotImplementedError

    def asked(self, tracked: Tracked) -> set[str]:
        """Return the names of what must be saved for this choice."""
        return {name for f in self.stated(tracked) for name in names_of(f, self.skip)}

    def rule(self, tracked: Tracked) -> Rule:
        """Return the rule for a choice of tracked arguments; made once."""
        if (rule := self.rules.get(tracked)) is not None:
            return rule
        asked = self.asked(tracked)
        keeps = tuple(name for name in self.op.sources if name in asked)
        pull, pull_to, push = self.walks(tracked, keeps)
        lift = lifting(keeps, [self._origin(name, tracked) for name in keeps])
        own = self.own if self.own is not None and self.own.serves(tracked) else None
        rule = Rule(self.op.name, pull, pull_to, push, lift, self.makes_zeros, keeps, own)
        self.rules[tracked] = rule
        return rule

    def _origin(self, name: str, tracked: Tracked) -> int | str:
        """Return whose value a saved one is: a parent's, by number, the result's, or nobody's."""
        if name == "out":
            return name
        arrays = self.op.arrays
        if name not in arrays or name in self.likes:
            return "parameter"
        i = arrays.index(name)
        return tracked.index(i) if i in tracked else "constant"

    def parameters(self, keeps: tuple[str, ...]) -> Callable[[Any], tuple[Any, Any]]:
        """Return ``read(saved)``: the parameters of the recorded call, to call the op again."""
        op = self.op
        rest = asking(op.rest, keeps) if op.rest else asking([], keeps)
        names = [name for name in op.parameters[len(op.rest) :] if name in keeps]
        ask = asking(names, keeps)
        if not names:
            return lambda saved: (rest(saved), {})
        return lambda saved: (rest(saved), dict(zip(names, ask(saved), strict=True)))


def lifting(keeps: tuple[str, ...], origins: list[int | str]) -> Callable[[Node], Any]:
    """Return ``lift(node)``: its saved values, the arrays among them on the outer tape."""

    def lifted(node: Node, origin: int | str, value: Any) -> Any:
        if origin == "parameter" or value is None or type(value) in SCALARS:
            return value
        if origin == "constant":
            return Array(value)
        if origin != "out":
            parents = node[PARENTS]
            return Array(value, parents if type(parents) is list else parents[origin])
        if type(value) is tuple:
            return tuple(Array(part, selected(node, i)) for i, part in enumerate(value))
        return Array(value, node)

    def lift(node: Node) -> Any:
        saved = node[SAVED]
        if len(keeps) == 1:
            return lifted(node, origins[0], saved)
        return tuple([lifted(node, o, v) for o, v in zip(origins, saved or (), strict=True)])

    return lift


def fitted(pull: Walk) -> Walk:
    """Return ``pull_to`` of a rule that multiplies by no partials: `pull`, and bring what it gives.

    Outputs of several that got no cotangent get zeros first.
    """

    def pull_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
        if type(g) is Parts:
            near = next(iter(g.values()))
            xp = NAMESPACES[type(near)]
            g = tuple(g[i] if i in g else zeros(Like(*f), near) for i, f in enumerate(fit[0]))
        cs = pull(xp, g, saved)
        return brought(xp, cs, fit[1]) if fit else cs

    return pull_to


def added(parts: list[Any]) -> Any:
    """Return the sum of the tangents that several arguments contribute."""
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


class Elementwise(Kind):
    """An op that acts element by element; it states its partial derivatives."""

    skip = 1

    def __init__(
        self,
        op: Op,
        partials: tuple[Partial, ...],
        makes_zeros: bool,
        own: Any = None,
        product: Any = None,
    ) -> None:
        super().__init__(op, makes_zeros, own)
        self.partials, self.product = partials, product

    def stated(self, tracked: Tracked) -> list[Any]:  # noqa: D102 - see Kind
        return [self.partials[i] for i in tracked]

    def rule(self, tracked: Tracked) -> Rule:  # noqa: D102 - see Kind
        rule = super().rule(tracked)
        partials = self.stated(tracked)
        rule.is_finite = not any(map(callable, partials))
        if len(partials) == 1 and self.product is None and is_product(partials[0]):
            rule.partial = reader(partials[0], rule.keeps)
        return rule

    def walks(self, tracked: Tracked, keeps: tuple[str, ...]) -> tuple[Walk, Walk, Walk]:  # noqa: D102 - see Kind
        partials, own = self.stated(tracked), self.product
        parts = [(reader(p, keeps), applied(p, keeps)) for p in partials]

        def times_partial(
            part: Any, xp: Any, g: Any, saved: Any, times: Any, adjoint: bool
        ) -> Any:  # the one place where a cotangent or tangent meets a partial
            read, apply = part
            if read is None or (times is operator.mul and own is None and not adjoint):
                return apply(xp, g, saved)
            p = read(xp, saved)
            return (own or times)(g, conj(xp, p) if adjoint else p)

        if len(parts) == 1:
            (part,) = parts

            def pull_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
                c = times_partial(part, xp, g, saved, times, True)
                return bring(xp, c, *fit[1][0]) if fit else c

        else:

            def pull_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
                cs = [times_partial(part, xp, g, saved, times, True) for part in parts]
                return brought(xp, cs, fit[1]) if fit else cs

        def push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
            if self.makes_zeros:  # what is clipped stays zero, though its tangent be infinite
                times = strong
            t = added(
                [
                    times_partial(part, xp, t, saved, times, False)
                    for part, t in zip(parts, ts, strict=True)
                    if t is not None
                ]
            )
            return spread_to(xp, t, *fit[0]) if fit else t

        if own is not None:
            return lambda xp, g, saved: pull_to(xp, g, saved, None, own), pull_to, push
        return _pull(partials, [apply for _, apply in parts], keeps), pull_to, push


def _pull(partials: list[Partial], applies: list[Walk], keeps: tuple[str, ...]) -> Walk:
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
    """An op that states a transpose for each of its arrays."""

    def __init__(
        self, op: Op, transposes: tuple[Any, ...], makes_zeros: bool = False, own: Any = None
    ) -> None:
        super().__init__(op, makes_zeros, own)
        self.transposes = transposes

    def stated(self, tracked: Tracked) -> list[Any]:  # noqa: D102 - see Kind
        return [self.transposes[i] for i in tracked]

    def rule(self, tracked: Tracked) -> Rule:  # noqa: D102 - see Kind
        rule = super().rule(tracked)
        rule.is_finite = True
        return rule

    def pull(self, tracked: Tracked, keeps: tuple[str, ...]) -> Walk:
        """Return ``pull``: each transpose of the cotangent."""
        parts = [
            (f, asking(names_of(f, 2), keeps))
            for f in (self.transposes[i] for i in tracked)
            if f is not None
        ]
        if len(parts) == 1 and len(tracked) == 1:
            ((transpose, ask),) = parts
            if not names_of(transpose, 2):
                return lambda xp, g, saved: transpose(xp, g)
            return lambda xp, g, saved: transpose(xp, g, *ask(saved))
        if len(parts) == len(tracked):
            return lambda xp, g, saved: [f(xp, g, *ask(saved)) for f, ask in parts]
        stated = [self.transposes[i] is not None for i in tracked]

        def pull(xp: Any, g: Any, saved: Any) -> Any:
            cs = iter([f(xp, g, *ask(saved)) for f, ask in parts])
            return [next(cs) if one else None for one in stated]

        return pull if len(tracked) > 1 else lambda xp, g, saved: None


class Linear(Transposed):
    """An op that is linear in its arrays together: its jvp is the op itself on the tangents."""

    def __init__(
        self, op: Op, transposes: tuple[Any, ...], makes_zeros: bool, own: Any = None
    ) -> None:
        super().__init__(op, transposes, makes_zeros, own)
        self.likes = frozenset(
            name for name, f in zip(op.arrays, transposes, strict=True) if f is not None
        )

    def asked(self, tracked: Tracked) -> set[str]:  # noqa: D102 - see Kind
        # to call the op again: its parameters, the arrays that it is not linear in, and what the
        # others are like, unless they are all there is
        asked = super().asked(tracked) | set(self.op.parameters)
        others = {name for i, name in enumerate(self.op.arrays) if i not in tracked}
        return asked | others | (self.likes if len(tracked) > 1 else set())

    def walks(self, tracked: Tracked, keeps: tuple[str, ...]) -> tuple[Walk, Walk, Walk]:  # noqa: D102 - see Kind
        arrays, likes, again = self.op.arrays, self.likes, self.parameters(keeps)
        places = {i: n for n, i in enumerate(tracked)}
        saved_arrays = [name for name in arrays if name in keeps]
        ask = asking(saved_arrays, keeps)

        def push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
            near = next(t for t in ts if t is not None)
            held = dict(zip(saved_arrays, ask(saved), strict=True))
            given = []
            for i, name in enumerate(arrays):
                t = ts[places[i]] if i in places else None
                if t is None:
                    t = held[name]
                    if name in likes:  # a number in the place of an array has no shape
                        t = zeros(t, near) if t else 0.0
                given.append(t)
            rest, keywords = again(saved)
            return self.call(*given, *rest, **keywords)

        pull = self.pull(tracked, keeps)
        return pull, fitted(pull), push


class Joint(Transposed):
    """A linear op of any number of arrays, whose one transpose gives all cotangents.

    The transpose is ``f(xp, g, likes, ...)``, where `likes` says what each array is like; the
    result has a cotangent for each of them.
    """

    def asked(self, tracked: Tracked) -> set[str]:  # noqa: D102 - see Kind
        return {"likes", *self.op.parameters}

    def walks(self, tracked: Tracked, keeps: tuple[str, ...]) -> tuple[Walk, Walk, Walk]:  # noqa: D102 - see Kind
        (transpose,) = self.transposes
        ask, again = asking(["likes", *names_of(transpose, 3)], keeps), self.parameters(keeps)
        position = keeps.index("likes")
        alone, places = len(tracked) == 1, {i: n for n, i in enumerate(tracked)}

        def pull(xp: Any, g: Any, saved: Any) -> Any:
            cs = transpose(xp, g, *ask(saved))
            return cs[tracked[0]] if alone else [cs[i] for i in tracked]

        def push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
            near = next(t for t in ts if t is not None)
            given = []
            for i, like in enumerate(saved if len(keeps) == 1 else saved[position]):
                t = ts[places[i]] if i in places else None
                given.append(zeros(like, near) if t is None else t)
            return self.call(*given, **again(saved)[1])

        return pull, fitted(pull), push


class Multilinear(Transposed):
    """An op that is linear in each array alone: its jvp replaces one array after the other."""

    def asked(self, tracked: Tracked) -> set[str]:  # noqa: D102 - see Kind
        others = {
            name
            for i in tracked
            for k, name in enumerate(self.op.arrays)
            if k != i  # what stands beside the tangent
        }
        return super().asked(tracked) | others | set(self.op.parameters)

    def walks(self, tracked: Tracked, keeps: tuple[str, ...]) -> tuple[Walk, Walk, Walk]:  # noqa: D102 - see Kind
        arrays, again = self.op.arrays, self.parameters(keeps)
        held = [name for name in arrays if name in keeps]
        ask = asking(held, keeps)

        def push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
            values = dict(zip(held, ask(saved), strict=True))
            rest, keywords = again(saved)
            parts = []
            for i, t in zip(tracked, ts, strict=True):
                if t is not None:
                    given = [t if k == i else values[name] for k, name in enumerate(arrays)]
                    parts.append(self.call(*given, *rest, **keywords))
            return spread_to(xp, added(parts), *fit[0]) if fit else added(parts)

        pull = self.pull(tracked, keeps)
        return pull, fitted(pull), push


class Ruled(Kind):
    """An op with a vjp of its own, and a jvp of its own or the transpose of the vjp."""

    def __init__(self, op: Op, vjp: Any, jvp: Any, makes_zeros: bool, own: Any = None) -> None:
        super().__init__(op, makes_zeros, own)
        self.vjp, self.jvp = vjp, jvp
        self.fits = jvp is not None  # the transpose of a vjp must know what the result is like

    def stated(self, tracked: Tracked) -> list[Any]:  # noqa: D102 - see Kind
        return [f for f in (self.vjp, self.jvp) if f is not None]

    def asked(self, tracked: Tracked) -> set[str]:  # noqa: D102 - see Kind
        asked = super().asked(tracked)
        if self.jvp is not None and len(self.op.arrays) > 1:
            asked.add("likes")  # for the tangents of arrays that do not vary
        if self.own is not None:  # a root, whose square has the same parameters
            asked.update(self.own.names)
        return asked

    def walks(self, tracked: Tracked, keeps: tuple[str, ...]) -> tuple[Walk, Walk, Walk]:  # noqa: D102 - see Kind
        vjp, ask = self.vjp, asking(names_of(self.vjp, 2), keeps)
        count, alone = len(self.op.arrays), len(tracked) == 1

        def pull(xp: Any, g: Any, saved: Any) -> Any:
            cs = vjp(xp, g, *ask(saved))
            if count == 1:
                return cs
            return cs[tracked[0]] if alone else [cs[i] for i in tracked]

        pull_to = fitted(pull)
        if self.jvp is None:

            def push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
                saved = _as_arrays(saved)
                return transposed(lambda xp, g: pull_to(xp, g, saved, fit, times), ts, fit)

            return pull, pull_to, push
        jvp, ask_jvp = self.jvp, asking(names_of(self.jvp, 2), keeps)
        places = [tracked.index(i) if i in tracked else None for i in range(count)]
        ask_likes = asking(["likes"] if count > 1 else [], keeps)

        def push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
            if count == 1:
                t = jvp(xp, ts[0], *ask_jvp(saved))
            else:
                near = next(t for t in ts if t is not None)
                (likes,) = ask_likes(saved)
                given = [None if n is None else ts[n] for n in places]
                given = [
                    zeros(like, near) if t is None and like else t
                    for t, like in zip(given, likes, strict=True)
                ]
                t = jvp(xp, tuple(given), *ask_jvp(saved))
            if not fit:
                return t
            if isinstance(t, tuple):
                return tuple(spread_to(xp, p, *f) for p, f in zip(t, fit[0], strict=True))
            return spread_to(xp, t, *fit[0])

        return pull, pull_to, push


def _as_arrays(saved: Any) -> Any:
    """Return saved values with raw arrays as `Array`, for a rule that is about to be recorded."""
    if type(saved) is tuple:
        return tuple(_as_arrays(value) for value in saved)
    return Array(saved) if backend_of_type(type(saved)) is not None else saved
