"""``primitive``: an op of a function that the tape cannot look into, with rules in autograd's form.

Nearly all calls have arrays and plain values for arguments, and one array for a result; they go the
short way here, `xgrad.primitive` does the others. In both the function gets raw arrays, and so do
its rules, but for what an outer derivative watches: that comes as `xgrad.Array`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad
from xgrad import Array, tree
from xgrad.arrays.lent import lend
from xgrad.arrays.node import (
    PARENTS,
    SAVED,
    Node,
    Rule,
    is_inside,
    is_recording,
    left,
    next_serial,
)
from xgrad.backends import COMPLEX, REAL, effects
from xgrad.backends.batched import Batch, NotBatchedError, levels
from xgrad.custom.call import Call, recorded
from xgrad.engine.guarding import guarded, taken
from xgrad.engine.projection import like
from xgrad.engine.transposing import transposed

from .border import conj, home, opaque, untracked
from .fitting import fitted, fitted_tangents, turned
from .makers import vjps
from .vspace import vspace

_PLAIN: set[type] = {bool, int, float, complex, str, type(None), np.ndarray, np.float64}
"""Types of arguments that hold no `xgrad.Array`; others are added when they are met."""


def _is_plain(x: Any) -> bool:
    """Whether an argument holds no `xgrad.Array`, nor anything that might be differentiated."""
    cls = type(x)
    if isinstance(x, Array):
        return False
    if cls is tuple or cls is list:
        return all(type(item) in _PLAIN or _is_plain(item) for item in x)
    leaves, structure = tree.flatten(x)
    if structure.num_leaves == 1 and leaves[0] is x:
        _PLAIN.add(cls)
        return True
    return not any(isinstance(leaf, Array) for leaf in leaves)


class primitive(xgrad.primitive):  # noqa: N801 - used as a decorator
    """Make an op of a function, whose rules `defvjp` and `defjvp` define."""

    _is_autograd_primitive = True
    is_traced = True

    def __init__(self, f: Callable[..., Any]) -> None:
        super().__init__(f)
        self.vjp_of_argnums: Callable[..., Any] | None = None
        self.jvp_of_argnums: Callable[..., Any] | None = None
        self._of_arrays = Rule(self.name, self._never, self._pull_arrays, self._push_arrays, lift)
        self._of_arrays.lends = True
        self._old_makers: dict[int, Callable[..., Any] | None] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function on raw arrays, and tell the tape if an argument is tracked."""
        for x in args:
            if type(x) is Array or (type(x) not in _PLAIN and not _is_plain(x)):
                return self._tracked(args, kwargs)
        if effects.recorder.get() is not None or (kwargs and not _is_plain([*kwargs.values()])):
            return self._tracked(args, kwargs)
        return self._called(args, kwargs)

    def _called(self, args: Any, kwargs: dict[str, Any]) -> Any:
        """Return what the function gives for raw arrays, which is raw as well."""
        if is_inside() is None:
            return self.f(*args, **kwargs)
        with opaque():
            out = self.f(*args, **kwargs)
        return out if type(out) in _PLAIN else untracked(out)

    @property
    def fun(self) -> Callable[..., Any]:
        """The function itself, on raw arrays."""
        return self.f

    @property
    def pulls(self) -> bool:  # noqa: D102 - see the base
        return self.vjp_of_argnums is not None

    @property
    def pushes(self) -> bool:  # noqa: D102 - see the base
        return self.jvp_of_argnums is not None

    @property
    def has_rule(self) -> bool:  # noqa: D102 - see the base
        return self.pulls or self.pushes

    def no_rule(self) -> Exception:  # noqa: D102 - see the base
        return NotImplementedError(
            f"{self.name} has no derivative rule; define one with defvjp({self.name}, ...) or "
            f"defjvp({self.name}, ...)"
        )

    # Arrays in, one array out -------------------------------------------------------------------

    def _tracked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the result of a call that something may be tracked in."""
        if effects.recorder.get() is not None or levels():
            return untracked(super().__call__(*args, **kwargs))
        values, nodes, argnums = list(args), [], []
        for i, x in enumerate(args):
            if isinstance(x, Array):
                values[i] = home(x._raw)
                if x._node is not None:
                    nodes.append(x._node)
                    argnums.append(i)
            elif type(x) not in _PLAIN and not _is_plain(x):
                return untracked(super().__call__(*args, **kwargs))
        if kwargs:
            kwargs = {name: self._static(name, value) for name, value in kwargs.items()}
        if nodes and not self.is_traced:
            left(self.name, nodes)
        if not nodes or not is_recording() or not self.is_traced:
            return self._called(values, kwargs)
        if self.vjp_of_argnums is None and self.jvp_of_argnums is None:
            raise self.no_rule()
        out = self._called(values, kwargs)
        if type(out) is np.ndarray:  # the function may fill it again
            out = taken(out)
        made = np.asarray(out) if isinstance(out, (np.generic, float, complex)) else out
        if self.vjp_of_argnums is None or (
            type(made) is not np.ndarray
            and (not tree.is_leaf_type(made) or isinstance(made, (int, Array)))
        ):
            return self._recorded(args, kwargs, out)
        if made.dtype not in REAL and made.dtype not in COMPLEX:
            left(self.name, nodes)
            return out
        likes = tuple([like(args[i]._raw) for i in argnums])
        for i, x in enumerate(args):
            if type(x) is np.ndarray:
                values[i] = guarded(x)
        parents = nodes[0] if len(nodes) == 1 else tuple(nodes)
        saved: Any = (made, values, kwargs, tuple(argnums), [])
        return Array(made, [next_serial(), self._of_arrays, parents, saved, (like(made), likes)])

    def _recorded(self, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
        """Return a result that is no lone array with its place on the tape; see the base."""
        call = Call(args)
        call.leaves = [x._raw if isinstance(x, Array) else x for x in call.leaves]
        leaves = [tree.as_array(x, self.name)._raw for x in tree.leaves(out)]
        if any(isinstance(x, Array) and x._node is not None for x in tree.leaves(out)):
            raise xgrad.errors.RuleError(
                f"primitive: {self.name} uses a tracked array that is not among its arguments, so "
                "its gradient would be lost. Pass it as an argument, or use xgrad.stop_gradient"
            )
        parents, call.parents = call.parents, ()
        saved = (call, kwargs, leaves, [parent is not None for parent in parents], None)
        return untracked(recorded(out, self._rule, parents, saved, self.name))

    def _pull_arrays(self, xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
        """Return the cotangents of the tracked arguments."""
        out, args, kwargs, argnums, makers = saved
        if isinstance(g, Batch):
            if g.level.is_sweep:
                raise NotBatchedError(
                    f"{self.name} is a black box, and takes its arrays one by one"
                )
            g = Array(g)
        if not makers:
            makers.append(self.vjp_of_argnums(argnums, raw_or_home(out), args, kwargs))  # type: ignore[misc]
        taped = type(g) is Array
        cs = makers[0](turned(g if taped else home(g)))
        what = f"the vjp of {self.name}"
        found = []
        for c, each in zip(cs, fit[1], strict=True):
            found.append(None if c is None else fitted(turned(c), each, taped, what))
            if not taped and type(c) is np.ndarray:
                lend(found[-1])  # a rule may give a buffer that it keeps
        return found[0] if len(found) == 1 else found

    def _push_arrays(self, xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
        """Return the tangent of the result."""
        if not self.pushes:
            return transposed(lambda xp, g: self._pull_arrays(xp, g, saved, fit, times), ts, fit)
        out, args, kwargs, argnums, _ = saved
        moving = [i for i, t in enumerate(ts) if t is not None]
        taped = any(type(ts[i]) is Array for i in moving)
        given = tuple([ts[i] if taped else home(ts[i]) for i in moving])
        numbers = tuple([argnums[i] for i in moving])
        t = self.jvp_of_argnums(numbers, given, raw_or_home(out), args, kwargs)  # type: ignore[misc]
        found = fitted(t, fit[0], taped, f"the jvp of {self.name}")
        if not taped:
            lend(found)  # a rule may give a buffer that it keeps
        return found

    # Anything else: what `xgrad.primitive` asks for ---------------------------------------------

    def cotangents(  # noqa: D102 - see the base
        self, ct: Any, out: Any, args: Any, kwargs: Any, tracked: tuple[bool, ...]
    ) -> Any:
        argnums = tuple(i for i, asked in enumerate(tracked) if asked)
        pull = self.vjp_of_argnums(argnums, untracked(out), untracked(args), kwargs)  # type: ignore[misc]
        found: list[Any] = [None] * len(args)
        for i, c in zip(argnums, pull(untracked(conj(ct))), strict=True):
            found[i] = c if c is None else fitted_tangents(conj(c), args[i], self.name)
        return tuple(found)

    def tangent(  # noqa: D102 - see the base
        self, tangents: Any, out: Any, args: Any, kwargs: Any, tracked: tuple[bool, ...]
    ) -> Any:
        argnums = tuple(i for i, varies in enumerate(tracked) if varies)
        chosen = untracked(tuple(tangents[i] for i in argnums))
        found = self.jvp_of_argnums(argnums, chosen, untracked(out), untracked(args), kwargs)  # type: ignore[misc]
        return fitted_tangents(found, out, self.name)

    # What autograd has from its first years -----------------------------------------------------

    def defvjp(self, vjpmaker: Callable[..., Any], argnum: int = 0) -> None:  # type: ignore[override]
        """Define the vjp of one argument by ``vjpmaker(g, ans, vs, gvs, *args)``; deprecated."""
        _deprecated("defvjp")

        def maker(ans: Any, *args: Any, **kwargs: Any) -> Any:
            return lambda g: vjpmaker(g, ans, vspace(args[argnum]), vspace(g), *args, **kwargs)

        self._define_old({argnum: maker})

    def defgrad(self, gradfun: Callable[..., Any], argnum: int = 0) -> None:
        """Define the vjp of one argument by ``gradfun(ans, *args)``; deprecated."""
        _deprecated("defgrad")
        self._define_old({argnum: gradfun})

    def defvjp_is_zero(self, argnums: tuple[int, ...] = (0,)) -> None:
        """Say that nothing depends on some arguments; deprecated."""
        _deprecated("defvjp_is_zero")
        self._define_old(dict.fromkeys(argnums))

    def _define_old(self, makers: dict[int, Any]) -> None:
        self._old_makers.update(makers)
        self.vjp_of_argnums = vjps(self.name, self._old_makers)


def raw_or_home(x: Any) -> Any:
    """Return a result as a rule gets it: as it is on an outer tape, else raw."""
    return x if type(x) is Array else home(x)


def lift(node: Node) -> Any:
    """Return what a node saved with its arrays on the outer tape."""
    out, args, kwargs, argnums, _ = node[SAVED]
    lifted, parents = list(args), node[PARENTS]
    for i, parent in zip(argnums, parents if type(parents) is tuple else (parents,), strict=True):
        lifted[i] = Array(np.asarray(args[i]), parent)
    return Array(out, node), lifted, kwargs, argnums, []


def _deprecated(name: str) -> None:
    warnings.warn(
        f"The {name} method is deprecated. Use the function defvjp of autograd.extend",
        stacklevel=3,
    )
