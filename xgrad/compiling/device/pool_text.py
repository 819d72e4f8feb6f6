"""The text of kernels for maxima and means of windows, and for what walks make of them.

A thread has one result: a place of the window, or an element of the array, which gathers from the
places that see it. So nothing is added by several threads, and sums always have the same order,
that of `xgrad.nn.functional.windows`. Borders are counted, not made. Halves are computed with in
single precision and rounded once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from .expressions import STORED
from .text import LOAD, STORE

__all__ = ["KERNELS", "Axis", "Slide", "recounts", "text"]

RECOUNT = 128
"""Up to how many elements of windows a thread looks at to see which maxima are shared."""


class Slide(NamedTuple):
    """How a window moves along an axis; place p sees ``p stride - before + e dilation``.

    Attributes:
        size: its elements e.
        stride: how far it moves.
        dilation: how far apart its elements are.
        before: how much border there is before the first element of the axis.
        held: what a mean is divided by: "" for nothing, "size", or how many of its elements are
            "inside" the axis or, with the same border behind it, in "borders".
    """

    size: int
    stride: int
    dilation: int = 1
    before: int = 0
    held: str = ""

    @property
    def extent(self) -> int:
        """The length that it covers."""
        return (self.size - 1) * self.dilation + 1


Axis = Slide | None
"""None is an axis in as many parts as there are places, as equal as possible."""


def recounts(axes: Sequence[Axis], places: Sequence[int], shape: Sequence[int]) -> bool:
    """Whether each element counts by itself what shares a maximum with it."""
    looked = 1
    for axis, m, n in zip(axes, places, shape, strict=True):
        looked *= -(-axis.extent // axis.stride) * axis.size if axis else 2 * (-(-n // max(m, 1)))
    return looked <= RECOUNT


def _part(a: int) -> tuple[str, str]:
    """Return where the part of an axis for place ``p`` begins and ends."""
    return f"(W)p{a} * n{a} / m{a}", f"((W)(p{a} + 1) * n{a} + m{a} - 1) / m{a}"


def _longest(a: int) -> str:
    """Return how long the longest part of an axis is."""
    n, m = f"n{a}", f"m{a}"
    return f"({n} / {m} + ({n} % {m} == 0 ? 0 : {m} % ({n} % {m}) == 0 ? 1 : 2))"


class _Text:
    """The parts of a kernel's text for some axes; ``I`` are integers, ``T`` what is computed in."""

    def __init__(self, dtype: str, axes: Sequence[Axis], divisor: float | None) -> None:
        self.dtype, self.axes, self.divisor = dtype, axes, divisor

    def read(self, pointer: str, at: str) -> str:
        """Return the text of an element."""
        return LOAD.get(self.dtype, "{}").format(f"{pointer}[{at}]")

    def store(self, value: str) -> str:
        """Return the text that gives a thread's result its value."""
        return f"o0[i] = {STORE.get(self.dtype, '{}').format(value)};"

    def coordinates(self, name: str, count: str) -> str:
        """Return what says which element a thread has, and in which plane."""
        last = range(len(self.axes) - 1, -1, -1)
        steps = [f"const I {name}{a} = q % {count}{a}; q /= {count}{a};" for a in last]
        return " ".join(["I q = (I)i;", *steps])

    def sees(self, a: int) -> str:
        """Return the loop over what the window sees along an axis from place ``p``."""
        axis, d = self.axes[a], 1
        if axis is None:
            first, end = _part(a)
            lines = [f"const I a{a} = (I)({first}), b{a} = (I)({end});"]
        else:
            d = axis.dilation
            lines = [f"I a{a} = p{a} * {axis.stride} - {axis.before}, b{a} = a{a} + {axis.extent};"]
            lines.append(f"if (b{a} > n{a}) b{a} = n{a};")
            if axis.before:
                lines.append(f"if (a{a} < 0) a{a} += ({d - 1} - a{a}) / {d} * {d};")
        inner = f"r{a - 1} * n{a} + j{a}" if a else f"q * n0 + j{a}"
        lines.append(f"for (I j{a} = a{a}; j{a} < b{a}; j{a} += {d}) {{ const I r{a} = {inner};")
        return " ".join(lines)

    def window(self, body: str) -> str:
        """Return loops over all elements that a place sees, the number of each called ``at``."""
        n = len(self.axes)
        loops = "\n".join(self.sees(a) for a in range(n))
        return f"{loops}\nconst I at = r{n - 1};\n{body}\n{'}' * n}"

    def seen(self, a: int) -> str:
        """Return the loop over the places of an axis that see the element ``e``, from the last."""
        axis = self.axes[a]
        if axis is None:
            low, high = f"(I)((W)e{a} * m{a} / n{a})", f"(I)(((W)(e{a} + 1) * m{a} - 1) / n{a})"
            test = ""
        else:
            low = f"e{a} + {axis.before - axis.extent + axis.stride}"
            low = f"{low} > 0 ? ({low}) / {axis.stride} : 0"
            high = f"(e{a} + {axis.before}) / {axis.stride}"
            test = f"(e{a} + {axis.before} - p{a} * {axis.stride}) % {axis.dilation}"
            test = f"if ({test}) continue;" if axis.dilation > 1 else ""
        inner = f"w{a - 1} * m{a} + p{a}" if a else f"q * m0 + p{a}"
        return (
            f"I h{a} = {high}; if (h{a} >= m{a}) h{a} = m{a} - 1; const I l{a} = {low};\n"
            f"for (I p{a} = h{a}; p{a} >= l{a}; p{a}--) {{ {test} const I w{a} = {inner};"
        )

    def places(self, body: str) -> str:
        """Return loops over all places that see an element, the number of each called ``w``."""
        n = len(self.axes)
        loops = "\n".join(self.seen(a) for a in range(n))
        return f"{loops}\nconst I w = w{n - 1};\n{body}\n{'}' * n}"

    def scaled(self, value: str, turned: bool = False) -> str:
        """Return a sum at place ``p`` divided by what the window holds, axis by axis."""
        if self.divisor is not None:
            return f"{value} / (T){self.divisor!r}"
        for a in range(len(self.axes))[:: -1 if turned else 1]:
            axis = self.axes[a]
            if axis is None:
                first, end = _part(a)
                value = f"{value} / (T)({end} - {first})"
            elif axis.held == "size":
                value = f"{value} / (T){axis.size}"
            elif axis.held:
                border = axis.before if axis.held == "borders" else 0
                start = f"p{a} * {axis.stride} - {axis.before}"
                first = f"({start} > -{border} ? {start} : -{border})"
                end = f"{start} + {axis.size}"
                end = f"({end} < n{a} + {border} ? {end} : n{a} + {border})"
                value = f"{value} * (T)(1.0 / ({end} - {first}))"
        return value

    def shared(self, pointer: str) -> str:
        """Return lines that count in ``hits`` what attains the maximum ``top`` of place ``p``."""
        size = " * ".join(
            _longest(a) if axis is None else str(axis.size) for a, axis in enumerate(self.axes)
        )
        lines = f"I hits = 0, seen = 0; {{ {self.window(f'seen++; hits += {pointer} == top;')} }}"
        # a border is all -inf, and so shares with windows that hold nothing else; so do the ends of
        # parts that are shorter than others
        return f"{lines}\nif (top == -(T)inf_()) hits += {size} - seen;"


def _largest(t: _Text) -> str:
    body = f"best = larger(best, (T){t.read('p', 'at')});"
    return f"T best = -(T)inf_(); {{ {t.window(body)} }}\n{t.store('best')}"


def _first_largest(t: _Text) -> str:
    steps = []
    for a, axis in enumerate(t.axes):
        assert axis is not None
        lead = f"found * n{a} + " if a else ""
        start = f"p{a} * {axis.stride} - {axis.before}"
        inside = f"({start} < 0 ? 0 : {start} < n{a} ? {start} : n{a} - 1)"
        steps.append(f"found = {lead}{inside};")
    plane = " * ".join(f"n{a}" for a in range(len(t.axes)))
    body = (
        f"const T v = {t.read('p', 'at')}; if (v > best || (v != v && best == best)) "
        f"{{ best = v; found = at - q * ({plane}); }}"
    )
    start = " ".join(["I found = 0;", *steps])
    return f"T best = -(T)inf_(); {start} {{ {t.window(body)} }}\no0[i] = found;"


def _shares(t: _Text) -> str:
    lines = f"const T top = {t.read('top_', 'i')};\n{t.shared(t.read('p', 'at'))}"
    return f"{lines}\no0[i] = {t.read('g', 'i')} / (T)hits;"


def _handed(t: _Text) -> str:
    body = f"if ({t.read('top_', 'w')} == mine) sum += g[w];"
    return f"const T mine = {t.read('p', 'i')}; T sum = 0; {{ {t.places(body)} }}\n{t.store('sum')}"


def _handed_down(t: _Text) -> str:
    body = (
        f"const T top = {t.read('top_', 'w')}; if (top == mine) {{\n"
        f"{t.shared(t.read('p', 'at'))}\nsum += {t.read('g', 'w')} / (T)hits; }}"
    )
    return f"const T mine = {t.read('p', 'i')}; T sum = 0; {{ {t.places(body)} }}\n{t.store('sum')}"


def _collected(t: _Text) -> str:
    body = f"if ({t.read('p', 'at')} == top) sum += {t.read('g', 'at')};"
    lines = f"const T top = {t.read('top_', 'i')}; T sum = 0; {{ {t.window(body)} }}"
    return f"{lines}\n{t.shared(t.read('p', 'at'))}\n{t.store('sum / (T)hits')}"


def _mean(t: _Text) -> str:
    body = f"sum += {t.read('p', 'at')};"
    return f"T sum = 0; {{ {t.window(body)} }}\n{t.store(t.scaled('sum'))}"


def _spread(t: _Text) -> str:
    body = f"sum += {t.scaled(t.read('g', 'w'), turned=True)};"
    return f"T sum = 0; {{ {t.places(body)} }}\n{t.store('sum')}"


KERNELS: dict[str, tuple[Any, str, str, str]] = {
    "largest": (_largest, "p", "places", ""),
    "first_largest": (_first_largest, "p", "places", "long long"),
    "shares": (_shares, "g p top_", "places", "T"),
    "handed": (_handed, "g=T p top_", "elements", ""),
    "handed_down": (_handed_down, "g p top_", "elements", ""),
    "collected": (_collected, "g p top_", "places", ""),
    "mean": (_mean, "p", "places", ""),
    "spread": (_spread, "g", "elements", ""),
}
"""For each kernel its text, what it reads, what each of its threads has, and what it gives."""


@lru_cache(1024)
def text(
    name: str, dtype: str, axes: tuple[Axis, ...], divisor: float | None = None, long: bool = False
) -> str:
    """Return the text of a kernel after its name.

    Args:
        name: one of `KERNELS`.
        dtype: of the arrays that are pooled.
        axes: how the window moves.
        divisor: what a mean is divided by instead.
        long: whether elements are counted in 64 bits.
    """
    make, reads, per, gives = KERNELS[name]
    parts = _Text(dtype, axes, divisor)
    stored, computed = STORED[dtype], "double" if dtype == "float64" else "float"
    named = [r.partition("=") for r in reads.split()]
    n = len(axes)
    sizes = [f"long long {c}{a}_" for c in "nm" for a in range(n)]
    given = ", ".join(
        [
            f"{gives.replace('T', computed) or stored}* o0",
            *[f"const {computed if own else stored}* __restrict__ {r}" for r, own, _ in named],
            *sizes,
            "long long count",
        ]
    )
    known = " ".join(f"const I {c}{a} = (I){c}{a}_;" for c in "nm" for a in range(n))
    which = parts.coordinates("p", "m") if per == "places" else parts.coordinates("e", "n")
    integer = "long long" if long else "int"
    return (
        f"({given}) {{\ntypedef {integer} I; typedef long long W; typedef {computed} T;\n{known}\n"
        "for (long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x; i < count;\n"
        " i += (long long)gridDim.x * blockDim.x) {\n"
        f"{which}\n{make(parts)}\n}}\n}}\n"
    )
