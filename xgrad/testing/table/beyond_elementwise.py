"""Rows of the elementwise functions beyond the standard, and of choosing among several arrays."""

from __future__ import annotations

import math

import numpy as np

import xgrad as xg

from ..cases import Bad, Row, Sample, a, fixed, integers
from .samples import binary, sample, unary

__all__ = ["ROWS"]

MISSING = fixed([1.5, math.nan, -2.0, math.inf, -math.inf])
PAIRS = binary(mixed="f")
POSITIVE = binary(0.2, 2.0, mixed="f")
MASK = fixed([True, False, True], "bool")
OTHER_MASK = fixed([True, True, False], "bool")


ROWS: tuple[Row, ...] = (
    Row(
        "exp2",
        (*unary(), sample(a(3), dtypes="i")),
        reference=lambda x: np.power(2.0, x).astype(
            x.dtype if x.dtype.kind in "fc" else np.float64
        ),
        keeps="x",
    ),
    Row("cbrt", (*unary(0.2, 2.0), *unary(-2.0, -0.2)[:1]), dtypes="f", keeps="out"),
    Row("deg2rad", (*unary(), sample(a(3), dtypes="i")), dtypes="f"),
    Row("rad2deg", unary(), dtypes="f"),
    *(
        Row(
            name,
            (*PAIRS, Sample((fixed([1.0, math.nan, 2.0, 2.5]), fixed([math.nan, 1.0, 3.0, 0.5])))),
            dtypes="f",
            keeps=None,
        )
        for name in ("fmax", "fmin")
    ),
    Row(
        "fmod",
        (*binary(-7.0, 7.0, 1.1, 1.9, mixed="f"), sample(a(4, low=-7.0, high=7.0), -1.7)),
        dtypes="f",
        keeps=None,
    ),
    Row(
        "ldexp",
        (
            sample(a(2, 3), integers([1, 0, -2])),
            sample(a(), integers([3, 1])),
            sample(a(3), 4),
            sample(a(3), -3),
        ),
        dtypes="f",
        keeps=None,
        bad=(Bad((a(2), a(2)), {}, TypeError, "ldexp: x2 has dtype"),),
    ),
    Row(
        "modf",
        (sample(a(2, 3, low=-3.0, high=3.0)), sample(a()), sample(fixed([1.5, -0.25]))),
        dtypes="f",
        keeps=None,
    ),
    Row("float_power", POSITIVE, dtypes="f", keeps=None),
    Row(
        "heaviside",
        (*PAIRS, Sample((fixed([-1.0, 0.0, 2.0], "float64"), a(3)))),
        dtypes="f",
        keeps=None,
    ),
    Row("logaddexp2", PAIRS, dtypes="f", keeps=None),
    Row("angle", (*unary(), sample(a(2, 3), True)), keeps=None),
    Row(
        "nan_to_num",
        (
            *unary(),
            Sample((MISSING,), dtypes="f", order=1),
            Sample((MISSING,), {"nan": 1.0, "posinf": 2.0, "neginf": 3.0}),
            sample(a(3), dtypes="i"),
        ),
        keeps=None,
    ),
    Row(
        "isclose",
        (
            sample(a(2, 3), a(3)),
            sample(fixed([1.0, 2.0]), fixed([1.0 + 1e-9, 2.1])),
            sample(
                fixed([1.0, math.nan, math.inf]), fixed([1.0, math.nan, math.inf]), equal_nan=True
            ),
            sample(a(3), 0.5, 0.5),
        ),
        dtypes="f",
        order=0,
    ),
    Row(
        "allclose",
        (sample(a(2, 3), a(3)), sample(a(3), a(3), 0.0, 9.0)),
        dtypes="f",
        order=0,
        reference=lambda *args: np.asarray(np.allclose(*args)),
    ),
    Row(
        "sinc",
        (*unary(), Sample((fixed([0.0, 1e-3, 0.3, 1.0, -2.5]),)), sample(a(3), dtypes="i")),
        keeps="x",
    ),
    Row(
        "select",
        (
            sample([MASK, OTHER_MASK], [a(3), a(3)]),
            sample([MASK], [a(2, 3)], a(3)),
            sample([MASK, OTHER_MASK], [1.5, a(3)], 0.5, dtypes="f"),
        ),
        keeps=None,
        bad=(Bad(([], []), {}, ValueError, "select: got 0 conditions"),),
    ),
    Row(
        "piecewise",
        (
            sample(a(3), [MASK, OTHER_MASK], [xg.sin, xg.cos]),
            sample(a(3), [MASK], [xg.exp, 1.5], dtypes="f"),
        ),
        keeps=None,
        reference=lambda x, masks, functions: (
            xg.piecewise(x, masks, functions)
            if len(masks) == 1
            else np.select(masks[::-1], [np.cos(x), np.sin(x)], 0).astype(x.dtype)
        ),
        bad=(Bad((a(3), [MASK], []), {}, ValueError, "1 conditions and 0 functions"),),
    ),
    Row(
        "choose",
        (
            sample(integers([1, 0, 1]), [a(3), a(3)]),
            sample(integers([[0], [1]]), [a(3), a(2, 3)]),
            sample(integers([2, -1, 0]), [a(3), a(3)], mode="wrap"),
            sample(integers([2, -1, 0]), [a(3), a(3)], mode="clip"),
        ),
        keeps=None,
        bad=(Bad((integers([0]), [a(1)]), {"mode": "no"}, ValueError, "mode is 'no'"),),
    ),
    Row(
        "polyval",
        (
            sample(a(4), a(2, 3)),
            sample([2.0, -1.0, 0.5], a(3), dtypes="f"),
            sample(a(1), a(3)),
            sample(a(3), a(), dtypes="f"),
        ),
        reference=lambda p, x: np.polyval(np.asarray(p, x.dtype), x),
        keeps=None,
    ),
)
