"""The functions that may be off by more than the bar, by how much, and why."""

from __future__ import annotations

_OWN = "SciPy's own value, and derivatives made of it"
_SCALED = "the scaled functions of SciPy that make it nearly cancel, below 20"
_DIFFERENCE = "terms of SciPy's functions cancel"

_DENSITY = "the exponent of the density is a sum of large logarithms"
_NEAR = "SciPy's own recurrence, near zeros"
_REASONS: tuple[tuple[float, str, str], ...] = (
    (100.0, _DENSITY, "bdtr bdtrc nbdtr nbdtrc"),
    (200.0, "SciPy's own value, and a Gauss rule times a density in the shape", "gammainc"),
    (500.0, "SciPy's own value, and a Gauss rule times a density in the shape", "gammaincc"),
    (5e3, _DENSITY, "betainc betaincc"),
    (
        1e14,
        "the quantile is subnormal, or the derivative's two terms cancel around the median",
        "gammaincinv gammainccinv",
    ),
    (1e4, "SciPy's Struve functions, between 5 and 37", "itstruve0 it2struve0"),
    (500.0, "SciPy's Struve functions, and a Gauss rule", "itmodstruve0"),
    (1e5, _OWN, "kve"),
    (5e7, "SciPy's quantile, subnormal for small shapes", "betaincinv betainccinv"),
    (5e6, _OWN, "ber bei ker kei kerp"),
    (3e6, _OWN, "berp beip keip"),
    (1e5, _NEAR, "eval_legendre eval_chebyt eval_chebyu eval_chebys eval_gegenbauer"),
    (1e4, _NEAR, "eval_chebyc"),
    (300.0, _NEAR, "eval_jacobi"),
    (150.0, _NEAR, "eval_sh_legendre eval_sh_chebyt eval_sh_chebyu"),
    (1e6, "SciPy's jv and yv, and differences of them", "hankel1e hankel2e"),
    (300.0, _OWN, "jv"),
    (100.0, _OWN, "yv"),
    (3e4, _OWN, "hyp0f1"),
    (3e3, "SciPy's own value, and leading terms next to 1", "hyp2f1"),
    (300.0, _OWN, "hyp1f1"),
    (40.0, _OWN, "wright_bessel"),
    (500.0, "SciPy's erfcx, and rounded squares in exponentials", "wofz"),
    (1e4, _OWN, "ndtri_exp"),
    (5e15, "next to m = 1, where it is z, the second derivative in z is nearly 0", "poch"),
    (5e15, "next to k = 1, where it is n, the second derivative in n is nearly 0", "binom"),
    (1e4, _DENSITY, "stdtr"),
    (5e9, "around the median, where all is 0, SciPy's own value is off by 1e-6 of it", "stdtrit"),
    (5e6, _DIFFERENCE, "struve modstruve"),
    (1e8, "the real part of a difference of complex terms", "voigt_profile"),
    (1e9, "SciPy's own value: between 2 and 15 its sums cancel", "hyperu"),
    (300.0, "terms that cancel before the series begins", "inv_boxcox inv_boxcox1p"),
    (1e3, "formed from the rounded value, near the branch point", "lambertw"),
    (300.0, "SciPy's own value, and a Gauss rule", "ellipkinc ellipeinc"),
)
EXCEPTIONS: dict[tuple[str, ...], tuple[float, str]] = {
    **{
        (name, f"{what} in {i}"): (3e3, "the power itself is subnormal, its product not")
        for name in ("pow", "float_power", "special.powm1")
        for what in ("first", "second")
        for i in (1, 2)
    },
    ("cbrt", "second"): (14.0, "its fifth power of the C library's root, 1.8 ulp off"),
    ("nn.functional.kl_div", "first in 2"): (
        100.0,
        "a logarithm less the argument, two numbers that cancel",
    ),
    ("special.erfc",): (500.0, _OWN),
    ("special.erfcx",): (500.0, _OWN),
    ("special.erfi",): (500.0, _OWN),
    ("special.dawsn",): (1e4, _DIFFERENCE),
    ("special.ndtr",): (2000.0, _OWN),
    ("special.log_ndtr", "value"): (2000.0, _OWN),
    ("special.log_ndtr",): (20.0, "SciPy's erfcx, and continued fractions"),
    ("special.tandg", "value"): (100.0, _OWN),
    ("special.j0", "first"): (300.0, "SciPy's j1 of nearly subnormal numbers"),
    ("special.i1", "second"): (30.0, _DIFFERENCE),
    ("special.rgamma",): (20.0, _DIFFERENCE),
    ("special.i0e",): (3e3, _SCALED),
    ("special.i1e",): (2e3, _SCALED),
    ("special.k0e",): (3e3, _SCALED),
    ("special.k1e",): (3e3, _SCALED),
    ("special.ellipk",): (200.0, _DIFFERENCE),
    ("special.ellipe",): (250.0, _DIFFERENCE),
    ("special.ellipkm1",): (100.0, _DIFFERENCE),
    ("special.wrightomega",): (50.0, _DIFFERENCE),
    **{
        (f"special.{name}", f"second in {i}"): (
            1e11,
            "next to 1 in the other shape the score's square and its derivative cancel",
        )
        for name in ("betainc", "betaincc")
        for i in (1, 2)
    },
    ("special.agm",): (500.0, _DIFFERENCE),
    ("special.beta",): (100.0, _OWN),
    ("special.spence", "value"): (20.0, _OWN),
    **{("special.poch", what): (400.0, _OWN) for what in ("value", "first in 1", "first in 2")},
    ("special.betaln",): (50.0, _OWN),
    **{
        (f"special.{name}",): (most, reason)
        for most, reason, names in _REASONS
        for name in names.split()
    },
}
"""By function, and by what and dtype if it is one of them: the bound in ulp, and why."""
