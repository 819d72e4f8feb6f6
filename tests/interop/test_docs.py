# Tests of docs/interop.md
"""The examples of docs/interop.md print what stands below them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"(?ms)^```python\n(.*?)^```\n\n```text\n(.*?)^```$")


def test_examples(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    pytest.importorskip("einops")
    blocks = BLOCK.findall((ROOT / "docs" / "interop.md").read_text(encoding="utf-8"))
    script = tmp_path / "examples.py"
    script.write_text("\n".join(code for code, _ in blocks), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'backends'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "".join(output for _, output in blocks), done.stderr
