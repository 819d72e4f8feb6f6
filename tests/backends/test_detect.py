# Tests of backends/xgrad_backends/detect.py
"""Each way in which a library cannot be used is told apart, and named with the line to type."""

import subprocess
import sys
from importlib import metadata
from types import ModuleType, SimpleNamespace

import pytest

import xgrad as xg
import xgrad_backends
from xgrad import backends
from xgrad.backends.install import install_line, pip_line
from xgrad_backends import detect


class CUDARuntimeError(RuntimeError):
    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def raising(error):
    def call(*args):
        raise error

    return call


def fake_cupy(version="14.2.0", count=lambda: 1, driver=13000, needs=13020, nvrtc=lambda: (13, 0)):
    """Return a stand-in for CuPy with a runtime in the given state."""
    cupy = ModuleType("cupy")
    cupy.__version__ = version
    cupy.cuda = SimpleNamespace(
        runtime=SimpleNamespace(
            getDeviceCount=count,
            driverGetVersion=lambda: driver,
            runtimeGetVersion=lambda: needs,
        ),
        nvrtc=SimpleNamespace(getVersion=nvrtc),
    )
    return cupy


@pytest.fixture
def install(monkeypatch):
    """Install a stand-in for CuPy, under the names of some distributions."""

    def install(cupy, *distributions):
        found = [SimpleNamespace(metadata={"Name": name}) for name in distributions]
        monkeypatch.setattr(metadata, "distributions", lambda: found)
        monkeypatch.setitem(sys.modules, "cupy", cupy)
        # a real adapter that was loaded before must not answer
        monkeypatch.delitem(sys.modules, "xgrad_backends.cupy", raising=False)
        monkeypatch.delattr(xgrad_backends, "cupy", raising=False)
        monkeypatch.delitem(backends.LOADED, "cupy", raising=False)

    return install


NO_DRIVER = raising(CUDARuntimeError(35, "cudaErrorInsufficientDriver"))
CASES = {
    "absent": (None, [], "it is not installed", install_line("cuda13")),
    "old": (
        fake_cupy(version="13.6.0"),
        ["cupy-cuda12x"],
        "version 13.6.0 is installed; 14.0 or newer is needed",
        install_line("cuda12", "-U"),
    ),
    "conflict": (
        fake_cupy(),
        ["numpy", "CuPy-CUDA12x", "cupy-cuda13x", "cupy-xarray"],
        "cupy-cuda12x and cupy-cuda13x are both installed and overwrite each other",
        pip_line("uninstall", "-y", "cupy-cuda12x", "cupy-cuda13x")
        + " && "
        + install_line("cuda13"),
    ),
    "no driver": (
        fake_cupy(count=NO_DRIVER, driver=0),
        ["cupy-cuda13x"],
        "no NVIDIA driver was found",
        "nvidia-smi  # if it fails, install the driver",
    ),
    "driver too old": (
        fake_cupy(count=NO_DRIVER, driver=12080),
        ["cupy-cuda13x"],
        "the NVIDIA driver supports CUDA 12.8, this CuPy needs CUDA 13",
        pip_line("uninstall", "-y", "cupy-cuda13x") + " && " + install_line("cuda12"),
    ),
    "no visible GPU": (
        fake_cupy(count=lambda: 0),
        ["cupy-cuda13x"],
        "there is an NVIDIA driver but no visible GPU; CUDA_VISIBLE_DEVICES is ''",
        "unset CUDA_VISIBLE_DEVICES",
    ),
    "no CUDA libraries": (
        fake_cupy(nvrtc=raising(RuntimeError("libnvrtc.so was not found\nsearched ..."))),
        ["cupy-cuda13x"],
        "the CUDA libraries were not found (libnvrtc.so was not found)",
        pip_line("install", "cupy-cuda13x[ctk]"),
    ),
    "device error": (
        fake_cupy(count=raising(CUDARuntimeError(802, "cudaErrorSystemNotReady"))),
        ["cupy-cuda13x"],
        "the CUDA runtime reports cudaErrorSystemNotReady",
        "nvidia-smi",
    ),
}


@pytest.mark.parametrize("state", CASES)
def test_states_of_cupy(state, install, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    cupy, distributions, message, fix = CASES[state]
    install(cupy, *distributions)
    status = detect.status("cupy")
    assert status.state == state
    assert message in status.message
    assert fix in status.fix
    assert "\n" not in status.fix + status.message
    with pytest.raises(xg.errors.BackendUnavailableError) as caught:
        xg.set_backend("cupy")
    assert str(caught.value) == (
        f"backend 'cupy' cannot be used: {status.message}. To use it: {status.fix}"
    )
    assert xg.get_backend() == "numpy"


def test_cupy_with_a_gpu_is_ok(install):
    install(fake_cupy(), "cupy-cuda13x")
    assert detect.status("cupy") == detect.Status("cupy", "ok", "14.2.0")


def test_an_older_driver_than_any_cuda_12_must_be_updated(install):
    install(fake_cupy(count=NO_DRIVER, driver=11080, needs=12090), "cupy-cuda12x")
    status = detect.status("cupy")
    assert status.state == "driver too old"
    assert status.message == "the NVIDIA driver supports CUDA 11.8, this CuPy needs CUDA 12"
    assert status.fix.startswith("nvidia-smi  # update the driver")


def test_no_visible_gpu_without_the_variable(install, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    install(fake_cupy(count=raising(CUDARuntimeError(100, "cudaErrorNoDevice"))), "cupy-cuda13x")
    status = detect.status("cupy")
    assert (status.state, status.fix) == ("no visible GPU", "nvidia-smi -L  # it must list a GPU")


def test_a_build_from_source_is_told_where_to_look(install):
    install(fake_cupy(nvrtc=raising(RuntimeError())), "cupy")
    status = detect.status("cupy")
    assert "(RuntimeError)" in status.message
    assert status.fix.startswith("export CUDA_PATH=")


@pytest.mark.parametrize(
    ("name", "purpose"),
    [
        ("cupy", "cuda12"),
        ("torch", "torch"),
        ("dask", "dask"),
        ("array_api_strict", "array_api_strict"),
    ],
)
@pytest.mark.parametrize("error", [ImportError("libfoo.so.1: no such file"), OSError("bad ELF")])
def test_a_broken_library(name, purpose, error, install, monkeypatch):
    install(None, "cupy-cuda12x")
    monkeypatch.setattr(detect.importlib, "import_module", raising(error))
    status = detect.status(name)
    assert status.state == "broken"
    assert status.message == f"its import failed with {type(error).__name__}: {error}"
    assert status.fix == install_line(purpose, "--force-reinstall")


def test_a_missing_dependency_is_not_taken_for_absence(monkeypatch):
    error = ModuleNotFoundError("No module named 'sympy'", name="sympy")
    monkeypatch.setattr(detect.importlib, "import_module", raising(error))
    assert detect.status("torch").state == "broken"


@pytest.mark.parametrize("name", ["torch", "dask", "array_api_strict"])
def test_an_absent_library(name, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    assert detect.status(name).fix == install_line(name)
    with pytest.raises(xg.errors.BackendUnavailableError, match="is not installed") as caught:
        detect.require(name)
    assert str(caught.value).endswith(f"To use it: {install_line(name)}")


def test_numpy_is_usable():
    assert detect.status("numpy").state == "ok"
    assert detect.require("numpy").__name__ == "numpy"


def test_a_failed_backend_can_be_tried_again(install):
    install(None)
    for _ in range(2):
        with pytest.raises(xg.errors.BackendUnavailableError):
            xg.set_backend("cupy")


def test_importing_xgrad_imports_no_other_library():
    code = (
        "import sys, xgrad, xgrad_backends.detect; "
        "print(*({'torch', 'cupy', 'dask', 'array_api_strict', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
