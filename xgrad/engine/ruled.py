"""The kind of op that states its own walks: see `engine.kinds` for the others."""

# ruff: noqa: D102 - the methods of the kinds are explained in `Kind`

from __future__ import annotations

import operator
from collections.abc import Callable
from operator import itemgetter
from typing import Any

from .definition import Op
from .kinds import Keeps, Kind, Tracked, Walk
from .lifting import as_arrays
from .partials import asking, names_of
from .projection import fitted, spread_to, tangents
from .transposing import transposed
from .unused import apart


class Ruled(Kind):
    """An op with a vjp of its own, and a jvp of its own or the transpose of the vjp.

    `strong` is the vjp for a cotangent with structural zeros, and `core` says how many of the last
    axes of its arguments it works on together; see `op.rule`.
    """

    sort = "rows"

    def __init__(
        self,
        op: Op,
        vjp: Any,
        jvp: Any,
        zeros: bool,
        own: Any = None,
        strong: Any = None,
        core: int | None = None,
    ) -> None:
        super().__init__(op, zeros, own)
        self.vjp, self.jvp, self.strong, self.core = vjp, jvp, strong or vjp, core
        self.fits = jvp is not None  # the transpose of a vjp must know what the result is like

    def stated(self, tracked: Tracked) -> list[Any]:
        return [f for f in (self.vjp, self.jvp) if f is not None]

    def asked(self, tracked: Tracked) -> set[str]:
        root = [] if self.own is None else self.own.names  # its square has the same parameters
        several = self.jvp is not None and len(self.op.arrays) > 1
        return super().asked(tracked).union(root, ["likes"] if several else [])

    def walks(self, tracked: Tracked, keeps: Keeps) -> tuple[Walk, Walk, Walk]:
        pull_all = self._pull(self.vjp, tracked, keeps)
        plainly = fitted(pull_all)
        strongly = fitted(apart(self._pull(self.strong, tracked, keeps), self._together(keeps)))

        def pull_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
            return (plainly if times is operator.mul else strongly)(xp, g, saved, fit, times)

        def push_by_vjp(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
            saved = as_arrays(saved)
            return transposed(lambda xp, g: plainly(xp, g, saved, fit, times), ts, fit)

        return pull_all, pull_to, self._push(tracked, keeps) if self.jvp else push_by_vjp

    def _pull(self, vjp: Any, tracked: Tracked, keeps: Keeps) -> Walk:
        """Return ``pull`` by a vjp: the cotangents of the tracked arguments."""
        ask, choose = asking(names_of(vjp, 2), keeps), itemgetter(*tracked)
        if len(self.op.arrays) == 1:
            return lambda xp, g, saved: vjp(xp, g, *ask(saved))
        return lambda xp, g, saved: choose(vjp(xp, g, *ask(saved)))

    def _together(self, keeps: Keeps) -> Callable[[int, Any], tuple[int, ...]]:
        """Return ``together(ndim, saved)``: the axes that the op works on together."""
        core = self.core
        if core is not None:
            return lambda ndim, saved: tuple(range(ndim - core, ndim))
        named = [name for name in keeps if name in ("axis", "axes")]
        if not named:
            return lambda ndim, saved: tuple(range(ndim))
        ask = asking(named, keeps)

        def together(ndim: int, saved: Any) -> tuple[int, ...]:
            (axis,) = ask(saved)
            axes: Any = (axis,) if isinstance(axis, int) else axis
            if axes is None:
                axes = range(ndim)
            return tuple(sorted(a % ndim for a in axes))

        return together

    def _push(self, tracked: Tracked, keeps: Keeps) -> Walk:
        """Return ``push`` by the op's own jvp."""
        jvp, ask, alone = self.jvp, asking(names_of(self.jvp, 2), keeps), len(self.op.arrays) == 1
        ask_likes = asking([] if alone else ["likes"], keeps)

        def push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
            given = ts[0] if alone else tuple(tangents(ts, tracked, list(*ask_likes(saved))))
            t = jvp(xp, given, *ask(saved))
            if not fit:
                return t
            if isinstance(t, tuple):
                return tuple(spread_to(xp, p, *like) for p, like in zip(t, fit[0], strict=True))
            return spread_to(xp, t, *fit[0])

        return push
