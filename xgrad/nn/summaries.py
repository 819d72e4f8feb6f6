"""A table of what the modules of a model are given and make of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, NamedTuple

import xgrad as xg

from .module import Module, parameter_count


class Row(NamedTuple):
    """A call of a module in a model.

    Attributes:
        name: its place in the model, as ``layers.0``.
        kind: its class.
        shapes: the shapes of the arrays that it returned.
        parameters: the number of its own parameters that are trained, parts included.
        depth: how deep in the model it is.
    """

    name: str
    kind: str
    shapes: list[tuple[int, ...]]
    parameters: int
    depth: int


class Summary(list[Row]):
    """The calls of a run in the order of their beginning; its text is a table."""

    total: int = 0

    def __repr__(self) -> str:
        cells = [("layer", "result", "parameters")]
        for row in self:
            place = f"{'  ' * row.depth}{row.name}: {row.kind}" if row.name else row.kind
            shapes = ", ".join("x".join(map(str, s)) or "scalar" for s in row.shapes)
            cells.append((place, shapes, f"{row.parameters:,}" if row.parameters else "-"))
        wide = [max(len(c[i]) for c in cells) for i in range(3)]
        lines = [f"{a:{wide[0]}}  {b:{wide[1]}}  {c:>{wide[2]}}".rstrip() for a, b, c in cells]
        rule = "-" * (sum(wide) + 4)
        return "\n".join([lines[0], rule, *lines[1:], rule, f"{self.total:,} parameters"])


@dataclass(init=False, repr=False, eq=False)
class _Watched(Module):
    """A module that takes note of its calls and is otherwise as the one inside."""

    inner: Any

    def __init__(self, inner: Module, name: str, depth: int, rows: list[Any]) -> None:
        self.__dict__.update(inner=inner, _name=name, _depth=depth, _rows=rows)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["inner"], name)

    def __getitem__(self, i: Any) -> Any:
        return self.inner[i]

    def __len__(self) -> int:
        return len(self.inner)

    def __iter__(self) -> Any:
        return iter(self.inner)

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        return self._told(lambda: self.inner(*inputs, **options), lambda out: out)

    def update(self, *inputs: Any, **options: Any) -> Any:
        """Return what the module inside does, and take note."""
        return self._told(lambda: self.inner.update(*inputs, **options), lambda out: out[0])

    def _told(self, call: Any, result: Any) -> Any:
        at = len(self._rows)
        self._rows.append(None)
        out = call()
        shapes = [tuple(x.shape) for x in xg.tree.leaves(result(out)) if hasattr(x, "shape")]
        kind, count = type(self.inner).__name__, self._count
        self._rows[at] = Row(self._name, kind, shapes, count, self._depth)
        return out

    @property
    def _count(self) -> int:
        return parameter_count(_bare(self.inner))


def _bare(x: Any) -> Any:
    """Return a module without the watchers in it."""
    if isinstance(x, _Watched):
        return _bare(x.inner)
    return _rebuilt(x, lambda child, name: _bare(child))


def _rebuilt(x: Any, f: Any) -> Any:
    """Return a module, or a list or dict of some, with a function of each part in its place."""
    if isinstance(x, Module):
        changes = {}
        for field in dataclasses.fields(x):
            if not field.metadata.get("static", False):
                old = getattr(x, field.name)
                new = _part(old, field.name, f)
                if new is not old:
                    changes[field.name] = new
        return x.replace(**changes) if changes else x
    return x


def _part(value: Any, name: str, f: Any) -> Any:
    if isinstance(value, Module):
        return f(value, name)
    if isinstance(value, (list, tuple)) and any(isinstance(x, Module) for x in value):
        parts = [_part(x, f"{name}.{i}", f) for i, x in enumerate(value)]
        return type(value)(parts)
    if isinstance(value, dict) and any(isinstance(x, Module) for x in value.values()):
        return {key: _part(x, f"{name}.{key}", f) for key, x in value.items()}
    return value


def _watched(module: Module, name: str, depth: int, rows: list[Any]) -> _Watched:
    inner = _rebuilt(module, lambda child, own: _watched(child, own, depth + 1, rows))
    return _Watched(inner, name, depth, rows)


def summary(model: Module, *inputs: Any, **options: Any) -> Summary:
    """Return what each module of a model returns for inputs, and how many parameters it has.

    The model is called once, without a tape; its text is a table.

    Args:
        model: the model; it is not changed.
        *inputs: what it is a function of; a tuple of lengths stands for zeros of that shape.
        **options: those of its call.

    Returns:
        A list of rows: name, class, shapes of the results, number of parameters, depth.

    >>> from xgrad import nn
    >>> nn.summary(nn.Sequential(nn.Conv2d(1, 4, 3, rng=0), nn.ReLU(), nn.Flatten()), (2, 1, 8, 8))
    layer                result   parameters
    ----------------------------------------
    Sequential           2x144            40
      layers.0: Conv2d   2x4x6x6          40
      layers.1: ReLU     2x4x6x6           -
      layers.2: Flatten  2x144             -
    ----------------------------------------
    40 parameters
    """
    kinds = [p.dtype for p in xg.tree.leaves(model) if hasattr(p, "dtype")]
    real = next((k for k in kinds if xg.isdtype(k, "real floating")), xg.get_default_dtype())
    given = [
        xg.zeros(x, dtype=real)
        if isinstance(x, tuple) and all(isinstance(n, int) for n in x)
        else x
        for x in inputs
    ]
    rows: list[Any] = []
    with xg.no_grad():
        _watched(model, "", 0, rows)(*given, **options)
    out = Summary(r for r in rows if r is not None)
    out.total = parameter_count(model)
    return out
