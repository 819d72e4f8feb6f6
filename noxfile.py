"""The project's commands: `nox -l` lists them, `nox -s NAME` runs one in its own environment."""

import os
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True

PROJECT = nox.project.load_toml("pyproject.toml")

# Any build of this one version serves, and the CPU build is a tenth of the CUDA build that a range
# would bring. pip takes it from wherever PIP_FIND_LINKS or PIP_EXTRA_INDEX_URL points; uv does not
# look there, hence the sessions that need it are made with virtualenv.
TORCH = "torch==2.13.0"


def install(session: nox.Session, *groups: str, extra: str = "") -> None:
    """Install xgrad in editable form, with an extra and with dependency groups."""
    project = f".[{extra}]" if extra else "."
    session.install("-e", project, *nox.project.dependency_groups(PROJECT, *groups))


def pytest(session: nox.Session, *backends: str) -> None:
    """Run the tests on the given backends."""
    flags = [flag for name in backends for flag in ("--backend", name)]
    session.run("pytest", "-n", "auto", *flags, *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Test on NumPy and on array-api-strict, which checks the standard and mocks a device."""
    install(session, "test")
    pytest(session, "numpy", "numpy:readonly", "array_api_strict", "array_api_strict:device1")


@nox.session(venv_backend="virtualenv", default=False)
def tests_torch(session: nox.Session) -> None:
    """Test on PyTorch's CPU build; its meta device makes every hidden look at a value an error."""
    session.install(TORCH)
    install(session, "test", "demo")
    pytest(session, "torch", "torch:meta")


@nox.session(venv_backend="virtualenv", default=False)
def torch_parity(session: nox.Session) -> None:
    """Print the largest difference to PyTorch of each function, module and gradient method."""
    session.install(TORCH)
    install(session, "test")
    session.run("python", "-m", "tests.nn.parity")
    session.run("pytest", "tests/nn/test_parity.py", "tests/optim", *session.posargs)


@nox.session(default=False)
def kills(session: nox.Session) -> None:
    """Kill a training run at 20 random moments; `-- N` is another number."""
    install(session, "test")
    env = {"XGRAD_KILLS": session.posargs[0] if session.posargs else "20"}
    session.run("pytest", "tests/test_files.py", "-k", "killed", env=env)


@nox.session(default=False)
def tests_dask(session: nox.Session) -> None:
    """Test on Dask: the adapter, and the first sample of every op, its value and derivatives."""
    install(session, "test", extra="dask")
    files = ("tests/testing/test_derivatives.py", "tests/backends")
    session.run("pytest", "-n", "auto", "--backend", "dask", *files, *session.posargs)


@nox.session(default=False)
def tests_jax(session: nox.Session) -> None:
    """Test on JAX: the adapter, and the first sample of every op, also inside ``jax.jit``."""
    install(session, "test", extra="jax")
    files = ("tests/testing/test_derivatives.py", "tests/backends")
    session.run("pytest", "-n", "auto", "--backend", "jax", *files, *session.posargs)


@nox.session(venv_backend="virtualenv", default=False)
def oracle(session: nox.Session) -> None:
    """Compare values and gradients with PyTorch and JAX; `-- --only NAME` selects ops."""
    session.install(TORCH)
    install(session, "test", extra="jax")
    session.run("python", "tests/oracle.py", *session.posargs)


@nox.session(default=False)
@nox.parametrize("cuda", ["12", "13"])
def tests_gpu(session: nox.Session, cuda: str) -> None:
    """Test on CuPy. Without a usable GPU this fails: a skip would look like a pass."""
    install(session, "test", "demo", extra=f"cuda{cuda}")
    check = "import cupy, sys; cupy.is_available() or sys.exit('tests_gpu: no usable CUDA GPU')"
    session.run("python", "-c", check)
    pytest(session, "cupy")


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Differentiate 10,000 random programs in every mode; `-- --count N --seed N` selects."""
    install(session, "test")
    env = {"PYTHONPATH": "."}
    session.run("python", "-m", "tests.right.fuzzing", *session.posargs, env=env)


@nox.session(default=False)
def accuracy(session: nox.Session) -> None:
    """Measure each elementwise function and its derivatives, and write docs/accuracy.md."""
    install(session, "test")
    out = ("--out", "docs/accuracy.md")
    session.run("python", "-m", "tests.right.accuracy", *(session.posargs or out))


@nox.session(default=False)
def demo(session: nox.Session) -> None:
    """Train a network on handwritten digits; `-- --help` lists the options."""
    install(session, "demo")
    session.run("python", "examples/train_digits.py", *session.posargs)


@nox.session(default=False)
def examples(session: nox.Session) -> None:
    """Run the whole gallery, in its full settings; CI runs the quick ones."""
    install(session, "test", "demo")
    session.run("pytest", "tests/examples", "tests/test_readme.py")
    session.run("python", "examples/gallery.py", "--out", "out", *session.posargs)


@nox.session(default=False)
def gallery(session: nox.Session) -> None:
    """Write the pictures of the gallery to docs/gallery; `-- --only PAGE` one of them."""
    install(session, "demo")
    session.run("python", "examples/gallery.py", "--out", "docs/gallery", *session.posargs)


@nox.session(venv_backend="virtualenv", default=False)
def interop(session: nox.Session) -> None:
    """Differentiate 1,689 programs of NumPy, SciPy, scikit-learn, einops and others."""
    session.install(TORCH)
    install(session, "test", "interop")
    env = {"SCIPY_ARRAY_API": "1", "OMP_NUM_THREADS": "1"}
    flags = ("--backend", "numpy", "--backend", "torch")
    session.run("python", "-m", "tests.interop", *flags, *session.posargs, env=env)
    session.run("pytest", "tests/interop")


@nox.session(default=False)
def conformance(session: nox.Session) -> None:
    """Run the official Array API suite; `-- PATH` is a checkout of data-apis/array-api-tests.

    The checkout needs its submodule, `git submodule update --init`.
    """
    if not session.posargs:
        session.error("conformance: pass the path of a checkout of data-apis/array-api-tests")
    suite, *more = session.posargs
    install(session)
    session.install("pytest", "pytest-json-report", "hypothesis>=6.151", "ndindex>=1.8")
    lines = Path("tests/conformance/numpy-xfails.txt").read_text(encoding="utf-8").splitlines()
    xfails = Path(session.create_tmp(), "xfails.txt").resolve()
    known = [line.split("\t")[0] for line in lines if not line.startswith("#")]
    xfails.write_text("\n".join(known), encoding="utf-8")
    session.chdir(suite)
    session.run(
        *("pytest", "array_api_tests", "-q", "-p", "no:cacheprovider", "--tb=line"),
        *("--max-examples", "50", "--derandomize", "--disable-deadline"),
        *("--xfails-file", str(xfails), *more),
        env={"ARRAY_API_TESTS_MODULE": "xgrad", "ARRAY_API_TESTS_VERSION": "2025.12"},
    )


@nox.session(venv_backend="virtualenv", default=False)
def interchange(session: nox.Session) -> None:
    """Test the functions to and from PyTorch and JAX."""
    session.install(TORCH)
    install(session, "test", extra="jax")
    session.run("pytest", "tests/interchange", *session.posargs)


@nox.session(default=False)
def hips(session: nox.Session) -> None:
    """Run autograd's own tests and examples on xgrad; `-- PATH` is a checkout of HIPS/autograd."""
    if not session.posargs:
        session.error("hips: pass the path of a checkout of HIPS/autograd")
    suite, *more = session.posargs
    here = Path("tests/hips").resolve()
    install(session, "test", "bench", extra="show")
    session.install("xarray")
    session.run("python", str(here / "examples.py"), suite)
    session.chdir(Path(suite, "tests"))
    session.run(
        *("pytest", "-q", "-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider"),
        *("-p", "alias", "--tb", "short", *more),
        env={"PYTHONPATH": f"{here}{os.pathsep}."},
    )


@nox.session(default=False)
def faults(session: nox.Session) -> None:
    """Let every operation of every walk of 50 random programs fail, one at a time."""
    install(session, "test")
    session.run(
        "pytest", "--backend", "numpy", "--faults", "tests/test_faults.py", *session.posargs
    )


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    session.install(*nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def typing(session: nox.Session) -> None:
    """Check types inside with mypy, and what programs of users see with mypy and pyright."""
    install(session, "typing")
    session.run("mypy", *session.posargs)
    session.run("pytest", "tests/typing")


@nox.session(venv_backend="virtualenv", default=False)
def bench(session: nox.Session) -> None:
    """Measure the cost per op; `-- --only NAME --libs NAME,NAME` selects."""
    session.install(TORCH)
    install(session, "bench")
    session.run("python", "-m", "benchmarks", *session.posargs)
