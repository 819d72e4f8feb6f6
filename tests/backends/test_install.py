# Tests of xgrad/backends/install.py
"""The line that an error advises names what the package asks for, and works from anywhere."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import xgrad as xg
from xgrad.backends import install

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))[
    "project"
]


def test_the_table_is_that_of_the_extras():
    extras = PROJECT["optional-dependencies"]
    for purpose in extras.keys() & install.REQUIREMENTS.keys():
        assert list(install.REQUIREMENTS[purpose]) == extras[purpose]
    assert {"torch", "dask", "jax", "scipy", "files", "show", "cuda12", "cuda13"} <= extras.keys()
    assert install.REQUIREMENTS["numpy"][0] in PROJECT["dependencies"]


def test_the_line_runs_this_interpreter(monkeypatch, tmp_path):
    monkeypatch.setattr(install.importlib.util, "find_spec", lambda name: object())
    monkeypatch.chdir(tmp_path)
    words = shlex.split(install.install_line("show", "-U"))
    assert words[1:] == ["-m", "pip", "install", "-U", *install.REQUIREMENTS["show"]]
    code = "import sys; print(sys.executable)"
    done = subprocess.run([words[0], "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == sys.executable


@pytest.mark.parametrize(
    ("executable", "called"),
    [
        ("here/.venv/bin/python", ".venv/bin/python"),
        ("there/bin/python", "{root}/there/bin/python"),
    ],
)
def test_the_interpreter_is_named_from_where_the_user_is(executable, called, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(sys, "executable", str(tmp_path / executable))
    assert install.install_line("torch").split()[0] == called.format(root=tmp_path)


def test_an_environment_without_pip_is_told_of_uv(monkeypatch, tmp_path):
    monkeypatch.setattr(install.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(install.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(sys, "executable", "/envs/own/bin/python")
    line = install.pip_line("uninstall", "-y", "cupy")
    assert line == "uv pip uninstall --python /envs/own/bin/python cupy"


@pytest.mark.parametrize(
    ("what", "module", "purpose"),
    [
        ("optimize.minimize", "scipy.optimize", "scipy"),
        ("optimize.root", "scipy.optimize", "scipy"),
        ("files", "safetensors.numpy", "files"),
    ],
)
def test_functions_that_need_a_library_say_so(what, module, purpose, monkeypatch, tmp_path):
    calls = {
        "optimize.minimize": lambda: xg.optimize.minimize(xg.sum, [0.0]),
        "optimize.root": lambda: xg.optimize.root(xg.sin, [0.0]),
        "files": lambda: xg.files.save(tmp_path / "x", {"a": xg.zeros(2)}),
    }
    library = module.split(".")[0]

    def absent(name):
        assert name == module
        raise ModuleNotFoundError(f"No module named {library!r}", name=library)

    monkeypatch.setattr(install.importlib, "import_module", absent)
    with pytest.raises(xg.errors.BackendUnavailableError) as caught:
        calls[what]()
    line = install.install_line(purpose)
    assert str(caught.value) == f"{what}: {library} is not installed. To use it: {line}"


def test_a_broken_library_is_not_called_absent(tmp_path, monkeypatch):
    (tmp_path / "broken_library.py").write_text("import no_such_dependency")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_dependency"):
        install.needed("broken_library", "something", "files")


def test_no_text_names_a_package_of_ours_on_an_index():
    """It is on none yet: the lines that texts advise install from a clone, or name libraries."""
    root = Path(__file__).parents[2]
    texts = [root / "README.md", *(root / "docs").glob("*.md")]
    texts += [*(root / "xgrad").rglob("*.py"), *(root / "backends").rglob("*.py")]
    naming = [p for p in texts if re.search(r"pip install[^\n]*xgrad\[", p.read_text("utf-8"))]
    assert not naming
