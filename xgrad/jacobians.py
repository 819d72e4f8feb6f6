"""Jacobians and Hessians: one walk with many unit vectors, and the products that need only one.

Of a function of complex variables z = x + iy the derivative is no single matrix, for

    df = (df/dz) dz + (df/dz*) dz*        df/dz  = (df/dx - i df/dy) / 2
                                          df/dz* = (df/dx + i df/dy) / 2

and it is said by name which one is wanted; docs/complex.md has the formulas. A walk down with the
cotangents g and ig, or up with the tangents t and it, gives both parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, Literal, NamedTuple

import numpy as np

import xgrad

from . import errors, trees
from .array import Array
from .backends import COMPLEX, backend_of
from .batching import Batch, largest
from .derived import picklable
from .transforms import Argnums, Record, grad, jvp, numbers_of

__all__ = ["Wirtinger", "hessian", "hvp", "jacfwd", "jacrev"]

Complex = Literal["holomorphic", "wirtinger", "real"]
"""How to give a Jacobian with respect to complex variables."""

_CHOICES = ("holomorphic", "wirtinger", "real")


class Wirtinger(NamedTuple):
    """The two derivatives of a function of a complex variable: df = dz dz + conj dz*."""

    dz: Any
    conj: Any


@picklable
def jacrev(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    complex: Complex | None = None,
) -> Callable[..., Any]:
    """Return a function that gives the Jacobian of `f` by reverse mode, all rows in one walk.

    It suits functions with fewer outputs than inputs. The Jacobian of an output of shape S with
    respect to an input of shape T has the shape S + T; pytrees give a tree of trees, that of the
    output outside.

    Args:
        f: a function of arrays or pytrees that returns an array or pytree.
        argnums: which arguments to differentiate: a position, or several for a tuple.
        has_aux: whether `f` returns a pair (result, aux); then a pair (Jacobian, aux) is given.
        complex: what is wanted with respect to a complex argument:

            - ``"holomorphic"``: df/dz, which is all there is if `f` is holomorphic. It is checked:
              a function that is not raises.
            - ``"wirtinger"``: the pair ``Wirtinger(df/dz, df/dz*)``, for any function.
            - ``"real"``: a real array, with an axis of length 2 for real and imaginary part in
              front of each complex S and T: ``J[0, ..., 1, ...]`` is d(Re f)/d(Im z).

            A complex result of a real argument needs none: its derivative is a complex array.

    >>> import numpy as np, xgrad as xg
    >>> z = np.asarray(1 + 2j)
    >>> complex(xg.jacrev(lambda z: z**2, complex="holomorphic")(z))
    (2+4j)
    >>> [complex(d) for d in xg.jacrev(lambda z: z * xg.conj(z), complex="wirtinger")(z)]
    [(1-2j), (1+2j)]
    >>> xg.jacrev(lambda z: z**2, complex="real")(z)
    array([[ 2., -4.],
           [ 4.,  2.]])
    """
    _require_choice("jacrev", complex)

    @wraps(f, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        record = Record("jacrev", f, args, numbers_of(argnums), kwargs, has_aux)
        _require_named(record, complex)
        # one pullback then gives conj(df/dz); with real arguments too, two are needed
        halved = complex == "holomorphic" and all(_is_complex(x) for x in record.inputs)
        blocks, outs = [], range(len(record.outs))
        for k, y in enumerate(record.outs):

            def walk(g: Array, k: int = k) -> list[Array]:
                return record.pull([g if i == k else None for i in outs], sparse=True)

            if complex == "holomorphic" and _is_complex(y):
                _require_holomorphic(record.what, walk, y)
            found = [
                _sweep(record, walk, y, unit, record.inputs)
                for unit in ((1, 1j) if _is_complex(y) and not halved else (1,))
            ]
            row = []
            for i, x in enumerate(record.inputs):
                shape = y.shape + x.shape
                parts = [xgrad.reshape(rows[i], shape) for rows in found]
                row.append(_block(*_partials(parts, x, halved), y, x, complex))
            blocks.append(row)
        return _by_block(record, blocks, argnums, has_aux)

    return jacobian


@picklable
def jacfwd(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    complex: Complex | None = None,
) -> Callable[..., Any]:
    """Return a function that gives the Jacobian of `f` by forward mode, all columns in one walk.

    It suits functions with fewer inputs than outputs. Arguments, shapes and structure are those of
    `jacrev`.

    >>> import numpy as np, xgrad as xg
    >>> xg.jacfwd(lambda t: xg.exp(1j * t))(np.asarray(0.0))  # a complex result of a real argument
    array(0.+1.j)
    """
    _require_choice("jacfwd", complex)

    @wraps(f, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        record = Record("jacfwd", f, args, numbers_of(argnums), kwargs, has_aux)
        _require_named(record, complex)
        blocks: list[list[Any]] = [[] for _ in record.outs]
        inputs = range(len(record.inputs))
        for i, x in enumerate(record.inputs):

            def walk(t: Array, i: int = i) -> list[Array]:
                return record.push([t if k == i else None for k in inputs], sparse=True)

            halved = complex == "holomorphic"
            if halved and _is_complex(x):
                _require_holomorphic(record.what, walk, x)
            found = [
                _sweep(record, walk, x, unit, record.outs)
                for unit in ((1, 1j) if _is_complex(x) and not halved else (1,))
            ]
            for k, y in enumerate(record.outs):
                partials = []
                for columns in found:
                    block = xgrad.moveaxis(columns[k], 0, -1)
                    partials.append(xgrad.reshape(block, y.shape + x.shape))
                dx, dy = partials if len(partials) > 1 else (partials[0], None)
                blocks[k].append(_block(dx, dy, y, x, complex))
        return _by_block(record, blocks, argnums, has_aux)

    return jacobian


@picklable
def hessian(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    complex: Complex | None = None,
) -> Callable[..., Any]:
    """Return a function that gives the matrix of second derivatives of a real scalar function.

    Forward mode over reverse mode: one linearisation of the gradient, and one walk for all columns.

    Args:
        f: a function that returns a real scalar.
        argnums: which arguments to differentiate: a position, or several for a tuple.
        has_aux: whether `f` returns a pair (value, aux); then a pair (Hessian, aux) is given.
        complex: what is wanted with respect to a complex argument, whose gradient is g:
            ``"real"``, the symmetric matrix of second derivatives by real and imaginary parts, with
            an axis of length 2 in front of each T; or ``"wirtinger"``, the pair
            ``Wirtinger(dg/dz, dg/dz*)``, the first Hermitian, the second symmetric.

    >>> import numpy as np, xgrad as xg
    >>> xg.hessian(lambda z: xg.abs(z) ** 2, complex="real")(np.asarray(1 + 2j))
    array([[2., 0.],
           [0., 2.]])
    """
    if complex == "holomorphic":
        raise ValueError(
            "hessian: got complex='holomorphic', but no real function of complex variables is, "
            "unless it is constant; expected 'wirtinger' or 'real'. For the second derivative of a "
            "holomorphic f use jacfwd(jacrev(f, complex='holomorphic'), complex='holomorphic')"
        )
    return jacfwd(grad(f, argnums, has_aux=has_aux), argnums, has_aux=has_aux, complex=complex)


def hvp(f: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """Return the product of the Hessian of a scalar function and a vector.

    Args:
        f: a function that returns a real scalar.
        primals: where; a tuple with one entry for each argument, or the one argument itself.
        tangents: the vector, in the structure of `primals`.

    Returns:
        The product, in the structure of `primals`. The Hessian is never formed. Complex entries
        hold the products for their real and imaginary parts.
    """
    if not isinstance(primals, tuple):
        return jvp(grad(f), (primals,), (tangents,))[1]
    argnums = tuple(range(len(primals)))
    return jvp(grad(f, argnums), primals, tangents)[1]


# Complex variables --------------------------------------------------------------------------------


def _is_complex(x: Array) -> bool:
    return x._data.dtype in COMPLEX


def _require_choice(what: str, complex: Any) -> None:
    if complex not in (None, *_CHOICES):
        raise ValueError(f"{what}: got complex={complex!r}; expected one of {', '.join(_CHOICES)}")


def _require_named(record: Record, complex: Complex | None) -> None:
    """Raise if it was not said which derivative with respect to a complex argument is wanted."""
    for x in record.inputs:
        if _is_complex(x) and complex is None:
            raise errors.NotDifferentiableError(
                f"{record.what}: an argument is {x.dtype}{list(x.shape)}, and the derivative by a "
                "complex variable is no single matrix. Say which is wanted: complex='holomorphic' "
                "(df/dz, where f is holomorphic), complex='wirtinger' (the pair df/dz, df/dz*), or "
                "complex='real' (real and imaginary parts as a real array)"
            )
    real = next((y for y in record.outs if not _is_complex(y)), None)
    if complex == "holomorphic" and real is not None and any(map(_is_complex, record.inputs)):
        raise errors.NotDifferentiableError(
            f"{record.what}: complex='holomorphic', but a result is {real.dtype}; a real function "
            "of complex variables is not holomorphic. Use complex='wirtinger' or complex='real'"
        )


def _require_holomorphic(what: str, walk: Callable[[Array], list[Array]], like: Array) -> None:
    """Raise if a walk is linear over the reals only: one in a general direction will tell."""
    backend = backend_of(like._data)
    spread = np.linspace(0.5, 1.5, like.size).reshape(like.shape)
    direction = (np.cos(7 * spread) + 1j * np.sin(11 * spread)).astype(like.dtype)
    raw = backend.from_numpy(direction, backend.device(like._data))
    for once, turned in zip(walk(Array(raw)), walk(Array(raw * 1j)), strict=True):
        a, b = once._data, turned._data
        if a.dtype not in COMPLEX or not once.size:
            continue
        xp = backend_of(a).xp
        size = xp.max(xp.abs(a)) + xp.max(xp.abs(b))
        wrong = xp.max(xp.abs(b - a * 1j)) > size * float(np.finfo(once.dtype).eps) ** 0.5
        try:
            is_wrong = bool(wrong)
        except (RuntimeError, NotImplementedError, TypeError):  # data without values, as on meta
            return
        if is_wrong:
            raise errors.NotDifferentiableError(
                f"{what}: complex='holomorphic', but f is not holomorphic here: df/dz* is not 0. "
                "Use complex='wirtinger' or complex='real'"
            )


def _partials(parts: list[Array], x: Array, halved: bool) -> tuple[Array, Array | None]:
    """Return df/dx and df/dy from the gradients of the real and the imaginary part of f."""
    if halved:
        return xgrad.conj(parts[0]), None
    if not _is_complex(x):
        return _joined(parts), None
    return _joined([xgrad.real(p) for p in parts]), _joined([xgrad.imag(p) for p in parts])


def _joined(parts: list[Array]) -> Array:
    """Return a complex array of a real and an imaginary part; a real one of only the first."""
    return parts[0] if len(parts) == 1 else _complex(parts[0]) + _complex(parts[1]) * 1j


def _complex(x: Array) -> Array:
    return x if _is_complex(x) else xgrad.astype(x, np.result_type(x.dtype, np.complex64))


def _block(dx: Array, dy: Array | None, y: Array, x: Array, complex: Complex | None) -> Any:
    """Return the wanted form of the derivative of `y`, given those by the parts of `x`."""
    if complex == "real":
        block = dx if dy is None else xgrad.stack([dx, dy], axis=y.ndim)
        return xgrad.stack([xgrad.real(block), xgrad.imag(block)]) if _is_complex(y) else block
    if dy is None or complex == "holomorphic":
        return dx
    turned = _complex(dy) * 1j
    return Wirtinger((dx - turned) / 2, (dx + turned) / 2)


# Rows and columns ---------------------------------------------------------------------------------


Walk = Callable[[Array], list[Array]]

_AT_ONCE = 2**22
"""How many elements the largest array of a walk with many rows at once may have."""


def _sweep(record: Record, walk: Walk, x: Array, unit: Any, ends: list[Array]) -> list[Array]:
    """Walk from every unit vector of `x`; return for each end its results, side by side.

    All unit vectors go together where nobody records the walk and its rules can do it, as many at a
    time as memory allows; otherwise one after the other.
    """
    if not record.taped and x.size > 1:
        try:
            return _together(record, walk, x, unit, ends)
        except (errors.MissingFunctionError, TypeError):
            pass  # if anything else is wrong, the walks below say what
    rows = [walk(e) for e in _basis(x, unit)]
    return [_stacked([row[i] for row in rows], y, (x.size, *y.shape)) for i, y in enumerate(ends)]


def _together(record: Record, walk: Walk, x: Array, unit: Any, ends: list[Array]) -> list[Array]:
    """Walk from many unit vectors at a time."""
    backend = backend_of(x._data)
    most = max(largest(record.path), x.size, *[y.size for y in ends])
    count = max(1, _AT_ONCE // most)
    pieces: list[list[Any]] = [[] for _ in ends]
    with backend.quiet():
        for start in range(0, x.size, count):
            units = _units(x, unit, start, min(count, x.size - start))
            for piece, result, y in zip(pieces, walk(Array(Batch(units))), ends, strict=True):
                piece.append(_data(result, y, units.shape[0]))
    return [Array(backend.xp.concat(p) if len(p) > 1 else p[0]) for p in pieces]


def _units(x: Array, unit: Any, start: int, count: int) -> Any:
    """Return some of the unit vectors of the space of an array, side by side, times 1 or i."""
    backend = backend_of(x._data)
    xp, device = backend.xp, backend.device(x._data)
    eye = xp.eye(count, x.size, k=start, dtype=x._data.dtype, device=device)
    return xp.reshape(eye if unit == 1 else eye * unit, (count, *x.shape))


def _data(result: Array, like: Array, count: int) -> Any:
    """Return the raw data of a batch; of a result that is the same for all, once for each."""
    raw = result._data
    if type(raw) is Batch:
        return raw.data
    return backend_of(raw).xp.broadcast_to(raw, (count, *like.shape))


def _basis(x: Array, unit: Any) -> Iterator[Array]:
    """Yield the unit vectors of the space of an array, times 1 or i."""
    backend = backend_of(x._data)
    for i in range(x.size):
        flat = backend.xp.reshape(trees.zeros_like(x), (-1,))
        flat = backend.setitem(flat, i, unit, False)
        yield Array(backend.xp.reshape(flat, x.shape))


def _stacked(rows: list[Array], like: Array, shape: tuple[int, ...]) -> Array:
    """Return rows as an array of a shape, zeros if there are none."""
    if not rows:
        backend = backend_of(like._data)
        device = backend.device(like._data)
        return Array(backend.xp.zeros(shape, dtype=like._data.dtype, device=device))
    return xgrad.reshape(xgrad.stack(rows), shape)


def _by_block(record: Record, blocks: list[list[Any]], argnums: Argnums, has_aux: bool) -> Any:
    """Return the blocks of a Jacobian in the structures of the output and of the arguments."""
    rows = []
    for row in blocks:
        home = iter([_as_given(b, x) for b, x in zip(row, record.given, strict=True)])
        arguments = [
            structure.unflatten([next(home) for _ in range(structure.num_leaves)])
            for structure in record.structures
        ]
        rows.append(arguments[0] if isinstance(argnums, int) else tuple(arguments))
    jacobian = record.out_structure.unflatten(rows)
    return (jacobian, record.aux) if has_aux else jacobian


def _as_given(block: Any, given: Any) -> Any:
    """Return a block raw if the argument that it belongs to was."""
    if type(block) is Wirtinger:
        return Wirtinger(*(trees.like_input(part, given) for part in block))
    return trees.like_input(block, given)
