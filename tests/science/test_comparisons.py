# Tests of xgrad/scipy/stats
"""Tests that compare groups, the distributions that they are judged by, and statistics of bins."""

import numpy as np
import pytest
import scipy.stats as plain

import xgrad as xg
from xgrad import scipy

from .programs import Program, check

RNG = np.random.default_rng(18)
A, B, C = RNG.normal(size=11), RNG.normal(size=9) + 0.6, RNG.normal(size=7) * 1.4
U, V = RNG.uniform(size=14), RNG.uniform(size=14)
ROWS = RNG.normal(size=(2, 14))
LOC, SCALE = np.asarray(0.3), np.asarray(1.4)
TAILS = ("logpdf", "pdf", "cdf", "sf", "logcdf", "logsf")
STATISTICS = ("mean", "sum", "std", "median", "min", "max", "count")
FORMS = {
    "two": {},
    "uneven": {"equal_var": False},
    "less": {"alternative": "less", "trim": 0.3},
    "greater": {"alternative": "greater", "trim": 0.05},
}


def S(name, *args, f=None, **options):
    """Return the program of a function of all arrays."""
    return Program(name, lambda sp, xp, *xs: f(sp.stats, *xs), args, **({"value": 1e-9} | options))


def filled(x):
    """Return an array with zeros in the place of what an empty bin has."""
    return xg.nan_to_num(x) if isinstance(x, xg.Array) else np.nan_to_num(x)


def trimmed(form):
    options = {"trim": 0.2, **FORMS[form]}

    def f(st, a, b):
        one = st.ttest_ind(a, b, **options)
        wide = st.ttest_ind(ROWS, ROWS[::-1] * a[0], axis=1, keepdims=True, **options)
        ends = [x for x in one.confidence_interval() if np.isfinite(float(getattr(x, "_raw", x)))]
        return [one.statistic, one.pvalue, one.df * one.statistic, *ends, wide.pvalue]

    return S(f"ttest_ind, {form}", A, B, f=f)


def cells(st, v, *more):
    return [filled(st.binned_statistic_2d(U, V, v, s, *more).statistic) for s in STATISTICS]


PROGRAMS = (
    *map(trimmed, FORMS),
    S("ttest_ind, all", ROWS, f=lambda st, r: st.ttest_ind(r, A, axis=None, trim=0.1).pvalue),
    S("binned_statistic_2d", V, f=lambda st, v: [*cells(st, v, 2), *cells(st, v, [2, 3], [[0, 0.8], [0.1, 1]])]),
    S("edges of cells", U, V, f=lambda st, u, v: [*st.binned_statistic_2d(u, v, A[0] * ROWS[0], bins=[2, [0.1, 0.4, 0.9]])[1:2], *st.binned_statistic_dd([u, v], ROWS[0], "sum", 2)[1]]),
    S("binned_statistic_dd", ROWS, f=lambda st, r: [filled(st.binned_statistic_dd(np.stack([U, V, U * V], axis=-1), r, s, [2, 1, 2]).statistic) for s in STATISTICS]),
    S("irwinhall", np.asarray([0.4, 1.3, 3.2]), LOC, SCALE, f=lambda st, x, m, s: [getattr(st.irwinhall, t)(x, 4, m - 0.6, s) for t in TAILS]),
    S("irwinhall of several", np.asarray([0.4, 0.7, 1.2]), f=lambda st, x: [st.irwinhall.cdf(x, [1, 2, 5]), st.irwinhall.pdf(x[:, None], [3, 5]), st.irwinhall.ppf(x / 2, [2, 3, 5])], rtol=1e-5),
    *(S(f"tukeylambda, {lam}", np.asarray([-0.9, 0.2, 1.1]), np.asarray(lam), f=lambda st, x, lam: [*(getattr(st.tukeylambda, t)(x, lam) for t in TAILS), st.tukeylambda.isf(0.3 + x / 10, lam),
      st.tukeylambda.mean(lam), *st.tukeylambda.stats(lam, moments="vk"), st.tukeylambda.entropy(lam), st.tukeylambda.std(lam, 0, 2)], rtol=1e-5, value=1e-8) for lam in (-0.1, 0.0, 0.7)),
    S("studentized_range", np.asarray([0.6, 3.1]), np.asarray(3.2), np.asarray(9.5), f=lambda st, x, k, df: [st.studentized_range.logpdf(x, k, df), st.studentized_range.sf(x, k, df, LOC)], rtol=1e-5, step=1e-2),
    S("studentized_range quantiles", np.asarray(0.4), np.asarray(3.2), np.asarray(9.5), f=lambda st, q, k, df: st.studentized_range.ppf(q, k, df), rtol=1e-5, step=1e-2, value=1e-8),
    S("studentized_range, many", np.asarray([0.6, 3.1]), f=lambda st, x: st.studentized_range.cdf(x, 3, np.asarray([6.0, 2e5])), rtol=1e-5, step=1e-2),
    *(S(f"tukey_hsd, {even}", A, B, C, f=lambda st, a, b, c, even=even: [st.tukey_hsd(a, b, c, equal_var=even).statistic, st.tukey_hsd(a, b, c, equal_var=even).pvalue], rtol=1e-5, step=1e-3) for even in (True, False)),
    *(S(f"dunnett, {kind}", A, B, C, f=lambda st, a, b, c, kind=kind: [r.statistic * r.pvalue for r in [st.dunnett(a, b, control=c, alternative=kind, rng=0)]], value=1e-9, rtol=3e-3, step=3e-2, order=1)
      for kind in ("two-sided", "less", "greater")),
)  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_derivatives(program):
    check(program)


def test_what_a_bin_is_asked_for_by_a_function_or_by_an_earlier_result():
    ours, v = scipy.stats, xg.asarray(ROWS[0])
    before = plain.binned_statistic_dd([U, V], ROWS[1], bins=3)
    for statistic in (np.mean, np.ptp, lambda x: x[0] * x[-1] if len(x) else -7.0):
        options = {"statistic": statistic, "expand_binnumbers": True}
        for more in ({"bins": 3}, {"binned_statistic_result": before}):
            got = ours.binned_statistic_dd([U, V], v, **options, **more)
            expected = plain.binned_statistic_dd([U, V], ROWS[0], **options, **more)
            np.testing.assert_allclose(got.statistic, expected.statistic, rtol=1e-12)
            np.testing.assert_array_equal(got.binnumber, expected.binnumber)
    found = xg.grad(lambda v: xg.sum(filled(cells(ours, v, 9)[2])))(ROWS[0])
    assert np.all(np.isfinite(found))  # bins of one value have no spread
    with pytest.raises(ValueError, match="statistic is 'mode'"):
        ours.binned_statistic_2d(U, V, v, "mode")


def test_examples_of_vmap_are_done_one_by_one():
    def each(x):
        st = scipy.stats
        of_cells = st.binned_statistic_2d(U, V, x * x, "sum", bins=2).statistic
        range_ = st.studentized_range.cdf(1.0 + x[0] * x[0], 3, 7)
        parts = [st.ttest_ind(x, A, trim=0.2).pvalue, range_, st.tukeylambda.cdf(x[0], x[1])]
        return xg.sum(of_cells) + sum(parts) + st.irwinhall.pdf(1.0 + xg.tanh(x[2]), 3)

    with pytest.warns(xg.errors.LoopWarning):
        together = xg.vmap(xg.grad(each))(ROWS)
    for got, row in zip(np.asarray(together), ROWS, strict=True):
        np.testing.assert_allclose(got, xg.grad(each)(row), rtol=1e-12)


def test_trimmed_samples_are_looked_at():
    x = xg.asarray(A)
    for options, says in (
        ({"trim": 0.5}, "trim is 0.5"),
        ({"alternative": "both"}, "alternative is"),
    ):
        with pytest.raises(ValueError, match=says):
            scipy.stats.ttest_ind(x, B, **{"trim": 0.2, **options})
    with pytest.raises(NotImplementedError, match="nan_policy='omit' has no derivative"):
        scipy.stats.ttest_ind(x, B, trim=0.2, nan_policy="omit")
    gone = np.where(A.max() == A, np.nan, A)
    found = scipy.stats.ttest_ind(xg.asarray(gone), B, trim=0.2)
    assert np.isnan(found.statistic)
    assert np.isnan(plain.ttest_ind(gone, B, trim=0.2).statistic)


def test_a_count_of_variables_has_no_derivative():
    with pytest.raises(NotImplementedError, match="n is tracked"):
        xg.grad(lambda n: scipy.stats.irwinhall.cdf(1.2, n))(3.0)


def test_a_moment_of_the_range_or_of_tukeys_lambda_that_does_not_exist():
    for lam, moments in ((-0.7, "v"), (-0.3, "k")):
        found = scipy.stats.tukeylambda.stats(xg.asarray(lam), moments=moments)
        assert not np.isfinite(float(found))
    assert float(scipy.stats.studentized_range.mean(xg.asarray(3.0), 0.8)) == np.inf
    found = scipy.stats.studentized_range.mean(xg.asarray(3.0), 10.0)
    assert float(found) == pytest.approx(1.8342745128)  # SciPy's, which takes it a second
    nothing = xg.grad(lambda x: scipy.stats.studentized_range.cdf(x, 2.0, 8.0))(0.0)
    assert nothing == pytest.approx(plain.studentized_range.pdf(0.0, 2.0, 8.0))


def test_limits_of_confidence_move_with_the_groups():
    for f in (
        lambda a, **o: scipy.stats.tukey_hsd(a, B, C, **o).confidence_interval().low[0, 1],
        lambda a, **o: scipy.stats.dunnett(a, B, control=C, rng=0).confidence_interval().low[0],
    ):
        step = np.zeros(11)
        step[3] = 1e-3
        expected = (f(A + step) - f(A - step)) / 2e-3
        assert xg.grad(f)(A)[3] == pytest.approx(expected, rel=1e-3)
