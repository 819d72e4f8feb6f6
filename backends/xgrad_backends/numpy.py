"""NumPy, on the CPU."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import Context
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from operator import methodcaller
from typing import Any

import numpy as np

from xgrad.backends import Backend, Generators, Namespace, Stream, adds_nothing

from . import lapack, numpy_copies, numpy_lines, numpy_scatter, scipy_special

_STANDARD = "array_api_compat.numpy"
# NumPy's own functions where they are the standard's; importing array-api-compat costs more than
# NumPy itself, so it is left to the first use of a name that NumPy lacks or spells differently.
_DIFFERENT = frozenset(
    "argsort sort nonzero unique_all unique_counts unique_inverse unique_values isdtype std var "
    "asarray can_cast searchsorted clip cumulative_sum cumulative_prod take_along_axis "
    "astype unstack vecdot count_nonzero sum prod from_dlpack".split()
)


class _NumPy(Namespace):
    def __getattr__(self, attr: str) -> Any:
        if attr not in _DIFFERENT and not attr.startswith("__") and hasattr(np, attr):
            value = getattr(np, attr)
            setattr(self, attr, value)
            return value
        return super().__getattr__(attr)


_add: Any = np.add.reduce
_multiply: Any = np.multiply.reduce


_HALF = np.dtype("float16")


def _stays(dtype: Any) -> bool:
    return dtype is None or np.dtype(dtype) == _HALF


def _sum(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    if x.dtype == _HALF and _stays(dtype):  # as np.mean does, and as other libraries sum
        return _add(x, axis, np.float32, None, keepdims).astype(_HALF)
    return _add(x, axis, dtype or _WIDER.get(x.dtype), None, keepdims)


def _prod(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return _multiply(x, axis, dtype or _WIDER.get(x.dtype), None, keepdims)


def _running_sum_of_numpy_2_0(x: Any, /, **kwargs: Any) -> Any:
    return import_module(_STANDARD).cumulative_sum(x, **kwargs)


_running_sum: Any = getattr(np, "cumulative_sum", _running_sum_of_numpy_2_0)


def _cumulative_sum(
    x: Any, /, *, axis: Any = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    more = {"axis": axis, "include_initial": include_initial}
    if x.dtype == _HALF and _stays(dtype):
        return _running_sum(x, dtype=np.float32, **more).astype(_HALF)
    return _running_sum(x, dtype=dtype or _WIDER.get(x.dtype), **more)


_maximum: Any = np.maximum.reduce
_minimum: Any = np.minimum.reduce


def _max(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    return _maximum(x, axis, None, None, keepdims)


def _min(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    return _minimum(x, axis, None, None, keepdims)


_or: Any = np.logical_or.reduce
_and: Any = np.logical_and.reduce


def _any(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    return _or(x, axis, None, None, keepdims)


def _all(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    return _and(x, axis, None, None, keepdims)


_WIDER = {
    np.dtype(name): np.dtype("uint64" if name[0] == "u" else "int64")
    for name in "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64".split()
}
"""The standard's default dtype of a sum: small integers widen to 64 bits."""


_SUMMED_AS_THEY_ARE = {np.dtype(c) for c in "fdFD"}  # np.mean sums others in a wider dtype


def _mean(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    if x.dtype not in _SUMMED_AS_THEY_ARE or not x.size:
        return np.mean(x, axis=axis, keepdims=keepdims)
    total = _add(x, axis, None, None, keepdims)
    return total / (x.size // total.size)


def _broadcast_to(x: Any, /, shape: tuple[int, ...]) -> Any:
    if x.shape != () or x.dtype.hasobject:
        return np.broadcast_to(x, shape)
    x = np.asarray(x)
    out = np.ndarray(shape, x.dtype, x, 0, (0,) * len(shape))  # a tenth of the general way's time
    out.setflags(write=False)
    return out


def _astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    return np.asarray(x).astype(dtype, copy=copy)


def _whole(f: Any) -> Callable[[Any], Any]:
    """Return a rounding to whole numbers that leaves integers as they are, as the standard does."""

    def rounded(x: Any, /) -> Any:
        return x.copy() if x.dtype.kind in "iu" else f(x)

    rounded.__name__ = f.__name__
    return rounded


def _reshape(x: Any, /, shape: tuple[int, ...], *, copy: bool | None = None) -> Any:
    if copy is None:
        return np.reshape(x, shape)
    return import_module(_STANDARD).reshape(x, shape, copy=copy)


def _matrix_transpose(x: Any, /) -> Any:
    return x.mT


def _ones_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    out = np.empty(x.shape, x.dtype if dtype is None else dtype)
    out[...] = 1  # np.ones does the same in three times the time
    return out


def _zeros_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    return np.zeros(x.shape, x.dtype if dtype is None else dtype)


def _searchsorted(x1: Any, x2: Any, /, *, side: Any = "left", sorter: Any = None) -> Any:
    return np.searchsorted(x1, x2, side=side, sorter=sorter)


_limited: Any = import_module("numpy._core.umath").clip
"""NumPy's `clip` as the ufunc that it is, without the questions that `numpy.clip` asks first."""


def _limits(x: Any, min: Any, max: Any) -> tuple[Any, Any] | None:
    """Return both ends for that ufunc where it does what maxima and minima do, in less time."""
    given = (type(min) in _NUMBERS) + (type(max) in _NUMBERS)
    if given <= (x.size < _LONG) or x.dtype not in _BITS:
        return None
    return -np.inf if min is None else min, np.inf if max is None else max


def _clip(x: Any, /, min: Any = None, max: Any = None) -> Any:
    if type(min) in _NUMBERS and type(max) in _NUMBERS and x.dtype in _BITS:  # most, by one look
        return _limited(x, min, max)
    if x.size >= _LONG and (ends := _limits(x, min, max)):
        return _limited(x, *ends)
    if min is None:
        return np.positive(x) if max is None else np.minimum(x, max)
    return np.maximum(x, min) if max is None else np.minimum(np.maximum(x, min), max)


def _plain_clip(x: Any, min: Any = None, max: Any = None) -> Any:
    """Return the ufunc and its arguments that `_clip` comes to for an array such as `x`, if any."""
    if ends := _limits(x, min, max):
        return (_limited, (x, *ends)) if all(type(end) in _NUMBERS for end in ends) else None
    if (min is None) is (max is None):
        return None
    return (np.minimum, (x, max)) if min is None else (np.maximum, (x, min))


def _clip_into(args: Any, outs: Any) -> None:
    """Write what `_clip` gives into memory, of numbers without any other."""
    (x, *given), (out,) = args, outs
    low, high = (*given, None)[:2]
    if ends := _limits(x, low, high):
        _limited(x, *ends, out)
    else:
        np.copyto(out, _clip(*args))


_clip.plainly = _plain_clip  # type: ignore[attr-defined]
_clip.into = _clip_into  # type: ignore[attr-defined]


def _pow(x1: Any, x2: Any, /) -> Any:
    """Return what `numpy.power` does, of negative numbers to a whole power by their sizes.

    It takes sixty times as long with each of those.
    """
    if type(x2) not in _NUMBERS or x2 % 1 or type(x1) is not np.ndarray or x1.dtype not in _BITS:
        return np.power(x1, x2)
    if x2 in (-1, 0, 1, 2):
        return x1**x2
    size = np.abs(x1) ** x2
    return np.copysign(size, x1) if x2 % 2 else size


def _plain_pow(x: Any, p: Any) -> Any:
    """Return the ufunc and its arguments that `_pow` comes to for an array such as `x`, if any."""
    return (np.square, (x,)) if type(p) in _NUMBERS and p == 2 and x.dtype in _BITS else None


_pow.plainly = _plain_pow  # type: ignore[attr-defined]

_NUMBERS = frozenset((int, float))
_BITS: dict[Any, Any] = {np.dtype(f"f{n}"): np.dtype(f"i{n}") for n in (4, 8)}
_LONG = 16384  # from here on bits are quicker where the branches cannot be guessed
_PIECE = 32768


_choose_directly: Any = getattr(np.where, "_implementation", np.where)
"""NumPy's `where` without the question whether another library's arrays are among its arguments."""


def _where(condition: Any, x1: Any, x2: Any, /) -> Any:
    """Return what `numpy.where` does, of long arrays by their bits.

    That branches at each element, which takes up to ten times as long where nobody can guess.
    """
    if type(x1) is np.ndarray and x1.ndim and x1.size < _LONG:  # the commonest, by one look
        return _choose_directly(condition, x1, x2)
    like = x1 if type(x1) is np.ndarray and x1.ndim else x2
    if (
        type(like) is not np.ndarray
        or like.size < _LONG
        or like.dtype not in _BITS
        or type(condition) is not np.ndarray
        or condition.dtype != np.bool_
        or not (condition.shape == like.shape or _reaches(condition.shape, like.shape))
        or _is_guessed(condition)
    ):
        return np.where(condition, x1, x2)
    bits = _BITS[like.dtype]
    sides = [_bits_of(x, like, bits) for x in (x1, x2)]
    yes, no = sides
    if yes is None or no is None:
        return np.where(condition, x1, x2)
    held = condition.view(np.int8)
    out = np.empty(like.shape, like.dtype)
    parts = (held, *(x for x in sides if type(x) is np.ndarray and x.ndim))
    if like.size <= _PIECE or not all(
        x.flags.c_contiguous and x.shape == like.shape for x in parts
    ):
        _choose(held, yes, no, out.view(bits))
        return out
    into = out.reshape(-1).view(bits)
    held, yes, no = (x.reshape(-1) if getattr(x, "ndim", 0) else x for x in (held, yes, no))
    for start in range(0, like.size, _PIECE):  # what lies between stays in the cache
        piece = slice(start, start + _PIECE)
        y, n = (x[piece] if getattr(x, "ndim", 0) else x for x in (yes, no))
        _choose(held[piece], y, n, into[piece])
    return out


def _choose(held: Any, yes: Any, no: Any, out: Any) -> None:
    """Write the bits of one side where a byte is 1, and of the other where it is 0."""
    if no is _NONE:
        np.bitwise_and(yes, np.negative(held, dtype=out.dtype), out=out)  # all bits, or none
    elif yes is _NONE:
        np.bitwise_and(no, np.subtract(held, 1, dtype=out.dtype), out=out)
    else:
        np.bitwise_xor(no, yes, out=out)
        out &= np.negative(held, dtype=out.dtype)
        out ^= no


_NONE = object()  # a zero, which has no bits


def _bits_of(x: Any, like: Any, bits: Any) -> Any:
    """Return the bits of one side of a choice, or None where it needs the general way."""
    if type(x) is np.ndarray:
        return x.view(bits) if x.shape == like.shape and x.dtype == like.dtype else None
    if type(x) is float or type(x) is int:
        number = like.dtype.type(x)
        return number.view(bits) if number or np.signbit(number) else _NONE
    return None


def _is_guessed(condition: Any) -> bool:
    """Whether a condition changes so rarely that a processor guesses its branches."""
    some = condition.ravel(order="K")[:4096] if condition.flags.forc else condition[:1].ravel()
    return bool(np.count_nonzero(some[1:] != some[:-1]) < 0.05 * some.size)


def _reaches(shape: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    """Whether a shape is broadcast to another one."""
    ends = zip(shape[::-1], whole[::-1], strict=False)
    return len(shape) <= len(whole) and all(n in (1, m) for n, m in ends)


def _stack(arrays: Any, /, *, axis: int = 0) -> Any:
    first = arrays[0]
    shape, dtype = first.shape, first.dtype
    for x in arrays:
        if axis != 0 or x.shape != shape or x.dtype is not dtype:
            return np.stack(arrays, axis=axis)
    out = np.empty((len(arrays), *shape), dtype)  # what np.stack does, in a fourth of the time
    for i, x in enumerate(arrays):
        out[i] = x
    return out


_BLOCK = 8192  # longer scalar products wake the threads of the BLAS


def _sum_of_squares(x: Any) -> Any:
    """Return the sum of squares, the quickest way to see whether there is any NaN."""
    if x.size <= _BLOCK:
        return np.vdot(x, x)
    flat = x.ravel(order="K")
    end = flat.size // _BLOCK * _BLOCK
    blocks, rest = flat[:end].reshape(-1, _BLOCK), flat[end:]
    return _add(np.vecdot(blocks, blocks)) + np.vdot(rest, rest)


def _has_nan(x: Any) -> bool:
    total = _sum_of_squares(x)
    return bool(total != total)  # noqa: PLR0124 - true for NaN alone


def _strong_multiply(a: Any, b: Any) -> Any:
    out = np.multiply(a, b)
    if not _has_nan(out):  # of 0 * inf
        return out
    dead = (np.equal(a, 0) | np.equal(b, 0)) & np.isnan(out)
    return np.where(dead, np.zeros((), out.dtype), out)


_COMPARED = 8192
"""Up to how many entries they themselves tell whether a large array was refilled."""
_SUMMED = 100_000
"""Up to how many the sum of their bits tells it too, for a quarter of what a product takes."""
_SAMPLES = 509
"""How many entries of a larger one do, and an eighth of these beside the sum."""
_AS_INTEGERS = {n: np.dtype(f"i{n}") for n in (1, 2, 4, 8)}


def unchanged(x: Any) -> Callable[[], bool]:
    """Return what tells whether an array holds what it holds now."""
    if x.size <= _COMPARED:
        look: Callable[[], Any] = x.tobytes
    else:
        together, few = x.flags.forc, x.size > _SUMMED
        some = x.ravel(order="K") if together else x.flat
        whole = None if few else some if together else x
        every = slice(None, None, x.size // (_SAMPLES if few else _SAMPLES // 8) | 1)

        def look() -> Any:
            return _sum_of_bits(whole), some[every].tobytes()

    before = look()
    return lambda: bool(before == look())


def _sum_of_bits(x: Any) -> Any:
    """Return the sum of an array's bits as integers; nothing of what has bits that say nothing.

    One other entry alone makes it another one.
    """
    if x is None:
        return None
    if x.itemsize > 8:
        if x.dtype != np.complex128:
            return None
        x = x if x.flags.c_contiguous else x.copy()
    bits = x.view(_AS_INTEGERS[min(x.itemsize, 8)])
    return _add(bits, None, bits.dtype)


def _lock(x: Any) -> Callable[[], bool] | None:
    if x.base is not None:
        return None  # its base can still be written to
    holds = unchanged(x)
    if not x.flags.writeable:
        return holds
    x.setflags(write=False)

    def end() -> bool:
        x.setflags(write=True)
        return holds()

    return end


def _same(x: Any, y: Any) -> bool:
    return x.shape == y.shape and np.array_equal(x, y, equal_nan=x.dtype.kind in "fc")


def _owns(x: Any) -> bool:
    return x.base is None and x.flags.writeable


_thread = threading.local()


def _quietly(f: Callable[..., Any], *args: Any) -> Any:
    # NumPy's warnings are a context variable: to run in a context of one's own takes a quarter of
    # what `numpy.errstate` does
    try:
        run = _thread.run
    except AttributeError:
        run = _thread.run = Context().run
        run(np.seterr, all="ignore")
    return run(f, *args)


def _instead_of(cls: type) -> str:
    if issubclass(cls, np.generic) or adds_nothing(cls, (np.ndarray, np.memmap)):
        return ""
    if issubclass(cls, np.ma.MaskedArray):
        return (
            "Pass m.filled(0.0) for a masked array m, and leave out what it masks with "
            "xgrad.where(numpy.ma.getmaskarray(m), 0.0, ...)"
        )
    if issubclass(cls, np.matrix):
        return "Pass numpy.asarray(m) for a matrix m; its product with y is then written m @ y"
    return "Pass numpy.asarray(x), its numbers alone, if they are what is meant"


def _set_bits(generator: Any, state: Any) -> None:
    generator.bit_generator.state = state


def _streams() -> tuple[list[Stream], Generators]:
    random = np.random
    legacy = (lambda g: g.get_state(legacy=False)), (lambda g, state: g.set_state(state))
    return [Stream(random, *legacy)], {
        random.RandomState: legacy,
        random.Generator: (lambda g: g.bit_generator.state, _set_bits),
        random.BitGenerator: (lambda g: g.state, lambda g, state: setattr(g, "state", state)),
    }


def _devices() -> list[Any]:
    return ["cpu"]


def _parse_device(device: Any) -> str:
    if device != "cpu":
        raise ValueError(f"numpy: got device {device!r}; the only device is 'cpu'")
    return "cpu"


# SciPy's transforms of several axes take half of NumPy's time, and both keep single precision.
_FFT: Any = Namespace("numpy.fft", *["scipy.fft"] * (find_spec("scipy") is not None), np.fft)
_FFT.fftfreq, _FFT.rfftfreq = np.fft.fftfreq, np.fft.rfftfreq


BACKEND = Backend(
    name="numpy",
    xp=_NumPy(
        "numpy",
        _STANDARD,
        sum=_sum,
        prod=_prod,
        cumulative_sum=_cumulative_sum,
        linalg=Namespace(
            "numpy.linalg",
            "array_api_compat.numpy.linalg",
            cholesky=lapack.cholesky,
            solve=lapack.solve,
            inv=np.linalg.inv,  # these are the standard's, without what is said above
            det=np.linalg.det,
            eigvalsh=np.linalg.eigvalsh,
        ),
        all=_all,
        any=_any,
        max=_max,
        min=_min,
        mean=_mean,
        broadcast_to=_broadcast_to,
        astype=_astype,
        ceil=_whole(np.ceil),
        floor=_whole(np.floor),
        trunc=_whole(np.trunc),
        matrix_transpose=_matrix_transpose,
        ones_like=_ones_like,
        reshape=_reshape,
        zeros_like=_zeros_like,
        searchsorted=_searchsorted,
        clip=_clip,
        pow=_pow,
        stack=_stack,
        where=_where,
        special=scipy_special.named("numpy"),
    ),
    array_types=(np.ndarray, np.generic),
    dtypes={
        np.dtype(name): np.dtype(name)
        for name in (
            "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
            "float16 float32 float64 complex64 complex128 longdouble clongdouble"
        ).split()
    },
    devices=_devices,
    device=lambda x: "cpu",
    to_numpy=lambda x: x,
    from_numpy=lambda x, device: np.asarray(x),
    index_add=numpy_scatter.index_add,
    random=lambda seed, device: np.random.default_rng(seed),
    lock=_lock,
    unchanged=unchanged,
    same=_same,
    copied=methodcaller("copy"),
    kept=numpy_copies.copied,
    in_place=True,
    owns=_owns,
    quiet=partial(np.errstate, all="ignore"),
    quietly=_quietly,
    has_nan=_has_nan,
    strong_multiply=_strong_multiply,
    parse_device=_parse_device,
    on_host=lambda x: True,
    solve_triangular=lapack.solve_triangular,
    lu_factor=lapack.lu_factor,
    lu_solve=lapack.lu_solve,
    cholesky_pull=lapack.cholesky_pull,
    expm=lapack.expm,
    ranked=numpy_lines.ranked,
    running_max=numpy_lines.running_max,
    running_logsumexp=numpy_lines.running_logsumexp,
    segment_max=numpy_scatter.segment_max,
    recurrence=numpy_lines.recurrence,
    distances=numpy_lines.distances,
    streams=_streams,
    instead_of=_instead_of,
    scipy="scipy",
)
