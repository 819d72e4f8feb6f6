"""Plain tables, for what has no need of a library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Column", "short", "size", "table", "time"]


@dataclass(frozen=True)
class Column:
    """A column of a table: its title, and whether its cells are set to the right."""

    title: str
    right: bool = False


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], most: int = 40) -> str:
    """Return rows as text; the middle ones are left out if there are more than `most`."""
    rows = list(rows)
    if len(rows) > most:
        gap = [f"... {len(rows) - most} more", *[""] * (len(columns) - 1)]
        rows = [*rows[: most // 2], gap, *rows[len(rows) - most // 2 :]]
    cells = [[c.title for c in columns], *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, width, column in zip(row, widths, columns, strict=True)
        ).rstrip()
        for row in cells
    )


def short(x: float) -> str:
    """Return a number with three digits."""
    return f"{x + 0.0:.3g}"


def time(seconds: float) -> str:
    """Return a duration with its unit."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} us"


def size(nbytes: float) -> str:
    """Return a number of bytes with its unit."""
    for unit, scale in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if nbytes >= scale:
            return f"{nbytes / scale:.3g} {unit}"
    return f"{nbytes:.0f} B"
