"""Timing: the libraries take turns, round by round, so that a slow minute slows all of them.

Only ratios within a round are kept: a library's time over that of the hand-written code. Each
warms up in its turn, for in a loop of a user's nobody else empties the caches. The garbage
collector stays on, as it is for users.
"""

import gc
import random
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .libraries import Library
from .places import Place
from .workloads import Growth, Workload, chain, links

SEED = 1
SAMPLE = 0.003  # seconds that a sample takes at least: short, so that many are not interrupted

Runs = dict[str, Callable[[], Any]]


@dataclass(frozen=True)
class Plan:
    """How to measure.

    Attributes:
        rounds: how many rounds, in each of which every library has its turn.
        budget: seconds per workload after which no further round starts, once there are three.
        say: is told what goes on.
        place: where, with the clock and the library of the hand-written code.
    """

    rounds: int
    budget: float
    say: Callable[[str], None]
    place: Place


Notes = dict[str, dict[str, float]]
"""By library the seconds of the first call, and the bytes held after a second one."""


def prepared(
    workload: Workload, libraries: Iterable[Library], plan: Plan, notes: Notes | None = None
) -> Runs:
    """Return one call per library, each seen to give what the hand-written code gives."""
    say, place = plan.say, plan.place
    inputs = workload.inputs(np.random.default_rng(SEED), **workload.size)
    there = [place.put(x) for x in inputs]
    found = workload.by_hand(place.xp, *there)
    several = isinstance(found, tuple)
    expected = tuple(map(place.take, found)) if several else place.take(found)
    runs: Runs = {place.by_hand: lambda: workload.by_hand(place.xp, *there)}
    for library in libraries:
        say(f"{workload.name}: {library.name}")
        try:
            runs[library.name] = checked(workload, library, inputs, expected, notes)
        except Exception as error:  # whatever fails in one library, the others go on
            say(f"{workload.name}: {library.name} is left out: {str(error) or repr(error)}")
    return runs


def checked(
    workload: Workload,
    library: Library,
    inputs: tuple[Any, ...],
    expected: Any,
    notes: Notes | None = None,
) -> Callable[[], Any]:
    """Return a call of a library's derivative, after comparing its result."""
    differentiate = library.ways[workload.derivative]
    f = differentiate(library.bind(workload.model), workload.wrt)
    own = tuple(library.put(x) for x in inputs)
    start = time.perf_counter()
    found = f(*own)
    first = time.perf_counter() - start
    if library.held is not None:
        found = f(*own)  # a replay, for the first call of a compiled function is no such
    if notes is not None:
        notes[library.name] = {"first": first}
        if library.held is not None:
            notes[library.name]["held"] = library.held(f)
    several = isinstance(expected, tuple)
    for got, want in zip(
        found if several else (found,), expected if several else (expected,), strict=True
    ):
        single = want.dtype == np.float32
        np.testing.assert_allclose(
            np.asarray(library.take(got)),
            want,
            rtol=2e-3 if single else 1e-7,
            atol=float(np.max(np.abs(want))) * (1e-5 if single else 1e-9),
            err_msg=f"{workload.name}: {library.name} and the hand-written code differ",
        )
    return lambda: f(*own)


def samples(runs: Runs, plan: Plan) -> dict[str, list[float]]:
    """Return the seconds per call of each run, warmed up, one entry per round."""
    clock = plan.place.clock

    def timed(call: Callable[[], Any], times: int) -> float:
        start = clock()
        for _ in range(times):
            call()
        return (clock() - start) / times

    gc.collect()
    gc.freeze()  # what the libraries made when they were imported no user has all together
    repeats = {
        name: max(1, min(1000, round(SAMPLE / (timed(call, 1) or SAMPLE))))
        for name, call in runs.items()
    }
    found: dict[str, list[float]] = {name: [] for name in runs}
    order, shuffle = list(runs), random.Random(SEED).shuffle
    end = time.perf_counter() + plan.budget
    for done in range(plan.rounds):
        if done >= 3 and time.perf_counter() > end:
            break
        shuffle(order)
        for name in order:
            timed(runs[name], repeats[name])  # the others have left the caches cold
            found[name].append(timed(runs[name], repeats[name]))
    gc.unfreeze()
    return found


def summary(times: dict[str, list[float]], by_hand: str) -> dict[str, dict[str, Any]]:
    """Return per library the median ratio, its quartiles, and the median seconds."""
    found = {}
    for name, mine in times.items():
        ratios = sorted(t / h for t, h in zip(mine, times[by_hand], strict=True))
        low, middle, high = (
            statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
        )
        found[name] = {
            "ratio": middle,
            "quartiles": [low, high],
            "seconds": statistics.median(mine),
            "rounds": len(mine),
        }
    return found


def measure(
    workload: Workload, libraries: Iterable[Library], plan: Plan
) -> dict[str, dict[str, Any]]:
    """Return the summary of one workload, with each library's first call and what it holds."""
    notes: Notes = {}
    runs = prepared(workload, libraries, plan, notes)
    plan.say(f"{workload.name}: {plan.rounds} rounds")
    found = summary(samples(runs, plan), plan.place.by_hand)
    return {name: entry | notes.get(name, {}) for name, entry in found.items()}


def per_operation(
    elements: int, libraries: Iterable[Library], plan: Plan
) -> dict[str, dict[str, float]]:
    """Return the nanoseconds per operation of the chain, forward and backward."""
    place, (x,) = plan.place, chain.inputs(np.random.default_rng(SEED), elements)
    there = place.put(x)
    both: Runs = {place.by_hand: _call(chain.by_hand, place.xp, there)}
    forward: Runs = {place.by_hand: _call(chain.forward_by_hand, place.xp, there, chain.OPS)}
    for library in libraries:
        if library.forward is not None:
            own, f = library.put(x), library.bind(chain.model)
            both[library.name] = _call(library.ways["gradient"](f, 1), own)
            forward[library.name] = _call(library.forward(f), own)
    plan.say(f"cost per operation, {elements} elements")
    times = samples(
        {
            f"{name} {part}": run
            for part, runs in (("both", both), ("forward", forward))
            for name, run in runs.items()
        },
        plan,
    )
    # the least: a difference of two medians is worth nothing on a machine that changes its speed
    nanoseconds = {name: min(t) / chain.OPS * 1e9 for name, t in times.items()}
    return {
        name: {
            "forward": nanoseconds[f"{name} forward"],
            "backward": nanoseconds[f"{name} both"] - nanoseconds[f"{name} forward"],
        }
        for name in both
    }


def per_link(
    elements: int, libraries: Iterable[Library], plan: Plan
) -> dict[str, dict[str, float]]:
    """Return the microseconds per op of the gradient of a chain of each op."""
    (x,) = chain.inputs(np.random.default_rng(SEED), elements)
    runs: Runs = {}
    for library in libraries:
        if library.forward is not None:
            own = library.put(x)
            for name in links.LINKS:
                gradient = library.ways["gradient"](library.bind(links.model(name)), 1)
                runs[f"{library.name} {name}"] = _call(gradient, own)
    plan.say(f"cost of an op of each kind, {elements} elements")
    found: dict[str, dict[str, float]] = {}
    for name, times in samples(runs, plan).items():
        library_name, link = name.split(" ")
        found.setdefault(library_name, {})[link] = min(times) / links.OPS * 1e6
    return found


def _call(f: Callable[..., Any], *inputs: Any) -> Callable[[], Any]:
    return lambda: f(*inputs)


def grow(growth: Growth, libraries: Iterable[Library], plan: Plan) -> dict[str, dict[str, Any]]:
    """Return per library the seconds at each size, and the exponent of the last tenfold step.

    A library leaves before a size at which a call would take more than the budget, were its time
    quadratic; one that traces or compiles every operation leaves after the first size.
    """
    found: dict[str, dict[str, Any]] = {}
    leaving: set[str] = set()
    libraries = list(libraries)
    for n in growth.sizes:
        workload = Workload(
            growth.name, growth.model(n), growth.by_hand(n), growth.inputs, {"n": n}, {}
        )
        staying = [library for library in libraries if library.name not in leaving]
        plan.say(f"{growth.name}: {n} times")
        times = samples(prepared(workload, staying, plan), plan)
        for name, mine in times.items():
            entry = found.setdefault(name, {"sizes": [], "seconds": []})
            entry["sizes"].append(n)
            entry["seconds"].append(min(mine))
            if name != plan.place.by_hand and 100 * min(mine) > plan.budget:
                leaving.add(name)
        leaving |= {library.name for library in libraries if library.traces}
    for entry in found.values():
        seconds = entry["seconds"]
        entry["exponent"] = float(np.log10(seconds[-1] / seconds[-2])) if len(seconds) > 1 else None
    return found
