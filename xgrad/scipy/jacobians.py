"""Jacobians and Hessians with few entries: a coloured walk for each group of columns.

Columns that share no row are found together, as one tangent (Curtis, Powell and Reid 1974). Which
entries there are is read from the tape, by the walk of `xgrad.backends.pattern`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from .. import errors
from ..arrays.array import Array
from ..arrays.node import FIT, PARENTS, RULE, SAVED
from ..backends import backend_of, backend_of_type
from ..backends.batched import Level, leave
from ..debugging import constant_results
from ..engine import tape
from ..engine.record import Record
from ..engine.tape import SERIAL
from ..transforms.gradients import gradient_for

__all__ = ["sparse_hessian", "sparse_jacobian"]


def sparse_jacobian(f: Callable[..., Any], pattern: Any = None) -> Callable[..., Any]:
    """Return a function that gives the Jacobian of `f` as a sparse array.

    One forward walk for each colour: as many as the fullest row has entries, or a few more. The
    result is an ``xgrad.scipy.sparse`` array for an `Array`, and SciPy's for a raw one; its entries
    are differentiable.

    Args:
        f: a function of a vector that returns a vector.
        pattern: a sparse or dense array whose entries say where the Jacobian has some. By default
            it is read from the tape of the first call; a later call whose tape gives another one is
            found out by one more walk, and colours it anew.

    Returns:
        A function of the same vector, which returns a ``scipy.sparse`` array of shape (m, n).

    Raises:
        MissingFunctionError: if the pattern cannot be read from the tape, at an op that says so.

    >>> import numpy as np, xgrad as xg
    >>> J = xg.sparse_jacobian(lambda x: x[1:] ** 2 - x[:-1])(np.asarray([1.0, 2.0, 3.0]))
    >>> J.toarray()
    array([[-1.,  4.,  0.],
           [ 0., -1.,  6.]])
    """
    return _Coloured("sparse_jacobian", f, pattern)


def sparse_hessian(f: Callable[..., Any], pattern: Any = None) -> Callable[..., Any]:
    """Return a function that gives the matrix of second derivatives of `f` as a sparse array.

    Args:
        f: a function of a vector that returns a real scalar.
        pattern: as for `sparse_jacobian`, of the Hessian.

    Returns:
        A function of the same vector, which returns a ``scipy.sparse`` array of shape (n, n).

    >>> import numpy as np, xgrad as xg
    >>> xg.sparse_hessian(lambda x: xg.sum(x[1:] * x[:-1]))(np.ones(3)).toarray()
    array([[0., 1., 0.],
           [1., 0., 1.],
           [0., 1., 0.]])
    """
    return _Coloured("sparse_hessian", gradient_for("sparse_hessian", f), pattern)


UNREADABLE = (
    *(TypeError, AttributeError, ValueError, IndexError, RecursionError, errors.BackendError),
)
"""What rules raise that meet sets in the place of numbers, and do not know them."""


LARGE = 1 << 16
"""From how many numbers in all tangents on each is pushed alone, so that it stays in the cache."""

KEPT = 16
"""How many tangents are kept for the next call."""


class _Colours:
    """A pattern, by rows, and the colour of each column."""

    def __init__(self, pattern: Any, outline: Any = None) -> None:
        from scipy.optimize._numdiff import group_columns

        csr = pattern.tocsr()
        csr.sort_indices()
        self.shape, self.indptr, self.cols = csr.shape, csr.indptr, csr.indices
        self.rows = np.repeat(np.arange(csr.shape[0]), np.diff(csr.indptr))
        self.of = (
            np.asarray(group_columns(csr, np.arange(csr.shape[1])))
            if csr.nnz
            else np.zeros(csr.shape[1], int)
        )
        self.count = int(self.of.max(initial=-1)) + 1
        self.place = self.of[self.cols] * csr.shape[0] + self.rows
        """Where the entries are in the pushed tangents, one after the other."""
        self.units: dict[Any, Any] = {}
        """The tangents of the first colours, and what else is needed on the devices of calls."""
        self.outline = outline
        """That of the records that have this pattern, if it was read from no number of theirs."""
        self.tangent = np.random.default_rng(0).normal(size=csr.shape[1])

    def kept(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return what was made under a key for an earlier call."""
        if key not in self.units:
            made = make()
            if len(self.units) >= KEPT:
                return made
            self.units[key] = made
        return self.units[key]


class _Coloured:
    """The function that `sparse_jacobian` returns; it remembers the colours of the last call."""

    def __init__(self, what: str, f: Callable[..., Any], pattern: Any) -> None:
        self.what, self.f, self.given = what, f, pattern
        self.colours = None if pattern is None else _Colours(_as_scipy(pattern))

    def __call__(self, x: Any, *args: Any) -> Any:
        """Return the Jacobian at `x`; other arguments are constants."""

        def f(x: Any) -> Any:
            return self.f(x, *args)

        record = Record(self.what, f, (x,), (0,), {}, False)
        if len(record.inputs) != 1 or record.inputs[0].ndim != 1:
            raise ValueError(f"{self.what}: x has shape {np.shape(x)}; expected a vector")
        if len(record.outs) != 1 or record.outs[0].ndim != 1:
            raise ValueError(
                f"{self.what}: f returned {[y.shape for y in record.outs]}; expected one vector"
            )
        constant_results.tell(record, self.what)
        shape = (record.outs[0].shape[0], record.inputs[0].shape[0])
        fresh = self.colours is None or (self.given is None and self.colours.shape != shape)
        if fresh:
            self.colours = self._read(record, shape)
        assert self.colours is not None
        if self.colours.shape != shape:
            raise ValueError(
                f"{self.what}: the pattern has shape {self.colours.shape}; expected {shape}"
            )
        data = self._entries(record, self.colours)
        held = fresh or (self.given is None and _has(record, self.colours.outline))
        if not held and not self._holds(record, self.colours, data, f):
            if self.given is not None:
                raise ValueError(
                    f"{self.what}: the Jacobian has entries outside of pattern=; leave it out and "
                    "it is read from the tape"
                )
            self.colours = self._read(record, shape)
            data = self._entries(record, self.colours)
        return _assembled(data, self.colours, raw=not isinstance(x, Array) and data._node is None)

    def _read(self, record: Record, shape: tuple[int, int]) -> _Colours:
        """Return the colours of the pattern that a record has."""
        from ..backends.pattern import noting_looks

        with noting_looks() as looks:
            pattern = self._pattern(record, shape)
        return _Colours(pattern, None if looks else _outline(record))

    def _pattern(self, record: Record, shape: tuple[int, int]) -> Any:
        from ..backends.pattern import identity, is_known

        serial = record.serials[0]
        if serial is None:
            import scipy.sparse

            return scipy.sparse.csr_array(shape, dtype=np.int8)
        seeds = {record.leaves[0][SERIAL]: identity(shape[1], (shape[1],))}
        gone = tape.last_uses(record.path, [serial])
        try:
            with tape.recording(False):
                found = tape.pushforward(record.path, seeds, gone, taped=False)[serial]
        except UNREADABLE as error:
            raise errors.MissingFunctionError(
                f"{self.what}: the pattern cannot be read from the tape ({error}). "
                "Pass it, as pattern=, a sparse array with an entry wherever the Jacobian has one"
            ) from error
        if not is_known(found):
            import scipy.sparse

            return scipy.sparse.csr_array(shape, dtype=np.int8)
        return found.sets

    def _entries(self, record: Record, colours: _Colours) -> Array:
        """Return the entries in the order of the pattern, from one tangent for each colour."""
        x = record.inputs[0]
        backend = backend_of(x._raw)
        device = backend.device(x._raw)
        if not colours.count:
            return Array(backend.xp.zeros((0,), dtype=x._raw.dtype, device=device))

        def here(values: Any) -> Any:
            return backend.from_numpy(values, device)

        def unit(colour: int) -> Any:
            dtype = x._raw.dtype
            key = colour, dtype, str(device)
            return colours.kept(key, lambda: backend.xp.astype(here(colours.of == colour), dtype))

        if not record.taped and x.size * colours.count < LARGE:
            place = tuple(map(here, (colours.of[colours.cols], colours.rows)))
            try:
                level = Level(colours.count, is_sweep=True)
                units = backend.xp.stack([unit(c) for c in range(colours.count)])
                swept = record.push([Array(level.batch(units))])[0]._raw
                return Array(backend.getitem(leave(swept, level, 0), place))
            except (errors.MissingFunctionError, TypeError, AttributeError):
                pass  # the walks below do one tangent at a time
        place = colours.kept(("place", str(device)), lambda: here(colours.place))
        if record.taped or backend.leads:
            swept = [record.push([Array(unit(c))])[0] for c in range(colours.count)]
            found: Array = xgrad.take(xgrad.concat(swept), Array(place))
            return found
        # One after the other into an array that is kept for the next call: memory that the system
        # gives anew takes longer to come by than a walk.
        dtype, shape = record.outs[0]._raw.dtype, (colours.count, colours.shape[0])
        key = "rows", dtype, str(device)
        rows = colours.units.pop(key, None)
        if rows is None:
            rows = backend.xp.empty(shape, dtype=dtype, device=device)
        for c in range(colours.count):
            rows = backend.setitem(rows, c, record.push([Array(unit(c))])[0]._raw, False)
        data = backend.xp.take(backend.xp.reshape(rows, (-1,)), place, axis=0)
        colours.units[key] = rows
        return Array(data)

    def _holds(self, record: Record, colours: _Colours, data: Array, f: Any) -> bool:
        """Whether a product with the entries is a difference of `f`, or that of one more walk."""
        x = record.inputs[0]._raw
        backend = backend_of(x)
        entries = np.asarray(backend.to_numpy(data.detach()._raw))
        product = _product(entries, colours, colours.tangent)
        size = 1e-5 * (_largest(product) + 1e-30)

        def tangent_here() -> Any:
            held = backend.from_numpy(colours.tangent, backend.device(x))
            return backend.xp.astype(held, x.dtype)

        tangent = colours.kept(("tangent", x.dtype, str(backend.device(x))), tangent_here)
        if np.dtype(str(product.dtype)) == np.float64:
            step = 1e-7 * (1.0 + _largest(np.asarray(backend.to_numpy(x))))
            with tape.recording(False), np.errstate(all="ignore"):
                moved = xgrad.asarray(f(Array(x + step * tangent)))._raw
            away = np.asarray(backend.to_numpy(moved - record.outs[0]._raw))
            product *= step
            if _largest(np.subtract(away, product, out=product)) <= size * step:
                return True
            product = _product(entries, colours, colours.tangent)
        pushed = record.push([Array(tangent)])[0].detach()._raw
        return _largest(product - np.asarray(backend.to_numpy(pushed))) <= size


def _outline(record: Record) -> list[Any] | None:
    """Return what was done in a record, but for numbers of arrays; None if a rule is not ours.

    Two records of one outline have one pattern, if it is read from no number.
    """
    places = {leaf[SERIAL]: i for i, leaf in enumerate(record.leaves)}
    found: list[Any] = []
    for node in record.path:
        if node[RULE].is_opaque:
            return None
        parents = node[PARENTS]
        above = (parents,) if type(parents) is list else parents
        near = tuple(None if p is None else places.get(p[SERIAL]) for p in above)
        found.append((node[RULE], near, _marks(node[FIT]), _marks(node[SAVED])))
        places[node[SERIAL]] = len(places)
    return [*found, record.serials[0] and places[record.serials[0]], _marks(record.outs[0]._raw)]


def _marks(saved: Any) -> Any:
    """Return what a node saves without numbers of arrays: shapes, dtypes, axes, keys."""
    if isinstance(saved, (tuple, list)):
        return tuple(map(_marks, saved))
    if isinstance(saved, (float, complex)):
        return float
    if saved is None or isinstance(saved, (int, str, slice, type, np.dtype)):
        return saved
    if backend_of_type(type(saved)) is not None:
        return tuple(saved.shape), saved.dtype
    return _Itself(saved)


class _Itself:
    """An object that is equal to nothing but itself."""

    def __init__(self, held: Any) -> None:
        self.held = held

    def __eq__(self, other: object) -> bool:
        return type(other) is _Itself and self.held is other.held

    __hash__ = None  # type: ignore[assignment]


def _has(record: Record, outline: list[Any] | None) -> bool:
    """Whether a record has an outline."""
    return outline is not None and _outline(record) == outline


def _largest(x: Any) -> float:
    """Return the largest absolute value, by two passes that make no array; NaN if there is one."""
    if not x.size:
        return 0.0
    if x.dtype.kind == "c":
        return float(np.max(np.abs(x)))
    return float(np.maximum(x.max(), -x.min()))


def _product(entries: Any, colours: _Colours, t: Any) -> Any:
    """Return a product with the Jacobian that some entries make."""
    from scipy.sparse import csr_array

    return csr_array((entries, colours.cols, colours.indptr), shape=colours.shape) @ t


def _as_scipy(pattern: Any) -> Any:
    import scipy.sparse

    if hasattr(pattern, "plain"):
        pattern = pattern.plain()
    found = scipy.sparse.csr_array(pattern, copy=True)
    found.data = np.ones(found.nnz, np.int8)
    return found


def _assembled(data: Array, colours: _Colours, raw: bool) -> Any:
    """Return the entries as a sparse array of xgrad, or of the library of a raw one."""
    from .sparse.arrays import SparseArray
    from .sparse.products import Pattern

    if raw and backend_of(data._raw).name == "numpy":
        from scipy.sparse import csr_array

        parts = (data._raw, colours.cols.copy(), colours.indptr.copy())
        return csr_array(parts, shape=colours.shape)
    made = SparseArray(data, Pattern(colours.rows, colours.cols, colours.shape, "csr"))
    return made.plain() if raw else made
