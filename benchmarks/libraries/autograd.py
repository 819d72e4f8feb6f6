"""HIPS autograd."""

from typing import Any

import autograd
import autograd.numpy as anp
from autograd.core import make_vjp

from . import Library, namespace


def sigmoid(x: Any) -> Any:
    """Return the logistic function."""
    return 1 / (1 + anp.exp(-x))


def log_softmax(x: Any) -> Any:
    """Return the logarithm of the softmax along the last axis."""
    x = x - anp.max(x, axis=-1, keepdims=True)
    return x - anp.log(anp.sum(anp.exp(x), axis=-1, keepdims=True))


def load(name: str, threads: int, device: str) -> Library:
    """Return autograd as a library of the benchmark."""
    xp = namespace(
        anp,
        bordered=lambda x: anp.pad(x, 1, "constant"),
        concat=anp.concatenate,
        fft=anp.fft,
        imag=anp.imag,
        linalg=namespace_of_linalg(),
        log_softmax=log_softmax,
        real=anp.real,
        relu=lambda x: anp.maximum(x, 0),
        sigmoid=sigmoid,
        take=anp.take,
    )
    ways = {
        "gradient": lambda f, wrt: autograd.grad(f, tuple(range(wrt))),
        "hessian": lambda f, wrt: autograd.hessian(f),
        "jacobian": lambda f, wrt: autograd.jacobian(f),
        "product": lambda f, wrt: autograd.hessian_vector_product(f),
    }
    return Library(name, xp, lambda x: x, ways, lambda f: lambda x: make_vjp(f, x))


def namespace_of_linalg() -> Any:
    """Return the functions of linear algebra under the names of the Array API standard."""
    from types import SimpleNamespace

    return SimpleNamespace(cholesky=anp.linalg.cholesky, solve=anp.linalg.solve, diagonal=anp.diag)
