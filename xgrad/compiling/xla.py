"""The engine ``"jax"``: a program of NumPy, or of JAX itself, as one compiled function of XLA."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from .. import errors
from ..backends import Backend, load
from .buffers import Memory
from .functions import function_of
from .loop import Loop
from .mending import Mending
from .program import Equation, Program, Var, mapped

__all__ = ["XlaSource"]


class XlaSource:
    """A program as a function of JAX's arrays; see `Source`.

    Attributes:
        text: what it is, for people.
        memory, steps: the equations, in no buffers: XLA has its own.
    """

    bytes = 0

    def __init__(self, program: Program) -> None:
        self.program = program
        self.backend = load("jax")
        if program.backend is not self.backend and np.ndarray not in program.backend.array_types:
            raise ValueError(
                "compile: engine='jax' runs programs of NumPy's and of JAX's arrays; this one is "
                f"of {program.backend.name}"
            )
        self.engine = import_module("xgrad_backends.jax_engine")
        for e in program.equations:
            _require_plain(e)
        self.steps: list[list[Equation]] = [[e] for e in program.equations]
        self.memory = Memory(self.steps, program.inputs, program.outputs)
        self.text = "# compiled by XLA, of these equations\n" + "\n".join(program.lines())

    def compiled(self) -> Callable[[], Callable[..., list[Any]]]:
        """Return a function that returns ``run``."""
        backend, outputs = self.backend, self.program.outputs
        jitted = self.engine.jit(lambda *inputs: run_on(backend, self.engine, self.program, inputs))
        is_own = self.program.backend is backend

        def run(*inputs: Any) -> list[Any]:
            given = inputs if is_own else [backend.from_numpy(x, None) for x in inputs]
            found = jitted(*given)
            arrays = iter(found if is_own else map(np.array, found))
            return [next(arrays) if _is_array(x, backend) else x for x in outputs]

        return lambda: run


def _is_array(x: Any, backend: Backend) -> bool:
    """Whether an output of a program is an array, computed or constant."""
    return isinstance(x, (Var, np.ndarray, *backend.array_types))


def _require_plain(e: Equation) -> None:
    """Refuse what cannot be a part of a function of XLA."""
    inner = e.function.program.equations if isinstance(e.function, Loop) else []
    if e.effect:
        raise errors.BackendUnavailableError(
            f"compile: engine='jax' cannot run {e.name}, which has an effect; draw random numbers "
            "before and pass them, or use engine='numpy'"
        )
    for other in inner:
        _require_plain(other)


def run_on(backend: Backend, engine: Any, program: Program, inputs: Any) -> list[Any]:
    """Run a program on the arrays of another library; return its results that are arrays."""
    values: dict[Var, Any] = dict(zip(program.inputs, inputs, strict=True))

    def value(x: Any) -> Any:
        if isinstance(x, Var):
            return values[x]
        return backend.from_numpy(x, None) if isinstance(x, np.ndarray) else x

    for e in program.equations:
        args = [mapped(value, x) for x in e.args]
        kwargs = {k: mapped(value, x) for k, x in e.kwargs.items()}
        if isinstance(e.function, Loop):
            out = _loop_on(backend, engine, e.function, args)
        elif isinstance(e.function, Mending):
            out = _mended_on(backend, engine, e.function, args)
        else:
            function = function_of(e.path, backend)
            if function is None:
                raise errors.MissingFunctionError(
                    f"compile: engine='jax' has no {e.name}; use engine='numpy'"
                )
            out = function(*args, **kwargs)
        values.update(zip(e.outs, out if e.several else (out,), strict=True))
    return [value(x) for x in program.outputs if _is_array(x, backend)]


def _mended_on(backend: Backend, engine: Any, step: Mending, args: list[Any]) -> Any:
    xp, found = backend.xp, tuple(args[: step.count])
    nan = [xp.any(xp.isnan(c)) for c in found]

    def instead() -> tuple[Any, ...]:
        return tuple(run_on(backend, engine, step.program, args[step.count :]))

    made = engine.choose(sum(nan[1:], nan[0]), instead, lambda: found)
    return made[0] if step.count == 1 else made


def _loop_on(backend: Backend, engine: Any, loop: Loop, args: list[Any]) -> tuple[Any, ...]:
    k, m = loop.carried, loop.carried + loop.sequences
    constants = args[m:]

    def step(carry: Any, rows: Any) -> Any:
        out = run_on(backend, engine, loop.program, [*carry, *rows, *constants])
        return tuple(out[:k]), tuple(out[k:])

    carry, rows = engine.scan(step, tuple(args[:k]), tuple(args[k:m]), loop.count, loop.reverse)
    return (*carry, *rows)
