# Tests of xgrad/testing/gradients.py
"""`check_grads` itself: what it accepts, what it refuses, and what it says."""

import numpy as np
import pytest

import xgrad as xg
from xgrad.testing import check_grads

X = np.asarray([0.3, -1.2, 2.0])


def kinked(x):
    return xg.sum(xg.abs(x))


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_smooth_function_passes(dtype, order):
    x = (X * (1 + 0.5j) if "complex" in dtype else X).astype(dtype)
    check_grads(lambda x: x[0] * xg.sin(x) * xg.sum(x * x), (x,), order=order)


def test_pytrees_numbers_and_integers_may_be_among_the_arguments():
    def f(parameters, k, indices):
        return {"y": parameters["w"][indices] * parameters["b"][0] ** k, "n": indices}

    check_grads(f, ({"w": X, "b": (1.5, None)}, 3, np.asarray([2, 0])))


def test_arguments_may_be_raw_or_not_and_anywhere(computing):
    raw = computing.raw(X)
    for x in (raw, xg.asarray(raw), xg.asarray(raw, requires_grad=True)):
        check_grads(lambda x, k: xg.sum(x**2) * k, (x, 2.0))


@pytest.mark.parametrize("modes", [("fwd",), ("rev",), ("rev", "fwd")])
def test_each_mode_alone(modes):
    check_grads(lambda x: xg.prod(xg.sin(x)), (X,), modes=modes)
    first = modes[0] if len(modes) == 1 else "fwd"
    with pytest.raises(AssertionError, match=f"{first}.* is wrong"):
        check_grads(kinked, (np.asarray([1e-9, 1.0]),), modes=modes, order=1)


def test_the_message_says_mode_function_and_numbers():
    with pytest.raises(AssertionError) as caught:
        check_grads(kinked, (np.asarray([2.0, 1e-9]),), seed=3)
    text = str(caught.value)
    assert text.startswith("fwd of kinked is wrong")
    for word in ("expected (central differences):", "got:", "largest difference:", "allowed:"):
        assert word in text


def test_the_message_says_at_which_order():
    @xg.custom_jvp
    def square(x):
        return x * x

    square.defjvp(lambda ps, ts: (ps[0] ** 2, 2 * xg.stop_gradient(ps[0]) * ts[0]))
    with pytest.raises(AssertionError, match=r"fwd over fwd of function|fwd over fwd of square"):
        check_grads(square, (1.5,))
    check_grads(square, (1.5,), order=1)


def test_a_cotangent_of_the_wrong_kind_is_noticed(monkeypatch):
    right = xg.vjp

    def wrong(f, *xs):
        out, pullback = right(f, *xs)
        return out, lambda g: tuple(xg.astype(c, xg.complex128) for c in pullback(g))

    monkeypatch.setattr(xg, "vjp", wrong)
    text = r"the cotangent is complex128\[3\].*expected float64\[3\]"
    with pytest.raises(AssertionError, match=text):
        check_grads(xg.sin, (X,), order=1)


def test_nan_is_no_agreement():
    with np.errstate(all="ignore"), pytest.raises(AssertionError, match="is wrong"):
        check_grads(lambda x: xg.sqrt(x) * 0, (np.asarray([0.0]),), order=1)


def test_empty_arrays_pass_and_nothing_at_all_does_not():
    check_grads(lambda x: xg.sin(x), (np.ones((0, 3)),))
    with pytest.raises(ValueError, match="hold no floating-point arrays"):
        check_grads(lambda k: xg.sin(1.0 * k), (3,))
    with pytest.raises(ValueError, match="returned no floating-point arrays"):
        check_grads(lambda x: x > 0, (X,))


def test_bad_options_are_refused():
    with pytest.raises(ValueError, match="expected 'fwd', 'rev' or both"):
        check_grads(xg.sin, (X,), modes=("forward",))
    for options in ({"order": 0}, {"modes": ()}):
        with pytest.raises(ValueError, match="nothing to check"):
            check_grads(xg.sin, (X,), **options)


def test_the_tolerance_can_be_set():
    with pytest.raises(AssertionError, match="allowed: 1e-15"):
        check_grads(xg.exp, (X,), order=1, rtol=1e-30, atol=1e-15)
    check_grads(kinked, (np.asarray([1.0, 1e-9]),), order=1, atol=10.0)


def test_arguments_are_left_alone():
    x = X.copy()
    check_grads(lambda x: xg.sum(x * x), (x,))
    assert np.array_equal(x, X)
