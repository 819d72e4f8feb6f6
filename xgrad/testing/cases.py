"""What the op table is made of: rows, their samples, and the arrays that a sample asks for."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

import xgrad as xg
from xgrad.backends import Backend, load

__all__ = ["Bad", "Case", "Place", "Row", "Sample", "Spec", "a", "booleans", "fixed", "integers"]

DTYPES = {
    "b": ("bool",),
    "i": ("int32", "int64"),
    "f": ("float32", "float64"),
    "c": ("complex64", "complex128"),
}
"""The dtypes that a letter in a row stands for."""

REAL_OF = {"complex64": "float32", "complex128": "float64"}
SINGLE_OF = {"float64": "float32", "complex128": "complex64"}
DOUBLE_OF = {double: single for single, double in SINGLE_OF.items()} | {
    single: double for double, single in SINGLE_OF.items()
}
GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class Place:
    """Where a check runs: a backend, a device of it, and whether inputs are made read-only.

    Attributes:
        name: how it is called, as in ``"torch:meta"`` or ``"numpy:readonly"``.
        backend: the adapter.
        device: one of its devices.
        readonly: whether writing to an input is to be an error.
        has_values: whether arrays there have values that can be looked at.
    """

    name: str
    backend: Backend
    device: Any
    readonly: bool
    has_values: bool

    @classmethod
    def named(cls, name: str) -> Place:
        """Return the place of a name such as ``"torch:meta"`` or ``"numpy:readonly"``."""
        root, _, suffix = name.partition(":")
        readonly = suffix == "readonly"
        backend = load(root)
        device = backend.parse_device(suffix) if suffix and not readonly else backend.devices()[0]
        try:
            backend.to_numpy(backend.from_numpy(np.zeros(1), device))
        except (TypeError, NotImplementedError, RuntimeError):  # as on torch's meta device
            return cls(name, backend, device, readonly, has_values=False)
        return cls(name, backend, device, readonly, has_values=True)

    def has(self, dtype: str) -> bool:
        """Whether the library has a dtype."""
        return np.dtype(dtype) in self.backend.dtypes

    @property
    def rounds_by_layout(self) -> bool:
        """Whether products have other last bits for operands that lie otherwise in memory.

        A GPU's libraries choose their kernels so, and find eigenvalues less exactly.
        """
        return self.backend.name == "cupy"

    def raw(self, values: Any, layout: str = "") -> Any:
        """Return a raw array with the values of a NumPy array, laid out in memory as asked.

        Args:
            values: an array of NumPy.
            layout: ``"transposed"``, ``"strided"``, ``"reversed"``, ``"broadcast"``, or contiguous.

        Returns:
            A raw array of this place's library, on its device.
        """
        xp, make = self.backend.xp, self._contiguous
        if layout == "transposed":
            raw = xp.permute_dims(make(values.T.copy()), tuple(range(values.ndim))[::-1])
        elif layout == "strided":
            wide = np.repeat(values, 2, axis=-1)
            raw = self.backend.getitem(make(wide), (..., slice(None, None, 2)))
        elif layout == "reversed":
            raw = xp.flip(make(np.flip(values).copy()))
        elif layout == "broadcast":
            raw = xp.broadcast_to(make(values[:1].copy()), values.shape)
        else:
            raw = make(values)
        if self.readonly:
            raw.flags.writeable = False
        return raw

    def _contiguous(self, values: Any) -> Any:
        raw = self.backend.from_numpy(np.array(values), self.device)
        if self.readonly:
            raw.flags.writeable = False
        return raw

    def numpy(self, x: Any) -> Any:
        """Return the values of an `Array` or raw array."""
        return np.asarray(self.backend.to_numpy(x.data if isinstance(x, xg.Array) else x))


@dataclass(frozen=True)
class Spec:
    """An array that a sample asks for.

    Attributes:
        shape: its shape.
        low: the least of its values; of both parts of complex ones.
        high: the largest of them.
        kind: ``"any"`` for the dtype that is being tested, ``"real"`` for the real one of its
            precision, ``"single"`` for its 32-bit one, or the name of a fixed dtype.
        layout: ``"transposed"``, ``"strided"``, ``"reversed"``, ``"broadcast"``, or contiguous.
        values: the values, where chance will not do.
    """

    shape: tuple[int, ...]
    low: float = -2.0
    high: float = 2.0
    kind: str = "any"
    layout: str = ""
    values: Any = None

    @property
    def varies(self) -> bool:
        """Whether derivatives with respect to this array are checked."""
        return self.kind in ("any", "real", "single")

    def dtype(self, dtype: str) -> str:
        """Return the name of this array's dtype when `dtype` is being tested."""
        if self.kind == "real":
            return REAL_OF.get(dtype, dtype)
        if self.kind == "single":
            return SINGLE_OF.get(dtype, dtype)
        return dtype if self.kind == "any" else self.kind

    def numpy(self, dtype: str, salt: int) -> Any:
        """Return the array in NumPy: values that are evenly spread, shuffled, and all different.

        Args:
            dtype: the name of the dtype that is being tested.
            salt: a number that makes arrays differ.

        Returns:
            An array of NumPy.
        """
        name = self.dtype(dtype)
        if self.values is not None:
            return np.asarray(self.values).astype(name)
        kind = np.dtype(name).kind
        values = self._spread(salt)
        if kind == "c":
            values = values + 1j * self._spread(salt + 101)
        if kind in "iu":
            values = np.floor(values)
        if kind == "b":
            values = values > (self.low + self.high) / 2
        out = np.asarray(values).astype(name)
        if self.layout == "broadcast":
            out = np.array(np.broadcast_to(out[:1], self.shape))
        return out

    def _spread(self, salt: int) -> Any:
        n = math.prod(self.shape)
        order = np.random.default_rng(7 * n + salt).permutation(n)
        offset = 0.1 + 0.8 * ((salt + 1) * GOLDEN % 1)
        points = (order + offset) / max(n, 1)
        return (self.low + (self.high - self.low) * points).reshape(self.shape)


def a(
    *shape: int, low: float = -2.0, high: float = 2.0, kind: str = "any", layout: str = ""
) -> Spec:
    """Return the spec of an array of the dtype that is being tested."""
    return Spec(shape, low, high, kind, layout)


def fixed(values: Any, kind: str = "any") -> Spec:
    """Return the spec of an array of given values."""
    return Spec(np.shape(values), kind=kind, values=values)


def integers(values: Any, dtype: str = "int64") -> Spec:
    """Return the spec of an array of integers, as of indices."""
    return Spec(np.shape(values), kind=dtype, values=values)


def booleans(*shape: int) -> Spec:
    """Return the spec of a mask."""
    return Spec(shape, kind="bool")


@dataclass(frozen=True)
class Sample:
    """One call of an op.

    Attributes:
        args: positional arguments; lists and tuples may hold a `Spec` too.
        kwargs: keyword arguments.
        dtypes: letters of dtypes, if not those of the row.
        order: the highest order of derivative, if not that of the row.
        known: by the name of a backend or place, why this sample is left out there.
    """

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    dtypes: str | None = None
    order: int | None = None
    known: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        words = [_text(x) for x in self.args]
        words += [f"{name}={_text(x)}" for name, x in self.kwargs.items()]
        return ", ".join(words)


def _text(x: Any) -> str:
    if isinstance(x, Spec):
        kind = "" if x.kind == "any" else f":{x.kind}"
        layout = f" {x.layout}" if x.layout else ""
        return f"[{','.join(map(str, x.shape))}]{kind}{layout}"
    if isinstance(x, (list, tuple)):
        return f"({', '.join(map(_text, x))})"
    return repr(x)


@dataclass(frozen=True)
class Bad:
    """A call that must raise an error, and what the error says."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    error: type[Exception] | tuple[type[Exception], ...]
    says: str = ""


@dataclass(frozen=True)
class Row:
    """One op, and all that the generic checks must know of it. No derivative is stated here.

    Attributes:
        name: its public name.
        samples: calls that are checked; the first is a plain one.
        dtypes: letters of `DTYPES`.
        function: what is called, if not the public function of this name.
        reference: NumPy's function of the same values, if not the one of the same name.
        of: where the op is looked at through another function, as a factorisation through what
            does not depend on the choice of signs: that function of a namespace and the arrays.
        keeps: the arrays that the tape may keep alive after the call: names of arguments, ``out``;
            None if that is not checked.
        order: the highest order of derivative to check; 0 if the result has none.
        bad: calls that must fail.
        mixes: whether its arrays may be on different devices, as none meets another.
        known: by the name of a backend or place, why the op is left out there.
        known_dtypes: by the name of a backend or place, letters of dtypes that it lacks here, with
            the reason.
    """

    name: str
    samples: tuple[Sample, ...]
    dtypes: str = "fc"
    function: Callable[..., Any] | None = None
    reference: Callable[..., Any] | None = None
    of: Callable[..., Any] | None = None
    keeps: str | None = ""
    order: int = 2
    bad: tuple[Bad, ...] = ()
    mixes: bool = False
    known: Mapping[str, str] = field(default_factory=dict)
    known_dtypes: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def call(self) -> Callable[..., Any]:
        """The function under test."""
        return self.function or getattr(xg, self.name)

    def cases(self, place: Place, kinds: str = "bifc") -> Iterator[Case]:
        """Yield each sample in each dtype that the place has.

        Args:
            place: where the checks are to run.
            kinds: letters of `DTYPES` to restrict the dtypes to.

        Yields:
            A `Case` each.
        """
        for sample in self.samples:
            for letter in self.dtypes if sample.dtypes is None else sample.dtypes:
                if letter not in kinds or self.left_out(place, sample, letter):
                    continue
                for dtype in DTYPES[letter]:
                    if place.has(dtype):
                        yield Case(self, sample, dtype, place)

    def left_out(self, place: Place, sample: Sample, letter: str) -> str:
        """Return why a sample is left out in a place, or nothing.

        Args:
            place: where the checks are to run.
            sample: the call.
            letter: that of `DTYPES`.

        Returns:
            The reason, an empty text if there is none.
        """
        for name in (place.name, place.backend.name):
            reason = self.known.get(name) or sample.known.get(name)
            letters, why = self.known_dtypes.get(name, ("", ""))
            if reason or letter in letters:
                return reason or why
        return ""


class Case:
    """One sample of one op in one dtype in one place."""

    def __init__(self, row: Row, sample: Sample, dtype: str, place: Place) -> None:
        self.row, self.sample, self.dtype, self.place = row, sample, dtype, place

    def __str__(self) -> str:
        return f"{self.row.name}({self.sample}) in {self.dtype} on {self.place.name}"

    @property
    def order(self) -> int:
        """The highest order of derivative to check."""
        return self.row.order if self.sample.order is None else self.sample.order

    @cached_property
    def specs(self) -> list[Spec]:
        """All arrays of the call, in order."""
        found: list[Spec] = []
        self._filled(lambda spec: found.append(spec))
        return found

    @cached_property
    def varying(self) -> list[int]:
        """The positions among the arrays of those with derivatives."""
        kind = np.dtype(self.dtype).kind
        return [i for i, spec in enumerate(self.specs) if spec.varies and kind in "fc"]

    @cached_property
    def names(self) -> list[str]:
        """The name of the parameter that each array belongs to."""
        parameters = list(inspect.signature(self.row.call).parameters.values())
        names: list[str] = []
        for i, arg in enumerate(self.sample.args):
            p = parameters[min(i, len(parameters) - 1)]
            names += [p.name] * sum(1 for _ in _specs(arg))
        for name, arg in self.sample.kwargs.items():
            names += [name] * sum(1 for _ in _specs(arg))
        return names

    def numpy_arrays(self) -> list[Any]:
        """Return all arrays of the call in NumPy."""
        return [spec.numpy(self.dtype, salt) for salt, spec in enumerate(self.specs)]

    def raw_arrays(self) -> list[Any]:
        """Return all arrays of the call, newly made by the backend."""
        return [
            self.place.raw(values, spec.layout)
            for values, spec in zip(self.numpy_arrays(), self.specs, strict=True)
        ]

    def in_precision(self, dtype: str) -> Case:
        """Return the same case in another dtype."""
        return Case(self.row, self.sample, dtype, self.place)

    def call(self, arrays: list[Any], function: Callable[..., Any] | None = None) -> Any:
        """Call the op, or its reference, on arrays in the places of the specs."""
        supply = iter(arrays)
        args, kwargs = self._filled(lambda spec: next(supply))
        return (function or self.row.call)(*args, **kwargs)

    def of_varying(self, arrays: list[Any]) -> Callable[..., Any]:
        """Return the op as a function of the arrays with derivatives, the others held fixed."""

        def function(*varying: Any) -> Any:
            filled = list(arrays)
            for i, x in zip(self.varying, varying, strict=True):
                filled[i] = x
            return self.call(filled)

        return function

    def _filled(self, make: Callable[[Spec], Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        args = tuple(_replaced(x, make) for x in self.sample.args)
        return args, {name: _replaced(x, make) for name, x in self.sample.kwargs.items()}


def _replaced(x: Any, make: Callable[[Spec], Any]) -> Any:
    if isinstance(x, Spec):
        return make(x)
    if isinstance(x, (list, tuple)):
        return type(x)(_replaced(part, make) for part in x)
    return x


def _specs(x: Any) -> Iterator[Spec]:
    if isinstance(x, Spec):
        yield x
    elif isinstance(x, (list, tuple)):
        for part in x:
            yield from _specs(part)
