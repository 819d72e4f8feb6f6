# Tests of xgrad/nn/functional/lookup.py, xgrad/nn/attention.py
"""Keys and values that an attention mask leaves out, as of padding, reach nothing, be they NaN."""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg
from xgrad.nn import MultiheadAttention
from xgrad.nn.functional import scaled_dot_product_attention

_RNG = np.random.default_rng(5)
PADDED = np.asarray([False, False, True, True])
X, WEIGHTS = _RNG.normal(size=(2, 4, 3)), _RNG.normal(size=(3, 3))
SEEN = np.broadcast_to(~PADDED, (4, 4))
MINUS = np.where(SEEN, 0.5, -np.inf)
LAYER = MultiheadAttention(3, 1, batch_first=True, rng=xg.random.default_rng(0))


def layer(y, **kwargs):
    return LAYER(y, y, y, key_padding_mask=PADDED[None] & np.ones((2, 1), dtype=bool), **kwargs)


ATTENTIONS = {
    "a boolean mask": lambda y: scaled_dot_product_attention(y, y, y, SEEN),
    "of the keys": lambda y: scaled_dot_product_attention(y, y, y, SEEN[:1]),
    "minus infinity": lambda y: scaled_dot_product_attention(y, y, y, MINUS),
    "causal": lambda y: scaled_dot_product_attention(y, y, y, is_causal=True),
    "vmap": xg.vmap(lambda y: scaled_dot_product_attention(y, y, y, SEEN)),
}
DERIVATIVES = {
    "reverse": xg.grad,
    "forward": xg.jacfwd,
    "forward over reverse": lambda f: xg.jacfwd(xg.grad(f)),
    "reverse over reverse": lambda f: xg.jacrev(xg.grad(f)),
}


def of_weights(attend, x):
    """Return the loss of the rows that are not padded, as a function of weights."""
    return lambda w: xg.sum(xg.where(PADDED[:, None], 0.0, attend(x @ w)) ** 2)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("name", ATTENTIONS)
def test_padding_that_is_not_finite(name, bad):
    attend = ATTENTIONS[name]
    x = np.where(PADDED[:, None], bad, X)
    for what, derivative in DERIVATIVES.items():
        want = derivative(of_weights(attend, X))(WEIGHTS)
        got = derivative(of_weights(attend, x))(WEIGHTS)
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-11, err_msg=what)
        if name in ("causal", "vmap"):  # which keys are seen by none does not tell
            continue
        got = xg.compile(derivative(of_weights(attend, x)))(WEIGHTS)
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-11, err_msg=f"{what}, compiled")


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("need_weights", [False, True])
def test_the_layer(need_weights):
    def attend(y):
        return layer(y, need_weights=need_weights)[0]

    x = np.where(PADDED[:, None], np.nan, X)
    want, got = (xg.grad(of_weights(attend, each))(WEIGHTS) for each in (X, x))
    np.testing.assert_allclose(got, want, rtol=1e-9)


@pytest.mark.usefixtures("quiet")
def test_what_is_seen_and_not_finite_is_not_hidden():
    x = np.where(PADDED[:, None], np.nan, X)
    assert np.isnan(scaled_dot_product_attention(x, x, x)).all()
    causal = scaled_dot_product_attention(x, x, x, is_causal=True)
    np.testing.assert_array_equal(np.isnan(causal).all(axis=-1), np.broadcast_to(PADDED, (2, 4)))
