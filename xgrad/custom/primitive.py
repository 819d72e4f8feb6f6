"""`primitive`: a derivative rule for code that the tape cannot look into."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial, update_wrapper
from typing import Any

import numpy as np

from .. import errors
from .. import tree as trees
from ..arrays.array import Array
from ..arrays.node import SAVED, Node, Parts, Rule, selected
from ..backends import backend_of, effects
from ..backends.batched import Batch, NotBatchedError
from ..engine import tape
from ..engine.guarding import taken
from ..engine.transposing import transposed
from ..errors.kinds import require_function
from .call import (
    Call,
    alone,
    checked,
    filled,
    fitting_tangents,
    given_tangents,
    recorded,
    transposed_jvp,
)

_transposing: ContextVar[frozenset[Any]] = ContextVar("xgrad_transposing", default=frozenset())


class primitive:  # noqa: N801 - used as a decorator
    """Make an op of a black box: a C library, a GPU kernel, another process.

    The function gets raw arrays, as their own library knows them, and returns raw arrays. Its rule
    gets `Array` objects, and may call this or other primitives, so that it can be differentiated in
    turn. One rule serves both modes; if both are given, each mode uses its own.

    Args:
        f: the function. Positional arguments may be arrays or pytrees; whatever is not a
            floating-point array, and every keyword argument, is static.
        vjp: ``vjp(ct, out, *args, **kwargs)`` returns a tuple with one cotangent for each
            positional argument, None for one that has none. `ct` is the cotangent of the result
            `out`. With respect to complex arguments it points in the direction of steepest ascent.
        jvp: ``jvp(tangents, out, *args, **kwargs)`` returns the tangent of the result, linear in
            `tangents`, a tuple with one entry for each positional argument, in its structure.

    >>> import numpy as np, xgrad as xg
    >>> @xg.primitive
    ... def scaled(x, *, by=2.0):
    ...     assert isinstance(x, np.ndarray)
    ...     return by * x
    >>> @scaled.defvjp
    ... def _(ct, out, x, *, by=2.0):
    ...     return (by * ct,)
    >>> float(xg.grad(lambda x: scaled(x, by=3.0))(1.0))
    3.0
    >>> float(xg.jvp(scaled, (1.0,), (10.0,))[1])
    20.0
    """

    def __init__(
        self,
        f: Callable[..., Any],
        *,
        vjp: Callable[..., Any] | None = None,
        jvp: Callable[..., Any] | None = None,
    ) -> None:
        require_function("primitive", "f", f)
        self.f, self.vjp, self.jvp = f, vjp, jvp
        update_wrapper(self, f)
        self.name = getattr(f, "__name__", type(f).__name__)
        self._told = False  # that `vmap` calls it in a loop
        self._rule = Rule(self.name, self._never, self._pull_to, self._push, self._lift)

    def defvjp(self, vjp: Callable[..., Any]) -> Callable[..., Any]:
        """Set the rule of reverse mode; see the class for its arguments."""
        self.vjp = vjp
        return vjp

    def defjvp(self, jvp: Callable[..., Any]) -> Callable[..., Any]:
        """Set the rule of forward mode; see the class for its arguments."""
        self.jvp = jvp
        return jvp

    def __reduce__(self) -> str:
        return self.f.__qualname__  # pickled by name, as functions are

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else partial(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function on raw arrays, and tell the tape if an argument is tracked."""
        kwargs = {name: self._static(name, value) for name, value in kwargs.items()}
        call = Call(args)
        if not call.is_tracked:
            out = self._run(trees.map(_raw, args), kwargs)
            given = any(isinstance(x, Array) for x in trees.leaves(args))
            return trees.map(_wrapped, out) if given else out
        if not self.has_rule:
            raise self.no_rule()
        call.leaves = [_raw(x) for x in call.leaves]
        out = trees.map(taken, self._run(call.arguments(call.arrays), kwargs))
        leaves = [trees.as_array(x, self.name) for x in trees.leaves(out)]
        if any(x._node is not None for x in leaves):
            raise errors.RuleError(
                f"primitive: {self.name} uses a tracked array that is not among its arguments, so "
                "its gradient would be lost. Pass it as an argument, or use xgrad.stop_gradient"
            )
        flat = [x._raw for x in leaves]
        parents, call.parents = call.parents, ()
        tracked = [parent is not None for parent in parents]
        saved = (call, kwargs, flat, tracked, None)
        return recorded(trees.map(_wrapped, out), self._rule, parents, saved, self.name)

    def _run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        leaves, structure = trees.flatten(args)
        batches = [x for x in leaves if isinstance(x, Batch)]
        if not batches:
            recorder = effects.recorder.get()
            if recorder is not None:
                return recorder.opaque(self.name, self.f, args, kwargs)
            return self.f(*args, **kwargs)
        return self._looped(leaves, structure, max(batches, key=lambda x: x.rank), kwargs)

    def _looped(self, leaves: list[Any], structure: Any, lead: Batch, kwargs: Any) -> Any:
        """Call the function for each of a batch, and say once that it is done so."""
        level = lead.level
        if level.is_sweep:
            raise NotBatchedError(f"{self.name} is a black box, and takes its arrays one by one")
        if not self._told:
            self._told = True
            warnings.warn(
                f"vmap: {self.name} is a black box, so it is called for each example, "
                f"{level.count} times here. Inside primitive, code for a whole batch has to be its "
                "own: call it outside of vmap, or build it of functions of xgrad",
                errors.LoopWarning,
                stacklevel=4,
            )
        outs = []
        for i in range(level.count):
            own = [_example(x, lead, i) for x in leaves]
            outs.append(self._run(structure.unflatten(own), kwargs))
        found, home = zip(*map(trees.flatten, outs), strict=True)
        stacked = [
            level.batch(backend_of(parts[0]).xp.stack(parts))
            for parts in ([_raw_array(x) for x in xs] for xs in zip(*found, strict=True))
        ]
        return home[0].unflatten(stacked)

    def no_rule(self) -> Exception:
        """Return the error that there is no rule."""
        return errors.RuleError(
            f"primitive: {self.name} has no derivative rule; call {self.name}.defvjp(rule) or "
            f"{self.name}.defjvp(rule), one of them serves both modes"
        )

    @property
    def has_rule(self) -> bool:
        """Whether a derivative rule was given."""
        return self.vjp is not None or self.jvp is not None

    def cotangents(
        self, ct: Any, out: Any, args: Any, kwargs: Any, tracked: tuple[bool, ...]
    ) -> Any:
        """Return what the rule of reverse mode gives; a subclass may define this instead.

        Args:
            ct: the cotangent of the result, in its structure.
            out: the result.
            args: the arguments.
            kwargs: the keyword arguments.
            tracked: for each argument, whether anybody asks about it.

        Returns:
            A tuple with a cotangent for each argument.
        """
        return self.vjp(ct, out, *args, **kwargs)  # type: ignore[misc]

    def tangent(
        self, tangents: Any, out: Any, args: Any, kwargs: Any, tracked: tuple[bool, ...]
    ) -> Any:
        """Return what the rule of forward mode gives; a subclass may define this instead.

        Args:
            tangents: the tangents of the arguments, in their structure.
            out: the result.
            args: the arguments.
            kwargs: the keyword arguments.
            tracked: for each argument, whether it varies.

        Returns:
            The tangent of the result, in its structure.
        """
        return self.jvp(tangents, out, *args, **kwargs)  # type: ignore[misc]

    def _static(self, name: str, value: Any) -> Any:
        if not tape.is_recording() or not trees.is_leaf_type(value):
            return _raw(value)
        if isinstance(value, Array) and value._node is not None:
            raise errors.RuleError(
                f"primitive: {self.name} got a tracked array for the keyword argument {name!r}; "
                "keyword arguments are static, so its gradient would be lost. Pass it by position, "
                f"or {name}=xgrad.stop_gradient({name})"
            )
        return _raw(value)

    def _lift(self, node: Node) -> Any:
        call, kwargs, flat, tracked, _ = node[SAVED]
        outs = [Array(x, selected(node, i)) for i, x in enumerate(flat)]
        return call, kwargs, outs, tracked, call.lifted(node)

    def _arguments(self, saved: Any, fit: Any) -> tuple[Any, ...]:
        call, kwargs, flat, tracked, lifted = saved
        arrays = call.constants() if lifted is None else lifted
        out = fit[1].unflatten([x if isinstance(x, Array) else Array(x) for x in flat])
        return out, call.arguments(arrays), kwargs, _by_argument(call, tracked)

    @staticmethod
    def _never(*args: Any) -> Any:
        raise AssertionError("a node with several outputs is always walked by pull_to")

    @alone
    def _pull_to(self, xp: Any, g: Parts, saved: Any, fit: Any, times: Any) -> Any:
        call = saved[0]
        if not self.pulls:
            return self._pull_through_jvp(call, g, saved, fit)
        raw = type(next(iter(g.values()))) is not Array
        ct = fit[1].unflatten(filled(g, fit))
        cotangents = self.cotangents(ct, *self._arguments(saved, fit))
        return checked(call, cotangents, f"primitive: the vjp of {self.name}", raw)

    def _pull_through_jvp(self, call: Call, g: Parts, saved: Any, fit: Any) -> Any:
        if self in _transposing.get():  # it would go on for ever
            raise errors.RuleError(
                f"primitive: the jvp of {self.name} calls {self.name} on a tangent, so that "
                "reverse mode cannot be derived from it. Define the transpose, with "
                f"{self.name}.defvjp(rule)"
            )
        token = _transposing.set(_transposing.get() | {self})
        try:
            return transposed_jvp(lambda ts: self._tangents(saved, ts, fit), call, g, fit)
        finally:
            _transposing.reset(token)

    @property
    def pulls(self) -> bool:
        """Whether reverse mode has a rule of its own."""
        return self.vjp is not None

    @property
    def pushes(self) -> bool:
        """Whether forward mode has a rule of its own."""
        return self.jvp is not None

    def _tangents(self, saved: Any, ts: list[Array], fit: Any) -> list[Array]:
        tangent = self.tangent(saved[0].arguments(ts), *self._arguments(saved, fit))
        return fitting_tangents(tangent, fit, f"primitive: the jvp of {self.name}")

    @alone
    def _push(self, xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
        if not self.pushes:
            return transposed(lambda xp, g: self._pull_to(xp, g, saved, fit, times), ts, fit)
        found = self._tangents(saved, given_tangents(saved[0], ts), fit)
        raw = not isinstance(next(t for t in ts if t is not None), Array)
        return tuple(t._raw if raw else t for t in found)


def _raw(x: Any) -> Any:
    return x._raw if isinstance(x, Array) else x


def _raw_array(x: Any) -> Any:
    return trees.as_array(x, "primitive: the result")._raw


def _example(x: Any, lead: Batch, i: int) -> Any:
    """Return one of a batch; what is the same for each as it is."""
    if type(x) is not type(lead):
        return x
    raw = backend_of(x.data).getitem(x.data, (0 if x.is_shared else i, ...))
    return np.asarray(raw) if isinstance(raw, np.generic) else raw


def _wrapped(x: Any) -> Any:
    return trees.as_array(x, "primitive: the result")


def _by_argument(call: Call, tracked: list[bool]) -> tuple[bool, ...]:
    """Return for each argument whether one of its arrays is tracked."""
    watched = {i for i, yes in zip(call.places, tracked, strict=True) if yes}
    found, start = [], 0
    for structure in call.structure.children():
        stop = start + structure.num_leaves
        found.append(any(i in watched for i in range(start, stop)))
        start = stop
    return tuple(found)
