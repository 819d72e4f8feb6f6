"""The engine ``"native"``: elementwise equations and writes as compiled loop nests.

What the other engine does in many calls of NumPy, from one product or reduction to the next, is
here one call of C, which walks a table of loop nests. Equal nests are compiled once, so that 200
unrolled steps take the compiler no longer than one. Products, reductions and whatever else is no
loop nest remain calls of NumPy, between them.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .blas import PRELUDE, addresses
from .buffers import shows, strides_of
from .fusing import grouped
from .helpers import shown
from .native_products import Products, accumulated
from .nests import TYPES, Nest, expression, is_nest, is_write, local, number, prelude
from .program import Equation, Program, Var
from .singles import is_plain_product
from .toolchain import library, vector_functions

__all__ = ["NativeSource"]

MOST = 128
"""How many equations a nest may have: more take the compiler longer than they gain."""

SMALL = 1 << 16
"""Up to how many bytes an array is copied into a buffer rather than pointed to in each call."""

WALK = """
typedef struct {{ const long long *kernel, *start, *base, *offset; }} Table;
typedef void (*Kernel)(char**);
static const Kernel kernels[] = {{ {kernels} }};
void run(const Table* t, char** bases, long long from, long long to) {{
 char* p[{most}];
 for (; from < to; from++) {{
  long long s = t->start[from], n = t->start[from + 1] - s;
  for (long long k = 0; k < n; k++) p[k] = bases[t->base[s + k]] + t->offset[s + k];
  kernels[t->kernel[from]](p);
 }}
}}
"""


class Table(ctypes.Structure):
    """The rows that ``run`` walks: for each a kernel, and where its pointers are."""

    _fields_ = tuple((name, ctypes.c_void_p) for name in ("kernel", "start", "base", "offset"))


class NativeSource(Products):
    """The source of a program with its loop nests in C; see `Source`.

    Attributes:
        c: the source of the loop nests.
    """

    def __init__(self, program: Program, **options: Any) -> None:
        self._kernels: dict[str, int] = {}
        self._rows: list[tuple[int, list[tuple[int, int]]]] = []
        self._bases: dict[Any, int] = {}
        self._fixed_bases: list[
            Any
        ] = []  # a buffer's number, or a constant; None for one that moves
        self._models: dict[Var, Any] = {}  # arrays that stand for those which C points to
        self._owners: dict[int, tuple[Any, int]] = {}  # an array, which keeps its id, and its base
        self._numbers: dict[int, int] = {}  # of each buffer
        self._segment = (-1, 0)  # where the last call of C stands in the body, and its first row
        super().__init__(program, **options)
        self.c = self._source() if self._rows else ""
        self._library: Any = None

    def _rewritten(self, program: Program) -> Program:
        return accumulated(program)

    def _grouped(self, equations: list[Equation]) -> list[list[Equation]]:
        kinds = [e.outs[0].shape if is_nest(e) else None for e in equations]
        return grouped(equations, kinds, MOST, 1)

    def _nests(self, e: Equation) -> bool:
        return is_nest(e) and shows(e) is None

    def _build(self) -> None:
        memory = self.memory
        # a small result is made in a buffer, and copied; a small argument too is held in one
        memory.fresh -= {v for v in memory.fresh if _is_small(v)}
        self.pre += ["P = pointers(B)", "c = caller(P, B)"]
        for v in self.program.inputs:
            if v.dtype in TYPES and self._is_read_inside(v):
                self._bring(v)
        super()._build()

    def _is_read_inside(self, v: Var) -> bool:
        """Whether a loop nest, a view or a product reads an argument."""

        def reads(e: Equation) -> bool:
            in_c = is_nest(e) or is_plain_product(e) or e.name == "product_added"
            return in_c or is_write(e) or shows(e) is not None

        return any(v in e.inputs() and reads(e) for e in self.program.equations)

    # Places ----------------------------------------------------------------------------------

    def _hold(self, v: Var) -> None:
        """Copy a value of this call into a buffer that only this variable is ever in."""
        memory = self.memory
        n = len(memory.sizes)
        memory.sizes.append(max(v.nbytes, 1))
        self._buffers += [np.empty(m, np.uint8) for m in memory.sizes[len(self._buffers) :]]
        name = self.fixed(f"ndarray({v.shape}, {self.const(v.dtype)}, B[{n}])")
        self.body.append(f"copyto({name}, {self.names[v]})")
        self.names[v] = name
        self.real[v] = np.ndarray(v.shape, v.dtype, self._buffers[n])

    def _base(self, key: Any, fixed: Any) -> int:
        if key not in self._bases:
            self._bases[key] = len(self._fixed_bases)
            self._fixed_bases.append(fixed)
        return self._bases[key]

    def _bring(self, v: Var) -> None:
        """Bring a value of this call to where C can read it."""
        if _is_small(v):
            self._hold(v)
            return
        name = self.local()
        self.body.append(f"{name} = contiguous({self.names[v]})")
        self.names[v] = name
        self._point(v, None)

    def _point(self, v: Var, strides: tuple[int, ...] | None) -> None:
        """Point to an array that is another one in each call; a model of it tells the offsets."""
        base = self._base(("V", v), None)
        owner = np.empty(v.nbytes, np.uint8)  # nobody writes to it, so that it takes no memory
        self.body.append(f"P[{base}] = address({self.names[v]})")
        self._models[v] = np.ndarray(v.shape, v.dtype, owner, 0, strides)
        self._owners[id(owner)] = owner, base

    def _place(self, x: Any) -> tuple[int, int, tuple[int, ...]]:
        """Return base, offset and strides of a variable or constant."""
        if isinstance(x, np.ndarray):
            self.const(x)  # kept alive with the source
            return self._base(("C", id(x)), x), 0, x.strides
        if x not in self.real and x not in self._models:
            self._bring(x)
        return self._place_of(self.real[x] if x in self.real else self._models[x])

    def _place_of(self, real: Any) -> tuple[int, int, tuple[int, ...]]:
        """Return the place of an array that shows a buffer, or a model."""
        owner = real
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        offset = _address(real) - _address(owner)
        if id(owner) in self._owners:
            return self._owners[id(owner)][1], offset, real.strides
        numbers = self._numbers
        for i in range(len(numbers), len(self._buffers)):
            numbers[id(self._buffers[i])] = i
        n = numbers[id(owner)]
        return self._base(("B", n), n), offset, real.strides

    # Emission --------------------------------------------------------------------------------

    def new(self, v: Var, over: Any = None) -> str:
        """Return the name of memory for a variable; C is told where a new result is."""
        name = super().new(v, over)
        if v in self.memory.fresh and v.dtype in TYPES:
            self._point(v, strides_of(v))
        return name

    def made_by(self, v: Var, text: str) -> None:
        """Let a call make a result, and tell C where it is."""
        super().made_by(v, text)
        if v.dtype in TYPES:
            self._point(v, strides_of(v))

    def _one(self, e: Equation, i: int) -> None:
        if e.name == "product_added":
            self._accumulate(e, i)
        else:
            super()._one(e, i)

    def _view(self, e: Equation) -> None:
        super()._view(e)
        out, source = e.outs[0], e.args[0]
        if source in self._models and e.inputs() == [source] and out not in self.real:
            model = shown(e, self._models[source])
            if model is not None and np.may_share_memory(model, self._models[source]):
                self._models[out] = model

    def _written_over(self, e: Equation, i: int) -> bool:
        written = super()._written_over(e, i)
        if written and e.args[0] in self._models:
            self._models[e.outs[0]] = self._models[e.args[0]]
        return written

    def _group(self, group: list[Equation], i: int) -> None:
        outs = [e.outs[0] for e in group if self.memory.last[e.outs[0]] > i]
        inner = {e.outs[0]: f"s{k}" for k, e in enumerate(group)}
        nest = Nest(group[0].outs[0].shape)
        for k, e in enumerate(group):
            arrays = [x for x in e.args if isinstance(x, (Var, np.ndarray, np.generic))]
            like = TYPES[next((x for x in arrays if x.dtype.kind != "b"), arrays[0]).dtype]
            given = [inner[x] if x in inner else self._operand(nest, x, like) for x in _hashable(e)]
            text = expression(e, given)
            nest.lines.append(f"const {local(TYPES[e.outs[0].dtype])} s{k} = {text};")
        for v in outs:
            self.new(v)
        for v in outs:
            nest.store(self._place(v), v.shape, TYPES[v.dtype], "=", inner[v])
        self._row(nest)

    def _operand(self, nest: Nest, x: Any, like: str) -> str:
        """Return what a line reads: an element of an array, or a number."""
        if isinstance(x, _Constant):
            x = x.value
        if x is None or type(x) in (int, float, bool):
            return "" if x is None else f"({number(x, like)})"
        if not isinstance(x, Var) and x.size == 1:
            return f"({number(x.reshape(()).item(), TYPES[x.dtype])})"
        x = x if isinstance(x, Var) else np.asarray(x)
        return nest.load(self._place(x), x.shape, TYPES[x.dtype])

    def _row(self, nest: Nest) -> None:
        """Add a loop nest to those that the next call of C walks."""
        self.add_row(nest.text(), nest.pointers)

    def add_row(self, text: str, pointers: list[tuple[int, int]]) -> None:
        """Add a row to those that the next call of C walks."""
        kernel = self._kernels.setdefault(text, len(self._kernels))
        self._rows.append((kernel, pointers))
        n, (at, first) = len(self._rows), self._segment
        if at == len(self.body) - 1 and at >= 0:
            self.body[at] = f"c({first}, {n})"
        else:
            self._segment = len(self.body), n - 1
            self.body.append(f"c({n - 1}, {n})")

    def _copy_all(self, out: Var, x: Any) -> None:
        if self._is_addressed(out) and x.dtype == out.dtype:
            zero = not isinstance(x, Var) and not x.any()
            self._assign(self._place(out), out.shape, 0 if zero else x, out.dtype, "=")
        else:
            super()._copy_all(out, x)

    def _write_part(self, out: Var, key: Any, part: Any, value: Any, add: bool) -> None:
        is_number = type(value) in (int, float) and out.dtype.kind == "f"
        fits = is_number or (
            getattr(value, "dtype", None) == out.dtype and len(value.shape) <= part.ndim
        )
        if not (fits and self._is_addressed(out) and part.size):
            super()._write_part(out, key, part, value, add)
            return
        place = self._place_of(self._models[out][key] if out in self._models else part)
        if isinstance(value, Var) and self._place(value)[0] == place[0]:
            super()._write_part(out, key, part, value, add)  # in one buffer: NumPy knows how
            return
        self._assign(place, part.shape, value, out.dtype, "+=" if add else "=")

    def _is_addressed(self, v: Var) -> bool:
        return v.dtype in TYPES and v.size > 0 and (v in self.real or v in self._models)

    def _assign(self, place: Any, shape: tuple[int, ...], x: Any, dtype: Any, sign: str) -> None:
        """Copy or add an array or a number to what is at a place."""
        nest, kind = Nest(shape), TYPES[dtype]
        given = self._operand(nest, x, kind)
        nest.store(place, shape, kind, sign, given)
        self._row(nest)

    # Running ---------------------------------------------------------------------------------

    def _source(self) -> str:
        kernels = sorted(self._kernels.items(), key=lambda item: item[1])
        most = max(len(pointers) for _, pointers in self._rows)
        parts = [f"static void k{n}(char** p) {{\n{text}\n}}\n" for text, n in kernels]
        walk = WALK.format(kernels=", ".join(f"k{n}" for _, n in kernels), most=most)
        return prelude(vector_functions()) + PRELUDE + "".join(parts) + walk

    def helpers(self) -> dict[str, Any]:
        """Return what the source calls besides the program's own functions, by name."""
        return super().helpers() | {
            "contiguous": np.ascontiguousarray,
            "address": _address,
            "pointers": self._pointers,
            "caller": self._caller,
        }

    def _pointers(self, buffers: list[Any]) -> Any:
        """Return the addresses of all bases, as C takes them."""
        found = (ctypes.c_void_p * max(1, len(self._fixed_bases)))()
        for i, fixed in enumerate(self._fixed_bases):
            if fixed is not None:
                found[i] = _address(buffers[fixed] if isinstance(fixed, int) else fixed)
        return found

    def _caller(self, pointers: Any, buffers: list[Any]) -> Callable[[int, int], None]:
        """Return the function that walks rows of the table."""
        if not self.c:
            return lambda first, last: None
        if self._library is None:
            self._library = library(self.c)
            self._library.run.argtypes = [
                ctypes.c_void_p,
                ctypes.c_void_p,
                ctypes.c_longlong,
                ctypes.c_longlong,
            ]
            self._library.run.restype = None
            self._library.products.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
            self._library.products(*(addresses() or (None, None)))
            self._table = _table(self._rows)
        table = ctypes.addressof(self._table[0])
        run = partial(self._library.run, table, ctypes.addressof(pointers))
        run.held = pointers, buffers  # type: ignore[attr-defined] # addresses alone keep nothing
        return run


class _Constant:
    """An array among operands, which has no hash itself."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def _hashable(e: Equation) -> list[Any]:
    args = e.args[:1] if e.name == "astype" else e.args
    return [_Constant(x) if isinstance(x, (np.ndarray, np.generic)) else x for x in args]


def _table(rows: list[tuple[int, list[tuple[int, int]]]]) -> tuple[Any, ...]:
    """Return the table that C walks, and what it points to."""
    starts, bases, offsets = [0], [], []
    for _, pointers in rows:
        bases += [base for base, _ in pointers]
        offsets += [offset for _, offset in pointers]
        starts.append(len(bases))
    columns = [[kernel for kernel, _ in rows], starts, bases, offsets]
    kept = [(ctypes.c_longlong * max(1, len(column)))(*column) for column in columns]
    return Table(*[ctypes.addressof(column) for column in kept]), kept


_HEAD = object.__basicsize__
"""Where an array object of NumPy has the address of its data: behind what every object begins with,
as the macros of NumPy's own header have it in the code of other libraries."""

_AT: Any = ctypes.c_void_p.from_address


def _address(x: Any) -> int:
    """Return where the data of an array are; ``x.ctypes.data`` takes five times as long."""
    return _AT(id(x) + _HEAD).value  # type: ignore[no-any-return]


if sys.implementation.name != "cpython" or _address(_SAMPLE := np.zeros(1)) != _SAMPLE.ctypes.data:

    def _address(x: Any) -> int:
        return x.ctypes.data  # type: ignore[no-any-return]


def _is_small(v: Var) -> bool:
    return v.dtype in TYPES and v.nbytes <= SMALL
