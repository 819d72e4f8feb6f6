"""Sums and products by fewer steps, of which no bit is another: signs, and powers of two.

A negation moves out of products and quotients, and into sums and constants: IEEE 754 rounds `-x` as
it rounds `x`. What is multiplied by a power of two and by another number is multiplied by both at
once where neither step can overflow or lose bits without the other. Only the sign of a NaN, which
no result of NumPy's is known by, may be another.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops.indexing import is_basic
from .live import needed, users_of
from .program import Equation, Var, frozen

__all__ = ["shortened"]


def shortened(equations: list[Equation], outputs: list[Any]) -> tuple[list[Equation], list[Any]]:
    """Return equations with the same results, and some of them simpler."""
    if not any(e.function is np.negative or _is_scaled(e) for e in equations):
        return equations, outputs
    signs = Signs(equations, outputs)
    found = signs.equations, signs.outputs
    if _size(*found) > _size(equations, outputs):
        found = equations, outputs
    return _written_once(_scaled(*found), found[1]), found[1]


def _size(equations: list[Equation], outputs: list[Any]) -> int:
    """Return how many numbers are computed."""
    return sum(v.size + 100 for e in needed(equations, outputs) for v in e.outs)


def _is_scaled(e: Equation) -> bool:
    return e.function is np.multiply or e.function is np.divide


def _is_real(*given: Any) -> bool:
    """Whether these are variables of one real dtype, or numbers beside one."""
    dtypes = {x.dtype for x in given if hasattr(x, "dtype")}
    return len(dtypes) == 1 and isinstance((d := dtypes.pop()), np.dtype) and d.kind == "f"


def _made(name: str, args: tuple[Any, ...], out: Var, like: Equation) -> Equation:
    """Return an equation in the place of another one."""
    f: Any = getattr(np, name)
    return Equation(f"xp.{name}", f, args, {}, [out], line=like.line, region=like.region)


class Signs:
    """Equations in which signs have moved to where they cost least.

    Attributes:
        equations, outputs: what came of it; of equations that nobody reads any more too.
    """

    def __init__(self, equations: list[Equation], outputs: list[Any]) -> None:
        self.equations: list[Equation] = []
        self._minus: dict[Var, Var] = {}  # what is the negative of another variable
        self._known: dict[Var, Any] = {}
        for e in equations:
            if self._known and any(v in self._known for v in e.inputs()):
                e = e.replaced(self._known)  # noqa: PLW2901 - with what is known of it
            plain = type(e.function) is np.ufunc and not e.kwargs and len(e.outs) == 1
            if plain and e.outs and _is_real(*e.args, e.outs[0]):
                self._one(e)
            else:
                self.equations.append(e)
        self.outputs = [self._known.get(x, x) if isinstance(x, Var) else x for x in outputs]
        self.equations = _with_signed_numbers(self.equations, self.outputs)

    def _one(self, e: Equation) -> None:
        f, out, args = e.function, e.outs[0], e.args
        bare = [self._minus.get(x, x) if isinstance(x, Var) else x for x in args]
        signed = [x is not y for x, y in zip(args, bare, strict=True)]
        if f is np.negative:
            self._negated(e)
        elif f in (np.multiply, np.divide) and any(signed):
            name = f.__name__
            whole = [y.shape == out.shape for x, y in zip(signed, bare, strict=True) if x]
            if all(signed):
                self.equations.append(_made(name, tuple(bare), out, e))
            elif not whole[0]:  # it is cheaper as it is
                self.equations.append(e)
            else:
                inner = Var(out.shape, out.dtype, out.order)
                self.equations.append(_made(name, tuple(bare), inner, e))
                self.equations.append(_made("negative", (inner,), out, e))
                self._minus[out] = inner
        elif f is np.add and signed[1]:
            self.equations.append(_made("subtract", (args[0], bare[1]), out, e))
        elif f is np.add and signed[0]:
            self.equations.append(_made("subtract", (args[1], bare[0]), out, e))
        elif f is np.subtract and all(signed):
            self.equations.append(_made("subtract", (bare[1], bare[0]), out, e))
        elif f is np.subtract and signed[1]:
            self.equations.append(_made("add", (args[0], bare[1]), out, e))
        elif f in (np.square, np.absolute) and signed[0]:
            self.equations.append(_made(f.__name__, (bare[0],), out, e))
        else:
            self.equations.append(e)

    def _negated(self, e: Equation) -> None:
        (x,), out = e.args, e.outs[0]
        if not isinstance(x, Var):
            self.equations.append(e)
        elif x in self._minus and self._minus[x].order == out.order:
            self._known[out] = self._minus[x]
        else:
            self._minus[out] = x
            self.equations.append(e)


def _with_signed_numbers(equations: list[Equation], outputs: list[Any]) -> list[Equation]:
    """Let products with a constant be negated by it."""
    users = users_of(equations, outputs)
    made: dict[Var, Equation] = {}
    found = list(equations)
    for n, e in enumerate(equations):
        if _is_scaled(e) and not e.kwargs and _number_in(e) is not None:
            made[e.outs[0]] = e
        x = e.args[0] if e.function is np.negative else None
        if isinstance(x, Var) and x in made and users.get(x) == 1:
            inner = made[x]
            k = _number_in(inner)
            args = list(inner.args)
            args[k] = -float(np.asarray(args[k], e.outs[0].dtype))  # type: ignore[index]
            found[n] = _made(inner.function.__name__, tuple(args), e.outs[0], e)
    return found


def _number_in(e: Equation) -> int | None:
    """Return which operand of a product or quotient is a number, beside an array."""
    for i, x in enumerate(e.args):
        is_number = type(x) in (int, float) or (isinstance(x, np.ndarray) and x.ndim == 0)
        other = e.args[1 - i]
        if is_number and isinstance(other, Var) and _is_real(other, e.outs[0], x):
            return i
    return None


def _scaled(equations: list[Equation], outputs: list[Any]) -> list[Equation]:
    """Let two products with numbers be one, where one of them is a power of two."""
    users = users_of(equations, outputs)
    made: dict[Var, Equation] = {}
    found = []
    for e in equations:
        k = _number_in(e) if _is_scaled(e) and not e.kwargs and len(e.args) == 2 else None
        if k is not None:
            e = _as_product(e, k)  # noqa: PLW2901 - a shorter one
            x = e.args[1 - k]
            inner = made.get(x) if e.function is np.multiply else None
            if inner is not None and users.get(x) == 1:
                i = _number_in(inner)
                both = _at_once(inner.args[i], e.args[k], e.outs[0].dtype)  # type: ignore[index]
                if both is not None:
                    args = (inner.args[1 - i], both)  # type: ignore[operator]
                    e = _made("multiply", args, e.outs[0], e)  # noqa: PLW2901 - of both
            if e.function is np.multiply:
                made[e.outs[0]] = e
        found.append(e)
    return found


def _as_product(e: Equation, k: int) -> Equation:
    """Return a quotient by a power of two as a product: it is rounded alike, and is faster."""
    if e.function is not np.divide or k != 1:
        return e
    out = e.outs[0]
    c = float(np.asarray(e.args[1], out.dtype))
    tiny = float(np.finfo(out.dtype).smallest_normal)
    if c and math.isfinite(c) and abs(math.frexp(c)[0]) == 0.5 and abs(1 / c) >= tiny:
        one = 1 / c
        if math.isfinite(float(np.asarray(one, out.dtype))):
            return _made("multiply", (e.args[0], one), out, e)
    return e


def _at_once(a: Any, b: Any, dtype: Any) -> float | None:
    """Return the number that stands for a product with `a` and then with `b`, if one does.

    Neither makes numbers smaller, and one is a power of two, the other in front of it whole: then
    no step rounds or overflows where the product of both does not.
    """
    with np.errstate(all="ignore"):
        a, b = (float(np.asarray(x, dtype)) for x in (a, b))
        both = float(np.asarray(a * b, dtype))
    if not (math.isfinite(both) and abs(a) >= 1 and abs(b) >= 1 and both == a * b):
        return None
    second = abs(math.frexp(b)[0]) == 0.5 and a.is_integer()
    return both if second or abs(math.frexp(a)[0]) == 0.5 else None


def _written_once(equations: list[Equation], outputs: list[Any]) -> list[Equation]:
    """Let what is written to a part of an array, and then added to, be written as the sum."""
    users = users_of(equations, outputs)
    written: dict[Var, Equation] = {}
    found = []
    for e in equations:
        if e.name == "setitem" and len(e.args) == 3 and isinstance(e.args[2], Var):
            written[e.outs[0]] = e
        x = e.args[0] if e.name == "index_add" else None
        before = written.get(x) if isinstance(x, Var) and users.get(x) == 1 else None
        if before is not None and _is_sum_of(before, e):
            value, more, out = before.args[2], e.args[2], e.outs[0]
            both = Var(value.shape, value.dtype)
            found.append(_made("add", (value, more), both, e))
            e = before.replaced({})  # noqa: PLW2901 - one write in the place of two
            e.args, e.outs = (*before.args[:2], both), [out]
            written[out] = e
        found.append(e)
    return found


def _is_sum_of(before: Equation, e: Equation) -> bool:
    """Whether an addition is to the very part of an array that was written just before."""
    value, more, out = before.args[2], e.args[2], e.outs[0]
    return (
        isinstance(more, Var)
        and value.shape == more.shape
        and value.dtype == more.dtype == out.dtype
        and before.region == e.region
        and is_basic(e.args[1])
        and frozen(before.args[1]) == frozen(e.args[1])
        and getattr(out.dtype, "kind", "") == "f"
    )
