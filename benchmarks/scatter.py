"""``python -m benchmarks.scatter``: how the time to read and write piece by piece grows, to 10^6.

Each cell is one evaluation of a gradient, in a process of its own, compared to the gradient written
by hand. A process that takes longer than the limit is ended; its cell is a lower bound. The
exponent is the slope of the logarithms over all sizes. ``--write FILE`` puts the table into a page,
between its two marks, and ``--json FILE`` keeps the seconds.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import subprocess
import sys
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- scatter table: begin -->", "<!-- scatter table: end -->"
PROGRAMS = ("reads", "stack", "gather", "take", "writes")
SIZES = (10**3, 10**4, 10**5, 10**6)
LIMIT = 300.0
SHORT = 0.5  # seconds; what is shorter is measured again, and the least counts

Row = dict[int, float | None]
"""The seconds at each size; None where the limit was reached."""


def one(program: str, name: str, n: int) -> float:
    """Return the seconds of this process for one gradient."""
    import numpy as np

    from .libraries import load
    from .workloads import GROWTHS

    growth, library = GROWTHS[program], load(name, 1)
    f = library.ways["gradient"](library.bind(growth.model(n)), 1)
    inputs = growth.inputs(np.random.default_rng(1), n)
    own = [library.put(x) for x in inputs]
    f(*[library.put(x) for x in growth.inputs(np.random.default_rng(1), 10)])  # load all code
    start = time.process_time()
    (found,) = f(*own)
    best = time.process_time() - start
    np.testing.assert_allclose(np.asarray(library.take(found)), growth.by_hand(n)(np, *inputs)[0])
    for _ in range(5 if best < SHORT else 0):
        start = time.process_time()
        f(*own)
        best = min(best, time.process_time() - start)
    return best


def grow(program: str, name: str, limit: float) -> Row | None:
    """Return the seconds at each size, or None if the library cannot run the program."""
    row: Row = {}
    for n in SIZES:
        row[n] = None
        if n > SIZES[0] and row[n // 10] is None:
            continue
        command = [sys.executable, "-m", "benchmarks.scatter", "--one", program, name, str(n)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=limit
            )
        except subprocess.TimeoutExpired:
            print(f"{program}, {name}, {n}: ended after {limit:.0f} s", flush=True)
            continue
        if done.returncode:
            print(f"{program}, {name}: {done.stderr.strip().splitlines()[-1]}", flush=True)
            return None
        row[n] = seconds = float(done.stdout.split()[-1])
        print(f"{program}, {name}, {n}: {seconds:.4g} s", flush=True)
    return row


def exponent(row: Row) -> float | None:
    """Return the slope of log time over log size, of all that was measured."""
    import numpy as np

    points = [(n, t) for n, t in row.items() if t is not None]
    if len(points) < 2:
        return None
    return float(np.polyfit(*np.log10(np.asarray(points)).T, 1)[0])


def digits(x: float) -> str:
    """Return a number with three digits."""
    return f"{x:.0f}" if x >= 100 else f"{x:#.3g}"


def cells(row: Row | None, limit: float) -> list[str]:
    """Return a line of the table: microseconds per element, and the exponent."""
    if row is None:
        return ["-"] * (len(SIZES) + 1)
    known = []
    for n, t in row.items():
        reached = t is not None or row.get(n // 10) is not None
        known.append(
            f"{'> ' if t is None else ''}{digits((t or limit) * 1e6 / n)}" if reached else ""
        )
    slope = exponent(row)
    return [*known, "-" if slope is None else f"{slope:.2f}"]


def factors(mine: Row, theirs: Row, limit: float) -> list[str]:
    """Return how many times longer the other library takes."""
    found = []
    for n in SIZES:
        t, other = mine[n], theirs[n]
        at_least = "> " if other is None else ""
        found.append("" if t is None else f"{at_least}{digits((other or limit) / t)}")
    return [*found, ""]


def markdown(results: dict[str, Any]) -> str:
    """Return the table of a run."""
    from .report import table

    limit, lines = results["limit"], []
    for program, by_library in results["seconds"].items():
        rows = {
            name: None if row is None else {int(n): t for n, t in row.items()}
            for name, row in by_library.items()
        }
        lines += [[f"{program}, {name}", *cells(row, limit)] for name, row in rows.items()]
        mine, theirs = rows.get("xgrad"), rows.get("autograd")
        if mine and theirs:
            lines.append([f"{program}, autograd / xgrad", *factors(mine, theirs, limit)])
    head = ["microseconds per element at", *(f"10^{len(str(n)) - 1}" for n in SIZES), "exponent"]
    made = ", ".join(f"{name} {v}" for name, v in results["versions"].items())
    return (
        f"{table(head, lines)}\n\n`>`: ended after {limit:.0f} s. `-`: the library cannot run it. "
        f"{results['date']}, {results['machine']}, one thread, this process's time; {made}."
    )


def main(argv: list[str] | None = None) -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser("python -m benchmarks.scatter", description=__doc__)
    parser.add_argument("--libs", default="xgrad,autograd,torch", help="libraries, of these")
    parser.add_argument("--only", default=",".join(PROGRAMS), help="programs, of these")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds for a cell (300)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the seconds there")
    parser.add_argument("--show", type=Path, metavar="FILE", help="show earlier results instead")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table into this page")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.one:
        program, name, n = options.one
        print(one(program, name, int(n)))
        return
    if options.show:
        results = json.loads(options.show.read_text())
    else:
        from .__main__ import THREADS
        from .places import processor

        os.environ.update(dict.fromkeys(THREADS, "1"))
        names = [name for name in options.libs.split(",") if find_spec(name)]
        results = {
            "date": dt.datetime.now(dt.UTC).date().isoformat(),
            "machine": processor(),
            "limit": options.limit,
            "versions": {n: version(n) for n in ["numpy", *names] if n != "xgrad"},
            "seconds": {
                program: {name: grow(program, name, options.limit) for name in names}
                for program in options.only.split(",")
            },
        }
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    page = markdown(results)
    print(page)
    if options.write:
        text = options.write.read_text(encoding="utf-8")
        head, tail = text.split(BEGIN)[0], text.split(END)[1]
        options.write.write_text(f"{head}{BEGIN}\n{page}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
