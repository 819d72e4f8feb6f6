# Tests of xgrad/nn/names.py
"""A name that nn or functional does not have is answered by the one that is meant."""

import re

import pytest

import xgrad as xg
import xgrad.nn.functional as F
from tests.tables import over
from xgrad import nn
from xgrad.nn.names import KNOWN

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
