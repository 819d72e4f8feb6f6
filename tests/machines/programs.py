"""Programs of several ranks, and what they are as one function of all ranks' inputs.

Each program is ``f(comm, x)`` for one rank, written with the collectives, that returns a number;
`together` runs all ranks' parts on one tape, by collectives that are plain functions of lists.
"""

from __future__ import annotations

import numpy as np

import xgrad as xg
from xgrad import distributed as dist

N = 3


def inputs(size):
    return [np.asarray([0.3, -1.2, 0.7]) * (1 + 0.5 * r) + 0.1 * r for r in range(size)]


def directions(size):
    return [np.asarray([1.0, 0.4, -0.6]) * (1 - 0.3 * r) for r in range(size)]


# Ranks that differ --------------------------------------------------------------------------------


def only_one_uses_it(comm, x):
    y = comm.allreduce(xg.sin(x))
    return xg.sum(y**2) if comm.rank == 0 else xg.sum(x**3)


def nobody_uses_it(comm, x):
    comm.allreduce(xg.sin(x))
    return xg.sum(x**3)


def a_constant_is_sent(comm, x):
    sent = x * x if comm.rank == 0 else np.ones(N)
    y = comm.allreduce(sent)
    return xg.sum(xg.exp(y) * x)


def a_pipeline(comm, x):
    """Each rank applies its layer to what the one before it sent; the last one has the loss."""
    last = comm.size - 1
    before = comm.rank - 1 if comm.rank else None
    h = comm.sendrecv(source=before, like=np.zeros(N)) if comm.rank else np.ones(N)
    h = xg.tanh(h * x + 0.3)
    if comm.rank < last:
        comm.sendrecv(h, dest=comm.rank + 1)
        return xg.asarray(0.0)
    return xg.sum(h**2)


def a_constant_result(comm, x):
    y = comm.allreduce(x**2)
    return xg.sum(y * y) if comm.rank == comm.size - 1 else np.asarray(2.0)


def two_in_another_order(comm, x):
    a, b = comm.allreduce(xg.sin(x)), comm.allreduce(xg.exp(x))
    if comm.rank == 0:
        return xg.sum(b * b) + xg.sum(a)
    return xg.sum(a**3) * xg.sum(b)


def in_checkpoint(comm, x):
    def part(x):
        y = comm.allreduce(xg.sin(x) * x)
        return xg.sum(y**2) * xg.sum(x)

    return xg.checkpoint(part)(x) if comm.rank else xg.checkpoint(part)(x * 2) + xg.sum(x)


def in_checkpoints_that_differ(comm, x):
    """One rank sends a constant, another does not use what comes out, one checkpoint in another."""

    def inner(z):
        return comm.allreduce(xg.exp(z))

    def outer(z):
        return xg.checkpoint(inner)(z * z) + z

    y = xg.checkpoint(outer)(x if comm.rank else np.ones(N))
    return xg.sum(x) ** 2 if comm.rank == comm.size - 1 else xg.sum(y**2) + xg.sum(x)


def sends_in_checkpoint(comm, x):
    """What the checkpointed function captures is sent, and its result depends on nothing here."""

    def part(c):
        y = comm.allreduce(x * x)
        return c * 2 if comm.rank == 0 else c * y

    return xg.sum(xg.checkpoint(part)(np.ones(N)) ** 2) + xg.sum(x)


def an_inner_gradient(comm, x):
    """The inner transform's walk sends too; only one rank uses what it gives."""
    g = xg.grad(lambda z: xg.sum(comm.allreduce(xg.sin(z)) ** 2))(
        x * x if comm.rank else np.ones(N)
    )
    return xg.sum(g**2) + xg.sum(x) if comm.rank == 0 else xg.sum(x * g)


def an_inner_tangent(comm, x):
    def f(z):
        return comm.allreduce(xg.sin(z) * z)

    y, t = xg.jvp(f, (x * x if comm.rank else np.ones(N),), (np.ones(N) if comm.rank else x,))
    return xg.sum(t**2) if comm.rank == 0 else xg.sum(y * x)


def a_heat_step(comm, x):
    for _ in range(3):
        left, right = comm.shift(x[-1:], 1), comm.shift(x[:1], -1)
        u = xg.concat([left, x, right])
        x = x + 0.2 * (u[2:] - 2 * u[1:-1] + u[:-2])
    return xg.sum(x**4)


def in_scan(comm, x):
    def body(carry, t):
        y = comm.allreduce(xg.sin(carry * t))
        return (y if comm.rank == 0 else carry * t), carry

    return xg.sum(xg.scan(body, x, np.asarray([1.0, 0.5]))[0] ** 2 * x)


def in_scan_unused(comm, x):
    def body(carry, t):
        return carry * t, comm.allreduce(xg.sin(carry * t) if comm.rank else np.ones(N))

    _, y = xg.scan(body, x, np.asarray([1.0, 0.5]))
    return xg.sum(y**2) if comm.rank == 0 else xg.sum(x**2)


def compiled(comm, x):
    def part(x):
        y = comm.allreduce(xg.sin(x) if comm.rank else np.ones(N) * 0.5)
        return xg.sum(y**2 * x) if comm.rank == 0 else xg.sum(x**3)

    return xg.compile(part)(x)


def compiled_unused(comm, x):
    def part(x):
        y = comm.allreduce(xg.sin(x))
        return y * xg.sum(x)

    y = xg.compile(part)(x)
    return xg.sum(y**2) if comm.rank == 0 else xg.sum(x**2)


def mapped(comm, x):
    def part(x):
        y = comm.allreduce(xg.sin(x) if comm.rank else xg.ones(N))
        return xg.sum(y**2 * x) if comm.rank == 0 else xg.sum(x**3)

    return xg.sum(xg.vmap(part)(xg.stack([x, x * 2])))


DIFFER = [
    *(in_scan, in_scan_unused, compiled, compiled_unused, mapped),
    *(only_one_uses_it, nobody_uses_it, a_constant_is_sent, a_pipeline, a_constant_result),
    *(two_in_another_order, in_checkpoint, in_checkpoints_that_differ, sends_in_checkpoint),
    *(an_inner_gradient, an_inner_tangent, a_heat_step),
]


# The collectives, one by one ----------------------------------------------------------------------


def _mixed(comm, x):
    """Return something that all entries of an array take part in, and rows of it for each rank."""
    return xg.stack([xg.sin(x * (k + 1)) + k * x**2 for k in range(comm.size)])


def allreduce(comm, x):
    return xg.sum(comm.allreduce(xg.sin(x)) ** 2 * (comm.rank + 1))


def allreduce_mean(comm, x):
    return xg.sum(comm.allreduce(x**2, "mean") ** 2 * (comm.rank + 1))


def allreduce_max(comm, x):
    return xg.sum(comm.allreduce(x * xg.exp(x), "max") ** 3 * (comm.rank + 2))


def allreduce_min(comm, x):
    return xg.sum(comm.allreduce(x * xg.exp(x), "min") ** 3 * (comm.rank + 2))


def allgather(comm, x):
    y = comm.allgather(x * x)
    return xg.sum(xg.sin(y) * y[comm.rank, ...]) * (comm.rank + 1)


def reduce_scatter(comm, x):
    return xg.sum(comm.reduce_scatter(_mixed(comm, x)) ** 3)


def reduce_scatter_mean(comm, x):
    return xg.sum(comm.reduce_scatter(_mixed(comm, x), "mean") ** 3)


def alltoall(comm, x):
    return xg.sum(comm.alltoall(_mixed(comm, x)) ** 3 * (comm.rank + 1))


def bcast(comm, x):
    return xg.sum(xg.exp(comm.bcast(x * x, root=comm.size - 1)) * x)


def reduce(comm, x):
    y = comm.reduce(xg.sin(x), root=comm.size - 1)
    return xg.sum(x**2) if y is None else xg.sum(y**3)


def reduce_mean(comm, x):
    y = comm.reduce(xg.sin(x), "mean")
    return xg.sum(x**2) if y is None else xg.sum(y**3)


def reduce_max(comm, x):
    y = comm.reduce(xg.sin(x), "max")
    return xg.sum(x**2) if y is None else xg.sum(y**3)


def sendrecv(comm, x):
    before, after = (comm.rank - 1) % comm.size, (comm.rank + 1) % comm.size
    return xg.sum(comm.sendrecv(x**2, dest=after, source=before) * xg.sin(x))


def sendrecv_of_others(comm, x):
    """What is sent and what is received have other shapes; the ends have one side only."""
    up = comm.rank + 1 if comm.rank + 1 < comm.size else None
    down = comm.rank - 1 if comm.rank else None
    size = N + comm.rank
    y = comm.sendrecv(xg.concat([x**2, xg.ones(size) * xg.sum(x)]), dest=up, source=down,
                      like=np.zeros(N + max(size - 1, 0)))  # fmt: skip
    return xg.sum(x**2) if y is None else xg.sum(y**2) * xg.sum(x)


def shift(comm, x):
    return xg.sum(comm.shift(x**2, 1) * x + xg.sin(comm.shift(x, -2)))


def shift_around(comm, x):
    return xg.sum(xg.exp(comm.shift(x, 1, wraps=True)) * x)


def trees(comm, x):
    y = comm.allreduce({"a": xg.sin(x), "b": [x[0] * x[1], x[:, None] * x], "n": 2})
    return xg.sum(y["a"] ** 2) * y["n"] + y["b"][0] ** 3 + xg.sum(y["b"][1] * y["b"][1])


def trees_gathered(comm, x):
    y = comm.allgather({"a": xg.sin(x), "b": x[0] * x[1]})
    z = comm.reduce_scatter({"a": y["a"] ** 2, "b": y["b"] ** 3})
    return xg.sum(z["a"]) * z["b"] + xg.sum(comm.alltoall([y["a"], y["b"]])[0] ** 2)


COLLECTIVES = [
    *(allreduce, allreduce_mean, allreduce_max, allreduce_min, allgather, reduce_scatter),
    *(reduce_scatter_mean, alltoall, bcast, reduce, reduce_mean, reduce_max, sendrecv),
    *(sendrecv_of_others, shift, shift_around, trees, trees_gathered),
]


# Derivatives --------------------------------------------------------------------------------------


def value(comm, f, x, v):
    return f(comm, x)


def gradient(comm, f, x, v):
    return xg.grad(lambda x: f(comm, x), strict=False)(x)


def tangent(comm, f, x, v):
    return xg.jvp(lambda x: f(comm, x), (x,), (v,))[1]


def forward_over_reverse(comm, f, x, v):
    return xg.jvp(xg.grad(lambda x: f(comm, x), strict=False), (x,), (v,))[1]


def reverse_over_reverse(comm, f, x, v):
    def slope(x):
        return xg.sum(xg.grad(lambda x: f(comm, x), strict=False)(x) * v)

    return xg.grad(slope, strict=False)(x)


def reverse_over_forward(comm, f, x, v):
    return xg.hvp(lambda x: f(comm, x), x, v)


FIRST = [gradient, tangent]
SECOND = [forward_over_reverse, reverse_over_reverse, reverse_over_forward]


def errors_of(run, f, size, step=1e-3):
    """Yield each kind of derivative of a program, and how far it is from differences of the sum.

    Args:
        run: ``run(part, size)`` gives what ``part(comm)`` returns on each rank.
        f: the program.
        size: on how many ranks.
        step: of the differences, which are of fourth order.
    """
    xs, vs = inputs(size), directions(size)

    def moved(h, along):
        return [x + h * d for x, d in zip(xs, along, strict=True)]

    def total(along):
        def at(h):
            near = moved(h, along)
            return np.asarray(sum(map(float, run(lambda c: f(c, near[c.rank]), size))))

        return at

    def grads(at):
        return np.stack(run(lambda c: np.asarray(gradient(c, f, at[c.rank], None)), size))

    wanted = np.zeros((size, N))
    for index in np.ndindex(size, N):
        unit = np.zeros((size, N))
        unit[index] = 1.0
        wanted[index] = _slope(total(list(unit)), step)
    scale = max(1.0, np.max(np.abs(wanted)))
    yield "gradient", np.max(np.abs(grads(xs) - wanted)) / scale
    ts = run(lambda c: float(tangent(c, f, xs[c.rank], vs[c.rank])), size)
    yield "tangent", abs(sum(ts) - np.sum(wanted * np.stack(vs))) / scale
    wanted = _slope(lambda h: grads(moved(h, vs)), step)
    scale = max(1.0, np.max(np.abs(wanted)))
    for second in SECOND:
        found = run(lambda c, d=second: np.asarray(d(c, f, xs[c.rank], vs[c.rank])), size)
        yield second.__name__, np.max(np.abs(np.stack(found) - wanted)) / scale


def _slope(f, h):
    """Return the derivative of a function of a number at 0, by differences of fourth order."""
    return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h)


def threads(part, size, timeout=10.0):
    return dist.run_threads(lambda c: part(dist.use(c)), size, timeout=timeout)
