# Tests of xgrad/ops, xgrad/special
"""The fast part of the accuracy table, and that the table leaves no elementwise function out."""

from __future__ import annotations

import mpmath as mp
import pytest

import xgrad as xg

from .accuracy import BAR, Function, bound, measure, rows
from .accuracy_bounds import EXCEPTIONS
from .accuracy_table import NOT_MEASURED

FAST = [f for f in rows() if not f.name.startswith("special.")]


@pytest.mark.parametrize("f", FAST, ids=lambda f: f.name)
def test_functions_are_within_their_bounds(f):
    for what, worst in measure(f, "float64", 12):
        assert worst.ulps <= bound(f.name, what, "float64")[0], (what, worst)


QUICK = (
    "erf erfcx expit logit log_expit cosm1 exprel entr xlogy rel_entr kl_div huber pseudo_huber "
    "expi exp1 i0e i1e j0 cotdg eval_legendre eval_jacobi jv berp beip binom wofz lambertw "
    "ellipkinc ellipeinc expn bdtr ellipkm1 agm wrightomega inv_boxcox inv_boxcox1p powm1"
).split()


def test_special_functions_are_within_their_bounds():
    known = {f.name: f for f in rows()}
    for name in QUICK:
        f = known[f"special.{name}"]
        for what, worst in measure(f, "float64", 3):
            assert worst.ulps <= bound(f.name, what, "float64")[0], (name, what, worst)


def test_every_elementwise_function_is_measured_or_says_why_not():
    measured = {f.name for f in rows()}
    public = {name for name in xg.__all__ if _kind(getattr(xg, name)) == "elementwise"}
    public |= {
        f"special.{name}"
        for name in xg.special.__all__
        if _kind(getattr(xg.special, name)) == "elementwise"
    }
    assert public <= measured | NOT_MEASURED.keys()
    assert not measured & NOT_MEASURED.keys()


def _kind(f):
    return getattr(getattr(f, "op", None), "kind", None)


def test_exceptions_are_of_functions_that_are_measured_and_have_a_reason():
    measured = {f.name for f in rows()}
    for key, (most, reason) in EXCEPTIONS.items():
        assert key[0] in measured
        assert most > BAR
        assert reason


def test_a_derivative_formed_from_the_rounded_result_is_found():
    from_result = Function("tanh", lambda x: mp.tanh(x) * (1 + mp.mpf(10) ** -14))
    assert max(worst.ulps for _, worst in measure(from_result, "float64", 12)) > BAR
