# Tests of xgrad/ops/creation.py, xgrad/ops/converting.py, xgrad/ops/inspection.py
"""Creation and inspection: new arrays go to the current backend, with NumPy's values and dtypes."""

import sys

import numpy as np
import pytest

import xgrad as xg

CALLS = {
    "zeros": lambda xp: xp.zeros((2, 3)),
    "zeros of an integer": lambda xp: xp.zeros(3, dtype=np.int32),
    "ones": lambda xp: xp.ones((2, 0)),
    "ones in single": lambda xp: xp.ones((), dtype=np.float32),
    "full": lambda xp: xp.full((2,), 1.5),
    "full of integers": lambda xp: xp.full((2,), 3),
    "full of complex numbers": lambda xp: xp.full(2, 1j),
    "full of truth": lambda xp: xp.full(2, True),
    "arange": lambda xp: xp.arange(5),
    "arange of floats": lambda xp: xp.arange(0.5, 2.0, 0.25),
    "arange backwards": lambda xp: xp.arange(5, 0, -2, dtype=np.float32),
    "linspace": lambda xp: xp.linspace(0.0, 1.0, 5),
    "linspace without end": lambda xp: xp.linspace(0, 1, 4, endpoint=False, dtype=np.float32),
    "eye": lambda xp: xp.eye(3),
    "eye, wide and shifted": lambda xp: xp.eye(2, 4, k=1, dtype=np.complex64),
    "asarray of a number": lambda xp: xp.asarray(1.5),
    "asarray of integers": lambda xp: xp.asarray([[1, 2], [3, 4]]),
    "asarray of truth": lambda xp: xp.asarray([True, False]),
    "asarray of complex numbers": lambda xp: xp.asarray([1j, 2.0]),
    "asarray in single": lambda xp: xp.asarray([1.0, 2.0], dtype=np.float32),
}


@pytest.mark.parametrize("name", CALLS)
def test_values_dtypes_and_devices(place, name):
    expected = CALLS[name](np)
    with xg.use_backend(place.backend.name, place.device):
        found = CALLS[name](xg)
    assert isinstance(found, xg.Array)
    assert (found.backend, str(found.device)) == (place.backend.name, str(place.device))
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    if place.has_values:
        np.testing.assert_array_equal(place.numpy(found), expected)


@pytest.mark.parametrize("name", ["zeros_like", "ones_like", "empty_like", "full_like"])
def test_like_follows_its_argument(place, name):
    x = np.ones((2, 3), np.float32)
    args = (2.5,) if name == "full_like" else ()
    for given in (place.raw(x), xg.asarray(place.raw(x))):
        for dtype in (None, np.complex128):
            found = getattr(xg, name)(given, *args, dtype=dtype)
            assert isinstance(found, xg.Array) == isinstance(given, xg.Array)
            found = xg.asarray(found)
            assert (found.backend, str(found.device)) == (place.backend.name, str(place.device))
            assert (found.shape, found.dtype) == ((2, 3), dtype or np.float32)
            if place.has_values and name != "empty_like":
                expected = getattr(np, name)(x, *args, dtype=dtype)
                np.testing.assert_array_equal(place.numpy(found), expected)
    assert not xg.zeros_like(xg.asarray(1.0, requires_grad=True)).is_tracked


def test_inside_a_transform_new_arrays_follow_the_inputs(place):
    x = place.raw(np.ones(3))
    seen = []

    def f(x):
        for new in (xg.zeros((3,)), xg.asarray([1.0, 2.0, 3.0]), xg.eye(3), xg.arange(3.0)):
            seen.append((new.backend, str(new.device)))
            x = x + xg.sum(new)
        return xg.sum(x)

    xg.grad(f)(x)
    assert set(seen) == {(place.backend.name, str(place.device))}
    assert xg.zeros(1).backend == "numpy"


def test_asarray_copies_when_asked(computing):
    raw = computing.raw(np.ones(3))
    assert xg.asarray(raw).data is raw
    assert xg.asarray(raw, copy=False).data is raw
    copied = xg.asarray(raw, copy=True)
    assert copied.data is not raw
    with pytest.raises(ValueError, match="copy=False, but"):
        xg.asarray(raw, dtype=np.float32, copy=False)
    with pytest.raises(ValueError, match="numbers and sequences must be copied"):
        xg.asarray([1.0], copy=False)


def test_asarray_of_sequences_of_tracked_arrays_keeps_their_derivatives():
    g = xg.grad(lambda x: xg.sum(xg.asarray([[x, 2 * x], [3 * x, 1.0]])))(1.0)
    assert g == 6


def test_backends_are_switched():
    assert xg.get_backend() == "numpy"
    pytest.importorskip("array_api_strict")
    with xg.use_backend("array_api_strict:device1"):
        assert xg.get_backend() == "array_api_strict"
        assert str(xg.zeros(2).device) == "array_api_strict.Device('device1')"
        with xg.use_backend("numpy"):
            assert xg.zeros(2).backend == "numpy"
        assert xg.zeros(2).backend == "array_api_strict"
    assert xg.get_backend() == "numpy"
    assert {"numpy", "array_api_strict"} <= set(xg.available_backends())
    with pytest.raises(TypeError, match="expected a string"):
        xg.set_backend(3)


def test_inspection():
    assert xg.float64 is np.float64
    assert xg.isdtype(np.float32, "real floating")
    assert xg.isdtype(np.dtype("int8"), ("bool", "signed integer"))
    assert not xg.isdtype(np.complex64, "real floating")
    assert xg.isdtype(np.float32, np.float32)
    with pytest.raises(ValueError, match="kind is 'floaty'"):
        xg.isdtype(np.float32, "floaty")
    assert xg.result_type(xg.asarray([1.0], dtype=np.float32), 2.0) == np.float32
    assert xg.result_type(np.float32, np.complex64, np.float64) == np.complex128
    for arguments in ((), (1.0, 2)):
        with pytest.raises(ValueError, match="result_type: got"):
            xg.result_type(*arguments)
    assert xg.can_cast(np.float32, np.float64)
    assert not xg.can_cast(np.float64, np.int64)
    info = xg.finfo(xg.asarray([1.0], dtype=np.float32))
    assert (info.bits, info.eps, type(info.max)) == (32, float(np.finfo(np.float32).eps), float)
    assert (xg.iinfo(np.int8).max, xg.iinfo(np.uint8).bits) == (127, 8)
    assert xg.broadcast_shapes((2, 1), (3,), ()) == (2, 3)
    with pytest.raises(ValueError, match=r"\(2,\), \(3,\) can not be broadcast"):
        xg.broadcast_shapes((2,), (3,))


def test_from_dlpack(computing):
    raw = computing.raw(np.arange(3.0))
    if computing.readonly or computing.name == "array_api_strict:device1":
        pytest.skip("the library does not export such an array")
    with xg.use_backend(computing.backend.name):
        assert xg.from_dlpack(raw).tolist() == [0.0, 1.0, 2.0]
        assert xg.from_dlpack(xg.asarray(raw)).backend == computing.backend.name


def test_arrays_are_made_where_the_device_says():
    strict = pytest.importorskip("array_api_strict")
    with xg.use_backend("array_api_strict"):
        for make in (
            lambda d: xg.zeros(2, device=d),
            lambda d: xg.arange(2, device=d),
            lambda d: xg.asarray([1.0], device=d),
            lambda d: xg.asarray(xg.ones(2), device=d),
            lambda d: xg.ones_like(xg.ones(2), device=d),
        ):
            assert make("device1").device == make(strict.Device("device1")).device
            assert str(make("device1").device) == "array_api_strict.Device('device1')"
        with pytest.raises(ValueError, match="got device 'nowhere'"):
            xg.zeros(2, device="nowhere")


def test_a_list_costs_no_call_for_each_number():
    """SciPy's test of entropies makes arrays of lists of a million: twenty times NumPy's time."""

    def calls(n):
        counted = 0

        def count(frame, event, arg):
            nonlocal counted
            counted += event == "call"

        rows, numbers = [[1.0] * n, (2,) * n], [1.0, True, np.float32(2)] * n
        sys.setprofile(count)
        try:
            assert xg.asarray(rows).shape == (2, n)
            assert xg.asarray(numbers).shape == (3 * n,)
        finally:
            sys.setprofile(None)
        return counted

    calls(1)
    assert calls(1000) == calls(10)
    assert xg.grad(lambda x: xg.sum(xg.asarray([[1, x], (x, 2.0)])))(3.0) == 2
