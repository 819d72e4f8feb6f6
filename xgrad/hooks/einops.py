"""einops on an `Array`: ``einops.rearrange(x, "a b -> b a")`` and all the others."""

from __future__ import annotations

from typing import Any

from einops._backends import AbstractBackend

import xgrad


class XgradBackend(AbstractBackend):  # type: ignore[misc] # einops has no types
    """What einops asks of an array library. It finds this class among its subclasses."""

    framework_name = "xgrad"

    def is_appropriate_type(self, tensor: Any) -> bool:
        """Whether this is an array of xgrad."""
        return isinstance(tensor, xgrad.Array)

    def from_numpy(self, x: Any) -> Any:
        """Return a NumPy array as an `Array`."""
        return xgrad.asarray(x)

    def to_numpy(self, x: Any) -> Any:
        """Return the values off the tape."""
        return x.detach()._numpy()

    def arange(self, start: int, stop: int) -> Any:
        """Return the integers of a range."""
        return xgrad.arange(start, stop)

    def stack_on_zeroth_dimension(self, tensors: Any) -> Any:
        """Return arrays stacked."""
        return xgrad.stack(tensors)

    def add_axis(self, x: Any, new_position: int) -> Any:
        """Return an array with one more axis."""
        return xgrad.expand_dims(x, axis=new_position)

    def tile(self, x: Any, repeats: Any) -> Any:
        """Return an array repeated along its axes."""
        return xgrad.tile(x, tuple(repeats))

    def concat(self, tensors: Any, axis: int) -> Any:
        """Return arrays joined."""
        return xgrad.concat(tensors, axis=axis)

    def is_float_type(self, x: Any) -> bool:
        """Whether the elements are real floating-point numbers."""
        return bool(x.dtype.kind == "f")

    def einsum(self, pattern: str, *x: Any) -> Any:
        """Return the sum of products that a pattern says."""
        return xgrad.einsum(pattern, *x)
