"""An image seen through a blur: the misfit of its spectrum, a loss with a Fourier transform."""

from typing import Any

import numpy
from numpy import ndarray


def inputs(rng: numpy.random.Generator, side: int) -> tuple[ndarray, ...]:
    """Return an image, the blur's transfer function, and the spectrum that was observed."""
    k = numpy.fft.fftfreq(side)
    blur = numpy.exp(-20 * (k[:, None] ** 2 + k**2)) * numpy.exp(-2j * numpy.pi * k)
    observed = blur * numpy.fft.fft2(rng.normal(size=(side, side)))
    return rng.normal(size=(side, side)), blur, observed


def model(np: Any, x: Any, blur: Any, observed: Any) -> Any:
    """Return the mean square of the misfit."""
    misfit = np.fft.fftn(x) * blur - observed
    return np.sum(np.real(misfit) ** 2 + np.imag(misfit) ** 2) / (x.shape[0] * x.shape[1])


def by_hand(x: ndarray, blur: ndarray, observed: ndarray) -> tuple[ndarray]:
    """Return the gradient with respect to the image."""
    misfit = numpy.fft.fftn(x) * blur - observed
    return (2 * numpy.real(numpy.fft.ifftn(numpy.conj(blur) * misfit)),)
