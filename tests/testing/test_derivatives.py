# Tests of xgrad/testing/derivatives.py, docs/derivatives.md
"""The committed table of derivatives says what the checks find, here and now."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from xgrad.engine.op import rule
from xgrad.testing import ROWS, Row, derivatives
from xgrad.testing.__main__ import main
from xgrad.testing.cases import Sample, a
from xgrad.testing.derivatives import CONSTANT, MARKS, earned, marks_in, rows_by_name
from xgrad.testing.table import CHAPTERS

DOCUMENT = Path(__file__).parents[2] / "docs" / "derivatives.md"
NEXT = "run python -m xgrad.testing derivatives --output docs/derivatives.md"

FIRST_ORDER_ON_DASK = set(
    "betainc betaincc betaincinv betainccinv chdtrc chdtri fdtr fdtrc fdtri stdtr stdtrit".split()
)
"""Series whose second derivatives are graphs that Dask takes more than half a minute to walk."""


@pytest.fixture(scope="module")
def shown():
    return marks_in(DOCUMENT.read_text(encoding="utf-8"))


def test_document_has_a_line_for_every_function(shown):
    assert set(shown) == {row.name for row in ROWS}, NEXT


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_document_shows_what_is_earned(shown, place, chapter):
    if not place.has_values or place.name != place.backend.name:
        pytest.skip("the document has whole backends only")
    if place.name == "array_api_strict" and "XGRAD_ALL_SAMPLES" not in os.environ:
        pytest.skip("its checks are those of test_ops; nox -s samples compares the marks, too")
    for name, rows in rows_by_name(CHAPTERS[chapter]).items():
        slow = place.name == "dask" and name.removeprefix("special.") in FIRST_ORDER_ON_DASK
        found = earned([replace(row, order=1) for row in rows] if slow else rows, place)
        assert not found.failures, f"{name}: {found.failures}"
        assert found.marks or found.reason, f"{name}: nothing was checked, and no reason given"
        recorded = shown[name].get(place.name, found.marks)  # Dask has no column
        assert recorded == found.marks, f"{name}: earned {found.marks}; {NEXT}"


def test_every_gap_has_a_reason(place):
    if not place.has_values:
        pytest.skip("nothing is computed here")
    for name, rows in rows_by_name(ROWS).items():
        assert any(row.left_out(place, row.samples[0], "f") for row in rows) or any(
            any(row.cases(place)) for row in rows
        ), name


def wrong(**rules):
    """Return the row of a square whose rule is wrong."""

    @rule(**rules)
    def square(x, /):
        """Square."""

    return Row("square", (Sample((a(2),)),), "f", function=square)


def test_a_wrong_vjp_loses_its_marks_and_keeps_the_others(computing):
    row = wrong(vjp=lambda xp, g, x: 3.0 * x * g, jvp=lambda xp, t, x: 2.0 * x * t)
    found = earned([row], computing)
    assert found.marks == {"jvp", "real"}
    assert found.failures


def test_a_wrong_jvp_loses_its_marks_and_keeps_the_others(computing):
    row = wrong(vjp=lambda xp, g, x: 2.0 * x * g, jvp=lambda xp, t, x: 3.0 * x * t)
    found = earned([row], computing)
    assert found.marks == {"vjp", "real"}
    assert found.failures


def test_a_constant_that_is_tracked_loses_its_mark(computing):
    row = replace(wrong(vjp=lambda xp, g, x: 2.0 * x * g), order=0)
    found = earned([row], computing)
    assert not found.marks
    assert "the result is tracked" in found.failures[0]


def test_document_is_read_as_it_is_written(shown):
    results = {
        backend: {name: derivatives.Earned(marks[backend]) for name, marks in shown.items()}
        for backend in shown["sin"]
    }
    assert marks_in(derivatives.document(results)) == shown
    assert {m for marks in shown.values() for m in marks["numpy"]} == {*MARKS, *CONSTANT}


def test_a_backend_that_was_not_asked_for_keeps_its_column(monkeypatch, tmp_path):
    rows = [r for r in ROWS if r.name in ("sin", "special.dawsn")]
    monkeypatch.setattr("xgrad.testing.__main__.ROWS", rows)
    monkeypatch.setattr(derivatives, "CHAPTERS", {"Some": rows})
    elsewhere = {
        "sin": derivatives.Earned(frozenset({"vjp", "real"})),
        "special.dawsn": derivatives.Earned(reason="it has no such function (yet), as others"),
    }
    out = tmp_path / "derivatives.md"
    out.write_text(derivatives.document({"elsewhere": elsewhere}), encoding="utf-8")
    assert main(["derivatives", "--backend", "numpy", "--output", str(out)]) == 0
    found = derivatives.recorded(out.read_text(encoding="utf-8"))
    assert list(found) == ["numpy", "elsewhere"]
    assert found["elsewhere"] == elsewhere
    assert found["numpy"]["sin"].marks == set(MARKS)


def test_command_fails_where_a_check_fails(monkeypatch, tmp_path, capsys):
    row = wrong(vjp=lambda xp, g, x: 3.0 * x * g)
    monkeypatch.setattr("xgrad.testing.__main__.ROWS", (row,))
    monkeypatch.setattr(derivatives, "CHAPTERS", {"One": (row,)})
    out = tmp_path / "derivatives.md"
    assert main(["derivatives", "--backend", "numpy", "--output", str(out)]) == 1
    assert "FAILED: square" in capsys.readouterr().err
    assert "| `square` | rule |" in out.read_text(encoding="utf-8")
