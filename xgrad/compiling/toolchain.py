"""The machine's C compiler, and the libraries it has made before.

A source is compiled once: the library lies in a folder of the user's, under a hash of the source,
the compiler's options and the processor. ``XGRAD_CC`` names the compiler, ``XGRAD_CACHE`` the
folder.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from .. import errors

__all__ = ["compiler", "library", "vector_functions"]

FLAGS = (
    *("-O3", "-march=native", "-fopenmp-simd", "-shared", "-fPIC", "-w"),
    *(["-mprefer-vector-width=512"] if platform.machine() in ("x86_64", "AMD64") else []),
    # values stay what IEEE 754 makes them, NaN and infinity too: only what cannot change a result
    *("-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"),
)


def compiler() -> str | None:
    """Return the path of the C compiler, if there is one."""
    asked = os.environ.get("XGRAD_CC")
    return shutil.which(asked) if asked else shutil.which("cc") or shutil.which("gcc")


@cache
def vector_functions() -> frozenset[str]:
    """Return the functions that the C library has for several numbers at once.

    They are those of glibc's libmvec on x86-64, each within 4 units in the last place.
    """
    name, version = platform.libc_ver()
    if name != "glibc" or platform.machine() not in ("x86_64", "AMD64"):
        return frozenset()
    release = tuple(int(part) for part in version.split(".")[:2])
    found = {"exp", "log", "sin", "cos", "pow"} if release >= (2, 22) else set()
    if release >= (2, 35):
        found |= {"tan", "tanh", "sinh", "cosh", "expm1", "log1p", "atan", "asin", "acos"}
        found |= {"asinh", "acosh", "atanh", "log2", "log10"}
    return frozenset(found)


@cache
def _processor() -> str:
    """Return what tells one processor's instructions from another's."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
        kept = [line for line in lines if line.startswith(("flags", "model name", "Features"))]
        return "\n".join(kept[:2])
    return f"{platform.machine()} {platform.processor()}"


def folder() -> Path:
    """Return the folder of compiled libraries; only its owner may write there."""
    asked = os.environ.get("XGRAD_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    path = Path(asked or Path(base) / "xgrad").expanduser() / "kernels"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def library(source: str) -> ctypes.CDLL:
    """Return the library of a C source, compiled now or before."""
    path = compiler()
    if path is None:
        raise errors.BackendUnavailableError(
            "compile: engine='native' needs a C compiler, and neither cc nor gcc was found; name "
            "one in the environment variable XGRAD_CC, or use engine='numpy' or engine='auto'"
        )
    text = "\n".join([source, path, *FLAGS, _processor()])
    made = folder() / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.so"
    if not made.exists():
        _compile(path, source, made)
    return ctypes.CDLL(str(made))


def _compile(path: str, source: str, made: Path) -> None:
    with tempfile.TemporaryDirectory(dir=made.parent) as temporary:
        text, out = Path(temporary, "kernels.c"), Path(temporary, "kernels.so")
        text.write_text(source, encoding="utf-8")
        more = ["-lmvec"] if vector_functions() else []
        command = [path, *FLAGS, "-o", str(out), str(text), *more, "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise errors.BackendUnavailableError(
                f"compile: engine='native': {path} failed on the generated source; use "
                f"engine='numpy', or another compiler by XGRAD_CC. It says:\n{done.stderr[-1000:]}"
            )
        out.replace(made)  # at once: another process may be looking for it
