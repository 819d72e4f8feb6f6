"""Digital filters, in the signal and in their coefficients.

A filter solves ``a * y = b * x``, convolutions of which the second is known: that is its rule. What
solves with ``a`` is the filter ``1 / a``, and its adjoint is the same filter run backwards.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...backends import backend_of
from ...engine.handed import NAMESPACES, STRONG
from ...engine.op import linear, multilinear, rule
from ...engine.projection import conj
from ..common import arrays_in, chapter, is_tracked, raw, twin
from .gustafsson import forwards_and_backwards

__all__ = ["deconvolve", "filtfilt", "lfilter", "lfilter_zi", "lfiltic", "savgol_coeffs",
           "savgol_filter", "sosfilt", "sosfilt_zi", "sosfiltfilt"]  # fmt: skip


def _at(axis: int, part: Any) -> tuple[Any, ...]:
    return (*(slice(None),) * axis, part, ...)


def _backwards(xp: Any, b: Any, g: Any, axis: int) -> Any:
    return xp.flip(fir(b, xp.flip(g, axis=axis), axis=axis), axis=axis)


def _by_taps(xp: Any, g: Any, b: Any, x: Any, axis: int) -> Any:
    return taps(g, conj(xp, x), count=b.shape[0], axis=axis)


@multilinear(_by_taps, lambda xp, g, b, axis: _backwards(xp, conj(xp, b), g, axis))
def _fir(b: Array, x: Array, /, *, axis: int) -> Any:
    """Return ``y[n] = sum b[k] x[n - k]`` along an axis."""
    backend = backend_of(x)
    if x.ndim == 1 and x.shape[0] and hasattr(backend.xp, "convolve"):
        return backend.xp.convolve(x, b)[: x.shape[0]]  # what `lfilter` does row by row
    return backend.chapter("signal").lfilter(b, _one(b), x, axis)


def _one(b: Any) -> Any:
    held = raw(b)
    return backend_of(held).xp.ones_like(held[:1])


@multilinear(
    lambda xp, g, x, axis: fir(g, conj(xp, x), axis=axis),
    lambda xp, g, u, axis: _backwards(xp, g, conj(xp, u), axis),
)
def _taps(u: Array, x: Array, /, *, count: int, axis: int) -> Any:
    """Return ``b[k] = sum u[n] x[n - k]``, the sums over all axes."""
    xp = backend_of(x).xp
    whole = xp.matmul if x.ndim == 1 else lambda u, x: xp.sum(u * x)
    return _by_lags(xp, u, x, count, axis, whole)


def _by_lags(xp: Any, u: Any, x: Any, count: int, axis: int, whole: Any) -> Any:
    """Return ``whole(u, x)`` for each of `count` lags of the first behind the second."""
    n = x.shape[axis]
    return xp.stack(
        [
            whole(u[_at(axis, slice(k, None))], x[_at(axis, slice(0, max(n - k, 0)))])
            for k in range(count)
        ]
    )


fir: Any = _fir
taps: Any = _taps


def _reversed(xp: Any, b: Any, a: Any, g: Any, axis: int) -> Any:
    """Return the adjoint of a filter: the same one, run backwards."""
    return xp.flip(_run(b, a, xp.flip(g, axis=axis), axis), axis=axis)


def _run(b: Any, a: Any, x: Any, axis: int) -> Any:
    if is_tracked(a, b):
        return filtered(b, a, x, axis=axis)
    return filtered_signal(b, a, x, axis=axis)


def _strong_taps(u: Any, x: Any, count: int, axis: int) -> Any:
    """Return what `_taps` does, where zero times NaN is zero."""
    xp, times = NAMESPACES[type(u)], STRONG[type(u)]
    return _by_lags(xp, u, x, count, axis, lambda u, x: xp.sum(times(u, x)))


def _filtered_vjp(taps: Any) -> Any:
    def pull(xp: Any, g: Any, b: Any, a: Any, x: Any, out: Any, axis: int) -> Any:
        forced = _reversed(xp, _one(a), conj(xp, a), g, axis)
        return (
            taps(forced, conj(xp, x), count=b.shape[0], axis=axis),
            -taps(forced, conj(xp, out), count=a.shape[0], axis=axis),
            _backwards(xp, conj(xp, b), forced, axis),
        )

    return pull


def _filtered_jvp(xp: Any, t: Any, b: Any, a: Any, x: Any, out: Any, axis: int) -> Any:
    moved = fir(t[0], x, axis=axis) + fir(b, t[2], axis=axis) - fir(t[1], out, axis=axis)
    return _run(_one(a), a, moved, axis)


@rule(vjp=_filtered_vjp(taps), jvp=_filtered_jvp, strong=_filtered_vjp(_strong_taps))
def _filtered(b: Array, a: Array, x: Array, /, *, axis: int) -> Array:
    """Return the solution of ``a * y = b * x``, convolutions along an axis."""
    return backend_of(x).chapter("signal").lfilter(b, a, x, axis)  # type: ignore[no-any-return]


@linear(
    None,
    None,
    lambda xp, g, b, a, axis: _reversed(xp, conj(xp, b), conj(xp, a), g, axis),
)
def _filtered_signal(b: Array, a: Array, x: Array, /, *, axis: int) -> Array:
    """Return the same where the coefficients are constants."""
    return backend_of(x).chapter("signal").lfilter(b, a, x, axis)  # type: ignore[no-any-return]


filtered: Any = _filtered
filtered_signal: Any = _filtered_signal


def _common(*arrays: Any) -> list[Any]:
    found = [xgrad.asarray(x) for x in arrays]
    dtype = xgrad.result_type(*found, np.float32)
    return [xgrad.astype(x, dtype, copy=False) for x in found]


def _scales(a: Any) -> bool:
    return is_tracked(a) or bool(raw(a)[0] != 1)


@twin("signal")
def lfilter(b: Any, a: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """Filter along an axis, in `b`, `a`, `x` and `zi`; see ``scipy.signal.lfilter``.

    Args:
        b: the coefficients of the numerator, a vector.
        a: those of the denominator; they are divided by the first.
        x: the signals.
        axis: along which they run.
        zi: the state at the beginning, with ``max(len(a), len(b)) - 1`` numbers along `axis`.

    Returns:
        The filtered signals, and with `zi` the state at the end.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import scipy
    >>> smooth = lambda a: scipy.signal.lfilter([1.0], xg.stack([1.0 + 0 * a, -a]), np.ones(4))[-1]
    >>> float(xg.grad(smooth)(0.5))
    2.75
    """
    b, a, x = _common(xgrad.atleast_1d(xgrad.asarray(b)), xgrad.atleast_1d(xgrad.asarray(a)), x)
    if b.ndim != 1 or a.ndim != 1:
        raise ValueError(f"lfilter: b and a have shapes {b.shape} and {a.shape}; expected vectors")
    axis %= x.ndim
    if zi is None:
        if a.shape[0] == 1:
            return fir(b, x, axis=axis) / a[0] if _scales(a) else fir(b, x, axis=axis)
        return _run(b, a, x, axis)
    b, a = b / a[0], a / a[0]
    n, order = x.shape[axis], max(a.shape[0], b.shape[0]) - 1
    zi = _common(zi, x)[0]
    shape = tuple(order if i == axis else m for i, m in enumerate(x.shape))
    zi = xgrad.broadcast_to(zi, shape)
    widths = [(0, max(n - order, 0)) if i == axis else (0, 0) for i in range(x.ndim)]
    forced = fir(b, x, axis=axis) + xgrad.pad(zi[_at(axis, slice(0, n))], widths)
    y = forced if a.shape[0] == 1 else _run(_one(a), a, forced, axis)
    after = [(0, order) if i == axis else (0, 0) for i in range(x.ndim)]
    last = _at(axis, slice(max(n - order, 0), None))
    tail = fir(b, xgrad.pad(x[last], after), axis=axis) - fir(
        a, xgrad.pad(y[last], after), axis=axis
    )
    end = (
        tail[_at(axis, slice(tail.shape[axis] - order, None))]
        if order
        else tail[_at(axis, slice(0, 0))]
    )
    if n < order:
        lead = [(0, n) if i == axis else (0, 0) for i in range(x.ndim)]
        end = end + xgrad.pad(zi[_at(axis, slice(n, None))], lead)
    return y, end


@twin("signal")
def lfilter_zi(b: Any, a: Any) -> Any:
    """Return the state of a filter at rest for a step; see ``scipy.signal.lfilter_zi``."""
    b, a = _common(b, a)
    b, a = b / a[0], a / a[0]
    n = max(a.shape[0], b.shape[0])
    a, b = (xgrad.pad(v, (0, n - v.shape[0])) for v in (a, b))
    unit = np.eye(n - 1, dtype=a.dtype)
    later = xgrad.asarray(np.eye(n - 1, k=1, dtype=a.dtype)[:, 1:])
    companion = xgrad.concat([-a[1:, None], later], axis=1)
    return xgrad.linalg.solve(xgrad.asarray(unit) - companion, b[1:] - a[1:] * b[0])


@twin("signal")
def lfiltic(b: Any, a: Any, y: Any, x: Any = None) -> Any:
    """Return the state of a filter after given outputs and inputs; see ``scipy.signal.lfiltic``."""
    b, a, y = _common(b, a, y)
    n, m = a.shape[0] - 1, b.shape[0] - 1
    order = max(n, m)
    y = xgrad.pad(y, (0, max(n - y.shape[0], 0)))
    x = xgrad.zeros((m,), dtype=y.dtype) if x is None else _common(x, y)[0]
    x = xgrad.pad(x, (0, max(m - x.shape[0], 0)))
    b, a = b / a[0], a / a[0]
    states = []
    for i in range(order):
        total: Any = xgrad.zeros((), dtype=y.dtype)
        if i < m:
            total = total + xgrad.sum(b[i + 1 :] * x[: m - i])
        if i < n:
            total = total - xgrad.sum(a[i + 1 :] * y[: n - i])
        states.append(total)
    return xgrad.stack(states)


def _sections(name: str, sos: Any) -> Any:
    sos = xgrad.asarray(sos)
    if sos.ndim != 2 or sos.shape[1] != 6:
        raise ValueError(f"{name}: sos has shape {sos.shape}; expected (sections, 6)")
    return sos


@twin("signal")
def sosfilt(sos: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """Filter by sections of second order, in `sos`, `x` and `zi`; see ``scipy.signal.sosfilt``."""
    sos, x = _sections("sosfilt", sos), xgrad.asarray(x)
    axis %= x.ndim
    ends = []
    for i in range(sos.shape[0]):
        b, a = sos[i, :3], sos[i, 3:]
        if zi is None:
            x = lfilter(b, a, x, axis)
        else:
            x, end = lfilter(b, a, x, axis, xgrad.asarray(zi)[i, ...])
            ends.append(end)
    return x if zi is None else (x, xgrad.stack(ends))


@twin("signal")
def sosfilt_zi(sos: Any) -> Any:
    """Return the state of sections at rest for a step; see ``scipy.signal.sosfilt_zi``."""
    sos = _sections("sosfilt_zi", sos)
    found, scale = [], 1.0
    for i in range(sos.shape[0]):
        b, a = sos[i, :3], sos[i, 3:]
        found.append(scale * lfilter_zi(b, a))
        scale = scale * xgrad.sum(b) / xgrad.sum(a)
    return xgrad.stack(found)


def _extended(
    name: str, x: Any, axis: int, padtype: Any, padlen: Any, taps: int
) -> tuple[Any, int]:
    """Return signals with their ends extended, and by how much."""
    edge = 0 if padtype is None else taps if padlen is None else int(padlen)
    n = x.shape[axis]
    if padtype not in ("odd", "even", "constant", None):
        raise ValueError(
            f"{name}: padtype is {padtype!r}; expected 'odd', 'even', 'constant', None"
        )
    if n <= edge:
        raise ValueError(f"{name}: x has {n} samples; expected more than the {edge} of padlen")
    if not edge:
        return x, 0
    widths = [(edge, edge) if i == axis else (0, 0) for i in range(x.ndim)]
    if padtype == "constant":
        return xgrad.pad(x, widths, mode="edge"), edge
    return xgrad.pad(x, widths, mode="reflect", reflect_type=padtype), edge


def _twice(run: Any, zi: Any, x: Any, axis: int, edge: int, lead: int) -> Any:
    """Filter forwards and backwards, from the state at rest for the first sample each time."""
    shape = [1] * x.ndim
    shape[axis] = zi.shape[-1]
    state = xgrad.reshape(zi, (*zi.shape[:lead], *shape))
    y, _ = run(x, state * x[_at(axis, slice(0, 1))])
    y = xgrad.flip(y, axis=axis)
    y, _ = run(y, state * y[_at(axis, slice(0, 1))])
    y = xgrad.flip(y, axis=axis)
    return y[_at(axis, slice(edge, y.shape[axis] - edge))] if edge else y


@twin("signal")
def filtfilt(
    b: Any, a: Any, x: Any, axis: int = -1, padtype: Any = "odd", padlen: Any = None,
    method: str = "pad", irlen: Any = None,
) -> Any:  # fmt: skip
    """Filter forwards and backwards, in `b`, `a` and `x`; see ``scipy.signal.filtfilt``."""
    if method not in ("pad", "gust"):
        raise ValueError(f"filtfilt: method is {method!r}; expected 'pad' or 'gust'")
    b, a, x = _common(xgrad.atleast_1d(xgrad.asarray(b)), xgrad.atleast_1d(xgrad.asarray(a)), x)
    axis %= x.ndim
    if method == "gust":
        last = forwards_and_backwards(lfilter, b, a, xgrad.moveaxis(x, axis, -1), irlen)
        return xgrad.moveaxis(last, -1, axis)
    x, edge = _extended("filtfilt", x, axis, padtype, padlen, 3 * max(a.shape[0], b.shape[0]))
    zi = lfilter_zi(b, a)
    return _twice(lambda x, z: lfilter(b, a, x, axis, z), zi, x, axis, edge, 0)


@twin("signal")
def sosfiltfilt(sos: Any, x: Any, axis: int = -1, padtype: Any = "odd", padlen: Any = None) -> Any:
    """Filter forwards and backwards by sections; see ``scipy.signal.sosfiltfilt``."""
    sos, x = _sections("sosfiltfilt", sos), xgrad.asarray(x)
    axis %= x.ndim
    held = np.asarray(raw(sos.detach()))
    count = 2 * len(held) + 1 - min((held[:, 2] == 0).sum(), (held[:, 5] == 0).sum())
    x, edge = _extended("sosfiltfilt", x, axis, padtype, padlen, 3 * int(count))
    zi = sosfilt_zi(sos)
    return _twice(lambda x, z: sosfilt(sos, x, axis, z), zi, x, axis, edge, 1)


@twin("signal", "D")
def deconvolve(signal: Any, divisor: Any) -> Any:
    """Return quotient and remainder of a division of polynomials; see ``scipy.signal``."""
    num, den = _common(signal, divisor)
    n, d = num.shape[0], den.shape[0]
    if d > n:
        return xgrad.zeros((0,), dtype=num.dtype), num
    impulse = np.zeros(n - d + 1, dtype=num.dtype)
    impulse[0] = 1.0
    quotient = lfilter(num, den, xgrad.asarray(impulse))
    return quotient, num - xgrad.convolve(den, quotient)


@twin("signal")
def savgol_coeffs(
    window_length: int, polyorder: int, deriv: int = 0, delta: Any = 1.0, pos: Any = None,
    use: str = "conv", *, xp: Any = None, device: Any = None,
) -> Any:  # fmt: skip
    """Return the weights of a filter by polynomials, in `delta`; see SciPy's ``savgol_coeffs``."""
    unit = chapter("signal").savgol_coeffs(window_length, polyorder, deriv, 1.0, pos, use)
    return xgrad.asarray(unit) / xgrad.asarray(delta) ** deriv


@twin("signal", "g")
def savgol_filter(
    x: Any, window_length: int, polyorder: int, deriv: int = 0, delta: float = 1.0, axis: int = -1,
    mode: str = "interp", cval: float = 0.0,
) -> Any:  # fmt: skip
    """Smooth by polynomials of least squares; see ``scipy.signal.savgol_filter``."""
    from ..ndimage.filters import convolve1d

    x = xgrad.asarray(x)
    if arrays_in(delta):
        out = savgol_filter(x, window_length, polyorder, deriv, 1.0, axis, mode, cval)
        return out / delta**deriv
    library = chapter("signal")
    options = (window_length, polyorder, deriv, delta)
    weights = library.savgol_coeffs(*options)
    if mode != "interp":
        return convolve1d(x, weights, axis, None, mode, cval)
    axis %= x.ndim
    n, half = x.shape[axis], window_length // 2
    if window_length > n:
        raise ValueError(
            f"savgol_filter: window_length is {window_length}; expected at most {n}, as x has"
        )
    middle = convolve1d(x, weights, axis, None, "constant")
    ends = library.savgol_filter(np.eye(window_length), *options, axis=0)
    moved, inner = xgrad.moveaxis(x, axis, -1), xgrad.moveaxis(middle, axis, -1)
    first = moved[..., :window_length] @ xgrad.asarray(ends[:half].T.copy())
    last = moved[..., n - window_length :] @ xgrad.asarray(ends[window_length - half :].T.copy())
    out = xgrad.concat([first, inner[..., half : n - half], last], axis=-1)
    return xgrad.moveaxis(out, -1, axis)
