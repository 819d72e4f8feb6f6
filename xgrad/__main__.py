"""``python -m xgrad``: which backends and devices work here, and for the others, what to type.

``python -m xgrad NAME ...`` shows only these backends, and exits with 1 if one cannot be used.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from importlib import metadata

from xgrad_backends.detect import LIBRARIES, Status, status

from . import backends, errors
from .hooks import ABOUT, HOOKS

HEADER = ("backend", "state", "version", "devices")


def survey(name: str) -> tuple[Status, str]:
    """Find out whether a backend works, and on which devices; never raises."""
    found = status(name) if name in LIBRARIES else Status(name)
    if found.state != "ok":
        return found, ""
    try:
        devices = [_label(device) for device in backends.load(name).devices()]
    except errors.UnknownBackendError as error:
        return Status(name, "unknown", message=str(error)), ""
    except Exception as error:  # an adapter of another package may fail in any way
        return Status(name, "broken", found.version, f"{type(error).__name__}: {error}"), ""
    return found, ", ".join(devices)


def _label(device: object) -> str:
    """Return the name in the text of a device, as in ``<CUDA Device 0>`` or ``Device('gpu1')``."""
    return re.sub(r".*\('(.*)'\)", r"\1", str(device)).strip("<>")


def names() -> list[str]:
    """Return the names of all known adapters, those of other packages last."""
    others = (point.name for point in metadata.entry_points(group="xgrad.backends"))
    return list(dict.fromkeys([*backends.ADAPTERS, *others]))


def show_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Print a table with rich where it is installed, else as plain text."""
    try:
        from rich.box import SIMPLE
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        widths = [max(map(len, column)) for column in zip(HEADER, *rows, strict=True)]
        for cells in (HEADER, *rows):
            padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
            print("  ".join(padded).rstrip())
        return
    table = Table(*HEADER, box=SIMPLE)
    for name, state, *rest in rows:
        table.add_row(name, Text(state, "green" if state == "ok" else "red"), *map(Text, rest))
    Console().print(table)


def main(wanted: Sequence[str] = ()) -> int:
    """Print what works, and what to type for what does not; return the exit status."""
    found = [survey(name) for name in wanted or names()]
    show_table([(each.name, each.state, each.version, devices) for each, devices in found])
    unusable = [each for each, _ in found if each.state != "ok"]
    for each in unusable:
        print(f"{each.name}: {each.message}" + f"\n    {each.fix}" * bool(each.fix))
    if not wanted:
        show_hooks()
    return int(bool(wanted) and bool(unusable))


def show_hooks() -> None:
    """Print what xgrad changes in other libraries when they are imported, and how not to."""
    print("hooks (xgrad.hooks.disable() switches those of SciPy off):")
    for hook, about in ABOUT.items():
        places = [name for name, used in HOOKS.items() if used == hook]
        print(f"    {', '.join(places)}: {about}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
