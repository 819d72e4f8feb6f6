"""Functions between xgrad and PyTorch's autograd; see `xgrad.interchange`.

Each crossing is one op on the other side, whose derivative crosses again: the backward of a wrapped
function is the wrapped pullback, and so may be differentiated in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

import xgrad
from xgrad import tree
from xgrad.backends import backend_of, load

from .borders import name_of, pullback_of, pushforward_of, split
from .detect import require

torch: Any = require("torch")
HOMES = {"cpu": "numpy", "cuda": "cupy"}
"""The backend whose arrays share the memory of tensors on a device."""


def _inside(t: Any, backend: str) -> Any:
    """Return a tensor as a raw array of a backend, in the same memory."""
    t = t.detach().resolve_conj().resolve_neg()
    return t if backend == "torch" else load(backend).xp.from_dlpack(t)


def _outside(raw: Any) -> Any:
    """Return a raw array as a tensor, in the same memory where PyTorch can share it."""
    raw = raw.data if isinstance(raw, xgrad.Array) else np.asarray(raw) if np.isscalar(raw) else raw
    if isinstance(raw, torch.Tensor):
        return raw
    if isinstance(raw, np.ndarray) and (not raw.flags.writeable or min(raw.strides, default=0) < 0):
        raw = raw.copy()  # PyTorch knows neither
    return torch.from_dlpack(raw)


def _is_floating(x: Any) -> bool:
    return isinstance(x, torch.Tensor) and (x.is_floating_point() or x.is_complex())


# From xgrad to PyTorch ----------------------------------------------------------------------------


def outward(f: Callable[..., Any], backend: str | None) -> Callable[..., Any]:
    """See `xgrad.interchange.to_torch`."""

    @wraps(f)
    def on_tensors(*args: Any) -> Any:
        leaves, structure = tree.flatten(args)
        places = [i for i, x in enumerate(leaves) if isinstance(x, torch.Tensor)]
        shape: list[Any] = []

        def flat(*arrays: Any) -> list[Any]:
            given = list(leaves)
            for i, x in zip(places, arrays, strict=True):
                given[i] = x
            out, of_out = tree.flatten(f(*structure.unflatten(given)))
            shape[:] = [of_out]
            return out

        tensors = [leaves[i] for i in places]
        if not tensors:
            raise TypeError(f"to_torch: {name_of(f)} got no tensors; expected at least one")
        outs = _Op.apply(_Call(flat, backend or _home(tensors)), *tensors)
        return shape[0].unflatten(outs)

    return on_tensors


def _home(tensors: Sequence[Any]) -> str:
    kinds = {t.device.type for t in tensors}
    if len(kinds) != 1 or not kinds <= set(HOMES):
        raise TypeError(
            f"to_torch: got tensors on {sorted(kinds)}; expected all on one of {sorted(HOMES)}, "
            "or backend='torch', which leaves them where they are"
        )
    return HOMES[kinds.pop()]


class _Call:
    """One call of a function of flat arrays, and its pullback once it was recorded."""

    def __init__(self, f: Callable[..., Any], backend: str) -> None:
        self.f, self.backend = f, backend
        self.pullback: Callable[..., Any] | None = None

    def run(self, tensors: Sequence[Any], recorded: bool) -> list[Any]:
        """Return the results as tensors."""
        raws = [_inside(t, self.backend) for t in tensors]
        if recorded:
            outs, self.pullback = pullback_of(self.f, raws)
        else:
            outs = self.f(*raws)
        return [_own(_outside(out), tensors) for out in outs]

    def pull(self, count: int) -> _Call:
        """Return the function from arrays and cotangents to the cotangents of the arrays."""

        def pulled(*arrays: Any) -> Any:
            return pullback_of(self.f, arrays[:count])[1](list(arrays[count:]))

        return _Call(pulled, self.backend)

    def push(self, count: int) -> _Call:
        """Return the function from arrays and tangents to the tangents of the results."""

        def pushed(*arrays: Any) -> Any:
            return pushforward_of(self.f, arrays[:count], arrays[count:])

        return _Call(pushed, self.backend)


def _own(out: Any, tensors: Sequence[Any]) -> Any:
    """Return a result that shares no memory with an argument, of which PyTorch would not know."""
    start, stop = out.data_ptr(), out.data_ptr() + out.nbytes
    for t in tensors:
        first, last = t.untyped_storage().data_ptr(), t.untyped_storage().nbytes()
        if start < first + last and first < stop:
            return out.clone()
    return out


class _Op(torch.autograd.Function):  # type: ignore[misc]  # PyTorch is not typed here
    """A function of xgrad as one op of PyTorch."""

    @staticmethod
    def forward(call: _Call, *tensors: Any) -> tuple[Any, ...]:
        recorded = any(t.requires_grad for t in tensors)
        return tuple(call.run(tensors, recorded))

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.call, *tensors = inputs
        ctx.save_for_backward(*tensors)
        ctx.save_for_forward(*tensors)
        ctx.floating = [_is_floating(out) for out in output]
        ctx.mark_non_differentiable(*(o for o in output if not _is_floating(o)))

    @staticmethod
    def backward(ctx: Any, *cts: Any) -> tuple[Any, ...]:
        tensors, call = ctx.saved_tensors, ctx.call
        cts = tuple(ct for ct, yes in zip(cts, ctx.floating, strict=True) if yes)
        if call.pullback is not None and not torch.is_grad_enabled():
            found = call.pullback([_inside(ct, call.backend) for ct in cts])
            grads = iter([_outside(g) for g in found])
        else:  # the walk is to be differentiated in turn
            grads = iter(_Op.apply(call.pull(len(tensors)), *tensors, *cts))
        return (None, *(next(grads) if _is_floating(t) else None for t in tensors))

    @staticmethod
    def jvp(ctx: Any, _: Any, *tangents: Any) -> tuple[Any, ...]:
        tensors = ctx.saved_tensors
        given = [
            torch.zeros_like(t) if v is None else v
            for t, v in zip(tensors, tangents, strict=True)
            if _is_floating(t)
        ]
        found = iter(_Op.apply(ctx.call.push(len(tensors)), *tensors, *given))
        return tuple(next(found) if yes else None for yes in ctx.floating)

    @staticmethod
    def vmap(info: Any, in_dims: Any, call: _Call, *tensors: Any) -> tuple[Any, Any]:
        rows = []
        for i in range(info.batch_size):
            row = [
                t if dim is None else t.select(dim, i)
                for t, dim in zip(tensors, in_dims[1:], strict=True)
            ]
            rows.append(_Op.apply(_Call(call.f, call.backend), *row))
        outs = tuple(torch.stack(column) for column in zip(*rows, strict=True))
        return outs, (0,) * len(outs)


# From PyTorch to xgrad ----------------------------------------------------------------------------


def inward(f: Callable[..., Any], forward: bool) -> Callable[..., Any]:
    """See `xgrad.interchange.from_torch`."""

    def on_arrays(*args: Any) -> Any:
        leaves = tree.leaves(args)
        raw = next((x for x in leaves if tree.is_leaf_type(x) and hasattr(x, "dtype")), None)
        backend = "numpy" if raw is None else backend_of(_asarray(raw)).name
        with torch.no_grad():
            out = f(*tree.map(_tensor, args))
        return tree.map(lambda t: _inside(t, backend) if isinstance(t, torch.Tensor) else t, out)

    def pulled(ct: Any, *args: Any) -> Any:
        floats, of_floats, join = split(f, args, _is_floating)
        cts = [c for c in tree.leaves(ct) if _is_floating(c)]
        return join((_by_transform if forward else _by_graph)(of_floats, floats, cts))

    def vjp(ct: Any, out: Any, *args: Any) -> Any:
        return tuple(inward(pulled, forward)(ct, *args))

    def pushed(tangents: Any, *args: Any) -> Any:
        leaves = tree.leaves(args)
        floats, _, join = split(f, args, _is_floating)
        along = [t for t, x in zip(tree.leaves(tangents), leaves, strict=True) if _is_floating(x)]
        try:
            return torch.func.jvp(lambda *xs: f(*join(xs, leaves)), tuple(floats), tuple(along))[1]
        except (NotImplementedError, RuntimeError) as error:
            raise NotImplementedError(
                f"from_torch: PyTorch's forward mode failed on {name_of(f)} ({error}). "
                "Pass forward=False to derive it from reverse mode"
            ) from error

    def jvp(tangents: Any, out: Any, *args: Any) -> Any:
        return inward(pushed, forward)(tangents, *args)

    on_arrays.__name__ = name_of(f)
    on_arrays.__doc__ = getattr(f, "__doc__", None)
    return xgrad.primitive(on_arrays, vjp=vjp, jvp=jvp if forward else None)


def _asarray(x: Any) -> Any:
    return (
        np.asarray(x) if isinstance(x, np.generic) else x.data if isinstance(x, xgrad.Array) else x
    )


def _tensor(x: Any) -> Any:
    """Return an array as a tensor; a number stays one, except that it may be differentiated."""
    if not tree.is_leaf_type(x) or type(x) in (bool, int):
        return x
    return _outside(np.asarray(x) if isinstance(x, (float, complex)) else x)


def _by_transform(f: Callable[..., Any], xs: list[Any], cts: list[Any]) -> Any:
    """Return the cotangents by ``torch.func``, which mixes with its forward mode."""
    return torch.func.vjp(f, *xs)[1](tuple(cts))


def _by_graph(f: Callable[..., Any], xs: list[Any], cts: list[Any]) -> list[Any]:
    """Return the cotangents by the graph, which any code records."""
    with torch.enable_grad():
        # a view is a new variable here, and the same one to a walk outside
        xs = [(x if x.requires_grad else x.detach().requires_grad_()).view_as(x) for x in xs]
        pairs = [(out, ct) for out, ct in zip(f(*xs), cts, strict=True) if out.requires_grad]
        if not pairs:
            return [torch.zeros_like(x) for x in xs]
        outs, cts = map(list, zip(*pairs, strict=True))
        found = torch.autograd.grad(outs, xs, cts, create_graph=True, allow_unused=True)
        return [torch.zeros_like(x) if g is None else g for g, x in zip(found, xs, strict=True)]
