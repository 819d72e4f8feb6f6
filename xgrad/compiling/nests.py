"""Elementwise equations as loop nests of C: one line for each equation, on one element.

Everything follows IEEE 754 as NumPy does: comparisons with NaN are false, maxima hand NaN on, and a
strong product is zero wherever one of its factors is.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops.indexing import is_basic
from .program import Equation, Var

__all__ = ["TYPES", "Nest", "expression", "is_nest", "local", "prelude"]

BOOL, DOUBLE, SINGLE, LONG, INT = map(np.dtype, ("bool", "f8", "f4", "i8", "i4"))
TYPES = {DOUBLE: "double", SINGLE: "float", BOOL: "unsigned char", LONG: "long long", INT: "int"}
"""The types of C, by NumPy's dtypes in the order of bytes of the machine."""

INFIX = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
    "logical_and": "&",
    "logical_or": "|",
}
COMPARISONS = frozenset("less less_equal greater greater_equal equal not_equal".split())
FUNCTIONS = {
    **{n: n for n in "sqrt exp log sin cos tan sinh cosh tanh expm1 log1p log2 log10".split()},
    **{n: n for n in "floor ceil trunc".split()},
    **{f"arc{n}": f"a{n}" for n in "sin cos tan sinh cosh tanh".split()},
    "absolute": "fabs",
    "fabs": "fabs",
    "rint": "rint",
    "power": "pow",
    "arctan2": "atan2",
    "hypot": "hypot",
    "copysign": "copysign",
}
TESTS = {"isnan": "isnan", "isinf": "isinf", "isfinite": "isfinite"}


def name_of(e: Equation) -> str:
    """Return NumPy's name of what an equation does."""
    return e.function.__name__ if type(e.function) is np.ufunc else e.name


def _operands(e: Equation) -> tuple[Any, ...]:
    return e.args[:1] if e.name == "astype" else e.args


def is_nest(e: Equation) -> bool:
    """Whether an equation can be a line of a loop nest."""
    if e.effect or e.several or e.kwargs or len(e.outs) != 1:
        return False
    if type(e.function) is np.ufunc and (e.function.signature or e.function.nout != 1):
        return False
    out, operands = e.outs[0], _operands(e)
    if out.dtype not in TYPES or not out.size or len(out.shape) > 6:
        return False
    for x in operands:
        if isinstance(x, (Var, np.ndarray, np.generic)):
            if x.dtype not in TYPES:
                return False
        elif type(x) not in (int, float, bool) and not (x is None and e.name == "clip"):
            return False
    return _same_types(e, out, operands) and expression(e, ["a", "b", "c"]) is not None


def _same_types(e: Equation, out: Var, operands: tuple[Any, ...]) -> bool:
    """Whether C's conversions between the operands are NumPy's."""
    dtypes = {x.dtype for x in operands if isinstance(x, (Var, np.ndarray, np.generic))}
    name = name_of(e)
    if name == "astype":
        (given,) = dtypes
        return given == BOOL or (out.dtype.kind == "f" and given != LONG)
    if name in ("multiply", "strong_multiply") and out.dtype.kind == "f":
        dtypes.discard(BOOL)  # a mask
        return dtypes == {out.dtype}
    if name == "where":
        condition = operands[0]
        rest = {x.dtype for x in operands[1:] if hasattr(x, "dtype")}
        has_mask = isinstance(condition, Var) and condition.dtype == BOOL
        return has_mask and rest == {out.dtype}
    if name in COMPARISONS or name in TESTS or name.startswith("logical"):
        return len(dtypes) == 1 and (name in COMPARISONS or name in TESTS or dtypes == {BOOL})
    if dtypes != {out.dtype} or out.dtype.kind == "b":
        return False
    integers = ("add", "subtract", "multiply", "negative", "maximum", "minimum")
    return out.dtype.kind == "f" or (name in integers and out.dtype == LONG)


def expression(e: Equation, a: list[str]) -> str | None:
    """Return an equation as an expression of C in its operands; None if there is none."""
    name, kind = name_of(e), TYPES.get(e.outs[0].dtype, "")
    a = [*a, "", ""]
    if name in INFIX:
        return f"{a[0]} {INFIX[name]} {a[1]}"
    if name in FUNCTIONS:
        count = e.function.nin if type(e.function) is np.ufunc else 1
        suffix = "f" if kind == "float" else ""
        return f"{FUNCTIONS[name]}{suffix}({', '.join(a[:count])})"
    if name in TESTS:
        return f"!!{TESTS[name]}({a[0]})"
    if name in ("maximum", "minimum"):
        return f"{name}_{kind.replace(' ', '_')}({a[0]}, {a[1]})"
    if name == "strong_multiply":
        return _strong(e, a[0], a[1], kind)
    if name == "clip":
        return _clipped(e, a, kind)
    return {
        "negative": f"-{a[0]}",
        "positive": a[0],
        "square": f"{a[0]} * {a[0]}",
        "reciprocal": f"({kind})1 / {a[0]}",
        "logical_not": f"!{a[0]}",
        "where": f"{a[0]} ? {a[1]} : {a[2]}",
        "astype": f"({kind}){a[0]}",
    }.get(name)


def _strong(e: Equation, x: str, y: str, kind: str) -> str:
    """Return the product in which zero times anything is zero."""
    for mask, other, i in ((y, x, 1), (x, y, 0)):
        if getattr(e.args[i], "dtype", None) == np.bool_:
            return f"{mask} ? {other} : ({kind})0"
    return f"strong_{kind.replace(' ', '_')}({x}, {y})"


def _clipped(e: Equation, a: list[str], kind: str) -> str:
    text = a[0]
    for i, name in ((1, "maximum"), (2, "minimum")):
        if len(e.args) > i and e.args[i] is not None:
            text = f"{name}_{kind.replace(' ', '_')}({text}, {a[i]})"
    return text


def number(x: Any, kind: str) -> str:
    """Return a number as a constant of C."""
    value = float(x)
    if math.isnan(value):
        return f"({kind})NAN"
    if math.isinf(value):
        return f"({kind}){'-' if value < 0 else ''}INFINITY"
    return f"({kind}){int(x)}LL" if "long" in kind else f"({kind}){value.hex()}"


def is_write(e: Equation) -> bool:
    """Whether an equation writes to a part of an array that a loop nest can write to."""
    return e.name in ("setitem", "index_add") and len(e.args) == 3 and is_basic(e.args[1])


class Nest:
    """One loop nest: lines on one element, and the arrays that they read and write.

    What is read is loaded first, once: a load that depends on a condition would stand in the way of
    the processor's vector instructions.

    Attributes:
        pointers: the places of the arrays: a base, and an offset in bytes.
        lines: what is done with the elements.
        stores: what is written at the end.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.pointers: list[tuple[int, int]] = []
        self._strides: list[tuple[int, ...]] = []
        self._loads: list[tuple[int, str]] = []
        self._known: dict[Any, str] = {}
        self.lines: list[str] = []
        self.stores: list[tuple[int, str, str, str]] = []

    def _pointer(self, place: tuple[int, int, tuple[int, ...]], shape: tuple[int, ...]) -> int:
        base, offset, strides = place
        wide = (0,) * (len(self.shape) - len(shape)) + tuple(
            0 if n == 1 else s for n, s in zip(shape, strides, strict=True)
        )
        self.pointers.append((base, offset))
        self._strides.append(wide)
        return len(self.pointers) - 1

    def load(self, place: Any, shape: tuple[int, ...], kind: str) -> str:
        """Return the name of an array's element, broadcast to the nest."""
        key = (place, shape, kind)
        if key not in self._known:
            k = self._pointer(place, shape)
            self._loads.append((k, kind))
            self._known[key] = f"v{k}"
        return self._known[key]

    def store(self, place: Any, shape: tuple[int, ...], kind: str, sign: str, value: str) -> None:
        """Write a value to an array's element, or add it."""
        self.stores.append((self._pointer(place, shape), kind, sign, value))

    def text(self) -> str:
        """Return the nest as source of C, with as few loops as its arrays allow."""
        shape, strides = self._merged()

        def at(k: int, kind: str) -> str:
            offset = " + ".join(f"i{d} * {s[k]}" for d, s in enumerate(strides) if s[k]) or "0"
            return f"*({kind}*)(q{k} + {offset})"

        body = [f"const {local(kind)} v{k} = {at(k, kind)};" for k, kind in self._loads]
        body += self.lines
        body += [f"{at(k, kind)} {sign} {value};" for k, kind, sign, value in self.stores]
        loops = [f"for (long long i{d} = 0; i{d} < {n}; i{d}++)" for d, n in enumerate(shape)]
        if loops:
            loops[-1] = f"\n#pragma omp simd\n {loops[-1]}"
        heads = "".join(f" char* const q{k} = p[{k}];\n" for k in range(len(self.pointers)))
        inner = "\n  ".join(body)
        return f"{heads} {' '.join(loops)} {{\n  {inner}\n }}"

    def _merged(self) -> tuple[list[int], list[tuple[int, ...]]]:
        """Return lengths and strides of the loops, neighbours that lie together made one."""
        shape: list[int] = []
        strides: list[tuple[int, ...]] = []
        written = self._strides[-1] if self._strides else ()
        for d in sorted(range(len(self.shape)), key=lambda d: (-abs(written[d]), d)):
            n, own = self.shape[d], tuple(s[d] for s in self._strides)
            if n == 1:
                continue
            if shape and all(a == b * n for a, b in zip(strides[-1], own, strict=True)):
                shape[-1] *= n
                strides[-1] = own
            else:
                shape.append(n)
                strides.append(own)
        return shape, strides


def local(kind: str) -> str:
    """Return the type of what is not stored: vector instructions choose by whole numbers."""
    return "int" if kind == TYPES[BOOL] else kind


CHOICES = """
static inline {kind} maximum_{name}({kind} x, {kind} y) {{
 const {kind} m = x > y ? x : y;
 return x == x ? m : x;
}}
static inline {kind} minimum_{name}({kind} x, {kind} y) {{
 const {kind} m = x < y ? x : y;
 return x == x ? m : x;
}}
static inline {kind} strong_{name}({kind} x, {kind} y) {{
 const {kind} m = y == 0 ? ({kind})0 : x * y;
 return x == 0 ? ({kind})0 : m;
}}
"""
"""Functions that choose, one condition after the other: GCC makes branches of one expression."""


def prelude(vector: frozenset[str]) -> str:
    """Return the head of a source: vector functions of the C library, and what it lacks."""
    declared = ""
    for n in sorted(vector):
        for t, s in (("double", ""), ("float", "f")):
            given = f"{t}, {t}" if n == "pow" else t
            declared += f'__attribute__((simd("notinbranch"))) extern {t} {n}{s}({given});\n'
    kinds = ("double", "float", "long long", "int")
    choices = [CHOICES.format(kind=kind, name=kind.replace(" ", "_")) for kind in kinds]
    return declared + "#include <math.h>\n" + "".join(choices)
