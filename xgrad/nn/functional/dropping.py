"""Dropout: elements, channels, and those of networks that normalise themselves."""

from __future__ import annotations

import math
from typing import Any

import xgrad as xg

from ...arrays.array import Array
from ...arrays.types import as_given
from ...random import Generator
from .checks import torch_spelled
from .piecewise import required


def _probability(p: float, function: str) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"{function}: p is {p}; expected a probability, 0 to 1")


def _kept(x: Any, shape: tuple[int, ...], p: float, rng: Generator | None, function: str) -> Any:
    """Return where elements, or channels, are kept."""
    drawn = xg.float32 if x.dtype.itemsize <= 4 else xg.float64
    return required(rng, function).random(shape, dtype=drawn) >= p


@as_given
@torch_spelled
def dropout(
    input: Array, p: float = 0.5, training: bool = True, rng: Generator | None = None
) -> Array:
    """Return the input with elements set to 0 at random, and the others divided by ``1 - p``.

    Args:
        input: the array.
        p: the probability of an element to be set to 0.
        training: whether to do it at all.
        rng: a generator, as of `xgrad.random.default_rng`; needed when there is chance.

    Returns:
        An array of the shape of the input, with the same mean: arXiv:1207.0580.

    Raises:
        ValueError: if `p` is no probability, or a generator is missing.
    """
    return _dropped(input, p, training, rng, "dropout", tuple(input.shape))


def _dropped(
    x: Any, p: float, training: bool, rng: Generator | None, function: str, shape: tuple[int, ...]
) -> Any:
    """Return an array with elements dropped; those along axes of length 1 in `shape` together."""
    _probability(p, function)
    if not training or p == 0:
        return x
    kept = _kept(x, shape, p, rng, function)
    return x * 0.0 if p == 1 else xg.where(kept, x, 0.0) * (1 / (1 - p))


def _channels(x: Any, ndim: int, function: str) -> tuple[int, ...]:
    """Return a shape with one element for each channel."""
    if len(x.shape) not in (ndim + 1, ndim + 2):
        raise ValueError(
            f"{function}: input has shape {tuple(x.shape)}; expected (batch, channels) and {ndim} "
            "more axes, or the same without the batch"
        )
    return (*x.shape[: len(x.shape) - ndim], *(1,) * ndim)


@as_given
@torch_spelled
def dropout1d(
    input: Array, p: float = 0.5, training: bool = True, rng: Generator | None = None
) -> Array:
    """Return the input with whole channels set to 0 at random: Tompson et al., arXiv:1411.4280.

    Args:
        input: of shape ``(batch, channels, length)``, or without the batch.
        p: the probability of a channel to be set to 0.
        training: whether to do it at all.
        rng: a generator, as of `xgrad.random.default_rng`; needed when there is chance.

    Returns:
        An array of the shape of the input, with the same mean.
    """
    return _dropped(input, p, training, rng, "dropout1d", _channels(input, 1, "dropout1d"))


@as_given
@torch_spelled
def dropout2d(
    input: Array, p: float = 0.5, training: bool = True, rng: Generator | None = None
) -> Array:
    """Return the input with whole channels set to 0 at random: Tompson et al., arXiv:1411.4280.

    Args:
        input: of shape ``(batch, channels, height, width)``, or without the batch.
        p: the probability of a channel to be set to 0.
        training: whether to do it at all.
        rng: a generator, as of `xgrad.random.default_rng`; needed when there is chance.

    Returns:
        An array of the shape of the input, with the same mean.
    """
    return _dropped(input, p, training, rng, "dropout2d", _channels(input, 2, "dropout2d"))


@as_given
@torch_spelled
def dropout3d(
    input: Array, p: float = 0.5, training: bool = True, rng: Generator | None = None
) -> Array:
    """Return the input with whole channels set to 0 at random: Tompson et al., arXiv:1411.4280.

    Args:
        input: of shape ``(batch, channels, depth, height, width)``, or without the batch.
        p: the probability of a channel to be set to 0.
        training: whether to do it at all.
        rng: a generator, as of `xgrad.random.default_rng`; needed when there is chance.

    Returns:
        An array of the shape of the input, with the same mean.
    """
    return _dropped(input, p, training, rng, "dropout3d", _channels(input, 3, "dropout3d"))


_LOW = -1.7580993408473766  # minus alpha times scale of `selu`: where it goes far below 0


def _alpha_dropped(
    x: Any, p: float, training: bool, rng: Generator | None, function: str, shape: tuple[int, ...]
) -> Any:
    _probability(p, function)
    if not training or p == 0:
        return x
    if p == 1:
        return x * 0.0
    kept = _kept(x, shape, p, rng, function)
    a = 1 / math.sqrt((1 - p) * (1 + p * _LOW**2))
    return xg.where(kept, x, _LOW) * a - a * p * _LOW


@as_given
@torch_spelled
def alpha_dropout(
    input: Array, p: float = 0.5, training: bool = False, rng: Generator | None = None
) -> Array:
    """Drop elements so that a mean of 0 and a variance of 1 are kept, as behind `selu`.

    Args:
        input: the array.
        p: the probability of an element to be set to what `selu` is far below 0.
        training: whether to do it at all.
        rng: a generator, as of `xgrad.random.default_rng`; needed when there is chance.

    Returns:
        An array of the shape of the input: Klambauer et al., arXiv:1706.02515.
    """
    return _alpha_dropped(input, p, training, rng, "alpha_dropout", tuple(input.shape))


@as_given
@torch_spelled
def feature_alpha_dropout(
    input: Array, p: float = 0.5, training: bool = False, rng: Generator | None = None
) -> Array:
    """Drop whole channels as `alpha_dropout` drops elements.

    Args:
        input: of shape ``(batch, channels, ...)``.
        p: the probability of a channel to be dropped.
        training: whether to do it at all.
        rng: a generator, as of `xgrad.random.default_rng`; needed when there is chance.

    Returns:
        An array of the shape of the input.

    Raises:
        ValueError: if the input has no channels.
    """
    if len(input.shape) < 2:
        raise ValueError(
            f"feature_alpha_dropout: input has shape {tuple(input.shape)}; expected (batch, "
            "channels, ...)"
        )
    shape = (*input.shape[:2], *(1,) * (len(input.shape) - 2))
    return _alpha_dropped(input, p, training, rng, "feature_alpha_dropout", shape)
