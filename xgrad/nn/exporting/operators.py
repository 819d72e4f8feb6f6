"""What each function of a program is in ONNX."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...compiling.program import Equation, Var
from .graph import LAST, Graph
from .merging import Filled, Many

Handler = Callable[..., Any]
HANDLERS: dict[str, Handler] = {}

_SAME = {  # functions of one array that ONNX has
    "abs": "Abs",
    "acos": "Acos",
    "acosh": "Acosh",
    "asin": "Asin",
    "asinh": "Asinh",
    "atan": "Atan",
    "atanh": "Atanh",
    "ceil": "Ceil",
    "cos": "Cos",
    "cosh": "Cosh",
    "erf": "Erf",
    "exp": "Exp",
    "floor": "Floor",
    "isinf": "IsInf",
    "isnan": "IsNaN",
    "log": "Log",
    "logical_not": "Not",
    "negative": "Neg",
    "reciprocal": "Reciprocal",
    "round": "Round",
    "sign": "Sign",
    "sin": "Sin",
    "sinh": "Sinh",
    "sqrt": "Sqrt",
    "tan": "Tan",
    "tanh": "Tanh",
}
_TWO = {  # of two arrays, in the dtype of the result
    "add": "Add",
    "divide": "Div",
    "matmul": "MatMul",
    "maximum": "Max",
    "minimum": "Min",
    "multiply": "Mul",
    "pow": "Pow",
    "strong_multiply": "Mul",
    "subtract": "Sub",
    "logical_and": "And",
    "logical_or": "Or",
    "logical_xor": "Xor",
}
_COMPARED = {
    "equal": "Equal",
    "greater": "Greater",
    "greater_equal": "GreaterOrEqual",
    "less": "Less",
    "less_equal": "LessOrEqual",
}
_REDUCED = {
    "max": "ReduceMax",
    "mean": "ReduceMean",
    "min": "ReduceMin",
    "prod": "ReduceProd",
    "sum": "ReduceSum",
}


def handler(*names: str) -> Callable[[Handler], Handler]:
    """Say which functions of a program a function of this file writes down."""

    def decorate(f: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(names, f))
        return f

    return decorate


def convert(graph: Graph, e: Equation) -> None:
    """Add the nodes of an equation to a graph."""
    name = e.name
    out = e.outs[0]
    if name in _SAME and len(e.args) == 1:
        found = graph.node(_SAME[name], graph.name(e.args[0], None))
    elif name in _TWO or name in ("bitwise_and", "bitwise_or"):
        kind = _TWO.get(name) or {"bitwise_and": "And", "bitwise_or": "Or"}[name]
        found = graph.node(kind, *(graph.name(x, out.dtype) for x in e.args[:2]))
    elif name in _COMPARED or name == "not_equal":
        dtype = _common(e.args)
        found = graph.node(_COMPARED.get(name, "Equal"), *(graph.name(x, dtype) for x in e.args))
        found = graph.node("Not", found) if name == "not_equal" else found
    elif name in HANDLERS:
        found = HANDLERS[name](graph, out, *e.args, **e.kwargs)
    else:
        raise NotImplementedError(
            f"to_onnx: {name} has no counterpart here"
            + (f" ({e.line[0]}:{e.line[1]})" if e.line else "")
            + f". It knows {', '.join(sorted({*_SAME, *_TWO, *_COMPARED, *_REDUCED, *HANDLERS}))}"
        )
    graph.names[out] = found


def _common(args: Any) -> Any:
    """Return the dtype of a comparison, in which numbers of Python follow the arrays."""
    return np.result_type(*(x.dtype for x in args if hasattr(x, "dtype")))


def _axes(graph: Graph, axis: Any, ndim: int) -> list[int]:
    if axis is None:
        return list(range(ndim))
    given = axis if isinstance(axis, tuple) else (axis,)
    return [int(a) % ndim for a in given]


def _ints(graph: Graph, values: Any) -> str:
    return graph.constant(np.asarray(values, np.int64))


def _reduce(kind: str) -> Handler:
    def f(
        graph: Graph, out: Var, x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False
    ) -> str:
        name, axes = graph.name(x, out.dtype), _axes(graph, axis, len(x.shape))
        return str(graph.node(kind, name, _ints(graph, axes), keepdims=int(keepdims)))

    return f


HANDLERS.update({name: _reduce(kind) for name, kind in _REDUCED.items()})


@handler("square")
def _square(graph: Graph, out: Var, x: Any) -> Any:
    name = graph.name(x)
    return graph.node("Mul", name, name)


@handler("log1p")
def _log1p(graph: Graph, out: Var, x: Any) -> Any:
    return graph.node("Log", graph.node("Add", graph.name(x), graph.constant(1, out.dtype)))


@handler("expm1")
def _expm1(graph: Graph, out: Var, x: Any) -> Any:
    return graph.node("Sub", graph.node("Exp", graph.name(x)), graph.constant(1, out.dtype))


@handler("erfc")
def _erfc(graph: Graph, out: Var, x: Any) -> Any:
    return graph.node("Sub", graph.constant(1, out.dtype), graph.node("Erf", graph.name(x)))


@handler("ndtr")
def _ndtr(graph: Graph, out: Var, x: Any) -> Any:
    scaled = graph.node("Mul", graph.name(x), graph.constant(math.sqrt(0.5), out.dtype))
    one = graph.node("Add", graph.node("Erf", scaled), graph.constant(1, out.dtype))
    return graph.node("Mul", one, graph.constant(0.5, out.dtype))


@handler("where")
def _where(graph: Graph, out: Var, condition: Any, a: Any, b: Any) -> Any:
    sides = (graph.name(x, out.dtype) for x in (a, b))
    return graph.node("Where", graph.name(condition, np.bool_), *sides)


@handler("clip")
def _clip(graph: Graph, out: Var, x: Any, min: Any = None, max: Any = None) -> Any:
    found = graph.name(x, out.dtype)
    for kind, bound in (("Max", min), ("Min", max)):
        if bound is not None:
            found = graph.node(kind, found, graph.name(bound, out.dtype))
    return found


@handler("astype")
def _astype(graph: Graph, out: Var, x: Any, dtype: Any = None, **how: Any) -> Any:
    return graph.cast(graph.name(x), out.dtype)


@handler("asarray", "copy", "positive", "conj", "real", "copied")
def _same(graph: Graph, out: Var, x: Any, *args: Any, **how: Any) -> Any:
    return graph.name(x, out.dtype)


@handler("reshape")
def _reshape(graph: Graph, out: Var, x: Any, shape: Any = None, **how: Any) -> Any:
    lengths = out.shape
    if sum(isinstance(n, Many) for n in lengths) <= 1 and 0 not in lengths:
        sizes = _ints(graph, [-1 if isinstance(n, Many) else n for n in lengths])
    else:
        sizes = graph.sizes(lengths)
    return graph.node("Reshape", graph.name(x), sizes)


@handler("broadcast_to")
def _broadcast_to(graph: Graph, out: Var, x: Any, shape: Any = None) -> Any:
    return graph.node("Expand", graph.name(x), graph.sizes(out.shape))


@handler("permute_dims")
def _permute(graph: Graph, out: Var, x: Any, axes: Any) -> Any:
    perm = [int(a) % len(x.shape) for a in axes]
    return graph.node("Transpose", graph.name(x), perm=perm)


@handler("matrix_transpose")
def _matrix_transpose(graph: Graph, out: Var, x: Any) -> Any:
    n = len(x.shape)
    return graph.node("Transpose", graph.name(x), perm=[*range(n - 2), n - 1, n - 2])


@handler("expand_dims")
def _expand_dims(graph: Graph, out: Var, x: Any, axis: Any = 0) -> Any:
    return graph.node("Unsqueeze", graph.name(x), _ints(graph, _axes(graph, axis, len(out.shape))))


@handler("squeeze")
def _squeeze(graph: Graph, out: Var, x: Any, axis: Any = None) -> Any:
    return graph.node("Squeeze", graph.name(x), _ints(graph, _axes(graph, axis, len(x.shape))))


@handler("concat")
def _concat(graph: Graph, out: Var, arrays: Any, axis: Any = 0) -> Any:
    names = [graph.name(x, out.dtype) for x in arrays]
    return graph.node("Concat", *names, axis=int(axis) % len(out.shape))


@handler("stack")
def _stack(graph: Graph, out: Var, arrays: Any, axis: Any = 0) -> Any:
    at = int(axis) % len(out.shape)
    where = _ints(graph, [at])
    names = [graph.node("Unsqueeze", graph.name(x, out.dtype), where) for x in arrays]
    return graph.node("Concat", *names, axis=at)


@handler("argmax", "argmin")
def _argmax(graph: Graph, out: Var, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    if axis is None:
        raise NotImplementedError("to_onnx: argmax over all axes; pass axis=")
    found = graph.node("ArgMax", graph.name(x), axis=int(axis), keepdims=int(keepdims))
    return found if out.dtype == np.int64 else graph.cast(found, out.dtype)


@handler("take")
def _take(graph: Graph, out: Var, x: Any, indices: Any, axis: Any = 0) -> Any:
    return graph.node("Gather", graph.name(x), graph.name(indices), axis=int(axis))


@handler("take_along_axis")
def _along(graph: Graph, out: Var, x: Any, indices: Any, axis: Any = -1) -> Any:
    return graph.node("GatherElements", graph.name(x), graph.name(indices), axis=int(axis))


@handler("cumulative_sum")
def _running(graph: Graph, out: Var, x: Any, axis: Any = 0, **how: Any) -> Any:
    return graph.node("CumSum", graph.name(x, out.dtype), graph.constant(int(axis), np.int64))


@handler("flip")
def _flip(graph: Graph, out: Var, x: Any, axis: Any = None) -> Any:
    axes = _axes(graph, axis, len(x.shape))
    n = len(axes)
    ends = ([LAST] * n, [-LAST] * n, axes, [-1] * n)
    return graph.node("Slice", graph.name(x), *(_ints(graph, v) for v in ends))


# Indexing -----------------------------------------------------------------------------------


def _whole_key(key: Any, ndim: int) -> list[Any]:
    """Return an index with a part for each axis, and None for each new one."""
    parts = list(key) if isinstance(key, tuple) else [key]
    given = sum(p is not None and p is not Ellipsis for p in parts)
    if not any(p is Ellipsis for p in parts):
        parts.append(Ellipsis)
    at = next(i for i, p in enumerate(parts) if p is Ellipsis)
    return [*parts[:at], *[slice(None)] * (ndim - given), *parts[at + 1 :]]


@handler("getitem")
def _getitem(graph: Graph, out: Var, x: Any, key: Any) -> Any:
    parts = _whole_key(key, len(x.shape))
    found, axis, lost, new = graph.name(x), 0, [], []
    starts, ends, axes, steps = [], [], [], []
    place = 0
    for part in parts:
        if part is None:
            new.append(place)
            place += 1
            continue
        if isinstance(part, slice):
            start, end, step = _bounds(part)
            if (start, end, step) != (0, LAST, 1):
                starts.append(start)
                ends.append(end)
                axes.append(axis)
                steps.append(step)
            place += 1
        elif isinstance(part, (int, np.integer)):
            starts.append(int(part))
            ends.append(int(part) + 1 if part != -1 else LAST)
            axes.append(axis)
            steps.append(1)
            lost.append(axis)
        elif all(isinstance(p, slice) for p in parts if p is not part):
            if any(p != slice(None) for p in parts if p is not part):
                raise NotImplementedError("to_onnx: an array of indices beside slices")
            return graph.node("Gather", found, graph.name(part), axis=axis)
        else:
            raise NotImplementedError("to_onnx: an index by several arrays")
        axis += 1
    if axes:
        found = graph.node("Slice", found, *(_ints(graph, v) for v in (starts, ends, axes, steps)))
    found = graph.node("Squeeze", found, _ints(graph, lost)) if lost else found
    return graph.node("Unsqueeze", found, _ints(graph, new)) if new else found


def _bounds(part: slice) -> tuple[int, int, int]:
    """Return start, end and step of a slice; an end at the batch's is the end of the axis."""
    step = 1 if part.step is None else int(part.step)
    start = part.start if part.start is not None else (0 if step > 0 else LAST)
    end = part.stop if part.stop is not None else (LAST if step > 0 else -LAST)
    end = LAST if isinstance(end, Many) else end
    if isinstance(start, Many):
        raise NotImplementedError("to_onnx: a slice begins where the length of the batch says")
    return int(start), int(end), step


@handler("setitem")
def _setitem(graph: Graph, out: Var, base: Any, key: Any, value: Any, *how: Any) -> Any:
    """Write down an array in the middle of a constant one, which is how borders are made."""
    if isinstance(base, Filled):
        fill = base.value
    elif isinstance(base, np.ndarray) and base.size and np.all(base == base.flat[0]):
        fill = base.flat[0]
    else:
        raise NotImplementedError("to_onnx: a write into an array that is not constant")
    before, after = [], []
    for part, n in zip(_whole_key(key, len(out.shape)), out.shape, strict=True):
        start, end, step = _bounds(part) if isinstance(part, slice) else (None, None, 0)
        if step != 1 or start is None or end is None:
            raise NotImplementedError("to_onnx: a write at other places than one block")
        before.append(start)
        after.append(0 if end == LAST or isinstance(n, Many) else n - end)
    pads = _ints(graph, before + after)
    return graph.node("Pad", graph.name(value, out.dtype), pads, graph.constant(fill, out.dtype))


# Of networks ---------------------------------------------------------------------------------


@handler("nn_conv")
def _conv(graph: Graph, out: Var, x: Any, w: Any, window: Any, groups: int, shape: Any) -> Any:
    size, stride, dilation, *_ = window
    return graph.node(
        "Conv",
        graph.name(x),
        graph.name(w),
        strides=list(stride),
        dilations=list(dilation),
        group=groups,
        kernel_shape=list(size),
    )


@handler("nn_spread")
def _spread(graph: Graph, out: Var, y: Any, w: Any, window: Any, groups: int, shape: Any) -> Any:
    size, stride, dilation, *_ = window
    return graph.node(
        "ConvTranspose",
        graph.name(y),
        graph.name(w),
        strides=list(stride),
        dilations=list(dilation),
        group=groups,
        kernel_shape=list(size),
        output_padding=[n - m for n, m in zip(shape, window.extent, strict=True)],
    )


@handler("nn_largest")
def _largest(graph: Graph, out: Var, x: Any, window: Any) -> Any:
    size, stride, dilation, *_ = window
    return graph.node(
        "MaxPool",
        graph.name(x),
        strides=list(stride),
        dilations=list(dilation),
        kernel_shape=list(size),
    )
