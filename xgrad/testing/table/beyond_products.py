"""Rows of tensor products, convolution, padding and the calculus of samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..cases import Bad, Row, Sample, Spec, a, fixed
from .samples import sample

__all__ = ["ROWS"]

EINSUMS: tuple[tuple[str, tuple[tuple[int, ...], ...]], ...] = (
    ("ij,jk->ik", ((2, 3), (3, 2))),
    ("ij,jk", ((2, 3), (3, 2))),
    ("ba", ((2, 3),)),
    ("ii", ((3, 3),)),
    ("ii->i", ((3, 3),)),
    ("iji->j", ((2, 3, 2),)),
    ("ij->", ((2, 3),)),
    ("...ij,...jk", ((4, 2, 3), (3, 2))),
    ("i...,...->...", ((2, 3), (3,))),
    ("bij,bjk,bk->bi", ((2, 2, 3), (2, 3, 2), (2, 2))),
    ("bi,bi->b", ((2, 3), (2, 3))),
    ("ij,ij->ij", ((2, 3), (2, 3))),
    ("ij,kl->ki", ((2, 3), (2, 2))),
    ("i,i", ((1,), (3,))),
    (",i", ((), (3,))),
    ("ij,jk->ik", ((2, 0), (0, 2))),
)
KNOTS = fixed([0.0, 1.0, 2.5, 3.0])
UNEVEN = fixed([0.0, 0.7, 1.1, 2.0])


def _wide(function: Any) -> Any:
    """Return a function of NumPy that keeps the dtype of its arrays."""

    def call(*args: Any, **kwargs: Any) -> Any:
        like = [x.dtype for x in args if isinstance(x, np.ndarray)]
        out = function(*args, **kwargs)
        parts = [np.asarray(x).astype(np.result_type(*like)) for x in _listed(out)]
        return tuple(parts) if isinstance(out, (tuple, list)) else parts[0]

    return call


def _listed(out: Any) -> list[Any]:
    return list(out) if isinstance(out, (tuple, list)) else [out]


def _convolved(x: Any, y: Any, mode: str = "full", strides: Any = 1, turned: bool = False) -> Any:
    """Return the convolution by its definition: a sum of shifted copies."""
    full = np.zeros(
        [m + n - 1 for m, n in zip(x.shape, y.shape, strict=True)], np.result_type(x, y)
    )
    for place in np.ndindex(*y.shape):
        key = tuple(slice(i, i + n) for i, n in zip(place, x.shape, strict=True))
        full[key] += x * y[place]
    kept: list[slice] = []
    for m, n in zip(x.shape, y.shape, strict=True):
        short, long = min(m, n), max(m, n)
        middle = short // 2 if turned and n > m else (short - 1) // 2
        start, length = {
            "full": (0, m + n - 1),
            "same": (middle, long),
            "valid": (short - 1, long - short + 1),
        }[mode]
        kept.append(slice(start, start + length))
    steps = (strides,) * x.ndim if isinstance(strides, int) else strides
    return full[tuple(kept)][tuple(slice(None, None, s) for s in steps)]


def _correlated(x: Any, y: Any, mode: str = "valid", strides: Any = 1) -> Any:
    return _convolved(x, np.flip(y).conj(), mode, strides, turned=True)


def _windows(default: str) -> tuple[Sample, ...]:
    return (
        sample(a(6), a(3)),
        *(sample(a(6), a(4), m) for m in ("full", "same", "valid") if m != default),
        sample(a(3), a(4), mode="same"),
        sample(a(2), a(5), mode="valid"),
        sample(a(9), a(3), mode="full", strides=2),
        sample(a(4, 5), a(2, 3), mode="same"),
        sample(a(5, 4), a(2, 3), mode="full", strides=(2, 1)),
        sample(a(3, 3, 3), a(2, 2, 1), mode="valid"),
        sample(a(4, 2), a(2, 3), mode="valid"),
        sample(a(4, kind="real"), a(2), dtypes="c"),
    )


def _cumulated(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None) -> Any:
    y = np.moveaxis(y, axis, -1)
    steps = dx if x is None else np.diff(x if x.ndim == 1 else np.moveaxis(x, axis, -1))
    out = np.cumsum((y[..., 1:] + y[..., :-1]) * steps / 2, axis=-1)
    if initial is not None:
        out = np.concatenate([np.full_like(out[..., :1], initial), out], axis=-1)
    return np.moveaxis(out, -1, axis)


INTEGRALS = (
    sample(a(5)),
    sample(a(2, 4), a(4, kind="real")),
    sample(a(4, 2), a(4, kind="real"), axis=0),
    sample(a(2, 4), a(2, 4, kind="real")),
    sample(a(2, 4), None, 0.5),
    sample(a(2, 4), dx=Spec((), 0.5, 1.0, kind="real")),
)

PADDINGS = (
    sample(a(2, 3), 1),
    sample(a(2, 3), (1, 2)),
    sample(a(2, 3), ((0, 1), (2, 0)), constant_values=1.5, dtypes="f"),
    sample(a(2, 3), ((1, 1), (2, 0)), constant_values=((1.0, 2.0), (3.0, 4.0)), dtypes="f"),
    sample(a(2, 3), 1, constant_values=a()),
    sample(a(2, 3), 2, "edge"),
    sample(a(2, 3), ((2, 1), (0, 3)), "linear_ramp", end_values=(1.0, -1.0)),
    *(
        sample(a(3, 4), (2, 3), mode, reflect_type=kind)
        for mode in ("reflect", "symmetric")
        for kind in ("even", "odd")
    ),
    sample(a(3), (5, 4), "reflect"),
    sample(a(1, 2), 2, "reflect"),
    sample(a(3), (4, 8), "symmetric"),
    sample(a(2, 3), ((1, 3), (7, 2)), "wrap"),
    sample(a(4, 3), 1, "mean"),
    sample(a(4, 3), 2, "mean", stat_length=2),
    sample(a(4, 3), 2, "maximum", stat_length=((2, 3), (1, 2)), dtypes="f"),
    sample(a(4, 3), 1, "minimum", dtypes="f"),
    sample(a(5, 3), 1, "median", dtypes="f"),
    sample(a(0, 3), ((1, 1), (0, 0))),
    sample(a(2, 3), 1, dtypes="bi"),
)

ROWS: tuple[Row, ...] = (
    Row(
        "einsum",
        (
            *(Sample((text, *(a(*shape) for shape in shapes))) for text, shapes in EINSUMS),
            sample("ij,jk,kl->il", a(2, 3), a(3, 2), a(2, 3), optimize=False),
            sample("ij,jk->ik", a(2, 3, kind="real"), a(3, 2), dtypes="c"),
            sample("ij,jk->ik", a(2, 3, kind="single"), a(3, 2), dtypes="f"),
        ),
        reference=lambda *args, optimize=False: np.einsum(*args),
        keeps=None,
        bad=(
            Bad(("ij,jk", a(2, 3)), {}, ValueError, "2 operands; got 1 arrays"),
            Bad(("ij,jk", a(2, 3), a(2, 3)), {}, ValueError, "axis 'j' of .* has lengths 3 and 2"),
            Bad(("ijk", a(2, 3)), {}, ValueError, "'ijk' names 3 axes; its array has 2"),
            Bad(("ij->ik", a(2, 3)), {}, ValueError, "an unknown or a repeated axis"),
        ),
    ),
    Row(
        "kron",
        (
            sample(a(2, 3), a(3, 2)),
            sample(a(3), a(2, 2)),
            sample(a(2), a(3)),
            sample(a(2, kind="real"), a(3), dtypes="c"),
        ),
        keeps="x1 x2",
    ),
    Row(
        "inner",
        (
            sample(a(2, 3), a(4, 3)),
            sample(a(3), a(3)),
            sample(a(), a(3)),
            sample(a(2, 3), 1.5, dtypes="f"),
        ),
        reference=_wide(np.inner),
        keeps=None,
    ),
    Row(
        "dot",
        (
            sample(a(2, 3), a(3, 2)),
            sample(a(3), a(3)),
            sample(a(2, 3), a(3)),
            sample(a(3), a(3, 2)),
            sample(a(2, 2, 3), a(4, 3, 2)),
            sample(a(2, 2, 3), a(3)),
            sample(a(), a(3)),
        ),
        keeps=None,
    ),
    Row(
        "vdot",
        (sample(a(3), a(3)), sample(a(2, 3), a(2, 3)), sample(a(2, kind="real"), a(2), dtypes="c")),
        keeps=None,
    ),
    Row(
        "matvec",
        (sample(a(2, 3), a(3)), sample(a(2, 2, 3), a(3)), sample(a(2, 3), a(2, 3))),
        reference=lambda A, x: np.einsum("...ij,...j->...i", A, x),  # NumPy has it since 2.2
        keeps=None,
    ),
    Row(
        "vecmat",
        (sample(a(2), a(2, 3)), sample(a(2), a(2, 2, 3)), sample(a(3, 2), a(2, 3))),
        reference=lambda x, A: np.einsum("...i,...ij->...j", np.conj(x), A),
        keeps=None,
    ),
    Row(
        "multi_dot",
        (
            sample([a(2, 3), a(3, 4), a(4, 2)]),
            sample([a(3), a(3, 2), a(2, 3)]),
            sample([a(2, 3), a(3)]),
        ),
        reference=np.linalg.multi_dot,
        keeps=None,
        bad=(Bad(([a(2, 2)],), {}, ValueError, "multi_dot: expected two or more arrays"),),
    ),
    Row(
        "convolve",
        _windows("full"),
        reference=_convolved,
        keeps=None,
        bad=(
            Bad((a(3), a(2)), {"mode": "no"}, ValueError, "convolve: mode is 'no'"),
            Bad((a(3), a(2, 2)), {}, ValueError, "convolve: got shapes"),
            Bad((a(3), a(2)), {"strides": 0}, ValueError, "convolve: strides is 0"),
        ),
    ),
    Row("correlate", _windows("valid"), reference=_correlated, keeps=None),
    Row(
        "pad",
        PADDINGS,
        dtypes="fc",
        reference=lambda x, width, mode="constant", reflect_type=None, **kwargs: np.pad(
            x, width, mode, **kwargs, **({"reflect_type": reflect_type} if reflect_type else {})
        ),
        keeps=None,
        bad=(
            Bad((a(3), 1, "no"), {}, ValueError, "pad: mode is 'no'"),
            Bad((a(0), 1, "edge"), {}, ValueError, "pad: axis 0 is empty"),
            Bad((a(3), -1), {}, ValueError, "pad: pad_width is -1"),
        ),
    ),
    Row("trapezoid", INTEGRALS, keeps=None, reference=_wide(np.trapezoid)),
    Row(
        "cumulative_trapezoid",
        (*INTEGRALS, sample(a(2, 3), axis=0, initial=0.0)),
        keeps=None,
        reference=_wide(_cumulated),
    ),
    Row("ediff1d", (sample(a(5)), sample(a(2, 3), a(2), a(1)), sample(a(1))), keeps=None),
    Row(
        "gradient",
        (
            sample(a(5)),
            sample(a(2), 0.5),
            sample(a(3, 4)),
            sample(a(3, 4), 0.5, Spec((), 0.5, 1.0, kind="real"), edge_order=2),
            sample(a(3, 4), fixed([0.0, 1.0, 3.0]), UNEVEN, dtypes="f"),
            sample(a(4, 2), UNEVEN, axis=0, edge_order=2, dtypes="f"),
            sample(a(3, 4), axis=(1, 0)),
        ),
        reference=lambda x, *h, **kwargs: _wide(np.gradient)(
            x, *[v.item() if isinstance(v, np.ndarray) and not v.shape else v for v in h], **kwargs
        ),
        keeps=None,
        bad=(
            Bad((a(3), 1.0, 2.0), {}, ValueError, "gradient: got 2 spacings; expected 1"),
            Bad((a(2),), {"edge_order": 2}, ValueError, "gradient: axis 0 has length 2"),
        ),
    ),
    Row(
        "interp",
        (
            sample(a(5, low=0.1, high=2.9), KNOTS, a(4)),
            sample(a(2, 3, low=-1.0, high=4.0), KNOTS, a(4)),
            sample(a(4, low=-1.0, high=4.0), KNOTS, a(4), -5.0, 7.0),
            sample(a(2, low=-3.0, high=9.0), fixed([0.3, 2.0, 1.1, 3.9]), a(4), period=2.6),
            sample(a(), KNOTS, a(4)),
            sample(0.4, KNOTS, a(4)),
            sample(a(3), fixed([0.5]), a(1)),
        ),
        dtypes="f",
        reference=_wide(np.interp),
        keeps=None,
        bad=(Bad((a(3), a(3), a(2)), {}, ValueError, "interp: xp has shape"),),
    ),
    Row(
        "unwrap",
        (
            sample(fixed([0.1, 3.0, -3.0, 2.9, 9.5])),
            sample(fixed([[0.1, 3.0], [3.3, -3.0]]), axis=0),
            sample(a(2, 5, low=-3.0, high=3.0), period=2.0),
            sample(a(2, 5, low=-3.0, high=3.0), 2.5, period=2.0),
        ),
        dtypes="f",
        reference=_wide(np.unwrap),
        keeps="",
    ),
)
