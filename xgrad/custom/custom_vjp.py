"""`custom_vjp`: a rule in reverse mode."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper, wraps
from typing import Any

from .. import errors
from ..arrays.array import Array
from ..arrays.lent import LENT
from ..arrays.node import PARENTS, SAVED, Node, Parts, Rule, is_recording, next_serial
from ..backends import REAL
from ..backends.batched import ended, running_levels
from ..engine.guarding import taken
from ..engine.transposing import transposed
from ..errors.kinds import require_function
from .call import Call, alone, checked, filled, kept, recorded


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
        require_function("custom_vjp", "f", f)
        self.f = f
        self.fwd: Callable[..., Any] | None = None
        self.bwd: Callable[..., Any] | None = None
        update_wrapper(self, f)
        self._rule = Rule(f.__name__, self._pull, self._pull_to, self._push, self._lift)
        self._of_one = Rule(f.__name__, self._pull, self._pull_one, self._push_one, self._lift_one)

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        """Set the rule.

        Args:
            fwd: a function of the arguments of `f` that returns the result and residuals, a pytree.
            bwd: ``bwd(residuals, ct)`` returns a tuple with a cotangent for each argument.
        """
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
        if len(args) == 1 and type(args[0]) is Array and not (running_levels() or ended()):
            x = args[0]
            if x._node is not None and x._raw.dtype in REAL and is_recording():
                return self._call_one(x)
        call = Call(args)
        if not call.is_tracked:
            return self.f(*args)
        out, residuals = self._forward(call.arguments(call.constants()))
        parents, call.parents = call.parents, ()
        return recorded(out, self._rule, parents, (call, residuals), self.f.__name__)

    # One array in, one out: what most rules are of, without taking pytrees apart

    def _call_one(self, x: Array) -> Any:
        out, residuals = self._forward((Array(x._raw),))
        if type(out) is not Array or out._raw.dtype not in REAL:
            call = Call((x,))
            parents, call.parents = call.parents, ()
            return recorded(out, self._rule, parents, (call, residuals), self.f.__name__)
        if LENT and id(out._raw) in LENT:
            out = taken(out)
        fit = (out._raw.shape, out._raw.dtype), ((x._raw.shape, x._raw.dtype),)
        saved = x._raw, residuals
        return Array(out._raw, [next_serial(), self._of_one, x._node, saved, fit])

    def _lift_one(self, node: Node) -> Any:
        x = Array(node[SAVED][0], node[PARENTS])
        return x, self._forward((x,))[1]

    def _pull_one(self, xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
        x, residuals = saved
        raw = type(g) is not Array
        cotangents = self.bwd(residuals, Array(g) if raw else g)  # type: ignore[misc]
        if type(cotangents) is tuple and len(cotangents) == 1 and type(cotangents[0]) is Array:
            c = cotangents[0]._raw
            if (c.shape, c.dtype) == fit[1][0]:
                return c if raw else cotangents[0]
        call = Call((x if type(x) is Array else Array(x),))
        return checked(call, cotangents, f"custom_vjp: bwd of {self.f.__name__}", raw)[0]

    def _push_one(self, xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
        return transposed(lambda xp, g: self._pull_one(xp, g, saved, fit, times), ts, fit)

    # Any number of arrays and results -----------------------------------------------------------

    def _forward(self, args: tuple[Any, ...]) -> tuple[Any, Any]:
        result = self.fwd(*args)  # type: ignore[misc]
        if not isinstance(result, tuple) or len(result) != 2:
            raise errors.RuleError(
                f"custom_vjp: fwd of {self.f.__name__} returned {type(result).__name__}; "
                "expected a pair (out, residuals)"
            )
        out, residuals = result
        if residuals is None or (type(residuals) is Array and not LENT):
            return out, residuals
        return out, kept(residuals)

    @alone
    def _lift(self, node: Node) -> Any:
        # residuals depend on the arguments; only running fwd on the outer tape says how
        call = node[SAVED][0]
        return call, self._forward(call.arguments(call.lifted(node)))[1]

    def _pull(self, xp: Any, g: Any, saved: Any) -> Any:
        raise AssertionError("a node with several outputs is always walked by pull_to")

    @alone
    def _pull_to(self, xp: Any, g: Parts, saved: Any, fit: Any, times: Any) -> Any:
        call, residuals = saved
        raw = type(next(iter(g.values()))) is not Array
        ct = fit[1].unflatten(filled(g, fit))
        cotangents = self.bwd(residuals, ct)  # type: ignore[misc]
        return checked(call, cotangents, f"custom_vjp: bwd of {self.f.__name__}", raw)

    @alone
    def _push(self, xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
        return transposed(lambda xp, g: self._pull_to(xp, g, saved, fit, times), ts, fit)
