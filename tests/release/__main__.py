"""What a release must agree on: version, changelog, citation, recipe, contents of the packages.

    python -m tests.release dist

Looks at the packages in a folder, writes the conda recipe with the checksum of the source package
beside them, and lists what is still to be done by hand; with ``--final`` anything left is an error.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import xgrad

ROOT = Path(__file__).parents[2]
NOT_PACKAGED = (".gitignore", ".gitattributes")


def text(name: str) -> str:
    """Return a file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def tracked() -> set[str]:
    """Return the files under version control."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(listed.stdout.split("\n")) - {""}


def left_to_do(version: str) -> list[str]:
    """Return what only a person can do before the upload, and has not done."""
    found = []
    if not re.search(rf"(?m)^## {re.escape(version)} - \d{{4}}-\d\d-\d\d$", text("CHANGELOG.md")):
        found.append(f"CHANGELOG.md has no section '## {version} - DATE'")
    if not re.search(r"(?m)^date-released: \d{4}-\d\d-\d\d$", text("CITATION.cff")):
        found.append("CITATION.cff has no date-released")
    tags = subprocess.run(
        ["git", "tag", "--points-at", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    if f"v{version}" not in tags.stdout.split():
        found.append(f"the commit has no tag v{version}")
    changed = subprocess.run(
        ["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    if changed.stdout:
        found.append("there are changes that are not committed")
    return found


def disagreements(version: str, wheel: Path, source: Path) -> list[str]:
    """Return in what the packages and the files that describe them differ."""
    found = []
    if f"\nversion: {version}\n" not in text("CITATION.cff"):
        found.append(f"CITATION.cff is not of version {version}")
    if f'\n  version: "{version}"\n' not in text("conda/recipe.yaml"):
        found.append(f"conda/recipe.yaml is not of version {version}")
    found += [f"{p.name} is no {version}" for p in (wheel, source) if f"-{version}" not in p.name]
    files = tracked()
    with tarfile.open(source) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    if missing := sorted(files - packed - set(NOT_PACKAGED)):
        found.append(f"{source.name} lacks {', '.join(missing[:9])}")
    code = {name for name in files if re.match(r"(backends/)?xgrad\w*/.*(\.py|py\.typed)$", name)}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    if (wanted := {name.removeprefix("backends/") for name in code}) != held:
        found.append(f"{wheel.name} differs from the source in {sorted(wanted ^ held)[:9]}")
    return found


def main(argv: list[str] | None = None) -> int:
    """Check the packages of a folder; return the exit status."""
    parser = argparse.ArgumentParser(description="Check what a release must agree on.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--final", action="store_true", help="what is left to do is an error")
    chosen = parser.parse_args(argv)
    (wheel,), (source,) = chosen.folder.glob("*.whl"), chosen.folder.glob("*.tar.gz")
    version = xgrad.__version__
    checksum = hashlib.sha256(source.read_bytes()).hexdigest()
    recipe = re.sub(r"sha256: .*", f"sha256: {checksum}", text("conda/recipe.yaml"))
    (chosen.folder / "recipe.yaml").write_text(recipe, encoding="utf-8")
    wrong, left = disagreements(version, wheel, source), left_to_do(version)
    for line in wrong:
        print(f"WRONG: {line}")
    for line in left:
        print(f"LEFT TO DO: {line}")
    print(f"{source.name} {source.stat().st_size // 1000} kB, sha256 {checksum}")
    print(f"{wheel.name} {wheel.stat().st_size // 1000} kB; recipe.yaml is beside them")
    return int(bool(wrong) or (chosen.final and bool(left)))


if __name__ == "__main__":
    sys.exit(main())
