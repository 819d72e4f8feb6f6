"""Rules of one's own, recomputation, and switching the tape off."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import update_wrapper, wraps
from typing import Any

import xgrad

from . import errors, tape, trees
from .array import Array
from .backends import COMPLEX, REAL
from .builders import transposed
from .derived import picklable
from .fitting import Like, cast, zeros
from .tape import PARENTS, SAVED, SELECT, SERIAL, Node, Parts, Rule, next_serial

__all__ = ["checkpoint", "custom_jvp", "custom_vjp", "no_grad", "stop_gradient"]


@contextlib.contextmanager
def no_grad() -> Iterator[None]:
    """Switch recording off, as a context manager or a decorator.

    >>> import xgrad as xg
    >>> w = xg.asarray(1.0, requires_grad=True)
    >>> with xg.no_grad():
    ...     (w * 2).is_tracked
    False
    """
    with tape.recording(False):
        yield


def stop_gradient(x: Any) -> Any:
    """Return `x`, an array or pytree, as a constant: no derivative flows through it."""
    return trees.map(lambda leaf: leaf.detach() if type(leaf) is Array else leaf, x)


class _Call:
    """The arguments of one call of a custom function, with its arrays taken apart."""

    def __init__(self, args: tuple[Any, ...]) -> None:
        self.leaves, self.structure = trees.flatten(args)
        self.places = [i for i, x in enumerate(self.leaves) if _is_floating(x)]
        arrays = [self.leaves[i] for i in self.places]
        self.parents = tuple(x._node if type(x) is Array else None for x in arrays)
        self.arrays = [_raw(x) for x in arrays]  # a node never holds an Array
        for i in self.places:
            self.leaves[i] = None

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


def _raw(x: Any) -> Any:
    return x._data if type(x) is Array else trees.as_array(x, "custom rule")._data


def _is_floating(x: Any) -> bool:
    if not trees.is_leaf_type(x) or type(x) in (bool, int):
        return False
    dtype = _raw(x).dtype
    return dtype in REAL or dtype in COMPLEX


def _recorded(out: Any, rule: Rule, parents: tuple[Any, ...], saved: Any, name: str) -> Any:
    """Return the result of a custom function with its place on the tape."""
    flat, structure = trees.flatten(out)
    arrays = [trees.as_array(x, name) for x in flat]
    fit = ([(x._data.shape, x._data.dtype) for x in arrays], structure)
    node = [next_serial(), rule, parents, saved, fit]
    return structure.unflatten(
        [
            Array(x._data, [next_serial(), SELECT, node, i, None]) if _is_floating(x) else x
            for i, x in enumerate(arrays)
        ]
    )


def _filled(g: Parts, fit: Any) -> list[Array]:
    """Return a cotangent for every output, zeros where there is none, as `Array`."""
    near = next(iter(g.values()))
    parts = [g[i] if i in g else zeros(Like(*f), near) for i, f in enumerate(fit[0])]
    return [p if type(p) is Array else Array(p) for p in parts]


class custom_vjp:  # noqa: N801 - used as a decorator
    """Give a function a derivative rule of its own, in reverse mode; forward mode follows from it.

    ``fwd(*args)`` returns ``(out, residuals)``; ``bwd(residuals, ct)`` returns a tuple with one
    cotangent for each argument, None for one that has none. Arguments, result and residuals may be
    pytrees. For second derivatives, `bwd` is differentiated, and `fwd` is run again.

    >>> import xgrad as xg
    >>> @xg.custom_vjp
    ... def clamp(x):
    ...     return xg.clip(x, 0.0, 1.0)
    >>> clamp.defvjp(lambda x: (clamp.f(x), None), lambda _, ct: (ct,))
    >>> float(xg.grad(clamp)(3.0))
    1.0
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        self.fwd: Callable[..., Any] | None = None
        self.bwd: Callable[..., Any] | None = None
        update_wrapper(self, f)
        self._rule = Rule(f.__name__, self._pull, self._pull_to, self._push, self._lift)

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        """Set the rule."""
        self.fwd, self.bwd = fwd, bwd

    def __reduce__(self) -> str:
        return self.f.__qualname__  # pickled by name, as functions are

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else wraps(self.f)(lambda *args: self(instance, *args))

    def __call__(self, *args: Any) -> Any:
        """Call the function, and tell the tape if an argument is tracked."""
        if self.fwd is None:
            raise errors.RuleError(
                f"custom_vjp: {self.__name__} has no rule yet; "  # type: ignore[attr-defined]
                f"call {self.__name__}.defvjp(fwd, bwd)"  # type: ignore[attr-defined]
            )
        call = _Call(args)
        if not call.is_tracked:
            return self.f(*args)
        out, residuals = self._forward(call.arguments(call.constants()))
        parents, call.parents = call.parents, ()
        return _recorded(out, self._rule, parents, (call, residuals), self.f.__name__)

    def _forward(self, args: tuple[Any, ...]) -> tuple[Any, Any]:
        result = self.fwd(*args)  # type: ignore[misc]
        if not isinstance(result, tuple) or len(result) != 2:
            raise errors.RuleError(
                f"custom_vjp: fwd of {self.f.__name__} returned {type(result).__name__}; "
                "expected a pair (out, residuals)"
            )
        return result

    def _lift(self, node: Node) -> Any:
        # residuals depend on the arguments; only running fwd on the outer tape says how
        call = node[SAVED][0]
        return call, self._forward(call.arguments(call.lifted(node)))[1]

    def _pull(self, xp: Any, g: Any, saved: Any) -> Any:
        raise AssertionError("a node with several outputs is always walked by pull_to")

    def _pull_to(self, xp: Any, g: Parts, saved: Any, fit: Any, times: Any) -> Any:
        call, residuals = saved
        raw = type(next(iter(g.values()))) is not Array
        ct = fit[1].unflatten(_filled(g, fit))
        cotangents = self.bwd(residuals, ct)  # type: ignore[misc]
        return _checked(call, cotangents, self.f.__name__, raw)

    def _push(self, xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
        return transposed(lambda xp, g: self._pull_to(xp, g, saved, fit, times), ts, fit)


def _checked(call: _Call, cotangents: Any, name: str, raw: bool) -> list[Any]:
    """Return what a custom rule gave, a cotangent for each array, or say what is wrong."""
    count = call.structure.num_children
    if not isinstance(cotangents, tuple) or len(cotangents) != count:
        got = (
            f"{len(cotangents)} values" if isinstance(cotangents, tuple) else repr(cotangents)[:60]
        )
        raise errors.RuleError(
            f"custom_vjp: bwd of {name} returned {got}; expected a tuple with {count} cotangents, "
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
                    f"custom_vjp: bwd of {name} returned a cotangent of {len(leaves)} leaves; "
                    f"expected {structure.num_leaves}, in the structure of the argument"
                )
            parts += leaves
    found: list[Any] = []
    for i, x in zip(call.places, call.arrays, strict=True):
        c = parts[i]
        if c is None:
            found.append(None)
            continue
        c = trees.as_array(c, name)
        if c.shape != tuple(x.shape):
            raise errors.RuleError(
                f"custom_vjp: bwd of {name} returned a cotangent of shape {c.shape}; "
                f"expected {tuple(x.shape)}, as its argument"
            )
        c = cast(xgrad, c, x.dtype)
        found.append(c._data if raw else c)
    return found


class custom_jvp:  # noqa: N801 - used as a decorator
    """Give a function a derivative rule of its own, in forward mode; reverse mode follows from it.

    ``rule(primals, tangents)`` returns ``(out, tangent)``; it must be linear in `tangents`, whose
    entries are zeros for arguments that do not vary.

    >>> import xgrad as xg
    >>> @xg.custom_jvp
    ... def cube(x):
    ...     return x * x * x
    >>> cube.defjvp(lambda primals, tangents: (cube.f(*primals), 3 * primals[0] ** 2 * tangents[0]))
    >>> float(xg.grad(cube)(2.0))
    12.0
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        self.rule: Callable[..., Any] | None = None
        update_wrapper(self, f)
        self._rule = Rule(f.__name__, self._pull, self._pull_to, self._push, self._lift)

    def defjvp(self, rule: Callable[..., Any]) -> None:
        """Set the rule."""
        self.rule = rule

    __get__ = custom_vjp.__get__
    __reduce__ = custom_vjp.__reduce__

    def __call__(self, *args: Any) -> Any:
        """Call the function, and tell the tape if an argument is tracked."""
        if self.rule is None:
            name = self.f.__name__
            raise errors.RuleError(f"custom_jvp: {name} has no rule yet; call {name}.defjvp(rule)")
        call = _Call(args)
        if not call.is_tracked:
            return self.f(*args)
        out = self.f(*call.arguments(call.constants()))
        parents, call.parents = call.parents, ()
        return _recorded(out, self._rule, parents, (call, None), self.f.__name__)

    def _lift(self, node: Node) -> Any:
        call = node[SAVED][0]
        return call, call.lifted(node)

    def _tangent(self, saved: Any, ts: list[Any], fit: Any) -> list[Array]:
        """Return the tangents of all outputs for tangents of all arrays, as `Array`."""
        call, primals = saved
        primals = call.constants() if primals is None else primals
        tangents = call.arguments(ts)
        _, tangent = self.rule(call.arguments(primals), tangents)  # type: ignore[misc]
        flat = [trees.as_array(t, self.f.__name__) for t in trees.leaves(tangent)]
        for t, (shape, _) in zip(flat, fit[0], strict=True):
            if t.shape != tuple(shape):
                raise errors.RuleError(
                    f"custom_jvp: the rule of {self.f.__name__} returned a tangent of shape "
                    f"{t.shape}; expected {tuple(shape)}, as the result"
                )
        return [cast(xgrad, t, dtype) for t, (_, dtype) in zip(flat, fit[0], strict=True)]

    def _push(self, xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
        near = next(t for t in ts if t is not None)
        given = [
            zeros(Like(x.shape, x.dtype), near) if t is None else t
            for t, x in zip(ts, saved[0].arrays, strict=True)
        ]
        found = self._tangent(saved, [t if type(t) is Array else Array(t) for t in given], fit)
        return tuple(t if type(near) is Array else t._data for t in found)

    def _pull(self, xp: Any, g: Any, saved: Any) -> Any:
        raise AssertionError("a node with several outputs is always walked by pull_to")

    def _pull_to(self, xp: Any, g: Parts, saved: Any, fit: Any, times: Any) -> Any:
        raw = type(next(iter(g.values()))) is not Array
        arrays = saved[0].arrays
        with tape.recording(True):
            leaves = [
                Array(
                    zeros(Like(x.shape, x.dtype), x), [next_serial(), tape.LEAF, None, None, None]
                )
                for x in arrays
            ]
            outs = self._tangent(saved, leaves, fit)
            seeds: dict[int, Any] = {}
            for out, ct in zip(outs, _filled(g, fit), strict=True):
                if out._node is not None:
                    serial = out._node[SERIAL]
                    seeds[serial] = seeds[serial] + ct if serial in seeds else ct
            path, _ = tape.cone(
                [o._node for o in outs if o._node is not None], [x._node for x in leaves]
            )
        with tape.recording(not raw):
            found = tape.pullback(path, seeds, taped=True)
        cs = [found.get(x._node[SERIAL]) for x in leaves]
        return [c if c is None or not raw else c._data for c in cs]


@picklable
def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return `f` with a derivative that runs it again instead of keeping its intermediate values.

    Memory for time: the tape keeps only the arguments. `f` must give the same result when it is
    run again. Arrays that `f` captures from outside keep their derivatives too.
    """

    @wraps(f)
    def checkpointed(*args: Any) -> Any:
        call = _Call(args)
        if not tape.is_recording():
            return f(*args)
        leaves = [tape.leaf(Array(x), False) for x in call.arrays]
        out = f(*call.arguments(leaves))
        nodes = [x._node for x in map(_as_array, trees.leaves(out)) if x._node is not None]
        captured = _captured(nodes, [x._node for x in leaves])
        parents = (*call.parents, *captured)
        call.parents = ()
        if not any(p is not None for p in parents):
            return stop_gradient(out)
        rule = Rule(f.__name__, _never, _pull_again, _push_again, _lift_again)
        return _recorded(stop_gradient(out), rule, parents, (f, call, captured, None), f.__name__)

    return checkpointed


def _as_array(x: Any) -> Array:
    return trees.as_array(x, "checkpoint")


def _never(*args: Any) -> Any:
    raise AssertionError("a node with several outputs is always walked by pull_to")


def _captured(nodes: list[Node], leaves: list[Node]) -> list[Node]:
    """Return the nodes of other tapes that join in on the way from the leaves to the outputs."""
    oldest = min((n[SERIAL] for n in leaves), default=next_serial())
    inside = {n[SERIAL] for n in leaves}
    seen: dict[int, Node] = {}
    captured: dict[int, Node] = {}
    stack = list(nodes)
    while stack:
        node = stack.pop()
        serial = node[SERIAL]
        if serial in seen or serial in inside:
            continue
        if serial < oldest or node[PARENTS] is None:
            captured[serial] = node
            continue
        seen[serial] = node
        stack.extend(tape.parents_of(node))
    return [captured[s] for s in sorted(captured)]


def _lift_again(node: Node) -> Any:
    f, call, captured, _ = node[SAVED]
    return f, call, captured, call.lifted(node)


def _again(saved: Any) -> tuple[list[Node], list[Any], list[Node]]:
    """Run a checkpointed function again: its leaves, its outputs, and the path between."""
    f, call, captured, lifted = saved
    with tape.recording(True):
        arrays = call.constants() if lifted is None else lifted
        leaves = [tape.leaf(x, True) for x in arrays]
        out = f(*call.arguments(leaves))
    ends = [x._node for x in leaves] + captured
    outs = [_as_array(x) for x in trees.leaves(out)]
    path, _ = tape.cone([x._node for x in outs if x._node is not None], ends)
    return ends, outs, path


def _pull_again(xp: Any, g: Parts, saved: Any, fit: Any, times: Any) -> Any:
    taped = type(next(iter(g.values()))) is Array
    ends, outs, path = _again(saved)
    seeds: dict[int, Any] = {}
    for out, ct in zip(outs, _filled(g, fit), strict=True):
        if out._node is not None:
            serial, part = out._node[SERIAL], ct if taped else ct._data
            seeds[serial] = seeds[serial] + part if serial in seeds else part
    del outs
    found = tape.pullback(path, seeds, taped=taped, free=not taped)
    return [found.get(node[SERIAL]) for node in ends]


def _push_again(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
    ends, outs, path = _again(saved)
    tangents = {n[SERIAL]: t for n, t in zip(ends, ts, strict=True) if t is not None}
    near = next(t for t in ts if t is not None)
    gone = tape.last_uses(path, [out._node[SERIAL] for out in outs if out._node is not None])
    found = tape.pushforward(path, tangents, gone, taped=type(near) is Array)
    return tuple(
        found[out._node[SERIAL]]
        if out._node is not None and out._node[SERIAL] in found
        else zeros(Like(*f), near)
        for out, f in zip(outs, fit[0], strict=True)
    )
