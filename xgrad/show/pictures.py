"""Figures of matplotlib, as bytes and in a page, and what to say where it is missing."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from ..backends.install import install_line
from .notebook import image, preformatted

__all__ = ["as_bytes", "beside", "figure"]


def figure(what: str, **options: Any) -> Any:
    """Return an empty figure, or say what to install."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            f"{what}: a picture needs matplotlib: {install_line('show')}\n"
            "Text needs nothing: print the result"
        ) from error
    return Figure(**options)


def as_bytes(drawn: Any, kind: str) -> bytes:
    """Return a figure as the bytes of a png, svg or pdf file."""
    file = io.BytesIO()
    drawn.savefig(file, format=kind, dpi=110)
    return file.getvalue()


def beside(text: str, picture: Callable[[], bytes]) -> str:
    """Return HTML of a text and, where it can be drawn, a png picture below it."""
    block = preformatted(text)
    try:
        return block + image(picture(), "the same as a picture")
    except ImportError:
        return block
