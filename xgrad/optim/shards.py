"""The state of a method in equal parts on the ranks of a distributed program.

Each array of the model is flattened, filled up with zeros to as many rows as there are ranks, and
each rank updates its row of it: gradients come by one reduce_scatter, and the new rows go to all by
one allgather, which is what one allreduce takes. Rajbhandari et al., arXiv:1910.02054, stage 1.
"""

from __future__ import annotations

import math
from typing import Any

import xgrad as xg

from .. import tree as trees
from ..distributed import Group
from ..nn.module import named_leaves, trainable_mask
from .methods import Method, State
from .norms import global_norm


class Shards:
    """A method whose state each rank holds a part of."""

    def __init__(self, method: Method, comm: Group) -> None:
        self.method, self.comm = method, comm

    def _rows(self, model: Any, values: Any) -> dict[str, Any]:
        """Return what is trained of a tree in the structure of the model, a row for each rank."""
        leaves = trees.leaves(values)
        mask = trainable_mask(model)
        return {
            name: self._cut(x)
            for name, x, trained in zip(named_leaves(model), leaves, mask, strict=True)
            if trained
        }

    def _cut(self, x: Any) -> Any:
        flat = xg.reshape(x if isinstance(x, xg.Array) else xg.Array(x), (-1,))
        length = -(-flat.shape[0] // self.comm.size)
        missing = length * self.comm.size - flat.shape[0]
        if missing:
            more = xg.zeros((missing,), dtype=flat.dtype, device=flat.device)
            flat = xg.concat([flat, more])
        return xg.reshape(flat, (self.comm.size, length))

    def _own(self, rows: dict[str, Any]) -> dict[str, Any]:
        return {name: x[self.comm.rank, ...] for name, x in rows.items()}

    def init(self, model: Any) -> State:
        """Return this rank's part of the state before the first update."""
        return self.method.init(self._own(self._rows(model, model)))

    def averaged(self, model: Any, grads: Any) -> dict[str, Any]:
        """Return this rank's part of the gradients, averaged over the ranks."""
        found: dict[str, Any] = self.comm.reduce_scatter(self._rows(model, grads), "mean")
        return found

    def update(self, model: Any, grads: dict[str, Any], state: State) -> tuple[Any, State]:
        """Return the whole model after an update by this rank's part of the gradients."""
        own = self._own(self._rows(model, model))
        own, state = self.method.update(own, grads, state)
        rows = self.comm.allgather(own)
        leaves, structure = trees.flatten(model)
        new = [
            self._joined(rows[name], x) if name in rows else x
            for name, x in zip(named_leaves(model), leaves, strict=True)
        ]
        return structure.unflatten(new), state

    def _joined(self, rows: Any, like: Any) -> Any:
        flat = xg.reshape(rows, (-1,))[: math.prod(like.shape)]
        whole = xg.reshape(flat, like.shape)
        return whole if isinstance(like, xg.Array) else whole.data

    def norm(self, grads: dict[str, Any]) -> Any:
        """Return the 2-norm of the gradients of all ranks together."""
        return xg.sqrt(self.comm.allreduce(xg.square(global_norm(grads))))

    def gathered(self, model: Any, state: State) -> State:
        """Return the state as one process would hold it, on every rank."""
        rows = self.comm.allgather(state.slots)
        like = named_leaves(model)
        slots = {
            kind: {name: self._joined(x, xg.asarray(like[name])) for name, x in values.items()}
            for kind, values in rows.items()
        }
        return State(state.count, slots)

    def scattered(self, state: State) -> State:
        """Return this rank's part of a state that is whole."""
        slots = {
            kind: {name: self._cut(x)[self.comm.rank, ...] for name, x in values.items()}
            for kind, values in state.slots.items()
        }
        return State(state.count, slots)
