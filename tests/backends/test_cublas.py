# Tests of backends/xgrad_backends/cublas.py
"""Products by a handle of our own: the calls that cuBLAS gets, carried out by NumPy.

The stand-in is called through C's types, with the signature of cuBLAS, and reads and writes memory
at the addresses that it is given, columns first.
"""

import ctypes
from types import SimpleNamespace

import numpy as np
import pytest

from xgrad_backends import cublas

NUMBERS = {0: np.float32, 1: np.float64, 2: np.float16, 4: np.complex64, 5: np.complex128}
CALL = ctypes.CFUNCTYPE(ctypes.c_int, *cublas._GEMM)


class Matrix:
    """An array that says where it is as CuPy's do."""

    def __init__(self, x):
        self.x, self.shape, self.strides, self.dtype = x, x.shape, x.strides, x.dtype
        self.data = SimpleNamespace(ptr=x.ctypes.data)


def columns_first(address, dtype, rows, columns, lead):
    """Return the matrix at an address; each column begins `lead` elements behind the last."""
    size = np.dtype(dtype).itemsize
    assert lead >= max(rows, 1)
    count = ((columns - 1) * lead + rows) * size
    buffer = (ctypes.c_char * count).from_address(address)
    return np.ndarray((rows, columns), dtype, buffer, 0, (size, lead * size))


class Library:
    """What stands for cuBLAS."""

    def __init__(self):
        self.calls, self.created = [], 0
        self.cublasGemmStridedBatchedEx = CALL(self._gemm)
        self.cublasCreate_v2 = self._function(1, "create")
        self.cublasSetStream_v2 = self._function(2, "stream")
        self.cublasSetWorkspace_v2 = self._function(3, "workspace")

    def _function(self, count, name):
        def call(*args):
            self.calls.append((name, *args[1:]))
            self.created += name == "create"
            return 0

        kinds = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t][:count]
        return ctypes.CFUNCTYPE(ctypes.c_int, *kinds)(call)

    def _gemm(self, handle, ta, tb, m, n, k, alpha, A, At, lda, sa, B, Bt, ldb, sb, beta, C, Ct,
              ldc, sc, count, computed, algorithm):  # fmt: skip
        self.calls.append(("gemm", ta, tb, m, n, k, count, computed))
        assert At == Bt == Ct
        assert computed == (70 if Ct in (1, 5) else 68)
        dtype = NUMBERS[Ct]
        scalar = {68: np.float32, 70: np.float64}[computed]
        for address, value in ((alpha, 1), (beta, 0)):
            width = 2 if Ct in (4, 5) else 1
            parts = np.ctypeslib.as_array(
                ctypes.cast(address, ctypes.POINTER(np.ctypeslib.as_ctypes_type(scalar))), (width,)
            )
            assert parts.tolist() == [value, 0][:width]
        size = np.dtype(dtype).itemsize
        for i in range(count):
            a = columns_first(A + i * sa * size, dtype, *((k, m) if ta else (m, k)), lda)
            b = columns_first(B + i * sb * size, dtype, *((n, k) if tb else (k, n)), ldb)
            c = columns_first(C + i * sc * size, dtype, m, n, ldc)
            c[...] = (a.T if ta else a) @ (b.T if tb else b)
        return 0


@pytest.fixture
def products():
    runtime = SimpleNamespace(getDevice=lambda: 0)
    cuda = SimpleNamespace(
        runtime=runtime,
        get_current_stream=lambda: SimpleNamespace(ptr=7),
        alloc=lambda n: SimpleNamespace(ptr=4096, size=n),
    )
    return cublas.Products(SimpleNamespace(cuda=cuda), Library())


DRAW = np.random.default_rng(0)


def drawn(*shape, dtype="float64"):
    x = DRAW.normal(size=shape)
    return (x + 1j * DRAW.normal(size=shape) if "c" in dtype else x).astype(dtype)


PAIRS = {
    "matrices": (drawn(3, 4), drawn(4, 5)),
    "one transposed": (drawn(4, 3).T, drawn(4, 5)),
    "the other": (drawn(3, 4), drawn(5, 4).T),
    "both": (drawn(4, 3).T, drawn(5, 4).T),
    "parts of larger ones": (drawn(9, 8)[2:5, 1:5], drawn(8, 9)[4:, 3:8]),
    "columns": (drawn(3, 4), drawn(4, 1)),
    "a part of a row": (drawn(3, 4)[:1, 1:3], drawn(2, 5)),
    "a column of a matrix": (drawn(3, 4)[:, 2:3], drawn(1, 5)),
    "outer": (drawn(3, 1), drawn(1, 5)),
    "inner": (drawn(1, 4), drawn(4, 1)),
    "stacks": (drawn(2, 3, 4), drawn(2, 4, 5)),
    "a transposed stack": (drawn(2, 4, 3).swapaxes(1, 2), drawn(2, 5, 4).swapaxes(1, 2)),
    "a stack and a matrix": (drawn(2, 3, 4), drawn(4, 5)),
    "a matrix and stacks": (drawn(3, 4), drawn(2, 6, 4, 5)),
    "every other": (drawn(4, 3, 4)[::2], drawn(2, 4, 5)),
    "two axes": (drawn(2, 6, 3, 4), drawn(2, 6, 4, 5)),
    "one of one": (drawn(1, 6, 3, 4), drawn(6, 4, 5)),
    "heads": (drawn(3, 2, 4).swapaxes(0, 1), drawn(2, 4, 5)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128", "float16"])
@pytest.mark.parametrize("name", PAIRS)
def test_what_cublas_is_told_is_the_product(name, dtype, products):
    def as_dtype(x):  # as it lies in memory
        full = x.astype(dtype)
        base = np.zeros((*full.shape[:-2], full.shape[-2] * 2, full.shape[-1] * 2), dtype)
        if x.strides[-2] < x.strides[-1]:
            base = base.swapaxes(-1, -2).copy().swapaxes(-1, -2)
        part = base[..., : full.shape[-2], : full.shape[-1]]
        part[...] = full
        return part

    def plainly(x):
        return x if x.dtype == dtype else x.astype(dtype) if x.flags.c_contiguous else as_dtype(x)

    for change in (plainly, as_dtype):
        a, b = map(change, PAIRS[name])
        want = a @ b
        out = np.full(want.shape, np.nan, dtype)
        given = [Matrix(x) for x in (out, a, b)]
        assert cublas.fits(*given)
        products.matmul(*given, "queue")
        rtol = {"float16": 2e-2, "float32": 1e-5, "complex64": 1e-5}.get(dtype, 1e-12)
        np.testing.assert_allclose(out, want, rtol=rtol, atol=rtol)
    assert products.library.calls[-1][0] == "gemm"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (drawn(6, 8)[::2, ::2], drawn(4, 5)),  # no axis is dense
        (drawn(2, 3, 3, 4)[:, ::2], drawn(2, 2, 4, 5)),  # matrices at two distances
        (drawn(2, 1, 3, 4), drawn(6, 4, 5)),
        (drawn(3, 4, dtype="float32"), drawn(4, 5)),
        (drawn(3, 0), drawn(0, 5)),
        (drawn(4, 3)[::-1], drawn(3, 5)),
        (np.ones((3, 4), int), np.ones((4, 5), int)),
        (np.broadcast_to(drawn(4), (3, 4)), drawn(4, 5)),
    ],
)
def test_what_it_cannot_be_told_is_left_to_cupy(a, b):
    out = np.zeros((a @ b).shape, (a @ b).dtype)
    assert not cublas.fits(*[Matrix(x) for x in (out, a, b)])


def test_a_result_that_is_not_in_c_order_is_left_to_cupy():
    out = np.zeros((5, 3)).T
    assert not cublas.fits(Matrix(out), Matrix(drawn(3, 4)), Matrix(drawn(4, 5)))


def test_one_handle_and_a_workspace_for_each_queue_that_is_set_after_the_stream(products):
    out, a, b = (Matrix(x) for x in (np.zeros((3, 5)), drawn(3, 4), drawn(4, 5)))
    for queue in ("one", "other", "one"):
        products.matmul(out, a, b, queue)
    names = [c[0] for c in products.library.calls]
    assert names == ["create", *["stream", "workspace", "gemm"] * 3]
    assert products.library.calls[1] == ("stream", 7)
    assert products.library.calls[2] == ("workspace", 4096, cublas.WORKSPACE)
    assert len(products._workspaces) == 2


def test_what_fails_says_what(products):
    library = products.library
    products._here.handles = {0: ctypes.c_void_p(1)}
    library.cublasGemmStridedBatchedEx = lambda *args: 13
    out, a, b = (Matrix(x) for x in (np.zeros((3, 5)), drawn(3, 4), drawn(4, 5)))
    with pytest.raises(RuntimeError, match="cublasGemmStridedBatchedEx failed with status 13"):
        products.matmul(out, a, b, "queue")
