"""Rational functions and their partial fractions."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ..common import chapter, is_tracked, raw, twin, with_derivative_of
from .design import vector

__all__ = ["invres", "invresz", "residue", "residuez"]


def _is_simple(name: str, poles: Any, a: Any) -> None:
    """Raise if poles coincide: they have no derivative in the coefficients then."""
    held = np.asarray(poles)
    apart = np.abs(held[:, None] - held) + np.eye(len(held))
    if np.any(apart == 0):
        raise NotImplementedError(
            f"{name}: poles coincide, and have no derivative in the coefficients then; expected "
            "simple ones"
        )


def _ordered(name: str, a: Any, wanted: Any) -> Any:
    """Return the roots of a polynomial in the order of SciPy's."""
    _is_simple(name, wanted, a)
    roots = xgrad.roots(a)
    near = np.argmin(np.abs(np.asarray(raw(roots)) - np.asarray(wanted)[:, None]), axis=1)
    return xgrad.take(roots, xgrad.asarray(near))


def _at(c: Any, x: Any) -> Any:
    """Return the values of a polynomial, its highest coefficient first."""
    total = xgrad.zeros_like(x) + c[0]
    for i in range(1, c.shape[0]):
        total = total * x + c[i]
    return total


def _others(p: Any) -> Any:
    """Return for each pole the product of its distances from the others."""
    apart = p[:, None] - p
    own = xgrad.asarray(np.eye(p.shape[0], dtype=bool))
    return xgrad.prod(xgrad.where(own, 1.0, apart), axis=1)


@twin("signal")
def residue(b: Any, a: Any, tol: float = 1e-3, rtype: str = "avg") -> Any:
    """Return residues, poles and the polynomial part; see ``scipy.signal.residue``.

    Differentiable in both polynomials where the poles are simple.
    """
    b, a = vector(b) * 1.0, vector(a) * 1.0
    r, p, k = chapter("signal").residue(raw(b), raw(a), tol, rtype)
    if not is_tracked(b, a):
        return tuple(map(xgrad.asarray, (r, p, k)))
    poles = _ordered("residue", a, p)
    residues = _at(b, poles) / (a[0] * _others(poles))
    quotient = xgrad.polydiv(b, a)[0] if len(k) else xgrad.zeros((0,))
    return _with_values((r, p, k), (residues, poles, quotient))


@twin("signal")
def residuez(b: Any, a: Any, tol: float = 1e-3, rtype: str = "avg") -> Any:
    """Return residues, poles and direct terms in 1 / z; see ``scipy.signal.residuez``.

    Differentiable in both polynomials where the poles are simple.
    """
    b, a = vector(b) * 1.0, vector(a) * 1.0
    r, p, k = chapter("signal").residuez(raw(b), raw(a), tol, rtype)
    if not is_tracked(b, a):
        return tuple(map(xgrad.asarray, (r, p, k)))
    poles = _ordered("residuez", a, p)
    power = a.shape[0] - 2
    residues = _at(xgrad.flip(b), 1.0 / poles) * poles**power / (a[0] * _others(poles))
    quotient = xgrad.zeros((0,))
    if len(k):
        quotient = xgrad.flip(xgrad.polydiv(xgrad.flip(b), xgrad.flip(a))[0])
    return _with_values((r, p, k), (residues, poles, quotient))


def _with_values(values: Any, found: Any) -> Any:
    return tuple(
        with_derivative_of(np.asarray(v), x if v.dtype.kind == "c" else xgrad.real(x))
        for v, x in zip(values, found, strict=True)
    )


def _inverse(name: str, r: Any, p: Any, k: Any, tol: float, rtype: str, turned: bool) -> Any:
    """Return the polynomials of partial fractions, whose variable is 1 / z if they are turned."""
    r, p, k = vector(r), vector(p), vector(k) if np.size(raw(k)) else xgrad.zeros((0,))
    if r.shape != p.shape:
        raise ValueError(
            f"{name}: r has shape {r.shape} and p has {p.shape}; expected a pole for each residue"
        )
    if rtype not in ("max", "maximum", "min", "minimum", "avg", "mean"):
        raise ValueError(f"{name}: rtype is {rtype!r}; expected 'max', 'min' or 'avg'")
    held = np.asarray(raw(p))
    groups: list[list[int]] = []
    for i, pole in enumerate(held):  # SciPy takes the first of a group for all of them
        if groups and abs(pole - held[groups[-1][0]]) <= tol:
            groups[-1].append(i)
        else:
            groups.append([i])
    one = xgrad.ones((1,), dtype=p.dtype)

    def power(i: int, n: int) -> Any:
        factor = xgrad.stack([one[0], -p[i]])
        out = one
        for _ in range(n):
            out = xgrad.convolve(out, factor)
        return out

    def whole(parts: list[Any]) -> Any:
        out = one
        for part in parts:
            out = xgrad.convolve(out, part)
        return out

    factors = [power(g[0], len(g)) for g in groups]
    denominator = whole(factors)
    terms = []
    if k.shape[0]:
        term = xgrad.convolve(k, denominator)
        terms = [xgrad.flip(term) if turned else term]
    for place, group in enumerate(groups):
        rest = whole([f for other, f in enumerate(factors) if other != place])
        for j, i in enumerate(group):
            term = r[i] * xgrad.convolve(rest, power(group[0], len(group) - 1 - j))
            terms.append(xgrad.flip(term) if turned else term)
    long = max(t.shape[0] for t in terms)
    numerator = sum(xgrad.pad(t, (long - t.shape[0], 0)) for t in terms)
    return xgrad.flip(numerator) if turned else numerator, denominator


@twin("signal", "d")
def invres(r: Any, p: Any, k: Any, tol: float = 1e-3, rtype: str = "avg") -> Any:
    """Return the polynomials of partial fractions; see ``scipy.signal.invres``."""
    return _inverse("invres", r, p, k, tol, rtype, turned=False)


@twin("signal", "d")
def invresz(r: Any, p: Any, k: Any, tol: float = 1e-3, rtype: str = "avg") -> Any:
    """Return the polynomials in 1 / z of partial fractions; see ``scipy.signal.invresz``."""
    return _inverse("invresz", r, p, k, tol, rtype, turned=True)
