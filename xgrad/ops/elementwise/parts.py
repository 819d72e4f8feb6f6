"""Real and imaginary parts, conjugates."""

from __future__ import annotations

from typing import Any

from ...arrays.array import Array
from ...arrays.types import as_given
from ...backends import backend_of
from ...engine.op import constant, linear
from .arithmetic import positive
from .common import is_complex


@linear(lambda xp, g: g)
def _real(x: Array, /) -> Array:
    """Return the real part of each complex element."""
    return backend_of(x).xp.real(x)


@linear(lambda xp, g: g * 1j)
def _imag(x: Array, /) -> Array:
    """Return the imaginary part of each complex element."""
    return backend_of(x).xp.imag(x)


@linear(lambda xp, g: xp.conj(g))
def _conj(x: Array, /) -> Array:
    """Return the conjugate of each complex element."""
    return backend_of(x).xp.conj(x)


def _itself(x: Any) -> Any:
    return x if "bool" in str(x.dtype) else positive(x)


@as_given
def real(x: Array, /) -> Array:
    """Return the real part of each element; a real array as it is."""
    return _real(x) if is_complex(x) else _itself(x)


@constant
def _imag_real(x: Array, /) -> Array:
    """Return zeros, the imaginary part of real numbers."""
    return backend_of(x).xp.zeros_like(x)


@as_given
def imag(x: Array, /) -> Array:
    """Return the imaginary part of each element; zeros for a real array."""
    return _imag(x) if is_complex(x) else _imag_real(x)


@as_given
def conj(x: Array, /) -> Array:
    """Return the complex conjugate of each element; a real array as it is."""
    return _conj(x) if is_complex(x) else _itself(x)
