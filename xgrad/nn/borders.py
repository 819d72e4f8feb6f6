"""Borders as modules, under PyTorch's names; see `functional.pad` for the modes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..random import Generator
from . import functional as F
from .module import Module, static

Size = int | Sequence[int]


@dataclass(init=False, repr=False, eq=False)
class _Pad(Module):
    padding: tuple[int, ...] = static()

    ndim = 0
    mode = "constant"

    def __init__(self, padding: Size) -> None:
        wide = 2 * self.ndim
        self.padding = (padding,) * wide if isinstance(padding, int) else tuple(padding)
        if len(self.padding) != wide:
            raise ValueError(
                f"{type(self).__name__}: padding is {padding}; expected an integer, or {wide}: "
                "before and after each axis, the last axis first"
            )

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return the input with borders at its last axes."""
        return F.pad(input, self.padding, self.mode)


@dataclass(init=False, repr=False, eq=False)
class ZeroPad1d(_Pad):
    """Zeros at both ends of the last axis.

    Args:
        padding: how many, or how many before and after each axis, the last axis first.
    """

    ndim = 1
    mode = "constant"


@dataclass(init=False, repr=False, eq=False)
class ZeroPad2d(_Pad):
    """Zeros at both ends of the last two axes.

    Args:
        padding: how many, or how many before and after each axis, the last axis first.
    """

    ndim = 2
    mode = "constant"


@dataclass(init=False, repr=False, eq=False)
class ZeroPad3d(_Pad):
    """Zeros at both ends of the last three axes.

    Args:
        padding: how many, or how many before and after each axis, the last axis first.
    """

    ndim = 3
    mode = "constant"


@dataclass(init=False, repr=False, eq=False)
class ReflectionPad1d(_Pad):
    """Reflections, without the border itself, at both ends of the last axis.

    Args:
        padding: how many, or how many before and after each axis, the last axis first.
    """

    ndim = 1
    mode = "reflect"


@dataclass(init=False, repr=False, eq=False)
class ReflectionPad2d(_Pad):
    """Reflections, without the border itself, at both ends of the last two axes.

    Args:
        padding: how many, or how many before and after each axis, the last axis first.
    """

    ndim = 2
    mode = "reflect"


@dataclass(init=False, repr=False, eq=False)
class ReflectionPad3d(_Pad):
    """Reflections, without the border itself, at both ends of the last three axes.

    Args:
        padding: how many, or how many before and after each axis, the last axis first.
    """

    ndim = 3
    mode = "reflect"


@dataclass(init=False, repr=False, eq=False)
class ReplicationPad1d(_Pad):
    """Copies of the border at both ends of the last axis.

    Args:
        padding: how many, or how many before and after each axis, the last axis first.
    """

    ndim = 1
    mode = "replicate"


@dataclass(init=False, repr=False, eq=False)
class ReplicationPad2d(_Pad):
    """Copies of the border at both ends of the last two axes.

    Args:
        padding: how many, or how many before and after each axis, the last axis first.
    """

    ndim = 2
    mode = "replicate"


@dataclass(init=False, repr=False, eq=False)
class ReplicationPad3d(_Pad):
    """Copies of the border at both ends of the last three axes.

    Args:
        padding: how many, or how many before and after each axis, the last axis first.
    """

    ndim = 3
    mode = "replicate"


@dataclass(init=False, repr=False, eq=False)
class CircularPad1d(_Pad):
    """What is at the other end at both ends of the last axis.

    Args:
        padding: how many, or how many before and after each axis, the last axis first.
    """

    ndim = 1
    mode = "circular"


@dataclass(init=False, repr=False, eq=False)
class CircularPad2d(_Pad):
    """What is at the other end at both ends of the last two axes.

    Args:
        padding: how many, or how many before and after each axis, the last axis first.
    """

    ndim = 2
    mode = "circular"


@dataclass(init=False, repr=False, eq=False)
class CircularPad3d(_Pad):
    """What is at the other end at both ends of the last three axes.

    Args:
        padding: how many, or how many before and after each axis, the last axis first.
    """

    ndim = 3
    mode = "circular"


@dataclass(init=False, repr=False, eq=False)
class ConstantPad1d(_Pad):
    """A number at both ends of the last axis.

    Args:
        padding: how many, or how many before and after each axis, the last axis first.
        value: the number.
    """

    value: float = static()

    ndim = 1

    def __init__(self, padding: Size, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return the input with borders at its last axes."""
        return F.pad(input, self.padding, value=self.value)


@dataclass(init=False, repr=False, eq=False)
class ConstantPad2d(_Pad):
    """A number at both ends of the last two axes.

    Args:
        padding: how many, or how many before and after each axis, the last axis first.
        value: the number.
    """

    value: float = static()

    ndim = 2

    def __init__(self, padding: Size, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return the input with borders at its last axes."""
        return F.pad(input, self.padding, value=self.value)


@dataclass(init=False, repr=False, eq=False)
class ConstantPad3d(_Pad):
    """A number at both ends of the last three axes.

    Args:
        padding: how many, or how many before and after each axis, the last axis first.
        value: the number.
    """

    value: float = static()

    ndim = 3

    def __init__(self, padding: Size, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return the input with borders at its last axes."""
        return F.pad(input, self.padding, value=self.value)
