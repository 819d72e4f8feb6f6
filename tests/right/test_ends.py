# Tests of xgrad/ops/slopes.py, xgrad/special/incomplete.py, xgrad/nn/functional
"""Derivatives at the ends of a domain, and losses beside raw targets of every library."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import xgrad as xg

F = xg.nn.functional
ENDS = {
    "asin": (xg.asin, 1.0, np.inf),
    "asin below": (xg.asin, -1.0, np.inf),
    "acos": (xg.acos, 1.0, -np.inf),
    "acos below": (xg.acos, -1.0, -np.inf),
    "acosh": (xg.acosh, 1.0, np.inf),
    "atanh": (xg.atanh, 1.0, np.inf),
    "sqrt": (xg.sqrt, 0.0, np.inf),
    "log": (xg.log, 0.0, np.inf),
    "log1p": (xg.log1p, -1.0, np.inf),
    "gammainc": (lambda x: xg.special.gammainc(2.0, x), np.inf, 0.0),
    "gammaincc": (lambda x: xg.special.gammaincc(0.5, x), np.inf, 0.0),
    "mish": (F.mish, np.inf, 1.0),
}


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", ENDS)
def test_slopes_at_the_end_of_a_domain(name, computing):
    f, x, want = ENDS[name]
    with np.errstate(all="ignore"):
        for derive in (xg.grad, lambda f: xg.jacfwd(f)):
            assert float(computing.numpy(derive(f)(computing.raw(np.asarray(x))))) == want


inf = np.inf
special = xg.special
LIMITS = {
    "silu": (F.silu, (0, 0, 0), (inf, 1, 0)),
    "mish": (F.mish, (0, 0, 0), (inf, 1, 0)),
    "gelu": (F.gelu, (0, 0, 0), (inf, 1, 0)),
    "gelu by tanh": (lambda x: F.gelu(x, "tanh"), (0, 0, 0), (inf, 1, 0)),
    "hardswish": (F.hardswish, (0, 0, 0), (inf, 1, 0)),
    "softsign": (F.softsign, (-1, 0, 0), (1, 0, 0)),
    "softplus": (F.softplus, (0, 0, 0), (inf, 1, 0)),
    "logsigmoid": (F.logsigmoid, (-inf, 1, 0), (0, 0, 0)),
    "tanhshrink": (F.tanhshrink, (-inf, 1, 0), (inf, 1, 0)),
    "elu": (F.elu, (-1, 0, 0), (inf, 1, 0)),
    "sigmoid": (xg.sigmoid, (0, 0, 0), (1, 0, 0)),
    "tanh": (xg.tanh, (-1, 0, 0), (1, 0, 0)),
    "asinh": (xg.asinh, (-inf, 0, 0), (inf, 0, 0)),
    "atan": (xg.atan, (-np.pi / 2, 0, 0), (np.pi / 2, 0, 0)),
    "expm1": (xg.expm1, (-1, 0, 0), (inf, inf, inf)),
    "erf": (special.erf, (-1, 0, 0), (1, 0, 0)),
    "erfc": (special.erfc, (2, 0, 0), (0, 0, 0)),
    "ndtr": (special.ndtr, (0, 0, 0), (1, 0, 0)),
    "log_ndtr": (special.log_ndtr, (-inf, inf, -1), (0, 0, 0)),
    "expi": (special.expi, (0, 0, 0), (inf, inf, inf)),
    "wrightomega": (special.wrightomega, (0, 0, 0), (inf, 1, 0)),
    "erfcx": (special.erfcx, None, (0, 0, 0)),
    "dawsn": (special.dawsn, (0, 0, 0), (0, 0, 0)),
    "rgamma": (special.rgamma, None, (0, 0, 0)),
    "zetac": (special.zetac, None, (0, 0, 0)),
    "k0e": (special.k0e, None, (0, 0, 0)),
    "ellipk": (special.ellipk, (0, 0, 0), None),
    "itstruve0": (special.itstruve0, None, (inf, 0, 0)),
    "it2struve0": (special.it2struve0, None, (0, 0, 0)),
    "sinc": (xg.sinc, (0, 0, 0), (0, 0, 0)),
    "cbrt": (xg.cbrt, (-inf, 0, 0), (inf, 0, 0)),
    "acosh": (xg.acosh, None, (inf, 0, 0)),
    "hypot": (lambda x: xg.hypot(x, 0.7), (inf, -1, 0), (inf, 1, 0)),
    "atan2": (lambda x: xg.atan2(x, 0.7), (-np.pi / 2, 0, 0), (np.pi / 2, 0, 0)),
    "a root": (lambda x: xg.pow(x, 0.7 + 0 * xg.stop_gradient(xg.sign(x))), None, (inf, 0, 0)),
    "a root by a number": (lambda x: x**1e-20, None, (inf, 0, 0)),
    "exprel": (special.exprel, (0, 0, 0), (inf, inf, inf)),
    "erfcx below": (special.erfcx, (inf, -inf, inf), None),
    "gamma": (special.gamma, None, (inf, inf, inf)),
    "j0": (special.j0, (0, 0, 0), (0, 0, 0)),
    "j1": (special.j1, (0, 0, 0), (0, 0, 0)),
    "y0": (special.y0, None, (0, 0, 0)),
    "y1": (special.y1, None, (0, 0, 0)),
    "i0": (special.i0, (inf, -inf, inf), (inf, inf, inf)),
    "i1": (special.i1, (-inf, inf, -inf), (inf, inf, inf)),
    "ker": (special.ker, None, (0, 0, 0)),
    "kei": (special.kei, None, (0, 0, 0)),
    "spence": (special.spence, None, (-inf, 0, 0)),
    "pseudo_huber": (lambda x: special.pseudo_huber(0.7, x), (inf, -0.7, 0), (inf, 0.7, 0)),
}
"""A function, and its limits and those of two derivatives at -inf and inf."""


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_values_and_derivatives_at_infinity_are_their_limits(dtype):
    for name, (f, *limits) in LIMITS.items():
        for x, want in zip((-inf, inf), limits, strict=True):
            if want is None:
                continue
            at = np.asarray(x, dtype)
            with np.errstate(all="ignore"):
                got = [f(at), xg.grad(f)(at), xg.grad(xg.grad(f))(at)]
                again = xg.jvp(f, (at,), (np.ones_like(at),))[1]
            np.testing.assert_allclose([float(y) for y in got], want, rtol=1e-6, err_msg=name)
            assert float(again) == float(got[1]), name


INSIDE = {
    "cbrt at 0": (xg.cbrt, 0.0, (0, inf, -inf)),
    "kei at 0": (special.kei, 0.0, (-np.pi / 4, 0, inf)),
    "exprel of too much": (special.exprel, 800.0, (inf, inf, inf)),
    "i1 of too much": (special.i1, 800.0, (inf, inf, inf)),
    "zetac far out": (special.zetac, 1e291, (0, 0, 0)),
    "poch at 0": (lambda z: special.poch(z, 0.7), 0.0, (0, 1.29805533264756, -1.66880041584018)),
    "poch at a pole": (
        lambda z: special.poch(z, 0.7), -2.0, (0, 6.65669401357752, 26.0909949125164)
    ),
    "poch of two poles": (lambda z: special.poch(z, 2.0), -3.0, (6, -5, 2)),
    "a Legendre function": (
        lambda x: special.eval_legendre(0.5, x), 0.3, (0.700938530969655, 0.494618967496774, None)
    ),
    "a Jacobi function": (
        lambda x: special.eval_jacobi(0.5, 1.3, 0.4, x), 0.3,
        (1.17003191484484, 0.750436443321614, None),
    ),
    "a constant Legendre polynomial": (lambda x: special.eval_sh_legendre(0, x), 0.0, (1, 0, 0)),
}  # fmt: skip
"""A function, a point where SciPy's terms have no number, and the value and two derivatives."""


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", INSIDE)
def test_values_and_derivatives_where_terms_have_no_number(name):
    f, x, want = INSIDE[name]
    with np.errstate(all="ignore"):
        got = [f(np.asarray(x)), xg.grad(f)(x), xg.grad(xg.grad(f))(x)]
    for y, right in zip(got, want, strict=True):
        assert right is None or float(y) == pytest.approx(right, rel=1e-7)


LOSSES = [
    name
    for name in F.__all__
    if "reduction" in inspect.signature(getattr(F, name)).parameters
    and name not in ("ctc_loss", "linear_cross_entropy")
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # the mean of nothing is NaN
@pytest.mark.parametrize("rows", [0, 3])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_take_raw_targets_and_empty_batches(name, rows, computing):
    """An array of array-api-strict raises on the left of a tracked one."""
    f = getattr(F, name)
    required = [p.name for p in inspect.signature(f).parameters.values() if p.default is p.empty]
    classes = name in ("cross_entropy", "nll_loss", "multi_margin_loss")
    numbers = {
        "target": (rows,) if classes or name == "cosine_embedding_loss" else (rows, 4),
    }
    whole = np.int64 if classes or name == "multilabel_margin_loss" else float
    others = [
        computing.raw(np.ones(numbers.get(p, (rows, 4)), whole if p == "target" else float))
        for p in required[1:]
    ]
    x = computing.raw(np.full((rows, 4), 0.25))
    for reduction in ("mean", "sum", "none"):
        slope = xg.grad(lambda x, how=reduction: xg.sum(f(x, *others, reduction=how)))(x)
        found = computing.numpy(slope)
        assert found.shape == (rows, 4)
        assert np.isfinite(found).all()


@pytest.mark.parametrize("name", ["silu", "mish", "gelu", "softplus", "softsign", "tanhshrink"])
def test_activations_take_raw_arrays_of_every_library(name, computing):
    """PyTorch's have dtypes that NumPy does not know."""
    x = np.asarray([-2.0, 0.5])
    got = getattr(F, name)(computing.raw(x))
    np.testing.assert_allclose(computing.numpy(got), getattr(F, name)(x), rtol=1e-12)


def test_mish_of_large_halves():
    x = np.asarray([300.0, -300.0, 5.0], np.float16)
    for f in (F.mish, xg.grad(lambda x: xg.sum(F.mish(x)))):
        np.testing.assert_allclose(f(x), f(x.astype(float)), rtol=1e-3, atol=1e-3)
