# Tests of xgrad/show/html.py
"""An array in a notebook."""

import numpy as np
import pytest

import xgrad as xg


def test_values_dtype_shape_and_gradient_are_shown(computing):
    w = xg.asarray(computing.raw(np.array([[1.5, 2.0], [3.0, 4.0]])), requires_grad=True)
    text = w._repr_html_()
    assert "2 x 2, float64, 32 B" in text
    assert "requires_grad" in text
    assert "1.5</td>" in text
    xg.sum(w * w).backward()
    assert ">8</td>" in w._repr_html_()
    assert "made by sin" in xg.sin(w)._repr_html_()


def test_a_device_without_values_shows_what_it_can(place):
    text = xg.asarray(place.raw(np.ones(3)))._repr_html_()
    assert "float64" in text
    assert place.has_values or "no values" in text


@pytest.mark.parametrize(
    ("x", "said", "cells"),
    [
        (np.ones((20, 30)), "20 x 30", 81),
        (np.ones((2, 3, 4, 5)), "the first of 6 matrices", 20),
        (np.float64(2.0), "a number", 1),
        (np.ones(3, bool), "True", 3),
        (np.ones(3) * 1j, "0+1j", 3),
        (np.zeros((0, 3)), "(empty)", 0),
    ],
)
def test_every_shape(x, said, cells):
    text = xg.asarray(x)._repr_html_()
    assert said in text
    assert text.count("<td") == cells


def test_the_plain_repr_says_what_it_is():
    x = xg.asarray([1.0, 2.0], requires_grad=True)
    assert repr(x) == "Array([1., 2.], dtype=float64, requires_grad=True)"
    assert repr(xg.exp(x * 0)) == "Array([1., 1.], dtype=float64, tracked=True)"
