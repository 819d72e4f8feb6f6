"""On which backend and device new arrays are made, in this context and thread."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from .contract import Backend, Device, Raw
from .registry import BY_TYPE, backend_of, load, under

__all__ = [
    "creating_like",
    "current",
    "get_backend",
    "make_as_before",
    "make_like",
    "on_device_of",
    "set_backend",
    "use_backend",
]

_current: ContextVar[tuple[str, Any]] = ContextVar("xgrad_backend", default=("numpy", None))


def current() -> tuple[Backend, Device | None]:
    """Return the backend and the device (None: its default) on which creation functions work."""
    name, device = _current.get()
    return load(name), device


def _parse(name: str, device: Any) -> tuple[str, Any]:
    if not isinstance(name, str):
        raise TypeError(f"set_backend: name is {name!r}; expected a string such as 'numpy'")
    root, _, suffix = name.partition(":")
    backend = load(root)
    device = suffix or None if device is None else device
    return root, None if device is None else backend.parse_device(device)


def set_backend(name: str, device: Any = None) -> None:
    """Set the backend on which creation functions make new arrays, in this context and thread.

    Args:
        name: ``"numpy"``, ``"cupy"``, ``"torch"``, ``"jax"``, ``"dask"``, ``"array_api_strict"`` or
            the name of an installed adapter; ``"torch:meta"`` names a device too.
        device: the device of new arrays; the backend's default if None.

    Raises:
        UnknownBackendError: if no adapter has this name.
        BackendUnavailableError: if the library or its device cannot be used here.

    An op runs where its arrays are: this decides only where *new* ones are made.

    >>> import xgrad as xg
    >>> xg.set_backend("numpy")
    >>> xg.get_backend()
    'numpy'
    """
    _current.set(_parse(name, device))


def get_backend() -> str:
    """Return the name of the backend on which creation functions make new arrays."""
    return _current.get()[0]


@contextlib.contextmanager
def use_backend(name: str, device: Any = None) -> Iterator[None]:
    """Use a backend for new arrays inside a ``with`` block; see `set_backend`.

    Args:
        name: ``"numpy"``, ``"cupy"``, ``"torch"``, ``"dask"``, ``"array_api_strict"`` or the name
            of an installed adapter; ``"torch:meta"`` names a device too.
        device: the device of new arrays; the backend's default if None.

    Yields:
        Nothing.

    Raises:
        UnknownBackendError: if no adapter has this name.
        BackendUnavailableError: if the library or its device cannot be used here.

    >>> import xgrad as xg
    >>> with xg.use_backend("numpy"):
    ...     x = xg.ones(3)
    >>> x.backend
    'numpy'
    """
    token = _current.set(_parse(name, device))
    try:
        yield
    finally:
        _current.reset(token)


class creating_like:  # noqa: N801 - a context manager, and a class only for its speed
    """Make new arrays on the backend and device of a raw array inside a ``with`` block."""

    __slots__ = ("token", "x")

    def __init__(self, x: Raw) -> None:
        self.x = x

    def __enter__(self) -> None:
        self.token = make_like(self.x)

    def __exit__(self, *error: object) -> None:
        make_as_before(self.token)


def on_device_of(x: Raw) -> contextlib.AbstractContextManager[Any]:
    """Compute on the device of a raw array inside a ``with`` block, for code that is no op."""
    backend = backend_of(x)
    if backend.under is not None:
        x = under(x)
        backend = backend_of(x)
    return backend.on_device(backend.device(x))


def make_like(x: Raw) -> Any:
    """Make new arrays on the backend and device of a raw array, until `make_as_before`."""
    backend = BY_TYPE.get(type(x)) or backend_of(x)
    if backend.under is not None:
        x = under(x)
        backend = backend_of(x)
    return _current.set((backend.name, backend.device(x)))


make_as_before = _current.reset
"""Undo `make_like`, which gave the token that this takes."""
