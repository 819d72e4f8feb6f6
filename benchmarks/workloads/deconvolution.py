"""An image seen through a blur: the misfit of its spectrum, a loss with a Fourier transform."""

from typing import Any

import numpy as np
from numpy import ndarray


def inputs(rng: np.random.Generator, side: int) -> tuple[ndarray, ...]:
    """Return an image, the blur's transfer function, and the spectrum that was observed."""
    k = np.fft.fftfreq(side)
    blur = np.exp(-20 * (k[:, None] ** 2 + k**2)) * np.exp(-2j * np.pi * k)
    observed = blur * np.fft.fft2(rng.normal(size=(side, side)))
    return rng.normal(size=(side, side)), blur, observed


def model(xp: Any, x: Any, blur: Any, observed: Any) -> Any:
    """Return the mean square of the misfit."""
    misfit = xp.fft.fftn(x) * blur - observed
    return xp.sum(xp.real(misfit) ** 2 + xp.imag(misfit) ** 2) / (x.shape[0] * x.shape[1])


def by_hand(xp: Any, x: ndarray, blur: ndarray, observed: ndarray) -> tuple[ndarray]:
    """Return the gradient with respect to the image."""
    misfit = xp.fft.fftn(x) * blur - observed
    return (2 * xp.real(xp.fft.ifftn(xp.conj(blur) * misfit)),)
