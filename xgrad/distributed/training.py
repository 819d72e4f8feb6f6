"""Training on several ranks: gradients averaged, models and arguments broadcast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import tree as trees
from ..arrays.array import Array
from ..custom.no_grad import no_grad
from ..engine.argnums import Argnums
from ..engine.picklable import picklable
from ..ops.converting import asarray
from ..transforms import gradients
from .group import Group, group

__all__ = ["average", "broadcast", "grad", "value_and_grad"]


def average(tree: Any, comm: Group | None = None) -> Any:
    """Return the mean over the ranks of each array of a pytree, one message for each dtype.

    Args:
        tree: a pytree of floating-point arrays, of the same shapes on all ranks, as of gradients.
        comm: the ranks; those of `group` by default.

    Returns:
        A pytree of the structure of `tree`, the same on all ranks.

    Raises:
        DistributedError: on every rank, if their arrays differ in shape or dtype.

    >>> import numpy as np
    >>> from xgrad import distributed as dist
    >>> def part(communicator):
    ...     dist.use(communicator)
    ...     return float(dist.average({"w": np.asarray(float(dist.group().rank))})["w"])
    >>> dist.run_threads(part, 2)
    [0.5, 0.5]
    """
    comm = comm or group()
    return tree if comm.size == 1 else comm.allreduce(tree, "mean")


def broadcast(tree: Any, root: int = 0, comm: Group | None = None) -> Any:
    """Return the arrays of one rank on all of them, as those of a model at the start.

    No derivative goes through it, as none goes through the making of parameters; see
    `Group.bcast` for one that has. Arrays with ``requires_grad`` come back as such.

    Args:
        tree: a pytree of arrays, as a model; those of the other ranks say only what it is like.
        root: whose arrays they are.
        comm: the ranks; those of `group` by default.

    Returns:
        A pytree of the structure of `tree`.

    Raises:
        DistributedError: on every rank, if their arrays differ in shape or dtype.
    """
    comm = comm or group()
    if comm.size == 1:
        return tree
    with no_grad():
        found = comm.bcast(tree, root)
    return trees.map(_parameter_like, found, tree)


def _parameter_like(new: Any, old: Any) -> Any:
    if isinstance(old, Array) and old.requires_grad:
        return asarray(new, requires_grad=True)
    return new


@picklable
def value_and_grad(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    strict: bool | None = None,
) -> Callable[..., Any]:
    """Return a function that gives the means over the ranks of the value of `f` and its gradient.

    Each rank calls it with its own part of the data; what it gives is the same on all of them, as
    one process would compute it from all the data, if `f` is a mean and the parts are equally
    large. Value and gradient of one dtype travel in one message.

    Args:
        f: a function that returns a real scalar, the loss of this rank's part.
        argnums: which arguments to differentiate: a position, or several for a tuple of gradients.
        has_aux: whether `f` returns a pair (value, aux); aux stays this rank's own.
        strict: what to do if an argument does not influence the value; see
            `xgrad.value_and_grad`.

    Returns:
        A function of the arguments of `f` that gives ``(value, gradient)`` or
        ``((value, aux), gradient)``.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import distributed as dist
    >>> def part(communicator):
    ...     x = np.asarray([1.0, 3.0])[dist.use(communicator).rank]
    ...     value, gradient = dist.value_and_grad(lambda w: (w * x) ** 2)(np.asarray(1.0))
    ...     return float(value), float(gradient)
    >>> dist.run_threads(part, 2)
    [(5.0, 10.0), (5.0, 10.0)]
    """
    local = gradients.value_and_grad(f, argnums, has_aux=has_aux, strict=strict)

    def averaged(*args: Any, **kwargs: Any) -> Any:
        value, gradient = local(*args, **kwargs)
        if not has_aux:
            return average((value, gradient))
        value, aux = value
        value, gradient = average((value, gradient))
        return (value, aux), gradient

    return averaged


@picklable
def grad(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    strict: bool | None = None,
) -> Callable[..., Any]:
    """Return a function that gives the mean over the ranks of the gradient of `f`.

    Args:
        f: a function that returns a real scalar, the loss of this rank's part.
        argnums: which arguments to differentiate: a position, or several for a tuple of gradients.
        has_aux: whether `f` returns a pair (value, aux); then a pair (gradient, aux) is given.
        strict: what to do if an argument does not influence the value; see `xgrad.grad`.

    Returns:
        A function of the arguments of `f`; see `value_and_grad`.
    """
    local = gradients.grad(f, argnums, has_aux=has_aux, strict=strict)

    def averaged(*args: Any, **kwargs: Any) -> Any:
        found = local(*args, **kwargs)
        if not has_aux:
            return average(found)
        gradient, aux = found
        return average(gradient), aux

    return averaged
