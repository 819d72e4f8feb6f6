"""`custom_jvp`: a rule in forward mode."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from .. import errors
from ..arrays.array import Array
from ..engine.tape import SAVED, Node, Parts, Rule
from ..errors.kinds import require_function
from .call import Call, alone, fitting_tangents, given_tangents, recorded, transposed_jvp
from .custom_vjp import custom_vjp


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
        require_function("custom_jvp", "f", f)
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
        call = Call(args)
        if not call.is_tracked:
            return self.f(*args)
        out = self.f(*call.arguments(call.constants()))
        parents, call.parents = call.parents, ()
        return recorded(out, self._rule, parents, (call, None), self.f.__name__)

    def _lift(self, node: Node) -> Any:
        call = node[SAVED][0]
        return call, call.lifted(node)

    def _tangent(self, saved: Any, ts: list[Any], fit: Any) -> list[Array]:
        """Return the tangents of all outputs for tangents of all arrays, as `Array`."""
        call, primals = saved
        primals = call.constants() if primals is None else primals
        tangents = call.arguments(ts)
        _, tangent = self.rule(call.arguments(primals), tangents)  # type: ignore[misc]
        return fitting_tangents(tangent, fit, f"custom_jvp: the rule of {self.f.__name__}")

    @alone
    def _push(self, xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
        found = self._tangent(saved, given_tangents(saved[0], ts), fit)
        raw = not isinstance(next(t for t in ts if t is not None), Array)
        return tuple(t._raw if raw else t for t in found)

    def _pull(self, xp: Any, g: Any, saved: Any) -> Any:
        raise AssertionError("a node with several outputs is always walked by pull_to")

    @alone
    def _pull_to(self, xp: Any, g: Parts, saved: Any, fit: Any, times: Any) -> Any:
        return transposed_jvp(lambda ts: self._tangent(saved, ts, fit), saved[0], g, fit)
