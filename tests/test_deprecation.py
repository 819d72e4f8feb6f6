# Tests of xgrad/errors
"""What is deprecated warns at the user's own line, and does not outlive its version."""

import importlib
import pkgutil
import re
import warnings
from pathlib import Path

import pytest

import xgrad as xg
from xgrad import errors


def numbers(version):
    return tuple(int(part) for part in re.findall(r"\d+", version))


@pytest.fixture
def half(monkeypatch):
    monkeypatch.setattr(errors, "DEPRECATED", [])

    @errors.deprecated("xg.half", since="0.2", gone="0.4", instead="x / 2")
    def half(x, by=2):
        """Half."""
        return x / by

    return half


def test_a_deprecated_function_works_and_says_what_to_write(half):
    said = r"xg\.half is deprecated since xgrad 0\.2 and gone in 0\.4\. Instead: x / 2"
    with pytest.warns(errors.XgradDeprecationWarning, match=said) as caught:
        assert half(3.0) == 1.5
    assert Path(caught[0].filename) == Path(__file__)
    assert (half.__name__, half.__doc__) == ("half", "Half.")
    with pytest.warns(errors.XgradDeprecationWarning):
        assert half(3.0, by=3) == 1.0
    assert errors.DEPRECATED == [("xg.half", "0.2", "0.4")]


def test_a_warning_by_hand_points_at_the_line_that_called():
    def old():
        errors.warn_deprecated("xg.old", since="0.2", gone="0.4", instead="xg.new")

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        old()
    assert [Path(w.filename) for w in caught] == [Path(__file__)]
    assert issubclass(errors.XgradDeprecationWarning, DeprecationWarning)


def test_nothing_outlives_its_version():
    for info in pkgutil.walk_packages(xg.__path__, "xgrad."):
        if not info.name.startswith(("xgrad.__", "xgrad.hooks.", "xgrad.compat.")):
            importlib.import_module(info.name)
    now = numbers(xg.__version__)
    for what, since, gone in errors.DEPRECATED:
        assert numbers(since) <= now < numbers(gone), f"{what}: since {since}, gone in {gone}"
        assert numbers(gone)[:2] >= (numbers(since)[0], numbers(since)[1] + 2), what


def test_a_deprecation_that_is_due_is_noticed(half, monkeypatch):
    monkeypatch.setattr(xg, "__version__", "0.4.0")
    with pytest.raises(AssertionError, match=r"xg\.half"):
        test_nothing_outlives_its_version()
