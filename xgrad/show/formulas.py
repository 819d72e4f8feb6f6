"""How an op and its derivative are written in a formula.

The derivative is read from the rule itself: the op's decorator holds it as an expression, which is
parsed and printed in the notation of a textbook with the names of this computation in it. So every
op has a formula, and it cannot differ from what is computed. Where the rule is written for speed,
`PLAINER` has the same derivative in its usual form; a test evaluates it beside the rule.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from xgrad import errors

from .notation import WORDS, Printer, called

__all__ = ["Formula", "formula", "op_names"]

PLAINER: dict[str, tuple[str, ...]] = {
    "relu": ("indicator(x > 0)",),
    "sigmoid": ("out * (1 - out)",),
    "tanh": ("1 - out * out",),
    "asin": ("1 / sqrt(1 - x * x)",),
    "acos": ("-1 / sqrt(1 - x * x)",),
    "atan": ("1 / (1 + x * x)",),
    "asinh": ("1 / sqrt(x * x + 1)",),
    "acosh": ("1 / sqrt(x * x - 1)",),
    "atanh": ("1 / (1 - x * x)",),
    "atan2": ("x2 / (x1 * x1 + x2 * x2)", "-x1 / (x1 * x1 + x2 * x2)"),
    "hypot": ("x1 / out", "x2 / out"),
    "logaddexp": ("exp(x1 - out)", "exp(x2 - out)"),
    "matrix_vector": ("g @ T(x2)", "T(x1) @ g"),
    "vector_matrix": ("x2 @ g", "x1 @ T(g)"),
    "vector_vector": ("g * x2", "g * x1"),
    "softmax": ("out * (g - sum(g * out))",),
    "log_softmax": ("g - exp(out) * sum(g)",),
    "sum": ("spread(g)",),
    "mean": ("spread(g) / n",),
    "max": ("spread(g) * indicator(x == spread(out))",),
    "min": ("spread(g) * indicator(x == spread(out))",),
    "permute_dims": ("T(g)",),
    "where": ("", "indicator(condition) * g", "indicator(~condition) * g"),
    "logsumexp": ("spread(g) * exp(x - spread(out))",),
    "var": ("2 * spread(g) * (x - mean(x)) / n",),
    "pow": ("x2 * x1 ** (x2 - 1)", "out * log(x1)"),
    "pow_of_number": ("x2 * x1 ** (x2 - 1)", ""),
    "number_to_pow": ("", "out * log(x1)"),
    "solve": ("-solve(T(x1), g) @ T(out)", "", "", "solve(T(x1), g)"),  # its factors have none
    "inv": ("-T(out) @ g @ T(out)",),
    "det": ("g * out * T(inv(x))",),
    "slogdet": ("g * T(inv(x))",),
    "fft": ("adjoint_of_fft(g)",),
    "ifft": ("adjoint_of_ifft(g)",),
    "imag": ("1j * g",),
    "roll": ("roll(g, -shift)",),
    "concat": ("part(g)",),
    "stack": ("part(g)",),
    "std": ("spread(g) * (x - mean(x)) / (n * spread(out))",),
}
"""Derivatives in their usual form, one for each array argument of an op."""


@dataclass(frozen=True)
class Formula:
    """The derivative rule of an op as expressions.

    Attributes:
        kind: the kind of op, as `engine.op` lists them.
        arguments: the names of its arrays; empty if it takes any number.
        rules: for each array the expression, or None where there is no derivative.
    """

    kind: str
    arguments: tuple[str, ...]
    rules: tuple[ast.expr | None, ...]

    def text(self, i: int, names: dict[str, Any], scalar: bool, complex_: bool = False) -> str:
        """Return the rule of argument `i` with the names of a computation in it."""
        rule = self.rules[min(i, len(self.rules) - 1)] if self.rules else None
        if rule is None:
            return "0"
        return Printer(names, scalar, complex_, functions()).show(_simplified(rule, names))


def functions() -> dict[str, Callable[..., Any]]:
    """Return every op of the package by its name, the internal ones without their underscore."""
    names = [name for name in sys.modules if name == "xgrad" or name.startswith("xgrad.")]
    return _functions(tuple(sorted(names, key=lambda name: name.startswith("xgrad.nn"))))


@cache
def _functions(modules: tuple[str, ...]) -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for name in modules:
        for value in list(vars(sys.modules[name]).values()):  # looking may import a chapter
            op: Any = getattr(value, "op", None)
            if inspect.isfunction(value) and hasattr(op, "kind"):
                found.setdefault(op.name, value)
    return found


def op_names() -> list[str]:
    """Return the names of all ops."""
    return sorted(functions())


def formula(name: str) -> Formula | None:
    """Return the derivative rule of an op, or None if no such op is defined with a decorator."""
    if name in _OF_THE_TAPE:
        kind, text = _OF_THE_TAPE[name]
        return Formula(kind, ("x",), (ast.parse(text, mode="eval").body,))
    function = functions().get(name)
    return None if function is None else _formula(function)


_OF_THE_TAPE = {
    "leaf": ("elementwise", "1"),
    "parameter": ("elementwise", "1"),
    "select": ("linear", "at_this_result(g)"),
}
"""Nodes that no op makes: variables, and one of several results."""


@cache
def _formula(function: Callable[..., Any]) -> Formula:
    op: Any = function.op  # type: ignore[attr-defined]
    plain = PLAINER.get(op.name)
    if plain is not None:
        rules = tuple(ast.parse(text, mode="eval").body if text else None for text in plain)
        return Formula(op.kind, tuple(op.arrays), rules)
    inner: Any = inspect.unwrap(function)
    definition = _parsed(inner)
    if not isinstance(definition, ast.FunctionDef):
        raise errors.RuleError(f"{op.name}: its definition has no source to read")
    decorator = definition.decorator_list[-1]
    if op.kind == "constant" or not isinstance(decorator, ast.Call):
        return Formula("constant", tuple(op.arrays), ())
    stated: list[ast.expr] = list(decorator.args)
    if op.kind == "rule":
        stated = [k.value for k in decorator.keywords if k.arg == "vjp"]
    scope = inner.__globals__
    return Formula(op.kind, tuple(op.arrays), tuple(_expression(e, scope) for e in stated))


def _parsed(f: Any) -> ast.stmt | None:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(f))).body[0]
    except (OSError, TypeError, SyntaxError):
        return None


def _expression(rule: ast.expr, scope: dict[str, Any]) -> ast.expr | None:
    """Return the expression that a rule computes; a helper of one expression is written out."""
    if isinstance(rule, ast.Constant) and rule.value is None:
        return None
    if isinstance(rule, ast.Lambda):
        return _written_out(rule.body, scope, 2)
    if isinstance(rule, ast.Call) and called(rule) == "factor":
        return ast.Name(ast.literal_eval(rule.args[0]))
    if isinstance(rule, ast.Call) and called(rule) in ("with_ends", "in_double"):
        return _expression(rule.args[0], scope)  # which say where and how, not what
    if isinstance(rule, ast.Call) and called(rule) == "mask":
        condition = _expression(rule.args[0], scope)
        assert condition is not None
        return ast.Call(ast.Name("indicator"), [condition], [])
    if isinstance(rule, ast.Call) and called(rule) == "over":
        divisor = _expression(rule.args[0], scope)
        assert divisor is not None
        return ast.BinOp(ast.Constant(1), ast.Div(), divisor)
    if isinstance(rule, ast.Name) and inspect.isfunction(scope.get(rule.id)):
        f = scope[rule.id]
        names = list(inspect.signature(f).parameters)
        call = ast.Call(rule, [ast.Name(n) for n in names], [])
        return _written_out(call, scope, 2)
    return rule


class _Inline(ast.NodeTransformer):
    """Replace calls of a module's one-expression helpers by what they compute."""

    def __init__(self, scope: dict[str, Any], depth: int) -> None:
        self.scope, self.depth = scope, depth

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self.scope.get(node.id)
        return ast.Constant(value) if type(value) in (int, float) else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        f = self.scope.get(name)
        if not inspect.isfunction(f) or name in WORDS or hasattr(f, "op") or not self.depth:
            return node
        body = _body(f)
        parameters = list(inspect.signature(f).parameters)
        if body is None or node.keywords or len(node.args) > len(parameters):
            return node
        given = dict(zip(parameters, node.args, strict=False))
        return _written_out(_Substitute(given).visit(body), f.__globals__, self.depth - 1)


class _Substitute(ast.NodeTransformer):
    """Replace names by expressions."""

    def __init__(self, given: dict[str, ast.expr]) -> None:
        self.given = given

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.given.get(node.id, node)


def _written_out(e: ast.expr, scope: dict[str, Any], depth: int) -> ast.expr:
    found: ast.expr = _Inline(scope, depth).visit(e)
    return found


def _body(f: Any) -> ast.expr | None:
    """Return what a function returns, if that is all it does."""
    definition = _parsed(f)
    if not isinstance(definition, ast.FunctionDef):
        return None
    statements = [s for s in definition.body if not _is_docstring(s)]
    if len(statements) == 1 and isinstance(statements[0], ast.Return):
        return statements[0].value
    return None


def _is_docstring(s: ast.stmt) -> bool:
    return isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant)


# Simplifying --------------------------------------------------------------------------------------


class _Simplify(ast.NodeTransformer):
    """Put numbers in the place of names, and do the arithmetic that this allows."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self.names.get(node.id)
        return ast.Constant(value) if isinstance(value, (int, float)) else node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.test, ast.Constant):
            return node.body if node.test.value else node.orelse
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        left, right = _number(node.left), _number(node.right)
        if left is not None and right is not None:
            try:
                return ast.Constant(ast.literal_eval(_calculated(node.op, left, right)))
            except (ValueError, ZeroDivisionError):
                return node
        if isinstance(node.op, ast.Pow) and right == 1:
            return node.left
        if isinstance(node.op, ast.Mult) and 1 in (left, right):
            return node.right if left == 1 else node.left
        if isinstance(node.op, ast.Mult) and ast.dump(node.left) == ast.dump(node.right):
            return ast.BinOp(node.left, ast.Pow(), ast.Constant(2))
        return node


def _calculated(op: ast.operator, a: float, b: float) -> str:
    results: dict[type[ast.operator], Callable[[], float]] = {
        ast.Add: lambda: a + b,
        ast.Sub: lambda: a - b,
        ast.Mult: lambda: a * b,
        ast.Div: lambda: a / b,
        ast.Pow: lambda: a**b,
    }
    if type(op) not in results:
        raise ValueError
    return repr(results[type(op)]())


def _number(e: ast.expr) -> float | None:
    if isinstance(e, ast.Constant) and isinstance(e.value, (int, float)):
        return e.value
    return None


def _simplified(e: ast.expr, names: dict[str, Any]) -> ast.expr:
    copy = ast.parse(ast.unparse(e), mode="eval").body
    found: ast.expr = _Simplify(names).visit(copy)
    return found
