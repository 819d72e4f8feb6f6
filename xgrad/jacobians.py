"""Jacobians and Hessians: many walks over one record, and the products that need only one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from . import errors, trees
from .array import Array
from .backends import COMPLEX, backend_of
from .transforms import Argnums, Record, grad, jvp, numbers_of

__all__ = ["hessian", "hvp", "jacfwd", "jacrev"]


def _basis(x: Array) -> list[Array]:
    """Return the unit vectors of the space of an array."""
    backend = backend_of(x._data)
    if x._data.dtype in COMPLEX:
        raise errors.NotDifferentiableError(
            f"jacobian: got {x.dtype}{list(x.shape)}; a complex Jacobian has two conventions. "
            "Use xgrad.vjp or xgrad.jvp, or split the array into xgrad.real and xgrad.imag"
        )
    vectors = []
    for i in range(x.size):
        flat = trees.zeros_like(Array(backend.xp.reshape(x._data, (-1,))))
        flat = backend.setitem(flat, i, 1, False)
        vectors.append(Array(backend.xp.reshape(flat, x.shape)))
    return vectors


def _stacked(rows: list[Array], like: Array, shape: tuple[int, ...]) -> Array:
    """Return rows as an array of a shape, zeros if there are none."""
    import xgrad

    if not rows:
        backend = backend_of(like._data)
        device = backend.device(like._data)
        return Array(backend.xp.zeros(shape, dtype=like._data.dtype, device=device))
    return xgrad.reshape(xgrad.stack(rows), shape)


def jacrev(
    f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function that gives the Jacobian of `f`, a row at a time by reverse mode.

    It suits functions with fewer outputs than inputs. The Jacobian of an output of shape S with
    respect to an input of shape T has the shape S + T; pytrees give a tree of trees, that of the
    output outside.
    """

    @wraps(f, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        record = Record("jacrev", f, args, numbers_of(argnums), kwargs, has_aux)
        blocks = []
        for k, y in enumerate(record.outs):
            zeros = [Array(trees.zeros_like(o)) for o in record.outs]
            rows = []
            for e in _basis(y):
                zeros[k] = e
                rows.append(record.pull(zeros, sparse=True))
            blocks.append(
                [
                    _stacked([row[i] for row in rows], x, y.shape + x.shape)
                    for i, x in enumerate(record.inputs)
                ]
            )
        return _by_block(record, blocks, argnums, has_aux)

    return jacobian


def jacfwd(
    f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function that gives the Jacobian of `f`, a column at a time by forward mode.

    It suits functions with fewer inputs than outputs. Shapes and structure are those of `jacrev`.
    """

    @wraps(f, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        import xgrad

        record = Record("jacfwd", f, args, numbers_of(argnums), kwargs, has_aux)
        blocks: list[list[Array]] = [[] for _ in record.outs]
        for i, x in enumerate(record.inputs):
            zeros = [Array(trees.zeros_like(v)) for v in record.inputs]
            columns = []
            for e in _basis(x):
                zeros[i] = e
                columns.append(record.push(zeros, sparse=True))
            for k, y in enumerate(record.outs):
                shape = (x.size, *y.shape)
                block = _stacked([column[k] for column in columns], y, shape)
                block = xgrad.moveaxis(block, 0, -1)
                blocks[k].append(xgrad.reshape(block, y.shape + x.shape))
        return _by_block(record, blocks, argnums, has_aux)

    return jacobian


def _by_block(record: Record, blocks: list[list[Array]], argnums: Argnums, has_aux: bool) -> Any:
    """Return the blocks of a Jacobian in the structures of the output and of the arguments."""
    rows = []
    for row in blocks:
        arguments = record.by_argument(row)
        rows.append(arguments[0] if isinstance(argnums, int) else tuple(arguments))
    jacobian = record.out_structure.unflatten(rows)
    return (jacobian, record.aux) if has_aux else jacobian


def hessian(
    f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function that gives the matrix of second derivatives of a scalar function.

    Forward mode over reverse mode: one linearisation of the gradient, and one walk per column.
    """
    return jacfwd(grad(f, argnums, has_aux=has_aux), argnums, has_aux=has_aux)


def hvp(f: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """Return the product of the Hessian of a scalar function and a vector.

    Args:
        f: a function that returns a real scalar.
        primals: where; a tuple with one entry for each argument, or the one argument itself.
        tangents: the vector, in the structure of `primals`.

    Returns:
        The product, in the structure of `primals`. The Hessian is never formed.
    """
    if not isinstance(primals, tuple):
        return jvp(grad(f), (primals,), (tangents,))[1]
    argnums = tuple(range(len(primals)))
    return jvp(grad(f, argnums), primals, tangents)[1]
