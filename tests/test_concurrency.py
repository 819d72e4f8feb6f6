# Tests of xgrad/backends, xgrad/engine, xgrad/custom/no_grad.py
"""Threads, tasks, processes, copies and pickles: none of them disturbs a derivative."""

import asyncio
import contextvars
import copy
import dataclasses
import itertools
import os
import pickle
import shutil
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import xgrad as xg
from xgrad import nn, optim
from xgrad.engine import tape

ROOT = Path(__file__).parents[1]
X = np.asarray([0.3, -1.2, 2.0])


def wave(x, k=3):
    for _ in range(k):
        x = xg.sin(x) * x[::-1] + 0.1 * x
    return xg.sum(x)


def growth(x):
    y = xg.exp(-x * x)
    return xg.sum(xg.where(x > 0, xg.sqrt(x), y)) + xg.prod(y)


# Threads ------------------------------------------------------------------------------------------

JOBS = [
    lambda x: xg.grad(wave)(x),
    lambda x: xg.grad(growth)(x),
    lambda x: xg.hessian(wave)(x),
    lambda x: xg.jvp(growth, (x,), (x,))[1],
    lambda x: xg.grad(lambda x: xg.sum(xg.grad(growth)(x) ** 2))(x),
]


def in_threads(work, count):
    """Return what `work(0)`, ... give in as many threads, which all start at once."""
    barrier = threading.Barrier(count)

    def run(i):
        barrier.wait()
        return work(i)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.fixture
def eager_switching():
    """Let threads take turns as often as the interpreter can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("eager_switching", "quiet")
def test_threads_with_their_own_functions_backends_and_switches():
    expected = [job(X) for job in JOBS]
    backends = ["numpy", "array_api_strict", *(["torch"] if find_spec("torch") else [])]

    def work(i):
        backend = backends[i % len(backends)]
        with xg.use_backend(backend), np.errstate(all="ignore"):  # NumPy's is per thread, too
            for n in range(8):
                k = (i + n) % len(JOBS)
                x = X if backend == "numpy" else xg.asarray(X).to_backend(backend).data
                if n % 3 == i % 3:
                    with xg.no_grad():
                        assert not (xg.ones(2, dtype=xg.float64) * 2).is_tracked
                        found = JOBS[k](x)  # a transform records for itself, whatever is outside
                        assert not tape.is_recording()
                else:
                    found = JOBS[k](x)
                    assert tape.is_recording()
                assert xg.get_backend() == backend
                assert xg.zeros(1).backend == backend
                assert type(found) is type(x)
                np.testing.assert_allclose(xg.asarray(found)._numpy(), expected[k], rtol=1e-13)
        return True

    assert all(in_threads(work, 8))


@pytest.mark.usefixtures("eager_switching")
def test_threads_share_parameters():
    w = xg.asarray(X, requires_grad=True)
    expected = xg.grad(wave)(X)

    def work(i):
        y = wave(w * 1.0)
        return xg.grad(lambda v: wave(v * 1.0))(w), y

    for found, y in in_threads(work, 6):
        np.testing.assert_array_equal(found.data, expected)
        y.backward()
    np.testing.assert_allclose(w.grad.data, 6 * expected)


@pytest.mark.usefixtures("eager_switching")
def test_serial_numbers_are_never_given_twice_and_never_go_back():
    def work(i):
        return [tape.next_serial() for _ in range(5000)]

    runs = in_threads(work, 6)
    assert all(a < b for run in runs for a, b in itertools.pairwise(run))
    assert len({serial for run in runs for serial in run}) == 6 * 5000


def test_a_new_thread_starts_from_the_defaults():
    def state():
        return tape.is_recording(), xg.get_backend()

    with xg.no_grad(), xg.use_backend("array_api_strict"), ThreadPoolExecutor(1) as pool:
        assert pool.submit(state).result() == (True, "numpy")
        inherited = contextvars.copy_context()
        assert pool.submit(inherited.run, state).result() == (False, "array_api_strict")


def test_a_graph_made_in_one_thread_is_walked_in_another():
    y, pullback = xg.vjp(wave, X)
    with ThreadPoolExecutor(1) as pool:
        (found,) = pool.submit(pullback, np.ones_like(y)).result()
    np.testing.assert_array_equal(found, xg.grad(wave)(X))


# Tasks --------------------------------------------------------------------------------------------


def test_tasks_keep_their_own_state():
    async def work(i):
        backend = ("numpy", "array_api_strict")[i % 2]
        with xg.use_backend(backend):
            x = xg.asarray([1.0, 2.0, 3.0], requires_grad=True)
            y = xg.sum(xg.sin(x) * x)
            await asyncio.sleep(0)
            if i % 3 == 0:
                with xg.no_grad():
                    await asyncio.sleep(0)
                    assert not (y * 2).is_tracked
            await asyncio.sleep(0)
            assert (y * 2).is_tracked
            assert xg.get_backend() == backend
            assert xg.ones(1).backend == backend
            y.backward()
            await asyncio.sleep(0)
            return x.grad._numpy()

    async def nested():
        inner = asyncio.gather(*(work(i) for i in range(6)))
        with xg.no_grad():
            assert not tape.is_recording()
            found = await inner
            assert not tape.is_recording()
        return found

    async def main():
        return [x for found in await asyncio.gather(nested(), nested()) for x in found]

    x = np.asarray([1.0, 2.0, 3.0])
    for found in asyncio.run(main()):
        np.testing.assert_allclose(found, np.cos(x) * x + np.sin(x), rtol=1e-15)


def test_only_the_task_that_debugs_is_watched():
    async def fine():
        found = []
        for _ in range(4):
            found.append(xg.grad(lambda x: xg.sum(xg.log(x)))(np.zeros(2)))
            await asyncio.sleep(0)
        return found

    async def watched():
        with xg.debug():
            await asyncio.sleep(0)
            with pytest.raises(xg.errors.NonFiniteError, match="log"):
                xg.grad(lambda x: xg.sum(xg.log(x)))(np.zeros(2))
            await asyncio.sleep(0)
        return []

    async def main():
        return await asyncio.gather(fine(), watched(), watched(), fine())

    with np.errstate(all="ignore"):
        found = asyncio.run(main())
    assert all(np.isinf(g).all() for g in found[0] + found[3])
    assert sys.getprofile() is None


# Copies and pickles -------------------------------------------------------------------------------


def again(x):
    return pickle.loads(pickle.dumps(x))


@pytest.mark.parametrize("dtype", ["float32", "complex128", "int16", "bool"])
def test_arrays_are_pickled_and_copied(computing, dtype):
    x = xg.asarray(computing.raw(np.asarray([[1, 0], [0, 1]], dtype)))
    for made in (again(x), copy.copy(x), copy.deepcopy(x)):
        assert made.backend == x.backend
        assert made.device == x.device
        assert made.dtype == x.dtype
        assert not made.is_tracked
        np.testing.assert_array_equal(computing.numpy(made), computing.numpy(x))


def test_a_copied_parameter_is_a_parameter(computing):
    w = xg.asarray(computing.raw(X), requires_grad=True)
    wave(w).backward()
    for made in (again(w), copy.deepcopy(w)):
        assert made.requires_grad
        assert made.device == w.device
        wave(made).backward()
        with xg.no_grad():
            made[...] = 0.0
        np.testing.assert_array_equal(computing.numpy(w), X)
    assert copy.deepcopy(w).grad is not w.grad
    np.testing.assert_array_equal(computing.numpy(copy.deepcopy(w).grad), computing.numpy(w.grad))


def test_derivatives_flow_through_a_copy_of_a_result():
    np.testing.assert_array_equal(xg.grad(lambda x: xg.sum(copy.copy(x * 2)))(X), [2, 2, 2])
    np.testing.assert_array_equal(xg.grad(lambda x: xg.sum(copy.deepcopy(x)))(X), [1, 1, 1])


@dataclasses.dataclass
class Layer:
    w: xg.Array
    b: xg.Array

    def loss(self, x):
        return xg.sum((x @ self.w + self.b) ** 2)


def layer():
    return Layer(*(xg.asarray(np.full(s, 0.5), requires_grad=True) for s in ((3, 2), (2,))))


def test_a_module_of_parameters_is_copied_and_pickled():
    original = layer()
    original.loss(X).backward()
    for made in (again(original), copy.deepcopy(original)):
        assert made.w.requires_grad
        assert made.b.requires_grad
        made.w.grad = None
        made.loss(X).backward()
        np.testing.assert_array_equal(made.w.grad.data, original.w.grad.data)
        with xg.no_grad():
            made.w -= 0.1 * made.w.grad
        assert np.all(original.w.data == 0.5)


def trained(optimizer, model, steps):
    """Return what a model predicts after some steps on the product of two numbers."""
    x = xg.asarray(np.random.default_rng(1).uniform(-1.0, 1.0, (16, 2)))
    y = x[:, :1] * x[:, 1:]

    def loss(model):
        return nn.functional.mse_loss(model(x), y)

    for _ in range(steps):
        model = optimizer.step(xg.grad(loss)(model))
    return model(x).data


@pytest.mark.parametrize("how", [again, copy.deepcopy], ids=["pickled", "copied"])
def test_training_goes_on_from_a_copy_as_from_the_original(how):
    parts = nn.MLP([2, 8, 8], xg.tanh, rng=0), nn.LayerNorm(8), nn.Linear(8, 1, rng=1)
    original = optim.Optimizer(optim.Adam(lr=0.01), nn.Sequential(*parts))
    trained(original, original.model, 3)
    made = how(original)
    found = [trained(made, made.model, steps) for steps in (0, 3)]
    expected = [trained(original, original.model, steps) for steps in (0, 3)]
    np.testing.assert_array_equal(found, expected)
    assert not np.array_equal(*expected)


@xg.custom_vjp
def softened(x):
    return xg.clip(x, -1.0, 1.0)


softened.defvjp(lambda x: (softened.f(x), None), lambda _, ct: (ct,))


@xg.custom_jvp
def cube(x):
    return x * x * x


cube.defjvp(lambda primals, ts: (cube.f(*primals), 3 * primals[0] ** 2 * ts[0]))


def custom(x):
    return xg.sum(softened(x) * cube(x))


MADE = {
    "grad": lambda: xg.grad(wave),
    "grad of grad": lambda: xg.grad(xg.checkpoint(wave)),
    "value_and_grad": lambda: xg.value_and_grad(wave, argnums=(0,), strict=True),
    "jacrev": lambda: xg.jacrev(wave),
    "jacfwd of grad": lambda: xg.jacfwd(xg.grad(growth)),
    "hessian": lambda: xg.hessian(wave, 0),
    "of a method": lambda: xg.grad(layer().loss),
    "of custom rules": lambda: xg.grad(custom),
}


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", MADE)
def test_what_a_transform_made_is_pickled_and_copied(name):
    f = MADE[name]()
    expected = xg.tree.leaves(f(X))
    for made in (again(f), copy.copy(f), copy.deepcopy(f)):
        for a, b in zip(xg.tree.leaves(made(X)), expected, strict=True):
            np.testing.assert_array_equal(xg.asarray(a).data, xg.asarray(b).data)


def test_what_a_transform_made_looks_like_the_function():
    f = xg.grad(wave)
    assert f.__name__ == "wave"
    assert repr(f) == "<xgrad.grad of wave>"
    assert again(softened) is softened

    class Model:
        slope = xg.grad(lambda self, x: xg.sum(self.scale * x * x), 1)
        scale = 3.0

    np.testing.assert_array_equal(Model().slope(X), 6 * X)


def test_what_cannot_be_pickled_says_so():
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(xg.grad(lambda x: xg.sum(x)))


# Processes ----------------------------------------------------------------------------------------

SCRIPT = """
import multiprocessing, sys
import numpy as np
import xgrad as xg

def loss(w, x):
    return xg.sum(xg.tanh(x * w) ** 2)

def step(w):
    (w * w).backward()
    return w, w.grad

if __name__ == "__main__":
    x = np.linspace(0.1, 1.0, 5)
    jobs = [(w * x, x) for w in range(4)]
    expected = [xg.grad(loss)(*job) for job in jobs]  # the parent's tape has been in use
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        found = pool.starmap(xg.grad(loss), jobs)
        ((w, g),) = pool.map(step, [xg.asarray(3.0, requires_grad=True)])
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
    assert w.requires_grad and g.item() == 6.0
    print("done")
"""


def run_script(tmp_path, *args, python=sys.executable, script=SCRIPT):
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(script), encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'backends'}"}
    command = [python, str(path), *args]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, env=env, timeout=120
    )


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_hips_38_derivatives_are_sent_to_other_processes(tmp_path, method):
    if method == "fork" and not hasattr(os, "fork"):
        pytest.skip("this system cannot fork")
    done = run_script(tmp_path, method)
    assert done.stdout == "done\n", done.stderr


ON_TORCH = """
import multiprocessing
import torch
import xgrad as xg

def loss(w, x):
    return xg.sum(xg.tanh(x @ w) ** 2)

if __name__ == "__main__":
    w, x = torch.ones(3, 3, dtype=torch.float64), torch.ones(4, 3, dtype=torch.float64)
    expected = xg.grad(loss)(w, x)
    leaf = w.clone().requires_grad_(True)
    torch.sum(torch.tanh(x @ leaf)).backward()  # after this, PyTorch's own engine cannot fork
    with multiprocessing.get_context("fork").Pool(2) as pool:
        found = pool.starmap(xg.grad(loss), [(w, x)] * 3)
    assert all(torch.equal(g, expected) for g in found)
    print("done")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_pypesto_1031_gradients_of_tensors_after_a_fork(tmp_path):
    pytest.importorskip("torch")
    done = run_script(tmp_path, script=ON_TORCH)
    assert done.stdout == "done\n", done.stderr


WITHOUT_GIL = """
import sys, threading
if not hasattr(sys, "_is_gil_enabled") or "stand-in" in sys.argv:
    sys._is_gil_enabled = lambda: False
import numpy as np
import xgrad as xg
from xgrad import nn, optim, tape

def f(x):
    for _ in range(20):
        x = xg.sin(x) * 1.1 + x[::-1]
    return xg.sum(x)

x = np.linspace(0, 1, 7)
expected = xg.grad(f)(x)
wrong, serials = [], []

def work():
    for _ in range(30):
        if not np.array_equal(xg.grad(f)(x), expected):
            wrong.append(1)
    serials.extend([tape.next_serial() for _ in range(3000)])

threads = [threading.Thread(target=work) for _ in range(6)]
for t in threads: t.start()
for t in threads: t.join()
assert not wrong
assert len(set(serials)) == len(serials) == 18000
assert not sys._is_gil_enabled()
print("done")
"""


def test_the_counter_without_a_gil(tmp_path):
    done = run_script(tmp_path, "stand-in", script=WITHOUT_GIL)
    assert done.stdout == "done\n", done.stderr


def test_threads_on_a_free_threaded_interpreter(tmp_path):
    names = [f"python3.{minor}t" for minor in (13, 14, 15)]
    found = [path for name in names if (path := shutil.which(name))]
    if not found:
        pytest.skip(f"none of {', '.join(names)} is installed")
    python = found[-1]
    needed = "import numpy, array_api_compat, optree"
    if subprocess.run([python, "-c", needed], check=False).returncode:
        pytest.skip(f"{python} lacks the packages that xgrad needs")
    done = run_script(tmp_path, python=python, script=WITHOUT_GIL)
    assert done.stdout == "done\n", done.stderr


# Walking twice ------------------------------------------------------------------------------------


def test_a_second_backward_says_that_the_graph_was_freed():
    x = xg.asarray(X, requires_grad=True)
    y = wave(x)
    y.backward()
    first = x.grad.data.copy()
    for again_ in (y.backward, (y * 2).backward):
        with pytest.raises(xg.errors.GraphFreedError, match="create_graph=True"):
            again_()
    np.testing.assert_array_equal(x.grad.data, first)
    wave(x).backward()  # computed anew, it adds up
    np.testing.assert_array_equal(x.grad.data, 2 * first)


def test_a_kept_graph_is_walked_again():
    x = xg.asarray(X, requires_grad=True)
    y = wave(x)
    y.backward(create_graph=True)
    first = x.grad.detach()
    y.backward(create_graph=True)
    np.testing.assert_array_equal(x.grad.data, 2 * first.data)
    g, x.grad = x.grad, None
    xg.sum(g).backward()
    np.testing.assert_allclose(x.grad.data, 2 * xg.hessian(wave)(X).sum(axis=0), atol=1e-13)


def test_results_that_share_a_graph_are_walked_one_by_one():
    x = xg.asarray(X, requires_grad=True)
    h = xg.sin(x)
    a, b = xg.sum(h * h), xg.sum(xg.exp(h))
    a.backward()
    b.backward()
    expected = xg.grad(lambda x: xg.sum(xg.sin(x) ** 2 + xg.exp(xg.sin(x))))(X)
    np.testing.assert_allclose(x.grad.data, expected, rtol=1e-14)


def test_threads_that_meet_a_class_together_register_it_once():
    for _ in range(20):

        @dataclasses.dataclass
        class Pair:
            x: float
            y: float

        together = threading.Barrier(4)

        def leaves(_, cls=Pair, together=together):
            together.wait()
            return xg.tree.leaves(cls(1.0, 2.0))

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(leaves, range(4))) == [[1.0, 2.0]] * 4
