"""xgrad: raw arrays of NumPy or CuPy in, raw arrays out; op by op, or compiled by an engine."""

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
    engine = {"xgrad_compile": "numpy", "xgrad_native": "native"}.get(name)

    def maybe(f: Any) -> Any:
        return f if engine is None else xg.compile(f, engine=engine)

    ways = {
        "gradient": lambda f, wrt: maybe(xg.grad(f, tuple(range(wrt)))),
        "hessian": lambda f, wrt: maybe(xg.hessian(f)),
        "jacobian": lambda f, wrt: maybe(xg.jacrev(f)),
        "product": lambda f, wrt: maybe(lambda x, v: xg.hvp(f, x, v)),
    }
    place = named(device)
    forward = None if engine else lambda f: lambda x: xg.vjp(f, x)
    held = (lambda f: f.stats["bytes"]) if engine else None
    return Library(
        name, xp, place.put, ways, forward, place.take, traces=engine is not None, held=held
    )
