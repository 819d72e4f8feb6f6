"""Where time and memory go: per op, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import xgrad as xg

from .graph import nbytes, read, require_tracked
from .pictures import as_bytes, beside, figure
from .steps import Run, watch
from .tables import Column, size, table, time
from .walking import walk

__all__ = ["Profile", "Row", "profile"]


@dataclass
class Row:
    """The calls of one op from one line of the program.

    Attributes:
        op: its name.
        where: file and line of the call.
        calls: how often it was called.
        forward: seconds in it.
        backward: seconds in its derivative rule.
        result: bytes of its results.
        kept: bytes that the tape keeps for it, and no earlier op keeps.
        cotangent: bytes of the cotangents that it passes on.
    """

    op: str
    where: str
    calls: int = 0
    forward: float = 0.0
    backward: float = 0.0
    result: int = 0
    kept: int = 0
    cotangent: int = 0

    def add(self, other: Row) -> None:
        """Count another row in."""
        for name in ("calls", "forward", "backward", "result", "kept", "cotangent"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True)
class Profile:
    """Time and memory of a computation and its gradient; `print` shows a table.

    Attributes:
        lines: a row per op and source line, in the order of the calls.
        forward: seconds of the function while nobody watches.
        both: seconds of the function and its gradient while nobody watches.
    """

    name: str
    lines: list[Row]
    forward: float
    both: float

    @property
    def ops(self) -> list[Row]:
        """A row per op, the most expensive first."""
        total: dict[str, Row] = {}
        for row in self.lines:
            total.setdefault(row.op, Row(row.op, "")).add(row)
        return sorted(total.values(), key=lambda r: -(r.forward + r.backward))

    def __repr__(self) -> str:
        return f"<Profile of {self.name}: {time(self.both)} with its gradient>"

    def __str__(self) -> str:
        ops = self.ops
        whole = sum(r.forward + r.backward for r in ops) or 1.0
        columns = [
            Column("op"),
            *(
                Column(title, right=True)
                for title in (
                    "calls",
                    "forward",
                    "backward",
                    "share",
                    "results",
                    "kept",
                    "cotangents",
                )
            ),
            Column(""),
        ]
        total = Row("all", "")
        for row in ops:
            total.add(row)
        rows = []
        for row in [*ops, total]:
            share = (row.forward + row.backward) / whole
            rows.append(
                (
                    row.op,
                    str(row.calls),
                    time(row.forward),
                    time(row.backward),
                    f"{share:.0%}",
                    size(row.result),
                    size(row.kept),
                    size(row.cotangent),
                    "#" * round(20 * share) if row is not total else "",
                )
            )
        head = (
            f"{self.name}: {time(self.forward)} forward, {time(self.both)} with its gradient "
            "(unwatched)"
        )
        return f"{head}\n{table(columns, rows)}"

    def save(self, path: str | Path) -> Path:
        """Write a picture: forward and backward, split by source line, and again by op."""
        path = Path(path)
        path.write_bytes(self.picture(path.suffix.lstrip(".") or "png"))
        return path

    def picture(self, kind: str = "png") -> bytes:
        """Return the picture as the bytes of a png, svg or pdf file; width is time."""
        drawn = figure("profile", figsize=(10, 2.6), layout="constrained")
        axes = drawn.subplots()
        whole = sum(r.forward + r.backward for r in self.lines) or 1.0
        left = 0.0
        colours = _colours([row.op for row in self.ops])
        for phase in ("forward", "backward"):
            start = left
            for where, rows in _by_line(self.lines):
                at = left
                for row in rows:
                    width = getattr(row, phase)
                    _bar(axes, 2, left, width, row.op, colours[row.op], whole)
                    left += width
                _bar(axes, 1, at, left - at, where, "#e9e4d8", whole)
            _bar(axes, 0, start, left - start, f"{phase}, {time(left - start)}", "#dbe9f6", whole)
        axes.set_xlim(0, whole)
        axes.set_ylim(-0.05, 3)
        axes.set_yticks([0.45, 1.45, 2.45], ["phase", "line", "op"])
        axes.set_xticks([])
        axes.spines[["top", "right", "bottom", "left"]].set_visible(False)
        axes.set_title(f"{self.name}: {time(whole)} in ops", fontsize=10, loc="left")
        return as_bytes(drawn, kind)

    def _repr_html_(self) -> str:
        return beside(str(self), self.picture)


def profile(
    f: Callable[..., Any], *args: Any, repeats: int = 5, path: str | Path | None = None
) -> Profile:
    """Measure time and memory of each op of ``f(*args)``, forward and backward.

    Each op's time is the least of several runs; on a device that computes asynchronously, each op
    is waited for. Watching costs about a microsecond per Python call, which shows in ops of small
    arrays; the totals above the table are measured without it.

    Args:
        f: a function that returns an array.
        args: its arguments, pytrees of arrays; each floating-point array is differentiated by.
        repeats: how many runs.
        path: where to write the picture, if anywhere: png, svg or pdf.

    Returns:
        The profile: `print` shows a table, a notebook also the picture.

    Raises:
        ValueError: if `repeats` is less than 1.
    """
    if repeats < 1:
        raise ValueError(f"profile: got repeats={repeats}; expected at least 1")
    name = str(getattr(f, "__name__", type(f).__name__))
    require_tracked(watch(f, args).result, "profile")  # warms caches up, and finds errors first
    runs = [_rows(watch(f, args, only_time=True)) for _ in range(repeats)]
    rows = runs[0]
    for other in runs[1:]:
        for row, again in zip(rows, other, strict=False):
            row.forward = min(row.forward, again.forward)
            row.backward = min(row.backward, again.backward)
    merged: dict[tuple[str, str], Row] = {}
    for row in rows:
        merged.setdefault((row.where, row.op), Row(row.op, row.where)).add(row)
    forward, both = _unwatched(f, args, repeats)
    result = Profile(name, list(merged.values()), forward, both)
    if path is not None:
        result.save(path)
    return result


def _rows(run: Run) -> list[Row]:
    """Return a row per node of the tape, in order, with the times of a walk back."""
    nodes = read(run.result)
    rows: dict[int, Row] = {}
    for step in nodes.ops():
        made = run.trace.made.get(step.id)
        if made is None or step.op == "select":
            rows[step.id] = Row(step.op, made.call.where if made else "", kept=step.kept)
            continue
        rows[step.id] = Row(step.op, made.call.where, 1, made.seconds, 0.0, made.nbytes, step.kept)

    def visit(serial: int, g: Any, parts: list[tuple[int, Any]], seconds: float) -> None:
        if serial in rows:
            rows[serial].backward += seconds
            rows[serial].cotangent += sum(nbytes(p) for _, p in parts if hasattr(p, "shape"))

    walk(run.result, visit, synchronize=True)
    return [row for i, row in rows.items() if nodes.steps[i].op != "select"]


def _unwatched(f: Callable[..., Any], args: tuple[Any, ...], repeats: int) -> tuple[float, float]:
    from .graph import finish
    from .steps import tracked

    forward, both = [], []
    for _ in range(repeats):
        given, _ = tracked(f, args)
        start = perf_counter()
        y = f(*given)
        finish(y)
        forward.append(perf_counter() - start)
        y.backward(xg.ones_like(y.detach()))
        leaves = [x for x in xg.tree.leaves(given) if isinstance(x, xg.Array) and x.requires_grad]
        finish([x.grad for x in leaves])
        both.append(perf_counter() - start)
    return min(forward), min(both)


def _by_line(rows: list[Row]) -> list[tuple[str, list[Row]]]:
    """Return the rows of each source line, in order."""
    lines: dict[str, list[Row]] = {}
    for row in rows:
        lines.setdefault(row.where, []).append(row)
    return list(lines.items())


def _colours(ops: list[str]) -> dict[str, str]:
    palette = (
        "#f2b48c",
        "#a9cfa4",
        "#c7b3dd",
        "#f3d98b",
        "#9cc5d9",
        "#e3a6b4",
        "#c9c9a1",
        "#b9b9b9",
    )
    return {op: palette[min(i, len(palette) - 1)] for i, op in enumerate(ops)}


def _bar(
    axes: Any, level: int, left: float, width: float, text: str, colour: str, whole: float
) -> None:
    if width <= 0:
        return
    axes.barh(level, width, left=left, height=0.9, align="edge", color=colour, edgecolor="white")
    letters = int(118 * width / whole)
    if letters >= 3:
        text = text if len(text) <= letters else text[: letters - 1] + "."
        axes.text(left + width / 2, level + 0.45, text, ha="center", va="center", fontsize=8)
