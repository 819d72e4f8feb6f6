# Tests of xgrad/ops, xgrad/special
"""The fast part of the accuracy table, and that the table leaves no elementwise function out."""

from __future__ import annotations

import mpmath as mp
import pytest

import xgrad as xg

from . import accuracy_balls as balls
from .accuracy import BAR, Function, bound, measure, rows
from .accuracy_bounds import EXCEPTIONS
from .accuracy_table import NOT_MEASURED
from .accuracy_truth import agree, at

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


AGREE = {
    "besselj": (2.5, 3.3), "bessely": (0, 0.3), "besseli": (1, 3.0), "besselk": (1, 1e-5),
    "besselie": (1, -2.5), "besselke": (2.5, 40.0), "gammainc": (3.5, 2.0),
    "gammaincc": (0.01, 150.0), "betainc": (3.0, 0.5, 0.999), "erf": (0.3,), "erfc": (9.0,),
    "erfi": (2.0,), "erfinv": (0.9999,), "erfcinv": (1e-10,), "ellipf": (1.2, -30.0),
    "ellipeinc": (-1.2, 0.5), "ellipk": (0.3,), "ellipe": (-5.0,), "agm": (1.0, 1e-5),
    "hyperu": (0.5, 2.0, 3.0), "hyp0f1": (0.5, -30.0), "hyp1f1": (0.5, 2.0, -30.0),
    "hyp2f1": (0.5, 0.75, 1.5, -10.0), "zetac": (1.5,), "gamma": (-2.5,), "rgamma": (-2.5,),
    "digamma": (0.1,), "loggamma": (0.2,), "polygamma": (2, 0.3), "lambertw": (-0.3,),
    "ei": (-3.0,), "e1": (4.0,), "dilog": (-20.0,), "faddeeva_real": (3.0, 0.5),
    "owens_t": (-2.0, 0.7), "beta": (0.3, 20.0), "beta_density": (0.3, 20.0, 0.01),
    "gamma_density": (7.0, 30.0),
}  # fmt: skip
"""Arguments at which FLINT and mpmath compute the same function."""


def test_balls_agree_with_mpmath():
    pytest.importorskip("flint")
    assert AGREE.keys() == {name for name, f in vars(balls).items() if hasattr(f, "otherwise")} - {
        "_erfcx"
    }
    with mp.workdps(60):
        for name, args in AGREE.items():
            f, xs = getattr(balls, name), [x if type(x) is int else mp.mpf(x) for x in args]
            assert abs(f(*xs) / f.otherwise(*xs) - 1) < mp.mpf(10) ** -45, name
        for name in ("ber", "bei", "ker", "kei"):
            for order in (0, 1):
                own = getattr(mp, name)(order, mp.mpf(2.3))
                assert abs(getattr(balls, name)(order, mp.mpf(2.3)) / own - 1) < mp.mpf(10) ** -45


def test_series_agree_with_differences():
    pytest.importorskip("flint")
    for f in FAST:
        varied = list(range(len(f.domains)))
        for point in ((0.7, 0.3), (1.9, 0.6)):
            args = point[: len(varied)]
            if f.domains[0][0] < args[0] < f.domains[0][1]:
                one = at(f, args, varied)
                agree(f.name, args, one, at(f, args, varied, by_series=False, fewest=520))
