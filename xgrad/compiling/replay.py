"""The engine ``"numpy"``: a program as one generated function of Python over fixed buffers.

``make(...)`` allocates the buffers, makes every view of them once, and returns ``run(*inputs)``,
which only calls NumPy's functions, each with its ``out=``. Large elementwise groups run block by
block. On another library than NumPy there are no buffers, only the calls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ops.indexing import is_basic
from .abreast import abreast
from .branches import branched
from .buffers import WRITES, Memory, may_return_its_argument, shows, strides_of
from .early import early
from .fusing import BLOCK, fused
from .helpers import HELPERS, aligned, apart_of, copy_of, out_of, shown
from .program import Equation, Program, Var
from .singles import REDUCTIONS, Singles, is_plain_product
from .writes import is_pair, overwritten, paired

__all__ = ["Source"]

HELD = 1 << 25
"""Up to how many bytes the results of a loop are in buffers, which are held between calls."""


class Source(Singles):
    """The source of ``make`` for a program, and the constants that it names.

    Attributes:
        text: the source.
        consts: what ``C[i]`` is in it.
        memory: the plan of the buffers.
        steps: the groups of equations.
    """

    def __init__(
        self,
        program: Program,
        *,
        donated: frozenset[Var] = frozenset(),
        poison: bool = False,
        block: int = BLOCK,
        into: bool = False,
    ) -> None:
        self.program, self.donated, self.poison, self.block = program, donated, poison, block
        self.is_numpy = self._runs_numpy()
        self.program = program = self._rewritten(program)
        self.steps = self._grouped(program.equations)
        self.memory = Memory(self.steps, program.inputs, program.outputs)
        self.consts: list[Any] = []
        self.pre: list[str] = []
        self.body: list[str] = []
        self.names: dict[Var, str] = {v: f"i{n}" for n, v in enumerate(program.inputs)}
        self.parameters = list(self.names.values())
        self.targets = self._targets() if into else {}
        self.places = [f"d{n}" for n in range(len(program.outputs))] if into else []
        self.overwritten = overwritten(program) if self.is_numpy else set()
        self.made: set[Var] = set()  # what has new memory in each call
        self.doubtful = {v for e in program.equations if may_return_its_argument(e) for v in e.outs}
        self.real: dict[Var, Any] = {}  # arrays of the first buffers, to look at what shares them
        self.whole, self.turned, self.flags = set[Var](), dict[Var, Var](), dict[Var, str]()
        products = [e for e in program.equations if is_plain_product(e)] if self.is_numpy else []
        self.factors = {e.outs[0]: e.args for e in products}
        self._known: dict[Any, str] = {}
        self._buffers: list[Any] = []
        self._locals = 0
        self._build()
        self._buffers = []  # the plan of them is enough
        self.real = {}

    def _runs_numpy(self) -> bool:
        """Whether it runs NumPy's functions, which can be told where to write."""
        return np.ndarray in self.program.backend.array_types

    def _rewritten(self, program: Program) -> Program:
        """Return a program with what this engine does otherwise."""
        if not self.is_numpy:
            return program
        found = branched(abreast(program), Whole)
        return found.of(early(found.equations, found.outputs, found.inputs))

    def _grouped(self, equations: list[Equation]) -> list[list[Equation]]:
        """Return the equations in groups that run together."""
        if not self.is_numpy:
            return [[e] for e in equations]
        return paired(fused(equations, 2 * self.block), self.program.outputs)

    # Memory ----------------------------------------------------------------------------------

    def _targets(self) -> dict[Var, str]:
        """Return the parameters that results are made in; of some only a copy is."""
        memory = self.memory
        found: dict[Var, str] = {}
        for n, v in enumerate(self.program.outputs):
            if isinstance(v, Var) and v in memory.fresh and memory.of(v) is v and v.order is None:
                found.setdefault(v, f"d{n}")
        for step in reversed(self.steps):  # what a result is written into is made there too
            e = step[-1]
            if e.name in WRITES and e.outs[0] in found:
                x = e.args[0]
                if isinstance(x, Var) and x in memory.fresh and x.order is None:
                    found.setdefault(x, found[e.outs[0]])
        return found

    def new(self, v: Var, over: Any = None) -> str:
        """Return the name of memory for a variable: a buffer, or new memory for a result."""
        memory = self.memory
        if v in memory.fresh and v in self.targets:
            self.made.add(v)
            name = self.names[v] = self.targets[v]
            return name
        if v in memory.fresh:
            self.made.add(v)
            name = self.names[v] = self.local()
            dtype, size = self.const(v.dtype), v.shape
            if v.order is None:
                given = self._donated(v)
                if given:
                    self.body.append(f"{name} = given({given})")
                    self.body.append(f"if {name} is None: {name} = empty({size}, {dtype})")
                else:
                    self.body.append(f"{name} = empty({size}, {dtype})")
            else:
                shape = tuple(v.shape[i] for i in v.order)
                back = tuple(int(i) for i in np.argsort(v.order))
                self.body.append(f"{name} = empty({shape}, {dtype}).transpose({back})")
            return name
        over = over if over in memory.home else None
        n = memory.take(v, over)
        while len(self._buffers) < len(memory.sizes):
            self._buffers.append(np.empty(memory.sizes[len(self._buffers)], np.uint8))
        strides = strides_of(v)
        name = self.names[v] = self._buffer(v, n, strides)
        self.real[v] = np.ndarray(v.shape, v.dtype, self._buffers[n], 0, strides)
        return name

    def _buffer(self, v: Var, n: int, strides: tuple[int, ...] | None) -> str:
        """Return the name of a variable's place in a buffer."""
        more = "" if strides is None else f", 0, {strides}"
        return self.fixed(f"ndarray({v.shape}, {self.const(v.dtype)}, B[{n}]{more})")

    def _donated(self, v: Var) -> str:
        """Return an argument whose memory a result may take, if one is given away."""
        for u in sorted(self.donated, key=self.program.inputs.index):
            if (
                u.shape == v.shape
                and u.dtype == v.dtype
                and self.memory.last.get(u, -1) < self.step
            ):
                self.donated -= {u}
                return self.names[u]
        return ""

    # Emission --------------------------------------------------------------------------------

    def _build(self) -> None:
        for i, step in enumerate(self.steps):
            self.step = i
            if self.is_numpy and is_pair(step):
                self._write(step[1], i, step[0])
            elif len(step) > 1 or self._nests(step[0]):
                self._group(step, i)
            elif self.is_numpy:
                self._one(step[0], i)
            else:
                self._call(step[0])
            for n in self.memory.end(i):
                if self.poison:
                    self.body.append(f"poison(B[{n}])")
            self._forget(step, i)
        results = ", ".join(self._placed() if self.places else self._results())
        if results and not self.is_numpy and self.program.backend.mutable:
            results = f"*apart([{results}], [{', '.join(self.parameters)}])"
        pre, body = "\n ".join(self.pre) or "pass", "\n  ".join(self.body) or "pass"
        inputs = ", ".join(self.parameters + self.places)
        self.text = (
            f"def make(C, B, {', '.join(self.helpers())}):\n {pre}\n"
            f" def run({inputs}):\n  {body}\n  return [{results}]\n return run\n"
        )

    def _nests(self, e: Equation) -> bool:
        """Whether an equation alone is treated as a group."""
        return False

    def _forget(self, step: list[Equation], i: int) -> None:
        """Let go of large values of this call that nobody reads any more."""
        names = [
            self.names[v]
            for v in self.memory.ending.get(i, ())
            if v.nbytes > 4096 and self.names.get(v, "k")[0] == "t" and v not in self.memory.fresh
        ]
        if names:
            self.body.append(f"{' = '.join(names)} = None")

    def _placed(self) -> list[str]:
        """Copy the results that were not made where they are wanted."""
        for place, x in zip(self.places, self.program.outputs, strict=True):
            if not isinstance(x, Var) or self.names[x] != place:
                self.body.append(f"copyto({place}, {self.literal(x)})")
        return []

    def _results(self) -> list[str]:
        """Return what each result is: memory that nobody else has."""
        given: set[Var] = set()
        parts = []
        for x in self.program.outputs:
            if not isinstance(x, Var):
                has_values = isinstance(x, self.program.backend.array_types)
                parts.append(f"copy({self.literal(x)})" if has_values else self.literal(x))
                continue
            root, name = self.memory.of(x), self.names[x]
            mine = root not in self.memory.inputs and root not in given
            mine = mine and root not in self.real and x not in self.real
            if not mine or (root is not x and not self._whole(x, root)):
                parts.append(f"copy({name})")
            else:
                given.add(root)
                if root in self.doubtful and self.is_numpy:
                    name = f"own({', '.join([name, *self.parameters])})"
                parts.append(f"asarray({name})" if x.shape == () and self.is_numpy else name)
        return parts

    def _whole(self, x: Var, root: Var) -> bool:
        """Whether a view of new memory may be handed out: it shows all, and in order."""
        return self.is_numpy and x.size == root.size and root.order is None and x.order is None

    def _one(self, e: Equation, i: int) -> None:
        out = e.outs[0]
        if e.name in ("if_nan", "taken"):
            self._branch(e)
        elif shows(e) is not None:
            self._view(e)
        elif hasattr(e.function, "into") and not e.kwargs and sum(v.nbytes for v in e.outs) <= HELD:
            given = ", ".join(self.literal(x) for x in e.args)
            outs = ", ".join(self.new(v) for v in e.outs)
            self.body.append(f"{self.const(e.function)}.into(({given},), ({outs},))")
        elif e.effect or e.several or e.shares:
            self._call(e)
        elif type(e.function) is np.ufunc and not e.kwargs and e.function.nout == 1:
            self._ufunc(e, i)
        elif e.name in REDUCTIONS and self._reduces_plainly(e):
            self._reduction(e)
        elif e.name in ("setitem", "index_add") and len(e.args) == 3:
            self._write(e, i)
        elif e.name == "strong_multiply" and isinstance(e.args[0], (Var, np.ndarray)):
            a, b = (self.literal(x) for x in e.args)
            self.body.append(f"strong({a}, {b}, {self.new(out)})")
        elif e.name == "astype" and isinstance(e.args[0], Var) and len(e.args) == 2:
            x = self.names[e.args[0]]
            self.body.append(f"copyto({self.new(out)}, {x}, 'unsafe')")
        elif e.name == "where" and len(e.args) == 3:
            self._where(e)
        elif e.name in ("concat", "stack") and self._joins(e):
            self._join(e)
        else:
            self._call(e)

    def _view(self, e: Equation) -> None:
        out, source = e.outs[0], e.args[0]
        fixed = e.inputs() == [source] and source in self.real
        if e.name == "getitem":
            key = self.key(e.args[1])
            if not out.shape and "..." not in key:
                key = f"{key}, ..." if key != "()" else "..."  # an array, not a number
            text = f"{self.names[source]}[{key}]"
        elif e.name == "matrix_transpose" and self.is_numpy:
            text = f"{self.names[source]}.mT"
            self.turned[out] = self.turned.get(source, source)
        else:
            text = self._text(e)
        if not fixed:
            self.names[out] = self.local()
            self.body.append(f"{self.names[out]} = {text}")
            return
        real = shown(e, self.real[source])
        if real is not None and np.may_share_memory(real, self.real[source]):
            self.names[out] = self.fixed(text)
            self.real[out] = real
            return
        self.memory.part(out)  # it would be a copy of what the buffer holds now
        self._call(e)

    def _write(self, e: Equation, i: int, maker: Equation | None = None) -> None:
        """Write into a copy of an array, or into the array itself where nobody reads it again.

        Args:
            e: the write.
            i: the step.
            maker: what makes the value, and may make it in its place.
        """
        x, key, value = e.args
        out, add = e.outs[0], e.name == "index_add"
        if not self._written_over(e, i):
            self.new(out)
            if out not in self.overwritten:
                self._copy_all(out, x)
        if maker is not None:
            f, operands = self.call_of(maker)
            view = f"{self.names[out]}[{self.key(key)}]"
            view = self.fixed(view) if out in self.real else view
            self.body.append(f"{f}({', '.join(operands)}, {out_of(maker)}{view})")
            return
        name, given = self.names[out], self.literal(value)
        if not is_basic(key):
            index = self.literal(key) if add else self.key(key)
            self.body.append(
                f"add_at({name}, {index}, {given})" if add else f"{name}[{index}] = {given}"
            )
            return
        like = self.real.get(out)
        like = np.broadcast_to(np.empty((), out.dtype), out.shape) if like is None else like
        part = like[key]
        if not isinstance(part, np.ndarray):  # one element: a number
            key = (*(key if type(key) is tuple else (key,)), ...)
            part = like[key]
        self._write_part(out, key, part, value, add)

    def _written_over(self, e: Equation, i: int) -> bool:
        """Let the result of a write take the place of the array that is written to, if it may."""
        x, _, value = e.args
        out, memory = e.outs[0], self.memory
        if value is x or not memory.is_last_use(x, i, e) or x.order != out.order:
            return False
        if x in memory.fresh and out in memory.fresh:
            if x in self.made:
                self.names[out] = self.names[x]
                self.made.add(out)
                return True
        elif x in memory.home and out not in memory.fresh:
            self.new(out, x)
            return True
        return False

    def _copy_all(self, out: Var, x: Any) -> None:
        """Copy an array into memory that was just made."""
        if isinstance(x, np.ndarray) and not x.any() and x.dtype.kind in "biufc":
            self.body.append(f"{self.names[out]}.fill(0)")
        else:
            self.body.append(f"copyto({self.names[out]}, {self.literal(x)})")

    def _write_part(self, out: Var, key: Any, part: Any, value: Any, add: bool) -> None:
        """Write or add a value to the part of an array that a basic index shows."""
        name, k, given = self.names[out], self.key(key), self.literal(value)
        view = f"{name}[{k}]" if k != "..." else name
        if out in self.real:
            view = self.fixed(view)
        else:
            self.body.append(f"w = {view}")
            view = "w"
        same = getattr(value, "dtype", None) == out.dtype
        if add:
            index = self.literal(key)
            self.body.append(
                f"add({view}, {given}, {view})" if same else f"add_at({name}, {index}, {given})"
            )
        elif type(value) in (int, float) or (same and len(value.shape) <= part.ndim):
            self.body.append(f"copyto({view}, {given}, 'unsafe')")
        else:
            self.body.append(f"{view}[...] = {given}")

    @property
    def bytes(self) -> int:
        """The number of bytes of the buffers of one running call."""
        return sum(self.memory.sizes)

    def buffers(self) -> list[Any]:
        """Allocate the buffers."""
        return [aligned(n) for n in self.memory.sizes]

    def helpers(self) -> dict[str, Any]:
        """Return what the source calls besides the program's own functions, by name."""
        backend = self.program.backend
        return HELPERS | {"copy": copy_of(backend), "apart": apart_of(backend)}

    # Running ---------------------------------------------------------------------------------

    def compiled(self) -> Callable[[], Callable[..., list[Any]]]:
        """Return a function that allocates the buffers and returns ``run``."""
        space: dict[str, Any] = {}
        exec(compile(self.text, "<xgrad.compile>", "exec"), space)
        make, consts, helpers = space["make"], self.consts, self.helpers()

        def allocated() -> Callable[..., list[Any]]:
            return make(consts, self.buffers(), *helpers.values())  # type: ignore[no-any-return]

        return allocated


class Whole(Source):
    """The source of what a branch runs, of which nothing is a branch again."""

    def _rewritten(self, program: Program) -> Program:
        return program
