"""Between a pytree of parameters and the one real vector that solvers work on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad
from xgrad import Array, tree
from xgrad.backends import backend_of
from xgrad.engine.structures import difference


class Space:
    """The space of vectors that stand for pytrees like the start.

    A complex number takes two places of the vector. `start` is a raw vector on the device of the
    parameters, which all have to be on one.
    """

    def __init__(self, what: str, x0: Any) -> None:
        self.what = what
        leaves, self.structure = tree.flatten(x0)
        if not leaves:
            raise ValueError(f"{what}: x0 holds no arrays; expected at least one number to vary")
        self.wants_array = any(isinstance(leaf, Array) for leaf in leaves)
        arrays = [_floating(tree.as_array(leaf, what)) for leaf in leaves]
        self.kinds = [(x.shape, x.dtype) for x in arrays]
        with xgrad.no_grad():
            self.start = xgrad.concat(_parts(arrays)).data
        self.backend = backend_of(self.start)

    @property
    def size(self) -> int:
        """The number of real unknowns."""
        return int(self.start.shape[0])

    def tree(self, vector: Any) -> Any:
        """Return the pytree that a vector stands for; recorded if the vector is tracked."""
        found, start = [], 0
        for shape, dtype in self.kinds:
            size = math.prod(shape)
            part = vector[start : start + size]
            start += size
            if np.dtype(dtype).kind == "c":
                part = part + 1j * vector[start : start + size]
                start += size
            part = xgrad.astype(part, dtype, copy=False)
            found.append(xgrad.reshape(part, shape))
        return self.structure.unflatten(found)

    def vector(self, x: Any) -> Any:
        """Return the NumPy vector of a pytree of the same structure, broadcast leaf by leaf."""
        if tree.leaves(x) and not _same(tree.flatten(x)[1], self.structure):
            raise ValueError(
                f"{self.what}: got a pytree of another structure than x0: "
                + difference(tree.flatten(x)[1], self.structure, "x")
            )
        values = [_host(leaf) for leaf in tree.leaves(x)]
        try:
            return np.concatenate(
                [
                    np.ravel(np.broadcast_to(value, shape)).astype(np.float64)
                    for value, (shape, _) in zip(values, self.kinds, strict=True)
                ]
            )
        except ValueError:
            raise ValueError(
                f"{self.what}: got leaves of the shapes {[np.shape(v) for v in values]}; expected "
                f"shapes that broadcast to those of x0, {[shape for shape, _ in self.kinds]}"
            ) from None

    def on_device(self, vector: Any) -> Any:
        """Return a NumPy vector of a solver as a raw one on the device of the parameters."""
        dtype = self.backend.numpy_dtype(self.start.dtype)
        vector = np.array(vector, dtype=dtype)  # a copy: solvers write to theirs
        return self.backend.from_numpy(vector, self.backend.device(self.start))

    def home(self, vector: Any) -> Any:
        """Return the pytree of a raw vector as users gave theirs, raw or as `Array`."""
        found = self.tree(vector)
        if not self.wants_array:
            return found
        return tree.map(lambda leaf: leaf if isinstance(leaf, Array) else Array(leaf), found)

    def on_vectors(self, f: Callable[..., Any], args: tuple[Any, ...]) -> Callable[[Any], Any]:
        """Return `f` as a function of a vector."""
        return lambda vector: f(self.tree(vector), *args)

    def residuals(self, f: Callable[..., Any], args: tuple[Any, ...]) -> Callable[[Any], Any]:
        """Return `f` as a function from a vector to the one real vector of all its results."""

        def vector_of(vector: Any) -> Any:
            out = f(self.tree(vector), *args)
            flat = xgrad.concat(_parts([tree.as_array(x, self.what) for x in tree.leaves(out)]))
            return flat if isinstance(vector, Array) else flat.data

        return vector_of


def host(x: Any) -> Any:
    """Return an array, raw or not, as a float64 NumPy array."""
    return np.asarray(_host(x), dtype=np.float64)


def _host(x: Any) -> Any:
    x = x.data if isinstance(x, Array) else x
    return (
        x
        if isinstance(x, (int, float, complex, np.ndarray, np.generic))
        else backend_of(x).to_numpy(x)
    )


def _same(a: Any, b: Any) -> bool:
    """Whether leaves correspond: a lone one stands for that of any structure of one."""
    is_lone = a is tree.SINGLE or b is tree.SINGLE
    return bool(a == b) or (is_lone and a.num_leaves == b.num_leaves == 1)


def _floating(x: Array) -> Array:
    return x if x.dtype.kind in "fc" else xgrad.astype(x, np.float64)


def _parts(arrays: list[Array]) -> list[Array]:
    """Return flat real arrays, of a complex one its real and its imaginary part."""
    parts = []
    for x in arrays:
        flat = xgrad.reshape(x, (-1,))
        parts += [xgrad.real(flat), xgrad.imag(flat)] if x.dtype.kind == "c" else [flat]
    return parts


def jacobian(f: Callable[[Any], Any], space: Space) -> Callable[[Any], Any]:
    """Return the Jacobian of a function of vectors, by the mode that needs fewer walks."""
    best: list[Callable[[Any], Any]] = []

    def matrix(vector: Any) -> Any:
        if not best:
            rows = f(vector).shape[0]
            best.append((xgrad.jacrev if rows < space.size else xgrad.jacfwd)(f))
        return best[0](vector)

    return matrix
