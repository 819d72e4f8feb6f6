"""The notation of formulas: how expressions and operations are printed.

``A B`` is a matrix product, ``a o b`` the elementwise product, ``A^T`` the transpose, ``[p > 0]``
is 1 where the condition holds and else 0.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from typing import Any

__all__ = ["WORDS", "Printer", "called", "is_atom", "is_name", "operation"]


_LOOSEST, _SUM, _PRODUCT, _POWER, _ATOM = range(5)

WORDS: dict[str, str] = {
    "indicator": "[{0}]",
    "_indicator": "[{0}]",
    "adjoint": "{0}^T",
    "T": "{0}^T",
    "matrix_transpose": "{0}^T",
    "mT": "{0}^T",
    "conj": "{0}",
    "over_length": "{0} / {1}",
    "_place": "{0} at the entries read, else 0",
    "_scatter": "{0} at the entries read, else 0",
    "_share": "[{0} > {1}]",
    "strong_multiply": "{0} o {1}",
    "astype": "{0}",
    "square": "{0}^2",
    "abs": "|{0}|",
    "zeros_like": "0",
    "ones_like": "1",
    "reshape": "{0} reshaped",
    "expand_dims": "{0}",
    "squeeze": "{0}",
    "where": "({1} where {0}, else {2})",
    "spread": "{0} in every entry",
    "asarray": "{0}",
    "stop_gradient": "{0}",
    "multiply": "{0} o {1}",
    "divide": "{0} / {1}",
    "getitem": "{0}[{1}]",
    "part": "its part of {0}",
    "at_this_result": "{0} at this result, else 0",
    "adjoint_of_fft": "n ifft({0})",
    "adjoint_of_ifft": "fft({0}) / n",
}
"""How functions that appear in rules are written."""

_TIGHT = {"[": _ATOM, "|": _ATOM, "(": _ATOM}
_SYMBOLS: dict[type, str] = {
    ast.Gt: ">",
    ast.Lt: "<",
    ast.GtE: ">=",
    ast.LtE: "<=",
    ast.Eq: "=",
    ast.NotEq: "!=",
    ast.BitAnd: "and",
    ast.BitOr: "or",
}


def called(node: ast.expr) -> str:
    """Return the name of the function that a call calls."""
    f = node.func if isinstance(node, ast.Call) else node
    return f.attr if isinstance(f, ast.Attribute) else f.id if isinstance(f, ast.Name) else ""


_NAME = re.compile(r"[\w./]+(\[[^\[\]]*\][\w./]*)*")


class Printer:
    """Print an expression as a formula, with the names of a computation for those of the rule."""

    def __init__(
        self, names: Mapping[str, Any], scalar: bool, complex_: bool, known: Collection[str]
    ) -> None:
        self.names, self.times = names, " " if scalar else " o "
        self.complex, self.known = complex_, known

    def show(self, e: ast.expr, tightness: int = _LOOSEST) -> str:
        """Return the text of an expression, in parentheses where it binds less than it must."""
        text, binds = self._text(e)
        return f"({text})" if binds < tightness else text

    def _text(self, e: ast.expr) -> tuple[str, int]:
        if isinstance(e, ast.Name):
            text = str(self.names.get(e.id, e.id))
            return text, _ATOM if is_atom(text) else _LOOSEST
        if isinstance(e, ast.Constant):
            return _shown_number(e.value), _ATOM
        if isinstance(e, ast.BinOp):
            return self._binary(e)
        if isinstance(e, ast.UnaryOp):
            if isinstance(e.op, ast.USub):
                return "-" + self.show(e.operand, _PRODUCT), _SUM
            return "not " + self.show(e.operand, _ATOM), _LOOSEST
        if isinstance(e, ast.Compare) and len(e.ops) == 1:
            sign = _SYMBOLS.get(type(e.ops[0]), "?")
            return f"{self.show(e.left, _SUM)} {sign} {self.show(e.comparators[0], _SUM)}", _LOOSEST
        if isinstance(e, ast.Call):
            return self._call(e)
        if isinstance(e, ast.Attribute) and isinstance(e.value, ast.Name) and e.value.id == "math":
            return e.attr, _ATOM
        if isinstance(e, ast.IfExp):
            parts = self.show(e.body), self.show(e.test), self.show(e.orelse)
            return "{} if {}, else {}".format(*parts), _LOOSEST
        if isinstance(e, ast.Tuple):
            return "(" + ", ".join(self.show(x) for x in e.elts) + ")", _ATOM
        return self._other(e), _ATOM

    def _other(self, e: ast.expr) -> str:
        copy = ast.parse(ast.unparse(e), mode="eval")
        for name in ast.walk(copy):
            if isinstance(name, ast.Name) and name.id in self.names:
                name.id = str(self.names[name.id])
        return ast.unparse(copy).replace("xp.", "")

    def _binary(self, e: ast.BinOp) -> tuple[str, int]:
        kind = type(e.op)
        if kind in (ast.Add, ast.Sub):
            sign = "+" if kind is ast.Add else "-"
            right = self.show(e.right, _SUM if kind is ast.Add else _PRODUCT)
            return f"{self.show(e.left, _SUM)} {sign} {right}", _SUM
        if kind is ast.Mult:
            if self._is_one(e.left):
                return self._text(e.right)
            if self._is_one(e.right):
                return self._text(e.left)
            left, right = self._leading(e.left), self.show(e.right, _PRODUCT)
            if isinstance(e.left, ast.Constant) and not right[0].isdigit():
                return f"{left}{'' if is_name(right) else ' '}{right}", _PRODUCT
            plain = isinstance(e.left, ast.Constant) or isinstance(e.right, ast.Constant)
            return f"{left}{' ' if plain else self.times}{right}", _PRODUCT
        if kind is ast.MatMult:
            return f"{self._leading(e.left)} {self.show(e.right, _PRODUCT)}", _PRODUCT
        if kind is ast.Div:
            return f"{self._leading(e.left)} / {self.show(e.right, _POWER)}", _PRODUCT
        if kind is ast.Pow:
            return f"{self.show(e.left, _ATOM)}^{self.show(e.right, _ATOM)}", _POWER
        if kind in (ast.BitAnd, ast.BitOr):
            return (
                f"{self.show(e.left, _SUM)} {_SYMBOLS[kind]} {self.show(e.right, _SUM)}",
                _LOOSEST,
            )
        return self._other(e), _LOOSEST

    def _leading(self, e: ast.expr) -> str:
        """Return the first factor of a product, where a minus needs no parentheses."""
        if isinstance(e, ast.UnaryOp) and isinstance(e.op, ast.USub):
            return "-" + self.show(e.operand, _PRODUCT)
        return self.show(e, _PRODUCT)

    def _is_one(self, e: ast.expr) -> bool:
        return isinstance(e, ast.Name) and self.names.get(e.id) == "1"

    def _call(self, e: ast.Call) -> tuple[str, int]:
        name = called(e)
        args = [a for a in e.args if not (isinstance(a, ast.Name) and a.id == "xp")]
        word = WORDS.get(name)
        if name == "conj" and self.complex:
            word = None
        if word is None:
            shown = [self.show(a) for a in args if not _is_setting(a)]
            plain = name.lstrip("_")
            mark = "'" if plain != name and plain in self.known else ""  # a helper of that op
            return f"{plain}{mark}({', '.join(shown)})", _ATOM
        if self.complex and word == "{0}^T":
            word = "{0}^H"
        if word == "{0}^T":
            text = self.show(args[0], _ATOM)
            return (text[:-2], _ATOM) if text.endswith("^T") else (f"{text}^T", _POWER)
        inner = _LOOSEST if word[0] in _TIGHT else _ATOM if "^" in word else _PRODUCT
        if word == "{0}":
            return self._text(args[0])
        text = word.format(*(self.show(a, inner) for a in args))
        binds = _TIGHT.get(word[0], _POWER if "^" in word else _PRODUCT if "/" in word else _SUM)
        return text.replace(" o ", self.times) if word == "{0} o {1}" else text, binds


def _is_setting(e: ast.expr) -> bool:
    """Whether an argument tells how, not what: axes, shapes, dtypes."""
    return (isinstance(e, ast.Name) and e.id in ("axis", "keepdims", "correction", "dtype")) or (
        isinstance(e, ast.Attribute) and e.attr in ("shape", "dtype")
    )


def _shown_number(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)


def is_name(text: str) -> bool:
    """Whether a text is a single letter or word."""
    return text.replace("_", "").isalnum() and text[:1].isalpha()


def is_atom(text: str) -> bool:
    """Whether a text needs no parentheses wherever it stands."""
    if not text:
        return True
    if text == "\N{MIDDLE DOT}":
        return True
    if text.endswith("^T"):
        return is_atom(text[:-2])
    return bool(_NAME.fullmatch(text)) or (text[-1] in ")]" and _closes_last(text))


def _closes_last(text: str) -> bool:
    """Whether all of a text is one name with brackets behind it, or one pair of parentheses."""
    depth = 0
    for i, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        if depth == 0 and c in " +-^" and i < len(text) - 1:
            return False
    return True


_NAMES = {
    "relu": "ReLU",
    "abs_real": "abs",
    "abs_complex": "abs",
    "number_to_pow": "pow",
    "norm2": "norm",
}
_INFIX = {
    "add": ("{0} + {1}", 1),
    "subtract": ("{0} - {1}", 1),
    "multiply": ("{0} o {1}", 2),
    "strong_multiply": ("{0} o {1}", 2),
    "divide": ("{0} / {1}", 2),
    "negative": ("-{0}", 2),
    "pow": ("{0}^{1}", 3),
    "pow_of_number": ("{0}^{1}", 3),
    "number_to_pow": ("{0}^{1}", 3),
    "square": ("{0}^2", 3),
    "matmul": ("{0} {1}", 2),
    "matrix_vector": ("{0} {1}", 2),
    "vector_matrix": ("{0} {1}", 2),
    "vector_vector": ("{0} . {1}", 2),
    "permute_dims": ("{0}^T", 3),
    "matrix_transpose": ("{0}^T", 3),
    "read": ("{0}[{1}]", 4),
    "gather": ("{0}[{1}]", 4),
    "positive": ("{0}", 4),
    "leaf": ("{0}", 4),
    "select": ("{0}[{1}]", 4),
}
"""How ops are written that are no functions in a formula, and how tightly that binds."""


def operation(op: str, operands: list[str], settings: dict[str, Any], scalar: bool) -> str:
    """Return an op applied to named operands, as a formula writes it."""
    infix = _INFIX.get(op)
    if infix is not None:
        template, tight = infix
        count = template.count("{")
        if len(operands) >= count:
            shown = [
                operand
                if is_atom(operand)
                or (tight == 1 and " + " not in operand)
                or (template[-1] == "]" and i)
                else f"({operand})"
                for i, operand in enumerate(operands)
            ]
            if op == "multiply" and (scalar or any(_numeric(x) for x in operands[:2])):
                template = "{0} {1}"
                if _numeric(shown[1]):
                    shown[:2] = shown[1::-1]
                if _numeric(shown[0]) and is_name(shown[1]):
                    template = "{0}{1}"
            return template.format(*shown)
    shown = [x for x in operands if x not in ("None", "False", "")]
    shown += [f"{k}={v!r:.20}" for k, v in settings.items() if v not in (None, False)]
    return f"{_NAMES.get(op, op)}({', '.join(shown)})"


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
