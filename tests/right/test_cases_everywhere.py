# Tests of xgrad/ops, xgrad/special, xgrad/linalg, xgrad/nn/functional, xgrad/optim
"""Programs of public reports, with their numbers, wherever arrays have values.

Each function is named after its thread. It is given `a`, which makes an array of the place, and
yields what is asked for: a name, a function without arguments, the right value, its tolerance.
"""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg
from xgrad import linalg, optim, special
from xgrad.nn import functional

TAIL = 4.248354255291589e-18  # exp(-40) / (1 + exp(-40))**2, with 60 digits
HALF, SINGLE = "float16", "float32"


def pytorch_195527(a):
    """Derivatives made of the rounded result are 0 in the tails."""
    second = xg.grad(xg.grad(xg.sigmoid))
    yield "sigmoid' 40", lambda: xg.grad(xg.sigmoid)(a(40.0)), TAIL
    yield "sigmoid'' 40", lambda: second(a(40.0)), -TAIL
    yield "single", lambda: xg.grad(xg.sigmoid)(a(15, SINGLE)), 3.0590213e-07, 1e-3
    yield "single", lambda: xg.grad(xg.sigmoid)(a(17, SINGLE)), 4.1399375e-08, 1e-3
    yield "half", lambda: xg.grad(xg.sigmoid)(a(7, HALF)), 9.1022e-04, 1e-2
    yield "tanh' 20", lambda: xg.grad(xg.tanh)(a(20.0)), 1.6993417021166355e-17
    yield "tanh' -9", lambda: xg.grad(xg.tanh)(a(-9.010913848876953, SINGLE)), 5.96045844e-08, 1e-3
    yield "silu'' 40", lambda: xg.grad(xg.grad(functional.silu))(a(40.0)), -1.6143746169e-16
    yield "expit' 40", lambda: xg.grad(special.expit)(a(40.0)), TAIL


def pytorch_195677(a):
    """Binary cross entropy of well classified examples."""

    def loss(y, dtype="float64"):
        return lambda x: functional.binary_cross_entropy_with_logits(x, a(y, dtype))

    for x, y, dtype, rtol in (
        (-37.42994775023705, 0.0, "float64", 1e-6),
        (37.42994775023705, 1.0, "float64", 1e-6),
        (-10.0, 0.0, SINGLE, 1e-3),
        (-15.0, 0.0, SINGLE, 1e-3),
        (15.0, 1.0, SINGLE, 1e-3),
    ):
        want = 1 / (1 + np.exp(-x)) if y == 0 else -1 / (1 + np.exp(x))
        f = loss(y, dtype)
        yield f"{x}, {dtype}", lambda f=f, x=x, t=dtype: xg.grad(f)(a(x, t)), want, rtol
    yield "second", lambda: xg.grad(xg.grad(loss(0.0)))(a(-40.0)), TAIL


def jax_40387(a):
    """The second derivative of softplus in its tail."""
    x, right = 37.42994775023705, 5.551115123125775e-17
    softplus, mish = functional.softplus, functional.mish
    yield "37", lambda: xg.grad(xg.grad(softplus))(a(x)), right
    yield "20.5", lambda: xg.grad(xg.grad(softplus))(a(20.5)), 1.250152862e-09
    yield "value", lambda: softplus(a(20.5)) - 20.5, np.log1p(np.exp(-20.5)), 1e-4
    yield "mish", lambda: xg.grad(xg.grad(mish))(a(20.0)), -6.4574984e-16, 1e-4
    yield "logaddexp", lambda: xg.grad(xg.grad(lambda x: xg.logaddexp(x, a(0.0))))(a(x)), right


def jax_694(a):
    """Second derivatives of the log of the normal distribution function."""
    second, likelihood = xg.grad(xg.grad(special.log_ndtr)), -0.113548051689

    def probit(w):
        return xg.sum(special.log_ndtr(a([[1.0], [20.0]]) @ w))

    yield "-20", lambda: second(a(-20.0)), -0.997536738385
    yield "5", lambda: second(a(5.0)), -7.43360191486e-06
    yield "40", lambda: second(a(40.0)), 0.0, 0.0, 1e-300
    yield "14", lambda: second(a(14, SINGLE)), 0.0, 0.0, 1e-37
    yield "20", lambda: second(a(20, SINGLE)), 0.0, 0.0, 1e-37
    yield "hvp", lambda: xg.hvp(probit, a([2.0]), a([1.0])), [likelihood]
    yield "hessian", lambda: xg.hessian(probit)(a([2.0])), [[likelihood]]


def jax_40634(a):
    """The derivative of asinh where the square overflows."""
    yield "single", lambda: xg.grad(xg.asinh)(a(1e22, SINGLE)), 1e-22
    yield "half", lambda: xg.grad(xg.asinh)(a(300, HALF)), 1 / 300, 5e-3
    yield "double", lambda: xg.grad(xg.asinh)(a(1e200)), 1e-200
    yield "forward", lambda: xg.jvp(xg.asinh, (a(1e22, SINGLE),), (a(1, SINGLE),))[1], 1e-22
    yield "exp", lambda: xg.grad(lambda t: xg.asinh(xg.exp(t)))(a(50, SINGLE)), 1.0
    yield "acosh", lambda: xg.grad(xg.acosh)(a(1e22, SINGLE)), 1e-22


def pytorch_49724(a):
    """Sums of exponentials at infinities."""
    inf, slopes = np.inf, xg.grad(xg.logaddexp, argnums=(0, 1))

    def first(x):
        return xg.cumulative_logsumexp(x)[0]

    yield "value", lambda: xg.logsumexp(a([1.0, inf])), inf
    yield "alone", lambda: xg.logsumexp(a([inf])), inf
    yield "special", lambda: special.logsumexp(a([1.0, inf])), inf
    rows = a([[1.0, inf], [0.0, 0.0]])
    yield "rows", lambda: xg.logsumexp(rows, axis=1), [inf, np.log(2)]
    yield "logaddexp", lambda: xg.stack(slopes(a(1.0), a(inf))), [0.0, 1.0]
    yield "logaddexp, -inf", lambda: xg.stack(slopes(a(-inf), a(-inf))), [0.0, 0.0]
    yield "cumulative", lambda: xg.grad(first)(a([1.0, inf, 2.0])), [1.0, 0.0, 0.0]


def executorch_20090(a):
    """Means of more halves than the largest half."""
    x, third = a(np.ones(70000), HALF), np.full(3, 1 / 70000)
    zero = 0 * x

    def bce(x):
        return functional.binary_cross_entropy_with_logits(x, zero)

    yield "mean", lambda: xg.grad(xg.mean)(x)[:3], third, 5e-3
    yield "mse", lambda: xg.grad(lambda x: functional.mse_loss(x, zero))(x)[:3], 2 * third, 5e-3
    yield "l1", lambda: xg.grad(lambda x: functional.l1_loss(x, zero))(x)[:3], third, 5e-3
    yield "bce", lambda: xg.grad(bce)(zero)[:3], third / 2, 5e-3
    yield "nanmean", lambda: xg.grad(xg.nanmean)(x)[:3], third, 5e-3
    yield "average", lambda: xg.grad(xg.average)(x)[:3], third, 5e-3


def pytorch_66707(a):
    """Normalising layers of halves whose squares overflow."""
    x = np.asarray([[300.0, -300.0, 0.0, 10.0]])
    h, normed, rtol = a(x, HALF), (x - x.mean()) / x.std(), 4e-3
    rms = x / np.sqrt((x**2).mean())
    yield "layer_norm", lambda: functional.layer_norm(h, (4,)), normed, rtol
    yield "group_norm", lambda: functional.group_norm(h, 1), normed, rtol
    yield "instance_norm", lambda: functional.instance_norm(h[None]), normed[None], rtol
    yield "rms_norm", lambda: functional.rms_norm(h, (4,)), rms, rtol, 1e-6
    yield "std", lambda: xg.std(h), x.std(), rtol
    yield "std'", lambda: xg.grad(xg.std)(h), normed / 4, rtol, 1e-4
    yield "cosine", lambda: functional.cosine_similarity(h, h), [1.0], rtol


def half_adam(a):
    """Squares of small gradients, and an epsilon, that underflow in halves."""
    g = a([0.0, 1e-4], HALF)
    for name, method, want in (
        ("Adam", optim.Adam(lr=0.1), [1.0, 0.9]),
        ("AdamW", optim.AdamW(lr=0.1, weight_decay=0.0), [1.0, 0.9]),
        ("Adagrad", optim.Adagrad(lr=0.1), [1.0, 0.9]),
        ("RMSprop", optim.RMSprop(lr=0.01, alpha=0.99), [1.0, 0.9]),
        ("SGD", optim.SGD(lr=0.1), [1.0, 1.0]),
        ("Lion", optim.Lion(lr=0.1, weight_decay=0.0), [1.0, 0.9]),
    ):
        p = a([1.0, 1.0], HALF)
        yield name, lambda m=method, p=p: m.update(p, g, m.init(p))[0], want, 5e-3


def tensorflow_119477(a):
    """The Hessian of the determinant is constant for 2 x 2, and made of minors for 3 x 3."""
    H = np.zeros((2, 2, 2, 2))
    H[0, 0, 1, 1] = H[1, 1, 0, 0] = 1.0
    H[0, 1, 1, 0] = H[1, 0, 0, 1] = -1.0
    A, hessian = np.asarray([[1.0, 2.0], [2.0, 4.0]]), xg.hessian(linalg.det)
    near = 1e-9, 1e-9
    yield "gradient", lambda: xg.grad(linalg.det)(a(A)), [[4.0, -2.0], [-2.0, 1.0]], *near
    yield "regular", lambda: hessian(a(A + np.eye(2))), H, *near
    yield "singular", lambda: hessian(a(A)), H, *near
    yield "reverse twice", lambda: xg.jacrev(xg.grad(linalg.det))(a(A)), H, *near
    yield "zeros", lambda: hessian(a(np.zeros((2, 2)))), H, *near
    batch = a(np.stack([A, np.eye(2)]))
    ones, want = a(np.ones((2, 2, 2))), [[1.0, -1.0], [-1.0, 1.0]]
    yield "batch", lambda: xg.hvp(lambda x: xg.sum(linalg.det(x)), batch, ones)[0], want, *near
    laplacian = np.asarray([[2.0, -1, -1], [-1, 2, -1], [-1, -1, 2]])
    yield "rank 2", lambda: hessian(a(laplacian))[0, 0, 1:, 1:], [[2.0, 1.0], [1.0, 2.0]], *near


def pytorch_12013(a):
    """A batch without examples."""

    def e(*shape):
        return a(np.zeros(shape))

    def loss(w):
        return xg.sum(functional.conv2d(e(0, 1, 7, 7), w))

    yield "conv1d", lambda: functional.conv1d(e(0, 1, 7), e(1, 1, 4)), np.zeros((0, 1, 4))
    want = np.zeros((0, 1, 5, 5))
    yield "conv2d", lambda: functional.conv2d(e(0, 1, 7, 7), e(1, 1, 3, 3)), want
    yield "its slope", lambda: xg.grad(loss)(e(1, 1, 3, 3)), np.zeros((1, 1, 3, 3))
    yield "group_norm", lambda: functional.group_norm(e(0, 4, 3), 2), np.zeros((0, 4, 3))
    yield "logsumexp", lambda: xg.logsumexp(e(3, 0), axis=1), np.full(3, -np.inf)
    yield "softmax", lambda: xg.softmax(e(3, 0)), np.zeros((3, 0))
    yield "linear", lambda: functional.linear(e(0, 3), e(2, 3)), np.zeros((0, 2))


def higher_125(a):
    """A derivative through two steps of a method, of which one parameter has the gradient 0."""
    X, y, p0 = [[1.0, 0.0, 2.0], [0.5, 0.0, 1.0]], [1.0, 2.0], np.asarray([0.1, 0.2, 0.3])

    def through(method, a):
        def f(p):
            state = method.init(p)
            for _ in range(2):
                g = xg.grad(lambda p: xg.mean((a(X) @ p - a(y)) ** 2))(p)
                p, state = method.update(p, g, state)
            return xg.sum((a(X) @ p - a(y)) ** 2) + xg.sum(p**2)

        return f

    for method in (optim.Adam(lr=0.1), optim.RMSprop(lr=0.1), optim.Adagrad(lr=0.1)):
        with xg.use_backend("numpy"):
            f = through(method, np.asarray)
            e = 1e-6 * np.eye(3)
            want = [(float(f(p0 + d)) - float(f(p0 - d))) / 2e-6 for d in e]
        f, name = through(method, a), type(method).__name__
        yield name, lambda f=f: xg.grad(f)(a(p0)), want, 1e-5, 1e-7
        yield f"{name}, forward", lambda f=f: xg.jacfwd(f)(a(p0)), want, 1e-5, 1e-7


def warp_1350(a):
    """A buffer of the caller that is written to after it was used."""

    def loop(x):
        buffer, total = xg.zeros_like(x), 0.0
        for k in range(1, 4):
            buffer[...] = float(k)
            total = total + xg.sum((x * buffer) ** 2)
        return total

    yield "loop", lambda: xg.grad(loop)(a([1.0, 2.0, 3.0])), [28.0, 56.0, 84.0]


def pytorch_23156(a):
    """Rows of a data set are missing, and their losses are left out."""
    x, W = np.arange(12.0).reshape(3, 4), np.arange(8.0).reshape(2, 4) / 10
    want = (2 / 4) * (x[:2] @ W.T - 1).T @ x[:2]
    x[2] = np.nan
    x, missing, near = a(x), a([[False], [False], [True]], "bool"), (1e-9, 1e-12)

    def nan_mean(W):
        return xg.nanmean((functional.linear(x, W) - 1) ** 2)

    def chosen(W):
        return xg.sum(xg.where(missing, 0.0, (xg.einsum("ni,oi->no", x, W) - 1) ** 2)) / 4

    def read(W):
        return xg.mean((x @ W.T - 1)[:2] ** 2)

    for f in (nan_mean, chosen, read):
        yield f.__name__, lambda f=f: xg.grad(f)(a(W)), want, *near
        yield f"{f.__name__}, forward", lambda f=f: xg.jacfwd(f)(a(W)), want, *near


def a_derivative_inside_a_loss(a):
    """A derivative by another argument leaves nothing behind."""

    def energy(x, w):
        return xg.sum(w * x**3)

    def loss(w):
        return xg.sum(xg.grad(energy)(a([1.0, 2.0]), w) ** 2)

    yield "forces", lambda: xg.grad(loss)(a([1.0, 2.0])), [18.0, 576.0]


CASES = [
    *(pytorch_195527, pytorch_195677, jax_40387, jax_694, jax_40634, pytorch_49724),
    *(executorch_20090, pytorch_66707, half_adam, tensorflow_119477, pytorch_12013, higher_125),
    *(warp_1350, pytorch_23156, a_derivative_inside_a_loss),
]
HALVES = {executorch_20090, pytorch_66707, half_adam}
"""All of which is in halves."""


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_report(computing, case):
    here = computing.has(HALF)
    if case in HALVES and not here:
        pytest.skip(f"{computing.name} has no float16")

    def a(values, dtype="float64"):
        return xg.asarray(computing.raw(np.asarray(values, dtype)))

    if case is pytorch_23156 and not computing.backend.on_host(computing.raw(np.ones(1))):
        pytest.skip("a device is not waited for, to look for NaN: docs/right.md says so")
    bad = []
    with xg.use_backend(computing.backend.name, computing.device):
        for name, call, want, *near in case(a):
            if name == "half" and not here:
                continue
            rtol, atol = [*near, *(1e-6, 0.0)[len(near) :]]
            found = call()
            assert not found.is_tracked, name
            got = computing.numpy(found)
            if got.shape != np.shape(want) or not np.allclose(
                np.asarray(got, float), want, rtol, atol, equal_nan=True
            ):
                bad.append(f"{name}: {got}; right is {want}")
    assert not bad, "\n".join(bad)
