"""Programs with one row of data each for rows of a result, of which some are left out.

``PROGRAMS[name](x, w)`` has as many rows as `x`, and a row of it comes of that row alone.
"""

from __future__ import annotations

import numpy as np

import xgrad as xg
from xgrad import fft, linalg
from xgrad.nn import functional
from xgrad.scipy import linalg as scipy_linalg
from xgrad.scipy import ndimage, signal
from xgrad.scipy.spatial import distance

MISSING = np.asarray([False, True, False, True])
_RNG = np.random.default_rng(3)
X, WEIGHTS = _RNG.normal(size=(4, 3)), _RNG.normal(size=(3, 2))
SQUARE = _RNG.normal(size=(3, 3))


def shifted(x, w):
    return x * w[:, 0] + 1.0


def matrices(x, w):
    return 4.0 * np.eye(3) + x[:, :, None] * w[:, 0]


def definite(x, w):
    a = matrices(x, w)
    return a @ xg.matrix_transpose(a) + np.eye(3)


def rows(f):
    """Return ``program(x, w)`` that does `f` to one row at a time."""
    return lambda x, w: xg.stack([f(row, w) for row in x])


def along(f, **kwargs):
    """Return ``program(x, w)`` of a function along an axis."""
    return lambda x, w: f(shifted(x, w), axis=1, **kwargs)


def attention(x, w):
    q = xg.reshape(x @ w, (4, 1, 2))
    k = xg.stack([shifted(x, w), 2 * shifted(x, w)], axis=1)[..., :2]
    return functional.scaled_dot_product_attention(q, k, k)


def repeated(x, w):
    ys = [xg.scan(lambda c, t: (xg.tanh(c + t), c), w[0, 0], row)[1] for row in shifted(x, w)]
    return xg.stack(ys)


PROGRAMS = {
    "matmul": lambda x, w: x @ w,
    "matmul batched both": lambda x, w: (x[:, None, :] * w[:, 0]) @ (x[:, :, None] * w),
    "einsum3": lambda x, w: xg.einsum("ni,nj,io->njo", x, x, w),
    "einsum diag": lambda x, w: xg.einsum("ni,ni,i->n", x, x, w[:, 0]),
    "tensordot": lambda x, w: xg.tensordot(x, w, axes=1),
    "vecdot": lambda x, w: xg.vecdot(x, w[:, 0]),
    "linalg.vecdot": lambda x, w: linalg.vecdot(x, w[:, 0]),
    "vdot": rows(lambda r, w: xg.vdot(r, w[:, 0])),
    "outer": lambda x, w: linalg.outer(x[:, 0], w[:, 0]),
    "kron": rows(lambda r, w: xg.kron(r, w[:, 0])),
    "cross": lambda x, w: linalg.cross(x, xg.broadcast_to(w[:, 0], x.shape)),
    "multi_dot": lambda x, w: xg.multi_dot([x, xg.asarray(SQUARE), w]),
    "linear": lambda x, w: functional.linear(x, w.T, w[0]),
    "conv1d": lambda x, w: functional.conv1d(x[:, None, :], w.T[:, None, :], padding=1),
    "conv2d": lambda x, w: functional.conv2d(
        x[:, None, :, None] * np.ones(3), w.T[:, None, :, None], padding=1
    ),
    "conv_transpose1d": lambda x, w: functional.conv_transpose1d(x[:, None, :], w.T[None, :, :]),
    "conv_transpose2d": lambda x, w: functional.conv_transpose2d(
        x[:, None, :, None] * np.ones(3), w.T[None, :, :, None]
    ),
    "convolve": rows(lambda r, w: xg.convolve(r, w[:, 0])),
    "correlate": rows(lambda r, w: xg.correlate(r, w[:, 0], mode="same")),
    "bilinear xWy": lambda x, w: xg.einsum("ni,ij,nj->n", x, w @ w.T, x),
    "solve": lambda x, w: linalg.solve(matrices(x, w), w),
    "solve vec": lambda x, w: linalg.solve(matrices(x, w), w[:, 0]),
    "solve data rhs": lambda x, w: xg.matrix_transpose(linalg.solve(w @ w.T + 3 * np.eye(3), x.T)),
    "inv": lambda x, w: linalg.inv(matrices(x, w)),
    "det": lambda x, w: linalg.det(matrices(x, w)),
    "slogdet": lambda x, w: linalg.slogdet(matrices(x, w))[1],
    "pinv": lambda x, w: linalg.pinv(matrices(x, w)),
    "solve_triangular": lambda x, w: linalg.solve_triangular(
        matrices(x, w), xg.broadcast_to(w, (4, 3, 2))
    ),
    "solve_triangular lower rhs": lambda x, w: xg.matrix_transpose(
        linalg.solve_triangular(w @ w.T + 3 * np.eye(3), x.T, lower=True)
    ),
    "cholesky": lambda x, w: linalg.cholesky(definite(x, w)),
    "cholesky, multiplied": lambda x, w: linalg.cholesky(definite(x, w)) @ w,
    "qr, multiplied": lambda x, w: linalg.qr(matrices(x, w))[1] @ w,
    "softmax, multiplied": lambda x, w: xg.softmax(matrices(x, w), axis=2) @ w,
    "logsumexp, multiplied": lambda x, w: xg.logsumexp(matrices(x, w), axis=1) @ w,
    "twice": lambda x, w: matrices(x, w) @ matrices(x, w) @ w,
    "from both sides": lambda x, w: w.T @ matrices(x, w) @ w,
    "cdist": rows(lambda r, w: distance.cdist(linalg.outer(r, w[:, 0]), w.T)),
    "qr": lambda x, w: linalg.qr(matrices(x, w))[1],
    "eigvalsh": lambda x, w: linalg.eigvalsh(definite(x, w)),
    "eigh": lambda x, w: linalg.eigh(definite(x, w))[0],
    "svdvals": lambda x, w: linalg.svdvals(matrices(x, w)),
    "svd": lambda x, w: linalg.svd(matrices(x, w))[1],
    "matrix_power": lambda x, w: linalg.matrix_power(matrices(x, w), 3),
    "matrix_power-2": lambda x, w: linalg.matrix_power(matrices(x, w), -2),
    "expm": lambda x, w: linalg.expm(matrices(x, w) / 9),
    "sqrtm": lambda x, w: linalg.sqrtm(definite(x, w)),
    "lstsq": lambda x, w: xg.stack([linalg.lstsq(m, w)[0] for m in matrices(x, w)]),
    "trace": lambda x, w: linalg.trace(matrices(x, w)),
    "matrix_norm fro": lambda x, w: linalg.matrix_norm(matrices(x, w)),
    "matrix_norm nuc": lambda x, w: linalg.matrix_norm(matrices(x, w), ord="nuc"),
    "tensorsolve": lambda x, w: xg.stack([linalg.tensorsolve(m, w[:, 0]) for m in matrices(x, w)]),
    "tensorinv": lambda x, w: xg.stack([linalg.tensorinv(m, ind=1) for m in matrices(x, w)]),
    "quantile": lambda x, w: xg.quantile(shifted(x, w), 0.3, axis=1),
    "percentile": lambda x, w: xg.percentile(shifted(x, w), 30, axis=1),
    "average": lambda x, w: xg.average(shifted(x, w), axis=1, weights=w[:, 1] ** 2 + 1),
    "topk": lambda x, w: xg.topk(shifted(x, w), 2, axis=1)[0],
    "cov": lambda x, w: xg.cov(shifted(x, w))[:, ::2],
    "corrcoef": lambda x, w: xg.corrcoef(shifted(x, w))[:, ::2],
    "var complex": lambda x, w: xg.var(shifted(x, w) + 1j * x, axis=1),
    "fft.fftn": lambda x, w: xg.real(fft.fftn(shifted(x, w)[:, :, None] * w, axes=(1, 2))),
    "fft product": lambda x, w: xg.real(fft.ifft(fft.fft(x, axis=1) * fft.fft(w[:, 0]), axis=1)),
    "interp fp": rows(
        lambda r, w: xg.interp(np.asarray([0.1, 0.6]), np.asarray([0.0, 0.5, 1.0]), shifted(r, w))
    ),
    "interp x": lambda x, w: xg.interp(shifted(x, w), np.asarray([-1.0, 0.0, 2.0]), w[:, 0]),
    "polyval x": lambda x, w: xg.polyval(w[:, 0], x),
    "polyval c": rows(lambda r, w: xg.polyval(r, w[:, 0])),
    "polymul": rows(lambda r, w: xg.polymul(r, w[:, 0])),
    "polyfit": rows(lambda r, w: xg.polyfit(np.arange(3.0), shifted(r, w), 1)),
    "piecewise": lambda x, w: xg.piecewise(
        shifted(x, w), [x > 0], [lambda t: t**2, lambda t: xg.exp(t)]
    ),
    "layer_norm": lambda x, w: functional.layer_norm(shifted(x, w), (3,), w[:, 0], w[:, 1]),
    "rms_norm": lambda x, w: functional.rms_norm(shifted(x, w), (3,), w[:, 0]),
    "group_norm": lambda x, w: functional.group_norm(
        shifted(x, w)[:, :, None] * w, 3, w[:, 0], w[:, 1]
    ),
    "instance_norm": lambda x, w: functional.instance_norm(shifted(x, w)[:, :, None] * w),
    "normalize": lambda x, w: functional.normalize(shifted(x, w)),
    "cosine_similarity": lambda x, w: functional.cosine_similarity(
        x, xg.broadcast_to(w[:, 0], (4, 3))
    ),
    "cross_entropy": lambda x, w: functional.cross_entropy(
        x @ w, np.asarray([0, 1, 1, 0]), reduction="none"
    ),
    "nll": lambda x, w: functional.nll_loss(
        functional.log_softmax(x @ w, axis=1), np.asarray([0, 1, 1, 0]), reduction="none"
    ),
    "bce logits": lambda x, w: functional.binary_cross_entropy_with_logits(
        x @ w, np.ones((4, 2)) * 0.3, reduction="none"
    ),
    "bce": lambda x, w: functional.binary_cross_entropy(
        xg.sigmoid(x @ w), np.ones((4, 2)) * 0.3, reduction="none"
    ),
    "kl_div": lambda x, w: functional.kl_div(
        functional.log_softmax(x @ w, axis=1), np.ones((4, 2)) * 0.5, reduction="none"
    ),
    "mse": lambda x, w: functional.mse_loss(x @ w, np.ones((4, 2)) * 0.3, reduction="none"),
    "huber": lambda x, w: functional.huber_loss(x @ w, np.zeros((4, 2)), reduction="none"),
    "max_pool1d": lambda x, w: functional.max_pool1d(shifted(x, w)[:, None, :], 2),
    "avg_pool1d": lambda x, w: functional.avg_pool1d(shifted(x, w)[:, None, :], 2),
    "adaptive_avg_pool1d": lambda x, w: functional.adaptive_avg_pool1d(
        shifted(x, w)[:, None, :], 2
    ),
    "scan": rows(lambda r, w: xg.scan(lambda c, t: (xg.tanh(c + t), c), w[0, 0], shifted(r, w))[1]),
    "checkpoint": lambda x, w: xg.checkpoint(lambda x, w: xg.tanh(x @ w))(x, w),
    "vmap": lambda x, w: xg.vmap(lambda r: xg.tanh(r @ w))(x),
    "vmap solve": lambda x, w: xg.vmap(
        lambda r: linalg.solve(4 * np.eye(3) + r[:, None] * w[:, 0], w)
    )(x),
    "vmap var": lambda x, w: xg.vmap(lambda r: xg.var(r * w[:, 0]))(x),
    "compile": lambda x, w: xg.compile(lambda x, w: xg.tanh(x @ w))(x, w),
    "take": lambda x, w: xg.take(shifted(x, w), np.asarray([2, 0]), axis=1),
    "segment_sum": lambda x, w: xg.segment_sum(shifted(x, w), np.asarray([0, 1, 2, 3]), 4),
    "segment_max": lambda x, w: xg.segment_max(shifted(x, w), np.asarray([0, 1, 2, 3]), 4),
    "index_add": lambda x, w: xg.index_add(xg.zeros((4, 3)), np.arange(4), shifted(x, w)),
    "hypot": lambda x, w: xg.hypot(shifted(x, w), x),
    "multigammaln": lambda x, w: xg.special.multigammaln(shifted(x, w) ** 2 + 3, 2),
    "logsumexp b": lambda x, w: xg.special.logsumexp(shifted(x, w), axis=1, b=w[:, 1] ** 2),
    "attention": attention,
    "scan by rows": repeated,
}
for _ord in (1, 2, -1, -2, np.inf, -np.inf, "nuc"):
    PROGRAMS[f"matrix_norm {_ord}"] = lambda x, w, o=_ord: linalg.matrix_norm(matrices(x, w), ord=o)
for _ord in (1, 2, 3, 0.5, -1, np.inf, -np.inf):
    PROGRAMS[f"vector_norm {_ord}"] = along(linalg.vector_norm, ord=_ord)
for _f in (
    *(xg.var, xg.std, xg.mean, xg.sum, xg.prod, xg.max, xg.min, xg.median, xg.ptp, xg.logsumexp),
    *(xg.softmax, xg.log_softmax, xg.cumulative_sum, xg.cumulative_prod, xg.cumulative_logsumexp),
    *(xg.cumulative_max, xg.cumulative_min, xg.sort, xg.diff, xg.cumulative_trapezoid, xg.unwrap),
    *(xg.trapezoid, xg.gradient, xg.nancumsum, xg.nancumprod, xg.nanvar, xg.nanprod, xg.nanmean),
):
    PROGRAMS[_f.__name__] = along(_f)
for _f in (fft.fft, fft.ifft, fft.rfft, fft.irfft, fft.hfft, fft.ihfft, fft.dct, fft.dst):
    PROGRAMS[f"fft.{_f.__name__}"] = lambda x, w, f=_f: xg.abs(f(shifted(x, w), axis=1)) ** 2

PROGRAMS |= {
    "gaussian_filter1d": lambda x, w: ndimage.gaussian_filter1d(shifted(x, w), 1.0, axis=1),
    "uniform_filter1d": lambda x, w: ndimage.uniform_filter1d(shifted(x, w), 3, axis=1),
    "ndimage.convolve1d": lambda x, w: ndimage.convolve1d(shifted(x, w), [1.0, 2.0, 3.0], axis=1),
    "ndimage.correlate": rows(lambda r, w: ndimage.correlate(r, w[:, 0])),
    "sobel": rows(lambda r, w: ndimage.sobel(shifted(r, w))),
    "spline_filter1d": lambda x, w: ndimage.spline_filter1d(shifted(x, w), axis=1),
    "map_coordinates": rows(
        lambda r, w: ndimage.map_coordinates(shifted(r, w), [[0.3, 1.4]], order=1)
    ),
    "signal.convolve": rows(lambda r, w: signal.convolve(r, w[:, 0])),
    "fftconvolve": rows(lambda r, w: signal.fftconvolve(r, w[:, 0])),
    "lfilter": lambda x, w: signal.lfilter(w[:2, 0], xg.asarray([1.0, 0.3]), x, axis=1),
    "detrend": lambda x, w: signal.detrend(shifted(x, w), axis=1),
    "hilbert": lambda x, w: xg.real(signal.hilbert(shifted(x, w), axis=1)),
    "savgol_filter": lambda x, w: signal.savgol_filter(shifted(x, w), 3, 1, axis=1),
    "cho_solve": lambda x, w: scipy_linalg.cho_solve((linalg.cholesky(definite(x, w)), True), w),
    "lu_solve": lambda x, w: xg.stack(
        [scipy_linalg.lu_solve(scipy_linalg.lu_factor(m), w) for m in matrices(x, w)]
    ),
    "solve_toeplitz": rows(
        lambda r, w: scipy_linalg.solve_toeplitz(r + np.asarray([9.0, 0.0, 0.0]), w[:, 0])
    ),
    "solve_banded": rows(
        lambda r, w: scipy_linalg.solve_banded((1, 1), xg.stack([r, r + 9.0, r]), w[:, 0])
    ),
}
