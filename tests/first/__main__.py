"""The first ten minutes, followed to the letter in a fresh clone, as a stranger would.

    python -m tests.first

Clones this repository's last commit into a temporary folder, with empty caches of pip and uv, and
runs there, on a pseudo-terminal, the README's first command; then with `.venv/bin/python` every
Python block of the README, each alone, and every example by the line at its own top. Prints how
long each took and for how long it was silent; the exit status is 1 if one failed, or was silent
for longer than five seconds while it installed something.
"""

from __future__ import annotations

import argparse
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
LONGEST = 5.0
"""Seconds for which a command that installs may say nothing."""


class Ran(NamedTuple):
    """What a command did."""

    status: int
    seconds: float
    silent: float
    before: str
    text: str


def run(command: str, folder: Path, env: dict[str, str]) -> Ran:
    """Run a line of a shell on a pseudo-terminal, and measure its longest silence."""
    ours, theirs = pty.openpty()
    start = last = time.monotonic()
    process = subprocess.Popen(
        ["bash", "-c", command], cwd=folder, env=env, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    silent, before, parts = 0.0, "", []
    while True:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                part = os.read(ours, 65536)
            except OSError:  # how Linux says that the other side is closed
                break
            if not part:
                break
            waited, last = time.monotonic() - last, time.monotonic()
            if waited > silent:
                silent, before = waited, b"".join(parts[-3:]).decode("utf-8", "replace")
            parts.append(part)
    status = process.wait()
    os.close(ours)
    text = b"".join(parts).decode("utf-8", "replace")
    return Ran(status, time.monotonic() - start, silent, before[-200:], text)


def first_line(path: Path) -> str:
    """Return the command at the top of an example, or nothing for a module of shared code."""
    found = re.search(r"(?m)^    (python examples/.*)$", path.read_text(encoding="utf-8"))
    return found[1] if found else ""


def steps(readme: str, examples: Path, all_commands: bool) -> list[tuple[str, str, bool]]:
    """Return what to run: its name, the line, and whether it installs something."""
    commands = re.findall(r"(?m)^    (python3 -m venv .*)$", readme)
    found = [(f"README: {c[-30:]}", c, True) for c in commands[: None if all_commands else 1]]
    for i, block in enumerate(re.findall(r"(?ms)^```python\n(.*?)^```$", readme), 1):
        quoted = block.replace("'", "'\\''")
        found.append((f"README: block {i}, alone", f".venv/bin/python -c '{quoted}'", False))
    lines = [first_line(path) for path in sorted(examples.glob("*.py"))]
    return found + [(line, f".venv/bin/{line}", False) for line in lines if line]


def main(argv: list[str] | None = None) -> int:
    """Follow the README; return the exit status."""
    parser = argparse.ArgumentParser(description="Follow the README in a fresh clone.")
    parser.add_argument("--tests", action="store_true", help="run its second command, too")
    parser.add_argument("--python", default="", help="a folder whose python3 comes first")
    chosen = parser.parse_args(argv)
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clone = folder / "xgrad"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        caches = {"PIP_CACHE_DIR": str(folder / "pip"), "UV_CACHE_DIR": str(folder / "uv")}
        env = os.environ | caches | {"TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
        for unset in ("PYTHONPATH", "VIRTUAL_ENV"):
            env.pop(unset, None)
        if chosen.python:
            env["PATH"] = f"{chosen.python}{os.pathsep}{env['PATH']}"
        readme = (clone / "README.md").read_text(encoding="utf-8")
        for what, line, installs in steps(readme, clone / "examples", chosen.tests):
            ran = run(line, clone, env)
            bad = ran.status != 0 or (installs and ran.silent > LONGEST)
            failed += bad
            print(f"{ran.seconds:7.1f} s, silent {ran.silent:5.1f} s  {what}{'  FAILED' * bad}")
            if installs:
                print(f"           the longest silence came after {ran.before!r}")
            if bad:
                print(ran.text[-3000:])
            sys.stdout.flush()
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
