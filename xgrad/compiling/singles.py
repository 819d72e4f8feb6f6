"""Single equations as calls of NumPy, each by its shortest way."""

from __future__ import annotations

from typing import Any

import numpy as np

from .blocks import Blocks
from .fusing import BLOCK, is_choice
from .helpers import ALONE, BITS, out_of
from .program import Equation, Var

__all__ = ["REDUCTIONS", "Singles"]

REDUCTIONS = {"sum": "add", "max": "maximum", "min": "minimum", "prod": "multiply"}
SYMBOLS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}

BRIEF = 1024
"""Up to how many elements of a mask are looked at as bytes."""

FEW = 64
"""From how many elements on a maximum with a number is taken with an array of it."""

SHORT = 4096
"""From how many elements on a choice runs by blocks."""


def is_plain_product(e: Equation) -> bool:
    """Whether an equation multiplies two matrices of real numbers, none of them a row or column."""
    arrays = [*e.args, *e.outs]
    return (
        e.function is np.matmul
        and all(len(getattr(x, "shape", ())) == 2 and min(x.shape) > 1 for x in arrays)
        and len({x.dtype for x in arrays}) == 1
        and e.outs[0].dtype.char in "fd"
    )


class Singles(Blocks):
    """Equations that stand alone, as calls.

    Attributes:
        whole: matrices of this call that lie in one piece.
        turned: matrices of this call by their transposes.
        flags: for others the name of what tells whether they do.
        factors: of what is a product of two matrices, these.
    """

    whole: set[Var]
    turned: dict[Var, Var]
    flags: dict[Var, str]
    factors: dict[Var, tuple[Any, ...]]

    targets: dict[Var, str]
    made: set[Var]
    donated: frozenset[Var]
    real: dict[Var, Any]

    def may_be_made(self, v: Var) -> bool:
        """Whether a call may make a result itself, which costs less than memory beforehand."""
        is_result = v in self.memory.fresh and v not in self.targets
        return is_result and v.order is None and not self.donated

    def made_by(self, v: Var, text: str) -> None:
        """Let a call make a result."""
        name = self.names[v] = self.local()
        self.made.add(v)
        self.body.append(f"{name} = {text}")

    def _reduction(self, e: Equation) -> None:
        x, out = self.names[e.args[0]], e.outs[0]
        f = self.fixed(f"np.{REDUCTIONS[e.name]}.reduce")
        axis, keep = e.kwargs.get("axis"), bool(e.kwargs.get("keepdims"))
        if len(out.shape) == 1 and out.dtype.kind in "fc" and self.may_be_made(out):
            self.made_by(out, f"{f}({x}, {axis!r}, None, None, {keep})")
        else:
            self.body.append(f"{f}({x}, {axis!r}, None, {self.new(out)}, {keep})")

    @staticmethod
    def _reduces_plainly(e: Equation) -> bool:
        x = e.args[0]
        return (
            isinstance(x, Var)
            and len(e.args) == 1
            and e.kwargs.keys() <= {"axis", "keepdims", "dtype"}
            and e.kwargs.get("dtype") in (None, x.dtype)
            and x.dtype == e.outs[0].dtype
        )

    def _join(self, e: Equation) -> None:
        f = self.fixed("np.concatenate" if e.name == "concat" else "np.stack")
        parts, axis = self.literal(e.args[0]), e.kwargs.get("axis", 0)
        self.body.append(f"{f}({parts}, {axis!r}, {self.new(e.outs[0])})")

    def _joins(self, e: Equation) -> bool:
        parts = e.args[0]
        return (
            len(e.args) == 1
            and e.kwargs.keys() <= {"axis"}
            and type(e.kwargs.get("axis", 0)) is int
            and all(
                isinstance(x, (Var, np.ndarray)) and x.shape and x.dtype == e.outs[0].dtype
                for x in parts
            )
        )

    def _where(self, e: Equation) -> None:
        """Choose into a buffer; NumPy's `where` makes new memory, and branches at each element."""
        out = e.outs[0]
        is_plain = out.order is None and is_choice(e)
        if is_plain and self._is_masked(e):
            self._masked(e)
        elif is_plain and out.size >= SHORT:
            given = [self.names[e.args[0]], *[self.literal(x, out.dtype) for x in e.args[1:]]]
            self.body.append(f"choose({', '.join(given)}, {self.new(out)})")
        elif out.size < SHORT:
            self._call(e, self.fixed("np.where"))
        else:
            self._call(e)

    def _masked(self, e: Equation) -> None:
        """Leave zeros where a mask does not hold: a product with it, of the bits."""
        (mask, x, _), out = e.args, e.outs[0]
        bits = self.const(BITS[out.dtype.itemsize])
        held = self.fixed(f"empty({out.shape}, {bits})")
        given = [f"{name}.view({bits})" for name in (self.names[x], self.new(out))]
        seen = [
            self.fixed(g) if v in self.real else g for g, v in zip(given, (x, out), strict=True)
        ]
        self.body.append(f"copyto({held}, {self.names[mask]})")
        self.body.append(f"{self.const(np.multiply)}({seen[0]}, {held}, {seen[1]})")

    def _is_masked(self, e: Equation) -> bool:
        """Whether a choice leaves zeros, so that its bits are a product with the mask."""
        (_, x, other), out = e.args, e.outs[0]
        is_zero = type(other) is float and other.hex() == "0x0.0p+0"
        fits = isinstance(x, Var) and x.shape == out.shape != ()
        return is_zero and fits and out.size <= 2 * BLOCK and out.dtype.kind == "f"

    def call_of(self, e: Equation) -> tuple[str, list[str]]:
        """Return a ufunc and what it is called with, as source."""
        arrays = e.inputs()
        like = arrays[0].dtype if len({x.dtype for x in arrays}) == 1 else None
        given = [self.literal(x, like) for x in e.args]
        if e.function in (np.maximum, np.minimum) and e.outs[0].order is None:
            given = [
                self._filled(x, e.outs[0]) or name for x, name in zip(e.args, given, strict=True)
            ]
        return self.const(e.function), given

    def _filled(self, x: Any, out: Var) -> str:
        """Return an array that repeats a number: NumPy's maxima are twice as fast with one."""
        is_number = type(x) in (int, float) or (isinstance(x, np.ndarray) and x.ndim == 0)
        if not is_number or out.dtype.char not in "fd" or not FEW < out.size <= BLOCK:
            return ""
        return self.fixed(f"np.full({out.shape}, {self.literal(x, out.dtype)})")

    def _ufunc(self, e: Equation, i: int) -> None:
        out, arrays = e.outs[0], e.inputs()
        f, given = self.call_of(e)
        plain = getattr(e.function, "signature", None) is None
        if out.size <= 1 and plain:  # out= costs NumPy more than it saves here
            symbol = SYMBOLS.get(e.function.__name__)
            if symbol and len(given) == 2:
                text = f"{given[0]} {symbol} {given[1]}"
            elif e.function is np.negative:
                text = f"-{given[0]}"
            else:
                text = f"{self.const(e.function)}({', '.join(given)})"
            name = self.names[out] = self.local()
            self.body.append(f"{name} = {text}")
            return
        over = None
        if plain and out.dtype.kind != "c":  # NumPy multiplies complex numbers otherwise in place
            over = next(
                (x for x in arrays if self.memory.is_last_use(x, i, e) and x.order == out.order),
                None,
            )
        if e.function is np.matmul and len(out.shape) == 2:
            self._product(e, given, f)
        else:
            self.body.append(f"{f}({', '.join(given)}, {out_of(e)}{self.new(out, over)})")

    def _product(self, e: Equation, given: list[str], f: str) -> None:
        """Multiply matrices by their method, which calls the same BLAS in two thirds of the time.

        So it is where both lie in one piece; `numpy.matmul` multiplies others without BLAS.
        """
        out = e.outs[0]
        places = ""
        unknown = [name for x in e.args if (name := self._lies_apart(x))]
        is_made = self.may_be_made(out)
        if not is_made:
            places = f", {self.new(out)}"
        plainly, method = f"{f}({', '.join(given)}{places})", ""
        if is_plain_product(e) and "False" not in unknown and (is_made or out.order is None):
            method = f"{given[0]}.dot({given[1]}{places})"
            plainly = f"{method} if {' and '.join(unknown)} else {plainly}" if unknown else method
        if is_made:
            self.made_by(out, plainly)
            self.whole.add(out)
        else:
            self.body.append(plainly)

    def _lies_apart(self, x: Any) -> str:
        """Return what tells in a call whether a matrix lies in one piece; nothing if it does."""
        like = x if isinstance(x, np.ndarray) else self.real.get(x)
        if like is not None:
            return "" if like.flags.forc else "False"
        x = self.turned.get(x, x)
        if x in self.whole:
            return ""
        if x not in self.flags:
            self.flags[x] = self.local()
            self.body.append(f"{self.flags[x]} = {self.names[x]}.flags.forc")
        return self.flags[x]

    def _branch(self, e: Equation) -> None:
        """Take what there is, and only run the program that is instead where it is asked for."""
        step: Any = e.function
        if e.name == "taken":
            mask, *found = e.args[:2]
            first = self.const(b"\1" if step.if_true else b"\0")
            seen = f"{first} in {self.names[mask]}.tobytes()"
            asked = seen if mask.size <= BRIEF else f"{self.const(step)}.asks({self.names[mask]})"
        else:
            found, looks = list(e.args[: step.count]), []
            for x in found:
                look = self.local()
                self.body.append(f"{look} = {self._probe(x)}")
                looks.append(f"{look} != {look}")
            asked = " or ".join(looks)
        given = ", ".join(self.literal(x) for x in e.args[len(e.args) - len(step.program.inputs) :])
        names = []
        for v, x in zip(e.outs, found, strict=True):
            names.append(self.local())
            self.body.append(f"{names[-1]} = {self.literal(x)}")
            self.names[v] = names[-1]
        run = self.fixed(f"{self.const(step)}.run")
        self.body.append(f"if {asked}: {', '.join(names)}, = {run}({given})")

    def _probe(self, x: Any) -> str:
        """Return what tells whether an array has a NaN: a number that is one then."""
        name, factors = self.literal(x), self.factors.get(x, ()) if isinstance(x, Var) else ()
        if x.size <= ALONE:
            return f"vdot({name}, {name})"
        if factors and 2 * sum(y.size for y in factors) <= x.size:
            given = [
                self.literal(self.turned.get(y, y) if isinstance(y, Var) else y) for y in factors
            ]
            return f"probe_product({name}, {', '.join(given)})"
        return f"probe({name})"

    def _text(self, e: Equation, f: str = "") -> str:
        given = [self.literal(x) for x in e.args]
        given += [f"{k}={self.literal(v)}" for k, v in e.kwargs.items()]
        return f"{f or self.const(e.function)}({', '.join(given)})"

    def _call(self, e: Equation, f: str = "") -> None:
        text = self._text(e, f)
        for v in e.outs:
            self.names[v] = self.local()
        names = ", ".join(self.names[v] for v in e.outs)
        if not e.outs:
            self.body.append(text)
        elif e.several:
            self.body.append(f"{names}, = {text}")
        else:
            self.body.append(f"{names} = {text}")
