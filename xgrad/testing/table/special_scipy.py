"""Rows of the special functions that libraries of statistics call. The reference is SciPy."""

from __future__ import annotations

import importlib.util

from ..cases import Row, Sample, a
from .samples import sample
from .special import _ABSENT, _pairs, _points, _row, _spec, _with_order

__all__ = ["ROWS"]

POSITIVE, PART = (0.5, 3.0), (0.15, 0.85)


def _absent(name: str, samples: tuple[Sample, ...]) -> Row:
    return _row(name, samples, "f", None, _ABSENT)


def _triples(
    one: tuple[float, float], two: tuple[float, float], three: tuple[float, float]
) -> tuple[Sample, ...]:
    return (
        sample(_spec(one, 2, 3), _spec(two, 3), _spec(three, 2, 1)),
        sample(_spec(one), _spec(two), _spec(three)),
        sample(sum(one) / 2, _spec(two, 3), sum(three) / 2),
    )


def _probability() -> tuple[Row, ...]:
    pairs = _pairs(POSITIVE, POSITIVE, 1.5)
    inverse = _pairs(POSITIVE, PART, 0.6)
    steps = (sample(2, a(2, 3, low=0.3, high=3)), sample(0, a(low=0.3, high=3)))
    return (
        *(_row(name, pairs, "f", None) for name in ("chdtr", "chdtrc")),
        *(_row(name, steps, "f", None) for name in ("pdtr", "pdtrc")),
        *(
            _row(name, _triples(POSITIVE, POSITIVE, POSITIVE), "f", None)
            for name in ("gdtr", "gdtrc")
        ),
        *(_absent(name, _triples(POSITIVE, POSITIVE, POSITIVE)) for name in ("fdtr", "fdtrc")),
        *(_absent(name, inverse) for name in ("gammaincinv", "gammainccinv", "chdtri", "stdtrit")),
        *(
            _absent(name, _triples(POSITIVE, POSITIVE, PART))
            for name in ("betaincinv", "betainccinv", "fdtri", "gdtrix")
        ),
        *(
            _absent(name, (sample(2, 5, _spec(PART, 2, 3)), sample(3, 6, _spec(PART))))
            for name in ("bdtr", "bdtrc", "nbdtr", "nbdtrc")
        ),
        _absent("stdtr", _pairs((1.0, 5.0), (-3.0, 3.0), 1.5)),
        _absent("ndtri_exp", _points(-3, -0.1)),
        _absent("owens_t", _pairs((-2.0, 2.0), (-2.0, 2.0), 0.5)),
    )


def _elementary() -> tuple[Row, ...]:
    return (
        *(
            _absent(name, _points(-3, 3, 0.0))
            for name in ("exp10", "sindg", "cosdg", "exprel", "wrightomega")
        ),
        _row("cosm1", _points(-3, 3, 0.0), "f", None),
        *(_absent(name, _points(20, 70)) for name in ("tandg", "cotdg")),
        *(_absent(name, _pairs(POSITIVE, (-1.5, 1.5), 0.7)) for name in ("boxcox", "boxcox1p")),
        *(
            _absent(name, _pairs((0.2, 1.5), (0.3, 1.5), 0.7))
            for name in ("inv_boxcox", "inv_boxcox1p")
        ),
        _absent("powm1", _pairs(POSITIVE, (-1.5, 1.5), 0.7)),
        _row("multigammaln", (sample(a(2, 3, low=2, high=4), 3),), "f", None),
    )


def _combinatorial() -> tuple[Row, ...]:
    degrees = tuple(sample(n, a(2, 3, low=-0.9, high=0.9)) for n in (0, 1, 4))
    names = (
        "legendre",
        "chebyt",
        "chebyu",
        "laguerre",
        "hermite",
        "hermitenorm",
        "chebyc",
        "chebys",
    )
    return (
        _absent("rgamma", _points(0.3, 4, -0.5)),
        _absent("zetac", _points(1.5, 4, -0.5)),
        _absent("poch", _pairs(POSITIVE, POSITIVE, 1.5)),
        _absent("binom", _pairs((3.0, 6.0), (0.5, 2.5), 2.2)),
        *(_absent(f"eval_{name}", degrees) for name in names),
        *(
            _absent(f"eval_sh_{name}", (sample(n, a(2, 3, low=0.1, high=0.9)),))
            for name in names[:3]
            for n in (0, 3)
        ),
        *(
            _absent(f"eval_{name}", (sample(n, 1.5, a(2, 3, low=-0.9, high=0.9)),))
            for name in ("genlaguerre", "gegenbauer")
            for n in (0, 3)
        ),
        _absent("eval_jacobi", (sample(3, 0.5, 1.5, a(2, 3, low=-0.9, high=0.9)),)),
        _absent("hyp0f1", (sample(1.5, a(2, 3)), sample(2.5, a()))),
        _absent("ellipkm1", _points(0.1, 0.9)),
        _absent("agm", _pairs(POSITIVE, POSITIVE, 1.5)),
        # NumPy multiplies complex scalars, which 0-d results are, in other bits than 0-d arrays
        _absent("voigt_profile", _triples((-2.0, 2.0), POSITIVE, POSITIVE)[::2]),
    )


def _relatives() -> tuple[Row, ...]:
    """Return the rows of Airy, Hankel, Kelvin and Struve functions, and of elliptic ones."""
    orders, away = (0, 1, 2.5), (0.5, 4)
    angles = sample(_spec((-1.4, 1.4), 2, 3), _spec((-2.0, 0.8), 3))
    return (
        _row("airy", _points(-3, 3, 0.0), "fc", None, _ABSENT),
        *(
            _row(name, _with_order(orders, *away)[::3], "f", None, _ABSENT)
            for name in ("hankel1", "hankel2", "hankel1e", "hankel2e", "struve", "modstruve")
        ),
        *(_absent(name, _points(-4, 4, 0.0)) for name in ("ber", "bei", "berp", "beip")),
        *(_absent(name, _points(*away)) for name in ("ker", "kei", "kerp", "keip")),
        *(
            _absent(name, _points(0.2, 3))
            for name in ("itstruve0", "itmodstruve0", "it2struve0", "itj0y0", "iti0k0")
        ),
        _row("shichi", _points(0.3, 3, -1.0), "fc", None, _ABSENT),
        _row("fresnel", _points(-2, 2, 0.0), "fc", None, _ABSENT),
        *(
            _absent(
                name,
                (
                    angles,
                    sample(_spec((-4.0, 9.0), 6), 0.1),
                    sample(_spec((-4.0, 9.0), 6), 0.0),
                    sample(1.2, _spec((-0.3, 0.95), 6)),
                    sample(_spec((0.2, 1.4)), _spec((0.1, 0.9))),
                ),
            )
            for name in ("ellipkinc", "ellipeinc")
        ),
        _absent(
            "ellipj",
            (
                sample(_spec((-2.0, 2.0), 2, 3), _spec((0.2, 0.8), 3)),
                sample(_spec((0.3, 2.0)), 0.1),
            ),
        ),
        _absent("hyperu", (sample(1.5, 2.5, _spec(POSITIVE, 2, 3)), sample(0.5, 0.7, a(low=1)))),
        _absent("wright_bessel", (sample(0.5, 1.5, _spec((0.2, 2.0), 2, 3)),)),
    )


ROWS: tuple[Row, ...] = (
    (*_probability(), *_elementary(), *_combinatorial(), *_relatives())
    if importlib.util.find_spec("scipy")
    else ()
)
