# Tests of xgrad/__main__.py
"""``python -m xgrad`` shows what works, and never a traceback."""

import subprocess
import sys

import pytest

import xgrad.__main__ as command
from xgrad.backends import ADAPTERS
from xgrad_backends import detect


@pytest.fixture(params=["rich", "plain"])
def style(request, monkeypatch):
    if request.param == "rich":
        pytest.importorskip("rich")
        monkeypatch.setenv("COLUMNS", "200")
    else:
        monkeypatch.setitem(sys.modules, "rich.box", None)
    return request.param


@pytest.fixture
def states(monkeypatch):
    """Replace what is detected; NumPy alone works unless a test says more."""
    states = {
        name: detect.Status(name, "absent", "", "it is not installed", f"pip install {name}")
        for name in ADAPTERS
    }
    states["numpy"] = detect.Status("numpy", "ok", "2.4.6")
    monkeypatch.setattr(command, "status", states.__getitem__)
    return states


def test_the_table_shows_every_backend(style, states, capsys):
    assert command.main() == 0
    out = capsys.readouterr().out
    lines = [line.split() for line in out.splitlines()]
    assert "backend state version devices".split() in lines
    assert ["numpy", "ok", "2.4.6", "cpu"] in lines
    for name in set(ADAPTERS) - {"numpy"}:
        assert [name, "absent"] in lines
        assert f"{name}: it is not installed\n    pip install {name}\n" in out


def test_an_unusable_backend_that_was_asked_for_fails(style, states, capsys):
    assert command.main(["numpy"]) == 0
    assert "pip" not in capsys.readouterr().out
    assert command.main(["numpy", "cupy"]) == 1
    assert "cupy: it is not installed\n    pip install cupy\n" in capsys.readouterr().out


def test_an_unknown_backend_fails(style, states, capsys):
    assert command.main(["nunpy"]) == 1
    assert "nunpy: backend 'nunpy' is unknown; known are numpy, " in capsys.readouterr().out


def test_an_adapter_that_fails_is_broken(style, states, capsys, monkeypatch):
    def load(name):
        raise KeyError("surprise")

    monkeypatch.setattr(command.backends, "load", load)
    assert command.main() == 0
    assert "numpy: KeyError: 'surprise'\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("cpu", "cpu"),
        ("cuda:1", "cuda:1"),
        ("<CUDA Device 0>", "CUDA Device 0"),
        ("array_api_strict.Device('device1')", "device1"),
    ],
)
def test_devices_are_shown_by_name(text, label):
    assert command._label(text) == label


@pytest.mark.parametrize("arguments", [[], ["numpy"]])
def test_the_command_itself(arguments):
    done = subprocess.run(
        [sys.executable, "-m", "xgrad", *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "numpy" in done.stdout


def test_the_command_fails_without_a_traceback():
    done = subprocess.run(
        [sys.executable, "-m", "xgrad", "nothing"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
