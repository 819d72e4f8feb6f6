"""The GPUs that CuPy has: new arrays on one of them, and random numbers drawn there."""

from __future__ import annotations

import contextlib
import copy
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from xgrad.backends import Namespace
from xgrad.errors import BackendUnavailableError

from . import detect

cp: Any = detect.require("cupy")

__all__ = [
    "Random",
    "asarray",
    "devices",
    "from_numpy",
    "on_device",
    "parse_device",
    "placed",
    "synchronize",
]

STANDARD = Namespace("cupy", "array_api_compat.cupy")


def on_device(device: Any) -> contextlib.AbstractContextManager[Any]:
    """Enter a GPU, if it is not the current one."""
    if device is None or device.id == cp.cuda.runtime.getDevice():
        return contextlib.nullcontext()
    return cp.cuda.Device(device.id)  # type: ignore[no-any-return]


def placed(name: str) -> Callable[..., Any]:
    """Return the creation function of this name, which honours ``device=``."""

    def create(*args: Any, device: Any = None, **kwargs: Any) -> Any:
        if device is None and name.endswith("_like"):
            device = args[0].device
        with on_device(device):
            return getattr(STANDARD, name)(*args, **kwargs)

    return create


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: Any = None) -> Any:
    """Return an array on a GPU; a copy of an array lies where the array does."""
    if device is None and isinstance(obj, cp.ndarray):
        device = obj.device
    with on_device(device):
        if copy is None:
            return cp.asarray(obj, dtype=dtype)
        return STANDARD.asarray(obj, dtype=dtype, copy=copy)


def from_numpy(x: Any, device: Any = None) -> Any:
    """Return an array of NumPy on a GPU."""
    with on_device(device):
        return cp.asarray(x)


def devices() -> list[Any]:
    """Return the usable GPUs."""
    return [cp.cuda.Device(i) for i in range(cp.cuda.runtime.getDeviceCount())]


def parse_device(device: Any) -> Any:
    """Return a GPU by its name, as ``"cuda:1"``."""
    if isinstance(device, cp.cuda.Device):
        return device
    count = cp.cuda.runtime.getDeviceCount()
    found = re.fullmatch(r"(?:cuda|gpu|<CUDA Device )?:?(\d*)>?", str(device))
    if found is None:
        raise ValueError(f"cupy: got device {device!r}; expected one such as 'cuda:0'")
    number = int(found[1] or cp.cuda.runtime.getDevice())
    if number >= count:
        raise BackendUnavailableError(
            f"cupy: device {device!r} cannot be used; usable are cuda:0 to cuda:{count - 1}"
        )
    return cp.cuda.Device(number)


def synchronize(device: Any = None) -> None:
    """Wait for a GPU."""
    (cp.cuda.Device() if device is None else device).synchronize()


class Random:
    """The few methods of ``numpy.random.Generator`` that xgrad needs, drawn on the GPU."""

    def __init__(self, seed: int | None, device: Any = None) -> None:
        self.device = device
        with on_device(device):
            self.bits = cp.random.XORWOW(seed)
        self.generator = cp.random.Generator(self.bits)

    def __deepcopy__(self, memo: Any) -> Random:
        new = copy.copy(self)
        new.bits = copy.copy(self.bits)  # its lock has no copy
        with on_device(self.device):
            new.bits._state = self.bits._state.copy()
        new.generator = cp.random.Generator(new.bits)
        return new

    def random(self, size: Any = None, dtype: Any = None) -> Any:
        """Return numbers between 0 and 1."""
        with on_device(self.device):
            return self.generator.random(size, dtype=dtype or np.float64)

    def standard_normal(self, size: Any = None, dtype: Any = None) -> Any:
        """Return normal numbers; halves are drawn in single precision."""
        dtype = np.dtype(dtype or np.float64)
        drawn = dtype if dtype.char in "fd" else np.dtype(np.float32)
        with on_device(self.device):
            return self.generator.standard_normal(size, dtype=drawn).astype(dtype, copy=False)

    def integers(self, low: int, high: int | None = None, size: Any = None) -> Any:
        """Return integers below a number, or between two."""
        with on_device(self.device):
            return self.generator.integers(low, high, size)

    def permutation(self, n: int) -> Any:
        """Return the first integers in any order."""
        with on_device(self.device):
            return cp.argsort(self.generator.random(n))
