# Tests of examples, docs/gallery
"""Every page of the gallery runs on a small setting, says what it claims, and draws its picture."""

import importlib
import json
import sys
from pathlib import Path

import pytest

import xgrad as xg

EXAMPLES = Path(__file__).parents[2] / "examples"

CLAIMS = {
    "show_the_work": lambda r: r["vanishing layers"] >= 1 and r["healthy layers"] == 2,
    "newton_logistic": lambda r: r["newton"] < 1e-12 and r["accuracy"] > 0.98,
    "gaussian_process": lambda r: r["after"] < r["before"] / 5 and r["inside"] > 0.9,
    "phase_retrieval": lambda r: r["after"] < r["before"] / 100,
    "heat_conductivity": lambda r: r["after"] < r["before"],
    "predators": lambda r: r["after"] < r["before"] / 5 and 0.4 < r["births"] < 0.7,
    "register_images": lambda r: r["after"] < 0.2 < r["before"],
    "conducting_plate": lambda r: r["after"] < r["before"] / 3,
    "mnist_cnn": lambda r: r["last"] < r["first"],
    "variational_autoencoder": lambda r: r["last"] < 0.7 * r["first"],
    "compiled_greeks": lambda r: r["error"] < 1e-12 and r["kernels"] < r["recorded"] / 10,
    "lstm_text": lambda r: r["held out"] < r["single letters"],
}


@pytest.fixture
def page(monkeypatch):
    for package in ("sklearn", "matplotlib", "rich", "mlxtend"):
        pytest.importorskip(package, reason=f"needs {package}, of the dependency group demo")
    monkeypatch.syspath_prepend(str(EXAMPLES))

    def load(name):
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    yield load
    xg.set_backend("numpy")


@pytest.mark.parametrize("name", CLAIMS)
def test_a_page_of_the_gallery(page, name, tmp_path, capsys):
    results = page(name).main(["--quick", "--out", str(tmp_path)])
    assert CLAIMS[name](results), results
    pictures = list(tmp_path.glob("*.png"))
    assert pictures
    for picture in pictures:
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size < 150_000
    assert len(capsys.readouterr().out.splitlines()) >= 3


@pytest.mark.parametrize("backend", ["torch", "array_api_strict", "cupy"])
def test_a_page_gives_the_same_on_another_backend(page, backend, tmp_path):
    if backend not in xg.available_backends():
        pytest.skip(f"{backend} cannot be used here; `python -m xgrad` says why")
    module = page("phase_retrieval")
    expected = module.main(["--quick", "--out", str(tmp_path)])
    got = module.main(["--quick", "--out", str(tmp_path), "--backend", backend])
    for key, value in expected.items():
        assert got[key] == pytest.approx(value, rel=1e-3, abs=1e-9)


def test_every_page_is_in_the_gallery(page):
    assert set(page("gallery").PAGES) == set(CLAIMS)


def test_the_committed_pictures_are_those_of_the_pages():
    folder = EXAMPLES.parent / "docs" / "gallery"
    text = (folder / "README.md").read_text(encoding="utf-8")
    pictures = {path.name for path in folder.glob("*.png")}
    assert {name for name in pictures if f"({name})" in text} == pictures
    for name in CLAIMS:
        assert f"examples/{name}.py" in text
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert results["mnist_cnn"]["accuracy"] >= 0.97
    assert sum(result["seconds"] for result in results.values()) < 15 * 60


def test_an_unknown_backend_is_refused(page, capsys):
    with pytest.raises(SystemExit):
        page("newton_logistic").main(["--backend", "numpie"])
    assert "backend 'numpie' is unknown" in capsys.readouterr().err
