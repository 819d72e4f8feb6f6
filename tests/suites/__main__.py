"""Run a suite: ``python -m tests.suites NAME CHECKOUT [--backend NAME] [pytest's arguments]``.

The checkout is that of the project whose tests they are; nothing of it is copied here. Each adapter
puts xgrad where the suite expects NumPy, or adds it to the libraries that the suite knows.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # SciPy reads it once, when it is imported

import pytest

import xgrad as xg


def _array_api_extra(checkout: Path) -> list[str]:
    """array-api-extra's tests, whose library called numpy, or array_api_strict on that, is xgrad.

    Of array_api_strict they expect that it refuses to mix kinds of numbers.
    """
    sys.path.insert(0, str(checkout / "src"))
    backends: Any = import_module("array_api_extra._lib._backends")
    strict = xg.get_backend() == "array_api_strict"
    taken = backends.Backend.ARRAY_API_STRICT if strict else backends.Backend.NUMPY
    if strict:  # whose own names they call on the library under test
        for own_name in ("Device", "set_array_api_strict_flags"):
            setattr(xg, own_name, getattr(import_module("array_api_strict"), own_name))
    own = backends.Backend.modname.fget
    backends.Backend.modname = property(lambda self: "xgrad" if self is taken else own(self))
    chosen = f"{taken.name.lower()} and not readonly and not strictest"
    return [str(checkout / "tests" / "main"), "-k", chosen]


def _einops(checkout: Path) -> list[str]:
    """einops' tests, whose only library is xgrad."""
    sys.path.insert(0, str(checkout))
    import_module("einops._backends")  # the hook enters xgrad into its register
    os.environ["EINOPS_TEST_BACKENDS"] = "numpy,xgrad"
    names = ("ops", "einsum", "packing", "examples", "other", "array_api", "parsing")
    return [str(checkout / "einops" / "tests" / f"test_{name}.py") for name in names]


class _Replaced:
    """A plugin that gives SciPy's fixture ``xp`` one library, xgrad, which is not NumPy."""

    @staticmethod
    @pytest.hookimpl(tryfirst=True)
    def pytest_generate_tests(metafunc: Any) -> None:
        sys.modules["scipy.conftest"].xp_known_backends.add("xgrad")  # type: ignore[attr-defined]
        for definition in metafunc._arg2fixturedefs.get("xp", ()):
            definition.params = [pytest.param(xg, id="xgrad", marks=pytest.mark.array_api_backends)]


def _scipy(checkout: Path) -> list[str]:
    """SciPy's tests that take a namespace; the checkout is the folder that an installed one is in.

    ``pytest.ini`` of SciPy is not installed with it: its marks are unknown, and warn.
    """
    shared: Any = import_module("scipy._lib._array_api")

    class OfTwins(dict[Any, Any]):
        """What SciPy's functions are capable of, which xgrad's hook may have put another before."""

        def __missing__(self, function: Any) -> Any:
            return self[function.xgrad_original]

    shared.xp_capabilities_table = OfTwins(shared.xp_capabilities_table)
    files = (
        "differentiate/tests/test_differentiate fft/tests/test_basic fft/tests/test_fftlog "
        "fft/tests/test_helper fft/tests/test_real_transforms integrate/tests/test_cubature "
        "integrate/tests/test_quadrature integrate/tests/test_tanhsinh optimize/tests/test_bracket "
        "optimize/tests/test_chandrupatla signal/tests/test_windows special/tests/test_logsumexp "
        "special/tests/test_support_alternative_backends "
        "spatial/transform/tests/test_rigid_transform spatial/transform/tests/test_rotation "
        "stats/tests/test_correlation stats/tests/test_entropy stats/tests/test_quantile "
        "stats/tests/test_variation"
    ).split()
    return [*(str(checkout / "scipy" / f"{f}.py") for f in files), "-m", "array_api_backends"]


def _autoray(checkout: Path) -> list[str]:
    """autoray's tests, whose library called numpy is xgrad."""
    sys.path.insert(0, str(checkout))
    conftest: Any = import_module("tests.conftest")
    conftest._AVAILABLE_BACKENDS.clear()
    conftest._ALL_BACKENDS[:] = ["xgrad"]
    conftest._AVAILABLE_BACKENDS.add("xgrad")
    return [str(checkout / "tests" / f"test_{name}.py") for name in ("autoray", "linalg")]


def _marray(checkout: Path) -> list[str]:
    """marray's tests, with xgrad where they import PyTorch: their third library."""
    sys.path.insert(0, str(checkout))
    compat: Any = import_module("array_api_compat")
    compat.torch = xg
    xg.set_default_dtype(xg.float64)
    return [str(checkout / "marray" / "tests" / "test_marray.py"), "-k", "xp2 or xgrad"]


SUITES: dict[str, Callable[[Path], list[str]]] = {
    "array-api-extra": _array_api_extra,
    "autoray": _autoray,
    "einops": _einops,
    "marray": _marray,
    "scipy": _scipy,
}


def main() -> int:
    """Run one suite, and return pytest's exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=SUITES)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--backend", default="numpy", help="where new arrays of xgrad are made")
    options, more = parser.parse_known_args()
    xg.set_backend(options.backend)
    suite = SUITES[options.name]
    checkout = options.checkout.resolve()
    os.chdir(checkout)
    for name in [n for n in sys.modules if n.partition(".")[0] == "tests"]:
        del sys.modules[name]  # theirs may have the name of ours
    sys.path.insert(0, str(Path.cwd()))
    args = suite(checkout)
    flags = ["-q", "-p", "no:cacheprovider", *args, *more]
    return int(pytest.main(flags, [_Replaced()] if options.name == "scipy" else None))


if __name__ == "__main__":
    sys.exit(main())
