"""Jacobians and Hessians: one walk with many unit vectors, and the products that need only one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, overload

import xgrad

from .. import errors
from .. import tree as trees
from ..arrays.array import Array
from ..backends import backend_of, on_device_of
from ..backends.batched import Level, largest, leave
from ..debugging import constant_results
from ..engine.argnums import Argnums, numbers_of
from ..engine.picklable import picklable
from ..engine.record import Record
from ..errors.folding import told_as
from ..errors.kinds import length, require_function
from .complex_forms import (
    Complex,
    Wirtinger,
    block_of,
    is_complex,
    partials_of,
    require_choice,
    require_holomorphic,
    require_named,
)
from .gradients import grad, gradient_for, jvp

if TYPE_CHECKING:
    from .protocols import Argument, Jacobian

__all__ = ["hessian", "hvp", "jacfwd", "jacrev"]

P = ParamSpec("P")


@overload
def jacrev(
    f: Callable[Concatenate[Argument, P], Any],
    argnums: Literal[0] = 0,
    *,
    has_aux: bool = False,
    complex: Complex | None = None,
) -> Jacobian[P]: ...
@overload
def jacrev(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    complex: Complex | None = None,
) -> Callable[..., Any]: ...
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

    Returns:
        A function of the arguments of `f`. For an output of shape S and an input of shape T it
        gives an array of shape ``S + T``.

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
    require_choice("jacrev", complex)

    @wraps(f, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        record = Record("jacrev", f, args, numbers_of(argnums, "jacrev"), kwargs, has_aux)
        constant_results.tell(record, "jacrev", "", constant_results.unmet(record))
        require_named(record, complex)
        # one pullback then gives conj(df/dz); with real arguments too, two are needed
        halved = complex == "holomorphic" and all(is_complex(x) for x in record.inputs)
        blocks, outs = [], range(len(record.outs))
        for k, y in enumerate(record.outs):

            def walk(g: Array, k: int = k) -> list[Array]:
                return record.pull([g if i == k else None for i in outs], sparse=True)

            if complex == "holomorphic" and is_complex(y):
                require_holomorphic(record.what, walk, y)
            found = [
                _sweep(record, walk, y, unit, record.inputs)
                for unit in ((1, 1j) if is_complex(y) and not halved else (1,))
            ]
            row = []
            for i, x in enumerate(record.inputs):
                shape = y.shape + x.shape
                parts = [xgrad.reshape(rows[i], shape) for rows in found]
                row.append(block_of(*partials_of(parts, x, halved), y, x, complex))
            blocks.append(row)
        return _by_block(record, blocks, argnums, has_aux)

    return jacobian


@overload
def jacfwd(
    f: Callable[Concatenate[Argument, P], Any],
    argnums: Literal[0] = 0,
    *,
    has_aux: bool = False,
    complex: Complex | None = None,
) -> Jacobian[P]: ...
@overload
def jacfwd(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    complex: Complex | None = None,
) -> Callable[..., Any]: ...
@picklable
def jacfwd(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    complex: Complex | None = None,
) -> Callable[..., Any]:
    """Return a function that gives the Jacobian of `f` by forward mode, all columns in one walk.

    It suits functions with fewer inputs than outputs; shapes and structure are those of `jacrev`.

    Args:
        f: a function of arrays or pytrees that returns an array or pytree.
        argnums: which arguments to differentiate: a position, or several for a tuple.
        has_aux: whether `f` returns a pair (result, aux); then a pair (Jacobian, aux) is given.
        complex: what is wanted with respect to a complex argument, ``"holomorphic"``,
            ``"wirtinger"`` or ``"real"``, as for `jacrev`.

    Returns:
        A function of the arguments of `f`. For an output of shape S and an input of shape T it
        gives an array of shape ``S + T``.

    >>> import numpy as np, xgrad as xg
    >>> xg.jacfwd(lambda t: xg.exp(1j * t))(np.asarray(0.0))  # a complex result of a real argument
    array(0.+1.j)
    """
    require_choice("jacfwd", complex)
    return _by_columns("jacfwd", f, argnums, has_aux, complex)


def _by_columns(
    what: str, f: Callable[..., Any], argnums: Argnums, has_aux: bool, complex: Complex | None
) -> Callable[..., Any]:
    """Return what `jacfwd` does; `what` is what the user has called, as messages say it."""

    @wraps(f, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        record = Record(what, f, args, numbers_of(argnums, what), kwargs, has_aux)
        constant_results.tell(record, what, "", constant_results.unmet(record))
        require_named(record, complex)
        blocks: list[list[Any]] = [[] for _ in record.outs]
        inputs = range(len(record.inputs))
        for i, x in enumerate(record.inputs):

            def walk(t: Array, i: int = i) -> list[Array]:
                return record.push([t if k == i else None for k in inputs], sparse=True)

            halved = complex == "holomorphic"
            if halved and is_complex(x):
                require_holomorphic(record.what, walk, x)
            found = [
                _sweep(record, walk, x, unit, record.outs)
                for unit in ((1, 1j) if is_complex(x) and not halved else (1,))
            ]
            for k, y in enumerate(record.outs):
                partials = []
                for columns in found:
                    block = xgrad.moveaxis(columns[k], 0, -1)
                    partials.append(xgrad.reshape(block, y.shape + x.shape))
                dx, dy = partials if len(partials) > 1 else (partials[0], None)
                blocks[k].append(block_of(dx, dy, y, x, complex))
        return _by_block(record, blocks, argnums, has_aux)

    return jacobian


@overload
def hessian(
    f: Callable[Concatenate[Argument, P], Any],
    argnums: Literal[0] = 0,
    *,
    has_aux: bool = False,
    complex: Complex | None = None,
) -> Jacobian[P]: ...
@overload
def hessian(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    complex: Complex | None = None,
) -> Callable[..., Any]: ...
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

    Returns:
        A function of the arguments of `f`. For an argument of shape T it gives an array of shape
        ``T + T``; for several, or pytrees, blocks in a tree of trees.

    Raises:
        ValueError: if `complex` is another word.

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
    require_choice("hessian", complex)
    gradient = gradient_for("hessian", f, argnums, has_aux)
    return _by_columns("hessian", gradient, argnums, has_aux, complex)


def hvp(f: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """Return the product of the Hessian of a scalar function and a vector.

    Args:
        f: a function that returns a real scalar.
        primals: where; a tuple with one entry for each argument, or the one argument itself.
        tangents: the vector, in the structure of `primals`.

    Returns:
        The product, in the structure of `primals`. The Hessian is never formed: it is the gradient
        of the derivative along the vector. Complex entries hold the products for their real and
        imaginary parts.
    """
    require_function("hvp", "f", f)
    several = isinstance(primals, tuple)
    at, along = (primals, tangents) if several else ((primals,), (tangents,))

    def slope(*args: Any) -> Any:
        return jvp(f, args, along)[1]

    with told_as("hvp", "grad", "jvp"):
        found = grad(slope, tuple(range(len(at))))(*at)
    return found if several else found[0]


# Rows and columns ---------------------------------------------------------------------------------


Walk = Callable[[Array], list[Array]]

_AT_ONCE = 2**22
"""How many elements the largest array of a walk with many rows at once may have."""


def _sweep(record: Record, walk: Walk, x: Array, unit: Any, ends: list[Array]) -> list[Array]:
    """Walk from every unit vector of `x`; return for each end its results, side by side.

    All unit vectors go together where nobody records the walk and its rules can do it, as many at a
    time as memory allows; otherwise one after the other.
    """
    with on_device_of(x._raw):
        if not record.taped and not record.effects and x.size > 1:
            try:
                return _together(record, walk, x, unit, ends)
            except (errors.MissingFunctionError, TypeError):
                pass  # if anything else is wrong, the walks below say what
        rows = [walk(e) for e in _basis(x, unit)]
    return [_stacked([row[i] for row in rows], y, (x.size, *y.shape)) for i, y in enumerate(ends)]


def _together(record: Record, walk: Walk, x: Array, unit: Any, ends: list[Array]) -> list[Array]:
    """Walk from many unit vectors at a time."""
    backend = backend_of(x._raw)
    most = max(largest(record.path), x.size, *[y.size for y in ends])
    count = max(1, _AT_ONCE // most)
    pieces: list[list[Any]] = [[] for _ in ends]
    with backend.quiet():
        for start in range(0, x.size, count):
            units = _units(x, unit, start, min(count, x.size - start))
            level = Level(int(units.shape[0]), is_sweep=True)
            for piece, result in zip(pieces, walk(Array(level.batch(units))), strict=True):
                piece.append(leave(result._raw, level, 0))
    return [Array(backend.xp.concat(p) if len(p) > 1 else p[0]) for p in pieces]


def _units(x: Array, unit: Any, start: int, count: int) -> Any:
    """Return some of the unit vectors of the space of an array, side by side, times 1 or i."""
    backend = backend_of(x._raw)
    xp, device = backend.xp, backend.device(x._raw)
    eye = xp.eye(count, x.size, k=start, dtype=x._raw.dtype, device=device)
    return xp.reshape(eye if unit == 1 else eye * unit, (count, *x.shape))


def _basis(x: Array, unit: Any) -> Iterator[Array]:
    """Yield the unit vectors of the space of an array, times 1 or i."""
    backend = backend_of(x._raw)
    for i in range(length(x.size)):
        flat = backend.xp.reshape(trees.zeros_like(x), (-1,))
        flat = backend.setitem(flat, i, unit, False)
        yield Array(backend.xp.reshape(flat, x.shape))


def _stacked(rows: list[Array], like: Array, shape: tuple[int, ...]) -> Array:
    """Return rows as an array of a shape, zeros if there are none."""
    if not rows:
        backend = backend_of(like._raw)
        device = backend.device(like._raw)
        return Array(backend.xp.zeros(shape, dtype=like._raw.dtype, device=device))
    return xgrad.reshape(xgrad.stack(rows), shape)


def _by_block(record: Record, blocks: list[list[Any]], argnums: Argnums, has_aux: bool) -> Any:
    """Return the blocks of a Jacobian in the structures of the output and of the arguments."""
    constant_results.derived(record)
    rows, own = [], record.others().own
    for row in blocks:
        home = iter([_as_given(b, x, own) for b, x in zip(row, record.given, strict=True)])
        arguments = [
            structure.unflatten([next(home) for _ in range(structure.num_leaves)])
            for structure in record.structures
        ]
        rows.append(arguments[0] if isinstance(argnums, int) else tuple(arguments))
    jacobian = record.out_structure.unflatten(rows)
    return (jacobian, record.aux) if has_aux else jacobian


def _as_given(block: Any, given: Any, own: Callable[[Array], Array]) -> Any:
    """Return a block raw if the argument that it belongs to was, in a buffer of its own."""
    if type(block) is Wirtinger:
        return Wirtinger(*(trees.like_input(own(part), given) for part in block))
    return trees.like_input(own(block), given)
