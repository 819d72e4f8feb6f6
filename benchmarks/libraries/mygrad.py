"""MyGrad: tensors with ``backward``; it has no complex numbers and no second derivatives."""

from typing import Any

import mygrad
from mygrad.nnet import activations
from mygrad.nnet.layers import conv_nd, max_pool

from . import Function, Library, namespace


def bordered(x: Any) -> Any:
    """Return a matrix with a border of zeros."""
    out = mygrad.zeros((x.shape[0] + 2, x.shape[1] + 2), dtype=x.dtype)
    out[1:-1, 1:-1] = x
    return out


def gradient(f: Function, wrt: int) -> Function:
    """Return a function that gives the gradients of f."""

    def run(*inputs: Any) -> tuple[Any, ...]:
        leaves = [mygrad.tensor(x, copy=False) for x in inputs[:wrt]]
        f(*leaves, *inputs[wrt:]).backward()
        return tuple(leaf.grad for leaf in leaves)

    return run


def load(name: str, threads: int, device: str) -> Library:
    """Return MyGrad as a library of the benchmark."""
    xp = namespace(
        mygrad,
        bordered=bordered,
        concat=mygrad.concatenate,
        convolved=lambda x, K, b: conv_nd(x, K, stride=1, padding=1) + b.reshape(1, -1, 1, 1),
        log_softmax=activations.logsoftmax,
        pooled=lambda x: max_pool(x, (2, 2), (2, 2)),
        relu=activations.relu,
        sigmoid=activations.sigmoid,
    )
    return Library(
        name,
        xp,
        lambda x: x,
        {"gradient": gradient},
        lambda f: lambda x: f(mygrad.tensor(x, copy=False)),
    )
