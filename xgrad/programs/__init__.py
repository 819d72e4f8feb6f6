"""Programs in files: saved where a function's source is, run and differentiated where it is not.

    >>> import tempfile, pathlib, numpy as np, xgrad as xg
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "slope.safetensors"
    >>> xg.compile(xg.grad(lambda x: xg.sum(x**2))).lower(np.ones(2)).save(path)
    >>> xg.programs.load(path)(np.asarray([1.0, 2.0]))
    array([2., 4.])

A file is one of safetensors: the constants, and the program as JSON in its metadata. Functions are
stored by name, and only names of xgrad's own namespace are looked up again, so that a file runs no
other code.
"""

from __future__ import annotations

from .reading import Loaded, load
from .writing import save

__all__ = ["Loaded", "load", "save"]
