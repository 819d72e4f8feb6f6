"""Where the tests run: ``pytest --backend NAME``, which may be repeated."""

from __future__ import annotations

import gc
import importlib
from importlib.util import find_spec

import numpy as np
import pytest

import xgrad as xg
from xgrad.testing import Place

BACKENDS = {
    "numpy": "numpy",
    "numpy:readonly": "numpy",
    "array_api_strict": "array_api_strict",
    "array_api_strict:device1": "array_api_strict",
    "torch": "torch",
    "torch:meta": "torch",
    "dask": "dask",
    "jax": "jax",
    "cupy": "cupy",
}
"""The places that the tests know, and the library that each needs."""

DEFAULT = ("numpy", "numpy:readonly", "array_api_strict", "array_api_strict:device1")


def pytest_addoption(parser):
    parser.addoption(
        "--backend",
        action="append",
        default=[],
        metavar="NAME",
        help=f"run on this backend, one of {', '.join(BACKENDS)}, or an installed adapter's; "
        f"may be repeated; by default those installed of {', '.join(DEFAULT)}",
    )
    parser.addoption(
        "--faults",
        action="store_true",
        help="let every operation of 50 programs fail, not just some; see tests/test_faults.py",
    )


def pytest_configure(config):
    """Find the places to test; one that was asked for by name must be usable."""
    asked = list(dict.fromkeys(config.getoption("backend")))
    places, absent = [], []
    if "jax" in asked:  # which is in single precision otherwise
        importlib.import_module("jax").config.update("jax_enable_x64", True)
    for name in asked or DEFAULT:
        if not asked and find_spec(BACKENDS[name]) is None:
            absent.append(f"{name} ({BACKENDS[name]} is not installed)")
            continue
        try:
            places.append(Place.named(name))
        except (xg.errors.BackendError, ValueError) as error:
            raise pytest.UsageError(f"--backend {name}: {error}") from error
    config.places, config.absent = places, absent
    if any(place.name == "dask" for place in places):  # threads cost more than such small arrays
        importlib.import_module("dask").config.set(scheduler="synchronous")


def pytest_report_header(config):
    lines = [f"backends: {', '.join(place.name for place in config.places)}"]
    if config.absent:
        lines.append(f"NOT tested here: {', '.join(config.absent)}")
    return lines


def pytest_generate_tests(metafunc):
    """Run a test in every place that was asked for: all, or those whose arrays have values."""
    for fixture in ("place", "computing"):
        if fixture in metafunc.fixturenames:
            places = [
                place for place in metafunc.config.places if place.has_values or fixture == "place"
            ]
            metafunc.parametrize(fixture, places, ids=lambda place: place.name)


@pytest.fixture
def gc_off():
    """Switch the garbage collector off, so that only reference counts free anything."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def quiet():
    """Let NumPy divide by zero without a warning, as users do who mask the result."""
    with np.errstate(all="ignore"):
        yield


@pytest.fixture(autouse=True)
def _clean_state():
    """Raise if a test leaves another backend behind, or the tape switched off."""
    yield
    assert xg.get_backend() == "numpy"
    assert (xg.asarray(1.0, requires_grad=True) * 2).is_tracked
