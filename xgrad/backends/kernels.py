"""What a library needs to run the kernels of compiled functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

__all__ = ["Kernels"]


class Kernels(Protocol):
    """How a library compiles a text of C++ and launches the kernels in it.

    A kernel ``KERNEL name(pointers..., long long...)`` goes over ``count`` elements, or over
    ``rows`` rows of so many elements, with a block of threads for each row.
    """

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
