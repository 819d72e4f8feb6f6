"""One equation as an expression of C++ in its operands, for the dtypes that a device has.

Halves are computed with in single precision: only what is stored is rounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..nests import COMPARISONS, INFIX, name_of
from ..program import Equation, Var

__all__ = [
    "STORED",
    "cast",
    "computed",
    "expression",
    "is_array",
    "is_expression",
    "number",
    "operands",
]

STORED = {
    "float64": "double",
    "float32": "float",
    "float16": "unsigned short",
    "bfloat16": "unsigned short",
    "complex64": "complex<float>",
    "complex128": "complex<double>",
    "bool": "bool",
    **{
        f"int{n}": t for n, t in {8: "signed char", 16: "short", 32: "int", 64: "long long"}.items()
    },
    **{f"uint{n}": f"unsigned {t}" for n, t in {8: "char", 16: "short", 32: "int"}.items()},
    "uint64": "unsigned long long",
}
"""The types of elements in memory."""


def computed(dtype: Any) -> str:
    """Return the type that elements of a dtype are computed with."""
    return "float" if dtype.name in ("float16", "bfloat16") else STORED[dtype.name]


def kind(dtype: Any) -> str:
    """Return what sort of number a dtype is: b, i, f or c."""
    if dtype.name == "bfloat16":
        return "f"
    return "i" if dtype.kind == "u" else str(dtype.kind)


def cast(text: str, given: str, wanted: str) -> str:
    """Return an expression of one type as one of another."""
    if given == wanted:
        return text
    if "complex" in given and "complex" not in wanted:
        return f"({wanted})real({text})"
    return f"{wanted}({text})" if "complex" in wanted else f"({wanted})({text})"


def number(x: Any, type_: str) -> str:
    """Return a Python number as a constant of a type."""
    if "complex" in type_:
        part = type_[8:-1]
        value = complex(x)
        return f"{type_}({number(value.real, part)}, {number(value.imag, part)})"
    if type_ in ("double", "float"):
        value = float(x)
        if math.isnan(value):
            return f"({type_})nan_()"
        if math.isinf(value):
            return f"({type_})({'-' if value < 0 else ''}inf_())"
        return f"({type_}){value!r}"
    return f"({type_}){int(x)}" + ("ULL" if int(x) > 2**63 - 1 else "LL")


Maker = Callable[..., str]
ANY, REALS, FLOATS, WHOLE, TRUTHS = "bifc", "bif", "f", "bi", "b"


def _infix(symbol: str) -> Maker:
    return lambda t, a, b: f"{a} {symbol} {b}"


def _call(name: str) -> Maker:
    return lambda t, *args: f"{name}({', '.join(args)})"


# For each function: the kinds of operands that it takes, whether they are converted to the type of
# the result (else to their common one), and what makes the expression.
TABLE: dict[str, tuple[str, bool, Maker]] = {
    "add": ("ifc", True, _infix("+")),
    "subtract": ("ifc", True, _infix("-")),
    "multiply": ("bifc", True, _infix("*")),
    "divide": ("bifc", True, _infix("/")),
    **{
        name: (REALS if name not in ("equal", "not_equal") else ANY, False, _infix(INFIX[name]))
        for name in COMPARISONS
    },
    **{
        name: (TRUTHS, False, _infix(symbol))
        for name, symbol in {"logical_and": "&&", "logical_or": "||", "logical_xor": "!="}.items()
    },
    **{
        name: (WHOLE, True, _infix(symbol))
        for name, symbol in {"bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^"}.items()
    },
    **{n: ("bifc", True, _call(n)) for n in "sqrt exp log sin cos tan sinh cosh tanh".split()},
    **{
        name: ("bifc", True, _call(f"a{n}"))
        for n in "sin cos tan sinh cosh tanh".split()
        for name in (f"arc{n}", f"a{n}")
    },
    **{n: ("bif", True, _call(n)) for n in "expm1 log1p log2 log10 exp2 cbrt erf erfc".split()},
    **{n: (FLOATS, True, _call(n)) for n in "floor ceil trunc rint hypot copysign".split()},
    "round": (FLOATS, True, _call("rint")),
    "gammaln": (FLOATS, True, _call("lgamma")),
    "expit": (FLOATS, True, lambda t, a: f"({t})1 / (({t})1 + exp(-({a})))"),
    "nextafter": (FLOATS, True, _call("nextafter")),
    "signbit": (FLOATS, False, lambda t, a: f"(bool)signbit({a})"),
    "arctan2": (FLOATS, True, _call("atan2")),
    "atan2": (FLOATS, True, _call("atan2")),
    "power": ("fc", True, _call("pow")),
    "pow": ("fc", True, _call("pow")),
    "remainder": (FLOATS, True, _call("remainder_")),
    "floor_divide": (FLOATS, True, _call("floor_divide_")),
    "logaddexp": (FLOATS, True, _call("logaddexp_")),
    "maximum": (REALS, True, _call("larger")),
    "minimum": (REALS, True, _call("smaller")),
    "isnan": ("fc", False, _call("is_nan")),
    "isinf": ("fc", False, _call("is_inf")),
    "isfinite": ("fc", False, _call("is_finite")),
    "negative": ("ifc", True, lambda t, a: f"-({a})"),
    "positive": ("ifc", True, lambda t, a: a),
    "square": ("ifc", True, lambda t, a: f"{a} * {a}"),
    "reciprocal": ("fc", True, lambda t, a: f"{t}(1) / {a}"),
    "logical_not": (TRUTHS, False, lambda t, a: f"!{a}"),
    "bitwise_invert": (WHOLE, True, lambda t, a: f"!{a}" if t == "bool" else f"~{a}"),
    "invert": (WHOLE, True, lambda t, a: f"!{a}" if t == "bool" else f"~{a}"),
    "sign": ("if", True, _call("sign_")),
    "absolute": ("fc", False, _call("abs")),
    "fabs": (FLOATS, False, _call("fabs")),
    "abs": ("fc", False, _call("abs")),
    "conj": ("c", True, _call("conj")),
    "conjugate": ("c", True, _call("conj")),
    "real": ("c", False, _call("real")),
    "imag": ("c", False, _call("imag")),
    "strong_multiply": ("bifc", True, _call("strong")),
    "astype": (ANY, True, lambda t, a: a),
    "where": (ANY, True, lambda t, c, a, b: f"{c} ? {a} : {b}"),
    "clip": (REALS, True, lambda t, a, low, high: _clipped(a, low, high)),
}


def _clipped(a: str, low: str, high: str) -> str:
    a = f"larger({a}, {low})" if low else a
    return f"smaller({a}, {high})" if high else a


NUMBERS = (bool, int, float, complex)


def operands(e: Equation) -> tuple[Any, ...]:
    """Return what the expression of an equation reads."""
    if e.name == "astype":
        return e.args[:1]
    if e.name == "clip":
        given = dict(zip(("x", "min", "max"), e.args, strict=False)) | e.kwargs
        return given.get("x"), given.get("min"), given.get("max")
    return e.args


def is_expression(e: Equation) -> bool:
    """Whether an equation is an expression of its operands' elements."""
    entry = TABLE.get(name_of(e))
    if entry is None or e.effect or e.several or len(e.outs) != 1:
        return False
    if e.kwargs.keys() - ({"min", "max"} if e.name == "clip" else set()):
        return False
    out, given = e.outs[0], operands(e)
    arrays = [x for x in given if hasattr(x, "dtype")]
    if not arrays or not out.size or len(out.shape) > 8:
        return False
    names = [getattr(x.dtype, "name", "") for x in (*arrays, out)]
    if any(n not in STORED for n in names):
        return False
    if not all(hasattr(x, "dtype") or type(x) in NUMBERS or x is None for x in given):
        return False
    if any(x is None for x in given) and e.name != "clip":
        return False
    if name_of(e) == "where":
        return kind(arrays[0].dtype) == "b" and hasattr(given[0], "dtype")
    kinds = {kind(x.dtype) for x in arrays}
    return kinds <= set(entry[0]) and not (
        kind(out.dtype) == "b" and "b" not in entry[0] and entry[1]
    )


def common(e: Equation) -> str:
    """Return the type that the operands of an equation are converted to."""
    out, given = e.outs[0], operands(e)
    if TABLE[name_of(e)][1]:
        return computed(out.dtype)
    dtypes = [x.dtype for x in given if hasattr(x, "dtype")]
    numbers = [type(x)(1) for x in given if type(x) in NUMBERS]
    if any(d.name == "bfloat16" for d in dtypes):
        return "float"
    return computed(np.result_type(*dtypes, *numbers))


def expression(e: Equation, read: Callable[[Any], tuple[str, str]]) -> str:
    """Return an equation as an expression, given what reads an operand: its text and type."""
    to, t = common(e), computed(e.outs[0].dtype)
    texts = []
    for i, x in enumerate(operands(e)):
        if x is None:
            texts.append("")
        elif type(x) in NUMBERS:
            texts.append(number(x, to))
        else:
            text, given = read(x)
            texts.append(text if i == 0 and e.name == "where" else cast(text, given, to))
    return TABLE[name_of(e)][2](t, *texts)


def is_array(x: Any) -> bool:
    """Whether an operand is an array, a variable or a constant."""
    return isinstance(x, Var) or hasattr(x, "dtype")
