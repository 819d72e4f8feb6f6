# Tests of xgrad/numpy_protocol
"""NumPy's own functions, called on an `Array`: their value, and that derivatives go through."""

import inspect
import io
import operator as op
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import xgrad as xg
from tests.interop import numpy_keywords
from xgrad.numpy_protocol import functions, lists

X = np.random.default_rng(1).uniform(0.2, 1.5, (3, 4))

CALLS = {
    "exp2": np.exp2,
    "cbrt": np.cbrt,
    "degrees": lambda x: np.degrees(x) + np.radians(x),
    "fabs": np.fabs,
    "fmax": lambda x: np.fmax(x, 0.7) + np.fmin(0.4, x),
    "fmod": lambda x: np.fmod(x, 0.45),
    "mod": lambda x: np.mod(x, 0.45),
    "float_power": lambda x: np.float_power(x, 1.5),
    "heaviside": lambda x: x * np.heaviside(x - 0.7, 0.5),
    "logaddexp2": lambda x: np.logaddexp2(x, 1.0),
    "maximum.reduce": np.maximum.reduce,
    "add.reduce": lambda x: np.add.reduce(x, 1),
    "logaddexp.reduce": lambda x: np.logaddexp.reduce(x, axis=1),
    "add.accumulate": lambda x: np.add.accumulate(x, 1),
    "maximum.accumulate": np.maximum.accumulate,
    "multiply.outer": lambda x: np.multiply.outer(x[0], x),
    "sum": lambda x: np.sum(x, 1, keepdims=True),
    "mean": lambda x: np.mean(x, axis=(0, 1)),
    "var": lambda x: np.var(x, 0, ddof=1),
    "std": lambda x: np.std(x, axis=1),
    "max": lambda x: np.amax(x, 1),
    "cumsum": lambda x: np.cumsum(x) + np.cumsum(x, 1).sum(),
    "cumprod": lambda x: np.cumprod(x, axis=0),
    "diff": lambda x: np.diff(x, 2, 1),
    "sort": lambda x: np.sort(x, 0),
    "concatenate": lambda x: np.concatenate((x, x), 1),
    "stack": lambda x: np.stack([x, 2 * x], -1),
    "roll": lambda x: np.roll(x, 1, 0),
    "repeat": lambda x: np.repeat(x, 2, 1),
    "take": lambda x: np.take(x, np.asarray([0, 5])) + np.take(x, np.asarray([1, 0]), 1).sum(),
    "tile": lambda x: np.tile(x, 2),
    "reshape": lambda x: np.reshape(x, -1),
    "squeeze": lambda x: np.squeeze(x[:1]),
    "expand_dims": lambda x: np.expand_dims(x, 1),
    "moveaxis": lambda x: np.moveaxis(x, 0, 1),
    "transpose": lambda x: np.transpose(x) @ np.transpose(x, (0, 1)),
    "round": lambda x: x * np.round(x, 1),
    "clip": lambda x: np.clip(x, 0.3, 1.1),
    "where": lambda x: np.where(x > 0.6, x, 2 * x),
    "full_like": lambda x: x * np.full_like(x, 2.0),
    "outer": lambda x: np.outer(x, x[0]),
    "norm": lambda x: np.linalg.norm(x) + np.linalg.norm(x, axis=1) + np.linalg.norm(x[0], 3),
    "matrix_norm": lambda x: np.linalg.norm(x, "fro", (0, 1), keepdims=True),
    "tensordot": lambda x: np.tensordot(x, x, axes=([1], [1])),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, x),
    "kron": lambda x: np.kron(x, x[:2]),
    "inner": lambda x: np.inner(x, x),
    "dot": lambda x: np.dot(x, x.T),
    "vdot": lambda x: np.vdot(x, x),
    "multi_dot": lambda x: np.linalg.multi_dot([x, x.T, x]),
    "svd": lambda x: np.linalg.svd(x, compute_uv=False),
    "trace": lambda x: np.trace(x, 1) + np.sum(np.diagonal(x, 1)) + np.sum(np.diag(x)),
    "cov": lambda x: np.cov(x) + np.corrcoef(x),
    "nansum": lambda x: np.nansum(x, 1) + np.nanmean(x, 1) + np.nanmax(x, 1) + np.nanstd(x, 1),
    "nanvar": lambda x: np.nanvar(x, 0, ddof=1) + np.nanprod(x, axis=0) + np.nanmin(x, 0),
    "median": lambda x: np.median(x, 1) + np.nanmedian(x, axis=1),
    "quantile": lambda x: np.quantile(x, 0.3, 1) + np.percentile(x, 30, axis=1, method="lower"),
    "average": lambda x: np.average(x, 1, weights=x[0]),
    "ptp": lambda x: np.ptp(x, 1),
    "bincount": lambda x: np.bincount(np.asarray([0, 2, 2, 1]), weights=x[0], minlength=4),
    "histogram": lambda x: np.histogram(np.arange(4.0), 2, weights=x[0])[0],
    "trapezoid": lambda x: np.trapezoid(x, axis=0) + np.trapezoid(x.T, x[0], axis=0).sum(),
    "gradient": lambda x: np.gradient(x, 0.5, axis=1),
    "interp": lambda x: np.interp(x, np.asarray([0.0, 1.0, 2.0]), np.asarray([1.0, 3.0, 2.0])),
    "interp by name": lambda x: np.interp(
        x=x, xp=np.asarray([0.0, 2.0]), fp=np.asarray([1.0, 3.0])
    ),
    "unwrap": lambda x: np.unwrap(9 * x),
    "ediff1d": np.ediff1d,
    "pad": lambda x: (
        np.pad(x, 1, "reflect") + np.sum(np.pad(x, ((1, 0), (0, 2)), constant_values=2.0))
    ),
    "convolve": lambda x: np.convolve(x[0], x[1], "same") + np.correlate(x[0], x[1]),
    "sinc": np.sinc,
    "vander": lambda x: np.vander(x[0], 3),
    "polyval": lambda x: np.polyval(x[0], x),
    "select": lambda x: np.select([x > 1, x > 0.5], [x, 2 * x], 0.0),
    "piecewise": lambda x: np.piecewise(x, [x > 1.0], [np.sin, np.cos]),
    "nan_to_num": lambda x: np.nan_to_num(x, nan=1.0),
    "flips": lambda x: np.fliplr(x) + np.flipud(x) + np.flip(x, 1) + np.rot90(np.rot90(x)),
    "stacks": lambda x: np.vstack([x, x]) + np.hstack([x, x])[:, 0].sum() + np.dstack([x, x]).sum(),
    "split": lambda x: np.split(x, 2, 1)[0] + np.array_split(x, 3, axis=1)[0] + np.hsplit(x, 4)[1],
    "block": lambda x: np.block([[x, x], [x, x]]),
    "append": lambda x: np.append(x, x, 0),
    "insert": lambda x: np.insert(x, 1, x[0], axis=0) + np.sum(np.delete(x, 1, 0)),
    "atleast": lambda x: np.atleast_3d(x) + np.atleast_1d(x)[0, 0],
    "ravel": np.ravel,
    "swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "tril": lambda x: np.tril(x, 1) + np.triu(x, -1),
    "copy": np.copy,
    "choose": lambda x: np.choose(np.asarray([0, 1, 1, 0]), [x[0], x[1]]),
    "compress": lambda x: np.compress([True, False, True], x, 0),
    "real": lambda x: np.real(x) + np.imag(x) + np.angle(x),
    "fft": lambda x: np.abs(np.fft.fft(x, 6, 0)),
    "solve": lambda x: np.linalg.solve(x[:, :3] + 3 * np.eye(3), x),
}


@pytest.mark.filterwarnings("default::RuntimeWarning")
@pytest.mark.parametrize("name", CALLS)
def test_value_and_derivative(name):
    f = CALLS[name]
    expected = f(X)
    got = f(xg.asarray(X))
    assert type(got) is xg.Array
    np.testing.assert_allclose(got.data, expected, rtol=1e-12, atol=1e-12)
    xg.testing.check_grads(f, (X,), order=1)


def test_shape_and_comparisons():
    x = xg.asarray(X)
    assert (np.shape(x), np.ndim(x), np.size(x)) == ((3, 4), 2, 12)
    assert np.allclose(x, X + 1e-12)
    assert not np.isclose(x, 2 * X).data.any()


def test_stays_on_its_backend():
    pytest.importorskip("torch")
    x = xg.asarray(X).to_backend("torch")
    for name in ("einsum", "cov", "pad", "median", "gradient", "nansum"):
        assert CALLS[name](x).backend == "torch"


def test_what_xgrad_lacks_is_refused():
    x, tracked = xg.asarray(X), xg.asarray(1.0, requires_grad=True)
    with pytest.raises(TypeError, match="no implementation found"):
        np.is_busday(x)
    with pytest.raises(NotImplementedError, match=r"numpy\.quantile: weights="):
        np.quantile(x, 0.3, weights=x * tracked, method="inverted_cdf")
    with pytest.raises(NotImplementedError, match=r"numpy\.add: where= without out="):
        np.add(x, x, where=X > 0.5)
    with pytest.raises(ValueError, match="order is 'X'"):
        np.reshape(x, (4, 3), order="X")
    with pytest.raises(TypeError, match="can be viewed only as its own float64"):
        x.view(np.int64)


def test_results_go_where_out_says():
    x, y = xg.asarray(X), xg.asarray(np.zeros((3, 4)))
    assert np.exp(x, out=y) is y
    np.testing.assert_allclose(y.data, np.exp(X))
    total = xg.asarray(np.zeros(4))
    np.sum(x, 0, None, total)
    np.mean(x, axis=0, out=total)
    np.testing.assert_allclose(total.data, X.mean(0))
    with pytest.raises(xg.errors.TracedConversionError, match="out= is a NumPy array"):
        np.sum(x, axis=0, out=np.zeros(4))


@pytest.mark.parametrize("name", lists.IN_C)
def test_the_parameters_of_functions_in_c_are_those_of_numpy(name):
    try:
        told = inspect.signature(getattr(np, name))
    except ValueError:
        pytest.skip("this NumPy does not tell them")
    ours = inspect.signature(lists.IN_C[name])
    shared = {n: (p.kind, p.default) for n, p in ours.parameters.items()}
    theirs = {n: (p.kind, p.default) for n, p in told.parameters.items()}
    assert list(theirs)[: len(shared)] == list(shared)
    assert {n: theirs[n] for n in shared} == shared


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.concatenate((x, x), 1),
        lambda x: np.concatenate((x, [[1.0, 2.0]]), 0),
        lambda x: np.dot(x.T, x),
        lambda x: np.vdot(x, [[1.0, 2.0], [3.0, 4.0]]),
        lambda x: np.inner(x, [1.0, 2.0]),
        lambda x: np.where(x > 0, x, [0.0, 1.0]),
        lambda x: np.bincount(np.asarray([0, 1]), x[0]),
    ],
)
def test_functions_in_c_take_their_arguments_as_numpy_does(call):
    x = np.asarray([[1.0, -2.0], [3.0, 4.0]])
    expected = call(x)
    np.testing.assert_allclose(np.asarray(call(xg.asarray(x)).data), expected)


def test_nothing_is_dropped_where_numpy_tells_no_parameters(monkeypatch):
    monkeypatch.setattr(functions, "parameters", lambda f: {})
    x = xg.ones((2, 2))
    with pytest.raises(TypeError, match="positional"):
        np.argmax(x, 1)


def test_every_keyword_of_every_function_is_taken_or_refused_by_its_name():
    verdicts = {f"{p.name}({p.keyword}=)": numpy_keywords.run(p) for p in numpy_keywords.pairs()}
    failed = {name: why for name, (kind, why) in verdicts.items() if kind in ("failed", "mistake")}
    assert not failed, "\n".join(f"{name}: {why}" for name, why in failed.items())
    refused = [name for name, (kind, _) in verdicts.items() if kind == "refused"]
    assert len(refused) <= 2, refused  # what polyfit tells of itself


@pytest.mark.parametrize("name", ["quantile", "percentile", "nanquantile", "nanpercentile"])
@pytest.mark.parametrize("axis", [None, 1, (2, 0), -1])
@pytest.mark.parametrize("keepdims", [False, True])
def test_quantiles_take_weights(name, axis, keepdims):
    rng = np.random.default_rng(0)
    x, d = rng.normal(size=(2, 3, 4, 5))
    lengths = x.shape if axis is None else [x.shape[i] for i in np.atleast_1d(axis)]
    q = np.asarray([0.2, 0.7]) * (100 if "percentile" in name else 1)

    def quantile(x):
        more = {"axis": axis, "keepdims": keepdims, "weights": np.arange(1.0, 1 + np.prod(lengths))}
        more["weights"] = more["weights"].reshape(lengths)
        return getattr(np, name)(x, q, method="inverted_cdf", **more)

    want, h = quantile(xg.asarray(x)).data, 1e-6
    if axis is None or not name.startswith("nan"):  # NumPy's fails with weights of one axis
        np.testing.assert_array_equal(quantile(x), want)
    value, tangent = xg.jvp(quantile, (x,), (d,))
    np.testing.assert_array_equal(value, want)
    moved = quantile(xg.asarray(x + h * d)).data
    np.testing.assert_allclose(tangent, (moved - want) / h, rtol=1e-6)
    g = xg.grad(lambda x: xg.sum(quantile(x) * tangent))(x)
    np.testing.assert_allclose(np.sum(g * d), np.sum(tangent**2))


def test_equal_elements_share_a_weighted_quantile():
    g = xg.grad(lambda x: np.quantile(x, 0.5, weights=[1, 1, 1], method="inverted_cdf"))
    np.testing.assert_array_equal(g(np.asarray([1.0, 1.0, 2.0])), [0.5, 0.5, 0.0])


CREATING = {
    "array": lambda like: np.array([1.0, 2.0], dtype=np.float32, ndmin=2, like=like),
    "asarray": lambda like: np.asarray([1, 2], like=like),
    "asanyarray": lambda like: np.asanyarray([1, 2], like=like),
    "ascontiguousarray": lambda like: np.ascontiguousarray([1, 2], like=like),
    "asfortranarray": lambda like: np.asfortranarray([[1, 2]], like=like),
    "require": lambda like: np.require([1, 2], like=like),
    "zeros": lambda like: np.zeros([2, np.int64(3)], dtype=int, like=like),
    "ones": lambda like: np.ones(3, order="F", like=like),
    "full": lambda like: np.full((2, 2), [1.0, 2.0], like=like),
    "arange": lambda like: np.arange(1, 7, 2, like=like),
    "eye": lambda like: np.eye(3, 4, k=1, like=like),
    "identity": lambda like: np.identity(3, like=like),
    "tri": lambda like: np.tri(3, 4, 1, like=like),
    "fromiter": lambda like: np.fromiter(iter([1, 2]), float, like=like),
    "fromfunction": lambda like: np.fromfunction(lambda i, j: i + 2 * j, (2, 3), like=like),
    "frombuffer": lambda like: np.frombuffer(b"\x01\x02", np.uint8, like=like),
    "fromstring": lambda like: np.fromstring("1 2 3", sep=" ", like=like),
    "loadtxt": lambda like: np.loadtxt(io.StringIO("1 2"), like=like),
    "genfromtxt": lambda like: np.genfromtxt(io.StringIO("1 2"), like=like),
    "empty": lambda like: np.empty(3, like=like) * 0 + 1,
}


@pytest.mark.parametrize("backend", ["numpy", "torch", "array_api_strict"])
def test_like_makes_arrays_where_that_array_is(backend):
    if backend not in xg.available_backends():
        pytest.skip(f"{backend} is not installed")
    x = xg.asarray([1.0, 2.0]).to_backend(backend)
    for name, make in CREATING.items():
        got, expected = make(x), make(None)
        assert got.backend == backend, name
        assert (got.shape, got.dtype) == (expected.shape, expected.dtype), name
        np.testing.assert_array_equal(got.detach()._numpy(), expected, err_msg=name)
    made = xg.grad(lambda x: np.sum(np.array([x[0] ** 2, 3 * x[1]], like=x)))(x)
    np.testing.assert_allclose(made._numpy(), [2.0, 3.0])


@pytest.mark.parametrize(
    "ufunc", [np.multiply, np.maximum, np.minimum, np.power, np.divide, np.logaddexp, np.hypot]
)
def test_at_of_any_ufunc_takes_an_entry_as_often_as_it_is_named(ufunc: np.ufunc) -> None:
    x, v = np.asarray([1.3, 2.0, 0.7, 1.1]), np.asarray([0.5, 1.5, 2.5])

    def program(x: Any, v: Any) -> Any:
        y = x * 1.0
        ufunc.at(y, [0, 2, 0], v)
        return np.sum(y * y * np.asarray([1.0, 2.0, 3.0, 4.0]))

    value, slopes = xg.value_and_grad(program, (0, 1))(x, v)
    assert np.allclose(value, program(x, v))
    for i, slope in enumerate(slopes):
        for j in range(slope.size):
            step = 1e-6 * (np.arange(slope.size) == j)
            moved = [program(*(a + s * step if k == i else a for k, a in enumerate((x, v))))
                     for s in (1, -1)]  # fmt: skip
            assert np.allclose(slope[j], (moved[0] - moved[1]) / 2e-6, rtol=1e-5, atol=1e-7)


def test_at_of_any_ufunc_with_masks_and_several_axes_and_of_one_argument() -> None:
    m = np.arange(1.0, 7.0).reshape(2, 3)
    for key in ((np.asarray([0, 1, 0]), np.asarray([2, 0, 2])), m > 2, (slice(None), 1), 1):
        plain, ours = m.copy(), xg.asarray(m) * 1.0
        np.multiply.at(plain, key, 3.0)
        np.multiply.at(ours, key, 3.0)
        np.negative.at(plain, key)
        np.negative.at(ours, key)
        assert np.array_equal(plain, ours.data)


@pytest.mark.parametrize("apply", [op.add, op.sub, op.mul, op.truediv, op.pow, op.lt, op.eq])
def test_a_fraction_of_python_is_the_number_it_stands_for(apply: Callable[..., Any]) -> None:
    x, third = np.asarray([1.0, 2.0]), Fraction(1, 3)
    assert np.array_equal(apply(xg.asarray(x), third).data, apply(x, 1 / 3))
    assert np.array_equal(apply(third, xg.asarray(x)).data, apply(1 / 3, x))


@pytest.mark.parametrize("dtype", [bool, np.int8])
@pytest.mark.parametrize("subscripts", ["ab,a->", "ab,a->a", "ab,a->b", "ab,c->ac", "ba,b->a"])
def test_einsum_counts_what_is_true_beside_numbers(subscripts: str, dtype: Any) -> None:
    few = np.full((4, 4), 100).astype(dtype)
    for other in (np.arange(1.0, 5.0), np.arange(1, 5)):
        found = xg.einsum(subscripts, xg.asarray(few), xg.asarray(other))
        expected = np.einsum(subscripts, few, other)
        assert found.dtype == expected.dtype
        assert np.array_equal(found.data, expected)


def test_differences_of_truth_values_say_where_they_change() -> None:
    x = np.asarray([[True, False, False], [True, True, False]])
    for options in ({}, {"axis": 0}, {"n": 2}, {"prepend": x[:, :1]}):
        assert np.array_equal(np.diff(xg.asarray(x), **options).data, np.diff(x, **options))
        assert xg.diff(x, **options).dtype == bool


def test_what_holds_no_numbers_is_broadcast_beside_arrays():
    x = xg.asarray([1.0, 2.0])
    a, b, c = np.broadcast_arrays(x, None, "r")
    assert isinstance(a, xg.Array)
    assert b.tolist() == [None, None]
    assert c.tolist() == ["r", "r"]
    assert x.strides == (8,)


def test_a_polynomials_coefficient_that_is_zero_has_its_derivative():
    slope = xg.grad(lambda c: np.poly1d(c)(2.0))
    assert np.allclose(slope(np.asarray([0.0, 1.0, 3.0])), [4.0, 2.0, 1.0])
    assert np.allclose(slope(np.zeros(3)), [4.0, 2.0, 1.0])
