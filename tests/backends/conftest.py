"""Adapters to test, and an adapter of CuPy that runs on NumPy."""

import contextlib
import importlib
import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import xgrad_backends
from xgrad import backends
from xgrad_backends import detect

from .elements import ElementwiseKernel


@pytest.fixture
def load_cupy_adapter(monkeypatch):
    """Run the text of the CuPy adapter with another module in CuPy's place."""

    def load(module):
        monkeypatch.setattr(detect, "require", lambda name: module)
        forget()
        path = Path(xgrad_backends.__path__[0]) / "cupy.py"
        spec = importlib.util.spec_from_file_location("xgrad_backends.cupy_stand_in", path)
        adapter = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(adapter)
        return adapter

    known = set(backends.REAL)
    yield load
    forget()
    backends.REAL.intersection_update(known)  # its bfloat16 is NumPy's, without derivatives


def forget():
    """Let the parts of the adapter be read anew, with another module in CuPy's place."""
    for part in ("cupy_devices", "cupy_indexing", "cupy_linalg", "cupy_segments", "cupy_special"):
        sys.modules.pop(f"xgrad_backends.{part}", None)
        vars(xgrad_backends).pop(part, None)


class NumPyAsCuPy:
    """NumPy with the parts of CuPy that the adapter needs, as narrow as CuPy's own."""

    ADDABLE = "iIlLqQefd"

    def __init__(self):
        self.entered = []
        self.matmul_ndims = []
        self.ElementwiseKernel = self._elementwise_kernel
        self.add = SimpleNamespace(at=self._add_at)
        self.cuda = SimpleNamespace(
            Device=self._device,
            memory=SimpleNamespace(PooledMemory=type("PooledMemory", (), {})),
            runtime=SimpleNamespace(getDevice=lambda: 0, getDeviceCount=lambda: 2),
        )
        self.linalg = SimpleNamespace(solve=self._solve)
        self.random = SimpleNamespace(Generator=np.random.Generator, XORWOW=np.random.PCG64)

    def __getattr__(self, name):
        return getattr(np, name)

    def _add_at(self, x, key, value):
        if x.dtype.char not in self.ADDABLE:
            raise TypeError(f"cupy.add.at only supports ..., not {x.dtype}")
        np.add.at(x, key, value)

    @contextlib.contextmanager
    def _device(self, number):
        self.entered.append(number)
        yield

    def _solve(self, a, b):
        if a.shape[:-1] != b.shape[:-1]:
            raise ValueError("a must have (..., M, M) shape and b must have (..., M, K)")
        return np.linalg.solve(a, b)

    def matmul(self, a, b):
        self.matmul_ndims.append((a.ndim, b.ndim))
        return np.matmul(a, b)

    def asnumpy(self, x):
        return np.asarray(x)

    def _elementwise_kernel(self, inputs, outputs, operation, name):
        if "raw" in inputs:
            return ElementwiseKernel(inputs, outputs, operation, name)
        assert outputs == "T out"
        if inputs == "bool c, T a, T b":  # CuPy takes one type alone for all that are T
            return lambda c, a, b: np.where(c, a, b) if a.dtype == b.dtype else 1 / 0
        assert inputs == "T a, T b"

        def kernel(a, b):
            with np.errstate(all="ignore"):  # a GPU does not warn
                return np.where((a == 0) | (b == 0), np.zeros((), a.dtype), a * b)

        return kernel


@pytest.fixture
def numpy_as_cupy():
    return NumPyAsCuPy()


@pytest.fixture
def cupy_on_numpy(load_cupy_adapter, numpy_as_cupy):
    """The CuPy adapter's own functions, run on NumPy arrays."""
    found = load_cupy_adapter(numpy_as_cupy)
    found._QUEUES.several = False  # arrays of NumPy do not say on which GPU they are; see `gpus`
    return found


@pytest.fixture
def adapter(request):
    """A usable backend and one of its devices, from a name such as ``"torch:meta"``."""
    name, _, device = request.param.partition(":")
    if name == "cupy_on_numpy":
        yield request.getfixturevalue("cupy_on_numpy").BACKEND, None
        return
    status = detect.status(name)
    if status.state != "ok":
        pytest.skip(f"{name}: {status.message}")
    backend = backends.load(name)
    with double_precision(name):
        yield backend, backend.parse_device(device) if device else None


@contextlib.contextmanager
def double_precision(name):
    """Switch double precision on inside the block where a library has a switch for it."""
    if name != "jax":
        yield
        return
    config = importlib.import_module("jax").config
    before = config.jax_enable_x64
    config.update("jax_enable_x64", True)
    yield
    config.update("jax_enable_x64", before)
