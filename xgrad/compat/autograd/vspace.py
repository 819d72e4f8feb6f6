"""The vector space that a value, an array or a pytree of arrays, belongs to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from xgrad import Array, tree

from .border import conj, dtype_of, home, is_complex, is_lone
from .sparse import SparseObject

_FLOAT64 = np.dtype(np.float64)


class VSpace:
    """A vector space over the reals, with an inner product and a basis.

    A complex number counts as two real ones.

    Attributes:
        shape: the shape of a lone array; of a container, the spaces in it.
        size: the dimension.
        iscomplex: whether a leaf is complex.
    """

    is_lone = False  # also where a program's own class has an __init__ of its own
    is_flat = False  # whether it is of a tuple of arrays and numbers

    mappings: ClassVar[dict[type, Callable[[Any], Any]]] = {}
    """How to make the space of a value of a class that a program registered."""

    def __init__(self, value: Any) -> None:
        if isinstance(value, (Array, np.ndarray)) or type(value) is np.float64:
            leaves, self.structure = [value], tree.SINGLE
        else:
            leaves, self.structure = tree.flatten(value)
        self.kinds = [(tuple(np.shape(x)), dtype_of(x)) for x in leaves]
        self.is_lone = is_lone(value)
        self.is_flat = type(value) is tuple and all(map(tree.is_leaf_type, value))
        self.shape: Any = self.kinds[0][0] if self.is_lone else tree.map(vspace, value)
        self.iscomplex = any(dtype.kind == "c" for _, dtype in self.kinds)
        self.size = sum(
            math.prod(shape) * (2 if dtype.kind == "c" else 1) for shape, dtype in self.kinds
        )

    @classmethod
    def register(cls, value_type: type, vspace_maker: Callable[[Any], Any] | None = None) -> None:
        """Say what the space of values of a class is: this class, or what a function makes."""
        VSpace.mappings[value_type] = vspace_maker or cls

    def _made(self, make: Any) -> Any:
        return home(self.structure.unflatten([make(*kind) for kind in self.kinds]))

    def zeros(self) -> Any:
        """Return the zero of the space."""
        return self._made(np.zeros)

    def ones(self) -> Any:
        """Return the sum of the basis."""
        return self._made(
            lambda shape, dtype: np.full(shape, 1 + 1j if dtype.kind == "c" else 1, dtype)
        )

    def randn(self) -> Any:
        """Return a normally distributed vector, from NumPy's global generator."""
        if self.is_lone and self.kinds[0][1] is _FLOAT64:  # most
            x = np.random.randn(*self.shape)  # noqa: NPY002 - as below
            return x if self.shape else np.float64(x)
        return self._made(
            lambda shape, dtype: np.asarray(
                np.random.randn(*shape)  # noqa: NPY002 - autograd's users seed the global one
                + (1j * np.random.randn(*shape) if dtype.kind == "c" else 0)  # noqa: NPY002
            ).astype(dtype)
        )

    def standard_basis(self) -> Iterator[Any]:
        """Yield the unit vectors; for a complex element also the imaginary one."""
        for k, (shape, dtype) in enumerate(self.kinds):
            for index in np.ndindex(shape):
                for unit in (1, 1j) if dtype.kind == "c" else (1,):
                    leaves = [np.zeros(s, d) for s, d in self.kinds]
                    leaves[k][index] = unit
                    yield home(self.structure.unflatten(leaves))

    def add(self, x: Any, y: Any) -> Any:
        """Return the sum of two vectors."""
        return self._add(x, y)

    def mut_add(self, x: Any, y: Any) -> Any:
        """Return the sum of two vectors, of which the first may be None."""
        return self._mut_add(self.zeros() if x is None else x, y)

    def scalar_mul(self, x: Any, a: Any) -> Any:
        """Return a vector times a real number."""
        return self._scalar_mul(x, a)

    def inner_prod(self, x: Any, y: Any) -> Any:
        """Return the inner product, a real number."""
        return self._inner_prod(x, y)

    def covector(self, x: Any) -> Any:
        """Return the linear form of a vector: its conjugate."""
        return self._covector(x)

    # What a subclass defines

    def _add(self, x: Any, y: Any) -> Any:
        if self.is_lone:
            return x + y
        if type(x) is tuple and type(y) is tuple and self.is_flat:
            return tuple([a + b for a, b in zip(x, y, strict=True)])
        return tree.map(lambda a, b: a + b, x, y)

    def _mut_add(self, x: Any, y: Any) -> Any:
        return self._add(x, y)

    def _scalar_mul(self, x: Any, a: Any) -> Any:
        if self.is_lone:
            return x * a
        if type(x) is tuple and self.is_flat:
            return tuple([leaf * a for leaf in x])
        return tree.map(lambda leaf: leaf * a, x)

    def _inner_prod(self, x: Any, y: Any) -> Any:
        if self.is_lone:
            return self._inner(x, y)
        if type(x) is not tuple or type(y) is not tuple or not self.is_flat:
            x, y = tree.leaves(x), tree.leaves(y)
        return sum([self._inner(a, b) for a, b in zip(x, y, strict=True)], np.float64(0))

    def _inner(self, a: Any, b: Any) -> Any:
        if not self.iscomplex:
            return np.sum(a * b)
        product = np.sum(conj(a) * b)
        return np.real(product) if is_complex(product) else product

    def _covector(self, x: Any) -> Any:
        return conj(x)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, VSpace):
            return False
        if "kinds" not in self.__dict__ or "kinds" not in other.__dict__:  # of a program's own
            return type(self) is type(other) and self.__dict__ == other.__dict__
        return (self.kinds, self.structure) == (other.kinds, other.structure)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        kinds = self.__dict__.get("kinds", [])
        return f"{type(self).__name__}({', '.join(f'{d}{list(shape)}' for shape, d in kinds)})"


class ArrayVSpace(VSpace):
    """The space of an array or number."""

    @property
    def dtype(self) -> Any:
        """The dtype of the arrays."""
        return self.kinds[0][1]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)


class ComplexArrayVSpace(ArrayVSpace):
    """The space of a complex array or number."""


class ContainerVSpace(VSpace):
    """The space of a container of arrays."""


class SequenceVSpace(ContainerVSpace):
    """The space of a list or tuple."""


class ListVSpace(SequenceVSpace):
    """The space of a list."""


class TupleVSpace(SequenceVSpace):
    """The space of a tuple."""


class NamedTupleVSpace(SequenceVSpace):
    """The space of a named tuple."""


class DictVSpace(ContainerVSpace):
    """The space of a dict."""


_ARRAYS = frozenset((np.ndarray, np.float64))


def vspace(value: Any) -> VSpace:
    """Return the vector space of a value."""
    if VSpace.mappings and type(value) in VSpace.mappings:
        return VSpace.mappings[type(value)](value)  # type: ignore[no-any-return]  # as registered
    if type(value) in _ARRAYS:  # most
        return _of_arrays(value.shape, value.dtype)
    if isinstance(value, SparseObject):
        return value.vs  # type: ignore[no-any-return]  # as it was made
    if type(value) is tuple:  # what several arguments are
        kinds = tuple([(x.shape, x.dtype) for x in value if type(x) in _ARRAYS])
        if len(kinds) == len(value):
            return _of_tuple(kinds)
    if isinstance(value, (list, tuple, dict)):
        return _container(value)(value)
    if not tree.is_leaf_type(value) and tree.leaves(value) == [value]:
        raise TypeError(
            f"vspace: got {value!r} of type {type(value).__name__}; expected an array, a number or "
            "a container of them. VSpace.register(type, maker) makes another class known"
        )
    if not is_lone(value):
        return ContainerVSpace(value)
    return (ComplexArrayVSpace if is_complex(value) else ArrayVSpace)(value)


@lru_cache(maxsize=512)
def _of_arrays(shape: tuple[int, ...], dtype: np.dtype[Any]) -> VSpace:
    cls = ComplexArrayVSpace if dtype.kind == "c" else ArrayVSpace
    return cls(_zeros(shape, dtype))


def _zeros(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    return np.broadcast_to(np.zeros((), dtype), shape)


@lru_cache(maxsize=512)
def _of_tuple(kinds: tuple[Any, ...]) -> VSpace:
    return TupleVSpace(tuple([_zeros(*kind) for kind in kinds]))


def _container(value: Any) -> type[ContainerVSpace]:
    if isinstance(value, dict):
        return DictVSpace
    if hasattr(value, "_fields"):
        return NamedTupleVSpace
    return ListVSpace if isinstance(value, list) else TupleVSpace
