"""The engine of arrays on a device: one kernel for each group of equations, in planned buffers.

A library takes part by its backend's `kernels`, which compiles a text of C++ and launches what is
in it; see `xgrad.backends.kernels`. What is no group is a call of the library.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...backends import backend_of_type
from ..buffers import shows
from ..functions import function_of
from ..program import Equation, Program, Var
from ..replay import Source
from .groups import groups_of, is_fold, is_line
from .prelude import PRELUDE
from .text import Kernel

__all__ = ["DeviceSource"]

FIXED = frozenset("matrix_transpose permute_dims expand_dims squeeze reshape broadcast_to".split())
"""Functions whose result shows its argument on every device as on NumPy, wherever that is known."""


class DeviceSource(Source):
    """The source of a program on a device; see `Source`.

    Attributes:
        kernels: the text of each kernel, and its number.
        launches: how many kernels a call launches.
        graphs: whether launches one after the other are one launch of a graph.
        segments: the launches of each graph.
    """

    def __init__(self, program: Program, graphs: bool = False, **options: Any) -> None:
        self.graphs = graphs
        self.segments: list[list[str]] = []
        self._segment = -1  # where the last launch of a graph stands in the body
        self.kernels: dict[str, int] = {}
        self.launches = 0
        self._flat: set[Var] = set()
        self._values: dict[int, Any] = {}
        options.pop("into", None)
        super().__init__(program, **options)

    def _runs_numpy(self) -> bool:
        return False  # NumPy's functions run none of it

    def _grouped(self, equations: list[Equation]) -> list[list[Equation]]:
        return groups_of(equations)

    def _nests(self, e: Equation) -> bool:
        return shows(e) is None and (is_fold(e) or is_line(e))

    @property
    def c(self) -> str:
        """The text of all kernels."""
        parts = [f"KERNEL k{n}{body}" for body, n in self.kernels.items()]
        return PRELUDE + "\n".join(parts)

    def _build(self) -> None:
        if self.graphs:
            self.memory.fresh = set()  # a graph knows where its results are: they are copied
        super()._build()
        for n, calls in enumerate(self.segments):
            made = f"g{n} = graph([{', '.join(calls)}])"
            self.text = self.text.replace("\n def run(", f"\n {made}\n def run(", 1)

    # Memory ----------------------------------------------------------------------------------

    def _buffer(self, v: Var, n: int, strides: tuple[int, ...] | None) -> str:
        return self.fixed(f"view(B[{n}], {v.shape}, {self.const(v.dtype)})")

    def new(self, v: Var, over: Any = None) -> str:
        """Return the name of memory for a variable, always in C order."""
        v_order, v.order = v.order, None
        try:
            name = super().new(v, over)
        finally:
            v.order = v_order
        self._flat.add(v)
        return name

    def _is_flat(self, x: Any) -> bool:
        """Whether an operand is to lie in C order: what is no view does, or is copied so."""
        if not isinstance(x, Var) or x in self._flat or x.size == 1:
            return True
        return x not in self.memory.root and x.order is None

    def _value_of(self, x: Any) -> Any:
        """Return the number that a constant array is everywhere, if it is one."""
        if id(x) not in self._values:
            host = np.asarray(self.program.backend.to_numpy(x))
            same = host.size and (host == host.flat[0]).all()
            self._values[id(x)] = host.flat[0].item() if same or host.size == 1 else None
            self.const(x)  # kept, so that its id stays its own
        return self._values[id(x)]

    # Emission --------------------------------------------------------------------------------

    def _group(self, group: list[Equation], i: int) -> None:
        outs = [e.outs[0] for e in group if self.memory.last[e.outs[0]] > i]
        kernel = Kernel(group, outs, self._is_flat, self._value_of)
        number = self.kernels.setdefault(kernel.body, len(self.kernels))
        given = [self._given(x) for x in kernel.inputs]
        strides = [f"{given[k]}.strides[{axis}]" for k, axis in kernel.strided]
        made = [self.new(v) for v in outs]
        launch = self.fixed(f"launcher({number}, {kernel.rows}, {kernel.count})")
        self._launch(launch, [*made, *given, *strides])

    def _launch(self, launch: str, args: list[str]) -> None:
        """Add a launch, to the graph that ends here if there are graphs."""
        self.launches += 1
        if not self.graphs:
            self.body.append(f"{launch}({', '.join(args)})")
            return
        if self._segment != len(self.body) - 1 or self._segment < 0:
            self._segment = len(self.body)
            self.body.append(f"g{len(self.segments)}()")
            self.segments.append([])
        self.segments[-1].append(f"({launch}, ({', '.join(args)},))")

    def _is_multiplied(self, e: Equation) -> bool:
        """Put a product of matrices into a graph, if the library can; return whether it did."""
        kernels: Any = self.program.backend.kernels
        if not self.graphs or kernels.products is None or e.name != "matmul" or e.kwargs:
            return False
        out = e.outs[0]
        if len(e.args) != 2 or not all(isinstance(x, Var) for x in e.args) or not out.shape:
            return False
        like = [np.broadcast_to(np.empty((), x.dtype), x.shape) for x in (out, *e.args)]
        flat = [np.lib.stride_tricks.as_strided(x, x.shape, _in_order(x)) for x in like]
        twins = [self.real.get(x, y) for x, y in zip(e.args, flat[1:], strict=True)]
        if not kernels.products.fits(flat[0], *twins):
            return False
        given = [self.names[x] if x in self.real else self._held(x) for x in e.args]
        self._launch("product", [self.new(out), *given])
        return True

    def _held(self, x: Var) -> str:
        """Copy what is elsewhere in each call to where a graph reads it."""
        memory = self.memory
        n = len(memory.sizes)
        memory.sizes.append(max(x.nbytes, 1))
        self._buffers += [np.empty(m, np.uint8) for m in memory.sizes[len(self._buffers) :]]
        place = self._buffer(x, n, None)
        copy = f"{place}[...] = {self.names[x]}"
        if x in self.program.inputs:  # before all graphs, so that it parts none
            self.body.insert(0, copy)
            self._segment += self._segment >= 0
        else:
            self.body.append(copy)
        self.names[x] = place
        self._flat.add(x)
        self.real[x] = np.ndarray(x.shape, x.dtype, self._buffers[n])
        return place

    def _given(self, x: Any) -> str:
        """Return the name of an operand, in C order if the kernel takes it so."""
        if self.graphs and isinstance(x, Var) and x not in self.real:
            return self._held(x)
        name = self.literal(x)
        if self._is_flat(x) and (not isinstance(x, Var) or x not in self._flat):
            if not isinstance(x, Var):
                return self.fixed(f"flat({name})")
            self._flat.add(x)
            new = self.names[x] = self.local()
            self.body.append(f"{new} = flat({name})")
            return new
        return name

    def _donated(self, v: Var) -> str:
        return ""  # the pool of the library hands memory out again as fast

    def _call(self, e: Equation, f: str = "") -> None:
        if self._is_multiplied(e):
            return
        if shows(e) is None:
            super()._call(e, f)
            self.launches += 1
            return
        source = shows(e)
        if source in self.real and e.name == "getitem" and e.inputs() == [source]:
            key = e.args[1] if type(e.args[1]) is tuple else (e.args[1],)
            key = key if e.outs[0].shape or ... in key else (*key, ...)  # an array, not a number
            real = self.real[source][key]
            if np.may_share_memory(real, self.real[source]):
                self.names[e.outs[0]] = self.fixed(f"{self.names[source]}[{self.key(key) or '()'}]")
                self.real[e.outs[0]] = real
                return
        fixed = e.name in FIXED and e.path.startswith("xp.") and e.inputs() == [source]
        if fixed and source in self.real:
            host: Any = backend_of_type(np.ndarray)
            real = function_of(e.path, host)(self.real[source], *e.args[1:], **e.kwargs)
            if np.may_share_memory(real, self.real[source]):
                self.names[e.outs[0]] = self.fixed(self._text(e))
                self.real[e.outs[0]] = real
                return
        super()._call(e, f)

    def _whole(self, x: Var, root: Var) -> bool:
        return False

    # Running ---------------------------------------------------------------------------------

    def compiled(self) -> Callable[[], Callable[..., list[Any]]]:
        """Return a function that returns ``run``; the buffers are those of a device and a queue."""
        backend, allocate = self.program.backend, super().compiled()
        kernels: Any = backend.kernels

        def allocated() -> Callable[..., list[Any]]:
            held: dict[Any, Callable[..., list[Any]]] = {}

            def run(*inputs: Any) -> list[Any]:
                with backend.on_device(backend.device(inputs[0]) if inputs else None):
                    queue = kernels.queue()
                    found = held.get(queue)
                    if found is None:
                        found = held[queue] = allocate()
                    return found(*inputs)

            return run

        return allocated

    def helpers(self) -> dict[str, Any]:
        """Return what the source calls besides the program's own functions, by name."""
        xp, kernels = self.program.backend.xp, self.program.backend.kernels
        assert kernels is not None
        return super().helpers() | {
            "empty": lambda shape, dtype: xp.empty(shape, dtype=dtype),
            "view": kernels.view,
            "flat": kernels.flat,
            "launcher": self._launcher,
            "graph": kernels.graph,
            "product": self._multiplied,
        }

    def _multiplied(self, out: Any, a: Any, b: Any) -> None:
        """Write a product, in the queue whose graph this is."""
        kernels: Any = self.program.backend.kernels
        kernels.products.matmul(out, a, b, kernels.queue())

    def _launcher(self, number: int, rows: int, count: int) -> Callable[..., None]:
        """Return what launches a kernel; all are compiled with the first."""
        kernels: Any = self.program.backend.kernels
        return kernels.launcher(self.c, f"k{number}", rows, count)  # type: ignore[no-any-return]

    def buffers(self) -> list[Any]:
        """Allocate the buffers, from the library's own pool."""
        xp = self.program.backend.xp
        return [xp.empty((n,), dtype=xp.uint8) for n in self.memory.sizes]


def _in_order(x: Any) -> tuple[int, ...]:
    """Return the strides of an array in C order of this shape."""
    found, step = [], x.dtype.itemsize
    for n in reversed(x.shape):
        found.append(step)
        step *= max(n, 1)
    return tuple(reversed(found))
