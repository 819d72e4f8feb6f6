# Tests of xgrad/numpy_protocol/twins.py, xgrad/names
"""Programs of NumPy's tutorials, in our words: they run with the import line changed alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import xgrad as xg

PROGRAMS = sorted((Path(__file__).parent / "tutorials").glob("*.py"))
LINE = "import numpy as np\n"


REPLACED = {
    "air_quality": ("np.where(worst > 120)", "np.nonzero(worst > 120)", "xgrad.nonzero(condition)"),
    "k_means": (
        "np.argmin([np.linalg.norm(point - c) for c in self.centers])",
        "np.argmin(np.asarray([np.linalg.norm(point - c) for c in self.centers]))",
        "xgrad.asarray(x)",
    ),
    "waves": ("np.where(np.diff(", "np.nonzero(np.diff(", "xgrad.nonzero(condition)"),
}
"""What fails as it stands, what to write instead, and what the error says of it."""


def run(path: Path, *changes: tuple[str, str]) -> list[Any]:
    """Return the results of a program, with some of its text replaced."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    space: dict[str, Any] = {"__name__": path.stem}
    exec(compile(text, str(path), "exec"), space)
    return space["RESULT"]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_of_numpy_runs_with_its_import_changed(path: Path) -> None:
    expected = run(path)
    changes = [(LINE, "import xgrad as np\n")]
    if path.stem in REPLACED:  # or fails with the replacement named
        old, new, named = REPLACED[path.stem]
        with pytest.raises(TypeError) as caught:
            run(path, *changes)
        assert named in str(caught.value)
        changes.append((old, new))
    found = run(path, *changes)
    assert len(found) == len(expected)
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.asarray(x), np.asarray(y), rtol=1e-7, atol=1e-9)
    assert any(isinstance(x, xg.Array) for x in found)


def test_there_are_twelve() -> None:
    assert len(PROGRAMS) == 12
