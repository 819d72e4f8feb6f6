"""What to say when a conversion would drop a gradient: where it was asked for, what keeps it."""

from __future__ import annotations

import difflib
import linecache
import os
import re
import sys
import sysconfig
from collections.abc import Iterator
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from types import FrameType
from typing import Any

from .. import errors
from ..errors.folding import shown
from ..names.scipy import WITHOUT
from .chunked import TASK

OWN = str(Path(__file__).parent.parent) + os.sep
INSTALLED = tuple(
    dict.fromkeys(sysconfig.get_path(name) + os.sep for name in ("stdlib", "purelib", "platlib"))
)

_WRITE = r"^[\w.]+\[.*\]\s*(?:[-+*/@%|&^]|\*\*|//)?=[^=]"

ADVICE = {
    "numpy.asarray": (
        (
            _WRITE + r"(?!.*\b(?:np|numpy)\.)",
            "make the target an xgrad.Array, by xgrad.asarray or xgrad.zeros",
        ),
        (
            r"\b(?:np|numpy)\.(?:ndenumerate|nditer)\(",
            "loop over i in numpy.ndindex(x.shape), and use x[i]",
        ),
        (
            r"(?<!\w)(?!np\.|numpy\.)([\w.]+)\.dot\(([\w.\[\]:]+)\)",
            r"use \1 @ \2 or numpy.dot(\1, \2)",
        ),
        (
            r"\bcheb\w*\(|\bchebyshev\b|\bChebyshev\(",
            "add up c[n] * xgrad.special.eval_chebyt(n, x)",
        ),
        (r"\bleg\w+\(|\bLegendre\(", "add up c[n] * xgrad.special.eval_legendre(n, x)"),
        (
            r"\bherme\w*\(|\bhermite_e\b|\bHermiteE\(",
            "add up c[n] * xgrad.special.eval_hermitenorm(n, x)",
        ),
        (r"\bherm\w*\(|\bHermite\(", "add up c[n] * xgrad.special.eval_hermite(n, x)"),
        (r"\blag\w+\(|\bLaguerre\(", "add up c[n] * xgrad.special.eval_laguerre(n, x)"),
        (r"\b(?:np|numpy)\.(?:array|r_|c_)\b", "use xgrad.asarray([...]) or xgrad.stack"),
        (r"\b(?:np|numpy)\.full\b", "use xgrad.full"),
        (r"\b(?:np|numpy)\.vectorize\b", "use array functions, or xgrad.stack([f(v) for v in x])"),
        (
            r"\.(?:permutation|permuted|choice)\(",
            "index with it, as x[rng.permutation(x.shape[0])]",
        ),
        (
            r"\.(?:normal|uniform|laplace|logistic|gumbel)\(",
            "draw standard numbers, and shift and scale them: loc + scale * rng.normal(size=...)",
        ),
        (
            r"\bpolynomial\.|\bPolynomial\(|\bpoly1d\(",
            "use xgrad.polyval, whose coefficients begin with the highest power",
        ),
        (r"\b(?:np|numpy)\.ma\.", "use xgrad.where for a mask"),
        (r"\b(?:np|numpy)\.(?:as)?matrix\(", "use x itself: x @ y is the matrix product"),
        (r"\b(?:np|numpy)\.float\d+\(", "use x.astype(dtype)"),
        (r"\b(?:np|numpy)\.(?!as)\w+\(\s*\[", "make the list an array, by xgrad.asarray([...])"),
        (
            r"\b(?:np|numpy)\.(?:as\w*array|require)\b",
            "use x itself, an array already, or xgrad.asarray(x)",
        ),
        (r"\btorch\.", "use x.to_backend('torch')"),
    ),
    "from_dlpack": ((r"\btorch\.", "use x.to_backend('torch')"),),
    "float()": (
        (_WRITE, "make the target an xgrad.Array, by xgrad.asarray or xgrad.zeros"),
        (r"\bstatistics\.f?(mean|median)\b", r"use xgrad.\1"),
        (r"\bstatistics\.p?(?:stdev|variance)\b", "use xgrad.std or xgrad.var"),
        (r"[\"']\s*%|\.format\(|\bf[\"']", "show its value, by x.item()"),
        (r"\bfloat\(", "use x itself: a 0-d array calculates like a number"),
    ),
    "int()": ((r"\bint\(", "use x itself, or xgrad.floor(x)"),),
    "complex()": ((r"\bcomplex\(", "use x itself: a 0-d array calculates like a number"),),
}
"""For each conversion, patterns of the line that asked for it, and what to do instead."""

MATH = {
    "comb": "xgrad.special.binom",
    "degrees": "xgrad.rad2deg or numpy.degrees",
    "dist": "xgrad.linalg.vector_norm of the difference",
    "erf": "xgrad.special.erf",
    "erfc": "xgrad.special.erfc",
    "fabs": "xgrad.abs or numpy.abs",
    "factorial": "xgrad.special.factorial",
    "frexp": "numpy.frexp",
    "fsum": "xgrad.sum or numpy.sum",
    "gamma": "xgrad.special.gamma",
    "lgamma": "xgrad.special.gammaln",
    "modf": "numpy.modf",
    "perm": "xgrad.special.poch",
    "phase": "xgrad.angle or numpy.angle",
    "polar": "xgrad.abs and xgrad.angle",
    "radians": "xgrad.deg2rad or numpy.radians",
    "rect": "r * xgrad.exp(1j * phi)",
    "sumprod": "xgrad.vecdot or numpy.vecdot",
    "ulp": "numpy.spacing",
    **{
        name: f"xgrad.{name} or numpy.{name}"
        for name in "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh exp exp2 "
        "expm1 floor fmod hypot isclose isfinite isinf isnan ldexp log log10 log1p log2 nextafter "
        "pow prod remainder sin sinh sqrt tan tanh trunc".split()
    },
}
"""What to use in place of the functions of ``math`` and ``cmath``, which take numbers only."""

ESTIMATES = {"scipy.integrate._quad_vec": ("_quadrature_gk", "_quadrature_trapezoid")}
"""Modules, and functions of theirs that take ``float(x)`` only to judge how large an error is."""

ELSEWHERE = (
    "map over workers with xgrad.distributed.starmap(f, pool)([(x, ...), ...]), or differentiate "
    "inside the function that a worker runs, or around the call that is kept in a file, and pass "
    "what comes out; between ranks of MPI write xgrad.distributed.use(comm).allreduce(x)"
)
"""What to do instead of a pickle: across processes and files there is no tape."""

IN_CHUNKS = (
    "use xgrad's function of the name in the place of dask.array's, xgrad.distributed.map_blocks, "
    "map_overlap or sum_chunks for a function of chunks, or xgrad.distributed.starmap(f, pool) for "
    "tasks"
)
"""What to do instead of giving an array to Dask."""

GENERAL = "use the xgrad function of the same purpose"


def message(what: str, dtype: object, shape: tuple[int, ...]) -> str:
    """Return the text of the error, for the code that is running now."""
    caller, libraries, entered = _caller(sys._getframe(1))
    line = ""
    if caller is not None:
        name, number = caller.f_code.co_filename, caller.f_lineno
        code = linecache.getline(name, number).strip()
        line = f"\n  {shown(name, number)}"
        told = _of_math(code, caller) or _of_scipy([*_called_in(code, caller), *entered])
        instead = told or _advice(what, code, libraries)
    else:
        instead = _advice(what, "", libraries)
    return (
        f"{what} of a tracked array ({dtype}{list(shape)}) would drop its gradient. "
        f"To keep it, {instead}. "
        f"To leave the tape on purpose, use x.detach() (an array) or x.item() (a number){line}"
    )


def restate(error: Exception) -> None:
    """Raise the error of a conversion again, where a pool reports it as the cause of its own error.

    A pool of processes pickles in a thread of its own; what goes wrong there comes back as a text.
    """
    cause = error.__cause__
    while cause is not None:
        if isinstance(cause, errors.TracedConversionError) and "pickl" in str(cause):
            raise errors.TracedConversionError(str(cause)) from error
        cause = cause.__cause__
    name = f"{errors.TracedConversionError.__module__}.{errors.TracedConversionError.__name__}: "
    _, found, text = str(error.__cause__).rpartition(name)
    if found and not isinstance(error, errors.TracedConversionError):
        raise errors.TracedConversionError(text.strip().strip('"').strip()) from error


def outside() -> FrameType | None:
    """Return the innermost frame of code that is not xgrad's own."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(OWN):
        frame = frame.f_back
    return frame


def refuse_swaps(frame: FrameType, x: Any) -> None:
    """Raise if Python's shuffle swaps slices: through views, the one written first is lost."""
    if frame.f_code.co_name == "shuffle" and frame.f_globals.get("__name__") == "random":
        raise TypeError(
            f"random.shuffle: x has {x.ndim} axes, whose slices are views: swapping two of them "
            "makes both the same, as of NumPy's arrays. Use x[rng.permutation(len(x))] with rng = "
            "numpy.random.default_rng(), which keeps the gradient, too"
        )


def judges_an_error() -> bool:
    """Return whether library code asks for a number that no result is made of."""
    frame = outside()
    if frame is None:
        return False
    return frame.f_code.co_name in ESTIMATES.get(frame.f_globals.get("__name__", ""), ())


def _caller(frame: FrameType | None) -> tuple[FrameType | None, set[str], list[Any]]:
    """Return the innermost frame of the user's own code, and what it went through.

    Returns:
        The frame, the libraries, and the public functions of SciPy, the outermost first.
    """
    libraries: set[str] = set()
    entered: list[Any] = []
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith((OWN, "<frozen", "<__array_function__")):
            folder = next((f for f in INSTALLED[::-1] if name.startswith(f)), None)
            if folder is None:
                return frame, libraries, entered[::-1]
            library = Path(name[len(folder) :]).parts[0]
            libraries.add(library)
            if frame.f_code.co_qualname.startswith("vectorize."):
                libraries.add("numpy.vectorize")
            if library == "scipy":
                known = frame.f_globals.get(frame.f_code.co_name)
                if known is not None and not frame.f_code.co_name.startswith("_"):
                    entered.append(known)
                if twin := _twin(frame):
                    libraries.add(twin)
        frame = frame.f_back
    return None, libraries, entered[::-1]


def _twin(frame: FrameType) -> str:
    """Return the function of `xgrad.scipy` that stands for one of SciPy, if there is one."""
    parts = frame.f_globals.get("__name__", "").split(".")[1:]
    while parts and parts[-1].startswith("_"):
        parts.pop()
    name = frame.f_code.co_name
    if not parts or name.startswith("_"):
        return ""
    try:
        chapter = import_module(".".join(["xgrad", "scipy", *parts]))
    except ImportError:
        return ""
    return ".".join(["scipy", *parts, name]) if name in chapter.__all__ else ""


def _called_in(code: str, frame: FrameType) -> Iterator[Any]:
    """Yield what a line of code calls by name."""
    for name in re.findall(r"([A-Za-z_][\w.]*)\(", code):
        root, *rest = name.split(".")
        found = frame.f_locals.get(root, frame.f_globals.get(root))
        for part in rest:
            found = getattr(found, part, None)
        if found is not None:
            yield found


def _of_math(code: str, frame: FrameType) -> str:
    """Return what to use in place of a function of ``math`` in a line, by whatever name it has."""
    for found in _called_in(code, frame):
        if getattr(found, "__module__", "") in ("math", "cmath"):
            instead = MATH.get(getattr(found, "__name__", ""))
            return f"use {instead}" if instead else ""
    return ""


def _of_scipy(called: list[Any]) -> str:
    """Return what there is in the place of the first function of SciPy's that has no twin here."""
    for found in called:
        name = getattr(found, "__name__", "")
        of = getattr(found, "__self__", None)  # a distribution's method is told by both names
        module = str(getattr(found, "__module__", "") or getattr(type(of), "__module__", ""))
        parts = list(takewhile(lambda part: not part.startswith("_"), module.split(".")))
        if parts[:1] != ["scipy"] or not name:
            continue
        if of is not None and (owner := _named(of, ".".join(parts))):
            name = f"{owner}.{name}"
        for end in range(len(parts), 1, -1):
            try:
                names = import_module(".".join(["xgrad", *parts[:end]])).__all__
            except (ImportError, AttributeError):
                continue
            chapter, full = ".".join(parts[:end]), ".".join([*parts, name])
            if name in names:
                if getattr(found, "__flags__", 0) & _IMMUTABLE:
                    return f"call xgrad.{chapter}.{name}: {full} is compiled, and cannot be asked"
                break
            if full in WITHOUT:
                return f"{WITHOUT[full]}: {full} has no derivative"
            if _would_dispatch(found) and not _scipy_dispatches():
                break
            near = difflib.get_close_matches(name, names, n=4, cutoff=0.5)
            listed = ", ".join(near or sorted(names)[:6])
            return (
                f"use another function, since {full} has no derivative here. "
                f"xgrad.{chapter} has {listed} and others: dir(xgrad.{chapter}). Or give it a rule "
                "of its own with xgrad.custom_vjp"
            )
    return ""


_IMMUTABLE = 1 << 8
"""The flag of a class of compiled code, whose calls nobody can be asked about."""


def _named(of: Any, module: str) -> str:
    """Return what a module calls an object, as ``"norm"``, or the class of it."""
    home = sys.modules.get(module)
    for name, value in vars(home).items() if home is not None else ():
        if value is of:
            return name
    known = type(of).__name__
    return "" if isinstance(of, type(sys)) or known.startswith("_") else known


def _would_dispatch(function: Any) -> bool:
    """Whether a function of SciPy's runs on arrays of any library, where SciPy is told to."""
    home = sys.modules.get("scipy._lib._array_api")
    table: Any = getattr(home, "xp_capabilities_table", None)
    if table is None:
        return True
    try:
        known = table.get(function)
    except TypeError:  # it has no hash
        return False
    return known is not None and not any(
        known.get(reason) for reason in ("np_only", "cpu_only", "out_of_scope")
    )


def _advice(what: str, code: str, libraries: set[str]) -> str:
    if what == "a pickle":
        return ELSEWHERE
    if what == TASK:
        return IN_CHUNKS
    twins = sorted((name for name in libraries if name.startswith("scipy.")), key=len)
    if twins:
        twin = twins[0]
        return f"call xgrad.{twin}: {twin} leaves Python, and xgrad.{twin} has its derivative"
    if "sklearn" in libraries and not _sklearn_dispatches():
        return (
            "call sklearn.set_config(array_api_dispatch=True), and set SCIPY_ARRAY_API=1 in the "
            "environment before scipy is imported"
        )
    if "scipy" in libraries and not _scipy_dispatches():
        return (
            "set SCIPY_ARRAY_API=1 in the environment before scipy is imported: most functions of "
            "SciPy then keep it"
        )
    if "matplotlib" in libraries:
        return "compute with x as before, and draw x.detach(): a picture has no derivative"
    if "sympy" in libraries:
        return (
            "make a function of the expression once, as in f = sympy.lambdify(symbol, expression), "
            "and call f(x): SymPy computes with symbols, and what it makes of them calls xgrad"
        )
    if "pandas" in libraries:
        return (
            "take the column out as an array, as in df['a'].to_numpy() * x; a column of a frame "
            "has no derivative"
        )
    if "numpy.vectorize" in libraries:
        return "use array functions, or xgrad.vmap(f)(x), in the place of numpy.vectorize(f)(x)"
    if libraries & {"scipy", "sklearn"}:
        return (
            "use another function, since this one leaves Python for compiled code or for NumPy, "
            "or give it a rule with xgrad.custom_vjp"
        )
    for pattern, instead in ADVICE.get(what, ()):
        if found := re.search(pattern, code):
            return found.expand(instead)
    return GENERAL


def _scipy_dispatches() -> bool:
    """Whether SciPy, as it was imported, asks arrays for their namespace."""
    override = sys.modules.get("scipy._lib._array_api_override")
    if override is not None and hasattr(override, "SCIPY_ARRAY_API"):
        return bool(override.SCIPY_ARRAY_API)
    return os.environ.get("SCIPY_ARRAY_API", "0") not in ("", "0", "false", "False")


def _sklearn_dispatches() -> bool:
    return bool(sys.modules["sklearn"].get_config().get("array_api_dispatch"))
