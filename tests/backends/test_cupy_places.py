# Tests of backends/xgrad_backends/cupy_queues.py, xgrad/engine/on_device.py
"""Where and when ops and walks run on GPUs: see `gpus`, which stands for two of them."""

import sys
from importlib import import_module

import numpy as np
import pytest

import xgrad as xg
from xgrad.backends import BY_TYPE
from xgrad.engine import handed
from xgrad.testing import ROWS
from xgrad.testing.cases import Place

from .gpus import Gpus


class AsWritten:
    """A function that no kernel was made of."""

    def __init__(self, f, name, backend, names=None, least=1, defaults=None):
        self.f = f

    def __call__(self, *args, **kwargs):
        return self.f(*args, **kwargs)

    def found(self, given, names=()):
        return None


@pytest.fixture
def gpus(load_cupy_adapter, monkeypatch):
    """Two GPUs, of which 0 is the current one."""
    cp = Gpus()
    stand_ins = {
        f"array_api_compat.cupy{part}": f"array_api_compat.numpy{part}"
        for part in ("", ".linalg", ".fft")
    }
    stand_ins |= {f"cupyx.scipy.{part}": f"scipy.{part}" for part in ("special", "linalg")}
    for name, other in stand_ins.items():
        monkeypatch.setitem(sys.modules, name, cp.namespace(import_module(other)))
    backend = load_cupy_adapter(cp).BACKEND
    monkeypatch.setitem(BY_TYPE, cp.ndarray, backend)
    monkeypatch.setattr(handed, "fused", AsWritten)
    cp.backend = backend
    return cp


def on(gpus, device, x):
    with gpus.cuda.Device(device):
        return gpus.lift(np.array(x))


def loss(x):
    return xg.sum(xg.tanh(x @ x) * xg.softmax(x, axis=-1) + xg.where(x > 0, xg.sqrt(x), 0.0) * x[0])


X = np.random.default_rng(0).normal(size=(3, 3))


def results(gpus, case):
    """Return what an op and both walks give on GPU 1."""

    def there(x):
        return on(gpus, 1, x)

    raws = [there(x) for x in case.raw_arrays()]
    arrays = [xg.Array(x) for x in raws]
    varying = case.varying if case.order else []
    f = case.of_varying(arrays) if varying else lambda: case.call(arrays)

    def flat(*xs):
        ys = [y for y in xg.tree.leaves(f(*xs)) if isinstance(y, xg.Array)]
        return [y for y in ys if np.dtype(y.dtype).kind in "fc"] if varying else ys

    xs = [arrays[i] for i in varying]
    del gpus.waits[:], gpus.ran[:], gpus.wrong[:]
    found = list(ys := flat(*xs))
    if varying:
        _, pull = xg.vjp(flat, *xs)
        found += pull([xg.Array(there(np.ones(y.shape, y.dtype))) for y in ys])
        ts = tuple([xg.Array(there(np.ones(x.shape, x.dtype))) for x in xs])
        found += xg.jvp(flat, tuple(xs), ts)[1]
    return [x.data for x in found if isinstance(x, xg.Array)]


LACKING = {"special.digamma", "special.psi", "special.polygamma"}
"""Functions whose adapter makes an array by CuPy itself."""
WAITS = {"to_backend": ["get"]}
"""What has to wait for a GPU, and how."""


@pytest.mark.filterwarnings("ignore")
def test_ops_and_both_walks_run_on_the_device_of_their_arrays_and_do_not_wait(gpus):
    """Of the whole op table, while another GPU is the current one."""
    ran, wrong = 0, []
    for row in ROWS:
        case = next(iter(row.cases(Place.named("numpy"), "f")), None)
        if case is None or row.name in LACKING:
            continue
        ran += 1
        try:
            found = results(gpus, case)
        except Exception as error:
            wrong.append(f"{row.name}: {error!r:.300}")
            continue
        places = {getattr(x, "device_id", "the host") for x in found}
        if places - ({1, "the host"} if row.name == "to_backend" else {1}):
            wrong.append(f"{row.name}: results on {places}")
        if sorted(set(gpus.waits)) != WAITS.get(row.name, []):
            wrong.append(f"{row.name}: waits by {set(gpus.waits)}")
        wrong += [f"{row.name}: {text}" for text in gpus.wrong]
    assert ran > 400
    assert not wrong, "\n".join(wrong)


def test_a_gradient_lies_where_its_argument_does_in_every_mode(gpus):
    x = on(gpus, 1, X)
    found = [
        xg.grad(loss)(x),
        xg.grad(lambda x: xg.sum(xg.grad(loss)(x) ** 2))(x),
        xg.jacrev(lambda x: x @ x[0])(x),
        xg.jacfwd(lambda x: x @ x[0])(x),
        xg.hvp(loss, (x,), (x,))[0],
    ]
    w = xg.asarray(x, requires_grad=True)
    loss(w).backward()
    assert [g.device_id for g in (*found, w.grad.data)] == [1] * 6
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(found[0].view(np.ndarray), xg.grad(loss)(X))
    assert gpus.device == 0


def test_a_walk_between_devices_adds_up_each_cotangent_where_it_is(gpus):
    def f(x):
        y = xg.to_device(x, gpus.cuda.Device(0))
        z = xg.to_device(xg.sin(y) * y, gpus.cuda.Device(1))
        return xg.sum(z * x + xg.to_device(y * y, gpus.cuda.Device(1)) * x)

    def plain(x):
        return xg.sum(xg.sin(x) * x * x + x**3)

    for here in (0, 1):
        with gpus.cuda.Device(here):
            g = xg.grad(f)(on(gpus, 1, X))
            t = xg.jvp(f, (on(gpus, 1, X),), (on(gpus, 1, X),))[1]
        assert (g.device_id, t.device_id) == (1, 1)
        np.testing.assert_allclose(g.view(np.ndarray), xg.grad(plain)(X), rtol=1e-12)
    assert not gpus.wrong


def test_a_walk_goes_through_each_op_in_its_stream_and_in_order(gpus):
    """Without a race: `gpus` knows what each stream has waited for."""
    first, second = gpus.cuda.Stream(), gpus.cuda.Stream()
    x = on(gpus, 0, X)
    for stream in (first, second):
        stream.wait_event(gpus.current().record())

    def f(x):
        with first:
            y = xg.sinh(x) * 2.0
        second.wait_event(first.record())
        with second:
            z = xg.cosh(y) * x
        gpus.current().wait_event(second.record())
        return xg.sum(xg.tanh(z))

    def pulled():
        _, pull = xg.vjp(f, x)
        del gpus.ran[:]
        return pull(on(gpus, 0, np.ones(())))[0]

    def backward():
        w = xg.asarray(x, requires_grad=True)
        y = f(w)
        del gpus.ran[:]
        y.backward()
        return w.grad.data

    for way in (pulled, backward):
        g = way()
        streams = dict(gpus.ran)
        assert (streams["cosh"], streams["sinh"]) == (first, second), "in the rules of the others"
        gpus.check("the caller", (g,))
        for stream in (first, second):  # whose memory it read
            assert stream.waits_for(g.made)
        np.testing.assert_allclose(g.view(np.ndarray), xg.grad(f_plain)(X), rtol=1e-12)
    with first:  # a result that a caller asks for in another stream
        g = pulled()
        gpus.check("the caller", (g,))
    second_order = xg.grad(lambda x: xg.sum(xg.grad(f)(x) ** 2))(x)
    assert second_order.device_id == 0
    assert not gpus.wrong


def f_plain(x):
    return xg.sum(xg.tanh(xg.cosh(xg.sinh(x) * 2.0) * x))


def test_the_stand_in_finds_what_is_wrong(gpus):
    x = on(gpus, 1, X)
    with pytest.raises(AssertionError, match="add of GPU 1 ran on another"):
        x + x
    with gpus.cuda.Device(1):
        y = x + x
        with gpus.cuda.Stream(), pytest.raises(AssertionError, match="before its operand was made"):
            y + y


def test_one_gpu_with_one_stream_pays_for_no_event(gpus, monkeypatch):
    x = on(gpus, 0, X)
    events = []
    monkeypatch.setattr(type(gpus.null[0]), "record", lambda s: events.append(s) or {})
    xg.grad(loss)(x)
    xg.jvp(loss, (x,), (x,))
    assert not events


def test_writing_by_an_index_on_another_device(gpus):
    x, key = on(gpus, 1, np.zeros(10)), on(gpus, 1, np.asarray([3, 3, 7]))
    y = xg.asarray(x).copy()
    y[key] = on(gpus, 1, np.asarray([1.0, 2.0, 3.0]))
    y[0] = 5.0
    with xg.deterministic():
        z = xg.index_add(y, key, on(gpus, 1, np.ones(3)))
    assert (y.data.device_id, z.data.device_id) == (1, 1)
    assert z.data.view(np.ndarray).tolist() == [5.0, 0, 0, 4.0, 0, 0, 0, 4.0, 0, 0]
    assert not gpus.wrong
