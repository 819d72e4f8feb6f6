"""Distributions: densities, distribution functions, quantiles and moments, by value and parameters.

A distribution is written in its standard form, by its density and distribution function; location
and scale are added to all. A quantile solves ``cdf(x) = q``, and its derivative is that equation's.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad
from xgrad import special

from ...arrays.array import Array
from ...custom.equation import implicit
from ...engine import tape
from ...engine.guarding import guarded_arguments
from ...errors import NotDifferentiableError, RuleError, TracedConversionError
from ..common import Later, arrays_in, is_tracked, raw, raws, with_derivative_of
from ..examples import of_one
from ..integrate import quad
from ..mistakes import told
from .integrals import beyond, expectation, terms, trusted
from .tails import TAILS
from .written import CompiledError, is_own, written

__all__ = ["Continuous", "Discrete", "Frozen"]

library: Any = Later("scipy.stats")
Function = Callable[..., Any]
POWERS = {"mean": 1, "var": 2, "skew": 3, "kurtosis": 4}
"""Of which power of the distance from the mean a moment is the average."""


def _f(x: Any) -> Any:
    """Return an argument as an array of floating-point numbers."""
    x = xgrad.asarray(x)
    return x if x.dtype.kind == "f" else xgrad.astype(x, np.float64)


@told("stats")
class _Distribution:
    """What distributions of SciPy are asked for, on arrays of xgrad.

    Where no `Array` is given, SciPy's own object answers, which is ``self.plain``.
    """

    parameters: tuple[str, ...] = ("loc", "scale")

    def __init__(
        self, name: str, shapes: str, low: Any, high: Any, log_density: Function, cdf: Any = None,
        sf: Any = None, logcdf: Any = None, mean: Any = None, var: Any = None, entropy: Any = None,
        plain: Any = None,
    ) -> None:  # fmt: skip
        self.name, self.shapes, self.low, self.high = name, shapes.split(), low, high
        is_scipys = plain is None or type(plain).__module__.startswith("scipy.stats")
        better: Any = TAILS.get(name, {}) if is_scipys else {}
        self.log_density = better.get("logpdf", log_density)
        self._cdf, self._sf = better.get("cdf", cdf), better.get("sf", sf)
        self._logcdf, self._logsf = better.get("logcdf", logcdf), better.get("logsf")
        self._mean, self._var, self._entropy, self._plain = mean, var, entropy, plain
        self._by_logarithm = "logpdf" in better or plain is None

    @property
    def plain(self) -> Any:
        """The object of SciPy."""
        return self._plain or getattr(library, self.name)

    def _part(self, name: str) -> Any:
        """Return a function of the standard form: the table's, or else that of SciPy's own code."""
        return getattr(self, name) or written(self.plain, name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("_plain", "name"):
            raise AttributeError(name)
        return getattr(self.plain, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the distribution with its parameters fixed."""
        return self.freeze(*args, **kwargs)

    def freeze(self, *args: Any, **kwargs: Any) -> Any:
        """Return the distribution with its parameters fixed."""
        if not arrays_in(args, kwargs):
            return self.plain.freeze(*args, **kwargs)
        return Frozen(self, args, kwargs)

    def _split(self, name: str, args: Any, kwargs: Any) -> tuple[list[Any], Any, Any]:
        """Return shapes, location and scale of a call, as SciPy reads its arguments."""
        given, kwargs = list(args), dict(kwargs)
        values = []
        for key in (*self.shapes, *self.parameters):
            if given:
                values.append(_f(given.pop(0)))
            elif key in kwargs:
                values.append(_f(kwargs.pop(key)))
            elif key in self.parameters:
                values.append(0.0 if key == "loc" else 1.0)
            else:
                raise TypeError(f"{self.name}.{name}: the shape parameter {key!r} is missing")
        if given or kwargs:
            raise TypeError(f"{self.name}.{name}: got too many arguments, {[*given, *kwargs]}")
        count = len(self.shapes)
        return values[:count], values[count], values[count + 1] if len(values) > count + 1 else 1.0

    def _answers(self, name: str, *given: Any) -> Any:
        """Return SciPy's own method if no `Array` is given."""
        return None if arrays_in(*given) else getattr(self.plain, name)

    def _at(self, name: str, x: Any, args: Any, kwargs: Any) -> tuple[Any, ...]:
        """Return the standard variable where the density is positive, and where that is."""
        shapes, loc, scale = self._split(name, args, kwargs)
        y = (_f(x) - loc) / scale
        low, high = (e(*shapes) if callable(e) else e for e in (self.low, self.high))
        inside = (y >= low) & (y <= high)
        held = raw(inside.detach())
        if isinstance(held, (np.ndarray, np.generic)) and held.all():  # no batch, nor recorded
            return y, shapes, scale, inside, low, high
        middle = self._inner(low, high)
        return xgrad.where(inside, y, middle), shapes, scale, inside, low, high

    @staticmethod
    def _inner(low: Any, high: Any) -> Any:
        """Return a number between the ends of the support, to stand for those outside."""
        ends = [raw(v.detach()) if isinstance(v, Array) else v for v in (low, high)]
        known = all(isinstance(v, (int, float, np.ndarray, np.generic)) for v in ends)
        if not known or any(np.any(np.isfinite(v)) != np.all(np.isfinite(v)) for v in ends):
            has_low, has_high = (xgrad.isfinite(xgrad.asarray(v)) for v in (low, high))
            below, above = xgrad.where(has_low, low, 0.0), xgrad.where(has_high, high, 0.0)
            either = xgrad.where(has_low, below + 1.0, above - 1.0)
            return xgrad.where(has_low & has_high, (below + above) / 2, either)  # of each its own
        if np.all(np.isfinite(ends[0])) and np.all(np.isfinite(ends[1])):
            return (low + high) / 2
        return low + 1.0 if np.all(np.isfinite(ends[0])) else high - 1.0

    def _below(self, name: str, f: Function, x: Any, args: Any, kwargs: Any, ends: Any) -> Any:
        shapes, loc, scale = self._split(name, args, kwargs)
        given = _f(x)
        y, shapes, _, inside, low, _ = self._at(name, x, args, kwargs)
        standard = (given - loc) / scale
        return xgrad.where(inside, f(y, *shapes), xgrad.where(standard < low, *ends))

    def cdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the distribution function."""
        own = self._answers("cdf", x, args, kwargs)
        if own:
            return own(x, *args, **kwargs)
        return self._below("cdf", self._standard_cdf, x, args, kwargs, (0.0, 1.0))

    def _standard_cdf(self, y: Any, *shapes: Any) -> Any:
        return self._tail("_cdf", y, shapes)

    def _standard_sf(self, y: Any, *shapes: Any) -> Any:
        if self._cdf:
            return self._sf(y, *shapes) if self._sf else 1.0 - self._cdf(y, *shapes)
        return self._tail("_sf", y, shapes)

    def _tail(self, name: str, y: Any, shapes: Any) -> Any:
        """Return a distribution function by SciPy's code, or by the integral of the density."""
        other = "_sf" if name == "_cdf" else "_cdf"
        for which in (name, other):
            own = self._part(which)
            try:
                if own is not None:
                    return own(y, *shapes) if which == name else 1.0 - own(y, *shapes)
            except CompiledError:
                continue
        return self._integrated(name, y, shapes)

    def _integrated(self, name: str, y: Any, shapes: Any) -> Any:
        raise NotImplementedError(f"{self.name}: its {name[1:]} has no derivative here")

    def _logarithm(self, name: str) -> Any:
        """Return the logarithm of a tail, by SciPy's code where that is array code."""
        own = None if self._cdf else written(self.plain, f"_log{name}")
        tail, other = self._standard_cdf, self._standard_sf
        if name == "sf":
            tail, other = other, tail
        has_both = self._part("_cdf") and self._part("_sf")

        def log(y: Any, *shapes: Any) -> Any:
            try:
                if own is not None:
                    return own(y, *shapes)
            except CompiledError:
                pass
            found = tail(y, *shapes)
            if not has_both:
                return xgrad.log(found)
            return xgrad.where(found < 0.5, xgrad.log(found), xgrad.log1p(-other(y, *shapes)))

        return log

    def sf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the survival function, ``1 - cdf``."""
        own = self._answers("sf", x, args, kwargs)
        if own:
            return own(x, *args, **kwargs)
        return self._below("sf", self._standard_sf, x, args, kwargs, (1.0, 0.0))

    def logcdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the logarithm of the distribution function."""
        own = self._answers("logcdf", x, args, kwargs)
        if own:
            return own(x, *args, **kwargs)
        f = self._logcdf or self._logarithm("cdf")
        return self._below("logcdf", f, x, args, kwargs, (-np.inf, 0.0))

    def logsf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the logarithm of the survival function."""
        own = self._answers("logsf", x, args, kwargs)
        if own:
            return own(x, *args, **kwargs)
        f = self._logsf or self._logarithm("sf")
        return self._below("logsf", f, x, args, kwargs, (0.0, -np.inf))

    def _moment(self, name: str, rule: Any, args: Any, kwargs: Any, f: Function) -> Any:
        own = self._answers(name, args, kwargs)
        if own:
            return own(*args, **kwargs)
        shapes, loc, scale = self._split(name, args, kwargs)
        found = xgrad.asarray(f(_f(self._standard_moment(name, rule, shapes)), loc, scale))
        given = [x.shape if isinstance(x, Array) else np.shape(x) for x in (*shapes, loc, scale)]
        shape = np.broadcast_shapes(tuple(found.shape), *given)
        return found if tuple(found.shape) == shape else xgrad.broadcast_to(found, shape)

    def _standard_moment(self, name: str, rule: Any, shapes: Any) -> Any:
        rule = rule or written(self.plain, f"_{name}")
        try:
            if rule is not None:
                return rule(*shapes)
        except CompiledError:
            pass
        return self._averaged(name, shapes)

    def _averaged(self, name: Any, shapes: Any) -> Any:
        raise NotImplementedError(f"{self.name}.{name} has no derivative here")

    def mean(self, *args: Any, **kwargs: Any) -> Any:
        """Return the mean."""
        return self._moment("mean", self._mean, args, kwargs, lambda m, loc, scale: loc + scale * m)

    def var(self, *args: Any, **kwargs: Any) -> Any:
        """Return the variance."""
        return self._moment("var", self._var, args, kwargs, lambda v, loc, scale: scale * scale * v)

    def std(self, *args: Any, **kwargs: Any) -> Any:
        """Return the standard deviation."""
        if not arrays_in(args, kwargs):
            return self.plain.std(*args, **kwargs)
        return xgrad.sqrt(self.var(*args, **kwargs))

    def moment(self, order: int, *args: Any, **kwargs: Any) -> Any:
        """Return the average of a whole power."""
        if not arrays_in(args, kwargs):
            return self.plain.moment(order, *args, **kwargs)
        if order < 0 or order != int(order):
            raise ValueError(
                f"{self.name}.moment: order is {order}; expected a whole number from 0"
            )
        shapes, loc, scale = self._split("moment", args, kwargs)
        powers = [self._raw_moment(k, shapes) for k in range(int(order) + 1)]
        terms = [
            math.comb(int(order), k) * scale**k * m * loc ** (int(order) - k)
            for k, m in enumerate(powers)
        ]
        return sum(terms[1:], terms[0])

    def _raw_moment(self, order: int, shapes: Any) -> Any:
        """Return the average of a power of the standard form, up to the fourth by central ones."""
        if order == 0:
            return 1.0
        mean = xgrad.asarray(self._standard_moment("mean", self._mean, shapes))
        if order == 1:
            return mean
        if order > 4:
            return self._averaged(order, shapes)
        var = xgrad.asarray(self._standard_moment("var", self._var, shapes))
        if order == 2:
            return var + mean * mean
        third = var**1.5 * self._standard_moment("skew", None, shapes)
        if order == 3:
            return third + 3.0 * mean * var + mean**3
        fourth = var * var * (self._standard_moment("kurtosis", None, shapes) + 3.0)
        return fourth + 4.0 * mean * third + 6.0 * mean * mean * var + mean**4

    def support(self, *args: Any, **kwargs: Any) -> Any:
        """Return the ends of the support."""
        if not arrays_in(args, kwargs):
            return self.plain.support(*args, **kwargs)
        shapes, loc, scale = self._split("support", args, kwargs)
        ends = self._ends(shapes)
        spread = [xgrad.broadcast_arrays(xgrad.asarray(e), *shapes)[0] for e in ends]
        return tuple(
            xgrad.where(xgrad.isfinite(e), loc + scale * xgrad.where(xgrad.isfinite(e), e, 0.0), e)
            for e in spread
        )

    def _ends(self, shapes: Any) -> tuple[Any, Any]:
        """Return the ends of the standard form's support, with their derivatives."""
        if self._plain and is_own(self._plain, "_get_support") and is_tracked(*shapes):
            own: Any = [written(self._plain, "_get_support", i) for i in (0, 1)]
            return own[0](*shapes), own[1](*shapes)
        low, high = (e(*shapes) if callable(e) else e for e in (self.low, self.high))
        return low, high

    def stats(self, *args: Any, moments: str = "mv", **kwargs: Any) -> Any:
        """Return mean, variance, skewness and excess kurtosis, those that `moments` names."""
        if not arrays_in(args, kwargs):
            return self.plain.stats(*args, moments=moments, **kwargs)
        if any(isinstance(x, str) for x in args):  # in its place among them, as of a frozen one
            moments = next(x for x in args if isinstance(x, str))
            args = tuple(x for x in args if not isinstance(x, str))
        found: list[Any] = []
        for kind in moments:
            if kind in "mv":
                found.append((self.mean if kind == "m" else self.var)(*args, **kwargs))
                continue
            name = {"s": "skew", "k": "kurtosis"}[kind]
            found.append(self._moment(name, None, args, kwargs, lambda m, loc, scale: m))
        return found[0] if len(found) == 1 else tuple(found)


@told("stats")
class Continuous(_Distribution):
    """A continuous distribution; see `_Distribution`."""

    def logpdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the logarithm of the density, minus infinity outside of the support."""
        own = self._answers("logpdf", x, args, kwargs)
        if own:
            return own(x, *args, **kwargs)
        y, shapes, scale, inside, *_ = self._at("logpdf", x, args, kwargs)
        value = self.log_density(y, *shapes)
        value = value - xgrad.log(scale) if isinstance(scale, Array) else value
        return xgrad.where(inside, value, -np.inf)

    def pdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the density, zero outside of the support."""
        own = self._answers("pdf", x, args, kwargs)
        if own:
            return own(x, *args, **kwargs)
        y, shapes, scale, inside, *_ = self._at("pdf", x, args, kwargs)
        return xgrad.where(inside, self._standard_pdf(y, *shapes) / scale, 0.0)

    def _standard_pdf(self, y: Any, *shapes: Any) -> Any:
        own = None if self._by_logarithm else written(self._plain, "_pdf")
        return own(y, *shapes) if own else xgrad.exp(self.log_density(y, *shapes))

    def _integrated(self, name: str, y: Any, shapes: Any) -> Any:
        return beyond(self.plain, self._standard_pdf, y, shapes, name == "_sf")

    def _averaged(self, name: Any, shapes: Any) -> Any:
        if isinstance(name, int):
            return expectation(
                self.plain,
                lambda y, *s: self._standard_pdf(y, *s) * y**name,
                lambda *held: self.plain.moment(name, *held),
                shapes,
            )
        if name == "entropy":
            return expectation(self.plain, self._surprise, self.plain.entropy, shapes)
        power = POWERS[name]
        mean: Any = self._standard_moment("mean", self._mean, shapes) if power > 1 else 0.0
        var: Any = self._standard_moment("var", self._var, shapes) if power > 2 else 1.0
        away = mean[..., None] if np.ndim(raw(mean)) else mean

        def value(*held: Any) -> Any:
            found = self.plain.stats(*held, moments=name[0]) + (3.0 if power == 4 else 0.0)
            return found * (raw(var.detach()) ** (power / 2) if power > 2 else 1.0)

        def integrand(y: Any, *s: Any) -> Any:
            return self._standard_pdf(y, *s) * (y - away) ** power

        total = expectation(self.plain, integrand, value, shapes)
        return total / var ** (power / 2) - (3.0 if power == 4 else 0.0)

    def _surprise(self, y: Any, *shapes: Any) -> Any:
        density = self._standard_pdf(y, *shapes)
        return special.entr(xgrad.where(density.detach() > 1e-200, density, 1.0))

    def _quantile(self, name: str, q: Any, args: Any, kwargs: Any, f: Function, sign: float) -> Any:
        own = self._answers(name, q, args, kwargs)
        if own:
            return own(q, *args, **kwargs)
        return self._inverted(name, q, args, kwargs, f, sign)

    @of_one("scipy.stats: a quantile")
    def _inverted(self, name: str, q: Any, args: Any, kwargs: Any, f: Function, sign: float) -> Any:
        shapes, loc, scale = self._split(name, args, kwargs)
        q = _f(q)
        held = [np.asarray(raw(v.detach()), dtype=float) for v in (q, *shapes)]  # as SciPy's code
        given = np.broadcast_arrays(*held) if shapes else held
        x = np.asarray(getattr(self.plain, name)(*given))
        return loc + scale * self._solving(x, q, shapes, f, sign)

    def _solving(self, x: Any, q: Any, shapes: Any, f: Function, sign: float) -> Any:
        """Return standard values with the derivative that ``f(x, *shapes) == q`` gives them."""
        held = [np.asarray(raw(v.detach()), dtype=float) for v in shapes]
        slope = sign * np.asarray(self.plain.pdf(x, *held))
        here = np.isfinite(x) & (slope != 0)
        safe = xgrad.asarray(here)

        def inverse(b: Any, adjoint: bool) -> Any:
            return np.where(here, b, 0.0) / np.where(here, slope, 1.0)

        def equation(y: Array) -> Any:
            away = f(xgrad.where(safe, y, 0.5), *shapes) - q
            return xgrad.where(safe, away, 0.0 * y)

        return implicit(equation, x, inverse)

    @of_one("scipy.stats: rvs")
    def rvs(self, *args: Any, size: Any = None, random_state: Any = None, **kwargs: Any) -> Any:
        """Return SciPy's draws, which move with the parameters as quantiles do."""
        if not arrays_in(args, kwargs):
            return self.plain.rvs(*args, size=size, random_state=random_state, **kwargs)
        count = len(self.shapes) + len(self.parameters)
        if len(args) > count:
            size, args = args[-1], args[:-1]
        shapes, loc, scale = self._split("rvs", args, kwargs)
        held = [np.asarray(raw(xgrad.asarray(v).detach())) for v in (*shapes, loc, scale)]
        from scipy._lib._util import check_random_state

        rng = check_random_state(random_state)
        again = copy.deepcopy(rng)
        ends = {"loc": 0.0 * held[-2], "scale": np.ones_like(held[-1])}
        x = np.asarray(self.plain.rvs(*held[:-2], **ends, size=size, random_state=rng))
        moved: Any = Array(x)
        if is_tracked(*shapes):
            if is_own(self.plain, "_rvs"):
                return loc + scale * self._drawn(x, shapes, again)
            q = Array(np.asarray(self.plain.cdf(x, *held[:-2])))
            moved = self._solving(x, q, shapes, self._standard_cdf, 1.0)
        return loc + scale * moved

    def ppf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the quantile, the inverse of the distribution function."""
        return self._quantile("ppf", q, args, kwargs, self._standard_cdf, 1.0)

    def isf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the inverse of the survival function."""
        return self._quantile("isf", q, args, kwargs, self._standard_sf, -1.0)

    def median(self, *args: Any, **kwargs: Any) -> Any:
        """Return the median."""
        if not arrays_in(args, kwargs):
            return self.plain.median(*args, **kwargs)
        shape = np.broadcast_shapes(*[np.shape(raw(v)) for v in (*args, *kwargs.values())])
        return self.ppf(xgrad.asarray(np.full(shape, 0.5)), *args, **kwargs)

    def interval(self, confidence: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the ends of the interval that holds a share of the distribution."""
        if not arrays_in(confidence, args, kwargs):
            return self.plain.interval(confidence, *args, **kwargs)
        share = _f(confidence)
        return self.ppf(0.5 - share / 2, *args, **kwargs), self.ppf(
            0.5 + share / 2, *args, **kwargs
        )

    def entropy(self, *args: Any, **kwargs: Any) -> Any:
        """Return the differential entropy."""
        log: Any = lambda s: xgrad.log(s) if isinstance(s, Array) else np.log(s)  # noqa: E731
        return self._moment(
            "entropy", self._entropy, args, kwargs, lambda h, loc, scale: h + log(scale)
        )

    def nnlf(self, theta: Any, x: Any) -> Any:
        """Return minus the log-likelihood of data."""
        if not arrays_in(theta, x):
            return self.plain.nnlf(theta, x)
        return -xgrad.sum(self.logpdf(x, *(theta[i] for i in range(len(theta)))))

    def _drawn(self, x: Any, shapes: Any, rng: Any) -> Any:
        """Return SciPy's draws by its own way, if that is array code of the shapes."""
        try:
            out = self.plain._rvs(*shapes, size=x.shape, random_state=rng)
        except (TracedConversionError, TypeError, ValueError, AttributeError):
            raise NotDifferentiableError(
                f"{self.name}.rvs: a shape parameter is tracked, and what SciPy draws by is "
                "compiled and has no derivative. xgrad.random.default_rng(seed) has gamma, beta, "
                "dirichlet and standard_t, which move with theirs; loc and scale may be tracked "
                "here"
            ) from None
        return with_derivative_of(x, xgrad.asarray(out))

    @staticmethod
    def _require_regular(misfit: Any, x: Any) -> None:
        """Raise where the curvature at a fit does not tell one parameter from another."""
        size = np.maximum(np.abs(x), 1e-3)
        with tape.recording(False):
            flat = xgrad.hessian(lambda v: misfit(v))(x)
        curves = np.linalg.eigvalsh(np.asarray(raw(flat)) * size[:, None] * size)
        if not curves[0] > 1e-9 * curves[-1]:
            raise RuleError("flat")

    @of_one("scipy.stats: fit")
    def fit(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the parameters of greatest likelihood, by the equation that they solve.

        Raises:
            RuleError: for a derivative where one of them is at the end of its range, as a `loc`
                that is the least of the data: give it as ``floc=``.
        """
        if not arrays_in(data, args, kwargs):
            return self.plain.fit(data, *args, **kwargs)
        data = _f(data)
        if not args and not kwargs and self.name in CLOSED:
            return CLOSED[self.name](data)
        if str(kwargs.get("method", "MLE")).upper() != "MLE":
            raise NotImplementedError(
                f"{self.name}.fit: method is {kwargs['method']!r}; only 'MLE' has a derivative here"
            )
        from ..optimize.minima import held_solution

        values = self.plain.fit(raw(data.detach()), *raws(args), **raws(kwargs))
        fixed = _fixed(self.shapes, kwargs)
        names = (*self.shapes, *self.parameters)
        free = [i for i, name in enumerate(names) if name not in fixed]

        def misfit(theta: Any) -> Any:
            every = [theta[free.index(i)] if i in free else fixed[n] for i, n in enumerate(names)]
            return -xgrad.mean(self.logpdf(data, *every))

        x = np.asarray([values[i] for i in free], dtype=float)
        edge = np.full(len(free), np.inf)
        found: Any = x
        if free:
            try:
                self._require_regular(misfit, x)
                found = held_solution(f"{self.name}.fit", x, misfit, -edge, edge, [])
            except RuleError as error:
                told = ", ".join(f"{names[i]}={values[i]:.4g}" for i in free)
                raise RuleError(
                    f"{self.name}.fit: the likelihood has no regular maximum at {told}, so that "
                    "the fit has no derivative: the data do not determine a parameter, or one is "
                    "at the end of its range, as a loc at the least of the data. Give that one, as "
                    "floc="
                ) from error
        return tuple(
            found[free.index(i)] if i in free else _f(fixed[n]) for i, n in enumerate(names)
        )

    @of_one("scipy.stats: expect")
    def expect(
        self, func: Any = None, args: Any = (), loc: Any = 0, scale: Any = 1, lb: Any = None,
        ub: Any = None, conditional: bool = False, **kwds: Any,
    ) -> Any:  # fmt: skip
        """Return the average of a function between two ends, by quadrature.

        Differentiable in the parameters, the ends, and what the function closes over.
        """
        if not arrays_in(args, loc, scale, lb, ub) and not _is_of_arrays(func):
            return self.plain.expect(func, args, loc, scale, lb, ub, conditional, **kwds)
        args, loc, scale = guarded_arguments((args, loc, scale))
        ends = self.support(*args, loc=_f(loc), scale=scale)
        low, high = (
            (e if np.isfinite(raw(e)) else raw(e)) if given is None else given
            for e, given in zip(ends, (lb, ub), strict=True)
        )

        def weighted(x: Any) -> Any:
            p = self.pdf(xgrad.asarray(x), *args, loc=loc, scale=scale)
            return (x if func is None else func(x)) * p

        total = quad(weighted, low, high, **kwds)[0]
        if not conditional:
            return total
        return total / (
            self.cdf(_f(high), *args, loc=loc, scale=scale)
            - self.cdf(_f(low), *args, loc=loc, scale=scale)
        )


def _laplace(x: Any) -> Any:
    middle = xgrad.median(x)
    return middle, xgrad.mean(xgrad.abs(x - middle))


CLOSED: dict[str, Function] = {
    "norm": lambda x: (xgrad.mean(x), xgrad.std(x)),
    "expon": lambda x: (xgrad.min(x), xgrad.mean(x) - xgrad.min(x)),
    "uniform": lambda x: (xgrad.min(x), xgrad.max(x) - xgrad.min(x)),
    "laplace": _laplace,
}
"""The fits whose parameters are formulas."""


def _fixed(shapes: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that `fit` is told, by name, in any of SciPy's spellings."""
    spelled = {"floc": "loc", "fscale": "scale"}
    for i, name in enumerate(shapes):
        spelled |= {f"f{i}": name, f"f{name}": name, f"fix_{name}": name}
    return {spelled[key]: x for key, x in kwargs.items() if key in spelled and x is not None}


def _is_of_arrays(func: Any) -> bool:
    """Whether a function closes over an `Array`."""
    cells = getattr(func, "__closure__", None) or ()
    return any(isinstance(c.cell_contents, Array) for c in cells)


@told("stats")
class Discrete(_Distribution):
    """A discrete distribution: by its parameters, for it is a step function of the value."""

    parameters = ("loc",)

    def logpmf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the logarithm of the probability of a value."""
        own = self._answers("logpmf", k, args, kwargs)
        if own:
            return own(k, *args, **kwargs)
        y, shapes, _, inside, *_ = self._at("logpmf", k, args, kwargs)
        whole = inside & (y == xgrad.floor(y))
        return xgrad.where(whole, self.log_density(y.detach(), *shapes), -np.inf)

    def pmf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the probability of a value."""
        own = self._answers("pmf", k, args, kwargs)
        return own(k, *args, **kwargs) if own else xgrad.exp(self.logpmf(k, *args, **kwargs))

    def ppf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the quantile, which has no derivative."""
        return xgrad.asarray(self.plain.ppf(*raws((q, *args)), **raws(kwargs)))

    def rvs(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: a draw of whole numbers has no derivative."""
        if not is_tracked(args, kwargs):
            return self.plain.rvs(*raws(args), **raws(kwargs))
        raise NotDifferentiableError(
            f"{self.name}.rvs: a parameter is tracked, and a draw of whole numbers has no "
            f"derivative; draw by x.detach(), and multiply by {self.name}.logpmf of what was drawn"
        )

    def entropy(self, *args: Any, **kwargs: Any) -> Any:
        """Return the entropy."""
        return self._moment("entropy", self._entropy, args, kwargs, lambda h, loc, scale: h)

    @of_one("scipy.stats: expect")
    def expect(
        self, func: Any = None, args: Any = (), loc: Any = 0, lb: Any = None, ub: Any = None,
        conditional: bool = False, **kwds: Any,
    ) -> Any:  # fmt: skip
        """Return the average of a function over the numbers from `lb` to `ub`, by their sum."""
        if not arrays_in(args, loc) and not _is_of_arrays(func):
            return self.plain.expect(func, args, loc, lb, ub, conditional, **kwds)
        k = terms(self.plain, [_f(a) for a in args])
        k = k[(k >= (-np.inf if lb is None else lb)) & (k <= (np.inf if ub is None else ub))]
        p = self.pmf(xgrad.asarray(k), *args)
        x = xgrad.asarray(k) + loc
        values = x if func is None else xgrad.stack([xgrad.asarray(func(v)) for v in x])
        total = xgrad.sum(values * p)
        return total / xgrad.sum(p) if conditional else total

    def _probabilities(self, shapes: Any, last: Any = None) -> tuple[Any, Any]:
        k = xgrad.asarray(terms(self.plain, shapes, last))
        wide = [xgrad.asarray(s)[..., None] for s in shapes]
        return k, xgrad.exp(self.log_density(k, *wide))

    def _integrated(self, name: str, y: Any, shapes: Any) -> Any:
        at = xgrad.floor(y.detach())
        k, p = self._probabilities(shapes, raw(at))
        below = xgrad.sum(xgrad.where(k <= at[..., None], p, 0.0), axis=-1)
        return below if name == "_cdf" else 1.0 - below

    def _averaged(self, name: Any, shapes: Any) -> Any:
        k, p = self._probabilities(shapes)
        if isinstance(name, int):
            total = xgrad.sum(p * k**name, axis=-1)
            return trusted(self.plain, lambda *held: self.plain.moment(name, *held), total, shapes)
        if name == "entropy":
            surprise = special.entr(xgrad.where(p.detach() > 1e-200, p, 1.0))
            return trusted(self.plain, self.plain.entropy, xgrad.sum(surprise, axis=-1), shapes)
        power = POWERS[name]
        mean: Any = xgrad.sum(k * p, axis=-1)
        away = k - mean[..., None]
        total = mean if power == 1 else xgrad.sum(p * away**power, axis=-1)
        if power > 2:
            var = xgrad.sum(p * away**2, axis=-1)
            total = total / var ** (power / 2) - (3.0 if power == 4 else 0.0)

        def value(*held: Any) -> Any:
            return self.plain.stats(*held, moments=name[0])

        return trusted(self.plain, value, total, shapes)


class Frozen:
    """A distribution with fixed parameters, of which one is an `Array`."""

    def __init__(self, dist: Any, args: tuple[Any, ...], kwds: dict[str, Any]) -> None:
        self.dist, self.args, self.kwds = dist, args, kwds

    def rvs(self, size: Any = None, random_state: Any = None) -> Any:
        """Return draws; see `Continuous.rvs`."""
        return self.dist.rvs(*self.args, **self.kwds, size=size, random_state=random_state)

    def expect(self, func: Any = None, lb: Any = None, ub: Any = None, **options: Any) -> Any:
        """Return the average of a function; see `Continuous.expect`."""
        shapes, loc, scale = self.dist._split("expect", self.args, self.kwds)
        ends = {"loc": loc, "scale": scale, "lb": lb, "ub": ub}
        if "scale" not in self.dist.parameters:
            del ends["scale"]
        return self.dist.expect(func, tuple(shapes), **ends, **options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("dist", "args", "kwds"):
            raise AttributeError(name)
        if hasattr(self.dist, "parameter"):  # of a distribution of vectors
            found = self.dist.parameter(name, self.args, self.kwds)
            if found is not None:
                return found
        method = getattr(self.dist, name)
        return lambda *x, **more: method(*x, *self.args, **self.kwds, **more)
