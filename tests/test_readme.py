# Tests of README.md
"""The README's Python blocks run, and print what the README says; its commands exist."""

import re
import tomllib
from pathlib import Path

import pytest

import xgrad as xg

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"(?ms)^```python\n(?P<code>.*?)^```\n\n```text\n(?P<output>.*?)^```$")


def examples(text):
    """Return each block of Python with the output that stands below it."""
    return [(match["code"], match["output"]) for match in BLOCK.finditer(text)]


def lines_that_differ(examples, capsys):
    """Run the blocks, each alone, as a reader pastes them; return what they print unforeseen.

    A line may be printed more than once, since a block may repeat itself on a second backend.
    """
    differing = set()
    with xg.use_backend("numpy"):
        for code, expected in examples:
            exec(compile(code, "<README>", "exec"), {"__name__": "block"})  # it is our own text
            differing |= set(capsys.readouterr().out.splitlines()) ^ set(expected.splitlines())
    return differing


def test_python_blocks_print_what_is_shown(capsys):
    assert not lines_that_differ(examples(README), capsys)


def test_every_python_block_shows_its_output():
    assert len(examples(README)) == README.count("```python") > 0


def test_a_wrong_output_is_noticed(capsys):
    text = "```python\nprint(1)\n```\n\n```text\n2\n```\n"
    assert lines_that_differ(examples(text), capsys) == {"1", "2"}


def test_a_broken_block_is_noticed(capsys):
    with pytest.raises(NameError):
        lines_that_differ([("no_such_name", "")], capsys)


def test_commands_name_sessions_that_exist():
    named = set(re.findall(r"nox -s (\w+)", README))
    defined = set(re.findall(r"(?m)^def (\w+)\(session:", (ROOT / "noxfile.py").read_text()))
    assert {"demo", "tests"} <= named <= defined


def test_links_work_on_the_page_of_an_index():
    """They are absolute, begin as the project's own address, and lead to files that exist."""
    url = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    targets = re.findall(r"(?m)^\[\w+\]: (\S+)$", README) + re.findall(r"\]\(([^)]+)\)", README)
    assert len(targets) > 10
    for target in targets:
        assert target.startswith("https://"), target
        if target.startswith(url["Repository"]):
            path = target.removeprefix(url["Repository"] + "/blob/main/")
            assert (ROOT / path).exists(), target
    used = set(re.findall(r"\]\[(\w+)\]", README))
    assert used == set(re.findall(r"(?m)^\[(\w+)\]: ", README))
