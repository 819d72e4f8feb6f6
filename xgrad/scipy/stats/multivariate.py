"""Distributions of vectors, and density estimates."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

import xgrad
from xgrad import special

from ...errors import NotDifferentiableError
from ..common import chapter, fixed, raw, raws, with_derivative_of
from ..examples import of_one
from ..mistakes import told
from .matrices import Multivariate, _matrix, _spread, own
from .orthants import below

__all__ = ["dirichlet", "gaussian_kde", "multivariate_normal", "multivariate_t"]


def _covariance(cov: Any, mean: Any) -> Any:
    """Return a covariance as a matrix, of as many variables as the mean has."""
    size = xgrad.asarray(mean).shape[0] if mean is not None and np.ndim(raw(mean)) else None
    return _matrix(cov, size)


def _standard(x: Any, mean: Any, cov: Any) -> tuple[Any, Any, int]:
    """Return squared distances in the metric of a covariance, its log-determinant, and the size."""
    cov = xgrad.asarray(getattr(cov, "covariance", cov)) * 1.0
    size = cov.shape[0] if cov.ndim else 0
    x, mean = xgrad.asarray(x), xgrad.asarray(0.0 if mean is None else mean)
    if not size:
        size = mean.shape[0] if mean.ndim else (x.shape[-1] if x.ndim else 1)
    cov = (
        cov * xgrad.asarray(np.eye(size))
        if cov.ndim == 0
        else xgrad.diag(cov)
        if cov.ndim == 1
        else cov
    )
    away = x - mean
    if size == 1 and (away.ndim == 0 or away.shape[-1] != 1):
        away = away[..., None]
    if away.ndim == 0 or away.shape[-1] != size:
        raise ValueError(f"multivariate_normal: x has shape {x.shape}; expected (..., {size})")
    L = xgrad.linalg.cholesky(cov)
    flat = xgrad.reshape(away, (-1, size))
    solved = xgrad.linalg.solve_triangular(L, xgrad.matrix_transpose(flat), lower=True)
    squares = xgrad.reshape(xgrad.sum(solved * solved, axis=0), away.shape[:-1])
    return squares, 2.0 * xgrad.sum(xgrad.log(xgrad.linalg.diagonal(L))), size


class _Normal(Multivariate):
    """The multivariate normal distribution, for a regular covariance."""

    name = "multivariate_normal"

    @own
    def logpdf(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        """Return the logarithm of the density; in value, mean and covariance."""
        squares, log_det, n = _standard(x, mean, cov)
        return -0.5 * (n * math.log(2 * math.pi) + log_det + squares)

    @own
    def pdf(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        """Return the density."""
        return xgrad.exp(self.logpdf(x, mean, cov, allow_singular))

    @own
    @of_one("scipy.stats.multivariate_normal.cdf")
    def cdf(
        self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False,
        maxpts: Any = None, abseps: float = 1e-5, releps: float = 1e-5, *, lower_limit: Any = None,
        rng: Any = None,
    ) -> Any:  # fmt: skip
        """Return the probability below a vector; in value, mean and covariance.

        >>> import numpy as np, xgrad as xg
        >>> from xgrad import scipy
        >>> normal = scipy.stats.multivariate_normal
        >>> below = lambda r: normal.cdf(np.zeros(2), None, [[1.0, r], [r, 1.0]])
        >>> round(float(xg.grad(below)(0.5)), 4)
        0.1838
        """
        mean = None if mean is None else xgrad.asarray(mean)
        cov = _covariance(cov, mean)
        n = cov.shape[0]
        x = xgrad.asarray(x) * 1.0
        if n == 1 and (x.ndim == 0 or x.shape[-1] != 1):
            x = x[..., None]
        value = chapter("stats").multivariate_normal.cdf(
            raw(x), raw(mean), raw(cov), allow_singular, maxpts, abseps, releps,
            lower_limit=raws(lower_limit), rng=rng,
        )  # fmt: skip
        return with_derivative_of(np.asarray(value), _within(lower_limit, x, mean, cov))

    @own
    def logcdf(
        self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False,
        maxpts: Any = None, abseps: float = 1e-5, releps: float = 1e-5, *, lower_limit: Any = None,
        rng: Any = None,
    ) -> Any:  # fmt: skip
        """Return the logarithm of the probability below a vector."""
        options = (allow_singular, maxpts, abseps, releps)
        return xgrad.log(self.cdf(x, mean, cov, *options, lower_limit=lower_limit, rng=rng))

    @own
    def entropy(self, mean: Any = None, cov: Any = 1) -> Any:
        """Return the differential entropy."""
        cov = _covariance(cov, mean)
        _, log_det = xgrad.linalg.slogdet(cov)
        return 0.5 * (cov.shape[-1] * (1.0 + math.log(2 * math.pi)) + log_det)

    @own
    def fit(self, x: Any, fix_mean: Any = None, fix_cov: Any = None) -> Any:
        """Return the mean and covariance of greatest likelihood, by data in rows."""
        x = xgrad.asarray(x)
        mean = xgrad.mean(x, axis=0) if fix_mean is None else xgrad.asarray(fix_mean)
        away = x - mean
        cov = xgrad.matrix_transpose(away) @ away / x.shape[0] if fix_cov is None else fix_cov
        return mean, cov

    @own
    def marginal(
        self, dimensions: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False
    ) -> Any:
        """Return the distribution of some of the variables."""
        cov = _covariance(cov, mean)
        where = xgrad.asarray(np.atleast_1d(dimensions) % cov.shape[-1])
        part = xgrad.take(xgrad.take(cov, where, axis=0), where, axis=1)
        return self(None if mean is None else xgrad.take(xgrad.asarray(mean), where), part)


def _within(low: Any, x: Any, mean: Any, cov: Any, df: float = math.inf) -> Any:
    """Return the probability between two vectors, by those below each corner of the box."""
    if low is None:
        return _below(x, mean, cov, df)
    low, n = xgrad.broadcast_to(xgrad.asarray(low) * 1.0, x.shape), cov.shape[0]
    total: Any = 0.0
    for corner in itertools.product((False, True), repeat=n):
        at = xgrad.where(xgrad.asarray(np.asarray(corner)), low, x)
        total = total + (-1) ** sum(corner) * _below(at, mean, cov, df)
    return total


def _below(x: Any, mean: Any, cov: Any, df: float = math.inf) -> Any:
    """Return the probability below each of some vectors."""
    spread = xgrad.sqrt(xgrad.linalg.diagonal(cov))
    h = (x - (0.0 if mean is None else mean)) / spread
    R = cov / (spread[:, None] * spread)
    rows = xgrad.reshape(h, (-1, cov.shape[0]))
    each = xgrad.stack([below(rows[i, :], R, df) for i in range(rows.shape[0])])
    return xgrad.reshape(each, h.shape[:-1])


class _Student(Multivariate):
    """The multivariate t distribution."""

    name = "multivariate_t"

    @own
    def logpdf(self, x: Any, loc: Any = None, shape: Any = 1, df: Any = 1) -> Any:
        """Return the logarithm of the density; in value, location, shape and degrees of freedom."""
        squares, log_det, n = _standard(x, loc, shape)
        df = xgrad.asarray(df) * 1.0
        half = (df + n) / 2.0
        norm = special.gammaln(half) - special.gammaln(df / 2) - n / 2 * xgrad.log(df * math.pi)
        return norm - 0.5 * log_det - half * xgrad.log1p(squares / df)

    @own
    def pdf(
        self, x: Any, loc: Any = None, shape: Any = 1, df: Any = 1, allow_singular: bool = False
    ) -> Any:
        """Return the density."""
        return xgrad.exp(self.logpdf(x, loc, shape, df))

    @own
    @of_one("scipy.stats.multivariate_t.cdf")
    def cdf(
        self, x: Any, loc: Any = None, shape: Any = 1, df: Any = 1, allow_singular: bool = False, *,
        maxpts: Any = None, lower_limit: Any = None, random_state: Any = None,
    ) -> Any:  # fmt: skip
        """Return the probability below a vector; in value, location and shape."""
        freedom = float(fixed("multivariate_t.cdf", df=df))
        loc = None if loc is None else xgrad.asarray(loc)
        shape = _covariance(shape, loc)
        x = xgrad.asarray(x) * 1.0
        if shape.shape[0] == 1 and (x.ndim == 0 or x.shape[-1] != 1):
            x = x[..., None]
        value = chapter("stats").multivariate_t.cdf(
            raw(x), raw(loc), raw(shape), freedom, allow_singular,
            maxpts=maxpts, lower_limit=raws(lower_limit), random_state=random_state,
        )  # fmt: skip
        return with_derivative_of(np.asarray(value), _within(lower_limit, x, loc, shape, freedom))

    @own
    def entropy(self, loc: Any = None, shape: Any = 1, df: Any = 1) -> Any:
        """Return the differential entropy."""
        shape = _covariance(shape, loc)
        n, df = shape.shape[-1], xgrad.asarray(df) * 1.0
        _, log_det = xgrad.linalg.slogdet(shape)
        half, ln, psi = 0.5 * (df + n), special.gammaln, special.digamma
        norm = ln(0.5 * df) - ln(half) + 0.5 * n * xgrad.log(df * math.pi)
        return norm + half * (psi(half) - psi(0.5 * df)) + 0.5 * log_det


class _Dirichlet(Multivariate):
    """The Dirichlet distribution."""

    name = "dirichlet"

    @own
    def logpdf(self, x: Any, alpha: Any) -> Any:
        """Return the logarithm of the density; in value and concentration."""
        x, alpha = xgrad.asarray(x), xgrad.asarray(alpha)
        if x.shape[0] == alpha.shape[0] - 1:
            x = xgrad.concat([x, 1.0 - xgrad.sum(x, axis=0, keepdims=True)])
        norm = special.gammaln(xgrad.sum(alpha)) - xgrad.sum(special.gammaln(alpha))
        powers = xgrad.reshape(alpha - 1.0, (-1,) + (1,) * (x.ndim - 1))
        return norm + xgrad.sum(special.xlogy(powers, x), axis=0)

    @own
    def pdf(self, x: Any, alpha: Any) -> Any:
        """Return the density."""
        return xgrad.exp(self.logpdf(x, alpha))

    @own
    def mean(self, alpha: Any) -> Any:
        """Return the mean."""
        alpha = xgrad.asarray(alpha) * 1.0
        return alpha / xgrad.sum(alpha)

    @own
    def var(self, alpha: Any) -> Any:
        """Return the variances."""
        return xgrad.linalg.diagonal(self.cov(xgrad.asarray(alpha)))

    @own
    def cov(self, alpha: Any) -> Any:
        """Return the covariance."""
        alpha = xgrad.asarray(alpha) * 1.0
        total = xgrad.sum(alpha)
        return _spread(alpha / total, 1.0 / (total + 1.0))

    @own
    def entropy(self, alpha: Any) -> Any:
        """Return the differential entropy."""
        alpha = xgrad.asarray(alpha)
        total = xgrad.sum(alpha)
        norm = xgrad.sum(special.gammaln(alpha)) - special.gammaln(total)
        psi = special.digamma
        return norm + (total - alpha.shape[0]) * psi(total) - xgrad.sum((alpha - 1) * psi(alpha))


multivariate_normal, multivariate_t, dirichlet = _Normal(), _Student(), _Dirichlet()


@told("stats")
class gaussian_kde:  # noqa: N801 - SciPy's name
    """A density estimate by Gaussians at data; see ``scipy.stats.gaussian_kde``.

    Differentiable in the data, their weights, and where it is evaluated.

    Args:
        dataset: the data, one row for each variable.
        bw_method: ``"scott"``, ``"silverman"``, or a factor of the bandwidth.
        weights: of the data.
    """

    def __init__(self, dataset: Any, bw_method: Any = None, weights: Any = None) -> None:
        self.dataset = xgrad.atleast_2d(xgrad.asarray(dataset))
        self.d, self.n = self.dataset.shape
        if self.n < 2:
            raise ValueError(f"gaussian_kde: dataset has {self.n} points; expected two or more")
        ones = xgrad.asarray(np.full(self.n, 1.0 / self.n))
        w = ones if weights is None else xgrad.asarray(weights)
        self.weights = w / xgrad.sum(w)
        self.neff = 1.0 / xgrad.sum(self.weights * self.weights)
        away = self.dataset - xgrad.sum(self.dataset * self.weights, axis=1, keepdims=True)
        fix = 1.0 / (1.0 - xgrad.sum(self.weights * self.weights))
        self._spread = (away * self.weights) @ xgrad.matrix_transpose(away) * fix
        self.set_bandwidth(bw_method)

    def scotts_factor(self) -> Any:
        """Return Scott's factor of the bandwidth."""
        return self.neff ** (-1.0 / (self.d + 4))

    def silverman_factor(self) -> Any:
        """Return Silverman's factor of the bandwidth."""
        return (self.neff * (self.d + 2.0) / 4.0) ** (-1.0 / (self.d + 4))

    def set_bandwidth(self, bw_method: Any = None) -> None:
        """Choose the factor of the bandwidth: by its method's name, a number, or a function."""
        if bw_method in (None, "scott"):
            self.factor: Any = self.scotts_factor()
        elif isinstance(bw_method, str) and bw_method == "silverman":
            self.factor = self.silverman_factor()
        else:
            self.factor = bw_method(self) if callable(bw_method) else bw_method
        self.covariance = self._spread * self.factor**2

    @property
    def inv_cov(self) -> Any:
        """The inverse of the covariance."""
        return xgrad.linalg.inv(self.covariance)

    def logpdf(self, x: Any) -> Any:
        """Return the logarithm of the density at points, one column each."""
        x = xgrad.atleast_2d(xgrad.asarray(x))
        if x.shape[0] != self.d:
            if x.shape[0] == 1 and x.shape[1] == self.d:
                x = xgrad.reshape(x, (self.d, 1))
            else:
                raise ValueError(f"gaussian_kde: points have {x.shape[0]} rows; expected {self.d}")
        L = xgrad.linalg.cholesky(self.covariance)
        points, data = (xgrad.linalg.solve_triangular(L, v, lower=True) for v in (x, self.dataset))
        away = points[:, :, None] - data[:, None, :]
        log_det = xgrad.sum(xgrad.log(xgrad.linalg.diagonal(L)))
        norm = self.d / 2 * math.log(2 * math.pi) + log_det
        energy = -0.5 * xgrad.sum(away * away, axis=0) + xgrad.log(self.weights)
        return xgrad.logsumexp(energy, axis=1) - norm

    def evaluate(self, points: Any) -> Any:
        """Return the density at points, one column each."""
        return xgrad.exp(self.logpdf(points))

    __call__ = evaluate

    def pdf(self, x: Any) -> Any:
        """Return the density at points, one column each."""
        return self.evaluate(x)

    def resample(self, size: Any = None, seed: Any = None) -> Any:
        """Refuse: a draw of one of the data is a step function of their weights."""
        raise NotDifferentiableError(
            "gaussian_kde.resample has no derivative here; take a column of the data by "
            "scipy.stats.gaussian_kde.resample of x.detach(), or add factor times noise to it"
        )

    def integrate_box_1d(self, low: Any, high: Any) -> Any:
        """Return the probability of an interval, of one variable."""
        spread = xgrad.sqrt(self.covariance[0, 0])
        ends = [special.ndtr((e - self.dataset[0, :]) / spread) for e in (low, high)]
        return xgrad.sum(self.weights * (ends[1] - ends[0]))

    def _against(self, other: Any, weights: Any, covariance: Any) -> Any:
        """Return the integral of the product with Gaussians of one covariance."""
        L = xgrad.linalg.cholesky(self.covariance + covariance)
        one, two = (xgrad.linalg.solve_triangular(L, v, lower=True) for v in (self.dataset, other))
        away = one[:, :, None] - two[:, None, :]
        each = xgrad.exp(-0.5 * xgrad.sum(away * away, axis=0))
        scale = (2 * math.pi) ** (self.d / 2) * xgrad.prod(xgrad.linalg.diagonal(L))
        return xgrad.sum(self.weights[:, None] * each * weights) / scale

    def integrate_gaussian(self, mean: Any, cov: Any) -> Any:
        """Return the integral of the product with one Gaussian."""
        mean = xgrad.reshape(xgrad.asarray(mean) * 1.0, (-1, 1))
        cov = xgrad.atleast_2d(xgrad.asarray(cov) * 1.0)
        if mean.shape[0] != self.d or cov.shape != (self.d, self.d):
            raise ValueError(
                f"integrate_gaussian: mean has {mean.shape[0]} numbers and cov shape {cov.shape}; "
                f"expected {self.d} and {(self.d, self.d)}"
            )
        return self._against(mean, 1.0, cov)

    def integrate_kde(self, other: Any) -> Any:
        """Return the integral of the product with another estimate."""
        if other.d != self.d:
            raise ValueError(f"integrate_kde: other has {other.d} variables; expected {self.d}")
        return self._against(xgrad.asarray(other.dataset), other.weights, other.covariance)

    def integrate_box(
        self, low_bounds: Any, high_bounds: Any, maxpts: Any = None, *, rng: Any = None
    ) -> Any:
        """Return the probability of a box; of one variable here."""
        if self.d != 1:
            raise NotImplementedError(  # where maxpts would say how exact it is
                f"integrate_box: the data have {self.d} variables; only one has a derivative here. "
                "Sum multivariate_normal.cdf over the corners of the box and the data"
            )
        low, high = (xgrad.reshape(xgrad.asarray(b) * 1.0, ()) for b in (low_bounds, high_bounds))
        return self.integrate_box_1d(low, high)

    def marginal(self, dimensions: Any) -> Any:
        """Return the estimate of some of the variables."""
        rows = xgrad.asarray(np.atleast_1d(dimensions) % self.d)
        return gaussian_kde(xgrad.take(self.dataset, rows, axis=0), self.factor, self.weights)

    def covariance_factor(self) -> Any:
        """Return the factor of the bandwidth."""
        return self.factor


def held(x: Any) -> Any:
    """Return the values of an array, raw."""
    return np.asarray(raw(xgrad.asarray(x).detach()))
