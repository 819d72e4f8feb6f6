# Tests of xgrad/errors, xgrad/engine/picklable.py, xgrad/names
"""Which frames of a traceback are shown, which error, and of which line a warning tells."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import xgrad as xg
from tests.tables import over

ROOT = Path(__file__).parent.parent
LIBRARY = str(ROOT / "xgrad")
W = np.asarray([1.0, 2.0])


def frames(error: BaseException) -> list[str]:
    """Return the files of the frames of a traceback."""
    return [frame.filename for frame in traceback.extract_tb(error.__traceback__)]


def own(error: BaseException) -> int:
    return sum(file.startswith(LIBRARY) for file in frames(error))


def fail(x: Any) -> Any:
    raise KeyError("mine")


def wrong(x: Any) -> Any:
    return xg.sum(x + np.ones(5))


CALLS: dict[str, Any] = {
    "grad": lambda f: xg.grad(f)(W),
    "value_and_grad": lambda f: xg.value_and_grad(f)(W),
    "jacrev": lambda f: xg.jacrev(f)(W),
    "jacfwd": lambda f: xg.jacfwd(f)(W),
    "hessian": lambda f: xg.hessian(f)(W),
    "hvp": lambda f: xg.hvp(f, W, W),
    "vmap": lambda f: xg.vmap(f)(W[None]),
    "vjp": lambda f: xg.vjp(f, W),
    "jvp": lambda f: xg.jvp(f, (W,), (W,)),
    "linearize": lambda f: xg.linearize(f, W),
    "checkpoint": lambda f: xg.grad(xg.checkpoint(f))(W),
    "compile": lambda f: xg.compile(xg.grad(f))(W),
    "grad of grad": lambda f: xg.grad(lambda x: xg.sum(xg.grad(f)(x)))(W),
    "vmap of grad": lambda f: xg.vmap(xg.grad(f))(W[None]),
    "explain_gradient": lambda f: xg.explain_gradient(f)(W),
}


@over("name", list(CALLS))
@over("f", [fail, wrong], lambda f: f.__name__)
def test_a_transform_shows_at_most_three_frames_of_its_own(name: str, f: Any) -> None:
    with pytest.raises((KeyError, ValueError)) as caught:
        CALLS[name](f)
    assert own(caught.value) <= 3
    assert frames(caught.value)[-1] == __file__


def test_an_op_shows_at_most_three_frames() -> None:
    x = xg.asarray(W)
    for call in (
        lambda: xg.sin("a"),
        lambda: x + xg.ones(3),
        lambda: x[7],
        lambda: x.reshape(3, 3),
        lambda: x.sum(axis=4),
        lambda: xg.median(x, axis=4),
        lambda: xg.concat([x, xg.ones((2, 2))]),
        lambda: np.sum(x, axis=4),
        lambda: np.concatenate([x, xg.ones((2, 2))]),
        lambda: xg.linalg.solve(xg.ones((2, 3)), x),
    ):
        with pytest.raises((TypeError, ValueError, IndexError, np.linalg.LinAlgError)) as caught:
            call()
        assert own(caught.value) <= 3, frames(caught.value)


def test_inside_debug_nothing_is_left_out() -> None:
    with pytest.raises(ValueError, match="broadcast") as caught, xg.debug():
        xg.grad(wrong)(W)
    assert own(caught.value) > 3


def test_errors_of_the_user_stay_as_they_are() -> None:
    """An error raised by the user's own ``except`` is not replaced by what it caught."""

    def f(x: Any) -> Any:
        try:
            return float(x[0])
        except TypeError as error:
            raise LookupError("mine") from error

    with pytest.raises(LookupError, match="mine") as caught:
        xg.grad(f)(W)
    assert isinstance(caught.value.__cause__, xg.errors.TracedConversionError)


def test_advice_comes_out_of_the_error_that_numpy_makes_of_it() -> None:
    def f(x: Any) -> Any:
        n = np.zeros(2)
        n[0] = x[0]
        return xg.sum(n)

    for name, call in CALLS.items():
        if "vmap" in name:
            continue  # which has advice of its own
        with pytest.raises(xg.errors.TracedConversionError, match="make the target an xgrad"):
            call(f)


PROGRAM = """
import numpy as np, xgrad as xg
def loss(x):
    n = np.zeros(2)
    n[0] = x[0]
    return xg.sum(n)
{run}
"""


def run(text: str, tmp_path: Path, **more: str) -> list[str]:
    """Return the lines that Python prints on stderr."""
    file = tmp_path / "program.py"
    file.write_text(text, encoding="utf-8")
    path = os.pathsep.join([str(ROOT), str(ROOT / "backends")])
    env = {**os.environ, "PYTHONPATH": path, **more}
    command = [sys.executable, str(file)]
    found = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    return found.stderr.splitlines()


def test_what_python_prints(tmp_path: Path) -> None:
    told = run(PROGRAM.format(run="xg.grad(loss)(np.ones(2))"), tmp_path)
    files = [line for line in told if line.strip().startswith('File "')]
    assert [line.split(", ")[1] for line in files] == ["line 7", "line 5"]
    assert all("program.py" in line for line in files)
    assert "The above exception" not in "\n".join(told)
    assert "make the target an xgrad.Array" in told[-2]
    assert told[-1].strip().endswith("n[0] = x[0]")


def test_the_environment_asks_for_all_frames(tmp_path: Path) -> None:
    text = PROGRAM.format(run="xg.grad(loss)(np.ones(2))")
    told = run(text, tmp_path, XGRAD_TRACEBACKS="full")
    assert sum(LIBRARY in line for line in told) > 3


def test_out_of_debug_all_frames_are_printed(tmp_path: Path) -> None:
    text = PROGRAM.format(run="with xg.debug():\n    xg.grad(loss)(np.ones(2))")
    assert sum(LIBRARY in line for line in run(text, tmp_path)) > 3


def test_what_a_thread_prints(tmp_path: Path) -> None:
    work = "import threading\nt = threading.Thread(target=lambda: xg.grad(loss)(np.ones(2)))\n"
    told = run(PROGRAM.format(run=f"{work}t.start()\nt.join()"), tmp_path)
    assert "Exception in thread" in told[0]
    assert not any(LIBRARY in line for line in told)
    assert told[-1].strip().endswith("n[0] = x[0]")


HOOKS = "(sys.excepthook, threading.excepthook, warnings._showwarnmsg)"


def test_the_hooks_can_be_switched_off_and_do_not_stack(tmp_path: Path) -> None:
    start = f"import sys, threading, warnings, importlib\nplain = {HOOKS}\nimport xgrad\n"
    told = run(f"{start}assert {HOOKS} == plain\n", tmp_path, XGRAD_HOOKS="off")
    assert told == []
    again = f"import xgrad.errors.folding\nours = {HOOKS}\nassert ours != plain\n"
    for module in ("xgrad.errors.folding", "xgrad"):
        again += f"importlib.reload(sys.modules['{module}'])\n"
    again += "for name in [n for n in sys.modules if n.partition('.')[0] == 'xgrad']:\n"
    again += f"    del sys.modules[name]\nimport xgrad\nassert {HOOKS} == ours\n"
    assert run(start + again, tmp_path) == []


def test_an_error_without_xgrad_is_printed_as_ever(tmp_path: Path) -> None:
    told = run("import xgrad\nimport numpy as np\nnp.linalg.inv(np.ones((2, 3)))\n", tmp_path)
    assert any("_linalg.py" in line for line in told)


# Warnings -----------------------------------------------------------------------------------------


def line() -> int:
    return sys._getframe(1).f_lineno


def test_a_warning_of_numpy_tells_of_the_users_line() -> None:
    x = xg.asarray([-1.0])
    calls: list[Any] = [
        (lambda: xg.log(x), line()),
        (lambda: x / xg.asarray(0.0), line()),
        (lambda: np.log(x), line()),
        (lambda: x.std(ddof=1), line()),
        (lambda: xg.grad(lambda v: xg.sum(xg.sqrt(v)))(np.asarray([-1.0])), line()),
    ]
    for call, number in calls:
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            call()
        assert found
        assert {(w.filename, w.lineno) for w in found} == {(__file__, number)}


def test_each_line_is_told_of_once() -> None:
    x = xg.asarray([-1.0])
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("default")
        for _ in range(3):
            xg.log(x)
        xg.log(x)
    assert len(found) == 2
    assert len({w.lineno for w in found}) == 2


def test_filters_hold_for_the_users_module() -> None:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", module=__name__.replace(".", r"\."))
        xg.log(xg.asarray([-1.0]))
    assert not found
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeWarning, match="log"):
            xg.log(xg.asarray([-1.0]))


def test_other_warnings_stay_where_they_are() -> None:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        np.log(np.asarray([-1.0]))
        warnings.warn("mine", stacklevel=1)
    assert [Path(w.filename) for w in found] == [Path(__file__)] * 2


# Silence ------------------------------------------------------------------------------------------

LOSSES: dict[str, tuple[Any, str]] = {
    "a constant": (lambda x: 1.0, "Nothing was computed from it"),
    "item": (lambda x: xg.asarray(x[0].item()), "The tape was left at item()"),
    "tolist": (lambda x: sum(x.tolist()), "The tape was left at tolist()"),
    "detach": (lambda x: xg.sum(x.detach()), "The tape was left at detach()"),
    "float of detach": (lambda x: float(x[0].detach()), "The tape was left at detach()"),
    "data": (lambda x: xg.sum(xg.asarray(x.data)), "The tape was left at data"),
    "stop_gradient": (lambda x: xg.sum(xg.stop_gradient(x)), "left at stop_gradient"),
    "floor": (lambda x: xg.sum(xg.floor(x)), "The tape was left at floor"),
    "round": (lambda x: xg.sum(xg.round(x, 1)), "The tape was left at round"),
    "argmax": (lambda x: xg.argmax(x) * 1.0, "The tape was left at argmax"),
    "a comparison": (lambda x: xg.sum(x > 0) * 1.0, "The tape was left at greater"),
    "a branch": (lambda x: 1.0 if x[0] > 0 else 0.0, "The tape was left at greater"),
    "integers": (lambda x: xg.sum(x.astype("int64")) * 1.0, "The tape was left at astype"),
}


@over("name", list(LOSSES))
def test_a_gradient_of_zero_says_where_the_path_was_lost(name: str) -> None:
    f, says = LOSSES[name]
    for transform in (xg.grad, xg.value_and_grad, xg.jacrev, xg.jacfwd):
        with pytest.warns(xg.errors.ConstantResultWarning) as found:
            transform(f)(W)
        (warned,) = found
        assert says in str(warned.message)
        assert warned.filename == __file__
    xg.grad(f, strict=False)(W)  # no warning, which would be an error here
    with pytest.raises(xg.errors.NotDifferentiableError, match="strict=True"):
        xg.grad(f, strict=True)(W)


def test_repr_is_true_after_backward() -> None:
    x = xg.asarray([1.0, 2.0], requires_grad=True)
    y = xg.sum(x**2)
    assert "tracked=True" in repr(y)
    y.backward()
    assert repr(y) == "Array(5., dtype=float64, freed=True)"
    assert repr(x) == "Array([1., 2.], dtype=float64, requires_grad=True)"
    z = xg.sum(x**2)
    z.backward(create_graph=True)
    assert "tracked=True" in repr(z)
