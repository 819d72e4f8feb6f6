"""How an array looks in a notebook."""

from __future__ import annotations

import html
import math
from typing import Any

import xgrad as xg

from ..backends import backend_of
from .graph import host, op_of
from .tables import size

__all__ = ["array_html"]

MOST = 8
"""Longer axes are cut in the middle."""

_CELL = 'style="font-family:monospace;text-align:right;padding:1px 6px;border:1px solid #8884"'
_HEAD = 'style="font-family:monospace;opacity:0.75"'


def array_html(x: xg.Array) -> str:
    """Return an array as HTML: what it is, where it is, its values as a table, and its gradient."""
    parts = [f"<div><div {_HEAD}>{html.escape(_headline(x))}</div>{_values(x)}"]
    if x.requires_grad and x.grad is not None:
        parts.append(f"<div {_HEAD}>grad</div>{_values(x.grad)}")
    return "".join(parts) + "</div>"


def _headline(x: xg.Array) -> str:
    shape = " x ".join(map(str, x.shape)) or "a number"
    words = [f"xgrad.Array, {shape}, {x.dtype}, {size(x.nbytes)}"]
    words.append(f"on {x.backend}" if x.backend == "numpy" else f"on {x.backend}, {x.device}")
    if x.requires_grad:
        words.append("requires_grad")
    elif x._node is not None:
        words.append(f"made by {op_of(x)}")
    return ", ".join(words)


def _values(x: xg.Array) -> str:
    """Return the values as a table; of more than two axes, the first matrix."""
    if backend_of(x._raw).is_lazy:
        return f"<div>{html.escape(repr(x._raw))}</div>"
    values = host(x)
    if values is None:
        return "<div>(no values: this device holds shapes only)</div>"
    if values.size == 0:
        return "<div>(empty)</div>"
    note = ""
    if values.ndim > 2:
        note = f"<div {_HEAD}>the first of {math.prod(values.shape[:-2])} matrices</div>"
        values = values.reshape(-1, *values.shape[-2:])[0]
    values = values.reshape(1, -1) if values.ndim < 2 else values
    rows, columns = _cut(values.shape[0]), _cut(values.shape[1])
    lines = []
    for i in rows:
        cells = "".join(
            f"<td {_CELL}>{'&hellip;' if i is None or j is None else _shown(values[i, j])}</td>"
            for j in columns
        )
        lines.append(f"<tr>{cells}</tr>")
    return f"{note}<table>{''.join(lines)}</table>"


def _cut(n: int) -> list[int | None]:
    """Return which of `n` entries are shown; None for those that are not."""
    if n <= MOST:
        return list(range(n))
    half = MOST // 2
    return [*range(half), None, *range(n - half, n)]


def _shown(value: Any) -> str:
    if isinstance(value.item(), (bool, int)):
        return str(value)
    return html.escape(f"{value:.5g}")
