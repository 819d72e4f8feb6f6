# Tests of xgrad/show/notebook.py
"""A notebook without a magic line: pictures, bars and tables, each once, nothing on stderr."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import xgrad as xg
import xgrad_backends
from xgrad.show import notebook

EXECUTE = """
import sys, nbclient, nbformat
book = nbformat.v4.new_notebook(cells=[
    nbformat.v4.new_code_cell(text) for text in sys.stdin.read().split("\\n# next cell\\n")
])
nbclient.NotebookClient(book, timeout=120, kernel_name="python3").execute()
print(nbformat.writes(book))
"""

BOOK = """
import numpy as np
import xgrad as xg
# next cell
with xg.show.live("learning", every=0) as curves:
    for k in range(1, 30):
        curves.update(loss=1 / k, accuracy=1 - 1 / k)
# next cell
total = 0
for k in xg.show.progress(range(50), "adding"):
    total += k
# next cell
def f(x):
    u = xg.sin(x)
    return u**2

explanation = xg.show.explain(f, 0.7)
# next cell
xg.show.explain(f, 0.7)
# next cell
explanation
# next cell
xg.show.explain(f, 0.7, quiet=True)
# next cell
xg.show.draw(f, 0.7)
# next cell
graph = xg.show.draw(f, 0.7)
# next cell
xg.asarray([[1.5, -20.25], [3.0, 4.0]])
# next cell
xg.show.gradient_flow([np.eye(2)], lambda w, x: xg.sum(xg.tanh(w[0] @ x)), np.ones(2))
# next cell
for k in xg.show.progress(iter(range(3))):
    if k == 1:
        break
"""


@pytest.fixture(scope="module")
def cells():
    for package in ("nbclient", "ipykernel", "matplotlib"):
        pytest.importorskip(package, reason=f"needs {package}, of the dependency group demo")
    sources = {str(Path(module.__file__).parents[1]) for module in (xg, xgrad_backends)}
    done = subprocess.run(
        [sys.executable, "-c", EXECUTE],
        input=BOOK,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sources)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [cell["outputs"] for cell in json.loads(done.stdout)["cells"]]


def html(outputs):
    """Return the HTML of the only output of a cell."""
    (output,) = outputs
    assert output["output_type"] in ("display_data", "execute_result"), output
    return "".join(output["data"]["text/html"])


def test_nothing_is_on_stderr_and_nothing_is_the_text_of_a_figure(cells):
    for outputs in cells:
        for output in outputs:
            assert output["output_type"] != "error", output
            assert output.get("name") != "stderr", output
            assert "Figure(" not in json.dumps(output)


def test_live_is_one_picture(cells):
    assert html(cells[1]).count('<img alt="learning" src="data:image/png;base64,') == 1


def test_progress_is_one_bar_that_is_full(cells):
    shown = html(cells[2])
    assert '<progress value="50" max="50"' in shown
    assert "adding: 50 of 50" in shown


def test_a_loop_that_is_left_leaves_its_bar(cells):
    assert "working: 1, 0.0 s" in html(cells[11])


@pytest.mark.parametrize("number", [3, 4, 5, 6])
def test_an_explanation_is_shown_once_in_a_cell(cells, number):
    shown = html(cells[number])
    assert shown.count("The chain rule of f") == 1
    assert "font-family:monospace" in shown


def test_a_graph_is_a_picture(cells):
    assert "<svg" in html(cells[7])


def test_an_array_is_a_table_with_aligned_digits(cells):
    shown = html(cells[9])
    aligned = 'style="font-family:monospace;text-align:right'
    assert shown.count("<td") == shown.count(aligned) == 4


def test_a_flow_is_a_table_and_a_picture(cells):
    shown = html(cells[10])
    assert shown.count("<img") == shown.count("white-space:pre") == 1


class Shell:
    kernel = object()
    execution_count = 7


def test_a_terminal_is_no_notebook(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", None)
    assert not notebook.in_notebook()
    assert notebook.cell() is None
    explanation = xg.show.explain(lambda x: x**2, 2.0, quiet=True)
    with pytest.raises(NotImplementedError):
        explanation._ipython_display_()


def test_a_kernel_is_a_notebook(monkeypatch):
    monkeypatch.setattr(notebook, "_shell", Shell)
    assert notebook.in_notebook()
    assert notebook.cell() == 7


def test_a_file_that_was_asked_for_is_written_to_in_a_notebook_too(monkeypatch, tmp_path):
    monkeypatch.setattr(notebook, "_shell", Shell)
    path = tmp_path / "said.txt"
    with path.open("w") as file:
        list(xg.show.progress(range(2), file=file))
        xg.show.explain(lambda x: x**2, 2.0, file=file)
        with xg.show.live("learning", file=file) as curves:
            curves.update(loss=1.0)
    text = path.read_text(encoding="utf-8")
    assert "done: 2 of 2" in text
    assert "The chain rule" in text
    assert "loss: 1 after 1" in text
