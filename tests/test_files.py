# Tests of xgrad/files.py
"""Saved trees come back bit by bit, and a file that does not fit says so."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import xgrad as xg
from xgrad import files, nn, optim
from xgrad.errors import FileError

pytest.importorskip("safetensors")
ROOT = Path(__file__).parent.parent


def everything(place):
    """Return a tree with every kind of leaf that a place has."""
    rng = np.random.default_rng(0)
    dtypes = "bool int8 uint8 int16 int32 int64 float32 float64 complex64 complex128".split()
    tree = {
        name: xg.Array(place.raw((4 * rng.normal(size=(2, 3))).astype(name)))
        for name in dtypes
        if place.has(name)
    }
    return {
        "arrays": tree,
        "scalar": xg.Array(place.raw(np.asarray(2.5))),
        "empty": xg.Array(place.raw(np.zeros((0, 3)))),
        "transposed": xg.Array(place.raw(np.arange(6.0).reshape(2, 3), "transposed")),
        "numbers": (1, 2.5, True, 1 + 2j),
        "list": [xg.Array(place.raw(np.arange(3)))],
        "none": None,
    }


def same(a, b):
    for x, y in zip(xg.tree.leaves(a), xg.tree.leaves(b), strict=True):
        assert type(x) is type(y)
        if isinstance(x, xg.Array):
            assert (x.backend, x.device, x.dtype, x.shape) == (
                y.backend,
                y.device,
                y.dtype,
                y.shape,
            )
        assert np.array_equal(numpy_of(x), numpy_of(y), equal_nan=True)


def numpy_of(x):
    return np.asarray(x.to_backend("numpy").data if isinstance(x, xg.Array) else x)


def test_a_tree_comes_back(computing, tmp_path):
    tree = everything(computing)
    files.save(tmp_path / "a", tree)
    blank = xg.tree.map(lambda x: xg.zeros_like(x) if isinstance(x, xg.Array) else type(x)(0), tree)
    same(files.load(tmp_path / "a", like=blank), tree)


def test_without_a_tree_the_arrays_come_by_name(tmp_path):
    files.save(tmp_path / "a", {"b": [np.ones(2), 3], "a": xg.ones(1)})
    found = files.load(tmp_path / "a")
    assert list(found) == ["a", "b.0", "b.1"]
    assert all(isinstance(x, xg.Array) for x in found.values())


def test_a_model_and_its_training_come_back(tmp_path):
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.BatchNorm(4), nn.Linear(4, 1, rng=1))
    optimizer = optim.Optimizer(optim.Adam(), model)
    optimizer.step(xg.tree.map(xg.ones_like, model))
    files.save(tmp_path / "a", {"model": optimizer.model, "state": optimizer.state})
    like = {"model": model, "state": optim.Adam().init(model)}
    found = files.load(tmp_path / "a", like)
    same(found, {"model": optimizer.model, "state": optimizer.state})
    assert found["state"].count == 1
    assert isinstance(found["model"], nn.Sequential)


def test_texts_go_along(tmp_path):
    files.save(tmp_path / "a", np.ones(2, "complex64"), metadata={"run": "7"})
    assert files.metadata(tmp_path / "a") == {"run": "7"}


def test_others_can_read_it(tmp_path):
    from safetensors.numpy import load_file

    files.save(tmp_path / "a", {"w": np.arange(3.0)})
    assert np.array_equal(load_file(tmp_path / "a")["w"], [0, 1, 2])


def test_bfloat16(tmp_path):
    torch = pytest.importorskip("torch")
    pytest.importorskip("ml_dtypes", reason="NumPy has no bfloat16 without it")
    x = xg.Array(torch.arange(6, dtype=torch.bfloat16).reshape(2, 3))
    files.save(tmp_path / "a", {"x": x})
    found = files.load(tmp_path / "a", {"x": xg.zeros_like(x)})["x"]
    assert found.data.dtype == torch.bfloat16
    assert torch.equal(found.data, x.data)


def test_what_is_loaded_can_be_written_to(tmp_path):
    files.save(tmp_path / "a", np.arange(3.0))
    x = files.load(tmp_path / "a", np.zeros(3))
    x[0] = 5.0
    assert x.tolist() == [5, 1, 2]


def test_restore_starts_afresh_where_there_is_no_file(tmp_path):
    start = {"step": 0}
    assert files.restore(tmp_path / "a", start) is start
    files.save(tmp_path / "a", {"step": 5})
    assert files.restore(tmp_path / "a", start) == {"step": 5}


def test_a_leaf_that_requires_a_gradient_does_so_again(tmp_path):
    files.save(tmp_path / "a", np.ones(2))
    like = xg.zeros(2, dtype=xg.float64)
    like.requires_grad = True
    assert files.load(tmp_path / "a", like).requires_grad


# What does not fit --------------------------------------------------------------------------------


def test_another_model_is_named(tmp_path):
    files.save(tmp_path / "a", nn.MLP([4, 8, 2], rng=0))
    with pytest.raises(
        FileError, match=r"layers\.0\.weight: the file has float64\[8, 4\], expected"
    ):
        files.load(tmp_path / "a", nn.MLP([3, 8, 2], rng=0))
    with pytest.raises(FileError, match=r"not in the file: layers\.2\.bias, layers\.2\.weight"):
        files.load(tmp_path / "a", nn.MLP([4, 8, 2, 2], rng=0))
    with pytest.raises(FileError, match=r"only in the file: layers\.1\.bias"):
        files.load(tmp_path / "a", nn.MLP([4, 8], rng=0))
    with pytest.raises(FileError, match=r"expected float32\[8, 4\]"):
        files.load(tmp_path / "a", nn.MLP([4, 8, 2], rng=0, dtype="float32"))


@pytest.mark.parametrize("left", [0, 5, 30, 0.5, 0.999, 1.001])
def test_a_file_that_was_cut_off_or_grew(tmp_path, left):
    path = tmp_path / "a"
    files.save(path, {"w": np.arange(1000.0)})
    content = path.read_bytes()
    n = left if isinstance(left, int) else int(left * len(content))
    path.write_bytes((content + b"x" * 100)[:n])
    with pytest.raises(FileError, match=f"load: {path} (has|is)"):
        files.load(path)


def test_a_file_of_something_else(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    with pytest.raises(FileError, match="is no safetensors file"):
        files.load(path)
    path.write_bytes((20).to_bytes(8, "little") + b"[1, 2, 3]           ")
    with pytest.raises(FileError, match="is no safetensors file"):
        files.load(path)


def test_what_is_no_array_cannot_be_saved(tmp_path):
    with pytest.raises(xg.errors.NotDifferentiableError, match="save: f"):
        files.save(tmp_path / "a", {"f": print})
    assert not list(tmp_path.iterdir())


def test_names_must_differ(tmp_path):
    with pytest.raises(ValueError, match="the tree has 2 leaves, but 1 names"):
        files.save(tmp_path / "a", {"a.b": 1.0, "a": {"b": 2.0}})


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "a"
    files.save(path, {"step": 1})

    def broken(handle):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="no space left"):
        files.save(path, {"step": 2})
    monkeypatch.undo()
    assert files.load(path, {"step": 0}) == {"step": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_left_is_removed_in_time(tmp_path):
    old, new = tmp_path / ".a.1.part", tmp_path / ".a.2.part"
    for part in (old, new):
        part.write_bytes(b"")
    os.utime(old, (0, 0))
    files.save(tmp_path / "a", {"step": 1})
    assert set(tmp_path.iterdir()) == {tmp_path / "a", new}


# A run that is killed --------------------------------------------------------------------------

RUN = """
import sys
import numpy as np
import xgrad as xg
from xgrad import data, files, nn, optim

path, steps = sys.argv[1], int(sys.argv[2])
rng = np.random.default_rng(0)
x = rng.normal(size=(96, 4)).astype("float32")
y = (x[:, 0] * x[:, 1] > 0).astype("int64")
model = nn.Sequential(
    nn.Linear(4, 16, rng=0), nn.BatchNorm(16), xg.tanh, nn.Dropout(0.2), nn.Linear(16, 2, rng=1)
)
optimizer = optim.Optimizer(optim.AdamW(lr=optim.Cosine(0.01, steps)), model, clip_norm=1.0)
loader = data.Loader((x, y), 10, seed=3)


def loss(model, x, y, rng):
    z, model = model.update(x, rng=rng)
    return nn.functional.cross_entropy(z, y), model


def run():
    return {"model": optimizer.model, "state": optimizer.state, "place": loader.state}


found = files.restore(path, run())
optimizer.model, optimizer.state, loader.state = found["model"], found["state"], found["place"]
print("ready", flush=True)
while optimizer.state.count < steps:
    for xs, ys in loader:
        dropped = xg.random.default_rng(optimizer.state.count)
        g, optimizer.model = xg.grad(loss, has_aux=True)(optimizer.model, xs, ys, dropped)
        optimizer.step(g)
        files.save(path, run())
        print(optimizer.state.count, flush=True)
        if optimizer.state.count >= steps:
            break
"""


def trained(script, path, steps, kills=0, rng=None):
    """Return the arrays at the end of a run that is killed at random moments.

    A moment is a number of steps and a part of one, so that a busy machine does not matter.
    """
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'backends'}"}
    command = [sys.executable, str(script), str(path), str(steps)]
    for kill in range(kills + 1):
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline() == "ready\n"
            if kill < kills:
                for _ in range(rng.integers(12)):
                    process.stdout.readline()
                time.sleep(rng.uniform(0.0, 0.005))
                process.send_signal(signal.SIGKILL)
            process.communicate()
        assert process.returncode == (-signal.SIGKILL if kill < kills else 0)
    return files.load(path)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_a_run_that_is_killed_ends_with_the_same_numbers(tmp_path):
    kills = int(os.environ.get("XGRAD_KILLS", "2"))
    script = tmp_path / "run.py"
    script.write_text(RUN, encoding="utf-8")
    steps = 40 + 25 * kills
    rng = np.random.default_rng(int(os.environ.get("XGRAD_SEED", "0")))
    unbroken = trained(script, tmp_path / "unbroken.safetensors", steps)
    broken = trained(script, tmp_path / "broken.safetensors", steps, kills, rng)
    assert broken.keys() == unbroken.keys()
    for name, x in unbroken.items():
        assert x.data.tobytes() == broken[name].data.tobytes(), name
    assert int(unbroken["state.count"].item()) == steps
    left = {p.name for p in tmp_path.iterdir() if not p.name.startswith(".")}
    assert left == {"run.py", "unbroken.safetensors", "broken.safetensors"}
