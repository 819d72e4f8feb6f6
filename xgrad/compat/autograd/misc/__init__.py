"""Flattening, stochastic optimisers, fixed points."""

from __future__ import annotations

from .flatten import flatten
from .tracers import const_graph

__all__ = ["const_graph", "flatten"]
