# Tests of pyproject.toml, CITATION.cff, conda/recipe.yaml, MANIFEST.in, noxfile.py
"""What describes the package agrees with it, and with itself."""

import re
import tomllib
from pathlib import Path

import xgrad as xg

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")
RECIPE = (ROOT / "conda" / "recipe.yaml").read_text(encoding="utf-8")


def squeezed(requirement):
    """Return a requirement without white space, as conda and pip spell it differently."""
    return requirement.replace(" ", "")


def test_there_is_one_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+", xg.__version__)
    assert f"\nversion: {xg.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f'version: "{xg.__version__}"' in RECIPE


def test_each_python_that_is_tested_is_a_classifier():
    tested = set(re.findall(r'"(3\.\d+)"', re.search(r"python=\[(.*)\]\)", NOXFILE)[1]))
    named = {c.rpartition(" ")[2] for c in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", c)}
    assert tested == named
    oldest = min(named, key=lambda version: int(version.split(".")[1]))
    assert PROJECT["requires-python"] == f">={oldest}"
    assert f'python_min: "{oldest}"' in RECIPE


def test_the_recipe_needs_what_the_package_needs():
    run = re.search(r"(?s)\n  run:\n(.*?)\n\n", RECIPE)[1]
    listed = {squeezed(line.strip(" -")) for line in run.splitlines()}
    assert listed == {*map(squeezed, PROJECT["dependencies"]), "python>=${{python_min}}"}


def test_the_extra_of_everything_names_every_other_one_but_those_of_the_machine():
    (everything,) = PROJECT["optional-dependencies"]["all"]
    named = set(re.search(r"\[(.*)\]", everything)[1].split(","))
    extras = set(PROJECT["optional-dependencies"]) - {"all", "cuda12", "cuda13", "jax", "mpi"}
    assert named == extras


def test_the_source_package_has_what_its_tests_read():
    manifest = (ROOT / "MANIFEST.in").read_text(encoding="utf-8")
    for folder in ("tests", "docs", "examples", "benchmarks", "conda", ".github"):
        assert f"graft {folder}" in manifest
    for name in ("noxfile.py", "CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff", ".ci/run"):
        assert name in manifest
        assert (ROOT / name).exists()
