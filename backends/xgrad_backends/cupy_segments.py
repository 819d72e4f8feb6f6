"""Sums and writes of rows by their number, in one order whatever the threads do.

The numbers are sorted, so that rows of the same number are a run, which one thread sums for each
column. A run may be as long as all of them together: chunks are summed one beside the other, and
those of a run that goes on in the next chunk are joined by the chunk that it begins in. Halves are
summed in single precision and rounded once.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from . import detect

cp: Any = detect.require("cupy")

__all__ = ["HALVES", "add", "write"]

HALVES = ("float16", "bfloat16")
LEAST, MOST = 16, 256
"""How many rows a chunk has."""


def chunk_of(rows: int) -> int:
    """Return how long a chunk is: about as long as there are chunks in a long run of them."""
    return max(LEAST, min(MOST, math.isqrt(rows) // 4))


_SUMS = """
const long long c = i / width, column = i % width, first = c * chunk;
const long long end = first + chunk < rows ? first + chunk : rows;
bool began = first == 0 || places[first - 1] != places[first];
A sum = (A)values[order[first] * width + column];
for (long long k = first; k < end; k++) {
  const long long place = places[k];
  const bool is_last = k + 1 == rows || places[k + 1] != place;
  if (is_last) {
    if (began) x[place * width + column] = (T)(A)((A)x[place * width + column] + sum);
    else head[i] = sum;
    began = true;
  } else if (k + 1 == end) {
    if (began) tail[i] = sum;
    else head[i] = sum;
  }
  if (k + 1 < end) {
    const A next = (A)values[order[k + 1] * width + column];
    sum = is_last ? next : (A)(sum + next);
  }
}
"""
"""The sums of the runs in a chunk; of one that comes from before, `head`, or goes on, `tail`."""

_JOINED = """
const long long c = i / width, column = i % width, first = c * chunk;
const long long end = first + chunk < rows ? first + chunk : rows;
const long long place = places[end - 1];
const bool goes_on = end < rows && places[end] == place;
if (goes_on && (places[first] != place || first == 0 || places[first - 1] != place)) {
  A sum = tail[i];
  bool more = true;
  for (long long k = c + 1; more; k++) {
    const long long stop = (k + 1) * chunk < rows ? (k + 1) * chunk : rows;
    sum = (A)(sum + head[k * width + column]);
    more = stop < rows && places[stop] == place;
  }
  x[place * width + column] = (T)(A)((A)x[place * width + column] + sum);
}
"""
"""The sum of a run that begins in a chunk and goes on in others."""

_LAST = """
const long long k = i / width, column = i % width;
if (k + 1 == rows || places[k + 1] != places[k])
  x[places[k] * width + column] = values[order[k] * width + column];
"""
"""Of the rows of a run the one that came last."""


@cache
def kernels(half: bool) -> tuple[Any, Any]:
    """Return the kernels that sum and join, in single precision for halves."""
    wide = "float32" if half else "T"
    sizes, parts = "int64 rows, int64 width, int64 chunk", f"raw {wide} head, raw {wide} tail"
    kind = "float" if half else "T"

    def made(text: str, given: str, made: str, name: str) -> Any:
        return cp.ElementwiseKernel(given, made, f"typedef {kind} A;{text}", f"xgrad_{name}_runs")

    given = f"raw int64 places, raw int64 order, raw T values, {sizes}"
    sums = made(_SUMS, given, f"raw T x, {parts}", "sum")
    return sums, made(_JOINED, f"raw int64 places, {parts}, {sizes}", "raw T x", "join")


last_kernel = cp.ElementwiseKernel(
    "raw int64 places, raw int64 order, raw T values, int64 rows, int64 width",
    "raw T x",
    _LAST,
    "xgrad_last_of_runs",
)


def _sorted(numbers: Any) -> tuple[Any, Any]:
    """Return the numbers in order, and which of them each one is."""
    numbers = numbers.reshape(-1).astype("int64", copy=False)
    order = cp.argsort(numbers, kind="stable")
    return numbers[order], order


def add(x: Any, numbers: Any, width: int, values: Any) -> None:
    """Add values to the rows of `x`, of so many elements each, that have these numbers."""
    places, order = _sorted(numbers)
    rows, half = places.size, x.dtype.name in HALVES
    chunk = chunk_of(rows)
    size = -(-rows // chunk) * width
    if not size:
        return
    head, tail = (cp.empty(size, "float32" if half else x.dtype) for _ in range(2))
    sums, joined = kernels(half)
    sums(places, order, values, rows, width, chunk, x, head, tail, size=size)
    if rows > chunk:
        joined(places, head, tail, rows, width, chunk, x, size=size)


def write(x: Any, numbers: Any, width: int, values: Any) -> None:
    """Write values to the rows of `x` that have these numbers, the last ones of each."""
    places, order = _sorted(numbers)
    if places.size * width:
        last_kernel(places, order, values, places.size, width, x, size=places.size * width)
