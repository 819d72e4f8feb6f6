# Tests of xgrad/arrays/leaving.py, xgrad/errors
"""Advice that exists: every function that a message names can be imported, and fits the line."""

from __future__ import annotations

import ast
import cmath
import importlib
import math
import re
import statistics
from collections.abc import Iterator
from math import *  # noqa: F403 - as people import it
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import xgrad as xg
from xgrad.arrays.leaving import GENERAL, MATH

ROOT = Path(__file__).parent.parent
NAMED = re.compile(r"\b(xgrad|xg|numpy|scipy)\.(?!md\b)([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)")
JOINED = {"numpy.scipy.fft"}  # the domain of a register that SciPy keeps
X = np.asarray([0.5, 2.0])


def resolve(name: str) -> None:
    """Import what a dotted name names, or raise."""
    root, _, rest = name.partition(".")
    root = {"xg": "xgrad"}.get(root, root)
    at, full = importlib.import_module(root), root
    for part in rest.split("."):
        full += "." + part
        at = getattr(at, part) if hasattr(at, part) else importlib.import_module(full)


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the strings of a file that are no docstrings, with their lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {n.value for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in said:
            yield node.lineno, node.value


def test_every_function_that_a_message_names_is_there() -> None:
    pytest.importorskip("scipy")
    absent, seen = [], 0
    for path in [*(ROOT / "xgrad").rglob("*.py"), *(ROOT / "backends").rglob("*.py")]:
        if path.name == "refused.py":  # names of autograd's own insides
            continue
        for line, text in texts(path):
            for match in NAMED.finditer(text):
                seen += 1
                try:
                    resolve(match[0])
                except (ImportError, AttributeError):
                    if match[0] not in JOINED:
                        absent.append(f"{path.relative_to(ROOT)}, line {line}: {match[0]}")
    assert seen > 150
    assert not absent, "\n".join(absent)


def message(f: Any) -> str:
    with pytest.raises(xg.errors.XgradError) as caught:
        xg.grad(f)(X)
    return str(caught.value).splitlines()[0]


UNARY = "erf erfc gamma lgamma fabs degrees radians sqrt exp log".split()


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_math_have_the_one_that_keeps_the_gradient(name: str) -> None:
    told = message(lambda x: getattr(math, name)(x[0]) if name else None)
    assert GENERAL in told  # the line does not show which
    calls = {
        "erf": lambda x: math.erf(x[0]),
        "gamma": lambda x: math.gamma(x[0]),
        "lgamma": lambda x: math.lgamma(x[0]),
        "fabs": lambda x: math.fabs(x[0]),
        "sqrt": lambda x: sqrt(x[0]),  # noqa: F405
        "erfc": lambda x: erfc(x[0]),  # noqa: F405
        "exp": lambda x: cmath.exp(x[0]),
    }
    if name in calls:
        assert f"use {MATH[name]}" in message(calls[name])


def block(x: Any) -> Any:
    a = np.zeros(3)
    a[:2] = x
    return xg.sum(a)


def added(x: Any) -> Any:
    a = np.zeros(3)
    a[0] += x[0]
    return xg.sum(a)


def dot(x: Any) -> Any:
    R = np.ones((4, 2))
    return xg.sum(R.dot(x))


def nothing(x: Any) -> None:
    xg.sum(x)


LINES = {
    "R @ x or numpy.dot(R, x)": dot,
    "eval_chebyt": lambda x: xg.sum(np.polynomial.chebyshev.chebval(np.arange(3.0), x)),
    "eval_legendre": lambda x: xg.sum(np.polynomial.legendre.legval(np.arange(3.0), x)),
    "eval_hermitenorm": lambda x: xg.sum(np.polynomial.hermite_e.hermeval(np.arange(3.0), x)),
    "eval_hermite(": lambda x: xg.sum(np.polynomial.hermite.hermval(np.arange(3.0), x)),
    "eval_laguerre": lambda x: xg.sum(np.polynomial.laguerre.lagval(np.arange(3.0), x)),
    "x.item()": lambda x: "%.3f" % x[0],  # noqa: UP031 - the case
    "use xgrad.mean": lambda x: statistics.fmean(x),
    "end without a `return`": nothing,
}


@pytest.mark.parametrize("advice", LINES)
def test_the_line_has_advice_of_its_own(advice: str) -> None:
    assert advice in message(LINES[advice])


@pytest.mark.parametrize("f", [block, added])
def test_a_write_into_a_raw_array_is_told_to_make_it_an_array(f: Any) -> None:
    try:
        xg.grad(f)(X)
    except xg.errors.TracedConversionError as error:
        text = str(error)
    except ValueError as error:
        text = str(error.__cause__)
    assert "make the target an xgrad.Array" in text
