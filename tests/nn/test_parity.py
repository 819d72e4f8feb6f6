# Tests of xgrad/nn
"""Functions and modules agree with PyTorch's in value, first and second derivative."""

import numpy as np
import pytest

pytest.importorskip("torch")

from tests.nn.cases import CASES
from tests.nn.module_cases import CASES as MODULES
from tests.nn.more_cases import MORE
from tests.nn.parity import differences, unaccounted
from tests.nn.twins import TWINS
from tests.tables import over

TOLERANCES = {
    **dict.fromkeys(("binary_cross_entropy", "BCELoss"), 1e-9),  # there PyTorch adds 1e-12
    **dict.fromkeys(("hardsigmoid", "Hardsigmoid"), 1e-7),  # there it divides in single precision
}


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")
@pytest.mark.parametrize("case", [*CASES, *MODULES], ids=str)
def test_value_and_two_derivatives(case):
    with np.errstate(all="ignore"):
        assert max(differences(case)) < TOLERANCES.get(case.name, 1e-11)


@pytest.mark.filterwarnings("ignore:.*upsample.* is deprecated:UserWarning")
@over("case", MORE)
def test_more_functions(case):
    with np.errstate(all="ignore"):
        assert max(differences(case)) < TOLERANCES.get(case.name, 1e-11)


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")
@pytest.mark.filterwarnings("ignore:Using padding='same'", "ignore:.*nested:UserWarning")
@over("twin", TWINS)
def test_layers_of_the_same_name(twin):
    case = twin.case()
    with np.errstate(all="ignore"):
        assert max(differences(case)) < TOLERANCES.get(case.name, 1e-11)


def test_every_name_of_pytorch_is_here_or_has_a_reason():
    assert unaccounted() == []
