"""Rows of polynomials, of least squares, and of equations of tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad as xg

from ..cases import Bad, Row, Sample, a, fixed
from .samples import sample

__all__ = ["ROWS"]

PAIRS = (sample(a(4), a(2)), sample(a(2), a(4)), sample(a(1), a(3)), sample(a(3), a(3)))


def _same_dtype(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return NumPy's function, which computes in double precision, in that of its arrays."""

    def call(*args: Any, **kwargs: Any) -> Any:
        dtype = np.result_type(*(x.dtype for x in args if isinstance(x, np.ndarray)))
        out = function(*args, **kwargs)
        if isinstance(out, tuple):
            return tuple(np.asarray(x).astype(dtype) for x in out)
        return np.asarray(out).astype(dtype)

    return call


def _divided(u: Any, v: Any) -> Any:
    """Return quotient and remainder, with the leading zeros that NumPy drops in part."""
    quotient, rest = np.polydiv(u, v)
    n = max(len(v) - 1, 1) if len(u) >= len(v) else len(u)
    return quotient, np.concatenate([np.zeros(n, rest.dtype), rest])[-n:]


def _roots(p: Any) -> Any:
    return np.roots(p).astype(np.result_type(p.dtype, np.complex64))


def _least_squares(a: Any, b: Any, rcond: Any = None) -> Any:
    """Return NumPy's result, with the squared differences also where NumPy leaves them out."""
    x, _, rank, s = np.linalg.lstsq(a, b, rcond)
    return x, np.atleast_1d(np.sum(np.abs(a @ x - b) ** 2, axis=0)), np.asarray(rank, np.int64), s


def _row(name: str, samples: tuple[Sample, ...], dtypes: str = "fc", **more: Any) -> Row:
    function = getattr(np, name) if "reference" not in more else more.pop("reference")
    return Row(name, samples, dtypes, reference=_same_dtype(function), keeps=None, **more)


def _linalg(name: str, samples: tuple[Sample, ...], dtypes: str = "fc", **more: Any) -> Row:
    function = more.pop("reference", None) or getattr(np.linalg, name)
    own = getattr(xg.linalg, name)
    return Row(
        f"linalg.{name}", samples, dtypes, function=own, reference=function, keeps=None, **more
    )


ROWS: tuple[Row, ...] = (
    _row("polyadd", (*PAIRS, sample(a(3), 2.0, dtypes="f"))),
    _row(
        "polysub",
        (*PAIRS, sample(2.0, a(3), dtypes="f")),
        bad=(Bad((a(2, 2), a(2)), {}, ValueError, "polysub: the coefficients have 2 axes"),),
    ),
    _row("polymul", PAIRS),
    _row(
        "polydiv",
        (
            sample(a(4), a(2, low=0.5)),
            sample(a(5), a(3, low=0.5)),
            sample(a(2), a(3, low=0.5)),
            sample(a(3), a(1, low=0.5)),
        ),
        reference=_divided,
    ),
    _row(
        "polyder",
        (sample(a(4)), sample(a(4), 2), sample(a(3), 0), sample(a(1)), sample(a(2), 3)),
        bad=(Bad((a(2), -1), {}, ValueError, "polyder: m is -1"),),
    ),
    _row(
        "polyint",
        (sample(a(3)), sample(a(3), 2), sample(a(3), 0), sample(a(2), 2, a(2)), sample(a(2), 1, 3)),
        bad=(Bad((a(2), 2, a(3)), {}, ValueError, "polyint: k has 3 constants"),),
    ),
    _row(
        "poly",
        (
            sample(a(3)),
            sample(a(1)),
            sample(fixed([[2.0, 1.0], [0.5, -1.0]]), dtypes="c"),
        ),
    ),
    Row(
        "roots",
        (
            sample(fixed([1.0, -0.5, 2.0, 1.5]), dtypes="f"),
            sample(fixed([2.0, 1.0])),
            sample(fixed([1.0, 0.0, 1.0]), dtypes="f"),
            sample(fixed([1.0 + 1.0j, 0.5 - 1.0j, 2.0 + 0.1j]), dtypes="c"),
        ),
        "fc",
        reference=_roots,
        keeps=None,
    ),
    _row(
        "polyfit",
        (
            sample(a(5), a(5), 2),
            sample(a(5), a(5, 2), 1),
            sample(a(6), a(6), 2, w=a(6, low=0.5)),
            sample([0.0, 1.0, 2.0, 3.0], a(4), 0),
        ),
        "f",
        bad=(Bad((a(3), a(4), 1), {}, ValueError, "polyfit: x has shape"),),
    ),
    _linalg(
        "lstsq",
        (
            sample(a(4, 2), a(4)),
            sample(a(4, 2), a(4, 3)),
            sample(a(2, 3), a(2)),
            sample(a(3, 3), a(3, 1)),
        ),
        reference=_least_squares,
        bad=(Bad((a(3, 2), a(2)), {}, ValueError, "lstsq: a has shape"),),
    ),
    _linalg(
        "cond",
        (
            sample(fixed([[2.0, 0.5], [0.3, -1.0]])),
            sample(a(3, 2)),
            sample(a(2, 2, 2), -2),
            sample(fixed([[2.0, 0.5], [0.3, -1.0]]), 1),
            sample(fixed([[2.0, 0.5], [0.3, -1.0]]), "fro"),
        ),
        reference=lambda x, p=None: np.real(np.linalg.cond(x, p)),  # complex before NumPy 2.1
    ),
    _linalg(
        "tensorsolve",
        (
            sample(a(2, 3, 6), a(2, 3)),
            sample(a(3, 3), a(3)),
            sample(a(2, 4, 2), a(2, 2), axes=(1,)),
        ),
        bad=(Bad((a(2, 3), a(2)), {}, ValueError, "tensorsolve: a has shape"),),
    ),
    _linalg(
        "tensorinv",
        (sample(a(4, 2, 2), ind=1), sample(a(2, 3, 6)), sample(a(3, 3), ind=1)),
        bad=(Bad((a(2, 3, 5),), {}, ValueError, "tensorinv: a has shape"),),
    ),
)
