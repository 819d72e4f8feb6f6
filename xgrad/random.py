"""Seeded random numbers on every backend and device."""

from __future__ import annotations

import contextlib
import copy
import math
import operator
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np

from . import backends, errors, special
from .arrays.array import Array
from .arrays.types import ArrayLike, Device, DType
from .backends import effects
from .backends.batched import Batch, drawn
from .backends.defaults import get_default_dtype
from .engine.plain import as_tuple
from .names import find
from .ops.activations import softmax
from .ops.beside import placed
from .ops.converting import asarray
from .ops.dtypes import astype
from .ops.elementwise import log, maximum, sqrt, where
from .ops.indexing import take
from .ops.manipulation import broadcast_to
from .ops.sorting import argsort, searchsorted
from .ops.statistical import sum as sum_over

__all__ = ["Generator", "default_rng"]

Size = int | tuple[int, ...] | None

States = dict["Generator", Any]
"""Generators, and their streams as they were before something drew from them."""

_watched: ContextVar[States | None] = ContextVar("xgrad_random_watched", default=None)


def _unpickled(backend: str, device: Device | None, raw: Any) -> Generator:
    """Return a generator in the state that it was pickled in."""
    made = object.__new__(Generator)
    made._backend, made._device, made._raw = backends.load(backend), device, raw
    return made


def default_rng(
    seed: int | None = None, *, backend: str | None = None, device: Device | None = None
) -> Generator:
    """Return a generator of random numbers on the current backend and device, or on a given one.

    The same seed gives the same numbers on the same backend; each library has its own algorithm.

    Args:
        seed: a non-negative integer; None for numbers that differ from run to run.
        backend: the name of a backend, as in `xgrad.set_backend`.
        device: a device of the backend, or its name.

    Returns:
        A `Generator`.

    Raises:
        TypeError: if the seed is no integer.
        ValueError: if it is negative.

    >>> import xgrad as xg
    >>> rng = xg.random.default_rng(0)
    >>> rng.random((2, 2)).shape
    (2, 2)
    >>> bool(xg.all(rng.random(3) == xg.random.default_rng(0).random(3)))
    False
    """
    known = seed is None or isinstance(seed, (np.random.Generator, np.random.RandomState))
    if not known and not hasattr(seed, "__index__"):
        raise TypeError(
            f"default_rng: got seed {seed!r:.40} of type {type(seed).__qualname__}; expected a "
            "non-negative integer or None"
        )
    if isinstance(seed, bool) or (isinstance(seed, SupportsIndex) and operator.index(seed) < 0):
        raise ValueError(f"default_rng: got seed {seed!r}; expected a non-negative integer or None")
    if backend is None and device is None:
        return Generator(seed, *backends.current())
    with backends.use_backend(backend or backends.get_backend(), device):
        return Generator(seed, *backends.current())


@contextlib.contextmanager
def watched() -> Iterator[States]:
    """Note the state of each generator before the first draw from it in the block."""
    outer, states = _watched.get(), States()
    token = _watched.set(states)
    try:
        yield states
    finally:
        _watched.reset(token)
        for generator, state in states.items():
            if outer is not None and generator not in outer:
                outer[generator] = state


@contextlib.contextmanager
def replayed(states: States) -> Iterator[None]:
    """Let generators draw once more, in the block, what they drew from these states on."""
    present = {generator: generator._raw for generator in states}
    for generator, state in states.items():
        generator._raw = copy.deepcopy(state)
    token = _watched.set(None)
    try:
        yield
    finally:
        _watched.reset(token)
        for generator, raw in present.items():
            generator._raw = raw


class Generator:
    """A stream of random numbers on one backend and device; make it with `default_rng`.

    Samples are constants for differentiation, so derivatives flow through what is computed with
    them. In `normal` and `uniform` they flow to the parameters.

    Args:
        seed: a non-negative integer; None for numbers that differ from run to run.
        backend: the backend whose library draws the numbers.
        device: a device of it; its default if None.

    >>> import xgrad as xg
    >>> rng = xg.random.default_rng(0)
    >>> xg.grad(lambda mean: xg.mean(rng.normal(mean, 0.1, size=100)))(xg.asarray(2.0))
    Array(1., dtype=float64)
    """

    __slots__ = ("_backend", "_device", "_raw")

    def __init__(self, seed: int | None, backend: backends.Backend, device: Device | None) -> None:
        self._backend = backend
        self._device = device
        self._raw = backend.random(seed, device)

    def __reduce__(self) -> Any:
        return _unpickled, (self._backend.name, self._device, self._raw)

    def random(self, size: Size = None, dtype: DType | None = None) -> Array:
        """Draw numbers uniformly from [0, 1).

        Args:
            size: the shape, or an int; None for a 0-d array.
            dtype: a real floating-point dtype; `xgrad.get_default_dtype` if None.

        Returns:
            An `Array` of that shape.
        """
        return self._draw("random", size, dtype)

    def uniform(
        self,
        low: ArrayLike = 0.0,
        high: ArrayLike = 1.0,
        size: Size = None,
        dtype: DType | None = None,
    ) -> Array:
        """Draw numbers uniformly from [low, high), which may be arrays.

        Args:
            low: the lower end, a number or an array.
            high: the upper end, likewise. Derivatives flow to both.
            size: the shape of the result; if None that to which the ends are broadcast.
            dtype: the dtype; if None that of the ends, `xgrad.get_default_dtype` for numbers.

        Returns:
            An `Array`, ``low + (high - low) * random(size)``.
        """
        sample = self.random(_size(size, low, high), _dtype(dtype, low, high))
        return low + (high - low) * sample

    def standard_normal(self, size: Size = None, dtype: DType | None = None) -> Array:
        """Draw from the normal distribution of mean 0 and variance 1.

        Args:
            size: the shape, or an int; None for a 0-d array.
            dtype: a real floating-point dtype; `xgrad.get_default_dtype` if None.

        Returns:
            An `Array` of that shape.
        """
        return self._draw("standard_normal", size, dtype)

    def normal(
        self,
        loc: ArrayLike = 0.0,
        scale: ArrayLike = 1.0,
        size: Size = None,
        dtype: DType | None = None,
    ) -> Array:
        """Draw from the normal distribution of mean `loc` and standard deviation `scale`.

        Args:
            loc: the mean, a number or an array.
            scale: the standard deviation, likewise. Derivatives flow to both.
            size: the shape of the result; if None that to which the parameters are broadcast.
            dtype: the dtype; if None that of the parameters, `xgrad.get_default_dtype` for numbers.

        Returns:
            An `Array`, ``loc + scale * standard_normal(size)``.
        """
        sample = self.standard_normal(_size(size, loc, scale), _dtype(dtype, loc, scale))
        return loc + scale * sample

    def gamma(
        self,
        shape: ArrayLike,
        scale: ArrayLike = 1.0,
        size: Size = None,
        dtype: DType | None = None,
    ) -> Array:
        """Draw from the gamma distribution, with derivatives by `shape` and `scale`.

        A sample keeps its probability: it solves ``gammainc(shape, x) == u``, and moves with the
        equation (Figurnov et al. 2018, arXiv:1805.08498). So do those of `beta`, `dirichlet` and
        `standard_t`, which are made of it.

        Args:
            shape: positive numbers.
            scale: what the samples are multiplied by.
            size: the shape of the result; that of the parameters if None.
            dtype: that of the parameters, or `xgrad.get_default_dtype`, if None.

        Returns:
            An `Array`, ``scale * standard_gamma(shape)``.

        Raises:
            MissingFunctionError: if the backend draws no gamma numbers.
            ValueError: if a parameter is not positive, or is not broadcast to the size.

        >>> import xgrad as xg
        >>> mean = lambda a: xg.mean(xg.random.default_rng(0).gamma(a, size=10000))
        >>> round(float(xg.grad(mean)(xg.asarray(2.0))), 1)
        1.0
        """
        wanted = _dtype(dtype, shape, scale)
        shape = _as(shape, wanted)
        if isinstance(scale, (int, float)) and scale < 0:
            raise ValueError(f"random.gamma: scale is {scale}; expected numbers from 0 on")
        counts = _shape(_size(size, shape, scale))
        if not _ends_with(counts, shape.shape):
            raise ValueError(
                f"random.gamma: size is {counts}, and the parameter has shape {shape.shape}; "
                "expected a size that it can be broadcast to"
            )
        if isinstance(shape._raw, Batch):  # each example has its own: the quantiles of uniforms
            return scale * special.gammaincinv(shape, self.random(counts, shape.dtype))
        here = broadcast_to(shape, counts)
        stream = self._stream()
        if not hasattr(stream, "standard_gamma"):
            raise errors.MissingFunctionError(
                f"random.gamma: {self._backend.name} draws no gamma numbers; draw on NumPy, and "
                f"move them with x.to_backend({self._backend.name!r})"
            )
        try:
            drawn = stream.standard_gamma(here.detach()._raw, counts)
        except ValueError as error:
            raise ValueError(
                f"random.gamma: a parameter is not positive ({error}); expected positive numbers"
            ) from None
        sample = self._backend.xp.astype(self._backend.xp.asarray(drawn), here._raw.dtype)
        return scale * _with_probability(here, sample)

    def beta(
        self, a: ArrayLike, b: ArrayLike, size: Size = None, dtype: DType | None = None
    ) -> Array:
        """Draw from the beta distribution, with derivatives by `a` and `b`; see `gamma`.

        Args:
            a: positive numbers, the power of x plus one.
            b: positive numbers, the power of ``1 - x`` plus one.
            size: the shape of the result; that of the parameters if None.
            dtype: that of the parameters, or `xgrad.get_default_dtype`, if None.

        Returns:
            An `Array` of numbers between 0 and 1.
        """
        size = _size(size, _as(a, None), _as(b, None))
        one, two = (self.gamma(v, 1.0, size, dtype) for v in (a, b))
        return one / (one + two)

    def dirichlet(self, alpha: ArrayLike, size: Size = None, dtype: DType | None = None) -> Array:
        """Draw vectors that sum to one, with derivatives by the vector `alpha`; see `gamma`.

        Args:
            alpha: a vector of positive numbers, the concentrations.
            size: how many vectors, as axes in front.
            dtype: that of `alpha` if None.

        Returns:
            An `Array` of shape ``(*size, *alpha.shape)``.

        Raises:
            ValueError: if `alpha` is one number.
        """
        alpha = _as(alpha, dtype)
        if alpha.ndim == 0:
            raise ValueError("random.dirichlet: alpha is one number; expected a vector of them")
        parts = self.gamma(alpha, 1.0, (*_shape(size), *alpha.shape), dtype)
        return parts / sum_over(parts, axis=-1, keepdims=True)

    def standard_t(self, df: ArrayLike, size: Size = None, dtype: DType | None = None) -> Array:
        """Draw from Student's t distribution, with derivatives by `df`; see `gamma`.

        Args:
            df: degrees of freedom, positive numbers.
            size: the shape of the result; that of `df` if None.
            dtype: that of `df` if None.

        Returns:
            An `Array` of that shape.
        """
        df = _as(df, dtype)
        size = _size(size, df)
        normal = self.standard_normal(size, _dtype(dtype, df))
        chi2 = 2.0 * self.gamma(df / 2.0, 1.0, size, dtype)
        return normal * sqrt(df / chi2)

    def gumbel_softmax(
        self,
        logits: ArrayLike,
        temperature: ArrayLike = 1.0,
        size: Size = None,
        dtype: DType | None = None,
    ) -> Array:
        """Draw soft choices among the last axis, with derivatives by `logits`.

        The lower the temperature, the nearer to one of the choices alone, and the larger the
        variance of gradients (Jang, Gu, Poole 2017, arXiv:1611.01144).

        Args:
            logits: logarithms of probabilities, up to a constant.
            temperature: how soft the choices are.
            size: how many draws, as axes in front.
            dtype: that of the logits if None.

        Returns:
            An `Array` of the shape ``(*size, *logits.shape)``, which sums to 1 along its last axis.

        >>> import xgrad as xg
        >>> soft = xg.random.default_rng(0).gumbel_softmax(xg.asarray([0.0, 1.0, 2.0]), 0.1)
        >>> round(float(xg.sum(soft)), 12)
        1.0
        """
        logits = _as(logits, dtype)
        uniform = self.random((*_shape(size), *logits.shape), _dtype(dtype, logits))
        tiny = float(np.finfo(np.float64).tiny)
        gumbel = -log(-log(maximum(uniform, tiny)))
        return softmax((logits + gumbel) / temperature, axis=-1)

    def bernoulli(self, p: ArrayLike = 0.5, size: Size = None) -> Array:
        """Draw True with probability `p`, else False.

        Args:
            p: the probability, a number or an array. No derivative flows to it.
            size: the shape of the result; that of `p` if None.

        Returns:
            An `Array` of booleans.
        """
        return self.random(_size(size, p)) < p

    def integers(self, low: int, high: int | None = None, size: Size = None) -> Array:
        """Draw integers uniformly from ``low, ..., high - 1``, or from ``0, ..., low - 1``.

        Args:
            low: the least integer; if `high` is None the end, and the least one is 0.
            high: the end, which is never drawn.
            size: the shape, or an int; None for a 0-d array.

        Returns:
            An `Array` of integers.
        """
        return Array(drawn(_shape(size), lambda shape: self._stream().integers(low, high, shape)))

    def permutation(self, n: int) -> Array:
        """Return ``0, ..., n - 1`` in random order; it shuffles the rows of an array it indexes."""
        n = operator.index(n)

        def draw(shape: tuple[int, ...]) -> Any:
            if not shape:
                return self._stream().permutation(n)
            keys = self._stream().random((*shape, n), dtype=np.dtype(np.float64))
            return self._backend.xp.argsort(keys, axis=-1)

        return Array(drawn((), draw))

    def choice(
        self,
        a: ArrayLike | Sequence[float],
        size: Size = None,
        replace: bool = True,
        p: ArrayLike | Sequence[float] | None = None,
    ) -> Array:
        """Draw from the integers ``0, ..., a - 1``, or from the entries of an array.

        Args:
            a: how many integers there are to draw from, or an array, whose rows are drawn.
            size: the shape, or an int; None for one draw.
            replace: whether the same one may come again.
            p: the probability of each; None if all are as likely.

        Returns:
            An `Array` of integers, or of entries of `a`.

        Raises:
            ValueError: if more are to be drawn than there are, without replacement, or if `p` has
                another length.

        >>> import xgrad as xg
        >>> sorted(xg.random.default_rng(0).choice(4, size=4, replace=False).tolist())
        [0, 1, 2, 3]
        >>> xg.random.default_rng(0).choice([1.5, 2.5], size=3, p=[0.0, 1.0])
        Array([2.5, 2.5, 2.5], dtype=float64)
        """
        rows = None if np.ndim(a) == 0 else asarray(a)  # type: ignore[arg-type]
        n = operator.index(a) if rows is None else rows.shape[0]  # type: ignore[arg-type]
        places = self._places(n, size, replace, p)
        return places if rows is None else take(rows, places, axis=0)

    def _places(self, n: int, size: Size, replace: bool, p: Any) -> Array:
        """Draw from ``0, ..., n - 1``."""
        if p is not None:
            return self._weighted(n, size, replace, np.asarray(p, dtype=np.float64))
        if replace:
            return self.integers(0, n, size)
        shape = _shape(size)
        count = math.prod(shape)
        if count > n:
            raise ValueError(
                f"choice: got {count} draws from {n} integers with replace=False; "
                "expected at most as many draws as integers, or replace=True"
            )
        return self.permutation(n)[:count].reshape(shape)

    def _weighted(self, n: int, size: Size, replace: bool, p: Any) -> Array:
        """Draw by probabilities: where a uniform number falls in their sums, as NumPy does."""
        if p.shape != (n,) or not np.all(p >= 0) or not np.isclose(np.sum(p), 1.0):
            raise ValueError(
                f"choice: p has shape {p.shape} and sum {np.sum(p):.6g}; expected ({n},), numbers "
                "of at least 0 that sum to 1. Use p / p.sum()"
            )
        if replace:
            sums = np.cumsum(p)
            u = self.random(size)
            found: Array = searchsorted(placed(u, sums / sums[-1], u.dtype), u, side="right")
            return found
        shape = _shape(size)
        count = math.prod(shape)
        if count > np.count_nonzero(p):
            raise ValueError(
                f"choice: got {count} draws with replace=False, and {np.count_nonzero(p)} of p are "
                "not 0; expected at most as many draws"
            )
        with np.errstate(divide="ignore"):
            u = self.random(n)
            first = -log(u) / placed(u, p, u.dtype)  # when each would come, the next always by p
        return asarray(argsort(first)[:count].reshape(shape))

    if not TYPE_CHECKING:  # for a checker a name that is not here is an error

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(name)
            raise AttributeError(f"Generator has no {name!r}. {_instead(name)}")

    def _stream(self) -> Any:
        """Return the library's generator, about to be drawn from."""
        states, recorder = _watched.get(), effects.recorder.get()
        raw = self._raw if recorder is None else recorder.stream(self)
        if states is not None and self not in states:
            states[self] = copy.deepcopy(raw)
        return raw

    def _draw(self, name: str, size: Size, dtype: Any) -> Array:
        wanted = get_default_dtype() if dtype is None else np.dtype(dtype)
        if wanted.kind != "f" and wanted.name != "bfloat16":
            raise TypeError(f"random: got dtype {wanted}; expected a real floating-point one")
        # the libraries draw these two; others are cast from them
        own = np.dtype(np.float32 if wanted.itemsize <= 4 else np.float64)
        draw = getattr(self._stream(), name)
        out = Array(drawn(_shape(size), lambda shape: draw(shape, dtype=own)))
        return out if own == wanted else out.astype(wanted)

    def __repr__(self) -> str:
        where = f", {self._device}" if self._device is not None else ""
        return f"<random generator on {self._backend.name}{where}>"


INSTEAD = {
    "rand": "rng.random(size)",
    "randn": "rng.standard_normal(size)",
    "randint": "rng.integers(low, high, size)",
    "random_sample": "rng.random(size)",
    "sample": "rng.random(size)",
    "shuffle": "x = x[rng.permutation(len(x))]",
    "permuted": "x[rng.permutation(len(x))]",
    "exponential": "-scale * xgrad.log1p(-rng.random(size))",
    "standard_exponential": "-xgrad.log1p(-rng.random(size))",
    "lognormal": "xgrad.exp(rng.normal(mean, sigma, size))",
    "chisquare": "2 * rng.gamma(df / 2, size=size)",
    "standard_gamma": "rng.gamma(shape, size=size)",
    "weibull": "(-xgrad.log1p(-rng.random(size))) ** (1 / a)",
    "rayleigh": "scale * xgrad.sqrt(-2 * xgrad.log1p(-rng.random(size)))",
    "multivariate_normal": "mean + rng.standard_normal((n, len(mean))) "
    "@ xgrad.linalg.cholesky(cov).T",
}
"""What to write for a distribution of NumPy's, or an older name, that a generator has not."""


def _instead(name: str) -> str:
    if name in INSTEAD:
        return f"Use {INSTEAD[name]}"
    if hasattr(np.random.Generator, name):
        return f"Use xgrad.asarray(numpy.random.default_rng(seed).{name}(...))"
    known = [n for n in vars(Generator) if not n.startswith("_")]
    return f"It has {', '.join(known)}"


def _as(x: Any, dtype: Any) -> Array:
    """Return a parameter as an array of floating-point numbers."""
    x = x if isinstance(x, Array) else asarray(x)
    if x.dtype.kind == "c":
        raise TypeError(f"random: a parameter is {x.dtype}; expected real numbers")
    wanted = dtype or (x.dtype if x.dtype.kind == "f" else get_default_dtype())
    return astype(x, wanted, copy=False)  # type: ignore[no-any-return]


def _with_probability(shape: Array, sample: Any) -> Array:
    """Return samples of the gamma distribution that keep their probability as the shape moves."""
    fixed, drawn_ = shape.detach(), Array(sample)
    low = special.gammainc(fixed, drawn_)
    near = low.detach() < 0.5  # each tail by the function that is exact there
    kept = special.gammaincinv(shape, where(near, low, 0.5))
    other = special.gammainccinv(shape, where(near, 0.5, special.gammaincc(fixed, drawn_)))
    return Array(sample, where(near, kept, other)._node)


def _ends_with(size: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether an array of a shape can be broadcast to a size."""
    last = zip(size[::-1], shape[::-1], strict=False)
    return len(shape) <= len(size) and all(n in (1, m) for m, n in last)


def _shape(size: Size) -> tuple[int, ...]:
    return () if size is None else as_tuple(size)


def _size(size: Size, *parameters: Any) -> Size:
    """Return the size, or else the shape that the parameters broadcast to."""
    if size is not None:
        return size
    return np.broadcast_shapes(*(tuple(getattr(p, "shape", ())) for p in parameters))


def _dtype(dtype: Any, *parameters: Any) -> Any:
    """Return the dtype, or else that of the first parameter that is an array of real numbers."""
    if dtype is None:
        for p in parameters:
            if isinstance(p, Array) and p.dtype.kind == "f":
                return p.dtype
    return dtype


if TYPE_CHECKING:  # the functions of one stream, as in ``numpy.random``, made when asked for

    def _draws(*args: Any, **kwargs: Any) -> Any: ...

    seed = get_state = set_state = random = beta = binomial = chisquare = choice = _draws
    dirichlet = exponential = f = gamma = geometric = gumbel = hypergeometric = _draws
    laplace = logistic = lognormal = logseries = multinomial = multivariate_normal = _draws
    negative_binomial = noncentral_chisquare = noncentral_f = normal = pareto = _draws
    permutation = poisson = power = rand = randint = randn = random_integers = _draws
    random_sample = ranf = rayleigh = sample = shuffle = standard_cauchy = _draws
    standard_exponential = standard_gamma = standard_normal = standard_t = _draws
    triangular = uniform = vonmises = wald = weibull = zipf = _draws
else:

    def __getattr__(name):
        return find(__name__, name)
