"""Functions of elements that are a composition of a library's, as one kernel each on a device.

The function itself is recorded on the host, once for the dtypes that it is called with, and its
record is the text of the kernel. So there is one definition of an op, and of its derivative, on
every library. What cannot be recorded so runs as it is written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...backends import Backend, backend_of_type
from ..functions import function_of
from ..lazy import Lazy
from ..passes import optimised
from ..program import Program
from ..recording import lazy_backend
from ..trace import Trace
from .expressions import NUMBERS
from .plan import Call, Plan, Text, planned
from .prelude import PRELUDE

__all__ = ["MOST", "SEVERAL", "Fused", "is_bfloat", "literal", "plan_of", "recorded"]

MOST = 64
"""How many kernels a function has at most: numbers are part of their text, and some vary."""


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
        plan = plan_of(self.function, self.name, operands, is_array, names)
        worth = plan is not None and len(plan.steps) <= max(plan.before - self.least + 1, 1)
        made = self.made[key] = self._run(plan, given) if plan and worth else None
        return made

    def _run(self, plan: Plan, given: tuple[Any, ...]) -> Callable[[tuple[Any, ...]], Any]:
        half = next((x.dtype for x in given if type(x) in self.arrays and is_bfloat(x)), None)
        dtypes: dict[int, Any] = {i: x.dtype for i, x in enumerate(given) if type(x) in self.arrays}
        steps: list[Callable[[list[Any]], Any]] = []
        count = len(given)
        for step in plan.steps:
            if isinstance(step, Call):
                steps.append(self._call(step))
                dtypes[count] = step.dtype
                count += 1
                continue
            outs = tuple([d if half is None or d != F16 else half for d in step.outs])
            steps.append(self._kernel(step, tuple([dtypes[i] for i in step.reads]), outs))
            dtypes |= {count + k: d for k, d in enumerate(outs)}
            count += len(outs)
        gives, several = plan.gives, plan.several

        def run(given: tuple[Any, ...]) -> Any:
            values = [*given]
            for step in steps:
                values += step(values)
            return [values[i] for i in gives] if several else values[gives[0]]

        if not several:
            return run
        function = self.function

        def run_alike(given: tuple[Any, ...]) -> Any:
            shape = given[0].shape
            for x in given:
                other = getattr(x, "shape", ())
                if other != shape and np.broadcast_shapes(other, shape) != shape:
                    return function(*given)  # results of several shapes
            return run(given)

        return run_alike

    def _kernel(
        self, text: Text, dtypes: tuple[Any, ...], outs: tuple[Any, ...]
    ) -> Callable[[list[Any]], Any]:
        kernels: Any = self.backend.kernels
        launch = kernels.elementwise(self.name, dtypes, outs, text.lines, text.results, PRELUDE)
        reads = text.reads
        return lambda values: launch([values[i] for i in reads])

    def _call(self, call: Call) -> Callable[[list[Any]], Any]:
        function, args = function_of(call.path, self.backend), call.args

        def run(values: list[Any]) -> Any:
            out = function(*[values[x] if is_value else x for is_value, x in args])
            return (out.astype(call.dtype, copy=False),)  # as the next kernel takes it

        return run


F16 = np.dtype(np.float16)


def is_bfloat(x: Any) -> bool:
    """Whether an array, or a dtype, is of halves that NumPy has not."""
    return getattr(getattr(x, "dtype", x), "name", "") == "bfloat16"


def plan_of(
    function: Callable[..., Any],
    name: str,
    operands: list[Any],
    arrays: list[bool],
    names: tuple[str, ...] = (),
) -> Plan | None:
    """Return how a function is run in few kernels, if its record is of elements.

    Args:
        function: the function of raw arrays.
        name: what it is called.
        operands: for each argument its dtype, or what is no array as it is.
        arrays: which of the arguments are arrays.
        names: of the last arguments, which are given by keyword.
    """
    dtypes = {d.name for d, is_array in zip(operands, arrays, strict=True) if is_array}
    if {"float16", "bfloat16"} <= dtypes:
        return None
    given = [  # NumPy computes with one sort of halves alone
        np.full((2,), 0.5).astype(F16 if is_bfloat(x) else x) if is_array else x
        for x, is_array in zip(operands, arrays, strict=True)
    ]
    program = recorded(function, name, given, arrays, names)
    if program is None or not program.equations:
        return None
    places = [i for i, is_array in enumerate(arrays) if is_array]
    plan = planned(program, program.name == SEVERAL, places, len(operands))
    if plan and dtypes & {"float16", "bfloat16"} and any(type(s) is Call for s in plan.steps):
        return None  # what a library gives for halves differs
    return plan


SEVERAL = "several"
"""The name of the record of a function that gives a sequence."""


class _OnDevice(Trace):
    """The record of what runs on a device, where nobody looks at values."""

    def has_values(self, x: Any) -> bool:
        return False


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
    trace = _OnDevice(name, host, cls)
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
