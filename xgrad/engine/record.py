"""The record of one run of a function, which every transform makes and walks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from .. import errors
from .. import tree as trees
from ..arrays import leaving
from ..arrays.array import Array, leaf
from ..arrays.lent import LENT
from ..arrays.node import (
    ENDED,
    RULE,
    SAVED,
    SELECT,
    SERIAL,
    Node,
    Run,
    is_inside,
    is_recording,
    recording,
)
from ..backends import BY_TYPE, batched, is_inexact, make_as_before, make_like
from ..errors.folding import folded
from . import effects
from .argnums import missing, twice
from .calls.results import FLOAT64, arrayed
from .forward import last_uses, pushforward
from .guarding import guarded_seeds, is_lent, kept_argument
from .ownership import Others, owner
from .picklable import not_callable
from .seeds import matched, pair
from .walks import cone, is_watched, pullback

_WALK_LATER = frozenset(("vjp", "linearize"))
"""Transforms that walk when their caller asks, who may have refilled the arguments by then."""


def _is_made(node: Node | None) -> bool:
    """Whether an op of xgrad made an array, so that nobody else can have it."""
    return node is not None and not node[RULE].is_opaque and node[RULE] is not SELECT


class Record:
    """One run of a function on fresh leaves, ready to be walked.

    Attributes:
        foreign: which results somebody else may have, as who wrote a rule of their own.
        in_trees: whether an argument is a pytree, and no array alone.
    """

    foreign: Collection[int] = ()
    in_trees = False

    def __init__(
        self,
        what: str,
        f: Callable[..., Any],
        args: Sequence[Any],
        argnums: Sequence[int],
        kwargs: dict[str, Any],
        has_aux: bool,
    ) -> None:
        self.what, self.argnums = what, argnums
        self.given: list[Any] = []
        self.inputs: list[Array] = []
        self.leaves: list[Node] = []
        self.structures: list[Any] = []
        self.raw = True  # whether none of what was given is an `Array`
        self.effects: Sequence[effects.Effect] = ()
        outer = is_recording()
        out = self._run(f, args, kwargs, outer)
        self.handed: Others | None = None  # what was given, and given back so far
        self.aux = None
        if has_aux:
            out, aux = pair(out, what)
            self.aux = trees.map(self._leave, aux)
        if out is None:
            raise errors.NotDifferentiableError(
                f"{what}: f returned None; expected an array or a pytree of arrays. Does f end "
                "without a `return`?"
            )
        self.outs: list[Array] = []
        if type(out) is Array:  # what most functions return, by the shortest way
            self.out_structure = trees.SINGLE
            self.outs.append(out)
        else:
            flat, self.out_structure = trees.flatten(out)
            self.outs += [trees.as_array(y, f"{what}: the result of f") for y in flat]
            del flat
        del out
        nodes: list[Node | None] = []
        for x in self.outs:
            nodes.append(x._node)  # noqa: PERF401 - a comprehension is a call
        visits = effects.nodes_of(self.effects) if self.effects else ()
        self.path, others = cone(nodes, self.leaves, visits)
        self.taped = outer and (others or (bool(visits) and is_inside() is not None))
        if not self.taped:  # nothing outside may see, or keep alive, this tape
            for i, x in enumerate(self.outs):
                rule = None if x._node is None else x._node[RULE]
                if rule is None or rule.is_opaque or rule is SELECT:  # as `_is_made`
                    self.foreign = {*self.foreign, i}
                self.outs[i] = Array(x._raw)
        x = None  # type: ignore[assignment]
        first = nodes[0] if len(nodes) == 1 else None
        if first is not None and self.path and self.path[-1] is first:
            self.serials: list[int | None] = [first[SERIAL]]
        else:
            self.serials = self._reached(nodes)
        self.gone: dict[int, list[int]] | None = None
        self.unmet: set[int] = set()  # the leaves for which walks down found nothing
        self.seeds: Sequence[Array | None] = ()  # what the last walk was given

    def _fresh(self, args: Sequence[Any], outer: bool, run: Run | None) -> list[Any]:
        """Return the arguments with fresh leaves in the places of the arrays to differentiate."""
        fresh, count = list(args), len(args)
        mapped = bool(batched.running_levels())
        for i in self.argnums:
            if not -count <= i < count:
                raise missing(self.what, i, count)
            x = args[i]
            if fresh[i] is not x:
                raise twice(self.what, self.argnums, count)
            if type(x) in BY_TYPE and not mapped and (x.dtype is FLOAT64 or is_inexact(x)):
                kept = Array(kept_argument(x, run))  # as `_leaf` for most, at once
                fresh[i] = y = leaf(kept, outer)
                self.structures.append(trees.SINGLE)
                self.given.append(x)
                self.inputs.append(kept)
                self.leaves.append(y._node)
                continue
            found, structure = trees.flatten(x)
            self.structures.append(structure)
            arrays = trees.all_differentiable(found, structure, self.what, f"argument {i}")
            leaves = [
                self._leaf(x, given, outer, mapped, run)
                for x, given in zip(arrays, found, strict=True)
            ]
            self.in_trees = self.in_trees or structure is not trees.SINGLE
            fresh[i] = leaves[0] if structure is trees.SINGLE else structure.unflatten(leaves)
        if not self.inputs and (not self.argnums or any(args[i] is None for i in self.argnums)):
            got = ", ".join(f"argument {i} is {args[i]!r:.40}" for i in self.argnums)
            raise errors.NotDifferentiableError(
                f"{self.what}: {got or 'argnums is empty'}: the arguments hold no arrays; expected "
                "an array or a number in each place of argnums"
            )
        return fresh

    def _leaf(self, x: Array, given: Any, outer: bool, mapped: bool, run: Run | None) -> Array:
        """Return a fresh leaf for an array that was given, and note it."""
        if isinstance(given, Array):
            self.raw = False
            if LENT and is_lent(given):
                x = Array(kept_argument(x._raw, run))
        elif type(given) in BY_TYPE:
            x._raw = kept_argument(x._raw, run)
        x = batched.within(x) if mapped else x
        y = leaf(x, outer)  # a call that tools which watch a walk look for
        self.given.append(given)
        self.inputs.append(x)
        self.leaves.append(y._node)
        return y

    def _run(
        self, f: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], outer: bool
    ) -> Any:
        """Return what the function gives for fresh leaves; from then on their tape has ended."""
        try:
            block = Run(self.what in _WALK_LATER)
            with block as run:
                fresh = self._fresh(args, outer, block if run is block else None)
                made = make_like(self.inputs[0]._raw) if self.inputs else None
                before = len(run.effects)
                try:
                    if outer:
                        out = f(*fresh, **kwargs)
                    else:
                        with recording(True):
                            out = f(*fresh, **kwargs)
                finally:
                    if made is not None:
                        make_as_before(made)
                if run.effects:
                    self.effects = effects.since(before, keep=outer)
                return out
        except Exception as error:
            if error.__cause__ is not None:
                leaving.restate(error)
            if not callable(f):
                raise TypeError(not_callable(self.what, f)) from None
            other = folded(error)
            try:
                if other is error:
                    raise
                raise other from None
            finally:
                del other  # it holds this frame
        finally:
            for node in self.leaves:  # as `node.end`, without a call more
                node[SAVED] = ENDED

    def names(self) -> list[str]:
        """Return what to call each input in a message: ``argument 0['w'] (float64[3])``."""
        trees_of = zip(self.argnums, self.structures, strict=True)
        names = [name for i, tree in trees_of for name in trees.names(tree, f"argument {i}")]
        pairs = zip(names, self.inputs, strict=True)
        return [f"{name} ({x.dtype}{list(x.shape)})" for name, x in pairs]

    def _reached(self, nodes: list[Node | None]) -> list[int | None]:
        """Return the serial number of each output that depends on an input, None for another."""
        serials = [None if n is None else n[SERIAL] for n in nodes]
        inside = {n[SERIAL] for n in self.path} | {n[SERIAL] for n in self.leaves}
        return [s if s in inside else None for s in serials]

    def _leave(self, x: Any) -> Any:
        """Return an auxiliary result, off this tape if nobody outside watches it; see `result`."""
        if not isinstance(x, Array):
            return x
        made = _is_made(x._node)
        if x._node is not None and not (is_recording() and is_watched([x._node], self.leaves)):
            x = Array(x._raw)
        return trees.like_input(self._let_go(x, made), None) if self.raw else x

    def _let_go(self, x: Array, made: bool) -> Array:
        """Return a raw result that the caller may write to: not the argument, nor what is saved."""
        if self.handed is None:
            self.handed = Others(self.inputs)
        if not made or self.what in _WALK_LATER:
            self.handed.lend(x)
        return self.handed.own(x)

    def result(self) -> Any:
        """Return what f returned, raw if the inputs were raw and nobody outside watches."""
        if not self.raw:
            return self.out_structure.unflatten(self.outs)
        outs = [
            trees.like_input(self._let_go(x, i not in self.foreign), None)
            for i, x in enumerate(self.outs)
        ]
        return self.out_structure.unflatten(outs)

    def pull(
        self, cotangents: Sequence[Array | None], *, free: bool = False, sparse: bool = False
    ) -> list[Array]:
        """Return the cotangent of each input for cotangents of the outputs; None is zero."""
        taped = self.taped
        seeds: dict[int, Any] = {}
        if not taped and is_recording():
            if self.effects:
                taped = is_inside() is not None
            for g in cotangents:
                taped = taped or (g is not None and g._node is not None)
        self.seeds = cotangents = guarded_seeds(cotangents) if taped else cotangents
        for serial, ct in zip(self.serials, cotangents):  # noqa: B905 - as below
            if serial is not None and ct is not None:
                c = ct if taped else ct._raw
                seeds[serial] = seeds[serial] + c if serial in seeds else c
        if self.effects:
            with recording(taped):
                found = effects.pullback(
                    self.path, seeds, self.effects, taped=taped, free=free, sparse=sparse
                )
        elif taped:
            with recording(True):
                found = pullback(self.path, seeds, taped=True, free=free, sparse=sparse)
        else:  # on raw arrays, where nothing can be recorded
            found = pullback(self.path, seeds, taped=False, free=free, sparse=sparse)
        home = []
        for node, x in zip(self.leaves, self.inputs):  # noqa: B905 - strict=True takes as long as an op
            c = found.get(node[0])
            if type(c) is type(x._raw):
                home.append(Array(c))
                continue
            if c is None:
                self.unmet.add(node[0])
            home.append(_home(c, x))
        return home

    def push(self, tangents: Sequence[Array | None], *, sparse: bool = False) -> list[Array]:
        """Return the tangent of each output for tangents of the inputs; None is zero."""
        taped = self.taped
        if not taped and is_recording():
            if self.effects:
                taped = is_inside() is not None
            for t in tangents:
                taped = taped or (t is not None and t._node is not None)
        self.seeds = tangents = guarded_seeds(tangents) if taped else tangents
        seeds: dict[int, Any] = {}
        for node, t in zip(self.leaves, tangents):  # noqa: B905 - as in `pull`
            if t is not None:
                seeds[node[0]] = t if taped else t._raw
        self.gone = self.gone or last_uses(self.path, self.serials)
        if self.effects:
            with recording(taped):
                found = effects.pushforward(
                    self.path, seeds, self.gone, self.effects, taped=taped, sparse=sparse
                )
        elif taped:
            with recording(True):
                found = pushforward(self.path, seeds, self.gone, taped=True, sparse=sparse)
        else:  # as in `pull`
            found = pushforward(self.path, seeds, self.gone, taped=False, sparse=sparse)
        return [
            _home(None if s is None else found.get(s), x)
            for s, x in zip(self.serials, self.outs, strict=True)
        ]

    def by_argument(self, values: list[Array]) -> list[Any]:
        """Return values of the inputs in the structure of each argument."""
        home: list[Any] = []
        own = owner(self.inputs, self.outs, self.seeds)
        for value, g, x in zip(values, self.given, self.inputs):  # noqa: B905 - as in `pull`
            v = own(value, x)
            home.append(v if isinstance(g, Array) or v._node is not None else v._raw)
        if not self.in_trees:
            return home
        found, start = [], 0
        for structure in self.structures:
            if structure is trees.SINGLE:
                found.append(home[start])
                start += 1
            else:
                end = start + structure.num_leaves
                found.append(structure.unflatten(home[start:end]))
                start = end
        return found

    def by_output(self, values: list[Array]) -> Any:
        """Return values of the outputs in the structure of the result."""
        given = None if self.raw else self.inputs[0]
        own = owner(self.inputs, self.outs, self.seeds)
        return self.out_structure.unflatten([trees.like_input(own(v), given) for v in values])

    def others(self) -> Others:
        """Return the arrays that somebody else has: arguments, results, what was walked with."""
        return Others(self.inputs, self.outs, self.seeds)

    def cotangents(self, tree: Any) -> list[Array]:
        """Return the leaves of a cotangent, checked against the result."""
        return matched(tree, self.outs, self.out_structure, self.what, "cotangent")


def _home(found: Any, x: Array) -> Array:
    """Return a cotangent or tangent as an `Array`, zeros if there is none."""
    if found is None:
        return Array(trees.zeros_like(x))
    return found if isinstance(found, Array) else Array(arrayed(found))
