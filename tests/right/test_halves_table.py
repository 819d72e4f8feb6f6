# Tests of xgrad/ops/halves.py
"""The fast part of the table of halves, and that it leaves no reduction, loss or method out."""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg
from tests.right import halves, halves_calls
from xgrad import nn, optim
from xgrad.testing import Place


@pytest.mark.parametrize(("sample", "part"), [("300", 0), ("1e-6", 1), ("near 1", 2)])
def test_values_and_gradients_of_70000_float16(sample, part):
    found = {
        name: measure(sample, "float16", Place.named("numpy"))
        for k, (name, measure) in enumerate(halves.table())
        if k % 3 == part  # the others by nox -s halves
    }
    assert len(found) > 80
    assert not {name: ulps for name, ulps in found.items() if not ulps <= halves.BAR}


def test_values_and_gradients_of_70000_bfloat16():
    pytest.importorskip("torch", reason="the library of bfloat16")
    found = {
        name: measure("300", "bfloat16", Place.named("torch"))
        for k, (name, measure) in enumerate(halves.table())
        if k % 3 == 1
    }
    assert not {name: ulps for name, ulps in found.items() if not ulps <= halves.BAR}


def test_each_loss_and_norm_is_in_the_table():
    named = {call.name.split()[0].rpartition(".")[2] for call in halves_calls.calls()}
    for module in (xg, xg.linalg, nn.functional):
        for name in module.__all__:
            if name.endswith(("_loss", "_norm", "softmax", "mean", "std", "var", "sum", "norm")):
                assert name in named or name in halves_calls.LEFT_OUT, name
    methods = {name.partition("(")[0] for name, _ in halves.methods()}
    assert {"Adam", "SGD", "Lion"} <= methods
    assert {"BatchNorm1d", "LayerNorm"} <= {name for name, _ in halves.layers()}
    assert {f"optim.{n}" for n in optim.__all__ if n.startswith("clip")} <= {
        name for name, _ in halves.others()
    }


@pytest.mark.parametrize(
    "naive",
    [
        lambda x: xg.divide(xg.cumulative_sum(x * 1.0, dtype=xg.float32)[-1], xg.asarray(70000.0)),
        lambda x: xg.sum(x / 70000.0),
        lambda x: xg.log(xg.sum(xg.exp(x - xg.max(x)))) + xg.max(x),
    ],
    ids=["dtype", "rounded parts", "rounded exponentials"],
)
def test_a_reduction_that_is_left_to_halves_is_found(naive):
    call = halves_calls.Call("naive", naive, ((halves.N,),), ("",))
    worst = max(
        max(halves.measured(call, s, "float16", Place.named("numpy"))) for s in halves.SAMPLES
    )
    assert worst > halves.BAR


def test_an_error_is_relative_to_the_true_value():
    want = np.asarray([1000.0, 1.0])
    assert halves.error(want.astype(np.float16), want, "float16") == 0
    assert halves.error(np.asarray([1000, 1.01], np.float16), want, "float16") > halves.BAR
    assert halves.error(want, want, "float16") == np.inf
    assert halves.error(np.asarray([np.inf], np.float16), np.asarray([1e6]), "float16") == 0
    assert halves.error(np.asarray([60000], np.float16), np.asarray([1e6]), "float16") == np.inf
