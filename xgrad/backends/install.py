"""What to type to install what is missing: a line that works from where the user is.

    >>> install_line("files").endswith("-m pip install 'safetensors>=0.4'")
    True

The line names the libraries themselves, not an extra of xgrad: it is right in any folder, and
whether xgrad came from an index, from a checkout or from a wheel. And it names the interpreter that
runs, since the ``pip`` on the path may belong to another one.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ..errors import BackendUnavailableError

__all__ = ["REQUIREMENTS", "install_line", "needed", "pip_line"]

REQUIREMENTS = {
    "numpy": ("numpy>=2",),
    "array_api_strict": ("array-api-strict>=2.4",),
    "cuda12": ("cupy-cuda12x[ctk]>=14,<15",),
    "cuda13": ("cupy-cuda13x[ctk]>=14,<15",),
    "torch": ("torch>=2.6",),
    "dask": ("dask[array]>=2025.1",),
    "distributed": ("dask[array,distributed]>=2025.1",),
    "mpi": ("mpi4py>=4",),
    "jax": ("jax>=0.5",),
    "scipy": ("scipy>=1.15",),
    "files": ("safetensors>=0.4",),
    "onnx": ("onnx>=1.17",),
    "schedules": ("checkpoint_schedules>=1.0.4",),
    "show": ("matplotlib>=3.9", "graphviz>=0.20", "rich>=13"),
}
"""What each purpose needs; a test compares it with the extras of ``pyproject.toml``."""


def needed(module: str, what: str, purpose: str) -> Any:
    """Import a module of a library that is no dependency, or say what to install.

    Args:
        module: its full name, as in ``"scipy.optimize"``.
        what: what needs it, for the error.
        purpose: a key of `REQUIREMENTS`.

    Raises:
        BackendUnavailableError: if the library is not installed.
    """
    library = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        raise BackendUnavailableError(
            f"{what}: {library} is not installed. To use it: {install_line(purpose)}"
        ) from None


def install_line(purpose: str, *options: str) -> str:
    """Return the line that installs what a purpose needs; `options` are pip's, as in ``-U``."""
    return pip_line("install", *options, *REQUIREMENTS[purpose])


def pip_line(*arguments: str) -> str:
    """Return the line that runs pip on this interpreter; uv where the environment has no pip."""
    words = [_interpreter(), "-m", "pip", *arguments]
    if importlib.util.find_spec("pip") is None and shutil.which("uv"):
        own = [word for word in arguments[1:] if word != "-y"]  # uv does not ask before it removes
        words = ["uv", "pip", arguments[0], "--python", _interpreter(), *own]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _interpreter() -> str:
    """Return how to call the running interpreter from the current folder, as short as may be."""
    here = Path(sys.executable)
    for name in ("python", "python3"):
        found = shutil.which(name)
        if found and Path(found) == here:
            return name
    inside = here.is_relative_to(Path.cwd())
    return str(here.relative_to(Path.cwd()) if inside else here)
