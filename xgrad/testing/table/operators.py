"""Rows of the operators: from both sides, with numbers, and in place."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad as xg

from ..cases import Row, Sample, a, fixed
from .samples import sample

__all__ = ["ROWS"]


WEAK = {"torch": "in a raw walk PyTorch computes with a 0-d double array in single precision"}


def _on_arrays(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return `f` of `xgrad.Array`, that takes and gives raw arrays too."""

    def function(x1: Any, *x2: Any) -> Any:
        given = (x1, *x2)
        lifted = [x if isinstance(x, (int, float, np.generic)) else xg.asarray(x) for x in given]
        out = f(*lifted)
        return out if any(isinstance(x, xg.Array) for x in given) else out.data

    return function


def _in_place(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return an in-place operator, applied to a copy."""
    return lambda x1, x2: f(x1.copy(), x2)


def _rows(
    symbol: str,
    name: str,
    dtypes: str = "fc",
    low: float = -2.0,
    high: float = 2.0,
    numbers: str = "f",
    order: int = 2,
) -> tuple[Row, Row]:
    plain, in_place = getattr(operator, name), getattr(operator, "i" + name.strip("_"))
    x1, x2 = a(2, 3, low=low, high=high), a(3, low=low, high=high)
    fractions = (
        sample(x1, 1.5, dtypes=numbers),
        sample(2, x1, dtypes=numbers),
        Sample((x1, fixed(1.5, "float64")), dtypes=numbers, known=WEAK),
        Sample((fixed(1.5, "float64"), x1), dtypes=numbers, known=WEAK),
    )
    both = Row(
        f"x1 {symbol} x2",
        (sample(x1, x2), *fractions),
        dtypes,
        function=_on_arrays(plain),
        reference=plain,
        keeps=None,
        order=order,
    )
    written = Row(
        f"x1 {symbol}= x2",
        (sample(x1, x2), *fractions[:1]),
        dtypes,
        function=_on_arrays(_in_place(in_place)),
        reference=plain,
        keeps=None,
        order=order,
    )
    return both, written


def _unary_rows() -> tuple[Row, ...]:
    return tuple(
        Row(
            f"{name}(x)",
            (sample(a(2, 3)), sample(a())),
            dtypes,
            function=_on_arrays(f),
            reference=np.round if f is round else f,
            keeps=None,
        )
        for name, f, dtypes in (
            ("neg", operator.neg, "ifc"),
            ("pos", operator.pos, "ifc"),
            ("abs", abs, "ifc"),
            ("round", round, "f"),
            ("invert", operator.invert, "bi"),
        )
    )


ROWS: tuple[Row, ...] = (
    *_rows("+", "__add__", "ifc"),
    *_rows("-", "__sub__", "ifc"),
    *_rows("*", "__mul__", "ifc"),
    *_rows("/", "__truediv__", low=0.5, high=3.0),
    *_rows("//", "__floordiv__", "if", low=1.1, high=4.0, order=0),
    *_rows("%", "__mod__", "if", low=1.1, high=4.0),
    *_rows("**", "__pow__", low=0.3, high=2.5),
    *_rows("&", "__and__", "bi", low=0, high=9, numbers=""),
    *_rows("|", "__or__", "bi", low=0, high=9, numbers=""),
    *_rows("^", "__xor__", "bi", low=0, high=9, numbers=""),
    *_rows("<<", "__lshift__", "i", low=1, high=4, numbers=""),
    *_rows(">>", "__rshift__", "i", low=1, high=4, numbers=""),
    Row(
        "x1 @ x2",
        (sample(a(2, 3), a(3, 2)), sample(a(3), a(3))),
        function=_on_arrays(operator.matmul),
        reference=operator.matmul,
        keeps=None,
    ),
    Row(
        "x1 @= x2",
        (sample(a(2, 3), a(3, 3)),),
        function=_on_arrays(_in_place(operator.imatmul)),
        reference=operator.matmul,
        keeps=None,
    ),
    *_unary_rows(),
)
