"""Programs of NumPy functions: what a user writes without a thought of derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .harness import Program

rng = np.random.default_rng(7)
X = rng.uniform(0.2, 1.5, (3, 4))
Y = rng.uniform(0.2, 1.5, (3, 4))
V = rng.uniform(0.2, 1.5, 5)
W = rng.uniform(0.2, 1.5, 5)
S = rng.normal(size=(3, 3)) + 3 * np.eye(3)
T = rng.uniform(0.2, 1.5, (2, 3, 4))
N = X.copy()
N[[0, 1, 2, 0], [0, 1, 2, 3]] = np.nan
MASK = X > 0.7
IDX = np.asarray([0, 2, 1, 2])


def one(name: str, f: Callable[..., Any], *const: Any) -> Program:
    return Program(name, f, (X,), const)


def two(name: str, f: Callable[..., Any]) -> Program:
    return Program(name, f, (X, Y))


def vec(name: str, f: Callable[..., Any], *const: Any) -> Program:
    return Program(name, f, (V,), const)


def vecs(name: str, f: Callable[..., Any]) -> Program:
    return Program(name, f, (V, W))


def sq(name: str, f: Callable[..., Any], *const: Any) -> Program:
    return Program(name, f, (S,), const)


def nans(name: str, f: Callable[..., Any]) -> Program:
    return Program(name, lambda x, m: f(np.where(m, np.nan, x)), (X,), (np.isnan(N),))


def _out(x: Any) -> Any:
    y = np.empty_like(x)
    np.multiply(x, 2.0, out=y)
    np.add(y, x, out=y)
    return y


def _at(x: Any) -> Any:
    y = np.zeros_like(x)
    np.add.at(y, IDX[:3], x)
    np.subtract.at(y, (0, slice(None)), x[1])
    return y


def _inplace(x: Any, change: Callable[..., Any]) -> Any:
    y = x.copy()
    change(y)
    return y


def _loop(x: Any) -> Any:
    total = 0.0
    for row in x:
        total = total + np.sum(row**2)
    return total


def _newton(x: Any) -> Any:
    y = np.ones_like(x)
    for _ in range(20):
        y = y - (y**2 - x) / (2 * y)
    return y


UFUNCS = [
    one("absolute", np.absolute),
    one("abs of negative", lambda x: np.abs(-x)),
    one("arccos", lambda x: np.arccos(x / 2)),
    one("arccosh", lambda x: np.arccosh(x + 1)),
    one("arcsin", lambda x: np.arcsin(x / 2)),
    one("arcsinh", np.arcsinh),
    one("arctan", np.arctan),
    one("arctanh", lambda x: np.arctanh(x / 2)),
    one("acos/asin/atan", lambda x: np.acos(x / 2) + np.asin(x / 2) + np.atan(x)),
    one("cbrt", np.cbrt),
    one("conjugate", np.conjugate),
    one("conj complex", lambda x: np.abs(np.conj(x + 1j * x**2))),
    one("cos", np.cos),
    one("cosh", np.cosh),
    one("deg2rad", np.deg2rad),
    one("rad2deg", np.rad2deg),
    one("degrees", np.degrees),
    one("radians", np.radians),
    one("exp", np.exp),
    one("exp2", np.exp2),
    one("expm1", np.expm1),
    one("fabs", np.fabs),
    one("log", np.log),
    one("log10", np.log10),
    one("log1p", np.log1p),
    one("log2", np.log2),
    one("modf", lambda x: np.modf(3 * x)),
    one("frexp", lambda x: np.frexp(3 * x)[0]),
    one("negative", np.negative),
    one("positive", np.positive),
    one("reciprocal", np.reciprocal),
    one("rint", lambda x: x * np.rint(3 * x)),
    one("floor", lambda x: x - np.floor(3 * x)),
    one("ceil", lambda x: x - np.ceil(3 * x)),
    one("trunc", lambda x: x - np.trunc(3 * x)),
    one("sign", lambda x: x * np.sign(x - 0.7)),
    one("sin", np.sin),
    one("sinh", np.sinh),
    one("spacing", lambda x: x + np.spacing(x)),
    one("sqrt", np.sqrt),
    one("square", np.square),
    one("tan", np.tan),
    one("tanh", np.tanh),
    one("isnan", lambda x: np.where(np.isnan(x), 0.0, x)),
    one("isfinite", lambda x: np.where(np.isfinite(x), x, 0.0)),
    one("logical", lambda x: np.where(np.logical_and(x > 0.4, x < 1), x, x**2)),
    one("logical_not", lambda x: np.where(np.logical_not(x > 0.4), x, x**2)),
    one("bitwise on masks", lambda x: np.where((x > 0.4) & (x < 1) | (x > 1.2), x, x**2)),
    one("signbit", lambda x: np.where(np.signbit(x - 0.7), x, x**2)),
    two("add", np.add),
    two("arctan2", np.arctan2),
    two("copysign", lambda x, y: np.copysign(x, y - 0.7)),
    two("divide", np.divide),
    two("divmod", lambda x, y: np.divmod(5 * x, y)),
    two("float_power", np.float_power),
    two("floor_divide", lambda x, y: x * np.floor_divide(5 * x, y)),
    two("fmax", np.fmax),
    two("fmin", np.fmin),
    two("fmod", lambda x, y: np.fmod(5 * x, y)),
    two("hypot", np.hypot),
    two("logaddexp", np.logaddexp),
    two("logaddexp2", np.logaddexp2),
    two("maximum", np.maximum),
    two("minimum", np.minimum),
    two("mod", lambda x, y: np.mod(5 * x, y)),
    two("multiply", np.multiply),
    two("nextafter", np.nextafter),
    two("power", np.power),
    two("remainder", lambda x, y: np.remainder(5 * x, y)),
    two("subtract", np.subtract),
    two("true_divide", np.true_divide),
    two("heaviside", lambda x, y: x * np.heaviside(x - y, 0.5)),
    one("ldexp", lambda x: np.ldexp(x, 3)),
    two("matmul", lambda x, y: np.matmul(x, y.T)),
    two("vecdot", np.vecdot),
    Program("matvec", lambda t, v: np.matvec(t, v), (T, X[0])),
    Program("vecmat", lambda v, t: np.vecmat(v, t), (X[:, 0], T)),
    one("add.reduce", np.add.reduce),
    one("add.reduce(None)", lambda x: np.add.reduce(x, axis=None)),
    one("multiply.reduce", lambda x: np.multiply.reduce(x, axis=1, keepdims=True)),
    one("maximum.reduce", lambda x: np.maximum.reduce(x, axis=1)),
    one("minimum.reduce(initial)", lambda x: np.minimum.reduce(x, axis=1, initial=0.5)),
    one("logaddexp.reduce", np.logaddexp.reduce),
    one("hypot.reduce", np.hypot.reduce),
    one("subtract.reduce", np.subtract.reduce),
    one("add.accumulate", np.add.accumulate),
    one("multiply.accumulate", lambda x: np.multiply.accumulate(x, axis=1)),
    one("maximum.accumulate", np.maximum.accumulate),
    one("minimum.accumulate", lambda x: np.minimum.accumulate(x, 1)),
    one("logaddexp.accumulate", np.logaddexp.accumulate),
    vecs("add.outer", np.add.outer),
    vecs("multiply.outer", np.multiply.outer),
    vecs("subtract.outer", np.subtract.outer),
    vecs("maximum.outer", np.maximum.outer),
    vec("add.reduceat", lambda x: np.add.reduceat(x, [0, 2, 1, 4])),
    one("multiply.reduceat", lambda x: np.multiply.reduceat(x, [0, 2], axis=1)),
    one("add.at", _at),
    one("multiply(out=)", _out),
    two("add(where=, out=)", lambda x, y: np.add(x, y, out=x.copy(), where=MASK)),
    two("divide(where=, out=)", lambda x, y: np.divide(x, y, out=np.zeros_like(x), where=MASK)),
    one("add(out=)", lambda x: np.add(x, 1.0, out=2 * x)),
    one("add(list)", lambda x: np.add(x, [1.0, 2.0, 3.0, 4.0])),
    one("add(dtype=)", lambda x: np.add(x, 1, dtype=np.float64)),
    two("ndarray * Array", lambda x, y: Y * x + Y - y),
    one("np.float64 * Array", lambda x: np.float64(2.0) * x),
    one("np.float64 ** Array", lambda x: np.float64(2.0) ** x),
    one("list + Array", lambda x: [1.0, 2.0, 3.0, 4.0] + x),  # noqa: RUF005 - the case
    one("Array * list", lambda x: x * [1.0, 2.0, 3.0, 4.0] - (x > [0.5, 0.6, 0.7, 0.8]) * x),
    one("ndarray @ Array", lambda x: Y.T @ x),
    one("ndarray < Array", lambda x: np.where(Y < x, x, 2 * x)),  # noqa: SIM300 - the case
    one("iadd of an array", lambda x: _inplace(x, lambda y: y.__iadd__(Y))),
]

REDUCTIONS = [
    one("sum", np.sum),
    one("sum(axis)", lambda x: np.sum(x, 1, keepdims=True)),
    one("sum(where=)", lambda x: np.sum(x, axis=1, where=MASK)),
    one("sum(initial=)", lambda x: np.sum(x, initial=3.0)),
    one("prod", lambda x: np.prod(x, axis=0)),
    one("prod(where=)", lambda x: np.prod(x, axis=0, where=MASK, initial=2.0)),
    one("mean", np.mean),
    one("mean(where=)", lambda x: np.mean(x, axis=1, where=MASK)),
    one("var", lambda x: np.var(x, 0, ddof=1)),
    one("var(where=)", lambda x: np.var(x, where=MASK)),
    one("std", lambda x: np.std(x, axis=1, keepdims=True)),
    one("std(correction=)", lambda x: np.std(x, axis=1, correction=1)),
    one("max", lambda x: np.max(x, axis=1)),
    one("max(where=, initial=)", lambda x: np.max(x, axis=1, where=MASK, initial=0.1)),
    one("min", lambda x: np.min(x, axis=(0, 1))),
    one("amax and amin", lambda x: np.amax(x, 0) - np.amin(x, 0)),
    one("ptp", lambda x: np.ptp(x, axis=1)),
    one("median", lambda x: np.median(x, axis=1)),
    one("median(overwrite_input)", lambda x: np.median(x, axis=1, overwrite_input=False)),
    one("average", np.average),
    one("average(weights)", lambda x: np.average(x, axis=1, weights=x[0])),
    one("average(returned)", lambda x: np.average(x, axis=0, weights=x[:, 0], returned=True)),
    one("percentile", lambda x: np.percentile(x, 30)),
    one("percentile(many)", lambda x: np.percentile(x, [10, 50, 77], axis=1)),
    one("quantile", lambda x: np.quantile(x, 0.3, axis=0)),
    *(
        one(f"quantile({m})", lambda x, m=m: np.quantile(x, 0.37, axis=1, method=m))
        for m in (
            "lower higher nearest midpoint linear hazen weibull median_unbiased normal_unbiased "
            "inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf"
        ).split()
    ),
    one("cumsum", np.cumsum),
    one("cumsum(axis)", lambda x: np.cumsum(x, axis=1)),
    one("cumprod", np.cumprod),
    one("cumprod(axis)", lambda x: np.cumprod(x, axis=1)),
    one("cumulative_sum", lambda x: np.cumulative_sum(x, axis=1, include_initial=True)),
    one("cumulative_prod", lambda x: np.cumulative_prod(x, axis=1)),
    nans("nansum", lambda x: np.nansum(x, axis=1)),
    nans("nanprod", lambda x: np.nanprod(x, axis=1)),
    nans("nanmean", np.nanmean),
    nans("nanmax", lambda x: np.nanmax(x, axis=0)),
    nans("nanmin", lambda x: np.nanmin(x, axis=0)),
    nans("nanstd", lambda x: np.nanstd(x, axis=1)),
    nans("nanvar", lambda x: np.nanvar(x, axis=1, ddof=1)),
    nans("nanmedian", lambda x: np.nanmedian(x, axis=1)),
    nans("nanquantile", lambda x: np.nanquantile(x, 0.3, axis=1)),
    nans("nanpercentile", lambda x: np.nanpercentile(x, 30, axis=1)),
    nans("nancumsum", lambda x: np.nancumsum(x, axis=1)),
    nans("nancumprod", lambda x: np.nancumprod(x, axis=1)),
    nans("nanargmax", lambda x: np.take_along_axis(x, np.nanargmax(x, 1)[:, None], 1)),
    nans("nanargmin", lambda x: np.take_along_axis(x, np.nanargmin(x, 1)[:, None], 1)),
    nans("nan_to_num", lambda x: np.nan_to_num(x, nan=1.5)),
    one("cov", np.cov),
    two("cov of two", lambda x, y: np.cov(x, y, ddof=0)),
    one("cov(aweights)", lambda x: np.cov(x, aweights=x[0])),
    one("cov(rowvar, bias)", lambda x: np.cov(x, rowvar=False, bias=True)),
    one("corrcoef", np.corrcoef),
    vecs("corrcoef of two", np.corrcoef),
    one("any", lambda x: x * np.any(x > 1.2)),
    one("all", lambda x: x * np.all(x > 0)),
    one("count_nonzero", lambda x: x * np.count_nonzero(x > 0.7)),
    one("histogram(weights)", lambda x: np.histogram(Y[0], bins=3, weights=x[0])[0]),
    one("histogram(density)", lambda x: np.histogram(Y[0], 3, (0, 2), True, x[0])[0]),
    one("bincount(weights)", lambda x: np.bincount(IDX, weights=x[0], minlength=5)),
    one("histogram2d(weights)", lambda x: np.histogram2d(Y[0], Y[1], 2, weights=x[0])[0]),
    one("digitize", lambda x: x * np.digitize(x, np.asarray([0.5, 1.0]))),
    one("searchsorted", lambda x: x * np.searchsorted(np.asarray([0.5, 1.0]), x)),
    vec("searchsorted of sorted", lambda v: v[np.searchsorted(np.sort(v), 0.7)]),
    vec("histogram_bin_edges", lambda v: v * np.histogram_bin_edges(W, 4)),
]

SHAPES = [
    one("reshape", lambda x: np.reshape(x, (2, 6))),
    one("reshape(-1)", lambda x: np.reshape(x, -1)),
    one("reshape(F)", lambda x: np.reshape(x, (2, 6), order="F")),
    one("ravel", np.ravel),
    one("ravel(F)", lambda x: np.ravel(x, order="F")),
    one("transpose", np.transpose),
    Program("transpose(axes)", lambda t: np.transpose(t, (2, 0, 1)), (T,)),
    Program("permute_dims", lambda t: np.permute_dims(t, (2, 0, 1)), (T,)),
    Program("matrix_transpose", np.matrix_transpose, (T,)),
    Program("swapaxes", lambda t: np.swapaxes(t, 0, 2), (T,)),
    Program("moveaxis", lambda t: np.moveaxis(t, 0, -1), (T,)),
    Program("moveaxis(lists)", lambda t: np.moveaxis(t, [0, 1], [-1, 0]), (T,)),
    Program("rollaxis", lambda t: np.rollaxis(t, 2), (T,)),
    one("squeeze", lambda x: np.squeeze(x[None, :, :1])),
    one("squeeze(axis)", lambda x: np.squeeze(x[None], axis=0)),
    one("expand_dims", lambda x: np.expand_dims(x, (0, 2))),
    two("concatenate", lambda x, y: np.concatenate([x, y])),
    two("concatenate(None)", lambda x, y: np.concatenate((x, y), axis=None)),
    two("concat", lambda x, y: np.concat([x, y], axis=1)),
    two("concatenate with ndarray", lambda x, y: np.concatenate([x, Y, y], axis=1)),
    two("stack", lambda x, y: np.stack([x, y], axis=-1)),
    two("vstack", lambda x, y: np.vstack([x, y[0]])),
    two("hstack", lambda x, y: np.hstack((x, y))),
    two("dstack", lambda x, y: np.dstack((x, y))),
    vecs("column_stack", lambda x, y: np.column_stack((x, y))),
    two("block", lambda x, y: np.block([[x, y], [y, x]])),
    one("unstack", lambda x: np.unstack(x, axis=1)),
    one("split", lambda x: np.split(x, 2, axis=1)),
    one("array_split", lambda x: np.array_split(x, 3, axis=1)),
    one("hsplit", lambda x: np.hsplit(x, 2)),
    one("vsplit", lambda x: np.vsplit(x, 3)),
    Program("dsplit", lambda t: np.dsplit(t, 2), (T,)),
    one("tile", lambda x: np.tile(x, (2, 2))),
    one("repeat", lambda x: np.repeat(x, 2)),
    one("repeat(counts)", lambda x: np.repeat(x, [1, 0, 2], axis=0)),
    two("append", np.append),
    two("append(axis)", lambda x, y: np.append(x, y, axis=0)),
    two("insert", lambda x, y: np.insert(x, 1, y[0], axis=0)),
    vec("insert(list)", lambda v: np.insert(v, [1, 3], 2 * v[:2])),
    one("delete", lambda x: np.delete(x, 1, axis=1)),
    one("delete(list)", lambda x: np.delete(x, [0, 2], axis=1)),
    one("flip", np.flip),
    one("flip(axis)", lambda x: np.flip(x, 1)),
    one("fliplr", np.fliplr),
    one("flipud", np.flipud),
    one("rot90", np.rot90),
    one("rot90(2)", lambda x: np.rot90(x, 2)),
    one("roll", lambda x: np.roll(x, 5)),
    one("roll(axis)", lambda x: np.roll(x, (1, 2), axis=(0, 1))),
    one("resize", lambda x: np.resize(x, (4, 5))),
    vec("trim_zeros", lambda v: np.trim_zeros(np.concatenate([np.zeros(2), v, np.zeros(1)]))),
    one("atleast_1d", lambda x: np.atleast_1d(x[0, 0])),
    one("atleast_2d", lambda x: np.atleast_2d(x[0])),
    one("atleast_3d", np.atleast_3d),
    one("broadcast_to", lambda x: np.broadcast_to(x, (2, 3, 4))),
    one("broadcast_arrays", lambda x: np.broadcast_arrays(x, x[0])),
    *(
        one(f"pad({mode})", lambda x, mode=mode: np.pad(x, ((1, 2), (2, 1)), mode=mode))
        for mode in (
            "constant edge linear_ramp maximum mean median minimum reflect symmetric wrap".split()
        )
    ),
    one("pad(constant_values)", lambda x: np.pad(x, 1, constant_values=3.0)),
    one("diag", lambda x: np.diag(x[:, :3])),
    vec("diag of a vector", lambda v: np.diag(v, 1)),
    one("diagflat", np.diagflat),
    one("diagonal", lambda x: np.diagonal(x, 1)),
    one("trace", np.trace),
    sq("fill_diagonal", lambda x: _inplace(x, lambda y: np.fill_diagonal(y, x[0] * 2))),
    one("tril", np.tril),
    one("triu", lambda x: np.triu(x, 1)),
    sq("tril_indices", lambda x: x[np.tril_indices(3)]),
    sq("tril_indices_from", lambda x: x[np.tril_indices_from(x)]),
    sq("triu_indices_from", lambda x: x[np.triu_indices_from(x, 1)]),
    sq("diag_indices_from", lambda x: x[np.diag_indices_from(x)]),
    vec("vander", lambda v: np.vander(v, 3)),
    vec("vander(increasing)", lambda v: np.vander(v, increasing=True)),
    vecs("meshgrid", lambda x, y: np.meshgrid(x, y)),
    vecs("meshgrid(ij)", lambda x, y: np.meshgrid(x, y, indexing="ij")),
    one("copy", np.copy),
    one("astype", lambda x: np.astype(x, np.float64)),
    one("real_if_close", np.real_if_close),
    one("real and imag", lambda x: np.real(x * (1 + 2j)) + np.imag(x * (1 + 2j))),
    one("angle", lambda x: np.angle(x + 1j * x**2)),
    one("isreal", lambda x: x * np.isreal(x)),
    one("size, shape and ndim", lambda x: x * np.size(x) + np.shape(x)[1] * np.ndim(x)),
    one("result_type", lambda x: np.zeros(4, np.result_type(x, np.float32)) + x),
    one("finfo", lambda x: x * np.finfo(x.dtype).tiny * 1e300),
    one("mgrid", lambda x: x[tuple(np.mgrid[0:2, 0:3])]),
    one("iscomplexobj", lambda x: x * (1 + np.iscomplexobj(x))),
    one("full_like", lambda x: x * np.full_like(x, 2.0)),
    one("zeros_like and ones_like", lambda x: x * np.ones_like(x) + np.zeros_like(x)),
    one("empty_like, filled", lambda x: _inplace(np.empty_like(x), lambda y: y.fill(2.0)) * x),
    one("full_like of a value", lambda x: np.full_like(x, x[0, 0])),
    one("copyto", lambda x: _inplace(np.zeros_like(x), lambda y: np.copyto(y, x))),
    one("copyto(where=)", lambda x: _inplace(2 * x, lambda y: np.copyto(y, x, where=MASK))),
    vecs("lexsort", lambda x, y: x[np.lexsort((x, y))]),
    vec("ascontiguous loop", lambda v: sum(x * i for i, x in enumerate(v))),
]

CHOICES = [
    one("take", lambda x: np.take(x, [0, 5])),
    one("take(axis)", lambda x: np.take(x, [1, 0, 1], axis=1)),
    one("take(wrap)", lambda x: np.take(x, [5, -1], axis=1, mode="wrap")),
    one("take(clip)", lambda x: np.take(x, [7, 1], axis=1, mode="clip")),
    one("take_along_axis", lambda x: np.take_along_axis(x, np.argsort(x, axis=1), axis=1)),
    one(
        "put_along_axis",
        lambda x: _inplace(x, lambda y: np.put_along_axis(y, IDX[None, :2], x[:1, :2] * 3, 1)),
    ),
    one("put", lambda x: _inplace(x, lambda y: np.put(y, [0, 5], x[0, :2] * 3))),
    one("place", lambda x: _inplace(x, lambda y: np.place(y, MASK, [1.0, 2.0]))),
    one("putmask", lambda x: _inplace(x, lambda y: np.putmask(y, MASK, 2 * x))),
    one("extract", lambda x: np.extract(MASK, x)),
    one("compress", lambda x: np.compress([True, False, True], x, axis=0)),
    one("choose", lambda x: np.choose(IDX, [x[0], x[1], x[2]])),
    one("select", lambda x: np.select([x < 0.5, x < 1.0], [x, x**2], default=1.0)),
    one("piecewise", lambda x: np.piecewise(x, [x < 0.7, x >= 0.7], [np.sin, lambda v: v**2])),
    two("where", lambda x, y: np.where(x > y, x, 2 * y)),
    one("where(condition)", lambda x: x[np.where(x > 0.7)]),
    one("nonzero", lambda x: x[np.nonzero(x > 0.7)]),
    one("argwhere", lambda x: x[tuple(np.argwhere(x > 0.7).T)]),
    one("flatnonzero", lambda x: np.ravel(x)[np.flatnonzero(x > 0.7)]),
    one("boolean mask", lambda x: x[x > 0.7]),
    one("ix_", lambda x: x[np.ix_([0, 2], [1, 3])]),
    one("unravel_index", lambda x: x[np.unravel_index(5, x.shape)]),
    one("argmax", lambda x: x[np.arange(3), np.argmax(x, axis=1)]),
    one("argmin", lambda x: x[np.arange(3), np.argmin(x, axis=1)]),
    one("sort", lambda x: np.sort(x, axis=0)),
    one("sort(None)", lambda x: np.sort(x, axis=None)),
    one("argsort", lambda x: np.take_along_axis(x, np.argsort(x, 0), 0)),
    one("partition", lambda x: np.sort(np.partition(x, 1, axis=1)[:, :2], axis=1)),
    one("argpartition", lambda x: x[0][np.argpartition(x[0], 1)[1]]),
    vec("unique", np.unique),
    vec("unique(counts)", lambda v: np.unique(v, return_counts=True)),
    vec("unique(inverse)", lambda v: np.unique(v, return_index=True, return_inverse=True)),
    vec("unique_values", lambda v: np.sort(np.unique_values(v))),
    vecs("union1d", np.union1d),
    vec("intersect1d", lambda v: np.intersect1d(v, V[:0])),
    vec("setdiff1d", lambda v: np.setdiff1d(v, np.asarray([10.0]))),
    vec("isin", lambda v: v * np.isin(v, np.asarray([10.0]))),
    one("clip", lambda x: np.clip(x, 0.5, 1.0)),
    two("clip by arrays", lambda x, y: np.clip(x, y - 0.3, y + 0.3)),
    one("isclose", lambda x: np.where(np.isclose(x, x), x, 0.0)),
    one("allclose", lambda x: x if np.allclose(x, x) else 0 * x),
    one("array_equal", lambda x: x if np.array_equal(x, x) else 0 * x),
    one("apply_along_axis", lambda x: np.apply_along_axis(lambda r: r / np.sum(r), 1, x)),
    one("apply_along_axis scalar", lambda x: np.apply_along_axis(np.sum, 0, x)),
    one("apply_over_axes", lambda x: np.apply_over_axes(np.sum, x, [0, 1])),
    one("vectorize", lambda x: np.vectorize(lambda v: v**2 + 1)(x)),
    one("vectorize(signature)", lambda x: np.vectorize(np.sum, signature="(n)->()")(x)),
    one("fromfunction", lambda x: np.fromfunction(lambda i, j: x[i, j] * i, (3, 4), dtype=int)),
    one("frompyfunc", lambda x: np.frompyfunc(lambda v: v * 2, 1, 1)(x)),
]

CALCULUS = [
    one("diff", np.diff),
    one("diff(n, axis)", lambda x: np.diff(x, n=2, axis=0)),
    one("diff(prepend)", lambda x: np.diff(x, axis=1, prepend=0, append=x[:, :1])),
    one("ediff1d", np.ediff1d),
    one("ediff1d(ends)", lambda x: np.ediff1d(x, to_begin=0.0, to_end=x[0, :2])),
    vec("gradient", np.gradient),
    one("gradient(2d)", np.gradient),
    one("gradient(spacing)", lambda x: np.gradient(x, 0.5, axis=1, edge_order=2)),
    vecs("gradient(coordinates)", lambda x, y: np.gradient(x, np.cumsum(y))),
    vec("trapezoid", np.trapezoid),
    vecs("trapezoid(x)", lambda x, y: np.trapezoid(x, y)),
    one("trapezoid(dx, axis)", lambda x: np.trapezoid(x, dx=0.5, axis=0)),
    vec("unwrap", lambda v: np.unwrap(9 * v)),
    vec("unwrap(period)", lambda v: np.unwrap(9 * v, period=4)),
    one("sinc", np.sinc),
    one("i0", np.i0),
    vec("interp(x)", lambda v: np.interp(v, np.asarray([0.0, 1.0, 2.0]), np.asarray([1, 3.0, 2]))),
    vec("interp(fp)", lambda v: np.interp(np.asarray([0.5, 1.7]), np.arange(5.0), v)),
    vecs("interp(xp)", lambda x, y: np.interp(np.asarray([0.9, 1.7]), np.cumsum(y), x)),
    vec("interp(left, right)", lambda v: np.interp(v, [0.5, 1.0], [1.0, 2.0], left=0, right=9)),
    vec("interp(period)", lambda v: np.interp(v, [0.1, 0.3], [1.0, 2.0], period=0.7)),
    vecs("convolve", np.convolve),
    vecs("convolve(same)", lambda x, y: np.convolve(x, y[:3], "same")),
    vecs("convolve(valid)", lambda x, y: np.convolve(x, y[:3], mode="valid")),
    vecs("correlate", lambda x, y: np.correlate(x, y)),
    vecs("correlate(full)", lambda x, y: np.correlate(x, y[:3], "full")),
    vecs("polyval", np.polyval),
    vecs("polyadd", lambda x, y: np.polyadd(x, y[:3])),
    vecs("polysub", lambda x, y: np.polysub(x, y[:3])),
    vecs("polymul", np.polymul),
    vecs("polydiv", lambda x, y: np.polydiv(x, y[:3])),
    vec("polyder", np.polyder),
    vec("polyder(2)", lambda v: np.polyder(v, 2)),
    vec("polyint", np.polyint),
    vec("polyint(2, k)", lambda v: np.polyint(v, 2, [1.0, 2.0])),
    vecs("polyfit", lambda x, y: np.polyfit(np.cumsum(x), y, 2)),
    vecs("polyfit(w)", lambda x, y: np.polyfit(np.arange(5.0), x, 1, w=y)),
    vec("poly", lambda v: np.poly(v[:3])),
    vec("roots", lambda v: np.roots(np.poly(np.cumsum(v)))),
    vec("polynomial.polyval", lambda v: np.polynomial.polynomial.polyval(v, [1.0, 2.0, 3.0])),
    vec("chebyshev.chebval", lambda v: np.polynomial.chebyshev.chebval(v / 2, [1.0, 2.0, 3.0])),
    vec("hermite.hermval", lambda v: np.polynomial.hermite.hermval(v, [1.0, 2.0, 3.0])),
    one("round", lambda x: x * np.round(x, 1)),
    one("around", lambda x: x * np.around(x, 2)),
    one("fix", lambda x: x * np.fix(3 * x)),
]

ALGEBRA = [
    two("dot", lambda x, y: np.dot(x, y.T)),
    vecs("dot of vectors", np.dot),
    Program("dot of an n-d array", lambda t, x: np.dot(t, x.T), (T, X)),
    two("vdot", np.vdot),
    two("inner", np.inner),
    two("outer", np.outer),
    two("tensordot", lambda x, y: np.tensordot(x, y, axes=([0], [0]))),
    two("tensordot(2)", lambda x, y: np.tensordot(x, y)),
    two("einsum", lambda x, y: np.einsum("ij,kj->ik", x, y)),
    two("einsum(optimize)", lambda x, y: np.einsum("ij,kj,ij->i", x, y, x, optimize=True)),
    sq("einsum(trace)", lambda x: np.einsum("ii", x)),
    one("einsum(ellipsis)", lambda x: np.einsum("...j,...j->...", x, x)),
    two("einsum(lists)", lambda x, y: np.einsum(x, [0, 1], y, [2, 1], [0, 2])),
    two("kron", lambda x, y: np.kron(x, y[:2])),
    two("cross", lambda x, y: np.cross(x[:, :3], y[:, :3])),
    vecs("cross of vectors", lambda x, y: np.cross(x[:3], y[:3])),
    one("linalg.norm", np.linalg.norm),
    one("linalg.norm(axis)", lambda x: np.linalg.norm(x, axis=1)),
    *(
        sq(f"linalg.norm({o})", lambda x, o=o: np.linalg.norm(x, o))
        for o in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)
    ),
    *(
        vec(f"linalg.norm(vector, {o})", lambda v, o=o: np.linalg.norm(v, o))
        for o in (1, 2, 3, np.inf, -np.inf)
    ),
    one("linalg.vector_norm", lambda x: np.linalg.vector_norm(x, axis=1, ord=3)),
    one("linalg.matrix_norm", np.linalg.matrix_norm),
    sq("linalg.inv", np.linalg.inv),
    one("linalg.pinv", np.linalg.pinv),
    sq("linalg.det", np.linalg.det),
    sq("linalg.slogdet", lambda x: np.linalg.slogdet(x)[1]),
    Program("linalg.solve", np.linalg.solve, (S, X)),
    Program("linalg.solve(vector)", np.linalg.solve, (S, X[:, 0])),
    Program("linalg.lstsq", lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0], (X.T, X.T[:, 0])),
    Program("linalg.lstsq(residuals)", lambda a, b: np.linalg.lstsq(a, b)[:2], (X.T, Y.T)),
    sq("linalg.qr", lambda x: np.linalg.qr(x)[1]),
    one("linalg.qr(reduced)", lambda x: np.linalg.qr(x.T)),
    one("linalg.svd", lambda x: np.linalg.svd(x, full_matrices=False)[1]),
    one("linalg.svd(no uv)", lambda x: np.linalg.svd(x, compute_uv=False)),
    one("linalg.svdvals", np.linalg.svdvals),
    sq("linalg.cholesky", lambda x: np.linalg.cholesky(x @ x.T)),
    sq("linalg.eigh", lambda x: np.linalg.eigh(x @ x.T)[0]),
    sq("linalg.eigvalsh", lambda x: np.linalg.eigvalsh(x + x.T)),
    sq("linalg.eigvals", lambda x: np.sort(np.abs(np.linalg.eigvals(x)))),
    sq("linalg.eig", lambda x: np.sort(np.abs(np.linalg.eig(x)[0]))),
    sq("linalg.matrix_power", lambda x: np.linalg.matrix_power(x, 3)),
    sq("linalg.matrix_rank", lambda x: x * np.linalg.matrix_rank(x)),
    sq("linalg.cond", np.linalg.cond),
    *(sq(f"linalg.cond({p})", lambda x, p=p: np.linalg.cond(x, p)) for p in ("fro", 1, -2)),
    two("linalg.multi_dot", lambda x, y: np.linalg.multi_dot([x, y.T, x])),
    sq("linalg.tensorinv", lambda x: np.linalg.tensorinv(np.reshape(x, (3, 3, 1)), ind=1)),
    sq("linalg.tensorsolve", lambda x: np.linalg.tensorsolve(x, x[0])),
    sq("linalg.trace", np.linalg.trace),
    sq("linalg.diagonal", np.linalg.diagonal),
    two("linalg.cross", lambda x, y: np.linalg.cross(x[:, :3], y[:, :3])),
    vecs("linalg.outer", np.linalg.outer),
    two("linalg.matmul", lambda x, y: np.linalg.matmul(x, y.T)),
    two("linalg.vecdot", np.linalg.vecdot),
    two("linalg.tensordot", lambda x, y: np.linalg.tensordot(x, y)),
    Program("linalg.matrix_transpose", np.linalg.matrix_transpose, (T,)),
]

FOURIER = [
    vec("fft.fft", np.fft.fft),
    vec("fft.ifft", np.fft.ifft),
    one("fft.fft2", np.fft.fft2),
    one("fft.ifft2", np.fft.ifft2),
    one("fft.fftn", lambda x: np.fft.fftn(x, norm="ortho")),
    one("fft.ifftn", np.fft.ifftn),
    vec("fft.rfft", lambda v: np.fft.rfft(v, n=8)),
    vec("fft.irfft", lambda v: np.fft.irfft(v + 1j * v)),
    one("fft.rfft2", np.fft.rfft2),
    one("fft.irfft2", lambda x: np.fft.irfft2(x * (1 + 1j))),
    one("fft.rfftn", np.fft.rfftn),
    one("fft.irfftn", lambda x: np.fft.irfftn(x * (1 + 1j))),
    vec("fft.hfft", lambda v: np.fft.hfft(v + 1j * v)),
    vec("fft.ihfft", np.fft.ihfft),
    one("fft.fftshift", np.fft.fftshift),
    one("fft.ifftshift", lambda x: np.fft.ifftshift(x, axes=1)),
]

METHODS = [
    one("x.sum().mean().std()", lambda x: x.sum(0).mean() + x.std(ddof=1) + x.var(axis=1).sum()),
    one("x.max, min, ptp", lambda x: x.max(1) - x.min(axis=1)),
    one("x.dot", lambda x: x.dot(x.T)),
    one("x.round", lambda x: x * x.round(1)),
    one("x.flat", lambda x: sum(v**2 for v in x.flat)),
    one("x.flat[i]", lambda x: x.flat[5] * x.flat[1:4]),
    one("x.flat[i] = v", lambda x: _inplace(x, lambda y: y.flat.__setitem__(slice(0, 3), 1.0))),
    one("x.argsort", lambda x: x[0][x[0].argsort()]),
    one("x.nonzero", lambda x: x[(x > 0.7).nonzero()]),
    one("x.cumsum, cumprod", lambda x: x.cumsum(1) + x.cumprod(0)),
    one("x.take", lambda x: x.take([0, 2], axis=1)),
    one("x.repeat", lambda x: x.repeat(2, axis=0)),
    one("x.swapaxes", lambda x: x.swapaxes(0, 1)),
    one("x.diagonal, trace", lambda x: x.diagonal() * x.trace()),
    one("x.clip", lambda x: x.clip(0.4, 1.0)),
    one("x.compress", lambda x: x.compress([True, False, True], axis=0)),
    one("x.sort", lambda x: _inplace(x, lambda y: y.sort(axis=1))),
    one("x.fill", lambda x: x + _inplace(x, lambda y: y.fill(0.5))),
    one("x.itemset by index", lambda x: _inplace(x, lambda y: y.__setitem__((0, 1), x[2, 2] ** 2))),
    one("x.view of itself", lambda x: x.view() ** 2),
    one("x.conj, conjugate", lambda x: (x.conj() * x.conjugate()).real),
    one("x.prod, any, all", lambda x: x.prod(0) * (x > 0).all() * (x > 1).any()),
    one("x.reshape, ravel", lambda x: x.reshape(4, 3).ravel()[::2]),
    one("x.astype", lambda x: x.astype(float)),
    one("x.searchsorted", lambda x: x * np.asarray([0.5, 1.0]).searchsorted(Y)),
    one("x.partition", lambda x: _inplace(x[0], lambda y: y.partition(1))[1]),
    one("x.resize by np", lambda x: np.resize(x, 5)),
    one("x.choose", lambda x: x[0] * (x > 0.7).argmax(axis=0)),
    one("a view, written to", lambda x: _inplace(2 * x, lambda y: y[0].__iadd__(x[1]))),
    one("a loop over rows", _loop),
    one("Newton's iteration", _newton),
    vec("sum([...]), max", lambda v: sum(v) + max(v) + abs(-v)),
]

# Lists of numbers stand for arrays, as everywhere in NumPy.
W3, L3 = W[:3], [1.0, 2.0, 4.0]


def lst(name: str, f: Callable[..., Any]) -> Program:
    return Program(f"{name} with a list", f, (W3,))


LISTS = [
    lst("dot", lambda x: np.dot(L3, x) + np.dot(x, L3)),
    lst("vdot", lambda x: np.vdot(L3, x)),
    lst("inner", lambda x: np.inner(x, L3)),
    lst("outer", lambda x: np.outer(L3, x)),
    lst("kron", lambda x: np.kron(L3, x)),
    lst("tensordot", lambda x: np.tensordot(L3, x, 1)),
    lst("cross", lambda x: np.cross(L3, x)),
    lst("matmul", lambda x: np.matmul(x, L3)),
    lst("einsum", lambda x: np.einsum("i,i", x, L3)),
    lst("multi_dot", lambda x: np.linalg.multi_dot([[L3], x[:, None], [[2.0]]])),
    lst("linalg.solve", lambda x: np.linalg.solve([[2.0, 0, 1], [0, 1, 0], [0, 0, 1]], x)),
    lst("linalg.lstsq", lambda x: np.linalg.lstsq([[2.0, 0], [0, 1], [0, 0]], x)[0]),
    lst("convolve", lambda x: np.convolve(L3, x)),
    lst("correlate", lambda x: np.correlate(x, L3, "full")),
    lst("polyval", lambda x: np.polyval(L3, x) + np.polyval(x, L3)),
    lst("polymul", lambda x: np.polymul(x, L3)),
    lst("polyfit", lambda x: np.polyfit(L3, x, 1)),
    lst("interp", lambda x: np.interp([1.2, 3.4], L3, x)),
    lst("searchsorted", lambda x: x * np.searchsorted(L3, x)),
    lst("digitize", lambda x: x * np.digitize(x, L3)),
    lst("where", lambda x: np.where([True, False, True], x, L3)),
    lst("select", lambda x: np.select([[True, False, True]], [x], L3)),
    lst("choose", lambda x: np.choose([0, 1, 0], [x, L3])),
    lst("piecewise", lambda x: np.piecewise(x, [[True, False, True]], [np.square, 3.0])),
    lst("clip", lambda x: np.clip(x, [0.4, 0.4, 0.4], [0.9, 0.9, 0.9])),
    lst("average", lambda x: np.average(x, weights=L3)),
    lst("cov", lambda x: np.cov(x, L3)),
    lst("histogram", lambda x: np.histogram(L3, 2, weights=x)[0]),
    lst("bincount", lambda x: np.bincount([0, 1, 1], weights=x)),
    lst("trapezoid", lambda x: np.trapezoid(x, L3)),
    lst("gradient", lambda x: np.gradient(x, L3)),
    lst("concatenate", lambda x: np.concatenate([L3, x])),
    lst("stack", lambda x: np.stack([L3, x])),
    lst("vstack", lambda x: np.vstack([L3, x])),
    lst("column_stack", lambda x: np.column_stack([x, L3])),
    lst("append", lambda x: np.append(x, L3)),
    lst("insert", lambda x: np.insert(x, 1, [2.0, 3.0])),
    lst("meshgrid", lambda x: np.meshgrid(x, L3)),
    lst("broadcast_arrays", lambda x: np.broadcast_arrays(x, [[1.0], [2.0]])),
    lst("full_like", lambda x: x * np.full_like(x, L3)),
    lst("roll", lambda x: np.roll(x, [1], [0])),
    lst("copyto", lambda x: _inplace(x, lambda y: np.copyto(y, L3, where=[True, False, False]))),
    lst("x[list] = list", lambda x: _inplace(x, lambda y: y.__setitem__([0, 1], [1.0, 2.0]))),
    lst("isclose", lambda x: x * np.isclose(x, L3)),
]

MORE = [
    vec("emath.sqrt", lambda v: np.emath.sqrt(v - 0.7)),
    vec("emath.sqrt of positive", np.emath.sqrt),
    vec("emath.log", lambda v: np.emath.log(v - 0.7)),
    vec("emath.log2 and log10", lambda v: np.emath.log2(v) + np.emath.log10(v - 0.7)),
    vec("emath.logn", lambda v: np.emath.logn(2.0, v)),
    vec("emath.power", lambda v: np.emath.power(v - 0.7, 1.5)),
    vec("emath.power(integer)", lambda v: np.emath.power(v, -2)),
    vec("emath.arccos and arcsin", lambda v: np.emath.arccos(v / 2) + np.emath.arcsin(v / 3)),
    # one element: PyTorch's vectorised kernels forget the sign of zero, and so the branch
    vec("emath.arccos beyond 1", lambda v: np.emath.arccos(v[:1] + 2)),
    vec("emath.arctanh", lambda v: np.emath.arctanh(v / 2)),
    one("sliding_window_view", lambda x: np.lib.stride_tricks.sliding_window_view(x, (2, 3))),
    one("sliding_window_view(axis)", lambda x: np.lib.stride_tricks.sliding_window_view(x, 2, 1)),
    vecs("setxor1d", np.setxor1d),
    one("isposinf and isneginf", lambda x: np.where(np.isposinf(x) | np.isneginf(x), 0.0, x)),
    one("array_equiv", lambda x: x * np.array_equiv(x, x[None])),
    one(
        "einsum_path",
        lambda x: np.einsum("ij,kj,kl", x, x, x, optimize=np.einsum_path("ij,kj,kl", x, x, x)[0]),
    ),
    one(
        "unravel_index and ravel_multi_index",
        lambda x: x.flat[np.ravel_multi_index((1, 2), (3, 4))],
    ),
    one("cumsum(out=)", lambda x: np.cumsum(x, axis=0, out=np.empty_like(x))),
    one("clip(out=)", lambda x: np.clip(x, 0.3, 0.9, out=2 * x)),
    one("matmul(out=)", lambda x: np.matmul(x, x.T, out=x @ x.T)),
    one("mean(out=)", lambda x: np.mean(x, axis=0, out=2 * x[0])),
    one("cross of 2-d and 1-d", lambda x: np.cross(x[:, :3], np.asarray([1.0, 2.0, 3.0]))),
    vec("rng.shuffle", lambda v: _inplace(v, np.random.default_rng(0).shuffle)),
    vec("interp(complex fp)", lambda v: abs(np.interp([0.5, 1.5], np.arange(5.0), v * (1 + 2j)))),
    one("linalg.norm(two axes)", lambda x: np.linalg.norm(x.reshape(3, 2, 2), axis=(1, 2))),
    vec(
        "a list of elements", lambda v: np.hstack([v[0], v[1], 2.0]) + np.stack([v[1], v[2], v[3]])
    ),
    vec("Polynomial(c)(x)", lambda v: np.polynomial.Polynomial([1.0, 2.0, 3.0])(v)),
    vec("poly1d(c)(x)", lambda v: np.poly1d([1.0, 2.0, 3.0])(v)),
    vec("legendre.legval(c)", lambda v: np.polynomial.legendre.legval(0.5, v)),
    vec("polynomial.polyfit", lambda v: np.polynomial.polynomial.polyfit(np.arange(5.0), v, 2)),
    vec("ma.mean", lambda v: np.ma.masked_array(v, [0, 1, 0, 0, 0]).mean()),
    one("asmatrix", lambda x: np.asmatrix(x) * 2),
    vec("nditer", lambda v: sum(2 * x for x in np.nditer(v))),
    vec("ndenumerate", lambda v: sum(i * x for (i,), x in np.ndenumerate(v))),
    vec("fromiter", lambda v: np.fromiter(v, float)),
    vec("np.mean([x, y])", lambda v: np.mean([v[0], v[1]])),
    vec("np.float64(x)", lambda v: np.float64(v[0])),
    one("np.save", lambda x: np.save("/dev/null", x)),
    vec("kaiser(beta)", lambda v: np.kaiser(5, v[0])),
    vec("rng.permutation", np.random.default_rng(0).permutation),
    vec("rng.normal(loc)", lambda v: np.random.default_rng(0).normal(v)),
    vec("rng.choice", lambda v: np.random.default_rng(0).choice(v, 3)),
]

# What NumPy does without asking anybody: an error that names the line and the spelling is right.
CONVERSIONS = [
    vec("np.array([x, y])", lambda v: np.array([v[0], v[1]])),
    vec("np.asarray(x)", np.asarray),
    vec("float(x)", lambda v: float(v[0])),
    vec("math.sin(x)", lambda v: __import__("math").sin(v[0])),
    vec("np.linspace(x, y)", lambda v: np.linspace(v[0], v[1], 4)),
    vec("np.full(n, x)", lambda v: np.full(3, v[0])),
    vec("np.r_[x, y]", lambda v: np.r_[v[0], v[1:]]),
    vec("ndarray += x", lambda v: _inplace(np.ones(5), lambda y: y.__iadd__(v))),
    vec("ndarray[i] = x[i]", lambda v: _inplace(np.ones(5), lambda y: y.__setitem__(0, v[0]))),
    vec("np.add(x, y, out=ndarray)", lambda v: np.add(v, 1.0, out=np.ones(5))),
]

PROGRAMS: list[Program] = [
    *UFUNCS,
    *REDUCTIONS,
    *SHAPES,
    *CHOICES,
    *CALCULUS,
    *ALGEBRA,
    *FOURIER,
    *METHODS,
    *LISTS,
    *MORE,
    *CONVERSIONS,
]
