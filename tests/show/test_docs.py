# Tests of docs/showing.md
"""The blocks of docs/showing.md run, and print what stands below them."""

import re
from pathlib import Path

import pytest

import xgrad as xg

FOLDER = Path(__file__).parents[2] / "docs"
TEXT = (FOLDER / "showing.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"(?ms)^```python\n(?P<code>.*?)^```\n\n```text\n(?P<output>.*?)^```$")


def test_blocks_print_what_is_shown(capsys):
    names = {}
    blocks = list(BLOCK.finditer(TEXT))
    assert len(blocks) == TEXT.count("```python") > 3
    with xg.use_backend("numpy"):
        for block in blocks:
            exec(compile(block["code"], "<README>", "exec"), names)
            assert capsys.readouterr().out == block["output"]


@pytest.mark.parametrize("page", ["showing.md", "gallery/README.md"])
def test_pictures_exist(page):
    text = (FOLDER / page).read_text(encoding="utf-8")
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert pictures
    for picture in pictures:
        path = (FOLDER / page).parent / picture
        assert path.is_file(), picture
        assert path.stat().st_size < 150_000
