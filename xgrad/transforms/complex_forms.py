"""What a Jacobian is with respect to complex variables.

Of a function of z = x + iy the derivative is no single matrix, for

    df = (df/dz) dz + (df/dz*) dz*        df/dz  = (df/dx - i df/dy) / 2
                                          df/dz* = (df/dx + i df/dy) / 2

and it is said by name which one is wanted; docs/complex.md has the formulas. A walk down with the
cotangents g and ig, or up with the tangents t and it, gives both parts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np

import xgrad

from .. import errors
from ..arrays.array import Array
from ..backends import COMPLEX, backend_of
from ..engine.record import Record

__all__ = ["Wirtinger"]

Complex = Literal["holomorphic", "wirtinger", "real"]
"""How to give a Jacobian with respect to complex variables."""

CHOICES = ("holomorphic", "wirtinger", "real")


class Wirtinger(NamedTuple):
    """The two derivatives of a function of a complex variable: df = dz dz + conj dz*.

    `xgrad.jacrev` and its like give it for ``complex="wirtinger"``. A function is holomorphic where
    `conj` is 0.

    Attributes:
        dz: df/dz, with `z` and its conjugate taken for independent.
        conj: df/dz*.
    """

    dz: Any
    conj: Any


def is_complex(x: Array) -> bool:
    """Whether an array holds complex numbers."""
    return x._raw.dtype in COMPLEX


def require_choice(what: str, complex: Any) -> None:
    """Raise if a form was asked for that there is none of."""
    if complex not in (None, *CHOICES):
        raise ValueError(f"{what}: got complex={complex!r}; expected one of {', '.join(CHOICES)}")


def require_named(record: Record, complex: Complex | None) -> None:
    """Raise if it was not said which derivative with respect to a complex argument is wanted."""
    for x in record.inputs:
        if is_complex(x) and complex is None:
            raise errors.NotDifferentiableError(
                f"{record.what}: an argument is {x.dtype}{list(x.shape)}, and the derivative by a "
                "complex variable is no single matrix. Say which is wanted: complex='holomorphic' "
                "(df/dz, where f is holomorphic), complex='wirtinger' (the pair df/dz, df/dz*), or "
                "complex='real' (real and imaginary parts as a real array)"
            )
    real = next((y for y in record.outs if not is_complex(y)), None)
    if complex == "holomorphic" and real is not None and any(map(is_complex, record.inputs)):
        raise errors.NotDifferentiableError(
            f"{record.what}: complex='holomorphic', but a result is {real.dtype}; a real function "
            "of complex variables is not holomorphic. Use complex='wirtinger' or complex='real'"
        )


def require_holomorphic(what: str, walk: Callable[[Array], list[Array]], like: Array) -> None:
    """Raise if a walk is linear over the reals only: one in a general direction will tell."""
    backend = backend_of(like._raw)
    spread = np.linspace(0.5, 1.5, like.size).reshape(like.shape)
    direction = (np.cos(7 * spread) + 1j * np.sin(11 * spread)).astype(like.dtype)
    raw = backend.from_numpy(direction, backend.device(like._raw))
    for once, turned in zip(walk(Array(raw)), walk(Array(raw * 1j)), strict=True):
        a, b = once._raw, turned._raw
        if a.dtype not in COMPLEX or not once.size:
            continue
        xp = backend_of(a).xp
        size = xp.max(xp.abs(a)) + xp.max(xp.abs(b))
        wrong = xp.max(xp.abs(b - a * 1j)) > size * float(np.finfo(once.dtype).eps) ** 0.5
        try:
            is_wrong = bool(wrong)
        except (RuntimeError, NotImplementedError, TypeError):  # data without values, as on meta
            return
        if is_wrong:
            raise errors.NotDifferentiableError(
                f"{what}: complex='holomorphic', but f is not holomorphic here: df/dz* is not 0. "
                "Use complex='wirtinger' or complex='real'"
            )


def partials_of(parts: list[Array], x: Array, halved: bool) -> tuple[Array, Array | None]:
    """Return df/dx and df/dy from the gradients of the real and the imaginary part of f."""
    if halved:
        return xgrad.conj(parts[0]), None
    if not is_complex(x):
        return _joined(parts), None
    return _joined([xgrad.real(p) for p in parts]), _joined([xgrad.imag(p) for p in parts])


def _joined(parts: list[Array]) -> Array:
    """Return a complex array of a real and an imaginary part; a real one of only the first."""
    return parts[0] if len(parts) == 1 else _complex(parts[0]) + _complex(parts[1]) * 1j


def _complex(x: Array) -> Array:
    return x if is_complex(x) else xgrad.astype(x, np.result_type(x.dtype, np.complex64))


def block_of(dx: Array, dy: Array | None, y: Array, x: Array, complex: Complex | None) -> Any:
    """Return the wanted form of the derivative of `y`, given those by the parts of `x`."""
    if complex == "real":
        block = dx if dy is None else xgrad.stack([dx, dy], axis=y.ndim)
        return xgrad.stack([xgrad.real(block), xgrad.imag(block)]) if is_complex(y) else block
    if dy is None or complex == "holomorphic":
        return dx
    turned = _complex(dy) * 1j
    return Wirtinger((dx - turned) / 2, (dx + turned) / 2)
