"""The functions that may be off by more than the bar, by how much, and why."""

from __future__ import annotations

import math

from .accuracy_parameters import POLYNOMIALS

inf = math.inf

_OWN = "SciPy's own value, and derivatives made of it"
_SCALED = "the scaled functions of SciPy that make it nearly cancel, below 20"
_DIFFERENCE = "terms of SciPy's functions cancel"

_DENSITY = "the exponent of the density is a sum of large logarithms"
_REASONS: tuple[tuple[float, str, str], ...] = (
    (200.0, _DENSITY, "bdtr bdtrc nbdtr nbdtrc"),
    (1e6, _DENSITY, "betainc gammainc gammaincc"),
    (inf, "second derivatives of Gauss rules in the shape", "betaincc gammaincinv gammainccinv"),
    (inf, _OWN, "itstruve0 itmodstruve0"),
    (1e5, _OWN, "kve"),
    (inf, "SciPy's quantile, and the density there", "betaincinv betainccinv"),
    (1e9, _OWN, "ber bei berp beip ker kei kerp keip it2struve0"),
    (
        1e5,
        "SciPy's own recurrence, near zeros",
        " ".join(f.name[8:] for f in POLYNOMIALS if f.name != "special.eval_legendre"),
    ),
    (inf, "SciPy's own value near 0, and derivatives made of it", "eval_legendre"),
    (inf, "SciPy's: one part of a complex number beside a much larger one", "hankel1 hankel1e"),
    (1e6, _DIFFERENCE, "hankel2 hankel2e"),
    (1e3, _OWN, "jv yv iv kv hyp0f1 hyp1f1 hyp2f1 wright_bessel"),
    (500.0, "SciPy's erfcx, and rounded squares in exponentials", "ndtri_exp wofz"),
    (1e4, "SciPy's own value, and exponentials of rounded squares", "owens_t"),
    (inf, "SciPy's own value, and digamma functions at tiny steps", "poch binom"),
    (1e8, "two ways in which the tail depends on the degrees of freedom", "stdtr"),
    (inf, "SciPy's own value near its zero, and derivatives made of it", "stdtrit"),
    (1e6, _DIFFERENCE, "struve modstruve"),
    (1e6, "the real part of a difference of complex terms", "voigt_profile"),
    (inf, _OWN, "hyperu"),
    (300.0, "terms that cancel before the series begins", "inv_boxcox inv_boxcox1p"),
    (1e6, "formed from the rounded value, near the branch point", "lambertw"),
    (100.0, "SciPy's own value, and a Gauss rule", "ellipkinc ellipeinc"),
)
EXCEPTIONS: dict[tuple[str, ...], tuple[float, str]] = {
    **{
        (name, f"{what} in 2"): (1e5, "the power itself is subnormal, its product not")
        for name in ("pow", "float_power", "special.powm1")
        for what in ("first", "second")
    },
    **{
        (name, f"{what} in 1"): (1e5, "the power is subnormal, or above 2^52 less 1 is rounded")
        for name in ("pow", "float_power")
        for what in ("first", "second")
    },
    ("cbrt", "second", "float32"): (10.0, "five roots, each rounded"),
    ("log2", "second", "float32"): (inf, "a square beyond the last numbers"),
    ("nn.functional.softplus (beta=4)", "value"): (inf, "beta x is infinite, at the last numbers"),
    ("nn.functional.silu",): (inf, "the sigmoid is subnormal or 0, its product not"),
    ("hypot", "first in 1"): (inf, "the length itself is infinite, at the last numbers"),
    ("hypot", "first in 2"): (inf, "the length itself is infinite, at the last numbers"),
    ("nn.functional.kl_div", "first in 2"): (
        100.0,
        "a logarithm less the argument, two numbers that cancel",
    ),
    ("sinc",): (40.0, "sums of waves that nearly cancel"),
    ("special.erfc",): (500.0, _OWN),
    ("special.erfcx",): (500.0, _OWN),
    ("special.erfi",): (500.0, _OWN),
    ("special.erfcinv", "second", "float32"): (inf, "terms beyond the last numbers cancel"),
    ("special.dawsn",): (1e4, _DIFFERENCE),
    ("special.ndtr",): (2000.0, _OWN),
    ("special.log_ndtr", "value"): (2000.0, _OWN),
    ("special.log_ndtr",): (20.0, "SciPy's erfcx, and continued fractions"),
    ("special.tandg", "value"): (100.0, _OWN),
    ("special.j0", "first"): (300.0, "SciPy's j1 of nearly subnormal numbers"),
    ("special.i1", "second"): (30.0, _DIFFERENCE),
    ("special.exprel", "second"): (100.0, "its terms cancel between -2 and -1"),
    ("special.boxcox",): (300.0, _OWN),
    ("special.boxcox1p",): (1e3, _OWN),
    ("special.gamma", "second"): (1e8, "near the poles, SciPy's digamma"),
    ("special.rgamma",): (300.0, _DIFFERENCE),
    ("special.i0e",): (1e4, _SCALED),
    ("special.i1e",): (1e4, _SCALED),
    ("special.k0e",): (1e4, _SCALED),
    ("special.k1e",): (1e4, _SCALED),
    ("special.ellipk",): (200.0, _DIFFERENCE),
    ("special.ellipe",): (500.0, _DIFFERENCE),
    ("special.ellipkm1",): (200.0, _DIFFERENCE),
    ("special.wrightomega",): (200.0, _DIFFERENCE),
    ("special.agm",): (500.0, _DIFFERENCE),
    ("special.beta",): (inf, _DIFFERENCE),
    ("special.spence", "value"): (20.0, _OWN),
    ("special.betaln",): (100.0, _OWN),
    **{
        (f"special.{name}",): (most, reason)
        for most, reason, names in _REASONS
        for name in names.split()
    },
}
"""By function, and by what and dtype if it is one of them: the bound in ulp, and why."""
