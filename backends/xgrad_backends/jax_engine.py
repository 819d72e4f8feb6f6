"""What compiles whole programs by XLA: `jax.jit`, and JAX's loop."""

from __future__ import annotations

from typing import Any

from .detect import require

jax: Any = require("jax")
jit: Any = jax.jit


def scan(step: Any, carry: Any, xs: Any, count: int, reverse: bool) -> Any:
    """Run a loop whose body is compiled once."""
    return jax.lax.scan(step, carry, xs, length=count, reverse=reverse)


def choose(condition: Any, yes: Any, no: Any) -> Any:
    """Run one of two functions without arguments."""
    return jax.lax.cond(condition, yes, no)
