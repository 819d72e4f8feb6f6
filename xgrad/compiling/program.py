"""A program: equations between variables, in the order in which they were recorded.

    program of f
      in   a: float64[3], b: float64[]
      c: float64[3] = multiply(a, a)              loss.py:7: y = x * x
      out  c

Every variable is given a value once. So an equation may be moved, merged with an equal one, or left
out where nobody reads its results, unless it has an effect.
"""

from __future__ import annotations

import linecache
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

__all__ = ["Equation", "Program", "Var", "frozen", "inputs_of", "mapped", "walked"]


class Var:
    """A variable: shape and dtype of an array, never its values.

    Attributes:
        order: how its axes lay in memory when it was recorded, the slowest first; None for C order.
    """

    __slots__ = ("dtype", "order", "shape", "size")

    def __init__(
        self, shape: tuple[int, ...], dtype: Any, order: tuple[int, ...] | None = None
    ) -> None:
        self.shape, self.dtype, self.order = tuple(shape), dtype, order
        self.size = math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """The number of bytes of all elements."""
        return self.size * int(getattr(self.dtype, "itemsize", 8))  # some libraries do not tell

    def __repr__(self) -> str:
        return f"{self.dtype}[{','.join(map(str, self.shape))}]"


class Opaque(Var):
    """A variable that is no array, as a random generator."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__((), np.dtype(object))

    def __repr__(self) -> str:
        return "object"


class Equation:
    """One step: results of a library's function of variables and constants.

    Attributes:
        path: the name of the function, by which it is found again; see `functions`.
        function: the function.
        args, kwargs: what it is called with; variables stand for arrays.
        outs: the variables that it gives values to.
        line: the user's file and line.
        region: equal steps of two regions are not merged.
        effect: whether it must be run each time, in order.
        shares: for each result the position among `inputs` of what it may share memory with.
        several: whether the function returns a tuple.
    """

    __slots__ = (
        *("args", "effect", "function", "kwargs", "line"),
        *("outs", "path", "region", "several", "shares"),
    )

    def __init__(
        self,
        path: str,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        outs: list[Var],
        *,
        line: tuple[str, int] | None = None,
        region: int = 0,
        effect: bool = False,
        shares: tuple[Var | None, ...] = (),
        several: bool = False,
    ) -> None:
        self.path, self.function, self.args, self.kwargs, self.outs = (
            path,
            function,
            args,
            kwargs,
            outs,
        )
        self.line, self.region, self.effect = line, region, effect
        self.shares, self.several = shares, several

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]

    def inputs(self) -> list[Var]:
        """Return the variables that it reads."""
        found: list[Var] = []
        for x in self.args:  # most are variables and numbers: a look at each is all it takes
            kind = type(x)
            if kind is Var:
                found.append(x)
            elif kind is not float and kind is not int:
                found += inputs_of(x)
        return found + inputs_of(tuple(self.kwargs.values())) if self.kwargs else found

    def replaced(self, known: dict[Var, Any]) -> Equation:
        """Return it with other variables, or constants, in the place of some."""

        def other(x: Any) -> Any:
            return known.get(x, x) if isinstance(x, Var) else x

        shares = tuple(None if v is None else _var_or_none(known.get(v, v)) for v in self.shares)
        return Equation(
            self.path,
            self.function,
            mapped(other, self.args),
            {k: mapped(other, v) for k, v in self.kwargs.items()},
            self.outs,
            line=self.line,
            region=self.region,
            effect=self.effect,
            shares=shares,
            several=self.several,
        )


def _var_or_none(x: Any) -> Var | None:
    return x if isinstance(x, Var) else None


def walked(x: Any) -> Iterator[Any]:
    """Yield the parts of nested tuples, lists and slices."""
    if type(x) in (tuple, list) or isinstance(x, (tuple, list)):
        for part in x:
            yield from walked(part)
    elif type(x) is slice:
        yield from (x.start, x.stop, x.step)
    else:
        yield x


def inputs_of(x: Any) -> list[Var]:
    """Return the variables among nested arguments."""
    return [v for v in walked(x) if isinstance(v, Var)]


def mapped(f: Callable[[Any], Any], x: Any) -> Any:
    """Return nested tuples and lists with `f` applied to each part."""
    if type(x) is tuple:
        return tuple([mapped(f, part) for part in x])
    if type(x) is list:
        return [mapped(f, part) for part in x]
    if isinstance(x, tuple) and hasattr(x, "_make"):
        return x._make([mapped(f, part) for part in x])
    return f(x)


def frozen(x: Any) -> Any:
    """Return what tells a constant or variable from others, to be hashed."""
    kind = type(x)
    if kind is tuple or kind is list:
        return (kind, *[frozen(part) for part in x])
    if kind is slice:
        return (slice, x.start, x.stop, x.step)
    if isinstance(x, Var):
        return x
    if isinstance(x, (np.ndarray, np.generic)):
        if x.size == 1:  # by its bits: -0.0 == 0.0, and NaN != NaN
            return (x.dtype.str, x.shape, np.asarray(x).tobytes())
        return ("array", id(x))
    if kind is float:
        return (float, x.hex())
    if kind is complex:
        return (complex, x.real.hex(), x.imag.hex())
    return (kind, x) if not hasattr(x, "__array__") else ("array", id(x))


class Program:
    """Equations from inputs to outputs.

    Attributes:
        name: of the function that was recorded.
        backend: the library that it runs on.
        inputs: a variable for each array among the arguments, and then for each captured one.
        captured: how many of the inputs are arrays that the function captures.
        equations: the steps, in order.
        outputs: for each leaf of the result a variable or a constant.
    """

    def __init__(
        self,
        name: str,
        backend: Any,
        inputs: list[Var],
        captured: int,
        equations: list[Equation],
        outputs: list[Any],
    ) -> None:
        self.name, self.backend, self.inputs = name, backend, inputs
        self.captured, self.equations, self.outputs = captured, equations, outputs

    def of(self, equations: list[Equation]) -> Program:
        """Return the program of other equations for the same results."""
        given = self.name, self.backend, self.inputs, self.captured
        return Program(*given, equations, self.outputs)

    def __len__(self) -> int:
        return len(self.equations)

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def lines(self, most: int | None = None) -> Iterator[str]:
        """Yield the program as text, at most so many equations of it."""
        names = Names()
        yield f"program of {self.name}, {len(self)} equations"
        count = len(self.inputs) - self.captured
        given = [f"{names(v)}: {v!r}" for v in self.inputs]
        yield f"  in   {', '.join(given[:count]) or '-'}"
        if self.captured:
            yield f"  captured   {', '.join(given[count:])}"
        for n, e in enumerate(self.equations):
            if n == most:
                yield f"  ... and {len(self) - n} more"
                break
            yield "  " + names.equation(e)
        yield f"  out  {', '.join(names.text(x) for x in self.outputs) or '-'}"


class Names(dict[Var, str]):
    """Short names for variables: a, b, ..., z, aa, ab, ..."""

    def __call__(self, v: Var) -> str:
        """Return the name of a variable."""
        return self[v]

    def __missing__(self, v: Var) -> str:
        n, name = len(self) + 1, ""
        while n:
            n, letter = divmod(n - 1, 26)
            name = chr(97 + letter) + name
        self[v] = name
        return name

    def text(self, x: Any) -> str:
        """Return an argument as text."""
        if isinstance(x, Var):
            return self[x]
        if isinstance(x, tuple):
            return f"({', '.join(map(self.text, x))}{',' if len(x) == 1 else ''})"
        if isinstance(x, list):
            return f"[{', '.join(map(self.text, x))}]"
        if isinstance(x, slice):
            ends = ["" if k is None else self.text(k) for k in (x.start, x.stop)]
            return ":".join([*ends, self.text(x.step)] if x.step is not None else ends)
        if x is Ellipsis:
            return "..."
        if hasattr(x, "shape") and hasattr(x, "dtype"):
            if math.prod(x.shape) == 1 and isinstance(x, (np.ndarray, np.generic)):
                return f"{x.item():.6g}" if x.dtype.kind == "f" else str(x.item())
            return f"<{x.dtype}[{','.join(map(str, x.shape))}]>"
        if callable(x):
            return getattr(x, "__name__", repr(x))
        return f"{x!r:.40}"

    def equation(self, e: Equation) -> str:
        """Return an equation as a line of text."""
        given = [self.text(x) for x in e.args]
        given += [f"{k}={self.text(v)}" for k, v in e.kwargs.items() if v is not None]
        outs = ", ".join(f"{self[v]}: {v!r}" for v in e.outs) or "_"
        text = f"{outs} = {e.name}({', '.join(given)})"
        where = line_text(e.line)
        return f"{text:<60s}  # {where}" if where else text


def line_text(line: tuple[str, int] | None) -> str:
    """Return a line of the user's code as text: file, number and what stands there."""
    if line is None:
        return ""
    name, number = line
    code = linecache.getline(name, number).strip()
    short = name.replace("\\", "/").rpartition("/")[2]
    return f"{short}:{number}" + (f": {code}" if code else "")
