"""Run a library's own tests on autograd, and on xgrad in its place, and print what differs.

    python -m tests.downstream NAME CHECKOUT [ARGUMENT OF PYTEST ...]

For a library that is not in `LIBRARIES` the arguments say which tests. Two columns of processor
times are of the tests that pass on both: they are summed, and a third says how many there are.
The first run after an installation compiles what a test imports; the times of a second one count.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
_PATH = [x for x in os.environ.get("PYTHONPATH", "").split(os.pathsep) if x]


@dataclass
class Library:
    """How to run one library's tests.

    Attributes:
        tests: what pytest is given: files, ``-k``, ``--deselect``.
        needs: what is installed beside it.
        environment: variables that its tests need.
        stubs: modules that its tests import, and that need not do anything.
        known: tests that fail on xgrad, and why.
    """

    tests: list[str]
    needs: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    stubs: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)


LIBRARIES = {
    "autograd-gamma": Library(["tests"]),
    "autograd-minimize": Library(["test"], ["torch", "jax"], stubs=["tensorflow"]),
    "autoptim": Library(["autoptim/tests"]),
    "ceviche": Library(
        ["tests/test_gradients_fdfd.py", "tests/test_primitives.py", "tests/test_fields_fdfd.py"],
        ["matplotlib"],
    ),
    "geomstats": Library(
        ["tests/tests_geomstats/test_backend"],
        ["scikit-learn", "matplotlib", "joblib", "pandas", "nbformat", "nbconvert"],
        {"GEOMSTATS_BACKEND": "autograd"},
    ),
    "kernel-gof": Library(["kgof/test"], ["matplotlib", "future"]),
    "legume": Library(
        ["tests/test_gme_grad.py", "tests/test_primitives.py", "tests/test_shapes.py"],
        ["matplotlib"],
    ),
    "lifelines": Library(
        ["lifelines/tests/test_estimation.py", "-k", "Weibull or LogNormal or Cure or Custom"],
        [
            *("pandas<3", "formulaic", "autograd-gamma", "matplotlib", "dill", "joblib", "flaky"),
            *("psutil", "pytest-icdiff"),
        ],
    ),
    "lifetimes": Library(["tests/test_estimation.py"], ["pandas<3", "dill", "setuptools<81"]),
    "mici": Library(["tests"], ["symnum", "packaging"]),
    "momi2": Library(  # with its C modules, by `setup.py build_ext --inplace`
        ["test/test_autograd.py", "test/einsum2", "test/test_likelihood.py"],
        ["cached_property", "networkx", "msprime", "numdifftools", "pandas<3", "pysam", "seaborn"],
    ),
    "paragami": Library(["paragami/tests"], ["json_tricks"]),
    "pymanopt": Library(
        ["tests/manifolds", "tests/optimizers", "tests/test_problem.py"],
        ["torch"],
        stubs=["tensorflow"],
    ),
    "pymoo": Library(["tests/gradients"], ["pymoo"]),
    "reliability": Library(
        ["tests/test_Fitters.py", "tests/test_ALT_fitters.py"],
        ["pandas", "matplotlib", "mplcursors", "autograd-gamma"],
        known={
            "test_ALT_fitters.py::test_Fit_Exponential_Power": "the gradients agree to 15 digits; "
            "in a flat valley (the parameter is 2e15) rounding says where the optimiser stops"
        },
    ),
    "sampyl": Library(["sampyl/tests"]),
    "ssm": Library(
        [
            *("tests/test_stats.py", "tests/test_hmm_gradients.py", "tests/test_lds.py"),
            *("-k", "not perf and not em and not fit"),
        ],
        ["numba", "cython", "scikit-learn", "tqdm", "matplotlib", "seaborn", "nose"],
    ),
    "surpyval": Library(
        ["surpyval/tests/univariate/parametric"],
        ["pandas", "matplotlib", "formulaic", "numdifftools", "joblib"],
    ),
    "viabel": Library(["viabel/tests"], ["paragami", "tqdm"], stubs=["pystan"]),
    "vittles": Library(["vittles/tests"], ["paragami"]),
}


def run(which: str, checkout: Path, tests: list[str], library: Library) -> dict[str, list]:
    """Return what became of each test with one library behind the name autograd."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out.json")
        given = {
            "DOWNSTREAM_LIBRARY": which,
            "DOWNSTREAM_OUT": str(out),
            "DOWNSTREAM_STUBS": " ".join(library.stubs),
            "OMP_NUM_THREADS": "1",
            "PYTHONDONTWRITEBYTECODE": "",  # else each run compiles what is imported in a test
            "MPLBACKEND": "Agg",
            "PYTHONPATH": os.pathsep.join(
                [str(HERE), str(checkout), str(checkout / "src"), *_PATH]
            ),
            "PYTHONHASHSEED": "0",
        }
        command = [sys.executable, "-W", "ignore", "-m", "pytest", "-q", "-p", "watch"]
        command += ["-p", "no:cacheprovider", "-p", "no:randomly", "-W", "ignore", "--tb=short"]
        done = subprocess.run(
            [*command, *tests],
            cwd=checkout,
            env=os.environ | given | library.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if not out.exists():
            sys.exit(
                f"the tests did not run with {which}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
            )
        return json.loads(out.read_text(encoding="utf-8"))


def compare(name: str, checkout: Path, more: list[str]) -> int:
    """Run a library's tests twice, print the differences, and return how many are unknown."""
    library = LIBRARIES.get(name, Library([]))
    tests = more or library.tests
    theirs, ours = (run(x, checkout, tests, library) for x in ("autograd", "xgrad"))
    both = [t for t in theirs if theirs[t][0] == "passed" and ours.get(t, [""])[0] == "passed"]
    worse = [t for t in theirs if theirs[t][0] == "passed" and t not in both]
    for text in sorted(set(_imports(ours))):
        print(f"  with xgrad {text}")
    for test in worse:
        outcome, _, text = ours.get(test, ["was not run", 0.0, ""])
        why = library.known.get(test.rpartition("/")[2], "")
        print(f"  {outcome} only with xgrad: {test}\n    {why or text}")
    for test in ours:
        if ours[test][0] == "passed" and theirs.get(test, [""])[0] == "failed":
            print(f"  failed only with autograd: {test}")
    counts = [sum(x[0] == "passed" for x in found.values()) for found in (theirs, ours)]
    seconds = [sum(found[t][1] for t in both) for found in (theirs, ours)]
    print(
        f"{name}: {counts[0]} of {len(theirs)} pass with autograd, {counts[1]} with xgrad; "
        f"processor time of the {len(both)} tests that pass in both {seconds[0]:.2f} s and "
        f"{seconds[1]:.2f} s, {seconds[1] / max(seconds[0], 1e-9):.2f} of autograd's"
    )
    return sum(test.rpartition("/")[2] not in library.known for test in worse)


def _imports(found: dict[str, list]) -> list[str]:
    return [text for _, _, text in found.values() if text.startswith("at import")]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--needs"]:  # what is installed beside a library, for noxfile.py
        print(*LIBRARIES.get(sys.argv[2], Library([])).needs)
        sys.exit()
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    name, checkout, *more = sys.argv[1:]
    sys.exit(compare(name, Path(checkout).resolve(), more) > 0)
