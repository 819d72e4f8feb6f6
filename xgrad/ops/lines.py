"""First-order recurrences along the last axis, and the distances of all pairs of rows."""

from __future__ import annotations

from typing import Any

from ..arrays.array import Array
from ..backends import XP, Raw, backend_of
from ..engine.op import rule
from ..engine.projection import conj
from .elementwise import strong_multiply


def backwards(xp: XP, a: Any, g: Any, solve: Any) -> Any:
    """Return u with ``u_i = g_i + a_{i+1} u_{i+1}``, by `solve`, which does as `recurrence`."""
    turned = xp.flip(xp.roll(a, -1, axis=-1), axis=-1)  # what comes first has no influence
    return xp.flip(solve(turned, xp.flip(g, axis=-1)), axis=-1)


def _before(xp: XP, y: Any) -> Any:
    return xp.concat([xp.zeros_like(y[..., :1]), y[..., :-1]], axis=-1)


def _recurrence_vjp(xp: XP, g: Any, a: Any, out: Any) -> tuple[Any, Any]:
    u = backwards(xp, conj(xp, a), g, recurrence)
    return u * conj(xp, _before(xp, out)), u


@rule(
    vjp=_recurrence_vjp,
    jvp=lambda xp, t, a, out: recurrence(a, t[1] + t[0] * _before(xp, out)),
    core=1,
)
def recurrence(a: Array, b: Array, /) -> Array:
    """Return y with ``y_i = b_i + a_i y_{i-1}`` along the last axis; the first `a` is not used."""
    return backend_of(b).recurrence(a, b)


# Distances ---------------------------------------------------------------------------------------


def _weight(xp: XP, g: Any, d: Any) -> Any:
    """Return a cotangent over the distance, and 0 where two rows are equal."""
    apart = d > 0
    return xp.where(apart, strong_multiply(g, 1 / xp.where(apart, d, 1.0)), 0.0)


def _distances_vjp(xp: XP, g: Any, x1: Any, x2: Any, out: Any) -> tuple[Any, Any]:
    w = _weight(xp, g, out)
    return drawn(w, x1, x2), drawn(xp.matrix_transpose(w), x2, x1)


@rule(
    vjp=_distances_vjp,
    jvp=lambda xp, t, x1, x2, out: _weight(
        xp, along(t[0], x1, x2) + xp.matrix_transpose(along(t[1], x2, x1)), out
    ),
    core=2,
)
def distances(x1: Array, x2: Array, /) -> Array:
    """Return the Euclidean distance of each row of one matrix to each row of another one."""
    return backend_of(x2).distances(x1, x2)


@rule(
    vjp=lambda xp, g, w, x1, x2: (
        along(g, x1, x2),
        g * xp.sum(w, axis=-1, keepdims=True),
        -xp.matrix_transpose(w) @ g,
    ),
    core=2,
)
def drawn(w: Raw, x1: Raw, x2: Raw, /) -> Array:
    """Return ``sum_j w_ij (x1_i - x2_j)`` for each row i.

    Products of matrices do it for what lies far apart; of near pairs the differences keep digits.
    """
    backend = backend_of(w)
    xp = backend.xp
    if backend.on_host(w) and len(w.shape) == 2 and 0 not in w.shape:
        middle = xp.mean(x2, axis=-2, keepdims=True)
        a, b = x1 - middle, x2 - middle
        long, wide = xp.sum(a * a, axis=-1)[:, None], xp.sum(b * b, axis=-1)[None, :]
        size = xp.max(long) + xp.max(wide)
        if xp.isfinite(size):
            least = float(xp.finfo(w.dtype).eps) ** 0.4 * size
            near = (long + wide - 2 * (a @ xp.matrix_transpose(b)) < least) & (w != 0)
            first, second = xp.nonzero(near)
            if not first.shape[0]:
                return a * xp.sum(w, axis=-1)[:, None] - w @ b
            held = xp.take(xp.reshape(w, (-1,)), first * w.shape[1] + second)[:, None]
            each = held * (xp.take(x1, first, axis=0) - xp.take(x2, second, axis=0))
            w = xp.where(near, xp.zeros_like(w), w)
            return backend.index_add(a * xp.sum(w, axis=-1)[:, None] - w @ b, first, each)
    apart = xp.expand_dims(x1, axis=-2) - xp.expand_dims(x2, axis=-3)
    return xp.sum(backend.zero_wins(xp.expand_dims(w, axis=-1), apart), axis=-2)


@rule(
    vjp=lambda xp, g, v, x1, x2: (
        drawn(g, x1, x2),
        v * xp.sum(g, axis=-1, keepdims=True),
        -xp.matrix_transpose(g) @ v,
    ),
    core=2,
)
def along(v: Raw, x1: Raw, x2: Raw, /) -> Array:
    """Return ``sum_k v_ik (x1_ik - x2_jk)`` for each pair of rows."""
    xp = backend_of(v).xp
    apart = xp.expand_dims(x1, axis=-2) - xp.expand_dims(x2, axis=-3)
    return xp.sum(xp.expand_dims(v, axis=-2) * apart, axis=-1)
