# Tests of xgrad/arrays
"""`Array` as array code sees it: methods and attributes of ``ndarray``, conversions."""

import copy
import operator

import numpy as np
import pytest

import xgrad as xg
from xgrad.testing import check_grads

X = np.asarray([[0.7, -1.4, 2.1], [1.9, 0.3, -0.6]])
Z = X + 1j * X[::-1]

METHODS = {
    "sum": lambda x: x.sum(),
    "sum over an axis": lambda x: x.sum(0),
    "sum over axes, kept": lambda x: x.sum((0, 1), keepdims=True),
    "prod": lambda x: x.prod(axis=1),
    "mean": lambda x: x.mean(-1, keepdims=True),
    "var": lambda x: x.var(1, ddof=1),
    "std": lambda x: x.std(axis=0),
    "max": lambda x: x.max(0),
    "min": lambda x: x.min(),
    "argmax": lambda x: x.argmax(1),
    "argmin": lambda x: x.argmin(),
    "any": lambda x: (x > 0).any(axis=1),
    "all": lambda x: (x > 0).all(),
    "cumsum": lambda x: x.cumsum(1),
    "cumsum of all": lambda x: x.cumsum(),
    "clip": lambda x: x.clip(-1.0, 1.0),
    "clip from above": lambda x: x.clip(max=0.5),
    "dot": lambda x: x.dot(x.T),
    "dot with a number": lambda x: x.dot(2.0),
    "astype": lambda x: x.astype(np.complex128),
    "copy": lambda x: x.copy(),
    "reshape to a tuple": lambda x: x.reshape((3, 2)),
    "reshape to integers": lambda x: x.reshape(3, -1),
    "reshape to an integer": lambda x: x.reshape(-1),
    "ravel": lambda x: x.ravel(),
    "flatten": lambda x: x.flatten(),
    "transpose": lambda x: x.transpose(),
    "transpose by integers": lambda x: x.transpose(1, 0),
    "transpose by a tuple": lambda x: x.transpose((1, 0)),
    "squeeze": lambda x: x[:, None, :1].squeeze(),
    "squeeze an axis": lambda x: x[:, None].squeeze(1),
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "real": lambda x: x.real,
    "imag": lambda x: x.imag,
    "conj": lambda x: x.conj(),
    "abs": abs,
    "round": lambda x: round(x[0, 0], 1) if isinstance(x, xg.Array) else np.round(x[0, 0], 1),
    "divmod": lambda x: divmod(x, 0.8)[1],
    "divmod of a number": lambda x: divmod(5.0, x)[0],
    "iteration": lambda x: next(iter(x)) * 2,
    "unpacking": lambda x: operator.sub(*x),
    "power": lambda x: 2.0**x,
}
REAL_ONLY = set(
    "max,min,argmax,argmin,any,all,clip,clip from above,round,divmod,divmod of a number".split(",")
)


@pytest.mark.parametrize("name", METHODS)
def test_methods_are_numpys(computing, name):
    strict = computing.backend.name == "array_api_strict" and name in ("var", "std")
    for x in [X] if name in REAL_ONLY or strict else [X, Z]:
        expected = np.asarray(METHODS[name](x))
        found = METHODS[name](xg.asarray(computing.raw(x)))
        assert isinstance(found, xg.Array)
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(computing.numpy(found), expected, rtol=1e-13)


DIFFERENTIABLE = [n for n in METHODS if n not in ("argmax", "argmin", "any", "all")]


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_derivatives_go_through_methods(name):
    for x in [X] if name in REAL_ONLY else [X, Z]:
        check_grads(METHODS[name], (x,), order=1)


def test_attributes(place):
    x = xg.asarray(place.raw(X.astype(np.float32)))
    assert (x.shape, x.ndim, x.size, x.itemsize, x.nbytes) == ((2, 3), 2, 6, 4, 24)
    assert x.dtype is np.dtype("float32")
    assert x.backend == place.backend.name
    assert str(x.device) == str(place.device)
    assert isinstance(x.data, place.backend.array_types)
    assert not x.is_tracked
    assert x.grad is None
    assert len(x) == 2
    assert x.__array_namespace__() is xg


def test_writes_reach_the_base_where_numpys_do():
    for show in (
        lambda x: x[0],
        lambda x: x[:, ::-1],
        lambda x: x.T,
        lambda x: x.mT,
        lambda x: x.reshape(-1),
        lambda x: x.ravel(),
        lambda x: x[None],
        lambda x: x[..., 1:],
        lambda x: x.real,
        lambda x: x[0][1:][::-1],
        lambda x: x.T[1:].T,
    ):
        plain, ours = X.copy(), xg.asarray(X, copy=True)
        show(plain)[...] = 5.0
        show(ours)[...] = 5.0
        assert np.array_equal(ours.tolist(), plain)
        assert (plain == 5).any()


def test_writes_do_not_reach_the_base_where_numpys_do_not():
    for make in (
        lambda x: x.copy(),
        lambda x: x.flatten(),
        lambda x: x[[0, 1]],
        lambda x: x[x > -9],
        lambda x: x.astype(np.float64),
        lambda x: x * 1,
        copy.copy,
        copy.deepcopy,
    ):
        plain, ours = X.copy(), xg.asarray(X, copy=True)
        make(plain)[...] = 5.0
        make(ours)[...] = 5.0
        assert np.array_equal(ours.tolist(), plain)
        assert np.array_equal(plain, X)


def test_scalars_convert(computing):
    x = xg.asarray(computing.raw(np.asarray(2.5)))
    if computing.name == "array_api_strict:device1":  # an accelerator gives numbers only by item()
        assert x.item() == 2.5
        return
    found = (float(x), int(x), complex(x), bool(x), x.item(), x.tolist())
    assert found == (2.5, 2, 2.5, True, 2.5, 2.5)
    k = xg.asarray(computing.raw(np.asarray(1)))
    assert [10, 20, 30][k] == 20
    assert f"{x:.2f} {x!s}" == "2.50 2.5"


def test_what_has_no_length_says_so():
    x = xg.asarray(1.0)
    for function, text in ((len, r"len\(\) of a 0-d array"), (iter, "iteration over a 0-d array")):
        with pytest.raises(TypeError, match=text):
            function(x)
    with pytest.raises(ValueError, match=r"item: got shape \(3,\); expected exactly one element"):
        xg.asarray([1.0, 2.0, 3.0]).item()
    with pytest.raises(TypeError, match="unhashable"):
        hash(x)
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        _ = x.nope
    with pytest.raises(ValueError, match="api_version: got '1999'"):
        x.__array_namespace__(api_version="1999")


def test_membership_and_comparison():
    x = xg.asarray(X)
    assert 0.7 in x
    assert 0.8 not in x
    assert (x == X).all()
    assert not (x != X).any()
    assert (x == "text") is False


def test_repr_shows_what_it_is(place):
    text = repr(xg.asarray(place.raw(np.asarray([1.0, 2.0]))))
    assert text.startswith("Array(")
    assert "float64" in text
    assert ("backend" in text) == (place.backend.name != "numpy")
    if place.has_values:
        assert "[1., 2.]" in text
    assert "requires_grad=True" in repr(xg.asarray([1.0], requires_grad=True))
    assert "tracked=True" in repr(xg.asarray([1.0], requires_grad=True) * 2)


def test_unknown_operands_are_left_to_their_own_class():
    class Other:
        def __radd__(self, x):
            return "theirs"

        __array_ufunc__ = None

    assert xg.asarray(1.0) + Other() == "theirs"
    with pytest.raises(TypeError, match="unsupported operand"):
        xg.asarray(1.0) + "text"


@pytest.mark.parametrize("name", "add sub mul truediv pow matmul floordiv mod lt ge eq".split())
def test_an_array_of_the_library_on_the_left_leaves_the_operator_to_xgrad(name, computing):
    """CuPy's `@` for one takes the other for an array of its own, unless it is told not to."""
    if computing.backend.name == "array_api_strict":
        pytest.skip("its operators refuse whatever is not its own")
    f, raw = getattr(operator, name), computing.raw(np.abs(X[:, :2]))
    x = xg.asarray(computing.raw(X[:, 1:]), requires_grad=True)
    out = f(raw, x)
    assert type(out) is xg.Array
    same = f(xg.asarray(raw), x)
    assert np.array_equal(computing.numpy(out), computing.numpy(same), equal_nan=True)
    assert out.is_tracked == same.is_tracked
    if name in ("add", "sub", "mul", "truediv", "matmul"):
        check_grads(lambda x: f(raw, x), (x.detach(),))


def test_masked_arrays_on_the_left_drop_no_gradient_and_no_mask():
    x = xg.asarray([1.0, 2.0], requires_grad=True)
    with pytest.raises(xg.errors.SubclassError, match=r"^add: .*MaskedArray.*filled"):
        np.ma.array([1.0, 2.0], mask=[False, True]) + x


def test_lists_of_numbers_are_arrays_to_an_operator(place):
    x = place.raw(np.asarray([1.0, 2.0, 4.0]))
    y = xg.asarray(x, requires_grad=True)
    pairs = [
        (y + [1.0, 2.0, 3.0], x + place.raw(np.asarray([1.0, 2.0, 3.0]))),  # noqa: RUF005 - the case
        (np.add(y, [1.0, 2.0, 3.0]), x + place.raw(np.asarray([1.0, 2.0, 3.0]))),
        ([1.0, 2.0, 3.0] / y, place.raw(np.asarray([1.0, 2.0, 3.0])) / x),
        (y @ [1.0, 2.0, 3.0], x @ place.raw(np.asarray([1.0, 2.0, 3.0]))),
        (y == [1.0, 3.0, 4.0], x == place.raw(np.asarray([1.0, 3.0, 4.0]))),
        (y >= (2.0, 2.0, 2.0), x >= 2),
    ]
    for ours, expected in pairs:
        assert ours.device == y.device
        assert ours.dtype == xg.asarray(expected).dtype
        if place.has_values:
            assert np.array_equal(ours.tolist(), xg.asarray(expected).tolist())
    with pytest.raises(TypeError):
        y + ["a"]  # noqa: RUF005 - the case


def test_numpy_arrays_on_the_left_stay_out_of_the_way():
    x = xg.asarray(X, requires_grad=True)
    for out in (X + x, X * x, X - x, X / x, X @ x.T, np.float64(2) * x, x < X):
        assert isinstance(out, xg.Array)
    check_grads(lambda x: X * x - np.float64(2) / x + X @ x.T @ X, (X,), order=1)


def test_arrays_of_a_subclass_mix_with_those_of_its_base(tmp_path) -> None:
    on_disk = np.memmap(tmp_path / "x.bin", np.float64, "w+", shape=(3,))
    on_disk[:] = [1.0, 2.0, 3.0]
    x = np.asarray([0.5, -1.0, 2.0])
    assert np.array_equal(xg.grad(lambda a, b: xg.sum(a * b), (0, 1))(on_disk, x)[1], on_disk)
    joined = xg.concat([xg.Array(on_disk), xg.Array(x)])
    assert joined.shape == (6,)
    chosen = xg.grad(lambda a, b: xg.sum(xg.where(a > 1.5, a * b, b)), 1)(on_disk, x)
    assert np.array_equal(chosen, [1.0, 2.0, 3.0])


def test_a_parameter_of_torch_mixes_with_tensors() -> None:
    torch = pytest.importorskip("torch")
    p = torch.nn.Parameter(torch.tensor([1.0, 2.0]), requires_grad=False)
    x = torch.tensor([0.5, -1.0])
    assert torch.equal(xg.grad(lambda a, b: xg.sum(a * b), 1)(p, x), p.data)
    assert xg.concat([xg.Array(p), xg.Array(x)]).shape == (4,)
