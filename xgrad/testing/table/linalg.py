"""Rows of linear algebra.

A factorisation is determined only up to signs or phases, and every library chooses its own; the
rows look at what does not depend on the choice.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.linalg as _la

import xgrad as xg

from ..cases import Bad, Row, Sample, Spec, a, fixed
from .samples import sample

__all__ = ["ROWS"]

Function = Callable[..., Any]

SHIFT = fixed(5.0 * np.eye(3), "real")
STACKED = Sample((a(2, 3, 3), SHIFT))
SQUARE = (Sample((a(3, 3), SHIFT)), STACKED)
SINGULAR = fixed([[1.0, 2.0, 0.5], [2.0, 4.0, 1.0], [0.0, 1.0, 3.0]])


class _NumPy:
    """NumPy under the names that the functions below use of `xgrad`."""

    abs, add, conj, exp, expand_dims = np.abs, np.add, np.conj, np.exp, np.expand_dims
    matmul, matrix_transpose, real, sum = np.matmul, np.matrix_transpose, np.real, np.sum

    class linalg:  # noqa: N801 - a namespace
        """``numpy.linalg``, but with complex eigenvalues always."""

        cholesky, eigh, eigvalsh, inv = _la.cholesky, _la.eigh, _la.eigvalsh, _la.inv
        qr, slogdet, solve, svd = _la.qr, _la.slogdet, _la.solve, _la.svd

        @staticmethod
        def matrix_function(x: Any, f: Function) -> Any:
            """Return a function of Hermitian matrices."""
            w, V = _la.eigh(x)
            return (V * f(w)[..., None, :]) @ np.conj(np.matrix_transpose(V))

        @staticmethod
        def sqrtm(x: Any) -> Any:
            """Return the square root of Hermitian matrices."""
            return _NumPy.linalg.matrix_function(x, np.sqrt)

        @staticmethod
        def expm(x: Any) -> Any:
            """Return the exponential of matrices with independent eigenvectors."""
            w, V = _la.eig(_complex(x))
            out = _la.solve(
                np.matrix_transpose(V), np.matrix_transpose(V * np.exp(w)[..., None, :])
            )
            out = np.matrix_transpose(out)
            return out if x.dtype.kind == "c" else np.real(out)

        @staticmethod
        def polar(x: Any) -> Any:
            """Return the polar factors."""
            U, S, Vh = _la.svd(x, full_matrices=False)
            V = np.conj(np.matrix_transpose(Vh))
            return U @ Vh, (V * S[..., None, :]) @ Vh

        @staticmethod
        def eig(x: Any) -> Any:
            """Return complex eigenvalues and eigenvectors."""
            return _la.eig(_complex(x))

        @staticmethod
        def eigvals(x: Any) -> Any:
            """Return complex eigenvalues."""
            return _la.eigvals(_complex(x))


def _complex(x: Any) -> Any:
    return x.astype(np.result_type(x.dtype, np.complex64))


def _row(name: str, f: Function, samples: tuple[Sample, ...], dtypes: str = "fc", **kw: Any) -> Row:
    """Return the row of a function of a namespace and arrays; NumPy is the reference."""
    kw.setdefault("keeps", None)
    return Row(
        f"linalg.{name}",
        samples,
        dtypes,
        function=lambda *args, **kwargs: f(xg, *args, **kwargs),
        reference=lambda *args, **kwargs: f(_NumPy, *args, **kwargs),
        of=f,
        **kw,
    )


def _adjoint(xp: Any, x: Any) -> Any:
    return xp.conj(xp.matrix_transpose(x))


def _hermitian(xp: Any, x: Any, shift: Any) -> Any:
    x = xp.add(x, shift)
    return (x + _adjoint(xp, x)) * 0.5


def _of_regular(name: str) -> Function:
    return lambda xp, x, shift, *rest: getattr(xp.linalg, name)(xp.add(x, shift), *rest)


def _of_hermitian(name: str) -> Function:
    return lambda xp, x, shift: getattr(xp.linalg, name)(_hermitian(xp, x, shift))


def _eigh(xp: Any, x: Any, shift: Any) -> Any:
    w, V = xp.linalg.eigh(_hermitian(xp, x, shift))
    function = xp.matmul(V * xp.expand_dims(xp.exp(w * 0.1), axis=-2), _adjoint(xp, V))
    return w, xp.abs(V), function


def _eig(xp: Any, x: Any, shift: Any) -> Any:
    """Return what also does not depend on the order of the eigenvalues."""
    w, V = xp.linalg.eig(xp.add(x, shift))
    lengths = xp.abs(V) ** 2
    return xp.sum(xp.exp(w * 0.1), axis=-1), xp.sum(
        lengths * xp.real(w[..., None, :]) ** 2, axis=-1
    )


def _solve_triangular(x1: Any, x2: Any, lower: bool = False) -> Any:
    triangle = np.tril(x1) if lower else np.triu(x1)
    return _la.solve(triangle, x2 if x2.ndim > 1 else x2[:, None]).reshape(x2.shape)


def _svd(xp: Any, x: Any) -> Any:
    U, S, Vh = xp.linalg.svd(x, full_matrices=False)
    return S, xp.abs(U), xp.abs(Vh), xp.matmul(U, Vh)


def _qr(xp: Any, x: Any) -> Any:
    Q, R = xp.linalg.qr(x)
    return xp.abs(Q), xp.abs(R), xp.matmul(Q, _adjoint(xp, Q))


def _complete_qr(xp: Any, x: Any) -> Any:
    Q, R = xp.linalg.qr(x, mode="complete")
    return xp.abs(Q[..., : x.shape[-1]]), xp.abs(R)


def _norm_rows() -> tuple[Row, ...]:
    vectors = tuple(
        sample(a(2, 3), **kwargs)
        for kwargs in (
            {},
            {"axis": 0},
            {"axis": -1, "keepdims": True},
            {"axis": (0, 1)},
            {"axis": -1, "ord": 1},
            {"axis": -1, "ord": 3},
            {"axis": -1, "ord": 2.5, "keepdims": True},
            {"axis": 0, "ord": math.inf},
            {"axis": 0, "ord": -math.inf},
        )
    )
    matrices = tuple(
        sample(a(2, 3), **kwargs)
        for kwargs in (
            {},
            {"keepdims": True},
            {"ord": "nuc"},
            {"ord": 1},
            {"ord": -1},
            {"ord": 2, "keepdims": True},
            {"ord": -2},
            {"ord": math.inf},
            {"ord": -math.inf},
        )
    )
    return (
        Row(
            "linalg.vector_norm",
            (*vectors, sample(a(0, 3), axis=0), sample(a(2, 2, 3), axis=(0, 2))),
            function=xg.linalg.vector_norm,
            reference=np.linalg.vector_norm,
            keeps="x out",
        ),
        Row(
            "linalg.norm",
            (
                sample(a(2, 3)),
                sample(a(2, 3), keepdims=True),
                sample(a(3), ord=1),
                sample(a(2, 3), axis=0),
                sample(a(2, 3), axis=-1, ord=math.inf, keepdims=True),
                sample(a(2, 3), ord="nuc"),
                sample(a(2, 2, 3), axis=(2, 0), ord="fro", keepdims=True),
            ),
            function=xg.linalg.norm,
            reference=np.linalg.norm,
            keeps="x out",
            bad=(Bad((a(2, 2, 3),), {"ord": 1}, ValueError, "norm: got ord=1 and an array of"),),
        ),
        Row(
            "linalg.matrix_norm",
            (*matrices, sample(a(2, 2, 3)), sample(a(2, 2, 3), ord=2)),
            function=xg.linalg.matrix_norm,
            reference=np.linalg.matrix_norm,
            keeps="x out",
            bad=(Bad((a(2, 3),), {"ord": 3}, ValueError, "matrix_norm: ord is 3; expected 'fro'"),),
        ),
    )


def _same(name: str, samples: tuple[Sample, ...], dtypes: str = "fc", **kwargs: Any) -> Row:
    """Return the row of a function that NumPy has under the same name in ``numpy.linalg``."""
    kwargs.setdefault("keeps", None)
    kwargs.setdefault("reference", getattr(np.linalg, name))
    return Row(f"linalg.{name}", samples, dtypes, function=getattr(xg.linalg, name), **kwargs)


def _powers() -> tuple[Sample, ...]:
    return tuple(sample(_regular(), n) for n in (0, 1, 2, 5, -1, -2))


REGULAR = np.asarray([[2.0, 0.5, -0.3], [0.1, -1.5, 0.4], [0.7, 0.2, 1.8]])


def _regular() -> Spec:
    return fixed(REGULAR)


ROWS: tuple[Row, ...] = (
    _row("inv", _of_regular("inv"), SQUARE),
    _same(
        "det",
        (
            sample(a(3, 3)),
            sample(a(2, 2, 2)),
            sample(a(1, 1)),
            Sample((SINGULAR,), order=1),
        ),
        keeps="x out",
    ),
    _row("slogdet", _of_regular("slogdet"), SQUARE),
    _row(
        "solve",
        _of_regular("solve"),
        (
            Sample((a(3, 3), SHIFT, a(3, 2))),
            Sample((a(3, 3), SHIFT, a(3))),
            Sample((a(2, 3, 3), SHIFT, a(2, 3, 1))),
            Sample((a(2, 3, 3), SHIFT, a(3, 2))),
        ),
    ),
    Row(
        "linalg.solve_triangular",
        (
            sample(_regular(), a(3, 2), lower=True),
            sample(_regular(), a(3)),
            sample(_regular(), a(3, 2)),
            sample(fixed(np.stack([REGULAR, REGULAR + 1])), a(2, 3, 1), lower=True),
            sample(fixed(REGULAR), a(3, 0)),
        ),
        function=xg.linalg.solve_triangular,
        reference=_solve_triangular,
        keeps=None,
        bad=(
            Bad(
                (a(3, 2), a(3)),
                {},
                ValueError,
                r"solve_triangular: x1 has shape \(3, 2\); expected square",
            ),
        ),
    ),
    _same("pinv", (sample(a(3, 2)), sample(a(2, 3)), sample(_regular()), sample(a(2, 3, 2)))),
    _row(
        "expm",
        _of_regular("expm"),
        (Sample((a(3, 3), SHIFT)), Sample((a(2, 2, 2, 2), 0.1))),
        known={"jax": "JAX's own is good to ten digits only"},
    ),
    _row("sqrtm", _of_hermitian("sqrtm"), SQUARE),
    _row(
        "matrix_function",
        lambda xp, x, shift: xp.linalg.matrix_function(_hermitian(xp, x, shift), xp.exp),
        SQUARE,
    ),
    _row(
        "polar",
        lambda xp, x: xp.linalg.polar(x),
        (sample(a(3, 2)), sample(_regular()), sample(a(2, 3, 2))),
    ),
    _row("cholesky", _of_hermitian("cholesky"), SQUARE),
    _row(
        "cholesky (upper)",
        lambda xp, x, shift: xp.linalg.cholesky(_hermitian(xp, x, shift), upper=True),
        SQUARE,
    ),
    _row("qr", _qr, (sample(a(3, 2)), sample(_regular()), sample(a(2, 3)), sample(a(2, 3, 2)))),
    _row("qr (complete)", _complete_qr, (sample(a(4, 2)), sample(a(2, 2)))),
    _row("eigh", _eigh, SQUARE),
    _row("eigvalsh", _of_hermitian("eigvalsh"), SQUARE),
    _row("eig", _eig, SQUARE),
    _row(
        "eigvals",
        lambda xp, x, shift: xp.sum(xp.exp(xp.linalg.eigvals(xp.add(x, shift)) * 0.1), axis=-1),
        SQUARE,
    ),
    _row("svd", _svd, (sample(a(3, 2)), sample(a(2, 3)), sample(_regular()), sample(a(2, 3, 2)))),
    _same("svdvals", (sample(a(3, 2)), sample(a(2, 3)), sample(a(2, 2, 2)))),
    _same(
        "matrix_rank",
        (sample(a(3, 2)), sample(SINGULAR), sample(a(2, 2, 3)), sample(a(2, 2), rtol=0.5)),
        order=0,
    ),
    _same(
        "matrix_power",
        _powers(),
        bad=(Bad((a(2, 3), 2), {}, ValueError, "expected square matrices"),),
    ),
    _same(
        "outer",
        (sample(a(2), a(3)), sample(a(0), a(2)), sample(a(2, kind="real"), a(2), dtypes="c")),
        keeps="x1 x2",
        bad=(Bad((a(2, 2), a(2)), {}, ValueError, "outer: got shapes"),),
    ),
    _same(
        "cross",
        (
            sample(a(3), a(3)),
            sample(a(2, 3), a(2, 3)),
            sample(a(2, 3), a(3)),
            sample(a(3, 2), a(3, 2), axis=0),
        ),
        bad=(Bad((a(2), a(2)), {}, ValueError, "cross: axis -1 has length 2 in x1"),),
    ),
    _same(
        "diagonal",
        (
            sample(a(3, 3)),
            sample(a(2, 3, 4), offset=1),
            sample(a(3, 2), offset=-1),
            sample(a(2, 2), offset=5),
        ),
        keeps="",
    ),
    _same(
        "trace",
        (sample(a(3, 3)), sample(a(2, 3, 4), offset=1), sample(a(3, 2), offset=-1)),
        keeps="",
    ),
    *_norm_rows(),
)
