"""Whether an argument that no program varies is silently taken for a constant.

The programs' own calls of SciPy are noted on NumPy arrays, and then each of their arguments that
holds floating-point numbers moves in turn: the result moves as SciPy's does, or is refused.
"""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy

import xgrad as xg

from .programs import Program

STEP = 1e-5
NEAR = 1e-3
"""How near, of what differences of two steps agree on."""


class Noting:
    """SciPy's chapters, or a distribution, that note which functions of theirs are called."""

    def __init__(self, own: Any, path: str, calls: list[Any]) -> None:
        self._own, self._path, self._calls = own, path, calls

    def __getattr__(self, name: str) -> Any:
        made = self.__dict__[name] = self._noted(name)  # once, as programs may compare functions
        return made

    def _noted(self, name: str) -> Any:
        found, path = getattr(self._own, name), f"{self._path}.{name}".lstrip(".")
        is_made = type(found).__module__.startswith("scipy.stats")
        if isinstance(found, types.ModuleType) or (is_made and not isinstance(found, type)):
            return Noting(found, path, self._calls)
        if isinstance(found, type) or not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            args = tuple(x._own if isinstance(x, Noting) else x for x in args)
            self._calls.append((path, args, kwargs))
            return found(*args, **kwargs)

        return call

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._own(*args, **kwargs)


def calls_of(program: Program) -> list[Any]:
    """Return what a program calls of SciPy, as path, arguments and keywords."""
    calls: list[Any] = []
    program.f(
        Noting(scipy, "", calls), np, *[np.array(x, np.result_type(x, 0.0)) for x in program.args]
    )
    return calls


def numbers(out: Any) -> Iterator[Any]:
    """Yield the floating-point arrays of a result."""
    if isinstance(out, (list, tuple)):
        for part in out:
            yield from numbers(part)
    elif (
        isinstance(out, (xg.Array, np.ndarray, np.generic, float, complex))
        and np.dtype(getattr(out, "dtype", type(out))).kind in "fc"
    ):
        yield out


def at(root: Any, path: str) -> Any:
    """Return what a namespace has under a path."""
    for name in path.split("."):
        root = getattr(root, name)
    return root


def silent(path: str, args: Any, kwargs: Any) -> list[str]:
    """Return the arguments of a call whose derivative is another than that of differences."""
    found = []
    for key, given in [*enumerate(args), *kwargs.items()]:
        is_array = isinstance(given, np.ndarray) and given.dtype.kind == "f" and given.size < 4000
        if not isinstance(given, float) and not (is_array and given.size):
            continue
        x = np.asarray(given)
        t = np.random.default_rng(0).normal(size=x.shape)

        def call(sp: Any, z: Any, key: Any = key) -> list[Any]:
            changed = (*args[:key], z, *args[key + 1 :]) if isinstance(key, int) else args
            more = kwargs if isinstance(key, int) else {**kwargs, key: z}
            return list(numbers(at(sp, path)(*changed, **more)))

        def theirs(h: float, call: Any = call, x: Any = x, t: Any = t, given: Any = given) -> Any:
            z = x + h * t
            return [np.asarray(y) for y in call(scipy, z if is_array else type(given)(z))]  # noqa: B023

        def slopes(h: float, theirs: Any = theirs) -> list[Any]:
            return [(a - b) / (2 * h) for a, b in zip(theirs(h), theirs(-h), strict=True)]

        try:
            near, far = slopes(STEP), slopes(2 * STEP)
            got = xg.jvp(
                lambda z, call=call: [xg.asarray(y) for y in call(xg.scipy, z)], (x,), (t,)
            )
        except Exception:  # SciPy refuses it, or xgrad does: nothing is silent
            continue
        for y, one, two in zip(got[1], near, far, strict=False):
            size = np.max(np.abs(one), initial=0.0)
            agreed = np.max(np.abs(one - two), initial=0.0) <= NEAR * (size + NEAR)
            if agreed and not np.max(np.abs(np.asarray(y) - one), initial=0.0) <= NEAR * (
                size + NEAR
            ):
                found.append(f"{path}: {key}")
                break
    return found


TRIANGLE = "of a symmetric matrix, of which SciPy reads a part, the whole has the derivative"
FACTORS = "factors move together, and do not alone"
KNOWN = {
    "linalg.qr_insert": FACTORS,
    "linalg.qr_delete": FACTORS,
    "linalg.qr_update": FACTORS,
    "linalg.rsf2csf": FACTORS,
    "linalg.eig": "a complex vector is known up to its phase",
    "optimize.curve_fit": TRIANGLE,
    "sparse.linalg.eigsh": TRIANGLE,
    **dict.fromkeys(("stats.gamma.fit", "stats.lognorm.fit"), "SciPy searches to four digits"),
    **{
        f"stats.multivariate_normal.{name}": TRIANGLE
        for name in ("cdf", "logcdf", "logpdf", "pdf", "entropy")
    },
    **{f"stats.multivariate_t.{name}": TRIANGLE for name in ("cdf", "logpdf", "entropy")},
    **{
        f"stats.{kind}.{name}": TRIANGLE
        for kind in ("wishart", "invwishart", "matrix_normal", "matrix_t")
        for name in ("logpdf", "pdf", "entropy")
    },
}
"""By path, why a call is left out."""


def check_arguments(program: Program) -> None:
    """Raise an AssertionError if an argument of a call is silently a constant."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = [x for call in calls_of(program) if call[0] not in KNOWN for x in silent(*call)]
    assert not found, f"other derivatives than those of differences: {sorted(set(found))}"
