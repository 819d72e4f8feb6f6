"""`starmap`: derivatives through a pool of workers, which each differentiate what they ran."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .. import tree as trees
from ..custom.call import is_floating
from ..custom.primitive import primitive
from ..transforms.gradients import jvp, vjp

__all__ = ["starmap"]


def starmap(f: Callable[..., Any], pool: Any = None) -> Callable[[Iterable[Any]], list[Any]]:
    """Return a differentiable map of `f` over tuples of arguments, which the workers of a pool run.

    What is sent to a worker leaves the tape, so a derivative through ``pool.map`` is lost. Here the
    worker differentiates too: where a derivative is asked for, the pool is given the arguments once
    more with a cotangent or a tangent for each, in any mode and order. What `f` captures is
    constant to it: what is to be differentiated has to be among the arguments.

    Args:
        f: a function of arrays or pytrees that returns an array or pytree. A pool of processes must
            be able to send it: for most, it is one that is defined at the top of a module.
        pool: a `concurrent.futures` executor, a `multiprocessing.Pool`, a `joblib.Parallel`, a
            client of Dask's, the module ``ray``, or anything with their `starmap` or `map`. None
            runs here, one call after the other.

    Returns:
        A function of an iterable of tuples of arguments that gives the list of results.

    Raises:
        TypeError: in the call, if `pool` is none of these, or the arguments are no tuples.

    >>> import numpy as np, xgrad as xg
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from xgrad.distributed import starmap
    >>> def energy(x, w):
    ...     return xg.sum(w * x**2)
    >>> with ThreadPoolExecutor(2) as pool:
    ...     xg.grad(lambda x: sum(starmap(energy, pool)([(x, 1.0), (x, 2.0)])))(np.ones(3))
    array([6., 6., 6.])
    """
    run = _runner(pool)
    mapped = _Mapped(f, pool, run)

    def over(calls: Iterable[Any]) -> list[Any]:
        given = list(calls)
        for call in given:
            if not isinstance(call, (tuple, list)):
                raise TypeError(
                    f"starmap: got {call!r:.60} of type {type(call).__name__} as the arguments "
                    "of a call; expected a tuple, as (x,) for one argument"
                )
        return list(mapped(*map(tuple, given))) if given else []

    return over


class _Mapped(primitive):
    """The map as one op: each of its arguments is the tuple of arguments of one call."""

    def __init__(self, f: Callable[..., Any], pool: Any, run: Callable[..., list[Any]]) -> None:
        def starmap(*calls: Any) -> list[Any]:
            return run(_Star(f), calls)

        super().__init__(starmap)
        self.name = f"starmap of {getattr(f, '__name__', type(f).__name__)}"
        self._of, self._pool, self._go = f, pool, run

    has_rule = pulls = pushes = True

    def cotangents(
        self, ct: Any, out: Any, args: Any, kwargs: Any, tracked: tuple[bool, ...]
    ) -> Any:
        """Return a cotangent for each call that is tracked, made where the call was made."""
        found = starmap(_Pulled(self._of), self._pool)(
            [(call, c) for call, c, yes in zip(args, ct, tracked, strict=True) if yes]
        )
        rest = iter(found)
        return tuple(next(rest) if yes else None for yes in tracked)

    def tangent(
        self, tangents: Any, out: Any, args: Any, kwargs: Any, tracked: tuple[bool, ...]
    ) -> Any:
        """Return the tangent of each result, zeros for a call that does not vary."""
        found = iter(
            starmap(_Pushed(self._of), self._pool)(
                [(call, t) for call, t, yes in zip(args, tangents, tracked, strict=True) if yes]
            )
        )
        return [
            next(found) if yes else trees.map(_zeros, y)
            for y, yes in zip(out, tracked, strict=True)
        ]


class _Star:
    """A function of one argument: the tuple of arguments of another one."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f

    def __call__(self, args: Any) -> Any:
        return self.f(*args)


class _Pulled:
    """What a worker does on the way down: the cotangents of all arguments of a call."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f, self.__name__ = f, f"derivative of {getattr(f, '__name__', type(f).__name__)}"

    def __call__(self, args: Any, ct: Any) -> Any:
        taken = _Taken(self.f, args)
        (found,) = vjp(taken, taken.floating)[1](ct)
        return taken.arguments(found, [0.0] * len(taken.leaves))


class _Pushed(_Pulled):
    """What a worker does on the way up: the tangent of the result."""

    def __call__(self, args: Any, tangents: Any) -> Any:
        taken = _Taken(self.f, args)
        ts = trees.leaves(tangents)
        return jvp(taken, (taken.floating,), ([ts[i] for i in taken.places],))[1]


class _Taken:
    """A call as a function of the list of its floating-point arrays."""

    def __init__(self, f: Callable[..., Any], args: Any) -> None:
        self.f = f
        self.leaves, self.structure = trees.flatten(args)
        self.places = [i for i, x in enumerate(self.leaves) if is_floating(x)]
        self.floating = [self.leaves[i] for i in self.places]

    def arguments(self, arrays: list[Any], leaves: list[Any]) -> Any:
        """Return the arguments with these arrays, and the other leaves as they are here."""
        leaves = list(leaves)
        for i, x in zip(self.places, arrays, strict=True):
            leaves[i] = x
        return self.structure.unflatten(leaves)

    def __call__(self, arrays: list[Any]) -> Any:
        return self.f(*self.arguments(arrays, self.leaves))


def _zeros(x: Any) -> Any:
    return trees.zeros_like(trees.as_array(x, "starmap"))


# Pools --------------------------------------------------------------------------------------------


def _runner(pool: Any) -> Callable[..., list[Any]]:
    """Return ``run(f, items)`` that gives ``[f(item), ...]``, made by the workers of a pool."""
    if pool is None:
        return lambda f, items: [f(item) for item in items]
    if callable(pool) and hasattr(pool, "n_jobs"):  # joblib's, which takes what `delayed` makes
        return lambda f, items: list(pool((f, (item,), {}) for item in items))
    if hasattr(pool, "remote") and hasattr(pool, "get"):
        return lambda f, items: _by_tasks(pool, f, items)
    if hasattr(pool, "gather") and hasattr(pool, "map"):  # a draw may give another result each time
        return lambda f, items: list(pool.gather(pool.map(f, items, pure=False)))
    if hasattr(pool, "map"):
        return lambda f, items: list(pool.map(f, items))
    if hasattr(pool, "starmap"):
        return lambda f, items: list(pool.starmap(f, [(item,) for item in items]))
    raise TypeError(
        f"starmap: got a pool of type {type(pool).__name__}; expected an executor of "
        "concurrent.futures, a multiprocessing.Pool, a joblib.Parallel, a Dask client, the module "
        "ray, or an object with a method map(f, items)"
    )


def _by_tasks(pool: Any, f: Callable[..., Any], items: Any) -> list[Any]:
    """Run one task for each item, as Ray does, which takes no callable objects."""

    def task(item: Any) -> Any:
        return f(item)

    remote = pool.remote(task)
    return list(pool.get([remote.remote(item) for item in items]))
