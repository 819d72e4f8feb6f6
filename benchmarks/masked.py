"""Programs with a masked, clipped or unused infinity: what users reported, in our words.

Each is a real function of an array in a neighbourhood of the given point, and most are smooth
there. `same` is that function in plain arithmetic on numbers, without the branch that is not taken;
evaluated with many digits its differences are the derivatives, to which every library is compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

INF, NAN = float("inf"), float("nan")


@dataclass(frozen=True)
class Program:
    """A program that somebody expected to have a derivative.

    Attributes:
        thread: where it was reported, as ``"torch #4132"``; empty for one of our own.
        title: what it does.
        f: ``f(xp, x)`` gives a real scalar.
        x: where it is differentiated.
        same: ``same(m, x)`` gives the value for an array of mpmath numbers, m being mpmath.
        orders: how many derivatives exist: 2, or 1 where a kink was given the derivative 0.
    """

    thread: str
    title: str
    f: Callable[[Any, Any], Any]
    x: Any
    same: Callable[[Any, Any], Any]
    orders: int = 2

    @property
    def name(self) -> str:
        """The thread and the title."""
        return f"{self.thread}: {self.title}" if self.thread else self.title

    def derivatives(self) -> tuple[np.ndarray, np.ndarray]:
        """Return gradient and Hessian, by central differences with 60 digits."""
        x = np.asarray(self.x, dtype=float)
        flat, n = [mpmath.mpf(float(v)) for v in x.ravel()], x.size
        with mpmath.workdps(60):
            h = mpmath.mpf(10) ** -15

            def at(*steps: tuple[int, int]) -> Any:
                moved = list(flat)
                for i, k in steps:
                    moved[i] = moved[i] + k * h
                return self.same(mpmath, np.array(moved, dtype=object).reshape(x.shape))

            slope = [(at((i, 1)) - at((i, -1))) / (2 * h) for i in range(n)]
            bend = np.zeros((n, n))
            if self.orders == 2:
                for i in range(n):
                    for j in range(n):
                        four = (
                            at((i, 1), (j, 1)) - at((i, 1), (j, -1)) - at((i, -1), (j, 1))
                        ) + at((i, -1), (j, -1))
                        bend[i, j] = float(four / (4 * h * h))
        return np.array([float(s) for s in slope]).reshape(x.shape), bend.reshape(x.shape * 2)


def const(xp: Any, values: Any) -> Any:
    """Return a constant array."""
    return xp.asarray(values, dtype=xp.float64)


def flags(xp: Any, values: Any) -> Any:
    """Return a constant mask."""
    return xp.asarray(values) > 0


# torch -------------------------------------------------------------------------------------------


def overwritten(xp: Any, x: Any) -> Any:
    """Divide by zero, then write 0 over the infinity."""
    div = const(xp, [0.0, 1.0])
    y = x * x / div
    y[div == 0] = 0.0
    return xp.sum(y)


def left_out(xp: Any, x: Any) -> Any:
    """Divide by zero, then select what is finite."""
    div = const(xp, [0.0, 1.0])
    return xp.sum((x * x / div)[div != 0])


def logsumexp(xp: Any, x: Any, axis: int) -> Any:
    """Return log(sum(exp(x))) as written by hand, shifted by the maximum."""
    top = xp.max(x, axis=axis, keepdims=True)
    return xp.log(xp.sum(xp.exp(x - top), axis=axis)) + xp.sum(top, axis=axis)


def forbidden_paths(xp: Any, x: Any) -> Any:
    """Sum over paths in log space, where one state cannot be reached at all."""
    allowed = flags(xp, [[1, 1, 0], [0, 0, 0]])
    scores = xp.where(allowed, x, -INF)
    total = logsumexp(xp, scores, 1)
    return xp.sum(xp.where(xp.isfinite(total), total, 0.0))


def infinite_ratio(xp: Any, x: Any) -> Any:
    """Scale by t and its inverse, for t = 0."""
    t = const(xp, 0.0)
    return xp.sum(xp.where(x >= t, x**3, t * (x / t)))


def never(xp: Any, x: Any) -> Any:
    """Divide by zero in a branch that is never taken."""
    zero = const(xp, [0.0, 0.0])
    return xp.sum(xp.where(flags(xp, [0, 0]), x / zero, x * 0.0 + 1.0))


def written_to_zero(xp: Any, x: Any) -> Any:
    """Take a logarithm that overflows, write 0 over all of it, and use an entry beside."""
    f = xp.log(xp.exp(x) + 1)
    f[1] = 0.0
    return xp.sum(f * f)


def missing_ratio(xp: Any, x: Any) -> Any:
    """Divide by counts, of which one is zero, and replace the quotient."""
    n = const(xp, [0.0, 2.0])
    y = x * x / n
    return xp.sum(xp.where(n == 0, const(xp, [0.0, 0.0]), y))


def seen(xp: Any, x: Any) -> Any:
    """Average the squared errors of what was observed; the rest of the observations is NaN."""
    y = const(xp, [1.0, NAN, 2.0])
    return xp.sum(xp.where(xp.isnan(y), 0.0, (x * x - y) ** 2)) / 2


def selected(xp: Any, x: Any) -> Any:
    """Sum the squared errors of what was observed, by a boolean index."""
    y = const(xp, [NAN, 0.5])
    error = xp.log(x) - y
    return xp.sum((error * error)[flags(xp, [0, 1])])


def late_angles(xp: Any, x: Any) -> Any:
    """Take angles, and leave out the one at the origin afterwards."""
    out = xp.atan2(x, const(xp, [1.0, 0.0, 2.0, 3.0]))
    return xp.sum(out[flags(xp, [1, 0, 1, 1])]) / 3


def softmax(xp: Any, x: Any) -> Any:
    """Return the softmax along the last axis as written by hand."""
    e = xp.exp(x - xp.max(x, axis=-1, keepdims=True))
    return e / xp.sum(e, axis=-1, keepdims=True)


def attention(xp: Any, x: Any) -> Any:
    """Attend with a mask that leaves one row nothing to look at."""
    allowed = flags(xp, [[1, 1, 0], [0, 0, 0]])
    weights = softmax(xp, xp.where(allowed, x, -INF))
    weights = xp.where(allowed, weights, 0.0)
    return xp.sum(weights * const(xp, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))


def mp_softmax_row(m: Any, row: Any, values: Any) -> Any:
    """Return the softmax-weighted mean of values."""
    e = [m.exp(v) for v in row]
    return sum(a * b for a, b in zip(e, values, strict=True)) / sum(e)


# jax ---------------------------------------------------------------------------------------------


def row_norms(xp: Any, x: Any) -> Any:
    """Sum the norms of rows, where the small ones count as one."""
    r = xp.sqrt(xp.sum(x**2, axis=1))
    return xp.sum(xp.where(r > 0.5, r, 1.0))


def angles(xp: Any, x: Any) -> Any:
    """Sum angles, but not the one at the origin."""
    b = xp.atan2(x, x * x)
    return xp.sum(xp.where(flags(xp, [0, 1, 0]), 0.0, b))


def filtered(xp: Any, x: Any) -> Any:
    """Take roots first, then those of positive numbers."""
    delta = const(xp, [0.0, 1.0]) * x
    return xp.sum((delta**0.5)[delta > 0])


def energy(xp: Any, x: Any) -> Any:
    """Return the Coulomb energy of particles, all pairs but a particle with itself."""
    d = x[:, None, :] - x[None, :, :]
    r = xp.sqrt(xp.sum(d * d, axis=-1))
    return xp.sum(xp.where(flags(xp, [[0, 1, 1], [1, 0, 1], [1, 1, 0]]), 1.0 / r, 0.0))


def mp_energy(m: Any, x: Any) -> Any:
    """Return the same, pair by pair."""
    total = 0
    for i in range(3):
        for j in range(3):
            if i != j:
                total += 1 / m.sqrt(sum((a - b) ** 2 for a, b in zip(x[i], x[j], strict=True)))
    return total


def emptying(xp: Any, x: Any) -> Any:
    """Integrate the height of water in tanks that run empty: dh/dt = -sqrt(h) while h > 0."""
    h = x
    for _ in range(4):
        h = h - 0.5 * xp.where(h > 0, xp.sqrt(h), 0.0)
        h = xp.where(h > 0, h, 0.0)
    return xp.sum(h * h)


def mp_emptying(m: Any, x: Any) -> Any:
    """Return the same, tank by tank."""
    total = 0
    for h in x:
        for _ in range(4):
            h = h - m.sqrt(h) / 2 if h > 0 else m.mpf(0)  # noqa: PLW2901 - the height goes on
            h = max(h, 0)  # noqa: PLW2901
        total += h * h
    return total


def orthogonalised(xp: Any, x: Any) -> Any:
    """Normalise a matrix unless it is a rotation already; a rotation has equal singular values."""
    u, _, vh = xp.linalg.svd(x, full_matrices=False)
    eye = const(xp, np.eye(3).tolist())
    off = xp.sum((xp.matmul(x, xp.permute_dims(x, (1, 0))) - eye) ** 2)
    rotation = xp.where(off < 1e-12, x, xp.matmul(u, vh))
    return xp.sum(rotation * rotation * const(xp, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7, 8, 9.0]]))


# Masks of our own --------------------------------------------------------------------------------


def empty_mean(xp: Any, x: Any) -> Any:
    """Average groups, of which one is empty."""
    member = const(xp, [[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    count = xp.sum(member, axis=1)
    mean = xp.sum(member * x * x, axis=1) / count
    return xp.sum(xp.where(count > 0, mean, 0.0))


def entropy(xp: Any, x: Any) -> Any:
    """Return the entropy of probabilities, some of which are zero."""
    return -xp.sum(xp.where(x > 0, x * xp.log(x), 0.0))


TABLE = [
    Program(
        *("torch #4132", "infinities written over", overwritten, [1.0, 1.5]),
        lambda m, x: x[1] ** 2,
    ),
    Program("torch #4132", "infinities left out", left_out, [1.0, 1.5], lambda m, x: x[1] ** 2),
    Program(
        *("torch #31829", "log space, nothing reachable", forbidden_paths),
        [[0.5, -1.0, 2.0], [1.0, 0.0, 3.0]],
        lambda m, x: m.log(m.exp(x[0, 0]) + m.exp(x[0, 1])),
    ),
    Program(
        *("torch #31829", "log-sum-exp of -inf alone"),
        lambda xp, x: xp.exp(xp.logsumexp(x)),
        [-INF, -INF],
        lambda m, x: sum(m.exp(v) for v in x),
    ),
    Program(
        *("torch #10729", "exp overflows, then is clipped"),
        lambda xp, x: xp.sum(xp.clip(xp.exp(x), 0.0, 1.0)),
        [-1.0, 1000.0],
        lambda m, x: m.exp(x[0]) + 1,
    ),
    Program(
        *("torch #68425", "exp overflows in the other branch"),
        lambda xp, x: xp.sum(xp.where(x <= 0, xp.exp(x), 1 + x * x)),
        [1000.0],
        lambda m, x: 1 + x[0] ** 2,
    ),
    Program("torch #36923", "0 (x / 0)", infinite_ratio, [1.0], lambda m, x: x[0] ** 3),
    Program("torch #52248", "x / 0, never taken", never, [0.7, 0.0], lambda m, x: m.mpf(2)),
    Program(
        *("torch #108618", "log2 at 0"),
        lambda xp, x: xp.sum(xp.where(x > 2, xp.log(x) / float(np.log(2)), x**2)),
        [0.0, 1.0, 3.0],
        lambda m, x: x[0] ** 2 + x[1] ** 2 + m.log(x[2]) / m.mpf(float(np.log(2))),
    ),
    Program(
        *("torch #152088", "arccos beyond its domain"),
        lambda xp, x: xp.sum(xp.where(xp.abs(x) < 1, xp.acos(x), 0.0)),
        [-1.0, 0.3, 2.0],
        lambda m, x: m.acos(x[1]),
    ),
    Program(
        *("torch #156212", "exp of NaN and of too much"),
        lambda xp, x: xp.sum(xp.where(x <= 10, xp.exp(x), 1.0)),
        [1.0, NAN, 1e10],
        lambda m, x: m.exp(x[0]) + 2,
    ),
    Program(
        *("torch #187297", "sqrt of negative numbers"),
        lambda xp, x: xp.sum(xp.where(x > 0, xp.sqrt(x), x * x)),
        [-1.0, -4.0],
        lambda m, x: x[0] ** 2 + x[1] ** 2,
    ),
    Program(
        *("torch #17455", "overflow, written over", written_to_zero),
        [0.5, 1000.0],
        lambda m, x: m.log(m.exp(x[0]) + 1) ** 2,
    ),
    Program(
        *("torch #18287", "cosine of infinity"),
        lambda xp, x: xp.sum(xp.where(x < 1.0, xp.cos(x), 0.0)),
        [0.5, INF],
        lambda m, x: m.cos(x[0]),
    ),
    Program(
        *("torch #16317", "0/0, replaced", missing_ratio), [0.0, 1.0], lambda m, x: x[1] ** 2 / 2
    ),
    Program(
        *("torch #89543", "squared errors without NaN", seen),
        [0.3, 0.4, 1.5],
        lambda m, x: ((x[0] ** 2 - 1) ** 2 + (x[2] ** 2 - 2) ** 2) / 2,
    ),
    Program(
        *("torch #64305", "errors selected late", selected),
        [0.0, 0.7],
        lambda m, x: (m.log(x[1]) - m.mpf(0.5)) ** 2,
    ),
    Program(
        *("torch #93998", "angles selected late", late_angles),
        [2.0, 0.0, 0.0, 0.0],
        lambda m, x: (m.atan2(x[0], 1) + m.atan2(x[2], 2) + m.atan2(x[3], 3)) / 3,
    ),
    Program(
        *("jax #347", "norms of rows", row_norms, [[1.0, 2.0], [3.0, 4.0], [0.0, 0.0]]),
        lambda m, x: m.sqrt(x[0, 0] ** 2 + x[0, 1] ** 2) + m.sqrt(x[1, 0] ** 2 + x[1, 1] ** 2) + 1,
    ),
    Program(
        *("jax #1052", "angles", angles, [3.0, 0.0, -5.0]),
        lambda m, x: m.atan2(x[0], x[0] ** 2) + m.atan2(x[2], x[2] ** 2),
    ),
    Program(
        *("jax #5798", "sqrt at 0"),
        lambda xp, x: xp.sum(xp.where(x < 1, x * x, xp.sqrt(x))),
        [0.0, 4.0],
        lambda m, x: x[0] ** 2 + m.sqrt(x[1]),
    ),
    Program("jax #19089", "roots filtered later", filtered, [0.7, 1.3], lambda m, x: m.sqrt(x[1])),
    Program(
        *("jax #654", "energy of pairs", energy),
        [[0.1, 0.2, 0.3], [1.0, -0.5, 0.4], [-0.7, 0.6, 1.1]],
        mp_energy,
    ),
    Program(
        *("scipy #25767", "normalised, unless a rotation", orthogonalised),
        [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
        lambda m, x: sum(w * v**2 for w, v in zip(range(1, 10), x.ravel(), strict=True)),
    ),
    Program("diffrax #742", "tanks that run empty", emptying, [0.0, 0.3, 4.0], mp_emptying),
    Program(
        *("HIPS #151", "norm at 0"),
        lambda xp, x: xp.linalg.vector_norm(x),
        [0.0, 0.0, 0.0],
        lambda m, x: m.sqrt(sum(x**2)),
        orders=1,
    ),
    Program(
        *("HIPS #183", "bell curve of the norm"),
        lambda xp, x: xp.exp(-(xp.linalg.vector_norm(x) ** 2)),
        [[0.0], [0.0]],
        lambda m, x: m.exp(-sum(x.ravel() ** 2)),
    ),
    Program(
        *("HIPS #268", "norm of one zero"),
        lambda xp, x: xp.linalg.vector_norm(x),
        [0.0],
        lambda m, x: abs(x[0]),
        orders=1,
    ),
    Program(
        *("HIPS #570", "distance from a point"),
        lambda xp, x: xp.linalg.vector_norm(x - const(xp, [1.0, 2.0])) + xp.sum(x * x),
        [1.0, 2.0],
        lambda m, x: m.sqrt((x[0] - 1) ** 2 + (x[1] - 2) ** 2) + sum(x**2),
        orders=1,
    ),
    Program(
        *("HIPS #586", "square of the norm"),
        lambda xp, x: xp.linalg.vector_norm(x) ** 2,
        [0.0, 0.0],
        lambda m, x: sum(x**2),
    ),
    Program(
        *("HIPS #617", "squares of norms along an axis"),
        lambda xp, x: xp.sum(xp.linalg.vector_norm(x, axis=-1) ** 2),
        [[0.0, 0.0], [3.0, 4.0]],
        lambda m, x: sum(x.ravel() ** 2),
    ),
    Program(
        *("torch #67180", "sum without NaN"),
        lambda xp, x: xp.nansum(x * x * const(xp, [1.0, 2.0, NAN])),
        [0.5, -1.0, 3.0],
        lambda m, x: x[0] ** 2 + 2 * x[1] ** 2,
    ),
    Program(
        *("", "softmax with a masked row", attention, [[0.1, 0.4, 0.2], [0.3, 0.1, 0.5]]),
        lambda m, x: mp_softmax_row(m, x[0, :2], [1, 2]),
    ),
    Program(
        *("", "mean of an empty group", empty_mean, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        lambda m, x: (x[0, 0] ** 2 + x[0, 1] ** 2) / 2,
    ),
    Program(
        *("", "entropy with zeros", entropy, [0.0, 0.25, 0.75]),
        lambda m, x: -x[1] * m.log(x[1]) - x[2] * m.log(x[2]),
    ),
    Program(
        *("", "power at 0"),
        lambda xp, x: xp.sum(xp.where(x > 0, x**0.3, 0.0)),
        [0.0, 2.0],
        lambda m, x: x[1] ** m.mpf(0.3),
    ),
    Program(
        *("", "power of both, at 0"),
        lambda xp, x: xp.sum(xp.where(x > 0, x**x, 0.0)),
        [0.0, 2.0],
        lambda m, x: x[1] ** x[1],
    ),
    Program(
        *("", "maximum of roots"),
        lambda xp, x: xp.max(xp.sqrt(x)),
        [0.0, 4.0, 1.0],
        lambda m, x: m.sqrt(x[1]),
    ),
    Program(
        *("", "logarithm, clipped"),
        lambda xp, x: xp.sum(xp.clip(xp.log(x), -3.0, 5.0)),
        [0.0, 2.0],
        lambda m, x: m.log(x[1]) - 3,
    ),
    Program(
        *("", "root, an entry not read"),
        lambda xp, x: xp.sum(xp.sqrt(x)[1:] ** 3),
        [0.0, 4.0],
        lambda m, x: m.sqrt(x[1]) ** 3,
    ),
    Program(
        *("", "reciprocal, entries gathered"),
        lambda xp, x: xp.sum((1 / x)[xp.asarray([1, 1, 2])]),
        [0.0, 4.0, 2.0],
        lambda m, x: 2 / x[1] + 1 / x[2],
    ),
    Program(
        *("", "hypot at 0, masked"),
        lambda xp, x: xp.sum(xp.where(x[0] > 0, xp.hypot(x[0], x[1]), 0.0)),
        [[0.0, 3.0], [0.0, 4.0]],
        lambda m, x: m.sqrt(x[0, 1] ** 2 + x[1, 1] ** 2),
    ),
]
