"""Matrix equations: each rule is the equation itself, linearised by a Sylvester solver."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
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


def _riccati(name: str, a: Any, b: Any, q: Any, r: Any, e: Any, s: Any) -> list[Any]:
    """Return the six matrices, `e` as a unit matrix and `s` as zeros where they are None."""
    a = xgrad.asarray(a)
    e = xgrad.eye(a.shape[-1]) if e is None else e
    s = xgrad.zeros(xgrad.asarray(b).shape) if s is None else s
    return _matrices(name, a, b, q, r, e, s)


def _require_solved(name: str, equation: Any, value: Any) -> None:
    """Refuse what is no solution: SciPy's balancing loses digits, all of them with some `e`."""
    left = np.max(np.abs(raw(equation(Array(value)).detach())), initial=0.0)
    if left > 1e-4 * np.max(np.abs(value), initial=1.0):
        raise RuleError(
            f"{name}: what SciPy gives leaves {left:.1e} of the equation, so that it has no "
            "derivative; give balanced=False"
        )


@twin("linalg")
def solve_continuous_are(
    a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None, balanced: bool = True
) -> Any:
    """Return the solution of ``a* x + x a - x b r^-1 b* x + q = 0``; see ``scipy.linalg``.

    With `e` and `s` it is that of ``a* x e + e* x a - (e* x b + s) r^-1 (b* x e + s*) + q = 0``.
    """
    is_plain = e is None and s is None
    a, b, q, r, e, s = matrices = _riccati("solve_continuous_are", a, b, q, r, e, s)
    value = chapter("linalg").solve_continuous_are(
        *map(raw, matrices[:4] if is_plain else matrices), balanced=balanced
    )

    def equation(x: Any) -> Any:
        gain = xgrad.linalg.solve(r, H(b) @ x @ e + H(s))
        return H(a) @ x @ e + H(e) @ x @ a - (H(e) @ x @ b + s) @ gain + q

    _require_solved("solve_continuous_are", equation, value)
    closed = raw(a) - raw(b) @ np.linalg.solve(raw(r), raw(b).conj().T) @ value
    return implicit(equation, value, _Sylvester(closed.conj().T, closed) if is_plain else None)


@twin("linalg")
def solve_discrete_are(
    a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None, balanced: bool = True
) -> Any:
    """Return the solution of ``a* x a - x - a* x b (r + b* x b)^-1 b* x a + q = 0``.

    With `e` and `s` it is that of
    ``a* x a - e* x e - (a* x b + s) (r + b* x b)^-1 (b* x a + s*) + q = 0``; see ``scipy.linalg``.
    """
    is_plain = e is None and s is None
    a, b, q, r, e, s = matrices = _riccati("solve_discrete_are", a, b, q, r, e, s)
    value = chapter("linalg").solve_discrete_are(
        *map(raw, matrices[:4] if is_plain else matrices), balanced=balanced
    )
    A, B = raw(a), raw(b)
    closed = A - B @ np.linalg.solve(raw(r) + B.conj().T @ value @ B, B.conj().T @ value @ A)

    def equation(x: Any) -> Any:
        inner = xgrad.linalg.solve(r + H(b) @ x @ b, H(b) @ x @ a + H(s))
        return H(a) @ x @ a - H(e) @ x @ e - (H(a) @ x @ b + s) @ inner + q

    _require_solved("solve_discrete_are", equation, value)
    return implicit(equation, value, _Stein(closed.conj().T) if is_plain else None)
