# Tests of xgrad/programs
"""Programs saved in one process, and loaded where their source is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import xgrad as xg
from tests.compiling.table import different, programs, results
from tests.compiling.test_semantics import Model
from tests.compiling.test_table import cases
from xgrad import programs as files_of_programs
from xgrad.errors import FileError
from xgrad.testing import ROWS

pytest.importorskip("safetensors")
pytestmark = pytest.mark.filterwarnings(
    "ignore::xgrad.errors.ConstantResultWarning"  # some samples are constant
)
X = np.linspace(0.5, 1.5, 6)


def saved(f, path, *args, **kwargs):
    xg.compile(f).lower(*args, **kwargs).save(path)
    return files_of_programs.load(path)


SOME = ROWS if "XGRAD_ALL_SAMPLES" in os.environ else ROWS[::3]
"""All in the session ``compiled``, some in CI."""


@pytest.mark.parametrize("row", SOME, ids=lambda row: row.name)
def test_the_table_of_ops(row, tmp_path):
    for case in cases(row, False):
        raws = case.raw_arrays()
        for name, f in programs(case, 1).items():
            with np.errstate(all="ignore"):
                try:
                    want = results(f(*raws))
                    compiled = xg.compile(f)
                    lowered = compiled.lower(*raws)
                except (xg.errors.TraceError, xg.errors.XgradError, ValueError):
                    continue
                lowered.save(tmp_path / "p.safetensors")
                loaded = files_of_programs.load(tmp_path / "p.safetensors")
                assert not different(want, results(loaded(*raws))), f"{case}: {name}"


def loss(model, x, *, power):
    h = xg.tanh(x @ model["w"] + model["b"])
    return xg.mean(h**power), {"h": h, "n": None}


MODEL = {"w": np.arange(12.0).reshape(6, 2) / 10, "b": np.asarray([0.1, -0.2])}


def test_trees_names_and_numbers(tmp_path):
    x = np.stack([X, X + 1])
    f = saved(loss, tmp_path / "p.safetensors", MODEL, x, power=2)
    got, want = f(MODEL, x * 0.5, power=2), loss(xg.tree.map(xg.asarray, MODEL), x * 0.5, power=2)
    assert float(got[0]) == float(want[0])
    np.testing.assert_array_equal(got[1]["h"], want[1]["h"].data)
    assert got[1]["n"] is None
    with pytest.raises(ValueError, match="got 3; expected 2, with which it was saved"):
        f(MODEL, x, power=3)
    with pytest.raises(ValueError, match=r"got float64\[2, 5\]; expected float64\[2,6\]"):
        f(MODEL, x[:, :5], power=2)
    with pytest.raises(
        ValueError, match=r"\(args, kwargs\)\[0\] is a tuple of 1; expected a tuple of 2"
    ):
        f(MODEL, power=2)


def function(x):
    y = xg.zeros_like(x)
    y[1:] = xg.sin(x[:-1]) * 2
    y[0] = x[3]
    a = xg.reshape(y, (2, 3)) @ xg.reshape(x, (3, 2)) + 5 * xg.asarray(np.eye(2))
    total, sums = xg.scan(lambda c, r: (xg.cos(c) * r, c), xg.sum(a), x)
    return total + xg.sum(sums) + xg.sum(xg.linalg.solve(a, y[:2])) + xg.max(x[xg.asarray([0, 2])])


def test_it_is_differentiated_and_compiled_again(tmp_path):
    f = saved(function, tmp_path / "p.safetensors", xg.asarray(X))
    for maker in (lambda f: f, xg.grad, xg.hessian, lambda f: lambda x: xg.jvp(f, (x,), (x,))[1]):
        want = np.asarray(xg.tree.leaves(maker(function)(xg.asarray(X * 0.9)))[0].data)
        for g in (maker(f), xg.compile(maker(f))):
            np.testing.assert_allclose(g(xg.asarray(X * 0.9)).data, want, rtol=1e-12)


def test_another_process_needs_no_source(tmp_path):
    path = tmp_path / "p.safetensors"
    held = np.arange(6.0)
    g = xg.compile(xg.grad(lambda x: xg.sum(xg.sin(x) * held)))
    g.lower(X).save(path)
    np.save(tmp_path / "x.npy", X * 2)
    script = (
        "import sys, numpy as np\nfrom xgrad.programs import load\n"
        f"f = load({str(path)!r})\nx = np.load({str(tmp_path / 'x.npy')!r})\n"
        f"np.save({str(tmp_path / 'y.npy')!r}, f(x))\n"
    )
    root = Path(xg.__file__).parent.parent
    env = {"PYTHONPATH": f"{root}:{root / 'backends'}"}
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path, env=env)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), g(X * 2))


def test_what_cannot_be_saved_says_so(tmp_path):
    rng = xg.random.default_rng(0)
    with pytest.raises(TypeError, match="calls standard_normal, which has an effect"):
        saved(lambda x: x + rng.normal(size=6), tmp_path / "p", xg.asarray(X))
    with pytest.raises(TypeError, match=r"is a Model; a file can hold dicts"):
        saved(lambda m: m.w * 2, tmp_path / "p", Model(X))


def changed(path, change):
    words = xg.files.metadata(path)
    change(words)
    xg.files.save(path, {k: v.data for k, v in xg.files.load(path).items()}, metadata=words)


def test_broken_files_are_refused(tmp_path):
    path = tmp_path / "p.safetensors"
    saved(lambda x: x * 2, path, X)
    changed(path, lambda words: words.update({"xgrad program": "99"}))
    with pytest.raises(FileError, match="of version 99; this xgrad reads version 1"):
        files_of_programs.load(path)

    def other_function(words):
        content = json.loads(words["content"])
        content["program"]["equations"][0]["path"] = "xp.load"
        words.update({"xgrad program": "1", "content": json.dumps(content)})

    changed(path, other_function)
    with pytest.raises(FileError, match=r"broken program.*no function 'xp\.load'"):
        files_of_programs.load(path)
    xg.files.save(path, {"a": X})
    with pytest.raises(FileError, match="holds arrays, and no program"):
        files_of_programs.load(path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(FileError):
        files_of_programs.load(path)
