"""Rows of the Fourier transforms."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad as xg

from ..cases import Row, Sample, a
from .samples import sample

__all__ = ["ROWS"]

ONE_AXIS = (
    sample(a(5)),
    sample(a(2, 4), axis=0),
    sample(a(2, 4), n=6),
    sample(a(2, 4), n=3, norm="ortho"),
    sample(a(4), norm="forward"),
    sample(a(2, 3, 2), axis=-2, n=4, norm="forward"),
)
HALF = (*ONE_AXIS, sample(a(4), n=5), sample(a(3), n=4), sample(a(2, 3), n=7, axis=1))
SEVERAL_AXES = (
    sample(a(2, 3)),
    sample(a(2, 3, 4), axes=(0, 2)),
    sample(a(2, 3), s=(3, 4), axes=(0, 1)),
    sample(a(3, 4), s=(2, 3), axes=(1, 0), norm="ortho"),
    sample(a(4), norm="forward"),
)


def _row(name: str, samples: tuple[Sample, ...], dtypes: str, **kwargs: Any) -> Row:
    return Row(
        f"fft.{name}",
        samples,
        dtypes,
        function=getattr(xg.fft, name),
        reference=getattr(np.fft, name),
        **kwargs,
    )


ROWS: tuple[Row, ...] = (
    _row("fft", ONE_AXIS, "c"),
    _row("ifft", ONE_AXIS, "c"),
    _row("fftn", SEVERAL_AXES, "c"),
    _row("ifftn", SEVERAL_AXES, "c"),
    _row("rfft", HALF, "f"),
    _row("irfft", HALF, "c"),
    _row("rfftn", SEVERAL_AXES, "f"),
    _row("irfftn", SEVERAL_AXES, "c"),
    _row("hfft", HALF, "c"),
    _row("ihfft", HALF, "f"),
    *(
        _row(name, (sample(a(5)), sample(a(3, 4)), sample(a(3, 4), axes=1)), "fc")
        for name in ("fftshift", "ifftshift")
    ),
)
