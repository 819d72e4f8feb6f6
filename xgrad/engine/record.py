"""The record of one run of a function, which every transform makes and walks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import errors
from .. import tree as trees
from ..arrays import leaving
from ..arrays.array import Array, leaf
from ..arrays.node import PARENTS, SERIAL, Node, end, inside, is_inside, is_recording, recording
from ..backends import BY_TYPE, REAL, backend_of, batched, creating_like
from . import effects, handed
from .calls.results import arrayed
from .guarding import guarded
from .operands import taken_along
from .projection import cast, ones_like
from .walks import any_alive, cone, last_uses, pullback, pushforward

Argnums = int | Sequence[int]


def numbers_of(argnums: Argnums) -> tuple[int, ...]:
    """Return the positions to differentiate as a tuple."""
    return (argnums,) if isinstance(argnums, int) else tuple(argnums)


_WALK_LATER = frozenset(("vjp", "linearize"))
"""Transforms that walk when their caller asks, who may have refilled the arguments by then."""


class Record:
    """One run of a function on fresh leaves, ready to be walked."""

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
        out = self._run(f, self._fresh(args, outer), kwargs, outer)
        self.aux = None
        if has_aux:
            if not isinstance(out, tuple) or len(out) != 2:
                raise TypeError(f"{what}: has_aux=True, but f did not return a pair (result, aux)")
            out, aux = out
            self.aux = trees.map(self._leave, aux)
        flat, self.out_structure = trees.flatten(out)
        del out
        self.outs: list[Array] = []
        nodes: list[Node | None] = []
        for y in flat:
            x = y if isinstance(y, Array) else trees.as_array(y, f"{what}: the result of f")
            nodes.append(x._node)
            self.outs.append(x)
        flat = x = y = None  # type: ignore[assignment]
        visits = effects.nodes_of(self.effects) if self.effects else ()
        self.path, others = cone([n for n in nodes if n is not None], self.leaves, visits)
        self.taped = others and outer
        if visits and not others:
            self.taped = outer and is_inside() is not None
        if not self.taped:  # nothing outside may see, or keep alive, this tape
            self.outs = [Array(x._data) for x in self.outs]
        self.serials = self._reached(nodes)
        self.gone: dict[int, list[int]] | None = None
        self.unmet: set[int] = set()  # the leaves for which walks down found nothing
        self.lent: Sequence[Array | None] = ()  # what the last walk was given

    def _fresh(self, args: Sequence[Any], outer: bool) -> list[Any]:
        """Return the arguments with fresh leaves in the places of the arrays to differentiate."""
        fresh = list(args)
        mapped = bool(batched.levels())
        for i in self.argnums:
            if not -len(args) <= i < len(args):
                raise ValueError(
                    f"{self.what}: argnums has {i}, but f was called with {len(args)} arguments"
                )
            if trees.is_plain(args[i]):  # what most are, by the shortest way
                self.structures.append(trees.SINGLE)
                fresh[i] = self._leaf(Array(args[i]), args[i], outer, mapped)
                continue
            found, structure = trees.flatten(args[i])
            self.structures.append(structure)
            leaves = [
                self._leaf(trees.differentiable(given, self.what), given, outer, mapped)
                for given in found
            ]
            fresh[i] = leaves[0] if structure is trees.SINGLE else structure.unflatten(leaves)
        if not self.inputs:
            raise errors.NotDifferentiableError(f"{self.what}: the arguments hold no arrays")
        return fresh

    def _leaf(self, x: Array, given: Any, outer: bool, mapped: bool) -> Array:
        """Return a fresh leaf for an array that was given, and note it."""
        if isinstance(given, Array):
            self.raw = False
        elif self.what in _WALK_LATER:
            x = Array(guarded(x._data, lock=False))
        x = batched.within(x) if mapped else x
        y = leaf(x, outer)
        self.given.append(given)
        self.inputs.append(x)
        self.leaves.append(y._node)
        return y

    def _run(
        self, f: Callable[..., Any], fresh: list[Any], kwargs: dict[str, Any], outer: bool
    ) -> Any:
        """Return what the function gives for fresh leaves; from then on their tape has ended."""
        try:
            with creating_like(self.inputs[0]._data), inside() as run:
                before = len(run.effects)
                if outer:
                    out = f(*fresh, **kwargs)
                else:
                    with recording(True):
                        out = f(*fresh, **kwargs)
                if run.effects:
                    self.effects = effects.since(before, keep=outer)
                return out
        except Exception as error:
            if error.__cause__ is not None:
                leaving.restate(error)
            raise
        finally:
            end(self.leaves)

    def names(self) -> list[str]:
        """Return what to call each input in a message: ``argument 0['w'] (float64[3])``."""
        trees_of = zip(self.argnums, self.structures, strict=True)
        names = [name for i, tree in trees_of for name in trees.names(tree, f"argument {i}")]
        return [
            f"{name} ({x.dtype}{list(x.shape)})" for name, x in zip(names, self.inputs, strict=True)
        ]

    def _reached(self, nodes: list[Node | None]) -> list[int | None]:
        """Return the serial number of each output that depends on an input, None for another."""
        serials = [None if n is None else n[SERIAL] for n in nodes]
        if len(nodes) == 1 and self.path and self.path[-1][SERIAL] == serials[0]:
            return serials
        inside = {n[SERIAL] for n in self.path} | {n[SERIAL] for n in self.leaves}
        return [s if s in inside else None for s in serials]

    def _leave(self, x: Any) -> Any:
        """Return an auxiliary result off this tape, raw if the inputs were."""
        if not isinstance(x, Array):
            return x
        if x._node is not None and not any_alive(
            [leaf[PARENTS] for leaf in self.leaves if leaf[PARENTS] is not None]
        ):
            x = Array(x._data)
        return trees.like_input(x, None) if self.raw else x

    def result(self) -> Any:
        """Return what f returned, raw if the inputs were raw and nobody outside watches."""
        given = None if self.raw else self.outs[0] if self.outs else None
        return self.out_structure.unflatten([trees.like_input(x, given) for x in self.outs])

    def pull(
        self, cotangents: Sequence[Array | None], *, free: bool = False, sparse: bool = False
    ) -> list[Array]:
        """Return the cotangent of each input for cotangents of the outputs; None is zero."""
        taped, self.lent = self.taped, cotangents
        seeds: dict[int, Any] = {}
        if not taped and is_recording():
            if self.effects:
                taped = is_inside() is not None
            for g in cotangents:
                taped = taped or (g is not None and g._node is not None)
        for serial, ct in zip(self.serials, cotangents):  # noqa: B905 - as below
            if serial is not None and ct is not None:
                c = ct if taped else ct._data
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
            if c is None:
                self.unmet.add(node[0])
            home.append(Array(c) if type(c) is type(x._data) else _home(c, x))
        return home

    def push(self, tangents: Sequence[Array | None], *, sparse: bool = False) -> list[Array]:
        """Return the tangent of each output for tangents of the inputs; None is zero."""
        self.lent = tangents
        tracked = any(t is not None and t._node is not None for t in tangents)
        if self.effects:
            tracked = tracked or is_inside() is not None
        taped = self.taped or (tracked and is_recording())
        seeds = {
            node[SERIAL]: t if taped else t._data
            for node, t in zip(self.leaves, tangents, strict=True)
            if t is not None
        }
        if self.gone is None:
            self.gone = last_uses(self.path, [s for s in self.serials if s is not None])
        with recording(taped):
            if self.effects:
                found = effects.pushforward(
                    self.path, seeds, self.gone, self.effects, taped=taped, sparse=sparse
                )
            else:
                found = pushforward(self.path, seeds, self.gone, taped=taped, sparse=sparse)
        return [
            _home(None if s is None else found.get(s), x)
            for s, x in zip(self.serials, self.outs, strict=True)
        ]

    def by_argument(self, values: list[Array]) -> list[Any]:
        """Return values of the inputs in the structure of each argument."""
        home: list[Any] = []
        seen = self.lent_ids()
        for value, g in zip(values, self.given):  # noqa: B905 - as in `pull`
            v = own(value, seen)
            home.append(v if isinstance(g, Array) or v._node is not None else v._data)
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
        seen = self.lent_ids()
        return self.out_structure.unflatten([trees.like_input(own(v, seen), given) for v in values])

    def lent_ids(self) -> set[int]:
        """Return who the arrays are that somebody else has: by `id`, while they are alive."""
        return {id(x._data) for x in [*self.inputs, *self.outs, *self.lent] if x is not None}

    def cotangents(self, tree: Any) -> list[Array]:
        """Return the leaves of a cotangent, checked against the result."""
        return matched(tree, self.outs, self.out_structure, self.what, "cotangent")


def slope(f: Callable[[Array], Any], x: Array) -> Array:
    """Return the derivative of an elementwise function at each element of `x`."""
    record = Record("slope", f, (x,), (0,), {}, False)
    (tangent,) = record.push([Array(ones_like(x._data))])
    return tangent


def own(x: Array, seen: set[int]) -> Array:
    """Return what a walk made in a buffer that is its own, writable and nobody else's.

    A walk hands a cotangent on where a partial derivative is 1, and shows parts of one: what comes
    out may be the cotangent that was given, another result, or a view of either. Then it is copied.
    """
    raw = x._data
    backend = BY_TYPE.get(type(raw)) or backend_of(raw)
    if x._node is None and not backend.leads and (id(raw) in seen or not backend.owns(raw)):
        raw = backend.copied(raw)
        x = Array(raw)
    seen.add(id(raw))
    return x


def _home(found: Any, x: Array) -> Array:
    """Return a cotangent or tangent as an `Array`, zeros if there is none."""
    if found is None:
        return Array(trees.zeros_like(x))
    return found if isinstance(found, Array) else Array(arrayed(found))


def matched(tree: Any, like: list[Array], structure: Any, what: str, name: str) -> list[Array]:
    """Return the leaves of a cotangent or tangent, in the shape and dtype of what it belongs to."""
    flat, shape = trees.flatten(tree)
    if shape != structure or len(flat) != len(like):
        raise ValueError(f"{what}: the {name} has the structure {shape}; expected {structure}")
    return [_fitting(x, y, what, name) for x, y in zip(flat, like, strict=True)]


def _fitting(x: Any, y: Array, what: str, name: str) -> Array:
    with creating_like(y._data):
        out = trees.as_array(x, what)
    if out.shape != y.shape:
        raise ValueError(f"{what}: the {name} has shape {out.shape}; expected {y.shape}")
    out = taken_along(out, (y._data,))  # a constant beside what is recorded or batched
    own, theirs = backend_of(y._data), backend_of(out._data)
    if own is not theirs and not theirs.leads:
        raise errors.MixedBackendError(
            f"{what}: the {name} is on {out.backend!r}; expected {y.backend!r}. "
            f"Move it with x.to_backend({y.backend!r})"
        )
    return seed(y, out, what, "")


def seed(y: Array, cotangent: Array | None, what: str, instead: str) -> Array:
    """Return the cotangent to start from: the given one, checked, or 1 for a real scalar."""
    if cotangent is None:
        if y._data.shape != () or y._data.dtype not in REAL:
            raise errors.NotScalarError(
                f"{what}: got {y.dtype}{list(y.shape)}; expected a real floating-point scalar. "
                f"For anything else, {instead}"
            )
        return Array(ones_like(y._data))
    if cotangent.shape != y.shape:
        raise ValueError(
            f"{what}: the cotangent has shape {cotangent.shape}; expected {y.shape}, as y"
        )
    if cotangent._data.dtype == y._data.dtype:
        return cotangent
    fitting: Array = cast(handed.namespace, cotangent, y._data.dtype)
    return fitting
