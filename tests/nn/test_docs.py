# Tests of docs/networks.md
"""The Python blocks of docs/networks.md run, and print what stands below them."""

import contextlib
import io
import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "docs" / "networks.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"(?ms)^```python\n(?P<code>.*?)^```\n\n```text\n(?P<output>.*?)^```$")


def test_every_block_prints_what_is_shown():
    pytest.importorskip("safetensors")
    blocks = list(BLOCK.finditer(TEXT))
    assert len(blocks) == TEXT.count("```python") > 0
    names = {"__name__": "networks"}
    for block in blocks:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(block["code"], "docs/networks.md", "exec"), names)  # our own text
        assert out.getvalue() == block["output"]
