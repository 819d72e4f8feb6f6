"""NumPy as a device."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import xgrad as xg
from xgrad.backends import BY_TYPE

from .host import COMPILER, HostKernels


@pytest.fixture
def device(tmp_path, monkeypatch):
    """NumPy as a device: nobody looks at its values, and its kernels are compiled by C++."""
    if COMPILER is None:
        pytest.skip("no C++ compiler")
    plain, kernels = xg.backends.load("numpy"), HostKernels(tmp_path)
    shape = {"name": "host", "kernels": kernels, "on_host": lambda x: False}
    from .eager_table import KINDS

    ops = [*KINDS]
    monkeypatch.setitem(BY_TYPE, np.ndarray, replace(plain, **shape))
    known = [dict(op.raws) for op in ops]
    for op in ops:
        op.raws.clear()
    yield kernels
    for op, raws in zip(ops, known, strict=True):
        op.raws.clear()
        op.raws.update(raws)
