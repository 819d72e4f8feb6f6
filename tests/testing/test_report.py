# Tests of xgrad/testing/report.py, tests/conftest.py
"""`check_backend` on a third party's adapter, and the command-line option of the tests."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import xgrad as xg
from xgrad import backends, testing
from xgrad.testing import Place, check_backend, report

ROOT = Path(__file__).parents[2]


class Mine(np.ndarray):
    """The array class of another package."""


def lift(function):
    """Return a function of NumPy's that gives arrays of the other class."""

    def lifted(*args, **kwargs):
        return as_mine(function(*args, **kwargs))

    return lifted


def as_mine(x):
    if isinstance(x, (tuple, list)):
        return tuple(as_mine(part) for part in x)
    return np.asarray(x).view(Mine) if isinstance(x, (np.ndarray, np.generic)) else x


class Lifted:
    """NumPy's namespace, giving arrays of the other class."""

    def __getattr__(self, name):
        found = getattr(backends.load("numpy").xp, name)
        return lift(found) if callable(found) and not isinstance(found, type) else found


@pytest.fixture
def mine(monkeypatch):
    """A backend that another package brings."""
    numpy = backends.load("numpy")
    backend = dataclasses.replace(
        numpy,
        name="mine",
        xp=Lifted(),
        array_types=(Mine,),
        from_numpy=lambda x, device: np.array(x).view(Mine),
        to_numpy=np.asarray,
        strong_multiply=None,
    )
    monkeypatch.setitem(backends.LOADED, "mine", None)  # taken out again at the end
    monkeypatch.setitem(backends.BY_TYPE, Mine, None)
    return backends.register(backend)


@pytest.fixture
def few_rows(monkeypatch):
    """A table of a few ops, since a report runs all of it."""
    rows = [row for row in testing.ROWS if row.name in ("sin", "multiply", "sum", "clip")]
    assert len(rows) == 4
    monkeypatch.setattr(report, "ROWS", rows)


@pytest.mark.usefixtures("mine", "few_rows")
def test_a_third_partys_backend_is_checked(capsys):
    found = check_backend("mine")
    assert (found.name, found.ops, found.failures) == ("mine", 4, [])
    assert found.cases > 200
    assert "mine:" in capsys.readouterr().out
    assert "none failed" in str(found)


@pytest.mark.usefixtures("few_rows")
def test_a_wrong_backend_is_reported(mine, monkeypatch):
    monkeypatch.setattr(Lifted, "cos", lambda self, x: as_mine(np.cos(x) * 1.001), raising=False)
    assert mine
    text = r"(?s)FAILED: derivatives of sin.*central differences.*failed: .* of 'derivatives'"
    with pytest.raises(AssertionError, match=text):
        check_backend("mine")


@pytest.mark.usefixtures("mine", "few_rows")
def test_progress_is_told(capsys, monkeypatch):
    monkeypatch.setattr(report, "_EVERY", 0.0)  # in a file, a line for each op
    check_backend("mine")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].endswith("0 of 4 ops, none failed; now sin") or len(lines) == 4
    assert "3 of 4 ops, about" in lines[3]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)  # on a screen, one that changes
    check_backend("mine", only=["sin"])
    assert capsys.readouterr().err.startswith("\rmine: 0 of 1 ops, none failed; now sin")


def test_some_ops_are_checked_by_name():
    assert check_backend("numpy", only=["sin", "linalg.inv"]).ops == 2
    with pytest.raises(ValueError, match="there is no op 'sine'; expected names as xgrad has"):
        check_backend("numpy", only=["sine"])


@pytest.mark.usefixtures("few_rows")
def test_every_known_place_passes(place, capsys):
    assert check_backend(place.name).failures == []
    assert place.name in capsys.readouterr().out


def test_known_differences_are_reported():
    place = dataclasses.replace(Place.named("numpy"), name="torch:meta")
    found = {reason for row in testing.ROWS for reason in report.left_out(row.name, place)}
    assert any("depends on values" in reason for reason in found)
    assert not {r for row in testing.ROWS for r in report.left_out(row.name, Place.named("numpy"))}


def test_an_unknown_backend_is_refused():
    with pytest.raises(xg.errors.UnknownBackendError, match="'nowhere' is unknown"):
        check_backend("nowhere")


def run_pytest(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--collect-only", "tests/test_ops.py", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


@pytest.mark.parametrize(
    ("name", "text"), [("nowhere", "unknown"), ("numpy:gpu", "device"), ("cupy", "cannot be used")]
)
def test_a_backend_that_was_asked_for_must_be_usable(name, text):
    if name in xg.available_backends():
        pytest.skip(f"{name} is usable here")
    found = run_pytest("--backend", "numpy", "--backend", name)
    assert found.returncode != 0
    assert f"--backend {name}" in found.stderr
    assert text in found.stderr


def test_the_header_says_where_tests_run():
    found = run_pytest("--backend", "numpy:readonly", "-v", "-k", "sin")
    assert "backends: numpy:readonly" in found.stdout
    assert found.returncode == 0
