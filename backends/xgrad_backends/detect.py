"""Which array libraries can be used here, and if one cannot, why and what to type.

    >>> status("numpy").state
    'ok'

States: ``ok``, ``absent`` (not installed), ``broken`` (its import fails), ``old``, ``conflict``
(two builds that overwrite each other), ``no driver``, ``driver too old``, ``no visible GPU``,
``no CUDA libraries`` and ``device error``. CuPy imports without a GPU, so that its state is found
by asking its runtime; nothing here makes an array.
"""

from __future__ import annotations

import importlib
import os
import re
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from xgrad.backends.install import REQUIREMENTS, install_line, pip_line
from xgrad.errors import BackendUnavailableError

__all__ = ["LIBRARIES", "Status", "require", "status"]


@dataclass(frozen=True)
class Status:
    """Whether one array library can be used here.

    Attributes:
        name: the root module of the library.
        state: ``"ok"``, or why not in a word or two; see the module's docstring.
        version: the installed version, as far as it could be found.
        message: why not, in one sentence.
        fix: the line to type.
    """

    name: str
    state: str = "ok"
    version: str = ""
    message: str = ""
    fix: str = ""


LIBRARIES = {
    "numpy": ("numpy", (2, 0)),
    "cupy": ("cuda13", (14, 0)),
    "torch": ("torch", (2, 6)),
    "dask": ("dask", (2025, 1)),
    "jax": ("jax", (0, 5)),
    "array_api_strict": ("array_api_strict", (2, 4)),
}
"""By module: its key in `xgrad.backends.install`, and its first version that will do."""
_CUPY_BUILD = re.compile(r"cupy(-cuda\d+x|-rocm-[\d-]+)?")
_INSUFFICIENT_DRIVER, _NO_DEVICE = 35, 100  # cudaError_t


def require(name: str) -> Any:
    """Import an array library, or raise BackendUnavailableError with the reason and the remedy."""
    found = status(name)
    if found.state != "ok":
        raise BackendUnavailableError(
            f"backend {name!r} cannot be used: {found.message}. To use it: {found.fix}"
        )
    return importlib.import_module(name)


def status(name: str) -> Status:
    """Find out whether an array library can be used here; never raises for a known name."""
    purpose, minimum = LIBRARIES[name]
    failure: Exception | None = None
    try:
        module = importlib.import_module(name)
        if name == "dask":  # its arrays need more than dask itself does
            importlib.import_module("dask.array")
    except Exception as error:  # a broken binary may raise anything at all
        failure = error
    if isinstance(failure, ModuleNotFoundError) and failure.name == name:
        older = f"  # driver 580 or newer; else {REQUIREMENTS['cuda12'][0]}" * (name == "cupy")
        return Status(
            name, "absent", message="it is not installed", fix=install_line(purpose) + older
        )
    builds = _cupy_builds() if name == "cupy" else []
    if len(builds) > 1:
        return Status(
            name,
            "conflict",
            message=f"{' and '.join(builds)} are both installed and overwrite each other",
            fix=f"{pip_line('uninstall', '-y', *builds)} && {install_line(_toolkit(builds[-1]))}",
        )
    purpose = _toolkit(*builds) if builds else purpose
    if failure is not None:
        message = f"its import failed with {type(failure).__name__}: {_first_line(failure)}"
        return Status(
            name, "broken", message=message, fix=install_line(purpose, "--force-reinstall")
        )
    version = str(getattr(module, "__version__", ""))
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < minimum:
        needed = ".".join(map(str, minimum))
        message = f"version {version or '?'} is installed; {needed} or newer is needed"
        return Status(name, "old", version, message, install_line(purpose, "-U"))
    return _cupy_device(module, version, *builds) if name == "cupy" else Status(name, "ok", version)


def _cupy_device(cupy: Any, version: str, build: str = "cupy") -> Status:
    """Find out whether CuPy has a driver, a GPU and the CUDA libraries."""
    runtime = cupy.cuda.runtime
    try:
        count = runtime.getDeviceCount()
    except Exception as error:
        code = getattr(error, "status", None)
        if code == _INSUFFICIENT_DRIVER:
            return _cupy_driver(runtime, version, build)
        if code != _NO_DEVICE:
            return Status(
                "cupy",
                "device error",
                version,
                f"the CUDA runtime reports {_first_line(error)}",
                "nvidia-smi  # it must list a GPU without an error",
            )
        count = 0
    if count == 0:
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        hidden = visible is not None
        return Status(
            "cupy",
            "no visible GPU",
            version,
            "there is an NVIDIA driver but no visible GPU"
            + (f"; CUDA_VISIBLE_DEVICES is {visible!r}" if hidden else ""),
            "unset CUDA_VISIBLE_DEVICES" if hidden else "nvidia-smi -L  # it must list a GPU",
        )
    try:
        cupy.cuda.nvrtc.getVersion()
    except Exception as error:
        return Status(
            "cupy",
            "no CUDA libraries",
            version,
            f"there is a GPU, but the CUDA libraries were not found ({_first_line(error)})",
            "export CUDA_PATH=/usr/local/cuda  # where the CUDA toolkit is"
            if build == "cupy"
            else pip_line("install", f"{build}[ctk]"),
        )
    return Status("cupy", "ok", version)


def _cupy_driver(runtime: Any, version: str, build: str) -> Status:
    driver, wanted = runtime.driverGetVersion(), runtime.runtimeGetVersion()
    if driver == 0:
        return Status(
            "cupy",
            "no driver",
            version,
            "CuPy is installed, but no NVIDIA driver was found",
            "nvidia-smi  # if it fails, install the driver, or start the container with --gpus all",
        )
    older = driver // 1000 == 12 and wanted // 1000 > 12
    return Status(
        "cupy",
        "driver too old",
        version,
        f"the NVIDIA driver supports CUDA {_cuda(driver)}, this CuPy needs CUDA {wanted // 1000}",
        f"{pip_line('uninstall', '-y', build)} && {install_line('cuda12')}  # or update the driver"
        if older
        else "nvidia-smi  # update the driver until it shows this version of CUDA",
    )


def _cupy_builds() -> list[str]:
    """Return the installed distributions that provide the module ``cupy``."""
    names = {(dist.metadata["Name"] or "").lower() for dist in metadata.distributions()}
    return sorted(name for name in names if _CUPY_BUILD.fullmatch(name))


def _toolkit(build: str) -> str:
    """Return for which CUDA toolkit a CuPy was built."""
    return "cuda12" if build == "cupy-cuda12x" else "cuda13"


def _cuda(version: int) -> str:
    return f"{version // 1000}.{version % 1000 // 10}"


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
