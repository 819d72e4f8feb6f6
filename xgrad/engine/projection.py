"""Bringing a cotangent or tangent to the shape, realness, dtype and device of its array."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..arrays.array import SCALARS, Array
from ..arrays.node import Parts
from ..backends import BY_TYPE, COMPLEX, REAL, backend_of
from .handed import NAMESPACES
from .plain import integers


class Like(NamedTuple):
    """The shape and dtype of an array whose values are not kept."""

    shape: tuple[int, ...]
    dtype: Any

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)


def like(x: Any) -> Like | None:
    """Return what a raw operand is like; None for a number, which is like any array."""
    if type(x) in SCALARS or x is None:
        return None
    return tuple.__new__(Like, (x.shape, x.dtype))  # a third of what `Like(...)` takes


def conj(xp: Any, x: Any) -> Any:
    """Return the complex conjugate; a real array or a number as it is."""
    if type(x) in SCALARS:
        return x.conjugate()
    raw = x._raw if type(x) is Array else x
    return xp.conj(x) if raw.dtype in COMPLEX else x


def bring(xp: Any, c: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """Sum a cotangent over broadcast axes, and bring it to the realness and dtype of its array."""
    raw = c._raw if type(c) is Array else c
    if raw.shape != shape:
        return cast(xp, _summed(xp, c, tuple(raw.shape), shape), dtype)
    return c if raw.dtype is dtype else cast(xp, c, dtype)


def _summed(xp: Any, c: Any, have: tuple[int, ...], shape: tuple[int, ...]) -> Any:
    """Return a cotangent of one shape in another, which was broadcast to it."""
    extra = len(have) - len(shape)
    if extra > 0 and have[extra:] == shape:  # the commonest: a bias added to a batch
        return xp.sum(c, axis=0 if extra == 1 else tuple(range(extra)))
    if extra < 0:  # an assigned value may have leading axes of length one
        have, extra = (1,) * -extra + have, 0
        c = xp.reshape(c, have)
    axes = tuple(range(extra)) + tuple(
        extra + i for i, n in enumerate(shape) if n == 1 and have[extra + i] != 1
    )
    if axes:
        c = xp.sum(c, axis=axes)
    return xp.reshape(c, shape) if len(axes) > extra else c


def brought(xp: Any, cs: Any, likes: Any) -> Any:
    """Bring the cotangent of one argument, or of each of several, to what it is like."""
    if not isinstance(cs, (list, tuple)):
        (like,) = likes
        return bring(xp, cs, *like) if like else cs
    return [
        bring(xp, c, *like) if like and c is not None else c
        for c, like in zip(cs, likes, strict=True)
    ]


def cast(xp: Any, c: Any, dtype: Any) -> Any:
    """Bring a cotangent or tangent to the realness and dtype of its array."""
    raw = c._raw if type(c) is Array else c
    if raw.dtype is dtype or raw.dtype == dtype:
        return c
    if raw.dtype in COMPLEX and dtype in REAL:
        return cast(xp, xp.real(c), dtype)
    return xp.astype(c, dtype)


def spread_to(xp: Any, t: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """Bring a tangent to the shape and dtype of the result."""
    raw = t._raw if type(t) is Array else t
    return cast(xp, t if raw.shape == shape else xp.broadcast_to(t, integers(shape)), dtype)


def ones_like(raw: Any) -> Any:
    """Return raw ones of the shape, dtype and device of a raw array."""
    return (BY_TYPE.get(type(raw)) or backend_of(raw)).xp.ones_like(raw)


def zeros(like: Any, near: Any) -> Any:
    """Return zeros of the shape and dtype of `like`, on the backend and device of `near`."""
    raw = near._raw if type(near) is Array else near
    backend = backend_of(raw)
    made = backend.xp.zeros(like.shape, dtype=like.dtype, device=backend.device(raw))
    return Array(made) if type(near) is Array else made


def fitted(pull: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``pull_to`` of a rule that multiplies by no partials: `pull`, and bring what it gives.

    Outputs of several that got no cotangent get zeros first.
    """

    def pull_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
        if type(g) is Parts:
            near = next(iter(g.values()))
            xp = NAMESPACES[type(near)]
            g = tuple(g[i] if i in g else zeros(like, near) for i, like in enumerate(fit[0]))
        cs = pull(xp, g, saved)
        return brought(xp, cs, fit[1]) if fit else cs

    return pull_to


def total(parts: list[Any]) -> Any:
    """Return the sum of the tangents that several arguments contribute."""
    found = parts[0]
    for part in parts[1:]:
        found = found + part
    return found


def tangents(
    ts: Any, tracked: Sequence[int], held: list[Any], linear: list[bool] | None = None
) -> list[Any]:
    """Return a tangent for each array: zeros of what an array is like that has none.

    Of an array in which the op is not `linear` (asked for each tracked one) it is the value.
    """
    near = next(t for t in ts if t is not None)
    given: list[Any] = [None] * len(held)
    for i, t, moves in zip(tracked, ts, linear or [True] * len(ts), strict=True):
        given[i] = t if moves else None
    return [
        t if t is not None else zeros(x, near) if type(x) is Like else x
        for t, x in zip(given, held, strict=True)
    ]
