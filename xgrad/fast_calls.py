"""Recording an op of one or two arrays without parameters: where most programs spend their time.

What can be decided when the op is defined is decided then, by closures; what a call still does is
unwrap, call the backend's function, compare shapes and dtypes once, and make one node.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from .array import SCALARS, Array
from .backends import COMPLEX, REAL
from .dispatch import Op, call_raw, explain, operands
from .fitting import bring, conj, spread_to
from .tape import PARENTS, SAVED, Node, Rule, is_recording, next_serial

Partial = Callable[..., Any] | int


def _reader(f: Partial, positions: list[int], many: bool) -> Callable[..., Any] | None:
    """Return ``read(xp, saved)``, a rule on the saved values it names; None for the constant 1."""
    if not callable(f):
        return None
    if not positions:
        return lambda xp, saved: f(xp)
    if not many:
        return f
    if len(positions) == 1:
        i = positions[0]
        return lambda xp, saved: f(xp, saved[i])
    return lambda xp, saved: f(xp, *[saved[i] for i in positions])


def names_of(f: Any, skip: int) -> list[str]:
    """Return what a rule asks for, after ``xp`` and whatever else comes first."""
    return list(inspect.signature(f).parameters)[skip:] if callable(f) else []


def unary_call(op: Op, partial: Partial, makes_zeros: bool) -> Callable[..., Any]:
    """Return the function that the user calls, for an elementwise op of one array."""
    names = names_of(partial, 1)
    keeps_x, keeps_out = op.arrays[0] in names, "out" in names
    many = len(names) > 1
    read = _reader(partial, list(range(len(names))), many)

    def pull_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
        c = times(g, conj(xp, read(xp, saved))) if read else g if partial == 1 else -g
        return bring(xp, c, *fit[1][0]) if fit else c

    def push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
        if makes_zeros:  # what is clipped stays zero, though its tangent be infinite
            times = xgrad.ops.elementwise.strong_multiply
        t = times(ts[0], read(xp, saved)) if read else ts[0] if partial == 1 else -ts[0]
        return spread_to(xp, t, *fit[0]) if fit else t

    def lift(node: Node) -> Any:
        if not many:
            return Array(node[SAVED], node[PARENTS] if keeps_x else node) if names else None
        return tuple(
            Array(value, node if name == "out" else node[PARENTS])
            for name, value in zip(names, node[SAVED], strict=True)
        )

    pull: Callable[..., Any]
    if read is None:
        pull = (lambda xp, g, saved: g) if partial == 1 else (lambda xp, g, saved: -g)
    else:
        pull = _product_pull(read)
    rule = Rule(op.name, pull, pull_to, push, lift, makes_zeros)
    raws = op.raws
    out_first = many and names[0] == "out"

    def call(x: Any, /) -> Any:
        if type(x) is not Array:
            if type(x) in raws:
                return raws[type(x)](x)
            (x,) = operands(op, [x])
            return call(x) if type(x) is Array else raws[type(x)](x)
        data = x._data
        try:
            out = raws[type(data)](data)
        except Exception as error:
            explain(op, (x,), error)
            raise
        if type(out) is not type(data):
            out = arrayed(out)
        parent = x._node
        if parent is None or not is_recording():
            return Array(out)
        saved: Any
        if many:
            saved = (out, data) if out_first else (data, out)
        else:
            saved = data if keeps_x else out if keeps_out else None
        dtype = out.dtype
        if dtype in REAL and data.dtype is dtype:
            return Array(out, [next_serial(), rule, parent, saved, None])
        if dtype not in REAL and dtype not in COMPLEX:
            return Array(out)
        fit = ((out.shape, dtype), ((data.shape, data.dtype),))
        return Array(out, [next_serial(), rule, parent, saved, fit])

    return call


def arrayed(out: Any) -> Any:
    """Return what a raw function gave as an array: NumPy gives scalars for 0-d results."""
    return np.asarray(out) if isinstance(out, np.generic) else out


# Two arrays, no parameters ------------------------------------------------------------------------


class _Variants:
    """How to record a binary op when its first, its second, or both arguments are tracked."""

    first: tuple[Rule, Any]
    second: tuple[Rule, Any]
    both: tuple[Rule, Any]
    call: Callable[..., Any]
    product: Callable[..., Any] | None
    makes_zeros: bool


_PACKERS: dict[tuple[int, ...], Callable[[Any, Any, Any], Any]] = {
    (): lambda x1, x2, out: None,
    (0,): lambda x1, x2, out: x1,
    (1,): lambda x1, x2, out: x2,
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
            _reader(rules[i], [kept.index(k) for k in ks], many)
            if op.kind == "elementwise"
            else None
            for i, ks in zip(wanted, asked, strict=True)
        ]
        walk = make(op, variants, rules, wanted, kept, asked, readers)
        pull, pull_to, push = walk
        rule = Rule(op.name, pull, pull_to, push, _binary_lift(kept, wanted), makes_zeros)
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


_SAVED_ITSELF = (lambda xp, value: value).__code__.co_code


def _product_pull(read: Callable[..., Any]) -> Callable[..., Any]:
    """Return the pull of a partial; one that is a saved value itself needs no call."""
    if getattr(read, "__code__", None) and read.__code__.co_code == _SAVED_ITSELF:
        return lambda xp, g, saved: g * saved
    return lambda xp, g, saved: g * read(xp, saved)


def elementwise_variant(
    op: Op, variants: _Variants, partials: Any, wanted: Any, kept: Any, asked: Any, readers: Any
) -> tuple[Any, Any, Any]:
    """Return pull, pull_to and push of a binary elementwise op for one choice of arguments."""
    own = variants.product

    def part(i: int, xp: Any, g: Any, saved: Any, times: Any, adjoint: bool) -> Any:
        read, partial = readers[i], partials[wanted[i]]
        if read is None:
            return g if partial == 1 else -g
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
        (read,), partial = readers, partials[wanted[0]]
        if read is None:
            pull = (lambda xp, g, saved: g) if partial == 1 else (lambda xp, g, saved: -g)
        else:
            pull = _product_pull(read)

        def pull_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
            c = part(0, xp, g, saved, times, True)
            return bring(xp, c, *fit[1][0]) if fit else c

        return pull if own is None else walk, pull_to, push

    read1, read2 = readers

    def pull_both(xp: Any, g: Any, saved: Any) -> Any:
        return (
            (g if partials[0] == 1 else -g) if read1 is None else g * read1(xp, saved),
            (g if partials[1] == 1 else -g) if read2 is None else g * read2(xp, saved),
        )

    def pull_both_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
        cs = part(0, xp, g, saved, times, True), part(1, xp, g, saved, times, True)
        return (bring(xp, cs[0], *fit[1][0]), bring(xp, cs[1], *fit[1][1])) if fit else cs

    return pull_both if own is None else walk, pull_both_to, push


def multilinear_variant(
    op: Op, variants: _Variants, transposes: Any, wanted: Any, kept: Any, asked: Any, readers: Any
) -> tuple[Any, Any, Any]:
    """Return pull, pull_to and push of a bilinear op for one choice of tracked arguments."""
    one = len(kept) == 1

    def value(saved: Any, k: int) -> Any:
        return saved if one else saved[kept.index(k)]

    def pull(xp: Any, g: Any, saved: Any) -> Any:
        cs = tuple(
            transposes[i](xp, g, *[value(saved, k) for k in ks])
            for i, ks in zip(wanted, asked, strict=True)
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


def binary_call(op: Op, variants: _Variants) -> Callable[..., Any]:
    """Return the function that the user calls, for an op of two arrays."""
    raws, broadcasts = op.raws, op.kind == "elementwise"

    first, pack_first = variants.first
    second, pack_second = variants.second
    both, pack_both = variants.both

    def call(x1: Any, x2: Any, /) -> Any:
        n1 = n2 = None
        likes: tuple[Any, ...]
        if type(x1) is Array:
            d1 = x1._data
            n1 = x1._node
            if type(x2) is Array:
                d2 = x2._data
                n2 = x2._node
                if type(d1) is not type(d2):
                    return call(*operands(op, [x1, x2]))
            elif type(x2) in SCALARS:
                d2 = x2
                if n1 is not None and broadcasts and is_recording():  # the commonest, made short
                    try:
                        out = raws[type(d1)](d1, d2)
                    except Exception as error:
                        explain(op, (x1, x2), error)
                        raise
                    if out.dtype is d1.dtype and out.dtype in REAL:
                        if type(out) is not type(d1):
                            out = arrayed(out)
                        return Array(out, [next_serial(), first, n1, pack_first(d1, d2, out), None])
            else:
                return call(*operands(op, [x1, x2]))
            like = d1
        elif type(x2) is Array and type(x1) in SCALARS:
            d1, d2 = x1, x2._data
            n2 = x2._node
            like = d2
        else:
            if type(x1) in raws and (type(x2) is type(x1) or type(x2) in SCALARS):
                return call_raw(op, (x1, x2))
            x1, x2 = operands(op, [x1, x2])
            if type(x1) is Array or type(x2) is Array:
                return call(x1, x2)
            return call_raw(op, (x1, x2))
        try:
            out = raws[type(like)](d1, d2)
        except Exception as error:
            explain(op, (x1, x2), error)
            raise
        if type(out) is not type(like):
            out = arrayed(out)
        if (n1 is None and n2 is None) or not is_recording():
            return Array(out)
        dtype = out.dtype
        fits = dtype in REAL and broadcasts
        shape = out.shape if fits else None
        if n2 is None:
            rule, pack = first, pack_first
            if fits and d1.dtype is dtype and d1.shape == shape:
                return Array(out, [next_serial(), rule, n1, pack(d1, d2, out), None])
            parents, likes = n1, ((d1.shape, d1.dtype),)
        elif n1 is None:
            rule, pack = second, pack_second
            if fits and d2.dtype is dtype and d2.shape == shape:
                return Array(out, [next_serial(), rule, n2, pack(d1, d2, out), None])
            parents, likes = n2, ((d2.shape, d2.dtype),)
        else:
            rule, pack = both, pack_both
            if (
                fits
                and d1.dtype is dtype
                and d2.dtype is dtype
                and d1.shape == shape
                and d2.shape == shape
            ):
                return Array(out, [next_serial(), rule, (n1, n2), pack(d1, d2, out), None])
            parents, likes = (n1, n2), ((d1.shape, d1.dtype), (d2.shape, d2.dtype))
        if dtype not in REAL and dtype not in COMPLEX:
            return Array(out)
        fit = ((out.shape, dtype), likes)
        return Array(out, [next_serial(), rule, parents, pack(d1, d2, out), fit])

    return call
