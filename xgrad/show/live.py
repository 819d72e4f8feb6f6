"""Progress bars and learning curves while a program runs, in a terminal and in a notebook."""

from __future__ import annotations

import importlib.util
import math
import sys
from collections.abc import Iterable, Iterator, Sized
from time import monotonic
from typing import Any, TextIO, TypeVar

from .notebook import Spot, bar, image, in_notebook, preformatted
from .pictures import as_bytes, figure

__all__ = ["Live", "curve", "live", "progress"]

T = TypeVar("T")


def _has(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def progress(
    items: Iterable[T], description: str = "", total: int | None = None, file: TextIO | None = None
) -> Iterator[T]:
    """Yield the items and show how many are done and how long the rest will take.

    In a notebook, and with rich in a terminal, this is a bar; elsewhere a line is written at every
    tenth of the way.

    Args:
        items: what to loop over.
        description: what is being done.
        total: how many there are, if `items` does not know.
        file: where to write; by default a notebook's own output, or else the standard error.

    Yields:
        The items.

    >>> import sys, xgrad as xg
    >>> sum(xg.show.progress(range(4), "adding", file=sys.stdout))
    adding: 1 of 4
    adding: 2 of 4
    adding: 3 of 4
    adding: 4 of 4
    6
    """
    if total is None:
        total = len(items) if isinstance(items, Sized) else None
    if file is None and in_notebook():
        yield from _in_cell(items, description or "working", total)
        return
    stream = sys.stderr if file is None else file
    if _has("rich") and stream.isatty():
        from rich.console import Console
        from rich.progress import track

        yield from track(
            items, description or "working", total, console=Console(file=stream), transient=True
        )
        return
    told = 0
    start = monotonic()
    for done, item in enumerate(items, 1):
        yield item
        share = 10 * done // total if total else int(math.log2(done))
        if share > told or (total is None and done == 1):
            told = share
            seconds = monotonic() - start
            count = f"{done} of {total}" if total else f"{done}"
            after = f", {seconds:.0f} s" if seconds >= 1 else ""
            print(f"{description or 'done'}: {count}{after}", file=stream, flush=True)


def _in_cell(items: Iterable[T], description: str, total: int | None) -> Iterator[T]:
    """Yield the items beside a bar in a notebook, drawn at most ten times a second."""
    spot, start, last, done = Spot(), monotonic(), -math.inf, 0

    def show(ended: bool = False) -> None:
        seconds = monotonic() - start
        count = f"{done} of {total}" if total else f"{done}"
        left = f", {seconds / done * (total - done):.0f} s left" if total and done else ""
        text = f"{description}: {count}" + (f", {seconds:.1f} s" if ended else left)
        spot.show(bar(done, total or (done if ended else None), text))

    show()
    try:
        for item in items:
            yield item
            done += 1
            if monotonic() - last >= 0.1:
                last = monotonic()
                show()
    finally:  # also where the loop was left
        show(ended=True)


def curve(values: list[float], width: int = 60, height: int = 6) -> str:
    """Return a curve as lines of Braille dots, with its highest and lowest value at the left.

    Args:
        values: the numbers, evenly spaced; what is not finite is left out.
        width: how many characters wide the curve is.
        height: how many lines high it is.

    Returns:
        A text of `height` lines.

    >>> import xgrad as xg
    >>> print(xg.show.curve([3.0, 2.0, 1.0, 0.5], width=8, height=2))
      3 ⠑⠢⢄⡀⠀⠀⠀⠀
    0.5 ⠀⠀⠀⠈⠑⠤⠤⣀
    """
    shown = [v for v in values if math.isfinite(v)]
    if not shown:
        return "(no finite values yet)"
    low, high = min(shown), max(shown)
    span = (high - low) or 1.0
    columns, rows = 2 * width, 4 * height
    cells = [[0] * width for _ in range(height)]
    bits = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
    for c in range(columns):
        at = c * (len(values) - 1) / max(columns - 1, 1)
        i = min(int(at), len(values) - 1)
        j = min(i + 1, len(values) - 1)
        v = values[i] + (at - i) * (values[j] - values[i])
        if math.isfinite(v):
            r = round((high - v) / span * (rows - 1))
            cells[r // 4][c // 2] |= bits[c % 2][r % 4]
    labels = [f"{high:.3g}", *[""] * (height - 2), f"{low:.3g}"][: max(height, 1)]
    margin = max(map(len, labels))
    lines = zip(labels, cells, strict=False)
    return "\n".join(
        f"{label:>{margin}} " + "".join(chr(0x2800 + cell) for cell in row) for label, row in lines
    )


class Live:
    """Learning curves that are drawn anew whenever values come in; made by `live`.

    Attributes:
        history: all values, by the name of their curve.
    """

    def __init__(self, title: str, every: float, file: TextIO | None) -> None:
        self.title, self.every = title, every
        self.stream = sys.stdout if file is None else file
        self.history: dict[str, list[float]] = {}
        self.last = -math.inf
        self.screen: Any = None
        self.spot: Spot | None = None
        self.in_file = file is not None

    def __enter__(self) -> Live:
        if in_notebook() and not self.in_file:
            self.spot = Spot()
        elif _has("rich") and self.stream.isatty():
            from rich.console import Console
            from rich.live import Live as Screen

            self.screen = Screen(console=Console(file=self.stream), auto_refresh=False)
            self.screen.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._show(final=True)
        if self.screen is not None:
            self.screen.stop()

    def update(self, **values: Any) -> None:
        """Add a value to each named curve: numbers, or arrays of one element."""
        for name, value in values.items():
            number = value.item() if hasattr(value, "item") else value
            self.history.setdefault(name, []).append(float(number))
        now = monotonic()
        if now - self.last >= self.every:
            self.last = now
            self._show(final=False)

    def text(self) -> str:
        """Return the curves as text."""
        blocks = []
        for name, values in self.history.items():
            blocks.append(f"{name}: {values[-1]:.4g} after {len(values)}\n{curve(values)}")
        return "\n".join([self.title, *blocks] if self.title else blocks)

    def figure(self) -> Any:
        """Return the curves as a matplotlib figure."""
        n = max(len(self.history), 1)
        drawn = figure("live", figsize=(4.2 * n, 2.8), layout="constrained")
        for axes, (name, values) in zip(
            drawn.subplots(1, n, squeeze=False)[0], self.history.items(), strict=False
        ):
            axes.plot(values, color="#2f5f8f")
            axes.set_title(name, fontsize=10)
            if min(values) > 0 and max(values) > 30 * min(values):
                axes.set_yscale("log")
            axes.spines[["top", "right"]].set_visible(False)
        drawn.suptitle(self.title)
        return drawn

    def _html(self) -> str:
        if not _has("matplotlib"):
            return preformatted(self.text())
        return image(as_bytes(self.figure(), "png"), self.title or "learning curves")

    def _show(self, final: bool) -> None:
        if not self.history:
            return
        if self.spot is not None:
            self.spot.show(self._html())
        elif self.screen is not None:
            from rich.text import Text

            self.screen.update(Text(self.text()), refresh=True)
        elif final:
            print(self.text(), file=self.stream)
        else:
            values = "  ".join(f"{name} {v[-1]:.4g}" for name, v in self.history.items())
            count = max(map(len, self.history.values()))
            print(f"{count:>6}  {values}", file=self.stream, flush=True)


def live(title: str = "", every: float = 0.5, file: TextIO | None = None) -> Live:
    """Show learning curves while a program runs.

    In a notebook they are a picture, in a terminal with rich a picture of Braille dots; elsewhere a
    line is written now and then, and the curves at the end.

    Args:
        title: what is being learned.
        every: seconds between two pictures, at least.
        file: where to write; by default a notebook's own output, or else the standard output.

    Returns:
        A context manager with the method ``update(**values)``.

    >>> import xgrad as xg
    >>> with xg.show.live("training", every=1e9) as curves:
    ...     for loss in (4.0, 2.0, 1.0):
    ...         curves.update(loss=loss)  # doctest: +ELLIPSIS
         1  loss 4
    training
    loss: 1 after 3
    ...
    """
    return Live(title, every, file)
