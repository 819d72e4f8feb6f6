# Tests of xgrad/show/profile.py
"""Time and memory per op: what is counted, the totals, the picture, and bad input."""

import numpy as np
import pytest

import xgrad as xg


def f(W, x):
    a = xg.tanh(x @ W)
    b = xg.tanh(a @ W)
    return xg.sum(b * b)


W, X = np.eye(50), np.ones((40, 50))


def test_every_op_is_counted_with_its_bytes():
    profile = xg.show.profile(f, W, X, repeats=2)
    rows = {row.op: row for row in profile.ops}
    assert {op: row.calls for op, row in rows.items()} == {
        "matmul": 2,
        "tanh": 2,
        "multiply": 1,
        "sum": 1,
    }
    assert rows["tanh"].result == 2 * 40 * 50 * 8
    assert rows["tanh"].kept == 2 * 40 * 50 * 8
    a = 40 * 50 * 8  # tanh keeps its argument, so that the second matmul is the first to keep a
    assert rows["matmul"].kept == W.nbytes + X.nbytes + a
    assert rows["sum"].kept == 0
    assert all(row.forward > 0 and row.backward > 0 for row in profile.ops)
    assert 0 < profile.forward < profile.both
    assert [row.where for row in profile.lines] == sorted(row.where for row in profile.lines)


def test_the_table_says_all():
    text = str(xg.show.profile(f, W, X, repeats=1))
    for word in ("f:", "unwatched", "matmul", "cotangents", "all", "KiB"):
        assert word in text


def test_time_is_where_it_is_spent():
    big = np.ones((400, 400))
    profile = xg.show.profile(lambda x: xg.sum(xg.exp(x @ x)), big / 400, repeats=3)
    assert profile.ops[0].op == "matmul"


def test_picture(tmp_path):
    pytest.importorskip("matplotlib", reason="needs matplotlib, of the extra show")
    path = tmp_path / "profile.png"
    profile = xg.show.profile(f, W, X, repeats=1, path=path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert "data:image/png" in profile._repr_html_()
    assert repr(profile).startswith("<Profile of f: ")


def test_it_profiles_wherever_arrays_are(place):
    profile = xg.show.profile(f, place.raw(W), place.raw(X), repeats=1)
    assert sum(row.calls for row in profile.ops) >= 6


def test_bad_input():
    with pytest.raises(ValueError, match="repeats=0"):
        xg.show.profile(f, W, X, repeats=0)
    with pytest.raises(TypeError, match=r"xg\.show\.profile"):
        xg.show.profile(lambda x: 1.0, X)
