"""Functions of elements that are a composition of a library's, as one kernel each on a device.

The function itself is recorded on the host, once for the dtypes that it is called with, and its
record is the text of the kernel. So there is one definition of an op, and of its derivative, on
every library. What cannot be recorded so runs as it is written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ...backends import Backend, backend_of_type
from ..lazy import Lazy
from ..passes import optimised
from ..program import Equation, Program, Var
from ..recording import lazy_backend
from ..trace import Trace
from .expressions import NUMBERS, computed, expression, is_expression, number
from .prelude import PRELUDE

__all__ = ["Fused", "Text", "literal", "recorded", "text_of", "uniform"]

MOST = 64
"""How many kernels a function has at most: numbers are part of their text, and some vary."""


class Text(NamedTuple):
    """A function of elements as text.

    Attributes:
        reads: the positions of the arguments that it reads, as ``x0``, ``x1``, ...
        outs: the dtypes of what it computes.
        lines: of C++.
        results: an expression in these lines for each of `outs`.
        gives: for each result of the function its position in `outs`, or the argument that it is.
        several: whether the function gives a sequence.
        steps: how many functions of the library it stands for.
    """

    reads: tuple[int, ...]
    outs: tuple[Any, ...]
    lines: str
    results: tuple[str, ...]
    gives: tuple[tuple[str, int], ...]
    several: bool
    steps: int


def literal(x: Any) -> Any:
    """Return what tells an argument that is no array from others; TypeError if it has no hash."""
    if type(x) in NUMBERS or isinstance(x, np.generic):
        return type(x), repr(x)  # 0.0 and -0.0 and False are equal
    hash(x)
    return type(x), x


class Fused:
    """A function of elements as kernels of a backend, one for each set of dtypes and numbers.

    Args:
        function: the function of raw arrays.
        name: what it is called.
        backend: whose arrays are computed by kernels.
        least: how many of the library's functions a kernel must stand for.
    """

    def __init__(
        self, function: Callable[..., Any], name: str, backend: Backend, least: int = 1
    ) -> None:
        self.function, self.name, self.backend, self.least = function, name, backend, least
        self.arrays = frozenset(backend.array_types)
        self.made: dict[Any, Callable[[tuple[Any, ...]], Any] | None] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the kernel, or the function."""
        given = (*args, *kwargs.values()) if kwargs else args
        kernel = self.found(given, tuple(kwargs))
        return self.function(*args, **kwargs) if kernel is None else kernel(given)

    def found(
        self, given: tuple[Any, ...], names: tuple[str, ...] = ()
    ) -> Callable[[tuple[Any, ...]], Any] | None:
        """Return what launches the kernel for such arguments, if there is one."""
        arrays = self.arrays
        try:
            key = (*[x.dtype if type(x) in arrays else literal(x) for x in given], *names)
            return self.made[key]
        except KeyError:
            return self._made(key, given, names)
        except TypeError:  # an argument without a hash
            return None

    def _made(
        self, key: Any, given: tuple[Any, ...], names: tuple[str, ...]
    ) -> Callable[[tuple[Any, ...]], Any] | None:
        if len(self.made) >= MOST:
            return None
        operands = [x.dtype if type(x) in self.arrays else x for x in given]
        is_array = [type(x) in self.arrays for x in given]
        text = text_of(self.function, self.name, operands, is_array, names)
        worth = text is not None and text.steps >= self.least
        made = self.made[key] = self._kernel(text, operands) if text and worth else None
        return made

    def _kernel(self, text: Text, operands: list[Any]) -> Callable[[tuple[Any, ...]], Any]:
        kernels: Any = self.backend.kernels
        reads, gives, several = text.reads, text.gives, text.several
        dtypes = tuple([operands[i] for i in reads])
        kernel = kernels.elementwise(
            self.name, dtypes, text.outs, text.lines, text.results, PRELUDE
        )

        def call(given: tuple[Any, ...]) -> Any:
            read = [given[i] for i in reads]
            made = kernel(read)
            if not several:
                return made[0]
            return [made[i] if what == "out" else given[i] for what, i in gives]

        if len(text.outs) < 2:
            return call
        function = self.function

        def call_alike(given: tuple[Any, ...]) -> Any:
            shape = given[0].shape
            for i in reads:
                if given[i].shape != shape and np.broadcast_shapes(given[i].shape, shape) != shape:
                    return function(*given)  # results of several shapes
            return call(given)

        return call_alike


def text_of(
    function: Callable[..., Any],
    name: str,
    operands: list[Any],
    arrays: list[bool],
    names: tuple[str, ...] = (),
) -> Text | None:
    """Return a function as text, if its record consists of expressions of elements.

    Args:
        function: the function of raw arrays.
        name: what it is called.
        operands: for each argument its dtype, or what is no array as it is.
        arrays: which of the arguments are arrays.
        names: of the last arguments, which are given by keyword.
    """
    halves = {d.name for d, is_array in zip(operands, arrays, strict=True) if is_array}
    if {"float16", "bfloat16"} <= halves:
        return None
    as_half = {"bfloat16": np.dtype(np.float16)}  # NumPy computes with one sort of halves alone
    given = [
        np.full((2,), 0.5).astype(as_half.get(x.name, x)) if is_array else x
        for x, is_array in zip(operands, arrays, strict=True)
    ]
    program = recorded(function, name, given, arrays, names)
    if program is None or not program.equations:
        return None
    if not all(map(is_expression, program.equations)):
        return None
    places = [i for i, is_array in enumerate(arrays) if is_array]
    half = next((x for x in operands if getattr(x, "name", "") == "bfloat16"), None)
    return _text(program, places, half)


def _text(program: Program, places: list[int], half: Any) -> Text | None:
    inputs = program.inputs
    used = {v for e in program.equations for v in e.inputs()}
    read = [v for v in inputs if v in used]
    names = {v: f"x{i}" for i, v in enumerate(read)}
    names |= {e.outs[0]: f"v{k}" for k, e in enumerate(program.equations)}

    def operand(x: Any) -> tuple[str, str]:
        if isinstance(x, Var):
            return names[x], computed(x.dtype)
        value = uniform(x)
        if value is None:
            raise ValueError("a constant of several elements")
        return number(value, computed(x.dtype)), computed(x.dtype)

    try:
        lines = [
            f"const {computed(e.outs[0].dtype)} {names[e.outs[0]]} = {expression(e, operand)};"
            for e in program.equations
        ]
    except ValueError:
        return None
    outs: list[Var] = []
    gives = []
    for v in program.outputs:
        if not isinstance(v, Var):
            return None
        if v in inputs:
            gives.append(("given", places[inputs.index(v)]))
            continue
        if v not in outs:
            outs.append(v)
        gives.append(("out", outs.index(v)))
    dtypes = [half if half is not None and v.dtype.name == "float16" else v.dtype for v in outs]
    return Text(
        tuple([places[inputs.index(v)] for v in read]),
        tuple(dtypes),
        "\n".join(lines),
        tuple([names[v] for v in outs]),
        tuple(gives),
        program.name == SEVERAL,
        sum(map(_steps, program.equations)),
    )


def _steps(e: Equation) -> int:
    """Return how many kernels a function is at the least where it is called alone."""
    return 2 if e.name in ("where", "clip") else 1


def uniform(x: Any) -> Any:
    """Return the number that an array of the host is everywhere, if it is one."""
    x = np.asarray(x)
    if not x.size or (x.size > 1 and not (x == x.flat[0]).all()):
        return None
    return x.flat[0].item()


SEVERAL = "several"
"""The name of the record of a function that gives a sequence."""


def recorded(
    function: Callable[..., Any],
    name: str,
    given: list[Any],
    arrays: list[bool],
    names: tuple[str, ...] = (),
) -> Program | None:
    """Return the record of a function on arrays of the host; None of what it refuses."""
    host = backend_of_type(np.ndarray)
    assert host is not None
    cls: Any = lazy_backend(host).array_types[0]
    trace = Trace(name, host, cls)
    try:
        parts = [
            trace.argument(x) if is_array else x for x, is_array in zip(given, arrays, strict=True)
        ]
        count = len(parts) - len(names)
        with trace, np.errstate(all="ignore"):
            out = function(*parts[:count], **dict(zip(names, parts[count:], strict=True)))
    except Exception:  # it refuses such operands, and says so itself, or asks for their values
        return None
    several = isinstance(out, (tuple, list))
    outs = out if several else [out]
    if not all(isinstance(x, Lazy) and x.var is not None for x in outs):
        return None
    found = [x.var for x in outs]
    label = SEVERAL if several else name
    return optimised(Program(label, host, trace.inputs, 0, trace.equations, found))
