"""Seeing every array that is made, with the library's own means, so as to look at its dtype."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from xgrad.backends import BY_TYPE, load

Seen = set[str]


class Watched(np.ndarray):
    """An array of NumPy whose every offspring is noted: results of ufuncs, views, copies."""

    seen: Seen | None = None

    def __array_finalize__(self, parent: Any) -> None:
        if Watched.seen is not None:
            Watched.seen.add(self.dtype.name)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        if Watched.seen is not None:
            Watched.seen.add(array.dtype.name)
        return super().__array_wrap__(array, context, return_scalar)


BY_TYPE[Watched] = load("numpy")  # its arrays mean their numbers

PLAIN = "astype asarray where concat stack zeros ones full zeros_like ones_like full_like arange"
"""Functions of NumPy that make plain arrays of watched ones, or of nothing."""


@contextlib.contextmanager
def _numpy() -> Iterator[Seen]:
    seen: Seen = set()
    xp = load("numpy").xp
    own = {name: getattr(xp, name) for name in PLAIN.split()}

    def noting(function: Any) -> Any:
        return lambda *args, **kwargs: function(*args, **kwargs).view(Watched)

    Watched.seen = seen
    for name, function in own.items():
        setattr(xp, name, noting(function))
    try:
        yield seen
    finally:
        Watched.seen = None
        for name, function in own.items():
            setattr(xp, name, function)


@contextlib.contextmanager
def _strict() -> Iterator[Seen]:
    from array_api_strict._array_object import Array

    seen: Seen = set()
    plain = Array._new.__func__

    def noted(cls: Any, x: Any, /, device: Any) -> Any:
        seen.add(x.dtype.name)
        return plain(cls, x, device)

    Array._new = classmethod(noted)
    try:
        yield seen
    finally:
        Array._new = classmethod(plain)


@contextlib.contextmanager
def _torch() -> Iterator[Seen]:
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    seen: Seen = set()

    def note(x: Any) -> None:
        if isinstance(x, torch.Tensor):
            seen.add(str(x.dtype).removeprefix("torch."))
        elif isinstance(x, (tuple, list)):
            for part in x:
                note(part)

    class Noting(TorchDispatchMode):
        def __torch_dispatch__(self, f: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            out = f(*args, **(kwargs or {}))
            note(out)
            return out

    with Noting():
        yield seen


WAYS = {"numpy": _numpy, "array_api_strict": _strict, "torch": _torch}


def watching(backend: str) -> contextlib.AbstractContextManager[Seen]:
    """Return a context that gives the dtypes of all arrays that a backend makes in it."""
    return WAYS[backend]()


def watched(raw: Any) -> Any:
    """Return a raw array whose offspring are seen."""
    return raw.view(Watched) if isinstance(raw, np.ndarray) else raw
