"""Programs of users, for type checkers: what they reveal stands behind, and what is an error.

``# error`` marks a line that a checker must refuse; every other line must pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, reveal_type

import numpy as np
from numpy.typing import NDArray

import xgrad as xg
from xgrad import data, nn, optim, scipy
from xgrad import tree as trees

Floats = NDArray[np.float64]

x = xg.asarray([1.0, 2.0])
a: Floats = np.ones(3)
mask = a > 0
model = nn.Linear(3, 1)


def loss(x: xg.Array) -> xg.Array:
    return xg.sum(xg.square(xg.sin(x)))


def scaled(x: xg.Array, by: float, *, power: int = 2) -> xg.Array:
    return xg.multiply(xg.sum(xg.pow(x, power)), by)


def moved(x: xg.Array, by: float) -> xg.Array:
    return xg.sum(x + by)


def error(model: nn.Linear, inputs: xg.Array) -> xg.Array:
    return xg.nn.functional.mse_loss(inputs, model(inputs))


def total(tree: dict[str, xg.Array]) -> xg.Array:
    return xg.sum(tree["w"])


def norm(values: Floats) -> Any:
    return xg.sum(values**2)


def squared(t: float) -> Any:
    return xg.pow(t, 2)


# Of an Array an Array, of a library's own array the library's --------------------------------
reveal_type(xg.sin(x))  # Array
reveal_type(xg.sin(a))  # Any
reveal_type(xg.mean(a))  # Any
reveal_type(xg.sum(x, axis=-1, keepdims=True))  # Array
reveal_type(xg.add(x, 1.0))  # Array
reveal_type(xg.add(1.0, x))  # Array
reveal_type(xg.add(a, x))  # Array
reveal_type(xg.add(a, a))  # Any
reveal_type(xg.where(mask, 1.0, 0.0))  # Any
reveal_type(xg.where(x > 0, x, 0.0))  # Array
reveal_type(xg.clip(x, 0.0))  # Array
reveal_type(xg.matmul(a, x))  # Array
reveal_type(xg.take(x, np.asarray([0, 1])))  # Array
reveal_type(xg.concat([x, x]))  # Array
reveal_type(xg.concat([a, a]))  # Any
reveal_type(xg.topk(x, 2))  # tuple[Array, Array]
reveal_type(xg.meshgrid(x, x))  # tuple[Array, ...]
reveal_type(xg.einsum("i,i->", x, x))  # Array
reveal_type(xg.linspace(0.0, 1.0, 5))  # Array
reveal_type(xg.zeros(3, dtype=xg.float32))  # Array
reveal_type(xg.reshape(x, (2, 1)))  # Array
reveal_type(xg.linalg.solve(x, a))  # Array
reveal_type(xg.linalg.svd(x))  # SVDResult
reveal_type(xg.fft.rfft(x, n=4))  # Array
reveal_type(xg.special.jv(0, x))  # Array
reveal_type(xg.special.erf(a))  # Any
reveal_type(xg.nn.functional.softmax(x, axis=0))  # Array
reveal_type(xg.nn.functional.mse_loss(x, a))  # Array
reveal_type(xg.random.default_rng(0).normal(size=3))  # Array
reveal_type(xg.stop_gradient(x))  # Array
expected: Floats = xg.exp(a)

# The names of NumPy ---------------------------------------------------------------------------
reveal_type(xg.array([1.0, 2.0], dtype=xg.float32, ndmin=2))  # Array
reveal_type(xg.array([x[0], 1.0]))  # Array
reveal_type(xg.arccos(x))  # Array
reveal_type(xg.power(a, x))  # Array
reveal_type(xg.round(x, 2))  # Array
reveal_type(xg.linalg.norm(x, ord=2, axis=0))  # Array
reveal_type(xg.linalg.norm(a))  # Any
reveal_type(xg.concatenate((x, a)))  # Any
reveal_type(xg.cross(x, a))  # Any
reveal_type(xg.fft.fft2(x))  # Any
reveal_type(xg.random.rand(3))  # Any
reveal_type(xg.r_[0:3, x])  # Any
reveal_type(xg.zeros((2, 2), xg.int64))  # Array
xg.random.seed(0)
is_floating: bool = xg.issubdtype(x.dtype, xg.floating)
grid = xg.mgrid[0:2, 0:3]

# Operators and methods give an Array --------------------------------------------------------------
reveal_type(x**2)  # Array
reveal_type(2.0 * x - 1)  # Array
reveal_type(x * a)  # Array
reveal_type(x @ x)  # Array
reveal_type(x[0])  # Array
reveal_type(x > 0)  # Array
reveal_type(x.sum(axis=0))  # Array
reveal_type(x.reshape(1, -1).T)  # Array
reveal_type(x.shape)  # tuple[int, ...]
reveal_type(x.grad)  # Array | None
reveal_type(float(x[0]))  # float
x[0] = 1.0

# Derivatives have the structure of the argument, and the parameters of the function ----------
reveal_type(xg.grad(loss)(x))  # Array
reveal_type(xg.grad(loss)(a))  # Any
reveal_type(xg.grad(loss)(2.0))  # Any
reveal_type(xg.grad(xg.grad(loss))(x))  # Array
reveal_type(xg.grad(xg.sum)(x))  # Array
reveal_type(xg.grad(scaled)(x, 2.0, power=3))  # Array
reveal_type(xg.grad(error)(model, x))  # Linear
reveal_type(xg.grad(total)({"w": x}))  # dict[str, Array]
reveal_type(xg.grad(squared)(1.0))  # Any
reveal_type(xg.grad(lambda x: xg.sum(x**2))(x))  # Array or Any
reveal_type(xg.grad(lambda m: xg.sum(m.weight))(model))  # Linear or Any
reveal_type(xg.grad(lambda p: xg.sum(p["w"]))({"w": x}))  # dict[str, Array] or Any
reveal_type(xg.grad(lambda m: error(m, x))(model))  # Linear or Any
reveal_type(xg.grad(scaled, argnums=1)(x, 2.0))  # Any
reveal_type(xg.grad(scaled, argnums=(0, 1))(a, 2.0))  # Any
reveal_type(xg.value_and_grad(loss)(x))  # tuple[Array, Array]
reveal_type(xg.value_and_grad(loss)(a))  # tuple[Any, Any]
reveal_type(xg.value_and_grad(error)(model, x))  # tuple[Any, Linear]
reveal_type(xg.jacrev(loss)(x))  # Any
reveal_type(xg.vjp(loss, x))  # tuple[Any, ...]
reveal_type(xg.jvp(loss, (x,), (x,)))  # tuple[Any, ...]
reveal_type(xg.grad(moved))  # Gradient[[by: float]] or Gradient[(by: float)]
reveal_type(xg.hessian(scaled)(a, by=2.0))  # Any
of_numpy: Floats = xg.grad(norm)(a)
value, gradient = xg.value_and_grad(scaled)(x, 2.0)
out, pullback = xg.vjp(loss, x)
out, tangent = xg.jvp(loss, (x,), (x,))
hessian = xg.hessian(scaled)(x, 2.0)

# Models and their training ----------------------------------------------------------------------


class MLP(nn.Module):
    first: nn.Linear
    second: nn.Linear

    def __init__(self, hidden: int) -> None:
        self.first = nn.Linear(2, hidden)
        self.second = nn.Linear(hidden, 1)

    def __call__(self, inputs: xg.Array) -> xg.Array:
        out: xg.Array = self.second(nn.functional.relu(self.first(inputs)))
        return out


@dataclass
class Scaled(nn.Module):
    layer: nn.Linear
    scale: float = 1.0


def fit(model: MLP, inputs: xg.Array) -> xg.Array:
    return xg.mean(xg.square(model(inputs)))


def with_count(p: dict[str, xg.Array], inputs: xg.Array) -> tuple[xg.Array, int]:
    return xg.sum(p["w"] * inputs), 3


@xg.compile
def step(x: xg.Array, by: float) -> xg.Array:
    return xg.sum(x) * by


@xg.compile(static="power")
def raised(x: xg.Array, power: int) -> xg.Array:
    return x**power


@xg.checkpoint
def block(x: xg.Array) -> xg.Array:
    return xg.sin(x)


@xg.custom_vjp
def passed(x: xg.Array) -> xg.Array:
    return xg.clip(x, 0.0, 1.0)


passed.defvjp(lambda x: (passed(x), x), lambda x, g: (g,))
mlp = MLP(4)
params = {"w": x}
optimizer = optim.Optimizer(optim.Adam(lr=0.01), mlp)
generator = xg.random.default_rng(0)
reveal_type(MLP(4))  # MLP
reveal_type(Scaled(nn.Linear(2, 3), scale=2.0))  # Scaled
reveal_type(mlp(x))  # Array
reveal_type(xg.grad(fit)(mlp, x))  # MLP
loss_value, slopes = xg.value_and_grad(fit)(mlp, x)
reveal_type(slopes)  # MLP
reveal_type(optimizer.step(slopes))  # MLP
reveal_type(optimizer.model)  # MLP
reveal_type(optim.Optimizer(optim.SGD(lr=0.1), params).step())  # dict[str, Array]
reveal_type(optim.clip_by_global_norm(params, 1.0))  # tuple[dict[str, Array], Any]
reveal_type(optim.clip_by_value(mlp, 1.0))  # MLP
(fitted, count_of_it), by_params = xg.value_and_grad(with_count, has_aux=True)(params, x)
by_inputs, more = xg.grad(with_count, argnums=1, has_aux=True)(params, x)
reveal_type(xg.compile(loss)(x))  # Array
reveal_type(step(x, 2.0))  # Array
reveal_type(raised(x, power=2))  # Array
reveal_type(step.stats["programs"])  # int
reveal_type(block(x))  # Array
reveal_type(passed(x))  # Any
reveal_type(xg.vmap(loss)(x))  # Any
reveal_type(xg.vmap(lambda v: v * 2.0, in_axes=1)(a))  # Any
reveal_type(xg.jacfwd(loss)(a))  # Any
reveal_type(xg.hvp(loss, x, x))  # Any
reveal_type(scipy.linalg.solve(x, a))  # Any
reveal_type(scipy.stats.norm.logpdf(x, loc=1.0))  # Any
reveal_type(scipy.optimize.minimize(lambda v: xg.sum(v**2), a).x)  # Any
reveal_type(data.batches({"x": a}, 2))  # Iterator[Any]
reveal_type(trees.leaves(params))  # list[Any]
reveal_type(trees.map(lambda v: v * 2.0, params))  # Any
reveal_type(generator.choice(a, p=[0.2, 0.3, 0.5]))  # Array
reveal_type(generator.choice(5, 3, replace=False))  # Array
reveal_type(list(x))  # list[Array]
reveal_type(xg.split(x, 2))  # list[Array]
reveal_type(xg.sum(x).backward())  # None
for images, _labels in data.batches((a, a), 2):
    mlp = optimizer.step(xg.grad(fit)(mlp, xg.asarray(images)))
with xg.no_grad():
    reveal_type(x * 2)  # Array
MLP("4")  # error
mlp(x, x)  # error
step(x)  # error
step(x, "a")  # error
raised(x, power="two")  # error
xg.compile(3)  # error
xg.vmap(3)  # error
optimizer.stop()  # error
optim.Adam(learning=0.1)  # error
data.batches(a, "2")  # error
block(x, x)  # error
generator.exponential(3)  # error
trees.map(params)  # error
optim.clip_by_value(mlp)  # error

# What is wrong --------------------------------------------------------------------------------
xg.nosuch(x)  # error
xg.special.nosuch(x)  # error
xg.sin("a")  # error
xg.sin()  # error
xg.sum(x, axis="rows")  # error
xg.sum(x, dims=0)  # error
xg.add(x)  # error
xg.concat(x)  # error
xg.clip(x, minimum=0.0)  # error
xg.grad(scaled)(x)  # error
xg.grad(scaled)(x, "twice")  # error
xg.grad(scaled)(x, 2.0, power="three")  # error
xg.grad(error)(model)  # error
xg.value_and_grad(scaled)(x, power=3)  # error
xg.hessian(scaled)(x, by="twice")  # error
print(xg.sin(x).nosuch)  # error
x.sum(axis="rows")  # error
count: int = xg.sum(x)  # error
xg.nn.functional.relu("a")  # error
xg.nn.Linear(3, "one")  # error
xg.random.default_rng("seed")  # error
xg.cat([x, x])  # error
xg.linalg.nosuch(x)  # error
xg.fft.nosuch(x)  # error
xg.nn.nosuch(x)  # error
xg.optim.nosuch(x)  # error
xg.random.nosuch(3)  # error
xg.concat([x], dim=0)  # error
xg.sum(x, keepdim=True)  # error
xg.array()  # error
xg.grad(loss, x)  # error
xg.grad(None)  # error
xg.vjp(3, x)  # error
xg.jvp(loss, x, x)  # error
x.unsqueeze(0)  # error
x.numpy()  # error
