"""Functions of matrices, exact also where eigenvalues are equal.

A decomposition cannot tell how equal eigenvalues split (see `degenerate`); these need none in their
derivatives, or use divided differences, whose limit at equal eigenvalues is the derivative (Ju. L.
Daleckii and S. G. Krein, 1951; N. J. Higham, "Functions of Matrices", 2008, theorem 3.11).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..arrays.array import Array
from ..arrays.types import as_given
from ..backends import XP, Raw, backend_of
from ..engine import handed
from ..engine.op import rule
from ..engine.projection import conj, ones_like
from ..engine.record import Record
from ..errors import NotDifferentiableError
from ..ops.products import adjoint as adjoint_of
from ..ops.products import matmul
from .common import H, column, hermitian, identity, require_square, row
from .degenerate import epsilon
from .solving import inv

Function = Callable[[Any], Any]


class PolarResult(NamedTuple):
    """A factor with orthonormal columns, and a Hermitian positive semi-definite one."""

    U: Array
    P: Array


# Of any square matrix ----------------------------------------------------------------------------


def _expm_derivative(xp: XP, x: Any, e: Any) -> Any:
    """exp([[A, E], [0, A]]) has the derivative of exp at A along E in its upper right corner."""
    n = x.shape[-1]
    above = xp.concat([x, e], axis=-1)
    below = xp.concat([xp.zeros_like(x), x], axis=-1)
    return _expm(xp.concat([above, below], axis=-2))[..., :n, n:]


@rule(
    vjp=lambda xp, g, x: _expm_derivative(xp, H(xp, x), g),
    jvp=lambda xp, t, x: _expm_derivative(xp, x, t),
    core=2,
)
def _expm(x: Array, /) -> Array:
    """Return the exponential of square matrices."""
    return backend_of(x).expm(x)


@as_given
def expm(x: Array, /) -> Array:
    """Return the exponential of square matrices, with derivatives of any order.

    >>> import xgrad as xg
    >>> xg.linalg.expm(xg.zeros((2, 2))).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    require_square("expm", "x", x)
    return _expm(x)


# Of Hermitian matrices, by one equation ----------------------------------------------------------


def _lyapunov_vjp(xp: XP, g: Any, p: Any, out: Any) -> tuple[Any, Any]:
    y = _lyapunov(p, g)
    return -hermitian(xp, y @ H(xp, out) + H(xp, out) @ y), y


def _lyapunov_jvp(xp: XP, t: Any, p: Any, out: Any) -> Any:
    dp = hermitian(xp, t[0])
    return _lyapunov(p, t[1] - dp @ out - out @ dp)


@rule(vjp=_lyapunov_vjp, jvp=_lyapunov_jvp, core=2)
def _lyapunov(p: Raw, c: Raw, /) -> Array:
    """Return the solution X of ``P @ X + X @ P = C`` for a Hermitian P."""
    xp = backend_of(c).xp
    w, V = xp.linalg.eigh(hermitian(xp, p))
    inner = (H(xp, V) @ c @ V) / xp.astype(row(xp, w) + column(xp, w), V.dtype)
    return V @ inner @ H(xp, V)


@rule(
    vjp=lambda xp, g, out: hermitian(xp, _lyapunov(out, g)),
    jvp=lambda xp, t, out: _lyapunov(out, hermitian(xp, t)),
    core=2,
)
def _sqrtm(x: Array, /) -> Array:
    """Return the square root of Hermitian matrices."""
    xp = backend_of(x).xp
    w, V = xp.linalg.eigh(hermitian(xp, x))
    root = xp.sqrt(xp.where(w < 0, xp.zeros_like(w), w))  # rounding may push a zero below
    return (V * row(xp, xp.astype(root, V.dtype))) @ H(xp, V)


@as_given
def sqrtm(x: Array, /) -> Array:
    """Return the square root of Hermitian positive semi-definite matrices.

    Its derivatives, of any order, exist where the matrix is definite, also at equal eigenvalues.

    >>> import xgrad as xg
    >>> xg.linalg.sqrtm(xg.asarray([[4.0, 0.0], [0.0, 4.0]])).tolist()
    [[2.0, 0.0], [0.0, 2.0]]
    """
    require_square("sqrtm", "x", x)
    return _sqrtm(x)


def _unitary_parts(xp: XP, x: Any, out: Any, e: Any) -> tuple[Any, Any]:
    """Split E into W K with K P + P K = W^H E - E^H W, and what leaves the space of W."""
    P = hermitian(xp, H(xp, out) @ x)
    turned = H(xp, out) @ e
    inside = out @ _lyapunov(P, turned - H(xp, turned))
    if x.shape[-2] == x.shape[-1]:
        return inside, None
    return inside, (e - out @ turned) @ inv(P)


def _unitary_derivative(xp: XP, x: Any, out: Any, e: Any) -> Any:
    """The derivative along E, which is its own adjoint."""
    inside, outside = _unitary_parts(xp, x, out, e)
    return inside if outside is None else inside + outside


@rule(
    vjp=lambda xp, g, x, out: _unitary_derivative(xp, x, out, g),
    jvp=lambda xp, t, x, out: _unitary_derivative(xp, x, out, t),
    core=2,
)
def _unitary_factor(x: Array, /) -> Array:
    """Return the matrix with orthonormal columns that is nearest."""
    xp = backend_of(x).xp
    U, _, Vh = xp.linalg.svd(x, full_matrices=False)
    return U @ Vh


@as_given
def polar(x: Array, /) -> PolarResult:
    """Return the polar factors of square or tall matrices: ``x = U @ P``.

    `U` is the nearest matrix with orthonormal columns, as in the orthogonal Procrustes problem.
    Derivatives of any order exist where the columns are independent, also at equal singular values.

    >>> import xgrad as xg
    >>> U, P = xg.linalg.polar(xg.asarray([[0.0, -2.0], [2.0, 0.0]]))
    >>> U.tolist(), P.tolist()
    ([[0.0, -1.0], [1.0, 0.0]], [[2.0, 0.0], [0.0, 2.0]])
    """
    shape = tuple(x.shape)
    if len(shape) < 2 or shape[-2] < shape[-1]:
        raise ValueError(
            f"polar: x has shape {shape}; expected at least as many rows as columns. "
            "Of a wide x take the factors of its conjugate transpose"
        )
    U = _unitary_factor(x)
    xp = handed.NAMESPACES[type(U)]
    product = matmul(adjoint_of(xp, U), x) if isinstance(U, Array) else _raw_adjoint(U) @ x
    return PolarResult(U, hermitian(xp, product))


def _raw_adjoint(x: Any) -> Any:
    return adjoint_of(backend_of(x).xp, x)


# Of Hermitian matrices, by any function of the eigenvalues ---------------------------------------

_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(5)
NODES = [((p + 1) / 2, w / 2) for p, w in zip(_POINTS.tolist(), _WEIGHTS.tolist(), strict=True)]
"""Points in [0, 1] and their weights, exact for polynomials up to the ninth degree."""


def _slope(f: Callable[[Array], Any], x: Array) -> Array:
    """Return the derivative of an elementwise function at each element of `x`."""
    record = Record("slope", f, (x,), (0,), {}, False)
    (tangent,) = record.push([Array(ones_like(x._raw))])
    return tangent


def _derivative(f: Function, order: int) -> Function:
    """Return the derivative of an elementwise function, checked."""
    if order:
        lower = _derivative(f, order - 1)
        return lambda w: _slope(lower, w)

    def checked(w: Array) -> Array:
        out = f(w)
        if getattr(out, "shape", None) != w.shape:
            raise ValueError(
                f"matrix_function: f gave {getattr(out, 'shape', type(out))} for eigenvalues of "
                f"shape {w.shape}; expected a function of each element, such as xgrad.exp"
            )
        return out

    return checked


def _values(f: Function, w: Any) -> Any:
    """Return an elementwise function of raw values."""
    out = f(Array(w))
    if out.is_tracked:
        raise NotDifferentiableError(
            "matrix_function: f depends on a tracked array besides its argument, and that "
            "derivative would be lost. Write such a function with xgrad.linalg.eigh"
        )
    return out._raw


def _largest(xp: XP, x: Any, axes: tuple[int, ...]) -> Any:
    return xp.max(x, axis=axes, keepdims=True) if 0 not in x.shape else xp.zeros_like(x)


def _near(xp: XP, low: Any, high: Any, y1: Any, y2: Any, axes: tuple[int, ...]) -> Any:
    """Return where ``(y2 - y1) / (high - low)`` would lose digits that a mean over points keeps.

    That is where the points are near to each other for their own size; and, of points that are
    small in the spectrum, where the values differ by rounding errors of the largest value.
    """
    eps, gap, top = epsilon(low), high - low, xp.abs(low) + xp.abs(high)
    equal = xp.abs(y2 - y1) <= eps**0.5 * _largest(xp, xp.abs(y1) + xp.abs(y2), axes)
    small = xp.abs(gap) <= eps**0.3 * _largest(xp, top, axes)
    return (xp.abs(gap) <= eps**0.3 * top) | (equal & small)


def _divided(f: Function, a: Any, b: Any, axes: tuple[int, ...]) -> Any:
    """Return ``(f(b) - f(a)) / (b - a)``, by the mean of f' between them where that cancels."""
    xp = backend_of(a).xp
    fa, fb, gap = _values(_derivative(f, 0), a), _values(_derivative(f, 0), b), b - a
    near = _near(xp, a, b, fa, fb, axes)
    slope = _derivative(f, 1)
    mean = sum(c * _values(slope, a + t * gap) for t, c in NODES)
    step = xp.astype(xp.where(near, xp.ones_like(gap), gap), fa.dtype)
    return xp.where(near, mean, (fb - fa) / step)


def _divided_twice(f: Function, a: Any, b: Any, c: Any, axes: tuple[int, ...]) -> Any:
    """Return the second divided difference, by the mean of f'' over the triangle where it cancels.

    It is symmetric: the first differences are taken from the middle point to the outer ones.
    """
    xp = backend_of(a).xp
    low, high = xp.minimum(xp.minimum(a, b), c), xp.maximum(xp.maximum(a, b), c)
    middle = xp.maximum(xp.minimum(a, b), xp.minimum(xp.maximum(a, b), c))
    left, right = _divided(f, low, middle, axes), _divided(f, middle, high, axes)
    gap = high - low
    near = _near(xp, low, high, left, right, axes)
    bend = _derivative(f, 2)
    mean = sum(
        c1 * c2 * s * _values(bend, low + s * ((middle - low) + t * (high - middle)))
        for s, c1 in NODES
        for t, c2 in NODES
    )
    step = xp.astype(xp.where(near, xp.ones_like(gap), gap), left.dtype)
    return xp.where(near, mean, (right - left) / step)


def _in_basis(V: Any, inner: Any) -> Any:
    """Return V X V^H in the wider dtype of the two."""
    xp = backend_of(V).xp
    dtype = xp.result_type(V, inner)
    V, inner = xp.astype(V, dtype), xp.astype(inner, dtype)
    return V @ inner @ H(xp, V)


def _basis(x: Any) -> tuple[Any, Any, Function]:
    """Return eigenvalues, eigenvectors, and what brings a matrix to their basis."""
    xp = backend_of(x).xp
    w, V = xp.linalg.eigh(hermitian(xp, x))
    return w, V, lambda e: _in_basis(H(xp, V), e)


@rule(
    vjp=lambda xp, g, x, f: hermitian(xp, _first(x, g, f=f, adjoint=True)),
    jvp=lambda xp, t, x, f: _first(x, hermitian(xp, t), f=f),
    core=2,
)
def _matrix_function(x: Array, /, *, f: Function) -> Array:
    """Return f of Hermitian matrices."""
    w, V, _ = _basis(x)
    return _in_basis(V, column(backend_of(x).xp, _values(_derivative(f, 0), w)) * identity(None, V))


def _first_vjp(xp: XP, g: Any, x: Any, e: Any, f: Function, adjoint: bool) -> tuple[Any, Any]:
    turned = _second(x, H(xp, e), g, f=f, adjoint=not adjoint)
    return hermitian(xp, turned), _first(x, g, f=f, adjoint=not adjoint)


def _first_jvp(xp: XP, t: Any, x: Any, e: Any, f: Function, adjoint: bool) -> Any:
    turned = _second(x, e, hermitian(xp, t[0]), f=f, adjoint=adjoint)
    return turned + _first(x, t[1], f=f, adjoint=adjoint)


@rule(vjp=_first_vjp, jvp=_first_jvp, core=2)
def _first(x: Raw, e: Raw, /, *, f: Function, adjoint: bool = False) -> Array:
    """Return the derivative of f at `x` along `e`: f[w_i, w_j] times E in the basis of V."""
    xp = backend_of(e).xp
    w, V, turn = _basis(x)
    grid = row(xp, w) + xp.zeros_like(column(xp, w))
    slopes = _divided(f, xp.matrix_transpose(grid), grid, (-2, -1))
    return _in_basis(V, (conj(xp, slopes) if adjoint else slopes) * turn(e))


def _third(xp: XP, g: Any, x: Any) -> Any:
    raise NotDifferentiableError(
        "matrix_function: it has derivatives of the first and second order; a third was asked for. "
        "xgrad.linalg.expm, sqrtm and polar have derivatives of any order"
    )


@rule(vjp=_third, jvp=_third, core=2)
def _second(x: Raw, a: Raw, b: Raw, /, *, f: Function, adjoint: bool = False) -> Array:
    """Return the second derivative: f[w_i, w_k, w_j] (A_ik B_kj + B_ik A_kj), summed over k."""
    xp = backend_of(b).xp
    w, V, turn = _basis(x)
    n = w.shape[-1]
    i, k, j = (xp.reshape(w, (*w.shape[:-1], *s)) for s in ((n, 1, 1), (1, n, 1), (1, 1, n)))
    zeros = xp.zeros_like(i + k + j)
    bends = _divided_twice(f, i + zeros, k + zeros, j + zeros, (-3, -2, -1))
    bends = conj(xp, bends) if adjoint else bends
    a, b = turn(a), turn(b)
    paths = column(xp, a) * xp.expand_dims(b, axis=-3) + column(xp, b) * xp.expand_dims(a, axis=-3)
    return _in_basis(V, xp.sum(bends * paths, axis=-2))


@as_given
def matrix_function(x: Array, f: Function, /) -> Array:
    """Return a function of Hermitian matrices, ``V @ diag(f(w)) @ V^H`` of their eigenvalues.

    First and second derivatives are exact also at equal eigenvalues, where those of a program that
    writes the formula out with `eigh` are not. Eigenvalues of a rounding error's size count as they
    are: ``xgrad.sqrt`` of one below zero is NaN (`sqrtm` sets it to zero).

    Args:
        x: Hermitian matrices of shape ``(..., n, n)``; of others, the Hermitian part counts.
        f: a function of each eigenvalue, such as `xgrad.log`, with derivatives where they are.

    Returns:
        Matrices of the shape of `x`.

    >>> import xgrad as xg
    >>> A = xg.asarray([[2.0, 0.0], [0.0, 2.0]])
    >>> xg.grad(lambda A: xg.linalg.matrix_function(A, lambda w: w**3)[0, 1])(A).tolist()
    [[0.0, 6.0], [6.0, 0.0]]
    """
    require_square("matrix_function", "x", x)
    return _matrix_function(x, f=f)
