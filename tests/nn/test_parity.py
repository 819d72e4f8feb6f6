# Tests of xgrad/nn
"""Functions and modules agree with PyTorch's in value, first and second derivative."""

import numpy as np
import pytest

pytest.importorskip("torch")

from tests.nn.cases import CASES
from tests.nn.module_cases import CASES as MODULES
from tests.nn.parity import differences

TOLERANCES = {"binary_cross_entropy": 1e-9}  # PyTorch adds 1e-12 to a denominator there


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")
@pytest.mark.parametrize("case", [*CASES, *MODULES], ids=str)
def test_value_and_two_derivatives(case):
    with np.errstate(all="ignore"):
        assert max(differences(case)) < TOLERANCES.get(case.name, 1e-11)
