# Tests of xgrad/show/draw.py, xgrad/show/collapse.py, xgrad/show/layout.py
"""The tape as a picture: what stands in it, what is collapsed, the formats, and bad input."""

import shutil
import sys

import numpy as np
import pytest

import xgrad as xg
from xgrad.show import layout


def deep(layers, x):
    a = x
    for W, b in layers:
        a = xg.sigmoid(a @ W.T + b)
    return xg.mean(a**2)


def deep_layers(n, width=5):
    rng = np.random.default_rng(0)
    return [(rng.normal(size=(width, width)), rng.normal(size=width)) for _ in range(n)]


def lstm(W, U, b, x):
    h = c = xg.zeros((x.shape[0], 4), dtype=x.dtype)
    for t in range(x.shape[1]):
        z = x[:, t] @ W + h @ U + b
        i, f, o = xg.sigmoid(z[:, :4]), xg.sigmoid(z[:, 4:8]), xg.sigmoid(z[:, 8:12])
        c = f * c + i * xg.tanh(z[:, 12:])
        h = o * xg.tanh(c)
    return xg.mean(h**2)


def lstm_arguments(steps):
    rng = np.random.default_rng(0)
    return [rng.normal(size=s) for s in ((3, 16), (4, 16), (16,), (2, steps, 3))]


def test_values_names_and_cotangents_are_in_the_picture():
    def f(x, w):
        u = x * w
        return xg.sum(u)

    picture = xg.show.draw(f, np.array([1.0, 2.0]), np.array([3.0, 5.0]))
    assert "u = x o w" in picture.text
    assert "3 10" in picture.text
    assert [g for _, _, g in picture.edges()] == ["3 5", "1 2", "1 1"]


def test_an_array_is_drawn_with_the_names_of_the_caller():
    w = xg.asarray([1.0, 2.0], requires_grad=True)
    loss = xg.sum(xg.exp(w) * w)
    text = xg.show.draw(loss).text
    assert "w " in text
    assert "loss = sum" in text
    assert w.grad is None
    loss.backward()
    np.testing.assert_allclose(w.grad.data, np.exp([1, 2]) * np.array([2, 3]))


def test_a_deep_network_shows_one_layer():
    picture = xg.show.draw(deep, deep_layers(10), np.ones((2, 5)))
    assert [block.times for block in picture.blocks] == [10]
    assert len(picture.graph) <= 10
    assert "layers[i][0]" in picture.text
    whole = xg.show.draw(deep, deep_layers(10), np.ones((2, 5)), collapse=False)
    assert len(whole.graph) == 1 + 20 + 40 + 2
    assert not whole.blocks


@pytest.mark.parametrize("steps", [4, 20, 60])
def test_the_steps_of_a_loop_are_shown_once_and_lead_back(steps):
    picture = xg.show.draw(lstm, *lstm_arguments(steps))
    assert [block.times for block in picture.blocks] == [steps]
    assert len(picture.graph) < 30
    back = [(a, b) for a, b, _ in picture.edges() if a.id > b.id]
    assert len(back) == 2, "the state and the cell of the step before"


def test_a_two_layer_network_is_not_collapsed():
    picture = xg.show.draw(deep, deep_layers(2), np.ones((2, 5)))
    assert not picture.blocks


def test_every_format(tmp_path):
    picture = xg.show.draw(deep, deep_layers(10), np.ones((2, 5)))
    starts = {"mmd": b"flowchart TD", "dot": b"digraph {", "txt": b"1 "}
    for kind, start in starts.items():
        assert picture.save(tmp_path / f"a.{kind}").read_bytes().startswith(start)
    assert picture.mermaid.count("subgraph") == picture.mermaid.count("  end") == 1
    assert picture.dot.count("{") == picture.dot.count("}")
    assert "[5, 5]" in str(picture)
    assert "repeated blocks" in repr(picture)


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs the program dot of Graphviz")
def test_graphviz_understands_every_picture():
    picture = xg.show.draw(lstm, *lstm_arguments(4))
    assert b"<svg" in picture.rendered("svg")
    assert picture.rendered("png").startswith(b"\x89PNG")
    assert "<svg" in picture._repr_html_()


def test_without_graphviz_matplotlib_draws(monkeypatch, tmp_path):
    pytest.importorskip("matplotlib", reason="needs matplotlib, of the extra show")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    path = tmp_path / "a.png"
    picture = xg.show.draw(lstm, *lstm_arguments(4), path=path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert "<svg" in picture._repr_html_()


def test_without_either_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    picture = xg.show.draw(lambda x: xg.sum(x * x), np.ones(2))
    with pytest.raises(ImportError, match=r"pip install 'matplotlib>=3.9' "):
        picture.rendered("png")
    assert picture._repr_html_().startswith("<pre ")


def test_boxes_of_the_fallback_do_not_overlap():
    picture = xg.show.draw(lstm, *lstm_arguments(4))
    at = list(layout.places(picture).values())
    for i, (x, y, w) in enumerate(at):
        for u, v, m in at[i + 1 :]:
            assert y != v or abs(x - u) >= (w + m) / 2


def test_text_in_pictures_is_escaped():
    w = xg.asarray([1.0], requires_grad=True)
    picture = xg.show.draw(xg.sum(w))
    picture.graph.steps[picture.graph.output].name = 'a<b & "c"|d'
    assert "a&lt;b &amp;" in picture.dot
    assert "#quot;c#quot;#124;d" in picture.mermaid


def test_it_draws_wherever_arrays_are(place):
    x = place.raw(np.array([1.0, 2.0]))
    picture = xg.show.draw(lambda x: xg.sum(xg.sin(x) * x), x)
    assert "sin(x)" in picture.text
    if place.has_values:
        assert "0.841 0.909" in picture.text


def test_structural_zeros_stay_zero_in_the_picture():
    x = np.array([0.0, 1.0])
    with np.errstate(all="ignore"):
        picture = xg.show.draw(lambda x: xg.sum(xg.where(x > 0, xg.log(x), 0.0 * x)), x)
    assert "nan" not in picture.text
    assert "nan" not in picture.text.lower()


def test_several_results_of_one_op_are_drawn():
    A = np.array([[2.0, 1.0], [1.0, 3.0]])

    def f(A):
        values, vectors = xg.linalg.eigh(A)
        return xg.sum(values) + vectors[0, 0]

    text = xg.show.draw(f, A).text
    assert "eigh" in text
    assert "select" not in text


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: xg.show.draw(xg.ones(3)), xg.errors.NotDifferentiableError, "requires_grad=True"),
        (lambda: xg.show.draw(np.ones(3)), TypeError, r"xg\.show\.draw"),
        (lambda: xg.show.draw(xg.ones(3), 1), TypeError, "arguments belong to a function"),
        (
            lambda: xg.show.draw(lambda x: x * 2, np.ones(2), path="a.bmp"),
            ValueError,
            r"'.bmp'; expected .svg",
        ),
    ],
)
def test_bad_input(make, error, said):
    with pytest.raises(error, match=said):
        make()


def test_it_draws_inside_a_transform():
    texts = []

    def f(x):
        u = xg.sin(x)
        texts.append(xg.show.draw(xg.sum(u)).text)
        return xg.sum(u)

    np.testing.assert_allclose(xg.grad(f)(np.ones(2)), np.cos([1, 1]))
    assert "u = sin" in texts[0]
    assert "x " in texts[0]


def test_a_freed_graph_says_to_draw_before():
    w = xg.asarray([1.0, 2.0], requires_grad=True)
    loss = xg.sum(w * w)
    loss.backward()
    with pytest.raises(xg.errors.GraphFreedError, match="create_graph=True"):
        xg.show.draw(loss)
