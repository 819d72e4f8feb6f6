"""autoray on an `Array`, and cotengra and quimb, which are written with it.

autoray looks a function up by NumPy's name in the package of the array's class. NumPy's own
functions answer, since they come to xgrad by themselves where an `Array` is given.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

import xgrad


def functions() -> Iterator[tuple[str, Any]]:
    """Yield NumPy's functions that ask an array for its own, by the names that autoray uses."""
    kinds = (np.ufunc, type(np.sum))
    for prefix, space in (("", np), ("linalg.", np.linalg), ("fft.", np.fft)):
        for name in space.__all__:
            if isinstance(f := getattr(space, name), kinds):
                yield prefix + name, f


def _svd(x: Any) -> Any:
    return xgrad.linalg.svd(x, full_matrices=False)  # the form that autoray means


def _drawn(name: str) -> Any:
    def draw(*args: Any, dtype: Any = None, **kwargs: Any) -> Any:
        return xgrad.asarray(getattr(np.random, name)(*args, **kwargs), dtype=dtype)

    return draw


OWN: dict[str, Any] = {
    "array": xgrad.asarray,
    "asarray": xgrad.asarray,
    "ascontiguousarray": xgrad.asarray,
    "complex": lambda real, imag: real + 1j * imag,
    "linalg.expm": lambda x: xgrad.linalg.expm(x),
    "linalg.svd": _svd,
    "random.normal": _drawn("normal"),
    "random.uniform": _drawn("uniform"),
    "scipy.linalg.expm": lambda x: xgrad.linalg.expm(x),
}
"""Functions that NumPy does not hand on, or means otherwise."""


def enter(name: str) -> None:
    """Register the functions where autoray looks first."""
    module = sys.modules[name]
    for called, f in (*functions(), *OWN.items()):
        module.register_function("xgrad", called, f)
