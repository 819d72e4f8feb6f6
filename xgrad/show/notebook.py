"""What is shown in a Jupyter notebook: pictures and text that are updated where they stand."""

from __future__ import annotations

import base64
import html
import sys
from typing import Any

__all__ = ["Spot", "bar", "cell", "image", "in_notebook", "preformatted"]

_TEXT = "font-family:monospace;font-size:90%;line-height:1.35;white-space:pre;overflow-x:auto"


def _shell() -> Any:
    """Return the running IPython, or None; nothing is imported for it."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def in_notebook() -> bool:
    """Whether the program runs in a Jupyter kernel, which can show HTML."""
    return getattr(_shell(), "kernel", None) is not None


def cell() -> int | None:
    """Return the number of the cell that runs, or None outside a notebook."""
    return int(_shell().execution_count) if in_notebook() else None


class Spot:
    """A place in the output of a cell, whose content can be replaced."""

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, content: str) -> None:
        """Show HTML here, instead of what stood here before."""
        from IPython.display import HTML, display

        if self._handle is None:
            self._handle = display(HTML(content), display_id=True)
        else:
            self._handle.update(HTML(content))


def preformatted(text: str) -> str:
    """Return text as HTML in which columns stay aligned, whatever the page's own style."""
    return f'<pre style="{_TEXT}">{html.escape(text)}</pre>'


def image(png: bytes, alt: str) -> str:
    """Return a picture as HTML; it stays on white, so that it can be read on a dark page."""
    data = base64.b64encode(png).decode()
    return (
        f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{data}" '
        'style="background:white;max-width:100%">'
    )


def bar(done: int, total: int | None, text: str) -> str:
    """Return a bar with a text beside it; without a total, one that only says that it runs."""
    share = f' value="{done}" max="{total}"' if total else ""
    return (
        f'<div style="{_TEXT}"><progress{share} style="width:16em;vertical-align:middle">'
        f"</progress>  {html.escape(text)}</div>"
    )
