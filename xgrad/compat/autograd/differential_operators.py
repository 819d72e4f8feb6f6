"""autograd's differential operators."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

import xgrad
from xgrad import errors, tree
from xgrad.engine.picklable import picklable

from . import refused
from .border import (
    conj,
    described,
    floating,
    gradient_at,
    home,
    is_complex,
    is_lone,
    within,
)
from .core import make_jvp as _make_jvp
from .core import make_vjp as _make_vjp
from .vspace import vspace
from .wrap_util import unary_to_nary

atuple: type = tuple
make_vjp = unary_to_nary(_make_vjp)
make_jvp = unary_to_nary(_make_jvp)
make_vjp.__module__ = make_jvp.__module__ = __name__


@unary_to_nary
def value_and_grad(fun: Any, x: Any) -> tuple[Any, Any]:
    """Return a function that gives the value of `fun` and its gradient, for scipy.optimize too."""
    if isinstance(x, (list, tuple, dict)) and not tree.leaves(x):  # nothing to differentiate
        return fun(x), x
    gradient, record = gradient_at(fun, x, "value_and_grad")
    return home(record.result()), gradient


@unary_to_nary
def grad(fun: Any, x: Any) -> Any:
    """Return a function that gives the gradient of the scalar function `fun`.

    ``grad(fun, argnum=0)`` takes the arguments of `fun`. The gradient has the type and structure
    of the argument; of several arguments, as in ``argnum=[0, 2]``, it is a tuple.
    """
    if isinstance(x, (list, tuple, dict)) and not tree.leaves(x):
        return x
    return gradient_at(fun, x, "grad")[0]


@unary_to_nary
def elementwise_grad(fun: Any, x: Any) -> Any:
    """Return a function that gives the sum of each column of the Jacobian, in one pass.

    Where each output depends only on its own input, that is the derivative, element by element.
    """
    vjp, out = _make_vjp(fun, x)
    if vspace(out).iscomplex:
        raise errors.NotScalarError(
            f"elementwise_grad: the function returned {described(out)}; "
            "elementwise_grad applies to functions with real outputs. "
            "Use holomorphic_grad, or differentiate np.real and np.imag of it"
        )
    return vjp(vspace(out).ones())


egrad = elementwise_grad


@unary_to_nary
def deriv(fun: Any, x: Any) -> Any:
    """Return a function that gives the derivative of `fun`, by forward mode."""
    return _make_jvp(fun, x)(vspace(floating(x)).ones())[1]


@unary_to_nary
def jacobian(fun: Any, x: Any) -> Any:
    """Return a function that gives the Jacobian, of the output's shape plus the argument's."""
    x = floating(x)
    if not is_lone(x) or is_complex(x):
        return _row_by_row(fun, x)

    def real(x: Any) -> Any:
        out = fun(x)
        if not is_lone(out) or is_complex(out):
            raise errors.NotDifferentiableError(
                f"jacobian: the function returned {described(out)}; jacobian applies to functions "
                "with real outputs. Use make_jvp, or differentiate np.real and np.imag of it"
            )
        return out

    return home(xgrad.jacrev(within(real))(x))  # all rows in one walk


def _row_by_row(fun: Any, x: Any) -> Any:
    vjp, out = _make_vjp(fun, x)
    rows = [vjp(e) for e in vspace(out).standard_basis()]
    shape = vspace(out).shape + vspace(x).shape
    return np.reshape(np.stack(rows), shape) if rows else np.zeros(shape)


@unary_to_nary
def holomorphic_grad(fun: Any, x: Any) -> Any:
    """Return a function that gives the complex derivative of a holomorphic function."""
    if not vspace(x).iscomplex:
        warnings.warn("Input to holomorphic_grad is not complex", stacklevel=3)
    return grad(lambda x: np.real(fun(x)))(x)


def grad_named(fun: Any, argname: str) -> Any:
    """Return a function that gives the gradient with respect to the argument of this name."""
    return grad(fun, list(inspect.signature(fun).parameters).index(argname))


@unary_to_nary
def hessian(fun: Any, x: Any) -> Any:
    """Return a function that gives the Hessian."""
    return jacobian(jacobian(fun))(x)


@unary_to_nary
def make_hvp(fun: Any, x: Any) -> Any:
    """Return a function that gives the Hessian-vector product at a point, and the gradient."""
    return _make_vjp(grad(fun), x)


@picklable
def hessian_tensor_product(fun: Any, argnum: int = 0) -> Any:
    """Return a function of ``(*args, tensor)`` that gives the Hessian times the tensor."""
    fun_grad = grad(fun, argnum)

    def vector_dot_grad(*args: Any, **kwargs: Any) -> Any:
        *args, vector = args  # type: ignore[assignment]
        return np.tensordot(fun_grad(*args, **kwargs), vector, np.ndim(vector))

    return grad(vector_dot_grad, argnum)


hessian_vector_product = hessian_tensor_product


@picklable
def tensor_jacobian_product(fun: Any, argnum: int = 0) -> Any:
    """Return a function of ``(*args, tensor)`` that gives the tensor times the Jacobian."""

    def vector_dot_fun(*args: Any, **kwargs: Any) -> Any:
        *args, vector = args  # type: ignore[assignment]
        return np.tensordot(vector, fun(*args, **kwargs), axes=np.ndim(vector))

    return jacobian(vector_dot_fun, argnum)


vector_jacobian_product = tensor_jacobian_product


@unary_to_nary
def make_jvp_reversemode(fun: Any, x: Any) -> Any:
    """Return a function that gives the Jacobian-vector product, by reverse mode twice."""
    vjp, y = _make_vjp(fun, x)
    return _make_vjp(vjp, vspace(y).zeros())[0]


def _half_square(x: Any) -> Any:
    return 0.5 * np.sum(x**2, axis=-1)


@picklable
def make_ggnvp(f: Any, g: Any = _half_square, f_argnum: int = 0) -> Any:
    """Return a function that gives generalised Gauss-Newton products of the loss ``g(f(x))``."""

    def at_point(f: Any, x: Any) -> Any:
        f_vjp, f_x = _make_vjp(f, x)
        g_hvp = _make_vjp(grad(g), f_x)[0]
        f_jvp = _make_jvp(f, x)
        return lambda v: f_vjp(g_hvp(f_jvp(v)[1]))

    return unary_to_nary(at_point)(f, f_argnum)


@unary_to_nary
def grad_and_aux(fun: Any, x: Any) -> tuple[Any, Any]:
    """Return a function that gives the gradient of the first output, and the second output."""

    def first(x: Any) -> tuple[Any, Any]:
        out, aux = fun(x)
        return out, aux

    gradient, aux = xgrad.grad(within(first), has_aux=True)(floating(x))
    return home(conj(gradient)), home(aux)


@picklable
def multigrad_dict(fun: Any) -> Any:
    """Return a function that gives a dict with the gradient for each argument of `fun`."""
    signature = inspect.signature(fun)

    def gradients(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()

        def of_dict(values: dict[str, Any]) -> Any:
            new = inspect.BoundArguments(signature, values)
            return fun(*new.args, **new.kwargs)

        return grad(of_dict)(dict(bound.arguments))

    return gradients


@picklable
def checkpoint(fun: Callable[..., Any]) -> Callable[..., Any]:
    """Return `fun` with a derivative that runs it again instead of keeping its intermediates."""

    @wraps(fun)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        return xgrad.checkpoint(lambda *args: fun(*args, **kwargs))(*args)

    return checkpointed


__getattr__ = refused.lookup(__name__)
