"""Initial weights whose products keep their variance from layer to layer.

A layer ``y = W x`` of n inputs with independent entries of mean 0 has ``Var y = n Var(W) E[x^2]``,
and its cotangents ``Var gx = m Var(W) Var gy`` for m outputs. So the variance of W decides whether
signals and gradients keep their size, fade or explode with depth.

Each function returns an array of the given shape, drawn from a generator:

    >>> import xgrad as xg
    >>> rng = xg.random.default_rng(0)
    >>> xg.nn.init.kaiming_normal((128, 784), rng).shape
    (128, 784)

Shapes are those of weights here: ``(out_features, in_features)`` of a linear layer,
``(filters, channels / groups, *kernel)`` of a convolution, whose fans are the number of channels
times the elements of the kernel. Unlike in PyTorch nothing is filled in place.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import xgrad as xg

from ..arrays.array import Array
from ..arrays.types import DType
from ..names import find
from ..random import Generator

__all__ = [
    "calculate_gain",
    "constant",
    "fans",
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "normal",
    "ones",
    "orthogonal",
    "sparse",
    "trunc_normal",
    "uniform",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]

Shape = tuple[int, ...]

_GAINS = {
    "linear": 1.0,
    "conv": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 0.75,
}


def fans(shape: Shape) -> tuple[int, int]:
    """Return how many inputs an output of a weight has, and how many outputs an input."""
    if len(shape) < 2:
        raise ValueError(f"init: got shape {tuple(shape)}; fans need at least two axes")
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return by what factor the weights before an activation must be larger to keep the variance.

    For relu ``E[relu(z)^2] = Var(z) / 2`` for a z symmetric about 0, so its gain is the square root
    of 2; for leaky_relu of slope a it is ``sqrt(2 / (1 + a^2))``. Those of tanh and selu are the
    usual empirical ones.

    Args:
        nonlinearity: ``"linear"``, ``"sigmoid"``, ``"tanh"``, ``"relu"``, ``"leaky_relu"``,
            ``"selu"`` or ``"conv"``.
        param: the negative slope of leaky_relu, 0.01 by default.

    Returns:
        A float.

    Raises:
        ValueError: if the activation is not known.
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        known = ", ".join([*_GAINS, "leaky_relu"])
        raise ValueError(f"calculate_gain: got {nonlinearity!r}; expected one of {known}")
    return _GAINS[nonlinearity]


def _dtype(dtype: Any) -> Any:
    """Return a dtype, by default the floating-point one of the current backend."""
    return xg.asarray(0.0).dtype if dtype is None else dtype


def zeros(shape: Shape, rng: Generator | None = None, *, dtype: DType | None = None) -> Array:
    """Return zeros: right for biases, wrong for weights, whose units would all stay alike.

    Args:
        shape: the shape of the weights.
        rng: not used; here so that all initialisers are called alike.
        dtype: the dtype; `xgrad.get_default_dtype` if None.

    Returns:
        An `Array` of that shape.
    """
    return xg.zeros(shape, dtype=_dtype(dtype))


def ones(shape: Shape, rng: Generator | None = None, *, dtype: DType | None = None) -> Array:
    """Return ones, as for the factors of a normalisation.

    Args:
        shape: the shape of the weights.
        rng: not used; here so that all initialisers are called alike.
        dtype: the dtype; `xgrad.get_default_dtype` if None.

    Returns:
        An `Array` of that shape.
    """
    return xg.ones(shape, dtype=_dtype(dtype))


def constant(
    shape: Shape, rng: Generator | None = None, *, value: float, dtype: DType | None = None
) -> Array:
    """Return an array of one number.

    Args:
        shape: the shape of the weights.
        rng: not used; here so that all initialisers are called alike.
        value: the number.
        dtype: the dtype; `xgrad.get_default_dtype` if None.

    Returns:
        An `Array` of that shape.
    """
    return xg.full(shape, value, dtype=_dtype(dtype))


def normal(
    shape: Shape, rng: Generator, *, mean: float = 0.0, std: float = 1.0, dtype: DType | None = None
) -> Array:
    """Return numbers of the normal distribution.

    Args:
        shape: the shape of the weights.
        rng: the generator, of `xgrad.random.default_rng`.
        mean: the mean.
        std: the standard deviation.
        dtype: the dtype; `xgrad.get_default_dtype` if None.

    Returns:
        An `Array` of that shape.
    """
    return rng.standard_normal(shape, dtype=_dtype(dtype)) * std + mean


def uniform(
    shape: Shape, rng: Generator, *, low: float = 0.0, high: float = 1.0, dtype: DType | None = None
) -> Array:
    """Return numbers uniform in ``[low, high)``.

    Args:
        shape: the shape of the weights.
        rng: the generator, of `xgrad.random.default_rng`.
        low: the least number.
        high: the end, which is not drawn.
        dtype: the dtype; `xgrad.get_default_dtype` if None.

    Returns:
        An `Array` of that shape.
    """
    return rng.random(shape, dtype=_dtype(dtype)) * (high - low) + low


def _symmetric(shape: Shape, rng: Generator, std: float, dtype: Any) -> Array:
    """Return uniform numbers of a standard deviation: those in [-a, a] have variance a^2 / 3."""
    bound = math.sqrt(3) * std
    return uniform(shape, rng, low=-bound, high=bound, dtype=dtype)


def _xavier_std(shape: Shape, gain: float) -> float:
    fan_in, fan_out = fans(shape)
    return gain * math.sqrt(2 / (fan_in + fan_out))


def xavier_normal(
    shape: Shape, rng: Generator, *, gain: float = 1.0, dtype: DType | None = None
) -> Array:
    """Return weights of variance ``gain^2 * 2 / (fan_in + fan_out)``: Glorot & Bengio (2010).

    ``Var y = fan_in Var(W) Var x`` keeps the signal for ``Var W = 1 / fan_in``, and
    ``Var gx = fan_out Var(W) Var gy`` the gradient for ``Var W = 1 / fan_out``. Both cannot be had,
    and the harmonic mean of the two is the compromise. It holds for activations that are nearly
    the identity around 0, as tanh.

    Args:
        shape: the shape of the weights.
        rng: the generator, of `xgrad.random.default_rng`.
        gain: a factor of all weights; see `calculate_gain`.
        dtype: the dtype; `xgrad.get_default_dtype` if None.

    Returns:
        An `Array` of that shape.
    """
    return normal(shape, rng, std=_xavier_std(shape, gain), dtype=dtype)


def xavier_uniform(
    shape: Shape, rng: Generator, *, gain: float = 1.0, dtype: DType | None = None
) -> Array:
    """Return uniform weights of the variance of `xavier_normal`.

    Numbers uniform in ``[-a, a]`` have variance ``a^2 / 3``, so
    ``a = gain * sqrt(6 / (fan_in + fan_out))``.

    Args:
        shape: the shape of the weights.
        rng: the generator, of `xgrad.random.default_rng`.
        gain: a factor of all weights; see `calculate_gain`.
        dtype: the dtype; `xgrad.get_default_dtype` if None.

    Returns:
        An `Array` of that shape.
    """
    return _symmetric(shape, rng, _xavier_std(shape, gain), dtype)


def _kaiming_std(shape: Shape, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"kaiming: mode is {mode!r}; expected 'fan_in' or 'fan_out'")
    return calculate_gain(nonlinearity, a) / math.sqrt(fans(shape)[mode == "fan_out"])


def kaiming_normal(
    shape: Shape,
    rng: Generator,
    *,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    dtype: DType | None = None,
) -> Array:
    """Return weights of variance ``gain^2 / fan``: He et al., arXiv:1502.01852.

    The input of a layer is ``x = relu(z)`` with z symmetric about 0, so that
    ``E[x^2] = Var(z) / 2`` and ``Var y = fan_in Var(W) Var(z) / 2``. It stays that of z for
    ``Var W = 2 / fan_in``. The gradient passes the relu where z > 0, half of the time, so that
    ``Var W = 2 / fan_out`` keeps it; either choice keeps both within a constant over the network.

    Args:
        shape: the shape of the weights.
        rng: the generator, of `xgrad.random.default_rng`.
        a: the negative slope of leaky_relu.
        mode: ``"fan_in"`` keeps the variance of signals, ``"fan_out"`` that of gradients.
        nonlinearity: the activation; see `calculate_gain`.
        dtype: the dtype; `xgrad.get_default_dtype` if None.

    Returns:
        An `Array` of that shape.
    """
    return normal(shape, rng, std=_kaiming_std(shape, a, mode, nonlinearity), dtype=dtype)


def kaiming_uniform(
    shape: Shape,
    rng: Generator,
    *,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    dtype: DType | None = None,
) -> Array:
    """Return uniform weights of the variance of `kaiming_normal`.

    Args:
        shape: the shape of the weights.
        rng: the generator, of `xgrad.random.default_rng`.
        a: the negative slope of leaky_relu.
        mode: ``"fan_in"`` keeps the variance of signals, ``"fan_out"`` that of gradients.
        nonlinearity: the activation; see `calculate_gain`.
        dtype: the dtype; `xgrad.get_default_dtype` if None.

    Returns:
        An `Array` of that shape.
    """
    return _symmetric(shape, rng, _kaiming_std(shape, a, mode, nonlinearity), dtype)


def lecun_normal(shape: Shape, rng: Generator, *, dtype: DType | None = None) -> Array:
    """Return weights of variance ``1 / fan_in``: LeCun et al., Efficient BackProp (1998).

    It keeps the variance of signals where the activation is the identity around 0, and is what
    selu needs to normalise itself.

    Args:
        shape: the shape of the weights.
        rng: the generator, of `xgrad.random.default_rng`.
        dtype: the dtype; `xgrad.get_default_dtype` if None.

    Returns:
        An `Array` of that shape.
    """
    return normal(shape, rng, std=1 / math.sqrt(fans(shape)[0]), dtype=dtype)


def lecun_uniform(shape: Shape, rng: Generator, *, dtype: DType | None = None) -> Array:
    """Return uniform weights of the variance of `lecun_normal`.

    Args:
        shape: the shape of the weights.
        rng: the generator, of `xgrad.random.default_rng`.
        dtype: the dtype; `xgrad.get_default_dtype` if None.

    Returns:
        An `Array` of that shape.
    """
    return _symmetric(shape, rng, 1 / math.sqrt(fans(shape)[0]), dtype)


def trunc_normal(
    shape: Shape,
    rng: Generator,
    *,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    dtype: DType | None = None,
) -> Array:
    """Return numbers of the normal distribution that lies within ``[a, b]``.

    They are drawn by the inverse of its distribution function; `std` is that of the whole
    distribution, and the result's is smaller: 0.880 of it for two standard deviations. On NumPy
    the inverse comes from SciPy.

    Args:
        shape: the shape of the weights.
        rng: the generator, of `xgrad.random.default_rng`.
        mean: the mean of the whole distribution.
        std: its standard deviation.
        a: the least number.
        b: the largest number, above `a`.
        dtype: the dtype; `xgrad.get_default_dtype` if None.

    Returns:
        An `Array` of that shape.

    Raises:
        ValueError: if `a` is not below `b`.
    """
    if not a < b:
        raise ValueError(f"trunc_normal: got bounds {a} and {b}; expected a < b")
    low, high = (0.5 * math.erfc((mean - bound) / std / math.sqrt(2)) for bound in (a, b))
    dtype = _dtype(dtype)
    p = uniform(shape, rng, low=low, high=high, dtype=xg.float64)
    x = xg.clip(xg.special.ndtri(p) * std + mean, a, b)
    return xg.astype(x, dtype, copy=False)


def orthogonal(
    shape: Shape, rng: Generator, *, gain: float = 1.0, dtype: DType | None = None
) -> Array:
    """Return weights whose rows, or columns if they are fewer, are orthonormal: arXiv:1312.6120.

    An orthogonal map keeps the norm of every vector, not only the mean over many. It is the Q of
    a normal matrix's QR decomposition, with signs that make it uniform among all (Mezzadri,
    arXiv:math-ph/0609050). Axes from the second on count as one.

    Args:
        shape: the shape of the weights.
        rng: the generator, of `xgrad.random.default_rng`.
        gain: a factor of all weights; see `calculate_gain`.
        dtype: the dtype; `xgrad.get_default_dtype` if None.

    Returns:
        An `Array` of that shape.

    Raises:
        ValueError: if there is only one axis.
    """
    if len(shape) < 2:
        raise ValueError(f"orthogonal: got shape {tuple(shape)}; expected at least two axes")
    dtype = _dtype(dtype)
    rows, columns = shape[0], math.prod(shape[1:])
    tall = (max(rows, columns), min(rows, columns))
    Q, R = xg.linalg.qr(rng.standard_normal(tall, dtype=xg.float64))
    Q = Q * (1 - 2 * xg.astype(xg.linalg.diagonal(R) < 0, Q.dtype))
    Q = xg.matrix_transpose(Q) if rows < columns else Q
    return xg.astype(xg.reshape(Q, shape) * gain, dtype, copy=False)


def sparse(
    shape: Shape, rng: Generator, *, sparsity: float, std: float = 0.01, dtype: DType | None = None
) -> Array:
    """Return weights with exactly the part `sparsity` of each input's set to 0: Martens (2010).

    Args:
        shape: ``(out_features, in_features)``.
        rng: the generator, of `xgrad.random.default_rng`.
        sparsity: the part of each column that is 0, rounded up to whole elements.
        std: the standard deviation of the others.
        dtype: the dtype; `xgrad.get_default_dtype` if None.

    Returns:
        An `Array` of that shape.

    Raises:
        ValueError: if there are not two axes, or `sparsity` is no number from 0 to 1.
    """
    if len(shape) != 2 or not 0 <= sparsity <= 1:
        raise ValueError(
            f"sparse: got shape {tuple(shape)} and sparsity {sparsity}; "
            "expected two axes and a number from 0 to 1"
        )
    dtype = _dtype(dtype)
    weights = normal(shape, rng, std=std, dtype=dtype)
    zero = math.ceil(sparsity * shape[0])
    order = xg.argsort(xg.argsort(rng.random(shape), axis=0), axis=0)  # a random rank in a column
    return xg.where(order < zero, 0.0, weights)


if not TYPE_CHECKING:  # for checkers there are no other names

    def __getattr__(name):
        return find(__name__, name)
