"""Dropout as modules; see `functional` for what each does."""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from typing import ClassVar

from . import functional as F
from .applied import Applied
from .module import static


@dataclass(repr=False, eq=False)
class _Drop(Applied):
    """A module that drops elements at random in training.

    Args:
        p: the probability of an element to be dropped.
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    is_random: ClassVar[bool] = True
    p: float = static(default=0.5)
    inplace: InitVar[bool] = False

    def __post_init__(self, inplace: bool) -> None:
        super().__post_init__()
        if not 0 <= self.p <= 1:
            raise ValueError(
                f"{type(self).__name__}: p is {self.p}; expected a probability, 0 to 1"
            )


@dataclass(repr=False, eq=False)
class Dropout(_Drop):
    """Elements set to 0 at random in training; see `functional.dropout`.

    Args:
        p: the probability of one to be dropped.
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    function = staticmethod(F.dropout)


@dataclass(repr=False, eq=False)
class Dropout1d(_Drop):
    """Channels of sequences set to 0 at random in training; see `functional.dropout1d`.

    Args:
        p: the probability of one to be dropped.
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    function = staticmethod(F.dropout1d)


@dataclass(repr=False, eq=False)
class Dropout2d(_Drop):
    """Channels of images set to 0 at random in training; see `functional.dropout2d`.

    Args:
        p: the probability of one to be dropped.
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    function = staticmethod(F.dropout2d)


@dataclass(repr=False, eq=False)
class Dropout3d(_Drop):
    """Channels of volumes set to 0 at random in training; see `functional.dropout3d`.

    Args:
        p: the probability of one to be dropped.
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    function = staticmethod(F.dropout3d)


@dataclass(repr=False, eq=False)
class AlphaDropout(_Drop):
    """Elements dropped so that mean and variance are kept; see `functional.alpha_dropout`.

    Args:
        p: the probability of one to be dropped.
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    function = staticmethod(F.alpha_dropout)


@dataclass(repr=False, eq=False)
class FeatureAlphaDropout(_Drop):
    """Channels dropped as `AlphaDropout` drops elements; see `functional.feature_alpha_dropout`.

    Args:
        p: the probability of one to be dropped.
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    function = staticmethod(F.feature_alpha_dropout)
