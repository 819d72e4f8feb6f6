# Tests of xgrad/data.py
"""Minibatches: every example once, in an order that the seed decides, ready ahead of time."""

import threading

import numpy as np
import pytest

import xgrad as xg
from xgrad import data


def pair(place, n=7):
    """Return two arrays whose rows tell their number."""
    x = np.arange(2.0 * n).reshape(n, 2)
    return {"x": xg.Array(place.raw(x)), "y": xg.Array(place.raw(np.arange(n)))}


@pytest.mark.parametrize("seed", [None, 3])
@pytest.mark.parametrize("drop_last", [False, True])
def test_every_example_comes_once_and_rows_stay_together(place, seed, drop_last):
    found = list(data.batches(pair(place), 3, seed=seed, drop_last=drop_last))
    assert [b["x"].shape for b in found] == [(3, 2), (3, 2), (1, 2)][: 2 if drop_last else 3]
    assert all(b["x"].device == pair(place)["x"].device for b in found)
    if place.has_values:
        rows = [int(i) for b in found for i in place.numpy(b["y"])]
        assert len(set(rows)) == len(rows)
        assert set(rows) <= set(range(7))
        for b in found:
            assert np.array_equal(place.numpy(b["x"])[:, 0], 2 * place.numpy(b["y"]))


def order(**kwargs):
    return [int(i) for b in data.batches(np.arange(50), 8, **kwargs) for i in b]


def test_seed_and_epoch_decide_the_order():
    assert order(seed=0) == order(seed=0)
    assert order() == list(range(50))
    assert len({tuple(order(seed=s, epoch=e)) for s in range(3) for e in range(3)}) == 9


def test_raw_arrays_stay_raw():
    (x,) = data.batches(np.arange(3), 3, seed=0)
    assert type(x) is np.ndarray


def test_a_loader_goes_on_from_a_position():
    loader = data.Loader(np.arange(10), 4, seed=1)
    assert len(loader) == 3
    whole = [b.tolist() for _ in range(3) for b in loader]
    assert loader.state == {"epoch": 3, "batch": 0}
    for stop in range(1, 9):
        first = data.Loader(np.arange(10), 4, seed=1)
        seen = []
        while len(seen) < stop:
            for batch in first:
                seen.append(batch.tolist())
                if len(seen) == stop:
                    break
        second = data.Loader(np.arange(10), 4, seed=1)
        second.state = first.state
        while second.state["epoch"] < 3:
            seen += [b.tolist() for b in second]
        assert seen == whole
    assert "10 examples, 3 batches of 4, epoch 3, batch 0" in repr(loader)


def test_split():
    a, b = data.split((np.arange(10), np.arange(10) * 2), 0.7, seed=5)
    assert len(a[0]) == 7
    assert sorted([*a[0], *b[0]]) == list(range(10))
    assert np.array_equal(a[1], a[0] * 2)


def test_prefetch_gives_the_same_in_order():
    assert list(data.prefetch(range(100), 3)) == list(range(100))


def test_prefetch_moves_to_a_device(computing):
    name, device = computing.backend.name, computing.device
    found = list(data.prefetch(data.batches(np.arange(5.0), 2), backend=name, device=device))
    assert [(b.backend, b.device) for b in found] == [(name, device)] * 3


def test_prefetch_hands_on_an_error():
    def items():
        yield 1
        raise KeyError("in the thread")

    reader = data.prefetch(items())
    assert next(reader) == 1
    with pytest.raises(KeyError, match="in the thread"):
        next(reader)


def test_a_reader_that_leaves_early_stops_the_thread():
    before = threading.active_count()
    reader = data.prefetch(iter(int, 1))
    assert next(reader) == 0
    assert threading.active_count() == before + 1
    reader.close()
    assert threading.active_count() == before


def test_prefetch_computes_in_the_readers_context():
    with xg.no_grad(), xg.use_backend("array_api_strict"):
        (x,) = data.prefetch(xg.zeros(1) for _ in range(1))
    assert x.backend == "array_api_strict"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: data.batches(np.arange(3), 0), "batch_size is 0; expected a positive"),
        (lambda: data.Loader(np.arange(3), -1), "batch_size is -1; expected a positive"),
        (lambda: data.batches((np.arange(3), np.arange(4)), 2), "hold 3, 4 examples; expected as"),
        (lambda: data.batches((np.arange(3), 1.0), 2), "each with an axis of examples"),
        (lambda: data.split(np.arange(3), 1.5), r"fraction is 1\.5; expected 0 to 1"),
        (lambda: data.prefetch([], 0), "size is 0; expected a positive integer"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
