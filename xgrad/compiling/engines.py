"""What runs a program, by name."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import errors
from .program import Program
from .replay import Source

__all__ = ["ENGINES", "engine_named", "faster"]

logger = logging.getLogger("xgrad.compile")


def _numpy(program: Program, donated: frozenset[Any], **options: Any) -> Source:
    if program.backend.kernels is not None:
        from .device import DeviceSource  # a library of a device

        return DeviceSource(program, donated=donated, **options)
    return Source(program, donated=donated, **options)


def _native(program: Program, donated: frozenset[Any], **options: Any) -> Source:
    from .native import NativeSource  # it needs ctypes, and a compiler

    if np.ndarray not in program.backend.array_types:
        return _numpy(program, donated, **options)
    return NativeSource(program, donated=donated, **options)


def _jax(program: Program, donated: frozenset[Any]) -> Any:
    from .xla import XlaSource  # it needs JAX

    return XlaSource(program)


def _graphs(program: Program, donated: frozenset[Any], **options: Any) -> Source:
    if program.backend.kernels is None:
        raise ValueError(
            f"compile: engine='cuda-graph' runs programs of arrays on a GPU; this one is of "
            f"{program.backend.name}"
        )
    return _numpy(program, donated, graphs=True, **options)


ENGINES: dict[str, Callable[..., Any]] = {
    "numpy": _numpy,
    "native": _native,
    "jax": _jax,
    "cuda-graph": _graphs,
}
"""For each name what makes the source of a program, with the inputs that are given away."""

OFTEN = 50
"""After how many calls ``engine="auto"`` takes the native engine."""


def engine_named(name: str) -> Callable[..., Any]:
    """Return what makes the source of a program, which ``compiled()`` makes runnable."""
    if name == "auto":
        return ENGINES["numpy"]
    if name not in ENGINES:
        raise ValueError(
            f"compile: engine is {name!r}; expected one of {sorted([*ENGINES, 'auto'])}"
        )
    return ENGINES[name]


def faster(program: Program, donated: frozenset[Any]) -> Source | None:
    """Return the native source of a program, compiled; None where there is no compiler."""
    from .toolchain import compiler

    if compiler() is None or np.ndarray not in program.backend.array_types:
        return None
    try:
        source: Source = ENGINES["native"](program, donated)
        source.compiled()()
    except errors.BackendUnavailableError as error:
        logger.warning("the native engine cannot be used: %s", error)
        return None
    logger.info(
        "%s was called %d times: it runs on the native engine now, whose exponentials and the like "
        "may differ from NumPy's in the last bits, by at most 4 units in the last place",
        program.name,
        OFTEN,
    )
    return source
