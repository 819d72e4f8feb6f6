# Tests of backends/xgrad_backends/cupy.py
"""The CuPy adapter without a GPU.

Its helpers run on NumPy standing in for CuPy. Where CuPy is installed, its text is also checked
against the package: every name, keyword and dtype loop that it uses exists, the module can be
imported, and its kernel compiles for every dtype.
"""

import ast
import contextlib
import importlib
import inspect
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import xgrad as xg
import xgrad_backends
from xgrad.testing import ROWS
from xgrad.testing.table.special import CUPY_LACKS, CUPY_REAL

from .elements import source_of

FOLDER = Path(xgrad_backends.__path__[0])
FILES = [
    FOLDER / f"cupy{part}.py" for part in ("", "_devices", "_indexing", "_linalg", "_segments")
]
SOURCE = ast.parse(
    "\n".join(file.read_text(encoding="utf-8") for file in FILES).replace(
        "from __future__ import annotations\n", ""
    )
)

# On NumPy standing in for CuPy --------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape1", "shape2"),
    [
        ((2, 3), (3, 4)),
        ((3,), (3,)),
        ((5, 2, 3), (3, 4)),
        ((2, 5, 2, 3), (3, 4)),
        ((2, 3), (5, 3, 4)),
        ((2, 3), (2, 5, 3, 4)),
        ((5, 2, 3), (5, 3, 4)),
        ((5, 1, 2, 3), (6, 3, 4)),
        ((0, 2, 3), (3, 4)),
        ((5, 2, 0), (0, 4)),
        ((5, 2, 3), (3,)),
    ],
)
def test_matmul_is_two_dimensional_where_an_operand_is(
    shape1, shape2, cupy_on_numpy, numpy_as_cupy, rng
):
    x1 = rng.standard_normal(shape1) + 1j * rng.standard_normal(shape1)
    x2 = rng.standard_normal(shape2)
    np.testing.assert_allclose(cupy_on_numpy.linalg.matmul(x1, x2), np.matmul(x1, x2), rtol=1e-12)
    if 2 in (len(shape1), len(shape2)):
        assert numpy_as_cupy.matmul_ndims == [(2, 2)]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("axis", [-1, -2])
def test_vecdot(axis, cupy_on_numpy, rng):
    x1, x2 = rng.standard_normal((2, 5, 3, 4)) + 1j, rng.standard_normal((3, 4))
    expected = (np.conj(x1) * x2).sum(axis)
    np.testing.assert_allclose(cupy_on_numpy.linalg.vecdot(x1, x2, axis=axis), expected)
    small = np.full(100, 100, np.int16)
    assert cupy_on_numpy.linalg.vecdot(small, small).dtype == np.int16
    with pytest.raises(ValueError, match="got sizes 4 and 1 along axis -1; expected equal ones"):
        cupy_on_numpy.linalg.vecdot(x1, x2[:, :1])


@pytest.mark.parametrize(
    ("shape1", "shape2"),
    [
        ((3, 3), (3,)),
        ((3, 3), (3, 2)),
        ((5, 3, 3), (3,)),
        ((5, 3, 3), (5, 3, 2)),
        ((3, 3), (5, 3, 2)),
        ((4, 1, 3, 3), (5, 3, 2)),
        ((3, 3, 3), (3, 3)),
    ],
)
def test_solve_broadcasts(shape1, shape2, cupy_on_numpy, rng):
    x1, x2 = rng.standard_normal(shape1) + 4 * np.eye(3), rng.standard_normal(shape2)
    expected = np.linalg.inv(x1) @ x2
    np.testing.assert_allclose(cupy_on_numpy.linalg.solve(x1, x2), expected, rtol=1e-10)


def test_clip(cupy_on_numpy):
    x = np.array([-2.0, np.nan, 0.5, 3.0], np.float32)
    for bounds in [(None, None), (0.0, None), (None, 1.0), (0.0, 1.0), (np.zeros(4), np.ones(4))]:
        out = cupy_on_numpy._clip(x, *bounds)
        assert out.dtype == np.float32
        assert out is not x
        np.testing.assert_array_equal(out, x if bounds[0] is bounds[1] else np.clip(x, *bounds))


def test_strong_multiply(cupy_on_numpy):
    a = np.array([0.0, 2.0, np.inf, 3.0, np.nan])
    b = np.array([np.inf, 3.0, 0.0, np.nan, 1.0])
    expected = [0.0, 6.0, 0.0, np.nan, np.nan]
    with np.errstate(invalid="ignore"):
        for left, right in [(a, b), (b, a), (a, b.astype(np.float32))]:
            np.testing.assert_array_equal(cupy_on_numpy._strong_multiply(left, right), expected)
        for number, product in [(0.0, [0.0] * 5), (2.0, 2 * a)]:
            np.testing.assert_array_equal(cupy_on_numpy._strong_multiply(a, number), product)
            np.testing.assert_array_equal(cupy_on_numpy._strong_multiply(number, a), product)


@pytest.mark.parametrize("dtype", ["complex64", "int8", "int16", "uint8", "bool", "float16"])
def test_scatter_of_dtypes_that_cupy_refuses(dtype, cupy_on_numpy):
    x = np.zeros((4, 3), dtype)
    key = (np.array([1, 3, 1]), slice(None))
    value = (np.arange(9).reshape(3, 3) * (1 + 2j if dtype == "complex64" else 1)).astype(dtype)
    expected = x.copy()
    np.add.at(expected, key, value)
    assert cupy_on_numpy.indexing.index_add(x, key, value) is x
    np.testing.assert_array_equal(x, expected)


def test_other_gpus_are_entered_and_the_current_one_is_not(
    cupy_on_numpy, numpy_as_cupy, monkeypatch
):
    xp = cupy_on_numpy.BACKEND.xp
    monkeypatch.setattr(cupy_on_numpy.devices, "STANDARD", np)
    for device, entered in [(None, []), (SimpleNamespace(id=0), []), (SimpleNamespace(id=1), [1])]:
        numpy_as_cupy.entered.clear()
        assert xp.zeros((2,), dtype=np.float32, device=device).dtype == np.float32
        assert xp.asarray([1.0], device=device).shape == (1,)
        assert cupy_on_numpy.devices.from_numpy(np.ones(2), device).shape == (2,)
        assert numpy_as_cupy.entered == entered * 3


def test_devices_by_name(cupy_on_numpy, numpy_as_cupy, monkeypatch):
    monkeypatch.setattr(numpy_as_cupy.cuda, "Device", type("Device", (), {"__init__": set_id}))
    for name, number in [("cuda", 0), ("cuda:1", 1), ("1", 1), (1, 1), ("gpu:0", 0)]:
        assert cupy_on_numpy.devices.parse_device(name).id == number
    device = numpy_as_cupy.cuda.Device(1)
    assert cupy_on_numpy.devices.parse_device(device) is device
    assert [d.id for d in cupy_on_numpy.devices.devices()] == [0, 1]
    with pytest.raises(RuntimeError, match="device 'cuda:2' cannot be used; usable are cuda:0 to"):
        cupy_on_numpy.devices.parse_device("cuda:2")
    with pytest.raises(ValueError, match="got device 'cpu'; expected one such as 'cuda:0'"):
        cupy_on_numpy.devices.parse_device("cpu")


def set_id(self, number):
    self.id = number


def test_random_numbers(cupy_on_numpy, rng):
    def draw():
        drawn = cupy_on_numpy.BACKEND.random(3, None)
        return drawn.random(3), drawn.standard_normal((2,), np.float16), drawn.permutation(5)

    for x, again in zip(draw(), draw(), strict=True):
        np.testing.assert_array_equal(x, again)
    assert draw()[1].dtype == np.float16
    assert sorted(draw()[2]) == list(range(5))


# Against the installed package ----------------------------------------------------------------


@pytest.fixture(scope="module")
def cupy():
    return pytest.importorskip("cupy", reason="CuPy is not installed")


@pytest.fixture
def adapter(cupy, load_cupy_adapter):
    """The adapter's module, imported past the check for a GPU."""
    return load_cupy_adapter(cupy)


def dotted(node):
    """Return the dotted name of an attribute in the adapter's text, or None."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := dotted(node.value)):
        return f"{base}.{node.attr}"
    return None


USED = sorted({n for node in ast.walk(SOURCE) if (n := dotted(node)) and n.startswith("cp.")})
CALLS = sorted(
    {
        (name, tuple(k.arg for k in node.keywords), len(node.args))
        for node in ast.walk(SOURCE)
        if isinstance(node, ast.Call) and (name := dotted(node.func)) and name.startswith("cp.")
    }
)


def resolve(cupy, name):
    value = cupy
    for part in name.split(".")[1:]:
        value = getattr(value, part)
    return value


def test_the_adapter_was_read():
    assert {"cp.add.at", "cp.clip"} & set(USED) == {"cp.add.at"}
    assert ("cp.asarray", ("dtype",), 1) in CALLS


@pytest.mark.parametrize("name", USED)
def test_names_exist(name, cupy):
    resolve(cupy, name)


@pytest.mark.parametrize(("name", "keywords", "positional"), CALLS)
def test_calls_fit_the_signature(name, keywords, positional, cupy):
    function = resolve(cupy, name)
    if isinstance(function, cupy.ufunc):
        assert not keywords
        assert function.nin == positional
        return
    try:
        signature = inspect.signature(function)
    except ValueError:
        pytest.skip(f"{name} is compiled and tells no signature")
    signature.bind(*[None] * positional, **dict.fromkeys(keywords))


def test_array_attributes_exist(cupy):
    names = "astype base copy data device dtype imag ndim real reshape shape size sum swapaxes T"
    for name in names.split():
        assert hasattr(cupy.ndarray, name)
    assert hasattr(cupy.cuda.MemoryPointer, "mem")
    assert hasattr(cupy.cuda.Device, "synchronize")


def test_random_methods_take_the_keywords(cupy):
    for name in ("random", "standard_normal"):
        text = getattr(cupy.random.Generator, name).__doc__ or ""
        assert f"{name}(self, size=None, dtype=" in text


REAL = set("efd")
COMPLEX = set("FD")


@pytest.mark.parametrize(
    ("name", "characters"),
    [
        ("add", REAL | COMPLEX | set("?bBhHiIlL")),
        ("multiply", REAL | COMPLEX | set("?bBhHiIlL")),
        ("equal", REAL | COMPLEX | set("?qQ")),  # smaller integers are cast
        ("maximum", REAL | set("bBhHiIlL")),
        ("minimum", REAL | set("bBhHiIlL")),
        ("positive", REAL | set("bBhHiIlL")),
        ("sign", REAL | COMPLEX | set("bBhHiIlL")),
        ("conj", REAL | COMPLEX),
    ],
)
def test_dtype_loops_exist(name, characters, cupy):
    loops = {types.partition("->")[0] for types in getattr(cupy, name).types}
    have = {loop[0] for loop in loops if len(set(loop)) == 1}
    assert characters <= have


def test_complex_arithmetic_has_loops(cupy):
    names = "abs acos acosh asin asinh atan atanh cos cosh exp expm1 log log10 log1p log2"
    xp = importlib.import_module("array_api_compat.cupy")
    missing = {}
    for name in (names + " negative reciprocal sin sinh sqrt square tan tanh").split():
        have = {types[0] for types in getattr(xp, name).types}
        if lacking := (REAL | COMPLEX) - have:
            missing[name] = "".join(sorted(lacking))
    assert missing == {}


def test_the_module_can_be_imported(adapter, cupy):
    assert adapter.BACKEND.name == "cupy"
    assert adapter.BACKEND.array_types == (cupy.ndarray,)
    assert adapter.BACKEND.xp.sign is cupy.sign
    assert adapter.BACKEND.numpy_dtype(np.dtype(np.float32)) == np.float32


@pytest.mark.parametrize("part", ["", "linalg", "fft"])
def test_every_function_of_the_standard_takes_its_arguments(part, adapter, cupy):
    standard = pytest.importorskip("array_api_strict")
    standard = getattr(standard, part) if part else standard
    xp = getattr(adapter.BACKEND.xp, part) if part else adapter.BACKEND.xp
    ours = {
        name: f for name in standard.__all__ if inspect.isfunction(f := getattr(standard, name))
    }
    assert len(ours) > 10
    for name, function in ours.items():
        if name.startswith("__") or name.endswith("array_api_strict_flags"):
            continue
        theirs = getattr(xp, name)
        if isinstance(theirs, cupy.ufunc) or name == "from_dlpack":  # no signature to bind
            continue
        parameters = inspect.signature(function).parameters.values()
        positional = [p for p in parameters if p.kind is not p.KEYWORD_ONLY]
        keywords = {p.name: None for p in parameters if p.kind is p.KEYWORD_ONLY}
        inspect.signature(theirs).bind(*positional, **keywords)


def test_the_kernels_compile_for_every_dtype(adapter, cupy):
    # CuPy's own generator and NVRTC need no GPU; the names are private, hence the guard
    if not cupy.__version__.startswith("14."):
        pytest.skip("written for the private names of CuPy 14")
    from cupy._core import core

    with contextlib.suppress(Exception):
        cupy.cuda.nvrtc.getVersion()
    segments = adapter.indexing.segments
    halves = ["float16"]
    with contextlib.suppress(ImportError):
        halves.append(importlib.import_module("ml_dtypes").bfloat16)
    every = [*halves, *"?bBhHiIlLfdFD"]
    todo = [(adapter._strong_kernel, "efdFD"), (adapter._choose_kernel, "fd")]
    todo += [(segments.last_kernel, every)]
    todo += [(kernel, halves) for kernel in segments.kernels(True)]
    todo += [(kernel, "?bBhHiIlLfdFD") for kernel in segments.kernels(False)]
    for kernel, dtypes in todo:
        for dtype in dtypes:
            assert compiled(cupy, core, source_of(kernel, dtype)) > 0


@pytest.mark.parametrize("form", ["csr", "csc"])
@pytest.mark.parametrize("kind", ["array", "matrix"])
def test_sparse_matrices_leave_products_to_arrays_of_ours(form, kind, cupy):
    sparse = importlib.import_module("cupyx.scipy.sparse")
    cls = getattr(sparse, f"{form}_{kind}")
    A = cls.__new__(cls)  # to make one takes a GPU
    A._shape = (3, 3)
    x = xg.asarray(np.ones(3))
    assert A.__matmul__(x) is NotImplemented
    assert "copy" in inspect.signature(cls.conj).parameters
    assert isinstance(inspect.getattr_static(cls, "T"), property)
    assert {"tocsr", "tocoo"} <= set(dir(cls))
    with pytest.raises(ValueError, match=r"A @ x: x has the shape \(2,\); expected"):
        A @ xg.asarray(np.ones(2))


def compiled(cupy, core, source):
    """Return the size of the machine code that NVRTC makes of a kernel."""
    headers = "#include <cupy/complex.cuh>\n#include <cupy/carray.cuh>\n"
    nvrtc = cupy.cuda.nvrtc
    program = nvrtc.createProgram(headers + source, "kernel.cu", (), ())
    options = (*core.assemble_cupy_compiler_options(()), "-arch=sm_80")
    try:
        nvrtc.compileProgram(program, (*options, "--device-as-default-execution-space"))
    except nvrtc.NVRTCError:
        pytest.fail(nvrtc.getProgramLog(program))
    return len(nvrtc.getCUBIN(program))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64", "int8", "int64"])
@pytest.mark.parametrize(
    "key",
    [
        np.asarray([3, 0, 3, 3, 1, 3, 0]),
        (np.asarray([[0, 1], [1, 0]]), np.asarray([0, 2])),
        (slice(None), np.asarray([2, 2, 0])),
        np.asarray([True, False, True, False, True]),
        np.asarray([], dtype=np.int64),
    ],
)
def test_sums_in_one_order(key, dtype, cupy_on_numpy, rng):
    x = np.zeros((5, 4), dtype)
    value = (rng.standard_normal(x[key].shape) * 4).astype(dtype)
    expected = np.zeros_like(x)
    np.add.at(expected, key, value)
    with xg.deterministic():
        found = cupy_on_numpy.indexing.index_add(x, key, value)
    np.testing.assert_allclose(found, expected, rtol=1e-2 if dtype == "float16" else 1e-5)
    assert found.dtype == dtype


def test_the_table_knows_which_special_functions_are_lacking(adapter):
    special = adapter.BACKEND.xp.special
    names = {row.name.partition(".")[2] for row in ROWS if row.name.startswith("special.")}
    lacking = {name for name in names if not _has(special, name)}
    assert lacking == CUPY_LACKS | {"gdtrix"}, "gdtrix alone is made of another, gammaincinv"
    for name in CUPY_REAL:
        assert not any("F" in loop for loop in getattr(special, name).types)


def _has(special, name):
    try:
        return callable(getattr(special, name))
    except xg.errors.MissingFunctionError:
        return False


def test_only_writes_that_may_repeat_look_for_the_last(cupy_on_numpy, monkeypatch):
    looked, look = [], cupy_on_numpy.indexing._write_last
    monkeypatch.setattr(
        cupy_on_numpy.indexing, "_write_last", lambda *args: looked.append(args) or look(*args)
    )
    x, two, mask = np.zeros(4), np.array([5.0, 7.0]), np.array([True, False, False, True])
    for key, value in [(mask, two), (slice(0, 2), two), (np.array([1, 1]), 3.0), (2, 1.0)]:
        cupy_on_numpy.indexing.setitem(x, key, value)
    assert not looked
    for key in (np.array([1, 1]), [1, 1]):
        assert cupy_on_numpy.indexing.setitem(x, key, two)[1] == 7.0
    assert len(looked) == 2


@pytest.mark.parametrize(
    "key",
    [
        np.asarray([3, 0, -1, 3]),
        [1, 1, 0],
        (slice(1, None), [2, 0, 2]),
        ([1, 0], slice(None, None, -1), [2, 2]),
        (..., np.asarray([[0, 1], [1, -2]], np.int32)),
        (np.asarray([1, 1], np.uint64), ..., 2),
        (np.asarray([[0], [2]]), np.asarray([1, 1])),
        (0, np.asarray([1, 1]), slice(0, 2)),
        (np.asarray([True, False, True, True]), slice(None), 1),
        (np.asarray([2, 2]), None, slice(1)),
        np.zeros(0, np.int64),
    ],
    ids=str,
)
def test_an_index_names_its_entries_without_looking_at_all(key, cupy_on_numpy, numpy_as_cupy):
    x = np.arange(4 * 3 * 3).reshape(4, 3, 3)
    np.testing.assert_array_equal(cupy_on_numpy.indexing._entries(x.shape, key), x[key])
    made = []
    numpy_as_cupy.arange = lambda *args: made.append(args) or np.arange(*args)
    values = np.arange(10.0)
    found = cupy_on_numpy.indexing.setitem(np.zeros(10**6), np.asarray([5, 7] * 5), values)
    assert not made, "nothing of the length of the array"
    assert (found[5], found[7]) == (8.0, 9.0)


def test_values_on_a_device_are_not_copied_to_the_host_unasked(monkeypatch):
    pytest.importorskip("array_api_strict")
    strict = xg.backends.load("array_api_strict")
    x = xg.asarray([1.0, 2.0]).to_backend("array_api_strict")
    np.testing.assert_array_equal(np.asarray(x), [1.0, 2.0])
    shut = replace(strict, exports=False)
    monkeypatch.setitem(xg.backends.BY_TYPE, type(x.data), shut)
    with pytest.raises(TypeError, match=r"not copied to the host unasked.*to_backend\('numpy'\)"):
        np.asarray(x)


def test_where_takes_numbers_as_they_are(cupy_on_numpy, numpy_as_cupy):
    c, x = np.array([True, False]), np.array([1.0, 2.0], np.float32)
    slow, numpy_as_cupy.where = [], lambda *args: slow.append(args) or np.where(*args)
    for a, b in [(x, 0.0), (0, x), (x, 2 * x)]:
        found = cupy_on_numpy._where(c, a, b)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, np.where(c, a, b))
    assert not slow
    for a, b in [(x, x.astype(np.float64)), (x, 1j), (1.0, 2.0), (np.array([1, 2]), 0.5)]:
        assert cupy_on_numpy._where(c, a, b).dtype == np.where(c, a, b).dtype
    assert len(slow) == 4
