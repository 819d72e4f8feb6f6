"""A drop-in for HIPS autograd: change the import line, and keep the program.

    import xgrad.compat.autograd.numpy as np
    from xgrad.compat.autograd import grad

The functions have autograd's names, arguments and conventions. The gradient with respect to a
complex argument is du/dx - i du/dy, as there, and the conjugate of what `xgrad.grad` gives.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import optree  # noqa: F401 - here, not in the first gradient: these programs have tuples and dicts

from . import (
    boxes,  # what it gives to `xgrad.Array`, nobody may forget to import
    builtins,
    core,
    differential_operators,
    extend,
    numpy,
    tracer,
    util,
    wrap_util,
)
from .builtins import dict, isinstance, list, tuple, type
from .differential_operators import (
    checkpoint,
    deriv,
    egrad,
    elementwise_grad,
    grad,
    grad_and_aux,
    grad_named,
    hessian,
    hessian_tensor_product,
    hessian_vector_product,
    holomorphic_grad,
    jacobian,
    make_ggnvp,
    make_hvp,
    make_jvp,
    make_jvp_reversemode,
    make_vjp,
    multigrad_dict,
    tensor_jacobian_product,
    value_and_grad,
    vector_jacobian_product,
)
from .extend import primitive

__all__ = [
    "boxes",
    "builtins",
    "checkpoint",
    "core",
    "deriv",
    "dict",
    "differential_operators",
    "egrad",
    "elementwise_grad",
    "extend",
    "grad",
    "grad_and_aux",
    "grad_named",
    "hessian",
    "hessian_tensor_product",
    "hessian_vector_product",
    "holomorphic_grad",
    "isinstance",
    "jacobian",
    "list",
    "make_ggnvp",
    "make_hvp",
    "make_jvp",
    "make_jvp_reversemode",
    "make_vjp",
    "multigrad_dict",
    "numpy",
    "primitive",
    "tensor_jacobian_product",
    "tracer",
    "tuple",
    "type",
    "util",
    "value_and_grad",
    "vector_jacobian_product",
    "wrap_util",
]


def __getattr__(name: str) -> Any:
    if name in ("misc", "scipy", "test_util"):  # not loaded by `import autograd` there either
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
