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
import math
import multiprocessing
import os
import sys
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

import xgrad as xg

from .accuracy_truth import CHECKED, known

BAR = 8.0
MOST = 12  # times as many points as asked are drawn, where values are not normal numbers
WHAT = ("value", "first", "second")
DTYPES = ("float64", "float32")
CHUNK = 200  # points that are computed, and kept, together


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
        keywords: what it is called with, after a space in its name.
        part: ``"real"`` or ``"imag"``, the part of a complex result that `true` is.
        slopes: for each argument its first derivative, where that is less work than differences.
        slow: whether mpmath takes long with many digits: then what needs them is left out.
    """

    name: str
    true: Callable[..., Any]
    domains: tuple[tuple[float, float], ...] = ((-np.inf, np.inf),)
    near: tuple[float, ...] = (0.0, 1.0, -1.0)
    fixed: tuple[tuple[float, ...] | None, ...] = ()
    crosses: bool = False
    keywords: tuple[tuple[str, Any], ...] = ()
    part: str = ""
    slopes: tuple[Callable[..., Any] | None, ...] = ()
    slow: bool = False

    @property
    def function(self) -> Callable[..., Any]:
        """The function of xgrad."""
        f: Any = xg
        for part in self.name.split()[0].split("."):
            f = getattr(f, part)
        if self.keywords:
            f = partial(f, **dict(self.keywords))
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
    ends = [limits.tiny, limits.max, -limits.tiny, -limits.max, low, high]

    def inside(points: Any) -> Any:
        with np.errstate(over="ignore"):
            points = points.astype(dtype)
        return points[(points > low) & (points < high) & np.isfinite(points) & (points != 0)]

    def wide(bits: Any) -> Any:
        return np.ldexp(bits, rng.integers(limits.minexp, limits.maxexp, bits.size))

    def usual(bits: Any) -> Any:
        return np.ldexp(bits, rng.integers(-12, 11, bits.size))

    def around(bits: Any) -> Any:
        center = rng.choice(f.near, bits.size)
        far = np.ldexp(bits, -rng.integers(1, limits.nmant + 1, bits.size))
        return center + far * np.where(center == 0, 1, np.abs(center))

    out = [inside(np.asarray([e for e in ends if np.isfinite(e)]))]
    for draw in (wide, usual, around):
        for _ in range(20):  # where few are inside
            bits = rng.uniform(1, 2, count) * rng.choice([-1.0, 1.0], count)
            out.append(inside(draw(bits))[: count // 3 + 1])
            if out[-1].size > count // 3:
                break
    return rng.permutation(np.resize(rng.permutation(np.concatenate(out)), count))


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


def measure(
    f: Function,
    dtype: str,
    count: int,
    folder: Path | None = None,
    seconds: float = np.inf,
    most: int = 1,
) -> Iterator[tuple[str, Worst]]:
    """Yield the worst error of the value and of each derivative.

    Points are taken a chunk at a time, until `count` of each result are normal numbers, and at most
    `most` times as many; when the time is over, those that the folder has.
    """
    varied = [i for i in range(len(f.domains)) if i >= len(f.fixed) or f.fixed[i] is None]
    start, args, truth = time.process_time(), None, None
    for first in range(0, most * count, CHUNK):
        if first >= count and _enough(_normal(np.finfo(dtype), *truth), count):
            break
        size = min(CHUNK, most * count - first)
        rng = np.random.default_rng((zlib.crc32(f.name.encode()), first))
        chunk = [grid(f, i, size, dtype, rng) for i in range(len(f.domains))]
        compute = args is None or time.process_time() - start < seconds
        new = known(f, dtype, chunk, varied, folder, compute, 0 if first else CHECKED)
        if new is None:
            break
        if args is not None:
            chunk = [np.concatenate(pair) for pair in zip(args, chunk, strict=True)]
            new = np.concatenate((truth, new), axis=2)
        _, once = np.unique(np.stack([a.astype(float) for a in chunk]), axis=1, return_index=True)
        args, truth = [a[once] for a in chunk], new[..., once]
    results = iter(truth.transpose(1, 0, 2))
    for order in range(3):
        for i in varied if order else varied[:1]:
            name = WHAT[order] if order == 0 or len(varied) == 1 else f"{WHAT[order]} in {i + 1}"
            yield name, _worst(np.finfo(dtype), args, computed(f, args, order, i), next(results))


def _normal(limits: Any, high: Any, low: Any, exponent: Any, size: Any) -> Any:
    """Return where the true value is a normal number of the dtype."""
    del low, size
    with np.errstate(all="ignore"):
        shift = np.nan_to_num(exponent).astype(np.int64)
        normal = (shift > limits.minexp) & (shift <= limits.maxexp) & np.isfinite(high)
        return normal & (np.abs(np.ldexp(high, np.minimum(shift, 1024))) <= limits.max)


def _enough(normal: Any, count: int) -> bool:
    """Say whether each result has so many points, or none."""
    points = normal.sum(axis=1)
    return bool(np.all((points >= count) | (points == 0)))


def _worst(limits: Any, args: list[Any], got: Any, truth: Any) -> Worst:
    """Return the largest error where the true value is a normal number of the dtype."""
    high, low, exponent, size = truth
    normal = _normal(limits, *truth)
    with np.errstate(all="ignore"):
        shift = np.nan_to_num(exponent).astype(np.int64)
        off = np.ldexp(np.ldexp(got.astype(float), -shift // 2), -shift - (-shift // 2))
        error = np.abs(off - high - low) / (np.abs(high) * size) / float(limits.eps)
    error = np.where(normal, np.where(np.isnan(error), np.inf, error), -1.0)
    k = int(np.argmax(error))
    points = int(np.sum(normal))
    if error[k] <= 0:
        return Worst(points=points)
    at = tuple(float(a[k]) for a in args)
    right = math.ldexp(float(high[k]), int(shift[k]))
    return Worst(float(error[k]), at, float(got[k]), right, points)


@cache
def rows() -> tuple[Function, ...]:
    """Return all functions."""
    from .accuracy_table import FUNCTIONS

    return FUNCTIONS


def bound(name: str, what: str, dtype: str) -> tuple[float, str]:
    """Return what an error may be, and why it is more than the bar."""
    from .accuracy_bounds import EXCEPTIONS

    for key in ((name, what, dtype), (name, what), (name,)):
        if key in EXCEPTIONS:
            return EXCEPTIONS[key]
    return BAR, ""


def _measured(job: tuple[int, str, int, Path | None, float, int]) -> list[tuple[str, Worst]]:
    """Measure one function in one dtype, in whichever process."""
    index, dtype, *rest = job
    return list(measure(rows()[index], dtype, *rest))


def main() -> int:
    """Print the worst points, write the page, and say whether all are within their bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[], help="a pattern, as special.*")
    parser.add_argument("--points", type=int, default=2000)
    parser.add_argument("--dtype", action="append", default=[])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--cache", type=Path, help="folder of what mpmath has computed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument(
        "--seconds", type=float, default=np.inf, help="of mpmath, for one function in one dtype"
    )
    parser.add_argument("--quiet", action="store_true", help="print what exceeds its bound only")
    chosen = parser.parse_args()
    jobs = [
        (index, dtype, chosen.points, chosen.cache, chosen.seconds, MOST)
        for index, f in enumerate(rows())
        if not chosen.only or any(fnmatch(f.name, only) for only in chosen.only)
        for dtype in chosen.dtype or DTYPES
    ]
    lines, failed = [], 0
    with multiprocessing.get_context("spawn").Pool(chosen.jobs) as pool:
        for job, results in zip(jobs, pool.imap(_measured, jobs, 1), strict=True):
            name, dtype = rows()[job[0]].name, job[1]
            for what, worst in results:
                most, reason = bound(name, what, dtype)
                bad = worst.ulps > most
                failed += bad
                at = ", ".join(f"{x:.9g}" for x in worst.at)
                if bad or not chosen.quiet:
                    print(
                        f"{'FAIL' if bad else 'ok  '} {name:24} {dtype} {what:12} "
                        f"{worst.ulps:10.3g} ulp of {worst.points} at ({at}): "
                        f"got {worst.got!r}, right {worst.right!r}",
                        flush=True,
                    )
                lines.append((name, dtype, what, worst, at, reason))
    if chosen.out:
        chosen.out.write_text(page(lines, chosen.points))
    return int(failed > 0)


def page(lines: list[Any], points: int) -> str:
    """Return the page of the documentation."""
    head = f"""# Accuracy

Each elementwise function, its first and its second derivative (by reverse mode, in each argument),
at points dense in the exponents of the dtype, of both signs and up to its edges, against mpmath
with 60 digits and more; what takes mpmath long is computed with FLINT's balls, which prove their
digits, and checked against mpmath. `points` counts those whose true value
is a normal number: {points:,} and more, but where few are (none for a derivative that is 0), or one
takes mpmath so long that a run ends before. The error is relative to the true value, in units of
the dtype's epsilon ("ulp"). `nox -s accuracy` makes this page (NumPy and SciPy on x86-64) and fails
where an error exceeds {BAR:g} ulp or the bound beside its reason.

| function | dtype | of | points | worst, ulp | at | reason, if above {BAR:g} |
| --- | --- | --- | --- | --- | --- | --- |
"""
    return head + "".join(
        f"| `{name}` | {dtype} | {what} | {worst.points:,} | {worst.ulps:.3g} | `({at})` |"
        f" {reason if worst.ulps > BAR else ''} |\n"
        for name, dtype, what, worst, at, reason in lines
    )


if __name__ == "__main__":
    sys.exit(main())
