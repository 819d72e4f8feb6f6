# Tests of xgrad/show/live.py
"""Progress and learning curves, in a terminal and elsewhere."""

import io
import math

import numpy as np
import pytest

import xgrad as xg


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_yields_everything_and_tells_each_tenth():
    file = io.StringIO()
    assert list(xg.show.progress(range(50), "work", file=file)) == list(range(50))
    assert file.getvalue().splitlines() == [f"work: {n} of 50" for n in range(5, 51, 5)]


def test_progress_of_unknown_length_tells_at_powers_of_two():
    file = io.StringIO()
    assert sum(xg.show.progress((i for i in range(9)), file=file)) == 36
    assert file.getvalue().splitlines() == [f"done: {n}" for n in (1, 2, 4, 8)]


def test_progress_in_a_terminal_is_a_bar():
    pytest.importorskip("rich", reason="needs rich, of the extra show")
    file = Terminal()
    assert list(xg.show.progress([1, 2], "work", file=file)) == [1, 2]
    assert "work" in file.getvalue()
    assert "of 2" not in file.getvalue()


def test_a_curve_falls_where_its_values_do():
    lines = xg.show.curve([4.0, 1.0], width=4, height=2).splitlines()
    assert lines[0].startswith("4 ")
    assert lines[1].startswith("1 ")
    first, last = lines[0][2:], lines[1][2:]
    assert first[0] != "\u2800"
    assert first[-1] == "\u2800"
    assert last[-1] != "\u2800"


@pytest.mark.parametrize("values", [[], [math.nan], [math.inf]])
def test_a_curve_of_nothing(values):
    assert "no finite values" in xg.show.curve(values)


def test_a_curve_may_have_gaps_and_be_flat():
    assert "2" in xg.show.curve([2.0, math.nan, 2.0])
    assert xg.show.curve([2.0])


def test_curves_are_kept_and_shown():
    file = io.StringIO()
    with xg.show.live("learning", every=0, file=file) as curves:
        for k in range(3):
            curves.update(loss=xg.asarray(1.0 / (k + 1)), accuracy=np.float64(k))
    assert curves.history == {"loss": [1.0, 0.5, 1 / 3], "accuracy": [0.0, 1.0, 2.0]}
    text = file.getvalue()
    assert "     2  loss 0.5  accuracy 1" in text
    assert "loss: 0.3333 after 3" in text


def test_curves_in_a_terminal():
    pytest.importorskip("rich", reason="needs rich, of the extra show")
    file = Terminal()
    with xg.show.live("learning", every=0, file=file) as curves:
        curves.update(loss=2.0)
        curves.update(loss=1.0)
    assert "loss: 1 after 2" in file.getvalue()


def test_curves_as_a_figure():
    pytest.importorskip("matplotlib", reason="needs matplotlib, of the extra show")
    with xg.show.live("learning", file=io.StringIO()) as curves:
        curves.update(loss=100.0, accuracy=0.0)
        curves.update(loss=1.0, accuracy=0.5)
    loss, accuracy = curves.figure().axes
    assert loss.get_yscale() == "log"
    assert accuracy.get_yscale() == "linear"


def test_a_curve_of_several_elements_is_refused():
    with (
        pytest.raises(ValueError, match="exactly one element"),
        xg.show.live(file=io.StringIO()) as curves,
    ):
        curves.update(loss=xg.ones(3))
