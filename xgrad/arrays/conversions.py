"""What an array becomes outside of the tape: NumPy's arrays, numbers of Python's, other libraries'.

Each way drops the gradient: one that the user asks for, as ``item()``, notes that, and one that
others take, as ``numpy.asarray``, is an error for a tracked array.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

import numpy as np

from .. import errors
from ..backends import COMPLEX, REAL, Raw, backend_of
from .node import is_recording, left
from .operators import Data

N = TypeVar("N")


class Conversions(Data):
    """The ways out of the tape, of which a tracked array refuses those that nobody asked for."""

    __slots__ = ()

    backend: Any
    device: Any

    def _untracked(self, what: str) -> Raw:
        """Return the data, or say that `what` would drop the gradient."""
        if self._node is None:
            return self._raw
        left(what, self._node)
        if is_recording():
            from . import leaving  # only for what is mostly an error

            if what != "float()" or not leaving.judges_an_error():
                text = leaving.message(what, self.dtype, self.shape)
                raise errors.TracedConversionError(text)
        return self._raw

    def item(self, *index: Any) -> Any:
        """Return the only element, or the one at an index, as a Python number, off the tape.

        It is the user's way to leave the tape, and an error in SciPy and scikit-learn.

        Args:
            *index: as NumPy's method takes it: nothing, one number that counts in C order, or one
                for each axis.

        Returns:
            A number of Python's.

        Raises:
            ValueError: if there is no index, and not exactly one element.
        """
        if self._node is not None:
            if _is_library(sys._getframe(1)):
                self._untracked("item()")
            left("item()", self._node)
        if index:
            return self._numpy().item(*index)
        if self.size != 1:
            raise ValueError(
                f"item: got shape {self.shape}; expected exactly one element. "
                "Use x.tolist() for all of them, or x[i].item() for one"
            )
        return self._raw.item() if hasattr(self._raw, "item") else self._numpy().item()

    def tolist(self) -> Any:
        """Return the elements as nested lists of Python numbers, off the tape."""
        if self._node is not None:
            if _is_library(sys._getframe(1)):
                self._untracked("tolist()")
            left("tolist()", self._node)
        return self._numpy().tolist()

    def _numpy(self) -> Any:
        return backend_of(self._raw).to_numpy(self._raw)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        self._untracked("numpy.asarray")
        if not backend_of(self._raw).exports:
            raise TypeError(
                f"numpy.asarray: got an array of {self.backend} on {self.device}, "
                f"{self.dtype}{list(self.shape)}, which is not copied to the host unasked. Write "
                "x.to_backend('numpy') if that is meant"
            )
        return np.array(self._numpy(), dtype=dtype, copy=copy)

    def _sympy_(self) -> Any:  # what SymPy asks of objects that it does not know
        self._untracked("sympy.sympify")
        x = self._numpy()
        return sys.modules["sympy"].sympify(x if x.ndim else x.item())

    def _number(self, cls: Callable[[Any], N]) -> N:
        """Return the only element as a Python number of a class."""
        raw = self._untracked(f"{cls.__name__}()")
        try:
            return cls(raw)
        except TypeError:
            if self.size == 1:
                raise
            raise TypeError(
                f"{cls.__name__}(): got {self.dtype}{list(self.shape)}; expected one element. "
                f"{cls.__name__}(x[i]) is that of one, and x.tolist() has all of them"
            ) from None

    def __float__(self) -> float:
        return self._number(float)

    def __complex__(self) -> complex:
        return self._number(complex)

    def __int__(self) -> int:
        return self._number(int)

    def __index__(self) -> int:
        if self._raw.dtype in REAL or self._raw.dtype in COMPLEX:
            raise TypeError(
                f"an index, a length or a count must be an integer; got an array of {self.dtype}. "
                "Use int(x.item()), or x.astype(xgrad.int64) to index an array"
            )
        return int(self._raw)

    def __bool__(self) -> bool:
        try:
            return bool(self._raw)
        except (ValueError, RuntimeError) as error:
            if isinstance(error, errors.XgradError) or self.size == 1:
                raise
            raise ValueError(
                f"bool(): got {self.dtype}{list(self.shape)}; expected one element, since `if`, "
                "`and`, max() and their like need one answer. Use xgrad.all(x) or xgrad.any(x) for "
                "one, and xgrad.where(x, a, b) or xgrad.maximum(a, b) element by element"
            ) from None

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        given = {"stream": stream, "max_version": max_version, "dl_device": dl_device, "copy": copy}
        given = {name: value for name, value in given.items() if value is not None}
        self._untracked("from_dlpack")
        return self._exporting().__dlpack__(**given)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._exporting().__dlpack_device__()  # type: ignore[no-any-return]

    def _exporting(self) -> Any:
        """Return the raw array, or its values if it has no DLPack, as those of Dask."""
        return self._raw if hasattr(self._raw, "__dlpack__") else self._numpy()

    @property
    def __cuda_array_interface__(self) -> Any:
        # CuPy takes any object with this attribute for one of its own arrays, so it must be there
        # for untracked data on a GPU, and refuse tracked data. No `__getattr__`, which would make
        # every attribute of every array three times slower.
        interface = self._raw.__cuda_array_interface__  # what lacks it lacks it here too
        self._untracked("a CUDA array interface")
        return interface


def _is_library(frame: FrameType) -> bool:
    """Return whether the code that runs is of a library that asks arrays for their numbers."""
    return frame.f_globals.get("__name__", "").partition(".")[0] in ("scipy", "sklearn")
