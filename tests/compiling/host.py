"""A stand-in for a device: kernels compiled by the machine's C++, on arrays of NumPy."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from xgrad.backends import load

from xgrad.compiling.device import DeviceSource
from xgrad.compiling.program import Program

COMPILER = shutil.which("c++") or shutil.which("g++")
FLAGS = ("-std=c++17", "-O1", "-ffp-contract=off", "-shared", "-fPIC", "-w")


class HostKernels:
    """Kernels as functions of a library of C++, each called once for all elements or rows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.launched = 0

    @staticmethod
    def view(buffer: Any, shape: tuple[int, ...], dtype: Any) -> Any:
        return np.ndarray(shape, dtype, buffer)

    @staticmethod
    def flat(x: Any) -> Any:
        return np.ascontiguousarray(x)

    @cache  # noqa: B019 - as long as the tests
    def library(self, source: str) -> ctypes.CDLL:
        n = len(list(self.folder.iterdir()))
        text, made = self.folder / f"{n}.cpp", self.folder / f"{n}.so"
        text.write_text(source)
        subprocess.run([COMPILER, *FLAGS, "-o", made, text], check=True)
        return ctypes.CDLL(str(made))

    def launcher(self, source: str, name: str, rows: int, count: int) -> Any:
        function = getattr(self.library(source), name)

        def launch(*args: Any) -> None:
            given = [
                ctypes.c_longlong(x) if isinstance(x, int) else ctypes.c_void_p(x.ctypes.data)
                for x in args
            ]
            self.launched += 1
            function(*given)

        return launch


def on_host(program: Program, kernels: HostKernels, **options: Any) -> DeviceSource:
    """Return a program of NumPy as one of a device, which the host stands in for."""
    backend = replace(load("numpy"), name="host", kernels=kernels)
    for e in program.equations:
        if hasattr(e.function, "program"):
            e.function.program.backend = backend
    moved = Program(
        program.name,
        backend,
        program.inputs,
        program.captured,
        program.equations,
        program.outputs,
    )
    return DeviceSource(moved, **options)


__all__ = ["COMPILER", "HostKernels", "on_host"]
