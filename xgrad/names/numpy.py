"""NumPy's names that xgrad has not, and what to write instead.

Those that have the same meaning here are not among them: `xgrad.numpy_protocol.twins` serves them.
"""

from __future__ import annotations

_PLAIN = "numpy.{name} itself: import numpy"
_DATES = "numpy.{name}, on plain values: dates have no derivative"
_MATRIX = "xgrad.asarray(x), on which @ is the product of matrices"
_POLYNOMIALS = "xgrad.polyval, xgrad.polyfit, xgrad.polyder and xgrad.roots"
_MAPPED = "xgrad.vmap(f), or array functions in the place of f's loops and branches"
_RECORDS = "a dict of arrays, which xgrad.grad takes as it is"


INSTEAD: dict[str, str] = {
    **{
        f"testing.{name}": _PLAIN.format(name=f"testing.{name}")
        for name in (
            "assert_allclose assert_almost_equal assert_approx_equal assert_array_almost_equal "
            "assert_array_equal assert_array_less assert_equal assert_raises assert_warns"
        ).split()
    },
    **{
        name: _PLAIN.format(name=name)
        for name in (
            "core ctypeslib f2py get_include getbufsize info nested_iters setbufsize "
            "show_config show_runtime test nditer ufunc void object_ str_ bytes_ char strings "
            "isnat may_share_memory shares_memory isfortran"
        ).split()
    },
    **{
        name: _DATES.format(name=name)
        for name in (
            "busday_count busday_offset busdaycalendar datetime64 datetime_as_string datetime_data "
            "is_busday timedelta64"
        ).split()
    },
    **dict.fromkeys(("asmatrix", "matrix"), _MATRIX),
    "bmat": "xgrad.block(rows)",
    **dict.fromkeys(("poly1d", "polynomial"), _POLYNOMIALS),
    **dict.fromkeys(("vectorize", "frompyfunc"), _MAPPED),
    **dict.fromkeys(("rec", "recarray", "record"), _RECORDS),
    "broadcast": "xgrad.broadcast_arrays(x, y), or xgrad.broadcast_shapes(x.shape, y.shape)",
    "flatiter": "xgrad.ravel(x)",
    "ma": "xgrad.where(mask, x, other), and xgrad.nanmean and its like",
    "memmap": "xgrad.asarray(numpy.memmap(...))",
    "ndarray": "xgrad.Array; a raw array of NumPy is a numpy.ndarray",
    "ndenumerate": "for i in xgrad.ndindex(x.shape): x[i]",
    "product": "xgrad.prod(x)",  # until NumPy 1
    "cumproduct": "xgrad.cumprod(x)",
    "sometrue": "xgrad.any(x)",
    "alltrue": "xgrad.all(x)",
    "trapz": "xgrad.trapezoid(y, x)",
    "in1d": "xgrad.isin(x1, x2)",
    "msort": "xgrad.sort(x, axis=0)",
    "asfarray": "xgrad.asarray(x, dtype=xgrad.float64)",
    "asscalar": "x.item()",
    "find_common_type": "xgrad.result_type(x1, x2)",
    "float": "the float of Python, or xgrad.float64",
    "float_": "xgrad.float64",
    "complex": "the complex of Python, or xgrad.complex128",
    "complex_": "xgrad.complex128",
    "int": "the int of Python, or xgrad.int64",
    "object": "the object of Python",
    "str": "the str of Python",
    "long_": "xgrad.int64",
    "NaN": "xgrad.nan",
    "NAN": "xgrad.nan",
    "Inf": "xgrad.inf",
    "Infinity": "xgrad.inf",
    "infty": "xgrad.inf",
    "PINF": "xgrad.inf",
    "NINF": "-xgrad.inf",
    "PZERO": "0.0",
    "NZERO": "-0.0",
    "mat": _MATRIX,
}
"""For each name what to write instead."""
