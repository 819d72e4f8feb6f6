# Tests of backends/xgrad_backends
"""Every adapter keeps its contract: keys, values and dtypes as NumPy's, on its own device."""

from importlib.util import find_spec

import numpy as np
import pytest

from tests.tables import over
from xgrad import backends
from xgrad.errors import BackendUnavailableError, MixedDeviceError

LIBRARY_OF = {
    "numpy": "numpy",
    "array_api_strict": "array_api_strict",
    "array_api_strict:device1": "array_api_strict",
    "torch": "torch",
    "torch:meta": "torch",
    "dask": "dask",
    "jax": "jax",
    "cupy": "cupy",
    "cupy_on_numpy": "numpy",
}
ADAPTERS = [name for name, library in LIBRARY_OF.items() if find_spec(library)]
EVERY = pytest.mark.parametrize("adapter", ADAPTERS, indirect=True)
WITH_VALUES = pytest.mark.parametrize(
    "adapter", [name for name in ADAPTERS if name != "torch:meta"], indirect=True
)
LIBRARIES = pytest.mark.parametrize(
    "adapter", [name for name in ADAPTERS if name != "cupy_on_numpy"], indirect=True
)
SHAPE = (4, 5, 3)
EVEN = np.array([True, False, True, False])
KEYS = {
    "int": 1,
    "negative int": -1,
    "numpy int": np.int64(2),
    "two ints": (1, 2),
    "all ints": (3, -5, 0),
    "slice": slice(1, 3),
    "step": slice(None, None, 2),
    "beyond the end": slice(2, 99),
    "empty slice": slice(3, 1),
    "reversed": slice(None, None, -1),
    "negative step": slice(3, 0, -2),
    "empty negative step": slice(0, 3, -1),
    "reversed axes": (slice(None, None, -2), 1, slice(None, None, -1)),
    "ellipsis": ...,
    "nothing": (),
    "ellipsis and int": (..., 0),
    "int, ellipsis, int": (0, ..., -1),
    "newaxis": None,
    "newaxis between": (slice(None), None, -1, ..., None),
    "reversed after newaxis": (None, slice(None, None, -1)),
    "array": np.array([0, 2, 3]),
    "repeated": np.array([0, 2, 2, -2]),
    "small ints": np.array([0, 3], dtype=np.uint8),
    "matrix of ints": np.array([[0, 2], [2, 1]]),
    "list": [0, 2],
    "empty list": [],
    "later axis": (slice(None), np.array([4, 4, 0])),
    "last axis": (..., np.array([1, 1])),
    "two arrays": (np.array([0, 1, 1]), np.array([4, 2, 2])),
    "open mesh": (np.array([[0], [2]]), np.array([1, 1, 4])),
    "arrays apart": (np.array([0, 1]), slice(None), np.array([2, 2])),
    "int and array": (1, np.array([0, 0, 4])),
    "int and array apart": (0, slice(None), np.array([0, 2, 2])),
    "newaxis between arrays": (np.array([0, 1]), None, np.array([1, 1])),
    "array and slice": (np.array([0, 1, 1]), slice(1, 4)),
    "array and reversed": (np.array([0, 1, 1]), slice(None, None, -1)),
    "reversed, int, array": (slice(None, None, -1), 1, np.array([0, 2, 2])),
    "0-d array": np.array(2),
    "0-d array on a later axis": (slice(None), np.array(-1)),
    "0-d array and array": (np.array(1), slice(None), np.array([0, 2])),
}
MASKS = {
    "mask": EVEN,
    "full mask": np.arange(60).reshape(SHAPE) % 7 == 0,
    "mask of two axes": np.arange(20).reshape(4, 5) % 3 == 0,
    "mask on a later axis": (slice(1, 3), np.array([True, False, False, True, True])),
    "mask and int": (EVEN, 1),
    "mask and array": (EVEN, np.array([4, 1])),
    "mask and reversed": (EVEN, slice(None, None, -1)),
    "True": True,
    "False": False,
    "True and int": (0, True),
}
SOME_KEYS = ["reversed axes", "repeated", "arrays apart", "int and array apart"]
DTYPES = ["float64", "float32", "float16", "complex64", "complex128", "int32", "uint8", "uint16"]


def sample(dtype, shape=SHAPE):
    """Return an array of small whole numbers, so that sums are exact in every dtype."""
    values = (np.arange(np.prod(shape, dtype=int)) % 61 + 1).reshape(shape)
    return (values * (1 - 2j) if dtype.startswith("complex") else values).astype(dtype)


def lift(adapter, part):
    """Return a key with the library's own index arrays in place of NumPy's."""
    backend, device = adapter
    if isinstance(part, tuple):
        return tuple(lift(adapter, p) for p in part)
    if isinstance(part, np.ndarray):
        return backend.from_numpy(part, device)
    return part


def lifted(adapter, dtype, shape=SHAPE):
    """Return the sample as NumPy's and as the library's array, or skip a dtype it lacks."""
    backend, device = adapter
    if np.dtype(dtype) not in backend.dtypes:
        pytest.skip(f"{backend.name} has no {dtype}")
    return sample(dtype, shape), backend.from_numpy(sample(dtype, shape), device)


def writes_more_than_once(key):
    """Whether some entry of an array of the sample's shape occurs twice under a key."""
    counts = np.zeros(SHAPE)
    np.add.at(counts, key, 1)
    return counts.max() > 1


def check(adapter, raw, expected):
    """Check an array's device, dtype and shape, and its values unless it has none."""
    backend, device = adapter
    assert isinstance(raw, (*backend.array_types, np.generic))
    if device is not None:
        assert backend.device(raw) == device
    assert backend.numpy_dtype(raw.dtype) == expected.dtype
    if str(device) != "meta":
        np.testing.assert_array_equal(backend.to_numpy(raw), expected)
    assert tuple(raw.shape) == expected.shape


def skip_lazy_mask(adapter, key):
    """Skip what Dask cannot index by before it is computed."""
    if adapter[0].name == "dask" and getattr(key, "ndim", None) not in (1, len(SHAPE)):
        pytest.skip("dask: needs a lone mask of one or of all axes")


@pytest.mark.parametrize("name", [name for name in LIBRARY_OF if name not in ADAPTERS])
def test_adapter_is_not_tested_here(name):
    pytest.skip(f"{name}: {LIBRARY_OF[name]} is not installed")


@EVERY
@over("key", KEYS.values())
def test_getitem(adapter, key):
    x, raw = lifted(adapter, "float64")
    check(adapter, adapter[0].getitem(raw, lift(adapter, key)), x[key])


@WITH_VALUES
@over("key", MASKS.values())
def test_getitem_of_masks(adapter, key):
    skip_lazy_mask(adapter, key)
    x, raw = lifted(adapter, "float64")
    out = adapter[0].getitem(raw, lift(adapter, key))
    np.testing.assert_array_equal(adapter[0].to_numpy(out), x[key])


@EVERY
@over("dtype", DTYPES)
@over("key", SOME_KEYS)
def test_getitem_of_dtypes(adapter, dtype, key):
    x, raw = lifted(adapter, dtype)
    check(adapter, adapter[0].getitem(raw, lift(adapter, KEYS[key])), x[KEYS[key]])


@WITH_VALUES
@over("key", [*KEYS.values(), *MASKS.values()])
@over("copy", [True, False])
def test_setitem(adapter, key, copy):
    backend = adapter[0]
    x, raw = lifted(adapter, "float64")
    expected = x.copy()
    value = -sample("float64", x[key].shape[-2:])
    if writes_more_than_once(key):  # then it is open which value stays
        value = value * 0.0
    expected[key] = value
    out = backend.setitem(raw, lift(adapter, key), lift(adapter, value), copy)
    check(adapter, out, expected)
    if copy:
        check(adapter, raw, x)


@WITH_VALUES
def test_setitem_drops_leading_ones(adapter):
    for key in (KEYS["two ints"], KEYS["repeated"], KEYS["reversed"]):
        x, raw = lifted(adapter, "float64")
        value = np.full((1, 1, 3), 7.0)
        expected = x.copy()
        expected[key] = value
        out = adapter[0].setitem(raw, lift(adapter, key), lift(adapter, value), True)
        check(adapter, out, expected)


@EVERY
@pytest.mark.parametrize("value", [2, 3.0, np.float64(4)], ids=["int", "float", "numpy"])
@pytest.mark.parametrize("key", ["int", "reversed", "repeated", "ellipsis"])
def test_setitem_of_numbers(adapter, key, value):
    x, raw = lifted(adapter, "float32")
    expected = x.copy()
    expected[KEYS[key]] = value
    check(adapter, adapter[0].setitem(raw, lift(adapter, KEYS[key]), value, True), expected)


@EVERY
@over("key", KEYS.values())
def test_index_add(adapter, key):
    backend, device = adapter
    x, raw = lifted(adapter, "float64")
    value = sample("float64", x[key].shape)
    expected = x.copy()
    np.add.at(expected, key, value)
    raw = backend.index_add(raw, lift(adapter, key), backend.from_numpy(value, device))
    check(adapter, raw, expected)


@WITH_VALUES
@over("key", MASKS.values())
def test_index_add_of_masks(adapter, key):
    backend, device = adapter
    x, raw = lifted(adapter, "float64")
    value = sample("float64", x[key].shape)
    expected = x.copy()
    np.add.at(expected, key, value)
    raw = backend.index_add(raw, lift(adapter, key), backend.from_numpy(value, device))
    check(adapter, raw, expected)


@EVERY
@over("dtype", DTYPES)
@over("key", SOME_KEYS)
def test_index_add_of_dtypes(adapter, dtype, key):
    backend, device = adapter
    x, raw = lifted(adapter, dtype)
    value = sample(dtype, x[KEYS[key]].shape)
    expected = x.copy()
    np.add.at(expected, KEYS[key], value)
    raw = backend.index_add(raw, lift(adapter, KEYS[key]), backend.from_numpy(value, device))
    check(adapter, raw, expected)


@EVERY
@pytest.mark.parametrize("key", [99, (0, 0, 0, 0), 1.5, np.array([0.5])])
def test_bad_keys_raise_index_errors(adapter, key):
    _, raw = lifted(adapter, "float64")
    if type(raw).__module__.startswith("cupy") and isinstance(key, float):
        pytest.skip("CuPy cuts it off; xgrad.getitem refuses it before")
    with pytest.raises(IndexError):
        adapter[0].getitem(raw, lift(adapter, key))


@LIBRARIES
def test_every_dtype_makes_the_round_trip(adapter):
    backend, device = adapter
    for dtype, raw_dtype in backend.dtypes.items():
        x = np.array([[1, 0], [0, 1]]).astype(dtype)[::-1]
        raw = backend.from_numpy(x, device)
        assert raw.dtype == raw_dtype
        assert backend.raw_dtype(dtype) == backend.raw_dtype(dtype.type) == raw_dtype
        check(adapter, raw, x)


@LIBRARIES
def test_from_numpy_takes_scalars_and_read_only_arrays(adapter):
    backend, device = adapter
    check(adapter, backend.from_numpy(np.asarray(np.float32(1.5)), device), np.float32(1.5)[...])
    x = sample("float64")
    x.flags.writeable = False
    check(adapter, backend.from_numpy(x, device), x)


BINARY = (
    "add subtract multiply divide pow atan2 hypot copysign logaddexp maximum minimum remainder "
    "floor_divide nextafter"
).split()
COMPARISONS = "equal not_equal less less_equal greater greater_equal".split()


@LIBRARIES
@pytest.mark.parametrize("name", BINARY + COMPARISONS)
def test_binary_functions_take_numbers(adapter, name):
    backend, device = adapter
    x = sample("float32")
    raw, function = backend.from_numpy(x, device), getattr(backend.xp, name)
    dtype = np.dtype("bool" if name in COMPARISONS else "float32")
    for out in (function(raw, 2.0), function(2.0, raw)):
        assert backend.numpy_dtype(out.dtype) == dtype
        assert tuple(out.shape) == SHAPE
        assert backend.device(out) == backend.device(raw)


@LIBRARIES
def test_where_takes_numbers(adapter):
    backend, device = adapter
    x = sample("float32")
    raw, where = backend.from_numpy(x, device), backend.xp.where
    check(adapter, where(raw > 9, raw, 0.0), np.where(x > 9, x, np.float32(0)))
    check(adapter, where(raw > 9, 0.0, raw), np.where(x > 9, np.float32(0), x))


@LIBRARIES
@pytest.mark.parametrize("dtype", ["float32", "complex64"])
def test_sign(adapter, dtype):
    backend, device = adapter
    x = np.array([-2, 0, 3], dtype)
    x = np.append(x, np.array([np.nan, 3 - 4j], dtype)) if dtype == "complex64" else x
    x = np.append(x, np.array([np.nan, -np.inf], dtype)) if dtype == "float32" else x[[0, 1, 2, 4]]
    out = backend.xp.sign(backend.from_numpy(x, device))
    if str(device) != "meta":
        np.testing.assert_allclose(backend.to_numpy(out), np.sign(x), rtol=1e-6)


@LIBRARIES
def test_creation_functions_heed_the_device(adapter):
    backend, _ = adapter
    for device in [*backend.devices(), adapter[1] or backend.devices()[0]]:
        dtype = backend.raw_dtype(np.float32)
        xp = backend.xp
        made = [
            xp.zeros((2,), dtype=dtype, device=device),
            xp.full((2,), 1.0, dtype=dtype, device=device),
            xp.arange(3, dtype=dtype, device=device),
            xp.eye(2, dtype=dtype, device=device),
            xp.linspace(0.0, 1.0, 3, dtype=dtype, device=device),
            xp.asarray(1.0, dtype=dtype, device=device),
        ]
        made += [xp.zeros_like(made[0]), xp.ones_like(made[0], dtype=dtype)]
        assert all(backend.device(x) == device for x in made)
        with backend.on_device(None):
            pass


@LIBRARIES
def test_random_numbers_follow_the_seed(adapter):
    backend, device = adapter

    def draw(seed):
        rng = backend.random(seed, device)
        return [
            rng.random((3, 2), np.float32),
            rng.standard_normal(4, backend.raw_dtype(np.float64)),
            rng.random(None, None),
            rng.integers(-2, 5, (50,)),
            rng.permutation(7),
        ]

    uniform, normal, scalar, integers, permutation = draw(3)
    assert backend.numpy_dtype(uniform.dtype) == np.float32
    assert backend.numpy_dtype(normal.dtype) == np.float64
    assert tuple(uniform.shape) == (3, 2)
    assert tuple(getattr(scalar, "shape", ())) == ()
    arrays = (uniform, normal, integers, permutation)
    assert all(backend.device(x) == (device or backend.devices()[0]) for x in arrays)
    if str(device) == "meta":
        return
    assert set(backend.to_numpy(integers).tolist()) == set(range(-2, 5))
    assert sorted(backend.to_numpy(permutation).tolist()) == list(range(7))
    again, other, fresh = draw(3), draw(4), draw(None)
    for x, same in zip(arrays, [again[0], again[1], again[3], again[4]], strict=True):
        np.testing.assert_array_equal(backend.to_numpy(x), backend.to_numpy(same))
    for different in (other, fresh):
        assert (backend.to_numpy(uniform) != backend.to_numpy(different[0])).any()


@LIBRARIES
def test_devices_have_names(adapter):
    backend, device = adapter
    for d in backend.devices():
        assert backend.parse_device(d) == d
    with pytest.raises(ValueError, match="bogus"):
        backend.parse_device("bogus")
    backend.synchronize(device)


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def test_torch_tensors_without_values_to_copy_say_so(torch):
    backend = backends.load("torch")
    with pytest.raises(TypeError, match=r"tracked by PyTorch's own autograd.*pass x\.detach\(\)"):
        backend.to_numpy(torch.ones(2, requires_grad=True))
    with pytest.raises(TypeError, match="on the meta device has a shape and a dtype but no values"):
        backend.to_numpy(torch.ones(2, device="meta"))
    np.testing.assert_array_equal(backend.to_numpy(torch.tensor([1j]).conj()), [-1j])


@pytest.mark.parametrize("shape", [(12,), (3, 4), (1,), (0,), ()])
def test_torch_unique_all(shape, torch):
    backend = backends.load("torch")
    x = np.array([3, 1, 2, 1, np.nan, 3, 0, 2, 2, np.nan, 5, 1])[: np.prod(shape, dtype=int)]
    x = x.reshape(shape)
    expected = np.unique_all(x)
    out = backend.xp.unique_all(backend.from_numpy(x, None))
    for name in ("values", "indices", "inverse_indices", "counts"):
        found, wanted = backend.to_numpy(getattr(out, name)), getattr(expected, name)
        np.testing.assert_array_equal(found, wanted)
        assert found.dtype == wanted.dtype


def test_torch_std_takes_a_fractional_correction(torch):
    backend = backends.load("torch")
    x = sample("float64")
    out = backend.xp.std(backend.from_numpy(x, None), axis=1, correction=0.5, keepdims=True)
    np.testing.assert_allclose(out.numpy(), np.std(x, axis=1, ddof=0.5, keepdims=True))


def test_torch_devices_that_are_not_there(torch, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(BackendUnavailableError, match="'cuda' cannot be used; usable here are cpu"):
        backends.load("torch").parse_device("cuda")
    with pytest.raises(BackendUnavailableError, match="'cuda:1' cannot be used"):
        backends.set_backend("torch:cuda:1")


def test_indexing_a_tensor_of_another_strict_device_raises():
    strict = pytest.importorskip("array_api_strict")
    backend = backends.load("array_api_strict")
    x, index = strict.ones(3, device=strict.Device("device1")), strict.asarray([0, 1])
    with pytest.raises(MixedDeviceError, match=r"got .*CPU_DEVICE.* with .*device1.*"):
        backend.getitem(x, index)


def test_dask_stays_lazy():
    dask = pytest.importorskip("dask")
    backend = backends.load("dask")
    x = backend.from_numpy(sample("float64"), None)
    with dask.config.set(scheduler=forbid):
        for key in KEYS.values():
            backend.index_add(x.copy(), key, backend.getitem(x, key))
            backend.setitem(x, key, 0.0, True)
        backend.xp.reshape(x, (5, 12))
        backend.xp.take_along_axis(x, x[:2].astype(int), axis=0)
    values = x.compute()
    index = np.asarray([[[0, 1, 3]] * 5] * 2)
    out = backend.xp.take_along_axis(x, backend.from_numpy(index, None), axis=0)
    np.testing.assert_array_equal(out.compute(), np.take_along_axis(values, index, axis=0))
    reshaped = backend.xp.reshape(x.rechunk((2, 2, 2)), (5, 12))
    np.testing.assert_array_equal(reshaped.compute(), values.reshape(5, 12))


def forbid(*args, **kwargs):
    raise AssertionError("a lazy array was computed")
