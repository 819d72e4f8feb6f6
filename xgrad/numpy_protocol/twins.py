"""NumPy's names that are not the standard's, as names of xgrad: ``xgrad.cumsum``, ``xgrad.r_``.

A program of NumPy runs with ``import xgrad as np``. Of an `Array` a function computes what NumPy's
own does through the protocol of this package, derivatives included; of another library's arrays it
gives theirs; of numbers and shapes it makes an `Array`, as `xgrad.zeros` does. Types, constants and
settings are NumPy's own objects.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

import xgrad

from ..arrays.array import Array
from ..backends import backend_of_type
from . import drawing

if TYPE_CHECKING:
    Function = Callable[..., Any]

OWN = (
    *"bool_ int_ intp uint uintp byte ubyte short ushort intc uintc long ulong longlong".split(),
    *"ulonglong half single double longdouble csingle cdouble clongdouble float128".split(),
    *"complex256 integer floating inexact complexfloating signedinteger number generic".split(),
    *"unsignedinteger character flexible True_ False_ euler_gamma dtype dtypes errstate".split(),
    *"seterr geterr seterrcall geterrcall printoptions set_printoptions iterable ndindex".split(),
    *"get_printoptions s_ index_exp issubdtype promote_types typecodes typename sctypeDict".split(),
    *"ScalarType mintypecode format_float_positional format_float_scientific base_repr".split(),
    *"binary_repr exceptions typing emath little_endian isscalar".split(),
)
"""What has nothing to do with arrays of numbers, or finds an `Array` by itself: NumPy's objects."""

OF_ARRAYS = (
    *"apply_along_axis apply_over_axes argpartition argwhere array2string array_equal".split(),
    *"array_equiv array_repr array_str around common_type concatenate copy copyto cross".split(),
    *"cumprod cumsum diag_indices_from digitize divmod einsum_path extract fabs".split(),
    *"fill_diagonal flatnonzero frexp geomspace histogram2d i0 intersect1d iscomplex".split(),
    *"iscomplexobj isneginf isposinf isreal isrealobj lexsort logspace min_scalar_type".split(),
    *"nanargmax nanargmin ndim outer packbits partition place put put_along_axis putmask".split(),
    *"ravel_multi_index real_if_close resize rollaxis save savetxt savez savez_compressed".split(),
    *"setdiff1d setxor1d shape size spacing tril_indices_from trim_zeros".split(),
    *"triu_indices_from union1d unique unpackbits unravel_index".split(),
)
"""Functions that find an `Array` among their arguments by NumPy's protocols."""

OF_NUMBERS = (
    *"bartlett bitwise_count blackman diag_indices frombuffer fromfile fromfunction".split(),
    *"fromiter fromregex fromstring gcd genfromtxt hamming hanning histogram_bin_edges".split(),
    *"histogramdd identity indices ix_ kaiser lcm load loadtxt mask_indices".split(),
    *"sort_complex tri tril_indices triu_indices".split(),
)
"""Functions of numbers, shapes and files, and those without a derivative that take plain arrays."""

AS_ARRAYS = "asanyarray asarray_chkfinite ascontiguousarray asfortranarray require".split()
"""What makes an array as NumPy lays it out in memory, which an `Array` leaves to its library."""

IN_CHAPTERS = {
    "xgrad.linalg": (np.linalg, ("LinAlgError",), ()),
    "xgrad.fft": (np.fft, (), ("fft2", "ifft2", "rfft2", "irfft2")),
}
"""For chapters NumPy's module, the objects that are served as they are, and the functions."""


def twin(module: str, name: str) -> Any:
    """Return what a name of NumPy stands for in a module of xgrad, None if it is no twin's.

    Args:
        module: the module that was asked, as in ``"xgrad.fft"``.
        name: what it was asked for.

    Returns:
        What the module has under this name from now on.
    """
    found = _found(module, name)
    if found is not None:
        setattr(import_module(module), name, found)
    return found


def _found(module: str, name: str) -> Any:
    if module == "xgrad.random":
        return drawing.function(name)
    if module in IN_CHAPTERS:
        theirs, own, functions = IN_CHAPTERS[module]
        if name in own:
            return getattr(theirs, name)
        return _of_arrays(getattr(theirs, name)) if name in functions else None
    if module != "xgrad":
        return None
    if name in SPECIAL:
        return SPECIAL[name]
    if name in OWN:
        return getattr(np, name, None)
    if name in OF_ARRAYS:
        return _of_arrays(getattr(np, name))
    if name in OF_NUMBERS:
        return _of_numbers(getattr(np, name))
    return _as_array if name in AS_ARRAYS else None


def _of_arrays(function: Function) -> Function:
    """Return a function of NumPy that takes the arrays of every library, and gives the same."""

    @wraps(function, assigned=("__name__", "__doc__"), updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        lifted: list[Any] = []
        args, kwargs = _lifted(args, lifted), _lifted(kwargs, lifted)
        out = function(*args, **kwargs)
        if not lifted:
            return _made(out)
        return out if any(isinstance(x, (Array, np.ndarray)) for x in lifted) else _raw(out)

    call.__module__ = "xgrad"
    return call


def _lifted(x: Any, lifted: list[Any]) -> Any:
    """Return arguments with an `Array` in the place of each array of a library but NumPy.

    What arrays there were before is noted.
    """
    if isinstance(x, (list, tuple)) and type(x) in (list, tuple):
        return type(x)(_lifted(part, lifted) for part in x)
    if type(x) is dict:
        return {name: _lifted(part, lifted) for name, part in x.items()}
    if isinstance(x, (np.ndarray, Array)):
        lifted.append(x)
    elif not isinstance(x, np.generic) and backend_of_type(type(x)) is not None:
        lifted.append(x)
        return Array(x)
    return x


def _raw(out: Any) -> Any:
    if isinstance(out, (list, tuple)):
        return _like(out, [_raw(part) for part in out])
    return out.data if isinstance(out, Array) else out


def _like(out: Any, parts: list[Any]) -> Any:
    """Return parts as a list or tuple of the kind of another, which may have names."""
    return type(out)(*parts) if hasattr(out, "_fields") else type(out)(parts)


def _of_numbers(function: Function) -> Function:
    """Return a function of NumPy that makes an `Array`, of numbers and of plain arrays."""

    @wraps(function, assigned=("__name__", "__doc__"), updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        lifted: list[Any] = []
        _lifted((args, kwargs), lifted)
        out = function(*map(_plain, args), **{name: _plain(x) for name, x in kwargs.items()})
        return out if any(type(x) is np.ndarray for x in lifted) else _made(out)

    call.__module__ = "xgrad"
    return call


def _plain(x: Any) -> Any:
    if type(x) in (list, tuple):
        return type(x)(map(_plain, x))
    return np.asarray(x) if isinstance(x, Array) else x


def _made(out: Any) -> Any:
    """Return what was made of numbers as arrays on the current backend."""
    if isinstance(out, np.ndarray) and out.dtype.kind in "biufc":
        return xgrad.asarray(out)
    if type(out) in (list, tuple):
        return type(out)(map(_made, out))
    return out


def _as_array(a: Any, dtype: Any = None, *unused: Any, **layout: Any) -> Array:
    """Return an array, as `xgrad.asarray`; where it lies in memory is its library's business."""
    return xgrad.asarray(a, dtype=dtype)


class _Grid:
    """``mgrid[...]`` and ``ogrid[...]``: NumPy's, as arrays on the current backend."""

    def __init__(self, grid: Any) -> None:
        self._grid = grid

    def __getitem__(self, key: Any) -> Any:
        return _made(self._grid[key])


class _Joining:
    """``r_[...]`` and ``c_[...]``: arrays, numbers and ranges joined along an axis."""

    def __init__(self, name: str, joining: Any) -> None:
        self._name, self._joining = name, joining

    def __getitem__(self, key: Any) -> Any:
        keys = key if isinstance(key, tuple) else (key,)
        if not any(isinstance(x, Array) and x.is_tracked for x in keys):
            return _made(self._joining[tuple(map(_plain, keys))])
        if any(isinstance(x, str) for x in keys):
            raise TypeError(
                f"{self._name}: got {keys[0]!r} beside tracked arrays; expected arrays, numbers "
                "and ranges. Use xgrad.concat(arrays, axis=...) or xgrad.stack(arrays, axis=...)"
            )
        parts = [np.r_[x] if isinstance(x, slice) else x for x in keys]
        if self._name == "r_":
            return xgrad.concat([xgrad.atleast_1d(xgrad.asarray(x)) for x in parts], axis=0)
        return xgrad.concat([_column(xgrad.asarray(x)) for x in parts], axis=-1)


def _column(x: Array) -> Array:
    return xgrad.reshape(x, (-1, 1)) if x.ndim < 2 else x


SPECIAL: dict[str, Any] = {
    "mgrid": _Grid(np.mgrid),
    "ogrid": _Grid(np.ogrid),
    "r_": _Joining("r_", np.r_),
    "c_": _Joining("c_", np.c_),
}
