"""Fourier transforms, and cosine and sine transforms."""

from typing import TYPE_CHECKING

from ..names import find
from .cosine import dct, dctn, dst, dstn, idct, idctn, idst, idstn
from .fourier import (
    fft,
    fftfreq,
    fftn,
    fftshift,
    hfft,
    ifft,
    ifftn,
    ifftshift,
    ihfft,
    irfft,
    irfftn,
    rfft,
    rfftfreq,
    rfftn,
)

__all__ = [
    "dct",
    "dctn",
    "dst",
    "dstn",
    "fft",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "idct",
    "idctn",
    "idst",
    "idstn",
    "ifft",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfftn",
    "rfft",
    "rfftfreq",
    "rfftn",
]

if TYPE_CHECKING:  # functions of NumPy's that are made when they are asked for
    from collections.abc import Callable
    from typing import Any

    fft2: Callable[..., Any]
    ifft2: Callable[..., Any]
    irfft2: Callable[..., Any]
    rfft2: Callable[..., Any]


if not TYPE_CHECKING:  # for checkers there are no other names

    def __getattr__(name):
        return find(__name__, name)
