"""Functions of the rows of an array, as a softmax or a norm, as one kernel each on a device.

As in `eager` the function itself is recorded on the host and is the text of the kernel, here one
that has a block of threads for each row. It is recorded for two sizes: what it does must not depend
on them, since the kernel is told how many rows there are and how long they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ...backends import Backend
from ...engine.projection import Like
from ..buffers import shows
from ..program import Program, Var
from .eager import F16, MOST, SEVERAL, is_bfloat, literal, recorded
from .groups import LONGEST, groups_of, is_fold
from .plan import uniform
from .prelude import PRELUDE
from .text import Kernel

__all__ = ["FusedRows", "RowText", "row_text"]

WHOLE, KEPT, LEFT = "whole", "kept", "left"
"""What the shape of an array is: all rows, rows of one element, or what is left of each."""

SIZES = ((3, 5), (2, 7))
"""How many rows, and how long, are recorded; a text that depends on it is none."""

AXES = ("axis", "axes")
"""What a parameter that says along which axes a function works is called."""


class RowText(NamedTuple):
    """A function of rows as the text of a kernel.

    Attributes:
        reads: the positions of the arguments that it reads, in order.
        outs: shape and dtype of what it computes, as one of the words above.
        gives: for each result of the function its position in `outs`, or the argument that it is.
        body: the text after the name; how many rows there are and how long they are come last.
        several: whether the function gives a sequence.
        steps: how many functions of the library it stands for.
    """

    reads: tuple[int, ...]
    outs: tuple[tuple[str, Any], ...]
    gives: tuple[tuple[str, int], ...]
    body: str
    several: bool
    steps: int


class Rows(NamedTuple):
    """How the arrays of a call lie along the axes that are worked on together.

    Attributes:
        shape: of the largest.
        lead: the axes that are left.
        axes: how many axes are worked on together.
    """

    shape: tuple[int, ...]
    lead: tuple[int, ...]
    axes: int

    def word(self, shape: tuple[int, ...]) -> str:
        """Return what a shape is; empty if it is none of them."""
        if shape == self.shape:
            return WHOLE
        if shape == self.lead + (1,) * self.axes:
            return KEPT
        return LEFT if shape == self.lead else ""

    def of(self, word: str) -> tuple[int, ...]:
        """Return the shape of a word."""
        if word == WHOLE:
            return self.shape
        return self.lead + (1,) * self.axes if word == KEPT else self.lead


def rows_of(names: tuple[str, ...], values: tuple[Any, ...]) -> Rows | None:
    """Return how the arrays of a call lie, if it works along the last axes of short rows."""
    shapes = [tuple(x.shape) for x in values if hasattr(x, "shape")]
    if not shapes:
        return None
    whole = max(shapes, key=lambda s: (math.prod(s), len(s)))
    given = [x for name, x in zip(names, values, strict=False) if name in AXES]
    if not given:  # nobody knows what a row is
        return None
    (axes,) = given
    if axes is None:
        axes = tuple(range(len(whole)))
    axes = axes if isinstance(axes, tuple) else (axes,)
    if not axes or not all(type(a) is int for a in axes):
        return None
    split = len(whole) - len(axes)
    if sorted(a % max(len(whole), 1) for a in axes) != [*range(split, len(whole))]:
        return None
    length = math.prod(whole[split:])
    if not 1 < length <= LONGEST or not math.prod(whole):
        return None
    return Rows(whole, whole[:split], len(axes))


class FusedRows:
    """A function of rows as kernels of a backend; what is none of rows runs as it is.

    Args:
        function: the function of raw arrays.
        name: what it is called.
        backend: whose arrays are computed by kernels.
        names: of its arguments; one that is called ``axis`` or ``axes`` says what a row is.
        defaults: of its parameters.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        name: str,
        backend: Backend,
        names: tuple[str, ...],
        defaults: dict[str, Any] | None = None,
    ) -> None:
        self.function, self.name, self.backend, self.names = function, name, backend, names
        self.axes = {n: x for n, x in (defaults or {}).items() if n in AXES}
        self.arrays = frozenset(backend.array_types)
        self.made: dict[Any, Any] = {}
        self.launches: dict[Any, Callable[..., None]] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Launch the kernel, or call the function."""
        named = kwargs
        for name, axes in self.axes.items():  # what is not given is the default
            if name not in kwargs and name not in self.names[: len(args)]:
                named = {**kwargs, name: axes}
        given = (*args, *named.values())
        launch = self.found(given, tuple(named))
        return self.function(*args, **kwargs) if launch is None else launch(given)

    def found(
        self, given: tuple[Any, ...], keywords: tuple[str, ...] = ()
    ) -> Callable[[tuple[Any, ...]], Any] | None:
        """Return what launches the kernel for such arguments, if there is one."""
        count = len(given) - len(keywords)
        names = (*self.names[:count], *keywords)
        rows = rows_of(names, given)
        if rows is None:
            return None
        try:
            key = (*[self._key(n, x, rows) for n, x in zip(names, given, strict=True)], keywords)
            if key not in self.made and len(self.made) < MOST:
                self.made[key] = self._text(given, names, count, rows, SIZES)
            text = self.made.get(key)
            if text is None:  # its numbers may be made of how long a row is
                length = math.prod(rows.shape[len(rows.lead) :])
                key = (*key, length)
                if key not in self.made and len(self.made) < MOST:
                    sizes = ((3, length), (2, length))
                    self.made[key] = self._text(given, names, count, rows, sizes)
                text = self.made.get(key)
        except TypeError:  # an argument without a hash, or an array that is no part of rows
            return None
        return None if text is None else lambda given: self._launched(text, given, rows)

    def _key(self, name: str, x: Any, rows: Rows) -> Any:
        if name in AXES:
            return None
        if type(x) not in self.arrays and not isinstance(x, Like):
            return literal(x)
        word = rows.word(tuple(x.shape))
        if not word:
            raise TypeError
        return word, x.dtype, type(x) is Like

    def _text(
        self,
        given: tuple[Any, ...],
        names: tuple[str, ...],
        count: int,
        rows: Rows,
        sizes: tuple[tuple[int, int], ...],
    ) -> RowText | None:
        operands: list[Any] = []
        for name, x in zip(names, given, strict=True):
            if name in AXES:
                operands.append((1,) if isinstance(x, tuple) else 1)
            elif type(x) in self.arrays:
                operands.append((rows.word(tuple(x.shape)), x.dtype))
            elif isinstance(x, Like):
                operands.append(Like(rows.word(tuple(x.shape)), x.dtype))  # type: ignore[arg-type]
            else:
                operands.append(x)
        arrays = [type(x) in self.arrays for x in given]
        return row_text(self.function, self.name, operands, arrays, names[count:], sizes)

    def _launched(self, text: RowText, given: tuple[Any, ...], rows: Rows) -> Any:
        kernels: Any = self.backend.kernels
        xp = self.backend.xp
        number, length = math.prod(rows.lead), math.prod(rows.shape) // math.prod(rows.lead)
        outs = [xp.empty(rows.of(word), dtype=dtype) for word, dtype in text.outs]
        read = [kernels.flat(given[i]) for i in text.reads]
        launch = self.launches.get((text.body, number, length))
        if launch is None:
            if len(self.launches) > MOST:
                self.launches.clear()
            source = f"{PRELUDE}KERNEL rows{text.body}"
            launch = kernels.launcher(source, "rows", number, length)
            self.launches[text.body, number, length] = launch
        launch(*outs, *read, number, length)
        if not text.several:
            return outs[0]
        return [outs[i] if what == "out" else given[i] for what, i in text.gives]


def row_text(
    function: Callable[..., Any],
    name: str,
    operands: list[Any],
    arrays: list[bool],
    names: tuple[str, ...] = (),
    sizes: tuple[tuple[int, int], ...] = SIZES,
) -> RowText | None:
    """Return a function of rows as text, if its record is one kernel of them.

    Args:
        function: the function of raw arrays.
        name: what it is called.
        operands: for each array, and each `Like`, what its shape is and its dtype; else the value.
        arrays: which of the arguments are arrays.
        names: of the last arguments, which are given by keyword.
        sizes: how many rows, and how long, are recorded.
    """
    halves = {x[1].name for x, is_array in zip(operands, arrays, strict=True) if is_array}
    if {"float16", "bfloat16"} <= halves:
        return None
    texts = [_of_size(function, name, operands, arrays, names, size) for size in sizes]
    first, second = texts
    return first if first == second else None


def _of_size(
    function: Callable[..., Any],
    name: str,
    operands: list[Any],
    arrays: list[bool],
    names: tuple[str, ...],
    size: tuple[int, int],
) -> RowText | None:
    rows = Rows(size, size[:1], 1)
    half: Any = None
    given: list[Any] = []
    for x, is_array in zip(operands, arrays, strict=True):
        if is_array:
            half = x[1] if is_bfloat(x[1]) else half
            given.append(np.full(rows.of(x[0]), 0.5).astype(F16 if is_bfloat(x[1]) else x[1]))
        elif isinstance(x, Like):
            word: Any = x.shape
            given.append(Like(rows.of(word), F16 if is_bfloat(x.dtype) else x.dtype))
        else:
            given.append(x)
    program = recorded(function, name, given, arrays, names)
    places = [i for i, is_array in enumerate(arrays) if is_array]
    return None if program is None else _text(program, places, rows, half)


def _text(program: Program, places: list[int], rows: Rows, half: Any) -> RowText | None:
    """Return a program on rows as text, if all of it but views at its end is one kernel."""
    group = _group(program)
    if group is None:
        return None
    made = {e.outs[0]: e for e in group}
    views = {e.outs[0]: shows(e) for e in program.equations if e.outs[0] not in made}
    outs: list[Var] = []
    words, gives = [], []
    for v in program.outputs:
        if not isinstance(v, Var):
            return None
        word = rows.word(v.shape)
        while v in views and views[v] is not None and views[v].size == v.size:  # type: ignore[union-attr]
            v = views[v]  # noqa: PLW2901 # type: ignore[assignment] - the same elements
        if v in program.inputs and rows.word(v.shape) == word:
            gives.append(("given", places[program.inputs.index(v)]))
            continue
        if v not in made or not word:
            return None
        if (v, word) not in words:
            words.append((v, word))
            outs.append(v)
        gives.append(("out", words.index((v, word))))
    try:
        kernel = Kernel(group, outs, lambda x: True, uniform, ("rows", "count"))
    except (ValueError, KeyError):
        return None
    if not all(isinstance(x, Var) and x in program.inputs for x in kernel.inputs):
        return None
    body, dtypes = kernel.body, [v.dtype for v in outs]
    if half is not None:
        body = body.replace("_half(", "_bfloat(")
        dtypes = [half if d == F16 else d for d in dtypes]
    return RowText(
        tuple([places[program.inputs.index(x)] for x in kernel.inputs]),
        tuple(zip([word for _, word in words], dtypes, strict=True)),
        tuple(gives),
        body,
        program.name == SEVERAL,
        sum(shows(e) is None for e in program.equations),
    )


def _group(program: Program) -> list[Any] | None:
    """Return the one group of equations that a program consists of, but for views."""
    groups = [g for g in groups_of(program.equations) if not all(shows(e) is not None for e in g)]
    if len(groups) != 1 or not any(map(is_fold, groups[0])):
        return None
    return groups[0]
