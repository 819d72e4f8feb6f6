"""What lies above the engine and is handed to it when the package is put together.

Rules run on a namespace, and where an outer tape must see a walk that namespace is `xgrad` itself,
which is made of the engine. So that no file of the engine looks upward, `xgrad/__init__.py` hands
it down once, with the product that keeps structural zeros.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

from ..arrays.array import SCALARS
from ..backends import backend_of_type

namespace: ModuleType
"""The public namespace, on which a walk that is recorded runs."""

fused: Callable[..., Any]
"""``fused(f, name, backend, names, least, defaults)``: a function of raw arrays as one kernel.

It is made from the function's record: with `names`, those of its arguments, as one of rows, else as
one of elements; where it stands for less than `least` functions of the library it stays as it is.
Of parameters that a call does not give it takes the `defaults`.
"""


class _Namespaces(dict[type, Any]):
    """What a walk computes with: `xgrad` on arrays that an outer tape must see, else raw code."""

    def __missing__(self, cls: type) -> Any:
        backend = backend_of_type(cls)
        self[cls] = xp = namespace if backend is None else backend.xp
        return xp


class _StrongProducts(dict[type, Any]):
    """For each type of cotangent the product in which a zero stays zero; see `strong_multiply`."""

    op: Any

    def __missing__(self, cls: type) -> Any:
        backend = backend_of_type(cls)
        product = self.op if backend is None else backend.strong_multiply or backend.zero_wins

        def times(g: Any, p: Any) -> Any:
            return g * p if type(p) in SCALARS and math.isfinite(abs(p)) else product(g, p)

        self[cls] = times
        return times


NAMESPACES = _Namespaces()
STRONG = _StrongProducts()


def strong(g: Any, p: Any) -> Any:
    """Return the product in which zero times anything is zero."""
    return STRONG[type(g)](g, p)


def hand(public: ModuleType, strong_multiply: Callable[..., Any], fuse: Callable[..., Any]) -> None:
    """Hand the engine the namespace, the strong product, and what makes kernels of bodies."""
    global namespace, fused
    namespace, fused = public, fuse
    STRONG.op = strong_multiply
