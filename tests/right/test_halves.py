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
    "cross_entropy": lambda x: F.cross_entropy(xg.reshape(x, (-1, 2)), np.zeros(N // 2, np.int64)),
    "hinge_loss": lambda x: F.hinge_loss(x, xg.sign(x)),
}
NORMALISATIONS = {
    "layer_norm": lambda x: F.layer_norm(x, (N,)),
    "rms_norm": lambda x: F.rms_norm(x, (N,), eps=1e-12),
    "group_norm": lambda x: F.group_norm(xg.reshape(x, (1, 2, -1)), 1),
    "instance_norm": lambda x: F.instance_norm(xg.reshape(x, (1, 1, -1)), eps=1e-12),
    "batch_norm": lambda x: F.batch_norm(xg.reshape(x, (-1, 1)), None, None, training=True)[0],
    "normalize": lambda x: F.normalize(xg.reshape(x, (700, 100)), axis=1),
    "softmax": xg.softmax,
    "log_softmax": xg.log_softmax,
}


def samples():
    noise = np.random.default_rng(0).normal(size=N)
    yield "ones", np.ones(N)
    yield "300", 300 * _SIGNS + noise
    yield "1e-6", 1e-6 * _SIGNS


def close(got, want, ulps):
    """Compare halves with float64, to so many ulp of the largest or of halves too small to be."""
    assert got.dtype == np.float16
    got, want = np.asarray(got, float), np.asarray(want)
    beyond = np.abs(want) > 65504
    assert np.isinf(got[beyond]).all()
    least = 2.0**-24  # the spacing of subnormal halves
    error = np.abs(got - want)[~beyond]
    size = np.max(np.abs(want), initial=0.0, where=~beyond)
    assert (error <= ulps * EPS * np.maximum(np.abs(want[~beyond]), 1e-2 * size) + least).all()


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
    [
        optim.Adam(lr=0.1),
        optim.AdamW(lr=0.1),
        optim.Adam(lr=0.1, amsgrad=True),
        optim.Adagrad(lr=0.1),
        optim.RMSprop(lr=0.01),
        optim.RMSprop(lr=0.01, centered=True),
        optim.SGD(lr=0.1, momentum=0.9),
        optim.Lion(lr=0.1),
    ],
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
