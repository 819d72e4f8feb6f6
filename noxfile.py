"""The project's commands: `nox -l` lists them, `nox -s NAME` runs one in its own environment."""

import os
import shutil
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True

PROJECT = nox.project.load_toml("pyproject.toml")

# Any build of this one version serves, and the CPU build is a tenth of the CUDA build that a range
# would bring. It is taken from wherever PIP_FIND_LINKS or PIP_EXTRA_INDEX_URL points.
TORCH = "torch==2.13.0"
for name in ("FIND_LINKS", "EXTRA_INDEX_URL"):  # uv asks for them under its own names
    if f"PIP_{name}" in os.environ:
        os.environ.setdefault(f"UV_{name}", os.environ[f"PIP_{name}"])
os.environ.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")  # pip's: all indexes are asked


def fetch(session: nox.Session, *what: str) -> None:
    """Install packages, and let the installer show its progress."""
    session.install(*what, silent=False)


def install(session: nox.Session, *groups: str, extra: str = "") -> None:
    """Install xgrad in editable form, with an extra and with dependency groups."""
    project = f".[{extra}]" if extra else "."
    fetch(session, "-e", project, *nox.project.dependency_groups(PROJECT, *groups))


def make_ready(session: nox.Session) -> str:
    """Install xgrad, and what the README and the examples need, in .venv; return its Python."""
    folder = Path(".venv").resolve()
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    python = str(programs / "python")
    if not programs.exists():
        session.run_install(sys.executable, "-m", "venv", str(folder), external=True)
    uv = shutil.which("uv", path=os.pathsep.join([str(programs), os.environ.get("PATH", "")]))
    pip = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
    needs = nox.project.dependency_groups(PROJECT, "demo")
    session.run_install(*pip, "-e", ".", *needs, external=True)
    return python


def pytest(session: nox.Session, *backends: str, only_new: bool = False) -> None:
    """Run the tests on the given backends, or of them what `tests` has not run."""
    flags = [flag for name in backends for flag in ("--backend", name)]
    flags += ["--only-new"] if only_new else []
    session.run("pytest", "-n", "auto", "--dist", "worksteal", *flags, *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Test on NumPy and on array-api-strict, which checks the standard and mocks a device."""
    install(session, "test")
    pytest(session, "numpy", "numpy:readonly", "array_api_strict", "array_api_strict:device1")


@nox.session(default=False)
def quick(session: nox.Session) -> None:
    """Test the engine and the first sample of every op on NumPy, in under a minute."""
    install(session, "test")
    session.run("pytest", "--quick", *session.posargs)


@nox.session(default=False, python=["3.11", "3.12", "3.13", "3.14"])
@nox.parametrize("dependencies", ["lowest-direct", "highest"])
def compat(session: nox.Session, dependencies: str) -> None:
    """Run `quick` with the oldest and the newest NumPy, SciPy, ... of each Python that is here.

    The oldest are the lowest versions that pyproject.toml allows and that this Python has.
    """
    compiled = ("numpy", "scipy", "optree", "safetensors", "ml-dtypes")  # none is built from source
    install_args = ["--resolution", dependencies, "--no-build-isolation"]
    install_args += [f"--only-binary={name}" for name in compiled]
    fetch(session, "setuptools>=77")
    needs = nox.project.dependency_groups(PROJECT, "test")
    fetch(session, *install_args, "-e", ".", *needs)
    session.run("python", "-c", "import numpy; print('NumPy', numpy.__version__)")
    session.run("pytest", "--quick", *session.posargs)


@nox.session(default=False)
def tests_torch(session: nox.Session) -> None:
    """Test on PyTorch's CPU build; its meta device makes every hidden look at a value an error.

    Only what depends on the backend, or on a package that `tests` does without: the rest says the
    same there.
    """
    fetch(session, TORCH)
    install(session, "test", "demo")
    pytest(session, "torch", "torch:meta", only_new=True)


@nox.session(default=False)
def torch_parity(session: nox.Session) -> None:
    """Print the largest difference to PyTorch of each function, module and gradient method."""
    fetch(session, TORCH)
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
def tests_mpi(session: nox.Session) -> None:
    """Test on processes: MPI, PyTorch's gloo, pools, a local Dask cluster; `-- -k NAME` selects.

    It needs an MPI: on Debian ``apt-get install openmpi-bin libopenmpi-dev``.
    """
    if shutil.which("mpiexec") is None:
        session.error(
            "there is no mpiexec. On Debian and Ubuntu: apt-get install openmpi-bin "
            "libopenmpi-dev; on macOS: brew install open-mpi; with conda: "
            "conda install -c conda-forge openmpi mpi4py"
        )
    fetch(session, TORCH)
    install(session, "test", extra="mpi,distributed")
    fetch(session, "joblib>=1.4")
    chosen = session.posargs or ["tests/machines"]
    session.run("pytest", "--backend", "numpy", *chosen, env={"XGRAD_PROCESSES": "1"})


@nox.session(default=False)
def tests_dask(session: nox.Session) -> None:
    """Test on Dask: the adapter, and the first sample of every op, its value and derivatives."""
    install(session, "test", extra="dask")
    files = ("tests/testing/test_derivatives.py", "tests/backends")
    session.run(
        "pytest", "-n", "auto", "--dist", "worksteal", "--backend", "dask", *files, *session.posargs
    )


@nox.session(default=False)
def tests_jax(session: nox.Session) -> None:
    """Test on JAX: the adapter, and the first sample of every op, also inside ``jax.jit``."""
    install(session, "test", extra="jax")
    files = ("tests/testing/test_derivatives.py", "tests/backends")
    flags = ("-n", "auto", "--dist", "worksteal", "--backend", "jax")
    session.run("pytest", *flags, *files, *session.posargs)


@nox.session(default=False)
def oracle(session: nox.Session) -> None:
    """Compare values and gradients with PyTorch and JAX; `-- --only NAME` selects ops."""
    fetch(session, TORCH)
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
def kernels(session: nox.Session) -> None:
    """Replay the op table by kernels that C++ compiles; `-- --nvrtc` compiles them for GPUs."""
    install(session, "test", extra="cuda12" if "--nvrtc" in session.posargs else "")
    env = {"PYTHONPATH": "."}
    session.run("python", "-m", "tests.compiling.device_table", *session.posargs, env=env)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Differentiate 10,000 random programs in every mode; `-- --compiled` replays them compiled."""
    install(session, "test")
    env = {"PYTHONPATH": "."}
    session.run("python", "-m", "tests.right.fuzzing", *session.posargs, env=env)


@nox.session(default=False)
def accuracy(session: nox.Session) -> None:
    """Measure each elementwise function and its derivatives, and write docs/accuracy.md.

    A quarter of an hour of one processor; what mpmath has computed is kept, so that the next run is
    short. `-- --only NAME` measures one function, `-- --seconds 5` takes so long for each.
    """
    install(session, "test")
    fetch(session, "gmpy2>=2.2", "python-flint>=0.7")  # ten times as fast as mpmath alone
    flags = session.posargs or ("--out", "docs/accuracy.md")
    session.run(
        *("python", "-m", "tests.right.accuracy", "--cache", session.create_tmp(), *flags),
        env={"PYTHONPATH": "."},
    )


@nox.session(default=False)
def halves(session: nox.Session) -> None:
    """Compare each reduction, normalisation, loss and method in half precision with float64.

    `-- --only NAME` selects; `-- --library torch` is where, of numpy, torch and jax; else on all.
    """
    fetch(session, TORCH)
    install(session, "test", extra="jax")
    given = any("--library" in arg for arg in session.posargs)
    for name in [""] if given else ["numpy", "torch", "jax"]:
        where = ("--library", name) if name else ()
        session.run(
            *("python", "-m", "tests.right.halves", *where, *session.posargs),
            env={"PYTHONPATH": "."},
        )


@nox.session(venv_backend="none", default=False)
def ready(session: nox.Session) -> None:
    """Install xgrad in .venv, with what the README and the examples need."""
    make_ready(session)


@nox.session(venv_backend="none", default=False)
def demo(session: nox.Session) -> None:
    """Make .venv ready, and train a network on handwritten digits; `-- --help` lists options."""
    python = make_ready(session)
    session.run(python, "examples/train_digits.py", *session.posargs, external=True)


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


@nox.session(default=False)
def interop(session: nox.Session) -> None:
    """Differentiate 1,775 programs of NumPy, SciPy, scikit-learn, einops and others."""
    fetch(session, TORCH)
    install(session, "test", "interop")
    env = {"SCIPY_ARRAY_API": "1", "OMP_NUM_THREADS": "1"}
    flags = ("--backend", "numpy", "--backend", "torch")
    session.run("python", "-m", "tests.interop", *flags, *session.posargs, env=env)
    session.run("pytest", "tests/interop")


@nox.session(default=False)
def science(session: nox.Session) -> None:
    """Run the op table's generic checks on every program of SciPy's chapters, not one in twelve."""
    install(session, "test")
    env = {"XGRAD_SCIENCE": "all", "OMP_NUM_THREADS": "1"}
    session.run("pytest", "tests/science", *session.posargs, env=env)


@nox.session(default=False)
def compiled(session: nox.Session) -> None:
    """Replay every row of the op table on all samples, by each engine, and from saved programs."""
    install(session, "test")
    env = {"XGRAD_ALL_SAMPLES": "1", "OMP_NUM_THREADS": "1"}
    files = [f"tests/compiling/test_{name}.py" for name in ("table", "native", "saved")]
    session.run("pytest", *files, *session.posargs, env=env)


@nox.session(default=False)
def samples(session: nox.Session) -> None:
    """Run all checks of the op table on every sample in the places that `tests` runs some in."""
    install(session, "test")
    places = ("numpy:readonly", "array_api_strict", "array_api_strict:device1")
    flags = [flag for name in places for flag in ("--backend", name)]
    files = ("test_ops", "test_batching", "testing/test_derivatives", "interop/test_batteries")
    paths = [f"tests/{name}.py" for name in files]
    env = {"XGRAD_ALL_SAMPLES": "1"}
    session.run("pytest", "-n", "auto", *paths, *flags, *session.posargs, env=env)


@nox.session(default=False)
def forms(session: nox.Session) -> None:
    """Call NumPy's functions with every form of argument on every library, and write the table."""
    fetch(session, TORCH)
    install(session, "test", extra="dask,jax")
    libraries = ("numpy", "torch", "array_api_strict", "dask", "jax")
    chosen = session.posargs or [flag for name in libraries for flag in ("--backend", name)]
    session.run("python", "-m", "tests.interop.numpy_forms", "--write", *chosen)


@nox.session(default=False)
def conformance(session: nox.Session) -> None:
    """Run the official Array API suite; `-- PATH` is a checkout of data-apis/array-api-tests.

    The checkout needs its submodule, `git submodule update --init`.
    """
    if not session.posargs:
        session.error("conformance: pass the path of a checkout of data-apis/array-api-tests")
    suite, *more = session.posargs
    install(session)
    fetch(session, "pytest", "pytest-json-report", "hypothesis>=6.151", "ndindex>=1.8")
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


@nox.session(default=False)
def interchange(session: nox.Session) -> None:
    """Test the functions to and from PyTorch and JAX."""
    fetch(session, TORCH)
    install(session, "test", extra="jax")
    session.run("pytest", "tests/interchange", *session.posargs)


@nox.session(default=False)
def onnx(session: nox.Session) -> None:
    """Export models to ONNX, and compare what onnxruntime computes."""
    install(session, "test", "onnx")
    session.run("pytest", "tests/nn/test_onnx.py", *session.posargs)


@nox.session(default=False)
def hips(session: nox.Session) -> None:
    """Run autograd's own tests and examples on xgrad; `-- PATH` is a checkout of HIPS/autograd."""
    if not session.posargs:
        session.error("hips: pass the path of a checkout of HIPS/autograd")
    suite, *more = session.posargs
    here = Path("tests/hips").resolve()
    install(session, "test", "bench", extra="show")
    fetch(session, "xarray")
    session.run("python", str(here / "examples.py"), suite)
    session.chdir(Path(suite, "tests"))
    session.run(
        *("pytest", "-q", "-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider"),
        *("-p", "alias", "--tb", "short", *more),
        env={"PYTHONPATH": f"{here}{os.pathsep}."},
    )


@nox.session(default=False)
def downstream(session: nox.Session) -> None:
    """Run a library's own tests on autograd, and on xgrad in its place, and print what differs.

    `-- NAME PATH`: one of `tests.downstream.LIBRARIES`, or any other one, and a checkout of it;
    what follows is for pytest, as which tests.
    """
    if len(session.posargs) < 2:
        session.error("downstream: pass the name of a library and the path of a checkout of it")
    name, path, *more = session.posargs
    install(session, extra="scipy")
    needs = session.run("python", "-m", "tests.downstream", "--needs", name, silent=True)
    fetch(session, "pytest", "autograd>=1.9", *str(needs).split())
    session.run("python", "-m", "tests.downstream", name, path, *more)


@nox.session(default=False)
def faults(session: nox.Session) -> None:
    """Let every operation of every walk of 50 random programs fail, one at a time."""
    install(session, "test")
    session.run(
        "pytest", "--backend", "numpy", "--faults", "tests/test_faults.py", *session.posargs
    )


@nox.session(default=False)
def first(session: nox.Session) -> None:
    """Follow the README in a fresh clone with empty caches; `-- --tests`: its tests, too."""
    session.run("python", "-m", "tests.first", *session.posargs)


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the site into docs/_build/html: tutorials run, a warning or a dead link is an error."""
    install(session, "docs", extra="scipy,files,show,einsum")
    flags = ("-W", "--keep-going", "-n", "-j", "auto", "-b", "html")
    session.run("sphinx-build", *flags, "docs", "docs/_build/html")
    session.run("python", "-m", "tests.pages", "docs/_build/html")


@nox.session(default=False)
def release(session: nox.Session) -> None:
    """Do all of a release but the upload, into dist/; `-- --final` when it is no rehearsal.

    Builds the packages, checks them, runs the source package's own tests in an environment that
    has seen nothing else, and asks whether all extras can be installed together.
    """
    fetch(session, *nox.project.dependency_groups(PROJECT, "release", "test"))
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", "dist")
    (wheel,), (source,) = Path("dist").glob("*.whl"), Path("dist").glob("*.tar.gz")
    session.run("twine", "check", "--strict", str(wheel), str(source))
    session.run("check-wheel-contents", str(wheel))
    session.run("pyroma", "--min=8", str(source))  # of 10: the developers have no address for mail
    session.run("cffconvert", "--validate", "-i", "CITATION.cff")
    session.run("python", "-m", "tests.release", "dist", *session.posargs)
    session.install("--dry-run", f"xgrad[all] @ {wheel.resolve().as_uri()}", silent=False)
    folder = Path(session.create_tmp()).resolve()
    shutil.unpack_archive(source, folder)
    fetch(session, str(wheel))
    session.chdir(folder / source.name.removesuffix(".tar.gz"))
    session.run("pytest", "-n", "auto", "--backend", "numpy")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting, and that no function of the engine branches too much."""
    fetch(session, *nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    if found := session.run("radon", "cc", "-s", "-n", "D", "xgrad/engine", silent=True):
        session.error(f"more than 20 branches:\n{found}")


@nox.session
def typing(session: nox.Session) -> None:
    """Check types inside with mypy, and what programs of users see with mypy and pyright."""
    install(session, "typing")
    session.run("mypy", *session.posargs)
    session.run("pytest", "tests/typing")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure the cost per op; `-- --only NAME --libs NAME,NAME` selects."""
    fetch(session, TORCH)
    install(session, "bench")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session(default=False)
def suites(session: nox.Session) -> None:
    """Run another project's tests on xgrad: ``nox -s suites -- NAME CHECKOUT``."""
    install(session, "test")
    fetch(session, "array-api-extra", "einops", "array-api-compat", "autoray")
    session.run("python", "-m", "tests.suites", *session.posargs)
