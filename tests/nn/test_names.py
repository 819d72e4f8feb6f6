# Tests of xgrad/nn/names.py
"""A name that nn or functional does not have is answered by the one that is meant."""

import re

import pytest

import xgrad as xg
import xgrad.nn.functional as F
from tests.tables import over
from xgrad import nn
from xgrad.nn.names import KNOWN, METHODS

MEANT = [
    (nn, "Dense", "nn.Linear"),
    (nn, "Relu", "Did you mean xgrad.nn.ReLU?"),
    (nn, "Conv2D", "Did you mean xgrad.nn.Conv2d?"),
    (nn, "BatchNorm4d", "Did you mean xgrad.nn.BatchNorm"),
    (nn, "relu", "There is xgrad.nn.functional."),
    (nn, "softmax", "There is xgrad.nn.functional."),
    (nn, "Parameter", "annotate it in the class"),
    (nn, "LazyLinear", "Use nn.Linear: give the input's size"),
    (nn, "MultiheadAtention", "Did you mean xgrad.nn.MultiheadAttention?"),
    (nn, "quite_another_thing", "dir(xgrad.nn) lists"),
    (F, "relu_", "write x = F.relu(x)"),
    (F, "swish", "functional.silu"),
    (F, "cross_entropy_loss", "Did you mean xgrad.nn.CrossEntropyLoss?"),
    (F, "max_pool_2d", "Did you mean xgrad.nn.functional.max_pool2d?"),
    (F, "Linear", "There is xgrad.nn."),
    (F, "logsumexp", "xgrad.logsumexp"),
]


@pytest.mark.parametrize(("module", "name", "text"), MEANT)
def test_the_error_says_what_is_meant(module, name, text):
    with pytest.raises(AttributeError, match=re.escape(text)):
        getattr(module, name)


@over("name", list(KNOWN))
def test_what_is_recommended_exists(name):
    assert not hasattr(nn, name)
    assert not hasattr(F, name)
    for path in re.findall(r"\b(?:xgrad|nn|functional)(?:\.\w+)+", KNOWN[name]):
        found = {"xgrad": xg, "nn": nn, "functional": F}[path.partition(".")[0]]
        for part in path.split(".")[1:]:
            found = getattr(found, part)


def test_what_python_asks_for_itself_is_answered_plainly():
    assert not hasattr(nn, "__wrapped__")
    assert not hasattr(F, "__path_of_nothing__")


@over("name", list(METHODS))
def test_a_method_of_another_library_says_what_to_write(name):
    model = nn.Sequential(nn.Linear(2, 2))
    with pytest.raises(AttributeError, match=re.escape(f"Instead: {METHODS[name]}")):
        getattr(model, name)
    assert not hasattr(model, name)
    for path in re.findall(r"xgrad\.([\w.]*\w)", METHODS[name]):
        found = xg
        for part in path.split("."):
            found = getattr(found, part)


def test_an_attribute_that_is_no_field_says_how_it_becomes_one():
    class Net(nn.Module):
        def __init__(self):
            self.fc = nn.Linear(2, 1)

        def forward(self, x):
            return self.fc(x)

    with pytest.raises(NotImplementedError, match=r"__call__.*forward\(\) in PyTorch is __call__"):
        Net()(xg.ones((1, 2)))
    Net.__call__ = Net.forward
    with pytest.raises(AttributeError, match=r"'fc'.*annotate it in the class, as `fc: Any`"):
        xg.grad(lambda m, x: xg.sum(m(x)), (0, 1))(Net(), xg.ones((1, 2)))
    with pytest.raises(AttributeError, match=r"no attribute 'wieght'. Did you mean weight\?"):
        nn.Linear(2, 1).wieght  # noqa: B018


def test_layers_in_one_list_are_told_apart():
    layers = {"a": nn.Linear(2, 2)}
    with pytest.raises(TypeError, match=r"got a dict; .*Sequential\(\*layers.values\(\)\)"):
        nn.Sequential(layers)
    with pytest.raises(TypeError, match=r"got a list; .*Sequential\(\*layers\)"):
        nn.Sequential([*layers.values()])
    with pytest.raises(TypeError, match=r"model.replace\(layers="):
        nn.Sequential(nn.ReLU())[0] = nn.Tanh()
