"""What an array has where its library splits it into chunks, as Dask does, and only there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from .node import Node

__all__ = ["Chunked"]


TASK = "a Dask task"
"""What a tracked array would leave the tape at: Dask's functions look at no array but their own."""


class Chunked:
    """The attributes of arrays in chunks; those of other libraries raise `AttributeError`."""

    __slots__ = ()

    _raw: Any
    _node: Node | None
    requires_grad: bool

    @property
    def chunks(self) -> tuple[tuple[int, ...], ...]:
        """The lengths of the chunks along each axis, where the library has chunks."""
        return self._raw.chunks  # type: ignore[no-any-return]

    @property
    def numblocks(self) -> tuple[int, ...]:
        """The number of chunks along each axis, where the library has chunks."""
        return self._raw.numblocks  # type: ignore[no-any-return]

    @property
    def npartitions(self) -> int:
        """The number of chunks, where the library has them."""
        return self._raw.npartitions  # type: ignore[no-any-return]

    @property
    def rechunk(self) -> Callable[..., Self]:
        """``rechunk(chunks)`` gives this array in other chunks, in its place on the tape."""
        return self._kept(self._raw.rechunk)

    @property
    def persist(self) -> Callable[..., Self]:
        """``persist()`` gives this array with its chunks computed, in its place on the tape.

        See `xgrad.distributed.persist` for several arrays.
        """
        return self._kept(self._raw.persist)

    @property
    def compute(self) -> Callable[..., Any]:
        """``compute()`` gives the values, as an array of NumPy; of a tracked array it raises.

        See `xgrad.distributed.compute` for several arrays in one pass.
        """
        computed = self._raw.compute

        def compute(**options: Any) -> Any:
            self._untracked("compute()")
            return computed(**options)

        return compute

    @property
    def to_dask_array(self) -> Callable[..., Any]:
        """``to_dask_array()`` gives Dask's functions their array; of a tracked one it raises."""
        _ = self._raw.chunks
        return lambda: self._untracked(TASK)

    @property
    def __dask_tokenize__(self) -> Callable[..., Any]:
        """What Dask names its tasks by; a tracked array would leave the tape in one.

        Arrays without chunks have none, and Dask pickles them.
        """
        if not self.requires_grad:
            self._untracked(TASK)
        return self._raw.__dask_tokenize__  # type: ignore[no-any-return]

    def _kept(self, change: Callable[..., Any]) -> Callable[..., Any]:
        """Return a change that leaves all values as they are, as one of this array."""
        return lambda *args, **kwargs: type(self)(change(*args, **kwargs), self._node)  # type: ignore[call-arg]

    def _untracked(self, what: str) -> Any:
        raise NotImplementedError
