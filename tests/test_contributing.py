# Tests of CONTRIBUTING.md, noxfile.py
"""CONTRIBUTING.md is true: its op is added to the letter, its tables are those of the sources."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import BACKENDS
from tests.test_layers import LEVELS

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
OP, EXPORT, ROW = re.findall(r"(?ms)^```python\n(.*?)^```$", TEXT)
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))

CHECK = """
import xgrad as xg
from xgrad.testing import ROWS, check_op
assert "versine" in xg.__all__
(row,) = [row for row in ROWS if row.name == "versine"]
for place in ("numpy", "array_api_strict"):
    print(place, check_op(row, place))
"""


def edited(path, old, new):
    """Put a text in the place of another one that occurs once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


def with_the_op(folder, op):
    """Follow the steps in a copy of the package; return what its checks say."""
    for name in ("xgrad", "backends"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored, dirs_exist_ok=True)
    ops = folder / "xgrad" / "ops" / "more_elementwise.py"
    ops.write_text(ops.read_text(encoding="utf-8") + "\n\n" + op, encoding="utf-8")
    package = folder / "xgrad" / "__init__.py"
    edited(package, "\n__all__ = [\n", f'\n{EXPORT}\n__all__ = [\n    "versine",\n')
    table = folder / "xgrad" / "testing" / "table" / "beyond_elementwise.py"
    edited(table, "\nROWS: tuple[Row, ...] = (\n", f"\nROWS: tuple[Row, ...] = (\n{ROW}")
    return subprocess.run(
        [sys.executable, "-c", CHECK],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={"PYTHONPATH": f"{folder}:{folder / 'backends'}", "PATH": ""},
    )


@pytest.mark.skipif(sys.platform == "win32", reason="the paths of this test are POSIX ones")
def test_the_op_is_added_in_ten_lines(tmp_path):
    pytest.importorskip("array_api_strict")
    assert len(OP.splitlines() + EXPORT.splitlines() + ROW.splitlines()) <= 10
    for path in ("xgrad/ops/more_elementwise.py", "xgrad/testing/table/beyond_elementwise.py"):
        assert path in TEXT
    done = with_the_op(tmp_path, OP)
    assert done.returncode == 0, done.stderr
    counts = dict(line.split() for line in done.stdout.splitlines())
    assert all(int(count) > 20 for count in counts.values())
    assert len(counts) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="the paths of this test are POSIX ones")
def test_a_wrong_derivative_in_the_ten_lines_is_noticed(tmp_path):
    done = with_the_op(tmp_path, OP.replace("xp.sin(x)", "xp.cos(x)"))
    assert "check derivatives:" in done.stderr


def rows_of(header):
    """Return the cells of the table with a header, by row."""
    lines = TEXT[TEXT.index(header) :].splitlines()[2:]
    table = lines[: next(i for i, line in enumerate(lines) if not line.startswith("|"))]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


def test_the_table_of_layers_is_the_one_that_is_checked():
    shown = [re.findall(r"`(\w+)`", names) for _, names, *_ in rows_of("| level | files")]
    assert shown == LEVELS


def test_every_backend_that_tests_know_is_explained():
    assert {name.strip("`") for name, *_ in rows_of("| name | what")} == set(BACKENDS)


def test_sessions_that_are_named_exist():
    source = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    defined = set(re.findall(r"(?m)^def (\w+)\(session:", source))
    listed = " ".join(names for names, *_ in rows_of("| session | seconds"))
    named = set(re.findall(r"nox -s (\w+)", TEXT)) | set(re.findall(r"`(\w+)`", listed))
    for workflow in (ROOT / ".github" / "workflows").glob("*.yml"):
        text = workflow.read_text(encoding="utf-8")
        named |= set(re.findall(r"nox -s (\w+)", text))
        for sessions in re.findall(r"session: \[?([\w, ]+)", text):
            named |= set(re.findall(r"\w+", sessions))
    assert named - {"NAME"} <= defined


def test_the_first_line_of_a_test_file_names_what_it_tests():
    for path in TESTS:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("# Tests of "), f"{path.name} begins with {first!r}"
        for name in first.removeprefix("# Tests of ").split(", "):
            assert (ROOT / name).exists(), f"{path.name}: {name} is not there"
