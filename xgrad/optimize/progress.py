"""The line that shows how far an optimisation is, and the callback that may stop it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any


class Stopped(Exception):  # noqa: N818 - it is a signal, not an error
    """The callback asked to stop."""


class Watch:
    """Counts iterations, shows them, and calls the callback.

    Args:
        callback: ``callback(x)`` gets the parameters after each iteration; it stops the solver by
            returning True or raising StopIteration.
        progress: whether to show a line, by rich if it is installed and this is a terminal.
    """

    def __init__(self, callback: Callable[[Any], Any] | None, progress: bool) -> None:
        self.callback, self.progress = callback, progress
        self.nit = 0
        self.value: float | None = None
        self.slope: float | None = None
        self._status: Any = None
        self._shown = 0.0

    def __enter__(self) -> Watch:
        if self.progress and sys.stderr.isatty():
            try:
                from rich.console import Console
            except ModuleNotFoundError:
                return self
            self._status = Console(stderr=True).status("starting")
            self._status.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._status is not None:
            self._status.stop()
        if self.progress:
            print(f"{self.line()}, done", file=sys.stderr)

    def line(self) -> str:
        """Return the line: iteration, value, and the largest slope."""
        words = [f"iteration {self.nit:4d}"]
        if self.value is not None:
            words.append(f"f = {self.value:.6e}")
        if self.slope is not None:
            words.append(f"|gradient| = {self.slope:.1e}")
        return ", ".join(words)

    def step(self, x: Callable[[], Any]) -> None:
        """Note that an iteration ended at ``x()``."""
        self.nit += 1
        now = time.monotonic()
        if self.progress and now - self._shown > 0.1:
            self._shown = now
            if self._status is not None:
                self._status.update(self.line())
            else:
                print(self.line(), file=sys.stderr)
        if self.callback is not None:
            try:
                stop = self.callback(x())
            except StopIteration:
                stop = True
            if stop is True:
                raise Stopped
