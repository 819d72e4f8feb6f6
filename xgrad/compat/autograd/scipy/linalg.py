"""Linear algebra: the functions of SciPy that autograd has a rule for; the others refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as _scipy

import xgrad

from .. import refused
from ..border import is_complex
from ..borrowed import borrow
from ..extend import defvjp, primitive

__getattr__ = refused.lookup(__name__, lambda name: borrow(__name__, name, getattr(_scipy, name)))

sqrtm = primitive(_scipy.sqrtm)
solve_sylvester = primitive(_scipy.solve_sylvester)
solve_triangular = primitive(_scipy.solve_triangular)
solve_banded = primitive(_scipy.solve_banded)


def _sqrtm_vjp(ans: Any, A: Any) -> Any:
    def vjp(g: Any) -> Any:
        c = solve_sylvester(ans.mT, ans.mT, g)
        return c if is_complex(A) else np.real(c)

    return vjp


defvjp(sqrtm, _sqrtm_vjp)


# a x + x b = q: the cotangent of q solves the transposed equation, and the others follow
def _of_q(ans: Any, a: Any, b: Any, q: Any) -> Any:
    return lambda g: solve_sylvester(a.mT, b.mT, g)


defvjp(
    solve_sylvester,
    lambda ans, a, b, q: lambda g: -(_of_q(ans, a, b, q)(g) @ ans.mT),
    lambda ans, a, b, q: lambda g: -(ans.mT @ _of_q(ans, a, b, q)(g)),
    _of_q,
)


def _flipped(trans: Any) -> Any:
    """Return what solves the transposed system: in autograd's convention nothing is conjugated."""
    if trans in (2, "C"):
        raise NotImplementedError(
            "solve_triangular: trans='C' has no derivative; "
            "use solve_triangular(np.conj(a), b, trans='T')"
        )
    return "T" if trans in (0, "N") else "N"


def _triangular_b_vjp(
    ans: Any, a: Any, b: Any, trans: Any = 0, lower: bool = False, **kwargs: Any
) -> Any:
    return lambda g: solve_triangular(a, g, trans=_flipped(trans), lower=lower, **kwargs)


def _triangular_a_vjp(
    ans: Any, a: Any, b: Any, trans: Any = 0, lower: bool = False, **kwargs: Any
) -> Any:
    half = xgrad.tril if lower else xgrad.triu
    k = 0 if not kwargs.get("unit_diagonal") else -1 if lower else 1

    def vjp(g: Any) -> Any:
        c = solve_triangular(a, g, trans=_flipped(trans), lower=lower, **kwargs)
        left, right = (c, ans) if trans in (0, "N") else (ans, c)
        outer = left[:, None] * right[None, :] if left.ndim == 1 else left @ right.mT
        return -half(outer, k=k)

    return vjp


defvjp(solve_triangular, _triangular_a_vjp, _triangular_b_vjp)


def _shifted_rows(rows: Any, shifts: list[int]) -> Any:
    """Return a matrix whose row r is ``rows[r]`` moved by shifts[r], filled with zeros."""
    n, width = rows.shape[1], max(map(abs, shifts), default=0)
    padded = xgrad.pad(rows, ((0, 0), (width, width)))
    return xgrad.stack([padded[r, width - s : width - s + n] for r, s in enumerate(shifts)])


def _banded_transpose(l_and_u: Any, ab: Any) -> tuple[Any, Any]:
    low, up = (int(x) for x in l_and_u)
    return (up, low), _shifted_rows(ab, [r - up for r in range(low + up + 1)])[::-1, :]


def _banded_b_vjp(ans: Any, l_and_u: Any, ab: Any, b: Any) -> Any:
    transposed = _banded_transpose(l_and_u, ab)
    return lambda g: solve_banded(*transposed, g)


def _banded_ab_vjp(ans: Any, l_and_u: Any, ab: Any, b: Any) -> Any:
    low, up = (int(x) for x in l_and_u)
    pull = _banded_b_vjp(ans, l_and_u, ab, b)

    def vjp(g: Any) -> Any:
        c = pull(g)
        columns = [(c, ans)] if c.ndim == 1 else [(c[:, k], ans[:, k]) for k in range(c.shape[1])]
        total = 0.0
        for left, right in columns:
            rows = xgrad.stack([left] * (low + up + 1))
            total = total - _shifted_rows(rows, [up - r for r in range(low + up + 1)]) * right
        return total

    return vjp


defvjp(solve_banded, _banded_ab_vjp, _banded_b_vjp, argnums=[1, 2])
