"""Draw a graph where Graphviz is missing: ranks from top to bottom, few crossings."""

from __future__ import annotations

from typing import Any, Protocol

from .collapse import Block
from .graph import Graph, Step
from .pictures import as_bytes, figure

__all__ = ["places", "render"]

LEAF, OP, RESULT = "#dbe9f6", "#ffffff", "#fde9c9"
COTANGENT, BLOCK = "#b5421f", "#f4f4f1"
"""Colours of boxes, of the text at edges, and of the frame of a repeated block."""

LINE, GAP, CHARACTER = 0.42, 0.42, 0.085
"""Heights and distances in inches; the width of a character."""


class Drawable(Protocol):
    """What there is to draw, and what stands where."""

    graph: Graph
    blocks: list[Block]

    def title(self, step: Step) -> str:
        """Return what a box says first."""
        ...

    def details(self, step: Step) -> str:
        """Return what a box says below."""
        ...

    def edges(self) -> list[tuple[Step, Step, str]]:
        """Return from which step to which an edge goes, and the text on it."""
        ...


def places(picture: Drawable) -> dict[int, tuple[float, float, float]]:
    """Return for each step where its box is, x and y of the centre, and how wide it is."""
    steps = picture.graph.steps
    rank: dict[int, int] = {}
    for step in steps.values():
        rank[step.id] = 1 + max((rank.get(p, -1) for p in step.parents), default=-1)
    children: dict[int, list[int]] = {i: [] for i in steps}
    for step in steps.values():
        for p in step.parents:
            children[p].append(step.id)
    for i in reversed(steps):  # a leaf stands right above its first use
        later = [rank[c] for c in children[i] if rank[c] > rank[i]]
        if later and steps[i].is_leaf:
            rank[i] = min(later) - 1
    rows: list[list[int]] = [[] for _ in range(max(rank.values()) + 1)]
    for i in steps:
        rows[rank[i]].append(i)
    width = {
        s.id: CHARACTER * max(len(picture.title(s)), 0.85 * len(picture.details(s)), 4) + 0.25
        for s in steps.values()
    }
    x: dict[int, float] = {}
    for row in rows:
        _spread(row, {i: float(k) for k, i in enumerate(row)}, width, x)
    for sweep in range(8):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = {}
            for i in row:
                near = steps[i].parents if sweep % 2 == 0 else children[i]
                near = near or children[i] or steps[i].parents
                wanted[i] = sum(x[k] for k in near) / len(near) if near else x[i]
            _spread(sorted(row, key=wanted.__getitem__), wanted, width, x)
    return {i: (x[i], -rank[i] * (LINE + GAP), width[i]) for i in steps}


def _spread(
    row: list[int], wanted: dict[int, float], width: dict[int, float], x: dict[int, float]
) -> None:
    """Put the boxes of a row where they want to be, but not over each other."""
    edge = None
    for i in row:
        left = wanted[i] - width[i] / 2
        left = left if edge is None else max(left, edge + 0.25)
        x[i] = left + width[i] / 2
        edge = left + width[i]
    if row:
        shift = sum(wanted[i] - x[i] for i in row) / len(row)
        for i in row:
            x[i] += shift


def render(picture: Drawable, kind: str) -> bytes:
    """Return the picture as the bytes of an svg, png or pdf file."""
    at = places(picture)
    left = min(x - w / 2 for x, _, w in at.values()) - 0.3
    right = max(x + w / 2 for x, _, w in at.values()) + 0.3
    low = min(y for _, y, _ in at.values()) - LINE
    drawn = figure("draw", figsize=(max(right - left, 2.5), 0.3 - low + LINE))
    axes = drawn.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(left, right)
    axes.set_ylim(low, LINE)
    for block in picture.blocks:
        _frame(axes, [at[i] for i in block.steps], f"repeated {block.times} times", BLOCK)
    for a, b, g in picture.edges():
        (xa, ya, _), (xb, yb, _) = at[a.id], at[b.id]
        start, end = (xa, ya - LINE / 2), (xb, yb + LINE / 2)
        style = "dashed" if a.id > b.id else "solid"
        arrow = {"arrowstyle": "-|>", "color": "#777777", "linestyle": style, "shrinkA": 0}
        if a.id > b.id:
            arrow["connectionstyle"] = "arc3,rad=0.35"
        axes.annotate("", end, start, arrowprops=arrow)
        if g:
            middle = (start[0] + end[0]) / 2 + 0.05, (start[1] + end[1]) / 2
            axes.text(*middle, g, color=COTANGENT, fontsize=8, va="center")
    for step in picture.graph.steps.values():
        x, y, _ = at[step.id]
        fill = LEAF if step.is_leaf else RESULT if step.id == picture.graph.output else OP
        details = picture.details(step)
        text = picture.title(step) + (f"\n{details}" if details else "")
        box = {"boxstyle": "round,pad=0.3", "facecolor": fill, "edgecolor": "#555555"}
        axes.text(x, y, text, ha="center", va="center", fontsize=9, bbox=box)
    return as_bytes(drawn, kind)


def _frame(axes: Any, boxes: list[tuple[float, float, float]], label: str, fill: str) -> None:
    """Draw a frame around the boxes of a repeated block."""
    from matplotlib.patches import FancyBboxPatch

    left, right = min(x - w / 2 for x, _, w in boxes), max(x + w / 2 for x, _, w in boxes)
    low, high = min(y for _, y, _ in boxes) - LINE / 2, max(y for _, y, _ in boxes) + LINE / 2
    corner, size = (left - 0.1, low), (right - left + 0.2, high - low)
    style: dict[str, Any] = {
        "boxstyle": "round,pad=0.05",
        "facecolor": fill,
        "edgecolor": "#999999",
        "zorder": 0,
    }
    axes.add_patch(FancyBboxPatch(corner, *size, **style))
    axes.text(right + 0.1, high, label, ha="right", va="bottom", fontsize=9)
