"""Checks of derivatives against differences, as in autograd's own tests."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

from .border import Linear, floating, make_jvp, make_vjp
from .vspace import VSpace, vspace
from .wrap_util import get_name, unary_to_nary

EPS = 1e-6
TOL = 1e-6
RTOL = 1e-6


def scalar_close(a: Any, b: Any) -> bool:
    """Whether two numbers agree to one part in a million, or so nearly vanish."""
    return bool(abs(a - b) < TOL or abs(a - b) / abs(a + b) < RTOL)


def make_numerical_jvp(f: Callable[[Any], Any], x: Any) -> Callable[[Any], Any]:
    """Return the function that gives the tangent of `f` at `x` by central differences."""
    space = vspace(x)

    def jvp(v: Any) -> Any:
        above = f(space.add(x, space.scalar_mul(v, EPS / 2)))
        below = f(space.add(x, space.scalar_mul(v, -EPS / 2)))
        out = vspace(above)
        return out.scalar_mul(out.add(above, out.scalar_mul(below, -1.0)), 1 / EPS)

    return jvp


def check_vjp(f: Callable[[Any], Any], x: Any) -> None:
    """Check reverse mode along a random direction."""
    _check(f, x, ["rev"])


def check_jvp(f: Callable[[Any], Any], x: Any) -> None:
    """Check forward mode along a random direction."""
    _check(f, x, ["fwd"])


def _check(f: Callable[[Any], Any], x: Any, modes: list[str]) -> VSpace:
    """Check one run of `f` in some modes, along one random direction; return the result's space."""
    at_x = Linear(f, x, "vjp")
    of_x, of_out = vspace(x), vspace(at_x.value)
    v, w = of_x.randn(), of_out.randn()
    difference = make_numerical_jvp(f, x)(v)
    if "fwd" in modes:
        check_equivalent(at_x.push(v), difference)
    if "rev" in modes:
        cotangent = of_x.covector(at_x.pull(of_out.covector(w)))
        assert vspace(cotangent) == of_x, f"{vspace(cotangent)} is not the space of x, {of_x}"
        exact, numeric = of_x.inner_prod(v, cotangent), of_out.inner_prod(w, difference)
        assert scalar_close(numeric, exact), (
            f"Derivative (VJP) check of {get_name(f)} failed with arg {x}:\n"
            f"analytic: {exact}\nnumeric:  {numeric}"
        )
    return of_out


def check_equivalent(x: Any, y: Any) -> None:
    """Check that two values are of one space, and agree along a random direction."""
    space = vspace(x)
    assert space == vspace(y), f"VSpace mismatch:\nx: {space}\ny: {vspace(y)}"
    v = space.randn()
    assert scalar_close(space.inner_prod(x, v), space.inner_prod(y, v)), f"Value mismatch: {x}, {y}"


@unary_to_nary
def check_grads(f: Any, x: Any, modes: Any = None, order: int = 2) -> None:
    """Return a function that checks all derivatives of `f` up to an order.

    ``check_grads(f, argnum, modes=["fwd", "rev"], order=2)`` takes the arguments of `f`.
    """
    modes = ["fwd", "rev"] if modes is None else modes
    if not set(modes) <= {"fwd", "rev"}:
        raise ValueError(f"check_grads: modes is {modes!r}; expected 'fwd' and 'rev'")
    x = floating(x)
    of_out = _check(f, x, modes)
    if order <= 1:
        return
    for mode, direction in (("fwd", vspace(x)), ("rev", of_out)):
        if mode in modes:
            derivative = _derivative(f, mode)
            check_grads(derivative, (0, 1), modes, order - 1)(x, direction.randn())


def _derivative(f: Callable[[Any], Any], mode: str) -> Callable[[Any, Any], Any]:
    """Return the function of a point and a direction that one mode makes of `f`."""

    def jvp(x: Any, v: Any) -> Any:
        return make_jvp(f, x)(v)[1]

    def vjp(x: Any, v: Any) -> Any:
        return make_vjp(f, x)[0](v)

    made = jvp if mode == "fwd" else vjp
    made.__name__ = f"{made.__name__}_{get_name(f)}"
    return made


def combo_check(fun: Any, *check_args: Any, **check_kwargs: Any) -> Callable[..., None]:
    """Return a function that checks `fun` on every combination of the given arguments."""

    def check(*args: Any, **kwargs: Any) -> None:
        choices = [[(name, x) for x in values] for name, values in kwargs.items()]
        for positional in product(*args):
            for named in product(*choices):
                check_grads(fun, *check_args, **check_kwargs)(*positional, **dict(named))

    return check
