"""Why a gradient is zero: where an argument's influence ends, and which ops make zeros of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, NamedTuple

import numpy as np

from ..arrays.array import SCALARS, Array
from ..backends import backend_of
from ..engine.argnums import Argnums, numbers_of
from ..engine.picklable import picklable
from ..engine.projection import ones_like
from ..engine.record import Record
from ..engine.tape import SERIAL, Parts
from .lost_paths import Losses, told
from .notes import Line, indented
from .observer import Pull

__all__ = ["Explanation", "explain_gradient"]


class Zeroed(NamedTuple):
    """An op that made zeros of a cotangent: how many entries were not zero before and after it."""

    op: str
    line: Line
    before: int
    after: int

    def __str__(self) -> str:
        counts = f"{self.op}: of {self.before} entries that are not zero, {self.after} stay so"
        return f"{counts}\n{indented(str(self.line))}"


@dataclass(frozen=True)
class Explanation:
    """What became of the gradient with respect to one array.

    Attributes:
        argument: which argument of the function the array belongs to, and what it is.
        nonzero: how many entries of the gradient are not zero.
        size: how many it has.
        influences: whether the tape leads from the array to the result.
        lost: where the path leaves the tape, or that it is not used; empty if it leads on.
        zeroed: the ops that made zeros, in the order of the walk: from the result to the argument.
    """

    argument: str
    nonzero: int
    size: int
    influences: bool
    lost: str
    zeroed: tuple[Zeroed, ...]

    def __str__(self) -> str:
        if not self.influences:
            return f"{self.argument}: it does not influence the result: {self.lost}"
        text = f"{self.argument}: {self.nonzero} of {self.size} gradient entries are not zero"
        if self.zeroed:
            text += "\n" + indented("\n".join(str(z) for z in self.zeroed))
        return text


class _Explainer(Losses):
    """Counts, at each op of a walk, the entries of the cotangent that are not zero.

    Attributes:
        walked: the serial numbers of the nodes of the walk; those of another walk are not counted.
        zeroed: the ops that made zeros, each with the set of leaves (see `Losses`) that the
            cotangent was on its way to.
    """

    what = "explain_gradient"

    def __init__(self) -> None:
        super().__init__()
        self.walked: set[int] = set()
        self.zeroed: list[tuple[int, Zeroed]] = []

    def pulled(self, pull: Pull) -> None:
        if pull.note.serial not in self.walked:
            return
        before = nonzero(pull.g)
        for parent, part in pull.parts():
            after = nonzero(part)
            dies = before > 0 and after == 0  # of other shapes the counts say no more than this
            thins = after < before and getattr(pull.g, "shape", None) == getattr(part, "shape", ())
            if dies or thins:
                zeroed = Zeroed(pull.note.name, pull.note.line, before, after)
                self.zeroed.append((self.leaves_of(parent), zeroed))


@picklable
def explain_gradient(
    f: Callable[..., Any], argnums: Argnums = 0
) -> Callable[..., list[Explanation]]:
    """Return a function that tells why the gradient of `f` is zero, where it is zero.

    Write it in the place of `xgrad.grad`. It calls `f` once, takes the gradient, and tells for each
    array among the arguments whether it influences the result at all, at which call its path leaves
    the tape if it does not, and which ops on the path make zeros: a `relu` that is off, a `clip`
    out of its bounds, a branch that `where` did not take.

    Args:
        f: a function of arrays that returns an array; of several elements, the sum is explained.
        argnums: which arguments to look at: a position, or several.

    Returns:
        A function that gives one `Explanation` for each array, to print or to look into.

    >>> import numpy as np, xgrad as xg
    >>> def loss(x, y):
    ...     return xg.sum(xg.relu(x)) + xg.sum(xg.floor(y))
    >>> x, y = xg.explain_gradient(loss, (0, 1))(np.asarray([1.0, -2.0, -3.0]), np.ones(2))
    >>> x.nonzero, [(z.op, z.before, z.after) for z in x.zeroed]
    (1, [('relu', 3, 1)])
    >>> print(y.lost)  # doctest: +ELLIPSIS
    its path is lost at
      floor
        File ..., line 2, in loss
          return xg.sum(xg.relu(x)) + xg.sum(xg.floor(y))
    """

    @wraps(f, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
    def explained(*args: Any, **kwargs: Any) -> list[Explanation]:
        with _Explainer() as watch:
            record = Record("explain_gradient", f, args, numbers_of(argnums), kwargs, False)
            ones = [Array(ones_like(y._raw)) for y in record.outs]
            watch.walked = {node[SERIAL] for node in record.path}
            found = record.pull(ones)
        ends = 0
        for serial in record.serials:
            ends |= 0 if serial is None else watch.depends.get(serial, 0)
        return [
            Explanation(
                name,
                nonzero(c),
                c.size,
                bool(ends >> i & 1),
                "" if ends >> i & 1 else told(watch, i),
                tuple(z for leaves, z in watch.zeroed if leaves >> i & 1),
            )
            for i, (name, c) in enumerate(zip(record.names(), found, strict=True))
        ]

    return explained


def nonzero(x: Any) -> int:
    """Return how many entries of a cotangent are not zero: none of one that is None."""
    if type(x) is Parts:
        return sum(nonzero(part) for part in x.values())
    if x is None:
        return 0
    raw = x._raw if isinstance(x, Array) else x
    if type(raw) in SCALARS:
        return int(raw != 0)
    return int(np.count_nonzero(np.asarray(backend_of(raw).to_numpy(raw))))
