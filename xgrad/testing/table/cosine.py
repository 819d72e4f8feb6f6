"""Rows of the cosine and sine transforms. The reference is SciPy; without it there are none."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import xgrad as xg

from ..cases import Bad, Row, Sample, a
from .samples import sample

__all__ = ["ROWS"]

TYPES: tuple[Sample, ...] = tuple(
    sample(a(2, 5), type=kind, norm=norm)
    for kind, norm in ((1, "backward"), (2, "ortho"), (3, "forward"), (4, "ortho"), (1, "ortho"))
)
ONE_AXIS = (
    sample(a(5)),
    *TYPES,
    sample(a(3, 4), 3, axis=0, norm="ortho"),
    sample(a(4), n=6),
    # SciPy forgets the keyword where the array is complex
    sample(a(4), n=3, norm="ortho", orthogonalize=False, dtypes="f"),
)
SEVERAL_AXES = (*TYPES[1:4], sample(a(2, 3, 4), axes=(0, 2)), sample(a(2, 3), s=(3, 4)))


def _row(name: str, samples: tuple[Sample, ...], bad: tuple[Bad, ...] = ()) -> Row:
    def reference(x: Any, /, *args: Any, **kwargs: Any) -> Any:
        return getattr(importlib.import_module("scipy.fft"), name)(x, *args, **kwargs)

    return Row(
        f"fft.{name}",
        samples,
        "fc",
        function=getattr(xg.fft, name),
        reference=reference,
        keeps=None,
        bad=bad,
    )


BAD = (
    Bad((a(4), 5), {}, ValueError, "type is 5; expected 1, 2, 3 or 4"),
    Bad((a(4),), {"norm": "no"}, ValueError, "norm is 'no'; expected one of backward"),
)
ROWS: tuple[Row, ...] = (
    (
        *(
            _row(name, ONE_AXIS, BAD if name == "dct" else ())
            for name in "dct idct dst idst".split()
        ),
        *(_row(name, SEVERAL_AXES) for name in "dctn idctn dstn idstn".split()),
    )
    if importlib.util.find_spec("scipy")
    else ()
)
