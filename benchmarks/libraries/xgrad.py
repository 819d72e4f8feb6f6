"""xgrad: raw arrays of NumPy or CuPy in, raw arrays out."""

from typing import Any

import xgrad as xg
from xgrad.nn import functional

from ..places import named
from . import Library, namespace


def bordered(x: Any) -> Any:
    """Return a matrix with a border of zeros."""
    out = xg.zeros((x.shape[0] + 2, x.shape[1] + 2), dtype=x.dtype)
    out[1:-1, 1:-1] = x
    return out


def load(name: str, threads: int, device: str) -> Library:
    """Return xgrad as a library of the benchmark."""
    xp = namespace(
        xg,
        bordered=bordered,
        convolved=lambda x, K, b: functional.conv2d(x, K, b, padding=1),
        fft=xg.fft,
        imag=xg.imag,
        linalg=xg.linalg,
        log_softmax=xg.log_softmax,
        pooled=lambda x: functional.max_pool2d(x, 2),
        real=xg.real,
        relu=xg.relu,
        sigmoid=xg.sigmoid,
        take=xg.take,
    )
    ways = {
        "gradient": lambda f, wrt: xg.grad(f, tuple(range(wrt))),
        "hessian": lambda f, wrt: xg.hessian(f),
        "jacobian": lambda f, wrt: xg.jacrev(f),
        "product": lambda f, wrt: lambda x, v: xg.hvp(f, x, v),
    }
    place = named(device)
    return Library(name, xp, place.put, ways, lambda f: lambda x: xg.vjp(f, x), place.take)
