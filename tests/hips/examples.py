"""Run five of autograd's examples, on autograd and on xgrad, and compare what they compute.

    python tests/hips/examples.py CHECKOUT

Each runs unchanged but for its import lines, and for fewer iterations, in a process of its own.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType

import numpy as np

# For each example the names of its result, and what is replaced so that it ends soon.
EXAMPLES = {
    "fluidsim/fluidsim.py": (
        "result.x",
        [("timesteps = 100", "timesteps = 12"), ('"maxiter": 25', '"maxiter": 4')],
    ),
    "bayesian_neural_net.py": ("variational_params", [("num_iters=1000", "num_iters=20")]),
    "gaussian_process.py": ("cov_params.x", [("pause(10.0)", "pause(0.0)")]),
    "convnet.py": ("W", [("num_epochs = 50", "num_epochs = 8")]),
    "ode_net.py": ("optimized_params", [("num_iters=1000", "num_iters=8")]),
}


def digits() -> ModuleType:
    """Return a stand-in for the module that downloads MNIST."""
    rng = np.random.default_rng(0)
    module = ModuleType("data_mnist")
    images = rng.integers(0, 255, size=(64, 28, 28)).astype(np.uint8)
    labels = rng.integers(0, 10, size=64)
    module.mnist = lambda: (images[:48], labels[:48], images[48:], labels[48:])  # type: ignore[attr-defined]
    return module


def run(checkout: Path, name: str, out: Path) -> None:
    """Run one example in this process, and keep its result."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    os.system = lambda command: 0  # one example calls ImageMagick and rm
    plt.pause = plt.show = lambda *args, **kwargs: None
    path = checkout / "examples" / name
    sys.path.insert(0, str(path.parent))
    sys.modules["data_mnist"] = digits()
    result, changes = EXAMPLES[name]
    text = path.read_text(encoding="utf-8").replace("npr.RandomState()", "npr.RandomState(0)")
    for old, new in changes:
        assert old in text, f"{name} has no {old!r} any more"
        text = text.replace(old, new)
    names = {"__name__": "__main__", "__file__": str(path)}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(text, str(path), "exec"), names)
    assert ("xgrad" in sys.modules) == ("alias" in sys.modules)
    leaves = eval(result, names)
    flat = []
    stack = [leaves]
    while stack:
        item = stack.pop()
        if isinstance(item, (list, tuple)):
            stack.extend(item)
        else:
            flat.append(np.ravel(item))
    np.save(out, np.concatenate(flat))


def compare(checkout: Path) -> None:
    """Run every example on both libraries, and say how far they are apart."""
    with tempfile.TemporaryDirectory() as folder:
        for name in EXAMPLES:
            found, seconds = [], []
            for library in ("autograd", "xgrad"):
                out = Path(folder, f"{library}.npy")
                start = time.perf_counter()
                subprocess.run(
                    [
                        sys.executable,
                        "-W",
                        "ignore",
                        str(Path(__file__).resolve()),
                        str(checkout),
                        name,
                        library,
                        str(out),
                    ],
                    check=True,
                    cwd=folder,
                )
                seconds.append(time.perf_counter() - start)
                found.append(np.load(out))
            theirs, ours = found
            far = np.max(np.abs(theirs - ours)) / np.max(np.abs(theirs))
            print(
                f"{name:24} {theirs.size:6} numbers, largest relative difference {far:.1e}; "
                f"autograd {seconds[0]:.1f} s, xgrad {seconds[1]:.1f} s",
                flush=True,
            )
            assert far < 1e-6, name


if __name__ == "__main__":
    if len(sys.argv) == 2:
        compare(Path(sys.argv[1]).resolve())
    else:
        if sys.argv[3] == "xgrad":
            sys.path.insert(0, str(Path(__file__).parent))
            import alias  # noqa: F401 - it makes `import autograd` find xgrad's
        run(Path(sys.argv[1]).resolve(), sys.argv[2], Path(sys.argv[4]))
