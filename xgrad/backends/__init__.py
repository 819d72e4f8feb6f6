"""Backends: which array libraries xgrad runs on, and which one new arrays go to.

A backend is one Array API namespace plus the few things that the standard lacks (accumulating
scatter, host transfer, random numbers). Each adapter is one small file that builds one frozen
`Backend`; nothing outside the adapters names or imports an array library other than NumPy, whose
dtypes are the vocabulary of xgrad on every backend.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import operator
import sys
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from .. import errors
from . import lines
from .install import install_line
from .kernels import Kernels

__all__ = ["available_backends", "deterministic", "get_backend", "set_backend", "use_backend"]

Raw = Any
"""An array of some backend's library, as opposed to an `xgrad.Array`."""

Device = Any
"""Whatever the backend's library calls a device."""


class Namespace:
    """An Array API namespace: an adapter's own functions first, then its library's.

    Modules may be given by name; they are imported when a name is first looked up in them, and
    what is found is kept, so that a second look-up is an ordinary attribute access.
    """

    def __init__(self, name: str, *sources: str | ModuleType | Namespace, **own: object) -> None:
        self.__name__ = name
        self._sources = sources
        self.__dict__.update(own)

    def __getattr__(self, attr: str) -> Any:
        if attr.startswith("__"):
            raise AttributeError(attr)
        for source in self._sources:
            module = importlib.import_module(source) if isinstance(source, str) else source
            if hasattr(module, attr):
                value = getattr(module, attr)
                setattr(self, attr, value)
                return value
        raise AttributeError(f"namespace {self.__name__!r} has no attribute {attr!r}")

    def __repr__(self) -> str:
        return f"<namespace {self.__name__}>"


XP: TypeAlias = "Namespace | ModuleType"
"""The functions that a rule computes with: a backend's, or `xgrad` itself where a tape watches."""


class Functions(Namespace):
    """A chapter of SciPy, of which a library may lack some, or which may not be installed."""

    _chapter = "special"

    def __getattr__(self, attr: str) -> Any:
        try:
            value = super().__getattr__(attr)
            if hasattr(value, "xgrad_original"):  # the hook of xgrad.hooks stands before it
                value = self.__dict__[attr] = value.xgrad_original
            return value
        except ModuleNotFoundError as error:
            if attr.startswith("__") or error.name not in ("scipy", "cupyx"):
                raise
            raise errors.BackendUnavailableError(
                f"{self._chapter}.{attr}: it comes from SciPy, which is not installed. "
                f"To use it: {install_line('scipy')}"
            ) from None
        except AttributeError:
            if attr.startswith("__"):
                raise
            where = missing(f"{self._chapter}.{attr}", self.__name__)
            raise errors.MissingFunctionError(where) from None


def missing(function: str, where: str) -> str:
    """Return the message that a backend, or one of its namespaces, has no such function."""
    return (
        f"{function}: the backend {where!r} has no such function, and nothing is moved silently; "
        "x.to_backend('numpy') is an array of NumPy, which may have it"
    )


def _copied(x: Raw, key: Any, value: Any, copy: bool = True) -> Raw:
    """Write `value` at `key` of `x`, or of a copy of it, and return what was written to."""
    out = np.array(x) if isinstance(x, np.generic) else x.copy() if copy else x
    out[key] = value
    return out


def _solve_triangular(x1: Raw, x2: Raw, upper: bool, adjoint: bool) -> Raw:
    """Solve with the standard's `solve`, where a library has nothing for triangular matrices."""
    xp = backend_of(x2).xp
    half = xp.triu(x1) if upper else xp.tril(x1)
    return xp.linalg.solve(_adjoint(xp, half) if adjoint else half, x2)


def _strong_multiply(x1: Raw, x2: Raw) -> Raw:
    """Return the product in which zero wins over infinity and NaN, by the standard's functions."""
    xp = backend_of(x2 if isinstance(x1, (bool, int, float, complex)) else x1).xp
    product = x1 * x2
    return xp.where((x1 == 0) | (x2 == 0), xp.zeros_like(product), product)


def _lu_factor(x: Raw) -> tuple[Raw, Raw]:
    """Return the matrix itself twice: `_lu_solve` then factorises it each time."""
    return x, x


def _lu_solve(lu: Raw, pivots: Raw, x2: Raw, adjoint: bool) -> Raw:
    """Solve with the standard's `solve`."""
    xp = backend_of(x2).xp
    return xp.linalg.solve(_adjoint(xp, lu) if adjoint else lu, x2)


def _no_expm(x: Raw) -> Raw:
    """Say that a library has no matrix exponential."""
    backend = backend_of(x)
    getattr(backend.xp, "linalg", None)  # a batch has none, and says so itself
    raise errors.MissingFunctionError(missing("linalg.expm", backend.name))


def _adjoint(xp: Any, x: Raw) -> Raw:
    x = xp.matrix_transpose(x)
    return xp.conj(x) if x.dtype in COMPLEX else x


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
        mutable: whether somebody who holds one of its arrays can write to it.
        lock: ``lock(x)`` makes writes to an array an error and returns what undoes that; None if
            somebody may still write to its buffer.
        unchanged: ``unchanged(x)`` gives a function that tells whether nobody has refilled `x`
            since, at little cost.
        same: ``same(x, y)``, whether two arrays have the same shape and values.
        copied: ``copied(x)``, a copy in a buffer of its own.
        in_place: whether ``setitem(x, key, value, False)`` writes to `x` itself, so that a loop
            which fills an array need not copy it each time.
        owns: whether an array is all of its buffer, and may be written to: no view of another one.
            When in doubt, False: what a walk returns is then copied.
        quiet: a context in which the library does not warn of overflow and division by zero.
        quietly: ``quietly(f, *args)`` calls a function of raw arrays alone without such warnings,
            which takes less than the block.
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
    setitem: Callable[[Raw, Any, Any, bool], Raw] = _copied
    mutable: bool = True
    lock: Callable[[Raw], Callable[[], None] | None] | None = None
    unchanged: Callable[[Raw], Callable[[], bool]] | None = None
    same: Callable[[Raw, Raw], bool] = lambda x, y: False
    copied: Callable[[Raw], Raw] = lambda x: backend_of(x).xp.asarray(x, copy=True)
    in_place: bool = False
    owns: Callable[[Raw], bool] = lambda x: False
    quiet: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext
    quietly: Callable[..., Raw] = lambda f, *args: f(*args)
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
    solve_triangular: Callable[[Raw, Raw, bool, bool], Raw] = _solve_triangular
    lu_factor: Callable[[Raw], tuple[Raw, Raw]] = _lu_factor
    lu_solve: Callable[[Raw, Raw, Raw, bool], Raw] = _lu_solve
    cholesky_pull: Callable[[Raw, Raw], Raw] | None = None
    expm: Callable[[Raw], Raw] = _no_expm
    ranked: Callable[[Raw, int, int, bool], Raw] = lines.ranked
    running_max: Callable[[Raw], Raw] = lines.running_max
    recurrence: Callable[[Raw, Raw], Raw] = lines.recurrence
    distances: Callable[[Raw, Raw], Raw] = lines.distances
    streams: Callable[[], tuple[list[Stream], Generators]] = lambda: ([], {})
    is_lazy: bool = False
    instead_of: Callable[[type], str] = lambda cls: ""
    scipy: str = ""
    kernels: Kernels | None = None
    exports: bool = True
    numpy_dtypes: dict[Any, Any] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numpy_dtypes", {raw: np_ for np_, raw in self.dtypes.items()})

    def zero_wins(self, x1: Raw, x2: Raw) -> Raw:
        """Return the product in which zero times anything, even infinity or NaN, is zero."""
        return (self.strong_multiply or _strong_multiply)(x1, x2)

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
        return _chapter(self.name, self.scipy, name)

    def __repr__(self) -> str:
        return f"<backend {self.name}>"


@cache
def _chapter(backend: str, root: str, name: str) -> Namespace:
    return Functions(backend, f"{root}.{name}", _chapter=f"scipy.{name}")


ADAPTERS: dict[str, str] = {
    "numpy": "xgrad_backends.numpy",
    "cupy": "xgrad_backends.cupy",
    "torch": "xgrad_backends.torch",
    "dask": "xgrad_backends.dask",
    "array_api_strict": "xgrad_backends.strict",
    "jax": "xgrad_backends.jax",
}
"""The built-in adapters. Others register in the entry-point group ``xgrad.backends``."""

_LOADED: dict[str, Backend] = {}
BY_TYPE: dict[type, Backend] = {}
REAL: set[Any] = set()
"""The real floating-point dtypes of all loaded backends."""
COMPLEX: set[Any] = set()
"""The complex floating-point dtypes of all loaded backends."""
_current: ContextVar[tuple[str, Any]] = ContextVar("xgrad_backend", default=("numpy", None))


def register(backend: Backend) -> Backend:
    """Make a backend known under its name and for its array types."""
    _LOADED[backend.name] = backend
    BY_TYPE.update(dict.fromkeys(backend.array_types, backend))
    for dtype, raw in backend.dtypes.items():
        kind = np.dtype(dtype).kind
        if np.dtype(dtype).name == "bfloat16":
            REAL.add(raw)  # NumPy's has no derivatives: see `lacking`
        elif kind == "f":
            REAL.update((np.dtype(dtype), raw))
        elif kind == "c":
            COMPLEX.update((np.dtype(dtype), raw))
    return backend


def native(x: Raw) -> Raw:
    """Return an array of NumPy in this machine's byte order: those of FITS files are in another."""
    dtype = x.dtype
    if getattr(dtype, "isnative", True):
        return x
    return x.astype(dtype.newbyteorder("="))


def lacking(dtype: Any) -> str:
    """Return why a dtype has no derivatives, as the end of a message, if that needs to be said."""
    if getattr(dtype, "name", getattr(dtype, "__name__", "")) != "bfloat16":
        return ""
    return (
        ". Beside Python numbers NumPy widens bfloat16 to float32 or float64; use float16 or "
        "float32, or PyTorch's bfloat16: xgrad.asarray(x).to_backend('torch')"
    )


def load(name: str) -> Backend:
    """Return the backend of this name, importing its adapter on first use."""
    if name in _LOADED:
        return _LOADED[name]
    if name in ADAPTERS:
        return register(importlib.import_module(ADAPTERS[name]).BACKEND)
    from importlib.metadata import entry_points  # the scan takes milliseconds: unknown names only

    found = {point.name: point for point in entry_points(group="xgrad.backends")}
    if name in found:
        return register(found[name].load())
    raise errors.UnknownBackendError(
        f"backend {name!r} is unknown; known are {', '.join([*ADAPTERS, *found])}. "
        "Another package can add one in the entry-point group 'xgrad.backends'."
    )


def loaded() -> list[Backend]:
    """Return the backends whose adapters have been imported."""
    return list(_LOADED.values())


_SAYS_NOTHING = frozenset(
    "__module__ __doc__ __qualname__ __dict__ __weakref__ __slots__ __annotations__ __orig_bases__ "
    "__parameters__ __firstlineno__ __static_attributes__ __annotate__ __annotate_func__ "
    "__annotations_cache__".split()
)


def adds_nothing(cls: type, plain: tuple[type, ...]) -> bool:
    """Whether a class differs from these base classes in its name alone.

    Any other subclass may give its arrays a meaning: a mask, a unit, another product. What is made
    of their numbers alone would then be silently wrong.
    """
    for base in cls.__mro__:
        if base in plain:
            return True
        if not _SAYS_NOTHING.issuperset(vars(base)):
            return False
    return True


def refusing(instead: str, *plain: type) -> Callable[[type], str]:
    """Return an `instead_of` that takes no subclasses but these, and what differs in name alone."""
    return lambda cls: "" if adds_nothing(cls, plain) else instead


def backend_of_type(cls: type) -> Backend | None:
    """Return the backend whose arrays have this type, or None; looks only at the type.

    A subclass that means more than its numbers is refused by name, wherever it turns up: every op,
    transform and write asks here before it takes an array of a type for the first time.
    """
    backend = BY_TYPE.get(cls)
    if backend is None:
        for base in cls.__mro__:
            root = base.__module__.partition(".")[0]
            if root in ADAPTERS and isinstance(cls, type):
                candidate = load(root)
                if issubclass(cls, candidate.array_types):
                    if instead := candidate.instead_of(cls):
                        raise errors.SubclassError(
                            f"got an array of the class {cls.__module__}.{cls.__qualname__}, "
                            "which may mean more than its numbers, and that would be lost. "
                            f"{instead}"
                        )
                    BY_TYPE[cls] = backend = candidate
                    break
    return backend


def backend_of(x: Raw) -> Backend:
    """Return the backend of a raw array."""
    backend = BY_TYPE.get(type(x)) or backend_of_type(type(x))
    if backend is None:
        raise errors.UnknownBackendError(
            f"{type(x).__module__}.{type(x).__qualname__} is not an array of a known backend "
            f"({', '.join(ADAPTERS)}); xgrad.asarray(x) makes an array of numbers and sequences"
        )
    return backend


def under(x: Raw) -> Raw:
    """Return the array of a library that holds the values of a raw array, mostly `x` itself."""
    while (inner := backend_of(x).under) is not None:
        x = inner(x)
    return x


RECORDS = 10
"""The `leads` of what stands in for arrays while a function is recorded."""


def is_recorded(x: Raw) -> bool:
    """Whether an array stands in for others while a function is recorded: it has no values yet."""
    return backend_of(under(x)).leads == RECORDS


def current() -> tuple[Backend, Device | None]:
    """Return the backend and the device (None: its default) on which creation functions work."""
    name, device = _current.get()
    return load(name), device


def _parse(name: str, device: Any) -> tuple[str, Any]:
    if not isinstance(name, str):
        raise TypeError(f"set_backend: name is {name!r}; expected a string such as 'numpy'")
    root, _, suffix = name.partition(":")
    backend = load(root)
    device = suffix or None if device is None else device
    return root, None if device is None else backend.parse_device(device)


def set_backend(name: str, device: Any = None) -> None:
    """Set the backend on which creation functions make new arrays, in this context and thread.

    Args:
        name: ``"numpy"``, ``"cupy"``, ``"torch"``, ``"jax"``, ``"dask"``, ``"array_api_strict"`` or
            the name of an installed adapter; ``"torch:meta"`` names a device too.
        device: the device of new arrays; the backend's default if None.

    Raises:
        UnknownBackendError: if no adapter has this name.
        BackendUnavailableError: if the library or its device cannot be used here.

    An op runs where its arrays are: this decides only where *new* ones are made.

    >>> import xgrad as xg
    >>> xg.set_backend("numpy")
    >>> xg.get_backend()
    'numpy'
    """
    _current.set(_parse(name, device))


def get_backend() -> str:
    """Return the name of the backend on which creation functions make new arrays."""
    return _current.get()[0]


@contextlib.contextmanager
def use_backend(name: str, device: Any = None) -> Iterator[None]:
    """Use a backend for new arrays inside a ``with`` block; see `set_backend`.

    Args:
        name: ``"numpy"``, ``"cupy"``, ``"torch"``, ``"dask"``, ``"array_api_strict"`` or the name
            of an installed adapter; ``"torch:meta"`` names a device too.
        device: the device of new arrays; the backend's default if None.

    Yields:
        Nothing.

    Raises:
        UnknownBackendError: if no adapter has this name.
        BackendUnavailableError: if the library or its device cannot be used here.

    >>> import xgrad as xg
    >>> with xg.use_backend("numpy"):
    ...     x = xg.ones(3)
    >>> x.backend
    'numpy'
    """
    token = _current.set(_parse(name, device))
    try:
        yield
    finally:
        _current.reset(token)


_deterministic: ContextVar[bool] = ContextVar("xgrad_deterministic", default=False)
is_deterministic = _deterministic.get


@contextlib.contextmanager
def deterministic(on: bool = True) -> Iterator[None]:
    """Sum what is read or written at repeated indices in one order, inside a ``with`` block.

    On a GPU several threads add to one entry in any order, so that a gradient of `take` or
    ``x[indices]`` may differ in its last bits from one run to the next. Inside this block the CuPy
    backend sorts the indices and adds in that order instead, which is slower. Results on the CPU
    are always the same. PyTorch has its own switch, ``torch.use_deterministic_algorithms``.

    >>> import numpy as np, xgrad as xg
    >>> with xg.deterministic():
    ...     xg.grad(lambda x: xg.sum(xg.take(x, xg.asarray([0, 0, 1]))))(np.ones(3))
    array([2., 1., 0.])
    """
    token = _deterministic.set(on)
    try:
        yield
    finally:
        _deterministic.reset(token)


class creating_like:  # noqa: N801 - a context manager, and a class only for its speed
    """Make new arrays on the backend and device of a raw array inside a ``with`` block."""

    __slots__ = ("token", "x")

    def __init__(self, x: Raw) -> None:
        self.x = x

    def __enter__(self) -> None:
        self.token = make_like(self.x)

    def __exit__(self, *error: object) -> None:
        make_as_before(self.token)


def make_like(x: Raw) -> Any:
    """Make new arrays on the backend and device of a raw array, until `make_as_before`."""
    backend = BY_TYPE.get(type(x)) or backend_of(x)
    if backend.under is not None:
        x = under(x)
        backend = backend_of(x)
    return _current.set((backend.name, backend.device(x)))


make_as_before = _current.reset
"""Undo `make_like`, which gave the token that this takes."""


def available_backends() -> list[str]:
    """Return the names of the backends that can be used here, NumPy first.

    Libraries that are not installed are not imported; the others are, to see whether they work.
    ``python -m xgrad`` says why one is missing and what to type.
    """
    found = []
    for name in ADAPTERS:
        if name not in sys.modules and importlib.util.find_spec(name) is None:
            continue
        with contextlib.suppress(errors.BackendUnavailableError):
            load(name)
            found.append(name)
    return found
