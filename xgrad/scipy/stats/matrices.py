"""Distributions of matrices, counts and directions, by value and every parameter."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any

import numpy as np

import xgrad
from xgrad import special

from ..common import arrays_in, chapter, raw
from ..mistakes import told

__all__ = [
    "Multivariate",
    "dirichlet_multinomial",
    "invwishart",
    "matrix_normal",
    "matrix_t",
    "multinomial",
    "multivariate_hypergeom",
    "normal_inverse_gamma",
    "own",
    "vonmises_fisher",
    "wishart",
]

LOG_2, LOG_PI, LOG_2PI = math.log(2.0), math.log(math.pi), math.log(2 * math.pi)


class Multivariate:
    """A distribution of SciPy's, of more than one number; what is not here is SciPy's own."""

    name = ""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the distribution with its parameters fixed."""
        from .distributions import Frozen

        if not arrays_in(args, kwargs):
            return getattr(chapter("stats"), self.name)(*args, **kwargs)
        kwargs.pop("seed", None)
        return Frozen(self, args, kwargs)

    def parameter(self, name: str, args: Any, kwargs: Any) -> Any:
        """Return a parameter by its name as SciPy's frozen distributions have it, None if none."""
        density = getattr(self, "logpdf", None) or self.logpmf
        known = list(signature(density).parameters.values())[1:]
        if name not in [p.name for p in known]:
            return None
        given = {p.name: p.default for p in known}
        given |= dict(zip(given, args, strict=False)) | kwargs
        if self.name not in ("multivariate_normal", "multivariate_t"):
            return given[name]
        place, spread = list(given)[:2]
        matrix = _matrix(
            given[spread], None if given[place] is None else np.size(raw(given[place]))
        )
        if name == place:
            return xgrad.zeros((matrix.shape[-1],)) if given[name] is None else given[name]
        return matrix if name == spread else given[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(getattr(chapter("stats"), self.name), name)


def own(method: Callable[..., Any]) -> Callable[..., Any]:
    """Have SciPy's own method answer where no `Array` is given."""

    @told("stats")
    @wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not arrays_in(args, kwargs):
            plain = getattr(chapter("stats"), self.name)
            return getattr(plain, method.__name__)(*args, **kwargs)
        return method(self, *args, **kwargs)

    return call


def _matrix(x: Any, size: int | None = None) -> Any:
    """Return a matrix as SciPy reads it: a number or a vector is a diagonal."""
    x = xgrad.asarray(getattr(x, "covariance", x)) * 1.0  # of a Covariance of SciPy's
    if x.ndim == 0:
        return x * xgrad.asarray(np.eye(size or 1))
    return xgrad.diag(x) if x.ndim == 1 else x


def _log_det(L: Any) -> Any:
    return 2.0 * xgrad.sum(xgrad.log(xgrad.linalg.diagonal(L)), axis=-1)


def _multigammaln(a: Any, d: int) -> Any:
    shift = xgrad.asarray(-0.5 * np.arange(d))
    total = xgrad.sum(special.gammaln(xgrad.asarray(a)[..., None] + shift), axis=-1)
    return d * (d - 1) / 4 * LOG_PI + total


def _traces(L: Any, M: Any) -> Any:
    """Return the trace of ``inv(L L^T) M M^T`` for triangular factors."""
    half = xgrad.linalg.solve_triangular(L, M, lower=True)
    return xgrad.sum(half * half, axis=(-2, -1))


class _Wishart(Multivariate):
    """The Wishart distribution of positive definite matrices."""

    name = "wishart"

    def _read(self, df: Any, scale: Any) -> tuple[int, Any, Any, Any]:
        scale = _matrix(scale)
        return scale.shape[-1], xgrad.asarray(df) * 1.0, scale, xgrad.linalg.cholesky(scale)

    @staticmethod
    def _points(x: Any, n: int) -> Any:
        """Return the factors of matrices, which SciPy has along the last axis."""
        x = xgrad.asarray(x) * 1.0
        if x.ndim < 2:
            x = x * xgrad.asarray(np.eye(n))[..., None] if x.ndim else _matrix(x, n)
        x = xgrad.moveaxis(x, -1, 0) if x.ndim == 3 else x
        return x, xgrad.linalg.cholesky(x)

    @own
    def logpdf(self, x: Any, df: Any, scale: Any) -> Any:
        """Return the logarithm of the density of matrices."""
        n, df, scale, L = self._read(df, scale)
        _, C = self._points(x, n)
        norm = 0.5 * df * n * LOG_2 + 0.5 * df * _log_det(L) + _multigammaln(0.5 * df, n)
        return 0.5 * (df - n - 1) * _log_det(C) - 0.5 * _traces(L, C) - norm

    @own
    def pdf(self, x: Any, df: Any, scale: Any) -> Any:
        """Return the density."""
        return xgrad.exp(self.logpdf(x, df, scale))

    @own
    def mean(self, df: Any, scale: Any) -> Any:
        """Return the mean."""
        return df * _matrix(scale)

    @own
    def mode(self, df: Any, scale: Any) -> Any:
        """Return the mode."""
        scale = _matrix(scale)
        n = scale.shape[-1]
        return (df - n - 1) * scale if raw(df) >= n + 1 else None

    @own
    def var(self, df: Any, scale: Any) -> Any:
        """Return the variance of each element."""
        scale = _matrix(scale)
        d = xgrad.linalg.diagonal(scale)
        return df * (scale**2 + d[:, None] * d[None, :])

    @own
    def entropy(self, df: Any, scale: Any) -> Any:
        """Return the differential entropy."""
        n, df, scale, L = self._read(df, scale)
        digammas = xgrad.sum(special.digamma(0.5 * (df - xgrad.asarray(np.arange(n) * 1.0))))
        return (
            0.5 * (n + 1) * _log_det(L) + 0.5 * n * (n + 1) * LOG_2 + _multigammaln(0.5 * df, n)
            - 0.5 * (df - n - 1) * digammas + 0.5 * df * n
        )  # fmt: skip


class _InverseWishart(_Wishart):
    """The distribution of the inverse of a matrix that has Wishart's."""

    name = "invwishart"

    @own
    def logpdf(self, x: Any, df: Any, scale: Any) -> Any:
        """Return the logarithm of the density of matrices."""
        n, df, scale, L = self._read(df, scale)
        _, C = self._points(x, n)
        L = xgrad.broadcast_to(L, C.shape)
        norm = 0.5 * df * n * LOG_2 - 0.5 * df * _log_det(L) + _multigammaln(0.5 * df, n)
        return -0.5 * (df + n + 1) * _log_det(C) - 0.5 * _traces(C, L) - norm

    @own
    def mean(self, df: Any, scale: Any) -> Any:
        """Return the mean."""
        scale = _matrix(scale)
        n = scale.shape[-1]
        return scale / (df - n - 1) if raw(df) > n + 1 else None

    @own
    def mode(self, df: Any, scale: Any) -> Any:
        """Return the mode."""
        scale = _matrix(scale)
        return scale / (df + scale.shape[-1] + 1)

    @own
    def var(self, df: Any, scale: Any) -> Any:
        """Return the variance of each element."""
        scale = _matrix(scale)
        n, d = scale.shape[-1], xgrad.linalg.diagonal(scale)
        if not raw(df) > n + 3:
            return None
        whole = (df - n + 1) * scale**2 + (df - n - 1) * d[:, None] * d[None, :]
        return whole / ((df - n) * (df - n - 1) ** 2 * (df - n - 3))

    @own
    def entropy(self, df: Any, scale: Any) -> Any:
        """Return the differential entropy."""
        n, df, scale, L = self._read(df, scale)
        digammas = xgrad.sum(special.digamma(0.5 * (df - xgrad.asarray(np.arange(n) * 1.0))))
        return (
            _multigammaln(0.5 * df, n) + 0.5 * n * df + 0.5 * (n + 1) * (_log_det(L) - LOG_2)
            - 0.5 * (df + n + 1) * digammas
        )  # fmt: skip


def _away(X: Any, mean: Any, rows: Any, cols: Any) -> tuple[Any, Any, Any]:
    """Return deviations of matrices, and the factors of what rows and columns spread."""
    X = xgrad.asarray(X) * 1.0
    L, R = (
        xgrad.linalg.cholesky(_matrix(c, n))
        for c, n in zip((rows, cols), X.shape[-2:], strict=True)
    )
    return X if mean is None else X - mean, L, R


def _whitened(away: Any, L: Any, R: Any) -> Any:
    solve, turn = xgrad.linalg.solve_triangular, xgrad.matrix_transpose
    lead = away.shape[:-2]
    L, R = (xgrad.broadcast_to(f, (*lead, *f.shape)) for f in (L, R))
    return turn(solve(R, turn(solve(L, away, lower=True)), lower=True))


class _MatrixNormal(Multivariate):
    """The normal distribution of matrices whose rows and columns covary."""

    name = "matrix_normal"

    @own
    def logpdf(self, X: Any, mean: Any = None, rowcov: Any = 1, colcov: Any = 1) -> Any:
        """Return the logarithm of the density of matrices."""
        away, L, R = _away(X, mean, rowcov, colcov)
        m, n = away.shape[-2:]
        squares = xgrad.sum(_whitened(away, L, R) ** 2, axis=(-2, -1))
        return -0.5 * (m * n * LOG_2PI + n * _log_det(L) + m * _log_det(R) + squares)

    @own
    def pdf(self, X: Any, mean: Any = None, rowcov: Any = 1, colcov: Any = 1) -> Any:
        """Return the density."""
        return xgrad.exp(self.logpdf(X, mean, rowcov, colcov))

    @own
    def entropy(self, rowcov: Any = 1, colcov: Any = 1) -> Any:
        """Return the differential entropy."""
        rows, cols = _matrix(rowcov), _matrix(colcov)
        m, n = rows.shape[-1], cols.shape[-1]
        spread = n * _log_det(xgrad.linalg.cholesky(rows)) + m * _log_det(
            xgrad.linalg.cholesky(cols)
        )
        return 0.5 * (m * n * (1.0 + LOG_2PI) + spread)


class _MatrixT(Multivariate):
    """The t distribution of matrices."""

    name = "matrix_t"

    @own
    def logpdf(
        self, X: Any, mean: Any = None, row_spread: Any = 1, col_spread: Any = 1, df: Any = 1
    ) -> Any:
        """Return the logarithm of the density of matrices."""
        away, L, R = _away(X, mean, row_spread, col_spread)
        m, n = away.shape[-2:]
        W = _whitened(away, L, R)
        df = xgrad.asarray(df) * 1.0
        _, log_det = xgrad.linalg.slogdet(xgrad.matrix_transpose(W) @ W + xgrad.asarray(np.eye(n)))
        top, low = (df + m + n - 1) / 2, (df + n - 1) / 2
        norm = _multigammaln(top, n) - _multigammaln(low, n) - m * n / 2 * LOG_PI
        return norm - n / 2 * _log_det(L) - m / 2 * _log_det(R) - top * log_det

    @own
    def pdf(
        self, X: Any, mean: Any = None, row_spread: Any = 1, col_spread: Any = 1, df: Any = 1
    ) -> Any:
        """Return the density."""
        return xgrad.exp(self.logpdf(X, mean, row_spread, col_spread, df))


def _spread(p: Any, scale: Any) -> Any:
    """Return ``scale (diag(p) - p p^T)``, the covariance of counts."""
    unit = xgrad.asarray(np.eye(p.shape[-1]))
    return scale * (p[..., :, None] * unit - p[..., :, None] * p[..., None, :])


class _Multinomial(Multivariate):
    """The multinomial distribution, by its probabilities; the last one is what the others leave."""

    name = "multinomial"

    @staticmethod
    def _read(p: Any) -> Any:
        p = xgrad.asarray(p) * 1.0
        return xgrad.concat(
            [p[..., :-1], 1.0 - xgrad.sum(p[..., :-1], axis=-1, keepdims=True)], axis=-1
        )

    @own
    def logpmf(self, x: Any, n: Any, p: Any) -> Any:
        """Return the logarithm of the probability of counts."""
        x, n, p = xgrad.asarray(x).detach() * 1.0, xgrad.asarray(n).detach() * 1.0, self._read(p)
        whole = special.gammaln(n + 1) + xgrad.sum(
            special.xlogy(x, p) - special.gammaln(x + 1), axis=-1
        )
        counts = xgrad.all((x >= 0) & (x == xgrad.floor(x)), axis=-1)
        return xgrad.where((xgrad.sum(x, axis=-1) == n) & counts, whole, -np.inf)

    @own
    def pmf(self, x: Any, n: Any, p: Any) -> Any:
        """Return the probability of counts."""
        return xgrad.exp(self.logpmf(x, n, p))

    @own
    def mean(self, n: Any, p: Any) -> Any:
        """Return the mean counts."""
        return xgrad.asarray(n)[..., None] * self._read(p)

    @own
    def cov(self, n: Any, p: Any) -> Any:
        """Return the covariance of the counts."""
        return _spread(self._read(p), xgrad.asarray(n)[..., None, None])

    @own
    def entropy(self, n: Any, p: Any) -> Any:
        """Return the entropy."""
        n, p = np.asarray(raw(n), dtype=float), self._read(p)
        x = np.arange(1.0, n.max() + 1)
        steps, size = xgrad.asarray(x), xgrad.asarray(n)[..., None, None]
        rest = xgrad.where(steps <= size, size - steps, 0.0)
        choices = special.gammaln(size + 1) - special.gammaln(steps + 1) - special.gammaln(rest + 1)
        odds = choices + special.xlogy(steps, p[..., None]) + special.xlog1py(rest, -p[..., None])
        logs = xgrad.where(steps <= size, xgrad.exp(odds), 0.0) * special.gammaln(steps + 1)
        return (
            n * xgrad.sum(special.entr(p), axis=-1)
            - special.gammaln(xgrad.asarray(n) + 1)
            + xgrad.sum(logs, axis=(-2, -1))
        )


class _DirichletMultinomial(Multivariate):
    """The multinomial distribution of probabilities that have Dirichlet's."""

    name = "dirichlet_multinomial"

    @staticmethod
    def _read(alpha: Any, n: Any) -> tuple[Any, Any, Any]:
        a = xgrad.asarray(alpha) * 1.0
        return a, xgrad.sum(a, axis=-1), xgrad.asarray(n) * 1.0

    @own
    def logpmf(self, x: Any, alpha: Any, n: Any) -> Any:
        """Return the logarithm of the probability of counts."""
        a, total, n = self._read(alpha, n)
        x, ln = xgrad.asarray(x).detach() * 1.0, special.gammaln
        whole = ln(total) + ln(n + 1) - ln(n + total)
        whole = whole + xgrad.sum(ln(x + a) - ln(a) - ln(x + 1), axis=-1)
        return xgrad.where(xgrad.sum(x, axis=-1) == n, whole, -np.inf)

    @own
    def pmf(self, x: Any, alpha: Any, n: Any) -> Any:
        """Return the probability of counts."""
        return xgrad.exp(self.logpmf(x, alpha, n))

    @own
    def mean(self, alpha: Any, n: Any) -> Any:
        """Return the mean counts."""
        a, total, n = self._read(alpha, n)
        return (n / total)[..., None] * a

    @own
    def var(self, alpha: Any, n: Any) -> Any:
        """Return the variances of the counts."""
        return xgrad.linalg.diagonal(self.cov(alpha, n))

    @own
    def cov(self, alpha: Any, n: Any) -> Any:
        """Return the covariance of the counts."""
        a, total, n = self._read(alpha, n)
        scale = n * (n + total) / (1.0 + total)
        return _spread(a / total[..., None], scale[..., None, None])


class _Hypergeometric(Multivariate):
    """The multivariate hypergeometric distribution; its numbers are whole, its moments are not."""

    name = "multivariate_hypergeom"

    @own
    def mean(self, m: Any, n: Any) -> Any:
        """Return the mean counts."""
        m = xgrad.asarray(m) * 1.0
        return xgrad.asarray(n)[..., None] * m / xgrad.sum(m, axis=-1, keepdims=True)

    @own
    def var(self, m: Any, n: Any) -> Any:
        """Return the variances of the counts."""
        return xgrad.linalg.diagonal(self.cov(m, n))

    @own
    def cov(self, m: Any, n: Any) -> Any:
        """Return the covariance of the counts."""
        m, n = xgrad.asarray(m) * 1.0, xgrad.asarray(n) * 1.0
        total = xgrad.sum(m, axis=-1)
        scale = n * (total - n) / (total - 1.0)
        return _spread(m / total[..., None], scale[..., None, None])


class _Directions(Multivariate):
    """The von Mises-Fisher distribution of unit vectors."""

    name = "vonmises_fisher"

    @staticmethod
    def _log_norm(n: int, kappa: Any) -> Any:
        bessel = special.ive(0.5 * n - 1.0, kappa)
        return 0.5 * (n - 2) * xgrad.log(kappa) - 0.5 * n * LOG_2PI - xgrad.log(bessel) - kappa

    @own
    def logpdf(self, x: Any, mu: Any = None, kappa: Any = 1) -> Any:
        """Return the logarithm of the density at unit vectors."""
        mu, kappa = xgrad.asarray(mu), xgrad.asarray(kappa) * 1.0
        dots = xgrad.sum(xgrad.asarray(x) * mu, axis=-1)
        return self._log_norm(mu.shape[-1], kappa) + kappa * dots

    @own
    def pdf(self, x: Any, mu: Any = None, kappa: Any = 1) -> Any:
        """Return the density."""
        return xgrad.exp(self.logpdf(x, mu, kappa))

    @own
    def entropy(self, mu: Any = None, kappa: Any = 1) -> Any:
        """Return the differential entropy."""
        n, kappa = xgrad.asarray(mu).shape[-1], xgrad.asarray(kappa) * 1.0
        share = special.ive(0.5 * n, kappa) / special.ive(0.5 * n - 1.0, kappa)
        return -self._log_norm(n, kappa) - kappa * share


class _NormalInverseGamma(Multivariate):
    """The distribution of a mean and a variance."""

    name = "normal_inverse_gamma"

    @own
    def logpdf(self, x: Any, s2: Any, mu: Any = 0, lmbda: Any = 1, a: Any = 1, b: Any = 1) -> Any:
        """Return the logarithm of the density of means and variances."""
        x, s2, mu, lmbda, a, b = (xgrad.asarray(v) * 1.0 for v in (x, s2, mu, lmbda, a, b))
        inside = xgrad.where(s2 > 0, s2, 1.0)
        norm = 0.5 * (xgrad.log(lmbda) - LOG_2PI - xgrad.log(inside)) + special.xlogy(a, b)
        energy = (2.0 * b + lmbda * (x - mu) ** 2) / (2.0 * inside)
        value = norm - special.gammaln(a) - (a + 1.0) * xgrad.log(inside) - energy
        return xgrad.where(s2 > 0, value, -np.inf)

    @own
    def pdf(self, x: Any, s2: Any, mu: Any = 0, lmbda: Any = 1, a: Any = 1, b: Any = 1) -> Any:
        """Return the density."""
        return xgrad.exp(self.logpdf(x, s2, mu, lmbda, a, b))

    @own
    def mean(self, mu: Any = 0, lmbda: Any = 1, a: Any = 1, b: Any = 1) -> Any:
        """Return the mean of the mean and that of the variance."""
        return xgrad.asarray(mu) * 1.0, b / (xgrad.asarray(a) - 1.0)

    @own
    def var(self, mu: Any = 0, lmbda: Any = 1, a: Any = 1, b: Any = 1) -> Any:
        """Return the variance of the mean and that of the variance."""
        a, b = xgrad.asarray(a) * 1.0, xgrad.asarray(b) * 1.0
        return b / ((a - 1.0) * lmbda), b * b / ((a - 1.0) ** 2 * (a - 2.0))


wishart, invwishart = _Wishart(), _InverseWishart()
matrix_normal, matrix_t = _MatrixNormal(), _MatrixT()
multinomial, dirichlet_multinomial = _Multinomial(), _DirichletMultinomial()
multivariate_hypergeom, vonmises_fisher = _Hypergeometric(), _Directions()
normal_inverse_gamma = _NormalInverseGamma()
