"""What an error of a call of NumPy's says of its arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..arrays.array import Array


def tell(
    error: Exception,
    name: str,
    names: Sequence[str],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> None:
    """Add to an error that names no argument what each of them was.

    Such errors come from inside: of a list where a number is expected, or a number that is none.
    """
    text = str(error)
    if name in text or getattr(error, "__notes__", None) or type(error).__module__ != "builtins":
        return
    known = [*names[: len(args)], *("" for _ in args[len(names) :])]
    given = [f"{n}={_shown(x)}" if n else _shown(x) for n, x in zip(known, args, strict=True)]
    given += [f"{n}={_shown(x)}" for n, x in kwargs.items()]
    error.add_note(f"in {name}({', '.join(given)}), of an xgrad.Array")


def _shown(x: Any) -> str:
    if isinstance(x, Array):
        return f"{x.dtype}{list(x.shape)}"
    return f"{x!r:.40}"
