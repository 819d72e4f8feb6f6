"""Which function the user called, for the text of an error that comes up deep below it."""

from __future__ import annotations

import sys

from . import handed

_CHAPTERS = ("xgrad.ops.", "xgrad.linalg.", "xgrad.fft.", "xgrad.special.")
_ENGINE = frozenset(
    f"xgrad.{name}"
    for name in (
        "arrays.array",
        "arrays.methods",
        "arrays.operators",
        "backends.batched",
        "engine.calls.binary",
        "engine.calls.constant",
        "engine.calls.general",
        "engine.calls.unary",
        "engine.definition",
        "engine.frames",
        "engine.operands",
    )
)


def called(path: str) -> str:
    """Return the path of the function that the user called, for the text of an error.

    Walk up the frames of xgrad's own chapters and return the outermost public function: the op that
    failed may be private (`_matmul`) or part of a composed one (`tensordot`).
    """
    found, frame = path, sys._getframe(1)
    while frame is not None:
        module, name = frame.f_globals.get("__name__", ""), frame.f_code.co_name
        if module.startswith(_CHAPTERS):
            chapter = module.split(".")[1]
            candidate = name if chapter == "ops" else f"{chapter}.{name}"
            found = candidate if is_public(candidate) else found
        elif module not in _ENGINE:
            break
        frame = frame.f_back  # type: ignore[assignment]
    return found


def is_public(path: str) -> bool:
    """Whether a path such as ``"linalg.solve"`` leads to a function of the namespace."""
    space, _, name = path.rpartition(".")
    public = handed.namespace
    return name in (getattr(public, space) if space else public).__all__
