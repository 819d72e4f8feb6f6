"""Where the tests run: ``pytest --backend NAME``, which may be repeated."""

from __future__ import annotations

import ast
import gc
import importlib
import re
import threading
from functools import cache
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

QUICK = (
    *("tests/test_engine.py", "tests/test_transforms.py", "tests/test_layers.py"),
    *("tests/test_ops.py", "tests/test_array.py", "tests/test_custom.py"),
)
"""The files of `--quick`."""

PLACED = frozenset(("place", "computing", "each_library"))
"""The fixtures that are places."""

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
        "--only-new",
        action="store_true",
        help="leave out what does not depend on the backends that were asked for, nor on optional "
        "packages: it says the same in every session, and `nox -s tests` runs it",
    )
    parser.addoption(
        "--quick",
        action="store_true",
        help="only NumPy; the engine, the transforms, the layers, and the first sample of each op",
    )
    parser.addoption(
        "--faults",
        action="store_true",
        help="let every operation of 50 programs fail, not just some; see tests/test_faults.py",
    )


def pytest_configure(config):
    """Find the places to test; one that was asked for by name must be usable."""
    asked = list(dict.fromkeys(config.getoption("backend")))
    if config.getoption("quick"):
        asked = asked or ["numpy"]
        if config.args == config.getini("testpaths"):  # no files were named
            config.args[:] = [str(config.rootpath / name) for name in QUICK]
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
    """Run a test in every place that was asked for: all, those with values, one of each library."""
    for fixture in PLACED:
        if fixture in metafunc.fixturenames:
            places = metafunc.config.places
            if fixture != "place":
                places = [place for place in places if place.has_values]
            if fixture == "each_library":
                places = [place for place in places if place.name == place.backend.name]
            metafunc.parametrize(fixture, places, ids=lambda place: place.name)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config, specs):
    """Say every few seconds that processes are collecting, which pytest-xdist does in silence."""
    terminal = config.pluginmanager.getplugin("terminalreporter")
    config.collected = threading.Event()

    def tell():
        seconds = 0
        while not config.collected.wait(3.0):
            seconds += 3
            terminal.write_line(f"{len(specs)} processes collect the tests: {seconds} s")

    threading.Thread(target=tell, daemon=True).start()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node):
    node.config.collected.set()


def pytest_unconfigure(config):
    if hasattr(config, "collected"):
        config.collected.set()


OPTIONAL = re.compile(
    r"available_backends|matplotlib|\brich\b|sklearn|torch|joblib|dask|notebook|nbclient|importorskip\([a-z]"
)
"""What is in the text of a test that may do something else where `nox -s tests_torch` installs it.

That is PyTorch, and what the examples need.
"""


def pytest_collection_modifyitems(config, items):
    """Leave out what another session has run, if that was asked for."""
    if not config.option.only_new:
        return
    libraries = {BACKENDS.get(place.name, place.backend.name) for place in config.places}

    def tells(text):
        return bool(OPTIONAL.search(text)) or any(name in text for name in libraries)

    @cache
    def of_file(path):
        """Return whether what its tests share tells, and the text of each test."""
        text = path.read_text(encoding="utf-8")
        own = {}
        for node in ast.parse(text).body if path.suffix == ".py" else ():
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
                start = min([node.lineno, *(part.lineno for part in node.decorator_list)])
                own[node.name] = "\n".join(text.splitlines()[start - 1 : node.end_lineno])
        shared = text
        for one in own.values():
            shared = shared.replace(one, "")
        return tells(shared), own

    def may_differ(item):
        if not PLACED.isdisjoint(getattr(item, "fixturenames", ())):
            return True
        shared, own = of_file(item.path)
        return shared or tells(own.get(getattr(item, "originalname", None), "") + item.name)

    new, done = [], []
    for item in items:
        (new if may_differ(item) else done).append(item)
    config.hook.pytest_deselected(items=done)
    items[:] = new


def pytest_collection_finish(session):
    """Spare the garbage collector the thousands of objects that stay until the end."""
    gc.collect()
    gc.freeze()


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
