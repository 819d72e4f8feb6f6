# Tests of xgrad/custom/again.py
# ruff: noqa: B023 - that functions read a loop's variable late is what is tested
"""Functions made in a loop share its variable: each derivative belongs to its own turn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import xgrad as xg

from .programs import Program, check

K = np.asarray([0.7, 1.3])
ONE = np.ones(2)
EXACT = {"rtol": 1e-9, "atol": 1e-11}


def _nested(s: Any, k: Any) -> Any:
    found = []
    for i in range(2):

        def rate(t: Any, i: int = 0) -> Any:
            return k[i] * t

        def slope(t: Any) -> Any:
            return np.exp(-rate(t, i))

        found.append(s.integrate.quad(slope, 0, 1)[0])
    return np.stack(found)


def _counting(s: Any, k: Any) -> Any:
    count = 0

    def f(t: Any) -> Any:
        nonlocal count
        count += 1
        return np.exp(-k[0] * t)

    value = s.integrate.quad(f, 0, 1)[0]
    assert count > 20
    return value


def _recursive(s: Any, k: Any) -> Any:
    def f(t: Any, left: int = 2) -> Any:
        return f(t, left - 1) * k[1] if left else np.exp(-k[0] * t)

    return s.integrate.quad(f, 0, 1)[0]


def _each(f: Any) -> Any:
    return lambda s, k: np.stack(
        [xg.sum(x) if isinstance(x, xg.Array) else np.sum(x) for x in f(s, k)]
    )


# each lambda reads `i` late, as programs that are written by hand do
PROGRAMS: dict[str, tuple[Any, dict[str, Any]]] = {
    "quad": (_each(lambda s, k: [s.integrate.quad(lambda t: np.exp(-k[i] * t), 0, 1)[0] for i in (0, 1)]), {}),
    "nquad": (_each(lambda s, k: [s.integrate.nquad(lambda x, y: np.exp(-k[i] * x * y), [[0, 1], lambda: [0, k[i]]])[0] for i in (0, 1)]), {"order": 1}),
    "brentq": (_each(lambda s, k: [s.optimize.brentq(lambda t: t**3 - k[i], 0, 3, xtol=1e-14) for i in (0, 1)]), {"value": 1e-9}),
    "minimize": (_each(lambda s, k: [s.optimize.minimize(lambda x: ((x - k[i]) ** 2 + x**4).sum(), [0.1], options={"gtol": 1e-9}).x for i in (0, 1)]), {"value": 1e-6, "rtol": 1e-4}),
    "solve_ivp": (_each(lambda s, k: [s.integrate.solve_ivp(lambda t, y: -k[i] * y, (0, 1), [1.0], **EXACT).y[0, -1] for i in (0, 1)]), {"value": 1e-7, "rtol": 1e-5}),
    "gmres": (_each(lambda s, k: [s.sparse.linalg.gmres(s.sparse.linalg.LinearOperator((2, 2), matvec=lambda v: k[i] * v + 0.1 * v.sum()), ONE, rtol=1e-13)[0] for i in (0, 1)]), {"value": 1e-8}),
    "functions in functions": (_nested, {}),
    "a function that counts": (_counting, {}),
    "a function that calls itself": (_recursive, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_turn_has_its_own_derivative(name: str) -> None:
    f, options = PROGRAMS[name]
    check(Program(name, lambda sp, xp, k: f(sp, k), (K,), **options))


def test_what_a_function_reads_is_kept_and_what_it_writes_is_not() -> None:
    from xgrad.custom.again import kept

    i, seen = 1, []

    def read() -> int:
        seen.append(i)
        return i

    held = kept(read)
    i = 2
    assert (held(), read(), seen) == (1, 2, [1, 2])
    assert kept(_counting) is _counting
    assert kept(xg.sin) is xg.sin
