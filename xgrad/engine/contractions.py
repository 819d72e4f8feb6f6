"""Structural zeros through a contraction: what a mask leaves out does not reach a sum of products.

A cotangent that is zero because its entry was not used stays zero whatever it meets. For a product
of two elements the strong product sees to that; in a sum of products, as in a matrix product or a
convolution, zero times NaN would make the whole sum NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..arrays.array import SCALARS, Array
from . import handed
from .handed import NAMESPACES
from .unused import filled, has_nan, instead, sparing, waited


class Protected:
    """``pull(xp, g, saved)`` of a multilinear op in which a zero of `g` stays a zero.

    If a NaN comes out, the cotangent is computed once more without what is not finite in the
    operands. An entry keeps its first value where something that is not finite was really used:
    the same contraction tells, of ones where `g` is not zero and where operands are not finite.
    While a function is recorded nobody knows whether a NaN comes out: the program looks when it
    runs. Where an outer tape watches as well, so do the derivatives of such a step.

    Args:
        pull: the op's own.
        arrays: which of the saved values are operands; the others are parameters.
    """

    def __init__(self, pull: Callable[..., Any], arrays: list[bool]) -> None:
        self.pull, self.arrays = pull, arrays

    def __call__(self, xp: Any, g: Any, saved: Any) -> Any:
        """Return the cotangent of each operand."""
        if type(g) is Array:
            saved = self.watched(g, saved)
        found = self.pull(xp, g, saved)
        several = isinstance(found, (list, tuple))
        cs = found if several else [found]
        for c in cs:
            if c is not None and has_nan(c, unseen=True):
                break
        else:
            return found

        def plainly(xp: Any, given: list[Any]) -> list[Any]:
            g, *xs = given
            return _some(self.pull(xp, g, self.having(xs, saved)))

        def carefully(xp: Any, given: list[Any], first: list[Any] | None = None) -> list[Any]:
            g, *xs = given
            odd = [xp.logical_not(xp.isfinite(x)) for x in xs]
            zeroed = [xp.where(bad, 0.0, x) for bad, x in zip(odd, xs, strict=True)]
            ones = [xp.astype(bad, x.dtype) for bad, x in zip(odd, xs, strict=True)]
            clean = plainly(xp, [g, *zeroed])
            used = plainly(xp, [xp.astype(g != 0, g.dtype), *ones])
            first = plainly(xp, given) if first is None else first
            parts = zip(first, clean, used, strict=True)
            return [xp.where(xp.real(u) > 0, c, d) for c, d, u in parts]

        here, given = _some(cs), [g, *self.operands(saved)]
        program = waited(here[0]) if type(here[0]) is Array else None
        if program is None:
            made = instead(cs, lambda: carefully(xp, given, here))
        else:
            made = filled(cs, program.mended(plainly, carefully, given))
        return made if several else made[0]

    def operands(self, saved: Any) -> list[Any]:
        """Return the arrays among the saved values that `pull` multiplies."""
        values = saved if len(self.arrays) > 1 else (saved,)
        return [x for x, is_array in zip(values, self.arrays, strict=True) if _is_one(x, is_array)]

    def having(self, given: list[Any], saved: Any) -> Any:
        """Return the saved values with others in the places of the operands."""
        values, left = saved if len(self.arrays) > 1 else (saved,), iter(given)
        pairs = zip(values, self.arrays, strict=True)
        done = [next(left) if _is_one(x, is_array) else x for x, is_array in pairs]
        return tuple(done) if len(self.arrays) > 1 else done[0]

    def watched(self, g: Array, saved: Any) -> Any:
        """Return the saved values; where `g` leaves them out, tangents are zero instead of NaN."""
        given = self.operands(saved)
        xs = [
            x
            if type(x) is not Array or x._node is None
            else Array(x._raw, sparing(x, partial(self.unused, g._raw, given, i, saved)))
            for i, x in enumerate(given)
        ]
        return self.having(xs, saved)

    def unused(self, g: Any, given: list[Any], i: int, saved: Any) -> Any:
        """Return where an operand meets nothing but zeros of `g`, by numbers that do not cancel."""
        raws = [x._raw if type(x) is Array else x for x in given]
        xp, raw = NAMESPACES[type(g)], raws[i]
        ones: list[Any] = [Array(xp.ones_like(x)) for x in raws]
        places = xp.cumulative_sum(xp.ones_like(xp.reshape(xp.real(g), (-1,))))
        turns = xp.reshape(places * 0.6180339887, g.shape)
        weights = xp.where(g != 0, xp.astype(1.0 + turns - xp.floor(turns), g.dtype), 0.0)

        def pulled(x: Any) -> list[Any]:
            others = self.having([*ones[:i], x, *ones[i + 1 :]], saved)
            return _some(self.pull(handed.namespace, Array(weights), others))

        outs, back = handed.namespace.vjp(pulled, Array(xp.ones_like(raw)))
        (used,) = back([handed.namespace.ones_like(y) for y in outs])
        return used._raw == 0


def _is_one(x: Any, is_array: bool) -> bool:
    """Whether a saved value is an operand: there, and no number."""
    return is_array and x is not None and type(x) not in SCALARS


def _some(cs: Any) -> list[Any]:
    """Return the cotangents that there are, of one operand or several."""
    return [c for c in (cs if isinstance(cs, (list, tuple)) else [cs]) if c is not None]
