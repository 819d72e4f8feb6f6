# Tests of xgrad/compiling/device/pools.py, xgrad/nn/functional/maxima.py
"""Pools on a device: one kernel each, and one for what a walk makes of each."""

from __future__ import annotations

import itertools
import math
from functools import partial

import numpy as np
import pytest

import xgrad as xg
from xgrad.backends import BY_TYPE
from xgrad.compiling.device import pool_text, pools
from xgrad.compiling.device.pools import Slide
from xgrad.compiling.device.prelude import PRELUDE
from xgrad.nn import functional as fn

from .device_table import nvrtc_errors
from .eager_table import KINDS
from .host import COMPILER, HostKernels

DRAW = np.random.default_rng(5)
SPATIAL = (9, 8, 7)


def calls():
    """Yield pools, each with an array of few different numbers, so that many are equal."""
    for n in (1, 2, 3):
        x = DRAW.integers(0, 4, size=(2, 3, *SPATIAL[:n])) * 0.75 - 1
        for options in (
            {"kernel_size": 2},
            {"kernel_size": 3, "stride": 2, "padding": 1},
            {"kernel_size": (2, 3, 2)[:n], "stride": (1, 2, 3)[:n], "ceil_mode": True},
            {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
            {"kernel_size": 5, "stride": 1, "padding": (2, 0, 2)[:n]},
        ):
            yield f"max_pool{n}d", x, options
            yield f"avg_pool{n}d", x, options
            yield f"avg_pool{n}d", x, {**options, "count_include_pad": False}
            if n > 1:
                yield f"avg_pool{n}d", x, {**options, "divisor_override": 3}
        dilated = {"kernel_size": 3, "dilation": (2, 3, 2)[:n], "padding": 1, "stride": 1}
        yield f"max_pool{n}d", x, dilated
        yield f"max_pool{n}d", x, {"kernel_size": 2, "stride": 3, "dilation": 2}
        for size in (1, 2, 4, (3, None, 5)[:n] if n > 1 else 5, 7, 11):
            yield f"adaptive_avg_pool{n}d", x, {"output_size": size}
            yield f"adaptive_max_pool{n}d", x, {"output_size": size}
    x = DRAW.normal(size=(3, 6, 7))
    for f in ("max_pool2d", "avg_pool2d"):
        yield f, x, {"kernel_size": 2}
        yield f, x[:0], {"kernel_size": 2}
        yield f, x[:, ::-1, ::2], {"kernel_size": 2, "padding": 1}
    x[1, 2:, 3:], x[2] = -np.inf, -np.inf
    x[0, 3, 3] = x[0, 4, 3] = np.nan
    for padding in (0, 1):
        yield "max_pool2d", x, {"kernel_size": 3, "stride": 1, "padding": padding}
        yield "max_pool2d", x, {"kernel_size": 3, "stride": 2, "padding": padding}
        yield "max_pool2d", x, {"kernel_size": 2, "stride": 2, "ceil_mode": True}
        yield "adaptive_max_pool2d", x, {"output_size": (4, 4 + padding)}


def modes(f, options):
    """Yield what is compared of a pool, with the most kernels of pools that it may launch."""
    f = partial(getattr(fn, f), **options)

    def weighted(x):
        y = f(x)
        return xg.sum(y * weights(y))

    def weights(y):
        return np.cos(np.arange(math.prod(y.shape))).reshape(y.shape).astype(y.dtype)

    yield "value", f, 1
    yield "a pullback", lambda x: xg.vjp(f, x)[1](weights(f(x)))[0], None
    yield "a tangent", lambda x: xg.jvp(f, (x,), (np.sin(x.astype("f8")).astype(x.dtype),))[1], None
    yield "second order", lambda x: xg.grad(lambda x: xg.sum(xg.grad(weighted)(x) * x))(x), None
    if f.func.__name__.startswith("max"):
        yield "where", lambda x: partial(f, return_indices=True)(x)[1], 2


def test_kernels_give_what_ops_give(device, monkeypatch):
    plain = xg.backends.load("numpy")
    todo = []
    for (name, x, options), dtype in itertools.product(calls(), ("float64", "float32", "float16")):
        if dtype != "float64" and "2d" not in name:
            continue
        for mode, run, most in modes(name, options):
            label = f"{name} {x.shape} {options}, {mode}, {dtype}"
            todo.append((label, run, x.astype(dtype), most))
    with np.errstate(all="ignore"):
        with device.waiting():  # so that all are compiled at once
            for _, run, x, _ in todo:
                run(x)
        found = []
        for label, run, x, most in todo:
            device.launched = 0
            found.append(run(x))
            assert most is None or device.launched <= most, (label, device.launched)
        monkeypatch.setitem(BY_TYPE, np.ndarray, plain)
        for op in KINDS:
            op.raws.clear()
        wrong = []
        for (label, run, x, _), got in zip(todo, found, strict=True):
            is_half = x.dtype == np.float16
            want = np.asarray(run(x.astype(np.float32) if is_half else x))
            assert (np.asarray(got).dtype, got.shape) == (
                want.dtype if want.dtype.kind == "i" else x.dtype,
                want.shape,
            ), label
            wrong += [label] * (not alike(np.asarray(got), want, x.dtype))
        assert not wrong, wrong[:10]


def alike(got, want, dtype):
    """Whether results differ by rounding alone: of sums in another order, and once to halves."""
    eps = float(np.finfo(dtype).eps)
    size = float(np.abs(want[np.isfinite(want)]).max(initial=1.0))
    return np.allclose(got, want, rtol=16 * eps, atol=16 * eps * size, equal_nan=True)


def test_maxima_have_the_bits_of_numpy(device, monkeypatch):
    plain = xg.backends.load("numpy")
    x = DRAW.normal(size=(2, 3, 11, 12)).round(1)
    options = {"kernel_size": 3, "stride": 2, "padding": 1}
    for name, dtype in itertools.product(("max_pool2d", "avg_pool2d"), ("float64", "float32")):
        f = partial(getattr(fn, name), **options)
        g = DRAW.normal(size=(2, 3, 6, 6)).astype(dtype)
        y = x.astype(dtype)
        runs = [f, lambda y, f=f, g=g: xg.vjp(f, y)[1](g)[0]]
        got = [np.asarray(run(y)) for run in runs]
        with monkeypatch.context() as patch:
            patch.setitem(BY_TYPE, np.ndarray, plain)
            for op in KINDS:
                op.raws.clear()
            want = [np.asarray(run(y)) for run in runs]
        for op in KINDS:
            op.raws.clear()
        for a, b in zip(want, got, strict=True):
            if name == "max_pool2d":
                np.testing.assert_array_equal(a, b)
            else:
                np.testing.assert_allclose(a, b, rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("transform", [xg.jacrev, xg.jacfwd])
def test_many_rows_at_once_and_programs_are_no_kernels_of_pools(device, transform):
    x = DRAW.normal(size=(1, 2, 4, 4))
    for f in (
        lambda x: fn.max_pool2d(x, 3, 2, 1),
        lambda x: fn.avg_pool2d(x, 3, 2, 1),
        lambda x: fn.adaptive_avg_pool2d(x, 3),
        lambda x: fn.adaptive_max_pool2d(x, 3),
    ):
        one = np.stack([xg.vjp(f, x)[1](g)[0] for g in np.eye(f(x).size).reshape(-1, *f(x).shape)])
        np.testing.assert_allclose(transform(f)(x).reshape(one.shape), one, atol=1e-14)
        np.testing.assert_allclose(xg.vmap(f)(x[None])[0], f(x), atol=1e-14)
        assert xg.compile(f).lower(x) is not None


AXES = [
    (Slide(3, 2, 1, 1, "borders"),),
    (Slide(2, 2, 1, 0, "size"), Slide(3, 1, 2, 1, "inside")),
    (Slide(3, 2, 1, 1, "inside"), Slide(2, 3), Slide(5, 1, 1, 2, "size")),
]
PARTS = [(None,), (None, None), (None,) * 3]
DTYPES = ("float16", "bfloat16", "float32", "float64")


def texts():
    """Yield each kernel in every dtype: name, dtype, axes and text."""
    for axes, dtype, name in itertools.product(AXES + PARTS, DTYPES, pools.KERNELS):
        if axes[0] is not None or name != "first_largest":
            yield name, dtype, axes, pools.text(name, dtype, axes)


def test_every_text_compiles_for_gpus():
    pytest.importorskip("cupy", reason="CuPy is not installed")
    bodies = [body for *_, body in texts()]
    bodies += [pools.text(name, "float32", AXES[2], 2.0, long=True) for name in pools.KERNELS]
    wrong = nvrtc_errors(bodies)
    assert not wrong, wrong[0]
    assert nvrtc_errors([bodies[0].replace("larger", "largest")]), "that it says what is wrong"


def bits(x):
    """Return numbers as bfloat16, rounded to even, in 16 bits."""
    u = np.asarray(x, np.float32).view(np.uint32)
    return ((u + 0x7FFF + ((u >> 16) & 1)) >> 16).astype(np.uint16)


def numbers(u):
    """Return what such bits are."""
    return (u.astype(np.uint32) << 16).view(np.float32)


def test_bfloat16_is_summed_in_single_precision(tmp_path):
    if COMPILER is None:
        pytest.skip("no C++ compiler")
    kernels = HostKernels(tmp_path)
    for axes, dtype, name in itertools.product(AXES + PARTS, DTYPES[1:3], pools.KERNELS):
        if axes[0] is not None or name != "first_largest":
            launcher(kernels, name, dtype, axes, 1)  # so that all are compiled at once
    for axes in AXES + PARTS:
        shape = 2, 3, *SPATIAL[: len(axes)]
        places = tuple(
            4 if a is None else (n + 2 * a.before - a.extent) // a.stride + 1
            for a, n in zip(axes, shape[2:], strict=True)
        )
        x = numbers(bits(DRAW.integers(-3, 4, size=shape) * 0.3))
        y = numbers(bits(DRAW.normal(size=(2, 3, *places))))
        go = partial(run, kernels, axes=axes, spatial=shape[2:], places=places)
        names = ("largest", "first_largest", "handed_down", "collected", "mean", "spread")
        for name in names:
            if axes[0] is None and name == "first_largest":
                continue
            read = pools.KERNELS[name][1]
            top = go("largest", "float32", (x,)) if "top_" in read else None
            near = y if name in ("spread", "handed_down") else x
            given = {"p": (x,), "g": (y,), "g p top_": (near, x, top)}[read]
            want, got = go(name, "float32", given), go(name, "bfloat16", given)
            want = want if want.dtype == np.int64 else numbers(bits(want))
            np.testing.assert_array_equal(got, want, err_msg=f"{name}, {axes}")


def launcher(kernels, name, dtype, axes, count):
    """Return what launches a kernel."""
    source = f"{PRELUDE}KERNEL pools{pools.text(name, dtype, axes)}"
    return kernels.launcher(source, "pools", 0, count)


def run(kernels, name, dtype, given, axes, spatial, places):
    """Launch a kernel on numbers that are given in single precision."""
    is_half = dtype == "bfloat16"
    _, _, per, gives = pools.KERNELS[name]
    stored = np.int64 if gives == "long long" else np.uint16 if is_half else np.float32
    out = np.empty((2, 3, *(places if per == "places" else spatial)), stored)
    launch = launcher(kernels, name, dtype, axes, out.size)
    launch(out, *[bits(x) if is_half else x for x in given], *spatial, *places, out.size)
    return numbers(out) if stored is np.uint16 else out


def test_a_kernel_that_is_wrong_is_found(device, monkeypatch):
    make, *rest = pool_text.KERNELS["handed_down"]
    for text, share in (("/ (T)hits", 0.25), ("", 1.0)):
        wrong = (lambda t, text=text: make(t).replace("/ (T)hits", text), *rest)
        monkeypatch.setitem(pool_text.KERNELS, "handed_down", wrong)
        pools.text.cache_clear()
        x = np.ones((1, 2 if text else 3, 4, 4))  # launches are kept by how long they are
        got = xg.grad(lambda x: xg.sum(fn.max_pool2d(x, 2)))(x)
        pools.text.cache_clear()
        np.testing.assert_array_equal(got, np.full(x.shape, share))
