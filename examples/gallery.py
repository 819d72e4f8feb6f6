"""Run every page of the gallery and write its picture.

python examples/gallery.py --out out
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import sys
import time
from pathlib import Path

import train_digits

PAGES = [
    "show_the_work",
    "newton_logistic",
    "gaussian_process",
    "phase_retrieval",
    "heat_conductivity",
    "predators",
    "register_images",
    "conducting_plate",
    "mnist_cnn",
    "variational_autoencoder",
    "lstm_text",
    "compiled_greeks",
]


def main() -> None:
    """Run the pages; their tables are printed, their results kept beside the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/gallery"))
    parser.add_argument("--backend", default="numpy")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help="pages, separated by commas")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    pages = [page for page in chosen.only.split(",") if page] or PAGES
    arguments = ["--backend", chosen.backend, "--out", str(chosen.out)]
    arguments += ["--quick"] if chosen.quick else []
    results = {}
    for page in pages:
        print(f"\n== {page}", flush=True)
        start = time.perf_counter()
        results[page] = importlib.import_module(page).main(arguments)
        results[page]["seconds"] = round(time.perf_counter() - start, 1)
    if not chosen.only:
        print("\n== train_digits", flush=True)
        with contextlib.redirect_stdout(sys.stderr):
            folder = chosen.out / "digits"
            train_digits.main(["--backend", chosen.backend, "--out", str(folder)])
        (folder / "digits.png").replace(chosen.out / "train_digits.png")
        for rest in folder.iterdir():
            rest.unlink()
        folder.rmdir()
        (chosen.out / "results.json").write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
