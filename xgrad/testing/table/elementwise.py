"""Rows of the elementwise functions."""

from __future__ import annotations

import math

import numpy as np

from ..cases import Bad, Row, a, booleans, fixed
from .samples import binary, comparison, sample, unary

__all__ = ["ROWS"]

ARITHMETIC = (
    Row(
        "add",
        (*binary(), sample(a(3), 2, dtypes="i"), sample(a(2), a(2), dtypes="i")),
        bad=(
            Bad((a(3), a(4)), {}, Exception, "add"),
            Bad((a(3), "text"), {}, TypeError, "x2 is 'text' of type str; expected an array"),
            Bad((a(3), [1.0, 2.0, 3.0]), {}, TypeError, "xgrad.asarray"),
        ),
    ),
    Row("subtract", (*binary(), sample(a(2), a(2), dtypes="i"))),
    Row("multiply", (*binary(), sample(a(2), a(2), dtypes="i")), keeps="x1 x2"),
    Row("divide", binary(low2=0.5, high2=3.0), keeps="x2 out"),
    Row(
        "pow",
        (
            *binary(0.3, 2.5, -2.0, 2.0, mixed=""),
            sample(a(3), 3, dtypes="f"),
            sample(a(3), 2.0, dtypes="c"),
            sample(a(3), -2, dtypes="f"),
            sample(a(3), 0, dtypes="f"),
            sample(a(3), 1, dtypes="f"),
            sample(a(3, low=0.3), 0.5, dtypes="f"),
            sample(2, a(3), dtypes="f"),
            sample(a(3, low=0.3, high=2.0), 0.5 + 1j, dtypes="c"),
            sample(0.5 + 1j, a(3), dtypes="c"),
            sample(a(3, low=1, high=4), a(3, low=0, high=4), dtypes="i"),
            sample(fixed([-1.5, 2.0, -0.5]), fixed([2.0, 3.0, -1.0], "float64"), dtypes="f"),
        ),
        keeps="x1 x2 out",
    ),
    Row("remainder", (*binary(-2.0, 2.0, 0.55, 0.95, mixed=""),), dtypes="f", keeps="x1 x2"),
    Row(
        "floor_divide",
        (
            sample(a(2, 3), a(3, low=0.5, high=1.0)),
            sample(a(2, 3), 0.7),
            sample(a(3, low=-5, high=5), a(3, low=1, high=4), dtypes="i"),
        ),
        dtypes="f",
        order=0,
    ),
    Row("negative", unary()),
    Row("positive", unary()),
    Row("square", unary(), keeps="x"),
    Row("reciprocal", unary(0.5, 3.0), keeps="out"),
    Row("sqrt", unary(0.2, 3.0), keeps="out"),
    Row("hypot", binary(0.2, 2.0, mixed="f"), dtypes="f", keeps="x1 x2 out"),
)

EXPONENTIAL = (
    Row("exp", unary(), keeps="out"),
    Row("expm1", unary(), keeps="x"),
    Row("log", unary(0.2, 3.0), keeps="x"),
    Row("log1p", unary(-0.5, 3.0), keeps="x"),
    Row("log2", unary(0.2, 3.0), keeps="x"),
    Row("log10", unary(0.2, 3.0), keeps="x"),
    Row(
        "logaddexp",
        (*binary(mixed="f"), sample(fixed([900.0, -900.0]), fixed([901.0, -902.0]))),
        dtypes="f",
        keeps="x1 x2",
    ),
)

TRIGONOMETRY = (
    Row("sin", unary(), keeps="x"),
    Row("cos", unary(), keeps="x"),
    Row("tan", unary(-1.0, 1.0), keeps="out"),
    Row("asin", unary(-0.9, 0.9), keeps="x"),
    Row("acos", unary(-0.9, 0.9), keeps="x"),
    Row("atan", unary(), keeps="x"),
    Row("atan2", binary(0.3, 2.0, -2.0, 2.0, mixed="f"), dtypes="f", keeps="x1 x2"),
    Row("sinh", unary(), keeps="x"),
    Row("cosh", unary(), keeps="x"),
    Row("tanh", unary(-1.0, 1.0), keeps="x"),
    Row("asinh", unary(), keeps="x"),
    Row("acosh", unary(1.2, 3.0), keeps="x"),
    Row("atanh", unary(-0.9, 0.9), keeps="x"),
)

CHOICE = (
    Row("abs", (*unary(), sample(a(3), dtypes="i")), keeps="x"),
    Row("sign", (*unary(), sample(a(3), dtypes="i")), keeps="", dtypes="f", order=0),
    Row("sign", unary(), keeps="x out", dtypes="c"),
    Row("maximum", (*binary(mixed="f"), sample(a(2), a(2), dtypes="i")), dtypes="f", keeps="x1 x2"),
    Row("minimum", (*binary(mixed="f"), sample(a(2), a(2), dtypes="i")), dtypes="f", keeps="x1 x2"),
    Row(
        "clip",
        (
            sample(a(2, 3), -1.0, 1.0),
            sample(a(2, 3), a(3, low=-1.5, high=-0.5), a(2, 1, low=0.5, high=1.5)),
            sample(a(2, 3), a(3, low=-1.0, high=1.0)),
            sample(a(2, 3), max=a(3, low=-1.0, high=1.0)),
            sample(a(2, 3), min=0.5),
            sample(a(2, 3), None, 0.5),
            sample(a(3), None, None),
            sample(a(), -1.0, 1.0),
            sample(a(0, 2), -1.0, 1.0),
            sample(a(3, 2, layout="transposed"), -1.0, 1.0),
            sample(a(5, low=-5, high=5), -2, 3, dtypes="i"),
        ),
        dtypes="f",
        reference=lambda x, min=None, max=None: (  # both may be None since NumPy 2.1
            x if min is None and max is None else np.clip(x, min, max)
        ),
        keeps="x out",
    ),
    Row("copysign", binary(0.3, 2.0, mixed="f"), dtypes="f", keeps="x1 out"),
    Row(
        "where",
        (
            sample(booleans(2, 3), a(2, 3), a(2, 3)),
            sample(booleans(3), a(2, 3), a(2, 1)),
            sample(booleans(4, 1, 3), a(2, 3), a()),
            sample(booleans(3), a(3), 0.5),
            sample(booleans(3), 0.5, a(3)),
            sample(booleans(), a(2), a(2)),
            sample(booleans(0, 2), a(2), a(2)),
            sample(booleans(3), a(3, kind="real"), a(2, 3), dtypes="c"),
            sample(booleans(3), a(3, kind="single"), a(2, 3), dtypes="f"),
            sample(booleans(3), a(3), a(3), dtypes="i"),
        ),
        keeps="",
        bad=(Bad((a(3), a(3), "no"), {}, TypeError, "where: x2 is 'no'"),),
    ),
    Row("real", unary()),
    Row("imag", unary()),
    Row("conj", unary()),
)

ROUNDING = (
    *(
        Row(name, (*unary(), sample(a(3), dtypes="i")), dtypes=dtypes, order=0)
        for name, dtypes in (("ceil", "f"), ("floor", "f"), ("round", "fc"), ("trunc", "f"))
    ),
    Row("nextafter", binary(mixed="")[:7], dtypes="f", keeps="x2"),
)

LOGIC = (
    *(Row(name, comparison(), order=0) for name in ("equal", "not_equal")),
    *(
        Row(name, comparison(), dtypes="f", order=0)
        for name in ("less", "less_equal", "greater", "greater_equal")
    ),
    *(
        Row(name, (sample(fixed([1.0, math.inf, -math.inf, math.nan])), *unary()), order=0)
        for name in ("isfinite", "isinf", "isnan")
    ),
    Row("signbit", (sample(fixed([1.0, -0.0, 0.0, -2.0])), *unary()), dtypes="f", order=0),
    *(
        Row(name, (sample(a(2, 3), a(3)), sample(a(), a(2))), dtypes="b", order=0)
        for name in ("logical_and", "logical_or", "logical_xor")
    ),
    Row("logical_not", unary()[:3], dtypes="b", order=0),
    *(
        Row(
            name,
            (
                sample(a(2, 3, low=0, high=9), a(3, low=0, high=9)),
                sample(a(3, low=-9, high=9), 5, dtypes="i"),
            ),
            dtypes="bi",
            order=0,
        )
        for name in ("bitwise_and", "bitwise_or", "bitwise_xor")
    ),
    Row("bitwise_invert", unary(-9.0, 9.0)[:3], dtypes="bi", order=0),
    *(
        Row(
            name,
            (
                sample(a(2, 3, low=0, high=9), a(3, low=0, high=4)),
                sample(a(3, low=-9, high=9), 2),
            ),
            dtypes="i",
            order=0,
        )
        for name in ("bitwise_left_shift", "bitwise_right_shift")
    ),
)

ROWS: tuple[Row, ...] = (
    *ARITHMETIC,
    *EXPONENTIAL,
    *TRIGONOMETRY,
    *CHOICE,
    *ROUNDING,
    *LOGIC,
)
