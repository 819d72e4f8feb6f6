"""Running the whole op table on one backend."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from .cases import Place
from .checks import CHECKS
from .table import ROWS

__all__ = ["Report", "check_backend"]

_EVERY = 10.0
"""Seconds between two lines of progress where the screen is a file."""


@dataclass
class Report:
    """What `check_backend` found.

    Attributes:
        name: the backend, with its device if one was named.
        ops: how many ops were checked.
        cases: how many checks of a sample in a dtype were made.
        failures: what failed, with the reason.
        left_out: known differences of this backend, with the reason.
        failed: how many of the failures are of each check.
        seconds: how long it took.
    """

    name: str
    ops: int = 0
    cases: int = 0
    failures: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.cases} checks of {self.ops} ops in {self.seconds:.0f} s"]
        lines += [f"  left out: {reason}" for reason in self.left_out]
        lines += [f"  FAILED: {failure}" for failure in self.failures]
        by_check = ", ".join(f"{n} of {check!r}" for check, n in self.failed.most_common())
        total = f"  {len(self.failures) or 'none'} failed"
        return "\n".join([*lines, f"{total}: {by_check}" if by_check else total])


class _Progress:
    """One line on the screen that tells how far it is; in a file, a line now and then."""

    def __init__(self, report: Report, total: int) -> None:
        self.report, self.total = report, total
        self.start = self.told = time.perf_counter()
        self.is_screen = sys.stderr.isatty()

    def tell(self, row: str) -> None:
        """Say which op is about to be checked."""
        now = time.perf_counter()
        if not self.is_screen and now - self.told < _EVERY:
            return
        self.told = now
        done, seconds = self.report.ops, now - self.start
        left = f", about {seconds / done * (self.total - done):.0f} s left" if done else ""
        failed = len(self.report.failures) or "none"
        line = f"{self.report.name}: {done} of {self.total} ops{left}, {failed} failed; now {row}"
        print(f"\r{line:100.100}" if self.is_screen else line, end="" if self.is_screen else "\n",
              file=sys.stderr, flush=True)  # fmt: skip

    def end(self) -> None:
        """Leave the line, for what follows."""
        self.report.seconds = time.perf_counter() - self.start
        if self.is_screen:
            print(file=sys.stderr)


def check_backend(name: str, *, only: Sequence[str] = ()) -> Report:
    """Run every check of every op on a backend, and print and return a report.

    How far it is goes to standard error, since the whole table takes minutes.

    Args:
        name: a backend, also one that another package brings, and if wanted a device of it, as in
            ``"torch:meta"``. Where arrays have no values, shapes, dtypes and devices are checked,
            and that no value is looked at.
        only: the names of some ops, as in ``["sin", "linalg.solve"]``; all of them if empty.

    Returns:
        The `Report`.

    Raises:
        ValueError: if there is no op of a name in `only`.
        AssertionError: if a check failed; its text is the report.
    """
    place = Place.named(name)
    unknown = sorted(set(only) - {row.name for row in ROWS})
    if unknown:
        raise ValueError(
            f"check_backend: there is no op {unknown[0]!r}; expected names as xgrad has them, such "
            "as 'sin' or 'linalg.solve'"
        )
    rows = [row for row in ROWS if not only or row.name in only]
    report = Report(name)
    progress = _Progress(report, len(rows))
    for row in rows:
        progress.tell(row.name)
        for check, run in CHECKS.items():
            try:
                report.cases += run(row, place)
            except AssertionError as error:
                report.failures.append(f"{check} of {row.name}: {error}")
                report.failed[check] += 1
        report.ops += 1
        report.left_out += left_out(row.name, place)
    progress.end()
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
