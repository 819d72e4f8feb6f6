"""Calling an op that has parameters, several results, or any number of arrays."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from ...arrays.array import SCALARS, Array
from ...arrays.node import Rule, is_recording, next_serial
from ...backends import REAL
from ..definition import Op
from ..kinds import Constant, Kind
from ..operands import call_raw, explain, operands, same_backend
from ..projection import like
from .results import arrayed, new, on_tape, parts_on_tape, wrapped

_Recording = tuple[Rule, tuple[int, ...], Callable[[list[Any], tuple[Any, ...], Any], Any]]
"""How to record a call: the rule, which arrays are tracked, and how to save what the rule names."""


def general_call(op: Op, kind: Kind, view: Any = None) -> Callable[..., Any]:
    """Return the function that the user calls.

    Args:
        op: what the definition says.
        kind: the op's kind, which makes its rules.
        view: ``view(base, new, **parameters)``, the base after a view of it was written to, if the
            result is a view.
    """
    raws, count, defaults = op.raws, len(op.arrays), op.standard
    records = not isinstance(kind, Constant)
    keywords = op.keywords.difference(op.arrays, op.rest)
    copies = "copy" in op.parameters  # it is about this call's buffers: a jvp must not inherit it
    # What the one array of an op is like follows from the rule, and so do those of a joint
    # transpose; several arrays may have been broadcast.
    trusts_shape = op.variadic or count == 1
    recordings: dict[int, _Recording] = {}

    def call(*args: Any, **kwargs: Any) -> Any:
        arrays: Any = args
        rest: Any = ()
        if op.variadic:
            op.check(kwargs)
        elif len(args) != count or (kwargs and not kwargs.keys() <= keywords):
            arrays, rest, kwargs = op.parse(args, kwargs)
        values: list[Any] = []
        nodes: list[Any] = []
        mask, bit, cls = 0, 1, None
        for x in arrays:
            if type(x) is Array:
                data = x._data
                if cls is None:
                    cls = type(data)
                elif cls is not type(data) and not same_backend(cls, type(data)):
                    break
                values.append(data)
                if x._node is not None:
                    nodes.append(x._node)
                    mask |= bit
            elif type(x) in SCALARS or x is None:
                values.append(x)
            else:
                break
            bit += bit
        if cls is None or len(values) != len(arrays):
            if count == 1 and type(arrays[0]) in raws:
                return call_raw(op, (*arrays, *rest), kwargs)
            arrays = operands(op, list(arrays))
            if any(type(x) is Array for x in arrays):
                return call(*arrays, *rest, **kwargs)
            return call_raw(op, (*arrays, *rest), kwargs)
        try:
            out = raws[cls](*values, *rest, **kwargs)
        except Exception as error:
            explain(op, arrays, error)
            raise
        several = False
        if type(out) is not cls:
            several = isinstance(out, (tuple, list))
            if not several:
                out = arrayed(out)
        if not mask or not records or not is_recording():
            result = Array(out) if type(out) is cls else wrapped(out)
        else:
            recording = recordings.get(mask)
            if recording is None:
                recording = recordings[mask] = _recording(op, kind, len(arrays), mask)
            rule, tracked, pack = recording
            parameters = op.values(rest, kwargs) if rest or kwargs else defaults
            if copies and kwargs:
                parameters = op.values(rest, {n: v for n, v in kwargs.items() if n != "copy"})
            parents: Any = nodes[0] if len(nodes) == 1 else tuple(nodes)
            if several:
                return _several(out, rule, parents, pack, values, parameters, tracked)
            dtype, shape = out.dtype, out.shape
            fits = dtype in REAL and kind.fits
            for i in tracked:
                data = values[i]
                if data.dtype is not dtype or not (trusts_shape or data.shape == shape):
                    fits = False
            saved = pack(values, parameters, out)
            result = new(Array)
            result._data = out
            if fits:
                result._node = [next_serial(), rule, parents, saved, None]
            else:
                fit = (like(out), tuple([like(values[i]) for i in tracked]))
                on_tape(result, rule, parents, saved, fit)
        if view is not None and not several and getattr(out, "base", out) is not None:
            result._is_view_of(arrays[0], call, view, rest, kwargs)
        return result

    kind.call = call
    return call


def _several(
    out: Any, rule: Rule, parents: Any, pack: Any, values: Any, parameters: Any, tracked: Any
) -> Any:
    """Return several raw results as a tuple of arrays on the tape, of one node."""
    parts = [arrayed(x) for x in out]
    fit = ([like(x) for x in parts], tuple([like(values[i]) for i in tracked]))
    node = [next_serial(), rule, parents, pack(values, parameters, tuple(parts)), fit]
    made = parts_on_tape(parts, node)
    return out._make(made) if hasattr(out, "_make") else tuple(made)


def _recording(op: Op, kind: Kind, count: int, mask: int) -> _Recording:
    """Return how to record a call of `count` arrays, of which those in `mask` are tracked."""
    tracked = tuple(i for i in range(count) if mask >> i & 1)
    rule = kind.rule(tracked)
    return rule, tracked, _packing(op, kind, rule.keeps)


def _packing(op: Op, kind: Kind, keeps: tuple[str, ...]) -> Callable[..., Any]:
    """Return ``pack(values, parameters, out)``: what a rule names, as a node saves it."""
    if not keeps:
        return lambda values, parameters, out: None
    arrays = op.arrays
    positions = [op.sources.index(name) for name in keeps]
    pick = itemgetter(*positions)
    liked = [name in kind.likes for name in arrays]
    if max(positions) < len(arrays) and not any(liked):
        return lambda values, parameters, out: pick(values)
    if liked == [True]:
        return lambda values, parameters, out: pick((like(values[0]), None, *parameters, out))

    def pack(values: list[Any], parameters: tuple[Any, ...], out: Any) -> Any:
        likes = tuple([like(x) for x in values])
        shown = [y if as_like else x for x, y, as_like in zip(values, likes, liked, strict=False)]
        return pick((*shown, likes, *parameters, out))

    return pack
