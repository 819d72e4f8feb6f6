"""Every argument of every function of NumPy's in each of its forms, on arrays of each library.

Each call of `numpy_calls` is made again with one argument in another form. A trial is

- ``=``: it gives NumPy's answer to this form, and, where the form means the same as the plain one,
  its gradient;
- ``x``: NumPy refuses it too, or the error is one of ours that names the argument, or says that the
  library has no such function of these numbers, in no form;
- ``+``: NumPy refuses it, and it means something here, as a list of axes does;
- ``!``: anything else.

``python -m tests.interop.numpy_forms`` prints what is ``!``, and the counts; ``--backend NAME``
chooses the libraries, ``--only PATTERN`` the functions. ``--write`` puts the table into `TABLE`,
where a library that was not asked for keeps its column.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import xgrad as xg
from xgrad.numpy_protocol.functions import MODULES, _found
from xgrad.numpy_protocol.lists import parameters

from .argument_forms import Form, Place, forms
from .numpy_calls import Call, calls, prepared
from .numpy_keywords import host, same

TABLE = Path(__file__).with_name("numpy_forms.txt")
BACKENDS = ("numpy", "torch", "array_api_strict", "dask", "jax")


class Trial(NamedTuple):
    """One argument of a call in one form."""

    call: Call
    argument: str
    place: Any
    form: Form

    @property
    def row(self) -> tuple[str, str, str]:
        """The name of the call, of its argument, and of the form."""
        keywords = ", ".join(f"{k}=" for k in self.call.kwargs)
        return f"{self.call.name}({keywords})", self.argument, self.form.name


PLAIN = Form("plain", lambda on: None)
"""The form that a call is in."""


def trials(wanted: str = "") -> Iterator[Trial]:
    """Yield the trials of the functions whose name matches a pattern, all if it is empty."""
    for call in calls():
        if wanted and not re.fullmatch(wanted, call.name):
            continue
        for argument, place in call.tried:
            value = call.args[place] if isinstance(place, int) else call.kwargs[place]
            yield Trial(call, argument, place, PLAIN)
            for form in forms(argument, value):
                yield Trial(call, argument, place, form)


REFUSALS = (TypeError, ValueError, IndexError, NotImplementedError, OverflowError)
"""What an error of ours is; others come from inside, unless they say in which function of ours."""

_PLACED = r"\bin (xgrad|numpy)\.\w+"


def run(trial: Trial, place: Place = xg.asarray) -> tuple[str, str]:
    """Return the mark of a trial, empty if it has no array of ours, and why."""
    call, form = trial.call, trial.form
    right, refused = _answer(trial)
    used: list[Any] = []
    try:

        def on(x: Any) -> Any:
            used.append(x)
            return place(x)

        ready = prepared(call, on, trial.place, form)
        if not used:
            return "", ""
        got = _host(ready())
    except Exception as error:
        text = " ".join([str(error), *getattr(error, "__notes__", ())])
        why = f"{type(error).__name__}: {text}"
        ours = _is_ours(trial, error, text, refused) or _lacks(trial, place, text)
        return ("x" if ours else "!"), why
    if refused is not None:
        instead = _meant(trial)
        if instead is None:
            return "+", f"got {got!r:.80}; NumPy: {type(refused).__name__}: {refused}"
        right = instead
    if form.name == "float32":  # may be computed in another order
        got, right = _coarse(got), _coarse(right)
    if not same(got, right):
        return "!", f"got {got!r:.80}; NumPy gives {right!r:.80}"
    plainly = trial._replace(form=PLAIN)
    if form.alike and form != PLAIN and same(right, _answer(plainly)[0]):
        plain = _gradients(trial, place, PLAIN)
        found = _gradients(trial, place, form) if plain else {}
        for key in {k for k in plain.keys() & found.keys() if _times(call, k) == 1}:
            if not np.allclose(plain[key], found[key], 1e-6, 1e-9, equal_nan=True):
                return "!", f"its gradient is {found[key]!r:.80}, not {plain[key]!r:.80}"
    return "=", ""


def _answer(trial: Trial) -> tuple[Any, Exception | None]:
    """Return what NumPy gives for a trial, or the error that it raises."""
    with np.errstate(all="ignore"):
        try:
            return _host(prepared(trial.call, np.array, trial.place, trial.form)()), None
        except Exception as error:
            return None, error


def _meant(trial: Trial) -> Any:
    """Return NumPy's answer to what a form means that it does not take, None if to nothing."""
    means = trial.form.means
    if trial.form.alike:
        return _answer(trial._replace(form=PLAIN))[0]
    if means is None:
        return None
    return _answer(trial._replace(form=Form("meant", lambda on: means(), means=means)))[0]


def _is_ours(trial: Trial, error: Exception, text: str, refused: Exception | None) -> bool:
    """Whether an error says enough of what it refuses."""
    if isinstance(error, xg.errors.MixedBackendError) and trial.form.name.endswith("NumPy's"):
        return True  # arrays of two libraries never mix silently
    if isinstance(error, NotImplementedError) and text.startswith("numpy."):
        return True
    if not isinstance(error, (*REFUSALS, type(refused))) and not re.search(_PLACED, text):
        return False
    if refused is not None or _names(trial.call, trial.argument, text):
        return True
    kind = {"truth values": "bool", "complex numbers": "complex", "integers": "int"}
    wanted = kind.get(trial.form.name)  # a library may lack a function of a kind of numbers
    return bool(wanted and re.search(rf"\bin xgrad\.[\w.]+\([^)]*{wanted}", text))


def _lacks(trial: Trial, place: Place, text: str) -> bool:
    """Whether the library refuses the plain call in the same words: it has no such function."""
    try:
        prepared(trial.call, place)()
    except Exception as error:
        told = " ".join([str(error), *getattr(error, "__notes__", ())])
        return bool(re.search(_PLACED, told)) and told[:40] == text[:40]
    return False


def _names(call: Call, argument: str, text: str) -> bool:
    """Whether an error names an argument, as NumPy or as the function of ours does."""
    known = {argument}
    f = call.function
    found = None
    if getattr(f, "__module__", None) in MODULES:
        found = _found(f.__name__, MODULES[f.__module__])
    theirs = list(parameters(f))
    if found is not None and argument in theirs:
        known.update(list(parameters(found))[theirs.index(argument) :][:1])
    return any(re.search(rf"\b{re.escape(n)}\b", text) for n in known)


def _gradients(trial: Trial, place: Place, form: Form) -> dict[Any, Any]:
    """Return the gradient of the sum of what is floating in a result, by the array it is of."""
    leaves: dict[Any, Any] = {}

    def on(x: Any) -> Any:
        if x.dtype.kind not in "fc":
            return place(x)
        key = _key(x)
        if key not in leaves:
            leaves[key] = place(x)
            leaves[key].requires_grad = True
        return leaves[key] * 1

    try:
        out = prepared(trial.call, on, trial.place, form)()
        parts = [y for y in _parts(out) if isinstance(y, xg.Array) and y.is_tracked]
        if parts:
            xg.sum(xg.stack([xg.sum(xg.real(y)) for y in parts])).backward()
    except Exception:  # what leaves the tape on purpose
        return {}
    return {k: host(x.grad) for k, x in leaves.items() if parts and x.grad is not None}


def _key(x: Any) -> Any:
    return x.shape, x.tobytes()


def _times(call: Call, key: Any) -> int:
    """Return how many arguments are the array of a key, which then share its gradient.

    Numbers are taken for shared ones.
    """
    if not key[0]:
        return 2
    held = [x for x in _parts([*call.args, *call.kwargs.values()]) if isinstance(x, np.ndarray)]
    return [_key(x) for x in held].count(key)


def _parts(x: Any) -> Iterator[Any]:
    if isinstance(x, (list, tuple)):
        for y in x:
            yield from _parts(y)
    else:
        yield x


def _coarse(x: Any) -> Any:
    if isinstance(x, (list, tuple)):
        return [_coarse(y) for y in x]
    is_floating = isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fc"
    return np.round(x, 3) if is_floating else x


def _host(x: Any) -> Any:
    return host(list(x) if inspect.isgenerator(x) else x)


# What is left ------------------------------------------------------------------------------------

LEFT: tuple[tuple[str, str, str, str], ...] = (
    (
        r"argpartition",
        r"a",
        r"truth values",
        "of equal elements any may come first, and NumPy's order is that of its algorithm",
    ),
    (
        r"poly",
        r"seq_of_zeros",
        r"complex numbers",
        (
            "NumPy drops the imaginary part if the zeros happen to be pairs; the dtype here "
            "depends on no value, so that the program can be compiled and has its derivatives"
        ),
    ),
    (
        r"polydiv|polymul",
        r"v|a2",
        r"truth values",
        "NumPy drops leading coefficients that happen to be zero, with their derivatives",
    ),
    (
        r"trapezoid",
        r"y",
        r"truth values",
        "NumPy adds truth values as truths: True + True is True; here they are 0 and 1",
    ),
    (
        r"around|round|ndarray.round",
        r"decimals",
        r"out of range",
        "NumPy's is NaN, zero times the infinity that 10**1000 is; the number rounded is 0",
    ),
    (
        r"geomspace|linspace|logspace",
        r"dtype",
        r"int",
        "cut off to integers, numbers that Dask or JAX rounds otherwise give the one below",
    ),
    (
        r"histogram",
        r"a",
        r"integers",
        "integers at an edge are counted on its other side, where JAX rounds the edge otherwise",
    ),
    (
        r"floor_divide.*",
        r"array",
        r"integers|truth values",
        "JAX's quotient of an integer by zero is -1, NumPy's 0",
    ),
    (
        r"array_repr|array_str",
        r"arr|a",
        r".*",
        "an array of Dask's is shown without its values, which nobody computes to be looked at",
    ),
    (
        r"apply_over_axes",
        r"a",
        r"0-d Array",
        "JAX and Dask have no axis 0 of a number, as NumPy has: the error says to leave it out",
    ),
    (
        r"linalg.vector_norm",
        r"ord",
        r"out of range",
        "NumPy's is 0, since the powers overflow; the norm of order -1000 is near the minimum",
    ),
    (
        r"(logaddexp|hypot).*",
        r"array",
        r"truth values",
        "NumPy's is rounded to a half after each step; here once",
    ),
    (
        (
            r"a?(cos|sin|tan)h?|arc(cos|sin|tan)h?|exp|expm1|log|log10|log1p|log2|sqrt|"
            r"reciprocal|emath.*"
        ),
        r"x",
        r"truth values",
        (
            "on PyTorch functions compute in double precision where NumPy takes a half, which "
            "x.astype(numpy.float16) chooses"
        ),
    ),
)
"""Patterns of functions, arguments and forms that are ``!``, and why they stay so."""


def explained(row: tuple[str, str, str]) -> str:
    """Return why a trial that is ``!`` stays so, empty if nobody says."""
    name = row[0].partition("(")[0]
    for *patterns, why in LEFT:
        if all(re.fullmatch(p, x) for p, x in zip(patterns, (name, *row[1:]), strict=True)):
            return why
    return ""


# The table ----------------------------------------------------------------------------------------

Rows = dict[tuple[str, str, str], str]
"""The marks of a trial, one for each library, by its name."""


def on_backend(name: str) -> Place:
    """Return what makes an array of NumPy's one of a library."""
    return lambda x: xg.asarray(x).to_backend(name)


def read() -> Rows:
    """Return the table as it was written."""
    rows: Rows = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines() if TABLE.exists() else ():
        if not line.startswith("#"):
            name, argument, groups = line.split("\t")
            for group in groups.split("; "):
                marks, _, told = group.partition(": ")
                rows.update({(name, argument, form): marks for form in told.split(", ")})
    return rows


def write(rows: Rows) -> None:
    """Write the table: a line for each argument of a call, its forms grouped by their marks."""
    lines = [
        "# Written by python -m tests.interop.numpy_forms --write, which explains the marks;",
        f"# NumPy {np.__version__}; the libraries are {' '.join(BACKENDS)}, - if not asked",
    ]
    groups: dict[tuple[str, str], dict[str, list[str]]] = {}
    for (name, argument, form), marks in rows.items():
        groups.setdefault((name, argument), {}).setdefault(marks, []).append(form)
    for (name, argument), told in groups.items():
        cells = "; ".join(f"{marks}: {', '.join(names)}" for marks, names in told.items())
        lines.append(f"{name}\t{argument}\t{cells}")
    lines += _told(rows)
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _told(rows: Rows) -> list[str]:
    """Return the trials that are ``!`` once more, with the reasons."""
    reasons: dict[str, list[str]] = {}
    for row, marks in rows.items():
        if "!" in marks:
            reasons.setdefault(explained(row) or "unexplained", []).append(
                f"{row[0]} {row[1]}: {row[2]}"
            )
    return [f"# ! {why}: {'; '.join(told)}" for why, told in reasons.items()]


def main() -> int:
    """Print the trials that fail, and the counts; write the table if asked."""
    parser = argparse.ArgumentParser("python -m tests.interop.numpy_forms", description=__doc__)
    parser.add_argument("--backend", action="append", default=[], choices=BACKENDS)
    parser.add_argument("--only", default="", help="a pattern of the functions' names")
    parser.add_argument("--verbose", action="store_true", help="print also what is +")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = read() if options.write else {}
    fresh: Rows = {}
    failed = False
    for backend in options.backend or ["numpy"]:
        if backend == "jax":
            __import__("jax").config.update("jax_enable_x64", True)
        counts: Counter[str] = Counter()
        column = BACKENDS.index(backend)
        for trial in trials(options.only):
            mark, why = run(trial, on_backend(backend))
            if not mark:
                continue
            counts[mark] += 1
            old = fresh.get(trial.row) or rows.get(trial.row) or "-" * len(BACKENDS)
            fresh[trial.row] = old[:column] + mark + old[column + 1 :]
            if mark == "!" or (mark == "+" and options.verbose):
                print("\t".join((mark, *trial.row, why[:230].replace("\n", " "))), flush=True)
        failed = failed or counts["!"] > 0
        told = ", ".join(f"{mark} {counts[mark]:,}" for mark in "=x+!")
        print(f"{backend}: {counts.total():,} trials: {told}", flush=True)
    if options.write:
        write(fresh if not options.only else rows | fresh)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
