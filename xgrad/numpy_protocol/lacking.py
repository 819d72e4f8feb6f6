"""NumPy's ufuncs that the standard lacks, or means otherwise, on an `Array`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ..arrays.array import Array
from .precision import fractional, with_fractions


def _modf(x: Any, /) -> tuple[Any, Any]:
    whole = xgrad.trunc(x)
    return x - whole, whole


def _frexp(x: Any, /) -> tuple[Any, Any]:
    power = xgrad.ops.more_elementwise.exponents(x)
    return _ldexp(x, -power), power


def _ldexp(x1: Any, x2: Any, /) -> Any:
    x1, x2 = (x if isinstance(x, Array) else xgrad.asarray(x) for x in (x1, x2))
    dtype = fractional(x1.dtype)
    wide = np.result_type(dtype, np.float32)
    return (x1.astype(dtype).astype(wide) * xgrad.exp2(x2.astype(wide))).astype(dtype)


def _spacing(x: Any, /) -> Any:
    x = with_fractions(xgrad.stop_gradient(xgrad.asarray(x)))
    size = xgrad.abs(x)
    return xgrad.copysign(xgrad.nextafter(size, xgrad.full_like(x, xgrad.inf)) - size, x)


def _divmod(x1: Any, x2: Any, /) -> tuple[Any, Any]:
    return xgrad.floor_divide(x1, x2), xgrad.remainder(x1, x2)


def _matvec(x1: Any, x2: Any, /) -> Any:
    return xgrad.matmul(x1, xgrad.asarray(x2)[..., None])[..., 0]


def _vecmat(x1: Any, x2: Any, /) -> Any:
    return xgrad.matmul(xgrad.conj(xgrad.asarray(x1))[..., None, :], x2)[..., 0, :]


def _of_fractions(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that gives, of integers, fractions in the dtype that NumPy chooses."""

    def call(x: Any, /) -> Any:
        x = xgrad.asarray(x)
        if x.dtype.kind not in "biu":
            return function(x)
        dtype = fractional(x.dtype)
        results = function(x.astype(dtype).astype(np.float64))
        if isinstance(results, tuple):
            return tuple(y.astype(dtype) if y.dtype.kind == "f" else y for y in results)
        return results.astype(dtype)

    return call


_NUMBERS = (Array, np.generic, int, float, complex)


def _of_truths(name: str) -> Callable[..., Any]:
    """Return a function of truth values that takes numbers, which are true if not zero."""

    def call(*inputs: Any) -> Any:
        held = (bool, np.bool_)
        truths = (
            x != 0 if isinstance(x, _NUMBERS) and getattr(x, "dtype", type(x)) not in held else x
            for x in inputs
        )
        return getattr(xgrad, name)(*truths)

    return call


def _reciprocal(x: Any, /) -> Any:
    if isinstance(x, Array) and x.dtype.kind in "biu" and not isinstance(x._raw, np.ndarray):
        raise TypeError(
            f"numpy.reciprocal: x is of {x.dtype}, of which NumPy's is 0, 1 or -1; expected "
            "floating-point numbers, as of x.astype(float)"
        )
    return xgrad.reciprocal(x)


def _conjugate(x: Any, /) -> Any:
    x = xgrad.asarray(x)
    return x.astype(np.int8) if x.dtype == np.bool_ else xgrad.conj(x)


OWN: dict[str, Callable[..., Any]] = {
    "cbrt": _of_fractions(lambda x: xgrad.cbrt(x)),
    "conj": _conjugate,
    "conjugate": _conjugate,
    "deg2rad": _of_fractions(lambda x: xgrad.deg2rad(x)),
    "degrees": _of_fractions(lambda x: xgrad.rad2deg(x)),
    "divmod": _divmod,
    "exp2": _of_fractions(lambda x: xgrad.exp2(x)),
    "fabs": _of_fractions(lambda x: xgrad.abs(x)),
    "frexp": _of_fractions(_frexp),
    "ldexp": _ldexp,
    **{f"logical_{name}": _of_truths(f"logical_{name}") for name in ("and", "not", "or", "xor")},
    "matvec": _matvec,
    "modf": _of_fractions(_modf),
    "rad2deg": _of_fractions(lambda x: xgrad.rad2deg(x)),
    "radians": _of_fractions(lambda x: xgrad.deg2rad(x)),
    "reciprocal": _reciprocal,
    "rint": _of_fractions(lambda x: xgrad.round(x)),
    "spacing": _spacing,
    "vecmat": _vecmat,
}
