"""JAX, operation by operation or compiled as a whole."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from . import Function, Library, namespace


def waiting(f: Function) -> Function:
    """Return f, but so that it returns when its results are there."""
    return lambda *inputs: jax.block_until_ready(f(*inputs))


def product(f: Function) -> Function:
    """Return the product of the Hessian of f with a vector, forward over reverse."""
    return lambda x, v: jax.jvp(jax.grad(f), (x,), (v,))[1]


def loop(n: int, step: Function, *state: Any) -> tuple[Any, ...]:
    """Return the state after n steps, compiled as one loop: unrolled it compiles for minutes."""
    return jax.lax.fori_loop(0, n, lambda i, state: step(i, *state), state)  # type: ignore[no-any-return]


def convolved(x: Any, K: Any, b: Any) -> Any:
    """Return the convolution of images with filters, with a border of zeros."""
    return jax.lax.conv(x, K, (1, 1), "SAME") + b[:, None, None]


def pooled(x: Any) -> Any:
    """Return the maxima of squares of 2 x 2."""
    square = (1, 1, 2, 2)
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, square, square, "VALID")


def load(name: str, threads: int, device: str) -> Library:
    """Return JAX as a library of the benchmark."""
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", device)
    xp = namespace(
        jnp,
        bordered=lambda x: jnp.pad(x, 1),
        convolved=convolved,
        fft=jnp.fft,
        imag=jnp.imag,
        linalg=jnp.linalg,
        log_softmax=jax.nn.log_softmax,
        real=jnp.real,
        pooled=pooled,
        **({"loop": loop} if name == "jax_jit" else {}),
        relu=jax.nn.relu,
        sigmoid=jax.nn.sigmoid,
    )
    maybe: Any = jax.jit if name == "jax_jit" else lambda f: f
    ways = {
        "gradient": lambda f, wrt: waiting(maybe(jax.grad(f, tuple(range(wrt))))),
        "hessian": lambda f, wrt: waiting(maybe(jax.hessian(f))),
        "jacobian": lambda f, wrt: waiting(maybe(jax.jacrev(f))),
        "product": lambda f, wrt: waiting(maybe(product(f))),
    }
    return Library(
        name,
        xp,
        jnp.asarray,
        ways,
        None if name == "jax_jit" else lambda f: lambda x: jax.block_until_ready(jax.vjp(f, x)[0]),
        np.asarray,
        traces=True,
    )
