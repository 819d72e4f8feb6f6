"""The calls of `vmap` that are running here, and what random numbers are inside them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from ... import errors
from .batch import Batch, NotBatchedError

__all__ = [
    "drawn",
    "ended",
    "levels",
    "require_running",
    "running",
    "running_levels",
    "without",
]

_running: ContextVar[tuple[tuple[Any, str | None], ...]] = ContextVar("xgrad_vmap", default=())


@contextlib.contextmanager
def running(level: Any, randomness: str | None) -> Iterator[None]:
    """Let a call of `vmap` run in the block, and random numbers be drawn as was said for it."""
    token = _running.set((*_running.get(), (level, randomness)))
    try:
        yield
    finally:
        _running.reset(token)


running_levels = _running.get
"""The calls of `vmap` that are running here, each with what random numbers are inside it."""


_ended: ContextVar[tuple[Any, ...]] = ContextVar("xgrad_vmap_ended", default=())

ended = _ended.get
"""The calls of `vmap` of which one example is done alone here."""


@contextlib.contextmanager
def without(gone: tuple[Any, ...]) -> Iterator[None]:
    """Let a block do one example alone: calls of `vmap` that run around it do not run in it."""
    tokens = (
        _running.set(tuple(pair for pair in _running.get() if pair[0] not in gone)),
        _ended.set((*_ended.get(), *gone)),
    )
    try:
        yield
    finally:
        _running.reset(tokens[0])
        _ended.reset(tokens[1])


def levels() -> list[Any]:
    """Return the levels of the calls of `vmap` that are running, the outermost first."""
    return [level for level, _ in running_levels()]


def require_running(raw: Any, what: str) -> None:
    """Raise for a batch of a call of `vmap` that has ended: it stands for all of its examples."""
    if isinstance(raw, Batch) and raw.level not in levels():
        raise NotBatchedError(
            f"{what}: a result is made of an array kept from inside a vmap, which is over, "
            "and stands for all its examples. Let the mapped function return what is needed "
            "outside"
        )


def drawn(shape: tuple[int, ...], draw: Callable[[tuple[int, ...]], Any]) -> Any:
    """Return raw random numbers of a shape: a batch of them where examples are to have others."""
    running = _running.get()
    if any(mode is None for _, mode in running):
        raise errors.XgradError(
            "vmap: f draws random numbers. Say randomness='different' for other numbers in each "
            "example, or randomness='same' for the same in all"
        )
    own = [level for level, mode in running if mode == "different"]
    raw = draw((*(level.count for level in own), *shape))
    for level in sorted(own, key=lambda level: level.kind.rank):
        raw = _entered(raw, level, own)
    return raw


def _entered(raw: Any, level: Any, own: list[Any]) -> Any:
    """Make a batch of the axis of a level; those of smaller rank are batches by now."""
    from .border import enter  # it imports what imports this

    axis = sum(other.kind.rank > level.kind.rank for other in own[: own.index(level)])
    return enter(raw, level, axis)
