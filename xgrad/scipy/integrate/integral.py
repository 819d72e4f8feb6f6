"""Integrals on the tape: the derivative of an integral is the integral of the derivative.

With respect to what the integrand reads it is a quadrature again, by the same method; with respect
to a limit it is the integrand there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...backends.batched import Batch, NotBatchedError, ended
from ...custom.again import kept, require_same, sample
from ...custom.equation import Recorded, alone
from ...engine import tape
from ...engine.tape import SAVED, SERIAL, Node, Rule, next_serial
from ..common import raw

__all__ = ["between", "integral"]

Integrand = Callable[[Array], Array]
Quadrature = Callable[[Callable[[float], Any]], Any]


@dataclass(frozen=True)
class _Saved:
    """What the node of an integral keeps; `limits` are raw or, lifted, arrays on the outer tape."""

    f: Integrand
    limits: tuple[Any, Any]
    quadrature: Quadrature
    reads: list[Node]
    shapes: list[Any]
    tracked: tuple[bool, ...]
    first: Any
    at: Any
    ended: Any = field(default_factory=ended)

    def lifted(self, node: Node) -> _Saved:
        """Return it with the limits on the outer tape."""
        parents = iter(node[tape.PARENTS][len(self.reads) :])
        low, high = (
            Array(np.asarray(x), next(parents)) if tracked else x
            for x, tracked in zip(self.limits, self.tracked, strict=True)
        )
        return replace(self, limits=(low, high))

    def require_same(self) -> None:
        """Refuse an integrand that is not what it was when the integral was taken."""
        require_same("quad", self.first, _at(self.f, self.at, False))


def integral(
    f: Integrand,
    limits: tuple[Any, Any],
    quadrature: Quadrature,
    value: Any = None,
    at: Any = None,
) -> Any:
    """Return the integral of a function between two limits, with its derivatives.

    Args:
        f: the integrand, of a 0-d `Array`; what it closes over may be tracked.
        limits: the lower and the upper limit, numbers or 0-d arrays.
        quadrature: ``quadrature(g)``, the integral of a raw function between these limits, which
            may return vectors.
        value: the integral, if it is known.
        at: a point at which the integrand is looked at, of several variables a vector; the limits
            are then numbers.
    """
    if value is None:
        with tape.recording(False):
            value = quadrature(lambda x: raw(f(Array(np.asarray(x)))))
    value = np.asarray(value)
    if not tape.is_recording():
        return Array(value)
    low, high = (  # SciPy's limits are numbers in double precision
        xgrad.astype(x, np.float64, copy=False) if isinstance(x, Array) else x for x in limits
    )
    limits = low, high
    tracked = tuple(isinstance(x, Array) and x._node is not None for x in limits)
    ends = (float(raw(limits[0])), float(raw(limits[1])))
    at = np.asarray(between(*ends)) if at is None else at
    run = Recorded(f, Array(at))
    found = run.pull_reads(np.ones(run.out.shape, raw(run.out).dtype), False)
    pulled = [(n, c) for n, c in zip(run.reads, found, strict=True) if c is not None]
    if not pulled and not any(tracked):
        return Array(value)
    saved = _Saved(
        f=kept(f),
        limits=ends,
        quadrature=quadrature,
        reads=[n for n, _ in pulled],
        shapes=[(tuple(c.shape), c.dtype) for _, c in pulled],
        tracked=tracked,
        first=sample(raw(run.out)),
        at=at,
    )
    moving = [x._node for x, yes in zip(limits, tracked, strict=True) if yes]
    return Array(value, [next_serial(), _INTEGRAL, (*saved.reads, *moving), saved, None])


def between(a: float, b: float) -> float:
    """Return a point between two limits, at which the integrand is looked at."""
    if math.isfinite(a) and math.isfinite(b):
        return a + 0.4375 * (b - a)  # not the middle, where integrands like |x - 1/2| have kinks
    if math.isfinite(a):
        return a + math.copysign(0.8125, b)
    return b - math.copysign(0.8125, b - a) if math.isfinite(b) else 0.3125


@alone
def _pull(xp: Any, g: Any, saved: Any, fit: Any = None, times: Any = None) -> Any:
    taped = isinstance(g, Array)
    if isinstance(g, Batch):
        raise NotBatchedError("an integral is pulled back for one cotangent at a time")
    saved.require_same()
    parts: list[Any] = []
    if saved.reads:

        def pulled(x: Array) -> Any:
            run = Recorded(saved.f, x)
            of = dict(zip([n[SERIAL] for n in run.reads], run.pull_reads(g, taped), strict=True))
            flat = []
            for node, (shape, dtype) in zip(saved.reads, saved.shapes, strict=True):
                c = of.get(node[SERIAL])
                c = np.zeros(shape, dtype) if c is None else c
                flat.append(
                    xgrad.reshape(c if isinstance(c, Array) else Array(np.asarray(c)), (-1,))
                )
            return xgrad.concat(flat)

        total = integral(pulled, saved.limits, saved.quadrature, at=saved.at)
        total = total if taped else total._raw
        start = 0
        for shape, dtype in saved.shapes:  # together they were of the widest dtype
            size = math.prod(shape)
            piece = total[start : start + size]
            if taped:
                parts.append(xgrad.astype(xgrad.reshape(piece, shape), dtype, copy=False))
            else:
                parts.append(piece.reshape(shape).astype(dtype, copy=False))
            start += size
    for x, tracked, sign in zip(saved.limits, saved.tracked, (-1.0, 1.0), strict=True):
        if tracked:
            end = _at(saved.f, x, taped)
            parts.append(
                sign * xgrad.sum(xgrad.real(g * xgrad.conj(end)))
                if taped
                else np.asarray(sign * np.sum(np.real(g * np.conj(end))))
            )
    return parts


@alone
def _push(xp: Any, ts: Any, saved: Any, fit: Any = None, times: Any = None) -> Any:
    taped = any(isinstance(t, Array) for t in ts)
    if any(isinstance(t, Batch) for t in ts):
        raise NotBatchedError("an integral is pushed forward for one tangent at a time")
    saved.require_same()
    count = len(saved.reads)
    inner = {n[SERIAL]: t for n, t in zip(saved.reads, ts[:count], strict=True) if t is not None}
    total = None
    if inner:

        def pushed(x: Array) -> Any:
            run = Recorded(saved.f, x)
            t = run.push_reads([inner.get(n[SERIAL]) for n in run.reads], taped)
            if t is None:
                return run.out.detach() * 0.0
            return t if isinstance(t, Array) else Array(np.asarray(t))

        total = integral(pushed, saved.limits, saved.quadrature, at=saved.at)
        total = total if taped else total._raw
    moving = iter(ts[count:])
    for x, tracked, sign in zip(saved.limits, saved.tracked, (-1.0, 1.0), strict=True):
        t = next(moving) if tracked else None
        if t is not None:
            term = sign * t * _at(saved.f, x, taped)
            total = term if total is None else total + term
    return total


def _at(f: Integrand, x: Any, taped: bool) -> Any:
    """Return the integrand at a limit."""
    with tape.recording(taped):
        out = f(x if isinstance(x, Array) else Array(np.asarray(x)))
    return out if taped else raw(out)


_INTEGRAL = Rule("integral", _pull, _pull, _push, lambda node: node[SAVED].lifted(node))
