"""Names in the generated source of a program, and elementwise groups in it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .buffers import Memory
from .helpers import out_of
from .program import Equation, Var

__all__ = ["Blocks"]


class Names:
    """How the source of a program calls constants, variables and numbers."""

    consts: list[Any]
    pre: list[str]
    names: dict[Var, str]
    _known: dict[Any, str]
    _locals: int

    def const(self, x: Any) -> str:
        """Return the name of a constant."""
        key: Any = id(x)
        if isinstance(x, np.ndarray) and x.ndim == 0 and not x.dtype.hasobject:
            key = (x.dtype.str, x.tobytes())
        if key not in self._known:
            self._known[key] = f"C[{len(self.consts)}]"
            self.consts.append(x)  # kept, so that its id stays its own
        return self.fixed(self._known[key])

    def fixed(self, expression: str) -> str:
        """Return the name of what is computed once, when the buffers are made."""
        name = self._known.get(expression)
        if name is None:
            name = self._known[expression] = f"k{len(self.pre)}"
            self.pre.append(f"{name} = {expression}")
        return name

    def local(self) -> str:
        """Return a new name of a value of one call."""
        self._locals += 1
        return f"t{self._locals}"

    def literal(self, x: Any, like: Any = None) -> str:
        """Return an argument as source; numbers beside an array of dtype `like` become arrays."""
        if isinstance(x, Var):
            return self.names[x]
        kind = type(x)
        if kind in (int, float) and like is not None and like.kind in "fc":
            with np.errstate(all="ignore"):
                return self.const(np.asarray(x, like))  # converted once
        if kind in (int, bool, str) or x is None:
            return repr(x)
        if x is Ellipsis:
            return "..."
        if kind is tuple:
            return "(" + "".join(self.literal(part) + "," for part in x) + ")"
        if kind is list:
            return "[" + "".join(self.literal(part) + "," for part in x) + "]"
        if kind is slice:
            return f"slice({', '.join(self.literal(k) for k in (x.start, x.stop, x.step))})"
        return self.const(x)

    def key(self, key: Any) -> str:
        """Return an index as source."""
        if type(key) is tuple and key:
            return ", ".join(self._part(k) for k in key)
        return self._part(key)

    def _part(self, k: Any) -> str:
        if type(k) is slice and all(
            type(p) in (int, type(None)) for p in (k.start, k.stop, k.step)
        ):
            return ":".join("" if p is None else str(p) for p in (k.start, k.stop, k.step))
        return self.literal(k)


class Blocks(Names):
    """Elementwise groups, swept block by block while their data is in the cache."""

    memory: Memory
    body: list[str]
    block: int

    def new(self, v: Var, over: Any = None) -> str:
        """Return the name of memory for a variable."""
        raise NotImplementedError

    def _group(self, group: list[Equation], i: int) -> None:
        """Sweep a group block by block, through temporaries of the size of a block."""
        memory, block = self.memory, self.block
        inner = {e.outs[0] for e in group}
        outs = [e.outs[0] for e in group if memory.last[e.outs[0]] > i]
        shape, n = group[0].outs[0].shape, group[0].outs[0].size
        for v in outs:
            self.new(v)
        flat = "" if len(shape) == 1 else ".reshape(-1)"
        sliced: list[str] = []
        names: dict[Any, str] = {}
        for e in group:
            for x in e.args:
                if (isinstance(x, Var) and x not in inner) or isinstance(x, np.ndarray):
                    key = x if isinstance(x, Var) else id(x)
                    if key in names:
                        continue
                    if x.size == 1:
                        names[key] = self._number(x)
                    else:
                        k = len(names)
                        self.body.append(f"f{k} = {self.literal(x)}{flat}")
                        names[key] = f"x{k}"
                        sliced.append(f"x{k} = f{k}[s:e]")
        for k, v in enumerate(outs):
            self.body.append(f"g{k} = {self.names[v]}{flat}")
            names[v] = f"y{k}"
            sliced.append(f"y{k} = g{k}[s:e]")
        lines, temporaries = self._swept(group, names, set(outs), inner)
        for z, dtype in temporaries:
            self.pre.append(f"{z}_{i} = np.empty({block}, {self.const(dtype)})")
            sliced.append(f"{z} = {z}_{i} if e - s == {block} else {z}_{i}[:e - s]")
        self.body.append(f"for s in range(0, {n}, {block}):")
        self.body.append(f" e = min(s + {block}, {n})")
        self.body.extend(" " + line for line in sliced + lines)

    def _number(self, x: Any) -> str:
        """Return an array of one element as source, without axes."""
        name = self.literal(x)
        if not x.shape:
            return name
        if not isinstance(x, Var):
            return self.fixed(f"{name}.reshape(())")
        t = self.local()
        self.body.append(f"{t} = {name}.reshape(())")
        return t

    def _swept(
        self, group: list[Equation], names: dict[Any, str], outs: set[Var], inner: set[Var]
    ) -> tuple[list[str], list[tuple[str, Any]]]:
        """Return the lines of the loop over blocks, and its temporaries."""
        last = {v: k for k, e in enumerate(group) for v in e.inputs()}
        lines: list[str] = []
        temporaries: list[tuple[str, Any]] = []
        free: list[tuple[str, Any]] = []
        for k, e in enumerate(group):
            out = e.outs[0]
            arrays = [x for x in e.args if isinstance(x, Var)]
            like = arrays[0].dtype if len({x.dtype for x in arrays}) == 1 else None
            like = out.dtype if e.name == "where" else like
            given = [
                names[x]
                if isinstance(x, Var)
                else names[id(x)]
                if isinstance(x, np.ndarray)
                else self.literal(x, like)
                for x in e.args
            ]
            ending = [x for x in dict.fromkeys(e.inputs()) if x in inner - outs and last[x] == k]
            if out not in outs:
                strong = e.name == "strong_multiply"
                fit = next((names[x] for x in ending if x.dtype == out.dtype and not strong), None)
                if fit is None:
                    found = next((f for f in free if f[1] == out.dtype), None)
                    if found is None:
                        found = f"z{len(temporaries)}", out.dtype
                        temporaries.append(found)
                    else:
                        free.remove(found)
                    fit = found[0]
                names[out] = fit
            free += [(names[x], x.dtype) for x in ending if names[x] != names[out]]
            special = {"strong_multiply": "strong", "where": "choose"}.get(e.name)
            f = special or self.const(e.function)
            lines.append(f"{f}({', '.join(given)}, {out_of(e)}{names[out]})")
        return lines, temporaries
