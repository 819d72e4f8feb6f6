# Tests of xgrad/arrays/types.py, xgrad/transforms/protocols.py
"""What type checkers make of programs of users: `user_code.py` says line by line what they should.

`nox -s typing` has both checkers; elsewhere the one that is not installed is left out.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CODE = Path(__file__).parent / "user_code.py"
LINES = dict(enumerate(CODE.read_text(encoding="utf-8").splitlines(), 1))
REVEALED = re.compile(r'(?:Revealed type is|Type of .* is) "(.*)"', re.DOTALL)
MODULE = re.compile(r"\b[a-z_]\w*(?:\.[a-z_]\w*)*\.(?=[A-Z])")  # `xgrad.arrays.array.` of a name
FALLBACK = re.compile(r"tuple\[.*, fallback=(\w+)\]")  # as mypy writes a named tuple

Found = tuple[dict[int, list[str]], dict[int, list[str]]]


def run(*command: str) -> str:
    """Return what a checker prints; its exit status only says whether there were errors."""
    found = subprocess.run(
        [sys.executable, "-m", *command, str(CODE)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout, found.stderr
    return found.stdout


def mypy() -> Found:
    """Return the types that mypy reveals, by line, and the errors that it finds."""
    revealed, errors = defaultdict(list), defaultdict(list)
    for line in run("mypy", "--no-error-summary", "--hide-error-context").splitlines():
        match = re.match(r".*?user_code\.py:(\d+): (note|error): (.*)", line)
        if match and match[2] == "error":
            errors[int(match[1])].append(match[3])
        elif match and (told := REVEALED.search(match[3])):
            revealed[int(match[1])].append(told[1])
    return revealed, errors


def pyright() -> Found:
    """Return the types that pyright reveals, by line, and the errors that it finds."""
    revealed, errors = defaultdict(list), defaultdict(list)
    report = json.loads(run("pyright", "--outputjson", "--pythonpath", sys.executable))
    for item in report["generalDiagnostics"]:
        line = item["range"]["start"]["line"] + 1
        if item["severity"] == "error":
            errors[line].append(item["message"])
        elif told := REVEALED.search(item["message"]):
            revealed[line].append(told[1])
    return revealed, errors


@pytest.fixture(scope="module", params=[mypy, pyright], ids=["mypy", "pyright"])
def found(request: pytest.FixtureRequest) -> Found:
    """What a checker finds."""
    if importlib.util.find_spec(request.param.__name__) is None:
        pytest.skip(f"{request.param.__name__} is not installed; nox -s typing has it")
    return request.param()


def plain(told: str) -> str:
    """Return a type as both checkers write it, without modules."""
    told = MODULE.sub("", told).replace("Unknown", "Any")
    return FALLBACK.sub(r"\1", told)


def test_what_is_wrong_is_refused_and_nothing_else(found: Found) -> None:
    _, errors = found
    wrong = {i for i, line in LINES.items() if line.endswith("# error")}
    assert wrong, "user_code.py has no wrong line: the test can only pass"
    assert {i: LINES[i] for i in wrong - errors.keys()} == {}, "accepted"
    assert {i: errors[i] for i in errors.keys() - wrong} == {}, "refused"


def test_what_is_revealed_is_true(found: Found) -> None:
    revealed, _ = found
    told = {
        i: line.rpartition("  # ")[2]
        for i, line in LINES.items()
        if line.startswith("reveal_type(")
    }
    assert len(told) > 40
    differing = {
        LINES[i]: revealed[i]
        for i, expected in told.items()
        if {plain(t) for t in revealed[i]} - set(expected.split(" or ")) or not revealed[i]
    }
    assert differing == {}
