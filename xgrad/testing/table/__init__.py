"""The op table: a row for each public op, in a file named after the standard's chapter.

A new op is one more row here. Everything else in the namespace is listed in `NOT_OPS`.
"""

from __future__ import annotations

from ..cases import Row
from . import (
    activations,
    beyond_elementwise,
    beyond_manipulation,
    beyond_polynomials,
    beyond_products,
    beyond_statistics,
    cosine,
    creation,
    dtypes,
    elementwise,
    fourier,
    indexing,
    linalg,
    manipulation,
    operators,
    products,
    sets,
    sorting,
    special,
    special_scipy,
    statistical,
)

__all__ = ["CHAPTERS", "NOT_OPS", "ROWS"]

CHAPTERS: dict[str, tuple[Row, ...]] = {
    "Elementwise functions": elementwise.ROWS,
    "Activations": activations.ROWS,
    "Statistics": statistical.ROWS,
    "Products": products.ROWS,
    "Manipulation": manipulation.ROWS,
    "Indexing": indexing.ROWS,
    "Sorting": sorting.ROWS,
    "Sets": sets.ROWS,
    "Linear algebra": linalg.ROWS,
    "Fourier transforms": fourier.ROWS,
    "Cosine transforms": cosine.ROWS,
    "Creation": creation.ROWS,
    "Dtypes, devices, backends": dtypes.ROWS,
    "Operators": operators.ROWS,
    "Beside the standard: elementwise": beyond_elementwise.ROWS,
    "Beside the standard: manipulation": beyond_manipulation.ROWS,
    "Beside the standard: products and calculus": beyond_products.ROWS,
    "Beside the standard: polynomials and least squares": beyond_polynomials.ROWS,
    "Beside the standard: statistics": beyond_statistics.ROWS,
    "Special functions": special.ROWS,
    "Special functions of statistics": special_scipy.ROWS,
}
"""The rows of each chapter, by its title in ``docs/derivatives.md``."""

ROWS: tuple[Row, ...] = tuple(row for rows in CHAPTERS.values() for row in rows)
"""All rows."""
NOT_OPS: dict[str, str] = {
    name: kind
    for kind, names in {
        "class": "Array Wirtinger",
        "module": "errors fft linalg random special testing tree",
        "constant": "e inf nan newaxis pi",
        "dtype": (
            "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
            "float16 float32 float64 complex64 complex128"
        ),
        "inspection": (
            "__array_namespace_info__ broadcast_shapes can_cast finfo iinfo isdtype result_type"
        ),
        "creation": (
            "arange array empty empty_like eye from_dlpack linspace ones ones_like zeros zeros_like"
        ),
        "transform": (
            "grad hessian hvp jacfwd jacrev jvp linearize sparse_hessian sparse_jacobian "
            "value_and_grad vjp vmap"
        ),
        "tape": "checkpoint custom_jvp custom_vjp no_grad no_refills primitive stop_gradient",
        "compiling": "compile scan",
        "implicit": "implicit_argmin implicit_fixed_point implicit_root",
        "debugging": "debug explain_gradient",
        "backend": (
            "available_backends default_dtype deterministic get_backend get_default_dtype "
            "keep_memory set_backend set_default_dtype use_backend"
        ),
    }.items()
    for name in names.split()
}
"""Public names that are not ops, and what they are instead."""
