# Tests of tests/interop/harness.py
"""The harness can fail: programs that lose a gradient, or have another one, are found out."""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg

from .harness import Program, run

X = np.asarray([0.5, 1.5])


@xg.custom_vjp
def doubled(x):
    return x * x


doubled.defvjp(lambda x: (x * x, x), lambda x, g: (4 * x * g,))


def detached(x):
    return x.detach() ** 2 if isinstance(x, xg.Array) else x**2


@pytest.mark.parametrize(
    ("f", "kind"),
    [
        (lambda x: x**2, "ok"),
        (lambda x: (x**2, np.sum(x), 3), "ok"),
        (detached, "silent"),
        (lambda x: x**2 + 1e-3 * isinstance(x, xg.Array), "silent"),
        (lambda x: (x**2)[:1] if isinstance(x, xg.Array) else x**2, "silent"),
        (lambda x: np.asarray(x) ** 2, "error"),
        (lambda x: doubled(x) if isinstance(x, xg.Array) else x * x, "silent"),
    ],
)
def test_verdict(f, kind):
    assert run(Program("program", f, (X,))).kind == kind
