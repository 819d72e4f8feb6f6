"""xgrad: exact derivatives of array code, on NumPy, on CuPy, and wherever the Array API is spoken.

>>> import numpy as np, xgrad as xg
>>> xg.grad(lambda x: xg.sum(xg.sin(x) ** 2))(np.asarray([0.0, np.pi / 4]))
array([0., 1.])
"""

from __future__ import annotations

import sys as _sys
from importlib import import_module as _import_module
from typing import TYPE_CHECKING

import numpy as _np  # noqa: ICN001 - it is no part of the namespace

from . import errors, random
from . import ops as ops
from . import tree as tree
from .arrays import filling as _filling  # noqa: F401 - it makes arrays that are written to
from .arrays.array import Array
from .backends import available_backends, deterministic, get_backend, set_backend, use_backend
from .backends.defaults import default_dtype, get_default_dtype, set_default_dtype
from .backends.memory import keep_memory
from .custom import checkpoint, custom_jvp, custom_vjp, no_grad, primitive, stop_gradient
from .custom.implicit import implicit_argmin, implicit_fixed_point, implicit_root
from .debugging.nonfinite import debug
from .debugging.zero_gradients import explain_gradient
from .engine import tape as tape
from .engine.guarding import no_refills
from .engine.handed import hand as _hand
from .errors.folding import install as _fold_tracebacks
from .errors.lines import install as _move_warnings
from .hooks import install as _install_hooks
from .names import complete as _complete
from .names import find as _find
from .names import hand as _hand_twins
from .ops.activations import log_softmax, logsumexp, relu, sigmoid, softmax
from .ops.arranging import (
    compress,
    diag,
    diagflat,
    diagonal,
    fliplr,
    flipud,
    ravel,
    rot90,
    swapaxes,
    trace,
    vander,
)
from .ops.arranging import transpose as transpose
from .ops.calculus import cumulative_trapezoid, ediff1d, gradient, interp, trapezoid, unwrap
from .ops.choosing import choose, piecewise, polyval, select, topk
from .ops.converting import array, asarray, from_dlpack
from .ops.convolution import convolve, correlate
from .ops.creation import (
    arange,
    empty,
    empty_like,
    eye,
    full,
    full_like,
    meshgrid,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from .ops.dtypes import astype, can_cast, finfo, iinfo, isdtype, result_type
from .ops.einsum import dot, einsum, inner, kron, matvec, multi_dot, vdot, vecmat
from .ops.elementwise import (
    abs,
    acos,
    acosh,
    add,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    bitwise_and,
    bitwise_invert,
    bitwise_left_shift,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    ceil,
    clip,
    conj,
    copysign,
    cos,
    cosh,
    divide,
    equal,
    exp,
    expm1,
    floor,
    floor_divide,
    greater,
    greater_equal,
    hypot,
    imag,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    multiply,
    negative,
    nextafter,
    not_equal,
    positive,
    pow,
    real,
    reciprocal,
    remainder,
    round,
    sign,
    signbit,
    sin,
    sinh,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
    trunc,
    where,
)
from .ops.indexing import repeat, take, take_along_axis
from .ops.inspection import __array_namespace_info__
from .ops.joining import (
    append,
    array_split,
    atleast_1d,
    atleast_2d,
    atleast_3d,
    block,
    column_stack,
    delete,
    dsplit,
    dstack,
    hsplit,
    hstack,
    insert,
    split,
    vsplit,
    vstack,
)
from .ops.manipulation import (
    broadcast_arrays,
    broadcast_shapes,
    broadcast_to,
    concat,
    diff,
    expand_dims,
    flip,
    matrix_transpose,
    moveaxis,
    permute_dims,
    reshape,
    roll,
    squeeze,
    stack,
    tile,
    unstack,
)
from .ops.more_elementwise import (
    allclose,
    angle,
    cbrt,
    deg2rad,
    exp2,
    float_power,
    fmax,
    fmin,
    fmod,
    heaviside,
    isclose,
    ldexp,
    logaddexp2,
    modf,
    nan_to_num,
    rad2deg,
    sinc,
)
from .ops.movement import to_backend, to_device
from .ops.nan_statistics import (
    nancumprod,
    nancumsum,
    nanmax,
    nanmean,
    nanmin,
    nanprod,
    nanstd,
    nansum,
    nanvar,
)
from .ops.order_statistics import (
    median,
    nanmedian,
    nanpercentile,
    nanquantile,
    percentile,
    ptp,
    quantile,
)
from .ops.padding import pad
from .ops.polynomials import (
    poly,
    polyadd,
    polyder,
    polydiv,
    polyfit,
    polyint,
    polymul,
    polysub,
    roots,
)
from .ops.products import matmul, tensordot, vecdot
from .ops.running import cumprod, cumsum, cumulative_logsumexp, cumulative_max, cumulative_min
from .ops.scatter import index_add, index_set, segment_max, segment_min, segment_sum
from .ops.sets import isin, unique_all, unique_counts, unique_inverse, unique_values
from .ops.sorting import argmax, argmin, argsort, nonzero, searchsorted, sort
from .ops.spacing import geomspace, linspace, logspace
from .ops.statistical import (
    all,
    any,
    count_nonzero,
    cumulative_prod,
    cumulative_sum,
    max,
    mean,
    min,
    prod,
    std,
    sum,
    var,
)
from .ops.triangles import tril, triu
from .ops.weighted import average, bincount, corrcoef, cov, histogram
from .scipy.jacobians import sparse_hessian, sparse_jacobian
from .transforms import backward as _backward  # noqa: F401 - `Array.backward` looks there
from .transforms.complex_forms import Wirtinger
from .transforms.gradients import grad, jvp, linearize, value_and_grad, vjp
from .transforms.jacobians import hessian, hvp, jacfwd, jacrev
from .transforms.vmap import vmap

__version__ = "0.1.0"
__array_api_version__ = "2025.12"
API_VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12", "2025.12")

e = _np.e
inf = _np.inf
nan = _np.nan
newaxis = None
pi = _np.pi

bool = _np.bool_
int8 = _np.int8
int16 = _np.int16
int32 = _np.int32
int64 = _np.int64
uint8 = _np.uint8
uint16 = _np.uint16
uint32 = _np.uint32
uint64 = _np.uint64
float16 = _np.float16
float32 = _np.float32
float64 = _np.float64
complex64 = _np.complex64
complex128 = _np.complex128

# NumPy's names of the same functions
absolute = abs
amax = max
amin = min
arccos = acos
arccosh = acosh
arcsin = asin
arcsinh = asinh
arctan = atan
arctan2 = atan2
arctanh = atanh
bitwise_not = bitwise_invert
conjugate = conj
degrees = rad2deg
fix = trunc
invert = bitwise_invert
left_shift = bitwise_left_shift
mod = remainder
power = pow
radians = deg2rad
right_shift = bitwise_right_shift
rint = round
row_stack = vstack
true_divide = divide
for _name in (
    *("add", "subtract", "multiply", "divide", "maximum", "minimum", "fmax", "fmin", "hypot"),
    *("logaddexp", "logaddexp2", "pow", "remainder", "logical_and", "logical_or", "logical_xor"),
    *("bitwise_and", "bitwise_or", "bitwise_xor", "equal", "not_equal", "less", "less_equal"),
    *("greater", "greater_equal"),
):  # as ``numpy.add.reduce``, which finds an `Array` by NumPy's protocol
    for _method in ("accumulate", "at", "outer", "reduce", "reduceat"):
        setattr(globals()[_name], _method, getattr(getattr(_np, _name), _method))

__all__ = [
    "Array",
    "Wirtinger",
    "__array_namespace_info__",
    "abs",
    "acos",
    "acosh",
    "add",
    "all",
    "allclose",
    "angle",
    "any",
    "append",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "array",
    "array_split",
    "asarray",
    "asin",
    "asinh",
    "astype",
    "atan",
    "atan2",
    "atanh",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "available_backends",
    "average",
    "bincount",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "block",
    "bool",
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "can_cast",
    "cbrt",
    "ceil",
    "checkpoint",
    "choose",
    "clip",
    "column_stack",
    "compile",
    "complex64",
    "complex128",
    "compress",
    "concat",
    "conj",
    "convolve",
    "copysign",
    "corrcoef",
    "correlate",
    "cos",
    "cosh",
    "count_nonzero",
    "cov",
    "cumprod",
    "cumsum",
    "cumulative_logsumexp",
    "cumulative_max",
    "cumulative_min",
    "cumulative_prod",
    "cumulative_sum",
    "cumulative_trapezoid",
    "custom_jvp",
    "custom_vjp",
    "debug",
    "default_dtype",
    "deg2rad",
    "delete",
    "deterministic",
    "diag",
    "diagflat",
    "diagonal",
    "diff",
    "divide",
    "dot",
    "dsplit",
    "dstack",
    "e",
    "ediff1d",
    "einsum",
    "empty",
    "empty_like",
    "equal",
    "errors",
    "exp",
    "exp2",
    "expand_dims",
    "explain_gradient",
    "expm1",
    "eye",
    "fft",
    "finfo",
    "flip",
    "fliplr",
    "flipud",
    "float16",
    "float32",
    "float64",
    "float_power",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "from_dlpack",
    "full",
    "full_like",
    "geomspace",
    "get_backend",
    "get_default_dtype",
    "grad",
    "gradient",
    "greater",
    "greater_equal",
    "heaviside",
    "hessian",
    "histogram",
    "hsplit",
    "hstack",
    "hvp",
    "hypot",
    "iinfo",
    "imag",
    "implicit_argmin",
    "implicit_fixed_point",
    "implicit_root",
    "index_add",
    "index_set",
    "inf",
    "inner",
    "insert",
    "int8",
    "int16",
    "int32",
    "int64",
    "interp",
    "isclose",
    "isdtype",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "jacfwd",
    "jacrev",
    "jvp",
    "keep_memory",
    "kron",
    "ldexp",
    "less",
    "less_equal",
    "linalg",
    "linearize",
    "linspace",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_softmax",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logspace",
    "logsumexp",
    "matmul",
    "matrix_transpose",
    "matvec",
    "max",
    "maximum",
    "mean",
    "median",
    "meshgrid",
    "min",
    "minimum",
    "modf",
    "moveaxis",
    "multi_dot",
    "multiply",
    "nan",
    "nan_to_num",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmedian",
    "nanmin",
    "nanpercentile",
    "nanprod",
    "nanquantile",
    "nanstd",
    "nansum",
    "nanvar",
    "negative",
    "newaxis",
    "nextafter",
    "no_grad",
    "no_refills",
    "nonzero",
    "not_equal",
    "ones",
    "ones_like",
    "pad",
    "percentile",
    "permute_dims",
    "pi",
    "piecewise",
    "poly",
    "polyadd",
    "polyder",
    "polydiv",
    "polyfit",
    "polyint",
    "polymul",
    "polysub",
    "polyval",
    "positive",
    "pow",
    "primitive",
    "prod",
    "ptp",
    "quantile",
    "rad2deg",
    "random",
    "ravel",
    "real",
    "reciprocal",
    "relu",
    "remainder",
    "repeat",
    "reshape",
    "result_type",
    "roll",
    "roots",
    "rot90",
    "round",
    "scan",
    "searchsorted",
    "segment_max",
    "segment_min",
    "segment_sum",
    "select",
    "set_backend",
    "set_default_dtype",
    "sigmoid",
    "sign",
    "signbit",
    "sin",
    "sinc",
    "sinh",
    "softmax",
    "sort",
    "sparse_hessian",
    "sparse_jacobian",
    "special",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "stop_gradient",
    "subtract",
    "sum",
    "swapaxes",
    "take",
    "take_along_axis",
    "tan",
    "tanh",
    "tensordot",
    "tile",
    "to_backend",
    "to_device",
    "topk",
    "trace",
    "trapezoid",
    "tree",
    "tril",
    "triu",
    "trunc",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
    "unstack",
    "unwrap",
    "use_backend",
    "value_and_grad",
    "vander",
    "var",
    "vdot",
    "vecdot",
    "vecmat",
    "vjp",
    "vmap",
    "vsplit",
    "vstack",
    "where",
    "zeros",
    "zeros_like",
]

if TYPE_CHECKING:
    from typing import Any as _Any

    from numpy import False_ as False_
    from numpy import True_ as True_
    from numpy import base_repr as base_repr
    from numpy import binary_repr as binary_repr
    from numpy import bool_ as bool_
    from numpy import byte as byte
    from numpy import cdouble as cdouble
    from numpy import character as character
    from numpy import clongdouble as clongdouble
    from numpy import complexfloating as complexfloating
    from numpy import csingle as csingle
    from numpy import double as double
    from numpy import dtype as dtype
    from numpy import errstate as errstate
    from numpy import euler_gamma as euler_gamma
    from numpy import flexible as flexible
    from numpy import floating as floating
    from numpy import format_float_positional as format_float_positional
    from numpy import format_float_scientific as format_float_scientific
    from numpy import generic as generic
    from numpy import get_printoptions as get_printoptions
    from numpy import geterr as geterr
    from numpy import geterrcall as geterrcall
    from numpy import half as half
    from numpy import index_exp as index_exp
    from numpy import inexact as inexact
    from numpy import int_ as int_
    from numpy import intc as intc
    from numpy import integer as integer
    from numpy import intp as intp
    from numpy import isscalar as isscalar
    from numpy import issubdtype as issubdtype
    from numpy import iterable as iterable
    from numpy import long as long
    from numpy import longdouble as longdouble
    from numpy import longlong as longlong
    from numpy import mintypecode as mintypecode
    from numpy import ndindex as ndindex
    from numpy import number as number
    from numpy import printoptions as printoptions
    from numpy import promote_types as promote_types
    from numpy import s_ as s_
    from numpy import set_printoptions as set_printoptions
    from numpy import seterr as seterr
    from numpy import seterrcall as seterrcall
    from numpy import short as short
    from numpy import signedinteger as signedinteger
    from numpy import single as single
    from numpy import typename as typename
    from numpy import ubyte as ubyte
    from numpy import uint as uint
    from numpy import uintc as uintc
    from numpy import uintp as uintp
    from numpy import ulong as ulong
    from numpy import ulonglong as ulonglong
    from numpy import unsignedinteger as unsignedinteger
    from numpy import ushort as ushort

    from . import compat as compat
    from . import compiling as compiling
    from . import data as data
    from . import distributed as distributed
    from . import fft, linalg, special
    from . import files as files
    from . import interchange as interchange
    from . import lib as lib
    from . import nn as nn
    from . import numpy_protocol as numpy_protocol
    from . import optim as optim
    from . import optimize as optimize
    from . import programs as programs
    from . import show as show
    from . import testing as testing
    from .compiling import compile, scan

    mgrid: _Any
    ogrid: _Any
    r_: _Any
    c_: _Any

    def _function(*args: _Any, **kwargs: _Any) -> _Any: ...

    apply_along_axis = apply_over_axes = argpartition = argwhere = around = _function
    array2string = array_equal = array_equiv = array_repr = array_str = _function
    asanyarray = asarray_chkfinite = ascontiguousarray = asfortranarray = _function
    bartlett = bitwise_count = blackman = common_type = concatenate = copy = _function
    copyto = cross = cumprod = cumsum = diag_indices = diag_indices_from = _function
    digitize = divmod = einsum_path = extract = fabs = fill_diagonal = _function
    flatnonzero = frexp = frombuffer = fromfile = fromfunction = fromiter = _function
    fromregex = fromstring = gcd = genfromtxt = geomspace = hamming = hanning = _function
    histogram2d = histogram_bin_edges = histogramdd = i0 = identity = indices = _function
    intersect1d = iscomplex = iscomplexobj = isneginf = isposinf = isreal = _function
    isrealobj = ix_ = kaiser = lcm = lexsort = load = loadtxt = logspace = _function
    mask_indices = min_scalar_type = nanargmax = nanargmin = ndim = outer = _function
    packbits = partition = place = put = put_along_axis = putmask = _function
    ravel_multi_index = real_if_close = resize = rollaxis = save = savetxt = _function
    savez = savez_compressed = setdiff1d = setxor1d = shape = size = _function
    sort_complex = spacing = tri = tril_indices = tril_indices_from = _function
    trim_zeros = triu_indices = triu_indices_from = union1d = unique = _function
    unpackbits = unravel_index = _function

_COMPILING = ("compile", "scan")  # functions of a chapter that most programs do without

_LAZY = (  # chapters that many programs do without
    *("compat", "compiling", "data", "distributed", "fft", "files", "interchange", "lib"),
    *("linalg", "nn", "numpy_protocol", "optim", "optimize", "programs", "scipy", "show"),
    *("special", "testing"),
)


if (
    not TYPE_CHECKING
):  # checkers know the chapters from above, and of other names that there are none

    def __getattr__(name):
        if name in _COMPILING:
            value = globals()[name] = getattr(_import_module(f"{__name__}.compiling"), name)
            return value
        if name in _LAZY:
            return _import_module(f"{__name__}.{name}")
        return _find(__name__, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_COMPILING, *_LAZY})


_MOVED = {
    "array": "arrays.array",
    "derived": "engine.picklable",
    "tape": "engine.tape",
    "trees": "tree",
}
"""Modules that old pickles name, and where they are now."""
for _old, _new in _MOVED.items():
    _sys.modules[f"{__name__}.{_old}"] = _import_module(f"{__name__}.{_new}")


def _twin(module: str, name: str) -> object:
    """Return what a name of NumPy stands for, loaded when the first one is asked for."""
    return _import_module(f"{__name__}.numpy_protocol.twins").twin(module, name)


_hand_twins(_twin)


def _fused(
    f: _Any,
    name: str,
    backend: _Any,
    names: tuple[str, ...] | None = None,
    least: int = 1,
    defaults: dict[str, _Any] | None = None,
) -> _Any:
    """Make kernels of a function; nothing of it is imported before there is a device."""
    from .compiling.device import Fused, FusedRows

    if names is None:
        return Fused(f, name, backend, least)
    return FusedRows(f, name, backend, names, defaults)


_hand(_sys.modules[__name__], ops.elementwise.strong_multiply, _fused)
_install_hooks()
_fold_tracebacks(_complete)
_move_warnings()
