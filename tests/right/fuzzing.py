"""Random programs, differentiated in every mode: ``python -m tests.right.fuzzing --count 10000``.

A program is made step by step by running it on numbers: a step that comes near a kink, leaves a
domain or grows too large is thrown away. So its central differences are good ones. A step may use
any earlier value, reshape, broadcast, index, mix dtypes, and write in place or through views.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from random import Random
from typing import Any

import numpy as np

import xgrad as xg
from xgrad.compiling import Compiled, engines
from xgrad.compiling.replay import Source

NEAR = 1e-3  # how near to a kink a value may come
_looking: ContextVar[bool] = ContextVar("looking", default=True)
"""Whether steps look at values to see whether they are smooth there."""
Step = tuple[str, tuple[int, ...], tuple[Any, ...]]


class Refused(Exception):  # noqa: N818 - not an error: the step is not taken
    """The step is not smooth here."""


def apart(x: Any, *kinks: float) -> Any:
    """Return `x` if none of its values is near a kink."""
    if not _looking.get():
        return x
    v = x.data
    if v.dtype.kind == "c" or any((np.abs(v - k) < NEAR).any() for k in kinks):
        raise Refused
    return x


def distinct(x: Any) -> Any:
    """Return `x` if no two of its values are near each other."""
    if not _looking.get():
        return x
    v = np.sort(x.data, axis=None)
    if v.dtype.kind == "c" or (np.diff(v) < NEAR).any():
        raise Refused
    return x


def real(x: Any) -> Any:
    """Return the real part of a complex array, plus its imaginary one."""
    return xg.real(x) + 0.5 * xg.imag(x) if x.data.dtype.kind == "c" else x


def axis_of(x: Any, k: int) -> int:
    """Return one of the axes."""
    if not x.ndim:
        raise Refused
    return k % x.ndim


def matrix(x: Any) -> Any:
    """Return `x` if it is a matrix or a stack of them."""
    if x.ndim < 2 or 0 in x.shape:
        raise Refused
    return x


UNARY: dict[str, Callable[[Any, int], Any]] = {
    "sin": lambda x, k: xg.sin(x),
    "cos": lambda x, k: xg.cos(x),
    "tanh": lambda x, k: xg.tanh(real(x)),
    "exp": lambda x, k: xg.exp(0.3 * x),
    "expm1": lambda x, k: xg.expm1(0.3 * real(x)),
    "log": lambda x, k: xg.log(1.5 + real(x) ** 2),
    "log1p": lambda x, k: xg.log1p(real(x) ** 2),
    "sqrt": lambda x, k: xg.sqrt(real(x) ** 2 + 0.5),
    "square": lambda x, k: xg.square(x),
    "pow": lambda x, k: (real(x) ** 2 + 0.3) ** (0.5 + k % 3),
    "to the power": lambda x, k: 1.5 ** real(x),
    "reciprocal": lambda x, k: xg.reciprocal(2 + xg.sin(real(x))),
    "atan": lambda x, k: xg.atan(real(x)),
    "asinh": lambda x, k: xg.asinh(real(x)),
    "sigmoid": lambda x, k: xg.sigmoid(real(x)),
    "softplus": lambda x, k: xg.logaddexp(real(x), 0.0 * real(x)),
    "abs": lambda x, k: xg.abs(apart(real(x), 0.0)),
    "absolute of complex": lambda x, k: xg.abs(x + 3j),
    "relu": lambda x, k: xg.relu(apart(real(x), 0.0)),
    "clip": lambda x, k: xg.clip(apart(real(x), -0.5, 0.7), -0.5, 0.7),
    "sign times": lambda x, k: xg.sign(apart(real(x), 0.0)) * x,
    "floor beside": lambda x, k: x - xg.floor(apart(real(x), 0.0, 1.0, -1.0)),
    "where": lambda x, k: xg.where(apart(real(x), 0.1) > 0.1, x, x * 2),
    "masked log": lambda x, k: xg.where(apart(real(x), 0.0) > 0, xg.log(real(x)), 0.0),
    "masked sqrt": lambda x, k: xg.where(apart(real(x), 0.0) > 0, xg.sqrt(real(x)), real(x)),
    "complex": lambda x, k: xg.astype(x, xg.complex128) * (0.5 + 0.5j),
    "conj": lambda x, k: xg.conj(x),
    "real": lambda x, k: real(x),
    "angle": lambda x, k: xg.atan2(real(x), real(x) ** 2 + 0.5),
    "single constants": lambda x, k: x * xg.asarray(np.float32([0.5]))[0],
    "whole numbers": lambda x, k: x * xg.asarray(np.int64(k % 3 + 1)) + xg.asarray(np.int32([1])),
    "sum": lambda x, k: xg.sum(x, axis=axis_of(x, k), keepdims=k % 2 == 0),
    "sum of all": lambda x, k: xg.sum(x),
    "mean": lambda x, k: xg.mean(x, axis=axis_of(x, k)),
    "var": lambda x, k: xg.var(real(x), axis=axis_of(x, k), keepdims=True),
    "std": lambda x, k: xg.std(xg.concat([real(x), real(x) + 1], axis=axis_of(x, k))),
    "prod": lambda x, k: xg.prod(x, axis=axis_of(x, k)),
    "norm": lambda x, k: xg.linalg.vector_norm(xg.concat([xg.reshape(x, (-1,)), xg.ones(1)])),
    "max": lambda x, k: xg.max(distinct(real(x)), axis=axis_of(x, k)),
    "min": lambda x, k: xg.min(distinct(real(x)), axis=axis_of(x, k), keepdims=True),
    "sort": lambda x, k: xg.sort(distinct(real(x)), axis=axis_of(x, k)),
    "logsumexp": lambda x, k: xg.logsumexp(real(x), axis=axis_of(x, k)),
    "softmax": lambda x, k: xg.softmax(real(x), axis=axis_of(x, k)),
    "log_softmax": lambda x, k: xg.log_softmax(real(x), axis=axis_of(x, k)),
    "cumulative_sum": lambda x, k: xg.cumulative_sum(x, axis=axis_of(x, k)),
    "cumulative_prod": lambda x, k: xg.cumulative_prod(x, axis=axis_of(x, k)),
    "diff": lambda x, k: xg.diff(x, axis=axis_of(x, k)),
    "flip": lambda x, k: xg.flip(x),
    "roll": lambda x, k: xg.roll(x, k),
    "transpose": lambda x, k: xg.permute_dims(x, tuple(range(x.ndim))[::-1]),
    "ravel": lambda x, k: xg.reshape(x, (-1,)),
    "expand": lambda x, k: xg.expand_dims(x, axis=k % (x.ndim + 1)),
    "broadcast": lambda x, k: xg.broadcast_to(x, (2, *x.shape)),
    "repeat": lambda x, k: xg.repeat(x, 2, axis=axis_of(x, k)),
    "stacked twice": lambda x, k: xg.stack([x, 2 * x, x], axis=k % (x.ndim + 1)),
    "tril": lambda x, k: xg.tril(matrix(x), k=k % 3 - 1),
    "gram": lambda x, k: matrix(x) @ xg.conj(x.mT),
    "fft": lambda x, k: xg.fft.fft(xg.astype(x, xg.complex128), axis=axis_of(x, k)),
    "solve": lambda x, k: xg.linalg.solve(_definite(x), xg.sin(real(x))),
    "inverse": lambda x, k: xg.linalg.inv(_definite(x)),
    "cholesky": lambda x, k: xg.linalg.cholesky(_definite(x)),
    "slogdet": lambda x, k: xg.linalg.slogdet(_definite(x))[1],
    "eigenvalues": lambda x, k: xg.sum(xg.linalg.eigvalsh(_definite(x)) ** 2, axis=-1),
    "first": lambda x, k: x[_some(x, k)],
    "slice": lambda x, k: x[_nonempty(x, k) :: 2],
    "last axis": lambda x, k: x[..., ::-1] if x.ndim else x,
    "new axis": lambda x, k: x[None, ...],
    "gather": lambda x, k: x[xg.asarray([_some(x, k), 0, _some(x, k + 1), 0])],
    "mask": lambda x, k: x[xg.asarray([i % 2 == 0 for i in range(_length(x))])],
    "take": lambda x, k: xg.take(x, xg.asarray([0, 0, _some(x, k)]), axis=0),
    "take_along_axis": lambda x, k: xg.take_along_axis(x, xg.argsort(distinct(real(x))), axis=-1),
    "write": lambda x, k: _write(x, k),
    "add in place": lambda x, k: _add(x, k),
    "scale a view": lambda x, k: _scale_view(x, k),
    "fill": lambda x, k: _fill(x, k),
    "index_add": lambda x, k: xg.index_add(x, xg.asarray([0, 0]), x[0] * x[_some(x, k)]),
    "checkpoint": lambda x, k: xg.checkpoint(lambda v: xg.sin(v) * v)(x),
}
BINARY: dict[str, Callable[[Any, Any, int], Any]] = {
    "add": lambda x, y, k: x + y,
    "subtract": lambda x, y, k: x - 0.5 * y,
    "multiply": lambda x, y, k: x * y,
    "divide": lambda x, y, k: x / (1.5 + xg.sin(real(y))),
    "hypot": lambda x, y, k: xg.hypot(real(x), real(y) ** 2 + 0.3),
    "atan2": lambda x, y, k: xg.atan2(real(x), real(y) ** 2 + 0.3),
    "pow": lambda x, y, k: (real(x) ** 2 + 0.5) ** xg.tanh(real(y)),
    "maximum": lambda x, y, k: _different(xg.maximum, x, y),
    "minimum": lambda x, y, k: _different(xg.minimum, x, y),
    "where": lambda x, y, k: xg.where(apart(real(x), 0.2) > 0.2, x, y),
    "matmul": lambda x, y, k: x @ y,
    "outer": lambda x, y, k: xg.reshape(x, (-1, 1)) * xg.reshape(y, (1, -1)),
    "tensordot": lambda x, y, k: xg.tensordot(x, y, axes=1),
    "concat": lambda x, y, k: xg.concat([xg.reshape(x, (-1,)), xg.reshape(y, (-1,))]),
    "write it": lambda x, y, k: _write_other(x, y, k),
    "multiply in place": lambda x, y, k: _times(x, y),
}


def _definite(x: Any) -> Any:
    """Return a symmetric positive definite matrix, of which no two eigenvalues are near."""
    x = matrix(real(x))
    n = x.shape[-2]
    if not _looking.get():
        return x @ x.mT / x.shape[-1] + xg.asarray(np.diag(np.arange(1.0, n + 1)))
    a = x @ x.mT / x.shape[-1] + xg.asarray(np.diag(np.arange(1.0, n + 1)))
    values = np.linalg.eigvalsh(a.data)
    if n > 4 or (n > 1 and (np.diff(values) < 0.05).any()):
        raise Refused
    return a


def _length(x: Any) -> int:
    if not x.ndim or not x.shape[0]:
        raise Refused
    return int(x.shape[0])


def _some(x: Any, k: int) -> int:
    return k % _length(x)


def _nonempty(x: Any, k: int) -> int:
    return k % _length(x)


def _write(x: Any, k: int) -> Any:
    y = x * 1
    i = _some(y, k)
    kept = y * y
    y[i] = xg.sin(y[(i + 1) % y.shape[0]])
    return y + kept


def _add(x: Any, k: int) -> Any:
    y = x * 1
    y[_some(y, k) :] += x[0] * 0.5
    y *= 0.7
    return y


def _scale_view(x: Any, k: int) -> Any:
    y = x * 1
    row = y[_some(y, k)]
    tail = y[::-1]
    row *= 1.5
    tail[0] += 0.25
    return y * x


def _fill(x: Any, k: int) -> Any:
    y = xg.zeros_like(x)
    for i in range(_length(x)):
        y[i] = x[i] * y[i - 1] + x[i]
    return y


def _write_other(x: Any, y: Any, k: int) -> Any:
    if y.data.dtype.kind == "c" and x.data.dtype.kind != "c":
        raise Refused
    out = x * 1
    out[_some(x, k)] = y
    return out


def _times(x: Any, y: Any) -> Any:
    if y.data.dtype.kind == "c" and x.data.dtype.kind != "c":
        raise Refused
    out = x * 1
    out *= y
    return out


def _different(f: Callable[..., Any], x: Any, y: Any) -> Any:
    apart(real(x) - real(y), 0.0)
    return f(real(x), real(y))


def run(steps: list[Step], *inputs: Any) -> Any:
    """Return the weighted sum of the last values, and of one in the middle."""
    values = list(inputs)
    for name, operands, (k,) in steps:
        given = [values[i] for i in operands]
        values.append((UNARY if len(given) == 1 else BINARY)[name](*given, k))
    total = xg.asarray(0.0)
    for weight, i in ((1.0, -1), (0.3, -2), (0.7, len(values) // 2)):
        total = total + weight * xg.sum(real(xg.tanh(0.3 * real(values[i]))))
    return total


def program(seed: int, most: int = 30) -> tuple[list[Step], tuple[Any, ...]]:
    """Return the steps of a random program of at most so many, and its inputs."""
    random, draw = Random(seed), np.random.default_rng(seed)
    shapes = random.choice([((2, 3), (3,)), ((3, 3), (3, 1)), ((4,), ()), ((2, 2, 2), (2,))])
    inputs = tuple(draw.uniform(-1.5, 1.5, shape) for shape in shapes)
    values = [xg.asarray(x) for x in inputs]
    steps: list[Step] = []
    for _ in range(random.randint(2, most)):
        recent = range(max(0, len(values) - 6), len(values))
        k = random.randrange(6)
        if random.random() < 0.65:
            name, operands = random.choice(list(UNARY)), (random.choice(recent),)
        else:
            one, other = random.choice(recent), random.randrange(len(values))
            name = random.choice(list(BINARY))
            operands = (one, other) if random.random() < 0.5 else (other, one)
        f = (UNARY if len(operands) == 1 else BINARY)[name]
        try:
            new = f(*(values[i] for i in operands), k)  # type: ignore[call-arg]
        except (Refused, ValueError, IndexError, TypeError, np.linalg.LinAlgError):
            continue
        size = np.abs(new.data).max(initial=0.0)
        if not np.isfinite(size) or size > 8 or not 0 < new.size <= 64 or new.ndim > 4:
            continue
        values.append(new)
        steps.append((name, operands, (k,)))
    return steps, inputs


def disagreement(steps: list[Step], inputs: tuple[Any, ...], seed: int) -> str:
    """Return what is wrong with the derivatives of a program; nothing if nothing is."""
    draw = np.random.default_rng(seed + 1)
    direction = tuple(draw.normal(size=x.shape) for x in inputs)
    both = tuple(range(len(inputs)))

    def f(*xs: Any) -> Any:
        return run(steps, *xs)

    def dot(a: Any, b: Any) -> float:
        return float(sum(np.sum(np.asarray(x) * y) for x, y in zip(a, b, strict=True)))

    def moved(h: float) -> tuple[Any, ...]:
        return tuple(x + h * d for x, d in zip(inputs, direction, strict=True))

    def slopes(of: Callable[[tuple[Any, ...]], float]) -> list[float]:
        found = []
        for h in (1e-5, 1e-6, 1e-4):
            with contextlib.suppress(Refused):  # the step leads to a kink: a smaller one does not
                found.append((of(moved(h)) - of(moved(-h))) / (2 * h))
        return found

    def near(a: float, b: float, limit: float, scale: float) -> bool:
        return abs(a - b) <= limit * max(1.0, scale)

    gradient = xg.grad(f, both)(*inputs)
    size = max(float(np.abs(g).max(initial=0.0)) for g in gradient) * 3
    reverse = dot(gradient, direction)
    forward = float(xg.jvp(f, inputs, direction)[1])
    if not near(reverse, forward, 1e-9, size):
        return f"reverse {reverse!r}, forward {forward!r}"
    differences = slopes(lambda xs: float(f(*map(xg.asarray, xs)).item()))
    if not any(near(reverse, d, 2e-6, size) for d in differences):
        return f"derivative {reverse!r}, differences {differences}"
    if len(steps) > 12:
        return ""

    def slope(*xs: Any) -> Any:
        return xg.jvp(f, xs, direction)[1]

    def along(*xs: Any) -> Any:
        gs = xg.grad(f, both)(*xs)
        return sum(xg.sum(g * d) for g, d in zip(gs, direction, strict=True))

    second = {
        "reverse over forward": dot(xg.grad(slope, both)(*inputs), direction),
        "reverse over reverse": dot(xg.grad(along, both)(*inputs), direction),
        "forward over forward": float(xg.jvp(slope, inputs, direction)[1]),
        "forward over reverse": dot(xg.jvp(xg.grad(f, both), inputs, direction)[1], direction),
    }
    size = max(1.0, size, *map(abs, second.values())) * 10
    one = second["reverse over reverse"]
    if not all(near(v, one, 1e-8, size) for v in second.values()):
        return f"second derivatives {second}"
    differences = slopes(lambda xs: dot(xg.grad(f, both)(*xs), direction))
    if not any(near(one, d, 1e-5, size) for d in differences):
        return f"second derivative {one!r}, differences {differences}"
    return ""


def examined(seed: int, check: Callable[..., str] = disagreement) -> str:
    """Return what is wrong with the program of a seed, with its steps; nothing if nothing is."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", xg.errors.ConstantResultWarning)  # some are constant
        steps, inputs = program(seed)
        if not steps:
            return ""
        try:
            wrong = check(steps, inputs, seed)
        except Exception as error:  # an error of a walk is a finding too
            wrong = f"{type(error).__name__}: {error}"
    return f"program {seed}: {wrong}\n  steps {steps}" if wrong else ""


def replayed(steps: list[Step], inputs: tuple[Any, ...], seed: int) -> str:
    """Return how a compiled program differs from eager code, on values that it was not made for."""
    draw = np.random.default_rng(seed + 2)
    both = tuple(range(len(inputs)))
    direction = tuple(draw.normal(size=x.shape) for x in inputs)

    def f(*xs: Any) -> Any:
        return smooth(steps, *xs)

    def along(*xs: Any) -> Any:
        gs = xg.grad(f, both)(*xs)
        return sum(xg.sum(g * d) for g, d in zip(gs, direction, strict=True))

    makers: dict[str, Callable[..., Any]] = {
        "value": lambda *xs: f(*map(xg.asarray, xs)),
        "gradient": xg.grad(f, both),
        "tangent": lambda *xs: xg.jvp(f, xs, direction)[1],
    }
    if len(steps) <= 12:
        makers["second order"] = xg.grad(along, both)
    others = tuple(x * 0.9 + 0.01 for x in inputs), tuple(-x for x in inputs)
    for name, g in makers.items():
        compiled = Compiled(g, (), "poisoned", (), "error")
        compiled(*inputs)
        for xs in (inputs, *others, inputs):
            try:
                want = xg.tree.leaves(g(*xs))
            except np.linalg.LinAlgError:
                continue
            got = xg.tree.leaves(compiled(*xs))
            for a, b in zip(want, got, strict=True):
                x, y = (np.asarray(v.data if isinstance(v, xg.Array) else v) for v in (a, b))
                if not np.allclose(x, y, rtol=1e-12, atol=1e-13, equal_nan=True):
                    return f"{name}: replayed {y!r}, eager {x!r}"
    return ""


engines.ENGINES["poisoned"] = lambda program, donated, **options: Source(
    program, donated=donated, poison=True, block=2, **options
)


def smooth(steps: list[Step], *inputs: Any) -> Any:
    """Run a program, and look at no value: kinks are taken as they come."""
    token = _looking.set(False)
    try:
        return run(steps, *inputs)
    finally:
        _looking.reset(token)


def main() -> None:
    """Examine as many programs as asked for; the exit status is 1 if one is wrong."""
    parser = argparse.ArgumentParser("python -m tests.right.fuzzing", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="how many programs (10000)")
    parser.add_argument("--seed", type=int, default=0, help="the seed of the first (0)")
    parser.add_argument("--compiled", action="store_true", help="compare replays with eager code")
    options = parser.parse_args()
    check = replayed if options.compiled else disagreement
    start, found = time.perf_counter(), 0
    for seed in range(options.seed, options.seed + options.count):
        if wrong := examined(seed, check):
            found += 1
            print(wrong, flush=True)
        if (seed + 1 - options.seed) % 1000 == 0:
            print(f"{seed + 1 - options.seed} programs, {found} disagreements", flush=True)
    took = time.perf_counter() - start
    print(f"{options.count} programs from seed {options.seed}, {took:.0f} s, {found} disagreements")
    sys.exit(found > 0)


if __name__ == "__main__":
    main()
