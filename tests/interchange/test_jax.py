# Tests of backends/xgrad_backends/jax_bridge.py, xgrad/interchange.py
"""Functions between xgrad and JAX, compared with what JAX makes of the same mathematics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import xgrad as xg
from xgrad.interchange import from_jax, to_jax
from xgrad.testing import check_grads

jax = pytest.importorskip("jax")
jnp = pytest.importorskip("jax.numpy")

A, B = np.asarray([0.3, -1.0, 2.0]), np.asarray([1.0, 2.0, 0.5])


@pytest.fixture(autouse=True)
def _x64():
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def f(x: Any, y: Any) -> Any:
    return xg.sin(x) * y * x + xg.sum(x) ** 2


def of_jax(x: Any, y: Any) -> Any:
    return jnp.sin(x) * y * x + jnp.sum(x) ** 2


def total(g: Any) -> Any:
    return lambda x: g(x, B * x).sum()


TRANSFORMS = {
    "value": lambda g: g(A, B),
    "grad": lambda g: jax.grad(total(g))(A),
    "jacfwd": lambda g: jax.jacfwd(g)(A, B),
    "jacrev": lambda g: jax.jacrev(g)(A, B),
    "hessian": lambda g: jax.hessian(total(g))(A),
    "reverse over reverse": lambda g: jax.jacrev(jax.grad(total(g)))(A),
    "forward over forward": lambda g: jax.jacfwd(jax.jacfwd(total(g)))(A),
    "reverse over forward": lambda g: jax.jacrev(jax.jacfwd(total(g)))(A),
    "third order": lambda g: jax.grad(lambda x: jnp.sum(jax.hessian(total(g))(x) ** 2))(A),
    "jit": lambda g: jax.jit(jax.grad(total(g)))(A),
    "jit of hessian": lambda g: jax.jit(jax.hessian(total(g)))(A),
    "vmap": lambda g: jax.vmap(g, (1, None))(jnp.stack([A, B], 1), B),
    "vmap of grad": lambda g: jax.vmap(jax.grad(total(g)))(jnp.stack([A, B])),
    "jit of vmap": lambda g: jax.jit(jax.vmap(jax.grad(total(g))))(jnp.stack([A, B])),
    "linear_transpose": lambda g: jax.linear_transpose(jax.linearize(g, A, B)[1], A, B)(B)[0],
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_of_jax(name: str) -> None:
    run = TRANSFORMS[name]
    assert np.allclose(run(to_jax(f)), run(of_jax), rtol=1e-12)


def test_pytrees_integers_and_static_arguments() -> None:
    def g(p: Any, index: Any, name: str) -> Any:
        assert name == "n"
        return {"taken": p["w"][index] * p["k"], "place": xg.argmax(p["w"])}

    wrapped = to_jax(g)
    params = {"w": jnp.asarray(A), "k": 3.0}
    index = jnp.asarray([2, 0, 0])
    out = wrapped(params, index, "n")
    assert int(out["place"]) == 2
    gradient = jax.grad(lambda p: wrapped(p, index, "n")["taken"].sum())(params)
    assert np.allclose(gradient["w"], [6, 0, 3])
    assert np.isclose(gradient["k"], A[[2, 0, 0]].sum())


def test_complex_numbers_have_each_sides_convention() -> None:
    z = A + 1j * B
    ours = jax.grad(lambda z: to_jax(lambda z: xg.abs(xg.exp(z) * z))(z).sum())(z)
    theirs = jax.grad(lambda z: jnp.abs(jnp.exp(z) * z).sum())(z)
    assert np.allclose(ours, theirs)
    back = xg.grad(lambda z: xg.sum(from_jax(lambda z: jnp.abs(jnp.exp(z) * z))(z)))(z)
    assert np.allclose(back, np.conj(theirs))


def test_a_function_of_jax_has_both_modes_at_any_order() -> None:
    g = from_jax(jax.jit(lambda x, p: jnp.sin(x) * p["w"] + jnp.linalg.norm(x)))
    check_grads(g, (A, {"w": B}), order=2)
    check_grads(g, (A, {"w": 2.0}), order=1)


def test_raw_in_raw_out_and_integers() -> None:
    g = from_jax(lambda x: {"y": 2 * x, "n": jnp.argmax(x)})
    out = g(A)
    assert type(out["y"]) is np.ndarray
    assert out["n"] == 2
    assert np.array_equal(xg.grad(lambda x: xg.sum(g(x)["y"]))(A), [2, 2, 2])
    locked = A.copy()
    locked.flags.writeable = False
    assert np.array_equal(g(locked)["y"], 2 * A)


def test_there_and_back() -> None:
    check_grads(from_jax(to_jax(lambda x: xg.exp(x) * x)), (A,), order=2)


def test_precision_is_not_lost_silently() -> None:
    jax.config.update("jax_enable_x64", False)
    with pytest.raises(TypeError, match="jax_enable_x64"):
        from_jax(jnp.sin)(A)
    assert from_jax(jnp.sin)(A.astype(np.float32)).dtype == np.float32
    gradient = jax.grad(lambda x: to_jax(f)(x, B).sum())(jnp.asarray(A))
    assert gradient.dtype == jnp.float32


def test_shapes_must_not_depend_on_values() -> None:
    g = to_jax(lambda x: x[: int(xg.sum(x > 0.5).item())])
    with pytest.raises(TypeError, match="must not depend"):
        g(jnp.asarray(A))


def test_another_backend() -> None:
    g = to_jax(f, backend="array_api_strict")
    assert np.allclose(jax.grad(total(g))(A), jax.grad(total(of_jax))(A))
