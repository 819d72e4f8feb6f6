"""The tape as a picture: which op was made from which, with values, and cotangents on the edges."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xgrad as xg

from .collapse import Block, collapsed
from .graph import FEW, Graph, Step, brief, read, require_tracked, serial_of
from .layout import BLOCK, COTANGENT, LEAF, OP, RESULT, render
from .notebook import preformatted
from .steps import graph_of, watch
from .texts import Texts
from .walking import with_cotangents

__all__ = ["Picture", "draw"]

WIDEST = 34
"""Longer texts are cut in a picture."""

UNNAMED = "\N{MIDDLE DOT}"
"""Stands for a result without a name; the edge shows which."""


def draw(
    y: xg.Array | Callable[..., Any],
    *args: Any,
    path: str | Path | None = None,
    collapse: bool = True,
    cotangents: bool = True,
) -> Picture:
    """Draw the computation behind a tracked array, or that of ``f(*args)``.

    Given a function, its arguments are tracked and it is watched while it computes, so that the
    picture has the names of its variables and the values of small arrays. Given an array, the
    picture shows what the tape has kept.

    Args:
        y: a tracked array, or a function that returns one.
        args: the arguments of the function, pytrees of arrays.
        path: where to write it; the suffix chooses among svg, png, pdf, dot, mmd (Mermaid), txt.
        collapse: show layers that repeat, or the steps of a loop, once, with their number.
        cotangents: walk back from `y`, with a cotangent of ones, and write what each op passes on
            beside its edge; the norm, of more than a few elements.

    Returns:
        The picture: a notebook shows it, `print` shows it as text, ``save`` writes it.

    Raises:
        NotDifferentiableError: the array is not tracked.
        GraphFreedError: ``backward()`` has freed its tape.
        TypeError: there are arguments, but `y` is an array.

    >>> import numpy as np, xgrad as xg
    >>> print(xg.show.draw(lambda x: xg.sum(x**2), np.asarray([1.0, 2.0])))
    1  x           [2]  1 2          cotangent 2 4
    2  x^2         [2]  1 4  from 1  cotangent 1 1
    3  L = sum(·)  5         from 2  cotangent 1
    """
    if callable(y) and not isinstance(y, xg.Array):
        run = watch(y, args)
        result = require_tracked(run.result, "draw")
        graph = graph_of(run)
    elif args:
        raise TypeError("draw: got an array and arguments; arguments belong to a function")
    else:
        result = require_tracked(y, "draw")
        graph = read(result)
        _names_of_caller(graph, sys._getframe(1))
    if cotangents:
        with_cotangents(graph, result)
    blocks: list[Block] = []
    if collapse:
        graph, blocks = collapsed(graph)
    picture = Picture(graph, blocks)
    if path is not None:
        picture.save(path)
    return picture


def _names_of_caller(graph: Graph, frame: Any) -> None:
    """Name arrays as the calling code does."""
    for names in (frame.f_globals, frame.f_locals):
        for name, value in list(names.items()):
            serial = serial_of(value)
            if serial in graph.steps and not name.startswith("_"):
                graph.steps[serial].name = name


class Picture:
    """A computation as a picture.

    Attributes:
        graph: the steps that are shown.
        blocks: the groups of them that stand for repetitions.
    """

    def __init__(self, graph: Graph, blocks: list[Block]) -> None:
        self.graph, self.blocks = graph, blocks
        self.texts = Texts(graph, unnamed=UNNAMED)

    def __repr__(self) -> str:
        return f"<Picture of {len(self.graph)} steps, {len(self.blocks)} repeated blocks>"

    def __str__(self) -> str:
        return self.text

    # What stands where --------------------------------------------------------------------------

    def title(self, step: Step) -> str:
        """Return what a box says first."""
        if step.is_leaf:
            return _cut(step.name or "leaf")
        if step.operands:
            text = self.texts.operation(step)
            return _cut(f"{step.name} = {text}" if step.name else text)
        return _cut(f"{step.name} = {step.op}" if step.name else step.op)

    def details(self, step: Step) -> str:
        """Return the shape and the values of a step, as far as they are known."""
        shape = "" if not step.shape else f"[{', '.join(map(str, step.shape))}]"
        few = step.value is not None and step.value.size <= FEW
        return "  ".join(x for x in (shape, brief(step.value) if few else "") if x)

    def edges(self) -> list[tuple[Step, Step, str]]:
        """Return from which step to which an edge goes, and the cotangent that comes back on it."""
        steps = self.graph.steps
        return [
            (steps[p], step, step.given.get(p, "")) for step in steps.values() for p in step.parents
        ]

    def block_of(self, step: Step) -> int | None:
        """Return the number of the block that a step is in."""
        return next((i for i, b in enumerate(self.blocks) if step.id in b.steps), None)

    # As text ------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The picture as lines of text, one for each step."""
        rows = []
        number = {i: k for k, i in enumerate(self.graph.steps, 1)}
        for step in self.graph.steps.values():
            block = self.block_of(step)
            sources = ", ".join(str(number[p]) for p in step.parents)
            rows.append(
                (
                    str(number[step.id]),
                    self.title(step),
                    self.details(step),
                    f"from {sources}" if sources else "",
                    f"cotangent {step.cotangent}" if step.cotangent else "",
                    "" if block is None else f"repeated {self.blocks[block].times} times",
                )
            )
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True) if w).rstrip()
            for row in rows
        )

    @property
    def mermaid(self) -> str:
        """The picture in the language of Mermaid, which GitHub and many editors draw."""
        lines = ["flowchart TD"]
        inside = {i for block in self.blocks for i in block.steps}
        for k, block in enumerate(self.blocks):
            lines.append(f'  subgraph b{k}["repeated {block.times} times"]')
            lines += [f"  {self._mermaid_node(self.graph.steps[i])}" for i in block.steps]
            lines.append("  end")
        lines += [self._mermaid_node(s) for s in self.graph.steps.values() if s.id not in inside]
        for a, b, g in self.edges():
            lines.append(
                f'  n{a.id} -->|"{_mermaid(g)}"| n{b.id}' if g else f"  n{a.id} --> n{b.id}"
            )
        lines.append(f"  classDef leaf fill:{LEAF},stroke:#5b7fa3")
        lines.append(f"  classDef result fill:{RESULT},stroke:#a3803f")
        leaves = ",".join(f"n{s.id}" for s in self.graph.steps.values() if s.is_leaf)
        lines += [f"  class {leaves} leaf"] if leaves else []
        lines.append(f"  class n{self.graph.output} result")
        return "\n".join(lines) + "\n"

    def _mermaid_node(self, step: Step) -> str:
        label = "<br/>".join(_mermaid(x) for x in (self.title(step), self.details(step)) if x)
        return f'  n{step.id}(["{label}"])' if step.is_leaf else f'  n{step.id}["{label}"]'

    @property
    def dot(self) -> str:
        """The picture in the language of Graphviz."""
        lines = [
            "digraph {",
            '  rankdir=TB; nodesep=0.3; ranksep=0.35; bgcolor="white"; fontname="Helvetica"',
            '  node [shape=box style="rounded,filled" fontname="Helvetica" fontsize=12]',
            '  node [color="#555555" height=0.3 margin="0.12,0.06"]',
            f'  edge [fontname="Helvetica" fontsize=10 fontcolor="{COTANGENT}"]',
            '  edge [color="#777777" arrowsize=0.7]',
        ]
        for k, block in enumerate(self.blocks):
            lines.append(
                f'  subgraph cluster_{k} {{ label="repeated {block.times} times" labeljust=r '
                f'fontsize=12 style="rounded,filled" color="#999999" fillcolor="{BLOCK}"'
            )
            lines += [f"  n{i};" for i in block.steps]
            lines.append("  }")
        for step in self.graph.steps.values():
            fill = LEAF if step.is_leaf else RESULT if step.id == self.graph.output else OP
            label = f"<{_html(self.title(step))}"
            if self.details(step):
                label += (
                    f'<br/><font point-size="10" color="#666666">{_html(self.details(step))}</font>'
                )
            lines.append(f'  n{step.id} [label={label}> fillcolor="{fill}"]')
        for a, b, g in self.edges():
            back = " constraint=false style=dashed" if a.id > b.id else ""
            lines.append(f'  n{a.id} -> n{b.id} [label=" {g} "{back}]')
        return "\n".join([*lines, "}"]) + "\n"

    # As a picture -------------------------------------------------------------------------------

    def save(self, path: str | Path) -> Path:
        """Write the picture; the suffix chooses among svg, png, pdf, dot, mmd and txt.

        Graphviz draws it if its program ``dot`` is installed, else matplotlib.
        """
        path = Path(path)
        kind = path.suffix.lstrip(".")
        texts = {"dot": "dot", "gv": "dot", "mmd": "mermaid", "txt": "text"}
        if kind in texts:
            path.write_text(getattr(self, texts[kind]), encoding="utf-8")
        elif kind in ("svg", "png", "pdf"):
            path.write_bytes(self.rendered(kind))
        else:
            raise ValueError(
                f"draw: got a path that ends in {path.suffix!r}; expected .svg, .png or .pdf, .mmd "
                "(Mermaid), .dot (Graphviz) or .txt"
            )
        return path

    def rendered(self, kind: str) -> bytes:
        """Return the picture as the bytes of an svg, png or pdf file."""
        if shutil.which("dot"):
            return subprocess.run(
                ["dot", f"-T{kind}", *(["-Gdpi=90"] if kind == "png" else [])],
                input=self.dot.encode(),
                capture_output=True,
                check=True,
            ).stdout
        return render(self, kind)

    def _repr_html_(self) -> str:
        try:
            return self.rendered("svg").decode().partition("?>")[2] or self.rendered("svg").decode()
        except ImportError:  # neither Graphviz nor matplotlib is here
            return preformatted(self.text)


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else text[: WIDEST - 3] + "..."


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _mermaid(text: str) -> str:
    for character, code in (
        ("#", "#35;"),
        ('"', "#quot;"),
        ("<", "#lt;"),
        (">", "#gt;"),
        ("|", "#124;"),
    ):
        text = text.replace(character, code)
    return text
