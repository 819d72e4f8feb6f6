"""Recording an op of two arrays without parameters, of which one or both are tracked."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import xgrad

from ...arrays.array import SCALARS, Array
from ...backends import COMPLEX, REAL
from ..operands import Op, call_raw, explain, operands, same_backend
from ..partials import applied, is_product, is_saved_itself, names_of, reader
from ..projection import bring, conj, spread_to
from ..tape import PARENTS, RULE, SAVED, Node, Rule, is_recording, next_serial
from .unary import FLOAT64, arrayed, new


class _Variants:
    """How to record a binary op when its first, its second, or both arguments are tracked."""

    first: tuple[Rule, Any]
    second: tuple[Rule, Any]
    both: tuple[Rule, Any]
    call: Callable[..., Any]
    product: Callable[..., Any] | None
    makes_zeros: bool


def _nothing(x1: Any, x2: Any, out: Any) -> Any:
    return None


def _second(x1: Any, x2: Any, out: Any) -> Any:
    return x2


_PACKERS: dict[tuple[int, ...], Callable[[Any, Any, Any], Any]] = {
    (): _nothing,
    (0,): lambda x1, x2, out: x1,
    (1,): _second,
    (2,): lambda x1, x2, out: out,
    (0, 1): lambda x1, x2, out: (x1, x2),
    (0, 2): lambda x1, x2, out: (x1, out),
    (1, 2): lambda x1, x2, out: (x2, out),
    (0, 1, 2): lambda x1, x2, out: (x1, x2, out),
}


def binary_variants(
    op: Op, rules: tuple[Any, ...], makes_zeros: bool, make: Any, product: Any = None
) -> _Variants:
    """Return the rules of a binary op for each choice of tracked arguments."""
    variants = _Variants()
    variants.product = product
    variants.makes_zeros = makes_zeros
    for name, wanted in (("first", (0,)), ("second", (1,)), ("both", (0, 1))):
        sources = [*op.arrays, "out"]
        skip = 1 if op.kind == "elementwise" else 2
        asked = [[sources.index(n) for n in names_of(rules[i], skip)] for i in wanted]
        kept = tuple(sorted({k for ks in asked for k in ks}))
        many = len(kept) > 1
        readers = [
            reader(rules[i], [kept.index(k) for k in ks], many)
            if op.kind == "elementwise"
            else None
            for i, ks in zip(wanted, asked, strict=True)
        ]
        walk = make(op, variants, rules, wanted, kept, asked, readers)
        pull, pull_to, push = walk
        rule = Rule(op.name, pull, pull_to, push, _binary_lift(kept, wanted), makes_zeros)
        rule.is_finite = op.kind != "elementwise" or all(read is None for read in readers)
        rule.square = op.square
        alone = op.kind == "elementwise" and product is None and len(wanted) == 1
        if alone and is_product(rules[wanted[0]], readers[0]):
            rule.partial = readers[0]
        setattr(variants, name, (rule, _PACKERS[kept]))
    return variants


def _binary_lift(kept: tuple[int, ...], wanted: tuple[int, ...]) -> Callable[[Node], Any]:
    def lift_one(node: Node, k: int, value: Any) -> Any:
        if type(value) in SCALARS:
            return value
        if k == 2:
            return Array(value, node)
        if k not in wanted:
            return Array(value)
        parents = node[PARENTS]
        return Array(value, parents[k] if len(wanted) == 2 else parents)

    def lift(node: Node) -> Any:
        if len(kept) == 1:
            return lift_one(node, kept[0], node[SAVED])
        return tuple(lift_one(node, k, v) for k, v in zip(kept, node[SAVED] or (), strict=True))

    return lift


def _both(partials: Any, kept: Any, asked: Any, pulls: Any) -> Callable[..., Any]:
    """Return ``pull`` of a binary elementwise op of which both arguments are tracked."""
    if all(is_saved_itself(p) for p in partials):  # a product
        (i,), (j,) = ([kept.index(k) for k in ks] for ks in asked)
        return lambda xp, g, saved: (g * saved[i], g * saved[j])
    if partials == (1, 1):
        return lambda xp, g, saved: (g, g)
    pull1, pull2 = pulls
    return lambda xp, g, saved: (pull1(xp, g, saved), pull2(xp, g, saved))


def elementwise_variant(
    op: Op, variants: _Variants, partials: Any, wanted: Any, kept: Any, asked: Any, readers: Any
) -> tuple[Any, Any, Any]:
    """Return pull, pull_to and push of a binary elementwise op for one choice of arguments."""
    own = variants.product
    pulls = [
        applied(partials[i], [kept.index(k) for k in ks], len(kept) > 1)
        for i, ks in zip(wanted, asked, strict=True)
    ]

    def part(i: int, xp: Any, g: Any, saved: Any, times: Any, adjoint: bool) -> Any:
        read = readers[i]
        if read is None or (times is operator.mul and own is None and not adjoint):
            return pulls[i](xp, g, saved)
        p = read(xp, saved)
        return (own or times)(g, conj(xp, p) if adjoint else p)

    if own is not None:

        def walk(xp: Any, g: Any, saved: Any) -> Any:
            cs = tuple(part(i, xp, g, saved, own, True) for i in range(len(wanted)))
            return cs if len(cs) == 2 else cs[0]

    def push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
        if variants.makes_zeros:
            times = xgrad.ops.elementwise.strong_multiply
        parts = [part(i, xp, t, saved, times, False) for i, t in enumerate(ts) if t is not None]
        t = parts[0] if len(parts) == 1 else parts[0] + parts[1]
        return spread_to(xp, t, *fit[0]) if fit else t

    if len(wanted) == 1:
        (pull,) = pulls

        def pull_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
            c = part(0, xp, g, saved, times, True)
            return bring(xp, c, *fit[1][0]) if fit else c

        return pull if own is None else walk, pull_to, push

    def pull_both_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
        c1, c2 = part(0, xp, g, saved, times, True), part(1, xp, g, saved, times, True)
        if not fit:
            return c1, c2
        fit1, fit2 = fit[1]
        return (
            bring(xp, c1, *fit1) if fit1 else c1,
            bring(xp, c2, *fit2) if fit2 else c2,
        )

    pull = _both(partials, kept, asked, pulls)
    return pull if own is None else walk, pull_both_to, push


def multilinear_variant(
    op: Op, variants: _Variants, transposes: Any, wanted: Any, kept: Any, asked: Any, readers: Any
) -> tuple[Any, Any, Any]:
    """Return pull, pull_to and push of a bilinear op for one choice of tracked arguments."""
    one = len(kept) == 1

    def value(saved: Any, k: int) -> Any:
        return saved if one else saved[kept.index(k)]

    first, second = transposes[wanted[0]], transposes[wanted[-1]]
    if asked == [[1], [0]] and kept == (0, 1):  # as in every product

        def pull(xp: Any, g: Any, saved: Any) -> Any:
            x1, x2 = saved
            return first(xp, g, x2), second(xp, g, x1)

    elif one and len(asked[0]) == 1 and len(wanted) == 1:

        def pull(xp: Any, g: Any, saved: Any) -> Any:
            return first(xp, g, saved)

    else:

        def pull(xp: Any, g: Any, saved: Any) -> Any:
            cs = tuple(
                [
                    transposes[i](xp, g, *[value(saved, k) for k in ks])
                    for i, ks in zip(wanted, asked, strict=True)
                ]
            )
            return cs if len(wanted) == 2 else cs[0]

    def pull_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
        cs = pull(xp, g, saved)
        if not fit:
            return cs
        if len(wanted) == 1:
            return bring(xp, cs, *fit[1][0])
        return tuple(bring(xp, c, *f) for c, f in zip(cs, fit[1], strict=True))

    def push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
        parts = []
        for i, t in zip(wanted, ts, strict=True):
            if t is not None:
                other = value(saved, 1 - i)
                parts.append(variants.call(t, other) if i == 0 else variants.call(other, t))
        t = parts[0] if len(parts) == 1 else parts[0] + parts[1]
        return spread_to(xp, t, *fit[0]) if fit else t

    return pull, pull_to, push


def binary_call(
    op: Op, variants: _Variants, axes: int | None = None, other: Any = None
) -> Callable[..., Any]:
    """Return the function that the user calls, for an op of two arrays.

    An elementwise op broadcasts all axes of its arrays; another one all but the last `axes`. What
    is not an `Array` beside another or beside a number goes to `other`.
    """
    raws, broadcasts, of_root = op.raws, op.kind == "elementwise", op.of_root
    other = other or (lambda x1, x2: _settled(op, call, x1, x2))

    first, pack_first = variants.first
    second, pack_second = variants.second
    both, pack_both = variants.both

    def call(x1: Any, x2: Any, /) -> Any:
        alone = False  # whether the tracked argument has a number beside it
        if type(x1) is Array:
            d1 = like = x1._data
            n1 = x1._node
            if type(x2) is Array:
                d2 = x2._data
                n2 = x2._node
                if type(d1) is not type(d2) and not same_backend(type(d1), type(d2)):
                    return other(x1, x2)
            else:
                d2 = x2
                n2 = None
                if type(x2) in SCALARS:
                    alone = True
                elif type(x2) is not type(d1):
                    return other(x1, x2)
        elif type(x2) is Array:
            d1 = x1
            d2 = like = x2._data
            n1 = None
            n2 = x2._node
            if type(x1) in SCALARS:
                alone = True
            elif type(x1) is not type(d2):
                return other(x1, x2)
        else:
            return other(x1, x2)
        kind = type(like)
        try:
            out = raws[kind](d1, d2)
        except Exception as error:
            explain(op, (x1, x2), error)
            raise
        if type(out) is not kind:
            out = arrayed(out)
        y: Any = new(Array)
        y._data = out
        if (n1 is None and n2 is None) or not is_recording():
            y._node = None
            return y
        dtype = out.dtype
        plain = dtype is FLOAT64 or dtype in REAL
        # A cotangent of the result fits an argument of its dtype and shape; else it is brought.
        if n2 is None:
            if (
                plain
                and d1.dtype is dtype
                and (alone or (d1.shape == out.shape if broadcasts else _fits(d1, d2, axes)))
            ):
                saved = (
                    None
                    if pack_first is _nothing
                    else d2
                    if pack_first is _second
                    else pack_first(d1, d2, out)
                )
                y._node = [next_serial(), first, n1, saved, None]
                return y
            rule, pack, parents = first, pack_first, n1
            likes: Any = ((d1.shape, d1.dtype),)
        elif n1 is None:
            if (
                plain
                and d2.dtype is dtype
                and (alone or (d2.shape == out.shape if broadcasts else _fits(d1, d2, axes)))
            ):
                y._node = [next_serial(), second, n2, pack_second(d1, d2, out), None]
                return y
            rule, pack, parents = second, pack_second, n2
            likes = ((d2.shape, d2.dtype),)
        else:
            if n1 is n2 and n1[RULE].square is not None and of_root is not None:
                return of_root(x1)
            rule, pack, parents = both, pack_both, (n1, n2)
            if plain and d1.dtype is dtype and d2.dtype is dtype:
                shape = d1.shape
                if broadcasts:
                    if d1 is d2 or shape == d2.shape:
                        saved = None if pack is _nothing else pack(d1, d2, out)
                        y._node = [next_serial(), rule, parents, saved, None]
                        return y
                    shape = out.shape
                    likes = (
                        None if d1.shape == shape else (d1.shape, dtype),
                        None if d2.shape == shape else (d2.shape, dtype),
                    )
                elif len(shape) == axes == len(d2.shape):
                    y._node = [next_serial(), rule, parents, pack(d1, d2, out), None]
                    return y
                else:
                    likes = ((shape, dtype), (d2.shape, dtype))
            else:
                likes = ((d1.shape, d1.dtype), (d2.shape, d2.dtype))
        if not plain and dtype not in COMPLEX:
            y._node = None
            return y
        fit = ((out.shape, dtype), likes)
        y._node = [next_serial(), rule, parents, pack(d1, d2, out), fit]
        return y

    return call


def _settled(op: Op, call: Callable[..., Any], x1: Any, x2: Any) -> Any:
    """Call an op on operands that are two raw arrays, or of two kinds, or nothing that it takes."""
    if type(x1) in op.raws and (type(x2) is type(x1) or type(x2) in SCALARS):
        return call_raw(op, (x1, x2))
    x1, x2 = operands(op, [x1, x2])
    if type(x1) is Array or type(x2) is Array:
        return call(x1, x2)
    return call_raw(op, (x1, x2))


def _fits(d1: Any, d2: Any, axes: int | None) -> bool:
    """Whether neither argument of an op that broadcasts all but `axes` axes has more."""
    return len(d1.shape) == axes == len(d2.shape)
