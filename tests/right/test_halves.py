# Tests of xgrad/ops/halves.py
"""Halves at sizes and values that leave their range inside a sum, a square or a count."""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg
from xgrad import nn, optim

F = nn.functional

N = 70_000
EPS = float(np.finfo(np.float16).eps)
_SIGNS = np.where(np.arange(N) % 3 == 0, -1.0, 1.0)


def _like(x, values):
    """Return NumPy's values as an array of the same library."""
    return (
        values
        if isinstance(getattr(x, "_raw", x), np.ndarray)
        else xg.asarray(values).to_backend("torch")._raw
    )


REDUCTIONS = {
    "mean": xg.mean,
    "sum": lambda x: xg.sum(x[:200]),
    "var": xg.var,
    "std": xg.std,
    "max": xg.max,
    "min": xg.min,
    "nanmean": xg.nanmean,
    "nanvar": xg.nanvar,
    "nanstd": xg.nanstd,
    "nanmax": xg.nanmax,
    "average": xg.average,
    "logsumexp": xg.logsumexp,
    "norm": lambda x: xg.linalg.vector_norm(x[:1000]),
    "norm of order 3": lambda x: xg.linalg.vector_norm(x[:1000], ord=3),
    "mean over the first axis": lambda x: xg.mean(xg.mean(xg.reshape(x, (35_000, 2)), axis=0)),
    "last cumulative sum": lambda x: xg.cumulative_sum(xg.abs(x[:200]))[-1],
    "mse_loss": lambda x: F.mse_loss(x, 0.5 * x),
    "l1_loss": lambda x: F.l1_loss(x, 0 * x),
    "huber_loss": lambda x: F.huber_loss(x, 0 * x),
    "smooth_l1_loss": lambda x: F.smooth_l1_loss(x, 0 * x),
    "binary_cross_entropy_with_logits": lambda x: F.binary_cross_entropy_with_logits(x, 0 * x),
    "cosine_similarity": lambda x: F.cosine_similarity(x, xg.roll(x, 1), axis=0),
    "cross_entropy": lambda x: F.cross_entropy(
        xg.reshape(x, (-1, 2)), _like(x, np.zeros(N // 2, int))
    ),
    "hinge_loss": lambda x: F.hinge_loss(x, xg.sign(x)),
}
MORE = {
    "quantile": lambda x: xg.quantile(x, 0.3),
    "percentile": lambda x: xg.percentile(x, 30),
    "nanquantile": lambda x: xg.nanquantile(x, 0.3),
    "median": xg.median,
    "nanmedian": xg.nanmedian,
    "nansum": lambda x: xg.nansum(x[:200]),
    "ptp": xg.ptp,
    "norm of order 1": lambda x: xg.linalg.vector_norm(x[:200], ord=1),
    "frobenius": lambda x: xg.linalg.matrix_norm(xg.reshape(x[:900], (30, 30))),
    "cumulative_logsumexp": lambda x: xg.cumulative_logsumexp(x)[-1],
    "cumulative_logsumexp, all": lambda x: xg.mean(xg.cumulative_logsumexp(x)),
    "std of rows": lambda x: xg.mean(xg.std(xg.reshape(x, (7, -1)), axis=1)),
    "nanprod": lambda x: xg.nanprod(x[:2]),
    "prod": lambda x: xg.prod(x[:2]),
    "trapezoid": lambda x: xg.trapezoid(x[:200]),
    "gradient of samples": lambda x: xg.gradient(x)[5],
    "lp_pool1d": lambda x: F.lp_pool1d(xg.abs(xg.reshape(x[:1000], (1, 1, -1))), 2, 1000)[0, 0, 0],
    "embedding_bag": lambda x: F.embedding_bag(
        _like(x, np.zeros((1, 5000), int)), xg.reshape(x, (700, 100))
    )[0, 0],
    "log_softmax": lambda x: xg.log_softmax(x)[7],
    "linear_cross_entropy": lambda x: F.linear_cross_entropy(
        xg.reshape(x[:300], (30, 10)), xg.reshape(x[:100], (10, 10)), _like(x, np.zeros(30, int))
    ),
    "gelu": lambda x: F.gelu(x[:9])[8],
    "hardswish": lambda x: F.hardswish(x[:9])[8],
    "local_response_norm": lambda x: xg.mean(F.local_response_norm(xg.reshape(x, (1, 70, -1)), 5)),
    "kl_div": lambda x: F.kl_div(x, xg.abs(x)),
    "poisson_nll_loss": lambda x: F.poisson_nll_loss(xg.abs(x), xg.abs(x), log_input=False),
    "triplet_margin_loss": lambda x: F.triplet_margin_loss(
        xg.reshape(x, (700, 100)),
        *(xg.roll(xg.reshape(xg.stop_gradient(x), (700, 100)), i, axis=0) for i in (1, 2)),
    ),
    "segment_sum": lambda x: xg.segment_sum(xg.abs(x[:200]), _like(x, np.zeros(200, int)), 1)[0],
    "gradient of reading one entry often": lambda x: xg.mean(
        xg.take(x, _like(x, np.arange(5000) % 2))
    ),
    "avg_pool1d": lambda x: F.avg_pool1d(xg.reshape(x[:500], (1, 1, -1)), 500)[0, 0, 0],
    "avg_pool2d": lambda x: F.avg_pool2d(xg.reshape(x[:600], (1, 1, 20, 30)), (20, 30))[0, 0, 0, 0],
    "adaptive_avg_pool1d": lambda x: F.adaptive_avg_pool1d(xg.reshape(x, (1, 1, -1)), 1)[0, 0, 0],
    "nll_loss": lambda x: F.nll_loss(xg.reshape(x, (-1, 2)), _like(x, np.zeros(N // 2, int))),
    "smoothed cross_entropy": lambda x: F.cross_entropy(
        xg.reshape(x, (-1, 2)), _like(x, np.zeros(N // 2, int)), label_smoothing=0.1
    ),
    "multi_margin_loss": lambda x: F.multi_margin_loss(
        xg.reshape(x, (700, 100)), _like(x, np.zeros(700, int))
    ),
    "hinge_embedding_loss": lambda x: F.hinge_embedding_loss(x, xg.sign(x)),
}
REDUCTIONS |= MORE
NORMALISATIONS = {
    "layer_norm": lambda x: F.layer_norm(x, (N,)),
    "rms_norm": lambda x: F.rms_norm(x, (N,), eps=1e-12),
    "group_norm": lambda x: F.group_norm(xg.reshape(x, (1, 2, -1)), 1),
    "instance_norm": lambda x: F.instance_norm(xg.reshape(x, (1, 1, -1)), eps=1e-12),
    "batch_norm": lambda x: F.batch_norm(xg.reshape(x, (-1, 1)), None, None, training=True)[0],
    "normalize": lambda x: F.normalize(xg.reshape(x, (700, 100)), axis=1),
    "softmax": xg.softmax,
    "log_softmax": xg.log_softmax,
    "layer_norm with weights": lambda x: F.layer_norm(
        xg.reshape(x, (700, 100)), (100,), 0 * x[:100] + 2, 0 * x[:100] + 1
    ),
    "batch_norm of a trained network": lambda x: F.batch_norm(
        xg.reshape(x, (700, 100)), 0 * x[:100] + 0.5, 0 * x[:100] + 2, 0 * x[:100] + 3
    )[0],
    "attention": lambda x: F.scaled_dot_product_attention(
        *(xg.reshape(x[:5000], (50, 100)),) * 3, scale=1e-3
    ),
}


def samples():
    noise = np.random.default_rng(0).normal(size=N)
    yield "ones", np.ones(N)
    yield "300", 300 * _SIGNS + noise
    yield "1e-6", 1e-6 * _SIGNS


def close(got, want, ulps, kind="float16"):
    """Compare halves with float64, to so many ulp of the largest or of halves too small to be."""
    assert str(got.dtype).rpartition(".")[2] == kind
    eps, most, least = LIMITS[kind]
    got, want = _host(got), _host(want)
    beyond = np.abs(want) > most
    assert np.isinf(got[beyond]).all()
    error = np.abs(got - want)[~beyond]
    size = np.max(np.abs(want), initial=0.0, where=~beyond)
    assert (error <= ulps * eps * np.maximum(np.abs(want[~beyond]), 1e-2 * size) + least).all()


LIMITS = {"float16": (EPS, 65504, 2.0**-24), "bfloat16": (2.0**-7, 3.3e38, 1e-17)}
"""Of each kind the precision, the largest number, and what is nothing: subnormal, or rounding."""


def _host(x):
    raw = getattr(x, "_raw", x)
    return np.asarray(raw if isinstance(raw, (np.ndarray, np.generic)) else raw.double(), float)


def brains(values):
    """Return numbers as bfloat16 of PyTorch, and as float64 of what they are rounded to."""
    torch = pytest.importorskip("torch")
    x = torch.tensor(values).to(torch.bfloat16)
    return x, x.double()


UPDATED = [
    optim.Adam(lr=0.1),
    optim.AdamW(lr=0.1),
    optim.Adam(lr=0.1, amsgrad=True),
    optim.Adagrad(lr=0.1),
    optim.RMSprop(lr=0.01),
    optim.RMSprop(lr=0.01, centered=True),
    optim.SGD(lr=0.1, momentum=0.9),
    optim.Lion(lr=0.1),
]


@pytest.mark.filterwarnings("ignore:overflow")  # a variance of 90,000 is infinite in halves
@pytest.mark.parametrize("values", dict(samples()), ids=str)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions_and_losses_executorch_20090(name, values):
    f = REDUCTIONS[name]
    x = dict(samples())[values].astype(np.float16)
    close(np.asarray(f(x)), f(x.astype(float)), 4)
    close(np.asarray(xg.grad(f)(x)), xg.grad(f)(x.astype(float)), 4)


@pytest.mark.parametrize("values", dict(samples()), ids=str)
@pytest.mark.parametrize("name", NORMALISATIONS)
def test_normalisations_pytorch_66707(name, values):
    f = NORMALISATIONS[name]
    x = dict(samples())[values].astype(np.float16)
    close(np.asarray(f(x)), f(x.astype(float)), 4)


@pytest.mark.parametrize("values", dict(samples()), ids=str)
def test_bfloat16_of_everything_above(values):
    x, exact = brains(dict(samples())[values])
    for name, f in REDUCTIONS.items():
        for g in (f, xg.grad(f)):
            try:
                close(g(x), g(exact), 4, "bfloat16")
            except AssertionError as error:
                raise AssertionError(name) from error
    for f in NORMALISATIONS.values():
        close(f(x), f(exact), 4, "bfloat16")
    if values != "ones":
        clipped, norm = optim.clip_by_global_norm({"g": x}, 1e-2)
        want, right = optim.clip_by_global_norm({"g": exact}, 1e-2)
        close(clipped["g"], want["g"], 1, "bfloat16")
        assert float(norm) == pytest.approx(float(right), rel=1e-5)
        for method in UPDATED:
            results = []
            for g in (x[:3], exact[:3]):
                p = xg.ones_like(g)
                state = method.init(p)
                for _ in range(3):
                    p, state = method.update(p, g, state)
                results.append(p)
            close(*results, 4, "bfloat16")


@pytest.mark.parametrize("size", [300.0, 1e-3, 1e-6])
def test_clipping_by_a_global_norm(size):
    g = (size * _SIGNS).astype(np.float16)
    clipped, norm = optim.clip_by_global_norm({"g": g}, 1e-2)
    exact, right = optim.clip_by_global_norm({"g": g.astype(float)}, 1e-2)
    np.testing.assert_allclose(float(norm), float(right), rtol=EPS)
    close(np.asarray(clipped["g"]), exact["g"], 1)


@pytest.mark.parametrize("size", [300.0, 1e-4, 1e-6, 0.0])
@pytest.mark.parametrize(
    "method",
    UPDATED,
    ids=str,
)
def test_updates_optax_1754(method, size):
    g = np.asarray([0.0, size, -size], np.float16)
    results = []
    for dtype in (np.float16, np.float64):
        p = np.ones(3, dtype)
        state = method.init(p)
        for _ in range(3):
            p, state = method.update(p, g.astype(dtype), state)
        results.append(np.asarray(p))
    close(results[0], results[1], 4)
