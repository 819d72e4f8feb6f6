# Tests of xgrad/distributed/training.py, xgrad/optim/shards.py
"""Training on several ranks ends as on one: the same bits, whoever holds the state."""

import numpy as np
import pytest

import xgrad as xg
from xgrad import distributed as dist
from xgrad import nn, optim
from xgrad.nn.functional import cross_entropy

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 4)).astype(np.float32)
Y = RNG.integers(0, 3, 24)


def model(seed=0):
    first, last = nn.Linear(4, 7, rng=seed), nn.frozen(nn.Linear(7, 3, rng=9))
    return nn.astype(nn.Sequential(first, last), xg.float32)


def loss(m, x, y):
    return cross_entropy(m(xg.tanh(x)), y)


def parts(epoch, shard):
    return xg.data.batches((X, Y), 8, seed=0, epoch=epoch, shard=shard)


def weights(tree):
    return np.concatenate([np.ravel(np.asarray(x)) for x in xg.tree.leaves(tree)])


def alone(method, ranks, epochs=5, **options):
    """Train in this process: the mean of the gradients of the parts that the ranks would have."""
    optimizer = optim.Optimizer(method, model(), **options)
    for epoch in range(epochs):
        for batch in zip(*[parts(epoch, (r, ranks)) for r in range(ranks)], strict=True):
            grads = [xg.grad(loss)(optimizer.model, *part) for part in batch]
            total = grads[0]
            for g in grads[1:]:
                total = xg.tree.map(lambda a, b: a + b, total, g)
            optimizer.step(xg.tree.map(lambda g: g / ranks, total))
    return optimizer


def together(comm, method, epochs=5, optimizer=None, **options):
    start = dist.broadcast(model(comm.rank), comm=comm)
    optimizer = optimizer or optim.Optimizer(method, start, comm=comm, **options)
    for epoch in range(epochs):
        for batch in parts(epoch, (comm.rank, comm.size)):
            optimizer.step(xg.grad(loss)(optimizer.model, *batch))
    return optimizer


METHODS = {
    "sgd": (optim.SGD(lr=0.1, momentum=0.9), {}),
    "adam": (optim.Adam(lr=0.01), {}),
    "clipped": (optim.AdamW(lr=0.01), {"clip_value": 0.1}),
}


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("shard_state", [False, True])
def test_the_weights_have_the_bits_of_one_process(name, shard_state):
    method, options = METHODS[name]
    for ranks in (2, 4):
        wanted = alone(method, ranks, **options)

        def part(c, options=options, method=method):
            comm = dist.use(c)
            return together(comm, method, shard_state=shard_state, **options)

        for found in dist.run_threads(part, ranks):
            np.testing.assert_array_equal(weights(found.model), weights(wanted.model))
            assert type(found.model) is type(wanted.model)


def test_the_global_norm_is_that_of_all_parts():
    method = optim.SGD(lr=0.5)
    wanted = alone(method, 2, epochs=2, clip_norm=0.05)

    def part(c):
        return together(dist.use(c), method, 2, shard_state=True, clip_norm=0.05)

    for found in dist.run_threads(part, 2):
        np.testing.assert_allclose(weights(found.model), weights(wanted.model), rtol=1e-6)


def test_a_sharded_state_goes_on_with_another_number_of_ranks(tmp_path):
    method = optim.Adam(lr=0.01)
    path = tmp_path / "run.safetensors"
    pytest.importorskip("safetensors")

    def first(c):
        comm = dist.use(c)
        optimizer = together(comm, method, 3, shard_state=True)
        held = sum(np.size(x) for x in xg.tree.leaves(optimizer.state.slots))
        state = optimizer.whole_state()
        if comm.rank == 0:
            xg.files.save(path, {"model": optimizer.model, "state": state})
        comm.barrier()
        return held, state

    (held, state), _ = dist.run_threads(first, 2)
    whole = alone(method, 2, 3)
    assert held <= 0.52 * sum(np.size(x) for x in xg.tree.leaves(whole.state.slots))
    np.testing.assert_array_equal(weights(state.slots), weights(whole.state.slots))

    def second(c, shard_state):
        comm = dist.use(c)
        optimizer = optim.Optimizer(method, model(5), comm=comm, shard_state=shard_state)
        like = {"model": optimizer.model, "state": optimizer.whole_state()}
        found = xg.files.load(path, like)
        optimizer.model = found["model"]
        optimizer.set_whole_state(found["state"])
        return together(comm, method, 2, optimizer=optimizer)

    ends = [dist.run_threads(lambda c, s=s: second(c, s), 4)[0] for s in (False, True)]
    np.testing.assert_array_equal(weights(ends[0].model), weights(ends[1].model))
    assert int(ends[0].whole_state().count) == 15


def test_value_and_gradient_are_means_over_the_ranks():
    def part(c):
        comm = dist.use(c)
        x = np.asarray([1.0, 2.0]) * (comm.rank + 1)
        f = lambda w, b: (xg.sum(w * x) ** 2 + b, comm.rank)  # noqa: E731 - one line is enough
        (value, aux), g = dist.value_and_grad(f, (0, 1), has_aux=True)(np.ones(2), np.asarray(1.0))
        assert aux == comm.rank
        only, aux = dist.grad(f, has_aux=True)(np.ones(2), np.asarray(1.0))
        np.testing.assert_array_equal(only, g[0])
        h = xg.jacfwd(dist.grad(lambda w: f(w, 0.0)[0]))(np.ones(2))
        return value, g, h, comm.messages["allreduce"]

    for value, g, h, messages in dist.run_threads(part, 2):
        assert float(value) == (9 + 36) / 2 + 1
        np.testing.assert_array_equal(g[0], [(6 + 24) / 2, (12 + 48) / 2])
        assert float(g[1]) == 1.0
        np.testing.assert_array_equal(h, np.asarray([[2, 4], [4, 8]]) * 2.5)
        assert messages == 1 + 1 + 1 + 2


def test_alone_nothing_is_sent():
    comm = dist.use()
    tree = {"w": object()}
    assert dist.average(tree) is tree
    assert dist.broadcast(tree) is tree
    value, g = dist.value_and_grad(lambda w: w**2)(np.asarray(3.0))
    assert (float(value), float(g)) == (9.0, 6.0)
    assert comm.messages == {}


def test_broadcast_keeps_parameters():
    def part(c):
        comm = dist.use(c)
        w = xg.asarray(np.full(2, float(comm.rank)), requires_grad=True)
        found = dist.broadcast({"w": w, "n": comm.rank}, root=1)
        assert found["w"].requires_grad
        xg.sum(found["w"] ** 2).backward()
        return found["w"].grad.tolist(), int(found["n"])

    assert dist.run_threads(part, 2) == [([2.0, 2.0], 1)] * 2


def test_shards_of_batches_are_the_batches_of_one_process():
    for n, size, ranks, drop_last in ((24, 8, 2, False), (27, 8, 4, False), (21, 8, 8, True)):
        arrays = np.arange(n)
        options = {"seed": 3, "epoch": 2, "drop_last": drop_last}
        whole = list(xg.data.batches(arrays, size, **options))
        shards = [
            list(xg.data.batches(arrays, size, **options, shard=(r, ranks))) for r in range(ranks)
        ]
        assert len({len(s) for s in shards}) == 1
        for i, own in enumerate(zip(*shards, strict=True)):
            joined = np.concatenate(own)
            np.testing.assert_array_equal(joined, whole[i][: len(joined)])
            assert len(whole[i]) - len(joined) < ranks
        loader = xg.data.Loader(arrays, size, seed=3, drop_last=drop_last, shard=(1, ranks))
        assert len(loader) == len(shards[1])
        assert len(list(loader)) == len(shards[1])
    for bad, text in (((2, 2), "0 <= rank < size"), ((0, 3), "as 9")):
        with pytest.raises(ValueError, match=text):
            xg.data.batches(np.arange(9), 8, shard=bad)
    with pytest.raises(ValueError, match="without comm"):
        optim.Optimizer(optim.SGD(lr=0.1), np.ones(2), shard_state=True)
