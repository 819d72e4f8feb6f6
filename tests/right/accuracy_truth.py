"""What a function and its derivatives truly are: one set of mpmath values for all of them.

The value, both derivatives and the third, which says how near a zero is, come from a function's
values at four points that are a tiny step apart; digits are added until enough of the differences
are right. Results are kept in a folder, as they take long: a run that was stopped goes on there.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np

from .accuracy_series import derivatives

_DIGITS = 60
CHECKED = 2  # points that are computed both by series and by differences
_FAR = 100_000  # an exponent beyond all dtypes
_STEP = 30  # a step is so many digits smaller than its argument
_ENOUGH = (25, 25, 25, 6)  # digits that a value and each derivative must have
_FEWEST = 130  # digits to compute with; then twice as many: mpmath keeps what it made for each
_MOST = 16 * _FEWEST  # where differences cancel
_NOTHING = -345  # the decimal exponent of what no dtype can hold
_MOST_OF_SLOW = 4 * _FEWEST
_NONE = (ValueError, ZeroDivisionError, OverflowError, mp.libmp.NoConvergence, TypeError)


def jet(f: Any, xs: list[Any], i: int, fewest: int = _FEWEST, known: Any = None) -> list[Any]:
    """Return the first three derivatives in argument i; None for what is 0, or not asked for.

    Differences of two and three values have errors in the square of the step, and so has that of
    four in the step itself, which is more than enough.
    """
    slope = f.slopes[i] if f.slopes else None
    true = slope or known or f.true
    orders = (3 if f.crosses else 2) - (slope is not None)
    digits = fewest
    while digits < 2 * _STEP * min(orders, 2) + _log10(abs(xs[i])):
        digits *= 2
    while True:
        with mp.workdps(digits):
            x = xs[i]
            h = min(abs(x), mp.mpf(1)) * mp.mpf(10) ** -_STEP
            y = {
                k: true(*xs[:i], x + k * h, *xs[i + 1 :])
                for k in (-1, 0, 1, 2)[: max(3, orders + 1)]
            }
            scale = max(map(abs, y.values()))
            if not scale or not mp.isfinite(scale):
                return [None] * 3
            changes = [(y[1] - y[-1]) / 2]
            if orders > 1:
                changes += [y[1] - 2 * y[0] + y[-1]]
            if orders > 2:
                changes += [y[2] - 3 * y[1] + 3 * y[0] - y[-1]]
            right = [digits + _log10(abs(change) / scale) for change in changes]
            least = _log10(scale) - digits  # of a change
            enough = all(
                r >= e or least + e - _log10(h) * k < _NOTHING
                for k, (r, e) in enumerate(zip(right, _ENOUGH[1:], strict=False), 1)
            )
            if enough or 2 * digits > (_MOST_OF_SLOW if f.slow else _MOST):
                pairs = enumerate(zip(changes, right, strict=True), 1)
                out = [c / h**k if r >= _ENOUGH[k] else None for k, (c, r) in pairs]
                out = [y[0], *out] if slope else out
                return (out + [None] * 3)[:3]
        digits *= 2


def _log10(x: Any) -> int:
    return int(mp.floor(mp.log10(x))) if x else -_MOST


def value(true: Callable[..., Any], xs: list[Any]) -> Any:
    """Return the value, with so many digits that twice as many do not change it."""
    digits, before = _DIGITS, None
    while True:
        with mp.workdps(digits):
            out = true(*xs)
            same = before is not None and abs(out - before) <= abs(out) * mp.mpf(10) ** -25
            if same or 2 * digits > _MOST:
                return out
        digits, before = max(2 * digits, _FEWEST), out


def once(true: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that computes each value with each number of digits once."""
    found: dict[Any, Any] = {}

    def compute(*xs: Any) -> Any:
        key = (mp.mp.prec, *xs)
        if key not in found:
            found[key] = true(*xs)
        return found[key]

    return compute


def at(
    f: Any,
    args: tuple[float, ...],
    varied: list[int],
    by_series: bool = True,
    fewest: int = _FEWEST,
) -> list[tuple[Any, Any]]:
    """Return the value and the derivatives at a point, each with the unit's size.

    In the order of the page: the value, first derivatives in each varied argument, second ones.
    """
    xs = [mp.mpf(x) for x in args]
    v, true = None, once(f.true)
    firsts, seconds, sizes = [], [], []
    for i in varied:
        try:
            terms = derivatives(f.true, xs, i, varied) if by_series else None
            if terms is None:
                terms = [value(true, xs) if v is None else v, *jet(f, xs, i, fewest, true)]
            v, first, second, third = terms
        except _NONE:
            first = second = third = None
        next_of = (first, second, third) if f.crosses else (None,) * 3
        sizes.append(_size(v, next_of[0], xs[i]))
        firsts.append((first, _size(first, next_of[1], xs[i])))
        seconds.append((second, _size(second, next_of[2], xs[i])))
    return [(v, max(sizes)), *firsts, *seconds]


def _size(y: Any, slope: Any, x: Any) -> Any:
    """Return the size that errors are relative to: of y, or of what a spacing of x makes of it."""
    if not isinstance(y, mp.mpf) or not mp.isfinite(y):
        return mp.mpf(0)
    return max(abs(y), abs(slope * x)) if isinstance(slope, mp.mpf) else abs(y)


def _by_series(f: Any, point: tuple[float, ...], varied: list[int]) -> bool:
    return derivatives(f.true, [mp.mpf(x) for x in point], varied[0], varied) is not None


def agree(name: str, point: tuple[float, ...], one: list[Any], other: list[Any]) -> None:
    """Raise if two ways to the same results differ where both have digits and a dtype does."""
    for (x, _), (y, _) in zip(one, other, strict=True):
        both = all(isinstance(v, mp.mpf) and mp.isfinite(v) and v for v in (x, y))
        if both and abs(mp.log10(abs(x))) < -_NOTHING and abs(x / y - 1) > mp.mpf(10) ** -20:
            raise AssertionError(f"{name} at {point}: {x} by series, {y} by mpmath")


def packed(points: list[list[tuple[Any, Any]]]) -> Any:
    """Return the numbers as two doubles each and an exponent of 2, and the size beside the value.

    Of shape (4, results, points); a result that is not a finite number is NaN.
    """
    out = np.full((4, len(points[0]), len(points)), np.nan)
    with mp.workdps(_DIGITS):
        for k, results in enumerate(points):
            for row, (y, size) in enumerate(results):
                if isinstance(y, mp.mpf) and mp.isfinite(y) and y:
                    m, e = mp.frexp(y)
                    high, far = float(m), max(-_FAR, min(int(e), _FAR))
                    unit = float(min(size / abs(y), mp.mpf(10) ** 300))
                    out[:, row, k] = high, float(m - high), far, unit
    return out


def known(
    f: Any,
    dtype: str,
    args: list[Any],
    varied: list[int],
    folder: Path | None = None,
    compute: bool = True,
    checked: int = CHECKED,
) -> Any:
    """Return the packed results at all points, from the folder if it has them; else None or new."""
    file = None
    if folder is not None:
        told = zlib.crc32(b"".join(np.ascontiguousarray(a).tobytes() for a in args))
        told = zlib.crc32(repr((f.crosses, _code(f.true))).encode(), told)
        file = folder / f"{f.name.rpartition('.')[2]}-{dtype}-{told:08x}.npy"
        if file.exists():
            return np.load(file)
    if not compute:
        return None
    points = zip(*(np.asarray(a, float).tolist() for a in args), strict=True)
    found = []
    for point in points:
        found.append(at(f, point, varied))
        if len(found) <= checked and _by_series(f, point, varied):
            other = at(f, point, varied, by_series=False, fewest=_MOST // 2)
            agree(f.name, point, found[-1], other)
    out = packed(found)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}.npy")
        np.save(part, out)
        part.replace(file)
    return out


def _code(f: Any) -> Any:
    """Return what tells the mathematics of a function from another's, if it is Python's."""
    code = getattr(f, "__code__", None)
    return getattr(f, "__name__", repr(type(f))) if code is None else (code.co_code, code.co_names)
