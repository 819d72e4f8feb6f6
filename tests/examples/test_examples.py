# Tests of examples
"""The examples run, say what they claim, and agree across backends."""

import importlib.util
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import xgrad as xg

EXAMPLES = Path(__file__).parents[2] / "examples"


def load(name):
    """Import an example, which is a script and not part of a package."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def digits():
    for package in ("sklearn", "matplotlib", "rich"):
        pytest.importorskip(package, reason=f"needs {package}, of the dependency group demo")
    return load("train_digits")


def test_backprop_by_hand_agrees_with_the_tape(capsys):
    assert load("backprop_by_hand").main() == 0
    derivatives, _, variances = capsys.readouterr().out.partition("\n6. ")
    differences = re.findall(r"(?m)  (\d\S+)$", derivatives)
    assert len(differences) > 30
    assert max(map(float, differences)) <= 1e-12
    assert "Glorot" in variances


@pytest.mark.parametrize("wrong", [1.0 + 1e-11, float("nan"), np.ones(2)])
def test_backprop_by_hand_notices_a_difference(monkeypatch, wrong):
    by_hand = load("backprop_by_hand")
    monkeypatch.setattr(by_hand, "one_variable", lambda: iter([by_hand.Row("", 1.0, wrong)]))
    assert by_hand.main() == 1


def test_train_digits_writes_its_pictures(digits, tmp_path, capsys):
    digits.main(["--epochs", "2", "--out", str(tmp_path)])
    for name in ("learning_curves.png", "digits.png", "gradient_norms.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    first, second = json.loads((tmp_path / "history.json").read_text())["loss"]
    assert first > second
    assert "accuracy" in capsys.readouterr().out


def test_train_digits_reads_97_percent(digits):
    accuracy = digits.train(*digits.load(seed=0)).history["test_accuracy"]
    assert accuracy[-1] >= 0.97


@pytest.mark.parametrize("backend", ["array_api_strict", "torch", "cupy"])
def test_the_loss_curve_does_not_depend_on_the_backend(digits, backend):
    if backend not in xg.available_backends():
        pytest.skip(f"{backend} cannot be used here; `python -m xgrad` says why")
    histories = []
    for name in ("numpy", backend):
        with xg.use_backend(name):
            params, history = digits.train(*digits.load(seed=1), epochs=3, seed=1)
        assert {array.backend for layer in params for array in layer.values()} == {name}
        histories.append(history)
    expected, got = histories
    for curve in ("loss", "test_loss", "test_accuracy"):
        np.testing.assert_allclose(got[curve], expected[curve], rtol=0, atol=1e-4)


@pytest.mark.parametrize("optimizer", ["adam", "momentum"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_every_choice_of_train_digits_learns(digits, activation, optimizer):
    options = {"activation": activation, "optimizer": optimizer}
    accuracy = digits.train(*digits.load(seed=0), epochs=3, **options).history["test_accuracy"]
    assert accuracy[-1] > 0.85


def test_gradients_vanish_explode_or_are_kept(digits):
    first_over_last = {}
    for activation in ("sigmoid", "tanh"):
        for init in ("naive", "glorot", "small"):
            norms = digits.gradient_norms(activation, init, seed=0)
            assert len(norms) == 10
            first_over_last[activation, init] = norms[0] / norms[-1]
    assert first_over_last["tanh", "naive"] > 1e3
    assert 0.1 < first_over_last["tanh", "glorot"] < 10
    assert first_over_last["sigmoid", "glorot"] < 1e-4
    assert first_over_last["sigmoid", "small"] < 1e-10


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--layers", "10", "from 64 pixels to 10 labels"),
        ("--layers", "3,10", "from 64 pixels to 10 labels"),
        ("--layers", "64,0,10", "from 64 pixels to 10 labels"),
        ("--backend", "numpie", "backend 'numpie' is unknown"),
    ],
)
def test_train_digits_refuses_what_cannot_work(digits, capsys, option, value, said):
    with pytest.raises(SystemExit):
        digits.main([option, value])
    assert said in capsys.readouterr().err
