"""Integrals of samples: linear in the values, and differentiable in the points too."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ..common import arrays_in, chapter, raw
from ..mistakes import told

__all__ = ["cumulative_simpson", "cumulative_trapezoid", "romb", "simpson", "trapezoid"]


def _plain(out: Any, *given: Any) -> Any:
    return out if arrays_in(*given) or not isinstance(out, Array) else out.data


@told("integrate")
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Integrate samples by the trapezoidal rule; see ``scipy.integrate.trapezoid``."""
    return xgrad.trapezoid(y, x, dx=dx, axis=axis)


@told("integrate")
def cumulative_trapezoid(
    y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None
) -> Any:
    """Integrate samples up to each point; see ``scipy.integrate.cumulative_trapezoid``.

    `initial`, if given, must be 0: the value put in front.
    """
    if initial not in (None, 0):
        raise ValueError(f"cumulative_trapezoid: `initial` is {initial!r}; expected None or 0")
    if xgrad.asarray(y).shape[axis] == 0:
        raise ValueError(
            "cumulative_trapezoid: y has no samples along the axis. At least one point is required"
        )
    return xgrad.cumulative_trapezoid(y, x, dx=dx, axis=axis, initial=initial)


def _steps(name: str, y: Any, x: Any, dx: Any, axis: int) -> tuple[Array, Any]:
    """Return the samples along the last axis, and the distances between the points, or `dx`."""
    y = xgrad.moveaxis(xgrad.asarray(y), axis, -1)
    if x is None:
        several = getattr(dx, "ndim", 0) and dx.ndim == y.ndim
        return y, xgrad.moveaxis(xgrad.asarray(dx), axis, -1) if several else xgrad.asarray(dx)
    x = xgrad.asarray(x)
    if x.ndim == 1:
        if x.shape[0] != y.shape[-1]:
            raise ValueError(
                f"{name}: x has {x.shape[0]} points and y has {y.shape[-1]} samples along the axis"
            )
    elif x.ndim == y.ndim:
        x = xgrad.moveaxis(x, axis, -1)
    else:
        raise ValueError(f"{name}: x has {x.ndim} axes; expected 1, or {y.ndim} as y has")
    return y, x[..., 1:] - x[..., :-1]


@told("integrate")
def simpson(y: Any, x: Any = None, *, dx: Any = 1.0, axis: int = -1) -> Any:
    """Integrate samples by Simpson's rule; see ``scipy.integrate.simpson``.

    Args:
        y: the samples.
        x: the points; a vector, or an array like `y`.
        dx: their distance, if `x` is None.
        axis: along which to integrate.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import scipy
    >>> xg.grad(lambda y: scipy.integrate.simpson(y))(np.ones(3)).round(4)
    array([0.3333, 1.3333, 0.3333])
    """
    values, h = _steps("simpson", y, x, dx, axis)
    n = values.shape[-1]
    whole = n if n % 2 else n - 1  # an even number of samples leaves one interval over
    if n == 2:
        last = 0.5 * (h if x is None else h[..., 0]) * (values[..., 0] + values[..., 1])
        return _plain(last, y, x, dx)
    if x is None:
        inner = values[..., 0 : whole - 1 : 2] + values[..., 2:whole:2]
        total = xgrad.sum(inner + 4.0 * values[..., 1:whole:2], axis=-1) * (h / 3.0)
        h0 = h1 = h
    else:
        even, odd = h[..., 0 : whole - 1 : 2], h[..., 1 : whole - 1 : 2]
        both, product, ratio = even + odd, even * odd, even / odd
        weighted = (
            values[..., 0 : whole - 1 : 2] * (2.0 - 1.0 / ratio)
            + values[..., 1:whole:2] * (both * both / product)
            + values[..., 2:whole:2] * (2.0 - ratio)
        )
        total = xgrad.sum(both / 6.0 * weighted, axis=-1)
        h0, h1 = (h[..., -2], h[..., -1]) if n > 2 else (h, h)
    if whole != n:  # Cartwright's correction: the parabola through the last three
        alpha = (2.0 * h1**2 + 3.0 * h0 * h1) / (6.0 * (h1 + h0))
        beta = (h1**2 + 3.0 * h0 * h1) / (6.0 * h0)
        eta = h1**3 / (6.0 * h0 * (h0 + h1))
        total = total + alpha * values[..., -1] + beta * values[..., -2] - eta * values[..., -3]
    return _plain(total, y, x, dx)


def _parabolas(y: Any, first: Any, second: Any) -> Any:
    """Return the integral over the first of each two neighbouring intervals."""
    one, two, three = y[..., :-2], y[..., 1:-1], y[..., 2:]
    both = first + second
    a, b = first / both, first / second
    return first / 6.0 * ((3.0 - a) * one + (3.0 + a * b + a) * two - a * b * three)


def _even_parabolas(y: Any, h: Any) -> Any:
    """Return the integral over the first of each two neighbouring intervals of one length."""
    return h / 3.0 * (1.25 * y[..., :-2] + 2.0 * y[..., 1:-1] - 0.25 * y[..., 2:])


def _refuse_shapes(y: Any, x: Any, dx: Any, axis: int, initial: Any) -> None:
    """Raise if what is given beside samples does not fit them, or if points do not increase."""
    name, shape = "cumulative_simpson", tuple(y.shape)
    if not -len(shape) <= axis < len(shape):
        raise ValueError(
            f"{name}: `axis={axis}` is not valid for `y` with `y.ndim={len(shape)}`; expected "
            f"{-len(shape)} to {len(shape) - 1}"
        )
    thin = (*shape[: axis % len(shape)], 1, *shape[axis % len(shape) + 1 :])
    for what, v in (("initial", initial), ("dx", dx if x is None else None)):
        if v is not None and (given := tuple(xgrad.asarray(v).shape)) not in ((), thin):
            raise ValueError(
                f"{name}: `{what}` must either be a scalar or have the shape of `y` with one point "
                f"along the axis, {thin}; got {given}"
            )
    if x is None or shape[axis] < 3:
        return
    points = xgrad.asarray(x)
    if tuple(points.shape) not in (shape, (shape[axis],)):
        raise ValueError(
            f"{name}: the shape of `x` must be the same as `y` or 1-D, {shape} or "
            f"{(shape[axis],)}; got {tuple(points.shape)}"
        )
    if np.any(np.diff(raw(points.detach()), axis=axis if points.ndim > 1 else 0) <= 0):
        raise ValueError(f"{name}: x must be strictly increasing; sort it, and y with it")


@told("integrate")
def cumulative_simpson(
    y: Any, *, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None
) -> Any:
    """Integrate samples up to each point by Simpson's rule; see ``scipy.integrate``.

    Args:
        y: the samples.
        x: the points; a vector, or an array like `y`.
        dx: their distances, if `x` is None.
        axis: along which to integrate.
        initial: a number to put in front, and to add to the rest; None for neither.

    Raises:
        ValueError: if shapes do not fit, or the points do not increase.
    """
    _refuse_shapes(xgrad.asarray(y), x, dx, axis, initial)
    if xgrad.asarray(y).shape[axis] < 3:
        values = xgrad.moveaxis(cumulative_trapezoid(xgrad.asarray(y), x, dx, axis), axis, -1)
    else:
        samples, h = _steps("cumulative_simpson", y, x, dx, axis)
        if x is None:
            ahead, mirrored = _even_parabolas(samples, h), _even_parabolas(samples[..., ::-1], h)
        else:
            first, second = h[..., :-1], h[..., 1:]
            ahead = _parabolas(samples, first, second)
            mirrored = _parabolas(samples[..., ::-1], second[..., ::-1], first[..., ::-1])
        behind = mirrored[..., ::-1]
        n = ahead.shape[-1] + 1
        order = np.append(np.where(np.arange(n - 1) % 2 == 0, np.arange(n - 1), 0), 0)
        from_ahead = np.arange(n) % 2 == 0
        from_ahead[-1] = False
        back = np.where(np.arange(n) % 2 == 1, np.arange(n) - 1, 0)
        back[-1] = n - 2
        pieces = xgrad.where(
            xgrad.asarray(from_ahead),
            xgrad.take(ahead, xgrad.asarray(order), axis=-1),
            xgrad.take(behind, xgrad.asarray(back), axis=-1),
        )
        values = xgrad.cumulative_sum(pieces, axis=-1)
    if initial is not None:
        front = xgrad.asarray(initial)
        if front.ndim == values.ndim:  # of length 1 along the axis
            front = xgrad.moveaxis(front, axis, -1)
        front = xgrad.broadcast_to(front, (*values.shape[:-1], 1))
        values = xgrad.concat([front, values + front], axis=-1)
    return _plain(xgrad.moveaxis(values, -1, axis), y, x, dx, initial)


@told("integrate")
def romb(y: Any, dx: Any = 1.0, axis: int = -1, show: bool = False) -> Any:
    """Integrate ``2**k + 1`` samples by Romberg's method; see ``scipy.integrate.romb``."""
    values = xgrad.moveaxis(xgrad.asarray(y), axis, -1)
    n = values.shape[-1]
    if n < 3 or (n - 1) & (n - 2):
        raise ValueError(f"romb: y has {n} samples along axis {axis}; expected 2**k + 1 of them")
    weights = chapter("integrate").romb(np.eye(n), show=show)
    return _plain(dx * xgrad.matvec(values, xgrad.asarray(weights)), y, dx)
