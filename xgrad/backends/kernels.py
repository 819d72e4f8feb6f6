"""What a library needs to run the kernels of compiled functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

__all__ = ["Kernels", "Products", "Queues"]


class Queues(Protocol):
    """On which device ops and walks run, and in which of its queues of work."""

    def bound(self, f: Callable[..., Any], serial: Callable[[], int]) -> Callable[..., Any]:
        """Return a function as one that runs on the device of its arrays, and notes its queue."""

    def of(self, serial: int) -> Any:
        """Return the queue in which the op of a node ran; None if it is the one of now."""

    def is_here(self, x: Any) -> bool:
        """Return whether a walk may begin at an array as things are."""

    def walking(self, x: Any) -> AbstractContextManager[None]:
        """Walk on the device of an array, behind all that was done in other queues."""

    def within(self, queue: Any) -> AbstractContextManager[None]:
        """Compute in a queue, in order with what is done around the block."""

    def near(self, x: Any) -> AbstractContextManager[None]:
        """Compute on the device of an array, in order with what is done around the block."""


class Products(Protocol):
    """Products of matrices that a graph may hold, written to memory that is there."""

    def fits(self, out: Any, a: Any, b: Any) -> bool:
        """Return whether arrays of such shapes, strides and dtypes can be multiplied by it."""

    def matmul(self, out: Any, a: Any, b: Any, queue: Any) -> None:
        """Write a product, with what a queue of work has for it."""


class Kernels(Protocol):
    """How a library compiles a text of C++ and launches the kernels in it.

    A kernel ``KERNEL name(pointers..., long long...)`` goes over ``count`` elements, or over
    ``rows`` rows of so many elements, with a block of threads for each row.

    Attributes:
        composed: the functions of the library's namespace that launch several kernels, though each
            element of the result depends on one of each argument.
        queues: what knows on which device and in which queue ops run; None if there is but one.
        products: products of matrices for a graph; None if a graph holds none.
    """

    composed: frozenset[str]
    queues: Queues | None
    products: Products | None

    def view(self, buffer: Any, shape: tuple[int, ...], dtype: Any) -> Any:
        """Return an array in the first bytes of a buffer."""

    def flat(self, x: Any) -> Any:
        """Return an array in C order: itself if it lies so."""

    def queue(self) -> Any:
        """Return what tells the queues of work: memory of one must not be used by another."""

    def graph(self, calls: list[tuple[Callable[..., None], tuple[Any, ...]]]) -> Callable[[], None]:
        """Return what launches some kernels at once, whose arguments stay what they are."""

    def launcher(self, source: str, name: str, rows: int, count: int) -> Callable[..., None]:
        """Return what launches a kernel on arrays and numbers; equal texts are compiled once."""

    def elementwise(
        self,
        name: str,
        dtypes: tuple[Any, ...],
        outs: tuple[Any, ...],
        lines: str,
        results: tuple[str, ...],
        prelude: str,
    ) -> Callable[[list[Any]], Sequence[Any]]:
        """Return a function of broadcast arrays, given as a list, which gives as many as `outs`.

        The lines compute the results of ``x0``, ``x1``, ...
        """
