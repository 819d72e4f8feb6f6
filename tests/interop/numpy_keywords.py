"""Every keyword of every function of NumPy's, on an `Array`: NumPy's answer, or refused by name.

``python -m tests.interop.numpy_keywords`` prints the pairs that are neither, and counts last.
"""

from __future__ import annotations

import inspect
import io
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import xgrad as xg
from xgrad.numpy_protocol.lists import parameters

rng = np.random.default_rng(11)
X = rng.uniform(0.2, 1.5, (3, 4))
Y = rng.uniform(0.2, 1.5, (3, 4))
N = np.where(X > 1.2, np.nan, X)
V = rng.uniform(0.2, 1.5, 5)
W = rng.uniform(0.2, 1.5, 5)
S = rng.normal(size=(3, 3)) + 3 * np.eye(3)
P = S @ S.T
Z = X + 1j * Y
BITS = np.asarray([[1, 0, 1, 1], [0, 1, 1, 0]], dtype=np.uint8)
INTS = np.asarray([3, 1, 1, 0, 2])
MASK = X > 0.7
IDX = np.asarray([0, 2, 1])
T = rng.uniform(0.2, 1.5, (2, 3, 4))
VOL = rng.uniform(0.2, 1.5, (2, 2, 4))


def _double(row: Any) -> Any:
    return row * 2


def _total(a: Any, axis: Any) -> Any:
    return np.sum(a, axis=axis)


class With(NamedTuple):
    """A value of a keyword, and what else must be said with it."""

    value: Any
    more: dict[str, Any]

    @classmethod
    def also(cls, value: Any, **more: Any) -> With:
        """Return a value beside other keywords."""
        return cls(value, more)


CALLS: dict[str, tuple[Any, ...]] = {
    "allclose angle array2string array_repr array_str argwhere copy count_nonzero diff fix i0 imag "
    "iscomplex iscomplexobj isneginf isposinf isreal isrealobj median nan_to_num ndim "
    "nonzero real ptp ravel round shape sinc size sort sort_complex argsort "
    "unwrap unique tril triu flip fliplr flipud rot90 matrix_transpose permute_dims squeeze "
    "tril_indices_from triu_indices_from unstack argmax argmin all any amax amin max min mean sum "
    "prod std var around average cumprod cumsum empty_like "
    "ones_like zeros_like flatnonzero gradient trim_zeros real_if_close histogram_bin_edges "
    "atleast_1d atleast_2d atleast_3d result_type meshgrid broadcast_arrays histogram "
    "linalg.diagonal linalg.matrix_transpose linalg.matrix_norm linalg.norm linalg.pinv linalg.qr "
    "linalg.svd linalg.svdvals linalg.trace linalg.vector_norm linalg.matrix_rank fft.fft fft.fft2 "
    "fft.fftn fft.fftshift fft.hfft fft.ifft fft.ifft2 fft.ifftn fft.ifftshift fft.ihfft "
    "fft.irfft fft.irfft2 fft.irfftn fft.rfft fft.rfft2 fft.rfftn": (X,),
    "emath.arccos emath.arcsin emath.arctanh emath.log emath.log10 emath.log2 emath.sqrt": (X - 1,),
    "nanargmax nanargmin nancumprod nancumsum nanmax nanmean nanmedian nanmin nanprod nanstd "
    "nansum nanvar": (N,),
    "linalg.det linalg.eig linalg.eigvals linalg.inv linalg.slogdet linalg.cond "
    "diag_indices_from": (S,),
    "linalg.cholesky linalg.eigh linalg.eigvalsh": (P,),
    "allclose isclose array_equal array_equiv kron polyadd cov may_share_memory shares_memory "
    "linalg.vecdot common_type": (X, Y),
    "convolve correlate dot inner outer vdot intersect1d setdiff1d setxor1d union1d polymul "
    "polysub polyadd polydiv linalg.outer histogram2d isin corrcoef": (V, W),
    "append": (X, Y),
    "ix_": (IDX, IDX),
    "unique_all unique_counts unique_inverse unique_values": (V,),
    "cumulative_prod cumulative_sum": (V,),
    "diagonal trace": (T,),
    "swapaxes": (T, 0, 2),
    "apply_along_axis": (_double, 1, X),
    "apply_over_axes": (_total, X, (0,)),
    "argpartition partition": (X, 2),
    "array_split": (X, 2),
    "split hsplit": (X, 2, 1),
    "hsplit vsplit": (X[:2], 2),
    "dsplit": (T, 2),
    "astype": (X, np.float32),
    "bincount": (INTS,),
    "block": ([[X, Y]],),
    "broadcast_to": (X, (2, 3, 4)),
    "can_cast": (np.float32, np.float64),
    "choose": (IDX, [V[:3], W[:3], V[1:4]]),
    "clip": (X, 0.4, 1.0),
    "column_stack dstack hstack vstack concat concatenate stack": ([X, Y],),
    "compress": (np.asarray([True, False, True]), X),
    "copyto": (X.copy(), Y),
    "cross linalg.cross": (X[:, :3], Y[:, :3]),
    "delete": (X, 1),
    "diag": (S,),
    "diagflat": (V,),
    "digitize": (V, np.asarray([0.3, 0.6, 0.9])),
    "ediff1d": (V,),
    "einsum einsum_path": ("ij,ij->i", X, Y),
    "expand_dims": (X, 1),
    "extract": (MASK, X),
    "fill_diagonal": (S.copy(), 2.5),
    "full_like": (X, 2.5),
    "geomspace linspace": (np.asarray(0.5), np.asarray(2.0)),
    "logspace": (np.asarray(0.5), np.asarray(2.0)),
    "histogramdd": (X,),
    "insert": (X, 1, 5.0),
    "interp": (V, np.asarray([0.1, 0.7, 1.6]), np.asarray([1.0, 2.0, 0.5])),
    "lexsort": ((V, W),),
    "moveaxis": (T, 0, 2),
    "nanpercentile percentile": (X, 30.0),
    "nanquantile quantile": (X, 0.3),
    "min_scalar_type": (np.asarray(3),),
    "packbits": (BITS,),
    "unpackbits": (BITS,),
    "pad": (X, 2),
    "piecewise": (V, [V > 0.7], [_double, 1.0]),
    "place": (X.copy(), MASK, V),
    "poly": (V,),
    "polyder polyint": (V,),
    "polyfit": (V, W, 2),
    "polyval": (V, W),
    "put": (X.copy(), IDX, V[:3]),
    "put_along_axis": (X.copy(), IDX[:, None], 2.5, 1),
    "putmask": (X.copy(), MASK, Y),
    "ravel_multi_index": ((IDX, IDX), (4, 4)),
    "unravel_index": (IDX, (2, 2)),
    "repeat": (X, 2),
    "reshape": (X, (2, 6)),
    "resize": (X, (5, 2)),
    "roll": (X, 1),
    "rollaxis": (T, 2),
    "roots": (V,),
    "save savez savez_compressed": (io.BytesIO, X),
    "savetxt": (io.StringIO, X),
    "searchsorted": (np.sort(V), W),
    "select": ([MASK], [X]),
    "sliding_window_view": (X, (2,), 1),
    "take": (X, IDX),
    "take_along_axis": (X, IDX[:, None], 1),
    "tensordot": (X, Y.T, 1),
    "linalg.tensordot": (X, Y),
    "tile": (X, 2),
    "trapezoid": (X,),
    "vander": (V,),
    "where": (MASK, X, Y),
    "emath.logn": (2.0, X),
    "emath.power": (X, 2.0),
    "linalg.lstsq": (X.T, V[:4]),
    "linalg.matmul": (X, Y.T),
    "linalg.matrix_power": (S, 3),
    "linalg.multi_dot": ([X, Y.T, X],),
    "linalg.solve": (S, X),
    "linalg.tensorinv": (VOL.reshape(4, 2, 2), 1),
    "linalg.tensorsolve": (VOL.reshape(2, 2, 4), X[:2, :2]),
}
"""Arguments with which each function is called; a callable makes a file to write into."""

DATES = "busday_count busday_offset is_busday datetime_as_string".split()
"""Functions of dates, of which there are no arrays."""

VALUES: dict[str, tuple[Any, ...]] = {
    "N": (3,),
    "UPLO": ("U",),
    "a_max": (0.9,),
    "a_min": (0.5,),
    "allow_pickle": (False,),
    "append": (X[:, :1], 2.0),
    "assume_unique": (True,),
    "aweights": (np.asarray([1.0, 2.0, 1.0, 0.5]),),
    "axes": ((1, 0), (0, 1), (0,), (1,), 1),
    "axis": (1, 0, None),
    "axis1": (1,),
    "axis2": (0,),
    "axisa": (0, 1),
    "axisb": (0, 1),
    "axisc": (0, 1),
    "base": (2.0,),
    "bias": (True,),
    "bins": (4,),
    "bitorder": ("little",),
    "casting": ("unsafe", "no"),
    "comments": ("% ",),
    "compute_uv": (False,),
    "copy": (True,),
    "correction": (1,),
    "count": (3,),
    "cov": (True,),
    "ddof": (1,),
    "decimals": (1,),
    "default": (0.5,),
    "deg": (True, 1),
    "delimiter": (",",),
    "density": (True,),
    "device": ("cpu",),
    "discont": (0.1,),
    "dtype": (np.float32, np.complex128),
    "dx": (0.5,),
    "edge_order": (2,),
    "edgeitems": (2,),
    "einsum_call": (True,),
    "encoding": ("latin1",),
    "endpoint": (False,),
    "equal_nan": (True, False),
    "floatmode": ("fixed",),
    "fmt": ("%.3f",),
    "footer": ("end",),
    "formatter": ({"float": "{:.2f}".format},),
    "full": (True,),
    "full_matrices": (False,),
    "fweights": (np.asarray([1, 2, 1, 3]),),
    "header": ("begin",),
    "hermitian": (True,),
    "include_initial": (True,),
    "increasing": (True,),
    "ind": (1,),
    "indexing": ("ij",),
    "initial": (0.5,),
    "invert": (True,),
    "k": (1, [0.5]),
    "keepdims": (True,),
    "kind": ("stable", "introselect", "sort"),
    "left": (0.3,),
    "legacy": ("1.13",),
    "m": (1,),
    "max": (0.9,),
    "max_line_width": (40,),
    "max_work": (1,),
    "mean": (np.asarray(0.5),),
    "method": ("lower",),
    "min": (0.5,),
    "minlength": (9,),
    "mode": ("same", "edge", "wrap", "r"),
    "n": (2, 3),
    "nan": (0.5,),
    "neginf": (0.5,),
    "newline": ("\n\n",),
    "norm": (None, "ortho"),
    "num": (7,),
    "offset": (1,),
    "optimize": (True, "greedy"),
    "ord": (1,),
    "order": ("F", "C", None),
    "out": (),
    "overwrite_input": (True,),
    "p": (1,),
    "period": (1.0,),
    "posinf": (0.5,),
    "precision": (3,),
    "prefix": ("x",),
    "prepend": (X[:, :1], 2.0),
    "range": ((0.1, 1.7), ((0.1, 1.7), (0.2, 1.6))),
    "rcond": (1e-3,),
    "retstep": (True,),
    "return_counts": (True,),
    "return_index": (True,),
    "return_indices": (True,),
    "return_inverse": (True,),
    "returned": (True,),
    "right": (True, 0.7),
    "rowvar": (False,),
    "rtol": (0.3,),
    "atol": (0.3,),
    "s": ((2, 3),),
    "separator": (";",),
    "shape": ((2, 5), (2, 6), (2, 3, 4), (4, 4)),
    "side": ("right",),
    "sign": ("+",),
    "sorted": (True, False),
    "sorter": (np.arange(5),),
    "sparse": (True,),
    "stable": (True,),
    "start": (1,),
    "subok": (False, True),
    "suffix": (";",),
    "suppress_small": (True,),
    "threshold": (3,),
    "to_begin": (0.5,),
    "to_end": (0.5,),
    "tol": (0.2,),
    "trim": ("f",),
    "upper": (True,),
    "w": (W,),
    "weights": (Y, V, W, np.asarray([1.0, 2.0, 0.5])),
    "where": (MASK,),
    "wrap": (True,),
    "writeable": (False, True),
    "x": (np.asarray([0.0, 0.5, 2.0, 3.0]),),
    "y": (Y, W),
}
"""Values of keywords; the first one that NumPy itself takes is tried, in each type of array."""

OWN: dict[str, tuple[Any, ...]] = {
    "allclose.rtol": (0.3,),
    "bincount.weights": (V,),
    "cov.y": (Y,),
    "diagonal.axis1": (2,),
    "diagonal.axis2": (2,),
    "trace.axis1": (2,),
    "trace.axis2": (2,),
    **{
        f"fft.{name}.s": (With.also((2, 3), axes=(0, 1)),)
        for name in "fftn ifftn rfftn irfftn".split()
    },
    "linalg.tensordot.axes": (((0, 1), (0, 1)),),
    "fft.fftshift.axes": (1,),
    "amax.where": (With.also(MASK, initial=0.1),),
    "amin.where": (With.also(MASK, initial=9.0),),
    "clip.max": (With.also(0.9, min=0.5, a=X),),
    "clip.min": (With.also(0.5, max=0.9, a=X),),
    "linalg.matrix_rank.hermitian": (With.also(True, A=P),),
    "linalg.pinv.hermitian": (With.also(True, a=P),),
    "linalg.svd.hermitian": (With.also(True, a=P),),
    "linalg.tensorsolve.axes": (With.also((1,), a=VOL.transpose(0, 2, 1), b=X[:2, :2]),),
    "max.where": (With.also(MASK, initial=0.1),),
    "min.where": (With.also(MASK, initial=9.0),),
    "nanmax.where": (With.also(MASK, initial=0.1),),
    "nanmin.where": (With.also(MASK, initial=9.0),),
    **{
        f"{name}.weights": (With.also(Y, method="inverted_cdf"),)
        for name in "nanpercentile nanquantile percentile quantile".split()
    },
    "rot90.axes": ((1, 0),),
    "rot90.k": (2,),
    "size.axis": (1,),
    "histogram.weights": (Y,),
    "histogramdd.weights": (np.asarray([1.0, 2.0, 0.5]),),
    "histogramdd.range": (((0, 2),) * 4,),
    "polyint.m": (2,),
    "polyder.m": (2,),
    "linalg.cond.p": ("fro", 1),
    "reshape.copy": (True,),
    "trim_zeros.axis": (1,),
}
"""The same, where a function means something else by the keyword."""


class Pair(NamedTuple):
    """One keyword of one function, and with what to call it."""

    name: str
    keyword: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    values: tuple[Any, ...]


def functions() -> Iterator[tuple[str, Any]]:
    """Yield NumPy's functions that ask their arguments' types first, by name."""
    seen = set()
    spaces = {
        "": np,
        "linalg.": np.linalg,
        "fft.": np.fft,
        "emath.": np.emath,
        "stride": np.lib.stride_tricks,
    }
    for prefix, space in spaces.items():
        for name in sorted(dir(space)):
            f = getattr(space, name)
            if type(f).__name__ != "_ArrayFunctionDispatcher" or id(f) in seen:
                continue
            seen.add(id(f))
            yield name if prefix == "stride" else prefix + name, f


def pairs() -> Iterator[Pair]:
    """Yield every pair of a function and a keyword that it may be given."""
    calls = {name: args for names, args in CALLS.items() for name in names.split()}
    for name, f in functions():
        if name in DATES:
            continue
        args = calls[name]
        positional = [p for p in parameters(f).values() if p.kind in _BY_PLACE]
        names = [p.name for p in positional]
        for p in parameters(f).values():
            if p.kind not in _NAMED or name.startswith("unique_"):  # which take x by place alone
                continue
            place = names.index(p.name) if p.name in names else len(args)
            own = OWN.get(f"{name}.{p.name}")
            if own is None and place < len(args):
                if all(q.kind is not q.POSITIONAL_ONLY for q in positional[place : len(args)]):
                    rest = dict(zip(names[place:], args[place:], strict=False))
                    yield Pair(name, p.name, f, args[:place], (rest,))
                continue
            values = (OUT,) if p.name == "out" else VALUES[p.name] if own is None else own
            told = tuple(
                {p.name: v.value, **v.more} if isinstance(v, With) else {p.name: v} for v in values
            )
            given = min(place, *(names.index(k) for t in told for k in t if k in names), len(args))
            yield Pair(name, p.name, f, args[:given], told)


_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_BY_PLACE = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY)
OUT = object()


def host(x: Any) -> Any:
    """Return what a function returned, with arrays as NumPy's."""
    if isinstance(x, xg.Array):
        return np.asarray(x.detach()._numpy())
    if isinstance(x, (list, tuple)):
        return [host(v) for v in x]
    return x


def same(got: Any, right: Any) -> bool:
    """Whether two results are alike, dtypes included."""
    if isinstance(right, (list, tuple)):
        return (
            isinstance(got, (list, tuple)) and len(got) == len(right) and all(map(same, got, right))
        )
    if isinstance(right, (np.ndarray, np.generic)):
        got = np.asarray(got)
        return bool(
            got.shape == right.shape
            and (got.dtype == right.dtype or got.dtype.kind == right.dtype.kind == "i")
            and (right.dtype == object or np.allclose(got, right, 1e-6, 1e-9, equal_nan=True))
        )
    if isinstance(right, (bool, int, float, complex, str)):
        return bool(got == right)
    return True


SEEN: dict[str, Callable[[Any], Any]] = {
    "array_repr": lambda text: " ".join(re.sub(r", (dtype|shape)=.*\)$", ")", text[1:]).split()),
    "einsum_path": lambda out: [None],
    "empty_like": lambda x: np.zeros(x.shape, x.dtype),
    "linalg.eigh": lambda out: [out[0], abs(out[1])],
    "linalg.svd": lambda out: [abs(x) for x in out],
    "unique_values": lambda x: np.sort(x),
}
"""What can be compared of a result: not arbitrary values, signs of vectors, a class's name."""


def run(pair: Pair, place: Callable[[Any], Any] = xg.asarray) -> tuple[str, str]:
    """Return whether a pair is accepted, refused by name, or fails, and why."""

    def made(x: Any, on: Callable[[Any], Any]) -> Any:
        if x in (io.BytesIO, io.StringIO) if isinstance(x, type) else False:
            return x()
        if isinstance(x, np.ndarray) and x.dtype.kind in "fciu":
            return on(x.copy())
        if isinstance(x, np.ndarray) and x.dtype.kind == "b":
            return on(x)
        if isinstance(x, (list, tuple)):
            return type(x)(made(v, on) for v in x)
        return x

    def call(values: Any, on: Callable[[Any], Any]) -> Any:
        args = [made(x, on) for x in pair.args]
        named = {k: made(v, on) for k, v in values.items()}
        if named.get("out") is OUT:
            plain = pair.function(*[made(x, np.asarray) for x in pair.args])
            named["out"] = on(np.zeros_like(plain))
        out = pair.function(*args, **named)
        out = SEEN.get(pair.name, lambda x: x)(out)
        return host([out, *args[:1]] if out is None else out)

    right = None
    for values in pair.values:
        try:
            with np.errstate(all="ignore"):
                right = call(values, np.asarray)
            break
        except Exception:
            continue
    else:
        return "mistake", "NumPy takes none of the values"
    try:
        got = call(values, place)
    except Exception as error:
        text = str(error)
        if pair.keyword in text and not isinstance(error, (NameError, AttributeError, KeyError)):
            return "refused", text
        return "failed", f"{type(error).__name__}: {text}"
    if same(got, right):
        return "accepted", ""
    return "failed", f"got {got!r:.80}; NumPy gives {right!r:.80}"


def main() -> int:
    """Print the pairs that fail, and the counts."""
    warnings.simplefilter("ignore")
    verbose = "--verbose" in sys.argv
    counts = {"accepted": 0, "refused": 0, "failed": 0, "mistake": 0}
    for pair in pairs():
        kind, why = run(pair)
        counts[kind] += 1
        if kind in ("failed", "mistake") or (verbose and kind == "refused"):
            print(f"  {kind:8} {pair.name}({pair.keyword}=): {why:.160}".replace("\n", " "))
    total = sum(counts.values())
    print(f"{total} pairs: " + ", ".join(f"{kind} {n}" for kind, n in counts.items()))
    return 1 if counts["failed"] + counts["mistake"] else 0


if __name__ == "__main__":
    sys.exit(main())
