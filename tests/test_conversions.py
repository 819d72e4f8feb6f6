# Tests of xgrad/arrays/leaving.py
"""What an error says when a conversion would drop a gradient."""

from __future__ import annotations

import math

import numpy as np
import pytest

import xgrad as xg

CASES = {
    "np.array": (
        lambda x: np.array([x[0], x[1]]),
        r"use xgrad\.asarray\(\[\.\.\.\]\) or xgrad\.st",
    ),
    "np.asarray": (lambda x: np.asarray(x), r"use x itself, an array already"),
    "np.full": (lambda x: np.full(3, x[0]), r"use xgrad\.full"),
    "math": (lambda x: math.sin(x[0]), r"use xgrad\.sin or numpy\.sin"),
    "float": (lambda x: float(x[0]), r"use x itself: a 0-d array calculates like a number"),
    "vectorize": (lambda x: np.vectorize(abs)(x), r"use array functions"),
    "sympy": (lambda x: pytest.importorskip("sympy").sin(x[0]), r"f = sympy\.lambdify\(symbol, "),
    "else": (lambda x: list(map(round, map(complex, x))), r"use the xgrad function of the same"),
    "two": (lambda x: math.exp(x[0]) * np.asarray(1.0), r"use xgrad\.exp or numpy\.exp"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_line_and_the_spelling_are_named(name):
    f, advice = CASES[name]
    with pytest.raises(xg.errors.TracedConversionError, match=advice) as caught:
        xg.grad(f)(np.ones(3))
    assert f"test_conversions.py, line {f.__code__.co_firstlineno}" in str(caught.value)
    assert "x.detach() (an array) or x.item() (a number)" in str(caught.value)


def test_a_write_into_a_numpy_array_has_the_reason_as_its_cause():
    target = np.ones(3)
    with pytest.raises(ValueError, match="sequence") as caught:
        target[0] = xg.asarray(np.ones(3), requires_grad=True)[0]
    assert "make the target an xgrad.Array" in str(caught.value.__cause__)


def test_untracked_arrays_convert():
    x = xg.asarray(np.ones(3))
    assert np.asarray(x).sum() == 3.0
    assert math.sin(x[0]) == math.sin(1.0)
    with xg.no_grad():
        assert float(xg.asarray(2.0, requires_grad=True)) == 2.0


@pytest.mark.parametrize("dtype", [">f8", ">f4", ">c16", "<f8"])
def test_arrays_in_another_byte_order_have_gradients_in_this_one(dtype):
    """NumPy reads FITS and other big-endian files without swapping the bytes."""
    x = np.asarray([1.0, 2.0, 3.0]).astype(dtype)
    native = x.astype(x.dtype.newbyteorder("="))
    f = lambda x: xg.sum(xg.real(x * xg.conj(x) * x))  # noqa: E731
    for transform in (xg.grad, lambda f: xg.hessian(f, complex="real")):
        found = transform(f)(x)
        assert found.dtype.isnative
        np.testing.assert_array_equal(found, transform(f)(native))
    np.testing.assert_array_equal(xg.jvp(f, (x,), (x,))[1], xg.jvp(f, (native,), (native,))[1])
    parameter = xg.asarray(x, requires_grad=True)
    f(parameter).backward()
    np.testing.assert_array_equal(parameter.grad.data, xg.grad(f)(native))
    if not x.dtype.isnative:
        with pytest.raises(ValueError, match="copy=False"):
            xg.asarray(x, copy=False, requires_grad=True)
