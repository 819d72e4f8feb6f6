"""New arrays beside a batch: the same for each."""

from __future__ import annotations

from typing import Any, NamedTuple

from .. import Backend, backend_of, under
from .batch import Batch, NotBatchedError, library

__all__ = ["Place", "place_of"]


class Place(NamedTuple):
    """Where new arrays beside a batch go: the library and its device."""

    like: Batch
    backend: Backend
    device: Any

    def __str__(self) -> str:
        return str(self.device)

    def shared(self, raw: Any) -> Any:
        """Return a new array of the library as a batch of the same for each."""
        return self.like.of(self.backend.xp.expand_dims(raw, axis=0))


def place_of(x: Batch) -> Place:
    """Return where new arrays beside a batch go."""
    raw = under(x)
    backend = backend_of(raw)
    return Place(x, backend, backend.device(raw))


def _make(name: str, args: tuple[Any, ...], dtype: Any, device: Any, **kwargs: Any) -> Any:
    if not isinstance(device, Place):
        raise NotBatchedError(f"vmap: {name} without the place of a batch")
    backend = device.backend
    with backend.on_device(device.device):
        out = getattr(backend.xp, name)(
            *args, dtype=backend.raw_dtype(dtype), device=device.device, **kwargs
        )
    return device.shared(out)


def zeros(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Return zeros."""
    return _make("zeros", (shape,), dtype, device)


def ones(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Return ones."""
    return _make("ones", (shape,), dtype, device)


def empty(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Return an array that is about to be written to."""
    return _make("empty", (shape,), dtype, device)


def full(shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Return one number everywhere."""
    return _make("full", (shape, fill_value), dtype, device)


def arange(*args: Any, dtype: Any = None, device: Any = None) -> Any:
    """Return evenly spaced numbers."""
    return _make("arange", args, dtype, device)


def eye(*args: Any, k: int = 0, dtype: Any = None, device: Any = None) -> Any:
    """Return a unit matrix."""
    return _make("eye", args, dtype, device, k=k)


def linspace(*args: Any, dtype: Any = None, device: Any = None, **kwargs: Any) -> Any:
    """Return so many evenly spaced numbers."""
    return _make("linspace", args, dtype, device, **kwargs)


def _like(name: str, x: Any, args: tuple[Any, ...], dtype: Any) -> Any:
    data = x.data if isinstance(x, Batch) else x
    backend = library((data,))
    if isinstance(x, Batch):
        data = backend.getitem(data, (slice(0, 1),))
    kwargs = {} if dtype is None else {"dtype": backend.raw_dtype(dtype)}
    out = getattr(backend.xp, name)(data, *args, **kwargs)
    return x.of(out) if isinstance(x, Batch) else out


def zeros_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    """Return zeros in the shape of each."""
    return _like("zeros_like", x, (), dtype)


def ones_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    """Return ones in the shape of each."""
    return _like("ones_like", x, (), dtype)


def empty_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    """Return an array in the shape of each."""
    return _like("empty_like", x, (), dtype)


def full_like(x: Any, fill_value: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    """Return a number in the shape of each."""
    return _like("full_like", x, (fill_value,), dtype)
