"""autograd's ``const_graph``, which needs no graph here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from .. import refused


def const_graph(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """Return `fun` with some arguments bound; autograd also replays its record, for speed only."""
    return partial(fun, *args, **kwargs)


__getattr__ = refused.lookup(__name__)
