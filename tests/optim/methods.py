"""Gradient methods beside PyTorch's, and a problem for them."""

import numpy as np

import xgrad as xg
from xgrad import optim

METHODS = [
    (optim.SGD(lr=0.05), "SGD", {"lr": 0.05}),
    (
        optim.SGD(lr=0.05, momentum=0.9, dampening=0.1, weight_decay=0.01),
        "SGD",
        {"lr": 0.05, "momentum": 0.9, "dampening": 0.1, "weight_decay": 0.01},
    ),
    (
        optim.SGD(lr=0.05, momentum=0.8, nesterov=True),
        "SGD",
        {"lr": 0.05, "momentum": 0.8, "nesterov": True},
    ),
    (optim.Adam(), "Adam", {}),
    (
        optim.Adam(lr=0.02, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1),
        "Adam",
        {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1},
    ),
    (optim.Adam(lr=0.02, amsgrad=True), "Adam", {"lr": 0.02, "amsgrad": True}),
    (optim.AdamW(lr=0.02), "AdamW", {"lr": 0.02}),
    (
        optim.AdamW(lr=0.02, weight_decay=0.3, amsgrad=True),
        "AdamW",
        {"lr": 0.02, "weight_decay": 0.3, "amsgrad": True},
    ),
    (optim.Adagrad(lr=0.1), "Adagrad", {"lr": 0.1}),
    (
        optim.Adagrad(lr=0.1, lr_decay=0.01, weight_decay=0.1, initial_accumulator_value=0.5),
        "Adagrad",
        {"lr": 0.1, "lr_decay": 0.01, "weight_decay": 0.1, "initial_accumulator_value": 0.5},
    ),
    (optim.RMSprop(lr=0.02), "RMSprop", {"lr": 0.02}),
    (
        optim.RMSprop(lr=0.02, alpha=0.9, weight_decay=0.1, momentum=0.5, centered=True),
        "RMSprop",
        {"lr": 0.02, "alpha": 0.9, "weight_decay": 0.1, "momentum": 0.5, "centered": True},
    ),
]


def start():
    rng = np.random.default_rng(0)
    return {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}


X, Y = np.random.default_rng(1).normal(size=(20, 3)), np.random.default_rng(2).normal(size=(20, 2))


def loss(p):
    return xg.mean(xg.tanh(X @ p["W"] + p["b"] - Y) ** 2)


def largest_difference(method, name, options):
    """Return how far the parameters are from PyTorch's after a hundred steps."""
    import torch

    theirs = {k: torch.tensor(v, requires_grad=True) for k, v in start().items()}
    optimizer = getattr(torch.optim, name)(theirs.values(), **options)
    params, state = start(), method.init(start())
    x, y = torch.tensor(X), torch.tensor(Y)
    for _ in range(100):
        optimizer.zero_grad()
        ((torch.tanh(x @ theirs["W"] + theirs["b"] - y) ** 2).mean()).backward()
        optimizer.step()
        params, state = method.update(params, xg.grad(loss)(params), state)
    assert state.count == 100
    return max(np.max(np.abs(p - theirs[k].detach().numpy())) for k, p in params.items())
