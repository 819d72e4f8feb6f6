"""Functions between xgrad and JAX; see `xgrad.interchange`.

A wrapped function of xgrad is one primitive of JAX, `CALL`, with the rules that JAX's transforms
ask for. It is a function of flat arrays, linear in the last few of them; its tangent and its
transpose are functions that xgrad derives, and again such primitives, with rules in turn.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import wraps
from typing import Any

import numpy as np

import xgrad
from xgrad import tree
from xgrad.backends import backend_of, creating_like, load
from xgrad.backends.install import needed

from .borders import Function, name_of, pullback_of, pushforward_of, split

jax: Any = needed("jax", "interchange", "jax")
jnp: Any = importlib.import_module("jax.numpy")
ad: Any = importlib.import_module("jax.interpreters.ad")
batching: Any = importlib.import_module("jax.interpreters.batching")
mlir: Any = importlib.import_module("jax.interpreters.mlir")
core: Any = importlib.import_module("jax.core")

CALL: Any = importlib.import_module("jax.extend.core").Primitive("xgrad_call")
CALL.multiple_results = True


class Flat:
    """A function of flat raw arrays, the backend it runs on, and the kinds of its results."""

    def __init__(self, f: Function, backend: str, kinds: Sequence[Any]) -> None:
        self.f, self.backend, self.kinds = f, backend, tuple(kinds)

    def __call__(self, *arrays: Any) -> list[Any]:
        """Return the results as NumPy arrays or JAX's, of the kinds that were promised."""
        outs = self.f(*(_inside(x, self.backend) for x in arrays))
        found = [_outside(out) for out in outs]
        for out, kind in zip(found, self.kinds, strict=True):
            if tuple(out.shape) != tuple(kind.shape):
                raise TypeError(
                    f"to_jax: a result has the shape {tuple(out.shape)}; expected "
                    f"{tuple(kind.shape)}, as for arguments that are ones: shapes must not depend "
                    "on values"
                )
        return [out.astype(kind.dtype) for out, kind in zip(found, self.kinds, strict=True)]


def _inside(x: Any, backend: str) -> Any:
    """Return an array of JAX as a raw one of a backend, in the same memory where they share it."""
    if backend == "numpy":
        return np.asarray(x)
    if isinstance(x, jax.Array):
        return load(backend).xp.from_dlpack(x)
    return load(backend).from_numpy(np.array(x), None)


def _outside(raw: Any) -> Any:
    raw = raw.data if isinstance(raw, xgrad.Array) else raw
    if np.isscalar(raw) or isinstance(raw, np.ndarray):
        return np.asarray(raw)
    return jnp.from_dlpack(raw)


def _is_floating(x: Any) -> bool:
    return isinstance(x, jax.Array) and jnp.issubdtype(x.dtype, jnp.inexact)


def _kind(x: Any) -> Any:
    x = x.data if isinstance(x, xgrad.Array) else x
    dtype = np.result_type(x) if np.isscalar(x) else backend_of(x).numpy_dtype(x.dtype)
    return core.ShapedArray(tuple(np.shape(x)), jax.dtypes.canonicalize_dtype(dtype))


# The primitive and its rules ----------------------------------------------------------------------


def _call(function: Flat, linear: int, arrays: Sequence[Any]) -> list[Any]:
    return list(CALL.bind(*arrays, function=function, linear=linear))


def _on_host(*arrays: Any, function: Flat, linear: int) -> Any:
    kinds = [jax.ShapeDtypeStruct(kind.shape, kind.dtype) for kind in function.kinds]
    return jax.pure_callback(
        lambda *xs: tuple(np.asarray(out) for out in function(*xs)),
        tuple(kinds),
        *arrays,
        vmap_method="sequential",
    )


def _jvp(primals: Any, tangents: Any, *, function: Flat, linear: int) -> Any:
    outs = _call(function, linear, primals)
    count = len(primals) - linear
    totals = [ad.Zero(kind.to_tangent_aval()) for kind in function.kinds]
    floating = [i for i, kind in enumerate(function.kinds) if np.dtype(kind.dtype).kind in "fc"]

    def add(parts: Sequence[Any]) -> None:
        for i, part in zip(floating, parts, strict=True):
            totals[i] = part if type(totals[i]) is ad.Zero else totals[i] + part

    if any(type(t) is not ad.Zero for t in tangents[count:]):
        along = [ad.instantiate_zeros(t) for t in tangents[count:]]
        add(_call(function, linear, [*primals[:count], *along]))
    varying = [i for i in range(count) if type(tangents[i]) is not ad.Zero]
    if varying:

        def pushed(*arrays: Any) -> Any:
            fixed, along = list(arrays[: len(primals)]), arrays[len(primals) :]

            def of_varying(*xs: Any) -> Any:
                given = list(fixed)
                for i, x in zip(varying, xs, strict=True):
                    given[i] = x
                return function.f(*given)

            return pushforward_of(of_varying, [fixed[i] for i in varying], along)

        kinds = [function.kinds[i] for i in floating]
        along = [tangents[i] for i in varying]
        add(_call(Flat(pushed, function.backend, kinds), len(varying), [*primals, *along]))
    return outs, totals


def _transpose(cts: Any, *args: Any, function: Flat, linear: int) -> list[Any]:
    count = len(args) - linear
    asked = [i for i in range(count, len(args)) if ad.is_undefined_primal(args[i])]
    kinds = [args[i].aval for i in asked]

    def transposed(*arrays: Any) -> Any:
        fixed, given = list(arrays[:count]), arrays[count:]
        near = given[0]
        with creating_like(xgrad.asarray(near).data):
            zeros = [xgrad.zeros(kind.shape, dtype=kind.dtype) for kind in kinds]
        places = {i: k for k, i in enumerate(asked)}

        def of_asked(*xs: Any) -> Any:
            rest = [
                xs[places[i]] if i in places else xgrad.zeros_like(near)
                for i in range(count, len(args))
            ]
            return function.f(*fixed, *rest)

        _, pullback = pullback_of(of_asked, [z.data for z in zeros])
        return [_conj(c) for c in pullback([_conj(g) for g in given])]

    given = [ad.instantiate_zeros(ct) for ct in cts]
    found = iter(
        _call(Flat(transposed, function.backend, kinds), len(given), [*args[:count], *given])
    )
    return [next(found) if i in asked else None for i in range(len(args))]


def _conj(x: Any) -> Any:
    return xgrad.conj(x) if xgrad.asarray(x).dtype.kind == "c" else x


def _batched(args: Any, dims: Any, *, function: Flat, linear: int) -> Any:
    moved = [x if d is None else jnp.moveaxis(x, d, 0) for x, d in zip(args, dims, strict=True)]
    mapped = [i for i, d in enumerate(dims) if d is not None]

    def one(xs: Any) -> Any:
        given = list(moved)
        for i, x in zip(mapped, xs, strict=True):
            given[i] = x
        return _call(function, linear, given)

    outs = jax.lax.map(one, [moved[i] for i in mapped])
    return outs, [0] * len(outs)


CALL.def_impl(lambda *arrays, function, linear: [jnp.asarray(x) for x in function(*arrays)])
CALL.def_abstract_eval(lambda *arrays, function, linear: list(function.kinds))
ad.primitive_jvps[CALL] = _jvp
ad.primitive_transposes[CALL] = _transpose
batching.primitive_batchers[CALL] = _batched
mlir.register_lowering(CALL, mlir.lower_fun(_on_host, multiple_results=True))


# From xgrad to JAX --------------------------------------------------------------------------------


def outward(f: Function, backend: str) -> Function:
    """See `xgrad.interchange.to_jax`."""
    known: dict[Any, Any] = {}

    @wraps(f)
    def on_arrays(*args: Any) -> Any:
        leaves, structure = tree.flatten(args)
        places = [
            i
            for i, x in enumerate(leaves)
            if isinstance(x, (jax.Array, np.ndarray, np.generic, float, complex))
        ]
        arrays = [jnp.asarray(leaves[i]) for i in places]
        static = [None if i in places else x for i, x in enumerate(leaves)]

        def whole(*xs: Any) -> Any:
            given = list(static)
            for i, x in zip(places, xs, strict=True):
                given[i] = x
            return tree.flatten(f(*structure.unflatten(given)))

        key = (str(structure), repr(static), *((x.shape, str(x.dtype)) for x in arrays))
        if key not in known:
            ones = [_inside(np.ones(x.shape, x.dtype), backend) for x in arrays]
            outs, of_out = whole(*ones)
            known[key] = [_kind(out) for out in outs], of_out
        kinds, of_out = known[key]
        outs = _call(Flat(lambda *xs: whole(*xs)[0], backend, kinds), 0, arrays)
        return of_out.unflatten(outs)

    return on_arrays


# From JAX to xgrad --------------------------------------------------------------------------------


def inward(f: Function) -> Function:
    """See `xgrad.interchange.from_jax`."""

    def on_arrays(*args: Any) -> Any:
        leaves = [x for x in tree.leaves(args) if tree.is_leaf_type(x) and hasattr(x, "dtype")]
        backend = backend_of(np.asarray(leaves[0]) if np.isscalar(leaves[0]) else leaves[0]).name
        out = f(*tree.map(_jax_array, args))
        return tree.map(lambda x: _inside(x, backend) if isinstance(x, jax.Array) else x, out)

    def pulled(ct: Any, *args: Any) -> Any:
        floats, of_leaves, join = split(f, args, _is_floating)
        cts = tuple(jnp.conj(c) for c in tree.leaves(ct) if _is_floating(c))
        return join([jnp.conj(c) for c in jax.vjp(of_leaves, *floats)[1](cts)])

    def pushed(tangents: Any, *args: Any) -> Any:
        leaves = tree.leaves(args)
        floats, _, join = split(f, args, _is_floating)
        along = [t for t, x in zip(tree.leaves(tangents), leaves, strict=True) if _is_floating(x)]
        return jax.jvp(lambda *xs: f(*join(xs, leaves)), tuple(floats), tuple(along))[1]

    def vjp(ct: Any, out: Any, *args: Any) -> Any:
        return tuple(inward(pulled)(ct, *args))

    def jvp(tangents: Any, out: Any, *args: Any) -> Any:
        return inward(pushed)(tangents, *args)

    on_arrays.__name__ = name_of(f)
    on_arrays.__doc__ = getattr(f, "__doc__", None)
    return xgrad.primitive(on_arrays, vjp=vjp, jvp=jvp)


def _jax_array(x: Any) -> Any:
    """Return an array as one of JAX, in the same memory where it can be shared."""
    if not tree.is_leaf_type(x) or type(x) in (bool, int):
        return x
    x = x.data if isinstance(x, xgrad.Array) else x
    wide = {"float64", "complex128"}
    if hasattr(x, "dtype") and str(_kind_of(x)) in wide and not jax.config.jax_enable_x64:
        raise TypeError(
            f"from_jax: JAX would round this {_kind_of(x)} array to single precision. Call "
            'jax.config.update("jax_enable_x64", True) at the start of the program, '
            "or pass float32"
        )
    if isinstance(x, (float, complex, np.generic)) or not getattr(x, "shape", ()):
        return jnp.asarray(np.asarray(x) if np.isscalar(x) or isinstance(x, np.ndarray) else x)
    try:
        return jnp.from_dlpack(x)
    except (BufferError, ValueError, TypeError, RuntimeError):  # read-only, or strides JAX lacks
        return jnp.asarray(backend_of(x).to_numpy(x))


def _kind_of(x: Any) -> Any:
    return np.dtype(x.dtype) if isinstance(x, np.generic) else backend_of(x).numpy_dtype(x.dtype)
