"""Running the whole op table on one backend."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

from .cases import Place
from .checks import CHECKS
from .table import ROWS

__all__ = ["Report", "check_backend"]


@dataclass
class Report:
    """What `check_backend` found.

    Attributes:
        name: the backend, with its device if one was named.
        ops: how many ops were checked.
        cases: how many checks of a sample in a dtype were made.
        failures: what failed, with the reason.
        left_out: known differences of this backend, with the reason.
        seconds: how long it took.
    """

    name: str
    ops: int = 0
    cases: int = 0
    failures: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.cases} checks of {self.ops} ops in {self.seconds:.0f} s"]
        lines += [f"  left out: {reason}" for reason in self.left_out]
        lines += [f"  FAILED: {failure}" for failure in self.failures]
        return "\n".join([*lines, f"  {len(self.failures) or 'none'} failed"])


def check_backend(name: str) -> Report:
    """Run every check of every op on a backend, and print and return a report.

    Args:
        name: a backend, also one that another package brings, and if wanted a device of it, as in
            ``"torch:meta"``. Where arrays have no values, shapes, dtypes and devices are checked,
            and that no value is looked at.

    Returns:
        The `Report`.

    Raises:
        AssertionError: if a check failed; its text is the report.
    """
    place = Place.named(name)
    report = Report(name)
    start = time.perf_counter()
    for i, row in enumerate(ROWS):
        if sys.stderr.isatty():
            print(f"\r{name}: {i + 1}/{len(ROWS)} {row.name:20}", end="", file=sys.stderr)
        for check, run in CHECKS.items():
            try:
                report.cases += run(row, place)
            except AssertionError as error:
                report.failures.append(f"{check} of {row.name}: {error}")
        report.ops += 1
        report.left_out += left_out(row.name, place)
    report.seconds = time.perf_counter() - start
    if sys.stderr.isatty():
        print(file=sys.stderr)
    if report.failures:
        raise AssertionError(str(report))
    print(report)
    return report


def left_out(name: str, place: Place) -> list[str]:
    """Return what of an op is not checked in a place, and why."""
    row = next(row for row in ROWS if row.name == name)
    found = {
        f"{name}({sample}) in {letter!r}: {reason}" if sample.known else f"{name}: {reason}"
        for sample in row.samples
        for letter in (row.dtypes if sample.dtypes is None else sample.dtypes)
        if (reason := row.left_out(place, sample, letter))
    }
    return sorted(found)
