"""Matrix equations: each rule is the equation itself, linearised by a Sylvester solver."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...custom.equation import implicit
from ...errors import RuleError
from ..common import chapter, raw, twin
from .solving import H

__all__ = [
    "solve_continuous_are",
    "solve_continuous_lyapunov",
    "solve_discrete_are",
    "solve_discrete_lyapunov",
    "solve_lyapunov",
    "solve_sylvester",
]


class _Sylvester:
    """Solves ``a x + x b = q`` again and again, from one pair of Schur decompositions."""

    def __init__(self, a: Any, b: Any) -> None:
        library = chapter("linalg")
        self.r, self.u = library.schur(a, output="real")
        self.s, self.v = library.schur(b.conj().T, output="real")
        (self.solve,) = library.get_lapack_funcs(("trsyl",), (self.r, self.s))
        self.is_complex = np.iscomplexobj(self.r)

    def __call__(self, q: Any, adjoint: bool) -> Any:
        found, info = self.value(q, adjoint)
        if info:
            raise RuleError(
                "solve_sylvester: a and -b have an eigenvalue in common, so that a x + x b = q has "
                "no one solution, and the one that SciPy gives no derivative"
            )
        return found

    def value(self, q: Any, adjoint: bool = False) -> tuple[Any, int]:
        """Return what SciPy gives, and whether it had to move an eigenvalue for that."""
        inner = self.u.conj().T @ q @ self.v
        turn = "C" if self.is_complex else "T"
        sides = {"trana": turn, "tranb": "N"} if adjoint else {"trana": "N", "tranb": turn}
        y, scale, info = self.solve(self.r, self.s, inner, **sides)
        if info < 0:
            raise np.linalg.LinAlgError(f"solve_sylvester: LAPACK refused argument {-info}")
        return self.u @ (y / scale) @ self.v.conj().T, info


def _matrices(name: str, *given: Any) -> list[Any]:
    arrays = [xgrad.asarray(x) for x in given]
    for x in arrays:
        if x.ndim != 2:
            raise ValueError(f"{name}: got an array of shape {x.shape}; expected a matrix")
    dtype = xgrad.result_type(*arrays, np.float32)
    return [xgrad.astype(x, dtype, copy=False) for x in arrays]


@twin("linalg")
def solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    """Return the solution of ``a x + x b = q``; see ``scipy.linalg.solve_sylvester``."""
    a, b, q = _matrices("solve_sylvester", a, b, q)
    solve = _Sylvester(raw(a.detach()), raw(b.detach()))
    return implicit(lambda x: a @ x + x @ b - q, solve.value(raw(q))[0], solve)


@twin("linalg")
def solve_continuous_lyapunov(a: Any, q: Any) -> Any:
    """Return the solution of ``a x + x a* = q``; see ``scipy.linalg``."""
    a, q = _matrices("solve_continuous_lyapunov", a, q)
    here = raw(a.detach())
    solve = _Sylvester(here, here.conj().T)
    return implicit(lambda x: a @ x + x @ H(a) - q, solve.value(raw(q))[0], solve)


solve_lyapunov = solve_continuous_lyapunov


class _Stein:
    """Solves ``a x a* - x = q`` by the library."""

    def __init__(self, a: Any) -> None:
        self.a, self.library = a, chapter("linalg")

    def __call__(self, q: Any, adjoint: bool) -> Any:
        a = self.a.conj().T if adjoint else self.a
        return self.library.solve_discrete_lyapunov(a, -q)


@twin("linalg")
def solve_discrete_lyapunov(a: Any, q: Any, method: Any = None) -> Any:
    """Return the solution of ``a x a* - x + q = 0``; see ``scipy.linalg``."""
    a, q = _matrices("solve_discrete_lyapunov", a, q)
    value = chapter("linalg").solve_discrete_lyapunov(raw(a), raw(q), method)
    return implicit(lambda x: a @ x @ H(a) - x + q, value, _Stein(raw(a.detach())))


def _require_plain(name: str, e: Any, s: Any) -> None:
    if e is not None or s is not None:
        raise NotImplementedError(
            f"{name}: e and s have no derivative here. With e, give solve(e, a) and solve(e, b); "
            "with s, replace a by a - b r^-1 s* and q by q - s r^-1 s*"
        )


@twin("linalg")
def solve_continuous_are(
    a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None, balanced: bool = True
) -> Any:
    """Return the solution of ``a* x + x a - x b r^-1 b* x + q = 0``; see ``scipy.linalg``."""
    _require_plain("solve_continuous_are", e, s)
    a, b, q, r = _matrices("solve_continuous_are", a, b, q, r)
    value = chapter("linalg").solve_continuous_are(*map(raw, (a, b, q, r)), balanced=balanced)
    gain = xgrad.linalg.solve(r, H(b))
    closed = raw(a) - raw(b) @ raw(gain) @ value
    return implicit(
        lambda x: H(a) @ x + x @ a - x @ b @ gain @ x + q,
        value,
        _Sylvester(closed.conj().T, closed),
    )


@twin("linalg")
def solve_discrete_are(
    a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None, balanced: bool = True
) -> Any:
    """Return the solution of ``a* x a - x - a* x b (r + b* x b)^-1 b* x a + q = 0``."""
    _require_plain("solve_discrete_are", e, s)
    a, b, q, r = _matrices("solve_discrete_are", a, b, q, r)
    A, B, Q, R = map(raw, (a, b, q, r))
    value = chapter("linalg").solve_discrete_are(A, B, Q, R, balanced=balanced)
    gain = np.linalg.solve(R + B.conj().T @ value @ B, B.conj().T @ value @ A)
    closed = A - B @ gain

    def equation(x: Any) -> Any:
        pulled = H(b) @ x @ a
        inner = xgrad.linalg.solve(r + H(b) @ x @ b, pulled)
        return H(a) @ x @ a - x - H(a) @ x @ b @ inner + q

    return implicit(equation, value, _Stein(closed.conj().T))
