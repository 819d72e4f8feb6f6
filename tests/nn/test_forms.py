# Tests of xgrad/nn/convolutional.py, xgrad/nn/functional/checks.py, xgrad/nn/functional/resizing.py
"""Sizes, seeds and labels as people type them, in layers and functions of networks."""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg
from xgrad import nn

F = nn.functional
X = np.random.default_rng(0).standard_normal((2, 4, 8, 8))
W = np.ones((4, 4, 3, 3))
TWO = (2, np.int64(2), [2, 2], (np.int8(2), 2), np.asarray([2, 2]))
SIZES = {
    "stride": lambda n: F.conv2d(X, W, stride=n),
    "padding": lambda n: F.conv2d(X, W, padding=n),
    "dilation": lambda n: F.conv2d(X, W, dilation=n),
    "pool": lambda n: F.max_pool2d(X, n),
    "adaptive": lambda n: F.adaptive_avg_pool2d(X, n),
    "interpolate": lambda n: F.interpolate(X, n),
    "scale": lambda n: F.interpolate(X, scale_factor=n),
    "unfold": lambda n: F.unfold(X, n),
    "Conv2d": lambda n: nn.Conv2d(4, 2, n, stride=n, padding=n, rng=0)(X),
    "ConvTranspose2d": lambda n: nn.ConvTranspose2d(4, 2, n, stride=n, rng=np.int64(0))(X),
    "MaxPool2d": lambda n: nn.MaxPool2d(n)(X),
}


@pytest.mark.parametrize("name", SIZES)
def test_a_size_is_the_same_in_every_form(name: str) -> None:
    expected = SIZES[name](2)
    for size in TWO[1:]:
        np.testing.assert_array_equal(SIZES[name](size), expected, err_msg=repr(size))


LISTS = {
    "one_hot: input": lambda: F.one_hot([0, 2], 3),
    "embedding: indices": lambda: F.embedding([0, 1], np.ones((3, 2))),
    "cross_entropy: target": lambda: F.cross_entropy(np.ones((2, 3)), [0, 1]),
    "cross_entropy: weight": lambda: F.cross_entropy(np.ones((1, 2)), np.asarray([0]), [1.0, 2.0]),
    "mse_loss: target": lambda: F.mse_loss(np.ones(2), [1.0, 2.0]),
    "Sequential: got a list; expected the layers one by one": lambda: nn.Sequential([nn.ReLU()]),
}


@pytest.mark.parametrize("says", LISTS)
def test_a_list_where_an_array_is_meant_is_told_by_name(says: str) -> None:
    with pytest.raises(TypeError, match=says):
        LISTS[says]()


def test_chance_comes_from_a_seed() -> None:
    one, two = (F.dropout(X, 0.5, rng=seed) for seed in (3, xg.random.default_rng(3)))
    np.testing.assert_array_equal(one, two)
