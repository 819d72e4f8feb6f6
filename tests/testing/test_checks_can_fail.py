# Tests of xgrad/testing/checks.py
"""Wrong rules are caught, each by its check: a check that cannot fail is none."""

import re

import numpy as np
import pytest

import xgrad as xg
from xgrad.backends import backend_of
from xgrad.engine import kinds, projection
from xgrad.engine.op import constant, elementwise, linear, multilinear, rule
from xgrad.testing import CHECKS, Place, Row, Sample, Spec, check_grads, check_op
from xgrad.testing.cases import Bad

NUMPY = Place.named("numpy")
VECTOR = (Sample((Spec((3,)),)),)
PAIR = (Sample((Spec((2, 3)), Spec((3,)))),)


def row(function, samples=VECTOR, **kwargs):
    kwargs.setdefault("keeps", None)
    return Row(function.__name__, samples, function=function, **kwargs)


def failing(row, place=NUMPY):
    """Return the names of the checks that fail on a row."""
    found = set()
    for name, check in CHECKS.items():
        try:
            check(row, place)
        except (AssertionError, xg.errors.MissingFunctionError, TypeError):
            found.add(name)  # what calls NumPy itself is refused by vmap, and not found wrong
    return found


@elementwise(lambda xp, x: xp.cos(x))
def sin(x, /):
    """Return the sine, with the right derivative."""


def test_every_check_that_fails_is_told():
    @elementwise(lambda xp, x: 2 * xp.cos(x))
    def sin(x, /):
        """Return the sine."""

    with pytest.raises(AssertionError) as caught:
        check_op(row(sin, keeps="out"), NUMPY)
    told = set(re.findall(r"(?m)^check (\w+):$", str(caught.value)))
    assert told == failing(row(sin, keeps="out")) > {"derivatives"}


def test_a_right_rule_passes():
    assert check_op(row(sin, keeps="x"), NUMPY) > 0


def test_a_factor_of_two_is_caught():
    @elementwise(lambda xp, x: 2 * xp.cos(x))
    def sin(x, /):
        """Return the sine."""

    assert "derivatives" in failing(row(sin))
    with pytest.raises(AssertionError, match=r"(?s)fwd of .* is wrong.*expected.*got.*difference"):
        check_grads(lambda x: sin(x), (np.asarray([0.5]),))


def test_a_missing_conj_is_caught():
    @rule(vjp=lambda xp, g, x: 2 * g * x, jvp=lambda xp, t, x: 2 * t * x)
    def square(x, /):
        """Return the square."""

    assert "derivatives" in failing(row(square, dtypes="c"))
    assert not failing(row(square, dtypes="f"))  # which has nothing to conjugate


@pytest.mark.parametrize("function", [xg.add, xg.multiply, xg.hypot])
def test_a_missing_reduction_is_caught(function, monkeypatch):
    for module in (projection, kinds):
        monkeypatch.setattr(module, "bring", lambda xp, c, shape, dtype: c)
    caught = failing(Row(function.__name__, PAIR, "f", keeps=None))
    assert {"derivatives", "single"} <= caught


def test_a_reduction_over_the_wrong_axes_is_caught():
    @linear(lambda xp, g, x: xp.broadcast_to(xp.mean(g), x.shape))
    def sum(x, /, *, axis=None):
        """Return the sum."""

    samples = (Sample((Spec((2, 3)),), {"axis": 0}),)
    assert "derivatives" in failing(row(sum, samples, dtypes="f"))


def test_a_wrong_jvp_beside_a_right_vjp_is_caught():
    @rule(vjp=lambda xp, g, x: g * xp.cos(x), jvp=lambda xp, t, x: t * xp.sin(x))
    def sin(x, /):
        """Return the sine."""

    assert "derivatives" in failing(row(sin))
    check_grads(sin, (xg.asarray([0.5]),), order=1, modes=("rev",))
    with pytest.raises(AssertionError, match="fwd of"):
        check_grads(sin, (xg.asarray([0.5]),), order=1, modes=("fwd",))


def test_a_wrong_vjp_beside_a_right_jvp_is_caught():
    @rule(vjp=lambda xp, g, x: g * xp.sin(x), jvp=lambda xp, t, x: t * xp.cos(x))
    def sin(x, /):
        """Return the sine."""

    assert "derivatives" in failing(row(sin))
    check_grads(sin, (xg.asarray([0.5]),), order=1, modes=("fwd",))
    with pytest.raises(AssertionError, match="rev of"):
        check_grads(sin, (xg.asarray([0.5]),), order=1, modes=("rev",))


def test_one_of_two_arguments_is_caught():
    @multilinear(lambda xp, g, x2: g * x2, lambda xp, g, x1: 2 * g * x1)
    def multiply(x1, x2, /):
        """Return the product."""

    assert "derivatives" in failing(row(multiply, PAIR, dtypes="f"))


def test_a_rule_that_is_not_differentiable_itself_is_caught():
    def broken(xp, x):
        return xg.stop_gradient(xp.cos(x))  # right once, and zero the second time

    @elementwise(broken)
    def sin(x, /):
        """Return the sine."""

    assert "derivatives" in failing(row(sin))
    check_grads(sin, (xg.asarray([0.5]),), order=1)
    with pytest.raises(AssertionError, match="fwd over fwd of"):
        check_grads(sin, (xg.asarray([0.5]),))


def test_a_wrong_value_is_caught():
    @elementwise(lambda xp, x: 1.0 + 0 * x)
    def sin(x, /):
        """Return something else."""
        return x * 1

    assert failing(row(sin)) == {"value"}


def test_a_wrong_dtype_is_caught():
    @elementwise(lambda xp, x: xp.cos(x))
    def sin(x, /):
        """Return the sine in double precision."""
        return np.sin(x.astype(np.result_type(x.dtype, np.float64)))

    assert "value" in failing(row(sin))


def test_a_change_of_the_argument_is_caught():
    @elementwise(lambda xp, x: xp.cos(x))
    def sin(x, /):
        """Return the sine, and spoil the argument."""
        out = np.sin(x)
        x[...] = 0
        return out

    assert "value" in failing(row(sin))
    assert "value" in failing(row(sin), Place.named("numpy:readonly"))


def test_a_value_kept_alive_is_caught():
    @elementwise(lambda xp, x, out: xp.cos(x) + 0 * out)
    def sin(x, /):
        """Return the sine."""

    assert failing(row(sin, keeps="x")) == {"retention"}


def test_a_row_that_promises_to_keep_too_much_is_caught():
    assert failing(row(sin, keeps="x out")) == {"retention"}


def test_raw_and_taped_walks_that_differ_are_caught():
    def in_two_ways(xp, x):
        return xp.cos(x) * (1 + 1e-15) if xp is xg else xp.cos(x)

    @elementwise(in_two_ways)
    def sin(x, /):
        """Return the sine."""

    assert failing(row(sin)) == {"taped"}


def test_an_op_that_should_be_constant_is_caught():
    @elementwise(lambda xp, x: xp.zeros_like(x))
    def floor(x, /):
        """Return each element rounded down, but recorded."""

    assert failing(row(floor, dtypes="f", order=0)) == {"constant"}


def test_a_constant_that_should_have_a_derivative_is_caught():
    @constant
    def sin(x, /):
        """Return the sine, without a derivative."""

    assert {"derivatives", "retention"} <= failing(row(sin, keeps="x"))


def test_zeros_that_are_not_strong_are_caught():
    """Without strong zeros, the unit vectors of jacrev meet infinity and leave NaN behind."""

    def root(x):
        return xg.where(x > 0, xg.sqrt(x), 0.0)

    samples = (Sample((Spec((3,), values=[0.0, 1.0, 4.0]),)),)
    right = row(root, samples, dtypes="f", reference=lambda x: np.sqrt(x))
    assert "jacobians" not in failing(right)

    @linear(
        None,
        lambda xp, g, condition: xp.where(condition, g, xp.zeros_like(g)),
        lambda xp, g, condition: xp.where(condition, xp.zeros_like(g), g),
    )
    def where(condition, x1, x2, /):
        """Return a choice, whose zeros are not said to be structural."""
        return backend_of(condition).xp.where(condition, x1, x2)

    with np.errstate(all="ignore"):
        lost = xg.grad(lambda x: where(x > 0, xg.sqrt(x), 0.0))(0.0)
    assert np.isnan(lost)


def test_a_look_at_values_is_caught_on_meta():
    torch = pytest.importorskip("torch")

    def curious(xp, x):
        return xp.cos(x) if bool(xp.any(x != 0)) else xp.cos(x)  # noqa: RUF034 - it looks

    @elementwise(curious)
    def sin(x, /):
        """Return the sine."""

    assert torch
    caught = failing(row(sin), Place.named("torch:meta"))
    assert {"derivatives", "single", "taped", "jacobians"} <= caught


def test_an_error_that_does_not_come_is_caught():
    bad = (Bad((Spec((3,)),), {}, ValueError, "no such text"),)
    assert failing(row(sin, keeps="x", bad=bad)) == {"errors"}


def test_mixing_that_is_allowed_is_caught():
    def add(x1, x2):
        x1, x2 = (x.data if isinstance(x, xg.Array) else x for x in (x1, x2))
        return xg.asarray(np.add(np.asarray(x1), np.asarray(x2)))

    pytest.importorskip("array_api_strict")
    assert "errors" in failing(row(add, PAIR, dtypes="f"))
