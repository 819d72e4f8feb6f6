"""xgrad: raw arrays of NumPy or CuPy in, raw arrays out; op by op, or compiled by an engine."""

from typing import Any

import xgrad as xg
from xgrad import optim
from xgrad.nn import functional

from ..places import named
from ..workloads import adam
from . import Library, namespace


def bordered(x: Any) -> Any:
    """Return a matrix with a border of zeros."""
    out = xg.zeros((x.shape[0] + 2, x.shape[1] + 2), dtype=x.dtype)
    out[1:-1, 1:-1] = x
    return out


def _adam(f: Any, wrt: int) -> Any:
    """Return a step of Adam: parameters and what is remembered of them, before and after."""
    method = optim.Adam(lr=adam.RATE, betas=adam.DECAYS, eps=adam.EPS)
    names = [str(i) for i in range(wrt)]

    def step(*arrays: Any) -> Any:
        parts = [arrays[i * wrt : (i + 1) * wrt] for i in range(3)]
        parameters, means, squares = (list(part) for part in parts)
        gradients = list(xg.grad(f, tuple(range(wrt)))(*parameters, *arrays[-2:]))
        slots = {"mean": dict(zip(names, means)), "square": dict(zip(names, squares))}  # noqa: B905
        new, state = method.update(parameters, gradients, optim.State(2, slots))
        return (*new, *state.slots["mean"].values(), *state.slots["square"].values())

    return step


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
    engines = {"xgrad_compile": "numpy", "xgrad_native": "native", "xgrad_graph": "cuda-graph"}
    engine = engines.get(name)

    def maybe(f: Any) -> Any:
        return f if engine is None else xg.compile(f, engine=engine)

    ways = {
        "gradient": lambda f, wrt: maybe(xg.grad(f, tuple(range(wrt)))),
        "hessian": lambda f, wrt: maybe(xg.hessian(f)),
        "jacobian": lambda f, wrt: maybe(xg.jacrev(f)),
        "product": lambda f, wrt: maybe(lambda x, v: xg.hvp(f, x, v)),
        "adam": lambda f, wrt: maybe(_adam(f, wrt)),
    }
    place = named(device)
    forward = None if engine else lambda f: lambda x: xg.vjp(f, x)
    held = (lambda f: f.stats["bytes"]) if engine else None
    return Library(
        name, xp, place.put, ways, forward, place.take, traces=engine is not None, held=held
    )
