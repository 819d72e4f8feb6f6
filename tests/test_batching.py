# Tests of xgrad/transforms/jacobians.py, xgrad/backends/batched
"""One walk for many rows gives what one walk for each row gives."""

import os

import numpy as np
import pytest

import xgrad as xg
from tests.tables import over
from xgrad.backends.batched import NotBatchedError
from xgrad.testing import ROWS, Place
from xgrad.transforms import jacobians

pytestmark = pytest.mark.filterwarnings(
    "ignore::xgrad.errors.ConstantResultWarning"  # some samples are constant
)
TRANSFORMS = {"jacrev": xg.jacrev, "jacfwd": xg.jacfwd}
DIFFERENTIABLE = [row for row in ROWS if row.order]


def cases(row, place):
    """Return the cases of a row that have a real Jacobian: the function, and where.

    Two of them in CI, all in the session ``samples``.
    """
    found = []
    for case in row.cases(place):
        if case.dtype == "float64" and case.varying:
            arrays = [xg.asarray(x) for x in case.raw_arrays()]
            xs = [arrays[i] for i in case.varying]
            found.append((_real(case.of_varying(arrays)), xs))
    return found if "XGRAD_ALL_SAMPLES" in os.environ else found[:2]


def _real(function):
    def real(*xs):
        out = function(*xs)
        return [y for y in xg.tree.leaves(out) if y.dtype.kind == "f"]

    return real


def jacobian(transform, function, xs):
    with np.errstate(all="ignore"):
        return xg.tree.leaves(transform(function, range(len(xs)))(*xs))


@pytest.mark.parametrize("row", DIFFERENTIABLE, ids=lambda row: row.name)
@over("transform", TRANSFORMS)
def test_rows_together_are_the_rows_alone(each_library, row, transform, monkeypatch):
    for function, xs in cases(row, each_library):
        together = jacobian(TRANSFORMS[transform], function, xs)
        with monkeypatch.context() as patch:
            patch.setattr(jacobians, "Level", _refused)
            alone = jacobian(TRANSFORMS[transform], function, xs)
        for got, want in zip(together, alone, strict=True):
            assert (got.dtype, got.device) == (want.dtype, want.device)
            np.testing.assert_allclose(
                each_library.numpy(got), each_library.numpy(want), rtol=1e-11, atol=1e-11
            )


def _refused(*args, **kwargs):
    raise NotBatchedError("switched off by a test")


@pytest.fixture
def one_by_one(monkeypatch):
    """The shapes of the arrays whose unit vectors were walked from one by one."""
    walked = []

    def basis(x, unit, basis=jacobians._basis):
        walked.append(x.shape)
        return basis(x, unit)

    monkeypatch.setattr(jacobians, "_basis", basis)
    return walked


def test_most_ops_walk_together(one_by_one):
    alone = set()
    for row in DIFFERENTIABLE:
        for function, xs in cases(row, Place.named("numpy")):
            one_by_one.clear()
            for transform in TRANSFORMS.values():
                jacobian(transform, function, xs)
            if any(np.prod(shape) > 1 for shape in one_by_one):
                alone.add(row.name)
    assert len(alone) < 0.25 * len(DIFFERENTIABLE), sorted(alone)


def test_what_memory_does_not_hold_walks_in_parts(monkeypatch, one_by_one):
    def f(x):
        return xg.sin(xg.linalg.outer(x, x))

    x = np.linspace(0.0, 1.0, 5)
    whole = xg.jacrev(f)(x), xg.jacfwd(f)(x)
    for most in (1, 60, 75):
        monkeypatch.setattr(jacobians, "_AT_ONCE", most)
        np.testing.assert_array_equal(xg.jacrev(f)(x), whole[0])
        np.testing.assert_array_equal(xg.jacfwd(f)(x), whole[1])
    assert not one_by_one


def test_structural_zeros_stay_zero_in_every_row(quiet):
    def root(x):
        return xg.where(x > 0, xg.sqrt(x), 0.0)

    x = np.asarray([0.0, 4.0, 0.0])
    for transform in TRANSFORMS.values():
        np.testing.assert_array_equal(transform(root)(x), np.diag([0, 0.25, 0]))
    np.testing.assert_array_equal(
        xg.hessian(lambda x: xg.sum(root(x)))(x), np.diag([0, -1 / 32, 0])
    )


def test_an_error_of_a_rule_is_told():
    @xg.custom_vjp
    def f(x):
        return x * 2

    f.defvjp(lambda x: (x * 2, None), lambda residuals, g: (g[:1],))
    with pytest.raises(xg.errors.RuleError):
        xg.jacrev(f)(np.ones(3))
