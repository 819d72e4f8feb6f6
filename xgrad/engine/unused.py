"""What was not used has the cotangent zero, be it NaN, and a derivative that is zero too.

A cotangent that is zero because its entry was not used stays zero whatever it meets. Here is what
the rules ask for that: whether there is a NaN, and what takes its place. The rules themselves are
those of an op's own, as of a solver, where a member of a batch was not used (`apart`); those that
users wrote (`of_unused`); and sums of products (`contractions`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..arrays.array import Array
from ..arrays.node import Rule, next_serial
from ..backends import BY_TYPE, backend_of, is_recorded, under
from ..backends.effects import Recorder, recorder
from .handed import NAMESPACES


def has_nan(x: Any, unseen: bool = False, infinite: bool = False) -> bool:
    """Whether an array on the host has a NaN, or, as may be asked for, an infinity.

    One on a device is not asked, for it would wait, nor one that is recorded, which has no values:
    of these `unseen` is said.
    """
    raw = x._raw if type(x) is Array else x
    if isinstance(raw, (tuple, dict)):  # of an op with several results
        parts = raw.values() if isinstance(raw, dict) else raw
        return any(has_nan(part, unseen, infinite) for part in parts if part is not None)
    backend = BY_TYPE.get(type(raw)) or backend_of(raw)
    if backend.under is not None:
        raw = under(raw)
        backend = backend_of(raw)
    if not backend.on_host(raw):
        return unseen
    if backend.has_nan is not None and not infinite:
        return backend.has_nan(raw)
    total = backend.xp.sum(raw) if raw.shape else raw
    if infinite:
        return not backend.xp.isfinite(total)
    return bool(total != total)  # noqa: PLR0124 - true for NaN alone


def instead(found: Any, again: Callable[[], list[Any]], unseen: bool = False) -> Any:
    """Return cotangents, or those of ``again()`` if one has a NaN; what is None stays None."""
    here = [c for c in found if c is not None]
    if not here:
        return found
    program = None if type(here[0]) is Array else waited(here[0])
    if program is not None:
        return filled(found, program.if_nan(here, again))
    return filled(found, again()) if any(has_nan(c, unseen) for c in here) else found


def filled(found: Any, made: list[Any]) -> list[Any]:
    """Return cotangents with others in the places of those that there are."""
    others = iter(made)
    return [None if c is None else next(others) for c in found]


def waited(x: Any) -> Recorder | None:
    """Return the program in which an array is recorded, and may be looked at when it runs."""
    raw, now = x._raw if type(x) is Array else x, recorder.get()
    return now if now is not None and is_recorded(raw) and now.has_values(under(raw)) else None


def apart(pull: Callable[..., Any], together: Callable[[int, Any], tuple[int, ...]]) -> Any:
    """Return ``pull(xp, g, saved)`` of a rule in which a zero of `g` stays a zero.

    Where all that was made together has the cotangent zero, so has what it was made of: zero takes
    the place of NaN, and of nothing else, since what is used may have the cotangent zero by chance.

    Args:
        pull: the op's own, or what does as it does where `g` has zeros.
        together: ``together(ndim, saved)``, the axes of an argument that the op works on together,
            counted from the front; those before or beside them are batches.
    """

    def strong(xp: Any, g: Any, saved: Any) -> Any:
        cs = pull(xp, g, saved)
        several = isinstance(cs, (list, tuple))
        found = cs if several else [cs]

        def unused() -> Any:
            ndim = max(len(c.shape) for c in found if c is not None)
            axes, dead = together(ndim, saved), None
            for part in g if isinstance(g, (list, tuple)) else [g]:
                other = _unused(xp, part, ndim, axes)
                dead = other if dead is None else xp.logical_and(dead, other)
            return dead

        def again() -> list[Any]:
            dead, here = unused(), [c for c in found if c is not None]
            return [c if _is_summed(c, dead) else _without_nan(xp, c, dead) for c in here]

        if any(map(_is_infinite, saved if type(saved) is tuple else (saved,))):
            dead = unused()  # what is finite here may have a derivative that is not
            given = spared(g, dead), spared(saved, dead)
            found = spared(pull(xp, *given) if several else [pull(xp, *given)], dead)
        made = instead(found, again, unseen=True)
        return made if several else made[0]

    return strong


def _is_infinite(x: Any) -> bool:
    """Whether a saved value is on an outer tape and has entries that are not finite."""
    if type(x) is not Array or x._node is None:
        return False
    raw = under(x._raw)
    backend = backend_of(raw)
    if not backend.on_host(raw):
        return True
    return not bool(backend.xp.all(backend.xp.isfinite(raw)))


def spared(x: Any, dead: Any) -> Any:
    """Return arrays of an outer tape whose derivatives are zero instead of NaN where unused."""
    if type(x) is list or type(x) is tuple:
        return type(x)([spared(part, dead) for part in x])
    if type(x) is not Array or x._node is None or len(x.shape) > len(dead.shape):
        return x
    unused = dead._raw if type(dead) is Array else dead
    if len(x.shape) < len(dead.shape):
        if any(n != 1 for n in dead.shape):
            return x
        unused = NAMESPACES[type(unused)].reshape(unused, ())
    elif _is_summed(x, dead):
        return x
    return Array(x._raw, sparing(x, lambda: unused))


def sparing(x: Array, unused: Callable[[], Any]) -> Any:
    """Return the node of an array whose derivative is zero instead of NaN where ``unused()``."""
    return [next_serial(), _SPARED, x._node, unused, None]


def _spare(xp: Any, c: Any, unused: Callable[[], Any]) -> Any:
    def again() -> Any:
        dead = Array(unused()) if type(c) is Array else unused()
        return xp.where(xp.logical_and(dead, xp.logical_not(xp.isfinite(c))), 0.0, c)

    program = None if type(c) is Array else waited(c)
    if program is None:
        return again() if has_nan(c, infinite=True) else c
    sign = c - c  # NaN where it is infinite too
    return program.if_nan([c, sign], lambda: [again(), sign])[0]


_SPARED = Rule(
    "spared",
    _spare,
    lambda xp, g, unused, fit, times: _spare(xp, g, unused),
    lambda xp, ts, unused, fit, times: _spare(xp, ts[0], unused),
    makes_zeros=True,
)
_SPARED.is_opaque = False
"""The identity, whose derivative is zero instead of NaN where ``saved()`` is true."""


def of_unused(g: Any, cs: Any) -> Any:
    """Return the cotangents that a rule of the user's made, without NaN if nothing was used."""
    if isinstance(cs, dict):  # the part of an op with several results
        return cs
    several = isinstance(cs, (list, tuple))
    found = cs if several else [cs]

    def again() -> list[Any]:
        here = [c for c in found if c is not None]
        dead, xp = None, NAMESPACES[type(here[0])]
        for part in g.values() if isinstance(g, dict) else [g]:
            unused = xp.all(part == 0)
            dead = unused if dead is None else xp.logical_and(dead, unused)
        return [_without_nan(xp, c, dead) for c in here]

    made = instead(found, again, unseen=True)
    return made if several else made[0]


def _without_nan(xp: Any, c: Any, dead: Any) -> Any:
    return xp.where(xp.logical_and(dead, c != c), 0.0, c)  # noqa: PLR0124 - true for NaN alone


def _unused(xp: Any, g: Any, ndim: int, axes: tuple[int, ...]) -> Any:
    """Return where a cotangent of the result is all zero; `axes` have length one."""
    zero, batch = g == 0, ndim - len(axes)
    if len(g.shape) == ndim:
        return xp.all(zero, axis=axes, keepdims=True) if axes else zero
    if len(g.shape) > batch:  # the result has axes of its own behind the batch
        zero = xp.all(zero, axis=tuple(range(batch, len(g.shape))))
    shape = list(zero.shape)
    for axis in axes:
        shape.insert(axis, 1)
    return xp.reshape(zero, tuple(shape))


def _is_summed(c: Any, dead: Any) -> bool:
    """Whether a cotangent is a sum over the batch, whose parts cannot be told apart."""
    have = (1,) * (len(dead.shape) - len(c.shape)) + tuple(c.shape)
    return any(d not in (1, n) for d, n in zip(dead.shape, have, strict=True))
