"""A program written to a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

import xgrad

from ..compiling.loop import Loop
from ..compiling.mending import Mending
from ..compiling.program import Equation, Program, Var

if TYPE_CHECKING:
    from ..compiling.lowered import Lowered

from .names import VERSION, known

__all__ = ["save"]


class _Writer:
    """A program as JSON, with its arrays apart."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.arrays: dict[str, Any] = {}

    def program(self, p: Program) -> Any:
        """Return a program as JSON."""
        numbers = {v: i for i, v in enumerate(p.inputs)}
        for e in p.equations:
            for v in e.outs:
                numbers[v] = len(numbers)
        return {
            "name": p.name,
            "captured": p.captured,
            "inputs": [self.variable(v) for v in p.inputs],
            "equations": [self.equation(e, numbers) for e in p.equations],
            "outputs": [self.value(x, numbers) for x in p.outputs],
        }

    def variable(self, v: Var) -> Any:
        """Return shape, dtype and layout of a variable."""
        return [list(v.shape), np.dtype(v.dtype).name, None if v.order is None else list(v.order)]

    def equation(self, e: Equation, numbers: dict[Var, int]) -> Any:
        """Return an equation as JSON, or say that it cannot be saved."""
        if e.effect or not known(e.path):
            what = "has an effect" if e.effect else "is no function of xgrad's namespace"
            raise TypeError(
                f"save: the program of {self.name} calls {e.path.partition('.')[2]}, which {what} "
                "and cannot be found again where it is loaded"
            )
        found = {
            "path": e.path,
            "args": [self.value(x, numbers) for x in e.args],
            "kwargs": {k: self.value(x, numbers) for k, x in e.kwargs.items()},
            "outs": [self.variable(v) for v in e.outs],
            "shares": [None if v is None else numbers[v] for v in e.shares],
            "several": e.several,
            "region": e.region,
            "line": e.line,
        }
        if isinstance(e.function, (Loop, Mending)):
            own = e.function
            kind = "loop" if isinstance(own, Loop) else "mending"
            found[kind] = {"program": self.program(own.program), "numbers": list(own.numbers)}
        return found

    def value(self, x: Any, numbers: dict[Var, int]) -> Any:
        """Return an argument as JSON."""
        if isinstance(x, Var):
            return {"var": numbers[x]}
        if x is None or type(x) in (bool, int, str):
            return x
        if type(x) is float:
            return {"float": x.hex()}
        if type(x) is complex:
            return {"complex": [x.real.hex(), x.imag.hex()]}
        if x is Ellipsis:
            return {"ellipsis": True}
        if isinstance(x, slice):
            return {"slice": [self.value(k, numbers) for k in (x.start, x.stop, x.step)]}
        if isinstance(x, (tuple, list)):
            kind = "list" if isinstance(x, list) else "tuple"
            return {kind: [self.value(part, numbers) for part in x]}
        if isinstance(x, np.dtype) or (isinstance(x, type) and issubclass(x, np.generic)):
            return {"dtype": np.dtype(x).name}
        if isinstance(x, (np.ndarray, np.generic)):
            name = f"constant{len(self.arrays)}"
            self.arrays[name] = np.array(x)
            return {"array": name}
        raise TypeError(
            f"save: the program of {self.name} holds {x!r:.60} of type {type(x).__qualname__}; "
            "only arrays, numbers, texts and dtypes can be saved"
        )

    def tree(self, x: Any) -> Any:
        """Return the structure of arguments or results, whose leaves are numbers, as JSON."""
        if x is None or type(x) is int:
            return x
        if type(x) is dict and all(type(k) is str for k in x):
            return {"dict": {k: self.tree(v) for k, v in x.items()}}
        if type(x) in (tuple, list):
            return {type(x).__name__: [self.tree(v) for v in x]}
        raise TypeError(
            f"save: an argument or result of {self.name} is a {type(x).__qualname__}; a file can "
            "hold dicts with names, lists, tuples and None of arrays. Pass those instead"
        )


def save(path: Any, lowered: Lowered) -> None:
    """Save a program with all that it needs to run; `Lowered.save` is this function.

    Args:
        path: the file, usually named ``.safetensors``. It holds the equations as JSON and the
            constants, among them the arrays that the function captures, as they are now.
        lowered: what ``lower(*args)`` of a compiled function gave.

    Raises:
        TypeError: the program has effects, as random draws have, or calls a black box.
    """
    entry, call = lowered.entry, lowered.call
    program = entry.program
    if np.ndarray not in program.backend.array_types:
        raise TypeError(f"save: programs of NumPy can be saved; this one runs on {program.backend}")
    hidden = entry.captured()
    writer = _Writer(program.name)
    numbered = call.structure.unflatten(list(range(len(call.leaves))))
    fixed = [i for i in range(len(call.leaves)) if i not in set(call.places)]
    content = {
        "program": writer.program(program),
        "backend": program.backend.name,
        "arguments": writer.tree(numbered),
        "names": sorted(call.kwargs) if call.kwargs else None,
        "static": {str(i): writer.value(call.leaves[i], {}) for i in fixed},
        "results": writer.tree(entry.structure.unflatten(list(range(len(program.outputs))))),
        "hidden": [writer.value(x, {}) for x in hidden or []],
        "lifts": call.lifts,
    }
    if call.fixed:
        raise TypeError(f"save: {program.name} was compiled with static=; pass these as numbers")
    arrays = writer.arrays or {"nothing": np.zeros(1)}
    words = {"xgrad program": VERSION, "content": json.dumps(content)}
    xgrad.files.save(path, arrays, metadata=words)
