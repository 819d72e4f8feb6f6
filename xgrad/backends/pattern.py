"""Which elements depend on which: a walk of the tape that carries sets in the place of numbers.

A `Dependence` stands for a tangent of many directions of which only is known where it is not zero.
It is the raw array of a backend whose namespace does to these sets what the library's function does
to tangents: a sum unites them, a product with an array leaves them, and a function that moves
elements about moves them. So the rules of the tape run on it without a change, once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from scipy import sparse

from .. import errors
from . import BY_TYPE, RECORDS, Backend, backend_of_type, current

__all__ = ["Dependence", "UnknownPatternError"]


class UnknownPatternError(errors.MissingFunctionError):
    """A function of which is not known what its elements depend on."""


_looks: ContextVar[list[None] | None] = ContextVar("xgrad_pattern_looks", default=None)


@contextmanager
def noting_looks() -> Iterator[list[None]]:
    """Give a list that is empty as long as the walk looks at shapes alone, at no number."""
    noted: list[None] = []
    token = _looks.set(noted)
    try:
        yield noted
    finally:
        _looks.reset(token)


def _looked(*given: Any) -> None:
    """Note that the sets now depend on the numbers of an array, if one is among what was given."""
    noted = _looks.get()
    if noted is not None and _has_numbers(given):
        noted.append(None)


def _has_numbers(args: Any) -> bool:
    return any(
        _has_numbers(x)
        if isinstance(x, (list, tuple))
        else type(x) not in (Dependence, _Near)
        and (sparse.issparse(x) or backend_of_type(type(x)) is not None)
        for x in args
    )


class Dependence:
    """An array of sets of inputs, as a sparse matrix of ones with a row for each element."""

    __slots__ = ("dtype", "sets", "shape")
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, sets: Any, shape: tuple[int, ...], dtype: Any = None) -> None:
        self.sets, self.shape = sets, tuple(shape)
        self.dtype = np.dtype("float64") if dtype is None else dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def mT(self) -> Dependence:  # noqa: N802 - the standard's name
        """The matrices transposed."""
        return _moved(lambda ids: np.swapaxes(ids, -1, -2), self)

    def __getattr__(self, name: str) -> Any:
        raise UnknownPatternError(f"a pattern has no attribute {name!r}")

    def __bool__(self) -> bool:
        raise UnknownPatternError("a pattern has no truth value")

    def __getitem__(self, key: Any) -> Dependence:
        _looked(key)
        return _moved(lambda ids: ids[key], self)

    def __neg__(self) -> Dependence:
        return self

    def __add__(self, other: Any) -> Dependence:
        return _united(self, other)

    __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __add__

    def __pow__(self, other: Any) -> Dependence:
        return self

    def __matmul__(self, other: Any) -> Dependence:
        return _multiplied(self, other)

    def __rmatmul__(self, other: Any) -> Dependence:
        return _multiplied(other, self)


def identity(n: int, shape: tuple[int, ...]) -> Dependence:
    """Return the inputs themselves, each depending on itself."""
    return Dependence(sparse.identity(n, dtype=np.int8, format="csr"), shape)


def _ids(x: Dependence) -> Any:
    return np.arange(x.size).reshape(x.shape)


def _moved(f: Callable[[Any], Any], x: Dependence) -> Dependence:
    """Return what a function makes that only moves elements about, seen on their numbers."""
    ids = np.asarray(f(_ids(x)))
    return Dependence(x.sets[ids.ravel()], ids.shape)


def _spread(x: Any, shape: tuple[int, ...]) -> Any:
    """Return the sets of an array broadcast to a shape; None for an array of numbers."""
    if type(x) is not Dependence:
        return None
    return x.sets if x.shape == shape else _moved(lambda i: np.broadcast_to(i, shape), x).sets


def _union(a: Any, b: Any) -> Any:
    if a is None or b is None:
        return a if b is None else b
    total = a + b
    total.data[:] = 1
    return total


def _united(*xs: Any) -> Dependence:
    """Return for each element the union of what it is made of, as in a sum or a product."""
    shape = np.broadcast_shapes(
        *[np.shape(x) if type(x) is not Dependence else x.shape for x in xs]
    )
    sets = None
    for x in xs:
        sets = _union(sets, _spread(x, shape))
    return Dependence(sets, shape)


def _over(groups: Any, count: int, shape: tuple[int, ...], x: Dependence) -> Dependence:
    """Return the unions of groups of elements."""
    gather = sparse.csr_array(
        (np.ones(x.size, np.int8), (groups.ravel(), np.arange(x.size))), shape=(count, x.size)
    )
    sets = (gather @ x.sets).tocsr()
    sets.data[:] = 1
    return Dependence(sets, shape)


def _reduced(x: Any, /, *, axis: Any = None, keepdims: bool = False, **_: Any) -> Dependence:
    kept = np.sum(np.zeros(x.shape), axis=axis, keepdims=True).shape
    count = math.prod(kept)
    groups = np.broadcast_to(np.arange(count).reshape(kept), x.shape)
    out = np.sum(np.zeros(x.shape), axis=axis, keepdims=keepdims).shape
    return _over(groups, count, out, x)


def _multiplied(a: Any, b: Any) -> Dependence:
    """Return the pattern of a product of matrices, of which one may be numbers."""
    _looked(a, b)
    if sparse.issparse(a):
        unit = sparse.identity(math.prod(b.shape[1:]), dtype=np.int8, format="csr")
        mask = sparse.kron((a != 0).astype(np.int8), unit, format="csr")
        return _ones(mask @ b.sets, (a.shape[0], *b.shape[1:]))
    one, two = (np.zeros(x.shape) for x in (a, b))
    out = np.matmul(one, two).shape
    left = type(a) is Dependence
    x, other = (a, b) if left else (b, a)
    if type(other) is Dependence:
        raise UnknownPatternError("a product of two patterns")
    if x.ndim > 2 or other.ndim > 2:
        raise UnknownPatternError("a stacked product")
    if x.ndim == 1 and not left:
        weights = sparse.csr_array(np.atleast_2d(other != 0).astype(np.int8))
        return _ones(weights @ x.sets, out)
    if x.ndim == 1:
        weights = sparse.csr_array(np.atleast_2d((other != 0).T).astype(np.int8))
        return _ones(weights @ x.sets, out)
    mask = sparse.csr_array(np.atleast_2d((other.T if left else other) != 0).astype(np.int8))
    unit = sparse.identity(x.shape[0] if left else x.shape[1], dtype=np.int8, format="csr")
    gather = sparse.kron(unit, mask) if left else sparse.kron(mask, unit)
    return _ones(gather.tocsr() @ x.sets, out)


def _ones(sets: Any, shape: tuple[int, ...]) -> Dependence:
    sets = sets.tocsr()
    sets.data[:] = 1
    return Dependence(sets, shape)


def _filled(sets_of: Dependence, count: int) -> Any:
    return sparse.csr_array((count, sets_of.sets.shape[1]), dtype=np.int8)


def _parts(arrays: Any) -> Any:
    """Return the sets of several arrays one below the other, and the numbers of their elements."""
    like = next(x for x in arrays if type(x) is Dependence)
    blocks, ids, start = [], [], 0
    for x in arrays:
        size = math.prod(np.shape(x) if type(x) is not Dependence else x.shape)
        blocks.append(x.sets if type(x) is Dependence else _filled(like, size))
        ids.append(np.arange(start, start + size).reshape(x.shape))
        start += size
    return sparse.vstack(blocks, format="csr"), ids


def _joining(name: str) -> Callable[..., Dependence]:
    def call(arrays: Any, /, **kwargs: Any) -> Dependence:
        sets, ids = _parts(arrays)
        found = getattr(np, {"concat": "concatenate"}.get(name, name))(ids, **kwargs)
        return Dependence(sets[found.ravel()], found.shape)

    return call


_MOVING = frozenset(
    "reshape broadcast_to expand_dims squeeze permute_dims moveaxis flip roll matrix_transpose "
    "swapaxes repeat tile take take_along_axis diagonal transpose".split()
)
_SAME = frozenset("asarray astype conj copysign imag negative positive real tril triu".split())
_UNITING = frozenset("add subtract multiply divide where maximum minimum strong_multiply".split())
_BLIND = _UNITING | _SAME | {"concat", "stack"}
"""What does the same to sets whatever the numbers beside them are."""
_NUMPY = {"permute_dims": "transpose", "matrix_transpose": "matrix_transpose"}


def _running(x: Any, /, *, axis: Any = None, **_: Any) -> Dependence:
    axis = 0 if axis is None else axis
    n = x.shape[axis]
    rest: Dependence = x
    step = 1
    while step < n:  # the union of prefixes, doubled
        ids = np.moveaxis(_ids(rest), axis, 0)
        back = np.concatenate([ids[:step], ids[:-step]])
        earlier = Dependence(rest.sets[np.moveaxis(back, 0, axis).ravel()], rest.shape)
        rest = _united(rest, earlier)
        step *= 2
    return rest


def _zeros(shape: Any, *, dtype: Any = None, device: Any = None) -> Dependence:
    """Return elements that depend on nothing; the device is an array beside which they stand."""
    return Dependence(_filled(device.x, math.prod(shape)), shape)


class _Near:
    """The device of sets: an array of as many inputs. All are the same to who compares them."""

    def __init__(self, x: Dependence) -> None:
        self.x = x

    def __str__(self) -> str:
        return "pattern"


class _Patterns:
    """The functions that rules use: on sets, or the library's own where only numbers are given."""

    def __init__(self, chapter: str = "") -> None:
        self._chapter = chapter

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if not self._chapter and name in ("special", "linalg", "fft"):
            return _Patterns(name)
        known = getattr(np, name, None)
        is_dtype = isinstance(known, type) and issubclass(known, np.generic)
        if is_dtype or (known is not None and not callable(known)):
            return known
        chapter = self._chapter

        def call(*args: Any, **kwargs: Any) -> Any:
            if not _has_sets(args) and not _has_sets(kwargs.values()):
                library = _library(args)
                home = getattr(library, chapter) if chapter else library
                return getattr(home, name)(*args, **kwargs)
            if name not in _BLIND:
                _looked(args, tuple(kwargs.values()))
            return _of_sets(name if not chapter else f"{chapter}.{name}")(*args, **kwargs)

        return call


def _has_sets(args: Any) -> bool:
    return any(
        type(x) in (Dependence, _Near) or (isinstance(x, (list, tuple)) and _has_sets(x))
        for x in args
    )


def _library(args: Any) -> Any:
    """Return the namespace of the first array among some arguments."""
    for x in args:
        for leaf in x if isinstance(x, (list, tuple)) else (x,):
            backend = backend_of_type(type(leaf))
            if backend is not None:
                return backend.xp
    return current()[0].xp


def _of_sets(name: str) -> Callable[..., Any]:
    """Return what a function does to sets."""
    if name in _MOVING:
        f = getattr(np, _NUMPY.get(name, name))
        return lambda x, *args, **kwargs: _moved(lambda ids: f(ids, *args, **kwargs), x)
    if name in _SAME:
        return lambda x, *args, **kwargs: x
    if name in _UNITING:
        return lambda *xs, **kwargs: _united(*xs)
    found = _OTHERS.get(name)
    if found is None:
        raise UnknownPatternError(f"{name}: it is not known what its elements depend on")
    return found


_OTHERS: dict[str, Callable[..., Any]] = {
    "sum": _reduced,
    "mean": _reduced,
    "cumulative_sum": _running,
    "concat": _joining("concat"),
    "stack": _joining("stack"),
    "matmul": _multiplied,
    "zeros_like": lambda x, **kwargs: np.zeros(x.shape),
    "ones_like": lambda x, **kwargs: np.ones(x.shape),
    "zeros": _zeros,
}


def _getitem(x: Any, key: Any) -> Any:
    return x[key]


def _index_add(x: Any, key: Any, value: Any) -> Any:
    """Return an array with sets added at some places."""
    _looked(key)
    if type(value) is not Dependence:
        return x
    places = np.arange(math.prod(x.shape)).reshape(x.shape)[key]
    groups = np.broadcast_to(places, value.shape) if places.shape != value.shape else places
    added = _over(np.asarray(groups), math.prod(x.shape), x.shape, value)
    return added if type(x) is not Dependence else _united(x, added)


def _setitem(x: Any, key: Any, value: Any, copy: bool = True) -> Any:
    _looked(key)
    if type(x) is not Dependence:
        return _index_add(np.zeros(x.shape), key, value)
    keep = np.ones(x.shape, dtype=bool)
    keep[key] = False
    rest = sparse.diags_array(keep.ravel().astype(np.int8), dtype=np.int8).tocsr() @ x.sets
    rest.eliminate_zeros()
    return _index_add(Dependence(rest.tocsr(), x.shape), key, value)


PATTERNS = Backend(
    name="pattern",
    xp=_Patterns(),
    array_types=(Dependence,),
    dtypes={},
    devices=list,
    device=_Near,
    to_numpy=lambda x: x,
    from_numpy=lambda x, device: x,
    index_add=_index_add,
    random=lambda seed, device: None,
    getitem=_getitem,
    setitem=_setitem,
    quiet=lambda: np.errstate(all="ignore"),
    strong_multiply=_united,
    leads=RECORDS,
)
BY_TYPE[Dependence] = PATTERNS


def is_known(x: Any) -> bool:
    """Whether a walk came back with sets."""
    return type(x) is Dependence and backend_of_type(type(x)) is PATTERNS
