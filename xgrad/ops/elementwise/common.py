"""What the elementwise functions share."""

from __future__ import annotations

from typing import Any, TypeAlias

from ...arrays.array import SCALARS, Array
from ...arrays.types import ArrayLike
from ...backends import COMPLEX, XP
from ...engine.operands import require_array


def is_complex(x: Any) -> bool:
    """Whether an array or raw array is complex."""
    if type(x) in SCALARS:
        return False
    try:
        return (x._raw if isinstance(x, Array) else x).dtype in COMPLEX
    except AttributeError:
        require_array("", "x", x)
        raise


def indicator(xp: XP, condition: Any, *like: Any) -> Any:
    """Return 1 where a condition holds, else 0, in the dtype of the first array of `like`."""
    return xp.astype(condition, next(x.dtype for x in like if type(x) not in SCALARS))


Operand: TypeAlias = ArrayLike
"""An array, or a Python number beside one."""
