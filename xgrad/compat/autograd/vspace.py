"""The vector space that a value, an array or a pytree of arrays, belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from xgrad import tree

from .border import conj, dtype_of, home, is_complex, is_lone


class VSpace:
    """A vector space over the reals, with an inner product and a basis.

    A complex number counts as two real ones.

    Attributes:
        shape: the shape of a lone array; () for a container.
        size: the dimension.
        iscomplex: whether a leaf is complex.
    """

    def __init__(self, value: Any) -> None:
        leaves, self.structure = tree.flatten(value)
        self.kinds = [(tuple(np.shape(x)), dtype_of(x)) for x in leaves]
        self.shape = self.kinds[0][0] if is_lone(value) else ()
        self.iscomplex = any(dtype.kind == "c" for _, dtype in self.kinds)
        self.size = sum(
            int(np.prod(shape)) * (2 if dtype.kind == "c" else 1) for shape, dtype in self.kinds
        )

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
        return tree.map(lambda a, b: a + b, x, y)

    mut_add = add

    def scalar_mul(self, x: Any, a: Any) -> Any:
        """Return a vector times a real number."""
        return tree.map(lambda leaf: leaf * a, x)

    def inner_prod(self, x: Any, y: Any) -> Any:
        """Return the inner product, a real number."""
        pairs = zip(tree.leaves(x), tree.leaves(y), strict=True)
        return sum((_inner(a, b) for a, b in pairs), np.float64(0))

    def covector(self, x: Any) -> Any:
        """Return the linear form of a vector: its conjugate."""
        return conj(x)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VSpace) and (self.kinds, self.structure) == (
            other.kinds,
            other.structure,
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"VSpace({', '.join(f'{dtype}{list(shape)}' for shape, dtype in self.kinds)})"


def _inner(a: Any, b: Any) -> Any:
    product = np.sum(conj(a) * b)
    return np.real(product) if is_complex(product) else product


def vspace(value: Any) -> VSpace:
    """Return the vector space of a value."""
    return VSpace(value)
