"""The chain rule of one computation, step by step and with its numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TextIO

import numpy as np

import xgrad as xg
from xgrad import errors

from .chain_rule import Line, in_parentheses, line_of, place
from .graph import Graph, require_tracked, small
from .notebook import Spot, cell, in_notebook, preformatted
from .steps import graph_of, watch
from .texts import Texts
from .walking import walk

__all__ = ["Explanation", "Line", "explain"]


@dataclass(frozen=True)
class Explanation:
    """The chain rule of a computation; printing it shows all of it.

    Attributes:
        name: what was explained.
        forward: name, operation, shape and values of each step.
        lines: a line for each step and each of its arguments, in the order of the walk back.
        gradient: the derivative by each argument of the function, by its name.
        shown_in: the number of the notebook's cell in which `explain` has shown it.
    """

    name: str
    output: str
    forward: list[tuple[str, str, tuple[int, ...], Any]]
    lines: list[Line]
    gradient: dict[str, tuple[tuple[int, ...], Any]]
    shown_in: int | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        return f"<Explanation of {self.name}: {len(self.forward)} ops, {len(self.lines)} factors>"

    def __str__(self) -> str:
        return "\n".join(self.text())

    def text(self, limit: int | None = None) -> Iterator[str]:
        """Yield the lines of the text; at most `limit` of each part, the middle left out."""
        yield f"The chain rule of {self.name}, step by step"
        yield "A B matrix product, a o b elementwise product, ^T transpose, [.] 1 if true, else 0"
        yield ""
        yield "forward"
        rows = [
            (n if n == op else f"{n} = {op}", _shape(shape), shown(v))
            for n, op, shape, v in self.forward
        ]
        yield from _table(rows, limit)
        yield ""
        yield f"backward, from d{self.output}/d{self.output} = 1"
        table = []
        before = None
        for line in self.lines:
            head = f"{line.operation}:" if line.operation != before else ""
            before = line.operation
            value = shown(line.value) or _shape(line.shape)
            table.append((head, line.local, _local(line), line.chain, value))
        header = ("operation", "local derivative", "its value", "chain rule", "product so far")
        yield from _table(table, limit, header)
        if self.gradient:
            yield ""
            yield "gradient"
            rows = [
                (f"d{self.output}/d{in_parentheses(name)}", _shape(shape), shown(value))
                for name, (shape, value) in self.gradient.items()
            ]
            yield from _table(rows, limit)

    def _repr_html_(self) -> str:
        return preformatted(str(self))

    def _ipython_display_(self) -> None:
        """Show it as the result of a cell, unless `explain` has just done so in that cell."""
        if not in_notebook():
            raise NotImplementedError  # IPython in a terminal then prints the repr
        if self.shown_in != cell():
            Spot().show(preformatted(str(self)))


def explain(
    f: Callable[..., Any],
    *args: Any,
    limit: int = 60,
    file: TextIO | None = None,
    quiet: bool = False,
) -> Explanation:
    """Print the chain rule of a computation step by step, with its formulas and numbers.

    Each step names the operation, its local derivative as a formula and a number (the shape of the
    Jacobian, where it is large), and the product so far. The names are those of the variables in
    `f`; a result that has none is written out, or called t1, t2, ...

    Args:
        f: a function with a real result of one element.
        args: its arguments, pytrees of arrays; the derivative is taken by each floating-point one.
        limit: how many lines of each part are printed; the middle of a longer one is left out.
        file: where to print; by default the standard output.
        quiet: print nothing.

    Returns:
        The explanation, whose lines can be looked at one by one.

    Raises:
        NotScalarError: the result has several elements.

    >>> import numpy as np, xgrad as xg
    >>> def f(x):
    ...     v = x**2
    ...     u = xg.exp(v)
    ...     return xg.sin(u)
    >>> e = xg.show.explain(f, 0.7, quiet=True)
    >>> for line in e.lines:
    ...     print(f"{line.operation:12} {line.local:14} {line.chain}")
    L = sin(u)   dL/du = cos(u) dL/du = cos(u)
    u = exp(v)   du/dv = u      dL/dv = dL/du u
    v = x^2      dv/dx = 2x     dL/dx = dL/dv 2x
    """
    run = watch(f, args)
    y = require_tracked(run.result, "explain")
    if y.size != 1 or y.dtype.kind == "c":
        raise errors.NotScalarError(
            f"explain: {_name_of(f)} returned {y.dtype}{list(y.shape)}; expected one real number, "
            "whose derivatives the chain rule gives. Explain a sum or one entry of it"
        )
    graph = graph_of(run, merge=False)
    explanation = _explained(graph, y, _name_of(f))
    if quiet:
        return explanation
    text = "\n".join(explanation.text(limit))
    if file is None and in_notebook():
        Spot().show(preformatted(text))
        return replace(explanation, shown_in=cell())
    print(text, file=file)
    return explanation


def _name_of(f: Any) -> str:
    return str(getattr(f, "__name__", type(f).__name__))


def _explained(graph: Graph, y: xg.Array, name: str) -> Explanation:
    home = graph.home
    cotangents: dict[int, Any] = {}
    passed: dict[tuple[int, int], Any] = {}
    local: dict[tuple[int, int], Any] = {}

    def visit(serial: int, g: Any, parts: list[tuple[int, Any]], seconds: float) -> None:
        own = home.get(serial, serial)
        if own == serial and hasattr(g, "shape"):
            cotangents[serial] = (tuple(g.shape), small(g))
        for parent, part in parts:
            into = home.get(parent, parent)
            if into != own and hasattr(part, "shape"):
                old = passed.get((own, into))
                passed[own, into] = part if old is None else old + part

    def visit_local(serial: int, parts: list[tuple[int, Any]]) -> None:
        for parent, part in parts:
            if (serial, parent) not in local:
                local[serial, parent] = small(part) if hasattr(part, "shape") else None

    walk(y, visit, visit_local)
    texts = Texts(graph)
    forward = [(texts.name(s), texts.operation(s), s.shape or (), s.value) for s in graph.ops()]
    lines = []
    for step in reversed(graph.ops()):
        # leaves first: their gradient is then complete, and the walk goes on with the others
        order = sorted(
            set(step.parents), key=lambda p: (not graph.steps[p].is_leaf, place(step, p))
        )
        for parent in order:
            part = passed.get((step.id, parent))
            if part is not None:
                lines.append(line_of(texts, step, parent, part, local.get((step.id, parent))))
    gradient = {
        step.name: cotangents[step.id]
        for step in graph.steps.values()
        if step.is_leaf and step.id in cotangents
    }
    return Explanation(name, texts.name(graph.steps[graph.output]), forward, lines, gradient)


# Layout -------------------------------------------------------------------------------------------


def shown(value: Any, most: int = 4) -> str:
    """Return the values of a small array on one line, or nothing."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return _shape(value)
    elements = np.asarray(value).ravel()
    text = " ".join(_number(x) for x in elements[:most])
    return text + (" ..." if elements.size > most else "")


def _number(x: Any) -> str:
    if np.iscomplexobj(x):
        return f"{x:.4g}"
    return f"{x + 0.0:.5g}"


def _shape(shape: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, shape))}]" if shape else ""


def _local(line: Line) -> str:
    if isinstance(line.local_value, tuple):
        return _shape(line.local_value) or "a number"
    return shown(line.local_value)


def _table(
    rows: Sequence[tuple[str, ...]], limit: int | None, header: tuple[str, ...] | None = None
) -> Iterator[str]:
    if limit is not None and len(rows) > limit:
        left_out = len(rows) - limit
        rest = f"... {left_out} more; limit={len(rows)} shows them"
        empty = ("",) * (len(rows[0]) - 1)
        half = limit // 2
        rows = [*rows[:half], (rest, *empty), *rows[len(rows) - (limit - half) :]]
    widths = [
        min(44, max(map(len, column)))
        for column in zip(*([header] if header else []), *rows, strict=True)
    ]
    for row in [*([header] if header else []), *rows]:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        yield ("   " + "   ".join(cells)).rstrip()
