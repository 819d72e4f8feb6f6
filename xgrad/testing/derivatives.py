"""The table of derivatives in ``docs/derivatives.md``: every mark is a check that ran.

A mark is earned by the first sample of an op in double precision, real and complex: `check_grads`
compares forward mode with central differences, reverse mode with forward mode, and does the same
with the derivatives themselves. A constant earns its mark by untracked results and zero tangents.
Values are compared with NumPy's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import numpy as np

import xgrad as xg

from .cases import Case, Place, Row
from .checks import CHECKS
from .gradients import check_grads
from .table import CHAPTERS

__all__ = ["MARKS", "Earned", "document", "earned", "marks_in", "recorded", "rows_by_name"]

MARKS = ("vjp", "jvp", "order 2", "real", "complex")
"""The columns of marks."""

KINDS = {"f": ("real", "float64"), "c": ("complex", "complex128")}
CONSTANT = frozenset({"constant"})
STEPS = (("vjp", ("rev",), 1), ("jvp", ("fwd",), 1), ("order 2", ("fwd", "rev"), 2))


@dataclass
class Earned:
    """What a function earned on one backend.

    Attributes:
        marks: those of `MARKS`, or ``constant``.
        reason: why something is left out here.
        failures: what failed without a reason.
    """

    marks: frozenset[str] = frozenset()
    reason: str = ""
    failures: list[str] = field(default_factory=list)


def rows_by_name(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return the rows of each function, in order; real and complex may be apart."""
    ordered = sorted(rows, key=lambda row: row.name)
    return {name: list(group) for name, group in groupby(ordered, key=lambda row: row.name)}


def earned(rows: Sequence[Row], place: Place) -> Earned:
    """Run the checks of one function in one place and return the marks that it earns."""
    out = Earned()
    per_kind: list[set[str]] = []
    reasons = {
        row.left_out(place, sample, letter)
        for row in rows
        for sample in row.samples[:1]
        for letter in (row.dtypes if sample.dtypes is None else sample.dtypes)
    }
    out.reason = "; ".join(sorted(reasons - {""}))
    for letter, (kind, dtype) in KINDS.items():
        if case := _first(rows, place, letter, dtype):
            found = _walk(case, out.failures)
            per_kind.append(found)
            out.marks |= {kind} if found else set()
    if per_kind:
        out.marks |= set.intersection(*per_kind)
    elif not out.reason:
        out.marks = _constant(rows, place, out.failures)
    _check_values(rows, place, out.failures)
    return out


def _check_values(rows: Sequence[Row], place: Place, failures: list[str]) -> None:
    """Check the values of the first sample against NumPy's."""
    for row in rows:
        try:
            CHECKS["value"](replace(row, samples=row.samples[:1]), place)
        except AssertionError as error:
            failures.append(f"value of {row.name}: {error}")


def _first(rows: Sequence[Row], place: Place, letter: str, dtype: str) -> Case | None:
    """Return the first case of a dtype that has a derivative."""
    cases = (case for row in rows for case in row.cases(place, letter))
    return next((c for c in cases if c.dtype == dtype and c.varying and c.order), None)


def _walk(case: Case, failures: list[str]) -> set[str]:
    """Return which derivatives of a case are right; all are mostly found by one check."""
    arrays = [xg.asarray(x) for x in case.raw_arrays()]
    xs = [arrays[i] for i in case.varying]
    function = case.of_varying(arrays)
    with np.errstate(all="ignore"):
        try:
            check_grads(function, xs, order=case.order)
        except Exception as error:
            failures.append(f"{case}: {error}")
        else:
            return {name for name, _, order in STEPS if order <= case.order}
        found = set()
        for name, modes, order in STEPS:
            try:
                check_grads(function, xs, order=order, modes=modes)
            except Exception:  # it is in the report already
                continue
            found.add(name)
    return found


def _constant(rows: Sequence[Row], place: Place, failures: list[str]) -> frozenset[str]:
    """Return the mark of a constant if its result is untracked, or of no floating-point dtype."""
    for row in rows:
        alone = replace(row, samples=row.samples[:1])
        try:
            ran = CHECKS["constant"](alone, place) + any(alone.cases(place))
        except AssertionError as error:
            failures.append(f"constant of {row.name}: {error}")
            return frozenset()
        if ran:
            return CONSTANT
    return frozenset()


def kind_of(row: Row) -> str:
    """Return the kind of an op; of a function made of ops ``composite``."""
    public: object = xg
    for part in row.name.partition(" ")[0].split("."):
        public = getattr(public, part, None)
    op = getattr(row.call, "op", None) or getattr(public, "op", None)
    return getattr(op, "kind", "composite")


def document(results: Mapping[str, Mapping[str, Earned]]) -> str:
    """Return the text of ``docs/derivatives.md``.

    Args:
        results: for each backend, what each function earned there.
    """
    names = list(results)
    constants = [
        name
        for name in rows_by_name(row for rows in CHAPTERS.values() for row in rows)
        if all(results[b][name].marks <= CONSTANT for b in names)
    ]
    total = len(next(iter(results.values())))
    lines = [_HEAD.format(total=total, moving=total - len(constants))]
    for title, rows in CHAPTERS.items():
        lines += [f"## {title}", "", _line("function", "kind", *MARKS, *names)]
        lines.append(_line(*["---"] * 2, *[":-:"] * (len(MARKS) + len(names))))
        reasons: dict[str, list[str]] = {}
        for name, group in rows_by_name(rows).items():
            found = {b: results[b][name] for b in names}
            lines.append(_row(name, group, found))
            for backend, one in found.items():
                if one.reason:
                    reasons.setdefault(f"{backend}: {one.reason}", []).append(f"`{name}`")
        lines.append("")
        lines += [f"- {why} ({', '.join(of)})" for why, of in reasons.items()]
        lines += [""] * bool(reasons)
    lines += ["## Without a derivative", "", _CONSTANT, ""]
    lines += [", ".join(f"`{name}`" for name in constants) + ".", ""]
    return "\n".join(lines)


def _row(name: str, rows: Sequence[Row], found: Mapping[str, Earned]) -> str:
    union = frozenset[str]().union(*(one.marks for one in found.values()))
    marks = ["✓" if mark in union else "" for mark in MARKS]
    cells = [_cell(one.marks, union) for one in found.values()]
    return _line(f"`{name.replace('|', BAR)}`", kind_of(rows[0]), *marks, *cells)


def _cell(marks: frozenset[str], union: frozenset[str]) -> str:
    """Return what one backend earned of all the marks of a row."""
    if marks == union and marks:
        return "✓"
    return ", ".join(mark for mark in MARKS if mark in marks) or NONE


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def marks_in(text: str) -> dict[str, dict[str, frozenset[str]]]:
    """Return the marks that a document shows, by function and backend."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    backends: list[str] = []
    for line in text.splitlines():
        cells = [part.strip() for part in line.strip("| ").split(" | ")]
        if line.startswith("| function"):
            backends = cells[2 + len(MARKS) :]
        if not line.startswith("| `"):
            continue
        name, _, *rest = cells
        marks, own = rest[: len(MARKS)], rest[len(MARKS) :]
        union = frozenset(m for m, mark in zip(MARKS, marks, strict=True) if mark)
        found[name.strip("`").replace(BAR, "|")] = {
            backend: (union or CONSTANT) if one == "✓" else frozenset(one.split(", ")) - {NONE}
            for backend, one in zip(backends, own, strict=True)
        }
    return found


def recorded(text: str) -> dict[str, dict[str, Earned]]:
    """Return what each function earned on each backend, as a document says."""
    found: dict[str, dict[str, Earned]] = {}
    for name, columns in marks_in(text).items():
        for backend, marks in columns.items():
            found.setdefault(backend, {})[name] = Earned(marks)
    for line in text.splitlines():
        backend, _, rest = line.removeprefix("- ").partition(": ")
        reason, _, names = rest.rpartition(" (")
        for name in names.rstrip(")").split(", ") if backend in found else ():
            found[backend][name.strip("`")].reason = reason
    return found


BAR = "\\|"
"""A bar in a cell."""

NONE = "none"
"""No mark."""

_HEAD = """# Derivatives

Every function of the op table, and which of its derivatives have been checked where. There are
{total}, of which {moving} have a derivative. Each mark was earned by a check that ran:

| mark | what was checked |
| --- | --- |
| vjp | reverse mode: the adjoint identity ⟨g, J t⟩ = ⟨J* g, t⟩ for random g and t |
| jvp | forward mode: J t against central differences |
| order 2 | both of these for the derivatives themselves: every pair of modes |
| real, complex | they hold in float64, in complex128 |
| a backend | ✓: it has earned all marks of the line; else those that it has; `none` |
| constant | there is no derivative: results are untracked and tangents zero |

The marks are those of the first sample of each function, written by

    python -m xgrad.testing derivatives --output docs/derivatives.md

The tests earn them again on every backend that they run on, and run the other samples too: shapes,
layouts, parameters, single precision. A backend that was not asked for keeps its column: that of
`cupy` needs a GPU, and `--backend cupy`; it was earned on an NVIDIA H200 with CuPy 14.2. That of
`jax` is of `nox -s tests_jax`, which runs the same samples inside `jax.jit` too. Dask has
the same checks in `nox -s tests_dask`, and no column, as they are slow.
A function of kind *composite* is made of others and has their derivatives.

The functions of [SciPy](scipy.md) have an op table of their own, `tests/science`: each row is
a program with SciPy's namespace as an argument, so that SciPy itself gives the value and, by
differences, the derivatives. Each is checked as the ops above are: value, both modes, the adjoint
identity and second derivatives by both orders of modes; in `linalg`, `sparse` and `interpolate`
dtypes in single precision too. One test finds a twin that stands in no row, and another one a
parameter that is not SciPy's.
"""

_CONSTANT = """Of these, none has a derivative: their results are integers, booleans, or constant
wherever they are smooth. They pass through a differentiated function as constants."""
