"""``python -m benchmarks.nan_table``: which library returns NaN where, on the programs of `masked`.

Every cell is what the library returned, compared to differences with 60 digits: ``ok``; ``NaN``, or
an infinity; ``wrong``, a finite wrong number; ``(ok)``, finite where no second derivative exists;
``-``, the library raised or has no such function. The columns are reverse mode, forward mode, and
the second derivative. ``--write FILE`` puts the table into a page, between its two marks.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from .masked import TABLE, Program

Way = Callable[[Program], Any]
BEGIN, END = "<!-- nan table: begin -->", "<!-- nan table: end -->"
COLUMNS = ("reverse", "forward", "second")
SHORT = ("rev", "fwd", "2nd")


def xgrad_ways() -> dict[str, Way]:
    """Return xgrad's derivatives."""
    import xgrad as xg

    def of(transform: Any) -> Way:
        return lambda p: transform(lambda x: p.f(xg, x))(np.asarray(p.x))

    return {"reverse": of(xg.grad), "forward": of(xg.jacfwd), "second": of(xg.hessian)}


def autograd_ways() -> dict[str, Way]:
    """Return HIPS autograd's derivatives."""
    import autograd
    import autograd.numpy as anp
    from autograd.scipy.special import logsumexp

    def vector_norm(x: Any, axis: Any = None) -> Any:
        return anp.linalg.norm(anp.ravel(x) if axis is None else x, axis=axis)

    more = {
        "atan2": anp.arctan2,
        "acos": anp.arccos,
        "permute_dims": anp.transpose,
        "logsumexp": logsumexp,
        "linalg": SimpleNamespace(vector_norm=vector_norm, svd=anp.linalg.svd),
    }
    xp = Names(anp, more)

    def of(transform: Any) -> Way:
        return lambda p: transform(lambda x: p.f(xp, x))(np.asarray(p.x))

    def forward(f: Any) -> Any:
        def columns(x: Any) -> Any:
            push = autograd.make_jvp(f)(x)
            units = np.eye(x.size).reshape(x.size, *x.shape)
            return np.array([push(t)[1] for t in units]).reshape(x.shape)

        return columns

    return {"reverse": of(autograd.grad), "forward": of(forward), "second": of(autograd.hessian)}


def torch_ways() -> dict[str, Way]:
    """Return PyTorch's derivatives, of its eager mode on the CPU."""
    import torch
    from array_api_compat import torch as standard

    xp = Names(
        standard,
        {
            "logsumexp": lambda x: torch.logsumexp(x, -1),
            "asarray": torch.as_tensor,
            "max": lambda x, axis=None, keepdims=False: torch.amax(
                x, () if axis is None else axis, keepdim=keepdims
            ),
        },
    )

    def of(transform: Any) -> Way:
        def run(p: Program) -> Any:
            x = torch.tensor(p.x, dtype=torch.float64)
            return transform(lambda x: p.f(xp, x))(x).detach().numpy()

        return run

    def reverse(f: Any) -> Any:
        def run(x: Any) -> Any:
            x.requires_grad_()
            return torch.autograd.grad(f(x), x)[0]

        return run

    def forward(f: Any) -> Any:
        def columns(x: Any) -> Any:
            units = torch.eye(x.numel(), dtype=x.dtype).reshape(x.numel(), *x.shape)
            return torch.stack([torch.func.jvp(f, (x,), (t,))[1] for t in units]).reshape(x.shape)

        return columns

    def second(f: Any) -> Any:
        return lambda x: torch.autograd.functional.hessian(f, x)

    return {"reverse": of(reverse), "forward": of(forward), "second": of(second)}


def jax_ways() -> dict[str, Way]:
    """Return JAX's derivatives, operation by operation on the CPU."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    xp = Names(jnp, {"logsumexp": jax.scipy.special.logsumexp})

    def of(transform: Any) -> Way:
        return lambda p: np.asarray(transform(lambda x: p.f(xp, x))(jnp.asarray(p.x)))

    return {"reverse": of(jax.grad), "forward": of(jax.jacfwd), "second": of(jax.hessian)}


class Names:
    """A library's namespace, with the standard's names where it has others."""

    def __init__(self, module: Any, more: dict[str, Any]) -> None:
        self.module, self.more = module, more

    def __getattr__(self, name: str) -> Any:
        return self.more[name] if name in self.more else getattr(self.module, name)


LIBRARIES = {"xgrad": xgrad_ways, "autograd": autograd_ways, "torch": torch_ways, "jax": jax_ways}


def verdict(way: Way, program: Program, expected: Any, exists: bool) -> str:
    """Return what a library made of a program."""
    try:
        found = np.asarray(way(program), dtype=float)
    except Exception:  # whatever a library raises, it gave no derivative
        return "-"
    if not np.isfinite(found).all():
        return "NaN"
    if not exists:
        return "(ok)"
    return "ok" if np.allclose(found, expected, rtol=1e-9, atol=1e-12) else "wrong"


def measure(names: list[str]) -> dict[str, list[str]]:
    """Return a row of verdicts for each program."""
    ways = {name: LIBRARIES[name]() for name in names}
    rows = {}
    for program in TABLE:
        slope, bend = program.derivatives()
        expected = {"reverse": slope, "forward": slope, "second": bend}
        rows[program.name] = [
            verdict(
                ways[name][column],
                program,
                expected[column],
                exists=column != "second" or program.orders == 2,
            )
            for name in names
            for column in COLUMNS
        ]
    return rows


def versions(names: list[str]) -> str:
    """Return the versions of the libraries in words."""
    parts = [f"Python {platform.python_version()}", f"numpy {np.__version__}"]
    for name in names:
        if name == "xgrad":
            import xgrad

            parts.append(f"xgrad {xgrad.__version__}")
        else:
            parts.append(f"{name} {importlib.metadata.version(name)}")
    return ", ".join(parts)


def markdown(names: list[str], rows: dict[str, list[str]]) -> str:
    """Return the table as Markdown, and a line of counts."""
    heads = [f"{name} {short}" for name in names for short in SHORT]
    lines = ["| program | " + " | ".join(heads) + " |", "| --- " * (len(heads) + 1) + "|"]
    lines += [
        f"| {name} | " + " | ".join(f"**{c}**" if c in BAD else c for c in cells) + " |"
        for name, cells in rows.items()
    ]
    return "\n".join([*lines, "", counts(names, rows), "", f"Made with {versions(names)}."])


BAD = ("NaN", "wrong")


def counts(names: list[str], rows: dict[str, list[str]]) -> str:
    """Return how many programs went wrong somewhere, for each library."""
    width, parts = len(COLUMNS), []
    for i, name in enumerate(names):
        mine = [cells[i * width : (i + 1) * width] for cells in rows.values()]
        bad = sum(any(c in BAD for c in cells) for cells in mine)
        parts.append(f"{name} {bad}")
    return f"Programs with a NaN or a wrong number, of {len(rows)}: " + ", ".join(parts) + "."


def show(names: list[str], rows: dict[str, list[str]]) -> None:
    """Print the table, in colour where the terminal has it."""
    from rich.console import Console
    from rich.table import Table

    colours = {
        "ok": "green",
        "(ok)": "green",
        "NaN": "bold red",
        "wrong": "bold magenta",
        "-": "dim",
    }
    table = Table(
        title="who returns NaN where", caption=counts(names, rows), row_styles=["", "on grey7"]
    )
    table.add_column("program", no_wrap=True)
    for name in names:
        for column, short in zip(COLUMNS, SHORT, strict=True):
            table.add_column(f"{name if column == COLUMNS[0] else ''}\n{short}", justify="center")
    for name, cells in rows.items():
        table.add_row(name, *(f"[{colours[c]}]{c}[/]" for c in cells))
    Console(width=None if Console().is_terminal else 160).print(table)


def main(argv: list[str] | None = None) -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser("python -m benchmarks.nan_table", description=__doc__)
    parser.add_argument("--libs", default=",".join(LIBRARIES), help="libraries, of these")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table into this page")
    options = parser.parse_args(argv)
    names = options.libs.split(",")
    for name in [name for name in names if find_spec(name) is None]:
        print(f"{name} is left out: it is not installed")
        names.remove(name)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = measure(names)
    show(names, rows)
    print(versions(names))
    if options.write:
        page = options.write.read_text(encoding="utf-8")
        head, tail = page.split(BEGIN)[0], page.split(END)[1]
        table = markdown(names, rows)
        options.write.write_text(f"{head}{BEGIN}\n{table}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
