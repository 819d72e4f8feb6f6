"""Random numbers in a program: each draw is a step of it."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

__all__ = ["Stream"]


class Stream:
    """What stands for a library's random generator while a program is recorded.

    Each draw is an equation with an effect. A copy of it gives again what was drawn after it was
    made, as recomputation under `checkpoint` needs.
    """

    def __init__(self, trace: Any, raw: Any, symbol: Any, drawn: list[Any] | None = None) -> None:
        self.trace, self.raw, self.symbol = trace, raw, symbol
        self.drawn: list[Any] = [] if drawn is None else drawn
        self.at: int | None = None  # where a copy has arrived
        self.before = copy.deepcopy(raw._raw) if raw is symbol else None

    def __deepcopy__(self, memo: Any) -> Stream:
        again = Stream(self.trace, self.raw, self.symbol, self.drawn)
        again.at = len(self.drawn) if self.at is None else self.at
        return again

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self._draw(name, args, kwargs)

    def _draw(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self.at is not None and self.at < len(self.drawn):
            self.at += 1
            return self.drawn[self.at - 1]
        trace = self.trace
        cls = trace.cls

        def draw(generator: Any, *args: Any, **kwargs: Any) -> Any:
            stream = getattr(generator, "_raw", generator)
            out = getattr(stream, name)(*args, **kwargs)
            return np.asarray(out) if isinstance(out, (float, int, np.generic)) else out

        draw.__name__ = name
        value = draw(self.raw, *args, **kwargs)
        made = trace.record(
            cls, f"random.{name}", draw, (self.symbol, *args), dict(kwargs), value, effect=True
        )
        self.drawn.append(made)
        return made
