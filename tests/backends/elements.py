# Tests of backends/xgrad_backends
"""CuPy's ``ElementwiseKernel`` of the host: its text as a loop of C++, over arrays of NumPy.

An operand that is ``raw`` is indexed by the text, any other is the element ``i`` of an array that
is broadcast, or a number.
"""

from __future__ import annotations

import ctypes
import hashlib
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from xgrad.compiling.device.prelude import PRELUDE

COMPILER = shutil.which("c++") or shutil.which("g++")
FOLDER = tempfile.TemporaryDirectory()
NAMES = {
    "bool": "bool",
    "float32": "float",
    "float64": "double",
    "float16": "float16",
    "bfloat16": "bfloat16",
    "complex64": "complex<float>",
    "complex128": "complex<double>",
    **{f"{u}int{n}": f"{u}int{n}_t" for u in ("", "u") for n in (8, 16, 32, 64)},
}
HALVES = """#include <cstdint>
struct float16 { unsigned short h; float16(float f) : h(to_half(f)) {}
  operator float() const { return from_half(h); } };
struct bfloat16 { unsigned short h; bfloat16(float f) : h(to_bfloat(f)) {}
  operator float() const { return from_bfloat(h); } };
"""


class ElementwiseKernel:
    """A kernel for elements, compiled when it is first called for some dtypes.

    Attributes:
        backwards: whether threads run from the last to the first, since a GPU has no order.
    """

    backwards = False

    def __init__(self, inputs, outputs, operation, name):
        self.text, self.name = operation, name
        self.params = [p.split() for p in f"{inputs}, {outputs}".split(", ")]
        self.count = len(inputs.split(", "))

    def __call__(self, *args, size=None):
        if COMPILER is None:
            pytest.skip("no C++ compiler")
        types, given, made = {}, [], []
        for param, x in zip(self.params, args, strict=True):
            letter = param[-2]
            if len(letter) == 1 and hasattr(x, "dtype"):
                assert types.setdefault(letter, x.dtype.name) == x.dtype.name, "one type alone"
        for k, (param, x) in enumerate(zip(self.params, args, strict=True)):
            kind = types.get(param[-2], param[-2])
            if param[0] != "raw":
                assert isinstance(x, int), "only numbers and raw operands are known here"
                given.append(ctypes.c_longlong(x))
                continue
            assert x.dtype.name == kind, (param, x.dtype)
            flat = np.ascontiguousarray(x)
            made.append((x, flat, k >= self.count))
            given.append(ctypes.c_void_p(flat.ctypes.data))
        declared = [
            f"{NAMES[types.get(p[-2], p[-2])]}{'*' * (p[0] == 'raw')} {p[-1]}" for p in self.params
        ]
        alias = " ".join(f"typedef {NAMES[d]} {letter};" for letter, d in types.items())
        launch = function(
            f"({', '.join(declared)}, long long size_, int turned_)", alias, self.text
        )
        launch(*given, ctypes.c_longlong(size), int(self.backwards))
        for x, flat, is_out in made:
            if is_out and flat is not x:
                x[...] = flat


@cache
def function(parameters, alias, text):
    """Return the loop over a text."""
    index = "const long long i = turned_ ? size_ - 1 - k_ : k_;"
    loop = f"{{ {alias} for (long long k_ = 0; k_ < size_; k_++) {{ {index} {text} }} }}"
    source = f'{PRELUDE}{HALVES}extern "C" void kernel{parameters} {loop}\n'
    stem = Path(FOLDER.name, hashlib.sha256(source.encode()).hexdigest()[:16])
    stem.with_suffix(".cpp").write_text(source)
    flags = ("-std=c++17", "-O0", "-ffp-contract=off", "-shared", "-fPIC", "-w")
    made = stem.with_suffix(".so")
    subprocess.run([COMPILER, *flags, "-o", made, stem.with_suffix(".cpp")], check=True)
    return ctypes.CDLL(str(made)).kernel


SCALAR = 3
"""What CuPy calls an argument that is a number."""


def source_of(kernel, dtype):
    """Return what CuPy 14 writes for a kernel of arrays of this dtype, which needs no GPU.

    The names are private.
    """
    import cupy
    from cupy._core import _carray, _kernel

    params = kernel.params[: kernel.nargs]
    dtypes = [np.dtype(dtype) if p.dtype is None else p.dtype for p in params]
    _, _, types = kernel._decide_params_type(
        tuple(dtypes[: kernel.nin]), tuple(dtypes[kernel.nin :])
    )
    arrays = [p.raw or p.dtype is None for p in params]
    info = [
        _kernel._ArgInfo(1, cupy.ndarray, d, 1, True, True)
        if is_array
        else _kernel._ArgInfo(SCALAR, int, d, 0, True, True)
        for is_array, d in zip(arrays, dtypes, strict=True)
    ]
    info.append(_kernel._ArgInfo(2, _carray.Indexer, None, 1, True, True))
    return _kernel._get_elementwise_kernel_code(
        tuple(info),
        types,
        kernel.params,
        kernel.operation,
        kernel.name,
        kernel.preamble,
        **kernel.kwargs,
    )
