"""Rows of the special functions. The reference is SciPy; without it there are none."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import xgrad as xg

from ..cases import Row, Sample, Spec, a, fixed
from .samples import sample, unary

__all__ = ["ROWS"]

_ABSENT = "PyTorch has no such function"
_ROUGH = "PyTorch's own is good to six digits only"
_OF_INTEGERS = ("bdtr", "bdtrc")  # in single precision SciPy makes their integers real, and warns
_REAL_ONLY = {"torch": ("c", "PyTorch has only the real function")}

CUPY_LACKS = frozenset(
    """
    agm airy bei beip ber berp betainccinv dawsn erfi eval_chebyc eval_chebys eval_chebyt
    eval_chebyu eval_gegenbauer eval_genlaguerre eval_hermite eval_hermitenorm eval_jacobi
    eval_laguerre eval_legendre eval_sh_chebyt eval_sh_chebyu eval_sh_legendre fresnel hankel1
    hankel1e hankel2 hankel2e hyp0f1 hyp1f1 hyp2f1 hyperu it2struve0 iti0k0 itj0y0 itmodstruve0
    itstruve0 iv ive jv kei keip ker kerp kv kve modstruve ndtri_exp owens_t powm1 spence stdtr
    stdtrit struve voigt_profile wofz wrightomega yv
    """.split()
)
"""The functions of the table that CuPy does not have."""

CUPY_REAL = frozenset("erf erfc erfcx exp1 expi ndtr".split())
"""Those that it has for real numbers only."""


JAX_LACKS = frozenset(
    """
    agm airy bdtr bdtrc bei beip ber berp betaincc betainccinv betaincinv binom chdtri cosdg cosm1
    cotdg ellipe ellipeinc ellipj ellipk ellipkinc ellipkm1 erfcinv erfi eval_chebyc eval_chebys
    eval_chebyt eval_chebyu eval_gegenbauer eval_genlaguerre eval_hermite eval_hermitenorm
    eval_jacobi eval_laguerre eval_legendre eval_sh_chebyt eval_sh_chebyu eval_sh_legendre exp10
    exprel fdtrc fdtri gammainccinv gammaincinv gdtrix hankel1 hankel1e hankel2 hankel2e huber
    hyp0f1 hyperu inv_boxcox inv_boxcox1p it2struve0 iti0k0 itj0y0 itmodstruve0 itstruve0 iv ive j0
    j1 jv k0 k0e k1 k1e kei keip ker kerp kv kve lambertw modstruve nbdtr nbdtrc ndtri_exp powm1
    pseudo_huber shichi sindg stdtr stdtrit struve tandg voigt_profile wright_bessel wrightomega y0
    y1 yv zetac
    """.split()
)
"""The functions of the table that JAX does not have, or that are made of one that it has not."""

JAX_REAL = frozenset(
    "dawsn digamma erf erfc exp1 expi fresnel gamma hyp1f1 hyp2f1 loggamma ndtr sici spence".split()
)
"""Those that it has for real numbers only."""


def _reference(name: str) -> Any:
    """Return SciPy's function, in the precision of its arrays."""

    def function(*args: Any, **kwargs: Any) -> Any:
        floating = [x.dtype for x in args if hasattr(x, "dtype") and x.dtype.kind in "fc"]
        if name in _OF_INTEGERS:
            args = tuple(x.astype("d") if hasattr(x, "astype") else x for x in args)
        out = getattr(importlib.import_module("scipy.special"), name)(*args, **kwargs)
        if not all(d.itemsize <= 4 or d.char == "F" for d in floating):
            return out
        return tuple(map(_narrowed, out)) if isinstance(out, tuple) else _narrowed(out)

    return function


def _narrowed(x: Any) -> Any:
    return x.astype({"d": "f", "D": "F"}.get(x.dtype.char, x.dtype.char))


def _row(
    name: str,
    samples: tuple[Sample, ...],
    dtypes: str = "f",
    keeps: str | None = "",
    torch: str = "",
) -> Row:
    return Row(
        f"special.{name}",
        samples,
        dtypes,
        function=getattr(xg.special, name),
        reference=_reference(name),
        keeps=keeps,
        known=_known(name, torch),
        known_dtypes=_known_dtypes(name, dtypes, torch),
    )


def _known(name: str, torch: str) -> dict[str, str]:
    """Return why each backend that lacks the function is left out."""
    known = {"torch": torch} if torch else {}
    known |= {"jax": "JAX has no such function"} if name in JAX_LACKS else {}
    return known | ({"cupy": "CuPy has no such function"} if name in CUPY_LACKS else {})


def _known_dtypes(name: str, dtypes: str, torch: str) -> dict[str, tuple[str, str]]:
    """Return the dtypes that backends lack, and why."""
    known = _REAL_ONLY if not torch and "c" in dtypes else {}
    real = {"cupy": ("c", "CuPy has only the real function")} if name in CUPY_REAL else {}
    real |= {"jax": ("c", "JAX has only the real function")} if name in JAX_REAL else {}
    return known | real


def _points(low: float, high: float, *edges: float) -> tuple[Sample, ...]:
    """Return samples of a function of one argument, with points of special interest."""
    return (*unary(low, high), *(sample(fixed(x), dtypes="f") for x in edges))


def _pairs(one: tuple[float, float], two: tuple[float, float], number: float) -> Any:
    """Return samples of a function of two arguments, of which each may be a number."""
    x, y = _spec(one, 2, 3), _spec(two, 3)
    return (
        sample(x, y),
        sample(_spec(one), _spec(two)),
        sample(_spec(one, 0, 3), _spec(two, 1, 3)),
        sample(_spec(one, 2, 1), _spec(two, 4, 1, 3)),
        sample(_spec(one, 3), number),
        sample(number, _spec(two, 3)),
    )


def _spec(ends: tuple[float, float], *shape: int) -> Spec:
    return a(*shape, low=ends[0], high=ends[1])


def _with_order(orders: tuple[float, ...], low: float, high: float) -> tuple[Sample, ...]:
    return tuple(
        sample(v, x)
        for v in orders
        for x in (a(2, 3, low=low, high=high), a(low=low, high=high), a(0, low=low, high=high))
    )


def _gaussian() -> tuple[Row, ...]:
    return (
        _row("erf", _points(-3, 3, 0.0), "fc", "x"),
        _row("erfc", _points(-3, 3, 0.0, 20.0), "fc", "x"),
        _row("erfcx", _points(-2, 3, 0.0, 29.0, 31.0, 1e5), "fc", "x out"),
        _row("erfi", _points(-2, 2, 0.0), "fc", "z", torch=_ABSENT),
        _row("erfinv", _points(-0.9, 0.9, 0.0), keeps="y out"),
        _row("erfcinv", _points(0.1, 1.9, 1.0), keeps="y"),
        _row("dawsn", _points(-3, 3, 0.0, 0.9241388730, -31.0, 1e5), "fc", "x out", torch=_ABSENT),
        _row("wofz", _points(-3, 3, 0.0, 40.0), "fc", "z out", torch=_ABSENT),
        _row("ndtr", _points(-3, 3, 0.0), "fc", "x"),
        _row("log_ndtr", _points(-3, 3, 0.0, -40.0), "f", "x"),
        _row("ndtri", _points(0.1, 0.9, 0.5), keeps="y"),
    )


def _gammas() -> tuple[Row, ...]:
    positive = (0.3, 3.0)
    return (
        _row("gamma", _points(0.3, 4, -0.5, -1.5), "fc", "x out"),
        _row("gammaln", _points(0.3, 4, -0.5, -1.5), "f", "x"),
        _row("loggamma", _points(0.3, 4), "fc", "z"),
        _row(
            "digamma",
            # NumPy multiplies complex scalars, which 0-d results are, in other bits than 0-d arrays
            (
                sample(a(2, 3, low=0.3, high=4)),
                sample(a(low=0.3, high=4), dtypes="f"),
                sample(fixed(-0.5), dtypes="f"),
                sample(a(0, 3)),
                sample(a(4, low=-2.5, high=-0.1), dtypes="c"),
            ),
            "fc",
            "z",
        ),
        _row("psi", _points(0.3, 4), "f", "z"),
        _row("polygamma", _with_order((0, 1, 2), 0.3, 4), "f", "x"),
        _row("beta", _pairs(positive, positive, 1.5), "f", "a b out"),
        _row("betaln", _pairs(positive, positive, 1.5), "f", "a b"),
        _row("zeta", (*_pairs((1.5, 4), (0.3, 3), 2.5), *_points(1.5, 4)), "f", "x q"),
        _row("gammainc", _pairs((0.2, 5), (0.2, 5), 2.0), "f", "a x"),
        _row("gammaincc", _pairs((0.2, 5), (0.2, 5), 2.0), "f", "a x"),
        *(
            _row(
                name,
                (
                    sample(_spec(positive, 2, 3), _spec(positive, 3), _spec((0.1, 0.9), 2, 1)),
                    sample(_spec(positive), _spec(positive), _spec((0.1, 0.9))),
                    sample(2.0, _spec(positive, 3), 0.4),
                    sample(_spec(positive, 0), 0.5, _spec((0.1, 0.9), 1)),
                ),
                "f",
                "a b x",
                torch=_ABSENT,
            )
            for name in ("betainc", "betaincc")
        ),
    )


def _information() -> tuple[Row, ...]:
    positive = (0.3, 3.0)
    return (
        _row("expit", _points(-3, 3, 0.0, 40.0), "f", "x"),
        _row("logit", _points(0.1, 0.9), "f", "x"),
        _row("log_expit", _points(-3, 3, 0.0, 40.0), "f", "x"),
        _row("entr", _points(0.2, 3), "f", "x"),
        _row("xlogy", _pairs((-3, 3), positive, 1.5), "f", "x y"),
        _row("xlog1py", _pairs((-3, 3), (-0.7, 3), 1.5), "f", "x y"),
        _row("rel_entr", _pairs(positive, positive, 1.5), "f", "x y"),
        _row("kl_div", _pairs(positive, positive, 1.5), "f", "x y"),
        _row("huber", _pairs((0.5, 1.5), (-3, 3), 1.1), "f", "delta r"),
        _row("pseudo_huber", _pairs((0.5, 1.5), (-3, 3), 1.1), "f", "delta r"),
    )


def _reductions() -> tuple[Row, ...]:
    along = (sample(a(2, 3)), sample(a(2, 3), axis=0), sample(a(2, 3, 2), axis=(0, -1)))
    weights = a(2, 3, low=0.5, high=2)
    return (
        _row("softmax", along, "f", None),
        _row("log_softmax", along, "f", None),
        _row(
            "logsumexp",
            (
                *along,
                sample(a(2, 3), axis=-1, keepdims=True),
                sample(a(2, 3), b=weights),
                sample(a(2, 3), 0, weights, True),
            ),
            "f",
            None,
        ),
    )


def _bessel() -> tuple[Row, ...]:
    orders = (0, 1, 2.5)
    return (
        *(
            _row(name, _points(-3, 3, 0.0, 1e-3, 12.0), "f", keeps, _ROUGH if name == "j0" else "")
            for name, keeps in {
                "j0": "x",
                "j1": "x out",
                "i0": "x",
                "i1": "x out",
            }.items()
        ),
        *(
            _row(
                name,
                _points(0.5, 4, 0.25, 12.0),
                "f",
                keeps,
                _ROUGH if name in ("y0", "y1") else "",
            )
            for name, keeps in {
                "y0": "x",
                "y1": "x out",
                "k0": "x",
                "k1": "x out",
                "k0e": "x out",
                "k1e": "x out",
                "i0e": "x out",
                "i1e": "x out",
            }.items()
        ),
        *(
            _row(name, _with_order(orders, 0.5, 4), "fc", keeps, torch=_ABSENT)
            for name, keeps in {
                "jv": "z",
                "yv": "z",
                "iv": "z",
                "kv": "z",
                "ive": "z out",
                "kve": "z out",
            }.items()
        ),
    )


def _integrals() -> tuple[Row, ...]:
    return (
        _row("expi", _points(0.3, 3, -1.0), "fc", "x", torch=_ABSENT),
        _row("exp1", _points(0.3, 3), "fc", "z", torch=_ABSENT),
        _row("expn", _with_order((0, 1, 3), 0.3, 3), "f", "x", torch=_ABSENT),
        _row("sici", _points(0.3, 3), "fc", "x", torch=_ABSENT),
        _row("ellipk", _points(-2, 0.9, 0.0, 1e-4), "f", "m out", torch=_ABSENT),
        _row("ellipe", _points(-2, 0.9, 0.0, 1e-4), "f", "m out", torch=_ABSENT),
        _row("spence", _points(0.3, 3, 1.0, 1.001), "fc", "z", torch=_ABSENT),
        _row(
            "lambertw",
            (*_points(0.3, 3, 0.0), sample(a(3, low=-0.3, high=-0.1), k=-1)),
            "fc",
            "out",
            torch=_ABSENT,
        ),
        _row(
            "hyp1f1",
            (sample(1.5, 2.5, a(2, 3)), sample(0.5, 1, a())),
            "fc",
            "x",
            torch=_ABSENT,
        ),
        _row(
            "hyp2f1",
            (
                sample(0.5, 1.5, 2.5, a(2, 3, low=-0.6, high=0.6)),
                sample(1, 2, 3.5, a(low=-3, high=0)),
            ),
            "fc",
            "z",
            torch=_ABSENT,
        ),
    )


ROWS: tuple[Row, ...] = (
    (*_gaussian(), *_gammas(), *_information(), *_reductions(), *_bessel(), *_integrals())
    if importlib.util.find_spec("scipy")
    else ()
)
