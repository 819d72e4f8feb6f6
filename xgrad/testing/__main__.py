"""``python -m xgrad.testing``: the table of derivatives, and the op table on a backend."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .cases import Place
from .derivatives import Earned, document, earned, recorded, rows_by_name
from .report import check_backend
from .table import ROWS

BACKENDS = ("numpy", "array_api_strict", "torch")


def derivatives(backends: list[str], output: Path | None) -> int:
    """Write the table of derivatives; return how many checks failed.

    A backend that was not asked for keeps what the file says of it, if each function is there.
    """
    failures: list[str] = []
    results: dict[str, dict[str, Earned]] = {}
    before = recorded(output.read_text("utf-8")) if output and output.exists() else {}
    for backend in backends:
        place = Place.named(backend)
        results[backend] = {}
        for name, rows in rows_by_name(ROWS).items():
            found = results[backend][name] = earned(rows, place)
            failures += found.failures
            if not found.marks and not found.reason:
                failures.append(f"{name} on {backend}: nothing was checked, and no reason given")
        print(f"{backend}: {sum(bool(x.marks) for x in results[backend].values())} functions")
    for backend, column in before.items():
        if backend not in results and column.keys() == rows_by_name(ROWS).keys():
            results[backend] = column
    text = document(results)
    if output:
        output.write_text(text, encoding="utf-8")
    else:
        print(text)
    for failure in failures:
        print(f"FAILED: {failure}", file=sys.stderr)
    return len(failures)


def main(argv: list[str] | None = None) -> int:
    """Run a command; return 1 if a check failed."""
    parser = argparse.ArgumentParser(prog="python -m xgrad.testing", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    table = commands.add_parser("derivatives", help="check and write the table of derivatives")
    table.add_argument(
        *("-b", "--backend"),
        action="append",
        metavar="NAME",
        help=f"a backend to check; may be repeated; by default {', '.join(BACKENDS)}",
    )
    table.add_argument("-o", "--output", type=Path, help="the file to write; else it is printed")
    check = commands.add_parser("check", help="run every check of every op on a backend")
    check.add_argument("backend", help="as numpy, torch:meta")
    args = parser.parse_args(argv)
    if args.command == "derivatives":
        return int(derivatives(args.backend or list(BACKENDS), args.output) > 0)
    try:
        check_backend(args.backend)
    except AssertionError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
