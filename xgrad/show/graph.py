"""The tape as a graph of steps: the one file of `xgrad.show` that reads tape nodes.

A *step* is one op as the user's code called it. Most are one node of the tape; an op that is
composed of others (`x.std()` of several axes, ``einsum``) is several, which count as one step if
the computation was watched.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import xgrad as xg
from xgrad import errors
from xgrad.debugging.notes import parameter_of, selected
from xgrad.engine import tape

__all__ = ["Graph", "Step", "read"]

SMALL = 16
"""Arrays of at most so many elements are shown with their values."""

FEW = 3
"""Values of so many elements stand in one line of a picture."""


@dataclass(slots=True)
class Operand:
    """An argument of a step: another step, a constant array, or a number or setting."""

    step: int | None = None
    text: str = ""
    shape: tuple[int, ...] | None = None
    value: Any = None


@dataclass(slots=True)
class Step:
    """One op: what it was made from, what came out, and what the walk back brought to it."""

    id: int
    op: str
    parents: list[int]
    shape: tuple[int, ...] | None = None
    dtype: Any = None
    value: Any = None
    name: str = ""
    operands: list[Operand] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    where: str = ""
    layer: str = ""
    kept: int = 0
    seconds: float = 0.0
    cotangent: Any = None
    given: dict[int, Any] = field(default_factory=dict)
    stats: Any = None

    @property
    def is_leaf(self) -> bool:
        """Whether it is a variable, and no op."""
        return not self.parents and self.op in ("leaf", "parameter")


@dataclass
class Graph:
    """The steps behind a result, in the order in which they were computed.

    Attributes:
        steps: by the serial number of the node that holds a step's result.
        output: the last step.
        home: the step that a node belongs to, where it is not one of its own.
        selected: which of an op's several results a step is.
    """

    steps: dict[int, Step]
    output: int
    home: dict[int, int] = field(default_factory=dict)
    selected: dict[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.steps)

    def ops(self) -> list[Step]:
        """Return the steps that are no leaves."""
        return [s for s in self.steps.values() if not s.is_leaf]


def require_tracked(y: Any, what: str) -> xg.Array:
    """Return `y` if the tape knows how it was made, else say how to get there."""
    if not isinstance(y, xg.Array):
        raise TypeError(
            f"{what}: got {type(y).__qualname__}; expected a tracked xgrad.Array, or a function "
            f"and its arguments: xg.show.{what}(f, x)"
        )
    if y._node is None:
        raise errors.NotDifferentiableError(
            f"{what}: this array of shape {y.shape} is not tracked, so the tape does not know how "
            "it was made. Compute it from xg.asarray(x, requires_grad=True), or hand over the "
            f"function: xg.show.{what}(f, x)"
        )
    return y


def read(y: xg.Array) -> Graph:
    """Return the tape behind a tracked array, a step per node: the reader of tape nodes."""
    nodes = behind(y)
    if any(node[tape.RULE] is tape.FREED for node in nodes.values()):
        raise errors.GraphFreedError(
            "show: backward() has walked this graph and freed it. Show it before, or keep it "
            "with backward(create_graph=True)"
        )
    seen: set[int] = set()
    steps, chosen = {}, {}
    for serial, node in nodes.items():
        step = Step(serial, node[tape.RULE].name, [p[tape.SERIAL] for p in tape.parents_of(node)])
        steps[serial] = step
        if node[tape.RULE] is tape.PARAMETER:
            array = parameter_of(node)
            if array is not None:
                step.shape, step.dtype, step.value = array.shape, array.dtype, small(array)
        elif node[tape.RULE] is tape.SELECT:
            chosen[serial] = selected(node)
        else:
            step.kept = _bytes(node[tape.SAVED], seen)
    steps[y._node[tape.SERIAL]].shape = y.shape
    steps[y._node[tape.SERIAL]].dtype = y.dtype
    steps[y._node[tape.SERIAL]].value = small(y)
    return Graph(steps, y._node[tape.SERIAL], selected=chosen)


def behind(y: xg.Array) -> dict[int, tape.Node]:
    """Return the nodes that a tracked array was made from, oldest first, by serial number."""
    nodes: dict[int, tape.Node] = {}
    stack = [y._node]
    while stack:
        node = stack.pop()
        if node[tape.SERIAL] not in nodes:
            nodes[node[tape.SERIAL]] = node
            stack.extend(tape.parents_of(node))
    return dict(sorted(nodes.items()))


def serial_of(x: Any) -> int | None:
    """Return the serial number of a tracked array's node, and None of anything else."""
    if isinstance(x, xg.Array) and x._node is not None:
        return int(x._node[tape.SERIAL])
    return None


def maker_of(x: xg.Array) -> str:
    """Return the name of the op that a tracked array is a result of, be it one of several."""
    node = x._node
    return str((node[tape.PARENTS] if node[tape.RULE] is tape.SELECT else node)[tape.RULE].name)


def op_of(x: xg.Array) -> str:
    """Return the name of the op that made a tracked array."""
    return str(x._node[tape.RULE].name)


def finish(x: Any) -> None:
    """Wait until the device has computed an array, so that a clock may be read."""
    if isinstance(x, (list, tuple)):
        x = next((part for part in x if part is not None), None)
    data = x._raw if isinstance(x, xg.Array) else x
    if hasattr(data, "shape"):
        backend = xg.backends.backend_of(data)
        backend.synchronize(backend.device(data))


def host(x: Any) -> Any:
    """Return an array, raw or not, as a NumPy array; None where there are no values."""
    try:
        return np.asarray(x.detach() if isinstance(x, xg.Array) else xg.Array(x).detach())
    except (RuntimeError, NotImplementedError, TypeError, ValueError):
        return None


def is_array(x: Any) -> bool:
    """Whether `x` is an array, raw or not, or a number of a library; dtypes have shapes, too."""
    return hasattr(x, "shape") and not isinstance(x, (type, np.dtype))


def small(x: Any) -> Any:
    """Return a copy of an array's values if they are few enough to show, else None."""
    if not is_array(x) or math.prod(x.shape) > SMALL:
        return None
    values = host(x)
    return None if values is None else values.copy()


def nbytes(x: Any) -> int:
    """Return the bytes of an array, raw or not."""
    return int(x.nbytes) if isinstance(x, xg.Array) else xg.Array(x).nbytes if is_raw(x) else 0


def is_raw(x: Any) -> bool:
    """Whether `x` is an array of a backend's library."""
    return xg.backends.backend_of_type(type(x)) is not None


def _bytes(saved: Any, seen: set[int]) -> int:
    """Return the bytes that saved values keep alive, not counting an array twice."""
    if isinstance(saved, dict):
        return _sum_bytes(saved.values(), seen)
    if isinstance(saved, (tuple, list)):
        return _sum_bytes(saved, seen)
    if not is_raw(saved) or id(saved) in seen:
        return 0
    seen.add(id(saved))
    return nbytes(saved)


def _sum_bytes(values: Iterable[Any], seen: set[int]) -> int:
    return sum(_bytes(value, seen) for value in values)


def brief(x: Any) -> str:
    """Return the values of a small array, the Euclidean norm of a large one."""
    values = host(x)
    if values is None:
        return ""
    if values.size <= FEW:
        return " ".join(f"{v + 0.0:.3g}" for v in values.ravel())
    return f"|g| {np.linalg.norm(values.ravel()):.2g}"
