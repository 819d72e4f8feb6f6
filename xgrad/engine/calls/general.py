"""Recording an op that has parameters, several results, or any number of arrays, or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...arrays.array import SCALARS, Array
from ...backends import COMPLEX, REAL, backend_of_type, lacking
from ...errors import NotDifferentiableError
from ..kinds import Builder, Saved
from ..operands import Op, call_raw, explain, leading_type, operands, same_backend
from ..tape import SELECT, Rule, is_recording, next_serial
from .unary import FLOAT64, arrayed, new


def general_call(op: Op, builder: Builder, view: Any = None) -> Callable[..., Any]:
    """Return the function that the user calls."""
    if len(op.arrays) == 1 and not op.variadic:
        general = single_call(op, builder, view)
        plain = op.kind == "linear" and len(op.rest) == 1 and not op.keywords
        return keyed_call(op, builder, view, general) if plain else general
    return several_call(op, builder)


def single_call(op: Op, builder: Builder, view: Any = None) -> Callable[..., Any]:
    """Return the function that the user calls, for an op of one array."""
    raws, keywords, most = op.raws, op.keywords, len(op.rest)
    (name,) = op.arrays
    rule, values, likes, keeps_out = builder.variant((True,))
    keeps_x, keeps_like, forgets_copy = bool(values), bool(likes), "copy" in keywords
    may_fit = op.kind == "linear"
    first_of_rest = op.rest[0] if op.rest else ""

    def call(*args: Any, **kwargs: Any) -> Any:
        if len(args) > 1 + most or not args or (kwargs and not kwargs.keys() <= keywords):
            arrays, _, _ = op.parse(args, kwargs)  # raises, or finds the array by its name
            return call(*arrays, **{k: v for k, v in kwargs.items() if k != name})
        x = args[0]
        if type(x) is not Array:
            if type(x) in raws:
                return raws[type(x)](*args, **kwargs)
            (x,), rest = operands(op, [x]), args[1:]
            return (
                call(x, *rest, **kwargs) if type(x) is Array else raws[type(x)](x, *rest, **kwargs)
            )
        data = x._data
        rest = args[1:]
        try:
            out = raws[type(data)](data, *rest, **kwargs)
        except Exception as error:
            explain(op, (x,), error)
            raise
        several = False
        if type(out) is not type(data):
            several = type(out) is tuple or isinstance(out, (tuple, list))
            out = out if several else arrayed(out)
        node = x._node
        if node is None or not is_recording():
            result = wrapped(out) if several else Array(out)
        else:
            saved = {**kwargs} if view else kwargs
            if forgets_copy:  # it says what may be done with these very buffers: not replayed
                saved.pop("copy", None)
            if rest:
                saved[first_of_rest] = rest[0]
                if len(rest) > 1:
                    saved.update(zip(op.rest, rest, strict=False))
            if keeps_x:
                saved[name] = data
            elif keeps_like:
                saved[name] = (data.shape, data.dtype)
            if may_fit and not several and data.dtype is out.dtype and out.dtype in REAL:
                result = new(Array)
                result._data = out
                result._node = [next_serial(), rule, node, saved, None]
            else:
                result = recorded(out, rule, node, saved, keeps_out, ((data.shape, data.dtype),))
        if view is not None and not several and getattr(out, "base", out) is not None:
            result._is_view_of(x, call, view, rest, kwargs)
        return result

    builder.call = call
    return call


def keyed_call(
    op: Op, builder: Builder, view: Any, general: Callable[..., Any]
) -> Callable[..., Any]:
    """Return the function that the user calls, for a linear op of one array and one parameter.

    As reading at an index is: it takes two thirds of what `single_call` does.
    """
    raws, (name,), (parameter,) = op.raws, op.arrays, op.rest
    rule, values, _, _ = builder.variant((True,))
    if values:
        return general

    def call(x: Any, key: Any, /) -> Any:
        if type(x) is not Array:
            return general(x, key)
        data = x._data
        kind = type(data)
        try:
            out = raws[kind](data, key)
        except Exception as error:
            explain(op, (x,), error)
            raise
        if type(out) is not kind:
            out = arrayed(out)
        node, dtype = x._node, out.dtype
        result: Any = new(Array)
        result._data = out
        if node is None or not is_recording():
            result._node = None
        else:
            saved = {parameter: key, name: (data.shape, dtype)}
            if dtype is FLOAT64 or dtype in REAL:
                result._node = [next_serial(), rule, node, saved, None]
            else:
                likes = ((data.shape, data.dtype),)
                result = recorded(out, rule, node, saved, False, likes)
        if view is not None and getattr(out, "base", out) is not None:
            result._is_view_of(x, call, view, (key,), {})
        return result

    builder.call = call
    return call


def recorded(out: Any, rule: Rule, parents: Any, saved: Saved, keeps_out: bool, likes: Any) -> Any:
    """Return a result, or several, with their place on the tape."""
    if isinstance(out, (tuple, list)):
        parts = [arrayed(x) for x in out]
        if keeps_out:
            saved["out"] = tuple(parts)
        fit = ([(x.shape, x.dtype) for x in parts], likes)
        node = [next_serial(), rule, parents, saved, fit]
        made = [
            Array(x, [next_serial(), SELECT, node, i, None])
            if x.dtype in REAL or x.dtype in COMPLEX
            else Array(x)
            for i, x in enumerate(parts)
        ]
        return out._make(made) if hasattr(out, "_make") else tuple(made)
    if out.dtype not in REAL and out.dtype not in COMPLEX:
        if why := lacking(out.dtype):
            raise NotDifferentiableError(f"{rule.name}: {out.dtype} has no derivatives{why}")
        return Array(out)
    if keeps_out:
        saved["out"] = out
    return Array(out, [next_serial(), rule, parents, saved, ((out.shape, out.dtype), likes)])


def several_call(op: Op, builder: Builder) -> Callable[..., Any]:
    """Return the function that the user calls, for an op of several arrays."""
    raws, count = op.raws, len(op.arrays)
    variants = builder.variants
    forgets_copy = "copy" in op.keywords

    def call(*args: Any, **kwargs: Any) -> Any:
        arrays: Any
        if op.variadic:
            arrays, rest = args, ()
            if kwargs:
                op.check(kwargs)
        elif len(args) == count and (not kwargs or kwargs.keys() <= op.keywords):
            arrays, rest = args, ()
        else:
            arrays, rest, kwargs = op.parse(args, kwargs)
        values: list[Any] = []
        nodes: list[Any] = []
        cls: type | None = None
        tracked = False
        for x in arrays:
            if type(x) is Array:
                data = x._data
                if cls is None:
                    cls = type(data)
                elif cls is not type(data) and not same_backend(cls, type(data)):
                    break
                values.append(data)
                node = x._node
                nodes.append(node)
                if node is not None:
                    tracked = True
            elif type(x) in SCALARS or x is None:
                values.append(x)
                nodes.append(None)
            else:
                break
        if cls is None or len(values) != len(arrays):
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
        if (
            not tracked
            or not is_recording()
            or not (several or out.dtype in REAL or out.dtype in COMPLEX)
        ):
            return wrapped(out) if several else Array(out)
        mask = () if op.variadic else tuple([node is not None for node in nodes])
        variant = variants.get(mask)
        rule, keep, likes, keeps_out = builder.variant(mask) if variant is None else variant
        saved = kwargs
        if forgets_copy:  # it says what may be done with these very buffers: not replayed
            saved.pop("copy", None)
        if rest:
            saved.update(zip(op.rest, rest, strict=False))
        for i, name in keep:
            saved[name] = values[i]
        shapes = likes_of(values)
        for i, name in likes:
            saved[name] = shapes[i]
        return recorded(out, rule, tuple(nodes), saved, keeps_out, shapes)

    builder.call = call
    return call


def constant_call(op: Op) -> Callable[..., Any]:
    """Return the function that the user calls, for an op whose result has no derivative."""
    raws, count = op.raws, len(op.arrays)
    simple = 1 <= count <= 2 and not op.variadic and not op.keywords and not op.rest

    def general(*args: Any, **kwargs: Any) -> Any:
        arrays, rest, kwargs = op.parse(args, kwargs)
        arrays = operands(op, arrays)
        values = [x._data if type(x) is Array else x for x in arrays]
        try:
            out = raws[leading_type(values)](*values, *rest, **kwargs)
        except Exception as error:
            explain(op, arrays, error)
            raise
        return wrapped(out) if any(type(x) is Array for x in arrays) else out

    if not simple:
        return general

    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs or len(args) != count:
            return general(*args, **kwargs)
        x1, x2 = args if count == 2 else (args[0], 0)
        if type(x1) is not Array:
            return general(*args)
        d1, d2 = x1._data, x2
        if type(x2) is Array:
            d2 = x2._data
            if type(d2) is not type(d1):
                return general(*args)
        elif type(x2) not in SCALARS:
            return general(*args)
        try:
            out = raws[type(d1)](d1, d2) if count == 2 else raws[type(d1)](d1)
        except Exception as error:
            explain(op, args, error)
            raise
        return Array(out) if type(out) is type(d1) else wrapped(out)

    return call


def likes_of(values: list[Any]) -> tuple[Any, ...]:
    """Return shape and dtype of each array among the operands."""
    return tuple(None if v is None or type(v) in SCALARS else (v.shape, v.dtype) for v in values)


def wrapped(out: Any) -> Any:
    """Return a raw result as an untracked `Array`, a tuple of results as a tuple of them."""
    if isinstance(out, (tuple, list)):
        parts = [wrapped(x) for x in out]
        return out._make(parts) if hasattr(out, "_make") else tuple(parts)
    out = arrayed(out)
    return Array(out) if backend_of_type(type(out)) else out
