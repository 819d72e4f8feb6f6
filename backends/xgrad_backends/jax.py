"""JAX: arrays on CPU, GPU and TPU, and under ``jax.jit``, ``jax.vmap`` and its other transforms.

Its arrays cannot be written to, so a write makes a new one, as everywhere in xgrad. A tracer is an
array like any other here: ``jax.jit(xgrad.grad(f))`` compiles the very rules that run without it.

In double precision JAX computes only after ``jax.config.update("jax_enable_x64", True)``; until
then a double array is refused here, not rounded.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from xgrad.backends import Backend, Namespace
from xgrad.errors import BackendUnavailableError

from . import jax_indexing, jax_special
from .detect import require

jax: Any = require("jax")
jnp: Any = importlib.import_module("jax.numpy")
linalg: Any = importlib.import_module("jax.scipy.linalg")

_Tracer: Any = jax.core.Tracer
_WIDE = frozenset({"float64", "complex128"})

# Dtypes -----------------------------------------------------------------------------------------


def _usable(dtype: Any) -> Any:
    """Return the dtype that JAX computes in for this one; a double one only if it can."""
    if dtype is None:
        return None
    if not jax.config.jax_enable_x64 and np.dtype(dtype).name in _WIDE:
        raise TypeError(
            f"jax: {np.dtype(dtype).name} is switched off, and JAX would round it to single "
            'precision. Call jax.config.update("jax_enable_x64", True) at the start of the '
            "program, ask for dtype=xgrad.float32, or call xgrad.set_default_dtype(xgrad.float32)"
        )
    return jax.dtypes.canonicalize_dtype(dtype)


def _making(name: str) -> Callable[..., Any]:
    """Return a function that makes arrays, with a dtype that JAX can hold."""
    function = getattr(jnp, name)

    @wraps(function)
    def call(*args: Any, dtype: Any = None, device: Any = None, **kwargs: Any) -> Any:
        return function(*args, dtype=_usable(dtype), device=_committed(device), **kwargs)

    return call


def _asarray(x: Any, /, *, dtype: Any = None, device: Any = None, copy: Any = None) -> Any:
    if isinstance(x, (np.ndarray, np.generic)):
        _usable(x.dtype)
        copy = True  # JAX would share the memory of an array that may be written to
    return jnp.array(x, dtype=_usable(dtype), copy=bool(copy), device=_committed(device))


def _astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    return jnp.astype(x, _usable(dtype), copy=copy, device=_committed(device))


def _searchsorted(x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Any:
    return jnp.searchsorted(x1, x2, side=side, sorter=sorter).astype(_usable(np.int64))


def _widened(name: str) -> Callable[..., Any]:
    """Return a sum or product that widens small integers as the standard does."""
    function = getattr(jnp, name)

    @wraps(function)
    def call(x: Any, /, *, axis: Any = None, dtype: Any = None, **kwargs: Any) -> Any:
        if dtype is None and x.dtype.kind in "biu":
            dtype = np.uint64 if x.dtype.kind == "u" else np.int64
        return function(x, axis=axis, dtype=_usable(dtype), **kwargs)

    return call


# Devices, the host, and random numbers ----------------------------------------------------------


def _devices() -> list[Any]:
    first = _default()
    every = [d for kind in {"cpu", first.platform} for d in jax.devices(kind)]
    return [first, *sorted((d for d in every if d != first), key=lambda d: (d.platform, d.id))]


def _default() -> Any:
    chosen = jax.config.jax_default_device
    if isinstance(chosen, str):
        return jax.devices(chosen)[0]
    return jax.devices()[0] if chosen is None else chosen


def _committed(device: Any) -> Any:
    """Return where an array has to stay; one on the default device goes where it is needed."""
    return None if device is None or device == _default() else device


def _device(x: Any) -> Any:
    """Return the device of an array; of a tracer, or an array on several, the default one."""
    if not isinstance(x, _Tracer):
        found = x.devices()
        if len(found) == 1:
            return next(iter(found))
    return _default()


def _parse_device(device: Any) -> Any:
    usable = _devices()
    for d in usable:
        if device in (d, str(d), f"{d.platform}:{d.id}") or (device == d.platform and d.id == 0):
            return d
    expected = ", ".join(f"{d.platform}:{d.id}" for d in usable)
    if isinstance(device, str) and device.partition(":")[0] in ("cpu", "gpu", "cuda", "tpu"):
        raise BackendUnavailableError(
            f"jax: device {device!r} cannot be used; usable here are {expected}"
        )
    raise ValueError(f"jax: got device {device!r}; usable here are {expected}")


def _from_numpy(x: Any, device: Any) -> Any:
    return _asarray(np.asarray(x), device=device)


def _on_host(x: Any) -> bool:
    return not isinstance(x, _Tracer) and all(d.platform == "cpu" for d in x.devices())


class _Random:
    """The few methods of ``numpy.random.Generator`` that xgrad needs, drawn by JAX."""

    def __init__(self, seed: int | None, device: Any = None) -> None:
        seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed
        self.device, self.key = device, jax.random.key(seed)

    def __deepcopy__(self, memo: Any) -> _Random:
        copied = object.__new__(_Random)
        copied.device, copied.key = self.device, self.key  # which is never written to
        return copied

    def _next(self) -> Any:
        key, now = jax.random.split(self.key)
        if isinstance(key, _Tracer) and not isinstance(self.key, _Tracer):
            raise TypeError(
                "jax: a generator from outside draws inside jax.jit, where each call would get the "
                "same numbers. Draw before, and pass the numbers as an argument"
            )
        self.key = key
        return now

    def _placed(self, x: Any) -> Any:
        device = _committed(self.device)
        return x if device is None else jax.device_put(x, device)

    def random(self, size: Any = None, dtype: Any = None) -> Any:
        return self._placed(jax.random.uniform(self._next(), _shape(size), _floating(dtype)))

    def standard_normal(self, size: Any = None, dtype: Any = None) -> Any:
        return self._placed(jax.random.normal(self._next(), _shape(size), _floating(dtype)))

    def integers(self, low: int, high: int | None = None, size: Any = None) -> Any:
        low, high = (0, low) if high is None else (low, high)
        drawn = jax.random.randint(self._next(), _shape(size), low, high, _usable(np.int64))
        return self._placed(drawn)

    def permutation(self, n: int) -> Any:
        return self._placed(jax.random.permutation(self._next(), n))


def _shape(size: Any) -> tuple[int, ...]:
    return () if size is None else (size,) if isinstance(size, int) else tuple(size)


def _floating(dtype: Any) -> Any:
    return _usable(np.float64 if dtype is None else dtype)


# Products and linear algebra --------------------------------------------------------------------


def _cosh_by_one_exponential(x: Any) -> Any:
    half = jnp.exp(jnp.abs(x) * 0.5)
    larger = half * (half * 0.5)  # e^|x| / 2, which does not overflow before the result does
    return larger + 0.25 / larger


_cosh_of_real: Any = jax.custom_jvp(_cosh_by_one_exponential)  # abs has no second derivative
_cosh_of_real.defjvp(lambda xs, ts: (_cosh_of_real(*xs), jnp.sinh(*xs) * ts[0]))


def _cosh(x: Any, /) -> Any:
    """Return the hyperbolic cosine by one exponential; XLA takes two, of rounded arguments."""
    return _cosh_of_real(x) if x.dtype in _DOUBLE_AND_SINGLE else jnp.cosh(x)


_DOUBLE_AND_SINGLE = (np.dtype(np.float64), np.dtype(np.float32))


def _matrix_rank(x: Any, /, *, rtol: Any = None) -> Any:
    """Count the singular values above `rtol` times the largest; JAX takes `rtol` for a value."""
    if rtol is None:
        return jnp.linalg.matrix_rank(x)
    s = jnp.linalg.svdvals(x)
    return jnp.sum(s > jnp.expand_dims(jnp.asarray(rtol), -1) * s[..., :1], axis=-1)


def _permute_dims(x: Any, /, axes: tuple[int, ...]) -> Any:
    return jnp.permute_dims(x, [a + x.ndim if a < 0 else a for a in axes])


def _strong_multiply(a: Any, b: Any) -> Any:
    out = jnp.multiply(a, b)
    alive = jnp.broadcast_to(jnp.not_equal(a, 0) & jnp.not_equal(b, 0), out.shape)
    return jax.lax.select(alive, out, jnp.zeros_like(out))  # `where` would be a program of its own


def _solve_triangular(x1: Any, x2: Any, upper: bool, adjoint: bool) -> Any:
    shape = jnp.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    x1, x2 = (jnp.broadcast_to(x, (*shape, *x.shape[-2:])) for x in (x1, x2))
    return linalg.solve_triangular(x1, x2, lower=not upper, trans=2 if adjoint else 0)


def _lu_solve(lu: Any, pivots: Any, x2: Any, adjoint: bool) -> Any:
    return linalg.lu_solve((lu, pivots), x2, trans=2 if adjoint else 0)


_MAKING = "zeros ones empty full arange eye linspace zeros_like ones_like full_like empty_like"

BACKEND = Backend(
    name="jax",
    xp=Namespace(
        "jax",
        jnp,
        asarray=_asarray,
        astype=_astype,
        cosh=_cosh,
        linalg=Namespace("jax.linalg", jnp.linalg, matrix_rank=_matrix_rank),
        permute_dims=_permute_dims,
        prod=_widened("prod"),
        searchsorted=_searchsorted,
        special=jax_special.SPECIAL,
        sum=_widened("sum"),
        **{name: _making(name) for name in _MAKING.split()},
    ),
    array_types=(jax.Array, _Tracer),
    dtypes={
        np.dtype(name): np.dtype(name)
        for name in (
            "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
            "bfloat16 float16 float32 float64 complex64 complex128"
        ).split()
    },
    devices=_devices,
    device=_device,
    to_numpy=np.asarray,
    from_numpy=_from_numpy,
    index_add=jax_indexing.index_add,
    random=_Random,
    getitem=jax_indexing.getitem,
    setitem=jax_indexing.setitem,
    placed=jax_indexing.placed,
    mutable=False,
    owns=lambda x: True,  # nobody can write to it
    strong_multiply=_strong_multiply,
    parse_device=_parse_device,
    on_host=_on_host,
    holds_double=lambda x: bool(jax.config.jax_enable_x64),
    solve_triangular=_solve_triangular,
    lu_factor=linalg.lu_factor,
    lu_solve=_lu_solve,
    expm=linalg.expm,
)
