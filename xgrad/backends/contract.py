"""What xgrad must know of one array library, and what an adapter tells it: a `Backend`."""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from .. import errors
from . import stand_ins
from .dtypes import lacking
from .kernels import Kernels
from .namespaces import Namespace, chapter, missing

__all__ = ["Backend", "Device", "Generators", "Raw", "Stream"]

Raw = Any
"""An array of some backend's library, as opposed to an `xgrad.Array`."""

Device = Any
"""Whatever the backend's library calls a device."""

STANDS_IN: Any = None
"""Of a function that a library may lack: then the one in `stand_ins` of the same name is bound."""


class Stream(NamedTuple):
    """A generator of random numbers, and how to get and set its state."""

    generator: Any
    get: Callable[[Any], Any]
    set: Callable[[Any, Any], None]


Generators: TypeAlias = Mapping[type, tuple[Callable[[Any], Any], Callable[[Any, Any], None]]]
"""How to get and set the state of a generator, for each class of them."""


@dataclass(frozen=True, eq=False)
class Backend:
    """What xgrad must know of one array library. An adapter builds one and calls it ``BACKEND``.

    Attributes:
        name: the root module of the library, which is also the name that users type.
        xp: the namespace on which rules run.
        array_types: the library's array classes; their instances are recognised by type.
        dtypes: the library's dtype for each NumPy dtype.
        devices: the usable devices, the default one first.
        device: the device of an array.
        to_numpy: a NumPy copy or view of an array, on the host.
        from_numpy: an array with a NumPy array's values on a device (None: the default one).
        index_add: ``index_add(x, key, value)`` adds `value` at `key`, counting repeated indices,
            to the freshly made array `x`, and returns the result.
        random: a generator for a seed and a device; see `xgrad.random`.
        getitem, setitem: indexing, where the library lacks a part of the standard's.
            ``setitem(x, key, value, copy)`` writes to `x` itself only if `copy` is False.
        placed: ``placed(x, key, shape)``, zeros of a shape with `x` at a basic index; None if
            nothing is quicker than to write into zeros.
        mutable: whether somebody who holds one of its arrays can write to it.
        lock: ``lock(x)`` makes writes to an array an error and gives a function that ends this,
            and tells whether nobody has refilled `x` all the same; None if `x` cannot be locked.
        unchanged: ``unchanged(x)`` gives a function that tells whether nobody has refilled `x`
            since, at little cost.
        same: ``same(x, y)``, whether two arrays have the same shape and values.
        copied: ``copied(x)``, a copy in a buffer of its own.
        kept: ``kept(x)``, such a copy for a tape, which needs it for a while; by default `copied`.
        in_place: whether ``setitem(x, key, value, False)`` writes to `x` itself, so that a loop
            which fills an array need not copy it each time.
        owns: whether an array is all of its buffer, and may be written to: no view of another one.
            When in doubt, False: what a walk returns is then copied.
        quiet: a context in which the library does not warn of overflow and division by zero.
        quietly: ``quietly(f, *args)`` calls a function of raw arrays alone without such warnings,
            which takes less than the block.
        has_nan: ``has_nan(x)``, whether any entry of an array on the host is NaN; None if its sum
            tells as quickly as anything.
        strong_multiply: the product in which zero times anything, even infinity or NaN, is zero.
        synchronize: wait until a device has done what was queued on it.
        parse_device: a device from its name, as in ``"cuda:1"``.
        leads: whether its arrays stand beside those of any other backend, and take them along; if
            two lead, the one of the larger number does: 1 for a library, 10 for what records, more
            for batches.
        adopt: ``adopt(x, like)`` gives an `Array` of another backend as one that stands beside the
            raw array `like` of this one, in its place on the tape; where this backend leads.
        settled: ``settled(c, x)``, a derivative by the raw array `x`, in the chunks of that; None
            if the library has no chunks. Only where this backend leads.
        under: a raw array that one of this backend is made of, where it leads: it tells the
            library and the device that the values are in.
        on_device: a context in which new arrays are made on a device, where the library's creation
            functions need one besides their ``device=``.
        on_host: whether an array's values can be looked at without waiting for a device.
        holds_double: whether there can be arrays of double precision where an array is.
        solve_triangular: ``solve_triangular(x1, x2, upper, adjoint)`` solves ``x1 @ x = x2``, or
            with the adjoint of `x1`, looking at one triangle of `x1` only.
        lu_factor: two arrays that hold what `lu_solve` needs of square matrices.
        lu_solve: ``lu_solve(lu, pivots, x2, adjoint)`` solves with the factorised matrices.
        cholesky_pull: ``cholesky_pull(l, g)``, the cotangent of a matrix from that of its lower
            Cholesky factor, where the library has something faster than the formula.
        expm: the exponential of square matrices, where the library has it.
        ranked: ``ranked(x, start, stop, descending)``, the places along the last axis of the
            elements that a stable sort would put there.
        running_max: the running maximum along the last axis.
        running_logsumexp: the logarithm of the running sum of exponentials along it.
        segment_max: ``segment_max(x, ids, count)``, the maxima of the slices along the first axis
            of the same id, -inf where there are none; None if the library has nothing for it.
        recurrence: ``recurrence(a, b)`` is y with ``y_i = b_i + a_i y_{i-1}`` along the last axis.
        distances: the Euclidean distances of all pairs of rows of two matrices.
        streams: the library's random numbers that programs draw without xgrad: the generators that
            it shares among all, and for each class of generators how to get and set a state. A
            state is made of dicts, NumPy arrays, and what ``==`` compares as a whole; a list in it
            is not compared.
        is_lazy: whether arrays are computed only when somebody looks at their values.
        instead_of: ``instead_of(cls)`` tells what to write in place of an array of a subclass that
            means more than its numbers, as a mask or a unit; empty if it means no more.
        scipy: the package whose chapters are SciPy for these arrays; nothing if there is none.
        kernels: what compiles and launches kernels that a compiled function is made of, if the
            library can; see `xgrad.backends.kernels.Kernels`.
        exports: whether ``numpy.asarray`` may copy values to the host unasked.
    """

    name: str
    xp: Any
    array_types: tuple[type, ...]
    dtypes: Mapping[Any, Any]
    devices: Callable[[], list[Device]]
    device: Callable[[Raw], Device]
    to_numpy: Callable[[Raw], Any]
    from_numpy: Callable[[Any, Device | None], Raw]
    index_add: Callable[[Raw, Any, Raw], Raw]
    random: Callable[[int | None, Device | None], Any]
    getitem: Callable[[Raw, Any], Raw] = operator.getitem
    setitem: Callable[[Raw, Any, Any, bool], Raw] = stand_ins.written
    placed: Callable[[Raw, Any, tuple[int, ...]], Raw] | None = None
    mutable: bool = True
    lock: Callable[[Raw], Callable[[], bool] | None] | None = None
    unchanged: Callable[[Raw], Callable[[], bool]] | None = None
    same: Callable[[Raw, Raw], bool] = lambda x, y: False
    copied: Callable[[Raw], Raw] = STANDS_IN
    kept: Callable[[Raw], Raw] = STANDS_IN
    in_place: bool = False
    owns: Callable[[Raw], bool] = lambda x: False
    quiet: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext
    quietly: Callable[..., Raw] = lambda f, *args: f(*args)
    has_nan: Callable[[Raw], bool] | None = None
    strong_multiply: Callable[[Raw, Raw], Raw] | None = None
    synchronize: Callable[[Device | None], None] = lambda device: None
    parse_device: Callable[[Any], Device] = lambda device: device
    on_device: Callable[[Device | None], contextlib.AbstractContextManager[Any]] = lambda device: (
        contextlib.nullcontext()
    )
    leads: int = 0
    adopt: Callable[[Any, Raw], Any] = lambda x, like: x
    settled: Callable[[Raw, Raw], Raw] | None = None
    under: Callable[[Raw], Raw] | None = None
    on_host: Callable[[Raw], bool] = lambda x: False
    holds_double: Callable[[Raw], bool] = lambda x: True
    solve_triangular: Callable[[Raw, Raw, bool, bool], Raw] = STANDS_IN
    lu_factor: Callable[[Raw], tuple[Raw, Raw]] = STANDS_IN
    lu_solve: Callable[[Raw, Raw, Raw, bool], Raw] = STANDS_IN
    cholesky_pull: Callable[[Raw, Raw], Raw] | None = None
    expm: Callable[[Raw], Raw] = STANDS_IN
    ranked: Callable[[Raw, int, int, bool], Raw] = STANDS_IN
    running_max: Callable[[Raw], Raw] = STANDS_IN
    running_logsumexp: Callable[[Raw], Raw] = STANDS_IN
    segment_max: Callable[[Raw, Raw, int], Raw] | None = None
    recurrence: Callable[[Raw, Raw], Raw] = STANDS_IN
    distances: Callable[[Raw, Raw], Raw] = STANDS_IN
    streams: Callable[[], tuple[list[Stream], Generators]] = lambda: ([], {})
    is_lazy: bool = False
    instead_of: Callable[[type], str] = lambda cls: ""
    scipy: str = ""
    kernels: Kernels | None = None
    exports: bool = True
    numpy_dtypes: dict[Any, Any] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numpy_dtypes", {raw: np_ for np_, raw in self.dtypes.items()})
        for name, stand_in in stand_ins.BY_NAME.items():
            if getattr(self, name) is STANDS_IN:
                object.__setattr__(self, name, partial(stand_in, self.xp))
        if self.kept is STANDS_IN:
            object.__setattr__(self, "kept", self.copied)

    def zero_wins(self, x1: Raw, x2: Raw) -> Raw:
        """Return the product in which zero times anything, even infinity or NaN, is zero."""
        own = self.strong_multiply
        return stand_ins.strong_multiply(self.xp, x1, x2) if own is None else own(x1, x2)

    def in_zeros(self, x: Raw, key: Any, shape: tuple[int, ...]) -> Raw:
        """Return zeros of a shape with `x`, which fits there exactly, at a basic index."""
        if self.placed is not None:
            return self.placed(x, key, shape)
        out = self.xp.zeros(shape, dtype=x.dtype, device=self.device(x))
        if self.in_place and self.getitem is operator.getitem:
            out[key] = x
            return out
        return self.setitem(out, key, x, False)

    def raw_dtype(self, dtype: Any) -> Any:
        """Return the library's dtype for a NumPy dtype, a scalar class or its own dtype."""
        if dtype is None or dtype in self.numpy_dtypes:
            return dtype
        try:
            return self.dtypes[np.dtype(dtype)]
        except (KeyError, TypeError):
            raise TypeError(
                f"{self.name}: got dtype {dtype!r}; expected one of "
                f"{', '.join(str(d) for d in self.dtypes)}{lacking(dtype)}"
            ) from None

    def numpy_dtype(self, dtype: Any) -> Any:
        """Return the NumPy dtype of one of the library's dtypes; an unknown one as it is."""
        return self.numpy_dtypes.get(dtype, dtype)

    def chapter(self, name: str) -> Namespace:
        """Return a chapter of this backend's SciPy, as ``"ndimage"``; imported when first used."""
        if not self.scipy:
            raise errors.MissingFunctionError(missing(f"scipy.{name}", self.name))
        return chapter(self.name, self.scipy, name)

    def __repr__(self) -> str:
        return f"<backend {self.name}>"
