"""How accurate each elementwise function is, and its first and second derivatives.

Values and derivatives by reverse mode are compared with mpmath's, at points that are dense in the
exponents of the dtype, of both signs, around the function's special points and at the edges of the
dtype. The unit is the dtype's epsilon, relative to the true value (an "ulp" here), wherever that is
a normal number. ``python -m tests.right.accuracy`` prints the worst point of each function and
writes ``docs/accuracy.md``; ``--only PATTERN`` selects functions (as ``special.*``), ``--points N``
sets their number.
"""

from __future__ import annotations

import argparse
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np

import xgrad as xg

BAR = 8.0
WHAT = ("value", "first", "second")
DTYPES = ("float64", "float32")
_DIGITS = 25  # that a true value must have
_MOST = 4000  # digits to compute with, where differences cancel


@dataclass(frozen=True)
class Function:
    """An elementwise function, what it is in mpmath, and where.

    Attributes:
        name: its path in xgrad.
        true: the same function of mpmath numbers.
        domains: for each argument its interval.
        near: points around which to look closely, as poles, zeros and ends.
        fixed: for each argument numbers to take it from, if not from a grid.
        crosses: whether it, or a derivative, has a zero at a point that is no number of the dtype.
            Near it the unit is that of ``x f'(x)``: what half a spacing of the argument makes.
        part: ``"real"`` or ``"imag"``, the part of a complex result that `true` is.
        points: at how many points at most, where mpmath is slow.
    """

    name: str
    true: Callable[..., Any]
    domains: tuple[tuple[float, float], ...] = ((-np.inf, np.inf),)
    near: tuple[float, ...] = (0.0, 1.0, -1.0)
    fixed: tuple[tuple[float, ...] | None, ...] = ()
    crosses: bool = False
    part: str = ""
    points: int = 1_000_000

    @property
    def function(self) -> Callable[..., Any]:
        """The function of xgrad."""
        f: Any = xg
        for part in self.name.split("."):
            f = getattr(f, part)
        if not self.part:
            return f
        take = getattr(xg, self.part)
        return lambda *xs: take(f(*xs))


@dataclass
class Worst:
    """The largest error of one derivative of one function in one dtype."""

    ulps: float = 0.0
    at: tuple[float, ...] = ()
    got: float = 0.0
    right: float = 0.0
    points: int = 0


def grid(f: Function, argument: int, count: int, dtype: str, rng: Any) -> Any:
    """Return points of one argument: over all exponents, over the usual ones, and near points."""
    low, high = f.domains[argument]
    if argument < len(f.fixed) and (choice := f.fixed[argument]) is not None:
        whole = all(type(c) is int for c in choice)  # an order
        return rng.choice(np.asarray(choice, np.int64 if whole else dtype), count)
    limits = np.finfo(dtype)
    sign = rng.choice([-1.0, 1.0], 4 * count)
    bits = rng.uniform(1, 2, 4 * count)
    wide = np.ldexp(bits, rng.integers(limits.minexp, limits.maxexp, 4 * count)) * sign
    usual = np.ldexp(bits, rng.integers(-12, 11, 4 * count)) * sign
    around = rng.choice(f.near, 4 * count)
    far = np.ldexp(bits, -rng.integers(1, limits.nmant + 1, 4 * count)) * sign
    around = around + far * np.where(around == 0, 1, np.abs(around))
    ends = [limits.tiny, limits.max, -limits.tiny, -limits.max, low, high]
    kinds = [wide, usual, around, np.asarray([e for e in ends if np.isfinite(e)])]
    with np.errstate(over="ignore"):
        kinds = [k.astype(dtype) for k in kinds]
    kinds = [k[(k > low) & (k < high) & np.isfinite(k) & (k != 0)] for k in kinds]
    parts = [k[: max(1, count // 3)] for k in kinds]
    out = np.concatenate(parts)
    return rng.permutation(np.resize(out, count))


def _difference(true: Any, xs: list[Any], i: int, order: int, most: int) -> Any:
    """Return a central difference of so many digits that enough of them are right."""
    digits = 60 + 45 * order + max(0, int(mp.log10(abs(xs[i]))))
    while digits <= most:
        with mp.workdps(digits):
            x = xs[i]
            h = min(abs(x), mp.mpf(1)) * mp.mpf(10) ** -40
            points = [true(*xs[:i], x + k * h, *xs[i + 1 :]) for k in (-1, 0, 1)]
            size = max(map(abs, points))
            if order == 1:
                change, scale = points[2] - points[0], 2 * h
            else:
                change, scale = points[2] - 2 * points[1] + points[0], h * h
            if not size or size == mp.inf or mp.isnan(change):
                return None
            lost = digits if not change else -mp.log10(abs(change) / size)
            if digits - lost >= _DIGITS:
                return change / scale
        digits = int(max(2 * digits, lost + _DIGITS + 20)) if change else 2 * digits
    return None  # it is 0, or nearly


def truth(f: Function, args: tuple[float, ...], order: int, argument: int) -> Any:
    """Return the value (order 0) or a derivative of a function, None where there is none."""
    xs = [mp.mpf(float(x)) for x in args]
    try:
        if order:
            most = _MOST if f.points > 1000 else _MOST // 8
            out = _difference(f.true, xs, argument, order, most)
        else:
            with mp.workdps(60):
                out = f.true(*xs)
    except (ValueError, ZeroDivisionError, OverflowError, mp.libmp.NoConvergence, TypeError):
        return None
    return out if isinstance(out, mp.mpf) and mp.isfinite(out) else None


def computed(f: Function, args: list[Any], order: int, argument: int) -> Any:
    """Return what xgrad computes at all points."""

    def derived(order: int) -> Callable[..., Any]:
        if order == 0:
            return f.function
        inner = derived(order - 1)
        return xg.grad(lambda *xs: xg.sum(inner(*xs)), argnums=argument)

    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(derived(order)(*args))


def measure(f: Function, dtype: str, count: int) -> Iterator[tuple[str, Worst]]:
    """Yield the worst error of the value and of each derivative."""
    rng = np.random.default_rng(zlib.crc32(f.name.encode()))
    limits, count = np.finfo(dtype), min(count, f.points)
    args = [grid(f, i, count, dtype, rng) for i in range(len(f.domains))]
    varied = [i for i in range(len(args)) if not (i < len(f.fixed) and f.fixed[i] is not None)]
    for order in range(3):
        for i in varied if order else varied[:1]:
            got = computed(f, args, order, i)
            worst = Worst()
            for k, point in enumerate(zip(*args, strict=True)):
                right = truth(f, tuple(float(x) for x in point), order, i)
                if right is None or not limits.tiny <= abs(right) <= limits.max:
                    continue
                worst.points += 1
                size = abs(right)
                if f.crosses and (slope := truth(f, tuple(map(float, point)), order + 1, i)):
                    size = max(size, abs(slope * mp.mpf(float(point[i]))))
                error = abs(mp.mpf(float(got[k])) - right) / size / float(limits.eps)
                ulps = float(error) if not mp.isnan(error) else np.inf
                if ulps > worst.ulps:
                    at = tuple(float(x) for x in point)
                    worst = Worst(ulps, at, float(got[k]), float(right), worst.points)
            name = WHAT[order] if order == 0 or len(varied) == 1 else f"{WHAT[order]} in {i + 1}"
            yield name, worst


@cache
def rows() -> tuple[Function, ...]:
    """Return all functions."""
    from .accuracy_table import FUNCTIONS

    return FUNCTIONS


def bound(name: str, what: str, dtype: str) -> tuple[float, str]:
    """Return what an error may be, and why it is more than the bar."""
    from .accuracy_table import EXCEPTIONS

    for key in ((name, what, dtype), (name, what), (name,)):
        if key in EXCEPTIONS:
            return EXCEPTIONS[key]
    return BAR, ""


def main() -> int:
    """Print the worst points, write the page, and say whether all are within their bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--points", type=int, default=2000)
    parser.add_argument("--dtype", action="append", default=[])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--quiet", action="store_true", help="print what exceeds its bound only")
    chosen = parser.parse_args()
    lines, failed = [], 0
    for f in rows():
        if chosen.only and not any(fnmatch(f.name, only) for only in chosen.only):
            continue
        for dtype in chosen.dtype or DTYPES:
            for what, worst in measure(f, dtype, chosen.points):
                most, reason = bound(f.name, what, dtype)
                bad = worst.ulps > most
                failed += bad
                at = ", ".join(f"{x:.9g}" for x in worst.at)
                if bad or not chosen.quiet:
                    print(
                        f"{'FAIL' if bad else 'ok  '} {f.name:24} {dtype} {what:12} "
                        f"{worst.ulps:10.3g} ulp of {worst.points} at ({at}): "
                        f"got {worst.got!r}, right {worst.right!r}",
                        flush=True,
                    )
                lines.append((f.name, dtype, what, worst, at, reason))
    if chosen.out:
        chosen.out.write_text(page(lines, chosen.points))
    return int(failed > 0)


def page(lines: list[Any], points: int) -> str:
    """Return the page of the documentation."""
    head = f"""# Accuracy

Each elementwise function, its first and its second derivative (by reverse mode, in each argument)
at up to {points:,} points (where mpmath takes long, fewer) dense in the exponents of the dtype, of
both signs and up to its edges, against mpmath with 60 digits. `points` counts those whose true
value is a normal number. The error is relative to it, in units of the dtype's epsilon ("ulp").
`nox -s accuracy` makes this page (NumPy and SciPy on x86-64; 2,000 points if not told otherwise)
and fails where an error exceeds {BAR:g} ulp or the bound beside its reason.

| function | dtype | of | points | worst, ulp | at | reason, if above {BAR:g} |
| --- | --- | --- | --- | --- | --- | --- |
"""
    return head + "".join(
        f"| `{name}` | {dtype} | {what} | {worst.points:,} | {worst.ulps:.3g} | `({at})` |"
        f" {reason} |\n"
        for name, dtype, what, worst, at, reason in lines
    )


if __name__ == "__main__":
    sys.exit(main())
