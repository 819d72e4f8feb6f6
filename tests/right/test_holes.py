# Tests of xgrad/special, xgrad/ops/elementwise, xgrad/nn/functional/activations.py
"""At 0 and at whole numbers a derivative is what it is on both sides, where that is one number."""

import numpy as np
import pytest

import xgrad as xg
from xgrad import special

F = xg.nn.functional
POINTS = (0.0, 1.0, -1.0, 2.0, -2.0)
PLAIN = (
    "sinc sin cos tan tanh sinh cosh asinh acosh asin acos atan atanh exp expm1 exp2 log log1p "
    "log2 log10 sqrt square cbrt reciprocal sigmoid abs"
).split()
GATES = (
    "celu elu gelu hardswish leaky_relu logsigmoid mish relu selu silu softplus softsign tanhshrink"
).split()
FUNCTIONS = {
    **{f"special.{name}": getattr(special, name) for name in special.__all__},
    **{name: getattr(xg, name) for name in PLAIN},
    **{f"nn.functional.{name}": getattr(F, name) for name in GATES},
}
ARGUMENTS = ((0.3,), (0.0, 0.3), (1.0, 0.3), (2.3, 0.7), (2.0, 3.0, 0.3), (0.5, 1.5, 2.5, 0.3))
POLES = "poles of two gamma functions meet at negative whole numbers, and SciPy's value is another"
LEFT_OUT = {
    "special.voigt_profile": "at the end of its range: sigma is positive",
    "special.huber": "at the end of its range: delta is positive",
    "special.zeta": "outside of its range: SciPy has none of order 0",
    "special.i0e": "a kink: it has a factor exp(-abs(x))",
    "special.ive": "a kink: it has a factor exp(-abs(x))",
    **dict.fromkeys((f"special.{name}" for name in ("beta", "betaln", "binom", "poch")), POLES),
}


def numbers(f, args, k):
    """Return a function of argument number `k`, or None if there is no derivative by it."""

    def g(x):
        out = f(*args[:k], x, *args[k + 1 :])
        return out[0] if isinstance(out, tuple) else out

    try:
        xg.grad(g)(args[k])
    except Exception:
        return None
    return g


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_derivative_is_what_it_is_on_both_sides(name):
    if name in LEFT_OUT:
        pytest.skip(LEFT_OUT[name])
    f = FUNCTIONS[name]
    wrong = []
    for args in ARGUMENTS:
        for k in range(len(args)):
            g = numbers(f, args, k)
            for x in POINTS if g else ():
                for order, d in ((1, xg.grad(g)), (2, xg.grad(xg.grad(g)))):
                    try:
                        below, here, above = (float(d(x + h)) for h in (-1e-6, 0.0, 1e-6))
                    except Exception:
                        continue
                    sides = np.asarray([below, above])
                    if not np.all(np.abs(sides) < 1e3) or abs(above - below) > 1e-4:
                        continue  # a pole, an end, or a kink
                    if not abs(here - np.mean(sides)) < 1e-3:
                        wrong.append(f"{args}, argument {k} at {x}, order {order}: {here}, {sides}")
    assert not wrong, "\n".join(wrong)
