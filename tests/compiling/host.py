# Tests of xgrad/compiling/device
"""A stand-in for a device: kernels compiled by the machine's C++, on arrays of NumPy."""

from __future__ import annotations

import contextlib
import ctypes
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from xgrad.backends import load
from xgrad.compiling.device import DeviceSource
from xgrad.compiling.device.expressions import STORED
from xgrad.compiling.device.prelude import PRELUDE
from xgrad.compiling.device.text import LOAD, STORE
from xgrad.compiling.program import Program

COMPILER = shutil.which("c++") or shutil.which("g++")
FLAGS = ("-std=c++17", "-O0", "-ffp-contract=off", "-shared", "-fPIC", "-w")


class HostKernels:
    """Kernels as functions of C++, each called once for all elements or rows.

    What was made before the first of them is launched is compiled at once.
    """

    composed = frozenset(["clip"])
    queues = products = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pending: dict[str, None] = {}
        self.functions: dict[str, Any] = {}
        self.replayed = self.launched = 0

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Launch nothing in the block; what is to be launched there is compiled at once later."""
        self.of = lambda body: lambda *args: None  # type: ignore[method-assign]
        try:
            yield
        finally:
            del self.of

    @staticmethod
    def view(buffer: Any, shape: tuple[int, ...], dtype: Any) -> Any:
        return np.ndarray(shape, dtype, buffer)

    @staticmethod
    def flat(x: Any) -> Any:
        return x if isinstance(x, np.ndarray) and x.flags.c_contiguous else np.array(x, order="C")

    def elementwise(
        self, name: str, dtypes: Any, outs: Any, lines: str, results: Any, prelude: str
    ) -> Callable[[list[Any]], list[Any]]:
        """Return a function of arrays, whose loop is compiled when it is called."""
        types = [STORED[d.name] for d in dtypes]
        made = [f"{STORED[d.name]}* o{k}" for k, d in enumerate(outs)]
        given = ", ".join([*made, *[f"const {t}* p{i}" for i, t in enumerate(types)]])
        loads = [
            f"const auto x{i} = {LOAD.get(d.name, '{}').format(f'p{i}[i]')};"
            for i, d in enumerate(dtypes)
        ]
        stores = [
            f"o{k}[i] = {STORE.get(d.name, '{}').format(result)};"
            for k, (d, result) in enumerate(zip(outs, results, strict=True))
        ]
        loop = " ".join(["for (long long i = 0; i < n; i++) {", *loads, lines, *stores, "}"])
        body = f"({given}, long long n) {{ {loop} }}\n"
        self.pending[body] = None

        def call(args: list[Any]) -> list[Any]:
            self.launched += 1
            arrays = [np.ascontiguousarray(x) for x in np.broadcast_arrays(*args)]
            made = [np.empty(arrays[0].shape, d) for d in outs]
            pointers = [ctypes.c_void_p(x.ctypes.data) for x in (*made, *arrays)]
            self.of(body)(*pointers, ctypes.c_longlong(made[0].size))
            return made

        return call

    def launcher(self, source: str, name: str, rows: int, count: int) -> Callable[..., None]:
        """Return what launches one kernel of a text."""
        body = source.partition(f"KERNEL {name}")[2]
        self.pending[body] = None

        def launch(*args: Any) -> None:
            self.launched += 1
            self.of(body)(*pointers_of(args))

        return launch

    @staticmethod
    def queue() -> Any:
        return None

    def graph(self, calls: Any) -> Callable[[], None]:
        """Return what replays launches; it was captured, so that arguments are what they were."""
        for _, args in calls:
            assert all(isinstance(x, (int, np.ndarray)) for x in args)

        def run() -> None:
            self.replayed += 1
            for launch, args in calls:
                launch(*args)

        return run

    def of(self, body: str) -> Any:
        """Return the function of a kernel's text."""
        if body not in self.functions:
            bodies, self.pending = [*self.pending], {}
            n = len(list(self.folder.iterdir()))
            text, made = self.folder / f"{n}.cpp", self.folder / f"{n}.so"
            parts = [f"KERNEL k{i}{b}" for i, b in enumerate(bodies)]
            text.write_text(PRELUDE + "\n".join(parts))
            subprocess.run([COMPILER, *FLAGS, "-o", made, text], check=True)
            library = ctypes.CDLL(str(made))
            for i, b in enumerate(bodies):
                self.functions[b] = getattr(library, f"k{i}")
        return self.functions[body]

    def source(
        self, program: Program, donated: Any = frozenset(), graphs: bool = False, **options: Any
    ) -> DeviceSource:
        """Return a program of NumPy as one of the device."""
        backend = replace(load("numpy"), name="host", kernels=self)
        for e in program.equations:
            if hasattr(e.function, "program"):
                e.function.program.backend = backend
        return HostSource(
            Program(
                program.name,
                backend,
                program.inputs,
                program.captured,
                program.equations,
                program.outputs,
            ),
            graphs,
        )


class HostSource(DeviceSource):
    """A program whose kernels the host compiles when the first of them is launched."""

    def __init__(self, program: Program, graphs: bool) -> None:
        super().__init__(program, graphs)
        self.host: HostKernels = program.backend.kernels  # type: ignore[assignment]
        self.host.pending.update(
            {body: None for body in self.kernels if body not in self.host.functions}
        )

    def _launcher(self, number: int, rows: int, count: int) -> Callable[..., None]:
        body = list(self.kernels)[number]

        def launch(*args: Any) -> None:
            self.host.of(body)(*pointers_of(args))

        return launch


def pointers_of(args: tuple[Any, ...]) -> list[Any]:
    """Return the arguments of a kernel as C takes them."""
    return [
        ctypes.c_longlong(x) if isinstance(x, int) else ctypes.c_void_p(x.ctypes.data) for x in args
    ]
